"""A plain sheet of any workbook: one heading row, then rows; read without a table, written as a new file."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from sop_xl.errors import BookError

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 1_048_575
"""Rows of a sheet under its heading."""


def read_sheet(path: Path) -> pd.DataFrame:
    """The first sheet of a workbook: headings in its first row, cells as Excel holds them (text `007` stays text).

    Raises
    ------
    BookError : a file that is no workbook, or a sheet without headings.

    """
    import openpyxl
    import pandas as pd
    from openpyxl.utils.exceptions import InvalidFileException

    if not path.is_file():
        raise BookError(f"there is no file {path}")
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise BookError(f"{path} cannot be read as a workbook: {error}") from None
    except OSError as error:
        raise BookError(f"{path} cannot be read: {error.strerror or error}") from None
    try:
        sheet = book.worksheets[0]
        rows = sheet.iter_rows(values_only=True)
        heading = ["" if cell is None else str(cell).strip() for cell in next(rows, ())]
        width = max((place for place, name in enumerate(heading, 1) if name), default=0)
        names = heading[:width]
        if not width or "" in names or len({name.lower() for name in names}) < width:
            raise BookError(f"sheet {sheet.title!r} of {path.name} needs a different heading over each column in row 1")
        filled = [row[:width] for row in rows if any(cell is not None for cell in row[:width])]
    finally:
        book.close()
    return pd.DataFrame(filled, columns=names, dtype=object)


def write_sheet(frame: pd.DataFrame, stream: IO[bytes]) -> None:
    """Write a frame as the only sheet of a new workbook, as an Excel table with dates as dates and codes as text."""
    import pandas as pd
    import xlsxwriter

    if len(frame) > MOST_ROWS:
        raise BookError(f"a sheet holds {MOST_ROWS:,} rows, the forecast has {len(frame):,}; write it as CSV")
    options = {"default_date_format": "yyyy-mm-dd", "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(stream, {"in_memory": True, **options}) as book:
        sheet = book.add_worksheet("Forecast")
        for place, name in enumerate(frame.columns):
            column = frame[name]
            dated = pd.api.types.is_datetime64_any_dtype(column)
            cells: list[Any] = column.dt.to_pydatetime().tolist() if dated else column.tolist()
            sheet.write_column(1, place, cells)
            sheet.set_column(place, place, 12)
        headings = [{"header": name} for name in frame.columns]
        sheet.add_table(0, 0, max(len(frame), 1), len(headings) - 1, {"columns": headings, "name": "forecast"})
        sheet.freeze_panes(1, 0)
