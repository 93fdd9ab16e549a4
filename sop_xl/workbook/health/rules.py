"""Drop-downs, limits and colours that a table has lost against the template."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from functools import partial

from lxml import etree

from sop_xl import periods
from sop_xl.workbook.file.grid import Box
from sop_xl.workbook.file.package import tag
from sop_xl.workbook.file.parts import ExcelTable, Workbook
from sop_xl.workbook.health.finding import Finding, Patient, cells_said
from sop_xl.workbook.health.sheetparts import boxes, insert, made, uncovered
from sop_xl.workbook.schema import Severity

_X14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
_XM = "http://schemas.microsoft.com/office/excel/2006/main"
_MONTHS = "the months"


def validation(patient: Patient) -> Iterator[Finding]:
    """Columns of declared tables whose cells no longer have the drop-down or limits of the template."""
    workbook, template = patient.workbook, patient.template
    for name, place in workbook.declared.items():
        theirs = template.declared.get(name)
        if theirs is None:
            continue
        rules = [r for r in template.package.tree(theirs.sheet_part).iter(tag("dataValidation")) if _rules(r)]
        have = _areas(workbook, place.sheet_part, "dataValidation")
        for heading, at in _columns(theirs).items():
            column = _column(theirs, at)
            rule = next((r for r in rules if not [*uncovered(column, boxes(r.get("sqref")))]), None)
            if rule is None:
                continue
            lacking = [
                area for i in _positions(place, heading) for area in uncovered(_column(place, place.box.left + i), have)
            ]
            if lacking:
                refs = [area.ref for area in lacking]
                shown = f'column "{heading}"' if heading != _MONTHS else heading
                yield Finding(
                    "validation lost", Severity.WARNS, place.sheet, cells_said(refs),
                    f"{shown} of table {place.name} lost its drop-down or limits", "give the cells their rule again",
                    partial(_give_rule, sheet_part=place.sheet_part, rule=rule, refs=tuple(refs)),
                )  # fmt: skip


def colours(patient: Patient) -> Iterator[Finding]:
    """Columns of declared tables that lost the colours of the template."""
    workbook, template = patient.workbook, patient.template
    for name, place in workbook.declared.items():
        theirs = template.declared.get(name)
        if theirs is None:
            continue
        have = _areas(workbook, place.sheet_part, "conditionalFormatting")
        root = template.package.tree(theirs.sheet_part)
        formats = [f for f in root.iter(tag("conditionalFormatting")) if boxes(f.get("sqref"))]
        for heading, at in _columns(theirs).items():
            corner = (theirs.body.top, at)
            mine = [f for f in formats if any((box.top, box.left) == corner for box in boxes(f.get("sqref")))]
            positions = _positions(place, heading)
            if not mine or not positions:
                continue
            here = _column(place, place.box.left + positions[0])
            if any(here.meets(box) for box in have):
                continue
            moved = (place.sheet, here.top, here.left) != (theirs.sheet, theirs.body.top, at)
            shown = f'column "{heading}"' if heading != _MONTHS else heading
            yield Finding(
                "colours lost", Severity.NOTES, place.sheet, here.ref,
                f"{shown} of table {place.name} lost the colours of the template",
                "the table has moved: copy the format of its column from a new workbook (Format Painter)" if moved
                else "give the column its colours again",
                None if moved else partial(_give_colours, sheet_part=place.sheet_part, formats=tuple(mine)),
            )  # fmt: skip


def _rules(rule: etree._Element) -> bool:
    return str(rule.get("type", "none")) != "none"


def _areas(workbook: Workbook, sheet_part: str, name: str) -> list[Box]:
    """Where a sheet has validation, or conditional formats, in either of the two vocabularies."""
    root = workbook.package.tree(sheet_part)
    found = [box for item in root.iter(tag(name)) if name != "dataValidation" or _rules(item)
             for box in boxes(item.get("sqref"))]  # fmt: skip
    for item in root.iter(f"{{{_X14}}}{name}"):
        found += boxes(item.findtext(f"{{{_XM}}}sqref"))
    return found


def _columns(place: ExcelTable) -> dict[str, int]:
    """The columns of a template's table: by heading, the months as one."""
    found: dict[str, int] = {}
    for at, heading in enumerate(place.header, place.box.left):
        found.setdefault(_MONTHS if periods.is_label(heading) else heading, at)
    return found


def _positions(place: ExcelTable, heading: str) -> list[int]:
    """Where a heading, or the months, stand in a table."""
    if heading == _MONTHS:
        return [i for i, h in enumerate(place.header) if periods.is_label(h)]
    return [place.header.index(heading)] if heading in place.header else []


def _column(place: ExcelTable, at: int) -> Box:
    return place.body._replace(left=at, right=at)


def _give_rule(patient: Patient, sheet_part: str, rule: etree._Element, refs: tuple[str, ...]) -> None:
    """Give cells a rule of the template."""
    box = made(patient.workbook.package.edit(sheet_part), "dataValidations")
    copy = deepcopy(rule)
    copy.set("sqref", " ".join(refs))
    box.append(copy)
    box.set("count", str(len(box)))


def _give_colours(patient: Patient, sheet_part: str, formats: tuple[etree._Element, ...]) -> None:
    """Give a sheet conditional formats of the template, with the looks they name."""
    sheet = patient.workbook.package.edit(sheet_part)
    for item in formats:
        copy = deepcopy(item)
        for rule in copy.iter(tag("cfRule")):
            if rule.get("dxfId") is not None:
                rule.set("dxfId", str(_look(patient, int(rule.get("dxfId")))))
        insert(sheet, copy)


def _look(patient: Patient, number: int) -> int:
    """A look of the template among those of the workbook, added if it is not there."""
    theirs = _looks(patient.template)[number]
    ours = _looks(patient.workbook)
    same = etree.tostring(theirs, method="c14n")
    for n, look in enumerate(ours):
        if etree.tostring(look, method="c14n") == same:
            return n
    patient.workbook.package.edit(_styles(patient.workbook))
    ours.append(deepcopy(theirs))
    ours.set("count", str(len(ours)))
    return len(ours) - 1


def _looks(workbook: Workbook) -> etree._Element:
    root = workbook.package.tree(_styles(workbook))
    found = root.find(tag("dxfs"))
    if found is None:
        found = root.makeelement(tag("dxfs"), {})
        root.find(tag("cellStyles") if root.find(tag("cellStyles")) is not None else tag("cellXfs")).addnext(found)
    return found


def _styles(workbook: Workbook) -> str:
    relations = workbook.package.relations(workbook.package.workbook)
    return next(r.target for r in relations if r.kind == "styles")
