"""Service levels of a reorder point under any distribution of demand, and the reorder point for a service level.

Three measures, each with its own pair of functions, never mixed:

    cycle service  alpha   chance of no stock-out in a replenishment cycle
    fill rate      beta    share of demand met from stock
    ready rate             share of time with stock on the shelf

References
----------
[1] E. Silver, D. Pyke, D. Thomas: Inventory and Production Management in Supply Chains, 4th ed., chapter 6.
[2] L. Snyder, Z.-J. Shen: Fundamentals of Supply Chain Theory, 2nd ed., chapter 5.
[3] S. Axsater: Inventory Control, 3rd ed., section 5.3.
[4] M. Johnson, H. Lee, T. Davis, R. Hall (1995): Expressions for item fill rates in periodic inventory systems,
    Naval Research Logistics 42, 57-80.

"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sop_xl.inventory.bounds import Floats, above_0, floats, share
from sop_xl.inventory.distributions import Demand

_HALVINGS = 200


def cycle_service(over_lead_time: Demand, reorder_point: npt.ArrayLike) -> Floats:
    """Chance of no stock-out in a cycle [share]: alpha = F(r).

    Parameters
    ----------
    over_lead_time
        Demand from order to receipt (with a review period: and until the next order) [units].
    reorder_point
        Level r at which an order is placed [units].

    Nahmias, Example 5.6: lead time demand 100 +- 25.

    >>> from sop_xl.inventory.distributions import Normal
    >>> print(f"{cycle_service(Normal(100, 25), 151.34):.3f}")
    0.980

    """
    return over_lead_time.cdf(reorder_point)


def reorder_point_for_cycle_service(over_lead_time: Demand, alpha: npt.ArrayLike) -> Floats:
    """The least reorder point [units] with cycle service alpha: r = F^-1(alpha).

    Raises InputError outside (0, 1). Nahmias, Example 5.6, rounds it to 151:

    >>> from sop_xl.inventory.distributions import Normal
    >>> print(f"{reorder_point_for_cycle_service(Normal(100, 25), 0.98):.2f}")
    151.34

    """
    return over_lead_time.quantile(share("cycle service", alpha))


def fill_rate_of(over_lead_time: Demand, reorder_point: npt.ArrayLike, order_quantity: npt.ArrayLike) -> Floats:
    """Share of demand met from stock [share] under continuous review: beta = 1 - (n(r) - n(r + Q)) / Q, exact.

    Exact where demand comes unit by unit or evenly; where customers take several units at once it is the ready rate,
    and the fill rate is below it. The familiar 1 - n(r) / Q drops the second term and counts a backorder that lasts
    longer than a cycle twice. Equation 5.51 in [3].

    Parameters
    ----------
    over_lead_time
        Demand from order to receipt [units].
    reorder_point, order_quantity
        r and Q [units].

    Raises InputError for an order quantity of 0 or less.

    >>> from sop_xl.inventory.distributions import Normal
    >>> print(f"{fill_rate_of(Normal(5000, 707.1), 6000, 10_000):.4f}")
    0.9975

    """
    lot = above_0("order quantity", order_quantity)
    point = floats(reorder_point)
    return floats(1.0 - (over_lead_time.loss(point) - over_lead_time.loss(point + lot)) / lot)


def reorder_point_for_fill_rate(over_lead_time: Demand, order_quantity: npt.ArrayLike, beta: npt.ArrayLike) -> Floats:
    """The least reorder point [units] whose exact fill rate is beta or more; below 0 where the lot alone gives it.

    Whole where demand is whole. Raises InputError for beta outside (0, 1) or an order quantity of 0 or less.

    >>> from sop_xl.inventory.distributions import Gamma, Poisson
    >>> print(reorder_point_for_fill_rate(Poisson(3), 5, 0.95))
    5.0
    >>> print(f"{reorder_point_for_fill_rate(Gamma(100, 50), 200, 0.98):.1f}")
    164.2

    """
    wanted, lot = share("fill rate", beta), above_0("order quantity", order_quantity)
    return _least(over_lead_time, lot, wanted)


def ready_rate_of(over_lead_time: Demand, reorder_point: npt.ArrayLike, order_quantity: npt.ArrayLike) -> Floats:
    """Share of time with stock on the shelf [share]: mean over the positions y above r up to r + Q of P(D < y).

    It equals the fill rate where demand comes unit by unit (arrivals see time averages); where customers take several
    units (negative binomial, empirical) it is above it. [3], section 5.3.

    >>> from sop_xl.inventory.distributions import Poisson
    >>> print(f"{ready_rate_of(Poisson(3), 4, 5):.4f}")
    0.9364

    """
    lot = above_0("order quantity", order_quantity)
    point = floats(reorder_point)
    return floats(1.0 - (over_lead_time.loss(point) - over_lead_time.loss(point + lot)) / lot)


def periodic_fill_rate(
    over_lead_time: Demand, over_protection: Demand, order_up_to: npt.ArrayLike, review_demand: npt.ArrayLike
) -> Floats:
    """Share of demand met from stock [share] of an order-up-to policy: 1 - (n_{L+R}(S) - n_L(S)) / (D R). [4], [1].

    Parameters
    ----------
    over_lead_time, over_protection
        Demand over the lead time, and over lead time and review period [units].
    order_up_to
        S [units].
    review_demand
        Mean demand of a review period, D R [units].

    >>> from sop_xl.inventory.distributions import Normal
    >>> print(f"{periodic_fill_rate(Normal(200, 28.28), Normal(300, 34.64), 330, 100):.4f}")
    0.9630

    """
    level = floats(order_up_to)
    short = over_protection.loss(level) - over_lead_time.loss(level)
    return floats(1.0 - short / above_0("demand of a review period", review_demand))


def _least(demand: Demand, lot: Floats, wanted: Floats) -> Floats:
    """The least r with that fill rate: Newton's steps kept within halving bounds, over all items at once.

    The fill rate rises with slope (F(r + Q) - F(r)) / Q.
    """
    shape = np.shape(fill_rate_of(demand, -lot, lot) - wanted)
    below, above = np.broadcast_to(-lot, shape).astype(float), demand.quantile(np.full(shape, 1.0 - 1e-12)) + 1.0
    at = np.clip(np.broadcast_to(demand.mean, shape), below, above)
    for _ in range(_HALVINGS):
        if demand.whole:
            at = np.floor(at)
        gap = fill_rate_of(demand, at, lot) - wanted
        below, above = np.where(gap >= 0, below, at), np.where(gap >= 0, at, above)
        if np.all(above - below <= (1.0 if demand.whole else 1e-11 * (1.0 + np.abs(above)))):
            break
        middle = (below + above) / 2.0
        if demand.whole:
            at = middle
            continue
        slope = (demand.cdf(at + lot) - demand.cdf(at)) / lot
        step = at - gap / np.maximum(slope, 1e-300)
        there = np.abs(step - at) <= 1e-8 * (1.0 + np.abs(at))  # the next step is the square of this one
        if np.all(there):
            return floats(step)
        at = np.where((step >= below) & (step <= above) | there, step, middle)
    return floats(np.ceil(above) if demand.whole else above)
