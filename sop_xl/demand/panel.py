"""From a long frame of history to a block of series, and back to dates.

A history is one row per series and period: `unique_id`, `ds` (timestamp), `y` (number, NaN where unknown).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sop_xl.demand.smoothing import Block, Floats, Ints
from sop_xl.errors import InputError

LARGEST = 1e100
"""Values beyond this are a mistake and would overflow squares of squares."""

MOST_PERIODS = 20_000

_DAY = 86_400_000_000_000
_HOUR = 3_600_000_000_000


@dataclass(frozen=True)
class Calendar:
    """Regular periods: `months` > 0 counts months (at their first or last day), else `step` counts nanoseconds."""

    months: int
    at_end: bool
    step: int
    origin: int

    @property
    def seasons(self) -> tuple[int, ...]:
        """The usual seasons of such periods, the main one first.

        Months repeat after a year, or after a quarter where customers order to their quarters; quarters after a year,
        weeks after 52, days after a week, hours after a day.
        """
        if self.months:
            return {1: (12, 3), 3: (4,)}.get(self.months, (1,))
        return {7 * _DAY: (52,), _DAY: (7,), _HOUR: (24,)}.get(self.step, (1,))

    def number(self, ds: pd.DatetimeIndex) -> Ints:
        """Running number of each period."""
        if self.months:
            return np.asarray((ds.year * 12 + ds.month - 1 - self.origin) // self.months, dtype=np.int64)
        return np.asarray((ds.as_unit("ns").asi8 - self.origin) // self.step, dtype=np.int64)

    def stamp(self, number: Ints) -> pd.DatetimeIndex:
        """Timestamp of each running number."""
        if not self.months:
            return pd.DatetimeIndex((self.origin + number * self.step).astype("datetime64[ns]"))
        month = self.origin + number * self.months + (1 if self.at_end else 0) - 1970 * 12
        first = month.astype("datetime64[M]").astype("datetime64[D]").astype("datetime64[ns]")
        return pd.DatetimeIndex(first - np.timedelta64(1, "D") if self.at_end else first)


@dataclass(frozen=True)
class Panel:
    """A validated history: its block, and what is needed to put the forecasts back to names and dates.

    ids : name of each series, in the order of the block's columns
    places : place of each series in the order of names
    last : running number of each series' last row
    waiting : periods between the last known value and the last row (unknown, not zero)
    """

    block: Block
    ids: pd.Index
    places: Ints
    last: Ints
    waiting: Ints
    calendar: Calendar
    nonnegative: np.ndarray[tuple[int], np.dtype[np.bool_]]
    scale: Floats


def checked(history: pd.DataFrame) -> pd.DataFrame:
    """The three columns with numbers and timestamps, or an `InputError` that names series and value."""
    missing = [c for c in ("unique_id", "ds", "y") if c not in history.columns]
    if missing:
        raise InputError(f"history needs the columns unique_id, ds and y; missing: {', '.join(missing)}")
    if history.empty:
        raise InputError("history has no rows; give at least one value of one series")
    frame = history[["unique_id", "ds", "y"]].reset_index(drop=True)
    if frame["unique_id"].isna().any():
        raise InputError(f"row {int(frame['unique_id'].isna().argmax()) + 1} of history has no unique_id")
    y = pd.to_numeric(frame["y"], errors="coerce").astype("float64")
    _refuse(frame, y.isna() & frame["y"].notna(), "y", "which is not a number")
    _refuse(frame, y.abs() == np.inf, "y", "which is infinite")
    _refuse(frame, y.abs() > LARGEST, "y", f"beyond {LARGEST:g}")
    if pd.api.types.is_numeric_dtype(frame["ds"]):
        raise InputError(f"ds must hold dates, got the number {frame['ds'].iloc[0]}")
    ds = pd.to_datetime(frame["ds"], errors="coerce")
    _refuse(frame, ds.isna(), "ds", "which is not a date")
    if ds.dt.tz is not None:
        ds = ds.dt.tz_localize(None)
    frame = frame.assign(y=y, ds=ds.astype("datetime64[ns]"))
    twice = frame.duplicated(["unique_id", "ds"])
    if twice.any():
        row = frame.loc[int(twice.argmax())]
        raise InputError(f"series {row['unique_id']!r} has two rows for {row['ds']:%Y-%m-%d}; keep one")
    return frame


def _refuse(frame: pd.DataFrame, bad: pd.Series, column: str, why: str) -> None:
    if bad.any():
        row = frame.loc[int(bad.to_numpy().argmax())]
        raise InputError(f"series {row['unique_id']!r} has {column} = {row[column]!s}, {why}")


def infer_calendar(ids: Ints, ds: pd.DatetimeIndex) -> Calendar:
    """The calendar on which all series lie; monthly where days cannot tell.

    Parameters
    ----------
    ids
        series number of each row
    ds
        timestamp of each row

    """
    midnight = ds == ds.normalize()
    order = np.lexsort((ds.asi8, ids))
    same = np.diff(ids[order]) == 0
    for at_end, fits in ((False, midnight & (ds.day == 1)), (True, midnight & ds.is_month_end)):
        if fits.all():
            month = (ds.year * 12 + ds.month - 1).to_numpy()
            steps = np.diff(month[order])[same]
            months = next((m for m in (12, 3) if len(steps) >= 3 and (steps == m).all()), 1)
            return Calendar(months, at_end, 0, int(month.min()))
    stamps = ds.as_unit("ns").asi8
    steps = np.diff(stamps[order])[same]
    if not len(steps):
        raise InputError(f"one value a series does not tell the length of a period; first row is at {ds[0]}")
    step = int(steps.min())
    origin = int(stamps.min())
    off = (stamps - origin) % step != 0
    longest = pd.Series(steps).groupby(ids[order][1:][same]).agg(["min", "size"])
    if off.any() or ((longest["min"] > step) & (longest["size"] >= 4)).any():
        raise InputError(
            "history mixes frequencies: every series must have the same regular periods; "
            f"the shortest step is {pd.Timedelta(step, unit='ns')}"
        )
    return Calendar(0, False, step, origin)


def _sorted(names: pd.Index) -> Ints:
    try:
        return np.asarray(names.argsort(), dtype=np.int64)
    except TypeError:  # numbers and text together
        return np.asarray(names.astype(str).argsort(), dtype=np.int64)


def panel_of(history: pd.DataFrame) -> Panel:
    """Check a history and lay its series side by side.

    Rows may come in any order. A series starts at its first known value; unknown periods inside are interpolated,
    unknown periods at the end are waited out. Each series is scaled to at most 1.
    """
    frame = checked(history)
    codes, names = pd.factorize(frame["unique_id"], sort=False)
    by_name = _sorted(names)
    codes = np.argsort(by_name)[codes]
    names = names[by_name]
    ds = pd.DatetimeIndex(frame["ds"])
    calendar = infer_calendar(codes, ds)
    number = calendar.number(ds)
    y = frame["y"].to_numpy()
    known = ~np.isnan(y)
    first, last_known, last = np.full(len(names), 2**62), np.full(len(names), -1), np.full(len(names), -1)
    np.minimum.at(first, codes[known], number[known])
    np.maximum.at(last_known, codes[known], number[known])
    np.maximum.at(last, codes, number)
    if (last_known < 0).any():
        raise InputError(f"series {names[int((last_known < 0).argmax())]!r} has no value at all")
    lengths = last_known - first + 1
    if lengths.max() > MOST_PERIODS:
        longest = names[int(lengths.argmax())]
        raise InputError(f"series {longest!r} spans {lengths.max()} periods; at most {MOST_PERIODS} are read")
    order = np.argsort(-lengths, kind="stable")
    column = np.argsort(order)[codes]
    rows = int(lengths.max())
    values = np.full((rows, len(names)), np.nan)
    values[rows - 1 - (last_known[codes] - number)[known], column[known]] = y[known]
    if len(frame) < lengths.sum() or not known.all():
        values = pd.DataFrame(values).interpolate(limit_area="inside").to_numpy()
    lengths = lengths[order].astype(np.int64)
    values = np.nan_to_num(values)
    scale = np.ldexp(1.0, np.frexp(np.abs(values).max(axis=0))[1])  # a power of 2 divides without rounding
    return Panel(
        Block(values / scale, lengths),
        names[order],
        order.astype(np.int64),
        last[order].astype(np.int64),
        (last - last_known)[order].astype(np.int64),
        calendar,
        values.min(axis=0) >= 0,
        scale,
    )
