"""Reorder point and order quantity together: the (r, Q) policy, exact and by the approximations of the textbooks.

Stock is watched all the time; when stock on hand and on order less backorders falls to r, Q is ordered. With g(y) =
h E[(y - X)+] + p E[(X - y)+], X demand over the lead time, the cost is (K D + integral of g from r to r + Q) / Q.

References
----------
[1] L. Snyder, Z.-J. Shen: Fundamentals of Supply Chain Theory, 2nd ed., chapter 5.
[2] Y.-S. Zheng (1992): On properties of stochastic inventory systems, Management Science 38(1), 87-103.
[3] A. Federgruen, Y.-S. Zheng (1992): An efficient algorithm for computing an optimal (r, Q) policy, Oper. Res. 40(4).
[4] G. Hadley, T. Whitin (1963): Analysis of Inventory Systems, chapter 4.
[5] S. Nahmias: Production and Operations Analysis, chapter 5.

"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sop_xl.errors import InputError
from sop_xl.inventory.bounds import above_0, share
from sop_xl.inventory.distributions import Demand
from sop_xl.inventory.order_quantities import eoq_with_backorders
from sop_xl.inventory.policies import eoq

_STEPS = 500


@dataclass(frozen=True)
class ReorderPolicy:
    """Order `order_quantity` when the position falls to `reorder_point` [units]; `cost` [money/period]."""

    reorder_point: float
    order_quantity: float
    cost: float


def rq_cost(
    reorder_point: float, order_quantity: float, over_lead_time: Demand, demand: float, order_cost: float,
    holding_cost: float, stockout_cost: float,
) -> float:  # fmt: skip
    """Exact expected cost of an (r, Q) policy [money/period], backorders priced by time. Equation 5.7 in [1].

    Parameters
    ----------
    reorder_point, order_quantity
        r and Q [units].
    over_lead_time
        Demand over the lead time [units].
    demand
        Mean demand D [units/period].
    order_cost, holding_cost, stockout_cost
        K [money/order]; h and p [money/unit/period].

    The whole-unit sum over r + 1 ... r + Q where demand is whole.

    """
    lot = float(above_0("order quantity", order_quantity))
    held, short = _checked(holding_cost, stockout_cost)
    mean = float(np.asarray(over_lead_time.mean))
    if over_lead_time.whole:
        positions = np.arange(reorder_point + 1, reorder_point + lot + 1)
        rates = held * (positions - mean) + (held + short) * over_lead_time.loss(positions)
        return float((order_cost * demand + rates.sum()) / lot)
    stock = reorder_point + lot / 2.0 - mean
    waiting = _loss_between(over_lead_time, reorder_point, lot) / lot
    return float(order_cost * demand / lot + held * stock + (held + short) * waiting)


def rq_optimal(
    over_lead_time: Demand, demand: float, order_cost: float, holding_cost: float, stockout_cost: float
) -> ReorderPolicy:
    """The (r, Q) policy of least exact cost: Zheng [2], and in whole units Federgruen and Zheng [3].

    Parameters as `rq_cost`. Example 5.8 in [1] (Poisson):

    >>> from sop_xl.inventory.distributions import Normal, Poisson
    >>> best = rq_optimal(Poisson(3), 1.5, 100, 20, 150)
    >>> print(f"{best.reorder_point:.0f} {best.order_quantity:.0f} {best.cost:.4f}")
    3 5 107.9236

    The normal demand of Example 5.1:

    >>> best = rq_optimal(Normal(1300 / 12, 150 / 12**0.5), 1300, 8, 0.225, 7.5)
    >>> print(f"{best.reorder_point:.2f} {best.order_quantity:.2f} {best.cost:.4f}")
    126.87 328.45 78.0711

    """
    held, short = _checked(holding_cost, stockout_cost)
    fixed = float(above_0("order cost", order_cost)) * float(above_0("demand", demand))
    mean = float(np.asarray(over_lead_time.mean))
    best_point = float(over_lead_time.quantile(short / (held + short)))

    def rate(y: float) -> float:
        return float(held * (y - mean) + (held + short) * over_lead_time.loss(y))

    if over_lead_time.whole:
        low, lot, total = best_point - 1.0, 1.0, fixed + rate(best_point)
        while min(rate(low), rate(low + lot + 1.0)) < total / lot:
            below, above = rate(low), rate(low + lot + 1.0)
            total += min(below, above)
            low, lot = (low - 1.0, lot + 1.0) if below <= above else (low, lot + 1.0)
        return ReorderPolicy(low, lot, total / lot)

    def reach(r: float) -> float:
        """R + Q where the rate is again that at r."""
        level, span = rate(r), max(best_point - r, 1e-9)
        low, high = best_point, best_point + span
        while rate(high) < level:
            high += 2.0 * (high - best_point)
        return _root(lambda y: rate(y) - level, low, high)

    def lacks(r: float) -> float:
        """Of Zheng's condition that the cost is the rate at both ends: rises as r falls."""
        top = reach(r)
        area = held * ((top - mean) ** 2 - (r - mean) ** 2) / 2.0
        area += (held + short) * _loss_between(over_lead_time, r, top - r)
        return rate(r) * (top - r) - area - fixed

    step = max(best_point - float(over_lead_time.quantile(0.1)), 1.0)
    low = best_point - step
    while lacks(low) < 0:
        step *= 2.0
        low -= step
    point = _root(lambda r: -lacks(r), low, best_point)
    lot = reach(point) - point
    return ReorderPolicy(
        point, lot, rq_cost(point, lot, over_lead_time, demand, order_cost, holding_cost, stockout_cost)
    )


def rq_hadley_whitin(
    over_lead_time: Demand, demand: float, order_cost: float, holding_cost: float, stockout_cost: float
) -> ReorderPolicy:
    """The expected-inventory-level approximation, a stock-out priced by the unit; iterated as in [4].

    Q = sqrt(2 D (K + p n(r)) / h) and 1 - F(r) = Q h / (p D) in turn. Cost h (r - mean + Q / 2) + (K + p n(r)) D / Q.
    Equations 5.16 to 5.19 in [1]. Here `stockout_cost` is [money/unit short], not per period.

    Raises InputError where stock-outs are so cheap that no reorder point pays. Example 5.2 in [1]:

    >>> from sop_xl.inventory.distributions import Normal
    >>> best = rq_hadley_whitin(Normal(1300 / 12, 150 / 12**0.5), 1300, 8, 0.225, 7.5)
    >>> print(f"{best.reorder_point:.2f} {best.order_quantity:.2f} {best.cost:.4f}")
    213.97 318.59 95.4511

    """
    held, short = _checked(holding_cost, stockout_cost)
    rate = float(above_0("demand", demand))
    lot = float(eoq(rate, order_cost, held))
    point = float(np.asarray(over_lead_time.mean))
    for _ in range(_STEPS):
        ratio = lot * held / (short * rate)
        if ratio >= 1.0:
            raise InputError(
                f"the cost of a unit short, {short:g}, is too low for a reorder point: "
                f"it must exceed {lot * held / rate:g}"
            )
        before, point = (lot, point), float(over_lead_time.quantile(1.0 - ratio))
        lot = float(np.sqrt(2.0 * rate * (order_cost + short * over_lead_time.loss(point)) / held))
        if abs(lot - before[0]) + abs(point - before[1]) <= 1e-12 * (lot + abs(point)):
            break
    missed = float(over_lead_time.loss(point))
    mean = float(np.asarray(over_lead_time.mean))
    cost = held * (point - mean + lot / 2.0) + (order_cost + short * missed) * rate / lot
    return ReorderPolicy(point, lot, float(cost))


def rq_for_fill_rate(
    over_lead_time: Demand, demand: float, order_cost: float, holding_cost: float, fill_rate: float
) -> ReorderPolicy:
    """R and Q together for a fill rate, as the textbooks have it: n(r) = (1 - beta) Q.

    Q = n(r) / (1 - F(r)) + sqrt(2 K D / h + (n(r) / (1 - F(r)))^2) in turn: the shortage cost that beta implies.
    Section 5.5 in [5]. Cost K D / Q + h (r - mean + Q / 2), without shortage. Backorders that last beyond a cycle count
    twice, unlike in `service.fill_rate_of`.

    Parameters as `rq_cost`; `fill_rate` is beta [share]. Harvey's Specialty Shop in [5], Q = 114 and r = 124:

    >>> from sop_xl.inventory.distributions import Normal
    >>> best = rq_for_fill_rate(Normal(100, 25), 200, 50, 2, 0.98)
    >>> print(f"{best.reorder_point:.1f} {best.order_quantity:.1f}")
    123.8 114.3

    """
    missed, held = 1.0 - float(share("fill rate", fill_rate)), float(above_0("holding cost", holding_cost))
    rate = float(above_0("demand", demand))
    plain = lot = float(eoq(rate, order_cost, held))
    mean, point = float(np.asarray(over_lead_time.mean)), 0.0
    for _ in range(_STEPS):
        point = _point_of_loss(over_lead_time, missed * lot)
        late = float(over_lead_time.loss(point)) / max(1.0 - float(over_lead_time.cdf(point)), 1e-12)
        before, lot = lot, late + float(np.hypot(plain, late))
        if abs(lot - before) <= 1e-10 * lot:
            break
    return ReorderPolicy(point, lot, order_cost * rate / lot + held * (point - mean + lot / 2.0))


def rq_loss_function(
    over_lead_time: Demand, demand: float, order_cost: float, holding_cost: float, stockout_cost: float
) -> ReorderPolicy:
    """The loss-function approximation: backorders are taken as n2(r) / Q.

    Q = sqrt(2 (K D + (h + p) n2(r)) / h) and n(r) = h Q / (h + p) in turn. Section
    5.3.4 in [1]; parameters as `rq_cost`. The cost given is the exact one.
    """
    held, short = _checked(holding_cost, stockout_cost)
    rate = float(above_0("demand", demand))
    lot, point = float(eoq(rate, order_cost, held)), 0.0
    for _ in range(_STEPS):
        point = _point_of_loss(over_lead_time, held * lot / (held + short))
        before = lot
        lot = float(np.sqrt(2.0 * (order_cost * rate + (held + short) * over_lead_time.second_loss(point)) / held))
        if abs(lot - before) <= 1e-10 * lot:
            break
    return _priced(point, lot, over_lead_time, demand, order_cost, holding_cost, stockout_cost)


def rq_eoq_with_backorders(
    over_lead_time: Demand, demand: float, order_cost: float, holding_cost: float, stockout_cost: float
) -> ReorderPolicy:
    """Q of the EOQ with backorders, r the best for it: g(r) = g(r + Q). Section 5.3.2 in [1].

    Its cost is within 1/8 of the optimum [2]. Parameters as `rq_cost`.
    """
    held, short = _checked(holding_cost, stockout_cost)
    lot = float(eoq_with_backorders(demand, order_cost, held, short).quantity)
    best = float(over_lead_time.quantile(short / (held + short)))

    def falls(r: float) -> float:
        loss = over_lead_time.loss(np.array([r, r + lot]))
        return float(held * lot + (held + short) * (loss[1] - loss[0]))

    return _priced(_root(falls, best - lot, best), lot, over_lead_time, demand, order_cost, holding_cost, stockout_cost)


def rq_eoq_with_safety_stock(
    over_lead_time: Demand, demand: float, order_cost: float, holding_cost: float, stockout_cost: float
) -> ReorderPolicy:
    """Q of the plain EOQ, r = F^-1(p / (p + h)). Section 5.3.3 in [1]; parameters as `rq_cost`."""
    held, short = _checked(holding_cost, stockout_cost)
    lot = float(eoq(demand, order_cost, held))
    point = float(over_lead_time.quantile(short / (held + short)))
    return _priced(point, lot, over_lead_time, demand, order_cost, holding_cost, stockout_cost)


def _checked(holding_cost: float, stockout_cost: float) -> tuple[float, float]:
    return float(above_0("holding cost", holding_cost)), float(above_0("the cost of a unit short", stockout_cost))


def _priced(
    point: float, lot: float, over_lead_time: Demand, demand: float, order_cost: float, held: float, short: float
) -> ReorderPolicy:
    if over_lead_time.whole:
        point, lot = round(point), max(round(lot), 1)
    return ReorderPolicy(point, lot, rq_cost(point, lot, over_lead_time, demand, order_cost, held, short))


def _loss_between(demand: Demand, r: float, lot: float) -> float:
    """Integral of the loss function from r to r + Q: n2(r) - n2(r + Q)."""
    second = demand.second_loss(np.array([r, r + lot]))
    return float(second[0] - second[1])


def _point_of_loss(demand: Demand, loss: float) -> float:
    """The r with n(r) = loss; n is at least mean - r, so r is at or above mean - loss."""
    low, high = float(np.asarray(demand.mean)) - loss, float(demand.quantile(1.0 - 1e-12))
    high = max(high, low + 1.0)
    return low if demand.loss(low) <= loss else _root(lambda r: loss - float(demand.loss(r)), low, high)


def _root(function: object, low: float, high: float) -> float:
    from scipy.optimize import brentq

    return float(brentq(function, low, high, xtol=1e-12, rtol=1e-14))
