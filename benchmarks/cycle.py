"""The whole cycle on the demo company: `python -m benchmarks.cycle` prints what docs/measured.md records.

Times are wall clock, each from a fresh process; accuracy is at lag 1 over the last six months, forecasts seeing nothing later.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import pandas as pd

from benchmarks.machine import described
from sop_xl.cycle.checks import CHECKS
from sop_xl.demand.cleansing.history import complete, to_series
from sop_xl.demand.review.accuracy import backtest, bias, wmape
from sop_xl.workbook.book import open_book

METHODS = ("naive", "seasonal_naive", "moving_average", "ses", "theta", "auto")


def seconds(*command: str, times: int = 1) -> float:
    """Median wall time of a command in fresh processes [s]."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        subprocess.run([sys.executable, *command], check=True, capture_output=True)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def cells(path: Path) -> int:
    """How many cells of a workbook hold a value."""
    with zipfile.ZipFile(path) as package:
        sheets = [n for n in package.namelist() if n.startswith("xl/worksheets/sheet")]
        return sum(package.read(n).count(b"<v>") + package.read(n).count(b"<is>") for n in sheets)


def times(path: Path) -> list[tuple[str, str]]:
    """What a planner waits for."""
    demo = seconds("-m", "sop_xl", "demo", "--out", str(path.parent), "-q")
    frames = open_book(path).read().frames
    steps = frames["steps"]
    return [
        ("`import sop_xl`", f"{seconds('-c', 'import sop_xl', times=9):.2f} s"),
        ("`sop-xl --help`", f"{seconds('-m', 'sop_xl', '--help', times=9):.2f} s"),
        ("`sop-xl demo`", f"{demo:.0f} s"),
        *((f"... of which {row.step}", f"{row.seconds:.1f} s") for row in steps.itertuples()),
        ("`sop-xl check` of the demo", f"{seconds('-m', 'sop_xl', 'check', str(path), times=3):.1f} s"),
        (
            "`sop-xl run --step demand_planning`",
            f"{seconds('-m', 'sop_xl', 'run', str(path), '--step', 'demand_planning'):.1f} s",
        ),
        ("size of the workbook", f"{path.stat().st_size / 1e6:.1f} MB"),
        ("cells with a value", f"{cells(path):,}"),
        ("checks of the data", f"{len(CHECKS)}, and those of every cell's kind, bounds and choices"),
        ("series forecast", f"{frames['baseline'][['item', 'channel', 'region']].drop_duplicates().shape[0]:,}"),
    ]


def accuracy(path: Path) -> pd.DataFrame:
    """WMAPE and bias of every method on the demo company, by series and by item."""
    history = open_book(path).read(["demand_history"]).frames["demand_history"].reset_index(drop=True)
    months = pd.DatetimeIndex(sorted(history["period"].unique()))
    panel = to_series(complete(history, months))
    channel = panel.drop_duplicates("unique_id").set_index("unique_id")["channel"].to_dict()
    back = backtest(panel, origins=6, lag=1, methods=METHODS, groups=channel)
    items = back.groupby(["item", "ds", "step"], as_index=False)[["actual", "forecast"]].sum()
    rows = [
        (
            name,
            wmape(mine["actual"], mine["forecast"]),
            wmape(whole["actual"], whole["forecast"]),
            bias(mine["actual"], mine["forecast"]),
        )
        for name, mine in back.groupby("step", sort=False)
        for whole in [items[items["step"].eq(name)]]
    ]
    return pd.DataFrame(rows, columns=["method", "WMAPE series", "WMAPE item", "bias"]).sort_values("WMAPE series")


def main() -> None:
    """Print both tables."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "SOP_demo.xlsx"
        print(f"{described()}\n\n| what | measured |\n|---|---|")
        for what, measured in times(path):
            print(f"| {what} | {measured} |")
        print("\n| method | WMAPE item x channel x country | WMAPE item | bias |\n|---|---|---|---|")
        for name, series, item, off in accuracy(path).itertuples(index=False):
            print(f"| {name} | {series:.1%} | {item:.1%} | {off:+.1%} |")


if __name__ == "__main__":
    main()
