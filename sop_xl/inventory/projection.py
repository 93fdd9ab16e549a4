"""Stock projected forward, and how many days it lasts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sop_xl.errors import InputError
from sop_xl.inventory.bounds import Floats, at_least_0


def projected_stock(opening: npt.ArrayLike, receipts: npt.ArrayLike, demand: npt.ArrayLike) -> Floats:
    """Stock at the end of each period: opening + receipts - demand so far; below 0 it is backlog.

    Parameters
    ----------
    opening
        Stock at the start, one or one per row [units].
    receipts, demand
        Units by period along the last axis [units].

    Raises InputError where receipts and demand differ in shape.

    >>> print(projected_stock(100, [0, 80, 0], [60, 60, 60]))
    [40. 60.  0.]

    """
    into, out = np.asarray(receipts, dtype=float), np.asarray(demand, dtype=float)
    if into.shape != out.shape:
        raise InputError(f"receipts have the shape {into.shape}, demand {out.shape}")
    start = np.asarray(opening, dtype=float)[..., np.newaxis]
    stock: Floats = start + np.cumsum(into - out, axis=-1)
    return stock


def days_of_supply(stock: npt.ArrayLike, demand: npt.ArrayLike, days: npt.ArrayLike) -> Floats:
    """How many days of the demand to come the stock at the end of each period covers.

    Counted forward: whole periods as long as stock lasts, then the part of the next one. Beyond the last period the
    mean of all periods goes on. 0 where there is no stock; infinite where there is stock and nothing is ever demanded.

    Parameters
    ----------
    stock
        Stock at the end of each period, along the last axis [units]; backlog counts as none.
    demand
        Demand of each period, same shape [units], 0 or more.
    days
        Length of a period, one or one per period [days].

    Raises InputError for a negative demand or shapes that differ.

    A stock of 50 covers the 40 units of the next month of 30 days and a third of the 30 after it:

    >>> print(days_of_supply([50, 10, 0], [20, 40, 30], 30))
    [40. 10.  0.]

    """
    held, wanted = np.maximum(np.asarray(stock, dtype=float), 0.0), at_least_0("demand", demand)
    if held.shape != wanted.shape:
        raise InputError(f"stock has the shape {held.shape}, demand {wanted.shape}")
    periods = wanted.shape[-1]
    length = np.broadcast_to(np.asarray(days, dtype=float), (periods,))
    later = np.triu(np.ones((periods, periods)), k=1)
    ahead = wanted[..., np.newaxis, :] * later
    before = np.cumsum(ahead, axis=-1) - ahead
    left = held[..., np.newaxis] - before
    reached = np.where(ahead > 0, np.clip(left / np.where(ahead > 0, ahead, 1.0), 0.0, 1.0), left > 0)
    within = (reached * later * length).sum(axis=-1)
    beyond = np.maximum(held - ahead.sum(axis=-1), 0.0)
    a_day = (wanted.sum(axis=-1) / length.sum())[..., np.newaxis]
    with np.errstate(divide="ignore", invalid="ignore"):
        after = np.where(beyond > 0, beyond / a_day, 0.0)
    covered: Floats = np.where(held > 0, within + after, 0.0)
    return covered
