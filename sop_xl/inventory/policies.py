"""When and how much to order: reorder point, order-up-to level, order quantities and the newsvendor.

References
----------
[1] L. Snyder, Z.-J. Shen: Fundamentals of Supply Chain Theory, 2nd ed., chapters 3 and 4.
[2] E. Silver, D. Pyke, D. Thomas: Inventory and Production Management in Supply Chains, 4th ed., chapters 4 and 6.

"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from sop_xl.inventory.bounds import Floats, above_0, at_least_0, floats


def reorder_point(demand: npt.ArrayLike, lead_time: npt.ArrayLike, safety_stock: npt.ArrayLike) -> Floats:
    """Order when stock on hand and on order falls to this [units]: D L + SS. Equation 6.7 in [2].

    Parameters
    ----------
    demand
        Mean demand [units/period].
    lead_time
        From order to receipt [periods].
    safety_stock
        Stock held for the error of the forecast [units].

    >>> print(reorder_point(2500, 2, 1000))
    6000.0

    """
    return floats(at_least_0("demand", demand) * at_least_0("lead time", lead_time) + floats(safety_stock))


def order_up_to(
    demand: npt.ArrayLike, lead_time: npt.ArrayLike, review: npt.ArrayLike, safety_stock: npt.ArrayLike
) -> Floats:
    """Each review, order up to this [units]: D (L + R) + SS. Equation 6.24 in [2].

    >>> print(order_up_to(100, 2, 1, 50))
    350.0

    """
    span = at_least_0("lead time", lead_time) + at_least_0("review", review)
    return floats(at_least_0("demand", demand) * span + floats(safety_stock))


def order_quantity(need: npt.ArrayLike, minimum: npt.ArrayLike = 0.0, multiple: npt.ArrayLike = 0.0) -> Floats:
    """What to order for a need: at least the minimum, in multiples; nothing where nothing is needed.

    Parameters
    ----------
    need
        Units wanted [units].
    minimum
        Smallest order [units].
    multiple
        Orders come in multiples of this [units]; 0 is any quantity.

    Raises InputError for a negative minimum or multiple.

    >>> print(order_quantity([0, 7, 70, 130], minimum=50, multiple=20))
    [  0.  60.  80. 140.]

    """
    wanted = floats(need)
    least, lot = at_least_0("the minimum of an order", minimum), at_least_0("the multiple of an order", multiple)
    size = np.maximum(wanted, least)
    step = np.where(lot > 0, lot, 1.0)
    whole = np.ceil(np.round(size / step, 9)) * step
    return floats(np.where(wanted > 0, np.where(lot > 0, whole, size), 0.0))


def eoq(demand: npt.ArrayLike, order_cost: npt.ArrayLike, holding_cost: npt.ArrayLike) -> Floats:
    """Economic order quantity [units]: sqrt(2 K D / h). Equation 3.4 in [1], Example 3.1.

    Parameters
    ----------
    demand
        Demand [units/period], 0 or more.
    order_cost
        Cost of an order [money], 0 or more.
    holding_cost
        Cost of holding a unit for a period [money/unit/period], above 0.

    >>> print(f"{eoq(1300, 8, 0.225):.4f}")
    304.0468

    """
    rate, fixed = at_least_0("demand", demand), at_least_0("order cost", order_cost)
    return floats(np.sqrt(2.0 * fixed * rate / above_0("holding cost", holding_cost)))


def order_cost_rate(
    quantity: npt.ArrayLike, demand: npt.ArrayLike, order_cost: npt.ArrayLike, holding_cost: npt.ArrayLike
) -> Floats:
    """Cost of ordering and holding a period when ordering `quantity` [money/period]: K D / Q + h Q / 2.

    Equation 3.3 in [1]; at the economic order quantity of Example 3.1:

    >>> print(f"{order_cost_rate(eoq(1300, 8, 0.225), 1300, 8, 0.225):.4f}")
    68.4105

    """
    size = above_0("an order quantity", quantity)
    return floats(floats(order_cost) * floats(demand) / size + floats(holding_cost) * size / 2.0)


def newsvendor(mean: npt.ArrayLike, sd: npt.ArrayLike, overage: npt.ArrayLike, underage: npt.ArrayLike) -> Floats:
    """Stock for one selling period of normal demand [units]: mean + z sd at the critical ratio p / (p + h).

    Parameters
    ----------
    mean, sd
        Demand of the period [units].
    overage
        Cost of a unit left over [money/unit], above 0.
    underage
        Cost of a unit short [money/unit], above 0.

    Equation 4.24 in [1], Example 4.3:

    >>> print(f"{newsvendor(50, 8, overage=0.18, underage=0.70):.4f}")
    56.6040

    """
    from scipy.special import ndtri

    z = ndtri(_critical_ratio(overage, underage))
    return floats(floats(mean) + z * at_least_0("the standard deviation of demand", sd))


def newsvendor_cost(
    stock: npt.ArrayLike, mean: npt.ArrayLike, sd: npt.ArrayLike, overage: npt.ArrayLike, underage: npt.ArrayLike
) -> Floats:
    """Expected cost of a period that begins with `stock` [money]: h E[left over] + p E[short].

    Equation 4.6 in [1]; at the optimum of Example 4.3:

    >>> print(f"{newsvendor_cost(56.60395592743389, 50, 8, overage=0.18, underage=0.70):.6f}")
    1.997605

    """
    from scipy.special import ndtr

    spread = above_0("the standard deviation of demand", sd)
    z = (floats(stock) - floats(mean)) / spread
    short = spread * (np.exp(-(z**2) / 2.0) / math.sqrt(2.0 * math.pi) - z * ndtr(-z))
    return floats(floats(overage) * (spread * z + short) + floats(underage) * short)


def newsvendor_poisson(mean: npt.ArrayLike, overage: npt.ArrayLike, underage: npt.ArrayLike) -> Floats:
    """Stock for one selling period of Poisson demand [whole units]: the least S with P(demand <= S) >= p / (p + h).

    Section 4.3.2.7 in [1], Example 4.7:

    >>> print(newsvendor_poisson(6, overage=1, underage=4))
    8.0

    """
    from scipy.stats import poisson

    return floats(poisson.ppf(_critical_ratio(overage, underage), at_least_0("mean demand", mean)))


def _critical_ratio(overage: npt.ArrayLike, underage: npt.ArrayLike) -> Floats:
    over, under = above_0("the cost of a unit left over", overage), above_0("the cost of a unit short", underage)
    return floats(under / (under + over))
