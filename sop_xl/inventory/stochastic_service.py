"""Echelon base-stock levels of a serial chain under stochastic service: exact, and by the bounds of Shang and Song.

Stage 1 serves customers and N is furthest upstream; each orders from the one above it, and stage N from outside without
limit. Unmet demand waits.

References
----------
[1] A. Clark, H. Scarf (1960): Optimal policies for a multi-echelon inventory problem, Management Science 6(4), 475-490.
[2] F. Chen, Y.-S. Zheng (1994): Lower bounds for multi-echelon stochastic inventory systems, Management Science 40(11).
[3] K. Shang, J.-S. Song (2003): Newsvendor bounds and heuristic for optimal policies in serial supply chains,
    Management Science 49(5), 618-638.
[4] L. Snyder, Z.-J. Shen: Fundamentals of Supply Chain Theory, 2nd ed., section 6.2.

"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sop_xl.errors import InputError
from sop_xl.inventory.bounds import Floats, above_0, at_least_0
from sop_xl.inventory.distributions import Normal, Poisson

_STEPS_PER_SD = 100
_REACH = 8.0


@dataclass(frozen=True)
class EchelonLevels:
    """Echelon base-stock level of each stage, customers' end first [units]; `cost` [money/period] where it is known."""

    levels: Floats
    cost: float | None

    @property
    def local(self) -> Floats:
        """Local base-stock levels s_j = S*_j - S*_{j-1} with S*_j = min over i >= j of S_i [units]. [4], 6.2."""
        kept = np.minimum.accumulate(self.levels[::-1])[::-1]
        return np.diff(kept, prepend=0.0)


def serial_optimal(
    mean: float, sd: float | None, lead_times: npt.ArrayLike, echelon_holding: npt.ArrayLike, stockout_cost: float
) -> EchelonLevels:
    """Best echelon base-stock levels and their cost, by the recursion of [1] in the form of [2].

    C_j(y) = E[h_j (y - D_j) + C_{j-1}(min(S_{j-1}, y - D_j))], C_0(x) = (p + sum h) x^-, S_j its minimum; D_j is the
    demand of the lead time of stage j. Units on their way cost what they would at the stage they left. Poisson demand
    is exact on whole units; normal demand is worked out on a grid of 1/100 standard deviation.

    Parameters
    ----------
    mean
        Demand of a period [units].
    sd
        Its standard deviation, normal; None is Poisson [units].
    lead_times
        Of each stage, customers' end first [periods].
    echelon_holding
        h_j, cost of holding there above that of the stage before it, same order [money/unit/period].
    stockout_cost
        p, of a unit waiting at the customers' end [money/unit/period].

    Raises InputError for lists of different lengths, or costs or times of 0 or less. Example 6.1 in [4]
    (47.65 there, on a coarser grid):

    >>> best = serial_optimal(5, 1, [1, 1, 2], [3, 2, 2], 37.12)
    >>> print(f"{best.cost:.2f}", np.round(best.levels, 2))
    47.66 [ 6.49 12.02 22.71]

    A chain of four in [3], Poisson demand 16:

    >>> print(f"{serial_optimal(16, None, [0.25] * 4, [0.25, 2.5, 2.5, 0.25], 9).cost:.3f}")
    53.008

    """
    times, own, short = _chain(lead_times, echelon_holding, stockout_cost)
    rate = float(above_0("mean demand", mean))
    penalty = short + own.sum()
    if sd is None:
        return _whole(rate, times, own, penalty)
    return _continuous(rate, float(above_0("the standard deviation of demand", sd)), times, own, penalty)


def serial_shang_song(
    mean: float, sd: float | None, lead_times: npt.ArrayLike, echelon_holding: npt.ArrayLike, stockout_cost: float
) -> EchelonLevels:
    """Echelon levels by the mean of two newsvendors, each over the lead times of a stage and those below it [3].

    S_j = (F_j^-1((p + sum above) / (p + sum all)) + F_j^-1((p + sum above) / (p + sum from j up))) / 2, cut to whole
    units for Poisson demand. Parameters as `serial_optimal`.

    >>> print(np.round(serial_shang_song(5, 1, [1, 1, 2], [3, 2, 2], 37.12).levels, 2))
    [ 6.49 12.03 22.63]

    """
    times, own, short = _chain(lead_times, echelon_holding, stockout_cost)
    rate = float(above_0("mean demand", mean))
    through = np.cumsum(times)
    above = own.sum() - np.cumsum(own)
    low, high = (short + above) / (short + own.sum()), (short + above) / (short + own + above)
    if sd is None:
        demand: Normal | Poisson = Poisson(rate * through)
        return EchelonLevels(np.floor((demand.quantile(low) + demand.quantile(high)) / 2.0), None)
    demand = Normal(rate * through, float(above_0("the standard deviation of demand", sd)) * np.sqrt(through))
    return EchelonLevels((demand.quantile(low) + demand.quantile(high)) / 2.0, None)


def _chain(
    lead_times: npt.ArrayLike, echelon_holding: npt.ArrayLike, stockout_cost: float
) -> tuple[Floats, Floats, float]:
    times, own = (
        np.atleast_1d(at_least_0("lead time", lead_times)),
        np.atleast_1d(above_0("echelon holding cost", echelon_holding)),
    )
    if times.shape != own.shape:
        raise InputError(f"{len(times)} lead times, but {len(own)} echelon holding costs")
    return times, own, float(above_0("the cost of a unit waiting", stockout_cost))


def _whole(rate: float, times: Floats, own: Floats, penalty: float) -> EchelonLevels:
    """The recursion on whole units; C is kept from -reach up to far above any level, linear below it."""
    total = rate * times.sum()
    reach = int(total + 12.0 * np.sqrt(total) + 40.0)
    grid = np.arange(-2 * reach, 2 * reach + 1, dtype=float)
    below = penalty * np.maximum(-grid, 0.0)
    levels = []
    for time, cost in zip(times, own, strict=True):
        chances = _poisson_chances(rate * time)
        inner = cost * grid + below
        value = _expected(inner, chances, slope=cost - penalty)
        level = int(np.argmin(value))
        levels.append(grid[level])
        below = value[np.minimum(np.arange(len(grid)), level)]
    return EchelonLevels(np.array(levels), float(below[-1]))


def _poisson_chances(mean: float) -> Floats:
    most = int(mean + 12.0 * np.sqrt(mean) + 30.0)
    return np.asarray(Poisson(mean).pmf(np.arange(most + 1)))


def _expected(inner: Floats, chances: Floats, slope: float, step: float = 1.0) -> Floats:
    """E[inner(y - D)] on the grid; below its first point `inner` goes on with the slope it has there."""
    most = len(chances) - 1
    before = inner[0] + slope * step * np.arange(-most, 0)
    from scipy.signal import fftconvolve

    scale = np.concatenate([before, inner])
    line = scale[0] + slope * step * np.arange(len(scale))
    bent = fftconvolve(scale - line, chances, mode="full")[most : most + len(inner)]
    mean = step * float(chances @ np.arange(most + 1))
    expected: Floats = bent + line[most:] - slope * mean
    return expected


def _continuous(rate: float, sd: float, times: Floats, own: Floats, penalty: float) -> EchelonLevels:
    """The recursion for normal demand by quadrature; the first stage that has a lead time is the newsvendor's."""
    levels: list[float] = []
    total, spread = rate * times.sum(), sd * np.sqrt(times.sum())
    step = sd * np.sqrt(max(times[times > 0].min(initial=np.inf), 1e-12)) / _STEPS_PER_SD
    if not np.isfinite(step):
        raise InputError("a chain needs a lead time above 0")
    grid = np.arange(-total - 2.0 * _REACH * spread, total + 2.0 * _REACH * spread, step)
    below = penalty * np.maximum(-grid, 0.0)
    for stage, (time, cost) in enumerate(zip(times, own, strict=True)):
        inner = cost * grid + below
        grid = grid + rate * time
        if stage == 0 and time > 0:
            demand = Normal(rate * time, sd * np.sqrt(time))
            value = np.asarray(cost * (grid - rate * time) + penalty * demand.loss(grid))
        else:
            value = _smeared(inner, sd * np.sqrt(time), cost - penalty, step)
        level, least = _lowest(grid, value)
        levels.append(level)
        below = np.where(grid < level, value, least)
    return EchelonLevels(np.array(levels), float(below[-1]))


def _smeared(inner: Floats, sd: float, slope: float, step: float) -> Floats:
    """E[inner(y - D)] for normal D of mean 0; beyond both ends `inner` goes on as a line."""
    if sd <= 0:
        return inner
    points = int(np.ceil(_REACH * sd / step))
    chances = np.exp(-((step * np.arange(-points, points + 1) / sd) ** 2) / 2.0)
    rising = inner[-1] + (inner[-1] - inner[-2]) * np.arange(1, points + 1)
    longer = np.concatenate([inner, rising])
    smooth: Floats = _expected(longer, chances / chances.sum(), slope, step)[points:]
    return smooth


def _lowest(grid: Floats, value: Floats) -> tuple[float, float]:
    """Where a smooth convex curve is least: the parabola through the least point and its neighbours."""
    at = int(np.clip(np.argmin(value), 1, len(grid) - 2))
    left, middle, right = value[at - 1 : at + 2]
    bend = left - 2.0 * middle + right
    off = 0.0 if bend <= 0 else float(np.clip((left - right) / (2.0 * bend), -1.0, 1.0))
    return float(grid[at] + off * (grid[1] - grid[0])), float(middle - (left - right) * off / 4.0)
