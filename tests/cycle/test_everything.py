"""The small company with every optional table filled: the whole cycle runs, and what it says holds together."""

import company
import numpy as np
import pandas as pd
import pytest
from books import MemoryBook

from sop_xl.cycle.keeping import shaped
from sop_xl.cycle.run import run
from sop_xl.workbook.tables import TABLES

MONTHS = company.PLANNED


def put(frames, name, *given):
    row = shaped(TABLES[name], pd.DataFrame(list(given)))
    parts = [frame for frame in (frames[name], row) if len(frame)]
    frames[name] = pd.concat(parts, ignore_index=True)


def setting(frames, **values):
    control = frames["control"].copy()
    for name, value in values.items():
        control.loc[control["setting"].eq(name), "value"] = str(value)
    frames["control"] = control


def everything(**settings):
    frames = company.frames()
    frames["items"] = frames["items"].assign(
        volume=[2.0, 2.0, 0.1, 1.0], shelf_life_days=[np.nan, np.nan, 200.0, np.nan]
    )
    frames["channels"] = frames["channels"].assign(short_policy=["lost", "backlog"], lost_rate=[0.5, np.nan])
    frames["inventory_policy"] = frames["inventory_policy"].assign(
        service_type=["fill rate", "cycle service", "fill rate"],
        distribution=["gamma", "empirical", "negative binomial"],
    )
    frames["locations"] = frames["locations"].assign(storage_limit=[np.nan, 400.0])
    put(frames, "currencies", {"currency": "EUR", "rate": 1.1})
    put(
        frames, "sources",
        {"item": "BIKE-2", "location": "PLANT", "kind": "make", "supplier": "", "mode": "night", "lead_time_days": 5.0,
         "setup_cost": 40.0, "yield": 0.95},
        {"item": "FRAME", "location": "PLANT", "kind": "subcontract", "supplier": "Nearby", "lead_time_days": 10.0,
         "cost": 130.0, "currency": "EUR", "maximum": 40.0},
    )  # fmt: skip
    put(frames, "routings", {"item": "BIKE-2", "resource": "Assembly", "mode": "night", "hours_per_unit": 2.0,
                             "setup_hours": 4.0})  # fmt: skip
    put(frames, "capacity", *({"resource": "Assembly", "measure": "shift", "period": m, "hours": 80.0} for m in MONTHS))
    frames["resources"] = frames["resources"].assign(shift_cost=900.0)
    put(frames, "workforce", {"resource": "Assembly", "workers": 2.0, "hours_per_worker": 150.0, "wage": 2500.0,
                              "hiring_cost": 500.0, "layoff_cost": 800.0, "maximum": 3.0})  # fmt: skip
    put(frames, "substitutes", {"item": "BIKE-1", "substitute": "BIKE-2", "location": "PLANT", "cost": 5.0})
    put(frames, "source_prices", {"item": "FRAME", "location": "PLANT", "kind": "buy", "supplier": "Steelco",
                                  "period": MONTHS[3], "cost": 140.0})  # fmt: skip
    put(frames, "supplier_limits", {"supplier": "Steelco", "measure": "maximum", "quantity": 120.0})
    put(frames, "lanes", {"supplier": "PLANT", "location": "SOUTH-DC", "maximum": 900.0, "truck_load": 100.0,
                          "cost_per_truck": 50.0})  # fmt: skip
    put(frames, "stock_limits", {"item": "007", "location": "SOUTH-DC", "measure": "maximum", "quantity": 600.0})
    put(frames, "spend_limits", {"kind": "buy", "amount": 40_000.0})
    put(frames, "locks", {"item": "FRAME", "location": "PLANT", "kind": "buy", "supplier": "Steelco",
                          "period": MONTHS[1], "quantity": 60.0, "owner": "Ann", "reason": "agreed"})  # fmt: skip
    setting(frames, **settings)
    book = MemoryBook(frames)
    run(book, now=company.NOW)
    return book.frames


CASES = {
    "priced": {},
    "service first": {"objective": "service first", "fair_sharing": "yes"},
    "exact": {"lots": "exact", "seconds": 20, "discount_rate": 0.05},
}


@pytest.fixture(scope="module", params=CASES)
def planned_whole(request):
    return everything(**CASES[request.param])


def test_stock_balances_in_every_place_and_month(planned_whole):
    balance = planned_whole["projected_balance"].pivot_table(
        index=["item", "location", "period"], columns="measure", values="quantity"
    )
    made = balance["opening"] + balance["receipts"] - balance["issues"] - balance["shipped"]
    gap = made - balance["closing"]  # what outlives its shelf life is scrapped
    assert (gap > -1e-4).all()
    assert gap.drop(index="007", level="item").abs().max() < 1e-4


def test_the_lock_and_the_limit_are_kept(planned_whole):
    plan = planned_whole["supply_plan"].query("measure == 'order' and supplier == 'Steelco'")
    by_month = plan.groupby("period")["quantity"].sum()
    assert by_month[MONTHS[1]] == pytest.approx(60.0)
    assert by_month.max() <= 120.0 + 1e-6


def test_costs_add_up(planned_whole):
    total = planned_whole["plan_costs"].query("kind == 'total'")["money"].sum()
    of_strategy = planned_whole["strategies"].query("strategy == 'optimal' and measure == 'Total cost'")["value"].item()
    assert total == pytest.approx(of_strategy, rel=1e-6)
    assert planned_whole["cost_to_serve"]["total"].sum() == pytest.approx(of_strategy, rel=1e-6)


def test_targets_are_measured_as_the_policy_says(planned_whole):
    targets = planned_whole["inventory_targets"]
    policy = planned_whole["inventory_policy"].set_index("abc")["service_type"]
    assert (targets["service_type"] == targets["abc"].map(policy)).all()
    limited = targets["limited_by"].ne("") | targets["demand"].eq(0)
    reached = targets["fill_rate"].where(targets["service_type"].eq("fill rate"), targets["cycle_service"])
    assert (reached[~limited] >= targets["service_level"][~limited] - 1e-6).all()
