"""Forecast accuracy: measures, rolling-origin backtest, value added over naive, and the error safety stock needs.

Error = actual - forecast. Bias is forecast-centric: positive means we forecast too much.

References: [1] Hyndman, Koehler (2006), Another look at measures of forecast accuracy, IJF 22, 679-688;
[2] Trigg (1964), Monitoring a forecasting system, Operational Research Quarterly 15, 271-274;
[3] Brown (1959), Statistical Forecasting for Inventory Control (spread as a power of the level);
[4] Gilliland (2010), The Business Forecasting Deal (forecast value added); [5] Arkieva (2015), How to
measure bias in forecast (the normalised forecast metric: a sum beyond 2 over 12 periods is a bias).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from sop_xl.demand.baseline import forecast
from sop_xl.demand.forecasting.smoothing import Floats
from sop_xl.demand.levels.scope import families
from sop_xl.demand.panels.panel import checked
from sop_xl.errors import InputError

STEPS = {"naive": "naive", "seasonal_naive": "seasonal naive", "auto": "statistical"}
"""Name on the sheet of each method of a backtest."""

SPREAD_EXPONENT = 0.7
"""Error spread grows with demand to this power where a series cannot tell its own: [3]."""

BELIEF = 2.0
"""How many errors the pooled relation counts for [errors]."""


@dataclass(frozen=True)
class Mape:
    """Mean absolute percentage error [share], months it is taken over, and months left out because nothing sold."""

    value: float
    months: int
    undefined: int


def wmape(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Sum of absolute errors over sum of absolute actuals [share]; NaN where nothing sold.

    >>> wmape([10, 0, 20], [12, 1, 17])
    0.2
    """
    a, f = _pair(actual, forecast)
    return _ratio(float(np.abs(a - f).sum()), float(np.abs(a).sum()))


def bias(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Sum of (forecast - actual) over sum of absolute actuals [share]: positive is over-forecast.

    >>> bias([10, 20], [12, 21])
    0.1
    """
    a, f = _pair(actual, forecast)
    return _ratio(float((f - a).sum()), float(np.abs(a).sum()))


def mape(actual: ArrayLike, forecast: ArrayLike) -> Mape:
    """Mean of |error / actual| over the months in which something sold.

    >>> mape([10, 0, 20], [12, 5, 18])
    Mape(value=0.15, months=2, undefined=1)
    """
    a, f = _pair(actual, forecast)
    sold = a != 0
    value = float(np.mean(np.abs((a[sold] - f[sold]) / a[sold]))) if sold.any() else float("nan")
    return Mape(round(value, 12), int(sold.sum()), int((~sold).sum()))


def seasonal_scale(history: ArrayLike, season: int = 12) -> float:
    """Mean absolute change over one season [units], over one period where history is shorter: the scale of [1]."""
    y = np.asarray(history, dtype=float)
    for lag in (season, 1):
        change = np.abs(y[lag:] - y[:-lag])
        if (~np.isnan(change)).any():
            return float(np.nanmean(change))
    return float("nan")


def mase(actual: ArrayLike, forecast: ArrayLike, history: ArrayLike, season: int = 12) -> float:
    """Mean absolute error over that of the seasonal naive method inside the history: [1].

    >>> mase([12, 14], [10, 13], history=[10, 13, 10, 15], season=2)
    1.5
    """
    a, f = _pair(actual, forecast)
    return _ratio(float(np.mean(np.abs(a - f))), seasonal_scale(history, season))


def rmse(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Root of the mean squared error [units].

    >>> rmse([3, 5], [0, 1])
    3.5355339059327378
    """
    a, f = _pair(actual, forecast)
    return float(np.sqrt(np.mean((a - f) ** 2)))


def tracking_signal(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Sum of errors over their mean absolute deviation [MAD]: beyond 4 a forecast is biased. Source: [2].

    An error is actual - forecast: positive means we forecast too little, the other way round from `bias`.

    >>> tracking_signal([110, 90, 120], [100, 100, 100])
    1.5
    """
    a, f = _pair(actual, forecast)
    deviation = float(np.mean(np.abs(a - f)))
    return 0.0 if deviation == 0 else float((a - f).sum()) / deviation


def normalised_bias(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Sum over the months of (forecast - actual) / (forecast + actual), each between -1 and 1: all months count alike.

    Beyond 2 either way over 12 months a forecast is biased; months in which both are 0 count 0. A measure for demand
    of 0 or more. Source: [5].

    >>> normalised_bias([100, 50, 0, 0], [300, 50, 10, 0])
    1.5
    """
    a, f = _pair(actual, forecast)
    if (a < 0).any() or (f < 0).any():
        raise InputError("the normalised bias needs actuals and forecasts of 0 or more")
    whole = a + f
    return float(np.divide(f - a, whole, out=np.zeros_like(whole), where=whole > 0).sum())


def fva(error_before: float, error_after: float) -> float:
    """Forecast value added by a step: error before it minus error after it; positive adds value. Source: [4].

    >>> round(fva(0.40, 0.34), 2)
    0.06
    """
    return error_before - error_after


def _pair(actual: ArrayLike, forecast: ArrayLike) -> tuple[Floats, Floats]:
    a, f = np.asarray(actual, dtype=float), np.asarray(forecast, dtype=float)
    if a.shape != f.shape or a.ndim != 1:
        raise InputError(f"actuals and forecasts must be of one length, got {a.shape} and {f.shape}")
    known = ~(np.isnan(a) | np.isnan(f))
    if not known.any():
        raise InputError("accuracy needs at least one month with both an actual and a forecast")
    return a[known], f[known]


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")


def backtest(
    history: pd.DataFrame,
    *,
    origins: int = 6,
    lag: int = 1,
    methods: Sequence[str] = ("naive", "seasonal_naive", "auto"),
    pins: Mapping[str, str] | None = None,
    season: int | None = None,
    groups: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """What each method would have forecast `lag` periods ahead for each of the last periods.

    Parameters
    ----------
    history
        `unique_id`, `ds`, `y` [units]; further columns (item, channel ...) are carried along
    origins
        last periods that are judged
    lag
        periods from the last known value to the one judged
    methods
        methods compared
    pins
        method pinned to a series by `unique_id`; it takes the place of "auto"
    season
        length of the season [periods]; None takes the usual one
    groups
        group by `unique_id` from which "auto" borrows a season, as in `baseline.forecast`

    Every forecast sees only the history up to its origin. Returns unique_id, the columns carried along, origin, ds,
    step (naive, seasonal naive, statistical), actual, forecast [units]; periods without an actual are left out.

    """
    for name, value in (("origins", origins), ("lag", lag)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise InputError(f"{name} must be a whole number from 1, got {value!r}")
    frame = checked(history)
    dates = np.sort(frame["ds"].unique())
    if len(dates) < lag + 1:
        raise InputError(f"a backtest at lag {lag} needs at least {lag + 1} periods of history, got {len(dates)}")
    judged = range(max(len(dates) - origins, lag), len(dates))
    actual = frame[frame["y"].notna()].rename(columns={"y": "actual"})
    parts = []
    for place in judged:
        seen = _until(frame, dates[place - lag])
        if seen.empty:
            continue
        names = set(seen["unique_id"])
        pinned = {name: pin for name, pin in (pins or {}).items() if name in names}
        grouped = None if groups is None else {name: group for name, group in groups.items() if name in names}
        for method in methods:
            automatic = method == "auto"
            chosen = pinned if automatic and pinned else method
            lenders = grouped if automatic else None
            ahead = forecast(seen, lag, season=season, level=(), method=chosen, groups=lenders)
            last = ahead[ahead["ds"].eq(dates[place])]
            parts.append(last.assign(origin=dates[place - lag], step=STEPS.get(method, method)))
    columns = ["unique_id", "origin", "ds", "step", "actual", "forecast"]
    extra = [c for c in history.columns if c not in ("unique_id", "ds", "y")]
    if not parts:
        raise InputError("no series has a value before the periods judged")
    table = pd.concat(parts, ignore_index=True).merge(actual, on=["unique_id", "ds"])[columns]
    if extra:
        table = table.merge(history[["unique_id", *extra]].drop_duplicates("unique_id"), on="unique_id")
    ordered = table.sort_values(["unique_id", "ds", "step"], kind="stable", ignore_index=True)
    return ordered[["unique_id", *extra, *columns[1:]]]


def _until(frame: pd.DataFrame, origin: np.datetime64) -> pd.DataFrame:
    """History up to `origin`, every series reaching it: rows that are not there are unknown."""
    seen = frame[frame["ds"] <= origin]
    known = seen.loc[seen["y"].notna(), "unique_id"].drop_duplicates()
    seen = seen[seen["unique_id"].isin(known)]
    absent = known[~known.isin(seen.loc[seen["ds"].eq(origin), "unique_id"])]
    if absent.empty:
        return seen
    unknown = pd.DataFrame({"unique_id": absent, "ds": pd.Timestamp(origin), "y": np.nan})
    return pd.concat([seen, unknown.astype({"ds": seen["ds"].dtype})], ignore_index=True)


def accuracy_table(
    backtest: pd.DataFrame, items: pd.DataFrame, history: pd.DataFrame, season: int = 12
) -> pd.DataFrame:
    """The table `accuracy`: total, families and items, one row per step.

    Parameters
    ----------
    backtest
        result of `backtest` with a column `item`
    items
        item and family
    history
        item, `ds`, `y` [units]: the history before and under the backtest, for the scale of MASE
    season
        length of the season [periods]

    An error is that of an item in a month over all its channels and regions. Family and total pool the absolute
    errors of their items, so that one item's surplus does not hide another's lack; their tracking signal and bias
    see the sum.

    """
    by_item = backtest.groupby(["item", "ds", "step"], as_index=False)[["actual", "forecast"]].sum()
    by_item["family"] = families(by_item["item"], items)
    by_item["error"] = by_item["actual"] - by_item["forecast"]
    by_item["absolute"] = by_item["error"].abs()
    by_item["volume"] = by_item["actual"].abs()
    first_judged = backtest["ds"].min()
    past = history[history["ds"] < first_judged].groupby(["item", "ds"], as_index=False)["y"].sum(min_count=1)
    scale = {str(item): seasonal_scale(y.to_numpy(dtype=float), season) for item, y in past.groupby("item")["y"]}
    by_item["scale"] = by_item["item"].map(scale).astype(float)
    levels = {"total": by_item.assign(name="Total"), "family": by_item.assign(name=by_item["family"])}
    levels["item"] = by_item.assign(name=by_item["item"])
    rows = [_level_rows(frame).assign(level=level) for level, frame in levels.items()]
    table = pd.concat(rows, ignore_index=True)
    naive = table[table["step"].eq("naive")].set_index(["level", "name"])["wmape"]
    reference = pd.MultiIndex.from_frame(table[["level", "name"]])
    table["fva"] = naive.reindex(reference).to_numpy(dtype=float) - table["wmape"]
    columns = ["level", "name", "step", "wmape", "bias", "mase", "tracking_signal", "fva", "months"]
    return table[columns]


def _level_rows(frame: pd.DataFrame) -> pd.DataFrame:
    keys = ["name", "step"]
    scaled = frame[frame["scale"] > 0]
    sums = frame.groupby(keys)[["absolute", "volume", "error"]].sum()
    by_month = frame.groupby([*keys, "ds"])["error"].sum().groupby(keys)
    deviation = by_month.apply(lambda e: e.abs().mean())
    volume = sums["volume"].where(sums["volume"] > 0)
    errors, scales = scaled.groupby(keys)["absolute"].sum(), scaled.groupby(keys)["scale"].sum()
    out = pd.DataFrame(
        {
            "wmape": sums["absolute"] / volume,
            "bias": -sums["error"] / volume,
            "mase": (errors / scales).reindex(sums.index),
            "tracking_signal": (by_month.sum() / deviation.where(deviation > 0)).fillna(0.0),
            "months": by_month.size().astype(float),
        }
    )
    return out.reset_index()


def forecast_sigma(backtest: pd.DataFrame, keys: Sequence[str] = ("item",), step: str = "statistical") -> pd.DataFrame:
    """Standard deviation of the forecast error by item (and other keys), for safety stock.

    Parameters
    ----------
    backtest
        result of `backtest` with the key columns
    keys
        what errors are summed to before their spread is taken
    step
        whose errors

    The mean square is taken about 0: a bias costs stock too. Few errors tell little, so the mean square is
    drawn to (c x demand^0.7)^2, counting as two errors, where c is the median of the items (weighing in [3]).

    Returns the keys, `demand` [units/period], `errors` (how many) and `sigma` [units].

    """
    chosen = backtest[backtest["step"].eq(step)]
    if chosen.empty:
        raise InputError(f"the backtest has no step {step!r}")
    sums = chosen.groupby([*keys, "ds"], as_index=False)[["actual", "forecast"]].sum()
    sums["square"] = (sums["actual"] - sums["forecast"]) ** 2
    grouped = sums.groupby(list(keys), as_index=False)
    table = grouped.agg(demand=("actual", "mean"), errors=("square", "size"), mean_square=("square", "mean"))
    usual = table["demand"].clip(lower=0.0) ** SPREAD_EXPONENT
    ratio = np.sqrt(table["mean_square"]) / usual.where(usual > 0)
    constant = float(ratio.median()) if ratio.notna().any() else 0.0
    own = table["errors"] * table["mean_square"]
    table["sigma"] = np.sqrt((own + BELIEF * (constant * usual) ** 2) / (table["errors"] + BELIEF))
    return table[[*keys, "demand", "errors", "sigma"]].astype({"errors": float})
