"""Fiscal months of whole weeks (4-4-5 and its kin), and plans moved between months, weeks and fiscal months by days.

References:
    [1] National Retail Federation, 4-5-4 calendar.
    [2] United States Code of Federal Regulations, title 26, section 1.441-2, 52-53-week taxable years.

"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd

from sop_xl.demand.calendars.calendar import EVERY_DAY, Days, day_weights
from sop_xl.demand.forecasting.smoothing import Floats
from sop_xl.errors import InputError

PATTERNS = {"4-4-5": (4, 4, 5), "4-5-4": (4, 5, 4), "5-4-4": (5, 4, 4)}
"""Weeks of the three fiscal months of a quarter."""

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def year_end_last(year: int, month: int, weekday: str) -> date:
    """The last such weekday of a month: the end of a fiscal year, first rule of [2].

    >>> year_end_last(2023, 9, "Saturday").isoformat()
    '2023-09-30'
    """
    last = _month_end(year, month)
    return last - timedelta(days=(last.weekday() - _number(weekday)) % 7)


def year_end_nearest(year: int, month: int, weekday: str) -> date:
    """Such a weekday nearest to the end of a month: the end of a fiscal year, second rule of [2]; retailers' rule [1].

    >>> year_end_nearest(2024, 1, "Saturday").isoformat()
    '2024-02-03'
    """
    last = _month_end(year, month)
    back = (last.weekday() - _number(weekday)) % 7
    return last - timedelta(days=back) if back <= 3 else last + timedelta(days=7 - back)


YEAR_ENDS = {"last": year_end_last, "nearest": year_end_nearest}
"""The two rules by name."""


def fiscal_calendar(
    first: int,
    last: int,
    pattern: str = "4-4-5",
    *,
    month: int = 12,
    weekday: str = "Saturday",
    rule: str = "last",
) -> pd.DataFrame:
    """Fiscal months of whole weeks, the 53rd week of a long year in its last month.

    Parameters
    ----------
    first, last
        calendar years in which the fiscal years end, both included
    pattern
        a name of `PATTERNS`
    month
        month at whose end the fiscal year ends, 1 to 12
    weekday
        weekday on which it ends
    rule
        a name of `YEAR_ENDS`

    Returns `ends_in` (calendar year the fiscal year ends in), `number` 1 to 12, `start`, `end`, `weeks`, `days`.

    >>> year = fiscal_calendar(2018, 2018, "4-5-4", month=1, rule="nearest")
    >>> year["weeks"].tolist(), year["start"].iloc[0].date().isoformat(), year["end"].iloc[-1].date().isoformat()
    ([4, 5, 4, 4, 5, 4, 4, 5, 4, 4, 5, 5], '2017-01-29', '2018-02-03')

    """
    if pattern not in PATTERNS:
        raise InputError(f"a fiscal pattern is one of {', '.join(PATTERNS)}, got {pattern!r}")
    if rule not in YEAR_ENDS:
        raise InputError(f"a fiscal year ends on the weekday that is {' or '.join(YEAR_ENDS)}, got {rule!r}")
    if last < first:
        raise InputError(f"the last fiscal year must not be before the first, got {first} to {last}")
    parts = []
    for year in range(first, last + 1):
        before, end = YEAR_ENDS[rule](year - 1, month, weekday), YEAR_ENDS[rule](year, month, weekday)
        weeks = np.array(PATTERNS[pattern] * 4)
        weeks[-1] += (end - before).days // 7 - 52
        ends = np.datetime64(before, "D") + 7 * np.cumsum(weeks)
        frame = {"ends_in": year, "number": np.arange(1, 13), "start": ends - 7 * weeks + 1, "end": ends}
        parts.append(pd.DataFrame(frame | {"weeks": weeks, "days": 7 * weeks}))
    out = pd.concat(parts, ignore_index=True)
    return out.astype({"start": "datetime64[ns]", "end": "datetime64[ns]"})


def to_weeks(
    plan: pd.DataFrame, week: Sequence[float] = EVERY_DAY, closed: Days | None = None, decimals: int | None = None
) -> pd.DataFrame:
    """Split months into weeks by the days they share; the weeks of a series sum to its months.

    Parameters
    ----------
    plan
        `period` (first of a month), `quantity` [units], and the columns that name the series
    week
        weight of each weekday from Monday on [days]
    closed
        days that count nothing
    decimals
        places to round to so that the sum stays exact; none is no rounding

    Returns the same columns, `period` the Monday of the week. A week on the border of two months holds days of both;
    the first and the last week hold only the days inside the plan. A month without working days is split evenly.

    >>> march = pd.DataFrame({"item": "A", "period": [pd.Timestamp("2021-03-01")], "quantity": [31.0]})
    >>> to_weeks(march)["quantity"].round(6).tolist()
    [7.0, 7.0, 7.0, 7.0, 3.0]

    """
    _need(plan)
    starts = pd.DatetimeIndex(plan["period"].unique()).sort_values()
    wrong = starts[starts.day != 1]
    if len(wrong):
        raise InputError(f"a month begins on its first day, got {wrong[0]:%Y-%m-%d}")
    days = _days(starts, starts + pd.offsets.MonthEnd(0), week, closed)
    monday = days["day"] - pd.to_timedelta(days["day"].dt.weekday, unit="D")
    return _split(plan, days.assign(target=monday), decimals)


def to_months(
    plan: pd.DataFrame, week: Sequence[float] = EVERY_DAY, closed: Days | None = None, decimals: int | None = None
) -> pd.DataFrame:
    """Split weeks into months by the days they share; the months of a series sum to its weeks.

    Parameters
    ----------
    plan
        `period` (first day of a week, whichever weekday), `quantity` [units], and the columns that name the series
    week, closed, decimals
        as in `to_weeks`

    Returns the same columns, `period` the first of the month.

    >>> weeks = pd.DataFrame({"period": pd.to_datetime(["2021-03-22", "2021-03-29"]), "quantity": [70.0, 70.0]})
    >>> to_months(weeks)["quantity"].round(6).tolist()
    [100.0, 40.0]

    """
    _need(plan)
    starts = pd.DatetimeIndex(plan["period"].unique()).sort_values()
    days = _days(starts, starts + pd.Timedelta(days=6), week, closed)
    return _split(plan, days.assign(target=days["day"].dt.to_period("M").dt.to_timestamp()), decimals)


def to_fiscal(
    plan: pd.DataFrame,
    calendar: pd.DataFrame,
    week: Sequence[float] = EVERY_DAY,
    closed: Days | None = None,
    decimals: int | None = None,
) -> pd.DataFrame:
    """Split calendar months into fiscal months by the days they share.

    Parameters
    ----------
    plan
        `period` (first of a month), `quantity` [units], and the columns that name the series
    calendar
        of `fiscal_calendar`, covering the plan
    week, closed, decimals
        as in `to_weeks`

    Returns the same columns, `period` the first day of the fiscal month.

    >>> year = fiscal_calendar(2021, 2021, month=12)
    >>> march = pd.DataFrame({"period": [pd.Timestamp("2021-03-01")], "quantity": [31.0]})
    >>> got = to_fiscal(march, year)
    >>> got["period"].dt.strftime("%m-%d").tolist(), got["quantity"].round(6).tolist()
    (['02-21', '03-28'], [27.0, 4.0])

    """
    _need(plan)
    starts = pd.DatetimeIndex(plan["period"].unique()).sort_values()
    days = _days(starts, starts + pd.offsets.MonthEnd(0), week, closed)
    place = np.searchsorted(calendar["start"].to_numpy(), days["day"].to_numpy(), side="right") - 1
    within = (place >= 0) & (days["day"].to_numpy() <= calendar["end"].to_numpy()[np.maximum(place, 0)])
    if not within.all():
        raise InputError(f"the fiscal calendar does not hold {days['day'][~within].iloc[0]:%Y-%m-%d}")
    return _split(plan, days.assign(target=calendar["start"].to_numpy()[place]), decimals)


def _days(starts: pd.DatetimeIndex, ends: pd.DatetimeIndex, week: Sequence[float], closed: Days | None) -> pd.DataFrame:
    """Every day of the buckets: `source` (its bucket's start), `day`, `weight`."""
    if not len(starts):
        return pd.DataFrame({"source": starts, "day": starts, "weight": np.empty(0)})
    if (starts[1:] <= ends[:-1]).any():
        raise InputError(
            f"buckets must not overlap, but one begins on {starts[1:][starts[1:] <= ends[:-1]][0]:%Y-%m-%d}"
        )
    weight = day_weights(starts[0].date(), ends[-1].date(), week, closed)
    place = np.searchsorted(starts.to_numpy(), weight.index.to_numpy(), side="right") - 1
    days = pd.DataFrame({"source": starts[place], "day": weight.index, "weight": weight.to_numpy()})
    days = days[weight.index <= ends[place]].reset_index(drop=True)
    total = days.groupby("source")["weight"].transform("sum")
    return days.assign(weight=days["weight"].where(total > 0, 1.0))


def _split(plan: pd.DataFrame, days: pd.DataFrame, decimals: int | None) -> pd.DataFrame:
    """Each row's quantity over the targets of its bucket, by weight; parts are steps of the running total."""
    pieces = days.groupby(["source", "target"], as_index=False)["weight"].sum()
    pieces["upto"] = pieces.groupby("source")["weight"].cumsum()
    pieces["upto"] /= pieces.groupby("source")["upto"].transform("last")
    pieces["from"] = pieces.groupby("source")["upto"].shift().fillna(0.0)
    columns = list(plan.columns)
    rows = plan.merge(pieces[["source", "target", "from", "upto"]], left_on="period", right_on="source", how="left")
    quantity = rows["quantity"].to_numpy(dtype=float)
    rows["quantity"] = _rounded(quantity * rows["upto"], decimals) - _rounded(quantity * rows["from"], decimals)
    keys = [c for c in columns if c not in {"period", "quantity"}]
    rows = rows.drop(columns="period").rename(columns={"target": "period"})
    sums = rows.groupby([*keys, "period"], sort=True, dropna=False)["quantity"].sum(min_count=1)
    out = sums.reset_index()
    if decimals is not None:
        out["quantity"] = out["quantity"].round(decimals)
    whole: pd.DataFrame = out[columns]
    return whole


def _rounded(values: pd.Series, decimals: int | None) -> Floats:
    exact = values.to_numpy(dtype=float)
    return exact if decimals is None else np.round(exact, decimals)


def _month_end(year: int, month: int) -> date:
    if not (1 <= month <= 12 and 1900 <= year <= 2200):
        raise InputError(f"a fiscal year ends in a month 1 to 12 of a year 1900 to 2200, got {month} of {year}")
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def _number(weekday: str) -> int:
    if weekday not in WEEKDAYS:
        raise InputError(f"a weekday is one of {', '.join(WEEKDAYS)}, got {weekday!r}")
    return WEEKDAYS.index(weekday)


def _need(plan: pd.DataFrame) -> None:
    missing = [c for c in ("period", "quantity") if c not in plan.columns]
    if missing:
        raise InputError(f"the plan lacks the columns {', '.join(missing)}")
