"""The command line as a planner uses it, on the small company in a real workbook."""

import subprocess
import sys

import company
import pytest

from sop_xl import __version__, cli
from sop_xl.workbook.book import open_book
from sop_xl.workbook.tables import TABLES

SIGNERS = ("VP Sales", "VP Operations", "CFO", "General manager")


def sop_xl(*arguments):
    return cli.main([str(a) for a in arguments])


@pytest.fixture(scope="module")
def month(tmp_path_factory):
    """A workbook that went through a whole month, and everything that was printed on the way."""
    from sop_xl.cycle.start import start

    folder = tmp_path_factory.mktemp("month")
    path = folder / "plan.xlsx"
    start(path, {"as_of": company.AS_OF, "horizon": 6, "company": "Small", "frozen_months": 0})
    open_book(path).write({n: f for n, f in company.frames().items() if n != "control"})
    assert sop_xl("run", path, "-q") == 0
    for role in SIGNERS:
        assert sop_xl("approve", path, "--role", role, "--name", "X", "-q") == 0
    assert sop_xl("run", path, "--step", "executive_sop", "--step", "execution", "-q") == 0
    return path


def test_a_month_from_gathering_to_execution(month, capsys):
    assert sop_xl("status", month) == 0
    shown = capsys.readouterr().out
    assert "Small: cycle 2026-07, as of 2026-06-30, 6 months, USD" in shown
    assert "plan 2026-07 v1: approved" in shown
    assert "out of date" not in shown
    assert "open" not in [line.split("  ")[1].strip() for line in shown.splitlines()[1:7]]


def test_codes_stay_text(month):
    frames = open_book(month).read(["items", "consensus", "supply_plan"]).frames
    for frame in frames.values():
        assert "007" in set(frame["item"])
        assert "7" not in set(frame["item"])


def test_check_ends_with_0_and_counts_the_checks(month, capsys):
    assert sop_xl("check", month) == 0
    assert "checks found nothing" in capsys.readouterr().out


def test_export_writes_what_the_book_holds(month, tmp_path, capsys):
    assert sop_xl("export", month, "--out", tmp_path / "all") == 0
    assert f"{len(TABLES)} tables written" in capsys.readouterr().out
    again = open_book(tmp_path / "all").read(["consensus"]).frames["consensus"]
    there = open_book(month).read(["consensus"]).frames["consensus"]
    assert again.reset_index(drop=True).equals(there.reset_index(drop=True))
    assert sop_xl("export", month, "--out", tmp_path / "one", "--table", "gaps", "-q") == 0
    assert [p.name for p in (tmp_path / "one").iterdir()] == ["gaps.csv"]


def test_one_scenario_alone(month, tmp_path, capsys):
    import shutil

    copy = shutil.copy(month, tmp_path / "copy.xlsx")
    before = open_book(copy).read(["scenario_kpis"]).frames["scenario_kpis"]
    assert sop_xl("run", copy, "--step", "pre_sop", "--scenario", "Upside") == 0
    after = open_book(copy).read(["scenario_kpis"]).frames["scenario_kpis"]
    key = ["scenario", "kpi"]
    assert after.sort_values(key)["value"].tolist() == pytest.approx(before.sort_values(key)["value"].tolist())
    assert sop_xl("run", copy, "--step", "pre_sop", "--scenario", "Flood") == 2
    assert "there is no scenario 'Flood'; sheet Scenarios has Base, Upside, Disruption" in capsys.readouterr().err


def test_undo_takes_back_the_last_command(month, tmp_path, capsys):
    import shutil

    copy = shutil.copy(month, tmp_path / "copy.xlsx")
    assert sop_xl("roll", copy) == 0
    assert "cycle 2026-08 is open" in capsys.readouterr().out
    assert sop_xl("undo", copy) == 0
    assert "undone: roll of" in capsys.readouterr().out
    names = [n for n in TABLES if n not in ("audit_log", "journal")]
    was, now = open_book(month).read(names).frames, open_book(copy).read(names).frames
    for name in names:
        assert now[name].reset_index(drop=True).equals(was[name].reset_index(drop=True)), name


def test_a_folder_of_csv_files_is_a_book_too(tmp_path, capsys):
    folder = tmp_path / "plan"
    assert sop_xl("new", folder, "--as-of", "2026-06-30", "--horizon", 6) == 0
    open_book(folder).write(company.frames())
    assert sop_xl("run", folder, "-q") == 0
    assert sop_xl("status", folder) == 0
    assert "waits for approval" in capsys.readouterr().out
    assert sop_xl("check", folder) == 0


def test_a_new_workbook_is_empty_but_sound(tmp_path, capsys):
    assert sop_xl("new", tmp_path / "plan.xlsx", "--company", "Mine", "--currency", "EUR", "--as-of", "2026-10-31") == 0
    assert sop_xl("status", tmp_path / "plan.xlsx") == 0
    assert "Mine: cycle 2026-11, as of 2026-10-31, 12 months, EUR" in capsys.readouterr().out
    assert sop_xl("check", tmp_path / "plan.xlsx") == 1
    assert "there is no demand history" in capsys.readouterr().out


def test_help_and_version_are_quick_to_read(capsys):
    assert sop_xl() == 0
    assert "first steps:" in capsys.readouterr().out
    with pytest.raises(SystemExit) as done:
        sop_xl("--version")
    assert done.value.code == 0
    assert capsys.readouterr().out.strip() == f"sop-xl {__version__}"
    for name in ("demo", "new", "gather", "run", "check", "status", "export", "approve", "roll", "undo"):
        with pytest.raises(SystemExit) as done:
            sop_xl(name, "--help")
        assert done.value.code == 0
        assert "examples:" in capsys.readouterr().out


def test_the_module_runs_as_the_command():
    done = subprocess.run([sys.executable, "-m", "sop_xl", "run"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "usage: sop-xl run" in done.stderr


def test_progress_is_shown_on_a_terminal_only(capsys):
    import io

    from sop_xl.terminal import progress

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    screen, pipe = Terminal(), io.StringIO()
    for stream in (screen, pipe):
        with progress("working", stream=stream) as report:
            report("half way", 0.5)
    assert "half way" in screen.getvalue()
    assert "50 %" in screen.getvalue()
    assert pipe.getvalue() == ""
