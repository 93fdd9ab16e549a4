"""Limits that must hold give way only where nothing can keep them, whatever the hours of what they displace."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sop_xl.supply.plan import PlanSettings, balance
from sop_xl.supply.rebalance import LivePlan


@pytest.fixture
def dear_reserve(tables, across, months):
    """A takes 1 hour and sells for 10, B takes 10 hours and must hold 1 unit; there are 10 hours.

    The unit of B displaces 10 units of A, worth far more than twice one of them.
    """
    periods = months(1)
    made = tables(
        items=[("A", "", 1.0, 10.0), ("B", "", 1.0, 10.0)],
        locations=[("P", np.nan)],
        sources=[{"item": "A", "location": "P", "kind": "make"}, {"item": "B", "location": "P", "kind": "make"}],
        resources=[("LINE", "P", 0.0, 0.0)],
        routings=[("A", "LINE", 1.0), ("B", "LINE", 10.0)],
        capacity=across(periods, "LINE", "regular", values=[10.0]),
        demand=across(periods, "A", "P", values=[10.0]),
    )
    made["stock_limits"] = pd.DataFrame({"item": ["B"], "location": "P", "measure": "minimum", "quantity": [1.0]})
    return made


@pytest.mark.parametrize("objective", ["priced", "service first"])
def test_a_least_stock_holds_before_sales_it_displaces(dear_reserve, objective):
    rules = PlanSettings(frozen_months=0, overtime_share=0.0, objective=objective)
    for plan in (balance(dear_reserve, settings=rules), LivePlan(dear_reserve, settings=rules).plan):
        assert plan.solution.under.max() == 0.0
        assert plan.shortages["quantity"].tolist() == [10.0]
        assert not [note for note in plan.notes if "least stock" in note]


def test_a_least_stock_nothing_can_keep_gives_way_by_name(dear_reserve):
    dear_reserve["stock_limits"] = dear_reserve["stock_limits"].assign(quantity=3.0)
    plan = balance(dear_reserve, settings=PlanSettings(frozen_months=0, overtime_share=0.0))
    assert plan.solution.under.max() == pytest.approx(2.0)
    assert [note for note in plan.notes if "B at P falls up to 2 units below its least stock" in note]
