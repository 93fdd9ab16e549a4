"""Value added: the stairs add up, chance is not judged, and people are told by what they changed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sop_xl.demand.review.value_added import (
    ADDS,
    COLUMNS,
    COSTS,
    FEW,
    PROCESS,
    SAME,
    DeadZone,
    decision_value,
    diebold_mariano,
    stair_step,
    with_size_and_direction,
)
from sop_xl.errors import InputError

MONTHS = pd.date_range("2018-01-01", periods=24, freq="MS")
ITEMS = pd.DataFrame({"item": ["A", "B"], "family": ["F", "G"]})


def records(months=24, lag=1, actual=100.0, **steps):
    """Records of items A and B; a step is the forecast of A (of both where it is a pair)."""
    parts = []
    for step, value in steps.items():
        for place, item in enumerate("AB"):
            quantity = value[place] if isinstance(value, tuple) else value
            parts.append(
                pd.DataFrame(
                    {
                        "item": item,
                        "ds": MONTHS[:months],
                        "lag": lag,
                        "step": step,
                        "actual": actual,
                        "forecast": quantity,
                    }
                )
            )
    return pd.concat(parts, ignore_index=True)


def noise(seed, size=24, scale=1.0):
    return np.random.default_rng(seed).normal(0, scale, size)


def test_stairs_of_a_process_that_helps_and_one_step_that_hurts():
    table = stair_step(
        records(
            naive=(130 + noise(1), 130 + noise(2)),
            statistical=(112 + noise(3), 112 + noise(4)),
            inputs=(104 + noise(5), 104 + noise(6)),
            consensus=(109 + noise(7), 109 + noise(8)),
        ),
        ITEMS,
        levels=("total", "family", "item"),
    )
    assert list(table.columns) == list(COLUMNS)
    total = table[table["level"].eq("total")].set_index("step")
    assert list(total.index) == ["naive", "statistical", "inputs", "consensus", PROCESS]
    assert total["verdict"].tolist() == ["", ADDS, ADDS, COSTS, ADDS]
    assert total["error_after"].to_dict() == pytest.approx(
        {"naive": 0.3, "statistical": 0.12, "inputs": 0.04, "consensus": 0.09, PROCESS: 0.09}, abs=0.005
    )
    assert np.isnan(total.loc["naive", "fva"])
    stairs = total.drop(["naive", PROCESS])
    assert stairs["fva"].sum() == pytest.approx(total.loc[PROCESS, "fva"])
    assert stairs["error_before"].tolist() == pytest.approx(total["error_after"].iloc[:3].tolist())
    assert total.loc["statistical", "says"].startswith("cut the error from 30.1% to 11.9%")
    assert total.loc["consensus", "says"].startswith("raised the error from ")
    assert total.loc["inputs", "changes"] == 48
    assert table["level"].unique().tolist() == ["total", "family", "item"]
    assert set(table.loc[table["level"].eq("item"), "name"]) == {"A", "B"}


def test_the_measure_is_that_of_the_accuracy_table():
    from sop_xl.demand.review.accuracy import accuracy_table

    rows = records(
        naive=(120 + noise(1, scale=9), 90 + noise(2, scale=9)), statistical=(100 + noise(3, scale=9), 105.0)
    )
    past = pd.DataFrame({"item": ["A", "A"], "ds": MONTHS[:2] - pd.DateOffset(years=1), "y": [1.0, 2.0]})
    usual = accuracy_table(rows.assign(unique_id=rows["item"]), ITEMS, past)
    usual = usual[usual["level"].eq("total")].set_index("step")
    told = stair_step(rows, ITEMS, levels=("total",)).set_index("step")
    assert told.loc["statistical", "error_after"] == pytest.approx(usual.loc["statistical", "wmape"])
    assert told.loc["statistical", "fva"] == pytest.approx(usual.loc["statistical", "fva"])
    assert list(told.index) == ["naive", "statistical"]


def test_noise_is_not_judged():
    before, after = 100 + noise(1, scale=10), 100 + noise(2, scale=10)
    table = stair_step(records(statistical=before, overrides=after), ITEMS, levels=("total",)).set_index("step")
    assert table.loc["overrides", "verdict"] == SAME
    assert "no more than chance" in table.loc["overrides", "says"]
    slight = stair_step(records(statistical=110, overrides=109.5), ITEMS, levels=("total",)).set_index("step")
    assert slight.loc["overrides", "verdict"] == SAME
    assert slight.loc["overrides", "says"] == "moved less than 1% of the volume in 24 months"
    none = stair_step(records(statistical=110, overrides=110), ITEMS, levels=("total",)).set_index("step")
    assert none.loc["overrides", "says"] == "changed nothing in 24 months"
    few = stair_step(records(months=5, statistical=110, overrides=102), ITEMS, levels=("total",)).set_index("step")
    assert few.loc["overrides", "verdict"] == FEW
    assert few.loc["overrides", "says"] == "changed something in 5 months; 6 are needed to tell"
    # a wider dead zone takes them in
    eager = DeadZone(months=2, share=0.0)
    seen = stair_step(records(statistical=110, overrides=109.5), ITEMS, levels=("total",), dead_zone=eager)
    assert seen.set_index("step").loc["overrides", "verdict"] == ADDS


def test_chance_alone_is_called_a_difference_about_as_often_as_said():
    rng = np.random.default_rng(0)
    for lag in (1, 3):
        white = rng.normal(size=(4000, 24 + lag - 1))
        gains = sum(white[:, k : k + 24] for k in range(lag))  # errors at a lag are related that far
        beyond = np.abs(diebold_mariano(gains, lag)) > stats.t.ppf(0.95, 23)
        assert 0.08 < beyond.mean() < 0.16
    drift = diebold_mariano(rng.normal(1, 1, (1000, 24)))
    assert (drift > stats.t.ppf(0.95, 23)).mean() > 0.95


def test_the_statistic_at_lag_one_is_student_s_without_the_loss_of_a_degree():
    gains = np.array([[3.0, -1.0, 4.0, 1.0, 5.0, -2.0]])
    expected = stats.ttest_1samp(gains[0], 0).statistic  # with the correction both divide by n - 1
    assert diebold_mariano(gains)[0] == pytest.approx(expected)
    holes = np.insert(gains, 2, np.nan, axis=1)
    assert diebold_mariano(holes)[0] == pytest.approx(expected)
    assert diebold_mariano([[2.0, 2.0, 2.0]])[0] == np.inf


def decisions(owner, after, before=100.0, actual=110.0, months=12, reason="Tender", lag=1):
    return pd.DataFrame(
        {
            "override": "1", "owner": owner, "reason": reason, "period": MONTHS[:months], "lag": lag,
            "before": before, "after": after, "actual": actual,
        }
    )  # fmt: skip


def test_people_reasons_and_kinds_of_change():
    made = pd.concat(
        [
            decisions("Ann", 111 + noise(1, 12)),
            decisions("Bo", 95 + noise(2, 12), reason="Management"),
            decisions("Cy", 104.0, months=3),
            decisions("Di", 100.0),  # changed nothing
        ]
    )
    table = decision_value(made)
    assert list(table.columns) == list(COLUMNS)
    told = table.set_index(["level", "name"])["verdict"].to_dict()
    assert told == {
        ("owner", "Ann"): ADDS, ("owner", "Bo"): COSTS, ("owner", "Cy"): FEW,
        ("reason", "Management"): COSTS, ("reason", "Tender"): ADDS,
        ("size and direction", "large up"): ADDS, ("size and direction", "small down"): COSTS,
        ("size and direction", "small up"): told[("size and direction", "small up")],
    }  # fmt: skip
    whole = decision_value(made, "all")
    assert whole["changes"].tolist() == [27]
    assert whole["step"].tolist() == ["overrides"]
    assert decision_value(made.assign(reason=""), "reason")["name"].tolist() == ["(none)"]


@settings(max_examples=40, deadline=None)
@given(st.floats(0, 200), st.floats(0, 200), st.floats(0, 200))
def test_one_decision_by_hand(before, after, actual):
    table = decision_value(decisions("Ann", after, before, actual, months=8), "owner")
    if after == before:
        assert table.empty
        assert list(table.columns) == list(COLUMNS)
        return
    row = table.iloc[0]
    if actual > 0:
        assert row["fva"] == pytest.approx((abs(actual - before) - abs(actual - after)) / actual, nan_ok=True)
    if row["verdict"] == ADDS:
        assert abs(actual - after) < abs(actual - before)
    if row["verdict"] == COSTS:
        assert abs(actual - after) > abs(actual - before)


def test_size_and_direction():
    made = pd.DataFrame({"before": [100.0, 100, 100, 100, 0], "after": [109.0, 110, 91, 90, 1]})
    assert with_size_and_direction(made)["size and direction"].tolist() == [
        "small up", "large up", "small down", "large down", "large up",
    ]  # fmt: skip


def test_what_cannot_be_told_is_said():
    with pytest.raises(InputError, match="one lag at a time, got 1, 3"):
        stair_step(pd.concat([records(naive=1.0), records(naive=1.0, lag=3)]), ITEMS)
    with pytest.raises(InputError, match="none of the steps naive"):
        stair_step(records(guess=1.0), ITEMS)
    with pytest.raises(InputError, match="total, family and item, got 'brand'"):
        stair_step(records(naive=1.0), ITEMS, levels=("brand",))
    with pytest.raises(InputError, match="no column 'department'"):
        decision_value(decisions("Ann", 1.0), "department")
    with pytest.raises(InputError, match="2 or more months"):
        DeadZone(months=1)
