"""The supply review: projected stock against target, load against capacity, and what causes the shortages."""

from __future__ import annotations

from typing import Any

from sop_xl.workbook.schema import Frames, Group
from sop_xl.workbook.template.blocks import Block, Grid, Window, cell, one
from sop_xl.workbook.template.pages.canvas import (
    BLUE,
    ORANGE,
    RED,
    SAND,
    SLATE,
    TEAL,
    Canvas,
    Line,
    Page,
    Pick,
    grey_errors,
    height,
    pixels,
)
from sop_xl.workbook.template.pages.load_peaks import (
    LABEL_ROW,
    LIST_FIRST,
    RESOURCES,
    TOP,
    TOP_FIRST,
    busiest,
    peak_block,
    peaks,
    rank_block,
    ranked,
    top_block,
)
from sop_xl.workbook.template.pages.parts import (
    FIRST_MONTH,
    WINDOW,
    Cells,
    Values,
    list_range,
    listed,
    looked_up,
    months,
    tile_looks,
    totals,
)
from sop_xl.workbook.template.pages.values import NA, Value, chosen
from sop_xl.workbook.template.styles import PERCENT, TABS, WHOLE, WORDS, Style
from sop_xl.workbook.twin import Twin

SHEET = "SupplyReview"
PICK, PICK_RESOURCE, SHOWN = "pick_supply_family", "pick_resource", "shown_resource"

_COLOR = TABS[Group.SUPPLY]
_WIDTHS = (2.0, 24.0, 12.0, 13.0)
_MONTH = 10.5
_DATES, _LABELS, _FIRST = LABEL_ROW - 1, LABEL_ROW, LABEL_ROW + 1
_ROWS = (
    ("consensus", "demand"),
    ("production", "supply"),
    ("purchases", "supply"),
    ("used in assembly", "supply"),
    ("transfers in", "supply"),
    ("delivered", "supply"),
    ("closing", "inventory"),
    ("target", "inventory"),
    ("days of supply", "inventory"),
    ("late", "backlog"),
    ("lost", "backlog"),
)
_ROW = {measure: _FIRST + i for i, (measure, _) in enumerate(_ROWS)}
_NUMBERS = (*[WHOLE] * 7, "#,##0.0", WHOLE, WHOLE)
_LOAD_FIRST = _FIRST + len(_ROWS) + 2
_LOADS = ("regular capacity", "overtime capacity", "required", "regular used", "overtime used", "load")
_LOAD_ROW = {measure: _LOAD_FIRST + i for i, measure in enumerate(_LOADS)}
_ALL_HOURS = _LOAD_FIRST + len(_LOADS)
_CAUSE_FIRST = _ALL_HOURS + 4
_CAUSES = ("capacity", "component", "lead time", "supplier limit", "storage", "no source")

_numbers = looked_up(
    "supply_numbers", _FIRST, _LABELS, "sop_grid", [{"measure": m, "block": b} for m, b in _ROWS], {"family": PICK},
    numbers=_NUMBERS,
)  # fmt: skip
_sums = totals("supply_totals", _numbers, 5, past=False)
_load = looked_up(
    "load_numbers", _LOAD_FIRST, _LABELS, "resource_load", [{"measure": m} for m in _LOADS], {"resource": SHOWN},
    numbers=(*["#,##0"] * 5, PERCENT),
)  # fmt: skip


def _shown_resource() -> Block:
    def value(frames: Frames, cells: Cells) -> Value:
        picked = cells[PICK_RESOURCE]
        return str(picked) if picked not in (None, "") else busiest(frames, cells)

    first = cell(TOP_FIRST, 1, "rc")
    formula = f'=IF({PICK_RESOURCE}="",{first},{PICK_RESOURCE})'
    tables = ("resource_load", "control")
    return one(SHOWN, (_LOAD_FIRST - 1, 2), formula, value, tables, (PICK_RESOURCE, *WINDOW), number=WORDS,
               style=Style.HEADER)  # fmt: skip


def _load_twin(frames: Frames, cells: Cells) -> Values:
    resource = _shown_resource().twin.value(frames, cells)
    values: Values = _load.twin.value(frames, {**cells, SHOWN: resource})
    return values


_LOAD = Block(
    _load.name, _load.row, _load.column, _load.formulas,
    Twin(("resource_load", "control"), (*WINDOW, PICK_RESOURCE), _load_twin), _load.numbers,
)  # fmt: skip


def _all_hours() -> Block:
    def formulas(window: Window) -> Grid:
        columns = range(FIRST_MONTH, FIRST_MONTH + window.months)
        regular, overtime = _LOAD_ROW["regular capacity"], _LOAD_ROW["overtime capacity"]
        return [[f"={cell(regular, c)}+{cell(overtime, c)}" for c in columns]]

    def value(frames: Frames, cells: Cells) -> Values:
        regular, overtime = _load_twin(frames, cells)[:2]
        pairs = zip(regular, overtime, strict=True)
        return [[a + b if isinstance(a, float) and isinstance(b, float) else NA for a, b in pairs]]

    return Block("load_all_hours", _ALL_HOURS, FIRST_MONTH, formulas, Twin(_LOAD.twin.tables, _LOAD.twin.cells, value))


def _causes() -> Block:
    def formulas(_: Window) -> Grid:
        return [
            [
                f"=SUMIFS(tbl_shortages[{label}],tbl_shortages[Cause],{cell(_CAUSE_FIRST + k, 1, 'c')})"
                for label in ("Quantity", "Money")
            ]
            for k in range(len(_CAUSES))
        ]

    def value(frames: Frames, _: Cells) -> Values:
        short = frames["shortages"]
        mine = [short.loc[chosen(short, {"cause": cause})] for cause in _CAUSES]
        return [[float(part["quantity"].sum()), float(part["money"].sum())] for part in mine]

    return Block("shortage_causes", _CAUSE_FIRST, 2, formulas, Twin(("shortages",), (), value))


def _tile(
    k: int, name: str, formula: str, twin: Any, cells: tuple[str, ...], number: str, tables: tuple[str, ...]
) -> Block:
    return one(name, (4, FIRST_MONTH + 2 * k), formula, twin, tables, cells, number=number, **tile_looks(_COLOR))


def _sum_tile(k: int, measure: str) -> Block:
    position = next(i for i, (m, _) in enumerate(_ROWS) if m == measure)

    def value(frames: Frames, cells: Cells) -> Any:
        return _sums.twin.value(frames, cells)[position][0]

    formula = f"={cell(_ROW[measure], FIRST_MONTH - 1)}"
    return _tile(k, f"supply_tile_{measure}", formula, value, _sums.twin.cells, WHOLE, _sums.twin.tables)


def _month_tile(k: int, measure: str, month: str, number: str) -> Block:
    """A tile of the first (`1`) or last (`page_months`) planned month."""
    position = next(i for i, (m, _) in enumerate(_ROWS) if m == measure)

    def formulas(window: Window) -> Grid:
        first, last = (cell(_ROW[measure], c, "rc") for c in (FIRST_MONTH, FIRST_MONTH + window.months - 1))
        return [[f'=IFERROR(INDEX({first}:{last},1,{month})+0,"-")']]

    def value(frames: Frames, cells: Cells) -> Value:
        line: list[Value] = _numbers.twin.value(frames, cells)[position]
        shown = line[0 if month == "1" else -1]
        return "-" if shown == NA else shown

    twin = Twin(_numbers.twin.tables, _numbers.twin.cells, value)
    name = f"supply_tile_{measure.replace(' ', '_')}"
    return Block(name, 4, FIRST_MONTH + 2 * k, formulas, twin, (number,), style=None, looks=tile_looks(_COLOR))


def _peak_tile(k: int) -> Block:
    def value(frames: Frames, cells: Cells) -> Value:
        order = ranked(frames, cells)
        return peaks(frames, cells)[order[0]][1] if order else "-"

    first = cell(TOP_FIRST, 2)
    formula = f'=IF({first}="","-",{first})'
    return _tile(k, "supply_tile_peak_load", formula, value, WINDOW, PERCENT, ("resource_load", "control"))


_TILES = (
    ("Production", "units over the planned months"),
    ("Purchases", "units over the planned months"),
    ("Stock at the end", "units, closing of the last month"),
    ("Cover at the start", "days of supply, first month"),
    ("Late at the end", "units still late in the last month"),
    ("Peak load", "busiest resource and month"),
)


def _draw(canvas: Canvas) -> None:
    sheet, window = canvas.sheet, canvas.window
    last = max(FIRST_MONTH + window.months - 1, FIRST_MONTH + 2 * len(_TILES) - 1)
    for column, wide in enumerate(_WIDTHS):
        sheet.set_column(column, column, wide)
    sheet.set_column(FIRST_MONTH, last, _MONTH)
    sheet.set_row(4, 30)
    sheet.set_row(5, 26)
    sheet.set_row(6, 20)
    sheet.set_row(_LABELS, 20)
    for k, (label, note) in enumerate(_TILES):
        canvas.tile(3, FIRST_MONTH + 2 * k, 2, label, note, _COLOR)
    full = sum(pixels(w) for w in _WIDTHS[1:]) + pixels(_MONTH) * (last - FIRST_MONTH + 1)
    size = (full // 2 - 6, height(15))
    _charts(canvas, size)
    canvas.section(_DATES - 2, "The numbers behind the charts", last, _COLOR)
    canvas.headings(_LABELS, 1, ("Measure", "Block", "Planned"))
    canvas.labels(_FIRST, _ROWS)
    canvas.headings(_LOAD_FIRST - 1, 1, ("Hours of",))
    canvas.labels(_LOAD_FIRST, [(m,) for m in (*_LOADS, "regular + overtime")])
    canvas.headings(_CAUSE_FIRST - 1, 1, ("Cause of shortages", "Units", "Revenue"))
    canvas.labels(_CAUSE_FIRST, [(c,) for c in _CAUSES])
    canvas.headings(TOP_FIRST - 1, 1, ("Most loaded", "Peak load", "Months > red", "In the list"))
    canvas.section(LIST_FIRST - 2, "Resources in the drop-down (from the sheet Load)", last, _COLOR)
    canvas.headings(LIST_FIRST - 1, 1, ("Resource", "Peak load", "Months > red"))
    canvas.book.define_name("lst_loads", list_range(SHEET, LIST_FIRST, 1, RESOURCES))
    grey_errors(canvas, _FIRST, FIRST_MONTH, _ALL_HOURS, last)
    _colours(canvas, last)
    sheet.set_h_pagebreaks([_DATES - 2])
    sheet.print_area(0, 0, LIST_FIRST - 4, last)


def _colours(canvas: Canvas, last: int) -> None:
    bad = canvas.styles.rule(font_color="#B42318", bg_color="#FEE4E2")
    watch = canvas.styles.rule(font_color="#854D0E", bg_color="#FEF3C7")
    for row, column, end_row, end_column in (
        (_LOAD_ROW["load"], FIRST_MONTH, _LOAD_ROW["load"], last),
        (TOP_FIRST, 2, TOP_FIRST + TOP - 1, 2),
        (LIST_FIRST, 2, LIST_FIRST + RESOURCES - 1, 2),
    ):
        here = cell(row, column)
        for limit, looks in (("set_load_red", bad), ("set_load_amber", watch)):
            rule = {"type": "formula", "criteria": f"=AND(ISNUMBER({here}),{here}>{limit})", "format": looks}
            canvas.sheet.conditional_format(row, column, end_row, end_column, rule)
    here = cell(_ROW["late"], FIRST_MONTH)
    short = {"type": "formula", "criteria": f"=AND(ISNUMBER({here}),{here}>0.5)", "format": bad}
    canvas.sheet.conditional_format(_ROW["late"], FIRST_MONTH, _ROW["lost"], last, short)


def _charts(canvas: Canvas, size: tuple[int, int]) -> None:
    count = canvas.window.months
    stock = canvas.column_chart([Line("closing stock", _ROW["closing"], TEAL)], 0, count)
    target = canvas.line_chart(
        [Line("target", _ROW["target"], SAND, width=2.5), Line("late", _ROW["late"], RED, "dash", 1.75)], 0, count
    )
    stock.combine(target)
    says = "Columns of projected closing stock, a line of target stock and a line of late units by month"
    canvas.place(stock, (8, 1), size, "Projected stock against target, units", says)
    supply = canvas.column_chart(
        [
            Line("production", _ROW["production"], TEAL),
            Line("purchases", _ROW["purchases"], "#8CC7C0"),
        ],
        0,
        count,
        stacked=True,
    )
    needs = [
        Line("demand (consensus)", _ROW["consensus"], BLUE),
        Line("used in assembly", _ROW["used in assembly"], SLATE, "dash", 1.5),
    ]
    supply.combine(canvas.line_chart(needs, 0, count))
    says = "Stacked columns of production and purchases, lines of the consensus demand and of use in other items"
    title = "Made and bought, against demand and use in assembly, units"
    canvas.place(supply, (8, 1), size, title, says, right=size[0] + 6)
    load = canvas.column_chart(
        [
            Line("regular used", _LOAD_ROW["regular used"], TEAL),
            Line("overtime used", _LOAD_ROW["overtime used"], ORANGE),
        ],
        0,
        count,
        stacked=True,
    )
    load.combine(
        canvas.line_chart(
            [
                Line("regular capacity", _LOAD_ROW["regular capacity"], SLATE, width=1.75),
                Line("with overtime", _ALL_HOURS, SLATE, "dash", 1.5),
                Line("required (unlimited)", _LOAD_ROW["required"], RED, "round_dot", 2.0),
            ],
            0,
            count,
        )
    )
    says = "Stacked columns of regular and overtime hours used, lines of capacity and of hours required by month"
    canvas.place(load, (24, 1), size, "Load against capacity of the resource, hours", says)
    causes = canvas.book.add_chart({"type": "bar"})
    first, last = _CAUSE_FIRST, _CAUSE_FIRST + len(_CAUSES) - 1
    causes.add_series(
        {
            "name": "revenue late or lost",
            "categories": [SHEET, first, 1, last, 1],
            "values": [SHEET, first, 3, last, 3],
            "fill": {"color": RED},
            "gap": 50,
            "data_labels": {"value": True, "num_format": WHOLE, "font": {"size": 9}},
        }
    )
    says = "Bars of revenue late or lost by cause, all families"
    title = "Revenue late or lost by cause, all families"
    canvas.place(causes, (24, 1), size, title, says, legend=False, bars=True, right=size[0] + 6)


PAGE = Page(
    SHEET,
    Group.SUPPLY,
    "Supply review",
    "Choose a family and a resource: stock against target, load against capacity, and why demand is not met.",
    (
        Pick(PICK, "Family", 4, 1, "=lst_families", lambda _: "Total", "A family of the S&OP grid, or Total"),
        Pick(
            PICK_RESOURCE, "Resource (blank: busiest)", 6, 1, "=lst_loads", lambda _: "",
            "A resource of the sheet Load; blank shows the busiest",
        ),
    ),
    (
        *months("supply_months", _DATES, past=False),
        _numbers,
        _sums,
        _shown_resource(),
        _LOAD,
        _all_hours(),
        _causes(),
        rank_block(),
        top_block(),
        listed("resource_names", LIST_FIRST, 1, RESOURCES, "resource_load", "resource", {"measure": "load"}),
        peak_block(),
        _sum_tile(0, "production"),
        _sum_tile(1, "purchases"),
        _month_tile(2, "closing", "page_months", WHOLE),
        _month_tile(3, "days of supply", "1", "#,##0.0"),
        _month_tile(4, "late", "page_months", WHOLE),
        _peak_tile(5),
    ),
    _draw,
    _LABELS,
)  # fmt: skip
