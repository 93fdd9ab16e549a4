"""The peers, each in a fresh process of an environment of their own, driven through files."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.supply.description import Description
from benchmarks.supply.measure import Found, Spent

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
REQUIREMENTS = HERE / "requirements-peers.txt"

PLAN = ("PuLP + CBC", "PuLP + HiGHS", "linopy", "scipy", "HiGHS alone")
FIRST_ORDER, SIMPLEX = "HiGHS first-order (PDLP)", "HiGHS simplex"

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@dataclass(frozen=True)
class Run:
    """One way to a plan: time to build the programme, time to pass, solve and read it, peak memory [MB], the answer."""

    build: Spent
    solve: Spent
    peak: float
    found: Found

    @property
    def total(self) -> Spent:
        """Building and solving [s]."""
        return Spent(self.build.wall + self.solve.wall, self.build.cpu + self.solve.cpu)

    @property
    def overhead(self) -> float:
        """Building, passing and reading as a share of the time inside the solver; NaN where it does not tell [share]."""
        return (self.total.wall - self.found.solver) / self.found.solver if self.found.solver > 0 else np.nan


def best(runs: Sequence[Run]) -> Run:
    """Of several runs of the same the least time to build and the least to solve."""
    quickest = min(runs, key=lambda run: run.solve.cpu)
    return replace(quickest, build=min((run.build for run in runs), key=lambda spent: spent.cpu))


def run(python: Path, peer: str, description: Description, first: Description, *, seconds: float = np.inf) -> Run:
    """A peer builds and solves a plan.

    Parameters
    ----------
    python
        The peers' interpreter.
    peer
        One of `PLAN`, or HiGHS as `FIRST_ORDER` or `SIMPLEX`.
    description
        The plan.
    first
        A small one that is solved before, so that imports and first calls are not timed.
    seconds
        Most time of the solver, where it is HiGHS alone [s].

    """
    limit = [] if np.isinf(seconds) else ["--seconds", str(seconds)]
    return run_of(_work(python, peer, [first, description], limit))


def rebalance(python: Path, descriptions: Sequence[Description], first: Description) -> list[tuple[Found, Spent]]:
    """HiGHS kept alive with its basis: a plan from nothing, then each of the others from that one."""
    found = _work(python, "rebalance", [first, *descriptions], [])
    return [(_found(one), Spent(one["wall"], one["cpu"])) for one in found["changes"]]


def run_of(found: dict[str, Any]) -> Run:
    """A measurement as a worker writes it."""
    return Run(Spent(**found["build"]), Spent(**found["solve"]), found["peak"], _found(found))


def _found(found: dict[str, Any]) -> Found:
    return Found(**{name: found[name] for name in ("objective", "columns", "rows", "solver", "status", "broken")})


def _work(python: Path, task: str, descriptions: Sequence[Description], options: Sequence[str]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        out, arrays = Path(folder) / "out.json", []
        for number, description in enumerate(descriptions):
            arrays.append(Path(folder) / f"{number}.npz")
            description.save(arrays[-1])
        command = [str(python), "-m", "benchmarks.supply.peers_worker", task, str(out), *map(str, arrays), *options]
        worker = subprocess.run(
            command, check=False, cwd=ROOT, env=os.environ | ONE_THREAD, capture_output=True, text=True
        )
        if worker.returncode:
            raise SystemExit(f"{task} stopped with code {worker.returncode}: {worker.stderr.strip()[-500:]}")
        return dict(json.loads(out.read_text(encoding="utf-8")))
