"""What the twins of the pages share: settings, months and the values of a table, as the formulas see them."""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from sop_xl import periods
from sop_xl.workbook.cells.values import CellError, serial_of
from sop_xl.workbook.schema import Frames
from sop_xl.workbook.settings import settings_of

NA = CellError("#N/A")
"""What a formula shows where there is nothing to draw."""

Value = float | str | bool
"""A cell's value as Excel holds it: dates are serial numbers."""


def setting(frames: Frames, name: str) -> Any:
    """A setting of the control table, as its defined name `set_...` reads it."""
    return getattr(settings_of(frames["control"])[0], name)


def shown(frames: Frames, cells: Mapping[str, Any], past: bool = True) -> list[pd.Timestamp]:
    """The months a page shows: past months with the plan's, or the plan's only."""
    before = int(cells["page_past"]) if past else 0
    first = periods.month_of(setting(frames, "as_of")) - pd.DateOffset(months=before - 1)
    return list(pd.date_range(first, periods=before + int(cells["page_months"]), freq="MS"))


def serial(moment: date) -> float:
    """A day as Excel's number."""
    return serial_of(moment)


def end_of_cycle(frames: Frames) -> date:
    """The last day of the first planned month: what expires by then expires in this cycle."""
    first = periods.month_of(setting(frames, "as_of")) + pd.DateOffset(months=1)
    return date(first.year, first.month, calendar.monthrange(first.year, first.month)[1])


def lookup(
    frame: pd.DataFrame, across: str, rows: Sequence[Mapping[str, str]], months: Sequence[pd.Timestamp]
) -> list[list[Value]]:
    """The values of rows laid across the months, `NA` where a cell is blank."""
    shared = {name: text for name, text in rows[0].items() if all(row[name] == text for row in rows)}
    frame = frame.loc[chosen(frame, shared)]
    out = []
    for row in rows:
        found = frame.loc[chosen(frame, {name: text for name, text in row.items() if name not in shared})]
        by_month = found[across].groupby(found["period"]).mean().to_dict()
        out.append([number_or_na(by_month.get(month)) for month in months])
    return out


def chosen(frame: pd.DataFrame, where: Mapping[str, str]) -> pd.Series[bool]:
    """The rows whose columns hold the given texts; as in Excel, case does not matter."""
    keep = np.ones(len(frame), dtype=bool)
    for name, text in where.items():
        codes, words = pd.factorize(frame[name])
        keep &= np.isin(codes, [i for i, word in enumerate(words) if str(word).casefold() == text.casefold()])
    return pd.Series(keep, index=frame.index, dtype=bool)


def number_or_na(value: Any) -> Value:
    """A number, or `NA` for a blank."""
    return NA if value is None or np.isnan(value) else float(value)


def as_cell(value: Any) -> Value:
    """A value of a frame as a cell shows it; a blank is an empty text."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, str):
        return value
    if pd.isna(value):
        return ""
    return serial(value.to_pydatetime()) if isinstance(value, pd.Timestamp) else float(value)


def total(values: Sequence[Value]) -> float:
    """The sum of the numbers among values."""
    return float(sum(v for v in values if isinstance(v, int | float)))


def nth(texts: Sequence[str], count: int) -> list[str]:
    """The first `count` texts, filled up with blanks."""
    return [*texts[:count], *[""] * (count - len(texts))]


def fixed(value: float, decimals: int = 0) -> str:
    """A number as Excel's FIXED writes it.

    >>> fixed(1234567.5), fixed(-0.25, 1)
    ('1,234,568', '-0.3')
    """
    scale = 10**decimals
    rounded = np.sign(value) * np.floor(abs(value) * scale + 0.5) / scale
    return f"{rounded + 0.0:,.{decimals}f}"
