"""A book whose tables a host sends as cells and takes back as cells: Calc's worker and Office.js.

What comes in, and what goes out, is plain JSON: numbers, texts, TRUE and FALSE, null, and `{"error": "#N/A"}`; days are
day numbers. A host sends the declared tables it finds and gets those that changed, as it is to write them: the heading,
the rows, for each column where it stood before, and for each row where the row of the same key stood, so that columns
a planner added, and formulas typed into inputs, can follow their rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sop_xl.errors import BookError
from sop_xl.workbook.book import Book
from sop_xl.workbook.cells.conform import wide_keys
from sop_xl.workbook.cells.headings import matched
from sop_xl.workbook.cells.values import Cell, CellError, date_of
from sop_xl.workbook.file.slots import Slot, laid_out
from sop_xl.workbook.frames import ready
from sop_xl.workbook.reading import Place, RawTable, Spot
from sop_xl.workbook.schema import Frames, Role, Table
from sop_xl.workbook.tables import TABLES, table

Sent = Mapping[str, Any]
"""A table as a host sends it: `sheet`, `header`, `rows`, and `row` and `column` of its first row."""


class SentBook(Book):
    """The tables of a workbook that is open in a host.

    Parameters
    ----------
    where
        Name of the workbook, for sentences.
    tables
        Tables by their name in the workbook (`tbl_items`), as `Sent`.
    own_machine
        Whether whoever asks is the user of this machine, so that its user name and home folder are theirs.
    file
        The file the workbook was saved to last, where it lies on this machine.

    """

    def __init__(
        self, where: str, tables: Mapping[str, Sent], *, own_machine: bool = False, file: Path | None = None
    ) -> None:
        self.where = where
        self._file = file
        self.own_machine = own_machine
        by_name = {name.casefold(): sent for name, sent in tables.items()}
        self._sent = {
            n: by_name[t.excel_name.casefold()] for n, t in TABLES.items() if t.excel_name.casefold() in by_name
        }
        self.changed: dict[str, dict[str, Any]] = {}

    def tables(self) -> set[str]:
        """The declared tables that were sent."""
        return set(self._sent)

    @property
    def file(self) -> Path | None:
        """The file the host has the workbook from, where it said so."""
        return self._file

    def place_of(self, name: str) -> Place:
        """The sheet of a table."""
        sent = self._sent.get(name)
        return Place(f"sheet {table(name).sheet if sent is None else sent['sheet']}")

    def spots(self) -> Mapping[str, Spot]:
        """Where each table stands on its sheet, of the tables whose host says it."""
        return {
            name: Spot(sent["sheet"], int(sent["row"]) - 1, int(sent["column"]), tuple(map(str, sent["header"])))
            for name, sent in self._sent.items()
            if "row" in sent and "column" in sent
        }

    def write(self, frames: Frames) -> None:
        """Lay out these tables for the host to write; `changed` holds them by their name in the workbook."""
        known = {table(name).name for name in frames}
        for name in known:
            if name not in self._sent:
                raise BookError(f"{self.where} has no table {TABLES[name].excel_name} to write to")
        laid = {TABLES[n].excel_name: self._laid(TABLES[n], frames) for n in TABLES if n in known}
        self.changed |= laid

    def _raws(self, names: Iterable[str]) -> dict[str, RawTable]:
        return {name: self._raw(TABLES[name]) for name in names if name in self._sent}

    def _raw(self, declared: Table) -> RawTable:
        sent = self._sent[declared.name]
        header = tuple(str(heading) for heading in sent["header"])
        heads = matched(declared, header)
        days = {at for name, at in heads.columns.items() if declared.column(name).kind.is_time}
        rows = [[_cell(cell, at in days) for at, cell in enumerate(row)] for row in sent["rows"]]
        first = int(sent.get("row", 2))
        return RawTable(declared, self.place_of(declared.name), header, rows, range(first, first + len(rows)))

    def _laid(self, declared: Table, frames: Frames) -> dict[str, Any]:
        sent = self._sent[declared.name]
        header = [str(heading) for heading in sent["header"]]
        checked = ready(declared, frames[declared.name])
        laid = laid_out(declared, checked, header, f"sheet {sent['sheet']}")
        old: dict[tuple[Any, ...], int] = {}
        for at, key in enumerate(wide_keys(self._raw(declared))):
            old.setdefault(key, at)
        return {
            "header": [slot.heading for slot in laid.slots],
            "columns": [_column(slot) for slot in laid.slots],
            "rows": [[_sent_cell(slot, i) for slot in laid.slots] for i in range(laid.rows)],
            "moved": [old.get(key) for key in laid.keys],
        }


def _cell(cell: Any, is_day: bool) -> Cell:
    """A cell as a host sends it, as the checks know it."""
    if isinstance(cell, Mapping):
        return CellError(str(cell.get("error", "#VALUE!")))
    if is_day and isinstance(cell, int | float) and not isinstance(cell, bool):
        return date_of(float(cell)) or float(cell)
    if cell is None or isinstance(cell, bool | int | float | str):
        return None if cell == "" else cell
    return str(cell)


def _column(slot: Slot) -> dict[str, Any]:
    """What a host needs to know of a column: who writes it, whether it is text, its formula, where it stood."""
    declared = slot.column
    return {
        "role": "planner" if declared is None else declared.role.name.lower(),
        "text": declared is not None and declared.kind.is_text,
        "formula": declared.formula if declared is not None and declared.role is Role.CALCULATED else None,
        "origin": slot.origin,
        "like": slot.like,
    }


def _sent_cell(slot: Slot, row: int) -> Any:
    cells: Sequence[Any] = slot.cells
    value = cells[row] if row < len(cells) else None
    if value is None or value != value or value == "":  # noqa: PLR0124 (NaN differs from itself)
        return None
    return {"error": str(value)} if isinstance(value, CellError) else value
