"""Changes made to the tables of a plan before it is balanced: what a scenario is."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from sop_xl.errors import InputError
from sop_xl.supply.reading.demands import planned_months
from sop_xl.supply.reading.tables import typed
from sop_xl.supply.settings import PlanSettings

Tables = dict[str, pd.DataFrame]
Changes = pd.DataFrame | None
Change = Callable[[Tables, str, pd.DatetimeIndex, float], Tables]

ABC_CLASS = "abc_class"
"""Column of the items that names their class as a target does, such as `class A`; it may be missing."""
_COLUMNS = ("kind", "target", "value")
_GROUPS = ("family", ABC_CLASS)


def changed(tables: Mapping[str, pd.DataFrame], changes: Changes, settings: PlanSettings) -> Mapping[str, pd.DataFrame]:
    """The tables with the changes of a scenario made, in the order of their rows; the given tables stay as they are.

    Parameters
    ----------
    tables
        Tables of a plan, as `balance` takes them.
    changes
        Columns `kind` (one of `KINDS`), `target` (what it changes, blank is everything), `value` and, if wanted,
        `first_period` and `last_period`, months of the horizon counted from 1. None changes nothing.
    settings
        Settings of the plan, for its months.

    Raises
    ------
    InputError
        If a change is of no known kind, names nothing, or has no number.

    >>> tables = {"demand": pd.DataFrame({"item": ["A"], "location": ["P"], "period": [pd.Timestamp("2020-03-01")],
    ...     "quantity": [10.0]}), "items": pd.DataFrame({"item": ["A"]})}
    >>> more = pd.DataFrame({"kind": ["demand"], "target": ["A"], "value": [0.2]})
    >>> changed(tables, more, PlanSettings())["demand"]["quantity"].tolist()
    [12.0]

    """
    if changes is None or changes.empty:
        return tables
    missing = [c for c in _COLUMNS if c not in changes.columns]
    if missing:
        raise InputError(f"the changes of a scenario have no column {missing[0]}")
    found = typed(tables)
    months = planned_months(found["demand"], settings)
    for number, change in enumerate(changes.to_dict("records"), start=1):
        kind = change["kind"]
        if kind not in KINDS:
            raise InputError(f"change {number} of the scenario changes {kind!r}; it can change {', '.join(KINDS)}")
        value = pd.to_numeric(change["value"], errors="coerce")
        if pd.isna(value):
            raise InputError(f"change {number} of the scenario, {kind}, has no number: {change['value']!r}")
        first, last = (change.get(c) for c in ("first_period", "last_period"))
        span = months[(int(first) if pd.notna(first) else 1) - 1 : int(last) if pd.notna(last) else len(months)]
        target = "" if pd.isna(change["target"]) else str(change["target"])
        try:
            found = KINDS[kind](found, target, span, float(value))
        except InputError as error:
            raise InputError(f"change {number} of the scenario: {error}") from None
    return found


def scope(frame: pd.DataFrame, items: pd.DataFrame, target: str, columns: tuple[str, ...]) -> pd.Series:
    """The rows a target names, in one of the columns as the family or as the class of their item: all if it is blank.

    Raises
    ------
    InputError
        If it names no row.

    """
    if target == "":
        return pd.Series(data=True, index=frame.index)
    hit = pd.Series(data=False, index=frame.index)
    for column in columns:
        if column in frame:
            hit |= frame[column].eq(target).fillna(value=False)
    if "item" in frame:
        master = items.drop_duplicates("item").set_index("item")
        for group in (g for g in _GROUPS if g in master):
            hit |= frame["item"].map(master[group]).eq(target).fillna(value=False)
    if not hit.any():
        raise InputError(f"{target!r} names nothing it could change")
    return hit


def scaled(frame: pd.DataFrame, column: str, hit: pd.Series, share: float) -> pd.DataFrame:
    """The frame with a number of the rows hit raised by a share, never below 0."""
    return frame.assign(**{column: frame[column].where(~hit, (frame[column] * (1 + share)).clip(lower=0))})


def demand(tables: Tables, target: str, months: pd.DatetimeIndex, share: float) -> Tables:
    """Demand of an item, family, location or customer class changes by a share."""
    rows = tables["demand"]
    hit = scope(rows, tables["items"], target, ("item", "location", "class")) & rows["period"].isin(months)
    return {**tables, "demand": scaled(rows, "quantity", hit, share)}


def capacity(tables: Tables, target: str, months: pd.DatetimeIndex, share: float) -> Tables:
    """Hours of a resource change by a share, regular and overtime."""
    rows = tables["capacity"]
    hit = scope(rows, tables["items"], target, ("resource",)) & rows["period"].isin(months)
    return {**tables, "capacity": scaled(rows, "hours", hit, share)}


def supplier(tables: Tables, target: str, months: pd.DatetimeIndex, share: float) -> Tables:
    """The most a supplier delivers changes by a share: of its sources over the horizon, of its total in the months."""
    sources = tables["sources"]
    hit = scope(sources, tables["items"], target, ("supplier", "item")) & sources["kind"].isin(["buy", "subcontract"])
    most = sources["maximum"] if "maximum" in sources else pd.Series(float("nan"), index=sources.index)
    found = {**tables, "sources": sources.assign(maximum=most.where(~hit, most * max(0.0, 1 + share)))}
    limits = tables.get("supplier_limits")
    if limits is not None:
        these = limits["supplier"].isin(sources.loc[hit, "supplier"]) & limits["measure"].eq("maximum")
        if "period" in limits:
            these &= limits["period"].isna() | limits["period"].isin(months)
        found["supplier_limits"] = scaled(limits, "quantity", these, share)
    return found


def lead_time(tables: Tables, target: str, _months: pd.DatetimeIndex, days: float) -> Tables:
    """Lead times grow by days, never below 0."""
    sources = tables["sources"]
    hit = scope(sources, tables["items"], target, ("supplier", "item", "location"))
    longer = sources["lead_time_days"].where(~hit, (sources["lead_time_days"] + days).clip(lower=0))
    return {**tables, "sources": sources.assign(lead_time_days=longer)}


def cost(tables: Tables, target: str, _months: pd.DatetimeIndex, share: float) -> Tables:
    """What sources cost changes by a share."""
    sources = tables["sources"]
    hit = scope(sources, tables["items"], target, ("supplier", "item", "location", "kind"))
    return {**tables, "sources": scaled(sources, "cost", hit, share)}


def price(tables: Tables, target: str, _months: pd.DatetimeIndex, share: float) -> Tables:
    """List prices change by a share."""
    items = tables["items"]
    hit = scope(items, items, target, ("item", "family", "category"))
    return {**tables, "items": scaled(items, "list_price", hit, share)}


KINDS: dict[str, Change] = {
    "demand": demand,
    "capacity": capacity,
    "supplier": supplier,
    "lead time": lead_time,
    "cost": cost,
    "price": price,
}
"""The kinds of change and the function that makes each."""
