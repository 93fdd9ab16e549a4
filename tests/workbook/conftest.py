"""Small workbooks as a planner might have them, written with XlsxWriter."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from sop_xl.workbook.schema import Kind, Role
from sop_xl.workbook.tables import TABLES


@dataclass
class Sheet:
    """One declared table to be put on a sheet: its rows, months, and columns the planner added."""

    table: str
    rows: list[list[Any]]
    months: tuple[str, ...] = ()
    added: tuple[dict[str, Any], ...] = ()
    at: tuple[int, int] = (3, 0)
    leave_out: tuple[str, ...] = ()
    headings: dict[str, str] = field(default_factory=dict)
    total_row: bool = False
    sheet: str = ""


class Builder:
    """Writes workbooks of `Sheet`s; `touch` may add whatever a planner would."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *sheets: Sheet, name: str = "plan.xlsx", touch: Any = None, **options: Any) -> Path:
        path = self.folder / name
        with xlsxwriter.Workbook(path, options) as book:
            formats = {
                "header": book.add_format({"bold": True, "bg_color": "#DDDDDD"}),
                "number": book.add_format({"num_format": "#,##0.0", "bg_color": "#FFFFCC"}),
                "text": book.add_format({"num_format": "@"}),
                "date": book.add_format({"num_format": "yyyy-mm-dd"}),
                "month": book.add_format({"num_format": "yyyy-mm"}),
            }
            for spec in sheets:
                self._put(book, formats, spec)
            if touch is not None:
                touch(book)
        return path

    def _put(self, book: Any, formats: dict[str, Any], spec: Sheet) -> None:
        table = TABLES[spec.table]
        title = spec.sheet or table.sheet
        sheet = book.get_worksheet_by_name(title) or book.add_worksheet(title)
        columns = []
        for c in table.columns:
            if c.name in spec.leave_out:
                continue
            style = "number" if c.kind.is_number else "text"
            style = {Kind.DATE: "date", Kind.PERIOD: "month", Kind.MOMENT: "date", Kind.FLAG: ""}.get(c.kind, style)
            entry = {"header": spec.headings.get(c.name, c.label), "format": formats.get(style)}
            if c.role is Role.CALCULATED:
                entry["formula"] = f"={c.formula}"
            columns.append(entry)
        columns += [{"header": m, "format": formats["number"]} for m in spec.months]
        columns += [dict(a) for a in spec.added]
        for entry in columns:
            entry["header_format"] = formats["header"]
        top, left = spec.at
        height = max(len(spec.rows), 1)
        last = top + height + spec.total_row
        sheet.write(0, left, f"{spec.table} title")
        sheet.add_table(
            top,
            left,
            last,
            left + len(columns) - 1,
            {"name": table.excel_name, "columns": columns, "total_row": spec.total_row},
        )
        if not spec.rows:
            for j, entry in enumerate(columns):
                sheet.write_blank(top + 1, left + j, None, entry["format"] or formats["text"])
        for i, row in enumerate(spec.rows):
            for j, value in enumerate(row):
                self._cell(sheet, top + 1 + i, left + j, value, columns[j].get("format"))

    @staticmethod
    def _cell(sheet: Any, i: int, j: int, value: Any, style: Any) -> None:
        if value is None:
            sheet.write_blank(i, j, None, style)
        elif isinstance(value, bool):
            sheet.write_boolean(i, j, value, style)
        elif isinstance(value, int | float):
            sheet.write_number(i, j, value, style)
        elif isinstance(value, datetime):
            sheet.write_datetime(i, j, value, style)
        elif isinstance(value, tuple):  # a formula and its value
            sheet.write_formula(i, j, value[0], style, value[1])
        else:
            sheet.write_string(i, j, value, style)


ITEMS = [
    ["007", "Bond", "Agents", "", "A", "buy", True, "EA", 7.5, 12.0, datetime(2019, 1, 15), None, "", "", 0.98],
    ["R-1", "Road bike", "Bikes", "", "", "make", True, "EA", 300.0, 700.0, None, None, "", "", None],
    ["R-2", "City bike", "Bikes", "", "", "make", False, "EA", 250.0, 500.0, None, None, "R-1", "", None],
]
GAPS = [
    ["Bikes", datetime(2020, 3, 1), 100.0, 80.0, 20.0, 14000.0, "capacity", None, "Short 20.", "Ann", None, "open"],
    ["Bikes", datetime(2020, 4, 1), 100.0, 90.0, 10.0, 7000.0, "capacity", None, "Short 10.", "", None, ""],
    [
        "Agents",
        datetime(2020, 3, 1),
        5.0,
        4.0,
        1.0,
        12.0,
        "supplier",
        None,
        "Short 1.",
        "Bob",
        datetime(2020, 3, 9),
        "open",
    ],
]
HISTORY = [
    ["007", "web", "US", 5.0, None, 0.0],
    ["R-1", "web", "US", 10.0, 11.0, 12.0],
    ["R-1", "shop", "DE", None, 3.5, None],
]
MONTHS = ("2019-12", "2020-01", "2020-02")


@pytest.fixture
def build(tmp_path: Path) -> Builder:
    """Builds a workbook of given sheets."""
    return Builder(tmp_path)


@pytest.fixture
def sheet() -> type[Sheet]:
    """How a table is put on a sheet."""
    return Sheet


@pytest.fixture
def tiny() -> list[Sheet]:
    """The sheets of the tiny workbook: control, items, demand history and gaps."""
    control = [["as_of", "2020-02-29", "date", ""], ["horizon", "12", "months", ""], ["cycle", "2020-03", "", ""]]
    return [
        Sheet("control", control),
        Sheet("items", ITEMS),
        Sheet("demand_history", HISTORY, MONTHS),
        Sheet("gaps", GAPS),
    ]


@pytest.fixture
def plan(build: Builder, tiny: list[Sheet]) -> Path:
    """The tiny workbook."""
    return build(*tiny)


@pytest.fixture
def replace_in() -> Callable[[Path, str, bytes, bytes], None]:
    """Changes the bytes of one part of a workbook."""

    def replace(path: Path, part: str, old: bytes, new: bytes) -> None:
        with zipfile.ZipFile(path) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        assert old in parts[part]
        parts[part] = parts[part].replace(old, new)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in parts.items():
                archive.writestr(name, data)

    return replace


@pytest.fixture
def item_rows() -> list[list[Any]]:
    """The rows of the tiny workbook's items, to be spoilt."""
    return [list(row) for row in ITEMS]
