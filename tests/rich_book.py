"""A planning workbook with everything planners put around a plan, made by grafting parts into it.

No program at hand writes slicers, threaded comments, queries or a data model; they are put in as Excel stores them.
`features` counts what must never be lost.
"""

from __future__ import annotations

import io
import posixpath
import re
import struct
import zipfile
import zlib
from collections import Counter
from pathlib import Path

import xlsxwriter
from lxml import etree

from sop_xl.workbook.file.grid import box_of, letters
from sop_xl.workbook.file.package import MAIN, RELATED, Package, tag
from sop_xl.workbook.file.parts import Workbook

KINDS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MS = "http://schemas.microsoft.com/office"
X14 = f"{MS}/spreadsheetml/2009/9/main"
TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
SHEET = "Mine"
CALLS = {
    "B2": ("SOP_EOQ(1200,50,3)", "200", None),
    "B3": ("_xldudf_SOP_EOQ(1200,50,3)*2", "400", None),
    "B4": ("[1]!SOP_EOQ(1200,50,3)", "200", None),
    "B5": ("_xll.SOP_EOQ(1200,50,3)", "200", None),
    "B6": ("ORG.SOPXL.FUNCTIONS.EOQ(1200,50,3)", "200", None),
    "B7": ('IF(SOP_EOQ(1200,50,3)&gt;1,"high &amp; dry","low")', "high &amp; dry", "str"),
    "B8": ("my_lot+1", "201", None),
    "B9": ("SOP_EOQ(-1,50,3)", "#VALUE!", "e"),
}
"""Cells of the planner's own sheet that call a function: formula, last value, kind of value."""
NATIVE = {
    "D2": ("B2*2", "400", None),
    "D3": ('"SOP_EOQ(1,2)"&amp;""', "SOP_EOQ(1,2)", "str"),
    "D4": ("SUM(_xlfn.ANCHORARRAY(F2))", "6", None),
    "D5": ("SOP_MINE(4)", "5", None),
}
"""Cells that need no add-in."""
_PNG = b"\x89PNG\r\n\x1a\n" + b"".join(
    struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    for kind, data in (
        (b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"\x00\xff\x00\x00\xff\x00\x00" * 2)),
        (b"IEND", b""),
    )
)


def enrich(path):
    """Put what planners add into the workbook at `path`."""
    workbook = Workbook(Package(Path(path).read_bytes(), "plan"))
    package = workbook.package
    own = _graft(package, _donor())
    _write_cells(package, own)
    _own_column(workbook, "items")
    _comments(package, own)
    _pivot(package, own)
    _slicer(workbook, own, "items")
    _names_and_links(package)
    _strangers(package)
    _save(package, path)
    return path


def add_macros(path):
    """Give the workbook at `path`, an .xlsm, a VBA project."""
    package = Package(Path(path).read_bytes(), "plan")
    package.add("xl/vbaProject.bin", b"\xcc\x61VBA" * 40, "application/vnd.ms-office.vbaProject")
    package.relate(package.workbook, f"{MS}/2006/relationships/vbaProject", "xl/vbaProject.bin")
    for item in package.edit("[Content_Types].xml"):
        if item.get("PartName", "").lstrip("/") == package.workbook:
            item.set("ContentType", "application/vnd.ms-excel.sheet.macroEnabled.main+xml")
    _save(package, path)


def _save(package, path):
    stream = io.BytesIO()
    package.save(stream)
    Path(path).write_bytes(stream.getvalue())


def features(path):
    """How many of each part and feature a workbook has."""
    found = Counter()
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            data = archive.read(name)
            if name not in ("xl/calcChain.xml",):
                found["part " + re.sub(r"\d+", "", name)] += 1
            for mark in (
                *(b"<x14:sparkline>", b' cm="1"', b"x14:cfRule", b"<legacyDrawing ", b"<drawing ", b"slicer r:id"),
                *(b"<pivotCache ", b"<dataValidation ", b"<cfRule ", b"<tablePart ", b"<hyperlink ", b"<pageSetup "),
                *(b"<definedName ", b"<externalReference ", b"<xdr:sp ", b"<xdr:pic>", b"<calculatedColumnFormula"),
                *(
                    b"<threadedComment ",
                    b"<comment ",
                    b"ObjectType=",
                    b"<sheetProtection",
                    b"<control ",
                    b"<mergeCell ",
                ),
            ):
                found[mark.decode()] += data.count(mark)
    return +found


def _donor():
    """A sheet of XlsxWriter's with what it can write."""
    data = io.BytesIO()
    with xlsxwriter.Workbook(data) as book:
        on = book.add_worksheet(SHEET)
        on.add_sparkline("H2", {"range": f"{SHEET}!B2:B5"})
        on.conditional_format("B2:B6", {"type": "data_bar", "data_bar_2010": True})
        on.conditional_format("D2:D6", {"type": "cell", "criteria": ">", "value": 5})
        on.insert_textbox("J2", "Read me")
        on.insert_image("J9", "dot.png", {"image_data": io.BytesIO(_PNG), "description": "A dot"})
        on.write_comment("B2", "Ask Ann")
        on.insert_button("J14", {"macro": "Refresh", "caption": "Refresh"})
        on.data_validation("L2", {"validate": "list", "source": ["a", "b"]})
        on.data_validation("L3", {"validate": "custom", "value": "=SOP_EOQ(L3,1,1)>0"})
        on.write_dynamic_array_formula("N2:N4", "=SORT(B2:B4)", None, 200)
        chart = book.add_chart({"type": "line"})
        chart.add_series({"values": f"={SHEET}!$B$2:$B$5"})
        on.insert_chart("J18", chart)
        on.write_url("L6", "https://example.org", string="more")
        on.set_header("&LMine")
    return Package(data.getvalue(), "donor")


def _graft(package, donor):
    """Copy the donor's sheet with all it points at into a package; its part there."""
    types = {t.get("PartName", "").lstrip("/"): t.get("ContentType") for t in donor.tree("[Content_Types].xml")}
    sheet = next(r.target for r in donor.relations(donor.workbook) if r.kind == "worksheet")
    strings = [
        "".join(i.itertext())
        for r in donor.relations(donor.workbook)
        if r.kind == "sharedStrings"
        for i in donor.tree(r.target)
    ]
    for cell in donor.edit(sheet).iter(tag("c")):
        cell.attrib.pop("s", None)
        if cell.get("t") == "s":
            value = cell.find(tag("v"))
            cell.remove(value)
            cell.set("t", "inlineStr")
            etree.SubElement(etree.SubElement(cell, tag("is")), tag("t")).text = strings[int(value.text)]
    names = {}

    def copied(part):
        if part in names:
            return names[part]
        folder, name = posixpath.split(part)
        names[part] = made = f"{folder}/mine_{name}"
        tree = etree.tostring(donor.tree(part)) if part == sheet else donor.data(part)
        kind = (
            types.get(part)
            or {"png": "image/png"}.get(part.rpartition(".")[2])
            or ("application/vnd.openxmlformats-officedocument.vmlDrawing")
        )
        package.add(made, tree, kind)
        rels = f"{folder}/_rels/{name}.rels"
        if donor.has(rels):
            root = etree.fromstring(donor.data(rels))
            for item in root:
                if item.get("TargetMode") != "External":
                    target = posixpath.normpath(posixpath.join(folder, item.get("Target")))
                    item.set("Target", f"/{copied(target)}")
            package.put(f"{folder}/_rels/mine_{name}.rels", etree.tostring(root))
        return made

    part = copied(sheet)
    root = package.edit(part)
    shades = package.edit("xl/styles.xml").find(tag("dxfs"))
    etree.SubElement(etree.SubElement(shades, tag("dxf")), tag("font")).append(etree.Element(tag("b")))
    shades.set("count", str(len(shades)))
    for rule in root.iter(tag("cfRule")):
        if rule.get("type") == "cellIs":
            rule.set("dxfId", str(len(shades) - 1))
    book = package.edit(package.workbook)
    sheets = book.find(tag("sheets"))
    number = max(int(s.get("sheetId")) for s in sheets) + 1
    made = etree.SubElement(sheets, tag("sheet"), {"name": SHEET, "sheetId": str(number)})
    made.set(f"{{{RELATED}}}id", package.relate(package.workbook, f"{KINDS}/worksheet", part))
    meta = next(r.target for r in donor.relations(donor.workbook) if r.kind == "sheetMetadata")
    package.relate(package.workbook, f"{KINDS}/sheetMetadata", copied(meta))
    return part


def _write_cells(package, part):
    """Put the cells of `CALLS` and `NATIVE`, and a spilled result of ours in F2:F4, onto the sheet."""
    cells = {ref: _cell(ref, *rest) for ref, rest in (CALLS | NATIVE).items()}
    cells["F2"] = '<c r="F2" cm="1"><f t="array" ref="F2:F4">_xldudf_SOP_SMOOTH(B2:B4)</f><v>1</v></c>'
    cells |= {f"F{n}": f'<c r="F{n}"><v>{n - 1}</v></c>' for n in (3, 4)}
    cells |= {
        "P2": '<c r="P2"><f t="shared" ref="P2:P3" si="7">SOP_EOQ(B2,50,3)</f><v>81.64</v></c>',
        "P3": '<c r="P3"><f t="shared" si="7"/><v>115.47</v></c>',
        "Q2": '<c r="Q2" t="str"><f>SOP_EOQ(1,2,3)&amp;""</f><v></v></c>',
    }
    root = package.edit(part)
    data = root.find(tag("sheetData"))
    rows = {int(r.get("r")): r for r in data}
    for ref, text in cells.items():
        number = int(re.sub(r"\D", "", ref))
        if number not in rows:
            rows[number] = etree.SubElement(data, tag("row"), {"r": str(number)})
        rows[number].append(etree.fromstring(f'<x xmlns="{MAIN}">{text}</x>')[0])
    data[:] = sorted(data, key=lambda r: int(r.get("r")))
    for row in data:
        row.attrib.pop("spans", None)
        row[:] = sorted(row, key=lambda c: (len(re.sub(r"\d", "", c.get("r"))), c.get("r")))
    root.find(tag("dimension")).set("ref", "A1:Q20")


def _cell(ref, formula, value, kind):
    typed = f' t="{kind}"' if kind else ""
    return f'<c r="{ref}"{typed}><f>{formula}</f><v>{value}</v></c>'


def _own_column(workbook, table):
    """Give a declared table a column of the planner's own with a formula in every row."""
    place = workbook.declared[table]
    grid, part = workbook.grid(place.sheet_part), workbook.package.edit(place.part)
    workbook.package.edit(place.sheet_part)
    column = place.box.right + 1
    letter = letters(column)
    cells = [f'<c r="{letter}{place.box.top}" t="inlineStr"><is><t>My double</t></is></c>']
    cells += [
        f'<c r="{letter}{n}"><f>LEN(tbl_{table}[[#This Row],[Item]])*2</f><v>8</v></c>'
        for n in range(place.body.top, place.body.bottom + 1)
    ]
    for number, text in enumerate(cells, place.box.top):
        row = grid.made_row(number)
        row.attrib.pop("spans", None)
        for standing in [c for c in row if box_of(c.get("r")).left >= column]:
            row.remove(standing)
        row.append(etree.fromstring(f'<x xmlns="{MAIN}">{text}</x>')[0])
    part.set("ref", place.box._replace(right=column).ref)
    part.find(tag("autoFilter")).set("ref", part.get("ref"))
    columns = part.find(tag("tableColumns"))
    made = etree.SubElement(columns, tag("tableColumn"), {"id": str(len(columns) + 1), "name": "My double"})
    etree.SubElement(made, tag("calculatedColumnFormula")).text = f"LEN(tbl_{table}[[#This Row],[Item]])*2"
    columns.set("count", str(len(columns)))
    workbook.package.tree(place.sheet_part).find(tag("dimension")).set("ref", f"A1:{letter}{place.box.bottom + 5}")


def _comments(package, part):
    """A threaded comment on B3, with the note Excel keeps beside it for older versions."""
    old = next(r.target for r in package.relations(part) if r.kind == "comments")
    root = package.edit(old)
    ident = "{0E5B1D9C-6A0C-4E63-9E0B-3C1C6C1B0001}"
    authors = root.find(tag("authors"))
    etree.SubElement(authors, tag("author")).text = f"tc={ident}"
    note = etree.SubElement(root.find(tag("commentList")), tag("comment"), {"ref": "B3", "authorId": "1"})
    text = etree.SubElement(etree.SubElement(note, tag("text")), tag("t"))
    text.text = "[Threaded comment]\n\nComment:\n    Why 400?"
    ns = f"{MS}/spreadsheetml/2018/threadedcomments"
    package.add(
        "xl/threadedComments/threadedComment1.xml",
        f'<ThreadedComments xmlns="{ns}"><threadedComment ref="B3" dT="2026-07-01T09:00:00.00" '
        f'personId="{ident}" id="{ident}"><text>Why 400?</text></threadedComment></ThreadedComments>'.encode(),
        "application/vnd.ms-excel.threadedcomments+xml",
    )
    package.relate(part, f"{MS}/2017/10/relationships/threadedComment", "xl/threadedComments/threadedComment1.xml")
    package.add(
        "xl/persons/person.xml",
        f'<personList xmlns="{ns}"><person displayName="Ann" id="{ident}" userId="ann" providerId="None"/>'
        "</personList>".encode(),
        "application/vnd.ms-excel.person+xml",
    )
    package.relate(package.workbook, f"{MS}/2017/10/relationships/person", "xl/persons/person.xml")


def _pivot(package, part):
    """A pivot table over two columns of the planner's sheet, with its memory."""
    package.add(
        "xl/pivotCache/pivotCacheDefinition1.xml",
        f'<pivotCacheDefinition xmlns="{MAIN}" xmlns:r="{RELATED}" r:id="rId1" refreshedBy="Ann" recordCount="1">'
        f'<cacheSource type="worksheet"><worksheetSource ref="D1:D2" sheet="{SHEET}"/></cacheSource>'
        '<cacheFields count="1"><cacheField name="Units" numFmtId="0"><sharedItems containsSemiMixedTypes="0" '
        'containsString="0" containsNumber="1" minValue="1" maxValue="1" count="1"><n v="1"/></sharedItems>'
        "</cacheField></cacheFields></pivotCacheDefinition>".encode(),
        f"{TYPES}.pivotCacheDefinition+xml",
    )
    package.add(
        "xl/pivotCache/pivotCacheRecords1.xml",
        f'<pivotCacheRecords xmlns="{MAIN}" count="1"><r><x v="0"/></r></pivotCacheRecords>'.encode(),
        f"{TYPES}.pivotCacheRecords+xml",
    )
    package.add(
        "xl/pivotTables/pivotTable1.xml",
        f'<pivotTableDefinition xmlns="{MAIN}" name="Pivot" cacheId="9" dataCaption="Values">'
        '<location ref="S2:S3" firstHeaderRow="1" firstDataRow="1" firstDataCol="0"/>'
        '<pivotFields count="1"><pivotField dataField="1"/></pivotFields>'
        '<dataFields count="1"><dataField name="Sum" fld="0"/></dataFields></pivotTableDefinition>'.encode(),
        f"{TYPES}.pivotTable+xml",
    )
    cache = "xl/pivotCache/pivotCacheDefinition1.xml"
    package.relate(cache, f"{KINDS}/pivotCacheRecords", "xl/pivotCache/pivotCacheRecords1.xml")
    package.relate("xl/pivotTables/pivotTable1.xml", f"{KINDS}/pivotCacheDefinition", cache)
    package.relate(part, f"{KINDS}/pivotTable", "xl/pivotTables/pivotTable1.xml")
    name = package.relate(package.workbook, f"{KINDS}/pivotCacheDefinition", cache)
    book = package.edit(package.workbook)
    caches = book.makeelement(tag("pivotCaches"), {})
    etree.SubElement(caches, tag("pivotCache"), {"cacheId": "9"}).set(f"{{{RELATED}}}id", name)
    book.find(tag("calcPr")).addnext(caches)


def _slicer(workbook, part, table):
    """A slicer on a declared table, shown on the planner's sheet."""
    package = workbook.package
    ident = package.tree(workbook.declared[table].part).get("id")
    package.add(
        "xl/slicerCaches/slicerCache1.xml",
        f'<slicerCacheDefinition xmlns="{X14}" name="Slicer_Family" sourceName="Family"><extLst><x:ext '
        f'xmlns:x="{MAIN}" uri="{{2F2917AC-EB37-4324-AD4E-5DD8C200BD13}}"><x15:tableSlicerCache '
        f'xmlns:x15="{MS}/spreadsheetml/2010/11/main" tableId="{ident}" column="3"/></x:ext></extLst>'
        "</slicerCacheDefinition>".encode(),
        "application/vnd.ms-excel.slicerCache+xml",
    )
    package.add(
        "xl/slicers/slicer1.xml",
        f'<slicers xmlns="{X14}"><slicer name="Family" cache="Slicer_Family" caption="Family" rowHeight="241300"/>'
        "</slicers>".encode(),
        "application/vnd.ms-excel.slicer+xml",
    )
    name = package.relate(part, f"{MS}/2007/relationships/slicer", "xl/slicers/slicer1.xml")
    package.relate(package.workbook, f"{MS}/2007/relationships/slicerCache", "xl/slicerCaches/slicerCache1.xml")
    root = package.edit(part)
    extra = root.find(tag("extLst"))
    extra.append(
        etree.fromstring(
            f'<ext xmlns="{MAIN}" xmlns:r="{RELATED}" xmlns:x14="{X14}" uri="{{3A4CF648-6AED-40f4-86FF-DC5316D8AED3}}">'
            f'<x14:slicerList><x14:slicer r:id="{name}"/></x14:slicerList></ext>'
        )
    )


def _names_and_links(package):
    """Names of the planner's, one of them calling a function, and a link to the add-in's file."""
    book = package.edit(package.workbook)
    names = book.find(tag("definedNames"))
    for name, text in (("my_lot", "SOP_EOQ(1200,50,3)"), ("my_rate", "0.24"), ("SOP_MINE", "LAMBDA(x,x+1)")):
        etree.SubElement(names, tag("definedName"), {"name": name}).text = text
    names[:] = sorted(names, key=lambda n: n.get("name").casefold())
    package.add(
        "xl/externalLinks/externalLink1.xml",
        f'<externalLink xmlns="{MAIN}" xmlns:r="{RELATED}"><externalBook r:id="rId1"/></externalLink>'.encode(),
        f"{TYPES}.externalLink+xml",
    )
    package.put(
        "xl/externalLinks/_rels/externalLink1.xml.rels",
        b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/externalLinkPath" '
        b'Target="file:///C:/Users/ann/sop_xl.xlam" TargetMode="External"/></Relationships>',
    )
    name = package.relate(package.workbook, f"{KINDS}/externalLink", "xl/externalLinks/externalLink1.xml")
    links = book.makeelement(tag("externalReferences"), {})
    etree.SubElement(links, tag("externalReference")).set(f"{{{RELATED}}}id", name)
    names.addprevious(links)


def _strangers(package):
    """Parts of the workbook itself: a query, its connection, the data model, ribbon, printer, custom XML."""
    package.add(
        "xl/connections.xml",
        f'<connections xmlns="{MAIN}"><connection id="1" name="Query - Sales" type="5" refreshedVersion="0"/>'
        "</connections>".encode(),
        f"{TYPES}.connections+xml",
    )
    package.relate(package.workbook, f"{KINDS}/connections", "xl/connections.xml")
    package.add("customXml/item1.xml", b'<DataMashup xmlns="http://schemas.microsoft.com/DataMashup">UEsDBA==</DataMashup>',
                "application/xml")  # fmt: skip
    package.relate(package.workbook, f"{KINDS}/customXml", "customXml/item1.xml")
    package.add("xl/model/item.data", bytes(range(256)), "application/vnd.openxmlformats-officedocument.model+data")
    package.relate(package.workbook, f"{MS}/2011/relationships/powerPivotData", "xl/model/item.data")
    package.add(
        "customUI/customUI14.xml",
        f'<customUI xmlns="{MS}/2009/07/customui"><ribbon><tabs><tab id="annTab"/></tabs></ribbon></customUI>'.encode(),
        "application/xml",
    )
    package.relate("", f"{MS}/2007/relationships/ui/extensibility", "customUI/customUI14.xml")
    package.add("docProps/custom.xml",
        b'<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" '
        b'xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"><property '
        b'fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="2" name="Department"><vt:lpwstr>Planning</vt:lpwstr>'
        b"</property></Properties>", "application/vnd.openxmlformats-officedocument.custom-properties+xml")  # fmt: skip
    package.relate("", f"{KINDS}/custom-properties", "docProps/custom.xml")
