"""Our column: the one place where the benchmark calls the product.

`cell` is the core that a cell of a worksheet calls, one series at a time; `batch` is `sop_xl.forecast` on the whole
portfolio at once.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

import numpy as np
import pandas as pd

import sop_xl
from benchmarks.forecast.data import SEASON, Part, Set, grid, values
from benchmarks.forecast.forecasts import Forecasts, stacked
from benchmarks.forecast.score import Floats

CELL = "ours, cell"
BATCH = "ours, batch"

CELL_METHOD = "combination"
BATCH_METHOD = "auto"
"""What `sop_xl.forecast` calls the cell core on a portfolio, and the core that learns from the portfolio."""

CORE = "sop_xl.demand.series"
"""The module of the cell core."""

Core = Callable[[Floats, int, bool], tuple[Floats, Floats, Floats]]
"""Values, horizon, whether an interval is wanted -> point, low and high of the 95 % interval (NaN unless wanted)."""


def has_core() -> bool:
    """Whether the product has a cell core of its own, with kernels that can be switched off."""
    return find_spec(CORE) is not None


def core() -> Core:
    """The cell core."""
    if not has_core():
        return _one_series
    forecast_series = import_module(CORE).forecast_series

    def call(y: Floats, horizon: int, interval: bool) -> tuple[Floats, Floats, Floats]:
        found = forecast_series(y, horizon, season=SEASON, level=(95,) if interval else ())
        nothing = np.full(horizon, np.nan)
        low, high = (np.asarray(found.low[95]), np.asarray(found.high[95])) if interval else (nothing, nothing)
        return np.asarray(found.forecast), low, high

    return call


def _one_series(y: Floats, horizon: int, interval: bool) -> tuple[Floats, Floats, Floats]:
    """Through the portfolio's door, one series at a time."""
    months = pd.date_range("1900-01-01", periods=len(y), freq="MS")
    history = pd.DataFrame({"unique_id": "series", "ds": months, "y": y})
    out = sop_xl.forecast(history, horizon, season=SEASON, level=(95,) if interval else ())
    nothing = np.full(horizon, np.nan)
    low, high = (out["lo_95"], out["hi_95"]) if interval else (nothing, nothing)
    return np.asarray(out["forecast"]), np.asarray(low), np.asarray(high)


def portfolio(train: pd.DataFrame, horizon: int, method: str) -> pd.DataFrame:
    """The product's forecast of a portfolio: `unique_id`, `ds`, `forecast`, `lo_95`, `hi_95`, sorted."""
    out = sop_xl.forecast(train, horizon, season=SEASON, level=(95,), method=method)
    return out.sort_values(["unique_id", "ds"], ignore_index=True)


def first_cell(y: Floats, horizon: int) -> str:
    """What a fresh process runs to make its first forecast in a cell, as Python text."""
    if not has_core():
        return first_frame(y, horizon)
    call = f"forecast_series(numpy.array({y.tolist()}), {horizon}, season={SEASON}, level=(80, 95))"
    return f"import numpy\nfrom {CORE} import forecast_series\n{call}"


def first_frame(y: Floats, horizon: int) -> str:
    """The same from a notebook, as Python text."""
    return (
        f"import pandas, sop_xl\ny = {y.tolist()}\n"
        "ds = pandas.date_range('2000-01-01', periods=len(y), freq='MS')\n"
        f"sop_xl.forecast(pandas.DataFrame(dict(unique_id='A', ds=ds, y=y)), {horizon})"
    )


def cell(chosen: Set, progress: Callable[[float], None]) -> Forecasts:
    """Every series of a set on its own."""
    call, horizon, done = core(), chosen.source.horizon, 0
    parts = []
    for part in chosen.parts:
        series = values(part.train)
        found, cpu, wall = np.empty((3, len(series), horizon)), np.empty(len(series)), np.empty(len(series))
        call(series[0], horizon, True)  # imports are not timed
        for i, y in enumerate(series):
            began, start = time.perf_counter(), time.process_time()
            found[:, i] = call(y, horizon, True)
            cpu[i], wall[i] = time.process_time() - start, time.perf_counter() - began
            done += 1
            progress(done / chosen.series)
        parts.append(Forecasts(found[0], found[1], found[2], cpu, wall))
    return stacked(parts)


def batch(chosen: Set, progress: Callable[[float], None]) -> Forecasts:
    """A portfolio at a time: each part of a set is one."""
    parts = []
    for part in chosen.parts:
        parts.append(_together(part, chosen.source.horizon))
        progress(len(parts) / len(chosen.parts))
    return stacked(parts)


def _together(part: Part, horizon: int) -> Forecasts:
    series = part.test["unique_id"].nunique()
    began, start = time.perf_counter(), cpu_seconds()
    rows = portfolio(part.train, horizon, BATCH_METHOD)
    cpu, wall = cpu_seconds() - start, time.perf_counter() - began
    point, low, high = (grid(rows, name) for name in ("forecast", "lo_95", "hi_95"))
    return Forecasts(point, low, high, np.full(series, cpu / series), np.full(series, wall / series))


def cpu_seconds() -> float:
    """Time on all cores of this process and of those it has waited for [s]."""
    children = os.times()
    return time.process_time() + children.children_user + children.children_system
