"""Gaps with options: what each of the largest gaps could be closed with, what it costs, and what is recommended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sop_xl import periods
from sop_xl.cycle import scenario
from sop_xl.cycle.change_supply import PREMIUM
from sop_xl.cycle.gap_words import gap_sentence, option_sentence
from sop_xl.cycle.keeping import plain, records
from sop_xl.cycle.step import Context, Frames
from sop_xl.supply.explain.gap_lever import DO_NOTHING, Assumed, Promotion, Row
from sop_xl.supply.explain.gap_options import Option, gap_options
from sop_xl.supply.plan import Plan

BETWEEN, NEXT = " | ", "; "
"""What stands between the parts of a change, and between changes, in the column that holds them."""
_LEAST = 0.5
"""An option that is worth less than this is not worth doing [currency]."""


@dataclass(frozen=True)
class Judged:
    """An option of a gap as it stands on the sheet: its latest day, and its place among the others."""

    option: Option
    recovered: float
    decide_by: pd.Timestamp
    in_time: bool
    recommended: bool = False


def options_of(plan: Plan, frames: Frames, gaps: pd.DataFrame, context: Context) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Table `gap_options`, and table `gaps` with the first day of each gap and its options in its sentence.

    `plan` is the plan of the base, `gaps` the table as `grid.gaps` lays it out.
    """
    gaps = gaps.assign(first_day=[first_day(row) for row in records(gaps)])
    settings = context.settings
    if gaps.empty or not settings.gaps_with_options:
        return pd.DataFrame(), gaps
    assumed = Assumed(settings.expedite_rate, PREMIUM, settings.price_elasticity)
    segments = plain(frames["segments"]).drop_duplicates("item")
    found = gap_options(
        plan,
        settings.gaps_with_options,
        assumed=assumed,
        abc=dict(zip(segments["item"], segments["abc"], strict=True)),
        promotions=promotions(frames, context),
    )
    at = {(row["family"], row["period"]): n for n, row in enumerate(records(gaps))}
    says = gaps["says"].tolist()
    rows: list[dict[str, object]] = []
    months = list(context.periods)
    for gap, options in found:
        key = (gap.family, context.periods[gap.month])
        if key not in at:
            continue
        row = records(gaps.iloc[[at[key]]])[0]
        judged = ranked(options, float(row["gap"]), context)
        says[at[key]] = gap_sentence(row, gap, judged[0], [j.option for j in judged], settings.currency, months)
        rows += [_row(key, n, one, context) for n, one in enumerate(judged, start=1)]
    return pd.DataFrame(rows), gaps.assign(says=says)


def first_day(gap: dict[str, object]) -> pd.Timestamp:
    """The day from which a gap cannot be delivered, if its demand comes evenly over the month.

    >>> first_day({"period": pd.Timestamp("2020-03-01"), "demand": 310.0, "gap": 100.0}).date()
    datetime.date(2020, 3, 22)
    """
    month, demand, short = pd.Timestamp(str(gap["period"])), float(str(gap["demand"])), float(str(gap["gap"]))
    days = month.days_in_month
    met = max(0.0, 1.0 - short / demand) if demand > 0 else 0.0
    return month + pd.Timedelta(days=min(days - 1, int(days * met)))


def ranked(options: Sequence[Option], short: float, context: Context) -> list[Judged]:
    """The options of a gap, the recommended first, then those still in time, then by worth.

    Recommended is what is worth most and can still be started in time, where that is worth anything; else nothing is
    done. An effect that hangs on how customers answer a price is told, and left to people.
    """
    today = context.as_of.normalize()
    judged = []
    for option in options:
        day = month_end(context.periods[option.first]) - pd.Timedelta(days=int(np.ceil(option.days)))
        idle = option.name == DO_NOTHING
        judged.append(Judged(option, min(option.recovered, short), day, idle or day >= today))
    able = [j for j in judged if j.in_time and j.option.sure and j.option.net_worth > _LEAST]
    nothing = next(j for j in judged if j.option.name == DO_NOTHING)
    best = max(able, key=lambda j: j.option.net_worth, default=nothing)
    marked = [Judged(j.option, j.recovered, j.decide_by, j.in_time, j is best) for j in judged]
    return sorted(
        marked, key=lambda j: (not j.recommended, not j.in_time, -round(j.option.net_worth, 6), j.option.name)
    )


def month_end(month: pd.Timestamp) -> pd.Timestamp:
    """The last day of a month."""
    return month + pd.offsets.MonthEnd(0)


def promotions(frames: Frames, context: Context) -> list[Promotion]:
    """The promotions that lift demand in the months planned."""
    items = plain(frames["items"]).drop_duplicates("item")
    effects = plain(frames["event_effects"])
    used = dict(zip(effects["event"], effects["uplift_used"], strict=True)) if len(effects) else {}
    months = list(context.periods)
    found = []
    for event in records(plain(frames["events"])):
        uplift = used.get(event["event"], event["uplift"])
        if pd.isna(event["start"]) or pd.isna(event["end"]):
            continue
        first, last = (periods.month_of(event[c]) for c in ("start", "end"))
        inside = [n for n, month in enumerate(months) if first <= month <= last]
        if event["kind"] != "promotion" or not inside or not pd.notna(uplift) or not uplift > 0 or event["channel"]:
            continue
        mine = items[items["item"].eq(event["item"]) | (items["family"].eq(event["family"]) & (event["family"] != ""))]
        found.append(Promotion(event["event"], frozenset(mine["item"]), inside[0], inside[-1], float(uplift)))
    return found


def written(rows: Sequence[Row], context: Context) -> str:
    """Changes of a scenario as a planner reads them; blank where one of them is of no kind there is.

    >>> from datetime import datetime
    >>> from sop_xl.workbook.tables import Settings
    >>> written([Row("overtime", "Paint", 1, 2, 0.125)], Context(Settings(), datetime(2020, 3, 3)))
    'overtime | Paint | 2020-04 to 2020-05 | 0.125'
    """
    marks = (BETWEEN.strip(), NEXT.strip())
    if any(row.kind not in scenario.KINDS or any(mark in row.target for mark in marks) for row in rows):
        return ""
    month = [periods.label(day) for day in context.periods]
    return NEXT.join(
        BETWEEN.join((row.kind, row.target, f"{month[row.first]} to {month[row.last]}", f"{row.value:.6g}"))
        for row in rows
    )


def _row(key: tuple[str, pd.Timestamp], rank: int, judged: Judged, context: Context) -> dict[str, object]:
    option = judged.option
    changes = written(option.rows, context)
    return {
        "family": key[0],
        "period": key[1],
        "option": option.name,
        "recommended": judged.recommended,
        "rank": float(rank),
        "target": option.target,
        "first_month": context.periods[option.first],
        "last_month": context.periods[option.last],
        "amount": round(option.amount, 4),
        "unit": option.unit,
        "cost": round(option.cost, 2),
        "margin_saved": round(option.margin, 2),
        "net_worth": round(option.net_worth, 2),
        "recovered": round(judged.recovered, 4),
        "service": option.service,
        "stock_change": round(option.stock, 2),
        "peak_load": option.peak,
        "days_to_act": float(np.ceil(option.days)),
        "decide_by": pd.NaT if option.name == DO_NOTHING else judged.decide_by,
        "basis": option.basis,
        "says": option_sentence(option, judged, changes, context),
        "changes": changes,
    }
