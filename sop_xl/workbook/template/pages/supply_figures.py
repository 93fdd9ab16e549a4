"""What the supply review says beside its months: strategies by cost, worth of an hour, remedies, and chart titles."""

from __future__ import annotations

from collections.abc import Callable

from sop_xl import periods
from sop_xl.workbook.schema import Frames
from sop_xl.workbook.template.blocks import Block, Grid, Window, cell, one
from sop_xl.workbook.template.pages.load_peaks import TOP_FIRST, peaks, ranked
from sop_xl.workbook.template.pages.parts import FIRST_MONTH, WINDOW, Cells, Ranked, Values
from sop_xl.workbook.template.pages.values import Value, chosen, fixed, nth, setting
from sop_xl.workbook.template.styles import INK, MONTH, WHOLE, WORDS
from sop_xl.workbook.twin import Twin

STRATEGIES = ("optimal", "level", "chase", "hybrid")
KINDS = (
    "Make", "Buy", "Move", "Hold", "Overtime", "Subcontract", "People", "Late", "Lost", "Safety", "Scrap",
)  # fmt: skip
TOTAL_COST = "Total cost"

STRATEGY_FIRST, STRATEGY_COLUMN = 100, 6
"""First row of the strategies' numbers, and the column of their labels."""
DIFFERENCE_FIRST = STRATEGY_FIRST + len(KINDS) + 3
WORTH_FIRST, WORTH_COLUMN, WORTH = TOP_FIRST, 6, 8
"""First row and column of the hours worth most, and how many are listed."""
REMEDY_FIRST, REMEDIES, RANK_COLUMN = 59, 5, 24
NUMBERS = 69
"""Row of the heading over the numbers behind the charts."""
ROWS = (8, 24, 40)
"""Rows of the sentences over the charts."""
SPLIT = FIRST_MONTH + 4
"""Column at which the charts to the right begin."""

worth = Ranked(
    "hours_worth_most", "constraint_prices", WORTH_FIRST, WORTH_COLUMN, RANK_COLUMN, WORTH,
    ("name", "period", "price", "more", "next_price"),
    '(tbl_constraint_prices[Unit]="hour")*(tbl_constraint_prices[Price]>0)',
    lambda f: f["constraint_prices"]["unit"].eq("hour") & f["constraint_prices"]["price"].gt(0),
    "tbl_constraint_prices[Price]", "price", (WORDS, MONTH, "#,##0.00", "#,##0.0", "#,##0.00"),
)  # fmt: skip
remedies = Ranked(
    "worst_shortages", "remedies", REMEDY_FIRST, 1, RANK_COLUMN, REMEDIES,
    ("culprit", "cause", "period", "short", "money", "remedy", "amount", "unit", "recovered", "net_worth"),
    "(tbl_remedies[Rank]=1)*(tbl_remedies[Shortage]>0)",
    lambda f: f["remedies"]["rank"].eq(1) & f["remedies"]["shortage"].gt(0),
    numbers=(WORDS, WORDS, MONTH, WHOLE, WHOLE, WORDS, WHOLE, WORDS, WHOLE, WHOLE),
)  # fmt: skip


def _cost(frames: Frames, strategy: str, measure: str) -> float:
    frame = frames["strategies"]
    return float(frame.loc[chosen(frame, {"strategy": strategy, "measure": measure}), "value"].sum())


def _measures() -> tuple[str, ...]:
    return (*(f"{kind} cost" for kind in KINDS), TOTAL_COST)


def strategy_block() -> Block:
    """Cost of each strategy by kind, and in total."""

    def formulas(_: Window) -> Grid:
        head, first = STRATEGY_FIRST - 1, STRATEGY_COLUMN + 1
        return [
            [
                f"=SUMIFS(tbl_strategies[Value],tbl_strategies[Strategy],{cell(head, first + j, 'r')},"
                f'tbl_strategies[Measure],"{measure}")'
                for j in range(len(STRATEGIES))
            ]
            for measure in _measures()
        ]

    def value(frames: Frames, _: Cells) -> Values:
        return [[_cost(frames, strategy, measure) for strategy in STRATEGIES] for measure in _measures()]

    return Block(
        "strategy_costs", STRATEGY_FIRST, STRATEGY_COLUMN + 1, formulas, Twin(("strategies",), (), value)
    )  # fmt: skip


def difference_block() -> Block:
    """What each strategy costs more than the optimal plan, by kind."""

    def formulas(_: Window) -> Grid:
        base = STRATEGY_COLUMN + 1
        return [
            [
                f"={cell(STRATEGY_FIRST + k, base + j)}-{cell(STRATEGY_FIRST + k, base, 'c')}"
                for j in range(1, len(STRATEGIES))
            ]
            for k in range(len(KINDS) + 1)
        ]

    def value(frames: Frames, _: Cells) -> Values:
        return [[_cost(frames, s, m) - _cost(frames, STRATEGIES[0], m) for s in STRATEGIES[1:]] for m in _measures()]

    twin = Twin(("strategies",), (), value)
    return Block("strategy_differences", DIFFERENCE_FIRST, STRATEGY_COLUMN + 1, formulas, twin)


def worth_labels() -> Block:
    """Resource and month of each hour, as the chart names its bars."""

    def formulas(_: Window) -> Grid:
        grid = []
        for row in range(WORTH_FIRST, WORTH_FIRST + WORTH):
            name, month = cell(row, WORTH_COLUMN), cell(row, WORTH_COLUMN + 1)
            words = f'{name}&" "&YEAR({month})&"-"&RIGHT("0"&MONTH({month}),2)'
            grid.append([f'=IF({name}="","",{words})'])
        return grid

    def value(frames: Frames, _: Cells) -> Values:
        words = nth([_hour(frames, i) for i in worth.rows(frames)], WORTH)
        return [[text] for text in words]

    twin = Twin(("constraint_prices",), (), value)
    return Block("hours_worth_labels", WORTH_FIRST, WORTH_COLUMN + 5, formulas, twin, (WORDS,))


def _hour(frames: Frames, row: int) -> str:
    line = frames["constraint_prices"].iloc[row]
    return f"{line['name']} {periods.label(line['period'])}"


def loads_message() -> Block:
    """Which work center is the tightest."""

    def value(frames: Frames, cells: Cells) -> Value:
        order = ranked(frames, cells)
        if not order:
            return "No work center has a load yet"
        name, peak, above = peaks(frames, cells)[order[0]]
        return f"{name} is the tightest: {percent(peak)} at its peak, {fixed(float(above))} months above red"

    name, peak, above = (cell(TOP_FIRST, column) for column in (1, 2, 3))
    formula = (
        f'=IF({name}="","No work center has a load yet",{name}&" is the tightest: "&FIXED(100*{peak},0)'
        f'&" % at its peak, "&FIXED({above},0)&" months above red")'
    )
    return message("says_loads", (ROWS[0], SPLIT), formula, value, ("resource_load", "control"), WINDOW)


def worth_message() -> Block:
    """What one more hour is worth where it is worth most."""

    def value(frames: Frames, _: Cells) -> Value:
        rows = worth.rows(frames)
        if not rows:
            return "No hour is short: one more is worth nothing"
        price = float(frames["constraint_prices"].iloc[rows[0]]["price"])
        return f"One more hour of {_hour(frames, rows[0])} is worth {setting(frames, 'currency')} {fixed(price, 2)}"

    label, price = cell(WORTH_FIRST, WORTH_COLUMN + 5), cell(WORTH_FIRST, WORTH_COLUMN + 2)
    formula = (
        f'=IF({label}="","No hour is short: one more is worth nothing",'
        f'"One more hour of "&{label}&" is worth "&set_currency&" "&FIXED({price},2))'
    )
    return message("says_worth", (ROWS[1], SPLIT), formula, value, ("constraint_prices", "control"), ())


def strategy_message() -> Block:
    """What the other strategies cost more."""
    others = STRATEGIES[1:]

    def value(frames: Frames, _: Cells) -> Value:
        if not _cost(frames, STRATEGIES[0], TOTAL_COST):
            return "No strategy has been balanced yet"
        more = {name: _cost(frames, name, TOTAL_COST) - _cost(frames, STRATEGIES[0], TOTAL_COST) for name in others}
        told = ", ".join(f"{name} {fixed(more[name])}" for name in others)
        return f"More than the optimal plan costs, {setting(frames, 'currency')}: {told}"

    row = DIFFERENCE_FIRST + len(KINDS)
    words = '&", "&'.join(f'"{name} "&FIXED({cell(row, STRATEGY_COLUMN + 1 + j)},0)' for j, name in enumerate(others))
    total = cell(STRATEGY_FIRST + len(KINDS), STRATEGY_COLUMN + 1)
    formula = (
        f'=IF({total}=0,"No strategy has been balanced yet",'
        f'"More than the optimal plan costs, "&set_currency&": "&{words})'
    )
    return message("says_strategies", (ROWS[2], 1), formula, value, ("strategies", "control"), ())


def message(
    name: str,
    at: tuple[int, int],
    formula: str,
    value: Callable[[Frames, Cells], Value],
    tables: tuple[str, ...],
    cells: tuple[str, ...],
) -> Block:
    """A sentence over a chart: what it shows."""
    looks = {"bold": True, "font_size": 11, "font_color": INK}
    return one(name, at, formula, value, tables, cells, number=WORDS, **looks)


def percent(value: Value) -> str:
    """A share in a sentence."""
    return f"{fixed(100 * float(value))} %"
