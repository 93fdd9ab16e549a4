"""Dynamic optimised Theta: the theta line and its smoothing chosen together, the trend learnt as time goes on.

Reference: [1] Fiorucci, Pellegrini, Louzada, Petropoulos, Koehler (2016), Models for optimising the theta method, IJF
32, 1151-1161, equations 12 to 16.
"""

from __future__ import annotations

import numpy as np

from sop_xl.demand.forecasting.kernels import fit_theta
from sop_xl.demand.forecasting.kernels.search import Search
from sop_xl.demand.forecasting.smoothing import Block, Floats, Prediction

SEARCH = Search.over(
    ((0.0,), (0.12, 0.3, 0.5, 0.8), (0.0, 0.35, 0.6, 0.85), (0.0,)),
    ((-1.0, 1.0), (0.1, 0.99), (0.0, 0.9), (0.0, 0.0)),
    (0.1, 0.1, 0.15, 0.0),
    12,
)
"""First level, alpha (at least 0.1, which regularises) and 1 - 1 / theta (theta from 1 to 10)."""


def lines(block: Block) -> tuple[Floats, Floats, Floats, Floats]:
    """The least squares line known before each value: intercept and slope, shape (time, series), and at the end.

    Returns intercepts, slopes, and the state after the last value: its slope and mean, shape (series,). The first
    period of a series has number 1; before its first value the line is 0, before its second it is flat.
    """
    rows, series = block.y.shape
    number = np.maximum(np.arange(1, rows + 1)[:, None] - (rows - block.lengths), 0).astype(float)
    y = np.where(number > 0, block.y, 0.0)
    first = np.where(number > 0, block.first, 0.0)
    y = y - first  # sums of differences from the first value lose fewer digits
    count = np.maximum(number, 1.0)
    total = np.cumsum(y, axis=0)
    moment = np.cumsum(number * y, axis=0)
    mean = total / count + first
    room = np.maximum(count * (count**2 - 1), 1.0)
    slope = np.where(number > 1, (12 * moment - 6 * (count + 1) * total) / room, 0.0)
    intercept = mean - (count + 1) / 2 * slope
    before = np.zeros((1, series))
    return (
        np.vstack([before, np.where(number > 0, intercept, 0.0)[:-1]]),
        np.vstack([before, slope[:-1]]),
        slope[-1],
        mean[-1],
    )


def regression(slope: Floats, mean: Floats, y: Floats, age: Floats) -> tuple[Floats, Floats, Floats]:
    """Least squares line updated by the value of period `age` (1 is the first): slope, intercept, mean."""
    new_slope = np.where(age < 2, 0.0, ((age - 2) * slope + 6 * (y - mean) / np.maximum(age, 1.0)) / (age + 1))
    new_mean = mean + (y - mean) / age
    return new_slope, new_mean - (age + 1) / 2 * new_slope, new_mean


def dynamic_theta(block: Block, horizon: int) -> Prediction:
    """Forecast every series, best deseasonalised, by dynamic optimised Theta.

    Parameters
    ----------
    block
        the series [units]
    horizon
        periods ahead

    Source: [1]. The variance grows as that of simple smoothing.

    >>> line = Block(np.arange(20.0)[:, None], np.array([20]))
    >>> dynamic_theta(line, 2).mean.round(1).ravel().tolist()
    [19.9, 20.8]

    """
    intercepts, slopes, slope, mean = lines(block)
    begun = block.begun
    high = np.where(begun, block.y, -np.inf).max(axis=0)
    low = np.where(begun, block.y, np.inf).min(axis=0)
    fit = fit_theta(block, intercepts, slopes, high - low, SEARCH)
    alpha, weight = fit.x[1], fit.x[2]
    level, decay = fit.level, fit.decay
    age = block.lengths.astype(float)
    intercept = mean - (age + 1) / 2 * slope
    out = np.empty((horizon, block.y.shape[1]))
    for step in range(horizon):
        after = decay * (1 - alpha)
        out[step] = level + weight * (decay * intercept + (1 - after) / alpha * slope)
        level = alpha * out[step] + (1 - alpha) * level
        slope, intercept, mean = regression(slope, mean, out[step], age + step + 1.0)
        decay = after
    mse = fit.sse / np.maximum(block.lengths - 5, 1)
    return Prediction(out, mse * (1.0 + alpha**2 * np.arange(horizon)[:, None]))
