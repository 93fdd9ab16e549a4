"""Frames of the declared tables: empty ones, typed ones, and their calculated columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from sop_xl.errors import InputError
from sop_xl.workbook.cells.values import shown
from sop_xl.workbook.schema import Column, Kind, Role, Table


def empty_frame(table: Table) -> pd.DataFrame:
    """A frame of the table's columns and types without a row.

    >>> from sop_xl.workbook.tables import TABLES
    >>> list(empty_frame(TABLES["finance_totals"]).dtypes.astype(str))
    ['datetime64[ns]', 'float64']
    """
    return pd.DataFrame(
        {c.name: typed(c, []) for c in table.frame_columns}, index=pd.Index([], dtype="int64", name="row")
    )


def typed(column: Column, values: Any) -> pd.Series[Any]:
    """Values as the type a frame holds them in."""
    if column.kind.is_number:
        return pd.Series(values, dtype="float64")
    if column.kind.is_time:
        return pd.Series(values, dtype="datetime64[ns]")
    return pd.Series(values, dtype="bool" if column.kind is Kind.FLAG else "str")


def with_calculated(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with its calculated columns computed afresh, in the declared order of columns."""
    names = [c.name for c in table.frame_columns]
    out = frame
    for column in table.columns:
        if column.role is Role.CALCULATED:
            if column.twin is None:
                raise InputError(f"table {table.name}: calculated column {column.name} declares no twin")
            plain = out.drop(columns=column.name, errors="ignore")
            out = out.assign(**{column.name: typed_like(table, column, column.twin(plain))})
    return out[names]


def with_defaults(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with the blanks of typed columns replaced by their declared defaults, for planning with.

    A book is read and written with its blanks: what a person left empty stays empty on the sheet.

    >>> from sop_xl.workbook.tables import TABLES
    >>> frame = pd.DataFrame({"channel": ["web"], "description": [""], "priority": [np.nan]})
    >>> with_defaults(TABLES["channels"], frame)["priority"].tolist()
    [1.0]
    """
    return frame.assign(
        **{c.name: frame[c.name].mask(_blank(c, frame[c.name]), c.default) for c in may_be_filled(table)}
    )


def may_be_filled(table: Table) -> list[Column]:
    """The typed columns whose blanks stand for a declared default.

    >>> from sop_xl.workbook.tables import TABLES
    >>> [column.name for column in may_be_filled(TABLES["channels"])]
    ['priority']
    """
    return [
        c for c in table.frame_columns if c.role is Role.INPUT and c.default is not None and c.kind is not Kind.FLAG
    ]


def with_blanks(table: Table, frame: pd.DataFrame, typed: pd.DataFrame) -> pd.DataFrame:
    """The frame with the blanks of the sheet again, where the same row holds nothing but the default in their place.

    Parameters
    ----------
    table
        The table of both frames.
    frame
        The rows to be written, planned with their defaults (`with_defaults`).
    typed
        The rows as they stand on the sheet, found again by their keys.

    >>> from sop_xl.workbook.tables import TABLES
    >>> channels = TABLES["channels"]
    >>> typed = pd.DataFrame({"channel": ["web", "shop"], "description": ["", ""], "priority": [np.nan, np.nan]})
    >>> frame = with_defaults(channels, typed).assign(description="ours", priority=[1.0, 3.0])
    >>> with_blanks(channels, frame, typed)["priority"].tolist()
    [nan, 3.0]

    """
    keys = list(table.keys)
    was = typed.drop_duplicates(keys)
    if was.empty or frame.empty:
        return frame
    at = pd.MultiIndex.from_frame(was[keys]).get_indexer(pd.MultiIndex.from_frame(frame[keys]))
    out = frame
    for column in may_be_filled(table):
        blank = _blank(column, was[column.name]).to_numpy()[at] & (at >= 0)
        values = frame[column.name]
        if (blank & values.eq(column.default).to_numpy()).any():
            empty = "" if column.kind.is_text else None
            out = out.assign(**{column.name: values.mask(blank & values.eq(column.default).to_numpy(), empty)})
    return out


def ready(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """The frame as a book writes it: declared columns, types and order, calculated columns computed.

    Raises `InputError` for a missing or unknown column, a duplicate key, a number that is not finite, or a value of
    the wrong type.
    """
    declared = {c.name for c in table.frame_columns}
    needed = {c.name for c in table.frame_columns if c.role is not Role.CALCULATED}
    if missing := needed - set(frame.columns):
        raise InputError(f"table {table.name} is to be written without its columns {', '.join(sorted(missing))}")
    if unknown := set(map(str, frame.columns)) - declared:
        raise InputError(f"table {table.name} has no column {', '.join(sorted(unknown))}")
    columns = {c.name: typed_like(table, c, frame[c.name]) for c in table.frame_columns if c.name in needed}
    out = with_calculated(table, pd.DataFrame(columns, index=frame.index))
    for column in table.frame_columns:
        if column.kind.is_number and np.isinf(out[column.name]).any():
            raise InputError(f"table {table.name}, column {column.name} holds a number that is not finite")
    twice = out.duplicated(list(table.keys))
    if twice.any():
        row = out[twice].iloc[0]
        key = ", ".join(shown(row[k]) for k in table.keys)
        raise InputError(f"table {table.name} has two rows for {key}")
    return out


def typed_like(table: Table, column: Column, values: pd.Series[Any]) -> pd.Series[Any]:
    """A series brought to its declared type, keeping its index."""
    try:
        if column.kind.is_text:
            return values.astype(object).where(values.notna(), "").astype("str")
        if column.kind is Kind.FLAG:
            blank = values.isna()
            return values.astype(object).where(~blank, bool(column.default)).astype("bool")
        return values.astype("float64" if column.kind.is_number else "datetime64[ns]")
    except (TypeError, ValueError) as error:
        raise InputError(
            f"table {table.name}, column {column.name} holds values that are not a {column.kind}"
        ) from error


def _blank(column: Column, values: pd.Series[Any]) -> pd.Series[bool]:
    return values.eq("") if column.kind.is_text else values.isna()
