"""(r, Q), (s, S), newsvendors and base stock against trying many, and against each other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_xl.errors import InputError
from sop_xl.inventory.continuous_review import (
    rq_cost,
    rq_eoq_with_backorders,
    rq_eoq_with_safety_stock,
    rq_for_fill_rate,
    rq_hadley_whitin,
    rq_loss_function,
    rq_optimal,
)
from sop_xl.inventory.distributions import Empirical, Gamma, Lognormal, NegativeBinomial, Normal, Poisson
from sop_xl.inventory.newsvendor import base_stock, expected_cost, newsvendor_of
from sop_xl.inventory.periodic_review import periodic_order_up_to, ss_cost, ss_optimal, ss_power_approximation


@settings(deadline=None, max_examples=40)
@given(
    mean=st.floats(5, 200), cv=st.floats(0.1, 0.8), fixed=st.floats(1, 200), held=st.floats(0.1, 5), ratio=st.floats(1.5, 40),
    dr=st.floats(-1, 1), factor=st.floats(0.5, 2),
)  # fmt: skip
def test_no_reorder_point_and_quantity_is_cheaper(mean, cv, fixed, held, ratio, dr, factor):
    for demand in (Normal(mean, cv * mean), Gamma(mean, cv * mean)):
        best = rq_optimal(demand, 2 * mean, fixed, held, ratio * held)
        other = rq_cost(
            best.reorder_point + dr * cv * mean,
            best.order_quantity * factor,
            demand,
            2 * mean,
            fixed,
            held,
            ratio * held,
        )
        assert other >= best.cost * (1 - 1e-9)


@settings(deadline=None, max_examples=25)
@given(mean=st.floats(0.5, 12), fixed=st.floats(1, 60), held=st.floats(0.5, 5), ratio=st.floats(1.5, 20))
def test_whole_units_against_every_pair(mean, fixed, held, ratio):
    demand = Poisson(mean)
    best = rq_optimal(demand, mean, fixed, held, ratio * held)
    grid = min(rq_cost(r, lot, demand, mean, fixed, held, ratio * held) for r in range(-12, 30) for lot in range(1, 30))
    assert best.cost <= grid + 1e-9
    assert rq_cost(best.reorder_point, best.order_quantity, demand, mean, fixed, held, ratio * held) == pytest.approx(
        best.cost
    )


@settings(deadline=None, max_examples=30)
@given(mean=st.floats(20, 200), cv=st.floats(0.1, 0.5), fixed=st.floats(5, 200), ratio=st.floats(3, 40))
def test_approximations_are_never_cheaper_and_are_close(mean, cv, fixed, ratio):
    demand = Normal(mean, cv * mean)
    best = rq_optimal(demand, mean, fixed, 1.0, ratio)
    assert best.cost * (1 - 1e-9) <= rq_eoq_with_backorders(demand, mean, fixed, 1.0, ratio).cost <= best.cost * 1.125
    for rule in (rq_loss_function, rq_eoq_with_safety_stock):
        assert rule(demand, mean, fixed, 1.0, ratio).cost >= best.cost * (1 - 1e-9)


def test_the_book_with_a_table_of_z():
    """Nahmias, Harvey's Specialty Shop: type 2 service 98 %, Q and r together: 114 and 124."""
    found = rq_for_fill_rate(Normal(100, 25), 200, 50, 2, 0.98)
    assert round(found.order_quantity) == 114
    assert round(found.reorder_point) == 124
    assert Normal(100, 25).loss(found.reorder_point) == pytest.approx(0.02 * found.order_quantity)


def test_hadley_and_whitin_solve_both_of_their_equations():
    demand = Gamma(100, 40)
    found = rq_hadley_whitin(demand, 200, 50, 2, 25)
    assert 1 - demand.cdf(found.reorder_point) == pytest.approx(found.order_quantity * 2 / (25 * 200))
    wanted = np.sqrt(2 * 200 * (50 + 25 * demand.loss(found.reorder_point)) / 2)
    assert found.order_quantity == pytest.approx(wanted)
    with pytest.raises(InputError, match="too low for a reorder point"):
        rq_hadley_whitin(demand, 200, 50, 2, 0.1)


@settings(deadline=None, max_examples=25)
@given(
    mean=st.floats(0.5, 12),
    fixed=st.floats(0, 60),
    held=st.floats(0.5, 3),
    ratio=st.floats(1.5, 20),
    spread=st.booleans(),
)
def test_s_and_S_against_every_pair(mean, fixed, held, ratio, spread):  # noqa: N802
    demand = NegativeBinomial(mean, np.sqrt(2 * mean)) if spread else Poisson(mean)
    best = ss_optimal(demand, fixed, held, ratio * held)
    assert ss_cost(int(best.s), int(best.S), demand, fixed, held, ratio * held) == pytest.approx(best.cost)
    for s in range(int(best.s) - 4, int(best.s) + 5):
        for up_to in range(max(s + 1, int(best.S) - 6), int(best.S) + 7):
            assert ss_cost(s, up_to, demand, fixed, held, ratio * held) >= best.cost - 1e-9


def test_the_cost_of_a_simulated_s_S_policy():  # noqa: N802
    """Lead time 2: orders placed now arrive before the demand of two periods on; cost at the end of each period."""
    rng = np.random.default_rng(11)
    demand = rng.poisson(6, 300_000)
    found = ss_optimal(Poisson(6), 20, 1, 9, Poisson(18))
    position, cost, after = found.S, 0.0, np.empty(len(demand))
    for t, d in enumerate(demand):
        if position <= found.s:
            position, cost = found.S, cost + 20
        after[t] = position
        position -= d
    net = after[:-2] - demand[:-2] - demand[1:-1] - demand[2:]
    simulated = cost / len(demand) + np.mean(np.maximum(net, 0) + 9 * np.maximum(-net, 0))
    assert found.cost == pytest.approx(simulated, rel=0.01)


@pytest.mark.parametrize(("mean", "fixed", "ratio"), [(10, 64, 9), (30, 64, 9), (20, 100, 24), (50, 32, 4)])
def test_the_power_approximation_is_near_the_optimum(mean, fixed, ratio):
    best = ss_optimal(Poisson(mean), fixed, 1, ratio, Poisson(3 * mean))
    near = ss_power_approximation(mean, np.sqrt(mean), 2, fixed, 1, ratio)
    cost = ss_cost(round(float(near.s)), round(float(near.S)), Poisson(mean), fixed, 1, ratio, Poisson(3 * mean))
    assert best.cost <= cost <= best.cost * 1.06


@given(over=st.floats(0.1, 10), under=st.floats(0.1, 10), step=st.integers(-5, 5))
def test_no_stock_is_cheaper_than_the_newsvendors(over, under, step):
    for demand in (
        Gamma(50, 30),
        Lognormal.of(50, 30),
        Poisson(9),
        NegativeBinomial(9, 5),
        Empirical([0, 0, 4, 9, 30]),
    ):
        best = newsvendor_of(demand, over, under)
        assert expected_cost(demand, best.stock + step, over, under) >= best.cost - 1e-9
        assert best.critical_ratio == pytest.approx(under / (under + over))


def test_base_stock_without_a_lead_time_is_the_newsvendors():
    assert base_stock(50, 8, 0, 0.18, 0.7).stock == pytest.approx(float(newsvendor_of(Normal(50, 8), 0.18, 0.7).stock))
    assert periodic_order_up_to(2500, 500, 2, 4, 0.9) == pytest.approx(15_000 + 1.2815515655 * 500 * np.sqrt(6))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: newsvendor_of(Poisson(3), 0, 1), "a unit left over must be above 0"),
        (lambda: base_stock(5, 1, -1, 1, 1), "lead time must be 0 or more"),
        (lambda: rq_optimal(Poisson(3), 1, 1, 0, 1), "holding cost must be above 0"),
        (lambda: rq_cost(1, 0, Poisson(3), 1, 1, 1, 1), "order quantity must be above 0"),
        (lambda: rq_for_fill_rate(Poisson(3), 1, 1, 1, 1.5), "fill rate must lie between 0 and 1"),
        (lambda: ss_optimal(Poisson(3), -1, 1, 1), "order cost must be 0 or more"),
        (lambda: ss_optimal(Poisson(0), 1, 1, 1), "needs a mean demand above 0"),
        (lambda: ss_optimal(Poisson(1e9), 1e9, 1, 1), "takes too long: count in larger units"),
        (lambda: ss_cost(5, 5, Poisson(3), 1, 1, 1), "S must be above s"),
        (lambda: ss_power_approximation(0, 1, 1, 1, 1, 1), "mean demand must be above 0"),
    ],
)
def test_bad_arguments_are_named(call, says):
    with pytest.raises(InputError, match=says):
        call()
