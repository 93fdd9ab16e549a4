"""`sop-xl practice`: a workbook with problems to find, and its marking."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from sop_xl.cli.parts import command, say
from sop_xl.terminal import progress

MANUAL = """
The demo company, planned, in which twelve things went wrong: data, settings, an
override, a risk, a scenario. Their stories are on sheet Actions. Find each one,
put it right on its sheet, save, and have the workbook marked with --check.
"""


def add_command(commands: Any) -> None:
    """Add the command to the command line."""
    practice = command(commands, "practice", _practice, "practise on a workbook in which things went wrong",
        "sop-xl practice --out practice\n  sop-xl practice --check practice/SOP_practice.xlsx --hints", MANUAL)  # fmt: skip
    practice.add_argument("--out", type=Path, default=Path("practice"), metavar="FOLDER",
        help="where to put SOP_practice.xlsx (default: practice)")  # fmt: skip
    practice.add_argument("--check", metavar="BOOK", help="mark this workbook instead")
    practice.add_argument("--hints", action="store_true", help="say where to look for what is still open")
    practice.add_argument("--answers", action="store_true", help="say what every problem was")


def _practice(given: argparse.Namespace) -> None:
    from sop_xl.demo import practice

    if given.check is not None:
        from sop_xl.cycle.run import status
        from sop_xl.workbook.book import open_book

        desk = status(open_book(given.check))[0]
        print("\n".join(practice.report(desk.frames, desk.context, hints=given.hints, answers=given.answers)))
        return
    with progress("building the practice workbook", quiet=given.quiet) as report:
        made = practice.build(given.out, progress=report)
    if made.kept:
        say(given, f"the workbook that stood there is kept as {made.kept}")
    say(
        given,
        f"{made.book}: {made.summary}\nOpen it, put things right, save, then: sop-xl practice --check {made.book}",
    )
