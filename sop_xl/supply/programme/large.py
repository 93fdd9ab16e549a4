"""Very large plans: one connected group too large for the simplex method, solved near the best with a proven bound.

1. A first-order method gives values and prices that are nearly right (`first_order`).
2. Its prices of the coupling rows price every part by itself: a proven bound (`bounds`).
3. Its values share the coupling rows among the parts; groups of parts are solved exactly within what the others leave:
   a feasible plan, and with every further pass a better one (`passes`).

Where the two do not meet within the gap asked for, all is done again more sharply. The answer tells the plan, the
prices that prove the bound, and how far apart the two are; it never says more than `dual_bound` can check.

References
----------
[1] Applegate et al., Practical large-scale linear programming using primal-dual hybrid gradient, NeurIPS 34 (2021).
[2] Geoffrion, Lagrangean relaxation for integer programming, Mathematical Programming Study 2 (1974), 82-114.
[3] Tseng, Convergence of a block coordinate descent method for nondifferentiable minimization, Journal of
    Optimization Theory and Applications 109 (2001), 475-494: why passes alone can stop short of the best plan.

"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from sop_xl.errors import InputError, PlanningError
from sop_xl.supply.programme.blocks import Array, Numbers, Programme
from sop_xl.supply.programme.bounds import dual_bound, proven_prices
from sop_xl.supply.programme.first_order import first_order
from sop_xl.supply.programme.groups import solve_by_groups
from sop_xl.supply.programme.parts import components
from sop_xl.supply.programme.passes import Tied, improved
from sop_xl.supply.programme.solver import Solved, Solver
from sop_xl.supply.programme.threads import threads

__all__ = ["Proven", "misses", "solve_by_groups", "solve_large", "violation"]

Progress = Callable[[str, float], None]

FEASIBLE = 1e-6
"""Largest miss of a row or limit, relative to it, of a plan that is given out."""

BLUNT, SHARP, SHARPEST = 1e-3, 1e-5, 1e-8
"""Tolerances of the first-order method: where it may start, and where it ends."""

HALF = 0.5
"""Share of the columns in one part above which a programme is solved as a whole."""

USUAL = 1e-6
"""The quantity that misses of a row without a limit are measured by, beside the largest limit."""

NEARING = 0.6
"""Share of the time left that the first-order method may take."""

SHARPER = 0.2
"""Tolerance of the next round to the one before."""

PASSES = 3
"""Passes before a sharper round."""

WORTH_A_PASS = 0.15
"""Share of the gap a pass must close for another one to follow."""


@dataclass(frozen=True)
class Proven(Solved):
    """A feasible plan and prices that prove a bound of its cost: `bound` is `dual_bound(programme, prices)`.

    `violation` is the largest miss of a row or limit, relative to it.
    """

    violation: float

    @property
    def gap(self) -> float:
        """How far the plan may be from the best one, relative to its cost."""
        return _gap(self.objective, self.bound)


def solve_large(
    programme: Programme,
    coupling: npt.ArrayLike,
    *,
    gap: float = 5e-4,
    seconds: float = 120.0,
    workers: int | None = None,
    start: Solved | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Proven:
    """Solve a very large programme to a feasible plan with a proven bound.

    Parameters
    ----------
    programme
        The programme, without whole columns.
    coupling
        Numbers of the rows that tie parts otherwise independent: hours of resources, storage, and the balances of
        components that several items take (`tying_rows` finds them all). Where they leave a part with more than half
        of all columns, the programme is solved as a whole, however long that takes.
    gap
        How far the plan may be from the proven bound, relative to its cost.
    seconds
        Time it may take [s]; the best plan found by then is given. A first feasible plan is always waited for.
    workers
        Threads; by default the processors there are, up to 4. The answer depends on their number, not on their speed.
    start
        Values and prices of a plan nearby, such as before a change: taken instead of the first-order method's.
    seed
        Of the order in which parts are solved.
    progress
        Told what is being done and the share done.

    Raises
    ------
    InputError
        If a column takes whole numbers, or a coupling row or the gap is none.
    PlanningError
        If there is no plan.

    Examples
    --------
    Two items on one machine of 6 hours, overtime at 5 an hour:

    >>> from sop_xl.supply.programme.blocks import Blocks
    >>> b = Blocks()
    >>> make = b.add_columns("make", "item", (2,), cost=1.0)
    >>> over = b.add_columns("overtime", "resource", (1,), cost=5.0)
    >>> b.add_terms(b.add_rows("demand", "item", (2,), lower=[4.0, 3.0]), 1.0, make)
    >>> hours = b.add_rows("hours", "resource", (1,), upper=6.0)
    >>> b.add_terms(hours, 1.0, make)
    >>> b.add_terms(hours, -1.0, over)
    >>> solved = solve_large(b.programme(), coupling=hours)
    >>> round(solved.objective, 6), bool(solved.bound <= solved.objective), solved.gap <= 5e-4
    (12.0, True, True)

    """
    if programme.whole.any():
        raise InputError(
            f"a plan solved in parts has no whole numbers, but {int(programme.whole.sum())} columns are whole"
        )
    if not 0 <= gap < np.inf:
        raise InputError(f"the gap allowed must be 0 or more, got {gap}")
    told = progress or (lambda _doing, _share: None)
    parts = components(programme, coupling)
    if parts.largest > HALF * programme.shape[1]:
        told("solving as a whole", 0.1)
        return _whole(programme)
    tied = Tied(programme, parts)
    search = _Search(tied, time.monotonic() + seconds, threads(workers), np.random.default_rng(seed), told)
    return search.run(gap, start)


def _whole(programme: Programme) -> Proven:
    """The programme solved by the simplex method, for where there are no parts to speak of."""
    solved = Solver(programme).solve()
    exact = {field.name: getattr(solved, field.name) for field in fields(solved)}
    return Proven(**exact, violation=violation(programme, solved.values))


def misses(programme: Programme, values: Array) -> Array:
    """Find by how much a plan misses each row, relative to the row's limit or to the usual quantity, if larger."""
    carried = programme.matrix @ values
    usual = _usual(programme)
    below, above = _over(programme.row_lower, carried, -1.0, usual), _over(programme.row_upper, carried, 1.0, usual)
    return np.maximum(below, above)


def violation(programme: Programme, values: Array) -> float:
    """Find the largest miss of a row or limit by a plan, relative to the limit or to the usual quantity, if larger."""
    usual = _usual(programme)
    below, above = _over(programme.lower, values, -1.0, usual), _over(programme.upper, values, 1.0, usual)
    return float(max(misses(programme, values).max(initial=0.0), below.max(initial=0.0), above.max(initial=0.0)))


def _over(limit: Array, amount: Array, side: float, usual: float) -> Array:
    known = np.where(np.isfinite(limit), limit, amount)
    return np.maximum(0.0, side * (amount - known) / np.maximum(usual, np.abs(known)))


def _usual(programme: Programme) -> float:
    """A quantity small beside the largest limit, at least 1."""
    limits = (programme.lower, programme.upper, programme.row_lower, programme.row_upper)
    largest = max(float(np.abs(limit[np.isfinite(limit)]).max(initial=0.0)) for limit in limits)
    return max(1.0, USUAL * largest)


@dataclass
class _Search:
    """The best plan and the best bound so far."""

    tied: Tied
    deadline: float
    workers: int
    random: np.random.Generator
    progress: Progress
    values: Array | None = None
    prices: Array | None = None
    cost: float = np.inf
    bound: float = -np.inf

    def run(self, gap: float, start: Solved | None) -> Proven:
        """Rounds, each sharper, until the gap is closed or the time is over."""
        programme = self.tied.programme
        tolerance = float(np.clip(gap, SHARP, BLUNT))
        left_out = programme.lazy & (self.tied.parts.of_row >= 0) if programme.lazy.any() else None
        while True:
            if start is not None:
                values, prices = np.clip(start.values, programme.lower, programme.upper), start.prices
                start = None
            else:
                self.progress("nearing the best plan", 0.1)
                values, prices = first_order(programme, tolerance, max(NEARING * self.left(), 1.0), left_out)
                left_out = None
                tolerance *= SHARPER
            self.prove(values, prices)
            self.plan(values, prices, gap)
            if self.gap() <= gap or self.left() <= 0 or tolerance < SHARPEST:
                return self.result()

    def left(self) -> float:
        """Time left [s]."""
        return self.deadline - time.monotonic()

    def gap(self) -> float:
        """The gap so far."""
        return _gap(self.cost, self.bound)

    def prove(self, values: Array, prices: Array) -> None:
        """Take the bound the prices prove, where it is the best."""
        self.progress("proving a bound", 0.5)
        proven = proven_prices(self.tied.programme, self.tied.parts, prices, values, workers=self.workers)
        bound = dual_bound(self.tied.programme, proven)
        if self.prices is None or bound > self.bound:
            self.prices, self.bound = proven, bound

    def plan(self, values: Array, prices: Array, gap: float) -> None:
        """Make the values a feasible plan, and pass over the best one while that pays."""
        self.progress("sharing what is scarce", 0.6)
        self.keep(self.feasible(values, prices))
        for done in range(PASSES):
            before = self.gap()
            if before <= gap or self.left() <= 0 or self.values is None:
                return
            self.progress("sharing what is scarce again", 0.7 + 0.1 * done)
            self.keep(improved(self.tied, self.values, self.dealt(), stop=lambda: self.left() <= 0))
            if self.gap() > (1.0 - WORTH_A_PASS) * before:
                return

    def feasible(self, values: Array, prices: Array) -> Array:
        """Values that keep every row."""
        programme = self.tied.programme
        if violation(programme, values) <= FEASIBLE * 1e-3:
            return improved(self.tied, values, self.dealt(), stop=lambda: self.left() <= 0)
        top = max(float(np.abs(prices).max(initial=0.0)), float(np.abs(programme.cost).max(initial=0.0)), 1.0)
        dealt = self.dealt()
        for penalty in (top, 1e2 * top, 1e4 * top):
            values = improved(self.tied, values, dealt, penalty=penalty)
            missed = misses(programme, values) > FEASIBLE
            if not missed.any():
                return values
            dealt = [self.tied.near(np.flatnonzero(missed).astype(np.int32))]
        return Solver(programme, time_limit=max(self.left(), 1.0)).solve().values

    def keep(self, values: Array) -> None:
        """Keep a plan that is feasible and costs less."""
        cost = float(self.tied.programme.cost @ values) + self.tied.programme.offset
        if cost < self.cost and violation(self.tied.programme, values) <= FEASIBLE:
            self.values, self.cost = values, cost

    def dealt(self) -> list[Numbers]:
        """Parts in a new order, dealt out to the workers."""
        order = self.random.permutation(self.tied.parts.count).astype(np.int32)
        hands = min(self.workers, max(1, self.tied.parts.count))
        return [order[hand::hands] for hand in range(hands)]

    def result(self) -> Proven:
        """The best plan, with what is proven of it."""
        if self.values is None or self.prices is None:
            raise PlanningError("the solver found no plan that keeps every row")
        programme = self.tied.programme
        self.progress("done", 1.0)
        return Proven(
            values=self.values,
            prices=self.prices,
            reduced=programme.cost - programme.matrix.T @ self.prices,
            objective=self.cost,
            bound=self.bound,
            violation=violation(programme, self.values),
        )


def _gap(cost: float, bound: float) -> float:
    if not (np.isfinite(cost) and np.isfinite(bound)):
        return np.inf
    return max(0.0, cost - bound) / max(abs(cost), abs(bound), 1e-9)
