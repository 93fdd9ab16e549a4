"""What a portfolio teaches about one item, and that one item alone is well served too."""

from __future__ import annotations

import numpy as np
import pytest
from blocks import block_of
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_xl.demand.forecasting import intermittent_mean as module
from sop_xl.demand.forecasting.intermittent_mean import DAMPING, intermittent_mean, irregular, rates
from sop_xl.demand.forecasting.smoothing import Block


def portfolio(chances, periods, seed=1, sizes=1.0, growth=0.0):
    """Bernoulli demand of one item per chance; growth changes all chances by a share of themselves each period."""
    rng = np.random.default_rng(seed)
    path = np.clip(1 + growth * np.arange(periods), 0.05, None)[:, None]
    seen = rng.random((periods, len(chances))) < np.clip(path * chances, 0, 1)
    size = sizes * rng.integers(1, 4, seen.shape) if np.ndim(sizes) else sizes
    return Block(seen * size * 1.0, np.full(len(chances), periods))


def error(estimate, truth):
    return float(((estimate - truth) ** 2).mean())


def test_a_portfolio_estimates_chances_better_than_each_record_alone():
    chances = np.random.default_rng(7).beta(6.0, 9.0, 800)
    block = portfolio(chances, 24)
    assert error(module._chance(block, 0.02, 1.0)[0], chances) < 0.8 * error(block.mean, chances)


def test_chances_that_differ_by_luck_alone_become_one():
    block = portfolio(np.full(500, 0.3), 24)
    got = rates(block).chance
    assert got.std() < 0.25 * block.mean.std()
    assert got.mean() == pytest.approx(0.3, abs=0.02)


def test_chances_that_truly_differ_stay_apart():
    chances = np.repeat([0.05, 0.95], 200)
    got = rates(portfolio(chances, 60)).chance
    assert got[:200].mean() == pytest.approx(0.05, abs=0.03)
    assert got[200:].mean() == pytest.approx(0.95, abs=0.03)


def test_beta_belief_by_moments_is_that_of_the_prior():
    # Beta(3, 5): mean 0.375, worth 8 periods; memory long enough to be all but flat
    chances = np.random.default_rng(3).beta(3.0, 5.0, 6000)
    block = portfolio(chances, 40)
    chance, evidence = module._chance(block, 1e-6, 1.0)
    early = block.y[:6].any(axis=0) & block.y[-24:].any(axis=0)  # no launch, no fading
    ones = block.y.sum(axis=0)[early]
    assert evidence[early].mean() - 40 == pytest.approx(8.0, rel=0.1)
    assert chance[early] == pytest.approx((ones + 3.0) / (40 + 8.0), abs=0.01)


def test_one_series_alone_rests_on_itself():
    y = [0, 0, 5, 0, 0, 7, 0, 3, 0, 0, 0, 6]
    got = rates(block_of(y))
    seen = np.array(y) > 0
    weighted = [np.average(seen, weights=(1 - a) ** np.arange(12)[::-1]) for a in module.MEMORIES]
    points = [((1 - a) ** np.arange(12)).sum() ** 2 / ((1 - a) ** (2 * np.arange(12))).sum() for a in module.MEMORIES]
    drawn = [(n * p + 0.5 * 0.3) / (n + 0.5) for p, n in zip(weighted, points, strict=True)]
    assert got.chance[0] == pytest.approx(np.mean(drawn))
    assert (got.level, got.slope) == (1.0, 0.0)


def test_the_order_of_series_does_not_matter():
    block = portfolio(np.linspace(0.1, 0.9, 60), 30, sizes=np.arange(1.0, 61.0))
    turned = Block(block.y[:, ::-1].copy(), block.lengths)
    assert intermittent_mean(turned, 3).mean[:, ::-1] == pytest.approx(intermittent_mean(block, 3).mean)


def test_each_series_may_have_a_unit_of_its_own():
    block = portfolio(np.linspace(0.1, 0.9, 60), 30, sizes=np.ones(60))
    units = 2.0 ** np.arange(-30, 30)
    plain, scaled = intermittent_mean(block, 3), intermittent_mean(Block(block.y * units, block.lengths), 3)
    assert scaled.mean == pytest.approx(plain.mean * units)
    assert scaled.variance == pytest.approx(plain.variance * units**2)


def test_a_common_decline_is_followed_and_luck_is_not():
    falling = portfolio(np.full(600, 0.6), 48, growth=-0.015)
    got = intermittent_mean(falling, 6).mean.mean(axis=1)
    assert rates(falling).slope < 0
    assert (np.diff(got) < 0).all()
    assert got.mean() < falling.y[-12:].mean() < falling.y.mean()
    assert rates(portfolio(np.full(600, 0.3), 48)).slope == pytest.approx(0.0, abs=0.002)


def test_growth_is_damped():
    one = rates(block_of([1.0, 0.0, 1.0]))
    grown = type(one)(one.chance, one.evidence, one.size, one.spread, one.demands, 1.0, 0.01)
    assert grown.growth(2).tolist() == pytest.approx([1 + 0.01 * DAMPING, 1 + 0.01 * (DAMPING + DAMPING**2)])
    assert grown.growth(500)[-1] == pytest.approx(1 + 0.01 * DAMPING / (1 - DAMPING))


def test_empty_periods_before_a_launch_are_not_held_against_an_item():
    launched = [0.0] * 30 + [2, 0, 2, 2, 0, 2, 2, 0, 2, 2.0]
    assert rates(block_of(launched)).chance[0] > 0.6
    by_luck = [0.0] * 6 + [2, 0, 0, 2, 0, 0, 2.0]
    assert rates(block_of(by_luck)).chance[0] < 0.4


def test_a_silent_item_fades_away():
    others = [np.tile([0, 1.0], 60) for _ in range(40)]
    dead = np.r_[np.tile([0, 1.0], 15), np.zeros(90)]
    quiet = np.r_[np.tile([0, 1.0], 54), np.zeros(12)]
    got = intermittent_mean(block_of(*others, quiet, dead), 1).mean[0]
    assert got[41] < 0.02 < got[40] < got[0]


def test_variance_is_that_of_the_compound_variable():
    rng = np.random.default_rng(11)
    draws = (rng.random(400_000) < 0.3) * rng.gamma(4.0, 2.5, 400_000)  # size 10, spread 1/4
    one = rates(block_of([1.0, 0.0]))
    known = type(one)(*(np.array([v]) for v in (0.3, 1e12, 10.0, 0.25, 1e12)), 1.0, 0.0)
    mean, noise, doubt = known.moments(np.array(1.0))
    assert mean[0] == pytest.approx(draws.mean(), rel=0.01)
    assert noise[0] == pytest.approx(draws.var(), rel=0.01)
    assert doubt[0] == pytest.approx(0.0, abs=1e-9)


def test_growth_beyond_certainty_goes_into_the_size():
    one = rates(block_of([1.0, 0.0]))
    often = type(one)(*(np.array([v]) for v in (0.8, 10.0, 5.0, 0.1, 10.0)), 1.0, 0.0)
    chance, size = often.grown(np.array(1.5))
    assert (chance[0], size[0] * chance[0]) == pytest.approx((1.0, 6.0))


def test_forecasts_of_a_portfolio_beat_those_of_each_alone_out_of_sample():
    rng = np.random.default_rng(2)
    chances, sizes = rng.beta(1.0, 3.0, 400), rng.lognormal(1.0, 1.0, 400)
    whole = portfolio(chances, 42, sizes=sizes)
    past, future = Block(whole.y[:36], np.full(400, 36)), whole.y[36:]
    scale = module.change(past)
    moving = scale > 0

    def loss(mean):
        return (((future - mean)[:, moving] / scale[moving]) ** 2).mean()

    single = np.column_stack([intermittent_mean(Block(past.y[:, [k]], np.array([36])), 6).mean for k in range(400)])
    assert loss(intermittent_mean(past, 6).mean) < loss(single) < loss(past.y[-1])


def test_irregular_demand_is_told_from_regular():
    rng = np.random.default_rng(4)
    long = 100 + 10 * rng.standard_normal(36)
    shapes = {
        "regular": (long, False),
        "gaps": (np.tile([0, 4.0, 5.0], 12), True),
        "one gap in 36": (np.r_[long[:20], 0.0, long[21:]], False),
        "ended": (np.r_[long[:24], np.zeros(12)], False),
        "one demand": (np.r_[np.zeros(20), 5.0, np.zeros(15)], True),
        "new": (np.r_[np.zeros(30), long[:6]], True),
        "grown up since launch": (np.r_[np.zeros(14), long[:22]], False),
        "never": (np.zeros(36), False),
    }
    got = irregular(block_of(*(values for values, _ in shapes.values())))
    assert dict(zip(shapes, got.tolist(), strict=True)) == {name: expected for name, (_, expected) in shapes.items()}
    noisy = np.array([9.0, 2, 14, 5, 1, 12, 7, 3, 15, 4])
    assert irregular(block_of(noisy, 100 + noisy)).tolist() == [True, False]


values = st.floats(-1e50, 1e50) | st.sampled_from([0.0, 0.0, 0.0, 1.0, 1e-50])
anything = st.lists(st.lists(values, min_size=1, max_size=30), min_size=1, max_size=6)


@given(series=anything, horizon=st.integers(1, 20))
@settings(max_examples=150, deadline=None)
def test_any_history_has_a_finite_forecast(series, horizon):
    got = intermittent_mean(block_of(*series), horizon)
    assert np.isfinite(got.mean).all()
    assert np.isfinite(got.variance).all()
    assert (got.variance >= 0).all()


def test_no_series_at_all():
    nothing = Block(np.zeros((0, 0)), np.zeros(0, dtype=np.int64))
    assert intermittent_mean(nothing, 3).mean.shape == (3, 0)
    assert irregular(nothing).tolist() == []
