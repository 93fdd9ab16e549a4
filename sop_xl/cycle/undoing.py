"""Undo the last commands that wrote into a book, and do them again, without losing what was typed since."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import pandas as pd

from sop_xl import __version__
from sop_xl.cycle import journal
from sop_xl.cycle.desk import user_name
from sop_xl.cycle.images import Lost
from sop_xl.errors import InputError, PlanningError
from sop_xl.workbook.book import Book
from sop_xl.workbook.tables import TABLES

_NAMED = 5
"""Edits that would be lost a refusal names; of more it says how many."""


def undo_book(book: Book, *, steps: int = 1, force: bool = False, now: datetime | None = None, user: str = "") -> str:
    """Put back what stood in the book before its last commands that wrote; what was undone, in words.

    What a person typed since stays. Where a cell they changed would be put back, `PlanningError` names it and nothing
    is written, unless `force` says that it may be lost. `steps` is how many commands are undone, all of them or none.
    """
    return _turn(book, journal.undo, "undo", steps=steps, force=force, now=now, user=user)


def redo_book(book: Book, *, steps: int = 1, force: bool = False, now: datetime | None = None, user: str = "") -> str:
    """Do the commands again that were undone last, one by default, as `undo_book` undoes them; what, in words."""
    return _turn(book, journal.redo, "redo", steps=steps, force=force, now=now, user=user)


def _turn(
    book: Book,
    turn: Callable[..., journal.Turn],
    command: str,
    *,
    steps: int,
    force: bool,
    now: datetime | None,
    user: str,
) -> str:
    if steps < 1:
        raise InputError(f"the number of commands to {command} is 1 or more, got {steps}")
    when = (now or datetime.now()).replace(microsecond=0)
    said: list[str] = []
    after: dict[str, pd.DataFrame] = {}
    with book.lock():
        frames = dict(book.read(TABLES).frames)
        _enough(frames["journal"], command, steps)
        for _ in range(steps):
            done = turn(frames, force=force)
            if done.lost and not force:
                raise PlanningError(_refusal(command, done, book.where))
            names = [n for n in done.frames if n not in journal.OWN]
            lost = f"; given up: {_edits(done.lost)}" if done.lost else ""
            says = f"{done.entry}{lost}; sop-xl {__version__}"
            log = journal.logged(frames, done.frames, names, when, user or user_name(), command, says)
            after |= {**done.frames, "audit_log": log}
            frames |= after
            said.append(f"{done.entry}{lost}")
        book.write(after)
    return ", ".join(said)


def _enough(rows: pd.DataFrame, command: str, steps: int) -> None:
    """Refuse more commands than there are; none at all is told by the journal itself."""
    there = sum(entry.undone == (command == "redo") for entry in journal.listed(rows))
    if 0 < there < steps:
        verb = "undone" if command == "undo" else "done again"
        which = "only 1 command" if there == 1 else f"only {there} commands"
        raise PlanningError(f"{which} can be {verb}, not {steps}; nothing was written")


def _refusal(command: str, done: journal.Turn, where: str) -> str:
    verb = "undone" if command == "undo" else "done again"
    return (
        f"{done.entry} cannot be {verb}, for what was typed since would be lost: {_edits(done.lost)}. "
        f"To give it up: sop-xl {command} {where} --force"
    )


def _edits(lost: Sequence[Lost]) -> str:
    more = len(lost) - _NAMED
    return "; ".join(map(str, lost[:_NAMED])) + (f"; and {more} more" if more > 0 else "")


def undo_list(book: Book) -> list[journal.Entry]:
    """The commands that can be undone or done again, the first one first."""
    return journal.listed(book.read(("journal",)).frames["journal"])
