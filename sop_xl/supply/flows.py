"""What orders and shipments do to every place, month by month.

The balance is kept by construction: closing = opening + receipts - issues - shipped, where receipts are orders
arriving and receipts under way, and issues are components used, units moved on and units scrapped.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sop_xl.supply.network import Array, Network, Numbers

_ROUNDING = 1e-6
RUNS = 1e-6
"""Orders above this run: they are set up for [units]."""


@dataclass(frozen=True)
class Flows:
    """The plan in units: orders by (source, month of release), demand side by (demand, month), places by month.

    `order`, `ship`, `late`, `lost` are decisions and what they leave; `receipts`, `issues`, `scrapped`, `shipped`,
    `closing` are by place, issues with what is scrapped; `regular` and `overtime` are hours by resource.
    """

    order: Array
    ship: Array
    late: Array
    lost: Array
    receipts: Array
    issues: Array
    scrapped: Array
    shipped: Array
    closing: Array
    regular: Array
    overtime: Array


def plan_flows(network: Network, order: Array, ship: Array, scrapped: Array | None = None) -> Flows:
    """The flows that follow from orders released and units shipped.

    Parameters
    ----------
    network
        The supply network.
    order
        Units by source and month of release [units].
    ship
        Units shipped by demand and month [units].
    scrapped
        Units scrapped by place and month [units]; none if not given.

    """
    scrapped = np.zeros_like(network.receipts) if scrapped is None else scrapped
    receipts = network.receipts + arrivals_at(network, order)
    issues = issues_from(network, order) + scrapped
    shipped = by_place(network, ship)
    closing = network.opening[:, None] + np.cumsum(receipts - issues - shipped, axis=1)
    size = np.maximum(1.0, np.abs(network.opening[:, None]) + np.cumsum(receipts, axis=1))
    closing = np.where(np.abs(closing) < _ROUNDING * size, 0.0, closing)
    short = network.demands.quantity - ship
    backlog = network.demands.backlog[:, None]
    left = np.where(backlog, np.cumsum(short, axis=1), short)
    left = np.where(
        left < _ROUNDING * np.maximum(1.0, network.demands.quantity.max(axis=1, initial=0.0))[:, None], 0.0, left
    )
    regular, overtime = _split_hours(network, used_hours(network, order))
    return Flows(
        order=order,
        ship=ship,
        late=np.where(backlog, left, 0.0),
        lost=np.where(backlog, 0.0, left),
        receipts=receipts,
        issues=issues,
        scrapped=scrapped,
        shipped=shipped,
        closing=closing,
        regular=regular,
        overtime=overtime,
    )


def delayed(quantity: Array, months: Numbers) -> Array:
    """Rows of quantities moved by whole months to the right; what leaves the horizon is dropped.

    >>> delayed(np.array([[5.0, 7.0, 9.0], [1.0, 2.0, 3.0]]), np.array([1, 0]))
    array([[0., 5., 7.],
           [1., 2., 3.]])
    """
    if not len(months) or not months.any():
        return quantity
    at = np.arange(quantity.shape[1]) - months[:, None]
    found = np.take_along_axis(quantity, np.maximum(at, 0), axis=1)
    return np.where(at >= 0, found, 0.0)


def arrivals_at(network: Network, order: Array) -> Array:
    """Good units of the orders by place and month of arrival [units]; what arrives after the horizon is not counted."""
    found = np.zeros_like(network.receipts)
    sources = network.sources
    np.add.at(found, sources.place, delayed(order, sources.lead) * sources.output[:, None])
    return found


def issues_from(network: Network, order: Array) -> Array:
    """Units that orders take from each place, in the month they take them [units]."""
    found, uses = np.zeros_like(network.receipts), network.uses
    np.add.at(found, uses.of, delayed(order[uses.source], uses.offset) * uses.amount[:, None])
    return found


def by_place(network: Network, of_demand: Array) -> Array:
    """A quantity of the demands summed over each place, shape (places, months)."""
    total = np.zeros((len(network.places), network.months))
    np.add.at(total, network.demands.place, of_demand)
    return total


def used_hours(network: Network, order: Array) -> Array:
    """Hours the orders take of each resource, and their setups where these are counted one by one [h]."""
    used, hours = np.zeros((len(network.resources), network.months)), network.hours
    np.add.at(used, hours.of, delayed(ordered_hours(network, order), hours.offset))
    return used


def ordered_hours(network: Network, order: Array) -> Array:
    """Hours that orders take at each of their resources, setups included, by month of release; (links, months) [h]."""
    hours = network.hours
    worked = order[hours.source] * hours.amount[:, None]
    if hours.setup.any():
        worked = worked + np.where(order[hours.source] > RUNS, hours.setup[:, None], 0.0)
    return worked


def hours_there(network: Network) -> tuple[Array, Array]:
    """Regular and overtime hours there may be, (resources, months) [h]: of the calendar, with every extra shift."""
    return network.regular, network.overtime + network.shift * network.shifts


def _split_hours(network: Network, used: Array) -> tuple[Array, Array]:
    """Used hours as regular and overtime hours, the cheaper first; a rounding error stays within capacity.

    Hours of extra shifts count as overtime.
    """
    there, more = hours_there(network)
    used = np.minimum(used, there + more)
    cheaper = np.array([r.overtime_cost_per_hour < r.cost_per_hour for r in network.resources], dtype=bool)
    first = np.where(cheaper[:, None], network.overtime, there)
    taken = np.minimum(used, first)
    regular = np.where(cheaper[:, None], used - taken, taken)
    return regular, used - regular
