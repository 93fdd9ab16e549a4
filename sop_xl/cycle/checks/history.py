"""Is the demand history whole, plausible and up to date?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from sop_xl import periods
from sop_xl.cycle.checks.check import Finding, check, findings, names, one_per_row, whole_table
from sop_xl.cycle.step import Context, Frames
from sop_xl.demand.forecasting.prediction import method_names
from sop_xl.workbook.schema import Severity

_UNIT_JUMPS = (10.0, 12.0, 100.0, 1000.0)
_DEAD_MONTHS = 6


@check("empty history", Severity.STOPS, "There is demand history")
def empty_history(frames: Frames, _context: Context) -> Iterator[Finding]:
    """A history without a single row."""
    if frames["demand_history"].empty:
        yield whole_table("demand_history", "there is no demand history; gather it or type it before planning")


@check("future-dated history", Severity.STOPS, "No history lies after the as-of date")
def future_history(frames: Frames, context: Context) -> Iterator[Finding]:
    """Months of history after the as-of date."""
    history = frames["demand_history"]
    ahead = history[(history["period"] > context.as_of) & history["quantity"].fillna(0).ne(0)]
    for period in sorted(ahead["period"].unique()):
        rows = ahead[ahead["period"].eq(period)]
        yield Finding(
            "demand_history",
            0,
            periods.label(period),
            "",
            f"{len(rows)} rows have demand after the as-of date {context.as_of:%Y-%m-%d}",
        )


@check("history out of date", Severity.STOPS, "History reaches the as-of month")
def stale_history(frames: Frames, context: Context) -> Iterator[Finding]:
    """The last month of history lies before the as-of month: missing recent data is not zero demand."""
    history = frames["demand_history"]
    if history.empty:
        return
    last, wanted = history["period"].max(), periods.month_of(context.as_of)
    if last < wanted:
        yield whole_table(
            "demand_history",
            f"the last month with data is {periods.label(last)}, the as-of month is {periods.label(wanted)}; "
            "missing months are not zero demand",
        )


@check("gap in the calendar", Severity.WARNS, "No month between the first and the last of history is missing")
def gap_in_calendar(frames: Frames, _context: Context) -> Iterator[Finding]:
    """Whole months without a single row."""
    seen = frames["demand_history"]["period"]
    if seen.empty:
        return
    every = pd.date_range(seen.min(), seen.max(), freq="MS")
    for month in every.difference(pd.DatetimeIndex(seen.unique())):
        yield whole_table("demand_history", f"no item has any data in {periods.label(month)}", periods.label(month))


@check("negative demand", Severity.WARNS, "Demand is not negative; returns are told apart")
def negative_demand(frames: Frames, _context: Context) -> Iterator[Finding]:
    """Months with negative demand."""
    history = frames["demand_history"]
    yield from findings(
        "demand_history",
        history[history["quantity"] < 0],
        "quantity",
        lambda row: f"item {row['item']} has negative demand {row['quantity']:g} in {periods.label(row['period'])}",
    )


@check("fractional demand", Severity.NOTES, "Demand is in whole units")
def fractional_demand(frames: Frames, _context: Context) -> Iterator[Finding]:
    """Months with fractions of a unit."""
    history = frames["demand_history"]
    part = history[history["quantity"].mod(1).fillna(0).ne(0)]
    yield from findings(
        "demand_history",
        one_per_row(part),
        "quantity",
        lambda row: f"item {row['item']} has {row['quantity']:g} units in {periods.label(row['period'])}",
    )


@check("item without history", Severity.WARNS, "Every item on sale has history, a like-item or a launch")
def item_without_history(frames: Frames, context: Context) -> Iterator[Finding]:
    """Items on sale that no row of history names and nothing stands in for: like-item, launch or predecessor."""
    sold = context.on_sale(frames["items"])
    known = {*frames["demand_history"]["item"], *frames["launches"]["item"], *frames["succession"]["new"]}
    bare = sold[~sold["item"].isin(known) & sold["like_item"].eq("")]
    yield from findings(
        "items", bare, "item", lambda row: f"item {row['item']} is sold but has neither history nor a like-item"
    )


@check("only zeros", Severity.WARNS, "No item on sale has a history of zeros only")
def only_zeros(frames: Frames, context: Context) -> Iterator[Finding]:
    """Items on sale whose every month is zero."""
    total = frames["demand_history"].groupby("item")["quantity"].agg(lambda q: q.abs().sum())
    sold = context.on_sale(frames["items"])
    yield from findings(
        "items",
        sold[sold["item"].map(total).eq(0)],
        "item",
        lambda row: f"item {row['item']} is sold but every month of its history is zero",
    )


@check("dead item", Severity.NOTES, f"Every item on sale had demand in the last {_DEAD_MONTHS} months")
def dead_item(frames: Frames, context: Context) -> Iterator[Finding]:
    """Items on sale without demand for half a year: should they have an end date?"""
    history = frames["demand_history"]
    since = periods.month_of(context.as_of) - pd.DateOffset(months=_DEAD_MONTHS - 1)
    had = set(history.loc[history["quantity"] > 0, "item"])
    lately = set(history.loc[(history["quantity"] > 0) & (history["period"] >= since), "item"])
    sold = context.on_sale(frames["items"])
    yield from findings(
        "items",
        sold[sold["item"].isin(had - lately)],
        "item",
        lambda row: f"item {row['item']} has had no demand for {_DEAD_MONTHS} months; should it have an end date?",
    )


@check("short history", Severity.NOTES, "Every item on sale has the least history asked for")
def short_history(frames: Frames, context: Context) -> Iterator[Finding]:
    """Items on sale with fewer months of history than the setting `min_history`."""
    history = frames["demand_history"]
    first = history[history["quantity"] > 0].groupby("item")["period"].min()
    end = periods.month_of(context.as_of)
    months = (end.year - first.dt.year) * 12 + end.month - first.dt.month + 1
    sold = context.on_sale(frames["items"])
    known = sold.assign(months=sold["item"].map(months))
    least = context.settings.min_history
    yield from findings(
        "items",
        known[known["months"] < least],
        "item",
        lambda row: f"item {row['item']} has {row['months']:.0f} months of history, fewer than {least}",
    )


@check("unknown method", Severity.STOPS, "A pinned forecast method is one there is")
def unknown_method(frames: Frames, _context: Context) -> Iterator[Finding]:
    """Items whose pinned method does not exist."""
    items = frames["items"]
    wrong = items[items["method"].ne("") & ~items["method"].isin(method_names())]
    known = ", ".join(method_names())
    yield from findings("items", wrong, "method", lambda row: f"no method is called {row['method']!r}; known: {known}")


@check("demand outside the item's life", Severity.WARNS, "No demand lies before an item's launch or after its end")
def demand_outside_life(frames: Frames, _context: Context) -> Iterator[Finding]:
    """Demand in months before the launch month or after the month of the end."""
    history = frames["demand_history"]
    life = frames["items"].drop_duplicates("item").set_index("item")[["launch", "end"]]
    joined = history.join(life, on="item")
    early = joined["launch"].notna() & (joined["period"] + pd.offsets.MonthEnd(0) < joined["launch"])
    late = joined["end"].notna() & (joined["period"] > joined["end"])
    wrong = joined[(early | late) & (joined["quantity"] > 0)]
    yield from findings(
        "demand_history",
        one_per_row(wrong),
        "quantity",
        lambda row: f"item {row['item']} has demand in {periods.label(row['period'])}, outside its life",
    )


@check("unit jump", Severity.WARNS, "No month of an item is 10, 12, 100 or 1000 times its neighbours")
def unit_jump(frames: Frames, _context: Context) -> Iterator[Finding]:
    """Months that look as if another unit of measure had slipped in: a factor to within 2 % against both neighbours."""
    history = frames["demand_history"]
    wide = history.groupby(["item", "period"])["quantity"].sum().unstack()
    with np.errstate(divide="ignore", invalid="ignore"):
        before, after = wide / wide.shift(axis=1), wide / wide.shift(-1, axis=1)
    for factor in _UNIT_JUMPS:
        hit = (before / factor - 1).abs().lt(0.02) & (after / factor - 1).abs().lt(0.02) & wide.ge(5 * factor)
        for item, period in hit.stack()[lambda s: s].index:
            value = wide.loc[item, period]
            yield Finding(
                "demand_history",
                0,
                periods.label(period),
                f"{value:g}",
                f"item {item} jumps to {value:g} in {periods.label(period)}, {factor:g} times its neighbours: "
                "another unit of measure?",
            )


@check("finance tie-out", Severity.WARNS, "History adds up to finance's totals")
def finance_tie_out(frames: Frames, context: Context) -> Iterator[Finding]:
    """Months whose history differs from finance's total by more than the tolerance."""
    finance = frames["finance_totals"]
    ours = frames["demand_history"].groupby("period")["quantity"].sum()
    joined = finance[finance["period"] <= context.as_of]
    joined = joined.assign(ours=joined["period"].map(ours).fillna(0.0))
    off = (joined["ours"] - joined["quantity"]).abs() > context.settings.finance_tolerance * joined["quantity"].abs()
    yield from findings(
        "finance_totals",
        joined[off],
        "quantity",
        lambda row: (
            f"finance has {row['quantity']:,.0f} units in {periods.label(row['period'])}, "
            f"history has {row['ours']:,.0f}"
        ),
    )


@check("overdue order", Severity.WARNS, "No open order is older than the as-of date")
def overdue_order(frames: Frames, context: Context) -> Iterator[Finding]:
    """Open orders due before the as-of date: late already, or never closed."""
    orders = frames["open_orders"]
    yield from findings(
        "open_orders",
        orders[orders["due"] <= context.as_of],
        "due",
        lambda row: f"order {row['order']} was due {row['due']:%Y-%m-%d} and is still open",
    )


@check("item ended, demand planned", Severity.WARNS, "No event or override touches an item that has ended")
def ended_item_planned(frames: Frames, context: Context) -> Iterator[Finding]:
    """Events still to come and overrides on items that are no longer sold."""
    items = frames["items"]
    ended = set(items.loc[items["end"] <= context.as_of, "item"])
    for table in ("events", "overrides"):
        rows = frames[table]
        rows = rows[rows["end"] > context.as_of] if table == "events" else rows
        yield from findings(table, rows[rows["item"].isin(ended)], "item", lambda row: f"item {row['item']} has ended")


@check("budget incomplete", Severity.NOTES, "Every family on sale has a budget in every month planned")
def budget_incomplete(frames: Frames, context: Context) -> Iterator[Finding]:
    """Families on sale without budget, or with months of the horizon missing."""
    budget = frames["budget"]
    units = budget[budget["measure"].eq("units") & budget["period"].isin(context.periods)]
    months = units.groupby("family")["period"].nunique()
    families = sorted(set(context.on_sale(frames["items"])["family"]))
    short = [f for f in families if months.get(f, 0) < len(context.periods)]
    if short:
        yield whole_table("budget", f"the horizon is not budgeted in whole for {names(short)}", "family")
