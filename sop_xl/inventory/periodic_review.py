"""The (s, S) policy: every period, when the position is s or less, order up to S. Exact for whole-unit demand.

References
----------
[1] Y.-S. Zheng, A. Federgruen (1991): Finding optimal (s, S) policies is about as simple as evaluating a single policy,
    Operations Research 39(4), 654-665.
[2] L. Snyder, Z.-J. Shen: Fundamentals of Supply Chain Theory, 2nd ed., section 4.4.
[3] R. Ehrhardt, C. Mosier (1984): A revision of the power approximation for computing (s, S) policies, Management
    Science 30(5), 618-622.

"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sop_xl.errors import InputError
from sop_xl.inventory.bounds import Floats, above_0, at_least_0, floats
from sop_xl.inventory.distributions import Demand, NegativeBinomial, Normal, Poisson

_MOST_UNITS = 20_000


@dataclass(frozen=True)
class MinMaxPolicy:
    """At `s` or less order up to `S` [whole units]; `cost` [money/period]."""

    s: float
    S: float
    cost: float


@dataclass(frozen=True)
class MinMaxLevels:
    """`s` and `S` of each item [units]."""

    s: Floats
    S: Floats


def ss_optimal(
    demand: Poisson | NegativeBinomial,
    order_cost: float,
    holding_cost: float,
    stockout_cost: float,
    over_protection: Demand | None = None,
) -> MinMaxPolicy:
    """The (s, S) policy of least expected cost, by the algorithm of [1].

    c(s, S) = (K + sum of m(j) G(S - j), j < S - s) / M(S - s), m and M the renewal density and function of demand and
    G(y) = h E[(y - X)+] + p E[(X - y)+].

    Parameters
    ----------
    demand
        Demand of a period, in whole units.
    order_cost, holding_cost, stockout_cost
        K [money/order]; h and p, at the end of a period [money/unit/period].
    over_protection
        X, demand over lead time and one period; that of the period where an order comes at once.

    Raises InputError for a cost of 0 or less, or so many units that they should be counted in larger ones. Example 4.7
    in [2]:

    >>> best = ss_optimal(Poisson(6), order_cost=5, holding_cost=1, stockout_cost=4)
    >>> print(f"{best.s:.0f} {best.S:.0f} {best.cost:.6f}")
    4 10 8.034112

    """
    fixed = float(at_least_0("order cost", order_cost))
    held, short = (
        float(above_0("holding cost", holding_cost)),
        float(above_0("the cost of a unit short", stockout_cost)),
    )
    exposed = demand if over_protection is None else over_protection
    mean = float(np.asarray(demand.mean))
    if mean <= 0:
        raise InputError("an (s, S) policy needs a mean demand above 0")
    if mean + np.sqrt(2.0 * fixed * mean / held) > _MOST_UNITS:
        raise InputError(f"an exact (s, S) over more than {_MOST_UNITS:,} units takes too long: count in larger units")
    table = _RenewalCosts(demand, exposed, fixed, held, short)
    least = int(exposed.quantile(short / (held + short)))

    best, s = least, least - 1
    while table.cost(s, best) > table.rate(s):
        s -= 1
    cost, candidate = table.cost(s, best), best + 1
    while table.rate(candidate) <= cost:
        if table.cost(s, candidate) < cost:
            best = candidate
            while table.cost(s, best) <= table.rate(s + 1):
                s += 1
            cost = table.cost(s, best)
        candidate += 1
    return MinMaxPolicy(float(s), float(best), float(cost))


def ss_cost(
    s: int,
    up_to: int,
    demand: Poisson | NegativeBinomial,
    order_cost: float,
    holding_cost: float,
    stockout_cost: float,
    over_protection: Demand | None = None,
) -> float:
    """Exact expected cost of any (s, S) policy [money/period]: c(s, S) of `ss_optimal`, whose parameters these are.

    >>> print(f"{ss_cost(4, 10, Poisson(6), 5, 1, 4):.6f}")
    8.034112

    """
    if up_to <= s:
        raise InputError(f"S must be above s, got {up_to} and {s}")
    exposed = demand if over_protection is None else over_protection
    return _RenewalCosts(demand, exposed, order_cost, holding_cost, stockout_cost).cost(s, up_to)


def ss_power_approximation(
    mean: npt.ArrayLike, sd: npt.ArrayLike, lead_time: npt.ArrayLike, order_cost: npt.ArrayLike,
    holding_cost: npt.ArrayLike, stockout_cost: npt.ArrayLike,
) -> MinMaxLevels:  # fmt: skip
    """The s and S of many items at once by the revised power approximation [3].

    Q = 1.30 mu^0.494 (K/h)^0.506 (1 + sd_L^2/mu^2)^0.116, z = sqrt(Q h / (sd_L p)), s = 0.973 mu_L + sd_L (0.183/z +
    1.063 - 2.192 z), S = s + Q; where Q <= 1.5 mu both are kept at or below mu_L + z_{p/(p+h)} sd_L. mu_L and sd_L are
    of the lead time and one period. Equations 4.68 to 4.73 in [2].

    >>> levels = ss_power_approximation(50, 8, 4, 60, 0.18, 0.70)
    >>> print(f"{levels.s:.1f} {levels.S:.1f}")
    202.7 374.8

    """
    from scipy.special import ndtri

    rate, span = above_0("mean demand", mean), at_least_0("lead time", lead_time) + 1.0
    fixed, held = above_0("order cost", order_cost), above_0("holding cost", holding_cost)
    short = above_0("the cost of a unit short", stockout_cost)
    exposed, spread = rate * span, above_0("the standard deviation of demand", sd) * np.sqrt(span)
    lot = 1.30 * rate**0.494 * (fixed / held) ** 0.506 * (1.0 + spread**2 / rate**2) ** 0.116
    z = np.sqrt(lot * held / (spread * short))
    point = 0.973 * exposed + spread * (0.183 / z + 1.063 - 2.192 * z)
    cap = np.where(lot > 1.5 * rate, np.inf, exposed + ndtri(short / (short + held)) * spread)
    return MinMaxLevels(floats(np.minimum(point, cap)), floats(np.minimum(point + lot, cap)))


def periodic_order_up_to(
    mean: npt.ArrayLike, sd: npt.ArrayLike, lead_time: npt.ArrayLike, review: npt.ArrayLike, alpha: npt.ArrayLike
) -> Floats:
    """S [units] of an (R, S) policy for a cycle service: D (L + R) + z sd sqrt(L + R), normal demand.

    >>> print(f"{periodic_order_up_to(2500, 500, 2, 4, 0.90):.0f}")
    16570

    """
    span = at_least_0("lead time", lead_time) + above_0("review", review)
    spread = above_0("the standard deviation of demand", sd) * np.sqrt(span)
    return Normal(floats(mean) * span, floats(spread)).quantile(alpha)


class _RenewalCosts:
    """Cost of (s, S) from the renewal density m of demand; grown as far as asked."""

    def __init__(
        self, demand: Poisson | NegativeBinomial, exposed: Demand, fixed: float, held: float, short: float
    ) -> None:
        self._demand, self._exposed = demand, exposed
        self._fixed, self._held, self._short = fixed, held, short
        self._mean = float(np.asarray(exposed.mean))
        self._density = np.zeros(0)
        self._grow(64)

    def _grow(self, size: int) -> None:
        chance = np.asarray(self._demand.pmf(np.arange(size)))
        density = np.empty(size)
        density[0] = 1.0 / (1.0 - chance[0])
        for j in range(1, size):
            density[j] = density[0] * (chance[1 : j + 1] @ density[j - 1 :: -1][:j])
        self._density = density

    def rate(self, y: float | Floats) -> Floats:
        """G(y)."""
        return floats(self._held * (y - self._mean) + (self._held + self._short) * self._exposed.loss(y))

    def cost(self, s: int, up_to: int) -> float:
        """c(s, S)."""
        span = up_to - s
        while span > len(self._density):
            self._grow(2 * len(self._density))
        density = self._density[:span]
        rates = self.rate(up_to - np.arange(span, dtype=float))
        return float((self._fixed + density @ rates) / density.sum())
