"""Both faces of a plan have one optimum: PuLP, read row by row, and the arrays that go to HiGHS whole."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from networks import FEATURES, draw_network

from sop_xl.supply.model.constraints import STRATEGY_CONSTRAINTS
from sop_xl.supply.model.model import build_model, names_of
from sop_xl.supply.model.prices import unit_prices
from sop_xl.supply.plan import PlanSettings, planned_network
from sop_xl.supply.programme.readable import readable
from sop_xl.supply.programme.solver import Solver


def by_pulp(programme, network, solver):
    import pulp

    problem = readable(programme, names_of(network))
    problem.solve(solver)
    assert problem.status == pulp.LpStatusOptimal
    return pulp.value(problem.objective)


def highs():
    import pulp

    return pulp.HiGHS(msg=False, gapRel=0.0)


def cbc():
    import pulp

    return pulp.PULP_CBC_CMD(msg=False, gapRel=0.0)


SOLVERS = {"HiGHS": highs, "CBC": cbc}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("solver", SOLVERS)
@given(
    seed=st.integers(0, 10_000),
    features=st.sets(st.sampled_from(sorted(FEATURES))),
    strategy=st.sampled_from(sorted(STRATEGY_CONSTRAINTS)),
    policy=st.sampled_from(["backlog", "lost"]),
    fair=st.booleans(),
)
@example(seed=1, features=set(FEATURES), strategy="optimal", policy="lost", fair=True)
@settings(max_examples=4, deadline=None)
def test_one_optimum(solver, seed, features, strategy, policy, fair):
    rules = PlanSettings(short_policy=policy, fair_sharing=fair, change_rate=0.05, discount_rate=0.1)
    network = planned_network(draw_network(seed, features), rules)
    programme = build_model(network, unit_prices(network), STRATEGY_CONSTRAINTS[strategy])
    solved = Solver(programme).solve()
    assert by_pulp(programme, network, SOLVERS[solver]()) == pytest.approx(solved.objective, rel=1e-6, abs=1e-6)
    assert solved.bound == solved.objective


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("seed", range(3))
def test_one_optimum_in_whole_numbers(solver, seed):
    rules = PlanSettings(lots="exact", overtime_share=0.1)
    tables = draw_network(seed, {"setups", "lanes", "crews", "shifts"}, count=4, lots=True)
    network = planned_network(tables, rules)
    programme = build_model(network, unit_prices(network), STRATEGY_CONSTRAINTS["optimal"])
    solved = Solver(programme, mip_rel_gap=0.0).solve()
    assert by_pulp(programme, network, SOLVERS[solver]()) == pytest.approx(solved.objective, rel=1e-6)
    assert solved.bound == pytest.approx(solved.objective, rel=1e-6)
    whole = solved.values[programme.whole]
    assert np.abs(whole - np.round(whole)).max() < 1e-6
