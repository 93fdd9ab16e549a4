"""A plan kept alive: whatever changes, it is the plan one would get from nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import draw_tables

from sop_xl.errors import InputError
from sop_xl.supply.plan import PlanSettings, balance
from sop_xl.supply.rebalance import LivePlan

OPEN = PlanSettings()
MAY = pd.Timestamp("2020-05-01")


@given(seed=st.integers(0, 500), changes=st.lists(st.integers(0, 4), min_size=1, max_size=4))
@settings(max_examples=15, deadline=None)
def test_every_change_gives_the_plan_from_nothing(seed, changes):
    tables = draw_tables(seed)
    live = LivePlan(tables)
    draw = np.random.default_rng(seed)
    for change in changes:
        if change == 0:
            rows = tables["demand"].sample(3, random_state=seed)
            cells = rows.assign(quantity=draw.uniform(0, 90, 3))
            tables["demand"] = pd.concat([tables["demand"].drop(rows.index), cells])
            live.set_demand(cells)
        elif change == 1:
            rows = tables["capacity"].sample(2, random_state=seed)
            cells = rows.assign(hours=draw.uniform(0, 150, 2))
            overtime = cells.assign(measure="overtime", hours=OPEN.overtime_share * cells["hours"])
            tables["capacity"] = pd.concat([tables["capacity"].drop(rows.index), cells])
            live.set_capacity(pd.concat([cells, overtime]))
        elif change == 2:
            tables["demand"] = tables["demand"].assign(quantity=tables["demand"]["quantity"] * 1.1)
            live.scale_demand(1.1)
        elif change == 3:
            cell = pd.DataFrame(
                {
                    "item": ["B"],
                    "location": "PLANT",
                    "kind": "make",
                    "period": MAY,
                    "quantity": [float(draw.integers(30))],
                }
            )
            tables["locks"] = cell
            live.lock(cell)
        else:
            tables["items"] = tables["items"].assign(standard_cost=tables["items"]["standard_cost"] * 1.2)
            tables.pop("locks", None)
            live.set_tables(tables)
        fresh = balance(tables)
        assert live.plan.objective == pytest.approx(fresh.objective, rel=1e-7, abs=1e-6)
        assert live.plan.kpis.total_cost == pytest.approx(live.plan.costs.sum())


def test_unlocked_orders_are_free_again():
    live = LivePlan(draw_tables(1))
    before = live.plan.objective
    cell = pd.DataFrame({"item": ["A"], "location": "PLANT", "kind": "make", "period": MAY, "quantity": [0.0]})
    assert live.lock(cell).objective >= before - 1e-6
    second = cell.assign(item="B", quantity=5.0)
    assert live.lock(second).objective >= before - 1e-6
    orders = live.plan.supply_plan.query("measure == 'order' and kind == 'make' and period == '2020-05-01'")
    assert orders.set_index("item")["quantity"].get("B", 5.0) == pytest.approx(5.0)
    assert live.unlock().objective == pytest.approx(before)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda live: live.set_demand(cells(item="GHOST")), "the plan has no demand for GHOST at PLANT"),
        (lambda live: live.set_demand(cells(quantity=-1.0)), "demand of A at PLANT must be 0 or more, got -1"),
        (lambda live: live.set_demand(cells(period=pd.Timestamp("2031-01-01"))), "2031-01 is no month of the plan"),
        (lambda live: live.set_capacity(hours(resource="MOON")), "no regular hours of a resource 'MOON'"),
        (lambda live: live.set_capacity(hours(hours=np.nan)), "regular hours of LINE must be 0 or more, got nan"),
        (lambda live: live.lock(cells(kind="buy")), "the plan has no source buy A at PLANT"),
        (lambda live: live.lock(cells(kind="make", period=pd.Timestamp("2020-03-01"))), "make A at PLANT releases no order in 2020-03"),
        (lambda live: live.scale_demand(-0.5), "the factor of demand must be 0 or more, got -0.5"),
    ],
)  # fmt: skip
def test_a_change_that_is_refused_leaves_the_plan_as_it_was(change, says):
    live = LivePlan(draw_tables(1))
    plan = live.plan
    with pytest.raises(InputError, match=says):
        change(live)
    assert live.plan is plan
    assert live.scale_demand(1.0).objective == pytest.approx(plan.objective)


def cells(**values):
    return pd.DataFrame([{"item": "A", "location": "PLANT", "period": MAY, "quantity": 5.0} | values])


def hours(**values):
    return pd.DataFrame([{"resource": "LINE", "period": MAY, "hours": 5.0} | values])
