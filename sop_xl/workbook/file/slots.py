"""How a frame is to stand on the sheet: which column goes where, and the cells of each column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sop_xl import periods
from sop_xl.errors import BookError
from sop_xl.workbook.cells.across import Wide, pivot
from sop_xl.workbook.cells.headings import matched
from sop_xl.workbook.schema import Column, Kind, Role, Table


@dataclass(frozen=True)
class Slot:
    """One column of the table on the sheet.

    `column` is its declaration (`None` for a column the planner added), `month` whether it stands under a month,
    `origin` its position before, `like` the position whose style it takes, and `cells` its values row by row, as
    numbers, texts and truth values.
    """

    heading: str
    column: Column | None
    month: bool
    origin: int | None
    like: int | None
    cells: Sequence[Any] = ()


@dataclass(frozen=True)
class Laid:
    """A table as it will stand on the sheet: its columns in order, how many rows, and the key of each row."""

    slots: tuple[Slot, ...]
    rows: int
    keys: list[tuple[Any, ...]]


def laid_out(table: Table, frame: pd.DataFrame, header: Sequence[str], place: str, date1904: bool = False) -> Laid:
    """A frame over a sheet's present headings.

    Months follow the frame without a gap; months of a table that people fill stay, even when blank. Columns the
    planner added stay in their order. Raises `BookError` where a declared column is missing on the sheet.
    """
    heads = matched(table, header)
    if heads.missing:
        labels = ", ".join(f'"{c.label}"' for c in heads.missing)
        todo = f"add it to table {table.excel_name} again, or let sop-xl renew move the workbook into a new one"
        raise BookError(f"{place} has no column {labels} to write to; {todo}")
    if heads.twice:
        raise BookError(f'{place} has two columns "{heads.twice[0]}" in table {table.excel_name}; rename one of them')
    wide = pivot(table, frame) if table.across else Wide(frame, pd.DatetimeIndex([]), np.empty((len(frame), 0)))
    position = {at: name for name, at in heads.columns.items()}
    old_months = sorted(heads.months.values())
    numeric = [at for name, at in heads.columns.items() if table.column(name).kind.is_number]

    def own(at: int) -> Slot:
        name = position.get(at)
        if name is None:
            return Slot(header[at], None, False, at, at)
        column = table.column(name)
        return Slot(header[at], column, False, at, at, cell_values(column, wide.rows[name], date1904))

    def month(i: int, label: str) -> Slot:
        like = old_months[min(i, len(old_months) - 1)] if old_months else (numeric[-1] if numeric else None)
        origin = old_months[i] if i < len(old_months) else None
        return Slot(label, table.across, True, origin, like, _month_cells(wide, label))

    first_month = old_months[0] if old_months else max(heads.columns.values()) + 1
    before = [own(at) for at in range(first_month)]
    after = [own(at) for at in range(first_month, len(header)) if at not in old_months]
    months = [month(i, label) for i, label in enumerate(_months(table, wide, heads.months))]
    keys = [_key_values(wide.rows[c.name]) for c in table.columns if c.role is Role.KEY]
    return Laid((*before, *months, *after), len(wide.rows), list(zip(*keys, strict=True)))


def cell_values(column: Column, values: pd.Series[Any], date1904: bool = False) -> list[Any]:
    """The values of a column as the numbers, texts and truth values a cell stores; dates are serial numbers."""
    if column.kind.is_time:
        return serials(values, date1904)
    if column.kind is Kind.FLAG:
        return [bool(v) for v in values]
    return list(values.tolist())


def serials(values: pd.Series[Any], date1904: bool = False) -> list[float]:
    """Dates as Excel serial numbers [days], blank as `NaN`.

    >>> serials(pd.Series(pd.to_datetime(["2020-02-29", None])))
    [43890.0, nan]
    """
    start = pd.Timestamp(1904, 1, 1) if date1904 else pd.Timestamp(1899, 12, 30)
    days = (values - start) / pd.Timedelta(days=1)
    if not date1904:
        days = days.mask(days.lt(61), days - 1)  # before the 29 February 1900 that only Excel knows
    return list(days.tolist())


def _months(table: Table, wide: Wide, old: dict[str, int]) -> list[str]:
    """The months to be shown, in order and without a gap."""
    if table.across is None:
        return []
    shown = set(wide.periods)
    if table.across.role is Role.INPUT or not shown:
        shown |= {periods.parse(label) for label in old}
    if not shown:
        return []
    return [periods.label(m) for m in pd.date_range(min(shown), max(shown), freq="MS")]


def _month_cells(wide: Wide, label: str) -> Sequence[Any]:
    at = wide.periods.get_indexer(pd.DatetimeIndex([periods.parse(label)]))[0]
    return list(wide.values[:, at].tolist()) if at >= 0 else [None] * len(wide.rows)


def _key_values(values: pd.Series[Any]) -> list[Any]:
    """Keys as `wide_keys` reads them: dates as their nanoseconds, numbers and texts as they are."""
    if values.dtype.kind == "M":
        return list(values.to_numpy(dtype="datetime64[ns]").tolist())
    return list(values.tolist())
