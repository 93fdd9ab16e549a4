"""Sheets: hidden ones, passwords, a used range far beyond the data, formulas that always recalculate."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from sop_xl.workbook.file.grid import Box, F, Grid, box_of, cells_of, holds_something
from sop_xl.workbook.file.package import tag
from sop_xl.workbook.health.finding import Finding, Patient, cells_said, many
from sop_xl.workbook.schema import Severity
from sop_xl.workbook.template.twins import TWINS

FAR_ROWS, FAR_COLUMNS = 1000, 100
"""How far formats may reach beyond the last value [rows, columns]."""

_VOLATILE = re.compile(r"(?<![\w.])(OFFSET|INDIRECT|TODAY|NOW|RAND|RANDBETWEEN|RANDARRAY|CELL|INFO)\(", re.IGNORECASE)


def hidden(patient: Patient) -> Iterator[Finding]:
    """Sheets that nobody sees."""
    for sheet in patient.workbook.package.tree(patient.workbook.package.workbook).iterfind(
        f"{tag('sheets')}/{tag('sheet')}"
    ):
        state = sheet.get("state", "visible")
        if state != "visible":
            very = state == "veryHidden"
            says = "the sheet is hidden so that Excel's menus cannot show it" if very else "the sheet is hidden"
            mend = partial(_show, title=sheet.get("name"))
            severity = Severity.WARNS if very else Severity.NOTES
            yield Finding("hidden sheet", severity, sheet.get("name"), "", says, "show it", mend)


def passwords(patient: Patient) -> Iterator[Finding]:
    """Sheets, or the workbook, protected with a password: a table there cannot grow, results cannot be written."""
    workbook = patient.workbook
    for title, part in workbook.sheets.items():
        lock = workbook.package.tree(part).find(tag("sheetProtection"))
        if lock is not None and (lock.get("password") or lock.get("hashValue")):
            yield Finding("password", Severity.WARNS, title, "", "the sheet is protected with a password",
                "Review > Unprotect Sheet with its password; protect it without one")  # fmt: skip
    lock = workbook.package.tree(workbook.package.workbook).find(tag("workbookProtection"))
    if lock is not None and (lock.get("workbookPassword") or lock.get("workbookHashValue")):
        yield Finding("password", Severity.NOTES, "", "the workbook", "its structure is protected with a password",
            "Review > Protect Workbook with its password")  # fmt: skip


def oversized(patient: Patient) -> Iterator[Finding]:
    """Sheets on which empty formatted cells reach far beyond the data: they make the file slow and large."""
    workbook = patient.workbook
    for title, part in workbook.sheets.items():
        grid = workbook.grid(part)
        data, used = _data(grid), grid.used()
        rows = max((n for n, _ in grid.rows), default=0)
        if used is None:
            continue
        for table in workbook.tables.values():
            if table.sheet_part == part:
                data = Box(1, 1, max(data.bottom, table.box.bottom), max(data.right, table.box.right))
        if rows - data.bottom > FAR_ROWS or used.right - data.right > FAR_COLUMNS:
            says = f"its used range ends at row {max(rows, used.bottom):,}, its data at row {data.bottom:,}"
            if used.right - data.right > FAR_COLUMNS:
                says = f"its used range is {used.right:,} columns wide, its data {data.right:,}"
            mend = partial(_trim, sheet_part=part, data=data)
            yield Finding("used range", Severity.NOTES, title, used.ref, says, "remove the empty cells behind it", mend)


def volatile(patient: Patient) -> Iterator[Finding]:
    """Formulas of the planner's that recalculate at every change."""
    workbook = patient.workbook
    for title, part in workbook.sheets.items():
        ours = [box for name, (sheet, box) in workbook.names.items() if name in TWINS and sheet == title]
        found: dict[str, None] = {}
        words: set[str] = set()
        for formula in workbook.package.tree(part).iter(F):
            called = _VOLATILE.findall(re.sub(r'"(?:[^"]|"")*"', '""', formula.text or ""))
            if called:
                ref = formula.getparent().get("r")
                if not any(box_of(ref).meets(box) for box in ours):
                    found[ref] = None
                    words |= {word.upper() for word in called}
        if found:
            says = f"{many(len(found), 'formula')} with {', '.join(sorted(words))} recalculate at every change"
            yield Finding("volatile", Severity.NOTES, title, cells_said([*found]), says,
                "use INDEX instead of OFFSET and INDIRECT, and the date on Control instead of TODAY")  # fmt: skip


def _data(grid: Grid) -> Box:
    """From A1 to the last row and column that hold something."""
    bottom = right = 1
    for number, row in grid.rows:
        filled = [column for column, cell in cells_of(row).items() if holds_something(cell)]
        if filled:
            bottom, right = max(bottom, number), max(right, *filled)
    return Box(1, 1, bottom, right)


def _show(patient: Patient, title: str) -> None:
    package = patient.workbook.package
    for sheet in package.edit(package.workbook).iterfind(f"{tag('sheets')}/{tag('sheet')}"):
        if sheet.get("name") == title:
            sheet.attrib.pop("state", None)


def _trim(patient: Patient, sheet_part: str, data: Box) -> None:
    """Remove the rows and cells behind the data; they hold nothing but formats."""
    root = patient.workbook.package.edit(sheet_part)
    grid = patient.workbook.grid(sheet_part)
    for number, row in list(grid.rows):
        if number > data.bottom:
            row.getparent().remove(row)
            continue
        for column, cell in cells_of(row).items():
            if column > data.right:
                row.remove(cell)
        row.attrib.pop("spans", None)
    if (dimension := root.find(tag("dimension"))) is not None:
        dimension.set("ref", data.ref)
    patient.workbook.drop_grid(sheet_part)
