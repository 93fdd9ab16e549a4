"""The command `sop-xl balance`: a folder of tables in, a plan out."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from networks import draw_tables

from sop_xl.cli import main
from sop_xl.supply.plan import PlanSettings, balance


@pytest.fixture
def folder(tmp_path):
    """A plan's tables as a planner would save them."""
    place = tmp_path / "tables"
    place.mkdir()
    for name, frame in draw_tables(3).items():
        if len(frame):
            frame.to_csv(place / f"{name}.csv", index=False)
    return place


def plan_of(folder, *more):
    code = main(["balance", str(folder), "--out", str(folder.parent / "plan"), *more])
    assert code == 0
    return {path.stem: pd.read_csv(path, dtype={"supplier": str}) for path in (folder.parent / "plan").glob("*.csv")}


def test_the_files_hold_the_plan_of_the_frames(folder, capsys):
    found = plan_of(folder)
    plan = balance(draw_tables(3))
    assert set(found) == {
        "supply_plan", "projected_balance", "resource_load", "shortages", "constraint_prices", "costs",
    }  # fmt: skip
    assert found["costs"].set_index("kind")["cost"].to_dict() == pytest.approx(plan.costs.to_dict(), abs=1e-6)
    assert found["supply_plan"]["quantity"].sum() == pytest.approx(plan.supply_plan["quantity"].sum())
    said = capsys.readouterr().out
    assert f"{plan.kpis.service_share:.1%} of demand on time" in said
    assert plan.shortages.sort_values("money", ascending=False, kind="stable")["says"].iloc[0] in said


def test_settings_strategy_and_scenario_reach_the_plan(folder):
    changes = folder.parent / "upside.csv"
    changes.write_text("kind;target;value\ndemand;A;0.5\n", encoding="utf-8")
    found = plan_of(
        folder, "--strategy", "level", "--scenario", str(changes), "--set", "short_policy=lost", "--set", "lost_rate=2"
    )
    tables = draw_tables(3)
    more = tables["demand"]["quantity"].where(tables["demand"]["item"].ne("A"), tables["demand"]["quantity"] * 1.5)
    rules = PlanSettings(short_policy="lost", lost_rate=2.0)
    plan = balance({**tables, "demand": tables["demand"].assign(quantity=more)}, settings=rules, strategy="level")
    assert found["costs"].set_index("kind")["cost"].to_dict() == pytest.approx(plan.costs.to_dict(), abs=1e-6)


def test_a_readable_programme_is_written(folder):
    assert main(["balance", str(folder), "--lp", str(folder.parent / "plan.lp")]) == 0
    text = (folder.parent / "plan.lp").read_text(encoding="utf-8")
    assert "stock_balance(A,PLANT,2020_04):" in text


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"items.csv": None}, "a plan needs the table items"),
        ({"demand.csv": "item,location,period,quantity\nA,PLANT,2020-04,many\n"}, "quantity must be a number, got 'many'"),
        ({"demand.csv": "item,location,period,quantity\nA,PLANT,soon,5\n"}, "the table demand has a period that is no date"),
        ({"bom.csv": "assembly,component,quantity\nA,A,1\n"}, "the bill of materials runs in a circle: A -> A"),
    ],
)  # fmt: skip
def test_bad_tables_are_answered_in_a_sentence_and_nothing_is_written(folder, capsys, change, says):
    for name, text in change.items():
        path = folder / name
        path.unlink()
        if text is not None:
            path.write_text(text, encoding="utf-8")
    assert main(["balance", str(folder), "--out", str(folder.parent / "plan")]) == 2
    assert says in capsys.readouterr().err
    assert not (folder.parent / "plan").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--set", "speed=9"], 2, "there is no setting 'speed'"),
        (["--set", "frozen_months=soon"], 2, "the setting frozen_months must be a number, got 'soon'"),
        (["--set", "fair_sharing=perhaps"], 2, "the setting fair_sharing must be yes or no, got 'perhaps'"),
        (["--strategy", "greedy"], 2, "there is no strategy 'greedy'"),
        (["--scenario", "missing.csv"], 3, "missing.csv cannot be read"),
    ],
)
def test_wrong_usage(folder, capsys, arguments, code, says):
    assert main(["balance", str(folder), "--out", str(folder.parent / "plan"), *arguments]) == code
    assert says in capsys.readouterr().err


def test_what_there_is_to_fill_is_listed(capsys):
    assert main(["balance", "--tables"]) == 0
    assert "supplier_limits" in capsys.readouterr().out
    assert main(["balance", "--settings"]) == 0
    assert "frozen_months" in capsys.readouterr().out


def test_a_folder_without_tables(tmp_path, capsys):
    assert main(["balance", str(tmp_path), "--out", str(tmp_path / "plan")]) == 3
    assert "holds none of the tables of a plan" in capsys.readouterr().err


def test_the_guide_shows_what_the_command_says(tmp_path, capsys):
    guide = Path(__file__).resolve().parent.parent / "docs" / "guide"
    assert main(["balance", str(guide / "bikes"), "--out", str(tmp_path / "plan")]) == 0
    said = capsys.readouterr().out.replace(str(tmp_path / "plan"), "plan")
    assert said in (guide / "balance-command.md").read_text(encoding="utf-8")
