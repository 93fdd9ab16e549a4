"""Overrides: what a person changes in the plan, at any level, with a reason and an expiry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sop_xl.demand.cleansing.history import KEYS
from sop_xl.demand.forecasting.smoothing import Floats
from sop_xl.demand.levels.hierarchy import disaggregate, disaggregate_by_last_year
from sop_xl.demand.levels.scope import SCOPE, PlanIndex, Row, is_blank, sorted_plan, with_new_series
from sop_xl.errors import InputError
from sop_xl.periods import label

KINDS = ("absolute", "units", "percent")

EFFECT = ("override", "status", "rows", "before", "after", "says")
"""Columns of the table `override_effects`."""

CHANGES = ("override", "owner", "reason", *KEYS, "period", "before", "after")
"""Columns of the cells that overrides changed: `Overridden.changes`."""

SCOPES = ("override", "period", "before", "after")
"""Columns of what overrides made of their scope by month: `Overridden.scopes`."""


@dataclass(frozen=True)
class Overridden:
    """The plan after its overrides, the table `override_effects`, and every cell that an override reached.

    `scopes` has the whole scope of each override by month, cells that a lock protects included (`SCOPES`).
    """

    plan: pd.DataFrame
    effects: pd.DataFrame
    changes: pd.DataFrame
    scopes: pd.DataFrame


@dataclass(frozen=True)
class Effect:
    """What became of one override: one row of the table `override_effects`."""

    override: str
    status: str
    rows: float = 0.0
    before: float = 0.0
    after: float = 0.0
    says: str = ""


def apply_overrides(
    plan: pd.DataFrame,
    overrides: pd.DataFrame,
    items: pd.DataFrame,
    as_of: date,
    periods: pd.DatetimeIndex,
    last_year: pd.DataFrame | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Apply the overrides to the plan, and tell what became of each: plan and effects of `overridden`."""
    done = overridden(plan, overrides, items, as_of, periods, last_year)
    return done.plan, done.effects


def overridden(
    plan: pd.DataFrame,
    overrides: pd.DataFrame,
    items: pd.DataFrame,
    as_of: date,
    periods: pd.DatetimeIndex,
    last_year: pd.DataFrame | None = None,
) -> Overridden:
    """Apply the overrides to the plan, tell what became of each, and keep what each did to every cell.

    Parameters
    ----------
    plan
        item, channel, region, period, quantity [units]
    overrides
        the table `overrides`
    items
        item and family
    as_of
        last day of history; an override whose last day is this or earlier no longer counts
    periods
        the months planned
    last_year
        item, channel, region, period, quantity [units]: history, by which cells that are all 0 are split

    Locked overrides come first and protect their cells from all later ones; then the broader scope (more series)
    before the narrower, the older before the newer. An absolute value is the total of the scope in a month, split in
    proportion to the present values; where all are 0, to those of the same month a year before, and equally where
    there were none. Units are added in the same way; percent multiplies. An override of a full item, channel and
    region that the plan lacks starts that series. Demand never falls below 0.

    Returns the new plan; `override_effects` in the order of `overrides`; a row (`CHANGES`) for each override and
    cell it reached, in the order in which they were applied, before and after [units]; and a row (`SCOPES`) for each
    override and month.

    """
    _check(overrides)
    end = overrides["last_period"] if "last_period" in overrides.columns else pd.Series(pd.NaT, index=overrides.index)
    end = end.fillna(overrides["first_period"])
    expires = overrides["expires"] if "expires" in overrides.columns else pd.Series(pd.NaT, index=overrides.index)
    expired = (expires <= pd.Timestamp(as_of)).to_numpy()
    outside = ((overrides["first_period"] > periods[-1]) | (end < periods[0])).to_numpy()
    live = ~(expired | outside)
    scoped = overrides.reindex(columns=[*dict.fromkeys([*SCOPE, *overrides.columns])])
    tidy = with_new_series(sorted_plan(plan), scoped[live], items, periods)
    index = PlanIndex.of(tidy, items)
    past = _year_before(tidy, last_year)
    quantity = tidy["quantity"].to_numpy(dtype=float).copy()
    protected = np.zeros(len(quantity), dtype=bool)
    records = scoped.assign(last_period=end).to_dict("records")
    effects: dict[int, Effect] = {}
    changes, scopes = [], []
    for place in _order(records, index):
        row = records[place]
        if not live[place]:
            effects[place] = _idle(row, expired[place])
            continue
        cells = index.rows(row) & (tidy["period"].between(row["first_period"], row["last_period"])).to_numpy()
        reach = cells & ~protected
        before = quantity.copy()
        for month in np.unique(index.codes["period"][reach]):
            here = reach & (index.codes["period"] == month)
            kept = float(quantity[cells & protected & (index.codes["period"] == month)].sum())
            quantity[here] = changed(quantity[here], row["kind"], float(row["value"]), kept, past[here])
            sums = (kept + float(values[here].sum()) for values in (before, quantity))
            scopes.append((str(row["override"]), index.label("period", month), *sums))
        if is_locked(row):
            protected |= reach
        effects[place] = _effect(row, before[reach], quantity[reach], int((cells & protected & ~reach).sum()))
        changes.append(_changes(row, tidy.loc[reach], before[reach], quantity[reach]))
    table = pd.DataFrame([effects[place] for place in range(len(records))], columns=list(EFFECT))
    done = [part for part in changes if len(part)]
    return Overridden(
        tidy.assign(quantity=quantity),
        table.astype({"rows": float, "before": float, "after": float}),
        pd.concat(done, ignore_index=True) if done else _changes({"override": ""}, tidy.iloc[:0], past[:0], past[:0]),
        pd.DataFrame(scopes, columns=list(SCOPES)).astype({"before": float, "after": float}),
    )


def changed(values: Floats, kind: str, value: float, kept: float = 0.0, last_year: Floats | None = None) -> Floats:
    """The cells of one scope and month after an override.

    Parameters
    ----------
    values
        present values [units]
    kind
        absolute, units or percent
    value
        total [units], units added [units], or share added [share]
    kept
        protected units of the same scope and month, part of an absolute total [units]
    last_year
        values of the cells a year before, by which cells that are all 0 are split [units]; None splits equally

    >>> changed(np.array([10.0, 30.0]), "absolute", 80.0), changed(np.array([10.0, 30.0]), "percent", 0.1)
    (array([20., 60.]), array([11., 33.]))

    """
    if kind == "percent":
        return np.asarray(values * max(1.0 + value, 0.0))
    goal = value - kept if kind == "absolute" else float(values.sum()) + value
    if last_year is None:
        return disaggregate(max(goal, 0.0), values)
    return disaggregate_by_last_year(max(goal, 0.0), values, last_year)


def is_locked(row: Row) -> bool:
    """Whether an override protects its cells."""
    return not is_blank(row.get("locked")) and bool(row["locked"])


def _year_before(plan: pd.DataFrame, history: pd.DataFrame | None) -> Floats:
    """What each cell of the plan sold in the same month a year before [units]; 0 where nothing is known."""
    if history is None or history.empty:
        return np.zeros(len(plan))
    moved = history.assign(period=history["period"] + pd.DateOffset(years=1))
    sums = moved.groupby([*KEYS, "period"])["quantity"].sum()
    wanted = pd.MultiIndex.from_frame(plan[[*KEYS, "period"]])
    return np.asarray(np.maximum(np.nan_to_num(sums.reindex(wanted).to_numpy(dtype=float)), 0.0))


def _changes(row: Row, cells: pd.DataFrame, before: Floats, after: Floats) -> pd.DataFrame:
    said = {name: "" if is_blank(row.get(name, "")) else str(row[name]) for name in ("override", "owner", "reason")}
    return cells.assign(**said, before=before, after=after)[list(CHANGES)].reset_index(drop=True)


def _order(records: Sequence[Row], index: PlanIndex) -> list[int]:
    """Locked first, then broad before narrow, old before new, and by name."""

    def rank(place: int) -> tuple[bool, int, pd.Timestamp, str]:
        row = records[place]
        entered = row.get("entered")
        moment = pd.Timestamp.min if entered is None or pd.isna(entered) else pd.Timestamp(entered)
        return not is_locked(row), -int(index.rows(row).sum()), moment, str(row["override"])

    return sorted(range(len(records)), key=rank)


def _idle(row: Row, expired: bool) -> Effect:
    name = str(row["override"])
    if expired:
        return Effect(name, "expired", says=f"expired on {row['expires']:%Y-%m-%d}; nothing was changed")
    span = label(row["first_period"])
    return Effect(name, "outside the horizon", says=f"its months from {span} are not planned; nothing was changed")


def _effect(row: Row, before: Floats, after: Floats, spared: int) -> Effect:
    name, note = str(row["override"]), f"; {spared} locked cells were left alone" if spared else ""
    if not len(before):
        scope = ", ".join(str(row[field]) for field in SCOPE if not is_blank(row.get(field))) or "everything"
        return Effect(name, "nothing matched", says=f"the plan has nothing to change for {scope}{note}")
    old, new = float(before.sum()), float(after.sum())
    says = f"{row['kind']} {row['value']:+g} took {old:,.0f} units to {new:,.0f} in {_counted(len(before))}{note}"
    return Effect(name, "applied", float(len(before)), old, new, says)


def _check(overrides: pd.DataFrame) -> None:
    needed = ("override", "first_period", "kind", "value")
    missing = [c for c in needed if c not in overrides.columns]
    if missing:
        raise InputError(f"overrides lack the columns {', '.join(missing)}")
    values: NDArray[np.float64] = overrides["value"].to_numpy(dtype=float)
    problems = (
        (~overrides["kind"].isin(KINDS), "kind", "must be absolute, units or percent"),
        (pd.Series(~np.isfinite(values), index=overrides.index), "value", "must be a finite number"),
        (overrides["kind"].eq("absolute") & (values < 0), "value", "must not be negative for an absolute override"),
        (overrides["first_period"].isna(), "first_period", "must be given"),
    )
    for bad, column, rule in problems:
        if bad.any():
            row = overrides[bad].iloc[0]
            raise InputError(f"override {row['override']!s}: {column} {rule}, got {row[column]!s}")


def _counted(cells: int) -> str:
    return "1 cell" if cells == 1 else f"{cells:,} cells"
