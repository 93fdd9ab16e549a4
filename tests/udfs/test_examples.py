"""The example of every function, which is also its reference and its test on every host."""

from __future__ import annotations

import math

import pytest

import udfs.functions  # noqa: F401 (declares them)
from udfs.cells import to_cells
from udfs.registry import FUNCTIONS, call


def same(shown, expected, digits):
    """Whether a cell shows what is expected, numbers to so many digits."""
    if isinstance(expected, float) and isinstance(shown, float):
        return math.isclose(shown, expected, rel_tol=10.0**-digits, abs_tol=10.0**-digits)
    return shown == expected


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_example(name):
    spec = FUNCTIONS[name]
    shown, expected = call(name, spec.example.arguments), to_cells(spec.example.result)
    assert [len(row) for row in shown] == [len(row) for row in expected]
    for got, wanted in zip(shown, expected, strict=True):
        assert all(same(a, b, spec.example.digits) for a, b in zip(got, wanted, strict=True)), (shown, expected)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_help_fits_the_wizard(name):
    """Excel cuts the help of a function and of an argument at 255 characters, and a name at 31 is hard to type."""
    spec = FUNCTIONS[name]
    assert len(spec.says) <= 255
    assert all(len(argument.help) <= 255 for argument in spec.arguments)
    assert len(spec.excel_name) <= 31
