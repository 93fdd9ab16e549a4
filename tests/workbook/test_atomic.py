"""A crash at any moment leaves the old file whole, and two writers never meet."""

from __future__ import annotations

import errno
import json
import os
import socket
import subprocess
import sys

import pytest

from sop_xl.errors import BookError
from sop_xl.workbook.book import open_book
from sop_xl.workbook.disk import atomic
from sop_xl.workbook.disk.atomic import replace_files
from sop_xl.workbook.disk.locks import lock_of, locked


@pytest.fixture
def book(plan):
    opened = open_book(plan)
    opened.read()
    return opened


def failing(error):
    def fail(*_args, **_kwargs):
        raise error

    return fail


@pytest.mark.parametrize(
    ("point", "error", "expected", "says"),
    [
        ("fsync", OSError(errno.ENOSPC, "No space left"), BookError, "no room on the disk to save plan.xlsx"),
        ("fsync", KeyboardInterrupt(), KeyboardInterrupt, None),
        ("replace", PermissionError(13, "sharing violation"), BookError, "read-only or open in another program"),
        ("replace", OSError(errno.EIO, "Input/output error"), BookError, "cannot be saved"),
        ("replace", KeyboardInterrupt(), KeyboardInterrupt, None),
        ("replace", MemoryError(), MemoryError, None),
    ],
)
def test_whatever_fails_the_old_file_stands(book, plan, monkeypatch, point, error, expected, says):
    before, frames = plan.read_bytes(), book.read().frames
    monkeypatch.setattr(atomic.os, point, failing(error))
    with pytest.raises(expected, match=says):
        book.write(frames)
    monkeypatch.undo()
    assert plan.read_bytes() == before
    assert [p.name for p in plan.parent.iterdir()] == ["plan.xlsx"]
    book.write(frames)


def test_a_killed_run_leaves_the_old_file(plan):
    """The process dies right before the new file is put in place; the next run takes its lock over."""
    before = plan.read_bytes()
    program = (
        "import os, sys; from sop_xl.workbook.disk import atomic; from sop_xl.workbook.book import open_book;"
        "atomic.os.replace = lambda *a: os._exit(9); b = open_book(sys.argv[1]); b.write(b.read().frames)"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    died = subprocess.run([sys.executable, "-c", program, str(plan)], check=False, env=environment)
    assert died.returncode == 9
    assert plan.read_bytes() == before
    assert lock_of(plan).exists()
    again = open_book(plan)
    again.write(again.read().frames)
    assert not lock_of(plan).exists()


def test_mode_is_kept(book, plan):
    plan.chmod(0o640)
    book.write(book.read().frames)
    assert plan.stat().st_mode & 0o777 == 0o640


def test_a_link_stays_a_link(plan, tmp_path):
    folder = tmp_path / "links"
    folder.mkdir()
    link = folder / "linked.xlsx"
    link.symlink_to(plan)
    book = open_book(link)
    before = plan.read_bytes()
    book.write({"gaps": book.read().frames["gaps"].iloc[:1]})
    assert link.is_symlink()
    assert plan.read_bytes() != before


def test_read_only(book, plan):
    frames = book.read().frames
    plan.chmod(0o444)
    with pytest.raises(BookError, match=r"plan\.xlsx is read-only"):
        book.write(frames)
    plan.chmod(0o644)
    plan.parent.chmod(0o555)
    try:
        with pytest.raises(BookError, match="is read-only"):
            book.write(frames)
    finally:
        plan.parent.chmod(0o755)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("~$plan.xlsx", b"\x08Ann Best" + b" " * 46, r"plan.xlsx is open in Excel \(by Ann Best\)"),
        ("~$plan.xlsx", b"", "plan.xlsx is open in Excel; close it"),
        (".~lock.plan.xlsx#", b",bob,desk,22.11.2026 18:00,file:///x;", r"open in LibreOffice \(by bob\)"),
    ],
)
def test_open_elsewhere_may_be_read_but_not_written(book, plan, name, content, says):
    (plan.parent / name).write_bytes(content)
    frames = book.read().frames
    before = plan.read_bytes()
    with pytest.raises(BookError, match=says):
        book.write(frames)
    assert plan.read_bytes() == before


def test_two_runs(book, plan):
    with locked(plan):
        frames = book.read().frames
        with pytest.raises(BookError, match="another run"):
            book.write(frames)
    book.write(frames)


def test_a_run_writes_under_its_own_lock(book, plan):
    with book.lock(), book.lock():
        assert json.loads(lock_of(plan).read_text())["pid"] == os.getpid()
        book.write(book.read().frames)
        assert lock_of(plan).exists()
    assert not lock_of(plan).exists()


@pytest.mark.parametrize(
    ("holder", "says"),
    [
        ({"pid": 1, "host": "elsewhere"}, "a run on elsewhere is working on plan.xlsx"),
        ({"pid": os.getppid(), "host": socket.gethostname()}, "another run .process"),
        ("garbage", "if there is none, delete plan.xlsx.sop-lock"),
    ],
)
def test_a_lock_that_may_be_held_is_respected(book, plan, holder, says):
    lock_of(plan).write_text(holder if isinstance(holder, str) else json.dumps(holder))
    with pytest.raises(BookError, match=says):
        book.write(book.read().frames)
    assert lock_of(plan).exists()


def test_files_are_replaced_together(tmp_path, monkeypatch):
    first, second, third = (tmp_path / n for n in ("a.csv", "b.csv", "c.csv"))
    first.write_bytes(b"old a")
    second.write_bytes(b"old b")
    rename, renamed = atomic.Path.rename, []

    def fail_at_the_end(self, target):
        renamed.append(target)
        if len(renamed) == 4:
            raise OSError(errno.EIO, "broken")
        return rename(self, target)

    monkeypatch.setattr(atomic.Path, "rename", fail_at_the_end)
    with pytest.raises(BookError, match="cannot be saved"):
        replace_files({first: b"new a", second: b"new b", third: b"new c"})
    monkeypatch.undo()
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {"a.csv": b"old a", "b.csv": b"old b"}
    replace_files({first: b"new a", second: b"new b", third: b"new c"})
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {
        "a.csv": b"new a",
        "b.csv": b"new b",
        "c.csv": b"new c",
    }
