"""Available to promise."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop_xl.errors import InputError
from sop_xl.supply.atp import cumulative_atp, discrete_atp

UNITS = st.integers(0, 60).map(float)


@given(rows=st.lists(st.tuples(UNITS, UNITS), min_size=1, max_size=12), opening=UNITS)
def test_what_is_promised_can_be_kept(rows, opening):
    """Units to promise by a month are the least that is ever left from that month on."""
    receipts, orders = (pd.Series(column) for column in zip(*rows, strict=True))
    promised = cumulative_atp(receipts, orders, opening)
    left = opening + (receipts - orders).cumsum()
    assert promised.iloc[-1] == pytest.approx(left.iloc[-1])  # nothing is lost or made up
    if (left >= 0).all():
        least_from_here = left[::-1].cummin()[::-1]
        assert (promised <= least_from_here + 1e-9).all()
        assert (discrete_atp(receipts, orders, opening) >= 0).all()
        arrives = receipts.gt(0) | (np.arange(len(receipts)) == 0)
        before_next = arrives.shift(-1, fill_value=True)
        assert np.allclose(promised[before_next], least_from_here[before_next])


def test_more_booked_than_will_be_there_shows_in_the_first_month():
    promised = discrete_atp(pd.Series([0.0, 10.0, 0.0]), pd.Series([5.0, 0.0, 20.0]), 8.0)
    assert promised.tolist() == [-7.0, 0.0, 0.0]


def test_bad_series_are_refused():
    with pytest.raises(InputError, match="orders must be 0 or more, got -1 in 1"):
        discrete_atp(pd.Series([1.0, 1.0]), pd.Series([0.0, -1.0]), 0.0)
    with pytest.raises(InputError, match="the same months"):
        discrete_atp(pd.Series([1.0]), pd.Series([1.0], index=[5]), 0.0)
    with pytest.raises(InputError, match="at least 1 month"):
        cumulative_atp(pd.Series([], dtype="float64"), pd.Series([], dtype="float64"), 0.0)
