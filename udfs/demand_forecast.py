"""Forecasts in cells: mean, interval, the method that was chosen, and what each method would have been worth.

A history is fitted once, however many cells ask for its mean, its bounds or its method.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from udfs.cells import Array, Labels, Number, Text
from udfs.lines import Lines, Oriented
from udfs.registry import Example, Explained, function
from udfs.results import Results

if TYPE_CHECKING:
    import pandas as pd

    from sop_xl.demand.series import SeriesForecast

GROUP = "Demand"
USUAL = (80.0, 95.0)
"""Widths of intervals that every fit has ready [%]."""

FITS = Results(500)
"""Fitted histories: mean, interval and method of one history are one fit."""

YEAR = (20, 22, 31, 40, 52, 60, 58, 49, 37, 30, 24, 21)
"""A year of demand that repeats itself, for examples."""

NAMES = (
    "auto", "combination", "naive", "seasonal_naive", "drift", "mean", "moving_average", "ses", "holt", "damped",
    "holt_winters", "theta", "optimised_theta", "croston", "sba", "tsb", "adida", "temporal_aggregation", "ces",
    "regression", "ets", "arima",
)  # fmt: skip
"""The methods there are, as `SOP_METHODS` must show them."""

History = Annotated[
    Oriented,
    Lines("Past demand, oldest first: a row, a column, or a block with one series a row; a blank is unknown", "units",
          trim=True),
]  # fmt: skip
OneHistory = Annotated[
    Oriented,
    Lines("Past demand, oldest first: one row or one column; a blank is unknown", "units", one=True, trim=True),
]
Horizon = Annotated[int, Number("Periods ahead", "periods", low=1, high=600, whole=True)]
Season = Annotated[
    int | None,
    Number("Length of the season, 1 for none; left out, a year of months (12) or a quarter (3) is looked for",
           "periods", low=1, high=10_000, whole=True),
]  # fmt: skip
Method = Annotated[str, Text("auto, or a method by its name: SOP_METHODS lists them")]


@function(
    GROUP,
    returns="units, as many periods as asked for, in the direction of the history",
    example=Example(((*YEAR, *YEAR, *YEAR), 3), [[20.0, 22.0, 31.0]], digits=2),
)
def forecast(
    history: History, periods_ahead: Horizon = 12, season: Season = None, method: Method = "auto"
) -> Explained:
    """Forecast of demand: the mean of the methods that suit the history, with trend and season where it shows them.

    It begins with the period after the last number. In a block all rows share their periods. Three equal years as the
    example: each month is forecast as it was.
    """
    fits: list[SeriesForecast] = []

    def ahead(series: Array) -> Array:
        fits.append(fitted(series, periods_ahead, season, method))
        return fits[-1].forecast

    return Explained(history.map(ahead, periods_ahead), _says(history, fits, season))


@function(
    GROUP,
    returns="units: a line of forecasts, one of lower and one of upper bounds, in the direction of the history",
    example=Example(((40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40), 2), [[40.0, 40.0]] * 3),
)
def forecast_interval(
    history: OneHistory,
    periods_ahead: Horizon = 12,
    level: Annotated[float, Number("Width of the interval", "%", low=1, high=99.9)] = 80.0,
    season: Season = None,
    method: Method = "auto",
) -> Explained:
    """Forecast with an interval that demand falls into with a given chance: lines of forecast, low and high.

    The bounds are one period's, not those of a sum. Demand that never varied, as in the example, leaves no doubt.
    """
    found = fitted(history.line, periods_ahead, season, method, level)
    inside = f"{level:g} % of actual demand is expected between low and high"
    return Explained(
        history.laid(np.array([found.forecast, found.low[level], found.high[level]])),
        (*_says(history, [found], season), inside),
    )


@function(
    GROUP,
    returns="text, one for each series",
    example=Example(((*YEAR, *YEAR, *YEAR),), "seasonal combination"),
)
def forecast_model(history: History, season: Season = None, method: Method = "auto") -> Explained:
    """Name of what forecasts a history: a combination with or without season, or the mean for intermittent demand."""
    fits: list[SeriesForecast] = []

    def chosen(series: Array) -> str:
        fits.append(fitted(series, 12, season, method))
        return fits[-1].method

    return Explained(history.each(chosen), _says(history, fits, season))


@function(
    GROUP,
    returns="units a period, in the direction of the history",
    example=Example(((0, 0, 6, 0, 0, 6, 0, 0, 6), 2, "croston"), [[2.0, 2.0]]),
)
def intermittent_forecast(
    history: History,
    periods_ahead: Horizon = 1,
    method: Annotated[
        str,
        Text(
            "sba (Croston without its bias), croston, tsb (for items that may end) or adida",
            choices=("sba", "croston", "tsb", "adida"),
        ),
    ] = "sba",
) -> Explained:
    """Forecast of demand with many empty periods: how much a demand brings, over how long until the next one.

    Six units every third period are 2 a period by Croston (1972). Syntetos and Boylan (2005) take alpha / 2 off.
    """
    fits: list[SeriesForecast] = []

    def ahead(series: Array) -> Array:
        fits.append(fitted(series, periods_ahead, 1, method))
        return fits[-1].forecast

    return Explained(history.map(ahead, periods_ahead), _says(history, fits, 1))


@function(
    GROUP,
    returns="a table: method, WMAPE and bias [share] over the periods judged",
    example=Example(
        ((10, 12, 10, 12, 10, 12, 10, 12), 1, 4, 1, ("naive", "mean")),
        [["method", "wmape", "bias"], ["naive", 2 / 11, 0.0], ["mean", 0.0987012987, -0.0077922078]],
    ),
)
def backtest(
    history: OneHistory,
    lag: Annotated[
        int, Number("Periods from the last one known to the one judged", "periods", low=1, high=24, whole=True)
    ] = 1,
    origins: Annotated[int, Number("Last periods that are judged", "periods", low=1, high=60, whole=True)] = 6,
    season: Season = None,
    methods: Annotated[
        list[str] | None, Labels("Names of methods; left out: naive, seasonal_naive and auto are compared")
    ] = None,
) -> Explained:
    """What each method would have been worth: forecasts made anew at each of the last periods, against what came.

    In the example 10 12 10 12 were forecast a period before: naive is wrong by 2 each time, the mean by 1 to 1.2.
    """
    from sop_xl.demand.review import accuracy

    names = [name for name in methods or ("naive", "seasonal_naive", "auto") if name]
    judged = accuracy.backtest(_series(history.line), origins=origins, lag=lag, methods=names, season=season)
    rows: list[list[Any]] = [["method", "wmape", "bias"]]
    for name in names:
        mine = judged[judged["step"].eq(accuracy.STEPS.get(name, name))]
        pair = mine["actual"].to_numpy(dtype=float), mine["forecast"].to_numpy(dtype=float)
        rows.append([name, accuracy.wmape(*pair), accuracy.bias(*pair)])
    best = min(rows[1:], key=lambda row: row[1])[0]
    return Explained(
        rows,
        (f"the least WMAPE over the last {origins} periods at lag {lag} has {best}", "a positive bias is too much"),
    )


@function(GROUP, returns="texts in a column", example=Example((), [[name] for name in NAMES]))
def methods() -> list[list[str]]:
    """Names of the forecast methods that can be asked for."""
    from sop_xl.demand.forecasting.prediction import method_names

    return [[name] for name in method_names()]


def fitted(
    series: Array, periods_ahead: int, season: int | None, method: str, level: float = USUAL[0]
) -> SeriesForecast:
    """The forecast of one series with the usual intervals and the one asked for; from memory where it is known."""
    widths = tuple(sorted({*USUAL, float(level)}))

    def make() -> SeriesForecast:
        from sop_xl.demand.series import forecast_series

        return forecast_series(series, periods_ahead, season=season, level=widths, method=method)

    found: SeriesForecast = FITS.get((series.tobytes(), periods_ahead, season, method, widths), make)
    return found


def _series(line: Array) -> pd.DataFrame:
    """One history as the maths of many takes it: period numbers instead of dates."""
    import pandas as pd

    return pd.DataFrame({"unique_id": "history", "ds": np.arange(1, len(line) + 1), "y": line})


def _says(history: Oriented, fits: list[SeriesForecast], season: int | None) -> tuple[str, ...]:
    """Which method, from which history, with what assumed."""
    names = sorted({fit.method for fit in fits})
    periods = history.rows.shape[1]
    unknown = int(np.isnan(history.rows[history.known]).sum())
    whose = "the history" if len(history.rows) == 1 else f"{len(fits)} histories"
    looked = "12 and 3 periods were looked for" if season is None else "none" if season == 1 else f"{season} periods"
    return (
        f"method: {', '.join(names)}",
        f"{whose} of {periods} periods" + (f", {unknown} of them blank and taken as unknown" if unknown else ""),
        f"season: {looked}",
        "no forecast is below 0 where no demand was",
    )
