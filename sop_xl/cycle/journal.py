"""The log of every run, and the before-images that let it be undone and done again (law 3).

Table `journal` holds the last commands that wrote, with an image for each table they changed. A command that was undone
stays with the images of what it had written, until another command writes: then there is nothing to do again.
"""

from __future__ import annotations

import base64
import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from sop_xl.cycle.images import Lost, from_text, image, restored, to_text
from sop_xl.cycle.keeping import plain, shaped
from sop_xl.cycle.step import Context, Frames
from sop_xl.cycle.versions import fingerprint
from sop_xl.errors import PlanningError
from sop_xl.workbook.schema import Role, Table
from sop_xl.workbook.tables import TABLES

OWN = ("audit_log", "journal")
RUNS_KEPT = 20
"""How many runs can be undone [runs]."""
ROOM = 8_000_000
"""Characters of all images in a book: older runs leave before the file grows heavy, the last one never."""
_CELL = 30_000
"""Characters of an image in one cell; Excel holds 32,767."""
_UNDO, _REDO = "u|", "r|"
"""How an image begins: to undo a command, to do it again. One of an earlier version of the product has no mark."""


@dataclass(frozen=True)
class Entry:
    """A command in the journal: when it ran, what it changed, and whether it has been undone."""

    number: int
    when: pd.Timestamp
    command: str
    tables: tuple[str, ...]
    undone: bool

    def __str__(self) -> str:
        """The command and its time."""
        return f"{self.command} of {self.when:%Y-%m-%d %H:%M}"


@dataclass(frozen=True)
class Turn:
    """What undoing or doing again gives: the tables to write, the command, and what a person's edits would lose."""

    frames: dict[str, pd.DataFrame]
    entry: Entry
    lost: tuple[Lost, ...]


def changed(before: Frames, after: Frames) -> list[str]:
    """The tables whose content a run changes.

    >>> a, b = pd.DataFrame({"x": [1.0]}), pd.DataFrame({"x": [2.0]})
    >>> changed({"one": a, "two": a}, {"one": a, "two": b})
    ['two']
    """
    return [name for name in after if _differ(plain(before[name]), plain(after[name]))]


def _differ(before: pd.DataFrame, after: pd.DataFrame) -> bool:
    """Whether two tables hold different rows, in whatever order; hashed only where it is not plain."""
    if len(before) != len(after):
        return True
    return not before.equals(after) and fingerprint(before) != fingerprint(after)


def entries(before: Frames, after: Frames, context: Context, command: str, says: str) -> dict[str, pd.DataFrame]:
    """Tables `audit_log` and `journal` with one more run: what it changed, and the images from before it."""
    names = changed(before, after)
    journal = plain(before["journal"])
    run = int(journal["number"].max()) + 1 if len(journal) else 1
    kept = journal[~_undone(journal)]
    images = _images(run, names, before, after, pd.Timestamp(context.now), command, _UNDO)
    return {
        "audit_log": logged(before, after, names, context.now, context.user, command, says),
        "journal": _with_room(kept, images) if names else journal,
    }


def logged(
    before: Frames, after: Frames, names: Sequence[str], when: datetime, who: str, command: str, says: str
) -> pd.DataFrame:
    """Table `audit_log` with a row for each table a command changed."""
    log = plain(before["audit_log"])
    number = int(log["number"].max()) + 1 if len(log) else 1
    lines = []
    for n, name in enumerate(names or [""]):
        rows = float(len(after[name])) if name else 0.0
        moved = float(_rows_changed(TABLES[name], before[name], after[name])) if name else 0.0
        said = says if name else f"{says} (nothing changed)"
        lines.append((float(number + n), when, who, command, name, rows, moved, said))
    return _appended(log, lines, TABLES["audit_log"])


def listed(journal: pd.DataFrame) -> list[Entry]:
    """The commands in the journal, the first one first."""
    rows = plain(journal)
    undone = _undone(rows)
    out = []
    for _, mine in rows.groupby("number", sort=True):
        first = mine.iloc[0]
        tables = tuple(dict.fromkeys(mine["table"]))
        out.append(Entry(int(first["number"]), first["when"], first["command"], tables, bool(undone[mine.index].any())))
    return out


def undo(before: Frames, *, force: bool = False) -> Turn:
    """The tables as they were before the last command that stands; with what a person typed elsewhere in them since.

    Nothing to undo raises `PlanningError`.
    """
    standing = [e for e in listed(before["journal"]) if not e.undone]
    if not standing:
        raise PlanningError("there is nothing to undo: the journal of this book is empty")
    return _turned(before, standing[-1], _REDO, force=force)


def redo(before: Frames, *, force: bool = False) -> Turn:
    """The tables as the command undone last had left them.

    Nothing to do again raises `PlanningError`.
    """
    undone = [e for e in listed(before["journal"]) if e.undone]
    if not undone:
        raise PlanningError("there is nothing to do again: no command was undone, or another has written since")
    return _turned(before, undone[0], _UNDO, force=force)


def _turned(before: Frames, entry: Entry, mark: str, *, force: bool) -> Turn:
    """Put back the images of a command, and keep in their place the images of what stands now."""
    journal = plain(before["journal"])
    mine = journal["number"].eq(entry.number)
    frames: dict[str, pd.DataFrame] = {}
    lost: list[Lost] = []
    for name, parts in journal[mine].groupby("table", sort=False):
        if name not in TABLES:
            raise PlanningError(f"{entry} wrote a table {name}, which this version of sop-xl does not know; update it")
        text = "".join(parts.sort_values("part")["image"])
        frames[str(name)], more = _put_back(text, TABLES[str(name)], before[str(name)], force=force)
        lost += more
    names = [str(n) for n in frames]
    if lost and not force:
        return Turn({}, entry, tuple(lost))
    rows = _images(entry.number, names, before, frames, entry.when, entry.command, mark)
    others = journal[~mine]
    new = _rows(rows, TABLES["journal"])
    frames["journal"] = pd.concat([f for f in (others, new) if len(f)] or [others], ignore_index=True)
    return Turn(frames, entry, tuple(lost))


def _put_back(text: str, table: Table, frame: pd.DataFrame, *, force: bool) -> tuple[pd.DataFrame, tuple[Lost, ...]]:
    try:
        if text[:2] in (_UNDO, _REDO):
            return restored(table, from_text(text[2:], table), frame, force=force)
        return _unpacked(text, table), ()
    except (ValueError, KeyError, TypeError, AttributeError, zlib.error) as error:
        raise PlanningError(
            f"sheet Journal: the image of table {table.excel_name} cannot be read; someone changed or shortened it"
        ) from error


def _undone(journal: pd.DataFrame) -> pd.Series[bool]:
    """Which rows of the journal belong to commands that were undone."""
    first = journal["part"].eq(1) & journal["image"].str.startswith(_REDO)
    return journal["number"].isin(journal.loc[first, "number"])


def _images(
    run: int, names: Sequence[str], before: Frames, after: Frames, when: pd.Timestamp, command: str, mark: str
) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for name in names:
        text = mark + to_text(image(TABLES[name], before[name], after[name]))
        parts = [text[i : i + _CELL] for i in range(0, len(text), _CELL)]
        rows += [(float(run), name, float(n), when, command, part) for n, part in enumerate(parts, start=1)]
    return rows


def _with_room(journal: pd.DataFrame, images: list[tuple[object, ...]]) -> pd.DataFrame:
    """The journal with a run more, without the oldest runs where they are too many or too heavy."""
    rows = _appended(journal, images, TABLES["journal"])
    weight = rows["image"].str.len().groupby(rows["number"]).sum().sort_index(ascending=False)
    fits = max(int((weight.cumsum() <= ROOM).sum()), 1)
    recent = weight.index[: min(fits, RUNS_KEPT)]
    return rows[rows["number"].isin(recent)].reset_index(drop=True)


def _rows_changed(table: Table, before: pd.DataFrame, after: pd.DataFrame) -> int:
    columns = [c.name for c in table.frame_columns if c.role is not Role.CALCULATED]
    old = pd.util.hash_pandas_object(plain(before)[columns], index=False)
    new = pd.util.hash_pandas_object(plain(after)[columns], index=False)
    return int(max((~new.isin(old)).sum(), (~old.isin(new)).sum()))


def _appended(frame: pd.DataFrame, rows: Sequence[tuple[object, ...]], table: Table) -> pd.DataFrame:
    new = _rows(rows, table)
    return pd.concat([frame, new], ignore_index=True) if len(frame) else new


def _rows(rows: Sequence[tuple[object, ...]], table: Table) -> pd.DataFrame:
    return shaped(table, pd.DataFrame(rows, columns=[c.name for c in table.frame_columns]))


def _unpacked(text: str, table: Table) -> pd.DataFrame:
    """The whole table from an image of an earlier version of the product."""
    raw = io.BytesIO(zlib.decompress(base64.b64decode(text)))
    frame = pd.read_csv(raw, dtype=str, keep_default_na=False)
    columns: dict[str, pd.Series[Any]] = {}
    for column in (c for c in table.frame_columns if c.name in frame):
        values = frame[column.name]
        if column.kind.is_number:
            columns[column.name] = pd.to_numeric(values.replace("", None)).astype("float64")
        elif column.kind.is_time:
            columns[column.name] = pd.to_datetime(values.replace("", None)).astype("datetime64[ns]")
        else:
            columns[column.name] = values if column.kind.is_text else values.eq("True")
    return shaped(table, pd.DataFrame(columns))
