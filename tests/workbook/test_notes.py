"""Notes put on cells: on sheets without any, beside others, more than one block of shapes holds."""

from __future__ import annotations

import io
import re

import openpyxl
import pytest
import sound
from lxml import etree

from sop_xl.workbook.file.grid import letters
from sop_xl.workbook.file.notes import add_notes, threaded
from sop_xl.workbook.file.ours import Ours, as_typed
from sop_xl.workbook.file.package import Package, tag
from sop_xl.workbook.file.parts import Workbook


def saved(package):
    stream = io.BytesIO()
    package.save(stream)
    return stream.getvalue()


def parts_of(data):
    package = Package(data, "saved")
    return {name: package.data(name) for name in package.parts}


@pytest.fixture
def items(plan):
    """The tiny workbook open, and the part of sheet Items."""
    workbook = Workbook(Package(plan.read_bytes(), "plan"))
    return workbook.package, workbook.sheets["Items"]


def test_a_sheet_without_notes_gets_them(items):
    package, sheet = items
    add_notes(package, sheet, {"B5": "first", "A5": "second <&>\nline"})
    data = saved(package)
    made = openpyxl.load_workbook(io.BytesIO(data))["Items"]
    assert made["B5"].comment.text == "first"
    assert made["A5"].comment.text == "second <&>\nline"
    parts = parts_of(data)
    sound.every_part_is_well_formed_typed_and_reached(parts)
    sound.sheets_keep_the_order_of_the_format(parts)
    assert not threaded(package, sheet)


def test_more_notes_than_a_block_of_shapes_holds(items):
    package, sheet = items
    add_notes(package, sheet, {f"{letters(n % 20 + 1)}{n // 20 + 1}": f"note {n}" for n in range(2100)})
    add_notes(package, sheet, {"A1": "more", "Z300": "another"})
    part = next(p for p in package.parts if p.endswith(".vml"))
    vml = package.data(part).decode()
    etree.fromstring(vml)
    shapes = [int(n) for n in re.findall(r'id="_x0000_s(\d+)"', vml)]
    assert len(shapes) == len(set(shapes)) == 2101
    blocks = {int(n) for n in re.search(r'data="([\d,]+)"', vml)[1].split(",")}
    assert {n // 1024 for n in shapes} == blocks
    sheet_of = openpyxl.load_workbook(io.BytesIO(saved(package)))["Items"]
    assert sheet_of["A1"].comment.text == "note 0\n\nmore"
    assert sheet_of["Z300"].comment.text == "another"


@pytest.mark.parametrize(
    ("formula", "ours"),
    [
        ("SOP_EOQ(A1,2,3)", True),
        ("1+_xldudf_SOP_EOQ(A1)", True),
        ("_xll.SOP_EOQ (A1)", True),
        ("'C:\\My files\\sop_xl.xlam'!SOP_EOQ(A1)", True),
        ("[12]!sop_eoq(A1)", True),
        ("SOP.EOQ(A1)", True),
        ("ORG.SOPXL.FUNCTIONS.EOQ(A1)", True),
        ("_xlfn.SINGLE(SOP_EOQ(A1))", True),
        ('"SOP_EOQ(1)"', False),
        ("'SOP_X (2)'!A1", False),
        ("tbl_sop_grid[SOP_X (y)]", False),
        ("MYSOP_EOQ(A1)", False),
        ("SOP_EOQ", False),
        ("SUM(tbl_items[List price])", False),
    ],
)
def test_calls_are_known_in_every_spelling(plan, formula, ours):
    workbook = Workbook(Package(plan.read_bytes(), "plan"))
    assert Ours(workbook).calls(formula) is ours


def test_names_carry_a_call_on(plan):
    workbook = Workbook(Package(plan.read_bytes(), "plan"))
    book = workbook.package.edit(workbook.package.workbook)
    names = book.makeelement(tag("definedNames"), {})
    book.find(tag("sheets")).addnext(names)
    for name, text in (("lot", "SOP_EOQ(1,2,3)"), ("twice", "lot*2"), ("SOP_OWN", "LAMBDA(x,x)"), ("free", "5")):
        etree.SubElement(names, tag("definedName"), {"name": name}).text = text
    ours = Ours(workbook)
    assert ours.names == {"lot", "twice"}
    assert ours.calls("Twice+1")
    assert not ours.calls("SOP_OWN(1)+free")
    assert as_typed("_xlfn._xlws.SORT(_xldudf_SOP_RUN(A1))") == "=SORT(SOP_RUN(A1))"
