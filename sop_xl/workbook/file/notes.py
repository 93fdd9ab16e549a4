"""Cell notes (the old kind, not threaded comments): put beside those a sheet has, or onto them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lxml import etree

from sop_xl.workbook.file.grid import Box, box_of
from sop_xl.workbook.file.package import MAIN, RELATED, Package, tag

AUTHOR = "sop_xl"
_KINDS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_COMMENTS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_VML_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_AFTER_DRAWING = (*("legacyDrawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst"),)
_SHAPES_OF_A_BLOCK = 1024
_BLOCKS = re.compile(rb'<o:idmap[^>]*\bdata="([\d,]+)"')
_EMPTY_VML = (
    b'<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    b'xmlns:x="urn:schemas-microsoft-com:office:excel"><o:shapelayout v:ext="edit">'
    b'<o:idmap v:ext="edit" data=""/></o:shapelayout></xml>'
)
_SHAPE_TYPE = (
    '<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    '<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)
_SHAPE = (
    '<v:shape id="_x0000_s{id}" type="#_x0000_t202" style="position:absolute;margin-left:60pt;margin-top:2pt;'
    'width:260pt;height:70pt;z-index:{z};visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto">'
    '<v:fill color2="#ffffe1"/><v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>'
    '<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"/></v:textbox>'
    '<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>'
    "<x:Anchor>{left}, 15, {top}, 2, {right}, 15, {bottom}, 4</x:Anchor><x:AutoFill>False</x:AutoFill>"
    "<x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"
)


def threaded(package: Package, sheet_part: str) -> frozenset[str]:
    """The cells of a sheet with a threaded comment."""
    parts = [r.target for r in package.relations(sheet_part) if r.kind.lower().startswith("threadedcomment")]
    return frozenset(item.get("ref", "") for part in parts for item in package.tree(part) if item.get("ref"))


def add_notes(package: Package, sheet_part: str, notes: Mapping[str, str]) -> None:
    """Put a note on each cell (its address); a cell that has one keeps its words, with the new ones below."""
    if not notes:
        return
    part = next((r.target for r in package.relations(sheet_part) if r.kind == "comments"), None)
    if part is None:
        part = package.free_name("xl/comments{}.xml")
        package.add(part, f'<comments xmlns="{MAIN}"><authors/><commentList/></comments>'.encode(), _COMMENTS_TYPE)
        package.relate(sheet_part, f"{_KINDS}/comments", part)
    root = package.edit(part)
    authors, comments = root.find(tag("authors")), root.find(tag("commentList"))
    present = {item.get("ref"): item for item in comments}
    author = _author(authors)
    for ref, words in notes.items():
        if ref in present:
            _append(present[ref], words)
            continue
        made = etree.SubElement(comments, tag("comment"), {"ref": ref, "authorId": author})
        etree.SubElement(made, tag("text")).append(_run(words))
    comments[:] = sorted(comments, key=_place)
    _draw(package, sheet_part, [box_of(ref) for ref in notes if ref not in present])


def _author(authors: etree._Element) -> str:
    names = [a.text for a in authors]
    if AUTHOR not in names:
        etree.SubElement(authors, tag("author")).text = AUTHOR
        return str(len(names))
    return str(names.index(AUTHOR))


def _place(comment: etree._Element) -> tuple[int, int]:
    box = box_of(comment.get("ref"))
    return box.top, box.left


def _run(words: str) -> etree._Element:
    run = etree.Element(tag("r"))
    text = etree.SubElement(run, tag("t"))
    text.text = words
    text.set(_SPACE, "preserve")
    return run


def _append(comment: etree._Element, words: str) -> None:
    """Add words below those of a note, before the reading aids that end it."""
    text = comment.find(tag("text"))
    if text is None:
        text = etree.SubElement(comment, tag("text"))
    spoken = [child for child in text if child.tag in (tag("t"), tag("r"))]
    text.insert(len(spoken), _run(f"\n\n{words}"))


def _draw(package: Package, sheet_part: str, cells: list[Box]) -> None:
    """Give cells the hidden shape their note is shown in."""
    if not cells:
        return
    sheet = package.edit(sheet_part)
    targets = {r.id: r.target for r in package.relations(sheet_part)}
    link = sheet.find(tag("legacyDrawing"))
    if link is None:
        part = package.free_name("xl/drawings/vmlDrawing{}.vml")
        package.add(part, _EMPTY_VML, _VML_TYPE)
        link = sheet.makeelement(tag("legacyDrawing"), {f"{{{RELATED}}}id": ""})
        link.set(f"{{{RELATED}}}id", package.relate(sheet_part, f"{_KINDS}/vmlDrawing", part))
        later = next((c for c in sheet if etree.QName(c).localname in _AFTER_DRAWING), None)
        sheet.append(link) if later is None else later.addprevious(link)
    else:
        part = targets[link.get(f"{{{RELATED}}}id")]
    package.put(part, _with_shapes(package.data(part), cells, _next_block(package)))


def _next_block(package: Package) -> int:
    """The first block of shape numbers no drawing of the workbook uses."""
    drawings = [package.data(p) for p in package.parts if p.endswith(".vml")]
    taken = [int(n) for data in drawings for found in _BLOCKS.findall(data) for n in found.split(b",") if n]
    return max(taken, default=0) + 1


def _with_shapes(vml: bytes, cells: list[Box], block: int) -> bytes:
    """A drawing with a note's shape for each cell, numbered from a block of its own."""
    blocks = range(block, block + -(-len(cells) // (_SHAPES_OF_A_BLOCK - 1)))
    shapes = [] if b'id="_x0000_t202"' in vml else [_SHAPE_TYPE]
    for n, cell in enumerate(cells):
        number = blocks[n // (_SHAPES_OF_A_BLOCK - 1)] * _SHAPES_OF_A_BLOCK + n % (_SHAPES_OF_A_BLOCK - 1) + 1
        corner = {"left": cell.left, "right": cell.left + 4, "top": max(cell.top - 2, 0), "bottom": cell.top + 3}
        shapes.append(_SHAPE.format(id=number, z=n + 1, row=cell.top - 1, column=cell.left - 1, **corner))
    names = ",".join(map(str, blocks)).encode()

    def mapped(found: re.Match[bytes]) -> bytes:
        old = found[1] + b"," if found[1] else b""
        return found[0][: found.start(1) - found.start()] + old + names + b'"'

    mapping = re.compile(rb'<o:idmap[^>]*\bdata="([\d,]*)"')
    head, end, tail = mapping.sub(mapped, vml, count=1).rpartition(b"</xml>")
    return head + _prefixed("".join(shapes), vml).encode() + end + tail


def _prefixed(shapes: str, vml: bytes) -> str:
    """Shapes that declare the prefixes a drawing may spell otherwise."""
    missing = {
        name: uri
        for name, uri in (
            ("v", "urn:schemas-microsoft-com:vml"),
            ("o", "urn:schemas-microsoft-com:office:office"),
            ("x", "urn:schemas-microsoft-com:office:excel"),
        )
        if f"xmlns:{name}=".encode() not in vml
    }
    declared = "".join(f' xmlns:{name}="{uri}"' for name, uri in missing.items())
    return re.sub(r"<v:shape(type)? ", lambda found: f"<v:shape{found[1] or ''}{declared} ", shapes)
