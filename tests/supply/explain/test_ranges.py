"""Prices hold as far as is said: against plans solved again, and against what HiGHS says of its basis."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_xl.supply.explain.kept import Change, keep
from sop_xl.supply.explain.prices import binding_limits
from sop_xl.supply.explain.ranges import price_ranges
from sop_xl.supply.plan import PlanSettings, balance

OPEN = PlanSettings(frozen_months=0, overtime_share=0.0)


@pytest.fixture
def two_classes(tables, across, months):
    """Ten hours make ten units; the dear item wants 14, the cheap one 20."""
    return tables(
        items=[("DEAR", "", 10.0, 100.0), ("CHEAP", "", 10.0, 40.0)],
        locations=[("P", np.nan)],
        sources=[{"item": item, "location": "P", "kind": "make"} for item in ("DEAR", "CHEAP")],
        resources=[("Paint", "P", 5.0, np.nan)],
        routings=[("DEAR", "Paint", 1.0), ("CHEAP", "Paint", 1.0)],
        capacity=across(months(1), "Paint", "regular", values=[10.0]),
        demand=[*across(months(1), "DEAR", "P", values=[14.0]), *across(months(1), "CHEAP", "P", values=[20.0])],
    )


def test_a_price_holds_until_the_dear_demand_is_met(two_classes):
    """An hour saves 1.5 x 100 - 5 until four more are there, then 1.5 x 40 - 5; ten fewer cost as much each."""
    plan = balance(two_classes, settings=OPEN)
    row = price_ranges(plan, within=0.0, reach=1.0).iloc[0]
    assert row[["kind", "name", "unit"]].tolist() == ["capacity", "Paint", "hour"]
    assert row[["limit", "price", "more", "fewer", "next_price"]].tolist() == pytest.approx([10, 145, 4, 10, 55])
    assert row["says"] == ("One more regular hour at Paint in 2020-03 is worth USD 145, for up to 4 hours, then USD 55")
    of_basis = price_ranges(plan, top=0)
    assert of_basis["more"].tolist() == pytest.approx([4.0, 4.0])  # overtime of none costs 7.50 an hour
    assert of_basis["says"].tolist() == [
        "One more regular hour at Paint in 2020-03 is worth USD 145, for at least 4 hours",
        "One more overtime hour at Paint in 2020-03 is worth USD 142, for at least 4 hours",
    ]
    assert price_ranges(plan, within=0.0).set_index("kind")["more"].to_dict() == {"capacity": 2.5, "overtime": 1.0}


def test_a_price_within_a_share_holds_until_the_mean_worth_has_fallen_by_it(two_classes):
    """Four hours at 145 and n at 55 are worth 0.9 x 145 each on average where n = 0.1 x 145 x 4 / (0.9 x 145 - 55)."""
    row = price_ranges(balance(two_classes, settings=OPEN), within=0.1, reach=1.0).iloc[0]
    assert row["more"] == pytest.approx(4 + 0.1 * 145 * 4 / (0.9 * 145 - 55), rel=0.02)
    assert row["next_price"] == pytest.approx(55)


def test_a_corner_is_told_from_both_sides(two_classes, across, months):
    """Fourteen hours meet the dear demand to the unit: one less costs 145, one more is worth 55."""
    at_corner = {**two_classes, "capacity": two_classes["capacity"].assign(hours=14.0)}
    row = price_ranges(balance(at_corner, settings=OPEN), within=0.0, reach=1.0).iloc[0]
    if row["price"] > 100:  # the solver may stand on either side of the corner
        assert row[["more", "next_price"]].tolist() == pytest.approx([0, 55])
        assert row["says"].endswith("is worth USD 55, though one less would cost USD 145")
    else:
        assert row[["price", "more", "fewer"]].tolist() == pytest.approx([55, 14, 0])


def test_more_than_can_ever_be_used(two_classes):
    enough = {**two_classes, "capacity": two_classes["capacity"].assign(hours=33.0)}
    row = price_ranges(balance(enough, settings=OPEN), within=0.0, reach=1.0).iloc[0]
    assert row[["price", "more", "next_price"]].tolist() == pytest.approx([55, 1, 0])
    assert row["says"].endswith("for up to 1 hour, then nothing")


@given(seed=st.integers(0, 10_000), share=st.floats(0.05, 0.95), side=st.sampled_from([1, -1]))
@settings(max_examples=15, deadline=None)
def test_inside_its_range_every_unit_is_worth_the_price(drawn, seed, share, side):
    plan = balance(drawn(seed))
    held = keep(plan)
    ranges = price_ranges(plan, top=3, within=0.0, reach=0.5, kept=held)
    limits = binding_limits(held.network, held.solution)
    assert len(ranges) == len(limits)
    for limit, row in zip(limits, ranges.to_dict("records"), strict=True):
        far = row["more" if side > 0 else "fewer"]
        by = share * min(far, 0.5 * row["limit"])
        if not by > 0:
            continue
        at = held.number(limit.block, limit.thing, limit.month, row=limit.row)
        change = Change("row_upper" if limit.row else "upper", at, np.full(len(at), side * by))
        saved = held.money(held.base) - held.money(held.trial([change]))
        assert saved == pytest.approx(side * by * limit.price, rel=1e-4, abs=1e-5 * max(1.0, abs(plan.objective)) / 100)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=10, deadline=None)
def test_a_kept_plan_is_the_plan(drawn, seed):
    plan = balance(drawn(seed))
    held = keep(plan)
    assert held.money(held.base) == pytest.approx(plan.objective, rel=1e-7)
    assert held.money(held.trial([])) == pytest.approx(plan.objective, rel=1e-7)


def test_a_plan_without_binding_limits_has_an_empty_frame(two_classes):
    free = {**two_classes, "capacity": two_classes["capacity"].assign(hours=100.0)}
    found = price_ranges(balance(free, settings=OPEN))
    assert found.empty
    assert found.dtypes.to_dict() == price_ranges(balance(two_classes, settings=OPEN)).dtypes.to_dict()
