"""What an explanation is made of: the number asked about, and the lines that say where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from sop_xl import periods
from sop_xl.workbook.cells.values import shown
from sop_xl.workbook.schema import Column, Kind, Table
from sop_xl.workbook.tables import TABLES

NAN = float("nan")


@dataclass(frozen=True)
class Line:
    """One line of an explanation: its part, a sentence, and the number it names with its unit and sheet (or none)."""

    part: str
    says: str
    value: float = NAN
    unit: str = ""
    sheet: str = ""


@dataclass(frozen=True)
class Subject:
    """The number asked about: a row of a table and one of its columns, beside all the tables of the book."""

    frames: Mapping[str, pd.DataFrame]
    table: Table
    row: Mapping[str, Any]
    column: Column
    currency: str = ""

    @property
    def value(self) -> Any:
        """What stands in the cell."""
        return self.row[self.column.name]

    @property
    def words(self) -> str:
        """The row by its key, as sentences name it."""
        words = (word(self.table.column(k), self.row[k]) for k in self.table.keys)
        return " ".join(w for w in words if w)

    @property
    def unit(self) -> str:
        """The unit of the number: that of the column, or the one the row names."""
        named = str(self.row.get("unit", "") or "")
        return named if named and self.column.name != "unit" else self.column.unit.replace("{currency}", self.currency)

    def rows(self, table: str, /, **keys: Any) -> pd.DataFrame:
        """The rows of a table that hold these values."""
        frame = self.frames[table].reset_index(drop=True)
        for name, value in keys.items():
            frame = frame[frame[name].eq(value)] if name in frame else frame.iloc[:0]
        return frame

    def same(self, table: str, /, *names: str, **more: Any) -> pd.DataFrame:
        """The rows of a table with the values of these columns of the row asked about."""
        return self.rows(table, **{n: self.row[n] for n in names}, **more)

    def said(self, part: str, says: str, value: Any = NAN, table: str = "", unit: str = "") -> Line:
        """A line; `table` is where its number stands."""
        number = float(value) if not pd.isna(value) else NAN
        return Line(part, says, number, unit, TABLES[table].sheet if table else "")


def word(column: Column, value: Any) -> str:
    """A value as a sentence shows it; nothing for a blank.

    >>> word(TABLES["gaps"].column("period"), pd.Timestamp("2020-05-01"))
    '2020-05'
    """
    if value is None or (not isinstance(value, str) and pd.isna(value)) or value == "":
        return ""
    if column.kind is Kind.PERIOD:
        return periods.label(value)
    if isinstance(value, float) and abs(value) >= 1000:
        return f"{value:,.0f}"
    if isinstance(value, float):
        return f"{value:,.4g}"
    return shown(value)


def number(value: Any) -> str:
    """A number in a sentence.

    >>> number(1234.56), number(0.5), number(float("nan"))
    ('1,235', '0.5', 'blank')
    """
    if pd.isna(value):
        return "blank"
    return f"{value:,.0f}" if abs(value) >= 100 or float(value).is_integer() else f"{value:,.4g}"


def ties(one: float, other: float) -> bool:
    """Whether two numbers are the same but for rounding."""
    return abs(one - other) <= max(0.011, 1e-6 * max(abs(one), abs(other)))
