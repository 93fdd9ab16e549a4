"""`sop-xl replay`: how past cycles would have gone with the settings of today."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from sop_xl.cli.parts import book_argument, command, say
from sop_xl.terminal import columns, progress

if TYPE_CHECKING:
    import pandas as pd

MANUAL = """
The last cycles are planned again with the settings that stand in the workbook now,
each with the history up to its own last month, and held against what was sold:
accuracy at the lag on Control, and service and stock of a simple simulation. Beside
it stand the plans frozen then, where there are any, and the naive ones.

What it assumes: corrections and events count as typed today; orders go out once a
month up to the level of the targets, sources always deliver, lots and capacity do
not bind; sales lost then are in no history, so that service is a little too good.

Writes sheet Replay and nothing else; undo takes it back.
"""


def add_command(commands: Any) -> None:
    """Add the command to the command line."""
    replay = command(commands, "replay", _replay, "plan past cycles again with the settings of today",
        "sop-xl replay plan.xlsx\n  sop-xl replay plan.xlsx --cycles 12", MANUAL)  # fmt: skip
    book_argument(replay)
    replay.add_argument("--cycles", type=int, default=6, metavar="N", help="how many past cycles (default: 6)")


def _replay(given: argparse.Namespace) -> None:
    from sop_xl.cycle.replay import replay_book
    from sop_xl.workbook.book import open_book

    book = open_book(given.book)
    with progress("replaying", quiet=given.quiet) as report:
        done = replay_book(book, given.cycles, progress=report)
    say(given, _table(done.table))
    print(done.says)


def _table(table: pd.DataFrame) -> str:
    rows = [["cycle", "plan", "WMAPE", "bias", "demand", "on time", "mean stock"]]
    last = ""
    for row in table.to_dict("records"):
        figures = [_share(row[name]) for name in ("wmape", "bias", "service")]
        name = row["cycle"] if row["cycle"] != last else ""
        last = row["cycle"]
        rows.append([name, row["plan"], *figures[:2], f"{row['demand']:,.0f}", figures[2], f"{row['stock']:,.0f}"])
    return columns(rows, right=(2, 3, 4, 5, 6), indent="")


def _share(value: float) -> str:
    return f"{100 * value:.1f} %" if value == value else "-"  # noqa: PLR0124 (NaN differs from itself)
