"""Conditional formats, drop-downs and the like: those that cover a table's rows exactly grow and shrink with it."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from sop_xl.workbook.file.grid import Box, box_of
from sop_xl.workbook.file.package import tag

_X14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
_XM = "http://schemas.microsoft.com/office/excel/2006/main"
_WITH_ATTRIBUTE = tuple(tag(n) for n in ("conditionalFormatting", "dataValidation", "ignoredError", "protectedRange"))
_WITH_CHILD = (f"{{{_X14}}}conditionalFormatting", f"{{{_X14}}}dataValidation")


@dataclass(frozen=True)
class Stretch:
    """How a table's data changed its size: rows and columns added to its old data rectangle.

    `last_month` is the sheet column the new ones were added behind; columns to its right have moved.
    """

    old: Box
    rows: int
    columns: int
    last_month: int

    def of(self, box: Box) -> Box:
        """A range after the change; one that does not cover the data rows exactly stays as it is.

        >>> change = Stretch(old=Box(5, 2, 9, 6), rows=3, columns=2, last_month=5)
        >>> change.of(Box(5, 3, 9, 3)).ref, change.of(Box(5, 4, 9, 5)).ref, change.of(Box(5, 6, 9, 6)).ref
        ('C5:C12', 'D5:G12', 'H5:H12')
        >>> change.of(Box(5, 3, 40, 3)).ref
        'C5:C40'
        """
        old = self.old
        if not (box.top == old.top and box.bottom == old.bottom and old.left <= box.left and box.right <= old.right):
            return box
        left, right = box.left, box.right
        if self.columns and self.last_month <= right:
            right += self.columns
            left += self.columns if left > self.last_month else 0
        return Box(box.top, left, box.bottom + self.rows, max(left, right))


def stretch_ranges(root: etree._Element, change: Stretch) -> None:
    """Change the ranges of a sheet's conditional formats, drop-downs, ignored errors and unlocked ranges."""
    if not change.rows and not change.columns:
        return
    for child in root:
        if child.tag == tag("sheetData"):
            continue
        for item in child.iter(*_WITH_ATTRIBUTE):
            if item.get("sqref"):
                item.set("sqref", _stretched(item.get("sqref"), change))
        for item in child.iter(*_WITH_CHILD):
            ranges = item.find(f"{{{_XM}}}sqref")
            if ranges is not None and ranges.text:
                ranges.text = _stretched(ranges.text, change)


def _stretched(sqref: str, change: Stretch) -> str:
    return " ".join(change.of(box_of(ref)).ref for ref in sqref.split())
