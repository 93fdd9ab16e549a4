"""What a new workbook holds, read back with the tools a planner's computer has."""

import importlib.util
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from lxml import etree
from openpyxl.utils import range_boundaries

from sop_xl.errors import BookError, InputError
from sop_xl.workbook.book import open_book
from sop_xl.workbook.schema import Kind, Role
from sop_xl.workbook.tables import SETTINGS, TABLES
from sop_xl.workbook.template.blocks import Window
from sop_xl.workbook.template.build import new_workbook, starting_frames
from sop_xl.workbook.template.layout import COVER
from sop_xl.workbook.template.names import setting_formula
from sop_xl.workbook.template.pages import PAGES
from sop_xl.workbook.template.reference import reference
from sop_xl.workbook.template.styles import Style
from sop_xl.workbook.template.twins import TWINS

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def made_up(**options):
    spec = importlib.util.spec_from_file_location("template_frames", Path(__file__).with_name("template_frames.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.made_up(**options)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("template") / "empty.xlsx"
    new_workbook(path, settings={"company": "Acme", "currency": "EUR", "horizon": 6})
    return path


@pytest.fixture(scope="module")
def book(path):
    return openpyxl.load_workbook(path)


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    path = tmp_path_factory.mktemp("template") / "filled.xlsx"
    new_workbook(path, frames=made_up())
    return path


def table_of(book, name):
    sheet = book[TABLES[name].sheet]
    return sheet, sheet.tables[TABLES[name].excel_name]


def column_of(book, name, label):
    """The data cells of a table's column."""
    sheet, table = table_of(book, name)
    head, *rows = sheet[table.ref]
    position = [c.value for c in head].index(label)
    return [row[position] for row in rows]


def links_of(sheet):
    return {c.hyperlink.location for row in sheet.iter_rows() for c in row if c.hyperlink is not None}


def rules_of(sheet, cell):
    return [v for v in sheet.data_validations.dataValidation if cell.coordinate in v.sqref]


class TestBytes:
    def test_equal_arguments_give_equal_bytes(self, tmp_path):
        for name in ("a.xlsx", "b.xlsx"):
            new_workbook(tmp_path / name, settings={"company": "Acme"})
        assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()

    def test_a_refused_setting_leaves_the_old_file(self, tmp_path):
        path = tmp_path / "plan.xlsx"
        path.write_text("old")
        with pytest.raises(InputError, match="horizon"):
            new_workbook(path, settings={"horizon": 99})
        assert path.read_text() == "old"
        assert [p.name for p in tmp_path.iterdir()] == ["plan.xlsx"]

    def test_a_folder_that_is_not_there_is_said(self, tmp_path):
        with pytest.raises(BookError, match=r"plan\.xlsx"):
            new_workbook(tmp_path / "nowhere" / "plan.xlsx")

    def test_unknown_names_are_refused(self, tmp_path):
        with pytest.raises(InputError, match="no setting 'horizont'"):
            new_workbook(tmp_path / "plan.xlsx", settings={"horizont": 12})
        with pytest.raises(InputError, match="no table 'itms'"):
            new_workbook(tmp_path / "plan.xlsx", frames={"itms": pd.DataFrame()})

    def test_nobody_is_named_in_the_properties(self, path):
        with zipfile.ZipFile(path) as package:
            core = etree.fromstring(package.read("docProps/core.xml"))
        texts = {etree.QName(child).localname: child.text for child in core}
        assert texts["title"] == "S&OP 2020-03 Acme"
        assert not texts.get("creator")
        assert not texts.get("lastModifiedBy")


class TestSheets:
    def test_the_cover_comes_first_and_is_active(self, book):
        assert book.sheetnames[0] == COVER
        assert book.active.title == COVER
        assert all(sheet.sheet_state == "visible" for sheet in book)

    def test_groups_keep_together(self, book):
        colours = [sheet.sheet_properties.tabColor.rgb for sheet in book]
        runs = [c for c, before in zip(colours, [None, *colours], strict=False) if c != before]
        assert len(runs) == len(set(runs)) == 8

    @pytest.mark.parametrize("name", TABLES)
    def test_every_table_is_an_excel_table_with_its_headings(self, book, name):
        sheet, table = table_of(book, name)
        declared = [c.label for c in TABLES[name].columns]
        heads = [c.value for c in sheet[table.ref][0]]
        assert heads[: len(declared)] == declared
        assert heads == [c.name for c in table.tableColumns]
        months = heads[len(declared) :]
        assert bool(months) == (TABLES[name].across is not None)
        assert months == sorted(months)

    def test_tables_laid_across_show_history_or_the_horizon(self, book):
        _, history = table_of(book, "demand_history")
        _, consensus = table_of(book, "consensus")
        _, grid = table_of(book, "sop_grid")
        assert [c.name for c in history.tableColumns][3::35] == ["2017-03", "2020-02"]
        assert [c.name for c in consensus.tableColumns][3:] == [f"2020-{m:02d}" for m in range(3, 9)]
        assert [c.name for c in grid.tableColumns][4::17] == ["2019-03", "2020-08"]

    def test_every_sheet_leads_back_to_the_cover_and_the_cover_to_every_sheet(self, book):
        links = links_of(book[COVER])
        for sheet in book:
            if sheet.title != COVER:
                assert f"'{sheet.title}'!A1" in links
                assert f"'{COVER}'!A1" in links_of(sheet)

    def test_every_sheet_prints_landscape_with_its_name(self, book):
        for sheet in book:
            assert sheet.page_setup.orientation == "landscape"
            assert "&A" in sheet.oddFooter.center.text
            if not sheet.sheet_properties.pageSetUpPr.fitToPage:
                first = {range_boundaries(t.ref)[0] for t in sheet.tables.values()}
                breaks = {b.id + 1 for b in sheet.col_breaks.brk}
                assert breaks and breaks < first
                assert 10 <= sheet.page_setup.scale <= 100

    def test_lone_tables_are_filtered_and_scroll_under_their_headings(self, book):
        items = book["Items"]
        assert items.tables["tbl_items"].autoFilter is not None
        assert items.freeze_panes == "B8"
        assert book["Lists"].tables["tbl_channels"].autoFilter is None


class TestCells:
    def test_settings_stand_in_the_control_table(self, book):
        names = [c.value for c in column_of(book, "control", "Setting")]
        values = dict(zip(names, (c.value for c in column_of(book, "control", "Value")), strict=True))
        assert names == [s.name for s in SETTINGS]
        assert (values["currency"], values["horizon"], values["company"]) == ("EUR", "6", "Acme")

    def test_the_currency_stands_in_the_units(self, book):
        sheet, table = table_of(book, "items")
        head = sheet[table.ref][0]
        cost = next(c for c in head if c.value == "Standard cost")
        assert sheet.cell(cost.row - 1, cost.column).value == "EUR/unit"

    def test_codes_are_text_cells(self, tmp_path):
        path = tmp_path / "plan.xlsx"
        rows = pd.DataFrame([{"item": "007", "family": "A", "make_or_buy": "buy", "standard_cost": 7.5}])
        frame = starting_frames()["items"].reindex(range(1)).assign(**rows)
        new_workbook(path, frames={"items": frame.fillna({"sold": True}).astype({"sold": bool})})
        (cell,) = column_of(openpyxl.load_workbook(path), "items", "Item")
        assert (cell.value, cell.number_format, cell.data_type) == ("007", "@", "s")

    def test_every_style_is_in_the_gallery_and_worn(self, book, path):
        worn = {c.style for sheet in book for row in sheet.iter_rows() for c in row if c.style.startswith("SOP")}
        assert worn == {style.value for style in Style}
        with zipfile.ZipFile(path) as package:
            styles = etree.fromstring(package.read("xl/styles.xml"))
        listed = {s.get("name") for s in styles.find(f"{MAIN}cellStyles")}
        assert {style.value for style in Style} <= listed

    def test_styles_follow_the_role(self, book):
        for name, label, style in (
            ("items", "Item", "SOP Input"),
            ("consensus", "Item", "SOP Result"),
            ("gaps", "Owner", "SOP Input"),
            ("overrides", "Value", "SOP Override"),
            ("demand_history", "2020-02", "SOP Actual"),
            ("monitor", "Variance", "SOP Calc"),
            ("approved_plan", "Item", "SOP Locked"),
            ("checks", "Open", "SOP Check"),
        ):
            assert column_of(book, name, label)[0].style == style, (name, label)

    def test_calculated_columns_carry_their_formula(self, filled):
        book = openpyxl.load_workbook(filled)
        formula = TABLES["monitor"].column("variance").formula
        assert {c.value for c in column_of(book, "monitor", "Variance")} == {f"={formula}"}
        _, table = table_of(book, "monitor")
        column = next(c for c in table.tableColumns if c.name == "Variance")
        assert column.calculatedColumnFormula.attr_text == formula


class TestValidation:
    def test_choices_are_a_list(self, book):
        (cell,) = column_of(book, "items", "Make or buy")
        (rule,) = rules_of(book["Items"], cell)
        assert (rule.type, rule.formula1) == ("list", '"make,buy"')

    def test_references_are_the_other_table(self, book):
        (cell,) = column_of(book, "routings", "Item")
        (rule,) = rules_of(book["Routings"], cell)
        assert (rule.type, rule.formula1, rule.errorStyle) == ("list", "lst_items", "warning")
        assert book.defined_names["lst_items"].attr_text == "tbl_items[Item]"

    @pytest.mark.parametrize("name", TABLES)
    def test_every_bound_is_a_rule_over_exactly_the_data(self, book, name):
        sheet, _ = table_of(book, name)
        for column in TABLES[name].columns:
            if column.role is not Role.INPUT or not column.kind.is_number or column.choices:
                continue
            cells = column_of(book, name, column.label)
            (rule,) = rules_of(sheet, cells[0])
            assert str(rule.sqref) in (
                cells[0].coordinate,
                f"{cells[0].coordinate}:{cells[-1].coordinate}",
            )
            assert rule.type == ("whole" if column.kind is Kind.INTEGER else "decimal")
            if column.low is not None:
                assert float(rule.formula1) == column.low
            if column.high is not None:
                assert float(rule.formula2) == column.high

    def test_no_rule_keeps_a_run_from_writing(self, book):
        (cell,) = column_of(book, "gaps", "Money")
        assert rules_of(book["Gaps"], cell) == []

    def test_tips_fit_into_excel(self, book):
        for sheet in book:
            for rule in sheet.data_validations.dataValidation:
                assert len(rule.promptTitle or "") <= 32
                assert len(rule.prompt or "") <= 255
                assert len(rule.error or "") <= 255


class TestNames:
    def test_every_twin_has_its_name_and_every_name_its_place(self, book):
        assert set(TWINS) <= set(book.defined_names)
        assert {pick.name for page in PAGES for pick in page.picks} <= set(book.defined_names)
        assert {f"set_{s.name}" for s in SETTINGS} <= set(book.defined_names)

    def test_no_name_could_be_a_cell(self, book):
        assert not [n for n in book.defined_names if openpyxl.utils.cell.COORD_RE.fullmatch(n.upper())]

    def test_names_a_twin_reads_exist(self, book):
        for name, twin in TWINS.items():
            assert set(twin.tables) <= set(TABLES), name
            assert set(twin.cells) <= set(book.defined_names), name

    def test_no_formula_uses_what_older_programs_lack(self, path):
        with zipfile.ZipFile(path) as package:
            texts = [
                package.read(n) for n in package.namelist() if n.startswith(("xl/worksheets/sheet", "xl/workbook"))
            ]
        for word in (b"XLOOKUP", b"FILTER(", b"UNIQUE(", b"LET(", b"OFFSET(", b"INDIRECT(", b"TODAY(", b"[#Headers]]<"):
            assert not any(word in text for text in texts), word

    def test_a_number_setting_reads_with_either_decimal_sign(self):
        amber = next(s for s in SETTINGS if s.name == "load_amber")
        assert 'SUBSTITUTE(INDEX(tbl_control[Value],MATCH("load_amber",' in setting_formula(amber)

    @pytest.mark.parametrize("page", PAGES, ids=lambda p: p.sheet)
    def test_every_block_has_the_shape_of_its_twin(self, page):
        frames = starting_frames()
        cells = {"page_past": 3, "page_months": 5} | {p.name: p.starts(frames) for p in page.picks}
        for block in page.blocks:
            grid, value = block.formulas(Window(3, 5)), block.twin.value(frames, cells)
            shown = value if isinstance(value, list) else [[value]]
            assert [len(line) for line in grid] == [len(line) for line in shown], block.name


class TestFilled:
    def test_the_book_reads_back_what_it_was_filled_with(self, filled):
        given = starting_frames(frames=made_up())
        found = open_book(filled).read().frames
        for name in TABLES:
            expected = given[name].reset_index(drop=True)
            pd.testing.assert_frame_equal(
                found[name].reset_index(drop=True), expected, check_dtype=False, check_names=False, obj=name
            )

    def test_the_picture_of_the_plan_is_in_the_file_before_any_recalculation(self, filled):
        book = openpyxl.load_workbook(filled, data_only=True)
        ((sheet, reference_),) = book.defined_names["demand_tile_consensus"].destinations
        grid = made_up()["sop_grid"]
        mine = grid[grid["family"].eq("Total") & grid["block"].eq("demand") & grid["measure"].eq("consensus")]
        assert book[sheet][reference_.replace("$", "")].value == pytest.approx(mine["value"].sum())

    def test_the_master_check_goes_red(self, tmp_path):
        frames = made_up()
        frames["steps"] = frames["steps"].assign(status="done")
        assert "PASS" in master_check(tmp_path, frames)
        grid = frames["sop_grid"]
        row = grid.index[grid["measure"].eq("check")][-1]
        grid.loc[row, "value"] = 5.0
        assert master_check(tmp_path, frames) == "LOOK: 1 of 5 checks fail"


def master_check(folder, frames):
    path = folder / "plan.xlsx"
    new_workbook(path, frames=frames)
    book = openpyxl.load_workbook(path, data_only=True)
    ((sheet, reference_),) = book.defined_names["master_check"].destinations
    return book[sheet][reference_.replace("$", "")].value


def test_the_committed_reference_is_up_to_date():
    committed = Path(__file__).parents[2] / "workbooks" / "README.md"
    assert committed.read_text(encoding="utf-8") == reference(), "run python -m sop_xl.workbook.template.reference"
