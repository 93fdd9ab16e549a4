"""The calendar of demand: working days of a month, and demand per working day where that proves itself.

A month with 23 working days sells more than one with 20; divided by its days before the forecast and multiplied after
it, the difference no longer looks like demand. The days are weighted by weekday and leave out holidays. Moving
feasts are in `feasts`, fiscal months and weeks in `fiscal`.

References:
    [1] Hyndman, Athanasopoulos (2021), Forecasting: Principles and Practice, 3rd ed., section 3.1.
    [2] Cleveland, Devlin (1982), Calendar effects in monthly time series: modeling and adjustment, Journal of the
        American Statistical Association 77, 520-528.

"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sop_xl.errors import InputError

Days = NDArray[np.datetime64]
"""Days without a time, `datetime64[D]`."""

MON_FRI = (1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0)
"""Weight of each weekday from Monday on where the weekend is free [days]."""

EVERY_DAY = (1.0,) * 7
"""Weight of each weekday where all sell alike [days]."""

SURE = 1.645
"""Standard errors by which the elasticity must lie above one half: one-sided, 95 %."""

FEWEST = 36
"""Months below which the effect of working days is not sought [months]."""


def holidays_in(country: str, years: Iterable[int], subdivision: str = "") -> Days:
    """Public holidays of a country, by the library `holidays`, which is optional.

    Parameters
    ----------
    country
        code of ISO 3166, like "DE"
    years
        years wanted
    subdivision
        code of the state or province, like "BY"; blank is the country

    Raises
    ------
    InputError : the library is not installed, or does not know the country.

    >>> holidays_in("DE", [2020])[:2].astype(str).tolist()
    ['2020-01-01', '2020-04-10']

    """
    try:
        import holidays
    except ImportError:
        raise InputError(
            f"the holidays of {country} need the Python package 'holidays': install it with 'pip install holidays', "
            "or type the working days of each month"
        ) from None
    try:
        found = holidays.country_holidays(country, subdiv=subdivision or None, years=[*years])
    except NotImplementedError:
        place = f"{country}-{subdivision}" if subdivision else country
        raise InputError(f"no public holidays are known for {place!r}; give a code of ISO 3166 such as 'DE'") from None
    return np.array(sorted(found), dtype="datetime64[D]")


def day_weights(first: date, last: date, week: Sequence[float] = MON_FRI, closed: Days | None = None) -> pd.Series:
    """What each day from `first` to `last` counts.

    Parameters
    ----------
    first, last
        both included
    week
        weight of each weekday from Monday on, 0 or more [days]
    closed
        days that count nothing, such as holidays

    >>> day_weights(date(2020, 5, 1), date(2020, 5, 4), closed=np.array(["2020-05-01"], dtype="datetime64[D]")).tolist()
    [0.0, 0.0, 0.0, 1.0]

    """
    weights = np.asarray(week, dtype=float)
    if weights.shape != (7,) or not (np.isfinite(weights) & (weights >= 0)).all() or not weights.sum() > 0:
        raise InputError(f"the week needs seven weights of 0 or more, from Monday on, got {tuple(week)}")
    days = np.arange(np.datetime64(first, "D"), np.datetime64(last, "D") + 1)
    weight = weights[(days.astype(np.int64) + 3) % 7]  # 1 January 1970 was a Thursday
    if closed is not None:
        weight = np.where(np.isin(days, closed), 0.0, weight)
    return pd.Series(weight, index=pd.DatetimeIndex(days.astype("datetime64[ns]")), name="weight")


def working_days(
    periods: pd.DatetimeIndex, week: Sequence[float] = MON_FRI, closed: Days | None = None
) -> pd.DataFrame:
    """Working days of months: frame `period`, `working_days` [days].

    Parameters
    ----------
    periods
        first days of months
    week
        weight of each weekday from Monday on, 0 or more [days]
    closed
        days that count nothing, such as `holidays_in`

    >>> working_days(pd.date_range("2020-01-01", periods=3, freq="MS"))["working_days"].tolist()
    [23.0, 20.0, 22.0]

    """
    months = pd.DatetimeIndex(periods).unique().sort_values()
    if not len(months):
        return pd.DataFrame({"period": months, "working_days": np.empty(0)})
    weight = day_weights(months[0].date(), (months[-1] + pd.offsets.MonthEnd(0)).date(), week, closed)
    sums = weight.groupby(pd.DatetimeIndex(weight.index).to_period("M").to_timestamp()).sum()
    return pd.DataFrame({"period": months, "working_days": sums.reindex(months).to_numpy()})


def gone(as_of: date, week: Sequence[float] = EVERY_DAY, closed: Days | None = None) -> float:
    """Share of the working days of its month that have passed by the end of a day [share].

    Parameters
    ----------
    as_of
        the day
    week, closed
        as in `working_days`

    >>> gone(date(2020, 2, 14), MON_FRI), round(gone(date(2020, 2, 14)), 3)
    (0.5, 0.483)

    """
    first = pd.Timestamp(as_of).to_period("M")
    weight = day_weights(first.start_time.date(), first.end_time.date(), week, closed)
    total = float(weight.sum())
    return float(weight[: pd.Timestamp(as_of)].sum()) / total if total > 0 else 1.0


def weekday_weights(daily: pd.DataFrame) -> tuple[float, ...]:
    """Weight of each weekday as dated orders show it, 1 on average over the days that sell.

    Parameters
    ----------
    daily
        `date` and `quantity` [units]; several rows a day are summed, absent days are 0

    The weight is the mean demand of a weekday over that of a mean day; a weekday with less than 2 % of it counts 0.

    >>> days = pd.date_range("2020-01-06", periods=28)
    >>> sold = pd.DataFrame({"date": days, "quantity": np.where(days.weekday < 5, 20.0, 0.0)})
    >>> weekday_weights(sold)
    (1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0)

    """
    _need(daily, ("date", "quantity"), "daily demand")
    sums = daily.groupby(daily["date"].dt.normalize())["quantity"].sum()
    if len(sums) and (sums.index.max() - sums.index.min()).days >= 13:
        sums = sums.reindex(pd.date_range(sums.index.min(), sums.index.max()), fill_value=0.0)
        mean = (
            sums.groupby(pd.DatetimeIndex(sums.index).weekday).mean().reindex(range(7), fill_value=0.0).clip(lower=0.0)
        )
        share = mean.where(mean >= 0.02 * mean.mean(), 0.0)
        if share.sum() > 0:
            return tuple((share / share[share > 0].mean()).tolist())
    raise InputError("weights of weekdays need demand over at least two weeks")


def normalised(history: pd.DataFrame, days: pd.DataFrame) -> pd.DataFrame:
    """Demand per working day, to be forecast in place of demand.

    Parameters
    ----------
    history
        `period`, `quantity` [units] and whatever names the series
    days
        `period`, `working_days` [days], as of `working_days` or the sheet's table `calendar`

    A month without working days is unknown (NaN). Source: section 3.1 in [1].

    >>> months = pd.date_range("2020-01-01", periods=2, freq="MS")
    >>> sold = pd.DataFrame({"period": months, "quantity": [46.0, 20.0]})
    >>> normalised(sold, working_days(months))["quantity"].tolist()
    [2.0, 1.0]

    """
    _need(history, ("period", "quantity"), "history")
    count = _days_of(history["period"], days)
    return history.assign(quantity=history["quantity"] / count.where(count > 0))


def denormalised(
    plan: pd.DataFrame, days: pd.DataFrame, columns: Sequence[str] = ("quantity",), period: str = "period"
) -> pd.DataFrame:
    """Demand per working day times the working days: back from `normalised`.

    Parameters
    ----------
    plan
        the periods and the columns to multiply [units/day]
    days
        `period`, `working_days` [days]
    columns
        what to multiply: forecast and interval limits
    period
        name of the column of periods

    >>> months = pd.date_range("2020-01-01", periods=2, freq="MS")
    >>> plan = pd.DataFrame({"ds": months, "forecast": [2.0, 1.0]})
    >>> denormalised(plan, working_days(months), ["forecast"], "ds")["forecast"].tolist()
    [46.0, 20.0]

    """
    _need(plan, (period, *columns), "plan")
    count = _days_of(plan[period], days)
    return plan.assign(**{column: plan[column] * count for column in columns})


def trading_day_test(history: pd.DataFrame, days: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """Whether dividing by working days helps: of the whole history, or by channel or series.

    Parameters
    ----------
    history
        a completed history
    days
        `period`, `working_days` [days]
    by
        columns to total by; none is the portfolio, the usual choice, for single series are too noisy to tell

    In log demand = walking level + drift + month + elasticity x log days, the elasticity is 1 where demand comes by
    the working day and 0 where days do not matter. Dividing lowers the variance exactly where it is above one half;
    it must be so with 95 % confidence. The dummies of the months leave only what the days differ from year to year.
    Source: [2]. Fewer than 36 months, or a month without demand, prove nothing.

    Returns `by`, months, `elasticity`, its standard `error`, and `helps`.

    >>> months = pd.date_range("2015-01-01", periods=60, freq="MS")
    >>> days = working_days(months)
    >>> sold = 10 * days["working_days"] * (1 + 0.01 * np.sin(np.arange(60) * 2.0))
    >>> got = trading_day_test(pd.DataFrame({"period": months, "quantity": sold}), days)
    >>> got["elasticity"].round(1).tolist(), got["helps"].tolist()
    ([1.0], [True])

    """
    from sop_xl.demand.cleansing.structural import frame_of, scan

    _need(history, (*by, "period", "quantity"), "history")
    named = history.assign(_all="") if not by else history
    keys = [*by] or ["_all"]
    wide = named.pivot_table(index="period", columns=keys, values="quantity", aggfunc="sum", dropna=True)
    wide = wide.asfreq("MS") if len(wide) > 1 else wide
    y = wide.to_numpy(dtype=float)
    known = ~np.isnan(y)
    first, last = known.argmax(axis=0), len(y) - known[::-1].argmax(axis=0)
    elasticity, error = np.full(y.shape[1], np.nan), np.full(y.shape[1], np.nan)
    count = _days_of(pd.Series(wide.index), days).to_numpy(dtype=float)
    for start, end in sorted(set(zip(first.tolist(), last.tolist(), strict=True))):
        part = y[start:end]
        positive = (np.where(np.isnan(part), 0.0, part) > 0).all(axis=0) & (first == start) & (last == end)
        sold_on = count[start:end]
        if end - start < FEWEST or not positive.any() or not (sold_on > 0).all() or np.ptp(sold_on) == 0:
            continue
        logs = np.log(part[:, positive])
        regressor = np.log(sold_on)[:, None]
        found = scan(
            logs - logs.mean(axis=0), frame_of(np.arange(end - start)), regressor - regressor.mean(),
            np.ones((1, int(positive.sum())), dtype=bool),
        )  # fmt: skip
        elasticity[positive] = found.effect
        error[positive] = np.abs(found.effect / np.where(found.t_value == 0, np.nan, found.t_value))
    out = wide.columns.to_frame(index=False).drop(columns="_all", errors="ignore")
    helps = np.nan_to_num((elasticity - 0.5) / error, nan=-np.inf) > SURE
    return out.assign(months=known.sum(axis=0), elasticity=elasticity, error=error, helps=helps)


def _days_of(periods: pd.Series, days: pd.DataFrame) -> pd.Series:
    """Working days of each row's period."""
    _need(days, ("period", "working_days"), "days")
    known = days.drop_duplicates("period").set_index("period")["working_days"]
    count = periods.map(known)
    if count.isna().any():
        lacking = periods[count.isna()].min()
        raise InputError(f"the calendar has no working days for {lacking:%Y-%m}")
    if (count < 0).any():
        raise InputError(f"working days must be 0 or more, got {count.min():g} for {periods[count < 0].iloc[0]:%Y-%m}")
    return count


def _need(frame: pd.DataFrame, columns: Sequence[str], name: str) -> None:
    missing = [c for c in columns if c not in frame.columns]
    if missing:
        raise InputError(f"{name} lacks the columns {', '.join(missing)}")
