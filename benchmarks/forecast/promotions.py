"""Promotions: weekly orange juice by store and brand, with known price, deal and feature; peers in the same run.

The set is `orangejuice_weekly_promo.parquet` (Dominick's Finer Foods, Kilts Center, University of Chicago Booth; as in
the R package bayesm): 913 series, the last 13 weeks are the test. Weeks that are missing are not scored.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from sop_xl.demand.causes import regressors
from sop_xl.demand.forecasting.methods import METHODS
from sop_xl.demand.forecasting.smoothing import Floats
from sop_xl.demand.panels.panel import panel_of

FILE = "orangejuice_weekly_promo.parquet"
NAMES = ("price", "deal", "feat", "minprice_all")
"""Own price, deal, feature, and the cheapest price of any brand in the store that week."""

FULL = 5
"""Series with so many scored weeks count as full; what is left out are stores that closed."""

Forecast = Callable[[pd.DataFrame, pd.DataFrame, int, Mapping[str, str]], pd.DataFrame]
"""History, known future, horizon, brand by series: a frame with `unique_id`, `ds`, `forecast`."""


def measure(data: Path) -> pd.DataFrame:
    """One row a method: WAPE of all and of full series [%], pooled RMSSE, bias [%], milliseconds a series.

    Parameters
    ----------
    data
        folder of the public sets

    """
    path = data / FILE
    if not path.exists():
        raise SystemExit(f"Promotions: {path} is not there; --data names the folder of the sets")
    frame = pd.read_parquet(path)
    test = frame["split"].eq("test")
    return scored(frame[~test], frame[test])


def measure_inside(data: Path, origins: int = 3) -> pd.DataFrame:
    """The same, mean over origins a horizon apart inside the training part: the place to choose methods."""
    frame = pd.read_parquet(data / FILE)
    frame = frame[frame["split"].eq("train")]
    last = int(frame["ds"].max())
    parts = []
    for origin in range(last - 13, last - 13 * (origins + 1), -13):
        ahead = frame["ds"].gt(origin) & frame["ds"].le(origin + 13)
        parts.append(scored(frame[frame["ds"].le(origin)], frame[ahead]))
    return pd.concat(parts).groupby("method", sort=False, as_index=False).mean()


def scored(train: pd.DataFrame, test: pd.DataFrame) -> pd.DataFrame:
    """Every method on one origin."""
    history, future = completed(train, test)
    horizon = int(future.groupby("unique_id").size().iloc[0])
    brands = {name: name.rsplit("_", 1)[1] for name in history["unique_id"].unique()}
    actual = test.set_index(["unique_id", "ds"])["y"].astype(float)
    scale = train.groupby("unique_id")["y"].apply(lambda y: float((y.astype(float).diff() ** 2).mean()))
    rows = []
    for name, method in METHODS_HERE.items():
        start = time.perf_counter()
        found = method(history, future, horizon, brands)
        taken = time.perf_counter() - start
        got = found.set_index(["unique_id", "ds"])["forecast"].reindex(actual.index)
        rows.append({"method": name, **figures(actual, got, scale), "ms/series": 1e3 * taken / len(brands)})
    return pd.DataFrame(rows)


def figures(actual: pd.Series, forecast: pd.Series, scale: pd.Series) -> dict[str, float]:
    """WAPE and bias [%], and the root of the mean squared error over each series' squared steps."""
    series = actual.index.get_level_values("unique_id")
    size, error = actual.abs(), (actual - forecast).abs()
    full = pd.Series(series, index=actual.index).groupby(level="unique_id").transform("size") >= FULL
    squared = (error**2).groupby(level="unique_id").mean() / scale.reindex(series.unique())
    return {
        "WAPE": 100 * error.sum() / size.sum(),
        "WAPE, full": 100 * error[full].sum() / size[full].sum(),
        "RMSSE": float(np.sqrt(squared.mean())),
        "bias": 100 * (forecast - actual).sum() / size.sum(),
    }


def completed(train: pd.DataFrame, test: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """History of every series up to one week, and regressors for every week ahead.

    A week missing from the set has no demand, and ahead the regressors of the week before it, as it is not scored.
    """
    last, end = int(train["ds"].max()), int(test["ds"].max())
    ids = train["unique_id"].unique()
    short = train.groupby("unique_id")["ds"].max()
    tails = pd.DataFrame({"unique_id": short.index[short < last], "ds": last})
    history = pd.concat([train[["unique_id", "ds", "y", *NAMES]], tails], ignore_index=True)
    weeks = range(last + 1, end + 1)
    grid = pd.MultiIndex.from_product([ids, weeks], names=["unique_id", "ds"]).to_frame(index=False)
    future = grid.merge(test[["unique_id", "ds", *NAMES]], how="left", on=["unique_id", "ds"])
    future[list(NAMES)] = future.groupby("unique_id")[list(NAMES)].ffill()
    future[list(NAMES)] = future.groupby("unique_id")[list(NAMES)].bfill()
    return history.astype({"y": float}), future.fillna(future[list(NAMES)].mean())


def _flat(history: pd.DataFrame, future: pd.DataFrame, level: pd.Series) -> pd.DataFrame:
    return future[["unique_id", "ds"]].assign(forecast=future["unique_id"].map(level))


def _last(history: pd.DataFrame, weeks: int, how: str) -> pd.Series:
    known = history.dropna(subset="y").sort_values(["unique_id", "ds"])
    level: pd.Series = known.groupby("unique_id").tail(weeks).groupby("unique_id")["y"].agg(how)
    return level


def _naive(history: pd.DataFrame, future: pd.DataFrame, horizon: int, brands: Mapping[str, str]) -> pd.DataFrame:
    return _flat(history, future, _last(history, 1, "last"))


def _average(history: pd.DataFrame, future: pd.DataFrame, horizon: int, brands: Mapping[str, str]) -> pd.DataFrame:
    return _flat(history, future, _last(history, 4, "mean"))


def _median(history: pd.DataFrame, future: pd.DataFrame, horizon: int, brands: Mapping[str, str]) -> pd.DataFrame:
    return _flat(history, future, _last(history, 26, "median"))


def _ses(history: pd.DataFrame, future: pd.DataFrame, horizon: int, brands: Mapping[str, str]) -> pd.DataFrame:
    panel = panel_of(history[["unique_id", "ds", "y"]])
    mean: Floats = METHODS["ses"].forecast(panel.block, 1, 1).mean[0] * panel.scale
    return _flat(history, future, pd.Series(mean, index=panel.ids))


def _ours(
    forecast: Callable[..., pd.DataFrame],
    history: pd.DataFrame,
    future: pd.DataFrame,
    horizon: int,
    brands: Mapping[str, str],
) -> pd.DataFrame:
    return forecast(history, future, NAMES, horizon, groups=brands)


METHODS_HERE: Mapping[str, Forecast] = {
    "naive": _naive,
    "moving average of 4": _average,
    "SES": _ses,
    "median of 26": _median,
    "regression, series by series": partial(_ours, regressors.forecast_with_ridge),
    "regression drawn to the brand": partial(_ours, regressors.forecast_with_shrunk_ridge),
    "gradient boosting": partial(_ours, regressors.forecast_with_learner),
    "both combined": partial(_ours, regressors.forecast_with_regressors),
}
"""The peers without regressors, then ours."""


def main() -> None:
    """Print the table: of the test part, or with `--inside` of origins inside the training part."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.forecast.promotions", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--inside", action="store_true", help="origins inside the training part")
    options = parser.parse_args()
    print((measure_inside if options.inside else measure)(options.data).round(3).to_string(index=False))


if __name__ == "__main__":
    main()
