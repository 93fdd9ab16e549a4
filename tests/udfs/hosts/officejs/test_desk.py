"""The desk: a call is calculated once whoever asks, is dropped when nobody wants it, and cannot take for ever."""

import json
import threading
import time

import pytest

from udfs.hosts.officejs.desk import BusyError, Desk, Memory
from udfs.hosts.officejs.settings import Limits
from udfs.hosts.officejs.workers import WorkerEnded


class SlowWorker:
    """A stand-in that answers a call with its own name, once it is let."""

    def __init__(self, name, **_):
        self.seen, self.gate, self.started = [], threading.Event(), 0
        self.gate.set()

    def start(self):
        self.started += 1

    def close(self):
        self.gate.set()

    def ask(self, task, payload, *, report, wanted, silence):
        calls, _most = payload
        for name, _arguments in calls:
            self.seen.append(name)
            while not self.gate.wait(0.02):
                if not wanted():
                    raise WorkerEnded("cancelled")
            if name == "HANGS":
                raise WorkerEnded("took too long")
            report(json.dumps({"cells": [[name]]}))


@pytest.fixture
def made():
    """A desk with one worker."""
    workers = []

    def worker(name):
        workers.append(SlowWorker(name))
        return workers[-1]

    desk = Desk(1, Limits(waiting_calls=20), worker)
    desk.start()
    yield desk, workers[0]
    desk.close()


def shown(pendings):
    return [json.loads(pending.answer.result(5)) for pending in pendings]


def test_every_distinct_call_is_calculated_once(made):
    desk, worker = made
    worker.gate.clear()
    first, second = desk.ask([("A", "[]"), ("B", "[]")]), desk.ask([("B", "[]"), ("A", "[]")])
    worker.gate.set()
    assert shown(first) == shown(second)[::-1] == [{"cells": [["A"]]}, {"cells": [["B"]]}]
    assert shown(desk.ask([("A", "[]")])) == [{"cells": [["A"]]}]
    assert sorted(worker.seen) == ["A", "B"]


def test_what_nobody_waits_for_is_not_calculated(made):
    desk, worker = made
    worker.gate.clear()
    held = desk.ask([("A", "[]")])
    time.sleep(0.1)
    left, kept = desk.ask([("B", "[]")]), desk.ask([("C", "[]")])
    desk.leave(left)
    worker.gate.set()
    shown([*held, *kept])
    assert "B" not in worker.seen


def test_one_of_two_who_asked_may_leave(made):
    desk, worker = made
    worker.gate.clear()
    first, second = desk.ask([("A", "[]")]), desk.ask([("A", "[]")])
    desk.leave(first)
    worker.gate.set()
    assert shown(second) == [{"cells": [["A"]]}]


def test_a_call_that_takes_too_long_is_an_error_and_the_others_go_on(made):
    desk, worker = made
    worker.gate.clear()
    held = desk.ask([("A", "[]")])
    calls = desk.ask([("B", "[]"), ("HANGS", "[]"), ("C", "[]")])
    worker.gate.set()
    answers = shown([*held, *calls])
    assert [answer.get("error") for answer in answers] == [None, None, "#N/A", None]
    assert "took too long" in answers[2]["says"]
    assert worker.started > 1, "another worker is made warm"
    assert shown(desk.ask([("HANGS", "[]")]))[0]["error"] == "#N/A"
    assert worker.seen.count("HANGS") == 2, "such an error is not remembered"


def test_too_many_calls_are_refused(made):
    desk, worker = made
    worker.gate.clear()
    with pytest.raises(BusyError):
        desk.ask([(f"F{n}", "[]") for n in range(21)])


def test_who_waits_when_the_server_closes_is_told(made):
    desk, worker = made
    worker.gate.clear()
    pendings = desk.ask([("A", "[]"), ("B", "[]")])
    desk.close()
    assert all("closing" in answer["says"] or "cells" in answer for answer in shown(pendings))
    with pytest.raises(BusyError):
        desk.ask([("C", "[]")])


def test_answers_asked_for_longest_ago_go_first():
    memory = Memory(most=30)
    for name in "abc":
        memory.put((name, "[]"), "0123456")
    assert memory.get(("a", "[]")) is not None
    memory.put(("d", "[]"), "0123456")
    assert memory.get(("b", "[]")) is None
    assert memory.get(("a", "[]")) is not None
