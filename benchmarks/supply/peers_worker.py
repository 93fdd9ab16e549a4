"""One peer in a fresh process of the peers' environment: `PYTHON -m benchmarks.supply.peers_worker TASK OUT ARRAYS...`.

TASK names a peer of `plan` (build and solve), `rebalance` (HiGHS kept alive: a plan, then each of the others from that
one) or an option set of HiGHS for plans too large for the others. The first arrays are a small plan that is solved
before, so that imports and first calls are not timed. Writes JSON.
"""

from __future__ import annotations

import argparse
import json
import warnings
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.supply.description import Description, load
from benchmarks.supply.measure import Found, peak_megabytes, timed

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
    "HiGHS first-order (PDLP)": {"solver": "hipdlp", "kkt_tolerance": 1e-4, "threads": 0},
    "HiGHS simplex": {"solver": "simplex"},
}
"""HiGHS on plans too large for the others, by its options."""


def plan(build: Callable[[Description], Any], solve: Solve, given: Description) -> dict[str, Any]:
    """Build and solve."""
    model, building = timed(partial(build, given))
    found, solving = timed(partial(solve, model))
    return {"build": asdict(building), "solve": asdict(solving), "peak": peak_megabytes(), **asdict(found)}


def bounded(given: Description, options: dict[str, Any]) -> dict[str, Any]:
    """Build and solve by HiGHS alone; violations are counted afterwards."""
    with_highs = import_module("benchmarks.supply.with_highs")
    model, building = timed(partial(with_highs.build, given))
    (found, values), solving = timed(partial(with_highs.bounded, model, **options))
    peak = peak_megabytes()
    told = asdict(replace(found, broken=with_highs.broken(model, values)))
    return {"build": asdict(building), "solve": asdict(solving), "peak": peak, **told}


def rebalance(small: Path, paths: list[Path]) -> dict[str, Any]:
    """HiGHS kept alive with its basis: the first arrays in full, each change from the first, in CPU and wall time."""
    with_highs = import_module("benchmarks.supply.with_highs")
    _solved(with_highs, with_highs.build(load(small)))
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
    parser.add_argument("--seconds", type=float, default=float("inf"))
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    small, *arrays = options.arrays
    if options.task == "rebalance":
        found = rebalance(small, arrays)
    elif options.task in LARGE:
        limits = {**LARGE[options.task], "time_limit": options.seconds}
        bounded(load(small), limits)
        found = bounded(load(arrays[0]), limits)
    else:
        module, function = PLAN[options.task]
        peer = import_module(f"benchmarks.supply.{module}")
        solve = getattr(peer, function)
        solve(peer.build(load(small)))
        found = plan(peer.build, solve, load(arrays[0]))
    options.out.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
