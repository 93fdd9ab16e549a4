"""Which formulas call a function of the add-in, however a host spells it.

SOP_X(        VBA, or Calc             [1]!SOP_X(                  VBA in an add-in
_xll.SOP_X(   an XLL                   _xldudf_SOP_X(              Office.js
SOP.X(        as Office.js shows it    ORG.SOPXL.FUNCTIONS.X(      Calc before 24.8
"""

from __future__ import annotations

import re

from sop_xl.workbook.file.package import tag
from sop_xl.workbook.file.parts import Workbook

_QUOTED = re.compile(r""""(?:[^"]|"")*"|'(?:[^']|'')*'[!#]\$?|\[[^\[\]]*\]""")
_SPELLED = r"(?:\[\d+\]!|'(?:[^']|'')*'[!#]\$?)?(?:_xll\.|_xldudf_)?(?:SOP[_.]|ORG\.SOPXL\.FUNCTIONS\.)(\w+)(?=\s*\()"
_CALL = re.compile(rf"(?<![\w.]){_SPELLED}", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z_\\][\w.\\]*")


class Ours:
    """The formulas of a workbook that show nothing without the add-in.

    `names` are the defined names that call it: a formula that uses one needs it too. A name `SOP_...` the planner
    defined (a LAMBDA) is not ours.
    """

    def __init__(self, workbook: Workbook) -> None:
        items = workbook.package.tree(workbook.package.workbook).iterfind(f"{tag('definedNames')}/{tag('definedName')}")
        texts = {i.get("name", "").casefold(): i.text or "" for i in items}
        self._native: frozenset[str] = frozenset(texts)
        self.names: frozenset[str] = frozenset()
        while found := {n for n, text in texts.items() if n not in self.names and self.calls(text)}:
            self.names |= found

    def calls(self, formula: str) -> bool:
        """Whether a formula calls a function of the add-in, itself or through a name."""
        plain = _QUOTED.sub(_emptied, formula)
        if any(f"sop_{call[1]}".casefold() not in self._native for call in _CALL.finditer(plain)):
            return True
        return bool(self.names) and any(word.casefold() in self.names for word in _WORD.findall(plain))


def as_typed(formula: str) -> str:
    """A formula as a person would type it.

    >>> as_typed('2*_xldudf_SOP_EOQ(A1,B1)'), as_typed("[1]!SOP_EOQ(A1,2)"), as_typed("_xlfn.SINGLE(SOP.EOQ(A1))")
    ('=2*SOP_EOQ(A1,B1)', '=SOP_EOQ(A1,2)', '=SINGLE(SOP_EOQ(A1))')
    """
    plain = _CALL.sub(lambda call: f"SOP_{call[1].upper()}", formula)
    return "=" + plain.replace("_xlfn._xlws.", "").replace("_xlfn.", "").replace("_xlpm.", "")


def _emptied(found: re.Match[str]) -> str:
    return '""' if found[0].startswith('"') else ""
