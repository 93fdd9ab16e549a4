"""The spellings of our functions in files that Excel wrote, and the one this Calc knows.

    SOP_X(        VBA                 [1]!SOP_X(         VBA in an add-in
    _xll.SOP_X(   an XLL              _xldudf_SOP_X(     Office.js

A Calc that knows compatibility names (from 24.8 on) reads most of them itself; an older one does not, and shows #NAME?.
"""

from __future__ import annotations

import re
from typing import Any, Mapping  # noqa: UP035 (LibreOffice may bring Python 3.8)

ANY_FORMULA = 1 | 2 | 4
"""Formula cells whatever they show: a number, a text, an error (com.sun.star.sheet.FormulaResult)."""

_PATTERN = re.compile(
    r"""("(?:[^"]|"")*")"""  # a text within the formula stays as it is
    r"""|(?<![\w.])(?:\[\d+\]!|'[^']*'[\#!]\$?|(?:file:[^\s'"()]*)[\#!]\$?)?(?:_xll\.|_xldudf_)?SOP[_.](\w+)(?=\s*\()""",
    re.IGNORECASE,
)


class Spellings:
    """The name this Calc knows a function by, for each name a file may have."""

    def __init__(self, service: str, functions: Mapping[str, Mapping[str, Any]]) -> None:
        self._known: dict[str, str] = {name: f"{service}.{spec['method']}".upper() for name, spec in functions.items()}

    def repaired(self, formula: str) -> str:
        """A formula with every spelling replaced; the same where there is none."""
        if "sop" not in formula.lower():
            return formula
        return _PATTERN.sub(self._known_name, formula)

    def _known_name(self, found: re.Match[str]) -> str:
        return found[1] or self._known.get(found[2].upper()) or found[0]

    def repair(self, document: Any) -> int:
        """Give our functions the name this Calc knows in every cell of a document; how many formulas that changed."""
        count = 0
        for sheet in document.Sheets:
            for area in sheet.queryFormulaCells(ANY_FORMULA):
                count += self._repair_area(sheet, area)
        return count

    def _repair_area(self, sheet: Any, area: Any) -> int:
        count = 0
        done: set[tuple[int, int]] = set()
        for i, row in enumerate(area.getFormulaArray()):
            for j, formula in enumerate(row):
                is_array = formula.startswith("{")
                repaired = self.repaired(formula)
                if repaired == formula:
                    continue
                cell = area.getCellByPosition(j, i)
                if not is_array:
                    cell.setFormula(repaired)
                    count += 1
                    continue
                whole = sheet.createCursorByRange(cell)
                whole.collapseToCurrentArray()
                corner = (whole.RangeAddress.StartColumn, whole.RangeAddress.StartRow)
                if corner not in done:
                    done.add(corner)
                    whole.setArrayFormula(repaired[1:-1])
                    count += 1
        return count
