"""Measures about what arrives: orders expedited, and units bought in from outside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sop_xl.supply.explain.kept import Change, Kept
from sop_xl.supply.explain.measure import NONE, Group, Measure, month_label
from sop_xl.supply.explain.words import month_count
from sop_xl.supply.network import Array, Numbers

if TYPE_CHECKING:
    from sop_xl.supply.plan import Plan

_TINY = 1e-6

_SOONEST = 3
"""Most months by which anything is expedited [months]."""


def expedite(kept: Kept, plan: Plan, group: Group) -> Iterator[Measure]:
    """What arrives next at the places that are short arrives in the month it is needed."""
    hurried = [found for entry in _stuck(group) if (found := hurried_arrival(kept, plan, *entry))]
    if not hurried:
        return
    changes = hurried_changes(kept, hurried)
    words = (
        f"expediting {{}} units of {named_places(kept, [(h.place, h.month) for h in hurried])} by "
        f"{month_count(max(h.sooner for h in hurried))}{' at most' if len({h.sooner for h in hurried}) > 1 else ''}"
    )
    yield Measure("expedite", words, "units", changes, float(sum(h.units for h in hurried)), known=False)


def hurried_changes(kept: Kept, hurried: list[Hurried]) -> tuple[Change, ...]:
    """Arrivals hurried, as changes of the programme; what must still be ordered is ordered."""
    at = np.concatenate([h.rows for h in hurried])
    shift = np.concatenate([np.array([h.units, -h.units]) for h in hurried])
    orders, least = (np.concatenate(part) for part in zip(*((h.order, h.least) for h in hurried), strict=True))
    return (
        Change("row_lower", at, shift),
        Change("row_upper", at, shift),
        Change("lower", orders, np.maximum(least - kept.programme.lower[orders], 0.0)),
    )


@dataclass(frozen=True)
class Hurried:
    """What arrives next at a place, sooner: its balance rows, units and months.

    `order` must still be placed, with `least` units.
    """

    place: int
    month: int
    rows: Numbers
    units: float
    sooner: int
    order: Numbers
    least: Array


def hurried_arrival(kept: Kept, plan: Plan, place: int, month: int, need: float) -> Hurried | None:
    """The next arrival at a place, as far as it is needed; of orders the largest."""
    network, flows, sources = kept.network, plan.solved, kept.network.sources
    arrives = np.flatnonzero(flows.receipts[place, month + 1 : month + 1 + _SOONEST] > _TINY)
    if not len(arrives):
        return None
    later = month + 1 + int(arrives[0])
    rows = kept.number("stock_balance", place, np.array([month, later]), row=True)
    under_way = float(network.receipts[place, later])
    of_place = np.array(network.sources_of[place], dtype=np.int64)
    release = later - sources.lead[of_place]
    ordered = np.where(release >= 0, flows.order[of_place, np.maximum(release, 0)], 0.0) * sources.output[of_place]
    largest = int(ordered.argmax()) if len(ordered) else 0
    moved = min(need, under_way + float(ordered.max(initial=0.0)))
    if moved <= _TINY or len(rows) < 2:
        return None
    if moved <= under_way:
        return Hurried(place, month, rows, moved, later - month, NONE, np.empty(0))
    source = int(of_place[largest])
    at = kept.number("order", source, int(release[largest]))
    least = np.full(len(at), (moved - under_way) / sources.output[source])
    return Hurried(place, month, rows, moved, later - month, at, least)


def buy_in(kept: Kept, plan: Plan, group: Group) -> Iterator[Measure]:
    """Units from outside at the places that are short, in the month they are needed."""
    stuck = [entry for entry in _stuck(group) if entry[0] >= 0]
    if not stuck:
        return
    place, month = (np.array([entry[n] for entry in stuck], dtype=np.int64) for n in (0, 1))
    need = np.array([entry[2] for entry in stuck])
    rows = kept.number("stock_balance", place, month, row=True)
    words = f"{{}} units of {named_places(kept, [(p, m) for p, m, _ in stuck])} bought in from outside"
    changes = (Change("row_lower", rows, need), Change("row_upper", rows, need))
    yield Measure("buy in", words, "units", changes, float(need.sum()), known=False)


def _stuck(group: Group) -> list[tuple[int, int, float]]:
    """Where a shortage is stuck: place, month, and the units that are short there, the most first."""
    at: dict[tuple[int, int], dict[int, float]] = {}
    for short in group.shorts:
        of_month = at.setdefault((short.cause.place, short.cause.month), {})
        of_month[short.month] = of_month.get(short.month, 0.0) + short.quantity * short.cause.amount
    found = [(place, month, max(needs.values())) for (place, month), needs in at.items() if place >= 0]
    return sorted(found, key=lambda entry: (-entry[2], entry[0]))


def named_places(kept: Kept, stuck: list[tuple[int, int]]) -> str:
    """The place and month that is short most, and how many others."""
    place, month = stuck[0]
    first = f"{kept.network.places[place]} in {month_label(kept, month)}"
    return first if len(stuck) == 1 else f"{first} and {len(stuck) - 1} more"
