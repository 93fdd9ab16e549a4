"""How cells look: one named cell style per role, one number format per kind.

A style says what a cell is for: blue on yellow is typed by a person, black on grey comes from a run, an orange edge
marks an override. Excel's Cell Styles gallery lists them as `SOP Input` and so on.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from lxml import etree

from sop_xl.workbook.schema import Column, Group, Kind, Role, Table

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format

FONT = "Calibri"

INK = "#1F2937"
GREY = "#6B7280"
EDGE = "#D1D5DB"
PALE = "#F3F4F6"
GOOD, GOOD_FILL = "#166534", "#DCFCE7"
WATCH, WATCH_FILL = "#854D0E", "#FEF3C7"
BAD, BAD_FILL = "#B42318", "#FEE4E2"

TABS: dict[Group, str] = {
    Group.CONTROL: "#1F3864",
    Group.DATA: "#B8860B",
    Group.DEMAND: "#2E75B6",
    Group.SUPPLY: "#2A8C82",
    Group.PRE_SOP: "#7B5EA7",
    Group.EXECUTIVE: "#A23B72",
    Group.EXECUTION: "#C55A11",
    Group.LOG: "#7F7F7F",
}
"""Tab and title colour of each sheet group."""


class Style(StrEnum):
    """The named cell styles."""

    INPUT = "SOP Input"
    CALC = "SOP Calc"
    RESULT = "SOP Result"
    OVERRIDE = "SOP Override"
    LOCKED = "SOP Locked"
    ACTUAL = "SOP Actual"
    CHECK = "SOP Check"
    HEADER = "SOP Header"
    UNIT = "SOP Unit"
    NOTE = "SOP Note"
    TITLE = "SOP Title"


_BOX = {"border": 1, "border_color": EDGE, "valign": "top"}

LOOKS: dict[Style, dict[str, Any]] = {
    Style.INPUT: {"font_color": "#0000C0", "bg_color": "#FFFBE6", "locked": False, **_BOX},
    Style.CALC: {"font_color": "#000000", **_BOX},
    Style.RESULT: {"font_color": "#000000", "bg_color": "#F5F6F8", **_BOX},
    Style.OVERRIDE: {
        "font_color": "#0000C0",
        "bg_color": "#FFF3E0",
        "bold": True,
        "locked": False,
        "valign": "top",
        "border": 2,
        "border_color": "#ED7D31",
    },
    Style.LOCKED: {"font_color": "#000000", "pattern": 14, "fg_color": "#D5D9E0", "bg_color": "#FFFFFF", **_BOX},
    Style.ACTUAL: {"font_color": "#0000C0", "bg_color": "#E3ECF7", "locked": False, **_BOX},
    Style.CHECK: {"font_color": "#000000", "bg_color": "#F0F7F0", "bold": True, **_BOX},
    Style.HEADER: {
        "font_color": "#FFFFFF",
        "bg_color": "#374151",
        "bold": True,
        "text_wrap": True,
        "valign": "vcenter",
        "indent": 1,
        "border": 1,
        "border_color": "#9CA3AF",
    },
    Style.UNIT: {"font_color": GREY, "italic": True, "font_size": 9, "valign": "bottom"},
    Style.NOTE: {"font_color": GREY, "font_size": 10},
    Style.TITLE: {"font_color": INK, "bold": True, "font_size": 18, "valign": "vcenter"},
}
"""What each style looks like, in XlsxWriter's words."""

LEGEND: tuple[tuple[Style, str], ...] = (
    (Style.INPUT, "You type here"),
    (Style.ACTUAL, "Actuals: what really happened"),
    (Style.OVERRIDE, "Your change to a forecast; survives every run"),
    (Style.RESULT, "Written by a run; typing here is lost"),
    (Style.CALC, "Calculated by the sheet"),
    (Style.LOCKED, "Frozen: signed, or kept for undo"),
    (Style.CHECK, "A check; must be 0"),
)
"""The legend of the cover."""

TEXT_FORMAT = "@"
WORDS = "General"
"""Formulas that give words: in a cell formatted as text an edited formula would turn into its own text."""
YES_NO = '"TRUE";"TRUE";"FALSE"'
"""Excel shows TRUE and FALSE by itself; other programs need to be told."""
WHOLE, MONEY_PER_UNIT, PERCENT = "#,##0", "#,##0.00", "0.0%"
DAY, MONTH, MOMENT = "yyyy-mm-dd", "yyyy-mm", "yyyy-mm-dd hh:mm"

_BY_KIND = {
    Kind.CODE: TEXT_FORMAT,
    Kind.INTEGER: WHOLE,
    Kind.SHARE: PERCENT,
    Kind.DATE: DAY,
    Kind.PERIOD: MONTH,
    Kind.MOMENT: MOMENT,
    Kind.FLAG: YES_NO,
}
_BY_UNIT = {
    "units": WHOLE,
    "units or {currency}": WHOLE,
    "units/month": "#,##0.0",
    "units/unit": "General",
    "h/unit": "0.0000",
    "h": "#,##0.0",
    "days": "#,##0.0",
    "months": "#,##0.0",
    "s": "#,##0.0",
    "minutes": WHOLE,
}


def number_format(table: Table, column: Column) -> str:
    """The number format of a column, from its kind and unit.

    >>> from sop_xl.workbook.tables import TABLES
    >>> number_format(TABLES["items"], TABLES["items"].column("standard_cost"))
    '#,##0.00'
    >>> number_format(TABLES["items"], TABLES["items"].column("item"))
    '@'
    """
    if column.kind is Kind.TEXT:
        return "General" if column.role in (Role.RESULT, Role.CALCULATED) else TEXT_FORMAT
    if column.kind is Kind.MONEY:
        return MONEY_PER_UNIT if "/" in column.unit or column.name.endswith("price") else WHOLE
    if column.kind is Kind.NUMBER:
        return WHOLE if not column.unit and mixes_units(table) else _BY_UNIT.get(column.unit, MONEY_PER_UNIT)
    return _BY_KIND[column.kind]


def mixes_units(table: Table) -> bool:
    """Whether the rows of a table carry their unit in a column of their own, so that one format cannot fit all."""
    return any(c.name == "unit" and c.role is Role.RESULT for c in table.columns)


_TYPED = {
    ("overrides", "value"): Style.OVERRIDE,
    ("demand_history", "quantity"): Style.ACTUAL,
    ("actual_demand", "quantity"): Style.ACTUAL,
    ("actual_production", "quantity"): Style.ACTUAL,
}
_FROZEN = ("approved_plan", "journal")


def style_of(table: Table, column: Column) -> Style:
    """The style of a column's cells: who writes it, and what it is for.

    >>> from sop_xl.workbook.tables import TABLES
    >>> [style_of(t, t.column(c)).value for t, c in ((TABLES["items"], "item"), (TABLES["baseline"], "item"))]
    ['SOP Input', 'SOP Result']
    """
    if table.name in _FROZEN:
        return Style.LOCKED
    if table.name == "control":
        return Style.INPUT if column.name == "value" else Style.CALC
    match column.role:
        case Role.CALCULATED:
            return Style.CHECK if table.name == "checks" else Style.CALC
        case Role.RESULT:
            return Style.RESULT
        case Role.KEY:
            return Style.RESULT if writes_rows(table) else Style.INPUT
        case _:
            return _TYPED.get((table.name, column.name), Style.INPUT)


def writes_rows(table: Table) -> bool:
    """Whether a run adds the rows of a table, so that its keys are not typed by a person."""
    typed_by_hand = ("calendar",)
    return table.is_result and table.name not in typed_by_hand


@dataclass
class Styles:
    """The formats of one workbook: each combination of style and properties is made once."""

    book: Workbook
    _made: dict[tuple[Style | None, tuple[tuple[str, Any], ...]], Format] = field(default_factory=dict)

    def of(self, style: Style | None, number: str = "General", **more: Any) -> Format:
        """The format of a style with a number format and further properties; `None` is plain."""
        key = (style, (("num_format", number), *sorted(more.items())))
        if key not in self._made:
            looks = {"font_name": FONT, **(LOOKS[style] if style else {}), "num_format": number, **more}
            self._made[key] = self.book.add_format(looks)
        return self._made[key]

    def rule(self, **looks: Any) -> Format:
        """The format a conditional format lays over a cell."""
        key = (None, (("rule", True), *sorted(looks.items())))
        if key not in self._made:
            self._made[key] = self.book.add_format(looks)
        return self._made[key]

    def indices(self) -> dict[Style, list[int]]:
        """Which cell formats of the saved file belong to which style."""
        found: dict[Style, list[int]] = {}
        for (style, _), made in self._made.items():
            if style is not None and made.xf_index is not None:
                found.setdefault(style, []).append(made.xf_index)
        return {style: sorted(set(found[style])) for style in Style if style in found}


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PART = "xl/styles.xml"
_EPOCH = (1980, 1, 1, 0, 0, 0)


def with_named_styles(workbook: bytes, indices: dict[Style, list[int]]) -> bytes:
    """A workbook XlsxWriter has just made, with its named cell styles, which XlsxWriter itself cannot write.

    `indices` says which cell formats carry which style (`Styles.indices`). Only a file of our own making is passed
    here: every other part of the package is copied as it is.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            content = old.read(name)
            new.writestr(entry, _with_names(content, indices) if name == _PART else content)
    return out.getvalue()


def _with_names(content: bytes, indices: dict[Style, list[int]]) -> bytes:
    root = etree.fromstring(content)
    cells, masters, names = (root.find(f"{{{_MAIN}}}{tag}") for tag in ("cellXfs", "cellStyleXfs", "cellStyles"))
    formats = cells.findall(f"{{{_MAIN}}}xf")
    for style, members in indices.items():
        master_index = str(len(masters))
        master = etree.SubElement(masters, f"{{{_MAIN}}}xf")
        first = formats[members[0]]
        for key, value in first.attrib.items():
            if key != "xfId":
                master.set(key, value)
        master.set("numFmtId", "0")
        master.set("applyNumberFormat", "0")
        for child in first:
            master.append(etree.fromstring(etree.tostring(child)))
        for member in members:
            formats[member].set("xfId", master_index)
        etree.SubElement(names, f"{{{_MAIN}}}cellStyle", name=style.value, xfId=master_index)
    masters.set("count", str(len(masters)))
    names.set("count", str(len(names)))
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))
