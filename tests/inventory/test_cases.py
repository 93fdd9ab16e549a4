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


@pytest.mark.parametrize(
    ("kind", "inputs", "published"),
    [
        ("newsvendor_lognormal", {"h": 1, "p": 3, "mu": 2.0, "sigma": 0.3}, {"S": 9.0461}),
        ("newsvendor_discrete", {"h": 1, "p": 3, "demand_pmf": {"1": 0.25, "4": 0.5, "5": 0.25}}, {"S": 4}),
        ("newsvendor_gamma", {"h": 1, "p": 19, "demand_mean": 100, "demand_sd": 50}, {"S": 193.84}),
        ("newsvendor_normal", {"h": 0.18, "p": 0.7, "mu": 50, "sd": 8}, {"S": 56.6040}),
        ("epq", {"demand_rate": 1300, "production_rate": 1700, "fixed_cost": 8, "holding_cost": 0.225}, {"Q": 626.8085, "cost": 33.1840}),
        ("nahmias_type2", {"lam": 200, "K": 50, "h": 2, "mu": 100, "sd": 25, "service": 0.98}, {"Q": 100, "R": 126}),
        ("safety_formula", {"D": 2500, "sd": 500, "L": 2, "fr": 0.975, "Q": 10_000}, {"ss": 67}),
        ("safety_formula", {"D": 2500, "sd": 500, "L": 7, "sL": 7, "csl": 0.90}, {"ss": 22_491, "sigma_L": 17_550}),
        ("safety_formula", {"D": 2500, "sd": 500, "L": 2, "T": 4, "csl": 0.90}, {"ss": 1570, "OUL": 16_570}),
    ],
)  # fmt: skip
def test_other_kinds_by_their_fields(kind, inputs, published):
    outcome = adapters().answer(Case("x", kind, "book", inputs, published, 0.004))
    assert outcome.agrees, [(row.what, row.published, row.ours) for row in outcome.rows]


def test_a_chain_without_a_kind_is_a_guaranteed_service_network(tmp_path):
    (tmp_path / "chain.json").write_text(
        '{"chain": 1, "stages": [{"id": "P", "lead": 4, "added_cost": 2, "mean": null, "sd": null, "max_s": null, "up": []},'
        ' {"id": "R", "lead": 5, "added_cost": 1, "mean": 9, "sd": 2, "service": 0.95, "max_s": 0, "up": [["P", 1]]}]}'
    )
    outcome = adapters().answer(read(tmp_path / "chain.json"))
    found = {row.what: row.ours for row in outcome.rows}
    assert found["proved"]
    assert found["cost"] == pytest.approx(1.6448536269514722 * 2 * min(3 * 3, 3 * 5**0.5 + 2 * 4**0.5))


def test_a_wrong_answer_is_a_difference():
    case = Case("x", "eoq", "book", {"demand_rate": 1300, "fixed_cost": 8, "holding_cost": 0.225}, {"Q": 300}, 1e-3)
    outcome = adapters().answer(case)
    assert not outcome.agrees
    assert outcome.rows[0].difference == pytest.approx(4.0467800264368 / 300)


def test_lists_compare_by_their_largest_difference():
    assert compare("s", [10, 20], [10, 21], 0.01).difference == pytest.approx(0.05)
    assert compare("s", [10, 20], [10], 0.01).agrees is False
    assert compare("s", None, 3, 0.01).agrees is None


def test_the_printed_digits_are_enough_where_the_source_rounds():
    assert compare("ss", 67, 66.698, 0.002).agrees
    assert not compare("ss", 67, 66.698, 1e-6).agrees
    assert not compare("ss", 67, 67.6, 0.002).agrees
    assert not compare("ss", 67.0, 66.698, 0.002).agrees
    assert not compare("x", 1, 1.4, 0.002).agrees


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
