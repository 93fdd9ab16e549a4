"""Workforce planning: Williams' answers, the flow of people, and what no plan can meet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.cases.__main__ import adapters
from benchmarks.cases.case import read
from sop_xl.errors import InputError
from sop_xl.supply.programme.readable import readable
from sop_xl.supply.workforce.model import workforce_programme
from sop_xl.supply.workforce.plan import least_cost_workforce, least_redundancy_workforce
from sop_xl.supply.workforce.staff import WorkforceSettings

WILLIAMS = WorkforceSettings(max_overmanning=150)


def williams():
    """Section 12.5 of Williams (1): unskilled, semi-skilled and skilled people over three years."""
    names = ["unskilled", "semi-skilled", "skilled"]
    required = [[1000, 500, 0], [1400, 2000, 2500], [1000, 1500, 2000]]
    return {
        "skills": pd.DataFrame(
            {
                "skill": names,
                "people": [2000, 1500, 1000],
                "wastage": [0.10, 0.05, 0.05],
                "first_wastage": [0.25, 0.20, 0.10],
                "redundancy_cost": [200, 500, 500],
                "short_time_cost": [500, 400, 400],
                "overmanning_cost": [1500, 2000, 3000],
                "max_short_time": 50,
            }
        ),
        "required": pd.DataFrame(
            [(name, year + 1, required[n][year]) for n, name in enumerate(names) for year in range(3)],
            columns=["skill", "period", "people"],
        ),
        "recruitment": pd.DataFrame({"skill": names, "maximum": [500, 800, 500]}),
        "moves": pd.DataFrame(
            [
                ("unskilled", "semi-skilled", 400, None, 200, None),
                ("semi-skilled", "skilled", 500, None, None, 0.25),
                ("semi-skilled", "unskilled", 0, 0.5, None, None),
                ("skilled", "semi-skilled", 0, 0.5, None, None),
                ("skilled", "unskilled", 0, 0.5, None, None),
            ],
            columns=["skill", "to_skill", "cost", "wastage", "maximum", "maximum_share"],
        ).astype({"wastage": float, "maximum": float, "maximum_share": float}),
    }


def test_the_published_answers():
    """Section 14.5: 842 redundant at least; 498,677 and 1424 redundant at least cost; 1,438,383 with 842 redundant."""
    fewest = least_redundancy_workforce(williams(), WILLIAMS)
    cheapest = least_cost_workforce(williams(), WILLIAMS)
    assert fewest.redundancy == pytest.approx(841.797, abs=5e-4)
    assert cheapest.cost == pytest.approx(498_677.29, abs=5e-3)
    assert cheapest.redundancy == pytest.approx(1423.7, abs=0.05)
    held = least_cost_workforce(williams(), WorkforceSettings(max_overmanning=150, max_redundancy=842))
    assert held.cost == pytest.approx(1_438_383, abs=1)
    assert held.redundancy == pytest.approx(842)
    for plan in (fewest, cheapest, held):
        assert plan.unmet.empty


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parent / "golden").glob("manpower_*.json")), ids=lambda path: path.stem
)
def test_the_published_answers_through_the_cases(path):
    outcome = adapters().answer(read(path))
    assert outcome.rows
    assert outcome.agrees, outcome


def flow(tables, plan):
    """The workforce each period as the moves, recruits and wastage of the plan make it."""
    skills = tables["skills"].set_index("skill")
    there = skills["people"].astype(float)
    moves = plan.moves.merge(tables["moves"], on=["skill", "to_skill"])
    moves["stay"] = 1 - moves["wastage"].fillna(moves["to_skill"].map(skills["wastage"]))
    for period, of in plan.people.groupby("period"):
        row, moved = of.set_index("skill"), moves[moves["period"] == period]
        gone = moved.groupby("skill")["people"].sum().reindex(skills.index, fill_value=0)
        come = (moved["people"] * moved["stay"]).groupby(moved["to_skill"]).sum().reindex(skills.index, fill_value=0)
        there = there * (1 - skills["wastage"]) + row["recruited"] * (1 - skills["first_wastage"]) + come - gone
        there = there - row["redundant"]
        yield period, row, there


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_people_are_neither_lost_nor_made_up(seed):
    """Whatever is asked: who is there follows from who came and went, and what is needed is met or said to be missing."""
    draw = np.random.default_rng(seed)
    tables = williams()
    tables["required"]["people"] = draw.integers(0, 4000, 9)
    tables["skills"]["max_redundancy"] = float(draw.integers(0, 600))
    limit = WorkforceSettings(max_overmanning=float(draw.integers(0, 300)))
    fewest, cheapest = least_redundancy_workforce(tables, limit), least_cost_workforce(tables, limit)
    assert fewest.redundancy <= cheapest.redundancy + 1e-4
    assert cheapest.cost <= fewest.cost * (1 + 1e-7) + 1e-4
    assert fewest.unmet["people"].sum() == pytest.approx(cheapest.unmet["people"].sum(), abs=1e-4)
    for plan in (fewest, cheapest):
        for period, row, there in flow(tables, plan):
            assert np.allclose(there, row["workforce"], atol=1e-4), period
            got = row["workforce"] - 0.5 * row["short_time"] - row["overmanning"] + row["missing"]
            assert np.allclose(got, row["required"], atol=1e-4)
            beyond = plan.unmet.query("kind == 'beyond' and period == @period")["people"].sum()
            assert row["overmanning"].sum() <= limit.max_overmanning + beyond + 1e-4
            assert (row["short_time"] <= np.minimum(50, row["workforce"]) + 1e-4).all()
        counted = plan.people.merge(tables["skills"], on="skill")
        money = sum(
            (counted[w] * counted[f"{n}_cost"]).sum()
            for w, n in (("redundant", "redundancy"), ("short_time", "short_time"), ("overmanning", "overmanning"))
        )
        money += (plan.moves["people"] * plan.moves.merge(tables["moves"], on=["skill", "to_skill"])["cost"]).sum()
        assert plan.cost == pytest.approx(money, rel=1e-7, abs=1e-3)


def test_more_recruits_never_cost_more():
    costs = []
    for share in (0.8, 1.0, 1.5):
        tables = williams()
        tables["recruitment"]["maximum"] = tables["recruitment"]["maximum"] * share
        plan = least_cost_workforce(tables, WILLIAMS)
        costs.append((plan.unmet["people"].sum(), plan.cost))
    assert costs == sorted(costs, reverse=True)


def test_the_order_of_rows_and_the_kind_of_period_change_nothing():
    tables = williams()
    turned = {name: frame.iloc[::-1] for name, frame in tables.items()}
    turned["required"] = turned["required"].assign(
        period=[pd.Timestamp(2019 + p, 1, 1) for p in turned["required"]["period"]]
    )
    plan, other = least_cost_workforce(tables, WILLIAMS), least_cost_workforce(turned, WILLIAMS)
    assert other.cost == pytest.approx(plan.cost)
    assert other.people["period"].min() == pd.Timestamp(2020, 1, 1)


def test_missing_people_are_named_with_what_stands_in_the_way():
    tables = williams()
    tables["required"].loc[6, "people"] = 2500  # skilled, year 1
    plan = least_cost_workforce(tables, WILLIAMS)
    # 950 stay, 450 of 500 recruits stay, semi-skilled people move up to a quarter of those there: 2500 - 1400 / (1 - 0.25 x 0.95)
    assert plan.unmet[["kind", "skill", "period"]].to_numpy().tolist() == [["missing", "skilled", 1]]
    assert plan.unmet["people"].item() == pytest.approx(2500 - 1400 / (1 - 0.25 * 0.95))
    assert plan.unmet["says"].item() == (
        "in 1, 663.934 of 2500 skilled are missing: recruitment is at its limit of 500; "
        "semi-skilled move to it up to 0.25 of those there"
    )


def test_people_who_cannot_be_let_go_are_named():
    tables = {
        "skills": pd.DataFrame(
            {"skill": ["fitter"], "people": [10], "wastage": [0], "first_wastage": [0], "max_redundancy": [2]}
        ),
        "required": pd.DataFrame({"skill": "fitter", "period": pd.to_datetime(["2020-03-01"]), "people": [5]}),
    }
    plan = least_cost_workforce(tables, WorkforceSettings(max_overmanning=1))
    assert plan.unmet["says"].tolist() == [
        "in 2020-03, 2 people are kept beyond the 1 that overmanning allows, among fitter: redundancy is at its limit"
    ]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_readable_face_has_the_same_optimum():
    programme, names = workforce_programme(williams(), WILLIAMS)
    problem = readable(programme, names, "workforce")
    for variable in problem.variables():
        if variable.name.startswith(("missing", "beyond")):
            variable.upBound = 0
    from pulp import HiGHS, value

    problem.solve(HiGHS(msg=False))
    assert value(problem.objective) == pytest.approx(498_677.29, abs=5e-3)
    assert "required(unskilled,1)" in problem.constraints


@pytest.mark.parametrize(
    ("table", "change", "says"),
    [
        ("skills", None, "a workforce plan needs the table skills"),
        ("skills", lambda t: t.drop(columns="wastage"), "the table skills has no column wastage"),
        ("skills", lambda t: t.assign(wastage=[0.1, 1.5, 0.0]), "skills, row semi-skilled: wastage must be between 0 and 1, got 1.5"),
        ("skills", lambda t: t.assign(people=[1.0, np.nan, 1.0]), "skills, row semi-skilled: people is missing"),
        ("skills", lambda t: t.iloc[:0], "a workforce plan needs at least 1 skill, got none"),
        ("required", lambda t: t.assign(people=-1.0), "required, row unskilled / 1: people must be 0 or more, got -1"),
        ("required", lambda t: t.assign(people=np.inf), "required, row unskilled / 1: people must be 0 or more, got inf"),
        ("required", lambda t: t.assign(skill="cook"), "required, row cook / 1 stands twice"),
        ("required", lambda t: t.iloc[:0], "a workforce plan needs at least 1 period, got none"),
        ("moves", lambda t: t.iloc[:1].assign(to_skill="cook"), "moves: there is no skill cook"),
        ("moves", lambda t: t.iloc[:1].assign(to_skill="unskilled"), "moves, row unskilled / unskilled: a move leads to another skill"),
        ("recruitment", lambda t: t.assign(maximum=["many", 1, 2]), "recruitment, row unskilled: maximum must be 0 or more, got 'many'"),
    ],
)  # fmt: skip
def test_bad_tables_are_refused(table, change, says):
    tables = williams()
    frame = tables.pop(table)
    if change:
        tables[table] = change(frame)
    with pytest.raises(InputError, match=f"^{says}$"):
        least_cost_workforce(tables)


def test_bad_settings_are_refused():
    with pytest.raises(InputError, match="the limit of overmanning must be 0 or more, got -1"):
        WorkforceSettings(max_overmanning=-1)


def test_inputs_are_not_changed():
    tables, before = williams(), williams()
    least_redundancy_workforce(tables, WILLIAMS)
    for name, frame in before.items():
        pd.testing.assert_frame_equal(tables[name], frame)
