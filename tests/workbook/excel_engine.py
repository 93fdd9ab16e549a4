"""A small Excel behind the real xlwings: it types values into cells as Excel does.

Text `007` in a General cell becomes 7 and `1/2` a date, while a cell of text format keeps both; a leading apostrophe
makes text of anything; numbers come back as floats, dates as datetimes, empty cells as `None`; a formula is text
beginning with `=`. A table refuses to be resized off its header.
"""

from __future__ import annotations

import math
import re
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from xlwings import base_classes as base


class Cell:
    """One cell: what it holds, its formula, and its number format."""

    def __init__(self) -> None:
        self.value: Any = None
        self.formula = ""
        self.number_format = "General"

    def enter(self, typed: Any) -> None:
        """Take a value as Excel takes what is typed."""
        self.formula = ""
        if typed in (None, ""):
            self.value = None
        elif isinstance(typed, str):
            self._enter_text(typed)
        elif isinstance(typed, datetime):
            self.value = typed
            if self.number_format == "General":
                self.number_format = "m/d/yyyy"
        else:
            self.value = typed if isinstance(typed, bool) else float(typed)

    def _enter_text(self, typed: str) -> None:
        if typed.startswith("'"):
            self.value = typed[1:]
        elif self.number_format == "@":
            self.value = typed
        elif typed.startswith("="):
            self.formula, self.value = typed, 0.0
        elif re.fullmatch(r"[+-]?\d+(\.\d+)?(e\d+)?", typed, re.IGNORECASE):
            self.value = float(typed)
        elif match := re.fullmatch(r"(\d{1,2})[/-](\d{1,2})", typed):
            self.value = datetime(2026, int(match[1]), int(match[2]))
        elif match := re.fullmatch(r"(\d{4})-(\d{2})(?:-(\d{2}))?", typed):
            self.value = datetime(int(match[1]), int(match[2]), int(match[3] or 1))
        elif typed.upper() in ("TRUE", "FALSE"):
            self.value = typed.upper() == "TRUE"
        else:
            self.value = typed

    @property
    def shown_formula(self) -> Any:
        """What the formula bar gives to a program: the formula, or the constant as text."""
        if self.formula:
            return self.formula
        if self.value is None:
            return ""
        if isinstance(self.value, float):
            return f"{self.value:g}"
        if isinstance(self.value, datetime):
            return str((self.value - datetime(1899, 12, 30)).days)
        return str(self.value).upper() if isinstance(self.value, bool) else self.value


class Engine:
    """What xlwings asks of an engine."""

    name = "smallexcel"
    type = "desktop"
    apps: Any = None

    @staticmethod
    def prepare_xl_data_element(value: Any, _options: Any) -> Any:
        return "" if value is None or (isinstance(value, float) and math.isnan(value)) else value

    @staticmethod
    def clean_value_data(data: Any, _dates: Any, empty: Any, _numbers: Any, err_to_str: bool) -> Any:
        def clean(value: Any) -> Any:
            if value is None:
                return empty
            return None if isinstance(value, str) and value.startswith("#N/A") and not err_to_str else value

        return [[clean(v) for v in row] for row in data]


class App(base.App):
    """Excel itself; `log` remembers what was done, `fail_at` lets the n-th write fail."""

    def __init__(self) -> None:
        self.engine = Engine()
        self.book = Book(self)
        self.log: list[Any] = []
        self.writes = 0
        self.fail_at: int | None = None
        self._screen_updating, self._calculation = True, "semiautomatic"
        self.selected: Any = None

    api = True
    pid = 1

    @property
    def screen_updating(self) -> bool:
        return self._screen_updating

    @screen_updating.setter
    def screen_updating(self, value: bool) -> None:
        self._screen_updating = value

    @property
    def calculation(self) -> str:
        return self._calculation

    @calculation.setter
    def calculation(self, value: str) -> None:
        self._calculation = value

    @property
    def selection(self) -> Any:
        return self.selected

    def wrote(self) -> None:
        self.writes += 1
        assert not self._screen_updating, "a write while the screen is updating"
        if self.writes == self.fail_at:
            raise RuntimeError("Excel is busy")


class Book(base.Book):
    """A workbook of sheets."""

    api = True

    def __init__(self, app: App) -> None:
        self._app = app
        self._sheets: list[Sheet] = []

    @property
    def name(self) -> str:
        return "plan.xlsx"

    @property
    def app(self) -> App:
        return self._app

    @property
    def sheets(self) -> Any:
        return Collection(self._sheets)

    def add(self, name: str) -> Sheet:
        """A new sheet, while nobody looks."""
        self._sheets.append(Sheet(self, name))
        return self._sheets[-1]


class Collection:
    """Sheets or tables by place or name."""

    def __init__(self, items: list[Any]) -> None:
        self._items = items

    def __call__(self, key: int | str) -> Any:
        return self._items[key - 1] if isinstance(key, int) else next(i for i in self._items if i.name == key)

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Any:
        return iter(self._items)

    def __contains__(self, key: str) -> bool:
        return any(i.name == key for i in self._items)


class Sheet(base.Sheet):
    """A sheet of cells, made when first touched."""

    api = True

    def __init__(self, book: Book, name: str) -> None:
        self._book, self._name = book, name
        self.grid: dict[tuple[int, int], Cell] = {}
        self.listed: list[Table] = []

    @property
    def name(self) -> str:
        return self._name

    @property
    def book(self) -> Book:
        return self._book

    @property
    def tables(self) -> Any:
        return Collection(self.listed)

    def range(self, arg1: Any, arg2: Any = None) -> Range:
        first = arg1.corner if isinstance(arg1, Range) else arg1
        last = first if arg2 is None else (arg2.last if isinstance(arg2, Range) else arg2)
        return Range(self, first, last)

    def cell(self, row: int, column: int) -> Cell:
        return self.grid.setdefault((row, column), Cell())

    def fill(self, row: int, column: int, rows: list[list[Any]]) -> None:
        """Put values into cells as they are."""
        for i, values in enumerate(rows):
            for j, value in enumerate(values):
                self.cell(row + i, column + j).value = value

    def values(self, row: int, column: int, height: int, width: int) -> list[list[Any]]:
        return [[self.cell(row + i, column + j).value for j in range(width)] for i in range(height)]


class Range(base.Range):
    """A rectangle of cells."""

    api = True
    max_cells_per_read = None
    max_cells_per_write = None
    options: Any = None

    def __init__(self, sheet: Sheet, first: tuple[int, int], last: tuple[int, int]) -> None:
        self._sheet, self.corner, self.last = sheet, first, last

    def __call__(self, row: int, column: int | None = None) -> Range:
        at = (self.row + row - 1, self.column + (column or 1) - 1)
        return Range(self._sheet, at, at)

    def __len__(self) -> int:
        return self.shape[0] * self.shape[1]

    @property
    def sheet(self) -> Sheet:
        return self._sheet

    @property
    def row(self) -> int:
        return self.corner[0]

    @property
    def column(self) -> int:
        return self.corner[1]

    @property
    def shape(self) -> tuple[int, int]:
        return self.last[0] - self.row + 1, self.last[1] - self.column + 1

    @property
    def coords(self) -> Any:
        return self._sheet.name, self.row, self.column, len(self)

    @property
    def address(self) -> str:
        from openpyxl.utils import get_column_letter

        first, last = (f"${get_column_letter(c)}${r}" for r, c in (self.corner, self.last))
        return first if first == last else f"{first}:{last}"

    def _cells(self) -> list[list[Cell]]:
        rows, columns = range(self.row, self.last[0] + 1), range(self.column, self.last[1] + 1)
        return [[self._sheet.cell(r, c) for c in columns] for r in rows]

    def _read(self, what: str) -> Any:
        data = tuple(tuple(getattr(c, what) for c in row) for row in self._cells())
        return data[0][0] if len(self) == 1 else data

    def _enter(self, data: Any) -> None:
        self._sheet.book.app.wrote()
        if not isinstance(data, list | tuple):
            data = [[data] * self.shape[1]] * self.shape[0]
        assert (len(data), len(data[0])) == self.shape
        for row, values in zip(self._cells(), data, strict=True):
            for cell, value in zip(row, values, strict=True):
                cell.enter(value)

    @property
    def raw_value(self) -> Any:
        return self._read("value")

    @raw_value.setter
    def raw_value(self, data: Any) -> None:
        self._enter(data)

    @property
    def formula(self) -> Any:
        return self._read("shown_formula")

    @formula.setter
    def formula(self, data: Any) -> None:
        self._enter(data)

    @property
    def number_format(self) -> str | None:
        found = {c.number_format for row in self._cells() for c in row}
        return found.pop() if len(found) == 1 else None

    @number_format.setter
    def number_format(self, value: str) -> None:
        for row in self._cells():
            for cell in row:
                cell.number_format = value

    def clear_contents(self) -> None:
        for row in self._cells():
            for cell in row:
                cell.enter(None)

    def select(self) -> None:
        self._sheet.book.app.log.append(("select", self.address))
        self._sheet.book.app.selected = self


class Table(base.Table):
    """An Excel table over a rectangle of a sheet."""

    api = True

    def __init__(self, sheet: Sheet, name: str, area: Range) -> None:
        self._sheet, self._name, self.area = sheet, name, area
        self.totals = False
        self.headers = True

    @property
    def name(self) -> str:
        return self._name

    @property
    def parent(self) -> Sheet:
        return self._sheet

    @property
    def range(self) -> Range:
        return self.area

    @property
    def show_totals(self) -> bool:
        return self.totals

    @property
    def show_headers(self) -> bool:
        return self.headers

    def resize(self, range: Any) -> None:  # noqa: A002 (xlwings' name)
        target = range.impl
        assert target.corner == self.area.corner, "a table keeps its header row where it is"
        assert target.shape[0] >= 2, "a table keeps one data row"
        self.area = target
        head = [c.value for c in target._cells()[0]]
        for at, value in enumerate(head):
            if not isinstance(value, str):  # Excel gives a heading of its own
                self._sheet.cell(target.row, target.column + at).value = f"Column{at + 1}"


def add_table(sheet: Sheet, name: str, row: int, column: int, header: list[str], rows: list[list[Any]]) -> Table:
    """A table with its values, codes in cells of text format as the template has them."""
    sheet.fill(row, column, [header, *rows])
    for i in range(len(rows)):
        for j, value in enumerate(rows[i]):
            if isinstance(value, str):
                sheet.cell(row + 1 + i, column + j).number_format = "@"
            elif isinstance(value, datetime):
                sheet.cell(row + 1 + i, column + j).number_format = "yyyy-mm-dd"
            elif isinstance(value, float):
                sheet.cell(row + 1 + i, column + j).number_format = "#,##0"
    area = Range(sheet, (row, column), (row + len(rows), column + len(header) - 1))
    sheet.listed.append(Table(sheet, name, area))
    return sheet.listed[-1]


def started() -> SimpleNamespace:
    """The small Excel with an empty workbook, known to xlwings."""
    import xlwings as xw
    from xlwings.main import Engine as XwEngine

    app = App()
    if Engine.name not in xw.engines.engines_by_name:
        xw.engines.add(XwEngine(impl=app.engine))
    return SimpleNamespace(app=app, book=app.book, xw=xw.Book(impl=app.book))
