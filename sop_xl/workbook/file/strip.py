"""Emptying tables that are not to be shared, so that nothing of them stays in the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from sop_xl.errors import InputError
from sop_xl.workbook.cells.conform import conform
from sop_xl.workbook.file.grid import C, V, cells_of, emptied
from sop_xl.workbook.file.package import tag
from sop_xl.workbook.file.parts import ExcelTable, Workbook
from sop_xl.workbook.file.patch import write_table
from sop_xl.workbook.file.stale import refresh
from sop_xl.workbook.frames import empty_frame, ready
from sop_xl.workbook.tables import TABLES
from sop_xl.workbook.template.twins import TWINS

if TYPE_CHECKING:
    import pandas as pd


def strip_tables(workbook: Workbook, names: Iterable[str]) -> list[str]:
    """Empty tables, by their name in the catalogue or in Excel; the sheets where a copy of them is left, in words.

    The tables stay valid; what formulas show of them is brought up to date.

    Raises
    ------
    InputError
        A table the workbook does not have.

    """
    declared, others = _found(workbook, names)
    left = [*_copies(workbook, [*(workbook.declared[n] for n in declared), *others])]
    before: dict[str, pd.DataFrame] = {}

    def frame_of(name: str) -> pd.DataFrame:
        if name not in before:
            before[name] = conform(workbook.raw(TABLES[name]))[0]
        return before[name]

    for name in declared:
        write_table(workbook, TABLES[name], ready(TABLES[name], empty_frame(TABLES[name])))
    for table in others:
        _empty(workbook, table)
    if declared or others:
        refresh(workbook, frozenset(declared), TWINS, frame_of)
        workbook.recalculate_on_load()
        _forget_strings(workbook)
    return left


def _found(workbook: Workbook, names: Iterable[str]) -> tuple[list[str], list[ExcelTable]]:
    declared, others = [], []
    by_excel_name = {t.excel_name.casefold(): name for name, t in TABLES.items()}
    for given in dict.fromkeys(names):
        plain = given.strip().casefold()
        name = plain if plain in workbook.declared else by_excel_name.get(plain)
        if name in workbook.declared:
            declared.append(str(name))
        elif plain in workbook.tables:
            others.append(workbook.tables[plain])
        else:
            raise InputError(f"{workbook.where} has no table {given!r} to leave out; sheet Cover lists its tables")
    return declared, others


def _empty(workbook: Workbook, table: ExcelTable) -> None:
    """Empty a table of the planner's own; it keeps its rows."""
    workbook.package.edit(table.sheet_part)
    grid, body = workbook.grid(table.sheet_part), table.body
    for number in range(body.top, body.bottom + 1):
        row = grid.row(number)
        for column, cell in ({} if row is None else cells_of(row)).items():
            if body.left <= column <= body.right:
                emptied(cell)


def _copies(workbook: Workbook, tables: Iterable[ExcelTable]) -> Iterator[str]:
    """Where else the rows of tables are kept: in the memory of pivot tables and of charts."""
    package = workbook.package
    for table in tables:
        name, sheet = f'"{table.name}"'.encode(), f"{table.sheet}!".encode()
        quoted = f"'{table.sheet}'!".encode()
        for part in package.parts:
            if "/pivotCacheDefinition" in part and name in package.data(part):
                yield f"a pivot table holds a copy of table {table.name}"
            if "/charts/chart" in part and any(mark in package.data(part) for mark in (sheet, quoted)):
                yield f"a chart shows values of sheet {table.sheet}"


def _forget_strings(workbook: Workbook) -> None:
    """Blank the shared texts no cell uses any more."""
    package = workbook.package
    part = next((r.target for r in package.relations(package.workbook) if r.kind == "sharedStrings"), None)
    if part is None:
        return
    used = set()
    for sheet in workbook.sheets.values():
        for cell in package.tree(sheet).iter(C):
            if cell.get("t") == "s" and (value := cell.find(V)) is not None:
                used.add(int(value.text or "0"))
    for index, item in enumerate(package.edit(part).iterchildren(tag("si"))):
        if index not in used:
            item[:] = [item.makeelement(tag("t"), {})]
