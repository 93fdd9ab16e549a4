"""Distributions of demand, from its mean and variance, and the variance of a total over a lead time.

Mean and variance may come from any forecast; `quantiles` takes them from the histories themselves.

References:
    [1] Hyndman, Koehler, Ord, Snyder (2008), Forecasting with Exponential Smoothing, Springer, section 6.6: lead-time
        demand forecasts.
    [2] Syntetos, Lengu, Babai (2013), A note on the demand distributions of spare parts, IJPR 51, 6356-6358.
    [3] Burgin (1975), The gamma distribution and inventory control, Operational Research Quarterly 26, 507-525.
    [4] Willemain, Smart, Schwarz (2004), A new approach to forecasting intermittent demand for service parts
        inventories, IJF 20, 375-387.

"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sop_xl.demand.forecasting.smoothing import Floats
from sop_xl.errors import InputError

STEPS = 60
"""Halvings in the search of a quantile in whole units: enough for totals up to 10^18."""

NIL = 1e-100
"""A mean demand of less is none [units]."""

ROOMY = 1e7
"""Standard deviation from which whole units are as good as continuous ones [units]."""


@dataclass(frozen=True)
class DemandDistribution:
    """Demand of several series over one span of time, shapes (series,).

    mean, variance : of the demand [units, units squared]
    family : "negative binomial", "poisson", "gamma" or "normal"
    empty : chance of no demand at all over the span, which the gamma sets apart [share]
    whole : whether demand comes in whole units

    >>> part = DemandDistribution.of("negative binomial", mean=[3.0], variance=[9.0])
    >>> part.p10, part.p50, part.p90
    (array([0.]), array([2.]), array([7.]))
    """

    mean: Floats
    variance: Floats
    family: NDArray[np.object_]
    empty: Floats
    whole: NDArray[np.bool_]

    @classmethod
    def of(cls, family: str, mean: Sequence[float], variance: Sequence[float]) -> DemandDistribution:
        """The same family for every series, never empty for sure."""
        if family not in FAMILIES:
            raise InputError(f"a distribution of demand is one of {', '.join(FAMILIES)}, got {family!r}")
        means, variances = np.array(mean, dtype=float), np.array(variance, dtype=float)
        counts = np.full(len(means), family in ("negative binomial", "poisson"))
        return cls(means, variances, np.full(len(means), family, dtype=object), np.zeros(len(means)), counts)

    def quantiles(self, shares: Sequence[float]) -> Floats:
        """Demand not exceeded with each chance of `shares`, shape (shares, series) [units]."""
        wanted = checked_shares(shares)
        out = np.empty((len(wanted), len(self.mean)))
        for family in np.unique(self.family.astype(str)):
            some = self.family == family
            mean, variance = self.mean[some], self.variance[some]
            if family == "gamma":
                out[:, some] = gamma(mean, variance, wanted, self.empty[some])
            else:
                out[:, some] = FAMILIES[family](mean, variance, wanted)
        out = np.where(self.whole, np.rint(out), out)
        order = np.argsort(wanted, kind="stable")
        out[order] = np.maximum.accumulate(out[order], axis=0)
        return out

    def take(self, some: NDArray[np.bool_]) -> DemandDistribution:
        """The distributions of some series."""
        return DemandDistribution(
            self.mean[some], self.variance[some], self.family[some], self.empty[some], self.whole[some]
        )

    @property
    def p10(self) -> Floats:
        """Demand exceeded nine times in ten [units]."""
        return np.asarray(self.quantiles((0.1,))[0])

    @property
    def p50(self) -> Floats:
        """The median [units]."""
        return np.asarray(self.quantiles((0.5,))[0])

    @property
    def p90(self) -> Floats:
        """Demand exceeded once in ten times [units]."""
        return np.asarray(self.quantiles((0.9,))[0])


def lead_time_total(mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """Mean and variance of the total over the periods, whose errors last from one period to the next.

    Parameters
    ----------
    mean, variance
        of each period ahead, shapes (periods, series) [units, units squared]

    In a linear innovations model the error of period j is e_j + c_1 e_(j-1) + ... + c_(j-1) e_1, so its variance is
    s^2 (1 + c_1^2 + ... + c_(j-1)^2), and the variance of the total of L periods is s^2 times the sum over j = 1 .. L
    of (1 + c_1 + ... + c_(L-j))^2: section 6.6 in [1]. The c are read from how the variance grows; where it also
    changes with the season, the total changes as the sum of variances does.

    >>> smoothed = 4.0 * (1 + 0.5**2 * np.arange(3))[:, None]  # simple smoothing, alpha 0.5
    >>> lead_time_total(np.full((3, 1), 10.0), smoothed)
    (array([30.]), array([29.]))

    """
    first = np.where(variance[0] > 0, variance[0], 1.0)
    steps = np.sqrt(np.maximum(np.diff(variance, axis=0), 0.0) / first)
    weights = 1.0 + np.vstack([np.zeros_like(first), np.cumsum(steps, axis=0)])
    alone = 1.0 + np.vstack([np.zeros_like(first), np.cumsum(steps**2, axis=0)])
    return mean.sum(axis=0), variance.sum(axis=0) * (weights**2).sum(axis=0) / alone.sum(axis=0)


def smoothed_total_variance(variance: Floats, alpha: Floats, periods: int) -> Floats:
    """Variance of the total over a lead time under simple smoothing, shape (series,) [units squared].

    Parameters
    ----------
    variance
        of the error one period ahead, shape (series,) [units squared]
    alpha
        smoothing constant, shape (series,) [share]
    periods
        L, in the total [periods]

    s^2 L (1 + alpha (L - 1) + alpha^2 (L - 1) (2 L - 1) / 6): section 6.6 in [1].

    >>> smoothed_total_variance(np.array([4.0]), np.array([0.5]), 3)
    array([29.])

    """
    further = periods - 1
    growth = 1.0 + alpha * further + alpha**2 * further * (2 * periods - 1) / 6
    return np.asarray(variance * periods * growth)


def normal(mean: Floats, variance: Floats, shares: Sequence[float]) -> Floats:
    """Quantiles of the normal distribution, shape (shares, series).

    >>> normal(np.array([10.0]), np.array([4.0]), (0.5, 0.975)).round(2)
    array([[10.  ],
           [13.92]])
    """
    from scipy.special import ndtri

    return np.asarray(mean + np.sqrt(np.maximum(variance, 0.0)) * ndtri(np.asarray(shares, dtype=float))[:, None])


def gamma(mean: Floats, variance: Floats, shares: Sequence[float], empty: Floats | float = 0.0) -> Floats:
    """Quantiles of the gamma distribution, [3], or of 0 with chance `empty` and else a gamma, shape (shares, series).

    Mean and variance are those of the whole; a mean of 0 or less gives 0.

    >>> gamma(np.array([2.0]), np.array([4.0]), (0.5, 0.9)).round(3)  # the exponential: -2 ln 0.5, -2 ln 0.1
    array([[1.386],
           [4.605]])
    """
    from scipy.special import gammaincinv

    share = np.asarray(shares, dtype=float)[:, None]
    mean = np.where(mean > NIL, mean, 0.0)
    scale = np.where(mean > 0, mean, 1.0)
    relative = np.maximum(variance, 0.0) / scale / scale
    keep = np.maximum(1.0 - empty, 1e-12)
    # of the part that is not empty, in units of the mean of the whole
    beyond = np.maximum((relative + 1.0) / keep - 1.0 / keep**2, 0.0)
    shape = 1.0 / keep**2 / np.maximum(beyond, 1e-12)
    inside = np.clip((share - empty) / keep, 0.0, 1.0)
    values = gammaincinv(np.clip(shape, 1e-6, 1e12), inside) / np.clip(shape, 1e-6, 1e12) / keep
    return np.where(inside > 0, _bounded(values, relative, share), 0.0) * mean


def poisson(mean: Floats, variance: Floats, shares: Sequence[float]) -> Floats:
    """Quantiles of the Poisson distribution of that mean, shape (shares, series); the variance is not asked.

    >>> poisson(np.array([3.0]), np.array([3.0]), (0.5, 0.95))
    array([[3.],
           [6.]])
    """
    from scipy.special import gammaincc

    mean = np.where(mean > NIL, mean, 0.0)
    return _whole(mean, mean, shares, lambda k: gammaincc(k + 1.0, np.maximum(mean, 1e-300)))


def negative_binomial(mean: Floats, variance: Floats, shares: Sequence[float]) -> Floats:
    """Quantiles of the negative binomial distribution, which fits most spare parts [2], shape (shares, series).

    A variance below the mean counts as just above it, which is all but Poisson.

    >>> negative_binomial(np.array([3.0]), np.array([9.0]), (0.1, 0.5, 0.9))[:, 0]
    array([0., 2., 7.])
    """
    from scipy.special import betainc

    mean = np.where(mean > NIL, mean, 0.0)
    variance = np.maximum(variance, mean * 1.0001)
    size = np.where(mean > 0, mean, 1.0)
    excess = np.where(mean > 0, variance / size - 1.0, 1.0)
    number = np.maximum(size / excess, 1e-9)
    return _whole(mean, variance, shares, lambda k: betainc(number, k + 1.0, 1.0 / (1.0 + excess)))


def empirical(totals: Floats, shares: Sequence[float]) -> Floats:
    """Quantiles of the totals that were seen, shape (shares, series): totals has shape (windows, series) [units].

    The plain rival of [4]: it needs a long record, and knows no total larger than those seen.

    >>> empirical(np.array([[0.0], [1.0], [5.0]]), (0.5,))
    array([[1.]])
    """
    return np.asarray(np.quantile(totals, np.asarray(shares, dtype=float), axis=0))


FAMILIES: dict[str, Callable[[Floats, Floats, Sequence[float]], Floats]] = {
    "negative binomial": negative_binomial,
    "poisson": poisson,
    "gamma": gamma,
    "normal": normal,
}
"""Every family by name: mean and variance, shapes (series,), and chances to quantiles, shape (chances, series)."""


def _whole(mean: Floats, variance: Floats, shares: Sequence[float], chance: Callable[[Floats], Floats]) -> Floats:
    """Least whole number that demand does not exceed with each chance, by halving; `chance(k)` of k or less."""
    share = np.asarray(shares, dtype=float)[:, None]
    deviation = np.sqrt(variance)
    # Cantelli's inequality bounds any quantile: mean + deviation sqrt(q / (1 - q))
    most = np.ceil(mean + deviation * np.sqrt(share / (1.0 - share)))
    low, high = np.full_like(most, -1.0), np.maximum(most, 0.0)
    fine = deviation < ROOMY
    for _ in range(STEPS):
        if (high - low <= 1)[:, fine].all():
            break
        middle = np.floor((low + high) / 2)
        reached = chance(np.maximum(middle, 0.0)) >= share
        reached &= middle >= 0
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    if not fine.all():
        high[:, ~fine] = gamma(mean[~fine], variance[~fine], shares)
    return np.where(mean > 0, high, 0.0)


def _bounded(values: Floats, relative: Floats, share: Floats) -> Floats:
    """Quantiles in units of the mean, held within Cantelli's bounds, which any distribution keeps."""
    deviation = np.sqrt(relative)
    low = np.maximum(1.0 - deviation * np.sqrt((1.0 - share) / share), 0.0)
    return np.clip(values, low, 1.0 + deviation * np.sqrt(share / (1.0 - share)))


def checked_shares(shares: Sequence[float]) -> tuple[float, ...]:
    """The shares as numbers, or an `InputError` at one that is not between 0 and 1."""
    if not len(shares):
        raise InputError("give at least one quantile, such as 0.9")
    for share in shares:
        if not 0 < share < 1:
            raise InputError(f"a quantile must lie between 0 and 1, got {share}")
    return tuple(float(share) for share in shares)
