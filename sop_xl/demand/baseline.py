"""The statistical baseline: an automatic forecast of many series, with intervals and the method used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import NormalDist

import numpy as np
import pandas as pd

from sop_xl.demand.combination import SEASONAL, combine
from sop_xl.demand.group_seasons import borrow
from sop_xl.demand.methods import METHODS
from sop_xl.demand.panel import Panel, panel_of
from sop_xl.demand.smoothing import Floats, Prediction
from sop_xl.errors import InputError

LONGEST_HORIZON = 600


def forecast(
    history: pd.DataFrame,
    horizon: int,
    *,
    season: int | None = None,
    level: Sequence[float] = (80, 95),
    method: str | Mapping[str, str] = "auto",
    groups: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Forecast every series of a history, each by the mean of the methods that suit it, or by a method pinned to it.

    Parameters
    ----------
    history
        one row per series and period: `unique_id`, `ds` (timestamp), `y` [units]; NaN or an absent row is
        unknown, not zero. Months by default; quarters, weeks, days and hours are recognised.
    horizon
        periods ahead, 1 to 600
    season
        length of the season [periods]; None looks for the usual ones (12 and 3 months), 1 is none
    level
        widths of the prediction intervals [%]
    method
        "auto", the name of a method in `METHODS`, or a name for some series by `unique_id`
    groups
        name of a group, such as its channel, by `unique_id`: a series without a season of its own borrows the
        one its group shows within its series, ended ones included, which so belong in `history`. None lends nothing.

    Returns
    -------
    One row per series and period, sorted: `unique_id`, `ds`, `forecast`, `lo_80`, `hi_80`, ... [units], `method`.
    Forecasts and lower bounds are cut off at 0 where a history never was negative.

    Raises
    ------
    InputError : a value, date, method group or argument that cannot be used, named with its series.

    >>> months = pd.date_range("2019-01-01", periods=12, freq="MS")
    >>> steady = pd.DataFrame({"unique_id": "A", "ds": months, "y": 40.0})
    >>> forecast(steady, 2)[["ds", "forecast", "method"]]
              ds  forecast       method
    0 2020-01-01      40.0  combination
    1 2020-02-01      40.0  combination

    """
    _check_arguments(horizon, season, level)
    panel = panel_of(history)
    seasons = panel.calendar.seasons if season is None else (season,)
    reach = horizon + int(panel.waiting.max())
    pins = _pins(panel.ids, method)
    prediction, empty, used = _predict(panel, reach, seasons, pins)
    if groups is not None:
        without = (np.array(pins, dtype=object) == "auto") & (used != SEASONAL)
        some, lent = borrow(panel, reach, seasons, groups, without)
        prediction.mean[:, some], prediction.variance[:, some] = lent.prediction.mean, lent.prediction.variance
        empty[some], used[some] = lent.empty, lent.method
    steps = panel.waiting[None, :] + np.arange(horizon)[:, None]
    mean = np.take_along_axis(prediction.mean, steps, axis=0)
    deviation = np.sqrt(np.take_along_axis(prediction.variance, steps, axis=0))
    mean = np.where(panel.nonnegative, np.maximum(mean, 0.0), mean)
    columns = {"forecast": mean}
    for width in level:
        low, high = interval(mean, deviation, width, np.where(panel.nonnegative, empty, np.nan))
        columns[f"lo_{width:g}"] = np.where(panel.nonnegative, np.maximum(low, 0.0), low)
        columns[f"hi_{width:g}"] = high
    order = np.argsort(panel.places)
    dates = panel.calendar.stamp((panel.last[order, None] + 1 + np.arange(horizon)).ravel())
    out = pd.DataFrame({"unique_id": panel.ids[np.repeat(order, horizon)], "ds": dates})
    numbers = {name: (values * panel.scale)[:, order].T.ravel() for name, values in columns.items()}
    return out.assign(**numbers, method=pd.Series(np.repeat(used[order], horizon), dtype="str"))


def interval(mean: Floats, deviation: Floats, width: float, empty: Floats) -> tuple[Floats, Floats]:
    """Central prediction interval: normal, or for irregular demand gamma of the same mean and variance.

    Parameters
    ----------
    mean, deviation
        of the predictive distribution, shapes (horizon, series) [units]
    width
        of the interval [%]
    empty
        chance of a period without demand, shape (series,) [share]; NaN takes the normal. A chance above the tail
        puts the lower bound at 0.

    >>> low, high = interval(np.array([[10.0]]), np.array([[2.0]]), 95, np.array([np.nan]))
    >>> low.round(2), high.round(2)
    (array([[6.08]]), array([[13.92]]))

    """
    tail = (100 - width) / 200
    z = NormalDist().inv_cdf(1 - tail)
    low, high = mean - z * deviation, mean + z * deviation
    gamma = ~np.isnan(empty) & (mean > 0) & (deviation > 1e-6 * mean)
    if gamma.any():
        from scipy.special import gammaincinv

        shape = (mean[gamma] / deviation[gamma]) ** 2
        low[gamma] = np.minimum(gammaincinv(shape, tail) / shape, 1.0) * mean[gamma]
        high[gamma] = np.maximum(gammaincinv(shape, 1 - tail) / shape, 1.0) * mean[gamma]
    return np.where(empty > tail, np.minimum(low, 0.0), low), high


def _check_arguments(horizon: int, season: int | None, level: Sequence[float]) -> None:
    if isinstance(horizon, bool) or not isinstance(horizon, int | np.integer):
        raise InputError(f"the horizon must be a whole number of periods, got {horizon!r}")
    if not 1 <= horizon <= LONGEST_HORIZON:
        raise InputError(f"the horizon must lie between 1 and {LONGEST_HORIZON} periods, got {horizon}")
    if season is not None and (isinstance(season, bool) or not isinstance(season, int | np.integer) or season < 1):
        raise InputError(f"the season must be a whole number of periods from 1, got {season!r}")
    for width in level:
        if not 0 < width < 100:
            raise InputError(f"the level of an interval must lie between 0 and 100 %, got {width}")


def _pins(ids: pd.Index, method: str | Mapping[str, str]) -> list[str]:
    """The pinned method of each series; blank is automatic."""
    if isinstance(method, str):
        pins = [method] * len(ids)
    else:
        unknown = [name for name in method if name not in ids]
        if unknown:
            raise InputError(f"a method is pinned to {unknown[0]!r}, which has no history")
        pins = [method.get(name, "auto") for name in ids]
    pins = ["auto" if pin in ("", "auto") else pin for pin in pins]
    for name, pin in zip(ids, pins, strict=True):
        if pin != "auto" and pin not in METHODS:
            raise InputError(f"series {name!r} is pinned to {pin!r}; the methods are auto, {', '.join(METHODS)}")
    return pins


def _predict(
    panel: Panel, horizon: int, seasons: Sequence[int], pins: Sequence[str]
) -> tuple[Prediction, Floats, np.ndarray[tuple[int], np.dtype[np.object_]]]:
    """Each series by its method: prediction, chance of an empty period, and the method's name."""
    block = panel.block
    mean, variance = np.empty((2, horizon, len(pins)))
    empty = np.full(len(pins), np.nan)
    used = np.empty(len(pins), dtype=object)
    pinned = np.array(pins, dtype=object)
    for name in dict.fromkeys(pins):
        chosen = pinned == name
        if name == "auto":
            result = combine(block.take(chosen), horizon, seasons)
            mean[:, chosen], variance[:, chosen] = result.prediction.mean, result.prediction.variance
            empty[chosen], used[chosen] = result.empty, result.method
            continue
        needs = METHODS[name].needs(seasons[0])
        for members, stand_in in (
            (chosen & (block.lengths >= needs), name),
            (chosen & (block.lengths < needs), "naive"),
        ):
            if not members.any():
                continue
            part = METHODS[stand_in].forecast(block.take(members), horizon, seasons[0])
            mean[:, members], variance[:, members] = part.mean, part.variance
            used[members] = f"pinned: {name}" if stand_in == name else f"naive ({name} needs {needs} periods)"
    return Prediction(mean, variance), empty, used
