from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop_xl.workbook.cells.kinds import flags, numbers, texts, times
from sop_xl.workbook.cells.values import NOT_CALCULATED, CellError, date_of, decoded, encoded, serial_of
from sop_xl.workbook.schema import Kind, Severity


@pytest.mark.parametrize(
    ("cell", "rule"),
    [
        ("3,5", "decimal comma"),
        ("1.234,50", "decimal comma"),
        ("1,234", "decimal comma"),
        ("12.5", "text in a number column"),
        ("many", "text in a number column"),
        (True, "text in a number column"),
        (CellError("#N/A"), "cell error"),
        ("#DIV/0!", "cell error"),
        (NOT_CALCULATED, "formula not calculated"),
        (datetime(2020, 1, 2), "date in a number column"),
        ("NaN", "not finite"),
        (float("inf"), "not finite"),
    ],
)
def test_no_number(cell, rule):
    found = numbers([1.0, cell, 2])
    assert [(t.at, t.rule, t.severity) for t in found.troubles] == [(1, rule, Severity.STOPS)]
    assert found.values[[0, 2]].tolist() == [1.0, 2.0]
    assert np.isnan(found.values[1])


@pytest.mark.parametrize(("text", "value"), [("12.5", 12.5), (" -3 ", -3.0), ("1e3", 1000.0), (".5", 0.5)])
def test_text_is_a_number_only_in_a_text_file(text, value):
    assert numbers([text], from_text=True).values.tolist() == [value]
    assert numbers([text]).troubles[0].rule == "text in a number column"


@pytest.mark.parametrize("text", ["1_000", "0x10", "nan", "inf", "3,5", "12 000", "--1"])
def test_text_that_is_no_number_even_in_a_text_file(text):
    found = numbers([text], from_text=True)
    assert len(found.troubles) == 1
    assert np.isnan(found.values[0])


def test_codes_keep_their_zeros_and_lose_their_spaces():
    found = texts(["007", 7, 7.0, " A1 ", 1.5, True, None], Kind.CODE)
    assert found.values.tolist() == ["007", "7", "7", "A1", "1.5", "TRUE", ""]
    assert [(t.at, t.rule, t.severity) for t in found.troubles] == [(3, "spaces around a code", Severity.WARNS)]


def test_a_date_is_no_code_but_a_text():
    day = datetime(2020, 2, 1)
    assert texts([day], Kind.CODE).troubles[0].rule == "date in a code column"
    assert texts([day], Kind.TEXT).values.tolist() == ["2020-02-01"]


@pytest.mark.parametrize(
    ("cell", "rule", "severity", "day"),
    [
        ("2020-02-29", "date as text", Severity.WARNS, "2020-02-29"),
        ("29.02.2020", "date as text", Severity.STOPS, "NaT"),
        ("2020-02-30", "date as text", Severity.STOPS, "NaT"),
        (43890.0, "date as number", Severity.WARNS, "2020-02-29"),
        (12.0, "not a date", Severity.STOPS, "NaT"),
        (True, "not a date", Severity.STOPS, "NaT"),
        (datetime(9999, 12, 31), "out of bounds", Severity.STOPS, "NaT"),
        (CellError("#REF!"), "cell error", Severity.STOPS, "NaT"),
    ],
)
def test_dates_that_are_not_dates(cell, rule, severity, day):
    found = times([cell, datetime(2020, 1, 5, 13)])
    assert [(t.rule, t.severity) for t in found.troubles] == [(rule, severity)]
    assert found.values.astype("datetime64[D]").astype(str).tolist() == [day, "2020-01-05"]
    assert found.values.dtype == "datetime64[ns]"


def test_periods_are_first_days():
    found = times(["2020-03", datetime(2020, 3, 15), datetime(2020, 4, 1)], Kind.PERIOD)
    assert found.values.astype("datetime64[D]").astype(str).tolist() == ["2020-03-01", "2020-03-01", "2020-04-01"]
    assert [(t.at, t.rule) for t in found.troubles] == [(0, "date as text"), (1, "day inside a month")]
    assert times(["2020-03"], Kind.PERIOD, from_text=True).troubles == ()


def test_moments_keep_their_time():
    assert times(["2020-03-04 05:06:07"], Kind.MOMENT, True).values.tolist() == [1583298367000000000]


def test_flags():
    found = flags([True, False, "Yes", "0", 1.0, None, "maybe"], default=True)
    assert found.values.tolist() == [True, False, True, False, True, True, True]
    assert [(t.at, t.rule) for t in found.troubles] == [(6, "not true or false")]


@given(st.datetimes(datetime(1900, 1, 1), datetime(2199, 12, 31)), st.booleans())
def test_serials_come_back(moment, date1904):
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    if date1904 and moment < datetime(1904, 1, 1):
        return
    assert date_of(serial_of(moment, date1904), date1904) == moment


def test_serials_as_excel_counts():
    assert serial_of(datetime(1900, 1, 1)) == 1.0
    assert serial_of(datetime(1900, 2, 28)) == 59.0
    assert serial_of(datetime(1900, 3, 1)) == 61.0  # 60 is the 29 February 1900 that never was


@given(st.text())
def test_texts_come_back_from_the_file(text):
    from lxml import etree

    stored = encoded(text)
    element = etree.Element("t")
    element.text = stored
    back = etree.fromstring(etree.tostring(element)).text or ""
    expected = "".join("" if "\ud800" <= c <= "\udfff" else c for c in text)
    assert decoded(back) == expected
