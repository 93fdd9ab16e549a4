"""From the cells of one column to typed values: numbers, texts, times and flags, with what is wrong in each cell.

Each function takes the cells of a column and returns the values and one `Trouble` per cell it could not take as it
stands. A blank cell is no trouble.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from types import NoneType
from typing import Any

import numpy as np
import numpy.typing as npt

from sop_xl import periods
from sop_xl.workbook.cells.values import ERRORS, NOT_CALCULATED, Cell, CellError, date_of, shown
from sop_xl.workbook.schema import Column, Kind, Severity

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_DECIMAL_COMMA = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d+),\d+|[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?")
_FLAGS = {"true": True, "yes": True, "y": True, "1": True, "false": False, "no": False, "n": False, "0": False}
_FIRST_YEAR, _LAST_YEAR = 1900, 2199
_PLAUSIBLE_SERIALS = (18_264, 109_574)  # 1950 to 2199


@dataclass(frozen=True)
class Trouble:
    """What is wrong with one cell of a column; `says` ends a sentence that begins with the place."""

    at: int
    rule: str
    severity: Severity
    says: str


@dataclass(frozen=True)
class Converted:
    """The values of a column and the troubles of its cells."""

    values: npt.NDArray[Any]
    troubles: tuple[Trouble, ...]


def converted(column: Column, cells: Sequence[Cell], from_text: bool) -> Converted:
    """The cells of a column as the type its kind has in a frame."""
    if column.kind.is_number:
        return numbers(cells, from_text)
    if column.kind.is_text:
        return texts(cells, column.kind)
    if column.kind.is_time:
        return times(cells, column.kind, from_text)
    return flags(cells, bool(column.default))


def numbers(cells: Sequence[Cell], from_text: bool = False) -> Converted:
    """Cells as floats, blank as NaN; a text that looks like a number is one only where all cells are text.

    >>> numbers([1, 2.5, None]).values.tolist()
    [1.0, 2.5, nan]
    >>> numbers(["3,5"]).troubles[0].rule
    'decimal comma'
    """
    values = np.full(len(cells), np.nan)
    plain = np.fromiter((type(c) is float or type(c) is int for c in cells), dtype=bool, count=len(cells))
    if plain.any():
        values[plain] = np.array([c for c, is_plain in zip(cells, plain, strict=True) if is_plain], dtype=float)
    troubles = []
    for at in np.flatnonzero(~plain):
        cell = cells[int(at)]
        if isinstance(cell, str) and from_text and _NUMBER.fullmatch(cell.strip()):
            values[at] = float(cell)
        elif cell is not None and (trouble := _no_number(int(at), cell)):
            troubles.append(trouble)
    troubles += [
        Trouble(int(at), "not finite", Severity.STOPS, f"{cells[int(at)]} is too large to be a number")
        for at in np.flatnonzero(np.isinf(values))
    ]
    values[np.isinf(values)] = np.nan
    return Converted(values, tuple(sorted(troubles, key=lambda t: t.at)))


def texts(cells: Sequence[Cell], kind: Kind = Kind.TEXT) -> Converted:
    """Cells as text, blank as `""`; a whole number in a code is written without its decimals.

    >>> texts([7.0, "007", None], Kind.CODE).values.tolist()
    ['7', '007', '']
    """
    values = np.empty(len(cells), dtype=object)
    troubles: list[Trouble] = []
    for at, cell in enumerate(cells):
        if type(cell) is str:
            values[at] = cell.strip() if kind is Kind.CODE else cell
            if kind is Kind.CODE and values[at] != cell:
                says = f'"{cell}" has spaces around it; they are left out'
                troubles.append(Trouble(at, "spaces around a code", Severity.WARNS, says))
        elif isinstance(cell, CellError):
            values[at] = ""
            troubles.append(_error(at, cell))
        elif isinstance(cell, datetime) and kind is Kind.CODE:
            values[at] = ""
            says = f"{shown(cell)} is a date where a code belongs; format the cell as text and type the code again"
            troubles.append(Trouble(at, "date in a code column", Severity.STOPS, says))
        else:
            values[at] = shown(cell)
    return Converted(values, tuple(troubles))


def times(cells: Sequence[Cell], kind: Kind = Kind.DATE, from_text: bool = False) -> Converted:
    """Cells as timestamps, blank as `NaT`; a period becomes the first day of its month.

    >>> times(["2020-02-29"]).troubles[0].says
    '"2020-02-29" is text, read as the date 2020-02-29'
    >>> times([datetime(2020, 2, 29)], Kind.PERIOD).values.astype("datetime64[D]").tolist()
    [datetime.date(2020, 2, 1)]
    """
    moments: list[datetime | None] = []
    troubles: list[Trouble] = []
    for at, cell in enumerate(cells):
        moment, trouble = (cell, None) if type(cell) is datetime else _moment(at, cell, kind, from_text)
        if moment is not None and not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
            says = f"{shown(moment)} lies outside the years {_FIRST_YEAR} to {_LAST_YEAR}"
            moment, trouble = None, Trouble(at, "out of bounds", Severity.STOPS, says)
        elif moment is not None and kind is Kind.PERIOD and moment.day != 1 and trouble is None:
            says = f"{shown(moment)} is not the first day of a month; it is read as {periods.label(moment)}"
            trouble = Trouble(at, "day inside a month", Severity.WARNS, says)
        moments.append(moment if moment is None or moment.tzinfo is None else moment.replace(tzinfo=None))
        if trouble is not None:
            troubles.append(trouble)
    values = np.array(moments, dtype="datetime64[us]")
    if kind is Kind.PERIOD:
        values = values.astype("datetime64[M]")
    elif kind is Kind.DATE:
        values = values.astype("datetime64[D]")
    return Converted(values.astype("datetime64[ns]"), tuple(troubles))


def flags(cells: Sequence[Cell], default: bool = False) -> Converted:
    """Cells as truth values, blank as the default; `yes`, `no`, 1 and 0 are understood.

    >>> flags([True, "no", None], default=True).values.tolist()
    [True, False, True]
    """
    values = np.full(len(cells), default)
    troubles: list[Trouble] = []
    for at, cell in enumerate(cells):
        if isinstance(cell, CellError):
            troubles.append(_error(at, cell))
        elif (word := shown(cell).strip().casefold()) in _FLAGS:
            values[at] = _FLAGS[word]
        elif word:
            says = f'"{shown(cell)}" is neither TRUE nor FALSE'
            troubles.append(Trouble(at, "not true or false", Severity.STOPS, says))
    return Converted(values, tuple(troubles))


def is_blank(cell: Cell) -> bool:
    """Whether a cell holds nothing to be read.

    >>> is_blank(None), is_blank(" "), is_blank(0)
    (True, True, False)
    """
    return cell is None or (isinstance(cell, str) and (not cell or cell.isspace()))


BLANK_TYPES = (NoneType, str)
"""The only types a blank cell can have."""


def _error(at: int, cell: CellError) -> Trouble:
    if cell == NOT_CALCULATED:
        says = "holds a formula whose value is not stored; open the book in Excel, save it, and run again"
        return Trouble(at, "formula not calculated", Severity.STOPS, says)
    return Trouble(at, "cell error", Severity.STOPS, f"the cell shows {cell}; mend its formula or empty it")


def _no_number(at: int, cell: Cell) -> Trouble | None:  # noqa: PLR0911 (one sentence a mistake)
    if isinstance(cell, CellError):
        return _error(at, cell)
    if isinstance(cell, datetime):
        says = f"{shown(cell)} is a date where a number belongs; format the cell as a number and type it again"
        return Trouble(at, "date in a number column", Severity.STOPS, says)
    text = shown(cell)
    word = text.strip()
    if not word:
        return None
    if word in ERRORS:
        return Trouble(at, "cell error", Severity.STOPS, f"the cell shows {word}; mend it or empty it")
    if word.casefold() in ("nan", "inf", "-inf", "+inf", "infinity", "-infinity"):
        return Trouble(at, "not finite", Severity.STOPS, f'"{text}" is not a number one can plan with')
    if _DECIMAL_COMMA.fullmatch(word):
        says = f'"{text}" is text with a comma; type the number with the decimal sign of this computer'
        return Trouble(at, "decimal comma", Severity.STOPS, says)
    if _NUMBER.fullmatch(word):
        says = f'"{text}" is text that looks like a number; convert the cell to a number'
        return Trouble(at, "text in a number column", Severity.STOPS, says)
    return Trouble(at, "text in a number column", Severity.STOPS, f'"{text}" is text where a number belongs')


def _moment(  # noqa: PLR0911 (one sentence a mistake)
    at: int, cell: Cell, kind: Kind, from_text: bool
) -> tuple[datetime | None, Trouble | None]:
    if cell is None or is_blank(cell):
        return None, None
    if isinstance(cell, CellError):
        return None, _error(at, cell)
    if isinstance(cell, str):
        moment = _iso_moment(cell.strip(), kind)
        if moment is None:
            form = "2020-03" if kind is Kind.PERIOD else "2020-02-29"
            says = f'"{cell}" is text where a date belongs; type a date, or text like {form}'
            return None, Trouble(at, "date as text", Severity.STOPS, says)
        says = f'"{cell}" is text, read as the date {shown(moment)}'
        return moment, None if from_text else Trouble(at, "date as text", Severity.WARNS, says)
    if isinstance(cell, bool):
        return None, Trouble(at, "not a date", Severity.STOPS, f"{shown(cell)} is not a date")
    serial = float(cell) if isinstance(cell, int | float) else -1.0
    moment = date_of(serial) if _PLAUSIBLE_SERIALS[0] <= serial <= _PLAUSIBLE_SERIALS[1] else None
    if moment is None:
        return None, Trouble(at, "not a date", Severity.STOPS, f"{shown(cell)} is a number where a date belongs")
    says = f"{shown(cell)} is a number, read as the date {shown(moment)}; format the cell as a date"
    return moment, Trouble(at, "date as number", Severity.WARNS, says)


def _iso_moment(text: str, kind: Kind) -> datetime | None:
    if kind is Kind.PERIOD and periods.is_label(text):
        return datetime.fromisoformat(f"{text}-01")
    if not _ISO_DAY.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
