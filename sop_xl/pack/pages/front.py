"""The cover: which plan this is, how fresh each step is, who has signed, and what is inside."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from sop_xl.cycle.keeping import records
from sop_xl.pack.facts import Facts, Page
from sop_xl.pack.letters import lines
from sop_xl.pack.lists import Cell, Head, Row, table
from sop_xl.pack.paper import HEIGHT, LEFT, RIGHT, Box, Paper
from sop_xl.pack.words import day, month
from sop_xl.workbook.schema import Group
from sop_xl.workbook.template.styles import EDGE, GREY, INK, PALE, TABS

COLOR = TABS[Group.CONTROL]
_TONES = {"done": "good", "done with warnings": "watch", "out of date": "bad", "open": "plain"}
_LEFT = Box(LEFT, 190, 330, 350)
_RIGHT = Box(LEFT + 366, 62, RIGHT - LEFT - 366, 484)


def draw(paper: Paper, facts: Facts, pages: Sequence[Page]) -> None:
    """Draw the cover; `pages` are those that follow it."""
    name = facts.settings.company or facts.file
    paper.blank(COLOR, f"{name}: Pre-S&OP pack", foot=False)
    paper.fill(Box(0, 0, 352 + LEFT, HEIGHT), COLOR)
    paper.text(LEFT, 66, "PRE-S&OP PACK", 10, "#C9D3E6", bold=True)
    size = next((s for s in (30, 26, 22, 18) if len(lines(name, s, 300, bold=True)) <= 2), 18)
    y = paper.paragraph(Box(LEFT, 80, 300, 110), name, size, "#FFFFFF", bold=True, most=3) + 6
    span = f"{month(facts.horizon[0])} to {month(facts.horizon[-1])}"
    for words in (f"Cycle {facts.settings.cycle}: plan for {span}", f"History to {day(facts.settings.as_of)}"):
        y = paper.paragraph(Box(LEFT, y, 300, 40), words, 11, "#E6EBF5", most=2) + 2
    if facts.settings.owner:
        paper.paragraph(Box(LEFT, y, 300, 30), f"Led by {facts.settings.owner}", 11, "#E6EBF5", most=1)
    _version(paper, facts)
    paper.paragraph(Box(LEFT, 560, 300, 24), f"{facts.file}\n{facts.now:%Y-%m-%d %H:%M}", 8, "#C9D3E6", most=2)
    y = _steps(paper, facts, _RIGHT.above(_RIGHT.y + 170)) + 20
    agenda = _agenda(facts)
    if len(agenda):
        left, right = _RIGHT.below(y).split(0.5, 22)
        _contents(paper, pages, left)
        _points(paper, agenda, right)
    else:
        _contents(paper, pages, _RIGHT.below(y))


def _version(paper: Paper, facts: Facts) -> None:
    version, status, digest = facts.version
    rows = facts.table("approvals")
    rows = rows[rows["version"].eq(version)]
    box = Box(LEFT, 282, 310, min(96 + 17.0 * len(rows), 250) if version else 54)
    paper.fill(box, "#FFFFFF", radius=4)
    inside = Box(box.x + 14, box.y + 12, box.w - 28, box.h - 24)
    if not version:
        words = "No version of this plan has been named yet: run Executive S&OP to name and sign it."
        paper.paragraph(inside, words, 10, INK)
        return
    paper.short(inside.x, inside.y + 14, inside.w - 80, f"Version {version}", 14, INK, bold=True)
    tone = {"approved": ("#166534", "#DCFCE7"), "draft": ("#854D0E", "#FEF3C7")}.get(status, (INK, PALE))
    paper.chip(inside.right - 70, inside.y + 12, status, *tone, size=9)
    paper.text(inside.x, inside.y + 29, f"content hash {digest[:16]}", 8, GREY)
    area = inside.below(inside.y + 40)
    heads = (Head("Role", 2.4, most=2), Head("Person", 2, most=2), Head("", 1.6), Head("When", 1.5))
    cells: list[Row] = [
        [
            r["role"],
            r["name"] or "–",
            Cell(_state(r), {"approve": "good", "reject": "bad"}.get(r["decision"], "watch")),
            day(r["date"]),
        ]
        for r in records(rows)
    ]
    if cells:
        table(paper, area, heads, cells, size=8.5, more="Decisions")
    else:
        paper.paragraph(area, "Nobody has been asked to sign yet.", 9, GREY)


def _state(row: dict[str, object]) -> str:
    return {"approve": "approved", "reject": "rejected"}.get(str(row["decision"]), "asked")


def _steps(paper: Paper, facts: Facts, box: Box) -> float:
    rows = facts.table("steps")
    old = int(rows["status"].eq("out of date").sum())
    waiting = int(rows["status"].isin(["open", ""]).sum())
    words = "Every step is up to date"
    if old:
        them = ("steps are", "them") if old > 1 else ("step is", "it")
        words = f"{old} {them[0]} out of date: run {them[1]} again before the meeting"
    elif waiting:
        words = f"{len(rows) - waiting} of {len(rows)} steps have been run"
    area = paper.heading(box, words)
    heads = (Head("Step", 2), Head("State", 2.2), Head("Finished", 2))
    cells: list[Row] = [
        [
            r["step"],
            Cell(r["status"] or "open", _TONES.get(r["status"], "plain")),
            f"{r['finished']:%Y-%m-%d %H:%M}" if pd.notna(r["finished"]) else "",
        ]
        for r in records(rows)
    ]
    return table(paper, area, heads, cells, size=8.5, more="Cover")


def _contents(paper: Paper, pages: Sequence[Page], box: Box) -> None:
    paper.text(box.x, box.y + 8, "Inside", 10.5, INK, bold=True)
    height = min(17.0, (box.h - 18) / max(len(pages), 1))
    y = box.y + 18
    for n, page in enumerate(pages, 2):
        paper.fill(Box(box.x, y + 3, 3, height - 5), page.color)
        paper.text(box.x + 22, y + 0.68 * height, str(n), 8.5, GREY, align="right")
        wide = box.w - 30
        if wide > 300:
            paper.short(box.x + 150, y + 0.68 * height, wide - 120, page.headline, 8.5, GREY)
            wide = 114
        paper.short(box.x + 30, y + 0.68 * height, wide, page.section, 8.5)
        paper.link(Box(box.x, y, box.w, height), n)
        y += height


def _agenda(facts: Facts) -> pd.DataFrame:
    """The points of the pre-S&OP meeting with their minutes, where the workbook has them."""
    rows = facts.rows("agenda", "meeting", "number", "point", "minutes", "leads")
    rows = rows[rows["meeting"].str.casefold().eq("pre-s&op") & rows["point"].ne("")] if len(rows) else rows
    return rows.sort_values("number", kind="stable")


def _points(paper: Paper, rows: pd.DataFrame, box: Box) -> None:
    total = float(rows["minutes"].sum())
    paper.text(box.x, box.y + 8, f"Agenda: {total:,.0f} minutes" if total else "Agenda", 10.5, INK, bold=True)
    y = box.y + 18
    for r in records(rows):
        made = lines(r["point"], 8.5, box.w - 30, most=2)
        if y + 11 * len(made) > box.bottom:
            break
        paper.text(
            box.x + 18, y + 10, "" if pd.isna(r["minutes"]) else f"{r['minutes']:,.0f}'", 8.5, GREY, align="right"
        )
        for line in made:
            paper.text(box.x + 26, y + 10, line, 8.5)
            y += 11
        y += 4
        paper.rule(box.x + 26, box.right, y, EDGE, 0.3)
