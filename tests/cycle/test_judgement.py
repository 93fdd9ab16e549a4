"""Value added over the history replayed, and the list of anomalies."""

import company
import pandas as pd
import pytest

from sop_xl.cycle import judgement
from sop_xl.cycle.run import run


def test_the_stairs_of_the_history_are_the_accuracies(planned):
    stairs = planned.frames["fva"].query("told_by == 'step' and step != 'whole process'")
    table = planned.frames["accuracy"].query("level != 'item'").set_index(["name", "step"])["wmape"]
    mine = stairs.set_index(["name", "step"])["error_after"]
    assert len(mine) == len(table) == 9
    pd.testing.assert_series_equal(mine.sort_index(), table.sort_index(), check_names=False)
    total = stairs[stairs["name"].eq("Total")]
    assert list(total["step"]) == ["naive", "seasonal naive", "statistical"]
    assert total["fva"].iloc[1:].sum() == pytest.approx(total["error_after"].iloc[0] - total["error_after"].iloc[-1])


def test_an_odd_plan_is_listed_and_said(planned):
    planned.frames["overrides"].loc[0, "value"] = 4.0
    said = run(planned, ["demand_planning"], now=company.NOW).says["demand_planning"]
    odd = planned.frames["anomalies"]
    against = odd.query("kind == 'override against history'").iloc[0]
    assert against["item"] == "BIKE-2"
    assert against["says"].startswith("override O-1 took 2026-0")
    assert f"{len(odd)} anomalies, {odd['money'].sum():,.0f} USD at list price" in said


def test_only_so_many_are_listed():
    found = pd.DataFrame({"money": [2.0] * 300})
    assert judgement.counted(found, "EUR") == "300 anomalies (200 listed), 600 EUR at list price"
    assert judgement.counted(found[:1], "EUR") == "1 anomaly, 2 EUR at list price"
    assert judgement.counted(found[:0], "EUR") == "no anomalies"


def test_without_a_plan_signed_nothing_is_held_against_the_last_cycle(planned):
    kinds = set(planned.frames["anomalies"]["kind"])
    assert not kinds & {"jump from last plan", "outside last interval", "actual outside interval"}
