"""Which rows of a plan a typed row means: blank item, family, channel or region means all.

A plan has one row per item, channel, region and period, with `quantity` [units].
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sop_xl.demand.cleansing.history import KEYS
from sop_xl.errors import InputError

Row = Mapping[Hashable, Any]
"""One typed row: its cells by column."""

SCOPE = ("item", "family", "channel", "region")
"""The fields a scope may fill."""

PLAN = (*KEYS, "period", "quantity")
"""Columns of a plan."""


@dataclass(frozen=True)
class PlanIndex:
    """The codes of a plan's columns, so that finding the rows of a scope is a comparison of integers."""

    codes: Mapping[str, NDArray[np.int64]]
    names: Mapping[str, Mapping[Any, int]]

    @classmethod
    def of(cls, plan: pd.DataFrame, items: pd.DataFrame) -> PlanIndex:
        """Index a plan, its families taken from `items`."""
        columns = {c: plan[c] for c in (*KEYS, "period")} | {"family": families(plan["item"], items)}
        codes, names = {}, {}
        for column, values in columns.items():
            code, labels = pd.factorize(values)
            codes[column] = code.astype(np.int64)
            names[column] = {label: number for number, label in enumerate(labels)}
        return cls(codes, names)

    def rows(self, scope: Row) -> NDArray[np.bool_]:
        """The rows of the plan inside a scope."""
        inside = np.ones(len(self.codes["item"]), dtype=bool)
        for field in SCOPE:
            wanted = scope.get(field, "")
            if not is_blank(wanted):
                inside &= self.codes[field] == self.names[field].get(wanted, -1)
        return inside

    def label(self, column: str, code: int) -> Any:
        """What a code of a column stands for."""
        return list(self.names[column])[code]

    def in_period(self, period: pd.Timestamp) -> NDArray[np.bool_]:
        """The rows of the plan in a period."""
        return np.asarray(self.codes["period"] == self.names["period"].get(period, -1))


def is_blank(value: Any) -> bool:
    """Whether a cell of a scope is empty."""
    return value == "" if isinstance(value, str) else bool(pd.isna(value))


def families(item: pd.Series, items: pd.DataFrame) -> pd.Series:
    """Family of each item; blank where it has none."""
    known = items.drop_duplicates("item").set_index("item")["family"]
    return item.map(known).fillna("")


def sorted_plan(plan: pd.DataFrame) -> pd.DataFrame:
    """A plan with its columns and rows in the usual order; rows that say the same twice are refused."""
    missing = [c for c in PLAN if c not in plan.columns]
    if missing:
        raise InputError(f"the plan lacks the columns {', '.join(missing)}")
    tidy = plan[list(PLAN)].sort_values([*KEYS, "period"], ignore_index=True)
    twice = tidy.duplicated([*KEYS, "period"])
    if twice.any():
        row = tidy[twice].iloc[0]
        raise InputError(f"the plan has two rows for {row['item']}, {row['channel']}, {row['region']}")
    if not np.isfinite(tidy["quantity"].to_numpy(dtype=float)).all():
        row = tidy[~np.isfinite(tidy["quantity"].to_numpy(dtype=float))].iloc[0]
        raise InputError(f"the plan of {row['item']}, {row['channel']}, {row['region']} has no finite quantity")
    return tidy


def with_new_series(
    plan: pd.DataFrame, asked: pd.DataFrame, items: pd.DataFrame, periods: pd.DatetimeIndex
) -> pd.DataFrame:
    """The plan plus empty series for scopes that name an item, channel and region it does not have (new listings)."""
    named = asked[[*KEYS]]
    filled = pd.concat([named[key].notna() & named[key].ne("") for key in KEYS], axis=1).all(axis=1)
    full = named[filled & named["item"].isin(items["item"])].drop_duplicates()
    merged = full.merge(plan[[*KEYS]].drop_duplicates(), on=[*KEYS], how="left", indicator=True)
    fresh = merged.loc[merged["_merge"].eq("left_only"), [*KEYS]]
    if fresh.empty:
        return plan
    rows = fresh.merge(pd.DataFrame({"period": periods.astype("datetime64[ns]")}), how="cross").assign(quantity=0.0)
    return sorted_plan(pd.concat([plan, rows], ignore_index=True))
