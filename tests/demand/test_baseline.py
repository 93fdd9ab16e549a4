"""The automatic forecast: properties that hold for any panel, every bad input, and the kinds of series."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_xl.demand.baseline import forecast
from sop_xl.demand.forecasting.combination import Pattern, demand_pattern, survival
from sop_xl.demand.forecasting.methods import METHODS
from sop_xl.demand.forecasting.prediction import interval
from sop_xl.demand.forecasting.smoothing import Block
from sop_xl.errors import InputError

QUICK = [name for name in METHODS if name not in ("ets", "arima", "holt_winters")]
BOUNDS = ["lo_95", "lo_80", "forecast", "hi_80", "hi_95"]


def frame(values, name="A", start="2018-01-01", freq="MS"):
    ds = pd.date_range(start, periods=len(values), freq=freq)
    return pd.DataFrame({"unique_id": name, "ds": ds, "y": np.asarray(values, dtype=float)})


def panel(*series):
    return pd.concat([frame(values, f"S{n:03d}") for n, values in enumerate(series)], ignore_index=True)


@pytest.fixture(scope="module")
def mixed():
    rng = np.random.default_rng(1)
    parts = [
        rng.poisson(50, 32), rng.poisson(0.4, 32), rng.poisson(5, 8), np.arange(30) * 3.0, [7.0], [1.0, 4.0],
        np.r_[np.zeros(20), rng.poisson(9, 12)], np.r_[rng.poisson(30, 20), np.zeros(12)], rng.normal(0, 5, 40),
        100 + 30 * np.sin(np.arange(60) * np.pi / 6) + rng.normal(0, 3, 60), np.zeros(24),
    ]  # fmt: skip
    return panel(*parts)


def test_columns_dates_and_methods(mixed):
    got = forecast(mixed, 3)
    assert list(got.columns) == ["unique_id", "ds", "forecast", "lo_80", "hi_80", "lo_95", "hi_95", "method"]
    assert len(got) == 3 * mixed["unique_id"].nunique()
    assert got.loc[got["unique_id"].eq("S000"), "ds"].tolist() == list(
        pd.date_range("2020-09-01", periods=3, freq="MS")
    )
    assert got["ds"].dtype == "datetime64[ns]"
    used = got.drop_duplicates("unique_id").set_index("unique_id")["method"]
    assert used[["S000", "S001", "S002", "S004", "S009"]].tolist() == [
        "combination", "intermittent mean", "short mean", "mean", "seasonal combination",
    ]  # fmt: skip


@pytest.mark.parametrize("method", ["auto", *QUICK])
def test_finite_ordered_and_not_negative(mixed, method):
    got = forecast(mixed, 14, method=method)
    assert np.isfinite(got[BOUNDS].to_numpy()).all()
    assert (np.diff(got[BOUNDS].to_numpy(), axis=1) >= -1e-9).all()
    assert (got.loc[got["unique_id"].ne("S008"), BOUNDS].to_numpy() >= 0).all()


def test_returns_may_be_forecast_negative():
    got = forecast(frame(-np.arange(1.0, 25.0)), 3)
    assert (got["forecast"] < -20).all()


def test_order_of_rows_changes_nothing(mixed):
    shuffled = mixed.sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(forecast(mixed, 6), forecast(shuffled, 6))


def test_a_series_alone_is_forecast_as_in_the_panel(mixed):
    whole = forecast(mixed, 5)
    for name, part in mixed.groupby("unique_id"):
        alone, together = forecast(part, 5), whole[whole["unique_id"].eq(name)].reset_index(drop=True)
        if alone["method"].iloc[0] == "intermittent mean":  # drawn to the portfolio's, where there is one
            assert together["method"].tolist() == alone["method"].tolist()
            assert together["forecast"].to_numpy() == pytest.approx(alone["forecast"].to_numpy(), rel=0.25)
        else:
            pd.testing.assert_frame_equal(alone, together)


@pytest.mark.parametrize("factor", [1000.0, 0.01])
def test_scaling_the_history_scales_the_forecast(mixed, factor):
    base = forecast(mixed, 6)[BOUNDS].to_numpy()
    scaled = forecast(mixed.assign(y=mixed["y"] * factor), 6)[BOUNDS].to_numpy()
    assert scaled == pytest.approx(base * factor, rel=1e-6, abs=1e-9 * factor)


@pytest.mark.parametrize("n", [1, 2, 3, 7, 11, 12, 24, 40])
@pytest.mark.parametrize("method", ["auto", *(name for name in QUICK if name != "sba")])
def test_constant_in_constant_out(n, method):
    got = forecast(frame(np.full(n, 12.5)), 4, method=method)
    assert got["forecast"].to_numpy() == pytest.approx(np.full(4, 12.5))


def test_sba_takes_its_bias_correction_off_a_constant():
    assert forecast(frame(np.full(20, 100.0)), 1, method="sba")["forecast"].tolist() == pytest.approx([95.0])


def test_nothing_sold_is_forecast_as_nothing():
    got = forecast(frame(np.zeros(30)), 4)
    assert (got[BOUNDS].to_numpy() == 0).all()


values = st.lists(st.one_of(st.just(0.0), st.floats(-1e6, 1e6, allow_subnormal=False)), min_size=1, max_size=45)


@settings(max_examples=60, deadline=None)
@given(st.lists(values, min_size=1, max_size=4), st.integers(1, 30))
def test_any_history_has_a_finite_ordered_forecast(series, horizon):
    got = forecast(panel(*series), horizon)[BOUNDS].to_numpy()
    assert np.isfinite(got).all()
    assert (np.diff(got, axis=1) >= -1e-6 * np.abs(got).max(initial=1.0)).all()


@settings(max_examples=25, deadline=None)
@given(values, st.sampled_from(QUICK))
def test_any_history_is_finite_with_any_method(series, method):
    assert np.isfinite(forecast(frame(series), 3, method=method)[BOUNDS].to_numpy()).all()


def test_extreme_sizes_stay_finite():
    for size in (1e-300, 1e-12, 1e12, 1e97):
        assert np.isfinite(forecast(frame(np.arange(1.0, 31) * size), 12)[BOUNDS].to_numpy()).all()


def test_leading_blanks_are_before_the_launch_and_inner_ones_are_interpolated():
    known = np.r_[10.0, 20, 30, 40, 50, 60]
    launched = forecast(frame(np.r_[np.nan, np.nan, known]), 2)
    plain = forecast(frame(known, start="2018-03-01"), 2)
    pd.testing.assert_frame_equal(launched, plain)
    holes = np.r_[10.0, np.nan, 30, np.nan, np.nan, 60]
    bridged = forecast(frame(holes, start="2018-03-01"), 2)
    assert bridged["forecast"].tolist() == plain["forecast"].tolist()
    assert (bridged["hi_95"] > 1.3 * plain["hi_95"]).all()  # half is unknown: twice as unsure
    absent = frame(holes, start="2018-03-01").dropna()
    pd.testing.assert_frame_equal(forecast(absent, 2), bridged)


@pytest.mark.parametrize("method", ["auto", "temporal_aggregation", "holt", "theta", "ces"])
def test_a_step_does_not_depend_on_how_far_is_asked(method):
    y = 100 + 3 * np.arange(40) + 9 * np.sin(np.arange(40) * np.pi / 6)
    short, long = (forecast(frame(y), h, method=method)["forecast"].to_numpy() for h in (5, 17))
    assert short == pytest.approx(long[:5])


@pytest.mark.parametrize("missing", [0.0, 0.3, 0.5, 0.7])
def test_intervals_hold_where_months_are_unknown(missing):
    rng = np.random.default_rng(6)
    parts, actual = [], []
    for k in range(150):
        y = rng.normal(100, 5, 49)
        gone = rng.random(48) < missing
        gone[[0, 47]] = False
        parts.append(frame(np.where(gone, np.nan, y[:48]), f"S{k:03d}").dropna())
        actual.append(y[48])
    got = forecast(pd.concat(parts), 1, method="combination")
    inside = (np.array(actual) >= got["lo_95"]) & (np.array(actual) <= got["hi_95"])
    assert 0.9 < inside.mean() <= 1.0


@pytest.mark.parametrize("freq", ["QS", "YS"])
def test_quarters_and_years_among_months_are_refused(freq):
    months = frame(np.arange(48.0) + 9, "a", "2010-01-01")
    longer = frame(np.full(16, 300.0), "q", "2010-01-01", freq=freq)
    with pytest.raises(InputError, match="history mixes frequencies: series 'q'"):
        forecast(pd.concat([months, longer]), 3)


def test_an_item_sold_now_and_then_is_no_quarterly_series():
    months = frame(np.arange(48.0) + 9, "a")
    now_and_then = frame(np.full(48, 5.0), "b").iloc[[0, 3, 8, 15, 18, 27, 40, 47]]
    assert len(forecast(pd.concat([months, now_and_then]), 3)) == 6


def test_months_that_turn_into_days_are_refused():
    months = frame(np.full(24, 300.0), "a", "2020-01-01")
    days = frame(np.full(40, 10.0), "a", "2022-01-01", freq="D")
    with pytest.raises(InputError, match="64 of 771 periods"):
        forecast(pd.concat([months, days]), 3)


def test_unknown_months_at_the_end_are_waited_out_not_zero():
    rng = np.random.default_rng(4)
    y = 100 + 2 * np.arange(30) + rng.normal(0, 1, 30)
    late = forecast(frame(np.r_[y, np.nan, np.nan]), 2)
    on_time = forecast(frame(y), 4)
    assert late["ds"].tolist() == on_time["ds"].tolist()[2:]
    assert late["forecast"].tolist() == pytest.approx(on_time["forecast"].tolist()[2:])
    assert late["forecast"].min() > 150


@pytest.mark.parametrize(
    ("freq", "first"),
    [("MS", "2020-07-01"), ("ME", "2020-07-31"), ("QS", "2025-07-01"), ("W-MON", "2018-07-30"), ("D", "2018-01-31"),
     ("h", "2018-01-02 06:00"), ("YS", "2048-01-01")],
)  # fmt: skip
def test_frequencies_are_recognised(freq, first):
    got = forecast(frame(np.arange(30.0), freq=freq), 2)
    assert got["ds"].iloc[0] == pd.Timestamp(first)


def test_series_end_when_they_end():
    both = pd.concat([frame(np.full(20, 5.0), "long"), frame(np.full(9, 5.0), "short")])
    got = forecast(both, 1).set_index("unique_id")["ds"]
    assert got.tolist() == [pd.Timestamp("2019-09-01"), pd.Timestamp("2018-10-01")]


def test_trend_and_season_go_on():
    t = np.arange(72)
    y = (100 + 2 * t) * (1 + 0.3 * np.sin(t * np.pi / 6))
    future = np.arange(72, 84)
    truth = (100 + 2 * future) * (1 + 0.3 * np.sin(future * np.pi / 6))
    assert forecast(frame(y), 12)["forecast"].to_numpy() == pytest.approx(truth, rel=0.06)
    quarter = np.tile([10.0, 20.0, 60.0], 8)
    assert forecast(frame(quarter), 3)["forecast"].to_numpy() == pytest.approx([10, 20, 60], rel=0.05)


def test_level_shift_is_followed():
    rng = np.random.default_rng(8)
    y = np.r_[rng.poisson(20, 24), rng.poisson(200, 8)]
    assert 170 < forecast(frame(y), 3)["forecast"].mean() < 240


def test_a_dead_item_fades_and_a_quiet_one_does_not():
    rng = np.random.default_rng(2)
    steady = rng.poisson(20, 24)
    dead = forecast(frame(np.r_[steady, np.zeros(6)]), 1)["forecast"].iloc[0]
    assert dead < 0.5
    gappy = np.tile([12.0, 0, 0, 0, 0], 6)
    assert forecast(frame(gappy), 1)["forecast"].iloc[0] > 1.5


def test_survival_is_bayes_rule():
    pattern = Pattern(np.array([3]), np.array([1]), np.array([0]))
    quiet = 0.98 * 1 / 5  # Beta(4, 1): chance of an empty month 1/5, and it did not stop
    assert survival(pattern, np.array([4]))[0] == pytest.approx(quiet / (quiet + 0.02))


def test_pattern_counts_gaps():
    block = Block(np.array([[0.0], [3], [0], [0], [2], [0]]), np.array([6]))
    got = demand_pattern(block)
    assert (got.demands[0], got.run[0], got.longest_gap[0]) == (2, 1, 2)


def test_methods_are_pinned_by_series():
    got = forecast(panel([1, 2, 3], [4, 5, 6], [7, 8, 9]), 1, method={"S000": "naive", "S001": "mean", "S002": ""})
    assert got["forecast"].iloc[:2].tolist() == [3.0, 5.0]
    assert got["method"].tolist() == ["pinned: naive", "pinned: mean", "short mean"]


def test_textbook_values_of_simple_methods():
    y = np.arange(1.0, 15.0)
    expected = {
        "naive": [14, 14],
        "seasonal_naive": [3, 4],
        "mean": [7.5, 7.5],
        "moving_average": [13, 13],
        "drift": [15, 16],
    }
    for method, truth in expected.items():
        assert forecast(frame(y), 2, method=method)["forecast"].tolist() == pytest.approx(truth)


def test_random_walk_interval_is_the_textbook_s():
    y = np.array([10.0, 12, 11, 13, 16, 15])
    sigma = np.sqrt(np.mean(np.diff(y) ** 2))
    got = forecast(frame(y), 4, method="naive", level=[95])
    assert (got["hi_95"] - got["forecast"]).to_numpy() == pytest.approx(
        1.959964 * sigma * np.sqrt([1, 2, 3, 4]), rel=1e-6
    )


def test_too_short_for_its_pin_falls_back_and_says_so():
    got = forecast(frame([3.0, 5.0]), 1, method="seasonal_naive")
    assert got["forecast"].tolist() == [5.0]
    assert got["method"].tolist() == ["naive (seasonal_naive needs 12 periods)"]


@pytest.mark.parametrize("method", ["ets", "arima", "holt_winters"])
def test_statsmodels_methods_run(method):
    rng = np.random.default_rng(6)
    y = 100 + np.arange(40) + 10 * np.sin(np.arange(40) * np.pi / 6) + rng.normal(0, 2, 40)
    got = forecast(frame(y), 6, method=method)
    assert np.isfinite(got[BOUNDS].to_numpy()).all()
    assert got["forecast"].mean() == pytest.approx(142, rel=0.1)


@pytest.mark.parametrize("method", ["ets", "arima", "holt_winters"])
@pytest.mark.parametrize("y", [np.full(12, 7.0), np.arange(14.0), np.r_[np.zeros(13), 90.0], 1.3 ** np.arange(15)])
def test_statsmodels_methods_stay_finite_on_awkward_series(method, y):
    got = forecast(frame(y), 3, method=method)[BOUNDS].to_numpy()
    assert np.isfinite(got).all()
    assert (np.diff(got, axis=1) >= -1e-9).all()


def test_gamma_interval_covers_what_it_says():
    from scipy.stats import gamma

    low, high = interval(np.array([[4.0]]), np.array([[3.0]]), 80, np.array([0.0]))
    shape = (4 / 3) ** 2
    assert low[0, 0] == pytest.approx(gamma.ppf(0.1, shape, scale=4 / shape))
    assert high[0, 0] == pytest.approx(gamma.ppf(0.9, shape, scale=4 / shape))
    low, _ = interval(np.array([[4.0]]), np.array([[3.0]]), 80, np.array([0.4]))
    assert low[0, 0] == 0


def test_intervals_cover_new_demand():
    rng = np.random.default_rng(10)
    truth = rng.uniform(20, 200, 400)
    seen, new = rng.poisson(truth, (30, 400)), rng.poisson(truth)
    got = forecast(panel(*seen.T), 1)
    inside = {w: np.mean((new >= got[f"lo_{w}"]) & (new <= got[f"hi_{w}"])) for w in (80, 95)}
    assert 0.76 < inside[80] < 0.93
    assert 0.92 < inside[95] < 0.995


def test_better_than_naive_on_noisy_demand():
    rng = np.random.default_rng(12)
    y = rng.poisson(rng.uniform(0.3, 60, 300), (31, 300)).astype(float)
    kept = panel(*y[:30].T)
    error = {m: np.abs(forecast(kept, 1, method=m)["forecast"].to_numpy() - y[30]).sum() for m in ("auto", "naive")}
    assert error["auto"] < 0.8 * error["naive"]


def test_fast_enough_for_a_planner():
    rng = np.random.default_rng(0)
    base = np.repeat(np.arange(1500), 30)
    ds = np.tile(pd.date_range("2018-01-01", periods=30, freq="MS"), 1500)
    big = pd.DataFrame({"unique_id": base.astype(str), "ds": ds, "y": rng.poisson(4, 45000).astype(float)})
    forecast(big, 12)
    start = time.process_time()
    forecast(big, 12)
    assert time.process_time() - start < 4  # about 0.4 s on an idle core


GOOD = frame([1.0, 2.0, 3.0])


@pytest.mark.parametrize(
    ("history", "says"),
    [
        (GOOD.assign(y=[1.0, np.inf, 3.0]), "'A' has y = inf, which is infinite"),
        (GOOD.assign(y=["1", "two", "3"]), "'A' has y = two, which is not a number"),
        (GOOD.assign(y=[1.0, 1e200, 3.0]), "'A' has y = 1e\\+200"),
        (GOOD.assign(ds=["2020-01-01", "soon", "2020-03-01"]), "'A' has ds = soon, which is not a date"),
        (GOOD.assign(ds=[1, 2, 3.5]), "'A' has ds = 3.5, which is neither a whole period number nor a date"),
        (pd.concat([GOOD, GOOD.iloc[:1]]), "'A' has two rows for 2018-01-01"),
        (GOOD.iloc[:0], "no rows"),
        (GOOD[["unique_id", "y"]], "missing: ds"),
        (GOOD.assign(y=np.nan), "'A' has no value at all"),
        (GOOD.assign(unique_id=["A", None, "A"]), "row 2 of history has no unique_id"),
        (pd.concat([GOOD, frame([1, 2, 3], "W", freq="W-MON")]), "mixes frequencies"),
        (pd.concat([frame([1] * 9, "D", freq="D"), frame([1] * 9, "W", freq="7D")]), "mixes frequencies"),
        (frame([1.0], start="2020-01-17", freq="D"), "does not tell the length of a period"),
        (pd.concat([frame([1, 2], freq="D"), frame([3], start="2090-01-01")]), "spans"),
    ],
)
def test_bad_histories_are_refused_with_a_sentence(history, says):
    with pytest.raises(InputError, match=says):
        forecast(history, 2)


@pytest.mark.parametrize("horizon", [0, -3, 601, 2.5, "12", True])
def test_bad_horizons(horizon):
    with pytest.raises(InputError, match="horizon must"):
        forecast(GOOD, horizon)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"season": 0}, "season must"),
        ({"season": 1.5}, "season must"),
        ({"level": [100]}, "level of an interval"),
        ({"method": "magic"}, "there is no method 'magic'; the methods are auto, combination, naive"),
        ({"method": {"B": "naive"}}, "pinned to 'B', which has no history"),
    ],
)
def test_bad_arguments(arguments, says):
    with pytest.raises(InputError, match=says):
        forecast(GOOD, 2, **arguments)


def promoted(weeks=60, series=3):
    rng = np.random.default_rng(8)
    price = np.where(rng.random((weeks, series)) < 0.25, 1.5, 2.0)
    sold = 100 * (price / 2.0) ** -2.0 * np.exp(0.05 * rng.standard_normal((weeks, series)))
    names = [f"S{k}" for k in range(series)]
    rows = {"unique_id": np.repeat(names, weeks), "ds": np.tile(np.arange(1, weeks + 1), series)}
    return pd.DataFrame({**rows, "y": sold.T.ravel(), "price": price.T.ravel()})


def test_regressors_known_ahead_drive_the_forecast():
    whole = promoted()
    past, future = whole[whole["ds"] <= 52], whole[whole["ds"] > 52]
    got = forecast(past, 8, exogenous=["price"], future=future.drop(columns="y"))
    assert list(got.columns) == ["unique_id", "ds", "forecast", "lo_80", "hi_80", "lo_95", "hi_95", "method"]
    assert got["forecast"].to_numpy() == pytest.approx(future["y"].to_numpy(), rel=0.25)
    without = forecast(past, 8)
    actual = future["y"].to_numpy()
    assert np.abs(got["forecast"] - actual).sum() < 0.5 * np.abs(without["forecast"] - actual).sum()
    assert (got["lo_95"] <= got["lo_80"]).all()
    assert (got["hi_80"] <= got["hi_95"]).all()
    inside = (actual >= got["lo_95"]) & (actual <= got["hi_95"])
    assert inside.mean() > 0.8


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"exogenous": ["price"]}, "regressors need both"),
        ({"exogenous": "price", "future": 1}, "exogenous must list at least one column"),
        ({"exogenous": ["price"], "future": 1, "method": "naive"}, "a method cannot be pinned where regressors"),
        ({"level": 80}, "level must list the widths"),
        ({"level": "80,95"}, "level must list the widths"),
        ({"level": ["80"]}, "the level of an interval must lie between"),
        ({"level": [True]}, "the level of an interval must lie between"),
        ({"method": None}, "method must be the name of one"),
        ({"season": 10**12}, "the season must be a whole number of periods from 1 to 10,000"),
        ({"seed": "x"}, "the seed must be a whole number"),
    ],
)
def test_arguments_that_cannot_be_used_are_refused(given, says):
    future = {"future": pd.DataFrame({"unique_id": ["A"], "ds": [1], "price": [1.0]})} if "future" in given else {}
    with pytest.raises(InputError, match=says):
        forecast(frame(np.arange(20.0)), 3, **{**given, **future})
