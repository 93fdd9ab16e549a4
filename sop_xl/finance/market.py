"""Sales volume against the market: how much of it is the size of the market, how much our share of it.

References
----------
[1] C. Horngren, S. Datar, M. Rajan: Cost Accounting: A Managerial Emphasis, 14th ed., chapter 14: market-share and
    market-size variances, the two parts of the sales quantity variance.

"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sop_xl.errors import InputError

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class MarketSplit:
    """Money of a larger market at the budget's share, and of a larger share of the market as it is [money]."""

    market_size: Array
    market_share: Array


def market_split(
    units: npt.ArrayLike,
    budget_units: npt.ArrayLike,
    market: npt.ArrayLike,
    budget_market: npt.ArrayLike,
    budget_margin: npt.ArrayLike,
) -> MarketSplit:
    """Sales quantity variance as market size and market share [1].

    Parameters
    ----------
    units, budget_units
        Our units [units].
    market, budget_market
        Units of the whole market [units].
    budget_margin
        Mean margin of a unit in the budget's mix [money/unit].

    size = (market - budget market) x budget share x margin, share = (share - budget share) x market x margin; together
    (units - budget units) x margin. Raises InputError for negative units and a market that is not above 0.

    The Soda King exercise of that chapter: market share 1,264,800 F, market size 210,800 U.

    >>> found = market_split(3.0e6, 2.5e6, 24e6, 25e6, 2.108)
    >>> print(f"{found.market_share:,.0f} {found.market_size:,.0f}")
    1,264,800 -210,800

    """
    ours, planned, whole, expected, margin = (
        np.asarray(values, dtype="float64") for values in (units, budget_units, market, budget_market, budget_margin)
    )
    for name, values in (("units", ours), ("budget units", planned)):
        if not (np.isfinite(values) & (values >= 0)).all():
            raise InputError(f"{name} must be 0 or more, got {np.min(values):g}")
    for name, values in (("market", whole), ("budget market", expected)):
        if not (np.isfinite(values) & (values > 0)).all():
            raise InputError(f"{name} must be above 0, got {np.min(values):g}")
    size = (whole - expected) * (planned / expected) * margin
    return MarketSplit(market_size=size[()], market_share=((ours - planned * whole / expected) * margin)[()])
