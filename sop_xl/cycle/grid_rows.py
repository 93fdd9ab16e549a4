"""The rows of the S&OP grid: what each one holds of an item, in units, and at which price it is read in money."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from sop_xl import periods
from sop_xl.cycle import consumption
from sop_xl.cycle.keeping import plain
from sop_xl.cycle.step import Context, Frames

VALUE = " value"
"""What the name of a block ends with whose rows are in money."""
PRICE, COST = "list_price", "standard_cost"
UNITS, SHARE, HOURS, MONEY = "units", "share", "h", "{currency}"
KEYS = ["item", "block", "measure", "period"]


@dataclass(frozen=True)
class Row:
    """A row of the grid: block, measure, unit, and the column of Items it is read in money with (blank: it is not)."""

    block: str
    measure: str
    unit: str = UNITS
    price: str = ""


ROWS = (
    Row("demand", "last year", price=PRICE),
    Row("demand", "history", price=PRICE),
    Row("demand", "actual", price=PRICE),
    Row("demand", "budget"),
    Row("demand", "last plan", price=PRICE),
    Row("demand", "statistical", price=PRICE),
    Row("demand", "low"),
    Row("demand", "high"),
    Row("demand", "consensus", price=PRICE),
    Row("demand", "open orders", price=PRICE),
    Row("demand", "net forecast", price=PRICE),
    Row("demand", "variance"),
    Row("demand", "variance share", SHARE),
    Row("demand", "cumulative variance"),
    Row("demand", "year on year", SHARE),
    Row("supply", "production", price=PRICE),
    Row("supply", "purchases", price=PRICE),
    Row("supply", "of it subcontract"),
    Row("supply", "used in assembly"),
    Row("supply", "transfers in"),
    Row("supply", "last plan", price=PRICE),
    Row("supply", "actual", price=PRICE),
    Row("supply", "variance"),
    Row("supply", "cumulative variance"),
    Row("supply", "delivered", price=PRICE),
    Row("supply", "capacity", HOURS),
    Row("supply", "overtime used", HOURS),
    Row("supply", "highest load", SHARE),
    Row("inventory", "opening", price=COST),
    Row("inventory", "receipts", price=COST),
    Row("inventory", "shipments", price=COST),
    Row("inventory", "closing", price=COST),
    Row("inventory", "check"),
    Row("inventory", "target", price=COST),
    Row("inventory", "last plan", price=COST),
    Row("inventory", "actual", price=COST),
    Row("inventory", "variance"),
    Row("inventory", "days of supply", "days"),
    Row("inventory", "excess", price=COST),
    Row("inventory", "stock value", MONEY),
    Row("backlog", "opening", price=PRICE),
    Row("backlog", "wanted"),
    Row("backlog", "shipped"),
    Row("backlog", "lost", price=PRICE),
    Row("backlog", "late", price=PRICE),
    Row("backlog", "check"),
    Row("money", "revenue", MONEY),
    Row("money", "budget revenue", MONEY),
    Row("money", "gap to budget", MONEY),
    Row("money", "cost", MONEY),
    Row("money", "margin", MONEY),
    Row("money", "change of stock", MONEY),
)
"""The rows of a family in the order they are read; those in money follow, in the same order."""

_OFTEN_NOTHING = ("of it subcontract", "used in assembly", "transfers in", "overtime used")
"""Rows left out of a family for which they are 0 in every month."""


def order() -> dict[tuple[str, str], tuple[int, str]]:
    """Rank and unit of every row by block and measure, those in money at the end.

    >>> order()["demand", "last year"], order()["demand value", "last year"][1]
    ((0, 'units'), '{currency}')
    """
    worth = [Row(row.block + VALUE, row.measure, MONEY) for row in ROWS if row.price or row.measure == "budget"]
    return {(row.block, row.measure): (n, row.unit) for n, row in enumerate((*ROWS, *worth))}


def item_rows(frames: Frames, context: Context) -> pd.DataFrame:
    """Every row that is known of an item: columns item, block, measure, period, quantity [units], added over places."""
    parts = [*_demand(frames, context), *_supply(frames, context), *_stock(frames, context)]
    rows = [
        frame[["item", "period", "quantity"]].assign(block=block, measure=measure)
        for block, measure, frame in parts
        if len(frame)
    ]
    return pd.concat(rows, ignore_index=True).groupby(KEYS)["quantity"].sum().reset_index()


def in_money(rows: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """The rows at list price or standard cost, in blocks named `demand value` and so on.

    >>> rows = pd.DataFrame({"item": ["A"], "block": ["inventory"], "measure": ["closing"], "quantity": [3.0]})
    >>> items = pd.DataFrame({"list_price": [9.0], "standard_cost": [5.0]}, index=["A"])
    >>> in_money(rows, items)[["block", "quantity"]].values.tolist()
    [['inventory value', 15.0]]
    """
    out = []
    for column in (PRICE, COST):
        measures = pd.MultiIndex.from_tuples([(row.block, row.measure) for row in ROWS if row.price == column])
        mine = rows[pd.MultiIndex.from_frame(rows[["block", "measure"]]).isin(measures)]
        price = mine["item"].map(items[column]).fillna(0.0)
        out.append(mine.assign(block=mine["block"] + VALUE, quantity=mine["quantity"] * price))
    return pd.concat(out, ignore_index=True)


def without_empty(grid: pd.DataFrame) -> pd.DataFrame:
    """The grid without the rows of a family that say nothing: 0 in every month where that is the rule.

    >>> row = {"family": "A", "block": "supply", "measure": "transfers in", "value": 0.0}
    >>> len(without_empty(pd.DataFrame([row, {**row, "measure": "production"}])))
    1
    """
    keys = [grid[k] for k in ("family", "block", "measure")]
    nothing = grid["value"].abs().groupby(keys).transform("max").lt(1e-9)
    worth = grid["block"].str.endswith(VALUE) & grid["block"].ne(f"backlog{VALUE}")
    return grid[~(nothing & (worth | grid["measure"].isin(_OFTEN_NOTHING)))]


Part = tuple[str, str, pd.DataFrame]


def _demand(frames: Frames, context: Context) -> list[Part]:
    history = plain(frames["demand_history"])
    shown = periods.past(context.as_of, context.settings.history_shown)
    a_year_on = history.assign(period=history["period"] + pd.DateOffset(years=1))
    actual, base = plain(frames["actual_demand"]), plain(frames["baseline"])
    planned = consumption.planned(frames, context)
    owed = planned.assign(quantity=planned[["orders", "abnormal", "overdue"]].sum(axis=1))
    return [
        ("demand", "last year", a_year_on[a_year_on["period"].isin([*shown, *context.periods])]),
        ("demand", "history", history[history["period"].isin(shown)]),
        ("demand", "actual", actual[actual["period"].isin(context.periods)]),
        ("demand", "last plan", last_plan(frames, context, "demand")),
        ("demand", "statistical", base[base["measure"].eq("forecast")]),
        ("demand", "consensus", plain(frames["consensus"])),
        ("demand", "open orders", owed[owed["quantity"].gt(0)]),
        ("demand", "net forecast", planned.assign(quantity=planned["net"])),
    ]


def last_plan(frames: Frames, context: Context, measure: str) -> pd.DataFrame:
    """What was signed in an earlier cycle: for each month, by the newest plan that covers it.

    A month that is over was covered last by the plan of its own cycle, so that its row is what it was held against.
    """
    stored, versions = plain(frames["approved_plan"]), plain(frames["versions"])
    earlier = versions[versions["cycle"].ne(context.settings.cycle)].sort_values("created", kind="stable")
    age = pd.Series(range(len(earlier)), index=earlier["version"].to_numpy(), dtype=float)
    mine = stored.assign(age=stored["version"].map(age)).dropna(subset=["age"])
    newest = mine["age"].eq(mine.groupby("period")["age"].transform("max"))
    return mine[newest & mine["measure"].eq(measure)]


_KINDS = {
    "make": "production",
    "buy": "purchases",
    "subcontract": "purchases",
    "transfer": "transfers in",
    "substitute": "transfers in",
}
"""The row of the grid a receipt counts in; what stands in for another item is moved to it."""


def _supply(frames: Frames, context: Context) -> list[Part]:
    sold = _sold(frames)
    balance, plan = plain(frames["projected_balance"]), plain(frames["supply_plan"])
    balance = balance[balance["item"].isin(sold)]
    plan = plan[plan["item"].isin(sold) & plan["measure"].eq("receipt")]
    made = plain(frames["actual_production"])
    shown = [*periods.past(context.as_of, context.settings.history_shown), *context.periods]
    before = last_plan(frames, context, "production")
    return [
        *(("supply", row, plan[plan["kind"].eq(kind)]) for kind, row in _KINDS.items()),
        ("supply", "of it subcontract", plan[plan["kind"].eq("subcontract")]),
        ("supply", "used in assembly", used_in_assembly(balance, plan)),
        ("supply", "last plan", before[before["item"].isin(sold)]),
        ("supply", "actual", made[made["item"].isin(sold) & made["period"].isin(shown)]),
        ("supply", "delivered", balance[balance["measure"].eq("shipped")]),
    ]


def _sold(frames: Frames) -> set[str]:
    items = plain(frames["items"])
    return set(items.loc[items["sold"], "item"])


def used_in_assembly(balance: pd.DataFrame, receipts: pd.DataFrame) -> pd.DataFrame:
    """Units that go into other items: what leaves stock beside what is shipped and what is moved, by item and month.

    What is moved is counted when it arrives, so a single month may be off by what is on its way; the sum is not.
    """
    keys = ["item", "period"]
    issued = balance[balance["measure"].eq("issues")].groupby(keys)["quantity"].sum()
    moved = receipts[receipts["kind"].isin(["transfer", "substitute"])].groupby(keys)["quantity"].sum()
    return issued.sub(moved, fill_value=0.0).clip(lower=0.0).rename("quantity").reset_index()


_BALANCE = {
    "opening": ("inventory", "opening"),
    "receipts": ("inventory", "receipts"),
    "issues": ("inventory", "shipments"),
    "closing": ("inventory", "closing"),
    "target": ("inventory", "target"),
    "demand": ("backlog", "wanted"),
    "late": ("backlog", "late"),
    "lost": ("backlog", "lost"),
}


def _stock(frames: Frames, context: Context) -> list[Part]:
    sold = _sold(frames)
    balance, on_hand = plain(frames["projected_balance"]), plain(frames["stock"])
    balance = balance[balance["item"].isin(sold)]
    measure = {name: balance[balance["measure"].eq(name)] for name in (*_BALANCE, "shipped")}
    usable = on_hand[on_hand["item"].isin(sold) & on_hand["status"].eq("usable")]
    before = last_plan(frames, context, "stock")
    owed = measure["late"].assign(period=measure["late"]["period"] + pd.DateOffset(months=1))
    first = measure["late"].loc[measure["late"]["period"].eq(context.periods[0])].assign(quantity=0.0)
    return [
        *((block, row, measure[name]) for name, (block, row) in _BALANCE.items()),
        ("inventory", "shipments", measure["shipped"]),
        ("inventory", "actual", usable.assign(period=periods.month_of(context.as_of))),
        ("inventory", "last plan", before[before["item"].isin(sold)]),
        ("inventory", "excess", _above_target(measure["closing"], measure["target"])),
        ("backlog", "opening", first),
        ("backlog", "opening", owed[owed["period"] <= context.periods[-1]]),
        ("backlog", "shipped", measure["shipped"]),
    ]


def _above_target(closing: pd.DataFrame, target: pd.DataFrame) -> pd.DataFrame:
    """Stock beyond its target, place by place: what one item has too much does not hide what another lacks."""
    keys = ["item", "location", "period"]
    held, wanted = (frame.set_index(keys)["quantity"] for frame in (closing, target))
    return held.sub(wanted.reindex(held.index).fillna(0.0)).clip(lower=0.0).reset_index()
