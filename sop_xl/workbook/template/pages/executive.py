"""The executive page: four answers, the scorecard, the way from budget to plan, and what is still to be decided."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sop_xl.workbook.schema import Frames, Group
from sop_xl.workbook.template.blocks import Block, cell, one
from sop_xl.workbook.template.pages import load_peaks, pre_sop, supply_review
from sop_xl.workbook.template.pages.canvas import (
    BLUE,
    TEAL,
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
    WINDOW,
    Cells,
    Ranked,
    looked_up,
    months,
    tile_looks,
    totals,
)
from sop_xl.workbook.template.pages.values import Value, chosen, fixed, number_or_na, setting
from sop_xl.workbook.template.pages.waterfall import HEADINGS, Bar, Waterfall
from sop_xl.workbook.template.rules import unit_rules, word_rules
from sop_xl.workbook.template.styles import MONTH, TABS, WHOLE, WORDS, Style

SHEET = "Executive"
PICK = "pick_executive_family"

_COLOR = TABS[Group.EXECUTIVE]
_WIDTHS = (2.0, 26.0, 11.0, 14.0)
_MONTH = 12.0
_TILE_ROW = 3
_SCORE_FIRST = 11
_SCORE_LINES = 16
_SCORE_RANK = 6
_CHARTS = (9, 24)
_DECISION_FIRST = 42
_DECISIONS = 5
_DECISION_RANK = FIRST_MONTH + 9
_DATES, _LABELS, _FIRST = 52, 53, 54
_MEASURES = ("revenue", "budget revenue", "margin")
_BRIDGE_FIRST = _FIRST + len(_MEASURES) + 3
_STEPS = ("budget", "new and ended", "volume", "mix", "price", "plan")

_score = Ranked(
    "executive_scorecard", "scorecard", _SCORE_FIRST, 1, _SCORE_RANK, _SCORE_LINES,
    ("kpi", "unit", "value", "target", "status"), 'tbl_scorecard[KPI]<>""', lambda f: f["scorecard"]["kpi"].ne(""),
    numbers=(WORDS, WORDS, WHOLE, WHOLE, WORDS),
)  # fmt: skip
_decisions = Ranked(
    "open_decisions", "decisions", _DECISION_FIRST, 1, _DECISION_RANK, _DECISIONS,
    ("decision", "status", "review", "effect", "who", "issue"),
    '(tbl_decisions[Decision]<>"")*(tbl_decisions[Status]<>"closed")',
    lambda f: f["decisions"]["decision"].ne("") & f["decisions"]["status"].ne("closed"),
    numbers=(WORDS, WORDS, "yyyy-mm-dd", WHOLE, WORDS, WORDS),
)  # fmt: skip
_GAP_FIRST = _SCORE_FIRST + _SCORE_LINES + 6
_GAPS = 6
_gaps = replace(pre_sop.LARGEST, name="executive_gaps", row=_GAP_FIRST, rank_column=_SCORE_RANK, count=_GAPS,
                columns=("family", "period", "gap", "money", "status"),
                numbers=(WORDS, MONTH, WHOLE, WHOLE, WORDS))  # fmt: skip
_money = looked_up(
    "executive_money", _FIRST, _LABELS, "financials", [{"measure": m} for m in _MEASURES], {"family": PICK}
)


def kpi(frames: Frames, name: str) -> Value:
    """A figure of the scorecard."""
    card = frames["scorecard"]
    return number_or_na(card.loc[chosen(card, {"kpi": name}), "value"].mean())


def _kpi(name: str) -> str:
    return f'AVERAGEIFS(tbl_scorecard[Value],tbl_scorecard[KPI],"{name}")'


def _units(name: str) -> str:
    return f'IFERROR(FIXED({_kpi(name)},0),"-")'


def _percent(formula: str) -> str:
    return f'IFERROR(FIXED(100*{formula},1)&" %","-")'


def _shown(value: Value, decimals: int = 0, factor: float = 1.0, unit: str = "") -> str:
    return fixed(factor * value, decimals) + unit if isinstance(value, float) else "-"


def _base_cost(frames: Frames) -> Value:
    frame = frames["scenario_kpis"]
    return number_or_na(frame.loc[chosen(frame, {"scenario": "Base", "kpi": "Total cost"}), "value"].mean())


_COST = 'AVERAGEIFS(tbl_scenario_kpis[Value],tbl_scenario_kpis[Scenario],"Base",tbl_scenario_kpis[KPI],"Total cost")'
_BUSIEST = f"{supply_review.SHEET}!{cell(load_peaks.TOP_FIRST, 1, 'rc')}"


def _answers() -> tuple[Block, ...]:
    """The value and the note of each of the four tiles."""

    def make(f: Frames, _: Cells) -> str:
        made, bought = kpi(f, "Production plan units"), kpi(f, "Purchases plan units")
        return f"{_shown(made)} made, {_shown(bought)} bought"

    def stock(f: Frames, _: Cells) -> str:
        return f"{_shown(kpi(f, 'Stock value'))} {setting(f, 'currency')}"

    def cover(f: Frames, _: Cells) -> str:
        bound = _shown(kpi(f, "Working capital"))
        return f"{_shown(kpi(f, 'Days of supply'), 1)} days of supply; working capital {bound}"

    def load(f: Frames, _: Cells) -> str:
        return f"{_shown(kpi(f, 'Peak load'), 1, 100, ' %')} at the peak"

    def where(f: Frames, cells: Cells) -> str:
        red = _shown(setting(f, "load_red"), 0, 100, " %")
        return f"of the regular hours of {load_peaks.busiest(f, cells)}; red above {red}"

    def cost(f: Frames, _: Cells) -> str:
        return f"{_shown(_base_cost(f))} {setting(f, 'currency')}"

    def service(f: Frames, _: Cells) -> str:
        asked = _shown(setting(f, "service_target"), 1, 100, " %")
        return f"for a service of {_shown(kpi(f, 'Service level'), 1, 100, ' %')} (asked: {asked})"

    def months_(f: Frames, _: Cells) -> str:
        used = _shown(kpi(f, "Used in assembly units"))
        return f"{used} of them for assembly, over {fixed(setting(f, 'horizon'))} months"

    asked_for = _percent("set_service_target")
    limit = 'FIXED(100*set_load_red,0)&" %"'
    lines: tuple[tuple[str, str, Callable[[Frames, Cells], str], str, Callable[[Frames, Cells], str]], ...] = (
        ("make", f'={_units("Production plan units")}&" made, "&{_units("Purchases plan units")}&" bought"', make,
         f'={_units("Used in assembly units")}&" of them for assembly, over "&FIXED(set_horizon,0)&" months"', months_),
        ("stock", f'={_units("Stock value")}&" "&set_currency', stock,
         f'=IFERROR(FIXED({_kpi("Days of supply")},1),"-")&" days of supply; working capital "'
         f'&{_units("Working capital")}', cover),
        ("load", f'={_percent(_kpi("Peak load"))}&" at the peak"', load,
         f'="of the regular hours of "&{_BUSIEST}&"; red above "&{limit}', where),
        ("cost", f'=IFERROR(FIXED({_COST},0),"-")&" "&set_currency', cost,
         f'="for a service of "&{_percent(_kpi("Service level"))}&" (asked: "&{asked_for}&")"', service),
    )  # fmt: skip
    tables = ("scorecard", "scenario_kpis", "resource_load", "control")
    blocks = []
    for (name, formula, value, note, says), column in zip(lines, _TILE_COLUMNS, strict=True):
        at = (_TILE_ROW + 1, column)
        big = tile_looks(_COLOR, 16)
        quiet = tile_looks(_COLOR, 10) | {"bold": False, "font_color": "#6B7280"}
        blocks.append(one(f"executive_{name}", at, formula, value, tables, WINDOW, number=WORDS, **big))
        below = (_TILE_ROW + 2, column)
        blocks.append(one(f"executive_{name}_note", below, note, says, tables, WINDOW, number=WORDS, **quiet))
    return tuple(blocks)


_TILE_COLUMNS = (1, FIRST_MONTH, FIRST_MONTH + 4, FIRST_MONTH + 8)
_TILE_WIDTHS = (3, 4, 4, 4)
_QUESTIONS = (
    "How much to make and buy?",
    "What stock to hold?",
    "Can capacity meet it?",
    "What does it cost, at what service?",
)


def _bar(step: str) -> Bar:
    """A step of the way from budget to plan, of the family chosen."""

    def worth(frames: Frames, cells: Cells) -> float:
        frame = frames["bridge"]
        mine = frame.loc[chosen(frame, {"of": "revenue", "family": str(cells[PICK])})]
        return float(mine.loc[mine["step"].eq(step), "money"].sum())

    amount = f'=SUMIFS(tbl_bridge[Money],tbl_bridge[Of],"revenue",tbl_bridge[Family],{PICK},tbl_bridge[Step],"{step}")'
    return Bar(f'="{step}"', amount, lambda _frames, _cells: step, worth)


_bridge = Waterfall("executive_bridge", _BRIDGE_FIRST, [_bar(step) for step in _STEPS], ("bridge",), (PICK,))


def _draw(canvas: Canvas) -> None:
    sheet, window = canvas.sheet, canvas.window
    last = max(FIRST_MONTH + window.months - 1, FIRST_MONTH + 11)
    for column, wide in enumerate(_WIDTHS):
        sheet.set_column(column, column, wide)
    sheet.set_column(FIRST_MONTH, last, _MONTH)
    for row, tall in ((_TILE_ROW + 1, 34), (_TILE_ROW + 2, 22), (_LABELS, 20)):
        sheet.set_row(row, tall)
    for column, wide, question in zip(_TILE_COLUMNS, _TILE_WIDTHS, _QUESTIONS, strict=True):
        canvas.tile(_TILE_ROW, column, wide, question, "", _COLOR)
    canvas.section(_SCORE_FIRST - 3, "Scorecard", FIRST_MONTH + 1, _COLOR)
    canvas.headings(_SCORE_FIRST - 1, 1, ("Figure", "Unit", "Value", "Target", "Status"))
    for column in (3, 4):
        for rule in unit_rules(canvas.styles, cell(_SCORE_FIRST, 2, "c")):
            sheet.conditional_format(_SCORE_FIRST, column, _SCORE_FIRST + _SCORE_LINES - 1, column, rule)
    for rule in word_rules(canvas.styles, cell(_SCORE_FIRST, 5, "c")):
        sheet.conditional_format(_SCORE_FIRST, 5, _SCORE_FIRST + _SCORE_LINES - 1, 5, rule)
    canvas.text(_SCORE_FIRST - 1, _SCORE_RANK, "row", Style.UNIT)
    canvas.section(_GAP_FIRST - 2, "Largest gaps (all of them: sheet Gaps)", FIRST_MONTH + 1, _COLOR)
    canvas.headings(_GAP_FIRST - 1, 1, ("Family", "Month", "Units short", "Revenue", "Status"))
    canvas.text(_GAP_FIRST - 1, _SCORE_RANK, "row", Style.UNIT)
    for rule in word_rules(canvas.styles, cell(_GAP_FIRST, 5, "c")):
        sheet.conditional_format(_GAP_FIRST, 5, _GAP_FIRST + _GAPS - 1, 5, rule)
    full = pixels(_MONTH) * (last - FIRST_MONTH + 1) + sum(pixels(w) for w in _WIDTHS[1:])
    _charts(canvas, full)
    canvas.section(_DECISION_FIRST - 2, "To be decided (all decisions: sheet Decisions)", last, _COLOR)
    canvas.headings(_DECISION_FIRST - 1, 1, ("Decision", "Status", "Review", "Effect", "Who", "Issue"))
    canvas.text(_DECISION_FIRST - 1, _DECISION_RANK, "row", Style.UNIT)
    canvas.section(_DATES - 1, "The numbers behind the charts", last, _COLOR)
    canvas.headings(_LABELS, 1, ("Money of", "", "Planned"))
    canvas.labels(_FIRST, [(m,) for m in _MEASURES])
    canvas.headings(_BRIDGE_FIRST - 1, 1, HEADINGS)
    grey_errors(canvas, _FIRST, FIRST_MONTH, _FIRST + len(_MEASURES) - 1, last)
    sheet.print_area(0, 0, _BRIDGE_FIRST + len(_STEPS), last)


def _charts(canvas: Canvas, full: int) -> None:
    beside = sum(pixels(w) for w in _WIDTHS[1:]) + 3 * pixels(_MONTH)
    size = (full - beside - 6, height(14))
    count = canvas.window.months
    revenue = canvas.line_chart(
        [
            Line("budget revenue", _FIRST + 1, VIOLET, "dash", 1.75),
            Line("revenue", _FIRST, BLUE),
            Line("margin", _FIRST + 2, TEAL, width=1.75),
        ],
        0,
        count,
    )
    says = "Lines of planned revenue, budget revenue and margin by month"
    canvas.place(
        revenue, (_CHARTS[1], 1), size, "Revenue and margin of the plan against the budget", says, right=beside
    )
    says = "Waterfall from budget revenue over volume, mix and price to plan revenue"
    title = "From budget to plan revenue (the axis is cut at the floor)"
    canvas.place(_bridge.chart(canvas), (_CHARTS[0], 1), size, title, says, legend=False, right=beside, number=";;;")


PAGE = Page(
    SHEET,
    Group.EXECUTIVE,
    "Executive S&OP",
    "The plan on one page: four answers, the scorecard, the way from budget to plan, and what is still to be decided.",
    (
        Pick(PICK, "Family of the charts", _SCORE_FIRST + _SCORE_LINES + 1, 1, "=lst_families", lambda _: "Total",
             "A family of the S&OP grid, or Total"),
    ),
    (
        *months("executive_months", _DATES, past=False),
        *_answers(),
        *_score.blocks(),
        *_gaps.blocks(),
        *_decisions.blocks(),
        _money,
        totals("executive_money_totals", _money, len(_MEASURES), past=False),
        *_bridge.blocks(),
    ),
    _draw,
    _LABELS,
    pages_tall=1,
)  # fmt: skip
