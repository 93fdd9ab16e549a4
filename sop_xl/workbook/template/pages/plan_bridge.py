"""From the last plan to this one by cause, what moved most, and what must be true to reach the budget."""

from __future__ import annotations

from collections.abc import Callable

from sop_xl.workbook.schema import Frames, Group
from sop_xl.workbook.template.blocks import Block, one
from sop_xl.workbook.template.pages.canvas import Canvas, Page, Pick, height, pixels
from sop_xl.workbook.template.pages.parts import Cells, Ranked, tile_looks
from sop_xl.workbook.template.pages.values import fixed
from sop_xl.workbook.template.pages.waterfall import HEADINGS, Bar, Waterfall
from sop_xl.workbook.template.styles import TABS, WHOLE, WORDS, Style

SHEET = "PlanBridge"
PICK_FAMILY, PICK_MEASURE = "pick_bridge_family", "pick_bridge_measure"
MEASURES = ("units", "money")

_COLOR = TABS[Group.PRE_SOP]
_WIDTHS = (2.0, 44.0, *(13.0,) * 9, 30.0, 8.0)
_LAST = len(_WIDTHS) - 1
_RANK = _LAST
_TILE_ROW, _SAYS, _PICKS, _CHARTS, _CHART_ROWS = 3, 7, 10, 12, 15
_BARS_FIRST = _CHARTS + _CHART_ROWS + 3
_BARS = 10
_TRUE_FIRST = _BARS_FIRST + _BARS + 3
_TRUE = 10
_ITEMS_FIRST = _TRUE_FIRST + _TRUE + 3
_ITEMS = 14
_FIRST = _ITEMS_FIRST + _ITEMS + 4
_SHARE = "0.0%;-0.0%;0.0%"
_NONE, _LAST_PLAN, _THIS_PLAN = 0, 1, 99
_REASONS = (11, 12, 13)


def _bar(name: str, first: int, last: int | None = None) -> Bar:
    """A bar with a fixed name over the places `first` to `last`."""
    amount, worth = _between(first, first if last is None else last)
    return Bar(f'="{name}"', f"={amount}", lambda _f, _c: name, worth)


def _reason(place: int) -> Bar:
    """The bar of a reason of overrides, by its rank; without a name where there are fewer."""
    amount, worth = _between(place, place)

    def named(frames: Frames, _: Cells) -> str:
        table = frames["plan_bridge"]
        found = table.loc[table["number"].eq(place), "step"]
        return str(found.iloc[0]).removeprefix("override: ") if len(found) else ""

    found = f"INDEX(tbl_plan_bridge[Step],MATCH({place},tbl_plan_bridge[Number],0))"
    return Bar(f'=IFERROR(SUBSTITUTE({found},"override: ",""),"")', f"={amount}", named, worth)


def _between(first: int, last: int) -> tuple[str, Callable[[Frames, Cells], float]]:
    """The sum of the bars at some places for the family and measure chosen: its formula and its twin."""
    where = (
        f'tbl_plan_bridge[Family],{PICK_FAMILY},tbl_plan_bridge[Number],">={first}",tbl_plan_bridge[Number],"<={last}"'
    )
    formula = (
        f'IF({PICK_MEASURE}="{MEASURES[0]}",SUMIFS(tbl_plan_bridge[Units],{where}),'
        f"SUMIFS(tbl_plan_bridge[Money],{where}))"
    )

    def worth(frames: Frames, cells: Cells) -> float:
        table = frames["plan_bridge"]
        mine = table["family"].str.casefold().eq(str(cells[PICK_FAMILY]).casefold())
        mine &= table["number"].between(first, last)
        column = "units" if str(cells[PICK_MEASURE]).casefold() == MEASURES[0] else "money"
        return float(table.loc[mine, column].sum())

    return formula, worth


_TABLES, _CELLS = ("plan_bridge",), (PICK_FAMILY, PICK_MEASURE)
_demand = Waterfall(
    "bridge_demand",
    _FIRST,
    (
        _bar("last plan", 1), _bar("actuals", 2), _bar("model", 3), _bar("events", 4), _bar("inputs", 5),
        *(_reason(place) for place in _REASONS), _bar("others", _REASONS[-1] + 1, 89),
        _bar("rounding", 90), _bar("this plan", 99),
    ),
    _TABLES,
    _CELLS,
)  # fmt: skip
_supply = Waterfall(
    "bridge_supply",
    _demand.last + 4,
    (
        _bar("last plan", 101), _bar("demand", 102), _bar("orders", 103), _bar("assembly", 104),
        _bar("opening stock", 105), _bar("on order", 106), _bar("target", 107), _bar("late, lost", 108),
        _bar("below target", 109), _bar("above target", 110), _bar("rest", 190), _bar("this plan", 199),
    ),
    _TABLES,
    _CELLS,
)  # fmt: skip

_bars = Ranked(
    "bridge_bars", "plan_bridge", _BARS_FIRST, 1, _RANK, _BARS, ("step", "units", "money", "says"),
    f'(tbl_plan_bridge[Part]="demand")*(tbl_plan_bridge[Family]="Total")*(tbl_plan_bridge[Number]>{_LAST_PLAN})'
    f"*(tbl_plan_bridge[Number]<{_THIS_PLAN})",
    lambda f: f["plan_bridge"]["part"].eq("demand") & f["plan_bridge"]["family"].eq("Total")
    & f["plan_bridge"]["number"].gt(_LAST_PLAN) & f["plan_bridge"]["number"].lt(_THIS_PLAN),
    numbers=(WORDS, WHOLE, WHOLE, WORDS),
)  # fmt: skip
_true = Ranked(
    "bridge_must_be_true", "must_be_true", _TRUE_FIRST, 1, _RANK, _TRUE,
    ("lever", "change", "money", "share_of_gap", "left", "says"),
    'tbl_must_be_true[Of]="margin"', lambda f: f["must_be_true"]["of"].eq("margin"),
    numbers=(WORDS, _SHARE, WHOLE, "0%", WHOLE, WORDS),
)  # fmt: skip
_items = Ranked(
    "bridge_items", "plan_bridge_rows", _ITEMS_FIRST, 1, _RANK, _ITEMS, ("step", "item", "family", "units", "money"),
    '(tbl_plan_bridge_rows[Part]="demand")*(tbl_plan_bridge_rows[Rank]<=2)',
    lambda f: f["plan_bridge_rows"]["part"].eq("demand") & f["plan_bridge_rows"]["rank"].le(2),
    numbers=(WORDS, WORDS, WORDS, WHOLE, WHOLE),
)  # fmt: skip


def _tiles() -> tuple[Block, ...]:
    """The value of each tile, and the sentence below them."""

    def last(f: Frames, c: Cells) -> float:
        return _demand.worth(f, c)[0]

    def this(f: Frames, c: Cells) -> float:
        return _demand.worth(f, c)[-1]

    def share(before: float, after: float) -> str:
        return f"{'+' if after > before else ''}{fixed(100 * (after / before - 1), 1)} %" if before else "-"

    def demand(f: Frames, c: Cells) -> str:
        return share(last(f, c), this(f, c))

    def supply(f: Frames, c: Cells) -> str:
        return share(_supply.worth(f, c)[0], _supply.worth(f, c)[-1])

    def says(f: Frames, _: Cells) -> str:
        table = f["plan_bridge"]
        first = table.loc[table["number"].isin([_NONE, _LAST_PLAN]) & table["family"].eq("Total"), "says"]
        return str(first.iloc[0]) if len(first) else ""

    def moved(fall: Waterfall) -> str:
        before, after = fall.amount(0), fall.amount(len(fall.bars) - 1)
        sign = f'IF({after}>{before},"+","")'
        return f'=IF({before}=0,"-",{sign}&FIXED(100*({after}/{before}-1),1)&" %")'

    big = tile_looks(_COLOR, 18)
    at = [(_TILE_ROW + 1, column) for column in _TILE_COLUMNS]
    where = (
        'MIN(IF((tbl_plan_bridge[Family]="Total")*((tbl_plan_bridge[Number]=0)+(tbl_plan_bridge[Number]=1))'
        '*(tbl_plan_bridge[Step]<>""),ROW(tbl_plan_bridge[Number])-ROW(tbl_plan_bridge[[#Headers],[Number]])))'
    )
    return (
        one("bridge_last", at[0], f"={_demand.amount(0)}", last, _TABLES, _CELLS, number=WHOLE, **big),
        one("bridge_this", at[1], f"={_demand.amount(len(_demand.bars) - 1)}", this, _TABLES, _CELLS, number=WHOLE,
            **big),
        one("bridge_change", at[2], moved(_demand), demand, _TABLES, _CELLS, number=WORDS, **big),
        one("bridge_supply_change", at[3], moved(_supply), supply, _TABLES, _CELLS, number=WORDS, **big),
        one("bridge_says", (_SAYS, 1), f'{{=IF({where}=0,"",INDEX(tbl_plan_bridge[Says],{where})&"")}}', says, _TABLES,
            number=WORDS, array=True, bold=True, font_size=11),
    )  # fmt: skip


_TILE_COLUMNS = (1, 3, 6, 9)
_TILE_WIDTHS = (2, 3, 3, 3)


def _draw(canvas: Canvas) -> None:
    sheet = canvas.sheet
    for column, wide in enumerate(_WIDTHS):
        sheet.set_column(column, column, wide)
    sheet.set_row(_TILE_ROW + 1, 30)
    labels = ("Demand, last plan", "Demand, this plan", "Change of demand", "Change of what is made and bought to sell")
    notes = ("signed in an earlier cycle", "the same months", "against the last plan", "against the last plan")
    for column, wide, label, note in zip(_TILE_COLUMNS, _TILE_WIDTHS, labels, notes, strict=True):
        canvas.tile(_TILE_ROW, column, wide, label, note, _COLOR)
    full = sum(pixels(w) for w in _WIDTHS[1:])
    size = (full // 2 - 6, height(_CHART_ROWS))
    says = "Waterfall from the demand of the last plan over its causes to the demand of this plan"
    canvas.place(_demand.chart(canvas), (_CHARTS, 1), size, "Demand: from last plan to this one", says,
                 legend=False, number=";;;")  # fmt: skip
    says = "Waterfall from what the last plan makes and buys over the causes to what this plan makes and buys"
    canvas.place(_supply.chart(canvas), (_CHARTS, 1), size, "Made and bought to sell: from last plan to this one", says,
                 legend=False, number=";;;", right=size[0] + 6)  # fmt: skip
    canvas.section(
        _BARS_FIRST - 2, "What moved demand, all families (every bar and family: sheet BridgeSteps)", _LAST, _COLOR
    )
    canvas.headings(_BARS_FIRST - 1, 1, ("Bar", "Units", "Money", "Why"))
    canvas.section(
        _TRUE_FIRST - 2, "What must be true to reach the budget margin (all of it: sheet MustBeTrue)", _LAST, _COLOR
    )
    heads = ("Lever", "How far", "Worth", "Of the gap", "Gap left", "In a sentence")
    canvas.headings(_TRUE_FIRST - 1, 1, heads)
    canvas.section(_ITEMS_FIRST - 2, "The two items that moved each bar of demand most", _LAST, _COLOR)
    canvas.headings(_ITEMS_FIRST - 1, 1, ("Bar", "Item", "Family", "Units", "Money"))
    canvas.section(_FIRST - 2, "The numbers behind the charts (the axis is cut at the floor)", _LAST, _COLOR)
    canvas.headings(_FIRST - 1, 1, HEADINGS)
    canvas.headings(_supply.row - 1, 1, HEADINGS)
    for first in (_BARS_FIRST, _TRUE_FIRST, _ITEMS_FIRST):
        canvas.text(first - 1, _RANK, "row", Style.UNIT)
    sheet.set_h_pagebreaks([_ITEMS_FIRST - 2])
    sheet.print_area(0, 0, _supply.last + 1, _LAST)


PAGE = Page(
    SHEET,
    Group.PRE_SOP,
    "Plan bridge",
    "From the last plan to this one, bar by bar, and what must be true to reach the budget.",
    (
        Pick(PICK_FAMILY, "Family of the charts", _PICKS, 1, "=lst_families", lambda _: "Total",
             "A family of the S&OP grid, or Total"),
        Pick(PICK_MEASURE, "Units or money", _PICKS, 3, MEASURES, lambda _: MEASURES[0],
             "money: demand at list price, supply at standard cost"),
    ),
    (
        *_tiles(),
        *_bars.blocks(),
        *_true.blocks(),
        *_items.blocks(),
        *_demand.blocks(),
        *_supply.blocks(),
    ),
    _draw,
    _FIRST - 1,
)  # fmt: skip
