"""Service levels kept apart, and against simulated stock."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_xl.errors import InputError
from sop_xl.inventory.distributions import Gamma, NegativeBinomial, Normal, Poisson
from sop_xl.inventory.safety_stock import fill_rate, safety_stock
from sop_xl.inventory.service import (
    cycle_service,
    fill_rate_of,
    periodic_fill_rate,
    ready_rate_of,
    reorder_point_for_cycle_service,
    reorder_point_for_fill_rate,
)


@settings(deadline=None)
@given(mean=st.floats(1, 300), cv=st.floats(0.1, 1.5), lot=st.floats(1, 500), beta=st.floats(0.5, 0.999))
def test_the_reorder_point_gives_the_fill_rate_and_no_less_would(mean, cv, lot, beta):
    for demand in (Normal(mean, cv * mean), Gamma(mean, cv * mean)):
        point = reorder_point_for_fill_rate(demand, lot, beta)
        assert fill_rate_of(demand, point, lot) == pytest.approx(beta, abs=1e-6)
    whole = max(round(lot), 1)
    for demand in (Poisson(mean), NegativeBinomial(mean, np.sqrt(mean * (1 + cv)))):
        point = reorder_point_for_fill_rate(demand, whole, beta)
        assert point == np.round(point)
        assert fill_rate_of(demand, point, whole) >= beta - 1e-9
        assert fill_rate_of(demand, point - 1, whole) < beta + 1e-9


@settings(deadline=None)
@given(mean=st.floats(1, 300), alpha=st.floats(0.05, 0.999))
def test_the_reorder_point_gives_the_cycle_service(mean, alpha):
    assert cycle_service(
        Gamma(mean, mean / 2), reorder_point_for_cycle_service(Gamma(mean, mean / 2), alpha)
    ) == pytest.approx(alpha)
    point = reorder_point_for_cycle_service(Poisson(mean), alpha)
    assert cycle_service(Poisson(mean), point) >= alpha > cycle_service(Poisson(mean), point - 1)


def test_normal_demand_agrees_with_the_safety_stock_formula():
    """Lego at Walmart: 2500 a week +- 500, lead time 2 weeks."""
    demand = Normal(5000, 500 * np.sqrt(2))
    assert reorder_point_for_cycle_service(demand, 0.9) == pytest.approx(5000 + safety_stock(500, 2, 0, 0.9))
    assert fill_rate_of(demand, 6000, 10_000) == pytest.approx(fill_rate(1000, 500 * np.sqrt(2), 10_000), abs=1e-9)


def test_fill_rate_and_ready_rate_of_a_simulated_shelf():
    """Poisson customers, lead time 2, r = 4, Q = 3: events in order, a million customers."""
    rng = np.random.default_rng(7)
    rate, lead, point, lot = 1.5, 2.0, 4, 3
    arrivals = np.cumsum(rng.exponential(1 / rate, 400_000))
    level = position = point + lot
    due, met, covered, now = [], 0, 0.0, 0.0
    for at in arrivals:
        while due and due[0] <= at:
            covered += (due[0] - now) * (level > 0)
            now = due.pop(0)
            level += lot
        covered += (at - now) * (level > 0)
        now = at
        met += level > 0
        level -= 1
        position -= 1
        if position <= point:
            due.append(at + lead)
            position += lot
    demand = Poisson(rate * lead)
    assert met / len(arrivals) == pytest.approx(float(fill_rate_of(demand, point, lot)), abs=0.004)
    assert covered / now == pytest.approx(float(ready_rate_of(demand, point, lot)), abs=0.004)


def test_fill_rate_of_a_simulated_review_every_period():
    """Normal demand 100 +- 20 a period, lead time 2, up to 330 each period."""
    rng = np.random.default_rng(3)
    demand = rng.normal(100, 20, 300_000)
    two, three = demand[:-2] + demand[1:-1], demand[:-2] + demand[1:-1] + demand[2:]
    short = np.maximum(three - 330, 0) - np.maximum(two - 330, 0)
    simulated = 1 - short.mean() / 100
    found = periodic_fill_rate(Normal(200, 20 * np.sqrt(2)), Normal(300, 20 * np.sqrt(3)), 330, 100)
    assert found == pytest.approx(simulated, abs=0.001)


def test_cycle_service_and_fill_rate_are_not_the_same_thing():
    demand = Normal(100, 25)
    assert reorder_point_for_fill_rate(demand, 500, 0.95) < reorder_point_for_cycle_service(demand, 0.95)


def test_many_items_at_once():
    demand = Gamma(np.array([10.0, 100.0]), np.array([8.0, 30.0]))
    points = reorder_point_for_fill_rate(demand, [20, 50], [0.9, 0.99])
    assert points[1] == pytest.approx(float(reorder_point_for_fill_rate(Gamma(100, 30), 50, 0.99)))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: reorder_point_for_cycle_service(Poisson(3), 1), "cycle service must lie between 0 and 1, got 1"),
        (lambda: reorder_point_for_fill_rate(Poisson(3), 5, 2), "fill rate must lie between 0 and 1, got 2"),
        (lambda: fill_rate_of(Poisson(3), 5, 0), "order quantity must be above 0"),
        (lambda: ready_rate_of(Poisson(3), 5, -1), "order quantity must be above 0"),
        (lambda: periodic_fill_rate(Poisson(3), Poisson(4), 5, 0), "demand of a review period must be above 0"),
    ],
)
def test_bad_arguments_are_named(call, says):
    with pytest.raises(InputError, match=says):
        call()
