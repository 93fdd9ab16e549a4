"""Events: promotions, prices and other known things that lift demand for a while, and the dip after them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sop_xl.demand.cleansing.history import KEYS
from sop_xl.demand.levels.scope import PlanIndex, Row, is_blank, sorted_plan
from sop_xl.errors import InputError


def apply_events(plan: pd.DataFrame, events: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """Lift the plan by its events, each weighted by the days of the month it covers.

    Parameters
    ----------
    plan
        item, channel, region, period, quantity [units]
    events
        the table `events`: scope, `start`, `end`, `uplift` and `dip` [share]; a blank uplift is none
    items
        item and family

    An event of uplift u over d of the D days of a month multiplies demand by 1 + u d / D; its dip multiplies the
    month after its last month by 1 + dip. Several events multiply. Demand never falls below 0.

    >>> month = pd.Timestamp("2020-04-01")
    >>> plan = pd.DataFrame({"item": ["A"], "channel": [""], "region": [""], "period": [month], "quantity": [100.0]})
    >>> half = {"event": "Easter", "start": month, "end": pd.Timestamp("2020-04-15"), "uplift": 0.2, "dip": 0.0}
    >>> apply_events(plan, pd.DataFrame([half]), pd.DataFrame({"item": ["A"], "family": ["F"]}))["quantity"].round(6)
    0    110.0
    Name: quantity, dtype: float64

    """
    tidy = sorted_plan(plan)
    index = PlanIndex.of(tidy, items)
    month = tidy["period"].dt.to_period("M")
    first_day = tidy["period"].to_numpy(dtype="datetime64[D]")
    days = tidy["period"].dt.days_in_month.to_numpy()
    factor = np.ones(len(tidy))
    for event in events.to_dict("records"):
        start, end = pd.Timestamp(event["start"]), pd.Timestamp(event["end"])
        if pd.isna(start) or pd.isna(end) or end < start:
            raise InputError(f"event {event.get('event', '')!r} must start on or before the day it ends")
        first = np.maximum((np.datetime64(start, "D") - first_day).astype(int), 0)
        last = np.minimum((np.datetime64(end, "D") - first_day).astype(int), days - 1)
        covered = np.maximum(last - first + 1, 0) / days
        dip = np.where(month == end.to_period("M") + 1, _share(event, "dip"), 0.0)
        change = (1 + _share(event, "uplift") * covered) * (1 + dip)
        factor *= np.where(index.rows(event), np.maximum(change, 0.0), 1.0)
    return tidy.assign(quantity=tidy["quantity"] * factor)


def touched(history: pd.DataFrame, events: pd.DataFrame, items: pd.DataFrame) -> NDArray[np.bool_]:
    """Which months of which series an event covers, by a day or more, or its dip; by row of the history.

    Parameters
    ----------
    history
        item, channel, region, period
    events
        the table `events`: scope, `start`, `end`
    items
        item and family

    >>> months = pd.date_range("2020-04-01", periods=3, freq="MS")
    >>> sold = pd.DataFrame({"item": "A", "channel": "", "region": "", "period": months})
    >>> fair = {"event": "Fair", "start": months[0], "end": pd.Timestamp("2020-04-15")}
    >>> touched(sold, pd.DataFrame([fair]), pd.DataFrame({"item": ["A"], "family": ["F"]})).tolist()
    [True, True, False]

    """
    rows = history[[*KEYS, "period"]].reset_index(drop=True)
    if events.empty or rows.empty:
        return np.zeros(len(rows), dtype=bool)
    marked = apply_events(rows.assign(quantity=1.0), events.assign(uplift=1.0, dip=1.0), items)
    both = rows.merge(marked, on=[*KEYS, "period"], how="left")
    return np.asarray(both["quantity"] > 1.0)


def _share(event: Row, column: str) -> float:
    value = event.get(column)
    if value is None or is_blank(value):
        return 0.0
    number = float(value)
    if not np.isfinite(number) or number < -1:
        raise InputError(f"{column} of event {event.get('event', '')!r} must be -1 or more, got {value}")
    return number
