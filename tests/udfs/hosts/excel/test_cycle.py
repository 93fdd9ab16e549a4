"""Every button on the whole planning workbook in the small Excel: the same words and the same tables as in memory."""

import importlib.util
import re
from pathlib import Path

import company
import pandas as pd
import pytest
from books import MemoryBook

from sop_xl.cycle import desk
from sop_xl.cycle.run import STEPS
from sop_xl.errors import PlanningError
from sop_xl.workbook.live import LiveBook
from sop_xl.workbook.tables import TABLES
from udfs.hosts.excel import build, commands
from udfs.registry import COMMANDS

_spec = importlib.util.spec_from_file_location(
    "excel_engine", Path(__file__).parents[3] / "workbook" / "excel_engine.py"
)
assert _spec is not None
engine = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(engine)
build.declare_all()
PRESSED = (
    "check_data", "run_all", "approve", "executive_sop", "status", "summary", "export_tables", "next_cycle", "undo",
    "supply_planning", "undo", "redo", "explain_number", "about",
)  # fmt: skip
ME = "Ann Example"
TIMES = {"finished", "created", "when", "seconds", "inputs_hash"}
"""Columns of times; the hash is taken of tables that hold some."""


class App(engine.App):
    """The small Excel with events and a status bar."""

    enable_events = True
    status_bar = False


@pytest.fixture(scope="module")
def pressed(tmp_path_factory):
    """Each button pressed in Excel and run in memory: its name, both texts, and the tables that differ."""
    patch = pytest.MonkeyPatch()
    patch.setattr(engine, "App", App)
    patch.setattr(Path, "home", tmp_path_factory.getbasetemp)
    small = engine.started()
    frames = company.frames()
    for name in frames:
        header = [column.label for column in TABLES[name].columns]
        engine.add_table(small.book.add(name), TABLES[name].excel_name, 4, 1, header, [[None] * len(header)])
    live, memory = LiveBook(small.xw), MemoryBook(frames)
    live.write(frames)
    memory.where = live.where
    patch.setattr(desk, "user_name", lambda: ME)
    found = []
    for name in PRESSED:
        if name == "approve":
            names = memory.frames["approvals"].assign(name=ME)
            memory.write({"approvals": names})
            live.write({"approvals": names})
        in_memory = said(name, memory)
        told = commands.pressed(name, small.xw)
        state = (small.app.screen_updating, small.app.calculation, small.app.enable_events, small.app.status_bar)
        found.append((name, plain(told.text), plain(in_memory), unlike(live, memory), state))
    patch.undo()
    return found


def said(name, memory):
    try:
        return COMMANDS[name].run(memory, lambda *_: None)
    except PlanningError as error:
        return str(error)


def plain(text):
    """A message without what may differ: the seconds it took."""
    return re.sub(r"\d+\.\d s\b", "x s", text)


def unlike(live, memory):
    """The tables that differ, times aside."""
    read = live.read().frames
    names = []
    for name, there in memory.frames.items():
        here = read[name]
        columns = [c for c in there.columns if c not in TIMES]
        keys = [key for key in TABLES[name].keys if key in columns]
        a, b = (
            (f.sort_values(keys, kind="stable") if keys else f)[columns].reset_index(drop=True) for f in (here, there)
        )
        try:
            pd.testing.assert_frame_equal(a, b, check_dtype=False)
        except AssertionError:
            names.append(name)
    return names


def test_all_buttons_are_pressed():
    """The other steps are what Run all runs; the others still need something typed, or a file on the disk."""
    typed = {"apply_override_choices", "take_options", "add_scenarios", "promote_scenario", "reopen"}
    of_a_file = {"pack", "freeze_copy", "health_check", "rehearse"}
    assert set(COMMANDS) - set(PRESSED) <= set(STEPS) | typed | of_a_file


@pytest.mark.parametrize("at", range(len(PRESSED)), ids=[f"{at}-{name}" for at, name in enumerate(PRESSED)])
def test_a_button_does_in_excel_what_it_does_in_memory(pressed, at):
    name, told, in_memory, unlike, state = pressed[at]
    assert name == PRESSED[at]
    assert told == in_memory
    assert [n for n in unlike if n not in ("journal", "audit_log")] == []
    assert state == (True, "semiautomatic", True, False)
