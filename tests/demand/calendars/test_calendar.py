"""Working days, demand per working day, and when it helps."""

from __future__ import annotations

import sys
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop_xl.demand.calendars.calendar import (
    EVERY_DAY,
    MON_FRI,
    day_weights,
    denormalised,
    gone,
    holidays_in,
    normalised,
    trading_day_test,
    weekday_weights,
    working_days,
)
from sop_xl.errors import InputError
from sop_xl.periods import working_days as working_days_of_period

MONTHS = pd.date_range("2015-01-01", periods=60, freq="MS")


def history(values, item="A"):
    columns = {"item": item, "channel": "web", "region": "DE", "period": MONTHS[-len(values) :], "quantity": values}
    return pd.DataFrame(columns)


def test_working_days_agree_with_the_ground_floor():
    got = working_days(MONTHS)
    assert got["working_days"].tolist() == [working_days_of_period(m) for m in MONTHS]
    assert working_days(MONTHS, EVERY_DAY)["working_days"].tolist() == MONTHS.days_in_month.tolist()
    assert working_days(MONTHS[:0]).empty


def test_working_days_leave_out_holidays_and_weigh_weekdays():
    closed = np.array(["2020-01-01", "2020-01-04", "2020-01-06"], dtype="datetime64[D]")  # the 4th is a Saturday
    got = working_days(pd.DatetimeIndex(["2020-01-01"]), (1, 1, 1, 1, 1, 0.5, 0), closed)
    assert got["working_days"].tolist() == [23 - 2 + 0.5 * 3]


def test_public_holidays_of_a_country():
    pytest.importorskip("holidays")
    # Bavaria 2020: New Year, Epiphany and Good Friday are working days' losses of January and April
    closed = holidays_in("DE", [2020], "BY")
    got = working_days(pd.date_range("2020-01-01", periods=4, freq="MS"), closed=closed)
    assert got["working_days"].tolist() == [21, 20, 22, 20]
    with pytest.raises(InputError, match="no public holidays are known for 'XX'"):
        holidays_in("XX", [2020])


def test_without_the_library_the_sentence_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "holidays", None)
    with pytest.raises(InputError, match="holidays of DE need the Python package 'holidays'"):
        holidays_in("DE", [2020])


@pytest.mark.parametrize("week", [(1, 1, 1), (0,) * 7, (1, 1, 1, 1, 1, 1, -1), (np.nan,) * 7])
def test_bad_weeks_are_refused(week):
    with pytest.raises(InputError, match="seven weights of 0 or more"):
        day_weights(date(2020, 1, 1), date(2020, 1, 2), week)


def test_share_of_a_month_that_has_gone():
    assert gone(date(2020, 2, 29)) == 1.0
    assert gone(date(2020, 2, 2), MON_FRI) == 0.0  # the month begins with a weekend
    assert gone(date(2020, 4, 15)) == 0.5
    assert gone(date(2020, 4, 15), MON_FRI) == 11 / 22


def test_weights_of_weekdays_from_orders():
    days = pd.date_range("2020-01-06", periods=70)
    sold = np.select([days.weekday == 5, days.weekday == 6], [5.0, 0.0], 10.0)
    orders = pd.DataFrame({"date": days + pd.Timedelta(hours=9), "quantity": sold})
    got = weekday_weights(orders[orders["quantity"] > 0])
    assert got == pytest.approx(np.array([10, 10, 10, 10, 10, 5, 0]) / (55 / 6))
    with pytest.raises(InputError, match="at least two weeks"):
        weekday_weights(orders.iloc[:5])


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60))
def test_there_and_back_again(values):
    days = working_days(MONTHS)
    frame = history(values)
    again = denormalised(normalised(frame, days), days)
    np.testing.assert_allclose(again["quantity"], frame["quantity"], rtol=1e-12, atol=1e-300)


def test_a_month_without_days_is_unknown_and_a_missing_one_is_named():
    days = working_days(MONTHS).assign(working_days=lambda f: f["working_days"].where(f["period"].ne(MONTHS[-1]), 0.0))
    got = normalised(history([46.0, 5.0]), days)
    assert np.isnan(got["quantity"].iloc[-1])
    with pytest.raises(InputError, match="no working days for 2019-12"):
        normalised(history([46.0, 5.0]), days.iloc[:-1])
    with pytest.raises(InputError, match="working days must be 0 or more, got -1 for 2019-12"):
        normalised(history([1.0]), days.assign(working_days=-1.0))


def simulated(elasticity, noise, seed, series=1, n=60):
    rng = np.random.default_rng(seed)
    days = working_days(MONTHS)["working_days"].to_numpy()[-n:, None]
    walk = np.exp(0.01 * rng.standard_normal((n, series)).cumsum(axis=0))
    season = 1 + 0.3 * np.sin(np.arange(n) * np.pi / 6)[:, None]
    return 1000 * season * walk * (days / 21) ** elasticity * np.exp(noise * rng.standard_normal((n, series)))


def test_days_help_where_demand_comes_by_the_day_and_hardly_ever_where_it_does_not():
    days = working_days(MONTHS)
    for elasticity, least, most in ((1.0, 0.9, 1.0), (0.0, 0.0, 0.02), (0.5, 0.0, 0.12)):
        y = simulated(elasticity, 0.02, 1, 200)
        frame = pd.concat([history(column, f"{i}") for i, column in enumerate(y.T)], ignore_index=True)
        got = trading_day_test(frame, days, by=["item"])
        assert least <= got["helps"].mean() <= most, elasticity
        assert got["elasticity"].mean() == pytest.approx(elasticity, abs=0.05)


def test_a_portfolio_shows_what_its_series_cannot():
    y = simulated(1.0, 0.2, 2, 200)
    frame = pd.concat([history(column, f"{i}") for i, column in enumerate(y.T)], ignore_index=True)
    days = working_days(MONTHS)
    assert trading_day_test(frame, days)["helps"].tolist() == [True]
    assert trading_day_test(frame, days, by=["item"])["helps"].mean() < 0.5
    by_channel = trading_day_test(frame, days, by=["channel"])
    assert by_channel[["channel", "months", "helps"]].to_numpy().tolist() == [["web", 60, True]]


def test_too_short_or_empty_months_prove_nothing():
    days = working_days(MONTHS)
    short = history(simulated(1.0, 0.01, 3)[-30:, 0])
    gap = history(np.where(np.arange(60) == 7, 0.0, simulated(1.0, 0.01, 4)[:, 0]))
    for frame in (short, gap):
        got = trading_day_test(frame, days)
        assert got["helps"].tolist() == [False]
        assert got["elasticity"].isna().all()
    assert trading_day_test(short, days.assign(working_days=20.0))["helps"].tolist() == [False]
