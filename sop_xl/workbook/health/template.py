"""The template a workbook is held against: a new workbook of its settings, made in memory."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from lxml import etree

from sop_xl.errors import InputError
from sop_xl.workbook.file.formulas import moved_formula
from sop_xl.workbook.file.grid import F, Grid, box_of
from sop_xl.workbook.file.package import Package, tag
from sop_xl.workbook.file.parts import Workbook
from sop_xl.workbook.health.finding import Patient
from sop_xl.workbook.template.build import new_workbook

_WINDOW = {"page_past": "history_shown", "page_months": "horizon"}
_TEXT = re.compile(r'("(?:[^"]|"")*")')
_SPELLING = re.compile(r"_xlfn\.|_xlws\.|\s+")
_QUOTED = re.compile(r"'(\w+)'!")


def template_of(patient: Patient) -> Workbook:
    """A new workbook with the settings of this one and pages as wide as its pages."""
    workbook = patient.workbook
    control = patient.frame("control") if "control" in workbook.declared else None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "template.xlsx"
        if control is None:
            new_workbook(path)
        else:
            frame = control.reset_index(drop=True)
            for name, setting in _WINDOW.items():
                shown = workbook.named_value(name)
                if isinstance(shown, int | float):
                    frame.loc[frame["setting"].eq(setting), "value"] = f"{shown:g}"
            try:
                new_workbook(path, frames={"control": frame})
            except InputError:  # a setting that no template can be made with: the data check says so
                new_workbook(path)
        return Workbook(Package(path.read_bytes(), "the template"))


def formula_at(grid: Grid, cell: etree._Element | None) -> str | None:
    """The formula of a cell, `None` where it has none; one it shares with others is spelled out."""
    formula = None if cell is None else cell.find(F)
    if cell is None or formula is None:
        return None
    if formula.get("t") != "shared" or formula.text:
        return formula.text or ""
    index = formula.get("si")
    master = next((f for f in grid.root.iter(F) if f.get("si") == index and f.text), None)
    if master is None:
        return ""
    first, here = box_of(master.getparent().get("r")), box_of(cell.get("r"))
    return moved_formula(master.text or "", (first.top, first.left), (here.top, here.left))


def same_formula(one: str, other: str) -> bool:
    """Whether two formulas say the same, however a program spells them.

    >>> same_formula("SUM('Items'!A1, 2)", "sum(Items!A1,2)"), same_formula('A1&"a"', 'A1&"A"')
    (True, False)
    """
    return _plain(one) == _plain(other)


def _plain(formula: str) -> str:
    parts = _TEXT.split(formula)
    return "".join(
        part if n % 2 else _QUOTED.sub(r"\1!", _SPELLING.sub("", part)).upper() for n, part in enumerate(parts)
    )


def saved_by(package: Package) -> str:
    """The program that saved a workbook last, as it names itself."""
    part = next((r.target for r in package.relations("") if r.kind == "extended-properties"), None)
    if part is None or not package.has(part):
        return ""
    return next((i.text or "" for i in package.tree(part) if etree.QName(i).localname == "Application"), "")


def sheet_items(workbook: Workbook, sheet_part: str, name: str) -> list[etree._Element]:
    """The elements of a kind on a sheet, such as its `dataValidation`s."""
    return list(workbook.package.tree(sheet_part).iter(tag(name)))
