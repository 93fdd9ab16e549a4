"""The members of the automatic forecast of regular series: five families of methods that err in different ways.

Theta and temporal aggregation run on the deseasonalised series and on its logarithm (an additive and a multiplicative
trend); exponential smoothing without season on the deseasonalised series, with season on the series itself, where
Akaike weights choose among nine forms; complex exponential smoothing at half weight. The pool and the weights were
chosen on rolling origins inside the training parts of public sets (docs/methods/forecast.md has the figures).

References: [1] Kolassa (2011), Combining exponential smoothing forecasts using Akaike weights, IJF 27, 238-251;
[2] Petropoulos, Svetunkov (2020), A simple combination of univariate models, IJF 36, 110-115;
[3] Fiorucci et al. (2016), Models for optimising the theta method, IJF 32, 1151-1161.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sop_xl.demand.forecasting import complex_smoothing, exponential
from sop_xl.demand.forecasting.aggregation import aggregated
from sop_xl.demand.forecasting.seasonality import SMALLEST, WHOLE, Adjusted, Seasons, phase_effects
from sop_xl.demand.forecasting.smoothing import Block, Flags, Floats, Prediction
from sop_xl.demand.forecasting.theta import dynamic_theta

WEIGHTS = {
    "theta": 1.0,
    "log theta": 1.0,
    "aggregation": 1.0,
    "log aggregation": 1.0,
    "smoothing": 1.0,
    "seasonal smoothing": 1.0,
    "complex smoothing": 0.5,
}
"""The members and their weight in the mean."""

CEILING = 4.0
"""A member may leave the range of the history, its width counted from 0, by this many times at most."""

SPARE = 3
"""Values a seasonal form needs beyond two seasons [periods]."""


@dataclass(frozen=True)
class Members:
    """What each member says.

    mean : shape (members, horizon, series) [units], in the order of `WEIGHTS`
    variance : of the weighted exponential smoothing, shape (horizon, series) [units^2]
    """

    mean: Floats
    variance: Floats

    def combined(self, weights: Floats | None = None) -> Prediction:
        """Their weighted mean, with what they disagree on added to the variance; weights (members, series)."""
        if weights is None:
            weights = np.repeat(np.array(list(WEIGHTS.values()))[:, None], self.mean.shape[2], axis=1)
        share = (weights / weights.sum(axis=0))[:, None, :]
        mean = (share * self.mean).sum(axis=0)
        return Prediction(mean, self.variance + (share * (self.mean - mean) ** 2).sum(axis=0))


def members(block: Block, known: Adjusted, horizon: int, season: int) -> Members:
    """The forecasts of all members.

    Parameters
    ----------
    block
        regular series [units]
    known
        the same without their seasons
    horizon
        periods ahead
    season
        main season of the calendar, 1 is none [periods]

    """
    plain = known.block
    both, positive = _beside_logs(plain)
    theta, log_theta = _apart(dynamic_theta(both, horizon).mean, positive)
    coarse, log_coarse = _apart(aggregated(both, horizon), positive)
    coarse = np.where(np.isnan(coarse), theta, coarse)
    log_coarse = np.where(np.isnan(log_coarse), log_theta, log_coarse)
    weighted = _seasonal_smoothing(block, known, horizon, season)
    means = [
        known.put_back(theta),
        known.put_back(log_theta),
        known.put_back(coarse),
        known.put_back(log_coarse),
        known.put_back(_plain_smoothing(plain, horizon)),
        weighted.mean,
        known.put_back(_complex(plain, horizon)),
    ]
    return Members(np.array([held_back(mean, means[0], block) for mean in means]), weighted.variance)


def held_back(mean: Floats, stand_in: Floats, block: Block) -> Floats:
    """Inside the ceiling, and finite: a member that broke down says what the first one says."""
    high = np.maximum(block.y.max(axis=0), 0.0)
    low = np.minimum(block.y.min(axis=0), 0.0)
    room = CEILING * (high - low)
    kept = np.where(np.isfinite(mean), mean, np.where(np.isfinite(stand_in), stand_in, block.y[-1]))
    return np.clip(kept, low - room, high + room)


def _beside_logs(block: Block) -> tuple[Block, Flags]:
    """Every series and, beside it, its logarithm, or itself again where not all is positive; and where it is."""
    positive = block.positive
    y = np.repeat(block.y, 2, axis=1)
    logs = np.log(np.where(block.begun & positive, block.y, 1.0))
    y[:, 1::2] = np.where(positive, logs, block.y)
    return Block(y, np.repeat(block.lengths, 2)), positive


def _apart(ahead: Floats, positive: Flags) -> tuple[Floats, Floats]:
    """Forecasts of the series, and those of their logarithms brought back, shapes (horizon, series)."""
    return ahead[:, 0::2], np.where(positive, np.exp(np.clip(ahead[:, 1::2], -700.0, 700.0)), ahead[:, 1::2])


def _plain_smoothing(block: Block, horizon: int) -> Floats:
    """Plain mean of simple, trended and damped smoothing, shape (horizon, series)."""
    lengths = block.lengths.astype(float)
    fits = [(exponential.fitted(block, form, 1, None), form) for form in exponential.PLAIN]
    return np.asarray(
        np.mean([exponential.predicted(fit, form, lengths, 1, horizon).mean for fit, form in fits], axis=0)
    )


def _complex(block: Block, horizon: int) -> Floats:
    return complex_smoothing.predicted(complex_smoothing.fitted(block, 0, 1, None), 0, 1, horizon)


def _seasonal_smoothing(block: Block, known: Adjusted, horizon: int, season: int) -> Prediction:
    """Weighted smoothing of the series themselves, or without season where one is known but cannot be fitted here."""
    own = ~known.seasonal | ((known.season == season) & (block.lengths >= WHOLE * season))
    y = np.where(own, block.y, known.block.y)
    part = weighted_smoothing(Block(y, block.lengths), horizon, season, own)
    mean = np.where(own, part.mean, known.put_back(part.mean))
    error = known.taken * part.variance[:1]  # of the indices
    adjusted = (part.variance + error) / (1.0 - known.taken) * known.factor**2
    return Prediction(mean, np.where(own, part.variance, adjusted))


def weighted_smoothing(block: Block, horizon: int, season: int, seasonal: Flags) -> Prediction:
    """Exponential smoothing in up to nine forms: mean of their Akaike-weighted mean and their median.

    Parameters
    ----------
    block
        the series [units]
    horizon
        periods ahead
    season
        length of the season, 1 is none [periods]
    seasonal
        series whose season is looked for, shape (series,)

    The variance is that of the weighted mixture. Source: [1]; a form that needs more values, or positive ones, than a
    series has is left out for it.

    """
    series, lengths = block.y.shape[1], block.lengths.astype(float)
    long = seasonal & (block.lengths >= 2 * season + SPARE)
    effects = phase_effects(block, season) if season > 1 and long.any() else None
    positive = block.positive
    if effects is not None:
        positive &= effects.factor.min(axis=0) > SMALLEST
    parts, criteria = [], []
    for form in exponential.candidates(season if effects is not None else 1):
        suits = (long | (form.season == 0)) & (positive | (form.error == 0))
        mean, variance = np.full((2, horizon, series), np.nan)
        criterion = np.full(series, np.inf)
        if suits.any():
            part = block.take(suits)
            start = None
            if effects is not None and form.season:
                start = Seasons(effects.additive[:, suits], effects.factor[:, suits])
            used = season if form.season else 1
            fit = exponential.fitted(part, form, used, start)
            ahead = exponential.predicted(fit, form, lengths[suits], used, horizon)
            mean[:, suits], variance[:, suits] = ahead.mean, ahead.variance
            criterion[suits] = exponential.criterion(fit, form, lengths[suits], used)
        broken = ~(np.isfinite(mean).all(axis=0) & np.isfinite(variance).all(axis=0))
        mean[:, broken] = np.nan
        parts.append(Prediction(mean, variance))
        criteria.append(np.where(broken, np.inf, criterion))
    return _akaike(parts, np.array(criteria))


def _akaike(parts: list[Prediction], criteria: Floats) -> Prediction:
    """Mean of Akaike-weighted mean and median, with the variance of the weighted mixture."""
    means, variances = np.array([part.mean for part in parts]), np.array([part.variance for part in parts])
    known = ~np.isnan(means[:, 0])
    means, variances = np.where(known[:, None], means, 0.0), np.where(known[:, None], variances, 0.0)
    least = criteria.min(axis=0)
    # a series too short for any criterion takes its forms alike
    above = np.where(np.isfinite(least), criteria - np.where(np.isfinite(least), least, 0.0), 0.0)
    weights = np.where(known, np.exp(-0.5 * above), 0.0)
    share = (weights / np.where(weights.sum(axis=0) > 0, weights.sum(axis=0), 1.0))[:, None, :]
    mean = (share * means).sum(axis=0)
    variance = (share * (variances + (means - mean) ** 2)).sum(axis=0)
    return Prediction((mean + _median(means, known)) / 2, variance)


def _median(values: Floats, known: Floats) -> Floats:
    """Median over the first axis of the known values, shape (horizon, series)."""
    ordered = np.sort(np.where(known[:, None, :], values, np.inf), axis=0)
    count = known.sum(axis=0)
    columns = np.arange(values.shape[2])
    low, high = np.maximum(count - 1, 0) // 2, count // 2
    high = np.minimum(high, np.maximum(count - 1, 0))
    middle = (ordered[low, :, columns] + ordered[high, :, columns]) / 2
    return np.where(count > 0, middle.T, 0.0)
