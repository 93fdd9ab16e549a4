"""`sop-xl options`: what could be done about the largest gaps, and taking one into a scenario."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from sop_xl.cli.parts import book_argument, command, say

if TYPE_CHECKING:
    import pandas as pd

MANUAL = """
Lists the options of the largest gaps, as the last Pre-S&OP computed them: each
is the plan balanced again with it. The recommended one is marked *.

--take writes an option as changes of a scenario; --apply does so with every row
ticked in column Take of sheet GapOptions. The scenario is computed by the next
Pre-S&OP, and sop-xl undo takes the changes back.
"""


def add_command(commands: Any) -> None:
    """Add the command to the command line."""
    options = command(commands, "options", _options, "list the options of the gaps, and take one into a scenario",
        "sop-xl options plan.xlsx\n  sop-xl options plan.xlsx --take 'Bike Racks 2020-03' --option expedite\n"
        "  sop-xl options plan.xlsx --apply --scenario 'Agreed options'\n  sop-xl run plan.xlsx --step pre_sop",
        MANUAL)  # fmt: skip
    book_argument(options)
    options.add_argument("--family", default="", help="list the gaps of one family only")
    doing = options.add_mutually_exclusive_group()
    doing.add_argument("--take", metavar="GAP", help="take an option of this gap: its family and month")
    doing.add_argument("--apply", action="store_true", help="write every option ticked on sheet GapOptions")
    options.add_argument("--option", metavar="NAME", help="which option is taken, such as overtime")
    options.add_argument("--scenario", metavar="NAME", help="the scenario it is written into (Agreed options)")


def _options(given: argparse.Namespace) -> None:
    from sop_xl.cycle.taking import AGREED, apply, take
    from sop_xl.errors import InputError
    from sop_xl.workbook.book import open_book

    book = open_book(given.book)
    if (given.take and not given.option) or (given.option and not given.take):
        raise InputError("--take GAP and --option NAME belong together")
    if given.take:
        say(given, take(book, given.take, given.option, to=given.scenario or AGREED))
    elif given.apply:
        say(given, apply(book, to=given.scenario or AGREED))
    elif given.scenario:
        raise InputError("--scenario goes with --take or --apply")
    else:
        frames = book.read(("gaps", "gap_options")).frames
        print(listed(frames["gaps"], frames["gap_options"], given.family))


def listed(gaps: pd.DataFrame, options: pd.DataFrame, family: str = "") -> str:
    """The gaps that have options, each with them, for a terminal.

    Raises
    ------
    PlanningError
        If there are none.

    """
    from sop_xl import periods
    from sop_xl.cycle.keeping import records
    from sop_xl.errors import PlanningError
    from sop_xl.terminal import columns

    options = options[options["says"].ne("")]
    shown = options[options["family"].eq(family)] if family else options
    if shown.empty:
        raise PlanningError(
            f"there are no options{f' for family {family!r}' if family else ''}; "
            + ("the families are " + ", ".join(dict.fromkeys(options["family"])) if len(options) else
               "run Pre-S&OP, or nothing is short")
        )  # fmt: skip
    said = {(row["family"], row["period"]): row["says"] for row in records(gaps)}
    lines = []
    for _, mine in shown.groupby(["family", "period"], sort=False):
        name, month = str(mine["family"].iloc[0]), mine["period"].iloc[0]
        lines += ["", f"{name} {periods.label(month)}", f"  {said.get((name, month), '')}"]
        heads = ["", "option", "cost", "margin", "worth", "on time", "service", "decide by", ""]
        rows = [
            [
                "*" if row["recommended"] else "", row["option"], f"{row['cost']:,.0f}", f"{row['margin_saved']:,.0f}",
                f"{row['net_worth']:,.0f}", f"{row['recovered']:,.0f}", f"{row['service']:.2%}",
                "" if row["decide_by"] != row["decide_by"] else f"{row['decide_by']:%Y-%m-%d}",
                "taken" if row["take"] else "" if row["changes"] or row["option"] == "do nothing" else "no scenario",
            ]
            for row in records(mine)
        ]  # fmt: skip
        lines.append(columns([heads, *rows], right=(2, 3, 4, 5, 6)))
    return "\n".join(lines).lstrip("\n")
