"""The charts of the pack: lines with a band, bars, a waterfall, a heat map. All start at zero, or say they do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import isnan

from sop_xl.pack import axes
from sop_xl.pack.letters import lines, width
from sop_xl.pack.paper import Box, Paper
from sop_xl.pack.words import percent, short, signed, tick
from sop_xl.workbook.template.pages.canvas import BLUE, RED, SILVER, TEAL, VIOLET
from sop_xl.workbook.template.styles import BAD, BAD_FILL, GREY, INK, PALE, WATCH, WATCH_FILL


@dataclass(frozen=True)
class Series:
    """A line of a chart: its name, its values by month, its colour and how it is drawn."""

    name: str
    values: Sequence[float]
    color: str
    dash: Sequence[float] = ()
    thick: float = 1.8

    @property
    def mark(self) -> str:
        """How it looks in the legend."""
        return "dash" if self.dash else "line"


@dataclass(frozen=True)
class Band:
    """A shaded range between two rows of values."""

    name: str
    low: Sequence[float]
    high: Sequence[float]
    color: str


def over_time(
    paper: Paper, box: Box, days: Sequence[date], series: Sequence[Series], *, bars: Sequence[Series] = (),
    band: Band | None = None, plan_from: int | None = None, unit: str = "", as_percent: bool = False,
) -> None:  # fmt: skip
    """Lines over months, with stacked bars or a band behind them and the line between past and plan."""
    entries = [(s.name, s.color, "area") for s in bars]
    entries += [(band.name, band.color, "area")] if band else []
    entries += [(s.name, s.color, s.mark) for s in series]
    y = axes.legend(paper, box.x, box.y + 8, entries, box.w)
    stacks = [sum(_zero(s.values[n]) for s in bars) for n in range(len(days))] if bars else []
    every = [v for s in series for v in s.values] + (list(band.high) if band else []) + stacks
    known = [v for v in every if not isnan(v)]
    top, low = max([*known, 0.0]), min([*known, 0.0])
    plot, scale = axes.frame(paper, box.below(y), low, top or 1.0, percent=as_percent, unit=unit)
    centres = axes.months(paper, plot, days)
    wide = plot.w / max(len(days), 1)
    for n, x in enumerate(centres):
        base = 0.0
        for s in bars:
            value = _zero(s.values[n])
            if value:
                upper = scale.y(base + value)
                paper.fill(Box(x - 0.34 * wide, upper, 0.68 * wide, scale.y(base) - upper), s.color)
            base += value
    if band:
        there = [n for n in range(len(days)) if not isnan(band.low[n]) and not isnan(band.high[n])]
        above = [(centres[n], scale.y(band.high[n])) for n in there]
        below = [(centres[n], scale.y(band.low[n])) for n in reversed(there)]
        paper.area([*above, *below], band.color)
    for s in series:
        for piece in _pieces(s.values):
            points = [(centres[n], scale.y(s.values[n])) for n in piece]
            if len(points) == 1:
                paper.dot(*points[0], 2.2, s.color)
            paper.stroke(points, s.color, s.thick, s.dash)
    if plan_from is not None and 0 < plan_from < len(days):
        axes.today(paper, plot, plot.x + wide * plan_from)


def waterfall(
    paper: Paper, box: Box, steps: Sequence[tuple[str, float]], *, unit: str = "", ends: tuple[str, str] | None = None
) -> None:
    """From the first value over changes to the last; the axis is cut where the ends would hide them, and says so.

    The first and the last of `steps` are totals, those between are changes.
    """
    tops, level = [], steps[0][1]
    for _, change in steps[1:-1]:
        tops.append((level, level + change))
        level += change
    peak = max(steps[0][1], steps[-1][1], *(max(t) for t in tops)) if tops else max(steps[0][1], steps[-1][1])
    foot = min(steps[0][1], steps[-1][1], *(min(t) for t in tops)) if tops else min(steps[0][1], steps[-1][1])
    spread = peak - foot
    cut = foot > 0 and spread < 0.5 * peak
    low = max(foot - max(0.7 * spread, 0.02 * peak), 0.0) if cut else min(foot, 0.0)
    plot, scale = axes.frame(paper, box, low, peak + 0.12 * max(spread, 0.02 * peak), unit=unit)
    wide = plot.w / len(steps)
    for n, (name, value) in enumerate(steps):
        x = plot.x + wide * n
        end = n in (0, len(steps) - 1)
        start, stop = (scale.low, value) if end else tops[n - 1]
        upper, lower = scale.y(max(start, stop)), scale.y(min(start, stop))
        color = (VIOLET if n == 0 else BLUE) if end else (TEAL if value >= 0 else RED)
        if end and ends:
            color = ends[0] if n == 0 else ends[1]
        paper.fill(Box(x + 0.16 * wide, upper, 0.68 * wide, max(lower - upper, 0.8)), color)
        words = short(value) if end else signed(value)
        paper.text(x + wide / 2, upper - 4, words, 8.5, INK, bold=True, align="center")
        for down, line in enumerate(lines(name, 8, wide - 4, most=2)):
            paper.text(x + wide / 2, plot.bottom + 11 + 9.5 * down, line, 8, GREY, align="center")
        if n < len(steps) - 1:
            y = scale.y(stop)
            paper.stroke([(x + 0.84 * wide, y), (x + 1.16 * wide, y)], GREY, 0.6)
        if end and cut and scale.low > 0:
            _torn(paper, x + 0.16 * wide, 0.68 * wide, plot.bottom - 7)
    if cut and scale.low > 0:
        paper.text(plot.right, box.y + 4, f"axis starts at {short(scale.low)}", 7.5, GREY, align="right")


def _torn(paper: Paper, x: float, wide: float, y: float) -> None:
    """The mark of a bar that does not start at zero."""
    points = [(x + wide * k / 8, y + (2 if k % 2 else -2)) for k in range(9)]
    paper.stroke(points, "#FFFFFF", 2.2)


def stairs(paper: Paper, box: Box, steps: Sequence[tuple[str, float]], *, colors: Sequence[str]) -> None:
    """An error step by step, each bar with what it took off or added to the one before."""
    plot, scale = axes.frame(paper, box, 0.0, max(v for _, v in steps) * 1.12, percent=True)
    wide = plot.w / len(steps)
    for n, (name, value) in enumerate(steps):
        x = plot.x + wide * n
        paper.fill(Box(x + 0.2 * wide, scale.y(value), 0.6 * wide, scale.y(0) - scale.y(value)), colors[n])
        paper.text(x + wide / 2, scale.y(value) - 5, percent(value), 9, INK, bold=True, align="center")
        for down, line in enumerate(lines(name, 8, wide - 4, most=2)):
            paper.text(x + wide / 2, plot.bottom + 11 + 9.5 * down, line, 8, GREY, align="center")
        if n:
            better = steps[n - 1][1] - value
            words = f"{'-' if better > 0 else '+'}{100 * abs(better):.1f} points"
            color = TEAL if better > 0 else RED if better < 0 else GREY
            before = scale.y(steps[n - 1][1])
            paper.stroke([(x - 0.2 * wide, before), (x + 0.8 * wide, before)], GREY, 0.5, (2, 2))
            inside = scale.y(value) + 14
            if scale.y(0) - inside > 6:
                paper.text(x + wide / 2, inside, words, 8, "#FFFFFF", bold=True, align="center")
            else:
                paper.text(x + wide / 2, scale.y(value) - 16, words, 8, color, bold=True, align="center")


def compare(
    paper: Paper, box: Box, rows: Sequence[tuple[str, float, float]], names: tuple[str, str],
    colors: tuple[str, str] = (BLUE, VIOLET), row_height: float = 21.0, notes: Sequence[str] = (),
) -> float:  # fmt: skip
    """Two bars a row: what is, and the mark of what it is measured against; the height below them."""
    if not rows:
        return box.y
    y = axes.legend(paper, box.x, box.y + 8, [(names[0], colors[0], "area"), (names[1], colors[1], "line")], box.w)
    label = min(max(width(r[0], 8.5) for r in rows) + 8, 0.36 * box.w)
    tail = max([width(n, 8, bold=True) for n in notes] + [28.0]) + 8
    room = box.w - label - tail
    peak = max(max(_zero(r[1]), _zero(r[2])) for r in rows) or 1.0
    height = min(row_height, (box.bottom - y) / len(rows))
    for n, (name, value, mark) in enumerate(rows):
        middle = y + height / 2
        paper.name(box.x, middle + 3, label - 8, name, 8.5)
        paper.fill(Box(box.x + label, middle - 0.28 * height, room, 0.56 * height), PALE)
        paper.fill(
            Box(box.x + label, middle - 0.28 * height, room * max(_zero(value), 0) / peak, 0.56 * height), colors[0]
        )
        if not isnan(mark):
            at = box.x + label + room * max(mark, 0) / peak
            paper.stroke([(at, middle - 0.42 * height), (at, middle + 0.42 * height)], colors[1], 2.4)
        if notes:
            paper.text(box.right, middle + 3, notes[n], 8, INK, bold=True, align="right")
        y += height
    return y


def heat(
    paper: Paper, box: Box, days: Sequence[date], rows: Sequence[tuple[str, Sequence[float]]],
    amber: float, red: float, notes: Sequence[str] = (),
) -> float:  # fmt: skip
    """Loads by row and month as numbers on a ground of their colour; the height below them."""
    label = min(max([width(name, 9) for name, _ in rows] + [60.0]) + 10, 0.24 * box.w)
    tail = 92.0 if notes else 0.0
    wide = (box.w - label - tail) / max(len(days), 1)
    height = min(26.0, (box.h - 18) / max(len(rows), 1))
    size = 8.5 if wide > 34 and height > 14 else 7
    for n, day in enumerate(days):
        word = tick(day) if n else f"{tick(day).split(' ')[0]} '{day.year % 100:02d}"
        paper.text(box.x + label + wide * (n + 0.5), box.y + 9, word, 7.5, GREY, align="center")
    y = box.y + 15
    for n, (name, values) in enumerate(rows):
        paper.name(box.x, y + height / 2 + 3, label - 8, name, min(9, 0.6 * height))
        for k, value in enumerate(values):
            ink, ground = _load_tone(value, amber, red)
            paper.fill(Box(box.x + label + wide * k + 1, y + 1, wide - 2, height - 2), ground, radius=2)
            words = "–" if isnan(value) else f"{100 * value:.0f}"
            paper.text(
                box.x + label + wide * (k + 0.5), y + height / 2 + 3, words, min(size, 0.6 * height), ink,
                bold=ground in (BAD_FILL, WATCH_FILL), align="center",
            )  # fmt: skip
        if notes:
            paper.short(box.right - tail + 8, y + height / 2 + 3, tail - 8, notes[n], 8, GREY)
        y += height
    return y


def _load_tone(value: float, amber: float, red: float) -> tuple[str, str]:
    if isnan(value):
        return GREY, "#FFFFFF"
    if value > red + 5e-4:
        return BAD, BAD_FILL
    return (WATCH, WATCH_FILL) if value >= amber else (INK, "#EAF3F2")


def small_bars(paper: Paper, box: Box, title: str, rows: Sequence[tuple[str, float, str]]) -> None:
    """One figure of several plans as bars from zero, with its value in words; the first is the one compared with."""
    paper.text(box.x, box.y + 9, title, 9, INK, bold=True)
    label = 0.34 * box.w
    room = box.w - label - 62
    peak = max([abs(_zero(v)) for _, v, _ in rows] + [1e-9])
    height = min(22.0, (box.h - 16) / max(len(rows), 1))
    y = box.y + 15
    for n, (name, value, words) in enumerate(rows):
        middle = y + height / 2
        paper.name(box.x, middle + 3, label - 6, name, 8, INK if n == 0 else GREY)
        long = max(room * abs(_zero(value)) / peak, 0.5)
        paper.fill(Box(box.x + label, middle - 4, long, 8), BLUE if n == 0 else SILVER)
        paper.text(box.right, middle + 3, words, 8, INK, bold=n == 0, align="right")
        y += height


def _zero(value: float) -> float:
    return 0.0 if isnan(value) else float(value)


def _pieces(values: Sequence[float]) -> list[list[int]]:
    """The runs of values that are there."""
    runs: list[list[int]] = [[]]
    for n, value in enumerate(values):
        if isnan(value):
            runs.append([])
        else:
            runs[-1].append(n)
    return [run for run in runs if run]
