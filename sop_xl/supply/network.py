"""The supply network of a plan: places, sources, resources and demand as arrays, ready for a model.

A *place* is an item at a location, the point where stock is held. A *source* brings an item to a place: it makes it
there from components and hours, buys it from a supplier, has a subcontractor make it, moves it from another place, or
gives a substitute for it. Everything is sorted by name, so that the same tables in any order give the same network, the
same model and the same plan.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from sop_xl.supply.settings import PlanSettings

Array = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]
Words = npt.NDArray[np.object_]
Mask = npt.NDArray[np.bool_]

KINDS = ("make", "buy", "transfer", "subcontract", "substitute")
"""Kinds of source."""


@dataclass(frozen=True)
class Item:
    """An item: its family, standard cost and list price [currency/unit], NaN where not known."""

    name: str
    family: str
    standard_cost: float
    list_price: float


@dataclass(frozen=True)
class Place:
    """An item at a location, where its stock is held."""

    item: str
    location: str

    def __str__(self) -> str:
        return f"{self.item} at {self.location}"


@dataclass(frozen=True)
class Places:
    """Every place: names, and the number of its location among the locations of the network.

    `volume`: room a unit takes [load/unit]. `shelf_life`: months a unit may wait before it is scrapped, inf for ever.
    `standard_cost`, `list_price`: of its item [currency/unit], NaN where not known.
    """

    item: Words
    location: Words
    location_number: Numbers
    volume: Array
    shelf_life: Array
    standard_cost: Array
    list_price: Array

    def __len__(self) -> int:
        return len(self.item)

    def __getitem__(self, number: int) -> Place:
        return Place(str(self.item[number]), str(self.location[number]))

    def __iter__(self) -> Iterator[Place]:
        return (self[n] for n in range(len(self)))


@dataclass(frozen=True)
class Source:
    """One way an item comes to a place: a row of `Sources`, its hours and its components beside it.

    `hours`: (resource, hours of one unit, months after release). `uses`: (place, units for one unit, months after
    release) taken from stock: components with their scrap for make, the item itself at the donor for a transfer.
    """

    place: int
    kind: str
    supplier: str
    mode: str
    lead: int
    lead_days: float
    minimum: float
    multiple: float
    maximum: float
    output: float
    hours: tuple[tuple[int, float, int], ...]
    uses: tuple[tuple[int, float, int], ...]


@dataclass(frozen=True)
class Sources:
    """Every source, one entry each.

    `supplier`: who delivers, or the location a transfer comes from. `mode`: routing of a make, freight mode of a
    transfer; blank is the usual one. `lead`: from release to receipt [months]. `cost`: price, freight, or cost of
    making beside hours and components [currency/unit], shape (sources, months). `minimum`, `multiple`: lot [units],
    0 is any. `maximum`: most released in a month [units]. `share`: agreed share of the place's supply, NaN leaves it to
    cost. `output`: good units of one unit ordered. `setup_cost`: of a month with an order [currency].
    """

    place: Numbers
    kind: Words
    supplier: Words
    mode: Words
    lead: Numbers
    lead_days: Array
    cost: Array
    minimum: Array
    multiple: Array
    maximum: Array
    share: Array
    output: Array
    setup_cost: Array

    def __len__(self) -> int:
        return len(self.place)

    def of_kind(self, kind: str) -> Mask:
        """Which sources are of a kind."""
        found: Mask = self.kind == kind
        return found


@dataclass(frozen=True)
class Links:
    """What sources take: `amount` of `of` (a resource or a place) for one unit, `offset` months after release.

    Sorted by source. `setup`: hours of a month with an order, beside its units [h]; 0 for places.
    """

    source: Numbers
    of: Numbers
    amount: Array
    offset: Numbers
    setup: Array

    def span(self, source: int) -> slice:
        """The links of one source."""
        first, last = np.searchsorted(self.source, [source, source + 1])
        return slice(int(first), int(last))


@dataclass(frozen=True)
class Resource:
    """A work center: where it stands and what its hours cost [currency/h]; `shift_cost` is of an extra shift."""

    name: str
    location: str
    cost_per_hour: float
    overtime_cost_per_hour: float
    shift_cost: float = 0.0


@dataclass(frozen=True)
class Demands:
    """Independent demand, one entry a place and customer class or priority.

    `weight` scales what falling short of it costs. `quantity`: units by month. `price`: selling price by month
    [currency/unit], NaN takes the list price. `backlog`: whether what is not there is late (else it is lost).
    `backlog_rate`, `lost_rate`: what a late unit costs a month, and a lost one, shares of its price.
    `name`: the class, blank where there are none.
    """

    place: Numbers
    weight: Array
    quantity: Array
    price: Array
    backlog: Mask
    backlog_rate: Array
    lost_rate: Array
    name: Words

    def __len__(self) -> int:
        return len(self.place)


@dataclass(frozen=True)
class Limits:
    """A limit over several sources, by (limit, month): `most` and `least`; `number` is that of each source, -1 is none.

    `weight`: what a unit of each source counts, shape (sources,): 1 for suppliers, its load for lanes.
    """

    name: tuple[str, ...]
    most: Array
    least: Array
    number: Numbers
    weight: Array


@dataclass(frozen=True)
class Trucks:
    """Loads of lanes: `load` of a truck and its `cost`, by lane of `Network.lanes`; NaN load is freight by the unit."""

    load: Array
    cost: Array


@dataclass(frozen=True)
class Crews:
    """People who run a resource: what they can work and what a change of their number costs, by month.

    `resource`: its number. `workers`: there before the first month. `hours`: regular hours of a worker, (crews,
    months). `overtime`: most overtime hours of a worker in a month. `wage`: busy or idle [currency/worker-month], by
    (crew, month); `hiring`, `layoff` [currency/worker]; `most`, `least`: bounds of the number.
    """

    resource: Numbers
    workers: Array
    hours: Array
    overtime: Array
    wage: Array
    hiring: Array
    layoff: Array
    most: Array
    least: Array


@dataclass(frozen=True)
class Budgets:
    """Money that may be spent or bound: `kind` (a kind of source, or stock), and the amounts by (budget, month)."""

    kind: tuple[str, ...]
    amount: Array


@dataclass(frozen=True)
class Locks:
    """Orders a person has fixed: source, month of release, units; NaN units leave an order free again."""

    source: Numbers
    month: Numbers
    quantity: Array


@dataclass(frozen=True)
class Blends:
    """Bounds of a quality of a blended item: `place`, what each of its sources brings, and what the blend may have."""

    name: tuple[str, ...]
    place: Numbers
    least: Array
    most: Array
    value: Array


@dataclass(frozen=True)
class Network:
    """The planning problem. Arrays are (things, months).

    `opening`: usable stock at the start [units]. `receipts`: under way, by month of arrival [units]. `target`: stock
    to hold [units]; `least`, `most`: limits of stock [units]. `regular`, `overtime`: hours of each resource [h];
    `shift`: hours of an extra shift [h], `shifts`: how many. `storage`: most load a location holds.
    `last`: orders of the last plan by source, or None. `notes`: what was left out of the tables, in sentences.
    """

    settings: PlanSettings
    periods: pd.DatetimeIndex
    items: dict[str, Item]
    places: Places
    sources: Sources
    hours: Links
    uses: Links
    resources: tuple[Resource, ...]
    locations: tuple[str, ...]
    demands: Demands
    opening: Array
    receipts: Array
    target: Array
    least: Array
    most: Array
    regular: Array
    overtime: Array
    shift: Array
    shifts: Array
    storage: Array
    suppliers: Limits
    lanes: Limits
    trucks: Trucks
    crews: Crews
    budgets: Budgets
    locks: Locks
    blends: Blends
    last: Array | None = None
    notes: tuple[str, ...] = ()
    _views: dict[int, Source] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def months(self) -> int:
        """Length of the horizon [months]."""
        return len(self.periods)

    @cached_property
    def demand(self) -> Array:
        """Independent demand of every place over its classes [units], shape (places, months)."""
        total = np.zeros((len(self.places), self.months))
        np.add.at(total, self.demands.place, self.demands.quantity)
        return total

    @cached_property
    def item_of_place(self) -> Numbers:
        """The number of the item of every place, in the order of `items`."""
        numbers = {name: number for number, name in enumerate(self.items)}
        return np.array([numbers[str(name)] for name in self.places.item], dtype=np.int64)

    @cached_property
    def sources_of(self) -> tuple[tuple[int, ...], ...]:
        """For every place the numbers of its sources."""
        found: list[list[int]] = [[] for _ in range(len(self.places))]
        for number, place in enumerate(self.sources.place.tolist()):
            found[place].append(number)
        return tuple(tuple(numbers) for numbers in found)

    @cached_property
    def open(self) -> Mask:
        """Where a source may release an order: after the frozen fence, to arrive in the horizon; or a locked one."""
        month = np.arange(self.months)
        arrives = month[None, :] + self.sources.lead[:, None] < self.months
        first = min(self.settings.frozen_months, self.months)
        found: Mask = arrives & (month[None, :] >= first)
        found[self.locks.source, self.locks.month] = arrives[self.locks.source, self.locks.month]
        return found

    def source(self, number: int) -> Source:
        """One source with what it takes."""
        if number not in self._views:
            s = self.sources
            hours, uses = self.hours.span(number), self.uses.span(number)
            self._views[number] = Source(
                int(s.place[number]), str(s.kind[number]), str(s.supplier[number]), str(s.mode[number]),
                int(s.lead[number]), float(s.lead_days[number]), float(s.minimum[number]), float(s.multiple[number]),
                float(s.maximum[number]), float(s.output[number]), _taken(self.hours, hours), _taken(self.uses, uses),
            )  # fmt: skip
        return self._views[number]


def _taken(links: Links, span: slice) -> tuple[tuple[int, float, int], ...]:
    of, amount, offset = links.of[span].tolist(), links.amount[span].tolist(), links.offset[span].tolist()
    return tuple(zip(of, amount, offset, strict=True))
