"""A frozen copy of a planning workbook: read by people who have nothing installed, and known by its fingerprint."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sop_xl.cycle.desk import user_name
from sop_xl.cycle.journal import OWN
from sop_xl.cycle.keeping import plain
from sop_xl.cycle.versions import fingerprint
from sop_xl.errors import BookError, InputError
from sop_xl.workbook.cells.conform import conform
from sop_xl.workbook.cells.headings import matched
from sop_xl.workbook.disk.atomic import refuse_read_only, replace_file
from sop_xl.workbook.disk.locks import refuse_open
from sop_xl.workbook.file.addin import drop_macros
from sop_xl.workbook.file.freeze import Frozen, FrozenCell, freeze_functions
from sop_xl.workbook.file.package import Package
from sop_xl.workbook.file.parts import Workbook
from sop_xl.workbook.file.stamp import Stamp, put_stamp, read_stamp
from sop_xl.workbook.file.strip import strip_tables
from sop_xl.workbook.file.xlsx import opened, opens
from sop_xl.workbook.tables import TABLES

_NAMED = 5
_KEPT = 16
"""Characters kept of the fingerprint of a table."""


@dataclass(frozen=True)
class Copy:
    """What was frozen: the file, its stamp, the cells that became values, the tables emptied, and what to know."""

    file: Path
    stamp: Stamp
    frozen: Frozen
    emptied: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def says(self) -> str:
        """What was done, in a few sentences."""
        count = len(self.frozen.cells)
        lines = [
            f"{self.file.name} is a frozen copy of {self.stamp.of}: it needs nothing installed",
            f"{count} cell{'s' if count != 1 else ''} with our functions became values; their formulas are notes"
            if count
            else "no cell calls a function of the add-in",
        ]
        if self.emptied:
            lines.append(f"emptied: {', '.join(self.emptied)}")
        return "\n".join([*lines, *self.notes, f"SHA-256 of its tables: {self.stamp.whole}"])


@dataclass(frozen=True)
class Compared:
    """A frozen copy against its stamp: the tables that no longer hold what was frozen, or are missing."""

    stamp: Stamp
    whole: str
    changed: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether every table holds what was frozen."""
        return self.whole == self.stamp.whole

    @property
    def says(self) -> str:
        """The finding in a sentence."""
        if self.same:
            return "every table holds what was frozen"
        return f"changed since it was frozen: {', '.join(self.changed) or 'the stamp itself'}"


def freeze_book(
    book: Path,
    out: Path,
    *,
    strip_journal: bool = False,
    private: Iterable[str] = (),
    blank: bool = False,
    now: datetime | None = None,
    user: str = "",
) -> Copy:
    """Write a copy of a workbook that needs nothing installed; the workbook itself is not touched.

    Parameters
    ----------
    book
        The workbook, as it was saved last.
    out
        Where the copy goes, an .xlsx (macros are left out) or the kind the workbook is.
    strip_journal
        Whether the log of runs and the images behind undo are emptied in the copy.
    private
        Tables to be emptied in the copy; the journal, which holds images of them, is emptied too.
    blank
        Whether a cell whose function has no value yet may become empty; else that is refused.
    now, user
        When and by whom it is frozen.

    Raises
    ------
    InputError
        A copy over the workbook itself or over another workbook, a table it does not have, cells without a value.
    BookError
        A file that cannot be read or written.

    """
    book, out = book.expanduser().resolve(), out.expanduser().resolve()
    _refuse_out(book, out)
    workbook = Workbook(Package(opened(book), book.name))
    if workbook.package.signed:
        raise BookError(f"{book.name} is signed; a copy would break the signature, so freeze one without")
    moment = (now or datetime.now()).strftime("%Y-%m-%d %H:%M")
    frozen = freeze_functions(workbook, lambda cell: _note(cell, moment))
    if frozen.unknown and not blank:
        raise InputError(_uncalculated(book.name, frozen.unknown))
    hidden = [n for n in OWN if n in workbook.declared] if strip_journal or any(private) else []
    emptied = [*dict.fromkeys((*private, *hidden))]
    left = strip_tables(workbook, emptied)
    if book.suffix.lower() == ".xlsm" and out.suffix.lower() == ".xlsx":
        frozen.taken_out += drop_macros(workbook)
    tables = fingerprints(_copied(workbook))
    stamp = Stamp(book.name, moment, user or user_name(), _whole(tables), tables)
    stamped = put_stamp(workbook, stamp)
    replace_file(out, workbook.package.save, opens)
    return Copy(out, stamp, frozen, tuple(emptied), _to_know(frozen, left, stamped=stamped))


def check_frozen(file: Path) -> Compared:
    """Whether a frozen copy still holds what was frozen, and which tables do not.

    Raises `InputError` where the file is no frozen copy, `BookError` where it cannot be read.
    """
    file = file.expanduser().resolve()
    workbook = Workbook(Package(opened(file), file.name))
    stamp = read_stamp(workbook.package)
    if stamp is None:
        raise InputError(f"{file.name} is no frozen copy; make one with: sop-xl freeze {file.name} --out FILE")
    found = fingerprints(workbook)
    now = {name: found.get(name, "") for name in stamp.tables}
    changed = tuple(name for name, was in stamp.tables.items() if now[name] != was)
    return Compared(stamp, _whole(now), changed)


def fingerprints(workbook: Workbook) -> dict[str, str]:
    """The fingerprint of the content of every declared table of a workbook, over the columns it has."""
    found = {}
    for name in workbook.declared:
        raw = workbook.raw(TABLES[name])
        frame = plain(conform(raw)[0])
        here = matched(TABLES[name], raw.header).columns
        has = [c.name for c in TABLES[name].frame_columns if c.name in here or c not in TABLES[name].columns]
        found[name] = fingerprint(frame[has])[:_KEPT]
    return found


def _whole(tables: Mapping[str, str]) -> str:
    return hashlib.sha256("\n".join(f"{name} {tables[name]}" for name in sorted(tables)).encode()).hexdigest()


def _copied(workbook: Workbook) -> Workbook:
    """A workbook as it will be read from its file."""
    stream = io.BytesIO()
    workbook.package.save(stream)
    return Workbook(Package(stream.getvalue(), workbook.where))


def _refuse_out(book: Path, out: Path) -> None:
    if out == book:
        raise InputError(f"the copy cannot take the place of {book.name}; give --out another name")
    if out.suffix.lower() not in (".xlsx", book.suffix.lower()):
        raise InputError(f"a frozen copy of {book.name} is an .xlsx, not {out.suffix or 'a file without an ending'}")
    if not out.parent.is_dir():
        raise InputError(f"there is no folder {out.parent}")
    refuse_open(out)
    refuse_read_only(out)
    if out.exists() and not _is_frozen(out):
        raise InputError(f"{out.name} is there and is no frozen copy; give --out another name, or move it away")


def _is_frozen(file: Path) -> bool:
    try:
        return read_stamp(Package(opened(file), file.name)) is not None
    except BookError:
        return False


def _note(cell: FrozenCell, moment: str) -> str:
    fills = f", which filled {cell.fills}" if cell.fills != cell.ref else ""
    return f"Value frozen on {moment}. The formula was\n{cell.formula}{fills}"


def _uncalculated(name: str, cells: list[str]) -> str:
    shown = ", ".join(cells[:_NAMED]) + (f" and {len(cells) - _NAMED} more" if len(cells) > _NAMED else "")
    holds = "cell with our functions holds" if len(cells) == 1 else "cells with our functions hold"
    return (
        f"{len(cells)} {holds} no value to freeze ({shown}): open {name} where the add-in is installed, let it "
        "calculate, save it, and freeze again; with --blank they become empty"
    )


def _to_know(frozen: Frozen, left: list[str], *, stamped: bool) -> tuple[str, ...]:
    """What the reader of the copy should know, in sentences."""
    lines = [f"taken out: {what}" for what in frozen.taken_out]
    if frozen.unknown:
        lines.append(f"left empty, for they had no value: {', '.join(frozen.unknown)}")
    if frozen.without_note:
        lines.append(f"no note, for there is a threaded comment: {', '.join(frozen.without_note)}")
    lines += [f"look before you share it: {what}" for what in dict.fromkeys(left)]
    if not stamped:
        lines.append("there is no sheet Cover with room for the stamp (cell B3); it stands in the file's properties")
    return tuple(lines)
