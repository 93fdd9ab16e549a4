"""Pooling, turns, stock built ahead, and limits by cover and shelf life."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sop_xl.errors import InputError
from sop_xl.inventory.cover import (
    demand_within,
    late_in_spite_of_pre_build,
    pre_build,
    shelf_life_cap,
    turns,
    within_cover,
)
from sop_xl.inventory.pooling import pooled_sigma, pooling
from sop_xl.inventory.projection import days_of_supply

sigmas = st.lists(st.floats(0.1, 100), min_size=1, max_size=6)
amounts = arrays(float, 6, elements=st.floats(0, 1000))


@given(sigmas=sigmas, rho=st.floats(0, 1))
def test_pooling_saves_between_nothing_and_the_square_root(sigmas, rho):
    pooled = pooled_sigma(sigmas, rho)
    assert pooled_sigma(sigmas, 0) - 1e-9 <= pooled <= np.sum(sigmas) + 1e-9
    assert pooled_sigma(sigmas, 1) == pytest.approx(np.sum(sigmas))
    found = pooling(sigmas, 2, 0, 0.95, rho)
    assert -1e-9 <= found.saved <= 1 - 1 / np.sqrt(len(sigmas)) + 1e-9 or len(set(sigmas)) > 1


def test_a_matrix_of_correlations_and_many_items():
    matrix = [[1, 0.5], [0.5, 1]]
    assert pooled_sigma([3, 4], matrix) == pytest.approx(np.sqrt(9 + 16 + 12))
    assert pooled_sigma([[3, 4], [6, 8]], matrix) == pytest.approx(np.sqrt(37) * np.array([1, 2]))


def test_the_square_root_law():
    """Chopra and Meindl: four dealers apart hold twice what one place does."""
    assert pooling([5, 5, 5, 5], 2, 0, 0.9).saved == pytest.approx(0.5)
    assert pooling([0, 0], 2, 0, 0.9).saved == 0


@given(demand=amounts, capacity=amounts, opening=st.floats(0, 2000))
def test_stock_built_ahead_is_just_enough(demand, capacity, opening):
    built = pre_build(demand, capacity)
    late = late_in_spite_of_pre_build(demand, capacity, opening)
    stock, missed = opening, 0.0
    for t in range(6):
        stock = (
            min(stock + capacity[t], max(built[t], 0) + demand[t])
            if stock + capacity[t] > built[t] + demand[t]
            else stock + capacity[t]
        )
        stock -= demand[t]
        missed = max(missed, -stock)
    assert missed == pytest.approx(late, abs=1e-6)
    for t in range(5):
        assert built[t] >= built[t + 1] + demand[t + 1] - capacity[t + 1] - 1e-9


@given(stock=st.floats(0, 1e4), rate=st.floats(0, 100), least=st.floats(0, 30), more=st.floats(0, 60))
def test_cover_keeps_stock_between_its_limits(stock, rate, least, more):
    kept = within_cover(stock, rate, least, least + more)
    assert rate * least - 1e-9 <= kept <= rate * (least + more) + 1e-9
    assert within_cover(stock, rate) == stock


@given(demand=arrays(float, 5, elements=st.floats(1, 1000)), days=st.floats(0, 149))
def test_the_demand_of_some_days_covers_just_those_days(demand, days):
    held = demand_within(demand, 30, days)
    ahead = np.concatenate([[0.0], demand])
    stock = np.zeros(6)
    stock[0] = held
    assert days_of_supply(stock, ahead, 30)[0] == pytest.approx(days, abs=1e-6)


def test_shelf_life():
    assert shelf_life_cap([60, 60], 30, 45) == 90
    assert shelf_life_cap([60, 60], 30, 10, customer_days=20) == 0
    assert shelf_life_cap([60, 60], 30, np.inf) == np.inf
    assert shelf_life_cap([[60, 60], [0, 30]], 30, [60, 45], 15).tolist() == [90, 0]


def test_turns():
    assert turns(1200, 300) == 4
    assert turns(5, 0) == np.inf


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: pooled_sigma([1, 2], 1.5), "a correlation must lie between -1 and 1"),
        (lambda: pooled_sigma([1, 2, 3], [[1, 0], [0, 1]]), "a square of 3 by 3"),
        (lambda: pooled_sigma([1, 1, 1], -0.9), "no demands can have these correlations"),
        (lambda: turns(-1, 1), "cost of sales must be 0 or more"),
        (lambda: pre_build([1, 2], [1, 2, 3]), r"demand has the shape \(2,\), capacity \(3,\)"),
        (lambda: within_cover(5, 1, -1), "least days of cover must be 0 or more"),
        (lambda: demand_within([5], 30, -1), "days must be 0 or more"),
        (lambda: shelf_life_cap([5], 30, -1), "shelf life must be 0 or more"),
    ],
)
def test_bad_arguments_are_named(call, says):
    with pytest.raises(InputError, match=says):
        call()
