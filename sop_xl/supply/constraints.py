"""The constraints of a plan, one function each.

| constraint | row | hard |
|---|---|---|
| stock_balance | closing stock = opening + receipts - issues - shipped | yes |
| demand_balance | shipped + late - late of the month before + lost = demand | yes |
| hours_balance | hours of the orders released = regular + overtime hours | yes |
| regular_hours | regular hours used <= regular capacity | yes |
| overtime_hours | overtime hours used <= overtime capacity | yes |
| supplier_limit | units ordered in a month <= most a month | yes |
| storage_limit | units at a location - units over <= storage limit | slack `over` |
| safety_stock | stock + units below >= target | slack `below` |
| source_share | ordered from a source + units missed >= share of all its place orders | slack `missed` |
| level_production | made this month = made the month before | level only |
| chase_production | stock - units ahead <= target | chase only, slack `ahead` |

Components and transfers need no constraint of their own: what they take stands in the balance of the place they take
it from. The frozen fence needs none either: no order exists inside it.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from sop_xl.supply.model import AT_LEAST, AT_MOST, EQUAL, Constraint, Key, Model
from sop_xl.supply.prices import OVER_STORAGE


def stock_balance(model: Model) -> None:
    """Closing stock of a place = opening + receipts under way + arrivals - units used or moved on - shipped."""
    network = model.network
    terms: dict[Key, dict[Any, float]] = {key: {stock: 1.0} for key, stock in model.stock.items()}
    for (p, t), stock in model.stock.items():
        if (p, t + 1) in terms:
            terms[p, t + 1][stock] = -1.0
    for (s, t), order in model.order.items():
        source = network.sources[s]
        _add(terms[source.place, t + source.lead], order, -1.0)
        for place, units in source.uses:
            _add(terms[place, t], order, units)
    for (d, t), ship in model.ship.items():
        terms[network.demands[d].place, t][ship] = 1.0
    for (p, t), row in terms.items():
        given = network.receipts[p, t] + (network.opening[p] if t == 0 else 0.0)
        model.row("stock_balance", "place", (p, t), row, EQUAL, float(given))


def demand_balance(model: Model) -> None:
    """What is demanded is shipped, late or lost; what was late before is demanded again."""
    for (d, t), ship in model.ship.items():
        row = {ship: 1.0}
        if (d, t) in model.late:
            row[model.late[d, t]] = 1.0
        if (d, t - 1) in model.late:
            row[model.late[d, t - 1]] = -1.0
        if (d, t) in model.lost:
            row[model.lost[d, t]] = 1.0
        model.row("demand_balance", "demand", (d, t), row, EQUAL, float(model.network.demands[d].quantity[t]))


def hours_balance(model: Model) -> None:
    """Hours the orders released in a month take = regular + overtime hours of the resource."""
    terms: dict[Key, dict[Any, float]] = {
        key: {regular: -1.0, model.overtime[key]: -1.0} for key, regular in model.regular.items()
    }
    for (s, t), order in model.order.items():
        for resource, per_unit in model.network.sources[s].hours:
            terms[resource, t][order] = per_unit
    for key, row in terms.items():
        model.row("hours_balance", "resource", key, row, EQUAL, 0.0)


def regular_hours(model: Model) -> None:
    """Regular hours used are at most the regular capacity; the dual is what one more hour is worth."""
    for key, regular in model.regular.items():
        model.row("regular_hours", "resource", key, {regular: 1.0}, AT_MOST, float(model.network.regular[key]))


def overtime_hours(model: Model) -> None:
    """Overtime hours used are at most the overtime capacity."""
    for key, overtime in model.overtime.items():
        model.row("overtime_hours", "resource", key, {overtime: 1.0}, AT_MOST, float(model.network.overtime[key]))


def supplier_limit(model: Model) -> None:
    """Units ordered from a source in a month are at most its maximum."""
    for (s, t), order in model.order.items():
        maximum = model.network.sources[s].maximum
        if np.isfinite(maximum):
            model.row("supplier_limit", "source", (s, t), {order: 1.0}, AT_MOST, maximum)


def storage_limit(model: Model) -> None:
    """Units at a location at the end of a month, less a dear slack, are at most its storage limit."""
    terms: dict[Key, dict[Any, float]] = {key: {over: -1.0} for key, over in model.over.items()}
    number_of = {name: number for number, name in enumerate(model.network.locations)}
    for (p, t), stock in model.stock.items():
        key = (number_of[model.network.places[p].location], t)
        if key in terms:
            terms[key][stock] = 1.0
    for key, row in terms.items():
        model.row("storage_limit", "location", key, row, AT_MOST, float(model.network.storage[key[0]]))


def safety_stock(model: Model) -> None:
    """Stock and the units missing from it reach the target, in every month and the last."""
    for key, below in model.below.items():
        row = {model.stock[key]: 1.0, below: 1.0}
        model.row("safety_stock", "place", key, row, AT_LEAST, float(model.network.target[key]))


def source_share(model: Model) -> None:
    """Over the horizon a source supplies its agreed share of its place, as far as service allows.

    Only sources that can release an order count; the share is agreed for the horizon, not month by month, so that
    different lead times and a full month do not break it.
    """
    orders: dict[int, list[Any]] = defaultdict(list)
    for (s, _), order in model.order.items():
        orders[s].append(order)
    for numbers in model.network.sources_of():
        for s in numbers:
            share = model.network.sources[s].share
            if not (share > 0 and orders[s]):
                continue
            model.variable("missed", "source", (s, model.network.months - 1), float(model.prices.missed[s]))
            row = {order: -share for n in numbers for order in orders[n]}
            row |= dict.fromkeys(orders[s], 1.0 - share)
            row[model.missed[s, model.network.months - 1]] = 1.0
            model.row("source_share", "source", (s, model.network.months - 1), row, AT_LEAST, 0.0)


def level_production(model: Model) -> None:
    """A source that makes an item releases the same quantity in every open month."""
    for (s, t), order in model.order.items():
        if model.network.sources[s].kind == "make" and (s, t - 1) in model.order:
            row = {order: 1.0, model.order[s, t - 1]: -1.0}
            model.row("level_production", "source", (s, t), row, EQUAL, 0.0)


def chase_production(model: Model) -> None:
    """Made items follow demand: stock above target is not built, only left over from what is there already.

    The slack is dearer than any shortage, so units are late rather than built ahead.
    """
    network, prices = model.network, model.prices
    made = {network.places[s.place].item for s in network.sources if s.kind == "make"}
    dearest = OVER_STORAGE * max(float(prices.late.sum(axis=1).max(initial=0.0)), float(prices.lost.max(initial=0.0)))
    for key, stock in model.stock.items():
        if network.places[key[0]].item in made:
            model.variable("ahead", "place", key, dearest)
            row = {stock: 1.0, model.ahead[key]: -1.0}
            model.row("chase_production", "place", key, row, AT_MOST, float(network.target[key]))


def _add(terms: dict[Any, float], variable: Any, units: float) -> None:
    """Add to a variable's term; an order that arrives where it is used meets itself."""
    terms[variable] = terms.get(variable, 0.0) + units


CORE: tuple[Constraint, ...] = (
    stock_balance,
    demand_balance,
    hours_balance,
    regular_hours,
    overtime_hours,
    supplier_limit,
    storage_limit,
    safety_stock,
    source_share,
)
"""The constraints of every plan."""

STRATEGY_CONSTRAINTS: dict[str, tuple[Constraint, ...]] = {
    "optimal": CORE,
    "level": (*CORE, level_production),
    "chase": (*CORE, chase_production),
}
"""The constraints of each strategy."""
