"""The meeting through the file: edits saved into the workbook, commands from the terminal, a month from start to roll.

`tests/udfs/hosts/calc/test_month.py` plays a month in a real Calc with the buttons; this one needs nothing installed.
"""

import re

import company
import pytest
from editing import set_cell

from sop_xl.cli import main
from sop_xl.workbook.book import open_book
from sop_xl.workbook.tables import TABLES

ROLES = ("VP Sales", "VP Operations", "CFO", "General manager")


@pytest.fixture
def sop_xl(capsys):
    """Runs a command line that must succeed; what it printed."""

    def run(*arguments):
        code = main([str(a) for a in arguments])
        out = capsys.readouterr()
        assert code == 0, out.err
        return out.out

    return run


def frames(path):
    return open_book(path).read(TABLES).frames


def demand(path, item):
    plan = frames(path)["consensus"]
    return plan[plan["item"].eq(item)].groupby("period")["quantity"].sum()


def test_a_month_through_the_file(workbook, tmp_path, sop_xl, capsys):
    plan = workbook
    assert sop_xl("run", plan).splitlines()[0].startswith("Data Gathering")

    # the demand planner types a stronger override into the file and plans again
    row = frames(plan)["overrides"].reset_index(drop=True).iloc[0]
    before = demand(plan, row["item"]) if row["item"] else None
    set_cell(plan, "overrides", "Value", 0, 0.6)
    assert "1 of 1 overrides applied" in sop_xl("run", plan, "--step", "demand_planning")
    assert frames(plan)["overrides"]["value"].iloc[0] == 0.6
    if before is not None:
        assert demand(plan, row["item"]).sum() > before.sum()
    assert "O-1" in sop_xl("overrides", plan)

    # a work center loses most of its hours: gaps, options, one is taken, the scenario shows it
    hours = frames(plan)["capacity"]
    regular = hours[hours["measure"].eq("regular")].reset_index(drop=True)
    for month in ("2026-08", "2026-09", "2026-10"):
        set_cell(plan, "capacity", month, 0, float(regular["hours"].max()) * 0.1)
    sop_xl("run", plan, "--step", "supply_planning", "--step", "pre_sop")
    gaps = frames(plan)["gaps"]
    assert len(gaps)
    worst = gaps.iloc[0]
    options = frames(plan)["gap_options"]
    mine = options[options["family"].eq(worst["family"]) & options["period"].eq(worst["period"])]
    assert len(mine) >= 3
    best = mine[mine["changes"].ne("")].iloc[0]
    sop_xl("options", plan, "--take", f"{worst['family']} {worst['period']:%Y-%m}", "--option", best["option"])
    sop_xl("run", plan, "--step", "pre_sop")
    kpis = frames(plan)["scenario_kpis"].set_index(["scenario", "kpi"])["value"]
    assert kpis["Agreed options", "Service level"] >= kpis["Base", "Service level"]
    assert "Agreed options" in sop_xl("scenario", plan, "--compare")

    # executives sign; the signed plan is locked
    sop_xl("run", plan, "--step", "executive_sop")
    for role in ROLES:
        sop_xl("approve", plan, "--role", role, "--name", "A. Example")
    assert re.search(r"version 2026-07 v\d+ is approved and frozen", sop_xl("run", plan, "--step", "executive_sop"))
    assert "Execution" in sop_xl("run", plan, "--step", "execution")
    set_cell(plan, "overrides", "Value", 0, 0.9)
    assert main(["run", str(plan), "--quiet"]) != 0
    assert "reopen it first" in capsys.readouterr().err
    set_cell(plan, "overrides", "Value", 0, 0.6)

    # the file is shared, printed, explained and looked over
    sop_xl("freeze", plan, "--out", tmp_path / "shared.xlsx")
    sop_xl("freeze", "--check", tmp_path / "shared.xlsx")
    sop_xl("pack", plan, "--out", tmp_path / "pack.pdf")
    assert (tmp_path / "pack.pdf").read_bytes().startswith(b"%PDF")
    consensus = frames(plan)["consensus"].iloc[0]
    said = sop_xl("explain", plan, "--table", "consensus", "--key", f"item={consensus['item']}", "--key",
                  f"channel={consensus['channel']}", "--key", f"region={consensus['region']}", "--key",
                  f"period={consensus['period']:%Y-%m}")  # fmt: skip
    assert f"{consensus['quantity']:,.10g}" in said

    # the next cycle, and back again
    assert "cycle 2026-08 is open" in sop_xl("roll", plan)
    assert frames(plan)["control"].set_index("setting").loc["cycle", "value"] == "2026-08"
    assert "roll" in sop_xl("undo", plan)
    assert frames(plan)["control"].set_index("setting").loc["cycle", "value"] == "2026-07"
    assert "roll" in sop_xl("redo", plan)
    assert frames(plan)["control"].set_index("setting").loc["as_of", "value"] != company.AS_OF
