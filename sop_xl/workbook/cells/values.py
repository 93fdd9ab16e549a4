"""What a cell may hold once it is read: nothing, a truth value, a number, a text, a date, or an error.

A `CellError` is text too (`#N/A`), so that it can be shown, but no check takes it for a text that somebody typed.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Final

Cell = None | bool | int | float | str | datetime
"""A cell's value as the books hand it over; an error is a `CellError`."""


class CellError(str):
    """An Excel error standing in a cell, such as `#N/A`."""

    __slots__ = ()


NOT_CALCULATED: Final = CellError("a formula that was never calculated")
"""A formula whose value is not stored in the file: some program changed it and Excel has not recalculated yet."""

ERRORS: Final = (
    "#N/A",
    "#VALUE!",
    "#REF!",
    "#DIV/0!",
    "#NUM!",
    "#NAME?",
    "#NULL!",
    "#SPILL!",
    "#CALC!",
    "#GETTING_DATA",
    "#FIELD!",
    "#BLOCKED!",
    "#CONNECT!",
    "#UNKNOWN!",
)
"""The errors Excel shows in a cell."""

LONGEST_TEXT: Final = 32_767
"""Most characters an Excel cell can hold."""

_EPOCH_1900 = datetime(1899, 12, 30)
_EPOCH_1904 = datetime(1904, 1, 1)
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_UNSPEAKABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]|_(?=x[0-9A-Fa-f]{4}_)|\r")


def date_of(serial: float, date1904: bool = False) -> datetime | None:
    """The day an Excel serial number [days] means, `None` outside Excel's calendar.

    >>> date_of(43890)
    datetime.datetime(2020, 2, 29, 0, 0)
    >>> date_of(43890.75)
    datetime.datetime(2020, 2, 29, 18, 0)
    >>> date_of(1), date_of(-1)
    (datetime.datetime(1900, 1, 1, 0, 0), None)
    """
    if not 0 <= serial < 2_958_466:
        return None
    start = _EPOCH_1904 if date1904 else _EPOCH_1900
    if not date1904 and serial < 60:
        start += timedelta(days=1)  # Excel counts a 29 February 1900
    try:
        return start + timedelta(milliseconds=round(serial * 86_400_000))
    except OverflowError:
        return None


def serial_of(day: date, date1904: bool = False) -> float:
    """The Excel serial number [days] of a day or moment.

    >>> serial_of(datetime(2020, 2, 29, 18))
    43890.75
    >>> serial_of(datetime(2020, 2, 29), date1904=True)
    42428.0
    """
    moment = day if isinstance(day, datetime) else datetime(day.year, day.month, day.day)
    days = (moment - (_EPOCH_1904 if date1904 else _EPOCH_1900)) / timedelta(days=1)
    return days if date1904 or days >= 61 else days - 1


def decoded(text: str) -> str:
    r"""A text as stored in the file, with its escaped characters put back.

    >>> decoded("line_x000D_ and _x005F_x0041_")
    'line\r and _x0041_'
    """
    if "_x" not in text:
        return text
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)


def encoded(text: str) -> str:
    r"""A text as the file stores it: characters XML cannot carry are escaped.

    >>> encoded("a\x0bb"), encoded("_x0041_")
    ('a_x000B_b', '_x005F_x0041_')
    """
    return _UNSPEAKABLE.sub(lambda match: f"_x{ord(match[0]):04X}_", text)


def shown(cell: object) -> str:
    """A cell's value as a sentence quotes it.

    >>> shown(7.0), shown(datetime(2020, 2, 29)), shown(True), shown(None)
    ('7', '2020-02-29', 'TRUE', '')
    """
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell == datetime(*cell.timetuple()[:3]) else cell.isoformat(" ", "seconds")
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else f"{cell:.15g}"
    return str(cell)
