import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sop_xl.errors import InputError
from sop_xl.inventory.excess import excess, obsolete
from sop_xl.inventory.projection import days_of_supply, projected_stock

amounts = arrays(float, (3, 6), elements=st.floats(0, 1000))


@given(opening=arrays(float, 3, elements=st.floats(0, 1000)), receipts=amounts, demand=amounts)
def test_the_balance_closes_in_every_period(opening, receipts, demand):
    stock = projected_stock(opening, receipts, demand)
    before = np.column_stack([opening, stock[:, :-1]])
    assert np.allclose(stock, before + receipts - demand)


@given(stock=amounts, demand=arrays(float, (3, 6), elements=st.floats(0.5, 1000)))
def test_days_of_supply_is_what_walking_forward_counts(stock, demand):
    days = np.array([31.0, 30, 31, 30, 31, 31])
    found = days_of_supply(stock, demand, days)
    for row in range(3):
        for period in range(6):
            left, count = stock[row, period], 0.0
            for later in range(period + 1, 6):
                part = min(left / demand[row, later], 1.0)
                count += part * days[later]
                left -= part * demand[row, later]
            count += max(left, 0.0) / (demand[row].sum() / days.sum())
            assert found[row, period] == pytest.approx(count, rel=1e-6, abs=1e-6)


def test_months_without_demand_are_covered_while_stock_lasts():
    assert days_of_supply([10, 10, 10, 0], [5, 0, 0, 10], 30).tolist() == [90, 60, 30, 0]


def test_nothing_demanded_lasts_for_ever_and_backlog_covers_nothing():
    assert days_of_supply([10, -5], [0, 0], 30).tolist() == [np.inf, 0]


def test_shapes_and_signs_are_checked():
    with pytest.raises(InputError, match=r"stock has the shape \(2,\), demand \(3,\)"):
        days_of_supply([1, 2], [1, 2, 3], 30)
    with pytest.raises(InputError, match="demand must be 0 or more, got -1"):
        days_of_supply([1], [-1], 30)
    with pytest.raises(InputError, match="receipts have the shape"):
        projected_stock(0, [1], [1, 2])


@given(on_hand=st.floats(0, 1e4), on_order=st.floats(0, 1e4), demand=st.floats(0, 1e4), kept=st.floats(0, 1e4))
def test_excess_is_never_negative_nor_more_than_is_there(on_hand, on_order, demand, kept):
    found = excess(on_hand, on_order, demand, kept)
    assert 0 <= found <= on_hand + on_order
    assert found == 0 or found == pytest.approx(on_hand + on_order - demand - kept)


def test_obsolete_is_stock_nothing_will_use():
    assert obsolete([5, 5, 5], [0, 1, 1], [False, False, True]).tolist() == [5, 0, 5]
    with pytest.raises(InputError, match="stock on hand must be 0 or more"):
        obsolete(-1, 0)
    with pytest.raises(InputError, match="safety stock must be 0 or more"):
        excess(1, 1, 1, -1)
