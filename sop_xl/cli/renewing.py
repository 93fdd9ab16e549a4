"""`sop-xl renew`: a workbook of an older version becomes one of this version."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from sop_xl.cli.parts import command, say

MANUAL = """
A workbook is made once and belongs to its planners: sheets, tables and columns that
a later version of sop_xl brings are not in it. This makes a new workbook of this
version and moves everything into it: settings, what was typed, results, frozen
plans, and your own columns beside our tables as values. What is new starts as in an
empty workbook. Your own sheets, charts and pivot tables stay in the old file, which
is not touched; the report lists them. What it carried is not computed again: run
the cycle afterwards.
"""


def add_command(commands: Any) -> None:
    """Add the command to the command line."""
    renew = command(commands, "renew", _renew, "move a workbook of an older version into one of this version",
        "sop-xl renew plan.xlsx --out plan-new.xlsx\n  sop-xl run plan-new.xlsx", MANUAL)  # fmt: skip
    renew.add_argument("book", metavar="BOOK", type=Path, help="the workbook of an older version (.xlsx or .xlsm)")
    renew.add_argument("--out", type=Path, required=True, metavar="NEW", help="the new workbook (.xlsx)")


def _renew(given: argparse.Namespace) -> None:
    from sop_xl.cycle.renew import renew

    say(given, renew(given.book, given.out).says)
