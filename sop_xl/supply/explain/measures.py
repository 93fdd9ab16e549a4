"""What a planner could do about a shortage, as changes of the limits of the plan's programme.

| cause | measures tried |
|---|---|
| capacity | overtime, an extra shift, the subcontractor's maximum, room to build ahead, the cheapest other demand cut |
| crew | one more worker, overtime of the people |
| supplier limit, lane limit, budget, storage | more of it |
| component, lead time | what comes later expedited, units bought in |
| no source | units bought in |
| any that no limit forces | the units made after all |

A measure whose price no table tells (a supplier's extra units, an expedited order) is tried for nothing: what it saves
is what it may cost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from sop_xl.supply.explain.arrivals import buy_in, expedite
from sop_xl.supply.explain.kept import Change, Kept
from sop_xl.supply.explain.measure import NONE, Group, Measure, month_label, more
from sop_xl.supply.explain.pegs import ORDER, SHIPPED, Outs, peg
from sop_xl.supply.network import Array, Numbers

if TYPE_CHECKING:
    from sop_xl.supply.plan import Plan

_TINY = 1e-6


def measures_for(kept: Kept, plan: Plan, group: Group) -> Iterator[Measure]:
    """Every measure that could help a shortage."""
    if any(short.forced for short in group.shorts):
        for measure in MEASURES.get(group.cause, ()):
            yield from measure(kept, plan, group)
    if not all(short.forced for short in group.shorts):
        yield from make_it(kept, plan, group)


def overtime(kept: Kept, plan: Plan, group: Group) -> Iterator[Measure]:
    """Hours beyond what overtime there is, at its rate."""
    resource = _resource(kept, group)
    at = kept.number("overtime", resource, group.month)
    if len(at) and np.isfinite(kept.programme.upper[at]).all():
        name = kept.network.resources[resource].name
        words = f"{{}} h more overtime at {name} in {_month(kept, group)}"
        yield Measure("overtime", words, "hours", (more("upper", at, group.need),), group.need, known=True, counted=at)


def extra_shift(kept: Kept, plan: Plan, group: Group) -> Iterator[Measure]:
    """One more shift than there may be."""
    resource = _resource(kept, group)
    at = kept.number("shifts", resource, group.month)
    if len(at):
        name = kept.network.resources[resource].name
        words = f"{{}} extra shift at {name} in {_month(kept, group)}"
        yield Measure("extra shift", words, "shifts", (more("upper", at, 1.0),), 1.0, known=True, counted=at)


def subcontract(kept: Kept, plan: Plan, group: Group) -> Iterator[Measure]:
    """More than the most of what else delivers the items that are short, up to the month they are."""
    sources, last = kept.network.sources, max(short.month for short in group.shorts)
    items = {str(kept.network.places.item[short.place]) for short in group.shorts}
    of_items = np.isin(kept.network.places.item[sources.place], list(items))
    full = kept.solution.source_price[:, : last + 1] > _TINY
    usable = (sources.of_kind("subcontract") | sources.of_kind("buy")) & of_items & full.any(axis=1)
    s, month = np.nonzero(full & usable[:, None])
    if not len(s):
        return
    at = kept.number("order", s, month)
    names = sorted(set(sources.supplier[s]) - {""})
    whom = ", ".join(names[:3]) or "its suppliers"
    words = f"{{}} more units from {whom} over their most, up to {month_label(kept, last)}"
    changes = (more("upper", at, group.short),)
    yield Measure("subcontract", words, "units", changes, group.short, known=True, counted=at)


def room(kept: Kept, plan: Plan, group: Group) -> Iterator[Measure]:
    """Room to build ahead at the location where it is worth most, up to the month that is short."""
    price = kept.solution.storage_price[:, : group.month + 1]
    if group.cause == "storage":
        where = list(kept.network.locations).index(group.culprit)
    elif price.any():
        where = int(price.sum(axis=1).argmax())
    else:
        return
    months = np.arange(kept.network.months)
    last = max(short.month for short in group.shorts)
    at = kept.number("storage_limit", where, months[months < max(last, 1)], row=True)
    extra = group.need if group.cause == "storage" else group.short * float(kept.network.places.volume.max())
    words = f"room for {{}} more at {kept.network.locations[where]} up to {month_label(kept, last)}"
    yield Measure("storage", words, "units of room", (more("row_upper", at, extra),), extra, known=False)


def cut_demand(kept: Kept, plan: Plan, group: Group) -> Iterator[Measure]:
    """Give up the demand that earns least by the hour that is short, as far as it frees what is needed."""
    network = kept.network
    outs, taken = hours_of_outs(kept, plan, _resource(kept, group), [group.month])
    pieces = np.flatnonzero((outs.kind == SHIPPED) & (outs.wanted == outs.month) & (taken > _TINY))
    mine = {(short.place, short.month) for short in group.shorts}
    pieces = np.array(
        [n for n in pieces.tolist() if (int(outs.place[n]), int(outs.wanted[n])) not in mine], dtype=np.int64
    )
    if not len(pieces):
        return
    demand = outs.into[pieces]
    earns = _price(kept)[demand, outs.wanted[pieces]] * outs.units[pieces] / taken[pieces]
    worst = int(pieces[np.argmin(earns * network.demands.weight[demand])])
    per_unit = taken[worst] / outs.units[worst]
    cut = float(min(outs.units[worst], group.need / per_unit))
    d, wanted = int(outs.into[worst]), int(outs.wanted[worst])
    place, name = network.places[int(network.demands.place[d])], str(network.demands.name[d])
    words = f"cutting {{}} units of {place}{f' for {name}' if name else ''} in {month_label(kept, wanted)}"
    price = float(_price(kept)[d, wanted]) * cut
    yield Measure("cut demand", words, "units", tuple(less_demand(kept, d, wanted, cut)), cut, known=True, price=price)


def hours_of_outs(kept: Kept, plan: Plan, resource: int, months: Iterable[int]) -> tuple[Outs, Array]:
    """Everything that leaves a place, and the hours of a resource in some months that went into each of it [h]."""
    network, pegs = kept.network, peg(kept.network, plan.solved)
    hours = np.zeros((len(network.sources), network.months))
    links = np.flatnonzero(network.hours.of == resource)
    for month in months:
        release = month - network.hours.offset[links]
        inside = release >= 0
        np.add.at(hours, (network.hours.source[links[inside]], release[inside]), network.hours.amount[links[inside]])
    lots = pegs.lots
    ordered = lots.kind == ORDER
    at_lots = np.zeros((len(lots), 1))
    own = hours[lots.source[ordered], lots.release[ordered]]
    at_lots[ordered, 0] = own * plan.solved.order[lots.source[ordered], lots.release[ordered]]
    return pegs.outs, pegs.forward(at_lots)[:, 0]


def supplier(kept: Kept, plan: Plan, group: Group) -> Iterator[Measure]:
    """More than a supplier's most, of one item or over all."""
    month = group.month
    if group.culprit in kept.network.suppliers.name:
        number = kept.network.suppliers.name.index(group.culprit)
        at = kept.number("supplier_limit", number, month, row=True)
        if len(at) and kept.solution.supplier_price[number, month] > 0:
            yield _more_of(kept, group, "supplier", at, "row_upper", f"{{}} more units from {group.culprit}")
            return
    at = _unique([kept.number("order", short.cause.source, month) for short in group.shorts])
    at = at[np.isfinite(kept.programme.upper[at])]
    if len(at):
        words = f"{{}} more units from {group.culprit} in {_month(kept, group)}"
        changes = (more("upper", at, group.need),)
        yield Measure("supplier", words, "units", changes, group.need, known=False, counted=at)


def lane(kept: Kept, plan: Plan, group: Group) -> Iterator[Measure]:
    """More load on a lane than it carries."""
    number = kept.network.lanes.name.index(group.culprit)
    at = kept.number("lane_limit", number, group.month, row=True)
    yield _more_of(kept, group, "lane", at, "row_upper", f"{{}} more load on {group.culprit}")


def budget(kept: Kept, plan: Plan, group: Group) -> Iterator[Measure]:
    """More money; what it buys is counted."""
    number = kept.network.budgets.kind.index(group.culprit)
    at = kept.number("budget_limit", number, group.month, row=True)
    currency = kept.network.settings.currency
    words = f"{currency} {{}} more of the {group.culprit} budget in {_month(kept, group)}"
    yield Measure("budget", words, currency, (more("row_upper", at, group.need),), group.need, known=True)


def workers(kept: Kept, plan: Plan, group: Group) -> Iterator[Measure]:
    """One more worker than there may be, from the month on; and hours of overtime beyond what people may work."""
    crews = kept.network.crews
    crew = crews.resource.tolist().index(_resource(kept, group))
    months = np.arange(group.month, kept.network.months)
    at = kept.number("workers", crew, months)
    if np.isfinite(kept.programme.upper[at]).all():
        words = f"one more worker at {group.culprit} from {_month(kept, group)} on"
        yield Measure("worker", words, "workers", (more("upper", at, 1.0),), 1.0, known=True)
    overtime_at = kept.number("overtime", crews.resource[crew], group.month)
    row = kept.number("crew_overtime", crew, group.month, row=True)
    if len(overtime_at):
        words = f"{{}} h more overtime of the people at {group.culprit} in {_month(kept, group)}"
        changes = tuple(
            more(part, at, group.need) for part, at in (("upper", overtime_at), ("row_upper", row)) if len(at)
        )
        yield Measure("overtime", words, "hours", changes, group.need, known=True, counted=overtime_at)


MEASURES: dict[str, tuple[Callable[[Kept, Plan, Group], Iterator[Measure]], ...]] = {
    "capacity": (overtime, extra_shift, subcontract, room, cut_demand),
    "crew": (workers, extra_shift, subcontract, cut_demand),
    "supplier limit": (supplier,),
    "lane limit": (lane,),
    "budget": (budget,),
    "storage": (room,),
    "component": (expedite, buy_in),
    "lead time": (expedite, buy_in),
    "no source": (buy_in,),
    "lock": (buy_in,),
    "shelf life": (buy_in,),
}
"""The measures for each cause."""


def make_it(kept: Kept, plan: Plan, group: Group) -> Iterator[Measure]:
    """What is late or lost by choice, made after all: none of it may be short in its month."""
    demands = kept.network.demands
    chosen = [short for short in group.shorts if not short.forced]
    of_place = [(short, np.flatnonzero(demands.place == short.place)) for short in chosen]
    columns = _unique([kept.number(short.kind, d, short.month) for short, d in of_place])
    total = sum(short.quantity for short in chosen)
    words = "making the {} units late by choice in time"
    changes = (more("upper", columns, -kept.programme.upper[columns]),)
    yield Measure("make in time", words, "units", changes, total, known=True)


def less_demand(kept: Kept, demand: int, wanted: int, cut: float) -> Iterator[Change]:
    """A demand that asks for fewer units."""
    network = kept.network
    months = np.arange(wanted, network.months)
    row = kept.number("stock_balance", int(network.demands.place[demand]), wanted, row=True)
    for part in ("row_lower", "row_upper"):
        yield more(part, row, cut)
    yield more("row_upper", kept.number("demand_balance", demand, wanted, row=True), -cut)
    yield more("upper", kept.number("late", demand, months), -cut)
    yield more("upper", kept.number("lost", demand, wanted), -cut)


def _more_of(kept: Kept, group: Group, name: str, rows: Numbers, part: str, words: str) -> Measure:
    """More of a limit over several sources, without a price."""
    words += f" in {_month(kept, group)}"
    return Measure(name, words, "units", (more(part, rows, group.need),), group.need, known=False)


def _resource(kept: Kept, group: Group) -> int:
    return [resource.name for resource in kept.network.resources].index(group.culprit)


def _price(kept: Kept) -> Array:
    """Selling price of each demand and month."""
    demands = kept.network.demands
    value = kept.prices.value[demands.place][:, None]
    return np.where(np.isnan(demands.price), value, demands.price)


def _unique(parts: list[Numbers]) -> Numbers:
    return np.unique(np.concatenate([NONE, *parts]))


def _month(kept: Kept, group: Group) -> str:
    return month_label(kept, group.month)
