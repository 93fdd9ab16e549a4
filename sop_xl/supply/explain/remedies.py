"""The cheapest ways out of the worst shortages, each computed by balancing again with it.

Shortages with the same culprit in the same month are taken together. For each the measures are tried that could help:
more overtime or a shift, more of a supplier, a lane, a crew or a budget, more room to build ahead, an order expedited,
units bought in, a cheaper demand cut, or the late units simply made because they can be. Every trial is the same
programme with other limits, solved from the last basis, so what it says counts everything: parts, freight, what else
becomes late.

References
----------
[1] Wallace & Stahl, Sales & Operations Planning: The How-To Handbook, 3rd ed.: the alternatives of a pre-S&OP meeting.
[2] Goldratt & Cox, The Goal: elevate the constraint.

"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sop_xl.errors import PlanningError
from sop_xl.periods import label
from sop_xl.supply.explain.kept import Kept, keep
from sop_xl.supply.explain.measure import Group, Measure
from sop_xl.supply.explain.measures import measures_for
from sop_xl.supply.explain.shortages import Short, trace_shortages
from sop_xl.supply.explain.words import amount, units
from sop_xl.supply.network import Array

if TYPE_CHECKING:
    from sop_xl.supply.plan import Plan

_TINY = 1e-6

_WORTH_TELLING = 0.005
"""A measure that recovers less than this share of what is short is no remedy."""

_FALLS_SHORT = ("late", "lost", "below", "over", "under", "surplus", "overspent", "untaken", "missed", "worst",
                "unlocked_less", "unlocked_more", "ahead", "more", "fewer")  # fmt: skip
"""Variables whose cost is a charge for falling short, not money spent."""

COLUMNS = (
    "shortage", "cause", "culprit", "period", "short", "money", "remedy", "amount", "unit", "cost", "known",
    "recovered", "net_worth", "rank", "says",
)  # fmt: skip


@dataclass(frozen=True)
class Tried:
    """What a measure does: how much of it is taken, money spent more, units recovered, and what that is worth."""

    measure: Measure
    taken: float
    cost: float
    recovered: float
    net_worth: float


def remedies(plan: Plan, top: int = 5, *, kept: Kept | None = None) -> pd.DataFrame:
    """The cheapest remedies of the worst shortages, computed by balancing again with each.

    Parameters
    ----------
    plan
        The plan.
    top
        How many shortages: the culprits and months with most money late or lost.
    kept
        The programme of the plan, if it is kept already (`keep`).

    Returns
    -------
    DataFrame
        One row a shortage and measure: `shortage` (1 is the worst), `cause`, `culprit`, `period` (of the culprit),
        `short` (units short in its worst month), `money` (of all months) [currency], `remedy`, `amount` taken of it and
        its `unit`, `cost` (money the plan then spends more, on the measure and on what it makes possible) [currency],
        `known` (whether the tables say what the measure itself costs; if not, it may cost up to `net_worth`),
        `recovered` (units no longer late or lost in their own month), `net_worth` (what all of it saves, less its cost)
        [currency], `rank` in its shortage, `says`. Known costs come first, then what is worth most. A shortage that
        nothing helps has one row without a remedy.

    Raises
    ------
    PlanningError
        If the solver gives up.

    """
    groups = worst_groups(plan, top)
    if not groups:
        return _typed([])
    held = kept or keep(plan)
    rows = []
    for number, group in enumerate(groups, start=1):
        tried = [found for measure in measures_for(held, plan, group) if (found := _try(held, measure))]
        helps = [t for t in tried if t.recovered > _TINY + _WORTH_TELLING * group.short]
        helps.sort(key=lambda t: (not t.measure.known, -t.net_worth, t.measure.name))
        rows += list(_rows(plan, held, number, group, helps))
    held.trial([])
    return _typed(rows)


def worst_groups(plan: Plan, top: int) -> list[Group]:
    """Shortages with the same cause, culprit and month of it, those with most money first."""
    traced = trace_shortages(plan.network, plan.prices, plan.solution, plan.solved, plan.final, plan.strategy)
    by_culprit: dict[tuple[str, str, int], list[Short]] = {}
    for short in traced:
        by_culprit.setdefault((short.cause.kind, short.cause.culprit, short.cause.month), []).append(short)
    groups = []
    for (cause, culprit, month), shorts in by_culprit.items():
        months: dict[int, float] = {}
        needs: dict[int, float] = {}
        for short in shorts:  # what is late for three months is short once
            months[short.month] = months.get(short.month, 0.0) + short.quantity
            needs[short.month] = needs.get(short.month, 0.0) + short.quantity * short.cause.amount
        money = sum(short.quantity * float(plan.prices.value[short.place]) for short in shorts)
        groups.append(Group(cause, culprit, month, tuple(shorts), max(months.values()), max(needs.values()), money))
    return sorted(groups, key=lambda g: (-g.money, g.cause, g.culprit, g.month))[:top]


def _try(kept: Kept, measure: Measure) -> Tried | None:
    """Balance with a measure; None where nothing satisfies it."""
    try:
        solved = kept.trial(measure.changes)
    except PlanningError:
        return None
    before, after = kept.base.values, solved.values
    at, each = measure.counted, measure.each
    taken = float(((after - before)[at] * each).sum()) if len(at) else measure.most
    saved = kept.money(kept.base) - kept.money(solved) - measure.price
    fell = charged(kept, before) - charged(kept, after)
    recovered = _short_units(kept, before) - _short_units(kept, after)
    return Tried(measure, taken, fell - saved, recovered, saved)


def charged(kept: Kept, values: Array) -> float:
    """Charges for falling short [currency]; a unit below target does not wait in stock, which is no charge."""
    programme, total = kept.programme, 0.0
    for kind in _FALLS_SHORT:
        if kind in programme.columns:
            number = programme.columns[kind].number
            number = number[number >= 0]
            total += float(programme.cost[number] @ values[number])
            if kind == "below":
                holding = (kept.prices.holding[:, None] * kept.prices.factor)[programme.columns[kind].number >= 0]
                total += float(holding @ values[number]) / kept.prices.scale
    return total * kept.prices.scale


def _short_units(kept: Kept, values: Array) -> float:
    """Units of demand late or lost in their own month, as `PlanKpis` counts them."""
    found = 0.0
    padded = np.append(values, 0.0)
    for kind in ("late", "lost"):
        if kind in kept.programme.columns:
            short = padded[kept.programme.columns[kind].number]
            found += float(np.minimum(short, kept.network.demands.quantity).sum())
    return found


def _rows(plan: Plan, kept: Kept, number: int, group: Group, helps: Sequence[Tried]) -> Iterator[tuple[object, ...]]:
    period, currency = plan.network.periods[group.month], plan.settings.currency
    needed = f" for want of {units(group.need)} {group.unit}" if group.unit else ""
    head = (
        f"{group.culprit} in {label(period)}, {group.cause}: {units(group.short)} units short{needed} "
        f"({amount(group.money, currency)} late or lost)"
    )
    key = (number, group.cause, group.culprit, period, group.short, group.money)
    if not helps:
        yield (*key, "", 0.0, "", 0.0, False, 0.0, 0.0, 0, f"{head}; nothing that was tried helps")
    for rank, found in enumerate(helps, start=1):
        m = found.measure
        start = f"{head}; {'cheapest' if rank == 1 else 'or'}: "
        says = start + _sentence(found, currency)
        yield (
            *key, m.name, found.taken, m.unit, found.cost, m.known, found.recovered, found.net_worth, rank, says,
        )  # fmt: skip


def _sentence(found: Tried, currency: str) -> str:
    """A measure in words."""
    m = found.measure
    what = m.words.format(units(found.taken))
    recovers = f"recovers {units(found.recovered)} units"
    if m.known:
        earns = "saves" if found.net_worth >= 0 else "costs on balance"
        spends = f"spends {amount(abs(found.cost), currency)} {'more' if found.cost >= 0 else 'less'}"
        return f"{what}: {recovers}, {spends} and {earns} {amount(abs(found.net_worth), currency)}"
    if found.net_worth <= 0:
        return f"{what}: {recovers}, but is not worth it"
    each = f", {amount(found.net_worth / found.taken, currency)} each" if found.taken > _TINY else ""
    return f"{what}: {recovers} and may cost up to {amount(found.net_worth, currency)}{each}"


def _typed(rows: Sequence[tuple[object, ...]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    text = dict.fromkeys(("cause", "culprit", "remedy", "unit", "says"), "str")
    numbers = dict.fromkeys(("short", "money", "amount", "cost", "recovered", "net_worth"), "float64")
    whole = dict.fromkeys(("shortage", "rank"), "int64")
    return frame.astype({**text, **numbers, **whole, "known": "bool", "period": "datetime64[ns]"})
