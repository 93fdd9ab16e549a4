"""What past events did: uplift, the dip after, and what sister items lost or gained, with the error of it.

What an event did is judged against a baseline that never saw it: a regression on the months of the same scope that no
event touches. Events that overlap share what a month shows by least squares.

References:
    [1] Blattberg, Neslin (1990), Sales Promotion: Concepts, Methods and Strategies, chapters 12 and 13.
    [2] van Heerde, Leeflang, Wittink (2004), Decomposing the sales promotion bump with store data, Marketing Science
        23, 317-334.

"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sop_xl.demand.causes.event_baseline import expected
from sop_xl.demand.cleansing.history import KEYS
from sop_xl.demand.forecasting.smoothing import Floats
from sop_xl.demand.levels.scope import PLAN, PlanIndex, Row, is_blank
from sop_xl.errors import InputError
from sop_xl.periods import label

EFFECTS = (
    "event", "first_month", "last_month", "months", "baseline", "actual", "uplift", "error", "dip", "cannibalised",
    "halo", "planned_uplift", "says",
)  # fmt: skip
"""Columns of the measured effects."""

THINNEST = 0.1
"""Months that an event covers in all, below which it cannot be told from noise [months]."""

LARGEST = 1e6
"""No event lifts demand more than this [share]."""

CLEAR = 2.0
"""Standard errors from which an effect is called clear, and a sister's loss or gain believed."""


@dataclass(frozen=True)
class _Months:
    """A history laid over its months.

    periods : first day of each month, shape (months,)
    quantity : of each series, shape (months, series); NaN where unknown [units]
    index : of the series, so that a scope can find its own
    """

    periods: pd.DatetimeIndex
    quantity: Floats
    index: PlanIndex

    def total(self, series: NDArray[np.bool_]) -> Floats:
        """Demand of some series by month; NaN where none is known [units]."""
        part = self.quantity[:, series]
        known = ~np.isnan(part)
        return np.asarray(np.where(known.any(axis=1), np.where(known, part, 0.0).sum(axis=1), np.nan))

    def covered(self, event: Row) -> Floats:
        """Share of each month that an event covers [share]."""
        start, end = pd.Timestamp(event["start"]), pd.Timestamp(event["end"])
        if pd.isna(start) or pd.isna(end) or end < start:
            raise InputError(f"event {event.get('event', '')!r} must start on or before the day it ends")
        days = self.periods.days_in_month.to_numpy()
        first = np.maximum((start.normalize() - self.periods).days.to_numpy(), 0)
        last = np.minimum((end.normalize() - self.periods).days.to_numpy(), days - 1)
        return np.asarray(np.maximum(last - first + 1, 0) / days)

    def dips(self, event: Row) -> Floats:
        """1 in the month after an event, else 0."""
        after = pd.Timestamp(event["end"]).to_period("M") + 1
        return np.asarray(self.periods.to_period("M") == after, dtype=np.float64)


@dataclass(frozen=True)
class _Calendar:
    """Events against the series and months of a history.

    touched : whether an event's scope has a series, shape (events, series) [0 or 1]
    covered : share of each month that an event covers, shape (months, events) [share]
    dips : 1 in the month after an event, shape (months, events)
    volume : of each series over the history, shape (series,) [units]
    """

    events: Sequence[Row]
    touched: Floats
    covered: Floats
    dips: Floats
    volume: Floats

    def columns(self, scope: NDArray[np.bool_]) -> Floats:
        """How much of a scope each event, then each dip, covers by month: shape (months, 2 x events) [share]."""
        whole = max(float(self.volume[scope].sum()), np.finfo(float).tiny)
        part = self.touched @ np.where(scope, self.volume, 0.0) / whole
        return np.hstack([part * self.covered, part * self.dips])


def effects(history: pd.DataFrame, events: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """What each event did to the demand of its scope and of the sister items.

    Parameters
    ----------
    history
        item, channel, region, period, quantity [units], one row a month; NaN is unknown
    events
        the table `events`: event, scope, `start`, `end`, and what was planned: `uplift` and `dip` [share]
    items
        item and family

    Returns
    -------
    A row per event: `first_month`, `last_month`, `months` measured; `baseline` and `actual` of these [units];
    `uplift` of a fully covered month and its standard `error`; `dip` of the month after; `cannibalised` and `halo`,
    what sister items of the family lost or gained over what the event gained, where both are clear of noise;
    `planned_uplift` (all [share]); and a sentence. Blank (NaN) where it cannot be measured.

    Raises
    ------
    InputError : a missing column, a row that comes twice, an event that ends before it starts.

    Events that overlap in a month share its effect by least squares. The errors are those of the baseline's months.

    >>> months = pd.date_range("2020-01-01", periods=24, freq="MS")
    >>> sold = pd.DataFrame({"item": "A", "channel": "", "region": "", "period": months, "quantity": 100.0})
    >>> sold.loc[20, "quantity"], sold.loc[21, "quantity"] = 150.0, 90.0
    >>> promo = {"event": "Fair", "start": months[20], "end": pd.Timestamp("2021-09-30"), "uplift": 0.3, "dip": 0.0}
    >>> got = effects(sold, pd.DataFrame([promo]), pd.DataFrame({"item": ["A"], "family": ["F"]}))
    >>> got.loc[0, ["baseline", "actual", "uplift", "dip"]].round(6).tolist()
    [100.0, 150.0, 0.5, -0.1]
    >>> got.loc[0, "says"]
    'Fair sold 50 % over its baseline of 100 units (planned 30 %), and 10 % less the month after.'

    """
    months = _months(history, items)
    calendar = _calendar(months, events)
    rows = [_effect(months, calendar, e) for e in range(len(events))]
    return pd.DataFrame(rows, columns=list(EFFECTS)).astype({"event": "str", "says": "str"})


def checked_history(history: pd.DataFrame) -> pd.DataFrame:
    """A history sorted, with unknown months kept; rows that say the same twice are refused."""
    missing = [c for c in PLAN if c not in history.columns]
    if missing:
        raise InputError(f"history lacks the columns {', '.join(missing)}")
    tidy = history[list(PLAN)].sort_values([*KEYS, "period"], ignore_index=True)
    tidy = tidy.assign(quantity=tidy["quantity"].astype(float))
    twice = tidy.duplicated([*KEYS, "period"])
    if twice.any():
        row = tidy[twice].iloc[0]
        raise InputError(f"history has two rows for {row['item']}, {row['channel']}, {row['region']}")
    return tidy


def _months(history: pd.DataFrame, items: pd.DataFrame) -> _Months:
    tidy = checked_history(history)
    if tidy.empty:
        raise InputError("history has no rows; promotions are measured on past demand")
    first, last = tidy["period"].min(), tidy["period"].max()
    wide = tidy.set_index([*KEYS, "period"])["quantity"].unstack("period")
    periods = pd.date_range(first, last, freq="MS")
    wide = wide.reindex(columns=periods)
    series = wide.index.to_frame(index=False).assign(period=first, quantity=0.0)
    return _Months(periods, wide.to_numpy().T, PlanIndex.of(series, items))


def _calendar(months: _Months, events: pd.DataFrame) -> _Calendar:
    records = events.to_dict("records")
    touched, covered = np.zeros((len(records), months.quantity.shape[1])), np.zeros((len(months.periods), len(records)))
    dips = covered.copy()
    for e, event in enumerate(records):
        touched[e], covered[:, e], dips[:, e] = months.index.rows(event), months.covered(event), months.dips(event)
    volume = np.where(np.isnan(months.quantity), 0.0, np.abs(months.quantity)).sum(axis=0)
    return _Calendar(records, touched, covered, dips, volume)


def _effect(months: _Months, calendar: _Calendar, e: int) -> dict[str, object]:
    event, scope, covered = calendar.events[e], calendar.touched[e] > 0, calendar.covered[:, e]
    planned = event.get("uplift")
    row: dict[str, object] = dict.fromkeys(EFFECTS, np.nan)
    row |= {"event": str(event.get("event", "")), "first_month": "", "last_month": "", "months": 0}
    row["planned_uplift"] = np.nan if planned is None or is_blank(planned) else float(planned)
    if not scope.any():
        return row | {"says": f"{row['event']} names no series with demand."}
    actual = months.total(scope)
    during = (covered > 0) & ~np.isnan(actual)
    if not during.any():
        return row | {"says": f"{row['event']} lies outside the history."}
    if covered[during].sum() < THINNEST:
        return row | {"says": f"{row['event']} covers too few days of a month to be measured."}
    at = np.flatnonzero(during)
    row |= {"first_month": label(months.periods[at[0]]), "last_month": label(months.periods[at[-1]])}
    names = calendar.columns(scope)
    base = expected(actual, ~names.any(axis=1) & ~np.isnan(actual), at)
    if base is None:
        return row | {"says": f"{row['event']} has no months without events beside it to compare with."}
    share, error = _shares(actual, base.mean, base.error, names)
    count = len(calendar.events)
    row |= {
        "months": int(during.sum()),
        "baseline": float(base.mean[during].sum()),
        "actual": float(actual[during].sum()),
        "uplift": share[e],
        "error": error[e],
        "dip": share[count + e],
    }
    if share[e] > CLEAR * error[e]:
        row |= _sisters(months, calendar, e, (actual - base.mean)[during].sum())
    return row | {"says": _sentence(row)}


def _shares(actual: Floats, base: Floats, error: Floats, columns: Floats) -> tuple[Floats, Floats]:
    """Effect of each column and its error by least squares over the months that events touch; NaN where unseen."""
    rows = columns.any(axis=1) & ~np.isnan(actual) & (base > 0)
    seen = np.abs(columns[rows]).max(axis=0, initial=0.0) > 0
    share, spread = np.full(columns.shape[1], np.nan), np.full(columns.shape[1], np.nan)
    if not rows.any() or not seen.any():
        return share, spread
    with np.errstate(over="ignore"):
        change = np.minimum(actual[rows] / base[rows] - 1.0, LARGEST)
    x = columns[np.ix_(rows, seen)]
    weights = np.linalg.pinv(x)  # events alike in all their months share equally
    share[seen] = weights @ change
    noise = error[rows] * (1.0 + np.maximum(change, -0.5))
    spread[seen] = np.sqrt((weights**2) @ noise**2)
    return share, spread


def _sisters(months: _Months, calendar: _Calendar, e: int, gained: float) -> dict[str, object]:
    """What the sister items lost or gained over what the event gained, where clear of noise; blank without sisters."""
    codes, scope, covered = months.index.codes, calendar.touched[e] > 0, calendar.covered[:, e]
    family, blank = codes["family"], months.index.names["family"].get("", -1)
    sisters = np.isin(family, family[scope & (family != blank)]) & ~scope
    for key in ("channel", "region"):
        sisters &= np.isin(codes[key], codes[key][scope])
    if is_blank(calendar.events[e].get("item", "")) or not sisters.any() or gained <= 0:
        return {}
    actual = months.total(sisters)
    columns = calendar.columns(sisters)
    during = (covered > 0) & ~np.isnan(actual)
    clean = ~columns.any(axis=1) & ~np.isnan(actual) & ~(covered > 0)
    base = expected(actual, clean, np.flatnonzero(covered > 0)) if during.any() else None
    if base is None:
        return {}
    change = float((actual - base.mean)[during].sum())
    noise = math.hypot(*(base.error * base.mean)[during])
    # sisters that change by more than the event gained follow their market, not the event
    clear = CLEAR * noise < abs(change) <= gained
    return {
        "cannibalised": -change / gained if clear and change < 0 else 0.0,
        "halo": change / gained if clear and change > 0 else 0.0,
    }


def _sentence(row: Mapping[str, object]) -> str:
    uplift, error, dip = (float(str(row[c])) for c in ("uplift", "error", "dip"))
    planned, baseline = float(str(row["planned_uplift"])), float(str(row["baseline"]))
    if not np.isfinite(uplift):
        return f"{row['event']} has no baseline to be measured against."
    text = f"{row['event']} sold {abs(uplift):.0%}".replace("%", " %")
    text += f" {'over' if uplift >= 0 else 'under'} its baseline of {baseline:,.0f} units"
    if np.isfinite(planned):
        text += f" (planned {planned:.0%})".replace("%", " %")
    if np.isfinite(error) and abs(uplift) < CLEAR * error:
        text += ", which is not clear of noise"
    if np.isfinite(dip) and abs(dip) >= 0.005:
        text += f", and {abs(dip):.0%} {'less' if dip < 0 else 'more'} the month after".replace("%", " %")
    lost, won = (float(str(row[c])) for c in ("cannibalised", "halo"))
    if lost > 0:
        text += f"; {lost:.0%} of it came from sister items".replace("%", " %")
    if won > 0:
        text += f"; sister items gained {won:.0%} of it on top".replace("%", " %")
    return text + "."
