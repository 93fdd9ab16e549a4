"""Totals and their parts: splitting a total over children, and rounding children to a whole total.

Reference: [1] Balinski, Young (2001), Fair Representation, 2nd ed., Brookings (largest remainders, Hamilton's method).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sop_xl.demand.forecasting.smoothing import Floats
from sop_xl.errors import InputError


def disaggregate(
    target: ArrayLike, base: ArrayLike, *, group: ArrayLike | None = None, locked: ArrayLike | None = None
) -> Floats:
    """Split totals over children in proportion to `base`, leaving locked children alone.

    Parameters
    ----------
    target
        total of each group [units]; one number where there is no `group`
    base
        present value of each child [units], shape (children,)
    group
        number of each child's group, 0 to groups - 1, shape (children,)
    locked
        children that keep their value, shape (children,)

    Children without any positive sum share equally. The children of a group sum to its target, except where locked
    children alone exceed it (the others are then 0) or all are locked.

    >>> disaggregate(100, [10, 30, 0]), disaggregate(9, [0, 0, 0]), disaggregate(100, [40, 30, 10], locked=[1, 0, 0])
    (array([25., 75.,  0.]), array([3., 3., 3.]), array([40., 45., 15.]))

    """
    value = np.array(base, dtype=float)
    goal = np.atleast_1d(np.asarray(target, dtype=float))
    code = np.zeros(len(value), dtype=np.int64) if group is None else np.asarray(group, dtype=np.int64)
    if not (np.isfinite(value).all() and np.isfinite(goal).all()):
        raise InputError("a split needs finite totals and parts")
    if len(code) and code.max() >= len(goal):
        raise InputError(f"there are {len(goal)} totals for {code.max() + 1} groups")
    free = np.ones(len(value), dtype=bool) if locked is None else ~np.asarray(locked, dtype=bool)

    def per_group(values: Floats) -> Floats:
        return np.bincount(code, weights=values, minlength=len(goal)).astype(float)

    kept = per_group(np.where(free, 0.0, value))
    rest = goal - kept
    rest = np.where((kept != 0) & (goal >= 0), np.maximum(rest, 0.0), rest)
    largest = np.zeros(len(goal))
    np.maximum.at(largest, code[free], np.abs(value[free]))
    weight = np.where(free, value, 0.0) / np.where(largest > 0, largest, 1.0)[code]
    total = per_group(weight)
    even = total <= 0
    weight = np.where(even[code], free, weight)
    total = np.where(even, per_group(free.astype(float)), total)
    share = weight / np.where(total > 0, total, 1.0)[code]
    value[free] = (rest[code] * share)[free]
    return value


def disaggregate_by_last_year(
    target: ArrayLike,
    base: ArrayLike,
    last_year: ArrayLike,
    *,
    group: ArrayLike | None = None,
    locked: ArrayLike | None = None,
) -> Floats:
    """Split totals as `disaggregate` does, but children that are all 0 share as they sold a year ago.

    Parameters
    ----------
    target, base, group, locked
        as in `disaggregate`
    last_year
        units of each child in the same month of last year [units], shape (children,)

    Where last year has nothing for the children of a group either, they share equally.

    >>> disaggregate_by_last_year([40, 10], [0, 0, 5, 5], [3, 1, 9, 1], group=[0, 0, 1, 1])
    array([30., 10.,  5.,  5.])

    """
    value, past = np.asarray(base, dtype=float), np.asarray(last_year, dtype=float)
    if past.shape != value.shape or not np.isfinite(past).all():
        raise InputError("a split by last year needs a finite number of last year for every part")
    free = np.ones(len(value), dtype=bool) if locked is None else ~np.asarray(locked, dtype=bool)
    code = np.zeros(len(value), dtype=np.int64) if group is None else np.asarray(group, dtype=np.int64)
    present = np.bincount(code, weights=np.where(free, np.maximum(value, 0.0), 0.0))
    stand_in = free & (present[code] <= 0)
    return disaggregate(target, np.where(stand_in, np.maximum(past, 0.0), value), group=code, locked=locked)


def round_nested(values: ArrayLike, levels: Sequence[ArrayLike]) -> Floats:
    """Whole numbers next to `values` whose sums are next to the true sum at every level, by largest remainder.

    Parameters
    ----------
    values
        shape (children,) [units]
    levels
        group of each child at each level, from the broadest to the narrowest, each level splitting the one before

    The sums of the broadest level are rounded to the nearest whole number. Each is then shared by its groups of the
    next level, every one of them its own sum rounded down or up, and so on to the children: rounding the total, the
    families and the items gives one and the same plan. Source: [1], applied level by level.

    >>> round_nested([0.4, 0.4, 0.4, 1.4, 1.4], [[0, 0, 0, 0, 0], [0, 0, 0, 1, 1]])
    array([1., 0., 0., 2., 1.])

    """
    value = np.asarray(values, dtype=float)
    if not np.isfinite(value).all():
        raise InputError("only finite numbers can be rounded to a total")
    if not len(value):
        return value.copy()
    if not levels:
        raise InputError("rounding over levels needs at least one level of groups")
    codes = [np.unique(np.asarray(level), return_inverse=True)[1].ravel().astype(np.int64) for level in levels]
    codes.append(np.arange(len(value)))
    for place, (broad, narrow) in enumerate(pairwise(codes)):
        if len(broad) != len(value):
            raise InputError(f"level {place + 1} groups {len(broad)} parts, there are {len(value)}")
        if len(np.unique(broad + narrow * (broad.max() + 1))) != narrow.max() + 1:
            raise InputError(f"level {place + 2} is not nested in level {place + 1}: one of its groups has two parents")
    # sums are taken child by child: sums of the children's floors then never exceed the floor of their parent
    parents = [_parent_of(broad, narrow) for broad, narrow in pairwise(codes)]
    floors, rests = [np.floor(value)], [value - np.floor(value)]
    for parent in reversed(parents):
        whole = np.bincount(parent, weights=floors[0])
        rest = np.bincount(parent, weights=rests[0])
        floors.insert(0, whole)
        rests.insert(0, rest)
    agreed = floors[0] + np.floor(rests[0] + 0.5 + 1e-9)
    for level, parent in enumerate(parents, start=1):
        agreed = _largest_remainders(floors[level], rests[level], parent, agreed)
    return np.asarray(agreed + 0.0)


def _parent_of(broad: NDArray[np.int64], narrow: NDArray[np.int64]) -> NDArray[np.int64]:
    """The broad group in which each narrow one lies."""
    parent = np.zeros(narrow.max() + 1, dtype=np.int64)
    parent[narrow] = broad
    return parent


def _largest_remainders(floor: Floats, rest: Floats, parent: NDArray[np.int64], target: Floats) -> Floats:
    """Values `floor + rest` made whole so that they sum to the target of their parent."""
    carried = np.floor(rest)
    whole, remainder = floor + carried, rest - carried
    count = np.bincount(parent, minlength=len(target))
    each, extra = np.divmod(target - np.bincount(parent, weights=whole, minlength=len(target)), count)
    order = np.lexsort((np.arange(len(rest)), -remainder.round(9), parent))
    start = np.searchsorted(parent[order], np.arange(len(target)))
    rank = np.empty(len(rest), dtype=np.int64)
    rank[order] = np.arange(len(rest)) - start[parent[order]]
    return np.asarray(whole + each[parent] + (rank < extra[parent]))


def round_to_total(values: ArrayLike, group: ArrayLike | None = None) -> Floats:
    """Whole numbers next to `values` that sum to the rounded total of each group, by largest remainder.

    Parameters
    ----------
    values
        shape (children,) [units]
    group
        group of each child; None is one group

    A half rounds up; equal remainders go to the earlier child. Source: [1].

    >>> round_to_total([1.4, 1.4, 1.2])
    array([2., 1., 1.])

    """
    value = np.asarray(values, dtype=float)
    if not np.isfinite(value).all():
        raise InputError("only finite numbers can be rounded to a total")
    if not len(value):
        return value.copy()
    code: NDArray[np.int64] = np.zeros(len(value), dtype=np.int64)
    if group is not None:
        code = np.unique(np.asarray(group), return_inverse=True)[1].ravel().astype(np.int64)
    whole = np.floor(value + 1e-9)
    remainder = value - whole
    missing = np.floor(np.bincount(code, weights=value) + 0.5 + 1e-9) - np.bincount(code, weights=whole)
    order = np.lexsort((np.arange(len(value)), -remainder.round(9), code))
    start = np.searchsorted(code[order], np.arange(len(missing)))
    rank = np.arange(len(value)) - start[code[order]]
    whole[order] += rank < missing[code[order]]
    return np.asarray(whole + 0.0)
