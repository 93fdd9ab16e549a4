"""Every constraint as a solver reads it: golden files beside the recipe that made them."""

from __future__ import annotations

import importlib.util
import inspect
import re
from pathlib import Path

import pytest

from sop_xl.supply.model import constraints, people, policies, whole

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


def test_every_kind_of_row_has_a_golden_file(written):
    """The kinds are read from the constraints themselves, so that a new one cannot be forgotten."""
    assert {path.stem for path in GOLDEN.glob("*.lp")} == set(written)
    assert all(written.values())
    source = "".join(map(inspect.getsource, (constraints, people, policies, whole)))
    named = set(re.findall(r'm\.rows\(\s*"(\w+)"', source)) | set(re.findall(r'_same_as_before\(m, "(\w+)"', source))
    named |= set(re.findall(r'\("(\w+)", blends\.', source))
    assert len(re.findall(r"m\.rows\(\s*kind", source)) == 2  # `blend_quality` and `_same_as_before`, counted above
    assert len(named) >= 24
    assert named <= set(written)


@pytest.mark.parametrize("name", RECIPE.CONSTRAINTS)
def test_every_constraint_is_provoked(name):
    """The recipe has what each constraint is about: with it the programme has more terms than without."""
    needs = ("stock_balance", "hours_balance", "minimum_order")
    strategy = name.removesuffix("_production") if name.endswith("_production") else "optimal"
    before = tuple(RECIPE.CONSTRAINTS[n] for n in needs if n != name)
    without, _ = RECIPE.built(strategy, RECIPE.EXACT, before)
    programme, _ = RECIPE.built(strategy, RECIPE.EXACT, (*before, RECIPE.CONSTRAINTS[name]))
    assert programme.matrix.nnz > without.matrix.nnz
