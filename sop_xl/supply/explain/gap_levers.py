"""What could be done about a gap: a family that is short in a month, and each lever there is, as a trial of the plan.

| what blocks | levers |
|---|---|
| hours, people | overtime, building ahead on overtime, a shift, a worker, room, more of a subcontractor than its most |
| supplier, lane, budget, room | more of it |
| component, lead time, no source | what comes next expedited, units bought in from outside |
| nothing | the units made in time after all |
| any of them | demand cut, C items first; the price raised; a promotion of the month delayed (`gap_demand`) |

A lever also knows how it is written as changes of a scenario, or why it cannot be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from sop_xl.periods import DAYS_PER_MONTH
from sop_xl.supply.explain.arrivals import hurried_arrival, hurried_changes
from sop_xl.supply.explain.gap_demand import cut_demand, delay_promotion, raise_price
from sop_xl.supply.explain.gap_lever import (
    AHEAD,
    CUT,
    HURRY,
    NOTICE,
    OUTSIDE,
    OVERTIME,
    TINY,
    Desk,
    Lever,
    Row,
    named,
)
from sop_xl.supply.explain.kept import Change
from sop_xl.supply.explain.measure import NONE, Group, Measure, more
from sop_xl.supply.explain.measures import MEASURES, make_it
from sop_xl.supply.network import Array


def levers(desk: Desk) -> Iterator[Lever]:
    """Every lever there is for a gap; of one name those that do more come later."""
    for spread in (False, True):
        yield from _hours(desk, ahead=False, spread=spread)
        yield from _hours(desk, ahead=True, spread=spread)
    yield from _others(desk)
    yield from _hurry(desk)
    yield from _outside(desk)
    yield from cut_demand(desk)
    yield from raise_price(desk)
    yield from delay_promotion(desk)


def _hours(desk: Desk, *, ahead: bool, spread: bool) -> Iterator[Lever]:
    """Overtime from the month whose hours are short to that of the gap; or in the months before, to build ahead.

    Where an hour is worth most comes first, until the hours that are short are there; or, `spread`, as many in each
    month, where others would take them first.
    """
    kept, network = desk.kept, desk.kept.network
    names = [resource.name for resource in network.resources]
    most, worth = network.regular * desk.assumed.overtime, kept.solution.overtime_price
    need: dict[tuple[int, int], float] = {}
    for group in desk.gap.groups():
        if group.cause in ("capacity", "crew") and group.culprit in names:
            r, frozen = names.index(group.culprit), network.settings.frozen_months
            months = range(frozen, group.month) if ahead else range(group.month, desk.gap.month + 1)
            left = group.need
            for month in sorted(months, key=lambda t: (-round(float(worth[r, t]), 6), -t)):
                hours = min(left, float(most[r, month]) - need.get((r, month), 0.0))
                if hours > TINY:
                    need[r, month] = need.get((r, month), 0.0) + hours
                    left -= 0.0 if spread else hours
    found = [(r, t, at, hours) for (r, t), hours in need.items() if len(at := kept.number("overtime", r, t))]
    found = [entry for entry in found if np.isfinite(kept.programme.upper[entry[2]]).all()]
    if not found:
        return
    at = np.concatenate([entry[2] for entry in found])
    changes = [more("upper", entry[2], entry[3]) for entry in found]
    for r, t, _, hours in found:
        crew = np.flatnonzero(network.crews.resource == r)
        row = kept.number("crew_overtime", crew, t, row=True) if len(crew) else NONE
        changes += [more("row_upper", row, hours)] if len(row) else []
    name = AHEAD if ahead else OVERTIME
    target = ", ".join(dict.fromkeys(names[r] for r, *_ in found))
    measure = Measure(name, "", "hours", tuple(changes), sum(e[3] for e in found), known=True, counted=at)

    def rows(rise: Array) -> list[Row]:
        pairs = zip(found, rise.tolist(), strict=True)
        used = [(r, t, hours) for (r, t, _, _), hours in pairs if hours > TINY and network.regular[r, t] > 0]
        return [Row("overtime", names[r], t, t, hours / float(network.regular[r, t])) for r, t, hours in used]

    crewed = any((network.crews.resource == r).any() for r, *_ in found)
    why_not = "a scenario does not change how long people may work" if crewed else ""
    first, last = min(e[1] for e in found), max(e[1] for e in found)
    yield Lever(name, target, first, last, measure, NOTICE[name],
                rows=(lambda _: []) if crewed else rows, why_not=why_not)  # fmt: skip


def _others(desk: Desk) -> Iterator[Lever]:
    """What the measures of the causes offer beside hours, arrivals and cuts, of all causes of the gap together."""
    found: dict[str, list[tuple[Group, Measure]]] = {}
    for group in desk.gap.groups():
        forced = any(short.forced for short in group.shorts)
        tried = MEASURES.get(group.cause, ()) if forced else (make_it,)
        for make in tried:
            for measure in make(desk.kept, desk.plan, group):
                if measure.name not in (OVERTIME, CUT, HURRY, OUTSIDE):
                    found.setdefault(measure.name, []).append((group, measure))
    for name, parts in found.items():
        merged = _merged(name, [measure for _, measure in parts])
        groups = [group for group, _ in parts]
        yield _more_of(desk, name, groups, merged)


def _merged(name: str, measures: Iterable[Measure]) -> Measure:
    """Several measures as one."""
    parts = list(measures)
    counted = np.unique(np.concatenate([NONE, *(m.counted for m in parts)]))
    changes = tuple(change for m in parts for change in m.changes)
    return Measure(name, parts[0].words, parts[0].unit, changes, sum(m.most for m in parts), parts[0].known, counted)


def _hurry(desk: Desk) -> Iterator[Lever]:
    """What comes next at the places that are short, hurried: a premium on each unit."""
    network = desk.kept.network
    found = [h for entry in desk.stuck() if (h := hurried_arrival(desk.kept, desk.plan, *entry))]
    if not found:
        return
    cost = np.nan_to_num(network.places.standard_cost)
    paid = sum(h.units * float(cost[h.place]) for h in found) * desk.assumed.expedite
    sooner: dict[str, int] = {}
    days = 0.0
    for h in found:
        item = str(network.places.item[h.place])
        sooner[item] = max(sooner.get(item, 0), h.sooner)
        leads = [network.source(s).lead_days for s in network.sources_of[h.place]]
        days = max(days, max(leads, default=0.0) - h.sooner * DAYS_PER_MONTH)
    rows = [Row("lead time", item, 0, network.months - 1, -round(k * DAYS_PER_MONTH, 1)) for item, k in sooner.items()]
    units = sum(h.units for h in found)
    measure = Measure(HURRY, "", "units", hurried_changes(desk.kept, found), units, known=False)
    months = [h.month for h in found]
    yield Lever(
        HURRY, named(sooner), min(months), max(months), measure, days + NOTICE[HURRY],
        f"assumed: a premium of {desk.assumed.expedite:.0%} of standard cost", paid, rows=lambda _: rows,
    )  # fmt: skip


def _outside(desk: Desk) -> Iterator[Lever]:
    """Units bought in where the item is made or bought; a warehouse that is only supplied from others gets none."""
    network = desk.kept.network
    usable = [
        (p, t, u)
        for p, t, u in desk.stuck()
        if any(str(network.sources.kind[s]) not in ("transfer", "substitute") for s in network.sources_of[p])
    ]
    if not usable:
        return
    places, months = (np.array([entry[n] for entry in usable], dtype=np.int64) for n in (0, 1))
    units = np.array([entry[2] for entry in usable])
    rows = desk.kept.number("stock_balance", places, months, row=True)
    changes = (Change("row_lower", rows, units), Change("row_upper", rows, units))
    measure = Measure(OUTSIDE, "", "units", changes, float(units.sum()), known=False)
    cost = np.nan_to_num(network.places.standard_cost[places])
    wanted: dict[tuple[str, int], float] = {}
    for p, t, u in usable:
        key = (str(network.places.item[p]), t)
        wanted[key] = wanted.get(key, 0.0) + u
    written = [Row("outside purchase", item, t, t, u) for (item, t), u in wanted.items()]
    known = bool((cost > 0).all())
    yield Lever(
        OUTSIDE, named(item for item, _ in wanted), int(months.min()), int(months.max()), measure, NOTICE[OUTSIDE],
        f"assumed: {desk.assumed.outside:.0%} above standard cost", float(units @ cost) * (1 + desk.assumed.outside),
        rows=lambda _: written if known else [], why_not="" if known else "an item has no standard cost",
    )  # fmt: skip


def _more_of(desk: Desk, name: str, groups: list[Group], measure: Measure) -> Lever:
    """More of a limit than there is."""
    network = desk.kept.network
    first, last = min(g.month for g in groups), max(g.month for g in groups)
    target = ", ".join(dict.fromkeys(g.culprit for g in groups))
    days, rows, why_not = NOTICE.get(name, 14.0), [], f"no change of a scenario says {name}"
    if name == "subcontract":
        of = desk.kept.programme.columns["order"].number
        s, month = np.nonzero(np.isin(of, measure.counted) & (of >= 0))
        days = float(network.sources.lead_days[s].max(initial=0.0))
        target = ", ".join(sorted({str(network.sources.supplier[n]) for n in s} - {""})[:3]) or "its suppliers"
        first, last = int(month.min()), int(month.max())
        return Lever(name, target, first, last, measure, days, rows=lambda rise: _over_most(desk, measure, rise),
                     why_not="a scenario raises what all suppliers of the item give")  # fmt: skip
    if name == "supplier" and len(groups) == 1 and target in network.suppliers.name and not len(measure.counted):
        number = network.suppliers.name.index(target)
        most = float(network.suppliers.most[number, first])
        rows, why_not = [Row("supplier limit", target, first, first, most + measure.most)], ""
    elif name == "supplier":
        return Lever(name, target, first, last, measure, days, "assumed: at the usual price",
                     rows=lambda rise: _over_most(desk, measure, rise),
                     why_not="a scenario raises what all suppliers of the item give")  # fmt: skip
    basis = "the tables" if measure.known else "not known: it may cost up to its worth"
    return Lever(name, target, first, last, measure, days, basis, rows=lambda _: rows, why_not=why_not)


def _over_most(desk: Desk, measure: Measure, rise: Array) -> list[Row]:
    """More from sources over their most, by item; none where another source of the item has no most to raise."""
    sources = desk.kept.network.sources
    number = desk.kept.programme.columns["order"].number
    more_of: dict[int, tuple[float, int, int]] = {}
    for column, units in zip(measure.counted.tolist(), rise.tolist(), strict=True):
        if units > TINY:
            s, t = (int(n[0]) for n in np.nonzero(number == column))
            share, first, last = more_of.get(s, (0.0, t, t))
            more_of[s] = max(share, units / float(sources.maximum[s])), min(first, t), max(last, t)
    items = desk.kept.network.places.item[sources.place]
    bought = sources.of_kind("buy") | sources.of_kind("subcontract")
    rows = []
    for s, (share, first, last) in more_of.items():
        mine = np.flatnonzero(bought & (items == items[s]))
        if len(mine) > 1 and not np.isfinite(sources.maximum[mine]).all():
            return []
        rows.append(Row("supplier", str(items[s]), first, last, share))
    return rows
