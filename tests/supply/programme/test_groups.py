"""Independent groups of a plan."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from shared_plans import shared_plan

from sop_xl.errors import PlanningError
from sop_xl.supply.programme.blocks import Blocks
from sop_xl.supply.programme.bounds import dual_bound
from sop_xl.supply.programme.groups import solve_by_groups
from sop_xl.supply.programme.large import violation
from sop_xl.supply.programme.solver import Solver


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000), groups=st.integers(1, 4), workers=st.sampled_from([1, 2]))
def test_independent_groups_are_solved_exactly(seed, groups, workers):
    each = [shared_plan(seed + k, items=4)[0] for k in range(groups)]
    joined = replace(
        each[0],
        **{
            name: np.concatenate([getattr(p, name) for p in each])
            for name in ("cost", "lower", "upper", "whole", "row_lower", "row_upper", "lazy")
        },
        matrix=sparse.block_diag([p.matrix for p in each], format="csc"),
        columns={},
        rows={},
    )
    found = solve_by_groups(joined, workers=workers)
    assert found.objective == pytest.approx(sum(Solver(p).solve().objective for p in each))
    assert found.bound == pytest.approx(found.objective)
    assert dual_bound(joined, found.prices) == pytest.approx(found.objective)
    assert violation(joined, found.values) <= 1e-6


def test_columns_in_no_row_stand_where_they_cost_least():
    b = Blocks()
    make = b.add_columns("make", "item", (2,), cost=1.0)
    b.add_terms(b.add_rows("demand", "item", (2,), lower=2.0), 1.0, make)
    b.add_columns("idle", "item", (3,), cost=[1.0, -1.0, 0.0], lower=-2.0, upper=5.0)
    found = solve_by_groups(b.programme())
    assert found.values.tolist() == [2.0, 2.0, -2.0, 5.0, 0.0]
    assert found.objective == found.bound == 4.0 - 2.0 - 5.0
    b.add_columns("endless", "item", (1,), cost=-1.0)
    with pytest.raises(PlanningError, match="less the further it goes"):
        solve_by_groups(b.programme())


def test_whole_numbers_in_independent_groups():
    b = Blocks()
    lots = b.add_columns("lots", "item", (3,), cost=[5.0, 4.0, 3.0], whole=True)
    b.add_terms(b.add_rows("demand", "item", (3,), lower=[7.0, 4.0, 9.0]), 4.0, lots)
    found = solve_by_groups(b.programme())
    assert found.values.tolist() == [2.0, 1.0, 3.0]
    assert found.bound == pytest.approx(23.0)
