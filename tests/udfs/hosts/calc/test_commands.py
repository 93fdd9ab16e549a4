"""The commands on planning workbooks in a real Calc, compared with what the command line does to the same file."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest

from sop_xl.cli import main
from sop_xl.workbook.book import open_book
from sop_xl.workbook.sent import SentBook
from sop_xl.workbook.tables import TABLES
from udfs.registry import COMMANDS

TOLD_APART = {"audit_log", "journal", "checks"}
"""Tables that say who ran what, and when."""
CLOCK = {"steps": ["finished", "seconds"], "versions": ["created"], "snapshots": ["taken"]}


def frames_of(calc):
    """The tables of the workbook in front, as the planning reads them."""
    return SentBook("calc", calc.tables()).read(TABLES).frames


def assert_the_same(found, wanted):
    """Whether two books hold the same plan, whoever ran it and when."""
    for name in TABLES:
        if name in TOLD_APART:
            continue
        drop = [column for column in CLOCK.get(name, []) if column in found[name]]
        left, right = (frame[name].drop(columns=drop).reset_index(drop=True) for frame in (found, wanted))
        pd.testing.assert_frame_equal(left, right, check_dtype=False, obj=name, rtol=1e-6)


@pytest.fixture
def planned_by_cli(workbook, tmp_path):
    """The small company planned from the command line, in a file of its own."""
    path = shutil.copy(workbook, tmp_path / "cli.xlsx")
    assert main(["run", str(path), "--quiet"]) == 0
    return path


@pytest.fixture
def opened(office, workbook):
    """The small company in Calc, not yet planned."""
    office.open(str(workbook))
    yield office
    office.close()


def test_what_calc_sends_is_what_the_file_holds(opened, workbook):
    assert_the_same(frames_of(opened), open_book(workbook).read(TABLES).frames)


def test_run_all_is_what_the_command_line_does_and_one_undo_step(opened, planned_by_cli):
    before, places = frames_of(opened), {n: opened.range_of(n) for n in opened.tables()}
    says, _ = opened.command("run_all")
    assert "tables changed" in says
    after = frames_of(opened)
    assert_the_same(after, open_book(planned_by_cli).read(TABLES).frames)
    assert opened.undo_titles() == ["S&OP: Run all"]
    opened.undo()
    assert_the_same(frames_of(opened), before)
    assert {n: opened.range_of(n) for n in places} == places
    opened.redo()
    assert_the_same(frames_of(opened), after)


def test_every_command_answers_in_plain_words(opened):
    opened.command("run_all")
    for name in COMMANDS:
        says, _ = opened.command(name)
        assert says
        assert "Traceback" not in says
        assert "Error" not in says, (name, says)
        assert "sop_xl failed" not in says, (name, says)


def test_without_a_planning_workbook_a_command_says_so(calc):
    says, _ = calc.command("run_all")
    assert says.startswith("this is no planning workbook")
    assert calc.undo_titles() == []
    says, _ = calc.command("about")
    assert says.startswith("sop_xl ")


def test_the_button_of_the_menu_runs_it(opened):
    opened.dispatch("service:org.sopxl.Commands?check_data")
    assert opened.undo_titles() == ["S&OP: Check data"]


def test_a_table_does_not_grow_over_what_stands_below(opened):
    sheet, left, _, _, bottom = opened.range_of("tbl_baseline")
    opened.put_at(sheet, left, bottom + 2, "my note")
    before = frames_of(opened)
    says, _ = opened.command("demand_planning")
    assert "would grow over cell" in says
    assert opened.at(sheet, left, bottom + 2) == "my note"
    assert opened.undo_titles() == []
    assert_the_same(frames_of(opened), before)


def test_a_planners_column_and_formula_follow_their_rows(opened):
    _, _, top, _, bottom = opened.range_of("tbl_items")
    assert bottom > top + 1
    opened.command("run_all")
    first = opened.range_of("tbl_baseline")
    opened.widen("tbl_baseline", "My note")
    sheet, _, top, right, bottom = opened.range_of("tbl_baseline")
    assert right == first[3] + 1
    opened.put_at(sheet, right, top + 1, "keep me")
    opened.formula_at(sheet, right, bottom, 1)
    shown = opened.at(sheet, right, bottom)
    says, _ = opened.command("demand_planning")
    assert "Demand Planning" in says
    assert opened.at(sheet, right, top + 1) == "keep me"
    assert opened.at(sheet, right, bottom) == shown
    opened.undo()
    opened.redo()
    assert opened.at(sheet, right, top + 1) == "keep me"
    assert opened.at(sheet, right, bottom) == shown
