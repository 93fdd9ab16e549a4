"""The sub-tables `build` and `plan`: one programme, built and solved by each, to the same optimum."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.supply import ours, peers
from benchmarks.supply.description import describe
from benchmarks.supply.instance import Size, make
from benchmarks.supply.peers import Run
from benchmarks.supply.report import SAME, Line, shown, table, times

GOAL_SIZE = (500, 6, 18)
"""Items, sites and months the goals are set for."""

BUILD, BUILD_AIM = 0.3, 0.1
"""Most time to build [CPU s]."""

OVERHEAD = 0.05
"""Most of building, passing and reading beside the solver's own time [share]."""


@dataclass(frozen=True)
class Plans:
    """One plan by us and by each peer."""

    size: Size
    mine: ours.Ours
    others: Mapping[str, Run]


def measure(size: Size, python: Path | None, rounds: int, progress: Callable[[str, float], None]) -> Plans:
    """Build and solve one plan by us and, where `python` has them, by the peers, in turn; the best of the rounds counts."""
    tables = make(size.items, size.sites, size.months, size.seed)
    description, first = describe(tables, ours.prices(tables)), ours.first()
    peer_names = peers.PLAN if python is not None else ()
    mine: list[ours.Ours] = []
    others: dict[str, list[Run]] = {name: [] for name in peer_names}
    for turn in range(rounds):
        progress(ours.NAME, turn / rounds)
        mine.append(ours.plan(size))
        for number, peer in enumerate(peer_names):
            progress(peer, (turn + (number + 1) / (len(peer_names) + 1)) / rounds)
            assert python is not None
            others[peer].append(peers.run(python, peer, description, first))
    read, told = (min((getattr(m, step) for m in mine), key=lambda spent: spent.cpu) for step in ("read", "report"))
    best = ours.Ours(peers.best([one.run for one in mine]), read, told)
    return Plans(size, best, {name: peers.best(runs) for name, runs in others.items()})


def build_lines(plans: Plans) -> list[Line]:
    """Building time, and its share with passing and reading, against the goals."""
    mine = plans.mine.run
    built = ", ".join(f"{name} {run.build.cpu:.2f} s" for name, run in plans.others.items())
    shares = ", ".join(f"{n} {r.overhead:.0%}" for n, r in plans.others.items() if not np.isnan(r.overhead))
    build, aim, overhead = (BUILD, BUILD_AIM, OVERHEAD) if plans.size.is_(GOAL_SIZE) else (np.nan,) * 3
    return [
        Line(f"building, {plans.size}", built, mine.build.cpu, build, aim, "{:.3f} s"),
        Line("building + passing + reading, share of solver-only time", shares, mine.overhead, overhead, np.nan, "{:.1%}"),
    ]  # fmt: skip


def plan_lines(plans: Plans) -> list[Line]:
    """Total time against scipy, and the largest difference between optima."""
    mine = plans.mine.run
    total = ", ".join(f"{name} {run.total.cpu:.1f} s" for name, run in plans.others.items())
    scipy = plans.others["scipy"].total.cpu if "scipy" in plans.others else np.nan
    apart = max((abs(difference(mine, run)) for run in plans.others.values()), default=np.nan)
    return [
        Line(f"the same plan, total, {plans.size}", total, mine.total.cpu, scipy, scipy / 2, "{:.1f} s"),
        Line("... largest relative difference of the optima", "", apart, SAME, np.nan, "{:.1e}"),
    ]


def difference(mine: Run, other: Run) -> float:
    """Our objective less another, relative."""
    return (mine.found.objective - other.found.objective) / abs(other.found.objective)


def build_detail(plans: Plans) -> str:
    """Who builds how fast, and what passing and reading add."""
    head = ("", "columns", "rows", "build CPU / wall s", "pass + read wall s", "share of solver-only time", "peak MB")
    rows = [
        (
            name,
            f"{run.found.columns:,}",
            f"{run.found.rows:,}",
            times(run.build, 3),
            shown(run.solve.wall - run.found.solver, "{:.2f}"),
            shown(run.overhead, "{:.1%}"),
            f"{run.peak:.0f}",
        )
        for name, run in _all(plans).items()
    ]
    notes = (
        f"Before that, reading the tables and checking every row takes us {times(plans.mine.read)} s (CPU / wall), and "
        f"after it the plan as tables, with shortages explained and limits priced, {times(plans.mine.report)} s; the "
        "peers are given arrays and return values."
    )
    return f"### Building, {plans.size}\n\n{table(head, rows)}\n\n{notes}"


def plan_detail(plans: Plans) -> str:
    """Who has the plan how soon, and that it is the same."""
    head = ("", "build CPU / wall s", "solve CPU / wall s", "total CPU / wall s", "objective", "from ours", "peak MB")
    rows = [
        (
            name,
            times(run.build),
            times(run.solve),
            times(run.total),
            f"{run.found.objective:,.2f}",
            f"{-difference(plans.mine.run, run):+.1e}",
            f"{run.peak:.0f}",
        )
        for name, run in _all(plans).items()
    ]
    return f"### The same plan, {plans.size}\n\n{table(head, rows)}"


def _all(plans: Plans) -> dict[str, Run]:
    return {f"**{ours.NAME}**": plans.mine.run, **plans.others}
