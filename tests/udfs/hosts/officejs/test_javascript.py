"""The bridge in Node against the real server, with a strict stand-in for Excel; its types against Office.js's own."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from officejs_parts import argument, expected, needed, opened, sent

import udfs.functions  # noqa: F401 (declares them)
from sop_xl.workbook.sent import SentBook
from udfs.registry import COMMANDS, FUNCTIONS

JS = Path(__file__).with_name("js")
ROOT = Path(__file__).parents[4]
DATED = {"tbl_steps", "tbl_journal", "tbl_audit_log"}
"""Tables that hold the time of a run."""


def wanted(tables):
    """What Demand Planning lays out; a calculated cell may show anything."""
    book = SentBook("plan.xlsx", tables)
    COMMANDS["demand_planning"].run(book, lambda _doing, _share: None)
    found = {}
    for name, laid in book.changed.items():
        if name in DATED:
            continue
        free = [column["formula"] is not None or column["role"] == "planner" for column in laid["columns"]]
        rows = [["any" if any_ else cell for cell, any_ in zip(row, free, strict=True)] for row in laid["rows"]]
        found[name] = [laid["header"], *(rows or [[None] * len(free)])]
    assert len(found) > 3
    return found


OWN = {
    "sheets": {"Own": [
        [3, 1, "Item", "String", "General", None], [3, 2, "Quantity", "String", "General", None],
        [3, 3, "Note", "String", "General", None],
        [4, 1, "A", "String", "General", None], [4, 2, 4, "Double", "0", "=2*RC[1]"], [4, 3, "", "String", "General", '=RC[-1]&"!"'],
        [5, 1, "B", "String", "General", None], [5, 2, 5, "Double", "0", None], [5, 3, "of B", "String", "General", None],
    ]},
    "tables": [{"name": "tbl_own", "sheet": "Own", "top": 3, "left": 1, "rows": 2, "columns": 3}],
}  # fmt: skip
LAID = {
    "header": ["Item", "Quantity", "Note"],
    "columns": [
        {"role": "key", "text": True, "formula": None, "origin": 0, "like": 0},
        {"role": "input", "text": False, "formula": None, "origin": 1, "like": 1},
        {"role": "planner", "text": False, "formula": None, "origin": 2, "like": 2},
    ],
    "rows": [["B", 5, None], ["C", 7, None], ["A", 4, None]],
    "moved": [1, None, 0],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory, _workbook):
    """What the test in Node reads."""
    folder = tmp_path_factory.mktemp("node")
    book = opened(_workbook)
    examples = [
        {
            "name": name,
            "arguments": [argument(value) for value in spec.example.arguments],
            "cells": expected(spec.example.result),
            "digits": spec.example.digits,
        }
        for name, spec in FUNCTIONS.items()
    ]
    files = {"examples": examples, "book": book, "wanted": wanted(sent(book)), "own": OWN, "laid": LAID}
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def test_the_bridge_does_what_it_should_in_a_strict_host(program, folder):
    node = needed("node", "nodejs")
    more = {"BASE": program.base, "FOLDER": str(folder), "NODE_EXTRA_CA_CERTS": str(program.certificate)}
    done = subprocess.run(
        [node, "--test", "--test-reporter=tap", str(JS / "bridge.test.mjs")],
        check=False, capture_output=True, text=True, timeout=300, env=os.environ | more,
    )  # fmt: skip
    assert done.returncode == 0, (
        "\n".join(line for line in done.stdout.splitlines() if not line.startswith("ok"))[-6000:] + done.stderr[-2000:]
    )
    assert f"# pass {done.stdout.count(chr(10) + 'ok ')}" in done.stdout
    assert "# skipped 0" in done.stdout


def test_the_scripts_keep_their_types(npm_packages):
    tsc = npm_packages / ".bin" / ("tsc.cmd" if os.name == "nt" else "tsc")
    done = subprocess.run([str(tsc), "-p", str(JS)], check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout


def test_a_mistake_in_a_type_is_seen(npm_packages, tmp_path):
    """The check does see what it is there for."""
    script = ROOT / "udfs" / "hosts" / "officejs" / "static" / "bridge.js"
    (tmp_path / "bridge.js").write_text(script.read_text(encoding="utf-8").replace("getActiveCell()", "getActivCell()"))
    config = json.loads((JS / "tsconfig.json").read_text(encoding="utf-8"))
    config["compilerOptions"]["typeRoots"] = [str(npm_packages / "@types")]
    config["files"] = [str(JS / "globals.d.ts"), str(tmp_path / "bridge.js")]
    (tmp_path / "tsconfig.json").write_text(json.dumps(config))
    tsc = npm_packages / ".bin" / ("tsc.cmd" if os.name == "nt" else "tsc")
    done = subprocess.run([str(tsc), "-p", str(tmp_path)], check=False, capture_output=True, text=True, timeout=120)
    assert "getActivCell" in done.stdout
