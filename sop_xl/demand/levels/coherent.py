"""One coherent forecast from a history: every level is forecast for itself, then all are reconciled.

Totals and families show seasons and trends that single items drown in noise; items show what is particular. Reconciling
both is seldom worse than summing the items and often much better: chapter 11 of [1].

Reference: [1] Hyndman, Athanasopoulos (2021), Forecasting: Principles and Practice, 3rd ed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from sop_xl.demand.baseline import forecast
from sop_xl.demand.forecasting.smoothing import Floats
from sop_xl.demand.levels.mint import mint_ols, mint_shrink, mint_structural, mint_variance
from sop_xl.demand.levels.reconcile import (
    Structure,
    bottom_up,
    forecast_proportions,
    negatives_to_zero,
    node_frame,
    structure,
    top_down,
)
from sop_xl.demand.review.accuracy import backtest
from sop_xl.errors import InputError


def _top_down(tree: Structure, base: Floats) -> Floats:
    return top_down(tree, base, forecast_proportions(tree, np.maximum(base, 0.0)))


RECONCILIATIONS: Mapping[str, Callable[[Structure, Floats], Floats]] = {
    "structural": mint_structural,
    "ols": mint_ols,
    "bottom-up": bottom_up,
    "top-down": _top_down,
}
"""Ways to a coherent forecast that need the forecasts alone, by name."""

LEARNED: Mapping[str, Callable[[Structure, Floats, Floats], Floats]] = {
    "shrink": mint_shrink,
    "variance": mint_variance,
}
"""Ways that also need errors of past forecasts."""


def coherent_forecast(
    history: pd.DataFrame,
    levels: Sequence[Sequence[str]],
    horizon: int,
    *,
    method: str = "structural",
    level: Sequence[float] = (),
    origins: int = 12,
    season: int | None = None,
) -> pd.DataFrame:
    """Forecasts of every level of a hierarchy that sum up, none of them negative where no history is.

    Parameters
    ----------
    history
        key columns (item, family, channel, region ...), period, quantity [units]; several rows of a series and month
        are summed, an absent or blank month of a series is unknown
    levels
        columns of each level, broadest first; `()` is the total, the last one tells the series apart
    horizon
        months ahead
    method
        structural (the usual), ols, bottom-up, top-down; shrink and variance learn from past errors
    level
        widths of the intervals [%]; they move with their forecast
    origins
        last months forecast for the errors of shrink and variance [months]
    season
        length of the season [months]; None looks for the usual ones

    Returns level, the key columns (blank where summed over), period, forecast, base (the node's own forecast) and the
    bounds `lo_80`, ... [units], the levels in their order. Every base forecast is that of `baseline.forecast`.

    >>> months = pd.date_range("2019-01-01", periods=12, freq="MS")
    >>> sold = pd.DataFrame({"item": np.repeat(["A", "B"], 12), "period": [*months] * 2, "quantity": 4.0})
    >>> coherent_forecast(sold, [(), ("item",)], 1, method="bottom-up")[["level", "item", "forecast"]]
       level item  forecast
    0  total            8.0
    1   item    A       4.0
    2   item    B       4.0

    """
    ways = {**RECONCILIATIONS, **LEARNED}
    if method not in ways:
        raise InputError(f"there is no reconciliation {method!r}; there are {', '.join(ways)}")
    needed = [*dict.fromkeys(column for columns in levels for column in columns), "period", "quantity"]
    missing = [column for column in needed if column not in history.columns]
    if missing:
        raise InputError(f"the history of a hierarchy lacks the columns {', '.join(missing)}")
    tree = structure(history[needed[:-2]].drop_duplicates(), levels)
    panel = _panel(tree, history, levels)
    ahead = forecast(panel, horizon, season=season, level=level)
    ahead = ahead.sort_values(["unique_id", "ds"], ignore_index=True)
    if ahead["unique_id"].nunique() != len(tree.nodes):
        raise InputError("a series of the hierarchy has no history at all")
    base = ahead["forecast"].to_numpy(dtype=float).reshape(len(tree.nodes), -1)
    if method in LEARNED:
        agreed = LEARNED[method](tree, base, _errors(tree, panel, origins, season))
    else:
        agreed = RECONCILIATIONS[method](tree, base)
    if float(panel["y"].min()) >= 0:
        agreed = negatives_to_zero(tree, agreed)
    periods = pd.DatetimeIndex(ahead["ds"].iloc[: base.shape[1]])
    table = node_frame(tree, agreed, periods, "forecast").assign(base=base.ravel())
    move = (agreed - base).ravel()
    floor = 0.0 if float(panel["y"].min()) >= 0 else -np.inf
    bounds = [column for column in ahead.columns if column.startswith(("lo_", "hi_"))]
    return table.assign(**{name: np.maximum(ahead[name].to_numpy(dtype=float) + move, floor) for name in bounds})


def _panel(tree: Structure, history: pd.DataFrame, levels: Sequence[Sequence[str]]) -> pd.DataFrame:
    """The history of every node, named by its number."""
    nodes = tree.nodes.assign(unique_id=[f"{number:09d}" for number in range(len(tree.nodes))])
    parts = []
    for columns, name in zip(levels, tree.levels, strict=True):
        keys = [*columns, "period"]
        sums = history.groupby(keys)["quantity"].sum(min_count=1).reset_index(name="y")
        mine = nodes[nodes["level"].eq(name)]
        named = sums.merge(mine, on=list(columns)) if columns else sums.assign(unique_id=mine["unique_id"].iloc[0])
        parts.append(named[["unique_id", "period", "y"]].rename(columns={"period": "ds"}))
    return pd.concat(parts, ignore_index=True)


def _errors(tree: Structure, panel: pd.DataFrame, origins: int, season: int | None) -> Floats:
    """Errors of the last one-month-ahead forecasts of every node; NaN where a young one was not forecast yet."""
    past = backtest(panel, origins=origins, lag=1, methods=("auto",), season=season)
    past = past.assign(error=past["actual"] - past["forecast"])
    wide = past.pivot(index="unique_id", columns="ds", values="error")
    if wide.shape[1] < 2:
        raise InputError("the history is too short to learn from past errors; take structural")
    return wide.reindex(sorted(panel["unique_id"].unique())).to_numpy(dtype=float)
