"""Stock month by month under orders up to a level: what a policy would have served of a demand that is known.

At the start of a month an order lifts what is on hand and on order, less what is owed, up to the level of that month;
it arrives a whole number of months later, at the start of the month. What cannot be served is owed and served first
later. On hand at the end is then the level less the demand of lead time and review (Silver, Pyke, Thomas: Inventory
and Production Management in Supply Chains, 4th ed., section 6.8): a higher level never serves less.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sop_xl.errors import InputError
from sop_xl.inventory.bounds import Floats, at_least_0


@dataclass(frozen=True)
class Rehearsed:
    """Units by point and month: served on time from stock, and mean stock between start and end of the month."""

    served: Floats
    stock: Floats


def rehearse(
    demand: npt.ArrayLike,
    order_up_to: npt.ArrayLike,
    lead: npt.ArrayLike,
    opening: npt.ArrayLike,
    under_way: npt.ArrayLike,
) -> Rehearsed:
    """Simulate every point on its own; each source always delivers.

    Parameters
    ----------
    demand
        What was asked for, shape (points, months) [units], 0 or more.
    order_up_to
        Level at the start of each month, same shape [units].
    lead
        Lead time of each point [whole months].
    opening
        On hand at the start, one a point [units].
    under_way
        What arrives at the start of each of the first months, shape (points, any) [units].

    Raises InputError for shapes that differ and for a lead time that is negative.

    A level of 30 at a lead time of one month: 10 are on hand and 10 arrive, 12 are asked for, then 25:

    >>> done = rehearse([[12, 25, 10]], [[30, 30, 30]], [1], [10], [[10]])
    >>> print(done.served, done.stock)
    [[12. 18.  5.]] [[14.   9.   2.5]]

    """
    wanted, level = at_least_0("demand", demand), np.asarray(order_up_to, dtype=float)
    coming, wait = np.atleast_2d(np.asarray(under_way, dtype=float)), np.asarray(lead, dtype=int)
    if wanted.ndim != 2 or level.shape != wanted.shape or coming.shape[0] != wanted.shape[0]:
        raise InputError(f"demand has the shape {wanted.shape}, levels {level.shape}, under way {coming.shape}")
    if (wait < 0).any():
        raise InputError(f"a lead time must be 0 or more months, got {wait.min()}")
    points, months = wanted.shape
    arriving = np.zeros((points, months + int(wait.max(initial=0)) + coming.shape[1] + 1))
    arriving[:, : coming.shape[1]] = coming
    net, on_order = np.asarray(opening, dtype=float).copy(), coming.sum(axis=1)
    served, stock = np.zeros_like(wanted), np.zeros_like(wanted)
    every = np.arange(points)
    for month in range(months):
        order = np.maximum(level[:, month] - net - on_order, 0.0)
        arriving[every, month + wait] += order
        on_order = on_order + order - arriving[:, month]
        net = net + arriving[:, month]
        ready = np.maximum(net, 0.0)
        served[:, month] = np.minimum(wanted[:, month], ready)
        net = net - wanted[:, month]
        stock[:, month] = (ready + np.maximum(net, 0.0)) / 2.0
    return Rehearsed(served, stock)
