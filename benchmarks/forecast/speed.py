"""How long a planner waits: a series on one core, thousands on all, the first one of a fresh process.

`python -m benchmarks.forecast.speed SERIES.parquet OUT.parquet` is the timed process: one thread, one core where the
system can pin it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.forecast import ours
from benchmarks.forecast.data import Set, values
from benchmarks.forecast.peers import ONE_THREAD, ROOT
from benchmarks.forecast.score import Floats

MANY = 6000
HORIZON = 18
BARE = 40
"""Series timed without the compiled kernels, which take half a second each."""
FALLBACK = {"SOP_XL_KERNELS": "numpy"}
"""What makes the product do without its compiled kernels."""


@dataclass(frozen=True)
class Speed:
    """Times of the product [s], and series a second.

    one_point, one : CPU time of a warm cell core, without and with the 95 % interval, one per series
    wall : wall time of the same with the interval, one per series
    fallback : as `one`, without compiled kernels; None where the product has none
    gap : largest relative difference between forecasts with and without them; NaN where the product has none
    batch : CPU time a series of a portfolio by the batch core
    many, many_batch : series a second of a portfolio of 6,000 on the whole machine, by the cell core and the batch core
    first, first_portfolio, first_peer : wall time of a fresh process that makes one forecast: a cell, `sop_xl.forecast`, AutoETS
    """

    one_point: Floats
    one: Floats
    wall: Floats
    fallback: Floats | None
    gap: float
    batch: float
    many: float
    many_batch: float
    first: float
    first_portfolio: float
    first_peer: float


def measure(sets: Sequence[Set], python: Path | None, most: int, progress: Callable[[float], None]) -> Speed:
    """Measure on the training parts of some sets; `most` series are timed one at a time, `python` has the peers."""
    train = [part.train for chosen in sets for part in chosen.parts]
    pool = [y for frame in train for y in values(frame)]
    timed = [pool[i] for i in np.linspace(0, len(pool) - 1, min(most, len(pool))).round().astype(int)]
    warm = _warm(timed, {})
    progress(0.3)
    every = max(len(timed) // BARE, 1)
    bare = _warm(timed[::every], FALLBACK) if ours.has_core() else None
    progress(0.5)
    tiled = tile(train, MANY if most > 100 else 10 * most)
    many = _together(tiled, ours.CELL_METHOD)
    pooled = many if ours.BATCH_METHOD == ours.CELL_METHOD else _together(tiled, ours.BATCH_METHOD)
    progress(0.8)
    y = max(timed, key=len)[-120:]
    same = warm.loc[warm["series"] % every == 0, "forecast"].to_numpy()
    gap = np.nan if bare is None else float((np.abs(bare["forecast"] - same) / (np.abs(same) + 1e-9)).max())
    seen = warm.drop_duplicates("series")
    return Speed(
        one_point=seen["point"].to_numpy(),
        one=seen["cpu"].to_numpy(),
        wall=seen["wall"].to_numpy(),
        fallback=None if bare is None else bare.drop_duplicates("series")["cpu"].to_numpy(),
        gap=gap,
        batch=pooled[0],
        many=many[1],
        many_batch=pooled[1],
        first=fresh(Path(sys.executable), ours.first_cell(y, HORIZON), 5),
        first_portfolio=fresh(Path(sys.executable), ours.first_frame(y, HORIZON), 5),
        first_peer=np.nan if python is None else fresh(python, _peer_text(y), 3),
    )


def tile(frames: Sequence[pd.DataFrame], count: int) -> pd.DataFrame:
    """So many series: those of the frames, repeated under other names as often as needed."""
    frame = pd.concat([f.assign(unique_id=f"{k}." + f["unique_id"]) for k, f in enumerate(frames)], ignore_index=True)
    ids = frame["unique_id"].unique()
    rounds = -(-count // len(ids))
    left = count - (rounds - 1) * len(ids)
    parts = [frame] * (rounds - 1) + [frame[frame["unique_id"].isin(ids[:left])]]
    return pd.concat([f.assign(unique_id=f"{k}/" + f["unique_id"]) for k, f in enumerate(parts)], ignore_index=True)


def _together(frame: pd.DataFrame, method: str) -> tuple[float, float]:
    """CPU time a series [s] and series a second of wall time of a portfolio."""
    began, start = time.perf_counter(), ours.cpu_seconds()
    ours.portfolio(frame, HORIZON, method)
    cpu, wall = ours.cpu_seconds() - start, time.perf_counter() - began
    count = frame["unique_id"].nunique()
    return cpu / count, count / wall


def fresh(python: Path, program: str, times: int) -> float:
    """Median wall time of a program in fresh processes [s]."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        subprocess.run([str(python), "-W", "ignore", "-c", program], check=True, capture_output=True, cwd=ROOT)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def _peer_text(y: Floats) -> str:
    return (
        "import numpy\nfrom statsforecast.models import AutoETS\n"
        f"AutoETS(season_length=12).forecast(y=numpy.array({[float(v) for v in y]}), h={HORIZON}, level=[95])"
    )


def _warm(series: Sequence[Floats], environment: Mapping[str, str]) -> pd.DataFrame:
    """Times and forecasts of one process that forecasts the series one after the other."""
    with tempfile.TemporaryDirectory() as folder:
        given, found = Path(folder) / "series.parquet", Path(folder) / "out.parquet"
        long = [pd.DataFrame({"unique_id": f"{i:06d}", "y": y}) for i, y in enumerate(series)]
        pd.concat(long, ignore_index=True).to_parquet(given)
        command = [sys.executable, "-m", "benchmarks.forecast.speed", str(given), str(found)]
        subprocess.run(command, check=True, cwd=ROOT, env=os.environ | ONE_THREAD | dict(environment))
        return pd.read_parquet(found)


def main() -> None:
    """Be the timed process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("series", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    call, rows = ours.core(), []
    series = values(pd.read_parquet(options.series))
    for y in series[:20]:
        call(y, HORIZON, True)
    for i, y in enumerate(series):
        start = time.process_time()
        call(y, HORIZON, False)
        point = time.process_time() - start
        began, start = time.perf_counter(), time.process_time()
        forecast, _, _ = call(y, HORIZON, True)
        cpu, wall = time.process_time() - start, time.perf_counter() - began
        rows.append(pd.DataFrame({"series": i, "forecast": forecast, "point": point, "cpu": cpu, "wall": wall}))
    pd.concat(rows, ignore_index=True).to_parquet(options.out)


if __name__ == "__main__":
    main()
