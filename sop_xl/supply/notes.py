"""What a planner should know of a finished plan, in sentences: every limit that gave way, by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from sop_xl.periods import label
from sop_xl.supply import report
from sop_xl.supply.explain.words import amount, units
from sop_xl.supply.flows import Flows, hours_there
from sop_xl.supply.lots import next_lot
from sop_xl.supply.model.solution import Solution
from sop_xl.supply.network import Array, Network

_TINY = 1e-6

_NAMED = 5


def plan_notes(network: Network, flows: Flows, solution: Solution) -> tuple[str, ...]:
    """Lots and targets that cannot be, limits, locks and contracts that gave way, stock that perishes or outlasts."""
    return (
        *_lots_too_large(network),
        *_targets(network),
        *_storage(network, flows),
        *_stock_limits(network, flows),
        *_locks(network, solution),
        *_contracts(network, solution),
        *_budgets(network, flows, solution),
        *_scrapped(network, flows),
        *_outliving(network, flows),
        *_outlasting(network, flows),
    )


def _lots_too_large(network: Network) -> Iterator[str]:
    """Sources whose smallest order no month can make."""
    sources, hours = network.sources, network.hours
    regular, more = hours_there(network)
    there = (regular + more).max(axis=1, initial=0.0)
    lot = np.array([next_lot(1.0, *lots) for lots in zip(sources.minimum, sources.multiple, strict=True)])
    lot = np.where((sources.minimum > 0) | (sources.multiple > 0), lot, 0.0)
    beyond = np.flatnonzero((lot > sources.maximum) & (sources.maximum > 0))
    for number in beyond.tolist()[:_NAMED]:
        yield (
            f"the smallest order of {_source(network, number)}, {units(lot[number])} units, is above the most a month, "
            f"{units(sources.maximum[number])}"
        )
    needed = lot[hours.source] * hours.amount + np.where(lot[hours.source] > 0, hours.setup, 0.0)
    for link in np.flatnonzero(needed > there[hours.of] + _TINY).tolist()[:_NAMED]:
        yield (
            f"the smallest order of {_source(network, int(hours.source[link]))}, "
            f"{units(lot[hours.source[link]])} units, takes {units(needed[link])} hours: no month at "
            f"{network.resources[hours.of[link]].name} has more than {units(there[hours.of[link]])}"
        )


def _source(network: Network, number: int) -> str:
    return f"{network.sources.kind[number]} {network.places[int(network.sources.place[number])]}"


def _targets(network: Network) -> Iterator[str]:
    """Targets that a location or the most stock of a place has no room for."""
    room = np.zeros((len(network.locations), network.months))
    np.add.at(room, network.places.location_number, network.target * network.places.volume[:, None])
    over = np.where(np.isfinite(network.storage)[:, None], room - network.storage[:, None], 0.0)
    for name, most, month in _first(over, network.locations, network):
        yield f"the stock targets at {name} need {units(most)} units of room beyond its storage limit, most in {month}"
    for name, most, month in _first(network.target - network.most, list(network.places), network):
        yield f"the target of {name} is {units(most)} units above its most stock, most in {month}"


def _storage(network: Network, flows: Flows) -> Iterator[str]:
    for number, over in enumerate(report.over_storage(network, flows)):
        if over.max() > _TINY:
            month = label(network.periods[int(over.argmax())])
            yield (
                f"{network.locations[number]} holds up to {units(float(over.max()))} units more than its storage "
                f"limit, most in {month}"
            )


def _first(quantity: Array, names: Sequence[object], network: Network) -> Iterator[tuple[str, float, str]]:
    """Name, most and month of each row that is above 0, the largest first."""
    found = np.flatnonzero(quantity.max(axis=1, initial=0.0) > _TINY)
    for row in sorted(found.tolist(), key=lambda r: -float(quantity[r].max()))[:_NAMED]:
        month = int(quantity[row].argmax())
        yield str(names[row]), float(quantity[row, month]), label(network.periods[month])


def _stock_limits(network: Network, flows: Flows) -> Iterator[str]:
    places = network.places
    for name, most, month in _first(network.least - flows.closing, list(places), network):
        yield (
            f"{name} falls up to {units(most)} units below its least stock, most in {month}: nothing can bring or "
            "hold more"
        )
    for name, most, month in _first(flows.closing - network.most, list(places), network):
        yield f"{name} holds up to {units(most)} units more than its most stock, most in {month}: nothing takes them"


def _locks(network: Network, solution: Solution) -> Iterator[str]:
    locks = network.locks
    for number, off in enumerate(solution.unlocked.sum(axis=1)):
        if abs(off) > _TINY:
            source = network.source(int(locks.source[number]))
            month = label(network.periods[int(locks.month[number])])
            yield (
                f"the locked {source.kind} order of {network.places[source.place]} in {month} is "
                f"{units(locks.quantity[number] + off)} units, not {units(locks.quantity[number])}: its limits "
                f"{'allow no more' if off < 0 else 'ask for more'}"
            )


def _contracts(network: Network, solution: Solution) -> Iterator[str]:
    for name, most, month in _first(solution.untaken, network.suppliers.name, network):
        yield f"up to {units(most)} units of the contract with {name} are paid for but not taken, most in {month}"


def _budgets(network: Network, flows: Flows, solution: Solution) -> Iterator[str]:
    currency = network.settings.currency
    over = solution.overspent.copy()
    for number, kind in enumerate(network.budgets.kind):
        mine = network.sources.of_kind(kind)  # none for stock
        spent = (flows.order[mine] * network.sources.cost[mine]).sum(axis=0)
        over[number] = np.maximum(over[number], spent - network.budgets.amount[number])
    for name, most, month in _first(over, network.budgets.kind, network):
        yield f"the {name} budget is exceeded by up to {amount(most, currency)}, most in {month}"


def _scrapped(network: Network, flows: Flows) -> Iterator[str]:
    total = flows.scrapped.sum(axis=1)
    for place in sorted(np.flatnonzero(total > _TINY).tolist(), key=lambda p: -float(total[p]))[:_NAMED]:
        yield f"{units(float(total[place]))} units of {network.places[place]} outlive their shelf life and are scrapped"


def _outliving(network: Network, flows: Flows) -> Iterator[str]:
    """What lots bring beyond what leaves while it lives."""
    for name, most, month in _first(report.outliving(network, flows), list(network.places), network):
        yield (
            f"{name} has up to {units(most)} units older than their shelf life, most in {month}: lots bring more than "
            "leaves"
        )


def _outlasting(network: Network, flows: Flows) -> Iterator[str]:
    many = report.outlasting(network, flows)
    if many:
        yield f"the stock of {many} item{'s' if many > 1 else ''} outlasts the horizon: days of supply stop at its end"
