"""Demand history: filling its gaps and proposing corrections, always as rows beside the raw figures.

A history has one row per item, channel, region and period (first day of the month) with `quantity` [units]; NaN is
unknown. A correction has the raw `history`, the `adjustment` to add [units] and its `reason`; nothing is overwritten.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sop_xl.demand.calendars.calendar import EVERY_DAY, Days, gone
from sop_xl.demand.cleansing.month_factors import month_factors
from sop_xl.demand.forecasting.smoothing import Floats
from sop_xl.errors import InputError
from sop_xl.periods import month_of

KEYS = ("item", "channel", "region")
"""What a demand series is kept by."""

CORRECTION = (*KEYS, "period", "reason", "history", "adjustment")
"""Columns of a proposed correction."""

LEVEL_SHIFT = "level shift"
"""The reason of a correction that waits for a person to accept it."""

UNRELIABLE = 0.7
"""Share of a month without stock from which its demand says nothing [share]."""

REACH = 2
"""Neighbours on each side that a month is compared with, and end months that are never judged [months]."""

YEAR = 12


def complete(history: pd.DataFrame, periods: pd.DatetimeIndex, keys: Sequence[str] = KEYS) -> pd.DataFrame:
    """Every month of every series, from its first demand to the last period.

    Parameters
    ----------
    history
        the keys, `period`, `quantity` [units]; several rows of a month are summed
    periods
        months of history; rows outside are left out
    keys
        columns that identify a series

    An absent month is 0 (nothing was ordered), but in a period in which no series has any figure it is NaN: data
    that has not come yet is not zero demand. A blank (NaN) stays NaN. Series without demand are left out.

    >>> months = pd.date_range("2020-01-01", periods=3, freq="MS")
    >>> sold = pd.DataFrame({"item": ["A", "A", "B"], "period": months[[0, 2, 1]], "quantity": [5.0, 7.0, 1.0]})
    >>> complete(sold, months, keys=["item"])["quantity"].tolist()
    [5.0, 0.0, 7.0, 1.0, 0.0]

    """
    _need(history, (*keys, "period", "quantity"), "history")
    columns = [*keys, "period", "quantity"]
    inside = history.loc[history["period"].isin(periods), columns]
    sums = inside.groupby([*keys, "period"], as_index=False)["quantity"].sum(min_count=1)
    sold = sums[sums["quantity"].notna() & sums["quantity"].ne(0)]
    first = sold.groupby(list(keys), as_index=False)["period"].min().rename(columns={"period": "first"})
    grid = first.merge(pd.DataFrame({"period": periods.astype("datetime64[ns]")}), how="cross")
    grid = grid[grid["period"] >= grid["first"]]
    filled = grid.merge(sums, on=[*keys, "period"], how="left", indicator=True)
    empty = ~filled["period"].isin(sums.loc[sums["quantity"].notna(), "period"])
    absent = filled["_merge"].eq("left_only") & ~empty
    filled["quantity"] = filled["quantity"].mask(absent, 0.0)
    whole: pd.DataFrame = filled[columns].sort_values([*keys, "period"], ignore_index=True)
    return whole


def to_series(history: pd.DataFrame, keys: Sequence[str] = KEYS) -> pd.DataFrame:
    """A history as the forecast wants it: `unique_id`, `ds`, `y`, and the keys beside them.

    >>> row = {"item": "7", "channel": "web", "region": "DE", "period": pd.Timestamp("2020-01-01"), "quantity": 1.0}
    >>> to_series(pd.DataFrame([row]))["unique_id"].tolist()
    ['7 | web | DE']
    """
    _need(history, (*keys, "period", "quantity"), "history")
    parts = pd.DataFrame({key: history[key].astype("str").str.replace("|", "||", regex=False) for key in keys})
    names = parts.iloc[:, 0].str.cat(parts.iloc[:, 1:], sep=" | ")
    series = {"unique_id": names, "ds": history["period"], "y": history["quantity"]}
    return pd.DataFrame(series | {key: history[key] for key in keys}).reset_index(drop=True)


def outliers(history: pd.DataFrame, limit: float) -> pd.DataFrame:
    """Months that stand out from their neighbours and from the same month of other years: a list for review.

    Parameters
    ----------
    history
        a completed history
    limit
        distance from which a month is an outlier [robust standard deviations]

    A month is compared with the median of the five around it, in units of 1.4826 x the median absolute deviation of
    its series, and never less than a tenth of that median, its square root (counting noise) or one unit. A month whose
    neighbour a year before or after stands out alike is seasonal. The first and last two months are not judged, nor
    is intermittent demand. The adjustment leads to the median.

    Returns one row per outlier: item, channel, region, period, reason, history, adjustment [units].

    """
    if not limit > 0:
        raise InputError(f"the outlier limit must be above 0, got {limit}")
    _need(history, (*KEYS, "period", "quantity"), "history")
    wide = history.pivot_table(index="period", columns=list(KEYS), values="quantity", aggfunc="sum", dropna=True)
    wide = wide.asfreq("MS") if len(wide) > 1 else wide
    y = wide.to_numpy(dtype=float)
    if len(y) < 2 * REACH + 3 or not y.shape[1]:
        return _corrections(history.iloc[:0].assign(adjustment=0.0), "outlier")
    around = _running_median(y)
    residual = y - around
    judged = ~np.isnan(residual) & steady(y)
    spread = 1.4826 * _column_median(np.abs(np.where(judged, residual, np.nan)))
    floor = np.maximum(0.1 * np.abs(around), np.sqrt(np.maximum(np.abs(around), 1.0)))
    scale = np.maximum(spread, floor)
    unlike_last_year = _distance(residual, YEAR)
    unlike_next_year = _distance(residual, -YEAR)
    distance = np.minimum(np.abs(residual), np.minimum(unlike_last_year, unlike_next_year))
    with np.errstate(invalid="ignore"):
        rows, columns = np.nonzero(judged & (distance > limit * scale))
    found = wide.columns[columns].to_frame(index=False)
    found = found.assign(
        period=wide.index[rows].astype("datetime64[ns]"), quantity=y[rows, columns], adjustment=-residual[rows, columns]
    )
    return _corrections(found, "outlier")


def steady(y: Floats) -> NDArray[np.bool_]:
    """Which series are not intermittent: at most 1.32 known months for each with demand; shape (series,).

    Parameters
    ----------
    y
        values with NaN where unknown, shape (time, series) [units]

    Source: Syntetos, Boylan, Croston (2005), On the categorization of demand patterns, JORS 56, 495-503.

    >>> steady(np.array([[1.0, 0.0], [2.0, 5.0], [np.nan, 0.0]])).tolist()
    [True, False]

    """
    known = ~np.isnan(y)
    demands = (known & (y != 0)).sum(axis=0)
    return np.asarray(known.sum(axis=0) <= 1.32 * demands)


def _running_median(y: Floats) -> Floats:
    """Median of the window of 2 x REACH + 1 around each row; NaN at the ends and beside unknown values."""
    out = np.full(y.shape, np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(y, 2 * REACH + 1, axis=0)
    out[REACH : len(y) - REACH] = np.median(windows, axis=-1)
    return out


def _column_median(values: Floats) -> Floats:
    """Median of each column over its known values; 0 where none is known."""
    ordered = np.sort(values, axis=0)
    count = (~np.isnan(values)).sum(axis=0)
    low, high = np.maximum(count - 1, 0) // 2, count // 2
    columns = np.arange(values.shape[1])
    middle = (ordered[low, columns] + ordered[np.minimum(high, np.maximum(count - 1, 0)), columns]) / 2
    return np.where(count > 0, middle, 0.0)


def _distance(residual: Floats, shift: int) -> Floats:
    """Distance of each residual from the one `shift` rows earlier; infinite where there is none."""
    out = np.full(residual.shape, np.inf)
    if len(residual) > abs(shift):
        change = np.abs(residual[abs(shift) :] - residual[: -abs(shift)])
        out[slice(shift, None) if shift > 0 else slice(None, shift)] = np.where(np.isnan(change), np.inf, change)
    return out


def stock_out_corrections(history: pd.DataFrame, stockouts: pd.DataFrame) -> pd.DataFrame:
    """Demand lost while there was no stock: sales S of the days with stock scaled to the whole month.

    Parameters
    ----------
    history
        a completed history
    stockouts
        item, channel, region, period, `share_out` of the month without stock [share]

    D = S x T / (T - T_out), at most the largest month that had stock. From 70 % of the month without stock the
    month counts as unknown and takes the mean of its nearest months with stock; where the series shows a season, of
    these months without it, times the season of the month. Demand is never lowered.

    Returns one row per corrected month: item, channel, region, period, reason, history, adjustment [units].

    """
    _need(history, (*KEYS, "period", "quantity"), "history")
    _need(stockouts, (*KEYS, "period", "share_out"), "stockouts")
    out = stockouts["share_out"]
    if ((out < 0) | (out > 1)).any():
        bad = stockouts[(out < 0) | (out > 1)].iloc[0]
        raise InputError(f"share_out of {bad['item']} must lie between 0 and 1, got {bad['share_out']:g}")
    worst = stockouts.groupby([*KEYS, "period"], as_index=False)["share_out"].max()
    frame = history.merge(worst, on=[*KEYS, "period"], how="left").sort_values([*KEYS, "period"], ignore_index=True)
    share = frame["share_out"].fillna(0.0)
    with_stock = frame["quantity"].where(share.eq(0))
    reliable = frame["quantity"].where(share < UNRELIABLE)
    keys = [frame[key] for key in KEYS]
    most = with_stock.groupby(keys).transform("max")
    scaled = frame["quantity"] / (1 - share.clip(upper=UNRELIABLE))
    scaled = scaled.where(scaled <= most.fillna(np.inf), most)
    neighbours = _neighbours(frame.assign(quantity=scaled.where(reliable.notna())))
    demand = neighbours.where(share >= UNRELIABLE, scaled)
    frame["adjustment"] = demand - frame["quantity"].fillna(0.0)
    return _corrections(frame[(share > 0) & (frame["adjustment"] > 0)], "stock-out")


def _neighbours(frame: pd.DataFrame) -> pd.Series:
    """Mean of the nearest known months on both sides, compared without their season, by row."""
    names = frame.groupby(list(KEYS), sort=False).ngroup().to_numpy()
    number = (frame["period"].dt.year * YEAR + frame["period"].dt.month).to_numpy()
    if not len(number):
        return frame["quantity"]
    place = (number - number.min(), names)
    wide = np.full((int(place[0].max()) + 1, int(names.max()) + 1), np.nan)
    wide[place] = frame["quantity"].to_numpy(dtype=float)
    season = month_factors(wide)
    base = pd.Series(season.removed(wide)[place], index=frame.index)
    keys = [frame[key] for key in KEYS]
    mean = pd.concat([base.groupby(keys).ffill(), base.groupby(keys).bfill()], axis=1).mean(axis=1)
    restored = mean.to_numpy() * season.factor[place] + season.additive[place]
    return pd.Series(restored, index=frame.index)


def partial_month(
    history: pd.DataFrame, as_of: date, week: Sequence[float] = EVERY_DAY, closed: Days | None = None
) -> pd.DataFrame:
    """Scale up the month that `as_of` cuts short: by its working days over those gone.

    Parameters
    ----------
    history
        a history
    as_of
        last day of the data
    week
        weight of each weekday from Monday on [days]; `calendar.MON_FRI` where orders come on working days
    closed
        days that count nothing, such as holidays

    A month of which no working day has gone, or of which only closed days are left, is not corrected.

    Returns one row per series with demand in that month; none where the month is whole.

    >>> row = {"item": "A", "channel": "", "region": "", "period": pd.Timestamp("2020-04-01"), "quantity": 30.0}
    >>> partial_month(pd.DataFrame([row]), date(2020, 4, 10))["adjustment"].tolist()
    [60.0]

    """
    _need(history, (*KEYS, "period", "quantity"), "history")
    share = gone(as_of, week, closed)
    cut = history[history["period"].eq(month_of(as_of)) & history["quantity"].fillna(0).ne(0) & (0 < share < 1)]
    return _corrections(cut.assign(adjustment=cut["quantity"] * (1 / max(share, 1e-9) - 1)), "partial month")


def adjusted(history: pd.DataFrame, adjustments: pd.DataFrame) -> pd.DataFrame:
    """History plus its corrections, except those a person rejected.

    Parameters
    ----------
    history
        item, channel, region, period, quantity [units]
    adjustments
        item, channel, region, period, `adjustment` [units], and if there are such columns `reason` and `decision`
        (accept, reject or blank)

    A level shift moves years of history, so where there are decisions it counts only once a person accepts it. A month
    that was not negative is never corrected below 0. A correction of a month without a row adds the row.

    """
    _need(history, (*KEYS, "period", "quantity"), "history")
    _need(adjustments, (*KEYS, "period", "adjustment"), "adjustments")
    where = [*KEYS, "period"]
    taken = adjustments[adjustments["adjustment"].notna()]
    if "decision" in taken.columns:
        undecided = taken["decision"].ne("accept")
        asks = taken["reason"].eq(LEVEL_SHIFT) if "reason" in taken.columns else False
        taken = taken[taken["decision"].ne("reject") & ~(undecided & asks)]
    raw = history.groupby(where, as_index=False)["quantity"].sum(min_count=1)
    change = taken.groupby(where, as_index=False)["adjustment"].sum()
    both = raw.merge(change, on=where, how="outer")
    total = both["quantity"].fillna(0.0) + both["adjustment"]
    total = total.mask(both["quantity"].fillna(0.0).ge(0) & total.lt(0), 0.0)
    both["quantity"] = total.where(both["adjustment"].notna(), both["quantity"])
    whole: pd.DataFrame = both[[*where, "quantity"]].sort_values(where, ignore_index=True)
    return whole


def _corrections(frame: pd.DataFrame, reason: str) -> pd.DataFrame:
    rows = frame.rename(columns={"quantity": "history"}).assign(reason=reason)
    ordered: pd.DataFrame = rows[list(CORRECTION)].sort_values([*KEYS, "period"], ignore_index=True)
    return ordered


def _need(frame: pd.DataFrame, columns: Sequence[str], name: str) -> None:
    missing = [c for c in columns if c not in frame.columns]
    if missing:
        raise InputError(f"{name} lacks the columns {', '.join(missing)}")
