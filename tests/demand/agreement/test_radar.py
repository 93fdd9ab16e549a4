"""Overrides against the plan they were typed against, re-basing, and how past changes fared."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_xl.demand.agreement import radar
from sop_xl.demand.agreement.overrides import overridden
from sop_xl.errors import InputError

AS_OF = pd.Timestamp("2020-02-29")
MONTHS = pd.date_range("2020-03-01", periods=3, freq="MS")
ITEMS = pd.DataFrame({"item": ["A", "B", "C"], "family": ["F", "F", "G"]})
SERIES = [(i, c, r) for i in "ABC" for c in ("web", "shop") for r in ("DE", "FR")]

units = st.floats(1.0, 1e5)
plans = st.lists(st.floats(0.5, 1000.0), min_size=36, max_size=36)


def plan(values):
    keys = pd.DataFrame(SERIES, columns=["item", "channel", "region"]).merge(
        pd.DataFrame({"period": MONTHS}), how="cross"
    )
    return keys.assign(quantity=np.asarray(values, dtype=float))


def override(kind, value, **more):
    usual = {"override": "O", "item": "", "family": "", "channel": "", "region": "", "kind": kind, "value": value}
    usual |= {"first_period": MONTHS[0], "last_period": MONTHS[2], "owner": "Ann", "reason": "Tender"}
    return pd.DataFrame([usual | {"expires": pd.NaT, "locked": False, "entered": pd.NaT, "note": ""} | more])


@st.composite
def typed(draw):
    """An override at any level and over any months."""
    scope = {
        "item": draw(st.sampled_from(["", "A", "C"])),
        "channel": draw(st.sampled_from(["", "web"])),
        "region": draw(st.sampled_from(["", "FR"])),
    }
    if not scope["item"]:
        scope["family"] = draw(st.sampled_from(["", "F", "G"]))
    first, last = sorted(draw(st.tuples(st.integers(0, 2), st.integers(0, 2))))
    kind = draw(st.sampled_from(["absolute", "units", "percent"]))
    value = draw(st.floats(-0.9, 3.0) if kind == "percent" else st.floats(0.0, 500.0))
    locked = draw(st.booleans())
    return override(kind, value, first_period=MONTHS[first], last_period=MONTHS[last], locked=locked, **scope)


@settings(deadline=None, max_examples=60)
@given(typed(), plans, plans)
def test_an_override_survives_a_re_forecast_and_the_plan_obeys_it(rows, one, other):
    before = rows.copy(deep=True)
    for values in (one, other):
        base = plan(values)
        done = overridden(base, rows, ITEMS, AS_OF, MONTHS)
        pd.testing.assert_frame_equal(rows, before, check_exact=True)
        row = rows.iloc[0]
        scopes = done.scopes.set_index("period")
        named = done.plan.merge(ITEMS, on="item")
        inside = named["period"].between(row["first_period"], row["last_period"])
        for field in ("item", "family", "channel", "region"):
            inside &= (named[field] == row[field]) | (row[field] == "")
        got = named[inside].groupby("period")["quantity"].sum()
        assert scopes["after"].to_dict() == pytest.approx(got.to_dict())
        asked = radar.wanted(row["kind"], row["value"], scopes["before"])
        assert got.to_numpy() == pytest.approx(asked, rel=1e-9, abs=1e-6)
        outside = ~inside.to_numpy()
        assert named.loc[outside, "quantity"].to_numpy() == pytest.approx(
            base.sort_values(["item", "channel", "region", "period"])["quantity"].to_numpy()[outside]
        )


def test_cells_a_lock_protects_count_in_the_scope_of_others():
    rows = pd.concat(
        [override("absolute", 100.0, override="L", item="A", locked=True), override("absolute", 400.0, family="F")]
    )
    done = overridden(plan([10.0] * 36), rows, ITEMS, AS_OF, MONTHS)
    family = done.scopes[done.scopes["override"].eq("O")]
    assert family["before"].tolist() == [140.0] * 3
    assert family["after"].tolist() == pytest.approx([400.0] * 3)


@given(st.sampled_from(["units", "absolute"]), units, units, units)
def test_a_re_based_value_is_the_same_share_of_the_plan(kind, value, against, now):
    got = radar.rebased(kind, value, against, now)
    share = abs(got / now - value / against)
    assert share <= 0.51 / now if float(value).is_integer() else share <= 0.006 / now


@given(st.floats(0.01, 5), units, st.floats(0.2, 5.0))
def test_the_move_does_not_ask_in_which_units_the_plan_is(value, against, factor):
    one = radar.compared("percent", value, [against, against], [against * factor] * 2)
    two = radar.compared("percent", value, [1.0, 1.0], [factor, factor])
    assert one.share == pytest.approx(two.share, abs=1e-9)
    assert one.share == pytest.approx(factor - 1, abs=1e-9)


@pytest.mark.parametrize(
    ("kind", "value", "now", "moved", "agrees"),
    [
        ("percent", 0.2, 109.9, False, False),
        ("percent", 0.2, 110.1, True, False),
        ("percent", 0.2, 116.1, True, True),
        ("percent", 0.2, 125.0, True, False),
        ("percent", -0.2, 82.0, True, True),
        ("units", 5.0, 104.5, False, True),
        ("absolute", 150.0, 60.0, True, False),
        ("absolute", 150.0, 155.0, True, True),
        ("absolute", 100.0, 100.0, False, True),
    ],
)
def test_what_moved_and_what_agrees(kind, value, now, moved, agrees):
    move = radar.compared(kind, value, [100.0], [now])
    assert (move.moved, move.agrees) == (moved, agrees)


def test_from_a_plan_of_nothing():
    move = radar.compared("absolute", 20.0, [0.0], [0.0])
    assert (move.share, move.moved, move.agrees) == (0.0, False, False)
    move = radar.compared("absolute", 20.0, [0.0], [5.0])
    assert np.isnan(move.share)
    assert move.moved
    with pytest.raises(InputError, match="a plan of 0 units"):
        radar.rebased("units", 5.0, 0.0, 10.0)
    with pytest.raises(InputError, match="absolute, units or percent, got 'share'"):
        radar.wanted("share", 0.1, [1.0])


def test_a_whole_value_stays_whole_and_a_small_one_does_not_vanish():
    assert radar.rebased("units", 40.0, 100.0, 133.0) == 53.0
    assert radar.rebased("units", -40.0, 100.0, 133.0) == -53.0
    assert radar.rebased("units", 10.0, 100.0, 1.0) == 0.1
    assert radar.rebased("units", 3.0, 9.0, 10.0) == 3.33


def made(owner, reason, before, after, actual, count):
    period = pd.date_range("2019-01-01", periods=count, freq="MS")
    given = {"before": float(before), "after": float(after), "actual": float(actual)}
    return pd.DataFrame({"owner": owner, "reason": reason, "period": period, **given})


class TestRecords:
    def test_a_hand_computed_one(self):
        # |100 - 90| = 10 before, |100 - 115| = 15 after: 5 of 100 sold lost
        told = radar.records(made("Ann", "Promotion", 90, 115, 100, 8), "Ann", "Promotion", up=True)
        assert [r.says for r in told] == ["Ann's last 8 upward changes for Promotion cost 5.0 pp"]
        assert told[0].fva == pytest.approx(-0.05)

    def test_the_latest_twelve_count(self):
        old, new = made("Ann", "Tender", 90, 300, 100, 8), made("Ann", "Tender", 90, 100, 100, 12)
        new["period"] += pd.DateOffset(years=1)
        (record,) = radar.records(pd.concat([new, old]), "Ann", "Tender", up=True)
        assert (record.changes, record.fva) == (12, pytest.approx(0.1))

    def test_wider_sets_where_the_narrow_one_has_too_few(self):
        decisions = pd.concat(
            [made("Ann", "Tender", 90, 110, 100, 3), made("Ann", "Tender", 90, 80, 70, 2),
             made("Bo", "Tender", 90, 130, 100, 5)]
        )  # fmt: skip
        says = [r.says for r in radar.records(decisions, "Ann", "Tender", up=True)]
        assert says[0].startswith("Ann's last 5 changes for Tender ")
        assert says[1].startswith("everybody's last 8 upward changes for Tender cost ")
        says = [r.says for r in radar.records(decisions, "Ann", "Price change", up=False)]
        assert says == ["Ann's last 5 changes gained 4.5 pp"]

    def test_few_and_none_are_not_told(self):
        few = made("Ann", "Tender", 90, 110, 100, 3)
        assert radar.records(few, "Ann", "Tender", up=True) == ()
        assert radar.records(few.iloc[:0], "Ann", "Tender", up=True) == ()
        assert (radar.counted(few, "Ann"), radar.counted(few, "Bo"), radar.counted(few.iloc[:0], "Ann")) == (3, 0, 0)

    def test_changes_that_changed_nothing_do_not_count(self):
        assert radar.records(made("Ann", "Tender", 90, 90, 100, 8), "Ann", "Tender", up=True) == ()
