"""Supply in cells: production strategies, netting, lots, rough-cut capacity and what can still be promised."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from udfs.cells import BAD_ARGUMENT, Array, CellError, Number, Text, counted
from udfs.lines import Lines, Numbers, Oriented, fitted_to, same_size
from udfs.registry import Example, Explained, function

GROUP = "Supply"

ROOFING = (900, 700, 800, 1200, 1500, 1100)
"""Six months of a roofing supplier: Heizer, Render and Munson, Operations Management, chapter 13, example 1."""

Demand = Annotated[Oriented, Lines("Demand by period: one row or one column", "units", one=True, low=0, full=True)]
Opening = Annotated[float, Number("Stock before the first period", "units")]
Receipts = Annotated[
    Oriented | None,
    Lines("What is under way, by the period it arrives, in the places of the demand; a blank is nothing", "units",
          one=True, low=0, least=0, blank=0.0),
]  # fmt: skip
SafetyStock = Annotated[float, Number("Kept at the end of every period", "units", low=0)]
Minimum = Annotated[float, Number("Smallest lot; 0 is none", "units", low=0)]
Multiple = Annotated[float, Number("Lots come in multiples of this; 0 is any quantity", "units", low=0)]
Arriving = Annotated[
    Oriented,
    Lines("What arrives in each period: a row, a column, or a block with one item a row; a blank is nothing", "units",
          low=0, least=0, blank=0.0),
]  # fmt: skip
Booked = Annotated[
    Oriented,
    Lines("Customer orders by the period they are due, in the same places; a blank is none", "units", low=0, least=0,
          blank=0.0),
]  # fmt: skip
OnHand = Annotated[
    Array | float,
    Numbers("Stock before the first period, one cell or one for each item", "units", low=0, full=True),
]
Plan = Annotated[
    Oriented, Lines("Units of the plan by period, one item a row (or one item in a column)", "units", low=0, full=True)
]
HoursPerUnit = Annotated[
    Array, Numbers("Hours of a unit: one item a row, one resource a column", "h/unit", low=0, full=True)
]


@function(GROUP, returns="units, a cell for each period", example=Example((ROOFING,), [[6200 / 6] * 6]))
def level_plan(
    demand: Demand,
    opening: Opening = 0.0,
    ending: Annotated[float, Number("Stock wanted after the last period", "units")] = 0.0,
) -> Explained:
    """Level plan: one production rate that turns the opening stock into the ending stock.

    The roofing supplier of Heizer, Render and Munson, Operations Management, chapter 13: 6,200 units in six months.
    """
    import pandas as pd

    from sop_xl.supply.strategies import level

    made = level(pd.Series(demand.line), opening, ending).to_numpy(dtype=float)
    return Explained(demand.laid(made[None, :]), _plan_says(made, demand.line, opening))


@function(
    GROUP,
    returns="units, a cell for each period",
    example=Example(((100, 120, 80), (20, 30, 30), 10), [[110.0, 130.0, 80.0]]),
)
def chase_plan(
    demand: Demand,
    target: Annotated[
        Oriented | float,
        Lines(
            "Stock to hold at the end of each period: one cell, or one for each period", "units", one=True, full=True
        ),
    ] = 0.0,
    opening: Opening = 0.0,
) -> Explained:
    """Chase plan: production follows demand and holds the target stock, never below 0.

    In the example the first period makes 100 for demand and 10 for the target of 20.
    """
    import pandas as pd

    from sop_xl.supply.strategies import chase

    targets = pd.Series(fitted_to("target", target, demand)[0])
    made = chase(pd.Series(demand.line), targets, opening).to_numpy(dtype=float)
    return Explained(demand.laid(made[None, :]), _plan_says(made, demand.line, opening))


@function(
    GROUP,
    returns="units, a cell for each period",
    example=Example(((40, 40, 40, 40), 50, (0, 20, 0, 0)), [[0.0, 10.0, 40.0, 40.0]]),
)
def net_requirements(
    demand: Demand, opening: Opening = 0.0, receipts: Receipts = None, safety_stock: SafetyStock = 0.0
) -> Explained:
    """Net requirements: what is left to make or buy in each period once stock and receipts under way are used.

    In the example 50 in stock and 20 in period 2 cover the first 70 units. SOP_MRP goes on to lots and releases.
    """
    net = _net(demand, opening, receipts, safety_stock)
    return Explained(
        demand.laid(net[None, :]), (f"{net.sum():,.6g} of {demand.line.sum():,.6g} units are left to cover",)
    )


@function(
    GROUP,
    returns="units: lines of net requirements, planned receipts, planned releases and projected available",
    example=Example(
        ((30, 40, 0, 90), 0, None, 0, 1, 50, 20),
        [[30.0, 40.0, 0.0, 90.0], [60.0, 60.0, 0.0, 60.0], [120.0, 0.0, 60.0, 0.0], [30.0, 50.0, 50.0, 20.0]],
    ),
)
def mrp(
    demand: Annotated[
        Oriented, Lines("Gross requirements by period: one row or one column", "units", one=True, low=0, full=True)
    ],
    opening: Opening = 0.0,
    receipts: Receipts = None,
    safety_stock: SafetyStock = 0.0,
    lead_time: Annotated[int, Number("Periods from release to receipt", "periods", low=0, high=120, whole=True)] = 0,
    minimum: Minimum = 0.0,
    multiple: Multiple = 0.0,
) -> Explained:
    """Material requirements planning of one item: netting, lots of a minimum and multiple, releases by lead time.

    What should have been released before the first period is released in it. In the example lots are 60, 80 ...; those
    of periods 1 and 2 are released at once.
    """
    from sop_xl.inventory.lot_sizing import in_lots
    from sop_xl.inventory.projection import projected_stock

    net = _net(demand, opening, receipts, safety_stock)
    lots = in_lots(net, minimum, multiple)
    due = np.maximum(np.arange(len(lots)) - lead_time, 0)
    releases = np.bincount(due, weights=lots, minlength=len(lots))
    arrives = _arrives(receipts, demand)
    available = projected_stock(opening, arrives + lots, demand.line)
    overdue = float(lots[: min(lead_time, len(lots))].sum())
    says = [
        f"{counted(int((lots > 0).sum()), 'lot')} of {lots.sum():,.6g} units for net requirements of {net.sum():,.6g}"
    ]
    if overdue > 0:
        says.append(f"{overdue:,.6g} units of them should have been released before the first period")
    return Explained(demand.laid(np.array([net, lots, releases, available])), tuple(says))


@function(
    GROUP,
    returns="units, a cell for each period",
    example=Example(((90, 120, 80, 70), 500, 2), [[210.0, 0.0, 150.0, 0.0]]),
)
def lot_sizes(
    demand: Demand,
    lot_cost: Annotated[float, Number("Cost of a lot: its order or setup", "money", low=0)],
    holding_cost: Annotated[float, Number("Holding a unit to the next period", "money/unit/period", low=0)],
    rule: Annotated[
        str,
        Text(
            "wagner_whitin (the cheapest), silver_meal, least_unit_cost, part_period or lot_for_lot",
            choices=("wagner_whitin", "silver_meal", "least_unit_cost", "part_period", "lot_for_lot"),
        ),
    ] = "wagner_whitin",
) -> Explained:
    """Lot sizes for known demand: a cost for each lot against a cost of holding stock until it is used.

    Wagner and Whitin (1958) find the cheapest lots; the other rules are those of Silver, Pyke and Thomas,
    chapter 5. The example is Example 3.9 of Snyder and Shen, Fundamentals of Supply Chain Theory: it costs 1,380.
    """
    from sop_xl.inventory.lot_sizing import RULES

    plan = RULES[rule](demand.line, lot_cost, holding_cost)
    count = int((plan.lots > 0).sum())
    return Explained(
        demand.laid(plan.lots[None, :]),
        (
            f"{counted(count, 'lot')} by {rule.replace('_', ' ')}",
            f"lots cost {plan.setup_cost:,.6g}, stock {plan.holding_cost:,.6g}",
        ),
    )


@function(
    GROUP,
    returns="hours: one resource a row, periods in the direction of the plan",
    example=Example((((33, 33), (17, 20)), ((0.95, 0.2), (1.85, 0.1))), [[62.8, 68.35], [8.3, 8.6]]),
)
def rccp_load(plan: Plan, hours_per_unit: HoursPerUnit) -> Explained:
    """Rough-cut load: hours that a plan needs of each resource, by bills of capacity.

    33 A at 0.95 h and 17 B at 1.85 h are 62.8 h: Vollmann, Berry, Whybark and Jacobs, chapter on capacity.
    """
    load = _load(plan, hours_per_unit)
    return Explained(plan.laid(load), (f"{load.sum():,.6g} hours in all, each in the period its unit is planned in",))


@function(
    GROUP,
    returns="share of the capacity: one resource a row, periods in the direction of the plan",
    example=Example(
        (((33, 33), (17, 20)), ((0.95, 0.2), (1.85, 0.1)), ((62.8, 68.35), (16.6, 8.6))), [[1.0, 1.0], [0.5, 1.0]]
    ),
)
def load_share(
    plan: Plan,
    hours_per_unit: HoursPerUnit,
    capacity: Annotated[
        Oriented, Lines("Hours there are: one resource a row, in the direction of the plan", "h", low=0, full=True)
    ],
) -> Explained:
    """Rough-cut load as a share of the hours there are: above 1 the plan asks for more than there is."""
    load = _load(plan, hours_per_unit)
    if capacity.rows.shape != load.shape:
        raise CellError(
            BAD_ARGUMENT,
            f"capacity must have {load.shape[0]} resources and {load.shape[1]} periods, "
            f"got {capacity.rows.shape[0]} and {capacity.rows.shape[1]}",
        )
    there = capacity.rows > 0
    share = np.where(there, load / np.where(there, capacity.rows, 1.0), np.where(load > 0, np.inf, 0.0))
    over = int((share > 1 + 1e-9).sum())
    return Explained(plan.laid(share), (f"{over} of {share.size} loads are above capacity",))


@function(
    GROUP,
    returns="units, in the period of each receipt",
    example=Example(((0, 50, 0, 50), (10, 20, 15, 60), 30), [[20.0, 5.0, 0.0, 0.0]]),
)
def atp(receipts: Arriving, orders: Booked, opening: OnHand = 0.0) -> Explained:
    """Available to promise of each receipt: the receipt less the orders booked until the next one.

    Orders that a receipt cannot cover are taken from the receipt before it: the last receipt lacks 10, so that of
    period 2 has 5 left of 15. Vollmann, Berry, Whybark and Jacobs, chapter 8.
    """
    left = _atp(receipts, orders, opening)
    return Explained(receipts.laid(left), _atp_says(left))


@function(
    GROUP,
    returns="units, a cell for each period",
    example=Example(((0, 50, 0, 50), (10, 20, 15, 60), 30), [[20.0, 25.0, 25.0, 25.0]]),
)
def cumulative_atp(receipts: Arriving, orders: Booked, opening: OnHand = 0.0) -> Explained:
    """Cumulative available to promise: the most a new order due in each period may ask for."""
    left = _atp(receipts, orders, opening)
    return Explained(receipts.laid(left.cumsum(axis=1)), _atp_says(left))


def _net(demand: Oriented, opening: float, receipts: Oriented | None, safety_stock: float) -> Array:
    from sop_xl.inventory.lot_sizing import net_requirements as netted

    net: Array = netted(demand.line, opening, _arrives(receipts, demand), safety_stock)
    return net


def _arrives(receipts: Oriented | None, demand: Oriented) -> Array:
    if receipts is None:
        return np.zeros(len(demand.line))
    same_size("receipts", receipts, "demand", demand)
    return receipts.line


def _plan_says(made: Array, demand: Array, opening: float) -> tuple[str, ...]:
    stock = opening + np.cumsum(made - demand)
    low = int(stock.argmin())
    least = round(float(stock[low]), 6) + 0.0
    says = f"stock is lowest in period {low + 1} with {least:,.6g} units"
    return (
        f"{made.sum():,.6g} units are made for a demand of {demand.sum():,.6g}",
        says + ("; below 0 demand is late" if least < 0 else ""),
    )


def _load(plan: Oriented, hours_per_unit: Array) -> Array:
    """Hours by (resource, period)."""
    import pandas as pd

    from sop_xl.supply.rough_cut.loads import capacity_bill_load

    items, periods = plan.rows.shape
    if len(hours_per_unit) != items:
        raise CellError(
            BAD_ARGUMENT, f"hours per unit must have a row for each of the {items} items, got {len(hours_per_unit)}"
        )
    resources = hours_per_unit.shape[1]

    def table(rows: Array, names: str, values: str) -> Any:
        item, other = np.indices(rows.shape)
        return pd.DataFrame({"item": item.ravel(), names: other.ravel(), values: rows.ravel()})

    hours = capacity_bill_load(
        table(plan.rows, "period", "quantity"), table(hours_per_unit, "resource", "hours_per_unit")
    )
    load = np.zeros((resources, periods))
    np.add.at(load, (hours["resource"].astype(int), hours["period"].astype(int)), hours["hours"].to_numpy(dtype=float))
    return load


def _atp(receipts: Oriented, orders: Oriented, opening: Array | float) -> Array:
    from sop_xl.supply.atp import discrete_atps

    same_size("receipts", receipts, "orders", orders)
    stock = np.asarray(opening, dtype=float).ravel()
    if stock.size not in (1, len(receipts.rows)):
        raise CellError(BAD_ARGUMENT, f"opening must be one cell or one for each of the {len(receipts.rows)} items")
    return discrete_atps(receipts.rows, orders.rows, np.broadcast_to(stock, (len(receipts.rows),)))


def _atp_says(left: Array) -> tuple[str, ...]:
    booked = float(-np.minimum(left, 0.0).sum())
    more = f"{booked:,.6g} units are booked beyond all there will be" if booked > 0 else ""
    return tuple(s for s in (f"{np.maximum(left, 0.0).sum():,.6g} units can still be promised", more) if s)
