"""Every constraint as a solver reads it: golden files beside the recipe that made them."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden"


def load_recipe():
    spec = importlib.util.spec_from_file_location("supply_golden_recipe", GOLDEN / "recipe.py")
    recipe = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(recipe)
    return recipe


RECIPE = load_recipe()


@pytest.fixture(scope="module")
def written():
    return RECIPE.goldens()


@pytest.mark.parametrize("name", sorted(path.stem for path in GOLDEN.glob("*.lp")))
def test_rows_are_those_of_the_golden_file(written, name):
    assert written[name] == (GOLDEN / f"{name}.lp").read_text(encoding="utf-8")


def test_every_constraint_has_a_golden_file(written):
    assert {path.stem for path in GOLDEN.glob("*.lp")} == set(written)
    assert set(RECIPE.CONSTRAINTS) <= set(written)
