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
from sop_xl.supply.flows import delayed, used_hours
from sop_xl.supply.model.prices import Prices
from sop_xl.supply.network import Array, Network, Numbers
from sop_xl.supply.reading.tables import check_bom

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
    months = network.months
    order = np.zeros((len(network.sources), months))
    need = network.demand.copy()
    chosen = _cheapest_sources(network, prices)
    level = _levels(network, chosen)
    uses = network.uses
    used_by_chosen = np.flatnonzero(chosen[network.sources.place[uses.source]] == uses.source)
    of_level = level[network.sources.place[uses.source[used_by_chosen]]]
    first = min(network.settings.frozen_months, months - 1)
    for depth in range(int(level.max(initial=-1)) + 1):
        places = np.flatnonzero((level == depth) & (chosen >= 0))
        if not len(places):
            continue
        s = chosen[places]
        released = _chase(need, network, places) / network.sources.output[s][:, None]
        order[s] = _released(released, network.sources.lead[s], first)
        links = used_by_chosen[of_level == depth]
        taken = delayed(order[uses.source[links]], uses.offset[links]) * uses.amount[links][:, None]
        np.add.at(need, uses.of[links], taken)
    return order


def unlimited_hours(network: Network, prices: Prices) -> Array:
    """Hours the unlimited plan needs of each resource, by month [h]."""
    return used_hours(network, unlimited_orders(network, prices))


def _chase(need: Array, network: Network, places: Numbers) -> Array:
    """Receipts that places need by month to meet their need and hold their target."""
    used = np.cumsum(need[places] - network.receipts[places], axis=1)
    short = used + network.target[places] - network.opening[places][:, None]
    made = np.maximum.accumulate(np.maximum(short, 0.0), axis=1)
    found = np.diff(made, axis=1, prepend=0.0)
    return np.where(found < _TINY, 0.0, found)


def _released(receipts: Array, lead: Numbers, first: int) -> Array:
    """Receipts as orders a lead time earlier; those that are too late are released in the first open month."""
    month = np.arange(receipts.shape[1])
    release = np.maximum(month - lead[:, None], first)
    order = np.zeros_like(receipts)
    np.add.at(order, (np.arange(len(receipts))[:, None], release), receipts)
    return order


def _cheapest_sources(network: Network, prices: Prices) -> Numbers:
    """The source of each place through which its landed cost comes about, -1 where there is none."""
    found = np.full(len(network.places), -1)
    by_cost = np.lexsort((np.arange(len(network.sources)), prices.supply))[::-1]
    found[network.sources.place[by_cost]] = by_cost
    return found


def _levels(network: Network, chosen: Numbers) -> Numbers:
    """Levels of places so that each stands after every place its units go into; a ring of transfers is cut."""
    uses = network.uses
    links = chosen[network.sources.place[uses.source]] == uses.source
    into, of = network.sources.place[uses.source[links]], uses.of[links]
    level = np.zeros(len(network.places), dtype=np.int64)
    for _ in range(len(network.locations) + len(network.items)):
        deeper = level.copy()
        np.maximum.at(deeper, of, level[into] + 1)
        if np.array_equal(deeper, level):
            break
        level = deeper
    return level
