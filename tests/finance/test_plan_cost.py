"""The cost of a plan from its tables equals what the plan was made with, and adds up over every level."""

import numpy as np
import pandas as pd
import pytest

from sop_xl.errors import InputError
from sop_xl.finance.costs import KINDS, PAID, CostRates, plan_cost
from sop_xl.supply.plan import PlanSettings, balance

PERIODS = pd.date_range("2020-03-01", periods=4, freq="MS", unit="ns")


def network(seed, lead=0.0):
    draw = np.random.default_rng(seed)
    columns = ["item", "location", "kind", "supplier", "lead_time_days", "cost"]
    sources = [
        ("A", "PLANT", "make", "", 0.0, 1.5),
        ("A", "SHOP", "transfer", "PLANT", lead, 0.37),
        ("C", "PLANT", "buy", "Vendor", 0.0, 3.21),
    ]
    demand = [("A", place, p, float(draw.integers(0, 60))) for place in ("PLANT", "SHOP") for p in PERIODS]
    hours = [("Line", kind, p, h) for kind, h in (("regular", 30.0), ("overtime", 6.0)) for p in PERIODS]
    return {
        "items": pd.DataFrame({"item": ["A", "C"], "standard_cost": [20.0, 3.0], "list_price": [50.0, 4.0]}),
        "sources": pd.DataFrame(sources, columns=columns),
        "bom": pd.DataFrame({"assembly": ["A"], "component": ["C"], "quantity": [2.0], "scrap": [0.1]}),
        "routings": pd.DataFrame({"item": ["A"], "resource": ["Line"], "hours_per_unit": [0.5]}),
        "resources": pd.DataFrame({"resource": ["Line"], "location": ["PLANT"], "cost_per_hour": [12.0]}),
        "capacity": pd.DataFrame(hours, columns=["resource", "measure", "period", "hours"]),
        "stock": pd.DataFrame({"item": ["A", "C"], "location": "PLANT", "quantity": [25.0, 200.0]}),
        "demand": pd.DataFrame(demand, columns=["item", "location", "period", "quantity"]),
    }


def costed(seed, policy="backlog", lead=0.0):
    tables = network(seed, lead)
    plan = balance(tables, settings=PlanSettings(short_policy=policy, frozen_months=0))
    made = {n: getattr(plan, n) for n in ("supply_plan", "projected_balance", "resource_load")}
    return plan, plan_cost(tables | made), tables | made


@pytest.mark.parametrize("policy", ["backlog", "lost"])
@pytest.mark.parametrize("seed", range(4))
def test_kinds_are_those_the_plan_was_made_with(seed, policy):
    plan, cost, _ = costed(seed, policy)
    found = cost.at("kind").set_index("kind")["money"]
    for kind in ("make", "buy", "move", "hold", "late", "lost", "overtime"):
        assert found[kind] == pytest.approx(plan.costs[kind], abs=0.005 * len(cost.keys)), kind
    assert found.sum() == pytest.approx(plan.costs.drop("safety").sum(), abs=0.005 * len(cost.keys))


@pytest.mark.parametrize("level", [("kind",), ("period",), ("what", "location"), ("kind", "period"), ()])
def test_every_level_adds_up_to_the_total(level):
    _, cost, _ = costed(1)
    assert round(cost.at(*level)["money"].sum() * 100) == cost.cents.sum() == round(cost.total * 100)
    paid = cost.at("kind").set_index("kind")["money"].loc[list(PAID)].sum()
    assert round(paid * 100) == round(cost.paid * 100)


def test_units_under_way_are_held_as_long_as_they_travel():
    plan, cost, tables = costed(2, lead=31.0)
    moved = plan.supply_plan.query("kind == 'transfer'").groupby("measure")["quantity"].sum()
    assert moved["order"] > 0
    stock = tables["projected_balance"].query("measure == 'closing'")
    worth = stock["item"].map({"A": 20.0, "C": 3.0})
    in_store = (stock["quantity"] * worth).sum() * 0.02
    orders = plan.supply_plan.query("kind == 'transfer'").pivot(index="period", columns="measure", values="quantity")
    under_way = (orders["order"] - orders["receipt"]).cumsum().sum() * 20.0 * 0.02
    held = cost.at("kind").set_index("kind").loc["hold", "money"]
    assert under_way > 0
    assert held == pytest.approx(in_store + under_way, abs=0.1)


def test_setups_are_counted_by_month_with_an_order():
    _, plain, tables = costed(3)
    cost = plan_cost(tables | {"sources": tables["sources"].assign(setup_cost=[100.0, np.nan, 0.0])})
    orders = tables["supply_plan"].query("kind == 'make' and measure == 'order' and quantity != 0")
    found = cost.at("kind").set_index("kind")["money"]
    assert found["setup"] == 100.0 * len(orders)
    assert list(found.index) == list(KINDS)
    assert cost.total - found["setup"] == pytest.approx(plain.total)


def test_the_order_of_rows_changes_nothing():
    _, cost, tables = costed(1)
    mixed = {n: f.sample(frac=1.0, random_state=3) for n, f in tables.items() if n != "supply_plan"}
    again = plan_cost(tables | mixed)
    pd.testing.assert_frame_equal(cost.at("kind", "what", "period"), again.at("kind", "what", "period"))


def test_a_plan_of_nothing_costs_nothing():
    _, _, tables = costed(1)
    names = ("supply_plan", "projected_balance", "resource_load")
    cost = plan_cost(tables | {name: tables[name].iloc[:0] for name in names})
    assert cost.total == 0
    assert (cost.at("kind")["money"] == 0).all()


def test_what_cannot_be_costed_is_named():
    _, cost, tables = costed(1)
    with pytest.raises(InputError, match="the plan orders A at SHOP by transfer, no source does"):
        plan_cost(tables | {"sources": tables["sources"].query("location != 'SHOP'")})
    with pytest.raises(InputError, match="the plan uses 'Line'"):
        plan_cost(tables | {"resources": tables["resources"].iloc[:0]})
    with pytest.raises(InputError, match="no column 'family'"):
        cost.at("family")
    with pytest.raises(InputError, match="the holding rate must be 0 or more, got -1"):
        CostRates(holding_rate=-1)
