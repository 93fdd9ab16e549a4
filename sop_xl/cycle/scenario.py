"""Scenarios: small lists of changes over the base plan, applied to its tables; nothing is copied by hand."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from sop_xl import periods
from sop_xl.cycle.keeping import plain, records
from sop_xl.cycle.step import Context, Frames
from sop_xl.errors import InputError

BASE = "Base"
BUSIEST = "busiest"
Tables = dict[str, pd.DataFrame]
Change = Callable[[Tables, str, pd.DatetimeIndex, float], Tables]


def apply(frames: Frames, changes: pd.DataFrame, context: Context) -> Tables:
    """The tables of the plan with a scenario's changes made, in the order of their numbers.

    `changes` are rows of table `scenario_changes`. A change whose target names nothing is an `InputError`.
    """
    tables = {name: plain(frame) for name, frame in frames.items()}
    for change in records(changes.sort_values("number")):
        name, kind = change["scenario"], change["kind"]
        if kind not in KINDS:
            raise InputError(f"scenario {name!r} changes {kind!r}; it can change {', '.join(KINDS)}")
        first = int(change["first_period"]) if pd.notna(change["first_period"]) else 1
        last = int(change["last_period"]) if pd.notna(change["last_period"]) else len(context.periods)
        target = busiest(tables["resource_load"]) if change["target"] == BUSIEST else change["target"]
        try:
            tables = KINDS[kind](tables, target, context.periods[first - 1 : last], float(change["value"]))
        except InputError as error:
            raise InputError(f"scenario {name!r}, change {change['number']:g}: {error}") from None
    return tables


def busiest(load: pd.DataFrame) -> str:
    """The resource with the highest mean load in the plan.

    >>> busiest(pd.DataFrame({"resource": ["Paint", "Weld"], "measure": "load", "hours": [0.7, 0.9]}))
    'Weld'
    """
    mean = load[load["measure"].eq("load")].groupby("resource")["hours"].mean()
    if mean.empty:
        raise InputError("no resource has a load yet; run Supply Planning before a scenario on the busiest one")
    return str(mean.sort_index().idxmax())


def _scope(frame: pd.DataFrame, items: pd.DataFrame, target: str, columns: tuple[str, ...]) -> pd.Series:
    """The rows a target names: all of them when it is blank."""
    if target == "":
        return pd.Series(data=True, index=frame.index)
    hit = pd.Series(data=False, index=frame.index)
    for column in columns:
        hit |= frame[column].eq(target)
    family = items.drop_duplicates("item").set_index("item")["family"]
    if "item" in frame:
        hit |= frame["item"].map(family).eq(target)
    if not hit.any():
        raise InputError(f"{target!r} names nothing it could change")
    return hit


def _demand(tables: Tables, target: str, months: pd.DatetimeIndex, share: float) -> Tables:
    plan = tables["consensus"]
    hit = _scope(plan, tables["items"], target, ("item", "channel", "region")) & plan["period"].isin(months)
    changed = plan["quantity"].where(~hit, (plan["quantity"] * (1 + share)).clip(lower=0))
    return {**tables, "consensus": plan.assign(quantity=changed)}


def _capacity(tables: Tables, target: str, months: pd.DatetimeIndex, share: float) -> Tables:
    hours = tables["capacity"]
    hit = _scope(hours, tables["items"], target, ("resource",)) & hours["period"].isin(months)
    changed = hours["hours"].where(~hit, (hours["hours"] * (1 + share)).clip(lower=0))
    return {**tables, "capacity": hours.assign(hours=changed)}


def _supplier(tables: Tables, target: str, months: pd.DatetimeIndex, share: float) -> Tables:
    """A supplier delivers less: receipts under way in those months shrink, and so does what it can send a month."""
    sources, receipts = tables["sources"], tables["receipts"]
    hit = _scope(sources, tables["items"], target, ("supplier", "item")) & sources["kind"].eq("buy")
    usual = tables["supply_plan"]
    usual = usual[usual["kind"].eq("buy") & usual["measure"].eq("order")]
    most = usual.groupby(["item", "location", "supplier"])["quantity"].max().rename("most").reset_index()
    limit = sources.merge(most, on=["item", "location", "supplier"], how="left")["most"].set_axis(sources.index)
    now = sources["maximum"].fillna(limit).fillna(0.0)
    changed = sources["maximum"].where(~hit, now * max(0.0, 1 + share))
    late = receipts["supplier"].eq(target) & receipts["due"].map(periods.month_of).isin(months)
    arriving = receipts["quantity"].where(~late, receipts["quantity"] * max(0.0, 1 + share))
    return {
        **tables,
        "sources": sources.assign(
            maximum=changed, minimum=sources["minimum"].where(~hit, sources["minimum"].clip(upper=changed))
        ),
        "receipts": receipts.assign(quantity=arriving),
    }


def _lead_time(tables: Tables, target: str, _months: pd.DatetimeIndex, days: float) -> Tables:
    sources = tables["sources"]
    hit = _scope(sources, tables["items"], target, ("supplier", "item", "location"))
    longer = sources["lead_time_days"].where(~hit, (sources["lead_time_days"] + days).clip(lower=0))
    return {**tables, "sources": sources.assign(lead_time_days=longer)}


def _cost(tables: Tables, target: str, _months: pd.DatetimeIndex, share: float) -> Tables:
    sources = tables["sources"]
    hit = _scope(sources, tables["items"], target, ("supplier", "item", "location", "kind"))
    return {**tables, "sources": sources.assign(cost=sources["cost"].where(~hit, sources["cost"] * (1 + share)))}


def _price(tables: Tables, target: str, _months: pd.DatetimeIndex, share: float) -> Tables:
    items = tables["items"]
    hit = _scope(items, items, target, ("item", "family", "category"))
    price = items["list_price"].where(~hit, items["list_price"] * (1 + share))
    return {**tables, "items": items.assign(list_price=price)}


def _service_level(tables: Tables, target: str, _months: pd.DatetimeIndex, level: float) -> Tables:
    if not 0 <= level < 1:
        raise InputError(f"a service level must lie between 0 and 1, got {level:g}")
    policy = tables["inventory_policy"]
    hit = _scope(policy, tables["items"], target, ("abc",))
    return {**tables, "inventory_policy": policy.assign(service_level=policy["service_level"].where(~hit, level))}


KINDS: dict[str, Change] = {
    "demand": _demand,
    "capacity": _capacity,
    "supplier": _supplier,
    "lead time": _lead_time,
    "cost": _cost,
    "price": _price,
    "service level": _service_level,
}
"""The kinds of change and the function that makes each."""
