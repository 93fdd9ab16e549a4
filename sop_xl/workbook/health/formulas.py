"""Formulas of pages and calculated columns: constants pasted over them, formulas that were changed."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from functools import partial

from lxml import etree

from sop_xl.workbook.file.grid import F, Grid, box_of, cells_of, emptied, letters, made_cells, put_formula_value
from sop_xl.workbook.file.parts import Workbook
from sop_xl.workbook.file.stale import show
from sop_xl.workbook.health.finding import Finding, Patient, cells_said, many
from sop_xl.workbook.health.template import formula_at, same_formula, saved_by
from sop_xl.workbook.schema import Column, Role, Severity, Table
from sop_xl.workbook.tables import TABLES
from sop_xl.workbook.template.twins import TWINS

_OTHER_SPELLING = "LibreOffice"
"""A program that writes the formulas of a workbook anew, in its own words."""


def pages(patient: Patient) -> Iterator[Finding]:
    """The blocks of formulas on the cover and the review pages."""
    workbook, template = patient.workbook, patient.template
    comparable = not saved_by(workbook.package).startswith(_OTHER_SPELLING)
    for name, (sheet, box) in template.names.items():
        if name not in TWINS or name not in workbook.names or workbook.names[name][0] not in workbook.sheets:
            continue
        here, area = workbook.names[name]
        as_built = here == sheet and _as_built(workbook, template, sheet)
        theirs, ours = template.grid(template.sheets[sheet]), workbook.grid(workbook.sheets[here])
        pasted, changed = [], []
        for down in range(min(box.bottom - box.top, area.bottom - area.top) + 1):
            for right in range(min(box.right - box.left, area.right - area.left) + 1):
                cell = ours.cell(area.top + down, area.left + right)
                wanted = formula_at(theirs, theirs.cell(box.top + down, box.left + right))
                found = formula_at(ours, cell)
                ref = f"{letters(area.left + right)}{area.top + down}"
                if wanted is not None and found is None:
                    pasted.append(ref)
                elif wanted is not None and comparable and as_built and not same_formula(wanted, found or ""):
                    changed.append(ref)
        for refs, rule, says in (
            (pasted, "formula overwritten", "a value stands where a formula of the page belongs"),
            (changed, "formula changed", "the formula is not the one of the template"),
        ):
            if refs:
                yield Finding(
                    rule, Severity.WARNS, here, cells_said(refs), f"{says} ({many(len(refs), 'cell')} of {name})",
                    "put the formula back" if as_built
                    else "copy the formula from a cell beside it; rows or columns of this page have been moved",
                    partial(_restore, name=name, refs=tuple(refs)) if as_built else None, formulas=True,
                )  # fmt: skip


def calculated_columns(patient: Patient) -> Iterator[Finding]:
    """The columns of declared tables that the sheet computes."""
    workbook = patient.workbook
    comparable = not saved_by(workbook.package).startswith(_OTHER_SPELLING)
    for name, place in workbook.declared.items():
        for column in (c for c in TABLES[name].columns if c.role is Role.CALCULATED):
            if column.label not in place.header:
                continue
            at = place.box.left + place.header.index(column.label)
            grid, wrong = workbook.grid(place.sheet_part), []
            for number in range(place.body.top, place.body.bottom + 1):
                found = formula_at(grid, grid.cell(number, at))
                if found is None or (comparable and not same_formula(found, column.formula)):
                    wrong.append(number)
            if wrong:
                refs = [f"{letters(at)}{n}" for n in wrong]
                yield Finding(
                    "formula overwritten", Severity.WARNS, place.sheet, cells_said(refs),
                    f'{many(len(refs), "cell")} of the calculated column "{column.label}" of table {place.name} '
                    "lack its formula", "put the formula back",
                    partial(_recalculate, table=TABLES[name], column=column, rows=tuple(wrong)), formulas=True,
                )  # fmt: skip


def _as_built(workbook: Workbook, template: Workbook, sheet: str) -> bool:
    """Whether the blocks of a page stand where the template has them."""
    return all(workbook.names.get(n, at) == at for n, at in template.names.items() if n in TWINS and at[0] == sheet)


def _restore(patient: Patient, name: str, refs: tuple[str, ...]) -> None:
    """Put the template's formulas into cells of a block, with what they show."""
    workbook, template = patient.workbook, patient.template
    sheet = workbook.names[name][0]
    grid = workbook.grid(workbook.sheets[sheet])
    theirs = template.grid(template.sheets[sheet])
    workbook.package.edit(workbook.sheets[sheet])
    for ref in refs:
        at = box_of(ref)
        source = theirs.cell(at.top, at.left)
        if source is None:
            continue
        cell = cell_at(grid, at.top, at.left)
        emptied(cell)
        formula = deepcopy(source.find(F))
        formula.text, formula.tail = formula_at(theirs, source), None
        if formula.get("t") == "shared":
            for key in ("t", "si", "ref"):
                formula.attrib.pop(key, None)
        cell.append(formula)
    show(workbook, name, TWINS[name], patient.frame)


def _recalculate(patient: Patient, table: Table, column: Column, rows: tuple[int, ...]) -> None:
    """Put a calculated column's formula into rows, with what it shows."""
    workbook = patient.workbook
    place = workbook.declared[table.name]
    workbook.package.edit(place.sheet_part)
    grid = workbook.grid(place.sheet_part)
    at = place.box.left + place.header.index(column.label)
    values = dict(patient.frame(table.name)[column.name].items())
    for number in rows:
        cell = cell_at(grid, number, at)
        emptied(cell)
        etree.SubElement(cell, F).text = column.formula
        if number in values:
            put_formula_value(cell, values[number], workbook.context.date1904)


def cell_at(grid: Grid, number: int, column: int) -> etree._Element:
    """A cell, made in its place if the sheet does not have it."""
    row = grid.made_row(number)
    cells = cells_of(row)
    if column in cells:
        return cells[column]
    made = made_cells([f'<c r="{letters(column)}{number}"/>'])[0]
    after = next((cell for place, cell in cells.items() if place > column), None)
    row.append(made) if after is None else after.addprevious(made)
    row.attrib.pop("spans", None)
    return made
