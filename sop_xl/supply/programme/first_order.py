"""A plan and prices near the best ones by a first-order method: many cheap steps, none of them a factorisation.

References
----------
[1] Applegate, Diaz, Hinder, Lu, Lubin, O'Donoghue & Schudy, Practical large-scale linear programming using primal-dual
    hybrid gradient, Advances in Neural Information Processing Systems 34 (2021).

"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from sop_xl.supply.programme.blocks import Array, Mask, Programme
from sop_xl.supply.programme.parts import cut

METHODS = ("hipdlp", "pdlp")
"""First-order methods of HiGHS, the quicker one first; the second where it gets stuck, or is not there."""

STUCK = 100_000
"""Steps after which a method that has not come near will not."""


def first_order(
    programme: Programme, tolerance: float, seconds: float, left_out: Mask | None = None
) -> tuple[Array, Array]:
    """Values of the columns and prices of the rows, each kept to a relative tolerance.

    Parameters
    ----------
    programme
        The programme.
    tolerance
        Relative error of rows, prices and the gap between them.
    seconds
        Time it may take; what there is by then is given, nought where there is nothing.
    left_out
        Rows that are left out: the values may break them, and they have no price.

    Examples
    --------
    >>> from sop_xl.supply.programme.blocks import Blocks
    >>> b = Blocks()
    >>> make = b.add_columns("make", "item", (1,), cost=2.0)
    >>> b.add_terms(b.add_rows("need", "item", (1,), lower=5.0), 1.0, make)
    >>> values, prices = first_order(b.programme(), 1e-6, seconds=10.0)
    >>> float(values[0].round(3)), float(prices[0].round(3))
    (5.0, 2.0)

    """
    import highspy

    endless = ~(np.isfinite(programme.row_lower) | np.isfinite(programme.row_upper))
    out = endless if left_out is None else endless | left_out
    kept = np.flatnonzero(~out).astype(np.int32) if out.any() else None
    asked = programme if kept is None else cut(programme, kept, np.arange(programme.shape[1], dtype=np.int32))
    until = time.monotonic() + seconds
    for method in METHODS:
        new: Any = highspy.Highs
        solver: Any = new()
        solver.setOptionValue("output_flag", False)
        if solver.setOptionValue("solver", method) != highspy.HighsStatus.kOk:
            continue
        options: dict[str, Any] = {
            "run_crossover": "off",
            "presolve": "off",
            "kkt_tolerance": tolerance,
            "pdlp_optimality_tolerance": tolerance,
            "pdlp_iteration_limit": STUCK,
            "time_limit": max(until - time.monotonic(), 0.1),
        }
        for name, value in options.items():
            solver.setOptionValue(name, value)
        solver.passModel(_lp(asked))
        solver.run()
        found = solver.getSolution()
        if solver.getModelStatus() == highspy.HighsModelStatus.kOptimal or time.monotonic() >= until:
            break
    height, width = asked.shape
    values, asked_prices = _finite(np.array(found.col_value), width), _finite(np.array(found.row_dual), height)
    prices = np.zeros(programme.shape[0])
    prices[slice(None) if kept is None else kept] = asked_prices
    return np.clip(values, programme.lower, programme.upper), prices


def _lp(programme: Programme) -> Any:
    import highspy

    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = programme.shape
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = programme.cost, programme.lower, programme.upper
    lp.row_lower_, lp.row_upper_ = programme.row_lower, programme.row_upper
    matrix = programme.matrix
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    return lp


def _finite(found: Array, length: int) -> Array:
    if len(found) != length:
        return np.zeros(length)
    return np.nan_to_num(found, nan=0.0, posinf=0.0, neginf=0.0)
