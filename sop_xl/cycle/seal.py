"""A seal on a table: a few hundred bytes from which every cell that was changed later can be named.

A seal is an invertible Bloom lookup table of the cells (Eppstein, Goodrich, Uyeda and Varghese, *What's the
Difference? Efficient Set Reconciliation without Prior Context*, 2011): cells that stand as they stood cancel out, and
those that do not are read from what is left. Its size depends on how many edits it can name, not on the table. Blank
cells are not counted, numbers only to the 15 digits that every program saves, rows in whatever order.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Context
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sop_xl.workbook.schema import Role, Table

Hashes = npt.NDArray[np.uint64]

_FIFTEEN = Context(prec=15, rounding=ROUND_HALF_UP)
_KEY_BITS, _COLUMN_BITS, _VALUE_BITS = 38, 6, 20
_ROW = 0
"""The column of a cell's name that stands for the row itself."""
_WIDE, _NARROW = 48, 18
"""Buckets of a table people type into, and of one only runs write: some 18 and 6 changed cells can be named."""
_PARTS = 3
_WORD = 1 << 64


@dataclass(frozen=True)
class Seal:
    """What stood in a table: a fingerprint of all of it, and its cells, listed or folded into buckets.

    `columns` are the columns it knows beside the keys; `sequence` is a fingerprint of the order of the rows.
    """

    columns: tuple[str, ...]
    whole: int
    sequence: int
    folded: bool
    cells: Hashes = field(repr=False)
    marks: npt.NDArray[np.uint32] = field(repr=False)


@dataclass(frozen=True)
class Edits:
    """How a table differs from its sealed state.

    `added` are rows now, `cells` pairs of a row now and a column whose value is another, `before` what a sealed value
    leaves as its trace (none where the cell was blank), `removed` the traces of the keys of rows that are gone.
    `unclear` says that more has changed than the seal can name.
    """

    added: tuple[int, ...] = ()
    cells: tuple[tuple[int, str], ...] = ()
    before: tuple[int | None, ...] = ()
    removed: tuple[int, ...] = ()
    unclear: bool = False

    def __bool__(self) -> bool:
        """Whether anything was changed."""
        return bool(self.added or self.cells or self.removed or self.unclear)


def own_columns(table: Table) -> list[str]:
    """The columns of a table that somebody writes; the sheet computes the others."""
    return [c.name for c in table.frame_columns if c.role is not Role.CALCULATED]


def seal(table: Table, frame: pd.DataFrame) -> Seal:
    """The seal of a table as it stands.

    >>> from sop_xl.workbook.tables import table
    >>> totals = table("finance_totals")
    >>> was = pd.DataFrame({"period": pd.to_datetime(["2020-03-01", "2020-04-01"]), "quantity": [5.0, 6.0]})
    >>> kept = seal(totals, was)
    >>> bool(edits(kept, totals, was.iloc[::-1]))
    False
    >>> edits(kept, totals, was.assign(quantity=[5.0, 7.0])).cells
    ((1, 'quantity'),)
    """
    columns = tuple(c for c in own_columns(table) if c not in table.keys)
    keys = key_hashes(table, frame)
    cells, _, _, whole = _cells(frame, keys, columns)
    inputs = any(c.role is Role.INPUT for c in table.frame_columns)
    size = _WIDE if inputs else _NARROW
    none = np.zeros(0, np.uint32)
    if len(cells) * 8 <= size * 12:
        return Seal(columns, whole, _sequence(keys), folded=False, cells=np.sort(cells), marks=none)
    folded, marks = _folded(cells, size)
    return Seal(columns, whole, _sequence(keys), folded=True, cells=folded, marks=marks)


def edits(sealed: Seal, table: Table, frame: pd.DataFrame) -> Edits:
    """What differs between a sealed table and the table now."""
    columns = tuple(c for c in sealed.columns if c in frame)
    keys = key_hashes(table, frame)
    cells, rows, at, whole = _cells(frame, keys, columns, sealed.columns)
    if whole == sealed.whole:
        return Edits()
    found = _differing(sealed, cells)
    if found is None:
        return Edits(unclear=True)
    return _read(sealed, found, cells, rows, at)


def in_order(sealed: Seal, keys: Hashes) -> bool:
    """Whether rows with these keys stand in the order of the sealed rows."""
    return _sequence(keys) == sealed.sequence


def key_hashes(table: Table, frame: pd.DataFrame) -> Hashes:
    """A hash of the key of every row."""
    out = np.full(len(frame), 7, np.uint64)
    for name in table.keys:
        out = _mixed(out * np.uint64(31) + value_hashes(frame[name]))
    return out


def key_trace(keys: Hashes) -> Hashes:
    """What a seal keeps of a key."""
    return keys >> np.uint64(64 - _KEY_BITS)


def value_trace(values: pd.Series[Any]) -> list[int | None]:
    """What a seal keeps of each value; none of a blank."""
    blank = _blank(values)
    return [None if b else int(t) for t, b in zip(_trace(value_hashes(values)), blank, strict=True)]


def value_hashes(values: pd.Series[Any]) -> Hashes:
    """A hash of each value, the same whichever program saved it."""
    plain = values.reset_index(drop=True)
    if plain.dtype.kind == "M":
        plain = plain.astype("datetime64[ns]").dt.round("s")
    elif plain.dtype.kind == "f":
        plain = _fifteen(plain)
    elif plain.dtype.kind == "b":
        plain = plain.astype("int64")
    else:
        plain = plain.astype("str").str.strip()
    return np.asarray(pd.util.hash_pandas_object(plain, index=False), dtype=np.uint64)


def packed(sealed: Seal) -> dict[str, Any]:
    """A seal as plain JSON."""
    return {
        "columns": ",".join(sealed.columns),
        "whole": sealed.whole,
        "sequence": sealed.sequence,
        "folded": sealed.folded,
        "cells": base64.b64encode(sealed.cells.astype("<u8").tobytes()).decode(),
        "marks": base64.b64encode(sealed.marks.astype("<u4").tobytes()).decode(),
    }


def unpacked(kept: dict[str, Any]) -> Seal:
    """The seal that was packed."""
    cells = np.frombuffer(base64.b64decode(kept["cells"]), "<u8").astype(np.uint64)
    marks = np.frombuffer(base64.b64decode(kept["marks"]), "<u4").astype(np.uint32)
    return Seal(
        tuple(kept["columns"].split(",")) if kept["columns"] else (),
        kept["whole"],
        kept["sequence"],
        kept["folded"],
        cells,
        marks,
    )


def _fifteen(values: pd.Series[Any]) -> pd.Series[Any]:
    """Numbers to 15 digits, halves away from zero as LibreOffice saves them.

    >>> _fifteen(pd.Series([0.7834343434343435, 2.0])).tolist()
    [0.783434343434344, 2.0]
    """
    numbers = values.to_numpy(dtype=float, copy=True) + 0.0
    long = np.flatnonzero(np.isfinite(numbers) & (numbers * 64 != np.rint(numbers * 64)))
    for at in long:
        text = repr(float(numbers[at]))
        if len(text) > 15:
            numbers[at] = float(_FIFTEEN.create_decimal(text))
    return pd.Series(numbers)


def _blank(values: pd.Series[Any]) -> npt.NDArray[np.bool_]:
    missing = values.isna()
    if values.dtype.kind not in "Mfbi":
        missing = missing | values.astype("str").str.strip().eq("")
    return np.asarray(missing, dtype=bool)


def _cells(
    frame: pd.DataFrame, keys: Hashes, columns: Sequence[str], numbered: Sequence[str] = ()
) -> tuple[Hashes, npt.NDArray[np.int64], npt.NDArray[np.int64], int]:
    """The names of all cells that hold something, with row and column of each, and a fingerprint of all of them."""
    order = {name: n for n, name in enumerate(numbered or columns, start=1)}
    high = key_trace(keys) << np.uint64(_COLUMN_BITS + _VALUE_BITS)
    everywhere = np.arange(len(frame))
    ids, rows = [high], [everywhere]
    at = [np.full(len(frame), _ROW)]
    whole = _total(_mixed(keys))
    for name in columns:
        filled = ~_blank(frame[name])
        hashes = value_hashes(frame[name])[filled]
        number = np.uint64(order[name])
        ids.append(high[filled] | (number << np.uint64(_VALUE_BITS)) | _trace(hashes))
        rows.append(everywhere[filled])
        at.append(np.full(int(filled.sum()), order[name]))
        whole += _total(_mixed(keys[filled] ^ _mixed(hashes + number)))
    return np.concatenate(ids), np.concatenate(rows), np.concatenate(at), whole % _WORD


def _trace(hashes: Hashes) -> Hashes:
    return hashes >> np.uint64(64 - _VALUE_BITS)


def _mixed(values: Hashes) -> Hashes:
    """Every bit of a number spread over all of them (the finaliser of SplitMix64)."""
    x = values + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(x ^ (x >> np.uint64(31)), dtype=np.uint64)


def _sequence(keys: Hashes) -> int:
    return _total(_mixed(keys + np.arange(len(keys), dtype=np.uint64) * np.uint64(0x9E37)))


def _total(values: Hashes) -> int:
    return int(values.sum(dtype=np.uint64))


def _places(cells: Hashes, size: int) -> list[npt.NDArray[np.int64]]:
    part = size // _PARTS
    return [(_mixed(cells + np.uint64(n * 7919)) % np.uint64(part)).astype(np.int64) + n * part for n in range(_PARTS)]


def _mark(cells: Hashes) -> npt.NDArray[np.uint32]:
    return (_mixed(cells ^ np.uint64(0x5EA1)) >> np.uint64(32)).astype(np.uint32)


def _folded(cells: Hashes, size: int) -> tuple[Hashes, npt.NDArray[np.uint32]]:
    buckets, marks = np.zeros(size, np.uint64), np.zeros(size, np.uint32)
    mark = _mark(cells)
    for places in _places(cells, size):
        np.bitwise_xor.at(buckets, places, cells)
        np.bitwise_xor.at(marks, places, mark)
    return buckets, marks


def _differing(sealed: Seal, cells: Hashes) -> Hashes | None:
    """The cells that stood only then or stand only now; none where they are too many to be read."""
    if not sealed.folded:
        return np.setxor1d(sealed.cells, cells)
    size = len(sealed.cells)
    now, marks = _folded(cells, size)
    left, left_marks = now ^ sealed.cells, marks ^ sealed.marks
    found = []
    while True:
        alone = np.flatnonzero((left != 0) & (_mark(left) == left_marks))
        alone = np.array([b for b in alone if any(p[0] == b for p in _places(left[b : b + 1], size))], dtype=np.int64)
        if not len(alone):
            break
        cell = left[alone[:1]]
        found.append(int(cell[0]))
        for places in _places(cell, size):
            left[places] ^= cell
            left_marks[places] ^= _mark(cell)
        if len(found) > size:
            return None
    return None if left.any() or left_marks.any() else np.array(found, dtype=np.uint64)


def _read(sealed: Seal, found: Hashes, cells: Hashes, rows: npt.NDArray[np.int64], at: npt.NDArray[np.int64]) -> Edits:
    """What the differing cells say: rows added, rows removed, values changed."""
    now = np.isin(found, cells)
    standing = {int(c): int(r) for c, r in zip(cells[at == _ROW], rows[at == _ROW], strict=True)}
    shift = _COLUMN_BITS + _VALUE_BITS
    was: dict[tuple[int, int], int] = {}
    new: dict[tuple[int, int], int] = {}
    for cell, is_now in zip(found.tolist(), now.tolist(), strict=True):
        name = cell >> shift, (cell >> _VALUE_BITS) & ((1 << _COLUMN_BITS) - 1)
        (new if is_now else was)[name] = cell & ((1 << _VALUE_BITS) - 1)
    added = {key for key, column in new if column == _ROW}
    removed = {key for key, column in was if column == _ROW}
    changed = [name for name in was.keys() | new.keys() if name[0] not in added | removed]
    known = sorted(
        ((standing[key << shift], column, was.get((key, column))) for key, column in changed
         if key << shift in standing and column),
        key=lambda cell: cell[:2],
    )  # fmt: skip
    return Edits(
        added=tuple(sorted(standing[key << shift] for key in added)),
        cells=tuple((row, sealed.columns[column - 1]) for row, column, _ in known),
        before=tuple(before for _, _, before in known),
        removed=tuple(sorted(removed)),
        unclear=not (known or added or removed),
    )
