"""What Excel's functions cost in Python: `python -m benchmarks.hosts.excel` prints what docs/measured.md records.

Cells are handed to xlwings' own COM server, `CallUDF`, as Excel's wrappers do, with test doubles of what belongs to
Windows below it: what COM and Excel themselves take is not in these figures. "Whole" is xlwings with the doubles, "in our
code" what stands behind it. Times are wall clock, of a cheap function the median of several rounds; a cheap function is
the economic order quantity, a model a forecast of 36 months of history.
"""

from __future__ import annotations

import importlib
import importlib.util
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from benchmarks.machine import described
from udfs import registry

CELLS = 1_000
TIMES = 5
MONTHS = 36
_MODULE = "udfs.hosts.excel.functions"
_DOUBLES = Path(__file__).resolve().parents[2] / "tests" / "udfs" / "hosts" / "excel" / "com_server.py"


def doubles() -> Any:
    """The module with the test doubles."""
    spec = importlib.util.spec_from_file_location("com_server", _DOUBLES)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Sheet:
    """Cells that ask over the COM server."""

    def __init__(self) -> None:
        module = doubles()
        self._server, self._range = module.com_server(), module.ExcelRange

    def ask(self, name: str, *arguments: Any) -> Any:
        """What a cell gets; rows of cells are ranges."""
        given = tuple(self._range(a) if isinstance(a, list) else a for a in arguments)
        return self._server.CallUDF(_MODULE, name, given)

    def recalculate(self, calls: Iterable[tuple[Any, ...]]) -> float:
        """Calculate cells one after the other, as Excel does; the seconds it took."""
        began = time.perf_counter()
        for call in calls:
            shown = self.ask(*call)
            if isinstance(shown, str) and shown.startswith("\x01"):
                raise SystemExit(f"{call[0]} shows {shown[1:]}")
        return time.perf_counter() - began


def history(level: float) -> list[list[float]]:
    """Three years of a demand with a season, one a level."""
    return [[level + 10 * (month % 12) + (month * 7) % 5] for month in range(MONTHS)]


class Ours:
    """How long our own code behind the COM server took [s], and how often a function was worked out."""

    def __init__(self) -> None:
        functions = importlib.import_module(_MODULE)  # only now: xlwings' decorators are those of Windows
        self.seconds, self.worked_out = 0.0, 0
        answered, from_scratch = functions.answered, registry._answered

        def timed(*given: Any) -> Any:
            began = time.perf_counter()
            try:
                return answered(*given)
            finally:
                self.seconds += time.perf_counter() - began

        def counted(*given: Any) -> Any:
            self.worked_out += 1
            return from_scratch(*given)

        functions.answered, registry._answered = timed, counted

    def of(self, run: Callable[[], float]) -> tuple[float, float, int]:
        """Run something: the seconds it took, those of them in our code, and how often a function was worked out."""
        seconds, count = self.seconds, self.worked_out
        whole = run()
        return whole, self.seconds - seconds, self.worked_out - count


def main() -> None:
    """Measure and print."""
    print(described())
    sheet = Sheet()
    first = sheet.recalculate([("SOP_FORECAST", history(100.0), 6)])
    ours = Ours()
    new, known = [], []
    for turn in range(TIMES):
        calls = [("SOP_EOQ", [[1_000.0 + turn * CELLS + n]], 50, 3) for n in range(CELLS)]
        new.append(ours.of(lambda calls=calls: sheet.recalculate(calls)))
        known.append(ours.of(lambda calls=calls: sheet.recalculate(calls)))
    one = [("SOP_FORECAST", history(500.0), 6)] * CELLS
    many = [("SOP_FORECAST", history(1_000.0 + n), 6) for n in range(CELLS)]
    measured = (
        (f"{CELLS:,} cells of a cheap function, new input", _median(new)),
        ("the same again, known input", _median(known)),
        (f"{CELLS:,} forecasts of the same history", ours.of(lambda: sheet.recalculate(one))),
        (f"{CELLS:,} forecasts of {CELLS:,} histories", ours.of(lambda: sheet.recalculate(many))),
        ("the same again, known input", ours.of(lambda: sheet.recalculate(many))),
    )
    print("| | whole | in our code | a cell, in our code | worked out |\n|---|---|---|---|---|")
    print(f"| first forecast, Python just started | {first:.2f} s | | | 1 |")
    for what, (whole, own, count) in measured:
        print(f"| {what} | {whole:.2f} s | {own:.2f} s | {own / CELLS * 1_000:.3f} ms | {count:,} |")


def _median(runs: list[tuple[float, float, int]]) -> tuple[float, float, int]:
    return sorted(runs)[len(runs) // 2]


if __name__ == "__main__":
    main()
