"""`sop-xl health`: what is broken in a workbook, and its repair line by line."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from sop_xl.cli.parts import command, say

MANUAL = """
Compares a workbook with the template it was made from, and lists what is broken:
values pasted over formulas, numbers and dates that are text, lost drop-downs and
colours, rows below a table, renamed columns, keys that stand twice, links to
other files, hidden sheets, names that point nowhere, errors, passwords, manual
calculation, sheets far larger than their data.

--repair mends the findings with these numbers and nothing else; what it cannot
mend says what to do by hand. The file as it was is kept beside it. The exit code
is 1 while something is found.
"""


def add_command(commands: Any) -> None:
    """Add the command to the command line."""
    health = command(commands, "health", _health, "find what is broken in a workbook, and mend it line by line",
        "sop-xl health plan.xlsx\n  sop-xl health plan.xlsx --repair 3 5\n"
        "  sop-xl health plan.xlsx --repair all --out mended.xlsx", MANUAL)  # fmt: skip
    health.add_argument("book", metavar="BOOK", type=Path, help="the workbook (.xlsx or .xlsm)")
    health.add_argument("--repair", nargs="+", default=[], metavar="N", help="numbers of findings, or all")
    health.add_argument("--out", type=Path, metavar="FILE", help="write the mended workbook there instead")


def _health(given: argparse.Namespace) -> int:
    from sop_xl.workbook.health.checkup import checkup, listed, repair

    if not given.repair:
        found = checkup(given.book)
        print(listed(found, given.book.name))
        return 1 if found else 0
    done = repair(given.book, _numbers(given.repair), out=given.out)
    say(given, done.says)
    return 0


def _numbers(words: list[str]) -> list[int] | None:
    from sop_xl.errors import InputError

    if words == ["all"]:
        return None
    for word in words:
        if not word.isdigit():
            raise InputError(f'--repair takes numbers of findings, or all; "{word}" is neither')
    return [int(word) for word in words]
