"""Stored values of formulas after a write: from their twin, still true, or gone."""

from __future__ import annotations

import openpyxl
import pandas as pd
import pytest

from sop_xl.errors import BookError
from sop_xl.workbook.book import open_book
from sop_xl.workbook.file import xlsx
from sop_xl.workbook.schema import Severity
from sop_xl.workbook.twin import Twin

GAPS = [["Bikes", None, 100.0, 80.0, 20.0, 14000.0, "", "", "", None, ""]]
TWINS = {
    "total_gap": Twin(("gaps",), (), lambda frames, cells: frames["gaps"]["gap"].sum()),
    "headline": Twin(("gaps",), (), lambda frames, cells: None),
    "scaled": Twin(("gaps",), ("factor",), lambda frames, cells: frames["gaps"]["gap"].sum() * cells["factor"]),
    "block": Twin(("gaps",), (), lambda frames, cells: [["a", 1.5], [True, None]]),
    "items_count": Twin(("items",), (), lambda frames, cells: len(frames["items"])),
    "nobody": Twin(("gaps",), (), lambda frames, cells: 1),
}


def touch(book):
    cover = book.add_worksheet("My cover")
    cover.write_formula("A1", "=SUM(tbl_gaps[Gap])", None, 20)
    cover.write_formula("A2", '=IF(A1>0,"short","")', None, "short")
    cover.write_formula("A3", "=A1*B3", None, 40)
    cover.write("B3", 2)
    cover.write_formula("C1", "=1", None, 9)
    cover.write_formula("D1", "=1", None, 9)
    cover.write_formula("C2", "=1", None, 9)
    cover.write("D2", "typed")
    cover.write_formula("A5", "=A1+1", None, 21)
    cover.write_formula("A6", '="x"', None, "x")
    cover.write_formula("A7", "=ROWS(tbl_items[Item])", None, 3)
    cover.write_dynamic_array_formula("F1:F3", "=SORT(tbl_gaps[Gap])", None, 20)
    cover.write("F2", 21)
    cover.write("F4", 99)
    for name, place in {
        "total_gap": "$A$1",
        "headline": "$A$2",
        "scaled": "$A$3",
        "factor": "$B$3",
        "block": "$C$1:$D$2",
        "items_count": "$A$7",
    }.items():
        book.define_name(name, f"='My cover'!{place}")


@pytest.fixture
def covered(build, sheet, item_rows, monkeypatch):
    monkeypatch.setattr(xlsx, "_twins", lambda: TWINS)
    item_rows[0][8] = ("=15/2", 7.5)
    return build(sheet("gaps", GAPS), sheet("items", item_rows), touch=touch)


def written(path):
    book = open_book(path)
    gaps = book.read().frames["gaps"]
    more = pd.concat([gaps.assign(period=pd.Timestamp("2020-03-01")), gaps.assign(period=pd.Timestamp("2020-04-01"))])
    book.write({"gaps": more})
    return openpyxl.load_workbook(path, data_only=True)["My cover"]


def test_twins_fill_the_values_behind_their_names(covered):
    cover = written(covered)
    assert cover["A1"].value == 40
    assert cover["A2"].value is None
    assert cover["A3"].value == 80
    assert [[c.value for c in row] for row in cover["C1:D2"]] == [["a", 1.5], [True, "typed"]]


def test_a_twin_of_other_tables_stays_true(covered):
    assert written(covered)["A7"].value == 3


def test_all_other_formulas_lose_their_value_and_keep_their_text(covered):
    cover = written(covered)
    assert [cover[a].value for a in ("A5", "A6", "F1", "F2", "F3")] == [None] * 5
    assert cover["F4"].value == 99
    formulas = openpyxl.load_workbook(covered)["My cover"]
    assert [formulas[a].value for a in ("A1", "A5", "A6")] == ["=SUM(tbl_gaps[Gap])", "=A1+1", '="x"']


def test_formulas_typed_into_our_tables_keep_theirs(covered):
    written(covered)
    reading = open_book(covered).read()
    assert reading.frames["items"]["standard_cost"].tolist()[0] == 7.5
    assert not [i for i in reading.issues if i.severity is Severity.STOPS and i.table == "items"]


def test_a_twin_of_another_shape_is_refused(covered, monkeypatch):
    monkeypatch.setitem(TWINS, "block", Twin(("gaps",), (), lambda frames, cells: [[1, 2]]))
    before = covered.read_bytes()
    with pytest.raises(BookError, match="behind block cover 2 x 2 cells"):
        written(covered)
    assert covered.read_bytes() == before


def test_a_formula_that_was_never_calculated_is_an_issue(build, sheet, item_rows, replace_in):
    item_rows[1][8] = ("=1+1", 2)
    path = build(sheet("items", item_rows))
    replace_in(path, "xl/worksheets/sheet1.xml", b"<f>1+1</f><v>2</v>", b"<f>1+1</f>")
    (issue,) = open_book(path).read().issues
    assert (issue.rule, issue.row, issue.column) == ("formula not calculated", 6, "Standard cost")
    assert "open the book in Excel" in issue.says


def test_the_products_own_twins_are_found():
    assert all(isinstance(twin, Twin) for twin in xlsx._twins().values())
