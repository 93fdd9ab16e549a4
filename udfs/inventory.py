"""Inventory policies in cells: safety stock, when and how much to order, and the service a stock gives.

Every argument may be a range, so that one cell answers for a whole list of items.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import numpy as np

from udfs.cells import Array, Number, Text
from udfs.lines import Lines, Numbers, Oriented, each, spread
from udfs.registry import Example, Explained, function

GROUP = "Inventory"

Demand = Annotated[Array, Numbers("Mean demand a period", "units", low=0)]
ForecastError = Annotated[Array, Numbers("Standard deviation of the forecast error of a period", "units", low=0)]
LeadTime = Annotated[Array, Numbers("Lead time, with the review period if there is one", "periods", low=0)]
LeadTimeDeviation = Annotated[Array | float, Numbers("Standard deviation of the lead time", "periods", low=0)]
OrderQuantity = Annotated[Array, Numbers("What a usual order brings", "units", above=0)]
SafetyStock = Annotated[Array | float, Numbers("Safety stock", "units")]
OrderCost = Annotated[Array, Numbers("Cost of an order", "money", low=0)]
HoldingCost = Annotated[Array, Numbers("Holding a unit for a year", "money/unit/year", above=0)]
YearlyDemand = Annotated[Array, Numbers("Demand a year", "units/year", low=0)]
Overage = Annotated[Array, Numbers("Cost of a unit left over", "money/unit", above=0)]
Underage = Annotated[Array, Numbers("Cost of a unit short, such as the margin lost", "money/unit", above=0)]


@function(GROUP, returns="units", example=Example((2500, 500, 7, 0.9, 7), 22491.1387))
def safety_stock(
    demand: Demand,
    forecast_error: ForecastError,
    lead_time: LeadTime,
    service_level: Annotated[
        Array | float, Numbers("Chance of no stock-out in a cycle", "share", low=0.0001, high=0.9999)
    ] = 0.95,
    lead_time_deviation: LeadTimeDeviation = 0.0,
) -> Explained:
    """Safety stock for a cycle service level: for the forecast error over the lead time and the spread of that time.

    z x square root of (lead time x error squared + demand squared x lead-time deviation squared), never below 0. The
    example is Dell's supplier in Chopra and Meindl, Supply Chain Management: 2,500 +- 500 a day, lead time 7 +- 7 days.
    """
    from sop_xl.inventory.safety_stock import error_over_risk, z_value
    from sop_xl.inventory.safety_stock import safety_stock as stock

    found = each(
        lambda d, e, lead, level, sd: stock(e, lead, 0.0, level, d, sd),
        demand, forecast_error, lead_time, service_level, lead_time_deviation,
    )  # fmt: skip
    risk = each(lambda d, e, lead, sd: error_over_risk(e, lead, 0.0, d, sd), demand, forecast_error, lead_time,
                lead_time_deviation)  # fmt: skip
    z = each(z_value, service_level)
    return Explained(
        found,
        (
            f"z is {_all(z)} for a cycle service level of {_all(service_level)}",
            f"the error over the lead time is {_all(risk)} units",
            "errors are taken as normal and independent from period to period",
        ),
    )


@function(GROUP, returns="units", example=Example((2500, 500, 2, 10_000, 0.975), 67.0, digits=2))
def safety_stock_fill_rate(
    demand: Demand,
    forecast_error: ForecastError,
    lead_time: LeadTime,
    order_quantity: OrderQuantity,
    fill_rate: Annotated[
        Array | float, Numbers("Share of demand to be met from stock", "share", low=0.0001, high=0.9999)
    ] = 0.95,
    lead_time_deviation: LeadTimeDeviation = 0.0,
) -> Explained:
    """Safety stock for a fill rate: large orders leave fewer chances to run out, so less is needed than for a cycle.

    The example is Lego at Walmart in Chopra and Meindl: lots of 10,000, deviation 500 a week, 2 weeks: 67 units.
    """
    from sop_xl.inventory.safety_stock import safety_stock_for_fill_rate as stock

    found = each(
        lambda d, e, lead, lot, rate, sd: stock(e, lead, 0.0, rate, lot, d, sd),
        demand, forecast_error, lead_time, order_quantity, fill_rate, lead_time_deviation,
    )  # fmt: skip
    return Explained(
        found,
        (
            f"the share short, {_all(1 - np.asarray(fill_rate))}, of an order is what a cycle may lack",
            "errors are taken as normal; the stock is never below 0",
        ),
    )


@function(GROUP, returns="share", example=Example((1000, 2500, 500, 2), 0.921, digits=3))
def cycle_service(
    safety_stock: Annotated[Array, Numbers("Safety stock", "units")],
    demand: Demand,
    forecast_error: ForecastError,
    lead_time: LeadTime,
    lead_time_deviation: LeadTimeDeviation = 0.0,
) -> Explained:
    """Chance of no stock-out in a replenishment cycle that a safety stock gives.

    The example is B&M Computer World in Chopra and Meindl.
    """
    from sop_xl.inventory.safety_stock import cycle_service_level, error_over_risk

    def service(stock: Array, d: Array, e: Array, lead: Array, sd: Array) -> Array:
        risk = error_over_risk(e, lead, 0.0, d, sd)
        level = cycle_service_level(stock, np.where(risk > 0, risk, 1.0))
        return np.where(risk > 0, level, np.where(stock >= 0, 1.0, 0.0))

    found = each(service, safety_stock, demand, forecast_error, lead_time, lead_time_deviation)
    return Explained(found, ("errors are taken as normal", "it is a chance by cycle, not a share of demand"))


@function(GROUP, returns="share", example=Example((1000, 2500, 500, 2, 10_000), 0.9975, digits=4))
def fill_rate(
    safety_stock: Annotated[Array, Numbers("Safety stock", "units")],
    demand: Demand,
    forecast_error: ForecastError,
    lead_time: LeadTime,
    order_quantity: OrderQuantity,
    lead_time_deviation: LeadTimeDeviation = 0.0,
) -> Explained:
    """Share of demand met from stock that a safety stock is expected to give: 1 - units short in a cycle / order.

    The example is B&M Computer World in Chopra and Meindl. SOP_FILL_RATE_ACHIEVED measures what was.
    """
    from sop_xl.inventory.safety_stock import error_over_risk
    from sop_xl.inventory.safety_stock import fill_rate as rate

    def met(stock: Array, d: Array, e: Array, lead: Array, lot: Array, sd: Array) -> Array:
        risk = error_over_risk(e, lead, 0.0, d, sd)
        some = rate(stock, np.where(risk > 0, risk, 1.0), lot)
        return np.where(risk > 0, some, np.maximum(1.0 - np.maximum(-stock, 0.0) / lot, 0.0))

    found = each(met, safety_stock, demand, forecast_error, lead_time, order_quantity, lead_time_deviation)
    return Explained(found, ("errors are taken as normal", "units short are backordered and counted once"))


@function(GROUP, returns="units", example=Example((2500, 2, 1000), 6000.0))
def reorder_point(demand: Demand, lead_time: LeadTime, safety_stock: SafetyStock = 0.0) -> Explained:
    """Reorder point: order when stock on hand and on order falls to demand over the lead time + safety stock.

    B&M Computer World in Chopra and Meindl: 2,500 a week, 2 weeks, 1,000.
    """
    from sop_xl.inventory.policies import reorder_point as point

    return Explained(
        each(point, demand, lead_time, safety_stock),
        ("it is compared with stock on hand and on order, less backorders",),
    )


@function(GROUP, returns="units", example=Example((100, 2, 1, 50), 350.0))
def order_up_to(
    demand: Demand,
    lead_time: Annotated[Array, Numbers("Lead time", "periods", low=0)],
    review: Annotated[Array, Numbers("Time between two orders", "periods", low=0)],
    safety_stock: SafetyStock = 0.0,
) -> Explained:
    """Order-up-to level: each review, order so that stock on hand and on order reaches this.

    Demand x (lead time + review) + safety stock.
    """
    from sop_xl.inventory.policies import order_up_to as level

    return Explained(
        each(level, demand, lead_time, review, safety_stock), ("an order must last until the one after it arrives",)
    )


@function(GROUP, returns="units", example=Example(((0, 7, 70, 130), 50, 20), [[0.0, 60.0, 80.0, 140.0]]))
def order_quantity(
    need: Annotated[Array, Numbers("Units wanted", "units")],
    minimum: Annotated[Array | float, Numbers("Smallest order", "units", low=0)] = 0.0,
    multiple: Annotated[
        Array | float, Numbers("Orders come in multiples of this; 0 is any quantity", "units", low=0)
    ] = 0.0,
) -> Explained:
    """What to order for a need: at least the minimum, in whole multiples; nothing where nothing is needed."""
    from sop_xl.inventory.policies import order_quantity as quantity

    return Explained(each(quantity, need, minimum, multiple), ("a need below the minimum is rounded up to it",))


@function(GROUP, returns="units", example=Example((1300, 8, 0.225), 304.046780))
def eoq(demand: YearlyDemand, order_cost: OrderCost, holding_cost: HoldingCost) -> Explained:
    """Economic order quantity: the lot that makes ordering and holding cheapest together.

    Square root of 2 x order cost x demand / holding cost. Snyder and Shen, Fundamentals of Supply Chain Theory,
    Example 3.1.
    """
    from sop_xl.inventory.policies import eoq as quantity
    from sop_xl.inventory.policies import order_cost_rate

    found = each(quantity, demand, order_cost, holding_cost)

    def yearly(q: Array, d: Array, k: Array, h: Array) -> Array:
        return np.where(q > 0, order_cost_rate(np.where(q > 0, q, 1.0), d, k, h), 0.0)

    cost = each(yearly, found, demand, order_cost, holding_cost)
    return Explained(found, (f"ordering and holding cost {_all(cost)} a year", "demand is even, orders arrive at once"))


@function(GROUP, returns="units", example=Example((1300, 5200, 8, 0.225), 351.083))
def production_lot(
    demand: YearlyDemand,
    production: Annotated[Array, Numbers("Units that could be made in a year", "units/year", above=0)],
    setup_cost: Annotated[Array, Numbers("Cost of a setup", "money", low=0)],
    holding_cost: HoldingCost,
) -> Explained:
    """Economic production quantity: the lot where stock grows while it is made, above the EOQ for it.

    Square root of 2 x setup cost x demand / (holding cost x (1 - demand / production)): the EOQ of 304.05 over the
    square root of 3/4. Snyder and Shen, section 3.6.
    """
    from sop_xl.inventory.order_quantities import production_quantity

    found = each(
        lambda d, p, k, h: production_quantity(d, p, k, h).quantity, demand, production, setup_cost, holding_cost
    )
    return Explained(found, ("demand is even and below what could be made",))


@function(GROUP, returns="units", example=Example((1300, 8, 0.3, (0, 400, 800), (0.75, 0.72, 0.68)), 800.0))
def eoq_discount(
    demand: Annotated[float, Number("Demand a year", "units/year", low=0)],
    order_cost: Annotated[float, Number("Cost of an order", "money", low=0)],
    holding_rate: Annotated[float, Number("Holding stock for a year", "share of its value", above=0)],
    breaks: Annotated[
        Oriented, Lines("Order sizes from which each price holds, the first one 0", "units", one=True, low=0, full=True)
    ],
    prices: Annotated[
        Oriented, Lines("Price of every unit from each size on", "money/unit", one=True, low=0, full=True)
    ],
) -> Explained:
    """Economic order quantity where a larger order makes every unit cheaper: the best of each price.

    Snyder and Shen, Fundamentals of Supply Chain Theory, Example 3.5: candy bars at 0.75, 0.72 from 400, 0.68 from 800.
    """
    from sop_xl.inventory.order_quantities import eoq_all_units_discount

    found = eoq_all_units_discount(demand, order_cost, holding_rate, breaks.line, prices.line)
    price = float(prices.line[int(np.asarray(found.region))])
    return Explained(
        float(np.asarray(found.quantity)),
        (f"it costs {float(np.asarray(found.cost)):,.6g} a year, goods included", f"each unit then costs {price:g}"),
    )


@function(GROUP, returns="units", example=Example((50, 8, 0.18, 0.70), 56.6040, digits=5))
def newsvendor(
    mean: Annotated[Array, Numbers("Mean demand of the season", "units", low=0)],
    deviation: Annotated[Array, Numbers("Standard deviation of that demand", "units", low=0)],
    overage: Overage,
    underage: Underage,
    distribution: Annotated[
        str, Text("normal, gamma (never below 0) or lognormal", choices=("normal", "gamma", "lognormal"))
    ] = "normal",
) -> Explained:
    """Newsvendor: what to have for one season when what is left over and what is missing both cost.

    The quantile of demand at underage / (underage + overage). Snyder and Shen, Example 4.3.
    """
    from sop_xl.inventory.distributions import Demand as Distribution
    from sop_xl.inventory.distributions import Gamma, Lognormal, Normal
    from sop_xl.inventory.newsvendor import newsvendor_of

    kinds: dict[str, Callable[..., Distribution]] = {"normal": Normal, "gamma": Gamma, "lognormal": Lognormal.of}

    def best(m: Array, sd: Array, over: Array, under: Array) -> Array:
        sure = (sd <= 0) | ((m <= 0) & (distribution != "normal"))
        demand = kinds[distribution](np.where(sure, 1.0, m), np.where(sure, 1.0, sd))
        return np.where(sure, m, newsvendor_of(demand, over, under).stock)

    return Explained(each(best, mean, deviation, overage, underage), _newsvendor_says(overage, underage, distribution))


@function(GROUP, returns="whole units", example=Example((6, 1, 4), 8.0))
def newsvendor_poisson(
    mean: Annotated[Array, Numbers("Mean demand of the season", "units", low=0, high=1e9)],
    overage: Overage,
    underage: Underage,
) -> Explained:
    """Newsvendor for few units: the least stock that meets Poisson demand with the chance that costs least.

    Snyder and Shen, Example 4.7.
    """
    from sop_xl.inventory.policies import newsvendor_poisson as stock

    return Explained(each(stock, mean, overage, underage), _newsvendor_says(overage, underage, "Poisson"))


def _newsvendor_says(overage: Array, underage: Array, distribution: str) -> tuple[str, ...]:
    ratio = each(lambda over, under: under / (under + over), overage, underage)
    return (f"the critical ratio is {_all(ratio)}", f"demand is taken as {distribution}")


def _all(values: Array | float) -> str:
    """Numbers in a sentence: one, or from the least to the most of a range."""
    numbers = spread(values)[0]
    known = numbers[~np.isnan(numbers)]
    if not len(known):
        return "unknown"
    low, high = float(known.min()), float(known.max())
    return f"{low:,.6g}" if low == high else f"{low:,.6g} to {high:,.6g}"
