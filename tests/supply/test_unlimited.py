"""The unlimited plan, which rough-cut capacity starts from."""

from __future__ import annotations

import numpy as np
import pytest

from sop_xl.supply.model.prices import unit_prices
from sop_xl.supply.plan import PlanSettings, balance
from sop_xl.supply.reading.read import read_network
from sop_xl.supply.rough_cut.unlimited import unlimited_orders


def test_required_is_the_load_of_the_unlimited_plan(tables, across, months):
    """Demand of 150 in May needs 300 hours in May, whatever is there; the plan uses what is there, from March on."""
    periods = months(3)
    plan = balance(
        tables(
            items=[("A", "Bikes", 10.0, 90.0)],
            locations=[("P", np.nan)],
            sources=[{"item": "A", "location": "P", "kind": "make"}],
            resources=[("LINE", "P", 5.0, np.nan)],
            routings=[("A", "LINE", 2.0)],
            capacity=across(periods, "LINE", "regular", values=[100, 100, 100]),
            stock=[("A", "P", "usable", 20.0)],
            inventory_targets=[("A", "P", 10.0)],
            demand=across(periods, "A", "P", values=[10, 0, 150]),
        ),
        settings=PlanSettings(frozen_months=0, overtime_share=0.1),
    )
    load = plan.resource_load.pivot(index="measure", columns="period", values="hours")
    assert load.loc["required"].tolist() == [0.0, 0.0, 300.0]
    assert load.loc["regular used"].sum() == pytest.approx(300.0)
    assert load.loc["regular used"].max() <= 100.0 + 1e-9
    assert load.loc["load"].tolist() == pytest.approx(
        ((load.loc["regular used"] + load.loc["overtime used"]) / 100.0).tolist()
    )
    assert plan.kpis.peak_resource == "LINE"


def test_unlimited_orders_explode_lead_times_and_stock(tables, across, months):
    """Component orders stand a lead time before the assembly; what is past due is ordered in the first open month."""
    periods = months(4)
    network = read_network(
        tables(
            items=[("A", "", 10.0, 90.0), ("C", "", 2.0, np.nan)],
            locations=[("P", np.nan), ("D", np.nan)],
            sources=[
                {"item": "A", "location": "P", "kind": "make", "lead_time_days": 30.0},
                {"item": "A", "location": "D", "kind": "transfer", "supplier": "P", "lead_time_days": 30.0},
                {"item": "C", "location": "P", "kind": "make", "lead_time_days": 30.0},
            ],
            bom=[("A", "C", 2.0, 0.0)],
            stock=[("C", "P", "usable", 15.0)],
            demand=across(periods, "A", "D", values=[0, 0, 10, 20]),
        ),
        PlanSettings(frozen_months=0),
    )
    order = unlimited_orders(network, unit_prices(network))
    by_source = {str(network.places[place]): order[n].tolist() for n, place in enumerate(network.sources.place)}
    assert by_source == {
        "A at D": [0.0, 10.0, 20.0, 0.0],
        "A at P": [10.0, 20.0, 0.0, 0.0],
        "C at P": [45.0, 0.0, 0.0, 0.0],  # 2 x 30 less 15 there; the first 5 should have been ordered before
    }


def test_a_ring_of_transfers_is_planned_once(tables, across, months):
    """Two warehouses that may help each other out do not send units in circles."""
    plan = balance(
        tables(
            items=[("A", "", 10.0, 30.0)],
            locations=[("P", np.nan), ("Q", np.nan)],
            sources=[
                {"item": "A", "location": "P", "kind": "transfer", "supplier": "Q"},
                {"item": "A", "location": "Q", "kind": "transfer", "supplier": "P"},
            ],
            stock=[("A", "P", "usable", 10.0)],
            demand=across(months(2), "A", "Q", values=[0, 12]),
        ),
        settings=PlanSettings(frozen_months=0),
    )
    moved = plan.supply_plan.query("measure == 'order'").groupby("location")["quantity"].sum()
    assert moved.to_dict() == {"Q": 10.0}
    assert plan.shortages["quantity"].tolist() == pytest.approx([2.0])
    assert plan.shortages["cause"].tolist() == ["no source"]
    assert plan.shortages["says"].iloc[0].endswith("A only goes round between locations, none has a source")
