"""Level and chase: the two pure strategies of aggregate planning, and plans side by side.

References
----------
[1] Heizer, Render & Munson, Operations Management, 12th ed., chapter 13: aggregate planning strategies.
[2] Wallace & Stahl, Sales & Operations Planning: The How-To Handbook, 3rd ed.: make-to-stock production rates.

"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sop_xl.errors import InputError

if TYPE_CHECKING:
    from sop_xl.supply.plan import Plan


def level(demand: pd.Series, opening: float, ending: float) -> pd.Series:
    """Production at one rate that turns the opening stock into the ending stock.

    rate = (sum of demand + ending - opening) / months; a stock that already covers everything needs none.

    Parameters
    ----------
    demand
        Demand by month [units].
    opening, ending
        Stock before the first and after the last month [units].

    Returns
    -------
    Series
        Production by month [units].

    Raises
    ------
    InputError
        If demand is empty, negative or missing somewhere.

    The roofing supplier of [1], example 1: six months with a demand of 6,200 units, nothing in stock.

    >>> demand = pd.Series([900, 700, 800, 1200, 1500, 1100], index=["Jan", "Feb", "Mar", "Apr", "May", "Jun"])
    >>> round(float(level(demand, 0, 0)["Jan"]), 1)
    1033.3

    """
    _check_demand(demand)
    rate = max(0.0, (float(demand.sum()) + ending - opening) / len(demand))
    return pd.Series(rate, index=demand.index, name="level")


def chase(demand: pd.Series, targets: pd.Series | float, opening: float) -> pd.Series:
    """Production that follows demand and holds the target stock, never below 0.

    production = demand + target - stock of the month before, while that is positive.

    Parameters
    ----------
    demand
        Demand by month [units].
    targets
        Stock to hold at the end of each month, or one number for all [units].
    opening
        Stock before the first month [units].

    Returns
    -------
    Series
        Production by month [units].

    Raises
    ------
    InputError
        If demand is empty, negative or missing somewhere.

    >>> demand = pd.Series([100.0, 120.0, 80.0])
    >>> chase(demand, pd.Series([20.0, 30.0, 30.0]), 10.0).tolist()
    [110.0, 130.0, 80.0]
    >>> chase(demand, 0.0, 150.0).tolist()
    [0.0, 70.0, 80.0]

    """
    _check_demand(demand)
    target = pd.Series(targets, index=demand.index, dtype="float64").to_numpy()
    # With P >= 0 the stock is the larger of the target and what the opening stock has left: a running maximum.
    used = np.cumsum(demand.to_numpy(dtype="float64"))
    made = np.maximum.accumulate(np.maximum(used + target - opening, 0.0))
    return pd.Series(np.diff(made, prepend=0.0), index=demand.index, name="chase")


def _check_demand(demand: pd.Series) -> None:
    if len(demand) == 0:
        raise InputError("a production rate needs the demand of at least 1 month, got none")
    wrong = ~(demand >= 0)
    if wrong.any():
        raise InputError(f"demand must be 0 or more, got {demand[wrong].iloc[0]:g} in {demand.index[wrong][0]}")


def compare(plans: Iterable[Plan]) -> pd.DataFrame:
    """Plans side by side: the table `strategies`.

    Parameters
    ----------
    plans
        Plans of the same tables, as `balance` makes them.

    Returns
    -------
    DataFrame
        Columns `strategy`, `measure`, `unit`, `value`: total cost, each kind of cost, service level, mean stock
        value, peak load, late units and lost units.

    Raises
    ------
    InputError
        If two plans have the same strategy.

    """
    rows: list[tuple[str, str, str, float]] = []
    seen: set[str] = set()
    for plan in plans:
        if plan.strategy in seen:
            raise InputError(f"two plans to compare are both called {plan.strategy!r}")
        seen.add(plan.strategy)
        kpis, currency = plan.kpis, plan.settings.currency
        measures = [
            ("Total cost", currency, kpis.total_cost),
            *((f"{str(kind).capitalize()} cost", currency, float(cost)) for kind, cost in plan.costs.items()),
            ("Service level", "share", kpis.service_share),
            ("Mean stock value", currency, kpis.mean_stock_value),
            ("Peak load", "share", kpis.peak_load),
            ("Late units", "units", kpis.late_units),
            ("Lost units", "units", kpis.lost_units),
        ]
        rows += [(plan.strategy, measure, unit, value) for measure, unit, value in measures]
    return pd.DataFrame(rows, columns=["strategy", "measure", "unit", "value"])
