"""The scorecard: every figure against its target."""

from __future__ import annotations

import pandas as pd

from sop_xl.cycle.keeping import records
from sop_xl.pack.facts import Facts, Page
from sop_xl.pack.lists import Cell, Head, Row, table
from sop_xl.pack.paper import BODY, Paper
from sop_xl.pack.words import figure, listed
from sop_xl.workbook.schema import Group
from sop_xl.workbook.template.styles import TABS

_COLOR = TABS[Group.EXECUTIVE]
WORDS = {"good": "on target", "watch": "watch", "bad": "off target"}


def pages(facts: Facts) -> list[Page]:
    """The scorecard, once Executive S&OP has been run."""
    if facts.table("scorecard").empty:
        return []
    says = "Over the months planned; accuracy, bias and value added over the rolling origins of the history"
    return [Page("Scorecard", headline(facts), says, _COLOR, lambda paper: _draw(paper, facts))]


def headline(facts: Facts) -> str:
    """How many figures meet their target, and which do not."""
    card = facts.table("scorecard")
    judged = card[card["status"].isin(list(WORDS))]
    good = int(judged["status"].eq("good").sum())
    off = [str(k) for k in judged.loc[judged["status"].eq("bad"), "kpi"]]
    words = f"{good} of {len(judged)} figures with a target are on it"
    names = [off[0], *(name[0].lower() + name[1:] for name in off[1:])] if off else []
    return f"{words}; off target: {listed(names, 3)}" if off else words


def _draw(paper: Paper, facts: Facts) -> None:
    heads = (
        Head("Figure", 2.6),
        Head("Plan", 1.7, "right"),
        Head("Target", 1.7, "right"),
        Head("Difference", 1.7, "right"),
        Head("", 1.5),
        Head("What it measures", 6.4, most=2),
    )
    rows: list[Row] = []
    for r in records(facts.table("scorecard")):
        unit = str(r["unit"])
        gap = r["value"] - r["target"]
        if pd.isna(gap):
            words = ""
        elif unit == "share":
            words = f"{round(100 * gap, 1) + 0.0:+.1f} points"
        else:
            words = ("+" if gap > 0 else "") + figure(gap, unit).replace(f"{unit} ", "")
        target = "" if pd.isna(r["target"]) else figure(r["target"], unit)
        state = Cell(WORDS[r["status"]], r["status"]) if r["status"] in WORDS else ""
        rows.append([Cell(r["kpi"], bold=True), figure(r["value"], unit), target, words, state, r["says"]])
    table(paper, BODY, heads, rows, size=9.5, more="Scorecard")
