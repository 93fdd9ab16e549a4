"""What a planner added to the sheet survives a write, and growth never runs over it."""

from __future__ import annotations

import zipfile
from datetime import datetime

import openpyxl
import pandas as pd
import pytest

from sop_xl.errors import BookError
from sop_xl.workbook.book import open_book
from sop_xl.workbook.file.formulas import moved_formula

GAPS = [
    [
        "Bikes",
        datetime(2020, 3, 1),
        100.0,
        80.0,
        20.0,
        14000.0,
        "capacity",
        None,
        "Short 20.",
        "Ann",
        None,
        "open",
        "call Bob",
    ],
    ["Agents", datetime(2020, 3, 1), 5.0, 4.0, 1.0, 12.0, "supplier", None, "Short 1.", "Bob", None, "open", "wait"],
]
NOTE = ({"header": "My note"},)


def sheet_of(path, title):
    return openpyxl.load_workbook(path)[title]


def column(path, title, letter, first, last):
    return [row[0].value for row in sheet_of(path, title)[f"{letter}{first}:{letter}{last}"]]


def test_a_planners_column_follows_the_key_of_its_row(build, sheet):
    path = build(sheet("gaps", GAPS, added=NOTE))
    book = open_book(path)
    gaps = book.read().frames["gaps"]
    fresh = gaps.iloc[[0]].assign(family="Cars")
    book.write({"gaps": pd.concat([fresh, gaps.iloc[[1]], gaps.iloc[[0]]])})
    assert column(path, "Gaps", "A", 5, 7) == ["Cars", "Agents", "Bikes"]
    assert column(path, "Gaps", "M", 5, 7) == [None, "wait", "call Bob"]
    assert sheet_of(path, "Gaps").tables["tbl_gaps"].ref == "A4:M7"


def test_a_planners_formula_moves_with_its_row(build, sheet):
    rows = [[*row[:12], (f"=C{i}*2+$C$5", 1)] for i, row in enumerate(GAPS, 5)]
    path = build(sheet("gaps", rows, added=NOTE))
    book = open_book(path)
    gaps = book.read().frames["gaps"]
    book.write({"gaps": gaps.iloc[::-1]})
    assert column(path, "Gaps", "M", 5, 6) == ["=C5*2+$C$5", "=C6*2+$C$5"]
    assert column(path, "Gaps", "C", 5, 6) == [5, 100]


def test_a_planners_calculated_column_fills_new_rows(build, sheet):
    added = ({"header": "Twice", "formula": "=tbl_gaps[[#This Row],[Demand]]*2"},)
    path = build(sheet("gaps", [row[:12] for row in GAPS], added=added))
    book = open_book(path)
    gaps = book.read().frames["gaps"]
    book.write({"gaps": pd.concat([gaps, gaps.iloc[[0]].assign(family="Cars")])})
    assert column(path, "Gaps", "M", 5, 7) == ["=tbl_gaps[[#This Row],[Demand]]*2"] * 3


def test_shared_formulas_are_parted_when_rows_move(build, sheet, replace_in):
    rows = [[*row[:12], (f"=C{i}*2", 1)] for i, row in enumerate(GAPS, 5)]
    path = build(sheet("gaps", rows, added=NOTE))
    replace_in(path, "xl/worksheets/sheet1.xml", b"<f>C5*2</f>", b'<f t="shared" ref="M5:M6" si="0">C5*2</f>')
    replace_in(path, "xl/worksheets/sheet1.xml", b"<f>C6*2</f>", b'<f t="shared" si="0"/>')
    book = open_book(path)
    gaps = book.read().frames["gaps"]
    book.write({"gaps": pd.concat([gaps.iloc[[1]], gaps.iloc[[0]].assign(family="Cars"), gaps.iloc[[0]]])})
    assert column(path, "Gaps", "M", 5, 7) == ["=C5*2", None, "=C7*2"]


def test_new_months_push_a_planners_column_to_the_right(build, sheet):
    rows = [["A", "w", "US", 1.0, "keep"], ["B", "w", "US", 2.0, ("=D6*3", 6)]]
    path = build(sheet("consensus", rows, ("2020-01",), added=NOTE))
    book = open_book(path)
    frame = book.read().frames["consensus"]
    later = frame.assign(period=pd.Timestamp("2020-02-01"))
    book.write({"consensus": pd.concat([frame, later])})
    grid = [[c.value for c in row] for row in sheet_of(path, "Consensus")["D4:F6"]]
    assert grid == [["2020-01", "2020-02", "My note"], [1, 1, "keep"], [2, 2, "=E6*3"]]
    book.write({"consensus": frame})
    grid = [[c.value for c in row] for row in sheet_of(path, "Consensus")["D4:F6"]]
    assert grid == [["2020-01", "My note", None], [1, "keep", None], [2, "=D6*3", None]]


def test_a_formula_typed_into_an_input_stays_while_its_value_does(build, sheet):
    rows = [row[:12] for row in GAPS]
    rows[0][9] = ('=UPPER("ann")', "ANN")
    rows[1][9] = ('=UPPER("bob")', "BOB")
    path = build(sheet("gaps", rows))
    book = open_book(path)
    gaps = book.read().frames["gaps"]
    gaps.loc[6, "owner"] = "Cid"
    book.write({"gaps": gaps.iloc[::-1]})
    assert column(path, "Gaps", "J", 5, 6) == ["Cid", '=UPPER("ann")']


def test_a_formula_typed_under_a_month_stays_while_the_month_does(build, sheet):
    path = build(sheet("demand_history", [["A", "w", "US", 4.0, ("=D5*2", 8)]], ("2020-01", "2020-02")))
    book = open_book(path)
    frame = book.read().frames["demand_history"]
    later = frame.assign(period=frame["period"] + pd.DateOffset(months=2))
    book.write({"demand_history": pd.concat([later.assign(item="B"), frame])})
    assert [[c.value for c in row] for row in sheet_of(path, "History")["D5:G6"]] == [
        [None, None, 4, 8],
        [4, "=D6*2", None, None],
    ]


def test_a_heading_over_two_lines_is_left_as_excel_wrote_it(build, sheet, replace_in):
    path = build(sheet("gaps", GAPS, added=({"header": "My\nnote"},)))
    replace_in(path, "xl/tables/table1.xml", b"My&#xA;note", b"My_x000a_note")
    book = open_book(path)
    book.write({"gaps": book.read().frames["gaps"]})
    assert b'name="My_x000a_note"' in part(path, "xl/tables/table1.xml")
    assert sheet_of(path, "Gaps")["M4"].value == "My\nnote"


def test_cells_beside_the_table_stay(build, sheet):
    def touch(book):
        beside = book.get_worksheet_by_name("Gaps")
        beside.write("N5", "mine")
        beside.write("N40", 7)
        beside.write_formula("M6", "=SUM(C5:C6)", None, 105)

    path = build(sheet("gaps", [row[:12] for row in GAPS]), touch=touch)
    book = open_book(path)
    gaps = book.read().frames["gaps"]
    book.write({"gaps": pd.concat([gaps, gaps.assign(family=gaps["family"] + "2")])})
    after = sheet_of(path, "Gaps")
    assert (after["N5"].value, after["N40"].value, after["M6"].value) == ("mine", 7, "=SUM(C5:C6)")
    assert after.dimensions == "A1:N40"


@pytest.mark.parametrize(
    ("touch", "message"),
    [
        (lambda s: s.write("C8", "mine"), "would grow over cell C8, which is not empty"),
        (lambda s: s.write_formula("K7", "=1"), "would grow over cell K7"),
        (lambda s: s.merge_range("A8:B8", ""), "would grow over the merged cells A8:B8"),
        (lambda s: s.add_table("B8:C9", {"name": "theirs"}), "would grow over table theirs"),
    ],
)
def test_growth_over_something_is_refused(build, sheet, touch, message):
    path = build(sheet("gaps", [row[:12] for row in GAPS]), touch=lambda b: touch(b.get_worksheet_by_name("Gaps")))
    before = path.read_bytes()
    book = open_book(path)
    gaps = book.read().frames["gaps"]
    with pytest.raises(BookError, match=f"sheet Gaps: table tbl_gaps {message}"):
        book.write({"gaps": pd.concat([gaps, gaps.assign(family=gaps["family"] + "2")])})
    assert path.read_bytes() == before


def test_growth_to_the_right_is_guarded_too(build, sheet):
    path = build(
        sheet("consensus", [["A", "w", "US", 1.0]], ("2020-01",)),
        touch=lambda b: b.get_worksheet_by_name("Consensus").write("E5", "mine"),
    )
    book = open_book(path)
    frame = book.read().frames["consensus"]
    with pytest.raises(BookError, match="over cell E5"):
        book.write({"consensus": pd.concat([frame, frame.assign(period=pd.Timestamp("2020-02-01"))])})


def test_growth_over_the_end_of_the_sheet(build, sheet):
    path = build(sheet("finance_totals", [[datetime(2020, 1, 1), 5.0]], at=(1_048_574, 0)))
    frame = open_book(path).read().frames["finance_totals"]
    with pytest.raises(BookError, match="would need 1,048,577 rows"):
        open_book(path).write({"finance_totals": pd.concat([frame, frame.assign(period=pd.Timestamp("2020-02-01"))])})


def test_a_totals_row_moves_down_and_up(build, sheet):
    rows = [[datetime(2020, m, 1), float(m)] for m in (1, 2)]
    path = build(sheet("finance_totals", rows, total_row=True))

    def total(row):
        return [c.value for c in sheet_of(path, "FinanceTotals")[row]]

    book = open_book(path)
    workbook = openpyxl.load_workbook(path)
    workbook["FinanceTotals"]["B7"] = "=SUBTOTAL(109,tbl_finance_totals[Quantity])"
    workbook.save(path)
    frame = book.read().frames["finance_totals"]
    assert len(frame) == 2
    book.write({"finance_totals": pd.concat([frame, frame.assign(period=frame["period"] + pd.DateOffset(years=1))])})
    assert total(9) == [None, "=SUBTOTAL(109,tbl_finance_totals[Quantity])"]
    table = sheet_of(path, "FinanceTotals").tables["tbl_finance_totals"]
    assert (table.ref, table.autoFilter.ref) == ("A4:B9", "A4:B8")
    book.write({"finance_totals": book.read().frames["finance_totals"].iloc[:1]})
    assert total(6) == [None, "=SUBTOTAL(109,tbl_finance_totals[Quantity])"]
    assert total(9) == [None, None]


@pytest.mark.filterwarnings("ignore:.*extension is not supported")  # openpyxl, which only looks
def test_formats_and_drop_downs_of_a_column_grow_and_shrink_with_it(build, sheet):
    def touch(book):
        on = book.get_worksheet_by_name("Gaps")
        red = book.add_format({"bg_color": "#FF0000"})
        on.conditional_format("E5:E6", {"type": "cell", "criteria": ">", "value": 5, "format": red})
        on.conditional_format("F5:F6", {"type": "data_bar", "data_bar_2010": True})
        on.conditional_format("G5:G60", {"type": "cell", "criteria": ">", "value": 5, "format": red})
        on.data_validation("K5:K6", {"validate": "list", "source": ["open", "closed"]})

    path = build(sheet("gaps", [row[:12] for row in GAPS]), touch=touch)
    book = open_book(path)
    gaps = book.read().frames["gaps"]
    book.write({"gaps": pd.concat([gaps, gaps.assign(family=gaps["family"] + "2")])})
    after = sheet_of(path, "Gaps")
    assert {str(r.sqref) for r in after.conditional_formatting} == {"E5:E8", "F5:F8", "G5:G60"}
    assert [str(v.sqref) for v in after.data_validations.dataValidation] == ["K5:K8"]
    assert b"<xm:sqref>F5:F8</xm:sqref>" in part(path, "xl/worksheets/sheet1.xml")
    book.write({"gaps": book.read().frames["gaps"].iloc[:1]})
    assert {str(r.sqref) for r in sheet_of(path, "Gaps").conditional_formatting} == {"E5", "F5", "G5:G60"}


def test_filters_are_lifted_when_rows_move_and_kept_when_they_stay(build, sheet, replace_in):
    def touch(book):
        book.get_worksheet_by_name("Gaps").set_row(5, None, None, {"hidden": True})

    path = build(sheet("gaps", [row[:12] for row in GAPS]), touch=touch)
    chosen = b'<autoFilter ref="A4:L6"><filterColumn colId="0"><filters><filter val="Bikes"/></filters></filterColumn></autoFilter>'
    replace_in(path, "xl/tables/table1.xml", b'<autoFilter ref="A4:L6"/>', chosen)
    book = open_book(path)
    gaps = book.read().frames["gaps"]
    book.write({"gaps": gaps.assign(demand=1.0)})
    assert b"filterColumn" in part(path, "xl/tables/table1.xml")
    assert sheet_of(path, "Gaps").row_dimensions[6].hidden is True
    book.write({"gaps": gaps.iloc[::-1]})
    assert b"filterColumn" not in part(path, "xl/tables/table1.xml")
    assert sheet_of(path, "Gaps").row_dimensions[6].hidden is False


def test_calculated_columns_have_formula_and_value(build, sheet):
    path = build(sheet("risks", [["r", "risk", "Bikes", 0.5, 100.0, None, "", "open", None]]))
    book = open_book(path)
    risks = book.read().frames["risks"]
    book.write({"risks": pd.concat([risks, risks.assign(risk="s", kind="opportunity")])})
    values = openpyxl.load_workbook(path, data_only=True)["Risks"]
    assert [values["I5"].value, values["I6"].value] == [-50, 50]
    formulas = column(path, "Risks", "I", 5, 6)
    assert formulas[0] == formulas[1]
    assert formulas[0].startswith("=tbl_risks[[#This Row],[Probability]]*")
    assert b"<calculatedColumnFormula>tbl_risks[[#This Row],[Probability]]" in part(path, "xl/tables/table1.xml")


def test_a_table_filled_by_a_query_is_refused(build, sheet, replace_in):
    path = build(sheet("gaps", [row[:12] for row in GAPS]))
    replace_in(path, "xl/tables/table1.xml", b'totalsRowShown="0"', b'totalsRowShown="0" tableType="queryTable"')
    book = open_book(path)
    with pytest.raises(BookError, match="table tbl_gaps on sheet Gaps is filled by a query"):
        book.write(book.read().frames)


@pytest.mark.parametrize(
    ("formula", "moved"),
    [
        ("B5*2", "B7*2"),
        ("$B$5+B$5+$B5", "$B$5+B$5+$B7"),
        ("SUM(B5:C6)", "SUM(B7:C8)"),
        ('Items!B5&"B5"', 'Items!B7&"B5"'),
        ("tbl[[#This Row],[B5]]", "tbl[[#This Row],[B5]]"),
        ("LOG10(B5)", "LOG10(B7)"),
    ],
)
def test_moved_formulas(formula, moved):
    assert moved_formula(formula, (5, 1), (7, 1)) == moved
    assert moved_formula(moved, (7, 1), (5, 1)) == formula


def test_a_reference_moved_off_the_sheet():
    assert moved_formula("B1", (5, 1), (4, 1)) == "#REF!"


def part(path, name):
    with zipfile.ZipFile(path) as archive:
        return archive.read(name)
