"""The same plan over several networks: `python -m benchmarks.supply.seeds`, us beside scipy in the same process.

Both give the same programme to HiGHS, which takes more or fewer iterations on it by luck: one network says little. Total
CPU time of building, solving and reading; the table (Markdown) goes to stdout.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date

from benchmarks.machine import described
from benchmarks.supply import ours, with_scipy
from benchmarks.supply.description import describe
from benchmarks.supply.instance import make
from sop_xl.supply.model.aims import solve_plan
from sop_xl.supply.model.constraints import CORE
from sop_xl.supply.model.model import build_model
from sop_xl.supply.model.prices import unit_prices
from sop_xl.supply.model.solution import read_solution
from sop_xl.supply.plan import planned_network


def measured(items: int, sites: int, months: int, seed: int) -> tuple[float, float, float]:
    """CPU seconds of ours and of scipy for one network, and how far their optima differ [share]."""
    tables = make(items, sites, months, seed)
    network = planned_network(tables, ours.SETTINGS)
    prices = unit_prices(network)

    def plan() -> float:
        programme = build_model(network, prices, CORE)
        return read_solution(network, prices, programme, solve_plan(network, prices, programme)).objective

    description = describe(tables, ours.prices(tables))
    mine, first = _timed(plan)
    theirs, second = _timed(lambda: float(with_scipy.solve(with_scipy.build(description)).objective))
    return mine, theirs, abs(first - second) / abs(second)


def _timed(work: Callable[[], float]) -> tuple[float, float]:
    began = time.process_time()
    found = work()
    return time.process_time() - began, found


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.supply.seeds", description=__doc__)
    parser.add_argument("--networks", type=int, default=8, metavar="N", help="how many (default: 8)")
    parser.add_argument("--items", type=int, default=500)
    parser.add_argument("--sites", type=int, default=6)
    parser.add_argument("--months", type=int, default=18)
    chosen = parser.parse_args(arguments)
    rows = []
    for seed in range(7, 7 + chosen.networks):
        print(f"network {seed}", file=sys.stderr)
        rows.append((seed, *measured(chosen.items, chosen.sites, chosen.months, seed)))
    print(f"`python -m benchmarks.supply.seeds`, {date.today().isoformat()}. {described(('highspy', 'scipy'), {})}.\n")
    print("| network | ours, CPU s | scipy, CPU s | optima differ |\n|---|---|---|---|")
    for seed, mine, theirs, apart in rows:
        print(f"| {seed} | {mine:.2f} | {theirs:.2f} | {apart:.0e} |")
    means = [statistics.mean(row[at] for row in rows) for at in (1, 2)]
    print(f"| mean | {means[0]:.2f} | {means[1]:.2f} | |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
