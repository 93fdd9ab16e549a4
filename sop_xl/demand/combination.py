"""The automatic forecast of a panel: what kind of series each one is, and the mean of the methods that suit it.

No single method is picked: plain means of simple methods beat the choice of one ([1], [2]). This module is the one
seam between the panel and the mathematics, arrays in and arrays out.

References:
    [1] Makridakis, Spiliotis, Assimakopoulos (2020), The M4 competition, IJF 36, 54-74.
    [2] Petropoulos, Svetunkov (2020), A simple combination of univariate models, IJF 36, 110-115.
    [3] Syntetos, Boylan, Croston (2005), On the categorization of demand patterns, JORS 56, 495-503.
    [4] Fader, Hardie, Lee (2005), "Counting your customers" the easy way, Marketing Science 24, 275-284.

"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sop_xl.demand import intermittent
from sop_xl.demand.seasonality import deseasonalised
from sop_xl.demand.smoothing import (
    DAMPED,
    HOLT,
    SIMPLE,
    Block,
    Floats,
    Ints,
    Prediction,
    aggregated,
    aicc,
    dynamic_theta,
    smooth,
)

Flags = NDArray[np.bool_]

ADI_LIMIT = 1.32
"""Mean interval between demands from which a series is intermittent [periods]: [3]."""

SEASONAL = "seasonal combination"
"""Name of the method of a series that shows a season of its own."""

SHORT = 12
"""Below this many points no trend and no season is looked for [periods]."""

HAZARD = 0.02
"""Chance a period that an item in demand stops for good [share]."""

MEMORY = 12.0
"""Periods of history whose pattern of demand months is believed, at most [periods]."""

BUCKETS = (3, 6, 12)
"""Buckets of the multiple temporal aggregation [periods]."""


CALIBRATION = 1.2
"""Factor on the variance of the combination: in-sample residuals are smaller than errors to come."""


@dataclass(frozen=True)
class Combination:
    """The automatic forecast: mean and variance, shapes (horizon, series), and what is known of each series.

    empty : chance of a period without demand, NaN where demand is regular, shape (series,) [share]
    method : name of what was used, shape (series,)
    """

    prediction: Prediction
    empty: Floats
    method: NDArray[np.object_]


@dataclass(frozen=True)
class Pattern:
    """How demand comes: months with demand, empty months at the end, the longest gap before, shapes (series,)."""

    demands: Ints
    run: Ints
    longest_gap: Ints

    def interval(self, lengths: Ints) -> Floats:
        """Mean interval between demands while the item was alive (ADI) [periods]."""
        return np.asarray((lengths - self.run) / np.maximum(self.demands, 1))


def combine(block: Block, horizon: int, seasons: Sequence[int]) -> Combination:
    """Forecast every series by the mean of the methods that suit its kind.

    Parameters
    ----------
    block
        the series [units]
    horizon
        periods ahead
    seasons
        lengths of season to look for, the likeliest first [periods]; 1 is none

    Up to two points: their mean. Intermittent (mean interval between demands above 1.32): mean of simple smoothing,
    TSB, ADIDA, the 12-period average and the overall mean. Fewer than 12 points: mean of simple smoothing and the
    3-period average. Else, deseasonalised where a test finds a season: mean of dynamic Theta, exponential smoothing
    forms weighted by AICc, and temporal aggregation. A run of empty periods at the end, longer than any gap before,
    scales the forecast by the chance that the item is still alive.

    """
    pattern = demand_pattern(block)
    tiny = block.lengths <= 2
    spaced = ~tiny & (pattern.interval(block.lengths) > ADI_LIMIT) & (pattern.demands > 0)
    short = ~tiny & ~spaced & (block.lengths < SHORT)
    regular = ~(tiny | spaced | short)
    names = ["mean", "intermittent mean", "short mean"]
    method = np.select([tiny, spaced, short], names, "combination").astype(object)
    mean, variance = np.empty((2, horizon, block.y.shape[1]))
    for members, forecast in ((tiny, _tiny), (spaced, _intermittent), (short, _short)):
        if members.any():
            part = forecast(block.take(members), horizon)
            mean[:, members], variance[:, members] = part.mean, part.variance
    if regular.any():
        part, seasonal = deseasonalised(_trended, block.take(regular), horizon, seasons)
        mean[:, regular], variance[:, regular] = part.mean, part.variance
        method[np.flatnonzero(regular)[seasonal]] = SEASONAL
    alive = survival(pattern, block.lengths)
    variance = alive * variance + alive * (1 - alive) * mean**2
    demand_share = (pattern.demands + 0.5) / (block.lengths - pattern.run + 1.0)
    empty = np.where(regular, np.nan, 1.0 - alive * np.minimum(demand_share, 1.0))
    return Combination(Prediction(alive * mean, variance), empty, method)


def demand_pattern(block: Block) -> Pattern:
    """Count demands and gaps of each series."""
    series = block.y.shape[1]
    run, longest, demands = (np.zeros(series, dtype=np.int64) for _ in range(3))
    for t, k in enumerate(block.active):
        seen = block.y[t, :k] != 0
        inner = seen & (demands[:k] > 0)
        longest[:k] = np.where(inner, np.maximum(longest[:k], run[:k]), longest[:k])
        run[:k] = np.where(seen, 0, run[:k] + 1)
        demands[:k] += seen
    return Pattern(demands, run, longest)


def survival(pattern: Pattern, lengths: Ints) -> Floats:
    """Chance that an item still sells, from the empty periods at its end, shape (series,) [share].

    The chance of demand in a period has a Beta prior updated by the periods up to the last demand; in each period
    an item stops for good with chance `HAZARD`. The chance is Bayes' rule over "alive but quiet" and "stopped", the
    beta-geometric reasoning of [4]. A run no longer than an earlier gap is no evidence.

    >>> survival(Pattern(np.array([20]), np.array([3]), np.array([0])), np.array([23])).round(3)
    array([0.072])
    """
    alive_for = lengths - pattern.run
    weight = np.minimum(1.0, MEMORY / np.maximum(alive_for, 1))
    hits = 1.0 + weight * pattern.demands
    misses = 1.0 + weight * (alive_for - pattern.demands)
    quiet, stopped = np.ones(len(lengths)), np.zeros(len(lengths))
    judged = (pattern.run > pattern.longest_gap) & (pattern.demands > 0)
    for period in range(int(pattern.run[judged].max(initial=0))):
        on = judged & (pattern.run > period)
        stopped = np.where(on, stopped + HAZARD * quiet, stopped)
        quiet = np.where(on, quiet * (1 - HAZARD) * (misses + period) / (hits + misses + period), quiet)
    return np.asarray(quiet / (quiet + stopped))


def flat(mean: Floats, alpha: Floats, mse: Floats, horizon: int) -> Prediction:
    """The same forecast for every period, its variance growing as that of simple smoothing with `alpha`."""
    growth = 1.0 + alpha**2 * np.arange(horizon)[:, None]
    return Prediction(np.repeat(mean[None, :], horizon, axis=0), mse * growth)


def _tiny(block: Block, horizon: int) -> Prediction:
    """One or two points: their mean, which is taken as standard deviation too, for the points cannot say."""
    return flat(block.mean, np.zeros(len(block.lengths)), block.mean**2, horizon)


def _short(block: Block, horizon: int) -> Prediction:
    fit = smooth(block, SIMPLE)
    members = np.array([fit.level, intermittent.moving_average(block, 3)])
    # three points' worth of belief in a standard deviation of half the mean
    n = block.lengths.astype(float)
    mse = (n * fit.mse + 3 * (block.mean / 2) ** 2) / (n + 3)
    return flat(members.mean(axis=0), fit.alpha, mse + members.var(axis=0), horizon)


def _intermittent(block: Block, horizon: int) -> Prediction:
    fit = smooth(block, SIMPLE)
    members = np.array(
        [
            fit.level,
            intermittent.tsb(block),
            intermittent.adida(block),
            intermittent.moving_average(block, 12),
            block.mean,
        ]
    )
    return flat(members.mean(axis=0), fit.alpha, fit.mse + members.var(axis=0), horizon)


def _trended(block: Block, horizon: int) -> Prediction:
    """Mean of dynamic Theta, AICc-weighted exponential smoothing and temporal aggregation."""
    theta = dynamic_theta(block, horizon)
    smoothing = weighted_smoothing(block, horizon)
    coarse = aggregated(block, horizon, BUCKETS)
    means = np.array([theta.mean, smoothing.mean, np.where(np.isnan(coarse), theta.mean, coarse)])
    variance = (theta.variance + smoothing.variance) / 2 + means.var(axis=0)
    return Prediction(means.mean(axis=0), CALIBRATION * variance)


def weighted_smoothing(block: Block, horizon: int) -> Prediction:
    """Simple, Holt's and damped-trend smoothing weighted by their AICc: Burnham and Anderson's weights."""
    forms = ((SIMPLE, 2), (HOLT, 4), (DAMPED, 5))
    fits = [smooth(block, grid, parameters=parameters) for grid, parameters in forms]
    criteria = np.array([aicc(f, block.lengths, p) for f, (_, p) in zip(fits, forms, strict=True)])
    weights = np.exp(-0.5 * (criteria - criteria.min(axis=0)))
    weights /= weights.sum(axis=0)
    return mixture([f.predict(horizon) for f in fits], weights)


def mixture(parts: Sequence[Prediction], weights: Floats) -> Prediction:
    """Mean and variance of a mixture; weights have shape (parts, series) and sum to 1."""
    share = weights[:, None, :]
    means = np.array([p.mean for p in parts])
    mean = (share * means).sum(axis=0)
    variances = np.array([p.variance for p in parts]) + (means - mean) ** 2
    return Prediction(mean, (share * variances).sum(axis=0))
