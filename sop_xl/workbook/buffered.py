"""A book read once and written once, however many commands work on it in between."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from sop_xl.workbook.book import Book
from sop_xl.workbook.frames import ready
from sop_xl.workbook.reading import Reading
from sop_xl.workbook.tables import TABLES

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from sop_xl.workbook.reading import Place, RawTable, Spot
    from sop_xl.workbook.schema import Frames


class BufferedBook(Book):
    """Holds what another book holds; what is written to it reaches that book with `flush`, all at once.

    Until then the other book stays as it was: a series of commands is as safe as one.
    """

    def __init__(self, book: Book) -> None:
        self.book = book
        self.where = book.where
        self._reading: Reading | None = None
        self._written: dict[str, pd.DataFrame] = {}

    def tables(self) -> set[str]:
        """The declared tables the book has."""
        return self.book.tables()

    def takes(self) -> set[str]:
        """The declared tables that the book behind can be given."""
        return self.book.takes()

    def place_of(self, table: str) -> Place:
        """Where a table stands in the book behind."""
        return self.book.place_of(table)

    @property
    def file(self) -> Path | None:
        """The file of the book behind."""
        return self.book.file

    def spots(self) -> Mapping[str, Spot]:
        """Where each table stands in the book behind."""
        return self.book.spots()

    def lock(self) -> AbstractContextManager[None]:
        """Hold the book behind against other runs."""
        return self.book.lock()

    def read(self, names: Iterable[str] | None = None) -> Reading:
        """The tables as last written here, the others as they stand in the book behind."""
        if self._reading is None:
            self._reading = self.book.read(TABLES)
        wanted = set(TABLES if names is None else names)
        behind = self._reading
        frames = {n: self._written.get(n, behind.frames[n]) for n in TABLES if n in wanted}
        issues = tuple(i for i in behind.issues if i.table in wanted and i.table not in self._written)
        return Reading(frames, issues, behind.places)

    def write(self, frames: Frames) -> None:
        """Keep these tables until `flush`."""
        self._written |= {name: ready(TABLES[name], frame) for name, frame in frames.items()}

    def flush(self) -> None:
        """Write everything kept into the book behind, all or none."""
        if self._written:
            self.book.write(self._written)
        self._reading, self._written = None, {}

    def _raws(self, names: Iterable[str]) -> dict[str, RawTable]:
        return self.book._raws(names)
