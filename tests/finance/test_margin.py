"""Units in money, the gap to budget, and sales against the market."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_xl.errors import InputError
from sop_xl.finance.margin import gap_to_budget, margins
from sop_xl.finance.market import market_split

ITEMS = pd.DataFrame(
    {
        "item": ["A", "B", "C"],
        "family": ["F", "F", "G"],
        "list_price": [10.01, 7.333, np.nan],
        "standard_cost": [6.0, 5.005, 1.0],
        "variable_cost": [4.0, np.nan, 0.5],
    }
)
rows = st.lists(st.tuples(st.sampled_from("ABC"), st.floats(0, 1e5)), min_size=1, max_size=20)


@settings(deadline=None)
@given(rows)
def test_margin_and_contribution_differ_by_the_fixed_cost_absorbed(drawn):
    units = pd.DataFrame(drawn, columns=["item", "quantity"])
    found = margins(units, ITEMS, ["family"])
    left = found["contribution"] - found["fixed cost absorbed"] - found["margin"]
    assert np.allclose(left, 0, atol=0.004)
    by_item = margins(units, ITEMS)
    for measure in ("revenue", "cost", "variable cost"):
        assert found[measure].sum() == pytest.approx(by_item[measure].sum(), abs=1e-4), measure
    assert found["units"].sum() == pytest.approx(units["quantity"].sum())


def test_a_price_of_its_own_goes_before_the_list_and_a_blank_variable_cost_is_standard():
    units = pd.DataFrame({"item": ["A", "B"], "quantity": [10.0, 10.0], "price": [9.0, np.nan]})
    found = margins(units, ITEMS).set_index("item")
    assert found.loc["A", ["revenue", "margin", "contribution"]].tolist() == [90.0, 30.0, 50.0]
    assert found.loc["B", ["revenue", "cost", "variable cost"]].tolist() == [73.33, 50.05, 50.05]


@pytest.mark.parametrize(
    ("units", "by", "says"),
    [
        ({"item": ["X"], "quantity": [1.0]}, ["item"], "there is no item 'X'"),
        ({"item": ["A"], "quantity": [np.nan]}, ["item"], "item 'A' has no quantity"),
        ({"item": ["A"], "quantity": [1.0]}, ["region"], "neither units nor items have the column 'region'"),
    ],
)
def test_what_cannot_be_valued_is_named(units, by, says):
    with pytest.raises(InputError, match=says):
        margins(pd.DataFrame(units), ITEMS, by)


def test_the_gap_runs_on_where_one_side_has_no_money():
    months = pd.date_range("2020-01-01", periods=3, freq="MS")
    plan = pd.DataFrame({"family": "F", "period": months, "money": [1.0, 2.0, 3.0]})
    budget = pd.DataFrame({"family": ["F", "G"], "period": [months[0], months[1]], "money": [4.0, 5.0]})
    found = gap_to_budget(plan, budget, ["family"]).set_index(["family", "period"])
    assert found.loc["F", "running gap"].tolist() == [-3.0, -1.0, 2.0]
    assert found.loc["G", "running gap"].tolist() == [0.0, -5.0, -5.0]
    assert found.loc["G", "running gap share"].iloc[1:].tolist() == [-1.0, -1.0]
    assert (found["gap"].groupby("family").sum() == found["running gap"].groupby("family").last()).all()


@settings(deadline=None)
@given(*[st.floats(0, 1e6)] * 2, *[st.floats(1, 1e7)] * 2, st.floats(-100, 100))
def test_market_size_and_share_are_the_quantity_variance(units, planned, market, expected, margin):
    found = market_split(units, planned, market, expected, margin)
    whole = (units - planned) * margin
    assert found.market_size + found.market_share == pytest.approx(
        whole, rel=1e-9, abs=1e-9 * (1 + planned * market / expected * 100)
    )


def test_a_market_of_nothing_is_refused():
    with pytest.raises(InputError, match="budget market must be above 0, got 0"):
        market_split(1, 1, 1, 0, 1)
