"""Declared tables as objects of the sheet: missing, renamed columns, rows typed below them, merged cells inside."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from lxml import etree

from sop_xl.workbook.cells.headings import matched
from sop_xl.workbook.cells.values import encoded
from sop_xl.workbook.file.grid import F, Grid, box_of, cell_xml, cells_of, holds_something, letters, made_cells
from sop_xl.workbook.file.package import tag
from sop_xl.workbook.file.parts import ExcelTable
from sop_xl.workbook.file.ranges import Stretch, stretch_ranges
from sop_xl.workbook.health.finding import Finding, Patient, many
from sop_xl.workbook.health.formulas import cell_at
from sop_xl.workbook.schema import Role, Severity
from sop_xl.workbook.tables import TABLES


def missing(patient: Patient) -> Iterator[Finding]:
    """Declared tables the workbook does not have."""
    for name, table in TABLES.items():
        if name not in patient.workbook.declared and not table.optional:
            todo = (
                f"if its cells are there, select them with their headings, press Ctrl+T and name the table "
                f"{table.excel_name}; else move the workbook into a new one (sop-xl renew)"
            )
            says = f"there is no table {table.excel_name}"
            yield Finding("missing table", Severity.STOPS, "", table.sheet, says, todo)


def columns(patient: Patient) -> Iterator[Finding]:
    """Declared columns that were renamed, removed, or stand twice."""
    for name, place in patient.workbook.declared.items():
        heads = matched(TABLES[name], place.header)
        where = place.box._replace(bottom=place.box.top).ref
        for column in heads.missing:
            old = heads.renamed.get(column.name)
            if old is not None:
                mend = partial(_rename, table=name, old=old, new=column.label)
                says = f'column "{column.label}" of table {place.name} is called "{old}"'
                yield Finding("renamed column", Severity.STOPS, place.sheet, where, says, f'call it "{column.label}"',
                    mend, (name,))  # fmt: skip
            elif column.role is not Role.CALCULATED:
                says = f'table {place.name} has no column "{column.label}"'
                todo = f'add a column beside the table and type its heading: "{column.label}"; or use sop-xl renew'
                yield Finding("missing column", Severity.STOPS, place.sheet, where, says, todo)
        for heading in heads.twice:
            says = f'column "{heading}" stands twice in table {place.name}'
            yield Finding("column twice", Severity.STOPS, place.sheet, where, says, "rename or delete one of the two")


def grown_short(patient: Patient) -> Iterator[Finding]:
    """Rows typed right under a table that it does not hold."""
    workbook = patient.workbook
    for name, place in workbook.declared.items():
        if place.totals:
            continue
        grid, bottom = workbook.grid(place.sheet_part), place.box.bottom
        others = [t.box for t in workbook.tables.values() if t.sheet_part == place.sheet_part and t.name != place.name]
        while True:
            below = place.box._replace(top=bottom + 1, bottom=bottom + 1)
            if any(below.meets(box) for box in others) or not _filled(grid, place, bottom + 1):
                break
            bottom += 1
        rows = bottom - place.box.bottom
        if rows:
            where = place.box._replace(top=place.box.bottom + 1, bottom=bottom).ref
            says = f"{many(rows, 'row')} below table {place.name} {'is' if rows == 1 else 'are'} no part of it"
            mend = partial(_grow, table=name, rows=rows)
            yield Finding("table too short", Severity.WARNS, place.sheet, where, says, "let the table hold them", mend,
                (name,), formulas=True)  # fmt: skip


def merged(patient: Patient) -> Iterator[Finding]:
    """Merged cells inside a table, which break sorting and reading."""
    workbook = patient.workbook
    for place in workbook.tables.values():
        root = workbook.package.tree(place.sheet_part)
        for merge in root.iterfind(f"{tag('mergeCells')}/{tag('mergeCell')}"):
            if box_of(merge.get("ref", "A1")).meets(place.box):
                says = f"cells of table {place.name} are merged"
                mend = partial(_unmerge, sheet_part=place.sheet_part, ref=merge.get("ref"))
                yield Finding("merged cells", Severity.WARNS, place.sheet, merge.get("ref"), says,
                    "take them apart; the value stays in the first", mend)  # fmt: skip


def _filled(grid: Grid, place: ExcelTable, number: int) -> bool:
    row = grid.row(number)
    cells = {} if row is None else cells_of(row)
    return any(place.box.left <= c <= place.box.right and holds_something(cell) for c, cell in cells.items())


def _rename(patient: Patient, table: str, old: str, new: str) -> None:
    """Give a column its heading again, on the sheet and in the table."""
    workbook = patient.workbook
    place = workbook.declared[table]
    at = place.header.index(old)
    items = workbook.package.edit(place.part).find(tag("tableColumns"))
    items[at].set("name", encoded(new))
    workbook.package.edit(place.sheet_part)
    cell = cell_at(workbook.grid(place.sheet_part), place.box.top, place.box.left + at)
    fresh = made_cells([cell_xml(f"{letters(place.box.left + at)}{place.box.top}", cell.get("s"), new)])[0]
    cell.getparent().replace(cell, fresh)
    workbook.relocate(TABLES[table])


def _grow(patient: Patient, table: str, rows: int) -> None:
    """Let a table hold the rows below it: its range, rules, formulas and the looks of its first row."""
    workbook = patient.workbook
    place = workbook.declared[table]
    root, part = workbook.package.edit(place.sheet_part), workbook.package.edit(place.part)
    grid, new = workbook.grid(place.sheet_part), place.box._replace(bottom=place.box.bottom + rows)
    first = grid.row(place.body.top)
    styles = {} if first is None else {c: cell.get("s") for c, cell in cells_of(first).items()}
    calculated = {c.label: c.formula for c in TABLES[table].columns if c.role is Role.CALCULATED}
    for number in range(place.box.bottom + 1, new.bottom + 1):
        for at, heading in enumerate(place.header, place.box.left):
            cell = cell_at(grid, number, at)
            if styles.get(at) is not None and cell.get("s", "0") == "0":
                cell.set("s", styles[at])
            if heading in calculated and not holds_something(cell):
                etree.SubElement(cell, F).text = calculated[heading]
    part.set("ref", new.ref)
    if (filters := part.find(tag("autoFilter"))) is not None:
        filters.set("ref", new.ref)
    stretch_ranges(root, Stretch(place.body, rows, 0, place.box.right))
    workbook.relocate(TABLES[table])


def _unmerge(patient: Patient, sheet_part: str, ref: str) -> None:
    root = patient.workbook.package.edit(sheet_part)
    merges = root.find(tag("mergeCells"))
    for merge in [m for m in merges if m.get("ref") == ref]:
        merges.remove(merge)
    merges.set("count", str(len(merges)))
    if not len(merges):
        root.remove(merges)
