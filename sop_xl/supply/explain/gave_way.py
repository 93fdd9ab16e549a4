"""Limits that gave way: every soft limit of a plan that could not hold, by how much, what it counted, and why.

A plan always exists: what physics does not forbid may give way at a price. Where limits contradict each other, the ones
that gave way and what drove them are told here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sop_xl.periods import label
from sop_xl.supply import report
from sop_xl.supply.explain.causes import Tracer, deep_chains
from sop_xl.supply.explain.words import amount, units
from sop_xl.supply.flows import hours_there
from sop_xl.supply.model.policies import LOCK_OVER_LIMIT
from sop_xl.supply.network import Array

if TYPE_CHECKING:
    from sop_xl.supply.plan import Plan

_TINY = 1e-6

COLUMNS = ("kind", "name", "period", "limit", "got", "beyond", "unit", "money", "says")

Row = tuple[str, str, pd.Timestamp, float, float, float, str, float, str]


def gave_way(plan: Plan) -> pd.DataFrame:
    """Every soft limit that gave way, by month.

    Parameters
    ----------
    plan
        The plan.

    Returns
    -------
    DataFrame
        `kind` (storage, least stock, most stock, contract, budget, lock, source share, chase), `name` of what is
        limited, `period`, `limit` and what it `got` in the plan, `beyond` (how much more or less), all in `unit`,
        `money` (what it counted against it; for a contract what is paid for nothing) [currency], `says` with the
        reason. The dearest first.

    A floor of 30 units where 10 are in stock and nothing brings more:

    >>> from sop_xl.supply.plan import PlanSettings, balance
    >>> tables = {
    ...     "items": pd.DataFrame({"item": ["A"], "standard_cost": [10.0], "list_price": [30.0]}),
    ...     "sources": pd.DataFrame(columns=["item", "location", "kind", "lead_time_days"]),
    ...     "stock": pd.DataFrame({"item": ["A"], "location": ["P"], "quantity": [10.0]}),
    ...     "stock_limits": pd.DataFrame({"item": ["A"], "location": ["P"], "measure": ["minimum"],
    ...         "quantity": [30.0]}),
    ...     "demand": pd.DataFrame({"item": ["A"], "location": ["P"], "period": [pd.Timestamp("2020-03-01")],
    ...         "quantity": [1.0]}),
    ... }
    >>> gave_way(balance(tables))["says"].tolist()
    ['A at P holds 10 units in 2020-03, 20 below its least stock of 30: A has no source at P']

    """
    rows = [
        *_storage(plan),
        *_stock(plan),
        *_contracts(plan),
        *_budgets(plan),
        *_locks(plan),
        *_shares(plan),
        *_ahead(plan),
    ]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    text = dict.fromkeys(("kind", "name", "unit", "says"), "str")
    numbers = dict.fromkeys(("limit", "got", "beyond", "money"), "float64")
    frame = frame.astype({**text, **numbers, "period": "datetime64[ns]"})
    order = ["money", "kind", "name", "period"]
    return frame.sort_values(order, ascending=[False, True, True, True], kind="stable", ignore_index=True)


def _cells(beyond: Array) -> Iterator[tuple[int, int]]:
    for thing, month in zip(*np.nonzero(beyond > _TINY), strict=True):
        yield int(thing), int(month)


def _storage(plan: Plan) -> Iterator[Row]:
    network = plan.network
    held, over = report.held_load(network, plan.final), report.over_storage(network, plan.final)
    at, opening = network.places.location_number, network.opening * network.places.volume
    before = np.bincount(at, opening, len(network.locations))
    for number, month in _cells(over):
        name, period = network.locations[number], network.periods[month]
        limit, got, more = (float(x) for x in (network.storage[number], held[number, month], over[number, month]))
        why = "its limits and receipts leave no other place for it"
        if before[number] > limit:
            why = f"it opens with {units(float(before[number]))}, and what is there leaves no faster"
        elif plan.solution.over[number, month] <= _TINY:
            why = "whole lots bring more than the plan needed"
        held_there = f"{name} holds {units(got)} in {label(period)}"
        says = f"{held_there}, {units(more)} above its storage limit of {units(limit)}: {why}"
        yield "storage", name, period, limit, got, more, "load", more * float(plan.prices.over[number]), says


def _stock(plan: Plan) -> Iterator[Row]:
    """Least stock, with what keeps more from being there, and most stock, with what brings it."""
    network, flows = plan.network, plan.final
    tracer = Tracer(network, plan.prices, plan.solution, plan.solved, np.add(*hours_there(network)), "")
    for place, month in _cells(network.least - flows.closing):
        name, period = str(network.places[place]), network.periods[month]
        limit, got = float(network.least[place, month]), float(flows.closing[place, month])
        with deep_chains(network):
            cause = tracer.arrival(place, month)
        why = cause.says if cause else "what would bring more costs more, or another limit holds it back"
        says = (
            f"{name} holds {units(got)} units in {label(period)}, {units(limit - got)} below its least stock of "
            f"{units(limit)}: {why}"
        )
        yield "least stock", name, period, limit, got, limit - got, "units", (limit - got) * plan.prices.beyond, says
    for place, month in _cells(flows.closing - network.most):
        name, period = str(network.places[place]), network.periods[month]
        limit, got = float(network.most[place, month]), float(flows.closing[place, month])
        given = float(network.opening[place] + network.receipts[place, : month + 1].sum())
        why = "orders that are fixed, or whole lots, bring more than leaves"
        if given > limit:
            why = f"{units(given)} are in stock or under way, more than leaves"
        says = (
            f"{name} holds {units(got)} units in {label(period)}, {units(got - limit)} above its most stock of "
            f"{units(limit)}: {why}"
        )
        yield "most stock", name, period, limit, got, got - limit, "units", (got - limit) * plan.prices.beyond, says


def _contracts(plan: Plan) -> Iterator[Row]:
    network, untaken = plan.network, plan.solution.untaken
    if not untaken.any():
        return
    price = plan.prices.untaken
    for number, month in _cells(untaken):
        name, period = network.suppliers.name[number], network.periods[month]
        limit, less = float(network.suppliers.least[number, month]), float(untaken[number, month])
        money = less * float(price[number])
        says = (
            f"{units(less)} of the {units(limit)} units of the contract with {name} in {label(period)} are paid for "
            f"({amount(money, plan.settings.currency)}) but not taken: nothing needs them"
        )
        yield "contract", name, period, limit, limit - less, less, "units", money, says


def _budgets(plan: Plan) -> Iterator[Row]:
    network, flows, currency = plan.network, plan.final, plan.settings.currency
    over = plan.solution.overspent.copy()
    for number, kind in enumerate(network.budgets.kind):
        mine = network.sources.of_kind(kind)  # none for stock
        spent = (flows.order[mine] * network.sources.cost[mine]).sum(axis=0)
        over[number] = np.maximum(over[number], spent - network.budgets.amount[number])
    for number, month in _cells(over):
        name, period = network.budgets.kind[number], network.periods[month]
        limit, more = float(network.budgets.amount[number, month]), float(over[number, month])
        why = "limits that come before it ask for more"
        if plan.solution.overspent[number, month] <= _TINY:
            why = "whole lots cost more than the plan needed"
        budget = f"the {name} budget of {amount(limit, currency)} in {label(period)}"
        says = f"{budget} is exceeded by {amount(more, currency)}: {why}"
        yield "budget", name, period, limit, limit + more, more, currency, more * plan.prices.overspent, says


def _locks(plan: Plan) -> Iterator[Row]:
    network, locks = plan.network, plan.network.locks
    for number, off in enumerate(plan.solution.unlocked.sum(axis=1).tolist()):
        if abs(off) <= _TINY:
            continue
        source, month = network.source(int(locks.source[number])), int(locks.month[number])
        place, period, limit = network.places[source.place], network.periods[month], float(locks.quantity[number])
        why = "its limits allow no more" if off < 0 else "its limits ask for more"
        if off < 0 and limit > source.maximum:
            why = f"{source.supplier or place.location} delivers at most {units(source.maximum)} a month"
        says = (
            f"the locked {source.kind} order of {place} in {label(period)} is {units(limit + off)} units, not "
            f"{units(limit)}: {why}"
        )
        money = abs(off) * LOCK_OVER_LIMIT * plan.prices.beyond
        yield "lock", f"{source.kind} {place}", period, limit, limit + off, abs(off), "units", money, says


def _shares(plan: Plan) -> Iterator[Row]:
    """Agreed shares of a source over the horizon."""
    network, sources = plan.network, plan.network.sources
    good = (plan.solved.order * sources.output[:, None]).sum(axis=1)
    able = network.open.any(axis=1)
    of_place = np.bincount(sources.place, good, len(network.places))
    short = np.where((sources.share > 0) & able, sources.share * of_place[sources.place] - good, 0.0)
    for number in np.flatnonzero(short > _TINY * np.maximum(1.0, of_place[sources.place])).tolist():
        source = network.source(number)
        place, less, total = network.places[source.place], float(short[number]), float(of_place[source.place])
        says = (
            f"{source.supplier or source.kind} supplies {good[number] / total:.0%} of {place}, not the agreed "
            f"{float(sources.share[number]):.0%}: {units(less)} units are missing, since its limits or "
            "service forbid more"
        )
        period, limit = network.periods[-1], float(sources.share[number] * total)
        money = less * float(plan.prices.missed[number])
        name, got = f"{source.supplier or source.kind}: {place}", float(good[number])
        yield "source share", name, period, limit, got, less, "units", money, says


def _ahead(plan: Plan) -> Iterator[Row]:
    """Stock of made items above target in a chase plan."""
    if plan.strategy != "chase":
        return
    network, flows = plan.network, plan.solved
    made = np.unique(network.places.item[network.sources.place[network.sources.of_kind("make")]])
    follows = np.isin(network.places.item, made)[:, None]
    for place, month in _cells(np.where(follows, flows.closing - network.target, 0.0)):
        name, period = str(network.places[place]), network.periods[month]
        limit, got = float(network.target[place, month]), float(flows.closing[place, month])
        says = (
            f"{name} holds {units(got)} units in {label(period)}, {units(got - limit)} above what chase production "
            f"keeps: it was there before, or arrives with a lead time"
        )
        yield "chase", name, period, limit, got, got - limit, "units", (got - limit) * plan.prices.beyond, says
