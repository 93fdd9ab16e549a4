"""The forecast with known causes: price, deals, features and displays whose future the planner knows.

Demand is a level times the effects of its regressors: a log-linear regression of each series, its coefficients drawn
towards those of its group, such as the brand. Where the portfolio is large enough a learner corrects it, and the two
are averaged in logarithms, but only if that was better at an origin in the past. A season that is left after the
effects is taken out first and put back.

References:
    [1] Fildes, Ma, Kolassa (2022), Retail forecasting: research and practice, International Journal of Forecasting 38,
        1283-1318.
    [2] Blattberg, George (1991), Shrinkage estimation of price and promotional elasticities: seemingly unrelated
        equations, Journal of the American Statistical Association 86, 304-315.
    [3] Miller (1984), Reducing transformation bias in curve fitting, The American Statistician 38, 124-126.

"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sop_xl.demand.causes.regressor_learner import large_enough, learnt
from sop_xl.demand.causes.regressor_panel import Causes, causes_of
from sop_xl.demand.causes.regressor_ridge import FEWEST, RidgeFit, ridge, shrunk_ridge
from sop_xl.demand.forecasting.seasonality import LEVEL, seasonal_indices, seasonal_regression
from sop_xl.demand.forecasting.smoothing import Block, Floats
from sop_xl.demand.panels.panel import Panel
from sop_xl.errors import InputError

TO_THE_MEAN = 0.5
"""How far from the median towards the mean of the logarithm's distribution the forecast lies: the median has the
smallest absolute error and understates totals; the mean trusts the variance of rare peaks [share]."""

SMALLEST_FACTOR = 0.2
"""Seasonal factors do not fall below this [share]."""

INFLATION = (0.5, 4.0)
"""Bounds of the squared errors at an origin in the past over the variance within history [ratio]."""


@dataclass(frozen=True)
class _Ahead:
    """Log demand of the horizon and its variance, shapes (horizon, series), and the method's name by series."""

    z: Floats
    variance: Floats
    method: NDArray[np.object_]


_Method = Callable[[Causes, int], _Ahead]


def forecast_with_regressors(
    history: pd.DataFrame,
    future: pd.DataFrame,
    names: Sequence[str],
    horizon: int,
    *,
    groups: Mapping[str, str] | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Forecast every series from its level and its known regressors, with what the whole portfolio teaches.

    Parameters
    ----------
    history
        `unique_id`, `ds` (date or period number), `y` [units] and the regressors; a row without one of them, or
        without y, is left out of the fit
    future
        `unique_id`, `ds` and the regressors in every period of the horizon after each series' last row
    names
        columns of the regressors: one above zero in every row, such as a price, works in percent for percent
        (elasticity), any other, such as a deal of 0 or 1, in percent for each unit
    horizon
        periods ahead
    groups
        group, such as the brand, by `unique_id`, whose coefficients those of its series are drawn towards. None
        draws to all series.
    seed
        of the learner

    Returns
    -------
    `unique_id`, `ds`, `forecast` [units], `variance` [units^2], `method`, a row per series and period, sorted.
    A series with fewer than 3 known periods has its mean. None below 0 where the history never was negative.

    Raises
    ------
    InputError : a column, row or value that is missing or cannot be used, named with series and period.

    >>> price = [2.0, 2.0, 1.0, 2.0, 1.0, 2.0]
    >>> sold = pd.DataFrame({"unique_id": "A", "ds": range(1, 7), "y": 40 / np.array(price) ** 2, "price": price})
    >>> ahead = pd.DataFrame({"unique_id": "A", "ds": [7, 8], "price": [2.0, 1.0]})
    >>> forecast_with_regressors(sold, ahead, ["price"], 2)["forecast"].round(0).tolist()
    [10.0, 38.0]

    """
    return _forecast(history, future, names, horizon, groups, seed, _combined)


def forecast_with_shrunk_ridge(
    history: pd.DataFrame,
    future: pd.DataFrame,
    names: Sequence[str],
    horizon: int,
    *,
    groups: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """The same by the regression drawn to groups alone; arguments as in `forecast_with_regressors`.

    >>> sold = pd.DataFrame({"unique_id": "A", "ds": [1, 2, 3], "y": 5.0, "price": 2.0})
    >>> ahead = pd.DataFrame({"unique_id": "A", "ds": [4], "price": [2.0]})
    >>> forecast_with_shrunk_ridge(sold, ahead, ["price"], 1)["forecast"].round(6).tolist()
    [5.0]

    """
    return _forecast(history, future, names, horizon, groups, 0, _shrunk)


def forecast_with_ridge(
    history: pd.DataFrame,
    future: pd.DataFrame,
    names: Sequence[str],
    horizon: int,
    *,
    groups: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """The same by a regression of each series on its own; arguments as in `forecast_with_regressors`.

    >>> sold = pd.DataFrame({"unique_id": "A", "ds": [1, 2, 3], "y": 5.0, "price": 2.0})
    >>> ahead = pd.DataFrame({"unique_id": "A", "ds": [4], "price": [2.0]})
    >>> forecast_with_ridge(sold, ahead, ["price"], 1)["method"].tolist()
    ['regression']

    """
    return _forecast(history, future, names, horizon, groups, 0, _alone)


def forecast_with_learner(
    history: pd.DataFrame,
    future: pd.DataFrame,
    names: Sequence[str],
    horizon: int,
    *,
    groups: Mapping[str, str] | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """The same by the learner alone; arguments as in `forecast_with_regressors`.

    Raises
    ------
    InputError : besides the above, a portfolio too small to learn from.

    >>> sold = pd.DataFrame({"unique_id": "A", "ds": [1, 2, 3], "y": 5.0, "price": 2.0})
    >>> ahead = pd.DataFrame({"unique_id": "A", "ds": [4], "price": [2.0]})
    >>> forecast_with_learner(sold, ahead, ["price"], 1)
    Traceback (most recent call last):
    sop_xl.errors.InputError: a learner needs 50 series of 50 periods with 5,000 values, more than this history has

    """
    return _forecast(history, future, names, horizon, groups, seed, _learner)


def elasticities(
    history: pd.DataFrame, names: Sequence[str], *, groups: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """What each regressor does to each series, by the regression drawn to groups.

    Parameters
    ----------
    history, names, groups
        as in `forecast_with_regressors`

    Returns
    -------
    `unique_id`, `regressor`, `effect`: log demand for one more unit of the regressor, or for a logarithm, such as a
    price, percent for percent (an elasticity). At the series' usual values of the other regressors.

    >>> price = np.tile([2.0, 1.0], 30)
    >>> sold = pd.DataFrame({"unique_id": "A", "ds": range(60), "y": 40 / price**2, "price": price})
    >>> elasticities(sold, ["price"]).round(1)
      unique_id regressor  effect
    0         A     price    -2.0

    """
    causes, panel = causes_of(history, pd.DataFrame(columns=["unique_id", "ds", *names]), names, 0, groups)
    found = []
    for k in range(causes.x.shape[-1]):
        raised = causes.x.copy()
        raised[..., k] += 0.01
        more = np.concatenate([causes.x, raised])
        fit = shrunk_ridge(replace(causes, x=more))
        change = fit.effect[len(causes.y) :] - fit.effect[: len(causes.y)]
        known = ~np.isnan(change)
        mean = np.where(known, change, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        found.append(pd.DataFrame({"unique_id": panel.ids, "regressor": names[k], "effect": mean / 0.01}))
    return pd.concat(found).sort_values(["unique_id", "regressor"], ignore_index=True)


def _forecast(
    history: pd.DataFrame,
    future: pd.DataFrame,
    names: Sequence[str],
    horizon: int,
    groups: Mapping[str, str] | None,
    seed: int,
    method: _Method,
) -> pd.DataFrame:
    if isinstance(horizon, bool) or not isinstance(horizon, int | np.integer) or horizon < 1:
        raise InputError(f"the horizon must be a whole number of periods from 1, got {horizon!r}")
    raw, panel = causes_of(history, future, names, int(horizon), groups)
    causes, factor = _without_season(raw, panel)
    ahead = method(causes, seed)
    variance = np.minimum(ahead.variance, 2.0)
    mean = causes.units(ahead.z) * np.exp(TO_THE_MEAN * variance / 2.0) * factor
    spread = mean**2 * np.expm1(variance)
    mean, spread, used = _short(raw, mean, spread, ahead.method)
    mean = np.where(panel.nonnegative, np.maximum(mean, 0.0), mean)
    order = np.argsort(panel.places)
    dates = panel.calendar.stamp((panel.last[order, None] + 1 + np.arange(horizon)).ravel())
    return pd.DataFrame(
        {
            "unique_id": panel.ids[np.repeat(order, horizon)],
            "ds": dates,
            "forecast": mean[:, order].T.ravel(),
            "variance": spread[:, order].T.ravel(),
            "method": pd.Series(np.repeat(used[order], horizon), dtype="str"),
        }
    )


def _short(
    causes: Causes, mean: Floats, variance: Floats, method: NDArray[np.object_]
) -> tuple[Floats, Floats, NDArray[np.object_]]:
    """Series with too few known periods for any regression have their mean."""
    known = ~np.isnan(causes.y)
    count = known.sum(axis=0)
    plain = np.where(known, causes.y, 0.0).sum(axis=0) / np.maximum(count, 1)
    squares = np.where(known, causes.y - plain, 0.0) ** 2
    few = count < FEWEST
    return (
        np.where(few, plain, mean),
        np.where(few, np.maximum(squares.sum(axis=0), 0.25 * plain**2), variance),
        np.where(few, f"mean (below {FEWEST} periods)", method),
    )


def _alone(causes: Causes, seed: int) -> _Ahead:
    return _of(causes, ridge, "regression")


def _shrunk(causes: Causes, seed: int) -> _Ahead:
    return _of(causes, shrunk_ridge, "regression drawn to its group")


def _of(causes: Causes, fitted: Callable[[Causes], RidgeFit], name: str) -> _Ahead:
    fit = fitted(causes)
    back = min(causes.horizon, len(causes.y) // 3)
    before = causes.cut(back, back) if back else causes
    then = fitted(before)
    inflation = _inflation(causes, before, then.ahead, then.variance)
    return _Ahead(fit.ahead, _spread(fit.variance * inflation, causes.horizon), _named(name, causes))


def _learner(causes: Causes, seed: int) -> _Ahead:
    if not large_enough(causes):
        raise InputError("a learner needs 50 series of 50 periods with 5,000 values, more than this history has")
    variance = _shrunk(causes, seed).variance
    return _Ahead(learnt(causes, seed), variance, _named("gradient boosting", causes))


def _combined(causes: Causes, seed: int) -> _Ahead:
    """The regression, and the learner at half weight where that was better at an origin one horizon ago."""
    alone = _shrunk(causes, seed)
    back = min(causes.horizon, len(causes.y) // 3)
    before = causes.cut(back, back)
    if not back or not large_enough(before):
        return alone
    then = shrunk_ridge(before)
    both = 0.5 * (then.ahead + learnt(before, seed))
    actual = causes.y[len(causes.y) - back :]
    if not _error(before.units(both), actual) < _error(before.units(then.ahead), actual):
        return alone
    fit = shrunk_ridge(causes)
    inflation = _inflation(causes, before, both, then.variance)
    variance = _spread(fit.variance * inflation, causes.horizon)
    name = "regression drawn to its group, with gradient boosting"
    return _Ahead(0.5 * (fit.ahead + learnt(causes, seed)), variance, _named(name, causes))


def _named(name: str, causes: Causes) -> NDArray[np.object_]:
    return np.full(causes.y.shape[1], name, dtype=object)


def _error(forecast: Floats, actual: Floats) -> float:
    """Sum of absolute errors where the actual is known [units]."""
    return float(np.where(np.isnan(actual), 0.0, np.abs(forecast - actual)).sum())


def _inflation(causes: Causes, before: Causes, z: Floats, variance: Floats) -> float:
    """Squared errors of log forecasts at an origin in the past over the variance their fit expected [ratio]."""
    actual = causes.z[len(before.y) : len(before.y) + len(z)]
    known = ~np.isnan(actual) & ((~np.isnan(before.y)).sum(axis=0) >= 2 * FEWEST)
    expected = np.broadcast_to(variance, actual.shape)[known].sum() if known.any() else 0.0
    if known.sum() < 4 * FEWEST or expected < 1e-9:
        return 1.0
    return float(np.clip((actual - z)[known] @ (actual - z)[known] / expected, *INFLATION))


def _spread(variance: Floats, horizon: int) -> Floats:
    return np.repeat(variance[None, :], horizon, axis=0)


def _without_season(causes: Causes, panel: Panel) -> tuple[Causes, Floats]:
    """Demand without the season that is left after the regressors' effects, and its factors ahead."""
    season = panel.calendar.seasons[0]
    ahead = np.ones((causes.horizon, causes.y.shape[1]))
    if season < 2 or len(causes.y) < 2 * season:
        return causes, ahead
    fit = shrunk_ridge(causes)
    past = len(causes.y)
    effect = np.where(np.isnan(fit.effect[:past]), 0.0, fit.effect[:past])
    filled = pd.DataFrame(causes.y * np.exp(-effect)).interpolate(limit_direction="forward").to_numpy()
    lengths = (~np.isnan(filled)).sum(axis=0)
    order = np.argsort(-lengths, kind="stable")
    block = Block(np.nan_to_num(filled[:, order]), lengths[order].astype(np.int64))
    found = seasonal_regression(block, season)
    seasonal = (found.p_value < LEVEL) & panel.nonnegative[order]
    if not seasonal.any():
        return causes, ahead
    part = block.take(seasonal)
    indices = seasonal_indices(part, found.take(seasonal))
    level = np.maximum(part.mean, np.finfo(float).tiny)
    factor = np.maximum(indices.factor + indices.additive / level, SMALLEST_FACTOR)
    columns = order[seasonal]
    phase = np.arange(past, 0, -1) % season
    y = causes.y.copy()
    y[:, columns] /= factor[phase]
    ahead[:, columns] = factor[-np.arange(causes.horizon) % season]
    return replace(causes, y=y), ahead
