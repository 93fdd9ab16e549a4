"""The bridge of two plans: exact in every item, family and total, whatever the causes."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop_xl.errors import InputError
from sop_xl.finance.plan_bridge import ACTUALS, LAST, MODEL, OTHERS, STATISTICAL, THIS, plan_walk

CAUSES = (STATISTICAL, "events", "override: Tender", "rounding")
ITEMS = [f"I{k}" for k in range(5)]
quantities = st.floats(-1e5, 1e5, allow_nan=False).map(lambda x: round(x, 3))
made_of = st.lists(st.tuples(st.sampled_from(ITEMS), st.sampled_from(CAUSES), quantities), max_size=20).map(
    lambda rows: pd.DataFrame(rows, columns=["item", "cause", "quantity"]).astype({"quantity": float})
)
masters = st.lists(
    st.tuples(st.sampled_from(ITEMS), st.sampled_from("FG"), st.floats(0, 999).map(lambda x: round(x, 2))),
    max_size=5, unique_by=lambda row: row[0],
).map(lambda rows: pd.DataFrame(rows, columns=["item", "family", "price"]))  # fmt: skip
restated = st.none() | st.lists(st.tuples(st.sampled_from(ITEMS), quantities), max_size=5).map(
    lambda rows: pd.DataFrame(rows, columns=["item", "quantity"]).astype({"quantity": float})
)


@given(made_of, made_of, masters, restated)
def test_last_plan_and_bars_are_this_plan_everywhere(last, now, items, then):
    walk = plan_walk(last, now, items, CAUSES, then)
    for whole in (walk.units, walk.money):
        assert (whole[:, :-1].sum(axis=1) == whole[:, -1]).all()
    before, after = (f.groupby("item")["quantity"].sum().reindex(walk.items["item"]).fillna(0) for f in (last, now))
    assert walk.units[:, 0] / 100 == pytest.approx(before.to_numpy(), abs=0.0051)
    assert walk.units[:, -1] / 100 == pytest.approx(after.to_numpy(), abs=0.0051)
    table = walk.by_family("Total")
    total = table[table["family"].eq("Total")].set_index("step")
    families = table[table["family"].ne("Total")].groupby("step", sort=False)[["units", "money"]].sum()
    for column in ("units", "money"):
        assert families[column].reindex(total.index).fillna(0).to_numpy() == pytest.approx(total[column], abs=1e-4)


@given(made_of, made_of, masters, st.integers(1, 3))
def test_the_rows_of_a_bar_are_the_bar(last, now, items, count):
    walk = plan_walk(last, now, items, CAUSES)
    rows = walk.largest(count)
    sums = rows.groupby("step")[["units", "money"]].sum()
    for number, step in enumerate(walk.bars, 1):
        found = sums.loc[step] if step in sums.index else pd.Series({"units": 0.0, "money": 0.0})
        assert found["units"] == pytest.approx(walk.units[:, number].sum() / 100, abs=1e-6)
        assert found["money"] == pytest.approx(walk.money[:, number].sum() / 100, abs=1e-4)
        assert rows["step"].eq(step).sum() <= count + 1


@given(made_of, masters)
def test_a_plan_against_itself_moves_nothing(plan, items):
    then = plan[plan["cause"].eq(STATISTICAL)][["item", "quantity"]]
    walk = plan_walk(plan, plan, items, CAUSES, then)
    assert not walk.units[:, 1:-1].any()
    assert not walk.money[:, 1:-1].any()


def test_by_hand():
    """A: 100 forecast then, 104 by today's settings, 110 with the month since; an override of 20 became one of 5.

    B: new, 7 units; C: gone, it had 3.
    """
    last = pd.DataFrame(
        {
            "item": ["A", "A", "C"],
            "cause": [STATISTICAL, "override: Tender", STATISTICAL],
            "quantity": [100.0, 20.0, 3.0],
        }
    )
    now = pd.DataFrame(
        {
            "item": ["A", "A", "B"],
            "cause": [STATISTICAL, "override: Tender", STATISTICAL],
            "quantity": [110.0, 5.0, 7.0],
        }
    )
    then = pd.DataFrame({"item": ["A", "B"], "quantity": [104.0, 6.0]})
    items = pd.DataFrame({"item": ["A", "B", "C"], "family": ["F", "F", "G"], "price": [2.0, 10.0, 1.0]})
    walk = plan_walk(last, now, items, CAUSES, then)
    table = walk.by_family("Total").set_index(["family", "step"])
    assert table.loc["Total", "units"].to_dict() == {
        LAST: 123.0, ACTUALS: 7.0, MODEL: 7.0, "events": 0.0, "override: Tender": -15.0, "rounding": 0.0, THIS: 122.0,
    }  # fmt: skip
    assert table.loc["F", "money"].to_dict() == {
        LAST: 240.0, ACTUALS: 22.0, MODEL: 68.0, "events": 0.0, "override: Tender": -30.0, "rounding": 0.0, THIS: 300.0,
    }  # fmt: skip
    top = walk.largest(1)
    assert top[top["step"].eq(MODEL)][["item", "units"]].values.tolist() == [["B", 6.0], [OTHERS, 1.0]]


def test_without_a_restated_forecast_all_of_it_is_model():
    plan = pd.DataFrame({"item": ["A"], "cause": [STATISTICAL], "quantity": [1.0]})
    walk = plan_walk(plan, plan.assign(quantity=4.0), pd.DataFrame(columns=["item", "family", "price"]), CAUSES)
    assert walk.steps[:2] == (LAST, MODEL)
    assert np.array_equal(walk.units[0, :2], [100, 300])


def test_a_cause_without_a_bar_is_refused():
    plan = pd.DataFrame({"item": ["A"], "cause": ["weather"], "quantity": [1.0]})
    with pytest.raises(InputError, match="no bar for 'weather'; it has statistical, events"):
        plan_walk(plan, plan, pd.DataFrame(columns=["item", "family", "price"]), CAUSES)
