"""Processes that calculate, so that one long solve stops no cell and can be ended.

A worker is a process of its own, started fresh (`spawn`, as on Windows), that answers one task at a time. It may report
while it works; when it is silent for too long, or nobody wants the answer any more, it is ended and another takes its
place.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import multiprocessing
import os
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

log = logging.getLogger(__name__)

REPORT, DONE, FAILED = "report", "done", "failed"
_LOOK = 0.2
"""How often a waiting thread looks whether its task is still wanted [s]."""
TASKS = ("calls", "command", "warm")
"""The tasks a worker knows, functions of `tasks`; no name from outside is ever looked up there."""


class WorkerEnded(Exception):
    """The worker was ended before it answered: it took too long, was not wanted any more, or died."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Worker:
    """A process that answers one task at a time.

    Parameters
    ----------
    name
        Its name in the log.
    gives_way
        Whether it runs at a lower priority, so that cells come first.

    """

    def __init__(self, name: str, *, gives_way: bool = False) -> None:
        self._name, self._gives_way = name, gives_way
        self._lock = threading.Lock()
        self._process: Any = None
        self._pipe: Connection | None = None
        self._closed = False

    @property
    def process_id(self) -> int | None:
        """The number of its process, if it has one."""
        process = self._process
        return None if process is None else process.pid

    def start(self) -> None:
        """Start the process, if there is none, and have it import what it will need."""
        if self._process is None:
            self._running().send(("warm", self._gives_way))

    def ask(
        self,
        task: str,
        payload: Any,
        *,
        report: Callable[[Any], None] = lambda _: None,
        wanted: Callable[[], bool] = lambda: True,
        silence: float = 30.0,
        longest: float = float("inf"),
    ) -> Any:
        """The answer of a task; `report` is called with everything it says before.

        Parameters
        ----------
        task
            One of the tasks of `tasks`.
        payload
            What it works on.
        report
            Called with each report.
        wanted
            Asked now and then whether the answer is still wanted.
        silence, longest
            The longest time without a report, and altogether [s].

        Raises
        ------
        WorkerEnded
            If the worker was ended before it answered.

        """
        pipe = self._running()
        began = last = time.monotonic()
        try:
            pipe.send((task, payload))
            while True:
                if pipe.poll(_LOOK):
                    kind, what = pipe.recv()
                    last = time.monotonic()
                    if kind == "warmed":
                        began = last
                    elif kind == REPORT:
                        report(what)
                    elif kind == FAILED:
                        raise RuntimeError(what)
                    else:
                        return what
                now = time.monotonic()
                if not wanted():
                    raise WorkerEnded("cancelled")
                if now - last > silence or now - began > longest:
                    raise WorkerEnded("took too long")
        except WorkerEnded:
            self.end()
            raise
        except (EOFError, OSError) as error:
            self.end()
            raise WorkerEnded("stopped unexpectedly") from error

    def end(self) -> None:
        """End the process; the next task starts another."""
        with self._lock:
            process, pipe = self._process, self._pipe
            self._process = self._pipe = None
        if pipe is not None:
            pipe.close()
        if process is not None and process.is_alive():
            process.kill()
        if process is not None:
            process.join(5)

    def close(self) -> None:
        """End the process for good."""
        self._closed = True
        self.end()

    def _running(self) -> Connection:
        with self._lock:
            if self._closed:
                raise WorkerEnded("closed")
            if self._pipe is not None and self._process.is_alive():
                return self._pipe
            context = multiprocessing.get_context("spawn")
            ours, theirs = context.Pipe()
            self._process = context.Process(target=serve, args=(theirs, self._gives_way), name=self._name, daemon=True)
            self._process.start()
            theirs.close()
            self._pipe = ours
            return ours


def serve(pipe: Connection, gives_way: bool) -> None:
    """Answer tasks until the pipe is closed: the life of a worker process."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the server, which ends its workers
    for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(threads, "1")
    if gives_way and hasattr(os, "nice"):
        with contextlib.suppress(OSError):
            os.nice(10)
    tasks = importlib.import_module("udfs.hosts.officejs.tasks")
    run = {name: getattr(tasks, name) for name in TASKS}
    while True:
        try:
            task, payload = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            made = run[task](payload, lambda what: pipe.send((REPORT, what)))
            pipe.send(("warmed", None) if task == "warm" else (DONE, made))
        except (BrokenPipeError, ConnectionError):
            return
        except Exception as error:
            log.exception("a task failed")
            pipe.send((FAILED, f"{type(error).__name__}"))
