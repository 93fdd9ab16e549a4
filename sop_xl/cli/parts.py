"""What the commands of the command line have in common."""

from __future__ import annotations

import argparse
from typing import Any


def command(commands: Any, name: str, run: Any, says: str, examples: str, manual: str = "") -> argparse.ArgumentParser:
    """Add a command with its manual, examples and the options all commands have."""
    made: argparse.ArgumentParser = commands.add_parser(
        name,
        help=says,
        description=f"{says[0].upper()}{says[1:]}.\n{manual}".rstrip(),
        epilog=f"examples:\n  {examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.set_defaults(run=run)
    made.add_argument("--quiet", "-q", action="store_true", help="no progress bar, no summary")
    made.add_argument("--verbose", "-v", action="store_true", help="the log on standard error, and tracebacks")
    return made


def book_argument(command: argparse.ArgumentParser) -> None:
    """Add the argument that names a workbook."""
    command.add_argument("book", metavar="BOOK", help="the workbook (.xlsx), or a folder of CSV files")


def say(given: argparse.Namespace, text: str) -> None:
    """Print a line, unless the user wants quiet."""
    if not given.quiet:
        print(text)
