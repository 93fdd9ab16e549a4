"""The reference page is made from the declarations, and is up to date."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from udfs.registry import COMMANDS, FUNCTIONS

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def generator():
    spec = importlib.util.spec_from_file_location("functions_reference", ROOT / "docs" / "functions.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_up_to_date(generator):
    assert generator.PAGE.read_text(encoding="utf-8") == generator.page(), "run: python docs/functions.py"


def test_every_function_argument_and_button_is_on_it(generator):
    page = generator.page()
    for spec in FUNCTIONS.values():
        assert f"### {spec.excel_name}\n" in page
        assert generator.formula(spec) in page
        assert all(f"| {argument.words} |" in page for argument in spec.arguments)
    assert all(f"| {spec.label} | {spec.key_tip} |" in page for spec in COMMANDS.values())


def test_formulas_are_typed_as_a_sheet_takes_them(generator):
    assert generator.formula(FUNCTIONS["DISAGGREGATE"]) == "=SOP_DISAGGREGATE(100, {40, 30, 10}, {TRUE, FALSE, FALSE})"
    assert generator.formula(FUNCTIONS["MRP"]) == "=SOP_MRP({30, 40, 0, 90}, 0, , 0, 1, 50, 20)"
    assert all(len(generator.formula(spec)) < 8192 for spec in FUNCTIONS.values())
