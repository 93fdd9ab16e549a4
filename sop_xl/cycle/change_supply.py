"""Kinds of change that move supply: hours, suppliers, lanes, currencies, purchases from outside, stock to hold."""

from __future__ import annotations

import pandas as pd

from sop_xl import periods
from sop_xl.cycle.change_demand import ARROW, pair
from sop_xl.errors import InputError
from sop_xl.supply import scenarios
from sop_xl.supply.scenarios import Tables, scaled, scope

BOUGHT = ("buy", "subcontract")
OUTSIDE = "Outside"
PREMIUM = 0.30
"""What a unit bought in from outside costs above its standard cost [share]."""


def overtime(tables: Tables, target: str, months: pd.DatetimeIndex, share: float) -> Tables:
    """Overtime allowed grows by a share of the regular hours of the month, never below 0."""
    capacity = tables["capacity"]
    regular = capacity[capacity["measure"].eq("regular")]
    hit = scope(regular, tables["items"], target, ("resource",)) & regular["period"].isin(months)
    more = regular[hit].assign(measure="overtime", hours=share * regular.loc[hit, "hours"])
    both = pd.concat([capacity, more], ignore_index=True).groupby(["resource", "measure", "period"], sort=False)
    found = both["hours"].sum().reset_index()
    return {**tables, "capacity": found.assign(hours=found["hours"].clip(lower=0.0))[list(capacity.columns)]}


def with_overtime(capacity: pd.DataFrame, share: float) -> pd.DataFrame:
    """The capacity with the overtime that is allowed where it does not say: a share of the regular hours."""
    regular = capacity[capacity["measure"].eq("regular")]
    said = capacity[capacity["measure"].eq("overtime")]
    key = ["resource", "period"]
    missing = regular[~pd.MultiIndex.from_frame(regular[key]).isin(pd.MultiIndex.from_frame(said[key]))]
    if missing.empty:
        return capacity
    return pd.concat([capacity, missing.assign(measure="overtime", hours=share * missing["hours"])], ignore_index=True)


def supplier(tables: Tables, target: str, months: pd.DatetimeIndex, share: float) -> Tables:
    """A supplier delivers less: receipts under way in those months shrink, and so does what it can send a month.

    A source without a limit is limited to what the plan orders from it in its largest month.
    """
    sources, receipts = tables["sources"], tables["receipts"]
    usual = tables["supply_plan"]
    usual = usual[usual["kind"].isin(BOUGHT) & usual["measure"].eq("order")]
    key = ["item", "location", "kind", "supplier", "mode"]
    most = usual.groupby(key)["quantity"].max().rename("most").reset_index()
    limit = sources.merge(most, on=key, how="left")["most"].set_axis(sources.index).fillna(0.0)
    hit = scope(sources, tables["items"], target, ("supplier", "item")) & sources["kind"].isin(BOUGHT)
    limited = sources["maximum"].where(~hit | sources["maximum"].notna(), limit)
    found = scenarios.supplier({**tables, "sources": sources.assign(maximum=limited)}, target, months, share)
    sources = found["sources"]
    smaller = sources["minimum"].where(~hit, sources["minimum"].clip(upper=sources["maximum"]))
    late = receipts["supplier"].eq(target) & receipts["due"].map(periods.month_of).isin(months)
    return found | {
        "sources": sources.assign(minimum=smaller),
        "receipts": scaled(receipts, "quantity", late, share),
    }


def supplier_limit(tables: Tables, target: str, months: pd.DatetimeIndex, units: float) -> Tables:
    """The most a supplier delivers in a month over all items, whatever its table said."""
    _deliveries(tables, target)
    return {**tables, "supplier_limits": _limited(tables["supplier_limits"], target, months, max(units, 0.0))}


def supplier_out(tables: Tables, target: str, months: pd.DatetimeIndex, _value: float) -> Tables:
    """A supplier delivers nothing in these months: what is due then comes in the month after, and none is ordered.

    No order is released that would arrive in these months; where its lead times differ, from the longest to the
    shortest of them.
    """
    lead = _deliveries(tables, target).map(lambda days: periods.lead_time_periods(float(days)))
    plan = pd.DatetimeIndex(sorted(set(tables["consensus"]["period"])))
    blocked = pd.DatetimeIndex(
        sorted({m - pd.DateOffset(months=int(k)) for m in months for k in range(int(lead.min()), int(lead.max()) + 1)})
    )
    limits = _limited(tables["supplier_limits"], target, blocked.intersection(plan), 0.0)
    receipts = tables["receipts"]
    late = receipts["supplier"].eq(target) & _due(receipts, plan[0]).isin(months)
    after = months[-1] + pd.DateOffset(months=1)
    return {
        **tables,
        "supplier_limits": limits,
        "receipts": receipts.assign(due=receipts["due"].where(~late, after)),
    }


def lane_delay(tables: Tables, target: str, months: pd.DatetimeIndex, days: float) -> Tables:
    """Transfers take days longer on a lane `from > to`, or to and from a location; what arrives in these months too."""
    sources, receipts = tables["sources"], tables["receipts"]
    moved = sources["kind"].eq("transfer")
    places = set(sources.loc[moved, "supplier"])
    first = pd.Timestamp(min(tables["consensus"]["period"]))
    arriving = receipts["supplier"].isin(places) & _due(receipts, first).isin(months)
    if ARROW in target:
        here, there = pair(target, "lane delay", "from location > to location")
        lane = [frame["supplier"].eq(here) & frame["location"].eq(there) for frame in (sources, receipts)]
    elif target:
        lane = [frame["supplier"].eq(target) | frame["location"].eq(target) for frame in (sources, receipts)]
    else:
        lane = [pd.Series(data=True, index=frame.index) for frame in (sources, receipts)]
    if not (moved & lane[0]).any():
        raise InputError(f"nothing is moved {f'on the lane or to the location {target!r}' if target else 'at all'}")
    longer = sources["lead_time_days"].where(~(moved & lane[0]), (sources["lead_time_days"] + days).clip(lower=0))
    due = receipts["due"].where(~(arriving & lane[1]), receipts["due"] + pd.Timedelta(days=days))
    return {**tables, "sources": sources.assign(lead_time_days=longer), "receipts": receipts.assign(due=due)}


def currency(tables: Tables, target: str, _months: pd.DatetimeIndex, share: float) -> Tables:
    """A currency gets dearer by a share: what is paid in it costs more. Blank is every foreign currency."""
    rates = tables["currencies"]
    if share <= -1:
        raise InputError(f"a currency cannot lose all of its worth, got {share:g}")
    if rates.empty:
        raise InputError("nothing is paid in a foreign currency: table Currencies on sheet Sourcing is empty")
    hit = scope(rates, tables["items"], target, ("currency",))
    return {**tables, "currencies": scaled(rates, "rate", hit, share)}


def outside_purchase(tables: Tables, target: str, months: pd.DatetimeIndex, units: float) -> Tables:
    """Units a month of an item, family or class can be bought in at once, at standard cost and `PREMIUM`."""
    if not target:
        raise InputError("an outside purchase names the item, family or class that is bought in")
    if units < 0:
        raise InputError(f"units bought in cannot be below 0, got {units:g}")
    sources, items = tables["sources"], tables["items"]
    origin = sources[sources["kind"].ne("transfer")]
    place = origin.loc[scope(origin, items, target, ("item",)), ["item", "location"]].drop_duplicates()
    name = f"{OUTSIDE} {target}"
    cost = place["item"].map(items.drop_duplicates("item").set_index("item")["standard_cost"])
    if not (cost > 0).all():
        without = place.loc[~(cost > 0), "item"].iloc[0]
        raise InputError(f"item {without!r} has no standard cost, so what it costs outside is not known")
    new = place.assign(kind="buy", supplier=name, mode="", lead_time_days=0.0, cost=cost * (1 + PREMIUM)).assign(
        lead_time_sd_days=0.0, minimum=0.0, multiple=0.0, setup_cost=0.0, currency=""
    )
    kept = sources[~sources["supplier"].eq(name)]
    limits = tables["supplier_limits"]
    if not limits["supplier"].eq(name).any():
        limits = _limited(limits, name, pd.DatetimeIndex([pd.NaT]), 0.0)
    return {
        **tables,
        "sources": _stacked(kept, new),
        "supplier_limits": _limited(limits, name, months, units),
    }


def service_level(tables: Tables, target: str, _months: pd.DatetimeIndex, level: float) -> Tables:
    """The service level of a class, or of all, is another; A, B and C may also be written class A."""
    if not 0 <= level < 1:
        raise InputError(f"a service level must lie between 0 and 1, got {level:g}")
    policy = tables["inventory_policy"]
    hit = scope(policy, tables["items"], target.removeprefix("class "), ("abc",))
    return {**tables, "inventory_policy": policy.assign(service_level=policy["service_level"].where(~hit, level))}


def no_tables(tables: Tables, _target: str, _months: pd.DatetimeIndex, _value: float) -> Tables:
    """Nothing of the tables: the change is one of the settings."""
    return tables


def _deliveries(tables: Tables, name: str) -> pd.Series:
    """Lead times of the sources of a supplier [days]."""
    sources = tables["sources"]
    mine = sources.loc[sources["kind"].isin(BOUGHT) & sources["supplier"].eq(name), "lead_time_days"]
    if not name or mine.empty:
        raise InputError(f"nothing is bought from {name!r}")
    return mine


def _due(receipts: pd.DataFrame, first: pd.Timestamp) -> pd.Series:
    """The month in which each receipt arrives; what is overdue arrives in the first."""
    month = receipts["due"].map(periods.month_of)
    return month.where(month >= first, first)


def _limited(limits: pd.DataFrame, name: str, months: pd.DatetimeIndex, units: float) -> pd.DataFrame:
    """The limits of suppliers with the most of one of them said for months; a contract asks for no more than that.

    A month that is missing (`NaT`) is every month.
    """
    mine = limits["supplier"].eq(name)
    said = mine & limits["measure"].eq("maximum") & limits["period"].isin(months)
    contract = limits[mine & limits["measure"].eq("contract")]
    every = contract.loc[contract["period"].isna(), "quantity"]
    asked = pd.Series(months, index=months).map(contract.set_index("period")["quantity"].groupby(level=0).last())
    asked = asked.fillna(every.iloc[-1]) if len(every) else asked
    new = pd.DataFrame({"period": months, "supplier": name, "measure": "maximum", "quantity": units})
    less = pd.DataFrame({"period": months, "supplier": name, "measure": "contract", "quantity": asked.to_numpy()})
    less = less[less["quantity"] > units].assign(quantity=units)
    bound = mine & limits["measure"].eq("contract") & limits["period"].isin(less["period"])
    return _stacked(limits[~said & ~bound], new, less)


def _stacked(*parts: pd.DataFrame) -> pd.DataFrame:
    """Rows of several frames with the columns of the first."""
    columns = list(parts[0].columns)
    filled = [part.reindex(columns=columns) for part in parts if len(part)]
    if not filled:
        return parts[0]
    return pd.concat(filled, ignore_index=True).astype(parts[0].dtypes.to_dict())
