"""A gap, and a lever for it: something to try, what it costs beside the plan, and how a scenario writes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sop_xl.supply.explain.kept import Kept
from sop_xl.supply.explain.measure import Group, Measure
from sop_xl.supply.explain.shortages import Short
from sop_xl.supply.network import Array

if TYPE_CHECKING:
    from sop_xl.supply.plan import Plan

TINY = 1e-6

DO_NOTHING, OVERTIME, AHEAD, CUT, RAISE, DELAY = (
    "do nothing", "overtime", "build ahead", "cut demand", "raise price", "delay promotion",
)  # fmt: skip
HURRY, OUTSIDE = "expedite", "buy in"

NOTICE = {
    OVERTIME: 14.0, AHEAD: 14.0, "extra shift": 30.0, "worker": 60.0, "storage": 30.0, HURRY: 7.0, OUTSIDE: 14.0,
    "supplier": 7.0, "lane": 14.0, "budget": 7.0, "make in time": 7.0, CUT: 0.0, RAISE: 14.0, DELAY: 14.0,
}  # fmt: skip
"""How long a lever takes from the decision until it works, beside lead times [days]."""


ARRIVALS = ("component", "lead time", "no source", "lock", "shelf life")
"""Causes that an arrival more would mend."""


@dataclass(frozen=True)
class Assumed:
    """Prices no table tells.

    `expedite`: of a unit hurried, share of its standard cost; `outside`: of a unit bought in, share above its standard
    cost; `elasticity`: % of demand for each % of price; `dearest`: most a price is raised [share]; `overtime`: most
    hours in a month beyond the overtime allowed, share of the regular ones.
    """

    expedite: float = 0.15
    outside: float = 0.30
    elasticity: float = -1.5
    dearest: float = 0.20
    overtime: float = 0.50


@dataclass(frozen=True)
class Promotion:
    """A promotion in the plan: its items, months (counted from 0), and what it adds to demand without it [share]."""

    name: str
    items: frozenset[str]
    first: int
    last: int
    uplift: float


@dataclass(frozen=True)
class Gap:
    """What is short of a family in a month, with the cause of each part."""

    family: str
    month: int
    shorts: tuple[Short, ...]

    @property
    def units(self) -> float:
        """How many are short."""
        return sum(short.quantity for short in self.shorts)

    def groups(self) -> list[Group]:
        """The shortages by what causes them."""
        found: dict[tuple[str, str, int], list[Short]] = {}
        for short in self.shorts:
            found.setdefault((short.cause.kind, short.cause.culprit, short.cause.month), []).append(short)
        return [
            Group(cause, culprit, month, tuple(mine), sum(s.quantity for s in mine),
                  sum(s.quantity * s.cause.amount for s in mine), 0.0)
            for (cause, culprit, month), mine in found.items()
        ]  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A change of a scenario: its kind, target, first and last month (from 0), and value."""

    kind: str
    target: str
    first: int
    last: int
    value: float


@dataclass(frozen=True)
class Lever:
    """Something to try for a gap.

    `target`: what it is done to; `first`, `last`: months it is done in; `paid`: what it costs beside the programme;
    `cut`: units of demand given up, by (demand, month), which are worth `forgone`; `gained`: revenue from a higher
    price [currency]. `basis`: what its price
    rests on; `sure`: whether its effect does not hang on how customers answer. `rows` writes it as changes of a
    scenario, given the rise of `measure.counted`; `why_not` says why there are none.
    """

    name: str
    target: str
    first: int
    last: int
    measure: Measure
    days: float
    basis: str = "the tables"
    paid: float = 0.0
    cut: Array | None = None
    forgone: float = 0.0
    gained: float = 0.0
    sure: bool = True
    rows: Callable[[Array], list[Row]] = field(default=lambda _: [], repr=False)
    why_not: str = ""


@dataclass(frozen=True)
class Desk:
    """What levers are made from: `shorts` are those of the whole plan, `abc` is the class of each item."""

    kept: Kept
    plan: Plan
    gap: Gap
    shorts: tuple[Short, ...]
    assumed: Assumed
    abc: Mapping[str, str]
    promotions: tuple[Promotion, ...]

    @property
    def price(self) -> Array:
        """Selling price of each demand and month [currency/unit]."""
        demands, value = self.kept.network.demands, self.kept.prices.value
        return np.where(np.isnan(demands.price), value[demands.place][:, None], demands.price)

    def stuck(self) -> list[tuple[int, int, float]]:
        """Where the shortages of the gap are stuck for want of an arrival: place, month, and units short of it there.

        What else the same arrival is short for counts too, it would be served first; a unit late for months is one.
        """
        mine = {(s.cause.place, s.cause.month) for s in self.gap.shorts if s.forced and s.cause.kind in ARRIVALS} - {
            (-1, s.cause.month) for s in self.gap.shorts
        }
        need: dict[tuple[int, int], dict[int, float]] = {at: {} for at in sorted(mine)}
        for short in self.shorts:
            at = (short.cause.place, short.cause.month)
            if at in need:
                before = need[at].get(short.place, 0.0)
                need[at][short.place] = max(before, short.quantity * short.cause.amount)
        return [(place, month, sum(parts.values())) for (place, month), parts in need.items()]

    def items(self) -> list[str]:
        """The items that are short, those with most units first."""
        of_item: dict[str, float] = {}
        for short in self.gap.shorts:
            name = str(self.kept.network.places.item[short.place])
            of_item[name] = of_item.get(name, 0.0) + short.quantity
        return sorted(of_item, key=lambda name: (-of_item[name], name))


def named(items: Iterable[str]) -> str:
    """The first names, and how many others.

    >>> named(["A", "B"]), named(["A", "B", "C", "D"])
    ('A, B', 'A, B and 2 more')
    """
    names = list(dict.fromkeys(items))
    return ", ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")
