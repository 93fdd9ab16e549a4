"""The log of every run, and the before-images that let it be undone (law 3)."""

from __future__ import annotations

import base64
import io
import zlib
from collections.abc import Sequence
from typing import Any

import pandas as pd

from sop_xl.cycle.keeping import plain, shaped
from sop_xl.cycle.step import Context, Frames
from sop_xl.cycle.versions import fingerprint
from sop_xl.errors import PlanningError
from sop_xl.workbook.schema import Role, Table
from sop_xl.workbook.tables import TABLES

OWN = ("audit_log", "journal")
RUNS_KEPT = 20
"""How many runs can be undone [runs]."""
_CELL = 30_000
"""Characters of an image in one cell; Excel holds 32,767."""


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
    log, journal = plain(before["audit_log"]), plain(before["journal"])
    number = int(log["number"].max()) + 1 if len(log) else 1
    run = int(journal["number"].max()) + 1 if len(journal) else 1
    lines, images = [], []
    for n, name in enumerate(names or [""]):
        rows = float(len(after[name])) if name else 0.0
        moved = float(_rows_changed(TABLES[name], before[name], after[name])) if name else 0.0
        said = says if name else f"{says} (nothing changed)"
        lines.append((float(number + n), context.now, context.user, command, name, rows, moved, said))
    for name in names:
        images += [
            (float(run), name, float(part), context.now, command, text)
            for part, text in enumerate(_packed(plain(before[name])), start=1)
        ]
    kept = journal[journal["number"] > run - RUNS_KEPT]
    return {
        "audit_log": _appended(log, lines, TABLES["audit_log"]),
        "journal": _appended(kept, images, TABLES["journal"]),
    }


def undo(before: Frames) -> tuple[dict[str, pd.DataFrame], str]:
    """The tables as they were before the last run, and what was undone; the last image leaves the journal."""
    journal = plain(before["journal"])
    if journal.empty:
        raise PlanningError("there is nothing to undo: the journal of this book is empty")
    last = journal["number"].max()
    mine = journal[journal["number"].eq(last)]
    frames = {}
    for name, parts in mine.groupby("table"):
        text = "".join(parts.sort_values("part")["image"])
        frames[str(name)] = _unpacked(text, TABLES[str(name)])
    frames["journal"] = journal[journal["number"].ne(last)].reset_index(drop=True)
    row = mine.iloc[0]
    return frames, f"{row['command']} of {row['when']:%Y-%m-%d %H:%M}"


def _rows_changed(table: Table, before: pd.DataFrame, after: pd.DataFrame) -> int:
    columns = [c.name for c in table.frame_columns if c.role is not Role.CALCULATED]
    old = pd.util.hash_pandas_object(plain(before)[columns], index=False)
    new = pd.util.hash_pandas_object(plain(after)[columns], index=False)
    return int(max((~new.isin(old)).sum(), (~old.isin(new)).sum()))


def _appended(frame: pd.DataFrame, rows: Sequence[tuple[object, ...]], table: Table) -> pd.DataFrame:
    new = shaped(table, pd.DataFrame(rows, columns=[c.name for c in table.frame_columns]))
    return pd.concat([frame, new], ignore_index=True) if len(frame) else new


def _packed(frame: pd.DataFrame) -> list[str]:
    text = frame.to_csv(index=False, date_format="%Y-%m-%dT%H:%M:%S.%f")
    packed = base64.b64encode(zlib.compress(text.encode(), 9)).decode()
    return [packed[i : i + _CELL] for i in range(0, len(packed), _CELL)]


def _unpacked(text: str, table: Table) -> pd.DataFrame:
    raw = io.BytesIO(zlib.decompress(base64.b64decode(text)))
    frame = pd.read_csv(raw, dtype=str, keep_default_na=False)
    columns: dict[str, pd.Series[Any]] = {}
    for column in table.frame_columns:
        values = frame[column.name]
        if column.kind.is_number:
            columns[column.name] = pd.to_numeric(values.replace("", None)).astype("float64")
        elif column.kind.is_time:
            columns[column.name] = pd.to_datetime(values.replace("", None)).astype("datetime64[ns]")
        else:
            columns[column.name] = values if column.kind.is_text else values.eq("True")
    return shaped(table, pd.DataFrame(columns))
