"""The tables of a workbook that is open in Calc: read whole, written whole, undone and done again as one step.

An Excel table is a database range of Calc. Cells are written in bulk; Calc remembers each part for undo, and all of
them as one step.
"""

# mypy: disable-error-code="import-not-found,misc"

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Iterator, NamedTuple, Sequence  # noqa: UP035 (Python 3.8)

from com.sun.star.sheet.FillDirection import TO_BOTTOM

from sop_xl_calc import cells

FORMULAS = 1 | 2 | 4
"""com.sun.star.sheet.FormulaResult: formulas that show a number, a text or an error."""
CONTENTS = 1 | 2 | 4 | 16
"""com.sun.star.sheet.CellFlags: numbers, dates, texts and formulas."""
LOOKS = (
    "NumberFormat", "CellBackColor", "IsCellBackgroundTransparent", "CharColor", "CharWeight", "CharHeight",
    "HoriJustify", "VertJustify", "IsTextWrapped", "CellProtection", "TableBorder2",
)  # fmt: skip
"""What makes a new row or month look like the ones before."""


class Stopped(Exception):
    """What a planner can mend, in words."""


class Box(NamedTuple):
    """A rectangle of cells: its sheet, and where it begins and ends."""

    sheet: int
    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def of(cls, address: Any) -> Box:
        """The rectangle of a range address."""
        return cls(address.Sheet, address.StartColumn, address.StartRow, address.EndColumn, address.EndRow)

    def sized(self, rows: int, columns: int) -> Box:
        """A rectangle from the same corner."""
        return Box(self.sheet, self.left, self.top, self.left + columns - 1, self.top + rows - 1)

    def over(self, other: Box) -> Box:
        """The rectangle that holds both, from the same corner."""
        right, bottom = max(self.right, other.right), max(self.bottom, other.bottom)
        return Box(self.sheet, self.left, self.top, right, bottom)

    def on(self, document: Any) -> Any:
        """Its cells."""
        return document.Sheets.getByIndex(self.sheet).getCellRangeByPosition(*self[1:])


class TableOnSheet(NamedTuple):
    """A table as it stands: its name, place, heading and rows."""

    name: str
    box: Box
    sheet: str
    header: list[str]
    rows: list[list[Any]]
    totals: bool

    @property
    def sent(self) -> dict[str, Any]:
        """The table as the worker takes it."""
        return {
            "sheet": self.sheet,
            "header": self.header,
            "rows": self.rows,
            "row": self.box.top + 2,
            "column": self.box.left + 1,
        }


def read(document: Any, names: Sequence[str]) -> dict[str, TableOnSheet]:
    """The tables of a document that have one of these names."""
    known = {name.casefold(): name for name in names}
    ranges = document.DatabaseRanges
    found = {}
    for own in ranges.ElementNames:
        name = known.get(own.casefold())
        if name is not None:
            found[name] = _read(document, name, ranges.getByName(own))
    if found and (document.NullDate.Year, document.NullDate.Month, document.NullDate.Day) != (1899, 12, 30):
        raise Stopped("this workbook counts its days from 1904; save it with the usual calendar (1900) first")
    return found


def _read(document: Any, name: str, database_range: Any) -> TableOnSheet:
    box = Box.of(database_range.DataArea)
    area = box.on(document)
    rows = [[_cell(area, cell, i, j) for j, cell in enumerate(row)] for i, row in enumerate(area.getDataArray())]
    header = ["" if cell is None else _heading(cell) for cell in rows[0]]
    totals = bool(database_range.TotalsRow)
    body = rows[1:-1] if totals else rows[1:]
    return TableOnSheet(name, box, document.Sheets.getByIndex(box.sheet).Name, header, body, totals)


def _heading(cell: Any) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _cell(area: Any, cell: Any, i: int, j: int) -> Any:
    """A cell as the worker takes it; what has no value is an error."""
    if cell is None or (isinstance(cell, float) and cell != cell):  # noqa: PLR0124 (NaN differs from itself)
        code = area.getCellByPosition(j, i).getError()
        return {"error": cells.kind_of(code)} if code else None
    return None if cell == "" else cell


def place(document: Any, name: str, box: Box) -> None:
    """Have a table stand in a rectangle."""
    own = next(n for n in document.DatabaseRanges.ElementNames if n.casefold() == name.casefold())
    database_range = document.DatabaseRanges.getByName(own)
    address = database_range.DataArea
    if Box.of(address) != box:
        address.Sheet, address.StartColumn, address.StartRow, address.EndColumn, address.EndRow = box
        database_range.DataArea = address


@contextmanager
def held(document: Any) -> Iterator[None]:
    """Hold the document still: nothing is drawn and nothing calculated meanwhile."""
    automatic = document.isAutomaticCalculationEnabled()
    document.lockControllers()
    document.enableAutomaticCalculation(False)
    try:
        yield
    finally:
        document.enableAutomaticCalculation(automatic)
        document.unlockControllers()


def write(document: Any, title: str, standing: dict[str, TableOnSheet], changed: dict[str, dict[str, Any]]) -> None:
    """Write the tables a command changed, all or none, as one undo step."""
    if not changed:
        return
    for name, new in changed.items():
        _guard(document, standing[name], new)
    undoing = document.UndoManager
    undoing.enterUndoContext(title)
    try:
        with held(document):
            for name, new in changed.items():
                _put(document, standing[name], new)
    except BaseException:
        undoing.leaveUndoContext()
        undoing.undo()
        undoing.clearRedo()
        raise
    undoing.leaveUndoContext()


def _new_box(table: TableOnSheet, new: dict[str, Any]) -> Box:
    """Where a table will stand: it keeps one row at least, and its corner."""
    return table.box.sized(max(len(new["rows"]), 1) + 1, len(new["header"]))


def _guard(document: Any, table: TableOnSheet, new: dict[str, Any]) -> None:
    """Refuse what would run over other cells, before anything is written."""
    if table.totals:
        raise Stopped(f"sheet {table.sheet}: hide the total row of {table.name} and run again")
    old, box = table.box, _new_box(table, new)
    sheet = document.Sheets.getByIndex(old.sheet)
    if sheet.isProtected():
        raise Stopped(f"sheet {table.sheet} is protected; unprotect it (Tools, Protect Sheet) and run again")
    growths = []
    if box.bottom > old.bottom:
        growths.append((old.left, old.bottom + 1, max(box.right, old.right), box.bottom))
    if box.right > old.right:
        growths.append((old.right + 1, old.top, box.right, old.bottom))
    for growth in growths:
        area = sheet.getCellRangeByPosition(*growth)
        for i, row in enumerate(area.getFormulaArray()):
            for j, formula in enumerate(row):
                if formula:
                    at = area.getCellByPosition(j, i).AbsoluteName.rpartition(".")[2].replace("$", "")
                    says = f"table {table.name} would grow over cell {at}, which is not empty; move it"
                    raise Stopped(f"sheet {table.sheet}: {says}")


def _put(document: Any, table: TableOnSheet, new: dict[str, Any]) -> None:
    """Write one table: its place, its headings, its looks, its values, its formulas."""
    old, box = table.box, _new_box(table, new)
    area, before, whole = box.on(document), old.on(document), old.over(box)
    formulas = _kept_formulas(before, table, new)
    if old != box or table.header != new["header"]:
        _dress(document, box, _looks(before, new))
    rows = new["rows"] or [[None] * len(new["header"])]
    values = [list(new["header"]), *(_row(table, new, i, row) for i, row in enumerate(rows))]
    width = whole.right - whole.left + 1
    values = [row + [""] * (width - len(row)) for row in values]
    values += [[""] * width] * (whole.bottom - box.bottom)  # what a table leaves is emptied
    _fill(whole.on(document), values)
    place(document, table.name, box)
    _put_errors(area, rows)
    for (row, column), tokens in formulas.items():
        area.getCellByPosition(column, row + 1).setTokens(tokens)
    _calculated(document, box, new, rows)


def _fill(area: Any, values: list[list[Any]]) -> None:
    """Fill cells in bulk so that undo brings back what they held.

    Undone, `setDataArray` leaves what it wrote into cells that were blank. An array formula, undone, clears its cells
    first; so one is put below the values, and taken away again.
    """
    area.setArrayFormula("=0")
    area.clearContents(CONTENTS)
    area.setDataArray(tuple(map(tuple, values)))


def _row(table: TableOnSheet, new: dict[str, Any], i: int, row: list[Any]) -> list[Any]:
    """The values of a row; a column of the planner's follows the key of its row."""
    moved = new["moved"][i] if i < len(new["moved"]) else None
    typed: list[Any] = []
    for cell, column in zip(row, new["columns"]):  # noqa: B905 (Python 3.8)
        if column["role"] == "planner":
            cell = None if moved is None else table.rows[moved][column["origin"]]  # noqa: PLW2901
        if isinstance(cell, bool):
            cell = float(cell)  # noqa: PLW2901
        typed.append("" if cell is None or isinstance(cell, dict) else cell)
    return typed


def _put_errors(area: Any, rows: list[list[Any]]) -> None:
    for i, row in enumerate(rows):
        for j, cell in enumerate(row):
            if isinstance(cell, dict):
                area.getCellByPosition(j, i + 1).setFormula(f"={cell['error']}")


def _kept_formulas(before: Any, table: TableOnSheet, new: dict[str, Any]) -> dict[tuple[int, int], Any]:
    """Formulas of planners that follow the key of their row: their tokens, by the row and column they move to."""
    spots = {
        (part.RangeAddress.StartRow + i - table.box.top - 1, part.RangeAddress.StartColumn + j - table.box.left)
        for part in before.queryFormulaCells(FORMULAS)
        for i in range(part.Rows.Count)
        for j in range(part.Columns.Count)
    }
    kept = {}
    for at, column in enumerate(new["columns"]):
        origin: int | None = column["origin"]
        if origin is None or column["role"] not in ("planner", "input"):
            continue
        for i, moved in enumerate(new["moved"]):
            if moved is None or (moved, origin) not in spots:
                continue
            if column["role"] == "input" and new["rows"][i][at] != table.rows[moved][origin]:
                continue
            kept[i, at] = before.getCellByPosition(origin, moved + 1).getTokens()
    return kept


def _looks(before: Any, new: dict[str, Any]) -> list[dict[str, Any]]:
    """How each column looks: as it did, or as the month it stands beside."""
    width = before.Columns.Count
    made: list[dict[str, Any]] = []
    for column in new["columns"]:
        like = column["origin"] if column["origin"] is not None else column["like"]
        if like is None or like >= width:
            made.append({})
            continue
        made.append(
            {
                part: {name: getattr(before.getCellByPosition(like, row), name) for name in LOOKS}
                for part, row in (("head", 0), ("body", 1))
            }
        )
    return made


def _dress(document: Any, box: Box, looks: list[dict[str, Any]]) -> None:
    sheet = document.Sheets.getByIndex(box.sheet)
    for at, look in enumerate(looks):
        if not look:
            continue
        column = box.left + at
        for part, top, bottom in (("head", box.top, box.top), ("body", box.top + 1, box.bottom)):
            names = tuple(sorted(look[part]))
            values = tuple(look[part][name] for name in names)
            sheet.getCellRangeByPosition(column, top, column, bottom).setPropertyValues(names, values)


def _calculated(document: Any, box: Box, new: dict[str, Any], rows: list[list[Any]]) -> None:
    """Write the declared formula of calculated columns: parsed for the first row, filled down."""
    sheet = document.Sheets.getByIndex(box.sheet)
    for at, column in enumerate(new["columns"]):
        if not column["formula"]:
            continue
        left = box.left + at
        first = sheet.getCellByPosition(left, box.top + 1)
        parser = document.createInstance("com.sun.star.sheet.FormulaParser")
        parser.CompileEnglish = True
        parser.FormulaConvention = 4  # com.sun.star.sheet.AddressConvention.XL_OOX
        first.setTokens(parser.parseFormula(column["formula"], first.CellAddress))
        if len(rows) > 1:
            sheet.getCellRangeByPosition(left, box.top + 1, left, box.bottom).fillAuto(TO_BOTTOM, 1)
