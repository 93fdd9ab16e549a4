"""From a block of series to forecasts with bounds: each by the automatic forecast, or by a method pinned to it.

Arrays in, arrays out, numpy only: a cell calls this for one series, `baseline` for a frame of a million rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sop_xl.demand.forecasting.calibration import NORMAL, SHIPPED, Spread
from sop_xl.demand.forecasting.combination import AUTO, PLAIN, combine
from sop_xl.demand.forecasting.portfolio import Progress
from sop_xl.demand.forecasting.smoothing import Block, Flags, Floats, Ints, Prediction
from sop_xl.errors import InputError

DUST = 1e-12
"""Forecasts of less than this share of the largest value are rounding [share]."""

LONGEST_HORIZON = 600
LONGEST_SEASON = 10_000

LONGEST_FITTED = 500
"""A longer season is only repeated by `seasonal_naive`; the automatic forecast looks for none so long [periods]."""

Names = NDArray[np.object_]


@dataclass(frozen=True)
class Predicted:
    """Forecasts of a block.

    mean, variance : shapes (horizon, series) [units], [units^2]
    empty : chance of a period without demand, NaN where demand is regular or a method is pinned, (series,) [share]
    method : what was used, shape (series,)
    automatic : which series have the automatic forecast of regular demand, shape (series,)
    spread : how far the errors of those reach that learnt from their portfolio
    taught : which these are, shape (series,)
    """

    mean: Floats
    variance: Floats
    empty: Floats
    method: Names
    automatic: Flags
    spread: Spread
    taught: Flags

    def at(self, steps: NDArray[np.int64]) -> Predicted:
        """Only some of the steps ahead of each series; `steps` from 0, shape (horizon, series)."""
        mean = np.take_along_axis(self.mean, steps, axis=0)
        variance = np.take_along_axis(self.variance, steps, axis=0)
        return replace(self, mean=mean, variance=variance)

    def bridged(self, known: Floats) -> Predicted:
        """With what bridging unknown periods hides: deviations over the share of periods known, shape (series,).

        A straight line over a gap has no noise, and a method that reads it as demand trusts itself too much.
        """
        return replace(self, variance=self.variance / known**2)

    def bounded(self, level: Sequence[float], nonnegative: Flags) -> dict[str, Floats]:
        """Forecast and bounds `lo_80`, `hi_80` ... of each width, cut off at 0 where a history never was negative."""
        mean = np.where(np.abs(self.mean) < DUST, 0.0, self.mean)
        mean = np.where(nonnegative, np.maximum(mean, 0.0), mean)
        deviation = np.sqrt(self.variance)
        columns = {"forecast": mean}
        for width in level:
            low, high = interval(mean, deviation, width, np.where(nonnegative, self.empty, np.nan))
            shipped, learnt = SHIPPED.reach(width), self.spread.reach(width)
            below, above = (np.where(self.taught, own, usual) for own, usual in zip(learnt, shipped, strict=True))
            low = np.where(self.automatic, mean - below * deviation, low)
            columns[f"lo_{width:g}"] = np.where(nonnegative, np.maximum(low, 0.0), low)
            columns[f"hi_{width:g}"] = np.where(self.automatic, mean + above * deviation, high)
        return columns


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
    below, above = NORMAL.reach(width)
    low, high = mean - below * deviation, mean + above * deviation
    gamma = ~np.isnan(empty) & (mean > 0) & (deviation > 1e-6 * mean)
    if gamma.any():
        from scipy.special import gammaincinv

        shape = (mean[gamma] / deviation[gamma]) ** 2
        low[gamma] = np.minimum(gammaincinv(shape, tail) / shape, 1.0) * mean[gamma]
        high[gamma] = np.maximum(gammaincinv(shape, 1 - tail) / shape, 1.0) * mean[gamma]
    return np.where(empty > tail, np.minimum(low, 0.0), low), high


def check_arguments(horizon: int, season: int | None, level: Sequence[float], seed: int = 0) -> None:
    """Refuse what cannot be asked for, in a sentence."""
    if not _whole(horizon):
        raise InputError(f"the horizon must be a whole number of periods, got {horizon!r}")
    if not 1 <= horizon <= LONGEST_HORIZON:
        raise InputError(f"the horizon must lie between 1 and {LONGEST_HORIZON} periods, got {horizon}")
    if season is not None and not (_whole(season) and 1 <= season <= LONGEST_SEASON):
        raise InputError(f"the season must be a whole number of periods from 1 to {LONGEST_SEASON:,}, got {season!r}")
    if isinstance(level, str) or not isinstance(level, Iterable):
        raise InputError(f"level must list the widths of intervals, such as (80, 95), got {level!r}")
    for width in level:
        if isinstance(width, bool) or not isinstance(width, int | float | np.number) or not 0 < width < 100:
            raise InputError(f"the level of an interval must lie between 0 and 100 %, got {width!r}")
    if not _whole(seed):
        raise InputError(f"the seed must be a whole number, got {seed!r}")


def _whole(value: object) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def predict(
    block: Block,
    horizon: int,
    seasons: Sequence[int],
    pins: Sequence[str],
    *,
    ends: Ints | None = None,
    seed: int = 0,
    progress: Progress = lambda doing, share: None,
) -> Predicted:
    """Forecast each series by its method.

    Parameters
    ----------
    block
        the series [units]
    horizon
        periods ahead
    seasons
        lengths of season, the main one first; 1 is none [periods]
    pins
        "auto", "combination" (the same without what the portfolio teaches) or the name of a method, for each series
    ends, seed, progress
        as in `combination.combine`

    A series too short for its pinned method is forecast by the last value, and the name says so.

    """
    series = len(pins)
    mean, variance = np.empty((2, horizon, series))
    empty, used = np.full(series, np.nan), np.empty(series, dtype=object)
    pinned = np.array(pins, dtype=object)
    automatic, taught, spread = np.zeros(series, dtype=bool), np.zeros(series, dtype=bool), SHIPPED
    for name in dict.fromkeys(pins):
        chosen = pinned == name
        if name in (AUTO, PLAIN):
            reaches = None if ends is None or name == PLAIN else ends[chosen]
            fitted = [length if length <= LONGEST_FITTED else 1 for length in seasons]
            result = combine(block.take(chosen), horizon, fitted, ends=reaches, seed=seed, progress=progress)
            mean[:, chosen], variance[:, chosen] = result.prediction.mean, result.prediction.variance
            empty[chosen], used[chosen] = result.empty, result.method
            automatic |= chosen & np.isnan(empty)
            if name == AUTO:
                taught, spread = chosen, result.spread
        else:
            for members, label, part in _by_method(block, chosen, name, horizon, seasons[0]):
                mean[:, members], variance[:, members], used[members] = part.mean, part.variance, label
    return Predicted(mean, variance, empty, used, automatic, spread, taught)


def method_names() -> list[str]:
    """Every name that can be asked for."""
    from sop_xl.demand.forecasting.methods import METHODS

    return [AUTO, PLAIN, *METHODS]


def _by_method(
    block: Block, chosen: Flags, name: str, horizon: int, season: int
) -> list[tuple[Flags, str, Prediction]]:
    from sop_xl.demand.forecasting.methods import METHODS

    needs = METHODS[name].needs(season)
    long = chosen & (block.lengths >= needs)
    brief = chosen & (block.lengths < needs)
    asked = ((long, name, f"pinned: {name}"), (brief, "naive", f"naive ({name} needs {needs} periods)"))
    return [
        (members, label, METHODS[method].forecast(block.take(members), horizon, season))
        for members, method, label in asked
        if members.any()
    ]
