"""What an override did to every cell, and its split where there is nothing to go by."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from sop_xl.demand.agreement.overrides import CHANGES, apply_overrides, overridden

AS_OF = date(2020, 2, 29)
MONTHS = pd.date_range("2020-03-01", periods=2, freq="MS")
ITEMS = pd.DataFrame({"item": ["A", "B"], "family": ["F", "F"]})


def plan(a, b, months=MONTHS):
    frames = [
        pd.DataFrame({"item": item, "channel": "web", "region": "DE", "period": months, "quantity": float(value)})
        for item, value in (("A", a), ("B", b))
    ]
    return pd.concat(frames, ignore_index=True)


def override(name, kind, value, **more):
    usual = {"override": name, "item": "", "first_period": MONTHS[0], "kind": kind, "value": float(value)}
    return usual | {"owner": "Ann", "reason": "Tender"} | more


def run(base, *rows, **more):
    return overridden(base, pd.DataFrame(list(rows)), ITEMS, AS_OF, MONTHS, **more)


def test_changes_lead_cell_by_cell_from_the_plan_before_to_the_plan_after():
    done = run(plan(10, 30), override("wide", "absolute", 80), override("narrow", "units", -5, item="B", owner="Bo"))
    assert list(done.changes.columns) == list(CHANGES)
    assert done.changes[["override", "owner", "item", "before", "after"]].to_numpy().tolist() == [
        ["wide", "Ann", "A", 10, 20],
        ["wide", "Ann", "B", 30, 60],
        ["narrow", "Bo", "B", 60, 55],
    ]
    moved = done.changes.assign(change=done.changes["after"] - done.changes["before"])
    by_cell = moved.groupby(["item", "period"])["change"].sum()
    steps = done.plan.set_index(["item", "period"])["quantity"] - plan(10, 30).set_index(["item", "period"])["quantity"]
    assert by_cell.to_dict() == pytest.approx(steps[steps != 0].to_dict())


def test_apply_overrides_is_the_same_plan():
    rows = pd.DataFrame(
        [override("1", "percent", 0.5), override("2", "percent", 9, expires=pd.Timestamp("2020-01-31"))]
    )
    done = overridden(plan(10, 30), rows, ITEMS, AS_OF, MONTHS)
    got, effects = apply_overrides(plan(10, 30), rows, ITEMS, AS_OF, MONTHS)
    pd.testing.assert_frame_equal(got, done.plan)
    pd.testing.assert_frame_equal(effects, done.effects)
    assert done.changes["override"].unique().tolist() == ["1"]


def test_nothing_done_is_no_change():
    done = run(plan(10, 30), override("1", "percent", 0.5, item="nobody"))
    assert done.changes.empty
    assert list(done.changes.columns) == list(CHANGES)


def test_cells_of_zero_are_split_as_a_year_ago():
    history = plan(30, 10, months=MONTHS - pd.DateOffset(years=1))
    done = run(plan(0, 0), override("1", "absolute", 80), last_year=history)
    assert done.plan.loc[done.plan["period"].eq(MONTHS[0]), "quantity"].tolist() == [60, 20]
    equal = run(plan(0, 0), override("1", "absolute", 80))
    assert equal.plan.loc[equal.plan["period"].eq(MONTHS[0]), "quantity"].tolist() == [40, 40]
    present = run(plan(10, 30), override("1", "absolute", 80), last_year=history)
    assert present.plan.loc[present.plan["period"].eq(MONTHS[0]), "quantity"].tolist() == [20, 60]
