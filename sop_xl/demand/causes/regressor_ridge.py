"""Log-linear regression of many series at once, coefficients drawn towards their group's and the group's to all's.

The logarithm of demand is a level plus the effects of the regressors. Each series' coefficients are the ridge
estimate around those of its group: normal coefficients with that mean, known with as much certainty as `STRENGTH`
periods of data give. A group's are drawn to those of all series in the same way, and these towards 0. Shocks of a week
are shared by the series of a group, so a group of a hundred series knows its coefficients hardly better than one: its
evidence counts as that of its mean series.

References:
    [1] Lindley, Smith (1972), Bayes estimates for the linear model, Journal of the Royal Statistical Society B 34,
        1-41: equation 8, the hierarchical regression.
    [2] Hoerl, Kennard (1970), Ridge regression: biased estimation for nonorthogonal problems, Technometrics 12, 55-67.
    [3] Blattberg, George (1991), Shrinkage estimation of price and promotional elasticities: seemingly unrelated
        equations, Journal of the American Statistical Association 86, 304-315.

"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sop_xl.demand.causes.regressor_panel import Causes, design
from sop_xl.demand.forecasting.smoothing import Floats, Ints

STRENGTH = 40.0
"""Periods of data that what is known beforehand weighs as much as [periods]."""

GROUP_STRENGTH = 5.0
"""The same for a group against all series [periods]."""

LAST_STRENGTH = 1.0
"""The same for all series against no effect [periods]."""

MEMORY = 60.0
"""Half-life of the past in the coefficients [periods]."""

LEVELS = (6.0, 12.0, 24.0)
"""Half-lives of the past in the level to choose from [periods]."""

FEWEST = 3
"""Known periods below which a series has no regression of its own, only a mean."""

BEYOND = np.log(2.0)
"""An effect ahead goes beyond the largest and smallest ever seen by this at most [log]."""

LARGEST_VARIANCE = 1.0
"""Variance of a logarithm is believed up to here, or its mean would run away [log^2]."""


@dataclass(frozen=True)
class RidgeFit:
    """A fitted log-linear regression.

    beta : coefficients of the design's columns, shape (series, columns) [log per spread]
    level : log demand without effects at the end of history, shape (series,)
    effect : of the regressors, shape (time + horizon, series) [log]; NaN where they are unknown
    residual : log demand less level and effect, shape (time, series)
    variance : of the residual, shape (series,) [log^2]
    known : periods with demand and regressors, shape (series,)
    """

    beta: Floats
    level: Floats
    effect: Floats
    residual: Floats
    variance: Floats
    known: Ints

    @property
    def ahead(self) -> Floats:
        """Log demand of the horizon, shape (horizon, series)."""
        return np.asarray(self.level + self.effect[len(self.residual) :])


def ridge(causes: Causes) -> RidgeFit:
    """Each series on its own, coefficients drawn towards 0 as weakly as keeps them finite."""
    x = design(causes)
    a, b = _moments(causes, x)
    return _fitted(causes, x, _solved(a, b, np.zeros(b.shape), LAST_STRENGTH))


def shrunk_ridge(causes: Causes) -> RidgeFit:
    """Coefficients of each series drawn towards its group's: equation 8 in [1], in closed form for all series at once.

    >>> import pandas as pd
    >>> from sop_xl.demand.causes.regressor_panel import causes_of
    >>> price = [2.0, 2.0, 1.0, 2.0, 1.0]
    >>> sold = pd.DataFrame({"unique_id": "A", "ds": range(5), "y": 40 / np.array(price) ** 2, "price": price})
    >>> ahead = pd.DataFrame({"unique_id": "A", "ds": [5, 6], "price": [2.0, 1.0]})
    >>> causes, _ = causes_of(sold, ahead, ["price"], 2)
    >>> causes.units(shrunk_ridge(causes).ahead).ravel().round(0)
    array([10., 38.])

    """
    x = design(causes)
    a, b = _moments(causes, x)
    overall = _solved(a.mean(axis=0), b.mean(axis=0), np.zeros(b.shape[1]), LAST_STRENGTH)
    count = np.maximum(np.bincount(causes.group), 1)[:, None]
    of_group, right = np.zeros((len(count), *a.shape[1:])), np.zeros((len(count), b.shape[1]))
    np.add.at(of_group, causes.group, a)
    np.add.at(right, causes.group, b)
    groups = _solved(of_group / count[:, :, None], right / count, np.broadcast_to(overall, right.shape), GROUP_STRENGTH)
    return _fitted(causes, x, _solved(a, b, groups[causes.group], STRENGTH))


def _weight(causes: Causes, x: Floats) -> Floats:
    """Weight of each past period in the coefficients, shape (time, series); 0 where something is unknown."""
    age = np.arange(len(causes.y) - 1, -1, -1)[:, None]
    known = ~np.isnan(causes.y) & ~np.isnan(x[: len(causes.y)]).any(axis=-1)
    return np.asarray(np.where(known, 0.5 ** (age / MEMORY), 0.0))


def _moments(causes: Causes, x: Floats) -> tuple[Floats, Floats]:
    """Weighted squares of the design about its means, and its products with log demand, by series."""
    weight = _weight(causes, x)
    total = np.maximum(weight.sum(axis=0), np.finfo(float).tiny)
    known = weight > 0
    past = np.where(known[..., None], x[: len(causes.y)], 0.0)
    z = np.where(known, causes.z, 0.0)
    root = np.sqrt(weight)
    past = (past - (weight[..., None] * past).sum(axis=0) / total[:, None]) * root[..., None]
    z = (z - (weight * z).sum(axis=0) / total) * root
    by_series = past.transpose(1, 2, 0)
    return by_series @ by_series.transpose(0, 2, 1), (by_series @ z.T[..., None])[..., 0]


def _solved(a: Floats, b: Floats, prior: Floats, strength: float) -> Floats:
    """Ridge coefficients around a prior: (A + k I)^-1 (b + k prior)."""
    k = strength * np.eye(a.shape[-1])
    return np.asarray(np.linalg.solve(a + k, (b + strength * prior)[..., None])[..., 0])


def _fitted(causes: Causes, x: Floats, beta: Floats) -> RidgeFit:
    past = len(causes.y)
    effect = np.einsum("tsk,sk->ts", x, beta)
    known = _weight(causes, x) > 0
    if known.any():
        lowest = np.where(known, effect[:past], np.inf).min() - BEYOND
        highest = np.where(known, effect[:past], -np.inf).max() + BEYOND
        effect[past:] = np.clip(effect[past:], lowest, highest)
    base = causes.z - np.where(known, effect[:past], np.nan)
    level = _level(base, causes.horizon)
    residual = base - level
    squares = np.where(known, residual, 0.0) ** 2
    counts = known.sum(axis=0)
    pooled = squares.sum() / max(counts.sum() - len(counts), 1)
    variance = (squares.sum(axis=0) + FEWEST * pooled) / np.maximum(counts + FEWEST - 1, 1)
    return RidgeFit(beta, level, effect, residual, np.minimum(variance, LARGEST_VARIANCE), counts)


def _level(base: Floats, horizon: int) -> Floats:
    """Level of each series at the end: its past weighted by the half-life that would have served the panel best.

    A level at each past period is compared with the median size of its error over the horizon after it.
    """
    known = ~np.isnan(base)
    values = np.where(known, base, 0.0)
    best, smallest = np.zeros(base.shape[1]), np.inf
    reach = min(horizon, max(len(base) // 3, 1))
    for half_life in LEVELS:
        keep = 0.5 ** (1.0 / half_life)
        total, weight, error, count = np.zeros(base.shape[1]), np.zeros(base.shape[1]), 0.0, 0
        for t in range(len(base)):
            if t >= FEWEST and t + reach <= len(base):
                judged = known[t : t + reach] & (weight > FEWEST * 0.5)
                error += np.abs(np.where(judged, base[t : t + reach] - total / np.maximum(weight, 1e-9), 0.0)).sum()
                count += int(judged.sum())
            total, weight = total * keep + values[t], weight * keep + known[t]
        error = error / count if count else np.inf
        if error < smallest or not smallest < np.inf:
            best, smallest = total / np.maximum(weight, 1e-9), error
    return np.asarray(best)
