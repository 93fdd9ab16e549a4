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
| storage | it could be there earlier but not be kept | location, the first month it is full |
| no source | nothing brings the item there, or only for more than it is worth | location, when short |
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sop_xl.periods import label
from sop_xl.supply.flows import Flows, by_place, used_hours
from sop_xl.supply.model import Solution
from sop_xl.supply.network import Array, Network, Source
from sop_xl.supply.prices import Prices

_TINY = 1e-6

_UPSTREAM = ("lead time", "no source")


@dataclass(frozen=True)
class Cause:
    """What keeps one more unit from being there: the kind, who it is, since when, and what relief is worth.

    `worth` is per unit of the short item, before what keeping it costs [currency]; `says` is the part of the sentence
    after the colon.
    """

    kind: str
    culprit: str
    month: int
    worth: float
    says: str


def amount(value: float, currency: str) -> str:
    """An amount of money in a sentence.

    >>> amount(31000.4, "USD"), amount(2.5, "EUR")
    ('USD 31,000', 'EUR 2.50')
    """
    return f"{currency} {value:,.0f}" if abs(value) >= 10 else f"{currency} {value:,.2f}"


def units(value: float) -> str:
    """A quantity in a sentence.

    >>> units(1234.5), units(0.25)
    ('1,234', '0.25')
    """
    return f"{value:,.0f}" if abs(value) >= 10 else f"{value:.3g}"


def _months(number: int) -> str:
    return "1 month" if number == 1 else f"{number} months"


def _foremost(causes: Sequence[Cause]) -> Cause:
    """The cause worth most; of equals storage, then the latest month."""
    most = max(cause.worth for cause in causes)
    equals = [cause for cause in causes if cause.worth >= most * (1 - _TINY)]
    return max(equals, key=lambda cause: (cause.kind == "storage", cause.month, cause.culprit))


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
        self.sources = network.sources_of()
        self.number_of = {name: number for number, name in enumerate(network.locations)}
        held = np.zeros((len(network.locations), network.months))
        np.add.at(held, [self.number_of[p.location] for p in network.places], flows.closing)
        self.stored_full = held >= network.storage[:, None] - _TINY * np.maximum(1.0, held)
        self.known: dict[tuple[int, int], Cause | None] = {}

    def cause(self, place: int, month: int) -> Cause | None:
        """What keeps one more unit from the place by the end of the month; None where nothing does."""
        key = (place, month)
        if key not in self.known:
            self.known[key] = self._ring(place, month)  # what a ring of transfers answers when it asks itself
            self.known[key] = None if self.free[key] > _TINY else self._search(place, month)
        return self.known[key]

    def _ring(self, place: int, month: int) -> Cause:
        item, where = self.network.places[place].item, self.network.places[place].location
        return Cause("no source", where, month, 0.0, f"{item} only goes round between locations, none has a source")

    def _search(self, place: int, month: int) -> Cause | None:
        network = self.network
        where = network.places[place].location
        if not self.sources[place]:
            says = f"{network.places[place].item} has no source at {where}"
            return Cause("no source", where, month, 0.0, says)
        found: list[Cause] = []
        for s in self.sources[place]:
            lead = network.sources[s].lead
            for release in range(network.settings.frozen_months, month - lead + 1):
                cause = self._blocker(s, release) or self._storage(place, release + lead, month)
                if cause is None:
                    return None
                kept = float(self.prices.holding[place]) * (month - release - lead)
                found.append(replace(cause, worth=cause.worth + kept) if cause.worth > 0 else cause)
        return _foremost(found) if found else self._lead_time(place, month)

    def _blocker(self, s: int, release: int) -> Cause | None:
        """What keeps a source from releasing one more unit in a month."""
        source = self.network.sources[s]
        found = [self._supplier_limit(s, release)]
        found += [self._capacity(resource, per_unit, release) for resource, per_unit in source.hours]
        found += [self._taken(source, place, per_unit, release) for place, per_unit in source.uses]
        blocking = [cause for cause in found if cause is not None]
        return _foremost(blocking) if blocking else None

    def _supplier_limit(self, s: int, month: int) -> Cause | None:
        source = self.network.sources[s]
        if np.isinf(source.maximum) or self.order[s, month] < source.maximum - _TINY * max(1.0, source.maximum):
            return None
        place = self.network.places[source.place]
        price = float(self.solution.supplier_price[s, month])
        culprit = source.supplier or place.location
        says = f"{culprit} supplies at most {units(source.maximum)} units of {place.item} a month and is full in "
        return Cause("supplier limit", culprit, month, price, says + self._month(month) + self._relief("unit", price))

    def _capacity(self, resource: int, per_unit: float, month: int) -> Cause | None:
        if self.hours_left[resource, month] > _TINY * max(1.0, self.network.regular[resource, month]):
            return None
        price = float(self.solution.regular_price[resource, month])
        name = self.network.resources[resource].name
        says = f"{name} is full in {self._month(month)}{self.full}{self._relief('hour', price)}"
        return Cause("capacity", name, month, price * per_unit, says)

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
        return replace(cause, worth=cause.worth * per_unit)

    def _storage(self, place: int, arrival: int, month: int) -> Cause | None:
        where = self.network.places[place].location
        number = self.number_of[where]
        full = np.flatnonzero(self.stored_full[number, arrival:month])
        if len(full) == 0:
            return None
        first = arrival + int(full[0])
        price = float(self.solution.storage_price[number, arrival:month].sum())
        says = (
            f"{where} is full to its {units(self.network.storage[number])} units in {self._month(first)}, so nothing "
        )
        return Cause("storage", where, first, price, f"{says}more can be kept for later{self._relief('unit', price)}")

    def _lead_time(self, place: int, month: int) -> Cause:
        network = self.network
        fastest = min(self.sources[place], key=lambda s: (network.sources[s].lead, s))
        source = network.sources[fastest]
        where = network.places[place].location
        earliest = network.periods[0] + pd.DateOffset(months=network.settings.frozen_months + source.lead)
        frozen = network.settings.frozen_months
        fence = f"with {_months(frozen)} frozen " if frozen else ""
        says = (
            f"{source.kind} orders of {network.places[place].item} take {units(source.lead_days)} days, and {fence}"
            f"nothing new arrives before {label(earliest)}"
        )
        return Cause("lead time", source.supplier or where, month, 0.0, says)

    def _month(self, month: int) -> str:
        return label(self.network.periods[month])

    def _relief(self, unit: str, price: float) -> str:
        if price <= 0:
            return ""
        return f"; one more {unit} there is worth {amount(price, self.network.settings.currency)}"


def explain_shortages(
    network: Network, prices: Prices, solution: Solution, solved: Flows, final: Flows, strategy: str
) -> pd.DataFrame:
    """Every unit late at the end of a month, and every unit lost, with its cause: the table `shortages`.

    Parameters
    ----------
    network, prices, solution
        The plan as solved; `solution` carries the prices of the limits.
    solved, final
        Flows before and after lots: causes are traced in the first, quantities are those of the second.
    strategy
        The strategy of the plan, for shortages that only its rule causes.

    """
    tracers = (
        Tracer(network, prices, solution, solved, network.regular + network.overtime, ""),
        Tracer(
            network, prices, solution, solved, network.regular, " in regular hours, overtime costs more than waiting"
        ),
    )
    rows = []
    for kind, quantity in (("late", by_place(network, final.late)), ("lost", by_place(network, final.lost))):
        for p, t in zip(*np.nonzero(quantity > _TINY), strict=True):
            place, month = int(p), int(t)
            cause = next((c for tracer in tracers if (c := tracer.cause(place, month))), None)
            cause = cause or _by_choice(network, solution, solved, place, month, strategy)
            rows.append(_row(network, prices, place, month, kind, float(quantity[p, t]), cause))
    columns = ["item", "location", "period", "kind", "family", "quantity", "money", "cause", "culprit"]
    frame = pd.DataFrame(rows, columns=[*columns, "culprit_period", "says"])
    times = {name: frame[name].astype("datetime64[ns]") for name in ("period", "culprit_period")}
    numbers = {name: frame[name].astype("float64") for name in ("quantity", "money")}
    text = {name: frame[name].astype("str") for name in frame.columns if name not in {*times, *numbers}}
    return frame.assign(**times, **numbers, **text).sort_values(
        ["item", "location", "period", "kind"], kind="stable", ignore_index=True
    )


def _row(
    network: Network, prices: Prices, place: int, month: int, kind: str, quantity: float, cause: Cause
) -> tuple[object, ...]:
    item, where = network.places[place].item, network.places[place].location
    family, period = network.items[item].family, network.periods[month]
    money = quantity * float(prices.value[place])
    noun = "unit" if units(quantity) == "1" else "units"
    fate = f"is {units(quantity)} {noun} late" if kind == "late" else f"loses {units(quantity)} {noun}"
    says = (
        f"{f'{family} {item}'.strip()} at {where} {fate} in {label(period)} "
        f"({amount(money, network.settings.currency)}): {cause.says}"
    )
    culprit_period = network.periods[cause.month]
    return item, where, period, kind, family, quantity, money, cause.kind, cause.culprit, culprit_period, says


def _by_choice(network: Network, solution: Solution, flows: Flows, place: int, month: int, strategy: str) -> Cause:
    """The cause of a shortage no limit forces: the rule of a strategy, or a source dearer than the shortage."""
    where = network.places[place].location
    resources = _upstream_resources(network, place)
    if strategy == "optimal" or not resources:
        return Cause("no source", where, month, 0.0, "each source that is left costs more than the shortage")
    capacity = np.maximum(network.regular, _TINY)
    load = flows.regular / capacity
    price, _, name, at = max(
        (float(solution.regular_price[r, t]), float(load[r, t]), network.resources[r].name, t)
        for r in resources
        for t in range(month + 1)
    )
    says = f"{strategy} production does not use the hours left, {name} carries most in {label(network.periods[at])}"
    if price > 0:
        says += f"; one more hour there is worth {amount(price, network.settings.currency)}"
    return Cause("capacity", name, at, price, says)


def _upstream_resources(network: Network, place: int) -> tuple[int, ...]:
    """Resources of everything that can supply a place."""
    sources = network.sources_of()
    seen, waiting = {place}, [place]
    found: set[int] = set()
    while waiting:
        for s in sources[waiting.pop()]:
            found.update(resource for resource, _ in network.sources[s].hours)
            new = {used for used, _ in network.sources[s].uses} - seen
            seen |= new
            waiting += sorted(new)
    return tuple(sorted(found))


def price_constraints(network: Network, solution: Solution) -> pd.DataFrame:
    """What one more hour or unit of each binding limit is worth: the table `constraint_prices`.

    A price holds at the margin: it tells what the next unit is worth, not the hundredth.
    """
    places, sources = network.places, network.sources
    resources = [r.name for r in network.resources]
    lanes = [f"{s.supplier or places[s.place].location}: {places[s.place]}" for s in sources]
    limits = (
        ("capacity", resources, solution.regular_price, "hour", "regular hour at"),
        ("overtime", resources, solution.overtime_price, "hour", "overtime hour at"),
        ("supplier limit", lanes, solution.supplier_price, "unit", "unit from"),
        ("storage", list(network.locations), solution.storage_price, "unit", "unit of storage at"),
    )
    currency = network.settings.currency
    rows = [
        (
            kind,
            names[thing],
            network.periods[month],
            float(price[thing, month]),
            unit,
            f"One more {words} {names[thing]} in {label(network.periods[month])} is worth "
            f"{amount(float(price[thing, month]), currency)}",
        )
        for kind, names, price, unit, words in limits
        for thing, month in zip(*np.nonzero(price), strict=True)
    ]
    frame = pd.DataFrame(rows, columns=["kind", "name", "period", "price", "unit", "says"])
    text = {name: frame[name].astype("str") for name in ("kind", "name", "unit", "says")}
    return frame.assign(
        **text, period=frame["period"].astype("datetime64[ns]"), price=frame["price"].astype("float64")
    ).sort_values(["kind", "name", "period"], kind="stable", ignore_index=True)
