"""Decisions: what a person or a department made of a month, at the level they decided, beside what was sold.

The frames here have one row per decision, cycle and closed month: `before` and `after` it, and `actual` [units]. They
are what weights are earned by (`consensus.earned_weights`) and value added is told by (`value_added.decision_value`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sop_xl.demand.cleansing.history import KEYS
from sop_xl.demand.forecasting.smoothing import Floats
from sop_xl.demand.levels.scope import SCOPE, families, is_blank
from sop_xl.demand.review.snapshots import at_lag, check_lag, closed

JUDGED = ("cycle", "as_of", "lag", "period", "before", "after", "actual")
"""Columns that judged changes and inputs have in common."""


def changes_at_lag(changes: pd.DataFrame, actuals: pd.DataFrame, lag: int) -> pd.DataFrame:
    """What each override made of each closed month, summed over the cells it reached, beside what was sold.

    Parameters
    ----------
    changes
        the snapshots of `freeze_changes`
    actuals, lag
        as in `records_at_lag`

    A person who changes a family is judged on the family, not on how it was split. Returns override, owner, reason
    and the columns `JUDGED`.

    """
    check_lag(lag)
    sold = closed(actuals)
    frozen = at_lag(changes, lag)
    frozen = frozen[frozen["period"].isin(sold["period"])]
    joined = frozen.merge(sold.rename(columns={"quantity": "actual"}), on=[*KEYS, "period"], how="left")
    keys = ["override", "owner", "reason", "cycle", "as_of", "period"]
    sums = joined.fillna({"actual": 0.0}).groupby(keys, as_index=False)[["before", "after", "actual"]].sum()
    return sums.assign(lag=lag)[["override", "owner", "reason", *JUDGED]]


def inputs_at_lag(
    inputs: pd.DataFrame,
    snapshots: pd.DataFrame,
    actuals: pd.DataFrame,
    items: pd.DataFrame,
    lag: int,
    step: str = "events",
) -> pd.DataFrame:
    """What each department expected of each closed month at the level it thinks in, beside what was sold there.

    Parameters
    ----------
    inputs
        the snapshots of `freeze_inputs`
    snapshots, actuals, lag
        as in `records_at_lag`
    items
        item and family
    step
        step whose plan is what the department saw: `before`

    Returns department, owner, reason, item, family, channel, region and the columns `JUDGED`: `after` is the
    department's figure [units].

    """
    check_lag(lag)
    sold = closed(actuals)
    given = at_lag(inputs, lag)
    given = given[given["period"].isin(sold["period"])]
    given = given.reindex(columns=[*dict.fromkeys(["department", "owner", "reason", *SCOPE, *given.columns])])
    text = ["department", "owner", "reason", *SCOPE]
    given = given.assign(**{c: given[c].astype(object).where(given[c].notna(), "") for c in text})
    given = given.reset_index(drop=True)
    plan = snapshots[snapshots["step"].eq(step)]
    before = _scope_sums(given, plan, items, by=["cycle", "period"])
    actual = _scope_sums(given, sold, items, by=["period"])
    table = given.rename(columns={"quantity": "after"}).assign(before=before, actual=actual, lag=lag)
    return table[[*text, *JUDGED]].astype({"after": float})


def _scope_sums(scopes: pd.DataFrame, cells: pd.DataFrame, items: pd.DataFrame, by: list[str]) -> Floats:
    """Units of the cells inside each scope (blank is all), matched by the further columns."""
    named = cells.assign(family=families(cells["item"], items))
    filled = pd.DataFrame({field: ~scopes[field].map(is_blank).astype(bool) for field in SCOPE})
    out = np.zeros(len(scopes))
    for pattern, rows in filled.groupby(list(SCOPE)):
        keys = [*(field for field, there in zip(SCOPE, pattern, strict=True) if there), *by]
        sums = named.groupby(keys, as_index=False)["quantity"].sum()
        wanted = scopes.loc[rows.index, keys]
        found = wanted.merge(sums, on=keys, how="left")["quantity"].fillna(0.0)
        out[rows.index] = found.to_numpy(dtype=float)
    return out
