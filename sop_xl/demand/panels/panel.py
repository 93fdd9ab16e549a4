"""From a long frame of history to a block of series, and back to dates.

A history is one row per series and period: `unique_id`, `ds` (date or period number), `y` (number, NaN where unknown).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sop_xl.demand.forecasting.smoothing import Block, Floats, Ints
from sop_xl.demand.panels.cells import Rows, rows_of
from sop_xl.demand.panels.frequency import Calendar, infer_calendar
from sop_xl.errors import InputError

MOST_PERIODS = 20_000
MOST_CELLS = 200_000_000
"""Series side by side take as many periods as the longest of them [periods times series]."""


@dataclass(frozen=True)
class Panel:
    """A validated history: its block, and what is needed to put the forecasts back to names and dates.

    ids : name of each series, in the order of the block's columns
    places : place of each series in the order of names
    last : running number of each series' last row
    waiting : periods between the last known value and the last row (unknown, not zero)
    known : share of the periods of each series that have a value, the others are bridged [share]
    """

    block: Block
    ids: pd.Index
    places: Ints
    last: Ints
    waiting: Ints
    calendar: Calendar
    nonnegative: np.ndarray[tuple[int], np.dtype[np.bool_]]
    scale: Floats
    known: Floats


def checked(history: pd.DataFrame) -> pd.DataFrame:
    """The three columns with numbers and dates, rows as they stand, or an `InputError` naming series and value."""
    rows = rows_of(history)
    order = _order(rows)
    _refuse_twice(rows, order)
    ds = pd.DatetimeIndex(rows.times.view("datetime64[ns]")) if rows.dated else rows.times
    return pd.DataFrame({"unique_id": rows.names[rows.codes], "ds": ds, "y": rows.y})


def panel_of(history: pd.DataFrame) -> Panel:
    """Check a history and lay its series side by side.

    Rows may come in any order. A series starts at its first known value; unknown periods inside are interpolated,
    unknown periods at the end are waited out. Each series is scaled to at most 1.
    """
    rows = rows_of(history)
    order = _order(rows)
    _refuse_twice(rows, order)
    codes, times, y = rows.codes, rows.times, rows.y
    if order is not None:
        codes, times, y = codes[order], times[order], y[order]
    calendar = infer_calendar(
        codes, times, lambda row: rows.said(row if order is None else int(order[row])), dated=rows.dated
    )
    number = calendar.number(times)
    last = number[np.r_[np.flatnonzero(np.diff(codes)), len(codes) - 1]]
    known = ~np.isnan(y)
    if not known.all():
        codes, number, y = codes[known], number[known], y[known]
    if len(codes) == 0 or codes[0] > 0 or codes[-1] < len(last) - 1 or np.diff(codes).max(initial=0) > 1:
        nothing = int(np.setdiff1d(np.arange(len(last)), codes)[0])
        raise InputError(f"series {rows.called(nothing)} has no value at all: y is empty in every row")
    begins = np.flatnonzero(np.r_[True, np.diff(codes) > 0])
    first, last_known = number[begins], number[np.r_[begins[1:], len(codes)] - 1]
    lengths = last_known - first + 1
    if lengths.max() > MOST_PERIODS:
        longest = rows.called(int(lengths.argmax()))
        raise InputError(f"series {longest} spans {lengths.max()} periods; at most {MOST_PERIODS} are read")
    if lengths.max() * len(lengths) > MOST_CELLS:
        longest = rows.called(int(lengths.argmax()))
        raise InputError(
            f"series {longest} spans {lengths.max():,} periods, too many beside {len(lengths):,} series; forecast the "
            "longest ones on their own"
        )
    by_length = np.argsort(-lengths, kind="stable")
    column = np.empty_like(by_length)
    column[by_length] = np.arange(len(by_length))
    known_share = np.diff(np.r_[begins, len(codes)]) / lengths
    if len(y) < lengths.sum():
        codes, number, y = _interpolated(codes, number, y, first, lengths)
    height = int(lengths.max())
    values = np.zeros((height, len(lengths)))
    values[height - 1 - last_known[codes] + number, column[codes]] = y
    scale = np.ldexp(1.0, np.frexp(np.abs(values).max(axis=0))[1])  # a power of 2 divides without rounding
    return Panel(
        Block(values / scale, lengths[by_length]),
        rows.names[by_length],
        by_length.astype(np.int64),
        last[by_length],
        (last - last_known)[by_length],
        calendar,
        values.min(axis=0) >= 0,
        scale,
        known_share[by_length],
    )


def _order(rows: Rows) -> Ints | None:
    """The rows by series and time; None where they stand so already."""
    steps = np.diff(rows.codes)
    if ((steps > 0) | ((steps == 0) & (np.diff(rows.times) > 0))).all():
        return None
    rank, distinct = pd.factorize(rows.times, sort=True)
    return np.argsort(rows.codes * len(distinct) + rank)  # one number sorts several times faster than two


def _refuse_twice(rows: Rows, order: Ints | None) -> None:
    if order is None:
        return
    codes, times = rows.codes[order], rows.times[order]
    twice = (codes[1:] == codes[:-1]) & (times[1:] == times[:-1])
    if twice.any():
        place = int(twice.argmax())
        one, other = sorted((int(order[place]), int(order[place + 1])))
        name, when = rows.called(int(rows.codes[one])), rows.when(one)
        clock = "; the clock went back there: give ds in UTC" if rows.zoned else "; keep one"
        raise InputError(f"series {name} has two rows for {when} (rows {one + 1} and {other + 1} of history){clock}")


def _interpolated(codes: Ints, number: Ints, y: Floats, first: Ints, lengths: Ints) -> tuple[Ints, Ints, Floats]:
    """Every period from the first to the last known of each series, straight lines over the unknown ones."""
    offset = np.cumsum(lengths) - lengths
    whole = np.repeat(np.arange(len(lengths)), lengths)
    cells = np.arange(len(whole))
    filled = np.interp(cells, number - first[codes] + offset[codes], y)
    return whole, cells - offset[whole] + first[whole], filled
