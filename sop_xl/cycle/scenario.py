"""Scenarios: small lists of changes over the base plan, applied to its tables; nothing is copied by hand."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from sop_xl import periods
from sop_xl.cycle.keeping import plain, records
from sop_xl.cycle.step import Context, Frames
from sop_xl.errors import InputError
from sop_xl.supply.scenarios import Change, Tables, capacity, cost, lead_time, price, scaled, scope, supplier
from sop_xl.supply.settings import PlanSettings

BASE = "Base"
BUSIEST = "busiest"
SERVICE_FIRST = "service first"
BOUGHT = ("buy", "subcontract")


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


def _demand(tables: Tables, target: str, months: pd.DatetimeIndex, share: float) -> Tables:
    plan = tables["consensus"]
    hit = scope(plan, tables["items"], target, ("item", "channel", "region")) & plan["period"].isin(months)
    return {**tables, "consensus": scaled(plan, "quantity", hit, share)}


def _supplier(tables: Tables, target: str, months: pd.DatetimeIndex, share: float) -> Tables:
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
    found = supplier({**tables, "sources": sources.assign(maximum=limited)}, target, months, share)
    sources = found["sources"]
    smaller = sources["minimum"].where(~hit, sources["minimum"].clip(upper=sources["maximum"]))
    late = receipts["supplier"].eq(target) & receipts["due"].map(periods.month_of).isin(months)
    return found | {
        "sources": sources.assign(minimum=smaller),
        "receipts": scaled(receipts, "quantity", late, share),
    }


def _service_level(tables: Tables, target: str, _months: pd.DatetimeIndex, level: float) -> Tables:
    if not 0 <= level < 1:
        raise InputError(f"a service level must lie between 0 and 1, got {level:g}")
    policy = tables["inventory_policy"]
    hit = scope(policy, tables["items"], target, ("abc",))
    return {**tables, "inventory_policy": policy.assign(service_level=policy["service_level"].where(~hit, level))}


def _supplier_limit(tables: Tables, target: str, months: pd.DatetimeIndex, units: float) -> Tables:
    """The most a supplier delivers in a month over all items, whatever its table said."""
    if target not in set(tables["sources"].loc[tables["sources"]["kind"].isin(BOUGHT), "supplier"]):
        raise InputError(f"nothing is bought from {target!r}")
    limits = tables["supplier_limits"]
    replaced = limits["supplier"].eq(target) & limits["measure"].eq("maximum") & limits["period"].isin(months)
    new = pd.DataFrame({"period": months}).assign(supplier=target, measure="maximum", quantity=max(units, 0.0))
    parts = [frame for frame in (limits[~replaced], new[list(limits.columns)]) if len(frame)]
    return {**tables, "supplier_limits": pd.concat(parts, ignore_index=True)}


def _no_tables(tables: Tables, _target: str, _months: pd.DatetimeIndex, _value: float) -> Tables:
    return tables


KINDS: dict[str, Change] = {
    "demand": _demand,
    "capacity": capacity,
    "supplier": _supplier,
    "supplier limit": _supplier_limit,
    "lead time": lead_time,
    "cost": cost,
    "price": price,
    "service level": _service_level,
    SERVICE_FIRST: _no_tables,
}
"""The kinds of change and the function that makes each; what a plan knows too is said once, in `supply.scenarios`."""


def settings_of(changes: pd.DataFrame, settings: PlanSettings) -> PlanSettings:
    """The settings of the plan with a scenario's changes made.

    >>> more = pd.DataFrame({"kind": ["service first"]})
    >>> settings_of(more, PlanSettings()).objective
    'service first'
    """
    return replace(settings, objective=SERVICE_FIRST) if changes["kind"].eq(SERVICE_FIRST).any() else settings
