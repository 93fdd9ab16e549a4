"""Exponential smoothing in its state space forms (ETS): fitted, forecast with variance, weighed by AICc.

A form is named by error, trend and season: A additive, M multiplicative, N none, Ad damped. The states before the first
value come from running the recursion forwards and backwards (backcasting), so that few parameters are searched.

Reference: [1] Hyndman, Koehler, Ord, Snyder (2008), Forecasting with Exponential Smoothing, Springer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sop_xl.demand.forecasting.kernels import fit_ets
from sop_xl.demand.forecasting.kernels.fits import EtsFit
from sop_xl.demand.forecasting.kernels.search import Search
from sop_xl.demand.forecasting.seasonality import Seasons
from sop_xl.demand.forecasting.smoothing import Block, Floats, Prediction


@dataclass(frozen=True)
class Form:
    """A form of exponential smoothing: 0 none or additive error, 1 and 2 in the order of its name's letters."""

    name: str
    error: int
    trend: int
    season: int

    @property
    def code(self) -> int:
        """Number of the form for the kernels."""
        return self.error * 9 + self.trend * 3 + self.season

    def parameters(self, season: int) -> int:
        """Fitted parameters, free first states, and the variance."""
        return 3 + 2 * (self.trend > 0) + (self.trend == 2) + (self.season > 0) * season


PLAIN = (Form("ANN", 0, 0, 0), Form("AAN", 0, 1, 0), Form("AAdN", 0, 2, 0))
ADDITIVE = (Form("ANA", 0, 0, 1), Form("AAA", 0, 1, 1), Form("AAdA", 0, 2, 1))
MULTIPLICATIVE = (Form("MNM", 1, 0, 2), Form("MAM", 1, 1, 2), Form("MAdM", 1, 2, 2))

_UNIT = (1e-4, 0.9999)
_BOUNDS = (_UNIT, _UNIT, _UNIT, (0.8, 0.98))
_ALPHA, _BETA, _GAMMA = (0.05, 0.2, 0.45, 0.8), (0.02, 0.2), (0.02, 0.15)
_NONE = (0.0,)
_SEARCHES = {
    (0, 0): Search.over(
        ((0.02, 0.1, 0.2, 0.35, 0.5, 0.7, 0.85, 0.97), _NONE, _NONE, _NONE), _BOUNDS, (0.08, 0, 0, 0), 6
    ),
    (1, 0): Search.over((_ALPHA, _BETA, _NONE, _NONE), _BOUNDS, (0.1, 0.08, 0, 0), 8),
    (2, 0): Search.over((_ALPHA, _BETA, _NONE, (0.94,)), _BOUNDS, (0.1, 0.08, 0, 0.03), 8),
    (0, 1): Search.over((_ALPHA, _NONE, _GAMMA, _NONE), _BOUNDS, (0.1, 0, 0.08, 0), 8),
    (1, 1): Search.over((_ALPHA, (0.05,), _GAMMA, _NONE), _BOUNDS, (0.1, 0.05, 0.08, 0), 8),
    (2, 1): Search.over((_ALPHA, (0.05,), _GAMMA, (0.94,)), _BOUNDS, (0.1, 0.05, 0.08, 0.03), 8),
}


def fitted(block: Block, form: Form, season: int, effects: Seasons | None) -> EtsFit:
    """Fit a form to every series.

    Parameters
    ----------
    block
        the series [units]; all positive where the form multiplies
    form
        what is fitted
    season
        length of the season [periods]
    effects
        seasonal indices to start from, by classical decomposition; None where the form has no season

    First level and trend are those of a straight line through the first two seasons (12 values without one), the
    season taken out.

    """
    series = block.y.shape[1]
    seasonal = np.zeros((season, series))
    if effects is not None and form.season:
        seasonal = effects.additive if form.season == 1 else effects.factor
    level, trend = _start(block, form, season, seasonal)
    return fit_ets(block, season, form.code, level, trend, seasonal, _SEARCHES[form.trend, min(form.season, 1)])


def _start(block: Block, form: Form, season: int, seasonal: Floats) -> tuple[Floats, Floats]:
    rows = len(block.y)
    reach = np.minimum(2 * season if form.season else 12, block.lengths)
    longest = int(reach.max(initial=0))
    columns = np.arange(block.y.shape[1])
    age = np.arange(longest)[:, None]
    inside = age < reach
    at = np.minimum(rows - block.lengths + age, rows - 1)
    y = block.y[at, columns]
    if form.season:
        phase = (rows - at) % season
        index = seasonal[phase, columns]
        y = y - index if form.season == 1 else y / np.maximum(index, 1e-8)
    y = np.where(inside, y, 0.0)
    middle = (reach - 1) / 2
    centred = np.where(inside, age - middle, 0.0)
    mean = y.sum(axis=0) / reach
    slope = (centred * y).sum(axis=0) / np.maximum((centred**2).sum(axis=0), 1.0)
    return (mean - slope * middle, slope) if form.trend else (mean, np.zeros_like(mean))


def criterion(fit: EtsFit, form: Form, lengths: Floats, season: int) -> Floats:
    """Corrected Akaike criterion, shape (series,); infinite where there are too few values. Equation 7.2 in [1]."""
    k = form.parameters(season)
    likelihood = lengths * np.log(np.maximum(fit.sse / lengths, 1e-300)) + 2 * fit.logs
    return np.asarray(likelihood + akaike_penalty(k, lengths))


def akaike_penalty(parameters: int, lengths: Floats) -> Floats:
    """What the corrected criterion adds for fitted parameters, shape (series,): equation 7.2 in [1].

    >>> akaike_penalty(3, np.array([24.0, 4.0]))
    array([7.2, inf])

    """
    room = lengths - parameters - 1
    correction = 2 * parameters * (parameters + 1) / np.maximum(room, 1)
    return np.where(room > 0, 2 * parameters + correction, np.inf)


def predicted(fit: EtsFit, form: Form, lengths: Floats, season: int, horizon: int) -> Prediction:
    """Mean and variance of every future period.

    The variance of the additive forms is exact (table 6.2 in [1]); that of the multiplicative ones takes the same
    growth relative to the mean, which holds for small relative errors (section 6.3 in [1]).
    """
    alpha, beta, gamma, phi = fit.x
    steps = np.arange(1, horizon + 1)[:, None]
    if form.trend == 0:
        damping = np.zeros((horizon, len(alpha)))
    elif form.trend == 1:
        damping = np.repeat(steps.astype(float), len(alpha), axis=1)
    else:
        damping = np.cumsum(np.cumprod(np.repeat(phi[None, :], horizon, axis=0), axis=0), axis=0)
    mean = fit.level + damping * fit.trend
    weights = alpha + (alpha * beta) * damping if form.trend else np.repeat(alpha[None, :], horizon, axis=0)
    if form.season:
        phase = -np.arange(horizon) % season
        states = fit.season[phase]
        mean = mean + states if form.season == 1 else mean * states
        weights = weights + np.where(steps % season == 0, gamma * (1 - alpha), 0.0)
    growth = 1.0 + np.vstack([np.zeros((1, len(alpha))), np.cumsum(weights[:-1] ** 2, axis=0)])
    variance = fit.sse / np.maximum(lengths - form.parameters(season) + (form.season > 0) * (season - 1), 1) * growth
    return Prediction(mean, variance * mean**2 if form.error else variance)


def candidates(season: int) -> tuple[Form, ...]:
    """The forms worth fitting to series of a season; 1 is none [periods]."""
    return PLAIN if season < 2 else (*PLAIN, *ADDITIVE, *MULTIPLICATIVE)
