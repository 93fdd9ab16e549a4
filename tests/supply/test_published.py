"""Published planning problems through `balance`, each with its source: the cases, and what a book's method says."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from benchmarks.cases.case import Case, read
from benchmarks.cases.supply import ADAPTERS
from sop_xl.supply.strategies import chase, level

CASES = sorted((Path(__file__).parent / "cases").glob("*.json"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_published_answer(path):
    outcome = ADAPTERS.answer(read(path))
    assert not outcome.says
    assert outcome.rows
    for row in outcome.rows:
        assert row.agrees, f"{row.what}: published {row.published}, ours {row.ours}"


def test_every_case_has_a_source_and_an_answer():
    assert len(CASES) >= 18
    assert all(read(path).source and read(path).published for path in CASES)


def answered(kind, inputs):
    """The answers of an adapter by name."""
    outcome = ADAPTERS.answer(Case("x", kind, "", inputs, {}, 1e-6))
    assert not outcome.says, outcome.says
    return {row.what: row.ours for row in outcome.rows}


def inputs_of(name, **other):
    """The inputs of a case, some of them others."""
    return {**read(Path(__file__).parent / "cases" / f"{name}.json").inputs, **other}


@pytest.mark.parametrize(("backorder", "cost"), [(None, 20 * 5 + 5 * 8), (0.5, 25 * 5 + 5 * 0.5)])
def test_a_unit_waits_only_where_it_may(backorder, cost):
    """10, 15 and 0 units wanted, 10 a month made at 5, others bought at 8: the 5 over are bought, or made a month late."""
    plan = {"demand": [10, 15, 0], "holding": 1, "backorder": backorder}
    plan["supply"] = {"make": {"cap": [10, 10, 10], "cost": 5}, "buy": {"cap": [9, 9, 9], "cost": 8}}
    assert answered("transport_plan", plan)["cost"] == pytest.approx(cost)


def test_costs_may_change_by_month():
    plan = {"demand": [10, 10], "holding": 1, "supply": {"make": {"cap": 20, "cost": [5, 9]}}}
    assert answered("transport_plan", plan)["cost"] == pytest.approx(20 * 5 + 10)


def test_a_dearer_layoff_costs_more():
    base = answered("red_tomato", inputs_of("red_tomato_base"))
    dear = answered("red_tomato", inputs_of("red_tomato_base", fire=600, subcontract=None))
    assert dear["cost_lp"] > base["cost_lp"]
    assert dear["cost_integer"] >= dear["cost_lp"]


def test_what_may_wait_beyond_the_horizon_is_not_made():
    """500 units left waiting save what they cost but for the backlog of the last month."""
    base = answered("red_tomato", inputs_of("red_tomato_base"))
    waits = answered("red_tomato", inputs_of("red_tomato_base", final_backlog=500))
    assert waits["cost_lp"] <= base["cost_lp"] - 500 * (10 - 5)


@pytest.mark.parametrize(
    ("name", "kind", "gone", "other"),
    [
        ("factory_planning_2", "factory", "down_req", {"down": {"grinder": 2, "vertDrill": 2, "horiDrill": 3, "borer": 1, "planer": 1}}),
        ("food_manufacture_2", "food", "implies", {"if_then": {"if": ["VEG1", "VEG2"], "then": "OIL3"}}),
        ("distribution_2", "netdesign", "existing", {"savings": {"Newcastle": 10_000, "Exeter": 5000}}),
        ("distribution_2", "netdesign", "expand", {"expand": "Birmingham", "expand_cap": 20_000, "expand_cost": 3000}),
    ],
)  # fmt: skip
def test_the_same_problem_in_other_words(name, kind, gone, other):
    case = read(Path(__file__).parent / "cases" / f"{name}.json")
    inputs = {key: value for key, value in case.inputs.items() if key != gone} | other
    assert ADAPTERS.answer(Case("x", kind, "", inputs, case.published, case.tolerance)).agrees


def test_a_limit_holds_before_dearer_sales():
    """All 10 hours go into the unit that must be left, though they would have earned 100 in sales."""
    told = {
        "products": ["A", "B"],
        "months": ["Jan"],
        "profit": {"A": 10, "B": 10},
        "installed": {"line": 1},
        "hours": 10,
    }
    told |= {"time": {"line": {"A": 1, "B": 10}}, "max_sales": {"Jan|A": 10}, "hold": 0.5, "final": {"B": 1}}
    assert answered("factory", told)["profit"] == pytest.approx(-0.5)


def test_limits_that_cannot_be_kept_are_no_answer():
    outcome = ADAPTERS.answer(
        Case("x", "factory", "", inputs_of("factory_planning_1", final=101), {"profit": 1.0}, 1e-6)
    )
    assert not outcome.agrees
    assert "contradict each other" in outcome.says
    outcome = ADAPTERS.answer(
        Case("x", "transport_plan", "", inputs_of("farnsworth_tire", demand=[5000, 0, 0]), {}, 1e-6)
    )
    assert "no plan keeps to the limits" in outcome.says


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
