"""Every kind of argument against every sort of cell: what it takes as what, and what it refuses in which words."""

from __future__ import annotations

import math
from datetime import date, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from udfs.cells import CellError, Day, Flag, Labels, Number, Text, to_cells
from udfs.lines import Keys, Lines, Marks, Numbers

BAD = CellError("#DIV/0!", "")
KINDS = {
    "number": Number("a number"),
    "whole": Number("a whole number", whole=True, low=0, high=100),
    "text": Text("a text"),
    "choice": Text("a choice", choices=("ses", "holt")),
    "flag": Flag("a flag"),
    "day": Day("a day"),
    "labels": Labels("labels"),
    "line": Lines("a line", one=True),
    "lines": Lines("lines"),
    "numbers": Numbers("numbers"),
    "marks": Marks("marks"),
    "keys": Keys("keys"),
}
NAN = math.nan
NUMBER_WORDS = "must be a number, got the"

CASES = [
    # kind, cells, what is taken or the error with a part of its sentence
    ("number", 5, 5.0), ("number", 0.5, 0.5), ("number", -1e15, -1e15), ("number", 1e-300, 0.0), ("number", [[7]], 7.0),
    ("number", "5", ("#VALUE!", f"{NUMBER_WORDS} text '5'")),
    ("number", True, ("#VALUE!", f"{NUMBER_WORDS} value 'TRUE'")),
    ("number", date(2026, 11, 1), ("#VALUE!", f"{NUMBER_WORDS} date '2026-11-01'")),
    ("number", NAN, ("#VALUE!", "must be a finite number, got nan")),
    ("number", math.inf, ("#VALUE!", "must be a finite number, got inf")),
    ("number", 1e300, ("#VALUE!", "must be between -1e+15 and 1e+15, got 1e+300")),
    ("number", BAD, ("#DIV/0!", "it holds the error #DIV/0!")),
    ("number", [1, 2], ("#VALUE!", "must be one cell, got a range of 1 x 2 cells")),
    ("number", [[1], [2]], ("#VALUE!", "must be one cell, got a range of 2 x 1 cells")),
    ("whole", 12.0, 12), ("whole", 1.5, ("#VALUE!", "must be a whole number, got 1.5")),
    ("whole", -1, ("#VALUE!", "must be between 0 and 100, got -1")),
    ("whole", 101, ("#VALUE!", "must be between 0 and 100, got 101")),
    ("text", "ses", "ses"), ("text", 7.0, "7"), ("text", True, "TRUE"), ("text", datetime(2026, 11, 1, 9), "2026-11-01"),
    ("text", BAD, ("#DIV/0!", "it holds the error")),
    ("choice", " SES ", "ses"), ("choice", "naive", ("#VALUE!", "must be ses, holt, got 'naive'")),
    ("flag", True, True), ("flag", 0, False), ("flag", "true", True), ("flag", 2, ("#VALUE!", "must be TRUE or FALSE, got '2'")),
    ("flag", "yes", ("#VALUE!", "must be TRUE or FALSE, got 'yes'")),
    ("day", date(2026, 11, 1), date(2026, 11, 1)), ("day", datetime(2026, 11, 1, 9), date(2026, 11, 1)),
    ("day", 43831, date(2020, 1, 1)), ("day", "2026-11", date(2026, 11, 1)), ("day", "2026-11-05", date(2026, 11, 5)),
    ("day", "soon", ("#VALUE!", "must be a date such as 2026-11-01, got 'soon'")),
    ("day", True, ("#VALUE!", "must be a date")), ("day", -3, ("#VALUE!", "must be a date")),
    ("day", 1e300, ("#VALUE!", "must be a date")), ("day", NAN, ("#VALUE!", "must be a date")),
    ("labels", ["a", None, 7.0, True], ["a", "", "7", "TRUE"]), ("labels", [["a"], ["b"]], ["a", "b"]), ("labels", "a", ["a"]),
    ("labels", [["a", "b"], ["c", "d"]], ("#VALUE!", "must be one row or one column, got a range of 2 x 2 cells")),
    ("labels", ["a", BAD], ("#DIV/0!", "it holds the error")),
    ("line", [1, None, 3], [[1, NAN, 3]]), ("line", [[1], [2]], [[1, 2]]), ("line", 4, [[4]]), ("line", [0, ""], [[0, NAN]]),
    ("line", [[1, 2], [3, 4]], ("#VALUE!", "must be one row or one column, got a range of 2 x 2 cells")),
    ("line", [1, "x"], ("#VALUE!", "it, cell 2, must be a number, got the text 'x'")),
    ("line", [[1], [True]], ("#VALUE!", "it, cell 2, must be a number, got the value 'TRUE'")),
    ("line", [1, BAD], ("#DIV/0!", "it, cell 2, holds the error #DIV/0!")),
    ("line", [None, None], ("#N/A", "it needs at least 1 number, got 0")),
    ("line", [1, math.inf], ("#VALUE!", "it, cell 2, must be a finite number, got inf")),
    ("lines", [[1, None], [3, 4]], [[1, NAN], [3, 4]]), ("lines", [[1], [2], [3]], [[1, 2, 3]]),
    ("lines", [[1, 2], [3, "x"]], ("#VALUE!", "it, row 2, cell 2, must be a number, got the text 'x'")),
    ("lines", [[1, 2], [3]], ("#VALUE!", "the rows of it must be of one length")),
    ("numbers", 5, [[5]]), ("numbers", [1, 2], [[1, 2]]), ("numbers", [[1], [None]], [[1], [NAN]]),
    ("numbers", [[1, 2], [3, BAD]], ("#DIV/0!", "it, row 2, cell 2, holds the error")),
    ("numbers", "5", ("#VALUE!", "it must be a number, got the text '5'")),
    ("marks", [True, 0, 1, None, False], [True, False, True, False, False]), ("marks", True, [True]),
    ("marks", [1, "x"], ("#VALUE!", "it, cell 2, must be TRUE or FALSE (1 or 0), got 'x'")),
    ("marks", [1, 2], ("#VALUE!", "it, cell 2, must be TRUE or FALSE")), ("marks", [NAN], ("#VALUE!", "must be TRUE or FALSE")),
    ("marks", [BAD], ("#DIV/0!", "it, cell 1, holds the error")),
    ("keys", [["A", None], [7.0, "b "]], [("A", ""), ("7", "b")]), ("keys", [[BAD]], ("#DIV/0!", "it holds the error")),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "cells", "expected"), CASES)
def test_every_kind_against_every_sort_of_cell(kind, cells, expected):
    def take():
        return KINDS[kind].take("it", cells)

    if isinstance(expected, tuple) and expected and isinstance(expected[0], str) and expected[0].startswith("#"):
        with pytest.raises(CellError) as caught:
            take()
        assert caught.value.kind == expected[0]
        assert expected[1] in caught.value.says
        return
    found = take()
    found = getattr(found, "rows", found)
    if isinstance(found, np.ndarray):
        assert np.array_equal(found, np.array(expected), equal_nan=found.dtype.kind == "f")
    else:
        assert found == expected
        assert type(found) is type(expected)


def test_bounds_name_the_cell():
    with pytest.raises(CellError, match=r"it, row 2, cell 1, must be 0 or more, got -3"):
        Lines("", low=0).take("it", [[1, 2], [-3, 4]])
    with pytest.raises(CellError, match=r"it, cell 2, must be above 0 and at most 1, got 0"):
        Numbers("", above=0, high=1).take("it", [1, 0])
    with pytest.raises(CellError, match=r"it, cell 2, is blank; type 0 where there is none"):
        Lines("", full=True).take("it", [1, None])


def test_blanks_at_the_end_are_no_demand_and_those_inside_are_unknown():
    taken = Lines("", trim=True).take("history", [[5, None, 7, None, ""]])
    assert np.array_equal(taken.rows, [[5, np.nan, 7]], equal_nan=True)
    assert taken.width == 5
    block = Lines("", trim=True).take("history", [[5, 6, None, None], [1, 2, 3, None]])
    assert block.rows.shape == (2, 3), "the rows of a block share their periods"


def test_an_empty_row_of_a_block_is_not_an_error_of_the_others():
    taken = Lines("").take("history", [[1, 2], [None, None]])
    assert taken.known.tolist() == [True, False]
    assert taken.each(lambda series: float(series.sum())).tolist()[0] == [3.0]
    assert to_cells(taken.map(lambda series: series, 2))[1] == [CellError("#N/A", "this number is not known")] * 2


@given(
    st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), min_size=1, max_size=12).filter(
        lambda r: any(c is not None for c in r)
    )
)
def test_a_column_is_a_row_turned(cells):
    across, down = Lines("").take("it", [cells]), Lines("").take("it", [[c] for c in cells])
    assert np.array_equal(across.rows, down.rows, equal_nan=True)
    assert np.array_equal(across.alike(across.rows), down.alike(down.rows).T)


def test_what_is_not_known_is_not_available_and_what_has_no_bound_is_no_number():
    assert to_cells([math.nan, math.inf])[0] == [
        CellError("#N/A", "this number is not known"), CellError("#NUM!", "this number is without bound"),
    ]  # fmt: skip
