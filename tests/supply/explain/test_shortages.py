"""Each cause of a shortage, provoked alone and named."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from sop_xl.supply.plan import PlanSettings, balance

OPEN = PlanSettings(frozen_months=0, overtime_share=0.0)


def causes(plan):
    """What each row of the shortages says, without the sentence."""
    rows = plan.shortages[["item", "location", "period", "quantity", "cause", "culprit", "culprit_period"]]
    return [
        (r.item, r.location, f"{r.period:%Y-%m}", round(r.quantity, 6), r.cause, r.culprit, f"{r.culprit_period:%Y-%m}")
        for r in rows.itertuples()
    ]


def hour_of_may(plan):
    """The price of a regular hour in 2020-05."""
    prices = plan.constraint_prices
    return prices[prices["kind"].eq("capacity") & prices["period"].eq("2020-05-01")]


@pytest.fixture
def bikes(tables, across, months):
    """One bike made on one line from one frame; every argument replaces a table."""

    def make(count=3, demand=(50, 50, 50), at="PLANT", hours=100, **replaced):
        periods = months(count)
        rows = {
            "items": [("BIKE", "Road Bikes", 400.0, 700.0), ("FRAME", "Parts", 90.0, np.nan)],
            "locations": [("PLANT", np.nan), ("DC", np.nan)],
            "sources": [
                {"item": "BIKE", "location": "PLANT", "kind": "make"},
                {"item": "FRAME", "location": "PLANT", "kind": "buy", "supplier": "WELDCO", "cost": 90.0},
            ],
            "bom": [("BIKE", "FRAME", 1.0, 0.0)],
            "resources": [("Final Assembly", "PLANT", 25.0, np.nan)],
            "routings": [("BIKE", "Final Assembly", 2.0)],
            "capacity": across(periods, "Final Assembly", "regular", values=[hours] * count),
            "demand": across(periods, "BIKE", at, values=demand),
        }
        return tables(**(rows | replaced))

    return make


def test_capacity(bikes):
    plan = balance(bikes(demand=(45, 45, 102)), settings=OPEN)
    assert causes(plan) == [("BIKE", "PLANT", "2020-05", 42.0, "capacity", "Final Assembly", "2020-05")]
    row = plan.shortages.iloc[0]
    assert row["money"] == 42 * 700
    # One more hour makes half a bike: it saves half the 1.5 x 700 charged at the end, less 25 for itself and 45 for
    # the frame.
    assert row["says"] == (
        "Road Bikes BIKE at PLANT is 42 units late in 2020-05 (USD 29,400): Final Assembly is full in 2020-05; "
        "one more hour there is worth USD 455"
    )
    prices = hour_of_may(plan)
    assert prices["price"].tolist() == pytest.approx([0.5 * (1.5 * 700) - 25 - 45])
    assert prices["says"].tolist() == ["One more regular hour at Final Assembly in 2020-05 is worth USD 455"]


def test_capacity_price_is_what_an_hour_is_worth(bikes, across, months):
    short = bikes(demand=(45, 45, 102))
    one_more = bikes(
        demand=(45, 45, 102), capacity=across(months(3), "Final Assembly", "regular", values=[100, 100, 101])
    )
    plan, relieved = balance(short, settings=OPEN), balance(one_more, settings=OPEN)
    price = hour_of_may(plan)["price"].item()
    assert plan.objective - relieved.objective == pytest.approx(price)


def test_capacity_of_a_made_component(bikes, across, months):
    """The frame is welded in the plant: the welders are the culprit, not the bike's own line."""
    periods = months(3)
    plan = balance(
        bikes(
            demand=(20, 20, 20),
            sources=[
                {"item": "BIKE", "location": "PLANT", "kind": "make"},
                {"item": "FRAME", "location": "PLANT", "kind": "make", "lead_time_days": 30.0},
            ],
            resources=[("Final Assembly", "PLANT", 25.0, np.nan), ("Welding", "PLANT", 30.0, np.nan)],
            routings=[("BIKE", "Final Assembly", 2.0), ("FRAME", "Welding", 1.0)],
            capacity=[
                *across(periods, "Final Assembly", "regular", values=[100] * 3),
                *across(periods, "Welding", "regular", values=[15, 15, 15]),
            ],
            stock=[("FRAME", "PLANT", "usable", 20.0)],
        ),
        settings=OPEN,
    )
    assert [c[3:] for c in causes(plan)] == [
        (5.0, "capacity", "Welding", "2020-03"),
        (10.0, "capacity", "Welding", "2020-03"),  # an hour of March would relieve April as well
    ]
    assert "component FRAME is short, Welding is full in 2020-03" in plan.shortages["says"].iloc[1]


def test_component_that_cannot_arrive_in_time(bikes):
    plan = balance(
        bikes(
            demand=(10, 10, 10),
            sources=[
                {"item": "BIKE", "location": "PLANT", "kind": "make"},
                {
                    "item": "FRAME",
                    "location": "PLANT",
                    "kind": "buy",
                    "supplier": "WELDCO",
                    "cost": 90.0,
                    "lead_time_days": 60.0,
                },
            ],
            stock=[("FRAME", "PLANT", "usable", 12.0)],
        ),
        settings=OPEN,
    )
    assert causes(plan) == [("BIKE", "PLANT", "2020-04", 8.0, "component", "FRAME", "2020-04")]
    assert (
        plan.shortages["says"]
        .iloc[0]
        .endswith("component FRAME is short, buy orders of FRAME take 60 days, and nothing new arrives before 2020-05")
    )


def test_component_without_a_source(bikes):
    plan = balance(
        bikes(demand=(10, 0, 0), sources=[{"item": "BIKE", "location": "PLANT", "kind": "make"}]), settings=OPEN
    )
    assert {c[4:6] for c in causes(plan)} == {("component", "FRAME")}
    assert "FRAME has no source at PLANT" in plan.shortages["says"].iloc[0]


def test_deep_component_is_named_at_its_own_level(bikes):
    """The tube that goes into the frame that goes into the bike is late: the tube is the culprit."""
    plan = balance(
        bikes(
            demand=(10, 0, 0),
            items=[
                ("BIKE", "Road Bikes", 400.0, 700.0),
                ("FRAME", "Parts", 90.0, np.nan),
                ("TUBE", "Parts", 9.0, np.nan),
            ],
            sources=[
                {"item": "BIKE", "location": "PLANT", "kind": "make"},
                {"item": "FRAME", "location": "PLANT", "kind": "make"},
                {"item": "TUBE", "location": "PLANT", "kind": "buy", "supplier": "MILL", "lead_time_days": 30.0},
            ],
            bom=[("BIKE", "FRAME", 1.0, 0.0), ("FRAME", "TUBE", 4.0, 0.0)],
        ),
        settings=OPEN,
    )
    assert causes(plan) == [("BIKE", "PLANT", "2020-03", 10.0, "component", "TUBE", "2020-03")]


def test_lead_time_and_frozen_fence(bikes):
    plan = balance(
        bikes(
            demand=(10, 10, 10),
            sources=[
                {
                    "item": "BIKE",
                    "location": "PLANT",
                    "kind": "buy",
                    "supplier": "ASIA",
                    "cost": 400.0,
                    "lead_time_days": 30.0,
                }
            ],
        ),
        settings=PlanSettings(frozen_months=1),
    )
    assert causes(plan) == [
        ("BIKE", "PLANT", "2020-03", 10.0, "lead time", "ASIA", "2020-03"),
        ("BIKE", "PLANT", "2020-04", 20.0, "lead time", "ASIA", "2020-04"),
    ]
    assert plan.kpis.late_units == 20.0  # the ten of March are still late in April, and counted once


def test_lead_time_beyond_the_horizon_is_a_shortage(bikes):
    plan = balance(
        bikes(
            demand=(0, 0, 10),
            sources=[{"item": "BIKE", "location": "PLANT", "kind": "buy", "supplier": "ASIA", "lead_time_days": 300.0}],
        ),
        settings=OPEN,
    )
    assert causes(plan) == [("BIKE", "PLANT", "2020-05", 10.0, "lead time", "ASIA", "2020-05")]
    assert "nothing new arrives before 2021-01" in plan.shortages["says"].iloc[0]


def test_supplier_limit(bikes):
    plan = balance(
        bikes(
            demand=(30, 30, 30),
            sources=[
                {"item": "BIKE", "location": "PLANT", "kind": "make"},
                {
                    "item": "FRAME",
                    "location": "PLANT",
                    "kind": "buy",
                    "supplier": "WELDCO",
                    "cost": 90.0,
                    "maximum": 25.0,
                },
            ],
        ),
        settings=OPEN,
    )
    assert [c[3:6] for c in causes(plan)] == [(q, "supplier limit", "WELDCO") for q in (5.0, 10.0, 15.0)]
    assert "WELDCO supplies at most 25 units of FRAME a month and is full in" in plan.shortages["says"].iloc[2]
    assert set(plan.constraint_prices.query("kind == 'supplier limit'")["name"]) == {"WELDCO: FRAME at PLANT"}


def test_storage(tables, across, months):
    """A season of 100 could be bought ahead, but the room holds 20."""
    plan = balance(
        tables(
            items=[("TENT", "Camping", 50.0, 120.0)],
            locations=[("DC", 20.0)],
            sources=[
                {"item": "TENT", "location": "DC", "kind": "buy", "supplier": "SEW", "cost": 50.0, "maximum": 30.0}
            ],
            demand=across(months(3), "TENT", "DC", values=[0, 0, 100]),
        ),
        settings=OPEN,
    )
    assert plan.shortages["quantity"].tolist() == pytest.approx([50.0])
    assert plan.shortages["cause"].iloc[0] in {"storage", "supplier limit"}  # both bind; relief of either saves as much
    unlimited_at_the_end = balance(
        tables(
            items=[("TENT", "Camping", 50.0, 120.0)],
            locations=[("DC", 20.0)],
            sources=[
                {
                    "item": "TENT",
                    "location": "DC",
                    "kind": "buy",
                    "supplier": "SEW",
                    "cost": 50.0,
                    "lead_time_days": 0.0,
                }
            ],
            stock=[("TENT", "DC", "usable", 0.0)],
            demand=across(months(3), "TENT", "DC", values=[0, 0, 100]),
        ),
        settings=PlanSettings(frozen_months=0),
    )
    assert unlimited_at_the_end.shortages.empty


def test_storage_alone(tables, across, months):
    """The line stands still in the month of the season, and the warehouse holds 20."""
    periods = months(3)
    plan = balance(
        tables(
            items=[("TENT", "Camping", 50.0, 120.0)],
            locations=[("PLANT", 20.0)],
            sources=[{"item": "TENT", "location": "PLANT", "kind": "make", "lead_time_days": 30.0}],
            resources=[("Sewing", "PLANT", 20.0, np.nan)],
            routings=[("TENT", "Sewing", 1.0)],
            capacity=across(periods, "Sewing", "regular", values=[500, 0, 0]),
            demand=across(periods, "TENT", "PLANT", values=[0, 0, 90]),
        ),
        settings=OPEN,
    )
    assert causes(plan) == [("TENT", "PLANT", "2020-05", 70.0, "storage", "PLANT", "2020-04")]
    assert (
        "PLANT is full to its 20 units in 2020-04, so nothing more can be kept for later; one more unit"
        in (plan.shortages["says"].iloc[0])
    )
    worth = plan.constraint_prices.query("kind == 'storage'")
    assert worth["period"].dt.strftime("%Y-%m").tolist() == ["2020-04"]
    assert worth["price"].tolist() == pytest.approx([1.5 * 120 - 20 - 1])  # a sale, its hour, a month in stock


def test_no_source(bikes):
    plan = balance(bikes(demand=(7, 0, 0), sources=[]), settings=PlanSettings(short_policy="lost"))
    assert causes(plan) == [("BIKE", "PLANT", "2020-03", 7.0, "no source", "PLANT", "2020-03")]
    assert plan.shortages["kind"].tolist() == ["lost"]
    assert plan.shortages["says"].tolist() == [
        "Road Bikes BIKE at PLANT loses 7 units in 2020-03 (USD 4,900): BIKE has no source at PLANT"
    ]


def test_shortage_is_traced_through_a_transfer(bikes):
    """The warehouse is short because the plant behind it is full a month earlier."""
    plan = balance(
        bikes(
            sources=[
                {"item": "BIKE", "location": "PLANT", "kind": "make"},
                {"item": "FRAME", "location": "PLANT", "kind": "buy", "supplier": "WELDCO", "cost": 90.0},
                {
                    "item": "BIKE",
                    "location": "DC",
                    "kind": "transfer",
                    "supplier": "PLANT",
                    "lead_time_days": 30.0,
                    "cost": 5.0,
                },
            ],
            demand=(0, 60, 0),
            at="DC",
        ),
        settings=OPEN,
    )
    assert causes(plan) == [("BIKE", "DC", "2020-04", 10.0, "capacity", "Final Assembly", "2020-03")]


def test_overtime_that_is_not_worth_it(bikes):
    """A month late costs less than the overtime hours: regular hours are the cause, and the sentence says so."""
    plan = balance(
        bikes(demand=(60, 0, 0)),
        settings=PlanSettings(frozen_months=0, overtime_share=1.0, overtime_premium=3.0, backlog_rate=0.01),
    )
    assert causes(plan)[0] == ("BIKE", "PLANT", "2020-03", 10.0, "capacity", "Final Assembly", "2020-03")
    assert "in regular hours, overtime costs more than waiting" in plan.shortages["says"].iloc[0]


def test_level_rule_names_the_busiest_resource(bikes):
    plan = balance(bikes(demand=(0, 30, 90)), settings=OPEN, strategy="level")
    assert set(plan.shortages["cause"]) <= {"capacity"}
    assert set(plan.shortages["culprit"]) <= {"Final Assembly"}
    early = balance(bikes(demand=(60, 20, 10)), settings=OPEN, strategy="level")
    assert early.shortages["says"].str.contains("level production does not use the hours left").any()
    assert set(early.shortages["culprit"]) == {"Final Assembly"}


def test_stock_kept_for_its_target(tables, across, months):
    """A month late costs 0.30, a month below target 15: the five wait until the target of the end weighs less."""
    built = tables(
        items=[("A", "", 10.0, 30.0)],
        locations=[("P", np.nan)],
        stock=[("A", "P", "usable", 10.0)],
        inventory_targets=[("A", "P", 10.0)],
        demand=across(months(3), "A", "P", values=[5.0, 0.0, 0.0]),
    )
    plan = balance(built, settings=PlanSettings(safety_rate=0.5, backlog_rate=0.01))
    assert causes(plan) == [
        ("A", "P", f"2020-0{month}", 5.0, "target stock", "P", f"2020-0{month}") for month in (3, 4)
    ]
    assert (
        plan.shortages["says"]
        .iloc[0]
        .endswith("5 units of A at P are kept for target stock, charged more than the shortage")
    )


def test_a_last_plan_that_is_dear_to_change(tables, across, months):
    built = tables(
        items=[("A", "", 10.0, 30.0)],
        locations=[("P", np.nan)],
        sources=[{"item": "A", "location": "P", "kind": "buy", "supplier": "S", "cost": 10.0}],
        demand=across(months(1), "A", "P", values=[5.0]),
    )
    row = {"item": "A", "location": "P", "kind": "buy", "supplier": "S", "period": months(1)[0], "quantity": 2.0}
    built["last_plan"] = pd.DataFrame([row])
    plan = balance(built, settings=PlanSettings(frozen_months=0, change_rate=2.0))
    assert [c[3:6] for c in causes(plan)] == [(3.0, "last plan", "P")]
    dear = {**built, "sources": built["sources"].assign(cost=100.0), "last_plan": built["last_plan"].iloc[:0]}
    assert [c[3:5] for c in causes(balance(dear, settings=PlanSettings(frozen_months=0)))] == [(5.0, "no source")]


def test_a_chain_of_supply_may_be_as_long_as_it_likes(tables, across, months):
    where = [f"L{n:03d}" for n in range(300)]
    moves = [
        {"item": "A", "location": to, "kind": "transfer", "supplier": of, "cost": 0.01} for of, to in pairwise(where)
    ]
    buy = {"item": "A", "location": where[0], "kind": "buy", "supplier": "S", "cost": 1.0, "maximum": 1.0}
    plan = balance(
        tables(
            items=[("A", "", 1.0, 900.0)],
            locations=[(name, np.nan) for name in where],
            sources=[buy, *moves],
            demand=across(months(1), "A", where[-1], values=[5.0]),
        ),
        settings=PlanSettings(frozen_months=0),
    )
    assert [c[3:6] for c in causes(plan)] == [(4.0, "supplier limit", "S")]


def test_notes_tell_of_stock_that_outlasts_the_horizon(tables, across, months):
    plan = balance(
        tables(
            items=[("A", "", 10.0, 30.0)],
            locations=[("P", 50.0)],
            stock=[("A", "P", "usable", 600.0)],
            demand=across(months(3), "A", "P", values=[10.0, 30.0, 40.0]),
        )
    )
    assert plan.notes == (
        "P holds up to 540 units more than its storage limit, most in 2020-03",
        "the stock of 1 item outlasts the horizon: days of supply stop at its end",
    )
    assert plan.kpis.over_storage == pytest.approx(540)
    assert plan.kpis.stock_value.to_dict() == {
        pd.Timestamp("2020-03-01"): 5900.0,
        pd.Timestamp("2020-04-01"): 5600.0,
        pd.Timestamp("2020-05-01"): 5200.0,
    }
