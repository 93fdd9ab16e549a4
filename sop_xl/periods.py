"""Monthly buckets: the first day of a month stands for the month.

Every frame of the product has its periods as timestamps of a first day; every sheet shows them as `2020-03`.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING

from sop_xl.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

DAYS_PER_MONTH = 365.25 / 12
"""Mean length of a month [days]: turns lead times in days into periods."""

_LABEL = re.compile(r"(\d{4})-(\d{2})")


def label(period: date) -> str:
    """The name of a period on a sheet.

    >>> label(date(2020, 3, 1))
    '2020-03'
    """
    return f"{period.year:04d}-{period.month:02d}"


def is_label(text: object) -> bool:
    """Whether a column heading names a period.

    >>> is_label("2020-03"), is_label("2020-13"), is_label("Item")
    (True, False, False)
    """
    match = _LABEL.fullmatch(text) if isinstance(text, str) else None
    return match is not None and 1 <= int(match[2]) <= 12 and int(match[1]) >= 1900


def parse(text: str) -> pd.Timestamp:
    """The period a label names.

    >>> parse("2020-03")
    Timestamp('2020-03-01 00:00:00')
    """
    import pandas as pd

    if not is_label(text):
        raise InputError(f"a period is written like 2020-03, got {text!r}")
    return pd.Timestamp(f"{text}-01")


def month_of(day: date | datetime) -> pd.Timestamp:
    """The period a day falls in.

    >>> month_of(date(2020, 2, 29))
    Timestamp('2020-02-01 00:00:00')
    """
    import pandas as pd

    return pd.Timestamp(day).to_period("M").to_timestamp()


def horizon(as_of: date | datetime, months: int) -> pd.DatetimeIndex:
    """The periods planned: the `months` [months] after the one `as_of` falls in.

    >>> [label(p) for p in horizon(date(2020, 2, 29), 3)]
    ['2020-03', '2020-04', '2020-05']
    """
    import pandas as pd

    if months < 1:
        raise InputError(f"the horizon must be at least 1 month, got {months}")
    return pd.date_range(month_of(as_of) + pd.DateOffset(months=1), periods=months, freq="MS", unit="ns")


def past(as_of: date | datetime, months: int) -> pd.DatetimeIndex:
    """The `months` [months] up to and including the one `as_of` falls in.

    >>> [label(p) for p in past(date(2020, 2, 29), 2)]
    ['2020-01', '2020-02']
    """
    import pandas as pd

    return pd.date_range(end=month_of(as_of), periods=months, freq="MS", unit="ns")


def since(first: date | datetime, as_of: date | datetime) -> pd.DatetimeIndex:
    """The periods from the one `first` falls in up to and including that of `as_of`, at least that one.

    >>> [label(p) for p in since(date(2019, 12, 5), date(2020, 2, 29))]
    ['2019-12', '2020-01', '2020-02']
    """
    return past(as_of, max(1, (as_of.year - first.year) * 12 + as_of.month - first.month + 1))


def lead_time_periods(days: float) -> int:
    """A lead time [days] in whole periods [months], to the nearest month.

    >>> lead_time_periods(10), lead_time_periods(17), lead_time_periods(50)
    (0, 1, 2)
    """
    if not 0 <= days < 3660:
        raise InputError(f"a lead time must lie between 0 and 3660 days, got {days:g}")
    return int(days / DAYS_PER_MONTH + 0.5)


def working_days(period: date) -> int:
    """Mondays to Fridays in a month [days].

    >>> working_days(date(2020, 2, 1))
    20
    """
    import numpy as np

    first = np.datetime64(f"{period.year:04d}-{period.month:02d}", "M")
    return int(np.busday_count(first.astype("datetime64[D]"), (first + 1).astype("datetime64[D]")))
