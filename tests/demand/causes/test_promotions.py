"""Promotions: effects measured, removed and put on again; sisters pay; elasticities are drawn to the family."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_xl.demand.causes.elasticity import USUAL, price_elasticity
from sop_xl.demand.causes.event_baseline import expected
from sop_xl.demand.causes.event_effects import EFFECTS
from sop_xl.demand.causes.events import apply_events
from sop_xl.demand.causes.promotions import (
    apply_with_sisters,
    baseline_without_promotions,
    effects,
    measured,
    sister_shares,
    with_suggestions,
)
from sop_xl.errors import InputError

MONTHS = pd.date_range("2018-01-01", periods=36, freq="MS")
ITEMS = pd.DataFrame({"item": ["A", "B", "C", "D"], "family": ["F", "F", "F", "G"]})
KEYS = ["item", "channel", "region"]


def history(noise=0.0, seed=0, **levels):
    levels = levels or {"A": 100.0, "B": 60.0, "C": 40.0, "D": 80.0}
    rng = np.random.default_rng(seed)
    parts = [
        pd.DataFrame(
            {
                "item": item,
                "channel": channel,
                "region": "",
                "period": MONTHS,
                "quantity": share * level * np.exp(rng.normal(0, noise, len(MONTHS))),
            }
        )
        for item, level in levels.items()
        for channel, share in (("web", 0.25), ("shop", 0.75))
    ]
    return pd.concat(parts, ignore_index=True)


def event(name="E", first=24, months=1, **fields):
    usual = {"event": name, "kind": "promotion", "item": "", "family": "", "channel": "", "region": ""}
    dates = {"start": MONTHS[first], "end": MONTHS[first + months - 1] + pd.offsets.MonthEnd(0)}
    return usual | dates | {"uplift": np.nan, "dip": np.nan} | fields


def table(*rows):
    return pd.DataFrame(list(rows))


def lived(truth, base=None):
    """History as the events made it."""
    return apply_events(history() if base is None else base, truth, ITEMS)


def blank(events):
    return events.assign(uplift=np.nan, dip=np.nan)


# --- measuring ------------------------------------------------------------------------------------------------------


def test_uplift_and_dip_are_measured_back():
    truth = table(event(item="A", uplift=0.5, dip=-0.2))
    got = effects(lived(truth), blank(truth), ITEMS)
    assert tuple(got.columns) == EFFECTS
    row = got.iloc[0]
    assert row["uplift"] == pytest.approx(0.5)
    assert row["dip"] == pytest.approx(-0.2)
    assert (row["baseline"], row["actual"]) == (pytest.approx(100), pytest.approx(150))
    assert (row["first_month"], row["last_month"], row["months"]) == ("2020-01", "2020-01", 1)
    assert np.isnan(row["planned_uplift"])
    assert row["says"] == "E sold 50 % over its baseline of 100 units, and 20 % less the month after."


def test_part_of_a_month_counts_for_its_days():
    truth = table(event(item="A", start=pd.Timestamp("2020-01-17"), end=pd.Timestamp("2020-02-10"), uplift=0.4))
    row = effects(lived(truth), blank(truth), ITEMS).iloc[0]
    assert row["uplift"] == pytest.approx(0.4)
    assert row["months"] == 2


def test_overlapping_events_are_told_apart():
    truth = table(event("one", item="A", months=3, uplift=0.3), event("two", 25, item="A", channel="web", uplift=0.6))
    got = effects(lived(truth), blank(truth), ITEMS).set_index("event")["uplift"]
    assert got["one"] == pytest.approx(0.3, abs=0.06)
    assert got["two"] == pytest.approx(0.6, abs=0.25)


def test_events_alike_in_all_their_months_share_the_effect():
    truth = table(event("one", item="A", uplift=0.5))
    twice = pd.concat([blank(truth), blank(truth).assign(event="two")], ignore_index=True)
    assert effects(lived(truth), twice, ITEMS)["uplift"].tolist() == pytest.approx([0.25, 0.25])


@pytest.mark.parametrize("field", [{"family": "F"}, {"channel": "web"}, {}])
def test_any_scope_is_measured(field):
    truth = table(event(uplift=0.25, **field))
    assert effects(lived(truth), blank(truth), ITEMS)["uplift"].item() == pytest.approx(0.25)


def test_season_and_growth_are_not_an_uplift():
    base = history(noise=0.02, A=100.0, D=80.0)
    month = base["period"].dt.month
    age = (base["period"].dt.year - 2018) * 12 + month
    base["quantity"] *= (1 + 0.4 * np.sin(month * np.pi / 6)) * 1.01**age
    truth = table(event(item="A", first=26, uplift=0.5))
    row = effects(lived(truth, base), blank(truth), ITEMS).iloc[0]
    assert row["uplift"] == pytest.approx(0.5, abs=0.08)
    assert row["error"] < 0.1


def test_noise_is_called_noise_and_its_error_holds():
    inside, clear = 0, 0
    for seed in range(40):
        truth = table(event(item="A", uplift=0.0))
        row = effects(lived(truth, history(noise=0.15, seed=seed)), blank(truth), ITEMS).iloc[0]
        inside += abs(row["uplift"]) < 2 * row["error"]
        clear += "not clear" not in row["says"]
    assert inside >= 34
    assert clear == 40 - inside


def test_what_cannot_be_measured_says_so():
    events = table(
        event("ahead", start=pd.Timestamp("2022-01-01"), end=pd.Timestamp("2022-01-31")),
        event("ghost", item="X"),
        event("day", item="D", start=pd.Timestamp("2019-03-01"), end=pd.Timestamp("2019-03-01")),
    )
    got = effects(history(), events, ITEMS)
    assert got[["uplift", "baseline", "error"]].isna().all(axis=None)
    assert got["says"].tolist() == [
        "ahead lies outside the history.",
        "ghost names no series with demand.",
        "day covers too few days of a month to be measured.",
    ]
    always = table(event("always", 0, months=36))
    assert "no months without events" in effects(history(), always, ITEMS)["says"].item()


def test_no_events_give_an_empty_table():
    events = table(event()).iloc[:0]
    assert effects(history(), events, ITEMS).empty
    pd.testing.assert_series_equal(
        baseline_without_promotions(history(), events, ITEMS)["quantity"].sort_values(ignore_index=True),
        history()["quantity"].sort_values(ignore_index=True),
    )


def test_bad_events_and_histories_are_named():
    with pytest.raises(InputError, match="'E' must start"):
        effects(history(), table(event(end=pd.Timestamp("2010-01-01"))), ITEMS)
    with pytest.raises(InputError, match="two rows for A"):
        effects(pd.concat([history(), history()]), table(event()), ITEMS)
    with pytest.raises(InputError, match="lacks the columns region"):
        effects(history().drop(columns="region"), table(event()), ITEMS)
    with pytest.raises(InputError, match="no rows"):
        effects(history().iloc[:0], table(event()), ITEMS)
    with pytest.raises(InputError, match="one row for each event"):
        measured(table(event("one")), pd.DataFrame({"event": ["two"], "uplift": [0.1], "dip": [0.0]}))


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_history_gives_a_table(data):
    number = st.one_of(st.just(np.nan), st.just(0.0), st.floats(-1e6, 1e6))
    months = data.draw(st.integers(1, 30))
    sold = history()
    sold = sold[sold["period"] < MONTHS[months]]
    sold = sold.assign(quantity=data.draw(st.lists(number, min_size=len(sold), max_size=len(sold))))
    firsts = data.draw(st.lists(st.integers(0, 35), min_size=1, max_size=4))
    items = data.draw(st.lists(st.sampled_from(["", "A", "B"]), min_size=len(firsts), max_size=len(firsts)))
    events = table(*(event(f"E{n}", f, item=i) for n, (f, i) in enumerate(zip(firsts, items, strict=True))))
    got = effects(sold, events, ITEMS)
    assert got["says"].str.len().gt(5).all()
    assert len(baseline_without_promotions(sold, events, ITEMS)) == len(sold)
    assert not np.isinf(got[["uplift", "error", "dip", "baseline"]].to_numpy()).any()


# --- taking out and putting on --------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(st.floats(-0.6, 3.0), st.floats(-0.5, 0.5), st.sampled_from(["A", "B", "C", "D"]), st.integers(12, 32))
def test_taking_an_event_out_gives_the_base_back(uplift, dip, item, first):
    truth = table(event(first=first, item=item, uplift=uplift, dip=dip))
    got = baseline_without_promotions(lived(truth), blank(truth), ITEMS)
    want = apply_events(history(), truth.iloc[:0], ITEMS)
    assert got["quantity"].to_numpy() == pytest.approx(want["quantity"].to_numpy(), rel=1e-6)


def test_planned_effects_stand_in_for_what_cannot_be_measured():
    truth = table(event(first=0, months=36, uplift=0.5))
    got = baseline_without_promotions(lived(truth), truth, ITEMS)
    assert got["quantity"].sum() == pytest.approx(history()["quantity"].sum())


def test_a_month_without_demand_left_is_unknown():
    truth = table(event(first=20, item="A", uplift=-1.0))
    got = baseline_without_promotions(lived(truth), truth, ITEMS)
    gone = got["item"].eq("A") & got["period"].eq(MONTHS[20])
    assert got[gone]["quantity"].isna().all()
    assert got[~gone]["quantity"].notna().all()


def test_unknown_months_stay_unknown():
    truth = table(event(item="A", uplift=0.5))
    sold = lived(truth)
    sold.loc[5, "quantity"] = np.nan
    got = baseline_without_promotions(sold, blank(truth), ITEMS)
    assert got["quantity"].isna().sum() == 1


def test_inputs_stay_as_they_were():
    truth = table(event(item="A", uplift=0.5))
    sold, before, events = lived(truth), lived(truth), truth.copy()
    baseline_without_promotions(sold, truth, ITEMS)
    apply_with_sisters(sold, truth, ITEMS, {"E": 0.3})
    pd.testing.assert_frame_equal(sold, before)
    pd.testing.assert_frame_equal(truth, events)


# --- sisters --------------------------------------------------------------------------------------------------------


def test_cannibalisation_is_measured_given_back_and_applied_again():
    truth = table(event(item="A", uplift=0.5))
    sold = apply_with_sisters(history(), truth, ITEMS, {"E": 0.4})
    assert sold["quantity"].sum() == pytest.approx(history()["quantity"].sum() + 50 * 0.6)
    found = effects(sold, blank(truth), ITEMS)
    assert found["cannibalised"].item() == pytest.approx(0.4)
    assert found["halo"].item() == 0
    assert sister_shares(found) == {"E": pytest.approx(0.4)}
    assert "40 % of it came from sister items" in found["says"].item()
    back = baseline_without_promotions(sold, blank(truth), ITEMS)
    want = apply_events(history(), truth.iloc[:0], ITEMS)["quantity"].to_numpy()
    assert back["quantity"].to_numpy() == pytest.approx(want)


def test_halo_is_a_gain_of_sisters():
    truth = table(event(item="A", uplift=0.5))
    sold = apply_with_sisters(history(), truth, ITEMS, {"E": -0.2})
    found = effects(sold, blank(truth), ITEMS).iloc[0]
    assert (found["cannibalised"], found["halo"]) == (0, pytest.approx(0.2))
    assert "gained 20 % of it on top" in found["says"]


def test_noise_is_not_called_cannibalisation():
    truth = table(event(item="A", uplift=0.5))
    believed = 0
    for seed in range(20):
        found = effects(lived(truth, history(noise=0.1, seed=seed)), blank(truth), ITEMS)
        believed += found[["cannibalised", "halo"]].sum(axis=1).item() > 0
    assert believed <= 4


def test_items_of_other_families_and_channels_do_not_pay():
    truth = table(event(item="A", channel="web", uplift=0.5))
    got = apply_with_sisters(history(), truth, ITEMS, {"E": 1.0})
    plain = lived(truth)
    changed = got[got["quantity"] != plain["quantity"]]
    assert set(changed["item"]) == {"B", "C"}
    assert set(changed["channel"]) == {"web"}
    assert got["quantity"].sum() == pytest.approx(history()["quantity"].sum())


def test_sisters_never_pay_more_than_they_have():
    truth = table(event(item="A", uplift=9.0))
    got = apply_with_sisters(history(), truth, ITEMS, {"E": 1.0})
    assert (got["quantity"] >= 0).all()
    with pytest.raises(InputError, match="must lie from -1 to 1, got 2"):
        apply_with_sisters(history(), truth, ITEMS, {"E": 2.0})


@given(st.floats(0, 1), st.floats(0, 0.3))
@settings(max_examples=25, deadline=None)
def test_what_sisters_pay_is_what_is_taken(share, uplift):
    truth = table(event(item="B", uplift=uplift))
    plain, got = lived(truth), apply_with_sisters(history(), truth, ITEMS, {"E": share})
    taken = plain["quantity"].sum() - got["quantity"].sum()
    assert taken == pytest.approx(share * 60 * uplift, abs=1e-6)


# --- suggestions ----------------------------------------------------------------------------------------------------


def test_planned_events_without_an_uplift_get_that_of_their_likes():
    past = table(
        event("a", 10, item="A", uplift=0.2, dip=-0.1),
        event("b", 14, item="A", uplift=0.4, dip=-0.1),
        event("d", 18, item="D", uplift=1.0, kind="fair"),
    )
    coming = {"start": pd.Timestamp("2022-03-01"), "end": pd.Timestamp("2022-03-31")}
    ahead = table(event("next", item="A", **coming), event("fair", item="C", kind="fair", **coming))
    own = table(event("own", item="A", uplift=0.9, **coming), event("none", kind="price", **coming))
    events = pd.concat([blank(past), ahead, own], ignore_index=True)
    got = with_suggestions(events, effects(lived(past), events, ITEMS)).set_index("event")
    assert got.loc["next", "uplift"] == pytest.approx(0.3, abs=0.01)
    assert got.loc["next", "dip"] == pytest.approx(-0.1, abs=0.01)
    assert got.loc["fair", "uplift"] == pytest.approx(1.0)
    assert got.loc["own", "uplift"] == 0.9
    assert np.isnan(got.loc["none", "uplift"])


# --- baseline of events ---------------------------------------------------------------------------------------------


def test_baseline_needs_a_few_months_beside_the_event():
    demand = np.array([5.0, 5.0, 9.0])
    assert expected(demand, np.array([True, True, False]), np.array([2])) is None


def test_baseline_of_zeros_is_none():
    assert expected(np.zeros(12), np.arange(12) < 11, np.array([11])) is None


# --- elasticity -----------------------------------------------------------------------------------------------------


def priced(elasticity, items=6, noise=0.1, months=36, seed=0):
    rng = np.random.default_rng(seed)
    sold, paid = [], []
    for n in range(items):
        price = 10.0 * np.exp(rng.normal(0, 0.1, months))
        y = 500.0 * (price / 10) ** elasticity * np.exp(rng.normal(0, noise, months))
        when = pd.date_range("2018-01-01", periods=months, freq="MS")
        sold.append(pd.DataFrame({"item": f"I{n}", "channel": "", "region": "", "period": when, "quantity": y}))
        paid.append(pd.DataFrame({"item": f"I{n}", "period": when, "price": price}))
    names = [f"I{n}" for n in range(items)]
    return pd.concat(sold), pd.concat(paid), pd.DataFrame({"item": names, "family": "F"})


def test_elasticity_is_found_and_drawing_helps():
    gains = 0
    for seed in range(6):
        got = price_elasticity(*priced(-1.5, noise=0.3, seed=seed))
        own, drawn = ((got[c] + 1.5).abs().mean() for c in ("own", "elasticity"))
        gains += drawn < own
        assert got["error"].mean() < got["own_error"].mean()
    assert gains == 6


def test_true_differences_between_items_are_kept():
    sold, paid, items = priced(-1.0, noise=0.02)
    steep, _, _ = priced(-3.0, noise=0.02)
    sold = pd.concat([sold[sold["item"] < "I3"], steep[steep["item"] >= "I3"]])
    got = price_elasticity(sold, paid, items).set_index("item")["elasticity"]
    assert got[["I0", "I1", "I2"]].to_numpy() == pytest.approx(-1.0, abs=0.15)
    assert got[["I3", "I4", "I5"]].to_numpy() == pytest.approx(-3.0, abs=0.15)


def test_an_item_whose_price_never_moved_takes_its_family_s():
    sold, paid, items = priced(-1.5)
    paid.loc[paid["item"].eq("I0"), "price"] = 10.0
    got = price_elasticity(sold, paid, items).set_index("item")
    assert np.isnan(got.loc["I0", "own"])
    assert got.loc["I0", "elasticity"] == pytest.approx(got.loc["I1":, "elasticity"].mean(), abs=0.1)
    assert got.loc["I0", "says"].endswith("as in its family.")


def test_without_any_price_move_the_usual_one_stands_in():
    sold, paid, items = priced(-1.5, items=2)
    got = price_elasticity(sold, paid.assign(price=10.0), items)
    assert got["elasticity"].tolist() == [USUAL, USUAL]


def test_a_promotion_is_not_taken_for_its_price():
    sold, paid, items = priced(-1.0, noise=0.03)
    rows = np.arange(len(sold)) % 36 % 7 == 3
    sold.loc[rows, "quantity"] *= 2.0
    paid.loc[rows, "price"] *= 0.9
    dates = MONTHS[np.arange(36) % 7 == 3]
    events = table(*(event(f"E{n}", start=day, end=day + pd.offsets.MonthEnd(0)) for n, day in enumerate(dates)))
    blind = price_elasticity(sold, paid, items)["elasticity"].mean()
    seeing = price_elasticity(sold, paid, items, events)["elasticity"].mean()
    assert blind < -1.4
    assert seeing == pytest.approx(-1.0, abs=0.2)


def test_prices_are_checked():
    sold, paid, items = priced(-1.0, items=1)
    with pytest.raises(InputError, match=r"price of item 'I0' in 2018-01 must be above 0, got 0"):
        price_elasticity(sold, paid.assign(price=0.0), items)
    with pytest.raises(InputError, match="prices lacks the columns price"):
        price_elasticity(sold, paid.drop(columns="price"), items)
