"""Lot sizing against trying every set of lots, and what must hold for every rule."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop_xl.errors import InputError
from sop_xl.inventory.lot_sizing import (
    RULES,
    in_lots,
    least_unit_cost,
    lot_for_lot,
    net_requirements,
    part_period,
    silver_meal,
    wagner_whitin,
)

YEAR = [10, 62, 12, 130, 154, 129, 88, 52, 124, 160, 238, 41]
demands = st.lists(st.sampled_from([0.0, 0.0, 5.0, 20.0, 60.0, 7.5]), min_size=1, max_size=7)


@given(demand=demands, seed=st.integers(0, 2**31))
def test_no_set_of_lots_is_cheaper(demand, seed):
    rng = np.random.default_rng(seed)
    periods = len(demand)
    setup, hold, unit = rng.uniform(0, 100, periods), rng.uniform(0, 3, periods), rng.uniform(0, 4, periods)
    best = np.inf
    for made in product([False, True], repeat=periods):
        starts = [t for t in range(periods) if made[t]]
        cost = 0.0
        for t in range(periods):
            before = [s for s in starts if s <= t]
            if demand[t] > 0 and not before:
                cost = np.inf
                break
            options = [unit[s] + hold[s:t].sum() for s in before]
            cost += demand[t] * min(options, default=0.0)
        best = min(best, cost + setup[starts].sum())
    found = wagner_whitin(demand, setup, hold, unit)
    assert found.cost == pytest.approx(best)


@given(demand=demands, setup=st.floats(0, 200), hold=st.floats(0, 3))
@pytest.mark.parametrize("rule", RULES)
def test_every_rule_meets_demand_in_time_and_adds_up(rule, demand, setup, hold):
    plan = RULES[rule](demand, setup, hold)
    assert np.all(plan.stock >= -1e-9)
    assert plan.lots.sum() == pytest.approx(np.sum(demand))
    assert np.allclose(plan.stock, np.cumsum(plan.lots - demand))
    assert plan.cost == pytest.approx(setup * (plan.lots > 0).sum() + hold * plan.stock.sum())
    assert plan.cost >= wagner_whitin(demand, setup, hold).cost - 1e-6


def test_the_example_of_silver_and_meal():
    """Silver, Pyke and Thomas, chapter 5: 501.20 by Silver-Meal and by Wagner-Whitin."""
    assert silver_meal(YEAR, 54, 0.4).cost == pytest.approx(501.2)
    assert wagner_whitin(YEAR, 54, 0.4).cost == pytest.approx(501.2)
    assert least_unit_cost(YEAR, 54, 0.4).cost == pytest.approx(558.8)
    assert part_period(YEAR, 54, 0.4).cost == pytest.approx(600.0)
    assert lot_for_lot(YEAR, 54, 0.4).cost == pytest.approx(648.0)


@given(demand=demands, on_hand=st.floats(0, 100))
def test_net_requirements_cover_demand_and_no_more(demand, on_hand):
    needs = net_requirements(demand, on_hand)
    assert np.all(needs >= 0)
    assert np.all(on_hand + np.cumsum(needs - demand) >= -1e-9)
    assert needs.sum() == pytest.approx(max(np.sum(demand) - on_hand, 0))


@given(demand=demands, minimum=st.sampled_from([0, 30, 55.5]), multiple=st.sampled_from([0, 1, 12]))
def test_lots_keep_the_minimum_and_multiple_and_never_run_short(demand, minimum, multiple):
    lots = in_lots(demand, minimum, multiple)
    made = lots[lots > 0]
    assert np.all(np.cumsum(lots - demand) >= -1e-6)
    assert np.all(made >= minimum)
    if multiple:
        assert np.allclose(made / multiple, np.round(made / multiple))
    both = in_lots([demand, demand], [minimum, 0], multiple)
    assert np.allclose(both[0], lots)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: wagner_whitin([5, -1], 1, 1), "demand must be 0 or more, got -1"),
        (lambda: wagner_whitin([5, np.nan], 1, 1), "demand must be 0 or more, got nan"),
        (lambda: wagner_whitin([], 1, 1), "demand of one item by period"),
        (lambda: wagner_whitin([5, 6], [1, 2, 3], 1), "one for each of the 2 periods"),
        (lambda: silver_meal([5], -1, 1), "the cost of a lot must be 0 or more"),
        (lambda: part_period([5], 1, -1), "holding cost must be 0 or more"),
        (lambda: in_lots([5], -1), "the minimum of an order must be 0 or more"),
    ],
)
def test_bad_arguments_are_named(call, says):
    with pytest.raises(InputError, match=says):
        call()
