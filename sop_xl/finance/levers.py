"""What must be true to reach a goal: the cheapest set of changes that closes a gap, each no further than it can go.

Every lever is worth so much money when pulled to its end, and takes so much effort. Part of a lever takes its part of
the effort, so this is the continuous knapsack: taking levers by money per effort, the last one in part, takes the least
effort of all sets that close the gap (Dantzig 1957). A lever that gets harder on the way is given as pieces, each
harder than the one before; they are then taken in their order by themselves.

Reference: G. Dantzig (1957), Discrete-variable extremum problems, Operations Research 5(2), 266-277.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sop_xl.errors import InputError

TAKEN = ("share", "money", "points", "left")
"""Columns that `cheapest` adds: how much of the piece is taken [share], what that is worth [money], its effort, and the
gap that is then left [money]."""


def cheapest(levers: pd.DataFrame, gap: float) -> pd.DataFrame:
    """The levers that close a gap with the least effort, in the order they are taken.

    Parameters
    ----------
    levers
        `worth` [money] and `effort` [points] of each lever, or piece of one, pulled to its end; any other columns stay.
    gap
        What is missing [money]; nothing is taken for a gap of 0 or less.

    Levers worth nothing are left out; equal ones come in the order given. Where all of them do not close the gap, the
    last row leaves some of it.

    Raises InputError for a worth or effort that is negative or no number.

    >>> levers = pd.DataFrame({"name": ["a", "b", "c"], "worth": [60.0, 50.0, 80.0], "effort": [1.0, 2.0, 1.0]})
    >>> cheapest(levers, 110.0)[["name", "share", "money", "left"]].values.tolist()
    [['c', 1.0, 80.0, 30.0], ['a', 0.5, 30.0, 0.0]]

    """
    for column in ("worth", "effort"):
        values = levers[column].to_numpy(dtype=float)
        bad = ~np.isfinite(values) | (values < 0)
        if bad.any():
            raise InputError(f"the {column} of a lever must be 0 or more, got {values[bad][0]:g}")
    useful = levers[levers["worth"] > 0]
    with np.errstate(divide="ignore"):
        ratio = useful["worth"].to_numpy(dtype=float) / useful["effort"].to_numpy(dtype=float)
    ranked = useful.iloc[np.argsort(-ratio, kind="stable")]
    worth = ranked["worth"].to_numpy(dtype=float)
    still = np.maximum(gap - np.concatenate([[0.0], np.cumsum(worth)[:-1]]) if len(worth) else np.zeros(0), 0.0)
    taken = np.minimum(worth, still)
    made = ranked.assign(
        share=taken / np.where(worth > 0, worth, 1.0),
        money=taken,
        points=ranked["effort"].to_numpy(dtype=float) * taken / np.where(worth > 0, worth, 1.0),
        left=still - taken,
    )
    kept: pd.DataFrame = made[taken > 0].reset_index(drop=True)
    return kept
