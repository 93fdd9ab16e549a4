"""The plan in money: the bridge adds up, working capital ties to cash."""

import company
import pandas as pd
import pytest

from sop_xl.cycle.desk import context_of
from sop_xl.cycle.money import bridge


def wide(frame, key):
    return frame.pivot_table(index=key, columns="step", values="money").fillna(0.0)


def test_every_bridge_adds_up_to_the_cent(planned):
    steps = wide(planned.frames["bridge"], ["of", "family"])
    assert (steps.drop(columns="plan").sum(axis=1) - steps["plan"]).abs().max() < 0.005


def test_the_total_is_the_sum_of_the_families(planned):
    steps = wide(planned.frames["bridge"], ["of", "family"])
    for of in ("revenue", "margin"):
        mine = steps.loc[of]
        assert (mine.drop(index="Total").sum() - mine.loc["Total"]).abs().max() < 0.005


def test_the_bridge_ends_where_the_financials_do(planned):
    ends = planned.frames["bridge"].query("family == 'Total' and step == 'plan'").set_index("of")["money"]
    money = planned.frames["financials"].query("family == 'Total'").groupby("measure")["money"].sum()
    assert ends["revenue"] == pytest.approx(money["revenue"], abs=0.05)
    assert ends["margin"] == pytest.approx(money["margin"], abs=0.05)


def test_without_a_budget_there_is_no_bridge(planned):
    frames = dict(planned.frames)
    frames["budget"] = frames["budget"].iloc[:0]
    assert bridge(frames, context_of(frames["control"], now=company.NOW)).empty


def test_working_capital_is_stock_and_receivables_less_payables(planned):
    found = planned.frames["working_capital"].pivot_table(index="period", columns="measure", values="money")
    made = found["stock"] + found["receivables"] - found["payables"]
    pd.testing.assert_series_equal(made, found["working capital"], check_names=False, atol=0.02)
    assert (found["cash in"] - found["cash out"]).to_numpy() == pytest.approx(found["cash"].to_numpy(), abs=0.02)
    assert found["running cash"].to_numpy() == pytest.approx(found["cash"].cumsum().to_numpy(), abs=0.1)
