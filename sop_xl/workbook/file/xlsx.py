"""A book in an .xlsx file, saved by patching its package: what we do not own stays byte for byte as Excel wrote it."""

from __future__ import annotations

import contextlib
import hashlib
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from sop_xl.errors import BookError
from sop_xl.workbook.book import Book
from sop_xl.workbook.cells.conform import conform
from sop_xl.workbook.disk.atomic import refuse_read_only, replace_file, sweep
from sop_xl.workbook.disk.locks import locked, refuse_open
from sop_xl.workbook.file.package import Package
from sop_xl.workbook.file.parts import Workbook
from sop_xl.workbook.file.patch import write_table
from sop_xl.workbook.file.stale import refresh
from sop_xl.workbook.frames import ready
from sop_xl.workbook.reading import Place, RawTable, Spot
from sop_xl.workbook.schema import Frames
from sop_xl.workbook.tables import TABLES, table
from sop_xl.workbook.twin import Twin

if TYPE_CHECKING:
    import pandas as pd

LARGEST_FILE = 512 << 20
"""Largest workbook that is opened [B]."""


class XlsxBook(Book):
    """A workbook file.

    Reading is allowed while Excel has the file open; writing is not. A file that changed on the disk since it was
    first looked at is not written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.where = path.name
        self._seen: str | None = None
        self._open: Workbook | None = None
        self._holds = False

    def tables(self) -> set[str]:
        """The declared tables the workbook has."""
        return set(self._workbook().declared)

    @property
    def file(self) -> Path:
        """The workbook's file."""
        return self.path

    def place_of(self, name: str) -> Place:
        """The sheet of a table; the declared one where the workbook does not have it."""
        found = self._workbook().declared.get(name)
        return Place(f"sheet {table(name).sheet if found is None else found.sheet}")

    def spots(self) -> Mapping[str, Spot]:
        """Where each table stands on its sheet."""
        found = self._workbook().declared
        return {name: Spot(t.sheet, t.box.top, t.box.left, t.header) for name, t in found.items() if t.has_header}

    def write(self, frames: Frames) -> None:
        """Put these tables into the workbook and save it in one step."""
        with self.lock():
            refuse_open(self.path)
            refuse_read_only(self.path)
            data = self._data()
            if self._seen not in (None, _hash(data)):
                raise BookError(f"{self.where} was changed by someone else since it was read; run again")
            workbook = Workbook(Package(data, self.where))
            if workbook.package.signed:
                raise BookError(f"{self.where} is signed; saving would break the signature, so save an unsigned copy")
            known = {table(name).name for name in frames}
            self._patch(workbook, {name: ready(TABLES[name], frames[name]) for name in TABLES if name in known})
            replace_file(self.path, workbook.package.save, opens)
            self._open = None
            self._seen = _hash(self._data())

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the workbook against other runs."""
        if self._holds:
            yield
            return
        with locked(self.path):
            self._holds = True
            sweep(self.path.parent, (self.path.stem,))
            try:
                yield
            finally:
                self._holds = False

    def _raws(self, names: Iterable[str]) -> dict[str, RawTable]:
        workbook = self._workbook()
        return {name: workbook.raw(TABLES[name]) for name in names if name in workbook.declared}

    def _patch(self, workbook: Workbook, frames: Frames) -> None:
        """Put the tables into the open workbook and bring what its formulas show up to date."""
        before: dict[str, pd.DataFrame] = {}

        def frame_of(name: str) -> pd.DataFrame:
            if name in frames:
                return frames[name]
            if name not in before:
                before[name] = conform(workbook.raw(TABLES[name]))[0]
            return before[name]

        for name, frame in frames.items():
            write_table(workbook, TABLES[name], frame)
        refresh(workbook, frozenset(frames), _twins(), frame_of)
        workbook.recalculate_on_load()

    def _workbook(self) -> Workbook:
        """The workbook as it stands on the disk."""
        data = self._data()
        seen = _hash(data)
        if self._open is None or seen != self._seen:
            self._open = Workbook(Package(data, self.where))
            self._seen = seen
        return self._open

    def _data(self) -> bytes:
        return opened(self.path)


def opened(path: Path) -> bytes:
    """The bytes of a workbook on the disk.

    Raises `BookError` where there is none, it is too large, or it cannot be read.
    """
    if path.is_dir():
        raise BookError(f"{path.name} is a folder; this needs a workbook file (.xlsx or .xlsm)")
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise BookError(f"{path.name} is larger than {LARGEST_FILE >> 20} MB and is not opened")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise BookError(f"there is no file {path}") from error
    except OSError as error:
        raise BookError(
            f"{path.name} cannot be read ({error.strerror or error}); is it open in another program?"
        ) from error


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def opens(path: Path) -> None:
    """Refuse a saved file that cannot be opened again."""
    with zipfile.ZipFile(path) as archive:
        damaged = archive.testzip()
    if damaged is not None:
        raise BookError(f"the saved workbook would be damaged in {damaged}; nothing was written")


def _twins() -> Mapping[str, Twin]:
    from sop_xl.workbook.template.twins import TWINS

    return TWINS
