"""What one process measures of one programme: times, memory, objective."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

Made = TypeVar("Made")


@dataclass(frozen=True)
class Found:
    """An answer: the objective [currency], how large the programme was, and what the solver said.

    `solver`: wall time inside the solver [s], NaN where the layer does not tell. `broken`: the largest violation of a
    row or bound, relative to it.
    """

    objective: float
    columns: int
    rows: int
    solver: float = np.nan
    status: str = "Optimal"
    broken: float = 0.0


@dataclass(frozen=True)
class Spent:
    """Time spent [s]: on the clock, and on all cores by this process and those it has waited for."""

    wall: float
    cpu: float


def timed(call: Callable[[], Made]) -> tuple[Made, Spent]:
    """What a call gives and what it took."""
    began, start = time.perf_counter(), _cpu()
    made = call()
    return made, Spent(time.perf_counter() - began, _cpu() - start)


def violation(low: Array, values: Array, high: Array) -> float:
    """The largest miss of limits, relative to the limit where that is above 1.

    >>> violation(np.array([0.0, -np.inf]), np.array([-0.5, 300.0]), np.array([1.0, 200.0]))
    0.5
    """
    worst = 0.0
    for limit, sign in ((low, 1.0), (high, -1.0)):
        known = np.isfinite(limit)
        miss = sign * (limit[known] - values[known]) / np.maximum(1.0, np.abs(limit[known]))
        worst = max(worst, float(miss.max(initial=0.0)))
    return worst


def _cpu() -> float:
    children = os.times()
    return time.process_time() + children.children_user + children.children_system


def peak_megabytes() -> float:
    """Most memory this process has held so far [MB], its interpreter included; NaN where the system does not tell."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
        return float(line.split()[1]) / 1024
    if sys.platform == "win32":
        return float("nan")
    import resource  # noqa: PLC0415 - not on every system

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024**2 if sys.platform == "darwin" else 1024)
