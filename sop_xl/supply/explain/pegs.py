"""Which supply serves which need: first-in-first-out pegs of a plan, as arrays.

Every place has *lots* that come (opening stock, receipts under way, orders) and *outs* that go (scrap, shipments, units
that orders take, and what is left at the end). In the order of their months both are cumulative curves; where the two
are laid over each other each piece belongs to one lot and one out: a *peg*. What an order makes is alike, so what it
took is shared among its pegs in proportion. Chained through bills of materials and transfers, the pegs lead from any
lot to the customers: with D the pegs to customers and S those to orders, both in shares of the lot,

    X = D + S X = D + S D + S S D + ...

References
----------
[1] Orlicky, Material Requirements Planning, 1975, chapter 6: pegged requirements.
[2] Vollmann, Berry, Whybark & Jacobs, Manufacturing Planning and Control for Supply Chain Management, 5th ed.,
    chapter 7: pegging, single level and full.

"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from sop_xl.supply.flows import Flows
from sop_xl.supply.network import Array, Mask, Network, Numbers

STOCK, RECEIPT, ORDER = 0, 1, 2
"""Kinds of lot."""

SCRAPPED, SHIPPED, TAKEN, LEFT = 0, 1, 2, 3
"""Kinds of out, in the order in which they are served within a month."""

_SMALLEST = 1e-9
"""Pegs below this share of what came to a place are rounding."""

_NOISE = 1e-12
"""Pieces below this share of what came before them are rounding."""

_DEEPEST = 200
"""Levels a chain of pegs may have; a ring of transfers is cut there."""


@dataclass(frozen=True)
class Lots:
    """What came to the places, one entry each: place, month of arrival, units, kind, and the order it is, or -1.

    `source` and `release` name the order: its source and month of release.
    """

    place: Numbers
    month: Numbers
    units: Array
    kind: Numbers
    source: Numbers
    release: Numbers

    def __len__(self) -> int:
        return len(self.place)


@dataclass(frozen=True)
class Outs:
    """What went from the places, one entry each: place, month, units, kind, and what it went into.

    `into`: the demand of a shipment, the lot that an order became, else -1. `wanted`: the month a shipment was wanted.
    """

    place: Numbers
    month: Numbers
    units: Array
    kind: Numbers
    into: Numbers
    wanted: Numbers


@dataclass(frozen=True)
class Pegs:
    """Every lot, every out, and the pegs between them: `lot`, `out` and `units` of each."""

    network: Network
    lots: Lots
    outs: Outs
    lot: Numbers
    out: Numbers
    units: Array

    @cached_property
    def per_unit(self) -> Array:
        """One over the units of each lot."""
        return np.asarray(1.0 / self.lots.units)

    @cached_property
    def to_outs(self) -> sparse.csr_array:
        """Units of each lot that go to customers, to scrap, or are left: (lots, outs)."""
        return self._pegged(self.outs.kind[self.out] != TAKEN, self.out, len(self.outs.place))

    @cached_property
    def to_lots(self) -> sparse.csr_array:
        """Units of each lot that go into each order: (lots, lots)."""
        taken = self.outs.kind[self.out] == TAKEN
        return self._pegged(taken, self.outs.into[self.out], len(self.lots))

    def _pegged(self, which: Mask, column: Numbers, width: int) -> sparse.csr_array:
        entries = (self.units[which], (self.lot[which], column[which]))
        return sparse.csr_array(sparse.coo_array(entries, shape=(len(self.lots), width)))

    def forward(self, at_lots: Array) -> Array:
        """What stands at the lots, (lots, things), carried on with their units to the outs, (outs, things).

        It goes where the lot goes, in proportion, until it leaves with a customer, is scrapped or left.
        """
        found, carried = np.zeros((len(self.outs.place), at_lots.shape[1])), at_lots
        for _ in range(_DEEPEST):
            share = carried * self.per_unit[:, None]
            found += self.to_outs.T @ share
            carried = self.to_lots.T @ share
            if not carried.any():
                break
        return found

    def chains(self, outs: Numbers) -> list[sparse.csr_array]:
        """Units of each lot that end in the given outs, (lots, outs given), by level: what is shipped, its parts ..."""
        level = sparse.csr_array(self.to_outs[:, outs])
        levels = [level]
        for _ in range(_DEEPEST):
            level = sparse.csr_array(self.to_lots @ (level * self.per_unit[:, None]))
            level.data[np.abs(level.data) < _SMALLEST] = 0.0
            level.eliminate_zeros()
            if not level.nnz:
                break
            levels.append(level)
        return levels


def peg(network: Network, flows: Flows) -> Pegs:
    """First-in-first-out pegs of a plan.

    Parameters
    ----------
    network, flows
        The plan.

    Returns
    -------
    Pegs
        Lots, outs and pegs; within a month scrap goes first, then customers by weight, then orders.

    """
    lots = _lots(network, flows)
    outs = _outs(network, flows, lots)
    lot, out, units = overlap((lots.place, lots.units), (outs.place, outs.units))
    left_place, left_units = lots.place, lots.units - np.bincount(lot, units, len(lots))
    some = left_units > _SMALLEST * np.maximum(1.0, lots.units)
    end = Outs(
        left_place[some], np.full(int(some.sum()), network.months), left_units[some], np.full(int(some.sum()), LEFT),
        np.full(int(some.sum()), -1), np.full(int(some.sum()), -1),
    )  # fmt: skip
    count = len(outs.place)
    return Pegs(
        network,
        lots,
        Outs(*(np.concatenate([getattr(outs, f), getattr(end, f)]) for f in Outs.__dataclass_fields__)),
        np.concatenate([lot, np.flatnonzero(some)]),
        np.concatenate([out, count + np.arange(int(some.sum()))]),
        np.concatenate([units, left_units[some]]),
    )


def overlap(first: tuple[Numbers, Array], second: tuple[Numbers, Array]) -> tuple[Numbers, Numbers, Array]:
    """Two lists of units laid over each other, group by group: which pieces of both are the same units.

    Parameters
    ----------
    first, second
        The group of each entry, ascending, and its units; both in the order in which they are served.

    Returns
    -------
    tuple
        Number of the entry in the first list, in the second, and the units of each piece. What one list has more of in
        a group than the other has no piece.

    >>> group = np.zeros(2, dtype=int)
    >>> of, to, units = overlap((group, np.array([10.0, 5.0])), (group, np.array([4.0, 8.0])))
    >>> list(zip(of.tolist(), to.tolist(), units.tolist()))
    [(0, 0, 4.0), (0, 1, 6.0), (1, 1, 2.0)]

    """
    ends = [_running(group, units) for group, units in (first, second)]
    group = np.concatenate([first[0], second[0]])
    end = np.concatenate(ends)
    belongs = np.repeat([0, 1], [len(first[0]), len(second[0])])
    order = np.lexsort((belongs, end, group))
    group, end, belongs = group[order], end[order], belongs[order]
    start = np.concatenate([[0.0], end])[:-1]
    start[np.flatnonzero(np.diff(group)) + 1] = 0.0
    # A piece that ends here belongs to the next entry of each list whose end is not passed yet.
    one, two = (np.cumsum(belongs == which) - (belongs == which) for which in (0, 1))
    inside = (one < len(first[0])) & (two < len(second[0])) & (end - start > _NOISE * end)
    a, b = np.minimum(one, max(len(first[0]) - 1, 0)), np.minimum(two, max(len(second[0]) - 1, 0))
    if len(first[0]) and len(second[0]):
        inside &= (first[0][a] == group) & (second[0][b] == group)
    return a[inside], b[inside], (end - start)[inside]


def _running(group: Numbers, units: Array) -> Array:
    """Running sum of units within each group."""
    total = np.cumsum(units)
    if not len(total):
        return total
    new = np.concatenate([[True], group[1:] != group[:-1]])
    before = np.concatenate([[0.0], total[:-1]])[new]
    return np.asarray(total - np.repeat(before, np.diff(np.append(np.flatnonzero(new), len(group)))))


def _lots(network: Network, flows: Flows) -> Lots:
    """Opening stock, receipts under way and orders, by place and month of arrival."""
    stocked = np.flatnonzero(network.opening > 0)
    at, due = np.nonzero(network.receipts > 0)
    s, release = np.nonzero(flows.order > 0)
    sources = network.sources
    arrival = release + sources.lead[s]
    there = arrival < network.months
    s, release, arrival = s[there], release[there], arrival[there]
    none = np.full(len(stocked) + len(at), -1)
    place = np.concatenate([stocked, at, sources.place[s]])
    month = np.concatenate([np.zeros(len(stocked), dtype=np.int64), due, arrival])
    units = np.concatenate(
        [network.opening[stocked], network.receipts[at, due], flows.order[s, release] * sources.output[s]]
    )
    kind = np.repeat([STOCK, RECEIPT, ORDER], [len(stocked), len(at), len(s)])
    source, released = np.concatenate([none, s]), np.concatenate([none, release])
    order = np.lexsort((source, kind, month, place))
    return Lots(*(column[order] for column in (place, month, units, kind, source, released)))


def _outs(network: Network, flows: Flows, lots: Lots) -> Outs:
    """Scrap, shipments by the month they were wanted, and what orders take, by place and month."""
    demands, uses = network.demands, network.uses
    scrap_place, scrap_month = np.nonzero(flows.scrapped > 0)
    d, wanted, shipped, quantity = shipments(network, flows)
    number = np.full((len(network.sources), network.months), -1)
    ordered = lots.kind == ORDER
    number[lots.source[ordered], lots.release[ordered]] = np.flatnonzero(ordered)
    link, release = np.nonzero(number[uses.source] >= 0)
    taken = release + uses.offset[link]
    inside = taken < network.months
    link, release, taken = link[inside], release[inside], taken[inside]
    amount = flows.order[uses.source[link], release] * uses.amount[link]
    counts = [len(scrap_place), len(d), len(link)]
    none = [np.full(count, -1) for count in counts]
    place = np.concatenate([scrap_place, demands.place[d], uses.of[link]])
    month = np.concatenate([scrap_month, shipped, taken])
    units = np.concatenate([flows.scrapped[scrap_place, scrap_month], quantity, amount])
    kind = np.repeat([SCRAPPED, SHIPPED, TAKEN], counts)
    into = np.concatenate([none[0], d, number[uses.source[link], release]])
    want = np.concatenate([none[0], wanted, none[2]])
    first = np.concatenate([none[0] * 0.0, -demands.weight[d], none[2] * 0.0])
    order = np.lexsort((want, into, first, kind, month, place))
    return Outs(*(column[order] for column in (place, month, units, kind, into, want)))


def shipments(network: Network, flows: Flows) -> tuple[Numbers, Numbers, Numbers, Array]:
    """What each demand is shipped, oldest first: demand, month wanted, month shipped, units."""
    d, wanted = np.nonzero(network.demands.quantity > 0)
    e, shipped = np.nonzero(flows.ship > 0)
    backlog = network.demands.backlog
    months = network.months
    # What is lost in a month is not served later, so each month is a group of its own there.
    groups = [np.where(backlog[n], n * months, n * months + t) for n, t in ((d, wanted), (e, shipped))]
    one, two, units = overlap((groups[0], network.demands.quantity[d, wanted]), (groups[1], flows.ship[e, shipped]))
    return d[one], wanted[one], shipped[two], units
