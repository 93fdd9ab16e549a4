"""Safety stock of many stocking points at once, each by its own service measure and its own distribution of demand.

A point is exposed to the demand of lead time and review: its mean and standard deviation are given, its shape is named.
The measure of a point is the cycle service or the fill rate, never both.

References
----------
[1] E. Silver, D. Pyke, D. Thomas: Inventory and Production Management in Supply Chains, 4th ed., chapter 6.
[2] A. Syntetos, J. Boylan, J. Croston (2005): On the categorization of demand patterns, JORS 56, 495-503.

"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sop_xl.errors import InputError
from sop_xl.inventory.bounds import Floats, floats
from sop_xl.inventory.distributions import Demand, Empirical, Gamma, NegativeBinomial, Normal
from sop_xl.inventory.service import cycle_service, fill_rate_of, reorder_point_for_fill_rate

Words = npt.NDArray[np.object_]

CYCLE_SERVICE, FILL_RATE = "cycle service", "fill rate"
SERVICE_TYPES = (CYCLE_SERVICE, FILL_RATE)

AUTO, NORMAL, GAMMA, NEGATIVE_BINOMIAL, EMPIRICAL = "auto", "normal", "gamma", "negative binomial", "empirical"
DISTRIBUTIONS = (AUTO, NORMAL, GAMMA, NEGATIVE_BINOMIAL, EMPIRICAL)

BY_CLASS = {
    "smooth": NORMAL,
    "erratic": GAMMA,
    "intermittent": NEGATIVE_BINOMIAL,
    "lumpy": NEGATIVE_BINOMIAL,
}
"""The distribution `auto` takes for a class of demand [2]; any other is normal."""

FEW = 10.0
"""Units over lead time and review below which `auto` counts them one by one: a normal demand would go below 0 [1]."""

_LEAST_SPREAD = 1.0 + 1e-4
"""A negative binomial has a variance above its mean; at this ratio it is as good as Poisson."""


@dataclass(frozen=True)
class Scaled:
    """Demand of a mean and a standard deviation in the shape of errors that were seen: mean + sd x error.

    >>> seen = Scaled(100.0, 10.0, Empirical([-2.0, -1.0, 0.0, 1.0, 2.0]))
    >>> print(seen.quantile(0.8), f"{seen.loss(110.0):.1f}")
    110.0 2.0

    """

    mean: npt.ArrayLike
    sd: npt.ArrayLike
    shape: Empirical
    whole = False

    def _z(self, x: npt.ArrayLike) -> Floats:
        return floats((floats(x) - floats(self.mean)) / floats(self.sd))

    def cdf(self, x: npt.ArrayLike) -> Floats:
        """P(X <= x) [share]."""
        return self.shape.cdf(self._z(x))

    def quantile(self, p: npt.ArrayLike) -> Floats:
        """The least x with P(X <= x) >= p [units]."""
        return floats(floats(self.mean) + floats(self.sd) * self.shape.quantile(p))

    def loss(self, x: npt.ArrayLike) -> Floats:
        """E[(X - x)+] [units]."""
        return floats(floats(self.sd) * self.shape.loss(self._z(x)))

    def second_loss(self, x: npt.ArrayLike) -> Floats:
        """E[((X - x)+)^2] / 2 [units^2]."""
        return floats(floats(self.sd) ** 2 * self.shape.second_loss(self._z(x)))


@dataclass(frozen=True)
class Exposure:
    """Demand of lead time and review of many points, shape (points,).

    `mean`, `sd` [units]; `distribution`: one of `DISTRIBUTIONS` beside `auto`; `shape`: whose errors an empirical one
    takes, a key of `shapes`; `shapes`: errors as they were seen, in standard deviations.
    """

    mean: Floats
    sd: Floats
    distribution: Words
    shape: Words
    shapes: Mapping[str, Empirical]

    def groups(self) -> list[tuple[npt.NDArray[np.intp], Demand]]:
        """The points that can be short, by distribution."""
        uncertain = self.sd > 0
        named = np.char.add(np.char.add(self.distribution.astype(str), "|"), self.shape.astype(str))
        named = np.where(self.distribution == EMPIRICAL, named, self.distribution).astype(str)
        found = []
        for name in np.unique(named[uncertain]):
            rows = np.flatnonzero(uncertain & (named == name))
            found.append((rows, self._demand(name, self.mean[rows], self.sd[rows])))
        return found

    def _demand(self, name: str, mean: Floats, sd: Floats) -> Demand:
        kind, _, shape = name.partition("|")
        match kind:
            case "normal":
                return Normal(mean, sd)
            case "gamma":
                return Gamma(mean, sd)
            case "negative binomial":
                return NegativeBinomial(mean, np.maximum(sd, np.sqrt(mean * _LEAST_SPREAD)))
            case "empirical":
                return Scaled(mean, sd, self.shapes[shape])
        raise InputError(f"there is no distribution {name!r}; there are {', '.join(DISTRIBUTIONS)}")


def chosen(
    distribution: Words, demand_class: Words, mean: Floats, shapes: Mapping[str, Empirical]
) -> tuple[Words, Words]:
    """The distribution of each point, `auto` by its class of demand, and whose errors an empirical one takes.

    `mean` is the demand of lead time and review [units]; few units are negative binomial whatever their class.
    Where no errors of a class were kept, those of all stand in; where there are none, and for gamma or negative
    binomial without demand, the normal does.

    >>> words = lambda *given: np.array(given, dtype=object)
    >>> kinds = words("lumpy", "", "smooth")
    >>> found, _ = chosen(words("auto", "auto", "empirical"), kinds, np.array([50.0, 50.0, 5.0]), {})
    >>> found.tolist()
    ['negative binomial', 'normal', 'normal']

    """
    by_class = np.array([BY_CLASS.get(str(name), NORMAL) for name in demand_class], dtype=object)
    counted = np.where((mean > 0) & (mean < FEW), NEGATIVE_BINOMIAL, by_class)
    found = np.where(distribution == AUTO, counted, distribution)
    shape = np.array([name if name in shapes else "" for name in demand_class], dtype=object)
    unseen = (found == EMPIRICAL) & np.array([name not in shapes for name in shape], dtype=bool)
    bare = np.isin(found.astype(str), (GAMMA, NEGATIVE_BINOMIAL)) & (mean <= 0)
    return np.where(unseen | bare, NORMAL, found), shape


def protection(exposure: Exposure, order_quantity: Floats, service_type: Words, level: Floats) -> Floats:
    """Safety stock [units]: what the service level of each point asks for above its mean demand, never below 0.

    Parameters
    ----------
    exposure
        Demand of lead time and review.
    order_quantity
        A usual order [units]; a fill rate needs it.
    service_type
        `cycle service` or `fill rate`, by point.
    level
        The level wanted [share].

    Raises
    ------
    InputError
        For a service type that is neither, or a level outside of (0, 1).

    >>> words = lambda *given: np.array(given, dtype=object)
    >>> normal, none = words("normal", "normal"), words("", "")
    >>> exposed = Exposure(np.array([100.0, 100.0]), np.array([25.0, 25.0]), normal, none, {})
    >>> both = words("cycle service", "fill rate")
    >>> protection(exposed, np.array([50.0, 50.0]), both, np.array([0.98, 0.98])).round(1).tolist()
    [51.3, 34.0]

    """
    wrong = ~np.isin(service_type.astype(str), SERVICE_TYPES)
    if wrong.any():
        raise InputError(f"a service type is {' or '.join(SERVICE_TYPES)}, got {service_type[wrong][0]!r}")
    stock = np.zeros(len(exposure.mean))
    for rows, demand in exposure.groups():
        by_fill = (service_type[rows] == FILL_RATE) & (order_quantity[rows] > 0)
        point = demand.quantile(np.clip(level[rows], 1e-6, 1.0 - 1e-9))
        if by_fill.any():
            lot = np.where(by_fill, order_quantity[rows], 1.0)
            point = np.where(by_fill, reorder_point_for_fill_rate(demand, lot, level[rows]), point)
        stock[rows] = np.maximum(point - exposure.mean[rows], 0.0)
    return floats(stock)


def expected_service(exposure: Exposure, order_quantity: Floats, stock: Floats) -> tuple[Floats, Floats]:
    """Cycle service and fill rate [share] that a safety stock is expected to give.

    >>> words = lambda *given: np.array(given, dtype=object)
    >>> exposed = Exposure(np.array([100.0]), np.array([25.0]), words("normal"), words(""), {})
    >>> print([f"{share[0]:.3f}" for share in expected_service(exposed, np.array([50.0]), np.array([51.34]))])
    ['0.980', '0.996']

    """
    cycle, fill = np.ones(len(exposure.mean)), np.ones(len(exposure.mean))
    for rows, demand in exposure.groups():
        point = exposure.mean[rows] + stock[rows]
        cycle[rows] = cycle_service(demand, point)
        fill[rows] = fill_rate_of(demand, point, np.maximum(order_quantity[rows], 1e-9))
    return floats(cycle), floats(np.clip(fill, 0.0, 1.0))
