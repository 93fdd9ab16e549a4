"""A book in a folder: one `<table>.csv` per table, with the same columns, months and checks as a workbook.

Files are UTF-8 text with a heading of column names (or labels). Months run across as they do on a sheet. Columns
that are not declared are kept, and follow the key of their row.
"""

from __future__ import annotations

import contextlib
import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from sop_xl import periods
from sop_xl.errors import BookError
from sop_xl.workbook.book import Book
from sop_xl.workbook.cells.conform import wide_keys
from sop_xl.workbook.disk.atomic import SWAP, recover, refuse_read_only, replace_files, sweep
from sop_xl.workbook.disk.locks import locked
from sop_xl.workbook.file.slots import Laid, Slot, laid_out
from sop_xl.workbook.frames import ready
from sop_xl.workbook.reading import Place, RawTable
from sop_xl.workbook.schema import Column, Frames, Issue, Kind, Table
from sop_xl.workbook.tables import TABLES, table

_DELIMITERS = ",;\t|"


@dataclass(frozen=True)
class _File:
    """A CSV file as it stands: how its fields are parted, its heading, and its rows with their first lines."""

    delimiter: str
    header: tuple[str, ...]
    rows: list[list[str]]
    lines: list[int]


class CsvBook(Book):
    """A folder of CSV files.

    A table that a run writes may have no file yet; writing makes it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.where = folder.name or str(folder)
        self._seen: dict[str, bytes] = {}
        self._holds = False

    def tables(self) -> set[str]:
        """The declared tables the folder has a file for."""
        return {name for name in TABLES if self._path(name).is_file()}

    def takes(self) -> set[str]:
        """Every declared table: writing makes its file."""
        return set(TABLES)

    def place_of(self, name: str) -> Place:
        """The file of a table."""
        return Place(f"file {table(name).name}.csv", "line")

    def write(self, frames: Frames) -> None:
        """Put these tables into their files, all or none."""
        known = {table(name).name for name in frames}
        with self.lock():
            contents = {}
            for name in (n for n in TABLES if n in known):
                path = self._path(name)
                refuse_read_only(path)
                self._refuse_changed(name)
                contents[path] = self._content(TABLES[name], frames[name])
            replace_files(contents)
            self._seen |= {path.stem: data for path, data in contents.items()}

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the folder against other runs."""
        if self._holds:
            yield
            return
        with locked(self.folder / "tables"):
            self._holds = True
            recover(self.folder)
            sweep(self.folder, (*TABLES, SWAP))
            try:
                yield
            finally:
                self._holds = False

    def _absent(self, missing: Table) -> Issue | None:
        return None if missing.is_result or missing.optional else super()._absent(missing)

    def _raws(self, names: Iterable[str]) -> dict[str, RawTable]:
        if (self.folder / SWAP).exists():
            with self.lock():
                pass  # a run that was killed while it swapped files: the lock puts them back
        present = self.tables()
        return {name: self._raw(TABLES[name]) for name in names if name in present}

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.csv"

    def _raw(self, declared: Table) -> RawTable:
        path = self._path(declared.name)
        data = _bytes_of(path)
        self._seen[declared.name] = data
        file = _parsed(data, path.name)
        width = len(file.header)
        rows = [[*row[:width], *[""] * (width - len(row))] for row in file.rows]
        return RawTable(declared, self.place_of(declared.name), file.header, rows, file.lines, from_text=True)

    def _refuse_changed(self, name: str) -> None:
        if name in self._seen and (not self._path(name).exists() or _bytes_of(self._path(name)) != self._seen[name]):
            raise BookError(f"{name}.csv was changed by someone else since it was read; run again")

    def _content(self, declared: Table, frame: pd.DataFrame) -> bytes:
        path = self._path(declared.name)
        checked = ready(declared, frame)
        names = [c.name for c in declared.columns]
        if not path.exists():
            return _text(laid_out(declared, checked, names, path.name), {}, ",")
        file = _parsed(_bytes_of(path), path.name)
        missing = [n for n in names if n not in _known_names(declared, file.header)]
        header = (*file.header, *missing)
        raw = self._raw(declared)
        old = dict(zip(reversed(wide_keys(raw)), reversed(raw.rows), strict=True))
        return _text(laid_out(declared, checked, header, path.name), old, file.delimiter)


def _known_names(declared: Table, header: Sequence[str]) -> set[str]:
    from sop_xl.workbook.cells.headings import matched

    return set(matched(declared, header).columns)


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BookError(f"{path.name} cannot be read ({error.strerror or error})") from error


def _parsed(data: bytes, name: str) -> _File:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BookError(f"{name} is not UTF-8 text; save it as 'CSV UTF-8'") from error
    first = text.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    start = 1
    try:
        for row in reader:
            rows.append(row)
            lines.append(start)
            start = reader.line_num + 1
    except csv.Error as error:
        raise BookError(f"{name}, line {start} is not CSV: {error}") from error
    header = tuple(h.strip() for h in rows[0]) if rows else ()
    longest = max(rows[1:], key=len, default=[])
    if any(field.strip() for field in longest[len(header) :]):
        line = lines[rows.index(longest)]
        raise BookError(f"{name}, line {line} has more fields ({len(longest)}) than the heading ({len(header)})")
    return _File(delimiter, header, rows[1:], lines[1:])


def _text(laid: Laid, old: Mapping[tuple[Any, ...], Sequence[Any]], delimiter: str) -> bytes:
    """The file of a table, fields of planners' own columns taken from the old row of the same key."""
    columns = [_fields(slot, laid, old) for slot in laid.slots]
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter, lineterminator="\n")
    writer.writerow([slot.heading for slot in laid.slots])
    writer.writerows(zip(*columns, strict=True))
    return stream.getvalue().encode("utf-8")


def _fields(slot: Slot, laid: Laid, old: Mapping[tuple[Any, ...], Sequence[Any]]) -> list[str]:
    column = slot.column
    if column is None:
        at = slot.origin or 0
        return [str(old[key][at]) if key in old else "" for key in laid.keys]
    return [_field(column, value) for value in slot.cells]


def _field(column: Column, value: Any) -> str:
    """A value as text that reads back as the same value.

    >>> cost = TABLES["items"].column("standard_cost")
    >>> _field(cost, 2.50), _field(cost, 3.0), _field(TABLES["items"].column("launch"), 43890.0)
    ('2.5', '3', '2020-02-29')
    """
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return value
    if value is None or value != value:  # noqa: PLR0124 (NaN differs from itself)
        return ""
    if column.kind.is_time:
        moment = pd.Timestamp(1899, 12, 30) + timedelta(days=value)
        moment = moment.round("s")
        if column.kind is Kind.PERIOD:
            return periods.label(moment)
        return moment.date().isoformat() if column.kind is Kind.DATE else moment.isoformat(" ")
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))
