"""Parts of a programme: what is left connected when the rows that tie everything together are set aside.

A supply plan is one item's plan a thousand times, tied by a few shared rows: hours of resources, storage, what a
supplier delivers over all its items, a budget. Without those *coupling* rows the matrix falls apart into *parts*, each
as small as an item or a family, that can be solved by themselves. Columns that stand in coupling rows only, such as
overtime, belong to no part: they are *free*.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import sparse

from sop_xl.errors import InputError
from sop_xl.supply.programme.blocks import NONE, Mask, Numbers, Programme


@dataclass(frozen=True)
class Parts:
    """The part of each column (-1: free) and of each row (-1: coupling), and how many parts there are."""

    of_column: Numbers
    of_row: Numbers
    count: int

    @cached_property
    def columns(self) -> Sorted:
        """Columns by part."""
        return Sorted.by(self.of_column, self.count)

    @cached_property
    def rows(self) -> Sorted:
        """Rows by part."""
        return Sorted.by(self.of_row, self.count)

    @property
    def largest(self) -> int:
        """Columns of the largest part."""
        return int(np.diff(self.columns.first).max(initial=0))

    def batches(self, order: Numbers, size: int) -> list[Numbers]:
        """Parts in the order given, together until they have `size` columns."""
        if not len(order):
            return []
        reached = np.cumsum(np.diff(self.columns.first)[order])
        batch = (reached - 1) // size
        return np.split(order, np.flatnonzero(np.diff(batch)) + 1)


@dataclass(frozen=True)
class Sorted:
    """Numbers in the order of their part; those of part p stand from `first[p]` up to `first[p + 1]`."""

    numbers: Numbers
    first: npt.NDArray[np.int64]

    @classmethod
    def by(cls, part: Numbers, count: int) -> Sorted:
        """Sort by part; what has none stands before all."""
        order = np.argsort(part, kind="stable").astype(np.int32)
        return cls(order, np.searchsorted(part[order], np.arange(count + 1)))

    def of(self, parts: Numbers) -> Numbers:
        """The numbers of some parts, part after part."""
        return np.concatenate(
            [*(self.numbers[self.first[p] : self.first[p + 1]] for p in parts), np.empty(0, dtype=np.int32)]
        )


def components(programme: Programme, coupling: npt.ArrayLike = ()) -> Parts:
    """Find the parts of a programme that no row ties, once the coupling rows are set aside.

    Parameters
    ----------
    programme
        The programme.
    coupling
        Numbers of the coupling rows; none where only truly independent parts are looked for.

    Raises
    ------
    InputError
        If a coupling row is none of the programme's.

    Examples
    --------
    Two items of one column each, and a row that ties them:

    >>> from sop_xl.supply.programme.blocks import Blocks
    >>> b = Blocks()
    >>> make = b.add_columns("make", "item", (2,))
    >>> b.add_terms(b.add_rows("demand", "item", (2,), lower=1.0), 1.0, make)
    >>> b.add_terms(b.add_rows("hours", "resource", (1,), upper=3.0), 1.0, make)
    >>> components(b.programme()).count, components(b.programme(), coupling=[2]).count
    (1, 2)

    """
    from scipy.sparse.csgraph import connected_components

    height, width = programme.shape
    tied = _marked(coupling, height)
    kept = sparse.csc_array(programme.matrix) if not tied.any() else _rows_kept(programme.matrix, ~tied)
    column = np.repeat(np.arange(width, dtype=np.int32), np.diff(kept.indptr))
    graph = sparse.coo_array(
        (np.ones(len(column), dtype=np.int8), (column, kept.indices + np.int32(width))), shape=(width + height,) * 2
    )
    _, label = connected_components(graph.tocsr(), directed=False)
    alone = np.diff(kept.indptr) == 0
    label = np.where(np.concatenate([alone, tied]), NONE, label)
    there = np.unique(label[label >= 0])
    number = np.full(width + height + 1, NONE, dtype=np.int32)
    number[there] = np.arange(len(there), dtype=np.int32)
    return Parts(of_column=number[label[:width]], of_row=number[label[width:]], count=len(there))


def owners(programme: Programme, owner_of: Mapping[str, npt.ArrayLike]) -> Numbers:
    """Find the owner of each column, such as its item, from what its block is of; -1 where it has none.

    Parameters
    ----------
    programme
        The programme.
    owner_of
        By what blocks are of, such as `place`: the number of the owner of each of them.

    Examples
    --------
    >>> from sop_xl.supply.programme.blocks import Blocks
    >>> b = Blocks()
    >>> stock, over = b.add_columns("stock", "place", (3, 2)), b.add_columns("overtime", "resource", (1, 2))
    >>> owners(b.programme(), {"place": [7, 7, 8]})
    array([ 7,  7,  7,  7,  8,  8, -1, -1], dtype=int32)

    """
    found = np.full(programme.shape[1], NONE, dtype=np.int32)
    for block in programme.columns.values():
        if block.of in owner_of:
            owner = np.asarray(owner_of[block.of]).reshape((-1,) + (1,) * (block.number.ndim - 1))
            there = block.number >= 0
            found[block.number[there]] = np.broadcast_to(owner, block.number.shape)[there]
    return found


def tying_rows(programme: Programme, owner: npt.ArrayLike) -> Numbers:
    """Find the rows that tie columns of different owners: the coupling rows of parts one wants.

    Parameters
    ----------
    programme
        The programme.
    owner
        Number of the owner of each column, such as its item; -1 where it has none, such as overtime.

    Raises
    ------
    InputError
        If there is not one owner a column.

    Examples
    --------
    >>> from sop_xl.supply.programme.blocks import Blocks
    >>> b = Blocks()
    >>> make = b.add_columns("make", "item", (2,))
    >>> b.add_terms(b.add_rows("demand", "item", (2,), lower=1.0), 1.0, make)
    >>> b.add_terms(b.add_rows("hours", "resource", (1,), upper=3.0), 1.0, make)
    >>> tying_rows(b.programme(), owner=[0, 1])
    array([2], dtype=int32)

    """
    of = np.asarray(owner)
    if of.shape != programme.cost.shape:
        raise InputError(f"each of {len(programme.cost)} columns has an owner, got {of.size}")
    entry = np.repeat(of, np.diff(programme.matrix.indptr))
    row, entry = programme.matrix.indices[entry >= 0], entry[entry >= 0]
    least = np.full(programme.shape[0], np.iinfo(np.int64).max)
    most = np.full(programme.shape[0], -1)
    np.minimum.at(least, row, entry)
    np.maximum.at(most, row, entry)
    return np.flatnonzero(most > least).astype(np.int32)


def rows_named(programme: Programme, kinds: Sequence[str]) -> Numbers:
    """Number the rows of some kinds, such as `["resource_hours", "storage"]`; kinds that are not there add none."""
    found = [programme.rows[kind].number for kind in kinds if kind in programme.rows]
    return np.concatenate([*(number[number >= 0] for number in found), np.empty(0, dtype=np.int32)])


def cut(programme: Programme, rows: Numbers, columns: Numbers) -> Programme:
    """Cut a programme out of another: the columns given, in the rows given."""
    return Programme(
        cost=programme.cost[columns],
        lower=programme.lower[columns],
        upper=programme.upper[columns],
        whole=programme.whole[columns],
        row_lower=programme.row_lower[rows],
        row_upper=programme.row_upper[rows],
        matrix=cut_matrix(programme.matrix, rows, columns),
        columns={},
        rows={},
        lazy=programme.lazy[rows],
    )


def cut_matrix(matrix: sparse.csc_array, rows: Numbers, columns: Numbers) -> sparse.csc_array:
    """Cut a matrix: the columns given, in the rows given; entries in other rows fall away."""
    place = np.full(matrix.shape[0], NONE, dtype=np.int32)
    place[rows] = np.arange(len(rows), dtype=np.int32)
    part = matrix[:, columns]
    index = place[part.indices]
    if (index >= 0).all():
        return sparse.csc_array((part.data, index, part.indptr), shape=(len(rows), len(columns)))
    return _rows_kept(sparse.csc_array((part.data, index, part.indptr), shape=part.shape), None, len(rows))


def _rows_kept(matrix: sparse.csc_array, kept: Mask | None, height: int | None = None) -> sparse.csc_array:
    """Keep the entries of some rows, or those with a row number at all."""
    there = matrix.indices >= 0 if kept is None else kept[matrix.indices]
    first = np.concatenate([[0], np.cumsum(there)])[matrix.indptr].astype(np.int32)
    shape = (matrix.shape[0] if height is None else height, matrix.shape[1])
    return sparse.csc_array((matrix.data[there], matrix.indices[there], first), shape=shape)


def _marked(coupling: npt.ArrayLike, height: int) -> Mask:
    rows = np.asarray(coupling, dtype=np.int64).ravel()
    wrong = rows[(rows < 0) | (rows >= height)]
    if len(wrong):
        raise InputError(f"coupling row {wrong[0]} is none of the programme's {height} rows")
    marked = np.zeros(height, dtype=bool)
    marked[rows] = True
    return marked
