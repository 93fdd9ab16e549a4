"""Demand: history and plan against budget, and which families make the difference."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sop_xl.pack.charts import Band, Series, compare, over_time
from sop_xl.pack.facts import TOTAL, Facts, Page
from sop_xl.pack.paper import BODY, Paper
from sop_xl.pack.words import listed, month, part, percent, signed, whole
from sop_xl.workbook.schema import Group
from sop_xl.workbook.template.pages.canvas import BAND, BLUE, ORANGE, SILVER, SLATE, VIOLET
from sop_xl.workbook.template.styles import TABS

_COLOR = TABS[Group.DEMAND]
_MOST = 14


def pages(facts: Facts) -> list[Page]:
    """The demand page, once a demand plan is on the grid."""
    plan = facts.summed("demand", "consensus")
    if plan.empty:
        return []
    says = (
        f"Units a month, all families: {month(facts.past[0])} to {month(facts.horizon[-1])}; the band is the "
        f"{facts.settings.interval_level} % interval of the statistical forecast"
    )
    return [Page("Demand", headline(facts), says, _COLOR, lambda paper: _draw(paper, facts))]


def against(facts: Facts) -> tuple[str, pd.Series[float], pd.Series[float]]:
    """What the plan is measured against (budget, last plan or last year), by family, and the plan in those months."""
    for name, measure in (("budget", "budget"), ("last plan", "last plan"), ("last year", "last year")):
        rows = facts.grid(TOTAL, "demand", measure, facts.horizon)
        known = facts.horizon[~np.isnan(rows)]
        if len(known) and float(np.nansum(rows)) > 0:
            grid = facts.table("sop_grid")
            grid = grid[grid["block"].eq("demand") & grid["period"].isin(known) & grid["family"].ne(TOTAL)]
            sums = grid.groupby(["measure", "family"])["value"].sum()
            return name, sums.loc[measure], sums.loc["consensus"]
    nothing = pd.Series(dtype="float64")
    return "", nothing, nothing


def headline(facts: Facts) -> str:
    """Demand of the plan against the budget, and the family that makes most of the difference."""
    total = float(facts.summed("demand", "consensus").sum())
    name, base, plan = against(facts)
    if not name or not base.sum():
        return f"The plan expects {whole(total)} units over {len(facts.horizon)} months"
    share = float(plan.sum() / base.sum() - 1)
    if abs(share) < 0.005:
        return f"Demand of {whole(total)} units is in line with {name}"
    way = "above" if share > 0 else "below"
    start = f"Demand of {whole(total)} units runs {percent(abs(share))} {way} {name}"
    change = plan.sub(base, fill_value=0.0) * np.sign(share)
    side = change[change > 0].sort_values(ascending=False)
    if len(change) < 2 or side.empty:
        return start
    most = float(side.iloc[0] / side.sum())
    if most < 0.24:
        return f"{start}, most in {listed([str(f) for f in side.index[:3]], 3)}"
    return f"{start}; {side.index[0]} make{'' if _many(side.index[0]) else 's'} {part(most)} of what is {way}"


def _many(name: object) -> bool:
    return str(name).endswith("s")


def _draw(paper: Paper, facts: Facts) -> None:
    left, right = BODY.split(0.62)
    days = facts.past.append(facts.horizon)

    def row(measure: str) -> list[float]:
        return facts.grid(TOTAL, "demand", measure, days)

    actual = np.where(np.isnan(row("history")), row("actual"), row("history"))
    lines = [
        Series("last year", row("last year"), "#C9CED6", (1, 2), 1.4),
        Series("budget", row("budget"), VIOLET, (), 1.4),
        Series("last plan", row("last plan"), SILVER, (), 1.6),
        Series("statistical", row("statistical"), ORANGE, (), 1.2),
        Series("agreed plan", row("consensus"), BLUE, (5, 2.5), 2.4),
        Series("actual", [float(v) for v in actual], SLATE, (), 2.2),
    ]
    band = Band("interval", row("low"), row("high"), BAND)
    there = [s for s in lines if not all(np.isnan(s.values))]
    area = paper.heading(left, _trend(facts))
    over_time(paper, area, list(days), there, band=band, plan_from=len(facts.past), unit="units")
    name, base, plan = against(facts)
    if not name:
        plan = facts.summed("demand", "consensus")
        base = pd.Series(np.nan, index=plan.index)
    change = plan.sub(base, fill_value=0.0)
    order = change.abs().sort_values(ascending=False).index if name else plan.sort_values(ascending=False).index
    shown = list(order[:_MOST])
    area = paper.heading(right, _families(change, name))
    rows = [(str(f), float(plan.get(f, 0.0)), float(base.get(f, np.nan))) for f in shown]
    notes = [signed(float(change[f])) for f in shown] if name else [whole(float(plan[f])) for f in shown]
    y = compare(paper, area.above(area.bottom - 16), rows, ("agreed plan", name or "budget"), notes=notes)
    rest = [f for f in order if f not in shown]
    if rest:
        amount = float(change[rest].sum()) if name else float(plan[rest].sum())
        paper.text(area.x, y + 12, f"{len(rest)} more families: {signed(amount) if name else whole(amount)}", 8)


def _trend(facts: Facts) -> str:
    """The year ahead against the year behind."""
    planned = np.array(facts.grid(TOTAL, "demand", "consensus", facts.horizon))
    year = np.array(facts.grid(TOTAL, "demand", "last year", facts.horizon))
    known = ~np.isnan(planned) & ~np.isnan(year)
    peak = facts.horizon[int(np.nanargmax(planned))]
    words = f"it peaks in {month(peak)} with {whole(float(np.nanmax(planned)))} units"
    if not known.any() or year[known].sum() <= 0:
        return f"All families: {words}"
    share = float(planned[known].sum() / year[known].sum() - 1)
    return f"The plan is {percent(abs(share))} {'above' if share >= 0 else 'below'} last year; {words}"


def _families(change: pd.Series[float], name: str) -> str:
    if not name:
        return "The largest families of the plan"
    up = change[change > 0].sort_values(ascending=False).index
    down = change[change < 0].sort_values().index
    words = []
    if len(down):
        words.append(f"{listed([str(f) for f in down[:2]])} below {name}")
    if len(up):
        words.append(f"{listed([str(f) for f in up[:2]])} above")
    return "; ".join(words) if words else f"Every family is at {name}"
