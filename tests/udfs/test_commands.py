"""Buttons: every one is declared, does what the terminal does, and fails with a sentence and nothing written."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from sop_xl.cycle import desk
from sop_xl.cycle.run import STEPS, run
from sop_xl.errors import PlanningError
from sop_xl.workbook.sent import SentBook
from udfs import commands
from udfs.registry import COMMANDS

WRITES_NOTHING = {"status", "summary", "about"}


def silent(_doing, _share):
    """Report to nobody."""


@pytest.fixture
def heard():
    """What progress said."""
    said = []

    def progress(doing, share):
        assert 0 <= share <= 1
        said.append(doing)

    progress.said = said
    return progress


@pytest.fixture(scope="module")
def planned():
    """The small company after all steps, made once."""
    import company
    from books import MemoryBook

    book = MemoryBook(company.frames())
    run(book)
    return book.frames


@pytest.fixture
def done(memory, planned):
    """A book of its own with the planned company."""
    memory.frames = dict(planned)
    return memory


def test_every_step_and_group_has_its_button():
    assert set(STEPS) <= set(COMMANDS)
    assert [group for group in commands.GROUPS if any(c.group == group for c in COMMANDS.values())] == list(
        commands.GROUPS
    )
    assert list(dict.fromkeys(c.group for c in COMMANDS.values())) == list(commands.GROUPS), "buttons follow the cycle"


def test_buttons_fit_the_ribbon():
    tips = [c.key_tip for c in COMMANDS.values()]
    assert len(set(tips)) == len(tips)
    for spec in COMMANDS.values():
        assert spec.key_tip.isalnum()
        assert spec.key_tip.isupper()
        assert len(spec.key_tip) <= 3
        assert 0 < len(spec.label) <= 20
        assert 0 < len(spec.says) <= 1024
        assert spec.icon.isalnum()


def test_run_all_does_what_the_terminal_does(memory, small, heard):
    from books import MemoryBook

    says = COMMANDS["run_all"].run(memory, heard)
    assert says.startswith("Data Gathering: ")
    assert "Execution: waits for an approved plan" in says
    assert heard.said
    other = MemoryBook(small)
    run(other)
    for name in ("consensus", "supply_plan", "scorecard"):
        pd.testing.assert_frame_equal(memory.frames[name], other.frames[name])


def test_a_step_runs_alone_and_undo_puts_it_back(memory, heard):
    before = {name: frame.copy() for name, frame in memory.frames.items()}
    says = COMMANDS["data_gathering"].run(memory, heard)
    assert "tables changed" in says
    assert COMMANDS["undo"].run(memory, heard).startswith("undone: run data_gathering of ")
    pd.testing.assert_frame_equal(
        memory.frames["steps"].reset_index(drop=True), before["steps"].reset_index(drop=True), check_dtype=False
    )
    with pytest.raises(PlanningError, match="nothing to undo"):
        COMMANDS["undo"].run(memory, heard)


def test_checks_are_listed_and_counted(memory):
    says = COMMANDS["check_data"].run(memory, silent)
    assert "issue" in says or says == "the checks found nothing"
    assert memory.writes == 1


@pytest.mark.parametrize("name", sorted(WRITES_NOTHING))
def test_reading_commands_write_nothing(done, name):
    assert COMMANDS[name].run(done, silent)
    assert done.writes == 0


def test_status_names_the_steps_and_the_plan(done):
    says = COMMANDS["status"].run(done, silent)
    assert "Demand Planning: done" in says
    assert ": draft" in says


def test_summary_tells_the_scorecard_and_needs_one(done, memory, small):
    says = COMMANDS["summary"].run(done, silent)
    assert "Service level: " in says
    assert "nan" not in says
    memory.frames = dict(small)
    with pytest.raises(PlanningError, match="no scorecard yet"):
        COMMANDS["summary"].run(memory, silent)


def test_approve_signs_only_for_the_person_who_presses(done, monkeypatch):
    monkeypatch.setattr(desk, "user_name", lambda: "ann")
    with pytest.raises(PlanningError, match="no open signature on sheet Decisions has the name ann"):
        COMMANDS["approve"].run(done, silent)
    assert done.writes == 0
    typed = done.frames["approvals"].copy()
    typed.loc[0, "name"], typed.loc[1, "name"] = "Ann", "Bob"
    done.frames["approvals"] = typed
    says = COMMANDS["approve"].run(done, silent)
    signed = done.frames["approvals"]
    assert signed["decision"].eq("approve").sum() == 1
    assert signed.loc[0, "decision"] == "approve"
    assert f"{signed.loc[0, 'role']} (Ann): version" in says


def test_a_failure_is_a_sentence_and_writes_nothing(done):
    with pytest.raises(PlanningError) as caught:
        COMMANDS["next_cycle"].run(done, silent)
    assert "\n" not in str(caught.value)
    assert done.writes == 0


def test_tables_are_exported_beside_nobody_else(done, tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    done.where = "../..\\plan:march.xlsx"
    says = COMMANDS["export_tables"].run(done, silent)
    folders = list((tmp_path / "S&OP exports").iterdir())
    assert len(folders) == 1
    assert (folders[0] / "consensus.csv").exists()
    assert str(folders[0]) in says


@pytest.mark.parametrize("name", ["approve", "export_tables", "freeze_copy"])
def test_tables_sent_from_elsewhere_are_neither_signed_nor_put_on_disk(name, tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    with pytest.raises(PlanningError, match="nobody knows who asks"):
        COMMANDS[name].run(SentBook("plan.xlsx", {}), silent)
    assert not list(tmp_path.iterdir())
