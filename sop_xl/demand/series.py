"""The forecast of one series of numbers, without frames or dates: what a spreadsheet cell calls.

Imports numpy only, so that the first answer in a fresh process comes fast.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from sop_xl.demand.forecasting.combination import AUTO
from sop_xl.demand.forecasting.prediction import check_arguments, method_names, predict
from sop_xl.demand.forecasting.smoothing import LARGEST, Block, Floats
from sop_xl.errors import InputError


@dataclass(frozen=True)
class SeriesForecast:
    """The forecast of one series.

    forecast : shape (horizon,) [units]
    low, high : bounds of each interval, by its width [%], shapes (horizon,) [units]
    method : how it was forecast
    """

    forecast: Floats
    low: dict[float, Floats]
    high: dict[float, Floats]
    method: str


def forecast_series(
    values: ArrayLike,
    horizon: int,
    *,
    season: int | Sequence[int] | None = None,
    level: Sequence[float] = (80, 95),
    method: str = AUTO,
) -> SeriesForecast:
    """Forecast one series: the same as `sop_xl.forecast` gives it alone.

    Parameters
    ----------
    values
        the history, oldest first, shape (periods,) [units]; NaN is unknown, not zero
    horizon
        periods ahead, 1 to 600
    season
        length of the season, or lengths to look for [periods]; None takes months (12 and 3), 1 is none
    level
        widths of the prediction intervals [%]
    method
        "auto", or a name among `prediction.method_names()`

    Raises
    ------
    InputError : a value or argument that cannot be used.

    >>> year = [20, 22, 31, 40, 52, 60, 58, 49, 37, 30, 24, 21]
    >>> ahead = forecast_series(year * 3, 3)
    >>> ahead.forecast.round(), ahead.method
    (array([20., 22., 31.]), 'seasonal combination')

    """
    seasons, method = _seasons(season), method or AUTO
    horizon = _whole(horizon)
    for length in seasons:
        check_arguments(horizon, length, level)
    y = _checked(values)
    last = int(np.flatnonzero(~np.isnan(y))[-1])
    waiting = len(y) - 1 - last
    known = ~np.isnan(y[: last + 1])
    places = np.arange(int(np.argmax(known)), last + 1)
    y = np.interp(places, np.flatnonzero(known), y[: last + 1][known])
    scale = np.ldexp(1.0, np.frexp(np.abs(y).max())[1])
    if method != AUTO and method not in method_names():
        raise InputError(f"there is no method {method!r}; the methods are {', '.join(method_names())}")
    block = Block((y / scale)[:, None], np.array([len(y)], dtype=np.int64))
    steps = waiting + np.arange(horizon)[:, None]
    found = (
        predict(block, horizon + waiting, seasons, [method]).at(steps).bridged(np.array([known[places[0] :].mean()]))
    )
    columns = {name: column[:, 0] * scale for name, column in found.bounded(level, np.array([y.min() >= 0])).items()}
    low = {width: columns[f"lo_{width:g}"] for width in level}
    high = {width: columns[f"hi_{width:g}"] for width in level}
    return SeriesForecast(columns["forecast"], low, high, str(found.method[0]))


def _seasons(season: int | Sequence[int] | None) -> tuple[int, ...]:
    if season is None:
        return 12, 3
    if isinstance(season, str) or not isinstance(season, Iterable):
        return (_whole(season),)
    return tuple(_whole(length) for length in season) or (1,)


def _whole(value: Any) -> Any:
    """A whole number given as 12.0, as a cell holds every number; anything else as it is, to be refused by name."""
    return int(value) if isinstance(value, float | np.floating) and float(value).is_integer() else value


def _checked(values: ArrayLike) -> Floats:
    if isinstance(values, np.ma.MaskedArray):
        values = np.ma.filled(values.astype(float), np.nan)
    if np.asarray(values).dtype.kind in "Mm":
        raise InputError("the history must hold numbers, got dates")
    try:
        y = np.asarray(values, dtype=float).ravel()
    except (TypeError, ValueError):
        raise InputError(f"the history must hold numbers, got {values!r:.60}") from None
    if not (~np.isnan(y)).any():
        raise InputError("the history has no value at all")
    if (np.abs(y) > LARGEST).any():
        raise InputError(f"the history has a value that is infinite or beyond {LARGEST:g}")
    return y
