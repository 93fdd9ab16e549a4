"""The scorer on figures computed by hand, and the identities a score must keep."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from benchmarks.forecast import score as s

ACTUAL = np.array([[10.0, 20.0], [0.0, 4.0]])
FORECAST = np.array([[12.0, 15.0], [0.0, 6.0]])
POSITIVE = arrays(float, (3, 4), elements=st.floats(0.5, 1e3))


def seasonal_series(years, noise=0.0):
    pattern = np.array([8, 9, 10, 11, 12, 13, 12, 11, 10, 9, 8, 7], dtype=float)
    return np.tile(pattern, years) + noise * np.random.default_rng(3).normal(size=12 * years)


def test_smape_by_hand():
    # 200 x (2/22 + 5/35) / 2 and 200 x (0 + 2/10) / 2
    assert s.smape(ACTUAL, FORECAST) == pytest.approx([100 * (2 / 22 + 5 / 35), 20.0])


def test_mase_by_hand():
    train = np.array([1.0, 4.0, 2.0, 9.0])
    assert s.mase_scale(train, 2) == pytest.approx((1 + 5) / 2)
    assert s.mase_scale(train, 12) == pytest.approx((3 + 2 + 7) / 3)  # shorter than a season: from one to the next
    assert s.mase(ACTUAL, FORECAST, np.array([2.0, 0.0])) == pytest.approx([3.5 / 2, np.nan], nan_ok=True)


def test_rmsse_starts_at_the_first_demand_and_pools_squares():
    assert s.rmsse_scale(np.array([0.0, 0.0, 3.0, 1.0, 1.0])) == pytest.approx((4 + 0) / 2)
    assert np.isnan(s.rmsse_scale(np.zeros(5)))
    # mean squared errors 14.5 and 2 over scales 2 and 4
    assert s.pooled_rmsse(ACTUAL, FORECAST, np.array([2.0, 4.0])) == pytest.approx(np.sqrt((14.5 / 2 + 2 / 4) / 2))


def test_interval_score_and_coverage_by_hand():
    low, high = np.array([[8.0, 21.0]]), np.array([[9.0, 25.0]])
    # widths 1 and 4; 10 lies 1 above, 20 lies 1 below, each costs 2 / 0.05
    assert s.interval_score(ACTUAL[:1], low, high, 95) == pytest.approx([(1 + 40 + 4 + 40) / 2])
    assert s.coverage(ACTUAL[:1], low, high) == 0
    assert s.coverage(ACTUAL[:1], low, high + 1) == 50


def test_quantile_loss_by_hand():
    quantiles = np.array([[[8.0, 25.0]], [[10.0, 18.0]]])
    # at 10 %: 0.1 x 2 and 0.9 x 5; at 90 %: 0 and 0.9 x 2
    assert s.quantile_loss(ACTUAL[:1], quantiles, [0.1, 0.9]) == pytest.approx([(0.2 + 4.5 + 0 + 1.8) / 4])


def test_wape_and_bias_by_hand():
    assert s.wape(ACTUAL, FORECAST) == pytest.approx(100 * 9 / 34)
    assert s.bias(ACTUAL, FORECAST) == pytest.approx(100 * (33 - 34) / 34)


def test_a_season_is_found_where_there_is_one():
    assert s.is_seasonal(seasonal_series(5), 12)
    assert not s.is_seasonal(np.random.default_rng(5).normal(size=60), 12)
    assert not s.is_seasonal(seasonal_series(2), 12)  # under three seasons
    assert not s.is_seasonal(np.full(60, 7.0), 12)
    assert not s.is_seasonal(seasonal_series(5), 1)


def test_naive2_repeats_an_exact_season():
    y = seasonal_series(5)
    assert s.naive2(y, 14, 12) == pytest.approx(np.tile(seasonal_series(1), 2)[:14])
    assert s.naive2(y[:-4], 5, 12) == pytest.approx(np.r_[seasonal_series(1)[8:], 8.0])


def test_seasonal_factors_of_a_trend_times_a_season():
    factors = s.seasonal_factors(100 * seasonal_series(6), 12)
    assert factors.mean() == pytest.approx(1)
    assert factors == pytest.approx(seasonal_series(1) / seasonal_series(1).mean())
    odd = np.tile([1.0, 2.0, 3.0], 6)
    assert s.seasonal_factors(odd, 3) == pytest.approx([0.5, 1.0, 1.5])


def test_naive2_has_an_owa_of_one():
    train = tuple(seasonal_series(5, noise) + 5 * noise for noise in (0.1, 1.0, 3.0))
    cases = s.Cases(train, np.abs(np.random.default_rng(1).normal(10, 3, (3, 6))), 12)
    assert s.score(cases, cases.naive2()).owa == pytest.approx(1)
    perfect = s.score(cases, cases.actual, cases.actual, cases.actual)
    assert (perfect.owa, perfect.smape, perfect.mase, perfect.msis, perfect.coverage) == (0, 0, 0, 0, 100)


def test_without_an_interval_there_is_no_score_of_one():
    cases = s.Cases((seasonal_series(4, 0.5),), np.full((1, 3), 9.0), 12)
    unknown = np.full((1, 3), np.nan)
    found = s.score(cases, cases.naive2(), unknown, unknown)
    assert np.isnan(found.msis)
    assert np.isnan(found.coverage)


def test_a_series_that_never_changed_has_no_scaled_error_and_spoils_no_mean():
    cases = s.Cases((np.full(40, 5.0), seasonal_series(4, 0.5)), np.full((2, 3), 9.0), 12)
    alone = s.Cases(cases.train[1:], cases.actual[1:], 12)
    assert s.score(cases, cases.actual + 1).mase == pytest.approx(s.score(alone, alone.actual + 1).mase)


def test_a_difference_has_the_same_sign_throughout_where_one_is_always_better():
    cases = s.Cases(tuple(seasonal_series(4, 0.5) for _ in range(20)), np.full((20, 3), 9.0), 12)
    good, poor = s.score(cases, cases.actual + 0.1), s.score(cases, cases.actual + 2)
    gap, low, high = s.difference(good, poor)
    assert gap == pytest.approx(good.owa - poor.owa)
    assert low <= gap <= high < 0


@given(POSITIVE, POSITIVE, st.floats(0.01, 100))
def test_percentages_ignore_the_unit(actual, forecast, unit):
    for measure in (s.smape, s.wape, s.bias):
        assert measure(unit * actual, unit * forecast) == pytest.approx(measure(actual, forecast), abs=1e-9)


@given(POSITIVE, POSITIVE)
def test_half_the_absolute_error_is_the_loss_of_the_median(actual, forecast):
    assert s.quantile_loss(actual, forecast[None], [0.5]) == pytest.approx(np.abs(actual - forecast).mean(axis=1) / 2)


@given(POSITIVE, POSITIVE)
def test_smape_lies_between_0_and_200_and_does_not_mind_who_is_who(actual, forecast):
    found = s.smape(actual, forecast)
    assert (found >= 0).all()
    assert (found <= 200).all()
    assert found == pytest.approx(s.smape(forecast, actual))
