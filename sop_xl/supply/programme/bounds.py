"""A proven bound of a plan's cost, from the prices of its coupling rows.

Whatever the prices of the coupling rows, the least cost of the plan with those rows priced instead of kept is never
above the least cost of the plan: the Lagrangian bound [1]. With the rows priced the parts no longer meet, so each is
solved exactly by itself. What comes out is a price for every row of the programme, and the bound is read off those
prices and the limits alone (`dual_bound`), so anyone can check it without solving anything.

References
----------
[1] Geoffrion, Lagrangean relaxation for integer programming, Mathematical Programming Study 2 (1974), 82-114.
[2] Neumaier & Shcherbina, Safe bounds in linear and mixed-integer linear programming, Mathematical Programming 99
    (2004), 283-296.

"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy import sparse

from sop_xl.errors import PlanningError
from sop_xl.supply.programme.blocks import Array, Mask, Numbers, Programme
from sop_xl.supply.programme.parts import Parts, cut, cut_matrix
from sop_xl.supply.programme.solver import Solver
from sop_xl.supply.programme.threads import in_threads

NOISE = 1e-7
"""Reduced costs below zero by no more than this share of a cost are rounding of the solver, charged in full."""

BATCH = 2_500
"""Columns of parts solved in one call: small enough to stay quick, large enough to hide the call."""

TRUST = 0.2
"""How far from their present use of a row parts are thought to go, as a share of it, when prices are settled."""

TOWARDS_NOTHING = (0.0, 1e-3, 1e-2, 0.1, 0.5, 1.0)
"""Shares by which prices are drawn towards zero while they leave a part without a least cost."""


def dual_bound(programme: Programme, prices: npt.ArrayLike, reach: float = 1e6) -> float:
    """Bound the cost of a programme from below by the prices of its rows, whatever they are.

    Parameters
    ----------
    programme
        The programme; that columns are whole is left aside.
    prices
        Price of each row [cost a unit], as `Solved.prices`.
    reach
        What no column without a limit takes in a plan worth having [units]: rounding below zero of the reduced cost of
        such a column, up to `NOISE` of its cost, is charged at this much, as in [2]; more gives no bound, -inf.

    Returns
    -------
    float
        Sum of price times limit over rows and of the least of reduced cost times value over columns [cost].

    Examples
    --------
    At most 4 made at a cost of 1, the rest bought at 3; 5 needed. The last unit is worth 3:

    >>> from sop_xl.supply.programme.blocks import Blocks
    >>> b = Blocks()
    >>> need = b.add_rows("need", "item", (1,), lower=5.0)
    >>> b.add_terms(need, 1.0, b.add_columns("make", "item", (1,), cost=1.0, upper=4.0))
    >>> b.add_terms(need, 1.0, b.add_columns("buy", "item", (1,), cost=3.0))
    >>> dual_bound(b.programme(), [3.0]), dual_bound(b.programme(), [1.0]), dual_bound(b.programme(), [4.0])
    (7.0, 5.0, -inf)

    """
    price = np.asarray(prices, dtype=np.float64)
    rows = _least(price, programme.row_lower, programme.row_upper, 0.0, reach)
    reduced = programme.cost - programme.matrix.T @ price
    noise = NOISE * (1.0 + np.abs(programme.cost))
    return float(programme.offset + rows + _least(reduced, programme.lower, programme.upper, noise, reach))


def proven_prices(programme: Programme, parts: Parts, prices: Array, values: Array, *, workers: int = 1) -> Array:
    """Make prices of the coupling rows into prices of all rows that prove a bound: `dual_bound` gives it.

    Parameters
    ----------
    programme, parts
        The programme and its parts.
    prices
        Price of each row; those of coupling rows are kept as far as they can, the others are found.
    values
        A plan near the best one, feasible or not: it says what a coupling row carries.
    workers
        Parts solved at a time.

    Raises
    ------
    PlanningError
        If a part has no plan at all, or no least cost even with nothing priced.

    """
    coupling = np.flatnonzero(parts.of_row < 0).astype(np.int32)
    wanted = _signed(programme, prices)
    wanted[parts.of_row >= 0] = 0.0
    for share in TOWARDS_NOTHING:
        tried = (1.0 - share) * wanted
        try:
            tried[coupling] = _settled(programme, parts, coupling, tried[coupling], values)
            return _signed(programme, tried + _part_prices(programme, parts, tried, workers))
        except PlanningError:
            if share == TOWARDS_NOTHING[-1]:
                raise
    raise AssertionError("the last share returns or raises")


def _least(weight: Array, lower: Array, upper: Array, noise: npt.ArrayLike, reach: float) -> np.float64:
    """Least of weight times value between limits, summed."""
    limit = np.where(weight > 0, lower, upper)
    endless = ~np.isfinite(limit)
    if (endless & (np.abs(weight) > noise)).any():
        return np.float64(-np.inf)
    value = np.where(endless, np.where(weight > 0, -reach, reach), limit)
    return np.float64((weight * value).sum())


def _settled(programme: Programme, parts: Parts, coupling: Numbers, prices: Array, values: Array) -> Array:
    """Prices of coupling rows near those given at which free columns earn nothing: the best ones for what parts use.

    Parts are held to within `TRUST` of what they use and twice what is missed, at the prices given. The programme of
    the free columns and of that freedom is small, and where the freedom is not used up its prices are those given.
    """
    free = np.flatnonzero(parts.of_column < 0).astype(np.int32)
    used = np.where(parts.of_column < 0, 0.0, values)
    use, size = (programme.matrix @ used)[coupling], (abs(programme.matrix) @ np.abs(used))[coupling]
    carried = (programme.matrix @ values)[coupling]
    missed = np.abs(carried - np.clip(carried, programme.row_lower[coupling], programme.row_upper[coupling]))
    slack = TRUST * size + 2.0 * missed + 1e-6 * (1.0 + size.max(initial=0.0))
    top = 1e3 * max(1.0, float(np.abs(prices).max(initial=0.0)), float(np.abs(programme.cost[free]).max(initial=0.0)))
    count = len(coupling)
    one = sparse.eye_array(count, format="csc")
    freed = Programme(
        cost=np.concatenate([programme.cost[free], prices, prices + top, top - prices]),
        lower=np.concatenate([programme.lower[free], use - slack, np.zeros(2 * count)]),
        upper=np.concatenate([programme.upper[free], use + slack, np.full(2 * count, np.inf)]),
        whole=np.zeros(len(free) + 3 * count, dtype=bool),
        row_lower=programme.row_lower[coupling],
        row_upper=programme.row_upper[coupling],
        matrix=sparse.csc_array(
            sparse.hstack([cut_matrix(programme.matrix, coupling, free), one, one, -one], format="csc")
        ),
        columns={},
        rows={},
        lazy=np.zeros(count, dtype=bool),
    )
    return Solver(freed).solve().prices


def _part_prices(programme: Programme, parts: Parts, prices: Array, workers: int) -> Array:
    """Prices of the rows of each part, with the coupling rows priced; nought for the coupling rows."""
    found = np.zeros(len(prices))
    eager = np.zeros_like(programme.lazy)  # with other costs a row that seldom binds may be all that binds
    priced = replace(programme, cost=programme.cost - programme.matrix.T @ prices, lazy=eager)

    def solve(batch: Numbers) -> None:
        rows, columns = parts.rows.of(batch), parts.columns.of(batch)
        found[rows] = Solver(cut(priced, rows, columns), presolve="off").solve().prices

    in_threads(solve, parts.batches(np.arange(parts.count, dtype=np.int32), BATCH), workers)
    return found


def _signed(programme: Programme, prices: Array) -> Array:
    """Prices without those that a row open at that side cannot have."""
    open_down: Mask = ~np.isfinite(programme.row_lower)
    open_up: Mask = ~np.isfinite(programme.row_upper)
    return np.where((open_down & (prices > 0)) | (open_up & (prices < 0)), 0.0, prices)
