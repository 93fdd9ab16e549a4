"""Whatever stands in the cells, a function answers with cells or with an error of a cell and a sentence: never a crash."""

from __future__ import annotations

import math
import random
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import udfs.functions  # noqa: F401 (declares them)
from udfs.cells import ERRORS, CellError, Flag, Labels, Number, Text
from udfs.lines import Keys, Marks, Numbers
from udfs.registry import FUNCTIONS, call

SLOW = {"BALANCE": 10, "BALANCE_MODEL": 15, "BACKTEST": 15}
SEEDS = st.integers(0, 10_000)
SANE = st.one_of(
    st.integers(0, 150), st.floats(0, 200, allow_nan=False).map(lambda x: round(x, 2)), st.just(0), st.just(1)
)
WILD = st.one_of(
    st.integers(-5, 40),
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from([1e15, -1e15, 1e300, -1e300, 1e-300, 5e-324, 1e12, 0.1, -0.0]),
    st.none(),
    st.booleans(),
    st.sampled_from(["", " ", "x", "auto", "naive", "arima", "12", "wagner_whitin", "tsb", "TRUE", "2026-11-01"]),
    st.sampled_from([date(2026, 11, 1), CellError("#DIV/0!", ""), CellError("#N/A", "no figure")]),
)


def ranges(cells):
    """Cells as a host sends them: one, a row, a column or a block."""
    row = st.lists(cells, min_size=1, max_size=15)
    block = st.integers(1, 4).flatmap(
        lambda n: st.lists(st.lists(cells, min_size=n, max_size=n), min_size=1, max_size=4)
    )
    return st.one_of(cells, row, row.map(lambda r: [[c] for c in r]), block)


def within(rng, kind):
    """A number inside the bounds of a kind, whole ones as often as not."""
    low = kind.low if math.isfinite(kind.low) else -20.0
    above = getattr(kind, "above", -math.inf)
    low = max(low, above + 0.01) if math.isfinite(above) else low
    high = min(kind.high, low + 200) if math.isfinite(kind.high) else low + 200
    whole = getattr(kind, "whole", False) or rng.random() < 0.5
    if whole and math.ceil(low) <= math.floor(high):
        return rng.randint(math.ceil(low), math.floor(min(high, low + 40)))
    return min(max(round(rng.uniform(low, high), 3), low), high)


def plausible(seed, spec):
    """Arguments a planner might well give, ranges of one size, so that the maths is reached."""
    rng = random.Random(seed)
    length, items, down = rng.choice([1, 6, 12, 36, 40]), rng.choice([1, 1, 1, 3]), rng.random() < 0.5
    values = []
    for argument in spec.arguments:
        kind = argument.kind
        if argument.optional and rng.random() < 0.3:
            value = None
        elif isinstance(kind, Text):
            value = rng.choice(kind.choices or ("auto", "ses", "croston"))
        elif isinstance(kind, Flag):
            value = rng.random() < 0.5
        elif isinstance(kind, Number):
            value = within(rng, kind)
        elif isinstance(kind, Marks):
            value = [rng.random() < 0.1 for _ in range(length)]
        elif isinstance(kind, Keys):
            value = [[""], *([f"row {n}"] for n in range(1, items if items > 1 else length))]
        elif isinstance(kind, Labels):
            value = ["naive", "mean"]
        elif isinstance(kind, Numbers) and rng.random() < 0.4:
            value = within(rng, kind)
        else:
            value = numbers(rng, kind, length, 1 if getattr(kind, "one", False) else items, down=down)
        values.append(value)
    return values


def numbers(rng, kind, length, items, *, down):
    """A range of numbers, with a blank here and there where one may be, empty periods, or the same all along."""
    blanks = 0.0 if getattr(kind, "full", False) or rng.random() < 0.5 else 0.1
    zeros = rng.choice([0.0, 0.0, 0.6]) if kind.low <= 0 <= kind.high and getattr(kind, "above", -1) < 0 else 0.0
    same = within(rng, kind) if rng.random() < 0.1 else None

    def cell():
        if rng.random() < blanks:
            return None
        if rng.random() < zeros:
            return 0
        return within(rng, kind) if same is None else same

    rows = [[cell() for _ in range(length)] for _ in range(items)]
    if items > 1:
        return rows
    return [[c] for c in rows[0]] if down else rows[0]


def answers(name, values):
    """Cells, or the error of a cell: anything else is a fault."""
    try:
        rows = call(name, values)
    except CellError as error:
        assert error.kind in ERRORS
        assert error.says, f"{name}{values}: an error without a sentence"
        return False
    assert rows
    assert len({len(row) for row in rows}) == 1
    for cell in (cell for row in rows for cell in row):
        assert cell is None or isinstance(cell, bool | float | str | CellError)
    return True


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - {"EXPLAIN"}))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_garbage(name, data):
    spec = FUNCTIONS[name]
    wild = ranges(st.one_of(SANE, WILD))
    values = [data.draw(wild) if data.draw(st.booleans()) else good for good in plausible(data.draw(SEEDS), spec)]
    answers(name, values[: data.draw(st.integers(0, len(values)))] if data.draw(st.booleans()) else values)


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - {"EXPLAIN", "VERSION", "METHODS"}))
def test_plausible(name):
    """Cases a planner might meet; the maths answers at least a few of them."""
    found = [answers(name, plausible(seed, FUNCTIONS[name])) for seed in range(SLOW.get(name, 40))]
    assert sum(found) >= (0 if name == "EOQ_DISCOUNT" else 2), f"{name} answered {sum(found)} of {len(found)}"


@settings(max_examples=100, deadline=None)
@given(name=st.sampled_from(sorted(FUNCTIONS)), values=st.lists(ranges(WILD), max_size=3))
def test_explain(name, values):
    answers("EXPLAIN", [name, *values])
