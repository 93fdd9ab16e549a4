"""A book in memory for tests of the cycle and of what calls it."""

from __future__ import annotations

from contextlib import contextmanager

from sop_xl.workbook.book import Book
from sop_xl.workbook.reading import Place, Reading
from sop_xl.workbook.tables import TABLES


class MemoryBook(Book):
    """A book that is a dict of frames; it counts its writes."""

    where = "memory"

    def __init__(self, frames):
        self.frames = dict(frames)
        self.writes = 0

    def tables(self):
        return set(self.frames)

    def place_of(self, table):
        return Place(f"sheet {TABLES[table].sheet}")

    def _raws(self, names):
        raise NotImplementedError

    def read(self, names=None):
        wanted = [n for n in TABLES if names is None or n in names]
        return Reading({n: self.frames[n].rename_axis("row") for n in wanted})

    def write(self, frames):
        self.frames |= {name: frame.reset_index(drop=True) for name, frame in frames.items()}
        self.writes += 1

    @contextmanager
    def lock(self):
        yield
