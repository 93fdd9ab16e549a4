"""Cells and values: one coercion for every host; ranges are read in `lines`.

A cell crosses a host's border as a number, a text, TRUE or FALSE, None (blank), a `CellError`, or a day; a range as
rows of cells. What a function asks for is declared by kinds such as `Number` and `Text`, which turn cells into values
and answer what cannot be turned with a true cell error and a sentence. Blank is not zero: a blank cell of a series is
unknown (NaN).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from sop_xl.errors import InputError

BAD_ARGUMENT = "#VALUE!"
NOT_ENOUGH = "#N/A"
NO_SOLUTION = "#NUM!"
ERRORS = (BAD_ARGUMENT, NOT_ENOUGH, NO_SOLUTION, "#DIV/0!", "#REF!", "#NAME?", "#NULL!")

Array = npt.NDArray[np.float64]
Rows = list[list[Any]]

LARGEST = 1e15
"""Numbers beyond this are refused: a sheet keeps 15 digits."""

SMALLEST = 1e-15
"""Numbers nearer to 0 than this are 0: they come from subtractions that should have given it."""

_FIRST_DAY = datetime(1899, 12, 30)
"""Day 0 of a spreadsheet's calendar, from March 1900 on."""


class CellError(InputError):
    """An error as a cell shows it, such as `#VALUE!`, and the sentence behind it.

    >>> raise CellError(BAD_ARGUMENT, "demand is missing")
    Traceback (most recent call last):
        ...
    udfs.cells.CellError: demand is missing
    """

    def __init__(self, kind: str, says: str) -> None:
        super().__init__(says)
        self.kind = kind
        self.says = says

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CellError) and (self.kind, self.says) == (other.kind, other.says)

    def __hash__(self) -> int:
        return hash((self.kind, self.says))


def rows_of(value: Any) -> Rows:
    """Whatever a host sends as rows of cells; a single cell is one row of one.

    >>> rows_of(5), rows_of([1, 2]), rows_of([[1], [2]])
    ([[5]], [[1, 2]], [[1], [2]])
    """
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if not isinstance(value, list | tuple):
        return [[value]]
    if not value:
        return [[None]]
    if not isinstance(value[0], list | tuple):
        return [list(value)]
    return [list(row) for row in value]


def is_blank(cell: Any) -> bool:
    """Whether a cell holds nothing."""
    return cell is None or (isinstance(cell, str) and cell.strip() == "")


def day_of(serial: float) -> date:
    """The day of a spreadsheet's day number.

    >>> day_of(43831.0)
    datetime.date(2020, 1, 1)
    """
    return (_FIRST_DAY + timedelta(days=math.floor(serial))).date()


def serial_of(day: date) -> float:
    """The day number of a day.

    >>> serial_of(date(2020, 1, 1))
    43831.0
    """
    return float((datetime(day.year, day.month, day.day) - _FIRST_DAY).days)


@dataclass(frozen=True)
class Kind:
    """What an argument is: its help for the function wizard, and its unit."""

    says: str
    unit: str = ""

    @property
    def shape(self) -> str:
        """`cell` or `range`: what a host hands over."""
        return "range"

    @property
    def help(self) -> str:
        """The help with its unit."""
        return f"{self.says} [{self.unit}]" if self.unit else self.says

    def take(self, name: str, value: Any) -> Any:
        """The value of what stands in the cells.

        Raises
        ------
        CellError
            If it cannot be taken.

        """
        raise NotImplementedError


@dataclass(frozen=True)
class Single(Kind):
    """An argument of one cell."""

    @property
    def shape(self) -> str:
        """A single cell."""
        return "cell"

    def take(self, name: str, value: Any) -> Any:
        """The value of one cell; a range of one cell will do."""
        rows = rows_of(value)
        if len(rows) != 1 or len(rows[0]) != 1:
            raise CellError(BAD_ARGUMENT, f"{name} must be one cell, got a range of {size_of(rows)}")
        return self.read(name, no_error(name, rows[0][0]))

    def read(self, name: str, cell: Any) -> Any:
        """The value of a cell that holds something."""
        raise NotImplementedError


@dataclass(frozen=True)
class Number(Single):
    """A number, within bounds; `whole` asks for a whole one."""

    low: float = -math.inf
    high: float = math.inf
    above: float = -math.inf
    whole: bool = False

    def read(self, name: str, cell: Any) -> float | int:
        """The number of a cell."""
        number = number_of(name, cell)
        if not self.low <= number <= self.high or number <= self.above:
            raise CellError(BAD_ARGUMENT, f"{name} must be {self.bounds}, got {number:g}")
        if self.whole:
            if number != int(number):
                raise CellError(BAD_ARGUMENT, f"{name} must be a whole number, got {number:g}")
            return int(number)
        return number

    @property
    def bounds(self) -> str:
        """The bounds in words."""
        return within(self.low, self.high, self.above)


@dataclass(frozen=True)
class Text(Single):
    """A text; a number is taken as it is shown. With `choices` one of them, in any case."""

    choices: tuple[str, ...] = ()

    def read(self, name: str, cell: Any) -> str:
        """The text of a cell."""
        text = text_of(cell)
        if not self.choices:
            return text
        found = {choice.lower(): choice for choice in self.choices}.get(text.strip().lower())
        if found is None:
            raise CellError(BAD_ARGUMENT, f"{name} must be {', '.join(self.choices)}, got {text!r}")
        return found


@dataclass(frozen=True)
class Flag(Single):
    """TRUE or FALSE; 1 and 0 will do."""

    def read(self, name: str, cell: Any) -> bool:
        """Whether a cell says TRUE."""
        if isinstance(cell, bool):
            return cell
        if isinstance(cell, int | float) and cell in (0, 1):
            return bool(cell)
        if isinstance(cell, str) and cell.strip().upper() in ("TRUE", "FALSE"):
            return cell.strip().upper() == "TRUE"
        raise CellError(BAD_ARGUMENT, f"{name} must be TRUE or FALSE, got {text_of(cell)!r}")


@dataclass(frozen=True)
class Day(Single):
    """A day: a date, its day number, or a text such as 2026-11-01."""

    def read(self, name: str, cell: Any) -> date:
        """The day of a cell."""
        if isinstance(cell, datetime):
            return cell.date()
        if isinstance(cell, date):
            return cell
        if isinstance(cell, int | float) and not isinstance(cell, bool) and 1 <= cell < 2_958_466:
            return day_of(float(cell))
        if isinstance(cell, str):
            text = cell.strip()
            try:
                return date.fromisoformat(f"{text}-01" if len(text) == 7 else text[:10])
            except ValueError:
                pass
        raise CellError(BAD_ARGUMENT, f"{name} must be a date such as 2026-11-01, got {text_of(cell)!r}")


@dataclass(frozen=True)
class Labels(Kind):
    """Texts in one row or one column; numbers are taken as they are shown."""

    def take(self, name: str, value: Any) -> list[str]:
        """The texts; a blank is an empty one."""
        return ["" if is_blank(cell) else text_of(no_error(name, cell)) for cell in line_of(name, value)]


@dataclass(frozen=True)
class Anything(Kind):
    """Cells as they are: the arguments of another function."""

    def take(self, name: str, value: Any) -> Any:
        """The cells."""
        return value


def line_of(name: str, value: Any) -> list[Any]:
    """The cells of one row or one column."""
    rows = rows_of(value)
    if len(rows) > 1 and len(rows[0]) > 1:
        raise CellError(BAD_ARGUMENT, f"{name} must be one row or one column, got a range of {size_of(rows)}")
    return rows[0] if len(rows) == 1 else [row[0] for row in rows]


def text_of(cell: Any) -> str:
    """A cell as text: whole numbers without decimals, as a sheet shows them.

    >>> text_of(7.0), text_of(True), text_of("007")
    ('7', 'TRUE', '007')
    """
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    return str(cell)


def no_error(name: str, cell: Any) -> Any:
    """A cell, unless it is an error: that one comes out again, with where it stood."""
    if isinstance(cell, CellError):
        says = f" ({cell.says})" if cell.says else ""
        raise CellError(cell.kind, f"{name} holds the error {cell.kind}{says}")
    return cell


def within(low: float, high: float, above: float) -> str:
    """Bounds in words.

    >>> within(0, 1, -math.inf), within(-math.inf, math.inf, 0), within(1, math.inf, -math.inf)
    ('between 0 and 1', 'above 0', '1 or more')
    """
    if math.isfinite(high):
        if math.isfinite(above):
            return f"above {above:g} and at most {high:g}"
        return f"between {low:g} and {high:g}" if math.isfinite(low) else f"at most {high:g}"
    return f"above {above:g}" if math.isfinite(above) else f"{low:g} or more"


def number_of(name: str, cell: Any) -> float:
    """The number of a cell that must hold one."""
    no_error(name, cell)
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        what = "date" if isinstance(cell, date) else "value" if isinstance(cell, bool) else "text"
        raise CellError(BAD_ARGUMENT, f"{name} must be a number, got the {what} {text_of(cell)!r}")
    if not math.isfinite(cell):
        raise CellError(BAD_ARGUMENT, f"{name} must be a finite number, got {cell}")
    if abs(cell) > LARGEST:
        raise CellError(BAD_ARGUMENT, f"{name} must be between -{LARGEST:g} and {LARGEST:g}, got {cell:g}")
    return 0.0 if abs(cell) < SMALLEST else float(cell)


def counted(number: int, noun: str) -> str:
    """A count in a sentence.

    >>> counted(1, "month"), counted(1200, "unit")
    ('1 month', '1,200 units')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def size_of(rows: Sequence[Sequence[Any]]) -> str:
    """The size of a range in words."""
    return f"{len(rows)} x {len(rows[0])} cells"


def to_cells(value: Any) -> Rows:
    """What a function returns as rows of cells: one number, a line (a row), rows, arrays or a frame with its heading.

    A number that is not known (NaN) is `#N/A`, one that is not finite `#NUM!`; days are day numbers.

    >>> to_cells(np.array([1.0, 2.0])), to_cells(3)
    ([[1.0, 2.0]], [[3.0]])
    """
    if hasattr(value, "columns") and hasattr(value, "itertuples"):
        heading = [str(column).replace("_", " ") for column in value.columns]
        return [heading, *([_cell(cell) for cell in row] for row in value.itertuples(index=False))]
    if hasattr(value, "to_numpy"):
        value = value.to_numpy()
    return [[_cell(cell) for cell in row] for row in rows_of(value)]


def _cell(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | str | CellError):
        return value
    if isinstance(value, date):
        return serial_of(value)
    number = float(value)
    if math.isnan(number):
        return CellError(NOT_ENOUGH, "this number is not known")
    if math.isinf(number):
        return CellError(NO_SOLUTION, "this number is without bound")
    return number
