"""Supply: load of the resources, and stock against its targets."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from sop_xl.cycle.keeping import records
from sop_xl.pack.charts import Series, compare, heat, over_time
from sop_xl.pack.facts import TOTAL, Facts, Page
from sop_xl.pack.paper import BODY, Box, Paper
from sop_xl.pack.words import count, listed, money, month, part, percent, short, signed
from sop_xl.workbook.schema import Group
from sop_xl.workbook.template.pages.canvas import BLUE, RED, SAND, TEAL
from sop_xl.workbook.template.styles import GREY, INK, TABS

_COLOR = TABS[Group.SUPPLY]
_MOST = 16


def pages(facts: Facts) -> list[Page]:
    """A page of load where there are resources, and a page of stock where there are targets."""
    made = []
    if len(_load(facts)):
        red = percent(facts.settings.load_red, 0)
        amber = percent(facts.settings.load_amber, 0)
        says = f"Hours used in % of the regular hours of each month; amber from {amber}, red above {red}"
        made.append(Page("Supply: load", load_headline(facts), says, _COLOR, lambda paper: _draw_load(paper, facts)))
    if len(facts.table("inventory_targets")):
        says = "Mean stock over the horizon at standard cost against the value of the inventory targets, by family"
        made.append(
            Page("Supply: inventory", stock_headline(facts), says, _COLOR, lambda paper: _draw_stock(paper, facts))
        )
    return made


def _load(facts: Facts) -> pd.DataFrame:
    """Load by resource and month planned."""
    rows = facts.table("resource_load")
    rows = rows[rows["measure"].eq("load") & rows["period"].isin(facts.horizon)]
    return rows.pivot_table(index="resource", columns="period", values="hours").reindex(columns=facts.horizon)


def load_headline(facts: Facts) -> str:
    """The busiest resource and month, and how many resources are above the red limit."""
    load = _load(facts)
    peaks = load.max(axis=1)
    name = str(peaks.idxmax())
    when = month(facts.horizon[int(np.nanargmax(load.loc[name].to_numpy(dtype=float)))])
    over = int((peaks > facts.settings.load_red + 5e-4).sum())
    words = f"{name} is loaded to {percent(float(peaks.max()), 0)} of its regular hours in {when}"
    if not over:
        return f"{words}; no resource is above {percent(facts.settings.load_red, 0)}"
    verb = "is" if over == 1 else "are"
    return f"{words}; {over} of {len(load)} resources {verb} above {percent(facts.settings.load_red, 0)}"


def _draw_load(paper: Paper, facts: Facts) -> None:
    load = _load(facts)
    load = load.loc[load.max(axis=1).sort_values(ascending=False, kind="stable").index]
    shown = load.head(_MOST)
    rows = [(str(name), [float(v) for v in values]) for name, values in zip(shown.index, shown.to_numpy(), strict=True)]
    notes = [f"mean {percent(float(np.nanmean(values)), 0)}" for _, values in rows]
    top = BODY.above(BODY.y + min(46 + 26 * len(rows), 0.66 * BODY.h))
    area = paper.heading(top, _overtime(facts))
    y = heat(paper, area, list(facts.horizon), rows, facts.settings.load_amber, facts.settings.load_red, notes)
    if len(load) > len(shown):
        paper.text(area.x, y + 10, f"and {len(load) - len(shown)} more on sheet Load", 8, GREY)
    left, right = BODY.below(y + 24).split(0.55)
    _without_limits(paper, facts, left, [str(name) for name in shown.index])
    _hours(paper, facts, right, str(shown.index[0]))


def _overtime(facts: Facts) -> str:
    rows = facts.table("resource_load")
    used = rows[rows["measure"].eq("overtime used") & rows["period"].isin(facts.horizon)]
    hours = used.groupby("resource")["hours"].sum()
    hours = hours[hours > 0.5].sort_values(ascending=False)
    if hours.empty:
        return "The plan needs no overtime"
    names = listed([str(n) for n in hours.index], 2)
    return f"The plan works {short(float(hours.sum()))} hours of overtime, at {names}"


def _without_limits(paper: Paper, facts: Facts, box: Box, _names: list[str]) -> None:
    rows = facts.table("overloads").sort_values("over", ascending=False, kind="stable")
    if rows.empty:
        paper.heading(box, "Even without limits no month would need more hours than there are")
        return
    area = paper.heading(box, f"Without limits hours would lack in {len(rows)} cases: the plan works ahead")
    y = area.y + 2
    for row in records(rows):
        if y + 24 > area.bottom:
            break
        words = (
            f"{row['resource']}, {month(row['period'])}: {short(row['over'])} hours too many "
            f"({percent(row['load'], 0)}), by {_whole_hours(row['items'])}"
        )
        y = paper.paragraph(Box(area.x, y, area.w, area.bottom - y), words, 8.5, INK, most=2) + 4


def _whole_hours(words: str) -> str:
    """Hours without their decimals.

    >>> _whole_hours("FK-9939 221.63 h and 90 more")
    'FK-9939 222 h and 90 more'
    """
    return re.sub(r"\d+\.\d+(?= h)", lambda found: f"{float(found[0]):,.0f}", words)


def _hours(paper: Paper, facts: Facts, box: Box, name: str) -> None:
    rows = facts.table("resource_load")
    rows = rows[rows["resource"].eq(name)].pivot_table(index="measure", columns="period", values="hours")
    rows = rows.reindex(columns=facts.horizon)

    def row(measure: str) -> list[float]:
        return (
            [float(v) for v in rows.loc[measure].to_numpy(dtype=float)]
            if measure in rows.index
            else [np.nan] * len(facts.horizon)
        )

    free = np.array(row("regular capacity")) - np.array(row("regular used"))
    months = int((free <= 0.005 * np.array(row("regular capacity"))).sum())
    used = [Series("regular", row("regular used"), TEAL), Series("overtime", row("overtime used"), RED)]
    lines = [
        Series("regular hours there", row("regular capacity"), INK, (), 1.4),
        Series("needed without limits", row("required"), SAND, (4, 2), 1.6),
    ]
    area = paper.heading(box, f"{name} is full in {count(months, 'month')} of {len(facts.horizon)}")
    over_time(paper, area, list(facts.horizon), lines, bars=used, unit="hours")


def _stock(facts: Facts) -> tuple[pd.Series[float], pd.Series[float]]:
    """Mean stock value and value of the targets by family."""
    held = facts.money("stock value") / max(len(facts.horizon), 1)
    targets = facts.table("inventory_targets")
    wanted = targets.groupby(targets["item"].map(facts.families))["value"].sum()
    return held, wanted


def stock_headline(facts: Facts) -> str:
    """Stock value against the value of the targets, and where the difference lies."""
    held, wanted = _stock(facts)
    if held.empty:
        return f"Targets of {money(float(wanted.sum()), facts.currency)} are set; the plan is not in money yet"
    gap = held.sub(wanted, fill_value=0.0)
    share = float(held.sum() / wanted.sum() - 1) if wanted.sum() else np.nan
    start = f"Stock of {money(float(held.sum()), facts.currency)}"
    if np.isnan(share) or abs(share) < 0.02:
        return f"{start} is at its target"
    way = "above" if share > 0 else "below"
    side = (gap * np.sign(share)).clip(lower=0).sort_values(ascending=False)
    words = f"{start} stands {percent(abs(share), 0)} {way} its target"
    verb = "hold" if str(side.index[0]).endswith("s") else "holds"
    return f"{words}; {side.index[0]} {verb} {part(float(side.iloc[0] / side.sum()))} of the difference"


def _draw_stock(paper: Paper, facts: Facts) -> None:
    held, wanted = _stock(facts)
    left, right = BODY.split(0.52, 30)
    names = held.index.union(wanted.index)
    gap = held.reindex(names).fillna(0.0) - wanted.reindex(names).fillna(0.0)
    order = list(gap.abs().sort_values(ascending=False).index)
    shown = order[:_MOST]
    over, under = gap[gap > 0].sum(), -gap[gap < 0].sum()
    words = f"{money(float(over), facts.currency)} above target in some families, "
    words += f"{money(float(under), facts.currency)} missing in others"
    area = paper.heading(left, words)
    rows = [(str(f), float(held.get(f, 0.0)), float(wanted.get(f, np.nan))) for f in shown]
    notes = [signed(float(gap[f])) for f in shown]
    y = compare(paper, area.above(area.bottom - 14), rows, ("mean stock", "target"), (TEAL, SAND), notes=notes)
    if len(order) > len(shown):
        rest = order[_MOST:]
        paper.text(area.x, y + 12, f"{len(rest)} more families: {signed(float(gap[rest].sum()))}", 8, GREY)
    closing = facts.grid(TOTAL, "inventory", "closing", facts.horizon)
    target = facts.grid(TOTAL, "inventory", "target", facts.horizon)
    top = right.above(right.y + 0.58 * right.h)
    area = paper.heading(top, _months_below(closing, target, facts))
    lines = [Series("target", target, SAND, (4, 2), 1.8), Series("stock at month end", closing, BLUE, (), 2.2)]
    over_time(paper, area, list(facts.horizon), lines, unit="units of items sold")
    _reach(paper, facts, right.below(top.bottom + 14))


def _months_below(closing: list[float], target: list[float], facts: Facts) -> str:
    low = [d for d, c, t in zip(facts.horizon, closing, target, strict=True) if c < t]
    if not low:
        return "Items on sale: stock covers its target in every month"
    return f"Items on sale: stock lies below its target in {count(len(low), 'month')}, first {month(low[0])}"


def _reach(paper: Paper, facts: Facts, box: Box) -> None:
    rows = facts.table("inventory_targets")
    capped = rows[rows["limited_by"].ne("")]
    excess, _ = facts.kpi("Excess and obsolete")
    days, _ = facts.kpi("Days of supply")
    lines = []
    if not np.isnan(days):
        lines.append(f"Stock lasts {days:,.1f} days on average.")
    if not np.isnan(excess):
        lines.append(f"{money(excess, facts.currency)} is beyond the need of the whole horizon and safety stock.")
    if len(capped):
        by = capped["limited_by"].value_counts()
        lines.append(
            f"{count(len(capped), 'target')} of {len(rows):,} are limited, most by {by.index[0]} ({by.iloc[0]:,})."
        )
    y = box.y
    for line in lines:
        y = paper.paragraph(Box(box.x, y, box.w, box.bottom - y), line, 9.5, INK, most=3) + 4
