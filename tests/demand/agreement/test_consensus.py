"""Weights that departments earn, and the consensus in whole units at every level."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_xl.demand.agreement.consensus import (
    blend_inputs,
    consensus_at_every_level,
    earned_weights,
    with_earned_weights,
)
from sop_xl.errors import InputError

MONTHS = pd.date_range("2019-01-01", periods=12, freq="MS")


def record(department, after, before=120.0, actual=100.0, months=12, **scope):
    usual = {"item": "", "family": "", "channel": "", "region": "", "lag": 1}
    return pd.DataFrame(
        {"department": department, "period": MONTHS[:months], "before": before, "after": after, "actual": actual}
        | usual
        | scope
    )


def weights(*records, **more):
    return earned_weights(pd.concat(records, ignore_index=True), 1, **more).set_index("department")


def test_weights_are_inverse_to_errors_and_drawn_to_one():
    got = weights(record("sales", 110), record("finance", 140), belief=1e-9)
    assert got["weight"].to_dict() == pytest.approx({"statistical": 1, "finance": 0.5, "sales": 2})
    assert got["mae"].to_dict() == pytest.approx({"statistical": 20, "finance": 40, "sales": 10})
    assert got["months"].to_dict() == {"statistical": 12, "finance": 12, "sales": 12}
    shrunk = weights(record("sales", 110))
    assert shrunk.loc["sales", "weight"] == pytest.approx(2 ** (12 / 18))
    assert shrunk.loc["sales", "says"] == (
        "missed by 10 units a month, the statistical forecast by 20, over 12 months: weight 1.59"
    )
    assert weights(record("sales", 110, months=1)).loc["sales", "weight"] == pytest.approx(2 ** (1 / 7))


def test_departments_that_think_in_totals_and_in_items_compare():
    total = record("finance", 1100, before=1200, actual=1000)
    item = record("sales", 11, before=12, actual=10, item="A")
    got = weights(total, item)
    assert got.loc["finance", "weight"] == pytest.approx(got.loc["sales", "weight"])


def test_perfect_records_have_a_limit_and_ties_are_equal():
    got = weights(record("sales", 100), record("copycat", 120, item="A"), belief=1e-9)
    assert got.loc["sales", "weight"] == pytest.approx(5)
    assert got.loc["copycat", "weight"] == 1
    both = weights(record("sales", 100, before=100), belief=1e-9)
    assert both.loc["sales", "weight"] == 1
    assert weights(record("sales", 900, before=100), belief=1e-9).loc["sales", "weight"] == pytest.approx(0.2)


def test_only_the_last_months_at_the_lag_count():
    early = record("sales", 300, months=6)
    late = record("sales", 110).iloc[6:]
    other = record("sales", 500, lag=3)
    assert weights(early, late, other, months=6, belief=1e-9).loc["sales", "weight"] == pytest.approx(2)


def test_no_record_leaves_equal_weights():
    got = earned_weights(record("sales", 1).iloc[:0], 1)
    assert got[["department", "weight", "months"]].to_numpy().tolist() == [["statistical", 1, 0]]
    filled = with_earned_weights(pd.DataFrame({"department": ["sales"], "weight": [np.nan]}), got)
    assert filled["weight"].isna().all()
    assert filled["says"].tolist() == ["no month judged yet: the weight is 1"]


def test_typed_weights_stay_and_blanks_are_earned_in_the_blend():
    departments = pd.DataFrame({"department": ["statistical", "sales"], "weight": [np.nan, np.nan]})
    earned = earned_weights(record("sales", 110), 1, belief=1e-9)
    month = pd.Timestamp("2020-03-01")
    plan = pd.DataFrame({"item": ["A"], "channel": "web", "region": "DE", "period": month, "quantity": 90.0})
    asked = pd.DataFrame({"department": ["sales"], "item": ["A"], "period": [month], "quantity": [120.0]})
    items = pd.DataFrame({"item": ["A"], "family": ["F"]})
    got = blend_inputs(plan, asked, with_earned_weights(departments, earned), items)
    assert got["quantity"].tolist() == pytest.approx([(90 + 2 * 120) / 3])
    typed = with_earned_weights(departments.assign(weight=[1.0, 0.0]), earned)
    assert blend_inputs(plan, asked, typed, items)["quantity"].tolist() == [90]


@settings(max_examples=40, deadline=None)
@given(st.floats(0, 1e4), st.floats(0, 1e4), st.integers(1, 12))
def test_a_weight_is_above_one_exactly_where_the_error_is_smaller(own, reference, months):
    got = weights(record("sales", 1e5 + own, before=1e5 + reference, actual=1e5, months=months))["weight"]["sales"]
    assert 0.2 <= got <= 5
    own_error, reference_error = 1e5 + own - 1e5, 1e5 + reference - 1e5
    assert (got > 1) <= (own_error < reference_error)
    assert (got < 1) <= (own_error > reference_error)


def test_bad_arguments():
    with pytest.raises(InputError, match="belief of earned weights must be above 0"):
        weights(record("sales", 1), belief=0)
    with pytest.raises(InputError, match="largest earned weight"):
        weights(record("sales", 1), largest=0.5)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0, 1e4), min_size=6, max_size=6))
def test_whole_units_at_every_level(values):
    plan = pd.DataFrame(
        {"item": list("AABBCD"), "channel": list("xyxyxx"), "region": "DE", "period": MONTHS[0], "quantity": values}
    )
    items = pd.DataFrame({"item": list("ABCD"), "family": list("FFGH")})
    got = consensus_at_every_level(plan, items).merge(items, on="item")
    true = plan.merge(items, on="item")
    assert (got["quantity"] % 1 == 0).all()
    assert abs(got["quantity"].sum() - true["quantity"].sum()) <= 0.5 + 1e-6
    for level in ("family", "item"):
        gap = got.groupby(level)["quantity"].sum() - true.groupby(level)["quantity"].sum()
        assert (gap.abs() < 1 + 1e-6).all()
