"""Functions as Excel calls them: xlwings' own decorators and COM server, over doubles of what belongs to Windows."""

import logging
from datetime import datetime
from decimal import Decimal

import pytest

from udfs.cells import CellError, to_cells
from udfs.hosts.excel import build
from udfs.hosts.excel.functions import MARK, answered, over_com, taken
from udfs.registry import FUNCTIONS, call

build.declare_all()
ERRORS = {2000: "#NULL!", 2007: "#DIV/0!", 2015: "#VALUE!", 2023: "#REF!", 2029: "#NAME?", 2036: "#NUM!", 2042: "#N/A"}
CASES = {
    "value": ("SOP_EOQ", [1200, 50, 3], 200.0),
    "bad": ("SOP_EOQ", [1200, 50, 0], f"{MARK}#VALUE!"),
    "why": ("SOP_EXPLAIN", ["EOQ", 1200, 50, 0], "SOP_EOQ shows #VALUE!: holding cost must be above 0, got 0"),
    "column": ("SOP_EOQ", [{"range": [[1200], [4800]]}, 50, 3], [[200.0], [400.0]]),
    "row": ("SOP_EOQ", [{"range": [[1200, 4800]]}, 50, 3], [200.0, 400.0]),
    "one cell": ("SOP_EOQ", [{"range": [[1200]]}, {"range": [[50]]}, 3], 200.0),
    "currency": ("SOP_EOQ", [{"range": [[{"currency": "1200.0"}]]}, 50, 3], 200.0),
    "blank": ("SOP_EOQ", [{"range": [[None]]}, 50, 3], f"{MARK}#VALUE!"),
    "blank counts": ("SOP_EXPLAIN", ["EOQ", {"range": [[None]]}, 50, 3], None),
    "spill error": ("SOP_EOQ", [{"range": [[-2146826243]]}, 50, 3], f"{MARK}#VALUE!"),
    "left out": ("SOP_SAFETY_STOCK", [2500, 500, 7, {"missing": True}, {"missing": True}], None),
    "one left out": ("SOP_SAFETY_STOCK", [2500, 500, 7, {"missing": True}, 7], None),
    "date": ("SOP_EOQ", [{"range": [[{"date": "2026-11-01"}]]}, 50, 3], f"{MARK}#VALUE!"),
    "truth": ("SOP_EOQ", [{"range": [[True]]}, 50, 3], f"{MARK}#VALUE!"),
    **{f"error {kind}": ("SOP_EOQ", [{"range": [[number - 2_146_828_288]]}, 50, 3], f"{MARK}{kind}")
       for number, kind in ERRORS.items()},
}  # fmt: skip


def sent(value):
    """An argument of an example as a sheet sends it."""
    return {"range": [list(row) for row in value]} if isinstance(value, list | tuple) and value and isinstance(
        value[0], list | tuple) else {"range": [list(value)]} if isinstance(value, list | tuple) else value  # fmt: skip


def shown(rows):
    """Rows of cells as the COM server hands them over: one cell alone, one row flat, errors marked, blanks empty."""
    cells = [[f"{MARK}{c.kind}" if isinstance(c, CellError) else "" if c is None else c for c in row] for row in rows]
    if len(cells) == 1:
        return cells[0][0] if len(cells[0]) == 1 else cells[0]
    return cells


@pytest.fixture(scope="module")
def com(over_com):
    """Every case and every example that has plain cells, in one server."""
    plain = [n for n, spec in FUNCTIONS.items() if all(is_plain(a) for a in spec.example.arguments)]
    calls = [[name, arguments] for name, arguments, _ in CASES.values()]
    calls += [[FUNCTIONS[n].excel_name, [sent(a) for a in FUNCTIONS[n].example.arguments]] for n in plain]
    told = over_com(calls)
    gave = told["gave"]
    return dict(zip(CASES, gave, strict=False)), dict(zip(plain, gave[len(CASES) :], strict=True)), told["known"]


def is_plain(value):
    """Whether an argument can be sent as JSON."""
    if isinstance(value, list | tuple):
        return all(map(is_plain, value))
    return value is None or isinstance(value, bool | int | float | str)


@pytest.mark.parametrize("case", [name for name, (_, _, wanted) in CASES.items() if wanted is not None])
def test_a_call_over_com(com, case):
    assert com[0][case] == CASES[case][2]


def test_arguments_left_out_take_their_defaults(com):
    assert com[0]["left out"] == pytest.approx(call("SAFETY_STOCK", (2500, 500, 7))[0][0])
    assert com[0]["one left out"] == pytest.approx(call("SAFETY_STOCK", (2500, 500, 7, None, 7))[0][0])


def test_a_blank_argument_is_missing(com):
    assert "demand is missing" in com[0]["blank counts"]


def test_every_example_shows_over_com_what_it_shows_here(com):
    assert len(com[1]) > 0.8 * len(FUNCTIONS)
    for name, gave in com[1].items():
        wanted = shown(to_cells_of(name))
        assert gave == pytest.approx(wanted) if isinstance(wanted, float) else close(gave, wanted), name


def to_cells_of(name):
    return call(name, FUNCTIONS[name].example.arguments)


def close(gave, wanted):
    if isinstance(wanted, list):
        return len(gave) == len(wanted) and all(close(a, b) for a, b in zip(gave, wanted, strict=True))
    if isinstance(wanted, float) and not isinstance(wanted, bool):
        return gave == pytest.approx(wanted)
    return gave == wanted


def test_xlwings_knows_every_function_with_its_help(com):
    known = com[2]
    assert set(known) == {spec.excel_name for spec in FUNCTIONS.values()}
    for spec in FUNCTIONS.values():
        told = known[spec.excel_name]
        names = [a.name for a in spec.arguments] + (["further"] if spec.more else [])
        assert [a["name"] for a in told["args"]] == names
        assert [a["doc"] for a in told["args"]][: len(spec.arguments)] == [a.help for a in spec.arguments]
        assert ["optional" in a for a in told["args"]][: len(spec.arguments)] == [a.optional for a in spec.arguments]
        assert told["category"] == f"S&OP {spec.group}"
        assert not told["volatile"]
        assert told["ret"]["doc"] == spec.says


def test_what_excel_hands_over_is_read():
    assert taken(None) is None
    assert taken([[1.0]]) == 1.0
    assert taken([["#N/A", Decimal("2.5")], [-2146826243, True]]) == [
        [CellError("#N/A", ""), 2.5],
        [CellError("#VALUE!", ""), True],
    ]
    assert taken([[datetime(2026, 11, 1)]]) == datetime(2026, 11, 1)
    assert taken("#N/A of old") == "#N/A of old"


def test_an_error_nobody_expected_is_an_error_of_the_cell(monkeypatch, caplog):
    def broken(*_):
        raise ZeroDivisionError("deep inside")

    monkeypatch.setattr("udfs.hosts.excel.functions.call", broken)
    with caplog.at_level(logging.ERROR, "sop_xl"):
        assert answered(FUNCTIONS["EOQ"], (1, 2, 3)) == [[f"{MARK}#VALUE!"]]
    assert "deep inside" in caplog.text


def test_off_windows_the_decorators_do_nothing():
    run = over_com(FUNCTIONS["EOQ"])
    assert run(1200, 50, 3) == to_cells(200.0)
    assert run.__name__ == "SOP_EOQ"
