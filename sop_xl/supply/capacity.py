"""Rough-cut capacity planning: hours needed against hours there, before and after the plan is limited.

References
----------
[1] Vollmann, Berry, Whybark & Jacobs, Manufacturing Planning and Control for Supply Chain Management, 5th ed.,
    chapter 10: capacity bills (bill of resources).

"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sop_xl.errors import InputError
from sop_xl.supply.flows import used_hours
from sop_xl.supply.network import Array, Network
from sop_xl.supply.prices import Prices, supply_cost
from sop_xl.supply.tables import check_bom

_TINY = 1e-9


def bill_of_resources(routings: pd.DataFrame, bom: pd.DataFrame) -> pd.DataFrame:
    """Hours of each resource that one unit takes with everything made for it: the capacity bill of [1].

    Parameters
    ----------
    routings
        Columns `item`, `resource`, `hours_per_unit` [h/unit].
    bom
        Columns `assembly`, `component`, `quantity` [units/unit] and, where components are lost, `scrap` [share].

    Returns
    -------
    DataFrame
        Columns `item`, `resource`, `hours_per_unit` [h/unit].

    Raises
    ------
    InputError
        If the bill of materials runs in a circle.

    >>> routings = pd.DataFrame({"item": ["A", "B"], "resource": ["W", "W"], "hours_per_unit": [0.5, 0.1]})
    >>> bom = pd.DataFrame({"assembly": ["A"], "component": ["B"], "quantity": [2.0]})
    >>> bill_of_resources(routings, bom)
      item resource  hours_per_unit
    0    A        W             0.7
    1    B        W             0.1

    """
    parts: dict[str, list[tuple[str, float]]] = {}
    scrap = bom["scrap"].fillna(0.0) if "scrap" in bom else pd.Series(0.0, index=bom.index)
    gross = bom["quantity"] / (1 - scrap)
    for assembly, component, units in zip(bom["assembly"], bom["component"], gross, strict=True):
        parts.setdefault(assembly, []).append((component, float(units)))
    check_bom({assembly: tuple(c for c, _ in found) for assembly, found in parts.items()})
    own: dict[str, dict[str, float]] = {}
    for item, resource, hours in zip(routings["item"], routings["resource"], routings["hours_per_unit"], strict=True):
        bill = own.setdefault(item, {})
        bill[resource] = bill.get(resource, 0.0) + float(hours)
    bills: dict[str, dict[str, float]] = {}

    def bill_of(item: str) -> dict[str, float]:
        if item not in bills:
            bill = dict(own.get(item, {}))
            for component, units in parts.get(item, []):
                for resource, hours in bill_of(component).items():
                    bill[resource] = bill.get(resource, 0.0) + units * hours
            bills[item] = bill
        return bills[item]

    rows = [(i, r, h) for i in sorted({*own, *parts}) for r, h in sorted(bill_of(i).items())]
    return pd.DataFrame(rows, columns=["item", "resource", "hours_per_unit"])


def required_hours(quantities: pd.DataFrame, routings: pd.DataFrame, bom: pd.DataFrame | None = None) -> pd.DataFrame:
    """Hours a plan or a demand needs of each resource, by month.

    Parameters
    ----------
    quantities
        Columns `item`, `period`, `quantity` [units]: production orders, or demand where `bom` is given.
    routings
        Columns `item`, `resource`, `hours_per_unit` [h/unit].
    bom
        Columns `assembly`, `component`, `quantity` [units/unit], `scrap` [share]; without it only an item's own hours
        count, which is right for orders of assemblies and components together.

    Returns
    -------
    DataFrame
        Columns `resource`, `period`, `hours` [h].

    Raises
    ------
    InputError
        If a quantity is negative or missing.

    >>> routings = pd.DataFrame({"item": ["A", "B"], "resource": ["W", "W"], "hours_per_unit": [0.5, 0.1]})
    >>> bom = pd.DataFrame({"assembly": ["A"], "component": ["B"], "quantity": [2.0]})
    >>> demand = pd.DataFrame({"item": ["A"], "period": [pd.Timestamp("2020-03-01")], "quantity": [100.0]})
    >>> required_hours(demand, routings, bom)["hours"].tolist()
    [70.0]

    """
    wrong = quantities[~(quantities["quantity"] >= 0)]
    if len(wrong):
        row = wrong.iloc[0]
        raise InputError(
            f"the quantity of {row['item']} in {row['period']:%Y-%m} must be 0 or more, got {row['quantity']:g}"
        )
    bill = routings if bom is None else bill_of_resources(routings, bom)
    joined = quantities[["item", "period", "quantity"]].merge(bill, on="item")
    hours = joined.assign(hours=joined["quantity"] * joined["hours_per_unit"])
    return hours.groupby(["resource", "period"])["hours"].sum().reset_index()


def unlimited_orders(network: Network, prices: Prices) -> Array:
    """Orders of the unlimited plan: every place chases its demand and target, each from its cheapest source.

    Gross-to-net, level by level from demand to components: what stock and receipts under way do not cover is ordered
    a lead time earlier, at the latest moment, and what should already have been ordered is ordered in the first open
    month. No limit of hours, suppliers or storage counts: this is the plan rough-cut capacity is checked against.

    Returns
    -------
    Array
        Units by source and month of release [units].

    """
    order = np.zeros((len(network.sources), network.months))
    need = network.demand
    chosen = {place: s for place, s in enumerate(_cheapest_sources(network, prices)) if s is not None}
    for place in _downstream_first(network, chosen):
        released = _chase(need[place], network, place)
        if place not in chosen or not released.any():
            continue
        s = chosen[place]
        source = network.sources[s]
        first = min(network.settings.frozen_months, network.months - 1)
        early = np.zeros(network.months)
        early[: max(network.months - source.lead, 0)] = released[source.lead :]
        early[first] += released[: source.lead].sum() + early[:first].sum()
        early[:first] = 0.0
        order[s] = early
        for used, units in source.uses:
            need[used] += units * early
    return order


def unlimited_hours(network: Network, prices: Prices) -> Array:
    """Hours the unlimited plan needs of each resource, by month [h]."""
    return used_hours(network, unlimited_orders(network, prices))


def _chase(need: Array, network: Network, place: int) -> Array:
    """Receipts a place needs by month to meet its need and hold its target."""
    available = network.opening[place]
    found = np.zeros(network.months)
    for month in range(network.months):
        available += network.receipts[place, month] - need[month]
        found[month] = max(0.0, network.target[place, month] - available)
        available += found[month]
    return np.where(found < _TINY, 0.0, found)


def _cheapest_sources(network: Network, prices: Prices) -> list[int | None]:
    """The source of each place through which its landed cost comes about."""
    found: list[int | None] = []
    for numbers in network.sources_of():
        costs = [(supply_cost(network, network.sources[s], prices.landed), s) for s in numbers]
        found.append(min(costs)[1] if costs else None)
    return found


def _downstream_first(network: Network, chosen: dict[int, int]) -> list[int]:
    """Places so that each stands after every place its units go into; a ring of transfers is cut once."""
    order: list[int] = []
    seen: set[int] = set()

    def visit(place: int) -> None:
        seen.add(place)
        for user in users.get(place, ()):
            if user not in seen:
                visit(user)
        order.append(place)

    users: dict[int, list[int]] = {}
    for place, s in sorted(chosen.items()):
        for used, _ in network.sources[s].uses:
            users.setdefault(used, []).append(place)
    for place in range(len(network.places)):
        if place not in seen:
            visit(place)
    return order
