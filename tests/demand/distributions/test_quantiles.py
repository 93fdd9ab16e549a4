"""Quantiles of histories: of totals over a lead time and of single periods."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_xl.demand.baseline import forecast
from sop_xl.demand.distributions.distribution import smoothed_total_variance
from sop_xl.demand.distributions.quantiles import period_quantiles, total_quantiles
from sop_xl.errors import InputError


def history(**series):
    frames = [
        pd.DataFrame({"unique_id": name, "ds": pd.date_range(end="2024-12-01", periods=len(y), freq="MS"), "y": y})
        for name, y in series.items()
    ]
    return pd.concat(frames, ignore_index=True).astype({"y": float})


def spares(items, periods, seed=1, unit=1.0):
    rng = np.random.default_rng(seed)
    chances = rng.beta(2.0, 5.0, items)
    return (rng.random((periods, items)) < chances) * rng.integers(1, 6, (periods, items)) * unit


def as_history(y):
    return history(**{f"part {k:03d}": column for k, column in enumerate(y.T)})


@pytest.mark.parametrize("unit", [1.0, 0.37])
def test_totals_of_spare_parts_stay_below_their_quantiles_as_often_as_promised(unit):
    y = spares(500, 39, unit=unit)
    got = total_quantiles(as_history(y[:36]), 3)
    actual = y[36:].sum(axis=0)
    for share in (0.8, 0.9, 0.95, 0.99):
        covered = (actual <= got[f"q{100 * share:g}"].to_numpy() + 1e-9).mean()
        assert share - 0.03 <= covered <= share + 0.08  # demand in whole units jumps over the share


def test_spare_parts_in_whole_units_have_whole_quantiles():
    got = total_quantiles(as_history(spares(20, 30)), 4).filter(regex="^q").to_numpy()
    assert (got == np.rint(got)).all()


def test_regular_totals_stay_below_their_quantiles_as_often_as_promised():
    rng = np.random.default_rng(9)
    y = 200 + 20 * rng.standard_normal((52, 300))
    got = total_quantiles(as_history(y[:48]), 4, (0.1, 0.5, 0.9))
    actual = y[48:].sum(axis=0)
    shares = [(actual <= got[name]).mean() for name in ("q10", "q50", "q90")]
    assert shares == pytest.approx([0.1, 0.5, 0.9], abs=0.07)


def test_the_total_s_mean_is_the_sum_of_the_forecasts():
    rng = np.random.default_rng(3)
    months = np.arange(60)
    frame = history(season=100 + 30 * np.sin(months * np.pi / 6) + rng.standard_normal(60), trend=50 + 2.0 * months)
    whole = forecast(frame, 5).groupby("unique_id")["forecast"].sum()
    assert total_quantiles(frame, 5).set_index("unique_id")["mean"].to_dict() == pytest.approx(whole.to_dict())


def test_errors_that_last_make_a_total_more_than_independent():
    frame = history(walk=1000 + np.cumsum(np.random.default_rng(2).standard_normal(80)))
    one, four = (total_quantiles(frame, n)["deviation"].iloc[0] for n in (1, 4))
    assert four > 2.2 * one
    assert four <= 1.1 * np.sqrt(smoothed_total_variance(np.array([one**2]), np.array([1.0]), 4)[0])


def test_lead_times_of_their_own():
    frame = history(bolt=[3.0, 4, 3, 5, 4, 3, 4, 5, 4, 3, 4, 4, 3], axle=[0.0, 0, 2, 0, 0, 0, 1, 0, 0, 3, 0, 0, 0])
    both = total_quantiles(frame, {"bolt": 2, "axle": 6})
    assert both["unique_id"].tolist() == ["axle", "bolt"]
    assert both["periods"].tolist() == [6, 2]
    for name, span in (("bolt", 2), ("axle", 6)):
        row = both[both["unique_id"] == name].reset_index(drop=True)
        alike = total_quantiles(frame, span)
        pd.testing.assert_frame_equal(row, alike[alike["unique_id"] == name].reset_index(drop=True))


def test_period_quantiles_stand_beside_the_forecast():
    frame = history(a=[5.0, 6, 7, 5, 6, 7] * 6, b=[0.0, 0, 9] * 8)
    got = period_quantiles(frame, 4)
    plain = forecast(frame, 4)
    assert list(got.columns) == ["unique_id", "ds", "mean", "q10", "q50", "q90"]
    pd.testing.assert_frame_equal(got[["unique_id", "ds"]], plain[["unique_id", "ds"]])
    regular = got["unique_id"] == "a"
    assert got.loc[regular, "mean"].tolist() == pytest.approx(plain.loc[regular, "forecast"].tolist())
    assert (got["q10"] <= got["q50"]).all() and (got["q50"] <= got["q90"]).all()


def test_a_month_not_yet_known_is_waited_out():
    frame = history(a=[0.0, 4, 0, 0, 5, 0, 3, 0, 0, 2, 0, 0])
    late = pd.concat([frame, pd.DataFrame({"unique_id": "a", "ds": [pd.Timestamp("2025-01-01")], "y": [np.nan]})])
    assert period_quantiles(late, 1)["ds"].tolist() == [pd.Timestamp("2025-02-01")]


def test_returns_make_it_normal():
    got = total_quantiles(history(net=[5.0, -3, 2, 0, -1, 4, 3, -2, 0, 1, 2, -1, 3, -2]), 2, (0.05, 0.95))
    assert got["q5"].iloc[0] < 0 < got["q95"].iloc[0]


def test_no_demand_at_all_has_none_ahead():
    got = total_quantiles(history(dead=[0.0] * 24), 6)
    assert got.drop(columns=["unique_id", "periods"]).to_numpy().tolist() == [[0.0] * 7]


def test_a_constant_is_certain():
    got = total_quantiles(history(rent=[12.5] * 36), 4, (0.1, 0.9))
    assert got[["mean", "q10", "q90"]].iloc[0].tolist() == pytest.approx([50.0] * 3, rel=1e-4)


sizes = st.sampled_from([0.0, 0.0, 1.0, 3.0, -2.0, 1e-12, 1e30]) | st.floats(-1e6, 1e6)


@given(y=st.lists(sizes, min_size=1, max_size=40), periods=st.integers(1, 24))
@settings(max_examples=60, deadline=None)
def test_any_history_has_finite_ordered_quantiles(y, periods):
    frame = history(any=y)
    for table in (total_quantiles(frame, periods), period_quantiles(frame, min(periods, 5))):
        values = table.filter(regex="^q").to_numpy()
        assert np.isfinite(table.select_dtypes("number").to_numpy()).all()
        assert (np.diff(values, axis=1) >= 0).all()
        if min(y) >= 0:
            assert (values >= 0).all()


@pytest.mark.parametrize("periods", [0, -1, 601, 2.5, True, "3"])
def test_periods_that_cannot_be_are_named(periods):
    with pytest.raises(InputError, match="series 'a': periods must be a whole number from 1 to 600"):
        total_quantiles(history(a=[1.0, 2, 3]), periods)


def test_lead_times_of_other_series_are_named():
    frame = history(a=[1.0, 2, 3], b=[1.0, 2, 3])
    with pytest.raises(InputError, match="'c', which has no history"):
        total_quantiles(frame, {"a": 1, "b": 1, "c": 1})
    with pytest.raises(InputError, match="series 'b' has no number of periods"):
        total_quantiles(frame, {"a": 1})
