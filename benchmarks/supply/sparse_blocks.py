"""The model in sparse blocks, as a numerate planner writes it for `scipy.optimize.linprog` or for HiGHS itself.

Every group of decisions is (things, months), laid out month by month within a thing; a block is an incidence matrix of
things times a shift of months (a Kronecker product).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from benchmarks.supply.description import Array, Codes, Description


@dataclass(frozen=True)
class Arrays:
    """Least `cost @ x + given`, `0 <= x <= upper`, `equal @ x = demand`, `most @ x <= limit`; `first` column by group."""

    cost: Array
    upper: Array
    equal: sparse.csr_array
    demand: Array
    most: sparse.csr_array
    limit: Array
    given: float
    first: dict[str, int]


def arrays(d: Description) -> Arrays:
    """The whole model."""
    month = np.arange(d.months)
    with_target = np.flatnonzero(d.target.any(axis=1))
    groups: dict[str, tuple[npt.ArrayLike, npt.ArrayLike]] = {
        "make": (d.make_cost[:, None], np.inf),
        "buy": (d.buy_cost[:, None], _arriving(d.buy_lead, month)),
        "move": (d.move_cost[:, None], _arriving(d.move_lead, month)),
        "sub": (d.sub_cost[:, None], np.minimum(d.sub_most[:, None], _arriving(d.sub_lead, month))),
        "below": ((d.below - d.holding[:, None])[with_target], d.target[with_target]),
        "above": (d.holding[:, None], np.inf),
        "late": (d.late, d.late_most),
        "overtime": (d.overtime_premium[:, None], d.overtime),
        "over": (d.over[:, None], np.inf),
    }
    counts = dict(
        zip(
            groups,
            (
                len(d.make_place), len(d.buy_place), len(d.move_to), len(d.sub_place), len(with_target),
                len(d.holding), len(d.demand), len(d.regular), len(d.storage),
            ),
            strict=True,
        )
    )  # fmt: skip
    cost, upper = (
        np.concatenate([np.broadcast_to(both[k], (counts[name], d.months)).ravel() for name, both in groups.items()])
        for k in (0, 1)
    )
    same, change = sparse.eye_array(d.months), sparse.diags_array([1.0, -1.0], offsets=[0, -1], shape=(d.months,) * 2)
    places, lines, centers = len(d.holding), len(d.regular), len(d.storage)
    into, stock = sparse.eye_array(places), np.arange(places)
    balance = {
        "make": sparse.kron(_incidence(places, d.make_place), same)
        - sparse.kron(_incidence(places, d.part_place, d.part_units, d.part_make, len(d.make_place)), same),
        "buy": _arrivals(places, d.buy_place, d.buy_lead, d.months),
        "move": _arrivals(places, d.move_to, d.move_lead, d.months)
        - sparse.kron(_incidence(places, d.move_from), same),
        "sub": _arrivals(places, d.sub_place, d.sub_lead, d.months),
        "below": sparse.kron(_incidence(places, with_target), change),
        "above": -sparse.kron(into, change),
        "late": sparse.kron(_incidence(places, d.demand_place), change),
    }
    volume = _incidence(centers, d.center, d.volume, stock, places)
    hours = {
        "make": sparse.kron(_incidence(lines, d.make_line, d.make_hours), same),
        "overtime": -sparse.eye_array(lines * d.months),
    }
    supply = {"buy": sparse.kron(_incidence(len(d.supplier_most), d.buy_supplier), same)}
    room = {
        "below": -sparse.kron(volume[:, with_target], same),
        "above": sparse.kron(volume, same),
        "over": -sparse.eye_array(centers * d.months),
    }
    wanted = np.diff(d.target, axis=1, prepend=0.0)
    wanted[:, 0] -= d.opening
    np.add.at(wanted, d.demand_place, d.demand)
    limits = (d.regular, d.supplier_most, d.storage[:, None] - volume @ d.target)
    starts = np.concatenate([[0], np.cumsum(list(counts.values()))]) * d.months
    return Arrays(
        cost=cost,
        upper=upper,
        equal=_row_of_blocks(balance, counts, d.months),
        demand=wanted.ravel(),
        most=sparse.vstack(
            [_row_of_blocks(blocks, counts, d.months) for blocks in (hours, supply, room)], format="csr"
        ),
        limit=np.concatenate([limit.ravel() for limit in limits]),
        given=d.given,
        first=dict(zip(counts, starts[:-1].tolist(), strict=True)),
    )


def _arriving(lead: Codes, month: Codes) -> Array:
    """No limit where an order arrives within the horizon, else 0."""
    return np.where(month + lead[:, None] < len(month), np.inf, 0.0)


def _incidence(
    rows: int, row: Codes, weight: Array | None = None, column: Codes | None = None, columns: int | None = None
) -> sparse.csr_array:
    """What things do to rows: one entry a thing unless `column` says whose they are; row -1 is none."""
    there = row >= 0
    column = np.arange(len(row)) if column is None else column
    weight = np.ones(len(row)) if weight is None else weight
    return sparse.csr_array((weight[there], (row[there], column[there])), shape=(rows, columns or len(row)))


def _arrivals(places: int, place: Codes, lead: Codes, months: int) -> sparse.csr_array:
    """What orders bring to places, so many months after release."""
    found = sparse.csr_array((places * months, len(place) * months))
    for late in np.unique(lead):
        brings = _incidence(places, place, (lead == late).astype(float))
        found = found + sparse.kron(brings, sparse.eye_array(months, k=-int(late)))
    return found


def _row_of_blocks(blocks: dict[str, sparse.sparray], counts: dict[str, int], months: int) -> sparse.csr_array:
    """Blocks side by side, nothing where a group has none."""
    height = next(iter(blocks.values())).shape[0]
    nothing = {name: sparse.csr_array((height, count * months)) for name, count in counts.items()}
    return sparse.hstack([blocks.get(name, nothing[name]) for name in counts], format="csr")
