"""Columns of a table as codes and numbers: every check of a row, in the planner's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sop_xl.errors import InputError


@dataclass(frozen=True)
class Number:
    """What a column of numbers may hold; `blank` is what an empty cell or a missing column stands for, if it may be."""

    low: float = 0.0
    high: float = np.inf
    blank: float | None = None


def read_columns(
    frame: pd.DataFrame, table: str, keys: Sequence[str], numbers: Mapping[str, Number], *, unique: bool = True
) -> pd.DataFrame:
    """The keys and numbers of a table, in its order, blanks filled.

    Parameters
    ----------
    frame
        The table.
    table
        Its name, for sentences.
    keys
        Columns that name a row.
    numbers
        Columns of numbers and what they may hold.
    unique
        Whether a key may stand only once.

    Raises
    ------
    InputError
        If a column is missing, a key stands twice, or a number is missing, negative or beyond its bounds.

    >>> read_columns(pd.DataFrame({"item": ["A"], "quantity": [-2.0]}), "demand", ["item"], {"quantity": Number()})
    Traceback (most recent call last):
        ...
    sop_xl.errors.InputError: demand, row A: quantity must be 0 or more, got -2

    """
    missing = [c for c in (*keys, *(n for n, rule in numbers.items() if rule.blank is None)) if c not in frame.columns]
    if missing:
        raise InputError(f"the table {table} has no column {missing[0]}")
    read = frame[list(keys)].reset_index(drop=True)
    for key in keys:
        if read[key].isna().any():
            raise InputError(f"{table}, row {int(read[key].isna().argmax()) + 1}: {key.replace('_', ' ')} is missing")
    if unique and read.duplicated(list(keys)).any():
        raise InputError(f"{row_name(table, keys, read[read.duplicated(list(keys))].iloc[0])} stands twice")
    for column, rule in numbers.items():
        given = frame[column].reset_index(drop=True) if column in frame.columns else pd.Series(np.nan, read.index)
        read[column] = _checked(given, rule, read[list(keys)], table, column)
    return read


def row_name(table: str, keys: Sequence[str], row: pd.Series) -> str:
    """How a row is named in a sentence.

    >>> row_name("bom", ["assembly", "component"], pd.Series({"assembly": "A", "component": "B"}))
    'bom, row A / B'
    """
    return f"{table}, row {' / '.join(named(row[key]) for key in keys)}"


def named(value: object) -> str:
    """A code or a period as text.

    >>> named(pd.Timestamp("2020-03-01")), named("A"), named(3)
    ('2020-03', 'A', '3')
    """
    return f"{value:%Y-%m}" if isinstance(value, pd.Timestamp) else str(value)


def check_codes(frame: pd.DataFrame, table: str, column: str, known: Sequence[object], what: str) -> None:
    """Refuse a code that its own table does not have."""
    unknown = ~frame[column].isin(list(known))
    if unknown.any():
        raise InputError(f"{table}: there is no {what} {named(frame.loc[unknown, column].iloc[0])}")


def _checked(given: pd.Series, rule: Number, keys: pd.DataFrame, table: str, column: str) -> pd.Series:
    words = column.replace("_", " ")
    read = pd.to_numeric(given, errors="coerce").astype("float64")
    empty = given.isna()
    wrong = (read.isna() & ~empty) | (empty & (rule.blank is None)) | (read < rule.low) | (read > rule.high)
    wrong |= np.isinf(read) & np.isfinite(rule.high if np.isinf(rule.low) else rule.low)
    if wrong.any():
        at = int(wrong.argmax())
        name = row_name(table, list(keys.columns), keys.iloc[at])
        if empty[at]:
            raise InputError(f"{name}: {words} is missing")
        shown = f"{read[at]:g}" if not np.isnan(read[at]) else repr(given[at])
        bound = f"between {rule.low:g} and {rule.high:g}" if np.isfinite(rule.high) else f"{rule.low:g} or more"
        raise InputError(f"{name}: {words} must be {bound}, got {shown}")
    return read if rule.blank is None else read.fillna(rule.blank)
