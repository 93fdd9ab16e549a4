"""Can a plan keep what people fixed: locked orders, limits, prices by month, crews, currencies?"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from sop_xl import periods
from sop_xl.cycle.checks.check import Finding, check, findings, one_per_row
from sop_xl.cycle.step import Context, Frames
from sop_xl.workbook.schema import Severity

SOURCE = ["item", "location", "kind", "supplier", "mode"]
BOUGHT = ("buy", "subcontract")


def _counts(frames: Frames, context: Context) -> pd.DataFrame:
    """Locks that have not expired and whose month is planned."""
    locks = frames["locks"]
    alive = locks["expires"].isna() | (locks["expires"] > context.as_of)
    return locks[alive & locks["period"].isin(context.periods)]


def _unsourced(frames: Frames, rows: pd.DataFrame) -> pd.DataFrame:
    known = pd.MultiIndex.from_frame(frames["sources"][SOURCE])
    return rows[~pd.MultiIndex.from_frame(rows[SOURCE]).isin(known)]


@check("lock without source", Severity.STOPS, "Every locked order comes from a row of sheet Sources")
def lock_without_source(frames: Frames, context: Context) -> Iterator[Finding]:
    """Locked orders of a source that does not exist: no plan could keep them."""
    yield from findings(
        "locks",
        _unsourced(frames, _counts(frames, context)),
        "item",
        lambda row: f"the locked {row['kind']} order of {row['item']} at {row['location']} has no source",
    )


@check("lock out of reach", Severity.STOPS, "Every locked order arrives within the horizon")
def lock_out_of_reach(frames: Frames, context: Context) -> Iterator[Finding]:
    """Locked orders that arrive after the last planned month."""
    locks = _counts(frames, context)
    lead = frames["sources"].drop_duplicates(SOURCE).set_index(SOURCE)["lead_time_days"]
    days = pd.Series(lead.reindex(pd.MultiIndex.from_frame(locks[SOURCE])).to_numpy(), index=locks.index)
    month = pd.Series(context.periods.get_indexer(pd.DatetimeIndex(locks["period"])), index=locks.index)
    arrives = month + days.fillna(0.0).map(periods.lead_time_periods)
    yield from findings(
        "locks",
        locks[arrives >= len(context.periods)],
        "period",
        lambda row: (
            f"the locked order of {row['item']} in {periods.label(row['period'])} arrives after "
            f"{periods.label(context.periods[-1])}"
        ),
    )


@check("lock expired", Severity.NOTES, "No lock in the list has expired or lies outside of the months planned")
def lock_expired(frames: Frames, context: Context) -> Iterator[Finding]:
    """Locks that no longer count."""
    locks = frames["locks"]
    gone = locks[~locks.index.isin(_counts(frames, context).index)]
    yield from findings(
        "locks", gone, "expires", lambda row: f"the lock of {row['item']} at {row['location']} no longer counts"
    )


@check("unknown currency", Severity.STOPS, "Every currency a source is paid in has a rate on sheet Sourcing")
def unknown_currency(frames: Frames, context: Context) -> Iterator[Finding]:
    """Sources in a currency nobody gave a rate for."""
    sources = frames["sources"]
    known = {"", *frames["currencies"]["currency"]}
    yield from findings(
        "sources",
        sources[~sources["currency"].isin(known)],
        "currency",
        lambda row: f"there is no rate from {row['currency']} to {context.settings.currency}",
    )


@check("limit without source", Severity.STOPS, "Limits and prices name a supplier, lane or source there is")
def limit_without_source(frames: Frames, _context: Context) -> Iterator[Finding]:
    """Limits of suppliers, lanes and single months that no source stands behind."""
    sources = frames["sources"]
    bought = set(sources.loc[sources["kind"].isin(BOUGHT), "supplier"])
    limits = frames["supplier_limits"]
    yield from findings(
        "supplier_limits",
        limits[~limits["supplier"].isin(bought)],
        "supplier",
        lambda row: f"nothing is bought from {row['supplier']!r}",
    )
    lane = ["supplier", "location", "mode"]
    moved = pd.MultiIndex.from_frame(sources.loc[sources["kind"].eq("transfer"), lane])
    lanes = frames["lanes"]
    yield from findings(
        "lanes",
        lanes[~pd.MultiIndex.from_frame(lanes[lane]).isin(moved)],
        "supplier",
        lambda row: f"nothing is moved from {row['supplier']!r} to {row['location']!r}",
    )
    prices = one_per_row(frames["source_prices"])
    yield from findings(
        "source_prices",
        _unsourced(frames, prices),
        "item",
        lambda row: f"item {row['item']} has no such source at {row['location']}",
    )


@check("least above most", Severity.STOPS, "No stock must be both above and below the same level")
def least_above_most(frames: Frames, _context: Context) -> Iterator[Finding]:
    """Stock limits that contradict each other in the same month."""
    limits = frames["stock_limits"]
    key = ["item", "location", "period"]
    most = limits[limits["measure"].eq("maximum")].groupby(key, dropna=False)["quantity"].min()
    least = limits[limits["measure"].eq("minimum")]
    found = pd.Series(most.reindex(pd.MultiIndex.from_frame(least[key])).to_numpy(), index=least.index)
    yield from findings(
        "stock_limits",
        least[least["quantity"] > found],
        "quantity",
        lambda row: f"{row['item']} at {row['location']} must hold {row['quantity']:g}, more than its most",
    )


@check("substitute of itself", Severity.STOPS, "No item stands in for itself")
def substitute_of_itself(frames: Frames, _context: Context) -> Iterator[Finding]:
    """Substitutes that name the same item twice."""
    rows = frames["substitutes"]
    yield from findings(
        "substitutes",
        rows[rows["item"].eq(rows["substitute"])],
        "substitute",
        lambda row: f"{row['item']} is no substitute of itself",
    )
