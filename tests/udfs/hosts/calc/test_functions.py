"""Every function in cells of a real Calc: its example, its spelling, its errors, its recalculation."""

from __future__ import annotations

import functools
import operator
import os
import signal
import time
from pathlib import Path

import pytest
from calc_sheets import FAR, alike, area, column_name, formula, known_name, laid_out

import udfs.functions  # noqa: F401 (declares them)
from udfs.cells import to_cells
from udfs.registry import FUNCTIONS, call

PROCESSES = Path("/proc")


def shown(calc, name, arguments, rows=1, columns=1):
    """What a function shows for arguments laid out on the sheet."""
    where = area(FAR, 0, rows, columns)
    calc.array(0, where, f"={formula(name, laid_out(calc, arguments))}")
    return calc.cells(0, where)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_example_in_cells(calc, name):
    example = FUNCTIONS[name].example
    wanted = to_cells(example.result)
    found = shown(calc, name, example.arguments, len(wanted), len(wanted[0]))
    assert alike(found, example.result, example.digits), (found, wanted)


def test_the_wizard_knows_every_function_and_its_help(calc):
    assert set(calc.names()) == {spec.excel_name for spec in FUNCTIONS.values()}
    for spec in list(FUNCTIONS.values())[::7]:
        name, says, arguments = calc.help(spec.excel_name)
        assert (name, says) == (spec.excel_name, f"{spec.says} Returns: {spec.returns}")
        assert [a[0] for a in arguments][: len(spec.arguments)] == [a.words for a in spec.arguments]
        assert all(a.help in told for (_, told, _), a in zip(arguments, spec.arguments, strict=False))


def test_typed_by_a_person_it_is_shown_with_its_name(calc):
    calc.typed(0, "A1", "=SOP_EOQ(1200,50,3)")
    assert calc.cells(0, "A1") == [[200.0]]
    assert calc.local(0, "A1") == "=SOP_EOQ(1200,50,3)"


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("EOQ(1200;50;0)", "#VALUE!"),
        ('EOQ("many";50;3)', "#VALUE!"),
        ("EOQ(1200)", "#VALUE!"),
        ("TRACKING_SIGNAL(A1:A3;A1:A2)", "#VALUE!"),
        ("FORECAST(A9:A10;3)", "#N/A"),
        ("VARIATION(A9:A10)", "#N/A"),
        ("TURNS(100;0)", "#NUM!"),
        ("DAYSOFSUPPLY(100;0)", "#NUM!"),
        ('EXPLAIN("NOTHING")', "#NAME?"),
    ],
)
def test_a_true_error(calc, typed, error):
    name, _, rest = typed.partition("(")
    calc.put(0, "A1", [[5], [6], [7]])
    calc.formula(0, "C1", f"={known_name(name)}({rest}")
    calc.formula(0, "D1", '=IFERROR(C1;"caught")')
    assert calc.cells(0, "C1:D1") == [[{"error": error}, "caught"]]


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("=1/0", "#DIV/0!"),
        ("=NA()", "#N/A"),
        ('="many"+1', "#VALUE!"),
        ("=EXP(1000)", "#NUM!"),
        ("=#REF!", "#REF!"),
        ("=nobody", "#NAME?"),
    ],
)
def test_an_error_of_a_precedent_comes_out_as_itself(calc, typed, error):
    calc.put(0, "A1", [[1200, 50, 3]])
    calc.formula(0, "A1", typed)
    calc.formula(0, "D1", f"={known_name('EOQ')}(A1;B1;C1)")
    assert calc.cells(0, "A1") == calc.cells(0, "D1") == [[{"error": error}]]
    calc.put(0, "A1", [[1200]])
    assert calc.cells(0, "D1") == [[200.0]]


def test_one_cell_of_a_spilled_answer_may_be_an_error(calc):
    calc.put(0, "A1", [[100, 50], [100, 0], [90, 30]])
    calc.array(0, "D1:D3", f"={known_name('TURNS')}(A1:A3;B1:B3)")
    calc.formula(0, "E1", '=IFERROR(D2;"without bound")')
    assert calc.cells(0, "D1:D3") == [[2.0], [{"error": "#NUM!"}], [3.0]]
    assert calc.cells(0, "E1") == [["without bound"]]


def test_an_error_in_a_range_comes_out_as_an_error(calc):
    calc.put(0, "A1", [[5], [6], [7]])
    calc.formula(0, "A2", "=1/0")
    calc.formula(0, "C1", f"={known_name('VARIATION')}(A1:A3)")
    assert "error" in calc.cells(0, "C1")[0][0]


@pytest.mark.parametrize("down", [True, False])
def test_blank_is_not_zero_and_rows_are_as_good_as_columns(calc, down):
    history = [12, 15, None, 11, 16, 14]
    rows = [[month] for month in history] if down else [history]
    found = shown(calc, "CLEAN_HISTORY", [rows], len(rows), len(rows[0]))
    assert alike(found, call("CLEAN_HISTORY", [rows]))
    assert functools.reduce(operator.iadd, found, [])[2] != 0.0


def test_an_argument_in_the_middle_may_be_left_out(calc):
    calc.formula(0, "A1", f"={known_name('SAFETY_STOCK')}(100;40;3;;1)")
    calc.formula(0, "A2", f"={known_name('SAFETY_STOCK')}(100;40;3;0.95;1)")
    (first,), (second,) = calc.cells(0, "A1:A2")
    assert first == second > 0


def test_it_recalculates_when_a_precedent_changes(calc):
    calc.put(0, "A1", [[1200, 50, 3]])
    calc.formula(0, "D1", f"={known_name('EOQ')}(A1;B1;C1)*2")
    assert calc.cells(0, "D1") == [[400.0]]
    calc.put(0, "A1", [[4800]])
    assert calc.cells(0, "D1") == [[800.0]]


def test_a_spilled_forecast_follows_its_history(calc):
    history = [[100.0 + 10 * (month % 12)] for month in range(36)]
    before = shown(calc, "FORECAST", [history, 6], 6)
    assert all(isinstance(cell, float) for (cell,) in before)
    assert len({cell for (cell,) in before}) > 1
    calc.put(0, "A1", [[2 * cell for cell in row] for row in history])
    after = calc.cells(0, area(FAR, 0, 6, 1))
    assert all(b == pytest.approx(2 * a, rel=1e-3) for (a,), (b,) in zip(before, after, strict=True))


def test_the_sentence_behind_a_cell(calc):
    calc.formula(0, "A1", f'={known_name("EXPLAIN")}("EOQ";1200;50;0)')
    assert calc.cells(0, "A1") == [["SOP_EOQ shows #VALUE!: holding cost must be above 0, got 0"]]


def test_a_thousand_cells_with_the_same_input_are_one_call(calc):
    calc.put(0, "A1", [[1200, 50, 3]])
    calc.formula(0, "E1", f"={known_name('EOQ')}($A$1;$B$1;$C$1)")
    calc.fill(0, "E1:E1000")
    assert calc.cells(0, "E1000") == [[200.0]]
    calc.put(0, "A1", [[4800]])
    assert calc.cells(0, "E1:E1000") == [[400.0]] * 1000


def workers(calc):
    """The processes of the worker below LibreOffice."""
    found = []
    for process in PROCESSES.glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
            parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if b"udfs.hosts.worker" in command and parent == calc.process_id():
            found.append(int(process.name))
    return found


@pytest.mark.skipif(not PROCESSES.is_dir(), reason="finds the worker through /proc")
def test_a_killed_worker_is_back_at_the_next_call(calc):
    calc.formula(0, "A1", f"={known_name('EOQ')}(1200;50;3)")
    (before,) = workers(calc)
    os.kill(before, signal.SIGKILL)
    time.sleep(0.1)
    calc.formula(0, "A2", f"={known_name('EOQ')}(7500;50;3)")
    assert calc.cells(0, "A2") == [[500.0]]
    (after,) = workers(calc)
    assert after != before


def test_columns_have_names():
    assert [column_name(at) for at in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
