"""The plan in money ties to its units, and the bridge adds up to the cent."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_xl.finance.bridge import STEPS, bridge
from sop_xl.finance.split import margin_split, revenue_split
from sop_xl.finance.value import TOTAL, budget_lines, financials, plan_lines
from sop_xl.workbook.tables import table

PERIODS = pd.date_range("2026-07-01", periods=2, freq="MS")
units = st.lists(st.integers(0, 5000), min_size=12, max_size=12)
cents = st.integers(0, 300_000).map(lambda value: value / 100)


def master(prices=(500.0, 800.0, 25.0, 40.0), costs=(300.0, 400.0, 10.0, 15.0)):
    return pd.DataFrame(
        {
            "item": ["B1", "B2", "007", "N1"],
            "family": ["Bikes", "Bikes", "Gloves", "New"],
            "standard_cost": costs,
            "list_price": prices,
        }
    )


def balance(quantities):
    keys = [(i, m, p) for m in ("shipped",) for i in ("B1", "B2", "007", "N1") for p in PERIODS]
    shipped = pd.DataFrame(keys, columns=["item", "measure", "period"]).assign(quantity=quantities[:8])
    closing = pd.DataFrame(
        [(i, "closing", PERIODS[1]) for i in ("B1", "B2", "007", "N1")], columns=["item", "measure", "period"]
    )
    return pd.concat([shipped, closing.assign(quantity=quantities[8:12])]).assign(location="PLANT")


def aop(amounts):
    keys = [(f, m) for f in ("Bikes", "Gloves", "Dropped") for m in ("units", "revenue", "cost")]
    return pd.DataFrame(
        [(f, m, p, v) for (f, m), v in zip(keys, amounts, strict=True) for p in PERIODS],
        columns=["family", "measure", "period", "value"],
    )


BUDGET = aop([100, 57_000, 33_000, 200, 5_000, 2_000, 10, 300, 100])
PLAN = balance([60, 60, 40, 40, 210, 190, 5, 5, 10, 20, 30, 40])


def money(frame, family, measure):
    return frame[(frame["family"] == family) & (frame["measure"] == measure)].set_index("period")["money"]


def test_units_times_price_list_is_revenue():
    found = financials(master(), PLAN, BUDGET, PERIODS)
    assert money(found, "Bikes", "revenue").tolist() == [60 * 500 + 40 * 800] * 2
    assert money(found, "Bikes", "cost").tolist() == [60 * 300 + 40 * 400] * 2
    assert money(found, "Gloves", "margin").tolist() == [210 * 15, 190 * 15]
    assert money(found, "Bikes", "stock value").tolist() == [0, 10 * 300 + 20 * 400]
    assert money(found, "Gloves", "gap").tolist() == [210 * 25 - 5000, 190 * 25 - 5000]
    assert money(found, "Dropped", "gap").tolist() == [-300, -300]
    assert money(found, "New", "budget revenue").tolist() == [0, 0]


def test_the_frame_is_that_of_the_table():
    found = financials(master(), PLAN, BUDGET, PERIODS)
    assert set(found) == {c.name for c in table("financials").frame_columns}
    assert not found.duplicated(["family", "measure", "period"]).any()
    assert set(found["measure"]) == {
        "revenue", "cost", "margin", "stock value", "budget revenue", "budget cost", "budget margin", "gap",
    }  # fmt: skip
    assert found["family"].iloc[-1] == TOTAL
    assert found["money"].notna().all()


def test_without_a_budget_there_is_neither_gap_nor_bridge():
    found = financials(master(), PLAN, BUDGET.iloc[:0], PERIODS)
    assert set(found["measure"]) == {"revenue", "cost", "margin", "stock value"}
    steps = bridge(master(), PLAN, BUDGET.iloc[:0], PERIODS)
    assert steps.empty
    assert list(steps) == ["family", "step", "money"]


def test_only_the_months_planned_count():
    found = financials(master(), PLAN, BUDGET, PERIODS[:1])
    assert set(found["period"]) == {PERIODS[0]}
    half = bridge(master(), PLAN, BUDGET, PERIODS[:1]).set_index(["family", "step"])["money"]
    assert half[(TOTAL, "budget")] == 62_300


def test_a_blank_price_counts_as_nothing():
    found = financials(master(prices=(500.0, np.nan, 25.0, 40.0)), PLAN, BUDGET, PERIODS)
    assert money(found, "Bikes", "revenue").tolist() == [60 * 500] * 2


def test_a_plan_that_is_the_budget_has_no_steps():
    plan = balance([50, 50, 50, 50, 200, 200, 0, 0, 0, 0, 0, 0])
    budget = aop([100, 65_000, 35_000, 200, 5_000, 2_000, 0, 0, 0])
    steps = bridge(master(), plan, budget, PERIODS).set_index(["family", "step"])["money"]
    assert (steps.loc[:, ["volume", "mix", "price"]] == 0).all()


def test_growth_of_every_family_alike_is_volume_alone():
    plan = balance([55, 55, 55, 55, 220, 220, 0, 0, 0, 0, 0, 0])
    budget = aop([100, 65_000, 35_000, 200, 5_000, 2_000, 0, 0, 0])
    steps = bridge(master(), plan, budget, PERIODS).set_index(["family", "step"])["money"]
    assert steps[("Bikes", "volume")] == 13_000
    assert steps[(TOTAL, "volume")] == 14_000
    assert (steps.loc[:, ["mix", "price"]] == 0).all()


def test_dearer_items_are_price_and_a_shift_between_families_is_mix():
    budget = aop([100, 65_000, 35_000, 200, 5_000, 2_000, 0, 0, 0])
    dearer = bridge(master(prices=(550.0, 880.0, 25.0, 40.0)), balance([50] * 4 + [200] * 2 + [0] * 6), budget, PERIODS)
    steps = dearer.set_index(["family", "step"])["money"]
    assert steps[(TOTAL, "price")] == 13_000
    assert steps[(TOTAL, "volume")] == steps[(TOTAL, "mix")] == 0
    shifted = bridge(master(), balance([60] * 4 + [180] * 2 + [0] * 6), budget, PERIODS)
    steps = shifted.set_index(["family", "step"])["money"]
    assert steps[(TOTAL, "volume")] == steps[(TOTAL, "price")] == 0
    assert steps[(TOTAL, "mix")] == 2 * (20 * 650 - 20 * 25)


def test_a_family_without_budget_is_mix_and_one_without_plan_is_lost():
    steps = bridge(master(), PLAN, BUDGET, PERIODS).set_index(["family", "step"])["money"]
    assert steps["New"].to_dict() == {"budget": 0, "volume": 0, "mix": 400, "price": 0, "plan": 400}
    assert steps[("Dropped", "plan")] == steps[("Dropped", "price")] == 0


@settings(deadline=None, max_examples=25)
@given(units, st.lists(cents, min_size=4, max_size=4), st.lists(st.integers(0, 10**7), min_size=9, max_size=9))
def test_the_bridge_adds_up_to_the_cent(quantities, prices, amounts):
    items, plan, budget = master(prices=prices), balance(quantities), aop(amounts)
    steps = bridge(items, plan, budget, PERIODS)
    wide = (steps.pivot(index="family", columns="step", values="money") * 100).round().astype("int64")
    assert (wide[["budget", "volume", "mix", "price"]].sum(axis=1) == wide["plan"]).all()
    assert (wide.drop(index=TOTAL).sum() == wide.loc[TOTAL]).all()
    assert set(steps["step"]) == set(STEPS)
    found = financials(items, plan, budget, PERIODS)
    totals = found[found["family"] == TOTAL].groupby("measure")["money"].sum()
    assert wide.loc[TOTAL, "plan"] == round(totals["revenue"] * 100)
    assert wide.loc[TOTAL, "budget"] == round(totals["budget revenue"] * 100)


@settings(deadline=None, max_examples=12)
@given(units, st.lists(st.integers(1, 10**6), min_size=9, max_size=9))
def test_volume_in_total_is_units_at_the_budgets_mean_price(quantities, amounts):
    plan, budget = balance(quantities), aop(amounts)
    steps = bridge(master(), plan, budget, PERIODS).set_index(["family", "step"])["money"]
    sums = budget.groupby("measure")["value"].sum()
    shipped = plan.loc[plan["measure"] == "shipped", "quantity"].sum()
    expected = (shipped - sums["units"]) * sums["revenue"] / sums["units"]
    assert steps[(TOTAL, "volume")] == pytest.approx(expected, abs=0.05)


@settings(deadline=None, max_examples=12)
@given(units)
def test_families_add_up_to_the_total(quantities):
    found = financials(master(), balance(quantities), BUDGET, PERIODS)
    wide = found.pivot(index=["measure", "period"], columns="family", values="money")
    assert np.allclose(wide.drop(columns=TOTAL).sum(axis=1), wide[TOTAL], atol=0.005)


@settings(deadline=None, max_examples=12)
@given(units, st.lists(cents, min_size=4, max_size=4), st.lists(st.integers(0, 10**7), min_size=9, max_size=9))
def test_the_split_of_budget_and_plan_ties_to_the_bridge_and_the_financials(quantities, prices, amounts):
    items, plan, budget = master(prices=prices), balance(quantities), aop(amounts)
    base, made = budget_lines(budget, PERIODS), plan_lines(items, plan, PERIODS)
    steps = bridge(items, plan, budget, PERIODS)
    total = steps[steps["family"] == TOTAL].set_index("step")["money"]
    revenue, margin = revenue_split(base, made).total, margin_split(base, made).total
    assert round((revenue["plan"] - total["plan"]) * 100) == round((revenue["base"] - total["budget"]) * 100) == 0
    found = financials(items, plan, budget, PERIODS)
    shown = found[found["family"] == TOTAL].groupby("measure")["money"].sum()
    assert margin["plan"] == pytest.approx(shown["margin"], abs=0.001)
    assert margin["base"] == pytest.approx(shown["budget margin"], abs=0.001)


def test_lines_of_a_plan_by_item_and_month():
    lines = plan_lines(master(), PLAN, PERIODS, ["family", "item", "period"])
    assert len(lines) == 8
    assert lines["revenue"].sum() == plan_lines(master(), PLAN, PERIODS)["revenue"].sum()
