"""Excess and obsolete stock: what is there beyond any use in sight."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sop_xl.inventory.bounds import Floats, at_least_0, floats


def excess(
    on_hand: npt.ArrayLike, on_order: npt.ArrayLike, demand: npt.ArrayLike, safety_stock: npt.ArrayLike
) -> Floats:
    """Units beyond the demand of the horizon and the safety stock: max(0, on hand + on order - demand - SS).

    Parameters
    ----------
    on_hand, on_order
        Stock, and receipts under way [units].
    demand
        Demand over the horizon, dependent demand included [units].
    safety_stock
        Stock held for the error of the forecast [units].

    Raises InputError for a negative value.

    >>> print(excess([500, 80], [100, 0], [360, 120], [40, 10]))
    [200.   0.]

    """
    there = at_least_0("stock on hand", on_hand) + at_least_0("stock on order", on_order)
    return floats(np.maximum(there - at_least_0("demand", demand) - at_least_0("safety stock", safety_stock), 0.0))


def obsolete(on_hand: npt.ArrayLike, demand: npt.ArrayLike, ended: npt.ArrayLike = False) -> Floats:
    """Units on hand of an item that nothing will use: no demand over the horizon, or its last day of sale is past.

    Parameters
    ----------
    on_hand
        Stock [units].
    demand
        Demand over the horizon, dependent demand included [units].
    ended
        Whether the item is no longer sold and goes into nothing.

    >>> print(obsolete([500, 80, 30], [360, 0, 5], [False, False, True]))
    [ 0. 80. 30.]

    """
    unused = (at_least_0("demand", demand) <= 0) | np.asarray(ended, dtype=bool)
    return floats(np.where(unused, at_least_0("stock on hand", on_hand), 0.0))
