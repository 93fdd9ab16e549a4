"""The periods of a history: which regular steps its dates make, what number each has, and which dates come next.

Times are whole numbers: nanoseconds since 1970 for dates, or the period numbers themselves. A calendar gives every
time a running number, so that the mathematics counts periods and never looks at a date. What is recognised, in
this order: months and their multiples (first day, last day, or any day up to the 28th), business days, regular steps
(weeks, days, hours), fiscal periods of four and five weeks (4-4-5 and its kin, 13 periods of four weeks), and bare
period numbers.

References:
    [1] Hyndman, Athanasopoulos (2021), Forecasting: Principles and Practice, 3rd ed., section 2.1 (seasonal periods).

"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sop_xl.errors import InputError

Ints = NDArray[np.int64]
Said = Callable[[int], str]
"""A row named for a sentence: `series 'A' has ds = 2020-01-15`."""

DAY = 86_400_000_000_000
HOUR = 3_600_000_000_000
"""Nanoseconds."""

LAST_YEAR = 2261
"""Dates are kept to the nanosecond, which ends in the year after this."""

FULLEST = 5
"""Days or weeks are mixed with longer periods where a series has under one in so many of them."""

TELLING = 4
"""Steps of a series from which its own frequency is believed."""

_MONDAY = 3  # 1970-01-01, day 0, was a Thursday


class Calendar(Protocol):
    """Regular periods, numbered."""

    @property
    def seasons(self) -> tuple[int, ...]:
        """The usual seasons of such periods, the main one first; (1,) where none is usual [periods]."""

    def number(self, times: Ints) -> Ints:
        """Running number of each period."""

    def stamp(self, number: Ints) -> pd.DatetimeIndex | Ints:
        """Date, or period number, of each running number."""


@dataclass(frozen=True)
class Months:
    """Periods of `months` months, dated on one `day` of the month; day 0 is the last.

    Months repeat after a year, or after a quarter where customers order to their quarters; quarters after a year.

    >>> Months(3, 1, 2020 * 12).stamp(np.array([0, 1]))
    DatetimeIndex(['2020-01-01', '2020-04-01'], dtype='datetime64[ns]', freq=None)
    """

    months: int
    day: int
    origin: int

    @property
    def seasons(self) -> tuple[int, ...]:
        """A year, and for months a quarter."""
        return (12, 3) if self.months == 1 else (12 // self.months,)

    def number(self, times: Ints) -> Ints:
        """Periods since the origin."""
        return np.asarray((month_of(times) - self.origin) // self.months, dtype=np.int64)

    def stamp(self, number: Ints) -> pd.DatetimeIndex:
        """The day of the period's first month."""
        month = self.origin + number * self.months + (0 if self.day else 1) - 1970 * 12
        _refuse_beyond(int(month.max(initial=0)) // 12 + 1970)
        days = month.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) + self.day - 1
        return pd.DatetimeIndex((days * DAY).view("datetime64[ns]"))


@dataclass(frozen=True)
class Steps:
    """Periods of `step` nanoseconds.

    Weeks repeat after 52, periods of four weeks after 13, days after a week, hours after a day.
    """

    step: int
    origin: int

    @property
    def seasons(self) -> tuple[int, ...]:
        """By the length of the step."""
        return {28 * DAY: (13,), 7 * DAY: (52,), DAY: (7,), HOUR: (24,)}.get(self.step, (1,))

    def number(self, times: Ints) -> Ints:
        """Steps since the origin."""
        return np.asarray((times - self.origin) // self.step, dtype=np.int64)

    def stamp(self, number: Ints) -> pd.DatetimeIndex:
        """The date so many steps on."""
        _refuse_beyond(1970 + (self.origin + int(number.max(initial=0)) * self.step) // (366 * DAY))
        return pd.DatetimeIndex((self.origin + number * self.step).view("datetime64[ns]"))


@dataclass(frozen=True)
class BusinessDays:
    """Mondays to Fridays at one time of the day, which repeat after a week of five.

    >>> friday = np.array([pd.Timestamp("2024-03-01").value])
    >>> week = BusinessDays(0)
    >>> week.stamp(week.number(friday) + 1)
    DatetimeIndex(['2024-03-04'], dtype='datetime64[ns]', freq=None)
    """

    time_of_day: int

    @property
    def seasons(self) -> tuple[int, ...]:
        """A working week."""
        return (5,)

    def number(self, times: Ints) -> Ints:
        """Business days since Monday 29 December 1969."""
        week, weekday = np.divmod(times // DAY + _MONDAY, 7)
        return np.asarray(week * 5 + weekday, dtype=np.int64)

    def stamp(self, number: Ints) -> pd.DatetimeIndex:
        """The business day of that number."""
        week, weekday = np.divmod(number, 5)
        days = week * 7 + weekday - _MONDAY
        _refuse_beyond(1970 + int(days.max(initial=0)) // 366)
        return pd.DatetimeIndex((days * DAY + self.time_of_day).view("datetime64[ns]"))


@dataclass(frozen=True, eq=False)
class FiscalPeriods:
    """Periods of four or five weeks by the dates they start (or end) on, such as 4-4-5.

    Later periods repeat the quarter's pattern; a 53rd week to come cannot be known from the past.
    """

    starts: Ints

    @property
    def seasons(self) -> tuple[int, ...]:
        """Twelve periods, or thirteen where (nearly) all have four weeks."""
        return (12, 3) if (np.diff(self.starts) > 28 * DAY).mean() > 1 / 6 else (13,)

    def number(self, times: Ints) -> Ints:
        """Place among the starts, those still to come included."""
        further = max(0, (int(times.max(initial=0)) - int(self.starts[-1])) // (28 * DAY) + 1)
        return np.searchsorted(self._and_later(further), times).astype(np.int64)

    def stamp(self, number: Ints) -> pd.DatetimeIndex:
        """The start of that number, by the usual pattern where it is still to come."""
        further = max(0, int(number.max(initial=0)) + 1 - len(self.starts))
        return pd.DatetimeIndex(self._and_later(further)[number].view("datetime64[ns]"))

    def _and_later(self, further: int) -> Ints:
        """The starts and so many more."""
        long = np.diff(self.starts) > 28 * DAY
        usual = [bool(len(long[place::3])) and long[place::3].mean() > 1 / 2 for place in range(3)]
        known = len(self.starts)
        steps = np.array([35 if usual[place % 3] else 28 for place in range(known - 1, known - 1 + further)])
        _refuse_beyond(1970 + (int(self.starts[-1]) // DAY + int(steps.sum())) // 366)
        return np.concatenate([self.starts, self.starts[-1] + np.cumsum(steps, dtype=np.int64) * DAY])


@dataclass(frozen=True)
class PeriodNumbers:
    """Bare whole numbers, `step` apart, such as weeks 1 to 150; no season is usual for them.

    >>> PeriodNumbers(1, 1).stamp(np.array([150, 151]))
    array([151, 152])
    """

    step: int
    origin: int

    @property
    def seasons(self) -> tuple[int, ...]:
        """None is usual."""
        return (1,)

    def number(self, times: Ints) -> Ints:
        """Steps since the origin."""
        return np.asarray((times - self.origin) // self.step, dtype=np.int64)

    def stamp(self, number: Ints) -> Ints:
        """The period number so many steps on."""
        return np.asarray(self.origin + number * self.step, dtype=np.int64)


def month_of(times: Ints) -> Ints:
    """Months since year 0 of each date."""
    days = (times // DAY).view("datetime64[D]")
    return np.asarray(days.astype("datetime64[M]").astype(np.int64) + 1970 * 12, dtype=np.int64)


def infer_calendar(ids: Ints, times: Ints, said: Said, *, dated: bool) -> Calendar:
    """The calendar on which all series lie; monthly where days cannot tell.

    Parameters
    ----------
    ids, times
        series and time of each row, rows sorted by both, shapes (rows,)
    said
        names a row for a sentence
    dated
        whether times are dates, not period numbers

    Raises
    ------
    InputError : periods that are not regular, with the first row that is off.

    >>> weekly = pd.date_range("2024-01-01", periods=3, freq="W-MON").as_unit("ns").asi8
    >>> infer_calendar(np.zeros(3, dtype=int), weekly, str, dated=True).seasons
    (52,)

    """
    same = ids[1:] == ids[:-1]
    step = int(np.diff(times)[same].min(initial=2**62))
    alone = step == 2**62
    if not dated:
        numbered = PeriodNumbers(1 if alone else step, int(times.min()))
        return _same_for_all(numbered, numbered.step, ids, times, said)
    codes, distinct = pd.factorize(times)
    if not (distinct % DAY).any():
        months = _months(codes, np.asarray(distinct), same, said)
        if months is not None:
            return _same_for_all(months, 1, ids, times, said)
    if alone:
        raise InputError(f"{said(0)} and no second row: one value a series does not tell the length of a period")
    if step == DAY and _only_business_days(np.asarray(distinct), times, same):
        return _same_for_all(BusinessDays(int(times[0] % DAY)), 1, ids, times, said)
    starts = np.sort(distinct)
    lengths = np.diff(starts)
    if len(lengths) > 2 and np.isin(lengths, (28 * DAY, 35 * DAY)).all() and (lengths != lengths[0]).any():
        return FiscalPeriods(starts)
    return _same_for_all(Steps(step, int(times.min())), step, ids, times, said)


def _months(codes: NDArray[np.intp], distinct: Ints, same: NDArray[np.bool_], said: Said) -> Months | None:
    """Months, quarters or years, where all dates share a day of the month."""
    days = distinct // DAY
    month = month_of(distinct)
    first = (month - 1970 * 12).view("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    day = days - first + 1
    at_end = month_of((days + 1) * DAY) > month
    if at_end.all():
        on = 0
    elif (day == day[0]).all() and (day[0] == 1 or (day[0] <= 28 and same.any())):
        on = int(day[0])
    else:
        for usual in (day == 1, at_end):
            _refuse_off(~usual[codes] & (3 * np.count_nonzero(usual) > 2 * len(usual)), "a month", said)
        return None
    of_row = month[codes]
    steps = np.diff(of_row)[same]
    origin = int(month.min())
    if len(steps) > 2:
        for months in (12, 6, 4, 3, 2):
            if (steps % months == 0).all() and 2 * np.count_nonzero(steps == months) >= len(steps):
                _refuse_off((of_row - origin) % months != 0, f"{months} months", said)
                return Months(months, on, origin)
    return Months(1, on, origin)


def _only_business_days(distinct: Ints, times: Ints, same: NDArray[np.bool_]) -> bool:
    """Days of the week only, and a weekend left out between two of a series' rows."""
    if (distinct % DAY != distinct[0] % DAY).any() or ((distinct // DAY + _MONDAY) % 7 > 4).any():
        return False
    over_weekend = (np.diff(times) == 3 * DAY) & ((times[1:] // DAY + _MONDAY) % 7 == 0)
    return bool((over_weekend & same).any())


def _same_for_all(calendar: Calendar, step: int, ids: Ints, times: Ints, said: Said) -> Calendar:
    """Refuse a row beside the calendar, and a series whose own shortest step is longer."""
    number = calendar.number(times)
    if not isinstance(calendar, BusinessDays | Months):
        _refuse_off((times - times.min()) % step != 0, _length(calendar), said)
    steps, to = np.diff(number), np.flatnonzero(ids[1:] == ids[:-1])
    if len(to) and (steps[to] > 1).any():
        begins = np.flatnonzero(np.r_[True, np.diff(ids[to]) != 0])
        shortest = np.minimum.reduceat(steps[to], begins)
        many = np.diff(np.r_[begins, len(to)]) >= TELLING
        wrong = (shortest > 1) & many
        if isinstance(calendar, Months):  # an item sold now and then is no quarterly series
            each = np.repeat(shortest, np.diff(np.r_[begins, len(to)]))
            uneven = np.add.reduceat((steps[to] % each != 0).astype(int), begins)
            usual = np.add.reduceat((steps[to] == each).astype(int), begins)
            wrong &= (uneven == 0) & (4 * usual >= 3 * np.diff(np.r_[begins, len(to)]))
        wrong = np.flatnonzero(wrong)
        if len(wrong):
            row = int(to[begins[wrong[0]]]) + 1
            raise InputError(
                f"history mixes frequencies: {said(row)}, and its shortest step is {shortest[wrong[0]]} periods of the "
                f"others ({_length(calendar)}); forecast it on its own"
            )
        if isinstance(calendar, Steps | BusinessDays):
            known, span = np.diff(np.r_[begins, len(to)]) + 1, np.add.reduceat(steps[to], begins) + 1
            thin = np.flatnonzero((span > FULLEST * known) & (known > TELLING))
            if len(thin):
                row = int(to[begins[thin[0]]]) + 1
                raise InputError(
                    f"history mixes frequencies: {said(row)}, and its series has {known[thin[0]]} of {span[thin[0]]} "
                    f"periods ({_length(calendar)}); write 0 where nothing was sold, or use longer periods"
                )
    return calendar


def _refuse_off(off: NDArray[np.bool_], length: str, said: Said) -> None:
    if off.any():
        raise InputError(
            f"history mixes frequencies: {said(int(off.argmax()))}, off the others; every series must have the same "
            f"regular periods, and the shortest step is {length} (months are dated by their first or last day)"
        )


def _length(calendar: Calendar) -> str:
    if isinstance(calendar, Steps):
        return str(pd.Timedelta(calendar.step, unit="ns"))
    if isinstance(calendar, Months):
        return "1 month" if calendar.months == 1 else f"{calendar.months} months"
    return "1 business day" if isinstance(calendar, BusinessDays) else f"{getattr(calendar, 'step', 1)}"


def _refuse_beyond(year: int) -> None:
    if year > LAST_YEAR:
        raise InputError(f"the forecast would reach the year {year}; dates end with {LAST_YEAR}; shorten the horizon")
