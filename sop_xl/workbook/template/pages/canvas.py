"""Drawing a review page: title, drop-downs, tiles, blocks of formulas and the charts over them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sop_xl.workbook.schema import Frames, Group
from sop_xl.workbook.template.blocks import Block, Window, cell, span
from sop_xl.workbook.template.styles import EDGE, GREY, INK, PALE, TABS, WORDS, Style, Styles

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.chart import Chart
    from xlsxwriter.worksheet import Worksheet

SLATE, BLUE, BAND, ORANGE, TEAL, SAND, RED, SILVER, VIOLET = (
    "#374151",
    "#2563B0",
    "#CFE2F7",
    "#D97706",
    "#2A8C82",
    "#E3B23C",
    "#C0362C",
    "#A3A9B3",
    "#7B5EA7",
)
"""One colour, one meaning on every page.

In order: actual, plan, interval, statistical, supply, target, short, last plan, budget.
"""

UNITS_AXIS = '[>=1000000]#,##0.0,,"M";[>=1000]#,##0,"k";#,##0'
_ROW_PIXELS = 20


@dataclass(frozen=True)
class Pick:
    """A drop-down: its defined name, where it stands, what it chooses from, and what it starts with."""

    name: str
    label: str
    row: int
    column: int
    source: str | Sequence[str]
    starts: Callable[[Frames], str]
    tip: str


@dataclass(frozen=True)
class Page:
    """A review page: what stands on it, and how it is drawn."""

    sheet: str
    group: Group
    title: str
    says: str
    picks: tuple[Pick, ...]
    blocks: tuple[Block, ...]
    draw: Callable[[Canvas], None]
    label_row: int
    """Row of the month labels its charts stand on."""
    pages_tall: int = 2
    """Most sheets of paper it is printed on, one below the other."""


@dataclass(frozen=True)
class Line:
    """One series of a chart: its name, the rows of values, its colour and how it is drawn."""

    name: str
    row: int
    color: str
    dash: str = "solid"
    width: float = 2.25
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Canvas:
    """The sheet a page is drawn on."""

    book: Workbook
    sheet: Worksheet
    name: str
    styles: Styles
    window: Window
    first: int
    """Column of the first month."""
    label_row: int
    """Row of the month labels."""

    def text(self, row: int, column: int, words: str, style: Style | None = None, **looks: Any) -> None:
        """Words in a cell."""
        self.sheet.write_string(row, column, words, self.styles.of(style, **looks))

    def section(self, row: int, words: str, last_column: int, color: str = INK) -> None:
        """A heading over a part of the page, with a line to its last column."""
        line = self.styles.of(None, bold=True, font_size=12, font_color=color, bottom=2, bottom_color=color)
        for column in range(1, last_column + 1):
            self.sheet.write_blank(row, column, None, line)
        self.sheet.write_string(row, 1, words, line)

    def headings(self, row: int, column: int, words: Sequence[str]) -> None:
        """Column headings."""
        for offset, word in enumerate(words):
            self.sheet.write_string(row, column + offset, word, self.styles.of(Style.HEADER))

    def labels(self, row: int, rows: Sequence[Sequence[str]], column: int = 1) -> None:
        """Row labels: the words the formulas look for stand in the cells beside them."""
        for down, words in enumerate(rows):
            for offset, word in enumerate(words):
                looks = self.styles.of(Style.CALC, bold=offset == 0, font_color=INK if offset == 0 else GREY)
                self.sheet.write_string(row + down, column + offset, word, looks)

    def tile(self, row: int, column: int, width: int, label: str, note: str, color: str, big: int = 18) -> None:
        """The frame of a tile of three rows; its value is a block in the middle row, at the first column."""
        edge: dict[str, Any] = {"left": 5, "left_color": color, "bg_color": PALE, "indent": 1, "align": "left"}
        small: dict[str, Any] = {"font_color": GREY, "font_size": 10, "text_wrap": True, "valign": "vcenter"}
        value: dict[str, Any] = {"font_color": INK, "font_size": big, "bold": True, "valign": "vcenter"}
        below = small | {"font_size": 9, "valign": "top"}
        for down, (words, looks) in enumerate(((label, small), ("", value), (note, below))):
            every = self.styles.of(None, **(edge | looks))
            if width == 1:
                self.sheet.write_string(row + down, column, words, every)
            else:
                self.sheet.merge_range(row + down, column, row + down, column + width - 1, words, every)

    def write(self, block: Block, values: Any) -> None:
        """Write a block's formulas with their values, and give the block its defined name."""
        grid = block.formulas(self.window)
        shown = values if isinstance(values, list) else [[values]]
        left = block.left(self.window, self.first)
        for down, line in enumerate(grid):
            for right, formula in enumerate(line):
                number = block.number(down, right)
                words: dict[str, Any] = {"indent": 1} if number == WORDS and block.style is Style.CALC else {}
                mine = block.column_looks(self.window, right) if block.column_looks else {}
                looks = self.styles.of(block.style, number, **{**words, **(block.looks or {}), **mine})
                at, value = (block.row + down, left + right), shown[down][right]
                value = "" if value is None else value
                if block.array:
                    self.sheet.write_array_formula(*at, *at, formula, looks, value)
                else:
                    self.sheet.write_formula(*at, formula, looks, value)
        last_row, last_column = block.row + len(grid) - 1, left + len(grid[0]) - 1
        box = (
            cell(block.row, left, "rc")
            if (last_row, last_column) == (block.row, left)
            else span(block.row, left, last_row, last_column)
        )
        self.book.define_name(block.name, f"={self.name}!{box}")

    def months(self, row: int, start: int = 0, count: int | None = None) -> str:
        """The range of a row of months, as a chart wants it; `start` and `count` choose among the months shown."""
        first = self.first + start
        last = self.first + self.window.past + self.window.months - 1 if count is None else first + count - 1
        return f"={self.name}!{span(row, first, row, last)}"

    def series(self, line: Line, start: int, count: int) -> dict[str, Any]:
        """A line, column or area over the months."""
        return {
            "name": line.name,
            "categories": self.months(self.label_row, start, count),
            "values": self.months(line.row, start, count),
        } | dict(line.more)

    def line_chart(self, lines: Sequence[Line], start: int, count: int) -> Chart:
        """Lines over the months."""
        chart = self.book.add_chart({"type": "line"})
        for line in lines:
            look = {"color": line.color, "width": line.width, "dash_type": line.dash}
            chart.add_series({"line": look} | self.series(line, start, count))
        return chart

    def column_chart(self, lines: Sequence[Line], start: int, count: int, stacked: bool = False) -> Chart:
        """Columns over the months, side by side or stacked."""
        chart = self.book.add_chart({"type": "column"} | ({"subtype": "stacked"} if stacked else {}))
        for line in lines:
            chart.add_series({"fill": {"color": line.color}, "gap": 60} | self.series(line, start, count))
        return chart

    def area_chart(self, lines: Sequence[Line], start: int, count: int) -> Chart:
        """Areas stacked over the months; a line without colour is the invisible floor of a band."""
        chart = self.book.add_chart({"type": "area", "subtype": "stacked"})
        for line in lines:
            fill = {"color": line.color} if line.color else {"none": True}
            chart.add_series({"fill": fill, "line": {"none": True}} | self.series(line, start, count))
        return chart

    def place(
        self,
        chart: Chart,
        at: tuple[int, int],
        size: tuple[int, int],
        title: str,
        says: str,
        number: str = UNITS_AXIS,
        hidden: Sequence[int] = (),
        legend: bool = True,
        bars: bool = False,
        right: int = 0,
    ) -> None:
        """Put a chart on the page: quiet axes, its message as title, `says` for those who cannot see it.

        `right` moves it to the right of the cell [pixels]; `hidden` leaves series out of the legend.
        """
        small = {"size": 9, "color": GREY}
        chart.set_title({"name": title, "name_font": {"size": 12, "color": INK, "bold": True}, "overlay": False})
        words = {"num_font": small, "line": {"color": EDGE}, "major_tick_mark": "none", "label_position": "low"}
        amounts = {
            "num_font": small,
            "num_format": number,
            "line": {"none": True},
            "major_gridlines": {"visible": True, "line": {"color": "#E5E7EB", "width": 0.75}},
            "major_tick_mark": "none",
        }
        if bars:  # XlsxWriter calls the upright axis of a bar chart y
            chart.set_y_axis(words | {"reverse": True, "major_gridlines": {"visible": False}})
            chart.set_x_axis(amounts | {"label_position": "high"})
        else:
            chart.set_x_axis(words)
            chart.set_y_axis(amounts)
        where = {"position": "bottom", "font": {"size": 9, "color": INK}, "delete_series": list(hidden)}
        chart.set_legend(where if legend else {"none": True})
        chart.set_chartarea({"border": {"color": EDGE}, "fill": {"color": "#FFFFFF"}})
        chart.show_blanks_as("span")
        chart.set_size({"width": size[0], "height": size[1]})
        options = {"object_position": 2, "description": says, "x_offset": 2 + right, "y_offset": 2}
        self.sheet.insert_chart(*at, chart, options)


def draw_page(canvas: Canvas, page: Page, frames: Frames, cells: Mapping[str, Any]) -> None:
    """Draw everything of a page that is not its own: drop-downs and blocks, then what the page itself draws."""
    for pick in page.picks:
        canvas.text(pick.row - 1, pick.column, pick.label, None, bold=True, font_color=GREY, font_size=10)
        looks = canvas.styles.of(
            Style.INPUT, "@", bold=True, font_size=13, valign="vcenter", border_color=TABS[page.group], border=2
        )
        canvas.sheet.write_string(pick.row, pick.column, str(cells[pick.name]), looks)
        canvas.book.define_name(pick.name, f"={canvas.name}!{cell(pick.row, pick.column, 'rc')}")
        rule = {"validate": "list", "source": list(pick.source) if not isinstance(pick.source, str) else pick.source}
        tip = {"input_title": pick.label[:32], "input_message": pick.tip, "error_type": "warning"}
        canvas.sheet.data_validation(pick.row, pick.column, pick.row, pick.column, rule | tip)
    page.draw(canvas)
    for block in page.blocks:
        canvas.write(block, block.twin.value(frames, cells))


def grey_errors(canvas: Canvas, row: int, column: int, last_row: int, last_column: int) -> None:
    """Show `#N/A` (nothing to draw) as pale as it is unimportant."""
    rule = {"type": "errors", "format": canvas.styles.rule(font_color="#D9DDE3")}
    canvas.sheet.conditional_format(row, column, last_row, last_column, rule)


def pixels(characters: float) -> int:
    """The width of a column [pixels]."""
    return int(characters * 7 + 5)


def height(rows: int) -> int:
    """The height of rows [pixels]."""
    return rows * _ROW_PIXELS
