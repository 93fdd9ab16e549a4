"""The programme itself: names, duals, determinism."""

from __future__ import annotations

from dataclasses import fields

import highspy
import numpy as np
import pytest

from sop_xl.errors import PlanningError
from sop_xl.supply.model.constraints import CORE
from sop_xl.supply.model.model import build_model
from sop_xl.supply.model.prices import unit_prices
from sop_xl.supply.model.solution import read_solution
from sop_xl.supply.plan import PlanSettings, balance, planned_network
from sop_xl.supply.programme.solver import Solver


def built(tables, constraints=CORE, **rules):
    network = planned_network(tables, PlanSettings(**rules))
    prices = unit_prices(network)
    return network, prices, build_model(network, prices, constraints)


def test_the_same_tables_give_the_same_solution_to_the_last_bit(drawn):
    first, second = (
        read_solution(network, prices, programme, Solver(programme).solve())
        for network, prices, programme in (built(drawn(11)), built(drawn(11)))
    )
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
    """Strong duality: limits times prices make the cost, so the prices shown are the programme's.

    A price above 0 belongs to a lower limit, one below 0 to an upper one, and both are met with equality.
    """
    _, _, p = built(drawn(seed))
    solved = Solver(p).solve()
    dual = p.offset
    for price, value, low, high in (
        (solved.prices, p.matrix @ solved.values, p.row_lower, p.row_upper),
        (solved.reduced, solved.values, p.lower, p.upper),
    ):
        priced = np.abs(price) > 1e-9
        limit = np.where(price > 0, low, high)[priced]
        dual += price[priced] @ limit
        assert np.abs((value[priced] - limit) * price[priced]).max(initial=0.0) < 1e-6
    assert dual == pytest.approx(solved.objective, rel=1e-6)
    assert p.cost @ solved.values + p.offset == pytest.approx(solved.objective, rel=1e-9)


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
    network, _, programme = built(drawn(0), frozen_months=2)
    sources, months = np.nonzero(programme.columns["order"].number >= 0)
    assert len(sources)
    assert months.min() >= 2
    assert (months + network.sources.lead[sources]).max() < 5


def test_a_fence_over_the_whole_horizon_leaves_only_what_is_under_way(drawn):
    plan = balance(drawn(0), settings=PlanSettings(frozen_months=6))
    assert plan.supply_plan.empty
    assert set(plan.shortages["cause"]) == {"lead time"}


def test_a_solver_that_gives_up_is_told_in_words(drawn):
    def impossible(m):
        row = m.rows("impossible", "place", equal=-1.0)
        m.terms(row, 1.0, m.above)

    _, _, programme = built(drawn(0), (*CORE, impossible))
    with pytest.raises(PlanningError, match="the solver found no plan: it stopped as 'Infeasible'"):
        Solver(programme).solve()
