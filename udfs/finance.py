"""Money in cells: why two plans differ in revenue or margin, and how much of it is the market."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from udfs.cells import BAD_ARGUMENT, Array, CellError
from udfs.lines import Numbers, each
from udfs.registry import Example, Explained, function

if TYPE_CHECKING:
    from sop_xl.finance.split import Split

GROUP = "Finance"

BaseUnits = Annotated[Array, Numbers("Units of each item in the base, such as the budget", "units", low=0, full=True)]
BasePrice = Annotated[Array, Numbers("Price of each item in the base", "money/unit", low=0, full=True)]
BaseCost = Annotated[Array, Numbers("Cost of a unit of each item in the base", "money/unit", low=0, full=True)]
PlanUnits = Annotated[Array, Numbers("Units of each item in the plan", "units", low=0, full=True)]
PlanPrice = Annotated[Array, Numbers("Price of each item in the plan", "money/unit", low=0, full=True)]
PlanCost = Annotated[Array, Numbers("Cost of a unit of each item in the plan", "money/unit", low=0, full=True)]

DRINKS = ((6.0, 4.0, 7.0), (4.0, 2.8, 4.5))
"""Prices and costs of Soda King's three drinks."""


@function(
    GROUP,
    returns="a table: base, ended, new, volume, mix, price and plan of each item, and their totals [money]",
    example=Example(
        ((10, 10, 0), (10, 2, 0), (16, 14, 1), (11, 2, 7.5)),
        [
            ["base", "ended", "new", "volume", "mix", "price", "plan"],
            [100.0, 0.0, 0.0, 50.0, 10.0, 16.0, 176.0],
            [20.0, 0.0, 0.0, 10.0, -2.0, 0.0, 28.0],
            [0.0, 0.0, 7.5, 0.0, 0.0, 0.0, 7.5],
            [120.0, 0.0, 7.5, 60.0, 8.0, 16.0, 211.5],
        ],
    ),
)
def volume_mix_price(
    base_units: BaseUnits, base_price: BasePrice, plan_units: PlanUnits, plan_price: PlanPrice
) -> Explained:
    """Revenue of two plans split into volume, mix and price, item by item and in total, exact to the cent.

    Volume: every item grows as all of them together; mix: one against all; price: new against old at the new units.
    Items in one plan only are new or ended. Horngren, Datar and Rajan, Cost Accounting, chapter 14.
    """
    from sop_xl.finance.split import revenue_split

    units, prices = _lists([base_units, plan_units], [base_price, plan_price])
    frames = [_lines(u, revenue=u * p) for u, p in zip(units, prices, strict=True)]
    return _table(revenue_split(*frames, product=["item"]), ("currency",))


@function(
    GROUP,
    returns="a table: base, ended, new, volume, mix, price, cost and plan of each item, and their totals [money]",
    example=Example(
        ((400_000, 600_000, 1_500_000), *DRINKS, (480_000, 900_000, 1_620_000), *DRINKS),
        [
            ["base", "ended", "new", "volume", "mix", "price", "cost", "plan"],
            [800_000.0, 0.0, 0.0, 160_000.0, 0.0, 0.0, 0.0, 960_000.0],
            [720_000.0, 0.0, 0.0, 144_000.0, 216_000.0, 0.0, 0.0, 1_080_000.0],
            [3_750_000.0, 0.0, 0.0, 750_000.0, -450_000.0, 0.0, 0.0, 4_050_000.0],
            [5_270_000.0, 0.0, 0.0, 1_054_000.0, -234_000.0, 0.0, 0.0, 6_090_000.0],
        ],
    ),
)
def margin_split(
    base_units: BaseUnits,
    base_price: BasePrice,
    base_cost: BaseCost,
    plan_units: PlanUnits,
    plan_price: PlanPrice,
    plan_cost: PlanCost,
) -> Explained:
    """Margin of two plans split into volume, mix, price and cost, item by item and in total, exact to the cent.

    A dearer unit is a negative step. The example is Soda King in Horngren, Datar and Rajan, Cost Accounting, chapter
    14: sales quantity 1,054,000 favourable, sales mix 234,000 unfavourable.
    """
    from sop_xl.finance.split import margin_split as split

    units, prices, costs = _lists([base_units, plan_units], [base_price, plan_price], [base_cost, plan_cost])
    frames = [_lines(u, revenue=u * p, cost=u * c) for u, p, c in zip(units, prices, costs, strict=True)]
    return _table(split(*frames, product=["item"]), ("currency",))


@function(
    GROUP,
    returns="money: of the size of the market, and of our share of it",
    example=Example((3_000_000, 2_500_000, 24_000_000, 25_000_000, 2.108), [[-210_800.0, 1_264_800.0]]),
)
def market_split(
    units: Annotated[Array, Numbers("Our units", "units", low=0, full=True)],
    budget_units: Annotated[Array, Numbers("Our units in the budget", "units", low=0, full=True)],
    market: Annotated[Array, Numbers("Units of the whole market", "units", above=0, full=True)],
    budget_market: Annotated[Array, Numbers("Units of the whole market in the budget", "units", above=0, full=True)],
    budget_margin: Annotated[Array, Numbers("Mean margin of a unit in the budget's mix", "money/unit", full=True)],
) -> Explained:
    """Sales volume against the market: money that came from the size of the market, and from our share of it.

    The example is Soda King in Horngren, Datar and Rajan, chapter 14.
    """
    from sop_xl.finance.market import market_split as split

    arguments = (units, budget_units, market, budget_market, budget_margin)
    size, share = (each(lambda *a, of=of: getattr(split(*a), of), *arguments) for of in ("market_size", "market_share"))
    across = size.shape[0] > 1 or size.shape[1] == 1
    return Explained(
        np.concatenate([size, share], axis=1 if across else 0),
        ("size: a larger market at the share of the budget", "share: a larger share of the market as it is"),
    )


def _lists(*pairs: list[Array]) -> list[list[Array]]:
    """Every range as a list of the same items."""
    count = pairs[0][0].size
    for pair in pairs:
        for values in pair:
            if values.size != count or min(values.shape) != 1:
                raise CellError(
                    BAD_ARGUMENT, f"each range must be a row or a column with one cell for each of the {count} items"
                )
    return [[values.ravel() for values in pair] for pair in pairs]


def _lines(units: Array, **money: Array) -> Any:
    import pandas as pd

    return pd.DataFrame({"item": np.arange(len(units)), "units": units, **money})


def _table(split: Split, hidden: tuple[str, ...]) -> Explained:
    """Steps of each item and their totals, under their names."""
    shown = [number for number, step in enumerate(split.steps) if step not in hidden]
    cents = split.cents[np.argsort(split.keys["item"].to_numpy())][:, shown]
    rows = [*cents.tolist(), cents.sum(axis=0).tolist()]
    steps = [split.steps[number] for number in shown]
    total = dict(zip(steps, rows[-1], strict=True))
    said = ", ".join(f"{step} {total[step] / 100:+,.2f}" for step in steps[1:-1] if total[step])
    return Explained(
        [steps, *([cell / 100 for cell in row] for row in rows)],
        (f"from {total['base'] / 100:,.2f} to {total['plan'] / 100:,.2f}: {said or 'no difference'}",),
    )
