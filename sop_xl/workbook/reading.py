"""What reading a book gives: typed frames, the issues found in its cells, and where each table stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sop_xl.workbook.cells.values import Cell
from sop_xl.workbook.schema import Issue, Table

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Place:
    """Where a table stands, so that a sentence can lead a planner to the cell.

    >>> Place("sheet Items").at(12, "Standard cost")
    'sheet Items, row 12, column "Standard cost"'
    >>> Place("file items.csv", "line").at(3)
    'file items.csv, line 3'
    """

    where: str
    row_word: str = "row"

    def at(self, row: int = 0, column: str = "") -> str:
        """The place of a row, a column, or a cell; row 0 is the whole table."""
        parts = [self.where]
        if row:
            parts.append(f"{self.row_word} {row}")
        if column:
            parts.append(f'column "{column}"')
        return ", ".join(parts)


@dataclass(frozen=True)
class Spot:
    """Where a table stands on its sheet: the row of its heading, its first column (both from 1), and its headings."""

    sheet: str
    row: int
    column: int
    header: tuple[str, ...]


@dataclass(frozen=True)
class RawTable:
    """A table as it stands in a book, before any check.

    `rows` has one sequence of cells per row, as long as `header`; `numbers` are the row numbers on the sheet (or
    lines of the file); `from_text` says that every cell comes from a text file, where `12.5` is a number.
    """

    table: Table
    place: Place
    header: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]
    numbers: Sequence[int]
    from_text: bool = False


@dataclass(frozen=True)
class Reading:
    """The tables of a book as typed frames, with everything found wrong in their cells.

    The index of a frame, named `row`, is the row number on the sheet (the line of the file), repeated over the
    periods of a table whose periods run across.
    """

    frames: dict[str, pd.DataFrame]
    issues: tuple[Issue, ...] = ()
    places: Mapping[str, Place] = field(default_factory=dict)
