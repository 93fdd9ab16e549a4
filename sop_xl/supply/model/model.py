"""A plan as a programme: its variables, and the rows that tie them together.

Every order, unit in stock, unit late or lost and hour is a variable; `constraints` ties them together, one function a
physical idea. Only the balances and what physics limits are hard: what a planner could bargain about has a named slack
with a price, so the programme always has a solution and the slack tells what gave way. Variables that cannot exist,
such as orders inside the frozen fence or arriving after the horizon, are never made.

Two variables are left out because others say the same: stock is target + `above` - `below`, and what is shipped is
demand + late of the month before - late - lost.

The models are those of aggregate production planning with several items, stages and places; see
Pochet & Wolsey, Production Planning by Mixed Integer Programming, chapter 13.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sized
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from sop_xl.periods import label
from sop_xl.supply.model.prices import Prices
from sop_xl.supply.network import Mask, Network
from sop_xl.supply.programme.blocks import NONE, Blocks, Numbers, Programme


@dataclass
class Model:
    """A programme under construction: the network, its prices, and the numbers of the variables by kind.

    `order` is by (source, month of release); `above` and `below` by place; `late` and `lost` by demand; `regular` and
    `overtime` hours by resource. Other kinds are made by the constraint that needs them.
    """

    network: Network
    prices: Prices
    blocks: Blocks = field(default_factory=Blocks)

    def __post_init__(self) -> None:
        _add_orders(self)
        _add_stock(self)
        _add_demand(self)
        _add_hours(self)

    def __getattr__(self, kind: str) -> Numbers:
        """Numbers of the variables of a kind."""
        columns = self.__dict__["blocks"].columns if "blocks" in self.__dict__ else {}
        if kind not in columns:
            raise AttributeError(kind)
        number: Numbers = columns[kind].number
        return number

    def has(self, kind: str) -> bool:
        """Whether there are variables of a kind."""
        return kind in self.blocks.columns

    def add(
        self,
        kind: str,
        of: str,
        *,
        cost: npt.ArrayLike = 0.0,
        lower: npt.ArrayLike = 0.0,
        upper: npt.ArrayLike = np.inf,
        where: Mask | None = None,
        whole: bool = False,
    ) -> Numbers:
        """Add variables of a kind, one a thing and month; `cost` is that of a unit [currency], before discounting."""
        money = np.asarray(cost, dtype="float64") * self.prices.factor / self.prices.scale
        shape = (self.count(of), self.network.months)
        return self.blocks.add_columns(
            kind, of, shape, cost=money, lower=lower, upper=upper, where=where, whole=whole and self.exact
        )

    def rows(
        self,
        kind: str,
        of: str,
        *,
        at_least: npt.ArrayLike = -np.inf,
        at_most: npt.ArrayLike = np.inf,
        equal: npt.ArrayLike | None = None,
        where: Mask | None = None,
        lazy: bool = False,
    ) -> Numbers:
        """Add rows of a kind, one a thing and month: their terms are at least, at most or equal to a number."""
        shape = (self.count(of), self.network.months)
        low, high = (at_least, at_most) if equal is None else (equal, equal)
        return self.blocks.add_rows(kind, of, shape, lower=low, upper=high, where=where, lazy=lazy)

    def terms(self, rows: npt.ArrayLike, coefficient: npt.ArrayLike, columns: npt.ArrayLike) -> None:
        """Add terms to rows; what has no row or no variable falls away."""
        self.blocks.add_terms(rows, coefficient, columns)

    def stock_terms(self, rows: Numbers, coefficient: npt.ArrayLike, *, before: bool = False) -> None:
        """Add the stock of places to rows of the same shape, at the end of the month or of the month `before`."""
        weight = np.broadcast_to(np.asarray(coefficient, dtype="float64"), self.above.shape)
        span, held = (slice(1, None), slice(None, -1)) if before else (slice(None), slice(None))
        self.terms(rows[:, span], weight[:, held], self.above[:, held])
        self.terms(rows[:, span], -weight[:, held], self.below[:, held])
        self.blocks.add_constant(rows[:, span], weight[:, held] * self.network.target[:, held])

    def rows_after(self, rows: Numbers, of: npt.ArrayLike, months: npt.ArrayLike) -> Numbers:
        """Rows of the things `of`, so many months after each month of the plan; -1 beyond the horizon."""
        at = np.arange(self.network.months) + np.asarray(months)[:, None]
        last = self.network.months - 1
        return np.where(at <= last, rows[np.asarray(of)[:, None], np.minimum(at, last)], NONE)

    @property
    def exact(self) -> bool:
        """Whether lots, trucks, shifts and workers are whole numbers."""
        return self.network.settings.exact_lots

    def count(self, of: str) -> int:
        """How many things of a kind the network has."""
        network = self.network
        things: dict[str, Sized] = {
            "source": network.sources, "place": network.places, "demand": network.demands,
            "resource": network.resources, "location": network.locations, "supplier": network.suppliers.name,
            "lane": network.lanes.name, "crew": network.crews.resource, "budget": network.budgets.kind,
            "lock": network.locks.source, "blend": network.blends.name, "item": network.items, "plan": (0,),
        }  # fmt: skip
        return len(things[of])


Constraint = Callable[[Model], None]


def build_model(network: Network, prices: Prices, constraints: Iterable[Constraint]) -> Programme:
    """The programme of a plan: every variable that can exist, and the rows of the given constraints."""
    model = Model(network, prices)
    for constraint in constraints:
        constraint(model)
    return model.blocks.programme()


def names_of(network: Network) -> dict[str, list[str]]:
    """Names of everything a block counts, for the readable face."""
    s, places = network.sources, network.places
    of_place = [f"{item},{where}" for item, where in zip(places.item, places.location, strict=True)]
    return {
        "month": [label(p) for p in network.periods],
        "place": of_place,
        "source": [
            ",".join(filter(None, (kind, of_place[place], supplier, mode)))
            for kind, place, supplier, mode in zip(s.kind, s.place, s.supplier, s.mode, strict=True)
        ],
        "demand": [
            ",".join(filter(None, (of_place[place], name)))
            for place, name in zip(network.demands.place, network.demands.name, strict=True)
        ],
        "resource": [r.name for r in network.resources],
        "location": list(network.locations),
        "supplier": list(network.suppliers.name),
        "lane": list(network.lanes.name),
        "crew": [network.resources[r].name for r in network.crews.resource],
        "budget": list(network.budgets.kind),
        "lock": [
            f"{of_place[s.place[n]]},{label(network.periods[m])}"
            for n, m in zip(network.locks.source, network.locks.month, strict=True)
        ],
        "blend": list(network.blends.name),
        "item": list(network.items),
        "plan": ["plan"],
    }


def _add_orders(m: Model) -> None:
    """Units ordered; most a month is a bound."""
    s = m.network.sources
    cost = m.prices.order + m.prices.pipeline[:, None]
    upper = np.repeat(s.maximum[:, None], m.network.months, axis=1)
    m.add("order", "source", cost=cost, upper=upper, where=m.network.open)


def _add_stock(m: Model) -> None:
    """Units above and below the target; the cost of holding the target itself is not a choice."""
    target, holding = m.network.target, m.prices.holding[:, None]
    m.add("above", "place", cost=holding)
    held = np.asarray((target > 0).any(axis=1, keepdims=True))
    m.add("below", "place", cost=m.prices.below - holding, upper=target, where=held)
    m.blocks.offset += float((target * holding * m.prices.factor).sum()) / m.prices.scale


def _add_demand(m: Model) -> None:
    """Units late at the end of a month, or lost in it; neither is more than was wanted so far."""
    demands = m.network.demands
    wanted = np.cumsum(demands.quantity, axis=1)
    backlog, lost_sales = demands.backlog[:, None], np.logical_not(demands.backlog)[:, None]
    m.add("late", "demand", cost=m.prices.late, upper=wanted, where=backlog)
    m.add("lost", "demand", cost=m.prices.lost, upper=demands.quantity, where=lost_sales)


def _add_hours(m: Model) -> None:
    """Regular and overtime hours of the resources that any source uses; what is there is a bound."""
    network = m.network
    used = np.zeros((len(network.resources), network.months), dtype=bool)
    hours = network.hours
    for month in range(network.months):
        release = month - hours.offset
        runs = (release >= 0) & network.open[hours.source, np.maximum(release, 0)]
        used[hours.of[runs], month] = True
    rates = np.array([(r.cost_per_hour, r.overtime_cost_per_hour) for r in network.resources]).reshape(-1, 2)
    for kind, there, rate in (("regular", network.regular, rates[:, :1]), ("overtime", network.overtime, rates[:, 1:])):
        m.add(kind, "resource", cost=np.repeat(rate, network.months, axis=1), upper=there, where=used)
