"""`sop-xl bridge`: the bars of a planned book, and what must be true."""

import pandas as pd
import pytest
from books import MemoryBook

from sop_xl.cli import main


@pytest.fixture
def book(planned, monkeypatch):
    monkeypatch.setattr("sop_xl.workbook.book.open_book", lambda _: MemoryBook(planned.frames))
    return planned


def printed(capsys, *given):
    code = main(["bridge", "plan.xlsx", *given])
    out = capsys.readouterr()
    return code, out.out, out.err


def test_without_a_signed_plan_it_says_so(book, capsys):
    assert printed(capsys)[1].startswith("No plan of an earlier cycle was signed")
    assert printed(capsys, "--of", "supply")[1].startswith(
        "there is no bridge yet; run Pre-S&OP (sop-xl run BOOK --step pre_sop)"
    )


def test_bars_and_the_items_behind_them(book, capsys):
    steps, rows = book.frames["plan_bridge"], book.frames["plan_bridge_rows"]
    for family, units in (("Bikes", 40.0), ("Total", 60.0)):
        for number, step in ((1.0, "last plan"), (2.0, "actuals"), (99.0, "this plan")):
            steps.loc[len(steps)] = ["demand", family, number, step, units, 10 * units, "why"]
    rows.loc[len(rows)] = ["demand", 2.0, 1.0, "actuals", "BIKE-1", "Bikes", 15.0, 150.0]
    book.frames["plan_bridge"] = steps[steps["number"].gt(0)]
    _, out, _ = printed(capsys, "--items")
    assert [line.split()[:3] for line in out.splitlines()] == [
        ["units", "money"], ["last", "plan", "60"], ["actuals", "60", "600"], ["BIKE-1", "+15", "+150"],
        ["this", "plan", "60"],
    ]  # fmt: skip
    assert "40" in printed(capsys, "--family", "Bikes")[1]
    code, _, said = printed(capsys, "--family", "Boats")
    assert code == 2
    assert "the bridge has no family 'Boats'; it has Bikes, Total" in said


def test_what_must_be_true(book, capsys):
    _, out, _ = printed(capsys, "--of", "margin")
    assert "nothing must change" in out
    book.frames["must_be_true"] = book.frames["must_be_true"].iloc[:0]
    assert printed(capsys, "--of", "revenue")[1].startswith("nothing is known yet; run Executive S&OP")


def test_a_line_without_money_is_blank(book, capsys):
    book.frames["must_be_true"] = pd.DataFrame(
        {"of": ["margin"], "money": [float("nan")], "left": [float("nan")], "says": ["There is no budget."]}
    )
    assert printed(capsys, "--of", "margin")[1].splitlines()[1].strip() == "There is no budget."
