"""The search for the cheapest lots: inequalities at the root, a good plan by parts, then branch and bound with HiGHS.

1. The relaxation (setups of any share) is strengthened by (l, S) inequalities until none is violated (`cuts`).
2. A first plan keeps the setups the relaxation is sure of and decides on the others; then parts of the plan (a span of
   periods with all items, a few items with all periods) are decided anew while the rest stays: fix and optimise [1].
3. Branch and bound goes on from there until the plan is proved or the time is over; its bound holds for every plan.

References
----------
[1] F. Sahling, L. Buschkuehl, H. Tempelmeier, S. Helber (2009): Solving a multi-level capacitated lot sizing problem
    with multi-period setup carry-over via a fix-and-optimize heuristic, Computers & Operations Research 36(9).

"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from sop_xl.supply.lotsizing.cuts import violated
from sop_xl.supply.lotsizing.model import Model
from sop_xl.supply.lotsizing.problem import Floats, Problem
from sop_xl.supply.programme.blocks import Mask, Numbers, Programme

ROUNDS = 300
"""Rounds of inequalities at the root at most."""

PARTS = (60, 90, 135)
"""Setups decided at once where a plan is bettered by parts: larger parts where smaller ones give no more."""

SMALL = 120
"""Setups up to which branch and bound needs no help."""

LEAN = 400
"""Setups up to which the inequalities serve the first bound and plan only: branching is quicker where the solver finds
what it needs of them itself (measured: G53 7 instead of 16 to 30 CPU s)."""

_ROOT, _FIRST, _PART = 0.25, 0.35, 0.05
"""Shares of the time: until the relaxation and the first plan must be done, and for one part."""

_SURE = 1e-6
_FEW = 5


@dataclass(frozen=True)
class Found:
    """The best solution (None where there is none), its cost, and a bound no plan goes below, -inf without one."""

    solution: Floats | None
    cost: float
    bound: float
    infeasible: bool = False


def search(problem: Problem, model: Model, seconds: float) -> Found:
    """Search for `seconds` [s] at most, less where the plan is proved before."""
    return _Search(problem, model, seconds).found()


class _Search:
    """HiGHS with one programme, the best plan so far and the clock."""

    def __init__(self, problem: Problem, model: Model, seconds: float) -> None:
        self.problem, self.model, self.seconds = problem, model, seconds
        self.began = time.perf_counter()
        self.highs = _highs(model.programme)
        self.setups = model.setup[model.setup >= 0].astype(np.int32)
        self.best: Floats | None = None
        self.cost, self.bound = np.inf, -np.inf

    def left(self, share: float = 1.0) -> float:
        """Time until this share of it is over [s]."""
        return max(share * self.seconds - (time.perf_counter() - self.began), 0.0)

    def found(self) -> Found:
        """The three steps."""
        relaxed = self._root()
        if relaxed is None:
            return Found(None, np.inf, -np.inf, infeasible=True)
        if len(self.setups):
            if len(self.setups) <= LEAN:
                self._drop_all()
            self._integers(whole=True)
            self._first(relaxed)
            self._by_parts()
            if self._branch():
                return Found(None, np.inf, -np.inf, infeasible=True)
        else:
            self._keep(relaxed)
            self.bound = self.cost
        self._settle()
        return Found(self.best, self.cost, min(self.bound, self.cost))

    def _root(self) -> Floats | None:
        """The relaxation with its inequalities, the idle ones dropped; None where even it has no solution.

        Cutting off a mean of the solutions so far instead of the last one takes a fraction of the rounds [2].
        """
        fixed = self.highs.getNumRow()
        solution: Floats | None = None
        mean = np.zeros(0)
        for _ in range(ROUNDS):
            self.highs.run()
            if not self._optimal():
                return solution
            solution = np.array(self.highs.getSolution().col_value)
            self.bound = max(self.bound, float(self.highs.getInfo().objective_function_value))
            _drop_idle(self.highs, fixed)
            mean = (mean + solution) / 2 if len(mean) else solution
            cuts = violated(self.problem, self.model, mean)
            if len(cuts) < _FEW:
                cuts = violated(self.problem, self.model, solution)
            if not len(cuts) or self.left() < (1 - _ROOT) * self.seconds:
                break
            self.highs.addRows(
                len(cuts),
                cuts.lower,
                np.full(len(cuts), np.inf),
                len(cuts.column),
                cuts.start,
                cuts.column,
                cuts.weight,
            )
        return solution

    def _drop_all(self) -> None:
        """Back to the rows of the model alone."""
        first, last = len(self.model.programme.row_lower), self.highs.getNumRow()
        if last > first:
            self.highs.deleteRows(last - first, np.arange(first, last, dtype=np.int32))

    def _first(self, relaxed: Floats) -> None:
        """A plan with the setups the relaxation is sure of."""
        share = relaxed[self.setups]
        self._decide(
            (share > _SURE) & (share < 1 - _SURE),
            np.round(share),
            min(self.left(_FIRST), 2 * _PART * self.seconds),
            gap=2e-3,
        )

    def _by_parts(self) -> None:
        """Better the plan part by part, round after round, while that helps; the larger the plan, the longer."""
        if len(self.setups) <= SMALL:
            return
        until = float(np.clip(len(self.setups) / 1000, 0.4, 0.7))
        for size in PARTS:
            parts, idle, k = list(self._parts(size)), 0, 0
            while self.best is not None and idle < len(parts) and self.left(until) > 0:
                seconds = min(self.left(until), _PART * self.seconds)
                idle = 0 if self._decide(parts[k % len(parts)], self.best[self.setups], seconds) else idle + 1
                k += 1

    def _parts(self, size: int) -> Iterator[Mask]:
        """Spans of periods that overlap by half, and groups of items, about `size` setups each."""
        item, period = np.nonzero(self.model.setup >= 0)
        items, periods = self.problem.shape
        width = int(np.clip(size // items, 2, periods))
        for first in range(0, max(periods - width, 0) + max(width // 2, 1), max(width // 2, 1)):
            yield (period >= first) & (period < first + width)
        together = int(np.clip(size // periods, 2, items))
        mixed = np.random.default_rng(size).permutation(items)
        for first in range(0, items, together):
            yield np.isin(item, mixed[first : first + together])

    def _decide(self, open_: Mask, setups: Floats, seconds: float, gap: float = 1e-4) -> bool:
        """Decide on the open setups, the others as given; whether that gave a better plan."""
        if seconds <= 0:
            return False
        low = np.where(open_, 0.0, np.round(setups))
        high = np.where(open_, 1.0, np.round(setups))
        self.highs.changeColsBounds(len(self.setups), self.setups, low, high)
        better = self._run(seconds, gap)
        self.highs.changeColsBounds(
            len(self.setups), self.setups, np.zeros(len(self.setups)), np.ones(len(self.setups))
        )
        return better

    def _branch(self) -> bool:
        """Branch and bound over all setups; whether there is no plan at all."""
        if self.left() > 0:
            self._run(self.left(), 0.0)
            self.bound = max(self.bound, float(self.highs.getInfo().mip_dual_bound))
        return self.best is None and self._says("kInfeasible")

    def _run(self, seconds: float, gap: float) -> bool:
        """Run HiGHS from the best plan; whether it found a better one, which is kept."""
        import highspy

        self.highs.setOptionValue("time_limit", seconds)
        self.highs.setOptionValue("mip_rel_gap", gap)
        self.highs.clearSolver()
        if self.best is not None:
            start = highspy.HighsSolution()
            start.col_value = self.best
            self.highs.setSolution(start)
        self.highs.run()
        info = self.highs.getInfo()
        if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return False
        if info.objective_function_value >= self.cost - 1e-7 * max(abs(self.cost), 1.0):
            return False
        self._keep(np.array(self.highs.getSolution().col_value))
        return True

    def _keep(self, solution: Floats) -> None:
        self.best, self.cost = solution, float(self.model.programme.cost @ solution)

    def _settle(self) -> None:
        """With the setups of the best plan, the exact lots."""
        if self.best is None:
            return
        self._integers(whole=False)
        self.highs.setOptionValue("time_limit", np.inf)
        setups = np.round(self.best[self.setups])
        self.highs.changeColsBounds(len(self.setups), self.setups, setups, setups)
        self.highs.setOptionValue("primal_feasibility_tolerance", 1e-9)
        self.highs.run()
        if self._optimal():
            solution = np.array(self.highs.getSolution().col_value)
            solution[self.setups] = np.where(solution[self._lots()] > 0, setups, 0.0)
            self._keep(solution)

    def _lots(self) -> Numbers:
        """The column of the lot of each setup."""
        return self.model.lot[self.model.setup >= 0]

    def _integers(self, *, whole: bool) -> None:
        import highspy

        kind = highspy.HighsVarType.kInteger if whole else highspy.HighsVarType.kContinuous
        self.highs.changeColsIntegrality(len(self.setups), self.setups, np.full(len(self.setups), kind))

    def _optimal(self) -> bool:
        return self._says("kOptimal")

    def _says(self, status: str) -> bool:
        return bool(self.highs.getModelStatus().name == status)


def _highs(programme: Programme) -> Any:
    """HiGHS with the relaxation of a programme, quiet and always the same."""
    import highspy

    new: Any = highspy.Highs
    highs: Any = new()
    for name, value in {"output_flag": False, "parallel": "off", "threads": 1, "random_seed": 0}.items():
        highs.setOptionValue(name, value)
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = programme.shape
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = programme.cost, programme.lower, programme.upper
    lp.row_lower_, lp.row_upper_ = programme.row_lower, programme.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = programme.matrix.indptr, programme.matrix.indices
    lp.a_matrix_.value_ = programme.matrix.data
    highs.passModel(lp)
    return highs


def _drop_idle(highs: Any, fixed: int) -> None:
    """Drop the inequalities that do not hold the last solution in place: without them it stays the best."""
    import highspy

    basic = highspy.HighsBasisStatus.kBasic
    idle = np.array([k for k, kind in enumerate(highs.getBasis().row_status) if kind == basic and k >= fixed], np.int32)
    if len(idle):
        highs.deleteRows(len(idle), idle)
