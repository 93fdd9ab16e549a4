"""The compiled kernels, loaded from the library beside this file if it was built: `kernels.c` through ctypes.

A call leaves Python's lock, so that parts of a panel are fitted on all cores at once; the result does not depend on
how many there are.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from sop_xl.demand.forecasting.kernels.fits import CesFit, EtsFit, ThetaFit
from sop_xl.demand.forecasting.kernels.search import DIMS, Search
from sop_xl.demand.forecasting.smoothing import Block, Floats, Ints

LIBRARY = "kernels.bin"
"""Name of the built library, on every system."""

SHARE = 64
"""Series fitted in one call where there are more cores than one."""


@cache
def library() -> ctypes.CDLL | None:
    """The library, or None where it was not built or does not load."""
    try:
        return ctypes.CDLL(str(Path(__file__).with_name(LIBRARY)))
    except OSError:
        return None


class _Search(ctypes.Structure):
    _fields_ = (
        ("batches", ctypes.c_int64),
        ("rounds", ctypes.c_int64),
        *((name, ctypes.c_void_p) for name in ("grid", "direction", "lower", "upper", "step")),
    )


class _Rows:
    """Where the parts of each series stand: the address of the first and the bytes from one to the next."""

    def __init__(self, *arrays: Any) -> None:
        self.places = [(array.ctypes.data, array.strides[0]) for array in arrays]

    def at(self, first: int) -> list[ctypes.c_void_p]:
        """Pointers to the parts of a series."""
        return [ctypes.c_void_p(address + first * step) for address, step in self.places]


def _described(how: Search) -> _Search:
    parts = (how.grid, how.direction, how.lower, how.upper, how.step)
    return _Search(len(how.grid), how.rounds, *(part.ctypes.data for part in parts))


def _shared(call: Callable[[int, int], int], series: int) -> None:
    """Call for every share of the series, on all cores."""
    cores = min(os.cpu_count() or 1, -(-series // SHARE)) if series > SHARE else 1
    if cores < 2:
        failed = call(0, series)
    else:
        starts = range(0, series, SHARE)
        with ThreadPoolExecutor(cores) as pool:
            failed = max(pool.map(lambda start: call(start, min(SHARE, series - start)), starts))
    if failed:
        raise MemoryError("no memory for the states of a forecast")


def _rows(block: Block) -> tuple[Floats, Ints]:
    """Values with one series a row, and the lengths."""
    return np.ascontiguousarray(block.y.T), np.ascontiguousarray(block.lengths, dtype=np.int64)


def _loaded() -> ctypes.CDLL:
    found = library()
    if found is None:
        raise RuntimeError("the compiled kernels were not built")
    return found


def fit_ets(
    block: Block, season: int, form: int, level: Floats, trend: Floats, seasonal: Floats, how: Search
) -> EtsFit:
    """Fit one form to every series of a block; see `kernels.fit_ets`."""
    y, lengths = _rows(block)
    series, width = y.shape
    starts = [np.ascontiguousarray(a, dtype=float) for a in (level, trend, seasonal.T)]
    x, states = np.empty((series, DIMS)), np.empty((series, season))
    ends = np.empty((4, series))
    search, fit, whole = _described(how), _loaded().sop_ets, ctypes.c_int64
    given, out = _Rows(y, lengths), _Rows(x, ends[0], ends[1], states, ends[2], ends[3])
    begin = _Rows(*starts)

    def call(first: int, count: int) -> int:
        sizes = whole(count), whole(width), whole(season), whole(form)
        return int(fit(*given.at(first), *sizes, *begin.at(first), ctypes.byref(search), *out.at(first)))

    _shared(call, series)
    return EtsFit(x.T, ends[0], ends[1], states.T, ends[2], ends[3])


def fit_ces(block: Block, season: int, kind: int, start: Floats, how: Search) -> CesFit:
    """Fit one kind of complex exponential smoothing to every series of a block; see `kernels.fit_ces`."""
    y, lengths = _rows(block)
    series, width = y.shape
    first_states = np.ascontiguousarray(start.transpose(2, 0, 1))
    x, states, sse = np.empty((series, DIMS)), np.empty((series, 4, season)), np.empty(series)
    search, fit, whole = _described(how), _loaded().sop_ces, ctypes.c_int64
    given, begin, out = _Rows(y, lengths), _Rows(first_states), _Rows(x, states, sse)

    def call(first: int, count: int) -> int:
        sizes = whole(count), whole(width), whole(season), whole(kind)
        return int(fit(*given.at(first), *sizes, *begin.at(first), ctypes.byref(search), *out.at(first)))

    _shared(call, series)
    return CesFit(x.T, states.transpose(1, 2, 0), sse)


def fit_theta(block: Block, intercept: Floats, slope: Floats, reach: Floats, how: Search) -> ThetaFit:
    """Fit dynamic optimised Theta to every series of a block; see `kernels.fit_theta`."""
    y, lengths = _rows(block)
    series, width = y.shape
    lines = [np.ascontiguousarray(a.T) for a in (intercept, slope)]
    reach = np.ascontiguousarray(reach)
    x, ends = np.empty((series, DIMS)), np.empty((3, series))
    search, fit, whole = _described(how), _loaded().sop_theta, ctypes.c_int64
    given, begin, out = _Rows(y, *lines, lengths), _Rows(reach), _Rows(x, *ends)

    def call(first: int, count: int) -> int:
        sizes = whole(count), whole(width)
        return int(fit(*given.at(first), *sizes, *begin.at(first), ctypes.byref(search), *out.at(first)))

    _shared(call, series)
    return ThetaFit(x.T, *ends)
