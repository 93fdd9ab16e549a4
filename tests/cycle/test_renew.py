"""A workbook as an older version would have made it, moved into one of this version."""

from __future__ import annotations

import company
import editing
import openpyxl
import pandas as pd
import pytest

from sop_xl.cli import main
from sop_xl.cycle.renew import renew
from sop_xl.cycle.run import run
from sop_xl.cycle.start import start
from sop_xl.errors import BookError, InputError
from sop_xl.workbook.book import open_book
from sop_xl.workbook.health.checkup import checkup
from sop_xl.workbook.tables import TABLES

TYPED = ("items", "demand_history", "sources", "capacity", "channels", "events", "overrides")


@pytest.fixture(scope="module")
def current(tmp_path_factory):
    """The small company's workbook of this version, with a plan and a setting of its own."""
    path = tmp_path_factory.mktemp("renew") / "plan.xlsx"
    settings = {"as_of": company.AS_OF, "horizon": 6, "company": "Small", "frozen_months": 0, "abc_a": 0.7}
    start(path, settings)
    open_book(path).write({n: f for n, f in company.frames().items() if n != "control"})
    run(open_book(path), now=company.NOW)
    return path


@pytest.fixture
def older(current, tmp_path):
    """It lacks a table that may be missing, one that must be there, and a column, as an older version would."""
    path = tmp_path / "older.xlsx"
    path.write_bytes(current.read_bytes())
    editing.drop_table(path, "raci")
    editing.drop_table(path, "departments")
    editing.drop_column(path, "inventory_policy", "Max days")
    book = openpyxl.load_workbook(path)
    mine = book.create_sheet("My sums")
    mine["A1"] = "=SUM(Items!A1:A2)"
    book.save(path)
    return path


def with_own_column(path, name, heading, values):
    """Give a table a column of the planner's on its right."""
    book = openpyxl.load_workbook(path)
    sheet = book[TABLES[name].sheet]
    top, left, bottom, right = editing.table_range(sheet, name)
    made = sheet.tables[f"tbl_{name}"]
    column = openpyxl.worksheet.table.TableColumn(id=900, name=heading)
    made.tableColumns.append(column)
    made.ref = f"{openpyxl.utils.get_column_letter(left)}{top}:{openpyxl.utils.get_column_letter(right + 1)}{bottom}"
    if made.autoFilter:
        made.autoFilter.ref = made.ref
    for i, value in enumerate([heading, *values]):
        sheet.cell(top + i, right + 1).value = value
    book.save(path)


def own_values(path, name, heading):
    """A column of a table by the first column, as the file holds it."""
    sheet = openpyxl.load_workbook(path)[TABLES[name].sheet]
    top, left, bottom, right = editing.table_range(sheet, name)
    heads = [sheet.cell(top, j).value for j in range(left, right + 1)]
    at = left + heads.index(heading)
    return {sheet.cell(i, left).value: sheet.cell(i, at).value for i in range(top + 1, bottom + 1)}


def test_everything_typed_is_there_and_what_is_new_starts_anew(older, tmp_path):
    before, held = older.read_bytes(), open_book(older).read().frames
    done = renew(older, tmp_path / "new.xlsx", now=company.NOW, user="Ann")
    assert older.read_bytes() == before
    now = open_book(done.file).read(TABLES)
    assert [issue.says for issue in now.issues] == []
    for name in TYPED:
        pd.testing.assert_frame_equal(now.frames[name].reset_index(drop=True), held[name].reset_index(drop=True))
    for name in ("consensus", "supply_plan", "approved_plan", "snapshots", "audit_log"):
        assert len(now.frames[name]) >= len(held[name]), name
    assert now.frames["control"].set_index("setting").loc["abc_a", "value"] == "0.7"
    assert now.frames["departments"]["department"].tolist()
    assert len(now.frames["raci"]) == len(TABLES["raci"].starts)
    starts = [row["max_days"] for row in TABLES["inventory_policy"].starts]
    assert now.frames["inventory_policy"]["max_days"].tolist() == starts
    assert done.new == (
        'table "Departments" (sheet Lists)', 'column "Max days" of sheet Policy', 'table "RACI" (sheet Agenda)',
    )  # fmt: skip
    assert "your own sheets: My sums" in done.behind
    assert any("sheet Lists where table tbl_departments was" in entry for entry in done.behind)
    last = now.frames["audit_log"].iloc[-1]
    assert (last["user"], last["command"]) == ("Ann", "renew")
    assert checkup(done.file) == ()


def test_the_renewed_workbook_is_planned(older, tmp_path, capsys):
    assert main(["run", str(older), "--quiet"]) != 0
    assert "sop-xl renew" in capsys.readouterr().err
    new = tmp_path / "new.xlsx"
    assert main(["renew", str(older), "--out", str(new)]) == 0
    assert "stays in the old file:" in capsys.readouterr().out
    assert main(["run", str(new), "--quiet"]) == 0
    assert main(["health", str(new)]) == 0


def test_a_planners_columns_go_along_with_their_rows(current, tmp_path):
    path = tmp_path / "mine.xlsx"
    path.write_bytes(current.read_bytes())
    items = open_book(path).read(["items"]).frames["items"]["item"].tolist()
    with_own_column(path, "items", "My note", [f"note of {item}" for item in items])
    done = renew(path, tmp_path / "new.xlsx")
    assert own_values(done.file, "items", "My note") == {item: f"note of {item}" for item in items}
    assert any('"My note"' in entry for entry in done.carried)
    assert checkup(done.file) == ()


def test_what_cannot_be_read_is_named(current, tmp_path):
    path = tmp_path / "spoilt.xlsx"
    path.write_bytes(current.read_bytes())
    row = editing.set_cell(path, "items", "Standard cost", 0, "much")
    done = renew(path, tmp_path / "new.xlsx")
    assert any(f'sheet Items, row {row}, column "Standard cost"' in entry for entry in done.behind)


def test_nothing_is_written_over_and_only_workbooks_are_renewed(current, tmp_path):
    with pytest.raises(BookError, match="exists already"):
        renew(current, current)
    with pytest.raises(InputError, match=r"name it new\.xlsx"):
        renew(current, tmp_path / "new.xls")
    with pytest.raises(InputError, match="folder of CSV files"):
        renew(tmp_path, tmp_path / "new.xlsx")
    strange = tmp_path / "strange.xlsx"
    openpyxl.Workbook().save(strange)
    with pytest.raises(BookError, match="no planning workbook"):
        renew(strange, tmp_path / "new.xlsx")
    assert not (tmp_path / "new.xlsx").exists()
