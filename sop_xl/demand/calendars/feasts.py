"""Moving feasts: when they fall, and which share of the selling days before them lies in each month.

A feast that is in March one year and in April the next moves demand between months; no season of months can know it.
Its regressor is the share of its window (so many days before it, so many from it on) that a month holds.

References:
    [1] Meeus (1998), Astronomical Algorithms, 2nd ed., chapter 8, date of Easter.
    [2] Reingold, Dershowitz (2018), Calendrical Calculations, 4th ed., chapter 7, the Islamic calendar.
    [3] Hong Kong Observatory, Gregorian-lunar calendar conversion tables.
    [4] Findley, Monsell, Bell, Otto, Chen (1998), New capabilities and methods of the X-12-ARIMA
        seasonal-adjustment program, Journal of Business & Economic Statistics 16, 127-152.

"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pandas as pd

from sop_xl.demand.calendars.calendar import Days
from sop_xl.demand.forecasting.smoothing import Ints
from sop_xl.errors import InputError

Feast = Callable[[Iterable[int]], Days]
"""From years to the days a feast falls on in them."""

LONG_RUN = range(1980, 2061)
"""Years over which the mean share of a month is taken."""

LUNAR_FROM = 1970

_LUNAR = "rhAodwlDsiBqfynFujCrhApdvlEsiBqexmcujDsgzodvlEtiBqfxmcvjCrgyodwlEtiApexmcvkCrgzndwmEtiApexnbujCqgzodw"
"""The Chinese New Year of each year as a letter: a is 20 January, b the 21st, A 15 February."""

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEF"


def easter(years: Iterable[int]) -> Days:
    """Easter Sunday of the Western churches, in any year of the Gregorian calendar: page 67 in [1].

    >>> easter([1818, 2000, 2285]).astype(str).tolist()
    ['1818-03-22', '2000-04-23', '2285-03-22']
    """
    year = _years(years)
    a, b, c = year % 19, year // 100, year % 100
    d, e = b // 4, b % 4
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    weekday = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 19 * weekday) // 433
    month = (h + weekday - 7 * m + 90) // 25
    day = (h + weekday - 7 * m + 33 * month + 19) % 32
    return _day(year, month, day)


def orthodox_easter(years: Iterable[int]) -> Days:
    """Easter Sunday of the Orthodox churches, by the Gregorian calendar: page 69 in [1].

    >>> orthodox_easter([2020, 2021, 2025]).astype(str).tolist()
    ['2020-04-19', '2021-05-02', '2025-04-20']
    """
    year = _years(years)
    a, b, c = year % 4, year % 7, year % 19
    d = (19 * c + 15) % 30
    e = (2 * a + 4 * b - d + 34) % 7
    month, day = (d + e + 114) // 31, (d + e + 114) % 31 + 1
    return _day(year, month, day) + (year // 100 - year // 400 - 2)


def ramadan(years: Iterable[int]) -> Days:
    """First day of Ramadan by the tabular Islamic calendar; the sighted moon may differ by a day: [2].

    >>> ramadan([2020, 2030]).astype(str).tolist()
    ['2020-04-24', '2030-01-06', '2030-12-26']
    """
    return _islamic(_years(years), 236)


def eid_al_fitr(years: Iterable[int]) -> Days:
    """The day after Ramadan by the tabular Islamic calendar; the sighted moon may differ by a day: [2].

    >>> eid_al_fitr([2020]).astype(str).tolist()
    ['2020-05-24']
    """
    return _islamic(_years(years), 266)


def chinese_new_year(years: Iterable[int]) -> Days:
    """First day of the Chinese year, from 1970 to 2070: [3].

    >>> chinese_new_year([2020, 2033, 2034]).astype(str).tolist()
    ['2020-01-25', '2033-01-31', '2034-02-19']
    """
    year = _years(years)
    outside = (year < LUNAR_FROM) | (year >= LUNAR_FROM + len(_LUNAR))
    if outside.any():
        raise InputError(
            f"Chinese New Year is known from {LUNAR_FROM} to {LUNAR_FROM + len(_LUNAR) - 1}, not for {year[outside][0]}"
        )
    after: Ints = np.array([_LETTERS.index(letter) for letter in _LUNAR])[year - LUNAR_FROM]
    return _day(year, np.ones_like(year), after + 20)


def thanksgiving(years: Iterable[int]) -> Days:
    """The fourth Thursday of November (United States).

    >>> thanksgiving([2023, 2024]).astype(str).tolist()
    ['2023-11-23', '2024-11-28']
    """
    november = np.array([f"{year:04d}-11" for year in _years(years).tolist()], dtype="datetime64[M]")
    fourth: Days = np.busday_offset(november.astype("datetime64[D]"), 3, roll="forward", weekmask="Thu")
    return fourth


def black_friday(years: Iterable[int]) -> Days:
    """The day after Thanksgiving.

    >>> black_friday([2024]).astype(str).tolist()
    ['2024-11-29']
    """
    return thanksgiving(years) + 1


FEASTS: Mapping[str, Feast] = {
    "Easter": easter,
    "Orthodox Easter": orthodox_easter,
    "Ramadan": ramadan,
    "Eid al-Fitr": eid_al_fitr,
    "Chinese New Year": chinese_new_year,
    "Thanksgiving": thanksgiving,
    "Black Friday": black_friday,
}
"""The feasts by name."""


def feast_share(periods: pd.DatetimeIndex, feast: str, before: int = 14, after: int = 0) -> pd.Series:
    """Share of a feast's window in each month [share], indexed by period; the shares of a feast sum to 1.

    Parameters
    ----------
    periods
        first days of months
    feast
        a name of `FEASTS`
    before
        days of the window before the feast [days]
    after
        days of the window from the feast itself on [days]

    Source: the Easter regressor of [4].

    >>> feast_share(pd.date_range("2024-03-01", periods=2, freq="MS"), "Easter").round(3).tolist()
    [1.0, 0.0]
    >>> feast_share(pd.date_range("2021-03-01", periods=2, freq="MS"), "Easter").round(3).tolist()
    [0.786, 0.214]

    """
    if feast not in FEASTS:
        raise InputError(f"no moving feast is named {feast!r}; known are {', '.join(FEASTS)}")
    if before < 0 or after < 0 or before + after < 1 or before > 180 or after > 180:
        raise InputError(f"the window of {feast} needs 0 to 180 days before and after it, got {before} and {after}")
    months = pd.DatetimeIndex(periods)
    if not len(months):
        return pd.Series(np.empty(0), index=months, name=feast)
    # a window may reach into the year before or after
    first = months.min().year - (1 if after > 0 else 0)
    last = months.max().year + (1 if before > 0 else 0)
    known = FEASTS[feast]
    if feast == "Chinese New Year":
        first, last = max(first, min(LUNAR_FROM, months.min().year)), min(last, LUNAR_FROM + len(_LUNAR) - 1)
        last = max(last, months.max().year)
    days = known(range(first, last + 1))
    window = (days[:, None] + np.arange(-before, after)).ravel()
    held = pd.Series(1.0 / (before + after), index=window.astype("datetime64[M]").astype("datetime64[ns]"))
    sums = held.groupby(level=0).sum()
    return pd.Series(sums.reindex(months).fillna(0.0).to_numpy(), index=months, name=feast)


def feast_regressor(periods: pd.DatetimeIndex, feast: str, before: int = 14, after: int = 0) -> pd.Series:
    """Share of a feast's window in each month less the long-run mean of that month [share], indexed by period.

    Parameters
    ----------
    periods, feast, before, after
        as in `feast_share`

    What is left does not repeat with the year, so that it does not compete with the season. Source: [4].

    >>> feast_regressor(pd.date_range("2024-03-01", periods=2, freq="MS"), "Easter").round(2).tolist()
    [0.54, -0.54]

    """
    share = feast_share(periods, feast, before, after)
    years = pd.date_range(f"{LONG_RUN[0]}-01-01", f"{LONG_RUN[-1]}-12-01", freq="MS")
    long = feast_share(years, feast, before, after)
    mean = long.groupby(pd.DatetimeIndex(long.index).month).mean()
    centred: pd.Series = share - mean.reindex(pd.DatetimeIndex(share.index).month).to_numpy()
    return centred


def feast_regressors(
    periods: pd.DatetimeIndex, feasts: Mapping[str, tuple[int, int]], regressor: Callable[..., pd.Series] = feast_share
) -> pd.DataFrame:
    """One column a feast for a regression: frame `period` and the feasts' names [share].

    Parameters
    ----------
    periods
        first days of months
    feasts
        days before and days from the feast on, by name of the feast [days]
    regressor
        `feast_share`, or `feast_regressor` where months have dummies of their own

    >>> months = pd.date_range("2021-01-01", periods=3, freq="MS")
    >>> both = feast_regressors(months, {"Easter": (14, 0), "Chinese New Year": (21, 0)})
    >>> both.iloc[:, 1:].round(2).to_numpy().tolist()
    [[0.0, 0.48], [0.0, 0.52], [0.79, 0.0]]

    """
    months = pd.DatetimeIndex(periods)
    columns = {name: regressor(months, name, *window).to_numpy() for name, window in feasts.items()}
    return pd.DataFrame({"period": months} | columns)


def _years(years: Iterable[int]) -> Ints:
    year = np.array([*years], dtype=np.int64)
    if ((year < 1583) | (year > 4099)).any():
        wrong = year[(year < 1583) | (year > 4099)][0]
        raise InputError(f"feasts are known from 1583, the first year of the Gregorian calendar, to 4099, got {wrong}")
    return year


def _day(year: Ints, month: Ints, day: Ints) -> Days:
    months = (year - 1970) * 12 + month - 1
    first: Days = months.astype("datetime64[M]").astype("datetime64[D]")
    return np.asarray(first + (day - 1), dtype="datetime64[D]")


def _islamic(years: Ints, after: int) -> Days:
    """The day so many days after the first of the Islamic year, wherever it falls in the Gregorian years."""
    if not len(years):
        return np.empty(0, dtype="datetime64[D]")
    first, last = int((years.min() - 622) * 33 // 32) - 1, int((years.max() - 622) * 33 // 32) + 2
    year = np.arange(first, last + 1)
    number = 1 + after + (year - 1) * 354 + (3 + 11 * year) // 30 + 1_948_439 - 2_440_588
    days: Days = number.astype("datetime64[D]")
    return days[np.isin(days.astype("datetime64[Y]").astype(np.int64) + 1970, years)]
