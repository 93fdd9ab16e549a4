"""Inventory in cells: safety stock, reorder points, order quantities, cover."""

from __future__ import annotations

from typing import Annotated

from udfs.cells import Array, Number
from udfs.registry import Example, Explained, function

GROUP = "Inventory"

Service = Annotated[float, Number("Chance of no stock-out in a cycle", "share", low=0, high=0.9999)]


@function(GROUP, returns="units", example=Example((100, 40, 3, 0.95), 113.958802))
def safety_stock(
    demand: Annotated[float, Number("Mean demand a period", "units", low=0)],
    error: Annotated[float, Number("Standard deviation of the forecast error of a period", "units", low=0)],
    lead_time: Annotated[float, Number("Lead time, with the review period", "periods", low=0)],
    service_level: Service = 0.95,
    lead_time_deviation: Annotated[float, Number("Standard deviation of the lead time", "periods", low=0)] = 0.0,
) -> Explained:
    """Safety stock for a cycle service level: for the forecast error over the lead time and the spread of that time.

    z x square root of (lead time x error squared + demand squared x lead-time deviation squared).
    """
    from sop_xl.inventory.safety_stock import error_over_risk, z_value

    spread = float(error_over_risk(error, lead_time, 0.0, demand, lead_time_deviation))
    z = float(z_value(service_level))
    return Explained(
        z * spread,
        (
            f"z is {z:.4g} for a cycle service level of {service_level:.1%}",
            f"the error over the lead time is {spread:,.4g} units",
        ),
    )


@function(GROUP, returns="units", example=Example((1200, 50, 2), 244.948974))
def eoq(
    demand: Annotated[float, Number("Demand a year", "units/year", low=0)],
    order_cost: Annotated[float, Number("Cost of an order", "money", low=0)],
    holding_cost: Annotated[float, Number("Holding a unit for a year", "money/unit/year", above=0)],
) -> Array:
    """Economic order quantity: the lot that makes ordering and holding cheapest together."""
    from sop_xl.inventory.policies import eoq as quantity

    return quantity(demand, order_cost, holding_cost)
