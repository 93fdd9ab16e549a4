"""Lots of many items on resources of limited hours, alone or through a bill of materials: the plan and its bound.

Every plan comes with a bound no plan can go below, so that its distance from the best one is known also where time ran
out. What cannot be made in time is said by item, period and units.

References
----------
[1] W. Trigeiro, L. Thomas, J. McClain (1989): Capacitated lot sizing with setup times, Management Science 35(3).
[2] Y. Pochet, L. Wolsey (2006): Production Planning by Mixed Integer Programming, Springer.
[3] N. Dellaert, J. Jeunet (2000): Solving large unconstrained multilevel lot-sizing problems using a hybrid genetic
    algorithm, International Journal of Production Research 38(5), 1083-1099.

"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sop_xl.errors import InputError, PlanningError
from sop_xl.supply.lotsizing.culprits import unmet
from sop_xl.supply.lotsizing.model import Model, lot_model
from sop_xl.supply.lotsizing.problem import Floats, Problem
from sop_xl.supply.lotsizing.search import search
from sop_xl.supply.lotsizing.tables import read_problem

LOT_COLUMNS = ["item", "period", "demand", "lot", "setup", "stock", "short"]
HOURS_COLUMNS = ["resource", "period", "hours", "overtime", "capacity"]

_PROVED = 1e-6
_LARGE = 1e4


@dataclass(frozen=True)
class LotSchedule:
    """Lots by item and period, hours by resource and period, and what the plan costs.

    `lots` has `LOT_COLUMNS`: `demand` of customers, `lot` made, `stock` at the end and `short`, never delivered
    [units]; `setup` is 1 where a lot is made. `hours` has `HOURS_COLUMNS`: `hours` of lots and setups, `overtime` among
    them, regular `capacity` [h]. Costs and `bound`, below which no plan can cost [money].
    """

    lots: pd.DataFrame
    hours: pd.DataFrame
    setup_cost: float
    holding_cost: float
    overtime_cost: float
    shortage_cost: float
    bound: float

    @property
    def cost(self) -> float:
        """All of it [money]."""
        return self.setup_cost + self.holding_cost + self.overtime_cost + self.shortage_cost

    @property
    def gap(self) -> float:
        """The most a better plan could save, as a share of the cost."""
        return max(self.cost - self.bound, 0.0) / self.cost if self.cost > 0 else 0.0

    @property
    def proved(self) -> bool:
        """Whether no plan is cheaper, to a millionth of the cost."""
        return self.gap <= _PROVED


def capacitated_lots(
    items: pd.DataFrame,
    demand: pd.DataFrame | npt.ArrayLike,
    capacity: pd.DataFrame | npt.ArrayLike,
    *,
    routings: pd.DataFrame | None = None,
    overtime_cost: float | None = None,
    shortage_cost: float | None = None,
    seconds: float = 60.0,
) -> LotSchedule:
    """The cheapest lots of many items that share resources, with setup times. Problem of [1]; method of [2], 7.2, 12.1.

    Parameters
    ----------
    items
        One row per item: `item`, `setup_cost` of a lot [money], `holding_cost` of a unit in stock at the end of a
        period [money/unit], `unit_time` [h/unit], `setup_time` [h]. If wanted `resource`, where it is made, `minimum`,
        the smallest lot [units], and `stock` at the start [units].
    demand
        `item`, `period`, `quantity` [units], or an array: a row per item, a column per period.
    capacity
        `resource`, `period`, `hours`, and if wanted `overtime`, the most of it [h]; or hours for every resource, one
        number or one per period. Without a resource of their own, items are made on `capacity`.
    routings
        `item`, `resource`, `unit_time`, `setup_time` instead of the columns of the items, where an item needs several
        resources in the same period.
    overtime_cost
        Cost of an hour beyond capacity [money/h]; no overtime unless given.
    shortage_cost
        Cost of a unit never delivered [money/unit]; unless given all demand must be met in time.
    seconds
        Time after which the best plan so far is given with its bound [s].

    Raises InputError for a value that is missing or negative and for demand that cannot be met in time, by item, period
    and units; PlanningError where the time was too short to find a plan.

    Two items in three periods of 110 hours:

    >>> items = pd.DataFrame({"item": ["A", "B"], "setup_cost": [90, 60], "holding_cost": [1, 2],
    ...     "unit_time": [1, 1], "setup_time": [10, 10]})
    >>> plan = capacitated_lots(items, [[30, 30, 40], [40, 30, 40]], 110)
    >>> print(plan.cost, plan.proved)
    410.0 True
    >>> plan.lots.pivot(index="item", columns="period", values="lot")
    period     1     2     3
    item
    A       40.0  60.0   0.0
    B       40.0  30.0  40.0

    """
    problem = read_problem(
        items, demand, capacity, routings=routings, overtime_cost=overtime_cost, shortage_cost=shortage_cost
    )
    if not problem.resources:
        raise InputError("the table items has no column unit_time or setup_time, and no routings are given")
    return _planned(problem, seconds)


def multi_level_lots(
    items: pd.DataFrame,
    bom: pd.DataFrame,
    demand: pd.DataFrame | npt.ArrayLike,
    capacity: pd.DataFrame | npt.ArrayLike | None = None,
    *,
    routings: pd.DataFrame | None = None,
    overtime_cost: float | None = None,
    shortage_cost: float | None = None,
    seconds: float = 60.0,
) -> LotSchedule:
    """The cheapest lots of assemblies and all they are made of, with or without resources. Section 13.2 in [2]; [3].

    Parameters
    ----------
    items
        As for `capacitated_lots`, with all components; `lead_time` if wanted, whole [periods]: a lot takes its
        components that much earlier, none before the first period.
    bom
        `assembly`, `component`, `quantity` of the component in one of the assembly [units/unit].
    demand
        As for `capacitated_lots`; of components that of customers only, what assemblies need is added.
    capacity
        As for `capacitated_lots`; without it resources have no limit.
    routings, overtime_cost, shortage_cost, seconds
        As for `capacitated_lots`.

    Raises as `capacitated_lots`, and InputError for a bill of materials that runs in a circle.

    >>> items = pd.DataFrame({"item": ["desk", "top"], "setup_cost": [10, 60], "holding_cost": [2, 1]})
    >>> bom = pd.DataFrame({"assembly": ["desk"], "component": ["top"], "quantity": [1]})
    >>> plan = multi_level_lots(items, bom, [[20, 20, 20], [0, 0, 0]])
    >>> print(plan.cost, plan.proved)
    150.0 True

    """
    problem = read_problem(
        items, demand, capacity, bom=bom, routings=routings, overtime_cost=overtime_cost, shortage_cost=shortage_cost
    )
    return _planned(problem, seconds)


def _planned(problem: Problem, seconds: float) -> LotSchedule:
    if not (np.isfinite(seconds) and seconds > 0):
        raise InputError(f"the time for lots must be above 0 seconds, got {seconds:g}")
    units, hours = _measure(problem.demand), _measure(problem.capacity)
    measured = problem.measured_in(units, hours)
    model = lot_model(measured)
    found = search(measured, model, seconds)
    if found.solution is None:
        says = unmet(measured, seconds, units, hours)
        if says:
            raise InputError(says)
        raise PlanningError(
            f"no plan of lots was found in {seconds:g} seconds, though it may exist: give more time or overtime"
        )
    sizes = np.full(len(found.solution), units)
    sizes[model.setup[model.setup >= 0]] = 1.0
    sizes[model.over[model.over >= 0]] = hours
    return _schedule(problem, model, found.solution * sizes, found.bound)


def _measure(values: Floats) -> float:
    """What to count in: 1, or more where the numbers would be too large for a solver."""
    largest = float(values[np.isfinite(values)].max(initial=0.0))
    return 10.0 ** np.ceil(np.log10(largest / _LARGE)) if largest > _LARGE else 1.0


def _schedule(problem: Problem, model: Model, solution: Floats, bound: float) -> LotSchedule:
    lot, stock, short = (_clean(model.values(c, solution)) for c in (model.lot, model.stock, model.short))
    setup = np.round(model.values(model.setup, solution))
    over = _clean(model.values(model.over, solution))
    shortage = 0.0 if problem.shortage_cost is None else float(problem.shortage_cost @ short.sum(axis=1))
    return LotSchedule(
        lots=_long(
            "item", problem.items, problem.periods,
            demand=problem.demand, lot=lot, setup=setup.astype(int), stock=stock, short=short,
        ),
        hours=_long(
            "resource", problem.resources, problem.periods,
            hours=_clean(problem.unit_time @ lot + problem.setup_time @ setup),
            overtime=over, capacity=problem.capacity,
        ),
        setup_cost=float(problem.setup_cost @ setup.sum(axis=1)),
        holding_cost=float(problem.holding_cost @ stock.sum(axis=1)),
        overtime_cost=float(problem.overtime_cost @ over.sum(axis=1)),
        shortage_cost=shortage,
        bound=bound,
    )  # fmt: skip


def _clean(values: Floats) -> Floats:
    """Without the dust of the solver."""
    rounded = np.round(values, 6)
    near: Floats = np.where(np.abs(values - rounded) < 1e-8 * np.maximum(np.abs(values), 1.0), rounded, values) + 0.0
    return near


def _long(of: str, names: tuple[str, ...], periods: tuple[Any, ...], **tables: npt.NDArray[np.generic]) -> pd.DataFrame:
    """A row for every name and period."""
    return pd.DataFrame(
        {
            of: np.repeat(np.array(names, dtype=object), len(periods)),
            "period": list(periods) * len(names),
            **{name: table.ravel() for name, table in tables.items()},
        }
    )
