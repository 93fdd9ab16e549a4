"""Can what is to be other than the past be planned: successors, launches, shifts between channels?"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pandas as pd

from sop_xl.cycle.checks.check import Finding, check, findings
from sop_xl.cycle.step import Context, Frames
from sop_xl.workbook.schema import Severity


@check("successor of itself", Severity.STOPS, "Items are replaced by other items, and channels shift to other channels")
def successor_of_itself(frames: Frames, _context: Context) -> Iterator[Finding]:
    """Items that replace themselves, channels that shift to themselves."""
    rows = frames["succession"]
    yield from findings(
        "succession", rows[rows["old"].eq(rows["new"])], "new", lambda row: f"item {row['old']} is replaced by itself"
    )
    rows = frames["channel_shifts"]
    yield from findings(
        "channel_shifts",
        rows[rows["from_channel"].eq(rows["to_channel"])],
        "to_channel",
        lambda row: f"shift {row['shift']} leads from {row['from_channel']} to itself",
    )


@check("more than all goes over", Severity.STOPS, "Successors take at most the whole demand of an item")
def more_than_all(frames: Frames, _context: Context) -> Iterator[Finding]:
    """Replaced items whose successors take more than there is."""
    rows = frames["succession"]
    total = rows["share"].groupby(rows["old"]).transform("sum")
    yield from findings(
        "succession",
        rows[(total > 1 + 1e-9) & ~rows["old"].duplicated()],
        "share",
        lambda row: f"the successors of item {row['old']} take more than all of its demand",
    )


@check("items in a circle", Severity.STOPS, "No item is replaced by one that it replaces")
def in_a_circle(frames: Frames, _context: Context) -> Iterator[Finding]:
    """Items that replace each other in a circle."""
    rows = frames["succession"]
    left = rows[rows["old"].ne(rows["new"])]
    while len(left):
        # whoever is replaced by an item that nobody replaces is no part of a circle
        going_on = left["new"].isin(left["old"])
        if going_on.all():
            break
        left = left[going_on]
    yield from findings(
        "succession", left, "new", lambda row: f"items replace each other in a circle, {row['old']} among them"
    )


@check("successor not on sale", Severity.WARNS, "Every successor and every launch is an item on sale")
def successor_not_on_sale(frames: Frames, context: Context) -> Iterator[Finding]:
    """Successors and launches that are not planned: their demand would be lost."""
    known = frames["items"]["item"]
    selling = context.on_sale(frames["items"])["item"]
    for table, column in (("succession", "new"), ("launches", "item")):
        rows = frames[table]
        lost = rows[rows[column].isin(known) & ~rows[column].isin(selling)]
        yield from findings(table, lost, column, _not_on_sale(column))


def _not_on_sale(column: str) -> Callable[[pd.Series], str]:
    return lambda row: f"item {row[column]} is not on sale; its demand would be left out"


@check("launch without a date", Severity.STOPS, "Every launch has a date, there or on sheet Items")
def launch_without_date(frames: Frames, _context: Context) -> Iterator[Finding]:
    """Launches whose first day nobody has typed."""
    rows = frames["launches"]
    date = frames["items"].drop_duplicates("item").set_index("item")["launch"]
    undated = rows["launch"].isna() & date.reindex(rows["item"]).isna().to_numpy()
    yield from findings(
        "launches", rows[undated], "launch", lambda row: f"the launch of item {row['item']} has no first day"
    )
