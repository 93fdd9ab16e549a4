"""Available to promise."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop_xl.errors import InputError
from sop_xl.supply.atp import available_to_promise, cumulative_atp, discrete_atp, discrete_atps

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


def test_the_textbook_master_schedule():
    """Krajewski & Ritzman, Operations Management, master production scheduling: ladder-back chairs, 55 on hand, lots of 150."""
    receipts = pd.Series([0, 150, 0, 0, 150, 0, 0, 0.0])
    orders = pd.Series([38, 27, 24, 8, 0, 0, 0, 0.0])
    assert discrete_atp(receipts, orders, 55.0).tolist() == [17, 91, 0, 0, 150, 0, 0, 0]


@given(
    rows=st.lists(st.lists(st.tuples(UNITS, UNITS), min_size=5, max_size=5), min_size=1, max_size=6),
    opening=st.lists(UNITS, min_size=6, max_size=6),
)
def test_many_items_at_once_are_each_as_alone(rows, opening):
    units = np.array(rows)
    at_hand = np.array(opening[: len(rows)])
    together = discrete_atps(units[..., 0], units[..., 1], at_hand)
    for n, row in enumerate(together):
        assert row.tolist() == discrete_atp(pd.Series(units[n, :, 0]), pd.Series(units[n, :, 1]), at_hand[n]).tolist()
    assert np.allclose(together.sum(axis=1), at_hand + units[..., 0].sum(axis=1) - units[..., 1].sum(axis=1))


def test_a_table_of_items():
    months = pd.to_datetime(["2020-03-01", "2020-04-01", "2020-05-01"])
    receipts = pd.DataFrame({"item": ["B", "A", "A"], "period": months[[0, 1, 1]], "quantity": [5.0, 20.0, 30.0]})
    orders = pd.DataFrame({"item": ["A", "C"], "period": months[[2, 0]], "quantity": [65.0, 1.0]})
    opening = pd.DataFrame({"item": ["A", "A"], "quantity": [10.0, 8.0]})
    found = available_to_promise(receipts, orders, opening)
    assert found["item"].tolist() == list("AAABBBCCC")
    assert found["discrete"].tolist() == [3, 0, 0, 5, 0, 0, -1, 0, 0]
    assert found["cumulative"].tolist() == [3, 3, 3, 5, 5, 5, -1, -1, -1]
    assert available_to_promise(receipts.iloc[:0], orders.iloc[:0]).empty
    with pytest.raises(InputError, match="receipts: the row of A in 2020-04 lies outside the periods"):
        available_to_promise(receipts, orders.iloc[:0], periods=[months[0]])
    with pytest.raises(InputError, match="orders, row A / 2020-05: quantity is missing"):
        available_to_promise(receipts, orders.assign(quantity=np.nan))


def test_bad_arrays_are_refused():
    with pytest.raises(InputError, match="receipts must be 0 or more, got -1"):
        discrete_atps([[-1.0]], [[0.0]], [0.0])
    with pytest.raises(InputError, match="at least 1 month"):
        discrete_atps(np.zeros((2, 0)), np.zeros((2, 0)), np.zeros(2))
