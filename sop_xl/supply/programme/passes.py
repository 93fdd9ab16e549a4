"""Passes over a plan: some parts at a time are solved again, exactly, with what the others leave of the coupling rows.

A pass over a feasible plan gives a feasible plan that costs no more: what a group of parts has now is one of its
choices. The first pass starts from a plan that keeps the coupling rows nearly; what is missing is made good by the
groups in turn, each in proportion to what it uses. To work side by side, the parts are dealt out to workers and each
coupling row is shared among them by use, so that plans within the shares are together a plan within the whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import sparse

from sop_xl.errors import PlanningError
from sop_xl.supply.programme.blocks import Array, Numbers, Programme
from sop_xl.supply.programme.parts import Parts, cut, cut_matrix
from sop_xl.supply.programme.solver import Solver
from sop_xl.supply.programme.threads import in_threads

GROUP = 25_000
"""Columns of parts solved together."""


@dataclass(frozen=True)
class Tied:
    """A programme, its parts, and the coupling rows by themselves."""

    programme: Programme
    parts: Parts

    @cached_property
    def coupling(self) -> Numbers:
        """Numbers of the coupling rows."""
        return np.flatnonzero(self.parts.of_row < 0).astype(np.int32)

    @cached_property
    def free(self) -> Numbers:
        """Numbers of the columns in coupling rows only."""
        return np.flatnonzero(self.parts.of_column < 0).astype(np.int32)

    @cached_property
    def matrix(self) -> sparse.csc_array:
        """The coupling rows of the matrix."""
        return cut_matrix(self.programme.matrix, self.coupling, np.arange(self.programme.shape[1], dtype=np.int32))

    @cached_property
    def weights(self) -> sparse.csc_array:
        """The coupling rows without signs."""
        return abs(self.matrix)

    @cached_property
    def by_row(self) -> sparse.csr_array:
        """The coupling rows, row by row."""
        return self.matrix.tocsr()

    @cached_property
    def free_of_row(self) -> sparse.csr_array:
        """The coupling rows by the free columns in them."""
        return self.matrix[:, self.free].tocsr()

    def near(self, rows: Numbers) -> Numbers:
        """Parts in some coupling rows, or in rows next to them over a free column."""
        at = np.flatnonzero(np.isin(self.coupling, rows))
        free = np.unique(self.free_of_row[at].indices)
        at = np.union1d(at, self.matrix[:, self.free[free]].indices)
        found = self.parts.of_column[np.unique(self.by_row[at].indices)]
        return np.unique(found[found >= 0]).astype(np.int32)

    def use(self, values: Array, parts: Numbers | None = None) -> Array:
        """What (some) parts use of each coupling row, without signs."""
        columns = self.parts.columns.of(np.arange(self.parts.count, dtype=np.int32) if parts is None else parts)
        return np.asarray(self.weights[:, columns] @ np.abs(values[columns]))


@dataclass(frozen=True)
class Share:
    """What a worker plans: his parts, limits of columns and rows within his share, and his values."""

    parts: Numbers
    lower: Array
    upper: Array
    row_lower: Array
    row_upper: Array
    values: Array


def shares(tied: Tied, values: Array, dealt: list[Numbers]) -> list[Share]:
    """Share the coupling rows and free columns among workers, by what their parts use of them."""
    programme, rows, free = tied.programme, tied.coupling, tied.free
    if len(dealt) == 1:
        limits = programme.row_lower.copy(), programme.row_upper.copy()
        return [Share(dealt[0], programme.lower, programme.upper, *limits, values.copy())]
    of_rows_all, of_columns_all = _fractions(tied, values, dealt)
    carried = programme.matrix @ values
    found = []
    for parts, of_rows, of_columns in zip(dealt, of_rows_all, of_columns_all, strict=True):
        own = np.zeros_like(values)
        columns = tied.parts.columns.of(parts)
        own[columns] = values[columns]
        own[free] = of_columns * values[free]
        lower, upper = programme.lower.copy(), programme.upper.copy()
        lower[free], upper[free] = _times(lower[free], of_columns), _times(upper[free], of_columns)
        row_lower, row_upper = programme.row_lower.copy(), programme.row_upper.copy()
        left = (programme.matrix @ own)[rows]
        row_lower[rows] = left + _times(row_lower[rows] - carried[rows], of_rows)
        row_upper[rows] = left + _times(row_upper[rows] - carried[rows], of_rows)
        found.append(Share(parts, lower, upper, row_lower, row_upper, own))
    return found


def _fractions(tied: Tied, values: Array, dealt: list[Numbers]) -> tuple[Array, Array]:
    """Fraction of each coupling row and of each free column that goes to each worker.

    A row goes by what the parts use of it, or might use where they use nothing; a free column by the product over its
    rows, so that it goes to who has all of them; a row of free columns alone goes as these do.
    """
    use = np.array([tied.use(values, parts) for parts in dealt])
    might = np.array([tied.use(np.ones_like(values), parts) for parts in dealt])
    use += 1e-9 * (1e-9 + use.max(initial=0.0)) * might
    pattern = tied.free_of_row.copy()
    pattern.data = np.ones_like(pattern.data)
    of_columns = np.exp((pattern.T @ np.log(np.maximum(_to_one(use), 1e-12)).T).T)
    of_columns = _to_one(np.maximum(of_columns, 1e-250))
    alone = ~use.any(axis=0)
    by_free = (abs(tied.free_of_row) @ (of_columns * (1e-9 + np.abs(values[tied.free]))).T).T
    return _to_one(np.where(alone, by_free, use)), of_columns


def _to_one(amount: Array) -> Array:
    """Fractions down each column, alike where there is nothing."""
    total = amount.sum(axis=0)
    return np.where(total > 0, amount / np.where(total > 0, total, 1.0), 1.0 / len(amount))


def improved(
    tied: Tied,
    values: Array,
    dealt: list[Numbers],
    *,
    penalty: float | None = None,
    size: int = GROUP,
    stop: Callable[[], bool] = lambda: False,
) -> Array:
    """Make one pass over a plan.

    Parameters
    ----------
    tied
        The programme and its parts.
    values
        A feasible plan; with a penalty, any plan.
    dealt
        Parts of each worker, in the order they are taken up.
    penalty
        Price of a unit by which a coupling row is missed [cost]; none where the plan is feasible.
    size
        Columns of parts solved together.
    stop
        Asked before each group whether to leave the rest as it is; not asked where there is a penalty.

    Raises
    ------
    PlanningError
        If there is a penalty, and a group has no plan even so.

    """
    given = shares(tied, values, dealt)
    in_threads(lambda share: _pass(tied, share, penalty, size, stop), given, len(given))
    result = values.copy()
    result[tied.free] = sum(share.values[tied.free] for share in given)
    for share in given:
        columns = tied.parts.columns.of(share.parts)
        result[columns] = share.values[columns]
    return np.clip(result, tied.programme.lower, tied.programme.upper)


def _pass(tied: Tied, share: Share, penalty: float | None, size: int, stop: Callable[[], bool]) -> None:
    """Solve the groups of a share in turn; its values change in place."""
    carried = tied.programme.matrix @ share.values
    waiting = tied.use(share.values, share.parts) if penalty is not None else np.empty(0)
    for group in tied.parts.batches(share.parts, size):
        if penalty is None and stop():
            return
        columns, rows = _reach(tied, group)
        matrix = cut_matrix(tied.programme.matrix, rows, columns)
        others = carried[rows] - matrix @ share.values[columns]
        at = np.searchsorted(tied.coupling, rows)
        at = np.where(tied.coupling[np.minimum(at, len(tied.coupling) - 1)] == rows, at, -1)
        shared = np.flatnonzero(at >= 0).astype(np.int32)
        others[at < 0] = 0.0
        low, high = share.row_lower[rows], share.row_upper[rows]
        if penalty is not None:
            use = tied.use(share.values, group)
            later = np.maximum(waiting - use, 0.0)
            patience = np.where(later > 1e-9 * use, later / np.where(waiting > 0, waiting, 1.0), 0.0)[at[shared]]
            missed = carried[rows[shared]]
            low[shared] -= patience * np.maximum(low[shared] - missed, 0.0)
            high[shared] += patience * np.maximum(missed - high[shared], 0.0)
            waiting = later
        left = replace(
            cut(tied.programme, rows, columns),
            lower=share.lower[columns],
            upper=share.upper[columns],
            row_lower=low - others,
            row_upper=high - others,
        )
        if penalty is not None:
            left = _elastic(left, shared, penalty)
        try:
            found = _values(left)[: len(columns)]
        except PlanningError:
            if penalty is not None:
                raise
            continue
        share.values[columns] = found
        carried[rows] = others + matrix @ found


def _values(programme: Programme) -> Array:
    """The best values; rows that seldom bind are all there at once where there is no least cost without them."""
    try:
        return Solver(programme, presolve="off").solve().values
    except PlanningError:
        if not programme.lazy.any():
            raise
        return Solver(replace(programme, lazy=np.zeros_like(programme.lazy)), presolve="off").solve().values


def _reach(tied: Tied, group: Numbers) -> tuple[Numbers, Numbers]:
    """Columns of the parts and free columns next to them; rows these stand in."""
    own = tied.parts.columns.of(group)
    touched = np.unique(tied.matrix[:, own].indices)
    free = tied.free[np.unique(tied.free_of_row[touched].indices)]
    columns = np.concatenate([own, free])
    seen = np.zeros(tied.programme.shape[0], dtype=bool)
    seen[tied.programme.matrix[:, columns].indices] = True
    return columns, np.flatnonzero(seen).astype(np.int32)


def _elastic(programme: Programme, rows: Numbers, penalty: float) -> Programme:
    """Let some rows be missed at a price, either way."""
    height, count = programme.shape[0], len(rows)
    one = sparse.csc_array(
        (np.ones(count), rows.astype(np.int32), np.arange(count + 1, dtype=np.int32)), shape=(height, count)
    )
    return Programme(
        cost=np.concatenate([programme.cost, np.full(2 * count, penalty)]),
        lower=np.concatenate([programme.lower, np.zeros(2 * count)]),
        upper=np.concatenate([programme.upper, np.full(2 * count, np.inf)]),
        whole=np.zeros(programme.shape[1] + 2 * count, dtype=bool),
        row_lower=programme.row_lower,
        row_upper=programme.row_upper,
        matrix=sparse.csc_array(sparse.hstack([programme.matrix, one, -one], format="csc")),
        columns={},
        rows={},
        lazy=np.zeros(height, dtype=bool),
    )


def _times(limit: Array, share: Array) -> Array:
    """A share of limits; what is endless stays so."""
    endless = ~np.isfinite(limit)
    return np.where(endless, limit, np.where(endless, 0.0, limit) * share)
