"""An approved plan is locked, a change of it is found and named, and reopened it becomes a new version."""

import company
import pandas as pd
import pytest

from sop_xl.cycle import sign, signed
from sop_xl.cycle.run import run
from sop_xl.cycle.versions import fingerprint
from sop_xl.errors import PlanningError

SIGNED = {"VP Sales": "S", "VP Operations": "O", "CFO": "F", "General manager": "G"}


@pytest.fixture
def approved(planned):
    """The small company with its plan signed by every role and frozen."""
    sign.sign(planned, SIGNED, now=company.NOW)
    run(planned, ["executive_sop"], now=company.NOW)
    return planned


def context(book):
    return sign.open_desk(book, now=company.NOW, user="ann").context


def test_a_signed_plan_is_whole(approved):
    assert signed.altered(approved.frames) == []
    assert signed.drift(approved.frames, context(approved)).empty
    assert signed.said(approved.frames, context(approved)) == []


def test_an_approved_plan_is_locked_until_it_is_reopened(approved):
    approved.frames["overrides"].loc[0, "value"] = 0.9
    before, approved.writes = dict(approved.frames), 0
    with pytest.raises(
        PlanningError, match=r"plan 2026-07 v1 is approved, and this would change \d+ of its numbers: .* of "
    ):
        run(approved, now=company.NOW)
    assert approved.writes == 0
    assert all(approved.frames[name] is frame for name, frame in before.items())
    frozen = approved.frames["approved_plan"].copy()

    said = sign.reopen_book(approved, "tender won", now=company.NOW, user="ann")
    assert said.startswith("plan 2026-07 v1 is reopened (R1 on sheet Decisions)")
    decision = approved.frames["decisions"].set_index("decision").loc["R1"]
    assert (decision["decided"], decision["who"], decision["status"]) == ("Reopened: tender won", "ann", "closed")

    run(approved, now=company.NOW)
    pd.testing.assert_frame_equal(approved.frames["approved_plan"], frozen)
    assert list(approved.frames["versions"]["status"]) == ["reopened", "draft"]
    asked = approved.frames["approvals"].groupby("version")["status"].agg(set).to_dict()
    assert asked == {"2026-07 v1": {"approved"}, "2026-07 v2": {"asked"}}
    assert set(approved.frames["snapshots"]["status"]) == {"draft"}

    sign.sign(approved, SIGNED, now=company.NOW)
    run(approved, ["executive_sop", "execution"], now=company.NOW)
    assert list(approved.frames["versions"]["status"]) == ["reopened", "approved"]
    assert sorted(approved.frames["approved_plan"]["version"].unique()) == ["2026-07 v1", "2026-07 v2"]
    assert signed.altered(approved.frames) == []


def test_a_plan_reopened_and_left_as_it_is_is_a_new_version_too(approved):
    sign.reopen_book(approved, "to be talked about again", now=company.NOW)
    run(approved, ["executive_sop"], now=company.NOW)
    assert list(approved.frames["versions"]["version"]) == ["2026-07 v1", "2026-07 v2"]
    assert approved.frames["versions"]["hash"].nunique() == 1


def test_a_run_that_changes_nothing_of_the_plan_may_run(approved):
    run(approved, now=company.NOW)
    assert list(approved.frames["versions"]["status"]) == ["approved"]


@pytest.mark.parametrize("measure", ["demand", "stock", "orders"])
def test_a_changed_number_of_an_approved_plan_is_named(approved, measure):
    plan = approved.frames["approved_plan"]
    row = plan.index[plan["measure"].eq(measure)][3]
    plan.loc[row, "quantity"] += 1
    where = plan.loc[row]
    (said,) = signed.altered(approved.frames)
    assert said.startswith(f"2026-07 v1: {measure} of {where['item']} at {where['location']}")
    assert said.endswith(f"in {where['period']:%Y-%m} is {where['quantity']:,.10g} now")
    with pytest.raises(PlanningError, match="was changed after it was signed: 2026-07 v1: "):
        run(approved, ["executive_sop"], now=company.NOW)


def test_a_row_added_to_an_approved_plan_or_taken_out_is_named(approved):
    plan = approved.frames["approved_plan"]
    more = plan[plan["measure"].eq("stock")].head(1).assign(item="NEW", seal="")
    approved.frames["approved_plan"] = pd.concat([plan, more], ignore_index=True)
    assert signed.altered(approved.frames) == ["2026-07 v1: stock of NEW at PLANT was not part of it"]
    gone = plan[plan["item"].ne(plan["item"].iloc[0])]
    approved.frames["approved_plan"] = gone.reset_index(drop=True)
    assert signed.altered(approved.frames) == ["2026-07 v1: rows were taken out of it"]


def test_an_approved_number_typed_over_on_the_sheets_is_named(approved):
    approved.frames["consensus"].loc[0, "quantity"] += 40
    (said,) = signed.said(approved.frames, context(approved))
    item = approved.frames["consensus"].loc[0, "item"]
    assert said.startswith(f"the sheets are not approved plan 2026-07 v1 in 1 number: demand of {item}")


def test_reopening_needs_an_approved_plan_and_a_reason(planned):
    with pytest.raises(PlanningError, match="no plan of cycle 2026-07 is approved, so there is none to reopen"):
        sign.reopen_book(planned, "why not", now=company.NOW)
    sign.sign(planned, SIGNED, now=company.NOW)
    run(planned, ["executive_sop"], now=company.NOW)
    before = {n: fingerprint(f) for n, f in planned.frames.items()}
    with pytest.raises(PlanningError, match="say why plan 2026-07 v1 is reopened"):
        sign.reopen_book(planned, "  ", now=company.NOW)
    assert before == {n: fingerprint(f) for n, f in planned.frames.items()}


def test_seals_are_the_same_in_any_order(approved):
    plan = approved.frames["approved_plan"].drop(columns="version")
    mixed = plan.drop(columns="seal").sample(frac=1.0, random_state=7)
    again = signed.sealed(mixed).sort_index()
    assert again["seal"].tolist() == plan["seal"].tolist()


def test_an_approved_plan_takes_no_more_signatures(approved):
    with pytest.raises(PlanningError, match="plan 2026-07 v1 is approved and no longer open to signatures; reopen it"):
        sign.sign(approved, {"CFO": "F"}, approve=False, now=company.NOW)
