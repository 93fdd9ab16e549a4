"""The demand review: what happened, what the statistics expect, what was agreed, and what each step changed."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from sop_xl.workbook.schema import Frames, Group
from sop_xl.workbook.template.blocks import Block, Grid, Window, cell, one
from sop_xl.workbook.template.pages.canvas import (
    BAND,
    BLUE,
    ORANGE,
    SILVER,
    SLATE,
    VIOLET,
    Canvas,
    Line,
    Page,
    Pick,
    grey_errors,
    height,
    pixels,
)
from sop_xl.workbook.template.pages.parts import (
    FIRST_MONTH,
    Cells,
    Values,
    against,
    list_range,
    listed,
    looked_up,
    months,
    tile_looks,
    tile_value,
    totals,
)
from sop_xl.workbook.template.pages.values import NA, Value, chosen, number_or_na
from sop_xl.workbook.template.styles import PERCENT, TABS, WHOLE, WORDS, Style
from sop_xl.workbook.twin import Twin

SHEET = "DemandReview"
PICK = "pick_demand_family"
FAMILIES = 60
"""Most families a drop-down lists."""

_DATES, _LABELS, _FIRST = 45, 46, 47
_MEASURES = ("history", "actual", "last year", "budget", "last plan", "statistical", "low", "high", "consensus")
_ROW = {measure: _FIRST + i for i, measure in enumerate(_MEASURES)}
_FLOOR, _BAND, _TODAY = (_FIRST + len(_MEASURES) + k for k in range(3))
_STEPS = ("statistical", "events", "inputs", "overrides", "consensus")
_STEP_FIRST = _TODAY + 3
_STAIRS = ("naive", "seasonal naive", "statistical", "events", "inputs", "overrides", "consensus")
_ENOUGH = 3
"""Months from which frozen plans are drawn in place of the history replayed [months]."""
_FVA_FIRST = _STEP_FIRST + len(_STEPS) + 3
_BASIS = _FVA_FIRST + len(_STAIRS)
_LIST_ROW = _BASIS + 4
_WIDTHS = (2.0, 22.0, 12.0, 13.0)
_MONTH = 9.0
_COLOR = TABS[Group.DEMAND]

_numbers = looked_up(
    "demand_numbers",
    _FIRST,
    _LABELS,
    "sop_grid",
    [{"measure": m, "block": "demand"} for m in _MEASURES],
    {"family": PICK},
    past=True,
)
_steps = looked_up(
    "demand_step_numbers",
    _STEP_FIRST,
    _LABELS,
    "demand_steps",
    [{"step": s} for s in _STEPS],
    {"family": PICK},
    past=True,
)
_step_totals = totals("demand_step_totals", _steps, len(_STEPS), past=True)


def _derived() -> Block:
    """The interval as floor and width, opening from the last actual month; and that month, marked as today."""

    def formulas(window: Window) -> Grid:
        columns = range(FIRST_MONTH, FIRST_MONTH + window.past + window.months)
        now = [f"=IF({cell(_LABELS, c, 'r')}=as_of_label,{cell(_ROW['history'], c)},NA())" for c in columns]
        floor = [f"=IFERROR({cell(_ROW['low'], c)}+0,{cell(_TODAY, c)})" for c in columns]
        band = [f"=IFERROR({cell(_ROW['high'], c)}-{cell(_ROW['low'], c)},{cell(_TODAY, c)}*0)" for c in columns]
        return [floor, band, now]

    def value(frames: Frames, cells: Cells) -> Values:
        lines = dict(zip(_MEASURES, _numbers.twin.value(frames, cells), strict=True))
        last = int(cells["page_past"]) - 1
        now: list[Value] = [v if i == last else NA for i, v in enumerate(lines["history"])]
        floor: list[Value] = [n if lo == NA else lo for lo, n in zip(lines["low"], now, strict=True)]
        ends = zip(lines["high"], lines["low"], now, strict=True)
        band = [_width(high, low, n) for high, low, n in ends]
        return [floor, band, now]

    return Block(
        "demand_interval", _FLOOR, FIRST_MONTH, formulas, Twin(_numbers.twin.tables, _numbers.twin.cells, value)
    )


def _width(high: Value, low: Value, now: Value) -> Value:
    if isinstance(high, float) and isinstance(low, float):
        return high - low
    return 0.0 if isinstance(now, float) else NA


def _changes() -> Block:
    def formulas(_: Window) -> Grid:
        column = FIRST_MONTH - 1
        return [
            [f"={cell(_STEP_FIRST + k, column)}-{cell(_STEP_FIRST + k - 1, column)}"] for k in range(1, len(_STEPS))
        ]

    def value(frames: Frames, cells: Cells) -> Values:
        sums = [line[0] for line in _step_totals.twin.value(frames, cells)]
        return [[b - a] for a, b in itertools.pairwise(sums)]

    twin = Twin(_step_totals.twin.tables, _step_totals.twin.cells, value)
    return Block("demand_step_changes", _STEP_FIRST + 1, 2, formulas, twin, ("+#,##0;-#,##0;0",))


def _basis(frames: Frames, cells: Cells) -> str:
    return "frozen plans" if _judged_months(frames, cells, "frozen plans") >= _ENOUGH else "rolling origins"


def _judged_months(frames: Frames, cells: Cells, basis: str) -> float:
    where = {"basis": basis, "told_by": "step", "name": str(cells[PICK]), "step": "statistical"}
    found = frames["fva"].loc[chosen(frames["fva"], where), "months"].mean()
    return 0.0 if np.isnan(found) else float(found)


def _fva_basis() -> tuple[Block, Block]:
    """What the stairs rest on, frozen plans once there are enough of them, else the history replayed; and months."""
    where = f'tbl_fva[Told by],"step",tbl_fva[Name],{PICK},tbl_fva[Step],"statistical"'
    months = f"IFERROR(AVERAGEIFS(tbl_fva[Months],tbl_fva[Basis],{{0}},{where}),0)"
    frozen = months.format('"frozen plans"')
    basis = f'=IF({frozen}>={_ENOUGH},"frozen plans","rolling origins")'
    count = "=" + months.format(cell(_BASIS, 2, "rc"))
    return (
        one("demand_fva_basis", (_BASIS, 2), basis, _basis, ("fva",), (PICK,), number=WORDS, style=Style.CALC),
        one(
            "demand_fva_months",
            (_BASIS, 3),
            count,
            lambda frames, cells: _judged_months(frames, cells, _basis(frames, cells)),
            ("fva",),
            (PICK,),
            number='0" months"',
            style=Style.CALC,
        ),
    )


def _stairs() -> Block:
    """The error after each step and what the step added, blank for a step that was not judged."""

    def formulas(_: Window) -> Grid:
        grid = []
        for row in range(_FVA_FIRST, _FVA_FIRST + len(_STAIRS)):
            where = (
                f'tbl_fva[Basis],{cell(_BASIS, 2, "rc")},tbl_fva[Told by],"step",tbl_fva[Name],{PICK},'
                f"tbl_fva[Step],{cell(row, 1, 'c')}"
            )
            grid.append([f'=IFERROR(AVERAGEIFS(tbl_fva[{label}],{where}),"")' for label in ("Error after", "FVA")])
        return grid

    def value(frames: Frames, cells: Cells) -> Values:
        shared = {"basis": _basis(frames, cells), "told_by": "step", "name": str(cells[PICK])}
        told = frames["fva"].loc[chosen(frames["fva"], shared)]
        found = [told.loc[chosen(told, {"step": step}), ["error_after", "fva"]].mean() for step in _STAIRS]
        return [["" if np.isnan(number) else float(number) for number in row] for row in found]

    twin = Twin(("fva",), (PICK,), value)
    return Block("demand_fva_stairs", _FVA_FIRST, 2, formulas, twin, (PERCENT, "+0.0%;-0.0%;0.0%"), by_column=True)


def _accuracy(name: str, column: int, measure: str, label: str, form: str) -> Block:
    where = (
        f'tbl_accuracy[Level],IF({PICK}="Total","total","family"),'
        f'tbl_accuracy[Name],IF({PICK}="Total","*",{PICK}),tbl_accuracy[Step],"statistical"'
    )
    mean = f"AVERAGEIFS(tbl_accuracy[{label}],{where})"

    def value(frames: Frames, cells: Cells) -> Value:
        family = str(cells[PICK])
        keys = {"level": "total", "step": "statistical"}
        if family.casefold() != "total":
            keys |= {"level": "family", "name": family}
        found = frames["accuracy"].loc[chosen(frames["accuracy"], keys), measure].mean()
        shown = number_or_na(found)
        if isinstance(shown, str):
            return "-"
        return max(0.0, 1 - float(shown)) if measure == "wmape" else shown

    formula = f'=IFERROR({form.format(mean)},"-")'
    number = PERCENT if measure == "wmape" else "+0.0%;-0.0%;0.0%"
    return tile_value(name, (4, column), formula, value, ("accuracy",), (PICK,), number, _COLOR)


def _tile_column(k: int) -> int:
    return FIRST_MONTH + 3 * k


def _total_tile() -> Block:
    position = _MEASURES.index("consensus")
    all_totals = totals("demand_totals", _numbers, len(_MEASURES), past=True)

    def value(frames: Frames, cells: Cells) -> Any:
        return all_totals.twin.value(frames, cells)[position][0]

    formula = f"={cell(_ROW['consensus'], FIRST_MONTH - 1)}"
    return one(
        "demand_tile_consensus", (4, _tile_column(0)), formula, value, all_totals.twin.tables, all_totals.twin.cells,
        number=WHOLE, **tile_looks(_COLOR),
    )  # fmt: skip


def _compared(k: int, other: str) -> Block:
    mine, theirs = _MEASURES.index("consensus"), _MEASURES.index(other)
    name = f"demand_tile_against_{other.replace(' ', '_')}"
    return against(name, (4, _tile_column(k)), _numbers, mine, theirs, past=True, **tile_looks(_COLOR))


_TILES = (
    ("Consensus", "units over the planned months"),
    ("Against budget", "consensus / budget - 1"),
    ("Against last plan", "consensus / last plan - 1"),
    ("Against statistical", "consensus / statistical - 1"),
    ("Against last year", "consensus / last year - 1"),
    ("Forecast accuracy", "1 - WMAPE, statistical"),
    ("Bias", "positive: we forecast too much"),
    ("Forecast value added", "WMAPE of naive - ours"),
)


def _draw(canvas: Canvas) -> None:
    sheet, window = canvas.sheet, canvas.window
    count = window.past + window.months
    last = max(FIRST_MONTH + count - 1, _tile_column(len(_TILES)) - 1)
    for column, wide in enumerate(_WIDTHS):
        sheet.set_column(column, column, wide)
    sheet.set_column(FIRST_MONTH, last, _MONTH)
    sheet.set_row(4, 30)
    sheet.set_row(5, 26)
    sheet.set_row(_LABELS, 20)
    for k, (label, note) in enumerate(_TILES):
        canvas.tile(3, _tile_column(k), 3, label, note, _COLOR)
    beside, across = sum(pixels(w) for w in _WIDTHS[1:]), pixels(_MONTH)
    full = beside + across * (last - FIRST_MONTH + 1)
    _fan_chart(canvas, (full - 6, height(17)))
    _plan_charts(canvas, full // 3 - 6, height(15))
    _stair_chart(canvas, full // 3 - 6, height(15))
    canvas.section(_DATES - 2, "The numbers behind the charts [units]", last, _COLOR)
    canvas.text(_DATES - 1, 1, "Months: past, planned", Style.NOTE)
    canvas.sheet.write_number(_DATES - 1, 2, window.past, canvas.styles.of(Style.CALC))
    canvas.sheet.write_number(_DATES - 1, 3, window.months, canvas.styles.of(Style.CALC))
    canvas.book.define_name("page_past", f"={SHEET}!{cell(_DATES - 1, 2, 'rc')}")
    canvas.book.define_name("page_months", f"={SHEET}!{cell(_DATES - 1, 3, 'rc')}")
    canvas.headings(_LABELS, 1, ("Measure", "Block", "Planned"))
    canvas.labels(_FIRST, [(m, "demand") for m in _MEASURES])
    canvas.labels(_FLOOR, [("interval, from",)])
    canvas.labels(_BAND, [("interval, width",), ("today",)])
    canvas.headings(_STEP_FIRST - 1, 1, ("Step", "Change", "Planned"))
    canvas.labels(_STEP_FIRST, [(s,) for s in _STEPS])
    canvas.headings(_FVA_FIRST - 1, 1, ("Step", "WMAPE", "Value added"))
    canvas.labels(_FVA_FIRST, [(s,) for s in _STAIRS])
    canvas.labels(_BASIS, [("judged on",)])
    canvas.section(_LIST_ROW - 1, "Families in the drop-downs (from the S&OP grid)", last, _COLOR)
    canvas.book.define_name("lst_families", list_range(SHEET, _LIST_ROW, 1, FAMILIES))
    grey_errors(canvas, _FIRST, FIRST_MONTH, _STEP_FIRST + len(_STEPS), last)
    sheet.set_h_pagebreaks([_LIST_ROW - 1])
    sheet.print_area(0, 0, _LIST_ROW - 3, last)


def _fan_chart(canvas: Canvas, size: tuple[int, int]) -> None:
    count = canvas.window.past + canvas.window.months
    band = canvas.area_chart([Line("from", _FLOOR, ""), Line("forecast interval", _BAND, BAND)], 0, count)
    mark = {
        "type": "percentage",
        "value": 100,
        "direction": "minus",
        "end_style": 0,
        "line": {"color": SLATE, "dash_type": "dash"},
    }
    lines = canvas.line_chart(
        [
            Line("history", _ROW["history"], SLATE),
            Line("last plan", _ROW["last plan"], SILVER, width=1.5),
            Line("budget", _ROW["budget"], VIOLET, "dash", 1.5),
            Line("statistical", _ROW["statistical"], ORANGE, "dash", 1.75),
            Line("consensus", _ROW["consensus"], BLUE),
            Line("today", _TODAY, SLATE, more={"y_error_bars": mark}),
        ],
        0,
        count,
    )
    band.combine(lines)
    says = "Lines of history, statistical forecast with its interval, consensus, last plan and budget by month"
    canvas.place(band, (8, 1), size, "History, forecast interval and the agreed demand plan", says, hidden=[0, 7])


def _plan_charts(canvas: Canvas, width: int, tall: int) -> None:
    window = canvas.window
    lines = canvas.line_chart(
        [
            Line("budget", _ROW["budget"], VIOLET, "dash", 1.5),
            Line("last plan", _ROW["last plan"], SILVER, width=1.5),
            Line("last year", _ROW["last year"], SLATE, width=1.5),
            Line("statistical", _ROW["statistical"], ORANGE, "dash"),
            Line("consensus", _ROW["consensus"], BLUE),
        ],
        window.past,
        window.months,
    )
    says = "Consensus beside the statistical forecast, last plan, budget and last year over the planned months"
    canvas.place(lines, (26, 1), (width, tall), "Statistical against consensus", says)
    steps = canvas.book.add_chart({"type": "column"})
    first, last = _STEP_FIRST + 1, _STEP_FIRST + len(_STEPS) - 1
    steps.add_series(
        {
            "name": "change",
            "categories": [SHEET, first, 1, last, 1],
            "values": [SHEET, first, 2, last, 2],
            "fill": {"color": BLUE},
            "invert_if_negative": True,
            "invert_if_negative_color": ORANGE,
            "gap": 80,
            "data_labels": {"value": True, "num_format": "+#,##0;-#,##0;0", "font": {"size": 9}},
        }
    )
    says = "Units that events, department inputs and overrides added to the statistical forecast"
    title = "What each step changed, units over the planned months"
    canvas.place(steps, (26, 1), (width, tall), title, says, legend=False, right=width + 6)


def _stair_chart(canvas: Canvas, width: int, tall: int) -> None:
    stairs = canvas.book.add_chart({"type": "column"})
    last = _FVA_FIRST + len(_STAIRS) - 1
    colors = [SILVER, SILVER, ORANGE, *[BLUE] * (len(_STAIRS) - 3)]
    stairs.add_series(
        {
            "name": "WMAPE",
            "categories": [SHEET, _FVA_FIRST, 1, last, 1],
            "values": [SHEET, _FVA_FIRST, 2, last, 2],
            "fill": {"color": BLUE},
            "points": [{"fill": {"color": color}} for color in colors],
            "gap": 50,
            "data_labels": {"value": True, "num_format": "0.0%;;", "font": {"size": 9}},
        }
    )
    says = "Error of the forecast after each step, from naive to consensus: a step that is worth it goes down"
    title = "Error after each step (WMAPE)"
    canvas.place(stairs, (26, 1), (width, tall), title, says, "0%", legend=False, right=2 * (width + 6))


PAGE = Page(
    SHEET,
    Group.DEMAND,
    "Demand review",
    "Choose a family: its past, the forecast with its interval, and what the team agreed on.",
    (Pick(PICK, "Family", 4, 1, "=lst_families", lambda _: "Total", "A family of the S&OP grid, or Total"),),
    (
        *months("demand_months", _DATES, past=True),
        _numbers,
        totals("demand_totals", _numbers, len(_MEASURES), past=True),
        _derived(),
        _steps,
        _step_totals,
        _changes(),
        *_fva_basis(),
        _stairs(),
        _total_tile(),
        *(_compared(k, other) for k, other in enumerate(("budget", "last plan", "statistical", "last year"), 1)),
        _accuracy("demand_tile_accuracy", _tile_column(5), "wmape", "WMAPE", "MAX(0,1-{0})"),
        _accuracy("demand_tile_bias", _tile_column(6), "bias", "Bias", "{0}"),
        _accuracy("demand_tile_fva", _tile_column(7), "fva", "FVA", "{0}"),
        listed(
            "demand_families", _LIST_ROW, 1, FAMILIES, "sop_grid", "family", {"block": "demand", "measure": "consensus"}
        ),
    ),
    _draw,
    _LABELS,
)
