"""The recursions of `kernels.c` in numpy, for machines without the compiled kernels: the same bits, only slower.

Arrays have shape (LANES, series) or (series,); all series of a block move through time together. Every line does the
same operations in the same order as its line in C; where something is changed, it is changed in both.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sop_xl.demand.forecasting.kernels.fits import CesFit, EtsFit, ThetaFit
from sop_xl.demand.forecasting.kernels.search import DIMS, LANES, Search
from sop_xl.demand.forecasting.smoothing import Block, Floats

WORST = 1e300
SMALL = 1e-8
RENORM = 16
LN2 = 0.69314718055994531


def ln(x: Floats) -> Floats:
    """Natural logarithm from exact operations only, so that every machine gives the same.

    >>> bool(abs(ln(np.array([2.0]))[0] - np.log(2.0)) < 1e-15)
    True
    """
    m, e = np.frexp(x)
    low = m < 0.70710678118654752
    m = np.where(low, m * 2.0, m)
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    p = np.full_like(z, 1.0 / 21.0)
    for i in range(19, 0, -2):
        p = p * z + 1.0 / i
    return np.asarray(2.0 * s * p + (e - low) * LN2)


def _larger(a: Floats, floor: float) -> Floats:
    return np.where(a > floor, a, floor)


Loss = Callable[[Floats], Floats]
"""From the parameters of eight candidates, shape (DIMS, LANES, series), to what is to be small, (LANES, series)."""


def _search(loss: Loss, how: Search, series: int) -> Floats:
    """The best parameters, shape (DIMS, series); the states are left as the best leaves them."""
    best = np.zeros((DIMS, series))
    step = np.repeat(how.step[:, None], series, axis=1)
    least = np.full(series, np.inf)
    columns = np.arange(series)
    for points in how.grid:
        x = np.repeat(points[:, :, None], series, axis=2)
        best, least, _ = _better(loss(x), x, best, least, columns)
    for _ in range(how.rounds):
        x = best[:, None, :] + step[:, None, :] * how.direction[:, :, None]
        lower, upper = how.lower[:, None, None], how.upper[:, None, None]
        x = np.where(x < lower, lower, np.where(x > upper, upper, x))
        best, least, won = _better(loss(x), x, best, least, columns)
        step = np.where(won, step, step * 0.5)
    loss(np.repeat(best[:, None, :], LANES, axis=1))
    return best


def _better(
    f: Floats, x: Floats, best: Floats, least: Floats, columns: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> tuple[Floats, Floats, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    lane = np.argmin(f, axis=0)
    found = f[lane, columns]
    won = found < least
    return np.where(won, x[:, lane, columns], best), np.where(won, found, least), won


class _Ets:
    """One form of exponential smoothing over a block: `loss` runs it forward, backward and forward again."""

    def __init__(self, block: Block, season: int, form: int, level: Floats, trend: Floats, seasonal: Floats) -> None:
        self.block, self.active, self.m = block, block.active, season
        self.error, self.trended, self.kind = form // 9, form // 3 % 3, form % 3
        self.start = level, trend, seasonal
        shape = (LANES, block.y.shape[1])
        self.level, self.trend, self.sse, self.logs = np.zeros((4, *shape))
        self.season = np.zeros((season, *shape))

    def loss(self, given: Floats) -> Floats:
        """What is to be small: squared errors, or twice the negative log likelihood where errors are relative."""
        x = given.copy()
        x[1] = given[1] * given[0] if self.trended else 0.0
        x[2] = given[2] * (1.0 - given[0]) if self.kind else 0.0
        x[3] = given[3] if self.trended == 2 else 1.0
        level, trend, seasonal = self.start
        self.level[:] = level
        self.trend[:] = trend if self.trended else 0.0
        if self.kind:
            self.season[:] = seasonal[:, None, :]
        self._run(x, backwards=False, judge=False)
        self.trend = -self.trend
        self._run(x, backwards=True, judge=False)
        self.trend = -self.trend
        self._run(x, backwards=False, judge=True)
        loss = self.sse
        if self.error:
            n = self.block.lengths.astype(float)
            loss = n * ln(self.sse / n + 1e-300) + 2.0 * self.logs
        return np.where(loss < WORST, loss, WORST)

    def _run(self, x: Floats, *, backwards: bool, judge: bool) -> None:
        y, rows, m = self.block.y, len(self.block.y), self.m
        shape = self.level.shape
        sse, product, exponent = np.zeros(shape), np.ones(shape), np.zeros(shape, dtype=np.int64)
        for t in range(rows - 1, -1, -1) if backwards else range(rows):
            k = self.active[t]
            a, b, base = x[0, :, :k], self.trend[:, :k], self.level[:, :k]
            drift = None
            if self.trended:
                drift = x[3, :, :k] * b if self.trended == 2 else b
                base = base + drift
            s = self.season[(rows - t) % m, :, :k]
            mu = base if self.kind == 0 else base + s if self.kind == 1 else base * s
            e = y[t, :k] - mu
            if judge and self.error:
                m1 = _larger(mu, SMALL)
                r = e / m1
                sse[:, :k] = sse[:, :k] + r * r
                product[:, :k] = product[:, :k] * m1
                # every series counts its own steps
                due = (self.block.lengths[:k] - rows + t) % RENORM == RENORM - 1
                part, power = np.frexp(product[:, :k])
                product[:, :k] = np.where(due, part, product[:, :k])
                exponent[:, :k] = exponent[:, :k] + np.where(due, power, 0)
            elif judge:
                sse[:, :k] = sse[:, :k] + e * e
            d = e
            if self.kind == 2:
                d = e / _larger(s, SMALL)
                new = s + x[2, :, :k] * (e / _larger(base, SMALL))
                self.season[(rows - t) % m, :, :k] = new
            elif self.kind == 1:
                self.season[(rows - t) % m, :, :k] = s + x[2, :, :k] * e
            self.level[:, :k] = base + a * d
            if drift is not None:
                self.trend[:, :k] = drift + x[1, :, :k] * d
        if judge:
            self.sse = sse
            self.logs = ln(product) + exponent.astype(float) * LN2 if self.error else np.zeros(shape)


def fit_ets(
    block: Block, season: int, form: int, level: Floats, trend: Floats, seasonal: Floats, how: Search
) -> EtsFit:
    """Fit one form to every series of a block; see `kernels.fit_ets`."""
    with np.errstate(all="ignore"):
        model = _Ets(block, season, form, level, trend, seasonal)
        x = _search(model.loss, how, block.y.shape[1])
    states = model.season[:, 0] if model.kind else np.zeros((season, block.y.shape[1]))
    return EtsFit(x, model.level[0], model.trend[0], states, model.sse[0], model.logs[0])


class _Ces:
    """One kind of complex exponential smoothing over a block."""

    def __init__(self, block: Block, season: int, kind: int, start: Floats) -> None:
        self.block, self.active, self.m, self.kind, self.start = block, block.active, season, kind, start
        shape = (season, LANES, block.y.shape[1])
        self.level, self.potential, self.season, self.other = (np.zeros(shape) for _ in range(4))
        self.sse = np.zeros(shape[1:])

    def loss(self, x: Floats) -> Floats:
        """Squared errors after running forward, backward and forward again."""
        for states, first in zip((self.level, self.potential, self.season, self.other), self.start, strict=True):
            states[:] = first[:, None, :]
        for backwards in (False, True, False):
            self._run(x, backwards=backwards)
        return np.where(self.sse < WORST, self.sse, WORST)

    def _run(self, x: Floats, *, backwards: bool) -> None:
        y, rows = self.block.y, len(self.block.y)
        self.sse = np.zeros(self.sse.shape)
        for t in range(rows - 1, -1, -1) if backwards else range(rows):
            k = self.active[t]
            phase = (rows - t) % self.m
            j = phase if self.kind == 1 else 0
            a0, a1, b0, b1 = (x[d, :, :k] for d in range(DIMS))
            level, c = self.level[j, :, :k].copy(), self.potential[j, :, :k].copy()
            s, o = self.season[phase, :, :k].copy(), self.other[phase, :, :k].copy()
            e = y[t, :k] - (level + s if self.kind >= 2 else level)
            self.sse[:, :k] = self.sse[:, :k] + e * e
            self.level[j, :, :k] = level - (1.0 - a1) * c + (a0 - a1) * e
            self.potential[j, :, :k] = level + (1.0 - a0) * c + (a0 + a1) * e
            if self.kind == 2:
                self.season[phase, :, :k] = s + b0 * e
            elif self.kind == 3:
                self.season[phase, :, :k] = s - (1.0 - b1) * o + (b0 - b1) * e
                self.other[phase, :, :k] = s + (1.0 - b0) * o + (b0 + b1) * e


def fit_ces(block: Block, season: int, kind: int, start: Floats, how: Search) -> CesFit:
    """Fit one kind of complex exponential smoothing to every series of a block; see `kernels.fit_ces`."""
    with np.errstate(all="ignore"):
        model = _Ces(block, season, kind, start)
        x = _search(model.loss, how, block.y.shape[1])
    states = np.array([model.level[:, 0], model.potential[:, 0], model.season[:, 0], model.other[:, 0]])
    return CesFit(x, states, model.sse[0])


class _Theta:
    """Dynamic optimised Theta over a block, given the least squares line known before each value."""

    def __init__(self, block: Block, intercept: Floats, slope: Floats, reach: Floats) -> None:
        self.block, self.active = block, block.active
        self.intercept, self.slope, self.reach = intercept, slope, reach
        self.level, self.decay, self.sse = np.zeros((3, LANES, block.y.shape[1]))

    def loss(self, x: Floats) -> Floats:
        """Squared errors from the third value on."""
        rows = len(self.block.y)
        shape = self.level.shape
        level = self.block.first + x[0] * self.reach
        decay, sse = np.ones(shape), np.zeros(shape)
        keep, inverse = 1.0 - x[1], 1.0 / x[1]
        for t in range(rows):
            k = self.active[t]
            y, p = self.block.y[t, :k], decay[:, :k]
            p2 = p * keep[:, :k]
            line = p * self.intercept[t, :k] + (1.0 - p2) * inverse[:, :k] * self.slope[t, :k]
            e = y - (level[:, :k] + x[2, :, :k] * line)
            counts = self.block.lengths[:k] - rows + t >= 2
            sse[:, :k] = np.where(counts, sse[:, :k] + e * e, sse[:, :k])
            level[:, :k] = x[1, :, :k] * y + keep[:, :k] * level[:, :k]
            decay[:, :k] = p2
        self.level, self.decay, self.sse = level, decay, sse
        return np.where(sse < WORST, sse, WORST)


def fit_theta(block: Block, intercept: Floats, slope: Floats, reach: Floats, how: Search) -> ThetaFit:
    """Fit dynamic optimised Theta to every series of a block; see `kernels.fit_theta`."""
    with np.errstate(all="ignore"):
        model = _Theta(block, intercept, slope, reach)
        x = _search(model.loss, how, block.y.shape[1])
    return ThetaFit(x, model.level[0], model.decay[0], model.sse[0])
