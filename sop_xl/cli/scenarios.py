"""`sop-xl scenario`: what might happen, side by side; add from the library, make one the plan, remove."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from sop_xl.cli.parts import book_argument, command, say
from sop_xl.errors import InputError
from sop_xl.terminal import columns, progress

if TYPE_CHECKING:
    import pandas as pd

MANUAL = """
Without an option it lists the scenarios of the workbook with their changes and
figures, as Pre-S&OP found them last. --add takes a template of the library
(--library lists them with what they would change in this workbook); --compare
puts the figures side by side; --promote makes a scenario the plan: its changes
go into the tables they belong to, demand into Overrides, and undo takes all of
it back.
"""
SHOWN = ("Service level", "Revenue", "Margin", "Stock value")


def add_command(commands: Any) -> None:
    """Add the command to the command line."""
    scenario = command(commands, "scenario", _scenario, "list, add, compare and promote scenarios",
        "sop-xl scenario plan.xlsx\n"
        "  sop-xl scenario plan.xlsx --library\n"
        "  sop-xl scenario plan.xlsx --add 'Port closure' --as 'Rotterdam closed'\n"
        "  sop-xl run plan.xlsx --step pre_sop && sop-xl scenario plan.xlsx --compare\n"
        "  sop-xl scenario plan.xlsx --promote Upside && sop-xl run plan.xlsx",
        MANUAL)  # fmt: skip
    book_argument(scenario)
    one = scenario.add_mutually_exclusive_group()
    one.add_argument("--library", action="store_true", help="list the templates and what each would change here")
    one.add_argument("--kinds", action="store_true", help="list the kinds of change and what target and value mean")
    one.add_argument("--add", metavar="TEMPLATE", help="add a template of the library as a scenario")
    one.add_argument("--compare", action="store_true", help="put the figures of all scenarios side by side")
    one.add_argument("--promote", metavar="NAME", help="make a scenario the plan")
    one.add_argument("--remove", metavar="NAME", help="take a scenario and its changes out")
    scenario.add_argument("--as", dest="name", default="", metavar="NAME", help="with --add: name of the scenario")


def _scenario(given: argparse.Namespace) -> None:
    from sop_xl.cycle.scenario_desk import add_scenarios, promote_scenario, remove_scenario
    from sop_xl.workbook.book import open_book

    if given.name and given.add is None:
        raise InputError("--as names a scenario that is added; give --add TEMPLATE too")
    for option, named in (("--add", given.add), ("--promote", given.promote), ("--remove", given.remove)):
        if named is not None and not named.strip():
            raise InputError(f"{option} needs a name")
    book = open_book(given.book)
    if given.add or given.promote or given.remove:
        with progress("scenarios", quiet=given.quiet) as report:
            report("reading the workbook", 0.2)
            if given.add:
                says = add_scenarios(book, {given.add: given.name})
            elif given.promote:
                says = promote_scenario(book, given.promote)
            else:
                says = remove_scenario(book, given.remove)
        say(given, says)
        return
    if given.kinds:
        from sop_xl.workbook.tables.scenarios import CHANGE_KINDS

        print(columns([["kind", "target", "value"], *([k.kind, k.target, k.value] for k in CHANGE_KINDS)]))
        return
    frames = book.read().frames
    if given.library:
        from sop_xl.cycle.disruptions import library

        found = library(frames)
        print(columns([["template", "here it would be"], *found[["template", "would_change"]].to_numpy().tolist()]))
    else:
        print(_compared(frames["scenario_kpis"]) if given.compare else _listed(frames))


def _listed(frames: dict[str, pd.DataFrame]) -> str:
    """The scenarios, a few figures of each, and their changes."""
    from sop_xl.cycle.scenario import told

    kpis, changes = frames["scenario_kpis"], frames["scenario_changes"]
    wide = kpis.pivot_table(index="scenario", columns="kpi", values="value") if len(kpis) else kpis
    unit = dict(zip(kpis["kpi"], kpis["unit"], strict=True))
    rows = [["scenario", *SHOWN, "changes"]]
    for row in frames["scenarios"].to_dict("records"):
        name = str(row["scenario"])
        mine = changes[changes["scenario"].eq(name)]
        state = f"promoted ({row['promoted']}): " if row["promoted"] else "" if row["active"] else "not active: "
        figures = [_shown(_figure(wide, name, kpi), unit.get(kpi, "")) for kpi in SHOWN]
        rows.append([name, *figures, state + (told(mine) if len(mine) else "the plan as it stands")])
    return columns(rows, right=tuple(range(1, 1 + len(SHOWN))))


def _figure(wide: pd.DataFrame, scenario: str, kpi: str) -> float:
    known = scenario in wide.index and kpi in wide.columns
    return float(wide[kpi].to_dict()[scenario]) if known else float("nan")


def _compared(kpis: pd.DataFrame) -> str:
    """The figures of every scenario side by side, and under each its difference to Base."""
    if kpis.empty:
        raise InputError("no scenario has figures yet; run Pre-S&OP first: sop-xl run BOOK --step pre_sop")
    names = list(dict.fromkeys(kpis["scenario"]))
    rows = [["", *names]]
    for kpi, mine in kpis.groupby("kpi", sort=False):
        unit = str(mine["unit"].iloc[0])
        one = mine.drop_duplicates("scenario").set_index("scenario")
        values = [float(one["value"].get(name, float("nan"))) for name in names]
        base = one["base"].iloc[0]
        label = str(kpi) if unit == "share" else f"{kpi} [{unit}]"
        rows.append([label, *(_shown(value, unit) for value in values)])
        rows.append(["", *("" if n == "Base" else _moved(v - base, unit) for n, v in zip(names, values, strict=True))])
    return columns(rows, right=tuple(range(1, len(rows[0]))))


def _shown(value: float, unit: str) -> str:
    if value != value:  # noqa: PLR0124 (NaN differs from itself)
        return "-"
    return f"{value:.1%}" if unit == "share" else f"{value:,.0f}"


def _moved(value: float, unit: str) -> str:
    if value != value:  # noqa: PLR0124 (NaN differs from itself)
        return ""
    return f"{100 * value:+.1f} pt" if unit == "share" else f"{value:+,.0f}"
