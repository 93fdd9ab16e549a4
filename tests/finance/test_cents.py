"""Rounded parts add up to their rounded total and none moves by a cent."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_xl.errors import InputError
from sop_xl.finance.cents import cents, largest_remainder, rounded_within

amounts = st.lists(st.one_of(st.just(0.0), st.floats(-1e7, 1e7)), min_size=1, max_size=30)


@settings(deadline=None)
@given(amounts)
def test_parts_add_up_to_the_rounded_total_and_move_less_than_a_cent(values):
    parts = largest_remainder("parts", values)
    assert abs(parts.sum() - np.sum(values) * 100) <= 0.5 + 1e-4
    assert np.abs(parts - np.array(values) * 100).max() < 1 + 1e-4
    assert (parts[np.array(values) == 0] == 0).all()


@settings(deadline=None)
@given(amounts, st.integers(-5000, 5000))
def test_any_total_is_met(values, more):
    total = int(np.rint(np.sum(values) * 100)) + more
    assert largest_remainder("parts", values, total).sum() == total


def test_seats_of_hamiltons_method():
    # 55 seats: 52 whole ones, the other three to the remainders .9, .7 and .6
    assert largest_remainder("seats", np.array([20.6, 14.7, 9.9, 5.3, 4.5]) / 100).tolist() == [21, 15, 10, 5, 4]


def test_parts_of_nothing_take_a_total_that_is_given():
    assert largest_remainder("parts", [0.0, 0.0], 1).tolist() == [1, 0]
    assert largest_remainder("parts", np.zeros((3, 0))).shape == (3, 0)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ABC"), st.floats(-1e6, 1e6)), min_size=1, max_size=40))
def test_every_group_adds_up_to_its_own_rounded_sum(rows):
    frame = pd.DataFrame(rows, columns=["family", "money"])
    found = rounded_within(frame["money"], [frame["family"]])
    exact = frame.groupby("family")["money"].sum()
    shown = found.groupby(frame["family"]).sum()
    assert np.allclose(shown, exact, atol=0.005 + 1e-6)
    assert np.allclose(found * 100, np.rint(found * 100), atol=1e-6)


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_a_missing_amount_is_refused(wrong):
    with pytest.raises(InputError, match="revenue must be a number"):
        cents("revenue", [1.0, wrong])


def test_more_than_floats_hold_to_the_cent_is_refused():
    with pytest.raises(InputError, match="plan in thousands"):
        cents("revenue", [1e14])


def test_halves_as_written_go_to_the_even_cent():
    assert cents("x", [0.005, 0.015, 1.115, -0.005]).tolist() == [0, 2, 112, 0]


def test_nothing_stays_nothing():
    assert rounded_within(pd.Series([], dtype=float)).empty
