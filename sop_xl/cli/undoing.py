"""`sop-xl undo` and `sop-xl redo`: the last commands that wrote into a workbook, taken back and done again."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from sop_xl.cli.parts import book_argument, command, say
from sop_xl.terminal import columns

if TYPE_CHECKING:
    from sop_xl.workbook.book import Book

MANUAL = """
The workbook keeps what stood before its last 20 commands, so this works after saving, on another machine and on a
copy another program saved. What people typed since stays; where a cell they changed would be put back, the sheet, row
and column are named and nothing is written.
"""


def add_commands(commands: Any) -> None:
    """Add both commands to a command line."""
    undo = command(commands, "undo", _undo, "undo the last commands that wrote",
        "sop-xl undo plan.xlsx\n  sop-xl undo plan.xlsx --list\n  sop-xl undo plan.xlsx --steps 3", MANUAL)  # fmt: skip
    _arguments(undo, "undo")
    undo.add_argument("--list", action="store_true", help="show what can be undone and done again; write nothing")
    redo = command(commands, "redo", _redo, "do what was undone again",
        "sop-xl redo plan.xlsx\n  sop-xl redo plan.xlsx --steps 3", MANUAL)  # fmt: skip
    _arguments(redo, "do again")


def _arguments(made: argparse.ArgumentParser, verb: str) -> None:
    book_argument(made)
    made.add_argument("--steps", type=int, default=1, metavar="N", help=f"how many commands to {verb} (default: 1)")
    made.add_argument("--force", action="store_true", help="even where it gives up what was typed since")


def _undo(given: argparse.Namespace) -> None:
    from sop_xl.cycle.undoing import undo_book, undo_list

    book = _open(given)
    if given.list:
        entries = undo_list(book)
        rows = [[f"{e.when:%Y-%m-%d %H:%M}", "undone" if e.undone else "", f"{len(e.tables)} table{'' if len(e.tables) == 1 else 's'}", e.command]
                for e in reversed(entries)]  # fmt: skip
        print(columns(rows) if rows else "no command can be undone: the journal is empty")
        return
    say(given, f"undone: {undo_book(book, steps=given.steps, force=given.force)}")


def _redo(given: argparse.Namespace) -> None:
    from sop_xl.cycle.undoing import redo_book

    say(given, f"done again: {redo_book(_open(given), steps=given.steps, force=given.force)}")


def _open(given: argparse.Namespace) -> Book:
    from sop_xl.workbook.book import open_book

    return open_book(given.book)
