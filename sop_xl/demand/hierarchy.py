"""Totals and their parts: splitting a total over children, and rounding children to a whole total.

Reference: [1] Balinski, Young (2001), Fair Representation, 2nd ed., Brookings (largest remainders, Hamilton's method).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sop_xl.demand.smoothing import Floats
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
    weight = np.where(free, value / np.where(largest > 0, largest, 1.0)[code], 0.0)
    total = per_group(weight)
    even = total <= 0
    weight = np.where(even[code], free, weight)
    total = np.where(even, per_group(free.astype(float)), total)
    share = weight / np.where(total > 0, total, 1.0)[code]
    value[free] = (rest[code] * share)[free]
    return value


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
