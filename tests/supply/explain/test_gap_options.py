"""Options of a gap on networks whose answer is known by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sop_xl.supply.explain.gap_lever import Assumed, Promotion
from sop_xl.supply.explain.gap_options import gap_options
from sop_xl.supply.plan import PlanSettings, balance

LOST = PlanSettings(frozen_months=0, overtime_share=0.0, short_policy="lost", holding_rate=0.24)
LATE = PlanSettings(frozen_months=0, overtime_share=0.0, short_policy="backlog", backlog_rate=0.1)


@pytest.fixture
def shop(tables, across, months):
    """Ten hours a month make ten units, a subcontractor one at 30; 8 and then 16 are wanted: two are lost."""

    def make(**replaced):
        rows = {
            "items": [("A", "Toys", 10.0, 100.0), ("B", "Games", 10.0, 20.0)],
            "locations": [("P", np.nan)],
            "sources": [
                {"item": "A", "location": "P", "kind": "make"},
                {"item": "A", "location": "P", "kind": "subcontract", "supplier": "S", "cost": 30.0, "maximum": 1.0},
                {"item": "B", "location": "P", "kind": "make"},
            ],
            "resources": [("Paint", "P", 5.0, 8.0)],
            "routings": [("A", "Paint", 1.0), ("B", "Paint", 1.0)],
            "capacity": across(months(2), "Paint", "regular", values=[10.0, 10.0]),
            "demand": across(months(2), "A", "P", values=[8.0, 16.0]),
        }
        return tables(**(rows | replaced))

    return make


def only(found):
    ((gap, options),) = found
    return gap, {option.name: option for option in options}


def test_overtime_building_ahead_and_a_subcontractor_cost_what_their_hours_and_units_do(shop):
    """Two units short: 8 a unit on overtime, the same and a month's holding a month earlier, 30 from outside."""
    gap, options = only(gap_options(balance(shop(), settings=LOST)))
    assert (gap.family, gap.month) == ("Toys", 1)
    for name, cost in (("overtime", 16.0), ("build ahead", 16.0 + 2 * 0.2), ("subcontract", 60.0)):
        option = options[name]
        assert option.recovered == pytest.approx(2), name
        assert option.cost == pytest.approx(cost), name
        assert option.net_worth == pytest.approx(2 * 150 - cost), name
        assert option.margin == pytest.approx(2 * 90), name
        assert option.service == pytest.approx(1.0), name
    assert options["build ahead"].first == options["build ahead"].last == 0
    assert options["overtime"].peak == pytest.approx(1.2)
    assert options["build ahead"].stock == pytest.approx(2 * 10 / 2)


def test_nothing_is_always_there_and_changes_nothing(shop):
    plan = balance(shop(), settings=LOST)
    _, options = only(gap_options(plan))
    idle = options["do nothing"]
    assert (idle.cost, idle.margin, idle.net_worth, idle.recovered, idle.stock) == (0, 0, 0, 0, 0)
    assert idle.service == pytest.approx(plan.kpis.service_share)
    assert idle.peak == pytest.approx(plan.kpis.peak_load)
    assert not idle.rows


def test_the_best_stands_first(shop):
    ((_, options),) = gap_options(balance(shop(), settings=LOST))
    worths = [round(option.net_worth, 6) for option in options]
    assert worths == sorted(worths, reverse=True)
    assert options[0].name == "overtime"


def test_what_an_option_promises_is_what_the_tables_changed_by_it_give(shop, across, months):
    """The margin of the plan with the hours really there is the margin that was promised."""
    tables = shop()
    before = balance(tables, settings=LOST)
    _, options = only(gap_options(before))
    row = options["overtime"].rows[0]
    assert (row.kind, row.target, row.first, row.last, row.value) == ("overtime", "Paint", 1, 1, pytest.approx(0.2))
    hours = pd.DataFrame(
        across(months(2), "Paint", "overtime", values=[0.0, row.value * 10]), columns=tables["capacity"].columns
    )
    after = balance({**tables, "capacity": pd.concat([tables["capacity"], hours])}, settings=LOST)
    sold = [float(plan.final.ship.sum()) for plan in (before, after)]
    assert (sold[1] - sold[0]) * 90 == pytest.approx(options["overtime"].margin)
    assert after.kpis.service_share == pytest.approx(options["overtime"].service)
    assert before.objective - after.objective == pytest.approx(options["overtime"].net_worth)
    assert after.kpis.mean_stock_value - before.kpis.mean_stock_value == pytest.approx(options["overtime"].stock)


def test_hours_are_freed_by_giving_up_what_earns_least(shop, across, months):
    """B's class is served first; giving up two of the four B for A loses 20 a unit at 1.5 and saves A's 150."""
    tables = shop(
        demand=[*across(months(2), "A", "P", values=[8.0, 12.0]), *across(months(2), "B", "P", values=[0.0, 4.0])]
    )
    tables["demand"] = tables["demand"].assign(**{"class": ["", "", "KEY", "KEY"]})
    tables["customer_classes"] = pd.DataFrame({"class": ["KEY"], "lost_rate": [100.0]})
    plan = balance(tables, settings=LOST)
    _, options = only(gap_options(plan, abc={"A": "A", "B": "C"}))
    cut = options["cut demand"]
    assert cut.target == "C items"
    assert (cut.amount, cut.recovered) == pytest.approx((2, 2))
    assert cut.net_worth == pytest.approx(2 * 150 - 2 * 20 * 100)
    assert cut.margin == pytest.approx(2 * 90 - 2 * 10)
    assert [(r.kind, r.target, r.first, r.value) for r in cut.rows] == [("demand", "B", 1, pytest.approx(-0.5))]


def test_giving_up_what_is_lost_anyway_gains_nothing(shop):
    tables = shop(resources=[], routings=[], capacity=[], sources=[
        {"item": "A", "location": "P", "kind": "buy", "supplier": "S", "cost": 10.0, "maximum": 8.0}])  # fmt: skip
    _, options = only(gap_options(balance(tables, settings=LOST)))
    assert options["cut demand"].net_worth == pytest.approx(0, abs=1e-6)
    assert options["cut demand"].margin == pytest.approx(0, abs=1e-6)


def test_what_comes_too_late_is_hurried_or_bought_elsewhere_at_a_premium(shop, across, months):
    """March wants 5 of what arrives in April: each waits a month at 10; hurrying costs 15 % of 10, elsewhere 130 %."""
    tables = shop(
        sources=[{"item": "A", "location": "P", "kind": "buy", "supplier": "S", "cost": 10.0, "lead_time_days": 30.0}],
        resources=[], routings=[], capacity=[],
        demand=across(months(2), "A", "P", values=[5.0, 8.0]),
    )  # fmt: skip
    _, options = only(gap_options(balance(tables, settings=LATE), assumed=Assumed(expedite=0.15, outside=0.3)))
    hurry, outside = options["expedite"], options["buy in"]
    assert hurry.net_worth == pytest.approx(5 * 10 - 5 * 1.5)
    assert hurry.cost == pytest.approx(5 * 1.5)
    assert outside.net_worth == pytest.approx(5 * 10 + 5 * 10 - 5 * 13)  # late, not bought from S, bought outside
    assert [(r.kind, r.target) for r in hurry.rows] == [("lead time", "A")]
    assert [(r.kind, r.target, r.value) for r in outside.rows] == [("outside purchase", "A", pytest.approx(5))]
    assert "overtime" not in options


def test_a_higher_price_asks_for_less_and_is_not_sure(shop):
    _, options = only(gap_options(balance(shop(), settings=LOST), assumed=Assumed(elasticity=-2.0)))
    price = options["raise price"]
    rise = 2 / 16 / 2
    assert price.amount == pytest.approx(100 * rise)
    assert price.net_worth == pytest.approx(2 * 150 - 2 * 100 + 14 * 100 * rise)
    assert not price.sure
    assert not price.rows
    assert "all months" in price.why_not


def test_a_promotion_is_put_off_until_hours_are_free(shop, across, months):
    """Half of the 16 of April are a promotion; a month later they fit."""
    tables = shop(
        capacity=across(months(3), "Paint", "regular", values=[10.0, 10.0, 10.0]),
        demand=across(months(3), "A", "P", values=[8.0, 16.0, 0.0]),
    )
    promotion = Promotion("Spring", frozenset({"A"}), 1, 1, 1.0)
    _, options = only(gap_options(balance(tables, settings=LOST), promotions=[promotion]))
    delay = options["delay promotion"]
    assert delay.recovered == pytest.approx(2)
    assert delay.margin == pytest.approx(2 * 90)
    assert [(r.kind, r.first, r.value) for r in delay.rows] == [("event", 1, -8.0), ("event", 2, 8.0)]


def test_no_gap_has_no_options(shop, across, months):
    assert gap_options(balance(shop(demand=across(months(2), "A", "P", values=[5.0, 5.0])), settings=LOST)) == []


def test_only_the_worst_are_looked_at(shop, across, months):
    tables = shop(demand=across(months(2), "A", "P", values=[30.0, 40.0]))
    plan = balance(tables, settings=LOST)
    found = gap_options(plan, top=1)
    assert [gap.month for gap, _ in found] == [1]
    assert len(gap_options(plan, top=5)) == 2
