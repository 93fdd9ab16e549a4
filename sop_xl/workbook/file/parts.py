"""The parts of a workbook by what they are: sheets, tables, defined names, strings and styles."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property

from lxml import etree
from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format

from sop_xl.errors import BookError
from sop_xl.workbook.cells.values import Cell, decoded
from sop_xl.workbook.file.grid import (
    LAST_COLUMN,
    LAST_ROW,
    Box,
    C,
    Context,
    Grid,
    box_of,
    column_number,
    text_of,
    value_of,
)
from sop_xl.workbook.file.package import RELATED, Package, tag
from sop_xl.workbook.reading import Place, RawTable
from sop_xl.workbook.schema import Table
from sop_xl.workbook.tables import TABLES

_AFTER_CALC = (
    *("oleSize", "customWorkbookViews", "pivotCaches", "smartTagPr", "smartTagTypes", "webPublishing"),
    *("fileRecoveryPr", "webPublishObjects", "extLst"),
)
_AREA = re.compile(r"(?:'((?:[^']|'')+)'|([^'!,]+))!(\$?[A-Za-z]{1,3}\$?\d+(?::\$?[A-Za-z]{1,3}\$?\d+)?)")


@dataclass(frozen=True)
class ExcelTable:
    """An Excel table object: where it stands and its headings in order."""

    name: str
    part: str
    sheet: str
    sheet_part: str
    box: Box
    header: tuple[str, ...]
    has_header: bool
    totals: int
    kind: str

    @property
    def body(self) -> Box:
        """The rectangle of its data rows."""
        return self.box._replace(top=self.box.top + self.has_header, bottom=self.box.bottom - self.totals)


@dataclass
class Workbook:
    """An open workbook: a package whose sheets, tables and names can be found by what they are called."""

    package: Package
    _grids: dict[str, Grid] = field(default_factory=dict)

    @property
    def where(self) -> str:
        """The name of the file, for messages."""
        return self.package.where

    @cached_property
    def sheets(self) -> dict[str, str]:
        """The part of each worksheet by its title, in the order of the tabs."""
        targets = {
            r.id: r.target for r in self.package.relations(self.package.workbook) if r.kind.lower() == "worksheet"
        }
        found = self._workbook.find(tag("sheets"))
        titles = () if found is None else found
        return {
            s.get("name"): targets[s.get(f"{{{RELATED}}}id")] for s in titles if s.get(f"{{{RELATED}}}id") in targets
        }

    @cached_property
    def tables(self) -> dict[str, ExcelTable]:
        """The Excel tables by name in lower case."""
        found: dict[str, ExcelTable] = {}
        for title, part in self.sheets.items():
            for relation in self.package.relations(part):
                if relation.kind == "table":
                    table = self._table(relation.target, title, part)
                    found[table.name.casefold()] = table
        return found

    @cached_property
    def declared(self) -> dict[str, ExcelTable]:
        """The declared tables this workbook has, by their name in the catalogue."""
        return {n: self.tables[e] for n, t in TABLES.items() if (e := t.excel_name.casefold()) in self.tables}

    @cached_property
    def names(self) -> dict[str, tuple[str, Box]]:
        """The defined names of one rectangle each: sheet and rectangle, by name."""
        found = {}
        for item in self._workbook.iterfind(f"{tag('definedNames')}/{tag('definedName')}"):
            area = _AREA.fullmatch((item.text or "").strip())
            if area is not None and item.get("localSheetId") is None:
                title = area[1].replace("''", "'") if area[1] else area[2]
                found[item.get("name")] = (title, box_of(area[3]))
        return found

    @cached_property
    def context(self) -> Context:
        """What reading a cell needs: shared strings, styles that show dates, and the calendar."""
        pr = self._workbook.find(tag("workbookPr"))
        date1904 = pr is not None and pr.get("date1904", "0") in ("1", "true")
        return Context(self._strings(), self._date_styles(), date1904)

    def grid(self, sheet_part: str) -> Grid:
        """The cells of a worksheet."""
        if sheet_part not in self._grids:
            self._grids[sheet_part] = Grid(self.package.tree(sheet_part), self.where)
        return self._grids[sheet_part]

    def drop_grid(self, sheet_part: str) -> None:
        """Look the cells of a worksheet up anew: rows were taken out of it."""
        self._grids.pop(sheet_part, None)

    def raw(self, table: Table) -> RawTable:
        """A declared table as it stands on its sheet."""
        place = self.declared[table.name]
        grid, context, body = self.grid(place.sheet_part), self.context, place.body
        width = body.right - body.left + 1
        rows: list[list[Cell]] = []
        numbers: list[int] = []
        for number in range(body.top, body.bottom + 1):
            row = grid.row(number)
            if row is None:
                continue
            values: list[Cell] = [None] * width
            column = 0
            for cell in row.iterchildren(C):
                ref = cell.get("r")
                column = column_number(ref.rstrip("0123456789")) if ref else column + 1
                if body.left <= column <= body.right:
                    values[column - body.left] = self._value(cell, context, place.sheet)
            rows.append(values)
            numbers.append(number)
        return RawTable(table, Place(f"sheet {place.sheet}"), place.header, rows, numbers)

    def named_value(self, name: str) -> Cell:
        """The value of the first cell of a defined name; `None` where there is no such name or cell."""
        if name not in self.names or self.names[name][0] not in self.sheets:
            return None
        title, box = self.names[name]
        cell = self.grid(self.sheets[title]).cell(box.top, box.left)
        return None if cell is None else self._value(cell, self.context, title)

    def relocate(self, table: Table) -> None:
        """Look a declared table up again after it has changed its size."""
        old = self.declared[table.name]
        fresh = self._table(old.part, old.sheet, old.sheet_part)
        self.tables[fresh.name.casefold()] = self.declared[table.name] = fresh

    def recalculate_on_load(self) -> None:
        """Have Excel calculate everything when it opens the file, and drop its memory of the order to do so in."""
        root = self.package.edit(self.package.workbook)
        calc = root.find(tag("calcPr"))
        if calc is None:
            calc = root.makeelement(tag("calcPr"), {})
            later = next((c for c in root if etree.QName(c).localname in _AFTER_CALC), None)
            root.append(calc) if later is None else later.addprevious(calc)
        calc.set("fullCalcOnLoad", "1")
        for relation in self.package.relations(self.package.workbook):
            if relation.kind == "calcChain":
                self.package.remove(relation.target, self.package.workbook)

    @property
    def _workbook(self) -> etree._Element:
        return self.package.tree(self.package.workbook)

    def _value(self, cell: etree._Element, context: Context, sheet: str) -> Cell:
        try:
            return value_of(cell, context)
        except (ValueError, IndexError) as error:
            raise BookError(f"{self.where} is damaged: sheet {sheet}, cell {cell.get('r')} cannot be read") from error

    def _table(self, part: str, sheet: str, sheet_part: str) -> ExcelTable:
        root = self.package.tree(part)
        header = tuple(decoded(c.get("name", "")) for c in root.iterfind(f"{tag('tableColumns')}/{tag('tableColumn')}"))
        try:
            box = box_of(root.get("ref", ""))
        except ValueError as error:
            raise BookError(f"{self.where} is damaged: table {root.get('displayName')} has no range") from error
        inside = 1 <= box.top <= box.bottom <= LAST_ROW and 1 <= box.left <= box.right <= LAST_COLUMN
        if not inside or box.right - box.left + 1 != len(header):
            raise BookError(f"{self.where} is damaged: table {root.get('displayName')} and its columns do not agree")
        return ExcelTable(
            name=root.get("displayName") or root.get("name", ""),
            part=part,
            sheet=sheet,
            sheet_part=sheet_part,
            box=box,
            header=header,
            has_header=root.get("headerRowCount", "1") != "0",
            totals=int(root.get("totalsRowCount", "0")),
            kind=root.get("tableType", "worksheet"),
        )

    def _strings(self) -> tuple[str, ...]:
        part = self._related("sharedStrings")
        return () if part is None else tuple(text_of(item) for item in self.package.tree(part).iterchildren(tag("si")))

    def _date_styles(self) -> frozenset[str]:
        part = self._related("styles")
        if part is None:
            return frozenset()
        root = self.package.tree(part)
        codes = dict(BUILTIN_FORMATS)
        for item in root.iterfind(f"{tag('numFmts')}/{tag('numFmt')}"):
            codes[int(item.get("numFmtId", "0"))] = item.get("formatCode", "")
        formats = [int(xf.get("numFmtId", "0")) for xf in root.iterfind(f"{tag('cellXfs')}/{tag('xf')}")]
        dates = {n for n in set(formats) if n in codes and is_date_format(codes[n])}
        return frozenset(str(i) for i, n in enumerate(formats) if n in dates)

    def _related(self, kind: str) -> str | None:
        relations = self.package.relations(self.package.workbook)
        return next((r.target for r in relations if r.kind == kind), None)
