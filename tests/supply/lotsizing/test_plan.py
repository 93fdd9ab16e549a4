"""Lots on limited hours: published optima, the best of all setups tried one by one, and what must hold of every plan."""

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from benchmarks.cases.case import read
from benchmarks.cases.lots import ADAPTERS, tables
from sop_xl.inventory.lot_sizing import wagner_whitin
from sop_xl.supply.lotsizing.plan import HOURS_COLUMNS, LOT_COLUMNS, capacitated_lots, multi_level_lots

GOLDEN = Path(__file__).parents[1] / "golden"


def items_of(count, *, cost=(90, 60, 120), time=1.0, setup_time=(10, 15, 5), hold=(1, 2, 1), **more):
    names = [f"I{k}" for k in range(count)]
    return pd.DataFrame(
        {
            "item": names,
            "setup_cost": cost[:count],
            "holding_cost": hold[:count],
            "unit_time": time,
            "setup_time": setup_time[:count],
            **more,
        }
    )


def table(plan, column):
    return plan.lots.pivot(index="item", columns="period", values=column).to_numpy(dtype=float)


def cheapest_of_all(items, demand, hours, *, uses=None, overtime_cost=None):
    """Least cost over every choice of setups; the lots of each by a linear programme written apart from ours."""
    count, periods = demand.shape
    uses = np.zeros((count, count)) if uses is None else uses
    get = lambda name: items[name].to_numpy(dtype=float) if name in items else np.zeros(count)  # noqa: E731
    stock, least, unit, setup = get("stock"), get("minimum"), get("unit_time"), get("setup_time")
    size = count * periods
    lots, ends = np.arange(size).reshape(count, periods), size + np.arange(size).reshape(count, periods)
    over = 2 * size + np.arange(periods)
    cost = np.concatenate(
        [np.zeros(size), np.repeat(get("holding_cost"), periods), np.full(periods, overtime_cost or 0.0)]
    )
    equal, right = np.zeros((size, len(cost))), demand.astype(float).copy()
    for i, t in product(range(count), range(periods)):
        row = equal[i * periods + t]
        row[lots[i, t]], row[ends[i, t]] = 1.0, -1.0
        if t:
            row[ends[i, t - 1]] = 1.0
        for j in range(count):
            row[lots[j, t]] -= uses[i, j]
    right[:, 0] -= stock
    below = np.zeros((periods, len(cost)))
    for t in range(periods):
        below[t, lots[:, t]], below[t, over[t]] = unit, -1.0
    best = np.inf
    for made in product((0, 1), repeat=size):
        y = np.array(made).reshape(count, periods)
        bounds = [(least[i] * y[i, t], None if y[i, t] else 0) for i, t in product(range(count), range(periods))]
        bounds += [(0, None)] * size + [(0, None if overtime_cost is not None else 0)] * periods
        found = linprog(cost, below, hours - setup @ y, equal, right.ravel(), bounds, method="highs")
        if found.status == 0:
            best = min(best, found.fun + float(get("setup_cost") @ y.sum(axis=1)))
    return best


def test_published_optimum_of_trigeiro_g53_lies_between_bound_and_plan():
    case = read(GOLDEN / "trigeiro_G53_tr12-15.json")
    plan = capacitated_lots(*tables(case.inputs), seconds=8)
    assert plan.bound - 1e-6 <= case.published["cost"] <= plan.cost + 1e-6
    assert plan.bound > 73_847.9  # the bound of all (l, S) inequalities, Belvaux and Wolsey (2000)
    assert plan.gap < 0.03
    assert (plan.hours["hours"] <= 1456 + 1e-6).all()


def test_published_optimum_of_dellaert_and_jeunet_45():
    case = read(GOLDEN / "dj2000_45.json")
    found = ADAPTERS.by_kind["mlls"](case.inputs)
    assert found["cost"] == pytest.approx(377.68, abs=1e-9)
    assert found["proved"]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("more", [{}, {"minimum": 35.0}, {"stock": 25.0}])
def test_cheapest_of_all_setups(seed, more):
    demand = np.random.default_rng(seed).integers(0, 60, (2, 4))
    items = items_of(2, **more)
    expected = cheapest_of_all(items, demand, np.full(4, 125.0), overtime_cost=3.0)
    plan = capacitated_lots(items, demand, 125, overtime_cost=3.0)
    assert plan.cost == pytest.approx(expected, abs=1e-5)
    assert plan.proved


@pytest.mark.parametrize("seed", range(3))
def test_cheapest_of_all_setups_through_a_bill_of_materials(seed):
    demand = np.zeros((3, 3))
    demand[:2] = np.random.default_rng(seed).integers(5, 40, (2, 3))
    uses = np.array([[0, 0, 0], [2.0, 0, 0], [1.0, 3.0, 0]])
    bom = pd.DataFrame({"assembly": ["I0", "I0", "I1"], "component": ["I1", "I2", "I2"], "quantity": [2, 1, 3]})
    items = items_of(3, hold=(9, 4, 1), setup_time=(1, 2, 3), time=[0.1, 0.1, 0.1], minimum=[0.0, 0, 30.0])
    expected = cheapest_of_all(items, demand, np.full(3, 60.0), uses=uses, overtime_cost=2.0)
    plan = multi_level_lots(items, bom, demand, 60, overtime_cost=2.0)
    assert plan.cost == pytest.approx(expected, abs=1e-5)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(0, 90), min_size=1, max_size=9).filter(any),
    st.integers(0, 300),
    st.integers(1, 5),
)
def test_one_item_without_a_limit_is_wagner_and_whitin(demand, setup, hold):
    items = pd.DataFrame(
        {"item": ["A"], "setup_cost": [setup], "holding_cost": [hold], "unit_time": [1], "setup_time": [1]}
    )
    plan = capacitated_lots(items, [demand], 10_000)
    assert plan.cost == pytest.approx(wagner_whitin(demand, setup, hold).cost, rel=1e-6, abs=1e-6)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 3), st.integers(2, 5))
def test_what_holds_of_every_plan(seed, count, periods):
    rng = np.random.default_rng(seed)
    demand, hours = rng.integers(0, 50, (count, periods)).astype(float), 40.0 * count
    items = items_of(count, stock=10.0)
    plan = capacitated_lots(items, demand, hours, overtime_cost=4.0, shortage_cost=200.0)
    lot, stock, short, setup = (table(plan, c) for c in ("lot", "stock", "short", "setup"))
    assert list(plan.lots) == LOT_COLUMNS
    assert list(plan.hours) == HOURS_COLUMNS
    before = np.column_stack([np.full(count, 10.0), stock[:, :-1]])
    assert np.allclose(before + lot + short, demand + stock, atol=1e-6)
    assert (stock >= 0).all()
    assert (lot >= 0).all()
    assert ((lot > 1e-9) <= (setup == 1)).all()
    used = lot.sum(axis=0) + np.array([10, 15, 5])[:count] @ setup
    assert np.allclose(used, plan.hours["hours"], atol=1e-6)
    assert (plan.hours["hours"] - plan.hours["overtime"] <= hours + 1e-6).all()
    assert plan.bound <= plan.cost + 1e-6
    paid = plan.setup_cost + plan.holding_cost + plan.overtime_cost + plan.shortage_cost
    assert plan.cost == pytest.approx(paid)
    more = capacitated_lots(items, demand, hours + 15, overtime_cost=4.0, shortage_cost=200.0)
    assert more.bound <= plan.cost + 1e-6 * max(plan.cost, 1)
    assert more.cost <= plan.cost * (1 + 1e-5) + 1e-6
    turned = capacitated_lots(items[::-1], demand[::-1], hours, overtime_cost=4.0, shortage_cost=200.0)
    assert turned.cost == pytest.approx(plan.cost, rel=1e-5, abs=1e-6)


def test_tables_and_arrays_give_the_same_plan_and_nothing_is_changed():
    months = pd.date_range("2026-01-01", periods=3, freq="MS")
    demand = pd.DataFrame({"item": ["I1", "I0", "I0"], "period": months[[2, 1, 2]], "quantity": [70, 40, 50]})
    capacity = pd.DataFrame({"resource": ["capacity"] * 3, "period": months, "hours": [100, 100, 100]})
    kept = demand.copy(), capacity.copy()
    plan = capacitated_lots(items_of(2), demand, capacity)
    same = capacitated_lots(items_of(2), [[0, 40, 50], [0, 0, 70]], [100, 100, 100])
    assert plan.cost == same.cost
    assert plan.lots["period"].tolist() == [*months, *months]
    pd.testing.assert_frame_equal(demand, kept[0])
    pd.testing.assert_frame_equal(capacity, kept[1])


def test_each_resource_has_its_own_hours():
    routings = pd.DataFrame(
        {
            "item": ["I0", "I0", "I1"],
            "resource": ["Cut", "Paint", "Paint"],
            "unit_time": [1, 2, 1],
            "setup_time": [0, 5, 5],
        }
    )
    capacity = pd.DataFrame(
        {"resource": ["Cut", "Cut", "Paint", "Paint"], "period": [1, 2, 1, 2], "hours": [30, 30, 100, 100]}
    )
    plan = capacitated_lots(
        items_of(2).drop(columns=["unit_time", "setup_time"]), [[10, 45], [20, 20]], capacity, routings=routings
    )
    hours = plan.hours.set_index(["resource", "period"])["hours"]
    assert hours["Cut", 1] >= 25 - 1e-9
    assert (plan.hours["hours"] <= plan.hours["capacity"] + 1e-6).all()


def test_a_component_is_there_its_lead_time_before():
    items = pd.DataFrame({"item": ["A", "B"], "setup_cost": [1, 1], "holding_cost": [5, 1], "lead_time": [2, 0]})
    bom = pd.DataFrame({"assembly": ["A"], "component": ["B"], "quantity": [3]})
    plan = multi_level_lots(items, bom, [[0, 0, 0, 4], [0, 0, 0, 0]])
    assert table(plan, "lot").tolist() == [[0, 0, 0, 4], [0, 12, 0, 0]]


def test_a_smallest_lot_is_kept_and_a_lot_may_be_larger_than_what_is_wanted():
    plan = capacitated_lots(items_of(1, minimum=50.0), [[10, 10]], 100)
    assert table(plan, "lot").tolist() == [[50, 0]]
    assert table(plan, "stock").tolist() == [[40, 30]]


@pytest.mark.parametrize("size", [1e-3, 1e6, 1e12])
def test_quantities_and_hours_of_any_size(size):
    demand = np.array([[30, 30, 40], [40, 30, 40.0]])
    plan = capacitated_lots(items_of(2), demand, 110)
    scaled = items_of(2, hold=(1 / size, 2 / size), setup_time=(10 * size, 15 * size))
    large = capacitated_lots(scaled, demand * size, 110 * size)
    assert large.cost == pytest.approx(plan.cost, rel=1e-6)
    assert table(large, "lot") == pytest.approx(table(plan, "lot") * size, rel=1e-6, abs=1e-6 * size)


def test_nothing_wanted_costs_nothing():
    plan = capacitated_lots(items_of(2), np.zeros((2, 3)), 100)
    assert (plan.cost, plan.bound, plan.gap, plan.proved) == (0.0, 0.0, 0.0, True)


def test_stock_that_covers_all_needs_no_lot():
    plan = capacitated_lots(items_of(1, stock=100.0), [[30, 30]], 0)
    assert table(plan, "lot").tolist() == [[0, 0]]
    assert plan.holding_cost == 110


def test_the_same_problem_gives_the_same_plan():
    rng = np.random.default_rng(3)
    demand = rng.integers(20, 60, (3, 5))
    first, second = (capacitated_lots(items_of(3), demand, 175, overtime_cost=2) for _ in range(2))
    pd.testing.assert_frame_equal(first.lots, second.lots)
