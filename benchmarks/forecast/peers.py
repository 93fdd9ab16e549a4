"""The peers: statsforecast in a virtual environment of its own, driven through files.

References:
    [1] Petropoulos, Svetunkov (2020), A simple combination of univariate models, IJF 36, 110-115.

"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.forecast.data import SEASON, Part, Set, grid
from benchmarks.forecast.forecasts import Forecasts, median, stacked

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
REQUIREMENTS = HERE / "requirements-peers.txt"

METHODS = (
    "SeasonalNaive",
    "Excel-like AAA ETS",
    "Theta",
    "DynamicOptimizedTheta",
    "AutoTheta",
    "AutoETS",
    "AutoCES",
)
SLOW = ("AutoARIMA",)
"""Peers of about a second a series: only with --slow."""

MEDIANS: Mapping[str, Sequence[str]] = {
    "median ETS+CES+DOT": ("AutoETS", "AutoCES", "DynamicOptimizedTheta"),
    "SCUM (median ETS+CES+ARIMA+DOT)": ("AutoETS", "AutoCES", "AutoARIMA", "DynamicOptimizedTheta"),
}
"""Medians of several peers, made where all of them were run; the second is [1]."""

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def forecasts(
    python: Path, chosen: Set, names: Sequence[str], jobs: int, progress: Callable[[float], None]
) -> dict[str, Forecasts]:
    """Forecasts of a set by every peer, and the medians of them."""
    parts: list[dict[str, Forecasts]] = []
    for part in chosen.parts:
        share = partial(_share, progress, len(parts), len(chosen.parts))
        parts.append(_run(python, part, chosen.source.horizon, names, jobs, share))
    found = {name: stacked([part[name] for part in parts]) for name in names}
    medians = {n: median([found[m] for m in who]) for n, who in MEDIANS.items() if all(m in found for m in who)}
    return found | medians


def _share(progress: Callable[[float], None], done: int, total: int, share: float) -> None:
    progress((done + share) / total)


def _run(
    python: Path, part: Part, horizon: int, names: Sequence[str], jobs: int, progress: Callable[[float], None]
) -> dict[str, Forecasts]:
    with tempfile.TemporaryDirectory() as folder:
        train, out = Path(folder) / "train.parquet", Path(folder) / "out.parquet"
        part.train.to_parquet(train)
        command = [str(python), "-m", "benchmarks.forecast.peers_worker", str(train), str(out)]
        command += [
            "--horizon",
            str(horizon),
            "--season",
            str(SEASON),
            "--jobs",
            str(jobs),
            "--methods",
            ",".join(names),
        ]
        worker = subprocess.Popen(command, cwd=ROOT, env=os.environ | ONE_THREAD, stdout=subprocess.PIPE, text=True)
        with worker:
            try:
                for line in worker.stdout or ():
                    done, _, total = line.partition(" ")
                    progress(int(done) / int(total))
            except BaseException:
                worker.terminate()
                raise
        if worker.returncode:
            raise SystemExit(f"the peers stopped with code {worker.returncode}; the lines above say why")
        rows = pd.read_parquet(out)
    return {name: _one(rows[rows["method"].eq(name)]) for name in names}


def _one(rows: pd.DataFrame) -> Forecasts:
    rows = rows.sort_values(["unique_id", "h"])
    first = rows.drop_duplicates("unique_id")
    return Forecasts(
        grid(rows, "yhat"),
        grid(rows, "lo"),
        grid(rows, "hi"),
        first["cpu"].to_numpy(dtype=float),
        first["wall"].to_numpy(dtype=float),
        int(np.sum(first["stood_in"])),
    )
