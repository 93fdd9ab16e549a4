"""What a month of the year does to each series of a history, where it shows that: for cleaning and for classes.

The judgement is that of the forecast: the regression of `seasonality` with its F test, and indices drawn to neutral.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sop_xl.demand.forecasting.seasonality import LEVEL, Seasons, seasonal_regression
from sop_xl.demand.forecasting.smoothing import Block, Floats

YEAR = 12

ROUNDS = 3
"""Times unknown months are filled with the season they then help to find."""


@dataclass(frozen=True)
class MonthFactors:
    """Demand = base x factor + additive, one of them neutral; shapes (time, series).

    taken : share of the variance of a series without season that its indices take along, shape (series,) [share]
    """

    additive: Floats
    factor: Floats
    taken: Floats

    def removed(self, y: Floats) -> Floats:
        """Demand without its season [units]."""
        return (y - self.additive) / self.factor

    def restored(self, base: Floats) -> Floats:
        """A base with its season [units]."""
        return base * self.factor + self.additive


def month_factors(y: Floats) -> MonthFactors:
    """The season of each series that shows one by the F test; neutral for the others.

    Parameters
    ----------
    y
        months down, series across, NaN where unknown [units]; a series begins with its first known month

    Months not known are filled with the line between their neighbours times the season found, three times over. At
    least two years are needed.

    >>> wave = 100.0 + 40.0 * np.sin(np.arange(36) * np.pi / 6)
    >>> got = month_factors(np.column_stack([wave + np.cos(np.arange(36) * 2.0), np.full(36, 5.0)]))
    >>> got.factor[3].round(1).tolist()
    [1.4, 1.0]

    """
    rows, series = y.shape
    known = ~np.isnan(y)
    lengths = np.where(known.any(axis=0), rows - known.argmax(axis=0), 0)
    found = _neutral(rows, series)
    long = np.flatnonzero(lengths >= 2 * YEAR)
    if not len(long):
        return found
    order = long[np.argsort(-lengths[long], kind="stable")]
    known, lengths = known[:, order], lengths[order].astype(np.int64)
    begun = np.arange(rows)[:, None] >= rows - lengths
    part = _neutral(rows, len(order))
    for _ in range(ROUNDS if (begun & ~known).any() else 1):
        filled = np.where(known, y[:, order], part.restored(_on_a_line(part.removed(y[:, order]), known)))
        part = _fitted(Block(np.where(begun, filled, 0.0), lengths))
    found.additive[:, order], found.factor[:, order], found.taken[order] = part.additive, part.factor, part.taken
    return found


def _neutral(rows: int, series: int) -> MonthFactors:
    return MonthFactors(np.zeros((rows, series)), np.ones((rows, series)), np.zeros(series))


def _fitted(block: Block) -> MonthFactors:
    fit = seasonal_regression(block, YEAR)
    weight = np.where(fit.p_value < LEVEL, fit.weight, 0.0)
    seasons: Seasons = fit.indices.shrunk(weight)
    phase = np.arange(len(block.y), 0, -1) % YEAR
    return MonthFactors(seasons.additive[phase], seasons.factor[phase], weight * (YEAR - 1) / block.lengths)


def _on_a_line(y: Floats, known: NDArray[np.bool_]) -> Floats:
    """Unknown months between known ones on a line, those after the last one as it; those before the first stay."""
    rows = len(y)
    row = np.arange(rows)[:, None]
    before = np.maximum.accumulate(np.where(known, row, 0), axis=0)
    after = np.minimum.accumulate(np.where(known, row, rows)[::-1], axis=0)[::-1]
    after = np.where(after == rows, before, after)
    columns = np.arange(y.shape[1])
    low, high = y[before, columns], y[after, columns]
    return np.asarray(low + (high - low) * (row - before) / np.maximum(after - before, 1))
