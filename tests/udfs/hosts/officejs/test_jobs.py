"""Commands over HTTP: done in a process of their own, told of, cancelled, and never more than the server takes."""

import json
import threading
import time

import pytest
from officejs_parts import calling, sent_tables

from sop_xl.workbook.sent import SentBook
from udfs.hosts.officejs.app import create_app
from udfs.hosts.officejs.desk import BusyError
from udfs.hosts.officejs.jobs import Jobs, State
from udfs.hosts.officejs.settings import Limits, Settings
from udfs.hosts.officejs.workers import WorkerEnded
from udfs.registry import COMMANDS

OVER = ("done", "failed", "cancelled")


def finished(client, job, seconds=120):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        told = client.get(f"/api/jobs/{job}").json()
        if told["state"] in OVER:
            return told
        assert 0 <= told["share"] <= 1
        time.sleep(0.05)
    raise AssertionError(told)


def run(client, name, tables, book="plan.xlsx"):
    answered = client.post(f"/api/commands/{name}", json={"book": book, "tables": tables})
    assert answered.status_code == 202, answered.text
    return finished(client, answered.json()["job"])


def test_a_step_runs_and_sends_back_what_changed(client, small):
    tables = sent_tables(small)
    told = run(client, "demand_planning", tables)
    assert told["state"] == "done", told
    assert told["says"].startswith("Demand Planning: ")
    assert "tbl_consensus" in told["tables"]
    book = SentBook("plan.xlsx", tables)
    COMMANDS["demand_planning"].run(book, lambda _doing, _share: None)
    assert set(told["tables"]) == set(book.changed)
    for name, laid in told["tables"].items():
        assert laid["header"] == book.changed[name]["header"]
        assert len(laid["rows"]) == len(book.changed[name]["rows"])


def test_what_cannot_be_done_is_a_sentence_and_nothing_is_written(client, small):
    tables = sent_tables(small)
    tables["tbl_items"]["rows"][0][0] = None
    told = run(client, "supply_planning", tables)
    assert told["state"] == "failed"
    assert told["says"]
    assert "Traceback" not in told["says"]
    assert "tables" not in told


def test_a_workbook_without_tables_is_refused_in_words(client):
    told = run(client, "status", {})
    assert told["state"] == "failed"


@pytest.mark.parametrize("name", [name for name, spec in COMMANDS.items() if spec.local])
def test_what_must_know_the_person_or_the_disk_is_refused(client, small, name):
    told = run(client, name, sent_tables(small), book="../../../tmp/evil.xlsx")
    assert told["state"] == "failed"


def test_a_command_without_a_workbook(client):
    assert run(client, "about", {})["says"].startswith("sop_xl ")


def test_a_job_is_forgotten_when_it_is_dropped(client):
    job = client.post("/api/commands/about", json={"book": "", "tables": {}}).json()["job"]
    finished(client, job)
    assert client.delete(f"/api/jobs/{job}").status_code == 200
    assert client.get(f"/api/jobs/{job}").status_code == 404


def test_a_running_command_is_cancelled_and_the_next_one_runs(client, small):
    job = client.post("/api/commands/run_all", json={"book": "x", "tables": sent_tables(small)}).json()["job"]
    while client.get(f"/api/jobs/{job}").json()["state"] == "waiting":
        time.sleep(0.02)
    assert client.delete(f"/api/jobs/{job}").json()["state"] == "cancelled"
    assert client.get(f"/api/jobs/{job}").json()["state"] == "cancelled"
    assert run(client, "about", {})["state"] == "done"


def test_cells_are_answered_while_a_command_runs(client, small):
    job = client.post("/api/commands/run_all", json={"book": "x", "tables": sent_tables(small)}).json()["job"]
    while client.get(f"/api/jobs/{job}").json()["state"] == "waiting":
        time.sleep(0.02)
    call = {"calls": [{"function": "EOQ", "arguments": [4321, 50, 3]}]}
    assert "cells" in client.post("/api/calls", json=call).json()["answers"][0]
    assert client.get(f"/api/jobs/{job}").json()["state"] == "running"
    client.delete(f"/api/jobs/{job}")


@pytest.mark.parametrize(
    "body",
    [
        {"book": "x"},
        {"book": "x", "tables": {"etc": {"sheet": "a", "header": [], "rows": []}}},
        {"book": "x", "tables": {"tbl_items": {"sheet": "a", "header": ["Item"], "rows": [["a", "b"]]}}},
        {"book": "x", "tables": {"tbl_items": {"sheet": "a", "header": ["Item"], "rows": [[{"x": 1}]]}}},
        {"book": "x" * 300, "tables": {}},
        {"book": "x", "tables": {}, "more": 1},
    ],
    ids=range(6),
)
def test_tables_that_cannot_be_read_are_refused(client, body):
    answered = client.post("/api/commands/status", json=body)
    assert answered.status_code == 422
    assert answered.json()["says"]


@pytest.mark.parametrize("name", ["nope", "os", "__init__", "about.x", "ABOUT", "%2e%2e", "x" * 65])
def test_only_commands_are_run(client, name):
    assert client.post(f"/api/commands/{name}", json={"book": "", "tables": {}}).status_code in (404, 422)


def test_jobs_of_others_cannot_be_guessed(client):
    assert client.get(f"/api/jobs/{'A' * 32}").status_code == 404
    assert client.get("/api/jobs/1").status_code == 422


def test_too_many_commands_are_refused():
    with calling(create_app(Settings(limits=Limits(waiting_jobs=0)))) as small:
        assert small.post("/api/commands/about", json={"book": "", "tables": {}}).status_code == 503


class SlowWorker:
    """A stand-in that works until it is let go or not wanted."""

    def __init__(self, *_, **__):
        self.gate, self.seen = threading.Event(), []

    def start(self):
        pass

    def close(self):
        self.gate.set()

    def ask(self, task, payload, *, report, wanted, silence, longest):
        self.seen.append(payload[0])
        report(("solving", 2.0))
        while not self.gate.wait(0.01):
            if not wanted():
                raise WorkerEnded("cancelled")
        return True, b'{"says": "done"}'


@pytest.fixture
def jobs():
    made = []

    def worker(*_, **__):
        made.append(SlowWorker())
        return made[0]

    found = Jobs(Limits(waiting_jobs=3, kept_seconds=0.2, unasked_seconds=0.3), worker)
    found.start()
    yield found, made[0]
    found.close()


def until(true, seconds=5):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_job_nobody_asks_after_ends(jobs):
    desk, worker = jobs
    job = desk.hand_in("a", b"")
    until(lambda: job.is_over)
    assert job.state is State.FAILED
    waits = desk.hand_in("b", b"")
    until(lambda: worker.seen == ["a", "b"])
    worker.gate.set()
    until(lambda: waits.state is State.DONE)
    assert waits.share == 1.0, "a share beyond 1 is 1"
    assert waits.doing == "solving"


def test_a_job_that_waits_can_be_cancelled(jobs):
    desk, worker = jobs
    first, second = desk.hand_in("a", b""), desk.hand_in("b", b"")
    desk.drop(second)
    worker.gate.set()
    until(lambda: first.state is State.DONE)
    third = desk.hand_in("c", b"")
    until(lambda: third.is_over)
    assert worker.seen == ["a", "c"]


def test_old_jobs_are_forgotten_and_many_refused(jobs):
    desk, worker = jobs
    found = [desk.hand_in("a", b"") for _ in range(3)]
    with pytest.raises(BusyError):
        desk.hand_in("a", b"")
    worker.gate.set()
    until(lambda: all(job.is_over for job in found))
    assert json.loads(found[0].answer)["says"] == "done"
    time.sleep(0.25)
    assert desk.find(found[0].name) is None
