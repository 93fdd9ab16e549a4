"""The programme itself: names, duals, determinism."""

from __future__ import annotations

from dataclasses import fields

import highspy
import numpy as np
import pytest

from sop_xl.errors import PlanningError
from sop_xl.supply.constraints import CORE
from sop_xl.supply.model import build_model, solve_model
from sop_xl.supply.plan import PlanSettings, balance
from sop_xl.supply.model.prices import unit_prices
from sop_xl.supply.reading.read import read_network


def solved(tables, **rules):
    network = read_network(tables, PlanSettings(**rules))
    model = build_model(network, unit_prices(network), CORE)
    return model, solve_model(model)


def test_the_same_tables_give_the_same_solution_to_the_last_bit(drawn):
    (_, first), (_, second) = solved(drawn(11)), solved(drawn(11))
    for field in fields(first):
        assert np.array_equal(getattr(first, field.name), getattr(second, field.name)), field.name


def test_a_solver_set_up_differently_in_the_same_process_does_no_harm(drawn):
    """HiGHS shares its threads in a process and refuses a solve that asks for another number of them."""
    other = highspy.Highs()
    other.setOptionValue("output_flag", False)
    other.setOptionValue("threads", 2)
    other.addVar(0.0, 1.0)
    other.run()
    assert balance(drawn(11)).status == "optimal"


@pytest.mark.parametrize("seed", range(5))
def test_duals_and_solution_agree(drawn, seed):
    """Strong duality: right-hand sides times duals make the cost, so the prices shown are the programme's."""
    model, solution = solved(drawn(seed))
    dual = sum(-row.constant * row.pi for rows in model.rows.values() for row in rows.values())
    assert dual * model.prices.scale == pytest.approx(solution.objective, rel=1e-6)
    slack = [row.slack * row.pi for rows in model.rows.values() for row in rows.values()]
    assert np.abs(slack).max() < 1e-6


def test_codes_a_solver_reads_alike_are_kept_apart(tables, across, months):
    periods = months(2)
    plan = balance(
        tables(
            items=[(name, "", 10.0, 30.0) for name in ("A-1", "A 1", "A_1")],
            locations=[("P", np.nan)],
            sources=[
                {"item": name, "location": "P", "kind": "buy", "supplier": "S", "cost": 9.0, "maximum": 5.0}
                for name in ("A-1", "A 1", "A_1")
            ],
            demand=[
                row
                for name, units in (("A-1", 3.0), ("A 1", 4.0), ("A_1", 9.0))
                for row in across(periods, name, "P", values=[0.0, units])
            ],
        )
    )
    ordered = plan.supply_plan.query("measure == 'order'").groupby("item")["quantity"].sum()
    assert ordered.to_dict() == {"A-1": 3.0, "A 1": 4.0, "A_1": 5.0}


def test_orders_inside_the_fence_or_arriving_too_late_do_not_exist(drawn):
    model, _ = solved(drawn(0), frozen_months=2)
    for s, month in model.order:
        assert month >= 2
        assert month + model.network.sources[s].lead < 5


def test_a_fence_over_the_whole_horizon_leaves_only_what_is_under_way(drawn):
    plan = balance(drawn(0), settings=PlanSettings(frozen_months=6))
    assert plan.supply_plan.empty
    assert set(plan.shortages["cause"]) == {"lead time"}


def test_a_solver_that_gives_up_is_told_in_words(drawn):
    network = read_network(drawn(0), PlanSettings())
    model = build_model(network, unit_prices(network), CORE)
    model.row("impossible", "place", (0, 0), {model.stock[0, 0]: 1.0}, -1, -1.0)
    with pytest.raises(PlanningError, match="the solver found no plan: it stopped as 'infeasible'"):
        solve_model(model)
