"""A workbook of an older version moved into a new one of this version: what is carried, what is new, what stays behind.

The old file is only read. Typed rows and results go along whole; what this version has beyond them starts as in a new
workbook. Planners' own columns beside our tables go along as values; their sheets, charts and the like stay in the old
file and are named.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd

from sop_xl import __version__
from sop_xl.cycle import journal
from sop_xl.cycle.desk import user_name
from sop_xl.cycle.keeping import plain
from sop_xl.errors import BookError, InputError
from sop_xl.workbook.book import open_book
from sop_xl.workbook.cells.headings import matched
from sop_xl.workbook.disk.atomic import replace_file
from sop_xl.workbook.file.beside import own_columns, own_sheets, own_things, put_beside, typed_formulas
from sop_xl.workbook.file.package import Package
from sop_xl.workbook.file.parts import Workbook
from sop_xl.workbook.file.xlsx import opened, opens
from sop_xl.workbook.frames import empty_frame
from sop_xl.workbook.schema import Frames, Role, Severity
from sop_xl.workbook.tables import TABLES
from sop_xl.workbook.template.build import new_workbook, starting_frames


@dataclass(frozen=True)
class Renewed:
    """What came of it: the new file, and in sentences what was carried, what is new and what stays in the old file."""

    file: Path
    carried: tuple[str, ...]
    new: tuple[str, ...]
    behind: tuple[str, ...]

    @property
    def says(self) -> str:
        """The whole report."""
        parts = (("carried", self.carried), ("new in this version", self.new), ("stays in the old file", self.behind))
        lines = [f"{self.file} holds the plan in a workbook of this version"]
        for title, entries in parts:
            lines += [f"{title}:", *(f"  {entry}" for entry in entries)] if entries else []
        return "\n".join(lines)


def renew(where: str | Path, out: str | Path, *, now: datetime | None = None, user: str = "") -> Renewed:
    """Move what a workbook holds into a new workbook of this version at `out`; the old file is only read.

    Raises `InputError` where `out` is no name of a new .xlsx file, or a table or setting cannot be carried as it is;
    `BookError` where the old file is no planning workbook, or `out` stands there already. Nothing is written then.
    """
    path, target = Path(where).expanduser(), Path(out).expanduser()
    if target.suffix.lower() != ".xlsx":
        raise InputError(f"the new workbook is an .xlsx file; name it {target.with_suffix('.xlsx').name}")
    if target.exists():
        raise BookError(f"{target} exists already; choose another name, so that nothing is lost")
    if path.is_dir():
        raise InputError(f"{path} is a folder of CSV files, which has no template; only workbooks are renewed")
    book = open_book(path)
    old = Workbook(Package(opened(path), path.name))
    if "control" not in old.declared:
        raise BookError(f"{path.name} has no table tbl_control, so that it is no planning workbook; nothing was made")
    reading = book.read()
    frames, new, behind = taken_over(reading.frames, {n: t.header for n, t in old.declared.items()})
    unread = [issue.says for issue in reading.issues if issue.severity is Severity.STOPS and issue.row]
    behind = [*_tables_behind(old), *unread, *behind]
    frames["audit_log"] = journal.logged(
        frames,
        frames,
        (),
        now or datetime.now(),
        user or user_name(),
        "renew",
        f"sop-xl {__version__}, from {path.name}",
    )
    carried = [_carried(reading.frames, frames)]
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / target.name
        new_workbook(made, frames=frames)
        fresh = Workbook(Package(made.read_bytes(), target.name))
    for name in old.declared:
        columns = own_columns(old, TABLES[name])
        words = ", ".join(f'"{column.heading}"' for column in columns)
        try:
            if columns:
                put_beside(fresh, TABLES[name], starting_frames(frames={**frames})[name], columns)
                carried.append(f"your own columns of sheet {fresh.declared[name].sheet}, as values: {words}")
        except BookError as error:
            behind.append(f"your own columns {words}: {error}")
    behind += _beyond_tables(old, fresh)
    target.parent.mkdir(parents=True, exist_ok=True)
    replace_file(target.resolve(), fresh.package.save, opens)
    return Renewed(target, tuple(carried), tuple(new), tuple(behind))


def taken_over(
    held: Frames, headings: Mapping[str, tuple[str, ...]]
) -> tuple[dict[str, pd.DataFrame], list[str], list[str]]:
    """The tables of a new workbook that take over those of an older one; what is new, and what stays, in sentences.

    Parameters
    ----------
    held
        The tables the older workbook has, as it is read.
    headings
        Their headings as they stand there.

    >>> frames, new, behind = taken_over({"departments": starting_frames()["departments"]}, {})
    >>> len(frames["departments"]), new[0], behind
    (4, 'table "Control" (sheet Control)', [])

    """
    starts = starting_frames()
    frames, new, behind = dict(starts), [], []
    for name, table in TABLES.items():
        if name not in held:
            new.append(f'table "{_title(name)}" (sheet {table.sheet})')
            continue
        frame = plain(held[name])
        missing = [c for c in matched(table, headings[name]).missing if c.role is not Role.CALCULATED] \
            if name in headings else []  # fmt: skip
        for column in missing:
            new.append(f'column "{column.label}" of sheet {table.sheet}')
            if len(starts[name]):
                by_key = starts[name].set_index(list(table.keys))[column.name]
                keys = (
                    pd.MultiIndex.from_frame(frame[list(table.keys)]) if len(table.keys) > 1 else frame[table.keys[0]]
                )
                known = pd.Series(by_key.reindex(keys).to_numpy(), index=frame.index)
                frame[column.name] = known.where(known.notna(), frame[column.name]).astype(frame[column.name].dtype)
        frames[name] = frame
    frames["change_kinds"] = starts["change_kinds"]
    if "control" in held:
        frames["control"], fresh, gone = _settings(starts["control"], plain(held["control"]))
        new += [f"setting {name}" for name in fresh]
        behind += [f"setting {name}, which this version does not have" for name in gone]
    if len(frames["journal"]):
        behind.append("what undo could take back: the journal of the new workbook begins with it")
        frames["journal"] = empty_frame(TABLES["journal"])
    return frames, new, behind


def _settings(starts: pd.DataFrame, held: pd.DataFrame) -> tuple[pd.DataFrame, list[str], list[str]]:
    """The settings of this version with the values they had; those that are new, and those it has no more."""
    spelled = held["setting"].str.strip().str.casefold().str.replace(" ", "_")
    values = dict(zip(spelled[::-1], held["value"][::-1], strict=True))
    known = starts["setting"]
    out = starts.assign(value=[values.get(name, value) for name, value in zip(known, starts["value"], strict=True)])
    fresh = [name for name in known if name not in values]
    return out, fresh, [name for name in dict.fromkeys(spelled) if name and name not in set(known)]


def _carried(before: Frames, after: Frames) -> str:
    filled = [name for name, frame in before.items() if len(frame) and len(after[name])]
    rows = sum(len(before[name]) for name in filled)
    return f"{len(filled)} tables with {rows:,} rows, and the settings"


def _tables_behind(old: Workbook) -> list[str]:
    """Sheets of ours on which a table is no longer one: their cells may hold something typed."""
    titles = {title.casefold() for title in old.sheets}
    return [
        f"what stands on sheet {table.sheet} where table {table.excel_name} was; named so again (Ctrl+T), it is carried"
        for name, table in TABLES.items()
        if name not in old.declared and table.sheet.casefold() in titles and not table.optional
    ]


def _beyond_tables(old: Workbook, fresh: Workbook) -> list[str]:
    """What a planner put into the old workbook that no table holds."""
    found = []
    formulas = {old.declared[n].sheet: count for n in old.declared if (count := typed_formulas(old, TABLES[n]))}
    if formulas:
        where = ", ".join(f"{sheet} ({count})" for sheet, count in formulas.items())
        found.append(f"formulas typed into tables, whose values are carried: {where}")
    if sheets := own_sheets(old, fresh):
        found.append(f"your own sheets: {', '.join(sheets)}")
    if things := own_things(old, fresh):
        found.append(f"put into the workbook beside our pages: {', '.join(things)}")
    return found


def _title(name: str) -> str:
    from sop_xl.workbook.template.layout import title

    return title(name)
