"""The sub-table `rebalance`: a planner changes something, and waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.supply import ours, peers
from benchmarks.supply.changes import CHANGES
from benchmarks.supply.description import describe
from benchmarks.supply.instance import Size, make
from benchmarks.supply.measure import Found, Spent
from benchmarks.supply.report import SAME, Line, table, times

GOAL_SIZE = (1000, 10, 18)
"""Items, sites and months the goals are set for."""

GOALS = dict(zip(CHANGES, ((1.0, 0.3), (1.5, 0.5), (10.0, 5.0)), strict=True))
"""Most time after each change, and what it aims at [CPU s]."""


@dataclass(frozen=True)
class Changes:
    """The first plan and each change: ours (answer, time, wall time in the solver), and HiGHS kept alive."""

    size: Size
    mine: dict[str, tuple[Found, Spent, float]]
    kept: dict[str, tuple[Found, Spent]]


def measure(size: Size, python: Path | None, progress: Callable[[str, float], None]) -> Changes:
    """A full solve and each change from it, by us and by HiGHS kept alive with its basis."""
    progress(ours.NAME, 0.0)
    mine = ours.rebalance(size)
    if python is None:
        return Changes(size, mine, {})
    progress("HiGHS kept alive", 0.5)
    tables = make(size.items, size.sites, size.months, size.seed)
    states = [tables, *(change(tables) for change in CHANGES.values())]
    descriptions = [describe(state, ours.prices(state)) for state in states]
    kept = peers.rebalance(python, descriptions, ours.first())
    return Changes(size, mine, dict(zip((ours.FULL, *CHANGES), kept, strict=True)))


def lines(changes: Changes) -> list[Line]:
    """Time after each change, from the cell typed to the plan, against the goals."""
    found = []
    for name, goal in GOALS.items():
        peer = ""
        if changes.kept:
            full, kept = changes.kept[ours.FULL][1], changes.kept[name][1]
            peer = f"HiGHS alone: full solve {full.cpu:.1f} s, kept alive {kept.cpu:.2f} s"
        limits = goal if changes.size.is_(GOAL_SIZE) else (np.nan, np.nan)
        what = f"re-balance: {name}, {changes.size}"
        found.append(Line(what, peer, changes.mine[name][1].cpu, *limits, "{:.2f} s"))
    apart = worst_difference(changes)
    return [*found, Line("... largest relative difference of the optima", "", apart, SAME, np.nan, "{:.1e}")]


def detail(changes: Changes) -> str:
    """Where the time goes, and that the optimum is the same."""
    head = (
        "",
        "ours CPU / wall s",
        "... in the solver, wall s",
        "HiGHS kept alive CPU / wall s",
        "objective",
        "from HiGHS",
    )
    rows = []
    for name, (found, spent, inside) in changes.mine.items():
        kept, apart = "-", "-"
        if name in changes.kept:
            other, took = changes.kept[name]
            kept, apart = times(took), f"{(found.objective - other.objective) / abs(other.objective):+.1e}"
        rows.append((name, times(spent), f"{inside:.2f}", kept, f"{found.objective:,.2f}", apart))
    note = (
        "Ours is from the cell typed to the plan with its costs and key figures; HiGHS is given the limits that changed "
        "as arrays and returns values. From nothing, ours starts at the tables."
    )
    return f"### Re-balance, {changes.size}\n\n{table(head, rows)}\n\n{note}"


def worst_difference(changes: Changes) -> float:
    """The largest relative difference of an objective from that of HiGHS; NaN without it."""
    both = [(changes.mine[n][0].objective, other.objective) for n, (other, _) in changes.kept.items()]
    return max((abs(mine - other) / abs(other) for mine, other in both), default=np.nan)
