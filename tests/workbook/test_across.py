from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_xl.errors import InputError
from sop_xl.workbook.cells.across import melt, pivot
from sop_xl.workbook.frames import ready
from sop_xl.workbook.tables import TABLES

HISTORY, BASELINE = TABLES["demand_history"], TABLES["baseline"]


def long(rows):
    columns = ["item", "channel", "region", "period", "quantity"]
    frame = pd.DataFrame(rows, columns=columns)
    frame["period"] = pd.to_datetime(frame["period"])
    return ready(HISTORY, frame)


def test_rows_in_order_of_first_appearance_and_months_in_order_of_time():
    wide = pivot(HISTORY, long([["B", "w", "US", "2020-02-01", 1], ["A", "w", "US", "2020-01-01", 0]]))
    assert wide.rows["item"].tolist() == ["B", "A"]
    assert [m.month for m in wide.periods] == [1, 2]
    assert np.array_equal(wide.values, [[np.nan, 1.0], [0.0, np.nan]], equal_nan=True)


cells = st.dictionaries(
    st.tuples(st.sampled_from("ABC"), st.sampled_from(["w", "s"]), st.integers(1, 12)),
    st.floats(-1e6, 1e6),
    max_size=30,
)


@settings(max_examples=60)
@given(cells)
def test_melt_gives_back_what_pivot_laid_across(data):
    frame = long([[i, c, "US", f"2020-{m:02d}-01", v] for (i, c, m), v in data.items()])
    back = melt(HISTORY, pivot(HISTORY, frame))
    keys = list(HISTORY.keys)
    pd.testing.assert_frame_equal(
        back.sort_values(keys).reset_index(drop=True),
        frame.sort_values(keys).reset_index(drop=True),
        check_dtype=True,
    )


def test_two_values_for_a_cell_are_refused():
    frame = pd.DataFrame(
        {"item": ["A"] * 2, "channel": ["w"] * 2, "region": ["US"] * 2, "quantity": [1.0, 2.0]}
    ).assign(period=pd.Timestamp("2020-01-01"))
    with pytest.raises(InputError, match="two values for A, w, US in 2020-01"):
        pivot(HISTORY, frame)


def test_a_row_has_one_description():
    frame = pd.DataFrame(
        {
            "item": ["A", "A"],
            "channel": ["w", "w"],
            "region": ["US", "US"],
            "measure": ["forecast", "forecast"],
            "method": ["ets", "naive"],
            "period": pd.to_datetime(["2020-01-01", "2020-02-01"]),
            "quantity": [1.0, 2.0],
        }
    )
    with pytest.raises(InputError, match="differ in column method"):
        pivot(BASELINE, frame)


def test_a_row_without_a_period_is_refused():
    with pytest.raises(InputError, match="1 rows without a period"):
        pivot(HISTORY, long([["A", "w", "US", None, 1.0]]))


def test_a_table_without_months_has_no_layout_across():
    with pytest.raises(InputError, match="no periods across"):
        pivot(TABLES["items"], pd.DataFrame())
