"""The mean of intermittent and lumpy demand: each item's own record, and what the portfolio knows of items like it.

Demand in a period is taken as a chance of a demand times its size. A single sparse record says little of its chance,
so the chance is drawn to that of the portfolio, as far as chances differ no more than luck makes them differ
(empirical Bayes). The level and the trend of the whole then follow the portfolio, where luck averages out. The more
series lie side by side, the more the portfolio is believed; one series alone stands for itself.

References:
    [1] Croston (1972), Forecasting and stock control for intermittent demands, ORQ 23, 289-303.
    [2] Casella (1985), An introduction to empirical Bayes data analysis, The American Statistician 39, 83-87.
    [3] Kleinman (1973), Proportions with extraneous variance: single and independent samples, JASA 68, 46-54.
    [4] Gardner, McKenzie (1985), Forecasting trends in time series, Management Science 31, 1237-1246.

"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sop_xl.demand.forecasting.smoothing import Block, Flags, Floats, Prediction

INTERMITTENT = "intermittent mean"
"""Name of the method."""

GAPS = 1.05
"""Mean interval between demands from which this mean was the better one on spare parts [periods]."""

SHORT, NOISE = 24, 0.1
"""Shorter records [periods] show no trend if half its squared changes are this share of its mean squared."""

DOZEN = 12
"""Demands after which an empty end tells of an item that has ended and not of gaps; periods for which one is new."""

MEMORIES = (0.02, 0.05, 0.1, 0.2)
"""Smoothing constants of the chance of a demand to weigh [share]."""

SIZE_MEMORY = 0.03
"""Smoothing constant of the size of a demand [share]."""

LEVEL_MEMORY = 0.15
"""Smoothing constant of the level of the whole portfolio [share]."""

HALF_POOLED = 30
"""With so many series besides it, a series is judged half by itself and half by the portfolio."""

BELIEF = (0.5, 100.0)
"""Least and most periods of evidence that the portfolio's chance is worth [periods]."""

PRIOR, PRIOR_BELIEF = 0.3, 0.5
"""Chance of a demand where there is no portfolio [share], and the periods of evidence that it is worth [periods]."""

QUIET, FADE = 24, 0.95
"""After so many periods without demand [periods], the pull of the portfolio fades by this factor a period [share]."""

SPREAD, SPREAD_BELIEF = 0.5, 10.0
"""Squared coefficient of variation of sizes of which nothing is known, and the demands it is worth."""

LAUNCH, MISSED = 6, 3.0
"""Empty periods before the first demand are not counted, the item was not yet on sale, if there are so many [periods]
and so many demands would have been due in them at the pace since."""

DOUBT = 2.0
"""Factor on the variance of our belief in chance and size: both move on, which a belief in constants leaves out."""

TREND_WINDOW, TREND_LEAST, DAMPING = 48, 24, 0.8
"""Periods over which the portfolio's trend is read, the fewest that show one [periods], and its damping: [4]."""

TEST = 6
"""Periods forecast from each rolling origin to choose the memory [periods]."""

ORIGINS = (0, 3, 6)
"""How much earlier than the last possible one the rolling origins lie [periods]."""


@dataclass(frozen=True)
class Rates:
    """What is believed of the demand of each series, shapes (series,).

    chance : of a demand in a period [share]
    evidence : periods of record that the belief in the chance is worth [periods]
    size : mean size of a demand [units]
    spread : squared coefficient of variation of the sizes of its demands
    demands : how many demands the size rests on, at least 1
    level : factor that takes the sum over the portfolio to the portfolio's level
    slope : growth a period of the portfolio, relative, before damping
    """

    chance: Floats
    evidence: Floats
    size: Floats
    spread: Floats
    demands: Floats
    level: float
    slope: float

    def growth(self, horizon: int) -> Floats:
        """Factor of level and damped trend for each period ahead, shape (horizon,)."""
        return self.level * np.clip(1.0 + self.slope * np.cumsum(DAMPING ** np.arange(1, horizon + 1)), 0.7, 1.3)

    def predict(self, horizon: int) -> Prediction:
        """Mean and variance of every period ahead; the variance holds chance, size, and doubt about both."""
        mean, noise, doubt = self.moments(self.growth(horizon)[:, None])
        return Prediction(mean, noise + doubt)

    def moments(self, factor: Floats) -> tuple[Floats, Floats, Floats]:
        """Mean, variance of a period at known chance and size, and variance of its mean in our belief.

        Parameters
        ----------
        factor
            growth of the chance, to broadcast against (series,); beyond a chance of 1 the size grows

        With chance p and sizes of mean z and squared variation c, the variance of a period is p z^2 (1 + c) - p^2 z^2:
        a compound Bernoulli variable. Doubt about the chance is that of a Beta belief, p (1 - p) / (evidence + 1),
        and about the size z^2 c / demands; both times `DOUBT`.

        """
        chance, size = self.grown(factor)
        noise = chance * size**2 * (1.0 - chance + self.spread)
        doubt = (
            DOUBT * size**2 * chance * ((1.0 - chance) / (self.evidence + 1.0) + chance * self.spread / self.demands)
        )
        return chance * size, noise, doubt

    def grown(self, factor: Floats) -> tuple[Floats, Floats]:
        """Chance and size after growth by `factor`: the chance up to 1, then the size."""
        grown = self.chance * factor
        chance = np.minimum(grown, 1.0)
        return chance, self.size * np.where(chance > 0, grown / np.where(chance > 0, chance, 1.0), 1.0)


def intermittent_mean(block: Block, horizon: int) -> Prediction:
    """Mean and variance of intermittent demand, shapes (horizon, series): each item's record, drawn to the portfolio.

    Parameters
    ----------
    block
        demand of the series that are intermittent [units]; each in a unit of its own if you like, for the portfolio
        tells only of chances, variation and growth
    horizon
        periods ahead

    Source: chance times size as in [1]; the chance drawn to the portfolio's by moments, [3]. A series
    alone is smoothed at 0.02, 0.05, 0.1 and 0.2 and averaged, half a period drawn to a chance of 0.3.

    >>> alone = Block(np.array([[4.0], [0.0], [4.0], [0.0]]), np.array([4]))
    >>> intermittent_mean(alone, 2).mean.round(2)
    array([[1.82],
           [1.82]])

    """
    return rates(block).predict(horizon)


def irregular(block: Block) -> Flags:
    """For which series this mean is to be preferred to methods of trend and season, shape (series,).

    Those with empty periods while on sale, one in twenty or more, those just launched after a long time of nothing, and
    those too short and noisy to show a trend.

    >>> irregular(Block(np.array([[4.0, 9.0], [0.0, 8.0], [4.0, 9.0], [0.0, 8.0]]), np.array([4, 4])))
    array([ True, False])
    """
    if not block.y.size:
        return np.zeros(block.y.shape[1], dtype=bool)
    seen = block.y != 0
    demands = np.count_nonzero(seen, axis=0)
    sold = np.count_nonzero(_on_sale(block), axis=0)
    ended = np.where(demands >= DOZEN, seen[::-1].argmax(axis=0), 0)
    gaps = (demands > 0) & (sold - ended > GAPS * demands)
    new = (demands > 0) & (sold < DOZEN) & (sold < block.lengths)
    changed = np.where(block.begun[:-1], np.diff(block.y, axis=0), 0.0)
    noise = (changed**2).sum(axis=0) / np.maximum(block.lengths - 1, 1) / 2
    return np.asarray(gaps | new | ((block.lengths < SHORT) & (noise > NOISE * block.mean**2)))


def rates(block: Block) -> Rates:
    """Chance, size and growth of the demand of each series, judged together.

    >>> both = Block(np.array([[4.0, 2.0], [0.0, 0.0], [4.0, 0.0], [0.0, 2.0]]), np.array([4, 4]))
    >>> rates(both).size
    array([4., 2.])
    """
    if not block.y.size:
        nothing = np.zeros(block.y.shape[1])
        return Rates(nothing, nothing + 1.0, nothing, nothing + SPREAD, nothing + 1.0, 1.0, 0.0)
    trust = _trust(len(block.lengths))
    memory = _memories(block, trust)
    parts = [_chance(block, alpha, trust) for alpha in MEMORIES]
    chance = np.asarray(sum(share * part[0] for share, part in zip(memory, parts, strict=True)))
    evidence = np.asarray(sum(share * part[1] for share, part in zip(memory, parts, strict=True)))
    size, spread, demands = _sizes(block, trust)
    scale = change(block)
    level = 1.0 + trust * (_level(block, chance * size, scale) - 1.0)
    return Rates(chance, evidence, size, spread, demands, level, _trend(block, scale))


def _trust(series: int) -> float:
    """How far the portfolio is believed, from how many series it has [share]."""
    return (series - 1) / (series - 1 + HALF_POOLED)


def change(block: Block) -> Floats:
    """Root mean squared change from period to period since the first demand, shape (series,) [units]; 0 if none."""
    rows = np.arange(len(block.y))[:, None]
    since = np.where((block.y != 0).any(axis=0), (block.y != 0).argmax(axis=0), len(block.y))
    counted = rows[1:] > since
    squares = np.where(counted, np.diff(block.y, axis=0), 0.0) ** 2
    return np.asarray(np.sqrt(squares.sum(axis=0) / np.maximum(counted.sum(axis=0), 1)))


def _fading(counted: Flags, alpha: float) -> Floats:
    """Weight of each cell that counts, 1 in the last row and less by `alpha` each period before, (time, series)."""
    ages = np.arange(len(counted))[::-1]
    return np.where(counted, ((1.0 - alpha) ** ages)[:, None], 0.0)


def _on_sale(block: Block) -> Flags:
    """Which cells hold values, but for the empty periods before a launch, shape (time, series)."""
    seen = block.y != 0
    start = len(block.y) - block.lengths
    first = np.where(seen.any(axis=0), seen.argmax(axis=0), start)
    pace = np.count_nonzero(seen, axis=0) / np.maximum(len(block.y) - first, 1)
    waited = first - start
    launched = np.where((waited >= LAUNCH) & (waited * pace >= MISSED), first, start)
    return np.arange(len(block.y))[:, None] >= launched


def _chance(block: Block, alpha: float, trust: float) -> tuple[Floats, Floats]:
    """Chance of a demand drawn to the portfolio's, and the periods of evidence behind it, shapes (series,).

    Source: the spread of chances between items beyond luck, by moments, as the weight of a Beta belief: [3].
    """
    weight = _fading(_on_sale(block), alpha)
    seen = block.y != 0
    total = weight.sum(axis=0)
    own = (weight * seen).sum(axis=0) / total
    points = total**2 / (weight**2).sum(axis=0)
    alive = seen.any(axis=0)
    if not alive.any():
        return own, points
    common = float(own[alive].mean())
    luck = float((1.0 / points[alive]).mean())
    even = common * (1.0 - common)
    between = (float(((own[alive] - common) ** 2).mean()) - even * luck) / max(1.0 - luck, 1e-9)
    belief = np.clip(even / between - 1.0, *BELIEF) if between > 0 else BELIEF[1]
    run = np.where(alive, seen[::-1].argmax(axis=0), len(seen))
    worth = trust * belief + (1.0 - trust) * PRIOR_BELIEF
    pull = (trust * belief * common + (1.0 - trust) * PRIOR_BELIEF * PRIOR) * FADE ** np.maximum(run - QUIET, 0)
    return (points * own + pull) / (points + worth), points + worth


def _sizes(block: Block, trust: float) -> tuple[Floats, Floats, Floats]:
    """Mean size of a demand, its squared coefficient of variation, and the demands behind them, shapes (series,)."""
    weight = _fading(block.y != 0, SIZE_MEMORY)
    total = weight.sum(axis=0)
    size = np.where(total > 0, (weight * block.y).sum(axis=0) / np.where(total > 0, total, 1.0), 0.0)
    demands = np.count_nonzero(block.y, axis=0)
    freedom = np.maximum(demands - 1, 0)
    peak = np.abs(block.y).max(axis=0)
    units = block.y / np.where(peak > 0, peak, 1.0)
    # where returns cancel demands the mean size is next to nothing: no variation beyond a hundredfold
    plain = units.sum(axis=0) / np.maximum(demands, 1)
    squares = (np.where(block.y != 0, units - plain, 0.0) ** 2).sum(axis=0)
    relative = squares / np.maximum(np.abs(plain), 0.01) ** 2
    known = max(int(freedom.sum()), 1)
    common = trust * relative.sum() / known + (1.0 - trust) * SPREAD
    spread = (relative + SPREAD_BELIEF * common) / (freedom + SPREAD_BELIEF)
    return size, spread, np.maximum(demands, 1).astype(float)


def _level(block: Block, mean: Floats, scale: Floats) -> float:
    """Recent level of the portfolio over the sum of `mean`, every series in units of its own changes."""
    weight = _fading(block.begun, LEVEL_MEMORY)
    recent = (weight * block.y).sum(axis=0) / weight.sum(axis=0)
    moving = scale > 0
    expected = float((mean[moving] / scale[moving]).sum())
    reached = float((recent[moving] / scale[moving]).sum())
    return float(np.clip(reached / expected, 0.5, 2.0)) if expected > 0 and reached > 0 else 1.0


def _trend(block: Block, scale: Floats) -> float:
    """Slope of the portfolio relative to its mean, shrunk as far as luck could explain it [share/period].

    Source: least squares; the factor 1 - 4 / t^2, 0 at t below 2, is the positive-part shrinkage of [2].
    """
    rows = int(min(TREND_WINDOW, np.median(block.lengths)))
    whole = (block.lengths >= rows) & (scale > 0)
    if rows < TREND_LEAST or not whole.any():
        return 0.0
    index = (block.y[-rows:, whole] / scale[whole]).mean(axis=1)
    if index.mean() <= 0:
        return 0.0
    index = index / index.mean()
    time = np.arange(rows) - (rows - 1) / 2
    slope = float(time @ index / (time @ time))
    rest = index - 1.0 - slope * time
    error = float(rest @ rest / (rows - 2) / (time @ time))
    significance = max(0.0, 1.0 - 4.0 * error / slope**2) if slope else 0.0
    return _trust(int(whole.sum())) * significance * slope


def _memories(block: Block, trust: float) -> Floats:
    """Share of each memory, shape (memories,): the one that did best from rolling origins, as far as it is trusted."""
    even = np.full(len(MEMORIES), 1.0 / len(MEMORIES))
    errors = np.array([_errors(block, cut + TEST, trust) for cut in ORIGINS if trust > 0]).reshape(-1, len(MEMORIES))
    if not errors.sum() > 0:
        return even
    best = np.zeros(len(MEMORIES))
    best[int(errors.sum(axis=0).argmin())] = 1.0
    return np.asarray(trust * best + (1.0 - trust) * even)


def _errors(block: Block, cut: int, trust: float) -> Floats:
    """Mean squared error of each memory over `TEST` periods, from `cut` periods before the end, shape (memories,)."""
    long = block.lengths >= cut + TEST
    if not long.any():
        return np.zeros(len(MEMORIES))
    kept = block.take(long)
    past = Block(kept.y[: len(kept.y) - cut], kept.lengths - cut)
    future = kept.y[len(kept.y) - cut : len(kept.y) - cut + TEST]
    scale = change(past)
    moving = scale > 0
    if not moving.any():
        return np.zeros(len(MEMORIES))
    size = _sizes(past, trust)[0]
    out = np.empty(len(MEMORIES))
    for place, alpha in enumerate(MEMORIES):
        mean = _chance(past, alpha, trust)[0] * size
        mean = mean * (1.0 + trust * (_level(past, mean, scale) - 1.0))
        out[place] = (((future - mean)[:, moving] / scale[moving]) ** 2).mean()
    return out
