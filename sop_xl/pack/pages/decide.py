"""The decisions asked, and the space to sign them."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from sop_xl.cycle.keeping import records
from sop_xl.pack.facts import Facts, Page
from sop_xl.pack.lists import BOX, Cell, Head, Row, table
from sop_xl.pack.pages import gaps
from sop_xl.pack.paper import BODY, Box, Paper
from sop_xl.pack.words import count, day, money, whole
from sop_xl.workbook.schema import Group
from sop_xl.workbook.template.styles import GREY, INK, PALE, TABS

_COLOR = TABS[Group.EXECUTIVE]
_MOST_OPTIONS = 3


@dataclass(frozen=True)
class Asked:
    """A decision asked: what about, what is proposed, and what it is worth or costs."""

    about: str
    proposal: str
    worth: str


def asked(facts: Facts) -> list[Asked]:
    """What the meeting is asked: to approve the plan, to take the best option of large gaps, and what else is open."""
    made = []
    version, status, _ = facts.version
    if version and status != "approved":
        demand, revenue = _size(facts, version)
        made.append(Asked("The plan", f"Approve version {version}: {demand} over {len(facts.horizon)} months", revenue))
    best = gaps.options(facts)
    best = best[best["best"] & best["option"].ne("do nothing")].drop_duplicates("about").head(_MOST_OPTIONS)
    for r in records(best):
        cost = f"cost {gaps.price(r['cost'], facts)}" if pd.notna(r["cost"]) and r["cost"] >= 0 else ""
        made.append(Asked(_about(str(r["about"])), _proposal(str(r["says"]), str(r["option"])), cost))
    rows = facts.table("decisions")
    rows = rows[rows["status"].ne("closed") & rows["decided"].eq("") & rows["decision"].ne("")]
    for r in records(rows):
        words = r["issue"] + (f" Options: {r['options']}" if r["options"] else "")
        effect = money(r["effect"], facts.currency) if pd.notna(r["effect"]) else ""
        made.append(Asked(f"Decision {r['decision']}", words, effect))
    return made


def _size(facts: Facts, version: str) -> tuple[str, str]:
    rows = facts.table("versions")
    row = rows[rows["version"].eq(version)].iloc[-1]
    return f"{whole(row['demand'])} units", f"{money(row['revenue'], facts.currency)} of revenue"


def _about(words: str) -> str:
    """A cause as people say it: who, and by what.

    >>> _about("lead time: Weavers"), _about("Bikes")
    ('Weavers (lead time)', 'Bikes')
    """
    cause, colon, culprit = words.partition(": ")
    return f"{culprit} ({cause})" if colon and culprit else words


def _proposal(says: str, option: str) -> str:
    words = gaps.after_mark(says)
    if words == says:
        return f"{option[:1].upper()}{option[1:]}: {says}" if option.casefold() not in says.casefold() else says
    return f"{option[:1].upper()}{option[1:]}: {words}"


def pages(facts: Facts) -> list[Page]:
    """The page of decisions; it is always there, for it is what the meeting is for."""
    says = "Tick yes or no for each; every role signs below or types its decision on sheet Decisions"
    return [Page("Decisions asked", headline(facts), says, _COLOR, lambda paper: _draw(paper, facts))]


def headline(facts: Facts) -> str:
    """How many decisions are asked, or that none is."""
    found = asked(facts)
    version, status, _ = facts.version
    if not found:
        done = f": version {version} is approved" if status == "approved" else ""
        return f"No decision is asked{done}"
    words = f"{count(len(found), 'decision')} {'is' if len(found) == 1 else 'are'} asked"
    if status == "approved":
        return f"{words}; version {version} is approved and frozen"
    return (
        f"{words}, the approval of version {version} first"
        if version
        else f"{words}; no version of the plan is named yet"
    )


def _draw(paper: Paper, facts: Facts) -> None:
    found = asked(facts)
    names = [n.strip() for n in facts.settings.approvers.split(",") if n.strip()][:12]
    rows_of = (len(names) + 3) // 4
    signing = Box(BODY.x, BODY.bottom - 26 - 62 * rows_of, BODY.w, 26 + 62 * rows_of)
    if found:
        heads = (
            Head("", 0.5),
            Head("About", 3, most=3),
            Head("Proposal", 7.6, most=5),
            Head("Cost or worth", 2.2, most=2),
            Head("Yes", 0.7, "center"),
            Head("No", 0.7, "center"),
            Head("Note", 2),
        )
        rows: list[Row] = [
            [
                Cell(str(n), bold=True),
                Cell(a.about, bold=True),
                a.proposal,
                a.worth,
                *[Cell("", BOX)] * 2,
                "",
            ]
            for n, a in enumerate(found, 1)
        ]
        y = table(paper, BODY.above(signing.y - 12), heads, rows, size=9.5, more="Decisions")
        paper.notes(Box(BODY.x, y + 14, BODY.w, signing.y - 26 - y), "Further decisions of the meeting")
    else:
        paper.notes(BODY.above(signing.y - 12), "Nothing is open; what the meeting decides all the same")
    _sign(paper, facts, signing, names)


def _sign(paper: Paper, facts: Facts, box: Box, names: list[str]) -> None:
    version, _, _ = facts.version
    paper.text(
        box.x, box.y + 10, f"Signatures for version {version}" if version else "Signatures", 10.5, INK, bold=True
    )
    signed = facts.table("approvals")
    signed = signed[signed["version"].eq(version)].drop_duplicates("role").set_index("role")
    wide = (box.w - 3 * 12) / 4
    for n, role in enumerate(names):
        place = Box(box.x + (n % 4) * (wide + 12), box.y + 20 + (n // 4) * 62, wide, 54)
        paper.fill(place, PALE)
        paper.short(place.x + 8, place.y + 13, place.w - 16, role, 8.5, GREY, bold=True)
        row = signed.loc[role] if role in signed.index else None
        if row is not None and row["decision"]:
            verb = "approved" if row["decision"] == "approve" else "rejected"
            paper.short(place.x + 8, place.y + 29, place.w - 16, f"{verb} by {row['name']}", 9.5, INK, bold=True)
            paper.short(place.x + 8, place.y + 43, place.w - 16, f"{day(row['date'])}  {row['note']}".strip(), 8, GREY)
            continue
        if row is not None and row["name"]:
            paper.short(place.x + 8, place.y + 25, place.w - 16, str(row["name"]), 9, INK)
        paper.rule(place.x + 8, place.right - 8, place.y + 40, GREY)
        paper.text(place.x + 8, place.y + 49, "signature and date", 7, GREY)
