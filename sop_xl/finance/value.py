"""The plan in money: revenue, cost, margin and stock by family and month, beside the budget.

Money is rounded to cents by family and month, and every total is the sum of what is shown, so that pages tie.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

TOTAL = "Total"
"""The family that stands for all of them."""

COLUMNS = ["family", "measure", "period", "money"]
_BY = ["family", "period"]


def financials(
    items: pd.DataFrame, projected_balance: pd.DataFrame, budget: pd.DataFrame, periods: pd.DatetimeIndex
) -> pd.DataFrame:
    """Table `financials`: money of the deliverable plan and of the budget, by family and month, and their total.

    Parameters
    ----------
    items
        `item`, `family`, `standard_cost` and net `list_price` [money/unit].
    projected_balance
        `shipped` and `closing` units by item, location and month [units].
    budget
        `revenue` and `cost` by family and month [money]; may be empty, then its measures and the gap are left out.
    periods
        The months of the plan.

    Revenue is what is shipped at list price, cost what is shipped at standard cost, stock value what is left at the end
    of the month at standard cost, gap revenue - budget revenue. A blank price or cost counts as 0.

    """
    frame = plan_money(items, projected_balance, periods).drop(columns="units")
    frame["margin"] = frame["revenue"] - frame["cost"]
    planned = budget_money(budget, periods)
    if not planned.empty:
        frame = frame.join(planned[["budget revenue", "budget cost"]], how="outer").fillna(0.0)
        frame["budget margin"] = frame["budget revenue"] - frame["budget cost"]
        frame["gap"] = frame["revenue"] - frame["budget revenue"]
    every = pd.MultiIndex.from_product([sorted(frame.index.unique("family")), periods], names=_BY)
    by_family = frame.reindex(every).fillna(0.0).round(2)
    total = by_family.groupby("period").sum().assign(family=TOTAL).set_index("family", append=True)
    wide = pd.concat([by_family, total.reorder_levels(_BY)])
    rows = wide.round(2).reset_index().melt(_BY, var_name="measure", value_name="money")
    return rows.sort_values(["family", "measure", "period"], key=_order, kind="stable")[COLUMNS].reset_index(drop=True)


def plan_money(items: pd.DataFrame, projected_balance: pd.DataFrame, periods: pd.DatetimeIndex) -> pd.DataFrame:
    """Units, revenue, cost and stock value by family and month of the plan [units, money], rounded to cents."""
    master = items.drop_duplicates("item").set_index("item")
    rows = projected_balance[projected_balance["measure"].isin(["shipped", "closing"])]
    rows = rows[rows["period"].isin(periods)]
    shipped = rows["quantity"].where(rows["measure"] == "shipped", 0.0)
    closing = rows["quantity"].where(rows["measure"] == "closing", 0.0)
    cost = rows["item"].map(master["standard_cost"]).astype(float).fillna(0.0)
    price = rows["item"].map(master["list_price"]).astype(float).fillna(0.0)
    money = pd.DataFrame(
        {
            "family": rows["item"].map(master["family"]),
            "period": rows["period"],
            "units": shipped,
            "revenue": shipped * price,
            "cost": shipped * cost,
            "stock value": closing * cost,
        }
    )
    return (
        money.groupby(_BY)
        .sum()
        .round({"revenue": 2, "cost": 2, "stock value": 2})[["revenue", "cost", "stock value", "units"]]
    )


def budget_money(budget: pd.DataFrame, periods: pd.DatetimeIndex) -> pd.DataFrame:
    """Budget units, revenue and cost by family and month of the plan [units, money], rounded to cents."""
    rows = budget[budget["period"].isin(periods)]
    wide = rows.pivot_table(index=_BY, columns="measure", values="value", aggfunc="sum")
    wide = wide.reindex(columns=["units", "revenue", "cost"]).fillna(0.0)
    return wide.round({"revenue": 2, "cost": 2}).add_prefix("budget ")


def plan_lines(
    items: pd.DataFrame, projected_balance: pd.DataFrame, periods: pd.DatetimeIndex, keys: Sequence[str] = ("family",)
) -> pd.DataFrame:
    """Lines of the plan for a split against another plan: what is shipped, by the keys wanted.

    Parameters
    ----------
    items, projected_balance, periods
        As in `financials`.
    keys
        Of `family`, other columns of the items, `item`, `location`, `period`.

    Gives the keys, `units` [units], `revenue` and `cost` [money], not rounded: the split rounds.

    >>> items = pd.DataFrame({"item": ["A"], "family": ["F"], "standard_cost": [6.0], "list_price": [10.0]})
    >>> month = pd.DatetimeIndex(["2020-03-01"])
    >>> plan = pd.DataFrame({"item": ["A"], "measure": "shipped", "period": month, "quantity": [3.0]})
    >>> plan_lines(items, plan, month).values.tolist()
    [['F', 3.0, 30.0, 18.0]]

    """
    master = items.drop_duplicates("item").set_index("item")
    rows = projected_balance[projected_balance["measure"].eq("shipped") & projected_balance["period"].isin(periods)]
    of_item = {key: rows[key] if key in rows else rows["item"].map(master[key]) for key in keys}
    units = rows["quantity"].astype(float)
    revenue = units * rows["item"].map(master["list_price"]).astype(float).fillna(0.0)
    cost = units * rows["item"].map(master["standard_cost"]).astype(float).fillna(0.0)
    lines = pd.DataFrame({**of_item, "units": units, "revenue": revenue, "cost": cost})
    return lines.groupby(list(keys))[["units", "revenue", "cost"]].sum().reset_index()


def budget_lines(budget: pd.DataFrame, periods: pd.DatetimeIndex, keys: Sequence[str] = ("family",)) -> pd.DataFrame:
    """Lines of the budget for a split, by `family` and, if wanted, `period`: units, revenue and cost."""
    money = budget_money(budget, periods).rename(columns=lambda name: name.removeprefix("budget "))
    return money.groupby(list(keys)).sum().reset_index()


_MEASURES = (
    "revenue", "cost", "margin", "stock value", "budget revenue", "budget cost", "budget margin", "gap",
)  # fmt: skip


def _order(column: pd.Series) -> pd.Series:
    """Measures in the order they are read, the total after the families."""
    if column.name == "measure":
        return column.map({measure: number for number, measure in enumerate(_MEASURES)})
    if column.name == "family":
        return (column == TOTAL).map({True: "1", False: "0"}) + column.astype(str)
    return column
