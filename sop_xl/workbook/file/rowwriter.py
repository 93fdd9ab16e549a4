"""The rows of one table as they are written: our values, and what moves with the row of the same key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from sop_xl.workbook.cells.conform import wide_keys
from sop_xl.workbook.cells.values import Cell
from sop_xl.workbook.file.formulas import moved_cell
from sop_xl.workbook.file.grid import (
    Box,
    C,
    Context,
    F,
    Grid,
    cell_xml,
    cells_of,
    emptied,
    formula_xml,
    letters,
    made_cells,
    value_of,
)
from sop_xl.workbook.file.package import tag
from sop_xl.workbook.file.parts import ExcelTable, Workbook
from sop_xl.workbook.file.slots import Laid, Slot
from sop_xl.workbook.schema import Role, Table

_Cells = Mapping[int, etree._Element]
"""Cells by their position in the table."""


@dataclass(frozen=True)
class Former:
    """What stood in the table before.

    `row_of` is the position of a row by its key (empty where nothing has to move), `movers` the cells that move with
    their row, `totals` those of the totals row, `styles` the style of each column's first cell, `formulas` what Excel
    fills into new rows of a planner's column.
    """

    row_of: Mapping[tuple[Any, ...], int] = field(default_factory=dict)
    movers: Mapping[int, _Cells] = field(default_factory=dict)
    totals: _Cells = field(default_factory=dict)
    styles: Mapping[int, str | None] = field(default_factory=dict)
    formulas: Mapping[int, str] = field(default_factory=dict)

    def order(self, laid: Laid) -> list[int | None]:
        """For each row to be written, where the row of the same key stood."""
        return [self.row_of.get(key) for key in laid.keys]


def former(workbook: Workbook, table: Table, old: ExcelTable, laid: Laid) -> Former:
    """Take note of a table before it is written over."""
    grid, left = workbook.grid(old.sheet_part), old.box.left
    part = workbook.package.tree(old.part)
    planners = {s.origin for s in laid.slots if s.column is None}
    typed = {s.origin for s in laid.slots if _typed_into(s) and old.header[_known(s.origin)] == s.heading}
    movers: dict[int, dict[int, etree._Element]] = {}
    for number in range(old.body.top, old.body.bottom + 1) if planners else _formula_rows(grid, old.body):
        row = grid.row(number)
        for column, cell in ({} if row is None else cells_of(row)).items():
            at = column - left
            if at in planners or (at in typed and cell.find(F) is not None):
                movers.setdefault(number - old.body.top, {})[at] = moved_cell(cell, (0, 0), (0, 0))
    row_of: dict[tuple[Any, ...], int] = {}
    if movers or part.find(f"{tag('autoFilter')}/{tag('filterColumn')}") is not None:
        raw = workbook.raw(table)
        for key, number in zip(wide_keys(raw), raw.numbers, strict=True):
            row_of.setdefault(key, number - old.body.top)
    first, last = grid.row(old.body.top), grid.row(old.box.bottom) if old.totals else None
    return Former(
        row_of,
        movers,
        {} if last is None else {c - left: moved_cell(cell, (0, 0), (0, 0)) for c, cell in cells_of(last).items()},
        {} if first is None else {c - left: cell.get("s") for c, cell in cells_of(first).items()},
        _column_formulas(part),
    )


class RowWriter:
    """Writes the header, data rows and totals row of one table into its new rectangle."""

    def __init__(self, grid: Grid, context: Context, old: ExcelTable, new: Box, laid: Laid, before: Former) -> None:
        self._grid, self._context = grid, context
        self._old, self._new, self._laid, self._former = old, new, laid, before
        first = grid.row(old.body.top)
        self._height = {}
        if first is not None and first.get("customHeight") is not None and first.get("ht") is not None:
            self._height = {"ht": first.get("ht"), "customHeight": first.get("customHeight")}

    def write(self) -> None:
        """Write the whole table; cells it leaves are emptied and keep their style."""
        self._clear_leftovers()
        self._write_header()
        order = self._former.order(self._laid)
        for i in range(max(self._laid.rows, 1)):
            self._write_row(i, order[i] if i < len(order) else None)
        if self._old.totals:
            self._write_totals()

    def _clear_leftovers(self) -> None:
        box = self._old.box
        for number in range(box.top, box.bottom + 1):
            row = self._grid.row(number)
            first = box.left if number > self._new.bottom else self._new.right + 1
            if row is None or first > box.right:
                continue
            for column, cell in cells_of(row).items():
                if first <= column <= box.right:
                    emptied(cell)

    def _write_header(self) -> None:
        """Write the headings that are new or have moved."""
        number, header, left = self._old.box.top, self._old.header, self._new.left
        row = self._grid.made_row(number)
        present = cells_of(row)
        texts, standing = [], {}
        for at, slot in enumerate(self._laid.slots):
            like = present.get(left + (at if at < len(header) else _known(slot.like)))
            style = None if like is None else like.get("s")
            texts.append(cell_xml(f"{letters(left + at)}{number}", style, slot.heading))
            if left + at in present and at < len(header) and header[at] == slot.heading:
                standing[at] = present[left + at]
        self._place(row, present, _swapped(made_cells(texts), standing))

    def _write_row(self, i: int, origin: int | None) -> None:
        """Write a data row: our values, and the cells that move with the row that stood at `origin`."""
        number = self._old.body.top + i
        row = self._grid.made_row(number)
        present = cells_of(row)
        inside = number <= self._old.body.bottom
        if not inside:
            row.attrib.update(self._height)
        movers = self._former.movers.get(origin, {}) if origin is not None else {}
        left, styles = self._new.left, self._former.styles
        texts, moved = [], {}
        for at, slot in enumerate(self._laid.slots):
            mover = movers.get(_known(slot.origin)) if movers else None
            if mover is not None and self._stays(mover, slot, i):
                before = (self._old.body.top + _known(origin), left + _known(slot.origin))
                moved[at] = moved_cell(mover, before, (number, left + at))
            standing = present.get(left + at) if inside and slot.like == at else None
            style = styles.get(_known(slot.like)) if standing is None else standing.get("s")
            texts.append(self._text(f"{letters(left + at)}{number}", style, slot, i))
        self._place(row, present, _swapped(made_cells(texts), moved))

    def _write_totals(self) -> None:
        """Put the totals row under the last data row."""
        number, left, totals = self._new.bottom, self._new.left, self._former.totals
        row = self._grid.made_row(number)
        texts, moved = [], {}
        for at, slot in enumerate(self._laid.slots):
            like = totals.get(_known(slot.like))
            texts.append(cell_xml(f"{letters(left + at)}{number}", None if like is None else like.get("s"), None))
            if (standing := totals.get(_known(slot.origin))) is not None:
                before = (self._old.box.bottom, left + _known(slot.origin))
                moved[at] = moved_cell(standing, before, (number, left + at))
        self._place(row, cells_of(row), _swapped(made_cells(texts), moved))

    def _text(self, ref: str, style: str | None, slot: Slot, i: int) -> str:
        column, date1904 = slot.column, self._context.date1904
        value = slot.cells[i] if i < len(slot.cells) else None
        if column is not None and column.role is Role.CALCULATED:
            return formula_xml(ref, style, column.formula, value, date1904)
        if column is None and (formula := self._former.formulas.get(_known(slot.origin))) is not None:
            return formula_xml(ref, style, formula, None)
        return cell_xml(ref, style, value, date1904)

    def _stays(self, mover: etree._Element, slot: Slot, i: int) -> bool:
        """Whether an old cell is kept: a planner's always, a formula typed into an input while its value is ours."""
        if slot.column is None:
            return True
        standing: Cell = value_of(mover, Context(self._context.strings, frozenset(), self._context.date1904))
        value = slot.cells[i] if i < len(slot.cells) else None
        blank = value is None or value == "" or value != value  # noqa: PLR0124 (NaN differs from itself)
        return standing in (None, "") if blank else bool(standing == value)

    def _place(self, row: etree._Element, present: _Cells, cells: Sequence[etree._Element]) -> None:
        """Put the table's cells into the row, between those left and right of the table."""
        left = [cell for column, cell in present.items() if column < self._new.left]
        right = [cell for column, cell in present.items() if column > self._new.right]
        others = [child for child in row if child.tag != C] if len(row) != len(present) else []
        row[:] = [*left, *cells, *right, *others]
        row.attrib.pop("spans", None)


def _swapped(cells: list[etree._Element], others: _Cells) -> list[etree._Element]:
    for at, cell in others.items():
        cells[at] = cell
    return cells


def _typed_into(slot: Slot) -> bool:
    """Whether a person types into a column that stood there before."""
    return slot.column is not None and slot.column.role is Role.INPUT and slot.origin is not None


def _known(position: int | None) -> int:
    """A position to look up; -1, which no column has, where there is none."""
    return -1 if position is None else position


def _formula_rows(grid: Grid, body: Box) -> list[int]:
    """The rows of a table in which some cell has a formula."""
    numbers = {int(f.getparent().getparent().get("r", "0")) for f in grid.root.iter(F)}
    return sorted(n for n in numbers if body.top <= n <= body.bottom)


def _column_formulas(part: etree._Element) -> dict[int, str]:
    columns = part.iterfind(f"{tag('tableColumns')}/{tag('tableColumn')}")
    found = ((i, c.find(tag("calculatedColumnFormula"))) for i, c in enumerate(columns))
    return {i: f.text for i, f in found if f is not None and f.text and f.get("array") is None}
