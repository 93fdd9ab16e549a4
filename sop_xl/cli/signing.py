"""`sop-xl approve`, `reopen` and `roll`: a plan is signed, taken up again, and followed by the next cycle's."""

from __future__ import annotations

import argparse
from typing import Any

from sop_xl.cli.parts import book_argument, command, say

REOPENING = """
An approved plan is locked: a run that would change one of its numbers is refused,
with the numbers named. Reopened, it may be planned anew; the next Executive S&OP
names a new version that every role signs again. What was signed stays on sheet
ApprovedPlan, and sheet Decisions says who reopened it and why.
"""


def add_commands(commands: Any) -> None:
    """Add the commands to the command line."""
    approve = command(commands, "approve", _approve, "sign the plan for a role, as on sheet Decisions",
        "sop-xl approve plan.xlsx --role CFO --name 'A. Example'\n  sop-xl approve plan.xlsx --role CFO --name 'A. Example' --reject --note 'stock too high'")  # fmt: skip
    book_argument(approve)
    approve.add_argument("--role", required=True, help="who signs, one of the setting `approvers`")
    approve.add_argument("--name", required=True, help="name of the person")
    approve.add_argument("--note", default="", help="conditions")
    approve.add_argument("--reject", action="store_true", help="reject instead")

    reopen = command(commands, "reopen", _reopen, "reopen the approved plan of this cycle",
        "sop-xl reopen plan.xlsx --why 'order of a large customer cancelled'", REOPENING)  # fmt: skip
    book_argument(reopen)
    reopen.add_argument("--why", required=True, metavar="TEXT", help="the reason, for the register of decisions")

    roll = command(commands, "roll", _roll, "close the cycle and open the next one", "sop-xl roll plan.xlsx")
    book_argument(roll)


def _approve(given: argparse.Namespace) -> None:
    from sop_xl.cycle.sign import sign
    from sop_xl.workbook.book import open_book

    book = open_book(given.book)
    say(given, sign(book, {given.role: given.name}, approve=not given.reject, note=given.note))


def _reopen(given: argparse.Namespace) -> None:
    from sop_xl.cycle.sign import reopen_book
    from sop_xl.workbook.book import open_book

    say(given, reopen_book(open_book(given.book), given.why))


def _roll(given: argparse.Namespace) -> None:
    from sop_xl.cycle.sign import roll_book
    from sop_xl.workbook.book import open_book

    say(given, roll_book(open_book(given.book)))
