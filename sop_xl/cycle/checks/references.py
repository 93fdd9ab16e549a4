"""Do the names used exist? Orphans of every kind, and codes that differ only in how they are typed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pandas as pd

from sop_xl.cycle.checks.check import Finding, check, findings, one_per_row
from sop_xl.cycle.step import Context, Frames
from sop_xl.workbook.schema import Role, Severity
from sop_xl.workbook.tables import TABLES


def _orphans(frames: Frames, target: str) -> Iterator[Finding]:
    known_table, known_column = target.split(".")
    known = set(frames[known_table][known_column])
    for table in TABLES.values():
        if table.name not in frames or not any(c.role is Role.INPUT for c in table.frame_columns):
            continue
        for column in table.columns:
            if column.refers != target:
                continue
            frame = one_per_row(frames[table.name])
            wrong = frame[frame[column.name].ne("") & ~frame[column.name].isin(known)]
            yield from findings(table.name, wrong, column.name, _not_on(column.name, TABLES[known_table].sheet))


def _not_on(column: str, sheet: str) -> Callable[[pd.Series], str]:
    return lambda row: f"{row[column]!r} is not on sheet {sheet}"


@check("unknown item", Severity.STOPS, "Every item named anywhere stands on sheet Items")
def unknown_item(frames: Frames, _context: Context) -> Iterator[Finding]:
    """Rows that name an item that does not exist."""
    yield from _orphans(frames, "items.item")


@check("unknown location", Severity.STOPS, "Every location named anywhere stands in the list of locations")
def unknown_location(frames: Frames, _context: Context) -> Iterator[Finding]:
    """Rows that name a location that does not exist."""
    yield from _orphans(frames, "locations.location")


@check("unknown channel or region", Severity.STOPS, "Every channel and region named stands in its list")
def unknown_channel_or_region(frames: Frames, _context: Context) -> Iterator[Finding]:
    """Rows that name a channel or region that does not exist."""
    yield from _orphans(frames, "channels.channel")
    yield from _orphans(frames, "regions.region")


@check("unknown resource", Severity.STOPS, "Every work center named stands on sheet Resources")
def unknown_resource(frames: Frames, _context: Context) -> Iterator[Finding]:
    """Rows that name a work center that does not exist."""
    yield from _orphans(frames, "resources.resource")


@check("unknown department or scenario", Severity.STOPS, "Every department and scenario named stands in its list")
def unknown_department_or_scenario(frames: Frames, _context: Context) -> Iterator[Finding]:
    """Rows that name a department or scenario that does not exist."""
    yield from _orphans(frames, "departments.department")
    yield from _orphans(frames, "scenarios.scenario")


@check("unknown family", Severity.STOPS, "Every family named is the family of an item")
def unknown_family(frames: Frames, _context: Context) -> Iterator[Finding]:
    """Overrides, inputs, events, budgets, risks and channel shifts that name a family no item has."""
    known = set(frames["items"]["family"])
    for table in ("events", "budget", "inputs", "overrides", "risks", "channel_shifts"):
        frame = one_per_row(frames[table])
        wrong = frame[frame["family"].ne("") & ~frame["family"].isin(known)]
        yield from findings(table, wrong, "family", lambda row: f"{row['family']!r} is not the family of any item")


@check("supplier is not a location", Severity.STOPS, "A transfer comes from another location of the list")
def transfer_from_nowhere(frames: Frames, _context: Context) -> Iterator[Finding]:
    """Transfers from a place that does not exist, or from a location to itself."""
    moves = frames["sources"][frames["sources"]["kind"].eq("transfer")]
    known = set(frames["locations"]["location"])
    yield from findings(
        "sources",
        moves[~moves["supplier"].isin(known)],
        "supplier",
        lambda row: f"item {row['item']} is moved from {row['supplier']!r}, which is not a location",
    )
    yield from findings(
        "sources",
        moves[moves["supplier"].eq(moves["location"])],
        "supplier",
        lambda row: f"item {row['item']} is moved from {row['supplier']!r} to itself",
    )


@check("lost leading zeros", Severity.WARNS, "No two item codes differ only by leading zeros")
def lost_leading_zeros(frames: Frames, _context: Context) -> Iterator[Finding]:
    """Codes such as 7 beside 007: usually one of them went through a number cell."""
    items = frames["items"]
    bare = items["item"].str.lstrip("0")
    twins = items[bare.duplicated(keep=False) & items["item"].ne(bare)]
    yield from findings(
        "items", twins, "item", lambda row: f"{row['item']!r} also stands there without its leading zeros"
    )
