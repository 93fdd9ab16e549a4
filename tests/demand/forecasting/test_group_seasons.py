"""Borrowed seasons: lent where a group shows one within its series, never read out of launches, ramps or trends."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_xl.demand.baseline import forecast
from sop_xl.demand.forecasting.group_seasons import NAME, group_seasons
from sop_xl.demand.forecasting.smoothing import Block
from sop_xl.demand.review.accuracy import backtest
from sop_xl.errors import InputError

MONTHS = 32
WAVE = np.sin(np.arange(MONTHS + 12) * np.pi / 6)
NUMBERS = ["forecast", "lo_80", "hi_80", "lo_95", "hi_95"]


def history(lives, shape, seed=0, name="S"):
    """Poisson series of `(first, end, level)` that share a shape over time; a life ends in zeros."""
    rng = np.random.default_rng(seed)
    ds = pd.date_range("2017-07-01", periods=MONTHS, freq="MS")
    parts = []
    for n, (first, end, level) in enumerate(lives):
        y = np.where(np.arange(MONTHS) < end, rng.poisson(level * shape[:MONTHS]), 0).astype(float)
        parts.append(pd.DataFrame({"unique_id": f"{name}{n:03d}", "ds": ds[first:], "y": y[first:]}))
    return pd.concat(parts, ignore_index=True)


def one_group(frame, name="web"):
    return dict.fromkeys(frame["unique_id"], name)


def yearly_launches(growth=1.0):
    """Every series lives one model year, from July to June, the last to the end of history."""
    years = [(0, 12, 20.0), (12, 24, 20.0 * growth), (24, MONTHS, 20.0 * growth**2)]
    return [year for year in years for _ in range(12)]


@pytest.fixture(scope="module")
def seasonal():
    return history(yearly_launches(growth=2.0), 1.0 + 0.5 * WAVE)


def borrowed(got):
    return got["method"].str.endswith(NAME)


def test_young_series_follow_the_season_of_their_group(seasonal):
    groups = one_group(seasonal)
    young = [f"S{n:03d}" for n in range(24, 36)]
    got = forecast(seasonal, 12, groups=groups)
    got = got[got["unique_id"].isin(young)]
    assert borrowed(got).all()
    truth = 12 * 80 * (1 + 0.5 * WAVE[MONTHS : MONTHS + 12])
    lent = got.groupby("ds")["forecast"].sum().to_numpy()
    plain = forecast(seasonal, 12)
    flat = plain[plain["unique_id"].isin(young)].groupby("ds")["forecast"].sum().to_numpy()
    assert lent == pytest.approx(truth, rel=0.25)
    assert np.abs(lent - truth).sum() < 0.35 * np.abs(flat - truth).sum()


def test_one_series_launched_last_learns_from_ended_ones(seasonal):
    new = history([(28, MONTHS, 50.0)], 1.0 + 0.5 * WAVE, seed=9, name="new")
    both = pd.concat([seasonal, new], ignore_index=True)
    got = forecast(both, 12, groups=one_group(both)).set_index("unique_id").loc["new000", "forecast"].to_numpy()
    assert np.corrcoef(got, WAVE[MONTHS : MONTHS + 12])[0, 1] > 0.98


def test_a_group_lends_only_to_its_own(seasonal):
    flat = history([(20, MONTHS, 30.0)] * 5, np.ones(MONTHS), seed=2, name="flat")
    both = pd.concat([seasonal, flat], ignore_index=True)
    groups = one_group(seasonal) | one_group(flat, "shop")
    got = forecast(both, 6, groups=groups)
    outside = got["unique_id"].str.startswith("flat")
    assert not borrowed(got[outside]).any()
    pd.testing.assert_frame_equal(
        got[outside].reset_index(drop=True), forecast(both, 6)[outside].reset_index(drop=True)
    )


NO_SEASON = {
    "steady": ([(0, MONTHS, 30.0)] * 12, np.ones(MONTHS)),
    "bigger model year each July": (yearly_launches(growth=3.0), np.ones(MONTHS)),
    "overlapping launches": (yearly_launches() + [(0, MONTHS, 15.0)] * 6, np.ones(MONTHS)),
    "tenfold ramp": ([(0, MONTHS, 8.0)] * 12, np.where(np.arange(MONTHS) < 24, 1.0, 10.0)),
    "trend": ([(0, MONTHS, 20.0)] * 12, 1.03 ** np.arange(MONTHS)),
    "eight months old": ([(24, MONTHS, 40.0)] * 12, 1.0 + 0.5 * WAVE),
}


@pytest.mark.parametrize("kind", NO_SEASON)
def test_nothing_is_lent_where_there_is_no_season(kind):
    lent = []
    for seed in range(20):
        frame = history(*NO_SEASON[kind], seed=seed)
        lent.append(borrowed(forecast(frame, 1, level=(), groups=one_group(frame))).any())
    assert np.mean(lent) <= 0.2  # the test allows 5 %


def test_a_launch_shift_does_not_bend_the_season():
    for growth in (1.0, 5.0):
        frame = history(yearly_launches(growth), 1.0 + 0.5 * WAVE, seed=3)
        got = forecast(frame, 12, groups=one_group(frame)).query("unique_id >= 'S024'")
        total = got.groupby("ds")["forecast"].sum().to_numpy()
        assert total / total.mean() == pytest.approx(1 + 0.5 * WAVE[MONTHS : MONTHS + 12], abs=0.2)


def test_a_season_of_its_own_comes_first():
    own = history([(0, MONTHS, 500.0)], 1.0 - 0.5 * WAVE, name="own")
    other = history(yearly_launches(), 1.0 + 0.5 * WAVE)
    both = pd.concat([own, other], ignore_index=True)
    got = forecast(both, 12, groups=one_group(both)).query("unique_id == 'own000'").reset_index(drop=True)
    pd.testing.assert_frame_equal(got, forecast(own, 12))


def test_without_groups_nothing_changes(seasonal):
    plain = forecast(seasonal, 3)
    pd.testing.assert_frame_equal(forecast(seasonal, 3, groups=None), plain)
    for groups in ({}, one_group(seasonal, "")):
        pd.testing.assert_frame_equal(forecast(seasonal, 3, groups=groups), plain)
    pd.testing.assert_frame_equal(
        forecast(seasonal, 3, season=1, groups=one_group(seasonal)), forecast(seasonal, 3, season=1)
    )


def test_a_pinned_method_borrows_nothing(seasonal):
    got = forecast(seasonal, 2, method={"S030": "naive"}, groups=one_group(seasonal))
    assert got.loc[got["unique_id"].eq("S030"), "method"].tolist() == ["pinned: naive"] * 2


def test_order_of_rows_and_of_groups_changes_nothing(seasonal):
    groups = one_group(seasonal)
    shuffled = seasonal.sample(frac=1, random_state=4)
    turned = dict(reversed(groups.items()))
    pd.testing.assert_frame_equal(forecast(seasonal, 6, groups=groups), forecast(shuffled, 6, groups=turned))


def test_units_do_not_matter(seasonal):
    groups = one_group(seasonal)
    thousands = seasonal.assign(y=seasonal["y"] * 1000)
    base, scaled = forecast(seasonal, 6, groups=groups), forecast(thousands, 6, groups=groups)
    assert scaled[NUMBERS].to_numpy() == pytest.approx(1000 * base[NUMBERS].to_numpy(), rel=1e-6, abs=1e-6)


def test_bounds_are_finite_ordered_and_cover(seasonal):
    truth = np.random.default_rng(11).poisson(80 * (1 + 0.5 * WAVE[MONTHS : MONTHS + 12]), (12, 12))
    got = forecast(seasonal, 12, groups=one_group(seasonal)).query("unique_id >= 'S024'")
    bounds = got[["lo_95", "lo_80", "forecast", "hi_80", "hi_95"]].to_numpy()
    assert np.isfinite(bounds).all()
    assert (np.diff(bounds, axis=1) >= 0).all()
    assert ((truth.ravel() >= bounds[:, 0]) & (truth.ravel() <= bounds[:, 4])).mean() > 0.9


def test_unknown_months_at_the_end_keep_their_place_in_the_year(seasonal):
    late = seasonal["unique_id"].eq("S030") & seasonal["ds"].ge("2020-01-01")
    got = forecast(seasonal.assign(y=seasonal["y"].mask(late)), 12, groups=one_group(seasonal))
    got = got[got["unique_id"].eq("S030")]
    assert got["ds"].iloc[0] == pd.Timestamp("2020-03-01")
    assert np.corrcoef(got["forecast"], WAVE[MONTHS : MONTHS + 12])[0, 1] > 0.98


def test_series_with_returns_neither_lend_nor_borrow(seasonal):
    returns = seasonal.assign(y=-seasonal["y"])
    pd.testing.assert_frame_equal(forecast(returns, 3, groups=one_group(seasonal)), forecast(returns, 3))


def test_levels_times_indices_give_back_clean_demand():
    wave = 1.0 + 0.4 * np.sin(np.arange(36) * np.pi / 6)
    y = wave[:, None] * np.array([[10.0, 30.0]])
    y[:20, 1] = 0.0
    got = group_seasons(Block(y, np.array([36, 16])), np.array([35, 35]), np.array([0, 0]), 12)
    assert got.factor[:, 0] == pytest.approx(wave[:12], abs=1e-6)


values = st.lists(st.one_of(st.just(0.0), st.floats(0, 1e6, allow_subnormal=False)), min_size=1, max_size=45)


@settings(max_examples=60, deadline=None)
@given(st.lists(values, min_size=1, max_size=5), st.integers(1, 14), st.sampled_from([None, 2, 3, 12]))
def test_any_group_has_a_finite_ordered_forecast(series, horizon, season):
    parts = [
        pd.DataFrame({"unique_id": f"S{n}", "ds": pd.date_range("2017-07-01", periods=len(y), freq="MS"), "y": y})
        for n, y in enumerate(series)
    ]
    frame = pd.concat(parts, ignore_index=True)
    got = forecast(frame, horizon, season=season, groups=one_group(frame))
    bounds = got[["lo_95", "lo_80", "forecast", "hi_80", "hi_95"]].to_numpy()
    assert np.isfinite(bounds).all()
    assert (np.diff(bounds, axis=1) >= -1e-6 * bounds.max(initial=1.0)).all()
    assert (bounds >= 0).all()


@pytest.mark.parametrize("value", [0.0, 7.0])
def test_a_constant_group_is_forecast_as_it_was(value):
    frame = history([(0, MONTHS, 1.0), (20, MONTHS, 1.0)], np.ones(MONTHS)).assign(y=value)
    got = forecast(frame, 3, groups=one_group(frame))
    pd.testing.assert_frame_equal(got, forecast(frame, 3))


def test_a_group_for_a_series_without_history_is_refused(seasonal):
    with pytest.raises(InputError, match="a group is given to 'S999', which has no history"):
        forecast(seasonal, 2, groups={"S999": "web"})


def test_the_backtest_borrows_from_what_was_known_then():
    frame = history(yearly_launches() + [(12, MONTHS, 25.0)] * 6, 1.0 + 0.5 * WAVE, seed=5)
    groups = one_group(frame)
    got = backtest(frame, origins=2, lag=3, groups=groups, methods=("naive", "auto"))
    origin, judged = pd.Timestamp("2019-11-01"), pd.Timestamp("2020-02-01")
    seen = frame[frame["ds"] <= origin]
    alone = forecast(seen, 3, level=(), groups=groups)
    assert borrowed(alone).any()
    expected = alone[alone["ds"].eq(judged)].set_index("unique_id")["forecast"]
    auto = got[got["step"].eq("statistical") & got["ds"].eq(judged)].set_index("unique_id")["forecast"]
    pd.testing.assert_series_equal(auto.sort_index(), expected.sort_index())
    error = {}
    for name, lent in (("with", groups), ("without", None)):
        table = backtest(frame, origins=4, lag=3, groups=lent, methods=("auto",))
        total = table.groupby("ds")[["actual", "forecast"]].sum()
        error[name] = (total["actual"] - total["forecast"]).abs().sum()
    assert error["with"] < 0.6 * error["without"]
