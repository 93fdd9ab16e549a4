"""Croston, SBA, TSB and ADIDA: what their formulas promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_xl.demand.forecasting import intermittent
from sop_xl.demand.forecasting.smoothing import Block

RATES = [intermittent.croston, intermittent.sba, intermittent.tsb, intermittent.adida]


def alone(values):
    y = np.array(values, dtype=float)[:, None]
    return Block(y, np.array([len(y)]))


histories = st.lists(st.integers(0, 9).map(lambda v: max(v - 5, 0)), min_size=2, max_size=40)


@pytest.mark.parametrize("method", RATES)
def test_demand_in_every_period_is_forecast_as_it_is(method):
    expected = 7.0 * (0.95 if method is intermittent.sba else 1.0)
    assert method(alone([7.0] * 20))[0] == pytest.approx(expected)


@pytest.mark.parametrize("method", RATES)
def test_no_demand_forecasts_none(method):
    assert method(alone([0.0] * 12))[0] == 0.0


def test_croston_of_the_same_demand_every_third_period_is_a_third_of_it():
    assert intermittent.croston(alone([0, 0, 6] * 8))[0] == pytest.approx(2.0)


def test_croston_is_unmoved_by_an_empty_end_and_tsb_is_not():
    y = [0, 0, 6] * 8
    assert intermittent.croston(alone([*y, 0, 0, 0, 0]))[0] == pytest.approx(intermittent.croston(alone(y))[0])
    before, after = (intermittent.tsb(alone([*y, *end]), (0.1,), (0.2,))[0] for end in ([], [0] * 4))
    chance = before / 6  # the mean of chances that start at the mean of the longer record differs in 0.8^28
    assert after == pytest.approx(6 * chance * 0.8**4, rel=0.01)


def test_croston_is_biased_upwards_and_sba_a_little_downwards():
    # Bernoulli demand of chance 0.4 and size 1 at alpha 0.3: Croston's mean is above 0.4, that of SBA is near it
    y = (np.random.default_rng(5).random((200, 4000)) < 0.4).astype(float)
    block = Block(y, np.full(4000, 200))
    assert intermittent.croston(block, 0.2).mean() > 0.42
    assert intermittent.sba(block, 0.1).mean() == pytest.approx(0.39, abs=0.005)
    # it takes away a little too much, the more the larger the chance: Teunter and Sani (2009), EJOR 194, 177-183


@pytest.mark.parametrize("method", RATES)
@given(y=histories, unit=st.sampled_from([1e-6, 0.5, 12.0, 1e9]))
@settings(max_examples=30, deadline=None)
def test_forecasts_scale_with_the_unit(method, y, unit):
    plain = method(alone(y))[0]
    assert method(alone(np.array(y) * unit))[0] == pytest.approx(plain * unit, rel=1e-9)


@given(y=histories)
@settings(max_examples=50, deadline=None)
def test_forecasts_lie_between_nothing_and_the_largest_demand(y):
    for method in RATES:
        assert 0 <= method(alone(y))[0] <= max(y) * (1 + 1e-12)


@given(y=histories, window=st.integers(1, 60))
def test_moving_average_is_the_mean_of_what_there_is(y, window):
    assert intermittent.moving_average(alone(y), window)[0] == pytest.approx(np.mean(y[-window:]))
