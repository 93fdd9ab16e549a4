"""A start by the first-order method."""

from __future__ import annotations

import numpy as np
import pytest
from shared_plans import shared_plan

from sop_xl.supply.programme.first_order import first_order
from sop_xl.supply.programme.solver import Solver


def test_values_and_prices_come_near_the_best_ones():
    programme, _ = shared_plan(31)
    best = Solver(programme).solve()
    values, prices = first_order(programme, 1e-7, seconds=30)
    assert programme.cost @ values == pytest.approx(best.objective, rel=1e-4)
    assert programme.matrix @ values == pytest.approx(programme.matrix @ best.values, abs=0.5)
    assert prices.shape == programme.row_lower.shape


def test_values_keep_the_limits_of_columns():
    programme, _ = shared_plan(32)
    values, _ = first_order(programme, 1e-1, seconds=10)
    assert (values >= programme.lower).all()
    assert (values <= programme.upper).all()


def test_rows_left_out_have_no_price():
    programme, _ = shared_plan(33)
    out = np.zeros(programme.shape[0], dtype=bool)
    out[programme.rows["storage"].number] = True
    _, prices = first_order(programme, 1e-5, seconds=10, left_out=out)
    assert (prices[out] == 0).all()
    assert prices[~out].any()


def test_where_one_method_is_stuck_another_goes_on():
    programme, _ = shared_plan(
        3983, items=2, months=2, components=2, machines=1, tight=1.5, hard=True
    )  # the quicker method stays at nought for ever
    values, _ = first_order(programme, 1e-5, seconds=20)
    assert programme.cost @ values == pytest.approx(Solver(programme).solve().objective, rel=1e-3)
