"""The map of the sheets on the cover: every sheet by its group, with a link and what it is for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from sop_xl.workbook.schema import Group
from sop_xl.workbook.tables import TABLES
from sop_xl.workbook.template.layout import COVER
from sop_xl.workbook.template.pages import PAGES
from sop_xl.workbook.template.pages.canvas import Canvas
from sop_xl.workbook.template.styles import TABS, Style

LINK = "#1D4ED8"
"""Colour of a link."""
_LEFT = (Group.CONTROL, Group.DATA, Group.DEMAND, Group.LOG)
"""Groups of the left half; the others stand on the right, so that both halves are about as long."""
_ROOM = 88
"""Characters of a sentence of the left half."""


def draw(
    canvas: Canvas, order: Mapping[Group, Sequence[str]], row: int, columns: tuple[int, int, int], color: str
) -> int:
    """Draw the map in two halves, the groups of each under each other.

    Parameters
    ----------
    canvas
        The sheet it is drawn on.
    order
        The sheets of each group.
    row
        Its first row (from 0); its heading stands above.
    columns
        First column of the left half, first of the right half, last column (from 0).
    color
        Colour of the heading.

    Returns
    -------
    int
        The last row.

    """
    left, right, last = columns
    canvas.section(row - 1, "Sheets", last, color)
    ends = (
        _groups(canvas, {g: names for g, names in order.items() if g in _LEFT}, (row, left, right - 1), _ROOM),
        _groups(canvas, {g: names for g, names in order.items() if g not in _LEFT}, (row, right, last)),
    )
    return max(ends) - 1


def _groups(
    canvas: Canvas, order: Mapping[Group, Sequence[str]], place: tuple[int, int, int], room: int | None = None
) -> int:
    row, column, last = place
    link = canvas.styles.of(None, font_color=LINK, underline=1, indent=1)
    says = {page.sheet: page.says for page in PAGES}
    for table in TABLES.values():
        says[table.sheet] = f"{says[table.sheet]} {table.says}" if table.sheet in says else table.says
    for group, names in order.items():
        band = canvas.styles.of(None, bold=True, font_color="#FFFFFF", bg_color=TABS[group], indent=1)
        for across in range(column, last + 1):
            canvas.sheet.write_blank(row, across, None, band)
        canvas.sheet.write_string(row, column, group.value, band)
        row += 1
        for name in names:
            if name != COVER:
                canvas.sheet.write_url(row, column, f"internal:'{name}'!A1", link, name, f"Go to {name}")
                canvas.text(row, column + 1, short(says[name], room), Style.NOTE)
                row += 1
    return row


def short(text: str, room: int | None = None) -> str:
    """As much of a text as fits a line of the map: its first sentence, or the part of it that stands by itself.

    >>> short("Demand by month as ordered. Never overwritten.")
    'Demand by month as ordered.'
    >>> short("Does each override still make sense? It was typed against a plan that moves.")
    'Does each override still make sense?'
    >>> short("How the frozen plans fared: each closed month against what was said of it", 40)
    'How the frozen plans fared.'
    """
    sentence = re.split(r"(?<=[.?]) ", text)[0]
    if room is None or len(sentence) <= room:
        return sentence
    for mark in (": ", "; ", ", "):
        head, found, _ = sentence[:room].rpartition(mark)
        if found:
            return f"{head}."
    return sentence
