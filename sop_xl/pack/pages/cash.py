"""Money: from budget and from last plan to this plan, and the money it binds."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sop_xl.pack.charts import waterfall
from sop_xl.pack.facts import TOTAL, Facts, Page
from sop_xl.pack.lists import Head, table
from sop_xl.pack.paper import BODY, Box, Paper
from sop_xl.pack.words import money, percent, short, signed, tick
from sop_xl.workbook.schema import Group
from sop_xl.workbook.template.pages.canvas import BLUE, SILVER
from sop_xl.workbook.template.styles import INK, TABS

_COLOR = TABS[Group.EXECUTIVE]
_STEPS = ("budget", "new and ended", "volume", "mix", "price", "cost", "currency", "plan")
_ROWS = ("stock", "receivables", "payables", "working capital", "cash", "running cash")


def pages(facts: Facts) -> list[Page]:
    """A page of money, once the plan has been put into money."""
    if facts.table("financials").empty:
        return []
    says = (
        f"{facts.currency} over the {len(facts.horizon)} months planned; working capital by the days on sheet Control"
    )
    return [Page("Money", headline(facts), says, _COLOR, lambda paper: _draw(paper, facts))]


def bridge(facts: Facts, of: str) -> list[tuple[str, float]]:
    """The steps from budget to plan of revenue or margin, for all families; steps that are nothing are left out."""
    rows = facts.table("bridge")
    rows = rows[rows["of"].eq(of) & rows["family"].eq(TOTAL)]
    sums = rows.groupby("step", sort=False)["money"].sum()
    ends = ("budget", "plan")
    steps = [(s, float(sums[s])) for s in _STEPS if s in sums.index]
    return [(s, v) for s, v in steps if s in ends or abs(v) >= 0.5]


def headline(facts: Facts) -> str:
    """Revenue against budget, and the step that takes or gives most."""
    steps = bridge(facts, "revenue")
    revenue = float(facts.money("revenue").sum())
    if len(steps) < 2 or not steps[0][1]:
        return f"The plan earns {money(revenue, facts.currency)} of revenue; there is no budget to hold it against"
    share = steps[-1][1] / steps[0][1] - 1
    way = "above" if share >= 0 else "below"
    start = f"Revenue of {money(steps[-1][1], facts.currency)} is {percent(abs(share))} {way} budget"
    changes = sorted(steps[1:-1], key=lambda s: s[1], reverse=share >= 0)
    if not changes or changes[0][1] * share <= 0:
        return start
    verb = "adds" if share >= 0 else "takes"
    words = f"{start}; {changes[0][0]} {verb} {money(abs(changes[0][1]), facts.currency)}"
    if len(changes) > 1 and changes[1][1] * share > 0:
        words += f", {changes[1][0]} {money(abs(changes[1][1]), facts.currency)}"
    return words


def _draw(paper: Paper, facts: Facts) -> None:
    top, low = BODY.above(BODY.y + 262), BODY.below(BODY.y + 280)
    charts = [(of, bridge(facts, of)) for of in ("revenue", "margin")]
    last = last_plan(facts)
    if len(last) > 2:
        charts = [charts[0], ("last plan", last)]
    charts = [(of, steps) for of, steps in charts if len(steps) > 2]
    boxes = top.split(0.5, 34) if len(charts) == 2 else (top,)
    for (of, steps), box in zip(charts, boxes, strict=False):
        area = paper.heading(box, _message(of, steps, facts))
        ends = (SILVER, BLUE) if of == "last plan" else None
        waterfall(paper, area, steps, unit="units" if of == "last plan" else facts.currency, ends=ends)
    _capital(paper, facts, low if charts else BODY)


def last_plan(facts: Facts) -> list[tuple[str, float]]:
    """The steps of demand from last plan to this plan [units], where the workbook has that bridge."""
    rows = facts.table("plan_bridge")
    rows = rows[rows["part"].eq("demand") & rows["family"].eq(TOTAL)].sort_values("number", kind="stable")
    steps = [(str(s), float(v)) for s, v in zip(rows["step"], rows["units"], strict=True)]
    return [s for n, s in enumerate(steps) if n in (0, len(steps) - 1) or abs(s[1]) >= 0.5]


def _message(of: str, steps: list[tuple[str, float]], facts: Facts) -> str:
    change = steps[-1][1] - steps[0][1]
    if of == "last plan":
        return f"This plan stands {signed(change)} units against the last one"
    most = max(steps[1:-1], key=lambda s: abs(s[1]))
    return f"{of.capitalize()}: {signed(change, facts.currency)} against budget, most by {most[0]} ({signed(most[1])})"


def _capital(paper: Paper, facts: Facts, box: Box) -> None:
    rows = facts.table("working_capital")
    wide = rows.pivot_table(index="measure", columns="period", values="money").reindex(columns=facts.horizon)
    if "working capital" not in wide.index:
        return
    values = {str(name): wide.loc[name].to_numpy(dtype=float) for name in wide.index}
    bound = values["working capital"]
    first, end, peak = float(bound[0]), float(bound[-1]), facts.horizon[int(np.nanargmax(bound))]
    words = (
        f"Working capital {'falls' if end < first else 'rises'} from {money(first, facts.currency)} to "
        f"{money(end, facts.currency)}; it peaks at {short(float(np.nanmax(bound)))} in {tick(peak)}"
    )
    if "running cash" in values:
        words += f"; the plan brings in {money(float(values['running cash'][-1]), facts.currency)} of cash"
    area = paper.heading(box, words)
    scale, unit = (1e6, "M") if np.nanmax(np.abs(wide.to_numpy())) >= 1e7 else (1e3, "k")
    digits = 1 if scale > 1e3 else 0
    heads = (Head(f"{facts.currency}, {unit}", 2.2), *(Head(tick(d), 1, "right", 1) for d in facts.horizon))
    cells = [
        [name, *("–" if pd.isna(v) else f"{v / scale:,.{digits}f}" for v in values[name])]
        for name in _ROWS
        if name in values
    ]
    y = table(paper, area, heads, cells, size=8, more="WorkingCapital")
    levers = facts.table("must_be_true")
    levers = levers[levers["of"].eq("revenue")].sort_values("number", kind="stable")
    if len(levers):
        words = f"To reach the budget: {'; '.join(str(says) for says in levers['says'].head(3))}"
        paper.paragraph(area.below(y + 8), words, 9, INK, most=3)
