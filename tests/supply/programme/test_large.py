"""Very large plans, on small ones that the simplex method solves exactly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from shared_plans import shared_plan

from sop_xl.errors import InputError, PlanningError
from sop_xl.supply.programme.blocks import Blocks
from sop_xl.supply.programme.bounds import dual_bound, proven_prices
from sop_xl.supply.programme.large import solve_large, violation
from sop_xl.supply.programme.parts import components
from sop_xl.supply.programme.passes import Tied, improved, shares
from sop_xl.supply.programme.solver import Solver


def exact(programme):
    return Solver(programme).solve()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), tight=st.sampled_from([0.5, 0.8, 1.2]), workers=st.sampled_from([1, 2, 3]))
def test_the_best_plan_lies_between_bound_and_plan(seed, tight, workers):
    programme, coupling = shared_plan(seed, tight=tight)
    best = exact(programme).objective
    found = solve_large(programme, coupling, gap=1e-3, workers=workers, seconds=20)
    assert found.bound <= best * (1 + 1e-9)
    assert found.objective >= best * (1 - 1e-9)
    assert found.gap <= 1e-3
    assert found.violation <= 1e-6
    assert violation(programme, found.values) == found.violation
    assert found.objective == pytest.approx(programme.cost @ found.values)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_bound_can_be_checked_from_the_prices_alone(seed):
    programme, coupling = shared_plan(seed)
    found = solve_large(programme, coupling, workers=1)
    assert dual_bound(programme, found.prices) == found.bound
    assert np.allclose(found.reduced, programme.cost - programme.matrix.T @ found.prices)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), noise=st.sampled_from([0.0, 0.3, 3.0]))
def test_any_prices_prove_a_bound(seed, noise):
    programme, coupling = shared_plan(seed)
    best = exact(programme)
    g = np.random.default_rng(seed)
    prices = best.prices * g.lognormal(0, noise, len(best.prices))
    proven = proven_prices(programme, components(programme, coupling), prices, best.values)
    bound = dual_bound(programme, proven)
    assert np.isfinite(bound)
    assert bound <= best.objective * (1 + 1e-9)
    if noise == 0:
        assert bound == pytest.approx(best.objective)


def test_the_bound_of_the_best_prices_is_the_best_cost():
    programme, _ = shared_plan(11)
    best = exact(programme)
    assert dual_bound(programme, best.prices) == pytest.approx(best.objective)
    assert dual_bound(programme, np.zeros(programme.shape[0])) == pytest.approx(0.0)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), workers=st.sampled_from([1, 2, 3]))
def test_a_pass_keeps_a_plan_feasible_and_never_makes_it_dearer(seed, workers):
    programme, coupling = shared_plan(seed)
    tied = Tied(programme, components(programme, coupling))
    dearer = replace(programme, cost=programme.cost * np.random.default_rng(seed).uniform(0.2, 3, programme.shape[1]))
    values = exact(dearer).values
    order = np.random.default_rng(seed).permutation(tied.parts.count).astype(np.int32)
    for _ in range(3):
        better = improved(tied, values, [order[w::workers] for w in range(workers)], size=40)
        assert violation(programme, better) <= 1e-6
        assert programme.cost @ better <= programme.cost @ values + 1e-6
        values = better
    assert programme.cost @ values >= exact(programme).objective - 1e-6


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), workers=st.sampled_from([1, 2, 4]))
def test_shares_add_up_to_the_whole(seed, workers):
    programme, coupling = shared_plan(seed)
    tied = Tied(programme, components(programme, coupling))
    values = np.random.default_rng(seed).uniform(0, 20, programme.shape[1])
    values = np.clip(values, programme.lower, programme.upper)
    order = np.arange(tied.parts.count, dtype=np.int32)
    dealt = shares(tied, values, [order[w::workers] for w in range(workers)])
    assert np.allclose(sum(s.values for s in dealt), values)
    rows = tied.coupling
    for side in ("row_lower", "row_upper"):
        whole, parts = getattr(programme, side)[rows], sum(getattr(s, side)[rows] for s in dealt)
        known = np.isfinite(whole)
        assert np.allclose(parts[known], whole[known])
    for share in dealt:
        assert (share.values <= share.upper + 1e-12).all()
        assert (share.values >= share.lower - 1e-12).all()


def test_the_gap_asked_for_is_reached_however_small():
    programme, coupling = shared_plan(21, items=40, months=6)
    found = solve_large(programme, coupling, gap=1e-6, seconds=60, workers=1)
    assert found.gap <= 1e-6
    assert found.objective == pytest.approx(exact(programme).objective, rel=1e-6)


def test_a_plan_without_slack_is_made_feasible():
    programme, coupling = shared_plan(22, hard=True)
    found = solve_large(programme, coupling, workers=2)
    assert found.violation <= 1e-6
    assert found.gap <= 5e-4


def test_a_plan_that_does_not_fall_apart_is_solved_as_a_whole():
    programme, _ = shared_plan(27)
    best = exact(programme)
    found = solve_large(programme, coupling=[])
    assert found.objective == found.bound == best.objective
    assert found.gap == 0
    assert np.array_equal(found.values, best.values)


def test_very_large_quantities_and_very_dear_slacks_are_planned_as_well():
    programme, coupling = shared_plan(28)
    for times, dear in ((1e6, 1.0), (1e-3, 1.0), (1.0, 1e4)):
        limits = {name: getattr(programme, name) * times for name in ("lower", "upper", "row_lower", "row_upper")}
        cost = np.where(programme.cost > 20, programme.cost * dear, programme.cost)
        changed = replace(programme, cost=cost, **limits)
        found = solve_large(changed, coupling, workers=2)
        assert found.gap <= 5e-4
        assert found.violation <= 1e-6
        assert found.bound <= exact(changed).objective * (1 + 1e-9)


def test_rows_that_seldom_bind_are_kept():
    programme, coupling = shared_plan(29)
    lazy = np.zeros(programme.shape[0], dtype=bool)
    lazy[programme.rows["supplier"].number] = lazy[programme.rows["storage"].number] = True
    lazy[programme.rows["balance"].number[:4]] = True
    found = solve_large(replace(programme, lazy=lazy), coupling, workers=1)
    assert found.gap <= 5e-4
    assert violation(programme, found.values) <= 1e-6


def test_the_same_seed_gives_the_same_plan():
    programme, coupling = shared_plan(23)
    one, other = (solve_large(programme, coupling, workers=2, seed=4) for _ in range(2))
    assert np.array_equal(one.values, other.values)
    assert one.bound == other.bound


def test_an_offset_is_part_of_plan_and_bound():
    programme, coupling = shared_plan(24)
    plain, shifted = (solve_large(p, coupling, workers=1) for p in (programme, replace(programme, offset=1000.0)))
    assert shifted.objective - plain.objective == pytest.approx(1000.0)
    assert shifted.bound - plain.bound == pytest.approx(1000.0)


def test_a_plan_nearby_is_a_start():
    programme, coupling = shared_plan(25)
    before = solve_large(programme, coupling, gap=1e-4, workers=1)
    changed = replace(programme, row_upper=programme.row_upper * 1.02, row_lower=programme.row_lower * 1.02)
    told = []
    after = solve_large(
        changed, coupling, gap=0.05, start=before, workers=1, progress=lambda doing, _share: told.append(doing)
    )
    assert after.gap <= 0.05
    assert after.violation <= 1e-6
    assert "nearing the best plan" not in told
    assert told[-1] == "done"


def test_no_plan_is_said():
    b = Blocks()
    make = b.add_columns("make", "item", (2,), cost=1.0)
    b.add_terms(b.add_rows("demand", "item", (2,), lower=[4.0, 3.0]), 1.0, make)
    hours = b.add_rows("hours", "resource", (1,), upper=6.0)
    b.add_terms(hours, 1.0, make)
    with pytest.raises(PlanningError, match="found no plan"):
        solve_large(b.programme(), coupling=hours, seconds=2)


def test_whole_columns_and_gaps_that_are_none_are_refused():
    b = Blocks()
    b.add_columns("lots", "item", (2,), cost=1.0, whole=True)
    with pytest.raises(InputError, match="2 columns are whole"):
        solve_large(b.programme(), coupling=[])
    programme, coupling = shared_plan(1)
    with pytest.raises(InputError, match="must be 0 or more, got -1"):
        solve_large(programme, coupling, gap=-1)


def test_a_budget_over_everything_is_kept():
    programme, coupling = shared_plan(34, items=30, months=6)
    free = exact(programme)
    make = programme.columns["make"].number
    spent = np.zeros(programme.shape[1])
    spent[make] = programme.cost[make]
    budget = 0.9 * float(spent @ free.values)
    limited = replace(
        programme,
        row_lower=np.append(programme.row_lower, -np.inf),
        row_upper=np.append(programme.row_upper, budget),
        matrix=sparse.csc_array(sparse.vstack([programme.matrix, spent[None, :]], format="csc")),
        lazy=np.append(programme.lazy, False),
    )
    found = solve_large(limited, [*coupling, programme.shape[0]], workers=2)
    assert spent @ found.values <= budget * (1 + 1e-6)
    assert found.gap <= 5e-4
    assert found.prices[-1] < 0
    assert found.objective > free.objective


def test_a_part_that_earns_without_end_at_every_price_is_said():
    b = Blocks()
    make = b.add_columns("make", "item", (2,), cost=[-1.0, 1.0])
    sell = b.add_columns("sell", "item", (2,), cost=0.0)
    row = b.add_rows("balance", "item", (2,), lower=0.0, upper=0.0)
    b.add_terms(row, 1.0, make)
    b.add_terms(row, -1.0, sell)
    hours = b.add_rows("hours", "resource", (1,), upper=6.0)
    b.add_terms(hours, 1.0, make[1:])
    with pytest.raises(PlanningError, match="found no plan"):
        solve_large(b.programme(), coupling=hours, seconds=2)
