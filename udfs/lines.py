"""Series and arrays in cells: what stands in a row, a column or a block, and results laid out the same way.

A history in a row gives a forecast in a row, one in a column a forecast in a column. A block holds one series a row,
periods across; its columns are the same periods for all of them. `Numbers` are arguments of formulas: one number, or a
range of them, so that one cell answers for a whole list of items.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from udfs.cells import (
    BAD_ARGUMENT,
    NOT_ENOUGH,
    Array,
    CellError,
    Kind,
    Rows,
    is_blank,
    line_of,
    no_error,
    number_of,
    rows_of,
    size_of,
    text_of,
    within,
)

BLANK = ""
"""What a result shows where its input is blank."""


@dataclass(frozen=True)
class Oriented:
    """Series as they stand in cells.

    rows : one series a row, NaN where a cell is blank, shape (series, periods)
    down : whether they came as one column
    width : periods of the range, with the blank ones at its end that are left out of `rows`
    known : which series hold as many numbers as were asked for, shape (series,)
    """

    rows: Array
    down: bool
    width: int
    known: np.ndarray[Any, np.dtype[np.bool_]]

    @property
    def line(self) -> Array:
        """The numbers of the only series."""
        numbers: Array = self.rows[0]
        return numbers

    def laid(self, rows: Any) -> Any:
        """Rows of results as the series stand: turned by a quarter where they came as a column."""
        block = np.array(rows, dtype=object) if isinstance(rows, list) else np.asarray(rows)
        return block.T if self.down else block

    def map(self, run: Callable[[Array], Sequence[Any] | Array], width: int) -> Any:
        """`width` results of each series, laid out; a series of a block with too few numbers shows #N/A."""
        found: list[list[Any]] = []
        for series, known in zip(self.rows, self.known, strict=True):
            found.append(list(run(series)) if known else [math.nan] * width)
        return self.laid(found)

    def each(self, run: Callable[[Array], Any]) -> Any:
        """One result of each series: a single cell, or a column beside a block."""
        found = [[run(series) if known else math.nan] for series, known in zip(self.rows, self.known, strict=True)]
        return np.array(found, dtype=object)

    def alike(self, values: Array) -> Any:
        """Results cell by cell, shape of `rows`; where nothing is known, also at the end of the range, a blank."""
        out = np.full((len(self.rows), self.width), BLANK, dtype=object)
        shown = ~np.isnan(values)
        out[:, : values.shape[1]][shown] = values[shown]
        return self.laid(out)


@dataclass(frozen=True)
class Lines(Kind):
    """Numbers in one row, one column, or a block with one series a row; a blank cell is unknown (NaN).

    `one` asks for a single row or column; `trim` leaves out the blanks at the end of the range, which are no demand;
    `least` is how many numbers a series needs; `low` bounds them; `full` allows no blank, `blank` is what one counts
    as otherwise.
    """

    one: bool = False
    trim: bool = False
    least: int = 1
    low: float = -math.inf
    high: float = math.inf
    full: bool = False
    blank: float = math.nan

    def take(self, name: str, value: Any) -> Oriented:
        """The series."""
        cells = rows_of(value)
        down = len(cells) > 1 and len(cells[0]) == 1
        if self.one and len(cells) > 1 and not down:
            raise CellError(BAD_ARGUMENT, f"{name} must be one row or one column, got a range of {size_of(cells)}")
        rows = _numbers(name, [[row[0] for row in cells]] if down else cells, down)
        width = rows.shape[1]
        _bounded(name, rows, self.low, self.high)
        if self.trim:
            last = int(np.flatnonzero(~np.isnan(rows).all(axis=0)).max(initial=-1))
            rows = rows[:, : last + 1]
        if self.full and np.isnan(rows).any():
            raise CellError(BAD_ARGUMENT, f"{_place(name, rows, np.isnan(rows))} is blank; type 0 where there is none")
        count = (~np.isnan(rows)).sum(axis=1)
        known = count >= self.least
        if not known.any():
            wanted = f"{self.least} number{'s' if self.least > 1 else ''}"
            raise CellError(NOT_ENOUGH, f"{name} needs at least {wanted}, got {int(count.max(initial=0))}")
        return Oriented(np.where(np.isnan(rows), self.blank, rows), down, width, known)


@dataclass(frozen=True)
class Numbers(Kind):
    """One number, or a range of them, within bounds; a blank cell of a range is unknown, and so is what it gives."""

    low: float = -math.inf
    high: float = math.inf
    above: float = -math.inf
    full: bool = False

    def take(self, name: str, value: Any) -> Array:
        """The numbers, as they stand."""
        rows = _numbers(name, rows_of(value), False)
        _bounded(name, rows, self.low, self.high, self.above)
        if self.full and np.isnan(rows).any():
            raise CellError(BAD_ARGUMENT, f"{_place(name, rows, np.isnan(rows))} is blank; type 0 where there is none")
        return rows


@dataclass(frozen=True)
class Marks(Kind):
    """TRUE or FALSE, 1 or 0, in a row or a column; a blank is FALSE."""

    def take(self, name: str, value: Any) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which cells are marked."""
        return np.array([_marked(name, cell, at) for at, cell in enumerate(line_of(name, value), 1)], dtype=bool)


@dataclass(frozen=True)
class Keys(Kind):
    """Texts in a block, a row for each thing that is named; numbers are taken as they are shown."""

    def take(self, name: str, value: Any) -> list[tuple[str, ...]]:
        """The texts of each row; a blank is an empty one."""
        rows = _even(name, rows_of(value))
        return [tuple("" if is_blank(cell) else text_of(no_error(name, cell)).strip() for cell in row) for row in rows]


def each(run: Callable[..., Any], *arguments: Array | float) -> Array:
    """A formula of numbers over ranges of them: every range has the same size, or is one row, column or cell.

    >>> each(lambda a, b: a + b, np.array([[1.0], [2.0]]), 10.0)
    array([[11.],
           [12.]])
    """
    arrays = spread(*arguments)
    known = ~np.isnan(np.array(arrays)).any(axis=0)
    out = np.full(arrays[0].shape, np.nan)
    if known.any():
        out[known] = run(*(array[known] for array in arrays))
    return out


def spread(*arguments: Array | float) -> list[Array]:
    """Ranges of one size: single cells, rows and columns repeated."""
    arrays = [np.atleast_2d(np.asarray(argument, dtype="float64")) for argument in arguments]
    try:
        return list(np.broadcast_arrays(*arrays))
    except ValueError:
        sizes = dict.fromkeys(f"{a.shape[0]} x {a.shape[1]}" for a in arrays if a.size > 1)
        says = f"ranges of {' and '.join(sizes)} cells do not go together; give ranges of one size, or single cells"
        raise CellError(BAD_ARGUMENT, says) from None


def same_size(first: str, one: Oriented, second: str, other: Oriented) -> None:
    """Refuse series that do not lie over the same periods."""
    if one.rows.shape != other.rows.shape:
        raise CellError(
            BAD_ARGUMENT,
            f"{first} and {second} must be of one size, got {_shape(one.rows)} and {_shape(other.rows)}",
        )


def fitted_to(name: str, line: Oriented | float, like: Oriented) -> Array:
    """A line beside another one: one number for every period, or one for all of them."""
    rows = np.atleast_2d(np.asarray(line.rows if isinstance(line, Oriented) else line, dtype="float64"))
    if rows.shape not in ((1, 1), like.rows.shape):
        raise CellError(
            BAD_ARGUMENT, f"{name} must be one cell or one for each period, got {_shape(rows)} for {_shape(like.rows)}"
        )
    return np.broadcast_to(rows, like.rows.shape)


def _shape(rows: Array) -> str:
    periods = f"{rows.shape[1]} period{'s' if rows.shape[1] != 1 else ''}"
    return periods if len(rows) == 1 else f"{len(rows)} series of {periods}"


def _numbers(name: str, rows: Rows, down: bool) -> Array:
    """Cells as numbers, NaN where blank; what is no number is named by its place."""
    found = np.full((len(rows), len(_even(name, rows)[0])), np.nan)
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            if not is_blank(cell):
                where = f"cell {c + 1}" if len(rows) == 1 or down else f"row {r + 1}, cell {c + 1}"
                found[r, c] = number_of(name if found.size == 1 else f"{name}, {where},", cell)
    return found


def _bounded(name: str, rows: Array, low: float, high: float, above: float = -math.inf) -> None:
    """Refuse a number out of bounds, by its place."""
    with np.errstate(invalid="ignore"):
        out = (rows < low) | (rows > high) | (rows <= above)
    if out.any():
        where = name if rows.size == 1 else _place(name, rows, out)
        raise CellError(BAD_ARGUMENT, f"{where} must be {within(low, high, above)}, got {rows[out][0]:g}")


def _even(name: str, rows: Rows) -> Rows:
    if len({len(row) for row in rows}) != 1 or not rows[0]:
        raise CellError(BAD_ARGUMENT, f"the rows of {name} must be of one length")
    return rows


def _place(name: str, rows: Array, which: Any) -> str:
    row, cell = (int(n[0]) for n in np.nonzero(which))
    return f"{name}, cell {cell + 1}," if len(rows) == 1 else f"{name}, row {row + 1}, cell {cell + 1},"


def _marked(name: str, cell: Any, at: int) -> bool:
    if is_blank(cell):
        return False
    no_error(f"{name}, cell {at},", cell)
    if isinstance(cell, bool) or (isinstance(cell, int | float) and cell in (0, 1)):
        return bool(cell)
    raise CellError(BAD_ARGUMENT, f"{name}, cell {at}, must be TRUE or FALSE (1 or 0), got {text_of(cell)!r}")
