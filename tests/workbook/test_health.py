"""A workbook broken in each way: found, mended, nothing found any more, everything else byte for byte."""

from __future__ import annotations

import io
import shutil
import zipfile
from dataclasses import dataclass, field

import company
import pytest
import sound
from lxml import etree

from sop_xl.cli import main
from sop_xl.errors import BookError, InputError
from sop_xl.workbook.book import open_book
from sop_xl.workbook.file.grid import F, box_of, cell_xml, cells_of, letters, made_cells
from sop_xl.workbook.file.package import RELATED, Package, tag
from sop_xl.workbook.file.parts import Workbook
from sop_xl.workbook.health import template as health_template
from sop_xl.workbook.health.checkup import checkup, listed, repair
from sop_xl.workbook.template.build import new_workbook

KINDS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
BOOK = {"xl/workbook.xml"}


@pytest.fixture(scope="module")
def healthy(tmp_path_factory):
    """The small company's workbook through a run, not to be changed."""
    from sop_xl.cycle.run import run
    from sop_xl.cycle.start import start

    path = tmp_path_factory.mktemp("health") / "plan.xlsx"
    start(path, {"as_of": company.AS_OF, "horizon": 6, "company": "Small", "frozen_months": 0})
    book = open_book(path)
    book.write({n: f for n, f in company.frames().items() if n != "control"})
    run(book, ("data_gathering", "demand_planning"), now=company.NOW)
    return path


@pytest.fixture
def book(healthy, tmp_path):
    """The same in a file of the test's own."""
    return shutil.copy(healthy, tmp_path / "plan.xlsx")


@pytest.fixture(autouse=True)
def _one_template(monkeypatch, healthy, _templates):
    """The template of the small company is made once for all tests."""

    def cached(patient):
        if "it" not in _templates:
            _templates["it"] = _template(patient)
        return _templates["it"]

    _template = health_template.template_of
    monkeypatch.setattr(health_template, "template_of", cached)


@pytest.fixture(scope="module")
def _templates():
    return {}


def parts_of(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def edited(path, change):
    """Break a workbook: `change` gets it open."""
    workbook = Workbook(Package(path.read_bytes(), path.name))
    change(workbook)
    stream = io.BytesIO()
    workbook.package.save(stream)
    path.write_bytes(stream.getvalue())


def sheet_of(workbook, title):
    part = workbook.sheets[title]
    workbook.package.edit(part)
    return workbook.grid(part)


def put(grid, ref, value):
    """A value pasted into a cell, which keeps its style."""
    at = box_of(ref)
    row = grid.made_row(at.top)
    cell = cells_of(row).get(at.left)
    made = made_cells([cell_xml(ref, None if cell is None else cell.get("s"), value)])[0]
    if cell is not None:
        row.replace(cell, made)
        return
    after = next((c for place, c in cells_of(row).items() if place > at.left), None)
    row.append(made) if after is None else after.addprevious(made)


def cell_of(workbook, table, heading, row=0):
    place = workbook.declared[table]
    return f"{letters(place.box.left + place.header.index(heading))}{place.body.top + row}"


def paste_over_a_page(workbook):
    sheet, box = workbook.names["cover_check_words"]
    put(sheet_of(workbook, sheet), f"{letters(box.left)}{box.top + 1}", "fine")


def paste_over_an_array_formula(workbook):
    sheet, box = workbook.names["cover_checks"]
    put(sheet_of(workbook, sheet), f"{letters(box.left)}{box.top + 2}", 0.0)


def shorten_a_formula(workbook):
    sheet, box = workbook.names["cover_cycle"]
    cell = sheet_of(workbook, sheet).cell(box.top, box.left)
    cell.find(F).text = "set_cycle"


def paste_over_a_calculated_column(workbook):
    put(sheet_of(workbook, "Risks"), cell_of(workbook, "risks", "Weighted"), 1.0)


def text_numbers(workbook):
    grid = sheet_of(workbook, "Items")
    put(grid, cell_of(workbook, "items", "List price", 0), "500")
    put(grid, cell_of(workbook, "items", "List price", 2), " 25.5 ")


def text_date(workbook):
    put(sheet_of(workbook, "Overrides"), cell_of(workbook, "overrides", "Expires"), "2026-12-31")


def text_number_in_a_month(workbook):
    grid = sheet_of(workbook, "History")
    put(grid, cell_of(workbook, "demand_history", "2026-05", 1), "61")


def lose_validation(workbook):
    root = workbook.package.edit(workbook.sheets["Items"])
    at = box_of(cell_of(workbook, "items", "Make or buy"))
    box = root.find(tag("dataValidations"))
    for rule in [r for r in box if at.meets(box_of(r.get("sqref").split()[0]))]:
        box.remove(rule)
    box.set("count", str(len(box)))


def lose_colours(workbook):
    root = workbook.package.edit(workbook.sheets["Gaps"])
    for item in root.findall(tag("conditionalFormatting")):
        root.remove(item)


def hide(state):
    def change(workbook):
        for sheet in workbook.package.edit(workbook.package.workbook).iter(tag("sheet")):
            if sheet.get("name") == "Snapshots":
                sheet.set("state", state)

    return change


def break_a_name(workbook):
    for name in workbook.package.edit(workbook.package.workbook).iter(tag("definedName")):
        if name.get("name") == "lst_items":
            name.text = "#REF!"


def lose_a_name(workbook):
    names = workbook.package.edit(workbook.package.workbook).find(tag("definedNames"))
    names.remove(next(n for n in names if n.get("name") == "set_currency"))


def name_pointing_nowhere(workbook):
    names = workbook.package.edit(workbook.package.workbook).find(tag("definedNames"))
    etree.SubElement(names, tag("definedName"), {"name": "zz_mine"}).text = "Old!#REF!"


def type_below(workbook):
    place = workbook.declared["items"]
    grid = sheet_of(workbook, "Items")
    for n, code in enumerate(("BIKE-9", "008"), place.box.bottom + 1):
        put(grid, f"A{n}", code)
        put(grid, f"B{n}", "new")


def rename_a_column(workbook):
    place = workbook.declared["items"]
    columns = workbook.package.edit(place.part).find(tag("tableColumns"))
    at = place.header.index("List price")
    columns[at].set("name", "List prices")
    put(sheet_of(workbook, "Items"), f"{letters(place.box.left + at)}{place.box.top}", "List prices")


def merge(workbook):
    root = workbook.package.edit(workbook.sheets["Items"])
    merges = etree.Element(tag("mergeCells"), {"count": "1"})
    top = workbook.declared["items"].body.top
    etree.SubElement(merges, tag("mergeCell"), {"ref": f"B{top}:B{top + 1}"})
    root.find(tag("conditionalFormatting") if root.find(tag("conditionalFormatting")) is not None
              else tag("dataValidations")).addprevious(merges)  # fmt: skip


def far_formats(workbook):
    grid = sheet_of(workbook, "Items")
    for n in range(5000, 5003):
        grid.made_row(n).append(made_cells([f'<c r="C{n}" s="1"/>'])[0])


def manual(workbook):
    workbook.package.edit(workbook.package.workbook).find(tag("calcPr")).set("calcMode", "manual")


@dataclass(frozen=True)
class Case:
    """A way to break a workbook: what is found, on which sheet, and which parts a repair may write."""

    broken: object
    rule: str
    place: str
    parts: set = field(default_factory=set)


CASES = {
    "a value over a page's formula": Case(paste_over_a_page, "formula overwritten", "Cover", BOOK),
    "a value over an array formula": Case(paste_over_an_array_formula, "formula overwritten", "Cover", BOOK),
    "a shortened formula": Case(shorten_a_formula, "formula changed", "Cover", BOOK),
    "a value in a calculated column": Case(paste_over_a_calculated_column, "formula overwritten", "Risks", BOOK),
    "numbers as text": Case(text_numbers, "text in a number column", "Items", BOOK),
    "a date as text": Case(text_date, "date as text", "Overrides", BOOK),
    "a number as text under a month": Case(text_number_in_a_month, "text in a number column", "History", BOOK),
    "a lost drop-down": Case(lose_validation, "validation lost", "Items"),
    "lost colours": Case(lose_colours, "colours lost", "Gaps", {"xl/styles.xml"}),
    "a hidden sheet": Case(hide("hidden"), "hidden sheet", "Snapshots", BOOK),
    "a very hidden sheet": Case(hide("veryHidden"), "hidden sheet", "Snapshots", BOOK),
    "a name of ours that points nowhere": Case(break_a_name, "broken name", "", BOOK),
    "a name of ours that is gone": Case(lose_a_name, "broken name", "", BOOK),
    "a name that points nowhere": Case(name_pointing_nowhere, "broken name", "", BOOK),
    "rows below a table": Case(type_below, "table too short", "Items", BOOK),
    "a renamed column": Case(rename_a_column, "renamed column", "Items", BOOK),
    "merged cells in a table": Case(merge, "merged cells", "Items"),
    "formats far below the data": Case(far_formats, "used range", "Items"),
    "manual calculation": Case(manual, "calculation", "", BOOK),
}


def test_a_new_workbook_is_healthy(tmp_path, monkeypatch):
    monkeypatch.undo()
    new_workbook(tmp_path / "new.xlsx", settings={"horizon": 18, "history_shown": 24})
    assert checkup(tmp_path / "new.xlsx") == ()


def test_a_planned_workbook_is_healthy(healthy):
    before = healthy.read_bytes()
    assert checkup(healthy) == ()
    assert healthy.read_bytes() == before


@pytest.mark.parametrize("name", CASES)
def test_each_break_is_found_mended_and_gone(book, name):
    case = CASES[name]
    whole = parts_of(book)
    edited(book, case.broken)
    broken = parts_of(book)
    found = checkup(book)
    assert [(f.rule, f.sheet) for f in found if f.mend] == [(case.rule, case.place)] * len(found)
    assert len(found) >= 1
    done = repair(book)
    assert parts_of(done.backup) == broken, "the file as it was is kept"
    assert done.backup.name == "plan.before-repair.xlsx"
    assert checkup(book) == ()
    mended = parts_of(book)
    assert set(mended) == set(broken)
    changed = {part for part in broken if mended[part] != broken[part]}
    with_formulas = {p for p in whole if p.startswith("xl/worksheets/sheet") and b"<f" in whole[p]}
    own = {p for p in broken if broken[p] != whole[p]}
    tables = (
        {p for p in whole if p.startswith("xl/tables/")}
        if case.rule in ("renamed column", "table too short")
        else set()
    )
    assert changed <= own | case.parts | tables | (with_formulas if case.rule in _VALUES else set())
    sound.sheets_keep_the_order_of_the_format(mended)
    sound.tables_agree_with_their_sheets(mended)


_VALUES = ("text in a number column", "date as text", "table too short", "renamed column", "formula overwritten",
           "formula changed")  # fmt: skip


@pytest.mark.parametrize(
    "name", ["a value over a page's formula", "a value over an array formula", "a shortened formula"]
)
def test_a_restored_formula_is_the_templates_with_its_value(book, name):
    whole = Workbook(Package(book.read_bytes(), "whole"))
    edited(book, CASES[name].broken)
    repair(book)
    mended = Workbook(Package(book.read_bytes(), "mended"))
    for block in ("cover_check_words", "cover_checks", "cover_cycle"):
        sheet, box = whole.names[block]
        for number in range(box.top, box.bottom + 1):
            one, other = (w.grid(w.sheets[sheet]).cell(number, box.left) for w in (whole, mended))
            assert etree.tostring(one, method="c14n") == etree.tostring(other, method="c14n")


def test_numbers_and_dates_are_read_after_the_repair(book):
    for change in (text_numbers, text_date, text_number_in_a_month):
        edited(book, change)
    repair(book)
    frames = open_book(book).read().frames
    assert frames["items"]["list_price"].tolist()[:3] == [500.0, 800.0, 25.5]
    assert str(frames["overrides"]["expires"].iloc[0].date()) == "2026-12-31"
    history = frames["demand_history"]
    assert 61.0 in history.loc[history["period"].eq("2026-05-01"), "quantity"].tolist()


def test_rows_below_a_table_belong_to_it(book):
    edited(book, type_below)
    repair(book)
    items = open_book(book).read().frames["items"]
    assert items["item"].tolist() == ["BIKE-1", "BIKE-2", "007", "FRAME", "BIKE-9", "008"]


def test_only_the_findings_named_are_mended(book):
    edited(book, text_numbers)
    edited(book, hide("hidden"))
    edited(book, manual)
    first = checkup(book)
    assert [f.rule for f in first] == ["text in a number column", "calculation", "hidden sheet"]
    done = repair(book, [2])
    assert [f.rule for f in done.mended] == ["calculation"]
    assert [f.rule for f in checkup(book)] == ["text in a number column", "hidden sheet"]
    assert repair(book, [1, 2]).backup.name == "plan.before-repair2.xlsx"
    assert checkup(book) == ()


def by_hand_cases():
    def two_keys(workbook):
        grid = sheet_of(workbook, "Items")
        put(grid, cell_of(workbook, "items", "Item", 1), "BIKE-1")

    def words(workbook):
        put(sheet_of(workbook, "Items"), cell_of(workbook, "items", "List price"), "ask Ann")

    def comma(workbook):
        put(sheet_of(workbook, "Items"), cell_of(workbook, "items", "List price"), "500,5")

    def no_date(workbook):
        put(sheet_of(workbook, "Overrides"), cell_of(workbook, "overrides", "Expires"), "end of year")

    def error(workbook):
        grid = sheet_of(workbook, "Cover")
        grid.made_row(200).append(made_cells(['<c r="B200" t="e"><f>1/0</f><v>#DIV/0!</v></c>'])[0])

    def password(workbook):
        root = workbook.package.edit(workbook.sheets["Items"])
        root.find(tag("sheetData")).addnext(etree.Element(tag("sheetProtection"), {"sheet": "1", "password": "83AF"}))

    def volatile(workbook):
        grid = sheet_of(workbook, "Cover")
        grid.made_row(201).append(made_cells(['<c r="B201"><f>OFFSET(A1,1,1)&amp;TODAY()</f><v>1</v></c>'])[0])

    def link(workbook):
        package = workbook.package
        package.add("xl/externalLinks/externalLink1.xml", b"<externalLink/>", "application/xml")
        package.put(
            "xl/externalLinks/_rels/externalLink1.xml.rels",
            b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship '
            b'Id="rId1" Type="x/externalLinkPath" Target="file:///C:/old/Prices%202024.xlsx" TargetMode="External"/>'
            b"</Relationships>",
        )
        name = package.relate(package.workbook, f"{KINDS}/externalLink", "xl/externalLinks/externalLink1.xml")
        book = package.edit(package.workbook)
        references = etree.Element(tag("externalReferences"))
        etree.SubElement(references, tag("externalReference")).set(f"{{{RELATED}}}id", name)
        book.find(tag("definedNames")).addprevious(references)
        grid = sheet_of(workbook, "Cover")
        grid.made_row(202).append(made_cells(['<c r="B202"><f>[1]Sheet1!A1</f><v>1</v></c>'])[0])

    def no_table(workbook):
        place = workbook.declared["stock"]
        root = workbook.package.edit(place.sheet_part)
        ids = {r.target: r.id for r in workbook.package.relations(place.sheet_part)}
        parts = root.find(tag("tableParts"))
        for part in [p for p in parts if p.get(f"{{{RELATED}}}id") == ids[place.part]]:
            parts.remove(part)
        workbook.package.remove(place.part, place.sheet_part)

    return {
        "duplicate key": (two_keys, "Items!A9: 1 row of a key that stands there already (first: Item BIKE-1)"),
        "text in a number column": (words, '(first: "ask Ann")'),
        "decimal comma": (comma, "type the numbers with the decimal sign of this computer"),
        "date as text": (no_date, '(first: "end of year")'),
        "error shown": (error, "Cover!B200: shows #DIV/0!"),
        "password": (password, "Items: the sheet is protected with a password"),
        "volatile": (volatile, "Cover!B201: 1 formula with OFFSET, TODAY recalculate at every change"),
        "external link": (link, "Prices 2024.xlsx: the workbook links to Prices 2024.xlsx, read by Cover!B202"),
        "missing table": (no_table, "Stock: there is no table tbl_stock. By hand: if its cells are there, select them"),
    }


@pytest.mark.parametrize("rule", by_hand_cases())
def test_what_cannot_be_mended_says_what_to_do(book, rule):
    change, words = by_hand_cases()[rule]
    edited(book, change)
    found = checkup(book)
    assert rule in [f.rule for f in found]
    text = listed([f for f in found if f.rule == rule], "plan.xlsx")
    assert words in text
    assert "By hand: " in text
    number = [f.rule for f in found].index(rule) + 1
    before = book.read_bytes()
    with pytest.raises(InputError, match=rf"finding {number} .* is mended by hand"):
        repair(book, [number])
    assert book.read_bytes() == before


def test_the_command(book, capsys):
    assert main(["health", str(book)]) == 0
    assert "plan.xlsx is healthy: nothing to mend" in capsys.readouterr().out
    edited(book, text_numbers)
    edited(book, hide("hidden"))
    assert main(["health", str(book)]) == 1
    listed_lines = capsys.readouterr().out.splitlines()
    assert listed_lines[0].startswith("1  warns  Items!")
    assert listed_lines[-1] == "2 findings, 2 can be repaired"
    assert main(["health", str(book), "--repair", "3"]) == 2
    assert "there is no finding 3; the list has 2" in capsys.readouterr().err
    assert main(["health", str(book), "--repair", "two"]) == 2
    out = book.with_name("mended.xlsx")
    before = book.read_bytes()
    assert main(["health", str(book), "--repair", "all", "--out", str(out)]) == 0
    assert "2 findings mended in mended.xlsx" in capsys.readouterr().out
    assert book.read_bytes() == before
    assert checkup(out) == ()
    assert main(["health", str(book.with_name("no.xlsx"))]) == 3


def test_another_workbook_is_not_examined(tmp_path):
    import xlsxwriter

    with xlsxwriter.Workbook(tmp_path / "other.xlsx") as other:
        other.add_worksheet()
    with pytest.raises(BookError, match=r"other\.xlsx is no planning workbook"):
        checkup(tmp_path / "other.xlsx")


def test_a_mended_copy_takes_no_other_file_s_place(book, capsys):
    other = book.with_name("other.xlsx")
    other.write_bytes(b"somebody's")
    assert main(["health", str(book), "--repair", "all", "--out", str(other)]) == 2
    assert "other.xlsx is there already" in capsys.readouterr().err
    assert other.read_bytes() == b"somebody's"


def test_a_folder_is_said_to_be_one(tmp_path, capsys):
    assert main(["health", str(tmp_path)]) == 3
    assert f"{tmp_path.name} is a folder; this needs a workbook file" in capsys.readouterr().err


def test_a_workbook_open_in_excel_is_not_mended(book):
    edited(book, manual)
    book.with_name("~$plan.xlsx").write_bytes(b"\x03Ann")
    assert [f.rule for f in checkup(book)] == ["calculation"]
    with pytest.raises(BookError, match="open in Excel"):
        repair(book)


def test_the_button_lists(book):
    from udfs import commands

    edited(book, text_numbers)
    says = commands.health_check(open_book(book), lambda _doing, _share: None)
    assert "List price" in says
    assert says.endswith('close the workbook, then: sop-xl health "plan.xlsx" --repair all (or the numbers)')


def test_a_formula_excel_shares_is_read_as_one(book):
    """Excel stores equal formulas of neighbours once; that is no change."""

    def share(workbook):
        sheet, box = workbook.names["cover_check_words"]
        grid = sheet_of(workbook, sheet)
        for n, number in enumerate(range(box.top, box.bottom + 1)):
            formula = grid.cell(number, box.left).find(F)
            formula.set("t", "shared")
            formula.set("si", "40")
            if n:
                formula.text = None
            else:
                formula.set("ref", box.ref)

    edited(book, share)
    assert checkup(book) == ()
