"""The forecast methods a planner can pin, by name: each takes a block and returns mean and variance.

`METHODS[name]` says how many points the method needs at a given season; with fewer, `naive` stands in.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sop_xl.demand.forecasting import complex_smoothing, intermittent
from sop_xl.demand.forecasting.aggregation import aggregated
from sop_xl.demand.forecasting.combination import flat
from sop_xl.demand.forecasting.members import held_back
from sop_xl.demand.forecasting.seasonality import deseasonalised
from sop_xl.demand.forecasting.smoothing import (
    DAMPED,
    HOLT,
    SIMPLE,
    Block,
    Floats,
    Prediction,
    smooth,
    standard_theta,
)
from sop_xl.demand.forecasting.theta import dynamic_theta

Forecaster = Callable[[Block, int, int], Prediction]
"""(block, horizon [periods], season [periods]) -> mean and variance."""

WINDOW = 3
"""Periods in the moving average a planner pins [periods]."""


@dataclass(frozen=True)
class Method:
    """A named method: the function, and the fewest points it needs, given the season."""

    forecast: Forecaster
    needs: Callable[[int], int]


def _steps(horizon: int) -> Floats:
    return np.arange(1, horizon + 1, dtype=float)[:, None]


def _step_variance(block: Block, lag: int) -> Floats:
    """Mean squared change over `lag` periods, shape (series,); 0 where no change is seen."""
    rows = len(block.y)
    changes = block.y[lag:] - block.y[:-lag] if rows > lag else np.zeros((0, block.y.shape[1]))
    inside = np.arange(lag, rows)[:, None] >= rows - block.lengths + lag
    return np.asarray((np.where(inside, changes, 0.0) ** 2).sum(axis=0) / np.maximum(block.lengths - lag, 1))


def naive(block: Block, horizon: int, season: int) -> Prediction:
    """The last value, for ever: a random walk."""
    return Prediction(np.repeat(block.y[-1:], horizon, axis=0), _step_variance(block, 1) * _steps(horizon))


def seasonal_naive(block: Block, horizon: int, season: int) -> Prediction:
    """The value of the same period one season ago."""
    source = len(block.y) - season + np.arange(horizon) % season
    rounds = np.ceil(_steps(horizon) / season)
    return Prediction(block.y[source], _step_variance(block, season) * rounds)


def drift(block: Block, horizon: int, season: int) -> Prediction:
    """The straight line from the first value through the last."""
    n = block.lengths
    slope = (block.y[-1] - block.first) / np.maximum(n - 1, 1)
    steps = _steps(horizon)
    residual = np.maximum(_step_variance(block, 1) - slope**2, 0.0)
    return Prediction(block.y[-1] + steps * slope, residual * steps * (1 + steps / np.maximum(n - 1, 1)))


def mean(block: Block, horizon: int, season: int) -> Prediction:
    """The mean of all values."""
    deviation = np.where(block.begun, block.y - block.mean, 0.0)
    mse = (deviation**2).sum(axis=0) / np.maximum(block.lengths - 1, 1) * (1 + 1 / block.lengths)
    return flat(block.mean, np.zeros(len(mse)), mse, horizon)


def moving_average(block: Block, horizon: int, season: int) -> Prediction:
    """The mean of the last three values."""
    return _level(block, horizon, intermittent.moving_average(block, WINDOW), 1 / WINDOW)


def _level(block: Block, horizon: int, level: Floats, alpha: float | None = None) -> Prediction:
    """A flat forecast with the one-step variance of simple smoothing at `alpha`, or the best alpha."""
    grid = SIMPLE if alpha is None else type(SIMPLE).of((alpha,))
    fit = smooth(block, grid)
    return flat(level, fit.alpha, fit.mse, horizon)


def ses(block: Block, horizon: int, season: int) -> Prediction:
    """Simple exponential smoothing."""
    return smooth(block, SIMPLE).predict(horizon)


def holt(block: Block, horizon: int, season: int) -> Prediction:
    """Holt's linear trend."""
    return smooth(block, HOLT, parameters=4).predict(horizon)


def damped(block: Block, horizon: int, season: int) -> Prediction:
    """Damped trend."""
    return smooth(block, DAMPED, parameters=5).predict(horizon)


def croston(block: Block, horizon: int, season: int) -> Prediction:
    """Croston's method."""
    return _level(block, horizon, intermittent.croston(block), intermittent.CROSTON_ALPHA)


def sba(block: Block, horizon: int, season: int) -> Prediction:
    """Syntetos-Boylan approximation."""
    return _level(block, horizon, intermittent.sba(block), intermittent.CROSTON_ALPHA)


def tsb(block: Block, horizon: int, season: int) -> Prediction:
    """Teunter-Syntetos-Babai."""
    return _level(block, horizon, intermittent.tsb(block))


def adida(block: Block, horizon: int, season: int) -> Prediction:
    """Aggregate-disaggregate."""
    return _level(block, horizon, intermittent.adida(block))


def theta(block: Block, horizon: int, season: int) -> Prediction:
    """The Theta method on the deseasonalised series."""
    return deseasonalised(standard_theta, block, horizon, [season])[0]


def optimised_theta(block: Block, horizon: int, season: int) -> Prediction:
    """Dynamic optimised Theta on the deseasonalised series."""
    return deseasonalised(dynamic_theta, block, horizon, [season])[0]


def ces(block: Block, horizon: int, season: int) -> Prediction:
    """Complex exponential smoothing on the deseasonalised series."""

    def base(part: Block, ahead: int) -> Prediction:
        fit = complex_smoothing.fitted(part, 0, 1, None)
        mse = fit.sse / np.maximum(part.lengths - 4, 1)
        mean = complex_smoothing.predicted(fit, 0, 1, ahead)
        return Prediction(held_back(mean, mean, part), mse * _steps(ahead))

    return deseasonalised(base, block, horizon, [season])[0]


def temporal_aggregation(block: Block, horizon: int, season: int) -> Prediction:
    """Multiple temporal aggregation of the deseasonalised series; where buckets are too few, simple smoothing."""

    def base(part: Block, ahead: int) -> Prediction:
        simple = smooth(part, SIMPLE).predict(ahead)
        coarse = aggregated(part, ahead)
        return Prediction(np.where(np.isnan(coarse), simple.mean, coarse), simple.variance)

    return deseasonalised(base, block, horizon, [season])[0]


def regression(block: Block, horizon: int, season: int) -> Prediction:
    """Straight line through the deseasonalised series, by ordinary least squares: section 7.1 in FPP3."""

    def base(part: Block, ahead: int) -> Prediction:
        rows, n = len(part.y), part.lengths.astype(float)
        age = np.where(part.begun, np.arange(rows)[:, None] - (rows - n) - (n - 1) / 2, 0.0)
        spread = np.maximum((age**2).sum(axis=0), 1.0)
        slope = (age * part.y).sum(axis=0) / spread
        residual = np.where(part.begun, part.y - part.mean - slope * age, 0.0)
        mse = (residual**2).sum(axis=0) / np.maximum(n - 2, 1)
        distance = (n - 1) / 2 + _steps(ahead)
        return Prediction(part.mean + slope * distance, mse * (1 + 1 / n + distance**2 / spread))

    return deseasonalised(base, block, horizon, [season])[0]


def each(fit: Callable[[Floats, int, int], tuple[Floats, Floats]]) -> Forecaster:
    """A method for a block from one for a single series; a constant needs no model."""

    def forecast(block: Block, horizon: int, season: int) -> Prediction:
        from statsmodels.tools.sm_exceptions import ModelWarning  # its import sets filters of its own

        means, variances = np.empty((2, horizon, block.y.shape[1]))
        for column, length in enumerate(block.lengths):
            series = block.y[len(block.y) - length :, column]
            if np.ptp(series) == 0:
                means[:, column], variances[:, column] = series[-1], 0.0
                continue
            with warnings.catch_warnings():
                for chatter in (ModelWarning, RuntimeWarning, UserWarning, FutureWarning, DeprecationWarning):
                    warnings.simplefilter("ignore", chatter)
                means[:, column], variances[:, column] = fit(series, horizon, season)
        return Prediction(means, variances)

    return forecast


def _holt_winters(y: Floats, horizon: int, season: int) -> tuple[Floats, Floats]:
    return _exponential(y, horizon, season, [("add", True, "add" if _has_season(y, season) else None)])


def _ets(y: Floats, horizon: int, season: int) -> tuple[Floats, Floats]:
    forms: list[tuple[str | None, bool, str | None]] = [(None, False, None), ("add", False, None), ("add", True, None)]
    if _has_season(y, season):
        forms += [(trend, damped_, "add") for trend, damped_, _ in forms]
    return _exponential(y, horizon, season, forms)


def _has_season(y: Floats, season: int) -> bool:
    return season > 1 and len(y) >= 2 * season + 3


def _exponential(
    y: Floats, horizon: int, season: int, forms: Sequence[tuple[str | None, bool, str | None]]
) -> tuple[Floats, Floats]:
    """The exponential smoothing form of least AICc, through statsmodels."""
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    def fitted(trend: str | None, damp: bool, seasonal: str | None) -> Any:
        model = ETSModel(
            pd.Series(y),
            trend=trend,
            damped_trend=damp,
            seasonal=seasonal,
            seasonal_periods=season if seasonal else None,
        )
        return model.fit(disp=False)

    best = min((fitted(*form) for form in forms), key=lambda fit: (not np.isfinite(fit.aicc), fit.aicc))
    ahead = best.get_prediction(start=len(y), end=len(y) + horizon - 1)
    return np.asarray(ahead.predicted_mean), np.asarray(ahead.forecast_variance)


_ORDERS = ((0, 1, 1), (1, 1, 0), (1, 1, 1))


def _arima(y: Floats, horizon: int, season: int) -> tuple[Floats, Floats]:
    """The ARIMA of least AICc among few orders of equal differencing, through statsmodels."""
    from statsmodels.tsa.arima.model import ARIMA

    def fitted(order: tuple[int, int, int]) -> Any:
        model = ARIMA(y, order=order)
        try:
            return model.fit(method="innovations_mle")
        except (ValueError, ZeroDivisionError):  # a root too near the unit circle: the slow fit copes
            return model.fit(method_kwargs={"maxiter": 40})

    fits = [fitted(order) for order in _ORDERS]
    best = min(fits, key=lambda fit: (not np.isfinite(fit.aicc), fit.aicc))
    ahead = best.get_forecast(horizon)
    return np.asarray(ahead.predicted_mean), np.asarray(ahead.se_mean) ** 2


def arima(block: Block, horizon: int, season: int) -> Prediction:
    """ARIMA on the deseasonalised series."""
    return deseasonalised(lambda base, ahead: each(_arima)(base, ahead, season), block, horizon, [season])[0]


def _points(count: int) -> Callable[[int], int]:
    return lambda season: count


METHODS: dict[str, Method] = {
    "naive": Method(naive, _points(1)),
    "seasonal_naive": Method(seasonal_naive, lambda season: season),
    "drift": Method(drift, _points(2)),
    "mean": Method(mean, _points(1)),
    "moving_average": Method(moving_average, _points(1)),
    "ses": Method(ses, _points(2)),
    "holt": Method(holt, _points(3)),
    "damped": Method(damped, _points(3)),
    "holt_winters": Method(each(_holt_winters), _points(10)),
    "theta": Method(theta, _points(3)),
    "optimised_theta": Method(optimised_theta, _points(4)),
    "croston": Method(croston, _points(2)),
    "sba": Method(sba, _points(2)),
    "tsb": Method(tsb, _points(2)),
    "adida": Method(adida, _points(2)),
    "temporal_aggregation": Method(temporal_aggregation, _points(4)),
    "ces": Method(ces, _points(6)),
    "regression": Method(regression, _points(3)),
    "ets": Method(each(_ets), _points(10)),
    "arima": Method(arima, _points(10)),
}
"""Every method a planner can pin, by name."""
