"""HiGHS kept alive: a programme goes in whole, and what changes afterwards is solved from the last basis.

References
----------
[1] Huangfu & Hall, Parallelizing the dual revised simplex method, Mathematical Programming Computation 10 (2018).

"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sop_xl.errors import PlanningError
from sop_xl.supply.programme.blocks import Array, Numbers, Programme

EXACT = 1e-9
"""Feasibility of rows and of reduced costs that a solution keeps."""

_BROKEN = 1e-7
"""How far a row that was left out may be broken, in parts of its limit."""

_RESEMBLES = 0.9
"""Share of the columns of a programme that must be counted as another one does to start from its basis."""

_SMALL_CHANGE = 1_000
"""Limits and costs up to which a change leaves the optimum near."""

_USUAL = 1e7
"""Quantities above this are counted in larger units while they are solved."""


@dataclass(frozen=True)
class Solved:
    """A solved programme: a value and a reduced cost for each column, a price (dual) for each row, and the objective.

    `bound` is a proven bound of the objective: equal to it where the programme was solved to the end.
    """

    values: Array
    prices: Array
    reduced: Array
    objective: float
    bound: float


@dataclass(frozen=True)
class Ranging:
    """How far the limit of each column and row may move, down and up, while the basis stays the best.

    Rows that are not in the solver are NaN.
    """

    column_down: Array
    column_up: Array
    row_down: Array
    row_up: Array


class Solver:
    """One programme in HiGHS; `change` brings it up to date, `solve` goes on from the last basis.

    Rows marked lazy are left out until a solution breaks them. Very large quantities are solved in larger units.

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
        self.options = options
        self._whole = bool(programme.whole.any())
        self._unit = 1.0 if self._whole else _unit(programme)
        left_out = programme.lazy & (not self._whole)
        self._kept = np.flatnonzero(~left_out).astype(np.int32)
        new: Any = highspy.Highs
        self._highs: Any = new()
        chosen: dict[str, Any] = {
            "output_flag": False,
            "parallel": "off",
            "random_seed": 0,
            "primal_feasibility_tolerance": EXACT,
            "dual_feasibility_tolerance": EXACT,
            **({} if self._whole else {"solver": "simplex", "presolve": "off"}),
        } | options
        # `threads` is left alone: HiGHS refuses to run when another solve of this process has set it differently.
        for name, value in chosen.items():
            self._highs.setOptionValue(name, value)
        self._highs.passModel(_lp(programme, self._unit, self._kept))

    def fits(self, programme: Programme) -> bool:
        """Whether a programme differs from that of the solver in costs and bounds only."""
        return self.programme.shape == programme.shape and _same(self.programme, programme)

    def resembles(self, programme: Programme) -> bool:
        """Whether a programme counts the same things: nearly all of its columns are in blocks of the same shape."""
        old = self.programme.columns
        same = [
            block.number.size
            for kind, block in programme.columns.items()
            if kind in old and old[kind].number.shape == block.number.shape
        ]
        return sum(same) >= _RESEMBLES * sum(block.number.size for block in programme.columns.values())

    def start_from(self, other: Solver) -> None:
        """Start from the basis of another programme, in the columns and rows that both have."""
        import highspy

        basis, last = highspy.HighsBasis(), other._highs.getBasis()
        nonbasic, basic = highspy.HighsBasisStatus.kLower, highspy.HighsBasisStatus.kBasic
        columns = [nonbasic] * self.programme.shape[1]
        rows = [basic] * self.programme.shape[0]
        theirs = dict(zip(other._kept.tolist(), last.row_status, strict=True))
        for mine, old, into, given in (
            (self.programme.columns, other.programme.columns, columns, dict(enumerate(last.col_status))),
            (self.programme.rows, other.programme.rows, rows, theirs),
        ):
            for kind, block in mine.items():
                if kind in old and old[kind].number.shape == block.number.shape:
                    both = (block.number >= 0) & (old[kind].number >= 0)
                    for to, of in zip(block.number[both].tolist(), old[kind].number[both].tolist(), strict=True):
                        into[to] = given.get(of, into[to])
        basis.col_status, basis.row_status = columns, [rows[r] for r in self._kept.tolist()]
        basis.valid = True
        self._highs.setBasis(basis)

    def ranging(self) -> Ranging:
        """Ranges of each limit in which the last basis stays the best."""
        _, found = self._highs.getRanging()
        columns = [np.asarray(side.value_) * self._unit for side in (found.col_bound_dn, found.col_bound_up)]
        rows = [np.full(self.programme.shape[0], np.nan) for _ in range(2)]
        for row, side in zip(rows, (found.row_bound_dn, found.row_bound_up), strict=True):
            row[self._kept] = np.asarray(side.value_) * self._unit
        return Ranging(columns[0], columns[1], rows[0], rows[1])

    def change(self, programme: Programme) -> None:
        """Take over costs and bounds of a programme with the same matrix.

        Raises
        ------
        PlanningError
            If the programmes differ in more than costs and bounds.

        """
        old, unit = self.programme, self._unit
        if not self.fits(programme):
            raise PlanningError("only costs and limits of a plan can change while it is kept; this is another plan")
        moved = np.flatnonzero((old.lower != programme.lower) | (old.upper != programme.upper)).astype(np.int32)
        if len(moved):
            self._highs.changeColsBounds(
                len(moved), moved, programme.lower[moved] / unit, programme.upper[moved] / unit
            )
        dearer = np.flatnonzero(old.cost != programme.cost).astype(np.int32)
        if len(dearer):
            self._highs.changeColsCost(len(dearer), dearer, programme.cost[dearer])
        limits = (old.row_lower != programme.row_lower) | (old.row_upper != programme.row_upper)
        self.programme = programme
        at = np.flatnonzero(limits[self._kept]).astype(np.int32)
        self._perturb(len(at) + len(moved) + len(dearer) > _SMALL_CHANGE)
        if len(at):
            rows = self._kept[at]
            self._highs.changeRowsBounds(
                len(at), at, programme.row_lower[rows] / unit, programme.row_upper[rows] / unit
            )
        if old.offset != programme.offset:
            self._highs.changeObjectiveOffset(programme.offset / unit)

    def _perturb(self, wanted: bool) -> None:
        """Whether costs are perturbed against ties: worth it on a long way, in the way next to the optimum."""
        if not self._whole:
            self._highs.setOptionValue("dual_simplex_cost_perturbation_multiplier", 1.0 if wanted else 0.0)

    def solve(self) -> Solved:
        """Solve, from the last basis where there is one.

        Raises
        ------
        PlanningError
            If the solver gives up.

        """
        values = self._run()
        while len(broken := self._broken(values)):
            self._add(broken)
            values = self._run()
        return self._fixed(values) if self._whole else self._solved(values)

    def _broken(self, values: Array) -> Numbers:
        """Rows left out that a solution breaks."""
        p = self.programme
        out = p.lazy.copy()
        out[self._kept] = False
        if not out.any():
            return np.empty(0, dtype=np.int32)
        activity = p.matrix @ values
        reach = _BROKEN * np.maximum(1.0, np.abs(np.nan_to_num(p.row_upper, posinf=0.0)))
        out &= (activity > p.row_upper + reach) | (activity < p.row_lower - reach)
        return np.flatnonzero(out).astype(np.int32)

    def _add(self, rows: Numbers) -> None:
        """Bring rows that were left out into the programme that is solved."""
        p, unit = self.programme, self._unit
        part = p.matrix.tocsr()[rows]
        self._highs.addRows(
            len(rows), p.row_lower[rows] / unit, p.row_upper[rows] / unit,
            part.nnz, part.indptr[:-1].astype(np.int32), part.indices.astype(np.int32), part.data,
        )  # fmt: skip
        self._kept = np.append(self._kept, rows)

    def _run(self) -> Array:
        import highspy

        self._highs.run()
        status, found = self._highs.getModelStatus(), self._highs.getSolution()
        good = (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kModelEmpty)
        stopped = (highspy.HighsModelStatus.kTimeLimit, highspy.HighsModelStatus.kSolutionLimit)
        if status not in good and not (self._whole and status in stopped and found.value_valid):
            raise PlanningError(f"the solver found no plan: it stopped as {self._highs.modelStatusToString(status)!r}")
        return np.array(found.col_value) * self._unit

    def _solved(self, values: Array) -> Solved:
        found = self._highs.getSolution()
        objective = float(self._highs.getInfo().objective_function_value) * self._unit
        prices = np.zeros(self.programme.shape[0])
        prices[self._kept] = found.row_dual
        return Solved(values, prices, np.array(found.col_dual), objective, objective)

    def _fixed(self, values: Array) -> Solved:
        """The solution in whole numbers, with the prices of the linear programme that is left when these are fixed."""
        bound = float(self._highs.getInfo().mip_dual_bound)
        p = self.programme
        fixed = np.where(p.whole, np.round(values), values)
        rest = replace(
            p,
            lower=np.where(p.whole, fixed, p.lower),
            upper=np.where(p.whole, fixed, p.upper),
            whole=np.zeros_like(p.whole),
        )
        kept = {name: value for name, value in self.options.items() if not name.startswith("mip_")}
        return replace(Solver(rest, **kept).solve(), bound=bound)


def _unit(programme: Programme) -> float:
    """The power of ten in which the quantities of a programme are usual numbers; 1 for all but very large ones."""
    largest = 0.0
    for bounds in (programme.lower, programme.upper, programme.row_lower, programme.row_upper):
        largest = max(largest, float(np.abs(bounds[np.isfinite(bounds)]).max(initial=0.0)))
    return 10.0 ** np.floor(np.log10(largest / _USUAL) + 1) if largest > _USUAL else 1.0


def _same(one: Programme, other: Programme) -> bool:
    a, b = one.matrix, other.matrix
    alike = a is b or all(np.array_equal(getattr(a, part), getattr(b, part)) for part in ("indptr", "indices", "data"))
    return alike and np.array_equal(one.whole, other.whole)


def _lp(programme: Programme, unit: float, kept: Numbers) -> Any:
    """The rows of a programme that are kept, as HiGHS takes them."""
    import highspy

    matrix = programme.matrix
    if len(kept) < programme.shape[0]:
        at = np.full(programme.shape[0], -1, dtype=np.int32)
        at[kept] = np.arange(len(kept), dtype=np.int32)
        index = at[matrix.indices]
        there = index >= 0
        start = np.concatenate([[0], np.cumsum(there)])[matrix.indptr].astype(np.int32)
        index, data = index[there], matrix.data[there]
    else:
        start, index, data = matrix.indptr, matrix.indices, matrix.data
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = len(kept), programme.shape[1]
    lp.col_cost_, lp.offset_ = programme.cost, programme.offset / unit
    lp.col_lower_, lp.col_upper_ = programme.lower / unit, programme.upper / unit
    lp.row_lower_, lp.row_upper_ = programme.row_lower[kept] / unit, programme.row_upper[kept] / unit
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = start, index, data
    if programme.whole.any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[whole] for whole in programme.whole.tolist()]
    return lp
