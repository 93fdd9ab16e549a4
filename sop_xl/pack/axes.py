"""The frame of a chart: a scale of round steps, light lines, months below."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sop_xl.pack.letters import width
from sop_xl.pack.paper import Box, Paper
from sop_xl.pack.words import short, tick
from sop_xl.workbook.template.styles import EDGE, GREY, INK


@dataclass(frozen=True)
class Scale:
    """Values on the height of a box."""

    low: float
    high: float
    box: Box

    def y(self, value: float) -> float:
        """The height of a value on the page."""
        share = (value - self.low) / (self.high - self.low) if self.high > self.low else 0.0
        return self.box.bottom - share * self.box.h


def steps(low: float, high: float, most: int = 5) -> list[float]:
    """Round values that cover a range, at most about `most` of them.

    >>> steps(0, 19_600)
    [0.0, 5000.0, 10000.0, 15000.0, 20000.0]
    >>> steps(0, 0)
    [0.0, 1.0]
    """
    if high <= low:
        return [float(low), float(low) + 1.0]
    rough = (high - low) / max(most - 1, 1)
    unit = 10.0 ** math.floor(math.log10(rough))
    size = next(m * unit for m in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if m * unit >= rough * 0.999)
    first, last = math.floor(low / size + 1e-9), math.ceil(high / size - 1e-9)
    return [n * size for n in range(first, last + 1)]


def frame(
    paper: Paper, box: Box, low: float, high: float, *, percent: bool = False, unit: str = "", most: int = 5
) -> tuple[Box, Scale]:
    """Draw the horizontal lines and their values; the room of the plot and its scale.

    `unit` is said once, beside the highest value.
    """
    at = steps(low, high, most)
    scale = 1e6 if max(abs(v) for v in at) >= 1e6 else 1.0
    words = [_word(v, scale, percent) for v in at]
    left = max(width(w, 7.5) for w in words) + 6
    plot = Box(box.x + left, box.y + 12, box.w - left, box.h - 30)
    made = Scale(at[0], at[-1], plot)
    for value, word in zip(at, words, strict=True):
        y = made.y(value)
        paper.rule(plot.x, plot.right, y, GREY if value == 0 else EDGE, 0.7 if value == 0 else 0.4)
        paper.text(plot.x - 5, y + 2.6, word, 7.5, GREY, align="right")
    if unit:
        paper.text(box.x, box.y + 4, unit, 7.5, GREY)
    return plot, made


def _word(value: float, scale: float, percent: bool) -> str:
    if percent:
        return f"{100 * value:,.0f} %"
    if scale > 1 and value:
        return f"{value / scale:,.1f} M"
    return short(value)


def months(paper: Paper, plot: Box, days: Sequence[date]) -> list[float]:
    """Write the months below a plot; the middle of each."""
    wide = plot.w / max(len(days), 1)
    centres = [plot.x + wide * (n + 0.5) for n in range(len(days))]
    every = max(1, math.ceil(26 / wide))
    for n, (x, day) in enumerate(zip(centres, days, strict=True)):
        if n % every == 0 or (day.month == 1 and every < 4):
            word = tick(day)
            if n == 0 and day.month != 1:
                word = f"{word} '{day.year % 100:02d}"
            if n % every and wide < 30:
                continue
            paper.text(x, plot.bottom + 11, word, 7.5, GREY, align="center")
    return centres


def today(paper: Paper, plot: Box, x: float) -> None:
    """The line between what was and what is planned."""
    paper.stroke([(x, plot.y - 2), (x, plot.bottom)], INK, 0.8, (2, 2))
    paper.text(x + 5, plot.y + 1, "plan", 7.5, GREY)
    paper.text(x - 5, plot.y + 1, "actual", 7.5, GREY, align="right")


def legend(paper: Paper, x: float, y: float, entries: Sequence[tuple[str, str, str]], room: float = 1e9) -> float:
    """What the colours mean: name, colour and mark (line, dash or area); the height below it."""
    at = x
    for name, color, mark in entries:
        wide = width(name, 8) + 30
        if at > x and at + wide > x + room:
            at, y = x, y + 12
        if mark == "area":
            paper.fill(Box(at, y - 7, 14, 8), color)
        else:
            paper.stroke([(at, y - 3), (at + 14, y - 3)], color, 2.0, (4, 2) if mark == "dash" else ())
        paper.text(at + 18, y, name, 8, INK)
        at += wide
    return y + 12
