"""Seasons borrowed from a group: what the series of a group share, lent to those too young to show it.

A total mixes two things: the season, and series that start and end. A launch each July lifts the total each July and
says nothing of the season of a series in it. So a group's indices come from within its series: demand of a series in
a month is its level in that year of its life, times the growth usual in the group, times the index of the month.
Levels and indices are of Poisson maximum likelihood, which alternating proportions reach [4]. A new model year is a
new level, not a season. Whether there is a season is then judged by the regression of `seasonality` on the group's
total over the sum of those levels.

References:
    [1] Withycombe (1989), Forecasting with combined seasonal indices, International Journal of Forecasting 5, 547-552.
    [2] Dekker, van Donselaar, Ouwehand (2004), How to use aggregation and combined forecasting to improve seasonal
        demand forecasts, International Journal of Production Economics 90, 151-167.
    [3] Miller, Williams (2003), Shrinkage estimators of time series seasonal factors and their effect on forecasting
        accuracy, International Journal of Forecasting 19, 669-684.
    [4] Deming, Stephan (1940), On a least squares adjustment of a sampled frequency table when the expected marginal
        totals are known, Annals of Mathematical Statistics 11, 427-444.

"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sop_xl.demand.forecasting.combination import Combination, combine, demand_pattern
from sop_xl.demand.forecasting.seasonality import LEVEL, RECENT, SMALLEST, seasonal_regression
from sop_xl.demand.forecasting.smoothing import Block, Flags, Floats, Ints, Prediction
from sop_xl.demand.panels.panel import Panel
from sop_xl.errors import InputError

NAME = ", season of its group"
"""What the name of a method ends with where the season is borrowed."""

SWEEPS = 200
"""Alternations of levels and indices at most."""

STEEPEST = 2.0
"""Growth from one year of a life to the next, or decline, beyond which it is no trend but a step [ratio]."""

SETTLED = 1e-9
"""Change of an index at which they have settled [share]."""


@dataclass(frozen=True)
class GroupSeasons:
    """Seasons that groups lend.

    factor : shrunk index by running number of the period modulo the season, shape (season, groups) [share];
        1 where the group shows no season
    error : variance of an index, shape (groups,) [share^2]
    lends : whether the group shows a season, shape (groups,)
    """

    factor: Floats
    error: Floats
    lends: Flags

    def at(self, number: Ints, group: Ints) -> Floats:
        """Factor of each series in each period; shapes (time, series) and (series,)."""
        return self.factor[number % len(self.factor), group]


def borrow(
    panel: Panel, horizon: int, seasons: Sequence[int], groups: Mapping[str, str], without: Flags
) -> tuple[Flags, Combination]:
    """Forecast, with the season of their group taken out and put back, the series whose group shows one.

    Parameters
    ----------
    panel
        every series, lenders and borrowers
    horizon
        periods ahead
    seasons
        lengths of season, the one to borrow first [periods]; the others are still looked for
    groups
        name of the group by `unique_id`; "" or absent is none. A series with negative values has no group.
    without
        series without a season of their own, shape (series,)

    Returns which series borrow, and their forecast; its variance counts the error of the indices.

    Raises
    ------
    InputError : a group is given to a series without history.

    """
    unknown = [name for name in groups if name not in panel.ids]
    if unknown:
        raise InputError(f"a group is given to {unknown[0]!r}, which has no history")
    named = np.array([groups.get(name, "") for name in panel.ids], dtype=object)
    inside = (named != "") & panel.nonnegative
    borrowers = np.zeros(len(named), dtype=bool)
    ends = panel.last - panel.waiting
    group = np.unique(named[inside].astype(str), return_inverse=True)[1]
    block = panel.block
    if not without.any() or not len(group) or seasons[0] < 2:
        return borrowers, combine(block.take(borrowers), horizon, seasons)
    members = block.take(inside)
    found = group_seasons(Block(members.y * panel.scale[inside], members.lengths), ends[inside], group, seasons[0])
    borrowers[inside] = found.lends[group] & without[inside]
    group = group[borrowers[inside]]
    part, end = block.take(borrowers), ends[borrowers]
    past = end - np.arange(len(part.y) - 1, -1, -1)[:, None]
    rest = combine(Block(part.y / found.at(past, group), part.lengths), horizon, seasons[1:] or (1,))
    factor = found.at(end + 1 + np.arange(horizon)[:, None], group)
    mean = rest.prediction.mean
    variance = rest.prediction.variance * factor**2 + found.error[group] * mean**2
    return borrowers, Combination(Prediction(mean * factor, variance), rest.empty, rest.method + NAME, rest.spread)


def group_seasons(block: Block, ends: Ints, group: Ints, season: int) -> GroupSeasons:
    """The season each group shows.

    Parameters
    ----------
    block
        the series, none negative, in one unit [units]
    ends
        running number of each series' last period, shape (series,)
    group
        number of each series' group from 0, shape (series,)
    season
        length of the season, 2 or more [periods]

    A series counts from its first demand to its last one where the empty periods after it are more than any gap
    before, else to its end. At most the last `RECENT` seasons of a group are looked at; a group shorter than two
    seasons, one that the F test does not call seasonal, or one with periods next to nothing lends none. Indices are
    drawn towards 1 as in [3].

    >>> months, launch = np.arange(36), np.arange(3) * 12
    >>> wave = 1.0 + 0.4 * np.sin(months * np.pi / 6)
    >>> y = np.where(months[::-1, None] < [36, 24, 12], wave[:, None] * 40.0 * (1 + np.arange(3)), 0.0)
    >>> got = group_seasons(Block(y, np.array([36, 24, 12])), np.full(3, 35), np.zeros(3, dtype=int), 12)
    >>> got.factor[[0, 3, 9], 0].round(2), got.lends.tolist()
    (array([1. , 1.4, 0.6]), [True])

    """
    groups = int(group.max()) + 1
    cells = _cells(block, ends, group, season)
    _, levels = _within(cells, np.ones(len(cells.y)), (season, groups))
    tilt = np.exp(_growth(cells, levels, groups)[cells.group] * cells.place)
    factor, levels = _within(cells, tilt, (season, groups))
    ratio, order = _over_levels(cells, levels[cells.level] * tilt, groups)
    fit, back = seasonal_regression(ratio, season), np.argsort(order)
    multiplies = (fit.indices.additive == 0).all(axis=0)[back] & (factor.min(axis=0) > SMALLEST)
    lends = (fit.p_value[back] < LEVEL) & multiplies
    weight = np.where(lends, fit.weight[back], 0.0)
    # variance of the estimated indices x weight is that of the true ones; what stays unknown of these is (1 - weight)
    return GroupSeasons(1.0 + (factor - 1.0) * weight, factor.var(axis=0) * weight * (1.0 - weight), lends)


@dataclass(frozen=True)
class _Cells:
    """Every period of every life, shapes (cells,): demand, phase, age from the group's last period [periods], group.

    level : number of the series' year of life; a last part of a year belongs to the year before
    place : period within that year, from its middle [periods]
    middle, series : of each level, shapes (levels,): its middle from the start of life [periods], and its series
    """

    y: Floats
    phase: Ints
    age: Ints
    group: Ints
    level: Ints
    place: Floats
    middle: Floats
    series: Ints


def _cells(block: Block, ends: Ints, group: Ints, season: int) -> _Cells:
    rows = len(block.y)
    pattern = demand_pattern(block)
    after = np.where(pattern.run > pattern.longest_gap, pattern.run, 0)
    last = np.full(int(group.max()) + 1, np.iinfo(np.int64).min)
    np.maximum.at(last, group, ends)
    number = ends - np.arange(rows - 1, -1, -1)[:, None]
    age = last[group] - number
    alive = block.begun & (np.arange(rows)[:, None] < rows - after) & (age < RECENT * season)
    column, row = np.nonzero(alive.T)
    place = (alive.cumsum(axis=0) - 1)[row, column]
    year = np.minimum(place // season, np.maximum(alive.sum(axis=0) // season - 1, 0)[column])
    starts = np.append(True, (np.diff(column) != 0) | (np.diff(year) != 0))[: len(row)]
    level = np.cumsum(starts) - 1
    middle = np.bincount(level, weights=place) / np.bincount(level)
    phase = number[row, column] % season
    centred = place - middle[level]
    return _Cells(block.y[row, column], phase, age[row, column], group[column], level, centred, middle, column[starts])


def _sums(values: Floats, row: Ints, column: Ints, shape: tuple[int, int]) -> Floats:
    """Sums of `values` by row and column."""
    sums = np.bincount(row * shape[1] + column, weights=values, minlength=shape[0] * shape[1])
    return np.asarray(sums.reshape(shape), dtype=np.float64)


def _within(cells: _Cells, tilt: Floats, shape: tuple[int, int]) -> tuple[Floats, Floats]:
    """Indices by phase and group (mean 1) and levels: level x tilt x index has the sums of y by level and by phase."""
    demand, by_phase = np.bincount(cells.level, weights=cells.y), _sums(cells.y, cells.phase, cells.group, shape)
    factor, levels = np.ones(shape), np.zeros(len(demand))
    for _ in range(SWEEPS):
        exposure = np.bincount(cells.level, weights=tilt * factor[cells.phase, cells.group])
        levels = np.divide(demand, exposure, out=np.zeros(len(demand)), where=exposure > 0)
        base = _sums(levels[cells.level] * tilt, cells.phase, cells.group, shape)
        new = np.divide(by_phase, base, out=np.ones(shape), where=base > 0)
        new /= np.maximum(new.mean(axis=0), np.finfo(float).tiny)
        change = np.abs(new - factor).max(initial=0.0)
        factor = new
        if change < SETTLED:
            break
    return factor, levels


def _growth(cells: _Cells, levels: Floats, groups: int) -> Floats:
    """Growth of each group's lasting series a period: median from year to year of life, weighted by level [log]."""
    lasts = (np.diff(cells.series) == 0) & (levels[:-1] > 0)
    before, after = levels[:-1][lasts], levels[1:][lasts]
    with np.errstate(over="ignore"):  # clipped
        rise = np.log(np.clip(after / before, 1.0 / STEEPEST, STEEPEST)) / np.diff(cells.middle)[lasts]
    owner = np.zeros(len(levels), dtype=np.int64)
    owner[cells.level] = cells.group
    owner = owner[:-1][lasts]
    order = np.lexsort((rise, owner))
    rise, before, owner = rise[order], before[order], owner[order]
    whole = np.bincount(owner, weights=before, minlength=groups)
    upper = np.cumsum(before) - (np.cumsum(whole) - whole)[owner] >= 0.5 * whole[owner]
    found, first = np.unique(owner[upper], return_index=True)
    growth = np.zeros(groups)
    growth[found] = rise[upper][first]
    return growth


def _over_levels(cells: _Cells, expected: Floats, groups: int) -> tuple[Block, Ints]:
    """Demand of each group over what its levels say without season, longest first, and the order of the groups."""
    reach = np.zeros(groups, dtype=np.int64)
    np.maximum.at(reach, cells.group, cells.age + 1)
    rows = int(reach.max())
    shape = (rows, groups)
    base = _sums(expected, cells.age, cells.group, shape)
    demand = _sums(cells.y, cells.age, cells.group, shape)
    ratio = np.divide(demand, base, out=np.ones(shape), where=base > 0)
    order = np.argsort(-reach, kind="stable")
    begun = np.arange(rows)[:, None] < reach
    return Block(np.where(begun, ratio, 0.0)[::-1, order], reach[order]), order
