"""Worker processes for real: started fresh, ended, killed and back."""

import json
import os
import signal
import time

import pytest

from udfs.hosts.officejs.workers import Worker, WorkerEnded

EOQ = ("EOQ", "[1200,50,3]")


@pytest.fixture
def worker():
    made = Worker("test")
    yield made
    made.close()


def answers(worker, *calls, **more):
    found = []
    worker.ask("calls", (list(calls), 100), report=found.append, **more)
    return [json.loads(answer) for answer in found]


def test_answers_come_one_by_one(worker):
    worker.start()
    assert answers(worker, EOQ, ("EOQ", "[1200,50,0]"))[0] == {"cells": [[200.0]]}


def test_an_answer_of_too_many_cells_is_refused(worker):
    [answer] = answers(worker, ("FORECAST", "[[[1,2,3,4,5,6,7,8,9,10,11,12]],600]"))
    assert answer["error"] == "#VALUE!"


def test_a_killed_worker_is_told_and_another_answers(worker):
    assert answers(worker, EOQ)
    os.kill(worker.process_id, signal.SIGTERM)
    time.sleep(0.2)
    assert answers(worker, EOQ) == [{"cells": [[200.0]]}]


def test_what_is_not_wanted_any_more_ends_the_worker(worker):
    with pytest.raises(WorkerEnded, match="cancelled"):
        worker.ask("command", ("run_all", b""), wanted=lambda: False)
    assert answers(worker, EOQ)


def test_what_takes_too_long_ends_the_worker(worker):
    with pytest.raises(WorkerEnded, match="took too long"):
        worker.ask("calls", ([EOQ], 100), silence=0.0)


def test_a_task_that_is_none_fails_and_the_worker_lives(worker):
    with pytest.raises(RuntimeError, match="KeyError"):
        worker.ask("system", "ls")
    before = worker.process_id
    assert answers(worker, EOQ)
    assert worker.process_id == before


def test_a_closed_worker_answers_nothing(worker):
    worker.close()
    with pytest.raises(WorkerEnded, match="closed"):
        worker.ask("calls", ([EOQ], 100))
