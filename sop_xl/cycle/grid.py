"""The S&OP grid and the gap list: past and plan of each family in the rows a pre-S&OP meeting reads."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sop_xl import periods
from sop_xl.cycle.keeping import plain
from sop_xl.cycle.step import Context, Frames

TOTAL = "Total"
COLUMNS = ["family", "block", "measure", "unit", "period", "value"]
ROWS = (
    ("demand", "last year", "units"),
    ("demand", "history", "units"),
    ("demand", "actual", "units"),
    ("demand", "budget", "units"),
    ("demand", "last plan", "units"),
    ("demand", "statistical", "units"),
    ("demand", "low", "units"),
    ("demand", "high", "units"),
    ("demand", "consensus", "units"),
    ("supply", "production", "units"),
    ("supply", "purchases", "units"),
    ("supply", "used in assembly", "units"),
    ("supply", "transfers in", "units"),
    ("supply", "last plan", "units"),
    ("supply", "delivered", "units"),
    ("inventory", "opening", "units"),
    ("inventory", "receipts", "units"),
    ("inventory", "shipments", "units"),
    ("inventory", "closing", "units"),
    ("inventory", "check", "units"),
    ("inventory", "target", "units"),
    ("inventory", "days of supply", "days"),
    ("inventory", "stock value", "{currency}"),
    ("backlog", "late", "units"),
    ("backlog", "lost", "units"),
    ("money", "revenue", "{currency}"),
    ("money", "budget revenue", "{currency}"),
    ("money", "cost", "{currency}"),
    ("money", "margin", "{currency}"),
)
"""The rows of the grid: block, measure and unit, in the order they are read."""


def sop_grid(frames: Frames, context: Context) -> pd.DataFrame:
    """Table `sop_grid`: every row of every family and of their total, over past and plan."""
    items = plain(frames["items"]).drop_duplicates("item").set_index("item")
    sold = set(items.index[items["sold"]])
    parts = [
        *_demand(frames, context, items),
        last_plan(frames, context, items, "production", "supply"),
        *_supply(frames, items, sold),
        *_money(frames, context, items),
    ]
    long = pd.concat([p for p in parts if not p.empty], ignore_index=True)
    keys = ["family", "block", "measure", "period"]
    long = long.groupby(keys)["value"].sum().reset_index()
    total = long.groupby(keys[1:])["value"].sum().reset_index().assign(family=TOTAL)
    grid = _derived(pd.concat([long, total], ignore_index=True))
    return _ordered(grid, context)


def _by_family(frame: pd.DataFrame, items: pd.DataFrame, block: str, measure: str, value: str) -> pd.DataFrame:
    rows = frame.assign(family=frame["item"].map(items["family"]), value=frame[value], block=block, measure=measure)
    return rows[["family", "block", "measure", "period", "value"]].dropna(subset=["family"])


def _demand(frames: Frames, context: Context, items: pd.DataFrame) -> list[pd.DataFrame]:
    history = plain(frames["demand_history"])
    shown = periods.past(context.as_of, context.settings.history_shown)
    recent = history[history["period"].isin(shown)]
    a_year_on = history.assign(period=history["period"] + pd.DateOffset(years=1))
    last_year = a_year_on[a_year_on["period"].isin([*shown, *context.periods])]
    actual = plain(frames["actual_demand"])
    base = plain(frames["baseline"])
    width = _interval_by_family(base, items)
    budget = plain(frames["budget"])
    units = budget[budget["measure"].eq("units")].assign(block="demand", measure="budget")
    return [
        _by_family(last_year, items, "demand", "last year", "quantity"),
        _by_family(recent, items, "demand", "history", "quantity"),
        _by_family(actual[actual["period"].isin(context.periods)], items, "demand", "actual", "quantity"),
        units[["family", "block", "measure", "period", "value"]],
        last_plan(frames, context, items, "demand", "demand"),
        _by_family(base[base["measure"].eq("forecast")], items, "demand", "statistical", "quantity"),
        *width,
        _by_family(plain(frames["consensus"]), items, "demand", "consensus", "quantity"),
    ]


def _interval_by_family(base: pd.DataFrame, items: pd.DataFrame) -> list[pd.DataFrame]:
    """Low and high of a family: the half-widths of its series add as if their errors were independent."""
    keys = ["item", "channel", "region", "period"]
    wide = base.pivot_table(index=keys, columns="measure", values="quantity", aggfunc="sum").reset_index()
    wide["family"] = wide["item"].map(items["family"])
    wide["below"] = (wide["forecast"] - wide["low"]) ** 2
    wide["above"] = (wide["high"] - wide["forecast"]) ** 2
    sums = wide.groupby(["family", "period"], as_index=False)[["forecast", "below", "above"]].sum()
    low = sums.assign(block="demand", measure="low", value=(sums["forecast"] - np.sqrt(sums["below"])).clip(lower=0))
    high = sums.assign(block="demand", measure="high", value=sums["forecast"] + np.sqrt(sums["above"]))
    return [f[["family", "block", "measure", "period", "value"]] for f in (low, high)]


def last_plan(frames: Frames, context: Context, items: pd.DataFrame, measure: str, block: str) -> pd.DataFrame:
    """The plan approved in an earlier cycle, where there is one."""
    versions = plain(frames["versions"])
    earlier = versions[
        versions["status"].isin(["approved", "superseded"]) & versions["cycle"].ne(context.settings.cycle)
    ]
    if earlier.empty:
        return pd.DataFrame(columns=["family", "block", "measure", "period", "value"])
    name = earlier.sort_values("created").iloc[-1]["version"]
    plan = plain(frames["approved_plan"])
    plan = plan[plan["version"].eq(name) & plan["measure"].eq(measure)]
    return _by_family(plan, items, block, "last plan", "quantity")


_BALANCE = {
    "opening": ("inventory", "opening"),
    "receipts": ("inventory", "receipts"),
    "closing": ("inventory", "closing"),
    "target": ("inventory", "target"),
    "shipped": ("supply", "delivered"),
    "late": ("backlog", "late"),
    "lost": ("backlog", "lost"),
}
_KINDS = {
    "make": "production",
    "buy": "purchases",
    "subcontract": "purchases",
    "transfer": "transfers in",
    "substitute": "transfers in",
}
"""The row of the grid a receipt counts in; what stands in for another item is moved to it."""


def _supply(frames: Frames, items: pd.DataFrame, sold: set[str]) -> list[pd.DataFrame]:
    balance = plain(frames["projected_balance"])
    balance = balance[balance["item"].isin(sold)]
    plan = plain(frames["supply_plan"])
    plan = plan[plan["item"].isin(sold) & plan["measure"].eq("receipt")]
    parts = [
        _by_family(balance[balance["measure"].eq(measure)], items, block, row, "quantity")
        for measure, (block, row) in _BALANCE.items()
    ]
    leaving = balance[balance["measure"].isin(["shipped", "issues"])]
    parts.append(_by_family(leaving, items, "inventory", "shipments", "quantity"))
    parts += [_by_family(plan[plan["kind"].eq(kind)], items, "supply", row, "quantity") for kind, row in _KINDS.items()]
    parts.append(_by_family(used_in_assembly(balance, plan), items, "supply", "used in assembly", "quantity"))
    closing = balance[balance["measure"].eq("closing")]
    worth = closing.assign(worth=closing["quantity"] * closing["item"].map(items["standard_cost"]).fillna(0.0))
    parts.append(_by_family(worth, items, "inventory", "stock value", "worth"))
    return parts


def used_in_assembly(balance: pd.DataFrame, receipts: pd.DataFrame) -> pd.DataFrame:
    """Units that go into other items: what leaves stock beside what is shipped and what is moved, by item and month.

    What is moved is counted when it arrives, so a single month may be off by what is on its way; the sum is not.
    """
    keys = ["item", "period"]
    issued = balance[balance["measure"].eq("issues")].groupby(keys)["quantity"].sum()
    moved = receipts[receipts["kind"].isin(["transfer", "substitute"])].groupby(keys)["quantity"].sum()
    return issued.sub(moved, fill_value=0.0).clip(lower=0.0).rename("quantity").reset_index()


def _money(frames: Frames, context: Context, items: pd.DataFrame) -> list[pd.DataFrame]:
    balance = plain(frames["projected_balance"])
    shipped = balance[balance["measure"].eq("shipped")]
    history = plain(frames["demand_history"])
    shown = periods.past(context.as_of, context.settings.history_shown)
    past = history[history["period"].isin(shown)]
    units = pd.concat([past[["item", "period", "quantity"]], shipped[["item", "period", "quantity"]]])
    units = units.groupby(["item", "period"])["quantity"].sum().reset_index()
    units["revenue"] = units["quantity"] * units["item"].map(items["list_price"]).fillna(0.0)
    units["cost"] = units["quantity"] * units["item"].map(items["standard_cost"]).fillna(0.0)
    units["margin"] = units["revenue"] - units["cost"]
    budget = plain(frames["budget"])
    money = budget[budget["measure"].eq("revenue")].assign(block="money", measure="budget revenue")
    return [
        *(_by_family(units, items, "money", row, row) for row in ("revenue", "cost", "margin")),
        money[["family", "block", "measure", "period", "value"]],
    ]


def _derived(grid: pd.DataFrame) -> pd.DataFrame:
    """The rows that follow from others: the roll-forward check, and stock in days of the demand to come."""
    wide = grid.pivot_table(index=["family", "period"], columns=["block", "measure"], values="value").sort_index()

    def row(block: str, measure: str) -> pd.Series:
        return wide.get((block, measure), pd.Series(np.nan, index=wide.index))

    inventory = {m: row("inventory", m) for m in ("opening", "receipts", "shipments", "closing")}
    check = inventory["opening"] + inventory["receipts"] - inventory["shipments"] - inventory["closing"]
    to_come = row("inventory", "shipments").groupby("family").shift(-1)
    days = inventory["closing"] / to_come.where(to_come > 0) * periods.DAYS_PER_MONTH
    extra = pd.concat(
        [
            check.round(6).rename("value").reset_index().assign(block="inventory", measure="check"),
            days.clip(upper=999).rename("value").reset_index().assign(block="inventory", measure="days of supply"),
        ]
    )
    return pd.concat([grid, extra.dropna(subset=["value"])], ignore_index=True)


def _ordered(grid: pd.DataFrame, context: Context) -> pd.DataFrame:
    rank = {(block, measure): (n, unit) for n, (block, measure, unit) in enumerate(ROWS)}
    place = [rank[key] for key in zip(grid["block"], grid["measure"], strict=True)]
    currency = context.settings.currency
    alive = set(grid.loc[grid["measure"].eq("consensus"), "family"])
    grid = grid.assign(
        rank=[n for n, _ in place],
        unit=[u.format(currency=currency) for _, u in place],
        last=np.select([grid["family"].eq(TOTAL), grid["family"].isin(alive)], [0, 1], 2),
    )
    shown = [*periods.past(context.as_of, context.settings.history_shown), *context.periods]
    grid = grid[grid["period"].isin(shown)]
    return grid.sort_values(["last", "family", "rank", "period"], ignore_index=True)[COLUMNS].round({"value": 4})


def gaps(frames: Frames) -> pd.DataFrame:
    """Table `gaps`: where a family cannot be delivered on time, the worst money first."""
    short = plain(frames["shortages"])
    columns = ["family", "period", "demand", "supply", "gap", "money", "cause", "says"]
    if short.empty:
        return pd.DataFrame(columns=columns)
    items = plain(frames["items"]).drop_duplicates("item").set_index("item")
    balance = plain(frames["projected_balance"])
    demand = balance[balance["measure"].eq("demand")]
    wanted = demand.assign(family=demand["item"].map(items["family"])).groupby(["family", "period"])["quantity"].sum()
    short = short.loc[short["quantity"] > 0]
    by_cause = short.groupby(["family", "period", "cause", "culprit"])[["quantity", "money"]].sum().reset_index()
    main = by_cause.sort_values(["money", "cause", "culprit"], ascending=[False, True, True])
    main = main.drop_duplicates(["family", "period"]).set_index(["family", "period"])
    ranked = short.sort_values(["money", "item"], ascending=[False, True]).drop_duplicates(["family", "period"])
    worst = ranked.set_index(["family", "period"])[["item", "location"]]
    out = short.groupby(["family", "period"])[["quantity", "money"]].sum().reset_index()
    index = pd.MultiIndex.from_frame(out[["family", "period"]])
    cause = main.loc[index]
    out["demand"] = wanted.reindex(index).fillna(0.0).to_numpy()
    out["gap"] = out["quantity"]
    out["supply"] = out["demand"] - out["gap"]
    out["cause"] = [f"{c}: {w}" if w else c for c, w in zip(cause["cause"], cause["culprit"], strict=True)]
    remedy = _best_remedies(out["cause"], plain(frames["remedies"]))
    out["says"] = [
        f"{family}: {gap:,.0f} of {demand:,.0f} units short in {periods.label(month)}, worst {item} at {location}"
        f"{helps}"
        for family, month, gap, demand, (item, location), helps in zip(
            out["family"], out["period"], out["gap"], out["demand"], worst.loc[index].to_numpy(), remedy, strict=True
        )
    ]
    return out.sort_values(["money", "family", "period"], ascending=[False, True, True], ignore_index=True)[columns]


def _best_remedies(cause: pd.Series, remedies: pd.DataFrame) -> list[str]:
    """The best remedy for the worst shortage of each cause and culprit, to end a sentence; blank if there is none."""
    best = remedies[remedies["rank"].eq(1) & remedies["remedy"].ne("")].sort_values("shortage", kind="stable")
    names = best["cause"] + np.where(best["culprit"].ne(""), ": " + best["culprit"], "")
    words = [
        f"; best remedy for {name or 'it'} as a whole: {what}, {amount:,.0f} {unit} in {periods.label(month)}"
        for name, what, amount, unit, month in zip(
            *(best[column] for column in ("culprit", "remedy", "amount", "unit", "period")), strict=True
        )
    ]
    known = dict(zip(reversed(names.tolist()), reversed(words), strict=True))
    return [known.get(name, "") for name in cause]
