"""Every limit that gives way is named with what drove it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sop_xl.supply.explain.gave_way import gave_way
from sop_xl.supply.plan import PlanSettings, balance

OPEN = PlanSettings(frozen_months=0)


@pytest.fixture
def store(tables, across, months):
    def make(stock=10.0, demand=(5.0, 5.0), room=np.nan, most=np.nan, extra=None):
        built = tables(
            items=[("A", "", 10.0, 30.0)],
            locations=[("P", room)],
            sources=[{"item": "A", "location": "P", "kind": "buy", "supplier": "S", "cost": 10.0, "maximum": most}],
            stock=[("A", "P", "usable", stock)],
            demand=across(months(2), "A", "P", values=demand),
        )
        return {**built, **(extra or {})}

    return make


def told(plan):
    return gave_way(plan)[["kind", "name", "limit", "got", "beyond"]].values.tolist()


def test_storage_that_opens_too_full(store):
    plan = balance(store(stock=30.0, room=20.0), settings=OPEN)
    assert told(plan) == [["storage", "P", 20.0, 25.0, 5.0]]
    assert gave_way(plan)["says"].tolist() == [
        "P holds 25 in 2020-03, 5 above its storage limit of 20: it opens with 30, and what is there leaves no faster"
    ]


def test_least_stock_with_what_keeps_more_from_coming(store):
    floor = pd.DataFrame({"item": ["A"], "location": ["P"], "measure": ["minimum"], "quantity": [20.0]})
    plan = balance(store(most=6.0, demand=(5.0, 9.0), extra={"stock_limits": floor}), settings=OPEN)
    assert told(plan) == [["least stock", "A at P", 20.0, 16.0, 4.0]]  # stock comes before service
    assert (
        "16 units in 2020-03, 4 below its least stock of 20: S supplies at most 6 units of A a month and is full"
        in gave_way(plan)["says"].iloc[0]
    )


def test_most_stock_that_what_is_there_breaks(store):
    cap = pd.DataFrame({"item": ["A"], "location": ["P"], "measure": ["maximum"], "quantity": [2.0]})
    plan = balance(store(extra={"stock_limits": cap}), settings=OPEN)
    assert told(plan) == [["most stock", "A at P", 2.0, 5.0, 3.0]]
    assert "10 are in stock or under way, more than leaves" in gave_way(plan)["says"].iloc[0]


def test_a_contract_nobody_needs(store):
    contract = pd.DataFrame({"supplier": ["S"], "measure": ["contract"], "quantity": [4.0]})
    found = gave_way(balance(store(stock=10.0, demand=(5.0, 5.0), extra={"supplier_limits": contract}), settings=OPEN))
    assert set(found["kind"]) <= {"contract"}
    assert (found["money"] == 10.0 * found["beyond"]).all()


def test_a_lock_above_what_a_supplier_delivers(store):
    month = pd.Timestamp("2020-03-01")
    lock = {"item": ["A"], "location": ["P"], "kind": ["buy"], "supplier": ["S"], "period": [month], "quantity": [9.0]}
    plan = balance(store(most=6.0, extra={"locks": pd.DataFrame(lock)}), settings=OPEN)
    assert told(plan) == [["lock", "buy A at P", 9.0, 6.0, 3.0]]
    assert gave_way(plan)["says"].tolist() == [
        "the locked buy order of A at P in 2020-03 is 6 units, not 9: S delivers at most 6 a month"
    ]


def test_a_locked_order_is_the_cause_of_what_it_leaves_short(store):
    month = pd.Timestamp("2020-03-01")
    lock = {"item": ["A"], "location": ["P"], "kind": ["buy"], "supplier": ["S"], "period": [month], "quantity": [1.0]}
    tables = store(stock=0.0, extra={"locks": pd.DataFrame(lock)})
    plan = balance(tables, settings=OPEN)
    assert plan.shortages[["cause", "culprit", "quantity"]].values.tolist() == [["lock", "S", 4.0]]
    assert "the buy order of A in 2020-03 is locked at 1 units" in plan.shortages["says"].iloc[0]


def test_a_plan_in_which_all_limits_hold(store):
    found = gave_way(balance(store(), settings=OPEN))
    assert found.empty
    assert found.dtypes.to_dict() == gave_way(balance(store(stock=30.0, room=20.0), settings=OPEN)).dtypes.to_dict()


def test_what_lives_too_short_is_not_blamed_on_its_price(tables, across, months):
    """The line stands still from April on, and milk of March does not live until May."""
    periods = months(3)
    built = tables(
        items=[("MILK", "", 1.0, 3.0)],
        locations=[("P", np.nan)],
        sources=[{"item": "MILK", "location": "P", "kind": "make"}],
        resources=[("Dairy", "P", 1.0, np.nan)],
        routings=[("MILK", "Dairy", 1.0)],
        capacity=across(periods, "Dairy", "regular", values=[50, 0, 0]),
        demand=across(periods, "MILK", "P", values=[5, 5, 5]),
    )
    built["items"] = built["items"].assign(shelf_life_days=30.0)
    plan = balance(built, settings=PlanSettings(frozen_months=0, overtime_share=0.0))
    assert plan.shortages[["period", "quantity", "cause", "culprit_period"]].values.tolist() == [
        [periods[2], 5.0, "capacity", periods[2]]  # hours of March are left, but would not help
    ]
