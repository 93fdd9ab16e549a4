"""`sop-xl freeze`: a copy of the workbook for people who have nothing installed."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from sop_xl.cli.parts import command, say

FREEZE = """
A copy that needs nothing installed. Values and native formulas stay; every cell
that calls one of our functions becomes its last value, with the formula as a
note. Links to the add-in and its ribbon are taken out; a copy saved as .xlsx has
no macros. The cover says of what, when and by whom it was frozen, with the
SHA-256 of its tables. The workbook itself is not touched: what was saved last is
what is frozen.

--check compares a frozen copy with that fingerprint and names the tables that no
longer hold what was frozen (exit code 1). It shows changes; it is no signature.
"""


def add_command(commands: Any) -> None:
    """Add the command to the command line."""
    freeze = command(commands, "freeze", _freeze, "write a copy for sharing that needs nothing installed",
        "sop-xl freeze plan.xlsx --out plan-2026-07.xlsx\n"
        "  sop-xl freeze plan.xlsx --out plan-for-sales.xlsx --private finance_totals --private cost_to_serve\n"
        "  sop-xl freeze --check plan-2026-07.xlsx", FREEZE)  # fmt: skip
    freeze.add_argument("book", metavar="BOOK", type=Path, nargs="?", help="the workbook (.xlsx or .xlsm)")
    freeze.add_argument("--out", type=Path, metavar="FILE", help="where the copy goes")
    freeze.add_argument(
        "--strip-journal", action="store_true", help="empty the audit log and the images behind undo in the copy"
    )
    freeze.add_argument("--private", action="append", nargs="+", default=[], metavar="TABLE",
        help="empty these tables in the copy, and the journal with them")  # fmt: skip
    freeze.add_argument("--blank", action="store_true", help="empty cells whose function was never calculated")
    freeze.add_argument("--check", type=Path, metavar="FILE", help="has a frozen copy been changed since?")


def _freeze(given: argparse.Namespace) -> int:
    from sop_xl.cycle.freeze import check_frozen, freeze_book
    from sop_xl.errors import InputError

    if given.check is not None:
        found = check_frozen(given.check)
        say(given, found.stamp.says)
        print(found.says)
        return 0 if found.same else 1
    if given.book is None or given.out is None:
        raise InputError("freeze needs the workbook and where the copy goes: sop-xl freeze plan.xlsx --out copy.xlsx")
    private = [name for names in given.private for name in names]
    made = freeze_book(given.book, given.out, strip_journal=given.strip_journal, private=private, blank=given.blank)
    say(given, made.says)
    return 0
