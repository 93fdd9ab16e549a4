"""Remedies are computed: each says what balancing again with it gives."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_xl.supply.explain.kept import keep
from sop_xl.supply.explain.remedies import remedies
from sop_xl.supply.plan import PlanSettings, balance

OPEN = PlanSettings(frozen_months=0, overtime_share=0.0, short_policy="lost")


@pytest.fixture
def shop(tables, across, months):
    """Ten hours make ten units; 16 are wanted; overtime costs 8 an hour. Arguments replace tables."""

    def make(**replaced):
        rows = {
            "items": [("A", "", 10.0, 100.0), ("B", "", 10.0, 20.0)],
            "locations": [("P", np.nan)],
            "sources": [{"item": item, "location": "P", "kind": "make"} for item in "AB"],
            "resources": [("Paint", "P", 5.0, 8.0)],
            "routings": [("A", "Paint", 1.0), ("B", "Paint", 1.0)],
            "capacity": across(months(1), "Paint", "regular", values=[10.0]),
            "demand": across(months(1), "A", "P", values=[16.0]),
        }
        return tables(**(rows | replaced))

    return make


def test_overtime_is_priced_and_recovers_what_its_hours_make(shop):
    found = remedies(balance(shop(), settings=OPEN))
    row = found.iloc[0]
    assert found["remedy"].tolist() == ["overtime"]
    assert row[["amount", "cost", "recovered", "net_worth"]].tolist() == pytest.approx([6, 48, 6, 6 * 150 - 48])
    assert row["says"] == (
        "Paint in 2020-03, capacity: 6 units short for want of 6 hours (USD 600 late or lost); cheapest: 6 h more "
        "overtime at Paint in 2020-03: recovers 6 units, spends USD 48 more and saves USD 852"
    )


def test_a_cheaper_demand_is_cut_where_that_is_worth_it(shop, across, months):
    """B goes first where its class counts more; giving up B for A loses 20 a unit and saves A's 150."""
    tables = shop(
        demand=[*across(months(1), "A", "P", values=[16.0]), *across(months(1), "B", "P", values=[3.0])],
    )
    tables["demand"] = tables["demand"].assign(**{"class": ["", "KEY"]})
    tables["customer_classes"] = pd.DataFrame({"class": ["KEY"], "lost_rate": [100.0]})
    found = remedies(balance(tables, settings=OPEN)).set_index("remedy")
    cut = found.loc["cut demand"]
    assert cut[["amount", "recovered", "net_worth"]].tolist() == pytest.approx([3, 3, 3 * 150 - 3 * 20])
    assert "cutting 3 units of B at P for KEY in 2020-03" in cut["says"]
    assert found["rank"].to_dict() == {"overtime": 1, "cut demand": 2}


def test_a_supplier_who_gives_more_may_cost_what_it_saves(shop):
    tables = shop(
        sources=[{"item": "A", "location": "P", "kind": "buy", "supplier": "S", "cost": 10.0, "maximum": 12.0}],
        resources=[], routings=[], capacity=[],
    )  # fmt: skip
    found = remedies(balance(tables, settings=OPEN))
    row = found.iloc[0]
    assert found["remedy"].tolist() == ["supplier"]
    assert row[["amount", "recovered", "net_worth"]].tolist() == pytest.approx([4, 4, 4 * (150 - 10)])
    assert not row["known"]
    assert row["says"].endswith(
        "cheapest: 4 more units from S in 2020-03: recovers 4 units and may cost up to USD 560, USD 140 each"
    )


def test_an_order_is_expedited_but_must_still_be_placed(shop, across, months):
    """Orders arrive in April; March wants 5: hurried by a month they are on time, and are still paid."""
    tables = shop(
        sources=[
            {"item": "A", "location": "P", "kind": "buy", "supplier": "S", "cost": 10.0, "lead_time_days": 30.0}
        ],
        resources=[], routings=[], capacity=[],
        demand=across(months(2), "A", "P", values=[5.0, 8.0]),
    )  # fmt: skip
    plan = balance(tables, settings=PlanSettings(frozen_months=0))
    found = remedies(plan).set_index("remedy")
    hurried = found.loc["expedite"]
    assert hurried[["amount", "recovered", "net_worth", "cost"]].tolist() == pytest.approx([5, 5, 5 * 10, 0], abs=1e-6)
    assert "expediting 5 units of A at P in 2020-03 by 1 month" in hurried["says"]
    bought = found.loc["buy in"]
    assert bought["net_worth"] == pytest.approx(5 * 10 + 5 * 10)  # what is late, and what need not be bought


def test_what_is_late_by_choice_can_be_made_and_what_that_costs(shop, across, months):
    """Overtime at 500 an hour is there, but a month late costs 10: making it in time costs the difference."""
    tables = shop(
        resources=[("Paint", "P", 5.0, 500.0)],
        capacity=[
            *across(months(2), "Paint", "regular", values=[10.0, 20.0]),
            *across(months(2), "Paint", "overtime", values=[9.0, 0.0]),
        ],
        demand=across(months(2), "A", "P", values=[16.0, 2.0]),
    )
    found = remedies(balance(tables, settings=PlanSettings(frozen_months=0)))
    assert found["remedy"].tolist() == ["make in time"]
    assert found["recovered"].tolist() == pytest.approx([6.0])
    assert found["net_worth"].tolist() == pytest.approx([6 * 10 - 6 * 495])
    assert "costs on balance USD 2,910" in found["says"].iloc[0]


def test_room_to_build_ahead(shop, across, months):
    tables = shop(
        locations=[("P", 4.0)],
        capacity=across(months(2), "Paint", "regular", values=[30.0, 0.0]),
        resources=[("Paint", "P", 5.0, 8.0)],
        demand=across(months(2), "A", "P", values=[0.0, 10.0]),
    )
    found = remedies(balance(tables, settings=OPEN)).set_index("remedy")
    assert found.loc["storage", ["amount", "recovered"]].tolist() == pytest.approx([6.0, 6.0])
    assert "room for 6 more at P" in found.loc["storage", "says"]


def test_one_more_worker_where_no_more_may_be_hired(shop, across, months):
    tables = shop(capacity=[])
    tables["workforce"] = pd.DataFrame(
        {
            "resource": ["Paint"],
            "workers": [2.0],
            "hours_per_worker": [5.0],
            "wage": [50.0],
            "overtime_hours_per_worker": [0.0],
            "maximum": [2.0],
        }
    )
    plan = balance(tables, settings=OPEN)
    assert plan.shortages[["cause", "culprit", "quantity"]].values.tolist() == [["crew", "Paint", 6.0]]
    assert "the 2 people at Paint are all at work in 2020-03" in plan.shortages["says"].iloc[0]
    found = remedies(plan).set_index("remedy")
    assert found.loc["worker", ["recovered", "net_worth"]].tolist() == pytest.approx([5, 5 * 150 - 5 * 5 - 50])


def test_more_of_a_budget(shop):
    tables = shop(
        sources=[{"item": "A", "location": "P", "kind": "buy", "supplier": "S", "cost": 10.0}],
        resources=[], routings=[], capacity=[],
    )  # fmt: skip
    month = tables["demand"]["period"].iloc[0]
    tables["spend_limits"] = pd.DataFrame({"kind": ["buy"], "period": [month], "amount": [100.0]})
    plan = balance(tables, settings=OPEN)
    assert plan.shortages[["cause", "culprit", "quantity"]].values.tolist() == [["budget", "buy", 6.0]]
    assert (
        "the buy budget of USD 100 in 2020-03 is spent; one more USD of it there is worth USD 14"
        in (plan.shortages["says"].iloc[0])
    )
    found = remedies(plan)
    assert found[["remedy", "recovered", "cost"]].values.tolist() == [["budget", pytest.approx(6), pytest.approx(60)]]


@given(seed=st.integers(0, 10_000), policy=st.sampled_from(["backlog", "lost"]))
@settings(max_examples=10, deadline=None)
def test_money_adds_up_and_nothing_is_left_changed(drawn, seed, policy):
    plan = balance(drawn(seed), settings=PlanSettings(short_policy=policy))
    held = keep(plan)
    found = remedies(plan, top=4, kept=held)
    assert held.money(held.solver.solve()) == pytest.approx(plan.objective, rel=1e-7)
    assert found["shortage"].nunique() == min(4, len(plan.shortages.groupby(["cause", "culprit", "culprit_period"])))
    told = found[found["remedy"].ne("")]
    assert (told["recovered"] > 0).all()
    # What the tables have no price for can only help: it is tried for nothing.
    free = told[~told["known"]]
    assert (free["net_worth"] >= -1e-6 * abs(plan.objective)).all()
    # More hours never cost more than they save: the plan need not take them.
    assert (told.loc[told["remedy"].isin(["overtime", "subcontract"]), "net_worth"] >= -1e-6 * plan.objective).all()


@pytest.mark.parametrize("rules", [{"lots": "exact"}, {"objective": "service first"}, {"fair_sharing": True}])
def test_plans_made_by_other_rules_are_explained_in_rates(drawn, rules):
    plan = balance(drawn(3, lots="lots" in rules), settings=PlanSettings(short_policy="lost", **rules))
    held = keep(plan)
    assert not held.programme.whole.any()
    assert held.money(held.base) <= plan.objective * (1 + 1e-9)
    assert len(remedies(plan, kept=held)) > 0


@pytest.mark.parametrize("strategy", ["level", "chase", "hybrid"])
def test_remedies_keep_the_rule_of_a_strategy(drawn, strategy):
    plan = balance(drawn(3), strategy=strategy)
    held = keep(plan)
    assert held.money(held.base) == pytest.approx(plan.objective, rel=1e-7)
    assert remedies(plan, top=3, kept=held)["shortage"].max() == 3


def test_a_plan_without_shortages_needs_no_remedy(shop, across, months):
    found = remedies(balance(shop(demand=across(months(1), "A", "P", values=[6.0])), settings=OPEN))
    assert found.empty
    assert found.dtypes.to_dict() == remedies(balance(shop(), settings=OPEN)).dtypes.to_dict()
