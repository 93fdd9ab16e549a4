"""Serial chains: the recursion against simulation and against other levels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_xl.errors import InputError
from sop_xl.inventory.distributions import Normal, Poisson
from sop_xl.inventory.newsvendor import newsvendor_of
from sop_xl.inventory.stochastic_service import serial_optimal, serial_shang_song


def simulated(levels, demands, echelon_holding, stockout_cost):
    """Mean cost of echelon levels, customers' end first; `demands` are draws by stage of its lead-time demand."""
    level = np.full(demands.shape[1], np.inf)
    cost = np.zeros(demands.shape[1])
    for j in range(len(levels) - 1, -1, -1):
        position = np.minimum(levels[j], level)
        level = position - demands[j]
        cost += echelon_holding[j] * level
    return float(np.mean(cost + (stockout_cost + sum(echelon_holding)) * np.maximum(-level, 0)))


def test_example_6_1_costs_what_a_simulation_says_and_no_other_levels_cost_less():
    """Snyder and Shen: levels 6.49, 12.02, 22.71 and cost 47.65 on their grid."""
    rng = np.random.default_rng(1)
    times, own, short = [1, 1, 2], [3.0, 2.0, 2.0], 37.12
    best = serial_optimal(5, 1, times, own, short)
    draws = np.array([rng.normal(5 * t, np.sqrt(t), 2_000_000) for t in times])
    least = simulated(best.levels, draws, own, short)
    assert best.levels == pytest.approx([6.49, 12.02, 22.71], abs=0.006)
    assert best.cost == pytest.approx(47.65, rel=0.0004)
    assert best.cost == pytest.approx(least, rel=0.0005)
    for change in ([0.4, 0, 0], [0, -0.5, 0], [0, 0, 0.8], [-0.4, 0.4, -0.6]):
        assert simulated(best.levels + change, draws, own, short) > least
    assert best.local == pytest.approx([6.49, 5.53, 10.69], abs=0.01)


def test_whole_units_cost_what_a_simulation_says():
    rng = np.random.default_rng(2)
    times, own, short = [0.5, 1.0, 1.5], [1.0, 0.5, 0.5], 20.0
    best = serial_optimal(4, None, times, own, short)
    draws = np.array([rng.poisson(4 * t, 1_000_000) for t in times])
    assert best.cost == pytest.approx(simulated(best.levels, draws, own, short), rel=0.003)


@settings(deadline=None, max_examples=20)
@given(mean=st.floats(1, 40), time=st.floats(0.2, 4), held=st.floats(0.2, 5), short=st.floats(1, 60))
def test_one_stage_is_the_newsvendor(mean, time, held, short):
    whole, vendor = serial_optimal(mean, None, [time], [held], short), newsvendor_of(Poisson(mean * time), held, short)
    assert whole.levels[0] == vendor.stock
    assert whole.cost == pytest.approx(float(vendor.cost), rel=1e-6)
    smooth = serial_optimal(mean, mean / 4, [time], [held], short)
    vendor = newsvendor_of(Normal(mean * time, mean / 4 * np.sqrt(time)), held, short)
    assert smooth.levels[0] == pytest.approx(float(vendor.stock), rel=1e-3)
    assert smooth.cost == pytest.approx(float(vendor.cost), rel=1e-3)


@settings(deadline=None, max_examples=15)
@given(own=st.lists(st.floats(0.2, 4), min_size=2, max_size=4), short=st.floats(5, 60), rate=st.floats(2, 20))
def test_the_bounds_of_shang_and_song_hold_and_their_mean_is_near(own, short, rate):
    times = [0.5 + 0.25 * k for k in range(len(own))]
    best, near = serial_optimal(rate, None, times, own, short), serial_shang_song(rate, None, times, own, short)
    through = Poisson(rate * np.cumsum(times))
    above = np.sum(own) - np.cumsum(own)
    low = through.quantile((short + above) / (short + np.sum(own)))
    high = through.quantile((short + above) / (short + np.array(own) + above))
    assert np.all(low <= best.levels + 1e-9)
    assert np.all(best.levels <= high + 1e-9)
    assert np.all(near.levels >= low - 1)
    assert near.cost is None


def test_a_dear_stage_next_to_a_cheaper_one_holds_nothing():
    """It takes no time, so it needs no stock of its own; units on their way past it cost a little more."""
    three, two = serial_optimal(5, 1, [1, 0, 1], [1, 1, 1], 20), serial_optimal(5, 1, [1, 1], [2, 1], 20)
    assert three.levels[1:] == pytest.approx(two.levels)
    assert three.cost == pytest.approx(two.cost + 5.0)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: serial_optimal(5, 1, [1, 1], [1], 5), "2 lead times, but 1 echelon"),
        (lambda: serial_optimal(5, 1, [1], [0], 5), "echelon holding cost must be above 0"),
        (lambda: serial_optimal(5, 0, [1], [1], 5), "standard deviation of demand must be above 0"),
        (lambda: serial_optimal(0, 1, [1], [1], 5), "mean demand must be above 0"),
        (lambda: serial_optimal(5, 1, [0, 0], [1, 1], 5), "needs a lead time above 0"),
        (lambda: serial_shang_song(5, 1, [-1], [1], 5), "lead time must be 0 or more"),
    ],
)
def test_bad_arguments_are_named(call, says):
    with pytest.raises(InputError, match=says):
        call()
