"""The cells of one worksheet part: reading their values, finding them, and putting new ones in."""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from html import escape
from typing import Any, NamedTuple

import numpy as np
from lxml import etree

from sop_xl.errors import BookError
from sop_xl.workbook.cells.values import (
    LONGEST_TEXT,
    NOT_CALCULATED,
    Cell,
    CellError,
    date_of,
    decoded,
    encoded,
    serial_of,
)
from sop_xl.workbook.file.package import MAIN, tag

LAST_ROW = 1_048_576
"""Rows of an Excel sheet."""

LAST_COLUMN = 16_384
"""Columns of an Excel sheet."""

C, F, V, IS, T, R, ROW = (tag(n) for n in ("c", "f", "v", "is", "t", "r", "row"))
_CELL = re.compile(r"\$?([A-Za-z]{1,3})\$?(\d+)")


class Box(NamedTuple):
    """A rectangle of cells: first and last row, first and last column, counted from 1."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def ref(self) -> str:
        """The address of the rectangle.

        >>> Box(2, 1, 9, 28).ref
        'A2:AB9'
        """
        first = f"{letters(self.left)}{self.top}"
        last = f"{letters(self.right)}{self.bottom}"
        return first if first == last else f"{first}:{last}"

    def meets(self, other: Box) -> bool:
        """Whether the two share a cell."""
        return (
            self.top <= other.bottom
            and other.top <= self.bottom
            and self.left <= other.right
            and other.left <= self.right
        )


@dataclass(frozen=True)
class Context:
    """What reading a cell needs from the rest of the workbook."""

    strings: tuple[str, ...]
    date_styles: frozenset[str]
    date1904: bool


@cache
def letters(column: int) -> str:
    """The letters of a column.

    >>> letters(1), letters(28)
    ('A', 'AB')
    """
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


@cache
def column_number(text: str) -> int:
    """The number of a column's letters.

    >>> column_number("AB")
    28
    """
    number = 0
    for letter in text.upper():
        number = number * 26 + ord(letter) - 64
    return number


def box_of(ref: str) -> Box:
    """The rectangle an address means.

    >>> box_of("$B$2:AB9")
    Box(top=2, left=2, bottom=9, right=28)
    """
    found = _CELL.findall(ref)
    if not 1 <= len(found) <= 2:
        raise ValueError(f"{ref!r} is not a range of cells")
    (left, top), (right, bottom) = found[0], found[-1]
    return Box(int(top), column_number(left), int(bottom), column_number(right))


class Grid:
    """The rows and cells of a worksheet, found by number."""

    def __init__(self, root: etree._Element, where: str) -> None:
        self.root = root
        data = root.find(tag("sheetData"))
        if data is None:
            raise BookError(f"{where} has a sheet without cells part; it is damaged")
        self._data = data
        self._rows: dict[int, etree._Element] = {}
        number = 0
        for row in data.iterchildren(ROW):
            number = int(row.get("r") or number + 1)
            self._rows[number] = row
        self._numbers = sorted(self._rows)

    @property
    def rows(self) -> Iterable[tuple[int, etree._Element]]:
        """The rows that exist, from top to bottom."""
        return ((n, self._rows[n]) for n in self._numbers)

    def row(self, number: int) -> etree._Element | None:
        """A row, if the sheet has it."""
        return self._rows.get(number)

    def made_row(self, number: int) -> etree._Element:
        """A row, made in its place if the sheet does not have it."""
        if (row := self._rows.get(number)) is not None:
            return row
        row = self._data.makeelement(ROW, {"r": str(number)})
        at = bisect_left(self._numbers, number)
        if at < len(self._numbers):
            self._rows[self._numbers[at]].addprevious(row)
        else:
            self._data.append(row)
        insort(self._numbers, number)
        self._rows[number] = row
        return row

    def cell(self, number: int, column: int) -> etree._Element | None:
        """A cell, if the sheet has it."""
        row = self._rows.get(number)
        return None if row is None else cells_of(row).get(column)

    def filled_in(self, box: Box) -> Iterator[tuple[int, int]]:
        """The cells of a rectangle that hold something, as (row, column)."""
        first, last = bisect_left(self._numbers, box.top), bisect_left(self._numbers, box.bottom + 1)
        for number in self._numbers[first:last]:
            for column, cell in cells_of(self._rows[number]).items():
                if box.left <= column <= box.right and holds_something(cell):
                    yield number, column

    def used(self) -> Box | None:
        """The rectangle of all cells that exist."""
        boxes = [(n, cells) for n, row in self._rows.items() if (cells := cells_of(row))]
        if not boxes:
            return None
        rows = [n for n, _ in boxes]
        return Box(min(rows), min(min(c) for _, c in boxes), max(rows), max(max(c) for _, c in boxes))


def cells_of(row: etree._Element) -> dict[int, etree._Element]:
    """The cells of a row by column."""
    cells: dict[int, etree._Element] = {}
    column = 0
    for cell in row.iterchildren(C):
        ref = cell.get("r")
        column = column_number(ref.rstrip("0123456789")) if ref else column + 1
        cells[column] = cell
    return cells


def holds_something(cell: etree._Element) -> bool:
    """Whether a cell has a value or a formula."""
    return len(cell) > 0


def value_of(cell: etree._Element, context: Context) -> Cell:
    """The value of a cell; a formula gives its stored value, or `NOT_CALCULATED`."""
    kind = cell.get("t", "n")
    text: str | None = None
    formula = False
    for child in cell:
        if child.tag == V:
            text = child.text or ""
        elif child.tag == F:
            formula = True
        elif child.tag == IS:
            return text_of(child)
    if text is None:
        return NOT_CALCULATED if formula else None
    if kind == "n":
        return _number_of(cell, text, context) if text else None
    return _TYPED[kind](text, context) if kind in _TYPED else decoded(text)


def _number_of(cell: etree._Element, text: str, context: Context) -> Cell:
    number = float(text)
    if cell.get("s", "0") in context.date_styles:
        moment = date_of(number, context.date1904)
        return number if moment is None else moment
    return number


_TYPED: dict[str, Callable[[str, Context], Cell]] = {
    "s": lambda text, context: context.strings[int(text)],
    "b": lambda text, _: text in ("1", "true"),
    "e": lambda text, _: CellError(text),
    "d": lambda text, _: datetime.fromisoformat(text),
}


def text_of(item: etree._Element) -> str:
    """The text of a string item; rich runs joined, reading aids for Asian scripts left out."""
    parts = []
    for child in item:
        if child.tag == T:
            parts.append(child.text or "")
        elif child.tag == R:
            parts.extend(t.text or "" for t in child.iterchildren(T))
    return decoded("".join(parts))


def cell_xml(ref: str, style: str | None, value: Any, date1904: bool = False) -> str:
    """A cell as it stands in the file; text is text whatever it begins with, blank (`None`, `NaN`, `""`) is nothing.

    >>> cell_xml("B2", "3", 2.0), cell_xml("B3", None, float("nan")), cell_xml("B4", None, True)
    ('<c r="B2" s="3"><v>2</v></c>', '<c r="B3"/>', '<c r="B4" t="b"><v>1</v></c>')
    >>> cell_xml("B5", "3", "=1<2")
    '<c r="B5" s="3" t="inlineStr"><is><t>=1&lt;2</t></is></c>'
    """
    styled = "" if style is None else f' s="{style}"'
    if value is None or value != value or value == "":  # noqa: PLR0124 (NaN and NaT differ from themselves)
        return f'<c r="{ref}"{styled}/>'
    if isinstance(value, str):
        if len(value) > LONGEST_TEXT:
            raise BookError(f"cell {ref} cannot hold a text of {len(value):,} characters (at most {LONGEST_TEXT:,})")
        space = ' xml:space="preserve"' if value[0].isspace() or value[-1].isspace() else ""
        return f'<c r="{ref}"{styled} t="inlineStr"><is><t{space}>{escape(encoded(value), quote=False)}</t></is></c>'
    kind = ' t="b"' if isinstance(value, bool | np.bool_) else ""
    return f'<c r="{ref}"{styled}{kind}><v>{_stored(value, date1904)}</v></c>'


def formula_xml(ref: str, style: str | None, formula: str, value: Any, date1904: bool = False) -> str:
    """A formula cell as it stands in the file, with what it shows; `NaN` leaves that to be calculated.

    >>> formula_xml("C2", None, "A2*B2", 6.0), formula_xml("C3", None, "A3*B3", float("nan"))
    ('<c r="C2"><f>A2*B2</f><v>6</v></c>', '<c r="C3"><f>A3*B3</f></c>')
    """
    plain = cell_xml(ref, style, value, date1904)
    text = f"<f>{escape(formula, quote=False)}</f>"
    if plain.endswith("/>"):
        return f"{plain[:-2]}>{text}</c>"
    if isinstance(value, str):
        styled = "" if style is None else f' s="{style}"'
        return f'<c r="{ref}"{styled} t="str">{text}<v>{escape(encoded(value), quote=False)}</v></c>'
    return plain.replace("<v>", f"{text}<v>", 1)


def made_cells(texts: Iterable[str]) -> list[etree._Element]:
    """Cells from their text in the file, ready to be put into a row."""
    return list(etree.fromstring(f'<row xmlns="{MAIN}">{"".join(texts)}</row>'))


def put_formula_value(cell: etree._Element, value: Any, date1904: bool) -> None:
    """Store what a formula shows; `None` is a formula that shows nothing."""
    drop_value(cell)
    if isinstance(value, float | np.floating) and not np.isfinite(value):
        return
    stored = etree.SubElement(cell, V)
    if value is None or isinstance(value, str):
        cell.set("t", "e" if isinstance(value, CellError) else "str")
        stored.text = encoded(value or "")
        return
    if isinstance(value, bool | np.bool_):
        cell.set("t", "b")
    stored.text = _stored(value, date1904)


def drop_value(cell: etree._Element) -> bool:
    """Take away the stored value of a formula cell, so that it is calculated afresh; whether there was one."""
    cell.attrib.pop("t", None)
    values = cell.findall(V)
    for value in values:
        cell.remove(value)
    return bool(values)


def emptied(cell: etree._Element) -> None:
    """Take everything out of a cell but its style."""
    for child in list(cell):
        cell.remove(child)
    for name in ("t", "cm", "vm"):
        cell.attrib.pop(name, None)


def _stored(value: Any, date1904: bool) -> str:
    if isinstance(value, bool | np.bool_):
        return "1" if value else "0"
    if isinstance(value, date):
        value = serial_of(value, date1904)
    number = float(value)
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
