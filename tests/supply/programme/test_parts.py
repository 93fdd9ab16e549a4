"""Parts of a programme."""

from __future__ import annotations

import numpy as np
import pytest
from shared_plans import shared_plan

from sop_xl.errors import InputError
from sop_xl.supply.programme.parts import components, cut, owners, rows_named, tying_rows


def test_items_are_the_parts_and_what_they_share_is_free():
    programme, coupling = shared_plan(1, items=7, months=3)
    parts = components(programme, coupling)
    assert parts.count == 7
    assert sorted(np.flatnonzero(parts.of_row < 0)) == sorted(coupling)
    for kind in ("overtime", "overflow", "buy", "parts"):
        assert (parts.of_column[programme.columns[kind].number] == -1).all()
    for kind in ("make", "stock", "late"):
        numbers = programme.columns[kind].number
        assert (parts.of_column[numbers] == parts.of_column[numbers[:, :1]]).all()
        assert len(set(parts.of_column[numbers[:, 0]])) == 7


def test_no_entry_of_a_part_lies_in_a_row_of_another():
    programme, coupling = shared_plan(2)
    parts = components(programme, coupling)
    entry = programme.matrix.tocoo()
    row, column = parts.of_row[entry.row], parts.of_column[entry.col]
    assert (row[row >= 0] == column[row >= 0]).all()


def test_without_coupling_rows_a_tied_plan_is_one_part():
    programme, _ = shared_plan(3)
    parts = components(programme)
    assert len(set(parts.of_column[programme.columns["make"].number].ravel())) == 1
    assert (parts.of_row >= 0).all()


def test_parts_do_not_depend_on_the_order_of_rows_and_columns():
    programme, coupling = shared_plan(4)
    g = np.random.default_rng(0)
    rows, columns = (g.permutation(n).astype(np.int32) for n in programme.shape)
    mixed = cut(programme, rows, columns)
    found = components(mixed, np.flatnonzero(np.isin(rows, coupling))).of_column
    expected = components(programme, coupling).of_column[columns]
    pairs = set(zip(found.tolist(), expected.tolist(), strict=True))
    assert len(pairs) == len(set(found.tolist())) == len(set(expected.tolist()))


def test_batches_hold_every_part_once_and_reach_their_size():
    programme, coupling = shared_plan(5, items=20)
    parts = components(programme, coupling)
    order = np.random.default_rng(1).permutation(20).astype(np.int32)
    batches = parts.batches(order, 30)
    assert np.concatenate(batches).tolist() == order.tolist()
    assert max(len(b) for b in batches) == 3
    assert parts.batches(order[:0], 30) == []


def test_owners_tell_the_rows_that_tie():
    programme, coupling = shared_plan(6)
    found = tying_rows(programme, owners(programme, {"item": np.arange(12)}))
    shared = rows_named(programme, ["hours", "storage", "components", "no such kind"])
    assert set(found) <= set(shared.tolist()) <= set(coupling.tolist())
    assert (components(programme, found).of_column[programme.columns["make"].number] >= 0).all()
    assert len(set(components(programme, found).of_column[programme.columns["make"].number].ravel())) == 12


def test_a_coupling_row_that_is_not_there_is_named():
    programme, _ = shared_plan(7)
    with pytest.raises(InputError, match="coupling row 100000 is none of the programme's"):
        components(programme, [100000])
    with pytest.raises(InputError, match="columns has an owner, got 2"):
        tying_rows(programme, [1, 2])


def test_a_cut_is_the_matrix_cut():
    programme, _ = shared_plan(8)
    g = np.random.default_rng(3)
    rows = g.permutation(programme.shape[0])[:20].astype(np.int32)
    columns = g.permutation(programme.shape[1])[:30].astype(np.int32)
    part = cut(programme, rows, columns)
    assert np.array_equal(part.matrix.toarray(), programme.matrix.toarray()[np.ix_(rows, columns)])
    assert np.array_equal(part.cost, programme.cost[columns])
    assert np.array_equal(part.row_upper, programme.row_upper[rows])
