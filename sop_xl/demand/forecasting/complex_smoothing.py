"""Complex exponential smoothing (CES): level and a hidden potential move together, so that no trend has to be chosen.

Reference: [1] Svetunkov, Kourentzes, Ord (2022), Complex exponential smoothing, Naval Research Logistics 69, 1108-1123.
"""

from __future__ import annotations

import numpy as np

from sop_xl.demand.forecasting.exponential import akaike_penalty
from sop_xl.demand.forecasting.kernels import fit_ces
from sop_xl.demand.forecasting.kernels.fits import CesFit
from sop_xl.demand.forecasting.kernels.search import Search
from sop_xl.demand.forecasting.seasonality import Seasons
from sop_xl.demand.forecasting.smoothing import Block, Floats

KINDS = ("none", "simple", "partial", "full")
"""Seasonality of the model: none; in level and potential; in an added index; in an added pair of its own."""

_A0, _A1 = (0.5, 1.0, 1.3, 1.6), (0.9, 0.95, 1.0, 1.05)
_NONE = (0.0,)
_FIRST = (0.01, 1.8)
_SECOND = (0.9, 1.05)
"""Bounds of a1: beyond 1.05 forecasts run away, as rolling origins showed."""

_SEARCHES = (
    Search.over((_A0, _A1, _NONE, _NONE), (_FIRST, _SECOND, (0, 0), (0, 0)), (0.2, 0.04, 0, 0), 9),
    Search.over((_A0, _A1, _NONE, _NONE), (_FIRST, _SECOND, (0, 0), (0, 0)), (0.2, 0.04, 0, 0), 9),
    Search.over(
        (_A0, (0.95, 1.03), (0.05, 0.25), _NONE), (_FIRST, _SECOND, (0.001, 0.999), (0, 0)), (0.2, 0.04, 0.1, 0), 9
    ),
    Search.over(
        ((0.7, 1.3), (0.95, 1.03), (0.8, 1.3), (0.95, 1.03)),
        (_FIRST, _SECOND, (0.01, 1.5), _SECOND),
        (0.2, 0.04, 0.2, 0.04),
        9,
    ),
)


def fitted(block: Block, kind: int, season: int, effects: Seasons | None) -> CesFit:
    """Fit one kind to every series; the seasonal ones need two seasons and the indices of a decomposition.

    The level starts at the mean of the first season, potentials at 1/1.1 of their states, as in [1].
    """
    rows, series = len(block.y), block.y.shape[1]
    columns = np.arange(series)
    reach = np.minimum(season, block.lengths)
    age = np.arange(season)[:, None]
    at = np.minimum(rows - block.lengths + age, rows - 1)
    first = np.where(age < reach, block.y[at, columns], 0.0)
    level = np.repeat((first.sum(axis=0) / reach)[None, :], season, axis=0)
    if kind == 1:
        level[(rows - at) % season, columns] = first
    seasonal = np.zeros((season, series)) if effects is None or kind < 2 else effects.additive
    return fit_ces(block, season, kind, np.array([level, level / 1.1, seasonal, seasonal / 1.1]), _SEARCHES[kind])


def criterion(fit: CesFit, kind: int, lengths: Floats, season: int) -> Floats:
    """Corrected Akaike criterion, shape (series,); infinite where there are too few values."""
    k = (2, 2, 3, 4)[kind] + 1 + (2, 2 * season, 2 + season, 2 + 2 * season)[kind]
    return np.asarray(lengths * np.log(np.maximum(fit.sse / lengths, 1e-300)) + akaike_penalty(k, lengths))


def predicted(fit: CesFit, kind: int, season: int, horizon: int) -> Floats:
    """Mean of every future period, shape (horizon, series)."""
    a0, a1, b0, b1 = fit.x
    level, potential, seasonal, other = fit.states.copy()
    out = np.empty((horizon, len(a0)))
    for step in range(horizon):
        phase = -step % season
        j = phase if kind == 1 else 0
        now, hidden = level[j].copy(), potential[j].copy()
        out[step] = now + (seasonal[phase] if kind >= 2 else 0.0)
        level[j], potential[j] = now - (1 - a1) * hidden, now + (1 - a0) * hidden
        if kind == 3:
            s, o = seasonal[phase].copy(), other[phase].copy()
            seasonal[phase], other[phase] = s - (1 - b1) * o, s + (1 - b0) * o
    return out
