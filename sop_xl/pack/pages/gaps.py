"""Gaps: one a line with cause and best option, and a page for each of the largest."""

from __future__ import annotations

from typing import Any

import pandas as pd

from sop_xl.cycle.keeping import records
from sop_xl.pack.charts import Series, over_time
from sop_xl.pack.facts import Facts, Page
from sop_xl.pack.lists import Cell, Head, Row, table
from sop_xl.pack.paper import BODY, Box, Paper
from sop_xl.pack.words import count, day, money, month, percent, whole
from sop_xl.workbook.schema import Group
from sop_xl.workbook.template.pages.canvas import BLUE, RED, SAND, TEAL
from sop_xl.workbook.template.styles import GREY, INK, PALE, TABS

_COLOR = TABS[Group.PRE_SOP]
_OPTION = ["about", "period", "option", "recovered", "cost", "decide_by", "says", "best"]


def pages(facts: Facts, issues: int) -> list[Page]:
    """The list of gaps, and a page for each of the largest families short."""
    gaps = facts.table("gaps")
    if gaps.empty:
        return []
    says = "By family and month, most money first; a unit late for two months stands in both"
    first = Page("Gaps", headline(facts), says, _COLOR, lambda paper: _draw(paper, facts))
    return [first, *(_issue(facts, family, n + 1) for n, family in enumerate(largest(facts)[:issues]))]


def largest(facts: Facts) -> list[str]:
    """Families short, most money first."""
    gaps = facts.table("gaps")
    return [str(f) for f in gaps.groupby("family")["money"].sum().sort_values(ascending=False, kind="stable").index]


def headline(facts: Facts) -> str:
    """How many gaps, how much money, and what causes most of it."""
    gaps = facts.table("gaps")
    by = gaps.groupby("cause")["money"].sum().sort_values(ascending=False)
    share = float(by.iloc[0] / by.sum()) if by.sum() > 0 else 0.0
    amount = money(float(gaps["money"].sum()), facts.currency)
    return f"{count(len(gaps), 'gap')} hold up {amount} of revenue; {percent(share, 0)} of it by {by.index[0]}"


def options(facts: Facts, family: str = "", causes: set[str] | None = None) -> pd.DataFrame:
    """What can be done, best first: the costed options of the gaps, else the remedies of their causes.

    Columns `about`, `period`, `option`, `recovered` [units], `cost`, `decide_by`, `says`, `best`.
    """
    costed = facts.table("gap_options")
    if len(costed):
        costed = costed[costed["family"].eq(family)] if family else costed
        costed = costed[costed["period"].eq(costed.groupby("family")["period"].transform("first"))]
        order = facts.table("gaps").groupby("family")["money"].sum().rank(ascending=False)
        costed = costed.assign(
            place=costed["family"].map(order),
            worst=~costed["recommended"],
            about=costed["family"],
            best=costed["recommended"],
        )
        return costed.sort_values(["place", "period", "worst", "rank"], kind="stable")[_OPTION]
    rows = facts.table("remedies")
    about = rows["cause"] + ": " + rows["culprit"]
    rows = rows.assign(
        about=about,
        option=rows["remedy"],
        cost=rows["net_worth"],
        best=rows["rank"].eq(1),
        decide_by=pd.Timestamp("NaT"),
    )
    return (rows if causes is None else rows[about.isin(causes)])[_OPTION]


def _draw(paper: Paper, facts: Facts) -> None:
    heads = (
        Head("Family", 2.2, most=2),
        Head("Month", 1.2),
        Head("Short", 0.8, "right"),
        Head("Wanted", 0.9, "right"),
        Head(facts.currency, 0.9, "right"),
        Head("Main cause", 3.2, most=2),
        Head("What can be done", 6.5, most=3),
        Head("Owner", 1.6, most=2),
        Head("Due", 1.1),
    )
    rows = [
        [
            Cell(r["family"], bold=True),
            month(r["period"]),
            whole(r["gap"]),
            whole(r["demand"]),
            whole(r["money"]),
            r["cause"],
            _after_colon(r["says"]),
            Cell(r["owner"] or "nobody yet", color=INK if r["owner"] else GREY),
            day(r["due"]),
        ]
        for r in records(facts.table("gaps"))
    ]
    table(paper, BODY, heads, rows, size=8, more="Gaps")


def _after_colon(says: str) -> str:
    """The sentence without what its columns say: the family, the units and the month."""
    rest = says.partition(", worst ")[2] or says.partition(": ")[2] or says
    return f"worst {rest}" if ", worst " in says else rest


def _issue(facts: Facts, family: str, number: int) -> Page:
    gaps = facts.table("gaps")
    mine = gaps[gaps["family"].eq(family)].sort_values("period")
    worst = mine.sort_values("money", ascending=False, kind="stable").iloc[0]
    title = (
        f"{family}: {whole(worst['gap'])} of {whole(worst['demand'])} units short in {month(worst['period'])}, "
        f"{money(float(mine['money'].sum()), facts.currency)} of revenue held up"
    )
    says = f"Issue {number}: demand and deliveries, stock against target, the items short, and what can be done"
    return Page(f"Issue {number}", title, says, _COLOR, lambda paper: _draw_issue(paper, facts, family, mine))


def _draw_issue(paper: Paper, facts: Facts, family: str, mine: pd.DataFrame) -> None:
    top, low = BODY.above(BODY.y + 190), BODY.below(BODY.y + 206)
    left, right = top.split(0.5)
    _deliveries(paper, facts, family, left)
    _cover(paper, facts, family, right)
    left, right = low.split(0.5)
    _short_items(paper, facts, family, left)
    _options(paper, facts, family, set(mine["cause"]), right)


def _deliveries(paper: Paper, facts: Facts, family: str, box: Box) -> None:
    wanted = facts.grid(family, "demand", "consensus", facts.horizon)
    late = facts.grid(family, "backlog", "late", facts.horizon)
    served = facts.grid(family, "supply", "delivered", facts.horizon)
    owed = [d for d, v in zip(facts.horizon, late, strict=True) if v > 0]
    words = f"Units are owed until {month(owed[-1])}" if owed else "Nothing is owed at a month's end"
    area = paper.heading(box, words, most=1)
    bars = [Series("delivered", served, TEAL), Series("late at month end", late, RED)]
    over_time(paper, area, list(facts.horizon), [Series("demand", wanted, BLUE, (5, 2.5), 2)], bars=bars, unit="units")


def _cover(paper: Paper, facts: Facts, family: str, box: Box) -> None:
    closing = facts.grid(family, "inventory", "closing", facts.horizon)
    target = facts.grid(family, "inventory", "target", facts.horizon)
    back = [d for d, c, t in zip(facts.horizon, closing, target, strict=True) if c >= t]
    words = f"Stock is at its target from {month(back[0])}" if back else "Stock never reaches its target"
    if len(back) == len(facts.horizon):
        words = "Stock as a whole covers its target: it lies in the wrong items or places"
    area = paper.heading(box, words, most=1)
    lines = [Series("target", target, SAND, (4, 2), 1.8), Series("stock at month end", closing, BLUE, (), 2.2)]
    over_time(paper, area, list(facts.horizon), lines, unit="units")


def _short_items(paper: Paper, facts: Facts, family: str, box: Box) -> None:
    rows = facts.table("shortages")
    rows = rows[rows["family"].eq(family)].sort_values("money", ascending=False, kind="stable")
    names = rows["item"].nunique()
    area = paper.heading(box, f"{count(names, 'item')} short, and why")
    heads = (
        Head("Item", 2, most=2),
        Head("At", 1.3, most=2),
        Head("Month", 1.7),
        Head("Units", 1.3, "right"),
        Head("Why", 6, most=3),
    )
    cells: list[Row] = [
        [Cell(r["item"], bold=True), r["location"], month(r["period"]), f"{whole(r['quantity'])} {r['kind']}", _why(r)]
        for r in records(rows)
    ]
    y = table(paper, area, heads, cells, size=8, more="Shortages")
    paper.notes(area.below(y + 10), "Notes")


def _why(row: dict[str, Any]) -> str:
    """The cause out of a shortage's sentence; the units and the money stand beside it."""
    return str(row["says"]).split("): ", 1)[-1]


def _options(paper: Paper, facts: Facts, family: str, causes: set[str], box: Box) -> None:
    found = options(facts, family, causes)
    area = paper.heading(box, _recommended(found, facts))
    if found.empty:
        paper.paragraph(
            area, "No remedy has been costed. Ask purchasing and operations for options before the meeting.", 9, GREY
        )
        return
    room = area.above(area.bottom - 44)
    heads = [
        Head("Option", 1.9, most=2),
        Head("Units won", 1.1, "right"),
        Head(f"Cost, {facts.currency}", 1.2, "right"),
    ]
    heads += [Head("Decide by", 2)] if found["decide_by"].notna().any() else []
    cells: list[Row] = []
    for r in records(found):
        dated = [day(r["decide_by"])] if len(heads) > 3 else []
        words = after_mark(str(r["says"]))
        cells.append([Cell(r["option"], bold=bool(r["best"])), whole(r["recovered"]), whole(r["cost"]), *dated, words])
    heads += [Head("In words", 6, most=4)]
    table(paper, room, heads, cells, size=8, more="GapOptions" if len(facts.table("gap_options")) else "Remedies")
    answer = Box(area.x, area.bottom - 32, area.w, 32)
    paper.fill(answer, PALE)
    paper.text(answer.x + 8, answer.y + 20, "Decided:", 9, INK, bold=True)
    paper.rule(answer.x + 56, answer.right - 130, answer.y + 22, GREY)
    paper.text(answer.right - 122, answer.y + 20, "by", 9, INK)
    paper.rule(answer.right - 106, answer.right - 8, answer.y + 22, GREY)


def price(cost: float, facts: Facts) -> str:
    """What an option costs in words; remedies are known by their most."""
    most = "" if len(facts.table("gap_options")) else "up to "
    return f"{most}{money(cost, facts.currency)}" if cost >= 0 else f"saves {money(-cost, facts.currency)}"


def after_mark(says: str) -> str:
    """What is to be done, out of a remedy's sentence; what is short stands beside it.

    >>> after_mark("Paint, capacity: 30 units short; cheapest: 8 h of overtime at Paint")
    '8 h of overtime at Paint'
    """
    for mark in ("cheapest: ", "or: "):
        if mark in says:
            return says.split(mark, 1)[1]
    return says


def _recommended(found: pd.DataFrame, facts: Facts) -> str:
    best = found[found["best"]]
    if best.empty:
        return "What can be done"
    first = best.iloc[0]
    words = f"Recommended: {first['option']}"
    return f"{words}, {price(first['cost'], facts)}" if pd.notna(first["cost"]) and first["cost"] > 0 else words
