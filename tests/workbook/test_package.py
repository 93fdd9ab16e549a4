"""Whatever a planner's workbook holds beside our tables survives a write, byte for byte where it is its own part."""

from __future__ import annotations

import zipfile

import openpyxl
import pytest

from sop_xl.errors import BookError
from sop_xl.workbook.book import open_book

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRANGERS = {
    "xl/slicers/slicer1.xml": b"<slicers xmlns='http://schemas.microsoft.com/office/spreadsheetml/2009/9/main'/>",
    "xl/slicerCaches/slicerCache1.xml": b"<slicerCacheDefinition name='S'/>",
    "xl/timelines/timeline1.xml": b"<timelines/>",
    "xl/threadedComments/threadedComment1.xml": b"<ThreadedComments><a b='c' /></ThreadedComments>",
    "xl/persons/person.xml": b"<personList/>",
    "xl/connections.xml": b"<connections>\r\n</connections>",
    "xl/queryTables/queryTable1.xml": b"<queryTable/>",
    "xl/richData/rdrichvalue.xml": b"<rvData/>",
    "xl/metadata.xml": b"<metadata xmlns='x'/>",
    "xl/model/item.data": bytes(range(256)),
    "xl/vbaProject.bin": b"\xcc\x61VBA" * 40,
    "xl/ctrlProps/ctrlProp1.xml": b"<formControlPr/>",
    "xl/printerSettings/printerSettings1.bin": b"\x00\x01",
    "xl/webextensions/taskpanes.xml": b"<taskpanes/>",
    "xl/featurePropertyBag/featurePropertyBag.xml": b"<FeaturePropertyBags/>",
    "customXml/item1.xml": b"<?xml version='1.0'?><DataMashup>UEsDBA==</DataMashup>",
    "customUI/customUI14.xml": b"<customUI><ribbon/></customUI>",
    "docMetadata/LabelInfo.xml": b"<labelList/>",
}
CHANGED = {
    "[Content_Types].xml",
    "xl/workbook.xml",
    "xl/_rels/workbook.xml.rels",
    "xl/worksheets/sheet4.xml",
    "xl/tables/table4.xml",
}


def touch(book):
    """Features openpyxl's writer would drop, on the sheet that is written and on one of the planner's own."""
    on = book.get_worksheet_by_name("Gaps")
    on.add_sparkline("N5", {"range": "Gaps!C5:F5"})
    on.conditional_format("C5:C7", {"type": "data_bar", "data_bar_2010": True})
    on.insert_textbox("P2", "Read me", {"textlink": "=$A$1"})
    on.write_comment("P20", "A note")
    on.data_validation("P21", {"validate": "list", "source": ["a", "b"]})
    on.set_header("&LPlan")
    on.write_dynamic_array_formula("R5:R7", "=SORT(C5:C7)", None, 80)
    own = book.add_worksheet("Mine")
    own.write_rich_string("A1", "plain ", book.add_format({"bold": True}), "bold")
    own.write("A2", 5)
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": "=Gaps!$C$5:$C$7"})
    chart.set_table()
    own.insert_chart("C3", chart)
    own.insert_checkbox("B1", True)


@pytest.fixture
def rich(build, tiny):
    """The tiny workbook with everything a planner may have added."""
    path = build(*tiny, touch=touch, name="rich.xlsx")
    parts = parts_of(path)
    parts |= STRANGERS
    parts["xl/calcChain.xml"] = b'<calcChain xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'
    types = parts["[Content_Types].xml"]
    extra = b'<Default Extension="bin" ContentType="application/octet-stream"/>'
    extra += b'<Default Extension="data" ContentType="application/octet-stream"/>'
    chain = b'<Override PartName="/xl/calcChain.xml" ContentType="application/x-calcChain+xml"/>'
    parts["[Content_Types].xml"] = types.replace(b"</Types>", extra + chain + b"</Types>")
    related = f'<Relationship Id="rId901" Type="{OFFICE}/calcChain" Target="calcChain.xml"/></Relationships>'
    rels = "xl/_rels/workbook.xml.rels"
    parts[rels] = parts[rels].replace(b"</Relationships>", related.encode())
    put(path, parts)
    return path


def parts_of(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def put(path, parts):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


def test_only_the_parts_we_own_are_written_anew(rich):
    before = parts_of(rich)
    book = open_book(rich)
    gaps = book.read(["gaps"]).frames["gaps"]
    book.write({"gaps": gaps.assign(demand=1.0)})
    after = parts_of(rich)
    assert list(after) == [name for name in before if name != "xl/calcChain.xml"]
    assert {name for name in after if after[name] != before[name]} == CHANGED
    assert b"calcChain" not in after["[Content_Types].xml"] + after["xl/_rels/workbook.xml.rels"]
    assert b'fullCalcOnLoad="1"' in after["xl/workbook.xml"]


@pytest.mark.parametrize(
    "feature",
    [b"<x14:sparkline>", b"x14:cfRule", b"<legacyDrawing", b"<drawing", b"<oddHeader>", b'cm="1"', b"SORT("],
)
def test_features_of_the_sheet_itself_survive(rich, feature):
    before = parts_of(rich)["xl/worksheets/sheet4.xml"]
    book = open_book(rich)
    book.write({"gaps": book.read(["gaps"]).frames["gaps"]})
    after = parts_of(rich)["xl/worksheets/sheet4.xml"]
    assert before.count(feature) == after.count(feature) > 0


def test_the_extensions_of_the_sheet_are_the_same(rich):
    from lxml import etree

    def extensions(path):
        root = etree.fromstring(parts_of(path)["xl/worksheets/sheet4.xml"])
        kept = [child for child in root if etree.QName(child).localname not in ("sheetData", "dimension")]
        return [etree.tostring(child, method="c14n") for child in kept]

    before = extensions(rich)
    book = open_book(rich)
    book.write({"gaps": book.read(["gaps"]).frames["gaps"]})
    assert extensions(rich) == before


@pytest.mark.filterwarnings("ignore:.*extension is not supported")
def test_openpyxl_still_opens_it(rich):
    book = open_book(rich)
    book.write({"gaps": book.read(["gaps"]).frames["gaps"]})
    assert openpyxl.load_workbook(rich)["Mine"]["A2"].value == 5


def test_a_signed_workbook_is_not_written(plan):
    put(plan, parts_of(plan) | {"_xmlsignatures/sig1.xml": b"<Signature/>"})
    book = open_book(plan)
    frames = book.read().frames
    with pytest.raises(BookError, match=r"plan.xlsx is signed; saving would break the signature"):
        book.write(frames)


def test_strict_open_xml_is_refused(plan):
    parts = parts_of(plan)
    parts["_rels/.rels"] = parts["_rels/.rels"].replace(
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument",
        b"http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument",
    )
    put(plan, parts)
    with pytest.raises(BookError, match="Strict Open XML"):
        open_book(plan).tables()


@pytest.mark.parametrize(
    ("part", "change", "message"),
    [
        ("xl/workbook.xml", None, "its part xl/workbook.xml is missing"),
        ("_rels/.rels", None, "not an Excel workbook"),
        ("xl/worksheets/sheet2.xml", None, "its part xl/worksheets/sheet2.xml is missing"),
        ("xl/worksheets/sheet2.xml", b"<worksheet", "cannot be read"),
        (
            "xl/worksheets/sheet2.xml",
            b"<worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'/>",
            "without cells part",
        ),
        ("xl/workbook.xml", b"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "declares a document type"),
        (
            "xl/sharedStrings.xml",
            b"<!DOCTYPE a SYSTEM 'file:///etc/passwd'><sst/>",
            "declares a document type",
        ),
        ("xl/sharedStrings.xml", b"<sst/>", "cell A5 cannot be read"),
    ],
)
def test_damaged_workbooks(plan, part, change, message):
    parts = parts_of(plan)
    if change is None:
        del parts[part]
    else:
        parts[part] = change
    put(plan, parts)
    with pytest.raises(BookError, match=message):
        open_book(plan).read()


def test_billion_laughs(plan):
    lol = b"".join(b'<!ENTITY l%d "%s">' % (i + 1, b"&l%d;" % i * 10) for i in range(9))
    parts = parts_of(plan)
    parts["xl/workbook.xml"] = b'<!DOCTYPE a [<!ENTITY l0 "ha">' + lol + b"]><a>&l9;</a>"
    put(plan, parts)
    with pytest.raises(BookError, match=r"plan\.xlsx"):
        open_book(plan).tables()


@pytest.mark.parametrize("name", ["../outside.xml", "/etc/passwd", "xl\\..\\x.xml", "C:/x.xml"])
def test_parts_that_point_outside(plan, name):
    put(plan, parts_of(plan) | {name: b""})
    with pytest.raises(BookError, match="points outside the file"):
        open_book(plan).tables()


def test_a_part_twice(plan):
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(plan, "a") as archive:
        archive.writestr("xl/workbook.xml", b"<a/>")
    with pytest.raises(BookError, match="twice"):
        open_book(plan).tables()


def test_a_zip_bomb(plan):
    with zipfile.ZipFile(plan, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/bomb.xml", "w") as bomb:
        for _ in range(60):
            bomb.write(bytes(1 << 20))
    with pytest.raises(BookError, match=r"xl/bomb\.xml unpacks to 60 MB, a zip bomb"):
        open_book(plan).tables()


def test_too_large_in_all(plan, monkeypatch):
    monkeypatch.setattr("sop_xl.workbook.disk.safety.MOST_UNPACKED", 1000)
    with pytest.raises(BookError, match="would unpack to more than"):
        open_book(plan).tables()


def test_a_broken_part(plan):
    data = bytearray(plan.read_bytes())
    with zipfile.ZipFile(plan) as archive:
        info = archive.getinfo("xl/worksheets/sheet2.xml")
    middle = info.header_offset + 30 + len(info.filename) + info.compress_size // 2
    data[middle : middle + 9] = bytes(9)
    plan.write_bytes(bytes(data))
    with pytest.raises(BookError, match=r"xl/worksheets/sheet2\.xml cannot be unpacked"):
        open_book(plan).read()
