"""Commands on the scenarios of a book: add from the library, remove, make one the plan."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import pandas as pd

from sop_xl.cycle import disruptions, promote, scenario
from sop_xl.cycle.desk import context_of, write
from sop_xl.cycle.keeping import plain, shaped
from sop_xl.cycle.step import Context, Frames, silent
from sop_xl.errors import InputError, PlanningError
from sop_xl.workbook.book import Book
from sop_xl.workbook.frames import with_defaults
from sop_xl.workbook.tables import TABLES

SIDE_BY_SIDE = 5
"""Scenarios the page PreSOP shows, Base among them."""


def add_scenarios(book: Book, wanted: Mapping[str, str], *, user: str = "", now: datetime | None = None) -> str:
    """Add templates of the library to a book as scenarios: `wanted` has the name of each by its template.

    A blank name takes that of the template. Raises `InputError` where one cannot be tried on this book.
    """
    with book.lock():
        frames, context = _opened(book, user, now)
        after = added(frames, wanted, context)
        write(book, frames, after, context, f"add scenario {', '.join(_named(wanted))}", silent)
    return _told(after, _named(wanted))


def add_flagged(book: Book, *, user: str = "", now: datetime | None = None) -> str:
    """Add the templates whose column Add is TRUE on sheet ScenarioLibrary, and set it back."""
    with book.lock():
        frames, context = _opened(book, user, now)
        rows = plain(frames["scenario_library"])
        flags = rows[rows["add"]]
        if flags.empty:
            raise PlanningError("set Add to TRUE in a row of sheet ScenarioLibrary and press again")
        wanted = dict(zip(flags["template"], flags["add_as"], strict=True))
        after = added(frames, wanted, context)
        after["scenario_library"] = rows.assign(add=False, add_as="")
        write(book, frames, after, context, f"add scenario {', '.join(_named(wanted))}", silent)
    return _told(after, _named(wanted))


def remove_scenario(book: Book, name: str, *, user: str = "", now: datetime | None = None) -> str:
    """Take a scenario and its changes out of a book."""
    with book.lock():
        frames, context = _opened(book, user, now)
        _known(frames, name)
        if name == scenario.BASE:
            raise InputError("Base is the plan itself and cannot be removed")
        after = {}
        for table in ("scenarios", "scenario_changes", "scenario_kpis"):
            rows = plain(frames[table])
            after[table] = rows[rows["scenario"].ne(name)].reset_index(drop=True)
        write(book, frames, after, context, f"remove scenario {name}", silent)
    return f"scenario {name} is removed; undo puts it back"


def promote_scenario(book: Book, name: str = "", *, user: str = "", now: datetime | None = None) -> str:
    """Make a scenario the plan, the one flagged on sheet Scenarios if none is named; what was written, by line."""
    with book.lock():
        frames, context = _opened(book, user, now)
        chosen = name or promote.flagged(frames["scenarios"])
        done = promote.promoted(frames, context, chosen)
        write(book, frames, done.frames, context, f"promote scenario {chosen}", silent)
    lines = [f"scenario {chosen} is the plan now:", *(f"  {line}" for line in done.says)]
    return "\n".join([*lines, "run Demand Planning to Pre-S&OP to balance it; undo takes all of it back"])


def added(frames: Frames, wanted: Mapping[str, str], context: Context) -> dict[str, pd.DataFrame]:
    """Tables `scenarios` and `scenario_changes` with templates of the library added, each tried on these tables."""
    listed, changes = plain(frames["scenarios"]), plain(frames["scenario_changes"])
    for template, asked in wanted.items():
        of = disruptions.template(template)
        name = asked.strip() or of.name
        if listed["scenario"].str.casefold().eq(name.casefold()).any():
            raise InputError(f"there is a scenario {name!r} already; give it another name, or remove it first")
        try:
            rows = disruptions.changes(of, frames, name)
        except InputError as error:
            raise InputError(f"{of.name} cannot be tried here: {error}") from None
        scenario.apply(frames, rows, context)
        row = pd.DataFrame([{"scenario": name, "says": of.story, "active": True, "owner": context.user}])
        listed = pd.concat([listed, shaped(TABLES["scenarios"], row)], ignore_index=True)
        changes = pd.concat([changes, shaped(TABLES["scenario_changes"], rows)], ignore_index=True)
    return {"scenarios": listed, "scenario_changes": changes}


def _opened(book: Book, user: str, now: datetime | None) -> tuple[dict[str, pd.DataFrame], Context]:
    frames = {name: with_defaults(TABLES[name], frame) for name, frame in book.read(TABLES).frames.items()}
    return frames, context_of(frames["control"], now=now or datetime.now(), user=user)


def _known(frames: Frames, name: str) -> None:
    listed = frames["scenarios"]["scenario"]
    if not listed.eq(name).any():
        raise InputError(f"there is no scenario {name!r}; sheet Scenarios has {', '.join(listed)}")


def _named(wanted: Mapping[str, str]) -> list[str]:
    return [asked.strip() or disruptions.template(template).name for template, asked in wanted.items()]


def _told(after: Frames, names: list[str]) -> str:
    changes = after["scenario_changes"]
    lines = [f"{name}: {scenario.told(changes[changes['scenario'].eq(name)])}" for name in names]
    active = int(after["scenarios"]["active"].sum())
    if active > SIDE_BY_SIDE:
        lines.append(f"{active} scenarios are active; page PreSOP shows {SIDE_BY_SIDE}, sheet ScenarioKPIs all of them")
    return "\n".join([*lines, "run Pre-S&OP to see what it does"])
