"""Interventions in a slowly moving level: one regression for thousands of series, and its exact form for a few.

A series is a level that walks at random, a drift, twelve months that differ, and known regressors:
y_t = level_t + drift t + month_t + effect x_t + noise. Given the ratio q of the variance of the walk to that of the
noise, this is generalised least squares [1]. `scan` tries many regressors one at a time for every series
of a block, over a grid of q; `fitted` fits several at once to one series.

References:
    [1] Harvey (1989), Forecasting, Structural Time Series Models and the Kalman Filter, Cambridge University Press.
    [2] Durbin, Koopman (2012), Time Series Analysis by State Space Methods, 2nd ed., Oxford University Press.

"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sop_xl.demand.forecasting.smoothing import Floats, Ints

WALKS = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0, 4.0)
"""Ratios of the variance of the walking level to that of the noise that are tried."""

FINE_WALKS = (0.0, *(float(x) for x in np.geomspace(0.003, 30.0, 17)))
"""Ratios tried for one series."""

YEAR = 12

ROUNDING = 1e-10
"""A squared residual below this share of the total is rounding [share]."""


@dataclass(frozen=True)
class Scan:
    """The regressor that explains each series best, shapes (series,).

    column : its number in the candidates; effect : its coefficient; t_value : effect over standard error
    z_value : strength of the evidence [standard deviations]: the normal quantile as rare as the t value, and at most
        the root of the likelihood ratio against a level that only walks, which no step at random survives
    """

    column: Ints
    effect: Floats
    t_value: Floats
    z_value: Floats


@dataclass(frozen=True)
class Fit:
    """Regressors fitted together to one series, shapes (regressors,).

    effect : coefficients; t_value : t values as the normal quantiles that are as rare
    """

    effect: Floats
    t_value: Floats


def frame_of(months: Ints) -> Floats:
    """What every series has: level, drift and, from two years on, the months; shape (time, regressors).

    Parameters
    ----------
    months
        running number of each month, shape (time,)

    >>> frame_of(np.arange(30)).shape, frame_of(np.arange(20)).shape
    ((30, 13), (20, 2))

    """
    line = np.column_stack([np.ones(len(months)), np.linspace(-1.0, 1.0, len(months))])
    return np.column_stack([line, seasonal_dummies(months)]) if len(months) >= 2 * YEAR else line


def seasonal_dummies(months: Ints) -> Floats:
    """Eleven contrasts of the months that sum to 0 over a year; shape (time, 11)."""
    phase = months % YEAR
    return np.asarray((phase[:, None] == np.arange(1, YEAR)).astype(float) - (phase == 0)[:, None])


def scan(y: Floats, frame: Floats, candidates: Floats, allowed: NDArray[np.bool_]) -> Scan:
    """For each series, the one candidate regressor that explains it best.

    Parameters
    ----------
    y
        series of one length without gaps, shape (time, series)
    frame
        regressors every series has, shape (time, regressors)
    candidates
        regressors tried one at a time, shape (time, candidates)
    allowed
        which candidates a series may have, shape (candidates, series)

    The variance ratio is that of the highest likelihood with the candidate in the model, so that a shift is not taken
    for a restless level. Source: section 7.6 in [1].

    >>> y = np.where(np.arange(20) < 10, 5.0, 9.0)[:, None] + np.tile([[0.1], [-0.1]], (10, 1))
    >>> steps = (np.arange(20)[:, None] >= np.arange(20)).astype(float)
    >>> found = scan(y, frame_of(np.arange(20)), steps, np.arange(20)[:, None] > 1)
    >>> found.column.tolist(), found.effect.round(1).tolist()
    ([10], [4.1])

    """
    n, series = y.shape
    freedom = n - frame.shape[1] - 1
    best, without = np.full((candidates.shape[1], series), -np.inf), np.full(series, -np.inf)
    t, effect = np.zeros(best.shape), np.zeros(best.shape)
    total = np.maximum((y**2).sum(axis=0), np.finfo(float).tiny)
    for walk in WALKS:
        lower = _root(n, walk)
        whiten = np.linalg.inv(lower)
        q, _ = np.linalg.qr(whiten @ frame)
        rest = whiten @ y
        rest -= q @ (q.T @ rest)
        x = whiten @ candidates
        x -= q @ (q.T @ x)
        size = (x**2).sum(axis=0)
        seen = size > 1e-9 * (candidates**2).sum(axis=0)
        size = np.where(seen, size, 1.0)
        coefficient = np.where(seen[:, None], x.T @ rest / size[:, None], 0.0)
        residual = (rest**2).sum(axis=0) - coefficient**2 * size[:, None]
        residual = np.maximum(residual, ROUNDING * total)
        volume = np.log(np.diag(lower)).sum()
        without = np.maximum(without, -0.5 * n * np.log(np.maximum((rest**2).sum(axis=0), ROUNDING * total)) - volume)
        likelihood = -0.5 * n * np.log(residual) - volume
        better = (likelihood > best) & seen[:, None]
        best = np.where(better, likelihood, best)
        effect = np.where(better, coefficient, effect)
        t = np.where(better, coefficient * np.sqrt(size[:, None]) / np.sqrt(residual / freedom), t)
    column = np.where(allowed, best, -np.inf).argmax(axis=0)
    chosen = (column, np.arange(series))
    possible = allowed[chosen]
    t_value = np.where(possible, t[chosen], 0.0)
    gain = np.where(possible, np.maximum(best[chosen] - without, 0.0), 0.0)
    ratio = np.sqrt(2.0 * gain * freedom / n)
    z_value = np.sign(t_value) * np.minimum(np.abs(_normalised(t_value, freedom)), ratio)
    return Scan(column, effect[chosen], t_value, z_value)


def fitted(y: Floats, months: Ints, regressors: Floats) -> Fit:
    """Fit the model with all `regressors` to one series; unknown values (NaN) are allowed.

    Parameters
    ----------
    y
        one series, shape (time,)
    months
        running number of each month, shape (time,)
    regressors
        shape (time, regressors)

    The ratio of variances is that of the highest diffuse likelihood of `FINE_WALKS`, the coefficients are diffuse
    states: chapters 5 to 7 in [2]; the state space model of statsmodels does it.

    >>> month = np.arange(36)
    >>> y = 10.0 + np.sin(month * 1.7) / 10 + 4.0 * (month >= 20)
    >>> fit = fitted(y, month, (month[:, None] >= 20).astype(float))
    >>> fit.effect.round(1).tolist(), bool(fit.t_value[0] > 10)
    ([4.0], True)

    """
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    count = regressors.shape[1]
    if not count:
        return Fit(np.empty(0), np.empty(0))
    known = int((~np.isnan(y)).sum())
    scale = max(float(np.nanstd(y)), np.finfo(float).tiny)
    exog = np.column_stack([regressors, frame_of(months)[:, 2:]])
    model = UnobservedComponents(y / scale, level="lldtrend", exog=exog, mle_regression=False)
    model.ssm.filter_concentrated = True  # the noise has variance 1, the data say how much that is
    walk = max(FINE_WALKS, key=lambda ratio: float(model.loglike([1.0, ratio])))
    found = model.smooth([1.0, walk], cov_type="none")
    at = model.k_states - exog.shape[1]
    effect = np.asarray(found.smoothed_state[at : at + count, -1])
    variance = np.asarray(np.diagonal(found.smoothed_state_cov[at : at + count, at : at + count, -1]))
    error = np.sqrt(np.maximum(variance, np.finfo(float).tiny))
    return Fit(effect * scale, _normalised(effect / error, max(known - model.k_states, 1)))


def _root(n: int, walk: float) -> Floats:
    """Root of the covariance of noise plus a random walk from 0, in units of the noise."""
    time = np.arange(n, dtype=float)
    return np.asarray(np.linalg.cholesky(np.eye(n) + walk * np.minimum(time[:, None], time)))


def _normalised(t: Floats, freedom: int) -> Floats:
    """The normal quantile as rare as a t value."""
    from scipy.special import ndtri_exp, stdtr

    tail = np.maximum(stdtr(freedom, -np.abs(t)), 1e-300)
    return np.asarray(-np.sign(t) * ndtri_exp(np.log(tail)))
