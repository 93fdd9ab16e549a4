"""The desk where calls of cells are handed in: remembered, asked once whoever asks, worked off by several workers."""

from __future__ import annotations

import json
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from udfs.cells import NOT_ENOUGH
from udfs.hosts.officejs.settings import Limits
from udfs.hosts.officejs.workers import Worker, WorkerEnded

AT_ONCE = 16
"""Calls handed to a worker in one go."""
GRACE = 2.0
"""A call that nobody wants any more may finish for so long before its worker is ended [s]."""
REMEMBERED = 64_000_000
"""Answers that are kept, counted with the calls they answer [characters]."""

Call = tuple[str, str]
"""A function by its name, and its arguments as JSON."""


class BusyError(Exception):
    """More calls wait than the desk takes."""


@dataclass(eq=False)
class Pending:
    """A call that waits for its answer, for as long as somebody wants it."""

    call: Call
    waiting: int = 0
    answer: Future[str] = field(default_factory=Future)


class Memory:
    """Answers by their calls, up to a size; the ones asked for longest ago go first."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self._kept: OrderedDict[Call, str] = OrderedDict()
        self._most, self._size = most, 0

    def get(self, call: Call) -> str | None:
        """The answer of a call, if it is kept."""
        if call not in self._kept:
            return None
        self._kept.move_to_end(call)
        return self._kept[call]

    def put(self, call: Call, answer: str) -> None:
        """Keep an answer."""
        if call in self._kept:
            return
        self._kept[call] = answer
        self._size += _size(call, answer)
        while self._size > self._most:
            old, gone = self._kept.popitem(last=False)
            self._size -= _size(old, gone)


def _size(call: Call, answer: str) -> int:
    return len(call[0]) + len(call[1]) + len(answer)


class Desk:
    """Hands calls to workers and their answers back.

    Parameters
    ----------
    workers
        How many processes calculate.
    limits
        How long a call may take, and how many may wait.
    worker
        Makes a worker.

    """

    def __init__(self, workers: int, limits: Limits, worker: Callable[[str], Worker] = Worker) -> None:
        self._limits = limits
        self._memory = Memory()
        self._pending: dict[Call, Pending] = {}
        self._queue: deque[Pending] = deque()
        self._ready = threading.Condition()
        self._closed = False
        self._workers = [worker(f"cells-{number}") for number in range(1, workers + 1)]
        self._threads = [threading.Thread(target=self._work, args=(w,), daemon=True) for w in self._workers]

    def start(self) -> None:
        """Start the workers."""
        for worker in self._workers:
            worker.start()
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """End the workers; who still waits is told."""
        with self._ready:
            self._closed = True
            left = list(self._pending.values())
            self._ready.notify_all()
        for worker in self._workers:
            worker.close()
        for pending in left:
            self._settle(pending, _error("the server is closing"), keep=False)

    def ask(self, calls: Sequence[Call]) -> list[Pending]:
        """Hand in calls; each is calculated once, whoever else asks for it.

        Raises
        ------
        BusyError
            If too many wait already.

        """
        with self._ready:
            if len(self._queue) + len(calls) > self._limits.waiting_calls or self._closed:
                raise BusyError
            found = []
            for call in calls:
                pending = self._pending.get(call) or self._new(call)
                pending.waiting += 1
                found.append(pending)
            self._ready.notify_all()
        return found

    def leave(self, pendings: Sequence[Pending]) -> None:
        """Say that these are not waited for any more; what nobody waits for is not calculated."""
        with self._ready:
            for pending in pendings:
                pending.waiting -= 1

    def _new(self, call: Call) -> Pending:
        pending = Pending(call)
        kept = self._memory.get(call)
        if kept is not None:
            pending.answer.set_result(kept)
            return pending
        self._pending[call] = pending
        self._queue.append(pending)
        return pending

    def _work(self, worker: Worker) -> None:
        """Work off the queue with one worker, until the desk is closed."""
        while (batch := self._next()) is not None:
            answered = 0

            def take(answer: Any, batch: list[Pending] = batch) -> None:
                nonlocal answered
                self._settle(batch[answered], answer, keep=True)
                answered += 1

            def wanted(batch: list[Pending] = batch, began: float = time.monotonic()) -> bool:
                return any(pending.waiting > 0 for pending in batch) or time.monotonic() - began < GRACE

            payload = ([pending.call for pending in batch], self._limits.cells)
            try:
                worker.ask("calls", payload, report=take, silence=self._limits.call_seconds, wanted=wanted)
            except WorkerEnded as ended:
                if answered < len(batch):
                    says = f"the calculation {ended.why}" if ended.why != "cancelled" else "cancelled"
                    self._settle(batch[answered], _error(says), keep=False)
                self._again(batch[answered + 1 :])
                if not self._closed:
                    worker.start()
            except RuntimeError as error:
                for pending in batch[answered:]:
                    self._settle(pending, _error(f"the calculation failed ({error})"), keep=False)

    def _next(self) -> list[Pending] | None:
        """The next calls to calculate; waits for one. None once the desk is closed."""
        with self._ready:
            while True:
                if self._closed:
                    return None
                fair = max(1, min(AT_ONCE, -(-len(self._queue) // len(self._workers))))
                batch: list[Pending] = []
                while self._queue and len(batch) < fair:
                    pending = self._queue.popleft()
                    if pending.waiting > 0:
                        batch.append(pending)
                    else:
                        self._pending.pop(pending.call, None)
                        pending.answer.cancel()
                if batch:
                    return batch
                self._ready.wait()

    def _again(self, batch: Sequence[Pending]) -> None:
        """Put calls back in front of the queue."""
        with self._ready:
            self._queue.extendleft(reversed(batch))
            self._ready.notify_all()

    def _settle(self, pending: Pending, answer: str, *, keep: bool) -> None:
        with self._ready:
            self._pending.pop(pending.call, None)
            if keep:
                self._memory.put(pending.call, answer)
        if not pending.answer.done():
            pending.answer.set_result(answer)


def _error(says: str) -> str:
    return json.dumps({"error": NOT_ENOUGH, "says": says})
