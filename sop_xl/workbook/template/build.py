"""A new planning workbook, made from the catalogue: every table, page, drop-down and check.

XlsxWriter writes it once; afterwards a workbook belongs to its planners and only the parts we own are ever changed.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

import pandas as pd

from sop_xl.errors import BookError, InputError
from sop_xl.workbook.disk.atomic import replace_file
from sop_xl.workbook.frames import empty_frame, ready, typed
from sop_xl.workbook.schema import Frames, Table
from sop_xl.workbook.settings import settings_of
from sop_xl.workbook.tables import SETTINGS, TABLES
from sop_xl.workbook.template import cover
from sop_xl.workbook.template.blocks import Window
from sop_xl.workbook.template.layout import COVER, HEADER_ROW, Placement, place, sheets_by_group
from sop_xl.workbook.template.names import define_names
from sop_xl.workbook.template.pages import PAGES
from sop_xl.workbook.template.pages.canvas import Canvas, Page, draw_page
from sop_xl.workbook.template.pages.parts import FIRST_MONTH
from sop_xl.workbook.template.sheets import print_set_up, write_heading, write_sheet
from sop_xl.workbook.template.styles import Style, Styles, with_named_styles

_CREATED = datetime(2020, 1, 1)
_UNPROTECTED = {"objects": True, "scenarios": True, "format_columns": True, "format_rows": True}
"""What a review page still allows: its formulas are protected (without a password), drop-downs and charts are not."""


def new_workbook(path: Path, *, settings: Mapping[str, object] | None = None, frames: Frames | None = None) -> None:
    """Write a new planning workbook.

    Parameters
    ----------
    path
        Where it goes; a file already there is replaced at the end, or left whole if anything fails.
    settings
        Starting values of the control table by name, such as `{"company": "Acme", "as_of": "2020-02-29"}`.
    frames
        Tables to fill it with; the others start as declared.

    Raises
    ------
    InputError
        A setting or table that does not exist, or a value a setting cannot take.
    BookError
        The file cannot be written.

    Notes
    -----
    Equal arguments give equal bytes.

    """
    filled = starting_frames(settings, frames)
    content = _workbook(filled)

    def write(stream: IO[bytes]) -> None:
        stream.write(content)

    replace_file(path.resolve(), write, _whole)


def _whole(path: Path) -> None:
    """Raise `BookError` where a part of a written package does not read back."""
    with zipfile.ZipFile(path) as package:
        broken = package.testzip()
    if broken is not None:
        raise BookError(f"the new workbook was not written whole ({broken}); try again")


def starting_frames(
    settings: Mapping[str, object] | None = None, frames: Frames | None = None
) -> dict[str, pd.DataFrame]:
    """The tables a new workbook begins with: as declared, with these settings, and these tables in place of theirs.

    >>> starting_frames({"company": "Acme"})["control"].set_index("setting")["value"]["company"]
    'Acme'
    """
    given = dict(frames or {})
    if unknown := set(given) - set(TABLES):
        raise InputError(f"there is no table {sorted(unknown)[0]!r} to fill a new workbook with")
    out = {
        name: ready(table, given[name].reset_index(drop=True)) if name in given else _starts(table)
        for name, table in TABLES.items()
    }
    out["control"] = _with_settings(out["control"], settings or {})
    stops = [issue.says for issue in settings_of(out["control"])[1] if issue.severity == "stops"]
    if stops:
        raise InputError(stops[0])
    return out


def _starts(table: Table) -> pd.DataFrame:
    if not table.starts:
        return empty_frame(table)
    columns = {}
    for column in table.frame_columns:
        blank: object = "" if column.kind.is_text else None
        default = column.default if column.kind == "flag" else blank
        columns[column.name] = typed(column, [row.get(column.name, default) for row in table.starts])
    return ready(table, pd.DataFrame(columns))


def _with_settings(control: pd.DataFrame, settings: Mapping[str, object]) -> pd.DataFrame:
    out = control.copy()
    known = {s.name for s in SETTINGS}
    for name, value in settings.items():
        if name not in known:
            raise InputError(f"there is no setting {name!r}; the settings are {', '.join(sorted(known))}")
        text = value.isoformat()[:10] if isinstance(value, date) else str(value)
        out.loc[out["setting"].eq(name), "value"] = text
    return out


def _workbook(frames: dict[str, pd.DataFrame]) -> bytes:
    import xlsxwriter

    settings = settings_of(frames["control"])[0]
    placements = place(vars(settings), frames)
    window = Window(settings.history_shown, settings.horizon)
    package = io.BytesIO()
    with xlsxwriter.Workbook(package, {"default_date_format": "yyyy-mm-dd", "strings_to_urls": False}) as book:
        styles = Styles(book)
        order = sheets_by_group([(page.group, page.sheet) for page in PAGES])
        sheets = {name: book.add_worksheet(name) for names in order.values() for name in names}
        define_names(book, placements)
        cells: dict[str, Any] = {"page_past": window.past, "page_months": window.months}
        cells |= {pick.name: pick.starts(frames) for page in PAGES for pick in page.picks}
        by_sheet: dict[str, list[Placement]] = {}
        for placement in placements.values():
            by_sheet.setdefault(placement.sheet, []).append(placement)
        pages = {page.sheet: page for page in PAGES}
        for name, sheet in sheets.items():
            label_row = pages[name].label_row if name in pages else HEADER_ROW
            canvas = Canvas(book, sheet, name, styles, window, FIRST_MONTH, label_row)
            if name == COVER:
                cover.draw(canvas, order, placements["steps"], frames, cells, settings.currency)
            elif name in pages:
                _draw(canvas, pages[name], frames, cells)
            else:
                write_sheet(sheet, by_sheet[name], frames, styles, settings.currency)
        sheets[COVER].activate()
        book.set_properties(
            {
                "title": f"S&OP {settings.cycle}" + (f" {settings.company}" if settings.company else ""),
                "subject": "Sales & Operations Planning",
                "category": "Planning",
                "created": _CREATED,
            }
        )
    return with_named_styles(package.getvalue(), styles.indices())


def _draw(canvas: Canvas, page: Page, frames: Frames, cells: Mapping[str, Any]) -> None:
    write_heading(canvas.sheet, page.title, page.group, canvas.styles)
    canvas.text(1, 3, page.says, Style.NOTE)
    draw_page(canvas, page, frames, cells)
    print_set_up(canvas.sheet, pages_tall=page.pages_tall)
    canvas.sheet.protect("", _UNPROTECTED)
