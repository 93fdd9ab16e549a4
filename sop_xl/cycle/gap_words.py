"""Gaps and their options in plain words, with the numbers of the trials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from sop_xl.cycle.step import Context
from sop_xl.supply.explain.gap_lever import AHEAD, CUT, DELAY, DO_NOTHING, HURRY, OUTSIDE, OVERTIME, RAISE, Gap
from sop_xl.supply.explain.gap_options import Option
from sop_xl.supply.explain.words import amount, month_count, units

if TYPE_CHECKING:
    from sop_xl.cycle.gap_options import Judged

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_TOLD = 3
"""Options told in the sentence of a gap, beside doing nothing."""

CAUSES = {
    "capacity": "{} is full",
    "crew": "the people at {} are all at work",
    "supplier limit": "{} delivers no more",
    "lane limit": "the lane {} carries no more",
    "component": "the component {} is missing",
    "lead time": "nothing from {} comes in time",
    "budget": "the budget for {} is spent",
    "storage": "{} has no room to build ahead",
    "shelf life": "it would not keep at {}",
    "lock": "a fixed order of {} is in the way",
    "target stock": "{} keeps it as safety stock",
    "last plan": "the last plan of {} is kept",
    "no source": "nothing brings it to {} at a price worth it",
}
"""Causes of a shortage in a planner's words."""

PHRASES = {
    OVERTIME: "overtime {amount} h at {target}",
    AHEAD: "build ahead in {months}, {amount} h of overtime at {target}",
    HURRY: "expedite {amount} units of {target}",
    OUTSIDE: "buy in {amount} units of {target}",
    CUT: "give up {amount} units of {target}",
    RAISE: "raise the price of {target} by {share}",
    DELAY: "delay {target} by {wait}",
    "extra shift": "{amount} extra shift at {target} in {months}",
    "subcontract": "{amount} units more from {target} than its most",
    "worker": "one more worker at {target}",
    "storage": "room for {amount} more at {target}",
    "supplier": "{amount} units more from {target}",
    "lane": "{amount} more load on {target}",
    "budget": "{amount} more of the {target} budget",
    "make in time": "make the {amount} units in time after all",
}
"""Options in a planner's words."""


def month_name(day: pd.Timestamp) -> str:
    """A month in words, the same in every language of the machine.

    >>> month_name(pd.Timestamp("2020-07-01"))
    'July 2020'
    """
    return f"{_MONTHS[day.month - 1]} {day.year}"


def phrase(option: Option, months: Sequence[pd.Timestamp]) -> str:
    """What is done, in a few words; `months` are those of the plan."""
    if option.name == DO_NOTHING:
        return f"{'lose' if 'lost' in option.unit else 'deliver'} {units(option.amount)} units" + (
            "" if "lost" in option.unit else " late"
        )
    first, last = months[option.first], months[option.last]
    when = month_name(first) if first == last else f"{month_name(first)} to {month_name(last)}"
    return PHRASES[option.name].format(
        amount=units(option.amount), target=option.target, months=when, share=f"{option.amount:.0f} %",
        wait=month_count(round(option.amount)),
    )  # fmt: skip


def gap_sentence(
    gap: Mapping[str, Any], found: Gap, best: Judged, options: Sequence[Option], currency: str,
    months: Sequence[pd.Timestamp],
) -> str:  # fmt: skip
    """A gap in a sentence: when and how much, why, and what could be done, the recommended first."""
    groups = sorted(found.groups(), key=lambda g: (-g.short, g.cause, g.culprit))
    hours: dict[str, float] = {}
    for group in groups:
        if group.cause in ("capacity", "crew"):
            hours[group.culprit] = hours.get(group.culprit, 0.0) + group.need
    wanting = " and ".join(f"{units(need)} h of {name}" for name, need in hours.items())
    why = CAUSES.get(groups[0].cause, "{}").format(groups[0].culprit) if groups else ""
    wanted = float(gap["demand"])
    short = f"{gap['gap']:,.0f} of {wanted:,.0f} units" if gap["gap"] <= wanted else f"{gap['gap']:,.0f} units"
    head = (
        f"{month_name(gap['period'])}, {gap['family']} short {short}{f' for want of {wanting}' if wanting else ''} "
        f"({amount(float(gap['money']), currency)}){f', {why}' if why and not wanting else ''}"
    )
    others = [o for o in options if o is not best.option and o.name != DO_NOTHING][: _TOLD - 1]
    nothing = next(o for o in options if o.name == DO_NOTHING)
    told = [f"{phrase(o, months)} ({_money(o, currency)})" for o in others]
    if best.option is nothing:
        tried = f" (neither {' nor '.join(told)})" if len(told) > 1 else f" (not {told[0]})" if told else ""
        return f"{head}: nothing pays{tried}, so {phrase(nothing, months)}"
    first = f"{phrase(best.option, months)} ({_money(best.option, currency)})"
    return f"{head}: best {', or '.join([first, *told, phrase(nothing, months)])}"


def option_sentence(option: Option, judged: Judged, changes: str, context: Context) -> str:
    """An option in a sentence: what it recovers, costs and is worth, until when, and whether a scenario can say it."""
    currency = context.settings.currency
    what = phrase(option, list(context.periods))
    if option.name == DO_NOTHING:
        return f"{what[:1].upper()}{what[1:]}: costs nothing now, and closes nothing"
    spends = f", {'costs' if option.cost >= 0 else 'spends less by'} {amount(abs(option.cost), currency)}"
    spends = "" if option.name in (CUT, RAISE, DELAY) else spends
    worth = f"{'is worth' if option.net_worth >= 0 else 'loses'} {amount(abs(option.net_worth), currency)} on balance"
    late = "" if judged.in_time else ", which is too late"
    until = f"decide by {judged.decide_by:%Y-%m-%d}{late}"
    note = "" if changes else f"; not as a scenario: {option.why_not or 'no kind of change says this'}"
    if changes and option.name == OUTSIDE and option.net_worth < 0:
        note = "; a scenario buys in only where that pays"
    return (
        f"{what[:1].upper()}{what[1:]}: {units(judged.recovered)} units of the gap on time{spends}, {worth}; "
        f"{until}{note}"
    )


def _money(option: Option, currency: str) -> str:
    """What an option costs; of demand given up or a price raised, what it is worth on balance."""
    if option.name in (CUT, RAISE, DELAY):
        return f"{'earns' if option.net_worth >= 0 else 'loses'} {amount(abs(option.net_worth), currency)}"
    return amount(option.cost, currency) if option.cost >= 0 else f"spends {amount(-option.cost, currency)} less"
