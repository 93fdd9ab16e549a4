"""Rounding to the cent so that what is shown adds up.

Numbers rounded one by one need not add up to their rounded total. The largest-remainder rule gives every part the whole
cents below it, and hands the cents still missing to the parts with the largest remainders: no part moves by a cent or
more, and the sum is the total.

References
----------
[1] M. Balinski, H. Young: Fair Representation, 2nd ed., Brookings 2001: Hamilton's method, of the largest remainders.
[2] L. Cox, L. Ernst (1982): Controlled rounding, INFOR 20(4), 423-432.

"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from sop_xl.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

Cents = npt.NDArray[np.int64]
"""Whole cents: sums of them are exact in any order."""

MOST_CENTS = 2**53
"""A float holds whole cents up to here, 90 trillion of money; above, no sum would be exact to the cent."""

_NOISE = 6
"""Digits of a cent that count: what floating point adds behind them does not make a half."""


def cents(name: str, money: npt.ArrayLike) -> Cents:
    """Money to the nearest whole cent, halves to even.

    Parameters
    ----------
    name
        What the money is, for the sentence that refuses it.
    money
        Amounts [money], any shape.

    Raises InputError for a missing amount, and for one too large to be held to the cent.

    >>> cents("revenue", [1.005, 2.675, -0.014]).tolist()
    [100, 268, -1]

    """
    rounded: Cents = np.rint(_scaled(name, money)).astype(np.int64)
    return rounded


def largest_remainder(name: str, parts: npt.ArrayLike, total: npt.ArrayLike | None = None) -> Cents:
    """Parts in whole cents that add up to the total: the method of the largest remainders [1].

    Parameters
    ----------
    name
        What the parts are, for the sentence that refuses them.
    parts
        Amounts [money], shape (..., parts): each row is rounded by itself.
    total
        What each row adds up to [cents], shape (...); without it the sum of the row, to the nearest cent.

    A part of 0 stays 0 as long as another part is not. Equal remainders go to the part that stands first. Where the
    total is the sum of the parts, to the cent, no part moves by a cent or more.

    Raises InputError for a missing or too large amount.

    >>> largest_remainder("thirds", [1 / 3, 1 / 3, 1 / 3, 0.0]).tolist()
    [34, 33, 33, 0]

    """
    exact = _scaled(name, parts)
    if exact.shape[-1] == 0:
        return exact.astype(np.int64)
    wanted = np.rint(np.round(exact.sum(axis=-1), _NOISE)) if total is None else np.asarray(total)
    below = np.floor(exact)
    takes = exact != 0
    takes |= ~takes.any(axis=-1, keepdims=True)
    missing = wanted.astype(np.int64) - below.astype(np.int64).sum(axis=-1)
    each, rest = np.divmod(missing, takes.sum(axis=-1))
    order = np.argsort(np.where(takes, below - exact, 2.0), axis=-1, kind="stable")
    rank = np.argsort(order, axis=-1, kind="stable")
    more = np.where(takes, each[..., None] + (rank < rest[..., None]), 0)
    rounded: Cents = below.astype(np.int64) + more.astype(np.int64)
    return rounded


def rounded_within(values: pd.Series, groups: Sequence[pd.Series] = ()) -> pd.Series:
    """Money of a column in cents, so that every group adds up to its own rounded sum.

    Parameters
    ----------
    values
        Amounts [money].
    groups
        Keys of the groups, one column each, with the index of the amounts; none is one group of all.

    Raises InputError for a missing or too large amount.

    >>> halves = pd.Series([0.125, 0.125, 0.25, 1 / 3, 1 / 3], name="cost")
    >>> rounded_within(halves, [pd.Series(["A", "A", "A", "B", "B"])]).tolist()
    [0.13, 0.12, 0.25, 0.34, 0.33]

    """
    if values.empty:
        return values.astype("float64")
    exact = _scaled(str(values.name or "money"), values)
    keys = pd.DataFrame({number: column.to_numpy() for number, column in enumerate(groups)}, index=range(len(values)))
    group = (
        keys.groupby(list(keys), sort=False, dropna=False).ngroup().to_numpy() if groups else np.zeros(len(values), int)
    )
    below = np.floor(exact)
    number = int(group.max()) + 1
    sums, floors = np.bincount(group, exact, number), np.bincount(group, below, number)
    missing = np.rint(np.round(sums, _NOISE)) - floors
    order = np.lexsort((below - exact, group))
    first = np.cumsum(np.bincount(group, minlength=number)) - np.bincount(group, minlength=number)
    rank = np.empty(len(values), dtype=int)
    rank[order] = np.arange(len(values)) - first[group[order]]
    whole = below + (rank < missing[group])
    return pd.Series(whole / 100, index=values.index, name=values.name)


def money(whole: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Cents as money."""
    shown: npt.NDArray[np.float64] = np.asarray(whole, dtype="float64") / 100
    return shown


def _scaled(name: str, amounts: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Amounts in cents, without the noise of floating point."""
    values = np.asarray(amounts, dtype="float64")
    if not np.isfinite(values).all():
        raise InputError(f"{name} must be a number, got {values[~np.isfinite(values)].flat[0]:g}")
    if np.abs(values).sum() * 100 > MOST_CENTS:
        raise InputError(
            f"{name} comes to {np.abs(values).sum():,.0f}, more than can be held to the cent; plan in thousands"
        )
    scaled: npt.NDArray[np.float64] = np.round(values * 100, _NOISE)
    return scaled
