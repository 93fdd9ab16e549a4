"""Independent groups: a programme that falls apart by itself is solved group by group, side by side, and exactly."""

from __future__ import annotations

import numpy as np

from sop_xl.errors import PlanningError
from sop_xl.supply.programme.blocks import Array, Numbers, Programme
from sop_xl.supply.programme.parts import components, cut
from sop_xl.supply.programme.solver import Solved, Solver
from sop_xl.supply.programme.threads import in_threads, threads

TOGETHER = 5_000
"""Columns of independent groups solved in one call."""

ONE_GROUP = 0.8
"""A group of more than this share of all columns leaves nothing worth solving beside it."""


def solve_by_groups(programme: Programme, *, workers: int | None = None) -> Solved:
    """Solve a programme whose independent groups are solved by themselves, side by side; the answer is exact.

    Parameters
    ----------
    programme
        The programme; columns may be whole.
    workers
        Threads; by default the processors there are, up to 4.

    Raises
    ------
    PlanningError
        If there is no plan.

    Examples
    --------
    >>> from sop_xl.supply.programme.blocks import Blocks
    >>> b = Blocks()
    >>> make = b.add_columns("make", "item", (2,), cost=[1.0, 2.0])
    >>> b.add_terms(b.add_rows("demand", "item", (2,), lower=[4.0, 3.0]), 1.0, make)
    >>> solved = solve_by_groups(b.programme())
    >>> solved.objective, solved.values.tolist(), solved.prices.tolist()
    (10.0, [4.0, 3.0], [1.0, 2.0])

    """
    parts = components(programme)
    if parts.count < 2 or parts.largest > ONE_GROUP * programme.shape[1]:
        return Solver(programme).solve()
    values, prices, reduced = _idle(programme), np.zeros(programme.shape[0]), programme.cost.copy()
    together = parts.batches(np.arange(parts.count, dtype=np.int32), 1 if programme.whole.any() else TOGETHER)

    def solve(batch: Numbers) -> tuple[float, float]:
        rows, columns = parts.rows.of(batch), parts.columns.of(batch)
        found = Solver(cut(programme, rows, columns)).solve()
        values[columns], prices[rows], reduced[columns] = found.values, found.prices, found.reduced
        return found.objective, found.bound

    objectives, bounds = zip(*in_threads(solve, together, threads(workers)), strict=True)
    alone = parts.of_column < 0
    idle = float(programme.cost[alone] @ values[alone])
    fixed = programme.offset + idle
    return Solved(values, prices, reduced, fixed + float(np.sum(objectives)), fixed + float(np.sum(bounds)))


def _idle(programme: Programme) -> Array:
    """Each column at the limit it is cheapest at, nearest to nought where it costs nothing; for columns in no row."""
    values = np.clip(0.0, programme.lower, programme.upper)
    at = np.where(programme.cost > 0, programme.lower, programme.upper)
    endless = (programme.cost != 0) & ~np.isfinite(at) & (np.diff(programme.matrix.indptr) == 0)
    if endless.any():
        raise PlanningError("the solver found no plan: a column in no row costs less the further it goes")
    return np.where((programme.cost != 0) & np.isfinite(at), at, values)
