"""Commands that are not steps: sign a plan, roll to the next cycle."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import pandas as pd

from sop_xl.cycle import executive_sop, journal, roll, signed
from sop_xl.cycle.desk import context_of, open_desk, write
from sop_xl.cycle.keeping import keep_typed, plain
from sop_xl.cycle.step import silent
from sop_xl.cycle.versions import DRAFT, approved_version
from sop_xl.errors import InputError, PlanningError
from sop_xl.workbook.book import Book
from sop_xl.workbook.tables import TABLES


def sign(
    book: Book, signatures: Mapping[str, str], *, approve: bool = True, note: str = "", now: datetime | None = None
) -> str:
    """Sign the draft version for roles, as if typed on sheet Decisions; what was said, in a sentence.

    `signatures` names the person for each role. Every role must be one of the setting `approvers`.
    """
    with book.lock():
        frames = book.read(("control", "versions", "approvals", *journal.OWN)).frames
        context = context_of(frames["control"], now=now or datetime.now())
        asked = executive_sop.roles(context)
        for role in signatures:
            if role not in asked:
                raise InputError(f"{role!r} does not sign plans here; the roles are {', '.join(asked)}")
        versions = plain(frames["versions"])
        draft = versions[versions["status"].eq(DRAFT) & versions["cycle"].eq(context.settings.cycle)]
        if draft.empty:
            raise PlanningError(_no_draft(versions, context.settings.cycle))
        version = draft.iloc[-1]["version"]
        approvals = plain(frames["approvals"])
        row = approvals["version"].eq(version) & approvals["role"].isin(list(signatures))
        status = "approved" if approve else "rejected"
        approvals.loc[row, "name"] = approvals.loc[row, "role"].map(dict(signatures))
        approvals.loc[row, "decision"] = "approve" if approve else "reject"
        approvals.loc[row, "date"] = pd.Timestamp(context.now).normalize()
        approvals.loc[row, "note"] = note
        approvals.loc[row, "status"] = status
        write(book, frames, {"approvals": approvals}, context, f"approve {', '.join(signatures)}", silent)
    people = ", ".join(f"{role} ({name})" for role, name in signatures.items())
    return f"{people}: version {version} {status}"


def _no_draft(versions: pd.DataFrame, cycle: str) -> str:
    approved = approved_version(versions, cycle)
    if not approved:
        return "there is no draft plan to sign; run Executive S&OP first"
    return f"plan {approved} is approved and no longer open to signatures; reopen it to sign anew"


def reopen_book(book: Book, why: str, *, now: datetime | None = None, user: str = "") -> str:
    """Reopen the approved plan of this cycle, to be planned and signed anew; what was done, in a sentence."""
    with book.lock():
        desk = open_desk(book, now=now or datetime.now(), user=user)
        frames, says = signed.reopened(desk.frames, desk.context, why)
        write(book, desk.frames, frames, desk.context, "reopen", silent)
    return says


def roll_book(book: Book, *, now: datetime | None = None) -> str:
    """Close the cycle and open the next one; what was carried and what expired, in a sentence."""
    with book.lock():
        desk = open_desk(book, now=now or datetime.now())
        frames, says = roll.roll(desk.frames, desk.context)
        after = {n: f if n == "steps" else keep_typed(TABLES[n], desk.frames[n], f) for n, f in frames.items()}
        write(book, desk.frames, after, desk.context, "roll", silent)
    return says
