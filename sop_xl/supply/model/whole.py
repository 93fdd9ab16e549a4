"""Whole lots, smallest orders and setups: in whole numbers where lots are exact.

Otherwise a plan is made in rates: setups count by the usual lot (`setups_by_the_unit`), and lots are rounded after the
linear programme (`lots`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sop_xl.supply.network import Array, Mask, Network, Numbers

if TYPE_CHECKING:
    from sop_xl.supply.model.model import Model

_SUBSTITUTIONS = 2
"""How often one item stands in for another that stands in for a third."""


def whole_lots(m: Model) -> None:
    """Orders come in multiples of the lot."""
    multiple = m.network.sources.multiple
    if not m.exact or not (multiple > 0).any():
        return
    where = m.network.open & (multiple > 0)[:, None]
    lots = m.add("lots", "source", where=where, whole=True)
    row = m.rows("whole_lots", "source", equal=0.0, where=where)
    m.terms(row, 1.0, m.order)
    m.terms(row, -multiple[:, None], lots)


def minimum_order(m: Model) -> None:
    """A source that runs in a month runs at least its minimum, and nothing where it does not run."""
    n = m.network
    minimum = n.sources.minimum
    runs = _runs(n)
    if not m.exact or not runs.any():
        return
    running = m.add(
        "running",
        "source",
        upper=1.0,
        cost=np.repeat(n.sources.setup_cost[:, None], n.months, axis=1),
        where=runs,
        whole=True,
    )
    row = m.rows("largest_order", "source", at_most=0.0, where=runs)
    m.terms(row, 1.0, m.order)
    m.terms(row, -largest_orders(n)[:, None], running)
    smallest = runs & (minimum > 0)[:, None]
    if smallest.any():
        row = m.rows("minimum_order", "source", at_least=0.0, where=smallest)
        m.terms(row, 1.0, m.order)
        m.terms(row, -minimum[:, None], running)


def setup(m: Model) -> None:
    """A month with an order of a source takes its setup hours from the resource, once."""
    n = m.network
    if not m.exact or not (n.hours.setup > 0).any():
        return
    balance = m.blocks.rows["hours_balance"].number
    m.terms(m.rows_after(balance, n.hours.of, n.hours.offset), n.hours.setup[:, None], m.running[n.hours.source])


def _runs(n: Network) -> np.ndarray:
    """Where it matters whether a source runs: it has a minimum or a setup."""
    of_hours = np.bincount(n.hours.source, n.hours.setup, len(n.sources)) > 0
    return np.asarray(n.open & ((n.sources.minimum > 0) | (n.sources.setup_cost > 0) | of_hours)[:, None])


def needed_of_items(n: Network) -> Array:
    """All that is needed of the item of each place: demand, targets and what goes into other items [units]."""
    item, own = _own_need(n)
    return np.asarray(_exploded(n, item, own, n.sources.kind != "substitute")[item])


def largest_orders(n: Network) -> Array:
    """The most a source could have to release in a month [units]: all need, what is lost on the way, what is locked."""
    s = n.sources
    item, own = _own_need(n)
    stands_in = s.kind == "substitute"
    needed = _exploded(n, item, own, ~stands_in)
    if stands_in.any():
        needed = _exploded(n, item, _exploded(n, item, needed, stands_in, rounds=_SUBSTITUTIONS), ~stands_in)
    needed = needed * _lost_on_the_way(n, item)
    most = needed[item][s.place] / s.output
    np.maximum.at(most, n.locks.source, n.locks.quantity)
    return np.minimum(s.maximum, np.maximum(most, s.minimum) + s.multiple)


def _own_need(n: Network) -> tuple[Numbers, Array]:
    """The number of the item of each place, and what is wanted of each item itself [units]."""
    numbers = {name: number for number, name in enumerate(n.items)}
    item = np.array([numbers[str(name)] for name in n.places.item], dtype=np.int64)
    own = np.zeros(len(numbers))
    np.add.at(own, item, n.demand.sum(axis=1) + n.target.max(axis=1) + np.maximum(n.least, 0.0).max(axis=1))
    return item, own


def _exploded(n: Network, item: Numbers, own: Array, which: Mask, rounds: int | None = None) -> Array:
    """What is wanted of each item with all that some of the sources take of it for other items [units]."""
    into, of = item[n.sources.place[n.uses.source]], item[n.uses.of]
    other = (into != of) & which[n.uses.source]
    amount = n.uses.amount[other] / n.sources.output[n.uses.source[other]]
    pairs, pair = np.unique(np.stack([into[other], of[other]]), axis=1, return_inverse=True)
    most = np.zeros(pairs.shape[1])
    np.maximum.at(most, pair, amount)
    needed = own
    for _ in range(len(own) if rounds is None else rounds):
        more = own.copy()
        np.add.at(more, pairs[1], most * needed[pairs[0]])
        if np.allclose(more, needed):
            break
        needed = more
    return needed


def _lost_on_the_way(n: Network, item: Numbers) -> Array:
    """Units sent for one that arrives, over every transfer an item can make; by item."""
    into, of = item[n.sources.place[n.uses.source]], item[n.uses.of]
    moved = into == of
    lost = np.ones(len(n.items))
    np.maximum.at(lost, into[moved], n.uses.amount[moved] / n.sources.output[n.uses.source[moved]])
    return np.asarray(lost ** np.maximum(np.bincount(item, minlength=len(lost)) - 1, 0))


def setups_by_the_unit(n: Network) -> Network:
    """The network with setups counted by the usual lot: minimum or multiple, or a month's need where that is more."""
    s = n.sources
    setups = np.bincount(n.hours.source, n.hours.setup, len(s))
    if not (setups.any() or s.setup_cost.any()):
        return n
    usual = np.maximum(np.maximum(s.minimum, s.multiple), needed_of_items(n)[s.place] / s.output / n.months)
    usual = np.where(usual > 0, usual, 1.0)
    hours = replace(
        n.hours, amount=n.hours.amount + n.hours.setup / usual[n.hours.source], setup=np.zeros_like(n.hours.setup)
    )
    sources = replace(s, cost=s.cost + (s.setup_cost / usual)[:, None], setup_cost=np.zeros_like(s.setup_cost))
    return replace(n, hours=hours, sources=sources)
