"""One small plan for each feature, with numbers worked out by hand beside it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from plans import make

from sop_xl.supply.plan import PlanSettings, balance

OPEN = {"frozen_months": 0, "holding_rate": 0.0, "overtime_share": 0.0}
"""No fence, stock costs nothing, no overtime: what is left is what the example is about."""


@pytest.fixture
def one(tables, across, months):
    """One item at one location; every argument replaces or adds a table."""

    def make_tables(wanted, source=(), **more):
        periods = months(len(wanted))
        rows = {
            "items": [("A", "", 10.0, 30.0)],
            "locations": [("P", np.nan)],
            "sources": [{"item": "A", "location": "P", **s} for s in source],
            "demand": across(periods, "A", "P", values=wanted),
        }
        return tables(**(rows | more))

    return make_tables


def line(across, periods, hours, rate=5.0):
    """A work center with its hours by month."""
    return {
        "resources": [("LINE", "P", rate, np.nan)],
        "capacity": across(periods, "LINE", "regular", values=hours),
    }


def ordered(plan, by="kind"):
    return plan.supply_plan.query("measure == 'order' and quantity > 0").groupby(by)["quantity"].sum().to_dict()


def test_routings_by_mode(one, across, months):
    """20 wanted; the usual way takes 1 h, the fast way half an hour and 4 more. 14 h: x fast and 20 - x usual take 20 - x/2 = 14, x = 12."""
    plan = balance(
        one([20], [{"kind": "make"}, {"kind": "make", "mode": "fast", "cost": 4.0}],
            routings=[{"item": "A", "resource": "LINE", "hours_per_unit": 1.0},
                      {"item": "A", "resource": "LINE", "mode": "fast", "hours_per_unit": 0.5}],
            **line(across, months(1), [14.0])),
        settings=PlanSettings(**OPEN),
    )  # fmt: skip
    assert ordered(plan, "mode") == pytest.approx({"": 8.0, "fast": 12.0})
    assert plan.costs["make"] == pytest.approx(14 * 5 + 12 * 4)


def test_yield(one):
    """A tenth is bad: 30 good ones are ordered as 30 / 0.9."""
    plan = balance(
        one([30], [{"kind": "buy", "supplier": "S", "cost": 9.0, "yield": 0.9}]), settings=PlanSettings(**OPEN)
    )
    assert ordered(plan) == pytest.approx({"buy": 30 / 0.9})
    assert plan.projected_balance.query("measure == 'receipts'")["quantity"].tolist() == pytest.approx([30.0])
    assert plan.costs["buy"] == pytest.approx(300.0)


def test_subcontracting(one, across, months):
    """12 h for 20 units of 1 h: the subcontractor makes the 8 that do not fit, at 14 each."""
    plan = balance(
        one([20], [{"kind": "make"}, {"kind": "subcontract", "supplier": "X", "cost": 14.0}],
            routings=[("A", "LINE", 1.0)], **line(across, months(1), [12.0])),
        settings=PlanSettings(**OPEN),
    )  # fmt: skip
    assert ordered(plan) == pytest.approx({"make": 12.0, "subcontract": 8.0})
    assert plan.costs[["make", "subcontract"]].tolist() == pytest.approx([60.0, 112.0])


def test_substitution(one, across, months):
    """10 of A wanted, 4 there; 1.5 of B stand in for one A, 6 of B are there: 4 more of A, 2 lost."""
    plan = balance(
        one([10], items=[("A", "", 10.0, 30.0), ("B", "", 5.0, 10.0)],
            stock=[("A", "P", "usable", 4.0), ("B", "P", "usable", 6.0)],
            substitutes=[{"item": "A", "substitute": "B", "quantity": 1.5, "cost": 2.0}]),
        settings=PlanSettings(**OPEN, short_policy="lost"),
    )  # fmt: skip
    assert ordered(plan) == pytest.approx({"substitute": 4.0})
    assert plan.kpis.lost_units == pytest.approx(2.0)
    assert plan.costs["make"] == pytest.approx(8.0)  # what the exchange costs


def test_supplier_limit_over_items_and_contract(tables, across, months):
    """S delivers 12 a month of A and B together: the dearer A gets its 8, B the other 4. T is bound to 5, 3 are of use: 2 are paid for."""
    periods = months(1)
    plan = balance(
        tables(
            items=[("A", "", 10.0, 90.0), ("B", "", 10.0, 30.0), ("C", "", 10.0, 30.0)],
            locations=[("P", np.nan)],
            sources=[
                {"item": i, "location": "P", "kind": "buy", "supplier": s, "cost": 10.0} for i, s in ("AS", "BS", "CT")
            ],
            demand=[(i, "P", periods[0], q) for i, q in (("A", 8.0), ("B", 8.0), ("C", 3.0))],
            supplier_limits=[
                {"supplier": "S", "measure": "maximum", "quantity": 12.0},
                {"supplier": "T", "measure": "contract", "quantity": 5.0},
            ],
        ),
        settings=PlanSettings(**OPEN | {"holding_rate": 0.12}),
    )
    bought = ordered(plan, "item")
    assert bought["A"] == pytest.approx(8.0)
    assert bought["B"] == pytest.approx(4.0)
    assert plan.shortages[["item", "quantity"]].to_numpy().tolist() == [["B", pytest.approx(4.0)]]
    # a unit not taken is paid like one taken, which would have to be held as well: 3 are taken, 2 only paid for
    assert bought["C"] == pytest.approx(3.0)
    assert plan.costs["buy"] == pytest.approx(12 * 10 + 5 * 10)
    assert any("up to 2 units of the contract with T are paid for but not taken" in note for note in plan.notes)


def test_a_contract_owes_nothing_for_orders_that_are_not_planned(one):
    """An order of April would arrive in May, after the plan: only March's 5 are owed, 3 of them taken."""
    source = {"kind": "buy", "supplier": "T", "cost": 10.0, "lead_time_days": 30.0}
    tables = one([0, 3], [source], supplier_limits=[{"supplier": "T", "measure": "contract", "quantity": 5.0}])
    plan = balance(tables, settings=PlanSettings(**OPEN | {"holding_rate": 0.12}))
    assert plan.costs["buy"] == pytest.approx(5 * 10)


@pytest.mark.parametrize(("lots", "trucks"), [("after", 1.6), ("exact", 2.0)])
def test_lane_and_trucks(tables, months, lots, trucks):
    """A takes 2 of the lane's 24: 10 of A and 12 of B would load 32, so the cheaper B is 8 short. Trucks hold 15: 24 / 15 = 1.6, driven as 2."""
    periods = months(1)
    made = make(
        tables(
            items=[{"item": "A", "standard_cost": 10.0, "list_price": 90.0, "volume": 2.0},
                   {"item": "B", "standard_cost": 10.0, "list_price": 30.0}],
            locations=[("P", np.nan), ("Q", np.nan)],
            sources=[{"item": i, "location": "Q", "kind": "transfer", "supplier": "P"} for i in "AB"],
            stock=[("A", "P", "usable", 50.0), ("B", "P", "usable", 50.0)],
            demand=[("A", "Q", periods[0], 10.0), ("B", "Q", periods[0], 12.0)],
            lanes=[{"supplier": "P", "location": "Q", "maximum": 24.0, "truck_load": 15.0, "cost_per_truck": 7.0}],
        ),
        lots=lots, **OPEN,
    )  # fmt: skip
    assert ordered(made.plan, "item") == pytest.approx({"A": 10.0, "B": 4.0})
    assert made.solution.trucks.tolist() == [pytest.approx([trucks])]
    assert made.plan.costs["move"] == pytest.approx(7.0 * trucks)


def test_crews_are_hired_when_it_pays(one, across, months):
    """10 units a worker. 20, 20, 40 wanted, 2 workers: the peak takes 2 more for a month (200 wages, 60 hiring), 26 against 90 for overtime."""
    made = make(
        one([20, 20, 40], [{"kind": "make"}], routings=[("A", "LINE", 1.0)], resources=[("LINE", "P", 0.0, 9.0)],
            workforce=[{"resource": "LINE", "workers": 2.0, "hours_per_worker": 10.0, "wage": 100.0, "hiring_cost": 30.0,
                        "layoff_cost": 50.0}],
            capacity=across(months(3), "LINE", "overtime", values=[0, 0, 0])),
        **OPEN | {"holding_rate": 12 * 2.0},  # 20 a unit-month: nothing is built ahead
    )  # fmt: skip
    assert made.solution.workers.tolist() == [pytest.approx([2, 2, 4])]
    assert made.solution.hired.tolist() == [pytest.approx([0, 0, 2])]
    assert made.plan.costs["people"] == pytest.approx((2 + 2 + 4) * 100 + 2 * 30)
    assert made.plan.shortages.empty


def test_extra_shift(one, across, months):
    """25 wanted of 1 h, 10 h there, shifts of 8 h at 60: 15 h more are 15/8 shifts, 2 whole ones when exact."""
    tables = one([25], [{"kind": "make"}], routings=[("A", "LINE", 1.0)],
                 resources=[{"resource": "LINE", "location": "P", "cost_per_hour": 5.0, "shift_cost": 60.0}],
                 capacity=[*across(months(1), "LINE", "regular", values=[10.0]), *across(months(1), "LINE", "shift", values=[8.0]),
                           *across(months(1), "LINE", "shifts", values=[3.0])])  # fmt: skip
    for lots, shifts in (("after", 15 / 8), ("exact", 2.0)):
        made = make(tables, lots=lots, **OPEN)
        assert made.solution.shifts.tolist() == [pytest.approx([shifts])]
        assert made.plan.shortages.empty
        assert made.plan.costs["overtime"] == pytest.approx(60 * shifts)


def test_budgets(one):
    """Purchases of 100 a month buy 10 of the 16 wanted at 10 each; the next month catches up with 6 of 4 + 6."""
    tables = one(
        [16, 4], [{"kind": "buy", "supplier": "S", "cost": 10.0}], spend_limits=[{"kind": "buy", "amount": 100.0}]
    )
    plan = balance(tables, settings=PlanSettings(**OPEN))
    assert plan.supply_plan.query("measure == 'order'")["quantity"].tolist() == pytest.approx([10.0, 10.0])
    assert plan.kpis.late_units == pytest.approx(6.0)
    # money bound in stock: 30 there at 10 each are above 250 until 5 of them are shipped
    stocked = one([2, 5], stock=[("A", "P", "usable", 30.0)], spend_limits=[{"kind": "stock", "amount": 250.0}])
    assert (
        "the stock budget is exceeded by up to USD 30, most in 2020-03"
        in balance(stocked, settings=PlanSettings(**OPEN)).notes
    )


def test_locks(one, months):
    """A locked order of 12 stands where 5 would do, inside of the frozen fence too; one above the supplier's 20 is told."""
    periods = months(2)
    lock = {"item": "A", "location": "P", "kind": "buy", "supplier": "S"}
    tables = one([0, 5], [{"kind": "buy", "supplier": "S", "cost": 10.0, "maximum": 20.0}],
                 locks=[{**lock, "period": periods[0], "quantity": 12.0}])  # fmt: skip
    plan = balance(tables, settings=PlanSettings(**OPEN | {"frozen_months": 1}))
    assert plan.supply_plan.query("measure == 'order'")["quantity"].tolist() == pytest.approx([12.0, 0.0])
    more = tables | {"locks": tables["locks"].assign(quantity=27.0)}
    notes = balance(more, settings=PlanSettings(**OPEN)).notes
    assert notes[0] == "the locked buy order of A at P in 2020-03 is 20 units, not 27: its limits allow no more"


def test_shelf_life(one):
    """Stock of 30 keeps for one month: of 10, 10, 10 wanted it serves two, and the last 10 are scrapped and bought anew."""
    tables = one([10, 10, 10], [{"kind": "buy", "supplier": "S", "cost": 10.0}], stock=[("A", "P", "usable", 30.0)],
                 items=[{"item": "A", "standard_cost": 10.0, "list_price": 30.0, "shelf_life_days": 31.0}])  # fmt: skip
    plan = balance(tables, settings=PlanSettings(**OPEN))
    assert ordered(plan) == pytest.approx({"buy": 10.0})
    assert plan.costs["scrap"] == pytest.approx(100.0)
    assert "10 units of A at P outlive their shelf life and are scrapped" in plan.notes


def test_a_lot_that_outlives_its_shelf_life_is_told(one):
    """Boxes of 25 for 10 a month that keep for a month: 5 of the first box are too old at the end of May."""
    tables = one([10, 10, 10], [{"kind": "buy", "supplier": "S", "cost": 10.0, "multiple": 25.0}],
                 items=[{"item": "A", "standard_cost": 10.0, "list_price": 30.0, "shelf_life_days": 31.0}])  # fmt: skip
    notes = balance(tables, settings=PlanSettings(**OPEN | {"holding_rate": 0.24})).notes
    assert any("A at P has up to 5 units older than their shelf life" in note for note in notes)


def test_stock_limits(one):
    """At least 8 in stock at the end of each month, at most 11: 5 + 8 bought at first, then 6 for 6; 6 a month cannot reach 8."""
    tables = one([5, 6], [{"kind": "buy", "supplier": "S", "cost": 10.0, "maximum": 13.0}],
                 stock_limits=[{"item": "A", "location": "P", "measure": "minimum", "quantity": 8.0},
                               {"item": "A", "location": "P", "measure": "maximum", "quantity": 11.0}])  # fmt: skip
    plan = balance(tables, settings=PlanSettings(**OPEN | {"holding_rate": 0.24}))
    assert plan.supply_plan.query("measure == 'order'")["quantity"].tolist() == pytest.approx([13.0, 6.0])
    limited = tables | {"sources": tables["sources"].assign(maximum=6.0)}
    assert any("below its least stock" in n for n in balance(limited, settings=PlanSettings(**OPEN)).notes)


def test_classes(one, months):
    """10 for 8 key and 6 walk-in: the key account, first, gets 8; 4 walk-in units are lost at 0.5 x 40 each, none late."""
    demand = [{"item": "A", "location": "P", "period": months(1)[0], "quantity": q, "class": c, "price": p}
              for c, q, p in (("KEY", 8.0, np.nan), ("WALK", 6.0, 40.0))]  # fmt: skip
    tables = one([0], stock=[("A", "P", "usable", 10.0)], demand=demand,
                 customer_classes=[{"class": "KEY", "priority": 1.0, "short_policy": "backlog"},
                                   {"class": "WALK", "priority": 1.0, "short_policy": "lost", "lost_rate": 0.5}])  # fmt: skip
    plan = balance(tables, settings=PlanSettings(**OPEN))
    assert plan.kpis.lost_units == pytest.approx(4.0)
    assert plan.kpis.late_units == pytest.approx(0.0)
    assert plan.costs["lost"] == pytest.approx(4 * 0.5 * 40)


def test_fair_sharing(tables, months):
    """12 for customers who want 16 and 8: alike, each gets half; the same price either way, so only fairness decides."""
    period = months(1)[0]
    wanted = {"P": 16.0, "Q": 8.0}
    scarce = tables(
        items=[("A", "", 10.0, 30.0)],
        locations=[(name, np.nan) for name in ("HUB", "P", "Q")],
        sources=[{"item": "A", "location": to, "kind": "transfer", "supplier": "HUB"} for to in wanted],
        stock=[("A", "HUB", "usable", 12.0)],
        demand=[("A", to, period, units) for to, units in wanted.items()],
    )
    plan = balance(scarce, settings=PlanSettings(**OPEN, fair_sharing=True))
    assert plan.shortages.set_index("location")["quantity"].to_dict() == pytest.approx({"P": 8.0, "Q": 4.0})


def test_discounting(one):
    """10 % a year: 5 now at 10 and 5 in a year at 10 cost 50 + 50 / 1.1."""
    tables = one([5] + [0] * 11 + [5], [{"kind": "buy", "supplier": "S", "cost": 10.0}])
    plan = balance(tables, settings=PlanSettings(**OPEN, discount_rate=0.1))
    assert plan.costs["buy"] == pytest.approx(50 + 50 / 1.1)
    assert plan.supply_plan.query("measure == 'order'")["quantity"].iloc[-1] == pytest.approx(5.0)  # later is cheaper


def test_service_first(one):
    """Supply at 60 for a sale of 30, lost at 45: priced leaves it, service first buys it."""
    tables = one([4], [{"kind": "buy", "supplier": "S", "cost": 60.0}])
    priced, first = (balance(tables, settings=PlanSettings(**OPEN, objective=o)) for o in ("priced", "service first"))
    assert priced.shortages["quantity"].tolist() == pytest.approx([4.0])
    assert first.shortages.empty
    assert (priced.costs.sum(), first.costs.sum()) == pytest.approx((4 * 45.0, 4 * 60.0))


def test_exact_lots_and_setup(one, across, months):
    """Lots of 8, at least 16, 2 h and 50 a setup, 0.5 h a unit: 6 + 12 + 6 wanted are one run of 24 at 2 + 12 h; two runs
    would set up twice, and 18 in March alone would not last."""
    tables = one([6, 12, 6], [{"kind": "make", "minimum": 16.0, "multiple": 8.0, "setup_cost": 50.0}],
                 routings=[{"item": "A", "resource": "LINE", "hours_per_unit": 0.5, "setup_hours": 2.0}],
                 **line(across, months(3), [20.0] * 3))  # fmt: skip
    made = make(tables, lots="exact", **OPEN | {"holding_rate": 0.12})
    assert made.solution.order.tolist() == [pytest.approx([24.0, 0.0, 0.0])]
    assert made.plan.costs["make"] == pytest.approx(50 + (2 + 12) * 5)
    assert made.plan.costs["hold"] == pytest.approx(0.01 * 10 * (18 + 6))
    assert made.plan.bound == pytest.approx(made.plan.objective, rel=1e-4)


def test_a_locked_order_above_all_need_stays_in_exact_lots(one, months):
    """The most an exact order may be comes from what is needed; a lock of 90 where 5 are needed is kept all the same."""
    tables = one([5], [{"kind": "buy", "supplier": "S", "cost": 10.0, "minimum": 5.0}],
                 locks=[{"item": "A", "location": "P", "kind": "buy", "supplier": "S", "period": months(1)[0], "quantity": 90.0}])  # fmt: skip
    plan = balance(tables, settings=PlanSettings(**OPEN, lots="exact"))
    assert ordered(plan) == pytest.approx({"buy": 90.0})


def test_what_is_lost_on_the_way_is_ordered_in_exact_lots(tables, months):
    """Half is lost on the way, so 10 wanted are 20 bought, however small the least order."""
    lossy = tables(
        items=[("A", "", 10.0, 90.0)],
        locations=[("P", np.nan), ("Q", np.nan)],
        sources=[{"item": "A", "location": "P", "kind": "buy", "supplier": "S", "minimum": 1.0},
                 {"item": "A", "location": "Q", "kind": "transfer", "supplier": "P", "yield": 0.5}],
        demand=[("A", "Q", months(1)[0], 10.0)],
    )  # fmt: skip
    assert ordered(balance(lossy, settings=PlanSettings(**OPEN, lots="exact"))) == pytest.approx(
        {"buy": 20.0, "transfer": 20.0}
    )


def test_items_that_stand_in_for_each_other_do_not_inflate_their_lots(one, months):
    """A and B stand in for each other, 1.5 for one: a setup of 12 for the 6 of A still counts by A's own month, 2 a unit."""
    tables = one([6, 6], [{"kind": "make", "setup_cost": 12.0}], items=[("A", "", 10.0, 90.0), ("B", "", 10.0, 90.0)],
                 substitutes=[{"item": i, "substitute": s, "quantity": 1.5} for i, s in ("AB", "BA")])  # fmt: skip
    assert balance(tables, settings=PlanSettings(**OPEN)).costs["make"] == pytest.approx(12 * 2.0)


def test_hybrid_keeps_a_rate_for_a_quarter(one, across, months):
    """March, then April to June at one rate: 10 in March, 10 + 20 + 60 = 90 in the quarter at 30 a month."""
    tables = one(
        [10, 10, 20, 60], [{"kind": "make"}], routings=[("A", "LINE", 1.0)], **line(across, months(4), [99.0] * 4)
    )
    rules = PlanSettings(**OPEN | {"holding_rate": 0.24})
    made = [balance(tables, settings=rules, strategy=s).supply_plan.query("measure == 'order'")["quantity"].tolist()
            for s in ("hybrid", "level", "optimal", "chase")]  # fmt: skip
    assert made[0] == pytest.approx([10, 30, 30, 30])
    assert made[1] == pytest.approx([25, 25, 25, 25])
    assert made[2] == made[3] == pytest.approx([10, 10, 20, 60])


def test_a_plan_stays_near_the_last_one(one, months):
    """The last plan bought 10 from the dearer T. A change costs 0.05 x 30 a unit, one fewer from T and one more from S:
    3 together, so a saving of 2 a unit is let go and one of 4 is taken."""
    periods = months(1)
    last = [{"item": "A", "location": "P", "kind": "buy", "supplier": "T", "period": periods[0], "quantity": 10.0}]
    for saving, supplier in ((2.0, "T"), (4.0, "S")):
        source = [{"kind": "buy", "supplier": s, "cost": c} for s, c in (("S", 10.0), ("T", 10.0 + saving))]
        plan = balance(one([10], source, last_plan=last), settings=PlanSettings(**OPEN, change_rate=0.05))
        assert ordered(plan, "supplier") == pytest.approx({supplier: 10.0})


def test_currency_and_prices_by_month(one, months):
    """8 euros are 10 dollars at 1.25: 4 bought in March cost 40. In April the price is 6 euros: 4 cost 30."""
    source = {"kind": "buy", "supplier": "S", "cost": 8.0, "currency": "EUR"}
    april = {"item": "A", "location": "P", "kind": "buy", "supplier": "S", "period": months(2)[1], "cost": 6.0}
    tables = one([4, 4], [source], currencies=[{"currency": "EUR", "rate": 1.25}], source_prices=[april])
    assert balance(tables, settings=PlanSettings(**OPEN)).costs["buy"] == pytest.approx(40 + 30)


def test_hours_and_parts_later_than_the_release(tables, across, months):
    """Released in March, A needs its part and the line in April: the part that arrives in April is in time, March's hours do not count."""
    periods = months(3)
    plan = balance(
        tables(
            items=[("A", "", 10.0, 30.0), ("B", "", 2.0, np.nan)],
            locations=[("P", np.nan)],
            sources=[{"item": "A", "location": "P", "kind": "make", "lead_time_days": 60.0}],
            bom=[{"assembly": "A", "component": "B", "quantity": 1.0, "offset_days": 30.0}],
            routings=[{"item": "A", "resource": "LINE", "hours_per_unit": 1.0, "offset_days": 30.0}],
            receipts=[("1", "B", "P", periods[1], 9.0)],
            demand=across(periods, "A", "P", values=[0, 0, 9]),
            **line(across, periods, [0.0, 7.0, 0.0]),
        ),
        settings=PlanSettings(**OPEN),
    )
    assert ordered(plan) == pytest.approx({"make": 7.0})  # the 7 hours of April
    issues = plan.projected_balance.query("item == 'B' and measure == 'issues'")["quantity"].tolist()
    assert issues == pytest.approx([0.0, 7.0, 0.0])


def test_a_blend_is_within_its_bounds(tables, months):
    """Strength at least 35 of 80 and 20: a quarter strong, as 0.25 x 80 + 0.75 x 20 = 35; the strong one is dear."""
    period = months(1)[0]
    plan = balance(
        tables(
            items=[("MIX", "", 3.0, 20.0), ("STRONG", "", 4.0, np.nan), ("WEAK", "", 1.0, np.nan)],
            locations=[("P", np.nan)],
            sources=[{"item": "MIX", "location": "P", "kind": "make", "mode": m} for m in ("strong", "weak")]
            + [{"item": i, "location": "P", "kind": "buy", "supplier": "S"} for i in ("STRONG", "WEAK")],
            bom=[{"assembly": "MIX", "component": m.upper(), "mode": m, "quantity": 1.0} for m in ("strong", "weak")],
            qualities=[
                {"item": "STRONG", "quality": "strength", "value": 80.0},
                {"item": "WEAK", "quality": "strength", "value": 20.0},
            ],
            blends=[{"item": "MIX", "location": "P", "quality": "strength", "minimum": 35.0}],
            demand=[("MIX", "P", period, 40.0)],
        ),
        settings=PlanSettings(**OPEN),
    )
    assert ordered(plan, "mode") == pytest.approx({"strong": 10.0, "weak": 30.0, "": 40.0})
    assert plan.costs["buy"] == pytest.approx(10 * 4 + 30 * 1)


def test_scenario_of_a_capacity_loss(one, across, months):
    """A line of 20 h that loses 40 % makes 12: 8 of 20 are late."""
    tables = one([20], [{"kind": "make"}], routings=[("A", "LINE", 1.0)], **line(across, months(1), [20.0]))
    change = pd.DataFrame({"kind": ["capacity"], "target": ["LINE"], "value": [-0.4]})
    assert balance(tables, settings=PlanSettings(**OPEN)).shortages.empty
    assert balance(tables, settings=PlanSettings(**OPEN), scenario=change).shortages[
        "quantity"
    ].tolist() == pytest.approx([8.0])
