from __future__ import annotations

import pandas as pd
import pytest

from sop_xl.errors import BookError
from sop_xl.workbook.book import open_book
from sop_xl.workbook.schema import Severity
from sop_xl.workbook.tables import TABLES


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "data"
    made.mkdir()
    (made / "items.csv").write_text("item,family,make_or_buy,sold,standard_cost\n007,F,make,yes,2.5\n\nB,F,buy,,\n")
    history = "\ufeffItem;Channel;Region;2020-01;2020-02;note\r\n007;web;US;5;;first\r\nB;web;US;0;1e1;\r\n"
    (made / "demand_history.csv").write_bytes(history.encode())
    return made


def test_reading(folder):
    book = open_book(folder)
    assert book.tables() == {"items", "demand_history"}
    reading = book.read()
    items, history = reading.frames["items"], reading.frames["demand_history"]
    assert items["item"].tolist() == ["007", "B"]
    assert items["sold"].tolist() == [True, True]
    assert items.index.tolist() == [2, 4]
    assert history["quantity"].tolist() == [5.0, 0.0, 10.0]
    assert {i.rule for i in reading.issues} == {"missing column"}
    assert {i.severity for i in reading.issues} == {Severity.WARNS}


def test_issues_lead_to_the_line(folder):
    (folder / "items.csv").write_text('item,family,make_or_buy\n"a\nb",F,make\nB,F,\nC,F,"3,5"\n')
    issues = [i for i in open_book(folder).read(["items"]).issues if i.row]
    assert [(i.row, i.rule) for i in issues] == [(4, "blank"), (5, "not a choice")]
    assert issues[0].says.startswith('file items.csv, line 4, column "Make or buy": ')


def test_missing_files(folder):
    reading = open_book(folder).read(["stock", "gaps"])
    assert [(i.table, i.rule) for i in reading.issues] == [("stock", "missing table")]
    assert {n: len(f) for n, f in reading.frames.items()} == {"stock": 0, "gaps": 0}


def test_a_workbook_and_a_folder_hold_the_same(plan, tmp_path):
    frames = open_book(plan).read().frames
    target = tmp_path / "data"
    target.mkdir()
    (target / "items.csv").write_text("item\n")
    book = open_book(target)
    book.write(frames)
    back = open_book(target).read()
    assert back.issues == ()
    for name, frame in frames.items():
        pd.testing.assert_frame_equal(frame.reset_index(drop=True), back.frames[name].reset_index(drop=True))


@pytest.mark.parametrize("text", ["=1+1", "a,b;c", 'say "x"', "two\nlines", " edge ", "é→"])
def test_text_comes_back(folder, text):
    book = open_book(folder)
    items = book.read().frames["items"].assign(description=text)
    book.write({"items": items})
    assert open_book(folder).read().frames["items"]["description"].tolist() == [text] * 2


def test_delimiter_and_own_columns_are_kept(folder):
    book = open_book(folder)
    history = book.read().frames["demand_history"]
    history = history.iloc[::-1].assign(quantity=lambda f: f["quantity"] / 4)
    book.write({"demand_history": history})
    assert (folder / "demand_history.csv").read_text().splitlines() == [
        "Item;Channel;Region;2020-01;2020-02;note",
        "B;web;US;0;2.5;",
        "007;web;US;1.25;;first",
    ]


def test_a_new_table_gets_its_file(folder):
    frame = pd.DataFrame({"period": pd.to_datetime(["2020-01-01"]), "quantity": [3.0]})
    open_book(folder).write({"finance_totals": frame})
    assert (folder / "finance_totals.csv").read_text() == "period,quantity\n2020-01,3\n"


def test_moments(folder):
    steps = open_book(folder).read(["steps"]).frames["steps"]
    row = {c.name: "" if c.kind.is_text else None for c in TABLES["steps"].columns} | {"step": "Data Gathering"}
    steps = pd.DataFrame([row | {"finished": pd.Timestamp("2020-03-04 05:06:07"), "seconds": 1.5}])
    open_book(folder).write({"steps": steps})
    assert open_book(folder).read().frames["steps"]["finished"].tolist() == [pd.Timestamp("2020-03-04 05:06:07")]


def test_a_file_changed_by_someone_else(folder):
    book = open_book(folder)
    frames = book.read().frames
    (folder / "items.csv").write_text("item,family,make_or_buy\n")
    with pytest.raises(BookError, match=r"items\.csv was changed by someone else"):
        book.write(frames)
    assert (folder / "items.csv").read_text() == "item,family,make_or_buy\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"item\n\xff\xfe\n", "not UTF-8"),
        (b'item,family\n"a,b\n', "line 2 is not CSV"),
        (b"item,family\nA,F,3\n", "line 2 has more fields"),
    ],
)
def test_files_that_cannot_be_read(folder, content, message):
    (folder / "items.csv").write_bytes(content)
    with pytest.raises(BookError, match=message):
        open_book(folder).read()


def test_an_empty_file_has_no_columns(folder):
    (folder / "items.csv").write_bytes(b"")
    issues = open_book(folder).read(["items"]).issues
    assert {i.column for i in issues if i.severity is Severity.STOPS} == {"Item", "Family", "Make or buy"}
