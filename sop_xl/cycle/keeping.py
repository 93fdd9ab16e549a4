"""Nothing typed is lost: results are laid around what people wrote (law 1)."""

from __future__ import annotations

from typing import Any

import pandas as pd

from sop_xl.workbook.frames import typed, typed_like, with_calculated
from sop_xl.workbook.schema import Column, Role, Table


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame without the sheet rows in its index."""
    return frame.reset_index(drop=True)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame as dicts, for sentences and small loops.

    >>> records(pd.DataFrame({"item": ["A"], "quantity": [2.0]}))
    [{'item': 'A', 'quantity': 2.0}]
    """
    return [{str(k): v for k, v in row.items()} for row in frame.to_dict("records")]


def blank(column: Column) -> object:
    """What an empty cell of a column is in a frame."""
    if column.kind.is_number:
        return float("nan")
    if column.kind.is_time:
        return pd.NaT
    return "" if column.kind.is_text else bool(column.default)


def shaped(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """A result with exactly the table's columns, in order; what the step left out is blank.

    Under a period a blank is no row, as on the sheet: a table is the same before it is written and after it is read.

    >>> from sop_xl.workbook.tables import table
    >>> shaped(table("finance_totals"), pd.DataFrame({"quantity": [5.0]})).values.tolist()
    [[NaT, 5.0]]
    """
    columns = {
        c.name: typed_like(table, c, plain(frame)[c.name]) if c.name in frame else typed(c, [blank(c)] * len(frame))
        for c in table.frame_columns
        if c.role is not Role.CALCULATED
    }
    made = with_calculated(table, pd.DataFrame(columns, index=pd.RangeIndex(len(frame))))
    return made if table.across is None else made.dropna(subset=[table.across.name], ignore_index=True)


def keep_typed(table: Table, before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """The new rows with everything typed beside the same keys before; rows that only a person's words hold stay.

    >>> from sop_xl.workbook.tables import table
    >>> day = pd.Timestamp("2020-03-01")
    >>> old = pd.DataFrame({"family": ["Bikes"], "period": [day], "gap": [9.0], "owner": ["Ann"]})
    >>> new = pd.DataFrame({"family": ["Bikes", "Gloves"], "period": [day, day], "gap": [5.0, 1.0]})
    >>> keep_typed(table("gaps"), old, new)[["family", "gap", "owner"]].values.tolist()
    [['Bikes', 5.0, 'Ann'], ['Gloves', 1.0, '']]
    """
    inputs = [c for c in table.frame_columns if c.role is Role.INPUT]
    if not table.is_result or not inputs or before.empty:
        return shaped(table, after)
    keys, names = list(table.keys), [c.name for c in inputs]
    old = shaped(table, before).drop_duplicates(keys)
    said = old.loc[_touched(old, inputs), keys + names]
    new = shaped(table, after)
    kept = new[keys].merge(said, on=keys, how="left", indicator=True)
    has = kept["_merge"].eq("both").to_numpy()
    for name in names:
        new[name] = kept[name].where(has, new[name]).astype(new[name].dtype)
    alone = said.merge(new[keys], on=keys, how="left", indicator=True)
    alone = alone[alone["_merge"].eq("left_only")].drop(columns="_merge")
    rows = pd.concat([new, shaped(table, alone)], ignore_index=True) if len(alone) else new
    return with_calculated(table, rows)


def _touched(frame: pd.DataFrame, columns: list[Column]) -> pd.Series[bool]:
    touched = pd.Series(data=False, index=frame.index)
    for column in columns:
        values = frame[column.name]
        empty = values.eq("") if column.kind.is_text else values.isna()
        touched |= ~empty & values.ne(column.default) if column.default is not None else ~empty
    return touched
