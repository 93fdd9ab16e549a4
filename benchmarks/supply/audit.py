"""Whether a plan keeps its limits and its bound is one, from the programme alone.

References:
    [1] Neumaier, Shcherbina (2004), Safe bounds in linear and mixed-integer linear programming, Math. Programming 99, 283-296.

"""

from __future__ import annotations

import numpy as np

from benchmarks.supply.measure import Array, violation
from sop_xl.supply.programme.blocks import Programme

ROUNDING = 1e-9
"""Reduced costs that count as rounding [scaled currency]."""


def broken(programme: Programme, values: Array) -> float:
    """The largest violation of a row or bound of a programme, relative to it."""
    p = programme
    return max(violation(p.row_lower, p.matrix @ values, p.row_upper), violation(p.lower, values, p.upper))


def proven(programme: Programme, prices: Array, most: float) -> float:
    """A bound below the cost of any plan, from any prices of the rows [1].

    Price times limit over the rows, and the least of reduced cost times value over the columns; where a column without a
    limit has a reduced cost that rounding put below zero, it is charged for `most` units.
    """
    p = programme
    reduced = p.cost - p.matrix.T @ prices
    total = p.offset
    for weight, low, high in ((prices, p.row_lower, p.row_upper), (reduced, p.lower, p.upper)):
        limit = np.where(weight > 0, low, high)
        limit = np.where(np.isinf(limit) & (np.abs(weight) < ROUNDING), np.sign(limit) * most, limit)
        total += float((weight * np.where(weight == 0, 0.0, limit)).sum())
    return total
