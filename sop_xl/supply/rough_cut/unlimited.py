"""The unlimited plan: what would be ordered if only lead times stood in the way; rough-cut capacity starts from it.

References
----------
[1] Vollmann, Berry, Whybark & Jacobs, Manufacturing Planning and Control for Supply Chain Management, 5th ed.,
    chapters 7 and 10: gross-to-net explosion; capacity needed by a plan.

"""

from __future__ import annotations

import numpy as np

from sop_xl.supply.flows import delayed, used_hours
from sop_xl.supply.model.prices import Prices
from sop_xl.supply.network import Array, Network, Numbers

_TINY = 1e-9


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
