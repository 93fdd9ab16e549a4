"""A frozen copy needs nothing installed: values instead of our functions, everything else as it was."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile

import company
import openpyxl
import pytest
import rich_book as rich
import sound
from editing import set_cell

from sop_xl.cli import main
from sop_xl.cycle.freeze import check_frozen, freeze_book
from sop_xl.errors import BookError, InputError, PlanningError
from sop_xl.workbook.book import open_book
from udfs.hosts.calc.office import environment

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported", "ignore:.*not supported and will be")


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """The rich workbook, not to be changed."""
    from sop_xl.cycle.start import start

    path = tmp_path_factory.mktemp("rich") / "plan.xlsx"
    start(path, {"as_of": company.AS_OF, "horizon": 6, "company": "Small", "frozen_months": 0})
    open_book(path).write({n: f for n, f in company.frames().items() if n != "control"})
    return rich.enrich(path)


@pytest.fixture
def book(source, tmp_path):
    """The rich workbook."""
    return shutil.copy(source, tmp_path / "plan.xlsx")


@pytest.fixture(scope="module")
def copy(source):
    """Its frozen copy, and what was said; not to be changed."""
    return freeze_book(source, source.with_name("copy.xlsx"), now=company.NOW, user="ann")


def parts_of(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def mine(path, *, values=False):
    return openpyxl.load_workbook(path, data_only=values)[rich.SHEET]


def test_cells_with_our_functions_become_their_last_values(copy, source):
    before, after = mine(source, values=True), mine(copy.file)
    expected = [*rich.CALLS, "F2", "P2", "P3", "Q2"]
    assert sorted(c.ref for c in copy.frozen.cells) == sorted(expected)
    for ref in expected:
        if ref not in ("B9", "Q2"):
            assert after[ref].value == before[ref].value, ref
    assert after["B9"].value == "#VALUE!"
    assert after["Q2"].value is None
    assert [after[f"F{n}"].value for n in (2, 3, 4)] == [1, 2, 3]


def test_native_formulas_stay(copy):
    after = mine(copy.file)
    assert after["D2"].value == "=B2*2"
    assert after["D3"].value == '="SOP_EOQ(1,2)"&""'
    assert after["D4"].value == "=SUM($F$2:$F$4)", "what read the spilled range reads the range it filled"
    assert after["D5"].value == "=SOP_MINE(4)", "a LAMBDA of the planner's own is not ours"


def test_the_formula_is_a_note_below_what_stood_there(copy):
    notes = {ref: mine(copy.file)[ref].comment for ref in ("B2", "B3", "B4", "F2", "P3")}
    assert notes["B2"].text.startswith("Ask Ann")
    assert notes["B2"].text.endswith("Value frozen on 2026-07-03 09:00. The formula was\n=SOP_EOQ(1200,50,3)")
    assert notes["B4"].text.endswith("=SOP_EOQ(1200,50,3)")
    assert notes["P3"].text.endswith("=SOP_EOQ(B3,50,3)")
    assert notes["F2"].text.endswith("=SOP_SMOOTH(B2:B4), which filled F2:F4")
    assert "[Threaded comment]" in notes["B3"].text, "a threaded comment stays as it was"
    assert "frozen" not in notes["B3"].text
    assert copy.frozen.without_note == ["Mine!B3"]


def test_every_note_has_a_shape_of_its_own(copy):
    parts = parts_of(copy.file)
    vml = next(data for name, data in parts.items() if name.endswith("mine_vmlDrawing1.vml")).decode()
    ids = re.findall(r'id="(_x0000_s\d+)"', vml)
    assert len(ids) == len(set(ids))
    notes = parts["xl/mine_comments1.xml"].count(b"<comment ") - 1  # the threaded one has no shape in this file
    assert vml.count('ObjectType="Note"') == notes


def test_nothing_else_changes(copy, source):
    before, after = parts_of(source), parts_of(copy.file)
    gone = set(before) - set(after)
    assert gone == {"xl/externalLinks/externalLink1.xml", "xl/externalLinks/_rels/externalLink1.xml.rels"}
    changed = {name for name in after if before.get(name) != after[name]}
    assert changed == {
        *("[Content_Types].xml", "docProps/custom.xml", "xl/workbook.xml"),
        *("xl/_rels/workbook.xml.rels", "xl/worksheets/sheet1.xml", "xl/worksheets/mine_sheet1.xml"),
        *("xl/mine_comments1.xml", "xl/drawings/mine_vmlDrawing1.vml"),
    }


def test_names_rules_and_links_of_the_addin_are_taken_out(copy):
    said = copy.says
    for what in ("the link to sop_xl.xlam", "the name my_lot (=SOP_EOQ(1200,50,3))", "1 drop-downs or colour rules"):
        assert f"taken out: {what}" in said
    book = openpyxl.load_workbook(copy.file)
    assert "my_lot" not in book.defined_names
    assert "my_rate" in book.defined_names
    assert "SOP_MINE" in book.defined_names


def test_the_cover_and_the_properties_say_what_it_is(copy):
    book = openpyxl.load_workbook(copy.file)
    assert book["Cover"]["B3"].value == copy.stamp.says
    assert copy.stamp.says.startswith("Frozen copy of plan.xlsx, on 2026-07-03 09:00, by ann. SHA-256 of its tables: ")
    custom = parts_of(copy.file)["docProps/custom.xml"].decode()
    assert "Planning" in custom
    assert copy.stamp.whole in custom


def test_the_original_is_not_touched(book, tmp_path):
    before = book.read_bytes()
    freeze_book(book, tmp_path / "copy.xlsx", private=["budget"])
    assert book.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["copy.xlsx", "plan.xlsx"]


def test_a_changed_table_is_named(copy, tmp_path):
    assert check_frozen(copy.file).same
    mailed = shutil.copy(copy.file, tmp_path / "mailed.xlsx")
    set_cell(mailed, "items", "List price", 0, 501.0)
    found = check_frozen(mailed)
    assert not found.same
    assert found.changed == ("items",)


def test_private_tables_leave_nothing_behind(book, tmp_path):
    secret = "Tender of the ministry"
    row = set_cell(book, "risks", "Risk", 0, secret)
    assert row
    assert secret.encode() in b"".join(parts_of(book).values())
    made = freeze_book(book, tmp_path / "copy.xlsx", private=["risks", "tbl_budget"])
    assert made.emptied == ("risks", "tbl_budget", "audit_log", "journal")
    assert secret.encode() not in b"".join(parts_of(made.file).values())
    frames = open_book(made.file).read().frames
    assert all(frames[name].empty for name in ("risks", "budget", "audit_log", "journal"))
    assert len(frames["items"]) == 4
    assert check_frozen(made.file).same


def test_the_journal_is_kept_unless_asked(workbook, tmp_path):
    main(["run", str(workbook), "--step", "data_gathering", "--quiet"])
    kept = freeze_book(workbook, tmp_path / "kept.xlsx")
    assert len(open_book(kept.file).read(["journal"]).frames["journal"])
    bare = freeze_book(workbook, tmp_path / "bare.xlsx", strip_journal=True)
    assert open_book(bare.file).read(["journal"]).frames["journal"].empty


@pytest.mark.parametrize(("value", "kind"), [("", ""), ("<v>#NAME?</v>", ' t="e"'), ("<v>#GETTING_DATA</v>", ' t="e"')])
def test_a_cell_without_a_value_is_refused_by_name(book, tmp_path, value, kind):
    parts = parts_of(book)
    part = "xl/worksheets/mine_sheet1.xml"
    old = b"<f>SOP_EOQ(1200,50,3)</f><v>200</v>"
    assert old in parts[part]
    new = parts[part].replace(b'<c r="B2">' + old, f'<c r="B2"{kind}><f>SOP_EOQ(1200,50,3)</f>{value}'.encode())
    assert new != parts[part]
    with zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (parts | {part: new}).items():
            archive.writestr(name, data)
    with pytest.raises(InputError, match=r"1 cell with our functions holds no value to freeze \(Mine!B2\)"):
        freeze_book(book, tmp_path / "copy.xlsx")
    assert not (tmp_path / "copy.xlsx").exists()
    made = freeze_book(book, tmp_path / "copy.xlsx", blank=True)
    assert made.frozen.unknown == ["Mine!B2"]
    assert mine(made.file)["B2"].value is None


def test_a_workbook_with_macros_gives_a_copy_without(book, tmp_path):
    macros = tmp_path / "plan.xlsm"
    shutil.copy(book, macros)
    plain = freeze_book(book, tmp_path / "plain.xlsx")
    assert "the macros" not in plain.says
    rich.add_macros(macros)
    made = freeze_book(macros, tmp_path / "copy.xlsx")
    assert "taken out: the macros" in made.says
    parts = parts_of(made.file)
    assert "xl/vbaProject.bin" not in parts
    assert b"macroEnabled" not in parts["[Content_Types].xml"]
    same = freeze_book(macros, tmp_path / "copy.xlsm")
    assert "xl/vbaProject.bin" in parts_of(same.file)


def test_what_cannot_be_frozen_is_said(book, tmp_path):
    with pytest.raises(InputError, match=r"cannot take the place of plan\.xlsx"):
        freeze_book(book, book)
    other = shutil.copy(book, tmp_path / "other.xlsx")
    with pytest.raises(InputError, match=r"other\.xlsx is there and is no frozen copy"):
        freeze_book(book, other)
    with pytest.raises(InputError, match=r"is an \.xlsx, not \.pdf"):
        freeze_book(book, tmp_path / "copy.pdf")
    with pytest.raises(InputError, match="has no table 'secrets' to leave out"):
        freeze_book(book, tmp_path / "copy.xlsx", private=["secrets"])
    with pytest.raises(InputError, match=r"plan\.xlsx is no frozen copy"):
        check_frozen(book)
    with pytest.raises(BookError, match="there is no file"):
        freeze_book(tmp_path / "nothing.xlsx", tmp_path / "copy.xlsx")


def test_a_copy_may_be_frozen_again_and_replaced(copy, book, tmp_path):
    again = freeze_book(copy.file, tmp_path / "again.xlsx", now=company.NOW, user="bob")
    assert again.stamp.of == "copy.xlsx"
    assert again.stamp.whole == copy.stamp.whole
    assert openpyxl.load_workbook(again.file)["Cover"]["B3"].value == again.stamp.says
    freeze_book(book, again.file)
    assert check_frozen(again.file).stamp.of == "plan.xlsx"


def test_the_command(book, tmp_path, capsys):
    out = tmp_path / "copy.xlsx"
    assert main(["freeze", str(book), "--out", str(out)]) == 0
    assert "12 cells with our functions became values" in capsys.readouterr().out
    assert main(["freeze", "--check", str(out)]) == 0
    assert "every table holds what was frozen" in capsys.readouterr().out
    set_cell(out, "items", "List price", 0, 501.0)
    assert main(["freeze", "--check", str(out)]) == 1
    assert "changed since it was frozen: items" in capsys.readouterr().out
    assert main(["freeze", str(book)]) == 2


def test_excel_would_not_offer_a_repair(copy):
    parts = parts_of(copy.file)
    sound.every_part_is_well_formed_typed_and_reached(parts)
    sound.sheets_keep_the_order_of_the_format(parts)
    sound.tables_agree_with_their_sheets(parts)
    sound.defined_names_and_sheet_names_are_legal(parts)


def test_libreoffice_shows_no_error(copy, soffice, tmp_path):
    """Opened without the extension, recalculated and saved: no sheet shows #NAME?."""
    command = [soffice, "--headless", f"-env:UserInstallation=file://{tmp_path}/profile", "--convert-to",
               "xlsx:Calc MS Excel 2007 XML", "--outdir", str(tmp_path / "made"), str(copy.file)]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=180, env=environment())
    book = openpyxl.load_workbook(tmp_path / "made" / "copy.xlsx", data_only=True)
    cells = [(s.title, c.coordinate, c.value) for s in book for row in s.iter_rows() for c in row]
    wrong = [found for found in cells if isinstance(found[2], str) and found[2].startswith("#") and found[2] != "#N/A"]
    new_in_excel = ("N2", "N3", "N4", "D5")  # SORT and LAMBDA, which not every LibreOffice knows
    assert [w for w in wrong if w[1] not in new_in_excel] == [("Mine", "B9", "#VALUE!")]
    assert book["Mine"]["B2"].value == 200
    assert book["Mine"]["D4"].value == 6


def test_the_button_writes_beside_the_workbook(book):
    from udfs import commands

    says = commands.freeze_copy(open_book(book), lambda _doing, _share: None)
    made = [p for p in book.parent.iterdir() if p.name.startswith("plan frozen 20")]
    assert [p.suffix for p in made] == [".xlsx"]
    assert says.startswith(f"{made[0].name} is a frozen copy of plan.xlsx")


def test_a_book_without_a_file_says_what_to_do(memory):
    from udfs import commands

    with pytest.raises(PlanningError, match="memory has no file on this machine; save the workbook on this machine"):
        commands.freeze_copy(memory, lambda _doing, _share: None)
