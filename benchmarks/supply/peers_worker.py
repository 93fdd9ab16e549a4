"""One peer in a fresh process of the peers' environment: `PYTHON -m benchmarks.supply.peers_worker TASK OUT ARRAYS...`.

TASK names a peer of `plan` (build and solve), `rebalance` (HiGHS kept alive: the first arrays, then each of the others
from the first) or an option set of HiGHS for plans too large for the others. Writes JSON.
"""

from __future__ import annotations

import argparse
import gc
import json
import warnings
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.supply.description import Description, load
from benchmarks.supply.measure import Found, Spent, peak_megabytes, timed

Solve = Callable[[Any], Found]

PLAN = {
    "PuLP + CBC": ("with_pulp", "solve_by_cbc"),
    "PuLP + HiGHS": ("with_pulp", "solve_by_highs"),
    "linopy": ("with_linopy", "solve"),
    "scipy": ("with_scipy", "solve"),
    "HiGHS alone": ("with_highs", "solve"),
}
"""Peers of a plan: module and function."""

LARGE: dict[str, dict[str, Any]] = {
    "HiGHS first-order (PDLP)": {"solver": "hipdlp", "kkt_tolerance": 1e-4},
    "HiGHS simplex": {"solver": "simplex"},
}
"""HiGHS on plans too large for the others, by its options."""


def plan(build: Callable[[Description], Any], solve: Solve, given: Description, times: int) -> dict[str, Any]:
    """Build (the best of so many times) and solve."""
    spent: list[Spent] = []
    model: Any = None
    for _ in range(times):
        model = None
        gc.collect()
        model, took = timed(partial(build, given))
        spent.append(took)
    found, solving = timed(partial(solve, model))
    best = min(spent, key=lambda s: s.cpu)
    return {"build": asdict(best), "solve": asdict(solving), "peak": peak_megabytes(), **asdict(found)}


def rebalance(paths: list[Path]) -> dict[str, Any]:
    """HiGHS kept alive with its basis: the first arrays in full, each change from the first, in CPU and wall time."""
    with_highs = import_module("benchmarks.supply.with_highs")
    first, *others = (with_highs.build(load(path)) for path in paths)
    (highs, found), full = timed(partial(_solved, with_highs, first))
    out = [{**asdict(found), **asdict(full)}]
    for changed in others:
        found, took = timed(partial(_moved, with_highs, highs, first, changed))
        out.append({**asdict(found), **asdict(took)})
        _moved(with_highs, highs, changed, first)
    return {"changes": out, "peak": peak_megabytes()}


def _solved(with_highs: Any, arrays: Any) -> tuple[Any, Found]:
    highs = with_highs.solver(arrays)
    return highs, with_highs.read(with_highs.run(highs), arrays)


def _moved(with_highs: Any, highs: Any, old: Any, new: Any) -> Found:
    """Move the limits that differ, solve from the last basis, read."""
    low = [np.concatenate([arrays.demand, np.full(len(arrays.limit), -np.inf)]) for arrays in (old, new)]
    high = [np.concatenate([arrays.demand, arrays.limit]) for arrays in (old, new)]
    rows = np.flatnonzero((low[0] != low[1]) | (high[0] != high[1])).astype(np.int32)
    highs.changeRowsBounds(len(rows), rows, low[1][rows], high[1][rows])
    return with_highs.read(with_highs.run(highs), new)  # type: ignore[no-any-return]


def main() -> None:
    """Do the task the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task")
    parser.add_argument("out", type=Path)
    parser.add_argument("arrays", type=Path, nargs="+")
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.task == "rebalance":
        found = rebalance(options.arrays)
    else:
        module, function = PLAN.get(options.task, ("with_highs", "solve"))
        peer = import_module(f"benchmarks.supply.{module}")
        limits = {} if options.task in PLAN else {**LARGE[options.task], "time_limit": options.seconds}
        solve = partial(getattr(peer, function), **limits)
        found = plan(peer.build, solve, load(options.arrays[0]), options.times)
    options.out.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
