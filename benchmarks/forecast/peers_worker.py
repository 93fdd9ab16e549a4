"""Forecasts of the peers, written by an interpreter that has statsforecast: `PYTHON -m benchmarks.forecast.peers_worker`.

Reads the Parquet file of a training part, writes one row per method, series and step, and says how far it is on stdout.
Every series is forecast on its own, point and 95 % interval, as a planner's call would.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
from statsforecast import models  # type: ignore[import-not-found]  # in the peers' environment only

from benchmarks.forecast.score import is_seasonal

CHUNK = 20
"""Series a process takes at a time."""


def methods(season: int) -> dict[str, Callable[[np.ndarray], Any]]:
    """The model of each method, for a given series."""

    def excel(y: np.ndarray) -> Any:
        """FORECAST.ETS is additive ETS (AAA) with a season found by autocorrelation; without one it is Holt (AAN)."""
        return models.AutoETS(season_length=season, model="AAA" if is_seasonal(y, season) else "AAN", damped=False)

    return {
        "SeasonalNaive": lambda _: models.SeasonalNaive(season_length=season),
        "Excel-like AAA ETS": excel,
        "Theta": lambda _: models.Theta(season_length=season),
        "DynamicOptimizedTheta": lambda _: models.DynamicOptimizedTheta(season_length=season),
        "AutoTheta": lambda _: models.AutoTheta(season_length=season),
        "AutoETS": lambda _: models.AutoETS(season_length=season),
        "AutoCES": lambda _: models.AutoCES(season_length=season),
        "AutoARIMA": lambda _: models.AutoARIMA(season_length=season),
    }


def forecast(name: str, y: np.ndarray, horizon: int, season: int) -> tuple[Any, bool]:
    """Mean and 95 % interval (3, horizon) of one series, and whether the naive method had to stand in."""
    try:
        out = methods(season)[name](y).forecast(y=y, h=horizon, level=[95])
        found = np.stack([out["mean"], out["lo-95"], out["hi-95"]])
        if np.isfinite(found).all():
            return found, False
    except Exception:  # noqa: S110 - whatever stops a peer, the last value stands in and is counted
        pass
    out = models.Naive().forecast(y=y, h=horizon, level=[95])
    return np.stack([out["mean"], out["lo-95"], out["hi-95"]]), True


def chunk(work: tuple[list[str], list[tuple[str, np.ndarray]], int, int]) -> pd.DataFrame:
    """The rows of some series by all methods: `cpu`, `wall` [s] and `stood_in` are those of the series."""
    names, series, horizon, season = work
    warnings.simplefilter("ignore")
    rows = []
    for name in names:
        forecast(name, series[0][1], horizon, season)  # imports and first calls are not timed
        for unique_id, y in series:
            wall, cpu = time.perf_counter(), time.process_time()
            (mean, low, high), stood_in = forecast(name, y, horizon, season)
            cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
            steps = np.arange(1, horizon + 1)
            columns = {"yhat": mean, "lo": low, "hi": high, "cpu": cpu, "wall": wall, "stood_in": stood_in}
            rows.append(pd.DataFrame({"method": name, "unique_id": unique_id, "h": steps, **columns}))
    return pd.concat(rows, ignore_index=True)


def chunks(train: pd.DataFrame, names: list[str], horizon: int, season: int) -> Iterator[tuple[Any, ...]]:
    """The work in pieces."""
    series = [(str(unique_id), part["y"].to_numpy(dtype=float)) for unique_id, part in train.groupby("unique_id")]
    for first in range(0, len(series), CHUNK):
        yield names, series[first : first + CHUNK], horizon, season


def main() -> None:
    """Forecast what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("train")
    parser.add_argument("out")
    parser.add_argument("--horizon", type=int, required=True)
    parser.add_argument("--season", type=int, required=True)
    parser.add_argument("--methods", required=True, help="names, separated by commas")
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    names = options.methods.split(",")
    work = list(chunks(pd.read_parquet(options.train), names, options.horizon, options.season))
    done = []
    with ProcessPoolExecutor(options.jobs) as pool:
        for part in pool.map(chunk, work):
            done.append(part)
            print(f"{len(done)} {len(work)}", flush=True)
    pd.concat(done, ignore_index=True).to_parquet(options.out)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
