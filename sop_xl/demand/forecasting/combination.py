"""The automatic forecast of a panel: what kind of series each one is, and the mean of the methods that suit it.

No single method is picked: plain means of simple methods beat the choice of one ([1], [2]). This module is the one
seam between the panel and the mathematics, arrays in and arrays out.

References:
    [1] Makridakis, Spiliotis, Assimakopoulos (2020), The M4 competition, IJF 36, 54-74.
    [2] Petropoulos, Svetunkov (2020), A simple combination of univariate models, IJF 36, 110-115.
    [3] Syntetos, Boylan, Croston (2005), On the categorization of demand patterns, JORS 56, 495-503.
    [4] Fader, Hardie, Lee (2005), "Counting your customers" the easy way, Marketing Science 24, 275-284.

"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sop_xl.demand.forecasting import intermittent
from sop_xl.demand.forecasting.calibration import SHIPPED, Spread
from sop_xl.demand.forecasting.intermittent_mean import INTERMITTENT, intermittent_mean, irregular
from sop_xl.demand.forecasting.members import Members, members
from sop_xl.demand.forecasting.portfolio import Progress, classroom, lesson
from sop_xl.demand.forecasting.seasonality import seasonal_regression, seasonally_adjusted
from sop_xl.demand.forecasting.smoothing import (
    SIMPLE,
    Block,
    Flags,
    Floats,
    Ints,
    Prediction,
    smooth,
)

SPACED = 1.08
"""Mean interval between demands from which the intermittent mean is better, as rolling origins of spare parts and of
the demo company show; the classes of [3] begin at 1.32 [periods]."""

SPARSE = 2.0
"""From this mean interval on a run of empty periods is no sign of an end [periods]."""

YOUNG, YOUNG_SHARE = 24, 0.75
"""Below this many points [periods] noisy demand without a season is forecast by the intermittent mean, which sees no
trend, to this part [share]."""

CERTAIN = 1e-6
"""Chance of such a season by luck below which empty periods are an off-season [share]."""

AUTO = "auto"
"""Name of the automatic forecast."""

PLAIN = "combination"
SEASONAL = "seasonal combination"
"""Name of the method of a series that shows a season of its own."""

LEARNT = ", learnt"
"""What the name of a method ends with where series learnt from each other."""

CHUNK = 5_000
"""Series whose members are held in memory together."""

BRIEF, BRIEF_FACTOR = 50, 1.15
"""Below so many values [periods] the deviation is taken this much larger: in-sample errors flatter short histories."""

SHORT = 12
"""Below this many points no season is looked for, and only a clear drift is followed [periods]."""

DRIFTING, DRIFT_DOUBT, DRIFT_DAMPING = 8, 6.0, 0.9
"""From so many points [periods] a drift is believed as far as its squared t value exceeds this, and damped a period."""

HAZARD = 0.02
"""Chance a period that an item in demand stops for good [share]."""

MEMORY = 12.0
"""Periods of history whose pattern of demand months is believed, at most [periods]."""


@dataclass(frozen=True)
class Combination:
    """The automatic forecast: mean and variance, shapes (horizon, series), and what is known of each series.

    empty : chance of a period without demand, NaN where demand is regular, shape (series,) [share]
    method : name of what was used, shape (series,)
    spread : how far the errors of regular series reach
    """

    prediction: Prediction
    empty: Floats
    method: NDArray[np.object_]
    spread: Spread


@dataclass(frozen=True)
class Pattern:
    """How demand comes: months with demand, empty months at the end, the longest gap before, shapes (series,)."""

    demands: Ints
    run: Ints
    longest_gap: Ints

    def interval(self, lengths: Ints) -> Floats:
        """Mean interval between demands while the item was alive (ADI) [periods]."""
        return np.asarray((lengths - self.run) / np.maximum(self.demands, 1))


def combine(
    block: Block,
    horizon: int,
    seasons: Sequence[int],
    *,
    ends: Ints | None = None,
    seed: int = 0,
    progress: Progress = lambda doing, share: None,
) -> Combination:
    """Forecast every series by the mean of the methods that suit its kind.

    Parameters
    ----------
    block
        the series [units]
    horizon
        periods ahead
    seasons
        lengths of season to look for, the likeliest first [periods]; 1 is none
    ends
        running number of each series' last known period: series that end together learn from each other, where they are
        enough; None teaches nothing
    seed, progress
        of that learning

    Up to two points: their mean. Demand with gaps, unless these are an off-season: `intermittent_mean`. Fewer than 12
    points: mean of simple smoothing and the 3-period average. Else the weighted mean of `members`, corrected by what
    the portfolio taught. A run of empty periods at the end, longer than any gap before, scales the forecast by the
    chance that the item is still alive.

    """
    pattern = demand_pattern(block)
    tiny = block.lengths <= 2
    interval = pattern.interval(block.lengths)
    spaced = ~tiny & (interval > SPACED) & (pattern.demands > 0)
    if spaced.any():
        spaced[spaced] = ~_off_season(block.take(spaced), seasons)
    short = ~tiny & ~spaced & (block.lengths < SHORT)
    regular = ~(tiny | spaced | short)
    names = ["mean", INTERMITTENT, "short mean"]
    method = np.select([tiny, spaced, short], names, PLAIN).astype(object)
    mean, variance = np.empty((2, horizon, block.y.shape[1]))
    spread = SHIPPED
    for chosen, forecast in ((tiny, _tiny), (spaced, intermittent_mean), (short, _short)):
        if chosen.any():
            part = forecast(block.take(chosen), horizon)
            mean[:, chosen], variance[:, chosen] = part.mean, part.variance
    if regular.any():
        ending = None if ends is None else ends[regular]
        part, used, spread = _regular(block.take(regular), horizon, seasons, ending, seed, progress)
        mean[:, regular], variance[:, regular], method[regular] = part.mean, part.variance, used
    young = regular & (block.lengths < YOUNG) & ~is_seasonal(method) & irregular(block)
    if young.any():
        steady = intermittent_mean(block.take(young), horizon).mean
        mean[:, young] = (1 - YOUNG_SHARE) * mean[:, young] + YOUNG_SHARE * steady
    alive = np.where(spaced & (interval > SPARSE), 1.0, survival(pattern, block.lengths))
    variance = alive * variance + alive * (1 - alive) * mean**2
    demand_share = (pattern.demands + 0.5) / (block.lengths - pattern.run + 1.0)
    empty = np.where(regular, np.nan, 1.0 - alive * np.minimum(demand_share, 1.0))
    return Combination(Prediction(alive * mean, variance), empty, method, spread)


def _off_season(block: Block, seasons: Sequence[int]) -> Flags:
    """Series whose empty periods are those of a season: two seasons or more, and no doubt that there is one."""
    out = np.zeros(block.y.shape[1], dtype=bool)
    long = block.lengths >= 2 * seasons[0]
    if seasons[0] > 1 and long.any():
        out[long] = seasonal_regression(block.take(long), seasons[0]).p_value < CERTAIN
    return out


def is_seasonal(method: NDArray[np.object_]) -> Flags:
    """Which names of methods are those of series that show a season of their own."""
    return np.array([str(name).startswith(SEASONAL) for name in method], dtype=bool)


def demand_pattern(block: Block) -> Pattern:
    """Count demands and gaps of each series."""
    rows, series = block.y.shape
    column, row = np.nonzero((block.y != 0).T & block.begun.T)
    demands = np.bincount(column, minlength=series)
    last = np.full(series, -1)
    last[column] = row
    run = np.where(demands > 0, rows - 1 - last, block.lengths)
    gap = np.where(np.diff(column, prepend=-1) == 0, np.diff(row, prepend=0) - 1, 0)
    longest = np.zeros(series, dtype=np.int64)
    np.maximum.at(longest, column, gap)
    return Pattern(demands.astype(np.int64), run.astype(np.int64), longest)


def survival(pattern: Pattern, lengths: Ints) -> Floats:
    """Chance that an item still sells, from the empty periods at its end, shape (series,) [share].

    The chance of demand in a period has a Beta prior updated by the periods up to the last demand; in each period
    an item stops for good with chance `HAZARD`. The chance is Bayes' rule over "alive but quiet" and "stopped", the
    beta-geometric reasoning of [4]. A run no longer than an earlier gap is no evidence.

    >>> survival(Pattern(np.array([20]), np.array([3]), np.array([0])), np.array([23])).round(3)
    array([0.072])
    """
    alive_for = lengths - pattern.run
    weight = np.minimum(1.0, MEMORY / np.maximum(alive_for, 1))
    hits = 1.0 + weight * pattern.demands
    misses = 1.0 + weight * (alive_for - pattern.demands)
    quiet, stopped = np.ones(len(lengths)), np.zeros(len(lengths))
    judged = (pattern.run > pattern.longest_gap) & (pattern.demands > 0)
    for period in range(int(pattern.run[judged].max(initial=0))):
        on = judged & (pattern.run > period)
        stopped = np.where(on, stopped + HAZARD * quiet, stopped)
        quiet = np.where(on, quiet * (1 - HAZARD) * (misses + period) / (hits + misses + period), quiet)
    return np.asarray(quiet / (quiet + stopped))


def flat(mean: Floats, alpha: Floats, mse: Floats, horizon: int) -> Prediction:
    """The same forecast for every period, its variance growing as that of simple smoothing with `alpha`."""
    growth = 1.0 + alpha**2 * np.arange(horizon)[:, None]
    return Prediction(np.repeat(mean[None, :], horizon, axis=0), mse * growth)


def _tiny(block: Block, horizon: int) -> Prediction:
    """One or two points: their mean, which is taken as standard deviation too, for the points cannot say."""
    return flat(block.mean, np.zeros(len(block.lengths)), block.mean**2, horizon)


def _short(block: Block, horizon: int) -> Prediction:
    """Mean of simple smoothing and the 3-period average; a drift that is no chance leads on, damped."""
    fit = smooth(block, SIMPLE)
    members = np.array([fit.level, intermittent.moving_average(block, 3)])
    # three points' worth of belief in a standard deviation of half the mean
    n = block.lengths.astype(float)
    mse = (n * fit.mse + 3 * (block.mean / 2) ** 2) / (n + 3)
    level = flat(members.mean(axis=0), fit.alpha, mse + members.var(axis=0), horizon)
    drift, belief = _drift(block)
    led = block.y[-1] + drift * np.cumsum(DRIFT_DAMPING ** np.arange(1, horizon + 1))[:, None]
    return Prediction((1 - belief) * level.mean + belief * led, level.variance)


def _drift(block: Block) -> tuple[Floats, Floats]:
    """Mean change a period [units], and the share of it that is no chance (positive-part shrinkage), (series,)."""
    rows = len(block.y)
    inside = np.arange(1, rows)[:, None] > rows - block.lengths
    changes = np.where(inside, np.diff(block.y, axis=0), 0.0)
    count = np.maximum(block.lengths - 1, 1)
    drift = changes.sum(axis=0) / count
    spread = (np.where(inside, changes - drift, 0.0) ** 2).sum(axis=0) / np.maximum(count - 1, 1)
    strength = count * drift**2
    belief = np.maximum(1.0 - DRIFT_DOUBT * spread / np.where(strength > 0, strength, 1.0), 0.0)
    return drift, np.where((block.lengths >= DRIFTING) & (strength > 0), belief, 0.0)


def _regular(
    block: Block, horizon: int, seasons: Sequence[int], ends: Ints | None, seed: int, progress: Progress
) -> tuple[Prediction, NDArray[np.object_], Spread]:
    """Weighted mean of the members, corrected where series learn from each other; the method's names; the spread."""
    series = block.y.shape[1]
    teachers, learning = classroom(block, ends)
    taught = lesson(block.take(teachers), seasons, seed, progress) if teachers.any() else None
    mean, variance = np.empty((2, horizon, series))
    used = np.empty(series, dtype=object)
    places = np.arange(series)
    for first in range(0, series, CHUNK):
        progress("forecasting", first / series)
        chunk = (places >= first) & (places < first + CHUNK)
        part = block.take(chunk)
        known = seasonally_adjusted(part, horizon, seasons)
        parts = members(part, known, horizon, seasons[0])
        ahead = parts.combined()
        mean[:, chunk] = ahead.mean
        variance[:, chunk] = ahead.variance * np.where(part.lengths < BRIEF, BRIEF_FACTOR**2, 1.0)
        used[chunk] = np.where(known.seasonal, SEASONAL, PLAIN)
        pupils = learning[chunk]
        if taught is not None and taught.correction is not None and pupils.any():
            some = Members(parts.mean[:, :, pupils], parts.variance[:, pupils])
            both = np.flatnonzero(chunk)[pupils]
            mean[:, both] = taught.applied(part.take(pupils), some, ahead.mean[:, pupils], seasons[0])
            used[both] += LEARNT
    return Prediction(mean, variance), used, SHIPPED if taught is None else taught.spread
