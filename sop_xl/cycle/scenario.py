"""Scenarios: small lists of changes over the base plan, applied to its tables; nothing is copied by hand."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import Any

import pandas as pd

from sop_xl.cycle import change_demand, change_supply
from sop_xl.cycle.keeping import plain, records
from sop_xl.cycle.step import Context, Frames
from sop_xl.errors import InputError
from sop_xl.supply.scenarios import ABC_CLASS, Change, Tables, capacity, cost, lead_time, price
from sop_xl.supply.settings import PlanSettings

BASE = "Base"
BUSIEST = "busiest"
SERVICE_FIRST = "service first"
OVERTIME = "overtime"


def apply(frames: Frames, changes: pd.DataFrame, context: Context) -> Tables:
    """The tables of the plan with a scenario's changes made, in the order of their numbers.

    `changes` are rows of table `scenario_changes`. A target may also be `class A`, the items of that class, and
    `busiest`, the most loaded resource; one that names nothing is an `InputError`. Without a single resource nothing
    is busiest, and such a change changes nothing.
    """
    tables = {name: plain(frame) for name, frame in frames.items()}
    abc = tables["segments"].drop_duplicates("item").set_index("item")["abc"]
    items = tables["items"]
    tables["items"] = items.assign(
        **{ABC_CLASS: "class " + abc.reindex(items["item"]).fillna("").astype("str").to_numpy()}
    )
    for change in records(changes.sort_values("number")):
        name, kind = change["scenario"], change["kind"]
        if kind not in KINDS:
            raise InputError(f"scenario {name!r} changes {kind!r}; it can change {', '.join(KINDS)}")
        first = int(change["first_period"]) if pd.notna(change["first_period"]) else 1
        last = int(change["last_period"]) if pd.notna(change["last_period"]) else len(context.periods)
        if change["target"] == BUSIEST and tables["resources"].empty:
            continue  # who buys everything has no work center to lose
        if kind == OVERTIME:
            tables["capacity"] = change_supply.with_overtime(tables["capacity"], context.settings.overtime_share)
        try:
            target = busiest(tables["resource_load"]) if change["target"] == BUSIEST else change["target"]
            tables = KINDS[kind](tables, target, context.periods[first - 1 : last], float(change["value"]))
        except InputError as error:
            raise InputError(f"scenario {name!r}, change {change['number']:g}: {error}") from None
    tables["items"] = tables["items"].drop(columns=ABC_CLASS)
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


_SHARES = ("demand", "channel shift", "capacity", "overtime", "supplier", "cost", "currency", "price")
_DAYS = ("lead time", "lane delay")
_NAMED = 3
_UNITS = ("event", "outside purchase", "supplier limit")


def told(changes: pd.DataFrame) -> str:
    """The changes of a scenario in words, in the order in which they are made.

    >>> row = {"number": 1.0, "kind": "capacity", "target": "Paint", "first_period": 2.0, "last_period": 4.0}
    >>> told(pd.DataFrame([row | {"value": -0.4}]))
    'capacity of Paint -40 %, months 2 to 4'
    """
    rows = [_parts(change) for change in records(changes.sort_values("number"))]
    alike = [(key, [target for _, _, target in group]) for key, group in groupby(rows, key=lambda row: row[:2])]
    return "; ".join(f"{kind}{_of(targets)}{rest}" for (kind, rest), targets in alike)


def _of(targets: list[str]) -> str:
    """Targets in words, the first few of many."""
    named = [target for target in targets if target]
    if not named:
        return ""
    more = len(named) - _NAMED
    return f" of {', '.join(named[:_NAMED])}" + (f" and {more} more" if more > 0 else "")


def _parts(change: dict[str, Any]) -> tuple[str, str, str]:
    """The kind of a change, its size and months in words, and its target."""
    kind, value = change["kind"], float(change["value"])
    target = change["target"] if isinstance(change["target"], str) else ""
    size = ""
    if kind in _SHARES:
        size = f" {100 * value:+.4g} %"
    elif kind in _DAYS:
        size = f" {value:+g} days"
    elif kind in _UNITS:
        size = f" {value:,.0f} units a month"
    elif kind == "launch delay":
        size = f" {value:g} month{'s' if value != 1 else ''}"
    elif kind == "service level":
        size = f" {100 * value:.4g} %"
    first = int(change["first_period"]) if pd.notna(change["first_period"]) else 1
    last = change["last_period"]
    if pd.isna(last):
        return kind, size + (f", from month {first}" if first > 1 else ""), target
    months = f"month {first}" if int(last) == first else f"months {first} to {int(last)}"
    return kind, f"{size}, {months}", target


KINDS: dict[str, Change] = {
    "demand": change_demand.demand,
    "event": change_demand.event,
    "channel shift": change_demand.channel_shift,
    "launch delay": change_demand.launch_delay,
    "capacity": capacity,
    OVERTIME: change_supply.overtime,
    "outside purchase": change_supply.outside_purchase,
    "supplier": change_supply.supplier,
    "supplier limit": change_supply.supplier_limit,
    "supplier out": change_supply.supplier_out,
    "lead time": lead_time,
    "lane delay": change_supply.lane_delay,
    "cost": cost,
    "currency": change_supply.currency,
    "price": price,
    "service level": change_supply.service_level,
    SERVICE_FIRST: change_supply.no_tables,
}
"""The kinds of change and the function that makes each; what a plan knows too is said once, in `supply.scenarios`."""


def settings_of(changes: pd.DataFrame, settings: PlanSettings) -> PlanSettings:
    """The settings of the plan with a scenario's changes made.

    >>> more = pd.DataFrame({"kind": ["service first"]})
    >>> settings_of(more, PlanSettings()).objective
    'service first'
    """
    return replace(settings, objective=SERVICE_FIRST) if changes["kind"].eq(SERVICE_FIRST).any() else settings
