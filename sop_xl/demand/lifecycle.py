"""New items: the history of a like-item stands in until they have their own."""

from __future__ import annotations

import pandas as pd

_ENOUGH = 3
"""Months of own history from which a like-item is no longer needed [months]."""


def with_like_items(history: pd.DataFrame, items: pd.DataFrame, donors: pd.DataFrame) -> pd.DataFrame:
    """The history with, for each new item that names a like-item, the like-item's months in place of its own.

    `history` and `donors` are frames item, channel, region, period, quantity [units]; `items` has item and like_item.
    An item with at least 3 months of its own keeps its own; so does one whose like-item has no history.

    >>> months = pd.date_range("2020-01-01", periods=3, freq="MS")
    >>> old = pd.DataFrame({"item": "OLD", "channel": "web", "region": "UK", "period": months, "quantity": [1.0, 2, 3]})
    >>> items = pd.DataFrame({"item": ["OLD", "NEW"], "like_item": ["", "OLD"]})
    >>> with_like_items(old, items, old).groupby("item")["quantity"].sum().to_dict()
    {'NEW': 6.0, 'OLD': 6.0}
    """
    months = history.groupby("item")["period"].nunique()
    asks = items[items["like_item"].ne("") & items["like_item"].isin(donors["item"])]
    new = asks[asks["item"].map(months).fillna(0) < _ENOUGH]
    if new.empty:
        return history
    lent = donors.merge(new[["item", "like_item"]], left_on="item", right_on="like_item", suffixes=("_donor", ""))
    kept = history[~history["item"].isin(new["item"])]
    return pd.concat([kept, lent[list(history.columns)]], ignore_index=True)
