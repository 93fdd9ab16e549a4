"""Quantiles against SciPy's distributions, and the variance of totals against the innovations that make them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sop_xl.demand.distributions import distribution
from sop_xl.demand.distributions.distribution import DemandDistribution, lead_time_total, smoothed_total_variance
from sop_xl.errors import InputError

SHARES = (0.01, 0.1, 0.5, 0.8, 0.9, 0.95, 0.99, 0.999)
MEANS = np.array([0.01, 0.3, 1.0, 3.0, 17.5, 250.0, 4000.0])


@pytest.mark.parametrize("ratio", [1.01, 1.5, 4.0, 60.0])
def test_negative_binomial_is_that_of_scipy(ratio):
    expected = [stats.nbinom.ppf(q, MEANS / (ratio - 1), 1 / ratio) for q in SHARES]
    assert distribution.negative_binomial(MEANS, ratio * MEANS, SHARES) == pytest.approx(np.array(expected))


def test_poisson_is_that_of_scipy():
    expected = [stats.poisson.ppf(q, MEANS) for q in SHARES]
    assert distribution.poisson(MEANS, MEANS, SHARES) == pytest.approx(np.array(expected))


def test_negative_binomial_of_no_more_variance_than_mean_is_poisson():
    assert (
        distribution.negative_binomial(MEANS, 0.5 * MEANS, SHARES) == distribution.poisson(MEANS, MEANS, SHARES)
    ).all()


@pytest.mark.parametrize("cv", [0.05, 0.5, 1.0, 3.0])
def test_gamma_is_that_of_scipy(cv):
    expected = [stats.gamma.ppf(q, cv**-2, scale=MEANS * cv**2) for q in SHARES]
    got = distribution.gamma(MEANS, (cv * MEANS) ** 2, SHARES)
    assert got == pytest.approx(np.array(expected), rel=1e-6, abs=1e-9)


def test_gamma_with_a_chance_of_nothing_keeps_mean_and_variance():
    shares = (np.arange(20_000) + 0.5) / 20_000
    drawn = distribution.gamma(np.array([6.0]), np.array([50.0]), shares, np.array([0.3]))[:, 0]
    assert (drawn == 0).mean() == pytest.approx(0.3, abs=1e-3)
    assert drawn.mean() == pytest.approx(6.0, rel=2e-3)
    assert drawn.var() == pytest.approx(50.0, rel=2e-2)


def test_normal_has_the_table_s_points():
    got = distribution.normal(np.array([100.0]), np.array([400.0]), (0.9, 0.95, 0.99))[:, 0]
    assert got == pytest.approx([100 + 20 * z for z in (1.2816, 1.6449, 2.3263)], abs=1e-3)


def test_large_numbers_of_units_are_as_the_normal():
    got = distribution.negative_binomial(np.array([1e15]), np.array([1e28]), (0.1, 0.9))[:, 0]
    assert got == pytest.approx(stats.norm.ppf((0.1, 0.9), 1e15, 1e14), rel=0.02)


def innovations_total(weights, periods):
    """Variance of the total from the matrix of innovations: error of period j is e_j + sum of weights x earlier e."""
    matrix = np.eye(periods)
    for period in range(periods):
        for before in range(period):
            matrix[period, before] = weights[period - before - 1]
    return float((np.ones(periods) @ matrix @ matrix.T) @ np.ones(periods)), (matrix**2).sum(axis=1)


@pytest.mark.parametrize("periods", [1, 2, 5, 12])
def test_lead_time_variance_is_that_of_the_innovations(periods):
    damped = 0.3 + 0.05 * np.cumsum(0.9 ** np.arange(1, periods + 1))
    total, each = innovations_total(damped, periods)
    _, variance = lead_time_total(np.ones((periods, 1)), 4.0 * each[:, None])
    assert variance[0] == pytest.approx(4.0 * total)


@pytest.mark.parametrize("alpha", [0.0, 0.2, 1.0])
@pytest.mark.parametrize("periods", [1, 4, 9])
def test_simple_smoothing_has_the_closed_formula(alpha, periods):
    total, each = innovations_total(np.full(periods, alpha), periods)
    closed = smoothed_total_variance(np.array([9.0]), np.array([alpha]), periods)
    assert closed[0] == pytest.approx(9.0 * total)
    assert lead_time_total(np.ones((periods, 1)), 9.0 * each[:, None])[1] == pytest.approx(closed)


def test_variance_that_changes_with_the_season_alone_is_summed():
    seasonal = np.array([[4.0], [2.0], [1.0]])
    assert lead_time_total(np.ones((3, 1)), seasonal)[1] == pytest.approx([7.0])


def test_a_random_walk_s_total_is_more_spread_than_independent_periods():
    walk = np.arange(1, 5.0)[:, None]
    assert lead_time_total(np.zeros((4, 1)), walk)[1][0] == pytest.approx(16 + 9 + 4 + 1)


positive = st.floats(0, 1e60) | st.sampled_from([0.0, 1e-60, 1e-9, 1.0, 1e12])


@given(mean=positive, variance=positive, empty=st.floats(0, 1), family=st.sampled_from(sorted(distribution.FAMILIES)))
@settings(max_examples=300, deadline=None)
def test_quantiles_are_finite_ordered_and_not_negative(mean, variance, empty, family):
    one = DemandDistribution(
        np.array([mean]), np.array([variance]), np.array([family], dtype=object), np.array([empty]), np.array([False])
    )
    got = one.quantiles(SHARES)[:, 0]
    assert np.isfinite(got).all()
    assert (np.diff(got) >= 0).all()
    if family != "normal":
        assert (got >= 0).all()


@given(mean=st.floats(0.01, 1e4), ratio=st.floats(1.01, 50), share=st.floats(0.01, 0.99))
@settings(max_examples=100, deadline=None)
def test_negative_binomial_is_the_least_whole_number_that_will_do(mean, ratio, share):
    got = distribution.negative_binomial(np.array([mean]), np.array([ratio * mean]), (share,))[0, 0]
    law = stats.nbinom(mean / (ratio - 1), 1 / ratio)
    assert law.cdf(got) >= share * (1 - 1e-9)
    assert got == 0 or law.cdf(got - 1) <= share * (1 + 1e-9)


def test_shares_may_come_in_any_order_and_families_mix():
    both = DemandDistribution(
        np.array([3.0, 100.0]),
        np.array([9.0, 25.0]),
        np.array(["negative binomial", "normal"], dtype=object),
        np.zeros(2),
        np.array([True, False]),
    )
    assert both.quantiles((0.9, 0.5)) == pytest.approx(np.array([both.p90, both.p50]))
    assert both.take(np.array([False, True])).p50 == pytest.approx([100.0])


def test_whole_units_have_whole_quantiles():
    got = DemandDistribution.of("gamma", [7.3], [11.0])
    rounded = DemandDistribution(got.mean, got.variance, got.family, got.empty, np.array([True]))
    assert rounded.p90[0] == round(got.p90[0])


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, 95, float("nan")])
def test_a_share_that_is_none_is_named(share):
    with pytest.raises(InputError, match="between 0 and 1, got"):
        DemandDistribution.of("normal", [1.0], [1.0]).quantiles((share,))


def test_no_share_and_no_such_family():
    with pytest.raises(InputError, match="at least one quantile"):
        DemandDistribution.of("normal", [1.0], [1.0]).quantiles(())
    with pytest.raises(InputError, match="got 'weibull'"):
        DemandDistribution.of("weibull", [1.0], [1.0])
