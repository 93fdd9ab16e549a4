"""Seasonal rhythms: is there one, what are its indices, and taking it out of a panel.

References: [1] Makridakis, Spiliotis, Assimakopoulos (2020), The M4 competition, IJF 36, 54-74 (its seasonality test);
[2] Hyndman, Athanasopoulos (2021), Forecasting: Principles and Practice, 3rd ed., section 3.4.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sop_xl.demand.smoothing import Block, Floats, Prediction

TEST_LIMIT = 1.28
"""Two-sided 80 % point of the normal: a looser test than the 90 % of [1], which misses too much seasonality."""


@dataclass(frozen=True)
class Seasons:
    """Indices by phase counted back from the first future period, shape (season, series).

    `additive` [units] and `factor` [share] are both there: value = base x factor + additive, one of them neutral.
    """

    additive: Floats
    factor: Floats

    def ahead(self, horizon: int) -> tuple[Floats, Floats]:
        """Additive and factor of the next `horizon` periods, shapes (horizon, series)."""
        phase = -np.arange(horizon) % len(self.factor)
        return self.additive[phase], self.factor[phase]

    def removed(self, block: Block) -> Block:
        """The block without its seasons."""
        phase = np.arange(len(block.y), 0, -1) % len(self.factor)
        y = (block.y - self.additive[phase]) / self.factor[phase]
        return Block(np.where(block.begun, y, 0.0), block.lengths)


def autocorrelations(block: Block, lags: int) -> Floats:
    """Autocorrelation at lags 1 to `lags`, shape (lags, series); a constant series has 0."""
    deviation = np.where(block.begun, block.y - block.mean, 0.0)
    total = (deviation**2).sum(axis=0)
    scale = np.where(total > 0, total, np.inf)
    return np.array([(deviation[lag:] * deviation[:-lag]).sum(axis=0) / scale for lag in range(1, lags + 1)])


def is_seasonal(block: Block, season: int, limit: float = TEST_LIMIT) -> NDArray[np.bool_]:
    """Whether the autocorrelation at the seasonal lag stands out, for series of at least three seasons: [1]."""
    out = np.zeros(block.y.shape[1], dtype=bool)
    if season < 2 or len(block.y) < 3 * season:
        return out
    r = autocorrelations(block, season)
    bound = limit * np.sqrt((1 + 2 * (r[:-1] ** 2).sum(axis=0)) / block.lengths)
    return np.asarray((block.lengths >= 3 * season) & (r[-1] > bound) & (r[-1] > r[-2]))


def centred_average(block: Block, season: int) -> Floats:
    """Moving average over one season, centred; NaN where it does not reach: [2]."""
    weights = np.full(season + 1, 1.0 / season) if season % 2 == 0 else np.full(season, 1.0 / season)
    if season % 2 == 0:
        weights[[0, -1]] /= 2
    half = len(weights) // 2
    windows = np.lib.stride_tricks.sliding_window_view(block.y, len(weights), axis=0)
    out = np.full(block.y.shape, np.nan)
    out[half : len(block.y) - half] = windows @ weights
    edge = len(block.y) - block.lengths[None, :] + half
    return np.where(np.arange(len(block.y))[:, None] >= edge, out, np.nan)


def decompose(block: Block, season: int) -> Seasons:
    """Classical decomposition: multiplicative where every value is positive, else additive: [2]."""
    trend = centred_average(block, season)
    positive = np.where(block.begun, block.y > 0, True).all(axis=0)
    factor = _phase_means(block.y / np.where(positive & (trend > 0), trend, np.inf), trend, season)
    multiplicative = positive & (factor.min(axis=0) > 0.02)
    factor = np.where(multiplicative, factor, 1.0)
    additive = np.where(multiplicative, 0.0, _phase_means(block.y - trend, trend, season))
    return Seasons(additive - additive.mean(axis=0), factor / factor.mean(axis=0))


def _phase_means(values: Floats, trend: Floats, season: int) -> Floats:
    """Mean of `values` by phase where the trend is known, shape (season, series)."""
    rows, series = values.shape
    seen = np.where(np.isnan(trend), np.nan, values)
    padded = np.vstack([np.full((-rows % season, series), np.nan), seen]).reshape(-1, season, series)
    known = ~np.isnan(padded)
    by_row = np.where(known, padded, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return np.asarray(by_row[-np.arange(season) % season])


def deseasonalised(
    base: Callable[[Block, int], Prediction], block: Block, horizon: int, seasons: Sequence[int]
) -> tuple[Prediction, NDArray[np.bool_]]:
    """Forecast with `base` after taking the season out where a test finds one, and put the season back.

    The seasons are tried in order, and the first that a series shows is its season. Returns the forecast and which
    series are seasonal.
    """
    series = block.y.shape[1]
    additive, factor = np.zeros((horizon, series)), np.ones((horizon, series))
    seasonal = np.zeros(series, dtype=bool)
    y = block.y.copy()
    for season in seasons:
        found = ~seasonal & is_seasonal(block, season)
        if not found.any():
            continue
        part = block.take(found)
        indices = decompose(part, season)
        removed = indices.removed(part).y
        y[len(y) - len(removed) :, found] = removed
        additive[:, found], factor[:, found] = indices.ahead(horizon)
        seasonal |= found
    ahead = base(Block(y, block.lengths), horizon)
    return Prediction(ahead.mean * factor + additive, ahead.variance * factor**2), seasonal
