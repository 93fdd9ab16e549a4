"""Balancing demand and supply: one plan from the tables of the workbook.

`balance` reads the tables, solves the linear programme of `model` and `constraints`, honours lot sizes, and explains
what stays short.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sop_xl.errors import InputError
from sop_xl.supply import report
from sop_xl.supply.capacity import unlimited_hours
from sop_xl.supply.constraints import STRATEGY_CONSTRAINTS
from sop_xl.supply.explain import explain_shortages, price_constraints, units
from sop_xl.supply.flows import Flows, by_place, plan_costs, plan_flows
from sop_xl.supply.lots import round_lots, serve_from_surplus
from sop_xl.supply.model import build_model, solve_model
from sop_xl.supply.network import Array, Network
from sop_xl.supply.prices import Prices, dear_items, unit_prices
from sop_xl.supply.reading import read_network
from sop_xl.supply.settings import PlanSettings

_TINY = 1e-6


@dataclass(frozen=True)
class PlanKpis:
    """A plan in a few numbers.

    `service_share`: demand shipped in its own month [share]. `total_cost`: sum of the costs by kind [currency].
    `stock_value`: closing stock at standard cost, by month [currency]; `mean_stock_value` its mean. `peak_load`: the
    highest load of a resource in a month [share], `peak_resource` which. `late_units`: units of demand not shipped in
    their own month but later or not yet [units]; `lost_units`: units of demand lost [units]; with demand they give the
    service share. `over_storage`: the most units above storage limits in a month [units].
    """

    service_share: float
    total_cost: float
    stock_value: pd.Series
    mean_stock_value: float
    peak_load: float
    peak_resource: str
    late_units: float
    lost_units: float
    over_storage: float


@dataclass(frozen=True)
class Plan:
    """A balanced plan: tables of the workbook as long frames, costs by kind and key figures.

    `status` is `optimal`, or `rounded` where lot sizes moved orders away from the optimum; `objective` is what the
    linear programme minimised, before lots and with every penalty [currency]; `notes` are sentences for the planner.
    """

    supply_plan: pd.DataFrame
    projected_balance: pd.DataFrame
    resource_load: pd.DataFrame
    shortages: pd.DataFrame
    constraint_prices: pd.DataFrame
    costs: pd.Series
    kpis: PlanKpis
    strategy: str
    status: str
    objective: float
    settings: PlanSettings
    notes: tuple[str, ...]


def balance(
    tables: Mapping[str, pd.DataFrame], *, settings: PlanSettings | None = None, strategy: str = "optimal"
) -> Plan:
    """Balance demand and supply at least cost, within capacity, lead times and limits.

    Parameters
    ----------
    tables
        Tables of the workbook by name, as long frames: `items`, `sources`, `demand` (item, location, period, quantity
        [units] and, if wanted, priority, 1 is served first), and where there are any `locations`, `routings`, `bom`,
        `resources`, `capacity`, `stock`, `receipts`, `inventory_targets`.
    settings
        Fences, policies and prices of falling short.
    strategy
        `optimal`; `level` makes the same quantity of an item in every open month; `chase` builds no stock ahead.

    Returns
    -------
    Plan
        The plan. It always exists: what cannot be met is in `shortages`, each row with its cause.

    Raises
    ------
    InputError
        If the tables cannot be planned with, naming the row; if there is no such strategy.

    One month, 8 units wanted, one hour each and 5 hours there (one of them overtime):

    >>> month = pd.Timestamp("2020-03-01")
    >>> tables = {
    ...     "items": pd.DataFrame({"item": ["A"], "standard_cost": [10.0], "list_price": [30.0]}),
    ...     "sources": pd.DataFrame({"item": ["A"], "location": ["P"], "kind": ["make"], "lead_time_days": [0.0]}),
    ...     "routings": pd.DataFrame({"item": ["A"], "resource": ["Line"], "hours_per_unit": [1.0]}),
    ...     "resources": pd.DataFrame({"resource": ["Line"], "location": ["P"], "cost_per_hour": [8.0]}),
    ...     "capacity": pd.DataFrame(
    ...         [("Line", "regular", month, 4.0), ("Line", "overtime", month, 1.0)],
    ...         columns=["resource", "measure", "period", "hours"],
    ...     ),
    ...     "demand": pd.DataFrame({"item": ["A"], "location": ["P"], "period": [month], "quantity": [8.0]}),
    ... }
    >>> plan = balance(tables, settings=PlanSettings(frozen_months=0))
    >>> plan.shortages[["quantity", "cause", "culprit"]].values.tolist()
    [[3.0, 'capacity', 'Line']]
    >>> plan.costs[["make", "overtime", "late"]].tolist()
    [32.0, 12.0, 135.0]

    """
    if strategy not in STRATEGY_CONSTRAINTS:
        raise InputError(f"there is no strategy {strategy!r}; the strategies are {', '.join(STRATEGY_CONSTRAINTS)}")
    network = read_network(tables, settings or PlanSettings())
    prices = unit_prices(network)
    solution = solve_model(build_model(network, prices, STRATEGY_CONSTRAINTS[strategy]))
    solved = plan_flows(network, solution.order, solution.ship)
    order, lot_notes = round_lots(network, solution.order, solution.ship)
    final, rounded = solved, not np.array_equal(order, solution.order)
    if rounded:
        with_lots = plan_flows(network, order, solution.ship)
        final = plan_flows(network, order, serve_from_surplus(network, with_lots))
    costs = pd.Series(plan_costs(network, prices, final), name="cost")
    kpis = _kpis(network, prices, final, float(costs.sum()))
    return Plan(
        supply_plan=report.supply_plan(network, final),
        projected_balance=report.projected_balance(network, final),
        resource_load=report.resource_load(network, final, unlimited_hours(network, prices)),
        shortages=explain_shortages(network, prices, solution, solved, final, strategy),
        constraint_prices=price_constraints(network, solution),
        costs=costs,
        kpis=kpis,
        strategy=strategy,
        status="rounded" if rounded else "optimal",
        objective=solution.objective,
        settings=network.settings,
        notes=(*network.notes, *dear_items(network, prices), *lot_notes, *_notes(network, final)),
    )


def _kpis(network: Network, prices: Prices, flows: Flows, total_cost: float) -> PlanKpis:
    demand = network.demand
    late_units = float(np.minimum(by_place(network, flows.late), demand).sum())
    lost_units = float(flows.lost.sum())
    wanted = float(demand.sum())
    value = pd.Series(prices.stock_value @ flows.closing, index=network.periods, name="stock_value")
    load = report.load_share(network, flows)
    peaks = np.nan_to_num(load).max(axis=1)
    return PlanKpis(
        service_share=1.0 - (late_units + lost_units) / wanted if wanted > 0 else 1.0,
        total_cost=total_cost,
        stock_value=value,
        mean_stock_value=float(value.mean()),
        peak_load=float(peaks.max(initial=0.0)),
        peak_resource=network.resources[int(peaks.argmax())].name if network.resources else "",
        late_units=late_units,
        lost_units=lost_units,
        over_storage=float(_over_storage(network, flows).sum(axis=0).max()),
    )


def _over_storage(network: Network, flows: Flows) -> Array:
    """Units above the storage limit, by (location, month)."""
    held = np.zeros((len(network.locations), network.months))
    number_of = {name: number for number, name in enumerate(network.locations)}
    np.add.at(held, [number_of[p.location] for p in network.places], flows.closing)
    return np.maximum(held - network.storage[:, None], 0.0)


def _notes(network: Network, flows: Flows) -> tuple[str, ...]:
    """What a planner should know of the finished plan."""
    notes = []
    for number, over in enumerate(_over_storage(network, flows)):
        if over.max() > _TINY:
            month = network.periods[int(over.argmax())]
            notes.append(
                f"{network.locations[number]} holds up to {units(float(over.max()))} units more than its storage "
                f"limit, most in {month:%Y-%m}"
            )
    many = report.outlasting(network, flows)
    if many:
        notes.append(
            f"the stock of {many} item{'s' if many > 1 else ''} outlasts the horizon: days of supply stop at its end"
        )
    return tuple(notes)
