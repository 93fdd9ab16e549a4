"""What orders and shipments do to every place, month by month.

The balance is kept by construction: closing = opening + receipts - issues - shipped, where receipts are orders
arriving and receipts under way, and issues are components used and units moved on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sop_xl.supply.network import Array, Network
from sop_xl.supply.prices import Prices

_ROUNDING = 1e-6


@dataclass(frozen=True)
class Flows:
    """The plan in units: orders by (source, month of release), demand side by (demand, month), places by month.

    `order`, `ship`, `late`, `lost` are decisions and what they leave; `receipts`, `issues`, `shipped`, `closing` are
    by place; `regular` and `overtime` are hours by resource.
    """

    order: Array
    ship: Array
    late: Array
    lost: Array
    receipts: Array
    issues: Array
    shipped: Array
    closing: Array
    regular: Array
    overtime: Array


def plan_flows(network: Network, order: Array, ship: Array) -> Flows:
    """The flows that follow from orders released and units shipped.

    Parameters
    ----------
    network
        The supply network.
    order
        Units by source and month of release [units].
    ship
        Units shipped by demand and month [units].

    """
    receipts, issues = network.receipts.copy(), np.zeros_like(network.receipts)
    for s, source in enumerate(network.sources):
        receipts[source.place] += arrivals(order[s], source.lead)
        for place, units in source.uses:
            issues[place] += units * order[s]
    shipped = by_place(network, ship)
    closing = network.opening[:, None] + np.cumsum(receipts - issues - shipped, axis=1)
    closing = np.where(np.abs(closing) < _ROUNDING, 0.0, closing)
    quantity = demanded(network)
    short = quantity - ship
    backlog = network.settings.short_policy == "backlog"
    left = np.cumsum(short, axis=1) if backlog else short
    left = np.where(left < _ROUNDING, 0.0, left)
    nothing = np.zeros_like(ship)
    regular, overtime = _split_hours(network, used_hours(network, order))
    return Flows(
        order=order,
        ship=ship,
        late=left if backlog else nothing,
        lost=nothing if backlog else left,
        receipts=receipts,
        issues=issues,
        shipped=shipped,
        closing=closing,
        regular=regular,
        overtime=overtime,
    )


def arrivals(order: Array, lead: int) -> Array:
    """Orders of one source by month of arrival [units]; what arrives after the horizon is not counted.

    >>> arrivals(np.array([5.0, 7.0, 9.0]), 1)
    array([0., 5., 7.])
    """
    arrived = np.zeros_like(order)
    arrived[lead:] = order[: max(len(order) - lead, 0)]
    return arrived


def demanded(network: Network) -> Array:
    """Quantity of each demand, shape (demands, months)."""
    if not network.demands:
        return np.zeros((0, network.months))
    return np.vstack([d.quantity for d in network.demands])


def by_place(network: Network, of_demand: Array) -> Array:
    """A quantity of the demands summed over each place, shape (places, months)."""
    total = np.zeros((len(network.places), network.months))
    np.add.at(total, np.array([d.place for d in network.demands], dtype=int), of_demand)
    return total


def used_hours(network: Network, order: Array) -> Array:
    """Hours the orders take of each resource in their month of release [h]."""
    used = np.zeros((len(network.resources), network.months))
    for s, source in enumerate(network.sources):
        for resource, per_unit in source.hours:
            used[resource] += per_unit * order[s]
    return used


def _split_hours(network: Network, used: Array) -> tuple[Array, Array]:
    """Used hours as regular and overtime hours, the cheaper first; a rounding error stays within capacity."""
    used = np.minimum(used, network.regular + network.overtime)
    cheaper = np.array([r.overtime_cost_per_hour < r.cost_per_hour for r in network.resources], dtype=bool)
    first = np.where(cheaper[:, None], network.overtime, network.regular)
    taken = np.minimum(used, first)
    regular = np.where(cheaper[:, None], used - taken, taken)
    return regular, used - regular


def plan_costs(network: Network, prices: Prices, flows: Flows) -> dict[str, float]:
    """Cost of the plan by kind [currency]: make, buy, move, hold, late, lost, safety and overtime.

    Regular hours stand in make. Units on the way and components in work are held like stock. `late` and `safety` hold
    what the last month adds for backlog and missing stock that the horizon leaves behind.
    """
    kinds = np.array([source.kind for source in network.sources], dtype=object)
    ordered = flows.order.sum(axis=1) * prices.order
    regular = np.array([r.cost_per_hour for r in network.resources]) @ flows.regular.sum(axis=1)
    overtime = np.array([r.overtime_cost_per_hour for r in network.resources]) @ flows.overtime.sum(axis=1)
    missing = np.maximum(network.target - flows.closing, 0.0)
    return {
        "make": float(ordered[kinds == "make"].sum() + regular),
        "buy": float(ordered[kinds == "buy"].sum()),
        "move": float(ordered[kinds == "transfer"].sum()),
        "hold": float(prices.holding @ flows.closing.sum(axis=1) + prices.pipeline @ flows.order.sum(axis=1)),
        "late": float((flows.late * prices.late).sum()),
        "lost": float(prices.lost @ flows.lost.sum(axis=1)),
        "safety": float((missing * prices.below).sum()),
        "overtime": float(overtime),
    }
