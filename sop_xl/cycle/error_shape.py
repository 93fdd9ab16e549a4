"""How forecast errors are spread: the shape an empirical distribution of demand takes, by class of demand."""

from __future__ import annotations

import numpy as np
import pandas as pd

COLUMNS = ["demand_class", "share", "error", "errors"]
SHARES = np.round((np.arange(40) + 0.5) / 40, 4)
FEWEST = 40
"""Errors a class needs for a shape of its own."""
OTHERS = 3
"""Other errors of a place that the standard deviation of one must rest on."""


def error_shape(back: pd.DataFrame, classes: pd.DataFrame) -> pd.DataFrame:
    """Table `error_shape`: quantiles of errors in standard deviations, by class of demand and of all.

    Parameters
    ----------
    back
        Rolling origins: `item`, `location`, `ds`, `actual`, `forecast` [units].
    classes
        `item`, `demand_class`.

    Each error is measured in the standard deviation of the *other* errors of its item and location, so that the shape
    is as wide as it must be where a standard deviation is known from few months.

    >>> months = pd.date_range("2020-01-01", periods=50, freq="MS")
    >>> back = pd.DataFrame({"item": "A", "location": "P", "ds": months, "actual": [8.0, 12.0] * 25, "forecast": 10.0})
    >>> found = error_shape(back, pd.DataFrame({"item": ["A"], "demand_class": ["smooth"]}))
    >>> found.groupby("demand_class")["error"].agg(["min", "max"]).round(2).values.tolist()
    [[-1.0, 1.0], [-1.0, 1.0]]

    """
    place = ["item", "location"]
    sums = back.groupby([*place, "ds"])[["actual", "forecast"]].sum().reset_index()
    sums["error"] = sums["actual"] - sums["forecast"]
    squares = (sums["error"] ** 2).groupby([sums[c] for c in place])
    others = squares.transform("count") - 1
    variance = (squares.transform("sum") - sums["error"] ** 2) / others.where(others >= OTHERS)
    sums["z"] = sums["error"] / np.sqrt(variance.where(variance > 0))
    sums["demand_class"] = sums["item"].map(classes.set_index("item")["demand_class"]).fillna("")
    known = sums.dropna(subset=["z"])
    parts = [known.assign(demand_class=""), known[known["demand_class"].ne("")]]
    found = []
    for name, part in pd.concat(parts, ignore_index=True).groupby("demand_class"):
        if len(part) >= FEWEST:
            errors = np.quantile(part["z"], SHARES).round(4)
            found.append(pd.DataFrame({"demand_class": name, "share": SHARES, "error": errors, "errors": len(part)}))
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=COLUMNS)
