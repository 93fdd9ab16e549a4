"""The peers: statsforecast in a virtual environment of its own, driven through files.

References:
    [1] Petropoulos, Svetunkov (2020), A simple combination of univariate models, IJF 36, 110-115.

"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
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


@contextmanager
def interpreter(python: Path | None, folder: Path | None) -> Iterator[Path]:
    """An interpreter that has the peers: the one named, one kept in `folder`, or one made for this run only."""
    if python is not None:
        if not python.exists():
            raise SystemExit(f"--peers: there is no Python at {python}")
        yield python
        return
    if folder is not None:
        yield _environment(folder)
        return
    with tempfile.TemporaryDirectory(prefix="peers-") as made:
        yield _environment(Path(made))


def _environment(folder: Path) -> Path:
    """The Python of an environment with the pinned peers, made in `folder` if it is not there."""
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp, wanted = folder / ".requirements-peers", REQUIREMENTS.read_text(encoding="utf-8")
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    print("installing the peers (a few minutes)", file=sys.stderr, flush=True)
    venv.create(folder, with_pip=True, clear=not folder.exists())
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(REQUIREMENTS)]
    if subprocess.run(install, check=False).returncode:
        raise SystemExit("the peers could not be installed; --no-peers leaves them out")
    stamp.write_text(wanted, encoding="utf-8")
    return python


def versions(python: Path) -> dict[str, str]:
    """Versions of the peers' packages."""
    names = [line.partition("==")[0] for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines() if "==" in line]
    says = "import json, sys; from importlib.metadata import version as v; print(json.dumps({n: v(n) for n in sys.argv[1:]}))"
    found = subprocess.run([str(python), "-c", says, *names], check=False, capture_output=True, text=True)
    if found.returncode:
        raise SystemExit(f"{python} lacks a package of {REQUIREMENTS.name}: {found.stderr.strip().splitlines()[-1]}")
    return dict(json.loads(found.stdout))


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
