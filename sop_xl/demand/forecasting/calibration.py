"""How far from its mean a forecast's bounds lie: quantiles of past errors in units of the stated deviation.

Errors have longer tails than the normal curve, the upper one more so, because demand can multiply but not fall below
nothing. The shipped table was read off rolling origins inside the training parts of two public sets (2,400 monthly
series, `benchmarks/forecast`). A large portfolio draws it towards the quantiles of its own past errors, which alone
would make intervals conformal [1]; on rolling origins a quarter of its own and three of the shipped scored best.

Reference: [1] Lei, G'Sell, Rinaldo, Tibshirani, Wasserman (2018), Distribution-free predictive inference for
regression, JASA 113, 1094-1111.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from sop_xl.demand.forecasting.smoothing import Floats

WIDTHS = (0.0, 50.0, 80.0, 90.0, 95.0, 99.0)
"""Widths of the table [%]."""


@dataclass(frozen=True)
class Spread:
    """Deviations from the mean to the lower and the upper bound of an interval of each of `WIDTHS`."""

    lower: Floats
    upper: Floats

    def reach(self, width: float) -> tuple[float, float]:
        """Deviations to the lower and the upper bound of any width [%], straight lines between normal quantiles.

        >>> SHIPPED.reach(95)
        (1.9, 2.33)

        """
        knots = np.array([_normal(w) for w in WIDTHS])
        z = _normal(width)
        beyond = max(z / knots[-1], 1.0)
        lower, upper = (float(np.interp(z, knots, side)) * beyond for side in (self.lower, self.upper))
        return lower, upper

    def scaled(self, factor: float) -> Spread:
        """Every bound this much nearer, or further."""
        return Spread(self.lower * factor, self.upper * factor)


def _normal(width: float) -> float:
    return NormalDist().inv_cdf(0.5 + width / 200)


SHIPPED = Spread(np.array([0.0, 0.58, 1.14, 1.51, 1.9, 2.8]), np.array([0.0, 0.58, 1.24, 1.73, 2.33, 4.0]))
"""The table that one series alone, or a small portfolio, goes by."""

NORMAL = Spread(np.array([_normal(w) for w in WIDTHS]), np.array([_normal(w) for w in WIDTHS]))
"""The normal curve, for pinned methods."""


def learnt(errors: Floats, belief: float) -> Spread:
    """The table of a portfolio, from its standardised errors.

    Parameters
    ----------
    errors
        actual - forecast in units of the stated deviation, of rolling origins
    belief
        share of the portfolio's own table in the result, the rest is the shipped one [share]

    >>> learnt(np.linspace(-2.0, 2.0, 401), 1.0).reach(50)
    (1.0, 1.0)

    """
    tails = np.array([(100 - w) / 200 for w in WIDTHS])
    lower = np.maximum(-np.quantile(errors, tails), 0.0)
    upper = np.maximum(np.quantile(errors, 1 - tails), 0.0)
    lower[0] = upper[0] = 0.0
    return Spread(
        np.maximum.accumulate(belief * lower + (1 - belief) * SHIPPED.lower),
        np.maximum.accumulate(belief * upper + (1 - belief) * SHIPPED.upper),
    )
