"""Parts the review pages share: the months across the top, rows looked up in a table, their totals and comparisons."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sop_xl import periods
from sop_xl.workbook.schema import Frames
from sop_xl.workbook.tables import TABLES
from sop_xl.workbook.template.blocks import (
    Block,
    Grid,
    Window,
    cell,
    excel,
    nth_row,
    one,
    span,
    sum_of_numbers,
    value_in_month,
)
from sop_xl.workbook.template.pages.values import Value, as_cell, lookup, nth, serial, shown, total
from sop_xl.workbook.template.styles import INK, MONTH, PALE, WHOLE, WORDS, Style
from sop_xl.workbook.twin import Twin

WINDOW = ("page_past", "page_months")
"""The defined names of how many months the pages show."""

FIRST_MONTH = 4
"""Column of the first month on every review page."""
NUMERIC = '"<9E+307"'

Values = list[list[Value]]
Cells = Mapping[str, Any]


def months(name: str, row: int, past: bool) -> tuple[Block, Block]:
    """The months of a page: a row of dates, and beneath it the same as the headings of the tables."""

    def columns(window: Window) -> range:
        return range(FIRST_MONTH, FIRST_MONTH + window.months + (window.past if past else 0))

    def dates(window: Window) -> Grid:
        before, start = "-page_past" if past else "", cell(row, FIRST_MONTH, "c")
        month = f"MONTH(set_as_of){before}+COLUMNS({start}:{{}})"
        return [[f"=DATE(YEAR(set_as_of),{month.format(cell(row, c))},1)" for c in columns(window)]]

    def labels(window: Window) -> Grid:
        return [[f'=YEAR({cell(row, c)})&"-"&RIGHT("0"&MONTH({cell(row, c)}),2)' for c in columns(window)]]

    def days(frames: Frames, cells: Cells) -> Values:
        return [[serial(d) for d in shown(frames, cells, past)]]

    def words(frames: Frames, cells: Cells) -> Values:
        return [[periods.label(d) for d in shown(frames, cells, past)]]

    quiet = {"font_size": 8, "font_color": "#A3A9B3", "align": "center"}
    above = Block(f"{name}_first_days", row, FIRST_MONTH, dates, Twin(("control",), WINDOW, days), (MONTH,), style=None,
                  looks=quiet)  # fmt: skip
    return above, Block(
        name, row + 1, FIRST_MONTH, labels, Twin(("control",), WINDOW, words), (WORDS,), style=Style.HEADER,
        looks={"align": "center"},
    )  # fmt: skip


def looked_up(
    name: str,
    row: int,
    label_row: int,
    table: str,
    rows: Sequence[Mapping[str, str]],
    picked: Mapping[str, str] | None = None,
    past: bool = False,
    numbers: Sequence[str] = (WHOLE,),
) -> Block:
    """Rows of a table laid across, found by the words beside them.

    `rows` gives the key columns of each row in the order of the label cells (column B, then C). `picked` adds key
    columns whose value stands in a named cell (column name to defined name).
    """
    declared, picked = TABLES[table], picked or {}
    label = {c.name: c.label for c in declared.frame_columns}
    across = declared.across
    if across is None:
        raise ValueError(f"table {table} has no months across")

    def formulas(window: Window) -> Grid:
        columns = range(FIRST_MONTH, FIRST_MONTH + window.months + (window.past if past else 0))
        grid = []
        for down, keys in enumerate(rows):
            where = {label[key]: defined for key, defined in picked.items()}
            where |= {label[key]: cell(row + down, 1 + i, "c") for i, key in enumerate(keys)}
            grid.append([value_in_month(table, cell(label_row, c, "r"), where) for c in columns])
        return grid

    def value(frames: Frames, cells: Cells) -> Values:
        chosen = {key: str(cells[defined]) for key, defined in picked.items()}
        return lookup(frames[table], across.name, [chosen | dict(keys) for keys in rows], shown(frames, cells, past))

    twin = Twin((table, "control"), (*WINDOW, *picked.values()), value)
    return Block(name, row, FIRST_MONTH, formulas, twin, numbers)


def plan_columns(window: Window, past: bool) -> tuple[int, int]:
    """First and last column of the planned months."""
    first = FIRST_MONTH + (window.past if past else 0)
    return first, first + window.months - 1


def plan_part(values: Sequence[Value], cells: Cells) -> list[Value]:
    """The planned months of a row that shows past and plan."""
    return list(values[-int(cells["page_months"]) :])


def totals(name: str, block: Block, rows: int, past: bool, numbers: Sequence[str] = (WHOLE,)) -> Block:
    """The sum of the planned months of the first `rows` rows of a block, in the column before the months."""

    def formulas(window: Window) -> Grid:
        first, last = plan_columns(window, past)
        sums = (sum_of_numbers(f"{cell(r, first, 'c')}:{cell(r, last, 'c')}") for r in _rows(block, rows))
        return [[f"={formula}"] for formula in sums]

    def value(frames: Frames, cells: Cells) -> Values:
        return [[total(plan_part(line, cells))] for line in block.twin.value(frames, cells)[:rows]]

    twin = Twin(block.twin.tables, block.twin.cells, value)
    return Block(name, block.row, FIRST_MONTH - 1, formulas, twin, numbers, looks={"bold": True})


def _rows(block: Block, rows: int) -> range:
    return range(block.row, block.row + rows)


def against(name: str, at: tuple[int, int], block: Block, row: int, other: int, past: bool, **looks: Any) -> Block:
    """How much more a row plans than another [share], over the months in which both have a number; `-` if none."""

    def formulas(window: Window) -> Grid:
        first, last = plan_columns(window, past)
        mine = span(block.row + row, first, block.row + row, last)
        theirs = span(block.row + other, first, block.row + other, last)
        both = f"{mine},{NUMERIC},{theirs},{NUMERIC}"
        return [[f'=IFERROR(SUMIFS({mine},{both})/SUMIFS({theirs},{both})-1,"-")']]

    def value(frames: Frames, cells: Cells) -> Value:
        lines = block.twin.value(frames, cells)
        pairs = zip(plan_part(lines[row], cells), plan_part(lines[other], cells), strict=True)
        both = [(a, b) for a, b in pairs if isinstance(a, float) and isinstance(b, float)]
        base = sum(b for _, b in both)
        return sum(a for a, _ in both) / base - 1 if base else "-"

    return Block(
        name, *at, formulas, Twin(block.twin.tables, block.twin.cells, value), ("+0.0%;-0.0%;0.0%",), style=None,
        looks=looks,
    )  # fmt: skip


def listed(
    name: str, row: int, column: int, count: int, table: str, key: str, where: Mapping[str, str], **looks: Any
) -> Block:
    """The values of a key column in the rows that meet `where`, one below the other, blanks at the end."""
    label = {c.name: c.label for c in TABLES[table].frame_columns}
    condition = "*".join(f'({excel(table, label[k])}="{word}")' for k, word in where.items())

    def formulas(_: Window) -> Grid:
        start = cell(row, column, "r")
        return [[nth_row(table, label[key], condition, f"ROWS({start}:{cell(row + k, column)})")] for k in range(count)]

    def value(frames: Frames, _: Cells) -> Values:
        return [[text] for text in nth(names(frames[table], key, where), count)]

    return Block(name, row, column, formulas, Twin((table,), (), value), (WORDS,), array=True, looks=looks)


def names(frame: pd.DataFrame, key: str, where: Mapping[str, str]) -> list[str]:
    """The values of a key column in the rows that meet `where`, each once, in the order of the sheet."""
    keep = pd.Series(True, index=frame.index)
    for column, word in where.items():
        keep &= frame[column].eq(word)
    return list(dict.fromkeys(frame.loc[keep, key]))


def tile_value(
    name: str,
    at: tuple[int, int],
    formula: str,
    twin: Callable[[Frames, Cells], Any],
    tables: Sequence[str],
    cells: Sequence[str] = (),
    number: str = WHOLE,
    color: str = "#374151",
    big: int = 18,
) -> Block:
    """The value of a tile."""
    return one(name, at, formula, twin, tables, cells, number=number, **tile_looks(color, big))


def tile_looks(color: str, big: int = 18) -> dict[str, Any]:
    """How the value of a tile looks."""
    return {
        "bold": True,
        "font_size": big,
        "align": "left",
        "valign": "vcenter",
        "indent": 1,
        "bg_color": PALE,
        "left": 5,
        "left_color": color,
        "font_color": INK,
    }


def list_range(sheet: str, row: int, column: int, count: int) -> str:
    """A list of names without the blanks at its end, for a drop-down."""
    first, last = cell(row, column, "rc"), cell(row + count - 1, column, "rc")
    whole = f"{sheet}!{first}:{last}"
    return f'={sheet}!{first}:INDEX({whole},MAX(1,COUNTIF({whole},"?*")))'


@dataclass(frozen=True)
class Ranked:
    """The rows of a table that meet a condition, in an order, as a list of `count` lines on a page.

    `condition` and `key` are array formulas over the table (a larger key comes first, equal keys in the order of the
    sheet); `chosen` and `sort_by` are the same over its frame, `reads` the other tables they need. `columns` are the
    columns shown, the first at `column`; the row numbers stand in `rank_column`.
    """

    name: str
    table: str
    row: int
    column: int
    rank_column: int
    count: int
    columns: tuple[str, ...]
    condition: str
    chosen: Callable[[Frames], pd.Series[bool]]
    key: str = ""
    sort_by: str = ""
    numbers: tuple[str, ...] = (WORDS,)
    reads: tuple[str, ...] = ()

    def rows(self, frames: Frames) -> list[int]:
        """The positions of the rows shown."""
        frame = frames[self.table]
        keep = np.flatnonzero(self.chosen(frames).to_numpy())
        keys = frame[self.sort_by].to_numpy(dtype=float)[keep] if self.sort_by else np.zeros(len(keep))
        order = np.argsort(-(keys - keep / _TIE), kind="stable")
        return [int(i) for i in keep[order]][: self.count]

    def blocks(self) -> tuple[Block, Block]:
        """The row numbers and the lines."""
        ranks = Block(
            f"{self.name}_rows", self.row, self.rank_column, self._rank_formulas,
            Twin((self.table, *self.reads), (), self._ranks), style=None, array=True, looks=_QUIET,
        )  # fmt: skip
        lines = Block(
            self.name, self.row, self.column, self._line_formulas, Twin((self.table, *self.reads), (), self._lines),
            self.numbers, by_column=True,
        )  # fmt: skip
        return ranks, lines

    def _rank_formulas(self, _: Window) -> Grid:
        first = TABLES[self.table].columns[0].label
        order = f"IF({self.condition},{self.key or 0}-ROW({excel(self.table, first)})/10^6)"
        start = cell(self.row, self.rank_column, "r")
        ends = (cell(self.row + k, self.rank_column) for k in range(self.count))
        alone = f"ROWS({excel(self.table, first)})=1"  # MATCH finds nothing in the one value of a single row
        return [
            [
                f'{{=IFERROR(IF({alone},IF(SUM(({self.condition})*1)>=ROWS({start}:{end}),1,""),'
                f'MATCH(LARGE({order},ROWS({start}:{end})),{order},0)),"")}}'
            ]
            for end in ends
        ]

    def _line_formulas(self, _: Window) -> Grid:
        grid = []
        for k in range(self.count):
            rank = cell(self.row + k, self.rank_column, "c")
            found = (f"INDEX({excel(self.table, TABLES[self.table].column(c).label)},{rank})" for c in self.columns)
            grid.append([f'=IF({rank}="","",IF({value}="","",{value}))' for value in found])
        return grid

    def _ranks(self, frames: Frames, _: Cells) -> Values:
        found = self.rows(frames)
        return [[float(found[k] + 1) if k < len(found) else ""] for k in range(self.count)]

    def _lines(self, frames: Frames, _: Cells) -> Values:
        frame = frames[self.table]
        lines = [[as_cell(frame[c].iloc[i]) for c in self.columns] for i in self.rows(frames)]
        return lines + [[""] * len(self.columns)] * (self.count - len(lines))


_TIE = 10**6
_QUIET = {"font_color": "#A3A9B3", "font_size": 8, "align": "left", "indent": 1}
