"""Measures with textbook numbers, and the honesty of the backtest."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop_xl.demand.review.accuracy import (
    accuracy_table,
    backtest,
    bias,
    forecast_sigma,
    fva,
    mape,
    mase,
    normalised_bias,
    rmse,
    seasonal_scale,
    tracking_signal,
    wmape,
)
from sop_xl.errors import InputError

ITEMS = pd.DataFrame({"item": ["A", "B"], "family": ["F", "F"]})


def test_tracking_signal_of_heizer_and_render():
    # Operations Management, 10th ed., example 13 of chapter 4 (Carlson's Bakery)
    actual, forecast = [90, 95, 115, 100, 125, 140], [100, 100, 100, 110, 110, 110]
    assert tracking_signal(actual, forecast) == pytest.approx(35 / (85 / 6))  # 2.5 MADs
    assert tracking_signal([1, 2], [1, 2]) == 0


def test_measures_by_hand():
    actual, forecast = [100, 0, 50, np.nan], [90, 10, 65, 7]
    assert wmape(actual, forecast) == pytest.approx(35 / 150)
    assert bias(actual, forecast) == pytest.approx(15 / 150)
    got = mape(actual, forecast)
    assert (got.value, got.months, got.undefined) == (pytest.approx(0.2), 2, 1)
    assert rmse(actual, forecast) == pytest.approx(np.sqrt(425 / 3))
    assert fva(0.5, 0.4) == pytest.approx(0.1)
    assert np.isnan(wmape([0], [3]))


def test_mase_of_seasonal_naive_in_its_own_history_is_one():
    rng = np.random.default_rng(0)
    y = rng.uniform(1, 9, 48)
    assert mase(y[12:], y[:-12], history=y) == pytest.approx(1)
    assert seasonal_scale([3, 5, 4], season=12) == 1.5
    assert np.isnan(seasonal_scale([3]))


@given(st.lists(st.tuples(st.floats(1, 1e4), st.floats(0, 1e4)), min_size=1, max_size=20), st.floats(0.01, 100))
def test_shares_ignore_scale_and_bias_is_within_error(pairs, factor):
    actual, forecast = (np.array(v) for v in zip(*pairs, strict=True))
    assert wmape(actual * factor, forecast * factor) == pytest.approx(wmape(actual, forecast))
    assert abs(bias(actual, forecast)) <= wmape(actual, forecast) + 1e-12
    assert rmse(actual, forecast) >= np.mean(np.abs(actual - forecast)) - 1e-9


@given(st.lists(st.tuples(st.floats(0, 1e4), st.floats(0, 1e4)), min_size=1, max_size=20))
def test_normalised_bias_counts_months_alike_and_turns_with_the_sign(pairs):
    actual, forecast = (np.array(v) for v in zip(*pairs, strict=True))
    got = normalised_bias(actual, forecast)
    assert abs(got) <= len(pairs)
    assert normalised_bias(forecast, actual) == pytest.approx(-got)
    with pytest.raises(InputError, match="0 or more"):
        normalised_bias([-1], [1])


def test_measures_refuse_what_cannot_be_compared():
    with pytest.raises(InputError, match="one length"):
        wmape([1, 2], [1])
    with pytest.raises(InputError, match="at least one month"):
        rmse([np.nan], [1])


def history(months=30, series=4, seed=0):
    rng = np.random.default_rng(seed)
    ds = pd.date_range("2018-01-01", periods=months, freq="MS")
    parts = [
        pd.DataFrame(
            {"unique_id": f"{'AB'[n % 2]}{n}", "ds": ds, "y": rng.poisson(40 + n, months) * 1.0, "item": "AB"[n % 2]}
        )
        for n in range(series)
    ]
    return pd.concat(parts, ignore_index=True)


def test_backtest_of_naive_is_the_value_one_lag_before():
    frame = history()
    got = backtest(frame, origins=4, lag=2, methods=["naive", "seasonal_naive"])
    assert list(got.columns) == ["unique_id", "item", "origin", "ds", "step", "actual", "forecast"]
    assert len(got) == 4 * 4 * 2
    assert got["ds"].drop_duplicates().tolist() == sorted(frame["ds"].unique())[-4:]
    y = frame.set_index(["unique_id", "ds"])["y"]
    shift = {"naive": 2, "seasonal naive": 12}
    for row in got.itertuples():
        assert row.origin == row.ds - pd.DateOffset(months=2)
        assert row.actual == y[row.unique_id, row.ds]
        assert row.forecast == y[row.unique_id, row.ds - pd.DateOffset(months=shift[row.step])]


def test_backtest_sees_nothing_after_its_origin():
    frame = history()
    changed = frame.assign(y=frame["y"].where(frame["ds"] < frame["ds"].max(), 9999.0))
    columns = ["unique_id", "ds", "step", "forecast"]
    pd.testing.assert_frame_equal(backtest(frame)[columns], backtest(changed)[columns])


def test_backtest_waits_for_late_series_and_leaves_out_unknown_actuals():
    frame = history(24, 2)
    late = frame[~(frame["unique_id"].eq("A0") & (frame["ds"] >= "2019-09-01"))]
    got = backtest(late, origins=3, methods=["naive"])
    assert got["unique_id"].unique().tolist() == ["B1"]
    blank = frame.assign(y=frame["y"].where(~(frame["unique_id"].eq("A0") & frame["ds"].eq("2019-11-01"))))
    got = backtest(blank, origins=3, methods=["naive"])
    mine = got[got["unique_id"].eq("A0")]
    assert mine["ds"].dt.month.tolist() == [10, 12]
    assert mine["forecast"].iloc[1] == frame.set_index(["unique_id", "ds"])["y"]["A0", pd.Timestamp("2019-10-01")]


def test_backtest_uses_pins_in_place_of_auto():
    frame = history(20, 2)
    got = backtest(frame, origins=2, methods=["naive", "auto"], pins={"A0": "naive", "gone": "mean"})
    wide = got.pivot(index=["unique_id", "ds"], columns="step", values="forecast")
    same = wide["naive"] == wide["statistical"]
    assert same.loc["A0"].all()
    assert not same.loc["B1"].all()


@pytest.mark.parametrize(("arguments", "says"), [({"origins": 0}, "origins must"), ({"lag": 40}, "at lag 40 needs")])
def test_bad_backtests(arguments, says):
    with pytest.raises(InputError, match=says):
        backtest(history(20), **arguments)


def test_table_of_accuracy():
    frame = history()
    test = backtest(frame)
    got = accuracy_table(test, ITEMS, frame)
    columns = ["level", "name", "step", "wmape", "bias", "mase", "tracking_signal", "fva", "months"]
    assert list(got.columns) == columns
    assert got[["level", "name"]].drop_duplicates().to_numpy().tolist() == [
        ["total", "Total"], ["family", "F"], ["item", "A"], ["item", "B"],
    ]  # fmt: skip
    assert (got["months"] == 6).all()
    assert (got.loc[got["step"].eq("naive"), "fva"] == 0).all()
    rows = got.set_index(["level", "name", "step"])
    by_month = test[test["item"].eq("A") & test["step"].eq("statistical")].groupby("ds")[["actual", "forecast"]].sum()
    actual, forecast = by_month["actual"].to_numpy(), by_month["forecast"].to_numpy()
    item = rows.loc[("item", "A", "statistical")]
    past = frame[frame["item"].eq("A") & (frame["ds"] < by_month.index[0])].groupby("ds")["y"].sum()
    assert item["wmape"] == pytest.approx(wmape(actual, forecast))
    assert item["bias"] == pytest.approx(bias(actual, forecast))
    assert item["mase"] * 6 == pytest.approx(6 * mase(actual, forecast, past))
    assert item["tracking_signal"] == pytest.approx(tracking_signal(actual, forecast))
    assert item["fva"] == pytest.approx(rows.loc[("item", "A", "naive"), "wmape"] - item["wmape"])
    assert rows.loc[("total", "Total", "statistical"), "fva"] > 0.03  # noise: averaging beats the last value


def test_one_item_s_surplus_does_not_hide_another_s_lack():
    rows = [("A", 10.0, 15.0), ("B", 10.0, 5.0)]
    test = pd.DataFrame(rows, columns=["item", "actual", "forecast"]).assign(
        ds=pd.Timestamp("2020-01-01"), step="naive"
    )
    past = pd.DataFrame({"item": ["A", "B"], "ds": pd.Timestamp("2019-01-01"), "y": 1.0})
    got = accuracy_table(test, ITEMS, past).set_index("level").loc["total"]
    assert (got["wmape"], got["bias"]) == (0.5, 0)


def test_sigma_is_the_root_mean_square_drawn_to_the_usual_spread():
    ds = pd.date_range("2019-01-01", periods=60, freq="MS")
    rng = np.random.default_rng(3)
    parts = [
        pd.DataFrame(
            {
                "item": name,
                "ds": ds[:n],
                "step": "statistical",
                "actual": 100.0 + rng.normal(0, 9, n),
                "forecast": 100.0,
            }
        )
        for name, n in (("A", 60), ("B", 60), ("C", 60), ("D", 1))
    ]
    parts[3]["actual"] = parts[3]["forecast"]  # one lucky month says little
    got = forecast_sigma(pd.concat(parts)).set_index("item")
    assert got.loc["A", "sigma"] == pytest.approx(9, rel=0.3)
    assert 6 < got.loc["D", "sigma"] < 9
    assert got["errors"].tolist() == [60, 60, 60, 1]


def test_sigma_grows_with_scale_and_by_keys():
    frame = history(24, 4)
    test = backtest(frame)
    small, big = (
        forecast_sigma(test),
        forecast_sigma(test.assign(actual=test["actual"] * 8, forecast=test["forecast"] * 8)),
    )
    assert big["sigma"].to_numpy() == pytest.approx(8 * small["sigma"].to_numpy())
    assert len(forecast_sigma(test, keys=["item", "unique_id"])) == 4
    with pytest.raises(InputError, match="no step 'planner'"):
        forecast_sigma(test, step="planner")
