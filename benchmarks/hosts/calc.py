"""What LibreOffice Calc costs: `python -m benchmarks.hosts.calc [SOP_demo.xlsx]` prints what docs/guide/calc.md records.

A real headless LibreOffice with the extension in a profile of its own. Times are wall clock. The cost of the bridge is
that of a function whose maths is nothing (the economic order quantity), over distinct inputs, so that no answer is kept.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.machine import described
from udfs.hosts.calc.build import build

CELLS = 1_000
TIMES = 5
FUNCTION = "ORG.SOPXL.FUNCTIONS"
_DRIVEN = Path(__file__).resolve().parents[2] / "tests" / "offices.py"


def office(folder: Path) -> Any:
    """LibreOffice with the extension."""
    spec = importlib.util.spec_from_file_location("calc_driver", _DRIVEN)
    assert spec is not None
    assert spec.loader is not None
    driven = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(driven)
    soffice = shutil.which("soffice")
    python = driven.python_with_uno(soffice) if soffice else None
    if soffice is None or python is None:
        raise SystemExit("LibreOffice with its Python bridge (python3-uno) is not installed")
    binary = Path(soffice).resolve().with_name("soffice.bin")
    calc = driven.Calc(python, str(binary), folder / "profile", folder / "worker.log")
    calc.install(str(build(folder)))
    return calc


def first_answer(calc: Any) -> float:
    """From an empty workbook that is open to the first forecast in a cell [s]."""
    opened = calc.open()
    calc.put(0, "A1", [[100.0 + 10 * (month % 12)] for month in range(36)])
    taken = calc.timed_formula(0, "C1", f"={FUNCTION}.FORECAST(A1:A36;6)")
    calc.close()
    return float(opened + taken)


def a_call(calc: Any) -> tuple[float, float]:
    """One cell of a recalculation, with new inputs and with inputs that are known [ms]."""
    calc.open()
    calc.put(0, "A1", [[1000 + row] for row in range(CELLS)])
    calc.formula(0, "B1", f"={FUNCTION}.EOQ(A1+$D$1;50;3)")
    calc.fill(0, f"B1:B{CELLS}")
    new, known = [], []
    for time in range(1, TIMES + 1):
        new.append(calc.timed_formula(0, "D1", f"={CELLS * 10 * time}"))
        known.append(calc.calculate())
    calc.close()
    return statistics.median(new) / CELLS * 1000, statistics.median(known) / CELLS * 1000


def command(calc: Any, book: Path) -> list[tuple[str, str]]:
    """A command on a workbook, beyond what the planning itself takes."""
    opened = calc.open(str(book))
    overheads = []
    for _ in range(3):
        says, taken = calc.command("demand_planning")
        planned = re.search(r"([\d.]+) s$", says)
        if planned is None:
            raise SystemExit(says)
        overheads.append(taken - float(planned[1]))
    undone = calc.timed_undo()
    calc.close()
    return [
        (f"{book.name} opened", f"{opened:.1f} s"),
        ("a command on it, beyond the planning", f"{statistics.median(overheads):.2f} s"),
        ("undone", f"{undone:.2f} s"),
    ]


def main() -> None:
    """Measure and print."""
    print(described())
    with tempfile.TemporaryDirectory() as name:
        calc = office(Path(name))
        try:
            rows = [
                ("LibreOffice", calc.version()),
                ("first forecast in a new workbook", f"{first_answer(calc):.2f} s"),
            ]
            new, known = a_call(calc)
            rows += [("a call with new input", f"{new:.2f} ms"), ("a call with known input", f"{known:.3f} ms")]
            for book in sys.argv[1:]:
                rows += command(calc, Path(shutil.copy(book, name)))
        finally:
            calc.end()
    for what, value in rows:
        print(f"| {what} | {value} |")


if __name__ == "__main__":
    main()
