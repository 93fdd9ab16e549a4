"""Cells on their way between Calc and the worker."""

from __future__ import annotations

import math
import struct
from typing import Any

CODES = {
    "#NULL!": 521, "#DIV/0!": 532, "#VALUE!": 519, "#REF!": 524, "#NAME?": 525, "#NUM!": 503, "#N/A": 32767,
}  # fmt: skip
"""Calc's numbers of the errors a cell shows."""
KINDS: dict[int, str] = {**{code: kind for kind, code in CODES.items()}, 502: "#VALUE!", 504: "#REF!", 508: "#NAME?"}

_QUIET_NAN = 0x7FF8_0000_0000_0000


def error(kind: str) -> float:
    """An error as Calc keeps it among the numbers of an array: no number, with the error's number in it."""
    value: float = struct.unpack("<d", struct.pack("<Q", _QUIET_NAN | CODES.get(kind, 519)))[0]
    return value


def kind_of(code: int) -> str:
    """The error a cell shows, by Calc's number."""
    return KINDS.get(code, "#VALUE!")


def shown(rows: list[list[Any]]) -> tuple[tuple[Any, ...], ...]:
    """Rows of cells as a function hands them to Calc."""
    return tuple(tuple(_shown(cell) for cell in row) for row in rows)


def _shown(cell: Any) -> Any:
    if isinstance(cell, dict):
        return error(cell["error"])
    return "" if cell is None else cell


def given(value: Any) -> Any:
    """An argument as Calc hands it over: a cell, or rows of cells; what is left out is nothing."""
    if isinstance(value, tuple):
        return [given(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        code = struct.unpack("<Q", struct.pack("<d", value))[0] & 0xFFFF
        return {"error": kind_of(code)}
    return None if value == "" else value
