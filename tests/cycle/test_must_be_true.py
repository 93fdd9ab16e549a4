"""What must be true to reach the budget: the levers, their limits and their sentences."""

from dataclasses import replace

import company
import pandas as pd
import pytest

from sop_xl.cycle.desk import context_of
from sop_xl.cycle.must_be_true import MOST, USUAL, must_be_true, reach
from sop_xl.finance.value import financials


def found(frames, budget_factor=1.0, **settings):
    """The table with every figure of the budget multiplied."""
    frames = dict(frames)
    budget = frames["budget"]
    more = budget["measure"].eq("revenue")
    frames["budget"] = budget.assign(value=budget["value"].where(~more, budget["value"] * budget_factor))
    context = context_of(frames["control"], now=company.NOW)
    context = replace(context, settings=replace(context.settings, **settings))
    money = financials(frames["items"], frames["projected_balance"], frames["budget"], context.periods)
    total = money[money["family"].eq("Total")].groupby("measure")["money"].sum()
    return must_be_true(frames, context, money), total


def test_the_levers_close_the_gap(planned_frames):
    table, total = found(planned_frames, 1.33)
    for of in ("revenue", "margin"):
        rows = table[table["of"].eq(of)]
        gap = total[f"budget {of}"] - total[of]
        assert gap > 0
        assert rows["money"].sum() == pytest.approx(gap, abs=0.05)
        assert rows["share_of_gap"].sum() == pytest.approx(1.0)
        assert rows["left"].iloc[-1] == pytest.approx(0.0, abs=0.01)
        assert rows["left"].is_monotonic_decreasing
        taken = rows[rows["money"].gt(0)]
        assert taken["lever"].is_unique


def test_no_lever_goes_beyond_its_end(planned_frames):
    table, _ = found(planned_frames, 50.0)
    prices = table[table["lever"].str.startswith("price of")]
    assert prices["change"].tolist() == pytest.approx([MOST] * len(prices))
    assert prices["plausible"].str.contains("bold").all()
    costs = table[table["lever"].str.startswith("cost of")]
    assert len(costs) == 2
    assert costs["change"].tolist() == pytest.approx([-MOST] * 2)
    still = table[table["lever"].eq("still open")]
    assert len(still) == 2
    assert (still["left"] > 0).all()
    assert still["says"].str.contains("the budget needs more than these changes").all()


def test_a_price_by_hand(planned_frames):
    """A price step of a family is worth that share of its revenue, whatever else is pulled."""
    table, _ = found(planned_frames, 50.0)
    items = planned_frames["items"].set_index("item")
    shipped = planned_frames["projected_balance"].query("measure == 'shipped'")
    revenue = (
        (shipped["quantity"] * shipped["item"].map(items["list_price"]))
        .groupby(shipped["item"].map(items["family"]))
        .sum()
    )
    row = table.query("of == 'revenue' and lever == 'price of Bikes'").iloc[0]
    assert row["money"] == pytest.approx(MOST * revenue["Bikes"], abs=0.01)
    assert row["points"] == pytest.approx(100 * (USUAL + 2 * (MOST - USUAL)))


def test_demand_stays_within_twice_its_interval(planned_frames):
    table, _ = found(planned_frames, 50.0)
    context = context_of(planned_frames["control"], now=company.NOW)
    base = planned_frames["baseline"].query("item == '007' and measure in ('forecast', 'high')")
    sums = base.groupby("measure")["quantity"].sum()
    row = table.query("of == 'revenue' and lever == 'demand of Gloves'").iloc[0]
    assert row["change"] == pytest.approx(2 * (sums["high"] / sums["forecast"] - 1))
    assert row["points"] == pytest.approx((1 + 2) * reach(context), abs=0.01)
    assert row["plausible"].startswith("beyond the ")


def test_demand_that_cannot_be_delivered_is_worth_nothing(planned_frames):
    frames = dict(planned_frames)
    balance = frames["projected_balance"]
    late = balance["measure"].eq("late") & balance["item"].eq("007")
    frames["projected_balance"] = balance.assign(quantity=balance["quantity"].where(~late, 1.0))
    table, _ = found(frames, 50.0)
    assert "demand of Gloves" not in set(table["lever"])
    assert "demand of Bikes" in set(table["lever"])


def test_an_opportunity_counts_whole_and_a_risk_is_a_condition(planned_frames):
    frames = dict(planned_frames)
    risk = frames["risks"].iloc[[0]].assign(risk="Strike", kind="risk", impact=9000.0, probability=0.2)
    frames["risks"] = pd.concat([frames["risks"], risk], ignore_index=True)
    table, _ = found(frames, 1.6)
    tender = table[table["lever"].eq("Tender")].iloc[0]
    assert tender["of"] == "margin"
    assert tender["money"] <= 20000.0
    assert tender["plausible"] == "40 % likely"
    strike = table.iloc[-1]
    assert (strike["lever"], strike["money"], strike["plausible"]) == ("no loss by Strike", 0.0, "80 % likely")
    assert "must not come true" in strike["says"]


def test_what_is_never_delivered_can_be(planned_frames):
    frames = dict(planned_frames)
    row = {"item": "BIKE-1", "location": "PLANT", "channel": "web", "fate": "lost", "period": company.PLANNED[1], "quantity": 10.0, "money": 5000.0,
           "cause": "capacity", "culprit": "Assembly"}  # fmt: skip
    frames["late_demand"] = pd.DataFrame([row])
    remedy = {"cause": "capacity", "culprit": "Assembly", "rank": 1.0, "remedy": "overtime", "known": True, "cost": 400.0,
              "net_worth": 0.0}  # fmt: skip
    frames["remedies"] = pd.DataFrame([remedy])
    table, _ = found(frames, 50.0)
    rows = table[table["lever"].eq("Assembly: overtime")].set_index("of")
    assert rows["money"].to_dict() == {"revenue": 5000.0, "margin": 5000.0 - 10 * 300.0 - 400.0}
    assert rows["plausible"].unique().tolist() == ["costs 400"]


def test_a_budget_that_is_met_needs_nothing(planned_frames):
    table, total = found(planned_frames)
    rows = table.set_index("of")
    assert (rows["lever"] == "no change needed").all()
    assert rows.loc["margin", "left"] == pytest.approx(total["budget margin"] - total["margin"])
    assert "nothing must change" in rows.loc["revenue", "says"]


def test_without_a_budget_it_says_so(planned_frames):
    table, _ = found({**planned_frames, "budget": planned_frames["budget"].iloc[:0]})
    assert set(table["lever"]) == {"no budget"}


def test_only_months_that_have_a_budget_count(planned_frames):
    """A plan that reaches into a year without a budget is not held to have earned it."""
    budget = planned_frames["budget"]
    known = company.PLANNED[:3]
    table, _ = found({**planned_frames, "budget": budget[budget["period"].isin(known)]})
    money = planned_frames["financials"].query("family == 'Total' and period in @known")
    sums = money.groupby("measure")["money"].sum()
    left = table.set_index("of")["left"]
    assert left["revenue"] == pytest.approx(sums["budget revenue"] - sums["revenue"])
    assert left["margin"] == pytest.approx(sums["budget margin"] - sums["margin"])
