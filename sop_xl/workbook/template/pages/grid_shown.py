"""The rows the S&OP grid's page shows: what is read from the workings, what follows from it, and how it adds up."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sop_xl import periods
from sop_xl.workbook.schema import Frames
from sop_xl.workbook.template.blocks import cell
from sop_xl.workbook.template.pages.grid_numbers import (
    AT_COST,
    AT_PRICE,
    CHOSEN,
    COST,
    PRICE,
    chosen_item,
    family_rows,
    in_money,
    item_rows,
    price,
)
from sop_xl.workbook.template.pages.parts import Cells
from sop_xl.workbook.template.pages.values import NA, Value
from sop_xl.workbook.template.styles import PERCENT, WHOLE

SWITCHED, MONEY, HOURS, SHARE, DAYS = "units or money", "money", "h", "%", "days"
SIGNED, GROWTH, ONE_DIGIT = "[>=0.5]+#,##0;[<=-0.5]-#,##0;0", "+0.0%;-0.0%;0.0%", "#,##0.0"

Rows = Mapping[str, Sequence[Value]]
Factors = Mapping[str, float]


@dataclass(frozen=True)
class Place:
    """Where the formulas of a month find things: rows of the page, of the family's and the item's workings."""

    shown: Mapping[str, int]
    family: Mapping[str, int]
    item: Mapping[str, int]
    first: int
    """Column of the first month."""
    column: int

    def at(self, key: str, later: int = 0) -> str:
        """A row of the page in this month, or some months later."""
        return cell(self.shown[key], self.column + later)

    def so_far(self, key: str) -> str:
        """A row of the page from the first month to this one."""
        return f"{cell(self.shown[key], self.first, 'c')}:{self.at(key)}"

    def picked(self, name: str, factor: str) -> str:
        """The row of the item where one is chosen, times a factor, or else that of the family."""
        mine = f"{cell(self.item[name], self.column)}*{factor}" if name in self.item else "NA()"
        return f'IF({CHOSEN}="",{cell(self.family[name], self.column)},{mine})'


@dataclass(frozen=True)
class Shown:
    """A row of the page: its words, unit and number format, its formula, its twin, and what its totals are.

    `value(rows, k)` is the value of month `k` from the rows above it and those picked, which are called as in the
    workings. `total` is `sum`, `last` (of the months added up), `first`, a pair of rows divided, or blank.
    """

    key: str
    label: str
    unit: str
    number: str
    formula: Callable[[Place], str]
    value: Callable[[Rows, int], Value]
    total: str | tuple[str, str] = "sum"
    strong: bool = False
    growth: bool = False
    """Whether 1 is taken off a pair of rows divided."""


def calc(made: Callable[..., float], *values: Value) -> Value:
    """What a formula makes of numbers; nothing where one of them is not there."""
    numbers = [v for v in values if isinstance(v, float)]
    return float(made(*numbers)) if len(numbers) == len(values) else NA


def times(line: Sequence[Value], factor: float) -> list[Value]:
    """Every number of a row times a factor."""
    return [v * factor if isinstance(v, float) else v for v in line]


def whole(value: float) -> float:
    """A number as Excel's ROUND makes it whole.

    >>> whole(2.5), whole(-0.4)
    (3.0, 0.0)
    """
    return math.copysign(math.floor(abs(value) + 0.5), value) + 0.0


def known(first: Value, second: Value) -> Value:
    """The first value where it is a number, or else the second."""
    return first if isinstance(first, float) else second


def _read(key: str, label: str, name: str = "", factor: str = AT_PRICE, unit: str = SWITCHED, number: str = WHOLE,
          total: str = "sum", strong: bool = False) -> Shown:  # fmt: skip
    name = name or key

    def value(rows: Rows, k: int) -> Value:
        return rows[f"picked {name}"][k]

    return Shown(key, label, unit, number, lambda p: f"={p.picked(name, factor)}", value, total, strong)


def _minus(key: str, label: str, mine: str, theirs: str, unit: str = SWITCHED) -> Shown:
    return Shown(
        key, label, unit, SIGNED, lambda p: f"={p.at(mine)}-{p.at(theirs)}",
        lambda r, k: calc(lambda a, b: a - b, r[mine][k], r[theirs][k]),
    )  # fmt: skip


def _variance(key: str, actual: str, plan: str, before: str) -> tuple[Shown, ...]:
    """The plan of the months that are over (the last one where this one does not reach), what was missed, so far."""
    planned, total = f"{key} plan", f"{key} so far"

    def so_far(rows: Rows, k: int) -> Value:
        numbers = [v for v in rows[key][: k + 1] if isinstance(v, float)]
        return sum(numbers) if isinstance(rows[key][k], float) else NA

    return (
        Shown(
            planned, "Plan of these months", SWITCHED, WHOLE,
            lambda p: f"=IF(ISNUMBER({p.at(actual)}),IFERROR({p.at(plan)}+0,{p.at(before)}),NA())",
            lambda r, k: known(r[plan][k], r[before][k]) if isinstance(r[actual][k], float) else NA,
        ),
        _minus(key, "Variance: actual - plan", actual, planned),
        _ratio(f"{key} share", "Variance, share of plan", key, planned, GROWTH),
        Shown(
            total, "Cumulative variance", SWITCHED, SIGNED,
            lambda p: f'=IF(ISNUMBER({p.at(key)}),SUMIF({p.so_far(key)},"<9E+307"),NA())', so_far, "last",
        ),
    )  # fmt: skip


def _ratio(key: str, label: str, part: str, whole: str, number: str, less: bool = False) -> Shown:
    """One row divided by another; `less` takes 1 off."""

    def made(a: float, b: float) -> float:
        return a / b - less

    def value(rows: Rows, k: int) -> Value:
        return NA if rows[whole][k] == 0.0 else calc(made, rows[part][k], rows[whole][k])

    end = "-1" if less else ""
    return Shown(
        key,
        label,
        SHARE,
        number,
        lambda p: f"=IFERROR({p.at(part)}/{p.at(whole)}{end},NA())",
        value,
        (part, whole),
        growth=less,
    )


def _first_known(key: str, label: str, names: tuple[str, str], strong: bool = True) -> Shown:
    def value(rows: Rows, k: int) -> Value:
        return known(rows[f"picked {names[0]}"][k], rows[f"picked {names[1]}"][k])

    def formula(p: Place) -> str:
        return f"=IFERROR({p.picked(names[0], AT_PRICE)}+0,{p.picked(names[1], AT_PRICE)})"

    return Shown(key, label, SWITCHED, WHOLE, formula, value, strong=strong)


def _balance(key: str, opening: str, plus: str, minus: tuple[str, ...], closing: str) -> Shown:
    """A check: what was there, came and went is what is left."""

    def value(rows: Rows, k: int) -> Value:
        parts = [rows[name][k] for name in (opening, plus, *minus, closing)]
        return calc(lambda o, p, *rest: whole(o + p - sum(rest)), *parts)

    def formula(p: Place) -> str:
        less = "".join(f"-{p.at(name)}" for name in (*minus, closing))
        return f"=ROUND({p.at(opening)}+{p.at(plus)}{less},0)"

    return Shown(key, "Check: must be 0", SWITCHED, "0", formula, value)


def _at_money(key: str, label: str, units: tuple[str, ...], factor: str, name: str, total: str = "sum",
              strong: bool = False) -> Shown:  # fmt: skip
    """A row that is money whatever the page is read in: the item's units times its price or cost."""

    def formula(p: Place) -> str:
        mine = [cell(p.item[u], p.column) for u in units]
        there = f"IFERROR({mine[0]}+0,{mine[1]})" if len(mine) > 1 else mine[0]
        return f'=IF({CHOSEN}="",{cell(p.family[name], p.column)},{there}*{factor})'

    def value(rows: Rows, k: int) -> Value:
        return rows[f"money {name}"][k]

    return Shown(key, label, MONEY, WHOLE, formula, value, total, strong)


def _days_of_supply() -> Shown:
    def formula(p: Place) -> str:
        return f"=IFERROR(MIN(999,{p.at('closing')}/{p.at('shipments', 1)}*grid_days_per_month),NA())"

    def value(rows: Rows, k: int) -> Value:
        to_come = rows["shipments"][k + 1] if k + 1 < len(rows["shipments"]) else NA
        if to_come == 0.0:
            return NA
        return calc(lambda a, b: min(999.0, a / b * periods.DAYS_PER_MONTH), rows["closing"][k], to_come)

    return Shown("days", "Days of supply, forward", DAYS, ONE_DIGIT, formula, value, "last")


def _wanted() -> Shown:
    """Open orders and the forecast they leave; of an item, what its places are asked for."""

    def formula(p: Place) -> str:
        mine = f"{cell(p.item['wanted'], p.column)}*{AT_PRICE}"
        return f'=IF({CHOSEN}="",IFERROR({p.at("open orders")}+0,0)+{p.at("net forecast")},{mine})'

    def value(rows: Rows, k: int) -> Value:
        return rows["picked wanted"][k]

    return Shown("wanted", "+ Wanted: orders and forecast", SWITCHED, WHOLE, formula, value)


def _owed_before() -> Shown:
    """What was late a month before; of an item, that of the month to the left, and none before the plan."""

    def formula(p: Place) -> str:
        wanted, before = cell(p.item["wanted"], p.column), cell(p.item["late"], p.column - 1)
        mine = f"IF(ISNUMBER({wanted}),IFERROR({before}*{AT_PRICE},0),NA())"
        return f'=IF({CHOSEN}="",{cell(p.family["owed before"], p.column)},{mine})'

    def value(rows: Rows, k: int) -> Value:
        return rows["picked owed before"][k]

    return Shown("owed before", "Opening", SWITCHED, WHOLE, formula, value, "first")


def _margin() -> Shown:
    return Shown(
        "margin", "Margin", MONEY, WHOLE, lambda p: f"={p.at('revenue')}-{p.at('cost')}",
        lambda r, k: calc(lambda a, b: a - b, r["revenue"][k], r["cost"][k]), strong=True,
    )  # fmt: skip


def _change_of_stock() -> Shown:
    """Money bound (or set free) by stock in a month."""

    def formula(p: Place) -> str:
        return "=NA()" if p.column == p.first else f"={p.at('stock value')}-{p.at('stock value', -1)}"

    def value(rows: Rows, k: int) -> Value:
        return calc(lambda a, b: a - b, rows["stock value"][k], rows["stock value"][k - 1] if k else NA)

    return Shown("change of stock", "Change of stock", MONEY, SIGNED, formula, value)


_SALES = ("history", "delivered")
SECTIONS: dict[str, tuple[Shown, ...]] = {
    "Demand": (
        _read("budget", "Budget"),
        _read("last plan", "Last plan"),
        _read("statistical", "Statistical forecast"),
        _read("consensus", "Consensus: this plan", strong=True),
        _first_known("actual", "Actual", ("history", "since")),
        *_variance("variance", "actual", "consensus", "last plan"),
        Shown(
            "outlook", "Outlook: actual, then plan", SWITCHED, WHOLE,
            lambda p: f"=IFERROR({p.at('actual')}+0,{p.at('consensus')})",
            lambda r, k: known(r["actual"][k], r["consensus"][k]), strong=True,
        ),
        _read("last year", "Last year"),
        _ratio("year on year", "Year on year", "outlook", "last year", GROWTH, less=True),
        _read("open orders", "Open orders"),
        _read("net forecast", "Forecast not yet ordered"),
    ),
    "Supply": (
        _read("supply last plan", "Last plan, production"),
        _read("production", "Production: this plan", strong=True),
        _read("purchases", "Purchases"),
        _read("used in assembly", "Used in assembly"),
        _read("transfers in", "Transfers in"),
        _read("made", "Actual production", strong=True),
        *_variance("supply variance", "made", "production", "supply last plan"),
        _read("delivered", "Delivered", strong=True),
        _read("capacity", "Hours there, its work centers", unit=HOURS),
        _read("overtime used", "Overtime used", unit=HOURS),
        _read("highest load", "Load of the busiest", unit=SHARE, number=PERCENT, total=""),
    ),
    "Inventory": (
        _read("opening", "Opening", factor=AT_COST, total="first"),
        _read("receipts", "+ Receipts", "receipts", AT_COST),
        _read("shipments", "- Shipments and use", "shipments", AT_COST),
        _read("closing", "= Closing: plan", factor=AT_COST, total="last", strong=True),
        _balance("stock check", "opening", "receipts", ("shipments",), "closing"),
        _read("target", "Target", factor=AT_COST, total="last"),
        Shown(
            "against target", "Closing - target", SWITCHED, SIGNED, lambda p: f"={p.at('closing')}-{p.at('target')}",
            lambda r, k: calc(lambda a, b: a - b, r["closing"][k], r["target"][k]), "last",
        ),
        _read("stock last plan", "Last plan", factor=AT_COST, total="last"),
        _read("counted", "Actual", factor=AT_COST, total="last", strong=True),
        Shown(
            "stock variance", "Variance: actual - last plan", SWITCHED, SIGNED,
            lambda p: f"={p.at('counted')}-{p.at('stock last plan')}",
            lambda r, k: calc(lambda a, b: a - b, r["counted"][k], r["stock last plan"][k]), "last",
        ),
        _days_of_supply(),
        _read("excess", "Above target, item by item", factor=AT_COST, total="last"),
    ),
    "Backlog": (
        _owed_before(),
        _wanted(),
        _read("backlog shipped", "- Delivered", "delivered"),
        _read("lost", "- Lost"),
        _read("late", "= Closing: late", total="last", strong=True),
        _balance("backlog check", "owed before", "wanted", ("backlog shipped", "lost"), "late"),
    ),
    "Money": (
        _at_money("revenue", "Net revenue", _SALES, PRICE, "revenue", strong=True),
        _read("budget revenue", "Budget", unit=MONEY),
        _minus("gap to budget", "Gap to budget", "revenue", "budget revenue", MONEY),
        _at_money("cost", "Cost of goods", _SALES, COST, "cost"),
        _margin(),
        _ratio("margin share", "Margin, share of revenue", "margin", "revenue", PERCENT),
        _at_money("stock value", "Stock at standard cost", ("closing",), COST, "stock value", "last"),
        _change_of_stock(),
    ),
}  # fmt: skip
"""The blocks of the page and their rows, in the order they are read."""

EVERY = tuple(row for rows in SECTIONS.values() for row in rows)
_AT_COST = {"opening", "receipts", "shipments", "closing", "target", "stock last plan", "counted", "excess"}


def shown_rows(frames: Frames, cells: Cells) -> dict[str, list[Value]]:
    """The value of every row of the page in every month, by its key."""
    family, item = family_rows(frames, cells), item_rows(frames, cells)
    rows: dict[str, list[Value]] = {}
    single, money = bool(chosen_item(frames, cells)), in_money(cells)
    prices = {c: price(frames, cells, c) for c in ("list_price", "standard_cost")} if single else {}
    for name, line in family.items():
        factor = (prices["standard_cost" if name in _AT_COST else "list_price"] if money else 1.0) if single else 1.0
        rows[f"picked {name}"] = times(item.get(name, [NA] * len(line)), factor) if single else line
    left = zip(family["open orders"], family["net forecast"], strict=True)
    rows["picked wanted"] = [calc(lambda a, b: a + b, known(o, 0.0), n) for o, n in left]
    if single:
        rows["picked wanted"] = times(item["wanted"], prices["list_price"] if money else 1.0)
        late = rows["picked late"]
        before = [late[k - 1] if k and isinstance(late[k - 1], float) else 0.0 for k in range(len(late))]
        wanted = rows["picked wanted"]
        rows["picked owed before"] = [b if isinstance(w, float) else NA for b, w in zip(before, wanted, strict=True)]
    for name, column, units in (
        ("revenue", "list_price", _SALES), ("cost", "standard_cost", _SALES),
        ("stock value", "standard_cost", ("closing",)),
    ):  # fmt: skip
        rows[f"money {name}"] = family[name]
        if single:
            there = [known(a, b) for a, b in zip(item[units[0]], item[units[-1]], strict=True)]
            rows[f"money {name}"] = times(there, prices[column])
    months = len(family["history"])
    for row in EVERY:
        rows[row.key] = []
        for k in range(months):
            rows[row.key].append(row.value(rows, k))
    return {row.key: rows[row.key] for row in EVERY}
