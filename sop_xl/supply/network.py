"""The supply network of a plan: places, sources, resources and demand, ready for a model.

A *place* is an item at a location, the point where stock is held. A *source* brings an item to a place: it makes it
there from components and hours, buys it from a supplier, or moves it from another place. Everything is sorted by
name, so that the same tables in any order give the same network, the same model and the same plan.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from sop_xl.supply.settings import PlanSettings

Array = npt.NDArray[np.float64]


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
class Source:
    """One way an item comes to a place.

    `lead`: from release to receipt [months]. `cost`: price, freight, or cost of making beside hours and components
    [currency/unit]. `minimum`, `multiple`: lot [units], 0 is any. `maximum`: most released in a month [units].
    `share`: agreed share of the place's supply, NaN leaves it to cost. `hours`: (resource, hours of one unit) taken
    in the month of release. `uses`: (place, units for one unit) taken from stock in the month of release: components
    with their scrap for make, the item itself at the donor for a transfer.
    """

    place: int
    kind: str
    supplier: str
    lead: int
    lead_days: float
    cost: float
    minimum: float
    multiple: float
    maximum: float
    share: float
    hours: tuple[tuple[int, float], ...] = ()
    uses: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True)
class Resource:
    """A work center: where it stands and what its hours cost [currency/h]."""

    name: str
    location: str
    cost_per_hour: float
    overtime_cost_per_hour: float


@dataclass(frozen=True)
class Demand:
    """Independent demand of a place, one priority: the weight scales what falling short of it costs."""

    place: int
    weight: float
    quantity: Array


@dataclass(frozen=True)
class Network:
    """The planning problem. Arrays are (things, months).

    `opening`: usable stock at the start [units]. `receipts`: under way, by month of arrival [units]. `target`: stock
    to hold [units]. `regular`, `overtime`: hours of each resource [h]. `storage`: most units a location holds.
    `notes`: what was left out of the tables, in sentences.
    """

    settings: PlanSettings
    periods: pd.DatetimeIndex
    items: dict[str, Item]
    places: tuple[Place, ...]
    sources: tuple[Source, ...]
    resources: tuple[Resource, ...]
    locations: tuple[str, ...]
    demands: tuple[Demand, ...]
    opening: Array
    receipts: Array
    target: Array
    regular: Array
    overtime: Array
    storage: Array
    notes: tuple[str, ...] = ()

    @property
    def months(self) -> int:
        """Length of the horizon [months]."""
        return len(self.periods)

    @property
    def demand(self) -> Array:
        """Independent demand of every place over its priorities [units], shape (places, months)."""
        total = np.zeros((len(self.places), self.months))
        for demand in self.demands:
            total[demand.place] += demand.quantity
        return total

    def sources_of(self) -> tuple[tuple[int, ...], ...]:
        """For every place the numbers of its sources."""
        found: list[list[int]] = [[] for _ in self.places]
        for number, source in enumerate(self.sources):
            found[source.place].append(number)
        return tuple(tuple(numbers) for numbers in found)

    def release_months(self, source: Source) -> range:
        """Months in which a source may release an order: after the frozen fence, to arrive within the horizon."""
        return range(min(self.settings.frozen_months, self.months), self.months - source.lead)
