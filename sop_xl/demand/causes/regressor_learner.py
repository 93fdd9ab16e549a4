"""Gradient boosting over a portfolio: what price and deals do to demand, learnt from all series at once.

The learner sees windows from the past: at an origin the log-linear regression is fitted to what was known then, and the
learner's target is the logarithm of what came after over the series' usual demand. Its features are the steps ahead,
the regressors of that period against the series' usual and extreme ones, those of the periods before and those of its
group in the same period, what the regression forecasts, and how far its last residuals lay off. All windows end
before the forecast begins, so nothing is known ahead that will not be known when planning.

References:
    [1] Friedman (2001), Greedy function approximation: a gradient boosting machine, Annals of Statistics 29, 1189-1232.
    [2] Ke et al. (2017), LightGBM: a highly efficient gradient boosting decision tree, NeurIPS 30; scikit-learn's
        trees on histograms follow it.
    [3] Huber, Stuckenschmidt (2020), Daily retail demand forecasting using machine learning with emphasis on calendric
        special days, International Journal of Forecasting 36, 1420-1438.

"""

from __future__ import annotations

import numpy as np

from sop_xl.demand.causes.regressor_panel import Causes, design
from sop_xl.demand.causes.regressor_ridge import RidgeFit, shrunk_ridge
from sop_xl.demand.forecasting.smoothing import Floats

FEWEST_SERIES, FEWEST_PERIODS, FEWEST_ROWS = 50, 50, 5_000
"""A portfolio below this teaches nothing that the regression does not know."""

MOST_ROWS = 60_000
"""Windows beyond this many rows are thinned out evenly: they cost time and teach little."""

ORIGINS = 16
"""Origins of the windows at most, evenly spread over the past after its first third."""

RECENT = (3, 12, 52)
"""Lengths over which the last residuals are averaged [periods]."""


def large_enough(causes: Causes) -> bool:
    """Whether the portfolio can teach a learner.

    >>> few = np.full((60, 20), 5.0)
    >>> flags, one = np.array([False]), np.zeros(20, dtype=int)
    >>> large_enough(Causes(few, np.zeros((64, 20, 1)), flags, one, one, np.ones(20)))
    False
    """
    known = (~np.isnan(causes.y)).sum(axis=0)
    return int((known >= FEWEST_PERIODS).sum()) >= FEWEST_SERIES and int(known.sum()) >= FEWEST_ROWS


def learnt(causes: Causes, seed: int = 0) -> Floats:
    """Log demand of the horizon by the learner, shape (horizon, series).

    Parameters
    ----------
    causes
        a portfolio that is `large_enough`
    seed
        of the learner; the same seed gives the same numbers, in one thread whatever the machine

    """
    from sklearn.ensemble import HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits

    windows = [_window(causes.cut(back, min(causes.horizon, back))) for back in _backs(causes)]
    features = np.concatenate([window[0] for window in windows])
    usual = np.concatenate([window[1] for window in windows])
    lift = np.concatenate([window[2] for window in windows])
    # the horizon of a window is past by now: its demand is known
    target = np.concatenate([causes.z[len(causes.y) - b :][: causes.horizon].ravel() for b in _backs(causes)]) - usual
    rows = np.flatnonzero(~np.isnan(target) & ~np.isnan(lift))
    rows = rows[:: max(1, -(-len(rows) // MOST_ROWS))]
    model = HistGradientBoostingRegressor(
        loss="absolute_error",
        max_iter=200,
        learning_rate=0.05,
        max_leaf_nodes=31,
        min_samples_leaf=200,
        early_stopping=False,
        random_state=seed,
    )
    weight = np.exp(0.5 * np.clip(lift[rows], -3.0, 3.0))  # a peak is many units; a plain log would not care
    ahead, base, _ = _window(causes)
    with threadpool_limits(limits=1):
        model.fit(features[rows], target[rows], sample_weight=weight)
        more = model.predict(ahead)
    return np.asarray((base + more).reshape(causes.horizon, -1))


def _backs(causes: Causes) -> list[int]:
    """How many periods ago the windows start, the oldest first."""
    oldest = len(causes.y) - max(len(causes.y) // 3, 8)
    step = max(-(-oldest // ORIGINS), 1)
    return list(range(1 + (oldest - 1) % step, oldest + 1, step))[::-1]


def _window(causes: Causes) -> tuple[Floats, Floats, Floats]:
    """Features, usual log demand, and the regression's lift over it: a row for each period of horizon and series."""
    past, horizon, series = len(causes.y), causes.horizon, causes.y.shape[1]
    fit = shrunk_ridge(causes)
    usual = _nanmean(causes.z)
    lift = fit.ahead - usual
    whole = [fit.level - usual, _nanmax(causes.z) - usual, np.sqrt(fit.variance), np.log(fit.known + 1.0)]
    whole += [_nanmean(fit.residual[-k:]) for k in RECENT]
    shape = (horizon, series)
    columns = [np.broadcast_to(np.arange(1.0, horizon + 1.0)[:, None], shape), lift, *_seen(fit)]
    columns += [np.broadcast_to(value, shape) for value in whole]
    for k in range(causes.x.shape[-1]):
        columns += _regressor(causes.x[..., k], past)
        columns.append(_against_group(causes, causes.x[past:, :, k]))
    standard = design(causes)[past:]
    columns += [standard[..., k] for k in range(standard.shape[-1])]
    features = np.stack([np.asarray(column).ravel() for column in columns], axis=-1)
    return features, np.broadcast_to(usual, shape).ravel(), np.asarray(lift.ravel())


def _seen(fit: RidgeFit) -> list[Floats]:
    """The effect ahead against the strongest that the series has seen."""
    past = fit.effect[: len(fit.residual)]
    return [fit.effect[len(fit.residual) :] - _nanmax(past)]


def _regressor(x: Floats, past: int) -> list[Floats]:
    """One regressor ahead: against its usual and smallest value in the past, and against the two periods before."""
    filled = x.copy()
    for t in range(1, len(x)):
        filled[t] = np.where(np.isnan(x[t]), filled[t - 1], x[t])
    ahead = x[past:]
    before = [filled[past - lag : len(x) - lag] for lag in (1, 2)]
    return [ahead, ahead - _nanmean(x[:past]), ahead + _nanmax(-x[:past]), *(ahead - old for old in before)]


def _against_group(causes: Causes, ahead: Floats) -> Floats:
    """A regressor ahead, shape (horizon, series), less its mean over the group in the same period."""
    number = causes.last + np.arange(len(ahead))[:, None]
    period = number - number.min()
    cell = (causes.group * (int(period.max()) + 1) + period).ravel()
    flat = ahead.ravel()
    known = ~np.isnan(flat)
    sums, counts = np.bincount(cell, weights=np.where(known, flat, 0.0)), np.bincount(cell, weights=known)
    return np.asarray(ahead - (sums / np.maximum(counts, 1.0))[cell].reshape(ahead.shape))


def _nanmean(values: Floats) -> Floats:
    """Mean over time; NaN where nothing is known."""
    known = ~np.isnan(values)
    count = known.sum(axis=0)
    return np.asarray(np.where(count, np.where(known, values, 0.0).sum(axis=0) / np.maximum(count, 1), np.nan))


def _nanmax(values: Floats) -> Floats:
    """Largest over time; NaN where nothing is known."""
    largest = np.where(np.isnan(values), -np.inf, values).max(axis=0)
    return np.asarray(np.where(np.isinf(largest), np.nan, largest))
