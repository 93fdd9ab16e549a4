"""What a workbook holds of the add-in itself: links to its file, its ribbon."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from urllib.parse import unquote

from sop_xl.workbook.file.package import RELATED, relations_part, tag
from sop_xl.workbook.file.parts import Workbook

_FILE = re.compile(r"sop_xl[^/\\]*\.(xlam|xla|xll)", re.IGNORECASE)
_WITHOUT_MACROS = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_RIBBON = (b"sop_xl", b'"sopTab"')


def outside(workbook: Workbook) -> list[tuple[str, str]]:
    """The other files a workbook links to, in the order of its references: the part, and the file."""
    package = workbook.package
    parts = {r.id: r.target for r in package.relations(package.workbook) if r.kind == "externalLink"}
    links = package.tree(package.workbook).iterfind(f"{tag('externalReferences')}/{tag('externalReference')}")
    ids = [link.get(f"{{{RELATED}}}id", "") for link in links]
    return [(parts[i], _target(workbook, parts[i])) for i in ids if i in parts]


def is_addin(file: str) -> bool:
    """Whether a linked file is the add-in.

    >>> is_addin("file:///C:/Users/ann/AppData/sop_xl.xlam"), is_addin("prices.xlsx")
    (True, False)
    """
    return _FILE.fullmatch(re.split(r"[/\\]", unquote(file))[-1]) is not None


def drop_addin(workbook: Workbook) -> Iterator[str]:
    """Take the add-in's links and ribbon out of a workbook; what was taken out, in words.

    Links are counted by their place in formulas (`[2]`); one with others behind it stays.
    """
    package = workbook.package
    links = outside(workbook)
    while links and is_addin(links[-1][1]):
        part, file = links.pop()
        root = package.edit(package.workbook)
        references = root.find(tag("externalReferences"))
        references.remove(references[-1])
        if not len(references):
            root.remove(references)
        package.remove(part, package.workbook)
        yield f"the link to {posixpath.basename(unquote(file))}"
    ribbons = [r.target for r in package.relations("") if r.kind == "extensibility" and package.has(r.target)]
    for part in [p for p in ribbons if any(mark in package.data(p) for mark in _RIBBON)]:
        package.remove(part, "")
        yield "the ribbon of the add-in"


def drop_macros(workbook: Workbook) -> Iterator[str]:
    """Make a workbook with macros one without; what was taken out, in words."""
    package = workbook.package
    for relation in package.relations(package.workbook):
        if relation.kind == "vbaProject":
            for signature in package.relations(relation.target):
                package.remove(signature.target, relation.target)
            package.remove(relation.target, package.workbook)
            yield "the macros"
    for item in package.edit("[Content_Types].xml"):
        if item.get("PartName", "").lstrip("/") == package.workbook:
            item.set("ContentType", _WITHOUT_MACROS)


def _target(workbook: Workbook, part: str) -> str:
    package = workbook.package
    if not package.has(relations_part(part)):
        return ""
    return next((str(r.get("Target", "")) for r in package.tree(relations_part(part))), "")
