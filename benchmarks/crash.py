"""Kill `sop-xl run` at random moments: `python -m benchmarks.crash [--times 200] [BOOK.xlsx]` prints what docs/measured.md records.

Each time a fresh process plans a copy of a workbook and is killed (SIGKILL, which no program can answer) after a random
time: half of the times spread over the whole run, half over its last fifth, in which the file is written. Afterwards
the file must be the old one byte for byte, or a new one that opens, holds every table and is what a whole run writes;
nothing may be in the way of the next run. Needs a system with signals (not Windows).
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from benchmarks.machine import described
from sop_xl.cycle.run import run
from sop_xl.cycle.versions import fingerprint
from sop_xl.workbook.book import open_book
from sop_xl.workbook.tables import TABLES
from sop_xl.workbook.template.build import new_workbook

NOW = datetime(2026, 7, 3, 9, 0)
LOGS = ("audit_log", "journal", "steps")
"""Tables that say when and how long."""
_COMPANY = Path(__file__).resolve().parents[1] / "tests" / "company.py"


def small_company(path: Path) -> None:
    """The small company of the tests as a workbook, not yet planned."""
    spec = importlib.util.spec_from_file_location("company", _COMPANY)
    assert spec is not None
    assert spec.loader is not None
    company = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(company)
    new_workbook(path, frames=company.frames())


def planned(path: Path) -> None:
    """What is killed: the whole cycle on a workbook."""
    run(open_book(path), now=NOW)


def child(work: Callable[[], None]) -> int:
    """Do work in a process of its own; its number."""
    number = os.fork()
    if number == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return number


def content(path: Path) -> dict[str, str]:
    """Fingerprints of the tables of a workbook, those of the logs left out."""
    reading = open_book(path).read(TABLES)
    return {name: fingerprint(frame) for name, frame in reading.frames.items() if name not in LOGS}


def state(path: Path, old: bytes, new: dict[str, str]) -> str:
    """What a run that was killed left: old, new, or what is wrong."""
    if path.read_bytes() == old:
        return "old"
    try:
        with zipfile.ZipFile(path) as package:
            if package.testzip() is not None:
                return "a part is broken"
        found = content(path)
    except Exception as error:
        return f"does not open: {error}"
    differing = [name for name in new if found.get(name) != new[name]]
    return f"other tables: {', '.join(differing)}" if differing else "new"


def kills(book: Path, times: int, seed: int = 1) -> tuple[Counter[str], float]:
    """Kill so many runs; what each left, and how long a whole run takes [s]."""
    rng, left = random.Random(seed), Counter[str]()  # noqa: S311 (nothing secret)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "plan.xlsx"
        old = book.read_bytes()
        shutil.copy(book, path)
        began = time.monotonic()
        os.waitpid(child(lambda: planned(path)), 0)
        whole = time.monotonic() - began
        new = content(path)
        for turn in range(times):
            path.write_bytes(old)
            share = rng.uniform(0.0, 1.0) if turn % 2 else rng.uniform(0.8, 1.02)
            number = child(lambda: planned(path))
            time.sleep(share * whole)
            os.kill(number, signal.SIGKILL)
            os.waitpid(number, 0)
            left[state(path, old, new)] += 1
            if sys.stderr.isatty():
                print(f"\r{turn + 1} of {times}: {dict(left)}", end="", file=sys.stderr)
        planned(path)  # whatever the last one left, the next run goes on
        beside = sorted(other.name for other in path.parent.iterdir() if other != path)
        if beside:
            left[f"left behind: {', '.join(beside)}"] += 1
    return left, whole


def main(arguments: list[str] | None = None) -> int:
    """Print the table; 1 if any file was neither old nor new."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("book", nargs="?", type=Path, help="a workbook to plan (default: a small company)")
    parser.add_argument("--times", type=int, default=200)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        book = given.book
        if book is None:
            book = Path(name) / "small.xlsx"
            small_company(book)
        left, whole = kills(book, given.times)
    print(f"{described()}\n\n{given.times} runs of {whole:.1f} s killed at random moments\n")
    print("| left | times |\n|---|---|")
    for what, count in left.most_common():
        print(f"| {what} | {count} |")
    return int(bool(set(left) - {"old", "new"}))


if __name__ == "__main__":
    sys.exit(main())
