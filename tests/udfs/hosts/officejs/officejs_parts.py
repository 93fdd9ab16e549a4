"""What the tests of Office.js share: cells as JSON, a client as the task pane is one, programs that CI must have."""

import os
import shutil
from datetime import date, datetime, time

import numpy as np
import openpyxl
import pandas as pd
import pytest
from fastapi.testclient import TestClient
from openpyxl.utils.datetime import to_excel

from udfs.cells import CellError, serial_of, to_cells
from udfs.hosts.officejs.wire import to_wire

BASE = "https://localhost:8443"
TOKEN = "a-token-of-a-team-that-is-long"


def needed(*names):
    """A program. A machine without it leaves its tests out; in CI that is a failure."""
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None and os.environ.get("CI"):
        pytest.fail(f"{names[0]} is not installed; CI must install it")
    if found is None:
        pytest.skip(f"{names[0]} is not installed")
    return found


def calling(app, base=BASE, **headers):
    """A client as the task pane is one: on the server's own page."""
    return TestClient(app, base_url=base, headers={"Origin": base, **headers})


def argument(value):
    """An argument of an example as JSON."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, list | tuple):
        rows = value if value and isinstance(value[0], list | tuple) else [value]
        return [[argument(cell) for cell in row] for row in rows]
    if isinstance(value, CellError):
        return {"error": value.kind}
    return serial_of(value) if isinstance(value, date) else value


def expected(result):
    """The cells an example shows, as JSON."""
    return to_wire(to_cells(result))


def sent_tables(frames):
    """Frames as the tables a host sends, laid out as on their sheets."""
    from sop_xl.workbook.file.slots import laid_out
    from sop_xl.workbook.tables import TABLES

    found = {}
    for name, table in TABLES.items():
        laid = laid_out(table, frames[name], [column.label for column in table.columns], "")
        found[table.excel_name] = {
            "sheet": table.sheet,
            "header": [slot.heading for slot in laid.slots],
            "rows": [[_sent(slot.cells, at) for slot in laid.slots] for at in range(laid.rows)],
        }
    return found


def _sent(cells, at):
    value = cells[at] if at < len(cells) else None
    value = value.item() if isinstance(value, np.generic) else value
    return None if pd.isna(value) or value == "" else value


def opened(path):
    """A workbook as the stand-in opens it: cells by sheet, and the tables."""
    typed, shown = openpyxl.load_workbook(path), openpyxl.load_workbook(path, data_only=True)
    sheets, tables = {}, []
    for sheet in typed:
        sheets[sheet.title] = [
            _cell(cell, shown[sheet.title].cell(cell.row, cell.column).value) for row in sheet for cell in row
            if cell.value is not None or cell.number_format != "General"
        ]  # fmt: skip
        for table in sheet.tables.values():
            left, top, right, bottom = openpyxl.utils.range_boundaries(table.ref)
            place = {"sheet": sheet.title, "top": top - 1, "left": left - 1}
            tables.append({"name": table.name, **place, "rows": bottom - top, "columns": right - left + 1})
    return {"sheets": sheets, "tables": tables}


def _cell(cell, value):
    if isinstance(value, datetime | date | time):
        value = to_excel(value)
    is_error = isinstance(value, str) and value.startswith("#")
    kind = "Error" if is_error else {bool: "Boolean", str: "String", type(None): "Empty"}.get(type(value), "Double")
    formula = cell.value if isinstance(cell.value, str) and cell.value.startswith("=") else None
    return [cell.row - 1, cell.column - 1, "" if value is None else value, kind, cell.number_format, formula]


def sent(book):
    """The tables of such a workbook as the bridge sends them."""
    found = {}
    for table in book["tables"]:
        cells = {(r, c): {"error": v} if kind == "Error" else (None if v == "" else v)
                 for r, c, v, kind, *_ in book["sheets"][table["sheet"]]}  # fmt: skip
        rows = [
            [cells.get((table["top"] + i, table["left"] + j)) for j in range(table["columns"])]
            for i in range(table["rows"] + 1)
        ]
        found[table["name"]] = {"sheet": table["sheet"], "header": rows[0], "rows": rows[1:], "row": table["top"] + 2}
    return found
