"""Stock in cells: projected forward, how long it lasts, how much of it is too much, and how it served."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from udfs.cells import BAD_ARGUMENT, NOT_ENOUGH, Array, CellError
from udfs.lines import Lines, Numbers, Oriented, each, fitted_to, same_size
from udfs.registry import Example, Explained, function

GROUP = "Inventory"

Demand = Annotated[
    Oriented,
    Lines("Demand by period: a row, a column, or a block with one item a row", "units", low=0, full=True),
]
Days = Annotated[Oriented | float, Lines("Length of a period: one cell, or one for each period", "days", one=True,
                                         low=0, full=True)]  # fmt: skip


@function(
    GROUP,
    returns="units, a cell for each period; below 0 it is backlog",
    example=Example((100, (0, 80, 0), (60, 60, 60)), [[40.0, 60.0, 0.0]]),
)
def projected_balance(
    opening: Annotated[
        Array, Numbers("Stock before the first period, one cell or one for each item", "units", full=True)
    ],
    receipts: Annotated[
        Oriented,
        Lines(
            "What arrives in each period, in the places of the demand; a blank is nothing", "units", least=0, blank=0.0
        ),
    ],
    demand: Demand,
) -> Explained:
    """Projected available balance: opening stock + receipts - demand, carried forward period by period."""
    from sop_xl.inventory.projection import projected_stock

    same_size("receipts", receipts, "demand", demand)
    stock = projected_stock(_one_each("opening", opening, demand), receipts.rows, demand.rows)
    return Explained(demand.laid(stock), (_lowest(stock),))


@function(GROUP, returns="days, one for each item", example=Example((50, (40, 30, 20), 30), 40.0))
def days_of_supply(
    stock: Annotated[Array, Numbers("Stock now, one cell or one for each item", "units", full=True)],
    demand: Annotated[
        Oriented,
        Lines(
            "Demand of the periods to come: a row, a column, or a block with one item a row", "units", low=0, full=True
        ),
    ],
    days: Days = 30.0,
) -> Explained:
    """Forward days of supply: how many days of the demand to come the stock covers, period by period.

    50 units cover the 40 of the first month and a third of the 30 of the second. Beyond the last period its mean goes
    on.
    """
    from sop_xl.inventory.projection import days_of_supply as cover

    length = _lengths(days, demand)
    now = length.mean()
    wanted = np.column_stack([demand.rows.sum(axis=1) / length.sum() * now, demand.rows])
    held = np.zeros_like(wanted)
    held[:, 0] = _one_each("stock", stock, demand)
    found = cover(held, wanted, np.append(now, length))[:, :1]
    return Explained(found, _cover_says(length))


@function(
    GROUP, returns="days, a cell for each period", example=Example(((50, 10, 0), (20, 40, 30), 30), [[40.0, 10.0, 0.0]])
)
def projected_cover(
    stock: Annotated[
        Oriented,
        Lines(
            "Stock at the end of each period, in the places of the demand; a backlog counts as none", "units", full=True
        ),
    ],
    demand: Demand,
    days: Days = 30.0,
) -> Explained:
    """Forward days of supply of a projected balance: what the stock at the end of each period covers of the next ones.

    50 units cover the 40 of the second period and a third of the 30 of the third.
    """
    from sop_xl.inventory.projection import days_of_supply as cover

    same_size("stock", stock, "demand", demand)
    length = _lengths(days, demand)
    return Explained(demand.laid(cover(stock.rows, demand.rows, length)), _cover_says(length))


@function(GROUP, returns="units", example=Example(((500, 80), (100, 0), (360, 120), (40, 10)), [[200.0, 0.0]]))
def excess(
    on_hand: Annotated[Array, Numbers("Stock on hand", "units", low=0)],
    on_order: Annotated[Array, Numbers("Receipts under way", "units", low=0)],
    demand: Annotated[Array, Numbers("Demand of the whole horizon, use in other items included", "units", low=0)],
    safety_stock: Annotated[Array | float, Numbers("Safety stock", "units", low=0)] = 0.0,
) -> Explained:
    """Excess stock: what is on hand and on order beyond all demand in sight and the safety stock."""
    from sop_xl.inventory.excess import excess as beyond

    found = each(beyond, on_hand, on_order, demand, safety_stock)
    return Explained(found, (f"{np.nansum(found):,.6g} units are beyond any use in sight",))


@function(GROUP, returns="times a year", example=Example((1200, 200), 6.0))
def turns(
    cost_of_sales: Annotated[Array, Numbers("Cost of what is sold in a year, at cost", "money/year", low=0)],
    stock_value: Annotated[Array, Numbers("Mean value of stock, at cost", "money", low=0)],
) -> Explained:
    """Stock turns: how often stock turns over in a year."""
    from sop_xl.inventory.cover import turns as turned

    found = each(turned, cost_of_sales, stock_value)
    return Explained(found, ("both at cost, not at sales prices", "without stock there is no figure"))


@function(GROUP, returns="share, one for each item", example=Example(((100, 80, 120), (90, 80, 130)), 0.966667))
def fill_rate_achieved(
    demand: Annotated[
        Oriented, Lines("Demand by period: a row, a column, or a block with one item a row", "units", low=0)
    ],
    shipped: Annotated[Oriented, Lines("What was shipped of it, in the same places", "units", low=0)],
) -> Explained:
    """Fill rate achieved: share of demand that was shipped in its own period; what came late does not count.

    290 of 300: shipping 130 in the third period does not make good the 10 of the first.
    """
    same_size("demand", demand, "shipped", shipped)
    both = ~np.isnan(demand.rows) & ~np.isnan(shipped.rows)
    wanted = np.where(both, demand.rows, 0.0)
    met = np.minimum(wanted, np.where(both, shipped.rows, 0.0)).sum(axis=1)
    total = wanted.sum(axis=1)
    if len(total) == 1 and total[0] <= 0:
        raise CellError(NOT_ENOUGH, "there is no demand in the periods that have both figures")
    found = np.where(total > 0, met / np.where(total > 0, total, 1.0), np.nan)
    return Explained(
        found[:, None], (f"{met.sum():,.6g} of {total.sum():,.6g} units were shipped in their own period",)
    )


@function(
    GROUP,
    returns="units, a cell for each period",
    example=Example(((80, 90, 150, 80, 60), (100, 100, 100, 100, 0)), [[80.0, 90.0, 40.0, 60.0, 0.0]]),
)
def pre_build(
    demand: Demand,
    capacity: Annotated[
        Oriented,
        Lines("What can be made in each period, in the same places; 0 in a shutdown", "units", low=0, full=True),
    ],
    opening: Annotated[
        Array | float,
        Numbers("Stock before the first period, one cell or one for each item", "units", low=0, full=True),
    ] = 0.0,
) -> Explained:
    """Pre-build: the stock to have at the end of each period for a peak or a shutdown that capacity cannot meet.

    In the example the 60 of the last period and the 50 of the peak that capacity lacks are in stock before it, less 20
    made in between. From nothing in stock 60 of it come late.
    """
    from sop_xl.inventory.cover import late_in_spite_of_pre_build
    from sop_xl.inventory.cover import pre_build as built

    same_size("demand", demand, "capacity", capacity)
    held = _one_each("opening", np.atleast_2d(np.asarray(opening, dtype="float64")), demand)
    late = float(np.sum(late_in_spite_of_pre_build(demand.rows, capacity.rows, held)))
    says = (
        f"{late:,.6g} units cannot be made in time however early work starts" if late > 0 else "all can be met in time"
    )
    return Explained(demand.laid(built(demand.rows, capacity.rows)), (says,))


def _one_each(name: str, values: Array, lines: Oriented) -> Array:
    """One number for each item, or one for all of them."""
    if values.size not in (1, len(lines.rows)):
        raise CellError(BAD_ARGUMENT, f"{name} must be one cell or one for each of the {len(lines.rows)} items")
    return np.broadcast_to(values.ravel(), (len(lines.rows),))


def _lengths(days: Oriented | float, demand: Oriented) -> Array:
    row = demand.rows[:1]
    length = fitted_to("days", days, Oriented(row, demand.down, row.shape[1], demand.known[:1]))[0]
    if (length <= 0).any():
        raise CellError(BAD_ARGUMENT, f"days must be above 0, got {length.min():g}")
    lengths: Array = length
    return lengths


def _cover_says(length: Array) -> tuple[str, ...]:
    same = length.min() == length.max()
    return (
        f"a period has {length[0]:g} days" if same else "periods have the days given",
        "whole periods as long as stock lasts, then a part of the next; beyond the last one the mean goes on",
    )


def _lowest(stock: Array) -> str:
    row, period = np.unravel_index(int(stock.argmin()), stock.shape)
    least = float(stock[row, period])
    where = f"in period {period + 1}" + (f" of row {row + 1}" if len(stock) > 1 else "")
    return f"the lowest is {least:,.6g} {where}" + ("; below 0 it is backlog" if least < 0 else "")
