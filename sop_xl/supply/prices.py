"""What everything in a plan costs, and what falling short is charged.

Service first: demand still unmet when the horizon ends is charged like a lost sale, and stock missing from its target
at the end is charged its replacement, so that no plan gains by running empty into the last month. Where a unit has no
list price its standard cost stands in, then its cheapest supply, then `LEAST_VALUE`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sop_xl.supply.network import Array, Network, Source

LEAST_VALUE = 1.0
"""Value of a unit of which neither price nor cost is known [currency/unit]."""

OVER_STORAGE = 2.0
"""A unit above a storage limit is charged this many times the dearest shortage, so that the limit holds first."""

SHARE_MARGIN = 0.01
"""A unit missing from an agreed share is charged the cost spread of its sources and this share of its value."""

TERMINAL_SHARE = 0.9
"""The target of the last month never outbids demand: at most this share of what a unit short is charged."""


@dataclass(frozen=True)
class Prices:
    """Unit prices of a network [currency].

    `value`: what a unit is worth to a customer, by place. `stock_value`: standard cost, by place. `holding`: a unit
    in stock for a month, by place. `landed`: cheapest way to one more unit, by place. `order`: a unit ordered beside
    its hours, by source. `pipeline`: holding what an order takes from stock until it arrives, by source. `late`: a
    unit late at the end of a month, (demands, months). `lost`: a lost unit, by demand. `below`: a unit below target,
    (places, months). `over`: a unit above the storage limit, by location. `missed`: a unit missing from an agreed
    share, by source. `scale`: a usual price, to keep the model's numbers near 1.
    """

    value: Array
    stock_value: Array
    holding: Array
    landed: Array
    order: Array
    pipeline: Array
    late: Array
    lost: Array
    below: Array
    over: Array
    missed: Array
    scale: float


def unit_prices(network: Network) -> Prices:
    """Every price a plan of the network is made with."""
    settings, months = network.settings, network.months
    order = np.array([source.cost for source in network.sources], dtype="float64")
    standard = _item_column(network, "standard_cost")
    landed = _landed_cost(network, standard)
    stock_value = np.where(np.isfinite(standard), standard, np.where(np.isfinite(landed), landed, 0.0))
    value = _first_positive(_item_column(network, "list_price"), standard, landed)
    weight = np.array([d.weight for d in network.demands], dtype="float64")
    worth = value[[d.place for d in network.demands]] * weight if network.demands else np.empty(0)
    lost = settings.lost_rate * worth
    late = np.repeat((settings.backlog_rate * worth)[:, None], months, axis=1)
    late[:, -1] = np.maximum(late[:, -1], lost)
    below = np.repeat((settings.safety_rate * value)[:, None], months, axis=1)
    short = max(settings.lost_rate, settings.backlog_rate) * value
    replaced = np.nan_to_num(_dearest_supply(network, landed))
    below[:, -1] = np.maximum(below[:, -1], np.minimum(below[:, -1] + replaced, TERMINAL_SHARE * short))
    dearest = max(float(late.sum(axis=1).max(initial=0.0)), float(lost.max(initial=0.0)), LEAST_VALUE)
    positive = value[value > 0]
    holding = settings.holding_rate / 12 * stock_value
    return Prices(
        value=value,
        stock_value=stock_value,
        holding=holding,
        landed=landed,
        order=order,
        pipeline=np.array([s.lead * sum(units * holding[place] for place, units in s.uses) for s in network.sources]),
        late=late,
        lost=lost,
        below=below,
        over=np.full(len(network.locations), OVER_STORAGE * dearest),
        missed=_missed_share(network, landed, value),
        scale=float(np.median(positive)) if len(positive) else 1.0,
    )


def dear_items(network: Network, prices: Prices) -> tuple[str, ...]:
    """Warnings of items whose cheapest supply costs more than leaving their demand unmet, one sentence an item."""
    found: dict[str, str] = {}
    for number, demand in enumerate(network.demands):
        place = network.places[demand.place]
        landed, lost = prices.landed[demand.place], prices.lost[number]
        if np.isfinite(landed) and landed > lost:
            found.setdefault(
                place.item,
                f"{place} costs {landed:,.2f} a unit to supply but only {lost:,.2f} to lose: "
                "the cheapest plan leaves it short",
            )
    return tuple(found.values())


def _item_column(network: Network, name: str) -> Array:
    """A number of the items, by place."""
    return np.array([getattr(network.items[p.item], name) for p in network.places], dtype="float64")


def _first_positive(*columns: Array) -> Array:
    """The first finite number above 0 in each place."""
    found = np.full(len(columns[0]), LEAST_VALUE)
    for column in reversed(columns):
        found = np.where(np.isfinite(column) & (column > 0), column, found)
    return found


def supply_cost(network: Network, source: Source, landed: Array) -> float:
    """One more unit from a source at regular hours: its own cost, its hours, and what it takes from stock."""
    hours = sum(per_unit * network.resources[resource].cost_per_hour for resource, per_unit in source.hours)
    return source.cost + hours + sum(units * float(landed[place]) for place, units in source.uses)


def _landed_cost(network: Network, standard: Array) -> Array:
    """The cheapest way to one more unit at each place: shortest paths over the sources (Bellman-Ford)."""
    sourced = {source.place for source in network.sources}
    landed = np.full(len(network.places), np.inf)
    for place in range(len(network.places)):
        if place not in sourced:
            landed[place] = np.nan_to_num(standard[place])
    for _ in network.places:
        before = landed.copy()
        for source in network.sources:
            landed[source.place] = min(landed[source.place], supply_cost(network, source, landed))
        if np.array_equal(before, landed):
            break
    return landed


def _dearest_supply(network: Network, landed: Array) -> Array:
    """What replacing a unit costs at most, by place; places without a source are not replaced."""
    found = np.zeros(len(network.places))
    for source in network.sources:
        cost = supply_cost(network, source, landed)
        if np.isfinite(cost):
            found[source.place] = max(found[source.place], cost)
    return found


def _missed_share(network: Network, landed: Array, value: Array) -> Array:
    """Price of a unit missing from an agreed share: enough to outweigh a cheaper source, too little to lose a sale."""
    found = np.zeros(len(network.sources))
    for place, numbers in enumerate(network.sources_of()):
        costs = [supply_cost(network, network.sources[n], landed) for n in numbers]
        finite = [cost for cost in costs if np.isfinite(cost)]
        spread = max(finite) - min(finite) if finite else 0.0
        for number in numbers:
            found[number] = spread + SHARE_MARGIN * value[place]
    return found
