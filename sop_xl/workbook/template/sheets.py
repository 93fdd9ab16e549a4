"""The sheets of a new workbook that hold tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from sop_xl.workbook.cells.across import pivot
from sop_xl.workbook.cells.values import serial_of
from sop_xl.workbook.schema import Column, Group, Kind, Role
from sop_xl.workbook.template import rules
from sop_xl.workbook.template.blocks import cell, column_letters
from sop_xl.workbook.template.layout import (
    COVER,
    DATA_ROW,
    HEADER_ROW,
    LINK_ROW,
    SAYS_ROW,
    TITLE_ROW,
    UNIT_ROW,
    WHO_ROW,
    Placement,
    says_lines,
    title,
    who,
)
from sop_xl.workbook.template.styles import INK, TABS, Style, Styles, number_format, style_of

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

ZOOM = 90
A4 = 9
PAGE_WIDTH = 250.0
"""Column widths [characters] that stay readable on one landscape page."""
SCALED_WIDTH = 11000.0
"""Column widths [characters] times the scale [%] that fill a page, whatever the font of the machine."""
ROOMY = 150.0
"""Column widths [characters] up to which narrow tables share a page."""
_PADDING = 0.75
"""Room [characters] that every column has beside its width."""
FROZEN_WIDTH = 75.0
"""Most column widths [characters] that stay in sight while scrolling to the right."""
HEADER_HEIGHT = 32
GAP_WIDTH = 3.0
SENTENCES = ("says", "example", "cause", "asks", "record", "chosen", "basis")
"""Results of several words that are wrapped where their table stands alone."""
LINE = 15.0
"""Height of a row of one line [points]."""
LONG_SENTENCES = ("gaps", "shortages", "alerts", "override_radar")
"""Tables whose sentences take three lines."""
SHORT_SENTENCES = ("fva", "department_weights", "cost_to_serve")
"""Tables whose sentences take one line."""

Row = Sequence[Any]


def write_sheet(
    sheet: Worksheet, placements: Sequence[Placement], frames: Mapping[str, pd.DataFrame], styles: Styles, currency: str
) -> None:
    """Write one sheet of tables: its heading, its tables side by side, and how it scrolls and prints."""
    first = placements[0]
    write_heading(sheet, title(first.table.name if first.alone else first.sheet), first.table.group, styles)
    for placement in placements:
        _introduce(sheet, placement, styles)
        write_table(sheet, placement, frames[placement.table.name], styles, currency)
    _row_heights(sheet, first)
    _freeze(sheet, placements)
    _print_set_up(sheet, placements)


def _row_heights(sheet: Worksheet, placement: Placement) -> None:
    """Room for wrapped sentences in rows that do not exist yet: not every program fits the height of a row."""
    table = placement.table
    if table.name in SHORT_SENTENCES:
        return
    if placement.alone and any(c.name in SENTENCES and c.role is Role.RESULT for c in table.columns):
        sheet.set_default_row((3 if table.name in LONG_SENTENCES else 2) * LINE)
        for row in (LINK_ROW, WHO_ROW, SAYS_ROW, SAYS_ROW + 1, UNIT_ROW):
            sheet.set_row(row, LINE)


def write_heading(sheet: Worksheet, text: str, group: Group, styles: Styles) -> None:
    """The title of a sheet, the step it belongs to, and the way back to the cover."""
    sheet.set_tab_color(TABS[group])
    sheet.hide_gridlines(2)
    sheet.set_zoom(ZOOM)
    sheet.set_row(TITLE_ROW, 28)
    sheet.write_string(TITLE_ROW, 0, text, styles.of(Style.TITLE, font_color=TABS[group]))
    back = styles.of(Style.NOTE, font_color="#1D4ED8", underline=1)
    sheet.write_url(LINK_ROW, 0, f"internal:'{COVER}'!A1", back, f"← Cover   ({group.value})", "Back to the cover")


def _introduce(sheet: Worksheet, placement: Placement, styles: Styles) -> None:
    names = (
        who(placement.table) if placement.alone else f"{title(placement.table.name)} · {who(placement.table).lower()}"
    )
    sheet.write_string(WHO_ROW, placement.column, names, styles.of(None, bold=True, font_color=INK))
    for line, text in enumerate(says_lines(placement)):
        sheet.write_string(SAYS_ROW + line, placement.column, text, styles.of(Style.NOTE))


def write_table(sheet: Worksheet, placement: Placement, frame: pd.DataFrame, styles: Styles, currency: str) -> None:
    """Write a table object with its units, rules and rows (one empty row where there is none)."""
    table, left, header = placement.table, placement.column, placement.header_row
    rows = table_rows(placement, frame)
    last_row = header + max(1, len(rows))
    if left > 1:
        sheet.set_column(left - 1, left - 1, GAP_WIDTH)
    for offset, width in enumerate(placement.widths):
        sheet.set_column(left + offset, left + offset, width)
    formats = [_format(placement, column, styles) for column in placement.columns]
    _write_units(sheet, placement, styles, currency)
    heads = [
        {"header": name, "header_format": styles.of(Style.HEADER)}
        | ({"formula": column.formula} if column.role is Role.CALCULATED else {})
        for name, column in zip(placement.headings, placement.columns, strict=True)
    ]
    sheet.add_table(
        header,
        left,
        last_row,
        placement.last_column,
        {"name": table.excel_name, "columns": heads, "style": None, "autofilter": placement.alone},
    )
    sheet.set_row(header, HEADER_HEIGHT)
    for down, row in enumerate(rows or [(None,) * len(formats)]):
        for offset, value in enumerate(row):
            _write_value(sheet, header + 1 + down, left + offset, placement.columns[offset], value, formats[offset])
    _validate(sheet, placement, header, last_row, frame, currency)
    for area, options in rules.colour_rules(placement, styles, header + 1):
        sheet.conditional_format(area, options)


def table_rows(placement: Placement, frame: pd.DataFrame) -> list[Row]:
    """The rows of a frame as the sheet shows them: months across, dates as Excel's numbers, `None` for a blank."""
    if frame.empty:
        return []
    if placement.months is None:
        columns = [_cells(frame[c.name], c) for c in placement.table.columns]
        return list(zip(*columns, strict=True))
    wide = pivot(placement.table, frame)
    columns = [_cells(wide.rows[c.name], c) for c in placement.table.columns]
    numbers = [[None if pd.isna(v) else float(v) for v in line] for line in wide.values]
    beside = zip(*columns, strict=True)
    return [(*row, *line) for row, line in zip(beside, numbers, strict=True)]


def _cells(values: pd.Series[Any], column: Column) -> list[Any]:
    if column.kind.is_text:
        return [text or None for text in values.astype(object)]
    if column.kind.is_time:
        return [None if pd.isna(day) else serial_of(day.to_pydatetime()) for day in values]
    if column.kind is Kind.FLAG:
        return [bool(flag) for flag in values]
    return [None if pd.isna(number) else float(number) for number in values]


def _write_value(sheet: Worksheet, row: int, at: int, column: Column, value: Any, looks: Any) -> None:
    if column.role is Role.CALCULATED:
        sheet.write_formula(row, at, f"={column.formula}", looks, "" if value is None else value)
    elif value is None:
        sheet.write_blank(row, at, None, looks)
    elif isinstance(value, bool):
        sheet.write_boolean(row, at, value, looks)
    elif isinstance(value, str):
        sheet.write_string(row, at, value, looks)
    else:
        sheet.write_number(row, at, value, looks)


def _format(placement: Placement, column: Column, styles: Styles) -> Any:
    more: dict[str, Any] = {}
    if (placement.sheet == COVER or placement.alone) and column.name in SENTENCES and column.role is Role.RESULT:
        more["text_wrap"] = True
    if column.name in ("image", "hash", "changes"):
        more["align"] = "fill"  # a long text stops at the edge of its cell
    elif column.kind.is_text:
        more |= {"align": "left", "indent": 1}
    if column.kind in (Kind.DATE, Kind.PERIOD, Kind.MOMENT, Kind.FLAG):
        more["align"] = "center"
    return styles.of(style_of(placement.table, column), number_format(placement.table, column), **more)


def _write_units(sheet: Worksheet, placement: Placement, styles: Styles, currency: str) -> None:
    row = placement.header_row - 1
    for offset, column in enumerate(placement.table.columns):
        if column.unit:
            unit = column.unit.replace("{currency}", currency)
            sheet.write_string(row, placement.column + offset, unit, styles.of(Style.UNIT))
    across = placement.table.across
    if across is not None:
        unit = across.unit.replace("{currency}", currency) or "see column Unit"
        text = f"{across.label.lower()} by month, {unit}"
        sheet.write_string(row, placement.column + len(placement.table.columns), text, styles.of(Style.UNIT))


def _validate(
    sheet: Worksheet, placement: Placement, header: int, last_row: int, frame: pd.DataFrame, currency: str
) -> None:
    """Tips on the headings, and on the data of typed columns the rule of what may stand there."""
    table, left = placement.table, placement.column
    for offset, column in enumerate(table.columns):
        at = left + offset
        tip = rules.message(column, currency)
        sheet.data_validation(header, at, header, at, {"validate": "any"} | tip)
        if column.role not in (Role.INPUT, Role.KEY) or style_of(table, column) in (Style.RESULT, Style.LOCKED):
            continue
        if table.name == "control" and column.name == "value":
            _validate_settings(sheet, header + 1, at, frame)
        elif table.name == "control" and column.name != "value":
            continue
        else:
            sheet.data_validation(header + 1, at, last_row, at, rules.validation(column) | tip)
    across = table.across
    if across is not None and across.role is Role.INPUT:
        first = left + len(table.columns)
        rule = rules.validation(across) | rules.message(across, currency)
        sheet.data_validation(header + 1, first, last_row, placement.last_column, rule)


def _validate_settings(sheet: Worksheet, first_row: int, at: int, control: pd.DataFrame) -> None:
    for row, name in enumerate(control["setting"], first_row):
        setting = rules.SETTING_BY_NAME.get(name)
        if setting is not None:
            sheet.data_validation(row, at, row, at, rules.setting_validation(setting, cell(row, at, "c")))


def _key_columns(placement: Placement) -> int:
    """How many columns stay in sight: all beside the months, else the keys, within reason."""
    table = placement.table
    wanted = len(table.columns) if table.across else sum(c.role is Role.KEY for c in table.columns)
    while wanted > 1 and sum(placement.widths[:wanted]) > FROZEN_WIDTH:
        wanted -= 1
    return wanted


def _freeze(sheet: Worksheet, placements: Sequence[Placement]) -> None:
    first = placements[0]
    sheet.freeze_panes(DATA_ROW, _key_columns(first) if first.alone else 0)


def _print_set_up(sheet: Worksheet, placements: Sequence[Placement]) -> None:
    width = sum(sum(p.widths) for p in placements) + GAP_WIDTH * (len(placements) - 1)
    pages = max(1, -(-int(width) // int(PAGE_WIDTH)))
    print_set_up(sheet, pages)
    if pages > 1 and len(placements) > 1:
        _break_between_tables(sheet, placements)
    sheet.repeat_rows(UNIT_ROW, HEADER_ROW)
    first = placements[0]
    if pages > 1 and first.alone:
        sheet.repeat_columns(f"A:{column_letters(_key_columns(first) - 1)}")


def _break_between_tables(sheet: Worksheet, placements: Sequence[Placement]) -> None:
    """Print whole tables on a page, at one scale: breaks set by hand are lost where a sheet is fitted to pages."""
    widths = [sum(p.widths) + _PADDING * len(p.widths) for p in placements]
    room = max(*widths, ROOMY)
    filled, fullest, breaks = 0.0, 0.0, []
    for placement, width in zip(placements, widths, strict=True):
        filled += width + (GAP_WIDTH if filled else 0.0)
        if filled > room:
            breaks.append(placement.column)
            filled = width
        fullest = max(fullest, filled)
    sheet.set_print_scale(min(100, int(SCALED_WIDTH / fullest)))
    sheet.set_v_pagebreaks(breaks)


def print_set_up(sheet: Worksheet, pages_wide: int = 1, pages_tall: int = 0) -> None:
    """Landscape A4, as many pages wide as stay readable, with file, sheet and page in the footer."""
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.fit_to_pages(pages_wide, pages_tall)
    sheet.set_footer("&L&8&F&C&8&A&R&8Page &P of &N")
