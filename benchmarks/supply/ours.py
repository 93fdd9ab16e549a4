"""Our column: the one place where the benchmark calls the product, each measurement in a fresh process.

`python -m benchmarks.supply.ours TASK OUT --items N --sites N --months N --seed N` is that process; it writes JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.supply.changes import ALL_DEMAND, CHANGES, LINE_DOWN, MORE, ONE_CELL, cells, one_cell
from benchmarks.supply.description import PLACE, SOURCE, Description, Prices, describe
from benchmarks.supply.instance import Size, Tables, make
from benchmarks.supply.measure import Found, Spent, peak_megabytes, timed
from benchmarks.supply.peers import ONE_THREAD, ROOT, Run, run_of
from sop_xl.supply.model.constraints import CORE
from sop_xl.supply.model.model import build_model
from sop_xl.supply.model.prices import Prices as PlanPrices
from sop_xl.supply.model.prices import unit_prices
from sop_xl.supply.model.solution import Solution, read_solution
from sop_xl.supply.network import Network
from sop_xl.supply.plan import planned_network
from sop_xl.supply.programme.blocks import Programme
from sop_xl.supply.programme.solver import Solved, Solver
from sop_xl.supply.rebalance import LivePlan
from sop_xl.supply.settings import PlanSettings

NAME = "ours"

FULL, ANEW = "from nothing", f"{ONE_CELL}, all tables read anew"
"""The first plan, and a change that comes with all tables, as from a sheet."""

SMALL = make(20, 6, 6)
"""Tables solved before anything is timed."""

SETTINGS = PlanSettings(frozen_months=0)
"""Every month open, as the peers have it; prices of falling short as the product sets them."""


@dataclass(frozen=True)
class Ours:
    """A plan by the product: the run as a peer's, and what reading the tables took before it."""

    run: Run
    read: Spent


@dataclass(frozen=True)
class Bounded:
    """A plan with a proven bound: the answer, the bound [currency], what it took, peak memory [MB]."""

    found: Found
    bound: float
    spent: Spent
    peak: float

    @property
    def gap(self) -> float:
        """How far the plan can be from the best one, as a share of the bound [share]."""
        return (self.found.objective - self.bound) / abs(self.bound)


def plan(size: Size) -> Ours:
    """Read, build and solve a plan."""
    found = _work("plan", size)
    return Ours(run_of(found), Spent(**found["read"]))


def rebalance(size: Size) -> dict[str, tuple[Found, Spent, float]]:
    """The first plan and each change from it, by name: the answer, what it took, and of it in the solver [s]."""
    found = _work("rebalance", size)
    return {name: (Found(**one["found"]), Spent(**one["spent"]), one["inside"]) for name, one in found.items()}


def large(size: Size) -> Bounded | None:
    """A plan within a proven gap of the best one; None while the product has no way to one."""
    return None


def first() -> Description:
    """A small plan the peers solve before they are timed."""
    return describe(SMALL, prices(SMALL))


def prices(tables: Tables) -> Prices:
    """What everything costs, as the product prices it."""
    network = planned_network(tables, SETTINGS)
    found = unit_prices(network)
    places, sources = network.places, network.sources
    place = pd.MultiIndex.from_arrays([places.item, places.location], names=PLACE)
    of = place.take(sources.place)
    source = [*(of.get_level_values(name) for name in PLACE), pd.Index(sources.kind), pd.Index(sources.supplier)]
    return Prices(
        order=pd.Series(found.order[:, 0] + found.pipeline, index=pd.MultiIndex.from_arrays(source, names=SOURCE)),
        holding=pd.Series(found.holding, index=place),
        below=pd.DataFrame(found.below, index=place),
        late=pd.DataFrame(found.late, index=place.take(network.demands.place)),
        over=pd.Series(found.over, index=pd.Index(network.locations)),
    )


def _work(task: str, size: Size) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.json"
        command = [sys.executable, "-m", "benchmarks.supply.ours", task, str(out)]
        for name, value in asdict(size).items():
            command += [f"--{name}", str(value)]
        worker = subprocess.run(command, check=False, cwd=ROOT, env=os.environ | ONE_THREAD)
        if worker.returncode:
            raise SystemExit(f"our {task} stopped with code {worker.returncode}; the lines above say why")
        return dict(json.loads(out.read_text(encoding="utf-8")))


@dataclass(frozen=True)
class _Built:
    """A plan as a programme, and what it was built from."""

    network: Network
    prices: PlanPrices
    programme: Programme


def _built(network: Network) -> _Built:
    found = unit_prices(network)
    return _Built(network, found, build_model(network, found, CORE))


def _solve(solver: Solver, built: _Built) -> tuple[Solved, Solution]:
    """Solve and read."""
    solved = solver.solve()
    return solved, read_solution(built.network, built.prices, built.programme, solved)


def _found(solver: Solver, answer: tuple[Solved, Solution]) -> dict[str, Any]:
    solved, solution = answer
    rows, columns = solver.programme.shape
    inside = float(solver._highs.getRunTime())
    return asdict(Found(solution.objective, columns, rows, inside, broken=broken(solver.programme, solved.values)))


def broken(programme: Programme, values: np.ndarray) -> float:
    """The largest violation of a row or bound of a programme."""
    activity = programme.matrix @ values
    beyond = [
        programme.row_lower - activity,
        activity - programme.row_upper,
        programme.lower - values,
        values - programme.upper,
    ]
    return max(0.0, *(float(np.nan_to_num(part, neginf=0.0).max(initial=0.0)) for part in beyond))


def _plan(tables: Tables) -> dict[str, Any]:
    """What `plan` measures."""
    network, reading = timed(partial(planned_network, tables, SETTINGS))
    built, building = timed(partial(_built, network))
    (solver, answer), solving = timed(partial(_passed, built))
    return {
        "read": asdict(reading),
        "build": asdict(building),
        "solve": asdict(solving),
        "peak": peak_megabytes(),
        **_found(solver, answer),
    }


def _passed(built: _Built) -> tuple[Solver, tuple[Solved, Solution]]:
    """Pass, solve and read."""
    solver = Solver(built.programme)
    return solver, _solve(solver, built)


def _rebalance(tables: Tables) -> dict[str, Any]:
    """What `rebalance` measures: a plan from nothing, then each change as a planner types it, from that plan."""
    live, full = timed(partial(LivePlan, tables, settings=SETTINGS))
    out = {FULL: _live(live, full, 0.0)}
    calls: dict[str, Callable[[Tables], object]] = {
        ONE_CELL: lambda after: live.set_demand(cells(tables, after, "demand")),
        LINE_DOWN: lambda after: live.set_capacity(cells(tables, after, "capacity")),
        ALL_DEMAND: lambda _after: live.scale_demand(MORE),
        ANEW: live.set_tables,
    }
    for name, call in calls.items():
        after = CHANGES.get(name, one_cell)(tables)
        before = _inside(live)
        _, took = timed(partial(call, after))
        out[name] = _live(live, took, before)
        live.set_tables(tables)
    return out


def _live(live: LivePlan, took: Spent, before: float) -> dict[str, Any]:
    """What a kept plan says after a change."""
    rows, columns = live._solver.programme.shape if live._solver is not None else (0, 0)
    inside = _inside(live) - before
    return {"found": asdict(Found(live.plan.objective, columns, rows, inside)), "spent": asdict(took), "inside": inside}


def _inside(live: LivePlan) -> float:
    """Time the solver of a kept plan has run so far [s]."""
    return float(live._solver._highs.getRunTime()) if live._solver is not None else 0.0


TASKS: dict[str, Callable[[Tables], dict[str, Any]]] = {"plan": _plan, "rebalance": _rebalance}


def main() -> None:
    """Be the measured process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("out", type=Path)
    for name in ("items", "sites", "months", "seed"):
        parser.add_argument(f"--{name}", type=int, required=True)
    options = parser.parse_args()
    TASKS[options.task](SMALL)  # imports and first calls are not timed
    tables = make(options.items, options.sites, options.months, options.seed)
    options.out.write_text(json.dumps(TASKS[options.task](tables)), encoding="utf-8")


if __name__ == "__main__":
    main()
