"""Defined names of a new workbook: settings, the lists behind drop-downs, and the headings of tables laid across."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sop_xl.workbook.schema import Kind
from sop_xl.workbook.tables import SETTINGS, Setting, table
from sop_xl.workbook.template.blocks import span
from sop_xl.workbook.template.layout import Placement
from sop_xl.workbook.template.rules import list_name

if TYPE_CHECKING:
    from xlsxwriter import Workbook

_HEADING_COLUMNS = 255


def define_names(book: Workbook, placements: Mapping[str, Placement]) -> None:
    """Give a workbook the names its formulas and drop-downs use."""
    for setting in SETTINGS:
        book.define_name(f"set_{setting.name}", f"={setting_formula(setting)}")
    book.define_name("as_of_label", '=YEAR(set_as_of)&"-"&RIGHT("0"&MONTH(set_as_of),2)')
    for refers in sorted({c.refers for p in placements.values() for c in p.table.columns if c.refers}):
        name, column = refers.split(".")
        book.define_name(list_name(refers), f"={table(name).excel_name}[{table(name).column(column).label}]")
    for placement in placements.values():
        if placement.months is not None:
            row = placement.header_row
            headings = span(row, placement.column, row, placement.column + _HEADING_COLUMNS)
            book.define_name(f"head_{placement.table.name}", f"={placement.sheet}!{headings}")


def setting_formula(setting: Setting) -> str:
    """The value of a setting as a formula: text, number (whatever the decimal sign) or day.

    >>> setting_formula(SETTINGS[0])
    'INDEX(tbl_control[Value],MATCH("cycle",tbl_control[Setting],0))'
    """
    text = f'INDEX(tbl_control[Value],MATCH("{setting.name}",tbl_control[Setting],0))'
    match setting.kind:
        case Kind.DATE:
            return f"IFERROR(DATE(LEFT({text},4),MID({text},6,2),MID({text},9,2)),VALUE({text}))"
        case Kind.INTEGER | Kind.NUMBER | Kind.SHARE:
            return f'_xlfn.NUMBERVALUE(SUBSTITUTE({text},",","."),".")'
        case _:
            return text
