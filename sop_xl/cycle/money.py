"""The plan in money: the way from the budget to it, and the working capital it binds."""

from __future__ import annotations

import pandas as pd

from sop_xl.cycle.grid import TOTAL
from sop_xl.cycle.keeping import plain
from sop_xl.cycle.step import Context, Frames
from sop_xl.finance.split import Split, margin_split, revenue_split
from sop_xl.finance.value import budget_lines, plan_lines
from sop_xl.finance.working_capital import PaymentTerms, WorkingCapital, working_capital

REVENUE, MARGIN = "revenue", "margin"
STEPS = {
    "base": "budget",
    "ended": "new and ended",
    "new": "new and ended",
    "volume": "volume",
    "mix": "mix",
    "price": "price",
    "cost": "cost",
    "plan": "plan",
}
"""What a step of the split is called on the sheet; both plans are in one currency."""
PAID_AT_ONCE = ("make", "move", "overtime", "people")
BOUGHT = ("buy", "subcontract")


def bridge(frames: Frames, context: Context) -> pd.DataFrame:
    """Table `bridge`: from budget to plan in steps that add up to the cent, revenue and margin, by family and in total.

    The order of the steps is that of `finance.split`: new and ended families, volume, mix, price, and for the margin
    cost. A budget by family knows no items, so a shift inside a family is part of its price. Without a budget there is
    no bridge.
    """
    budget = budget_lines(plain(frames["budget"]), context.periods)
    if budget.empty:
        return pd.DataFrame({"of": [], "family": [], "step": [], "money": []}).astype({"money": float})
    made = plan_lines(plain(frames["items"]), plain(frames["projected_balance"]), context.periods)
    parts = [
        _steps(revenue_split(budget, made), REVENUE),
        _steps(margin_split(budget, made), MARGIN),
    ]
    return pd.concat(parts, ignore_index=True)


def _steps(split: Split, of: str) -> pd.DataFrame:
    """The steps of a split by family, the total after the families."""
    total = split.at().assign(family=TOTAL)
    rows = pd.concat([split.at("family"), total], ignore_index=True)
    rows = rows.assign(of=of, step=rows["step"].map(STEPS)).dropna(subset=["step"])
    rows = rows.groupby(["of", "family", "step"], sort=False)["money"].sum().round(2).reset_index()
    rows = rows[rows.groupby("family")["money"].transform(lambda part: part.abs().max()) > 0]
    order = {name: number for number, name in enumerate(dict.fromkeys(STEPS.values()))}
    last = rows["family"].eq(TOTAL)
    ranked = rows.assign(_last=last, _step=rows["step"].map(order)).sort_values(["_last", "family", "_step"])
    return ranked[["of", "family", "step", "money"]].reset_index(drop=True)


def capital(frames: Frames, context: Context, money: pd.DataFrame) -> WorkingCapital:
    """Stock, what customers owe and what we owe suppliers at the end of each month, and the cash of the plan.

    `money` is table `financials`. What is bought counts in the month it is ordered; hours, freight and people are paid
    in their month. The month before the plan is taken to be like its first.
    """
    months = context.periods
    total = money[money["family"].eq(TOTAL)].pivot_table(index="measure", columns="period", values="money")
    total = total.reindex(columns=months).fillna(0.0)
    costs = plain(frames["plan_costs"]).pivot_table(index="kind", columns="period", values="money", aggfunc="sum")
    costs = costs.reindex(columns=months).fillna(0.0)
    terms = PaymentTerms(context.settings.customer_days, context.settings.supplier_days)
    return working_capital(
        total.loc["revenue"].to_numpy(),
        costs[costs.index.isin(BOUGHT)].sum().to_numpy(),
        total.loc["stock value"].to_numpy(),
        terms,
        months,
        other_outlays=costs[costs.index.isin(PAID_AT_ONCE)].sum().to_numpy(),
        cost_of_sales=total.loc["cost"].to_numpy(),
    )


def capital_table(found: WorkingCapital) -> pd.DataFrame:
    """Table `working_capital`.

    >>> months = pd.DataFrame({"period": [pd.Timestamp("2020-03-01")], "stock": [5.0], "cash": [2.0]})
    >>> capital_table(WorkingCapital(months, 30.0))[["measure", "money"]].values.tolist()
    [['stock', 5.0], ['cash', 2.0]]
    """
    return found.months.melt("period", var_name="measure", value_name="money").round({"money": 2})
