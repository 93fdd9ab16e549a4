"""Measure the forecast against its peers: accuracy, intervals, speed, one table.

    python -m benchmarks.forecast --data FOLDER
    python -m benchmarks.forecast --data FOLDER --quick --no-peers
    python -m benchmarks.forecast --data FOLDER --sets m3 dev --origins 3
    python -m benchmarks.forecast

FOLDER holds public research sets as Parquet files (unique_id, ds, y, split): m3_monthly, m4_monthly_dev1000,
tourism_monthly, and those of the modules `intermittent` and `promotions`. They are not part of the project. Without
--data the demo company's own history is used.

The peers run in the same session on the same series, in a Python of their own because statsforecast needs an older
pandas: --peers names one that has them; otherwise an environment is made from requirements-peers.txt, kept in
--peers-folder or made for this run only. The report (Markdown) goes to stdout or to --out; progress to stderr.

Choose methods with --origins, which never reads the test part; score the test part once, at the end.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from benchmarks import environment
from benchmarks.forecast import goals, ours, peers, report, speed
from benchmarks.forecast.data import DEMO, SOURCES, Set, load
from benchmarks.forecast.forecasts import Forecasts
from benchmarks.forecast.score import Score, score
from benchmarks.machine import described
from sop_xl.terminal import progress as progress_bar


@dataclass(frozen=True)
class Module:
    """Sets with a measure of their own, `measure(folder) -> DataFrame`, and its lines of the summary."""

    title: str
    lines: Callable[[pd.DataFrame], list[goals.Line]]


MODULES = {
    "intermittent": Module("Intermittent demand", goals.intermittent),
    "promotions": Module("Promotions", goals.promotions),
}

QUICK = 100
TIMED = 600
"""Series of a set with --quick, and series timed one at a time."""

PACKAGES = ("sop-xl", "numpy", "pandas", "scipy", "statsmodels")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog="python -m benchmarks.forecast", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    data = made.add_argument_group("what is measured")
    data.add_argument(
        "--data", type=Path, metavar="FOLDER", help="folder of the public sets (default: the demo company)"
    )
    names = ("demo", *SOURCES, *MODULES, "speed")
    data.add_argument("--sets", nargs="+", choices=names, metavar="SET", help=f"only these: {', '.join(names)}")
    data.add_argument("--quick", action="store_true", help=f"{QUICK} series of each set, spread evenly: a smoke test")
    data.add_argument(
        "--origins",
        type=int,
        default=0,
        metavar="N",
        help="score N origins inside the training part instead of the test",
    )
    other = made.add_argument_group("the peers")
    other.add_argument("--peers", type=Path, metavar="PYTHON", help="interpreter that has requirements-peers.txt")
    other.add_argument("--peers-folder", type=Path, metavar="FOLDER", help="where to make and keep their environment")
    other.add_argument("--no-peers", action="store_true", help="leave them out")
    other.add_argument("--slow", action="store_true", help="AutoARIMA too, about a second a series, and SCUM")
    other.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="processes of the peers (default: all cores)"
    )
    out = made.add_argument_group("output")
    out.add_argument("--out", type=Path, metavar="FILE", help="write the report here instead of stdout")
    out.add_argument(
        "--scores", type=Path, metavar="FILE", help="write the scores of every set and method here as JSON"
    )
    out.add_argument("--pictures", type=Path, metavar="FOLDER", help="draw the accuracy chart here (needs matplotlib)")
    out.add_argument("-q", "--quiet", action="store_true", help="no progress bar")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what the command line asks for and print the report."""
    options = parser().parse_args(arguments)
    if options.origins < 0:
        raise SystemExit("--origins counts origins: 0 is the test part")
    if options.data is not None and not options.data.is_dir():
        raise SystemExit(f"--data: there is no folder {options.data}")
    with ExitStack() as stack:
        python = None
        if not options.no_peers:
            python = stack.enter_context(
                environment.interpreter(peers.REQUIREMENTS, options.peers, options.peers_folder)
            )
        bar = stack.enter_context(progress_bar("measuring", quiet=options.quiet))
        text = measured(options, python, bar)
    if options.out is None:
        print(text)
    else:
        options.out.write_text(text + "\n", encoding="utf-8")
    return 0


def default_sets(options: argparse.Namespace) -> list[str]:
    """What is measured unless --sets says otherwise."""
    if options.data is None:
        return [DEMO.name, "speed"]
    return list(SOURCES) if options.origins else [*SOURCES, *MODULES, "speed"]


def measured(options: argparse.Namespace, python: Path | None, bar: Callable[[str, float], None]) -> str:
    """The report."""
    names = options.sets or default_sets(options)
    if options.origins and set(names) & set(MODULES):
        raise SystemExit(f"{' and '.join(MODULES)} have no --origins: they score the test part")
    if options.data is None and set(names) - {DEMO.name, "speed"}:
        raise SystemExit(f"{', '.join(sorted(set(names) - {DEMO.name, 'speed'}))}: --data names the folder of the sets")
    known = {DEMO.name: DEMO, **SOURCES}
    folder = options.data or Path()
    chosen = [
        load(known[n], folder, origins=options.origins, most=QUICK if options.quick else None)
        for n in names
        if n in known
    ]
    done, tasks = 0, 10 * len(chosen) + 3 * ("speed" in names) + len(set(names) & set(MODULES))

    def step(doing: str, weight: float, share: float) -> None:
        bar(doing, (done + weight * share) / tasks)

    scores: dict[str, dict[str, Score]] = {}
    found: dict[str, dict[str, Forecasts]] = {}
    for one in chosen:
        bar(one.source.title, done / tasks)
        found[one.source.name] = forecasts(one, python, options, partial(step, one.source.title, 10))
        scores[one.source.name] = scored(one, found[one.source.name])
        done += 10
    others, lines = [], [] if options.origins else goals.accuracy(scores)
    for name, module in MODULES.items():
        if name in names:
            bar(module.title, done / tasks)
            frame = own(name, folder)
            if frame is None:
                print(f"{module.title}: not measured, benchmarks.forecast.{name} is not there", file=sys.stderr)
            else:
                lines += module.lines(frame)
                others.append(report.frame_detail(module.title, frame))
            done += 1
    if "speed" in names:
        timed = chosen or [load(source, folder) for source in ([DEMO] if options.data is None else SOURCES.values())]
        most = QUICK if options.quick else TIMED
        fast = speed.measure(timed, python, most, partial(step, "speed", 3))
        lines += goals.speed(fast, list(found.values()))
        others.append(report.speed_detail(fast))
    if options.scores is not None:
        options.scores.write_text(report.as_json(scores, found), encoding="utf-8")
    if options.pictures is not None:
        pictures = import_module("benchmarks.forecast.pictures")  # matplotlib is needed for this only
        pictures.accuracy(scores, options.pictures)
    versions = {} if python is None else environment.versions(peers.REQUIREMENTS, python)
    head = f"`python -m benchmarks.forecast`, {date.today().isoformat()}. {described(PACKAGES, versions)}."
    details = [report.detail(one, scores[one.source.name], found[one.source.name]) for one in chosen]
    return "\n\n".join([head, *([goals.summary(lines)] if lines else []), *details, *others])


def forecasts(
    chosen: Set, python: Path | None, options: argparse.Namespace, progress: Callable[[float], None]
) -> dict[str, Forecasts]:
    """Forecasts of a set by the product and the peers."""
    mine = {
        ours.CELL: ours.cell(chosen, lambda share: progress(0.2 * share)),
        ours.BATCH: ours.batch(chosen, lambda share: progress(0.2 + 0.1 * share)),
    }
    if python is None:
        return mine
    names = (*peers.METHODS, *(peers.SLOW if options.slow else ()))
    return mine | peers.forecasts(python, chosen, names, options.jobs, lambda share: progress(0.3 + 0.7 * share))


def scored(chosen: Set, found: dict[str, Forecasts]) -> dict[str, Score]:
    """Scores by method, Naive2 among them."""
    cases = chosen.cases()
    return {"Naive2": score(cases, cases.naive2())} | {
        n: score(cases, f.point, f.low, f.high) for n, f in found.items()
    }


def own(name: str, folder: Path) -> pd.DataFrame | None:
    """The result of a set with a measure of its own; None where its module is not there."""
    if find_spec(f"benchmarks.forecast.{name}") is None:
        return None
    result: pd.DataFrame = import_module(f"benchmarks.forecast.{name}").measure(folder)
    return result


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
