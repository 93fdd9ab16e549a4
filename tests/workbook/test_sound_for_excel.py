"""A planned workbook through everything that makes Excel offer a repair."""

import zipfile

import company
import pytest
import sound

from sop_xl.cycle import sign
from sop_xl.cycle.run import run
from sop_xl.cycle.start import start
from sop_xl.workbook.book import open_book


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """The parts of a workbook that went through a whole month."""
    path = tmp_path_factory.mktemp("sound") / "plan.xlsx"
    start(path, {"as_of": company.AS_OF, "horizon": 6, "company": "Small", "frozen_months": 0})
    book = open_book(path)
    book.write({n: f for n, f in company.frames().items() if n != "control"})
    run(book, now=company.NOW)
    sign.sign(book, dict.fromkeys(("VP Sales", "VP Operations", "CFO", "General manager"), "X"), now=company.NOW)
    run(book, ("executive_sop", "execution"), now=company.NOW)
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist()[0] == "[Content_Types].xml"
        return {name: archive.read(name) for name in archive.namelist()}


def test_every_part_is_well_formed_typed_and_reached(package):
    sound.every_part_is_well_formed_typed_and_reached(package)


def test_sheets_keep_the_order_of_the_format(package):
    sound.sheets_keep_the_order_of_the_format(package)


def test_tables_agree_with_their_sheets(package):
    sound.tables_agree_with_their_sheets(package)


def test_defined_names_and_sheet_names_are_legal(package):
    sound.defined_names_and_sheet_names_are_legal(package)


def test_no_formula_shows_an_error_before_it_is_recalculated(package):
    sound.no_formula_shows_an_error_before_it_is_recalculated(package)
