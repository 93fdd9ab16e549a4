"""Frozen plans: each cycle keeps what it forecast, changed and expected, so that it can be judged later.

Planning writes the plan of its cycle as a draft; sign-off turns the draft into what is frozen, and nothing changes that
again. Plans are kept by item at a few lags, changes of overrides by series, inputs at the level of the department.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from sop_xl import periods
from sop_xl.cycle.keeping import plain
from sop_xl.cycle.step import Context
from sop_xl.demand.cleansing.history import KEYS
from sop_xl.demand.review import decisions, snapshots
from sop_xl.workbook.tables import TABLES

DRAFT, FROZEN = "draft", "frozen"
OVERRIDE, INPUT = "override", "input"
CYCLES_KEPT = 18
"""Cycles kept: a year judged at lag 6 [cycles]."""
ROWS_KEPT = 25_000
"""Rows from which the oldest cycles leave a table earlier [rows]."""

STEPS = {
    "naive": "naive",
    "seasonal naive": "seasonal_naive",
    "statistical": "statistical",
    "events": "events",
    "inputs": "inputs",
    "overrides": "overrides",
    "consensus": "consensus",
}
"""Column of the table of snapshots for each step."""

SCOPE = ["item", "family", "channel", "region"]


def lags(context: Context) -> tuple[int, ...]:
    """The lags at which plans are kept: the usual ones and that on Control, within the horizon [months]."""
    wanted = {*snapshots.LAGS, context.settings.accuracy_lag}
    return tuple(sorted(lag for lag in wanted if lag <= context.settings.horizon))


def snapshot(stages: Mapping[str, pd.DataFrame], interval: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Rows of table `snapshots` for this cycle.

    `stages` are the plans after each step (`STEPS`); `interval` is item, period, forecast, low, high [units] of every
    series. Half-widths of an item's series add as if their errors were independent.
    """
    long = snapshots.freeze(
        {step: by_item(plan) for step, plan in stages.items()},
        context.settings.cycle,
        context.settings.as_of,
        lags(context),
    )
    keys = ["cycle", "as_of", "item", "period"]
    wide = long.assign(column=long["step"].map(STEPS))
    wide = wide.pivot_table(index=keys, columns="column", values="quantity", aggfunc="sum").reset_index()
    table = wide.merge(interval_by_item(interval), on=["item", "period"], how="left")
    figures = [c.name for c in TABLES["snapshots"].columns if c.kind.is_number and c.name in table]
    table = table[table[figures].fillna(0.0).ne(0).any(axis=1)]
    return table.assign(status=DRAFT).round(dict.fromkeys(figures, 2)).reset_index(drop=True)


def by_item(plan: pd.DataFrame) -> pd.DataFrame:
    """A plan summed over channels and regions, which are blank then.

    >>> month = pd.Timestamp("2020-03-01")
    >>> plan = pd.DataFrame({"item": "A", "channel": ["web", "shop"], "region": "DE", "period": month, "quantity": 2.0})
    >>> by_item(plan)[["item", "channel", "quantity"]].values.tolist()
    [['A', '', 4.0]]
    """
    sums = plan.groupby(["item", "period"], as_index=False)[["quantity"]].sum(min_count=1)
    return sums.assign(channel="", region="")[[*KEYS, "period", "quantity"]]


def interval_by_item(interval: pd.DataFrame) -> pd.DataFrame:
    """Low and high of each item and month from those of its series."""
    parts = interval.assign(
        below=(interval["forecast"] - interval["low"]) ** 2, above=(interval["high"] - interval["forecast"]) ** 2
    )
    sums = parts.groupby(["item", "period"], as_index=False)[["forecast", "below", "above"]].sum()
    return pd.DataFrame(
        {
            "item": sums["item"],
            "period": sums["period"],
            "low": (sums["forecast"] - np.sqrt(sums["below"])).clip(lower=0.0),
            "high": sums["forecast"] + np.sqrt(sums["above"]),
        }
    )


def changes(
    done: pd.DataFrame, inputs: pd.DataFrame, seen: pd.DataFrame, items: pd.DataFrame, context: Context
) -> pd.DataFrame:
    """Rows of table `frozen_changes` for this cycle.

    `done` is what overrides changed (`overrides.Overridden.changes`), `inputs` the table of that name, `seen` the plan
    that the departments were shown (after events): what it says at the level of an input stands as `before`.
    """
    cycle, as_of, kept = context.settings.cycle, context.settings.as_of, lags(context)
    mine = snapshots.freeze_changes(done, cycle, as_of, kept).rename(columns={"override": "name"})
    given = snapshots.freeze_inputs(inputs, cycle, as_of, kept)
    parts = [mine.assign(kind=OVERRIDE, family="")] if len(mine) else []
    if len(given):
        shown = snapshots.freeze({"events": seen}, cycle, as_of, kept)
        told = [decisions.inputs_at_lag(given, shown, seen, items, lag) for lag in kept]
        at_level = pd.concat([part for part in told if len(part)] or told[:1], ignore_index=True)
        parts.append(at_level.rename(columns={"department": "name"}).assign(kind=INPUT, cycle=cycle))
    if not parts:
        return pd.DataFrame(columns=[c.name for c in TABLES["frozen_changes"].columns])
    rows = pd.concat(parts, ignore_index=True).assign(status=DRAFT).round({"before": 2, "after": 2})
    return rows[[c.name for c in TABLES["frozen_changes"].columns]]


def with_draft(before: pd.DataFrame, fresh: pd.DataFrame, context: Context) -> pd.DataFrame:
    """A table of frozen rows with this cycle as its draft; a cycle that is frozen is not drafted again."""
    stored = plain(before)
    kept = stored[stored["status"].eq(FROZEN)]
    as_of = periods.month_of(context.settings.as_of)
    if (kept["cycle"].eq(context.settings.cycle) | kept["as_of"].eq(as_of)).any():
        return kept.reset_index(drop=True)
    parts = [part for part in (kept, fresh) if len(part)]
    return capped(pd.concat(parts, ignore_index=True)) if parts else kept.reset_index(drop=True)


def capped(table: pd.DataFrame, cycles: int = CYCLES_KEPT, rows: int = ROWS_KEPT) -> pd.DataFrame:
    """The latest cycles of a table, whole ones: at most `cycles`, and fewer where they have more than `rows` rows.

    >>> table = pd.DataFrame({"cycle": ["a", "a", "b"], "as_of": pd.to_datetime(["2020-01-01"] * 2 + ["2020-02-01"])})
    >>> capped(table, rows=2)["cycle"].tolist(), capped(table, cycles=1)["cycle"].tolist(), len(capped(table))
    (['b'], ['b'], 3)
    """
    sizes = table.groupby("as_of").size().sort_index(ascending=False)
    fits = sizes.cumsum() <= max(rows, int(sizes.iloc[0]) if len(sizes) else 0)
    kept = sizes.index[fits][:cycles]
    return table[table["as_of"].isin(kept)].reset_index(drop=True)


def signed_off(before: pd.DataFrame, cycle: str) -> pd.DataFrame:
    """A table of frozen rows with the draft of a cycle frozen.

    >>> signed_off(pd.DataFrame({"cycle": ["2020-03", "2020-04"], "status": "draft"}), "2020-03")["status"].tolist()
    ['frozen', 'draft']
    """
    stored = plain(before)
    return stored.assign(status=stored["status"].mask(stored["cycle"].eq(cycle), FROZEN))


def reopened(stored: pd.DataFrame, context: Context) -> pd.DataFrame:
    """A table of frozen rows with this cycle a draft again, for its plan is reopened."""
    mine = stored["cycle"].eq(context.settings.cycle)
    return stored.assign(status=stored["status"].mask(mine, DRAFT))


def frozen_plans(table: pd.DataFrame) -> pd.DataFrame:
    """The frozen plans as the demand room judges them: the columns `snapshots.SNAPSHOT`, one row a step."""
    signed = plain(table)
    signed = signed[signed["status"].eq(FROZEN)]
    long = signed.melt(
        id_vars=["cycle", "as_of", "item", "period"],
        value_vars=list(STEPS.values()),
        var_name="step",
        value_name="quantity",
    )
    names = {column: step for step, column in STEPS.items()}
    long = long.assign(step=long["step"].map(names), channel="", region="")
    return long[long["quantity"].notna()].reset_index(drop=True)[list(snapshots.SNAPSHOT)]


def override_decisions(table: pd.DataFrame, actuals: pd.DataFrame, lag: int) -> pd.DataFrame:
    """What each frozen override made of each closed month, beside what was sold: `decisions.changes_at_lag`."""
    signed = plain(table)
    mine = signed[signed["status"].eq(FROZEN) & signed["kind"].eq(OVERRIDE)]
    return decisions.changes_at_lag(mine.rename(columns={"name": "override"}), actuals, lag)


def input_decisions(table: pd.DataFrame, actuals: pd.DataFrame, items: pd.DataFrame, lag: int) -> pd.DataFrame:
    """What each department expected of each closed month, beside what was sold: `decisions.inputs_at_lag`."""
    signed = plain(table)
    mine = signed[signed["status"].eq(FROZEN) & signed["kind"].eq(INPUT)]
    given = mine.rename(columns={"name": "department", "after": "quantity"})
    nothing = pd.DataFrame(columns=list(snapshots.SNAPSHOT))
    judged = decisions.inputs_at_lag(given.drop(columns="before"), nothing, actuals, items, lag)
    keys = ["department", *SCOPE, "cycle", "period"]
    return judged.drop(columns="before").merge(given[[*keys, "before"]], on=keys, how="left")
