"""Closed forms of level and chase, and plans side by side."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop_xl.errors import InputError
from sop_xl.supply.plan import PlanSettings, balance
from sop_xl.supply.strategies import chase, compare, level
from sop_xl.workbook.tables import TABLES

UNITS = st.floats(0, 1000)


@given(demand=st.lists(UNITS, min_size=1, max_size=12), opening=UNITS, ending=UNITS)
def test_level_ends_at_its_ending_stock(demand, opening, ending):
    rate = level(pd.Series(demand), opening, ending)
    assert rate.nunique() == 1
    left = opening + rate.sum() - sum(demand)
    assert left >= ending - 1e-6
    if rate.iloc[0] > 0:
        assert left == pytest.approx(ending, abs=1e-6)


@given(data=st.lists(st.tuples(UNITS, UNITS), min_size=1, max_size=12), opening=UNITS)
def test_chase_holds_its_target_and_makes_no_more(data, opening):
    demand, target = (pd.Series(column, dtype="float64") for column in zip(*data, strict=True))
    made = chase(demand, target, opening)
    stock = opening + (made - demand).cumsum()
    assert (made >= 0).all()
    assert (stock >= target - 1e-6).all()
    assert np.allclose(stock[made > 1e-6], target[made > 1e-6], atol=1e-6)


def test_bad_demand_is_refused():
    with pytest.raises(InputError, match="at least 1 month, got none"):
        level(pd.Series(dtype="float64"), 0, 0)
    with pytest.raises(InputError, match="demand must be 0 or more, got -3 in Feb"):
        chase(pd.Series([1.0, -3.0], index=["Jan", "Feb"]), 0.0, 0.0)


@pytest.fixture
def season(tables, across, months):
    """A season above capacity, easy to build ahead for."""
    periods = months(6)
    return tables(
        items=[("SKI", "Winter", 50.0, 120.0)],
        locations=[("P", np.nan)],
        sources=[{"item": "SKI", "location": "P", "kind": "make"}],
        resources=[("LINE", "P", 30.0, np.nan)],
        routings=[("SKI", "LINE", 1.0)],
        capacity=across(periods, "LINE", "regular", values=[100] * 6),
        demand=across(periods, "SKI", "P", values=[40, 60, 80, 100, 140, 120]),
    )


def test_plans_follow_the_closed_forms(season):
    demand = pd.Series([40.0, 60, 80, 100, 140, 120])
    rules = PlanSettings(frozen_months=0, overtime_share=1.0)

    def made(strategy):
        plan = balance(season, settings=rules, strategy=strategy)
        return plan.supply_plan.query("measure == 'order'")["quantity"].tolist()

    assert made("level") == pytest.approx(level(demand, 0, 0).tolist())
    assert made("chase") == pytest.approx(chase(demand, 0.0, 0).tolist())
    assert made("optimal") == pytest.approx([40, 100, 100, 100, 100, 100])  # built ahead, no sooner than needed


def test_compare_is_the_table_of_strategies(season):
    rules = PlanSettings(frozen_months=0)
    plans = [balance(season, settings=rules, strategy=s) for s in ("optimal", "level", "chase")]
    table = compare(plans)
    assert list(table.columns) == [c.name for c in TABLES["strategies"].frame_columns]
    value = table.pivot(index="measure", columns="strategy", values="value")
    assert value.loc["Total cost", "optimal"] == plans[0].kpis.total_cost
    kinds = [f"{kind.capitalize()} cost" for kind in plans[0].costs.index]
    assert np.allclose(value.loc[kinds].sum(), value.loc["Total cost"])
    assert value.loc["Total cost"].idxmin() == "optimal"
    assert value.loc["Service level", "optimal"] == 1.0
    assert value.loc["Mean stock value", "chase"] == 0.0
    units = table.set_index("measure")["unit"]
    assert set(units.loc[["Total cost", "Mean stock value"]]) == {"USD"}
    assert set(units.loc[["Service level", "Peak load"]]) == {"share"}
    assert set(units.loc[["Late units", "Lost units"]]) == {"units"}
    with pytest.raises(InputError, match="two plans to compare are both called 'level'"):
        compare([plans[1], plans[1]])
