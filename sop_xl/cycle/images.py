"""The before-image of a table: only the rows and cells a command changed, found again by their keys.

An image holds what stood before (values of the cells that were changed, rows that were taken out, keys of rows that
came in) and the seal of what stood after. Putting it back changes those cells and no other, so that what a person
typed elsewhere in the table since stays; what they typed in a cell that would be put back is named instead.
"""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sop_xl import periods
from sop_xl.cycle.keeping import plain, shaped
from sop_xl.cycle.seal import (
    Edits,
    Hashes,
    Seal,
    edits,
    in_order,
    key_hashes,
    key_trace,
    own_columns,
    packed,
    seal,
    unpacked,
    value_trace,
)
from sop_xl.workbook.cells.values import shown
from sop_xl.workbook.frames import empty_frame
from sop_xl.workbook.schema import Column, Kind, Table

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Image:
    """What stood in a table before a command.

    `cells` are rows the command changed: their keys and what stood in the changed columns. `rows` are rows it took
    out, which stood `at` these places. `keys` are rows it put in, or with `others` the only rows it did not put in.
    `order` is the order the staying rows stood in, where the command changed that. `after` seals what it wrote.
    """

    cells: pd.DataFrame
    rows: pd.DataFrame
    at: tuple[int, ...]
    keys: pd.DataFrame
    others: bool
    order: tuple[int, ...]
    after: Seal


@dataclass(frozen=True)
class Lost:
    """An edit that would be lost: the row in words, the column (or none for a whole row), and its values in words."""

    table: Table
    row: str
    column: str
    says: str

    def __str__(self) -> str:
        """The edit in a sentence's part: where, and what became of it."""
        where = f"sheet {self.table.sheet}" + (f", {self.row}" if self.row else "")
        return f"{where}: {f'column {self.column} ' if self.column else ''}{self.says} after it"


def image(table: Table, before: pd.DataFrame, after: pd.DataFrame) -> Image:
    """The image of a table, from what stood in it before and after a command.

    >>> from sop_xl.workbook.tables import table
    >>> months = pd.to_datetime(["2020-03-01", "2020-04-01"])
    >>> was = pd.DataFrame({"period": months, "quantity": [5.0, 6.0]})
    >>> now = was.assign(quantity=[5.0, 9.0])
    >>> kept = image(table("finance_totals"), was, now)
    >>> kept.cells["quantity"].tolist(), len(kept.rows), len(kept.keys)
    ([6.0], 0, 0)
    >>> restored(table("finance_totals"), kept, now)[0]["quantity"].tolist()
    [5.0, 6.0]
    """
    old, new = _own(table, before), _own(table, after)
    had, has = key_hashes(table, old), key_hashes(table, new)
    keys = list(table.keys)
    twice = len(np.unique(had)) < len(had) or len(np.unique(has)) < len(has)
    stays = np.zeros(len(old), bool) if twice else np.isin(had, has)
    kept = np.zeros(len(new), bool) if twice else np.isin(has, had)
    match = pd.Index(has[kept]).get_indexer(pd.Index(had[stays]))
    twin = new[kept].iloc[match]
    changed = {c: _differs(old.loc[stays, c], twin[c]) for c in old.columns if c not in keys}
    touched = np.any(list(changed.values()), axis=0) if changed else np.zeros(int(stays.sum()), bool)
    names = [c for c, where in changed.items() if where.any()]
    others = bool((~kept).sum() > kept.sum())
    return Image(
        cells=plain(old[stays][touched][[*keys, *names]]),
        rows=plain(old[~stays]),
        at=tuple(np.flatnonzero(~stays).tolist()),
        keys=plain(new.loc[kept if others else ~kept, keys]),
        others=others,
        order=() if (match == np.arange(len(match))).all() else tuple(match.tolist()),
        after=seal(table, new),
    )


def restored(
    table: Table, kept: Image, frame: pd.DataFrame, *, force: bool = False
) -> tuple[pd.DataFrame, tuple[Lost, ...]]:
    """The table as it stood before the command, with what was typed into it since; and what of that would be lost.

    Where something would be lost, `force` says that what stood before wins; without it the frame is not to be used.
    """
    now = _own(table, frame)
    keys = key_hashes(table, now)
    since = edits(kept.after, table, now)
    added = np.zeros(len(now), bool)
    added[list(since.added)] = True
    listed = np.isin(keys, key_hashes(table, kept.keys))
    goes = (~listed if kept.others else listed) & ~added
    lost: list[Lost] = []
    if since.unclear:
        lost.append(Lost(table, "", "", "more was changed than can be named"))
    lost += _rows_lost(table, kept, since)
    out, more = _cells_back(table, kept, now, goes, since, keys)
    lost += more
    doubles = added & np.isin(keys, key_hashes(table, kept.rows))
    for row in np.flatnonzero(doubles):
        if not _equal_row(table, kept.rows, now.iloc[row]):
            lost.append(Lost(table, row_words(table, now.iloc[row]), "", "the row was typed"))
    if lost and not force:
        return frame, tuple(lost)
    stay = ~(goes | doubles)
    ordered = _in_order(kept, out[stay & ~added], keys, added)
    return _inserted(table, kept, pd.concat([ordered, out[stay & added]]) if added.any() else ordered), tuple(lost)


def row_words(table: Table, row: pd.Series) -> str:
    """A row by its key, as sentences name it."""
    return " ".join(word for word in (_word(table.column(k), row[k]) for k in table.keys) if word)


def to_text(kept: Image) -> str:
    """An image as text: columns with each value once, compressed."""
    parts = {
        "cells": _coded(kept.cells),
        "rows": _coded(kept.rows),
        "at": _steps(kept.at),
        "keys": _coded(kept.keys),
        "others": kept.others,
        "order": _steps(kept.order),
        "after": packed(kept.after),
    }
    text = json.dumps(parts, separators=(",", ":"), ensure_ascii=False)
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def from_text(text: str, table: Table) -> Image:
    """The image that was made text."""
    parts = json.loads(zlib.decompress(base64.b64decode(text)))
    none = empty_frame(table)[list(table.keys)].reset_index(drop=True)
    return Image(
        cells=_decoded(parts["cells"], table) if parts["cells"] else none,
        rows=shaped(table, _decoded(parts["rows"], table))[own_columns(table)],
        at=tuple(np.cumsum(parts["at"], dtype=int).tolist()),
        keys=_decoded(parts["keys"], table) if parts["keys"] else none,
        others=parts["others"],
        order=tuple(np.cumsum(parts["order"], dtype=int).tolist()),
        after=unpacked(parts["after"]),
    )


def _own(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    return shaped(table, plain(frame))[own_columns(table)]


def _differs(old: pd.Series[Any], new: pd.Series[Any]) -> Mask:
    one, other = old.reset_index(drop=True), new.reset_index(drop=True)
    return np.asarray(~(one.eq(other) | (one.isna() & other.isna())), dtype=bool)


def _rows_lost(table: Table, kept: Image, since: Edits) -> list[Lost]:
    """Rows a person took out that the command had changed: their cells have no place to go back to."""
    traces = key_trace(key_hashes(table, kept.cells))
    gone = np.isin(traces, np.array(since.removed, dtype=np.uint64))
    return [Lost(table, row_words(table, kept.cells.iloc[r]), "", "the row was removed") for r in np.flatnonzero(gone)]


def _cells_back(
    table: Table, kept: Image, now: pd.DataFrame, goes: Mask, since: Edits, keys: Hashes
) -> tuple[pd.DataFrame, list[Lost]]:
    """The frame with the changed cells as they stood, and the edits in them or in rows that go."""
    names = [c for c in kept.cells.columns if c not in table.keys and c in now]
    first = pd.Series(range(len(keys)), index=keys).loc[lambda rows: ~rows.index.duplicated()]
    at = first.reindex(key_hashes(table, kept.cells), fill_value=-1).to_numpy() if len(kept.cells) else np.zeros(0, int)
    found = np.flatnonzero(at >= 0)
    back = {name: kept.cells[name].iloc[found].set_axis(at[found]) for name in names}
    traces = (
        {name: dict(zip(back[name].index, value_trace(back[name]), strict=True)) for name in names} if since else {}
    )
    lost = []
    for (row, name), before in zip(since.cells, since.before, strict=True):
        new = now.iloc[row][name]
        if not goes[row]:
            if name not in back or row not in back[name].index:
                continue
            if before == traces[name][row]:  # the command left this cell alone
                back[name] = back[name].drop(index=row)
                continue
            if value_trace(now[name].iloc[[row]])[0] == traces[name][row]:
                continue
        was = "from blank " if before is None else ""
        words = _word(table.column(name), new) or "blank"
        says = f"was changed {was}to {words}"
        lost.append(Lost(table, row_words(table, now.iloc[row]), table.column(name).label, says))
    out = now.copy()
    for name, values in back.items():
        column = out[name].astype(object)
        column.iloc[values.index.to_numpy(dtype=int)] = values.to_numpy(dtype=object)
        out[name] = column.astype(out[name].dtype)
    return out, lost


def _equal_row(table: Table, rows: pd.DataFrame, row: pd.Series) -> bool:
    one = pd.DataFrame([row])[list(rows.columns)].astype(rows.dtypes)
    same = rows[key_hashes(table, rows) == key_hashes(table, one)[0]]
    return all(value_trace(same[c])[0] == value_trace(one[c])[0] for c in rows.columns)


def _in_order(kept: Image, stay: pd.DataFrame, keys: Hashes, added: Mask) -> pd.DataFrame:
    """The staying rows in the order they stood in, if nobody has sorted the table since."""
    if len(kept.order) != len(stay) or not in_order(kept.after, keys[~added]):
        return stay
    return stay.iloc[list(kept.order)]


def _inserted(table: Table, kept: Image, stay: pd.DataFrame) -> pd.DataFrame:
    """The rows the command took out, back in their places among the others."""
    total = len(stay) + len(kept.rows)
    places = np.array(kept.at, dtype=int)
    free = np.setdiff1d(np.arange(total), places)[: len(stay)]
    both = [f for f in (stay, kept.rows) if len(f)] or [stay]
    rows = pd.concat(both, ignore_index=True)
    order = np.argsort(np.concatenate([free, places]), kind="stable")
    return shaped(table, rows.iloc[order])


def _word(column: Column, value: Any) -> str:
    """A value as a sentence shows it; nothing for a blank."""
    if pd.isna(value) or value == "":
        return ""
    return periods.label(value) if column.kind is Kind.PERIOD else shown(value)


def _coded(frame: pd.DataFrame) -> dict[str, Any]:
    """Columns as their different values and the steps between the codes of their rows."""
    out: dict[str, Any] = {}
    for name in frame.columns if len(frame) else ():
        codes, values = pd.factorize(frame[name])
        out[str(name)] = [[_plain_value(v) for v in values], _steps(codes)]
    return out


def _plain_value(value: Any) -> Any:
    if isinstance(value, pd.Timestamp | np.datetime64):
        return pd.Timestamp(value).isoformat()
    return value.item() if isinstance(value, np.generic) else value


def _decoded(parts: dict[str, Any], table: Table) -> pd.DataFrame:
    known = {c.name: c for c in table.frame_columns}
    out: dict[str, pd.Series[Any]] = {}
    for name, (values, steps) in parts.items():
        if name not in known:
            continue
        column, codes = known[name], np.cumsum(steps, dtype=int)
        if column.kind.is_time:
            choices: pd.Series[Any] = pd.Series(pd.to_datetime(values, format="ISO8601"), dtype="datetime64[ns]")
        elif column.kind.is_number:
            choices = pd.Series(values, dtype="float64")
        else:
            choices = pd.Series(values, dtype="str" if column.kind.is_text else "bool")
        out[name] = choices.reindex(codes).reset_index(drop=True) if (codes < 0).any() else choices.iloc[codes]
        out[name] = out[name].reset_index(drop=True)
    return pd.DataFrame(out)


def _steps(numbers: Any) -> list[int]:
    """Whole numbers as the steps from one to the next: long runs of the same step compress to nothing."""
    return np.diff(np.asarray(numbers, dtype=int), prepend=0).tolist() if len(numbers) else []
