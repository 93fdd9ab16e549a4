"""The executive page: does the plan hold, what does it earn, where is it short, what is asked."""

from __future__ import annotations

import numpy as np

from sop_xl.cycle.keeping import records
from sop_xl.pack.charts import Series, over_time, waterfall
from sop_xl.pack.facts import TOTAL, Facts, Page
from sop_xl.pack.letters import lines
from sop_xl.pack.pages import cash, decide, gaps, outlook
from sop_xl.pack.pages.score import WORDS
from sop_xl.pack.paper import BODY, Box, Paper
from sop_xl.pack.words import count, figure, money, month, percent, signed, whole
from sop_xl.workbook.schema import Group
from sop_xl.workbook.template.pages.canvas import BLUE, SLATE, VIOLET
from sop_xl.workbook.template.styles import BAD, EDGE, GOOD, GREY, INK, PALE, TABS, WATCH

COLOR = TABS[Group.EXECUTIVE]
_TILES = ("Revenue", "Margin", "Service level", "Stock value", "Peak load", "Forecast accuracy")
_INK = {"good": GOOD, "watch": WATCH, "bad": BAD}


def page(facts: Facts) -> Page:
    """The plan on one page."""
    version, status, digest = facts.version
    says = f"Cycle {facts.settings.cycle}, {month(facts.horizon[0])} to {month(facts.horizon[-1])}"
    if version:
        says += f"; version {version} is {status} (hash {digest[:12]})"
    return Page("Executive summary", headline(facts), says, COLOR, lambda paper: _draw(paper, facts))


def headline(facts: Facts) -> str:
    """What the plan serves and earns, and what is asked."""
    service, _ = facts.kpi("Service level")
    margin, budget = facts.kpi("Margin")
    words = []
    if not np.isnan(service):
        words.append(f"serves {percent(service)} on time")
    if not np.isnan(margin):
        against = ""
        if budget and not np.isnan(budget):
            share = margin / budget - 1
            against = f", {percent(abs(share), 0)} {'above' if share >= 0 else 'below'} budget"
        words.append(f"earns {money(margin, facts.currency)} of margin{against}")
    found = decide.asked(facts)
    ask = (
        f"{count(len(found), 'decision')} {'is' if len(found) == 1 else 'are'} asked"
        if found
        else "no decision is asked"
    )
    return f"The plan {' and '.join(words)}; {ask}" if words else f"The plan has not been scored yet; {ask}"


def _draw(paper: Paper, facts: Facts) -> None:
    y = _tiles(paper, facts, Box(BODY.x, BODY.y, BODY.w, 66)) + 14
    left, right = Box(BODY.x, y, BODY.w, 176).split(0.5)
    _demand(paper, facts, left)
    _bridge(paper, facts, right)
    left, right = BODY.below(y + 190).split(0.5)
    _gaps(paper, facts, left)
    _asked(paper, facts, right)


def _tiles(paper: Paper, facts: Facts, box: Box) -> float:
    card = facts.table("scorecard").drop_duplicates("kpi").set_index("kpi")
    budget = facts.money("budget revenue").sum()
    revenue = facts.money("revenue").sum()
    wide = (box.w - 5 * 10) / len(_TILES)
    for n, name in enumerate(_TILES):
        tile = Box(box.x + n * (wide + 10), box.y, wide, box.h)
        value, target, status, unit = np.nan, np.nan, "", ""
        if name == "Revenue" and len(facts.table("financials")):
            value, target, unit = float(revenue), float(budget) if budget else np.nan, facts.currency
            status = str(card.loc["Revenue against budget", "status"]) if "Revenue against budget" in card.index else ""
        elif name in card.index:
            value, target = facts.kpi(name)
            status, unit = str(card.loc[name, "status"]), str(card.loc[name, "unit"])
        color = _INK.get(status, GREY)
        paper.fill(tile, PALE)
        paper.fill(Box(tile.x, tile.y, 3, tile.h), color)
        paper.text(tile.x + 11, tile.y + 15, name, 8.5, GREY)
        paper.short(tile.x + 11, tile.y + 37, tile.w - 16, figure(value, unit), 16, INK, bold=True)
        note = "" if np.isnan(target) else f"target {figure(target, unit).replace(f'{unit} ', '')}"
        state = WORDS.get(status, "")
        paper.short(tile.x + 11, tile.y + 50, tile.w - 16, note, 8, GREY)
        paper.short(tile.x + 11, tile.y + 60, tile.w - 16, state, 8, color, bold=True)
    return box.bottom


def _demand(paper: Paper, facts: Facts, box: Box) -> None:
    days = facts.past.append(facts.horizon)
    plan = facts.grid(TOTAL, "demand", "consensus", days)
    if all(np.isnan(plan)):
        paper.paragraph(box, "Demand: there is no S&OP grid yet; run Pre-S&OP.", 9, GREY)
        return
    history = facts.grid(TOTAL, "demand", "history", days)
    budget = facts.grid(TOTAL, "demand", "budget", days)
    total, base = float(np.nansum(plan)), float(np.nansum(budget))
    words = f"Demand: {whole(total)} units"
    if base:
        share = total / base - 1
        words += f", {percent(abs(share))} {'above' if share >= 0 else 'below'} budget"
    lines_of = [
        Series("budget", budget, VIOLET, (), 1.4),
        Series("agreed plan", plan, BLUE, (5, 2.5), 2.4),
        Series("actual", history, SLATE, (), 2.2),
    ]
    shown = [s for s in lines_of if not all(np.isnan(s.values))]
    area = paper.heading(box, words, most=1)
    over_time(paper, area, list(days), shown, plan_from=len(facts.past), unit="units")


def _bridge(paper: Paper, facts: Facts, box: Box) -> None:
    steps = cash.bridge(facts, "margin")
    if len(steps) < 3:
        steps = cash.bridge(facts, "revenue")
    if len(steps) < 3:
        paper.paragraph(
            box,
            "Money: there is no bridge to a budget yet; run Executive S&OP, with a budget on sheet Budget.",
            9,
            GREY,
        )
        return
    most = max(steps[1:-1], key=lambda s: abs(s[1]))
    area = paper.heading(
        box, f"Margin: {signed(steps[-1][1] - steps[0][1], facts.currency)} against budget, most by {most[0]}", most=1
    )
    waterfall(paper, area, steps, unit=facts.currency)


def _gaps(paper: Paper, facts: Facts, box: Box) -> None:
    rows = facts.table("gaps")
    words = "Nothing is short"
    if len(rows):
        words = (
            f"Short: {count(len(rows), 'gap')}, {money(float(rows['money'].sum()), facts.currency)} of revenue held up"
        )
    area = paper.heading(box, words, most=1)
    y = area.y
    for name in gaps.largest(facts)[:3]:
        mine = rows[rows["family"].eq(name)]
        line = f"{money(float(mine['money'].sum()), facts.currency)}, {mine.iloc[0]['cause']}"
        y = _line(paper, area, y, name, line)
    open_risks = outlook.risks(facts)
    if len(open_risks):
        y = paper.heading(
            area.below(y + 8),
            f"Not in the plan: {signed(float(open_risks['weighted'].sum()), facts.currency)} weighted",
            most=1,
        ).y
        for r in records(open_risks.head(3)):
            known = f", known by {r['trigger']:%Y-%m-%d}" if str(r["trigger"]) != "NaT" else ""
            y = _line(paper, area, y, r["risk"], f"{signed(r['weighted'], facts.currency)}{known}")


def _line(paper: Paper, box: Box, y: float, name: str, words: str) -> float:
    if y + 14 > box.bottom:
        return y
    paper.name(box.x, y + 9, 0.44 * box.w, name, 9, INK, bold=True)
    paper.short(box.right, y + 9, 0.54 * box.w, words, 9, INK, align="right")
    paper.rule(box.x, box.right, y + 13, EDGE, 0.4)
    return y + 15


def _asked(paper: Paper, facts: Facts, box: Box) -> None:
    found = decide.asked(facts)
    names = [n.strip() for n in facts.settings.approvers.split(",") if n.strip()][:4]
    signing = Box(box.x, box.bottom - 34, box.w, 34)
    area = paper.heading(box.above(signing.y - 6), decide.headline(facts), most=2)
    y = area.y
    for n, ask in enumerate(found[:4], 1):
        words = f"{ask.about}: {ask.proposal}" + (f" ({ask.worth})" if ask.worth and "cost" not in ask.proposal else "")
        made = lines(words, 9, area.w - 16, most=3)
        if y + 12 * len(made) > area.bottom:
            break
        paper.text(area.x, y + 9, f"{n}", 9, COLOR, bold=True)
        for line in made:
            paper.text(area.x + 14, y + 9, line, 9)
            y += 11.5
        y += 3
    wide = (signing.w - 10 * (len(names) - 1)) / max(len(names), 1)
    for n, role in enumerate(names):
        x = signing.x + n * (wide + 10)
        paper.rule(x, x + wide, signing.bottom - 12, GREY)
        paper.short(x, signing.bottom - 2, wide, role, 7.5, GREY)
