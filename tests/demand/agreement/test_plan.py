"""From statistical forecast to consensus: splitting, rounding, events, overrides, inputs and steps."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop_xl.demand.agreement.consensus import blend_inputs, consensus, demand_steps, unmatched_inputs
from sop_xl.demand.agreement.overrides import apply_overrides
from sop_xl.demand.causes.events import apply_events
from sop_xl.demand.levels.hierarchy import disaggregate, round_to_total
from sop_xl.errors import InputError

AS_OF = date(2020, 2, 29)
MONTHS = pd.date_range("2020-03-01", periods=3, freq="MS")
ITEMS = pd.DataFrame({"item": ["A", "B", "C", "N"], "family": ["F", "F", "G", "G"]})
DEPARTMENTS = pd.DataFrame({"department": ["statistical", "sales", "finance"], "weight": [2.0, 1.0, np.nan]})


def plan(**quantities):
    names = {"A": ("web", "DE"), "A2": ("shop", "DE"), "B": ("web", "DE"), "C": ("web", "FR")}
    parts = [
        pd.DataFrame(
            {"item": name[0], "channel": names[name][0], "region": names[name][1], "period": MONTHS, "quantity": value}
        )
        for name, value in quantities.items()
    ]
    return pd.concat(parts, ignore_index=True).astype({"quantity": float})


USUAL = {"A": 10.0, "A2": 30.0, "B": 60.0, "C": 5.0}


def total(frame, period=0, **scope):
    rows = frame[frame["period"].eq(MONTHS[period])].merge(ITEMS, on="item")
    for field, value in scope.items():
        rows = rows[rows[field].eq(value)]
    return rows["quantity"].sum()


# --- hierarchy ------------------------------------------------------------------------------------------------------

amounts = st.lists(st.floats(0, 1e6, allow_subnormal=False), min_size=1, max_size=20)


@given(amounts, st.floats(0, 1e7, allow_subnormal=False))
def test_parts_sum_to_the_total_and_keep_their_order(base, target):
    got = disaggregate(target, base)
    assert got.sum() == pytest.approx(target, rel=1e-12, abs=1e-9)
    assert (got >= 0).all()
    assert (np.diff(got[np.argsort(base, kind="stable")]) >= -1e-9 * max(target, 1)).all()


@given(amounts, st.data())
def test_locked_parts_keep_their_value(base, data):
    locked = np.array(data.draw(st.lists(st.booleans(), min_size=len(base), max_size=len(base))))
    target = float(np.sum(base)) + 10
    got = disaggregate(target, base, locked=locked)
    assert (got[locked] == np.array(base)[locked]).all()
    if not locked.all():
        assert got.sum() == pytest.approx(target, rel=1e-9)


def test_groups_are_split_apart_and_locks_may_exceed_the_total():
    got = disaggregate([10, 30], [1, 1, 0, 0], group=[0, 0, 1, 1])
    assert got.tolist() == [5, 5, 15, 15]
    assert disaggregate(50, [80, 20], locked=[True, False]).tolist() == [80, 0]
    with pytest.raises(InputError, match="1 totals for 2 groups"):
        disaggregate([1], [1, 1], group=[0, 1])
    with pytest.raises(InputError, match="finite"):
        disaggregate(np.nan, [1])


@given(st.lists(st.floats(0, 1e5), min_size=1, max_size=40), st.integers(1, 4))
def test_rounding_keeps_totals_and_moves_less_than_one(values, groups):
    group = np.arange(len(values)) % groups
    got = round_to_total(values, group)
    assert (got == np.round(got)).all()
    assert (np.abs(got - values) < 1 + 1e-6).all()
    for g in range(min(groups, len(values))):
        assert abs(got[group == g].sum() - np.asarray(values)[group == g].sum()) <= 0.5 + 1e-6


def test_largest_remainders_with_hare_s_quota():
    # the usual textbook election: 100,000 votes, 10 seats
    votes = np.array([47_000, 16_000, 15_800, 12_000, 6_100, 3_100])
    assert round_to_total(votes / 10_000).tolist() == [5, 2, 1, 1, 1, 0]


def test_rounding_nothing_or_nonsense():
    assert round_to_total([]).tolist() == []
    with pytest.raises(InputError, match="finite"):
        round_to_total([np.inf])


# --- events ---------------------------------------------------------------------------------------------------------


def event(**fields):
    usual = {"event": "E", "item": "", "family": "", "channel": "", "region": "", "uplift": 0.2, "dip": 0.0}
    return usual | {"start": MONTHS[0], "end": MONTHS[0] + pd.offsets.MonthEnd(0)} | fields


def test_event_covers_its_share_of_each_month_then_dips():
    promo = event(start=pd.Timestamp("2020-03-17"), end=pd.Timestamp("2020-04-15"), uplift=0.31, dip=-0.1, item="C")
    got = apply_events(plan(**USUAL), pd.DataFrame([promo]), ITEMS)
    assert got[got["item"].eq("C")]["quantity"].tolist() == pytest.approx([5 * 1.15, 5 * 1.155, 5 * 0.9])
    assert total(got, item="B") == 60


def test_events_multiply_and_blank_means_all_or_none():
    events = pd.DataFrame([event(), event(family="F", uplift=0.5), event(uplift=np.nan, dip=np.nan)])
    got = apply_events(plan(**USUAL), events, ITEMS)
    assert total(got, family="F") == pytest.approx(100 * 1.8)
    assert total(got, family="G") == pytest.approx(6)
    assert total(got, period=1) == 105


def test_events_that_cannot_be():
    with pytest.raises(InputError, match="'E' must start"):
        apply_events(plan(**USUAL), pd.DataFrame([event(end=pd.Timestamp("2020-01-01"))]), ITEMS)
    with pytest.raises(InputError, match="uplift of event 'E' must be -1 or more, got -2"):
        apply_events(plan(**USUAL), pd.DataFrame([event(uplift=-2)]), ITEMS)


# --- overrides ------------------------------------------------------------------------------------------------------


def override(name, kind, value, **fields):
    usual = {"item": "", "family": "", "channel": "", "region": "", "first_period": MONTHS[0], "last_period": pd.NaT}
    usual |= {"entered": pd.NaT, "expires": pd.NaT, "locked": False}
    return {"override": name, "kind": kind, "value": value} | usual | fields


def applied(*rows, base=None):
    return apply_overrides(plan(**(base or USUAL)), pd.DataFrame(list(rows)), ITEMS, AS_OF, MONTHS)


def test_absolute_is_split_by_present_values_each_month():
    got, effects = applied(override("1", "absolute", 200, family="F", last_period=MONTHS[1]))
    assert total(got, family="F") == total(got, 1, family="F") == pytest.approx(200)
    assert total(got, 2, family="F") == 100
    assert total(got, item="A", channel="web") == pytest.approx(20)
    assert effects.to_dict("records")[0] | {"says": ""} == {
        "override": "1", "status": "applied", "rows": 6.0, "before": 200.0, "after": pytest.approx(400.0), "says": "",
    }  # fmt: skip


def test_units_and_percent():
    got, _ = applied(override("1", "units", 20, item="A"), override("2", "percent", -0.5, item="C"))
    assert total(got, item="A") == pytest.approx(60)
    assert total(got, item="A", channel="shop") == pytest.approx(45)
    assert total(got, item="C") == pytest.approx(2.5)
    assert (applied(override("1", "units", -999))[0]["quantity"] >= 0).all()


def test_broad_comes_before_narrow_whatever_the_order_of_rows():
    broad, narrow = override("b", "absolute", 500), override("n", "absolute", 7, item="C")
    one, effects = applied(narrow, broad)
    two, _ = applied(broad, narrow)
    pd.testing.assert_frame_equal(one, two)
    assert total(one, item="C") == 7
    assert effects["override"].tolist() == ["n", "b"]


def test_newer_wins_at_the_same_level():
    old = override("z", "absolute", 8, item="C", entered=pd.Timestamp("2020-01-05"))
    new = override("a", "absolute", 9, item="C", entered=pd.Timestamp("2020-02-05"))
    assert total(applied(new, old)[0], item="C") == 9


def test_a_lock_protects_from_broader_changes_and_totals_hold_around_it():
    lock = override("lock", "absolute", 40, item="B", locked=True)
    got, effects = applied(override("fam", "absolute", 200, family="F"), override("up", "percent", 1.0), lock)
    assert total(got, item="B") == 40
    assert total(got, item="A") == pytest.approx(160)  # everything doubled first, then the family's total was kept
    assert "locked cells were left alone" in effects.set_index("override").loc["fam", "says"]


def test_expired_outside_and_unmatched_change_nothing():
    got, effects = applied(
        override("e", "percent", 1, expires=pd.Timestamp("2020-02-28")),
        override("o", "percent", 1, first_period=pd.Timestamp("2021-03-01")),
        override("p", "percent", 1, first_period=pd.Timestamp("2019-03-01")),
        override("m", "percent", 1, item="nobody"),
        override("l", "percent", 1, expires=pd.Timestamp("2020-02-29")),
        override("ok", "percent", 0, expires=pd.Timestamp("2020-03-01")),
    )
    assert effects["status"].tolist() == [
        "expired", "outside the horizon", "outside the horizon", "nothing matched", "expired", "applied",
    ]  # fmt: skip
    assert (got["quantity"] == applied(override("x", "percent", 0))[0]["quantity"]).all()


def test_zero_children_share_equally_and_a_new_listing_starts():
    got, effects = applied(
        override("z", "absolute", 30, family="F"),
        override("n", "absolute", 12, item="N", channel="web", region="FR", last_period=MONTHS[1]),
        base={"A": 0.0, "A2": 0.0, "B": 0.0},
    )
    assert total(got, item="B") == total(got, item="A", channel="web") == pytest.approx(10)
    assert got[got["item"].eq("N")]["quantity"].tolist() == [12, 12, 0]
    assert effects["status"].tolist() == ["applied", "applied"]


def test_no_overrides_leave_the_plan():
    none = pd.DataFrame([override("x", "percent", 0)]).iloc[:0]
    got, effects = apply_overrides(plan(**USUAL), none, ITEMS, AS_OF, MONTHS)
    assert total(got) == 105
    assert list(effects.columns) == ["override", "status", "rows", "before", "after", "says"]
    assert effects.empty


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (override("7", "double", 1), "override 7: kind must be absolute, units or percent, got double"),
        (override("7", "units", np.nan), "override 7: value must be a finite number"),
        (override("7", "absolute", -1), "override 7: value must not be negative"),
        (override("7", "units", 1, first_period=pd.NaT), "override 7: first_period must be given"),
    ],
)
def test_bad_overrides(row, says):
    with pytest.raises(InputError, match=says):
        applied(row)


def test_a_plan_that_says_a_cell_twice_or_nothing_is_refused():
    with pytest.raises(InputError, match="two rows for C, web, FR"):
        consensus(pd.concat([plan(C=1.0), plan(C=2.0)]), ITEMS)
    with pytest.raises(InputError, match="no finite quantity"):
        consensus(plan(C=np.nan), ITEMS)
    with pytest.raises(InputError, match="lacks the columns region"):
        consensus(plan(C=1.0).drop(columns="region"), ITEMS)


# --- consensus ------------------------------------------------------------------------------------------------------


def given_input(department, quantity, **scope):
    usual = {"item": "", "family": "", "channel": "", "region": "", "period": MONTHS[0]}
    return {"department": department, "quantity": quantity} | usual | scope


def blended(*rows, departments=DEPARTMENTS):
    return blend_inputs(plan(**USUAL), pd.DataFrame(list(rows)), departments, ITEMS)


def test_weighted_mean_of_those_who_submitted():
    got = blended(given_input("sales", 160, family="F"), given_input("finance", np.nan, family="F"))
    assert total(got, family="F") == pytest.approx((2 * 100 + 160) / 3)
    assert total(got, item="A", channel="web") == pytest.approx(12)
    assert total(got, 1, family="F") == 100
    assert total(got, family="G") == 5
    both = blended(given_input("sales", 160, family="F"), given_input("finance", 40, family="F"))
    assert total(both, family="F") == pytest.approx((200 + 160 + 40) / 4)


def test_narrow_inputs_refine_broad_ones():
    got = blended(given_input("sales", 60, item="C"), given_input("sales", 315))
    assert total(got, item="C") == pytest.approx((2 * 5 * 175 / 105 + 60) / 3)
    assert total(got, family="F") == pytest.approx(100 * 175 / 105)


def test_statistical_without_weight_leaves_it_to_the_others():
    zero = DEPARTMENTS.assign(weight=[0.0, 1.0, 1.0])
    assert total(blended(given_input("sales", 42, item="C"), departments=zero), item="C") == pytest.approx(42)


def test_inputs_that_match_nothing_are_told_and_new_listings_start():
    lost = given_input("sales", 9, region="IT")
    new = given_input("sales", 9, item="N", channel="web", region="FR")
    rows = pd.DataFrame([lost, new, given_input("finance", 1)])
    assert unmatched_inputs(plan(**USUAL), rows, ITEMS)["region"].tolist() == ["IT"]
    assert total(blended(lost, new), item="N") == pytest.approx(3)


def test_nothing_submitted_leaves_the_plan():
    none = pd.DataFrame([given_input("sales", 1)]).iloc[:0]
    pd.testing.assert_frame_equal(
        blend_inputs(plan(**USUAL), none, DEPARTMENTS, ITEMS), blended(given_input("sales", np.nan))
    )
    assert total(blend_inputs(plan(**USUAL), none, DEPARTMENTS.iloc[:0], ITEMS)) == 105
    assert unmatched_inputs(plan(**USUAL), none, ITEMS).empty
    assert total(apply_events(plan(**USUAL), pd.DataFrame([event()]).iloc[:0], ITEMS)) == 105


def test_bad_inputs():
    with pytest.raises(InputError, match="'legal' gave an input"):
        blended(given_input("legal", 1))
    with pytest.raises(InputError, match="sales must be 0 or more units, got -1"):
        blended(given_input("sales", -1))
    with pytest.raises(InputError, match="weight of sales"):
        blended(given_input("sales", 1), departments=DEPARTMENTS.assign(weight=[1, -1, 1.0]))


def test_consensus_is_whole_and_adds_up_by_family_and_month():
    got = consensus(plan(A=1.4, A2=1.4, B=1.3, C=2.5), ITEMS)
    assert (got["quantity"] % 1 == 0).all()
    assert total(got, family="F") == 4
    assert total(got, family="G") == 3
    pd.testing.assert_frame_equal(got, consensus(plan(C=2.5, B=1.3, A2=1.4, A=1.4).iloc[::-1], ITEMS))


def test_steps_by_family_and_total():
    first, last = plan(**USUAL), consensus(plan(**USUAL), ITEMS)
    got = demand_steps({"consensus": last, "statistical": first}, ITEMS)
    assert list(got.columns) == ["family", "step", "period", "quantity"]
    assert got["step"].drop_duplicates().tolist() == ["statistical", "consensus"]
    assert got["family"].drop_duplicates().tolist() == ["F", "G", "Total"]
    sums = got.groupby(["family", "step"])["quantity"].sum()
    assert sums["Total", "statistical"] == sums["F", "statistical"] + sums["G", "statistical"] == 315
    with pytest.raises(InputError, match="no step 'guess'"):
        demand_steps({"guess": first}, ITEMS)
    with pytest.raises(InputError, match="at least one step"):
        demand_steps({}, ITEMS)
