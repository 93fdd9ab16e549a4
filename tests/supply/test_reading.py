"""Tables that cannot be planned with, refused in the planner's words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sop_xl.errors import InputError
from sop_xl.supply.network import Place
from sop_xl.supply.plan import PlanSettings, balance
from sop_xl.supply.reading.read import read_network

MONTH = pd.Timestamp("2020-03-01")


def replaced(tables, name, row, **values):
    """The tables with some cells of one row changed."""
    frame = tables[name].copy()
    for column, value in values.items():
        frame[column] = frame[column].astype(object)
        frame.loc[row, column] = value
    return tables | {name: frame}


def without(tables, name, row):
    return tables | {name: tables[name].drop(index=row)}


BAD = [
    ("bom", 0, {"component": "A"}, "the bill of materials runs in a circle: A -> A"),
    ("bom", 3, {"component": "A"}, "the bill of materials runs in a circle: A -> PART -> A"),
    ("bom", 0, {"component": "GHOST"}, "bom, row A / GHOST: there is no item 'GHOST'"),
    ("bom", 0, {"quantity": -1.0}, "bom, row A / PART: quantity must be 0 or more, got -1"),
    ("bom", 0, {"scrap": 1.0}, "bom, row A / PART: scrap must be between 0 and 0.99, got 1"),
    ("capacity", 0, {"hours": -8.0}, "capacity, row LINE / regular / 2020-03: hours must be 0 or more, got -8"),
    ("capacity", 0, {"hours": np.nan}, "capacity: LINE has no regular hours for 2020-03"),
    ("capacity", 0, {"resource": "MOON"}, "capacity, row MOON / regular / 2020-03: there is no resource 'MOON'"),
    ("capacity", 0, {"measure": "night"}, "measure must be regular, overtime, shift, shifts, worker, got 'night'"),
    (
        "sources",
        0,
        {"lead_time_days": -3.0},
        "sources, row A / PLANT / make: lead time days must be between 0 and 3650, got -3",
    ),
    ("sources", 0, {"lead_time_days": np.nan}, "sources, row A / PLANT / make: lead time days is missing"),
    (
        "sources",
        0,
        {"kind": "steal"},
        "sources, row A / PLANT / steal: kind must be make, buy, transfer, subcontract, got 'steal'",
    ),
    ("sources", 0, {"location": "MOON"}, "sources, row A / MOON / make: there is no location 'MOON'"),
    ("sources", 2, {"share": 1.5}, "share must be between 0 and 1, got 1.5"),
    (
        "sources",
        4,
        {"cost": np.nan},
        "sources, row STEEL / PLANT / buy / S1: cost is missing, and so is a standard cost",
    ),
    ("sources", 6, {"supplier": "DC"}, "a transfer names another location it comes from"),
    ("sources", 6, {"supplier": "MOON"}, "there is no location 'MOON'"),
    ("routings", 0, {"hours_per_unit": np.nan}, "routings, row A / LINE: hours per unit is missing"),
    ("routings", 0, {"resource": "MOON"}, "routings, row A / MOON: there is no resource 'MOON'"),
    ("resources", 0, {"cost_per_hour": np.nan}, "resources, row LINE: cost per hour is missing"),
    ("items", 0, {"list_price": -1.0}, "items, row A: list price must be 0 or more, got -1"),
    ("items", 1, {"item": "A"}, "items, row A stands twice"),
    ("locations", 0, {"storage_limit": -5.0}, "locations, row PLANT: storage limit must be 0 or more, got -5"),
    ("stock", 0, {"quantity": -5.0}, "stock, row A / PLANT / usable: quantity must be 0 or more, got -5"),
    ("receipts", 0, {"due": pd.NaT}, "receipts, row A / DC: due is missing"),
    ("receipts", 0, {"quantity": np.inf}, "quantity must be 0 or more, got inf"),
    ("inventory_targets", 0, {"item": "GHOST"}, "inventory_targets, row GHOST / DC: there is no item 'GHOST'"),
    ("demand", 0, {"quantity": np.nan}, "demand, row A / PLANT / 2020-03: quantity is missing"),
    ("demand", 0, {"quantity": -2.0}, "demand, row A / PLANT / 2020-03: quantity must be 0 or more, got -2"),
    ("demand", 0, {"item": "GHOST"}, "demand, row GHOST / PLANT / 2020-03: there is no item 'GHOST'"),
]


@pytest.mark.parametrize(("name", "row", "values", "says"), BAD)
def test_a_bad_row_is_named(drawn, name, row, values, says):
    with pytest.raises(InputError) as refused:
        balance(replaced(drawn(1), name, row, **values))
    assert says in str(refused.value)


def test_a_month_without_capacity_is_named(drawn):
    with pytest.raises(InputError, match="capacity: LINE has no regular hours for 2020-05"):
        balance(without(drawn(1), "capacity", 2))


def test_a_needed_table_or_column_is_named(drawn):
    tables = drawn(1)
    with pytest.raises(InputError, match="a plan needs the table sources"):
        balance({name: frame for name, frame in tables.items() if name != "sources"})
    with pytest.raises(InputError, match="the table demand has no column quantity"):
        balance(tables | {"demand": tables["demand"].drop(columns="quantity")})


def test_months_are_needed(drawn):
    tables = drawn(1)
    nothing = tables | {"demand": tables["demand"].iloc[:0]}
    with pytest.raises(InputError, match="the demand table is empty and the settings name no months"):
        balance(nothing)
    with pytest.raises(InputError, match="the last demand, 2020-07, lies before the first planned month, 2021-02"):
        balance(tables, settings=PlanSettings(as_of=pd.Timestamp("2021-01-31")))
    quiet = balance(nothing, settings=PlanSettings(periods=pd.date_range(MONTH, periods=3, freq="MS")))
    assert quiet.kpis.service_share == 1.0
    assert quiet.shortages.empty


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"short_policy": "wait"}, "the short policy must be backlog or lost, got 'wait'"),
        ({"frozen_months": -1}, "the frozen fence cannot be negative, got -1 months"),
        ({"holding_rate": -0.1}, "the holding rate must be 0 or more, got -0.1"),
        ({"lost_rate": float("nan")}, "the lost rate must be 0 or more, got nan"),
        ({"periods": pd.DatetimeIndex([])}, "the plan needs at least 1 month, got none"),
        ({"periods": pd.DatetimeIndex(["2020-03-01", "2020-05-01"])}, "without a gap"),
        ({"periods": pd.DatetimeIndex(["2020-03-15"])}, "each as its first day; got 2020-03-15"),
    ],
)
def test_settings_that_cannot_be_are_refused(wrong, says):
    with pytest.raises(InputError) as refused:
        PlanSettings(**wrong)
    assert says in str(refused.value)


def test_a_table_that_is_not_there_limits_nothing(drawn):
    tables = drawn(1)
    bare = {name: tables[name] for name in ("items", "sources", "demand")}
    plan = balance(bare)
    assert plan.resource_load.empty
    assert set(plan.shortages["cause"]) <= {"lead time", "supplier limit"}


def test_codes_stay_text(tables, across, months):
    numbered = tables(
        items=[("007", "", 1.0, 3.0)],
        locations=[("01", np.nan)],
        sources=[{"item": "007", "location": "01", "kind": "buy", "supplier": "12"}],
        demand=across(months(2), "007", "01", values=[0, 5]),
    )
    plan = balance(numbered)
    assert plan.supply_plan[["item", "location", "supplier"]].iloc[0].tolist() == ["007", "01", "12"]


def test_network_holds_what_the_tables_say(drawn):
    network = read_network(drawn(4), PlanSettings())
    places = network.places
    assert list(places) == sorted(places, key=lambda p: (p.item, p.location))
    sources = map(network.source, range(len(network.sources)))
    made = next(s for s in sources if s.kind == "make" and places[s.place].item == "A")
    takes = {str(places[place]): units for place, units, _ in made.uses}
    assert takes == pytest.approx({"BOLT at PLANT": 8.0, "PART at PLANT": 2.0 / 0.95})  # scrap comes on top
    assert network.opening[list(places).index(Place("A", "PLANT"))] < 500  # blocked stock is not planned
    assert network.resources[0].overtime_cost_per_hour == pytest.approx(12.0 * 1.5)
    assert np.allclose(network.overtime, 0.2 * network.regular)


def test_hours_of_another_location_do_not_count(tables, across, months):
    """An item made at two plants takes the hours of the plant it is made at."""
    periods = months(2)
    plan = balance(
        tables(
            items=[("A", "", 10.0, 30.0)],
            locations=[("P", np.nan), ("Q", np.nan)],
            sources=[{"item": "A", "location": place, "kind": "make"} for place in "PQ"],
            resources=[("LINE", "P", 5.0, np.nan)],
            routings=[("A", "LINE", 1.0)],
            capacity=across(periods, "LINE", "regular", values=[10, 10]),
            demand=[row for place in "PQ" for row in across(periods, "A", place, values=[0, 40])],
        )
    )
    assert plan.shortages["location"].tolist() == ["P"]
    assert plan.notes == ("A is made at Q without hours: none of its work centers stands there",)


def test_a_purchase_without_price_costs_its_standard_cost(tables, across, months):
    rows = {
        "items": [("A", "", 10.0, 30.0)],
        "locations": [("P", np.nan)],
        "demand": across(months(2), "A", "P", values=[0, 4]),
    }
    for cost in (0.0, np.nan):
        source = {"item": "A", "location": "P", "kind": "buy", "supplier": "S", "cost": cost}
        assert balance(tables(sources=[source], **rows)).costs["buy"] == pytest.approx(40.0)
