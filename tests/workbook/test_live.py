"""The real xlwings over a small Excel that types values as Excel does."""

from __future__ import annotations

import importlib.util
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from sop_xl.errors import BookError
from sop_xl.workbook.live import LiveBook
from sop_xl.workbook.tables import TABLES

_spec = importlib.util.spec_from_file_location("excel_engine", Path(__file__).with_name("excel_engine.py"))
assert _spec is not None
engine = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(engine)

ITEMS = [c.label for c in TABLES["items"].columns]
GAPS = [c.label for c in TABLES["gaps"].columns]
GAP_ROWS = [
    [
        "007",
        datetime(2020, 3, 1),
        100.0,
        80.0,
        20.0,
        14000.0,
        "cap",
        datetime(2020, 3, 10),
        "Short.",
        "Ann",
        None,
        "open",
        "call",
    ],
    [
        "Bikes",
        datetime(2020, 3, 1),
        5.0,
        4.0,
        1.0,
        12.0,
        "sup",
        None,
        "Short.",
        "Bob",
        datetime(2020, 3, 9),
        None,
        "wait",
    ],
]


@pytest.fixture
def excel():
    small = engine.started()
    gaps = small.book.add("Gaps")
    engine.add_table(gaps, "tbl_gaps", 4, 1, [*GAPS, "My note"], GAP_ROWS)
    history = small.book.add("History")
    rows = [["007", "web", "US", 5.0, None, 0.0], ["1/2", "web", "US", 1.0, 2.0, 3.0]]
    months = ["2019-12", "2020-01", "2020-02"]
    engine.add_table(history, "tbl_demand_history", 4, 1, ["Item", "Channel", "Region", *months], rows)
    small.app.selected = gaps.range((2, 2))
    return small


def test_the_small_excel_types_as_excel_does():
    cell = engine.Cell()
    cell.enter("007")
    assert cell.value == 7.0
    cell.enter("1/2")
    assert cell.value == datetime(2026, 1, 2)
    cell.enter("'007")
    assert cell.value == "007"
    cell.number_format = "@"
    cell.enter("1/2")
    assert cell.value == "1/2"


def test_reading(excel):
    book = LiveBook(excel.xw)
    assert book.tables() == {"gaps", "demand_history"}
    reading = book.read()
    assert reading.issues == ()
    assert reading.frames["gaps"]["family"].tolist() == ["007", "Bikes"]
    assert reading.frames["gaps"]["due"].tolist()[1] == pd.Timestamp("2020-03-09")
    assert reading.frames["demand_history"].index.tolist() == [5, 5, 6, 6, 6]
    assert reading.places["gaps"].at(5) == "sheet Gaps, row 5"


def test_cell_errors_are_seen(excel):
    excel.book._sheets[0].cell(5, 3).value = "#N/A"
    (issue,) = LiveBook(excel.xw).read(["gaps"]).issues
    assert (issue.rule, issue.row, issue.column) == ("cell error", 5, "Demand")


@pytest.mark.parametrize("code", ["007", "1/2", "2020-03", "=1+1", "TRUE", "1e5", "-x"])
def test_codes_and_texts_come_back(excel, code):
    book = LiveBook(excel.xw)
    gaps = book.read(["gaps"]).frames["gaps"]
    more = pd.concat([gaps, gaps.iloc[[0]].assign(family=code, period=pd.Timestamp("2020-05-01"), owner=code)])
    book.write({"gaps": more})
    back = book.read(["gaps"])
    assert back.issues == ()
    pd.testing.assert_frame_equal(back.frames["gaps"].reset_index(drop=True), more.reset_index(drop=True))


def test_long_text_is_not_put_into_a_cell_of_text_format(excel):
    book = LiveBook(excel.xw)
    gaps = book.read(["gaps"]).frames["gaps"].assign(says="=" + "x" * 300)
    book.write({"gaps": gaps})
    assert excel.book._sheets[0].cell(5, 9).number_format == "General"
    assert book.read(["gaps"]).frames["gaps"]["says"].tolist() == ["=" + "x" * 300] * 2


def test_growth_and_new_months(excel):
    book = LiveBook(excel.xw)
    history = book.read(["demand_history"]).frames["demand_history"]
    later = history.assign(period=history["period"] + pd.DateOffset(months=3))
    more = pd.concat([history, later, history.assign(item="00" + history["item"])])
    book.write({"demand_history": more})
    sheet = excel.book._sheets[1]
    assert sheet.listed[0].area.address == "$A$4:$I$8"
    assert sheet.values(4, 4, 1, 6) == [["2019-12", "2020-01", "2020-02", "2020-03", "2020-04", "2020-05"]]
    assert sheet.cell(8, 9).number_format == "#,##0"
    keys = ["item", "channel", "region", "period"]
    pd.testing.assert_frame_equal(
        book.read(["demand_history"]).frames["demand_history"].sort_values(keys).reset_index(drop=True),
        more.sort_values(keys).reset_index(drop=True),
    )


def test_shrink_empties_what_is_left(excel):
    book = LiveBook(excel.xw)
    gaps = book.read(["gaps"]).frames["gaps"]
    book.write({"gaps": gaps.iloc[1:]})
    sheet = excel.book._sheets[0]
    assert sheet.listed[0].area.address == "$A$4:$M$5"
    assert sheet.values(6, 1, 1, 13) == [[None] * 13]
    assert sheet.cell(5, 13).value == "wait"
    book.write({"gaps": gaps.iloc[:0]})
    assert sheet.listed[0].area.address == "$A$4:$M$5"
    assert len(book.read(["gaps"]).frames["gaps"]) == 0


def test_a_planners_column_follows_its_row_and_formulas_move_along(excel):
    sheet = excel.book._sheets[0]
    sheet.cell(6, 13).number_format = "General"
    sheet.cell(6, 13).enter("=C6*2")
    book = LiveBook(excel.xw)
    gaps = book.read(["gaps"]).frames["gaps"]
    book.write({"gaps": pd.concat([gaps.iloc[[1]], gaps.iloc[[0]].assign(family="new"), gaps.iloc[[0]]])})
    assert [sheet.cell(r, 13).shown_formula for r in (5, 6, 7)] == ["=C5*2", "", "call"]


def test_a_formula_typed_into_an_input_stays_while_its_value_does(excel):
    sheet = excel.book._sheets[0]
    sheet.cell(5, 10).formula = '=UPPER("ann")'
    book = LiveBook(excel.xw)
    gaps = book.read(["gaps"]).frames["gaps"]
    sheet.cell(5, 10).number_format = "General"
    book.write({"gaps": gaps})
    assert sheet.cell(5, 10).formula == '=UPPER("ann")'
    book.write({"gaps": gaps.assign(owner="Eve")})
    assert (sheet.cell(5, 10).formula, sheet.cell(5, 10).value) == ("", "Eve")


def test_calculated_columns_are_formulas(excel):
    kpis = excel.book.add("KPIs")
    header = [c.label for c in TABLES["scenario_kpis"].columns]
    engine.add_table(kpis, "tbl_scenario_kpis", 4, 2, header, [["Base", "cost", "USD", 1.0, 1.0, 0.0]])
    book = LiveBook(excel.xw)
    frame = book.read(["scenario_kpis"]).frames["scenario_kpis"]
    book.write({"scenario_kpis": pd.concat([frame, frame.assign(scenario="Upside")])})
    assert [kpis.cell(r, 7).formula for r in (5, 6)] == [f"={TABLES['scenario_kpis'].column('difference').formula}"] * 2


def test_excel_is_left_as_it_was_found(excel):
    book = LiveBook(excel.xw)
    book.write({"gaps": book.read(["gaps"]).frames["gaps"]})
    app = excel.app
    assert (app.screen_updating, app.calculation, app.selection.address) == (True, "semiautomatic", "$B$2")
    assert app.log == [("select", "$B$2")]


@pytest.mark.parametrize("fail_at", [1, 2, 3, 4])
def test_whatever_fails_every_table_is_put_back(excel, fail_at):
    book = LiveBook(excel.xw)
    before = book.read().frames
    history = before["demand_history"]
    changed = {
        "demand_history": pd.concat([history, history.assign(period=history["period"] + pd.DateOffset(months=3))]),
        "gaps": pd.concat([before["gaps"], before["gaps"].assign(family=["x", "y"])]),
    }
    excel.app.fail_at = fail_at
    with pytest.raises(RuntimeError, match="Excel is busy"):
        book.write(changed)
    after = book.read()
    assert after.issues == ()
    for name, frame in before.items():
        pd.testing.assert_frame_equal(after.frames[name], frame)
    gaps = excel.book._sheets[0]
    assert gaps.values(7, 1, 2, 13) == [[None] * 13] * 2
    assert [row[-1] for row in gaps.values(5, 1, 2, 13)] == ["call", "wait"]
    assert (excel.app.screen_updating, excel.app.calculation) == (True, "semiautomatic")


def test_growth_over_something_is_refused_before_anything_is_written(excel):
    excel.book._sheets[0].cell(8, 3).value = "mine"
    book = LiveBook(excel.xw)
    frames = book.read().frames
    with pytest.raises(BookError, match="sheet Gaps: table tbl_gaps would grow over cell C8"):
        book.write(
            {
                "demand_history": frames["demand_history"],
                "gaps": pd.concat([frames["gaps"], frames["gaps"].assign(family=["x", "y"])]),
            }
        )
    assert excel.app.writes == 0


def test_a_total_row_or_a_missing_table_is_refused(excel):
    book = LiveBook(excel.xw)
    frames = book.read().frames
    excel.book._sheets[0].listed[0].totals = True
    with pytest.raises(BookError, match="hide the total row of tbl_gaps"):
        book.write({"gaps": frames["gaps"]})
    with pytest.raises(BookError, match="no table tbl_finance_totals"):
        book.write({"finance_totals": pd.DataFrame({"period": [], "quantity": []})})
    excel.book._sheets[0].listed[0].headers = False
    with pytest.raises(BookError, match="hides its header row"):
        book.read(["gaps"])
