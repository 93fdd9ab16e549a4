"""Seasons borrowed from a group: what the series of a group share, lent to those too young to show it.

A total mixes two things: the season, and series that start and end. A launch each July lifts the total each July and
says nothing of the season of a series in it. So a group's indices come from within its series: demand of a series in
a month is its level in that year of its life times the index of the month, levels and indices by Poisson maximum
likelihood, which alternating proportions reach [4]. A new model year is a new level, not a season. Whether there is
a season is then judged by the regression of `seasonality` on the group's total over the sum of those levels.

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

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sop_xl.demand.combination import demand_pattern
from sop_xl.demand.seasonality import LEVEL, RECENT, SMALLEST, seasonal_regression
from sop_xl.demand.smoothing import Block, Floats, Ints

SWEEPS = 200
"""Alternations of levels and indices at most."""

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
    lends: NDArray[np.bool_]

    def at(self, number: Ints, group: Ints) -> Floats:
        """Factor of each series in each period; shapes (time, series) and (series,)."""
        return self.factor[number % len(self.factor), group]


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
    last = np.full(groups, np.iinfo(np.int64).min)
    np.maximum.at(last, group, ends)
    number = ends[None, :] - np.arange(len(block.y) - 1, -1, -1)[:, None]
    age = last[group] - number
    alive = _alive(block) & (age < RECENT * season)
    row, column = np.nonzero(alive)
    age, phase, owner, y = age[row, column], number[row, column] % season, group[column], block.y[row, column]
    # a level for each whole year of a life; a last part of a year belongs to the year before
    life = alive.sum(axis=0)
    place = alive.cumsum(axis=0)[row, column] - 1
    year = np.minimum(place // season, np.maximum(life // season - 1, 0)[column])
    level = year * len(life) + column
    factor, levels = _within(y, phase, owner, level, (season, groups))
    reach = np.zeros(groups, dtype=np.int64)
    np.maximum.at(reach, owner, age + 1)
    rows = int(reach.max(initial=0))
    shape = (rows, groups)
    total, base = _sums(y, age, owner, shape), _sums(levels[level], age, owner, shape)
    ratio = np.divide(total, base, out=np.ones(shape), where=base > 0)[::-1]
    ratio[np.arange(rows)[:, None] < rows - reach] = 0.0
    order = np.argsort(-reach, kind="stable")
    fit = seasonal_regression(Block(ratio[:, order], reach[order]), season)
    back = np.argsort(order)
    weight = np.minimum(fit.weight[back], 1.0)
    multiplies = (fit.indices.additive == 0).all(axis=0)[back] & (factor.min(axis=0) > SMALLEST)
    lends = (fit.p_value[back] < LEVEL) & multiplies
    error = factor.var(axis=0) * weight * (1.0 - weight)
    shrunk = 1.0 + (factor - 1.0) * weight
    return GroupSeasons(np.where(lends, shrunk, 1.0), np.where(lends, error, 0.0), lends)


def _alive(block: Block) -> NDArray[np.bool_]:
    """Which cells lie in the life of their series, shape (time, series)."""
    pattern = demand_pattern(block)
    after = np.where(pattern.run > pattern.longest_gap, pattern.run, 0)
    rows = len(block.y)
    return block.begun & (np.arange(rows)[:, None] < rows - after)


def _sums(values: Floats, row: Ints, column: Ints, shape: tuple[int, int]) -> Floats:
    """Sums of `values` by row and column."""
    return np.bincount(row * shape[1] + column, weights=values, minlength=shape[0] * shape[1]).reshape(shape)


def _within(y: Floats, phase: Ints, owner: Ints, level: Ints, shape: tuple[int, int]) -> tuple[Floats, Floats]:
    """Indices by phase and group (mean 1) and levels, whose products have the sums of y by either."""
    demand, by_phase = np.bincount(level, weights=y), _sums(y, phase, owner, shape)
    factor = np.ones(shape)
    levels = np.zeros(len(demand))
    for _ in range(SWEEPS):
        exposure = np.bincount(level, weights=factor[phase, owner])
        levels = np.divide(demand, exposure, out=np.zeros(len(demand)), where=exposure > 0)
        base = _sums(levels[level], phase, owner, shape)
        new = np.divide(by_phase, base, out=np.ones(shape), where=base > 0)
        new /= np.maximum(new.mean(axis=0), np.finfo(float).tiny)
        change = np.abs(new - factor).max(initial=0.0)
        factor = new
        if change < SETTLED:
            break
    return factor, levels
