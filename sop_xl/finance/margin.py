"""Units in money: revenue, margin at standard cost, contribution at variable cost, and the gap to a budget.

References
----------
[1] C. Horngren, S. Datar, M. Rajan: Cost Accounting: A Managerial Emphasis, 14th ed.: contribution margin (chapter 3),
    absorption and variable costing (chapter 9).

"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sop_xl.errors import InputError
from sop_xl.finance.cents import rounded_within

MEASURES = ("revenue", "cost", "margin", "variable cost", "contribution", "fixed cost absorbed")


def margins(units: pd.DataFrame, items: pd.DataFrame, by: Sequence[str] = ("item",)) -> pd.DataFrame:
    """Units, revenue, margin and contribution by the keys wanted.

    Parameters
    ----------
    units
        `item`, `quantity` [units], and other keys such as `period` or `channel`. A `price` [money/unit] of its own
        goes before the list price.
    items
        `item`, `list_price` and `standard_cost`, and if there are any `variable_cost` [money/unit], else all of
        the standard cost is variable, and columns to sum by, such as `family`. A blank price or cost counts as 0.
    by
        Keys of the result, from either frame.

    Returns
    -------
    pandas.DataFrame
        `by`, `units`, `revenue`, `cost` (standard), `margin` = revenue - cost, `variable cost`, `contribution` =
        revenue - variable cost, `fixed cost absorbed` = cost - variable cost [money]: contribution - fixed cost
        absorbed = margin in every row [1]. Rounded so that each column adds up to its rounded total.

    Raises InputError for an item that the items do not have, a missing quantity, and a key nobody has.

    A box of software, sold at 200 and bought at 120, and a guide with 5 of fixed cost in its 20:

    >>> items = pd.DataFrame({"item": ["Box", "Guide"], "list_price": [200.0, 30.0], "standard_cost": [120.0, 20.0],
    ...                       "variable_cost": [120.0, 15.0]})
    >>> found = margins(pd.DataFrame({"item": ["Box", "Guide"], "quantity": [40.0, 10.0]}), items)
    >>> found[["item", "revenue", "margin", "contribution"]].values.tolist()
    [['Box', 8000.0, 3200.0, 3200.0], ['Guide', 300.0, 100.0, 150.0]]

    """
    master = items.drop_duplicates("item").set_index("item")
    unknown = ~units["item"].isin(master.index)
    if unknown.any():
        raise InputError(f"there is no item {units.loc[unknown, 'item'].iloc[0]!r} to value its units")
    quantity = units["quantity"].astype("float64")
    if not np.isfinite(quantity).all():
        raise InputError(f"item {units.loc[~np.isfinite(quantity), 'item'].iloc[0]!r} has no quantity")
    missing = [key for key in by if key not in units and key != "item" and key not in master]
    if missing:
        raise InputError(f"neither units nor items have the column {missing[0]!r}")
    listed = _column(units, master, "list_price")
    price = units["price"].astype("float64").fillna(listed) if "price" in units else listed
    standard = _column(units, master, "standard_cost")
    variable = _column(units, master, "variable_cost", standard) if "variable_cost" in master else standard
    keys = {key: units[key] if key in units else units["item"].map(master[key]) for key in by}
    wide = pd.DataFrame(
        {
            **keys,
            "units": quantity,
            "revenue": quantity * price,
            "cost": quantity * standard,
            "variable cost": quantity * variable,
        }
    )
    summed = wide.groupby(list(by)).sum().reset_index()
    for measure in ("revenue", "cost", "variable cost"):
        summed[measure] = rounded_within(summed[measure])
    summed["margin"] = (summed["revenue"] - summed["cost"]).round(2)
    summed["contribution"] = (summed["revenue"] - summed["variable cost"]).round(2)
    summed["fixed cost absorbed"] = (summed["cost"] - summed["variable cost"]).round(2)
    return summed[[*by, "units", *MEASURES]]


def gap_to_budget(plan: pd.DataFrame, budget: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """Plan against budget, month by month and from the first month on.

    Parameters
    ----------
    plan, budget
        `period`, `money`, and the keys of `by`; rows are summed. Months behind us may hold actuals: the last
        month's running total is then the landing of the year.
    by
        Keys, such as `family`.

    Returns
    -------
    pandas.DataFrame
        `by`, `period`, `plan`, `budget`, `gap` = plan - budget, `running plan`, `running budget`, `running gap`
        [money], and `running gap share`, of the running budget [share], NaN where that is 0. A key that only one
        of the two has counts 0 in the other.

    >>> month = pd.date_range("2020-01-01", periods=2, freq="MS")
    >>> plan = pd.DataFrame({"period": month, "money": [90.0, 130.0]})
    >>> budget = pd.DataFrame({"period": month, "money": [100.0, 100.0]})
    >>> gap_to_budget(plan, budget)[["gap", "running gap", "running gap share"]].values.tolist()
    [[-10.0, -10.0, -0.1], [30.0, 20.0, 0.1]]

    """
    keys = [*by, "period"]
    sums = [frame.groupby(keys)["money"].sum().rename(name) for frame, name in ((plan, "plan"), (budget, "budget"))]
    both = pd.concat(sums, axis=1)
    if by:
        groups = both.reset_index()[list(by)].drop_duplicates()
        months = both.index.get_level_values("period").unique()
        every = groups.merge(pd.DataFrame({"period": months}), how="cross").set_index(keys)
        both = every.join(both)
    both = both.sort_index().fillna(0.0)
    rounded = pd.DataFrame({name: rounded_within(both[name]) for name in both})
    rounded["gap"] = (rounded["plan"] - rounded["budget"]).round(2)
    amounts = rounded[["plan", "budget", "gap"]]
    running = (amounts.groupby(list(by)).cumsum() if by else amounts.cumsum()).round(2)
    found = rounded.join(running.add_prefix("running "))
    budgeted = found["running budget"]
    found["running gap share"] = found["running gap"] / budgeted.where(budgeted != 0)
    return found.reset_index()


def _column(units: pd.DataFrame, master: pd.DataFrame, name: str, blank: pd.Series | float = 0.0) -> pd.Series:
    """A number of the items for each row of units."""
    return units["item"].map(master[name]).astype("float64").fillna(blank)
