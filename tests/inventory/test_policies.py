"""Published order quantities and newsvendors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import poisson

from sop_xl.errors import InputError
from sop_xl.inventory.policies import (
    eoq,
    newsvendor,
    newsvendor_cost,
    newsvendor_poisson,
    order_cost_rate,
    order_quantity,
    order_up_to,
    reorder_point,
)


def test_example_3_1():
    """Snyder and Shen: fixed cost 8, holding cost 0.225, demand 1300: Q = 304.05, cost 68.41."""
    quantity = eoq(1300, 8, 0.225)
    assert quantity == pytest.approx(304.0467800264368, rel=1e-9)
    assert order_cost_rate(quantity, 1300, 8, 0.225) == pytest.approx(68.41052550594829, rel=1e-9)


def test_example_4_3():
    """Snyder and Shen: demand 50 +- 8, holding cost 0.18, stockout cost 0.70: S = 56.60, cost 1.9976."""
    stock = newsvendor(50, 8, 0.18, 0.70)
    assert stock == pytest.approx(56.60395592743389, rel=1e-9)
    assert newsvendor_cost(stock, 50, 8, 0.18, 0.70) == pytest.approx(1.997605193176645, rel=1e-9)


def test_example_4_4():
    """Snyder and Shen: the same with a lead time of 4: a newsvendor over 5 periods, S = 264.77, cost 4.4668."""
    sd = 8 * np.sqrt(5)
    stock = newsvendor(250, sd, 0.18, 0.70)
    assert stock == pytest.approx(264.7668943741548, rel=1e-9)
    assert newsvendor_cost(stock, 250, sd, 0.18, 0.70) == pytest.approx(4.466781004149578, rel=1e-9)


def test_example_4_7():
    """Snyder and Shen: Poisson demand of mean 6, costs 1 and 4: S = 8, cost 3.5701."""
    stock = newsvendor_poisson(6, 1, 4)
    demand = np.arange(200)
    cost = poisson.pmf(demand, 6) @ (np.maximum(stock - demand, 0) + 4 * np.maximum(demand - stock, 0))
    assert stock == 8
    assert cost == pytest.approx(3.570106945770946, rel=1e-9)


def test_harveys_specialty_shop():
    """Nahmias, Example 5.4: demand 200, order cost 50, holding cost 2: the first step of the search is EOQ = 100."""
    assert eoq(200, 50, 2) == pytest.approx(100)


@given(demand=st.floats(1, 1e5), fixed=st.floats(1, 1e4), holding=st.floats(0.01, 100), factor=st.floats(0.1, 10))
def test_no_quantity_is_cheaper_than_the_economic_one(demand, fixed, holding, factor):
    best = eoq(demand, fixed, holding)
    least = order_cost_rate(best, demand, fixed, holding)
    assert order_cost_rate(best * factor, demand, fixed, holding) >= least * (1 - 1e-12)
    assert least == pytest.approx(np.sqrt(2 * fixed * demand * holding))


@given(
    mean=st.floats(10, 1e4),
    sd=st.floats(0.5, 100),
    over=st.floats(0.1, 10),
    under=st.floats(0.1, 10),
    step=st.floats(-3, 3),
)
def test_no_stock_is_cheaper_than_the_newsvendors(mean, sd, over, under, step):
    stock = newsvendor(mean, sd, over, under)
    least = newsvendor_cost(stock, mean, sd, over, under)
    assert newsvendor_cost(stock + step * sd, mean, sd, over, under) >= least - 1e-9 * max(1, least)


@given(need=st.floats(0.001, 1e6), minimum=st.floats(0, 1e4), multiple=st.integers(0, 500))
def test_an_order_covers_the_need_the_minimum_and_whole_multiples(need, minimum, multiple):
    quantity = order_quantity(need, minimum, multiple)
    assert quantity >= max(need, minimum) - 1e-6
    assert quantity < max(need, minimum) + max(multiple, 1e-6)
    if multiple:
        assert quantity % multiple == pytest.approx(0, abs=1e-6)


def test_no_need_no_order():
    assert order_quantity(0, 100, 10) == 0
    assert order_quantity(-5, 100, 10) == 0


def test_a_need_that_is_a_multiple_but_for_rounding_is_not_rounded_up():
    assert order_quantity(0.1 + 0.2, 0, 0.1) == pytest.approx(0.3)


def test_levels():
    assert reorder_point(10, 3, 5) == 35
    assert order_up_to([10, 20], 3, 1, 5).tolist() == [45, 85]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: eoq(10, 5, 0), "holding cost must be above 0, got 0"),
        (lambda: eoq(-10, 5, 1), "demand must be 0 or more, got -10"),
        (lambda: order_quantity(5, -1), "the minimum of an order must be 0 or more"),
        (lambda: order_quantity(5, 0, [-2]), "the multiple of an order must be 0 or more"),
        (lambda: order_cost_rate(0, 1, 1, 1), "order quantity must be above 0"),
        (lambda: newsvendor(50, -8, 1, 1), "standard deviation of demand must be 0 or more"),
        (lambda: newsvendor(50, 8, 0, 1), "a unit left over must be above 0"),
        (lambda: newsvendor_poisson(5, 1, -1), "a unit short must be above 0"),
        (lambda: reorder_point(-1, 1, 1), "demand must be 0 or more"),
        (lambda: order_up_to(1, 1, -1, 1), "review must be 0 or more"),
    ],
)
def test_bad_arguments_are_named(call, says):
    with pytest.raises(InputError, match=says):
        call()
