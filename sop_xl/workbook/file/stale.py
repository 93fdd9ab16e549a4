"""Stored values of formulas after a save: computed by their twin, kept where still true, dropped where they are not.

A dropped value is calculated again by Excel and LibreOffice when they open the file; a stale one would be shown as
if it were true.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from sop_xl.errors import BookError
from sop_xl.workbook.cells.headings import matched
from sop_xl.workbook.file.grid import Box, F, Grid, box_of, cells_of, drop_value, holds_something, put_formula_value
from sop_xl.workbook.file.parts import Workbook
from sop_xl.workbook.schema import Frames
from sop_xl.workbook.tables import TABLES
from sop_xl.workbook.twin import Twin

_HAS_FORMULA = re.compile(rb"<(?:\w+:)?f[ />]")


def refresh(
    workbook: Workbook, written: frozenset[str], twins: Mapping[str, Twin], frame_of: Callable[[str], Any]
) -> None:
    """Bring the stored value of every formula in the workbook up to date after the tables `written`."""
    kept = _owned(workbook)
    for name, twin in twins.items():
        if name not in workbook.names or workbook.names[name][0] not in workbook.sheets:
            continue
        sheet, box = workbook.names[name]
        part = workbook.sheets[sheet]
        if set(twin.tables) <= workbook.declared.keys():
            kept.setdefault(part, []).append(box)
            if written & set(twin.tables):
                _store(workbook, part, name, box, _value(workbook, twin, frame_of))
    rewritten = {workbook.declared[name].sheet_part for name in written}
    for part in workbook.sheets.values():
        if part in rewritten or _HAS_FORMULA.search(workbook.package.data(part)):
            _drop_others(workbook, part, kept.get(part, []))


def show(workbook: Workbook, name: str, twin: Twin, frame_of: Callable[[str], Any]) -> None:
    """Store what the formulas behind a defined name show."""
    sheet, box = workbook.names[name]
    _store(workbook, workbook.sheets[sheet], name, box, _value(workbook, twin, frame_of))


def _value(workbook: Workbook, twin: Twin, frame_of: Callable[[str], Any]) -> Any:
    frames: Frames = {t: frame_of(t) for t in twin.tables}
    return twin.value(frames, {name: workbook.named_value(name) for name in twin.cells})


def _store(workbook: Workbook, part: str, name: str, box: Box, value: Any) -> None:
    """Store a twin's values behind the formulas of its range."""
    grid = workbook.grid(part)
    height, width = box.bottom - box.top + 1, box.right - box.left + 1
    rows = value if isinstance(value, list) else [[value] * width] * height
    if len(rows) != height or any(len(row) != width for row in rows):
        raise BookError(
            f"{workbook.where}: the formulas behind {name} cover {height} x {width} cells, not what it gives"
        )
    workbook.package.edit(part)
    for i, values in enumerate(rows):
        row = grid.row(box.top + i)
        cells = {} if row is None else cells_of(row)
        for j, shown in enumerate(values):
            cell = cells.get(box.left + j)
            if cell is not None and cell.find(F) is not None:
                put_formula_value(cell, shown, workbook.context.date1904)


def _owned(workbook: Workbook) -> dict[str, list[Box]]:
    """The declared columns of the declared tables: their formulas are ours or typed, and are read back."""
    owned: dict[str, list[Box]] = {}
    for name, place in workbook.declared.items():
        heads = matched(TABLES[name], place.header)
        for at in (*heads.columns.values(), *heads.months.values()):
            column = place.box.left + at
            owned.setdefault(place.sheet_part, []).append(place.body._replace(left=column, right=column))
    return owned


def _drop_others(workbook: Workbook, part: str, kept: list[Box]) -> None:
    """Drop the stored values of all formulas of a sheet but those in the rectangles kept."""
    root = workbook.package.tree(part)
    formulas = list(root.iter(F))
    grid: Grid | None = None
    for formula in formulas:
        cell = formula.getparent()
        at = box_of(cell.get("r", "A1"))
        if any(at.meets(box) for box in kept):
            continue
        changed = drop_value(cell)
        if formula.get("t") == "array" and formula.get("ref") and ":" in formula.get("ref"):
            grid = workbook.grid(part) if grid is None else grid
            changed |= _drop_spill(grid, box_of(formula.get("ref")))
        if changed:
            workbook.package.edit(part)


def _drop_spill(grid: Grid, box: Box) -> bool:
    """Empty the cells an array formula has filled."""
    changed = False
    for number in range(box.top, box.bottom + 1):
        row = grid.row(number)
        for column, cell in ({} if row is None else cells_of(row)).items():
            if box.left <= column <= box.right and holds_something(cell) and cell.find(F) is None:
                changed |= drop_value(cell)
    return changed
