"""Buttons over the real xlwings and a small Excel: the tables are written, Excel is left as it was, and words are plain."""

import _thread
import importlib.util
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from sop_xl.errors import BookError
from udfs.hosts.excel import build, commands
from udfs.hosts.excel.commands import Told, pressed
from udfs.hosts.excel.escape import Escape, escape_is_down
from udfs.registry import COMMANDS

_spec = importlib.util.spec_from_file_location(
    "excel_engine", Path(__file__).parents[3] / "workbook" / "excel_engine.py"
)
assert _spec is not None
engine = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(engine)
build.declare_all()


class App(engine.App):
    """The small Excel with events, a status bar and messages."""

    def __init__(self):
        super().__init__()
        self.events, self.bar, self.said = True, False, []

    @property
    def enable_events(self):
        return self.events

    @enable_events.setter
    def enable_events(self, value):
        self.events = value

    @property
    def status_bar(self):
        return self.bar

    @status_bar.setter
    def status_bar(self, value):
        self.bar = value
        self.log.append(("bar", value))

    def alert(self, prompt, title, buttons, mode, callback):
        self.said.append((prompt, title, mode))
        return "ok"

    @property
    def state(self):
        return (self.screen_updating, self.calculation, self.events, self.bar)


@pytest.fixture
def excel(monkeypatch):
    monkeypatch.setattr(engine, "App", App)
    small = engine.started()
    sheet = small.book.add("Gaps")
    from sop_xl.workbook.tables import TABLES

    header = [c.label for c in TABLES["gaps"].columns]
    engine.add_table(sheet, "tbl_gaps", 4, 1, header, [["007", None, 1.0, 2.0, 3.0, 4.0, "", "", "", None, "", ""]])
    monkeypatch.setattr(commands, "LEAST_BETWEEN", 0.0)
    return small


@pytest.fixture
def button(monkeypatch):
    """Declares a button that does something."""

    def declare(run, **kwargs):
        spec = replace(COMMANDS["undo"], name="thing", label="Do it", run=run, **kwargs)
        monkeypatch.setitem(COMMANDS, "thing", spec)

    return declare


def test_a_button_reads_and_writes_and_tells(excel, button):
    def run(book, progress):
        progress("reading", 0.1)
        frames = book.read(["gaps"]).frames
        assert not excel.app.screen_updating
        assert not excel.app.enable_events
        book.write({"gaps": frames["gaps"].assign(cause="rush")})
        progress("done", 1.0)
        return "one table changed"

    button(run)
    before = excel.app.state
    assert pressed("thing", excel.xw) == Told("one table changed")
    assert excel.app.state == before
    assert ("bar", "S&OP: Do it: reading 10%") in excel.app.log
    assert excel.app.log[-1] == ("bar", False)
    from sop_xl.workbook.live import LiveBook

    assert LiveBook(excel.xw).read(["gaps"]).frames["gaps"]["cause"].tolist() == ["rush"]


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (BookError("sheet Items has no row"), "sheet Items has no row"),
        (ZeroDivisionError("deep inside"), "Do it failed inside sop_xl (ZeroDivisionError); nothing was written."),
        (KeyboardInterrupt(), "Do it was stopped with Esc; nothing was written"),
    ],
)
def test_what_fails_is_said_in_plain_words_and_excel_is_left_as_it_was(
    excel, button, error, says, tmp_path, monkeypatch
):
    monkeypatch.setattr(commands, "log_file", lambda: tmp_path / "log" / "sop_xl.log")

    def run(_book, progress):
        progress("working", 0.5)
        raise error

    button(run)
    before = excel.app.state
    told = pressed("thing", excel.xw)
    assert told.text.startswith(says)
    assert not told.good
    assert "Traceback" not in told.text
    assert excel.app.state == before
    if isinstance(error, ZeroDivisionError):
        log = (tmp_path / "log" / "sop_xl.log").read_text(encoding="utf-8")
        assert "deep inside" in log
        assert "Traceback" in log
        assert str(tmp_path) in told.text


def test_a_command_the_add_in_does_not_know(excel):
    told = pressed("unheard_of", excel.xw)
    assert "there is no command 'unheard_of'" in told.text
    assert not told.good


def test_about_needs_no_planning_workbook(excel):
    told = pressed("about", excel.xw)
    assert told.good
    assert "functions" in told.text


def test_a_workbook_without_tables_is_said(excel):
    told = pressed("summary", excel.xw)
    assert not told.good
    assert "failed inside" not in told.text


def test_run_tells_through_excel(excel, button, monkeypatch):
    import xlwings

    button(lambda _book, _progress: "all is well")
    monkeypatch.setattr(xlwings.Book, "caller", classmethod(lambda _cls: excel.xw))
    commands.run("thing")
    assert excel.app.said == [("all is well", "S&OP", "info")]
    commands.run("unheard_of")
    assert excel.app.said[1][2] == "critical"


def test_run_outside_excel_says_so_and_raises_nothing(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(commands, "log_file", lambda: tmp_path / "sop_xl.log")
    commands.run("undo")
    assert "S&OP:" in capsys.readouterr().err
    assert (tmp_path / "sop_xl.log").exists()


def test_the_doctor_is_a_button(excel):
    told = pressed("host_check", excel.xw)
    assert "system" in told.text or "add-in" in told.text


class User32:
    """Windows' keyboard and windows."""

    def __init__(self, front, state):
        self.front, self.state = front, state

    def GetForegroundWindow(self):  # noqa: N802
        return self.front

    def GetAsyncKeyState(self, key):  # noqa: N802
        assert key == 0x1B
        return self.state


@pytest.mark.parametrize(
    ("front", "state", "stops"), [(7, -32768, True), (7, 0, False), (8, -32768, False), (7, 1, False)]
)
def test_esc_counts_only_while_excel_is_in_front(front, state, stops):
    assert escape_is_down(User32(front, state), 7) is stops


def test_esc_stops_a_command_before_it_writes(excel, button):
    held = threading.Event()

    def run(_book, _progress):
        held.set()
        for _ in range(500):
            time.sleep(0.01)
        return "never"

    button(run)
    told = pressed("thing", excel.xw, Escape(held.is_set, between=0.001))
    assert told.text == "Do it was stopped with Esc; nothing was written"
    assert excel.app.writes == 0


def test_esc_does_not_stop_a_write(excel, button):
    """From the moment a command begins to write the key is not looked at."""
    writing = threading.Event()

    def run(book, _progress):
        frames = book.read(["gaps"]).frames
        put = excel.app.wrote

        def slow():
            writing.set()
            time.sleep(0.05)
            put()

        excel.app.wrote = slow
        book.write(frames)
        return "written"

    button(run)
    assert pressed("thing", excel.xw, Escape(writing.is_set, between=0.001)) == Told("written")


def test_nothing_is_watched_without_a_key(monkeypatch):
    interrupted = []
    monkeypatch.setattr(_thread, "interrupt_main", lambda: interrupted.append(1))
    with Escape(None) as escape:
        escape.end()
    with Escape(lambda: True, between=0.001):
        time.sleep(0.05)
    assert interrupted == [1]
