"""The exact minimum over tables against trying all labels."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_xl.inventory.label_search import minimise


@settings(max_examples=150, deadline=None)
@given(size=st.integers(1, 7), dense=st.floats(0.3, 1.0), seed=st.integers(0, 2**31), forbid=st.booleans())
def test_the_least_of_all_labels(size, dense, seed, forbid):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 4, size)
    unary = [rng.uniform(0, 10, k) for k in sizes]
    pairs = {
        (u, v): np.where(forbid & (rng.random((sizes[u], sizes[v])) < 0.3), 1e4, rng.uniform(0, 10, (sizes[u], sizes[v])))
        for u in range(size) for v in range(u + 1, size) if rng.random() < dense
    }  # fmt: skip
    found = minimise(unary, pairs)
    least = min(
        sum(unary[v][x[v]] for v in range(size)) + sum(t[x[u], x[v]] for (u, v), t in pairs.items())
        for x in product(*(range(k) for k in sizes))
    )
    assert found.proved
    assert found.cost == pytest.approx(least, abs=1e-7)
    chosen = found.labels
    assert found.cost == pytest.approx(
        sum(unary[v][chosen[v]] for v in range(size)) + sum(t[chosen[u], chosen[v]] for (u, v), t in pairs.items())
    )


def frustrated(size, seed):
    """Neighbours that want to differ, all with all: no bound is tight at once."""
    rng = np.random.default_rng(seed)
    pairs = {(u, v): rng.integers(1, 20) * np.eye(3) for u in range(size) for v in range(u + 1, size)}
    return [rng.uniform(0, 40, 3) for _ in range(size)], pairs


def test_frustrated_tables_need_splits_and_are_proved():
    unary, pairs = frustrated(13, 3)
    hurried, found = minimise(unary, pairs, seconds=0.0), minimise(unary, pairs)
    assert found.proved
    assert found.splits > 0
    assert not hurried.proved
    assert hurried.bound <= found.cost <= hurried.cost
    total = 0.0
    for v, costs in enumerate(unary):
        total = total + costs.reshape([3 if k == v else 1 for k in range(13)])
    for (u, v), table in pairs.items():
        total = total + table.reshape([3 if k in (u, v) else 1 for k in range(13)])
    assert found.cost == pytest.approx(total.min())
