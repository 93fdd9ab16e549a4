"""The statistical forecast of a history: fitted, in months again, and led through launches and ends of life."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from sop_xl.cycle.basis import Basis, basis
from sop_xl.cycle.keeping import plain
from sop_xl.cycle.lifecycle import through_life
from sop_xl.cycle.step import Context, Frames
from sop_xl.demand import baseline
from sop_xl.errors import InputError

WIDE = 95
"""Width of the wide interval [%]."""
MEASURES = ("forecast", "low", "high", f"low {WIDE}", f"high {WIDE}")
"""Rows of the baseline."""


@dataclass(frozen=True)
class Statistical:
    """What was fitted, the methods typed on sheet Items by series, and the forecast of every series and month."""

    basis: Basis
    pins: dict[str, str]
    forecast: pd.DataFrame


def statistical(clean: pd.DataFrame, frames: Frames, context: Context) -> Statistical:
    """Forecast every series on sale from the corrected history.

    The forecast has item, channel, region, method, period, forecast, low, high, low 95 and high 95 [units].
    """
    settings = context.settings
    on_sale = context.on_sale(plain(frames["items"]))
    fitted = basis(clean, on_sale, frames, context)
    if fitted.series.empty:
        raise InputError("no item on sale has demand history; check the end dates on sheet Items")
    context.progress(f"forecasting {len(fitted.series):,} series", 0.1)
    pinned = on_sale[on_sale["method"].ne("")].set_index("item")["method"]
    pins = {str(name): str(method) for name, method in fitted.series["item"].map(pinned).dropna().items()}
    level = settings.interval_level
    forecast = baseline.forecast(
        fitted.panel, settings.horizon, level=sorted({level, WIDE}), method=pins or "auto", groups=fitted.groups
    )
    forecast = forecast.join(fitted.series, on="unique_id", how="inner").reset_index(drop=True)
    named = {f"lo_{WIDE}": f"low {WIDE}", f"hi_{WIDE}": f"high {WIDE}", f"lo_{level}": "low", f"hi_{level}": "high"}
    forecast = forecast.rename(columns={"ds": "period", **named})
    forecast = fitted.days.denormalised(forecast, [m for m in MEASURES if m in forecast])
    return Statistical(fitted, pins, through_life(forecast, clean, frames, context))


def as_of_then(
    clean: pd.DataFrame, frames: Frames, context: Context, last_month: pd.Timestamp, months: int
) -> pd.DataFrame:
    """The statistical forecast of the history up to an earlier month, by the settings of today: item, period, quantity.

    `months` is how far ahead it looks. What has been sold since is left out; corrections, methods, events, successors
    and every setting are those of today.
    """
    then = replace(context.settings, as_of=(last_month + pd.offsets.MonthEnd(0)).date(), horizon=months)
    quiet = replace(context, settings=then, progress=lambda _doing, _share: None)
    made = statistical(clean[clean["period"] <= last_month].reset_index(drop=True), frames, quiet)
    sums = made.forecast.groupby(["item", "period"], as_index=False)[["forecast"]].sum()
    return sums.rename(columns={"forecast": "quantity"})
