"""Demand over a span of time as a distribution: the mean, the spread, and what lies beyond a stock.

Each is a frozen dataclass of numbers or arrays (one per item) with the same face:

    cdf(x)           chance that demand is x or less [share]
    quantile(p)      the least x with cdf(x) >= p [units]
    loss(x)          n(x) = E[(X - x)+], the mean shortfall beyond a stock of x [units]
    second_loss(x)   n2(x) = E[((X - x)+)^2] / 2, the integral of n from x on [units^2]

References
----------
[1] L. Snyder, Z.-J. Shen: Fundamentals of Supply Chain Theory, 2nd ed., appendix C.3 (loss functions).
[2] P. Zipkin: Foundations of Inventory Management, appendix C.
[3] N. Johnson, A. Kemp, S. Kotz: Univariate Discrete Distributions, 3rd ed. (partial moments).

"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from sop_xl.errors import InputError
from sop_xl.inventory.bounds import Floats, above_0, at_least_0, finite, floats

_ROOT_2_PI = float(np.sqrt(2.0 * np.pi))


class Demand(Protocol):
    """What every distribution of this module answers."""

    @property
    def mean(self) -> npt.ArrayLike:
        """Mean demand [units]."""

    @property
    def whole(self) -> bool:
        """Whether demand comes in whole units."""

    def cdf(self, x: npt.ArrayLike) -> Floats:
        """P(X <= x) [share]."""

    def quantile(self, p: npt.ArrayLike) -> Floats:
        """The least x with P(X <= x) >= p [units]."""

    def loss(self, x: npt.ArrayLike) -> Floats:
        """E[(X - x)+] [units]."""

    def second_loss(self, x: npt.ArrayLike) -> Floats:
        """E[((X - x)+)^2] / 2 [units^2]."""


class _ByTails:
    """Loss functions from the partial moments E[X^k; X > x], k = 0, 1, 2."""

    def _tail(self, x: Floats, power: int) -> Floats:
        raise NotImplementedError

    def cdf(self, x: npt.ArrayLike) -> Floats:
        """P(X <= x) [share]."""
        return floats(1.0 - self._tail(np.asarray(x, dtype=float), 0))

    def loss(self, x: npt.ArrayLike) -> Floats:
        """E[(X - x)+] [units]."""
        at = np.asarray(x, dtype=float)
        return floats(np.maximum(self._tail(at, 1) - at * self._tail(at, 0), 0.0))

    def second_loss(self, x: npt.ArrayLike) -> Floats:
        """E[((X - x)+)^2] / 2 [units^2]."""
        at = np.asarray(x, dtype=float)
        square = self._tail(at, 2) - 2.0 * at * self._tail(at, 1) + at**2 * self._tail(at, 0)
        return floats(np.maximum(square / 2.0, 0.0))


@dataclass(frozen=True)
class Normal:
    """Normal demand: right for sums of many small demands; poor where mean < 2 sd, as it then goes below 0.

    Equations C.31 to C.34 in [1].

    >>> print(f"{Normal(50, 8).loss(56.604):.4f}")
    0.9192

    """

    mean: npt.ArrayLike
    sd: npt.ArrayLike
    whole = False

    def __post_init__(self) -> None:
        finite("mean demand", self.mean)
        above_0("the standard deviation of demand", self.sd)

    def _z(self, x: npt.ArrayLike) -> Floats:
        return floats((floats(x) - floats(self.mean)) / floats(self.sd))

    def cdf(self, x: npt.ArrayLike) -> Floats:
        """P(X <= x) [share]."""
        from scipy.special import ndtr

        return floats(ndtr(self._z(x)))

    def quantile(self, p: npt.ArrayLike) -> Floats:
        """The x with P(X <= x) = p [units]."""
        from scipy.special import ndtri

        return floats(floats(self.mean) + floats(self.sd) * ndtri(floats(p)))

    def loss(self, x: npt.ArrayLike) -> Floats:
        """Sd (phi(z) - z (1 - Phi(z))) [units]."""
        from scipy.special import ndtr

        z = self._z(x)
        return floats(floats(self.sd) * (np.exp(-(z**2) / 2.0) / _ROOT_2_PI - z * ndtr(-z)))

    def second_loss(self, x: npt.ArrayLike) -> Floats:
        """sd^2 ((z^2 + 1) (1 - Phi(z)) - z phi(z)) / 2 [units^2]."""
        from scipy.special import ndtr

        z = self._z(x)
        return floats(floats(self.sd) ** 2 * ((z**2 + 1.0) * ndtr(-z) - z * np.exp(-(z**2) / 2.0) / _ROOT_2_PI) / 2.0)


@dataclass(frozen=True)
class Gamma(_ByTails):
    """Gamma demand of a mean and a standard deviation: never negative, skewed; shape (mean/sd)^2, scale sd^2/mean.

    >>> print(f"{Gamma(100, 50).quantile(0.95):.2f}")
    193.84

    """

    mean: npt.ArrayLike
    sd: npt.ArrayLike
    whole = False

    def __post_init__(self) -> None:
        above_0("mean demand", self.mean)
        above_0("the standard deviation of demand", self.sd)

    def _shape_scale(self) -> tuple[Floats, Floats]:
        mean, sd = floats(self.mean), floats(self.sd)
        return floats((mean / sd) ** 2), floats(sd**2 / mean)

    def quantile(self, p: npt.ArrayLike) -> Floats:
        """The x with P(X <= x) = p [units]."""
        from scipy.special import gammaincinv

        shape, scale = self._shape_scale()
        return floats(scale * gammaincinv(shape, floats(p)))

    def _tail(self, x: Floats, power: int) -> Floats:
        from scipy.special import gammaincc

        shape, scale = self._shape_scale()
        factor = (1.0, shape * scale, shape * (shape + 1.0) * scale**2)[power]
        return floats(factor * gammaincc(shape + power, np.maximum(x, 0.0) / scale))


@dataclass(frozen=True)
class Lognormal(_ByTails):
    """Lognormal demand by the mean and standard deviation of its logarithm. Section 4.3.2.6 in [1].

    >>> print(f"{Lognormal(4, 0.5).mean:.4f}")
    61.8678

    """

    log_mean: npt.ArrayLike
    log_sd: npt.ArrayLike
    whole = False

    def __post_init__(self) -> None:
        finite("the mean of the logarithm", self.log_mean)
        above_0("the standard deviation of the logarithm", self.log_sd)

    @classmethod
    def of(cls, mean: npt.ArrayLike, sd: npt.ArrayLike) -> Lognormal:
        """The one with this mean and standard deviation of demand itself [units]."""
        middle = above_0("mean demand", mean)
        spread = np.log1p((above_0("the standard deviation of demand", sd) / middle) ** 2)
        return cls(floats(np.log(middle) - spread / 2.0), floats(np.sqrt(spread)))

    @property
    def mean(self) -> Floats:
        """exp(mu + sigma^2 / 2) [units]."""
        return floats(np.exp(floats(self.log_mean) + floats(self.log_sd) ** 2 / 2.0))

    def quantile(self, p: npt.ArrayLike) -> Floats:
        """The x with P(X <= x) = p [units]."""
        from scipy.special import ndtri

        return floats(np.exp(floats(self.log_mean) + floats(self.log_sd) * ndtri(floats(p))))

    def _tail(self, x: Floats, power: int) -> Floats:
        from scipy.special import ndtr

        mu, sigma = floats(self.log_mean), floats(self.log_sd)
        away = (mu - np.log(np.maximum(x, 1e-300))) / sigma
        return floats(np.exp(power * mu + (power * sigma) ** 2 / 2.0) * ndtr(away + power * sigma))


@dataclass(frozen=True)
class Poisson(_ByTails):
    """Poisson demand: single units, arriving independently; its variance is its mean. Equation C.41 in [1].

    >>> print(Poisson(6).quantile(0.8), f"{Poisson(6).loss(8):.4f}")
    8.0 0.3140

    """

    mean: npt.ArrayLike
    whole = True

    def __post_init__(self) -> None:
        at_least_0("mean demand", self.mean)

    def pmf(self, x: npt.ArrayLike) -> Floats:
        """P(X = x) [share]."""
        from scipy.special import gammaln, xlogy

        at, mean = floats(x), floats(self.mean)
        return floats(np.exp(xlogy(at, mean) - mean - gammaln(at + 1.0)))

    def quantile(self, p: npt.ArrayLike) -> Floats:
        """The least whole x with P(X <= x) >= p [units]."""
        from scipy.stats import poisson

        return floats(poisson.ppf(floats(p), floats(self.mean)))

    def _tail(self, x: Floats, power: int) -> Floats:
        mean, at = floats(self.mean), np.floor(x)
        if power == 0:
            return _poisson_beyond(at, mean)
        one = mean * _poisson_beyond(at - 1.0, mean)
        return floats(one if power == 1 else one + mean**2 * _poisson_beyond(at - 2.0, mean))


@dataclass(frozen=True)
class NegativeBinomial(_ByTails):
    """Negative binomial demand: whole units, more spread than Poisson (sd^2 > mean), as of customers who take several.

    With n = mean^2 / (sd^2 - mean) and p = mean / sd^2, partial moments are those of n + 1 and n + 2 ([3], 5.10).

    >>> print(NegativeBinomial(4, 4).quantile(0.95))
    12.0

    """

    mean: npt.ArrayLike
    sd: npt.ArrayLike
    whole = True

    def __post_init__(self) -> None:
        mean, variance = above_0("mean demand", self.mean), floats(self.sd) ** 2
        if not np.all(variance > mean):
            raise InputError(
                "negative binomial demand needs a variance above its mean; take Poisson where they are equal"
            )

    def _n_p(self) -> tuple[Floats, Floats]:
        mean, variance = floats(self.mean), floats(self.sd) ** 2
        return floats(mean**2 / (variance - mean)), floats(mean / variance)

    def pmf(self, x: npt.ArrayLike) -> Floats:
        """P(X = x) [share]."""
        from scipy.stats import nbinom

        return floats(nbinom.pmf(floats(x), *self._n_p()))

    def quantile(self, p: npt.ArrayLike) -> Floats:
        """The least whole x with P(X <= x) >= p [units]."""
        from scipy.stats import nbinom

        return floats(nbinom.ppf(floats(p), *self._n_p()))

    def _tail(self, x: Floats, power: int) -> Floats:
        n, p = self._n_p()
        at = np.floor(x)
        if power == 0:
            return _negative_binomial_beyond(at, n, p)
        one = floats(self.mean) * _negative_binomial_beyond(at - 1.0, n + 1.0, p)
        pairs = n * (n + 1.0) * ((1.0 - p) / p) ** 2
        return floats(one if power == 1 else one + pairs * _negative_binomial_beyond(at - 2.0, n + 2.0, p))


@dataclass(frozen=True)
class Empirical(_ByTails):
    """Demand as it was seen, or any discrete one: values and their chances (equal where none are given), one item.

    >>> seen = Empirical([0, 0, 10, 0, 30])
    >>> print(seen.mean, seen.quantile(0.7), f"{seen.loss(10):.1f}")
    8.0 10.0 4.0

    """

    values: npt.ArrayLike
    chances: npt.ArrayLike | None = None

    def __post_init__(self) -> None:
        values = np.asarray(self.values, dtype=float)
        if values.ndim != 1 or not len(values) or not np.all(np.isfinite(values)):
            raise InputError("an empirical distribution needs a list of one value or more, none missing")
        if self.chances is not None:
            chances = at_least_0("the chance of a value", self.chances)
            if chances.shape != values.shape or abs(chances.sum() - 1.0) > 1e-6:
                raise InputError(f"the chances of the {len(values)} values must be as many and add to 1")

    def _ordered(self) -> tuple[Floats, Floats]:
        values = np.asarray(self.values, dtype=float)
        chances = np.full(len(values), 1.0 / len(values)) if self.chances is None else floats(self.chances)
        order = np.argsort(values, kind="stable")
        return values[order], chances[order]

    @property
    def whole(self) -> bool:
        """Whether every value is whole."""
        values = np.asarray(self.values, dtype=float)
        return bool(np.all(values == np.round(values)))

    @property
    def mean(self) -> float:
        """Mean demand [units]."""
        values, chances = self._ordered()
        return float(values @ chances)

    def pmf(self, x: npt.ArrayLike) -> Floats:
        """P(X = x) [share]."""
        values, chances = self._ordered()
        return floats(((np.asarray(x, dtype=float)[..., np.newaxis] == values) * chances).sum(axis=-1))

    def quantile(self, p: npt.ArrayLike) -> Floats:
        """The least value with P(X <= x) >= p [units]."""
        values, chances = self._ordered()
        at = np.searchsorted(np.cumsum(chances), np.asarray(p, dtype=float) - 1e-12)
        return floats(values[np.minimum(at, len(values) - 1)])

    def _tail(self, x: Floats, power: int) -> Floats:
        values, chances = self._ordered()
        return floats(((values > x[..., np.newaxis]) * chances) @ values**power)


def _poisson_beyond(x: Floats, mean: Floats) -> Floats:
    """P(X > x) of Poisson demand; 1 below 0."""
    from scipy.special import gammainc

    with np.errstate(invalid="ignore"):
        return floats(np.where(x < 0, 1.0, gammainc(np.maximum(x, 0.0) + 1.0, mean)))


def _negative_binomial_beyond(x: Floats, n: Floats, p: Floats) -> Floats:
    """P(X > x) of negative binomial demand; 1 below 0."""
    from scipy.special import betainc

    return floats(np.where(x < 0, 1.0, betainc(np.maximum(x, 0.0) + 1.0, n, 1.0 - p)))
