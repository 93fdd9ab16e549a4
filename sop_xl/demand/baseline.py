"""The statistical baseline: an automatic forecast of many series, with intervals and the method used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from sop_xl.demand.forecasting.calibration import NORMAL
from sop_xl.demand.forecasting.combination import AUTO, is_seasonal
from sop_xl.demand.forecasting.group_seasons import borrow
from sop_xl.demand.forecasting.portfolio import Progress
from sop_xl.demand.forecasting.prediction import check_arguments, method_names, predict
from sop_xl.demand.forecasting.smoothing import Floats
from sop_xl.demand.panels.panel import panel_of
from sop_xl.errors import InputError


def forecast(
    history: pd.DataFrame,
    horizon: int,
    *,
    season: int | None = None,
    level: Sequence[float] = (80, 95),
    method: str | Mapping[str, str] = "auto",
    groups: Mapping[str, str] | None = None,
    exogenous: Sequence[str] | None = None,
    future: pd.DataFrame | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Forecast every series of a history, each by the mean of the methods that suit it, or by a method pinned to it.

    Parameters
    ----------
    history
        one row per series and period: `unique_id`, `ds` (timestamp, or number of the period), `y` [units]; NaN or an
        absent row is unknown, not zero. Months by default; quarters, weeks, days and hours are recognised.
    horizon
        periods ahead, 1 to 600
    season
        length of the season [periods]; None looks for the usual ones (12 and 3 months), 1 is none
    level
        widths of the prediction intervals [%]
    method
        "auto", "combination" (the same without what the portfolio teaches), the name of a method in `methods.METHODS`,
        or such names for some series by `unique_id`
    groups
        name of a group, such as its channel or brand, by `unique_id`: a series without a season of its own borrows the
        one its group shows within its series, ended ones included, which so belong in `history`; with `exogenous`, the
        effects of a series are drawn to those of its group. None lends nothing.
    exogenous
        columns of `history` that drive demand, such as price and deal
    future
        `unique_id`, `ds` and those columns for every period ahead
    seed
        of the learner that a large portfolio trains
    progress
        called with what is being done and the share that is behind us

    Returns
    -------
    One row per series and period, sorted: `unique_id`, `ds`, `forecast`, `lo_80`, `hi_80`, ... [units], `method`.
    Forecasts and lower bounds are cut off at 0 where a history never was negative.

    Raises
    ------
    InputError : a value, date, method group or argument that cannot be used, named with its series.

    From about a hundred regular series of 30 periods on, what the portfolio's own past forecasts teach is used too: see
    `portfolio`.

    >>> months = pd.date_range("2019-01-01", periods=12, freq="MS")
    >>> steady = pd.DataFrame({"unique_id": "A", "ds": months, "y": 40.0})
    >>> forecast(steady, 2)[["ds", "forecast", "method"]]
              ds  forecast       method
    0 2020-01-01      40.0  combination
    1 2020-02-01      40.0  combination

    """
    check_arguments(horizon, season, level, seed)
    if groups is not None and not isinstance(groups, Mapping):
        raise InputError(f"groups must name a group by unique_id, got {type(groups).__name__}")
    tell = progress or _silent
    tell("reading the history", 0.0)
    if exogenous is not None or future is not None:
        if exogenous is None or future is None:
            raise InputError(
                "regressors need both: exogenous, columns of history, and future, a frame of what is to come"
            )
        _check_regressors(exogenous, method, season)
        return _with_regressors(history, horizon, level, groups, exogenous, future, seed)
    panel = panel_of(history)
    seasons = panel.calendar.seasons if season is None else (season,)
    reach = horizon + int(panel.waiting.max())
    pins = _pins(panel.ids, method)
    ends = panel.last - panel.waiting
    found = predict(panel.block, reach, seasons, pins, ends=ends, seed=seed, progress=tell)
    if groups is not None:
        without = (np.array(pins, dtype=object) == AUTO) & ~is_seasonal(found.method)
        some, lent = borrow(panel, reach, seasons, groups, without)
        found.mean[:, some], found.variance[:, some] = lent.prediction.mean, lent.prediction.variance
        found.empty[some], found.method[some] = lent.empty, lent.method
    tell("laying out the forecast", 0.95)
    steps = panel.waiting[None, :] + np.arange(horizon)[:, None]
    columns = found.at(steps).bridged(panel.known).bounded(level, panel.nonnegative)
    order = np.argsort(panel.places)
    dates = panel.calendar.stamp((panel.last[order, None] + 1 + np.arange(horizon)).ravel())
    out = pd.DataFrame({"unique_id": panel.ids[np.repeat(order, horizon)], "ds": dates})
    numbers = {name: (values * panel.scale)[:, order].T.ravel() for name, values in columns.items()}
    return out.assign(**numbers, method=pd.Series(np.repeat(found.method[order], horizon), dtype="str"))


def _check_regressors(exogenous: Sequence[str], method: str | Mapping[str, str], season: int | None) -> None:
    if season is not None:
        raise InputError(
            "a season is not set where regressors drive the forecast: the usual one is looked for; leave it out"
        )
    if isinstance(exogenous, str) or not exogenous:
        raise InputError(f"exogenous must list at least one column of history, got {exogenous!r}")
    if not isinstance(method, str) or method not in ("", AUTO):
        raise InputError("a method cannot be pinned where regressors drive the forecast; leave one of the two out")


def _with_regressors(
    history: pd.DataFrame,
    horizon: int,
    level: Sequence[float],
    groups: Mapping[str, str] | None,
    exogenous: Sequence[str],
    future: pd.DataFrame,
    seed: int,
) -> pd.DataFrame:
    """Every series from its regressors; bounds of a lognormal where demand is never negative, else of a normal."""
    from sop_xl.demand.causes.regressors import forecast_with_regressors

    found = forecast_with_regressors(history, future, exogenous, horizon, groups=groups, seed=seed)
    mean = found["forecast"].to_numpy(dtype=float)
    variance = found["variance"].to_numpy(dtype=float)
    negative = found["unique_id"].isin(history.loc[pd.to_numeric(history["y"]) < 0, "unique_id"]).to_numpy()
    lognormal = ~negative & (mean > 0)
    spread = np.sqrt(np.log1p(variance / np.where(lognormal, mean, 1.0) ** 2))
    centre = np.log(np.where(lognormal, mean, 1.0)) - spread**2 / 2
    columns: dict[str, Floats] = {}
    for width in level:
        below, above = NORMAL.reach(width)
        low = np.where(lognormal, np.exp(centre - below * spread), mean - below * np.sqrt(variance))
        high = np.where(lognormal, np.exp(centre + above * spread), mean + above * np.sqrt(variance))
        low = np.where(negative, low, np.maximum(low, 0.0))
        columns |= {f"lo_{width:g}": np.minimum(low, mean), f"hi_{width:g}": np.maximum(high, mean)}
    ordered = found[["unique_id", "ds", "forecast"]].assign(**columns, method=found["method"].astype("str"))
    return ordered.reset_index(drop=True)


def _silent(_doing: str, _share: float) -> None:
    """Tell nobody."""


def _pins(ids: pd.Index, method: str | Mapping[str, str]) -> list[str]:
    """The pinned method of each series; blank is automatic."""
    if isinstance(method, str):
        pins = [method] * len(ids)
    elif not isinstance(method, Mapping):
        raise InputError(f"method must be the name of one, or names by unique_id, got {method!r}")
    else:
        unknown = [name for name in method if name not in ids]
        if unknown:
            raise InputError(f"a method is pinned to {unknown[0]!r}, which has no history")
        pins = [method.get(name, AUTO) for name in ids]
    pins = [AUTO if pin in ("", AUTO) else pin for pin in pins]
    names = method_names()
    if isinstance(method, str) and pins[0] not in names:
        raise InputError(f"there is no method {method!r}; the methods are {', '.join(names)}")
    for name, pin in zip(ids, pins, strict=True):
        if pin not in names:
            raise InputError(f"series {name!r} is pinned to {pin!r}; the methods are {', '.join(names)}")
    return pins
