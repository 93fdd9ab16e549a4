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
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.supply.audit import broken, proven
from benchmarks.supply.changes import ALL_DEMAND, CHANGES, LINE_DOWN, MORE, ONE_CELL, cells, one_cell
from benchmarks.supply.description import PLACE, SOURCE, Description, Prices, describe
from benchmarks.supply.instance import Size, Tables, make
from benchmarks.supply.measure import Found, Spent, peak_megabytes, timed
from benchmarks.supply.peers import ONE_THREAD, ROOT, Run, run_of
from sop_xl.supply.model.aims import solve_plan
from sop_xl.supply.model.constraints import CORE
from sop_xl.supply.model.model import build_model
from sop_xl.supply.model.prices import Prices as PlanPrices
from sop_xl.supply.model.prices import unit_prices
from sop_xl.supply.model.solution import Solution, read_solution
from sop_xl.supply.network import Network
from sop_xl.supply.plan import plan_of, planned_network
from sop_xl.supply.programme.blocks import Programme
from sop_xl.supply.programme.solver import Solved
from sop_xl.supply.rebalance import LivePlan
from sop_xl.supply.settings import PlanSettings

NAME = "ours"

FULL, ANEW = "from nothing", f"{ONE_CELL}, all tables read anew"
"""The first plan, and a change that comes with all tables, as from a sheet."""

SMALL = make(20, 6, 6)
"""Tables solved before anything is timed."""

SETTINGS = PlanSettings(frozen_months=0)
"""Every month open, as the peers have it; prices of falling short as the product sets them."""

EXACT = replace(SETTINGS, exact_up_to=sys.maxsize)
"""Solved to the end whatever the size."""


@dataclass(frozen=True)
class Ours:
    """A plan by the product: the run as a peer's, reading the tables before it, and laying out the plan after it."""

    run: Run
    read: Spent
    report: Spent


@dataclass(frozen=True)
class Bounded:
    """A plan with a proven bound: the answer, the bound [currency], what each step took, peak memory [MB]."""

    found: Found
    bound: float
    steps: dict[str, Spent]
    peak: float

    @property
    def spent(self) -> Spent:
        """From the tables to the plan [s]."""
        return Spent(sum(s.wall for s in self.steps.values()), sum(s.cpu for s in self.steps.values()))

    @property
    def gap(self) -> float:
        """How far the plan can be from the best one, as a share of the bound [share]."""
        return (self.found.objective - self.bound) / abs(self.bound)


def plan(size: Size) -> Ours:
    """Read, build and solve a plan."""
    found = _work("plan", size)
    return Ours(run_of(found), Spent(**found["read"]), Spent(**found["report"]))


def rebalance(size: Size) -> dict[str, tuple[Found, Spent, float]]:
    """The first plan and each change from it, by name: the answer, what it took, and of it in the solver [s]."""
    found = _work("rebalance", size)
    return {name: (Found(**one["found"]), Spent(**one["spent"]), one["inside"]) for name, one in found.items()}


def large(size: Size, gap: float, seconds: float) -> Bounded:
    """A plan within a proven gap of the best one, in so many seconds."""
    found = _work("large", size, "--gap", str(gap), "--seconds", str(seconds))
    spent = {name: Spent(**found[name]) for name in ("read", "build", "solve")}
    return Bounded(Found(**found["found"]), found["bound"], spent, found["peak"])


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


def _work(task: str, size: Size, *options: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.json"
        command = [sys.executable, "-m", "benchmarks.supply.ours", task, str(out), *options]
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


def _solve(built: _Built) -> tuple[Solved, Solution]:
    """Pass, solve and read."""
    solved = solve_plan(built.network, built.prices, built.programme)
    return solved, read_solution(built.network, built.prices, built.programme, solved)


class _Clock:
    """Counts the wall time that HiGHS itself runs in this process [s]."""

    def __init__(self) -> None:
        import highspy  # noqa: PLC0415 - the product loads it when it solves

        self.seconds = 0.0
        solver: Any = highspy.Highs
        bare = solver.run

        def run(highs: Any) -> Any:
            status, took = timed(partial(bare, highs))
            self.seconds += took.wall
            return status

        solver.run = run


def _plan(tables: Tables, clock: _Clock) -> dict[str, Any]:
    """What `plan` measures."""
    network, reading = timed(partial(planned_network, tables, EXACT))
    built, building = timed(partial(_built, network))
    clock.seconds = 0.0
    (solved, solution), solving = timed(partial(_solve, built))
    inside, peak = clock.seconds, peak_megabytes()
    _, reporting = timed(partial(_reported, built, solution))
    rows, columns = built.programme.shape
    found = Found(solution.objective, columns, rows, inside, broken=broken(built.programme, solved.values))
    steps = {"read": reading, "build": building, "solve": solving, "report": reporting}
    return {**{step: asdict(took) for step, took in steps.items()}, "peak": peak, **asdict(found)}


def _reported(built: _Built, solution: Solution) -> None:
    """The plan with costs, key figures, shortages explained and limits priced, as frames."""
    plan = plan_of(built.network, built.prices, solution, "optimal")
    for table in ("supply_plan", "projected_balance", "resource_load", "shortages", "constraint_prices", "notes"):
        getattr(plan, table)


def _rebalance(tables: Tables, clock: _Clock) -> dict[str, Any]:
    """What `rebalance` measures: a plan from nothing, then each change as a planner types it, from that plan."""
    out = {}
    clock.seconds = 0.0
    live, took = timed(partial(LivePlan, tables, settings=EXACT))
    out[FULL] = _live(live, took, clock)
    calls: dict[str, Callable[[Tables], object]] = {
        ONE_CELL: lambda after: live.set_demand(cells(tables, after, "demand")),
        LINE_DOWN: lambda after: live.set_capacity(cells(tables, after, "capacity")),
        ALL_DEMAND: lambda _after: live.scale_demand(MORE),
        ANEW: live.set_tables,
    }
    for name, call in calls.items():
        after = CHANGES.get(name, one_cell)(tables)
        clock.seconds = 0.0
        _, took = timed(partial(call, after))
        out[name] = _live(live, took, clock)
        live.set_tables(tables)
    return out


def _live(live: LivePlan, took: Spent, clock: _Clock) -> dict[str, Any]:
    """What a kept plan says after a change."""
    found = Found(live.plan.objective, 0, 0, clock.seconds)
    return {"found": asdict(found), "spent": asdict(took), "inside": clock.seconds}


def _large(tables: Tables, _clock: _Clock, gap: float, seconds: float) -> dict[str, Any]:
    """What `large` measures; the bound and feasibility are checked here from the programme itself."""
    settings = replace(SETTINGS, exact_up_to=0, large_gap=gap, seconds=seconds)
    network, reading = timed(partial(planned_network, tables, settings))
    built, building = timed(partial(_built, network))
    (solved, _), solving = timed(partial(_solve, built))
    peak = peak_megabytes()
    programme, scale = built.programme, built.prices.scale
    rows, columns = programme.shape
    cost = float(programme.cost @ solved.values) + programme.offset
    found = Found(cost * scale, columns, rows, status="Feasible", broken=broken(programme, solved.values))
    bound = proven(programme, solved.prices, 10.0 * float(network.demand.sum()))
    steps = {"read": asdict(reading), "build": asdict(building), "solve": asdict(solving)}
    return {**steps, "found": asdict(found), "bound": bound * scale, "peak": peak}


TASKS: dict[str, Callable[[Tables, _Clock], dict[str, Any]]] = {"plan": _plan, "rebalance": _rebalance}
"""What is measured, but for `large`, which takes a gap and a time."""


def main() -> None:
    """Be the measured process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task", choices=(*TASKS, "large"))
    parser.add_argument("out", type=Path)
    for name in ("items", "sites", "months", "seed"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--gap", type=float, default=5e-4)
    parser.add_argument("--seconds", type=float, default=120.0)
    options = parser.parse_args()
    task = TASKS.get(options.task) or partial(_large, gap=options.gap, seconds=options.seconds)
    clock = _Clock()
    task(SMALL, clock)  # imports and first calls are not timed
    tables = make(options.items, options.sites, options.months, options.seed)
    options.out.write_text(json.dumps(task(tables, clock)), encoding="utf-8")


if __name__ == "__main__":
    main()
