"""What everything in a plan costs, and what falling short is charged.

Service first: demand still unmet when the horizon ends is charged like a lost sale, and stock missing from its target
at the end is charged its replacement, so that no plan gains by running empty into the last month. Where a unit has no
list price its standard cost stands in, then its cheapest supply, then `LEAST_VALUE`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sop_xl.supply.network import Array, Limits, Network, Sources

LEAST_VALUE = 1.0
"""Value of a unit of which neither price nor cost is known [currency/unit]."""

OVER_LIMIT = 2.0
"""A unit beyond a limit is charged this many times the dearest shortage, so that the limit holds first."""

SHARE_MARGIN = 0.01
"""A unit missing from an agreed share is charged the cost spread of its sources and this share of its value."""

TERMINAL_SHARE = 0.9
"""The target of the last month never outbids demand: at most this share of what a unit short is charged."""

DEAREST_RATIO = 100.0
"""What a unit short is charged counts at most as this many times what supplying it costs, where money is limited."""


@dataclass(frozen=True)
class Prices:
    """Unit prices of a network [currency].

    `value`: what a unit is worth to a customer, by place. `stock_value`: standard cost, by place. `holding`: a unit
    in stock for a month, by place. `landed`: cheapest way to one more unit, by place. `supply`: one more unit of a
    source with its hours and all it takes. `order`: a unit ordered beside its hours, (sources, months). `pipeline`:
    holding what an order takes from stock until it arrives, by source. `late`: a unit late at the end of a month,
    (demands, months). `lost`: a lost unit, (demands, months). `below`: a unit below target, (places, months).
    `scrap`: a unit that outlives its shelf life, by place. `beyond`: a unit beyond a limit that must hold. `over`: load
    above a storage limit, by location. `overspent`: money beyond a budget. `untaken`: a unit of a contract not
    taken, by supplier. `missed`: a unit missing from an agreed share, by source. `factor`: what money of
    each month is worth today. `scale`: a usual price, to keep numbers near 1.
    """

    value: Array
    stock_value: Array
    holding: Array
    landed: Array
    supply: Array
    order: Array
    pipeline: Array
    late: Array
    lost: Array
    below: Array
    scrap: Array
    beyond: float
    over: Array
    overspent: float
    untaken: Array
    missed: Array
    factor: Array
    scale: float


def unit_prices(network: Network) -> Prices:
    """Every price a plan of the network is made with."""
    settings, months, places = network.settings, network.months, network.places
    standard = places.standard_cost
    landed = _landed_cost(network, standard)
    supply = supply_cost(network, landed)
    stock_value = np.where(np.isfinite(standard), standard, np.where(np.isfinite(landed), landed, 0.0))
    value = _first_positive(places.list_price, standard, landed)
    demands = network.demands
    worth = np.where(np.isnan(demands.price), value[demands.place][:, None], demands.price) * demands.weight[:, None]
    lost = demands.lost_rate[:, None] * worth
    late = demands.backlog_rate[:, None] * worth
    late[:, -1] = np.maximum(late[:, -1], lost[:, -1])
    below = np.repeat((settings.safety_rate * value)[:, None], months, axis=1)
    short = max(settings.lost_rate, settings.backlog_rate) * value
    replaced = np.nan_to_num(_dearest_supply(network, supply))
    below[:, -1] = np.maximum(below[:, -1], np.minimum(below[:, -1] + replaced, TERMINAL_SHARE * short))
    charged = np.maximum(np.where(demands.backlog[:, None], late, 0.0).sum(axis=1), lost.max(axis=1, initial=0.0))
    dearest = max(float(charged.max(initial=0.0)), LEAST_VALUE)
    positive = value[value > 0]
    holding = settings.holding_rate / 12 * stock_value
    bound = np.bincount(network.uses.source, network.uses.amount * holding[network.uses.of], len(network.sources))
    return Prices(
        value=value,
        stock_value=stock_value,
        holding=holding,
        landed=landed,
        supply=supply,
        order=network.sources.cost,
        pipeline=np.asarray(network.sources.lead * bound, dtype="float64"),
        late=late,
        lost=lost,
        below=below,
        scrap=stock_value,
        beyond=OVER_LIMIT * dearest,
        over=OVER_LIMIT * dearest / _least_volume(network),
        overspent=_overspent(network, landed, charged),
        untaken=_mean_price(network.sources, network.suppliers),
        missed=_missed_share(network, supply, value),
        factor=(1.0 + settings.discount_rate) ** (-np.arange(months) / 12),
        scale=float(np.median(positive)) if len(positive) else 1.0,
    )


def dear_items(network: Network, prices: Prices) -> tuple[str, ...]:
    """Warnings of items whose cheapest supply costs more than leaving their demand unmet, one sentence an item."""
    place = network.demands.place
    lost = prices.lost.max(axis=1, initial=0.0)
    found: dict[str, str] = {}
    for number in np.flatnonzero(np.isfinite(prices.landed[place]) & (prices.landed[place] > lost)):
        where = network.places[int(place[number])]
        found.setdefault(
            where.item,
            f"{where} costs {prices.landed[place[number]]:,.2f} a unit to supply but only {lost[number]:,.2f} to lose: "
            "the cheapest plan leaves it short",
        )
    return tuple(found.values())


def _first_positive(*columns: Array) -> Array:
    """The first finite number above 0 in each place."""
    found = np.full(len(columns[0]), LEAST_VALUE)
    for column in reversed(columns):
        found = np.where(np.isfinite(column) & (column > 0), column, found)
    return found


def supply_cost(network: Network, landed: Array) -> Array:
    """One more good unit of each source at regular hours: its own cost, its hours, and what it takes from stock."""
    sources, hours, uses = network.sources, network.hours, network.uses
    rate = np.array([r.cost_per_hour for r in network.resources], dtype="float64")
    worked = np.bincount(hours.source, hours.amount * rate[hours.of], len(sources))
    taken = np.bincount(uses.source, uses.amount * landed[uses.of], len(sources))
    return np.asarray((sources.cost.mean(axis=1) + worked + taken) / sources.output)


def _landed_cost(network: Network, standard: Array) -> Array:
    """The cheapest way to one more unit at each place: shortest paths over the sources (Bellman-Ford)."""
    sourced = np.zeros(len(network.places), dtype=bool)
    sourced[network.sources.place] = True
    landed = np.where(sourced, np.inf, np.nan_to_num(standard))
    for _ in range(len(network.places)):
        before = landed.copy()
        np.minimum.at(landed, network.sources.place, supply_cost(network, landed))
        if np.array_equal(before, landed):
            break
    return landed


def _dearest_supply(network: Network, supply: Array) -> Array:
    """What replacing a unit costs at most, by place; places without a source are not replaced."""
    found = np.zeros(len(network.places))
    np.maximum.at(found, network.sources.place, np.where(np.isfinite(supply), supply, 0.0))
    return found


def _missed_share(network: Network, supply: Array, value: Array) -> Array:
    """Price of a unit missing from an agreed share: enough to outweigh a cheaper source, too little to lose a sale."""
    place = network.sources.place
    finite = np.isfinite(supply)
    most, least = np.full(len(network.places), -np.inf), np.full(len(network.places), np.inf)
    np.maximum.at(most, place[finite], supply[finite])
    np.minimum.at(least, place[finite], supply[finite])
    spread = np.where(np.isfinite(most), most - np.where(np.isfinite(least), least, 0.0), 0.0)
    return np.asarray(spread[place] + SHARE_MARGIN * value[place])


def _least_volume(network: Network) -> Array:
    """The least load of a unit held at each location, 1 where nothing takes room."""
    volume = network.places.volume
    least = np.full(len(network.locations), np.inf)
    takes = volume > 0
    np.minimum.at(least, network.places.location_number[takes], volume[takes])
    return np.where(np.isfinite(least), least, 1.0)


def _mean_price(sources: Sources, limits: Limits) -> Array:
    """The mean price of the sources of each limit: what a unit not taken is paid for [currency/unit]."""
    known = limits.number >= 0
    price = sources.cost.mean(axis=1)
    total = np.bincount(limits.number[known], price[known], len(limits.name))
    return np.asarray(total / np.maximum(np.bincount(limits.number[known], minlength=len(limits.name)), 1))


def _overspent(network: Network, landed: Array, charged: Array) -> float:
    """Price of money beyond a budget: more than any unit it could buy is charged when short."""
    cost = landed[network.demands.place]
    known = np.isfinite(cost) & (cost > 0)
    ratio = np.minimum(charged[known] / cost[known], DEAREST_RATIO)
    return OVER_LIMIT * max(float(ratio.max(initial=0.0)), 1.0)
