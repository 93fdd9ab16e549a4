"""Jobs side by side: the solver lets go of Python while it works, so threads are enough."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Given = TypeVar("Given")
Found = TypeVar("Found")


def in_threads(work: Callable[[Given], Found], jobs: Iterable[Given], workers: int) -> list[Found]:
    """Do the work for every job, so many at a time; results in the order of the jobs.

    >>> in_threads(abs, [-1, 2, -3], workers=2)
    [1, 2, 3]
    """
    if workers < 2:
        return [work(job) for job in jobs]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(work, jobs))


def threads(workers: int | None) -> int:
    """Find how many to use: as many as asked for, by default the processors there are, up to 4.

    >>> threads(3), threads(0)
    (3, 1)
    """
    return min(4, os.cpu_count() or 1) if workers is None else max(1, workers)
