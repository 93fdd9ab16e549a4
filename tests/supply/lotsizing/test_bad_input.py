"""What cannot be planned with is said in a sentence that names the row and the value."""

import numpy as np
import pandas as pd
import pytest

from sop_xl.errors import InputError
from sop_xl.supply.lotsizing.plan import capacitated_lots, multi_level_lots

ITEMS = pd.DataFrame(
    {"item": ["A", "B"], "setup_cost": [50, 80], "holding_cost": [1, 1], "unit_time": [1, 1], "setup_time": [10, 20]}
)
DEMAND = [[30, 30], [40, 40]]


def test_demand_that_cannot_be_made_in_time():
    with pytest.raises(
        InputError,
        match=r"20 of the 60 units of B wanted in period 1 cannot be made in time: capacity has too few hours",
    ):
        capacitated_lots(ITEMS, [[0, 30], [60, 40]], 60)


def test_what_cannot_be_made_is_said_in_the_units_given():
    large = ITEMS.assign(setup_time=[1e7, 2e7])
    with pytest.raises(InputError, match=r"2e\+07 of the 6e\+07 units of B wanted in period 1"):
        capacitated_lots(large, [[0, 3e7], [6e7, 4e7]], 6e7)


def test_overtime_makes_it():
    plan = capacitated_lots(ITEMS, [[0, 30], [60, 40]], 60, overtime_cost=2)
    assert plan.overtime_cost == pytest.approx(2 * plan.hours["overtime"].sum())
    assert plan.hours["overtime"].tolist() == pytest.approx([60, 0])  # 80 of a setup of B saved by 40 of stock


def test_a_price_of_shortage_leaves_the_dearest_item_whole():
    plan = capacitated_lots(ITEMS, [[0, 30], [60, 40]], 60, shortage_cost=500)
    short = plan.lots.set_index(["item", "period"])["short"]
    assert short["B", 1] == pytest.approx(20)
    assert plan.shortage_cost == pytest.approx(500 * short.sum())


def test_capacity_below_a_setup():
    with pytest.raises(InputError, match="a setup of B takes 20 hours and capacity has at most 15 in a period"):
        capacitated_lots(ITEMS, DEMAND, 15)


def test_setups_that_take_the_hours_of_both_items():
    # the hours carry either item, not both: only whole setups show it
    with pytest.raises(InputError, match="cannot be made in time"):
        capacitated_lots(ITEMS, [[30], [40]], 90)


def test_a_component_whose_lead_time_is_longer_than_the_plan():
    items = ITEMS.assign(lead_time=[3, 0])[["item", "setup_cost", "holding_cost", "lead_time"]]
    bom = pd.DataFrame({"assembly": ["A"], "component": ["B"], "quantity": [1]})
    with pytest.raises(InputError, match=r"30 of the 30 units of A wanted in period 1.*lead times"):
        multi_level_lots(items, bom, [[30, 0], [0, 0]])


@pytest.mark.parametrize(
    ("changes", "demand", "capacity", "says"),
    [
        ({"setup_cost": [50, -8]}, DEMAND, 100, "items, row B: setup cost must be 0 or more, got -8"),
        ({"holding_cost": [np.nan, 1]}, DEMAND, 100, "items, row A: holding cost is missing"),
        ({"unit_time": ["x", 1]}, DEMAND, 100, "routings, row A / capacity: unit time is missing"),
        ({"item": ["A", "A"]}, DEMAND, 100, "items, row A stands twice"),
        ({"lead_time": [0.5, 0]}, DEMAND, 100, "items, row A: lead time must be a whole number of periods, got 0.5"),
        ({}, [[30, 30], [40, -1]], 100, "demand, row B / 2: quantity must be 0 or more, got -1"),
        ({}, [[30, np.nan], [40, 1]], 100, "demand, row A / 2: quantity is missing"),
        ({}, [[30, np.inf], [40, 1]], 100, "demand, row A / 2: quantity must be 0 or more, got inf"),
        ({}, [[30, 30]], 100, "demand must have one row for each of the 2 items"),
        ({}, [[], []], 100, "at least 1 period"),
        ({}, DEMAND, -100, "capacity, row capacity / 1: hours must be 0 or more, got -100"),
        ({}, DEMAND, [100, np.nan], "capacity, row capacity / 2: hours is missing"),
        ({}, DEMAND, [1, 2, 3], "one for each of the 2 periods"),
    ],
)
def test_values(changes, demand, capacity, says):
    with pytest.raises(InputError, match=says):
        capacitated_lots(ITEMS.assign(**changes), demand, capacity)


def test_tables_that_do_not_fit():
    with pytest.raises(InputError, match="the table items has no column setup_cost"):
        capacitated_lots(ITEMS.drop(columns="setup_cost"), DEMAND, 100)
    with pytest.raises(InputError, match="no column unit_time or setup_time"):
        capacitated_lots(ITEMS.drop(columns=["unit_time", "setup_time"]), DEMAND, 100)
    with pytest.raises(InputError, match="demand, row C: there is no item 'C'"):
        capacitated_lots(ITEMS, pd.DataFrame({"item": ["C"], "period": [1], "quantity": [3]}), 100)
    with pytest.raises(InputError, match="at least 1 item"):
        capacitated_lots(ITEMS.iloc[:0], np.zeros((0, 2)), 100)
    with pytest.raises(InputError, match="above 0 seconds, got 0"):
        capacitated_lots(ITEMS, DEMAND, 100, seconds=0)
    with pytest.raises(InputError, match="the overtime cost must be 0 or more, got -1"):
        capacitated_lots(ITEMS, DEMAND, 100, overtime_cost=-1)


def test_a_bill_of_materials_in_a_circle():
    bom = pd.DataFrame({"assembly": ["A", "B"], "component": ["B", "A"], "quantity": [1, 1]})
    with pytest.raises(InputError, match="circle"):
        multi_level_lots(ITEMS, bom, DEMAND)
