"""Scores of point forecasts, intervals and quantiles, defined as in the M4 and M5 competitions.

Arrays have one row per series and one column per step ahead. A series whose scale is 0 (it never changed) has no
scaled error: it is NaN there and left out of the means.

References:
    [1] Makridakis, Spiliotis, Assimakopoulos (2020), The M4 competition, IJF 36, 54-74; its "Benchmarks and
        Evaluation.R".
    [2] Hyndman, Koehler (2006), Another look at measures of forecast accuracy, IJF 22, 679-688.
    [3] Gneiting, Raftery (2007), Strictly proper scoring rules, JASA 102, 359-378.
    [4] Makridakis, Spiliotis, Assimakopoulos (2022), The M5 accuracy competition, IJF 38, 1346-1364.

"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CRITICAL = 1.645
"""Two-sided 90 % point of the normal: where the benchmark methods of [1] call a series seasonal."""


def is_seasonal(train: Floats, season: int, critical: float = CRITICAL) -> bool:
    """Whether the autocorrelation one season back is beyond its 90 % limit: `SeasonalityTest` in [1]."""
    n = len(train)
    if season < 2 or n < 3 * season or season > 10 * np.log10(n):  # R's acf() stops at lag 10 log10(n)
        return False
    d = train - train.mean()
    power = d @ d
    if power <= 0:
        return False
    r = np.array([d[k:] @ d[:-k] for k in range(1, season + 1)]) / power
    limit = critical * np.sqrt((1 + 2 * r[:-1] @ r[:-1]) / n)
    return bool(abs(r[-1]) > limit)


def seasonal_factors(train: Floats, season: int) -> Floats:
    """Factors of the classical multiplicative decomposition, the first one that of the first value."""
    weights = np.full(season, 1.0) if season % 2 else np.r_[0.5, np.ones(season - 1), 0.5]
    half = (len(weights) - 1) // 2
    trend = np.full(len(train), np.nan)
    trend[half : len(train) - half] = np.convolve(train, weights / season, "valid")
    with np.errstate(all="ignore"):
        ratio = train / trend
    factors = np.array([np.nanmean(ratio[phase::season]) for phase in range(season)])
    return np.asarray(factors / factors.mean())


def naive2(train: Floats, horizon: int, season: int) -> Floats:
    """The last value, seasonally adjusted where the series is seasonal: the yardstick of [1].

    >>> naive2(np.array([3.0, 5.0, 4.0]), 2, 12)
    array([4., 4.])
    """
    if not is_seasonal(train, season):
        return np.full(horizon, float(train[-1]))
    factors, n = seasonal_factors(train, season), len(train)
    return np.asarray(train[-1] / factors[(n - 1) % season] * factors[(n + np.arange(horizon)) % season])


def mase_scale(train: Floats, season: int) -> float:
    """Mean absolute change over one season within the training part: equation 5 in [2]."""
    lag = season if len(train) > season else 1
    return float(np.abs(train[lag:] - train[:-lag]).mean()) if len(train) > lag else np.nan


def rmsse_scale(train: Floats) -> float:
    """Mean squared change from one period to the next, from the first demand on: section 4 in [4]."""
    demands = np.flatnonzero(train)
    changes = np.diff(train[demands[0] :]) if len(demands) else np.array([])
    return float((changes**2).mean()) if len(changes) else np.nan


def smape(actual: Floats, forecast: Floats) -> Floats:
    """Symmetric absolute percentage error of each series [%]; 0 where both are 0."""
    size = np.abs(actual) + np.abs(forecast)
    return np.asarray((200 * np.abs(actual - forecast) / np.where(size > 0, size, 1.0)).mean(axis=1))


def scaled(errors: Floats, scale: Floats) -> Floats:
    """Errors of each series over its scale; NaN where the scale is 0 or unknown."""
    return np.asarray(errors / np.where(scale > 0, scale, np.nan))


def mase(actual: Floats, forecast: Floats, scale: Floats) -> Floats:
    """Mean absolute error of each series over its `mase_scale`: [2]."""
    return scaled(np.abs(actual - forecast).mean(axis=1), scale)


def pooled_rmsse(actual: Floats, forecast: Floats, scale: Floats) -> float:
    """Root of the mean over all series of squared error over `rmsse_scale`."""
    return float(np.sqrt(np.nanmean(scaled(((actual - forecast) ** 2).mean(axis=1), scale))))


def interval_score(actual: Floats, low: Floats, high: Floats, level: float) -> Floats:
    """Width of a central interval and 2 / alpha times what falls outside, mean of each series: [3]."""
    alpha = 1 - level / 100
    missed = np.maximum(low - actual, 0) + np.maximum(actual - high, 0)
    return np.asarray((high - low + 2 / alpha * missed).mean(axis=1))


def coverage(actual: Floats, low: Floats, high: Floats) -> float:
    """Share of the actuals inside their interval [%]."""
    return float(100 * ((actual >= low) & (actual <= high)).mean())


def quantile_loss(actual: Floats, quantiles: Floats, probabilities: Sequence[float]) -> Floats:
    """Pinball loss of each series, mean over steps and quantiles, shape of `quantiles` (quantile, series, step): [3]."""
    p = np.asarray(probabilities, dtype=float)[:, None, None]
    error = actual[None] - quantiles
    return np.asarray(np.maximum(p * error, (p - 1) * error).mean(axis=(0, 2)))


def wape(actual: Floats, forecast: Floats) -> float:
    """Sum of absolute errors over the sum of absolute actuals, all series together [%]."""
    return float(100 * np.abs(actual - forecast).sum() / np.abs(actual).sum())


def bias(actual: Floats, forecast: Floats) -> float:
    """Forecast over actual, less 1, all series together [%]: above 0 forecasts too much."""
    return float(100 * (forecast.sum() - actual.sum()) / actual.sum())


@dataclass(frozen=True)
class Cases:
    """Series to be scored: training parts, actuals (series, horizon) and the season [periods]."""

    train: tuple[Floats, ...]
    actual: Floats
    season: int

    def naive2(self) -> Floats:
        """The yardstick's forecasts, shape (series, horizon)."""
        return np.array([naive2(values, self.actual.shape[1], self.season) for values in self.train])

    def mase_scales(self) -> Floats:
        """Of each series."""
        return np.array([mase_scale(values, self.season) for values in self.train])

    def rmsse_scales(self) -> Floats:
        """Of each series."""
        return np.array([rmsse_scale(values) for values in self.train])


@dataclass(frozen=True)
class Score:
    """Scores of one method on one set.

    smape, wape, bias, coverage [%]; owa against Naive2; msis, coverage of the 95 % interval, NaN without one.
    relative : each series' share of the OWA, shape (series,); its mean is the OWA
    """

    smape: float
    mase: float
    owa: float
    msis: float
    coverage: float
    rmsse: float
    wape: float
    bias: float
    relative: Floats


def score(cases: Cases, forecast: Floats, low: Floats | None = None, high: Floats | None = None) -> Score:
    """Score forecasts and their 95 % interval, shapes (series, horizon): [1].

    The OWA compares means over all series first: (sMAPE / sMAPE of Naive2 + MASE / MASE of Naive2) / 2.
    """
    scale, yardstick = cases.mase_scales(), cases.naive2()
    point, errors = smape(cases.actual, forecast), mase(cases.actual, forecast, scale)
    base = smape(cases.actual, yardstick).mean(), np.nanmean(mase(cases.actual, yardstick, scale))
    relative = (point / base[0] + np.where(np.isnan(errors), np.nanmean(errors), errors) / base[1]) / 2
    msis, inside = np.nan, np.nan
    if low is not None and high is not None and not np.isnan(low).any():
        msis = float(np.nanmean(scaled(interval_score(cases.actual, low, high, 95), scale)))
        inside = coverage(cases.actual, low, high)
    return Score(
        smape=float(point.mean()),
        mase=float(np.nanmean(errors)),
        owa=float(relative.mean()),
        msis=msis,
        coverage=inside,
        rmsse=pooled_rmsse(cases.actual, forecast, cases.rmsse_scales()),
        wape=wape(cases.actual, forecast),
        bias=bias(cases.actual, forecast),
        relative=relative,
    )


def difference(ours: Score, theirs: Score, *, draws: int = 2000, seed: int = 1) -> tuple[float, float, float]:
    """OWA of the one less that of the other, and the bounds of its 95 % bootstrap interval over series."""
    gap = ours.relative - theirs.relative
    drawn = np.random.default_rng(seed).integers(0, len(gap), (draws, len(gap)))
    low, high = np.quantile(gap[drawn].mean(axis=1), [0.025, 0.975])
    return float(gap.mean()), float(low), float(high)
