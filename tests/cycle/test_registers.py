"""What falls due in a cycle, and the days of its calendar."""

from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest

from sop_xl.cycle.registers import cycle_calendar, due_this_cycle
from sop_xl.cycle.step import Context
from sop_xl.workbook.frames import empty_frame
from sop_xl.workbook.tables import TABLES, Settings

CONTEXT = Context(Settings(as_of=date(2020, 2, 29), horizon=6), datetime(2020, 3, 4, 9))
NAMES = ("overrides", "assumptions", "locks", "risks", "decisions", "actions", "cycle_calendar", "steps")


def day(text):
    return pd.Timestamp(text) if text else pd.NaT


@pytest.fixture
def frames():
    return {name: empty_frame(TABLES[name]) for name in NAMES}


def put(frames, table, *rows):
    blank = empty_frame(TABLES[table])
    frames[table] = pd.concat([blank, pd.DataFrame(rows)], ignore_index=True).astype(blank.dtypes.to_dict())


@pytest.mark.parametrize(
    ("table", "name", "column", "when", "state"),
    [
        ("overrides", "override", "expires", "", "ends"),
        ("overrides", "override", "expires", "2020-03-31", "ends"),
        ("overrides", "override", "expires", "2020-02-29", None),
        ("overrides", "override", "expires", "2020-04-01", None),
        ("assumptions", "assumption", "expires", "2020-03-15", "ends"),
        ("assumptions", "assumption", "expires", "", None),
        ("risks", "risk", "trigger", "2020-03-31", "due"),
        ("actions", "action", "due", "2020-02-10", "overdue"),
        ("actions", "action", "due", "2020-03-10", "due"),
        ("actions", "action", "due", "2020-05-10", None),
        ("decisions", "decision", "review", "2020-03-01", "due"),
    ],
)
@pytest.mark.filterwarnings("ignore:The behavior of DataFrame concatenation")
def test_what_ends_or_is_due_in_the_first_planned_month_is_listed(frames, table, name, column, when, state):
    row = {c.name: "" for c in TABLES[table].columns if c.kind.is_text} | {name: "one", column: day(when)}
    put(frames, table, row)
    found = due_this_cycle(frames, CONTEXT)
    assert found["state"].tolist() == ([state] if state else [])


@pytest.mark.filterwarnings("ignore:The behavior of DataFrame concatenation")
def test_what_is_closed_is_not_due(frames):
    row = {
        "action": "a",
        "says": "call",
        "owner": "Ann",
        "due": day("2020-03-10"),
        "about": "",
        "raised": "",
        "outcome": "",
    }
    put(frames, "actions", row | {"status": "closed"}, row | {"action": "b", "status": "in work"})
    assert due_this_cycle(frames, CONTEXT)["name"].tolist() == ["b"]


def test_days_of_the_calendar_leave_weekends_out(frames):
    days = [1.0, 2.0, 5.0, 6.0, np.nan]
    frames["cycle_calendar"] = pd.DataFrame(
        {"day": days, "milestone": list("abcde"), "step": ["Data Gathering", "x", "", "", ""], "owner": ""}
    )
    frames["steps"] = pd.DataFrame({"step": ["Data Gathering"], "status": ["done with warnings"]})
    found = cycle_calendar(frames, CONTEXT)
    # 29 February 2020 is a Saturday: the first working day after it is Monday, 2 March
    assert found["date"].dt.strftime("%m-%d").tolist()[:4] == ["03-02", "03-03", "03-06", "03-09"]
    assert pd.isna(found["date"].iloc[4])
    assert found["state"].tolist() == ["done", "overdue", "ahead", "ahead", ""]


def test_an_override_is_told_as_it_was_typed(frames):
    typed = {"override": "OV-1", "item": "A", "channel": "web", "kind": "percent", "value": 0.15}
    typed |= {"first_period": day("2020-05-01"), "reason": "Tender"}
    put(frames, "overrides", typed, {"override": "OV-2", "reason": "half typed"})
    told = due_this_cycle(frames, CONTEXT).set_index("name")["about"]
    assert told["OV-1"] == "+15 % of A, web; 2020-05 (Tender)"
    assert told["OV-2"] == "half typed"
