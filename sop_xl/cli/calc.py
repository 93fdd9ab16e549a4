"""`sop-xl calc`: the functions and commands inside LibreOffice Calc."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from sop_xl.cli.parts import command, say

MANUAL = """
install  builds the extension and installs it for you; LibreOffice must be closed
remove   takes it out again
build    writes the extension into a file (default: sop_xl.oxt), to be opened by
         hand with Tools, Extensions
repair   gives the functions in an .xlsx that LibreOffice saved the names that
         Excel knows; the file as it was is kept beside it

The extension starts this Python for its maths; --python names another one that
has sop_xl, such as that of a machine the file is built for.
"""


def add_command(commands: Any) -> None:
    """Add the command to the command line."""
    calc = command(commands, "calc", _calc, "put the functions and commands into LibreOffice Calc",
        "sop-xl calc install\n  sop-xl calc build --out sop_xl.oxt\n  sop-xl calc repair plan.xlsx",
        MANUAL)  # fmt: skip
    calc.add_argument("action", choices=("install", "remove", "build", "repair"), metavar="ACTION",
        help="install, remove, build or repair")  # fmt: skip
    calc.add_argument("book", type=Path, nargs="?", metavar="BOOK", help="the workbook to repair")
    calc.add_argument("--out", type=Path, metavar="FILE", help="where build writes the extension")
    calc.add_argument("--python", metavar="FILE", default="", help="the Python of the worker (default: this one)")


def _calc(given: argparse.Namespace) -> None:
    import sys

    from sop_xl.errors import InputError
    from udfs.hosts.calc import build, install, repair

    python = given.python or sys.executable
    if given.action == "build":
        made = build.build(given.out or Path(build.FILE_NAME), python)
        say(given, f"{made} is built; open it with LibreOffice, or: sop-xl calc install")
    elif given.action == "install":
        say(given, install.install(python))
    elif given.action == "remove":
        say(given, install.remove())
    elif given.book is None:
        raise InputError("repair needs the workbook: sop-xl calc repair plan.xlsx")
    else:
        say(given, repair.repair(given.book))
