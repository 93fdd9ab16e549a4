"""Exact minimum of a sum of tables over one or two choices each: what multi-echelon problems come down to.

Each variable has a few labels; cost is the sum of a vector per variable and a table per linked pair. Three ideas in
turn, repeated down a tree of splits until the answer is proved:

1. A variable linked to at most two others is eliminated exactly (dynamic programming [2]; a tree needs nothing else).
2. On the core that is left, costs are shifted between variables and tables without changing any total, so that the sum
   of the separate minima, a lower bound, rises (sequential reparametrisation [1]).
3. A label whose own lower bound is above a solution in hand is struck out; a core small enough is tried whole.

References
----------
[1] V. Kolmogorov (2015): A new look at reweighted message passing, IEEE Trans. PAMI 37(5), 919-930.
[2] R. Dechter (1999): Bucket elimination: a unifying framework for reasoning, Artificial Intelligence 113, 41-85.

"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from sop_xl.inventory.bounds import Floats

Labels = npt.NDArray[np.int_]
_LARGEST_TABLE = 4_000_000
_LARGEST_LIST = 100_000
_EXACT = 1e-9
_SWEEPS = 8
_STALLED = 0.03


@dataclass(frozen=True)
class Minimum:
    """The label of each variable, the cost, and a lower bound that no labels go below."""

    labels: Labels
    cost: float
    bound: float
    splits: int

    @property
    def proved(self) -> bool:
        """Whether the cost is the bound, to 1e-9 of it."""
        return self.cost <= self.bound + _EXACT * max(1.0, abs(self.cost))


@dataclass
class _Graph:
    """What is left: vectors and tables by variable, which labels still stand, and how eliminated ones follow."""

    unary: dict[int, Floats]
    links: dict[int, dict[int, Floats]]
    kept: dict[int, Labels]
    constant: float = 0.0
    trail: list[tuple[int, tuple[int, ...], Labels, list[Labels]]] = field(default_factory=list)

    def copy(self) -> _Graph:
        return _Graph(
            dict(self.unary), {v: dict(near) for v, near in self.links.items()}, dict(self.kept), self.constant,
            list(self.trail),
        )  # fmt: skip

    def link(self, u: int, v: int, table: Floats) -> None:
        if v in self.links[u]:
            table = self.links[u][v] + table
        self.links[u][v], self.links[v][u] = table, table.T

    def drop(self, v: int) -> None:
        for u in self.links.pop(v):
            del self.links[u][v]
        del self.unary[v]

    def restrict(self, v: int, rows: npt.NDArray[Any]) -> None:
        self.unary[v], self.kept[v] = self.unary[v][rows], self.kept[v][rows]
        for u, table in list(self.links[v].items()):
            self.links[v][u] = np.ascontiguousarray(table[rows])
            self.links[u][v] = self.links[v][u].T


def minimise(unary: list[Floats], pairs: dict[tuple[int, int], Floats], *, seconds: float = 60.0) -> Minimum:
    """The labels of least total cost, proved; or the best found and a bound when `seconds` run out.

    Parameters
    ----------
    unary
        Cost of each label of each variable.
    pairs
        Cost by labels of (u, v), one row per label of u.
    seconds
        Time after which to stop and report the bound reached [s].

    >>> found = minimise([np.array([0.0, 2.0]), np.array([3.0, 0.0])], {(0, 1): np.array([[0.0, 9.0], [9.0, 0.0]])})
    >>> print(found.labels, found.cost, found.proved)
    [1 1] 2.0 True

    """
    graph = _Graph(
        {v: np.array(costs, dtype=float) for v, costs in enumerate(unary)},
        {v: {} for v in range(len(unary))},
        {v: np.arange(len(costs)) for v, costs in enumerate(unary)},
    )
    for (u, v), table in pairs.items():
        graph.link(u, v, np.asarray(table, dtype=float))
    return _Search(unary, pairs, time.monotonic() + seconds).run(graph)


class _Search:
    """Best first over splits of label sets; `best` is the solution in hand."""

    def __init__(self, unary: list[Floats], pairs: dict[tuple[int, int], Floats], deadline: float) -> None:
        self.unary, self.pairs, self.deadline = unary, pairs, deadline
        self.labels: Labels = np.zeros(len(unary), dtype=int)
        self.best = np.inf
        self.splits = 0

    def run(self, graph: _Graph) -> Minimum:
        waiting: list[tuple[float, _Graph]] = []
        self._explore(graph, waiting)
        while waiting and time.monotonic() < self.deadline:
            at = min(range(len(waiting)), key=lambda k: waiting[k][0])
            bound, node = waiting.pop(at)
            if bound < self.best - self._slack():
                self._split(node, waiting)
        open_bounds = [bound for bound, _ in waiting if bound < self.best - self._slack()]
        return Minimum(self.labels, self.best, min([self.best, *open_bounds]), self.splits)

    def _slack(self) -> float:
        return _EXACT * max(1.0, abs(self.best)) / 2.0 if np.isfinite(self.best) else 0.0

    def _explore(self, graph: _Graph, waiting: list[tuple[float, _Graph]]) -> None:
        """Tighten a node; keep it waiting unless it is closed."""
        bound = -np.inf
        while True:
            _eliminate(graph)
            if not graph.unary:
                self._offer(graph, {})
                return
            if sum(np.log(len(costs)) for costs in graph.unary.values()) <= np.log(_LARGEST_LIST):
                self._offer(graph, _enumerate(graph))
                return
            before = bound
            bound, choice = _tighten(graph)
            self._offer(graph, _descend(graph, choice))
            gap = self.best - bound
            if gap <= self._slack():
                return
            struck = _strike(graph, gap + self._slack())
            if struck < 0:
                return
            if bound - before < _STALLED * gap and struck == 0:
                break
            if time.monotonic() > self.deadline:
                break
        waiting.append((bound, graph))

    def _split(self, graph: _Graph, waiting: list[tuple[float, _Graph]]) -> None:
        self.splits += 1
        v = max(graph.unary, key=lambda u: (min(len(graph.unary[u]), 4) * len(graph.links[u]), len(graph.unary[u])))
        size = len(graph.unary[v])
        shown = graph.unary[v] + sum(table.min(axis=1) for table in graph.links[v].values())
        cut = int(np.clip(np.argmin(shown) + (np.argmin(shown) < size / 2), 1, size - 1))
        for rows in (np.arange(cut), np.arange(cut, size)):
            part = graph.copy()
            part.restrict(v, rows)
            self._explore(part, waiting)

    def _offer(self, graph: _Graph, choice: dict[int, int]) -> None:
        """The labels of a whole solution from those of what is left; kept if they are the best so far."""
        labels = {v: int(graph.kept[v][row]) for v, row in choice.items()}
        for v, near, kept, follow in reversed(graph.trail):
            where = tuple(int(np.flatnonzero(k == labels[u])[0]) for u, k in zip(near, follow[:-1], strict=True))
            labels[v] = int(kept[follow[-1][where]])
        found = np.array([labels[v] for v in range(len(self.unary))])
        cost = sum(float(costs[found[v]]) for v, costs in enumerate(self.unary))
        cost += sum(float(table[found[u], found[v]]) for (u, v), table in self.pairs.items())
        if cost < self.best:
            self.best, self.labels = cost, found


def _eliminate(graph: _Graph) -> None:
    """Take out every variable with a single label, and every one linked to at most two others."""
    for v in [v for v, costs in graph.unary.items() if len(costs) == 1]:
        graph.constant += float(graph.unary[v][0])
        for u, table in graph.links[v].items():
            graph.unary[u] = graph.unary[u] + table[0]
        graph.trail.append((v, (), graph.kept[v], [np.array(0)]))
        graph.drop(v)
    ready = [v for v, near in graph.links.items() if len(near) <= 2]
    while ready:
        v = ready.pop()
        if v not in graph.unary or len(graph.links[v]) > 2:
            continue
        near = tuple(graph.links[v])
        sizes = [len(graph.unary[u]) for u in near]
        if len(graph.unary[v]) * int(np.prod(sizes)) > _LARGEST_TABLE:
            continue
        total = graph.unary[v].reshape((-1, *([1] * len(near))))
        for axis, u in enumerate(near):
            shape = [len(graph.unary[v]), *([1] * len(near))]
            shape[axis + 1] = sizes[axis]
            total = total + graph.links[v][u].reshape(shape)
        follow = [*(graph.kept[u] for u in near), np.asarray(total.argmin(axis=0))]
        least = np.asarray(total.min(axis=0))
        graph.trail.append((v, near, graph.kept[v], follow))
        graph.drop(v)
        if not near:
            graph.constant += float(least)
        elif len(near) == 1:
            graph.unary[near[0]] = graph.unary[near[0]] + least
        else:
            graph.link(near[0], near[1], least)
        ready += [u for u in near if len(graph.links[u]) <= 2]


def _enumerate(graph: _Graph) -> dict[int, int]:
    """The best labels of a core so small that all of them can be laid out in one table."""
    order = list(graph.unary)
    place = {v: k for k, v in enumerate(order)}

    def spread(table: Floats, *axes: int) -> Floats:
        shape = [1] * len(order)
        for axis in axes:
            shape[axis] = len(graph.unary[order[axis]])
        return table.reshape(shape)

    total = np.zeros([1] * len(order))
    for v in order:
        total = total + spread(graph.unary[v], place[v])
        for u, table in graph.links[v].items():
            if place[u] > place[v]:
                total = total + spread(table, place[v], place[u])
    return {v: int(row) for v, row in zip(order, np.unravel_index(int(total.argmin()), total.shape), strict=True)}


def _tighten(graph: _Graph) -> tuple[float, dict[int, int]]:
    """Raise the lower bound by shifting costs, forwards and backwards; the bound, and labels read off on the way."""
    order = sorted(graph.unary)
    place = {v: k for k, v in enumerate(order)}
    theta = {v: graph.unary[v].copy() for v in order}
    shift = {v: {u: np.zeros(len(theta[v])) for u in graph.links[v]} for v in order}
    choice: dict[int, int] = {}
    for sweep in range(_SWEEPS):
        forward = sweep % 2 == 0
        choice = {}
        for v in order if forward else reversed(order):
            mine, costs = shift[v], theta[v]
            behind = [u for u in mine if (place[u] < place[v]) == forward]
            ahead = [u for u in mine if (place[u] < place[v]) != forward]
            picked = costs.copy()
            for u in behind:
                table = graph.links[v][u]
                least = (table + shift[u][v]).min(axis=1) + mine[u]
                picked += table[:, choice[u]] + shift[u][v][choice[u]] + mine[u]
                costs += least
                mine[u] = mine[u] - least
            choice[v] = int(picked.argmin())
            if ahead:
                part = costs / max(len(ahead), len(behind))
                for u in ahead:
                    mine[u] = mine[u] + part
                    costs -= part
    bound = graph.constant + sum(float(costs.min()) for costs in theta.values())
    for v in order:
        graph.unary[v] = theta[v]
        for u, table in list(graph.links[v].items()):
            if place[u] > place[v]:
                moved = table + shift[v][u][:, np.newaxis] + shift[u][v]
                graph.links[v][u], graph.links[u][v] = moved, moved.T
                bound += float(moved.min())
    return bound, choice


def _descend(graph: _Graph, choice: dict[int, int]) -> dict[int, int]:
    """Labels improved one variable at a time until none helps."""
    moved = True
    while moved:
        moved = False
        for v, near in graph.links.items():
            costs: Floats = graph.unary[v] + sum(table[:, choice[u]] for u, table in near.items())
            least = int(costs.argmin())
            if costs[least] < costs[choice[v]] - _EXACT * (1.0 + abs(costs[least])):
                choice[v], moved = least, True
    return choice


def _strike(graph: _Graph, gap: float) -> int:
    """Strike out labels whose own bound is more than `gap` above the least; how many, or -1 where none is left."""
    struck = 0
    for v in list(graph.unary):
        shown = graph.unary[v] + sum(table.min(axis=1) for table in graph.links[v].values())
        base = float(graph.unary[v].min()) + sum(float(table.min()) for table in graph.links[v].values())
        stands = shown - base <= gap
        if not stands.any():
            return -1
        if not stands.all():
            struck += int((~stands).sum())
            graph.restrict(v, np.flatnonzero(stands))
    return struck
