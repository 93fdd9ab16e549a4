"""Lot sizing: known demand by period made or bought in lots, a cost per lot against a cost of holding.

Rules are sibling functions from demand and costs to a `LotPlan`; `wagner_whitin` is the optimum, the others are
the rules planners know. Stock is charged at the end of each period; every plan meets demand in time.

References
----------
[1] H. Wagner, T. Whitin (1958): Dynamic version of the economic lot size model, Management Science 5(1), 89-96.
[2] E. Silver, D. Pyke, D. Thomas: Inventory and Production Management in Supply Chains, 4th ed., chapter 5.
[3] L. Snyder, Z.-J. Shen: Fundamentals of Supply Chain Theory, 2nd ed., section 3.7.

"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sop_xl.errors import InputError
from sop_xl.inventory.bounds import Floats, at_least_0
from sop_xl.inventory.policies import order_quantity


@dataclass(frozen=True)
class LotPlan:
    """Lots and stock at the end of each period [units], and what they cost [money]."""

    lots: Floats
    stock: Floats
    setup_cost: float
    holding_cost: float
    unit_cost: float

    @property
    def cost(self) -> float:
        """All of it [money]."""
        return self.setup_cost + self.holding_cost + self.unit_cost


def wagner_whitin(
    demand: npt.ArrayLike, setup: npt.ArrayLike, holding: npt.ArrayLike, unit: npt.ArrayLike = 0.0
) -> LotPlan:
    """The cheapest lots: f(t) = min over j <= t of f(j - 1) + K_j + c_j D(j..t) + cost of carrying it. [1], Theorem 2.

    Parameters
    ----------
    demand
        Units wanted in each period, 0 or more [units].
    setup
        K, cost of a lot, one or one per period [money].
    holding
        h, cost of a unit in stock at the end of a period, one or one per period [money/unit].
    unit
        c, cost of a unit by the period it is made in, one or one per period [money/unit].

    Raises InputError for a negative or missing value. The twelve months of [1], and Example 3.9 in [3]:

    >>> plan = wagner_whitin([69, 29, 36, 61, 61, 26, 34, 67, 45, 67, 79, 56],
    ...     [85, 102, 102, 101, 98, 114, 105, 86, 119, 110, 98, 114], 1)
    >>> print(plan.cost, plan.lots)
    864.0 [ 98.   0.  97.   0. 121.   0.   0. 112.   0.  67. 135.   0.]
    >>> wagner_whitin([90, 120, 80, 70], 500, 2).cost
    1380.0

    """
    wanted, fixed, carry, price = _inputs(demand, setup, holding, unit)
    periods = len(wanted)
    to_hold = np.concatenate([[0.0], np.cumsum(carry)])
    best = np.full(periods + 1, np.inf)
    best[0] = 0.0
    since = np.zeros(periods + 1, dtype=int)
    for j in range(periods):
        later = wanted[j:]
        each = price[j] + to_hold[j:periods] - to_hold[j]
        paid = np.where(np.cumsum(later) > 0, fixed[j], 0.0)
        through = best[j] + paid + np.cumsum(later * each)
        better = through < best[j + 1 :] - 1e-12
        best[j + 1 :] = np.where(better, through, best[j + 1 :])
        since[j + 1 :] = np.where(better, j, since[j + 1 :])
    starts, end = [], periods
    while end > 0:
        starts.append(int(since[end]))
        end = starts[-1]
    return _plan(wanted, fixed, carry, price, starts[::-1])


def silver_meal(
    demand: npt.ArrayLike, setup: npt.ArrayLike, holding: npt.ArrayLike, unit: npt.ArrayLike = 0.0
) -> LotPlan:
    """Each lot covers periods as long as its cost per period falls. Section 5.6.1 in [2]; as `wagner_whitin`.

    The twelve months of [2], chapter 5, where it finds the optimum:

    >>> year = [10, 62, 12, 130, 154, 129, 88, 52, 124, 160, 238, 41]
    >>> print(f"{silver_meal(year, 54, 0.4).cost:.1f}")
    501.2

    """
    return _greedy(demand, setup, holding, unit, lambda cost, periods, _units: cost / periods)


def least_unit_cost(
    demand: npt.ArrayLike, setup: npt.ArrayLike, holding: npt.ArrayLike, unit: npt.ArrayLike = 0.0
) -> LotPlan:
    """Each lot covers periods as long as its cost per unit falls. Section 5.6.4 in [2]; parameters as `wagner_whitin`.

    >>> year = [10, 62, 12, 130, 154, 129, 88, 52, 124, 160, 238, 41]
    >>> print(f"{least_unit_cost(year, 54, 0.4).cost:.1f}")
    558.8

    """
    return _greedy(demand, setup, holding, unit, lambda cost, _periods, units: cost / max(units, 1e-300))


def part_period(
    demand: npt.ArrayLike, setup: npt.ArrayLike, holding: npt.ArrayLike, unit: npt.ArrayLike = 0.0
) -> LotPlan:
    """Each lot covers periods until carrying costs about what a lot does. Section 5.6.4 in [2]; as `wagner_whitin`.

    >>> year = [10, 62, 12, 130, 154, 129, 88, 52, 124, 160, 238, 41]
    >>> print(f"{part_period(year, 54, 0.4).cost:.1f}")
    600.0

    """
    wanted, fixed, carry, price = _inputs(demand, setup, holding, unit)
    to_hold = np.concatenate([[0.0], np.cumsum(carry)])
    starts, start = [], 0
    while start < len(wanted):
        carried = np.cumsum(wanted[start:] * (to_hold[start : len(wanted)] - to_hold[start]))
        starts.append(start)
        start += max(int(np.argmin(np.abs(carried - fixed[start]))), int(np.sum(carried <= 0)) - 1) + 1
    return _plan(wanted, fixed, carry, price, starts)


def lot_for_lot(
    demand: npt.ArrayLike, setup: npt.ArrayLike, holding: npt.ArrayLike, unit: npt.ArrayLike = 0.0
) -> LotPlan:
    """A lot in every period with demand, no stock. Parameters as `wagner_whitin`.

    >>> lot_for_lot([90, 0, 80, 70], 500, 2).cost
    1500.0

    """
    wanted, fixed, carry, price = _inputs(demand, setup, holding, unit)
    return _plan(wanted, fixed, carry, price, list(range(len(wanted))))


RULES: dict[str, Callable[..., LotPlan]] = {
    "wagner_whitin": wagner_whitin,
    "silver_meal": silver_meal,
    "least_unit_cost": least_unit_cost,
    "part_period": part_period,
    "lot_for_lot": lot_for_lot,
}
"""The rules by name."""


def net_requirements(
    demand: npt.ArrayLike, on_hand: float = 0.0, receipts: npt.ArrayLike = 0.0, safety_stock: float = 0.0
) -> Floats:
    """What lots must cover in each period once stock and receipts under way are used [units].

    Parameters
    ----------
    demand
        Gross demand by period [units].
    on_hand, receipts
        Stock at the start, and receipts by period [units].
    safety_stock
        Kept at the end of every period [units].

    >>> print(net_requirements([40, 40, 40, 40], on_hand=50, receipts=[0, 20, 0, 0]))
    [ 0. 10. 40. 40.]

    """
    wanted, due = np.broadcast_arrays(at_least_0("demand", demand), at_least_0("receipts", receipts))
    lacking = np.maximum.accumulate(np.maximum(np.cumsum(wanted - due) + safety_stock - on_hand, 0.0))
    return np.diff(lacking, prepend=0.0)


def in_lots(needs: npt.ArrayLike, minimum: npt.ArrayLike = 0.0, multiple: npt.ArrayLike = 0.0) -> Floats:
    """Lots that keep needs covered with a minimum and whole multiples; what is over serves later needs [units].

    Parameters
    ----------
    needs
        Lots wanted by period along the last axis, many items at once [units].
    minimum, multiple
        Smallest lot, and what lots come in multiples of, one or one per item [units]; 0 is none.

    >>> print(in_lots([30, 40, 0, 90], minimum=50, multiple=20))
    [60. 60.  0. 60.]

    """
    wanted = at_least_0("a need", needs)
    made, over = np.zeros_like(wanted), np.zeros(wanted.shape[:-1])
    for t in range(wanted.shape[-1]):
        made[..., t] = order_quantity(np.round(wanted[..., t] - over, 9), minimum, multiple)
        over = over + made[..., t] - wanted[..., t]
    return made


def _inputs(
    demand: npt.ArrayLike, setup: npt.ArrayLike, holding: npt.ArrayLike, unit: npt.ArrayLike
) -> tuple[Floats, Floats, Floats, Floats]:
    wanted = at_least_0("demand", demand)
    if wanted.ndim != 1 or not len(wanted):
        raise InputError("lot sizing needs the demand of one item by period")
    named = (("the cost of a lot", setup), ("holding cost", holding), ("unit cost", unit))
    try:
        fixed, carry, price = (np.broadcast_to(at_least_0(name, value), wanted.shape) for name, value in named)
    except ValueError as wrong:
        if isinstance(wrong, InputError):
            raise
        raise InputError(f"costs must be one or one for each of the {len(wanted)} periods") from wrong
    return wanted, fixed, carry, price


def _plan(wanted: Floats, fixed: Floats, carry: Floats, price: Floats, starts: list[int]) -> LotPlan:
    lots = np.zeros(len(wanted))
    lots[starts] = np.add.reduceat(wanted, starts)
    stock = np.cumsum(lots - wanted)
    stock = np.where(np.abs(stock) < 1e-9, 0.0, stock)
    return LotPlan(lots, stock, float(fixed[lots > 0].sum()), float(carry @ stock), float(price @ lots))


def _greedy(
    demand: npt.ArrayLike,
    setup: npt.ArrayLike,
    holding: npt.ArrayLike,
    unit: npt.ArrayLike,
    score: Callable[[float, int, float], float],
) -> LotPlan:
    """Lots that grow period by period while the score falls; a period without demand belongs to the lot before it."""
    wanted, fixed, carry, price = _inputs(demand, setup, holding, unit)
    to_hold = np.concatenate([[0.0], np.cumsum(carry)])
    starts, start = [], 0
    while start < len(wanted):
        starts.append(start)
        cost, units, last, end = fixed[start], wanted[start], np.inf, start + 1
        if units > 0:
            last = score(cost, 1, units)
        while end < len(wanted):
            held = wanted[end] * (to_hold[end] - to_hold[start])
            now = score(cost + held, end - start + 1, units + wanted[end])
            if wanted[end] > 0 and units > 0 and now > last:
                break
            cost, units = cost + held, units + wanted[end]
            last = now if units > 0 else np.inf
            end += 1
        start = end
    return _plan(wanted, fixed, carry, price, starts)
