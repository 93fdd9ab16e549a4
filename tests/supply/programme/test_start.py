"""A start near the optimum."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shared_plans import shared_plan

from sop_xl.errors import InputError
from sop_xl.supply.programme.blocks import Blocks
from sop_xl.supply.programme.parts import components
from sop_xl.supply.programme.solver import Solver
from sop_xl.supply.programme.start import BASIC, cheapest_sources, for_highs, sampled_prices, starting_basis


def solved_from(programme, basis):
    """The solution from a basis, and the iterations it took."""
    solver = Solver(programme, presolve="off")
    solver._highs.setBasis(for_highs(basis, solver._kept))
    found = solver.solve()
    return found, solver._highs.getInfo().simplex_iteration_count


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    tight=st.sampled_from([0.4, 0.7, 0.9, 1.3]),
    items=st.sampled_from([2, 5, 12, 40]),
    hard=st.booleans(),
)
def test_the_plan_from_the_start_is_the_plan_from_nothing(seed, tight, items, hard):
    programme, coupling = shared_plan(seed, tight=tight, items=items, hard=hard)
    expected = Solver(programme).solve()
    basis = starting_basis(programme, coupling)
    if basis is None:
        assert hard
        return
    assert (basis.columns == BASIC).sum() + (basis.rows == BASIC).sum() == programme.shape[0]
    found, iterations = solved_from(programme, basis)
    assert found.objective == pytest.approx(expected.objective, rel=1e-9)
    assert iterations <= 2


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), error=st.sampled_from([0.0, 0.05, 0.5, 3.0]))
def test_any_prices_lead_to_the_same_plan(seed, error):
    programme, coupling = shared_plan(seed, items=20, months=6)
    expected = Solver(programme).solve()
    prices = expected.prices * (1 + error * np.random.default_rng(seed).uniform(-1, 1, len(expected.prices)))
    basis = starting_basis(programme, coupling, prices)
    found, iterations = solved_from(programme, basis)
    assert found.objective == pytest.approx(expected.objective, rel=1e-9)
    assert iterations <= 2


def test_prices_of_the_plan_itself_leave_little_to_do():
    programme, coupling = shared_plan(3, items=60, months=8)
    solver = Solver(programme, presolve="off")
    expected = solver.solve()
    cold = solver._highs.getInfo().simplex_iteration_count
    source, price = cheapest_sources(programme, programme.cost, np.asarray(coupling, dtype=np.int32))
    reduced = programme.cost - programme.matrix.T @ price
    assert reduced[programme.upper == np.inf].min() > -1e-9
    assert (source >= 0).sum() == (programme.rows["balance"].number >= 0).sum()
    _, warm = solved_from(programme, starting_basis(programme, coupling, expected.prices))
    assert warm < cold / 50


def test_cheapest_sources_are_the_best_plan_where_nothing_is_limited():
    programme, coupling = shared_plan(5)
    own = np.setdiff1d(np.arange(programme.shape[0]), coupling).astype(np.int32)
    low, high = programme.row_lower.copy(), programme.row_upper.copy()
    low[coupling], high[coupling] = -np.inf, np.inf
    loose = replace(programme, row_lower=low, row_upper=high)
    _, price = cheapest_sources(loose, programme.cost, np.asarray(coupling, dtype=np.int32))
    assert price[own] @ programme.row_lower[own] == pytest.approx(Solver(loose).solve().objective, rel=1e-9)


def test_sampled_prices_have_the_sign_of_their_limit():
    programme, coupling = shared_plan(7, items=60, tight=0.5)
    parts = components(programme, coupling)
    hours = programme.rows["hours"].number.ravel()
    found = sampled_prices(programme, parts, hours)
    expected = Solver(programme).solve().prices[hours]
    assert (found <= 0).all() and found.min() < 0
    assert found == pytest.approx(expected, abs=0.5 * np.abs(expected).max())


def test_a_limit_from_below_is_priced_too():
    b = Blocks()
    make = b.add_columns("make", "item", (2,), cost=[1.0, 1.0])
    buy = b.add_columns("buy", "item", (2,), cost=[2.0, 3.0])
    row = b.add_rows("demand", "item", (2,), lower=[4.0, 4.0], upper=[4.0, 4.0])
    contract = b.add_rows("contract", "supplier", (1,), lower=5.0)
    for rows, columns in ((row, make), (row, buy), (contract, buy)):
        b.add_terms(rows, 1.0, columns)
    programme = b.programme()
    programme = replace(programme, lazy=np.zeros(3, dtype=bool))
    found, _ = solved_from(programme, starting_basis(programme, contract))
    assert found.objective == pytest.approx(4 * 2 + 1 * 3 + 3 * 1)
    assert found.prices[2] == pytest.approx(2.0)


def test_rows_left_out_at_first_are_left_out_of_the_start():
    programme, coupling = shared_plan(11, items=20)
    lazy = np.zeros(programme.shape[0], dtype=bool)
    lazy[programme.rows["storage"].number.ravel()] = True
    left = replace(programme, lazy=lazy)
    basis = starting_basis(left, coupling)
    assert (basis.rows[lazy] == BASIC).all()
    found, _ = solved_from(left, basis)
    assert found.objective == pytest.approx(Solver(programme).solve().objective, rel=1e-9)


def test_plans_of_another_kind_have_no_such_start():
    programme, coupling = shared_plan(1)
    assert starting_basis(programme, []) is None  # all items in one part
    whole = np.ones(programme.shape[1], dtype=bool)
    assert starting_basis(replace(programme, whole=whole), coupling) is None


def test_prices_are_one_a_row():
    programme, coupling = shared_plan(1)
    with pytest.raises(InputError, match="rows has a price, got 3"):
        starting_basis(programme, coupling, [1.0, 2.0, 3.0])


def test_the_start_is_the_same_with_one_worker_and_two():
    programme, coupling = shared_plan(2, items=30)
    one, two = (starting_basis(programme, coupling, workers=workers) for workers in (1, 2))
    assert (one.columns == two.columns).all() and (one.rows == two.rows).all()
