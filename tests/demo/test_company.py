"""The demo: the whole cycle on the real company, from its command."""

import os
import signal
import subprocess
import sys
import time
from datetime import datetime

import pytest

from sop_xl import cli
from sop_xl.workbook.book import open_book


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    assert cli.main(["demo", "--out", str(folder), "-q"]) == 0
    return folder / "SOP_demo.xlsx"


def test_the_demo_is_healthy(made):
    from sop_xl.workbook.health.checkup import checkup, listed

    assert not checkup(made), listed(checkup(made), made.name)


def test_the_demo_goes_through_all_six_steps(made):
    frames = open_book(made).read().frames
    steps = frames["steps"].set_index("step")["status"]
    assert len(steps) == 6
    assert steps.str.startswith("done").all()
    assert frames["versions"]["status"].tolist() == ["approved"]
    assert len(frames["monitor"])
    assert {"Base", "Upside", "Disruption"} == set(frames["scenario_kpis"]["scenario"])


def test_its_check_ends_with_0(made, capsys):
    assert cli.main(["check", str(made)]) == 0
    assert "stops" not in capsys.readouterr().out


def test_its_plan_closes_and_its_money_adds_up(made):
    frames = (
        open_book(made)
        .read(["projected_balance", "sop_grid", "bridge", "resource_load", "demand_history", "finance_totals"])
        .frames
    )
    wide = frames["projected_balance"].pivot_table(
        index=["item", "location", "period"], columns="measure", values="quantity"
    )
    gap = wide["opening"] + wide["receipts"] - wide["issues"] - wide["shipped"] - wide["closing"]
    assert gap.abs().max() < 1e-4
    bridge = frames["bridge"].pivot_table(index=["of", "family"], columns="step", values="money").fillna(0.0)
    assert (bridge.drop(columns="plan").sum(axis=1) - bridge["plan"]).abs().max() < 0.011
    load = frames["resource_load"].pivot_table(index=["resource", "period"], columns="measure", values="hours")
    assert (load["regular used"] <= load["regular capacity"] + 1e-4).all()
    assert (load["overtime used"] <= load["overtime capacity"] + 1e-4).all()
    history = frames["demand_history"].groupby("period")["quantity"].sum()
    finance = frames["finance_totals"].set_index("period")["quantity"]
    assert history.sub(finance).abs().max() == 0


def test_the_forecast_beats_naive_on_the_real_company(made):
    accuracy = (
        open_book(made).read(["accuracy"]).frames["accuracy"].query("level == 'total'").set_index("step")["wmape"]
    )
    assert accuracy["statistical"] < 0.8 * accuracy["naive"]
    assert accuracy["statistical"] < accuracy["seasonal naive"]


def test_a_demo_that_stands_there_is_kept(tmp_path):
    from sop_xl.demo import company

    path = tmp_path / "SOP_demo.xlsx"
    path.write_text("someone's work")
    given, kept = company.put(path, lambda part: part.write_text("new"), datetime(2020, 3, 4, 9))
    assert given == 3
    assert kept.read_text() == "someone's work"
    assert path.read_text() == "new"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["SOP_demo before 2020-03-04 090000.xlsx", "SOP_demo.xlsx"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signal to send to one process")
def test_ctrl_c_leaves_nothing_behind(tmp_path):
    command = [sys.executable, "-m", "sop_xl", "demo", "--out", str(tmp_path / "demo")]
    running = subprocess.Popen(
        command, start_new_session=True, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509 - before any thread
    )  # fmt: skip
    part = tmp_path / "demo" / "SOP_demo.part.xlsx"
    until = time.monotonic() + 60
    while not part.exists() and time.monotonic() < until:
        time.sleep(0.05)
    os.killpg(running.pid, signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "interrupted; nothing was written" in said
    assert "Traceback" not in said
    assert list((tmp_path / "demo").iterdir()) == []
