"""The sub-table `large`: plans beyond what the simplex method does while someone waits, with a proven gap."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.supply import ours, peers
from benchmarks.supply.description import describe
from benchmarks.supply.instance import Size, make
from benchmarks.supply.peers import Run
from benchmarks.supply.report import Line, shown, table, times


@dataclass(frozen=True)
class Goal:
    """What a size must reach and aims at: gap to the proven bound [share], wall time [s], peak memory [MB]."""

    gap: tuple[float, float]
    wall: tuple[float, float]
    peak: float


GOALS: Mapping[tuple[int, int, int], Goal] = {
    (1000, 10, 18): Goal((0.002, 0.0005), (20.0, np.nan), np.nan),
    (5000, 10, 18): Goal((0.003, 0.0005), (120.0, 60.0), 4096.0),
}
"""Goals by items, sites and months."""

FEASIBLE = 1e-6
"""Largest violation of a row or bound, relative to its size, that counts as feasible."""

GAP, GIVEN, LEAST_SECONDS = 5e-4, 0.75, 20.0
"""Gap asked for [share]; the share of the goal's time the solver is given, the rest being for reading the tables; its
least where there is no goal [s]."""

NO_GOAL = Goal((np.nan, np.nan), (np.nan, np.nan), np.nan)


@dataclass(frozen=True)
class Larges:
    """One large plan by us, and by HiGHS alone in other ways."""

    size: Size
    mine: ours.Bounded
    others: Mapping[str, Run]


def measure(
    size: Size, python: Path | None, seconds: float | None, simplex: float, progress: Callable[[str, float], None]
) -> Larges:
    """A plan within a proven gap by us; HiGHS first-order by the peers, and simplex where it may take `simplex` [s]."""
    progress(f"{ours.NAME}, {size}", 0.0)
    goal = GOALS.get((size.items, size.sites, size.months), NO_GOAL)
    wall = max((limit for limit in goal.wall if not np.isnan(limit)), default=LEAST_SECONDS)
    mine = ours.large(size, GAP, GIVEN * wall if seconds is None else seconds)
    others: dict[str, Run] = {}
    if python is not None:
        tables = make(size.items, size.sites, size.months, size.seed)
        description, first = describe(tables, ours.prices(tables)), ours.first()
        limits = {peers.FIRST_ORDER: np.inf} | ({peers.SIMPLEX: simplex} if simplex > 0 else {})
        for number, (peer, most) in enumerate(limits.items()):
            progress(f"{peer}, {size}", (number + 1) / (len(limits) + 1))
            others[peer] = peers.run(python, peer, description, first, seconds=most)
    return Larges(size, mine, others)


def lines(larges: Larges) -> list[Line]:
    """Gap, time and memory against the goals."""
    mine, size = larges.mine, larges.size
    goal = GOALS.get((size.items, size.sites, size.months), NO_GOAL)
    took = ", ".join(f"{name} {run.total.wall:.0f} s{_short(run)}" for name, run in larges.others.items())
    held = ", ".join(f"{name} {run.peak:,.0f} MB" for name, run in larges.others.items())
    return [
        Line(f"{size}: gap to the proven bound", "", mine.gap, *goal.gap, "{:.3%}"),
        Line("... largest violation", _violations(larges), mine.found.broken, FEASIBLE, np.nan, "{:.1e}"),
        Line("... wall time", took, mine.spent.wall, *goal.wall, "{:.0f} s"),
        Line("... peak memory", held, mine.peak, goal.peak, np.nan, "{:,.0f} MB"),
    ]


def detail(larges: Larges) -> str:
    """Objective, bound, time and memory of each."""
    head = ("", "status", "objective", "proven bound", "largest violation", "CPU / wall s", "peak MB")
    mine = larges.mine
    rows = [(f"**{ours.NAME}**", mine.found.status, f"{mine.found.objective:,.0f}", f"{mine.bound:,.0f}", f"{mine.found.broken:.1e}", times(mine.spent, 1), f"{mine.peak:,.0f}")]  # fmt: skip
    for name, run in larges.others.items():
        solved = name == peers.SIMPLEX and run.found.status == "Optimal"
        bound = f"{run.found.objective:,.0f}" if solved else "-"
        rows.append((name, run.found.status, shown(run.found.objective, "{:,.0f}"), bound, f"{run.found.broken:.1e}", times(run.total, 1), f"{run.peak:,.0f}"))  # fmt: skip
    parts = ", ".join(f"{step} {times(spent, 1)}" for step, spent in mine.steps.items())
    about = (
        f"{mine.found.columns:,} columns, {mine.found.rows:,} rows. Ours from the tables on, CPU / wall s: {parts}. "
        "Bound and violations are counted by the benchmark."
    )
    note = "A first-order answer that violates rows is not a plan: units appear from nothing or are counted twice."
    return f"### {larges.size}\n\n{table(head, rows)}\n\n{about} {note}"


def _violations(larges: Larges) -> str:
    return ", ".join(f"{name} {run.found.broken:.1e}" for name, run in larges.others.items())


def _short(run: Run) -> str:
    return "" if run.found.status == "Optimal" else f" ({run.found.status.lower()})"
