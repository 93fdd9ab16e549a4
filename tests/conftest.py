"""What every test may use: the small company in memory, in a folder and in a workbook."""

import os
import shutil

import company
import pytest
from books import MemoryBook
from hypothesis import settings

from sop_xl.workbook.book import open_book

# CI tries the same examples every time, so that a red run is a change's doing; at a desk they are new each time
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")


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
