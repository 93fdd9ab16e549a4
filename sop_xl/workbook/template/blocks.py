"""A block: formulas outside the tables, and beside them the same arithmetic in Python.

Every formula a person reads on the cover or a review page belongs to a `Block`. Its defined name covers its cells, its
`Twin` computes what they show, so that a saved file has its numbers before any program recalculates it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sop_xl.workbook.schema import Frames
from sop_xl.workbook.template.styles import WHOLE, Style
from sop_xl.workbook.twin import Twin

Grid = list[list[str]]


@dataclass(frozen=True)
class Window:
    """How many months the review pages show: `past` up to the as-of month and `months` after it."""

    past: int
    months: int


@dataclass(frozen=True)
class Block:
    """Formulas in a rectangle of a sheet: its defined name, its top left cell (from 0) and the twin of its values.

    `formulas` makes the rows of formulas for a window. `numbers` gives each row its number format (one for all, or one
    a row; by column with `by_column`). A block with `array` holds one array formula a cell. The column of a block
    `beyond` the months is counted from the first column after those of past and plan. `column_looks` adds to the looks
    of a column, by its offset.
    """

    name: str
    row: int
    column: int
    formulas: Callable[[Window], Grid]
    twin: Twin
    numbers: Sequence[str] = (WHOLE,)
    by_column: bool = False
    style: Style | None = Style.CALC
    array: bool = False
    looks: Mapping[str, Any] | None = None
    beyond: bool = False
    column_looks: Callable[[Window, int], Mapping[str, Any]] | None = None

    def left(self, window: Window, first_month: int) -> int:
        """The first column of the block on a page whose months begin at a column."""
        return self.column + (first_month + window.past + window.months if self.beyond else 0)

    def number(self, row: int, column: int) -> str:
        """The number format of the cell at an offset."""
        return self.numbers[min(column if self.by_column else row, len(self.numbers) - 1)]


def column_letters(column: int) -> str:
    """The letters of a column (from 0).

    >>> column_letters(0), column_letters(27)
    ('A', 'AB')
    """
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def cell(row: int, column: int, fix: str = "") -> str:
    """The address of a cell (from 0); `fix` names what stays when it is copied: `"r"`, `"c"` or `"rc"`.

    >>> cell(6, 4), cell(6, 4, "r"), cell(6, 4, "rc")
    ('E7', 'E$7', '$E$7')
    """
    return f"{'$' * ('c' in fix)}{column_letters(column)}{'$' * ('r' in fix)}{row + 1}"


def span(first_row: int, first_column: int, last_row: int, last_column: int) -> str:
    """The fixed address of a range (from 0).

    >>> span(6, 4, 6, 5)
    '$E$7:$F$7'
    """
    return f"{cell(first_row, first_column, 'rc')}:{cell(last_row, last_column, 'rc')}"


def one(
    name: str,
    at: tuple[int, int],
    formula: str,
    twin: Callable[[Frames, Mapping[str, Any]], Any],
    tables: Sequence[str],
    cells: Sequence[str] = (),
    **looks: Any,
) -> Block:
    """A block of a single cell."""
    number = looks.pop("number", WHOLE)
    style = looks.pop("style", None)
    array = looks.pop("array", False)
    return Block(
        name, *at, lambda _: [[formula]], Twin((*tables,), (*cells,), twin), (number,), style=style, array=array,
        looks=looks,
    )  # fmt: skip


def excel(table: str, label: str) -> str:
    """A whole column of a table, as a formula names it.

    >>> excel("items", "Item")
    'tbl_items[Item]'
    """
    return f"tbl_{table}[{label}]"


def month_column(table: str, label_cell: str) -> str:
    """The column of a table laid across that stands under the month named in a cell."""
    return f"INDEX(tbl_{table}[],0,MATCH({label_cell},head_{table},0))"


def value_in_month(table: str, label_cell: str, where: Mapping[str, str]) -> str:
    """The value of the one row that `where` finds (column label to criterion), `#N/A` where it is blank.

    AVERAGEIFS of one cell is the cell, and unlike SUMIFS it tells a blank from a zero.
    """
    criteria = ",".join(f"{excel(table, label)},{criterion}" for label, criterion in where.items())
    return f"=IFERROR(AVERAGEIFS({month_column(table, label_cell)},{criteria}),NA())"


def sum_of_numbers(reference: str) -> str:
    """The sum of a range that may hold `#N/A`."""
    return f'SUMIF({reference},"<9E+307")'


def nth_row(table: str, label: str, condition: str, n: str) -> str:
    """The column's value in the n-th row that meets a condition, blank when there are fewer (an array formula)."""
    first = f"tbl_{table}[[#Headers],[{label}]]"
    rows = f"ROW({excel(table, label)})-ROW({first})"
    return f'{{=IFERROR(INDEX({excel(table, label)},SMALL(IF({condition},{rows}),{n}))&"","")}}'
