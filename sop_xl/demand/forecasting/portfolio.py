"""What a portfolio teaches its members: a correction learnt from the rolling origins of all its series together.

The automatic forecast is made again as of several past months for every series; a small ensemble of regression trees
(gradient boosting) learns from all of them how actual demand departed from the combination, given what was known then:
where each member stood against the mean, the last values, last year's, trend, noise, age and the step ahead. Part of
the correction is applied. The same origins show how far errors reach, which calibrates the intervals.

Nothing later than a series' end is used for it: the teachers are the series that end together, in the latest period
which enough of them share, and only series that end then or later are corrected.

References:
    [1] Montero-Manso, Athanasopoulos, Hyndman, Talagala (2020), FFORMA: feature-based forecast model averaging, IJF 36,
        86-92.
    [2] Friedman (2001), Greedy function approximation: a gradient boosting machine, Annals of Statistics 29, 1189-1232.
    [3] Januschowski et al. (2022), Forecasting with trees, IJF 38, 1473-1481.

"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sop_xl.demand.forecasting.calibration import SHIPPED, Spread, learnt
from sop_xl.demand.forecasting.members import Members, members
from sop_xl.demand.forecasting.seasonality import seasonally_adjusted
from sop_xl.demand.forecasting.smoothing import Block, Flags, Floats, Ints, Prediction

Progress = Callable[[str, float], None]

ORIGINS = (3, 6, 9, 12, 15, 18, 24, 30, 36)
"""Periods before the end from which the past forecasts start."""

REACH = 18
"""Steps ahead that are learnt; later steps take the correction of the last one [periods]."""

YOUNGEST = 24
"""Values that must stand before an origin [periods]."""

FEWEST_SERIES, FEWEST_ROWS = 100, 5_000
"""A smaller portfolio teaches nothing."""

MOST_SERIES, MOST_ROWS = 2_000, 100_000
"""More series, and then more rows, are thinned evenly."""

SHARE = 0.6
"""Part of the learnt correction that is applied [share]."""

BELIEF, SMALLER = 0.25, 0.97
"""Part of the spread that is read off the portfolio's own errors, and how much smaller the correction makes errors to
come than those of the uncorrected origins [share]; chosen by interval score on rolling origins."""

LARGEST = 1.0
"""A departure is learnt, and applied, up to this [log]."""

FLOOR = 1e-3
"""Logarithms are taken of values of at least this share of the recent mean [share]."""

RECENT = 24
"""Values whose mean is the scale of a series [periods]."""


@dataclass(frozen=True)
class Lesson:
    """What the portfolio taught.

    correction : log of actual over combination expected, from features, shape (rows, features) -> (rows,); None where
        there was too little to learn from
    spread : how far errors reach
    """

    correction: Any
    spread: Spread

    def applied(self, block: Block, parts: Members, mean: Floats, season: int) -> Floats:
        """The combination corrected, shape (horizon, series)."""
        if self.correction is None:
            return mean
        steps = min(len(mean), REACH)
        rows = features(block, parts, mean, season)[:steps]
        said = self.correction.predict(rows.reshape(-1, rows.shape[2])).reshape(steps, -1)
        said = SHARE * np.clip(said, -LARGEST, LARGEST)
        said = np.vstack([said, np.repeat(said[-1:], len(mean) - steps, axis=0)])
        return np.where(mean > 0, mean * np.exp(said), mean)


def classroom(block: Block, ends: Ints | None) -> tuple[Flags, Flags]:
    """Which series teach and which are taught, shapes (series,).

    Parameters
    ----------
    block
        regular series [units]; those with negative values neither teach nor learn
    ends
        running number of each series' last known period; None is no portfolio

    >>> flat = Block(np.ones((40, 101)), np.full(101, 40))
    >>> teachers, taught = classroom(flat, np.r_[np.full(100, 7), 8])
    >>> int(teachers.sum()), int(taught.sum())
    (100, 101)

    """
    series = block.y.shape[1]
    nobody: Flags = np.zeros(series, dtype=bool)
    if ends is None or series < FEWEST_SERIES:
        return nobody, nobody
    able = np.where(block.begun, block.y, 0.0).min(axis=0) >= 0
    periods, count = np.unique(ends[able & (block.lengths >= YOUNGEST + ORIGINS[0])], return_counts=True)
    shared = periods[count >= FEWEST_SERIES]
    if not len(shared):
        return nobody, nobody
    return able & (ends == shared[-1]), able & (ends >= shared[-1])


def lesson(block: Block, seasons: Sequence[int], seed: int, progress: Progress) -> Lesson | None:
    """What the series of a portfolio, all known to its last period, teach; None where they are too few.

    Parameters
    ----------
    block
        regular series that end in the same period, none negative [units]
    seasons
        lengths of season, the main one first [periods]
    seed
        of the learner
    progress
        told how far the past forecasts have come

    """
    old_enough = block.lengths >= YOUNGEST + ORIGINS[0]
    if old_enough.sum() < FEWEST_SERIES:
        return None
    block = block.take(np.arange(len(old_enough)) % -(-len(old_enough) // MOST_SERIES) == 0)
    inputs, targets, errors = [], [], []
    for turn, origin in enumerate(ORIGINS):
        progress("learning from the past of the portfolio", turn / (len(ORIGINS) + 1))
        judged = block.lengths >= YOUNGEST + origin
        if not judged.any():
            break
        whole = block.take(judged)
        steps = min(origin, REACH)
        actual = whole.y[len(whole.y) - origin :][:steps]
        past = Block(whole.y[: len(whole.y) - origin], whole.lengths - origin)
        parts = members(past, seasonally_adjusted(past, steps, seasons), steps, seasons[0])
        ahead = parts.combined()
        floor = _floor(past)
        departure = np.log(np.maximum(actual, floor) / np.maximum(ahead.mean, floor))
        rows = features(past, parts, ahead.mean, seasons[0])
        inputs.append(rows.reshape(-1, rows.shape[2]))
        targets.append(np.clip(departure, -LARGEST, LARGEST).ravel())
        errors.append(_standardised(actual, ahead))
    x, y, standardised = np.vstack(inputs), np.concatenate(targets), np.concatenate(errors)
    progress("learning from the past of the portfolio", len(ORIGINS) / (len(ORIGINS) + 1))
    return Lesson(
        _fitted(x, y, seed) if len(y) >= FEWEST_ROWS else None,
        learnt(standardised, BELIEF).scaled(SMALLER) if len(standardised) >= FEWEST_ROWS else SHIPPED,
    )


def _standardised(actual: Floats, ahead: Prediction) -> Floats:
    """Errors in units of the stated deviation; a forecast that states none is left out."""
    stated = ahead.variance > 0
    return np.asarray((actual - ahead.mean)[stated] / np.sqrt(ahead.variance[stated]))


def _fitted(x: Floats, y: Floats, seed: int) -> Any:
    """Boosted trees on one thread: the same result on every machine."""
    from sklearn.ensemble import HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits

    thin = -(-len(y) // MOST_ROWS)
    model = HistGradientBoostingRegressor(
        loss="absolute_error",
        max_iter=150,
        learning_rate=0.05,
        max_leaf_nodes=16,
        min_samples_leaf=100,
        l2_regularization=1.0,
        max_bins=128,
        early_stopping=False,
        random_state=seed,
    )
    with threadpool_limits(1):
        return model.fit(x[::thin], y[::thin])


def _floor(block: Block) -> Floats:
    recent = np.where(block.begun, np.abs(block.y), 0.0)[-RECENT:]
    return np.asarray(FLOOR * recent.sum(axis=0) / np.minimum(block.lengths, RECENT) + np.finfo(float).tiny)


def features(block: Block, parts: Members, mean: Floats, season: int) -> Floats:
    """What is known at an origin, shape (horizon, series, features); NaN where a history is too short for one.

    Parameters
    ----------
    block
        the series up to the origin [units]
    parts, mean
        what the members and their combination say [units]
    season
        main season [periods]

    """
    horizon, series = mean.shape
    floor = _floor(block)
    logs = np.log(np.maximum(np.where(block.begun, block.y, np.nan), floor))
    ahead = np.log(np.maximum(mean, floor))
    year = season if season > 1 else 12

    def window(first: int, last: int) -> Floats:
        """Mean log of the periods `first` to `last` before the origin, 1 is the last value, shape (series,)."""
        rows = logs[max(len(logs) - last, 0) : len(logs) - first + 1]
        known = ~np.isnan(rows)
        total = np.where(known, rows, 0.0).sum(axis=0)
        return np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), np.nan)

    def years_ago(count: int) -> Floats:
        """Log of the same period `count` years before, shape (horizon, series)."""
        back = count * year - np.arange(horizon) % year
        at = len(logs) - back
        return np.where(at[:, None] >= 0, logs[np.maximum(at, 0)], np.nan)

    level, before = window(1, year), window(year + 1, 2 * year)
    changes = np.diff(logs[-2 * year - 1 :], axis=0)
    known = ~np.isnan(changes)
    count = np.maximum(known.sum(axis=0), 1)
    centre = np.where(known, changes, 0.0).sum(axis=0) / count
    noise = np.sqrt(np.where(known, (changes - centre) ** 2, 0.0).sum(axis=0) / count)
    last, last_year = logs[-1], years_ago(1)
    of_series = [
        noise,
        block.lengths.astype(float),
        level - before,
        last - level,
        window(1, 3) - level,
        window(1, 6) - level,
        years_ago(1)[0] - level if year > horizon else window(year, year) - level,
        last - window(year + 1, year + 1),
    ]
    by_step = [
        np.repeat(np.arange(1.0, horizon + 1)[:, None], series, axis=1),
        *(np.log(np.maximum(part, floor)) - ahead for part in parts.mean),
        ahead - np.log(floor / FLOOR),
        last_year - ahead,
        last - ahead,
        last_year - level,
        years_ago(2) - level,
        last_year - years_ago(2),
    ]
    fixed = [np.repeat(value[None, :], horizon, axis=0) for value in of_series]
    return np.stack([*by_step, *fixed], axis=-1)
