"""Forecast consumed by orders: published cases and the identities that keep demand from being planned twice."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop_xl.demand.agreement.consumption import (
    COLUMNS,
    consume,
    consumed,
    greater_of_forecast_and_orders,
    percent_reduction,
)
from sop_xl.errors import InputError

MONTHS = pd.date_range("2020-01-01", periods=5, freq="MS")


def rows(quantities, item="A", first=0, **more):
    key = {"item": item, "channel": "web", "region": "DE"}
    months = pd.date_range(MONTHS[0] + pd.DateOffset(months=first), periods=len(quantities), freq="MS")
    return pd.DataFrame({**key, "period": months, "quantity": np.asarray(quantities, dtype=float), **more})


def test_reduction_keys_of_dynamics():
    # Microsoft, Dynamics AX 2012, "Example: use reduction keys": 1,000 a month from January
    forecast, orders = rows([1000] * 5), rows([956, 1176, 451, 119])
    got = percent_reduction(forecast, orders)
    assert got["net"].tolist() == [0, 250, 500, 750, 1000]
    assert got["total"].tolist() == [956, 1426, 951, 869, 1000]
    assert consume(forecast, orders, early=0, late=0)["net"].tolist() == [44, 0, 549, 881, 1000]


def test_own_period_first_then_back_then_forward():
    forecast = rows([50, 50, 50, 50, 50])
    got = consume(forecast, rows([0, 0, 120, 0, 0]), early=1, late=1)
    assert got["consumed"].tolist() == [0, 50, 50, 20, 0]
    assert got["unmatched"].sum() == 0
    assert consume(forecast, rows([0, 0, 180, 0, 0]), early=1, late=1)["unmatched"].tolist() == [0, 0, 30, 0, 0]
    assert consume(forecast, rows([0, 0, 120, 0, 0]), early=2, late=0)["consumed"].tolist() == [20, 50, 50, 0, 0]
    # an order of its own month goes before one that looks for more
    assert consume(forecast, rows([80, 50, 0, 0, 0]), early=0, late=2)["consumed"].tolist() == [50, 50, 30, 0, 0]


@st.composite
def cases(draw):
    shape = (draw(st.integers(1, 4)), draw(st.integers(1, 6)))
    numbers = st.lists(st.integers(0, 200), min_size=shape[0] * shape[1], max_size=shape[0] * shape[1])
    plan, orders = (np.array(draw(numbers), dtype=float).reshape(shape) for _ in range(2))
    return plan, orders, draw(st.integers(0, 7)), draw(st.integers(0, 7))


@given(cases())
def test_no_order_counts_twice_and_nothing_is_negative(case):
    plan, orders, early, late = case
    used, matched = consumed(plan, orders, early, late)
    assert used.sum(axis=1) == pytest.approx(matched.sum(axis=1))
    for part, whole in ((used, plan), (matched, orders)):
        assert ((part >= 0) & (part <= whole)).all()
    total = orders + plan - used
    assert (total >= orders).all()
    assert (total.sum(axis=1) >= np.maximum(plan.sum(axis=1), orders.sum(axis=1))).all()
    # no forecast is left within reach of an order that found none
    for s, d in np.argwhere(orders - matched > 0):
        assert (plan - used)[s, max(d - early, 0) : d + late + 1].sum() == 0
    one, _ = consumed(plan[0], orders[0], early, late)
    assert (one == used[0]).all()


@given(cases())
def test_wide_windows_leave_the_greater_of_the_sums(case):
    plan, orders, _, _ = case
    used, _ = consumed(plan, orders, 9, 9)
    assert (plan - used).sum(axis=1) == pytest.approx(np.maximum(plan.sum(axis=1) - orders.sum(axis=1), 0))


def test_abnormal_orders_come_on_top():
    got = consume(rows([100, 100]), pd.concat([rows([30, 0]), rows([500], abnormal=True)]), early=0, late=0)
    assert got.iloc[0].loc[["orders", "abnormal", "net", "total"]].tolist() == [30, 500, 70, 600]
    blank = rows([30]).assign(abnormal=[None])
    assert consume(rows([100]), blank)["net"].tolist() == [70]


def test_overdue_late_and_unknown_orders_are_not_lost():
    orders = pd.concat([rows([7, 5], first=-2), rows([40], first=5), rows([9], item="N")])
    got = consume(rows([100] * 5), orders, early=1)
    assert list(got.columns) == list(COLUMNS)
    known, new = got[got["item"].eq("A")], got[got["item"].eq("N")]
    assert known["overdue"].tolist() == [12, 0, 0, 0, 0, 0]
    assert known["consumed"].tolist() == [0, 0, 0, 0, 40, 0]  # an order beyond the horizon uses its last month
    assert known["total"].tolist() == [112, 100, 100, 100, 60, 40]
    assert new["total"].tolist() == [9, 0, 0, 0, 0, 0]
    assert new["unmatched"].tolist() == [9, 0, 0, 0, 0, 0]
    assert got["total"].sum() == 500 + 12 + 9


def test_series_keep_apart_and_orders_of_a_month_are_summed():
    forecast = pd.concat([rows([10, 10]), rows([20, 20], item="B")])
    got = consume(forecast, pd.concat([rows([4]), rows([5])]), early=0, late=0).set_index(["item", "period"])
    assert got.loc["A", "net"].tolist() == [1, 10]
    assert got.loc["B", "net"].tolist() == [20, 20]


def test_greater_of_forecast_and_orders_inside_the_fence():
    got = greater_of_forecast_and_orders(rows([100, 100, 100]), rows([130, 60, 130]), fence=2)
    assert got["total"].tolist() == [130, 100, 100]
    assert got["unmatched"].tolist() == [30, 0, 30]
    assert greater_of_forecast_and_orders(rows([100]), rows([130]), fence=0)["total"].tolist() == [100]


def test_what_cannot_be_consumed_is_said():
    with pytest.raises(InputError, match="order of A, web, DE must be 0 or more units, got -3"):
        consume(rows([1]), rows([-3]))
    with pytest.raises(InputError, match="forecast of A, web, DE must be 0 or more units, got -1"):
        consume(rows([-1]), rows([3]))
    with pytest.raises(InputError, match="orders lack the columns period"):
        consume(rows([1]), rows([3]).drop(columns="period"))
    with pytest.raises(InputError, match="no forecast to be consumed"):
        consume(rows([]), rows([3]))
    with pytest.raises(InputError, match="window early must be a whole number of periods from 0, got -1"):
        consumed([1], [1], early=-1)
    with pytest.raises(InputError, match="one shape"):
        consumed([1], [1, 2])
    with pytest.raises(InputError, match="shares between 0 and 1"):
        percent_reduction(rows([1]), rows([1]), key=(1.5,))
    with pytest.raises(InputError, match="fence must be a whole number"):
        greater_of_forecast_and_orders(rows([1]), rows([1]), fence=-1)
    with pytest.raises(InputError, match="0 or more in every period"):
        consumed([np.nan], [1])
