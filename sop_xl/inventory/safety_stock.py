"""Safety stock: what the error of a forecast over the lead time calls for.

Two service levels are kept apart, each with its own functions. The *cycle service level* is the chance of no stock-out
in a replenishment cycle; the *fill rate* is the share of demand met from stock. Both take errors as normal, which is
poor for intermittent demand with a mean of a few units.

References
----------
[1] S. Chopra, P. Meindl: Supply Chain Management, chapter "Managing uncertainty: safety inventory".
[2] E. Silver, D. Pyke, D. Thomas: Inventory and Production Management in Supply Chains, 4th ed., chapter 6.
[3] L. Snyder, Z.-J. Shen: Fundamentals of Supply Chain Theory, 2nd ed., chapter 4.

"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sop_xl.errors import InputError
from sop_xl.inventory.bounds import Floats, above_0, at_least_0, floats, share

_NEWTON_STEPS = 200


def z_value(service_level: npt.ArrayLike) -> Floats:
    """The safety factor of a cycle service level: that quantile of the standard normal distribution.

    Parameters
    ----------
    service_level
        Chance of no stock-out in a cycle [share], in (0, 1).

    Raises InputError outside of it. Equation 6.12 in [2].

    >>> print(f"{z_value(0.98):.3f}")
    2.054

    """
    from scipy.special import ndtri

    return floats(ndtri(share("service level", service_level)))


def error_over_risk(
    sigma: npt.ArrayLike,
    lead_time: npt.ArrayLike,
    review: npt.ArrayLike = 0.0,
    demand: npt.ArrayLike = 0.0,
    lead_time_sd: npt.ArrayLike = 0.0,
) -> Floats:
    """Standard deviation of demand over lead time and review period: sqrt((L+R) sigma^2 + D^2 sigma_L^2).

    Parameters
    ----------
    sigma
        Standard deviation of the forecast error of a period [units].
    lead_time, review
        From order to receipt, and between two orders [periods].
    demand
        Mean demand [units/period]; only needed where the lead time varies.
    lead_time_sd
        Standard deviation of the lead time [periods].

    Raises InputError for a negative value. Dell's supplier in [1]: demand 2500 a day +- 500, lead time 7 days +- 7.

    >>> print(f"{error_over_risk(500, 7, 0, demand=2500, lead_time_sd=7):.0f}")
    17550

    """
    error, lead, between = (
        at_least_0("sigma", sigma),
        at_least_0("lead time", lead_time),
        at_least_0("review", review),
    )
    mean, spread = at_least_0("demand", demand), at_least_0("standard deviation of the lead time", lead_time_sd)
    return floats(np.sqrt((lead + between) * error**2 + mean**2 * spread**2))


def safety_stock(
    sigma: npt.ArrayLike,
    lead_time: npt.ArrayLike,
    review: npt.ArrayLike,
    service_level: npt.ArrayLike,
    demand: npt.ArrayLike = 0.0,
    lead_time_sd: npt.ArrayLike = 0.0,
) -> Floats:
    """Safety stock [units] for a cycle service level: z sqrt((L+R) sigma^2 + D^2 sigma_L^2).

    Parameters
    ----------
    sigma, lead_time, review, demand, lead_time_sd
        As in `error_over_risk`.
    service_level
        Chance of no stock-out in a cycle [share], in (0, 1); below a half the answer is 0, not a negative stock.

    Raises InputError for a value out of bounds. Lego at Walmart in [1]: 500 a week, lead time 2 weeks, 90 %.

    >>> print(f"{safety_stock(500, 2, 0, 0.90):.0f}")
    906

    """
    stock = z_value(service_level) * error_over_risk(sigma, lead_time, review, demand, lead_time_sd)
    return floats(np.maximum(stock, 0.0))


def safety_stock_for_fill_rate(
    sigma: npt.ArrayLike,
    lead_time: npt.ArrayLike,
    review: npt.ArrayLike,
    fill_rate: npt.ArrayLike,
    order_quantity: npt.ArrayLike,
    demand: npt.ArrayLike = 0.0,
    lead_time_sd: npt.ArrayLike = 0.0,
) -> Floats:
    """Safety stock [units] for a fill rate: the z whose unit normal loss is (1 - fill rate) Q / sigma over the risk.

    Parameters
    ----------
    sigma, lead_time, review, demand, lead_time_sd
        As in `error_over_risk`.
    fill_rate
        Share of demand met from stock [share], in (0, 1).
    order_quantity
        Units that a usual order brings [units].

    The answer is never below 0: a large order alone may reach a modest fill rate. Raises InputError for a value out of
    bounds. Lego at Walmart in [1]: lots of 10,000, 500 a week, lead time 2 weeks, 97.5 %.

    >>> print(f"{safety_stock_for_fill_rate(500, 2, 0, 0.975, 10_000):.0f}")
    67

    """
    met, lot = share("fill rate", fill_rate), at_least_0("order quantity", order_quantity)
    spread = error_over_risk(sigma, lead_time, review, demand, lead_time_sd)
    short, spread = np.broadcast_arrays((1.0 - met) * lot, spread)
    certain = spread <= 0
    loss = short / np.where(certain, 1.0, spread)
    if np.any((loss <= 0) & ~certain):
        raise InputError("a fill rate needs an order quantity above 0")
    z = z_for_loss(np.where(certain, 1.0, loss))
    return floats(np.where(certain, 0.0, np.maximum(z * spread, 0.0)))


def unit_normal_loss(z: npt.ArrayLike) -> Floats:
    """Mean shortfall of a standard normal demand beyond z: phi(z) - z (1 - Phi(z)). Equation C.31 in [3].

    >>> print(f"{unit_normal_loss(1.0):.4f}")
    0.0833

    """
    from scipy.special import ndtr

    at = np.asarray(z, dtype=float)
    density = np.exp(-(at**2) / 2.0) / np.sqrt(2.0 * np.pi)
    return floats(density - at * ndtr(-at))


def z_for_loss(loss: npt.ArrayLike) -> Floats:
    """The z whose unit normal loss is `loss` (> 0): the inverse of `unit_normal_loss`.

    The loss is convex and falling and lies above -z, so Newton's method from z = -loss climbs to the root and never
    passes it.

    >>> print(f"{z_for_loss(0.0833155):.4f}")
    1.0000

    """
    from scipy.special import ndtr

    wanted = above_0("a unit normal loss", loss)
    z = -wanted
    for _ in range(_NEWTON_STEPS):
        step = (unit_normal_loss(z) - wanted) / ndtr(-z)
        z = z + step
        if np.all(np.abs(step) <= 1e-12 * (1.0 + np.abs(z))):
            break
    return floats(z)


def cycle_service_level(stock: npt.ArrayLike, spread: npt.ArrayLike) -> Floats:
    """The chance of no stock-out in a cycle [share] that a safety stock gives, `spread` from `error_over_risk` [units].

    B&M Computer World in [1]: safety stock 1000, 500 a week, lead time 2 weeks.

    >>> print(f"{cycle_service_level(1000, error_over_risk(500, 2)):.3f}")
    0.921

    """
    from scipy.special import ndtr

    held, risk = np.asarray(stock, dtype=float), above_0("spread", spread)
    return floats(ndtr(held / risk))


def fill_rate(stock: npt.ArrayLike, spread: npt.ArrayLike, order_quantity: npt.ArrayLike) -> Floats:
    """The share of demand met from stock that a safety stock gives: 1 - spread G(stock / spread) / Q.

    B&M Computer World in [1]: lots of 10,000.

    >>> print(f"{fill_rate(1000, error_over_risk(500, 2), 10_000):.4f}")
    0.9975

    """
    risk, lot = above_0("spread", spread), above_0("order quantity", order_quantity)
    short = risk * unit_normal_loss(np.asarray(stock, dtype=float) / risk)
    return floats(np.maximum(1.0 - short / lot, 0.0))
