"""What holds for functions as such: the direction of results, blocks, memory, errors, start-up."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import udfs.functions
from sop_xl.demand import series
from udfs import demand_forecast
from udfs.cells import CellError
from udfs.functions import AREAS, by_group
from udfs.lines import Lines, Numbers
from udfs.registry import FUNCTIONS, RESULTS, answer, call, call_many, function
from udfs.results import Results

ROOT = Path(__file__).parents[2]
RESERVED = set(
    """
    and as boolean byref byte byval call case class const currency date declare dim do double each else elseif empty end
    enum erase error event exit false for friend function get global gosub goto if imp implements in input integer is let
    like lock long loop lset me mod new next not nothing null object on option optional or paramarray preserve print
    private property public put raiseevent redim resume return rset seek select set single static step stop string sub
    then time to true type until variant wend while with write xor
    """.split()  # noqa: SIM905 (a list of words reads best as words)
)


def column(row):
    return [[cell] for cell in row]


def turned(rows):
    return [list(row) for row in zip(*rows, strict=True)]


HISTORY = [20, 22, 31, 40, 52, 60, 58, 49, 37, 30, 24, 21] * 3
LINE = [30, 45, None, 20, 60, 35, 50]
FULL = [30, 45, 10, 20, 60, 35, 50]
TURNED = {
    "FORECAST": (HISTORY, 4), "FORECAST_INTERVAL": (HISTORY, 4), "INTERMITTENT_FORECAST": (LINE, 3), "CLEAN_HISTORY": (LINE,),
    "OUTLIERS": (LINE,), "STOCKOUT_DEMAND": (LINE, [0, 0.5, 0, 0, 0, 0, 0]), "NET_FORECAST": (FULL, LINE),
    "TOTAL_DEMAND": (FULL, LINE), "LAUNCH_FORECAST": ([0.2, 0.5, 0.3], 100, 5), "DISAGGREGATE": (100, FULL),
    "ROUND_TO_TOTAL": ([1.4, 1.4, 1.2],), "ABC": (LINE,), "PROJECTED_BALANCE": (100, LINE, FULL),
    "PROJECTED_COVER": (FULL, FULL), "PRE_BUILD": (FULL, [40] * 7), "LEVEL_PLAN": (FULL,), "CHASE_PLAN": (FULL, 10, 5),
    "NET_REQUIREMENTS": (FULL, 50), "MRP": (FULL, 50, LINE, 0, 2, 20, 10), "LOT_SIZES": (FULL, 100, 1),
    "BALANCE": (FULL, 36, 1, 20, 10), "ATP": (LINE, LINE, 30), "CUMULATIVE_ATP": (LINE, LINE, 30), "EOQ": (FULL, 8, 0.2),
    "PROMOTION_BASELINE": (FULL, [0, 0, 0, 0, 1, 0, 0]), "RCCP_LOAD": (FULL, 2.5), "LOAD_SHARE": (FULL, 2.5, [100] * 7),
    "SAFETY_STOCK": (FULL, FULL, 3), "EXCESS": (FULL, FULL, FULL),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(TURNED))
def test_results_lie_in_the_direction_of_the_input(name):
    across = TURNED[name]
    down = [column(value) if isinstance(value, list) else value for value in across]
    assert call(name, down) == turned(call(name, across))


BLOCK = [
    [20, 22, 31, 40, 52, 60, 58, 49, 37, 30, 24, 21],
    [0, 0, 3, 0, 5, 0, 0, 2, 0, 0, 0, 4],
    [9, 8, 9, None, 9, 9, 7, 9, 8, 9, 9, 8],
]
OTHER = [[19, 25, 30, 41, 50, 62, 55, 50, 36, 31, 20, 25], [1] * 12, [9] * 12]
WHOLE = [[1 if c is None else c for c in row] for row in BLOCK]
BY_ROW = {
    "FORECAST": (BLOCK, 3), "FORECAST_MODEL": (BLOCK,), "INTERMITTENT_FORECAST": (BLOCK, 2), "CLEAN_HISTORY": (BLOCK,),
    "OUTLIERS": (BLOCK,), "XYZ": (BLOCK,), "VARIATION": (BLOCK,), "DEMAND_CLASS": (BLOCK,), "WMAPE": (BLOCK, OTHER),
    "BIAS": (BLOCK, OTHER), "MAPE": (BLOCK, OTHER), "RMSE": (BLOCK, OTHER), "TRACKING_SIGNAL": (BLOCK, OTHER),
    "FORECAST_ACCURACY": (BLOCK, OTHER), "MASE": (BLOCK, OTHER, [[1, 3, 2, 5, 4] * 5] * 3), "FVA": (BLOCK, OTHER, WHOLE),
    "NET_FORECAST": (WHOLE, OTHER), "TOTAL_DEMAND": (WHOLE, OTHER), "PROJECTED_COVER": (WHOLE, OTHER),
    "PRE_BUILD": (WHOLE, OTHER), "ATP": (BLOCK, OTHER), "CUMULATIVE_ATP": (BLOCK, OTHER), "FILL_RATE_ACHIEVED": (BLOCK, OTHER),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(BY_ROW))
def test_a_block_answers_as_its_rows_one_by_one(name):
    arguments = BY_ROW[name]
    one_by_one = [
        call(name, [value[row] if isinstance(value, list) else value for value in arguments])[0] for row in range(3)
    ]
    found = call(name, arguments)
    for whole, single in zip(found, one_by_one, strict=True):
        assert (
            whole == pytest.approx(single)
            if isinstance(whole[0], float) and name != "CLEAN_HISTORY"
            else whole == single
        )


def test_a_formula_over_ranges_answers_as_its_cells_one_by_one():
    demand, error, lead = [100, 50, 80], [40, 10, None], [3, 2, 1]
    found = call("SAFETY_STOCK", (column(demand), column(error), column(lead), 0.9))
    for row in range(2):
        assert found[row] == call("SAFETY_STOCK", (demand[row], error[row], lead[row], 0.9))[0]
    assert isinstance(found[2][0], CellError), "a blank in a list is unknown, not zero"
    table = call("EOQ", (column([100, 200]), [5, 10, 20], 0.2))
    assert (len(table), len(table[0])) == (2, 3), "a column and a row make a table"


def test_ranges_that_do_not_go_together_are_refused():
    with pytest.raises(CellError, match="ranges of 1 x 2 and 1 x 3 cells do not go together"):
        call("EOQ", ([1, 2], [1, 2, 3], 1))


def test_a_thousand_cells_fit_no_model_twice(monkeypatch):
    fitted = []
    real = series.forecast_series

    def counted(values, *arguments, **named):
        fitted.append(values.tobytes())
        return real(values, *arguments, **named)

    monkeypatch.setattr(series, "forecast_series", counted)
    RESULTS.clear()
    demand_forecast.FITS.clear()
    histories = [[n + 10, n + 12, n + 11, n + 14] for n in range(50)]
    for _ in range(20):
        for history in histories:
            call("FORECAST", (history, 6))
    assert len(fitted) == 50
    for history in histories:
        call("sop.forecast", (column(history), 6))
        call("FORECAST_INTERVAL", (history, 6, 95))
        answer("EXPLAIN", ("FORECAST", history, 6))
    assert len(fitted) == 50, "bounds, the other direction and the explanation need no new fit"


def test_cells_asked_at_the_same_time_are_worked_out_once():
    made = []
    kept = Results(most=2)

    def slowly():
        made.append(threading.get_ident())
        time.sleep(0.05)
        return len(made)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: kept.get("the same", slowly), range(8)))
    assert found == [1] * 8
    with pytest.raises(ZeroDivisionError):
        kept.get("broken", lambda: 1 / 0)
    assert kept.get("broken", lambda: 5) == 5, "a fault is not kept"
    assert [kept.get(key, lambda: 0) for key in ("a", "b")] == [0, 0]
    assert kept.get("the same", slowly) == 2, "the oldest is forgotten"


def test_errors_are_kept_as_well():
    RESULTS.clear()
    before = RESULTS.answered
    for _ in range(3):
        with pytest.raises(CellError):
            call("EOQ", ("x", 1, 1))
    assert RESULTS.answered == before + 2


def test_many_calls_answer_each_distinct_one_once():
    asked = RESULTS.asked
    found = call_many(
        [("SOP_EOQ", (1201, 50, 3)), ("SOP.EOQ", (1201, 50, 3)), ("NONE", ()), ("eoq", (1201, 50, "x"))] * 100
    )
    assert RESULTS.asked - asked <= 3
    assert len(found) == 400
    assert found[0] == found[1] == found[4]
    assert [found[2].kind, found[3].kind] == ["#NAME?", "#VALUE!"]


def test_true_one_and_one_point_zero_are_different_cells():
    assert call("FORECAST", ([5, 6, 5], 1)) == call("FORECAST", ([5.0, 6.0, 5.0], 1.0))
    with pytest.raises(CellError, match="got the value 'TRUE'"):
        call("FORECAST", ([5, 6, 5], True))


def test_an_error_in_gives_the_same_error_out():
    for kind in ("#N/A", "#REF!", "#NAME?"):
        with pytest.raises(CellError) as caught:
            call("FORECAST", ([5, CellError(kind, ""), 7], 1))
        assert (caught.value.kind, caught.value.says) == (kind, f"history, cell 2, holds the error {kind}")


def test_arguments_are_counted_and_named():
    with pytest.raises(CellError, match="SOP_EOQ takes 3 arguments, got 4"):
        call("EOQ", (1, 2, 3, 4))
    with pytest.raises(CellError, match="holding cost is missing"):
        call("EOQ", (1, 2))
    assert call("EOQ", (1300, 8, 0.225, None)) == call("EOQ", (1300, 8, 0.225))


def test_every_function_explains_itself():
    for name, spec in FUNCTIONS.items():
        if name not in ("EXPLAIN", "VERSION", "METHODS", "BALANCE_MODEL"):
            said = answer(name, spec.example.arguments).says
            assert said, f"{name} says nothing"
            assert all(sentence.strip() and not sentence.endswith(".") for sentence in said), said


def test_importing_the_functions_loads_no_heavy_library():
    program = (
        "import sys, udfs.functions, udfs.commands\n"
        "heavy = [m for m in ('pandas', 'scipy', 'statsmodels', 'sklearn', 'pulp', 'highspy') if m in sys.modules]\n"
        "assert not heavy, heavy\n"
        "from udfs.registry import call\n"
        "call('PROJECTED_BALANCE', (100, [0, 80], [60, 60])), call('EOQ', (1300, 8, 0.225))\n"
        "assert not [m for m in ('pandas', 'statsmodels') if m in sys.modules], 'a simple answer is a light one'\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_names_suit_every_host(name):
    spec = FUNCTIONS[name]
    names = [argument.name for argument in spec.arguments]
    assert not set(names) & RESERVED
    assert len(set(names)) == len(names)
    assert all(argument.kind.says and not argument.kind.says.endswith(".") for argument in spec.arguments)
    assert [a.optional for a in spec.arguments] == sorted(a.optional for a in spec.arguments), (
        "what may be left out comes last"
    )
    assert all(spec.run.__doc__ and line.isascii() for line in [spec.says, *(a.help for a in spec.arguments)])


def test_defaults_are_values_their_own_kind_takes():
    for spec in FUNCTIONS.values():
        for argument in spec.arguments:
            if argument.optional and argument.default is not None:
                argument.kind.take(argument.words, argument.default)


def test_every_area_declares_functions_of_a_group():
    assert set(by_group()) == {"Demand", "Accuracy", "Inventory", "Supply", "Finance", "Explain"}
    assert all(any(spec.run.__module__ == area.__name__ for spec in FUNCTIONS.values()) for area in AREAS)
    assert udfs.functions.FUNCTIONS is FUNCTIONS


def test_a_function_without_help_or_kinds_is_refused():
    with pytest.raises(TypeError, match="needs a docstring"):
        function("Group", returns="", example=None)(lambda: 1)


def test_numbers_and_lines_are_ranges():
    assert Numbers("").shape == Lines("").shape == "range"
    assert np.isnan(Numbers("").take("it", [1, None])[0, 1])
