"""Consensus: blending what the departments expect, weights earned by accuracy, and the agreed plan in whole units.

References: [1] Bates, Granger (1969), The combination of forecasts, Operational Research Quarterly 20, 451-468
(weights by the inverse of the error); [2] Claeskens, Magnus, Vasnev, Wang (2016), The forecast combination puzzle,
IJF 32, 754-762 (why weights estimated from few errors lose to equal ones).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from sop_xl.demand.levels.hierarchy import disaggregate, round_nested, round_to_total
from sop_xl.demand.levels.scope import SCOPE, PlanIndex, families, sorted_plan, with_new_series
from sop_xl.errors import InputError

STATISTICAL = "statistical"
"""Name of the statistical forecast among the departments."""

STEPS = ("statistical", "events", "inputs", "overrides", "consensus")
"""Steps of the demand plan, in order."""

BELIEF = 6.0
"""Months of errors that equal weights count for [months]: [2]."""

LARGEST = 5.0
"""Most a weight may be above or below that of the statistical forecast [times]."""


def blend_inputs(
    statistical: pd.DataFrame, inputs: pd.DataFrame, departments: pd.DataFrame, items: pd.DataFrame
) -> pd.DataFrame:
    """Weighted consensus of the statistical forecast and the departments that gave a figure.

    Parameters
    ----------
    statistical
        item, channel, region, period, quantity [units]
    inputs
        the table `inputs`: department, scope, period, quantity [units]; NaN is not submitted
    departments
        department and `weight`; a blank weight is 1
    items
        item and family

    At the level and in the month of an input, C = sum of w F / sum of w over the statistical forecast (always there)
    and the departments that submitted at that level; C is split in proportion to the present plan. Broader levels are
    blended first, and narrower inputs refine the result. An input that matches nothing changes nothing: see
    `unmatched_inputs`.

    """
    tidy = sorted_plan(statistical)
    given = _submitted(inputs, departments)
    if given.empty or tidy.empty:
        return tidy
    months = pd.DatetimeIndex(np.sort(tidy["period"].unique()))
    tidy = with_new_series(tidy, given, items, months)
    index = PlanIndex.of(tidy, items)
    quantity = tidy["quantity"].to_numpy(dtype=float).copy()
    own = _weights(departments).get(STATISTICAL, 1.0)
    levels = given.assign(weighted=given["quantity"] * given["weight"])
    sums = levels.groupby([*SCOPE, "period"], as_index=False)[["weighted", "weight"]].sum().to_dict("records")
    reach = [index.rows(row) & index.in_period(row["period"]) for row in sums]
    breadth = np.array([-int(rows.sum()) for rows in reach])
    for place in np.argsort(breadth, kind="stable"):
        rows, total_weight = reach[place], own + sums[place]["weight"]
        if rows.any() and total_weight > 0:
            agreed = (own * quantity[rows].sum() + sums[place]["weighted"]) / total_weight
            quantity[rows] = disaggregate(agreed, quantity[rows])
    return tidy.assign(quantity=quantity)


def earned_weights(
    records: pd.DataFrame, lag: int, *, months: int = 12, belief: float = BELIEF, largest: float = LARGEST
) -> pd.DataFrame:
    """The weight each department has earned by its accuracy at the decision lag.

    Parameters
    ----------
    records
        department, lag, period, before, after, actual [units]: result of `decisions.inputs_at_lag`, `before` being the
        statistical forecast at the same level and month
    lag
        lag of the decision [months]
    months
        last months judged [months]
    belief
        months of errors that equal weights count for [months]
    largest
        most a weight may be above or below 1 [times]

    The weight is 1 / MAE over that of the statistical forecast at the same levels and months, so that departments
    that think in totals and in items compare; it is drawn to 1 by the power n / (n + belief), n the months judged:
    w = (MAE of statistical / MAE)^(n / (n + belief)). The statistical forecast has weight 1. After [1] and [2].

    Returns department, weight, mae [units], months (judged) and says, the statistical forecast first.

    >>> month = pd.date_range("2020-01-01", periods=6, freq="MS")
    >>> said = pd.DataFrame({"department": "sales", "lag": 1, "period": month, "before": 120.0, "after": 105.0})
    >>> earned_weights(said.assign(actual=100.0), lag=1)[["department", "weight", "mae", "months"]]
        department  weight   mae  months
    0  statistical     1.0  20.0     6.0
    1        sales     2.0   5.0     6.0

    """
    for name, value in (("months", months), ("belief", belief)):
        if not value > 0:
            raise InputError(f"{name} of earned weights must be above 0, got {value}")
    if not largest >= 1:
        raise InputError(f"the largest earned weight must be 1 or more, got {largest}")
    judged = records[records["lag"].eq(lag) & records["department"].ne(STATISTICAL)]
    last = np.sort(judged["period"].unique())[-months:]
    judged = judged[judged["period"].isin(last)]
    judged = judged.assign(own=(judged["actual"] - judged["after"]).abs())
    judged = judged.assign(reference=(judged["actual"] - judged["before"]).abs())
    grouped = judged.groupby("department")
    table = grouped.agg(mae=("own", "mean"), reference=("reference", "mean"), months=("period", "nunique"))
    better = table["reference"] / table["mae"].where(table["mae"] > 0)
    better = better.fillna((table["reference"] > 0).map({True: largest, False: 1.0}))
    trust = table["months"] / (table["months"] + belief)
    table["weight"] = better.clip(1 / largest, largest).astype(float) ** trust
    table["says"] = [_earned(*row) for row in zip(table.mae, table.reference, table.months, table.weight, strict=True)]
    scopes = [c for c in (*SCOPE, "period") if c in judged.columns]
    cells = judged.drop_duplicates(scopes)
    count = float(cells["period"].nunique())
    first = pd.DataFrame(
        {
            "department": [STATISTICAL],
            "weight": [1.0],
            "mae": [float(cells["reference"].mean()) if len(cells) else float("nan")],
            "months": [count],
            "says": ["the others are measured against it"],
        }
    )
    rest = table.reset_index().astype({"months": float})[list(first.columns)]
    return pd.concat([first, rest], ignore_index=True) if len(rest) else first


def with_earned_weights(departments: pd.DataFrame, earned: pd.DataFrame) -> pd.DataFrame:
    """The departments with earned weights where none is typed; a department without any record keeps a blank (1).

    Parameters
    ----------
    departments
        department and `weight`; a blank asks for an earned one
    earned
        result of `earned_weights`

    Returns the departments with `weight` filled in and `says`, where the weight comes from.

    >>> asked = pd.DataFrame({"department": ["sales", "finance"], "weight": [np.nan, 3.0]})
    >>> earned = pd.DataFrame({"department": ["sales"], "weight": [2.0], "says": ["half the error"]})
    >>> with_earned_weights(asked, earned)
      department  weight            says
    0      sales     2.0  half the error
    1    finance     3.0           typed

    """
    known = earned.drop_duplicates("department").set_index("department")
    blank = departments["weight"].isna()
    own = departments["department"].map(known["weight"])
    says = departments["department"].map(known["says"]).fillna("no month judged yet: the weight is 1")
    return departments.assign(
        weight=departments["weight"].where(~blank, own).astype(float), says=says.where(blank, "typed")
    )


def _earned(mae: float, reference: float, months: float, weight: float) -> str:
    said = f"missed by {mae:,.0f} units a month, the statistical forecast by {reference:,.0f}, over {months:g} months"
    return f"{said}: weight {weight:.2f}"


def unmatched_inputs(statistical: pd.DataFrame, inputs: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """The submitted inputs that no row of the plan answers to, for a warning."""
    tidy = sorted_plan(statistical)
    given = _scoped(inputs[inputs["quantity"].notna()])
    months = pd.DatetimeIndex(np.sort(tidy["period"].unique()))
    index = PlanIndex.of(with_new_series(tidy, given, items, months), items)
    lost = [not (index.rows(row) & index.in_period(row["period"])).any() for row in given.to_dict("records")]
    return inputs.loc[given.index[np.array(lost, dtype=bool)]]


def consensus(plan: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """The plan in whole units that sum to the rounded total of each family and month, by largest remainder.

    Parameters
    ----------
    plan
        item, channel, region, period, quantity [units]
    items
        item and family

    """
    tidy = sorted_plan(plan)
    group = families(tidy["item"], items).str.cat(tidy["period"].dt.strftime("%Y-%m"), sep="\n")
    return tidy.assign(quantity=round_to_total(tidy["quantity"].to_numpy(dtype=float), group.to_numpy(dtype=object)))


def consensus_at_every_level(plan: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """The plan in whole units next to the true total, family, item and series of each month, by largest remainder.

    Parameters as in `consensus`, whose families are each rounded alone; here the month's total is rounded to the
    nearest and every family and item is within a unit of its own sum (`hierarchy.round_nested`).

    >>> month = pd.Timestamp("2020-03-01")
    >>> plan = pd.DataFrame({"item": ["A", "B", "C"], "channel": "", "region": "", "period": month, "quantity": 0.6})
    >>> items = pd.DataFrame({"item": ["A", "B", "C"], "family": ["F", "G", "H"]})
    >>> consensus(plan, items)["quantity"].sum(), consensus_at_every_level(plan, items)["quantity"].sum()
    (np.float64(3.0), np.float64(2.0))

    """
    tidy = sorted_plan(plan)
    keys = tidy.assign(family=families(tidy["item"], items))
    levels = [keys.groupby(by).ngroup().to_numpy() for by in (["period"], ["period", "family"], ["period", "item"])]
    return tidy.assign(quantity=round_nested(tidy["quantity"].to_numpy(dtype=float), levels))


def demand_steps(steps: Mapping[str, pd.DataFrame], items: pd.DataFrame) -> pd.DataFrame:
    """The table `demand_steps`: units of each family (and `Total`) after each step.

    Parameters
    ----------
    steps
        plan after each step, by the step's name (`STEPS`)
    items
        item and family

    """
    unknown = [step for step in steps if step not in STEPS]
    if unknown:
        raise InputError(f"there is no step {unknown[0]!r}; the steps are {', '.join(STEPS)}")
    tables = []
    for step in (step for step in STEPS if step in steps):
        plan = sorted_plan(steps[step])
        named = plan.assign(family=families(plan["item"], items))
        by_family = named.groupby(["family", "period"], as_index=False)["quantity"].sum()
        total = named.groupby("period", as_index=False)["quantity"].sum().assign(family="Total")
        tables.append(pd.concat([by_family, total], ignore_index=True).assign(step=step))
    if not tables:
        raise InputError("demand steps need the plan of at least one step")
    table = pd.concat(tables, ignore_index=True)
    order = table["step"].map({step: number for number, step in enumerate(STEPS)})
    table = table.assign(order=order, last=table["family"].eq("Total"))
    ordered: pd.DataFrame = table.sort_values(["last", "family", "order", "period"], ignore_index=True)
    return ordered[["family", "step", "period", "quantity"]]


def _weights(departments: pd.DataFrame) -> dict[str, float]:
    weight = departments["weight"].fillna(1.0)
    if ((weight < 0) | ~np.isfinite(weight)).any():
        bad = departments[(weight < 0) | ~np.isfinite(weight)].iloc[0]
        raise InputError(f"weight of {bad['department']} must be 0 or more, got {bad['weight']}")
    return dict(zip(departments["department"], weight, strict=True))


def _scoped(inputs: pd.DataFrame) -> pd.DataFrame:
    full = inputs.reindex(columns=[*dict.fromkeys([*SCOPE, *inputs.columns])])
    return full.assign(**{field: full[field].astype(object).where(full[field].notna(), "") for field in SCOPE})


def _submitted(inputs: pd.DataFrame, departments: pd.DataFrame) -> pd.DataFrame:
    given = _scoped(inputs[inputs["quantity"].notna()])
    quantity = given["quantity"].to_numpy(dtype=float)
    if not np.isfinite(quantity).all() or (quantity < 0).any():
        bad = given[~np.isfinite(quantity) | (quantity < 0)].iloc[0]
        raise InputError(f"an input of {bad['department']} must be 0 or more units, got {bad['quantity']}")
    weights = _weights(departments)
    unknown = given.loc[~given["department"].isin(list(weights)), "department"]
    if len(unknown):
        raise InputError(f"department {unknown.iloc[0]!r} gave an input but is not among the departments")
    given = given[given["department"].ne(STATISTICAL)]
    return given.assign(weight=given["department"].map(weights).astype(float))
