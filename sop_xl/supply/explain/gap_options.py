"""Each of the worst gaps with its options, every one computed by balancing again with it.

A gap is a family that is short in a month. Each lever (`gap_levers`) is tried on the programme of the plan, from its
last basis, and the whole plan is judged after it: money, margin, service, stock, load. Doing nothing is always there.

References
----------
[1] Wallace & Stahl, Sales & Operations Planning: The How-To Handbook, 3rd ed.: a pre-S&OP meeting brings alternatives
    with their cost and a recommendation, not problems.

"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sop_xl.errors import PlanningError
from sop_xl.supply.explain.gap_lever import DO_NOTHING, Assumed, Desk, Gap, Lever, Promotion, Row
from sop_xl.supply.explain.gap_levers import levers
from sop_xl.supply.explain.kept import Kept, keep
from sop_xl.supply.explain.measure import Measure
from sop_xl.supply.explain.remedies import charged
from sop_xl.supply.explain.shortages import Short, trace_shortages
from sop_xl.supply.network import Array

if TYPE_CHECKING:
    from sop_xl.supply.plan import Plan

_TINY = 1e-6
_WORTH_TELLING = 0.005
"""An option that recovers less than this share of the gap is none."""
_ENOUGH = 0.5
"""An option that recovers this share of the gap is not made larger."""


@dataclass(frozen=True)
class Option:
    """What an option does to a gap and to the whole plan.

    `amount` of `unit` is taken of it. `cost`: money the plan then spends more, a premium included; `margin`: of units
    that are then on time, less that of demand given up; `net_worth`: what all of it saves, less its cost and the
    revenue given up [currency]. `recovered`: units of the gap; `service`: of the whole plan [share]; `stock`: change of
    its mean stock value [currency]; `peak`: its highest load [share]. `days`: from the decision until it works, before
    the end of month `first`. `sure`: its effect does not hang on how customers answer. `rows` are the changes of a
    scenario that make it; without them `why_not` says why.
    """

    name: str
    target: str
    first: int
    last: int
    amount: float
    unit: str
    cost: float
    margin: float
    net_worth: float
    recovered: float
    service: float
    stock: float
    peak: float
    days: float
    basis: str
    sure: bool
    rows: tuple[Row, ...] = ()
    why_not: str = ""


def gaps_of(plan: Plan, shorts: Sequence[Short], top: int) -> list[Gap]:
    """The families and months that are short, those with most money first."""
    network = plan.network
    by_family: dict[tuple[str, int], list[Short]] = {}
    for short in shorts:
        family = network.items[str(network.places.item[short.place])].family
        by_family.setdefault((family, short.month), []).append(short)
    money = {key: sum(s.quantity * float(plan.prices.value[s.place]) for s in mine) for key, mine in by_family.items()}
    worst = sorted(by_family, key=lambda key: (-money[key], *key))[:top]
    return [Gap(family, month, tuple(by_family[family, month])) for family, month in worst]


def gap_options(
    plan: Plan,
    top: int = 8,
    *,
    assumed: Assumed | None = None,
    abc: Mapping[str, str] | None = None,
    promotions: Sequence[Promotion] = (),
    kept: Kept | None = None,
) -> list[tuple[Gap, list[Option]]]:
    """The options of the worst gaps, the best by net worth first; doing nothing is one of them.

    Parameters
    ----------
    plan
        The plan.
    top
        How many gaps: those with most money late or lost.
    assumed
        Prices that no table tells.
    abc
        Class of each item, A, B or C: the demand of C items is cut first.
    promotions
        Promotions in the plan, which could be delayed.
    kept
        The programme of the plan, if it is kept already.

    Raises
    ------
    PlanningError
        If the solver gives up.

    One month, 8 units wanted, 6 hours there; an hour of overtime costs 12, a lost unit 45:

    >>> import pandas as pd
    >>> from sop_xl.supply.plan import PlanSettings, balance
    >>> month = pd.Timestamp("2020-03-01")
    >>> tables = {
    ...     "items": pd.DataFrame({"item": ["A"], "standard_cost": [10.0], "list_price": [30.0]}),
    ...     "sources": pd.DataFrame({"item": ["A"], "location": ["P"], "kind": ["make"], "lead_time_days": [0.0]}),
    ...     "routings": pd.DataFrame({"item": ["A"], "resource": ["Line"], "hours_per_unit": [1.0]}),
    ...     "resources": pd.DataFrame({"resource": ["Line"], "location": ["P"], "cost_per_hour": [8.0]}),
    ...     "capacity": pd.DataFrame({"resource": ["Line"], "measure": "regular", "period": month, "hours": [6.0]}),
    ...     "demand": pd.DataFrame({"item": ["A"], "location": ["P"], "period": [month], "quantity": [8.0]}),
    ... }
    >>> plan = balance(tables, settings=PlanSettings(frozen_months=0, overtime_share=0.0, short_policy="lost"))
    >>> ((gap, options),) = gap_options(plan)
    >>> best = options[0]
    >>> best.name, [round(x, 6) for x in (best.amount, best.cost, best.margin, best.net_worth)]
    ('overtime', [2.0, 24.0, 40.0, 66.0])

    """
    shorts = trace_shortages(plan.network, plan.prices, plan.solution, plan.solved, plan.final, plan.strategy)
    gaps = gaps_of(plan, shorts, top)
    if not gaps:
        return []
    held = kept or keep(plan)
    found = []
    for gap in gaps:
        desk = Desk(held, plan, gap, tuple(shorts), assumed or Assumed(), abc or {}, tuple(promotions))
        base = _judged(desk, held.base.values, _nothing(desk), 0.0, held.base.values)
        options = {base.name: base}
        for lever in levers(desk):
            before = options.get(lever.name)
            if before and before.recovered >= _ENOUGH * gap.units:
                continue
            option = _tried(desk, lever)
            if option and option.recovered > max(_WORTH_TELLING * gap.units, before.recovered if before else _TINY):
                options[lever.name] = option
        found.append((gap, sorted(options.values(), key=lambda o: (-round(o.net_worth, 6), o.name))))
    held.trial([])
    return found


def _nothing(desk: Desk) -> Lever:
    fate = "late" if any(short.kind == "late" for short in desk.gap.shorts) else "lost"
    measure = Measure(DO_NOTHING, "", f"units {fate}", (), desk.gap.units, known=True)
    month = desk.gap.month
    return Lever(DO_NOTHING, desk.gap.family, month, month, measure, 0.0, why_not="the plan stays as it is")


def _tried(desk: Desk, lever: Lever) -> Option | None:
    """Balance with a lever; None where nothing satisfies it, or where none of it is taken."""
    kept = desk.kept
    try:
        solved = kept.trial(lever.measure.changes)
    except PlanningError:
        return None
    if len(lever.measure.counted) and not _rise(kept, lever, solved.values).max(initial=0.0) > _TINY:
        return None
    return _judged(desk, solved.values, lever, kept.money(kept.base) - kept.money(solved), kept.base.values)


def _rise(kept: Kept, lever: Lever, values: Array) -> Array:
    return np.asarray((values - kept.base.values)[lever.measure.counted] * lever.measure.each)


def _judged(desk: Desk, values: Array, lever: Lever, saved: float, before: Array) -> Option:
    """The plan after a lever against the plan before it; `saved` is what the programme saves [currency]."""
    kept, plan, network = desk.kept, desk.plan, desk.kept.network
    rise = _rise(kept, lever, values)
    taken = float(rise.sum()) if len(lever.measure.counted) else lever.measure.most
    cut = np.zeros_like(network.demands.quantity) if lever.cut is None else lever.cut
    wanted = network.demands.quantity - cut
    short, short_before = _short(kept, values, wanted), _short(kept, before, network.demands.quantity)
    mine = network.places.item[network.demands.place].astype(str)
    in_gap = np.isin(mine, [n for n, item in network.items.items() if item.family == desk.gap.family])
    margin = desk.price - np.nan_to_num(network.places.standard_cost[network.demands.place])[:, None]
    rows = tuple(lever.rows(rise))
    used = [t for row in rows for t in (row.first, row.last)] if len(lever.measure.counted) else []
    money_fell = charged(kept, before) - charged(kept, values)
    return Option(
        name=lever.name,
        target=lever.target,
        first=min(used, default=lever.first),
        last=max(used, default=lever.last),
        amount=taken,
        unit=lever.measure.unit,
        cost=money_fell - saved + lever.paid,
        margin=float((margin * (short_before - short - cut)).sum()) + lever.gained,
        net_worth=saved - lever.paid - lever.forgone + lever.gained,
        recovered=float((_owed(kept, before) - _owed(kept, values))[in_gap, desk.gap.month].sum()),
        service=plan.kpis.service_share + _service(short, wanted) - _service(short_before, network.demands.quantity),
        stock=_stock(kept, values) - _stock(kept, before),
        peak=_peak(plan, kept, values),
        days=lever.days,
        basis=lever.basis,
        sure=lever.sure,
        rows=rows,
        why_not="" if rows else lever.why_not or "no change of a scenario says this",
    )


def _owed(kept: Kept, values: Array) -> Array:
    """Units late at the end of a month or lost in it, by (demand, month), as a gap counts them."""
    padded, found = np.append(values, 0.0), np.zeros_like(kept.network.demands.quantity)
    for kind in ("late", "lost"):
        if kind in kept.programme.columns:
            found += padded[kept.programme.columns[kind].number]
    return found


def _short(kept: Kept, values: Array, wanted: Array) -> Array:
    """Units late or lost in their own month, by (demand, month)."""
    return np.minimum(_owed(kept, values), np.maximum(wanted, 0.0))


def _service(short: Array, wanted: Array) -> float:
    total = float(wanted.sum())
    return 1.0 - float(short.sum()) / total if total > 0 else 1.0


def _stock(kept: Kept, values: Array) -> float:
    """Mean stock value [currency]; stock is target + above - below."""
    padded, closing = np.append(values, 0.0), kept.network.target.copy()
    for kind, sign in (("above", 1.0), ("below", -1.0)):
        if kind in kept.programme.columns:
            closing += sign * padded[kept.programme.columns[kind].number]
    return float((kept.prices.stock_value @ closing).mean())


def _peak(plan: Plan, kept: Kept, values: Array) -> float:
    """The highest load of a work center in a month [share]; that of the plan itself is as it stands on its sheet."""

    def highest(of: Array) -> float:
        padded, used = np.append(of, 0.0), np.zeros_like(plan.network.regular)
        for kind in ("regular", "overtime"):
            if kind in kept.programme.columns:
                used += padded[kept.programme.columns[kind].number]
        there = plan.network.regular > 0
        return float(np.where(there, used / np.where(there, plan.network.regular, 1.0), 0.0).max(initial=0.0))

    return plan.kpis.peak_load + highest(values) - highest(kept.base.values)
