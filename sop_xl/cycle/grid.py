"""The S&OP grid and the gap list: past and plan of each family in the rows a pre-S&OP meeting reads."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sop_xl import periods
from sop_xl.cycle.grid_capacity import TOTAL, capacity_rows
from sop_xl.cycle.grid_rows import ROWS, VALUE, in_money, item_rows, order, without_empty
from sop_xl.cycle.keeping import plain
from sop_xl.cycle.step import Context, Frames

__all__ = ["ROWS", "TOTAL", "VALUE", "gaps", "sop_grid"]

COLUMNS = ["family", "block", "measure", "unit", "period", "value"]
_KEYS = ["family", "block", "measure", "period"]


def sop_grid(frames: Frames, context: Context) -> pd.DataFrame:
    """Table `sop_grid`: every row of every family and of their total, over past and plan, in units and in money."""
    items = plain(frames["items"]).drop_duplicates("item").set_index("item")
    rows = item_rows(frames, context)
    parts = [
        _by_family(rows, items),
        _by_family(in_money(rows, items), items),
        *_interval_by_family(plain(frames["baseline"]), items),
        *_budget(plain(frames["budget"])),
        *_money(rows, items, context),
    ]
    long = pd.concat([p for p in parts if not p.empty], ignore_index=True)
    long = long.groupby(_KEYS)["value"].sum().reset_index()
    total = long.groupby(_KEYS[1:])["value"].sum().reset_index().assign(family=TOTAL)
    grid = pd.concat([long, total, capacity_rows(frames)], ignore_index=True)
    return _ordered(without_empty(_derived(grid)), context)


def _by_family(rows: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    family = rows["item"].map(items["family"])
    return rows.assign(family=family, value=rows["quantity"]).dropna(subset=["family"])[[*_KEYS, "value"]]


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
    return [f[[*_KEYS, "value"]] for f in (low, high)]


def _budget(budget: pd.DataFrame) -> list[pd.DataFrame]:
    places = {
        "units": [("demand", "budget")],
        "revenue": [("money", "budget revenue"), (f"demand{VALUE}", "budget")],
    }
    return [
        budget[budget["measure"].eq(of)].assign(block=block, measure=row)[[*_KEYS, "value"]]
        for of, rows in places.items()
        for block, row in rows
    ]


def _money(rows: pd.DataFrame, items: pd.DataFrame, context: Context) -> list[pd.DataFrame]:
    """Revenue, cost and margin of what was sold and of what will be delivered; the value of the stock."""
    inside = rows["period"].isin([*periods.past(context.as_of, context.settings.history_shown), *context.periods])
    sales = rows["measure"].eq("history") | (rows["block"].eq("supply") & rows["measure"].eq("delivered"))
    units = rows[inside & sales].groupby(["item", "period"])["quantity"].sum().reset_index()
    price, cost = (units["item"].map(items[c]).fillna(0.0) for c in ("list_price", "standard_cost"))
    worth = {"revenue": price, "cost": cost, "margin": price - cost}
    sold = [_by_family(units.assign(block="money", measure=m, quantity=units["quantity"] * p), items)
            for m, p in worth.items()]  # fmt: skip
    held = rows[rows["block"].eq("inventory") & rows["measure"].isin(["closing", "actual"])]
    value = held["quantity"] * held["item"].map(items["standard_cost"]).fillna(0.0)
    return [*sold, _by_family(held.assign(measure="stock value", quantity=value), items)]


def _derived(grid: pd.DataFrame) -> pd.DataFrame:
    """The rows that follow from others: checks, variances, growth, gap to budget, and stock in days of demand."""
    wide = grid.pivot_table(index=["family", "period"], columns=["block", "measure"], values="value").sort_index()

    def row(block: str, measure: str) -> pd.Series:
        return wide.get((block, measure), pd.Series(np.nan, index=wide.index))

    stock = {m: row("inventory", m) for m in ("opening", "receipts", "shipments", "closing", "actual", "last plan")}
    owed = {m: row("backlog", m) for m in ("opening", "wanted", "shipped", "lost", "late")}
    to_come = stock["shipments"].groupby("family").shift(-1)
    sold = row("demand", "history").fillna(row("demand", "actual"))
    planned, made = (
        row(b, m).fillna(row(b, "last plan")) for b, m in (("demand", "consensus"), ("supply", "production"))
    )
    growth = sold.fillna(row("demand", "consensus")) / row("demand", "last year").where(lambda s: s > 0) - 1
    demand, supply = sold - planned, row("supply", "actual") - made
    value = row("inventory", "stock value")
    extra = {
        ("inventory", "check"): (stock["opening"] + stock["receipts"] - stock["shipments"] - stock["closing"]).round(6),
        ("backlog", "check"): (owed["opening"] + owed["wanted"] - owed["shipped"] - owed["lost"] - owed["late"]).round(
            6
        ),
        ("inventory", "days of supply"): (stock["closing"] / to_come.where(to_come > 0) * periods.DAYS_PER_MONTH).clip(
            upper=999
        ),
        ("inventory", "variance"): stock["actual"] - stock["last plan"],
        ("demand", "variance"): demand,
        ("demand", "variance share"): demand / planned.where(planned > 0),
        ("demand", "cumulative variance"): demand.groupby("family").cumsum(),
        ("demand", "year on year"): growth,
        ("supply", "variance"): supply,
        ("supply", "cumulative variance"): supply.groupby("family").cumsum(),
        ("money", "gap to budget"): row("money", "revenue") - row("money", "budget revenue"),
        ("money", "change of stock"): value - value.groupby("family").shift(),
    }
    rows = [s.dropna().rename("value").reset_index().assign(block=b, measure=m) for (b, m), s in extra.items()]
    return pd.concat([grid, *(r for r in rows if len(r))], ignore_index=True)


def _ordered(grid: pd.DataFrame, context: Context) -> pd.DataFrame:
    rank = order()
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
    grid["value"] = grid["value"].round(2).where(grid["unit"].eq(currency), grid["value"].round(4))
    return grid.sort_values(["last", "family", "rank", "period"], ignore_index=True)[COLUMNS]


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
