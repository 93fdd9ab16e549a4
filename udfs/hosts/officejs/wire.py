"""Cells as they cross the wire: numbers, texts, TRUE and FALSE, null, and `{"error": "#N/A", "says": ...}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from udfs.cells import BAD_ARGUMENT, ERRORS, CellError, Rows


def from_wire(value: Any) -> Any:
    """An argument of a call as the registry takes it.

    >>> from_wire([[1, {"error": "#N/A"}]])
    [[1, CellError('')]]
    """
    if isinstance(value, list):
        return [from_wire(part) for part in value]
    if isinstance(value, Mapping):
        kind = value.get("error")
        return CellError(kind if kind in ERRORS else BAD_ARGUMENT, str(value.get("says", "")))
    return value


def to_wire(rows: Rows) -> list[list[Any]]:
    """Rows of cells as JSON can hold them.

    >>> to_wire([[1.5, CellError("#N/A", "this number is not known")]])
    [[1.5, {'error': '#N/A', 'says': 'this number is not known'}]]
    """
    return [[error_to_wire(cell) if isinstance(cell, CellError) else cell for cell in row] for row in rows]


def error_to_wire(error: CellError) -> dict[str, str]:
    """A cell error with its sentence."""
    return {"error": error.kind, "says": error.says}
