"""Periods across: from the sheet's layout (a column per month) to the long frame and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from sop_xl import periods as p
from sop_xl.errors import InputError
from sop_xl.workbook.schema import Column, Table


@dataclass(frozen=True)
class Wide:
    """A table laid across.

    `rows` holds the columns beside the periods (its index is the row number), `periods` the months in order, and
    `values` one line per row and one column per month; blank is `NaN`.
    """

    rows: pd.DataFrame
    periods: pd.DatetimeIndex
    values: npt.NDArray[np.float64]


def melt(table: Table, wide: Wide) -> pd.DataFrame:
    """The long frame of a table laid across: a row per cell that holds a number; 0 is a number, blank is no row."""
    across = _across(table)
    row, month = np.nonzero(~np.isnan(wide.values))
    long = wide.rows.take(row)
    return long.assign(**{"period": wide.periods.to_numpy()[month], across.name: wide.values[row, month]})


def pivot(table: Table, frame: pd.DataFrame) -> Wide:
    """A long frame laid across: rows in order of first appearance, months in order of time.

    Raises `InputError` where a cell would hold two values or a row two descriptions.
    """
    across = _across(table)
    keys = [name for name in table.keys if name != "period"]
    if frame["period"].isna().any():
        raise InputError(f"table {table.name} has {int(frame['period'].isna().sum())} rows without a period")
    months = pd.DatetimeIndex(np.unique(frame["period"].to_numpy()), name="period")
    group = frame.groupby(keys, sort=False, dropna=False).ngroup().to_numpy()
    first = np.unique(group, return_index=True)[1]
    rows = frame.iloc[first][[c.name for c in table.columns]]
    for column in table.columns:
        if column.name not in keys:
            _one_description(table, column, frame, rows[column.name].to_numpy()[group], keys)
    month = months.get_indexer(pd.DatetimeIndex(frame["period"]))
    cell = group * max(len(months), 1) + month
    _, at, count = np.unique(cell, return_index=True, return_counts=True)
    if (count > 1).any():
        twice = frame.iloc[at[count > 1][0]]
        name = ", ".join(str(twice[k]) for k in keys)
        raise InputError(f"table {table.name} has two values for {name} in {p.label(twice['period'])}")
    values = np.full((len(rows), len(months)), np.nan)
    values[group, month] = frame[across.name].to_numpy(dtype=float)
    return Wide(rows, months, values)


def _across(table: Table) -> Column:
    if table.across is None:
        raise InputError(f"table {table.name} has no periods across")
    return table.across


def _one_description(
    table: Table, column: Column, frame: pd.DataFrame, expected: npt.NDArray[np.generic], keys: list[str]
) -> None:
    found = frame[column.name]
    differs = (found != expected) & ~(found.isna() & pd.isna(expected))
    if differs.any():
        row = frame.loc[differs].iloc[0]
        name = ", ".join(str(row[k]) for k in keys)
        raise InputError(f"table {table.name}: the months of {name} differ in column {column.name}; it has one a row")
