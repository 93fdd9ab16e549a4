"""The package behind an .xlsx: its parts, how they relate, and saving it with only the changed parts written anew.

openpyxl's writer drops what it does not model (slicers, sparklines, shapes, queries ...), so a planner's workbook is
never saved through it: parts nobody asked to change are copied byte for byte.
"""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from dataclasses import dataclass
from typing import IO

from lxml import etree

from sop_xl.errors import BookError
from sop_xl.workbook.disk.safety import opened_zip, parsed

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE_RELATED = "http://schemas.openxmlformats.org/package/2006/relationships"
_STRICT = "http://purl.oclc.org/ooxml/"
_CHANGED = (1980, 1, 1, 0, 0, 0)


def tag(name: str) -> str:
    """The full name of an element of the main spreadsheet vocabulary."""
    return f"{{{MAIN}}}{name}"


@dataclass(frozen=True)
class Relation:
    """What a part points at: `kind` is the last word of the relation's type, `target` a part of the package."""

    id: str
    kind: str
    target: str


class Package:
    """An open workbook package, held in memory.

    `tree` gives a part to read, `edit` gives it to change; `save` writes the changed parts anew and all others byte
    for byte, in the order they had.
    """

    def __init__(self, data: bytes, where: str) -> None:
        self.where = where
        self._zip = opened_zip(data, where)
        self._entries = {e.filename: e for e in self._zip.infolist()}
        self._trees: dict[str, etree._Element] = {}
        self._changed: set[str] = set()
        self._removed: set[str] = set()
        self._given: dict[str, bytes] = {}
        self.workbook = self._find_workbook()

    @property
    def signed(self) -> bool:
        """Whether the workbook carries a digital signature, which any change would break."""
        return any(name.startswith("_xmlsignatures/") for name in self._entries)

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of the parts, in the order of the file."""
        added = [name for name in self._given if name not in self._entries]
        return tuple(name for name in (*self._entries, *added) if name not in self._removed)

    def data(self, part: str) -> bytes:
        """The bytes of a part as they stand in the file."""
        if part in self._given:
            return self._given[part]
        if part not in self._entries or part in self._removed:
            raise BookError(f"{self.where} is damaged: its part {part} is missing")
        try:
            return self._zip.read(part)
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, ValueError) as error:
            raise BookError(f"{self.where} is damaged: {part} cannot be unpacked ({error})") from error

    def tree(self, part: str) -> etree._Element:
        """The XML of a part, to be read."""
        if part not in self._trees:
            self._trees[part] = parsed(self.data(part), part, self.where)
        return self._trees[part]

    def edit(self, part: str) -> etree._Element:
        """The XML of a part, to be changed; it will be written anew."""
        self._changed.add(part)
        return self.tree(part)

    def relations(self, part: str) -> tuple[Relation, ...]:
        """What a part points at inside the package."""
        rels = relations_part(part)
        if not self.has(rels):
            return ()
        folder = posixpath.dirname(part)
        return tuple(
            Relation(r.get("Id", ""), r.get("Type", "").rsplit("/", 1)[-1], _resolved(folder, r.get("Target", "")))
            for r in self.tree(rels)
            if r.get("TargetMode") != "External"
        )

    def has(self, part: str) -> bool:
        """Whether there is such a part."""
        return part in self._given or (part in self._entries and part not in self._removed)

    def put(self, part: str, data: bytes) -> None:
        """Give a part other bytes."""
        self._given[part] = data
        self._trees.pop(part, None)
        self._changed.discard(part)
        self._removed.discard(part)

    def add(self, part: str, data: bytes, content_type: str) -> None:
        """Add a part with its content type."""
        self.put(part, data)
        types = self.edit("[Content_Types].xml")
        name = f"{{{etree.QName(types).namespace}}}Override"
        etree.SubElement(types, name, {"PartName": f"/{part}", "ContentType": content_type})

    def relate(self, owner: str, kind: str, part: str) -> str:
        """Have a part (or the package, `""`) point at another; `kind` is the whole type. The relation's id."""
        rels = relations_part(owner)
        if not self.has(rels):
            self.put(rels, f'<Relationships xmlns="{_PACKAGE_RELATED}"/>'.encode())
        root = self.edit(rels)
        taken = {item.get("Id") for item in root}
        name = next(f"rId{n}" for n in range(1, len(taken) + 2) if f"rId{n}" not in taken)
        found = {"Id": name, "Type": kind, "Target": f"/{part}"}
        etree.SubElement(root, f"{{{_PACKAGE_RELATED}}}Relationship", found)
        return name

    def free_name(self, form: str) -> str:
        """The first name of a form such as `xl/comments{}.xml` that no part has."""
        taken = {name.casefold() for name in self.parts}
        return next(name for n in range(1, len(taken) + 2) if (name := form.format(n)).casefold() not in taken)

    def remove(self, part: str, owner: str) -> None:
        """Take a part out of the package, with its relations, its content type and the relation of its owner."""
        self._removed |= {part, relations_part(part)}
        for name in (part, relations_part(part)):
            self._given.pop(name, None)
            self._changed.discard(name)
        types = self.edit("[Content_Types].xml")
        for item in [i for i in types if i.get("PartName", "").lstrip("/") == part]:
            types.remove(item)
        ids = {r.id for r in self.relations(owner) if r.target == part}
        rels = self.edit(relations_part(owner))
        for item in [i for i in rels if i.get("Id") in ids]:
            rels.remove(item)

    def save(self, stream: IO[bytes]) -> None:
        """Write the package; the same package with the same changes gives the same bytes."""
        with zipfile.ZipFile(stream, "w") as out:
            for name in self.parts:
                entry, ours = self._entries.get(name), name in self._changed or name in self._given
                fresh = zipfile.ZipInfo(name, _CHANGED if ours or entry is None else entry.date_time)
                if entry is not None:
                    fresh.compress_type = entry.compress_type
                    fresh.external_attr = entry.external_attr
                    fresh.create_system = entry.create_system
                if ours:
                    fresh.compress_type = zipfile.ZIP_DEFLATED
                if name in self._changed:
                    root = self._trees[name]
                    data = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
                else:
                    data = self.data(name)
                out.writestr(fresh, data)

    def _find_workbook(self) -> str:
        rels = "_rels/.rels"
        if rels not in self._entries or "[Content_Types].xml" not in self._entries:
            raise BookError(f"{self.where} is not an Excel workbook")
        for item in self.tree(rels):
            kind = item.get("Type", "")
            if kind.rsplit("/", 1)[-1] != "officeDocument":
                continue
            if kind.startswith(_STRICT):
                raise BookError(
                    f"{self.where} is saved as Strict Open XML, which cannot be kept; save it as Excel Workbook (.xlsx)"
                )
            part = item.get("Target", "").lstrip("/")
            if part not in self._entries:
                raise BookError(f"{self.where} is damaged: its part {part} is missing")
            if part.endswith(".bin"):
                raise BookError(f"{self.where} is a binary workbook (.xlsb); save it as .xlsx")
            if etree.QName(self.tree(part)).namespace != MAIN:
                raise BookError(f"{self.where} is not an Excel workbook")
            return str(part)
        raise BookError(f"{self.where} is not an Excel workbook")


def relations_part(part: str) -> str:
    """The part that holds the relations of a part.

    >>> relations_part("xl/workbook.xml")
    'xl/_rels/workbook.xml.rels'
    """
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _resolved(folder: str, target: str) -> str:
    if target.startswith("/"):
        return target.lstrip("/")
    return posixpath.normpath(posixpath.join(folder, target))
