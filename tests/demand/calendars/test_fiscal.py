"""Fiscal months of whole weeks as published, and plans moved between buckets without losing a unit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop_xl.demand.calendars.calendar import MON_FRI
from sop_xl.demand.calendars.fiscal import (
    fiscal_calendar,
    to_fiscal,
    to_months,
    to_weeks,
    year_end_last,
    year_end_nearest,
)
from sop_xl.errors import InputError


def test_retailers_years_of_53_weeks():
    # National Retail Federation: fiscal 2000, 2006, 2012, 2017 and 2023 have 53 weeks; they end early the next year
    year = fiscal_calendar(2001, 2025, "4-5-4", month=1, rule="nearest")
    long = year.groupby("ends_in")["weeks"].sum()
    assert long[long.eq(53)].index.tolist() == [2001, 2007, 2013, 2018, 2024]
    assert set(long) == {52, 53}
    by_year = year.groupby("ends_in")
    assert by_year["start"].min()[2024] == pd.Timestamp("2023-01-29")
    assert by_year["end"].max()[2024] == pd.Timestamp("2024-02-03")


def test_a_year_that_ends_on_the_last_saturday_of_september():
    # Apple Inc., forms 10-K: fiscal years ended on these days; 2017 and 2023 had 53 weeks
    ends = {
        2016: "09-24",
        2017: "09-30",
        2018: "09-29",
        2019: "09-28",
        2020: "09-26",
        2021: "09-25",
        2022: "09-24",
        2023: "09-30",
    }
    for year, day in ends.items():
        assert year_end_last(year, 9, "Saturday").isoformat() == f"{year}-{day}"
    weeks = fiscal_calendar(2017, 2023, month=9).groupby("ends_in")["weeks"].sum()
    assert weeks[weeks.eq(53)].index.tolist() == [2017, 2023]


@given(st.integers(1950, 2100), st.integers(1, 12))
def test_the_nearest_weekday_is_at_most_three_days_away(year, month):
    end = pd.Timestamp(year, month, 1) + pd.offsets.MonthEnd(0)
    got = pd.Timestamp(year_end_nearest(year, month, "Saturday"))
    assert got.day_name() == "Saturday"
    assert abs((got - end).days) <= 3
    assert 0 <= (end - pd.Timestamp(year_end_last(year, month, "Saturday"))).days <= 6


@pytest.mark.parametrize("pattern", ["4-4-5", "4-5-4", "5-4-4"])
def test_fiscal_months_follow_each_other_without_a_gap(pattern):
    year = fiscal_calendar(2010, 2030, pattern, weekday="Sunday")
    assert (year["start"].iloc[1:].to_numpy() == (year["end"] + pd.Timedelta(days=1)).iloc[:-1].to_numpy()).all()
    assert (year["days"] == 7 * year["weeks"]).all()
    assert ((year["end"] - year["start"]).dt.days + 1 == year["days"]).all()
    assert set(year.loc[year["number"].ne(12), "weeks"]) == {4, 5}


def test_bad_fiscal_calendars_are_refused():
    for arguments, says in (
        ({"pattern": "5-5-2"}, "got '5-5-2'"),
        ({"rule": "first"}, "got 'first'"),
        ({"weekday": "Caturday"}, "got 'Caturday'"),
        ({"month": 13}, "got 13 of"),
    ):
        with pytest.raises(InputError, match=says):
            fiscal_calendar(2020, 2020, **arguments)
    with pytest.raises(InputError, match="2021 to 2020"):
        fiscal_calendar(2021, 2020)


whole = st.lists(st.integers(0, 10**6), min_size=1, max_size=24)


@given(whole, st.sampled_from([(1.0,) * 7, MON_FRI, (0.2, 1, 1, 1, 1, 0.5, 0)]))
def test_weeks_sum_to_months_exactly(values, week):
    months = pd.date_range("2020-01-01", periods=len(values), freq="MS")
    plan = pd.concat(
        [pd.DataFrame({"item": i, "period": months, "quantity": np.array(values, dtype=float)}) for i in "AB"]
    )
    weeks = to_weeks(plan, week, decimals=0)
    assert weeks.groupby("item")["quantity"].sum().tolist() == [sum(values)] * 2
    assert (weeks["quantity"] == weeks["quantity"].round()).all()
    assert (weeks["quantity"] >= 0).all()
    assert (weeks["period"].dt.weekday == 0).all()
    back = to_months(weeks, week, decimals=0)
    assert back["quantity"].sum() == 2 * sum(values)
    smooth = to_weeks(plan, week)
    assert smooth["quantity"].sum() == pytest.approx(2 * sum(values))


def test_a_week_on_the_border_holds_days_of_both_months():
    months = pd.to_datetime(["2021-03-01", "2021-04-01"])
    plan = pd.DataFrame({"period": months, "quantity": [31.0, 60.0]})
    got = to_weeks(plan).set_index("period")["quantity"]
    assert got[pd.Timestamp("2021-03-29")] == pytest.approx(3 * 1 + 4 * 2)
    workdays = to_weeks(plan, MON_FRI).set_index("period")["quantity"]
    assert workdays[pd.Timestamp("2021-03-29")] == pytest.approx(3 * 31 / 23 + 2 * 60 / 22)


def test_holidays_take_no_demand_and_a_closed_month_is_split_evenly():
    plan = pd.DataFrame({"period": [pd.Timestamp("2021-03-01")], "quantity": [31.0]})
    closed = np.arange("2021-03-08", "2021-03-15", dtype="datetime64[D]")
    got = to_weeks(plan, closed=closed).set_index("period")["quantity"]
    assert got[pd.Timestamp("2021-03-08")] == 0
    assert got.sum() == pytest.approx(31)
    shut = to_weeks(plan, closed=np.arange("2021-03-01", "2021-04-01", dtype="datetime64[D]"))
    assert shut["quantity"].round(6).tolist() == [7, 7, 7, 7, 3]


def test_fiscal_months_of_a_plan():
    year = fiscal_calendar(2021, 2022)
    plan = pd.DataFrame({"period": pd.date_range("2021-01-01", periods=12, freq="MS"), "quantity": 310.0, "item": "A"})
    got = to_fiscal(plan, year, decimals=0)
    assert list(got.columns) == list(plan.columns)
    assert got["quantity"].sum() == 3720
    with pytest.raises(InputError, match="fiscal calendar does not hold 2023-01-01"):
        to_fiscal(plan.assign(period=plan["period"] + pd.DateOffset(months=18)), year)


def test_bad_buckets_are_refused():
    plan = pd.DataFrame({"period": pd.to_datetime(["2021-03-01", "2021-03-05"]), "quantity": 1.0})
    with pytest.raises(InputError, match="first day, got 2021-03-05"):
        to_weeks(plan)
    with pytest.raises(InputError, match="must not overlap, but one begins on 2021-03-05"):
        to_months(plan)
    with pytest.raises(InputError, match="lacks the columns quantity"):
        to_weeks(plan.drop(columns="quantity"))
    assert to_weeks(plan.iloc[:0]).empty
