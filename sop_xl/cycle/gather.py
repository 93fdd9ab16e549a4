"""Bring a source's data into a book: the one door for a demo, a folder of extracts and a database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from sop_xl import periods
from sop_xl.cycle.desk import context_of, write
from sop_xl.cycle.keeping import keep_typed, plain
from sop_xl.cycle.step import Progress, silent
from sop_xl.errors import InputError, StoppingIssues
from sop_xl.store import sources
from sop_xl.workbook.book import Book
from sop_xl.workbook.cells.conform import conform
from sop_xl.workbook.reading import Place, RawTable
from sop_xl.workbook.schema import Issue, Severity, Table
from sop_xl.workbook.tables import TABLES, Settings

PEOPLES = (
    "overrides", "inputs", "scenarios", "scenario_changes", "risks", "assumptions", "decisions", "departments",
    "succession", "launches", "channel_shifts", "locks", "actions", "agenda", "raci", "cycle_calendar",
)  # fmt: skip
"""Tables people type into: gathering adds rows they do not have yet and never replaces one."""


@dataclass(frozen=True)
class Gathered:
    """What gathering brought: rows now and rows before by table, and what deserves a look."""

    rows: dict[str, tuple[int, int]]
    warnings: tuple[str, ...]


def gather(
    book: Book,
    source: str | Path,
    mapping: Path | None = None,
    *,
    now: datetime | None = None,
    user: str = "",
    progress: Progress = silent,
    dry_run: bool = False,
) -> Gathered:
    """Fill a book's tables from a source; all of them or, with any cell that cannot be read, none.

    `source` is a folder or a database URL, `mapping` the file that says which of its columns go where. With
    `dry_run` nothing is written. Raises `StoppingIssues` for values that are not what their column holds.
    """
    with book.lock():
        progress("reading the workbook", 0.05)
        reading = book.read(TABLES)
        context = context_of(reading.frames["control"], now=now or datetime.now(), user=user, progress=progress)
        progress(f"reading {shown(source)}", 0.2)
        raw = sources.gather(source, mapping, parameters(context.settings), known_tables=set(TABLES) - {"control"})
        frames, issues = {}, []
        for n, (name, frame) in enumerate(raw.items()):
            progress(f"reading {name}", 0.3 + 0.4 * n / len(raw))
            typed, found = conform(raw_table(TABLES[name], frame, shown(source)))
            issues += found
            frames[name] = plain(typed)
        if stops := [i.says for i in issues if i.severity is Severity.STOPS]:
            raise StoppingIssues("gathering", stops[:20])
        before = reading.frames
        after = {name: merged(TABLES[name], plain(before[name]), frame) for name, frame in frames.items()}
        if not dry_run:
            write(book, before, after, context, f"gather {shown(source)}", progress)
    rows = {name: (len(frame), len(before[name])) for name, frame in after.items()}
    return Gathered(rows, (*sources.empty_tables(raw), *_warnings(issues)))


def shown(source: str | Path) -> str:
    """A source as the log names it: without folders, and without the password of a database.

    >>> shown("extracts/march"), shown("postgresql://ann:secret@server/erp")
    ('march', 'postgresql erp')
    """
    text = str(source)
    if "://" not in text:
        return Path(text).name
    kind, _, rest = text.partition("://")
    return f"{kind.partition('+')[0]} {Path(rest.partition('?')[0]).name}"


def parameters(settings: Settings) -> dict[str, object]:
    """What a query may use by name: the as-of day, and the first and last day of the horizon."""
    months = periods.horizon(settings.as_of, settings.horizon)
    return {
        "as_of": settings.as_of,
        "first_day": months[0].date(),
        "horizon_end": (months[-1] + pd.offsets.MonthEnd(0)).date(),
        "cycle": settings.cycle,
        "currency": settings.currency,
    }


def merged(table: Table, before: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """The table with the gathered rows: people's tables only gain rows, the others are replaced."""
    if table.name not in PEOPLES or before.empty:
        return keep_typed(table, before, new) if table.is_result else new
    keys = list(table.keys)
    known = pd.MultiIndex.from_frame(before[keys])
    extra = new[~pd.MultiIndex.from_frame(new[keys]).isin(known)]
    return pd.concat([before, extra], ignore_index=True) if len(extra) else before


def raw_table(table: Table, frame: pd.DataFrame, source: str) -> RawTable:
    """A raw frame as a table to be checked; periods down become periods across where the table is laid so.

    A column the mapping leaves out is blank; only one that must be filled in is missed.
    """
    silent_ones = [c.name for c in table.columns if not c.required and c.name not in frame]
    frame = frame.reset_index(drop=True).assign(**dict.fromkeys(silent_ones))
    wide = frame if table.across is None else _across(table, frame)
    rows: list[list[Any]] = wide.astype(object).where(wide.notna(), None).to_numpy().tolist()
    header = tuple(str(c) for c in wide.columns)
    place = Place(f"table {table.name} from {source}")
    return RawTable(table, place, header, rows, range(1, len(rows) + 1), from_text=True)


def _across(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    assert table.across is not None
    value = table.across.name
    lacking = [c for c in ("period", value) if c not in frame]
    if lacking:
        raise InputError(f"the mapping of table {table.name} gives no column {', '.join(lacking)}")
    months = frame["period"].astype(str).str.slice(0, 7)
    odd = months[~months.map(periods.is_label)]
    if len(odd):
        given = frame["period"][odd.index[0]]
        raise InputError(f"table {table.name}: {given!r} is not a month; give periods like 2020-03 or 2020-03-01")
    keys = [c for c in frame.columns if c not in ("period", value)]
    long = frame[keys].astype(object).where(frame[keys].notna(), "").assign(month=months, cell=frame[value])
    twice = long.duplicated([*keys, "month"])
    if twice.any():
        row = long[twice].iloc[0]
        name = ", ".join(str(row[k]) for k in keys)
        raise InputError(f"table {table.name} from the source has two values for {name} in {row['month']}")
    return long.pivot(index=keys, columns="month", values="cell").reset_index()


def _warnings(issues: list[Issue]) -> list[str]:
    says = [i.says for i in issues if i.severity is Severity.WARNS]
    return says[:10] + ([f"... and {len(says) - 10} more warnings"] if len(says) > 10 else [])
