"""Available to promise: what can still be sold of what is there and coming.

One series at a time (`discrete_atp`, `cumulative_atp`), a table of items (`available_to_promise`) or arrays
(`discrete_atps`); `promising` shares it among classes of customers and dates new orders.

References
----------
[1] Vollmann, Berry, Whybark & Jacobs, Manufacturing Planning and Control for Supply Chain Management, 5th ed.,
    chapter 8: discrete and cumulative available-to-promise with look-ahead.

"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from sop_xl.errors import InputError
from sop_xl.supply.columns import Number, named, read_columns
from sop_xl.supply.programme.blocks import Array


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
    return pd.Series(discrete_atps(supply, booked, opening), index=receipts.index, name="atp")


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


def discrete_atps(receipts: npt.ArrayLike, orders: npt.ArrayLike, opening: npt.ArrayLike) -> Array:
    """Discrete available to promise of many items at once, as `discrete_atp` has it for one, [1].

    Parameters
    ----------
    receipts, orders
        Units arriving and booked, shape (..., periods) [units].
    opening
        Stock before the first period, shape (...) [units].

    Returns
    -------
    array
        Units still to promise, shape (..., periods) [units]; `cumsum(axis=-1)` is the cumulative figure.

    Raises
    ------
    InputError
        If there is no period, or a quantity is negative or missing.

    >>> discrete_atps([[0, 50, 0, 50], [0, 0, 0, 0]], [[10, 20, 15, 60], [1, 0, 0, 5]], [30, 5])
    array([[20.,  5.,  0.,  0.],
           [-1.,  0.,  0.,  0.]])

    """
    supply, booked = (np.array(given, dtype="float64") for given in (receipts, orders))
    for name, given in (("receipts", supply), ("orders", booked)):
        if not np.all(given >= 0):
            raise InputError(f"{name} must be 0 or more, got {given[~(given >= 0)][0]:g}")
    if supply.ndim == 0 or supply.shape[-1] == 0:
        raise InputError("available to promise needs at least 1 month, got none")
    supply, booked = (np.array(given) for given in np.broadcast_arrays(supply, booked))
    supply[..., 0] += opening
    arrives = supply > 0
    arrives[..., 0] = True
    left = np.zeros_like(supply)
    owed = np.zeros(supply.shape[:-1])
    for period in reversed(range(supply.shape[-1])):
        owed = owed + booked[..., period]
        here = np.where(arrives[..., period], supply[..., period] - owed, 0.0)
        left[..., period] = np.maximum(here, 0.0) if period else here
        owed = np.where(arrives[..., period], np.maximum(-here, 0.0), owed)
    return left


def available_to_promise(
    receipts: pd.DataFrame,
    orders: pd.DataFrame,
    opening: pd.DataFrame | None = None,
    *,
    periods: Sequence[object] | None = None,
) -> pd.DataFrame:
    """Available to promise of every item and period, [1].

    Parameters
    ----------
    receipts
        Columns `item`, `period`, `quantity` [units], several rows an item and period where there are several.
    orders
        Columns `item`, `period`, `quantity` [units]: booked by customers.
    opening
        Columns `item`, `quantity` [units]: stock before the first period; several rows add up.
    periods
        The periods, in order; by default those of the tables.

    Returns
    -------
    DataFrame
        Columns `item`, `period`, `discrete`, `cumulative` [units], every item and period.

    Raises
    ------
    InputError
        If a quantity is negative or missing, or a period is not among those given.

    >>> receipts = pd.DataFrame({"item": ["A", "A", "B"], "period": [1, 3, 2], "quantity": [20, 30, 5]})
    >>> orders = pd.DataFrame({"item": ["A", "A"], "period": [2, 3], "quantity": [5, 35]})
    >>> available_to_promise(receipts, orders).query("item == 'A'")["discrete"].tolist()
    [10.0, 0.0, 0.0]

    """
    amount = {"quantity": Number()}
    arriving = read_columns(receipts, "receipts", ["item", "period"], amount, unique=False)
    booked = read_columns(orders, "orders", ["item", "period"], amount, unique=False)
    nothing = pd.DataFrame({"item": [], "quantity": []})
    stock = read_columns(nothing if opening is None else opening, "opening", ["item"], amount, unique=False)
    dated = [frame for frame in (arriving, booked) if len(frame)]
    span = pd.Index(sorted(set().union(*(frame["period"] for frame in dated))) if periods is None else periods)
    items = pd.Index(sorted(set(arriving["item"]) | set(booked["item"]) | set(stock["item"])))
    at_hand = stock.groupby("item")["quantity"].sum().reindex(items, fill_value=0.0).to_numpy(dtype="float64")
    if len(items) == 0:
        return pd.DataFrame(columns=["item", "period", "discrete", "cumulative"])
    left = discrete_atps(by_item(arriving, "receipts", items, span), by_item(booked, "orders", items, span), at_hand)
    found = pd.MultiIndex.from_product([items, span], names=["item", "period"]).to_frame(index=False)
    return found.assign(discrete=left.ravel(), cumulative=left.cumsum(axis=1).ravel())


def by_item(frame: pd.DataFrame, table: str, items: pd.Index, periods: pd.Index, column: str = "quantity") -> Array:
    """Numbers of a table as an array of items by periods; rows of one item and period add up.

    >>> frame = pd.DataFrame({"item": ["A", "A"], "period": [2, 2], "quantity": [5.0, 3.0]})
    >>> by_item(frame, "orders", pd.Index(["A"]), pd.Index([1, 2]))
    array([[0., 8.]])
    """
    row, col = items.get_indexer(pd.Index(frame["item"])), periods.get_indexer(pd.Index(frame["period"]))
    if (col < 0).any():
        wrong = frame[col < 0].iloc[0]
        raise InputError(f"{table}: the row of {wrong['item']} in {named(wrong['period'])} lies outside the periods")
    if (row < 0).any():
        raise InputError(f"{table}: there is no item {frame['item'][row < 0].iloc[0]}")
    numbers = np.zeros((len(items), len(periods)))
    np.add.at(numbers, (row, col), frame[column].to_numpy(dtype="float64"))
    return numbers


def _checked(receipts: pd.Series, orders: pd.Series) -> tuple[Array, Array]:
    if not receipts.index.equals(orders.index):
        raise InputError("receipts and orders must name the same months")
    if len(receipts) == 0:
        raise InputError("available to promise needs at least 1 month, got none")
    for name, series in (("receipts", receipts), ("orders", orders)):
        wrong = ~(series >= 0)
        if wrong.any():
            raise InputError(f"{name} must be 0 or more, got {series[wrong].iloc[0]:g} in {series.index[wrong][0]}")
    return receipts.to_numpy(dtype="float64"), orders.to_numpy(dtype="float64")
