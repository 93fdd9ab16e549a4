"""The cells of a history, whatever kind they came in: names, times and numbers as plain arrays, or a sentence.

Dates are ISO, year first: `2020-01`, `2020-01-31`, `2020-01-31 06:00`. A day-first `31/01/2020` is refused, since
`01/02/2020` would mean two days. Whole numbers are period numbers. Codes keep their kind: `007` and 7 are two series.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sop_xl.demand.forecasting.smoothing import LARGEST, Floats, Ints
from sop_xl.errors import InputError

COLUMNS = ("unique_id", "ds", "y")

LARGEST_PERIOD = 9_999_999
"""Beyond this a number is a date in disguise, such as 20200131 or a time stamp."""

FIRST_DATE, LAST_DATE = pd.Timestamp("1700-01-01"), pd.Timestamp("2200-12-31 23:59:59")

_AS_DATES = "write dates as 2020-01-31"


@dataclass(frozen=True)
class Rows:
    """A history as arrays, rows as they stand.

    codes : place of each row's series among `names`, shape (rows,)
    names : name of each series, sorted
    times : nanoseconds since 1970, or period numbers, shape (rows,)
    dated : whether times are dates
    zoned : whether they came with a time zone, of which the local time is kept
    y : value of each row, NaN where unknown, shape (rows,) [units]
    """

    codes: Ints
    names: pd.Index
    times: Ints
    dated: bool
    zoned: bool
    y: Floats

    def when(self, row: int) -> str:
        """The date or period number of a row, in words."""
        return _said(pd.Timestamp(int(self.times[row])) if self.dated else int(self.times[row]))

    def said(self, row: int) -> str:
        """A row named for a sentence."""
        return f"series {self.called(int(self.codes[row]))} has ds = {self.when(row)}"

    def called(self, series: int) -> str:
        """The name of a series, quoted where it is text."""
        return _quoted(self.names[series])


@dataclass(frozen=True)
class _Cells:
    """A column being read, and the names beside it for a sentence."""

    name: str
    cells: pd.Series
    ids: pd.Series

    def refuse(self, bad: Any, why: str) -> None:
        """Raise about the first bad cell, if there is one."""
        bad = np.asarray(bad, dtype=bool)
        if bad.any():
            row = int(bad.argmax())
            raise InputError(
                f"series {_quoted(self.ids.iloc[row])} has {self.name} = {_said(self.cells.iloc[row])}, {why}"
            )


def rows_of(history: pd.DataFrame) -> Rows:
    """Read the columns `unique_id`, `ds`, `y` of any kind of cells.

    Raises
    ------
    InputError : a missing column or name, a date, number or duplicate that cannot be used, with series and value.

    >>> rows_of(pd.DataFrame({"unique_id": ["007"], "ds": ["2020-01"], "y": ["12.5"]})).y
    array([12.5])

    """
    if not isinstance(history, pd.DataFrame):
        kind = f"{type(history).__module__.split('.')[0]}.{type(history).__name__}"
        hint = "; convert it with .to_pandas()" if hasattr(history, "to_pandas") else ""
        raise InputError(f"history must be a pandas DataFrame, got {kind}{hint}")
    missing = [c for c in COLUMNS if c not in history.columns]
    if missing:
        raise InputError(f"history needs the columns unique_id, ds and y; missing: {', '.join(missing)}")
    if history.empty:
        raise InputError("history has no rows; give at least one value of one series")
    for name in COLUMNS:
        if isinstance(history[name], pd.DataFrame):
            raise InputError(f"history has two columns called {name!r}; keep one")
    ids = _plain(history["unique_id"])
    codes, names = _names(ids)
    times, dated, zoned = _times(_Cells("ds", _plain(history["ds"]), ids))
    return Rows(codes, names, times, dated, zoned, _numbers(_Cells("y", _plain(history["y"]), ids)))


def _plain(column: pd.Series) -> pd.Series:
    """Cells without the wrapping of categories or Arrow dictionaries."""
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return column.astype(dtype.categories.dtype)
    if isinstance(dtype, pd.ArrowDtype) and dtype.kind not in "iufbMm":
        return column.astype(object)
    return column


def _said(cell: Any) -> str:
    """A cell in words: on one line, no midnight behind a day, blanks visible."""
    text = " ".join(str(cell).removesuffix(" 00:00:00").split())
    return f"{text[:60]}..." if len(text) > 60 else text or "blank text"


def _quoted(name: Any) -> str:
    return repr(name.item() if isinstance(name, np.generic) else name)


def _names(ids: pd.Series) -> tuple[Ints, pd.Index]:
    """Each row's series, and the names in order: numbers by size, text by letter."""
    try:
        codes, found = pd.factorize(ids)
    except TypeError:
        odd = next(name for name in ids if getattr(type(name), "__hash__", None) is None)
        raise InputError(f"a unique_id must be text or a number, got {odd!r}") from None
    if (codes < 0).any():
        raise InputError(f"row {int((codes < 0).argmax()) + 1} of history has no unique_id")
    names = pd.Index(found)
    if names.dtype == object and (odd := next((name for name in names if isinstance(name, tuple)), None)):
        raise InputError(f"a unique_id must be text or a number, got {odd!r}")
    if len(names) == 1:
        return codes.astype(np.int64), names
    try:
        by_name = names.argsort()
    except TypeError:  # numbers and text together
        by_name = np.array(sorted(range(len(names)), key=lambda n: (str(names[n]), type(names[n]).__name__)))
    place = np.empty(len(names), dtype=np.int64)
    place[by_name] = np.arange(len(names))
    return place[codes], names[by_name]


def _numbers(column: _Cells) -> Floats:
    """Values as floats; what is neither a number nor empty is refused."""
    cells = column.cells
    if cells.dtype != np.float64:
        if isinstance(cells.dtype, pd.PeriodDtype) or cells.dtype.kind in "Mmc":
            column.refuse(cells.notna(), "which is not a number")
        numbers = _parsed(column) if cells.dtype.kind not in "iufb" else cells
        y = numbers.to_numpy(dtype=np.float64, na_value=np.nan)
        column.refuse(np.isnan(y) & cells.notna().to_numpy(), "which is not a number")
    else:
        y = cells.to_numpy()
    largest = np.nanmax(np.abs(y), initial=0.0)
    if largest > LARGEST:
        column.refuse(np.isinf(y), "which is infinite")
        column.refuse(np.abs(y) > LARGEST, f"beyond {LARGEST:g}")
    return np.asarray(y)


def _parsed(column: _Cells) -> pd.Series:
    """Text and mixed cells as numbers, NaN where they are none."""
    try:
        numbers = pd.to_numeric(column.cells, errors="coerce")
    except OverflowError:
        column.refuse([isinstance(cell, int) and abs(cell) > LARGEST for cell in column.cells], f"beyond {LARGEST:g}")
        raise
    if numbers.dtype.kind == "c":
        column.refuse([isinstance(c, complex) for c in column.cells], "which is not a number")
    return numbers


def _times(column: _Cells) -> tuple[Ints, bool, bool]:
    """Times of the rows, whether they are dates, and whether they came with a time zone."""
    cells = column.cells
    if isinstance(cells.dtype, pd.PeriodDtype):
        cells = cells.dt.to_timestamp()
    column.refuse(cells.isna(), "which is not a date")
    kind = cells.dtype.kind
    if kind in "iuf":
        return _period_numbers(column, cells.to_numpy(dtype=np.float64)), False, False
    if kind == "M":
        return _nanoseconds(column, pd.DatetimeIndex(cells), None)
    if kind in "bmc":
        column.refuse(cells.notna(), "which is not a date")
    codes, found = pd.factorize(cells)
    if found.dtype == object and (numbers := pd.Series(found).infer_objects()).dtype.kind in "iuf":
        return _period_numbers(column, numbers.to_numpy(dtype=np.float64)[codes]), False, False
    texts = [str(cell).strip() for cell in found]
    whole = np.array([text.isascii() and text.removeprefix("-").isdecimal() for text in texts])
    if whole.all():
        dates = _digits_as_dates(texts)
        if dates is None:
            return _period_numbers(column, np.array([float(text) for text in texts])[codes]), False, False
        return _nanoseconds(column, dates, codes)
    column.refuse(whole[codes], f"a number among dates; {_AS_DATES}")
    looks = np.array([t[:1].isdecimal() for t in texts])
    column.refuse(~looks[codes], f"which is not a date; {_AS_DATES}")
    try:
        stamps = pd.to_datetime(pd.Index(texts, dtype=object), format="ISO8601", errors="coerce")
    except ValueError:
        raise InputError("ds mixes time zones; give every ds in the same zone, such as UTC") from None
    column.refuse(stamps.isna()[codes], f"which is not a date; {_AS_DATES} (year first: 01/02/2020 could be two days)")
    return _nanoseconds(column, stamps, codes)


def _digits_as_dates(texts: list[str]) -> pd.DatetimeIndex | None:
    """Text of bare digits as years, months or days; None where it holds period numbers."""
    for digits, form in ((4, "%Y"), (6, "%Y%m"), (8, "%Y%m%d")):
        if all(len(text) == digits and 1700 <= int(text[:4]) <= 2200 for text in texts):
            stamps = pd.to_datetime(pd.Index(texts), format=form, errors="coerce")
            return None if stamps.hasnans else stamps
    return None


def _nanoseconds(column: _Cells, stamps: pd.DatetimeIndex, codes: Ints | None) -> tuple[Ints, bool, bool]:
    """Dates of the rows by `codes`, or one for each row, as nanoseconds of their local time."""
    zoned = stamps.tz is not None
    if zoned:
        stamps = stamps.tz_localize(None)
    outside = np.asarray((stamps < FIRST_DATE) | (stamps > LAST_DATE))
    if outside.any():
        column.refuse(outside if codes is None else outside[codes], "outside the years 1700 to 2200")
    times = stamps.as_unit("ns").asi8
    return times if codes is None else times[codes], True, zoned


def _period_numbers(column: _Cells, numbers: Floats) -> Ints:
    """Whole period numbers; what looks like a date written as a number is refused."""
    column.refuse(~np.isfinite(numbers), "which is infinite")
    column.refuse(numbers != np.floor(numbers), "which is neither a whole period number nor a date")
    as_month = (numbers > 170000) & (numbers < 220013) & (numbers % 100 >= 1) & (numbers % 100 <= 12)
    if as_month.all():
        column.refuse(as_month, f"which looks like a year and month; {_AS_DATES} or 2020-01")
    column.refuse(np.abs(numbers) > LARGEST_PERIOD, f"which is no period number; {_AS_DATES}")
    return numbers.astype(np.int64)
