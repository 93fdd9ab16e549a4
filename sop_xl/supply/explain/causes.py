"""Why demand is short: every unit late or lost is traced to the one constraint that caused it.

The question asked is: what keeps one more unit from being there in that month? Each source of the place is tried in
each month it could have released an order. What blocks it is a limit that is used up, or something it takes from
stock that is not there; the latter is asked the same question, upstream and down the bill of materials. Of all that
blocks, the constraint worth most is named: its price is the dual of its row in the linear programme.

| cause | what blocks | culprit and its month |
|---|---|---|
| capacity | a work center, of the item or of something made for it, is full | resource, when it is full |
| supplier limit | a source has delivered its most a month | supplier (location if made), when it is full |
| component | a component cannot arrive in time, or has no source | deepest such component, when it is needed |
| lead time | nothing released after the frozen fence arrives in time | fastest supplier, donor or plant, when short |
| lane limit | a lane carries no more in a month | the lane, when it is full |
| crew | the people of a work center are all at work | resource, when they are |
| budget | the money for such orders, or for stock, is spent | kind of order, or stock; its month |
| shelf life | it could be there earlier but would not live until it is needed | location, the month it came |
| lock | a person has fixed the order | supplier (location if made), month of the order |
| storage | it could be there earlier but not be kept | location, the first month it is full |
| no source | nothing brings the item there, or only for more than it is worth | location, when short |
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sop_xl.periods import label
from sop_xl.supply.explain.words import amount, month_count, units
from sop_xl.supply.flows import Flows, used_hours
from sop_xl.supply.model.prices import Prices
from sop_xl.supply.model.solution import Solution
from sop_xl.supply.network import Array, Limits, Mask, Network, Source
from sop_xl.supply.report import held_load

_TINY = 1e-6

_CALLS = 8
"""Calls from one place of a chain to the next."""

_UPSTREAM = ("lead time", "no source")


@dataclass(frozen=True)
class Cause:
    """What keeps one more unit from being there: the kind, who it is, since when, and what relief is worth.

    `worth` is per unit of the short item, before what keeping it costs [currency]; `says` is the part of the sentence
    after the colon. `amount` is what one unit of the short item takes of what blocks; `place` and `source` are where it
    blocks, -1 where that is no matter.
    """

    kind: str
    culprit: str
    month: int
    worth: float
    says: str
    amount: float = 1.0
    place: int = -1
    source: int = -1


def _foremost(causes: Sequence[Cause]) -> Cause:
    """The cause worth most; of equals storage, then the latest month."""
    most = max(cause.worth for cause in causes)
    equals = [cause for cause in causes if cause.worth >= most * (1 - _TINY)]
    return max(equals, key=lambda cause: (cause.kind == "storage", cause.month, cause.culprit))


@contextmanager
def deep_chains(network: Network) -> Iterator[None]:
    """Room to ask the same question through every place of a network: a chain of supply may be that long."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(before + _CALLS * len(network.places))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


class Tracer:
    """Asks of a solved plan why one more unit of an item is not at a place by a month.

    Parameters
    ----------
    network, prices, solution
        The plan as solved.
    flows
        The flows of that solution, before lots.
    limit
        Hours that count as all there are, by (resource, month) [h].
    full
        How a work center without hours left is described.

    """

    def __init__(
        self, network: Network, prices: Prices, solution: Solution, flows: Flows, limit: Array, full: str
    ) -> None:
        self.network, self.prices, self.solution, self.full = network, prices, solution, full
        self.free = np.minimum.accumulate(flows.closing[:, ::-1], axis=1)[:, ::-1]
        self.hours_left = limit - used_hours(network, flows.order)
        self.order = flows.order
        held = held_load(network, flows)
        self.stored_full = held >= network.storage[:, None] - _TINY * np.maximum(1.0, held)
        self.most_full = flows.closing >= network.most - _TINY * np.maximum(1.0, flows.closing)
        self.limits_full = {
            kind: _full(limits, flows.order)
            for kind, limits in (("supplier", network.suppliers), ("lane", network.lanes))
        }
        self.crew_of = {int(r): c for c, r in enumerate(network.crews.resource.tolist())}
        self.spent = _spent_budgets(network, prices, flows)
        self.locked = set(zip(network.locks.source.tolist(), network.locks.month.tolist(), strict=True))
        self.months = [label(period) for period in network.periods]
        self.known: dict[tuple[int, int], Cause | None] = {}

    def cause(self, place: int, month: int) -> Cause | None:
        """What keeps one more unit from the place by the end of the month; None where nothing does."""
        key = (place, month)
        if key not in self.known:
            self.known[key] = self._ring(place, month)  # what a ring of transfers answers when it asks itself
            self.known[key] = None if self.free[key] > _TINY else self._search(place, month)
        return self.known[key]

    def arrival(self, place: int, month: int) -> Cause | None:
        """What keeps one more unit from coming to the place by the end of the month, whatever is there already."""
        return self._search(place, month)

    def _ring(self, place: int, month: int) -> Cause:
        here = self.network.places[place]
        item, where = here.item, here.location
        says = f"{item} only goes round between locations, none has a source"
        return Cause("no source", where, month, 0.0, says, place=place)

    def _search(self, place: int, month: int) -> Cause | None:
        network = self.network
        where = network.places[place].location
        if not network.sources_of[place]:
            says = f"{network.places[place].item} has no source at {where}"
            return Cause("no source", where, month, 0.0, says, place=place)
        found: list[Cause] = []
        for s in network.sources_of[place]:
            source = network.source(s)
            for release in range(network.settings.frozen_months, month - source.lead + 1):
                arrival = release + source.lead
                cause = self._blocker(s, release) or self._storage(place, arrival, month)
                if cause is None:
                    return None
                kept = float(self.prices.holding[place]) * (month - arrival)
                worth = cause.worth / source.output + kept if cause.worth > 0 else 0.0
                found.append(replace(cause, worth=worth, amount=cause.amount / source.output))
        return _foremost(found) if found else self._lead_time(place, month)

    def _blocker(self, s: int, release: int) -> Cause | None:
        """What keeps a source from releasing one more unit in a month."""
        source, last = self.network.source(s), self.network.months - 1
        found = [self._source_limit(s, release), self._shared_limit(s, release), self._budget(s, release)]
        found += [self._lock(s, release)] if (s, release) in self.locked else []
        found += [self._capacity(r, per_unit, min(release + offset, last)) for r, per_unit, offset in source.hours]
        found += [self._taken(source, p, per_unit, min(release + offset, last)) for p, per_unit, offset in source.uses]
        blocking = [cause for cause in found if cause is not None]
        return _foremost(blocking) if blocking else None

    def _source_limit(self, s: int, month: int) -> Cause | None:
        source = self.network.source(s)
        if np.isinf(source.maximum) or self.order[s, month] < source.maximum - _TINY * max(1.0, source.maximum):
            return None
        place = self.network.places[source.place]
        price = float(self.solution.source_price[s, month])
        culprit = source.supplier or place.location
        says = f"{culprit} supplies at most {units(source.maximum)} units of {place.item} a month and is full in "
        says += self._month(month) + self._relief("unit", price)
        return Cause("supplier limit", culprit, month, price, says, place=source.place, source=s)

    def _shared_limit(self, s: int, month: int) -> Cause | None:
        """A limit over all items of a supplier, or of a lane."""
        network, solution = self.network, self.solution
        for kind, limits, worth in (
            ("supplier", network.suppliers, solution.supplier_price),
            ("lane", network.lanes, solution.lane_price),
        ):
            number = int(limits.number[s]) if len(limits.name) else -1
            if number >= 0 and self.limits_full[kind][number, month]:
                name, price = limits.name[number], float(worth[number, month])
                what = "units" if kind == "supplier" else "load"
                verb = "supplies" if kind == "supplier" else "carries"
                most = units(float(limits.most[number, month]))
                says = f"{name} {verb} at most {most} {what} a month over all items and is full in "
                return Cause(
                    f"{kind} limit", name, month, price * float(limits.weight[s]),
                    says + self._month(month) + self._relief("unit", price), float(limits.weight[s]), source=s,
                )  # fmt: skip
        return None

    def _budget(self, s: int, month: int) -> Cause | None:
        """Money for orders of the kind of a source that is all spent."""
        network = self.network
        kind, price = str(network.sources.kind[s]), float(self.prices.order[s, month])
        if kind not in network.budgets.kind or price <= 0:
            return None
        number = network.budgets.kind.index(kind)
        if not self.spent[number, month]:
            return None
        worth = float(self.solution.budget_price[number, month])
        has = amount(float(network.budgets.amount[number, month]), network.settings.currency)
        says = f"the {kind} budget of {has} in {self._month(month)} is spent"
        says += self._relief(f"{network.settings.currency} of it", worth)
        return Cause("budget", kind, month, worth * price, says, price, source=s)

    def _lock(self, s: int, month: int) -> Cause:
        """An order that a person has fixed."""
        source = self.network.source(s)
        place = self.network.places[source.place]
        ordered = units(float(self.order[s, month]))
        says = f"the {source.kind} order of {place.item} in {self._month(month)} is locked at {ordered} units"
        return Cause("lock", source.supplier or place.location, month, 0.0, says, place=source.place, source=s)

    def _capacity(self, resource: int, per_unit: float, month: int) -> Cause | None:
        if per_unit <= 0 or self.hours_left[resource, month] > _TINY * max(1.0, self.network.regular[resource, month]):
            return None
        solution, name = self.solution, self.network.resources[resource].name
        crew = self.crew_of.get(resource)
        if crew is not None:
            people, hours = solution.workers[crew, month], self.network.crews.hours[crew, month]
            if people * hours <= self.network.regular[resource, month] + _TINY:
                price = float(solution.crew_price[crew, month])
                says = f"the {units(float(people))} people at {name} are all at work in {self._month(month)}{self.full}"
                says += self._relief("hour of theirs", price)
                return Cause("crew", name, month, price * per_unit, says, per_unit)
        price = float(solution.regular_price[resource, month])
        says = f"{name} is full in {self._month(month)}{self.full}{self._relief('hour', price)}"
        return Cause("capacity", name, month, price * per_unit, says, per_unit)

    def _taken(self, source: Source, place: int, per_unit: float, month: int) -> Cause | None:
        """What keeps something a source takes from stock from being there: a component, or the item at its donor."""
        cause = self.cause(place, month)
        if cause is None:
            return None
        if source.kind == "make":
            component = self.network.places[place].item
            if cause.kind in _UPSTREAM:
                cause = replace(cause, kind="component", culprit=component, month=month)
            cause = replace(cause, says=f"component {component} is short, {cause.says}")
        return replace(cause, worth=cause.worth * per_unit, amount=cause.amount * per_unit)

    def _storage(self, place: int, arrival: int, month: int) -> Cause | None:
        network, number = self.network, int(self.network.places.location_number[place])
        where, item = network.places[place].location, network.places[place].item
        life = float(network.places.shelf_life[place])
        if month - arrival > life:
            says = f"{item} made or bought in {self._month(arrival)} does not live until {self._month(month)}"
            return Cause("shelf life", where, arrival, 0.0, says, place=place)
        full = np.flatnonzero(self.stored_full[number, arrival:month])
        if len(full):
            first = arrival + int(full[0])
            price = float(self.solution.storage_price[number, arrival:month].sum())
            says = f"{where} is full to its {units(network.storage[number])} units in {self._month(first)}, so nothing "
            room = float(network.places.volume[place])
            says += f"more can be kept for later{self._relief('unit', price)}"
            return Cause("storage", where, first, price * room, says, room, place)
        most = np.flatnonzero(self.most_full[place, arrival:month])
        if len(most):
            first = arrival + int(most[0])
            says = f"{where} may hold at most {units(network.most[place, first])} units of it in {self._month(first)}"
            return Cause("storage", where, first, 0.0, says, place=place)
        return self._bound_money(place, arrival, month)

    def _bound_money(self, place: int, arrival: int, month: int) -> Cause | None:
        """Money for stock that is all bound while a unit would wait."""
        network = self.network
        if "stock" not in network.budgets.kind:
            return None
        number, value = network.budgets.kind.index("stock"), float(self.prices.stock_value[place])
        spent = np.flatnonzero(self.spent[number, arrival:month])
        if not len(spent) or value <= 0:
            return None
        first = arrival + int(spent[0])
        worth = float(self.solution.budget_price[number, arrival:month].sum())
        has = amount(float(network.budgets.amount[number, first]), network.settings.currency)
        says = f"the stock budget of {has} is bound in {self._month(first)}, so nothing more can be kept for later"
        says += self._relief(f"{network.settings.currency} of it", worth)
        return Cause("budget", "stock", first, worth * value, says, value, place)

    def _lead_time(self, place: int, month: int) -> Cause:
        network = self.network
        fastest = min(network.sources_of[place], key=lambda s: (int(network.sources.lead[s]), s))
        source = network.source(fastest)
        where = network.places[place].location
        earliest = network.periods[0] + pd.DateOffset(months=network.settings.frozen_months + source.lead)
        frozen = network.settings.frozen_months
        fence = f"with {month_count(frozen)} frozen " if frozen else ""
        says = (
            f"{source.kind} orders of {network.places[place].item} take {units(source.lead_days)} days, and {fence}"
            f"nothing new arrives before {label(earliest)}"
        )
        return Cause("lead time", source.supplier or where, month, 0.0, says, place=place, source=fastest)

    def _month(self, month: int) -> str:
        return self.months[month]

    def _relief(self, unit: str, price: float) -> str:
        if price <= 0:
            return ""
        return f"; one more {unit} there is worth {amount(price, self.network.settings.currency)}"


def _full(limits: Limits, order: Array) -> Mask:
    """Where a limit over several sources is used up."""
    known = limits.number >= 0
    used = np.zeros_like(limits.most)
    np.add.at(used, limits.number[known], order[known] * limits.weight[known][:, None])
    full: Mask = used >= limits.most - _TINY * np.maximum(1.0, used)
    return full


def _spent_budgets(network: Network, prices: Prices, flows: Flows) -> Mask:
    """Where a budget is used up, (budgets, months)."""
    budgets = network.budgets
    used = np.zeros((len(budgets.kind), network.months))
    for number, kind in enumerate(budgets.kind):
        if kind == "stock":
            used[number] = prices.stock_value @ flows.closing
        else:
            of_kind = network.sources.of_kind(kind)
            used[number] = (prices.order[of_kind] * flows.order[of_kind]).sum(axis=0)
    spent: Mask = used >= budgets.amount - _TINY * np.maximum(1.0, used)
    return spent
