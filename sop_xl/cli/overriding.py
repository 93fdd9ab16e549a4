"""`sop-xl overrides`: which overrides still make sense, and what is done about the others."""

from __future__ import annotations

import argparse
import textwrap
from typing import TYPE_CHECKING, Any

from sop_xl.cli.parts import book_argument, command, say
from sop_xl.errors import InputError, PlanningError
from sop_xl.terminal import columns

if TYPE_CHECKING:
    import pandas as pd

MANUAL = """
Without options it lists sheet OverrideRadar: each override against the plan it
was typed against, as Demand Planning last saw it. The options carry a choice out:

  keep     today's plan is what it is held against from now on; its value stays
  re-base  its value becomes the same share of today's plan as it was of the plan
           it was typed against (a percentage is a share already and stays)
  drop     it ends; its row stays with its reason, and undo brings it back

The plan itself follows at the next run of Demand Planning.
"""
_WIDTH = 96


def add_command(commands: Any) -> None:
    """Add the command to the command line."""
    made = command(commands, "overrides", _overrides, "list what became of the overrides; keep, re-base or drop them",
        "sop-xl overrides plan.xlsx\n"
        "  sop-xl overrides plan.xlsx --rebase OV-1 --drop OV-2\n"
        "  sop-xl overrides plan.xlsx --apply          (what is typed in column Action)",
        MANUAL)  # fmt: skip
    book_argument(made)
    for option, says in (("keep", "keep it on today's plan"), ("rebase", "scale it to today's plan"),
                         ("drop", "end it")):  # fmt: skip
        made.add_argument(f"--{option}", action="append", default=[], metavar="NAME", help=f"{says}; may be repeated")
    made.add_argument("--apply", action="store_true", help="carry out what is typed in column Action of OverrideRadar")
    made.add_argument("--by", default="", metavar="PERSON", help="who says so (default: who is at the machine)")
    made.add_argument("--locked", action="store_true", help="change locked overrides too")


def _overrides(given: argparse.Namespace) -> None:
    from sop_xl.cycle.override_choices import DROP, KEEP, REBASE, choose
    from sop_xl.workbook.book import open_book

    book = open_book(given.book)
    pairs = [(n, a) for a, names in ((KEEP, given.keep), (REBASE, given.rebase), (DROP, given.drop)) for n in names]
    choices = dict(pairs)
    if len(choices) < len(pairs):
        twice = next(name for n, (name, _) in enumerate(pairs) if name in dict(pairs[:n]))
        raise InputError(f"override {twice} is named twice; it can be kept, re-based or dropped")
    if choices and given.apply:
        raise InputError("--apply carries out what is typed in the workbook; name overrides without it")
    if choices or given.apply:
        say(given, choose(book, choices or None, by=given.by, locked=given.locked))
        return
    radar = book.read(["override_radar"]).frames["override_radar"]
    if radar.empty:
        raise PlanningError("no override has been looked at yet; run Demand Planning first")
    print(listing(radar))


def listing(radar: pd.DataFrame) -> str:
    """Table `override_radar` for a terminal: a line of figures for each override, and its sentences below."""
    head = ["override", "status", "typed against", "now", "move", "with it", "ends", "action"]
    rows = [head]
    for row in radar.to_dict("records"):
        figures = [_number(row[name]) for name in ("typed_against", "now")]
        ends = "" if row["ends"] != row["ends"] else f"{row['ends']:%Y-%m-%d}"
        rows.append(
            [
                row["override"],
                row["status"],
                *figures,
                _share(row["move"]),
                _number(row["with_it"]),
                ends,
                row["action"],
            ]
        )
    top, *lines = columns(rows, right=(2, 3, 4, 5), indent="").splitlines()
    out = [top]
    for line, row in zip(lines, radar.to_dict("records"), strict=True):
        told = [row["asks"], row["says"], row["record"], f"last choice: {row['chosen']}" if row["chosen"] else ""]
        below = [part for text in told if text for part in textwrap.wrap(text, _WIDTH, subsequent_indent="  ")]
        out += [line, *(f"    {part}" for part in below)]
    return "\n".join(out)


def _number(value: float) -> str:
    return "" if value != value else f"{value:,.0f}"  # noqa: PLR0124 (NaN differs from itself)


def _share(value: float) -> str:
    return "" if value != value else f"{value:+.0%}".replace("%", " %")  # noqa: PLR0124 (NaN differs from itself)
