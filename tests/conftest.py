"""What every test may use: the small company in memory, in a folder and in a workbook."""

import os
import shutil
from contextlib import contextmanager

import company
import pytest
from hypothesis import settings

from sop_xl.workbook.book import Book, open_book
from sop_xl.workbook.reading import Place, Reading
from sop_xl.workbook.tables import TABLES

# CI tries the same examples every time, so that a red run is a change's doing; at a desk they are new each time
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")


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


@pytest.fixture
def small():
    """The small company's tables, before any step."""
    return company.frames()


@pytest.fixture
def memory(small):
    """The small company in a book in memory."""
    return MemoryBook(small)


@pytest.fixture(scope="session")
def planned_frames():
    """The small company's tables after the first five steps: planned, not yet signed."""
    from sop_xl.cycle.run import run

    book = MemoryBook(company.frames())
    run(book, now=company.NOW)
    return book.frames


@pytest.fixture
def planned(planned_frames):
    """The planned small company in a book in memory."""
    return MemoryBook({name: frame.copy() for name, frame in planned_frames.items()})


@pytest.fixture(scope="session")
def _workbook(tmp_path_factory):
    from sop_xl.cycle.start import start

    path = tmp_path_factory.mktemp("small") / "small.xlsx"
    start(path, {"as_of": company.AS_OF, "horizon": 6, "company": "Small", "frozen_months": 0})
    frames = company.frames()
    open_book(path).write({n: f for n, f in frames.items() if n != "control"})
    return path


@pytest.fixture
def workbook(_workbook, tmp_path):
    """The small company in a workbook of its own, not yet planned."""
    return shutil.copy(_workbook, tmp_path / "plan.xlsx")


@pytest.fixture
def soffice():
    """LibreOffice. A machine without it leaves these tests out; in CI that is a failure."""
    found = shutil.which("soffice") or shutil.which("libreoffice")
    if found is None and os.environ.get("CI"):
        pytest.fail("LibreOffice (soffice) is not installed; CI must install it")
    if found is None:
        pytest.skip("LibreOffice (soffice) is not installed")
    return found
