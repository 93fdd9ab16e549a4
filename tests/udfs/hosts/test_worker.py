"""The worker over its own pipes: every operation, bad requests, and nothing but the protocol on standard output."""

from __future__ import annotations

import io
import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

import udfs.commands
import udfs.functions  # noqa: F401 (declares them)
from sop_xl.workbook.sent import SentBook
from sop_xl.workbook.tables import TABLES
from udfs.hosts import worker
from udfs.registry import COMMANDS, FUNCTIONS


def asked(*requests):
    """The answers of the worker to requests, in this process."""
    out = io.StringIO()
    worker.serve((r if isinstance(r, str) else json.dumps(r) for r in requests), out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_ping_says_who_answers():
    (told,) = asked({"op": "ping", "id": 7})
    assert told["id"] == 7
    assert (told["functions"], told["commands"]) == (len(FUNCTIONS), len(COMMANDS))


def test_a_call_answers_with_cells_or_an_error_and_its_sentence():
    good, bad = asked(
        {"op": "call", "name": "SOP_EOQ", "values": [1200, 50, 3]},
        {"op": "call", "name": "SOP_EOQ", "values": [1200, 50, 0]},
    )
    assert good == {"cells": [[200.0]]}
    assert bad == {"error": "#VALUE!", "says": "holding cost must be above 0, got 0"}


def test_calls_answer_in_their_order():
    calls = [["EOQ", [1200, 50, 3]], ["NOTHING", []], ["EOQ", [1200, 50, 3]]]
    (told,) = asked({"op": "calls", "calls": calls})
    first, second, third = told["results"]
    assert first == third == {"cells": [[200.0]]}
    assert second["error"] == "#NAME?"


def test_what_is_not_known_is_an_error_cell_and_never_nan():
    (told,) = asked({"op": "call", "name": "CLEAN_HISTORY", "values": [[[1, None, 3, {"error": "#DIV/0!"}]]]})
    assert told["error"] == "#DIV/0!"
    assert worker.encoded(worker.decoded([[{"error": "#NUM!"}, None, True]])) == [[{"error": "#NUM!"}, None, True]]


@pytest.mark.parametrize(
    "line", ["{", "[]", "7", '{"op": "call"}', '{"op": "nothing"}', '{"op": "calls", "calls": 5}', "NaN", '"x"']
)
def test_a_bad_request_is_answered_and_the_next_one_too(line):
    bad, good = asked(line, {"op": "call", "name": "EOQ", "values": [1200, 50, 3]})
    assert bad.get("stopped") or bad.get("says")
    assert good == {"cells": [[200.0]]}


@given(st.recursive(st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5), lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=3), part, max_size=2), max_leaves=8))  # fmt: skip
def test_whatever_a_cell_holds_there_is_an_answer(values):
    (told,) = asked({"op": "call", "name": "WMAPE", "values": [values, values]})
    assert set(told) in ({"cells"}, {"error", "says"})


def test_a_command_without_tables_and_one_without_a_name_stop_with_a_sentence():
    none, unknown, about = asked(
        {"op": "command", "name": "run_all", "tables": {}},
        {"op": "command", "name": "sweep", "tables": {}},
        {"op": "command", "name": "about"},
    )
    assert none["stopped"].startswith("this is no planning workbook")
    assert unknown["stopped"].startswith("there is no command sweep")
    assert about["says"].startswith("sop_xl ")
    assert about["tables"] == {}


def sent(path):
    """The tables of a workbook as a host sends them."""
    from sop_xl.workbook.book import open_book

    raws = open_book(path)._raws(TABLES)
    days = "%Y-%m-%d"
    plain = lambda cell: cell.strftime(days) if hasattr(cell, "strftime") else cell  # noqa: E731
    return {
        TABLES[name].excel_name: {
            "sheet": TABLES[name].sheet,
            "header": list(raw.header),
            "rows": [[plain(cell) for cell in row] for row in raw.rows],
            "row": raw.numbers[0] if raw.numbers else 2,
        }
        for name, raw in raws.items()
    }


def test_a_command_tells_its_progress_and_sends_the_changed_tables(workbook):
    tables = sent(workbook)
    *told, done = asked({"op": "command", "name": "check_data", "where": "plan.xlsx", "tables": tables, "id": 1})
    assert [set(line) for line in told] == [{"id", "doing", "share"}] * len(told)
    assert told
    assert "tbl_checks" in done["tables"]
    book = SentBook("plan.xlsx", tables | {n: {**tables[n], "rows": t["rows"], "header": t["header"]} for n, t in done["tables"].items()})  # fmt: skip
    assert len(book.read(("checks",)).frames["checks"])


def test_a_command_knows_the_file_the_host_has_open(workbook):
    tables = {"tbl_items": {"sheet": "Items", "header": ["Item"], "rows": [["A"]], "row": 8}}
    asks = {"op": "command", "name": "freeze_copy", "where": "plan.xlsx", "tables": tables}
    told = asked(asks | {"url": ""}, asks | {"url": workbook.as_uri()})
    unsaved, saved = (answer for answer in told if "doing" not in answer)
    assert unsaved["stopped"].startswith("plan.xlsx has no file on this machine; save the workbook")
    assert saved["says"].split(" is a frozen copy of ")[1].startswith("plan.xlsx")
    assert len(list(workbook.parent.glob("plan frozen *.xlsx"))) == 1


def test_nothing_but_the_protocol_reaches_standard_output():
    requests = '{"op": "ping"}\n\n{"op": "call", "name": "EOQ", "values": [1200, 50, 3]}\n'
    done = subprocess.run(
        [sys.executable, "-m", "udfs.hosts.worker"], input=requests, capture_output=True, text=True, check=True
    )
    ping, call = map(json.loads, done.stdout.splitlines())
    assert ping["functions"] == len(FUNCTIONS)
    assert call == {"cells": [[200.0]]}
    assert done.stderr == ""


def test_a_function_that_prints_does_not_break_the_line():
    code = (
        "import udfs.registry as r, udfs.inventory\n"
        "from udfs.hosts import worker\n"
        "old = r.call\n"
        "def call(*a):\n    print('stray'); import os; os.write(1, b'stray too')\n    return old(*a)\n"
        "r.call = call\nworker.main()\n"
    )
    line = '{"op": "call", "name": "EOQ", "values": [1200, 50, 3]}\n'
    done = subprocess.run([sys.executable, "-c", code], input=line, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {"cells": [[200.0]]}
    assert "stray" in done.stderr


def test_a_bug_is_an_answer_and_stands_in_the_log(monkeypatch, caplog):
    monkeypatch.setattr("udfs.registry.call", lambda *_: 1 / 0)
    (told,) = asked({"op": "call", "name": "EOQ", "values": []})
    assert told["error"] == "#VALUE!"
    assert "ZeroDivisionError" in told["says"]
    assert "the request failed" in caplog.text
