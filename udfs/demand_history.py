"""Demand history in cells: outliers, stock-outs and promotions told apart from what will come again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from udfs.cells import BAD_ARGUMENT, NOT_ENOUGH, Array, CellError, Number, counted
from udfs.lines import Lines, Marks, Oriented, same_size
from udfs.registry import Example, Explained, function

if TYPE_CHECKING:
    import pandas as pd

GROUP = "Demand"

History = Annotated[
    Oriented,
    Lines("Monthly demand, oldest first: a row, a column, or a block with one series a row; a blank is unknown",
          "units"),
]  # fmt: skip
OneHistory = Annotated[
    Oriented, Lines("Monthly demand, oldest first: one row or one column; a blank is unknown", "units", one=True)
]
Limit = Annotated[
    float,
    Number("Distance from which a month is an outlier", "robust standard deviations", above=0, high=100),
]


@function(
    GROUP,
    returns="units, a cell for each cell of the history",
    example=Example(((10, 12, 11, 95, 12, 10, 11),), [[10.0, 12.0, 11.0, 12.0, 12.0, 10.0, 11.0]]),
)
def clean_history(history: History, limit: Limit = 5.0) -> Explained:
    """History without its outliers: a month far from the median of the five around it is led back to that median.

    Not where the same month of another year stands out alike (that is season), nor in the first and last two months,
    nor in intermittent demand. In the example the median of 12 11 95 12 10 is 12.
    """
    adjustment = _adjustments(history, limit)
    cleaned = np.maximum(history.rows + adjustment, np.minimum(history.rows, 0.0))
    return Explained(history.alike(cleaned), _told(history, adjustment, limit))


@function(
    GROUP,
    returns="units above (below 0: under) what was to be expected, 0 where a month is no outlier",
    example=Example(((10, 12, 11, 95, 12, 10, 11),), [[0.0, 0.0, 0.0, 83.0, 0.0, 0.0, 0.0]]),
)
def outliers(history: History, limit: Limit = 5.0) -> Explained:
    """Outliers of a history: by how much a month stands out from the median of the five months around it."""
    adjustment = _adjustments(history, limit)
    found = np.where(np.isnan(history.rows), np.nan, 0.0 - adjustment)
    return Explained(history.alike(found), _told(history, adjustment, limit))


@function(
    GROUP,
    returns="a table: place of the month in the range, kind of change, size [units], strength [t value]",
    example=Example(
        (tuple(100 + n % 3 + (60 if n >= 24 else 0) for n in range(42)),),
        [["place", "kind", "size", "t value"], [25.0, "level shift", 60.0, 15.454]],
        digits=3,
    ),
)
def level_shifts(
    history: OneHistory,
    limit: Annotated[
        float, Number("Strength of evidence from which a change is listed", "t value", above=0, high=1000)
    ] = 4.0,
) -> Explained:
    """Changes in a history of 30 months or more: outliers, jumps that fade, and shifts to a new level.

    After Chen and Liu (1993). The example climbs by 60 in its 25th month and stays there.
    """
    from sop_xl.demand.cleansing.cleaning import FEWEST
    from sop_xl.demand.cleansing.cleaning import changes as found_changes

    months = int((~np.isnan(history.line)).sum())
    if months < FEWEST:
        raise CellError(NOT_ENOUGH, f"changes need at least {FEWEST} months of history, got {months}")
    frame = _frame(history.rows)
    found = found_changes(frame, limit)
    place = _places(found)
    rows: list[list[Any]] = [["place", "kind", "size", "t value"]]
    rows += [
        [at + 1, kind, size, t]
        for at, kind, size, t in zip(place, found["kind"], found["size"], found["t_value"], strict=True)
    ]
    count = len(found)
    return Explained(rows, (f"{counted(count, 'change')} of a t value of {limit:g} or more in {months} months",))


@function(
    GROUP,
    returns="units, a cell for each cell of the sales",
    example=Example(((100, 100, 60, 100), (None, None, 0.25, None)), [[100.0, 100.0, 80.0, 100.0]]),
)
def stockout_demand(
    sales: Annotated[
        Oriented, Lines("Monthly sales: a row, a column, or a block with one series a row", "units", low=0)
    ],
    share_out: Annotated[
        Oriented,
        Lines(
            "Part of each month without stock, in the same places as the sales; a blank is none",
            "share",
            low=0,
            high=1,
            least=0,
            blank=0.0,
        ),
    ],
) -> Explained:
    """Demand behind sales in months that ran out of stock: sales of the days with stock scaled to the whole month.

    Sales / (1 - share), at most the largest month with stock; from 70 % without stock on, the mean of the nearest
    months. In the example 60 units in three quarters of a month are a demand of 80.
    """
    from sop_xl.demand.cleansing.history import stock_out_corrections

    same_size("sales", sales, "share out", share_out)
    frame = _frame(sales.rows)
    out = frame.assign(share_out=share_out.rows.ravel()).query("share_out > 0").drop(columns="quantity")
    found = stock_out_corrections(frame, out)
    added = np.zeros(sales.rows.shape)
    added[found["item"].astype(int), _places(found)] = found["adjustment"]
    demand = np.where(np.isnan(sales.rows) & (added == 0), np.nan, np.nan_to_num(sales.rows) + added)
    units = f"{added.sum():,.0f} units of demand are added in {counted(int((added > 0).sum()), 'month')}"
    return Explained(sales.alike(demand), (units, "a month is never corrected above the largest month with stock"))


@function(
    GROUP,
    returns="share of demand without the promotion, such as 0.5 for half as much again",
    example=Example(((100, 100, 100, 100, 150, 90, 100, 100), (0, 0, 0, 0, 1, 0, 0, 0)), 0.5),
)
def promotion_uplift(
    history: OneHistory,
    promotion: Annotated[Any, Marks("TRUE or 1 in each month with the promotion, in the same places as the history")],
    dip: Annotated[
        int,
        Number(
            "Months after it that may sell less and are left out of the baseline", "months", low=0, high=12, whole=True
        ),
    ] = 1,
) -> Explained:
    """Uplift of a promotion: demand in its months against the baseline of the months it does not touch.

    The baseline is a regression with trend and season where the months show them. In the example 150 stand against
    100; the 90 of the month after are its dip.
    """
    baseline, marked, error = _baseline(history, promotion, dip)
    actual, base = float(history.line[marked].sum()), float(baseline[marked].sum())
    after = _after(promotion, dip) & ~np.isnan(history.line)
    says = [
        f"{actual:,.0f} units were sold in {counted(int(marked.sum()), 'month')}, {base:,.0f} are the baseline",
        f"the standard error of the baseline of a month is {error:.0%}",
    ]
    if after.any() and baseline[after].sum() > 0:
        change = float(history.line[after].sum() / baseline[after].sum() - 1)
        says.append(f"the {'month' if dip == 1 else f'{dip} months'} after sold {change:+.0%}")
    return Explained(actual / base - 1 if base > 0 else np.nan, tuple(says))


@function(
    GROUP,
    returns="units, a cell for each month of the history",
    example=Example(((100, 100, 100, 100, 150, 90, 100, 100), (0, 0, 0, 0, 1, 0, 0, 0)), [[100.0] * 8]),
)
def promotion_baseline(
    history: OneHistory,
    promotion: Annotated[Any, Marks("TRUE or 1 in each month with the promotion, in the same places as the history")],
    dip: Annotated[
        int,
        Number(
            "Months after it that may sell less and are left out of the baseline", "months", low=0, high=12, whole=True
        ),
    ] = 1,
) -> Explained:
    """What demand would have been without a promotion: the months it touches from the baseline, the others as sold."""
    baseline, _, error = _baseline(history, promotion, dip)
    touched = promotion | _after(promotion, dip)
    clean = np.where(touched, baseline, history.line)
    return Explained(
        history.alike(clean[None, :]),
        (
            f"{counted(int(touched.sum()), 'month')} taken from the baseline",
            f"the standard error of the baseline of a month is {error:.0%}",
        ),
    )


def _baseline(history: Oriented, promotion: Any, dip: int) -> tuple[Array, Any, float]:
    """Demand expected of every month, the months of the promotion that are known, and the error of one [share]."""
    from sop_xl.demand.causes.event_baseline import FEWEST, expected

    line = history.line
    if len(promotion) != len(line):
        raise CellError(
            BAD_ARGUMENT, f"promotion must mark each of the {len(line)} months of the history, got {len(promotion)}"
        )
    marked = promotion & ~np.isnan(line)
    if not marked.any():
        raise CellError(NOT_ENOUGH, "promotion marks no month whose demand is known")
    if (line < 0).any():
        raise CellError(BAD_ARGUMENT, f"history must be 0 or more to have a baseline, got {line[line < 0][0]:g}")
    clean = ~(promotion | _after(promotion, dip)) & ~np.isnan(line)
    found = expected(line, clean, np.flatnonzero(marked))
    if found is None:
        raise CellError(NOT_ENOUGH, f"a baseline needs at least {FEWEST} months with demand and without the promotion")
    return found.mean, marked, float(found.error[marked].mean())


def _after(promotion: Any, dip: int) -> Any:
    """Months that follow the promotion within its dip."""
    after = np.zeros(len(promotion), dtype=bool)
    for step in range(1, dip + 1):
        after[step:] |= promotion[:-step]
    return after & ~promotion


def _adjustments(history: Oriented, limit: float) -> Array:
    """What to add to each month so that no outlier is left [units], shape of the rows."""
    from sop_xl.demand.cleansing.history import outliers as proposed

    found = proposed(_frame(history.rows), limit)
    adjustment = np.zeros(history.rows.shape)
    adjustment[found["item"].astype(int), _places(found)] = found["adjustment"]
    return adjustment


def _told(history: Oriented, adjustment: Array, limit: float) -> tuple[str, ...]:
    known = int((~np.isnan(history.rows)).sum())
    return (
        f"{int((adjustment != 0).sum())} of {known} months stand out by more than {limit:g} robust standard deviations",
        "a month is compared with the median of the five around it, and with the same month of other years",
    )


def _frame(rows: Array) -> pd.DataFrame:
    """Rows of months as the history the maths takes; the item is the number of the row."""
    import pandas as pd

    months = pd.date_range("2000-01-01", periods=rows.shape[1], freq="MS")
    item = np.repeat(np.arange(len(rows)), rows.shape[1]).astype(str)
    return pd.DataFrame(
        {"item": item, "channel": "", "region": "", "period": np.tile(months, len(rows)), "quantity": rows.ravel()}
    )


def _places(found: pd.DataFrame) -> Any:
    """Places in their row of months as `_frame` has them, from 0."""
    return ((found["period"].dt.year - 2000) * 12 + found["period"].dt.month - 1).to_numpy(dtype=int)
