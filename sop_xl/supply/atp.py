"""Available to promise: what can still be sold of what is there and coming.

References
----------
[1] Vollmann, Berry, Whybark & Jacobs, Manufacturing Planning and Control for Supply Chain Management, 5th ed.,
    chapter 8: discrete and cumulative available-to-promise with look-ahead.

"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sop_xl.errors import InputError
from sop_xl.supply.network import Array


def discrete_atp(receipts: pd.Series, orders: pd.Series, opening: float) -> pd.Series:
    """Available to promise of each receipt: the receipt less the orders booked until the next one, [1].

    Orders that a receipt cannot cover are taken from the nearest receipt before it that has units left, so that no
    figure is negative unless more is booked than will ever be there; then the first month shows how much.

    Parameters
    ----------
    receipts
        Units arriving, by month [units].
    orders
        Units booked by customers, by month [units].
    opening
        Stock before the first month [units].

    Returns
    -------
    Series
        Units still to promise, in the month of each receipt; 0 in months without one [units].

    Raises
    ------
    InputError
        If a quantity is negative or missing, or the months differ.

    >>> receipts = pd.Series([0.0, 50.0, 0.0, 50.0])
    >>> discrete_atp(receipts, pd.Series([10.0, 20.0, 15.0, 60.0]), 30.0).tolist()
    [20.0, 5.0, 0.0, 0.0]

    """
    supply, booked = _checked(receipts, orders)
    supply[0] += opening
    left = np.zeros_like(supply)
    starts = [month for month in range(len(supply)) if month == 0 or supply[month] > 0]
    for start, end in zip(starts, [*starts[1:], len(supply)], strict=True):
        left[start] = supply[start] - booked[start:end].sum()
    for later, start in reversed(list(enumerate(starts))[1:]):
        missing = min(left[start], 0.0)
        left[start] -= missing
        left[starts[later - 1]] += missing
    return pd.Series(left, index=receipts.index, name="atp")


def cumulative_atp(receipts: pd.Series, orders: pd.Series, opening: float) -> pd.Series:
    """Available to promise by each month, with look-ahead: the sum of the discrete figures up to it, [1].

    Parameters
    ----------
    receipts, orders, opening
        As for `discrete_atp` [units].

    Returns
    -------
    Series
        The most a new order due in each month may ask for without breaking a promise already made [units].

    Raises
    ------
    InputError
        If a quantity is negative or missing, or the months differ.

    >>> receipts = pd.Series([0.0, 50.0, 0.0, 50.0])
    >>> cumulative_atp(receipts, pd.Series([10.0, 20.0, 15.0, 60.0]), 30.0).tolist()
    [20.0, 25.0, 25.0, 25.0]

    """
    return discrete_atp(receipts, orders, opening).cumsum()


def _checked(receipts: pd.Series, orders: pd.Series) -> tuple[Array, Array]:
    if not receipts.index.equals(orders.index):
        raise InputError("receipts and orders must name the same months")
    if len(receipts) == 0:
        raise InputError("available to promise needs at least 1 month, got none")
    for name, series in (("receipts", receipts), ("orders", orders)):
        wrong = ~(series >= 0)
        if wrong.any():
            raise InputError(f"{name} must be 0 or more, got {series[wrong].iloc[0]:g} in {series.index[wrong][0]}")
    return receipts.to_numpy(dtype="float64", copy=True), orders.to_numpy(dtype="float64")
