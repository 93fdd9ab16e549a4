"""Balancing demand and supply: one plan from the tables of the workbook.

`balance` reads the tables, solves the programme of `model`, honours lot sizes, and explains what stays short.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from sop_xl.errors import InputError
from sop_xl.supply import report
from sop_xl.supply.costs import plan_costs, stock_value
from sop_xl.supply.explain.prices import price_constraints
from sop_xl.supply.explain.shortages import explain_shortages
from sop_xl.supply.flows import Flows, by_place, plan_flows
from sop_xl.supply.lots import round_lots, serve_from_surplus
from sop_xl.supply.model.aims import solve_plan
from sop_xl.supply.model.constraints import STRATEGY_CONSTRAINTS
from sop_xl.supply.model.model import build_model
from sop_xl.supply.model.prices import Prices, dear_items, unit_prices
from sop_xl.supply.model.solution import Solution, read_solution
from sop_xl.supply.model.whole import setups_by_the_unit
from sop_xl.supply.network import Network
from sop_xl.supply.notes import plan_notes
from sop_xl.supply.reading.read import read_network
from sop_xl.supply.rough_cut.unlimited import unlimited_hours
from sop_xl.supply.scenarios import Changes, changed
from sop_xl.supply.settings import PlanSettings

_PROVEN = 1e-6
"""A gap above this is told."""


@dataclass(frozen=True)
class PlanKpis:
    """A plan in a few numbers.

    `service_share`: demand shipped in its own month [share]. `total_cost`: sum of the costs by kind [currency].
    `stock_value`: closing stock at standard cost, by month [currency]; `mean_stock_value` its mean. `peak_load`: the
    highest load of a resource in a month [share], `peak_resource` which. `late_units`: units of demand not shipped in
    their own month but later or not yet [units]; `lost_units`: units of demand lost [units]; with demand they give the
    service share. `over_storage`: the most load above storage limits in a month [load].
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
    programme minimised, before lots and with every penalty [currency], and `bound` a proven bound below it; `notes` are
    sentences for the planner. `planned` is the network as it was planned, `network` with the hours its crews give. The
    tables are laid out when they are first asked for.
    """

    planned: Network
    network: Network
    prices: Prices
    solution: Solution
    solved: Flows
    final: Flows
    strategy: str
    costs: pd.Series
    kpis: PlanKpis
    lot_notes: tuple[str, ...] = ()

    @property
    def settings(self) -> PlanSettings:
        """The settings of the plan."""
        return self.network.settings

    @property
    def status(self) -> str:
        """`optimal` or `rounded`."""
        return "optimal" if self.final is self.solved else "rounded"

    @property
    def objective(self) -> float:
        """What the programme minimised [currency]."""
        return self.solution.objective

    @property
    def bound(self) -> float:
        """A proven bound below the objective [currency]."""
        return self.solution.bound

    @property
    def gap(self) -> float:
        """How much dearer than the best possible plan this one may be before lots, as a share of the objective."""
        if not np.isfinite(self.bound):
            return float("nan")
        return max(0.0, (self.objective - self.bound) / max(abs(self.objective), 1e-9))

    @cached_property
    def supply_plan(self) -> pd.DataFrame:
        """Orders by month of release, and their receipts: the table `supply_plan`."""
        return report.supply_plan(self.network, self.final)

    @cached_property
    def projected_balance(self) -> pd.DataFrame:
        """Every place month by month: the table `projected_balance`."""
        return report.projected_balance(self.network, self.final)

    @cached_property
    def resource_load(self) -> pd.DataFrame:
        """Hours needed against hours there: the table `resource_load`."""
        return report.resource_load(self.network, self.final, unlimited_hours(self.network, self.prices))

    @cached_property
    def shortages(self) -> pd.DataFrame:
        """Every unit late or lost with its cause: the table `shortages`."""
        return explain_shortages(self.network, self.prices, self.solution, self.solved, self.final, self.strategy)

    @cached_property
    def constraint_prices(self) -> pd.DataFrame:
        """What one more of each binding limit is worth: the table `constraint_prices`."""
        return price_constraints(self.network, self.solution)

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What a planner should know, in sentences."""
        network = self.network
        proven = () if not self.gap > _PROVEN else (f"the plan is proven to be within {self.gap:.2%} of the cheapest",)
        dear = dear_items(network, self.prices)
        return (*proven, *network.notes, *dear, *self.lot_notes, *plan_notes(network, self.final, self.solution))


def balance(
    tables: Mapping[str, pd.DataFrame],
    *,
    settings: PlanSettings | None = None,
    scenario: Changes = None,
    strategy: str = "optimal",
) -> Plan:
    """Balance demand and supply at least cost, within capacity, lead times and limits.

    Parameters
    ----------
    tables
        Tables of the workbook by name, as long frames (`reading.tables.FORMS`): `items`, `sources`, `demand` (item,
        location, period, quantity [units] and, if wanted, priority, 1 is served first), and where there are any the
        others: `locations`, `routings`, `bom`, `resources`, `capacity`, `stock`, `receipts`, `inventory_targets` ...
    settings
        Fences, policies and prices of falling short.
    scenario
        Changes made to the tables first: a frame with the columns `kind`, `target`, `first_period`, `last_period` and
        `value`, as table `scenario_changes` has them; none leaves the base plan.
    strategy
        `optimal`; `level` makes the same quantity of an item in every open month, `hybrid` in every month of a quarter;
        `chase` builds no stock ahead.

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
    check_strategy(strategy)
    rules = settings or PlanSettings()
    network = planned_network(changed(tables, scenario, rules), rules)
    prices = unit_prices(network)
    programme = build_model(network, prices, STRATEGY_CONSTRAINTS[strategy])
    solved = solve_plan(network, prices, programme)
    return plan_of(network, prices, read_solution(network, prices, programme, solved), strategy)


def check_strategy(strategy: str) -> None:
    """Refuse a strategy that does not exist."""
    if strategy not in STRATEGY_CONSTRAINTS:
        raise InputError(f"there is no strategy {strategy!r}; the strategies are {', '.join(STRATEGY_CONSTRAINTS)}")


def planned_network(tables: Mapping[str, pd.DataFrame], settings: PlanSettings) -> Network:
    """The network of the tables as it is planned: setups by the unit unless lots are exact."""
    network = read_network(tables, settings)
    return network if settings.exact_lots else setups_by_the_unit(network)


def plan_of(network: Network, prices: Prices, solution: Solution, strategy: str) -> Plan:
    """The plan of a solution: lots rounded where they are not exact, costs and key figures."""
    planned, network = network, manned(network, solution)
    solved = plan_flows(network, solution.order, solution.ship, solution.scrapped)
    final = solved
    lot_notes: tuple[str, ...] = ()
    if not network.settings.exact_lots:
        order, lot_notes = round_lots(network, solution.order, solution.ship, solution.scrapped)
        if not np.array_equal(order, solution.order):
            with_lots = plan_flows(network, order, solution.ship, solution.scrapped)
            final = plan_flows(network, order, serve_from_surplus(network, with_lots), solution.scrapped)
    costs = pd.Series(plan_costs(network, prices, final, solution), name="cost")
    kpis = _kpis(network, prices, final, float(costs.sum()))
    return Plan(planned, network, prices, solution, solved, final, strategy, costs, kpis, lot_notes)


def manned(network: Network, solution: Solution) -> Network:
    """The network with the hours its crews give, where people run a resource."""
    crews = network.crews
    if not len(crews.resource):
        return network
    regular, overtime = network.regular.copy(), network.overtime.copy()
    regular[crews.resource] = np.minimum(regular[crews.resource], solution.workers * crews.hours)
    limited = np.isfinite(crews.overtime)
    there = solution.workers[limited] * crews.overtime[limited][:, None]
    overtime[crews.resource[limited]] = np.minimum(overtime[crews.resource[limited]], there)
    return replace(network, regular=regular, overtime=overtime)


def _kpis(network: Network, prices: Prices, flows: Flows, total_cost: float) -> PlanKpis:
    demand = network.demand
    late_units = float(np.minimum(by_place(network, flows.late), demand).sum())
    lost_units = float(flows.lost.sum())
    wanted = float(demand.sum())
    value = pd.Series(stock_value(prices, flows.closing), index=network.periods, name="stock_value")
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
        over_storage=float(report.over_storage(network, flows).sum(axis=0).max()),
    )
