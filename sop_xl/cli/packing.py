"""`sop-xl pack`: the pre-S&OP pack as PDF."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from sop_xl.cli.parts import book_argument, command, say
from sop_xl.terminal import progress

MANUAL = """
Ten to fifteen pages for the people of the meeting, A4 across: what the plan serves
and earns, demand, accuracy, anomalies and overrides, load, stock, gaps with their
options, a page for each of the largest, scenarios, the way from budget to plan,
assumptions, risks and actions, and the decisions asked with space to sign. Every
title says what its numbers say. A page that has nothing to show is left out.

The numbers are those that stand in the workbook; nothing is computed again and
nothing is written into it.
"""


def add_command(commands: Any) -> None:
    """Add the command to the command line."""
    pack = command(commands, "pack", _pack, "write the pre-S&OP pack as PDF",
        "sop-xl pack plan.xlsx\n"
        "  sop-xl pack plan.xlsx --out july.pdf\n"
        "  sop-xl pack plan.xlsx --executive", MANUAL)  # fmt: skip
    book_argument(pack)
    pack.add_argument("--out", type=Path, metavar="FILE",
        help="the PDF (default: beside the workbook, under its name)")  # fmt: skip
    pack.add_argument("--executive", action="store_true", help="only the executive page, as a PDF of one page")


def _pack(given: argparse.Namespace) -> None:
    from sop_xl.pack.build import beside, write_pack
    from sop_xl.workbook.book import open_book

    book = open_book(given.book)
    out = given.out or beside(Path(given.book), executive_only=given.executive)
    with progress("drawing the pack", quiet=given.quiet) as report:
        made = write_pack(book, out, executive_only=given.executive, progress=report)
    say(given, f"{made.path}: {made.pages} page{'s' if made.pages != 1 else ''}")
