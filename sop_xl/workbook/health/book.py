"""The workbook as a whole: links to other files, names that point nowhere, how it calculates."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from posixpath import basename
from urllib.parse import unquote

from lxml import etree

from sop_xl.workbook.file.addin import is_addin, outside
from sop_xl.workbook.file.grid import F, letters
from sop_xl.workbook.file.package import tag
from sop_xl.workbook.file.parts import Workbook
from sop_xl.workbook.health.finding import Finding, Patient, cells_said
from sop_xl.workbook.schema import Severity
from sop_xl.workbook.tables import TABLES

_OURS = ("set_", "lst_", "head_", "as_of_label")
_WRONG_CALCULATION = {
    ("calcMode", "manual"): "it calculates only when asked to, so results and pages may be old",
    ("calcMode", "autoNoTable"): "its data tables are not calculated",
    ("iterate", "1"): "it allows circular references, which then go unseen",
    ("fullPrecision", "0"): "it keeps numbers only as precise as they are shown, for good",
}


def links(patient: Patient) -> Iterator[Finding]:
    """Links to other workbooks; one to the add-in's file too, which is another folder on each machine."""
    workbook = patient.workbook
    for n, (_, file) in enumerate(outside(workbook), 1):
        mark, cells = f"[{n}]", []
        for title, part in workbook.sheets.items():
            cells += [f"{title}!{f.getparent().get('r')}" for f in workbook.package.tree(part).iter(F)
                      if mark in (f.text or "")]  # fmt: skip
        name = basename(unquote(file).replace("\\", "/")) or "another file"
        used = f", read by {cells_said(cells)}" if cells else ", which no cell reads"
        says = f"the workbook links to {name}{used}"
        todo = "Data > Edit Links > Break Link keeps the values"
        if is_addin(file):
            todo = "sop-xl addin install on this machine, then open and save the workbook; or share a frozen copy"
        yield Finding("external link", Severity.WARNS, "", name, says, todo)


def names(patient: Patient) -> Iterator[Finding]:
    """Defined names that point to nothing, and names of the template that are gone."""
    workbook, template = patient.workbook, patient.template
    wanted = _texts(template)
    here = _items(workbook)
    for item in here:
        name = item.get("name", "")
        if "#REF!" not in (item.text or ""):
            continue
        says = f"the name {name} points to nothing (={item.text})"
        if item.get("localSheetId") is None and name in wanted:
            yield _restored(workbook, name, wanted[name], says)
        else:
            mend = partial(_drop_name, name=name, local=item.get("localSheetId"))
            yield Finding("broken name", Severity.WARNS, "", name, says, "delete the name", mend, formulas=True)
    present = {i.get("name", "").casefold() for i in here}
    for name, text in wanted.items():
        if name.startswith(_OURS) and name.casefold() not in present and _possible(workbook, name, text):
            yield _restored(workbook, name, text, f"the name {name}, which formulas and drop-downs use, is gone")


def calculation(patient: Patient) -> Iterator[Finding]:
    """Ways to calculate in which a plan is not what it seems."""
    calc = patient.workbook.package.tree(patient.workbook.package.workbook).find(tag("calcPr"))
    for (attribute, wrong), says in _WRONG_CALCULATION.items():
        if calc is not None and {"true": "1", "false": "0"}.get(v := calc.get(attribute, ""), v) == wrong:
            mend = partial(_calculate, attribute=attribute)
            yield Finding("calculation", Severity.WARNS, "", "the workbook", says, "set it back", mend, formulas=True)


def _items(workbook: Workbook) -> list[etree._Element]:
    root = workbook.package.tree(workbook.package.workbook)
    return list(root.iterfind(f"{tag('definedNames')}/{tag('definedName')}"))


def _texts(workbook: Workbook) -> dict[str, str]:
    return {i.get("name", ""): i.text or "" for i in _items(workbook) if i.get("localSheetId") is None}


def _possible(workbook: Workbook, name: str, text: str) -> bool:
    """Whether what a name of the template means is here, in the place the template has it."""
    table = name.partition("_")[2]
    if name.startswith("head_"):
        if table not in workbook.declared:
            return False
        place = workbook.declared[table]
        return text.replace("$", "").startswith(f"{place.sheet}!{letters(place.box.left)}{place.box.top}:")
    return table in TABLES and table in workbook.declared if name.startswith("lst_") else "control" in workbook.declared


def _restored(workbook: Workbook, name: str, text: str, says: str) -> Finding:
    if name.startswith(_OURS) and not _possible(workbook, name, text):
        todo = f"Formulas > Name Manager: let {name} mean what it means in a new workbook (={text})"
        return Finding("broken name", Severity.WARNS, "", name, says, todo)
    mend = partial(_put_name, name=name, text=text)
    return Finding("broken name", Severity.WARNS, "", name, says, f"let it mean ={text}", mend, formulas=True)


def _put_name(patient: Patient, name: str, text: str) -> None:
    package = patient.workbook.package
    root = package.edit(package.workbook)
    box = root.find(tag("definedNames"))
    if box is None:
        box = root.makeelement(tag("definedNames"), {})
        root.find(tag("calcPr")).addprevious(box)
    item = next((i for i in box if i.get("name") == name and i.get("localSheetId") is None), None)
    if item is None:
        item = box.makeelement(tag("definedName"), {"name": name})
        later = next((i for i in box if i.get("name", "").casefold() > name.casefold()), None)
        box.append(item) if later is None else later.addprevious(item)
    item.text = text
    patient.workbook.__dict__.pop("names", None)


def _drop_name(patient: Patient, name: str, local: str | None) -> None:
    package = patient.workbook.package
    box = package.edit(package.workbook).find(tag("definedNames"))
    for item in [i for i in box if i.get("name") == name and i.get("localSheetId") == local]:
        box.remove(item)


def _calculate(patient: Patient, attribute: str) -> None:
    package = patient.workbook.package
    package.edit(package.workbook).find(tag("calcPr")).attrib.pop(attribute, None)
