"""Measure the supply plan against its peers: building, solving, changing, and plans too large for the simplex method.

    python -m benchmarks.supply
    python -m benchmarks.supply --only build plan --peers-folder FOLDER
    python -m benchmarks.supply --only large --items 1000 --simplex 300
    python -m benchmarks.supply --items 60 --sites 6 --months 6 --no-peers

One network from a seed (lines shared by items, plants, distribution centers, lanes, components, suppliers with limits
over all their items, overtime, subcontracting, backlog, targets by month, storage), as tables for us and as plain arrays
for the peers, who state the same programme in PuLP (solved by CBC and by HiGHS), linopy, scipy and HiGHS itself. Each
runs in a fresh process, with one thread but in `large`; imports and first calls are not timed. The peers have a Python of their own:
--peers names one that has them; otherwise an environment is made from requirements-peers.txt, kept in --peers-folder or
made for this run only. Goals of `build`, `plan` and `rebalance` are judged by CPU time, those of `large` by wall time.
The report (Markdown) goes to stdout or to --out; progress to stderr. Lot sizing has a command of its own,
`python -m benchmarks.supply.lots`; published cases are answered by `python -m benchmarks.cases`.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path

from benchmarks import environment
from benchmarks.machine import described
from benchmarks.supply import large, peers, plan, rebalance
from benchmarks.supply.instance import Size
from benchmarks.supply.report import Line, summary
from sop_xl.terminal import progress as progress_bar

SIZES: dict[str, tuple[Size, ...]] = {
    "build": (Size(500, 6, 18),),
    "plan": (Size(500, 6, 18),),
    "rebalance": (Size(1000, 10, 18),),
    "large": (Size(1000, 10, 18), Size(5000, 10, 18)),
}
"""The sub-tables and the sizes they are measured at."""

PACKAGES = ("sop-xl", "numpy", "pandas", "scipy", "highspy")

Bar = Callable[[str, float], None]


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog="python -m benchmarks.supply", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    what = made.add_argument_group("what is measured")
    what.add_argument("--only", nargs="+", choices=SIZES, metavar="TABLE", help=f"only these: {', '.join(SIZES)}")
    what.add_argument("--items", type=int, nargs="+", metavar="N", help="items sold, instead of the sizes of the goals")
    what.add_argument("--sites", type=int, metavar="N", help="plants and distribution centers")
    what.add_argument("--months", type=int, metavar="N", help="months planned")
    what.add_argument("--seed", type=int, default=7, metavar="N", help="seed of the network (default: 7)")
    what.add_argument(
        "--rounds", type=int, default=3, metavar="N", help="rounds of build and plan; the best counts (default: 3)"
    )
    what.add_argument(
        "--seconds",
        type=float,
        metavar="N",
        help="time our solver is given in `large`, on the clock (default: three quarters of the goal's)",
    )
    other = made.add_argument_group("the peers")
    other.add_argument("--peers", type=Path, metavar="PYTHON", help="interpreter that has requirements-peers.txt")
    other.add_argument("--peers-folder", type=Path, metavar="FOLDER", help="where to make and keep their environment")
    other.add_argument("--no-peers", action="store_true", help="leave them out")
    other.add_argument(
        "--simplex",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="in `large`, let the simplex method try for so long too (default: not at all)",
    )
    out = made.add_argument_group("output")
    out.add_argument("--out", type=Path, metavar="FILE", help="write the report here instead of stdout")
    out.add_argument("-q", "--quiet", action="store_true", help="no progress bar")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what the command line asks for and print the report."""
    options = parser().parse_args(arguments)
    wanted = sizes(options)
    with ExitStack() as stack:
        python = None
        if not options.no_peers:
            made = environment.interpreter(peers.REQUIREMENTS, options.peers, options.peers_folder)
            python = stack.enter_context(made)
        bar = stack.enter_context(progress_bar("measuring", quiet=options.quiet))
        text = measured(options, wanted, python, bar)
    if options.out is None:
        print(text)
    else:
        options.out.write_text(text + "\n", encoding="utf-8")
    return 0


def sizes(options: argparse.Namespace) -> dict[str, tuple[Size, ...]]:
    """The sub-tables asked for and their sizes.

    Raises
    ------
    SystemExit
        If there is nothing to plan with: no item, fewer than three sites, no month, no round.

    """
    least = {"items": 1, "sites": 3, "months": 1, "rounds": 1}
    for name, low in least.items():
        given = getattr(options, name)
        for value in given if isinstance(given, list) else [given]:
            if value is not None and value < low:
                raise SystemExit(f"--{name} must be {low} or more, got {value}")
    if options.seconds is not None and not options.seconds > 0:
        raise SystemExit(f"--seconds must be more than 0, got {options.seconds:g}")
    found = {}
    for name in options.only or SIZES:
        usual = SIZES[name]
        items = options.items or [size.items for size in usual]
        sites, months = options.sites or usual[0].sites, options.months or usual[0].months
        found[name] = tuple(Size(count, sites, months, options.seed) for count in items)
    return found


def measured(options: argparse.Namespace, wanted: dict[str, tuple[Size, ...]], python: Path | None, bar: Bar) -> str:
    """The report."""
    lines: list[Line] = []
    details: list[str] = []
    jobs = sum(len(each) for each in wanted.values())
    done, busy = 0, _busy()

    def step(doing: str, share: float) -> None:
        bar(doing, (done + share) / jobs)

    plans: dict[Size, plan.Plans] = {}
    for name, each in wanted.items():
        for size in each:
            if name in ("build", "plan"):
                if size not in plans:
                    plans[size] = plan.measure(size, python, options.rounds, step)
                of_lines, of_detail = PLAN_TABLES[name]
                lines += of_lines(plans[size])
                details.append(of_detail(plans[size]))
            elif name == "rebalance":
                changes = rebalance.measure(size, python, step)
                lines += rebalance.lines(changes)
                details.append(rebalance.detail(changes))
            else:
                larges = large.measure(size, python, options.seconds, options.simplex, step)
                lines += large.lines(larges)
                details.append(large.detail(larges))
            done += 1
    versions = {} if python is None else environment.versions(peers.REQUIREMENTS, python)
    head = f"`python -m benchmarks.supply`, {date.today().isoformat()}. {described(PACKAGES, versions)}.{busy}"
    return "\n\n".join([head, summary(lines), *details])


def _busy() -> str:
    """How many programs the machine runs beside this one, where the system tells: times say less the more there are."""
    if not hasattr(os, "getloadavg"):
        return ""
    return f" Load of the machine at the start: {os.getloadavg()[0]:.1f}."


PLAN_TABLES: dict[str, tuple[Callable[[plan.Plans], list[Line]], Callable[[plan.Plans], str]]] = {
    "build": (plan.build_lines, plan.build_detail),
    "plan": (plan.plan_lines, plan.plan_detail),
}
"""The two sub-tables of one measurement: lines of the summary, and detail."""


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
