"""Cover: turns, stock built ahead of a season or a shutdown, and the limits that cover and shelf life put on a target.

Forward days of supply stand in `projection`.

References
----------
[1] E. Silver, D. Pyke, D. Thomas: Inventory and Production Management in Supply Chains, 4th ed., chapters 1 and 9.
[2] T. Vollmann and others: Manufacturing Planning and Control for Supply Chain Management, 6th ed., chapter 4.

"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sop_xl.errors import InputError
from sop_xl.inventory.bounds import Floats, at_least_0, floats


def turns(cost_of_sales: npt.ArrayLike, stock_value: npt.ArrayLike) -> Floats:
    """How often stock turns over in a year: annual cost of sales / mean stock value; infinite without stock. [1].

    Parameters
    ----------
    cost_of_sales
        At cost, not at sales price [money/year].
    stock_value
        Mean value of stock at cost [money].

    >>> print(turns([1200, 600, 0], [200, 0, 0]))
    [ 6. inf nan]

    """
    sold, held = at_least_0("cost of sales", cost_of_sales), at_least_0("stock value", stock_value)
    with np.errstate(divide="ignore", invalid="ignore"):
        return floats(sold / held)


def pre_build(demand: npt.ArrayLike, capacity: npt.ArrayLike) -> Floats:
    """Stock to have at the end of each period for what later periods cannot make themselves [units].

    B_t = max(0, B_{t+1} + D_{t+1} - C_{t+1}), backwards: the least stock with which no demand is late. [2].

    Parameters
    ----------
    demand, capacity
        Units wanted and units that can be made, by period along the last axis [units]; a shutdown has capacity 0.

    Raises InputError for shapes that do not agree.

    A peak of 150 against 100 a period, then a shutdown:

    >>> print(pre_build([80, 90, 150, 80, 60], [100, 100, 100, 100, 0]))
    [80. 90. 40. 60.  0.]

    """
    wanted, made = _same(demand, capacity)
    built = np.zeros_like(wanted)
    for t in range(wanted.shape[-1] - 2, -1, -1):
        built[..., t] = np.maximum(built[..., t + 1] + wanted[..., t + 1] - made[..., t + 1], 0.0)
    return built


def late_in_spite_of_pre_build(demand: npt.ArrayLike, capacity: npt.ArrayLike, on_hand: npt.ArrayLike = 0.0) -> Floats:
    """What no stock built ahead can save: units short however early work starts; 0 where the plan can be met.

    >>> print(late_in_spite_of_pre_build([[150, 80], [80, 150]], [[100, 100], [100, 100]], on_hand=[10, 40]))
    [40.  0.]

    """
    wanted, made = _same(demand, capacity)
    lacking = np.maximum(np.cumsum(wanted - made, axis=-1).max(axis=-1), 0.0)
    return floats(np.maximum(lacking - at_least_0("stock on hand", on_hand), 0.0))


def within_cover(
    stock: npt.ArrayLike, daily_demand: npt.ArrayLike, least_days: npt.ArrayLike = 0.0,
    most_days: npt.ArrayLike = np.inf,
) -> Floats:  # fmt: skip
    """Stock kept between the least and the most days of demand [units]; the most counts where they cross.

    >>> print(within_cover([10, 100, 500], 5, least_days=7, most_days=30))
    [ 35. 100. 150.]

    """
    rate, least = at_least_0("daily demand", daily_demand), at_least_0("least days of cover", least_days)
    most = at_least_0("most days of cover", most_days)
    cap = np.where(np.isinf(most), np.inf, rate * np.where(np.isinf(most), 0.0, most))
    return floats(np.minimum(np.maximum(at_least_0("stock", stock), rate * least), cap))


def demand_within(demand: npt.ArrayLike, period_days: npt.ArrayLike, days: npt.ArrayLike) -> Floats:
    """Demand of the next `days` days [units], a part of the last period by its share; the forward cover of stock.

    Parameters
    ----------
    demand
        By period along the last axis, the first from now on [units].
    period_days
        Length of a period, one or one per period [days].
    days
        How far ahead, one or one per item [days].

    Beyond the last period its mean goes on.

    >>> print(demand_within([60, 90, 30], 30, [15, 45, 100]))
    [ 30. 105. 200.]

    """
    wanted = at_least_0("demand", demand)
    length = np.broadcast_to(np.asarray(period_days, dtype=float), (wanted.shape[-1],))
    ahead = at_least_0("days", days)
    starts = np.cumsum(length) - length
    parts = np.clip((ahead[..., np.newaxis] - starts) / length, 0.0, 1.0)
    beyond = np.maximum(ahead - length.sum(), 0.0) * wanted.sum(axis=-1) / length.sum()
    return floats((parts * wanted).sum(axis=-1) + beyond)


def shelf_life_cap(
    demand: npt.ArrayLike, period_days: npt.ArrayLike, shelf_life_days: npt.ArrayLike,
    customer_days: npt.ArrayLike = 0.0,
) -> Floats:  # fmt: skip
    """The most stock that is sold while customers still take it [units]: demand of shelf life less what they ask for.

    Parameters
    ----------
    demand, period_days
        As in `demand_within`.
    shelf_life_days
        From receipt to expiry [days]; infinite where nothing spoils.
    customer_days
        Life that customers want left at delivery [days].

    First in, first out; demand as forecast, so a cap with no room for error.

    >>> print(shelf_life_cap([60, 90, 30], 30, [60, np.inf], customer_days=15))
    [105.  inf]

    """
    life = at_least_0("shelf life", shelf_life_days) - at_least_0("life left for customers", customer_days)
    spoils = np.isfinite(life)
    sold = demand_within(demand, period_days, np.maximum(np.where(spoils, life, 0.0), 0.0))
    return floats(np.where(spoils, sold, np.inf))


def _same(demand: npt.ArrayLike, capacity: npt.ArrayLike) -> tuple[Floats, Floats]:
    wanted, made = at_least_0("demand", demand), at_least_0("capacity", capacity)
    try:
        wanted, made = np.broadcast_arrays(wanted, made)
    except ValueError as wrong:
        raise InputError(f"demand has the shape {wanted.shape}, capacity {made.shape}") from wrong
    return wanted, made
