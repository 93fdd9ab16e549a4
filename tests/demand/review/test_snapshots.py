"""Frozen snapshots: the lag, fairness between steps, and what nobody planned."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from sop_xl.demand.review.accuracy import forecast_sigma, wmape
from sop_xl.demand.review.decisions import changes_at_lag, inputs_at_lag
from sop_xl.demand.review.snapshots import (
    LAGS,
    RECORD,
    SNAPSHOT,
    accuracy_at_lag,
    freeze,
    freeze_changes,
    freeze_inputs,
    months_between,
    naive_stage,
    records_at_lag,
    seasonal_naive_stage,
    with_frozen,
)
from sop_xl.errors import InputError

ITEMS = pd.DataFrame({"item": ["A", "B", "C"], "family": ["F", "F", "G"]})
MONTHS = pd.date_range("2018-01-01", "2020-12-01", freq="MS")


def series(item, quantity, months=MONTHS, region="DE"):
    return pd.DataFrame(
        {"item": item, "channel": "web", "region": region, "period": months, "quantity": quantity}
    ).astype({"quantity": float})


def cycles(first="2020-01-31", count=8, **steps):
    """Snapshots of monthly cycles; each step gives a function of (lag, month)."""
    frozen = None
    for as_of in pd.date_range(first, periods=count, freq="ME"):
        ahead = pd.date_range(as_of + pd.offsets.MonthBegin(1), periods=12, freq="MS")
        stages = {
            step: series("A", [rule(lag, month) for lag, month in enumerate(ahead, start=1)], ahead)
            for step, rule in steps.items()
        }
        fresh = freeze(stages, f"{ahead[0]:%Y-%m}", as_of.date())
        frozen = fresh if frozen is None else with_frozen(frozen, fresh)
    return frozen


def test_a_snapshot_keeps_the_months_at_its_lags():
    frozen = cycles(count=1, statistical=lambda lag, _: lag)
    assert list(frozen.columns) == list(SNAPSHOT)
    assert frozen["quantity"].tolist() == list(LAGS)
    assert months_between(pd.Timestamp("2020-01-01"), frozen["period"]).tolist() == list(LAGS)
    assert frozen["as_of"].unique().tolist() == [pd.Timestamp("2020-01-01")]
    whole = freeze({"consensus": series("A", 1, MONTHS)}, "x", date(2020, 6, 30), lags=None)
    assert len(whole) == 6  # months that are past are not forecast


@pytest.mark.parametrize("lag", LAGS)
def test_each_month_is_judged_by_what_was_said_of_it_that_long_before(lag):
    frozen = cycles(statistical=lambda ahead, month: 1000 * ahead + month.month)
    got = records_at_lag(frozen, series("A", MONTHS.month), lag)
    assert list(got.columns) == list(RECORD)
    assert (got["forecast"] == 1000 * lag + got["ds"].dt.month).all()
    assert (months_between(got["origin"], got["ds"]) == lag).all()
    assert len(got) == min(8, 12 - lag)  # eight cycles, months up to December closed


def test_measures_by_lag():
    actual = series("A", 100)
    frozen = cycles(naive=lambda lag, _: 100 + 20 * lag, consensus=lambda lag, _: 100 + 10 * lag)
    table = accuracy_at_lag(frozen, actual, ITEMS).set_index(["lag", "level", "name", "step"])
    assert table.loc[(1, "total", "Total", "naive"), "wmape"] == pytest.approx(0.2)
    got = table.loc[(3, "item", "A", "consensus")]
    assert got["wmape"] == got["bias"] == pytest.approx(0.3)
    assert got["fva"] == pytest.approx(0.3)
    assert got["months"] == got["forecasts"] == 8
    assert got["tracking_signal"] == pytest.approx(-8)
    assert np.isnan(got["mase"])  # history that never changed has no scale
    assert table.loc[(6, "family", "F", "consensus"), "months"] == 6


def test_mase_has_the_scale_of_the_history_before():
    actual = series("A", np.where(MONTHS.year == 2018, 100.0, 110.0))
    frozen = cycles(consensus=lambda lag, _: 115)
    table = accuracy_at_lag(frozen, actual, ITEMS, lags=(1,)).set_index("level")
    # up to January 2020: 12 changes of 10 and one of 0
    assert table.loc["total", "mase"] == pytest.approx(5 / (120 / 13))


def test_what_nobody_planned_is_an_error_of_every_step():
    frozen = cycles(count=2, naive=lambda *_: 10, consensus=lambda *_: 10)
    actual = pd.concat([series("A", 10, MONTHS[25:27]), series("C", 5, MONTHS[25:27])])
    got = records_at_lag(frozen, actual, 1)
    lost = got[got["item"].eq("C")]
    assert lost["forecast"].eq(0).all()
    assert len(lost) == 4
    table = accuracy_at_lag(frozen, actual, ITEMS, lags=(1,))
    total = table[table["level"].eq("total")].set_index("step").loc["consensus"]
    assert total["wmape"] == pytest.approx(5 / 15)
    assert total["forecasts"] == 4


def test_steps_are_judged_on_the_same_series():
    as_of = date(2020, 1, 31)
    old, new = series("A", 10, MONTHS[25:26]), series("B", 4, MONTHS[25:26])
    frozen = freeze({"statistical": old, "consensus": pd.concat([old, new])}, "c", as_of)
    got = records_at_lag(frozen, pd.concat([old, new.assign(quantity=np.nan)]), 1).set_index(["step", "item"])
    assert got.loc[("statistical", "B"), "forecast"] == 0
    assert got.loc[("consensus", "B"), ["forecast", "actual"]].tolist() == [4, 0]


def test_records_serve_the_functions_of_a_backtest():
    rng = np.random.default_rng(0)
    actual = series("A", rng.uniform(50, 150, len(MONTHS)))
    records = records_at_lag(cycles(statistical=lambda *_: 100), actual, 1)
    sigma = forecast_sigma(records)
    assert sigma["errors"].tolist() == [8]
    assert wmape(records["actual"], records["forecast"]) == pytest.approx(
        (records["actual"] - 100).abs().sum() / records["actual"].sum()
    )


def test_open_months_are_not_judged():
    frozen = cycles(statistical=lambda *_: 1)
    actual = series("A", 1, MONTHS[:25])
    assert records_at_lag(frozen, actual, 1).empty
    assert accuracy_at_lag(frozen, actual, ITEMS).empty
    assert accuracy_at_lag(frozen, series("A", 1, MONTHS[:27]), ITEMS)["lag"].unique().tolist() == [1]


def test_naive_stages():
    ahead = pd.date_range("2020-03-01", periods=14, freq="MS")
    past = pd.concat([series("A", range(24), MONTHS[2:26]), series("B", 3, MONTHS[20:21])])
    flat = naive_stage(past, date(2020, 2, 29), ahead)
    assert flat[flat["item"].eq("A")]["quantity"].tolist() == [23] * 14
    assert flat[flat["item"].eq("B")]["quantity"].tolist() == [0] * 14
    yearly = seasonal_naive_stage(past, date(2020, 2, 29), ahead)
    assert yearly[yearly["item"].eq("A")]["quantity"].tolist() == [*range(12, 24), 12, 13]
    # data that has not come yet is not a month without demand
    late = pd.concat([past, series("A", np.nan, MONTHS[26:27])])
    assert naive_stage(late, date(2020, 3, 31), ahead[1:]).loc[0, "quantity"] == 23
    with pytest.raises(InputError, match="no history up to 2017-01-31"):
        naive_stage(past, date(2017, 1, 31), ahead)
    with pytest.raises(InputError, match="no history up to 2017-01-31"):
        seasonal_naive_stage(past, date(2017, 1, 31), ahead)


def test_what_cannot_be_frozen_or_judged_is_said():
    frozen = cycles(count=1, statistical=lambda *_: 1)
    with pytest.raises(InputError, match="cycle 2020-02 is frozen already"):
        with_frozen(frozen, frozen)
    with pytest.raises(InputError, match="at least one step"):
        freeze({}, "c", date(2020, 1, 31))
    with pytest.raises(InputError, match="a lag must be a whole number of months from 1, got 0"):
        records_at_lag(frozen, series("A", 1), 0)
    with pytest.raises(InputError, match="two cycles with the same as-of month judge 2020-02 at lag 1"):
        records_at_lag(with_frozen(frozen, frozen.assign(cycle="again")), series("A", 1), 1)
    with pytest.raises(InputError, match="there are none"):
        accuracy_at_lag(frozen, series("A", 1).iloc[:0], ITEMS)


# --- decisions ------------------------------------------------------------------------------------------------------


def test_a_change_is_judged_at_the_level_it_was_made():
    cells = pd.DataFrame(
        {
            "override": "1", "owner": "Ann", "reason": "Tender", "item": ["A", "B"], "channel": "web", "region": "DE",
            "period": MONTHS[25], "before": [10.0, 20.0], "after": [20.0, 40.0],
        }
    )  # fmt: skip
    frozen = freeze_changes(cells, "c", date(2020, 1, 31))
    got = changes_at_lag(frozen, pd.concat([series("A", 45), series("B", 5)]), 1)
    assert got[["override", "owner", "before", "after", "actual", "lag"]].to_numpy().tolist() == [
        ["1", "Ann", 30, 60, 50, 1]
    ]
    assert changes_at_lag(frozen, series("A", 45), 3).empty
    assert changes_at_lag(frozen, series("B", 5), 1)["actual"].tolist() == [5]


def test_an_input_is_judged_in_its_scope():
    asked = pd.DataFrame(
        {
            "department": "sales", "item": ["", "A", "", ""], "family": ["", "", "F", "F"], "channel": "",
            "region": ["", "", "", "FR"], "period": MONTHS[25], "quantity": [100.0, 20, np.nan, 7],
        }
    )  # fmt: skip
    frozen = freeze_inputs(asked, "c", date(2020, 1, 31))
    plan = pd.concat([series("A", 10), series("B", 20), series("C", 30), series("B", 5, region="FR")])
    snapshot = freeze({"events": plan, "statistical": plan.assign(quantity=1.0)}, "c", date(2020, 1, 31))
    got = inputs_at_lag(frozen, snapshot, plan.assign(quantity=plan["quantity"] * 2), ITEMS, 1)
    assert got["after"].tolist() == [100, 20, 7]
    assert got["before"].tolist() == [65, 10, 5]
    assert got["actual"].tolist() == [130, 20, 10]
    assert got["owner"].tolist() == [""] * 3
