"""Putting elements into a worksheet in the order the format demands, and the rows a range covers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lxml import etree

from sop_xl.workbook.file.grid import Box, box_of
from sop_xl.workbook.file.package import tag

_ORDER = (
    *("sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr", "sheetProtection"),
    *("protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate", "customSheetViews", "mergeCells"),
    *("phoneticPr", "conditionalFormatting", "dataValidations", "hyperlinks", "printOptions", "pageMargins"),
    *("pageSetup", "headerFooter", "rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors"),
    *("smartTags", "drawing", "legacyDrawing", "legacyDrawingHF", "picture", "oleObjects", "controls"),
    *("webPublishItems", "tableParts", "extLst"),
)
"""The children of a worksheet in the only order the format allows (ECMA-376, 18.3.1.99)."""


def insert(sheet: etree._Element, child: etree._Element) -> None:
    """Put an element into a worksheet in its place, behind others of its kind."""
    rank = _rank(child)
    later = next((c for c in sheet if _rank(c) > rank), None)
    sheet.append(child) if later is None else later.addprevious(child)


def made(sheet: etree._Element, name: str) -> etree._Element:
    """The one child of a worksheet of a kind, made in its place if there is none."""
    found = sheet.find(tag(name))
    if found is None:
        found = sheet.makeelement(tag(name), {})
        insert(sheet, found)
    return found


def boxes(sqref: str | None) -> list[Box]:
    """The rectangles of a list of ranges.

    >>> [box.ref for box in boxes("A1:B2 D4")]
    ['A1:B2', 'D4']
    """
    return [box_of(ref) for ref in (sqref or "").split()]


def uncovered(wanted: Box, covers: Iterable[Box]) -> Iterator[Box]:
    """The stretches of a column's cells that no rectangle covers.

    >>> [box.ref for box in uncovered(Box(2, 1, 9, 1), [Box(2, 1, 4, 3), Box(7, 1, 7, 1), Box(1, 2, 20, 2)])]
    ['A5:A6', 'A8:A9']
    """
    top = wanted.top
    for box in sorted(b for b in covers if b.meets(wanted)):
        if box.top > top:
            yield wanted._replace(top=top, bottom=box.top - 1)
        top = max(top, box.bottom + 1)
    if top <= wanted.bottom:
        yield wanted._replace(top=top)


def _rank(child: etree._Element) -> int:
    name = etree.QName(child).localname if isinstance(child.tag, str) else ""
    return _ORDER.index(name) if name in _ORDER else len(_ORDER)
