"""Methods for demand with many empty months: Croston, SBA, TSB and ADIDA, over a whole panel at once.

References: [2], [3], [4] of `smoothing`; [5] Croston (1972), Forecasting and stock control for intermittent demands,
Operational Research Quarterly 23, 289-303.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sop_xl.demand.forecasting.smoothing import SIMPLE, Block, Floats, best, bucketed, smooth

CROSTON_ALPHA = 0.1
"""Smoothing constant that the literature recommends for sizes and intervals [share]."""

TSB_ALPHAS = (0.05, 0.1, 0.2, 0.3, 0.5)
TSB_BETAS = (0.02, 0.05, 0.1, 0.2, 0.3)


def croston(block: Block, alpha: float = CROSTON_ALPHA) -> Floats:
    """Demand a period by Croston: smoothed size of a demand over smoothed interval between demands.

    Parameters
    ----------
    block
        demand [units]
    alpha
        smoothing constant of sizes and intervals [share]

    Returns the forecast of every later period, shape (series,) [units/period]. Source: [5]. The first size is
    that of the first demand, the first interval the wait for it, or, where the series begins with a demand, the
    interval to the second; a single demand is spread over the series, and no demand at all gives 0.

    >>> croston(Block(np.array([[4.0], [0.0], [6.0]]), np.array([3])), alpha=0.5)
    array([2.5])

    """
    series = block.y.shape[1]
    size, interval, gap, demands = np.zeros((4, series))
    for t, k in enumerate(block.active):
        y = block.y[t, :k]
        seen = y != 0
        first = seen & (demands[:k] == 0)
        gap[:k] += 1
        told = seen & ~(first & (gap[:k] == 1))
        interval[:k] += np.where(told, np.where(interval[:k] == 0, 1.0, alpha) * (gap[:k] - interval[:k]), 0.0)
        size[:k] += np.where(seen, np.where(first, 1.0, alpha) * (y - size[:k]), 0.0)
        gap[:k] = np.where(seen, 0, gap[:k])
        demands[:k] += seen
    return np.asarray(size / np.where(demands > 1, interval, block.lengths))


def sba(block: Block, alpha: float = CROSTON_ALPHA) -> Floats:
    """Croston times (1 - alpha / 2), which takes away its bias: equation 9 in [3] of `smoothing`."""
    return (1 - alpha / 2) * croston(block, alpha)


def tsb(block: Block, alphas: Sequence[float] = TSB_ALPHAS, betas: Sequence[float] = TSB_BETAS) -> Floats:
    """Smoothed size of a demand x smoothed chance of one, by Teunter, Syntetos and Babai, shape (series,).

    Parameters
    ----------
    block
        demand [units]
    alphas, betas
        smoothing constants of size and chance to try [share]; the best pair of each series is taken

    The chance of demand falls with every empty period, so that a dying item's forecast dies with it. First size and
    chance are the means of the series. Source: equation 5 in [2] of `smoothing`.

    >>> tsb(Block(np.array([[4.0], [0.0]]), np.array([2])), alphas=(0.5,), betas=(0.2,))
    array([1.92])

    """
    alpha, beta = (a.ravel()[:, None] for a in np.meshgrid(alphas, betas, indexing="ij"))
    demands = np.count_nonzero(block.y, axis=0)
    size = np.repeat((block.y.sum(axis=0) / np.maximum(demands, 1))[None, :], len(alpha), axis=0)
    chance = np.repeat((demands / block.lengths)[None, :], len(alpha), axis=0)
    squares = np.zeros_like(size)
    for t, k in enumerate(block.active):
        y = block.y[t, :k]
        seen = y != 0
        error = y - size[:, :k] * chance[:, :k]
        squares[:, :k] += error * error
        size[:, :k] += np.where(seen, alpha * (y - size[:, :k]), 0.0)
        chance[:, :k] += beta * (seen - chance[:, :k])
    chosen = best(squares)[None, :]
    return np.asarray(np.take_along_axis(size * chance, chosen, axis=0)[0])


def adida(block: Block) -> Floats:
    """Simple smoothing of means over buckets as long as the usual gap of demands, (series,): [4] of `smoothing`."""
    demands = np.count_nonzero(block.y, axis=0)
    wanted = np.rint(block.lengths / np.maximum(demands, 1)).astype(np.int64)
    size = np.clip(wanted, 1, np.maximum(block.lengths // 2, 1))
    out = np.zeros(block.y.shape[1])
    for bucket in np.unique(size):
        chosen = size == bucket
        out[chosen] = smooth(bucketed(block.take(chosen), int(bucket)), SIMPLE).level
    return out


def moving_average(block: Block, window: int) -> Floats:
    """Mean of the last `window` periods, or of all there are, shape (series,)."""
    return np.asarray(block.y[-window:].sum(axis=0) / np.minimum(block.lengths, window))
