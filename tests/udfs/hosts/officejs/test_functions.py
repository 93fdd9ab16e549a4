"""Every function over HTTP: its example, its errors, and what is remembered."""

import math

import pytest
from officejs_parts import argument, expected

import udfs.functions  # noqa: F401 (declares them)
from udfs.registry import FUNCTIONS


def ask(client, *calls):
    body = {"calls": [{"function": name, "arguments": list(arguments)} for name, *arguments in calls]}
    answered = client.post("/api/calls", json=body)
    assert answered.status_code == 200, answered.text
    return answered.json()["answers"]


def same(shown, wanted, digits):
    if isinstance(wanted, float | int) and not isinstance(wanted, bool):
        return math.isclose(shown, wanted, rel_tol=10.0**-digits, abs_tol=10.0**-digits)
    return shown == wanted or (isinstance(wanted, dict) and shown["error"] == wanted["error"])


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_example(client, name):
    example = FUNCTIONS[name].example
    [answer] = ask(client, (name, *map(argument, example.arguments)))
    wanted = expected(example.result)
    assert "cells" in answer, answer
    assert [len(row) for row in answer["cells"]] == [len(row) for row in wanted]
    for shown, row in zip(answer["cells"], wanted, strict=True):
        assert all(same(a, b, example.digits) for a, b in zip(shown, row, strict=True)), (shown, row)


def test_errors_are_cells_with_a_sentence(client):
    good, bad, unknown, missing = ask(client, ("EOQ", 1200, 50, 3), ("EOQ", 1200, 50, 0), ("NOPE",), ("EOQ",))
    assert good == {"cells": [[200.0]]}
    assert bad == {"error": "#VALUE!", "says": "holding cost must be above 0, got 0"}
    assert unknown["error"] == "#NAME?"
    assert "missing" in missing["says"]


def test_functions_are_spelled_as_here(client):
    [answer] = ask(client, ("EOQ", 1, 2, 3, 4, 5, 6, 7))
    assert "SOP.EOQ takes" in answer["says"]


def test_an_error_in_a_range_comes_out_again(client):
    [answer] = ask(client, ("EOQ", {"error": "#DIV/0!"}, 50, 3))
    assert answer["error"] == "#DIV/0!"


def test_any_spelling_of_a_name_is_known(client):
    answers = ask(client, *((name, 1200, 50, 3) for name in ("EOQ", "SOP.EOQ", "SOP_EOQ", "sop.eoq")))
    assert all(answer == {"cells": [[200.0]]} for answer in answers)


def test_the_answers_keep_the_order_of_the_calls(client):
    answers = ask(client, *(("EOQ", n, 50, 3) for n in range(1, 400)))
    shown = [answer["cells"][0][0] for answer in answers]
    assert shown == sorted(shown)
    assert len(shown) == 399


@pytest.mark.parametrize("name", ["os.system", "../../etc/passwd", "__import__", "udfs.commands", "call"])
def test_a_name_is_looked_up_and_nothing_else(client, name):
    [answer] = ask(client, (name,))
    assert answer["error"] == "#NAME?"
