"""Every published case of the project, through the functions of the product, equals the published digits."""

from pathlib import Path

import pytest

from benchmarks.cases.__main__ import adapters, main
from benchmarks.cases.case import Case, compare, read

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.json"))


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_the_published_answer(path):
    outcome = adapters().answer(read(path))
    assert not outcome.says
    assert outcome.rows
    for row in outcome.rows:
        assert row.agrees, f"{row.what}: published {row.published}, ours {row.ours}"


def test_there_are_cases_and_each_has_a_source():
    assert len(GOLDEN) >= 25
    assert all(read(path).source for path in GOLDEN)


def test_an_unknown_kind_is_said_clearly():
    outcome = adapters().answer(Case("x", "knapsack", "", {}, {"cost": 1}, 1e-6))
    assert "no function answers cases of kind 'knapsack' yet" in outcome.says
    assert not outcome.agrees


def test_a_missing_field_is_said_clearly():
    outcome = adapters().answer(Case("x", "eoq", "", {"demand_rate": 5}, {"Q": 1}, 1e-6))
    assert "fixed_cost" in outcome.says


def test_a_wrong_answer_is_a_difference():
    case = Case("x", "eoq", "book", {"demand_rate": 1300, "fixed_cost": 8, "holding_cost": 0.225}, {"Q": 300}, 1e-3)
    outcome = adapters().answer(case)
    assert not outcome.agrees
    assert outcome.rows[0].difference == pytest.approx(4.0467800264368 / 300)


def test_lists_compare_by_their_largest_difference():
    assert compare("s", [10, 20], [10, 21], 0.01).difference == pytest.approx(0.05)
    assert compare("s", [10, 20], [10], 0.01).agrees is False
    assert compare("s", None, 3, 0.01).agrees is None


def test_equally_good_levels_are_accepted():
    """Zheng and Federgruen, mean 75: s = 66 and s = 67 cost the same to the digits of the table."""
    base = {"h": 1, "p": 9, "K": 64}
    ours = adapters().answer(Case("x", "ss_poisson_table", "", {**base, "mu": [30]}, {"s": [23], "S": [66]}, 0.0))
    assert ours.agrees
    wrong = adapters().answer(Case("x", "ss_poisson_table", "", {**base, "mu": [30]}, {"s": [20], "S": [66]}, 0.0))
    assert not wrong.agrees


def test_the_command_prints_a_table(capsys):
    assert main(["--kind", "eoq", "jrp"]) == 0
    printed = capsys.readouterr().out
    assert "| eoq_ex_3_1 |" in printed
    assert "2 cases: 2 equal to the published digits, 0 not, 0 not answered." in printed
