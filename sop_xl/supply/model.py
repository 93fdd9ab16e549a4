"""The linear programme of a plan: its variables, and the solve.

Every order, hour, unit in stock, unit shipped and unit short is a variable; `constraints` ties them together, one
function a constraint. Only the balances are hard: what a planner could bargain about has a named slack with a price,
so the programme always has a solution and the slack tells what gave way. Variables that cannot exist, such as orders
inside the frozen fence or arriving after the horizon, are never made.

The models are those of aggregate production planning with several items, stages and places; see
Pochet & Wolsey, Production Planning by Mixed Integer Programming, chapter 13, without setups.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sop_xl.errors import PlanningError
from sop_xl.periods import label
from sop_xl.supply.network import Array, Network
from sop_xl.supply.prices import Prices

Key = tuple[int, int]
"""The number of a thing (source, place, demand, resource or location) and of a month."""

AT_MOST, EQUAL, AT_LEAST = -1, 0, 1

_EXACT = 1e-9


@dataclass
class Model:
    """A linear programme under construction: PuLP variables and rows by (thing, month)."""

    network: Network
    prices: Prices
    problem: Any
    order: dict[Key, Any] = field(default_factory=dict)
    stock: dict[Key, Any] = field(default_factory=dict)
    ship: dict[Key, Any] = field(default_factory=dict)
    late: dict[Key, Any] = field(default_factory=dict)
    lost: dict[Key, Any] = field(default_factory=dict)
    below: dict[Key, Any] = field(default_factory=dict)
    regular: dict[Key, Any] = field(default_factory=dict)
    overtime: dict[Key, Any] = field(default_factory=dict)
    over: dict[Key, Any] = field(default_factory=dict)
    missed: dict[Key, Any] = field(default_factory=dict)
    ahead: dict[Key, Any] = field(default_factory=dict)
    rows: dict[str, dict[Key, Any]] = field(default_factory=dict)
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    costs: dict[Any, float] = field(default_factory=dict)

    def variable(self, group: str, thing: str, key: Key, cost: float) -> None:
        """Add a variable of a group such as `order`; it is 0 or more and costs `cost` a unit [currency]."""
        name = f"{group}({self.names[thing][key[0]]},{self.names['month'][key[1]]})"
        made = self.problem.add_variable(name, 0)
        getattr(self, group)[key] = made
        if cost:
            self.costs[made] = cost / self.prices.scale

    def row(self, kind: str, thing: str, key: Key, terms: Mapping[Any, float], sense: int, bound: float) -> None:
        """Add a row: the terms are at most, equal to or at least the bound."""
        from pulp import LpAffineExpression, LpConstraint

        name = f"{kind}({self.names[thing][key[0]]},{self.names['month'][key[1]]})"
        made = LpConstraint(LpAffineExpression(terms), sense, name, bound)
        self.problem.addConstraint(made)
        self.rows.setdefault(kind, {})[key] = made


@dataclass(frozen=True)
class Solution:
    """The solved programme: quantities by (thing, month) and the price of each limit.

    `order` is by source in the month of release; `stock` and `below` by place; `ship`, `late` and `lost` by demand;
    `regular` and `overtime` hours by resource; `over` by location. The `*_price` arrays hold what one more unit of a
    limit is worth [currency]; `objective` is the whole cost with every penalty [currency].
    """

    order: Array
    stock: Array
    ship: Array
    late: Array
    lost: Array
    below: Array
    regular: Array
    overtime: Array
    over: Array
    regular_price: Array
    overtime_price: Array
    supplier_price: Array
    storage_price: Array
    objective: float


Constraint = Callable[[Model], None]


def build_model(network: Network, prices: Prices, constraints: Iterable[Constraint]) -> Model:
    """The programme of a plan: every variable that can exist, and the rows of the given constraints."""
    from pulp import LpAffineExpression, LpMinimize, LpProblem

    model = Model(network, prices, LpProblem("supply_plan", LpMinimize), names=_names(network))
    _add_variables(model)
    for constraint in constraints:
        constraint(model)
    model.problem.setObjective(LpAffineExpression(model.costs))
    return model


def solve_model(model: Model) -> Solution:
    """Solve with HiGHS in this process: dual simplex, serial, fixed seed, so that the same plan comes back each time.

    Raises
    ------
    PlanningError
        If the solver gives up; the programme itself always has a solution.

    """
    import pulp

    # `threads` is left alone: HiGHS refuses to run when another solve of this process has set it differently.
    solver = pulp.HiGHS(
        msg=False,
        solver="simplex",
        parallel="off",
        random_seed=0,
        primal_feasibility_tolerance=_EXACT,
        dual_feasibility_tolerance=_EXACT,
    )
    status = model.problem.solve(solver)
    if status != pulp.LpStatusOptimal:
        raise PlanningError(f"the solver found no plan: it stopped as {pulp.LpStatus[status].lower()!r}")
    return _solution(model)


def _names(network: Network) -> dict[str, tuple[str, ...]]:
    """Readable names of the programme, unique also after signs a solver does not take are replaced."""
    return {
        "month": _unique(label(p) for p in network.periods),
        "place": _unique(f"{p.item},{p.location}" for p in network.places),
        "source": _unique(
            ",".join(filter(None, (s.kind, network.places[s.place].item, network.places[s.place].location, s.supplier)))
            for s in network.sources
        ),
        "demand": _unique(
            f"{network.places[d.place].item},{network.places[d.place].location}" for d in network.demands
        ),
        "resource": _unique(r.name for r in network.resources),
        "location": _unique(network.locations),
    }


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    """Names with a number where two would be read as one.

    >>> _unique(["A-1", "A 1", "B"])
    ('A_1', 'A_1#2', 'B')
    """
    seen: dict[str, int] = {}
    found = []
    for name in names:
        plain = re.sub(r"[^A-Za-z0-9_.,]", "_", name)
        seen[plain] = seen.get(plain, 0) + 1
        found.append(plain if seen[plain] == 1 else f"{plain}#{seen[plain]}")
    return tuple(found)


def _add_variables(model: Model) -> None:
    """Make every variable that can be above 0, with its cost."""
    _add_orders(model)
    _add_stock(model)
    _add_demand(model)
    _add_hours(model)


def _add_orders(model: Model) -> None:
    for s, source in enumerate(model.network.sources):
        cost = float(model.prices.order[s] + model.prices.pipeline[s])
        if source.maximum > 0:
            for t in model.network.release_months(source):
                model.variable("order", "source", (s, t), cost)


def _add_stock(model: Model) -> None:
    network, prices = model.network, model.prices
    for p, t in np.ndindex(len(network.places), network.months):
        model.variable("stock", "place", (p, t), float(prices.holding[p]))
        if network.target[p, t] > 0:
            model.variable("below", "place", (p, t), float(prices.below[p, t]))
    for place in np.flatnonzero(np.isfinite(network.storage)):
        for t in range(network.months):
            model.variable("over", "location", (int(place), t), float(prices.over[place]))


def _add_demand(model: Model) -> None:
    network, prices = model.network, model.prices
    backlog = network.settings.short_policy == "backlog"
    for d, t in np.ndindex(len(network.demands), network.months):
        model.variable("ship", "demand", (d, t), 0.0)
        if backlog:
            model.variable("late", "demand", (d, t), float(prices.late[d, t]))
        else:
            model.variable("lost", "demand", (d, t), float(prices.lost[d]))


def _add_hours(model: Model) -> None:
    network = model.network
    for r in sorted({r for source in network.sources for r, _ in source.hours}):
        resource = network.resources[r]
        for t in range(network.settings.frozen_months, network.months):
            model.variable("regular", "resource", (r, t), resource.cost_per_hour)
            model.variable("overtime", "resource", (r, t), resource.overtime_cost_per_hour)


def _solution(model: Model) -> Solution:
    network = model.network
    months = network.months
    counts = (len(network.sources), len(network.places), len(network.demands), len(network.resources))
    sources, places, demands, resources = ((count, months) for count in counts)
    locations = (len(network.locations), months)
    return Solution(
        order=_values(model.order, sources),
        stock=_values(model.stock, places),
        ship=_values(model.ship, demands),
        late=_values(model.late, demands),
        lost=_values(model.lost, demands),
        below=_values(model.below, places),
        regular=_values(model.regular, resources),
        overtime=_values(model.overtime, resources),
        over=_values(model.over, locations),
        regular_price=_limit_prices(model, "regular_hours", resources),
        overtime_price=_limit_prices(model, "overtime_hours", resources),
        supplier_price=_limit_prices(model, "supplier_limit", sources),
        storage_price=_limit_prices(model, "storage_limit", locations),
        objective=sum(cost * variable.varValue for variable, cost in model.costs.items()) * model.prices.scale,
    )


def _values(variables: Mapping[Key, Any], shape: tuple[int, int]) -> Array:
    """Values of a group of variables; what is not there is 0, and so is what rounding left of 0."""
    found = np.zeros(shape)
    for key, variable in variables.items():
        found[key] = variable.varValue
    return np.where(found < _EXACT * 10, 0.0, found)


def _limit_prices(model: Model, kind: str, shape: tuple[int, int]) -> Array:
    """What one more unit of a limit is worth [currency]: its dual with the sign turned, never below 0."""
    found = np.zeros(shape)
    for key, row in model.rows.get(kind, {}).items():
        found[key] = max(0.0, -row.pi) * model.prices.scale
    return np.where(found < 1e-7 * model.prices.scale, 0.0, found)
