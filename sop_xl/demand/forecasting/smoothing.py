"""Blocks of series side by side, and the simple recursions over a whole panel at once.

A `Block` holds many series side by side: time runs down the rows, every series ends in the last row, and the
longest series stand first. So the series that have begun by row `t` are always the first `active[t]` columns, and a
recursion needs one pass over time with plain slices: no masks, no loop over series. Parameters are searched on
grids, all series and all grid points in the same array.

References:
    [1] Hyndman, Koehler, Ord, Snyder (2008), Forecasting with Exponential Smoothing, Springer.
    [2] Teunter, Syntetos, Babai (2011), Intermittent demand: linking forecasting to inventory obsolescence,
        European Journal of Operational Research 214, 606-615.
    [3] Syntetos, Boylan (2005), The accuracy of intermittent demand estimates, IJF 21, 303-314.
    [4] Nikolopoulos et al. (2011), An aggregate-disaggregate intermittent demand approach (ADIDA), JORS 62, 544-554.

"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

LARGEST = 1e100
"""Values of a history beyond this are a mistake and would overflow squares of squares."""

TIE = 1.0 + 1e-9
"""Fits this close are the same fit: the first grid point wins, whatever the rounding of the machine."""


@dataclass(frozen=True)
class Block:
    """Series side by side, right-aligned, longest first.

    y : values, shape (time, series); rows before a series begins are 0 and never read
    lengths : points of each series, shape (series,), descending
    """

    y: Floats
    lengths: Ints

    @property
    def active(self) -> Ints:
        """How many series have begun by each row, shape (time,)."""
        rows = len(self.y)
        return np.searchsorted(-self.lengths, -(rows - np.arange(rows)), side="right").astype(np.int64)

    @property
    def begun(self) -> Flags:
        """Which cells hold values, shape (time, series)."""
        return np.arange(len(self.y))[:, None] >= len(self.y) - self.lengths[None, :]

    @property
    def positive(self) -> Flags:
        """Which series have positive values only, shape (series,)."""
        return np.where(self.begun, self.y > 0, True).all(axis=0).astype(bool)

    @property
    def first(self) -> Floats:
        """First value of each series, shape (series,)."""
        if not self.y.size:
            return np.empty(self.y.shape[1])
        return self.y[len(self.y) - self.lengths, np.arange(self.y.shape[1])]

    @property
    def mean(self) -> Floats:
        """Mean of each series, shape (series,)."""
        return np.asarray(self.y.sum(axis=0) / self.lengths)

    def take(self, columns: NDArray[np.bool_]) -> Block:
        """The chosen series as a block of their own."""
        lengths = self.lengths[columns]
        rows = int(lengths.max(initial=0))
        return Block(self.y[len(self.y) - rows :, columns], lengths)


@dataclass(frozen=True)
class Prediction:
    """Mean and variance of every future period, shapes (horizon, series)."""

    mean: Floats
    variance: Floats


@dataclass(frozen=True)
class Grid:
    """Smoothing parameters to try: level `alpha`, trend `beta`, damping `phi` [shares], shapes (points,)."""

    alpha: Floats
    beta: Floats
    phi: Floats

    @classmethod
    def of(cls, alphas: Sequence[float], ratios: Sequence[float] = (0.0,), phis: Sequence[float] = (0.0,)) -> Grid:
        """Every combination of `alphas`, trend ratios beta / alpha and damping `phis`."""
        alpha, ratio, phi = (a.ravel() for a in np.meshgrid(alphas, ratios, phis, indexing="ij"))
        return cls(alpha, alpha * ratio, phi)


@dataclass(frozen=True)
class Fit:
    """The best grid point of each series: its states and parameters, shapes (series,)."""

    level: Floats
    trend: Floats
    alpha: Floats
    beta: Floats
    phi: Floats
    mse: Floats

    def predict(self, horizon: int) -> Prediction:
        """Mean and variance of the damped-trend model: tables 6.1 and 6.2 in [1]."""
        powers = np.cumprod(np.repeat(self.phi[None, :], horizon, axis=0), axis=0)
        damping = np.cumsum(powers, axis=0)
        mean = self.level + damping * self.trend
        weights = self.alpha + self.beta * damping
        growth = 1.0 + np.vstack([np.zeros_like(self.level), np.cumsum(weights[:-1] ** 2, axis=0)])
        return Prediction(mean, self.mse * growth)


ALPHAS = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99)
SIMPLE = Grid.of(ALPHAS)
HOLT = Grid.of((0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95), (0.02, 0.1, 0.25, 0.5), (1.0,))
DAMPED = Grid.of((0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95), (0.02, 0.1, 0.25, 0.5), (0.8, 0.9, 0.97))


def best(errors: Floats) -> Ints:
    """Grid point of least squared error for each series, ties to the first; errors has shape (points, series)."""
    return np.asarray(np.argmax(errors <= errors.min(axis=0) * TIE, axis=0), dtype=np.int64)


def _pick(values: Floats, chosen: Ints) -> Floats:
    return np.asarray(np.take_along_axis(values, chosen[None, :], axis=0)[0])


def smooth(block: Block, grid: Grid, start: tuple[float, float] | None = None, parameters: int = 2) -> Fit:
    """Additive exponential smoothing with damped trend, the best of a grid for each series.

    One recursion covers simple smoothing (phi = 0), Holt's linear trend (phi = 1) and the damped trend.
    First states come from the same smoothing run backwards over the series (backcasting), unless given.

    Parameters
    ----------
    block
        the series [units]
    grid
        parameters to try
    start
        first level [units] and trend [units/period] of every series; None backcasts
    parameters
        fitted parameters, for the residual degrees of freedom

    Source: equation 3.15 (damped trend) in [1].

    >>> two = Block(np.array([[10.0], [12.0]]), np.array([2]))
    >>> smooth(two, Grid.of((0.5,)), start=(10.0, 0.0)).level
    array([11.])

    """
    shape = (len(grid.alpha), block.y.shape[1])
    alpha, beta, phi = grid.alpha[:, None], grid.beta[:, None], grid.phi[:, None]
    active = block.active
    rows = len(block.y)
    if start is None:
        level = np.repeat(block.y[-1][None, :], shape[0], axis=0)
        trend = np.zeros(shape)
        for t in range(rows - 2, -1, -1):
            k = active[t]
            ahead = phi * trend[:, :k]
            error = block.y[t, :k] - level[:, :k] - ahead
            level[:, :k] += ahead + alpha * error
            trend[:, :k] = ahead + beta * error
        trend = -trend
        level -= phi * trend
    else:
        level, trend = np.full(shape, start[0]), np.full(shape, start[1])
    squares = np.zeros(shape)
    for t in range(rows):
        k = active[t]
        ahead = phi * trend[:, :k]
        error = block.y[t, :k] - level[:, :k] - ahead
        level[:, :k] += ahead + alpha * error
        trend[:, :k] = ahead + beta * error
        squares[:, :k] += error * error
    chosen = best(squares)
    freedom = np.maximum(block.lengths - parameters, 1)
    return Fit(
        _pick(level, chosen),
        _pick(trend, chosen),
        grid.alpha[chosen],
        grid.beta[chosen],
        grid.phi[chosen],
        _pick(squares, chosen) / freedom,
    )


def standard_theta(block: Block, horizon: int) -> Prediction:
    """The Theta method: simple smoothing with drift of half the slope of the whole series.

    Source: Assimakopoulos and Nikolopoulos (2000) in the form of Hyndman and Billah (2003), IJF 19, 287-290.
    """
    fit = smooth(block, SIMPLE)
    n = block.lengths.astype(float)
    age = np.arange(len(block.y))[:, None] - (len(block.y) - n[None, :]) - (n - 1) / 2
    age = np.where(block.begun, age, 0.0)
    slope = (age * block.y).sum(axis=0) / np.maximum((age**2).sum(axis=0), 1.0)
    drift = slope / 2
    steps = np.arange(horizon)[:, None] + (1.0 - (1.0 - fit.alpha) ** n) / fit.alpha
    flat = fit.predict(horizon)
    return Prediction(flat.mean + drift * steps, flat.variance)


def bucketed(block: Block, size: int) -> Block:
    """Means of `size` consecutive periods, counted from the end."""
    rows = len(block.y) // size * size
    coarse = block.y[len(block.y) - rows :].reshape(-1, size, block.y.shape[1]).mean(axis=1)
    lengths = block.lengths // size
    return Block(np.where(np.arange(len(coarse))[:, None] >= len(coarse) - lengths, coarse, 0.0), lengths)


def interpolated(knots: Floats, values: Floats, horizon: int) -> Floats:
    """Straight lines through (knots, values) read at 0, 1, ... horizon - 1; values has shape (knots, series)."""
    steps = np.arange(horizon, dtype=float)
    right = np.clip(np.searchsorted(knots, steps, side="right"), 1, len(knots) - 1)
    share = np.clip((steps - knots[right - 1]) / (knots[right] - knots[right - 1]), 0.0, 1.0)[:, None]
    return np.asarray(values[right - 1] * (1 - share) + values[right] * share)
