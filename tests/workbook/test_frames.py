from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sop_xl.errors import InputError
from sop_xl.workbook.frames import empty_frame, ready, with_defaults
from sop_xl.workbook.tables import TABLES


@pytest.mark.parametrize("name", TABLES)
def test_an_empty_frame_of_every_table_is_ready_to_be_written(name):
    table = TABLES[name]
    frame = ready(table, empty_frame(table))
    assert list(frame.columns) == [c.name for c in table.frame_columns]
    assert frame.dtypes.equals(empty_frame(table).dtypes)


def test_ready_brings_types_and_calculates():
    frame = pd.DataFrame({"scenario": ["Base"], "kpi": ["cost"], "unit": [None], "value": [3], "base": [1]})
    out = ready(TABLES["scenario_kpis"], frame)
    assert out["difference"].tolist() == [2.0]
    assert out["unit"].tolist() == [""]
    assert out["value"].dtype == "float64"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"drop": "quantity"}, "without its columns quantity"),
        ({"add": "colour"}, "no column colour"),
        ({"quantity": [1.0, np.inf]}, "not finite"),
        ({"quantity": ["much", "more"]}, "not a number"),
        ({"period": pd.to_datetime(["2020-01-01"] * 2)}, "two rows for 2020-01-01"),
    ],
)
def test_a_frame_of_another_shape_is_refused(change, message):
    frame = pd.DataFrame({"period": pd.to_datetime(["2020-01-01", "2020-02-01"]), "quantity": [1.0, 2.0]})
    if "drop" in change:
        frame = frame.drop(columns=change["drop"])
    elif "add" in change:
        frame = frame.assign(**{change["add"]: 1})
    else:
        frame = frame.assign(**change)
    with pytest.raises(InputError, match=message):
        ready(TABLES["finance_totals"], frame)


def test_defaults_fill_blanks_only():
    frame = pd.DataFrame({"channel": ["a", "b"], "description": ["", ""], "priority": [np.nan, 3.0]})
    assert with_defaults(TABLES["channels"], frame)["priority"].tolist() == [1.0, 3.0]
