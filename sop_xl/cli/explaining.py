"""`sop-xl explain`: where a number of a workbook comes from."""

from __future__ import annotations

import argparse
from typing import Any

from sop_xl.cli.parts import book_argument, command
from sop_xl.errors import InputError
from sop_xl.terminal import columns

MANUAL = """
Name a cell, or a table with the values of its keys: the answer lists inputs, model, corrections, overrides, limits, the
step and run that wrote the number, and whether it is out of date. Nothing is written, except with --sheet.
"""


def add_command(commands: Any) -> None:
    """Add the command to a command line."""
    made = command(commands, "explain", _explain, "explain where a number comes from",
        "sop-xl explain plan.xlsx 'Consensus!H12'\n"
        "  sop-xl explain plan.xlsx --table inventory_targets --key item=BK-M68B-38 --key location=PLANT\n"
        "  sop-xl explain plan.xlsx --sheet           (answers what is typed on sheet Explain)", MANUAL)  # fmt: skip
    book_argument(made)
    made.add_argument(
        "cell", nargs="?", default="", metavar="CELL", help="a cell with its sheet, such as Consensus!H12"
    )
    made.add_argument("--table", default="", metavar="TABLE", help="a table instead of a cell, such as consensus")
    made.add_argument("--key", action="append", default=[], metavar="NAME=VALUE", help="a key of the row; repeated")
    made.add_argument("--column", default="", metavar="COLUMN", help="the column (default: the first number)")
    made.add_argument("--sheet", action="store_true", help="answer every question on sheet Explain, beside it")


def _explain(given: argparse.Namespace) -> None:
    from sop_xl.cycle.explain_number.answer import explain_book, explain_sheet
    from sop_xl.workbook.book import open_book

    book = open_book(given.book)
    if given.sheet:
        print(explain_sheet(book))
        return
    if given.table and given.cell:
        raise InputError("name a cell or a --table, not both")
    answer = explain_book(book, given.cell, table=given.table, keys=_keys(given))
    print(answer.title)
    rows = [[line.part if n == 0 or answer.lines[n - 1].part != line.part else "", line.says, line.sheet]
            for n, line in enumerate(answer.lines)]  # fmt: skip
    print(columns(rows))


def _keys(given: argparse.Namespace) -> dict[str, str]:
    keys = {}
    for part in given.key:
        name, mark, value = part.partition("=")
        if not mark:
            raise InputError(f"--key is written NAME=VALUE, got {part!r}")
        keys[name] = value
    return keys | ({"column": given.column} if given.column else {})
