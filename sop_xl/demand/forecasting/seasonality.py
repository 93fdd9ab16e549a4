"""Seasonal rhythms: is there one, what are its indices, and taking it out of a panel.

Two whole seasons are enough to look for one. A regression on a straight line and the phases of the season, with
autocorrelated errors, gives an F test that a trend or a random walk seldom sets off. The indices are then drawn
towards neutral by how little is known of them, so that two noisy years do not give wild ones.

References:
    [1] Hyndman, Athanasopoulos (2021), Forecasting: Principles and Practice, 3rd ed., sections 3.4 (classical
        decomposition), 4.3 (strength of seasonality) and 7.4 (seasonal dummies).
    [2] Miller, Williams (2003), Shrinkage estimators of time series seasonal factors and their effect on forecasting
        accuracy, International Journal of Forecasting 19, 669-684.
    [3] James, Stein (1961), Estimation with quadratic loss, Fourth Berkeley Symposium 1, 361-379.
    [4] Harville (1977), Maximum likelihood approaches to variance component estimation, JASA 72, 320-338.

"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sop_xl.demand.forecasting.smoothing import Block, Floats, Ints, Prediction

LEVEL = 0.05
"""Nominal chance that the test calls a series without a season seasonal [share]."""

AUTOCORRELATIONS = (0.0, 0.4, 0.8)
"""First-order autocorrelations of the regression's errors to choose from."""

WHOLE = 3
"""From so many seasons on, the regression takes whole seasons and the indices follow a moving trend."""

RECENT = 10
"""The regression looks at the last seasons only, at most so many."""

DISCOUNT = 0.75
"""Weight of a season in the indices against the one after it: seasons change, and the last ones tell more [share]."""

SMALLEST = 0.02
"""Seasons multiply where values and factors stay above this share of the mean, else they add [share]."""

SMALL_DESIGN = 20_000
"""A design of the regression with up to so many cells is kept for the next panel."""

ROUNDING = 1e-12
"""A squared error below this share of the squared level is rounding, not demand [share]."""


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

    def shrunk(self, weight: Floats) -> Seasons:
        """Drawn towards neutral; `weight` is the share of each series' indices that is kept, shape (series,)."""
        return Seasons(self.additive * weight, 1.0 + (self.factor - 1.0) * weight)


@dataclass(frozen=True)
class SeasonalFit:
    """What the regression on a line and the phases says of each series; one shorter than two seasons has F = 0.

    indices : of the regression, not shrunk
    f : F statistic of the phases, shape (series,)
    freedom : residual degrees of freedom, shape (series,)
    """

    indices: Seasons
    f: Floats
    freedom: Ints

    def take(self, columns: NDArray[np.bool_]) -> SeasonalFit:
        """The fit of the chosen series."""
        indices = Seasons(self.indices.additive[:, columns], self.indices.factor[:, columns])
        return SeasonalFit(indices, self.f[columns], self.freedom[columns])

    @property
    def p_value(self) -> Floats:
        """Chance of such an F where there is no season, shape (series,) [share]."""
        from scipy.special import fdtrc

        return np.asarray(fdtrc(len(self.indices.factor) - 1, self.freedom, self.f))

    @property
    def weight(self) -> Floats:
        """Share of the indices to believe, shape (series,) [share].

        Variance of the true indices over that of the estimated ones, by moments: 1 - 1 / F, not below 0. James and
        Stein's estimator [3], as used on seasonal indices by [2], keeps a little more, and needs four phases or more.

        >>> neutral = Seasons(np.zeros((12, 3)), np.ones((12, 3)))
        >>> SeasonalFit(neutral, np.array([0.5, 4.0, 50.0]), np.array([11, 11, 11])).weight.tolist()
        [0.0, 0.75, 0.98]

        """
        return np.asarray(1.0 - 1.0 / np.maximum(self.f, 1.0))


def seasonal_regression(block: Block, season: int) -> SeasonalFit:
    """Regress every series of at least two seasons on a straight line and the phases of the season.

    Parameters
    ----------
    block
        the series [units]
    season
        length of the season, 2 or more [periods]

    Logarithms are taken where no value is small against the mean, which makes the season multiplicative. The errors
    are autoregressive of first order; their coefficient is chosen from `AUTOCORRELATIONS` by restricted likelihood
    [4], which allows for the effects fitted. F tells the strength of the season (section 4.3 in [1]) as a test: the
    variance the phases explain over that of the residual, each by its degrees of freedom. Source: section 7.4 in [1].

    >>> years = np.tile([[8.0], [10.0], [12.0], [10.0]], (2, 1)) + np.array([[0.0, 0.1, 0.0, -0.1, 0.1, 0, -0.1, 0]]).T
    >>> fit = seasonal_regression(Block(years, np.array([8])), 4)
    >>> fit.indices.factor[:, 0].round(2), (fit.p_value < 0.05).tolist()
    (array([0.81, 0.99, 1.19, 1.01]), [True])

    """
    series = block.y.shape[1]
    f, freedom = np.zeros(series), np.ones(series, dtype=np.int64)
    additive, factor = np.zeros((season, series)), np.ones((season, series))
    used = np.minimum(block.lengths // season, RECENT) * season
    used = np.where(block.lengths < WHOLE * season, block.lengths, used)
    for rows in np.unique(used[used >= 2 * season]):
        chosen = used == rows
        y = block.y[len(block.y) - rows :, chosen]
        level = np.abs(y).mean(axis=0)
        scaled = y / np.where(level > 0, level, 1.0)
        logs = scaled.min(axis=0) > SMALLEST
        f[chosen], effects = _phases(np.where(logs, np.log(np.where(logs, scaled, 1.0)), scaled), season)
        freedom[chosen] = rows - season - 1
        growth = np.where(logs, np.exp(np.where(logs, effects, 0.0)), 1.0)
        factor[:, chosen] = growth / growth.mean(axis=0)
        additive[:, chosen] = np.where(logs, 0.0, effects * level)
    return SeasonalFit(Seasons(additive, factor), f, freedom)


def _phases(y: Floats, season: int) -> tuple[Floats, Floats]:
    """F statistic and effects of the phases in series of one length and of a level near 1: (series,), (season, series).

    Effects sum to 0 over the season and are counted back from the first future period.
    """
    rows, series = y.shape
    freedom = rows - season - 1
    likelihood, f, effects = np.full(series, -np.inf), np.zeros(series), np.zeros((season - 1, series))
    for correlation in AUTOCORRELATIONS:
        design = (_kept_design if rows * season <= SMALL_DESIGN else _design)(rows, season, correlation)
        values = _whitened(y, correlation)
        loadings = design.q.T @ values
        explained = (loadings[2:] ** 2).sum(axis=0)
        residual = (values**2).sum(axis=0) - (loadings**2).sum(axis=0)
        residual = np.maximum(residual, ROUNDING * rows)
        new = -0.5 * freedom * np.log(residual) - design.volume
        better = new > likelihood
        likelihood = np.where(better, new, likelihood)
        f = np.where(better, explained / (season - 1) / (residual / freedom), f)
        effects = np.where(better, design.back @ loadings[2:], effects)
    return f, np.vstack([-effects.sum(axis=0), effects])


@dataclass(frozen=True)
class _Design:
    """The regression's design, orthogonal: loadings -> effects by `back`; `volume` is its part of the likelihood."""

    q: Floats
    back: Floats
    volume: float


def _design(rows: int, season: int, correlation: float) -> _Design:
    phase = np.arange(rows, 0, -1) % season
    dummies = (phase[:, None] == np.arange(1, season)).astype(float) - (phase == 0)[:, None]
    design = np.column_stack([np.ones(rows), np.linspace(-1.0, 1.0, rows), dummies])
    q, r = np.linalg.qr(_whitened(design, correlation))
    volume = float(np.log(np.abs(np.diag(r))).sum() - 0.5 * np.log(1.0 - correlation**2))
    return _Design(q, np.linalg.inv(r[2:, 2:]), volume)


_kept_design = lru_cache(maxsize=512)(_design)


def _whitened(values: Floats, correlation: float) -> Floats:
    """Without first-order autocorrelation, the first row kept: the transformation of Prais and Winsten."""
    out = values.copy()
    out[0] *= np.sqrt(1.0 - correlation**2)
    out[1:] -= correlation * values[:-1]
    return out


def seasonal_indices(block: Block, fit: SeasonalFit) -> Seasons:
    """Indices of seasonal series, shrunk as in [2]: from `WHOLE` seasons on classical, below that of the regression."""
    season = len(fit.indices.factor)
    if len(block.y) < WHOLE * season:
        return fit.indices.shrunk(fit.weight)
    long = block.lengths >= WHOLE * season
    classical = decompose(block, season, DISCOUNT)
    additive = np.where(long, classical.additive, fit.indices.additive)
    return Seasons(additive, np.where(long, classical.factor, fit.indices.factor)).shrunk(fit.weight)


def centred_average(block: Block, season: int) -> Floats:
    """Moving average over one season, centred; NaN where it does not reach: section 3.3 in [1]."""
    weights = np.full(season + 1, 1.0 / season) if season % 2 == 0 else np.full(season, 1.0 / season)
    if season % 2 == 0:
        weights[[0, -1]] /= 2
    half = len(weights) // 2
    windows = np.lib.stride_tricks.sliding_window_view(block.y, len(weights), axis=0)
    out = np.full(block.y.shape, np.nan)
    out[half : len(block.y) - half] = windows @ weights
    edge = len(block.y) - block.lengths[None, :] + half
    return np.where(np.arange(len(block.y))[:, None] >= edge, out, np.nan)


def phase_effects(block: Block, season: int, discount: float = 1.0) -> Seasons:
    """Indices of both kinds by classical decomposition: mean `additive` 0 and mean `factor` 1 over the season.

    A factor is 1 where a value is not positive, or a series too short for a trend. A season counts `discount` times
    the one after it. Source: section 3.4 in [1].
    """
    trend = centred_average(block, season)
    positive = block.positive
    factor = _phase_means(block.y / np.where(positive & (trend > 0), trend, np.inf), trend, season, discount)
    factor = np.where(positive & (factor.mean(axis=0) > 0), factor, 1.0)
    additive = _phase_means(block.y - trend, trend, season, discount)
    return Seasons(additive - additive.mean(axis=0), factor / factor.mean(axis=0))


def decompose(block: Block, season: int, discount: float = 1.0) -> Seasons:
    """Classical decomposition: multiplicative where every value is positive, else additive: section 3.4 in [1]."""
    both = phase_effects(block, season, discount)
    positive = block.positive
    multiplicative = positive & (both.factor.min(axis=0) > SMALLEST)
    return Seasons(np.where(multiplicative, 0.0, both.additive), np.where(multiplicative, both.factor, 1.0))


def _phase_means(values: Floats, trend: Floats, season: int, discount: float) -> Floats:
    """Mean of `values` by phase where the trend is known, shape (season, series)."""
    rows, series = values.shape
    seen = np.where(np.isnan(trend), np.nan, values)
    padded = np.vstack([np.full((-rows % season, series), np.nan), seen]).reshape(-1, season, series)
    age = np.arange(len(padded) - 1, -1, -1)[:, None, None]
    known = ~np.isnan(padded)
    weight = np.where(known, np.power(discount, age), 0.0)
    whole = weight.sum(axis=0)
    by_row = (np.where(known, padded, 0.0) * weight).sum(axis=0) / np.where(whole > 0, whole, 1.0)
    return np.asarray(by_row[-np.arange(season) % season])


@dataclass(frozen=True)
class Adjusted:
    """A block without its seasons, and what puts them back: value = base x factor + additive.

    block : the deseasonalised series [units]
    additive, factor : of the future periods, shapes (horizon, series) [units], [share]
    season : length of the season of each series, 1 is none, shape (series,) [periods]
    taken : degrees of freedom the indices took, over the length of the series, shape (series,) [share]
    """

    block: Block
    additive: Floats
    factor: Floats
    season: Ints
    taken: Floats

    @property
    def seasonal(self) -> NDArray[np.bool_]:
        """Which series are seasonal, shape (series,)."""
        return self.season > 1

    def put_back(self, base: Floats) -> Floats:
        """The seasons put back on forecasts of the deseasonalised series, shape (horizon, series)."""
        return base * self.factor + self.additive


def seasonally_adjusted(block: Block, horizon: int, seasons: Sequence[int]) -> Adjusted:
    """Take the season out where the F test finds one.

    The seasons are tried in order, and the first that a series shows is its season.
    """
    series = block.y.shape[1]
    additive, factor = np.zeros((horizon, series)), np.ones((horizon, series))
    length, taken = np.ones(series, dtype=np.int64), np.zeros(series)
    y = block.y.copy()
    for season in seasons:
        if season < 2:
            continue
        fit = seasonal_regression(block, season)
        found = (length == 1) & (fit.p_value < LEVEL)
        if not found.any():
            continue
        part, fit = block.take(found), fit.take(found)
        indices = seasonal_indices(part, fit)
        removed = indices.removed(part).y
        y[len(y) - len(removed) :, found] = removed
        additive[:, found], factor[:, found] = indices.ahead(horizon)
        taken[found] = fit.weight * (season - 1) / part.lengths
        length[found] = season
    return Adjusted(Block(y, block.lengths), additive, factor, length, taken)


def deseasonalised(
    base: Callable[[Block, int], Prediction], block: Block, horizon: int, seasons: Sequence[int]
) -> tuple[Prediction, NDArray[np.bool_]]:
    """Forecast with `base` after taking the season out where the F test finds one, and put the season back.

    Returns the forecast and which series are seasonal. Their variance counts the degrees of freedom the indices took
    and the error of the indices.
    """
    known = seasonally_adjusted(block, horizon, seasons)
    ahead = base(known.block, horizon)
    variance = (ahead.variance + known.taken * ahead.variance[:1]) / (1.0 - known.taken)
    return Prediction(known.put_back(ahead.mean), variance * known.factor**2), known.seasonal
