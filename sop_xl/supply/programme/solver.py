"""HiGHS kept alive: a programme goes in whole, and what changes afterwards is solved from the last basis.

References
----------
[1] Huangfu & Hall, Parallelizing the dual revised simplex method, Mathematical Programming Computation 10 (2018).

"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sop_xl.errors import PlanningError
from sop_xl.supply.programme.blocks import Array, Programme

EXACT = 1e-9
"""Feasibility of rows and of reduced costs that a solution keeps."""


@dataclass(frozen=True)
class Solved:
    """A solved programme: a value for each column, a price (dual) for each row, and the objective.

    `bound` is a proven bound of the objective: equal to it where the programme was solved to the end.
    """

    values: Array
    prices: Array
    reduced: Array
    objective: float
    bound: float


class Solver:
    """One programme in HiGHS; `change` brings it up to date, `solve` goes on from the last basis.

    Parameters
    ----------
    programme
        What to solve.
    options
        Options of HiGHS by name.

    """

    def __init__(self, programme: Programme, **options: str | float | bool) -> None:
        import highspy

        self.programme = programme
        new: Any = highspy.Highs
        self._highs: Any = new()
        chosen: dict[str, Any] = {
            "output_flag": False,
            "parallel": "off",
            "random_seed": 0,
            "primal_feasibility_tolerance": EXACT,
            "dual_feasibility_tolerance": EXACT,
            **({} if programme.whole.any() else {"solver": "simplex"}),
        } | options
        for name, value in chosen.items():
            self._highs.setOptionValue(name, value)
        self._highs.passModel(_lp(programme))

    def change(self, programme: Programme) -> None:
        """Take over costs and bounds of a programme with the same matrix.

        Raises
        ------
        PlanningError
            If the programmes differ in more than costs and bounds.

        """
        old = self.programme
        if old.shape != programme.shape or not _same(old, programme):
            raise PlanningError("only costs and limits of a plan can change while it is kept; this is another plan")
        moved = np.flatnonzero((old.lower != programme.lower) | (old.upper != programme.upper)).astype(np.int32)
        if len(moved):
            self._highs.changeColsBounds(len(moved), moved, programme.lower[moved], programme.upper[moved])
        dearer = np.flatnonzero(old.cost != programme.cost).astype(np.int32)
        if len(dearer):
            self._highs.changeColsCost(len(dearer), dearer, programme.cost[dearer])
        limits = np.flatnonzero((old.row_lower != programme.row_lower) | (old.row_upper != programme.row_upper))
        if len(limits):
            rows = limits.astype(np.int32)
            self._highs.changeRowsBounds(len(rows), rows, programme.row_lower[limits], programme.row_upper[limits])
        self.programme = programme

    def solve(self) -> Solved:
        """Solve, from the last basis where there is one.

        Raises
        ------
        PlanningError
            If the solver gives up.

        """
        import highspy

        self._highs.run()
        status = self._highs.getModelStatus()
        if status not in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kModelEmpty):
            raise PlanningError(f"the solver found no plan: it stopped as {self._highs.modelStatusToString(status)!r}")
        found, info = self._highs.getSolution(), self._highs.getInfo()
        objective = float(info.objective_function_value)
        whole = bool(self.programme.whole.any())
        return Solved(
            values=np.array(found.col_value),
            prices=np.array(found.row_dual),
            reduced=np.array(found.col_dual),
            objective=objective,
            bound=float(info.mip_dual_bound) if whole else objective,
        )


def _same(one: Programme, other: Programme) -> bool:
    a, b = one.matrix, other.matrix
    return bool(
        np.array_equal(a.indptr, b.indptr)
        and np.array_equal(a.indices, b.indices)
        and np.array_equal(a.data, b.data)
        and np.array_equal(one.whole, other.whole)
    )


def _lp(programme: Programme) -> Any:
    """The programme as HiGHS takes it."""
    import highspy

    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = programme.shape
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = programme.cost, programme.lower, programme.upper
    lp.row_lower_, lp.row_upper_ = programme.row_lower, programme.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = programme.matrix.indptr
    lp.a_matrix_.index_ = programme.matrix.indices
    lp.a_matrix_.value_ = programme.matrix.data
    if programme.whole.any():
        kinds = np.array([highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger], dtype=object)
        lp.integrality_ = list(kinds[programme.whole.astype(int)])
    return lp
