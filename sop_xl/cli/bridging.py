"""`sop-xl bridge`: from the last plan to this one by cause, and what must be true to reach the budget."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from sop_xl.cli.parts import book_argument, command
from sop_xl.errors import InputError
from sop_xl.terminal import columns

if TYPE_CHECKING:
    import pandas as pd

MANUAL = """
`demand`, `supply` (what is sold) and `parts` walk from the plan signed last to this one, a bar for each
cause, over the months both cover: the last plan and the bars add up to this plan.
`margin` and `revenue` list what must be true to reach the budget: the changes that
close the gap with the least effort. Nothing is computed: it is what the last run of
Pre-S&OP and Executive S&OP wrote on sheets BridgeSteps and MustBeTrue.
"""


def add_commands(commands: Any) -> None:
    """Add the command to the command line."""
    bridge = command(commands, "bridge", _bridge, "say why this plan differs from the last one, or how to reach the budget",
        "sop-xl bridge plan.xlsx\n  sop-xl bridge plan.xlsx --of supply --family Bikes\n"
        "  sop-xl bridge plan.xlsx --items\n  sop-xl bridge plan.xlsx --of margin", MANUAL)  # fmt: skip
    book_argument(bridge)
    bridge.add_argument(
        "--of",
        choices=("demand", "supply", "parts", "margin", "revenue"),
        default="demand",
        help="which way (default: demand)",
    )
    bridge.add_argument("--family", default="Total", help="a family instead of all of them (demand, supply, parts)")
    bridge.add_argument("--items", action="store_true", help="list the items behind each bar, of all families")


def _bridge(given: argparse.Namespace) -> None:
    from sop_xl.workbook.book import open_book

    frames = open_book(given.book).read(("plan_bridge", "plan_bridge_rows", "must_be_true")).frames
    if given.of in ("margin", "revenue"):
        print(must_be_true(frames["must_be_true"], given.of))
    else:
        print(bars(frames["plan_bridge"], frames["plan_bridge_rows"], given.of, given.family, given.items))


def bars(steps: pd.DataFrame, rows: pd.DataFrame, part: str, family: str, items: bool) -> str:
    """The bars of a bridge, with the items behind each if wanted; raises InputError for a family it does not have."""
    mine = steps[steps["part"].eq(part)]
    if mine.empty:
        return "there is no bridge yet; run Pre-S&OP (sop-xl run BOOK --step pre_sop) after a plan of an earlier cycle was signed"
    if mine["number"].eq(0).all():
        return str(mine.iloc[0]["says"])
    mine = mine[mine["family"].eq(family)]
    if mine.empty:
        known = steps.loc[steps["part"].eq(part), "family"].unique()
        raise InputError(f"the bridge has no family {family!r}; it has {', '.join(known)}")
    lines = []
    for row in mine.to_dict("records"):
        lines.append([row["step"], f"{round(row['units']):,}", f"{round(row['money']):,}", row["says"]])
        if items:
            behind = rows[rows["number"].eq(row["number"])]
            lines += [["  " + r["item"], f"{round(r['units']):+,}", f"{round(r['money']):+,}", r["family"]]
                      for r in behind.to_dict("records")]  # fmt: skip
    return columns([["", "units", "money", ""], *lines], right=(1, 2), indent="")


def must_be_true(table: pd.DataFrame, of: str) -> str:
    """What must be true to reach the budget of margin or revenue, a line a change."""
    mine = table[table["of"].eq(of)]
    if mine.empty:
        return "nothing is known yet; run Executive S&OP (sop-xl run BOOK --step executive_sop)"
    lines = [
        [
            "" if row["money"] != row["money"] else f"{row['money']:,.0f}",
            "" if row["left"] != row["left"] else f"{row['left']:,.0f}",
            row["says"],
        ]
        for row in mine.to_dict("records")
    ]
    return columns([["worth", "gap left", ""], *lines], right=(0, 1), indent="")
