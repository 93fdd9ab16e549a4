"""A waterfall on a page: stacked columns on an invisible base, above a common floor, from one plan to another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sop_xl.workbook.schema import Frames
from sop_xl.workbook.template.blocks import Block, Grid, Window, cell
from sop_xl.workbook.template.pages.canvas import ORANGE, SLATE, TEAL, Canvas
from sop_xl.workbook.template.pages.parts import Cells, Values
from sop_xl.workbook.template.pages.values import fixed
from sop_xl.workbook.template.styles import WORDS
from sop_xl.workbook.twin import Twin

if TYPE_CHECKING:
    from xlsxwriter.chart import Chart

_TWO_LINES = {"font_size": 6, "text_wrap": True, "valign": "vcenter"}
HEADINGS = ("Bar", "Amount", "Level", "Floor", "Base", "Total", "Rise", "Fall", "Label")
_NAME, _AMOUNT, _LEVEL, _FLOOR, _BASE, _TOTAL, _UP, _DOWN, _WORDS = range(1, 10)


@dataclass(frozen=True)
class Bar:
    """A bar: the formula of its name and of its amount, and the twin of each."""

    name: str
    amount: str
    named: Callable[[Frames, Cells], str]
    worth: Callable[[Frames, Cells], float]


@dataclass(frozen=True)
class Waterfall:
    """The cells behind a waterfall: a row a bar from `row` on; the first and the last bar are whole plans."""

    name: str
    row: int
    bars: Sequence[Bar]
    tables: tuple[str, ...]
    cells: tuple[str, ...]

    @property
    def last(self) -> int:
        """Row of the last bar."""
        return self.row + len(self.bars) - 1

    def amount(self, bar: int) -> str:
        """The cell with the amount of a bar."""
        return cell(self.row + bar, _AMOUNT, "rc")

    def worth(self, frames: Frames, cells: Cells) -> list[float]:
        """The amounts of the bars."""
        return [bar.worth(frames, cells) for bar in self.bars]

    def blocks(self) -> tuple[Block, Block, Block]:
        """The names, the numbers and the labels of the bars."""

        def twin(value: Callable[[Frames, Cells], Values]) -> Twin:
            return Twin(self.tables, self.cells, value)

        return (
            Block(f"{self.name}_bars", self.row, _NAME, self._names, twin(self._named), (WORDS,)),
            Block(self.name, self.row, _AMOUNT, self._numbers, twin(self._values)),
            Block(
                f"{self.name}_labels", self.row, _WORDS, self._labels, twin(self._labelled), (WORDS,), looks=_TWO_LINES
            ),
        )

    def chart(self, canvas: Canvas) -> Chart:
        """The chart over the cells."""
        chart = canvas.book.add_chart({"type": "column", "subtype": "stacked"})
        for name, column, color in (
            ("base", _BASE, ""),
            ("total", _TOTAL, SLATE),
            ("rise", _UP, TEAL),
            ("fall", _DOWN, ORANGE),
        ):
            series: dict[str, Any] = {
                "name": name,
                "categories": [canvas.name, self.row, _WORDS, self.last, _WORDS],
                "values": [canvas.name, self.row, column, self.last, column],
                "fill": {"color": color} if color else {"none": True},
                "gap": 40,
            }
            chart.add_series(series)
        return chart

    def _whole(self, bar: int) -> bool:
        return bar in (0, len(self.bars) - 1)

    def _names(self, _: Window) -> Grid:
        return [[bar.name] for bar in self.bars]

    def _named(self, frames: Frames, cells: Cells) -> Values:
        return [[bar.named(frames, cells)] for bar in self.bars]

    def _numbers(self, _: Window) -> Grid:
        levels = f"{cell(self.row, _LEVEL, 'rc')}:{cell(self.last, _LEVEL, 'rc')}"
        grid = []
        for k, bar in enumerate(self.bars):
            at = {c: cell(self.row + k, c) for c in range(_AMOUNT, _WORDS)}
            before, whole = cell(self.row + k - 1, _LEVEL), self._whole(k)
            grid.append(
                [
                    bar.amount,
                    f"={at[_AMOUNT]}" if whole else f"={before}+{at[_AMOUNT]}",
                    f"=MAX(0,3*MIN({levels})-2*MAX({levels}))",
                    "=0" if whole else f"=MIN({before},{at[_LEVEL]})-{at[_FLOOR]}",
                    f"={at[_AMOUNT]}-{at[_FLOOR]}" if whole else "=0",
                    "=0" if whole else f"=MAX(0,{at[_AMOUNT]})",
                    "=0" if whole else f"=MAX(0,-{at[_AMOUNT]})",
                ]
            )
        return grid

    def _values(self, frames: Frames, cells: Cells) -> Values:
        amounts = self.worth(frames, cells)
        level = [*np.cumsum(amounts[:-1]), amounts[-1]]
        floor = max(0.0, 3 * min(level) - 2 * max(level))
        out: Values = []
        for k, amount in enumerate(amounts):
            if self._whole(k):
                out.append([amount, float(level[k]), floor, 0.0, amount - floor, 0.0, 0.0])
            else:
                base = float(min(level[k - 1], level[k])) - floor
                out.append([amount, float(level[k]), floor, base, 0.0, max(0.0, amount), max(0.0, -amount)])
        return out

    def _labels(self, _: Window) -> Grid:
        grid = []
        for k in range(len(self.bars)):
            name, amount = cell(self.row + k, _NAME), cell(self.row + k, _AMOUNT)
            sign = "" if self._whole(k) else f'IF({amount}>0,"+","")&'
            grid.append([f'=IF({name}="","",{name}&CHAR(10)&{sign}FIXED({amount},0))'])
        return grid

    def _labelled(self, frames: Frames, cells: Cells) -> Values:
        out: Values = []
        for k, (bar, amount) in enumerate(zip(self.bars, self.worth(frames, cells), strict=True)):
            name, sign = bar.named(frames, cells), "+" if amount > 0 and not self._whole(k) else ""
            out.append([f"{name}\n{sign}{fixed(amount)}" if name else ""])
        return out
