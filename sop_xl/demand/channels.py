"""Channels: what comes back, when it comes back, what moves from one channel to another, and when each has its peaks.

Gross demand is what is shipped, net demand what stays sold: net = gross x (1 - rate of returns). Few items have
enough returns to show a rate of their own, so each is drawn to that of its channel.

References:
    [1] Kleinman (1973), Proportions with extraneous variance: single and independent samples, Journal of the American
        Statistical Association 68, 46-54.
    [2] Toktay, Wein, Zenios (2000), Inventory management of remanufacturable products, Management Science 46,
        1412-1426 (returns as a distributed lag of sales).
    [3] Lawson, Hanson (1974), Solving Least Squares Problems, Prentice-Hall, chapter 23, nonnegative least squares.

"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sop_xl.demand.cleansing.history import KEYS
from sop_xl.demand.levels.scope import PLAN, PlanIndex, sorted_plan
from sop_xl.errors import InputError

AROUND = 28
"""Days on each side of an event that show what a day sells without it [days]."""


def split_returns(lines: pd.DataFrame) -> pd.DataFrame:
    """Order lines with negative quantities as gross sales and returns.

    Parameters
    ----------
    lines
        item, channel, region, period, quantity [units], returns negative

    Returns item, channel, region, period, `sales`, `returns` [units], both 0 or more.

    >>> row = {"item": "A", "channel": "web", "region": "", "period": pd.Timestamp("2020-01-01")}
    >>> split_returns(pd.DataFrame([{**row, "quantity": q} for q in (5.0, -2.0, 4.0)])).iloc[:, -2:].to_numpy().tolist()
    [[9.0, 2.0]]

    """
    where = [*KEYS, "period"]
    _need(lines, (*where, "quantity"), "order lines")
    parts = lines[where].assign(sales=lines["quantity"].clip(lower=0.0), returns=-lines["quantity"].clip(upper=0.0))
    return parts.groupby(where, as_index=False)[["sales", "returns"]].sum()


def returns_rates(sales: pd.DataFrame) -> pd.DataFrame:
    """Share of what is sold that comes back, by channel and item, drawn to the rate of the channel.

    Parameters
    ----------
    sales
        `channel`, `item`, `sales`, `returns` [units], over the last year or so; rows are summed

    Rates of items follow a beta distribution around that of the channel, returns a binomial one. The rate is
    (returns + k x rate of the channel) / (sales + k); k units, by moments as in [1], are many where the items of a
    channel are alike. Rates lie between 0 and 1.

    Returns `channel`, `item`, `sales`, `returns`, `channel_rate`, `weight` of the own rate, `rate` [share].

    >>> sold = pd.DataFrame({"channel": "web", "item": ["A", "B", "C"], "sales": [1000.0, 1000.0, 2.0]})
    >>> returns_rates(sold.assign(returns=[100.0, 300.0, 2.0]))["rate"].round(2).tolist()
    [0.1, 0.3, 0.39]

    """
    _need(sales, ("channel", "item", "sales", "returns"), "sales")
    for column in ("sales", "returns"):
        if (sales[column] < 0).any():
            bad = sales[sales[column] < 0].iloc[0]
            raise InputError(f"{column} of {bad['item']} in {bad['channel']} must be 0 or more, got {bad[column]:g}")
    out = sales.groupby(["channel", "item"], as_index=False)[["sales", "returns"]].sum()
    out["returns"] = out["returns"].astype(float)
    channel = out["channel"]
    total = out.groupby("channel")[["sales", "returns"]].transform("sum")
    rate = (total["returns"] / total["sales"].where(total["sales"] > 0)).fillna(0.0).clip(0.0, 1.0)
    n = out["sales"].astype(float)
    own = (out["returns"] / n.where(n > 0)).fillna(rate).clip(0.0, 1.0)
    spread = (n * (own - rate) ** 2).groupby(channel).transform("sum")
    chance = (rate * (1 - rate)).where(rate.between(0, 1, inclusive="neither"))
    rest = (1 - n / total["sales"].where(total["sales"] > 0)) * (n > 0)
    expected, scale = rest.groupby(channel).transform("sum"), (rest * (n - 1)).groupby(channel).transform("sum")
    alike = ((spread / chance - expected) / scale.where(scale > 0)).clip(1e-6, 1 - 1e-6)
    prior = (1 / alike - 1).fillna(1e6)
    weight = n / (n + prior)
    shrunk = weight * own + (1 - weight) * rate
    return out.assign(channel_rate=rate, weight=weight, rate=shrunk)


def return_lags(history: pd.DataFrame, months: int = 3) -> pd.DataFrame:
    """How long after the sale returns come, by channel: a distributed lag of returns on sales.

    Parameters
    ----------
    history
        `channel`, `period`, `sales`, `returns` [units]; items and regions are summed
    months
        longest lag [months]

    Nonnegative least squares [3] of the returns of a month on the sales of that month and of those before it [2]; the
    lag needs sales that vary, so at least three times as many months as lags.

    Returns `channel`, `lag` from 0 [months], `share` of the returns (sum 1), `rate` of the channel [share].

    >>> sold = np.array([100.0, 300, 50, 80, 400, 90, 120, 60, 200, 150])
    >>> back = 0.1 * sold + 0.3 * np.append(0.0, sold[:-1])
    >>> months = pd.date_range("2020-01-01", periods=10, freq="MS")
    >>> got = return_lags(pd.DataFrame({"channel": "web", "period": months, "sales": sold, "returns": back}), 2)
    >>> got["share"].round(2).tolist(), got["rate"].round(2).iloc[0]
    ([0.25, 0.75, 0.0], np.float64(0.4))

    """
    from scipy.optimize import nnls

    _need(history, ("channel", "period", "sales", "returns"), "history")
    if not 0 <= months <= 24:
        raise InputError(f"the longest lag of returns must lie between 0 and 24 months, got {months}")
    sums = history.groupby(["channel", "period"])[["sales", "returns"]].sum()
    parts = []
    for channel in sums.index.unique("channel"):
        monthly = sums.loc[channel].asfreq("MS", fill_value=0.0)
        sold, back = monthly["sales"].to_numpy(dtype=float), monthly["returns"].to_numpy(dtype=float)
        if len(sold) < max(3 * (months + 1), 2):
            raise InputError(
                f"channel {channel!r} has {len(sold)} months of returns; a lag up to {months} months needs "
                f"{max(3 * (months + 1), 2)}"
            )
        lagged = np.column_stack([sold[months - lag : len(sold) - lag] for lag in range(months + 1)])
        part, _ = nnls(lagged, back[months:])
        rate = float(part.sum())
        share = part / rate if rate > 0 else np.eye(months + 1)[0]
        parts.append(pd.DataFrame({"channel": channel, "lag": np.arange(months + 1), "share": share, "rate": rate}))
    columns = ["channel", "lag", "share", "rate"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def expected_returns(shipments: pd.DataFrame, rates: pd.DataFrame, lags: pd.DataFrame) -> pd.DataFrame:
    """Returns to come: shipments of each month spread over the months after it by the lag of their channel.

    Parameters
    ----------
    shipments
        item, channel, region, period, quantity [units]: what was and what will be shipped, gross
    rates
        of `returns_rates`; an item without one takes that of its channel, a channel without one has no returns
    lags
        of `return_lags`: `channel`, `lag` [months], `share`; a channel without lags has its returns at once

    Returns item, channel, region, period, `returns` [units], up to the longest lag after the last shipment. Source:
    [2].

    >>> row = {"item": "A", "channel": "web", "region": "", "period": pd.Timestamp("2020-01-01"), "quantity": 100.0}
    >>> rates = pd.DataFrame({"channel": ["web"], "item": ["A"], "channel_rate": [0.2], "rate": [0.3]})
    >>> lags = pd.DataFrame({"channel": "web", "lag": [0, 1], "share": [0.4, 0.6]})
    >>> expected_returns(pd.DataFrame([row]), rates, lags)["returns"].tolist()
    [12.0, 18.0]

    """
    where = [*KEYS, "period"]
    _need(shipments, (*where, "quantity"), "shipments")
    _need(lags, ("channel", "lag", "share"), "lags")
    back = shipments[where].assign(returns=shipments["quantity"] * _rate_of(shipments, rates))
    spread = back.merge(lags[["channel", "lag", "share"]], on="channel", how="left")
    spread["returns"] *= spread["share"].fillna(1.0)
    period = spread["period"].dt.to_period("M") + spread["lag"].fillna(0).astype("int64")
    spread["period"] = pd.PeriodIndex(period, freq="M").to_timestamp().astype("datetime64[ns]")
    return spread.groupby(where)["returns"].sum().reset_index()


def net_demand(gross: pd.DataFrame, rates: pd.DataFrame) -> pd.DataFrame:
    """What stays sold: gross x (1 - rate of returns), in the month of the sale.

    Parameters
    ----------
    gross
        item, channel, region, period, quantity [units]
    rates
        of `returns_rates`; an item without one takes that of its channel, a channel without one has no returns

    For supply, where goods that come back can be sold again only later, take `expected_returns` instead.

    >>> row = {"item": "A", "channel": "web", "region": "", "period": pd.Timestamp("2020-01-01"), "quantity": 100.0}
    >>> rates = pd.DataFrame({"channel": ["web"], "item": ["B"], "channel_rate": [0.2], "rate": [0.3]})
    >>> net_demand(pd.DataFrame([row]), rates)["quantity"].tolist()
    [80.0]

    """
    _need(gross, (*KEYS, "period", "quantity"), "gross demand")
    return gross.assign(quantity=gross["quantity"] * (1.0 - _rate_of(gross, rates)))


def shifted_channels(plan: pd.DataFrame, shifts: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """Move shares of demand from one channel to another; the total of each item, region and month stays.

    Parameters
    ----------
    plan
        item, channel, region, period, quantity [units]
    shifts
        `from_channel`, `to_channel`, `share` moved [share], `first_period`, `last_period` (blank is on and on), and
        `item`, `family`, `region` it is about; blank is all
    items
        item and family

    Shifts are made in their order, the next one on what the last one left. A channel an item was not sold in yet
    gets its rows.

    >>> months = pd.date_range("2020-01-01", periods=2, freq="MS")
    >>> plan = pd.DataFrame({"item": "A", "channel": "shop", "region": "", "period": months, "quantity": 100.0})
    >>> shift = {"from_channel": "shop", "to_channel": "web", "share": 0.1, "first_period": months[1]}
    >>> moved = shifted_channels(plan, pd.DataFrame([shift]), pd.DataFrame({"item": ["A"], "family": ["F"]}))
    >>> moved.pivot_table(index="channel", columns="period", values="quantity", fill_value=0.0).to_numpy().tolist()
    [[100.0, 90.0], [0.0, 10.0]]

    """
    _need(shifts, ("from_channel", "to_channel", "share", "first_period"), "channel shifts")
    tidy = sorted_plan(plan)
    for shift in shifts.to_dict("records"):
        share, first = float(shift["share"]), pd.Timestamp(shift["first_period"])
        last = pd.Timestamp(shift.get("last_period", pd.NaT))
        source, target = shift["from_channel"], shift["to_channel"]
        if not 0 <= share <= 1:
            raise InputError(f"the share moved from {source} to {target} must lie between 0 and 1, got {share:g}")
        if pd.isna(first) or source == target:
            raise InputError(f"the shift from {source} to {target} needs two channels and a first month")
        index = PlanIndex.of(tidy, items)
        inside = index.rows({key: shift.get(key, "") for key in ("item", "family", "region")} | {"channel": source})
        within = tidy["period"] >= first.to_period("M").to_timestamp()
        if not pd.isna(last):
            within &= tidy["period"] <= last
        moves = inside & within.to_numpy()
        moved = tidy[moves].assign(quantity=tidy.loc[moves, "quantity"] * share)
        tidy = tidy.assign(quantity=tidy["quantity"] - np.where(moves, tidy["quantity"] * share, 0.0))
        both = pd.concat([tidy, moved.assign(channel=target)], ignore_index=True)
        tidy = both.groupby([*KEYS, "period"])["quantity"].sum().reset_index()[list(PLAN)]
    return tidy


def monthly_peaks(history: pd.DataFrame) -> pd.DataFrame:
    """Share of the year each month has, by channel, over whole calendar years.

    Parameters
    ----------
    history
        `channel`, `period`, `quantity` [units]; items and regions are summed

    Returns `channel`, `month` 1 to 12, `share` of the year (mean over the years) [share], `lift` over an even month
    [ratio], `spread` of the share over the years, `years`.

    >>> months = pd.date_range("2019-01-01", periods=24, freq="MS")
    >>> sold = pd.DataFrame({"channel": "web", "period": months, "quantity": np.where(months.month == 11, 90.0, 10.0)})
    >>> monthly_peaks(sold).loc[10, ["month", "share", "lift", "years"]].tolist()
    [11.0, 0.45, 5.4, 2.0]

    """
    _need(history, ("channel", "period", "quantity"), "history")
    sums = history.groupby(["channel", "period"], as_index=False)["quantity"].sum()
    sums = sums.assign(year=sums["period"].dt.year, month=sums["period"].dt.month)
    by_year = sums.groupby(["channel", "year"])
    whole = by_year["month"].transform("nunique").eq(12) & by_year["quantity"].transform("sum").gt(0)
    kept = sums[whole]
    kept = kept.assign(share=kept["quantity"] / kept.groupby(["channel", "year"])["quantity"].transform("sum"))
    by_month = kept.groupby(["channel", "month"], as_index=False)["share"]
    out = by_month.agg(["mean", "std", "size"]).rename(columns={"mean": "share", "std": "spread", "size": "years"})
    table: pd.DataFrame = out.assign(lift=12 * out["share"])[["channel", "month", "share", "lift", "spread", "years"]]
    return table


def event_peaks(orders: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """What events mean to each channel: their share of its year, and how much more a day of them sells.

    Parameters
    ----------
    orders
        `channel`, `date`, `quantity` [units], by day
    events
        `event`, `start`, `end` (dates, both included), a row for each time it took place

    The lift compares a mean day of the event with a mean day of the four weeks before and after it that belongs to
    no event; the share is that of the calendar year of the start. Times outside the orders do not count.

    Returns `channel`, `event`, `times`, `share` of the year [share], `lift` [ratio].

    >>> days = pd.date_range("2020-01-01", "2020-12-31")
    >>> sold = np.where((days >= "2020-11-27") & (days <= "2020-11-30"), 50.0, 10.0)
    >>> orders = pd.DataFrame({"channel": "web", "date": days, "quantity": sold})
    >>> peak = {"event": "Cyber Week", "start": pd.Timestamp("2020-11-27"), "end": pd.Timestamp("2020-11-30")}
    >>> event_peaks(orders, pd.DataFrame([peak]))[["times", "share", "lift"]].round(3).to_numpy().tolist()
    [[1.0, 0.052, 5.0]]

    """
    _need(orders, ("channel", "date", "quantity"), "orders")
    _need(events, ("event", "start", "end"), "events")
    if orders.empty or events.empty:
        return pd.DataFrame({"channel": [], "event": [], "times": [], "share": [], "lift": []})
    wide = orders.assign(date=orders["date"].dt.normalize()).pivot_table(
        index="date", columns="channel", values="quantity", aggfunc="sum", fill_value=0.0
    )
    wide = wide.reindex(pd.date_range(wide.index.min(), wide.index.max()), fill_value=0.0)
    day, y = pd.DatetimeIndex(wide.index), wide.to_numpy(dtype=float)
    spans = [(day >= e["start"]) & (day <= e["end"]) for e in events.to_dict("records")]
    usual = ~np.logical_or.reduce(spans)
    rows = []
    for event, inside in zip(events.to_dict("records"), spans, strict=True):
        start, end = pd.Timestamp(event["start"]), pd.Timestamp(event["end"])
        if pd.isna(start) or pd.isna(end) or end < start:
            raise InputError(f"event {event['event']!r} must start on or before the day it ends")
        near = usual & (day >= start - pd.Timedelta(days=AROUND)) & (day <= end + pd.Timedelta(days=AROUND))
        if start < day[0] or end > day[-1] or not near.any():
            continue
        year = y[day.year == start.year].sum(axis=0)
        usual_day = y[near].mean(axis=0)
        figures = {
            "share": y[inside].sum(axis=0) / np.where(year > 0, year, np.nan),
            "lift": y[inside].mean(axis=0) / np.where(usual_day > 0, usual_day, np.nan),
        }
        rows.append(pd.DataFrame({"channel": wide.columns, "event": event["event"]} | figures))
    if not rows:
        return pd.DataFrame({"channel": [], "event": [], "times": [], "share": [], "lift": []})
    means = pd.concat(rows, ignore_index=True).groupby(["channel", "event"], as_index=False)
    return means.agg(times=("lift", "size"), share=("share", "mean"), lift=("lift", "mean"))


def _rate_of(plan: pd.DataFrame, rates: pd.DataFrame) -> pd.Series:
    """Rate of returns of each row: of the item in the channel, else of the channel, else none."""
    _need(rates, ("channel", "item", "channel_rate", "rate"), "rates of returns")
    own = plan[["channel", "item"]].merge(
        rates.drop_duplicates(["channel", "item"])[["channel", "item", "rate"]], on=["channel", "item"], how="left"
    )
    usual = rates.drop_duplicates("channel").set_index("channel")["channel_rate"]
    return own["rate"].fillna(own["channel"].map(usual)).fillna(0.0).set_axis(plan.index)


def _need(frame: pd.DataFrame, columns: Sequence[str], name: str) -> None:
    missing = [c for c in columns if c not in frame.columns]
    if missing:
        raise InputError(f"{name} lacks the columns {', '.join(missing)}")
