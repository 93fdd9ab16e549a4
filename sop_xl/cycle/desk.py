"""A book opened for planning, and the one way anything is written back into it."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from sop_xl import __version__
from sop_xl.cycle import journal
from sop_xl.cycle.data_gathering import check_data
from sop_xl.cycle.step import Context, Frames, Progress, silent
from sop_xl.errors import StoppingIssues
from sop_xl.workbook.book import Book
from sop_xl.workbook.frames import may_be_filled, with_blanks, with_defaults
from sop_xl.workbook.schema import Issue, Severity
from sop_xl.workbook.settings import settings_of
from sop_xl.workbook.tables import TABLES


@dataclass(frozen=True)
class Desk:
    """A book opened for planning: its tables, settings and what is wrong with them."""

    book: Book
    frames: dict[str, pd.DataFrame]
    context: Context
    issues: tuple[Issue, ...]


def user_name() -> str:
    """Who is planning, as the machine knows them."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"


def context_of(
    control: pd.DataFrame,
    issues: Sequence[Issue] = (),
    *,
    now: datetime,
    user: str = "",
    progress: Progress = silent,
    scenario: str = "",
) -> Context:
    """The settings in a control table, the clock and the person.

    Raises `StoppingIssues` where the control table itself cannot be used: no step can run without its settings.
    """
    settings, wrong = settings_of(control)
    stops = [i.says for i in (*issues, *wrong) if i.severity is Severity.STOPS]
    if stops:
        raise StoppingIssues("every step", stops)
    return Context(settings, now.replace(microsecond=0), user or user_name(), progress, scenario)


def open_desk(book: Book, *, now: datetime, user: str = "", progress: Progress = silent, scenario: str = "") -> Desk:
    """Read every table of a book, its settings, and every issue of its data."""
    progress("reading the workbook", 0.0)
    reading = book.read(TABLES)
    frames = {name: with_defaults(TABLES[name], frame) for name, frame in reading.frames.items()}
    stops = [i for i in reading.issues if i.table == "control" and i.severity is Severity.STOPS]
    context = context_of(frames["control"], stops, now=now, user=user, progress=progress, scenario=scenario)
    found = [*reading.issues, *settings_of(frames["control"])[1]]
    progress("checking the data", 0.5)
    return Desk(book, frames, context, tuple(check_data(frames, context, found)))


def write(
    book: Book, before: Frames, after: dict[str, pd.DataFrame], context: Context, command: str, progress: Progress
) -> tuple[str, ...]:
    """Write the tables that changed, with the log and the before-images, all at once; their names.

    An optional table that a book made by an older version lacks is left out. A cell a person left blank stays blank,
    although its default was planned with.
    """
    there = book.takes()
    after = {name: frame for name, frame in after.items() if name in there or not TABLES[name].optional}
    before, after = _as_typed(book, before, after)
    names = journal.changed(before, after)
    progress("writing the workbook", 0.97)
    log = journal.entries(before, after, context, command, f"sop-xl {__version__}")
    book.write({**{name: after[name] for name in names}, **log})
    return tuple(names)


def _as_typed(book: Book, before: Frames, after: dict[str, pd.DataFrame]) -> tuple[Frames, dict[str, pd.DataFrame]]:
    """What stood in the tables that change and what comes into them, with the blanks of the sheets for defaults."""
    filled = [name for name in journal.changed(before, after) if may_be_filled(TABLES[name])]
    if not filled:
        return before, after
    sheets = book.read(filled).frames
    kept = {name: with_blanks(TABLES[name], after[name], sheets[name]) for name in filled}
    return {**before, **sheets}, {**after, **kept}
