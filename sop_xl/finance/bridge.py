"""The bridge from budget revenue to plan revenue: volume, mix and price, in steps that add up to the cent."""

from __future__ import annotations

import pandas as pd

from sop_xl.finance.value import TOTAL, budget_money, plan_money

STEPS = ("budget", "volume", "mix", "price", "plan")


def bridge(
    items: pd.DataFrame, projected_balance: pd.DataFrame, budget: pd.DataFrame, periods: pd.DatetimeIndex
) -> pd.DataFrame:
    """Table `bridge`: budget revenue + volume + mix + price = plan revenue, by family and in total.

    Parameters
    ----------
    items, projected_balance, budget, periods
        As in `sop_xl.finance.value.financials`.

    With Q units and P mean price (b: of the budget), and g = all units of the plan / all units of the budget:

    - volume = (g - 1) Qb Pb: every family grows with the company, at constant mix and budget prices; over all
      families (Q - Qb) at the budget's mean price;
    - price = (P - Pb) Q: the family's mean price against the budget's. A budget by family knows no items, so a shift
      between the items of a family is part of its price;
    - mix = (Q - g Qb) Pb: the rest, what the family grows more or less than the company, at budget prices.

    A family without budget units has no budget price: all its change is mix. The total is the sum of the families.
    Without a budget there is no bridge, and the table is empty.

    >>> items = pd.DataFrame({"item": ["A", "B"], "family": ["F", "G"], "standard_cost": 1.0, "list_price": [11, 2]})
    >>> month = pd.DatetimeIndex(["2020-03-01"])
    >>> plan = pd.DataFrame({"item": ["A", "B"], "measure": "shipped", "period": month[0], "quantity": [15.0, 15.0]})
    >>> aop = pd.DataFrame({"family": ["F", "F", "G", "G"], "measure": ["units", "revenue"] * 2, "period": month[0],
    ...                     "value": [10.0, 100.0, 10.0, 20.0]})
    >>> bridge(items, plan, aop, month).query("family == 'Total'").set_index("step")["money"].to_dict()
    {'budget': 120.0, 'volume': 60.0, 'mix': 0.0, 'price': 15.0, 'plan': 195.0}

    """
    planned = budget_money(budget, periods).groupby("family").sum()
    if planned.empty:
        return pd.DataFrame({"family": pd.Series(dtype="str"), "step": pd.Series(dtype="str"), "money": []})
    made = plan_money(items, projected_balance, periods).groupby("family").sum()
    rows = planned.join(made, how="outer").fillna(0.0)
    rows = rows[(rows["budget revenue"] != 0) | (rows["budget units"] != 0) | (rows["revenue"] != 0)]
    steps = _steps(rows)
    steps.loc[TOTAL] = steps.sum().round(2)
    long = steps.rename_axis("family").reset_index().melt("family", var_name="step", value_name="money")
    place = pd.Series({family: number for number, family in enumerate(steps.index)})
    long = long.assign(_family=long["family"].map(place), _step=long["step"].map(STEPS.index))
    return long.sort_values(["_family", "_step"])[["family", "step", "money"]].reset_index(drop=True)


def _steps(rows: pd.DataFrame) -> pd.DataFrame:
    """The five steps of each family [money], in cents."""
    units, budget_units = rows["units"], rows["budget units"]
    known = budget_units > 0
    budget_price = (rows["budget revenue"] / budget_units.where(known)).fillna(0.0)
    grown = units.sum() / budget_units.sum() if known.any() else 1.0
    volume = ((grown - 1.0) * budget_units * budget_price).where(known, 0.0)
    price = (rows["revenue"] - units * budget_price).where(known, 0.0)
    steps = pd.DataFrame(
        {"budget": rows["budget revenue"], "volume": volume, "mix": 0.0, "price": price, "plan": rows["revenue"]}
    ).round(2)
    steps["mix"] = (steps["plan"] - steps["budget"] - steps["volume"] - steps["price"]).round(2)
    return steps
