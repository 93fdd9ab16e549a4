"""Tables on a page: cells wrap, rows that do not fit are counted in a last line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sop_xl.pack.letters import lines
from sop_xl.pack.paper import LINE, Align, Box, Paper
from sop_xl.workbook.template.styles import BAD, BAD_FILL, EDGE, GOOD, GOOD_FILL, GREY, INK, PALE, WATCH, WATCH_FILL

TONES = {"good": (GOOD, GOOD_FILL), "watch": (WATCH, WATCH_FILL), "bad": (BAD, BAD_FILL), "plain": (INK, PALE)}
"""Colour of the letters and of the ground; the word says the same as the colour."""
BOX = "box"
"""The tone of a cell that is a box to tick."""
_PAD = 4.0


@dataclass(frozen=True)
class Head:
    """A column: its heading, its share of the width, how it is aligned, and after how many lines it is cut."""

    title: str
    share: float
    align: Align = "left"
    most: int = 3


@dataclass(frozen=True)
class Cell:
    """A cell that is not plain: its tone, or bold, or grey."""

    words: str
    tone: str = ""
    bold: bool = False
    color: str = INK


Row = Sequence["str | Cell"]


def table(
    paper: Paper, box: Box, heads: Sequence[Head], rows: Sequence[Row], *, size: float = 8.5, more: str = ""
) -> float:
    """Draw a table from the top of a box; the height below it.

    Rows that do not fit are left out and counted in a last line, which names where they stand (`more`).
    """
    whole = sum(h.share for h in heads)
    widths = [box.w * h.share / whole for h in heads]
    y = _heads(paper, box, heads, widths, size)
    step = LINE * size
    for index, row in enumerate(rows):
        cells = [c if isinstance(c, Cell) else Cell(c) for c in row]
        made = [
            lines(c.words, size, w - 2 * _PAD - (6 if c.tone else 0), c.bold or bool(c.tone), h.most)
            for c, h, w in zip(cells, heads, widths, strict=True)
        ]
        height = max(len(m) for m in made) * step + 5
        left = len(rows) - index
        reserve = step + 2 if left > 1 else 0.0
        if y + height + reserve > box.bottom and (left > 1 or y + height > box.bottom):
            where = f" on sheet {more}" if more else ""
            paper.text(box.x + _PAD, y + step, f"and {left:,} more{where}", size, GREY)
            return y + step + 4
        _row(paper, box.x, y, cells, heads, widths, made, size)
        y += height
        paper.rule(box.x, box.right, y, EDGE, 0.4)
    return y


def _heads(paper: Paper, box: Box, heads: Sequence[Head], widths: Sequence[float], size: float) -> float:
    made = [lines(h.title, size - 0.5, w - 2 * _PAD, True, 2) for h, w in zip(heads, widths, strict=True)]
    deep = max(len(m) for m in made) * LINE * (size - 0.5) + 4
    x = box.x
    for head, wide, words in zip(heads, widths, made, strict=True):
        y = box.y + deep - 4 - (len(words) - 1) * LINE * (size - 0.5)
        for line in words:
            paper.text(_at(x, wide, head.align), y, line, size - 0.5, GREY, bold=True, align=head.align)
            y += LINE * (size - 0.5)
        x += wide
    paper.rule(box.x, box.right, box.y + deep, INK, 0.9)
    return box.y + deep


def _row(
    paper: Paper, x: float, y: float, cells: Sequence[Cell], heads: Sequence[Head], widths: Sequence[float],
    made: Sequence[Sequence[str]], size: float,
) -> None:  # fmt: skip
    for cell, head, wide, words in zip(cells, heads, widths, made, strict=True):
        base = y + 2.5 + size
        if cell.tone == BOX:
            side = size
            paper.fill(Box(_at(x, wide, "center") - side / 2, y + 3, side, side), "#FFFFFF", GREY)
        elif cell.tone and words[0]:
            paper.chip(x + _PAD, base, words[0], *TONES[cell.tone], size=size - 0.5)
        else:
            for line in words:
                paper.text(_at(x, wide, head.align), base, line, size, cell.color, bold=cell.bold, align=head.align)
                base += LINE * size
        x += wide


def _at(x: float, wide: float, align: Align) -> float:
    return {"left": x + _PAD, "right": x + wide - _PAD, "center": x + wide / 2}[align]
