"""Rough-cut capacity planning: the textbook's three depths, identities, and what is said of an overload."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_xl.errors import InputError
from sop_xl.supply.rough_cut.loads import (
    capacity_bill_load,
    historical_shares,
    overall_factors_load,
    resource_profile_load,
)
from sop_xl.supply.rough_cut.profiles import capacity_bill, resource_profile
from sop_xl.supply.rough_cut.report import LoadBands, available_hours, load_report, overloads


@pytest.fixture
def schedule():
    """The master schedule of Vollmann et al., chapter 10: products A and B over 13 weeks."""
    a, b = [33] * 3 + [40] * 3 + [30] * 3 + [37] * 4, [17] * 3 + [13] * 3 + [25] * 3 + [27] * 4
    rows = [("A", week, a[week - 1]) for week in range(1, 14)] + [("B", week, b[week - 1]) for week in range(1, 14)]
    return pd.DataFrame(rows, columns=["item", "period", "quantity"])


@pytest.fixture
def routings():
    """Its routings: C takes two operations, the first a week before the second."""
    return pd.DataFrame(
        [
            ("A", "100", 0.025, 1, 40, None),
            ("B", "100", 1.25, 1, 20, None),
            ("C", "200", 0.575, 1, 40, 1),
            ("C", "300", 0.175, 1, 40, 0),
            ("D", "200", 0.2 / 3, 2, 60, None),
            ("E", "200", 0.08, 2, 100, None),
            ("F", "200", 0.0425, 2, 100, None),
        ],
        columns=["item", "resource", "hours_per_unit", "setup_hours", "lot_size", "offset"],
    )


@pytest.fixture
def bom():
    """A is made of C and D, B of D and two E, E of two F."""
    return pd.DataFrame(
        [("A", "C", 1), ("A", "D", 1), ("B", "D", 1), ("B", "E", 2), ("E", "F", 2)],
        columns=["assembly", "component", "quantity"],
    )


@pytest.fixture
def lead_times():
    return pd.DataFrame({"item": ["A", "B", "C", "D", "E", "F"], "lead_time": [1, 1, 2, 1, 1, 1]})


def across(load):
    """Hours by resource and period."""
    return load.pivot_table(index="resource", columns="period", values="hours", aggfunc="sum", fill_value=0)


def test_overall_factors_of_the_textbook(schedule):
    hours = pd.DataFrame({"item": ["A", "B"], "hours_per_unit": [0.95, 1.85]})
    shares = pd.DataFrame({"resource": ["100", "200", "300"], "share": [0.603, 0.304, 0.093]})
    load = across(overall_factors_load(schedule, hours, shares))
    assert load[1].round(2).tolist() == [37.87, 19.09, 5.84]
    assert load[[4, 7, 10]].loc["100"].round(1).tolist() == [37.4, 45.1, 51.3]
    assert load.to_numpy().sum() == pytest.approx(939.2)


def test_capacity_bills_of_the_textbook(schedule, routings, bom):
    bill = capacity_bill(routings, bom)
    a_b = bill[bill["item"].isin(["A", "B"])].pivot_table(
        index="resource", columns="item", values="hours_per_unit", fill_value=0
    )
    assert np.allclose(a_b, [[0.05, 1.30], [0.70, 0.55], [0.20, 0.0]])
    load = across(capacity_bill_load(schedule, bill))
    assert load[1].round(2).tolist() == [23.75, 32.45, 6.60]
    shares = historical_shares(load.sum(axis=1).rename("hours").reset_index())
    assert shares["share"].round(2).tolist() == [0.40, 0.50, 0.10]  # against the historical 60.3, 30.4 and 9.3 %


def test_resource_profiles_of_the_textbook(schedule, routings, bom, lead_times):
    load = across(resource_profile_load(schedule, resource_profile(routings, bom, lead_times)))
    past_due = load[[week for week in load.columns if week < 1]].sum(axis=1)
    assert past_due.round(2).tolist() == [0.0, 56.50, 6.60]
    assert load[1].round(2).tolist() == [23.75, 32.45, 6.60]
    assert load[2].round(2).tolist() == [23.75, 35.65, 6.60]


def test_a_problem_of_the_textbook_by_its_published_solution():
    """C of P and three Q; D of two P, R and two S; run times only."""
    routings = pd.DataFrame(
        [("C", "100", 0.8), ("D", "100", 1.2), ("P", "200", 0.4), ("Q", "300", 0.7), ("R", "200", 0.5), ("R", "300", 1.3), ("S", "200", 0.6), ("S", "300", 0.9)],
        columns=["item", "resource", "hours_per_unit"],
    )  # fmt: skip
    bom = pd.DataFrame(
        [("C", "P", 1), ("C", "Q", 3), ("D", "P", 2), ("D", "R", 1), ("R", "S", 2)],
        columns=["assembly", "component", "quantity"],
    )
    schedule = pd.DataFrame(
        {"item": ["C"] * 3 + ["D"] * 3, "period": [1, 2, 3] * 2, "quantity": [50, 40, 45, 15, 20, 18]}
    )
    load = across(capacity_bill_load(schedule, capacity_bill(routings, bom)))
    assert np.allclose(load, [[58, 56, 57.6], [57.5, 66, 63], [151.5, 146, 150.3]])


def test_a_profile_with_a_setup_for_each_order():
    """Erben Fabricators, a problem of the textbook: a new setup in each period at each work centre."""
    routings = pd.DataFrame(
        [("Z", "201", 1.5, 8), ("M", "201", 1.0, 5), ("N", "202", 2.0, 3), ("O", "202", 1.0, 2), ("P", "203", 0.5, 1)],
        columns=["item", "resource", "hours_per_unit", "setup_hours"],
    )
    bom = pd.DataFrame({"assembly": ["Z", "Z", "N", "O"], "component": ["M", "N", "O", "P"], "quantity": 1})
    lead_times = pd.DataFrame({"item": ["Z", "N", "O"], "lead_time": [1, 1, 2]})
    schedule = pd.DataFrame({"item": "Z", "period": [1, 2, 3, 4, 5], "quantity": [10, 20, 15, 10, 15]})
    load = across(resource_profile_load(schedule, resource_profile(routings, bom, lead_times)))
    assert load.loc["201", 0:5].tolist() == [15, 48, 58, 45.5, 43, 30.5]
    assert load.loc["202", 0:4].tolist() == [45, 60, 45, 40, 33]
    assert load.loc["203", [0, 1]].tolist() == [6, 8.5]


def test_months_are_set_back_as_months(routings, bom, lead_times):
    months = pd.to_datetime(["2020-01-01", "2020-03-01"])
    schedule = pd.DataFrame({"item": "A", "period": months, "quantity": [40.0, 20.0]})
    load = resource_profile_load(schedule, resource_profile(routings, bom, lead_times)).query("resource == '300'")
    assert load["period"].tolist() == pd.to_datetime(["2019-12-01", "2020-02-01"]).tolist()
    assert load["hours"].tolist() == pytest.approx([8, 4])


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_hours_are_those_of_the_exploded_orders(seed):
    """Each depth of a random bill of materials loads what its parts, planned one by one, take; only the periods differ."""
    draw = np.random.default_rng(seed)
    names = [f"i{n}" for n in range(7)]
    bom = pd.DataFrame(
        [(names[a], names[b], float(draw.integers(1, 4)), float(draw.choice([0, 0.2]))) for a in range(7) for b in range(a + 1, 7) if draw.random() < 0.4],
        columns=["assembly", "component", "quantity", "scrap"],
    )  # fmt: skip
    routings = pd.DataFrame({"item": names, "resource": draw.choice(["U", "V"], 7), "hours_per_unit": draw.uniform(0.1, 1, 7), "setup_hours": 2.0, "lot_size": 50.0})  # fmt: skip
    leads = pd.DataFrame({"item": names, "lead_time": draw.integers(0, 3, 7)})
    schedule = pd.DataFrame(
        {"item": names[0], "period": range(10, 14), "quantity": draw.integers(0, 90, 4).astype(float)}
    )
    units = dict.fromkeys(names, 0.0) | {names[0]: schedule["quantity"].sum()}
    for name in names:
        for part in bom[bom["assembly"] == name].itertuples():
            units[part.component] += units[name] * part.quantity / (1 - part.scrap)
    each = routings["hours_per_unit"] + routings["setup_hours"] / routings["lot_size"]
    expected = (each * routings["item"].map(units)).groupby(routings["resource"]).sum()
    bill, profile = capacity_bill(routings, bom), resource_profile(routings, bom, leads)
    for load in (capacity_bill_load(schedule, bill), resource_profile_load(schedule, profile)):
        got = load.groupby("resource")["hours"].sum().reindex(expected.index, fill_value=0)
        assert np.allclose(got, expected)
    at_once = resource_profile_load(schedule, resource_profile(routings, bom))
    pd.testing.assert_frame_equal(at_once, capacity_bill_load(schedule, bill))
    shuffled = resource_profile(routings.sample(frac=1, random_state=1), bom.sample(frac=1, random_state=2), leads)
    pd.testing.assert_frame_equal(shuffled, profile)


def test_hours_there_by_shutdown():
    resources = pd.DataFrame(
        {"resource": ["W", "V"], "lines": [2, 1], "shifts": [3, 1], "hours_per_shift": 8, "oee": [0.8, 1.0]}
    )
    days = pd.DataFrame({"resource": ["W", "W", "V", "V"], "period": [1, 2, 1, 2], "days": [20, 0, 20, 21]})
    assert available_hours(resources, days)["hours"].tolist() == pytest.approx([160, 168, 768, 0])
    with pytest.raises(InputError, match="calendar: there is no row for resource V"):
        available_hours(resources, days.iloc[:2])
    with pytest.raises(InputError, match="resources, row W: oee must be between 0 and 1, got 80"):
        available_hours(resources.assign(oee=80), days)


def test_bands_are_settings():
    load = pd.DataFrame({"resource": "W", "period": range(5), "hours": [84, 85, 100, 101, 0]})
    there = pd.DataFrame({"resource": "W", "period": range(5), "hours": 100})
    assert load_report(load, there)["band"].tolist() == ["green", "amber", "amber", "red", "green"]
    assert load_report(load, there, LoadBands(0.5, 0.9))["band"].tolist() == ["amber", "amber", "red", "red", "green"]
    shut = load_report(load, there.assign(hours=0))
    assert shut["load"].tolist() == [np.inf] * 4 + [0.0]
    assert shut["band"].tolist() == ["red"] * 4 + ["green"]


def test_overloads_are_said_worst_first():
    months = pd.to_datetime(["2020-06-01", "2020-07-01", "2020-08-01"])
    load = pd.DataFrame(
        [("Paint", months[1], item, hours) for item, hours in (("A", 900.0), ("B", 400.0), ("C", 20.0), ("D", 10.0))]
        + [("Press", months[2], "A", 130.0), ("Press", months[0], "B", 12.5), ("Press", months[1], "A", 50.0)],
        columns=["resource", "period", "item", "hours"],
    )
    there = pd.DataFrame(
        [(r, m, h) for r, h in (("Paint", 1200.0), ("Press", 100.0)) for m in months[1:]],
        columns=["resource", "period", "hours"],
    )
    found = overloads(load, there)
    assert found["says"].tolist() == [
        "Paint in 2020-07 needs 1,330 h and has 1,200 h: 130 h too many (111 %), made by A 900 h, B 400 h, C 20 h and 1 more",
        "Press in 2020-08 needs 130 h and has 100 h: 30 h too many (130 %), made by A 130 h",
        "Press should have worked 12.5 h in 2020-06, before the plan starts, for B 12.5 h",
    ]
    assert found["over"].tolist() == pytest.approx([130, 30, 12.5])
    assert found["items"][0] == "A 900 h, B 400 h, C 20 h and 1 more"
    assert "at a limit of 90 %: 40 h too many" in overloads(load, there, LoadBands(0.8, 0.9))["says"][1]
    assert overloads(load.iloc[:0], there).empty


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"lot_size": 0.0}, "routings, row A / 100: lot size must be above 0, got 0"),
        ({"hours_per_unit": np.nan}, "routings, row A / 100: hours per unit is missing"),
        ({"setup_hours": -1.0}, "routings, row A / 100: setup hours must be 0 or more, got -1"),
        ({"offset": 0.5}, "routings, row A: offset must be a whole number of periods, got 0.5"),
    ],
)
def test_bad_routings_are_refused(routings, bom, change, says):
    with pytest.raises(InputError, match=f"^{says}$"):
        resource_profile(routings.assign(**change), bom)


def test_other_bad_tables_are_refused(schedule, routings, bom, lead_times):
    circle = pd.concat([bom, pd.DataFrame({"assembly": ["F"], "component": ["B"], "quantity": [1]})])
    with pytest.raises(
        InputError,
        match=r"^the bill of materials runs in a circle: (B -> E -> F -> B|E -> F -> B -> E|F -> B -> E -> F)$",
    ):
        resource_profile(routings, circle)
    with pytest.raises(InputError, match=r"lead_times, row A: lead time must be a whole number of periods, got 1\.5"):
        resource_profile(routings, bom, lead_times.assign(lead_time=1.5))
    with pytest.raises(InputError, match="schedule, row A / 1: quantity must be 0 or more, got -5"):
        capacity_bill_load(schedule.assign(quantity=-5), capacity_bill(routings, bom))
    hours, shares = (
        pd.DataFrame({"item": ["A"], "hours_per_unit": [1]}),
        pd.DataFrame({"resource": ["W"], "share": [1.0]}),
    )
    with pytest.raises(InputError, match="hours_per_unit: there is no row for item B"):
        overall_factors_load(schedule, hours, shares)
    with pytest.raises(InputError, match=r"the shares of the resources must add up to 1, got 0\.9"):
        overall_factors_load(schedule, hours, shares.assign(share=0.9))
    with pytest.raises(InputError, match="overall factors need hours worked in the past, got none"):
        historical_shares(pd.DataFrame({"resource": ["W"], "hours": [0]}))
    with pytest.raises(InputError, match="available: there is no row for resource 100"):
        load_report(
            capacity_bill_load(schedule, capacity_bill(routings, bom)),
            pd.DataFrame({"resource": ["W"], "period": [1], "hours": [1]}),
        )
