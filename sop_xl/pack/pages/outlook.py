"""What the plan rests on, what may happen, and who does what: assumptions, risks and opportunities, actions."""

from __future__ import annotations

import pandas as pd

from sop_xl.cycle.keeping import records
from sop_xl.pack.facts import Facts, Page
from sop_xl.pack.lists import Cell, Head, Row, table
from sop_xl.pack.paper import BODY, Box, Paper
from sop_xl.pack.words import count, day, percent, short, signed
from sop_xl.workbook.schema import Group
from sop_xl.workbook.template.styles import BAD, GOOD, GREY, INK, TABS

_COLOR = TABS[Group.PRE_SOP]


def pages(facts: Facts) -> list[Page]:
    """One page of assumptions, risks and opportunities and actions, where there are any."""
    if assumptions(facts).empty and risks(facts).empty and actions(facts).empty:
        return []
    says = "Assumptions that changed or end come first; risks and opportunities are not in the plan"
    return [Page("Assumptions, risks and actions", headline(facts), says, _COLOR, lambda paper: _draw(paper, facts))]


def assumptions(facts: Facts) -> pd.DataFrame:
    """The assumptions with their `state`: expired, changed, ends this cycle, ends in horizon or holds."""
    rows = facts.table("assumptions")
    ends, last = rows["expires"], facts.horizon[-1] + pd.offsets.MonthEnd(0)
    state = pd.Series("holds", index=rows.index, dtype="object")
    state[ends.le(last)] = "ends in horizon"
    state[ends.le(facts.end_of_cycle)] = "ends this cycle"
    state[rows["changed"]] = "changed"
    state[ends.lt(pd.Timestamp(facts.settings.as_of))] = "expired"
    rank = {"expired": 0, "changed": 1, "ends this cycle": 2, "ends in horizon": 3, "holds": 4}
    return rows.assign(state=state, rank=state.map(rank)).sort_values(["rank", "expires"], kind="stable")


def risks(facts: Facts) -> pd.DataFrame:
    """Open risks and opportunities, the heaviest first."""
    rows = facts.table("risks")
    rows = rows[rows["status"].ne("closed")]
    return rows.loc[rows["weighted"].abs().sort_values(ascending=False, kind="stable").index]


def actions(facts: Facts) -> pd.DataFrame:
    """Open actions, where the workbook has them, the earliest first."""
    rows = facts.rows("actions", "action", "says", "owner", "due", "status")
    rows = rows[rows["status"].ne("closed")]
    return rows.sort_values("due", kind="stable") if len(rows) else rows


def headline(facts: Facts) -> str:
    """What risks and opportunities weigh, and how many assumptions need a look."""
    open_risks, taken, todo = risks(facts), assumptions(facts), actions(facts)
    words = []
    if len(open_risks):
        words.append(
            f"Risks and opportunities weigh {signed(float(open_risks['weighted'].sum()), facts.currency)} of margin"
        )
    if len(taken):
        asks = taken["state"].isin(["changed", "expired", "ends this cycle"]).sum()
        verb = "asks" if asks == 1 else "ask"
        words.append(
            f"{count(int(asks), 'assumption')} {verb} for a new answer"
            if asks
            else f"all {len(taken)} assumptions hold this cycle"
        )
    if len(todo):
        late = int((todo["due"] < pd.Timestamp(facts.now)).sum())
        words.append(
            f"{count(len(todo), 'action')} open, {late} overdue" if late else f"{count(len(todo), 'action')} open"
        )
    text = "; ".join(words)
    return text[0].upper() + text[1:]


def _draw(paper: Paper, facts: Facts) -> None:
    parts = [
        (a, f)
        for a, f in ((_assumptions, assumptions(facts)), (_risks, risks(facts)), (_actions, actions(facts)))
        if len(f)
    ]
    y = BODY.y
    for n, (draw, frame) in enumerate(parts):
        left = len(parts) - n
        room = Box(BODY.x, y, BODY.w, BODY.bottom - y)
        share = room.h if left == 1 else room.h * (1 / left + 0.08)
        y = draw(paper, facts, frame, Box(room.x, room.y, room.w, share)) + 14


def _assumptions(paper: Paper, facts: Facts, rows: pd.DataFrame, box: Box) -> float:
    by = rows["state"].value_counts()
    first = next((s for s in ("expired", "changed", "ends this cycle", "ends in horizon") if s in by), "")
    named = {
        "expired": "have expired",
        "changed": "have changed",
        "ends this cycle": "end this cycle",
        "ends in horizon": "end within the horizon",
    }
    area = paper.heading(
        box, f"{by[first]} of {len(rows)} assumptions {named[first]}" if first else f"All {len(rows)} assumptions hold"
    )
    tones = {
        "expired": "bad",
        "changed": "watch",
        "ends this cycle": "watch",
        "ends in horizon": "plain",
        "holds": "good",
    }
    heads = (
        Head("Assumption", 2.6, most=2),
        Head("What is assumed", 4.6, most=3),
        Head("Value", 1.8, most=2),
        Head("Owner", 1.8, most=2),
        Head("Evidence", 2.2, most=2),
        Head("Until", 1.2),
        Head("State", 1.7),
    )
    cells: list[Row] = [
        [
            Cell(r["assumption"], bold=True),
            r["says"],
            r["value"],
            r["owner"],
            r["evidence"],
            day(r["expires"]),
            Cell(r["state"], tones[r["state"]]),
        ]
        for r in records(rows)
    ]
    return table(paper, area, heads, cells, size=8.5, more="Risks")


def _risks(paper: Paper, facts: Facts, rows: pd.DataFrame, box: Box) -> float:
    down, up = rows.loc[rows["weighted"] < 0, "weighted"].sum(), rows.loc[rows["weighted"] > 0, "weighted"].sum()
    title = f"Risks weigh {short(float(down))}, opportunities {signed(float(up))} {facts.currency}"
    area = paper.heading(box, title)
    heads = (
        Head("Risk or opportunity", 4.6, most=2),
        Head("Kind", 1.5),
        Head("Family", 2.2, most=1),
        Head("Probability", 1.3, "right"),
        Head(f"Impact, {facts.currency}", 1.5, "right"),
        Head("Weighted", 1.4, "right"),
        Head("Known by", 1.4),
        Head("Owner", 2, most=2),
    )
    cells: list[Row] = [
        [
            Cell(r["risk"], bold=True),
            r["kind"],
            r["family"],
            percent(r["probability"], 0),
            short(r["impact"]),
            Cell(signed(r["weighted"]), bold=True, color=GOOD if r["weighted"] > 0 else BAD),
            day(r["trigger"]),
            r["owner"],
        ]
        for r in records(rows)
    ]
    return table(paper, area, heads, cells, size=8.5, more="Risks")


def _actions(paper: Paper, facts: Facts, rows: pd.DataFrame, box: Box) -> float:
    late = rows["due"].lt(pd.Timestamp(facts.now))
    area = paper.heading(
        box, f"{count(len(rows), 'action')} open" + (f", {int(late.sum())} overdue" if late.any() else "")
    )
    heads = (
        Head("Action", 1.6, most=2),
        Head("What is to be done", 7, most=2),
        Head("Owner", 2.2, most=2),
        Head("Due", 1.3),
        Head("Status", 1.4),
    )
    cells: list[Row] = [
        [
            Cell(r["action"], bold=True),
            r["says"],
            Cell(r["owner"] or "nobody yet", color=INK if r["owner"] else GREY),
            day(r["due"]),
            Cell("overdue", "bad") if over else Cell(r["status"] or "open", "plain"),
        ]
        for r, over in zip(records(rows), late, strict=True)
    ]
    return table(paper, area, heads, cells, size=8.5, more="Actions")
