"""Forecast accuracy in cells: how large errors are, which way they lean, and what a step added."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import numpy as np

from udfs.cells import BAD_ARGUMENT, NOT_ENOUGH, CellError, Number, counted
from udfs.lines import Lines, Oriented, same_size
from udfs.registry import Example, Explained, function

GROUP = "Accuracy"

Actual = Annotated[
    Oriented, Lines("What was sold, by period: a row, a column, or a block with one series a row", "units")
]
Forecast = Annotated[
    Oriented, Lines("What was forecast, in the same places; periods with a blank do not count", "units")
]

UNKNOWN = "no period has both an actual and a forecast, nothing was sold in them, or the history never changed"


@function(GROUP, returns="share", example=Example(((10, 0, 20), (12, 1, 17)), 0.2))
def wmape(actual: Actual, forecast: Forecast) -> Explained:
    """Weighted mean absolute percentage error: sum of the absolute errors over sum of the actuals.

    (2 + 1 + 3) / (10 + 0 + 20).
    """
    from sop_xl.demand.review import accuracy

    return _by_series(accuracy.wmape, actual, forecast)


@function(GROUP, returns="share", example=Example(((10, 0, 20), (12, 1, 17)), 0.8))
def forecast_accuracy(actual: Actual, forecast: Forecast) -> Explained:
    """Forecast accuracy: 1 - WMAPE, and 0 where errors are larger than demand."""
    from sop_xl.demand.review import accuracy

    return _by_series(lambda a, f: _at_least_0(1.0 - accuracy.wmape(a, f)), actual, forecast)


@function(GROUP, returns="share; above 0 is too much", example=Example(((10, 20), (12, 21)), 0.1))
def bias(actual: Actual, forecast: Forecast) -> Explained:
    """Forecast bias: sum of (forecast - actual) over sum of the actuals; above 0 too much was forecast.

    (2 + 1) / (10 + 20).
    """
    from sop_xl.demand.review import accuracy

    return _by_series(accuracy.bias, actual, forecast)


@function(GROUP, returns="share", example=Example(((10, 0, 20), (12, 5, 18)), 0.15))
def mape(actual: Actual, forecast: Forecast) -> Explained:
    """Mean absolute percentage error over the periods in which something sold: small periods count as much as large.

    (2/10 + 2/20) / 2; the period without sales is left out.
    """
    from sop_xl.demand.review import accuracy

    return _by_series(lambda a, f: accuracy.mape(a, f).value, actual, forecast)


@function(GROUP, returns="units", example=Example(((3, 5), (0, 1)), 3.535534))
def rmse(actual: Actual, forecast: Forecast) -> Explained:
    """Root of the mean squared error: large errors count more, and it is the spread that safety stock needs.

    The root of (9 + 16) / 2.
    """
    from sop_xl.demand.review import accuracy

    return _by_series(accuracy.rmse, actual, forecast)


@function(
    GROUP,
    returns="ratio; below 1 is better than naive",
    example=Example(((12, 14), (10, 13), (10, 13, 10, 15), 2), 1.5),
)
def mase(
    actual: Actual,
    forecast: Forecast,
    history: Annotated[Oriented, Lines("Demand before it, one row for each series", "units", trim=True)],
    season: Annotated[int, Number("Length of the season; 1 is none", "periods", low=1, high=1000, whole=True)] = 12,
) -> Explained:
    """Mean absolute scaled error: against repeating the last season inside the history; below 1 beats it.

    Hyndman and Koehler (2006). Errors of 2 and 1, changes over two periods of 0 and 2: 1.5 / 1.
    """
    from sop_xl.demand.review import accuracy

    if len(history.rows) != len(actual.rows):
        raise CellError(
            BAD_ARGUMENT, f"history must have {len(actual.rows)} series as actual has, got {len(history.rows)}"
        )
    found = _by_series(lambda a, f, past: accuracy.mase(a, f, past, season), actual, forecast, history)
    return Explained(found.value, (*found.says, f"the scale is the mean change over {season} periods of the history"))


@function(
    GROUP,
    returns="mean absolute deviations; above 0 is too little",
    example=Example(((110, 90, 120), (100, 100, 100)), 1.5),
)
def tracking_signal(actual: Actual, forecast: Forecast) -> Explained:
    """Tracking signal: sum of (actual - forecast) over the mean absolute error; beyond 4 a forecast leans one way.

    (10 - 10 + 20) over (10 + 10 + 20) / 3. Above 0 too little was forecast, the other way round from SOP_BIAS.
    """
    from sop_xl.demand.review import accuracy

    return _by_series(accuracy.tracking_signal, actual, forecast)


@function(GROUP, returns="share; above 0 adds value", example=Example(((10, 20), (14, 18), (12, 21)), 0.1))
def fva(
    actual: Actual,
    before: Annotated[Oriented, Lines("Forecast before the step, such as naive, in the same places", "units")],
    after: Annotated[Oriented, Lines("Forecast after the step, such as the planner's, in the same places", "units")],
) -> Explained:
    """Forecast value added by a step: WMAPE before it less WMAPE after it, over the periods that both forecast.

    (4 + 2) / 30 - (2 + 1) / 30. Gilliland (2010).
    """
    from sop_xl.demand.review import accuracy

    same_size("actual", actual, "before", before)
    same_size("actual", actual, "after", after)
    shared = np.where(np.isnan(before.rows) | np.isnan(after.rows), np.nan, actual.rows)
    found = []
    for a, b, c in zip(shared, before.rows, after.rows, strict=True):
        known = ~np.isnan(a)
        found.append(accuracy.fva(accuracy.wmape(a, b), accuracy.wmape(a, c)) if known.any() else np.nan)
    return _checked(found, "WMAPE before the step less WMAPE after it")


def _by_series(measure: Callable[..., float], actual: Oriented, forecast: Oriented, *more: Oriented) -> Explained:
    """A measure of each series; a single one that cannot be told is refused in words."""
    same_size("actual", actual, "forecast", forecast)
    both = ~np.isnan(actual.rows) & ~np.isnan(forecast.rows)
    beside = zip(actual.rows, forecast.rows, *(other.rows for other in more), strict=True)
    found = [float(measure(*rows)) if known.any() else float("nan") for rows, known in zip(beside, both, strict=True)]
    return _checked(found, f"{counted(int(both.sum()), 'period')} with an actual and a forecast")


def _checked(found: list[float], says: str) -> Explained:
    if len(found) == 1 and np.isnan(found[0]):
        raise CellError(NOT_ENOUGH, f"no figure: {UNKNOWN}")
    return Explained(np.array(found)[:, None], (says,))


def _at_least_0(value: float) -> float:
    return value if np.isnan(value) else max(0.0, value)
