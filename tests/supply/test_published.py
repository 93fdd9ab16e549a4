"""Published planning problems solved through `balance`, each with the source of its numbers.

Each problem is told in the words of the tables: a factory's supply is opening stock, a depot's throughput the hours
of a resource, a profit forgone the price of a lost sale. Where a problem needs more than a plan has (hiring and
firing, prices that change by month, blending), it is not here.
"""

from __future__ import annotations

import pandas as pd
import pytest

from sop_xl.supply.plan import PlanSettings, balance
from sop_xl.supply.strategies import chase, level


def transport(tables, months, supply, demand, cost):
    """A transport problem: one month, stock at the origins, demand at the destinations."""
    periods = months(1)
    plan = balance(
        tables(
            items=[("goods", "", 1.0, 1000.0)],
            locations=[(name, float("nan")) for name in [*supply, *demand]],
            sources=[
                {"item": "goods", "location": to, "kind": "transfer", "supplier": origin, "cost": unit}
                for (origin, to), unit in cost.items()
            ],
            stock=[("goods", name, "usable", units) for name, units in supply.items()],
            demand=[("goods", name, periods[0], units) for name, units in demand.items()],
        ),
        settings=PlanSettings(frozen_months=0, holding_rate=0.0),
    )
    assert plan.shortages.empty
    return plan


def test_dantzig_transport(tables, months):
    """Dantzig (1963), chapter 3-3; GAMS model library, trnsport: 153.675."""
    cost = {
        ("seattle", "newyork"): 0.225,
        ("seattle", "chicago"): 0.153,
        ("seattle", "topeka"): 0.162,
        ("sandiego", "newyork"): 0.225,
        ("sandiego", "chicago"): 0.162,
        ("sandiego", "topeka"): 0.126,
    }
    supply = {"seattle": 350.0, "sandiego": 600.0}
    demand = {"newyork": 325.0, "chicago": 300.0, "topeka": 275.0}
    plan = transport(tables, months, supply, demand, cost)
    assert plan.costs["move"] == pytest.approx(153.675)
    assert plan.kpis.total_cost == pytest.approx(153.675)


def test_beer_distribution(tables, months):
    """PuLP documentation, case study "A Transportation Problem": 8,600."""
    rates = {"A": (2, 4, 5, 2, 1), "B": (3, 1, 3, 2, 3)}
    cost = {(origin, f"bar {i + 1}"): float(unit) for origin, row in rates.items() for i, unit in enumerate(row)}
    demand = {f"bar {i + 1}": float(units) for i, units in enumerate((500, 900, 1800, 200, 700))}
    plan = transport(tables, months, {"A": 1000.0, "B": 4000.0}, demand, cost)
    assert plan.costs["move"] == pytest.approx(8600.0)


WILLIAMS_ARCS = {
    "Liverpool": {
        "Newcastle": 0.5,
        "Birmingham": 0.5,
        "London": 1.0,
        "Exeter": 0.2,
        "C1": 1.0,
        "C3": 1.5,
        "C4": 2.0,
        "C6": 1.0,
    },
    "Brighton": {"Birmingham": 0.3, "London": 0.5, "Exeter": 0.2, "C1": 2.0},
    "Newcastle": {"C2": 1.5, "C3": 0.5, "C5": 1.5, "C6": 1.0},
    "Birmingham": {"C1": 1.0, "C2": 0.5, "C3": 0.5, "C4": 1.0, "C5": 0.5},
    "London": {"C2": 1.5, "C3": 2.0, "C5": 0.5, "C6": 1.5},
    "Exeter": {"C3": 0.2, "C4": 1.5, "C5": 0.5, "C6": 1.5},
}


def test_williams_distribution(tables, months, across):
    """Williams, Model Building in Mathematical Programming, 5th ed., Distribution 1: 198,500.

    A depot's throughput is the hours of its dock: it "makes" delivered goods from goods, one hour a unit.
    """
    supply = {"Liverpool": 150_000.0, "Brighton": 200_000.0}
    through = {"Newcastle": 70_000.0, "Birmingham": 50_000.0, "London": 100_000.0, "Exeter": 40_000.0}
    customers = dict(zip(("C1", "C2", "C3", "C4", "C5", "C6"), (50e3, 10e3, 40e3, 35e3, 60e3, 20e3), strict=True))
    periods = months(1)
    sources = [
        {
            "item": "delivered" if to in customers else "goods",
            "location": to,
            "kind": "transfer",
            "supplier": origin,
            "cost": unit,
        }
        for origin, row in WILLIAMS_ARCS.items()
        for to, unit in row.items()
    ]
    sources += [{"item": "delivered", "location": place, "kind": "make"} for place in [*supply, *through]]
    plan = balance(
        tables(
            items=[("goods", "", 1.0, float("nan")), ("delivered", "", 1.0, 1000.0)],
            locations=[(name, float("nan")) for name in [*supply, *through, *customers]],
            sources=sources,
            bom=[("delivered", "goods", 1.0, 0.0)],
            resources=[(f"dock {name}", name, 0.0, 0.0) for name in through],
            routings=[("delivered", f"dock {name}", 1.0) for name in through],
            capacity=[
                row
                for name, most in through.items()
                for row in across(periods, f"dock {name}", "regular", values=[most])
            ],
            stock=[("goods", name, "usable", units) for name, units in supply.items()],
            demand=[("delivered", name, periods[0], units) for name, units in customers.items()],
        ),
        settings=PlanSettings(frozen_months=0, holding_rate=0.0, overtime_share=0.0),
    )
    assert plan.shortages.empty
    assert plan.kpis.total_cost == pytest.approx(198_500.0)


def test_farnsworth_tire(tables, months, across):
    """Heizer & Render, Operations Management, transportation method, Farnsworth Tire: 105,700.

    The editions print 105,700 and 105,900; 105,700 is the optimum. Subcontracting is a second plant.
    """
    periods = months(3)
    plan = balance(
        tables(
            items=[("tire", "", 100.0, 10_000.0)],
            locations=[("factory", float("nan")), ("subcontractor", float("nan"))],
            sources=[
                {"item": "tire", "location": "factory", "kind": "make"},
                {"item": "tire", "location": "subcontractor", "kind": "make"},
                {"item": "tire", "location": "factory", "kind": "transfer", "supplier": "subcontractor"},
            ],
            resources=[("own", "factory", 40.0, 50.0), ("other", "subcontractor", 70.0, float("nan"))],
            routings=[("tire", "own", 1.0), ("tire", "other", 1.0)],
            capacity=[
                *across(periods, "own", "regular", values=[700, 700, 700]),
                *across(periods, "own", "overtime", values=[50, 50, 50]),
                *across(periods, "other", "regular", values=[150, 150, 130]),
                *across(periods, "other", "overtime", values=[0, 0, 0]),
            ],
            stock=[("tire", "factory", "usable", 100.0)],
            demand=across(periods, "tire", "factory", values=[800, 1000, 750]),
        ),
        settings=PlanSettings(frozen_months=0, holding_rate=0.24),
    )
    assert plan.shortages.empty
    assert plan.kpis.total_cost == pytest.approx(105_700.0)
    assert plan.costs["overtime"] == pytest.approx(150 * 50.0)


FACTORY_HOURS = {
    "grinder": (4, {1: 0.5, 2: 0.7, 5: 0.3, 6: 0.2, 7: 0.5}),
    "vertical drill": (2, {1: 0.1, 2: 0.2, 4: 0.3, 6: 0.6}),
    "horizontal drill": (3, {1: 0.2, 3: 0.8, 7: 0.6}),
    "borer": (1, {1: 0.05, 2: 0.03, 4: 0.07, 5: 0.1, 7: 0.08}),
    "planer": (1, {3: 0.01, 5: 0.05, 7: 0.05}),
}
FACTORY_DOWN = {
    "grinder": (1, 0, 0, 0, 1, 0),
    "vertical drill": (0, 0, 0, 1, 1, 0),
    "horizontal drill": (0, 2, 0, 0, 0, 1),
    "borer": (0, 0, 1, 0, 0, 0),
    "planer": (0, 0, 0, 0, 0, 1),
}
FACTORY_MARKET = {
    1: (500, 600, 300, 200, 0, 500),
    2: (1000, 500, 600, 300, 100, 500),
    3: (300, 200, 0, 400, 500, 100),
    4: (300, 0, 0, 500, 100, 300),
    5: (800, 400, 500, 200, 1000, 1100),
    6: (200, 300, 400, 0, 300, 500),
    7: (100, 150, 100, 100, 0, 60),
}
FACTORY_PROFIT = {1: 10, 2: 6, 3: 8, 4: 4, 5: 11, 6: 9, 7: 3}


def test_williams_factory_planning(tables, months, across):
    """Williams, Model Building in Mathematical Programming, 5th ed., Factory Planning 1: a profit of 93,715.18.

    Sales forgone cost their profit. Each product is stored in a room of its own for 100 units. The 50 units of each
    that must remain in June go into a reserve that is worth far more than any sale; storing them costs 0.5 each.
    """
    periods, products = months(6), sorted(FACTORY_PROFIT)
    sources = [{"item": f"P{p}", "location": "plant", "kind": "make"} for p in products]
    sources += [{"item": f"P{p}", "location": f"room {p}", "kind": "transfer", "supplier": "plant"} for p in products]
    sources += [{"item": f"reserve {p}", "location": f"room {p}", "kind": "make"} for p in products]
    demand = [row for p in products for row in across(periods, f"P{p}", f"room {p}", values=FACTORY_MARKET[p])]
    demand += [(f"reserve {p}", f"room {p}", periods[5], 50.0) for p in products]
    capacity = [
        row
        for machine, (installed, _) in FACTORY_HOURS.items()
        for row in across(periods, machine, "regular", values=[384 * (installed - d) for d in FACTORY_DOWN[machine]])
    ]
    plan = balance(
        tables(
            items=[
                *((f"P{p}", "", 25.0, float(FACTORY_PROFIT[p])) for p in products),
                *((f"reserve {p}", "", 25.0, 10_000.0) for p in products),
            ],
            locations=[("plant", 0.0), *((f"room {p}", 100.0) for p in products)],
            sources=sources,
            bom=[(f"reserve {p}", f"P{p}", 1.0, 0.0) for p in products],
            resources=[(machine, "plant", 0.0, 0.0) for machine in FACTORY_HOURS],
            routings=[(f"P{p}", m, h) for m, (_, hours) in FACTORY_HOURS.items() for p, h in hours.items()],
            capacity=capacity,
            demand=demand,
        ),
        settings=PlanSettings(frozen_months=0, short_policy="lost", lost_rate=1.0, overtime_share=0.0),
    )
    market = sum(FACTORY_PROFIT[p] * sum(FACTORY_MARKET[p]) for p in products)
    profit = market - plan.costs["lost"] - plan.costs["hold"] - 0.5 * 50 * len(products)
    assert profit == pytest.approx(93_715.18, abs=0.01)
    assert plan.kpis.over_storage == pytest.approx(0.0, abs=1e-6)


def test_roofing_supplier_level_rate():
    """Heizer, Render & Munson, Operations Management, aggregate planning, examples 1 and 2: 6,200 units in 124 days.

    The book levels by working day, 50 units a day; by month the same rate is 6,200 / 6.
    """
    demand = pd.Series([900, 700, 800, 1200, 1500, 1100])
    rate = level(demand, 0, 0)
    assert rate.sum() == pytest.approx(6200)
    assert rate.sum() / 124 == pytest.approx(50)


def test_red_tomato_strategies():
    """Chopra & Meindl, Supply Chain Management, Red Tomato Tools: 16,000 tools, 1,000 in stock, 500 left at the end.

    The numbers are the book's, the rates the closed forms': (16,000 + 500 - 1,000) / 6 a month.
    """
    demand = pd.Series([1600.0, 3000, 3200, 3800, 2200, 2200])
    assert level(demand, 1000, 500).tolist() == pytest.approx([15_500 / 6] * 6)
    followed = chase(demand, pd.Series([0.0, 0, 0, 0, 0, 500]), 1000)
    assert followed.tolist() == [600, 3000, 3200, 3800, 2200, 2700]
