"""The port to a book of tables: an .xlsx file, a folder of CSV files, or the workbook open in Excel."""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from sop_xl.errors import BookError

if TYPE_CHECKING:
    from sop_xl.workbook.reading import Place, RawTable, Reading, Spot
    from sop_xl.workbook.schema import Frames, Issue, Table


class Book(ABC):
    """Tables that can be read and written.

    `where` names the book in messages. What `read` returns is typed and checked cell by cell; `write` puts all
    tables it is given into the book, or none.
    """

    where: str

    @abstractmethod
    def tables(self) -> set[str]:
        """The declared tables the book has."""

    @property
    def file(self) -> Path | None:
        """The file behind the book as it was saved last; `None` where this machine has none."""
        return None

    def takes(self) -> set[str]:
        """The declared tables it can be given."""
        return self.tables()

    @abstractmethod
    def write(self, frames: Frames) -> None:
        """Put these tables into the book, all or none.

        Raises `BookError` where the book cannot take them, `InputError` where a frame is not one of its table.
        """

    @abstractmethod
    def place_of(self, table: str) -> Place:
        """Where a table stands, for sentences about it."""

    def spots(self) -> Mapping[str, Spot]:
        """Where each table stands on its sheet; nothing where the book has no sheets."""
        return {}

    @abstractmethod
    def _raws(self, names: Iterable[str]) -> dict[str, RawTable]:
        """Those of the named tables the book has, as they stand in it."""

    def read(self, names: Iterable[str] | None = None) -> Reading:
        """The named tables, or all the book has, with every issue found in their cells.

        A named table the book does not have gives an empty frame and a stopping issue.
        """
        from sop_xl.workbook.cells.conform import conform
        from sop_xl.workbook.frames import empty_frame
        from sop_xl.workbook.reading import Reading
        from sop_xl.workbook.tables import TABLES, table

        asked = None if names is None else {table(name).name for name in names}
        raws = self._raws(TABLES if asked is None else [n for n in TABLES if n in asked])
        frames, issues, places = {}, [], {}
        for name in TABLES:
            if name in raws:
                frames[name], found = conform(raws[name])
                issues += found
                places[name] = raws[name].place
            elif asked is not None and name in asked:
                frames[name] = empty_frame(TABLES[name])
                issue = self._absent(TABLES[name])
                issues += [issue] if issue else []
                places[name] = self.place_of(name)
        return Reading(frames, tuple(issues), places)

    def _absent(self, missing: Table) -> Issue | None:
        """What to say about a table that was asked for and is not there."""
        from sop_xl.workbook.schema import Issue, Severity

        if missing.optional:
            says = f"{self.where} has no table {missing.excel_name} (sheet {missing.sheet}); it is read as empty."
            return Issue(missing.name, 0, "", "", "missing table", Severity.WARNS, says)
        todo = "restore it, or let sop-xl renew move the workbook into a new one"
        says = f"{self.where} has no table {missing.excel_name} (sheet {missing.sheet}); {todo}."
        return Issue(missing.name, 0, "", "", "missing table", Severity.STOPS, says)

    def lock(self) -> contextlib.AbstractContextManager[None]:
        """Hold the book against other runs, from before it is read until after it is written."""
        return contextlib.nullcontext()


def open_book(where: str | Path) -> Book:
    """The book behind a path: an .xlsx or .xlsm file, or a folder with a CSV file per table.

    Raises `BookError` where there is none.
    """
    from sop_xl.workbook.tables import TABLES

    path = Path(where).expanduser()
    if not path.exists():
        raise BookError(f"there is no file or folder {path}")
    if path.is_dir():
        from sop_xl.workbook.csvbook import CsvBook

        book = CsvBook(path)
        if not book.tables():
            names = ", ".join(f"{n}.csv" for n in list(TABLES)[:4])
            raise BookError(f"the folder {path} holds no table; it should have files such as {names}")
        return book
    kind = path.suffix.lower()
    if kind in (".xlsx", ".xlsm"):
        from sop_xl.workbook.file.xlsx import XlsxBook

        return XlsxBook(path)
    if kind in (".xls", ".xlsb", ".ods"):
        raise BookError(f"{path.name} is not an .xlsx workbook; open it and save it as Excel Workbook (.xlsx)")
    raise BookError(f"{path.name} is neither an .xlsx workbook nor a folder of CSV files")
