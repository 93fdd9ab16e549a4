"""Order quantities against trying many."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_xl.errors import InputError
from sop_xl.inventory.order_quantities import (
    eoq_all_units_discount,
    eoq_incremental_discount,
    eoq_with_backorders,
    joint_replenishment,
    joint_replenishment_optimal,
    production_quantity,
)
from sop_xl.inventory.policies import eoq

positive = st.floats(0.5, 500)


@given(
    demand=positive, fixed=positive, held=positive, waits=positive, step=st.floats(0.5, 2), shift=st.floats(-0.5, 0.5)
)
def test_no_quantity_and_share_that_waits_is_cheaper(demand, fixed, held, waits, step, shift):
    best = eoq_with_backorders(demand, fixed, held, waits)
    lot, late = best.quantity * step, np.clip(best.backordered + shift, 0, 1)
    cost = fixed * demand / lot + held * lot * (1 - late) ** 2 / 2 + waits * lot * late**2 / 2
    assert cost >= best.cost * (1 - 1e-9)


def test_production_that_is_without_limit_is_the_plain_quantity():
    assert production_quantity(1300, 1e12, 8, 0.225).quantity == pytest.approx(float(eoq(1300, 8, 0.225)))
    with pytest.raises(InputError, match="production must be above that of demand"):
        production_quantity(10, 10, 1, 1)


def all_units_cost(lot, demand, fixed, rate, breaks, prices):
    price = np.array(prices)[np.searchsorted(breaks, lot, side="right") - 1]
    return price * demand + fixed * demand / lot + rate * price * lot / 2


def incremental_cost(lot, demand, fixed, rate, breaks, prices):
    bounds = np.append(breaks, np.inf)
    paid = sum(p * np.clip(lot - b, 0, e - b) for p, b, e in zip(prices, bounds[:-1], bounds[1:], strict=True))
    return paid * demand / lot + fixed * demand / lot + rate * paid / 2


@settings(deadline=None)
@given(
    demand=st.floats(10, 5000), fixed=st.floats(1, 200), rate=st.floats(0.05, 0.5),
    steps=st.lists(st.floats(10, 500), min_size=0, max_size=3), drops=st.lists(st.floats(0.8, 0.99), min_size=3, max_size=3),
)  # fmt: skip
def test_no_quantity_is_cheaper_under_a_discount(demand, fixed, rate, steps, drops):
    breaks = np.concatenate([[0.0], np.cumsum(steps)])
    prices = 5 * np.cumprod([1.0, *drops])[: len(breaks)]
    lots = np.concatenate([np.geomspace(0.5, 1e4, 4000), breaks[1:]])
    for rule, cost in ((eoq_all_units_discount, all_units_cost), (eoq_incremental_discount, incremental_cost)):
        best = rule(demand, fixed, rate, breaks, prices)
        assert best.cost == pytest.approx(cost(best.quantity, demand, fixed, rate, breaks, prices))
        assert cost(lots, demand, fixed, rate, breaks, prices).min() >= best.cost * (1 - 1e-9)
        assert breaks[best.region] <= best.quantity + 1e-9


def test_many_items_share_a_price_list_or_have_their_own():
    one = eoq_all_units_discount([1300, 50], 8, 0.3, [0, 400, 800], [0.75, 0.72, 0.68])
    assert one.quantity[0] == 800
    assert one.quantity.shape == (2,)
    own = eoq_all_units_discount([1300, 1300], 8, 0.3, [[0, 400], [0, 2000]], [[0.75, 0.72], [0.75, 0.5]])
    assert own.region.tolist() == [1, 1]


@settings(deadline=None, max_examples=40)
@given(
    data=st.lists(st.tuples(st.floats(10, 2000), st.floats(0.5, 20), st.floats(0.1, 2)), min_size=1, max_size=3),
    joint=st.floats(1, 50),
)
def test_joint_orders_are_the_best_of_all_multiples(data, joint):
    demand, own, held = (np.array(x) for x in zip(*data, strict=True))
    best = joint_replenishment_optimal(demand, joint, own, held)
    simple = joint_replenishment(demand, joint, own, held)
    assert best.cost <= simple.cost * (1 + 1e-12)
    for multiples in product(range(1, 9), repeat=len(data)):
        m = np.array(multiples)
        assert 2 * np.sqrt((joint + (own / m).sum()) * (held * demand * m).sum() / 2) >= best.cost * (1 - 1e-9)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: eoq_with_backorders(1, 1, 1, 0), "backorder cost must be above 0"),
        (lambda: eoq_all_units_discount(1, 1, 0.1, [0, 5, 5], [3, 2, 1]), "begin with 0 and rise"),
        (lambda: eoq_all_units_discount(1, 1, 0.1, [1, 5], [3, 2]), "begin with 0 and rise"),
        (lambda: eoq_incremental_discount(1, 1, 0.1, [0, 5], [3]), "a price for each break"),
        (lambda: eoq_incremental_discount(1, 1, 0.1, [0], [0]), "a price must be above 0"),
        (lambda: joint_replenishment([], 1, [], []), "needs a list of items|above 0"),
        (lambda: joint_replenishment([5], 0, [0], [1]), "a cost of an order above 0"),
        (lambda: joint_replenishment_optimal([5], 0, [1], [1]), "without a joint cost"),
    ],
)
def test_bad_arguments_are_named(call, says):
    with pytest.raises(InputError, match=says):
        call()
