"""A process killed while it writes leaves the old book or the new one, and nothing in the way of the next run.

`python -m benchmarks.crash` kills whole runs 200 times.
"""

import os
import signal
import time
from pathlib import Path

import pytest

from sop_xl.cycle.versions import fingerprint
from sop_xl.workbook.book import open_book
from sop_xl.workbook.csvbook import CsvBook
from sop_xl.workbook.disk import atomic
from sop_xl.workbook.disk.locks import lock_of, locked

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork"),
]
KILLS = 8
TABLES_WRITTEN = ("gaps", "sop_grid", "consensus", "baseline")


def child(work):
    number = os.fork()
    if number == 0:
        try:
            work()
        finally:
            os._exit(0)
    return number


def prints(book):
    return {name: fingerprint(frame) for name, frame in book.read(TABLES_WRITTEN).frames.items()}


@pytest.fixture(params=["workbook", "folder"])
def place(request, planned, tmp_path):
    """A book of the planned small company, as a file and as a folder."""
    if request.param == "folder":
        folder = tmp_path / "plan"
        folder.mkdir()
        CsvBook(folder).write(planned.frames)
        return folder
    path = request.getfixturevalue("workbook")
    open_book(path).write({n: planned.frames[n] for n in TABLES_WRITTEN})
    return path


def test_killed_while_writing_it_is_old_or_new(place, planned):
    after = {n: planned.frames[n].iloc[: len(planned.frames[n]) // 2] for n in TABLES_WRITTEN}
    old = prints(open_book(place))
    began = time.monotonic()
    os.waitpid(child(lambda: open_book(place).write(after)), 0)
    whole = time.monotonic() - began
    new = prints(open_book(place))
    assert old != new
    before = {n: planned.frames[n] for n in TABLES_WRITTEN}
    seen = set()
    for turn in range(KILLS):
        open_book(place).write(before)
        number = child(lambda: open_book(place).write(after))
        time.sleep(whole * (turn + 0.5) / KILLS)
        os.kill(number, signal.SIGKILL)
        os.waitpid(number, 0)
        found = prints(open_book(place))
        assert found in (old, new)
        seen.add(found == new)
    open_book(place).write(before)
    left = [p.name for p in (place if place.is_dir() else place.parent).iterdir() if p.suffix in (".tmp", ".bak")]
    assert left == []


@pytest.mark.parametrize("renames", range(5))
def test_a_swap_of_files_that_did_not_end_is_put_back(tmp_path, monkeypatch, renames):
    """The process dies after so many of its renames; whoever opens the folder next finds the old files."""
    old = {"items.csv": b"item\nA\n", "stock.csv": b"item\nB\n"}
    for name, data in old.items():
        (tmp_path / name).write_bytes(data)

    def work():
        count, real = 0, Path.rename

        def rename(self, target):
            nonlocal count
            if count > renames:
                os._exit(9)
            count += 1
            return real(self, target)

        Path.rename = rename
        contents = {tmp_path / name: b"new" for name in (*old, "gaps.csv")}
        atomic.replace_files(contents)

    os.waitpid(child(work), 0)
    assert (tmp_path / atomic.SWAP).exists()
    assert atomic.recover(tmp_path)
    assert not atomic.recover(tmp_path)
    atomic.sweep(tmp_path, ("items", "stock", "gaps", atomic.SWAP))
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == old


def test_a_lock_is_whole_or_not_there(tmp_path, monkeypatch):
    def dies(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "link", dies)
    with pytest.raises(KeyboardInterrupt), locked(tmp_path / "plan.xlsx"):
        pass
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(OSError("no links here")))
    with locked(tmp_path / "plan.xlsx"):
        assert lock_of(tmp_path / "plan.xlsx").read_text().startswith("{")
    assert list(tmp_path.iterdir()) == []
