"""Why two plans differ in money: volume, mix, price, cost, currency, new and ended products, exact to the cent.

With q units of a line, p price and c cost of a unit (m = p - c, or p for revenue), r the rate of its currency, 0 for
the base and 1 for the plan, and g the growth of all units of the products that are in both plans, the base is walked to
the plan in this order, each step at what the steps before it have left:

| step | equation |
|---|---|
| ended | - q0 m0 r0 of products without units in the plan |
| new | q1 m1 r0 of products without units in the base |
| volume | (g - 1) q0 m0 r0: every line grows with the company (CIMA and [1]: sales quantity variance) |
| mix of a level | (g_k - g_(k-1)) q0 m0 r0: a group grows more or less than the group it belongs to |
| mix | (q1 - g_k q0) m0 r0: the line against its group (sales mix variance) |
| price | (p1 - p0) q1 r0 (selling-price variance) |
| cost | - (c1 - c0) q1 r0 (flexible-budget variance of the standard cost) |
| currency | q1 m1 (r1 - r0): the plan at the rates of today |

Without levels, volume and mix are the two halves of the sales volume variance. The order matters where two things
change at once: what they make together stands with the later one. The symmetric sibling takes the mean over all orders,
the Shapley value of the factors [3, 4], so that no order is preferred and base and plan may change places; for two
factors it is the midpoint of Bennet [2].

References
----------
[1] C. Horngren, S. Datar, M. Rajan: Cost Accounting: A Managerial Emphasis, 14th ed., chapters 7 and 14; CIMA Official
    Terminology: sales price, sales mix and sales quantity variances.
[2] T. Bennet (1920): The theory of measurement of changes in cost of living, J. Royal Statistical Society 83, 455-462.
[3] E. Dietzenbacher, B. Los (1998): Structural decomposition techniques: sense and sensitivity, Economic Systems
    Research 10(4), 307-324.
[4] A. Shorrocks (2013): Decomposition procedures for distributional analysis: a unified framework based on the Shapley
    value, Journal of Economic Inequality 11, 99-126.

"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from math import factorial

import numpy as np
import numpy.typing as npt
import pandas as pd

from sop_xl.errors import InputError
from sop_xl.finance.cents import Cents, cents, largest_remainder, money
from sop_xl.finance.lines import Array, Lines, read_lines


@dataclass(frozen=True)
class Split:
    """The difference of two plans by line and step, in whole cents of home currency.

    `keys`: what names a line. `steps`: base, the steps between, plan. `cents`: shape (lines, steps); base and the steps
    add up to plan in every line, and so in every sum of lines. `method`: `sequential` or `shapley`.
    """

    keys: pd.DataFrame
    steps: tuple[str, ...]
    cents: Cents
    method: str

    def at(self, *level: str) -> pd.DataFrame:
        """The steps at a level: its columns, `step`, `money`; without columns those of everything.

        The money of a level is the sum of the money of the level below, to the cent.
        """
        unknown = [column for column in level if column not in self.keys]
        if unknown:
            raise InputError(f"the split has no column {unknown[0]!r}; it has {', '.join(map(str, self.keys))}")
        if not level:
            return pd.DataFrame({"step": self.steps, "money": money(self.cents.sum(axis=0))})
        wide = pd.DataFrame(self.cents).groupby([self.keys[column] for column in level]).sum()
        keys = wide.index.to_frame(index=False)
        long = keys.loc[keys.index.repeat(len(self.steps))].reset_index(drop=True)
        return long.assign(step=list(self.steps) * len(keys), money=money(wide.to_numpy().reshape(-1)))

    @property
    def total(self) -> pd.Series:
        """Money by step, of everything."""
        return pd.Series(money(self.cents.sum(axis=0)), index=pd.Index(self.steps, name="step"), name="money")


def revenue_split(
    base: pd.DataFrame,
    plan: pd.DataFrame,
    rates: pd.DataFrame | None = None,
    *,
    levels: Sequence[str] = (),
    product: Sequence[str] = (),
) -> Split:
    """Revenue of two plans: ended, new, volume, mix, price and currency, in this order.

    Parameters
    ----------
    base, plan, rates, product
        As in `sop_xl.finance.lines.read_lines`. A product that has units in both plans is neither new nor ended, even
        where one of its lines (a region, a month) has units in one of them only: that is mix.
    levels
        Columns, outermost first, by which mix is told apart; with `period` first, its mix is phasing.

    Raises InputError as `read_lines`, and for a level that the lines do not have.

    >>> base = pd.DataFrame({"item": ["A", "B"], "units": [10.0, 10.0], "revenue": [100.0, 20.0]})
    >>> plan = pd.DataFrame({"item": ["A", "B", "C"], "units": [16.0, 14.0, 1.0], "revenue": [176.0, 28.0, 7.5]})
    >>> revenue_split(base, plan).total.to_dict()
    {'base': 120.0, 'ended': 0.0, 'new': 7.5, 'volume': 60.0, 'mix': 8.0, 'price': 16.0, 'currency': 0.0, 'plan': 211.5}

    """
    lines = _without_cost(read_lines(base, plan, rates, product))
    return _split(lines, levels, _in_order, "sequential", leave="cost")


def margin_split(
    base: pd.DataFrame,
    plan: pd.DataFrame,
    rates: pd.DataFrame | None = None,
    *,
    levels: Sequence[str] = (),
    product: Sequence[str] = (),
) -> Split:
    """Margin of two plans: ended, new, volume, mix, price, cost and currency, in this order.

    With variable cost in `cost` it is the contribution that is split, with standard cost the gross margin. Cost is
    positive, a dearer unit a negative step. Parameters and errors as in `revenue_split`.

    The Soda King exercise of chapter 14 in [1] of the module: sales quantity 1,054,000 F, sales mix 234,000 U.

    >>> drinks = pd.DataFrame({"item": ["Kola", "Limor", "Orlem"], "price": [6.0, 4.0, 7.0], "cost": [4.0, 2.8, 4.5]})
    >>> def sold(*units):
    ...     money = drinks[["price", "cost"]].mul(units, axis=0).rename(columns={"price": "revenue"})
    ...     return money.assign(item=drinks["item"], units=units)
    >>> soda = margin_split(sold(400_000, 600_000, 1_500_000), sold(480_000, 900_000, 1_620_000))
    >>> soda.total[["volume", "mix", "price", "cost"]].tolist()
    [1054000.0, -234000.0, 0.0, 0.0]

    """
    return _split(read_lines(base, plan, rates, product), levels, _in_order, "sequential")


def revenue_split_shapley(
    base: pd.DataFrame,
    plan: pd.DataFrame,
    rates: pd.DataFrame | None = None,
    *,
    levels: Sequence[str] = (),
    product: Sequence[str] = (),
) -> Split:
    """Revenue of two plans by the same steps, each the mean over all orders in which they could be taken.

    Parameters and errors as in `revenue_split`. Units are total units x share of each level x share of the line; with
    price and rate these are the factors of the Shapley value [4]. A new or ended product is one factor, its rate
    another.

    With one product and no other change it is Bennet's midpoint: 2 more units at the mean price 11.

    >>> base = pd.DataFrame({"item": ["A"], "units": [10.0], "revenue": [100.0]})
    >>> plan = pd.DataFrame({"item": ["A"], "units": [12.0], "revenue": [144.0]})
    >>> revenue_split_shapley(base, plan).total[["volume", "price"]].tolist()
    [22.0, 22.0]

    """
    lines = _without_cost(read_lines(base, plan, rates, product))
    return _split(lines, levels, _in_every_order, "shapley", leave="cost")


def margin_split_shapley(
    base: pd.DataFrame,
    plan: pd.DataFrame,
    rates: pd.DataFrame | None = None,
    *,
    levels: Sequence[str] = (),
    product: Sequence[str] = (),
) -> Split:
    """Margin of two plans by the same steps, each the mean over all orders in which they could be taken.

    Parameters as in `margin_split`, method as in `revenue_split_shapley`.

    >>> base = pd.DataFrame({"item": ["A"], "units": [10.0], "revenue": [100.0], "cost": [60.0]})
    >>> plan = pd.DataFrame({"item": ["A"], "units": [12.0], "revenue": [144.0], "cost": [72.0]})
    >>> margin_split_shapley(base, plan).total[["volume", "price", "cost"]].tolist()
    [10.0, 22.0, 0.0]

    """
    return _split(read_lines(base, plan, rates, product), levels, _in_every_order, "shapley")


_Parts = dict[str, Array]
_Method = Callable[[Lines, Sequence[str], npt.NDArray[np.bool_]], _Parts]


def _split(lines: Lines, levels: Sequence[str], method: _Method, name: str, leave: str = "") -> Split:
    """The steps of each line in cents; largest remainders make them the difference of the rounded plans."""
    unknown = [column for column in levels if column not in lines.keys]
    if unknown:
        raise InputError(f"the lines have no column {unknown[0]!r}; they have {', '.join(map(str, lines.keys))}")
    before, after = (_sums(lines.product, units) > 0 for units in lines.units)
    net = [(r - c) for r, c in zip(lines.revenue, lines.cost, strict=True)]
    parts = method(lines, levels, before & after)
    for step, here in (("ended", before & ~after), ("new", after & ~before)):
        rate = lines.rate[0] if name == "sequential" else (lines.rate[0] + lines.rate[1]) / 2
        parts[step] = np.where(here, (net[1] - net[0]) * rate, 0.0)
    order = ["ended", "new", "volume", *(f"mix of {level}" for level in levels), "mix", "price", "cost", "currency"]
    order = [step for step in order if step != leave]
    first = cents("the base", net[0] * lines.rate[0])
    last = cents("the plan", net[1] * lines.rate[1])
    exact = np.stack([parts[step] for step in order], axis=1)
    steps = largest_remainder("the difference", exact, last - first)
    every = np.column_stack([first, steps, last])
    return Split(lines.keys, ("base", *order, "plan"), every, name)


def _in_order(lines: Lines, levels: Sequence[str], stays: npt.NDArray[np.bool_]) -> _Parts:
    """Volume, mix, price, cost and currency, one after the other."""
    (q0, q1), (r0, r1), (c0, c1), (e0, e1) = lines.units, lines.revenue, lines.cost, lines.rate
    price, cost = (_unit_money(lines, amounts, 0, stays) for amounts in (lines.revenue, lines.cost))
    at = [np.where(stays, q0, 0.0)]
    for depth in range(len(levels) + 1):
        group = lines.groups(levels[:depth])
        base, plan = _sums(group, np.where(stays, q0, 0.0)), _sums(group, np.where(stays, q1, 0.0))
        at.append(np.where(base > 0, at[0] * plan / np.where(base > 0, base, 1.0), np.where(stays, q1, 0.0)))
    at.append(np.where(stays, q1, 0.0))
    names = ["volume", *(f"mix of {level}" for level in levels), "mix"]
    steps = {n: (b - a) * (price - cost) * e0 for n, (a, b) in zip(names, pairwise(at), strict=True)}
    in_both = _neither_new_nor_ended(lines, stays)
    more = np.where(stays, q1 - q0, 0.0)
    steps["price"] = np.where(in_both, (r1 - r0 - more * price) * e0, 0.0)
    steps["cost"] = np.where(in_both, -(c1 - c0 - more * cost) * e0, 0.0)
    steps["currency"] = (r1 - c1) * (e1 - e0)
    return steps


def _in_every_order(lines: Lines, levels: Sequence[str], stays: npt.NDArray[np.bool_]) -> _Parts:
    """Volume, mix, price, cost and currency, each the mean over all orders."""
    (e0, e1), both = lines.rate, _neither_new_nor_ended(lines, stays)
    names = ["volume", *(f"mix of {level}" for level in levels), "mix"]
    shares = _shares(lines, levels, stays)
    steps = dict.fromkeys([*names, "price", "cost", "currency"], np.zeros(len(e0)))
    for sign, step, amounts in ((1.0, "price", lines.revenue), (-1.0, "cost", lines.cost)):
        unit = (_unit_money(lines, amounts, 0, stays), _unit_money(lines, amounts, 1, stays))
        loose = [
            np.where(both, a - np.where(stays, q, 0.0) * u, a)
            for a, q, u in zip(amounts, lines.units, unit, strict=True)
        ]
        found = _shapley([*shares, unit, lines.rate])
        for name, part in zip([*names, step, "currency"], found, strict=True):
            steps[name] = steps[name] + sign * np.where(stays, part, 0.0)
        steps[step] = steps[step] + sign * np.where(both, (loose[1] - loose[0]) * (e0 + e1) / 2, 0.0)
        steps["currency"] = steps["currency"] + sign * (loose[0] + loose[1]) / 2 * (e1 - e0)
    return steps


def _shares(lines: Lines, levels: Sequence[str], stays: npt.NDArray[np.bool_]) -> list[tuple[Array, Array]]:
    """Units of a line as total x share of each level in the one above x share of the line; base and plan.

    Where a plan has no units in a group, the shares within it are those of the other plan.
    """
    units = [np.where(stays, q, 0.0) for q in lines.units]
    deeper = [[_sums(lines.groups(levels[:depth]), q) for depth in range(len(levels) + 1)] + [q] for q in units]
    shares = [(deeper[0][0], deeper[1][0])]
    for depth in range(1, len(levels) + 2):
        own = [
            np.divide(d[depth], d[depth - 1], out=np.full(len(stays), np.nan), where=d[depth - 1] > 0) for d in deeper
        ]
        filled = [np.where(np.isnan(a), np.nan_to_num(b), a) for a, b in (own, own[::-1])]
        shares.append((filled[0], filled[1]))
    return shares


def _shapley(factors: Sequence[tuple[Array, Array]]) -> list[Array]:
    """Shares of each factor in the change of their product: the mean over all orders of changing them [3]."""
    n = len(factors)
    found = []
    for own, (base, plan) in enumerate(factors):
        rest = [factor for number, factor in enumerate(factors) if number != own]
        mean = np.zeros(len(base))
        for size in range(n):
            weight = factorial(size) * factorial(n - size - 1) / factorial(n)
            for changed in combinations(range(n - 1), size):
                product = np.ones(len(base))
                for number, factor in enumerate(rest):
                    product = product * factor[number in changed]
                mean = mean + weight * product
        found.append((plan - base) * mean)
    return found


def _unit_money(lines: Lines, amounts: tuple[Array, Array], which: int, stays: npt.NDArray[np.bool_]) -> Array:
    """Money of a unit in the line's currency; a line without units takes the mean of its product."""
    units, rate = lines.units[which], lines.rate[which]
    own = np.divide(amounts[which], units, out=np.zeros(len(units)), where=units > 0)
    all_units = _sums(lines.product, units)
    all_money = _sums(lines.product, np.where(units > 0, amounts[which] * rate, 0.0))
    mean = np.divide(all_money, all_units, out=np.zeros(len(units)), where=all_units > 0) / rate
    return np.where(stays, np.where(units > 0, own, mean), 0.0)


def _neither_new_nor_ended(lines: Lines, stays: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Products in both plans, and amounts without units in either: they change by price, cost and currency."""
    none = [_sums(lines.product, units) == 0 for units in lines.units]
    found: npt.NDArray[np.bool_] = stays | (none[0] & none[1])
    return found


def _sums(group: npt.NDArray[np.int64], values: Array) -> Array:
    """The sum of each line's group."""
    summed: Array = np.bincount(group, values, minlength=1)[group].astype("float64")
    return summed


def _without_cost(lines: Lines) -> Lines:
    nothing = np.zeros(len(lines.keys))
    return Lines(lines.keys, lines.units, lines.revenue, (nothing, nothing), lines.rate, lines.product)
