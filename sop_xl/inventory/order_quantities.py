"""Economic order quantities beyond the plain one: backorders, production rate, quantity discounts, joint orders.

References
----------
[1] L. Snyder, Z.-J. Shen: Fundamentals of Supply Chain Theory, 2nd ed., chapter 3.
[2] E. Silver (1976): A simple method of determining order quantities in joint replenishments under deterministic
    demand, Management Science 22(12), 1351-1361.
[3] S. Goyal (1974): Determination of optimum packaging frequency of items jointly replenished, Manag. Science 21(4).

"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sop_xl.errors import InputError
from sop_xl.inventory.bounds import Floats, above_0, at_least_0, floats


@dataclass(frozen=True)
class OrderQuantity:
    """An order quantity Q [units] and its cost [money/period]."""

    quantity: Floats
    cost: Floats


@dataclass(frozen=True)
class BackorderedQuantity:
    """Order quantity Q [units], the share x of demand that waits, and the cost [money/period]."""

    quantity: Floats
    backordered: Floats
    cost: Floats


@dataclass(frozen=True)
class DiscountedQuantity:
    """Order quantity Q [units], the price region it falls in (0 is the first), and the cost [money/period]."""

    quantity: Floats
    region: npt.NDArray[np.int_]
    cost: Floats


@dataclass(frozen=True)
class JointReplenishment:
    """Base cycle T [periods], each item's multiple m of it, quantities [units] and cost [money/period]."""

    cycle: float
    multiples: npt.NDArray[np.int_]
    quantities: Floats
    cost: float


def eoq_with_backorders(
    demand: npt.ArrayLike, order_cost: npt.ArrayLike, holding_cost: npt.ArrayLike, backorder_cost: npt.ArrayLike
) -> BackorderedQuantity:
    """Order quantity with planned backorders: Q = sqrt(2 K D (h + p) / (h p)), x = h / (h + p). Theorem 3.4 in [1].

    Parameters
    ----------
    demand
        D [units/period].
    order_cost
        K [money/order].
    holding_cost, backorder_cost
        h and p, of a unit held and of a unit waiting [money/unit/period].

    Raises InputError for a negative demand or cost. Example 3.8:

    >>> best = eoq_with_backorders(1300, 8, 0.225, 5)
    >>> print(f"{best.quantity:.4f} {best.backordered:.6f} {best.cost:.4f}")
    310.8126 0.043062 66.9214

    """
    rate, fixed = at_least_0("demand", demand), at_least_0("order cost", order_cost)
    held, waits = above_0("holding cost", holding_cost), above_0("backorder cost", backorder_cost)
    quantity = np.sqrt(2.0 * fixed * rate * (held + waits) / (held * waits))
    cost = np.sqrt(2.0 * fixed * rate * held * waits / (held + waits))
    return BackorderedQuantity(floats(quantity), floats(held / (held + waits) + 0.0 * quantity), floats(cost))


def production_quantity(
    demand: npt.ArrayLike, production: npt.ArrayLike, order_cost: npt.ArrayLike, holding_cost: npt.ArrayLike
) -> OrderQuantity:
    """Economic production quantity: Q = sqrt(2 K D / (h (1 - D / P))), P the rate of production. Section 3.6 in [1].

    Parameters
    ----------
    demand, production
        D and P [units/period]; P above D.
    order_cost
        K, of a setup [money].
    holding_cost
        h [money/unit/period].

    Raises InputError where production does not exceed demand.

    >>> lot = production_quantity(1300, 1700, 8, 0.225)
    >>> print(f"{lot.quantity:.4f} {lot.cost:.4f}")
    626.8085 33.1840

    """
    rate, made = at_least_0("demand", demand), above_0("the rate of production", production)
    if np.any(made <= rate):
        raise InputError("the rate of production must be above that of demand")
    fixed, held = at_least_0("order cost", order_cost), above_0("holding cost", holding_cost) * (1.0 - rate / made)
    return OrderQuantity(floats(np.sqrt(2.0 * fixed * rate / held)), floats(np.sqrt(2.0 * fixed * rate * held)))


def eoq_all_units_discount(
    demand: npt.ArrayLike,
    order_cost: npt.ArrayLike,
    holding_rate: npt.ArrayLike,
    breaks: npt.ArrayLike,
    prices: npt.ArrayLike,
) -> DiscountedQuantity:
    """Order quantity where the price of every unit falls at each break: the best of each region. Section 3.4.2 in [1].

    Region j: Q_j = max(b_j, sqrt(2 K D / (i c_j))), if below b_{j+1}; cost c_j D + K D / Q + i c_j Q / 2.

    Parameters
    ----------
    demand, order_cost
        D [units/period] and K [money/order].
    holding_rate
        i, cost of holding as a share of the price [1/period].
    breaks
        b_0 = 0 < b_1 < ..., along the last axis [units].
    prices
        c_j from each break on, same shape [money/unit].

    Raises InputError for breaks that do not rise from 0. Example 3.5:

    >>> best = eoq_all_units_discount(1300, 8, 0.3, [0, 400, 800], [0.75, 0.72, 0.68])
    >>> print(f"{best.quantity:.0f} in region {best.region}: {best.cost:.1f}")
    800 in region 2: 978.6

    """
    low, price, rate, fixed, share = _discounts(demand, order_cost, holding_rate, breaks, prices)
    high = np.concatenate([low[..., 1:], np.full((*low.shape[:-1], 1), np.inf)], axis=-1)
    free = np.sqrt(2.0 * fixed * rate / (share * price))
    quantity = np.maximum(free, low)
    cost = price * rate + fixed * rate / np.maximum(quantity, 1e-300) + share * price * quantity / 2.0
    return _best(quantity, np.where(quantity < high, cost, np.inf))


def eoq_incremental_discount(
    demand: npt.ArrayLike,
    order_cost: npt.ArrayLike,
    holding_rate: npt.ArrayLike,
    breaks: npt.ArrayLike,
    prices: npt.ArrayLike,
) -> DiscountedQuantity:
    """Order quantity where each price holds only for the units beyond its break. Section 3.4.3 in [1].

    With g_j = sum of b_k (c_{k-1} - c_k) up to j: Q_j = sqrt(2 (K + g_j) D / (i c_j)), cost c_j D + (K + g_j) D / Q +
    i (g_j + c_j Q) / 2. Parameters and errors as `eoq_all_units_discount`.

    Example 3.6:

    >>> best = eoq_incremental_discount(1300, 8, 0.3, [0, 400, 800], [0.75, 0.72, 0.68])
    >>> print(f"{best.quantity:.2f} in region {best.region}: {best.cost:.3f}")
    304.05 in region 0: 1043.411

    """
    low, price, rate, fixed, share = _discounts(demand, order_cost, holding_rate, breaks, prices)
    saved = np.diff(price, axis=-1, prepend=price[..., :1])
    burden = np.cumsum(-saved * low, axis=-1)
    high = np.concatenate([low[..., 1:], np.full((*low.shape[:-1], 1), np.inf)], axis=-1)
    quantity = np.sqrt(2.0 * (fixed + burden) * rate / (share * price))
    cost = (
        price * rate
        + (fixed + burden) * rate / np.maximum(quantity, 1e-300)
        + share * (burden + price * quantity) / 2.0
    )
    return _best(quantity, np.where((quantity >= low) & (quantity < high), cost, np.inf))


def joint_replenishment(
    demand: npt.ArrayLike, joint_cost: float, item_costs: npt.ArrayLike, holding_costs: npt.ArrayLike
) -> JointReplenishment:
    """Items ordered together by Silver's method [2]: m_i = round(sqrt(k_i h_1 D_1 / (h_i D_i (K + k_1)))), 1 or more.

    Item 1 has the least k / (h D); T = sqrt(2 (K + sum k_i / m_i) / sum h_i D_i m_i).

    Parameters
    ----------
    demand
        D of each item [units/period].
    joint_cost
        K, of an order whatever is in it [money].
    item_costs
        k of each item in the order [money].
    holding_costs
        h of each item [money/unit/period].

    The example of [2]:

    >>> found = joint_replenishment([1736, 656, 558, 170, 142], 10, [1.87, 5.27, 7.94, 8.19, 8.87], [0.2] * 5)
    >>> print(f"{found.cycle:.4f} {found.multiples} {found.cost:.3f}")
    0.2814 [1 1 1 3 3] 218.686

    """
    rate, own, held, shared = _joint(demand, joint_cost, item_costs, holding_costs)
    weight = own / (held * rate)
    first = int(np.argmin(weight))
    multiples = np.sqrt(weight * held[first] * rate[first] / (shared + own[first]))
    multiples = np.maximum(np.round(multiples), 1.0)
    multiples[first] = 1.0
    return _joint_plan(rate, shared, own, held, multiples)


def joint_replenishment_optimal(
    demand: npt.ArrayLike, joint_cost: float, item_costs: npt.ArrayLike, holding_costs: npt.ArrayLike
) -> JointReplenishment:
    """The cheapest plan in which every item is ordered at a whole multiple of a base cycle, by enumeration as in [3].

    For a cycle T the best m_i is the least with m (m + 1) >= 2 k_i / (h_i D_i T^2); every set of multiples that is best
    for some T is tried, from the longest cycle at which all are 1 down to where ordering alone costs more than the
    best. Parameters as `joint_replenishment`; without a joint cost items are better ordered apart: InputError.

    >>> found = joint_replenishment_optimal([1736, 656, 558, 170, 142], 10, [1.87, 5.27, 7.94, 8.19, 8.87], [0.2] * 5)
    >>> print(f"{found.multiples} {found.cost:.3f}")
    [1 1 2 3 3] 218.252

    """
    rate, own, held, shared = _joint(demand, joint_cost, item_costs, holding_costs)
    if shared <= 0:
        raise InputError("without a joint cost of an order each item is best ordered at its own economic quantity")
    best = joint_replenishment(rate, shared, own, held)
    multiples = np.ones(len(rate))
    shortest = shared / best.cost
    while True:
        found = _joint_plan(rate, shared, own, held, multiples)
        best = found if found.cost < best.cost else best
        turns = np.sqrt(2.0 * own / (held * rate * multiples * (multiples + 1.0)))
        following = int(np.argmax(turns))
        if turns[following] <= shortest:
            return best
        multiples[following] += 1.0


def _discounts(
    demand: npt.ArrayLike,
    order_cost: npt.ArrayLike,
    holding_rate: npt.ArrayLike,
    breaks: npt.ArrayLike,
    prices: npt.ArrayLike,
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    low, price = at_least_0("a price break", breaks), above_0("a price", prices)
    if low.shape != price.shape or not low.ndim:
        raise InputError(f"there must be a price for each break, got shapes {price.shape} and {low.shape}")
    if np.any(low[..., 0] != 0) or np.any(np.diff(low, axis=-1) <= 0):
        raise InputError("price breaks must begin with 0 and rise")
    rate, fixed, share = (
        check(name, value)[..., np.newaxis]
        for check, name, value in (
            (at_least_0, "demand", demand),
            (at_least_0, "order cost", order_cost),
            (above_0, "holding rate", holding_rate),
        )
    )
    return low, price, rate, fixed, share


def _best(quantity: Floats, cost: Floats) -> DiscountedQuantity:
    region = np.argmin(cost, axis=-1)
    at = region[..., np.newaxis]
    chosen, least = (np.take_along_axis(np.broadcast_to(a, cost.shape), at, axis=-1)[..., 0] for a in (quantity, cost))
    return DiscountedQuantity(floats(chosen), region, floats(least))


def _joint(
    demand: npt.ArrayLike, joint_cost: float, item_costs: npt.ArrayLike, holding_costs: npt.ArrayLike
) -> tuple[Floats, Floats, Floats, float]:
    shared = float(at_least_0("the joint cost of an order", joint_cost))
    rate, own, held = np.broadcast_arrays(
        above_0("demand", demand), at_least_0("the cost of an item in an order", item_costs),
        above_0("holding cost", holding_costs),
    )  # fmt: skip
    if rate.ndim != 1 or not rate.size or shared + own.min() <= 0:
        raise InputError("joint replenishment needs a list of items, and a cost of an order above 0")
    return rate, own, held, shared


def _joint_plan(rate: Floats, shared: float, own: Floats, held: Floats, multiples: Floats) -> JointReplenishment:
    ordering, holding = shared + float((own / multiples).sum()), float((held * rate * multiples).sum())
    cycle = float(np.sqrt(2.0 * ordering / holding))
    cost = float(np.sqrt(2.0 * ordering * holding))
    return JointReplenishment(cycle, multiples.astype(int), floats(rate * multiples * cycle), cost)
