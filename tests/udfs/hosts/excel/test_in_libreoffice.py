"""LibreOffice imports the add-in, compiles our VBA and runs it; xlwings' own modules, which it cannot compile, are stubs."""

from __future__ import annotations

import pytest

pytest.importorskip("pyopenvba")

from udfs.cells import ERRORS
from udfs.hosts.excel import build
from udfs.hosts.excel.functions import MARK
from udfs.registry import COMMANDS, FUNCTIONS

XLWINGS = """Attribute VB_Name = "xlwings"
Option Explicit
Private mRan As String
Public mStarted As Long
Public Function RunPython(ByVal PythonCommand As String)
    If InStr(PythonCommand, "about") > 0 Then Err.Raise 1000, , "there is no Python"
    mRan = PythonCommand
End Function
Public Function Ran() As String
    Ran = mRan
End Function
Public Function XLPy() As Object
    mStarted = mStarted + 1
    Set XLPy = New XlStub
End Function
Public Function Started() As Long
    Started = mStarted
End Function
Public Sub KillPy()
    mRan = "killed"
End Sub
"""
STUB = f"""VERSION 1.0 CLASS
BEGIN
  MultiUse = -1  'True
END
Attribute VB_Name = "XlStub"
Option Explicit
Public Function CallUDF(ByVal module As String, ByVal name As String, ByVal arguments As Variant) As Variant
    Dim rows(0 To 1, 0 To 1) As Variant, line(0 To 1) As Variant
    Select Case name
        Case "SOP_EOQ"
            CallUDF = Chr$({ord(MARK)}) & arguments(0)
        Case "SOP_FORECAST"
            rows(0, 0) = 1.5
            rows(0, 1) = Chr$({ord(MARK)}) & "#N/A"
            rows(1, 0) = "text"
            rows(1, 1) = 4
            CallUDF = rows
        Case "SOP_BIAS"
            line(0) = 7
            line(1) = Chr$({ord(MARK)}) & "#NUM!"
            CallUDF = line
        Case "SOP_XYZ"
            If mStarted = 1 Then Err.Raise 1000, , "The RPC server is unavailable."
            CallUDF = "started " & mStarted
        Case "SOP_EXPLAIN"
            CallUDF = "got " & (UBound(arguments) + 1)
            If UBound(arguments) = 0 Then Err.Raise 1000, , "Traceback:" & Chr$(10) & " x" & Chr$(10) & "no sop_xl" & Chr$(10)
        Case "SOP_ABC"
            Err.Raise 1000, , "Traceback:" & Chr$(10) & "  line 1" & Chr$(10) & "ModuleNotFoundError: no sop_xl" & Chr$(10)
        Case Else
            CallUDF = module & " " & name & " " & (UBound(arguments) + 1)
    End Select
End Function
"""
VBA_ERRORS = {
    "#NULL!": 2000, "#DIV/0!": 2007, "#VALUE!": 2015, "#REF!": 2023, "#NAME?": 2029, "#NUM!": 2036, "#N/A": 2042,
}  # fmt: skip
"""Excel's numbers of the errors of a cell (XlCVError)."""
PROBE = [["SopCore.SopLastLine", ["a\nb\n \n"]]]


def made(folder, name, change=None):
    """The add-in with stubs for xlwings, and one module changed."""
    modules = build.our_modules()
    if change is not None:
        module, before, after = change
        assert before in modules[module]
        head, _, tail = modules[module].rpartition(before)
        modules[module] = head + after + tail
    path = folder / f"{name}.xlam"
    build._with_project(path, modules | {"xlwings": XLWINGS, "XlStub": STUB})
    path.write_bytes(build._with_ribbon(path.read_bytes(), build.ribbon()))
    return str(path)


@pytest.fixture(scope="module")
def ran(run_vba, tmp_path_factory):
    """The whole add-in, and for each module one that lacks its last closing line: `(calls, cells)` of each."""
    folder = tmp_path_factory.mktemp("calc")
    others = [name for name in FUNCTIONS if name not in ("EOQ", "FORECAST", "BIAS", "EXPLAIN", "ABC", "XYZ")]
    calls = {
        "last line": ["SopCore.SopLastLine", ["a\nb\n \n"]],
        "command": ["SopCore.SopCommandText", ["run_all'); import os"]],
        "run": ["SopCore.SopRun", ["run_all"]],
        "ran": ["xlwings.Ran", []],
        "planning": ["SopCore.SopPlanningBookOpen", []],
        "reason": ["SopRibbon.SopReason", ["undo"]],
        "no reason": ["SopRibbon.SopReason", ["about"]],
        "describe": ["SopDescriptions.SopDescribeAll", []],
        "first cell": ["SopFunctions.SOP_VERSION", []],
        "started": ["xlwings.Started", []],
        "gone and back": ["SopFunctions.SOP_XYZ", [1, 2, 3]],
        **{f"tip {name}": ["SopButtons.SopTip", [name]] for name in COMMANDS},
        **{f"book {name}": ["SopButtons.SopNeedsBook", [name]] for name in (*COMMANDS, "host_restart", "host_check")},
        **{
            f"call {name}": [f"SopFunctions.SOP_{name}", [1] * len(FUNCTIONS[name].arguments)]
            for name in others
        },
        "still there": ["xlwings.Started", []],
    }  # fmt: skip
    cells = {
        **{f"error {kind}": f'=SOP_EOQ("{kind}";2;3)' for kind in VBA_ERRORS},
        "first": "=SOP_FORECAST(A1:A3)",
        "not known": "=INDEX(SOP_FORECAST(1);1;2)",
        "last": "=INDEX(SOP_FORECAST(1);2;2)",
        "line": "=INDEX(SOP_BIAS(1;2);1;2)",
        "further": '=SOP_EXPLAIN("EOQ";1;A1:A2;3)',
        "no Python": "=SOP_ABC(A1:A4)",
        "why": '=SOP_EXPLAIN("EOQ")',
        "left out": "=SOP_SAFETY_STOCK(1;2;3)",
    }
    jobs = [{"file": made(folder, "whole"), "calls": list(calls.values()), "cells": list(cells.values())}]
    for module in build.our_modules():
        last = "End Function" if module in ("SopFunctions", "SopButtons", "SopCore") else "End Sub"
        jobs.append({"file": made(folder, module, (module, last, "")), "calls": PROBE})
    whole, *broken = run_vba(jobs)
    return (
        dict(zip(calls, whole["calls"], strict=True)),
        dict(zip(cells, whole["cells"], strict=True)),
        dict(zip(build.our_modules(), (job["calls"][0] for job in broken), strict=True)),
    )


def test_every_module_compiles_and_runs(ran):
    calls, _, _ = ran
    failed = {name: gave for name, gave in calls.items() if isinstance(gave, str) and gave.startswith("failed")}
    assert failed == {}
    assert calls["last line"] == "b"


@pytest.mark.parametrize("module", build.our_modules())
def test_a_deleted_closing_line_is_caught(ran, module):
    """One module that cannot be compiled takes all of them down: the probe answers nothing any more."""
    assert ran[2][module] != "b"


def test_every_wrapper_hands_over_its_arguments(ran):
    for name, gave in ran[0].items():
        if name.startswith("call "):
            spec = FUNCTIONS[name.removeprefix("call ")]
            assert gave == f"{build.FUNCTIONS_MODULE} {spec.excel_name} {len(spec.arguments)}"


def test_errors_are_true_errors_of_the_cell(ran):
    """LibreOffice shows an error of VBA by its number."""
    cells = ran[1]
    assert set(ERRORS) == set(VBA_ERRORS)
    assert {kind: cells[f"error {kind}"] for kind in VBA_ERRORS} == {k: f"Error {n}" for k, n in VBA_ERRORS.items()}
    assert (cells["first"], cells["not known"], cells["last"]) == ("1.5", "Error 2042", "4")
    assert cells["line"] == "Error 2036"


def test_python_is_kept_and_started_again_when_it_has_gone(ran):
    assert ran[0]["started"] == 1
    assert ran[0]["gone and back"] == "started 2"
    assert ran[0]["still there"] == 2


def test_further_and_left_out_arguments(ran):
    assert ran[1]["further"] == "got 4"
    assert ran[1]["left out"].startswith(f"{build.FUNCTIONS_MODULE} SOP_SAFETY_STOCK ")


def test_without_python_a_cell_is_not_available_and_explain_says_why(ran):
    assert ran[1]["no Python"] == "Error 2042"
    assert ran[1]["why"] == "Python does not answer: no sop_xl (run: sop-xl addin doctor)"


def test_a_button_runs_its_command_and_nothing_else(ran):
    calls = ran[0]
    module = build.COMMANDS_MODULE
    assert calls["command"] == f"import {module};{module}.run('run_allimportos')"
    assert calls["ran"] == f"import {module};{module}.run('run_all')"


def test_buttons_say_what_they_do_and_why_they_cannot(ran):
    calls = ran[0]
    for name, spec in COMMANDS.items():
        assert calls[f"tip {name}"].startswith(spec.says[:60])
        assert calls[f"book {name}"] == spec.needs_book
    assert calls["book host_restart"] is False
    assert calls["planning"] is False
    assert calls["reason"].startswith("Open a planning workbook first")
    assert calls["no reason"] == ""
