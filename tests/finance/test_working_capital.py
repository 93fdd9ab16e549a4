"""Balances and cash of a plan tie."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_xl.errors import InputError
from sop_xl.finance.working_capital import PaymentTerms, outstanding, paid, working_capital

PERIODS = pd.date_range("2021-01-01", periods=6, freq="MS")
DAYS = PERIODS.days_in_month.to_numpy(dtype=float)
flows = st.lists(st.floats(0, 1e7), min_size=6, max_size=6)
days = st.floats(0, 400)


@settings(deadline=None)
@given(flows, days, st.floats(0, 1e7))
def test_paid_and_open_tie_in_every_month(flow, wait, before):
    left, came = outstanding(flow, wait, DAYS, before), paid(flow, wait, DAYS, before)
    opening = before * wait / DAYS[0]
    assert np.allclose(np.cumsum(flow) + opening - np.cumsum(came), left, atol=1e-3)
    assert (came >= -1e-6).all()


def test_no_days_are_cash_and_a_whole_month_is_one_month_later():
    flow = [100.0, 200.0, 300.0]
    assert paid(flow, 0, [30, 30, 30]).tolist() == flow
    assert paid(flow, 30, [30, 30, 30], before=50.0).tolist() == [50.0, 100.0, 200.0]
    assert outstanding(flow, 30, [30, 30, 30]).tolist() == flow


def test_a_steady_flow_leaves_days_of_it_open():
    assert np.allclose(outstanding(DAYS * 10, 45, DAYS), 450.0)


def test_many_flows_at_once_are_each_by_itself():
    panel = np.arange(12.0).reshape(2, 6)
    both = paid(panel, 50, DAYS)
    assert np.allclose(both, [paid(row, 50, DAYS) for row in panel])


@settings(deadline=None)
@given(flows, flows, flows, days, days, st.floats(0, 1e6))
def test_cash_is_profit_less_the_rise_of_receivables_plus_that_of_payables(sold, bought, stock, dso, dpo, wages):
    months = working_capital(sold, bought, stock, PaymentTerms(dso, dpo), PERIODS, other_outlays=wages).months
    assert np.allclose(months["working capital"], months["stock"] + months["receivables"] - months["payables"])
    profit = np.array(sold) - np.array(bought) - wages
    rise = months["receivables"].diff() - months["payables"].diff()
    assert np.allclose(months["cash"][1:], (profit - rise)[1:], atol=1e-2)
    assert np.allclose(months["running cash"], months["cash"].cumsum(), atol=1e-2)


def test_cash_conversion_is_stock_days_and_customers_less_suppliers():
    # Richards and Laughlin: inventory conversion + receivables conversion - payables deferral
    found = working_capital(DAYS * 20, DAYS * 10, 500.0, PaymentTerms(40, 30), PERIODS)
    assert found.cash_conversion_days == pytest.approx(50 + 40 - 30)
    assert np.isnan(working_capital(DAYS, 0.0, 500.0, PaymentTerms(1, 1), PERIODS).cash_conversion_days)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: PaymentTerms(30, float("nan")), "supplier days must be 0 or more, got nan"),
        (lambda: outstanding([1.0], -5, [30]), "days to payment must be 0 or more, got -5"),
        (lambda: outstanding([1.0, 2.0], 5, [30]), "2 months of money need as many lengths, got 1"),
        (lambda: outstanding([1.0], 5, [0]), "a month must have days, got 0"),
        (lambda: outstanding([np.nan], 5, [30]), "an amount of a month is missing"),
        (lambda: working_capital([1.0], 0, 0, PaymentTerms(1, 1), PERIODS), "revenue must have 6 months, got 1"),
        (lambda: working_capital(np.nan, 0, 0, PaymentTerms(1, 1), PERIODS), "revenue must be a number in every month"),
    ],
)
def test_what_cannot_be_reckoned_is_named(call, says):
    with pytest.raises(InputError, match=says):
        call()
