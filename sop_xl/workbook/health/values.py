"""Values of the wrong kind in declared tables, keys that stand twice, and errors anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from sop_xl.workbook.cells.kinds import times
from sop_xl.workbook.cells.values import CellError, serial_of
from sop_xl.workbook.file.grid import C, box_of, cell_xml, letters, made_cells, value_of
from sop_xl.workbook.file.package import tag
from sop_xl.workbook.file.parts import ExcelTable, Workbook
from sop_xl.workbook.health.finding import Finding, Patient, cells_said, many
from sop_xl.workbook.schema import Column, Issue, Severity, Table
from sop_xl.workbook.tables import TABLES

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_TEXT_FORMAT = "49"
_BY_HAND = {
    "decimal comma": "type the numbers with the decimal sign of this computer",
    "text in a number column": "type a number, or empty the cell",
    "date as text": "type a date, or text like 2020-02-29",
    "duplicate key": "keep one of the rows",
    "cell error": "mend the formula or empty the cell; results come back with the next run",
}


def wrong_kinds(patient: Patient) -> Iterator[Finding]:
    """Numbers and dates that are text, duplicated keys and errors in the cells of declared tables, by column."""
    for name, place in patient.workbook.declared.items():
        groups: dict[tuple[str, str, bool], list[Issue]] = {}
        for issue in patient.table(name)[1]:
            if issue.rule in _BY_HAND and issue.column in place.header:
                groups.setdefault((issue.rule, issue.column, _mendable(issue)), []).append(issue)
        for (rule, heading, mendable), issues in groups.items():
            at = place.box.left + place.header.index(heading)
            refs = [f"{letters(at)}{issue.row}" for issue in issues]
            says = _said(rule, heading, issues)
            if not mendable:
                yield Finding(rule, issues[0].severity, place.sheet, cells_said(refs), says, _BY_HAND[rule])
                continue
            column = TABLES[name].across if heading not in _labels(TABLES[name]) else None
            column = column or next(c for c in TABLES[name].columns if heading in (c.label, c.name))
            what = "make them dates" if column.kind.is_time else "make them numbers"
            mend = partial(_convert, table=name, column=column, refs=tuple(refs))
            yield Finding(rule, Severity.WARNS, place.sheet, cells_said(refs), says, what, mend, (name,))


def errors_shown(patient: Patient) -> Iterator[Finding]:
    """Formulas outside the declared tables that show an error; #N/A means that there is nothing to show."""
    workbook = patient.workbook
    for title, part in workbook.sheets.items():
        tables = [t.body for t in workbook.declared.values() if t.sheet_part == part]
        refs: dict[str, list[str]] = {}
        for cell in workbook.package.tree(part).iter(C):
            if cell.get("t") != "e":
                continue
            word, at = cell.findtext(tag("v")) or "", box_of(cell.get("r"))
            if word != "#N/A" and not any(at.meets(body) for body in tables):
                refs.setdefault(word, []).append(cell.get("r"))
        for word, found in refs.items():
            todo = "open the workbook where the add-in is installed, or share a frozen copy" if word == "#NAME?" else (
                "mend what the formula reads"
            )  # fmt: skip
            yield Finding("error shown", Severity.WARNS, title, cells_said(found), f"shows {word}", todo)


def _labels(table: Table) -> set[str]:
    return {word for c in table.columns for word in (c.label, c.name)}


def _mendable(issue: Issue) -> bool:
    if issue.rule == "date as text":
        return issue.severity is Severity.WARNS
    return issue.rule == "text in a number column" and _NUMBER.fullmatch(issue.value.strip()) is not None


def _said(rule: str, heading: str, issues: list[Issue]) -> str:
    first = issues[0].value
    if rule == "duplicate key":
        return f"{many(len(issues), 'row')} of a key that stands there already (first: {first})"
    cells = f'{many(len(issues), "cell")} of column "{heading}"'
    if rule == "cell error":
        return f"{cells} with an error ({first})"
    kind = "date" if rule == "date as text" else "number"
    return f'{cells} with text where a {kind} belongs (first: "{first}")'


def _convert(patient: Patient, table: str, column: Column, refs: tuple[str, ...]) -> None:
    """Make texts the numbers or dates they say."""
    workbook = patient.workbook
    place = workbook.declared[table]
    workbook.package.edit(place.sheet_part)
    grid, context = workbook.grid(place.sheet_part), workbook.context
    for ref in refs:
        at = box_of(ref)
        cell = grid.cell(at.top, at.left)
        if cell is None:
            continue
        text = value_of(cell, context)
        if not isinstance(text, str) or isinstance(text, CellError):
            continue
        if column.kind.is_time:
            value = serial_of(times([text], column.kind).values.astype("datetime64[us]")[0].item(), context.date1904)
        else:
            value = float(text)
        style = _style(workbook, place, at.left, cell.get("s"), dates=column.kind.is_time)
        cell.getparent().replace(cell, made_cells([cell_xml(ref, style, value, context.date1904)])[0])


def _style(workbook: Workbook, place: ExcelTable, column: int, own: str | None, *, dates: bool) -> str | None:
    """The style for a mended cell: its own, or that of another cell of the column where its own shows text."""

    def fits(style: str | None) -> bool:
        if dates:
            return style in workbook.context.date_styles
        return style not in _text_styles(workbook)

    if fits(own):
        return own
    grid = workbook.grid(place.sheet_part)
    cells = (grid.cell(number, column) for number in range(place.body.top, place.body.bottom + 1))
    return next((c.get("s") for c in cells if c is not None and fits(c.get("s"))), own)


def _text_styles(workbook: Workbook) -> frozenset[str]:
    part = next(r.target for r in workbook.package.relations(workbook.package.workbook) if r.kind == "styles")
    formats = workbook.package.tree(part).iterfind(f"{tag('cellXfs')}/{tag('xf')}")
    return frozenset(str(n) for n, xf in enumerate(formats) if xf.get("numFmtId") == _TEXT_FORMAT)
