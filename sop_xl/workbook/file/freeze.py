"""A workbook that needs nothing installed: cells with our functions become their last values, the formula a note.

Native formulas, pages, pictures and the planner's own sheets stay as they are. What cannot work without the add-in is
taken out and named: links to it, its ribbon, rules and names that call its functions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from lxml import etree

from sop_xl.workbook.file.addin import drop_addin
from sop_xl.workbook.file.formulas import unshare
from sop_xl.workbook.file.grid import Box, F, Grid, T, V, box_of, cells_of
from sop_xl.workbook.file.notes import add_notes, threaded
from sop_xl.workbook.file.ours import Ours, as_typed
from sop_xl.workbook.file.package import tag
from sop_xl.workbook.file.parts import Workbook

_X14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
_XM = "http://schemas.microsoft.com/office/excel/2006/main"
_NO_VALUE = ("#NAME?", "#BUSY!", "#GETTING_DATA", "#CONNECT!")
"""Errors of a cell whose function did not answer: the add-in was missing or still at work."""

_RULES = (
    tag("cfRule"),
    tag("dataValidation"),
    f"{{{_X14}}}cfRule",
    f"{{{_X14}}}dataValidation",
)
_COUNTED = (tag("dataValidations"), f"{{{_X14}}}dataValidations")
_FORMULAS = (F, tag("formula"), tag("formula1"), tag("formula2"), f"{{{_XM}}}f")
_ANCHOR = re.compile(r"_xlfn\.ANCHORARRAY\(((?:'(?:[^']|'')+'|[^'!(),]+)!)?(\$?[A-Za-z]{1,3}\$?\d+)\)")


@dataclass(frozen=True)
class FrozenCell:
    """A cell whose formula became its value: where it stands, the formula, and the range it fills."""

    sheet: str
    ref: str
    formula: str
    fills: str


@dataclass
class Frozen:
    """What freezing did: the cells, those without a value or a note, and what was taken out, in words."""

    cells: list[FrozenCell] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    without_note: list[str] = field(default_factory=list)
    taken_out: list[str] = field(default_factory=list)


def freeze_functions(workbook: Workbook, note: Callable[[FrozenCell], str]) -> Frozen:
    """Make every cell that calls a function of the add-in its last value, with `note` on it.

    `unknown` of the result names the cells that hold no value to keep: they were never calculated, or last where the
    add-in was missing. They become empty.
    """
    ours, done = Ours(workbook), Frozen()
    for title, part in workbook.sheets.items():
        cells = list(_frozen_cells(workbook, title, part, ours, done))
        covered = threaded(workbook.package, part) if cells else frozenset()
        done.cells += cells
        done.without_note += [f"{title}!{c.ref}" for c in cells if c.ref in covered]
        add_notes(workbook.package, part, {c.ref: note(c) for c in cells if c.ref not in covered})
        done.taken_out += _drop_rules(workbook, title, part, ours)
    done.taken_out += _drop_column_formulas(workbook, ours)
    _ranges_for_spills(workbook, done.cells)
    done.taken_out += _drop_names(workbook, ours)
    done.taken_out += drop_addin(workbook)
    if done.cells:
        workbook.recalculate_on_load()
    return done


def _frozen_cells(workbook: Workbook, title: str, part: str, ours: Ours, done: Frozen) -> Iterator[FrozenCell]:
    """Settle the cells of a sheet that call our functions."""
    root = workbook.package.tree(part)
    called = [f for f in root.iter(F) if f.text and ours.calls(f.text)]
    if not called:
        return
    workbook.package.edit(part)
    grid = workbook.grid(part)
    for formula in called:
        if formula.get("t") == "shared":
            unshare(grid, box_of(formula.getparent().get("r")))
    for formula in [f for f in root.iter(F) if f.text and ours.calls(f.text)]:
        cell = formula.getparent()
        box = box_of(formula.get("ref") if formula.get("t") == "array" else cell.get("r"))
        if _unknown(cell, workbook):
            done.unknown.append(f"{title}!{cell.get('r')}")
            for value in cell.findall(V):
                cell.remove(value)
        yield FrozenCell(title, cell.get("r"), as_typed(formula.text or ""), box.ref)
        cell.remove(formula)
        for filled in _cells_in(grid, box):
            _settle(filled)


def _unknown(cell: etree._Element, workbook: Workbook) -> bool:
    """Whether a formula cell holds no value that could stand for it."""
    value = cell.find(V)
    return value is None or (cell.get("t") == "e" and value.text in _NO_VALUE)


def _cells_in(grid: Grid, box: Box) -> Iterator[etree._Element]:
    for number in range(box.top, box.bottom + 1):
        row = grid.row(number)
        for column, cell in ({} if row is None else cells_of(row)).items():
            if box.left <= column <= box.right and cell.find(F) is None:
                yield cell


def _settle(cell: etree._Element) -> None:
    """A cell as if its value had been typed: what a formula's text is stored as, no typed cell has."""
    for name in ("cm", "vm"):
        cell.attrib.pop(name, None)
    value = cell.find(V)
    if value is None:
        cell.attrib.pop("t", None)
        return
    if cell.get("t") != "str":
        return
    cell.remove(value)
    if not value.text:
        cell.attrib.pop("t")
        return
    cell.set("t", "inlineStr")
    text = etree.SubElement(etree.SubElement(cell, tag("is")), T)
    text.text = value.text
    text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")


def _drop_rules(workbook: Workbook, title: str, part: str, ours: Ours) -> Iterator[str]:
    """Take out the drop-downs and colours of a sheet that call our functions."""
    root = workbook.package.tree(part)
    wrong = [
        rule
        for rule in root.iter(*_RULES)
        if any(ours.calls(f.text) for f in rule.iter(*_FORMULAS) if f.tag != F and f.text)
    ]
    if wrong:
        workbook.package.edit(part)
        yield f"{len(wrong)} drop-downs or colour rules of sheet {title} that call a function"
    for rule in wrong:
        owner = rule.getparent()
        owner.remove(rule)
        if owner.tag in _COUNTED:
            owner.set("count", str(len(owner)))
        if not owner.findall(rule.tag):
            owner.getparent().remove(owner)


def _drop_column_formulas(workbook: Workbook, ours: Ours) -> Iterator[str]:
    """Take our functions out of what Excel fills into new rows of a table, and into its totals."""
    for table in workbook.tables.values():
        columns = workbook.package.tree(table.part).iterfind(f"{tag('tableColumns')}/{tag('tableColumn')}")
        for column in columns:
            for name in ("calculatedColumnFormula", "totalsRowFormula"):
                formula = column.find(tag(name))
                if formula is None or not ours.calls(formula.text or ""):
                    continue
                workbook.package.edit(table.part)
                column.remove(formula)
                if name == "totalsRowFormula":
                    column.attrib.pop("totalsRowFunction", None)
                yield f'the formula of column "{column.get("name")}" of table {table.name} for new rows'


def _ranges_for_spills(workbook: Workbook, cells: Iterable[FrozenCell]) -> None:
    """Have the formulas that read a spilled result (`A1#`) read the range it filled."""
    fills = {(c.sheet.casefold(), box_of(c.ref)): c.fills for c in cells if c.fills != c.ref}
    if not fills:
        return
    parts = [*workbook.sheets.items(), ("", workbook.package.workbook)]
    for title, part in parts:
        for formula in workbook.package.tree(part).iter(*_FORMULAS, tag("definedName")):
            if "ANCHORARRAY" not in (formula.text or ""):
                continue
            plain = _ANCHOR.sub(partial(_range_of, title, fills), formula.text)
            if plain != formula.text:
                workbook.package.edit(part)
                formula.text = plain


def _range_of(here: str, fills: Mapping[tuple[str, Box], str], found: re.Match[str]) -> str:
    sheet = (found[1] or f"{here}!")[:-1].strip("'").replace("''", "'").casefold()
    filled = fills.get((sheet, box_of(found[2])))
    if filled is None:
        return found[0]
    box = box_of(filled)
    first, last = box.ref.split(":")
    fixed = ":".join(re.sub(r"([A-Z]+)(\d+)", r"$\1$\2", corner) for corner in (first, last))
    return f"{found[1] or ''}{fixed}"


def _drop_names(workbook: Workbook, ours: Ours) -> Iterator[str]:
    """Take out the defined names that call our functions."""
    names = workbook.package.tree(workbook.package.workbook).find(tag("definedNames"))
    wrong = [] if names is None else [n for n in names if n.get("name", "").casefold() in ours.names]
    for name in wrong:
        workbook.package.edit(workbook.package.workbook)
        names.remove(name)
        yield f"the name {name.get('name')} (={as_typed(name.text or '')[1:]})"
    if names is not None and not len(names):
        names.getparent().remove(names)
