"""Formulas of cells that move: their relative references move along, structured references stay."""

from __future__ import annotations

from copy import deepcopy

from lxml import etree
from openpyxl.formula.tokenizer import Token, Tokenizer
from openpyxl.formula.translate import Translator, TranslatorError

from sop_xl.workbook.file.grid import Box, F, Grid, box_of, letters


def moved_formula(formula: str, origin: tuple[int, int], target: tuple[int, int]) -> str:
    """A formula (without `=`) as it reads after its cell moved from one (row, column) to another.

    >>> moved_formula("B5*$C$1+tbl_gaps[[#This Row],[Q1]]", (5, 4), (7, 4))
    'B7*$C$1+tbl_gaps[[#This Row],[Q1]]'
    """
    if origin == target:
        return formula
    tokens = Tokenizer(f"={formula}")
    down, right = target[0] - origin[0], target[1] - origin[1]
    return "".join(_moved_token(t, down, right) for t in tokens.items)


def moved_cell(cell: etree._Element, origin: tuple[int, int], target: tuple[int, int]) -> etree._Element:
    """A copy of a cell for another place, its formula moved along."""
    copy = deepcopy(cell)
    copy.tail = None
    copy.set("r", f"{letters(target[1])}{target[0]}")
    formula = copy.find(F)
    if formula is not None and origin != target:
        formula.text = moved_formula(formula.text or "", origin, target)
        if formula.get("ref") is not None:
            formula.set("ref", copy.get("r"))
    return copy


def unshare(grid: Grid, box: Box) -> None:
    """Give every cell its own formula where a shared one touches the rectangle, so that cells can move singly."""
    groups: dict[str, list[etree._Element]] = {}
    touched: set[str] = set()
    for formula in grid.root.iter(F):
        if formula.get("t") == "shared":
            index = formula.get("si", "")
            groups.setdefault(index, []).append(formula)
            if box_of(formula.getparent().get("r")).meets(box):
                touched.add(index)
    for index in touched:
        master = next((f for f in groups[index] if f.text), None)
        if master is None:
            continue
        text, at = master.text or "", box_of(master.getparent().get("r"))
        for formula in groups[index]:
            own = box_of(formula.getparent().get("r"))
            formula.text = moved_formula(text, (at.top, at.left), (own.top, own.left))
            for name in ("t", "si", "ref"):
                formula.attrib.pop(name, None)


def _moved_token(token: Token, down: int, right: int) -> str:
    value: str = token.value
    if token.type != Token.OPERAND or token.subtype != Token.RANGE or "[" in value:
        return value
    try:
        return str(Translator.translate_range(value, down, right))
    except TranslatorError:
        return "#REF!"
