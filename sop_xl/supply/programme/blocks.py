"""A linear programme in blocks: variables and rows are arrays of numbers, terms are added array by array.

`Blocks` is what the constraints of a plan are declared with. One declaration has two faces: `Programme`, arrays that go
to the solver whole (`solver`), and a readable PuLP problem with a name on every variable and row (`readable`).

A *block* holds the columns (variables) or rows of one kind, such as `order` or `stock_balance`, one a thing and month;
the number is -1 where there is none, and a term that meets a -1 falls away. So a block may be indexed with any array,
and what lies outside of the plan needs no special case.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy import sparse

Array = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]

NONE = -1
"""The number of a variable or row that does not exist."""


@dataclass(frozen=True)
class Block:
    """Columns or rows of one kind: what each is of, and its number in the programme, -1 where there is none.

    `of` names what the first axis counts, such as `place`; the second counts months where there is one.
    """

    of: str
    number: Numbers


@dataclass(frozen=True)
class Programme:
    """A programme as arrays: least `cost @ x`, `lower <= x <= upper`, `row_lower <= matrix @ x <= row_upper`.

    `offset` is added to the objective. `whole` marks columns that take whole numbers, `lazy` rows that seldom bind: a
    solver may leave them out until a solution breaks them. `columns` and `rows` are the blocks by kind.
    """

    cost: Array
    lower: Array
    upper: Array
    whole: Mask
    row_lower: Array
    row_upper: Array
    matrix: sparse.csc_array
    columns: dict[str, Block]
    rows: dict[str, Block]
    lazy: Mask = field(default_factory=lambda: np.empty(0, dtype=bool))
    offset: float = 0.0

    def __post_init__(self) -> None:
        if len(self.lazy) != len(self.row_lower):
            object.__setattr__(self, "lazy", np.zeros(len(self.row_lower), dtype=bool))

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self.row_lower), len(self.cost)


class Blocks:
    """A programme under construction.

    Two months, demand 3 and 5, at most 4 made a month at a cost of 1, stock at a cost of 0.1:

    >>> b = Blocks()
    >>> make = b.add_columns("make", "item", (1, 2), cost=1.0, upper=4.0)
    >>> stock = b.add_columns("stock", "item", (1, 2), cost=0.1)
    >>> row = b.add_rows("balance", "item", (1, 2), lower=[[3.0, 5.0]], upper=[[3.0, 5.0]])
    >>> b.add_terms(row, 1.0, make)
    >>> b.add_terms(row, -1.0, stock)
    >>> b.add_terms(row[:, 1:], 1.0, stock[:, :-1])
    >>> b.programme().matrix.toarray()
    array([[ 1.,  0., -1.,  0.],
           [ 0.,  1.,  1., -1.]])

    """

    def __init__(self) -> None:
        self.columns: dict[str, Block] = {}
        self.rows: dict[str, Block] = {}
        self._width = self._height = 0
        self._cost: list[Array] = []
        self._lower: list[Array] = []
        self._upper: list[Array] = []
        self._whole: list[Mask] = []
        self._row_lower: list[Array] = []
        self._row_upper: list[Array] = []
        self._lazy: list[Mask] = []
        self._entries: list[tuple[Numbers, Array, Numbers]] = []
        self._given: list[tuple[Numbers, Array]] = []
        self.offset = 0.0

    def add_columns(
        self,
        kind: str,
        of: str,
        shape: tuple[int, ...],
        *,
        cost: npt.ArrayLike = 0.0,
        lower: npt.ArrayLike = 0.0,
        upper: npt.ArrayLike = np.inf,
        where: Mask | None = None,
        whole: bool = False,
    ) -> Numbers:
        """Add a block of variables and return their numbers; costs and bounds are broadcast to its shape."""
        number, count = _numbered(shape, where, self._width)
        self.columns[kind] = Block(of, number)
        self._width += count
        for kept, given in ((self._cost, cost), (self._lower, lower), (self._upper, upper)):
            kept.append(_filled(given, shape, where))
        self._whole.append(np.full(count, whole))
        return number

    def add_rows(
        self,
        kind: str,
        of: str,
        shape: tuple[int, ...],
        *,
        lower: npt.ArrayLike = -np.inf,
        upper: npt.ArrayLike = np.inf,
        where: Mask | None = None,
        lazy: bool = False,
    ) -> Numbers:
        """Add a block of rows and return their numbers; bounds are broadcast to its shape."""
        number, count = _numbered(shape, where, self._height)
        self.rows[kind] = Block(of, number)
        self._height += count
        self._row_lower.append(_filled(lower, shape, where))
        self._row_upper.append(_filled(upper, shape, where))
        self._lazy.append(np.full(count, lazy))
        return number

    def add_terms(self, rows: npt.ArrayLike, coefficient: npt.ArrayLike, columns: npt.ArrayLike) -> None:
        """Add terms to rows; the three are broadcast, and those without a row, column or weight fall away."""
        row, weight, column = np.broadcast_arrays(
            np.asarray(rows, dtype=np.int32),
            np.asarray(coefficient, dtype=np.float64),
            np.asarray(columns, dtype=np.int32),
        )
        there = (row >= 0) & (column >= 0) & (weight != 0)
        if there.all():
            self._entries.append((row.ravel(), weight.ravel(), column.ravel()))
        elif there.any():
            self._entries.append((row[there], weight[there], column[there]))

    def add_constant(self, rows: npt.ArrayLike, amount: npt.ArrayLike) -> None:
        """Add what does not depend on any variable to the left of rows."""
        row, given = np.broadcast_arrays(np.asarray(rows, dtype=np.int32), np.asarray(amount, dtype=np.float64))
        there = (row >= 0) & (given != 0)
        if there.any():
            self._given.append((row[there], given[there]))

    def programme(self) -> Programme:
        """The arrays of the programme; entries that meet in one place are summed."""
        rows, weights, columns = (
            (np.concatenate(part) if part else np.empty(0))
            for part in (zip(*self._entries, strict=True) if self._entries else ((), (), ()))
        )
        matrix = sparse.coo_array(
            (weights.astype(np.float64), (rows.astype(np.int32), columns.astype(np.int32))),
            shape=(self._height, self._width),
        ).tocsc()
        given = np.zeros(self._height)
        for row, amount in self._given:
            np.add.at(given, row, amount)
        return Programme(
            cost=_joined(self._cost),
            lower=_joined(self._lower),
            upper=_joined(self._upper),
            whole=np.concatenate([*self._whole, np.empty(0, dtype=bool)]),
            row_lower=_joined(self._row_lower) - given,
            row_upper=_joined(self._row_upper) - given,
            matrix=matrix,
            columns=self.columns,
            rows=self.rows,
            lazy=np.concatenate([*self._lazy, np.empty(0, dtype=bool)]),
            offset=self.offset,
        )


def _numbered(shape: tuple[int, ...], where: Mask | None, first: int) -> tuple[Numbers, int]:
    """Numbers from `first` on, -1 where there is none, and how many."""
    if where is None:
        count = int(np.prod(shape))
        return np.arange(first, first + count, dtype=np.int32).reshape(shape), count
    there = np.broadcast_to(where, shape)
    number = np.full(shape, NONE, dtype=np.int32)
    count = int(there.sum())
    number[there] = np.arange(first, first + count, dtype=np.int32)
    return number, count


def _filled(value: npt.ArrayLike, shape: tuple[int, ...], where: Mask | None) -> Array:
    full = np.broadcast_to(np.asarray(value, dtype=np.float64), shape)
    return full.ravel() if where is None else full[np.broadcast_to(where, shape)]


def _joined(parts: list[Array]) -> Array:
    return np.concatenate(parts) if parts else np.empty(0)
