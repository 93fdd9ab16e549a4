"""A month in the workbook: three planners and an executive type, press buttons and sign in a real Calc, on the demo.

Everything a person does is typed into cells of the open workbook; everything else is done by the buttons of the menu.
At the end the workbook is saved by Calc, frozen for sharing, printed as a pack, and the next cycle is opened.
"""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from test_commands import frames_of

from sop_xl.cli import main
from sop_xl.demo.company import planned

NOW = datetime(2020, 3, 4, 9, 0)
FAMILY = "Mountain Bikes"
MAY, JUNE = "2020-05", "2020-06"
ROLES = ("VP Sales", "VP Operations", "CFO", "General manager")


def demand_of(frames, family, month):
    items = frames["items"].set_index("item")["family"]
    plan = frames["consensus"]
    mine = plan["item"].map(items).eq(family) & plan["period"].eq(f"{month}-01")
    return float(plan.loc[mine, "quantity"].sum())


def kpi(frames, scenario, name):
    rows = frames["scenario_kpis"].set_index(["scenario", "kpi"])["value"]
    return float(rows[scenario, name])


@pytest.fixture(scope="module")
def unsigned(tmp_path_factory):
    """The demo company, planned and not yet signed."""
    path = tmp_path_factory.mktemp("month") / "SOP.xlsx"
    planned(path, lambda _doing, _share: None, NOW).flush()
    return path


@pytest.fixture
def calc(office, unsigned):
    """The workbook open in Calc."""
    office.open(str(unsigned))
    yield office
    office.close()


def test_a_month_of_three_planners_and_an_executive(calc, tmp_path):
    ann_plans_demand(calc)
    bob_closes_a_gap(calc)
    cleo_leads_the_meeting(calc)
    version = everybody_signs(calc)
    ann_changes_her_mind(calc, version)
    the_file_is_shared(calc, tmp_path)
    the_next_cycle_opens(calc)


def press(calc, command):
    """Press a button; what it says."""
    says, _ = calc.command(command)
    return says


def ann_plans_demand(calc):
    """She types a promotion the statistics cannot know; undo takes the run back, not what she typed."""
    before = frames_of(calc)
    promotion = {
        "Override": "A-1", "Family": FAMILY, "First period": "2020-05-01", "Last period": "2020-06-01",
        "Kind": "percent", "Value": 0.3, "Reason": "Promotion", "Owner": "Ann", "Expires": "2020-06-30",
        "Note": "Leaflet agreed with three customers",
    }  # fmt: skip
    calc.add_row("tbl_overrides", promotion)
    assert press(calc, "demand_planning").startswith("Demand Planning: ")
    after = frames_of(calc)
    for month in (MAY, JUNE):
        assert demand_of(after, FAMILY, month) == pytest.approx(1.3 * demand_of(before, FAMILY, month), rel=0.02)
    assert after["override_radar"].set_index("override").loc["A-1", "status"] == "new"
    assert press(calc, "undo").startswith("undone: run demand_planning")
    undone = frames_of(calc)
    assert demand_of(undone, FAMILY, MAY) == demand_of(before, FAMILY, MAY)
    assert undone["overrides"]["override"].iloc[-1] == "A-1"
    assert press(calc, "redo").startswith("done again: run demand_planning")
    assert demand_of(frames_of(calc), FAMILY, MAY) == demand_of(after, FAMILY, MAY)


def bob_closes_a_gap(calc):
    """He balances supply, and takes the option that pays best for one of the gaps."""
    assert press(calc, "supply_planning").startswith("Supply Planning: ")
    assert press(calc, "pre_sop").startswith("Pre-S&OP: ")
    options = frames_of(calc)["gap_options"]
    assert options.groupby(["family", "period"]).size().min() >= 3
    best = options[options["recommended"] & options["changes"].ne("")].iloc[0]
    row = calc.row_where("tbl_gap_options", Option=best["option"], Family=best["family"], Rank=best["rank"])
    calc.type_into("tbl_gap_options", row, {"Take": True, "By": "Bob"})
    assert "Agreed options" in press(calc, "take_options")
    assert frames_of(calc)["scenario_changes"]["scenario"].eq("Agreed options").any()


def cleo_leads_the_meeting(calc):
    """The agreed options stand beside Base; what is decided and who does what is typed."""
    assert press(calc, "pre_sop").startswith("Pre-S&OP: ")
    frames = frames_of(calc)
    base, agreed = (
        kpi(frames, name, "Late units") + kpi(frames, name, "Lost units") for name in ("Base", "Agreed options")
    )
    assert agreed < base
    action = {"Action": "1", "Says": "Agree the extra hours with the works council", "Owner": "Bob",
              "Due": "2020-03-20", "Status": "open", "Raised": "2020-03"}  # fmt: skip
    decision = {"Decision": "D1", "Date": "2020-03-04", "Issue": "Promotion of bikes in May", "Decided": "As planned",
                "Who": "General manager", "Status": "open"}  # fmt: skip
    calc.add_row("tbl_actions", action)
    calc.add_row("tbl_decisions", decision)


def everybody_signs(calc):
    """Every role types approve; the plan is frozen and followed up."""
    assert "waits for approval" in press(calc, "executive_sop")
    for role in ROLES:
        row = calc.row_where("tbl_approvals", Role=role)
        signature = {"Name": f"{role[0]}. Example", "Decision": "approve", "Date": "2020-03-05"}
        calc.type_into("tbl_approvals", row, signature)
    said = press(calc, "executive_sop")
    version = re.search(r"version (\S+ v\d+) is approved and frozen", said)
    assert version, said
    assert press(calc, "execution").startswith("Execution: ")
    assert frames_of(calc)["due_this_cycle"].set_index("name").loc["1", "state"] == "due"
    return version[1]


def ann_changes_her_mind(calc, version):
    """The approved plan is locked, and says which of its numbers would be others."""
    row = calc.row_where("tbl_overrides", Override="A-1")
    calc.type_into("tbl_overrides", row, {"Value": 0.5})
    assert f"plan {version} is approved, and this would change" in press(calc, "demand_planning")
    calc.type_into("tbl_overrides", row, {"Value": 0.3})


def the_file_is_shared(calc, folder):
    """Saved by Calc, frozen for those who have nothing installed, printed as a pack."""
    saved, shared, paper = (folder / name for name in ("saved.xlsx", "shared.xlsx", "pack.pdf"))
    calc.save(str(saved), "Calc MS Excel 2007 XML")
    assert main(["freeze", str(saved), "--out", str(shared), "--quiet"]) == 0
    assert main(["freeze", "--check", str(shared)]) == 0
    assert main(["pack", str(saved), "--out", str(paper), "--quiet"]) == 0
    assert paper.read_bytes().startswith(b"%PDF")


def the_next_cycle_opens(calc):
    """What is typed is carried, and the override meets its new baseline."""
    assert press(calc, "next_cycle").startswith("cycle 2020-04 is open, as of 2020-03-31")
    frames = frames_of(calc)
    outcome = frames["rollover"].set_index("name")["outcome"].to_dict()
    assert (outcome["A-1"], outcome["1"], outcome["D1"]) == ("carried", "carried", "carried")
    assert frames["control"].set_index("setting").loc["cycle", "value"] == "2020-04"
    assert press(calc, "demand_planning").startswith("Demand Planning: ")
    assert frames_of(calc)["override_radar"].set_index("override").loc["A-1", "status"] in ("kept", "baseline moved")
