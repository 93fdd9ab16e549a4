"""From a table as it stands in a book to a typed frame, with an `Issue` for everything wrong in it.

Nothing is raised at the planner: all issues come at once, each a sentence that leads to the cell. Whether a value
exists in the table it refers to is checked later, when all tables are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sop_xl import periods
from sop_xl.workbook.cells.across import Wide, melt
from sop_xl.workbook.cells.headings import Headings, matched
from sop_xl.workbook.cells.kinds import BLANK_TYPES, Converted, Trouble, converted, is_blank
from sop_xl.workbook.cells.values import Cell, shown
from sop_xl.workbook.frames import typed, with_calculated
from sop_xl.workbook.reading import Place, RawTable
from sop_xl.workbook.schema import Column, Issue, Kind, Role, Severity, Table

_RENEW = "add it again, or let sop-xl renew move the workbook into a new one"


def conform(raw: RawTable) -> tuple[pd.DataFrame, list[Issue]]:
    """The typed long frame of a table, and everything wrong with its cells."""
    table, heads = raw.table, matched(raw.table, raw.header)
    issues = [*_heading_issues(raw, heads)]
    used = [*heads.months.values(), *(heads.columns[c.name] for c in _typed_in(table) if c.name in heads.columns)]
    filled = [i for i, row in enumerate(raw.rows) if not _blank_row(row, used)]
    rows = [raw.rows[i] for i in filled]
    numbers = np.array([raw.numbers[i] for i in filled], dtype=np.int64)
    index = pd.Index(numbers, dtype="int64", name="row")
    columns = {}
    for column in table.columns:
        cells = [row[at] for row in rows] if (at := heads.columns.get(column.name)) is not None else [None] * len(rows)
        if column.role is Role.CALCULATED:
            continue
        values, found = _checked(raw, column, cells, numbers, heads)
        columns[column.name] = typed(column, values)
        issues += found
    wide = pd.DataFrame(columns).set_axis(index)
    issues += _duplicates(raw, wide)
    if table.across is None:
        return with_calculated(table, wide), _in_order(issues)
    block, found = _months(raw, table.across, rows, numbers, heads)
    issues += found
    months = pd.DatetimeIndex([periods.parse(m) for m in sorted(heads.months)], dtype="datetime64[ns]")
    return with_calculated(table, melt(table, Wide(wide, months, block))), _in_order(issues)


def wide_keys(raw: RawTable) -> list[tuple[Any, ...]]:
    """The key of each row as it stands on the sheet, the period aside: what a row is recognised by when it moves."""
    heads = matched(raw.table, raw.header)
    columns = [c for c in raw.table.columns if c.role is Role.KEY and c.name in heads.columns]
    values = [
        converted(c, [row[heads.columns[c.name]] for row in raw.rows], raw.from_text).values.tolist() for c in columns
    ]
    return list(zip(*values, strict=True))


def issue_at(
    table: Table, place: Place, trouble: Trouble, row: int, column: str, cell: Cell, severity: Severity | None = None
) -> Issue:
    """A trouble of a cell as an issue that names its place."""
    says = f"{place.at(row, column)}: {trouble.says}."
    return Issue(table.name, row, column, shown(cell), trouble.rule, severity or trouble.severity, says)


def _typed_in(table: Table) -> list[Column]:
    return [c for c in table.columns if c.role is not Role.CALCULATED]


def _blank_row(row: Sequence[Cell], used: Sequence[int]) -> bool:
    return all(isinstance(row[at], BLANK_TYPES) and is_blank(row[at]) for at in used)


def _in_order(issues: list[Issue]) -> list[Issue]:
    return sorted(issues, key=lambda issue: issue.row)


def _heading_issues(raw: RawTable, heads: Headings) -> Iterator[Issue]:
    table, place = raw.table, raw.place

    def issue(column: str, value: str, rule: str, severity: Severity, says: str) -> Issue:
        return Issue(table.name, 0, column, value, rule, severity, f"{place.where}: {says}.")

    for column in heads.missing:
        label = column.label
        if (near := heads.renamed.get(column.name)) is not None:
            says = f'column "{label}" is missing, and "{near}" looks like it; rename it back to "{label}"'
            yield issue(label, near, "renamed column", Severity.STOPS, says)
        elif column.required:
            todo = "add it again" if raw.from_text else _RENEW
            yield issue(label, "", "missing column", Severity.STOPS, f'column "{label}" is missing; {todo}')
        elif column.role is Role.INPUT or (column.role is Role.KEY and not table.is_result):
            says = f'column "{label}" is missing and read as blank'
            yield issue(label, "", "missing column", Severity.WARNS, says)
        elif not raw.from_text:
            says = f'column "{label}" is missing, so that a run has nowhere to write it; {_RENEW}'
            yield issue(label, "", "missing column", Severity.STOPS, says)
    for heading in heads.twice:
        yield issue(heading, heading, "duplicate column", Severity.STOPS, f'column "{heading}" stands there twice')
    for heading in heads.odd_months:
        says = f'heading "{heading}" is not a month; write months like 2020-03'
        yield issue(heading, heading, "period heading", Severity.STOPS, says)


def _checked(
    raw: RawTable, column: Column, cells: Sequence[Cell], numbers: npt.NDArray[np.int64], heads: Headings
) -> tuple[npt.NDArray[Any], list[Issue]]:
    """The values of a column and its issues: wrong kind, blank, out of bounds, not among the choices."""
    result = converted(column, cells, raw.from_text)
    values, troubles = result.values, list(result.troubles)
    stopped = {t.at for t in troubles if t.severity is Severity.STOPS}
    if column.required and column.name in heads.columns:
        troubles += [
            Trouble(int(at), "blank", Severity.STOPS, "is blank and must be filled in")
            for at in np.flatnonzero(_blank_values(column, values))
            if at not in stopped
        ]
    if column.kind.is_number:
        troubles += _number_troubles(column, values)
    if column.choices:
        values, found = _chosen(column, values)
        troubles += found
    return values, [_issue(raw, column, column.label, t, int(numbers[t.at]), cells[t.at]) for t in troubles]


def _months(
    raw: RawTable, across: Column, rows: Sequence[Sequence[Cell]], numbers: npt.NDArray[np.int64], heads: Headings
) -> tuple[npt.NDArray[np.float64], list[Issue]]:
    """The block of cells under the months, all checked in one go."""
    labels = sorted(heads.months)
    at = [heads.months[label] for label in labels]
    cells = [row[i] for row in rows for i in at]
    result: Converted = converted(across, cells, raw.from_text)
    troubles = [*result.troubles, *_number_troubles(across, result.values)]
    width = max(len(labels), 1)
    issues = [_issue(raw, across, labels[t.at % width], t, int(numbers[t.at // width]), cells[t.at]) for t in troubles]
    return result.values.reshape(len(rows), len(labels)), issues


def _issue(raw: RawTable, column: Column, heading: str, trouble: Trouble, row: int, cell: Cell) -> Issue:
    """A trouble in a column the next run overwrites is a warning; elsewhere it is what it is."""
    severity = Severity.WARNS if column.role is Role.RESULT and trouble.severity is Severity.STOPS else None
    return issue_at(raw.table, raw.place, trouble, row, heading, cell, severity)


def _blank_values(column: Column, values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    if column.kind.is_text:
        return np.array([not v or v.isspace() for v in values], dtype=bool)
    return np.asarray(pd.isna(values)) if column.kind is not Kind.FLAG else np.zeros(len(values), dtype=bool)


def _number_troubles(column: Column, values: npt.NDArray[np.float64]) -> list[Trouble]:
    low = -np.inf if column.low is None else column.low
    high = np.inf if column.high is None else column.high
    troubles = []
    for at in np.flatnonzero((values < low) | (values > high)):
        says = f"{shown(float(values[at]))} {_bounds(column)}"
        troubles.append(Trouble(int(at), "out of bounds", Severity.STOPS, says))
    if column.kind is Kind.INTEGER:
        for at in np.flatnonzero(values != np.trunc(np.where(np.isnan(values), 0.0, values))):
            if not np.isnan(values[at]):
                says = f"{shown(float(values[at]))} is not a whole number"
                troubles.append(Trouble(int(at), "not whole", Severity.STOPS, says))
    return troubles


def _bounds(column: Column) -> str:
    if column.low is None:
        return f"is above {column.high:g}"
    if column.high is None:
        return f"is below {column.low:g}"
    return f"does not lie between {column.low:g} and {column.high:g}"


def _chosen(column: Column, values: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], list[Trouble]]:
    """Values among the choices; another case of letters is read as the choice, with a warning."""
    by_word = {c.casefold(): c for c in column.choices}
    spelled = values.copy()
    troubles = []
    for at in np.flatnonzero(~np.isin(values.astype(str), ["", *column.choices])):
        value = str(values[at])
        choice = by_word.get(value.strip().casefold())
        if choice is not None:
            spelled[at] = choice
            troubles.append(Trouble(int(at), "spelling", Severity.WARNS, f'"{value}" is read as "{choice}"'))
        else:
            says = f'"{value}" is not one of {", ".join(column.choices)}'
            troubles.append(Trouble(int(at), "not a choice", Severity.STOPS, says))
    return spelled, troubles


def _duplicates(raw: RawTable, wide: pd.DataFrame) -> Iterator[Issue]:
    """Rows of the same key, each naming the row that came first; a row with a blank required key is not one."""
    keys = [c for c in raw.table.columns if c.role is Role.KEY]
    names = [c.name for c in keys]
    whole = np.ones(len(wide), dtype=bool)
    for column in keys:
        if column.required:
            whole &= ~_blank_values(column, wide[column.name].to_numpy())
    rows = wide[whole]
    if not rows.duplicated(names).any():
        return
    first = rows.groupby(names, sort=False, dropna=False).ngroup().to_numpy()
    origin = rows.index.to_numpy()[np.unique(first, return_index=True)[1]]
    for at in np.flatnonzero(rows.duplicated(names)):
        number, earlier = int(rows.index[int(at)]), int(origin[first[at]])
        key = ", ".join(f"{c.label} {_key_text(c, rows[c.name].iloc[at])}" for c in keys)
        says = (
            f"{raw.place.at(number)}: {key} stands already in {raw.place.row_word} {earlier}; keep one of the two rows."
        )
        label = keys[0].label
        yield Issue(raw.table.name, number, label, key, "duplicate key", Severity.STOPS, says)


def _key_text(column: Column, value: Any) -> str:
    if column.kind is Kind.PERIOD and not pd.isna(value):
        return periods.label(value)
    return '""' if value == "" else shown(value.to_pydatetime() if isinstance(value, pd.Timestamp) else value)
