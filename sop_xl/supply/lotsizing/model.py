"""The lot-sizing problem as a mixed-integer programme, one function per physical idea.

Least sum of K_i y_it + h_i s_it + overtime + shortage, with lots x, setups y (0 or 1) and stocks s:

    stock of an item     s_i(t-1) + x_it + u_it = d_it + sum over j of uses_ij x_j(t + lead_j) + s_it
    a lot needs a setup  m_i y_it <= x_it <= M_it y_it
    hours of a resource  sum over i of a_ri x_it + b_ri y_it <= C_rt + o_rt

The (l, S) inequalities that make it strong are found later (`cuts`).

References
----------
[1] W. Trigeiro, L. Thomas, J. McClain (1989): Capacitated lot sizing with setup times, Management Science 35(3).
[2] P. Billington, J. McClain, L. Thomas (1983): Mathematical programming approaches to capacity-constrained MRP
    systems, Management Science 29(10).

"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sop_xl.supply.lotsizing.problem import Floats, Problem
from sop_xl.supply.programme.blocks import Blocks, Numbers, Programme


@dataclass(frozen=True)
class Model:
    """The programme and the numbers of its columns, each (I, T), hours over (R, T); -1 where there is none."""

    programme: Programme
    lot: Numbers
    setup: Numbers
    stock: Numbers
    short: Numbers
    over: Numbers

    def values(self, columns: Numbers, solution: Floats) -> Floats:
        """The values of these columns; 0 where there is none."""
        return np.where(columns >= 0, solution[columns], 0.0)


def lot_model(problem: Problem, *, may_fall_short: bool = False) -> Model:
    """The programme of a problem; `may_fall_short` charges shortages alone, 1 a unit, to find what cannot be met."""
    blocks = Blocks()
    free = 0.0 if may_fall_short else 1.0
    made = problem.largest > 0
    lot = blocks.add_columns("lot", "item", problem.shape, where=made)
    setup = blocks.add_columns(
        "setup", "item", problem.shape, where=made, upper=1.0, whole=True, cost=free * problem.setup_cost[:, None]
    )
    stock = blocks.add_columns("stock", "item", problem.shape, cost=free * problem.holding_cost[:, None])
    short = _shortages(blocks, problem, may_fall_short)
    over = blocks.add_columns(
        "overtime",
        "resource",
        problem.capacity.shape,
        where=problem.overtime > 0,
        upper=problem.overtime,
        cost=free * problem.overtime_cost[:, None],
    )
    _balance(blocks, problem, lot, stock, short)
    _setups(blocks, problem, lot, setup)
    _hours(blocks, problem, lot, setup, over)
    return Model(blocks.programme(), lot, setup, stock, short, over)


def _shortages(blocks: Blocks, problem: Problem, alone: bool) -> Numbers:
    """Demand that is never met: none, at a price, or the only thing that costs."""
    if problem.shortage_cost is None and not alone:
        return np.full(problem.shape, -1, dtype=np.int32)
    price = 1.0 if alone else np.asarray(problem.shortage_cost)[:, None]
    return blocks.add_columns(
        "short", "item", problem.shape, where=problem.demand > 0, upper=problem.demand, cost=price
    )


def _balance(blocks: Blocks, problem: Problem, lot: Numbers, stock: Numbers, short: Numbers) -> None:
    """What was there and comes in is delivered, built in or kept."""
    wanted = problem.demand.copy()
    wanted[:, 0] -= problem.stock
    rows = blocks.add_rows("balance", "item", problem.shape, lower=wanted, upper=wanted)
    blocks.add_terms(rows, 1.0, lot)
    blocks.add_terms(rows, 1.0, short)
    blocks.add_terms(rows, -1.0, stock)
    blocks.add_terms(rows[:, 1:], 1.0, stock[:, :-1])
    periods = problem.shape[1]
    for part, into in zip(*np.nonzero(problem.uses > 0), strict=True):
        taken = np.arange(periods) + int(problem.lead_time[into])
        within = taken < periods
        blocks.add_terms(rows[part, within], -problem.uses[part, into], lot[into, taken[within]])


def _setups(blocks: Blocks, problem: Problem, lot: Numbers, setup: Numbers) -> None:
    """A lot only with a setup, within its largest and smallest size."""
    most = blocks.add_rows("largest_lot", "item", problem.shape, upper=0.0, where=lot >= 0)
    blocks.add_terms(most, 1.0, lot)
    blocks.add_terms(most, -problem.largest, setup)
    some = (lot >= 0) & (problem.minimum > 0)[:, None]
    if some.any():
        least = blocks.add_rows("smallest_lot", "item", problem.shape, lower=0.0, where=some)
        blocks.add_terms(least, 1.0, lot)
        blocks.add_terms(least, -problem.minimum[:, None], setup)


def _hours(blocks: Blocks, problem: Problem, lot: Numbers, setup: Numbers, over: Numbers) -> None:
    """Hours of lots and setups within those there are."""
    limited = np.isfinite(problem.capacity)
    upper = np.where(limited, problem.capacity, 0.0)
    rows = blocks.add_rows("hours", "resource", problem.capacity.shape, upper=upper, where=limited)
    blocks.add_terms(rows[:, None, :], problem.unit_time[:, :, None], lot[None, :, :])
    blocks.add_terms(rows[:, None, :], problem.setup_time[:, :, None], setup[None, :, :])
    blocks.add_terms(rows, -1.0, over)
