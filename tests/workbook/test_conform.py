from __future__ import annotations

import time
from datetime import datetime

import pandas as pd
import pytest

from sop_xl.workbook.cells.conform import conform
from sop_xl.workbook.cells.values import CellError, shown
from sop_xl.workbook.frames import empty_frame
from sop_xl.workbook.reading import Place, RawTable
from sop_xl.workbook.schema import Severity
from sop_xl.workbook.tables import TABLES

STOPS, WARNS = Severity.STOPS, Severity.WARNS
ITEM = {"Item": "A", "Description": "a", "Family": "F", "Make or buy": "make", "Sold": True, "Standard cost": 3.0}


def raw(name, rows, header=None, first=5, from_text=False):
    table = TABLES[name]
    header = tuple(header or (c.label for c in table.columns))
    cells = [[row.get(h) for h in header] for row in rows]
    return RawTable(table, Place("sheet Items"), header, cells, range(first, first + len(rows)), from_text)


def item(**change):
    return ITEM | {k.replace("_", " "): v for k, v in change.items()}


def test_a_good_table_has_no_issue():
    frame, issues = conform(raw("items", [ITEM, item(Item=7.0)]))
    assert issues == []
    assert frame["item"].tolist() == ["A", "7"]
    assert frame.index.tolist() == [5, 6]
    assert frame.index.name == "row"
    assert list(frame.columns) == [c.name for c in TABLES["items"].columns]
    assert frame.dtypes.equals(empty_frame(TABLES["items"]).dtypes)


@pytest.mark.parametrize(
    ("column", "value", "rule", "severity"),
    [
        ("Standard cost", "3,5", "decimal comma", STOPS),
        ("Standard cost", "much", "text in a number column", STOPS),
        ("Standard cost", -1.0, "out of bounds", STOPS),
        ("Service level", 1.0, "out of bounds", STOPS),
        ("Standard cost", CellError("#N/A"), "cell error", STOPS),
        ("Launch", "1.2.2020", "date as text", STOPS),
        ("Launch", "2020-02-01", "date as text", WARNS),
        ("Make or buy", "steal", "not a choice", STOPS),
        ("Make or buy", "Make", "spelling", WARNS),
        ("Make or buy", None, "blank", STOPS),
        ("Family", " ", "blank", STOPS),
        ("Item", " B ", "spaces around a code", WARNS),
        ("Sold", "perhaps", "not true or false", STOPS),
    ],
)
def test_each_bad_cell_is_one_issue_that_leads_to_it(column, value, rule, severity):
    rows = [ITEM, item(Item="B") | {column: value}]
    _, issues = conform(raw("items", rows))
    (issue,) = [i for i in issues if i.rule not in {"spaces around a code"} or rule == i.rule]
    assert (issue.table, issue.row, issue.column, issue.rule, issue.severity) == ("items", 6, column, rule, severity)
    assert issue.says.startswith(f'sheet Items, row 6, column "{column}": ')
    assert issue.says.endswith(".")
    assert shown(value).strip() in issue.says


def test_spelling_is_mended():
    frame, _ = conform(raw("items", [item(Make_or_buy="MAKE")]))
    assert frame["make_or_buy"].tolist() == ["make"]


def test_whole_numbers():
    rows = [{"Channel": "web", "Priority": 1.5}, {"Channel": "shop", "Priority": 2.0}]
    _, (issue,) = conform(raw("channels", rows))
    assert (issue.rule, issue.row, issue.value) == ("not whole", 5, "1.5")


def test_duplicates_name_both_rows():
    _, (issue,) = conform(raw("items", [ITEM, item(Item="B"), ITEM]))
    assert (issue.rule, issue.row, issue.severity) == ("duplicate key", 7, STOPS)
    assert "row 7: Item A stands already in row 5" in issue.says


def test_blank_keys_are_not_duplicates():
    _, issues = conform(raw("items", [item(Item=None), item(Item=None)]))
    assert [i.rule for i in issues] == ["blank", "blank"]


def test_an_optional_key_may_be_blank_once():
    rows = [{"Item": "A", "Location": "L", "Kind": "make", "Lead time days": 3.0}] * 2
    _, issues = conform(raw("sources", rows))
    assert [i.rule for i in issues] == ["duplicate key"]


def test_blank_rows_are_skipped():
    frame, issues = conform(raw("items", [ITEM, {}, {"Item": "  "}, item(Item="B")]))
    assert issues == []
    assert frame.index.tolist() == [5, 8]


def test_headings():
    header = ["Item", "Family", "Make or by", "Sold", "My own"]
    _, issues = conform(raw("items", [ITEM], header))
    by_column = {i.column: i for i in issues}
    assert by_column["Make or buy"].rule == "renamed column"
    assert '"Make or by" looks like it' in by_column["Make or buy"].says
    assert by_column["Standard cost"].severity is WARNS
    assert all(i.row == 0 for i in issues)
    _, issues = conform(raw("items", [ITEM], [c.label for c in TABLES["items"].columns if c.name != "family"]))
    assert [(i.rule, i.severity, i.column) for i in issues] == [("missing column", STOPS, "Family")]


def test_names_and_case_will_do():
    rows = [
        {
            "resource": "R",
            "LOCATION": "L",
            "cost_per_hour": 1.0,
            "Description": "",
            "Overtime cost per hour": 2.0,
            "shift_cost": 0.0,
        }
    ]
    frame, issues = conform(raw("resources", rows, list(rows[0])))
    assert issues == []
    assert frame["cost_per_hour"].tolist() == [1.0]


def test_a_result_column_that_is_lost_stops():
    header = [c.label for c in TABLES["gaps"].columns if c.name != "cause"]
    _, issues = conform(raw("gaps", [], header))
    assert [(i.rule, i.severity, i.column) for i in issues] == [("missing column", STOPS, "Cause")]


def test_what_a_run_overwrites_only_warns():
    row = {"Family": "F", "Period": datetime(2020, 3, 1), "Demand": "many"}
    frame, (issue,) = conform(raw("gaps", [row]))
    assert (issue.rule, issue.severity) == ("text in a number column", WARNS)
    assert frame["demand"].isna().all()


def test_across():
    header = ["Item", "Channel", "Region", "2020-02", "2020-01", "Note"]
    rows = [
        {"Item": "A", "Channel": "w", "Region": "US", "2020-01": 1.0, "2020-02": 0.0},
        {"Item": "B", "Channel": "w", "Region": "US", "2020-02": "3,5"},
        {"Item": "A", "Channel": "w", "Region": "US", "2020-01": 5.0},
    ]
    frame, issues = conform(raw("demand_history", rows, header))
    assert [(i.rule, i.row, i.column) for i in issues] == [
        ("decimal comma", 6, "2020-02"),
        ("duplicate key", 7, "Item"),
    ]
    first = frame[frame.index == 5]
    assert first["period"].tolist() == [pd.Timestamp("2020-01-01"), pd.Timestamp("2020-02-01")]
    assert first["quantity"].tolist() == [1.0, 0.0]


@pytest.mark.parametrize("heading", ["2020-3", "Mar 20", "2020/03", "03.2020", "2020-03-01", "01/03/2020"])
def test_a_heading_that_looks_like_a_month_stops(heading):
    _, issues = conform(raw("demand_history", [], ["Item", "Channel", "Region", "2020-01", heading]))
    assert [(i.rule, i.severity, i.value) for i in issues] == [("period heading", STOPS, heading)]


def test_calculated_columns_come_from_their_twin():
    row = {"Risk": "r", "Kind": "risk", "Probability": 0.5, "Impact": 100.0, "Weighted": 999.0}
    frame, issues = conform(raw("risks", [row]))
    assert issues == []
    assert frame["weighted"].tolist() == [-50.0]


def test_a_missing_period_column_is_still_typed():
    frame, _ = conform(raw("demand_history", [{"Item": "A", "Channel": "w", "Region": "US"}]))
    assert len(frame) == 0
    assert frame.dtypes.equals(empty_frame(TABLES["demand_history"]).dtypes)


def test_a_hundred_thousand_cells_take_less_than_a_second():
    months = [f"{y}-{m:02d}" for y in range(2017, 2021) for m in range(1, 13)]
    header = ("Item", "Channel", "Region", *months)
    rows = [[f"I{i}", "web", "US", *([float(i)] * 48)] for i in range(2000)]
    table = RawTable(TABLES["demand_history"], Place("sheet History"), header, rows, range(2000))
    start = time.perf_counter()
    frame, issues = conform(table)
    assert time.perf_counter() - start < 2.0  # 0.15 s on a quiet machine
    assert (len(frame), issues) == (96_000, [])
