"""`sop-xl scenario` on a real workbook: listed, added, compared, promoted, removed, and undone with the same file."""

from pathlib import Path

import company
import pytest
from books import MemoryBook

from sop_xl.cli import main
from sop_xl.cycle.run import run
from sop_xl.workbook.book import open_book
from udfs import commands


def sop_xl(*words):
    return main([str(w) for w in words])


@pytest.fixture
def plan(workbook, planned_frames):
    """The small company, planned, in a workbook."""
    open_book(workbook).write({n: f for n, f in planned_frames.items() if n not in ("audit_log", "journal")})
    return workbook


def frames(path, *names):
    return open_book(path).read(names).frames


def test_listed_and_side_by_side(plan, capsys):
    assert sop_xl("scenario", plan) == 0
    out = capsys.readouterr().out
    assert "demand +15 %" in out
    assert "capacity of busiest -40 %, months 2 to 4; lead time +30 days" in out
    assert sop_xl("scenario", plan, "--compare") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["Base", "Upside", "Disruption"]
    revenue = next(n for n, line in enumerate(lines) if line.strip().startswith("Revenue [USD]"))
    base, upside, _ = (float(word.replace(",", "")) for word in lines[revenue].split()[2:])
    assert float(lines[revenue + 1].split()[0].replace(",", "")) == pytest.approx(upside - base, abs=1)
    assert sop_xl("scenario", plan, "--kinds") == 0
    assert "supplier out" in capsys.readouterr().out


def test_added_computed_promoted_and_undone(plan, capsys):
    assert sop_xl("scenario", plan, "--library") == 0
    assert "capacity of Assembly -40 %, months 2 to 4" in capsys.readouterr().out
    assert sop_xl("scenario", plan, "--add", "machine down", "--as", "Press broken") == 0
    assert "Press broken: capacity of Assembly -40 %, months 2 to 4" in capsys.readouterr().out
    before = frames(plan, "capacity")["capacity"].reset_index(drop=True)
    assert sop_xl("scenario", plan, "--promote", "Press broken") == 0
    assert "capacity of Assembly -40 %, months 2 to 4 -> sheet Capacity" in capsys.readouterr().out
    hours = frames(plan, "capacity")["capacity"].query("measure == 'regular'").set_index("period")["hours"]
    assert hours.sort_index().tolist() == pytest.approx([300, 180, 180, 180, 300, 300])
    listed = frames(plan, "scenarios")["scenarios"].set_index("scenario")
    assert listed.loc["Press broken", "promoted"].startswith("2026-07, ")
    assert sop_xl("undo", plan) == 0
    key = ["resource", "measure", "period"]
    now = frames(plan, "capacity")["capacity"]
    assert now.sort_values(key)["hours"].tolist() == before.sort_values(key)["hours"].tolist()
    assert sop_xl("scenario", plan, "--remove", "Press broken", "-q") == 0
    assert "Press broken" not in set(frames(plan, "scenario_changes")["scenario_changes"]["scenario"])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--add", "Flood"], "there is no template 'Flood'"),
        (["--add", "Strike", "--as", "Upside"], "there is a scenario 'Upside' already"),
        (["--as", "Flood"], "give --add TEMPLATE too"),
        (["--promote", "Base"], "Base is the plan already"),
        (["--remove", "Flood"], "there is no scenario 'Flood'"),
        (["--promote", ""], "--promote needs a name"),
        (["--add", " ", "--as", "Flood"], "--add needs a name"),
    ],
)
def test_what_cannot_be_done_is_said_and_leaves_the_file(plan, capsys, words, says):
    before = Path(plan).read_bytes()
    assert sop_xl("scenario", plan, *words) == 2
    assert says in capsys.readouterr().err
    assert Path(plan).read_bytes() == before


def test_no_figures_yet(workbook, capsys):
    assert sop_xl("scenario", workbook, "--compare") == 2
    assert "no scenario has figures yet; run Pre-S&OP first" in capsys.readouterr().err


def test_the_library_of_an_empty_workbook_says_what_it_needs(tmp_path, capsys):
    path = tmp_path / "empty.xlsx"
    assert sop_xl("new", path, "--as-of", "2026-06-30", "-q") == 0
    assert sop_xl("scenario", path, "--library") == 0
    assert "not here: there is no demand plan yet; run Demand Planning first" in capsys.readouterr().out
    assert sop_xl("scenario", path, "--add", "Demand slump", "-q") == 0
    assert sop_xl("scenario", path, "--promote", "Upside", "-q") == 0


def test_the_buttons_do_the_same(planned):
    book = MemoryBook(planned.frames)
    book.frames["scenario_library"] = book.frames["scenario_library"].assign(add=lambda f: f["template"].eq("Strike"))
    assert commands.add_scenarios(book, lambda *_: None).startswith("Strike: capacity of Assembly -100 %")
    book.frames["scenarios"] = book.frames["scenarios"].assign(promote=lambda f: f["scenario"].eq("Strike"))
    assert "-> sheet Capacity" in commands.promote_scenario(book, lambda *_: None)
    run(book, ("pre_sop",), now=company.NOW)
    assert "Strike" not in set(book.frames["scenario_kpis"]["scenario"])
