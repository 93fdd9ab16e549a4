"""Commands as jobs: handed in, asked after, cancelled; each runs alone in a worker that gives way to cells."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from udfs.hosts.officejs.desk import BusyError
from udfs.hosts.officejs.settings import Limits
from udfs.hosts.officejs.workers import Worker, WorkerEnded


class State(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass
class Job:
    """A command with its tables, and what became of it."""

    command: str
    body: bytes
    name: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    state: State = State.WAITING
    doing: str = ""
    share: float = 0.0
    answer: bytes = b""
    ended: float = 0.0
    asked: float = field(default_factory=time.monotonic)

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in (State.DONE, State.FAILED, State.CANCELLED)


class Jobs:
    """Runs commands one after the other.

    Parameters
    ----------
    limits
        How long a command may run, how many may wait, how long a finished one is kept.
    worker
        Makes the worker.

    """

    def __init__(self, limits: Limits, worker: Callable[..., Worker] = Worker) -> None:
        self._limits = limits
        self._jobs: dict[str, Job] = {}
        self._queue: deque[Job] = deque()
        self._ready = threading.Condition()
        self._closed = False
        self._worker = worker("command", gives_way=True)
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        """Start the worker."""
        self._worker.start()
        self._thread.start()

    def close(self) -> None:
        """End the worker; a command that runs is cancelled."""
        with self._ready:
            self._closed = True
            self._ready.notify_all()
        self._worker.close()

    def hand_in(self, command: str, body: bytes) -> Job:
        """Hand in a command.

        Raises
        ------
        BusyError
            If too many are kept already.

        """
        with self._ready:
            self._forget_old()
            if sum(not job.is_over for job in self._jobs.values()) >= self._limits.waiting_jobs or self._closed:
                raise BusyError
            job = Job(command, body)
            self._jobs[job.name] = job
            self._queue.append(job)
            self._ready.notify_all()
            return job

    def find(self, name: str) -> Job | None:
        """A job by its name, which only who handed it in knows."""
        with self._ready:
            self._forget_old()
            job = self._jobs.get(name)
            if job is not None:
                job.asked = time.monotonic()
            return job

    def drop(self, job: Job) -> None:
        """Cancel a job, or forget it when it is over: who handed it in does not want it any more."""
        with self._ready:
            if job.is_over:
                self._jobs.pop(job.name, None)
            else:
                self._over(job, State.CANCELLED, b"")

    def _work(self) -> None:
        while (job := self._next()) is not None:
            self._run(job)

    def _next(self) -> Job | None:
        with self._ready:
            while not self._closed:
                while self._queue:
                    job = self._queue.popleft()
                    if self._is_wanted(job):
                        job.state = State.RUNNING
                        return job
                    if not job.is_over:
                        self._over(job, State.CANCELLED, b"")
                self._ready.wait()
            return None

    def _is_wanted(self, job: Job) -> bool:
        return not job.is_over and time.monotonic() - job.asked < self._limits.unasked_seconds

    def _run(self, job: Job) -> None:
        def report(what: tuple[str, float]) -> None:
            job.doing, job.share = str(what[0]), min(max(float(what[1]), 0.0), 1.0)

        try:
            well, answer = self._worker.ask(
                "command", (job.command, job.body), report=report, wanted=lambda: self._is_wanted(job),
                silence=self._limits.command_seconds, longest=self._limits.command_seconds,
            )  # fmt: skip
            state = State.DONE if well else State.FAILED
        except WorkerEnded as ended:
            state, answer = State.FAILED, says(f"the command {ended.why}; nothing was written")
        except RuntimeError:
            state, answer = State.FAILED, says("the command failed; nothing was written")
        with self._ready:
            if not job.is_over:
                self._over(job, state, answer)
        if not self._closed:
            self._worker.start()  # one that was ended is warm again before the next command

    def _over(self, job: Job, state: State, answer: bytes) -> None:
        job.state, job.answer, job.body, job.ended = state, answer, b"", time.monotonic()

    def _forget_old(self) -> None:
        """Forget jobs that ended long ago, and the oldest of very many."""
        oldest = time.monotonic() - self._limits.kept_seconds
        over = [job for job in self._jobs.values() if job.is_over]
        too_many = len(over) - self._limits.waiting_jobs
        for number, job in enumerate(sorted(over, key=lambda job: job.ended)):
            if job.ended < oldest or number < too_many:
                del self._jobs[job.name]


def says(text: str) -> bytes:
    """A sentence as the answer of a job."""
    return json.dumps({"says": text}).encode()
