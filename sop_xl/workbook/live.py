"""The workbook open in Excel, through xlwings: read and written while the planner looks at it.

Each table is read in one go and written in a few ranges. Excel is left as it was found: its screen updating,
calculation and selection are put back even when something fails, and so are the tables already written.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sop_xl.errors import BookError
from sop_xl.workbook.book import Book
from sop_xl.workbook.cells.conform import wide_keys
from sop_xl.workbook.cells.values import ERRORS, Cell, CellError
from sop_xl.workbook.file.formulas import moved_formula
from sop_xl.workbook.file.slots import Laid, Slot, laid_out
from sop_xl.workbook.frames import ready
from sop_xl.workbook.reading import Place, RawTable, Spot
from sop_xl.workbook.schema import Frames, Role, Table
from sop_xl.workbook.tables import TABLES, table

if TYPE_CHECKING:
    import xlwings as xw

_LONGEST_AS_TEXT = 255
"""A longer text in a cell of text format is shown as ##### [characters]."""

_COM_ERRORS = -2_146_826_000
"""Excel hands an error it has no name for over COM as an integer below this."""


def live_book(book: xw.Book | None = None) -> LiveBook:
    """The workbook open in Excel: the one given, else the one Excel calls from or has in front.

    Raises `BookError` where Excel is not running or has no workbook open.
    """
    import xlwings as xw

    if book is not None:
        return LiveBook(book)
    try:
        return LiveBook(xw.Book.caller())
    except Exception:  # outside a call from Excel xlwings raises whatever its engine does
        active = xw.books.active if xw.apps.count else None
    if active is None:
        raise BookError("no workbook is open in Excel; open the planning workbook first")
    return LiveBook(active)


@dataclass(frozen=True)
class _Before:
    """A table before a write: its range, and every cell as it would be typed again."""

    excel_table: Any
    row: int
    column: int
    typed: list[list[Any]]


@dataclass(frozen=True)
class _Block:
    """Where a table stands and what it holds: cell values and formulas, header and data rows apart."""

    excel_table: Any
    sheet: Any
    row: int
    column: int
    header: tuple[str, ...]
    values: list[list[Cell]]
    formulas: list[list[Any]]
    totals: int


class LiveBook(Book):
    """A workbook open in Excel."""

    def __init__(self, book: xw.Book) -> None:
        self._book = book
        self.where = str(book.name)

    def tables(self) -> set[str]:
        """The declared tables the workbook has."""
        return set(self._found())

    @property
    def file(self) -> Path | None:
        """The file the workbook was saved to last, where it lies on this machine."""
        try:
            path = Path(self._book.fullname)
        except Exception:  # xlwings raises whatever its engine does where the file is in a cloud folder
            return None
        return path if path.is_file() else None

    def place_of(self, name: str) -> Place:
        """The sheet of a table; the declared one where the workbook does not have it."""
        found = self._found().get(name)
        return Place(f"sheet {table(name).sheet if found is None else found.parent.name}")

    def spots(self) -> Mapping[str, Spot]:
        """Where each table stands on its sheet."""
        blocks = {name: _block(found) for name, found in self._found().items()}
        return {name: Spot(str(b.sheet.name), b.row, b.column, b.header) for name, b in blocks.items()}

    def write(self, frames: Frames) -> None:
        """Put these tables onto their sheets; when one fails, those before it are put back."""
        known = {table(name).name for name in frames}
        found = self._found()
        for name in known:
            if name not in found:
                raise BookError(f"{self.where} has no table {TABLES[name].excel_name} to write to")
        plans = []
        for name in (n for n in TABLES if n in known):
            block = _block(found[name])
            checked = ready(TABLES[name], frames[name])
            laid = laid_out(TABLES[name], checked, block.header, f"sheet {block.sheet.name}")
            _guard(TABLES[name], block, laid)
            plans.append((TABLES[name], block, laid))
        with _quiet(self._book.app):
            done: list[tuple[_Before, Laid]] = []
            try:
                for declared, block, laid in plans:
                    done.append((_before(block), laid))
                    _put(declared, block, laid)
            except BaseException:
                for before, laid in reversed(done):
                    _put_back(before, laid)
                raise

    def _raws(self, names: Iterable[str]) -> dict[str, RawTable]:
        found = self._found()
        return {name: _raw(TABLES[name], _block(found[name])) for name in names if name in found}

    def _found(self) -> dict[str, Any]:
        by_name = {t.name.casefold(): t for sheet in self._book.sheets for t in sheet.tables}
        return {n: by_name[e] for n, t in TABLES.items() if (e := t.excel_name.casefold()) in by_name}


@contextlib.contextmanager
def _quiet(app: xw.App) -> Iterator[None]:
    """Hold Excel still, and leave it as it was found."""
    updating, calculation, selection = app.screen_updating, app.calculation, app.selection
    app.screen_updating = False
    app.calculation = "manual"
    try:
        yield
    finally:
        app.calculation = calculation
        if selection is not None:
            selection.select()
        app.screen_updating = updating


def _block(excel_table: Any) -> _Block:
    """A table read in two goes: its values and its formulas."""
    whole = excel_table.range
    if not excel_table.show_headers:
        raise BookError(f"table {excel_table.name} hides its header row; show it again")
    values = whole.options(ndim=2, err_to_str=True).value
    formulas = [list(row) for row in _rows(whole.formula)]
    totals = int(bool(excel_table.show_totals))
    last = len(values) - totals
    header = tuple("" if h is None else str(h) for h in values[0])
    return _Block(
        excel_table,
        excel_table.parent,
        whole.row,
        whole.column,
        header,
        [[_cell(v) for v in row] for row in values[1:last]],
        formulas[1:last],
        totals,
    )


def _raw(declared: Table, block: _Block) -> RawTable:
    numbers = range(block.row + 1, block.row + 1 + len(block.values))
    return RawTable(declared, Place(f"sheet {block.sheet.name}"), block.header, block.values, numbers)


def _rows(data: Any) -> Sequence[Sequence[Any]]:
    """What Excel returns for a range as rows: one cell comes alone, one row comes flat on some hosts."""
    if not isinstance(data, list | tuple):
        return [[data]]
    return data if isinstance(data[0], list | tuple) else [data]


def _cell(value: Any) -> Cell:
    """A value as Excel hands it over, as the checks know it."""
    if isinstance(value, str):
        return CellError(value) if value in ERRORS else value
    if isinstance(value, Decimal):  # a cell of currency format
        return float(value)
    if isinstance(value, int) and not isinstance(value, bool) and value < _COM_ERRORS:
        return CellError("an error")
    return value if value is None or isinstance(value, bool | int | float | datetime) else str(value)


def _guard(declared: Table, block: _Block, laid: Laid) -> None:
    """Refuse growth over cells that hold something, before anything is written."""
    if block.totals:
        raise BookError(f"sheet {block.sheet.name}: hide the total row of {declared.excel_name} and run again")
    rows, columns = max(laid.rows, 1), len(laid.slots)
    old_rows, old_columns = len(block.values), len(block.header)
    top, left = block.row, block.column
    growths = [
        (top + old_rows + 1, left, rows - old_rows, max(columns, old_columns)),
        (top, left + old_columns, min(rows, old_rows) + 1, columns - old_columns),
    ]
    for row, column, height, width in growths:
        if height < 1 or width < 1:
            continue
        area = block.sheet.range((row, column), (row + height - 1, column + width - 1))
        for i, cells in enumerate(_rows(area.formula)):
            if any(cell not in (None, "") for cell in cells):
                at = next(j for j, cell in enumerate(cells) if cell not in (None, ""))
                cell = block.sheet.range((row + i, column + at)).address.replace("$", "")
                raise BookError(
                    f"sheet {block.sheet.name}: table {declared.excel_name} would grow over cell {cell}, "
                    "which is not empty; move it"
                )


def _put(declared: Table, block: _Block, laid: Laid) -> None:
    """Write a table: its new size, its headings, then column by column what belongs together."""
    sheet, top, left = block.sheet, block.row, block.column
    rows, columns = max(laid.rows, 1), len(laid.slots)
    moving = _moving(declared, block, laid)
    _resize(block, rows, columns)
    headings = [slot.heading for slot in laid.slots]
    if headings != list(block.header):
        line = sheet.range((top, left), (top, left + columns - 1))
        line.number_format = "@"  # Excel would turn the heading 2020-03 into a date
        line.value = [headings]
    for at, slot in enumerate(laid.slots):
        area = sheet.range((top + 1, left + at), (top + rows, left + at))
        if slot.column is not None and slot.column.role is Role.CALCULATED:
            area.formula = [[f"={slot.column.formula}"]] * rows
        elif slot.column is None or _has_formulas(block, slot):
            _put_moving(area, block, slot, moving, rows, at)
    for first, last in _runs(laid, block):
        slots = laid.slots[first : last + 1]
        for at, slot in enumerate(slots, first):
            _format(sheet.range((top + 1, left + at), (top + rows, left + at)), block, slot)
        area = sheet.range((top + 1, left + first), (top + rows, left + last))
        area.value = [[_typed(slot, i) for slot in slots] for i in range(rows)]


def _moving(declared: Table, block: _Block, laid: Laid) -> list[int | None]:
    """For each row to be written, where the row of the same key stood."""
    old: dict[tuple[Any, ...], int] = {}
    for i, key in enumerate(wide_keys(_raw(declared, block))):
        old.setdefault(key, i)
    return [old.get(key) for key in laid.keys]


def _resize(block: _Block, rows: int, columns: int) -> None:
    """Bring the Excel table to its new size and empty the cells it leaves."""
    sheet, top, left = block.sheet, block.row, block.column
    old_rows, old_columns = len(block.values), len(block.header)
    if (rows, columns) == (old_rows, old_columns):
        return
    block.excel_table.resize(sheet.range((top, left), (top + rows, left + columns - 1)))
    if rows < old_rows:
        sheet.range((top + rows + 1, left), (top + old_rows, left + old_columns - 1)).clear_contents()
    if columns < old_columns:
        sheet.range((top, left + columns), (top + old_rows, left + old_columns - 1)).clear_contents()


def _has_formulas(block: _Block, slot: Slot) -> bool:
    """Whether somebody typed formulas into an input column."""
    if slot.column is None or slot.column.role is not Role.INPUT or slot.origin is None:
        return False
    at = slot.origin
    if block.header[at] != slot.heading:
        return False
    return any(_is_formula(f[at], v[at]) for f, v in zip(block.formulas, block.values, strict=True))


def _is_formula(formula: Any, value: Cell) -> bool:
    return isinstance(formula, str) and formula.startswith("=") and formula != value


def _put_moving(area: Any, block: _Block, slot: Slot, moving: list[int | None], rows: int, at: int) -> None:
    """Write a column of the planner's, or an input with typed formulas: each cell follows the key of its row."""
    origin = slot.origin or 0
    typed: list[list[Any]] = []
    for i in range(rows):
        before = moving[i] if i < len(moving) else None
        value = _typed(slot, i)
        if before is None:
            typed.append([_retyped(value)])
            continue
        formula, standing = block.formulas[before][origin], block.values[before][origin]
        if slot.column is not None and not (_is_formula(formula, standing) and standing == value):
            typed.append([_retyped(value)])
        elif _is_formula(formula, standing):
            old, new = (block.row + 1 + before, block.column + origin), (block.row + 1 + i, block.column + at)
            typed.append([f"={moved_formula(formula[1:], old, new)}"])
        else:
            typed.append([_retyped(standing)])
    area.formula = typed


def _runs(laid: Laid, block: _Block) -> Iterator[tuple[int, int]]:
    """The stretches of neighbouring columns that are written as plain values."""
    first: int | None = None
    for at, slot in enumerate(laid.slots):
        plain = slot.column is not None and slot.column.role is not Role.CALCULATED and not _has_formulas(block, slot)
        if plain and first is None:
            first = at
        if not plain and first is not None:
            yield first, at - 1
            first = None
    if first is not None:
        yield first, len(laid.slots) - 1


def _format(area: Any, block: _Block, slot: Slot) -> None:
    """Have codes and texts taken as they are, and new rows and months look like the ones before."""
    column = slot.column
    if column is not None and column.kind.is_text:
        longest = max((len(v) for v in slot.cells if isinstance(v, str)), default=0)
        area.number_format = "@" if longest <= _LONGEST_AS_TEXT else "General"
    elif slot.like is not None and slot.like < len(block.header):
        like = block.sheet.range((block.row + 1, block.column + slot.like)).number_format
        if like is not None and like != "@":
            area.number_format = like


def _typed(slot: Slot, i: int) -> Any:
    """A value as it is handed to Excel."""
    value = slot.cells[i] if i < len(slot.cells) else None
    if value is None or value != value or value == "":  # noqa: PLR0124 (NaN differs from itself)
        return None
    if isinstance(value, str) and len(value) > _LONGEST_AS_TEXT:
        return _retyped(value)
    if slot.column is not None and slot.column.kind.is_time:
        from sop_xl.workbook.cells.values import date_of

        return date_of(value)
    return value


def _retyped(value: Any) -> Any:
    """A value as one would type it: the apostrophe tells Excel that a text is one."""
    return f"'{value}" if isinstance(value, str) and value and not isinstance(value, CellError) else value


def _before(block: _Block) -> _Before:
    """What a table holds, as it would be typed again."""
    rows = [list(map(_retyped, block.header))]
    for values, formulas in zip(block.values, block.formulas, strict=True):
        rows.append([f if _is_formula(f, v) else _retyped(v) for f, v in zip(formulas, values, strict=True)])
    return _Before(block.excel_table, block.row, block.column, rows)


def _put_back(before: _Before, laid: Laid) -> None:
    """Bring a table back to what it was before a write that failed."""
    sheet, top, left = before.excel_table.parent, before.row, before.column
    height, width = len(before.typed), len(before.typed[0])
    written = sheet.range((top, left), (top + max(laid.rows, 1), left + len(laid.slots) - 1))
    written.clear_contents()
    area = sheet.range((top, left), (top + height - 1, left + width - 1))
    area.formula = before.typed
    before.excel_table.resize(area)
