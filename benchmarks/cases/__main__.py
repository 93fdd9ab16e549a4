"""Published cases and ours: `python -m benchmarks.cases`, or `--cases FOLDER` for cases that are not part of the project.

    python -m benchmarks.cases --cases FOLDER --kind gsm_tree
    python -m benchmarks.cases --speed

Each case (a JSON file with `kind`, `inputs`, `published`, `source`, `tol`) goes through the function of the product that
its kind names; the table (Markdown) goes to stdout. Exit code 1 where an answer is not the published one.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.cases import inventory, lots, speed, supply, workforce
from benchmarks.cases.case import Adapters, Outcome, read
from benchmarks.machine import described

_TESTS = Path(__file__).resolve().parents[2] / "tests"
FOLDERS = sorted([*_TESTS.glob("*/golden"), *_TESTS.glob("*/cases")])
AREAS: tuple[Adapters, ...] = (inventory.ADAPTERS, workforce.ADAPTERS, lots.ADAPTERS, supply.ADAPTERS)
"""One per area; that of aggregate planning, production, distribution and capacitated lots joins here."""


def adapters() -> Adapters:
    """The adapters of all areas."""
    every = Adapters()
    for area in AREAS:
        every.by_kind.update(area.by_kind)
        every.ties.update(area.ties)
    return every


def table(outcomes: Sequence[Outcome]) -> str:
    """One line per answer."""
    lines = ["| case | source | what | published | ours | difference | |", "|---|---|---|---|---|---|---|"]
    for outcome in outcomes:
        source = outcome.case.source.split(";")[0].replace("|", "/")
        if outcome.says:
            lines.append(f"| {outcome.case.name} | {source} | | | {outcome.says} | | not answered |")
        for row in outcome.rows:
            mark = {True: "equal", False: "DIFFERS", None: ""}[row.agrees]
            off = "" if row.agrees is None else f"{row.difference:.1e}"
            lines.append(
                f"| {outcome.case.name} | {source} | {row.what} | {_shown(row.published)} | {_shown(row.ours)} | {off} | {mark} |"
            )
    return "\n".join(lines)


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(_shown(v) for v in value)
    return f"{value:.10g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def main(arguments: Sequence[str] | None = None) -> int:
    """Answer the cases and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cases", description=__doc__)
    parser.add_argument("--cases", type=Path, nargs="+", default=FOLDERS, help="folders or files of cases")
    parser.add_argument("--kind", nargs="+", help="only cases of these kinds")
    parser.add_argument("--speed", action="store_true", help="items a second of the closed forms instead of cases")
    chosen = parser.parse_args(arguments)
    if chosen.speed:
        print(f"{described()}\n\n{speed.table(speed.measured())}")
        return 0
    paths = [path for place in chosen.cases for path in ([place] if place.is_file() else sorted(place.glob("*.json")))]
    cases = [case for case in map(read, paths) if not chosen.kind or case.kind in chosen.kind]
    every = adapters()
    outcomes = [every.answer(case) for case in cases]
    print(table(outcomes))
    met, open_ = sum(o.agrees for o in outcomes), sum(bool(o.says) for o in outcomes)
    slowest = max(outcomes, key=lambda o: o.seconds, default=None)
    print(
        f"\n{len(outcomes)} cases: {met} equal to the published digits, {len(outcomes) - met - open_} not, {open_} not answered."
    )
    if slowest:
        print(f"Slowest: {slowest.case.name}, {slowest.seconds:.2f} s.")
    return int(met + open_ < len(outcomes))


if __name__ == "__main__":
    sys.exit(main())
