"""The (l, S) inequalities of lot sizing: with them the plan of one item alone needs no branching.

For an item whose needs by the end of period t are P(t), a period l and a set S of periods up to l,

    sum over j <= l, j not in S of x_j  +  sum over j in S of (P(l) - P(j - 1)) y_j  >=  P(l).

A violated one is found per item and l by putting into S every j where the second term is the smaller. The inequalities
of an item describe the convex hull of its uncapacitated lots ([1], Theorem 2); in assembly networks P are the echelon
needs ([2], section 13.2). Units that are short count as made.

References
----------
[1] I. Barany, T. Van Roy, L. Wolsey (1984): Strong formulations for multi-item capacitated lot sizing, Management
    Science 30(10), 1255-1261.
[2] Y. Pochet, L. Wolsey (2006): Production Planning by Mixed Integer Programming.

"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sop_xl.supply.lotsizing.model import Model
from sop_xl.supply.lotsizing.problem import Floats, Problem
from sop_xl.supply.programme.blocks import Numbers

Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Cuts:
    """Rows `lower <= sum of weight x column`, one after another: row k has the entries from `start[k]` on."""

    lower: Floats
    start: Numbers
    column: Numbers
    weight: Floats

    def __len__(self) -> int:
        return len(self.lower)


def violated(problem: Problem, model: Model, solution: Floats, least: float = 1e-4) -> Cuts:
    """The (l, S) inequalities a solution violates, the worst of each item and l.

    Parameters
    ----------
    problem, model
        What is planned, and its programme.
    solution
        A value for each column.
    least
        Violation from which one counts, as a share of P(l).

    """
    items, periods = problem.shape
    needs = problem.needs
    before = np.concatenate([np.zeros((items, 1)), needs[:, :-1]], axis=1)
    ahead = np.tril(np.ones((periods, periods), dtype=bool)).T  # [j, l]: j <= l
    big = np.where(ahead, needs[:, None, :] - before[:, :, None], 0.0)
    x, y = model.values(model.lot, solution), model.values(model.setup, solution)
    by_setup = big * y[:, :, None]
    chosen = ahead & (by_setup < x[:, :, None])
    made = np.where(ahead, np.minimum(x[:, :, None], by_setup), 0.0).sum(axis=1) + _short(problem, model, solution)
    item, last = np.nonzero((needs - made > least * np.maximum(needs, 1.0)) & (needs > 0))
    in_set = chosen[item, :, last]
    columns = np.where(in_set, model.setup[item], model.lot[item])
    weights = np.where(in_set, big[item, :, last], 1.0) * ahead[:, last].T
    if (model.short >= 0).any():
        more_columns, more_weights = _short_terms(problem, model, item, last)
        columns, weights = np.hstack([columns, more_columns]), np.hstack([weights, more_weights])
    there = (columns >= 0) & (weights > 0)
    count = there.sum(axis=1)
    start = np.concatenate([[0], np.cumsum(count)[:-1]]).astype(np.int32) if len(count) else np.empty(0, np.int32)
    return Cuts(needs[item, last], start, columns[there].astype(np.int32), weights[there])


def _short(problem: Problem, model: Model, solution: Floats) -> Floats:
    """Units short that an item would have been needed for, by the end of each period (I, T)."""
    if not (model.short >= 0).any():
        return np.zeros(problem.shape)
    units, periods = problem.reach
    total = np.cumsum(model.values(model.short, solution), axis=1)
    until = np.minimum(np.arange(problem.shape[1]) + periods[:, :, None], problem.shape[1] - 1)
    short: Floats = np.einsum("ik,ikt->it", units, np.take_along_axis(total[None, :, :], until, axis=2))
    return short


def _short_terms(problem: Problem, model: Model, item: Places, last: Places) -> tuple[Numbers, Floats]:
    """The columns of shortages and their weights in the inequalities of these items and l."""
    units, periods = problem.reach
    within = np.arange(problem.shape[1]) <= last[:, None, None] + periods[item][:, :, None]
    weight = units[item][:, :, None] * within
    column = np.broadcast_to(model.short, weight.shape)
    return column.reshape(len(item), model.short.size), weight.reshape(len(item), model.short.size)
