"""Cost-to-serve adds up to the costs of the plan, and each cost stands with whom it serves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_xl.errors import InputError
from sop_xl.supply.costs import KINDS
from sop_xl.supply.explain.cost_to_serve import BY, cost_to_serve
from sop_xl.supply.plan import PlanSettings, balance

SEEDS = st.integers(0, 10_000)


def enriched(tables, seed):
    """The drawn network with people, an extra shift, a contract, trucks and items that perish."""
    draw = np.random.default_rng(seed)
    months = tables["demand"]["period"].unique()
    shift = pd.DataFrame(
        [("LINE", m, p, v) for p in months for m, v in (("shift", 20.0), ("shifts", 1.0))],
        columns=["resource", "measure", "period", "hours"],
    )
    return {
        **tables,
        "items": tables["items"].assign(shelf_life_days=float(draw.choice([30.0, 60.0, np.nan]))),
        "resources": tables["resources"].assign(shift_cost=[300.0, 0.0]),
        "capacity": pd.concat([tables["capacity"], shift], ignore_index=True),
        "workforce": pd.DataFrame(
            {
                "resource": ["SHOP"],
                "workers": [4.0],
                "hours_per_worker": [8.0],
                "wage": [90.0],
                "hiring_cost": [40.0],
                "layoff_cost": [60.0],
            }
        ),
        "supplier_limits": pd.DataFrame({"supplier": ["S1"], "measure": ["contract"], "quantity": [90.0]}),
        "lanes": pd.DataFrame(
            {"supplier": ["PLANT"], "location": ["DC"], "truck_load": [25.0], "cost_per_truck": [70.0]}
        ),
    }


@given(seed=SEEDS, rich=st.booleans(), lots=st.booleans(), policy=st.sampled_from(["backlog", "lost"]))
@settings(max_examples=25, deadline=None)
def test_the_rows_add_up_to_the_costs_of_the_plan(drawn, seed, rich, lots, policy):
    tables = drawn(seed, lots=lots)
    plan = balance(
        enriched(tables, seed) if rich else tables, settings=PlanSettings(short_policy=policy, discount_rate=0.08)
    )
    for by in (BY, ("class",), ("location",), ("item", "location")):
        served = cost_to_serve(plan, by)
        for kind in KINDS:
            assert served[kind].sum() == pytest.approx(plan.costs[kind], rel=1e-9, abs=1e-9), kind
        assert served["total"].sum() == pytest.approx(plan.kpis.total_cost, rel=1e-9)
        assert served["quantity"].sum() == pytest.approx(plan.final.ship.sum(), abs=1e-6)


@given(seed=SEEDS, lots=st.booleans())
@settings(max_examples=15, deadline=None)
def test_little_is_nobodys(drawn, seed, lots):
    """With people, shifts, contracts and trucks all in use, what serves nobody is what no order could carry."""
    plan = balance(enriched(drawn(seed, lots=lots), seed), settings=PlanSettings())
    served = cost_to_serve(plan)
    nobody = served[served["serves"].eq("nobody")]
    people_idle = plan.final.regular[1].sum() == 0
    for kind in set(KINDS) - {"safety", "scrap"} - ({"people"} if people_idle else set()):
        assert nobody[kind].sum() == pytest.approx(0.0, abs=1e-6 * max(1.0, plan.costs[kind])), kind


def test_each_customer_carries_its_own_freight_hours_and_parts(tables, across, months):
    """Two warehouses, one farther away; both take one bike an hour; the far one pays its freight and its waiting."""
    sources = [
        {"item": "BIKE", "location": "PLANT", "kind": "make"},
        {"item": "FRAME", "location": "PLANT", "kind": "buy", "supplier": "WELDCO", "cost": 90.0},
    ]
    sources += [
        {"item": "BIKE", "location": to, "kind": "transfer", "supplier": "PLANT", "cost": cost, "lead_time_days": days}
        for to, cost, days in (("NEAR", 2.0, 0.0), ("FAR", 9.0, 30.0))
    ]
    plan = balance(
        tables(
            items=[("BIKE", "", 400.0, 700.0), ("FRAME", "", 90.0, np.nan)],
            locations=[("PLANT", np.nan), ("NEAR", np.nan), ("FAR", np.nan)],
            sources=sources,
            bom=[("BIKE", "FRAME", 1.0, 0.0)],
            resources=[("Line", "PLANT", 25.0, np.nan)],
            routings=[("BIKE", "Line", 2.0)],
            capacity=across(months(2), "Line", "regular", values=[200, 200]),
            demand=[
                *across(months(2), "BIKE", "NEAR", values=[0, 10]),
                *across(months(2), "BIKE", "FAR", values=[0, 20]),
            ],
        ),
        settings=PlanSettings(frozen_months=0),
    )
    served = cost_to_serve(plan, ("location",)).set_index("location")
    assert served.loc["NEAR", ["make", "buy", "move", "hold", "unit_cost"]].tolist() == pytest.approx(
        [10 * 50, 10 * 90, 10 * 2, 0, 142]
    )
    assert served.loc["FAR", ["make", "buy", "move", "hold"]].tolist() == pytest.approx(
        [20 * 50, 20 * 90, 20 * 9, 20 * 400 * 0.24 / 12]
    )
    assert served["revenue"].tolist() == [14000.0, 7000.0]
    assert served.loc["NEAR", "says"] == (
        "serving NEAR costs USD 1,420: USD 142 for each of 10 units, most of it buy (USD 900)"
    )


def test_stock_left_at_the_end_is_no_customers(tables, across, months):
    plan = balance(
        tables(
            items=[("A", "", 10.0, 30.0)],
            locations=[("P", np.nan)],
            stock=[("A", "P", "usable", 60.0)],
            demand=across(months(2), "A", "P", values=[10.0, 10.0]),
        )
    )
    served = cost_to_serve(plan, ("item",)).set_index("serves")
    # Ten wait one month, forty wait two, at 0.20 a month.
    assert served["hold"].to_dict() == pytest.approx({"customer": 2.0, "stock at the end": 16.0})


def test_what_costs_cannot_be_told_by(drawn):
    with pytest.raises(InputError, match="cost-to-serve can be told by family, item, location, class, got colour"):
        cost_to_serve(balance(drawn(0)), ("colour",))
