"""The newsvendor under any distribution of demand: one order, one selling period, and what is left over or short.

The same answer sets the base-stock level of a policy reviewed every period, with demand over lead time and period.

References
----------
[1] L. Snyder, Z.-J. Shen: Fundamentals of Supply Chain Theory, 2nd ed., section 4.3.

"""

from __future__ import annotations

from dataclasses import dataclass

import numpy.typing as npt

from sop_xl.inventory.bounds import Floats, above_0, at_least_0, floats
from sop_xl.inventory.distributions import Demand, Normal


@dataclass(frozen=True)
class Newsvendor:
    """Stock S to begin with [units], its expected cost [money], and the critical ratio p / (p + h) [share]."""

    stock: Floats
    cost: Floats
    critical_ratio: Floats


def newsvendor_of(demand: Demand, overage: npt.ArrayLike, underage: npt.ArrayLike) -> Newsvendor:
    """The stock of least expected cost: the least S with F(S) >= p / (p + h). Equations 4.17 and 4.35 in [1].

    Parameters
    ----------
    demand
        Demand of the period, any distribution [units].
    overage, underage
        h and p, cost of a unit left over and of a unit short [money/unit], above 0.

    Raises InputError for a cost of 0 or less. Examples 4.3 (normal) and 4.7 (Poisson):

    >>> from sop_xl.inventory.distributions import Poisson
    >>> best = newsvendor_of(Normal(50, 8), overage=0.18, underage=0.70)
    >>> print(f"{best.stock:.4f} {best.cost:.6f}")
    56.6040 1.997605
    >>> best = newsvendor_of(Poisson(6), overage=1, underage=4)
    >>> print(f"{best.stock:.0f} {best.cost:.6f}")
    8 3.570107

    """
    over, under = above_0("the cost of a unit left over", overage), above_0("the cost of a unit short", underage)
    ratio = floats(under / (under + over))
    stock = demand.quantile(ratio)
    return Newsvendor(stock, expected_cost(demand, stock, over, under), ratio)


def expected_cost(demand: Demand, stock: npt.ArrayLike, overage: npt.ArrayLike, underage: npt.ArrayLike) -> Floats:
    """Expected cost of a period that begins with S [money]: h (S - mean + n(S)) + p n(S). Equation 4.6 in [1].

    >>> from sop_xl.inventory.distributions import Empirical
    >>> print(f"{expected_cost(Empirical([0, 10, 20]), 10, overage=1, underage=3):.4f}")
    13.3333

    """
    held = floats(stock)
    short = demand.loss(held)
    return floats(floats(overage) * (held - floats(demand.mean) + short) + floats(underage) * short)


def base_stock(
    mean: npt.ArrayLike, sd: npt.ArrayLike, lead_time: npt.ArrayLike, holding_cost: npt.ArrayLike,
    stockout_cost: npt.ArrayLike,
) -> Newsvendor:  # fmt: skip
    """Base-stock level of a policy reviewed every period, normal demand over L + 1 periods. Section 4.3.4 in [1].

    Parameters
    ----------
    mean, sd
        Demand of a period [units].
    lead_time
        L, from order to receipt [periods].
    holding_cost, stockout_cost
        Of a unit held, and of a unit waiting, at the end of a period [money/unit/period].

    Example 4.4:

    >>> best = base_stock(50, 8, 4, holding_cost=0.18, stockout_cost=0.70)
    >>> print(f"{best.stock:.4f} {best.cost:.6f}")
    264.7669 4.466781

    """
    span = at_least_0("lead time", lead_time) + 1.0
    demand = Normal(floats(mean) * span, floats(above_0("the standard deviation of demand", sd) * span**0.5))
    return newsvendor_of(demand, holding_cost, stockout_cost)
