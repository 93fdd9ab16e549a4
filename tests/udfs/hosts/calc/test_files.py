"""Excel's files in a real Calc: every spelling of the functions, and what is saved."""

from __future__ import annotations

import functools
import operator
import re
import zipfile

import openpyxl
import pytest
from calc_sheets import alike, known_name
from openpyxl.worksheet.formula import ArrayFormula

from udfs.hosts.calc.repair import repair
from udfs.registry import call

SPELLINGS = ("SOP_{}", "_xldudf_SOP_{}", "_xll.SOP_{}", "[1]!SOP_{}")
HISTORY = [100.0 + 15 * (month % 12 in (5, 6, 7)) + 2 * month for month in range(36)]


@pytest.fixture
def book(tmp_path):
    """A workbook as Excel's programs write it: one column of results for each spelling."""
    made = openpyxl.Workbook()
    sheet = made.active
    for row, value in enumerate(HISTORY, 1):
        sheet.cell(row, 1, value)
    for column, spelling in enumerate(SPELLINGS, 3):
        letter = openpyxl.utils.get_column_letter(column)
        formula = f"={spelling.format('FORECAST')}($A$1:$A$36,6)"
        sheet[f"{letter}1"] = ArrayFormula(f"{letter}1:{letter}6", formula)
        sheet[f"{letter}8"] = f"={spelling.format('EOQ')}(1200,50,3)"
        sheet[f"{letter}9"] = f'=IFERROR({spelling.format("EOQ")}(1200,50,0),"caught")'
        sheet[f"{letter}10"] = f"=ROUND({spelling.format('EOQ')}(1200, 50, 3) + sum(A1:A2), 0)"
    sheet["A40"] = '="see SOP_EOQ(x) and _xll.SOP_EOQ(x)"'
    sheet["A41"] = "=SOP_NOBODY(1)"
    path = tmp_path / "spellings.xlsx"
    made.save(path)
    return path


@pytest.fixture
def opened(office, book):
    """That workbook, open in Calc."""
    office.open(str(book))
    yield office
    office.close()


@pytest.mark.parametrize("column", range(len(SPELLINGS)), ids=SPELLINGS)
def test_every_spelling_is_understood(opened, column):
    letter = "CDEF"[column]
    assert alike(
        opened.cells(0, f"{letter}1:{letter}6"),
        [[cell] for cell in functools.reduce(operator.iadd, call("FORECAST", [[[v] for v in HISTORY], 6]), [])],
        4,
    )
    assert opened.cells(0, f"{letter}8:{letter}10") == [[200.0], ["caught"], [402.0]]
    assert opened.formula_of(0, f"{letter}8").startswith(f"={known_name('EOQ')}(")


def test_texts_and_unknown_names_are_left_alone(opened):
    assert opened.cells(0, "A40") == [["see SOP_EOQ(x) and _xll.SOP_EOQ(x)"]]
    assert opened.cells(0, "A41") == [[{"error": "#NAME?"}]]


@pytest.mark.parametrize(("ending", "kind"), [("ods", "calc8"), ("xlsx", "Calc MS Excel 2007 XML")])
def test_saved_and_opened_again_it_calculates(opened, tmp_path, ending, kind):
    path = tmp_path / f"again.{ending}"
    opened.save(str(path), kind)
    opened.close()
    opened.open(str(path))
    opened.calculate()
    assert opened.cells(0, "C8:F9") == [[200.0] * 4, ["caught"] * 4]
    forecast = [[cell] for cell in functools.reduce(operator.iadd, call("FORECAST", [[[v] for v in HISTORY], 6]), [])]
    assert alike(opened.cells(0, "C1:C6"), forecast, 4)
    opened.put(0, "A36", [[900]])
    assert not alike(opened.cells(0, "C1:C6"), forecast, 2)


def formulas(path):
    """The formulas of the first sheet of a workbook, by cell."""
    with zipfile.ZipFile(path) as archive:
        text = archive.read("xl/worksheets/sheet1.xml").decode()
    return dict(re.findall(r'<c r="([A-Z]+\d+)"[^>]*><f[^>]*>(.*?)</f>', text))


def test_repair_gives_excels_names_back(opened, tmp_path):
    path = tmp_path / "saved.xlsx"
    opened.save(str(path), "Calc MS Excel 2007 XML")
    says = repair(path)
    found = formulas(path)
    assert found["C8"] == "SOP_EOQ(1200,50,3)"
    assert found["D1"].startswith("SOP_FORECAST(")
    assert not any("SOPXL" in formula.upper() for formula in found.values())
    assert says.startswith("17 functions have Excel's names") or "functions have Excel's names" in says
    assert (tmp_path / "saved.before.xlsx").exists()
    assert repair(path) == "saved.xlsx has no name to repair"
    opened.close()
    opened.open(str(path))
    assert opened.cells(0, "C8:F8") == [[200.0] * 4]
