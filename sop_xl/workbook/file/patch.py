"""Putting a frame into the Excel table that holds it, changing nothing else on the sheet.

What a planner added is kept: columns beside ours move with their row's key, the style of a cell stays, new rows
look like the first one, a formula typed into an input cell stays while its value does. Growth that would run over
something else is refused by name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
from lxml import etree

from sop_xl.errors import BookError
from sop_xl.workbook.cells.values import encoded
from sop_xl.workbook.file.formulas import unshare
from sop_xl.workbook.file.grid import LAST_COLUMN, LAST_ROW, Box, Grid, box_of, letters
from sop_xl.workbook.file.package import tag
from sop_xl.workbook.file.parts import ExcelTable, Workbook
from sop_xl.workbook.file.ranges import Stretch, stretch_ranges
from sop_xl.workbook.file.rowwriter import Former, RowWriter, former
from sop_xl.workbook.file.slots import Laid, Slot, laid_out
from sop_xl.workbook.schema import Role, Table

Beside = Callable[[Sequence[tuple[Any, ...]]], Sequence[Slot]]
"""Columns to be added on the right of a table, given the keys of its rows."""


def write_table(workbook: Workbook, table: Table, frame: pd.DataFrame, beside: Beside | None = None) -> None:
    """Put the frame of a table, as `ready` gives it, into its Excel table; with it columns `beside` what stands there.

    Raises `BookError` where the sheet cannot take it.
    """
    old = _writable(workbook, table)
    laid = laid_out(table, frame, old.header, f"sheet {old.sheet}", workbook.context.date1904)
    months_more = len(laid.slots) - len(old.header)
    if beside is not None:
        laid = replace(laid, slots=(*laid.slots, *beside(laid.keys)))
    grid, body = workbook.grid(old.sheet_part), old.body
    rows = max(laid.rows, 1)  # an Excel table keeps one data row, even an empty one
    new = Box(old.box.top, old.box.left, body.top + rows - 1 + old.totals, old.box.left + len(laid.slots) - 1)
    _guard(workbook, grid, old, new)
    root, part = workbook.package.edit(old.sheet_part), workbook.package.edit(old.part)
    unshare(grid, old.box)
    before = former(workbook, table, old, laid)
    if _reordered(before, old, laid):
        _show_all_rows(part, grid, old)
    RowWriter(grid, workbook.context, old, new, laid, before).write()
    _resize_part(part, old, new, laid)
    months = [slot.origin for slot in laid.slots if slot.month and slot.origin is not None]
    last_month = old.box.left + max(months, default=-1)
    stretch_ranges(root, Stretch(body, rows - (body.bottom - body.top + 1), months_more, last_month))
    _cover(root, new)
    workbook.relocate(table)


def _reordered(before: Former, old: ExcelTable, laid: Laid) -> bool:
    """Whether rows or columns of a filtered table have changed places."""
    same_columns = [slot.origin for slot in laid.slots] == list(range(len(old.header)))
    return not same_columns or before.order(laid) != list(range(old.body.bottom - old.body.top + 1))


def _writable(workbook: Workbook, table: Table) -> ExcelTable:
    old = workbook.declared.get(table.name)
    if old is None:
        raise BookError(f"{workbook.where} has no table {table.excel_name} (sheet {table.sheet}) to write to")
    if old.kind != "worksheet":
        raise BookError(f"table {table.excel_name} on sheet {old.sheet} is filled by a query and cannot be written to")
    if not old.has_header:
        raise BookError(f"table {table.excel_name} on sheet {old.sheet} hides its header row; show it again")
    return old


def _guard(workbook: Workbook, grid: Grid, old: ExcelTable, new: Box) -> None:
    """Refuse growth over the edge of the sheet, another table, merged cells, or any cell that holds something."""
    sheet, box = f"sheet {old.sheet}", old.box
    if new.bottom > LAST_ROW:
        raise BookError(f"{sheet}: table {old.name} would need {new.bottom:,} rows; a sheet has {LAST_ROW:,}")
    if new.right > LAST_COLUMN:
        raise BookError(f"{sheet}: table {old.name} would need {new.right:,} columns; a sheet has {LAST_COLUMN:,}")
    below = box._replace(top=box.bottom + 1, bottom=new.bottom, right=new.right)
    beside = Box(box.top, box.right + 1, min(box.bottom, new.bottom), new.right)
    for growth in (g for g in (below, beside) if g.top <= g.bottom and g.left <= g.right):
        for other in workbook.tables.values():
            if other.sheet_part == old.sheet_part and other.name != old.name and growth.meets(other.box):
                raise BookError(f"{sheet}: table {old.name} would grow over table {other.name}; move one of them")
        for merge in grid.root.iterfind(f"{tag('mergeCells')}/{tag('mergeCell')}"):
            if growth.meets(box_of(merge.get("ref", ""))):
                raise BookError(f"{sheet}: table {old.name} would grow over the merged cells {merge.get('ref')}")
        taken = next(grid.filled_in(growth), None)
        if taken is not None:
            cell = f"{letters(taken[1])}{taken[0]}"
            raise BookError(f"{sheet}: table {old.name} would grow over cell {cell}, which is not empty; move it")


def _resize_part(part: etree._Element, old: ExcelTable, new: Box, laid: Laid) -> None:
    """Bring the table part to the new range and headings."""
    part.set("ref", new.ref)
    if (filters := part.find(tag("autoFilter"))) is not None:
        filters.set("ref", new._replace(bottom=new.bottom - old.totals).ref)
    box = part.find(tag("tableColumns"))
    columns = list(box)
    last = max(int(c.get("id", "0")) for c in columns)
    fresh = []
    for slot in laid.slots:
        if slot.origin is not None:
            column = columns[slot.origin]
        else:
            last += 1
            column = box.makeelement(tag("tableColumn"), {"id": str(last)})
            if slot.like is not None and (style := columns[slot.like].get("dataDxfId")) is not None:
                column.set("dataDxfId", style)
        if slot.origin is None or old.header[slot.origin] != slot.heading:
            column.set("name", encoded(slot.heading))
        if slot.column is not None and slot.column.role is Role.CALCULATED:
            _set_column_formula(column, slot.column.formula)
        fresh.append(column)
    box[:] = fresh
    box.set("count", str(len(fresh)))


def _set_column_formula(column: etree._Element, text: str) -> None:
    formula = column.find(tag("calculatedColumnFormula"))
    if formula is None:
        formula = column.makeelement(tag("calculatedColumnFormula"), {})
        column.insert(0, formula)
    formula.text = text


def _show_all_rows(part: etree._Element, grid: Grid, old: ExcelTable) -> None:
    """Lift the filters of a table whose rows have moved: they would hide the wrong rows."""
    filters = part.find(tag("autoFilter"))
    for sort in [*part.findall(tag("sortState")), *([] if filters is None else filters.findall(tag("sortState")))]:
        sort.getparent().remove(sort)
    chosen = [] if filters is None else filters.findall(tag("filterColumn"))
    for choice in chosen:
        filters.remove(choice)
    if chosen:
        for number in range(old.body.top, old.body.bottom + 1):
            row = grid.row(number)
            if row is not None:
                row.attrib.pop("hidden", None)


def _cover(root: etree._Element, box: Box) -> None:
    """Let the sheet's stated dimension cover the table."""
    dimension = root.find(tag("dimension"))
    if dimension is None:
        return
    stated = box_of(dimension.get("ref", "A1"))
    whole = Box(
        min(stated.top, box.top),
        min(stated.left, box.left),
        max(stated.bottom, box.bottom),
        max(stated.right, box.right),
    )
    dimension.set("ref", whole.ref)
