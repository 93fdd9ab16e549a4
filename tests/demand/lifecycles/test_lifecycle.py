"""Launches by like-items, and their hand-over to a history of their own."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop_xl.demand.lifecycles.lifecycle import (
    credibility,
    hand_over,
    launch_profile,
    launch_volume,
    profile_forecast,
    with_like_items,
)
from sop_xl.errors import InputError

MONTHS = pd.date_range("2019-01-01", periods=24, freq="MS")
SHAPE = pd.DataFrame({"age": range(6), "share": [0.1, 0.3, 0.2, 0.2, 0.1, 0.1]})


def rows(item, values, start=0, channel="web"):
    columns = {"item": item, "channel": channel, "region": "DE", "period": MONTHS[start : start + len(values)]}
    return pd.DataFrame(columns | {"quantity": np.asarray(values, dtype=float)})


BASE = rows("BASE", [50.0] * 24)


def test_like_items_lend_only_to_the_young():
    history = pd.concat([BASE, rows("N", [1.0, 2.0], 22), rows("OWN", [5.0] * 3, 21)])
    items = pd.DataFrame({"item": ["BASE", "N", "OWN", "X"], "like_item": ["", "BASE", "BASE", "GONE"]})
    got = with_like_items(history, items, history).groupby("item")["quantity"].sum()
    assert got.to_dict() == {"BASE": 1200, "N": 1200, "OWN": 15}


def test_profile_is_the_mean_shape_of_its_items_whatever_they_sold():
    small, large = [1.0, 3.0, 6.0], [5000.0, 3000.0, 2000.0]
    history = pd.concat([BASE, rows("S", small, 3), rows("L", large, 9), rows("L", [0.0] * 3, 9, "shop")])
    got = launch_profile(history, ["S", "L"], 3)
    assert got["share"].to_numpy() == pytest.approx([0.3, 0.3, 0.4])
    assert got["spread"].to_numpy() == pytest.approx(np.std([[0.1, 0.3, 0.6], [0.5, 0.3, 0.2]], axis=0, ddof=1))
    assert got["items"].tolist() == [2, 2, 2]


def test_items_that_cannot_tell_are_left_out():
    history = pd.concat([BASE, rows("OLD", [9.0] * 24), rows("NEW", [1.0, 1.0], 22), rows("P", [2.0, 2.0, 4.0], 4)])
    got = launch_profile(history, ["OLD", "NEW", "P"], 3)
    assert got["share"].tolist() == [0.25, 0.25, 0.5]
    assert got["items"].tolist() == [1, 1, 1]
    assert got["spread"].isna().all()
    with pytest.raises(InputError, match="no like-item of OLD, NEW was launched within the history and sold 3 months"):
        launch_profile(history, ["OLD", "NEW"], 3)
    with pytest.raises(InputError, match="at least 1 month, got 0"):
        launch_profile(history, ["P"], 0)


def test_gap_months_are_zero_and_the_season_is_taken_out_and_put_back():
    season = dict.fromkeys(range(1, 13), 1.0) | {6: 2.0, 12: 0.5}
    flat = rows("P", [10.0, 20.0, 10.0], 4)  # May, June, July
    history = pd.concat([BASE, flat])
    assert launch_profile(history, ["P"], 3, season)["share"].to_numpy() == pytest.approx([1 / 3] * 3)
    new = pd.DataFrame({"item": ["N"], "profile": "p", "launch": [MONTHS[10]], "volume": 300.0})
    even = pd.DataFrame({"age": range(3), "share": [1 / 3] * 3})
    got = profile_forecast(new, {"p": even}, MONTHS[10:13], season)
    assert got["quantity"].to_numpy() == pytest.approx([100, 50, 100])
    gap = launch_profile(pd.concat([BASE, rows("G", [4.0], 4), rows("G", [6.0], 6)]), ["G"], 3)
    assert gap["share"].tolist() == [0.4, 0.0, 0.6]
    with pytest.raises(InputError, match="month 7 has 0"):
        launch_profile(history, ["P"], 3, season | {7: 0})


@given(st.integers(0, 400), st.floats(0, 1e6), st.floats(0, 2))
def test_a_launch_sells_its_volume_over_its_profile_whenever_it_is(day, volume, ramp):
    launch = pd.Timestamp("2019-01-01") + pd.Timedelta(days=day)
    new = pd.DataFrame({"item": ["N"], "profile": ["p"], "launch": [launch], "volume": [volume], "ramp": [ramp]})
    whole = SHAPE.assign(share=[0.2, 0.3, 0.5, 0.0, 0.0, 0.0])
    got = profile_forecast(new, {"p": whole}, MONTHS)
    assert got["quantity"].sum() == pytest.approx(volume * ramp)
    assert (got["quantity"] >= 0).all()
    assert got.loc[got["period"] < launch.to_period("M").to_timestamp(), "quantity"].eq(0).all()


def test_a_launch_date_in_the_month_shifts_the_profile_by_days_and_its_end_goes_on():
    new = pd.DataFrame(
        {
            "item": ["A", "B"],
            "channel": "web",
            "region": "DE",
            "profile": "p",
            "launch": pd.to_datetime(["2019-03-01", "2019-04-16"]),
            "volume": [1000.0, 1000.0],
        }
    )
    got = profile_forecast(new, {"p": SHAPE, "unused": SHAPE}, MONTHS[:12])
    wide = got.pivot_table(index="period", columns="item", values="quantity")
    last = 1000 * (0.2 + 0.1 + 0.1) / 3
    assert wide["A"].to_numpy() == pytest.approx([0, 0, 100, 300, 200, 200, 100, 100, last, last, last, last])
    assert wide["B"].to_numpy()[:6] == pytest.approx([0, 0, 0, 50, 200, 250])
    assert list(got.columns) == ["item", "channel", "region", "period", "quantity"]


def test_bad_launches_are_named():
    new = pd.DataFrame({"item": ["N"], "profile": ["p"], "launch": [MONTHS[3]], "volume": [10.0]})
    for change, says in (
        ({"profile": "q"}, "launch of N has no profile 'q'"),
        ({"launch": pd.NaT}, "launch of N must be given"),
        ({"volume": -1.0}, "volume of N must be given and not below 0, got -1"),
        ({"ramp": -0.5}, "ramp of N must be given and not below 0, got -0.5"),
    ):
        with pytest.raises(InputError, match=says):
            profile_forecast(new.assign(**change), {"p": SHAPE}, MONTHS)


def test_hand_over_weighs_by_own_months():
    profile = pd.concat([rows("A", [100.0, 100.0]), rows("B", [40.0]), rows("P", [7.0])])
    own = pd.concat([rows("A", [40.0, 70.0]), rows("B", [10.0]), rows("O", [9.0])])
    got = hand_over(profile, own, pd.Series({"A": 12, "B": 0, "O": 20}), k=6).set_index(["item", "period"])
    assert got.loc["A", "quantity"].tolist() == pytest.approx([60.0, 80.0])
    assert got.loc["B", ["quantity", "weight"]].to_numpy().tolist() == [[40.0, 0.0]]
    assert got.loc["P", "quantity"].tolist() == [7.0]
    assert got.loc["O", ["quantity", "weight"]].to_numpy().tolist() == [[9.0, 1.0]]
    with pytest.raises(InputError, match="must be above 0, got 0"):
        credibility(pd.Series([1]), 0)
    with pytest.raises(InputError, match="0 or more, got -1"):
        credibility(pd.Series([-1]))


@given(st.lists(st.floats(0, 1e4), min_size=1, max_size=24), st.floats(0.5, 50))
def test_a_launch_is_led_from_its_profile_towards_its_sales(sold, k):
    said = rows("A", [100.0] * len(sold))
    got = launch_volume(said, rows("A", sold), k).iloc[0]
    ratio = np.mean(sold) / 100
    assert min(1, ratio) - 1e-9 <= got["multiplier"] <= max(1, ratio) + 1e-9
    assert got["multiplier"] == pytest.approx((k + len(sold) * ratio) / (k + len(sold)))


def test_only_months_with_both_figures_count():
    got = launch_volume(rows("A", [10.0, 10.0, 10.0]), rows("A", [30.0], 1)).iloc[0]
    assert got[["months", "expected", "sold"]].tolist() == [1, 10.0, 30.0]
    nothing = launch_volume(rows("A", [0.0]), rows("A", [30.0])).iloc[0]
    assert nothing["multiplier"] == 1.0


def test_like_items_that_never_sold_tell_nothing():
    months = pd.date_range("2020-01-01", periods=4, freq="MS")
    history = pd.concat(
        [
            pd.DataFrame({"item": name, "period": months, "quantity": units})
            for name, units in (("OLD", 9.0), ("P", 0.0))
        ]
    )
    with pytest.raises(InputError, match="no like-item of P was launched within the history and sold 3 months since"):
        launch_profile(history, ["P"], 3)
