"""A formula's twin: the same value computed in Python, so that a saved file shows it before Excel recalculates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sop_xl.workbook.schema import Frames


@dataclass(frozen=True)
class Twin:
    """How to compute what the formulas behind a defined name show.

    `tables` are the tables the formulas read and `cells` the defined names of the single input cells they read.
    `value(frames, cells)` returns one value, or a list of rows of the shape of the defined name's range; `None` is
    a formula that shows nothing.
    """

    tables: tuple[str, ...]
    cells: tuple[str, ...]
    value: Callable[[Frames, Mapping[str, Any]], Any]
