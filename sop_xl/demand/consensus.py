"""Consensus: blending what the departments expect, and the agreed plan in whole units."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from sop_xl.demand.hierarchy import disaggregate, round_to_total
from sop_xl.demand.scope import SCOPE, PlanIndex, families, sorted_plan, with_new_series
from sop_xl.errors import InputError

STATISTICAL = "statistical"
"""Name of the statistical forecast among the departments."""

STEPS = ("statistical", "events", "inputs", "overrides", "consensus")
"""Steps of the demand plan, in order."""


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
