"""People who run a resource: hired, laid off, paid by the month or by the hour, with the working days of each month."""

import pandas as pd
import pytest

from sop_xl.errors import InputError
from sop_xl.supply.plan import balance
from sop_xl.supply.settings import PlanSettings


@pytest.fixture
def team(tables, across, months):
    """A worker who makes 1 unit an hour, 160 h in the first month and 80 h in the second; 160 and 100 are wanted."""
    periods = months(2)
    told = tables(
        items=[("A", "", 0.0, 10_000.0)],
        locations=[("P", float("nan"))],
        sources=[{"item": "A", "location": "P", "kind": "make"}],
        routings=[("A", "team", 1.0)],
        resources=[("team", "P", 0.0, 0.0)],
        capacity=across(periods, "team", "worker", values=[160.0, 80.0]),
        demand=across(periods, "A", "P", values=[160.0, 100.0]),
    )
    people = {"resource": "team", "workers": 1.0, "hours_per_worker": 160.0, "hiring_cost": 500.0, "layoff_cost": 300.0}
    people |= {"hourly_wage": 10.0, "overtime_hours_per_worker": 0.0}
    return {**told, "workforce": pd.DataFrame([people])}


def test_hours_and_pay_follow_the_working_days(team):
    """20 units are missing: 1/12 of a worker from the first month, 240 h for 500 + 2,400; later or laid off is dearer."""
    plan = balance(team, settings=PlanSettings(frozen_months=0))
    assert plan.shortages.empty
    assert plan.solution.workers[0].tolist() == pytest.approx([13 / 12, 13 / 12])
    assert plan.costs["people"] == pytest.approx(2400 + 2900 / 12)


def test_without_hours_of_the_month_a_worker_has_the_usual_ones(team):
    tables = {**team, "capacity": team["capacity"].iloc[:1], "workforce": team["workforce"].assign(layoff_cost=5000.0)}
    plan = balance(tables, settings=PlanSettings(frozen_months=0))
    assert plan.solution.workers[0].tolist() == pytest.approx([1.0, 1.0])
    assert plan.costs["people"] == pytest.approx(3200)


def test_hours_of_a_worker_are_refused_where_no_people_are(team):
    regular = team["capacity"].assign(measure="regular")
    tables = {**team, "workforce": team["workforce"].iloc[:0], "capacity": pd.concat([team["capacity"], regular])}
    with pytest.raises(InputError, match="there is no resource that people run 'team'"):
        balance(tables)


@pytest.mark.parametrize(
    ("lots", "least", "most", "says"),
    [
        ("after", 3.0, 2.0, "workforce, row team: no number of people is at least 3 and at most 2"),
        ("exact", 7.6, 7.6, "workforce, row team: no whole number of people is at least 7.6 and at most 7.6"),
    ],
)
def test_numbers_of_people_that_contradict_each_other_are_refused(team, lots, least, most, says):
    people = team["workforce"].assign(minimum=least, maximum=most)
    with pytest.raises(InputError, match=says):
        balance({**team, "workforce": people}, settings=PlanSettings(lots=lots))
