"""A check of the data: what must hold, how bad it is when it does not, and how to find the rows that break it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import pandas as pd

from sop_xl.cycle.step import Context, Frames
from sop_xl.periods import label
from sop_xl.workbook.schema import Issue, Severity
from sop_xl.workbook.tables import TABLES


@dataclass(frozen=True)
class Finding:
    """One row that breaks a check: where, which value, and the sentence without its place."""

    table: str
    row: int
    column: str
    value: str
    says: str


@dataclass(frozen=True)
class Check:
    """One check of the data."""

    rule: str
    severity: Severity
    says: str
    find: Callable[[Frames, Context], Iterator[Finding]] = field(repr=False)

    def issues(self, frames: Frames, context: Context) -> list[Issue]:
        """Every row that breaks the check, as issues with their place named."""
        return [
            Issue(f.table, f.row, f.column, f.value, self.rule, self.severity, f"{place(f)}: {f.says}")
            for f in self.find(frames, context)
        ]


CHECKS: list[Check] = []
"""Every check, in the order of the data; filled by the modules beside this one."""


def check(
    rule: str, severity: Severity, says: str
) -> Callable[[Callable[[Frames, Context], Iterator[Finding]]], Check]:
    """Register a function that finds the rows which break a rule."""

    def register(find: Callable[[Frames, Context], Iterator[Finding]]) -> Check:
        made = Check(rule, severity, says, find)
        CHECKS.append(made)
        return made

    return register


def place(finding: Finding) -> str:
    """Where a finding lies, as a planner looks for it.

    >>> place(Finding("stock", 12, "quantity", "-5", ""))
    'sheet Stock, row 12, column "Quantity"'
    """
    table = TABLES[finding.table]
    parts = [f"sheet {table.sheet}"]
    if finding.row:
        parts.append(f"row {finding.row}")
    names = {c.name: c.label for c in table.frame_columns}
    if finding.column:
        parts.append(f'column "{names.get(finding.column, finding.column)}"')
    return ", ".join(parts)


def findings(table: str, rows: pd.DataFrame, column: str, says: Callable[[pd.Series], str] | str) -> Iterator[Finding]:
    """One finding for each row of a frame whose index holds the sheet's row numbers."""
    for number, row in rows.iterrows():
        value = shown(row[column]) if column in rows else ""
        in_month = TABLES[table].across is not None and column == TABLES[table].frame_columns[-1].name
        where = label(row["period"]) if in_month else column
        yield Finding(table, _row(number), where, value, says if isinstance(says, str) else says(row))


def whole_table(table: str, says: str, column: str = "") -> Finding:
    """A finding about a table, not about one of its rows."""
    return Finding(table, 0, column, "", says)


def shown(value: object) -> str:
    """A value as a planner reads it.

    >>> shown(12.0), shown(pd.Timestamp("2020-03-01")), shown(float("nan"))
    ('12', '2020-03-01', '')
    """
    if value is None or (not isinstance(value, str) and pd.isna(value)):  # type: ignore[call-overload]
        return ""
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d")
    return f"{value:g}" if isinstance(value, float) else str(value)


def one_per_row(rows: pd.DataFrame) -> pd.DataFrame:
    """The first of several months that stand on the same row of the sheet."""
    return rows[~rows.index.duplicated()]


def names(values: Iterable[object], most: int = 3) -> str:
    """A few names for a sentence.

    >>> names(["a", "b", "c", "d", "e"])
    'a, b, c and 2 more'
    """
    listed = [str(v) for v in values]
    if len(listed) <= most:
        return ", ".join(listed)
    return f"{', '.join(listed[:most])} and {len(listed) - most} more"


def _row(number: object) -> int:
    return int(number) if isinstance(number, int) or str(number).isdigit() else 0  # type: ignore[call-overload]
