"""What planners put beside our tables, taken out of one workbook and put into another: columns, sheets, formulas."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd

from sop_xl.workbook.cells.conform import wide_keys
from sop_xl.workbook.cells.headings import matched
from sop_xl.workbook.cells.values import CellError
from sop_xl.workbook.file.grid import F, cells_of
from sop_xl.workbook.file.parts import Workbook
from sop_xl.workbook.file.patch import write_table
from sop_xl.workbook.file.slots import Slot
from sop_xl.workbook.schema import Role, Table

Key = tuple[Any, ...]

_THINGS = {
    "chart": r"xl/charts/[^/]*chart[^/]*\.xml",
    "pivot table": r"xl/pivotTables/[^/]+\.xml",
    "picture": r"xl/media/[^/]+",
    "slicer": r"xl/slicers/[^/]+\.xml",
    "sheet with comments": r"xl/(comments[^/]*|comments/[^/]+)\.xml",
    "link to another file": r"xl/externalLinks/[^/]+\.xml",
    "query": r"xl/connections\.xml",
    "macro project": r"xl/vbaProject\.bin",
}
"""Parts of a workbook that are a planner's own, by what a planner calls them."""


@dataclass(frozen=True)
class OwnColumn:
    """A column a planner added to one of our tables: its heading, and its values by the key of their row."""

    heading: str
    values: Mapping[Key, Any]


def own_columns(workbook: Workbook, table: Table) -> list[OwnColumn]:
    """The columns a planner added to a table, as the values they show."""
    raw = workbook.raw(table)
    heads = matched(table, raw.header)
    keys = wide_keys(raw) if heads.others else []
    return [
        OwnColumn(raw.header[at], {key: row[at] for key, row in zip(keys, raw.rows, strict=True)})
        for at in heads.others
    ]


def put_beside(workbook: Workbook, table: Table, frame: pd.DataFrame, columns: Sequence[OwnColumn]) -> None:
    """Write a table with a planner's columns on its right, each value in the row of its key.

    Raises `BookError` where there is no room for them.
    """
    first_day = next((at for at, c in enumerate(table.columns) if c.kind.is_time), None)

    def slot(column: OwnColumn, keys: Sequence[Key]) -> Slot:
        values = [_cell(column.values.get(key), workbook.context.date1904, first_day is not None) for key in keys]
        days = any(isinstance(v, date) for v in column.values.values())
        return Slot(column.heading, None, False, None, first_day if days else None, values)

    write_table(workbook, table, frame, beside=lambda keys: [slot(column, keys) for column in columns])


def own_sheets(old: Workbook, new: Workbook) -> list[str]:
    """The worksheets of one workbook that another one has not."""
    ours = {title.casefold() for title in new.sheets}
    return [title for title in old.sheets if title.casefold() not in ours]


def own_things(old: Workbook, new: Workbook) -> list[str]:
    """Charts, pivot tables, pictures and the like of which one workbook has more than another, counted in words."""
    before, now = _counted(old), _counted(new)
    found = {what: count - now[what] for what, count in before.items() if count > now[what]}
    return [f"{count} {what}" if count == 1 else f"{count} {_plural(what)}" for what, count in found.items()]


def typed_formulas(workbook: Workbook, table: Table) -> int:
    """How many cells of a table hold a formula where a value is typed, or in a planner's own column."""
    place = workbook.declared[table.name]
    heads = matched(table, place.header)
    ours = {at for name, at in heads.columns.items() if table.column(name).role is Role.CALCULATED}
    grid, body, count = workbook.grid(place.sheet_part), place.body, 0
    for number in range(body.top, body.bottom + 1):
        row = grid.row(number)
        for column, cell in ({} if row is None else cells_of(row)).items():
            inside = body.left <= column <= body.right and column - body.left not in ours
            count += inside and cell.find(F) is not None
    return count


def _cell(value: Any, date1904: bool, has_days: bool) -> Any:
    """A value as a cell stores it; a day is its number where the table has a column that shows days."""
    if isinstance(value, CellError):
        return str(value)
    if isinstance(value, datetime | date):
        if not has_days:
            return value.isoformat()[:10]
        start = pd.Timestamp(1904, 1, 1) if date1904 else pd.Timestamp(1899, 12, 30)
        return (pd.Timestamp(value) - start) / pd.Timedelta(days=1)
    return value


def _counted(workbook: Workbook) -> Counter[str]:
    names = workbook.package.parts
    return Counter({what: sum(re.fullmatch(form, n) is not None for n in names) for what, form in _THINGS.items()})


def _plural(what: str) -> str:
    return {
        "query": "queries",
        "sheet with comments": "sheets with comments",
        "link to another file": "links to other files",
    }.get(what, f"{what}s")
