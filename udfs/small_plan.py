"""A small constrained plan in cells: the balance of one item, through the same model as the plan of a workbook."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from udfs.cells import BAD_ARGUMENT, Array, CellError, Flag, Number
from udfs.lines import Lines, Oriented, fitted_to
from udfs.registry import Example, Explained, function

if TYPE_CHECKING:
    from sop_xl.supply.plan import Plan
    from sop_xl.supply.settings import PlanSettings

GROUP = "Supply"
LONGEST = 120
"""Periods a plan in cells may have."""

ITEM, PLACE, LINE = "item", "here", "capacity"

Demand = Annotated[Oriented, Lines("Demand by period: one row or one column", "units", one=True, low=0, full=True)]
Capacity = Annotated[
    Oriented | float,
    Lines("What can be made in regular time: one cell, or one for each period", "units", one=True, low=0, full=True),
]
HoldingCost = Annotated[float, Number("Holding a unit at the end of a period", "money/unit/period", low=0, high=1e6)]
ShortageCost = Annotated[float, Number("A unit short at the end of a period", "money/unit/period", above=0, high=1e6)]
Opening = Annotated[float, Number("Stock before the first period", "units", low=0)]
UnitCost = Annotated[float, Number("Making a unit in regular time", "money/unit", low=0, high=1e6)]
Overtime = Annotated[
    Oriented | float,
    Lines(
        "What can be made in overtime as well: one cell, or one for each period", "units", one=True, low=0, full=True
    ),
]
OvertimeCost = Annotated[
    float | None, Number("Making a unit in overtime; left out, half as much again", "money/unit", low=0, high=1e6)
]
Lost = Annotated[bool, Flag("TRUE: demand not met in its period is lost; FALSE: it waits and costs each period")]
Minimum = Annotated[float, Number("Smallest lot; 0 is none", "units", low=0)]
Multiple = Annotated[float, Number("Lots come in multiples of this; 0 is any quantity", "units", low=0)]

PEAK = ((80, 90, 150, 80), 100, 1, 20)
"""A peak of 150 against a capacity of 100: 50 are made before it."""


WRITTEN = (
    "\\* supply_plan *\\",
    "Minimize",
    "OBJ: above(item,here,2000_01) + 20 late(item,here,2000_01)",
    "Subject To",
    "demand_balance(item,here,2000_01): late(item,here,2000_01) <= 5",
    "hours_balance(capacity,2000_01): order(make,item,here,2000_01)",
    " - overtime(capacity,2000_01) - regular(capacity,2000_01) = 0",
    "stock_balance(item,here,2000_01): above(item,here,2000_01)",
    " - late(item,here,2000_01) - order(make,item,here,2000_01) = -5",
    "Bounds",
    " late(item,here,2000_01) <= 5",
    " overtime(capacity,2000_01) = 0",
    " regular(capacity,2000_01) <= 4",
    "End",
)
"""The programme of one period: 5 wanted, 4 can be made."""


@function(
    GROUP,
    returns="units: lines of production, stock and shortage at the end of each period",
    example=Example(PEAK, [[100.0, 100.0, 100.0, 100.0], [20.0, 30.0, 0.0, 0.0], [0.0, 0.0, 20.0, 0.0]]),
)
def balance(
    demand: Demand,
    capacity: Capacity,
    holding_cost: HoldingCost,
    shortage_cost: ShortageCost,
    opening: Opening = 0.0,
    unit_cost: UnitCost = 0.0,
    overtime: Overtime = 0.0,
    overtime_cost: OvertimeCost = None,
    lost: Lost = False,
    minimum: Minimum = 0.0,
    multiple: Multiple = 0.0,
) -> Explained:
    """Balance demand and capacity at least cost: what to make, what is in stock and what is short, period by period.

    A linear programme, in whole lots where a minimum or multiple is given. In the example all that the first two
    periods can make beyond their demand is built ahead of the peak; 20 of it come a period late.
    """
    case = _case(demand, capacity, holding_cost, shortage_cost, opening, unit_cost, overtime, overtime_cost, lost,
                 minimum, multiple)  # fmt: skip
    plan = case.plan()
    flows = plan.final
    short = flows.lost.sum(axis=0) if lost else flows.late.sum(axis=0)
    made, stock = flows.order.sum(axis=0), flows.closing.sum(axis=0)
    lines = np.array([made, stock, short])
    return Explained(demand.laid(np.where(np.abs(lines) < 1e-9, 0.0, lines)), _says(plan, made, short))


@function(
    GROUP,
    returns="texts in a column: the linear programme, written out",
    example=Example(((5,), 4, 1, 20), [[line] for line in WRITTEN]),
)
def balance_model(
    demand: Demand,
    capacity: Capacity,
    holding_cost: HoldingCost,
    shortage_cost: ShortageCost,
    opening: Opening = 0.0,
    unit_cost: UnitCost = 0.0,
    overtime: Overtime = 0.0,
    overtime_cost: OvertimeCost = None,
    lost: Lost = False,
    minimum: Minimum = 0.0,
    multiple: Multiple = 0.0,
) -> list[list[str]]:
    """The programme behind SOP_BALANCE as text: its variables, costs and limits by name, for reading and teaching.

    Periods are named as months from 2000_01 on; `above` is stock, `late` what waits, `order` what is made.
    """
    case = _case(demand, capacity, holding_cost, shortage_cost, opening, unit_cost, overtime, overtime_cost, lost,
                 minimum, multiple)  # fmt: skip
    return [[line] for line in written(case.readable()) if line.strip()]


@dataclass(frozen=True)
class Case:
    """One item, one resource: the tables of a plan and its settings."""

    tables: dict[str, Any]
    settings: PlanSettings

    def plan(self) -> Plan:
        """The plan of least cost."""
        from sop_xl.supply.plan import balance as balanced

        return balanced(self.tables, settings=self.settings)

    def readable(self) -> Any:
        """The same programme as a PuLP problem with names."""
        from sop_xl.supply.model.constraints import STRATEGY_CONSTRAINTS
        from sop_xl.supply.model.model import build_model, names_of
        from sop_xl.supply.model.prices import unit_prices
        from sop_xl.supply.plan import planned_network
        from sop_xl.supply.programme.readable import readable

        network = planned_network(self.tables, self.settings)
        prices = unit_prices(network)
        programme = build_model(network, prices, STRATEGY_CONSTRAINTS["optimal"])
        in_money = replace(programme, cost=programme.cost * prices.scale, offset=programme.offset * prices.scale)
        return readable(in_money, names_of(network))


def written(problem: Any) -> list[str]:
    """A PuLP problem as the lines of an LP file."""
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "plan.lp"
        problem.writeLP(str(file), max_length=300)
        return file.read_text(encoding="utf-8").splitlines()


def _case(
    demand: Oriented,
    capacity: Oriented | float,
    holding_cost: float,
    shortage_cost: float,
    opening: float,
    unit_cost: float,
    overtime: Oriented | float,
    overtime_cost: float | None,
    lost: bool,
    minimum: float,
    multiple: float,
) -> Case:
    """The tables of the plan: a unit takes an hour, its standard cost makes a month of holding cost what was asked."""
    import pandas as pd

    from sop_xl.supply.settings import PlanSettings

    count = len(demand.line)
    if count > LONGEST:
        raise CellError(BAD_ARGUMENT, f"a plan in cells may have {LONGEST} periods, got {count}")
    months = pd.date_range("2000-01-01", periods=count, freq="MS")
    there = {
        "regular": fitted_to("capacity", capacity, demand)[0],
        "overtime": fitted_to("overtime", overtime, demand)[0],
    }
    extra = unit_cost * 1.5 if overtime_cost is None else overtime_cost
    place = {"item": [ITEM], "location": [PLACE]}
    tables = {
        "items": pd.DataFrame({"item": [ITEM], "standard_cost": [12.0 * holding_cost], "list_price": [shortage_cost]}),
        "sources": pd.DataFrame(
            place | {"kind": "make", "lead_time_days": 0.0, "minimum": minimum, "multiple": multiple}
        ),
        "routings": pd.DataFrame({"item": [ITEM], "resource": [LINE], "hours_per_unit": [1.0]}),
        "resources": pd.DataFrame(
            {"resource": [LINE], "location": [PLACE], "cost_per_hour": unit_cost, "overtime_cost_per_hour": extra}
        ),
        "capacity": pd.concat(
            [pd.DataFrame({"resource": LINE, "measure": m, "period": months, "hours": h}) for m, h in there.items()]
        ),
        "stock": pd.DataFrame(place | {"status": "usable", "quantity": [opening]}),
        "demand": pd.DataFrame({"item": ITEM, "location": PLACE, "period": months, "quantity": demand.line}),
    }
    settings = PlanSettings(
        periods=months, frozen_months=0, short_policy="lost" if lost else "backlog", holding_rate=1.0, backlog_rate=1.0,
        lost_rate=1.0, safety_rate=0.0, lots="exact" if minimum > 0 or multiple > 0 else "after", seconds=10.0,
    )  # fmt: skip
    return Case(tables, settings)


def _says(plan: Plan, made: Array, short: Array) -> tuple[str, ...]:
    """Cost by kind, what is short, and what a unit of capacity would be worth where."""
    costs = plan.costs[plan.costs.abs() > 1e-9]
    kinds = ", ".join(f"{kind} {cost:,.6g}" for kind, cost in costs.items())
    says = [
        f"{made.sum():,.6g} units are made; the plan costs {plan.costs.sum():,.6g}" + (f" ({kinds})" if kinds else "")
    ]
    if short.max(initial=0.0) > 1e-9:
        says.append(f"most is short in period {int(short.argmax()) + 1}: {short.max():,.6g} units")
    worth = plan.solution.regular_price
    for resource, price in enumerate(np.atleast_2d(worth)):
        best = int(np.abs(price).argmax())
        if resource == 0 and abs(price[best]) > 1e-6:
            says.append(f"one more unit of capacity in period {best + 1} would save {abs(price[best]):,.4g}")
    return tuple(says)
