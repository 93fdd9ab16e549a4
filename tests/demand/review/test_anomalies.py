"""The list of what a planner should look at: what is on it, what is not, and in which order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_xl.demand.review.anomalies import ANOMALY, CHECKS, anomalies
from sop_xl.demand.review.evidence import Evidence, Limits
from sop_xl.errors import InputError

PAST = pd.date_range("2018-01-01", periods=24, freq="MS")
AHEAD = pd.date_range("2020-01-01", periods=6, freq="MS")
SEASON = 100 + 40 * np.sin(np.arange(24) * np.pi / 6)
ITEMS = pd.DataFrame({"item": ["A", "B", "N"], "list_price": [2.0, 10.0, 5.0], "like_item": ["", "", "A"]})


def series(item, quantity, months=AHEAD, **more):
    return pd.DataFrame({"item": item, "channel": "web", "region": "DE", "period": months, "quantity": quantity} | more)


HISTORY = series("A", SEASON, PAST)
PLAN = series("A", SEASON[:6])


def found(plan=PLAN, history=HISTORY, items=ITEMS.iloc[:1], limits=None, **more):
    return anomalies(Evidence(plan, history, items, **more), limits or Limits())


def changed(frame, place, quantity):
    return frame.assign(quantity=frame["quantity"].where(np.arange(len(frame)) != place, quantity))


def test_a_plan_like_last_year_has_nothing_to_look_at():
    got = found(last_plan=PLAN, last_baseline=PLAN.assign(forecast=100.0, low=0.0, high=200.0))
    assert got.empty
    assert list(got.columns) == list(ANOMALY)


def test_far_from_last_year_and_from_all_that_was_ever_sold():
    got = found(changed(PLAN, 1, 400.0)).set_index("kind")
    assert set(got.index) == {"far from last year", "far from recent level"}
    row = got.loc["far from last year"]
    assert (row["period"], row["value"], row["months"]) == (AHEAD[1], 400, 1)
    assert row["expected"] == pytest.approx(120)
    assert row["money"] == pytest.approx(2 * 280)
    assert row["says"] == "plan of 400 for 2020-02 is 3.3 times the 120 of last year"
    assert got.loc["far from recent level", "says"] == (
        "plan of 400 for 2020-02 is beyond all of the last two years, usually 100"
    )
    low = found(changed(PLAN, 1, 30.0)).set_index("kind")
    assert low.loc["far from last year", "says"] == "plan of 30 for 2020-02 is 25% of the 120 of last year"


def test_a_plan_far_from_last_year_is_usual_where_years_differ_as_much():
    wild = np.random.default_rng(0).choice([20.0, 300.0], 24)
    plan = changed(series("A", wild[12:18]), 0, 300.0)
    kinds = set(found(plan, series("A", wild, PAST))["kind"])
    assert "far from last year" not in kinds
    # the same change is odd where years are alike
    assert "far from last year" in set(found(changed(PLAN, 0, 250.0))["kind"])


def test_months_of_one_series_are_one_row_that_names_the_dearest():
    got = found(PLAN.assign(quantity=PLAN["quantity"] * [1, 3, 4, 1, 1, 1])).set_index("kind")
    row = got.loc["far from last year"]
    assert row["period"] == AHEAD[2]
    assert row["months"] == 2
    assert row["money"] == pytest.approx(2 * (2 * SEASON[1] + 3 * SEASON[2]))
    assert row["says"].endswith("; 1 more month like it")
    three = found(PLAN.assign(quantity=PLAN["quantity"] * [3, 3, 4, 1, 1, 1])).set_index("kind")
    assert three.loc["far from last year", "says"].endswith("; 2 more months like it")


def test_intervals_of_the_last_cycle():
    baseline = series("A", 0, PAST[[-1]].union(AHEAD)).assign(forecast=100.0, low=80.0, high=150.0)
    got = found(changed(PLAN, 0, 160.0), last_baseline=baseline).set_index("kind")
    assert (
        got.loc["outside last interval", "says"]
        == "plan of 160 for 2020-01 lies outside last cycle's interval around 100"
    )
    sold = found(history=changed(HISTORY, 23, 10.0), last_baseline=baseline).set_index("kind")
    assert (
        sold.loc["actual outside interval", "says"]
        == "sold 10 in 2019-12, outside the interval around the 100 forecast"
    )
    with pytest.raises(InputError, match="baseline lacks the column low"):
        found(last_baseline=baseline.drop(columns="low"))


def test_jumps_since_the_last_plan():
    before = series("A", 100.0, pd.date_range("2019-12-01", periods=6, freq="MS"))
    got = found(series("A", [100.0, 125, 140, 100, 100, 500]), last_plan=before, history=HISTORY)
    row = got.set_index("kind").loc["jump from last plan"]
    assert (row["period"], row["months"]) == (AHEAD[2], 1)  # June was not planned last cycle
    assert row["says"] == "plan for 2020-03 went from 100 last cycle to 140"
    items = ITEMS.iloc[:2].assign(like_item="A")
    gone = found(PLAN, last_plan=pd.concat([PLAN, series("B", 50.0)]), items=items)
    assert gone[["item", "kind", "value", "expected", "money"]].to_numpy().tolist() == [
        ["B", "jump from last plan", 0, 50, 3000]
    ]


def records(forecast, actual=100.0, step="consensus", months=PAST):
    return pd.DataFrame({"item": "A", "ds": months, "lag": 1, "step": step, "actual": actual, "forecast": forecast})


def test_tracking_signal():
    got = found(records=records(110.0)).set_index("kind").loc["tracking signal"]
    assert got["says"] == "forecast too high for 12 months to 2019-12: 1,320 against 1,200 sold, tracking signal -12.0"
    assert (got["channel"], got["region"], got["money"]) == ("", "", 240)
    assert "too low" in found(records=records(90.0)).iloc[0]["says"]
    fair = records(100 + np.tile([10.0, -10.0], 12))
    assert found(records=fair).empty
    assert found(records=records(110.0, step="statistical")).empty


def test_fair_forecasts_are_seldom_called_biased_or_worse():
    rng = np.random.default_rng(0)
    parts = [records(100 + rng.normal(0, 20, 24)).assign(item=f"I{n:03}") for n in range(300)]
    got = found(records=pd.concat(parts))
    assert got["kind"].eq("tracking signal").sum() < 0.07 * 300
    assert got["kind"].eq("accuracy worse").sum() < 0.07 * 300


def test_accuracy_that_got_worse():
    error = np.r_[np.tile([5.0, -5.0], 10), 5, -5, 60, -60]
    got = found(records=records(100 + error)).set_index("kind").loc["accuracy worse"]
    assert got["value"] == pytest.approx(125 / 300)
    assert got["expected"] == pytest.approx(0.05)
    assert got["money"] == pytest.approx(2 * (125 - 15))
    assert got["says"] == "WMAPE of the 3 months to 2019-12 is 42%, it was 5% in the months before"
    assert found(records=records(100 + error, months=PAST), limits=Limits(worse=0.5)).empty


def test_dead_items():
    ended = ITEMS.iloc[:1].assign(end=pd.Timestamp("2020-04-15"))
    got = found(items=ended)
    assert got[["kind", "period", "months"]].to_numpy().tolist() == [["dead item planned", AHEAD[4], 2]]
    assert "the item ended on 2020-04-15" in got["says"][0]
    quiet = pd.concat([series("B", 5.0, PAST[:6]), HISTORY])
    plan = pd.concat([PLAN, series("B", [0.0, 0, 0, 2.5, 0, 0])])
    got = found(plan, quiet, ITEMS.iloc[:2])
    assert got.iloc[0]["says"] == "plan of 2.5 for 2020-04, but nothing was sold since 2018-06"
    assert got["kind"].tolist() == ["dead item planned"]


def test_new_items_want_a_like_item():
    plan = pd.concat([PLAN, series("N", 20.0)])
    history = pd.concat([HISTORY, series("N", 18.0, PAST[-2:])])
    items = ITEMS.iloc[[0, 2]]
    assert found(plan, history, items).empty
    alone = found(plan, history, items.assign(like_item=""))
    assert alone[["item", "kind", "value", "money"]].to_numpy().tolist() == [
        ["N", "new item without like-item", 120, 600]
    ]
    assert alone["says"][0] == "2 months of history and no like-item; 120 planned in all"
    unknown = found(PLAN, HISTORY, items.assign(like_item=""))
    assert unknown["says"].tolist() == ["no history and no like-item; 0 planned in all"]
    assert found(PLAN, HISTORY, items.assign(like_item="", sold=[True, False])).empty


def test_overrides_against_history():
    cells = series("A", 0.0).drop(columns="quantity").assign(override="7", owner="Ann", reason="Tender")
    changes = cells.assign(before=100.0, after=[100.0, 120, 250, 100, 100, 100])
    got = found(changes=changes)
    assert got[["kind", "period", "value", "expected"]].to_numpy().tolist() == [
        ["override against history", AHEAD[2], 250, 100]
    ]
    assert got["says"][0] == "override 7 took 2020-03 from 100 to 250; the last two years sold 60 to 140 a month"
    # one that brings an odd plan back is welcome
    assert found(changes=changes.assign(before=250.0, after=100.0)).empty


def test_dearest_first_and_money_can_be_a_limit():
    history = pd.concat([HISTORY, series("B", SEASON, PAST)])
    plan = pd.concat([changed(PLAN, 1, 400.0), changed(series("B", SEASON[:6]), 1, 400.0)])
    got = found(plan, history, ITEMS.iloc[:2])
    assert got["item"].tolist() == ["B", "B", "A", "A"]
    assert got["money"].is_monotonic_decreasing
    assert set(found(plan, history, ITEMS.iloc[:2], limits=Limits(money=1000.0))["item"]) == {"B"}
    shuffled = anomalies(Evidence(plan.iloc[::-1], history.iloc[::-1], ITEMS.iloc[[1, 0]]))
    pd.testing.assert_frame_equal(got, shuffled)
    with pytest.raises(InputError, match="limit share of anomalies must be 0 or more, got -1"):
        Limits(share=-1)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.floats(0, 1e6), min_size=6, max_size=6),
    st.lists(st.one_of(st.floats(0, 1e6), st.just(float("nan"))), min_size=24, max_size=24),
)
def test_any_plan_and_history_give_finite_rows(plan, history):
    past = series("A", history, PAST)
    baseline = series("A", 0.0).assign(forecast=1.0, low=0.0, high=2.0)
    got = found(
        series("A", plan), past, last_plan=PLAN, last_baseline=baseline, records=records(np.nan_to_num(history))
    )
    assert np.isfinite(got[["value", "expected", "months", "money"]].to_numpy(dtype=float)).all()
    assert (got["money"] >= 0).all()
    assert set(got["kind"]) <= set(CHECKS)
    assert not got.duplicated(["item", "channel", "region", "kind"]).any()


def test_no_history_no_price_no_plan():
    nothing = found(history=HISTORY.iloc[:0], items=ITEMS.iloc[:1].drop(columns="like_item"))
    assert nothing["kind"].tolist() == ["new item without like-item"]
    assert found(PLAN.iloc[:0]).empty
    free = found(changed(PLAN, 1, 400.0), items=ITEMS.iloc[:1].assign(list_price=np.nan))
    assert free["money"].tolist() == [0, 0]
