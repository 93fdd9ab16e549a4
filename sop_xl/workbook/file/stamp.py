"""The stamp of a frozen copy: of what, when, by whom, and the fingerprints of its tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lxml import etree

from sop_xl.workbook.file.grid import cell_xml, cells_of, holds_something, made_cells, value_of
from sop_xl.workbook.file.package import Package
from sop_xl.workbook.file.parts import Workbook
from sop_xl.workbook.file.properties import LONGEST, properties, set_properties

_COVER, _ROW, _COLUMN = "Cover", 3, 2
_BEGINS = "Frozen copy of "
_OF, _ON, _BY, _HASH = "Frozen copy of", "Frozen on", "Frozen by", "Frozen SHA-256"
_TABLES = "Frozen tables"


@dataclass(frozen=True)
class Stamp:
    """What a frozen copy says of itself; `whole` is the fingerprint over those of the `tables`."""

    of: str
    on: str
    by: str
    whole: str
    tables: Mapping[str, str] = field(default_factory=dict)

    @property
    def says(self) -> str:
        """The stamp in a sentence.

        >>> Stamp("plan.xlsx", "2026-07-03 09:00", "ann", "ab12").says
        'Frozen copy of plan.xlsx, on 2026-07-03 09:00, by ann. SHA-256 of its tables: ab12'
        """
        return f"{_BEGINS}{self.of}, on {self.on}, by {self.by}. SHA-256 of its tables: {self.whole}"


def put_stamp(workbook: Workbook, stamp: Stamp) -> bool:
    """Stamp a workbook in its properties and on the cover; whether the cover had room for it."""
    about = {_OF: stamp.of, _ON: stamp.on, _BY: stamp.by, _HASH: stamp.whole}
    hashes = {f"{_TABLES} {n}": text for n, text in enumerate(_packed(stamp.tables), 1)}
    set_properties(workbook.package, about | hashes)
    return _on_cover(workbook, stamp.says)


def read_stamp(package: Package) -> Stamp | None:
    """The stamp of a frozen copy; `None` where the file is none."""
    known = properties(package)
    if not {_OF, _HASH} <= set(known):
        return None
    texts = [text for name, text in known.items() if name.startswith(_TABLES)]
    tables = dict(entry.split("=") for text in texts for entry in text.split() if entry.count("=") == 1)
    return Stamp(known[_OF], known.get(_ON, ""), known.get(_BY, ""), known[_HASH], tables)


def _packed(tables: Mapping[str, str]) -> list[str]:
    """The fingerprints of tables in texts a property can hold."""
    texts = [""]
    for name, found in tables.items():
        entry = f"{name}={found}"
        if len(texts[-1]) + len(entry) + 1 > LONGEST:
            texts.append("")
        texts[-1] = f"{texts[-1]} {entry}".strip()
    return texts


def _on_cover(workbook: Workbook, words: str) -> bool:
    part = workbook.sheets.get(_COVER)
    if part is None:
        return False
    workbook.package.edit(part)
    grid = workbook.grid(part)
    above = grid.cell(_ROW - 1, _COLUMN)
    row = grid.made_row(_ROW)
    cells = cells_of(row)
    standing = cells.get(_COLUMN)
    if standing is not None and holds_something(standing) and not _is_ours(workbook, standing):
        return False
    style = None if above is None else above.get("s")
    made = made_cells([cell_xml(f"B{_ROW}", style, words)])[0]
    if standing is not None:
        row.replace(standing, made)
    else:
        after = next((cell for column, cell in cells.items() if column > _COLUMN), None)
        row.append(made) if after is None else after.addprevious(made)
    row.attrib.pop("spans", None)
    return True


def _is_ours(workbook: Workbook, cell: etree._Element) -> bool:
    return str(value_of(cell, workbook.context)).startswith(_BEGINS)
