"""Completing a history and proposing corrections: what is flagged, what must not be, and what is never touched."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from sop_xl.demand.calendars.calendar import MON_FRI
from sop_xl.demand.cleansing.history import (
    adjusted,
    complete,
    outliers,
    partial_month,
    stock_out_corrections,
    to_series,
)
from sop_xl.errors import InputError

MONTHS = pd.date_range("2018-01-01", periods=36, freq="MS")


def frame(values, item="A", start=0):
    values = np.asarray(values, dtype=float)
    return pd.DataFrame(
        {
            "item": item,
            "channel": "web",
            "region": "DE",
            "period": MONTHS[start : start + len(values)],
            "quantity": values,
        }
    )


def noise(n, seed, level=100, spread=6):
    return np.round(level + spread * np.random.default_rng(seed).standard_normal(n))


def test_absent_months_are_zero_from_the_first_demand_on():
    raw = pd.concat([frame([5], start=2), frame([3], start=4), frame([1] * 6, "B")])
    got = complete(raw, MONTHS[:6])
    mine = got[got["item"].eq("A")]
    assert mine["period"].tolist() == list(MONTHS[2:6])
    assert mine["quantity"].tolist() == [5, 0, 3, 0]


def test_a_period_without_any_data_is_unknown():
    got = complete(pd.concat([frame([5, 6, 7]), frame([1, 1], "B")]), MONTHS[:5])
    assert got[got["item"].eq("B")]["quantity"].fillna(-1).tolist() == [1, 1, 0, -1, -1]


def test_blank_is_unknown_zero_is_none_and_series_without_demand_are_left_out():
    got = complete(pd.concat([frame([0, 4, np.nan, 2]), frame([0, 0], "B"), frame([9] * 4, "C")]), MONTHS[:4])
    assert got[got["item"].eq("A")]["quantity"].fillna(-1).tolist() == [4, -1, 2]
    assert sorted(got["item"].unique()) == ["A", "C"]


def test_rows_of_a_month_are_summed_and_order_does_not_matter():
    raw = pd.concat([frame([5, 6]), frame([1, 1])])
    assert complete(raw, MONTHS[:2])["quantity"].tolist() == [6, 7]
    pd.testing.assert_frame_equal(complete(raw, MONTHS[:2]), complete(raw.iloc[::-1], MONTHS[:2]))


def test_series_names_are_unique():
    raw = pd.concat([frame([1], "a | web"), frame([1], "a")])
    assert to_series(raw)["unique_id"].nunique() == 2
    assert to_series(raw)["y"].tolist() == [1, 1]


def test_a_spike_is_found_and_led_back_to_its_neighbours():
    y = noise(36, 1)
    y[20] = 400
    got = outliers(frame(y), 5.0)
    assert list(got.columns) == ["item", "channel", "region", "period", "reason", "history", "adjustment"]
    assert got["period"].tolist() == [MONTHS[20]]
    assert got["reason"].tolist() == ["outlier"]
    assert got["history"].iloc[0] + got["adjustment"].iloc[0] == np.median(y[18:23])


def test_a_lost_month_is_found():
    y = noise(36, 2)
    y[11] = 0
    assert outliers(frame(y), 5.0)["period"].tolist() == [MONTHS[11]]


@pytest.mark.parametrize(
    "y",
    [
        np.round(np.linspace(0, 500, 36)),
        np.r_[np.full(18, 20.0), 40, 90, 160, 230, 240, np.full(13, 245.0)],
        np.r_[np.full(20, 30.0), np.full(16, 300.0)],
        np.r_[0.0, 2, 10, 60, 140, 190, 210, noise(29, 4, 210)],
        np.round(60 * 1.12 ** np.arange(36)),
        np.where(np.arange(36) % 12 == 11, 400.0, 100.0) + noise(36, 5, 0),
        np.round(100 + 80 * np.sin(np.arange(36) * np.pi / 6)),
        np.random.default_rng(6).poisson(3, 36),
        np.where(np.arange(36) % 5 == 0, 60.0, 0.0),
        np.r_[900.0, noise(34, 7), 900.0],
        np.full(36, 50.0),
    ],
    ids=["line", "ramp", "step", "launch", "growth", "december", "waves", "counts", "lumpy", "ends", "flat"],
)
def test_what_is_no_outlier(y):
    assert outliers(frame(y), 5.0).empty


def test_a_spike_in_a_seasonal_series_is_still_found():
    y = np.where(np.arange(36) % 12 == 11, 400.0, 100.0) + noise(36, 5, 0)
    y[17] = 500
    assert outliers(frame(y), 5.0)["period"].tolist() == [MONTHS[17]]


def test_series_do_not_judge_each_other():
    y = noise(36, 8)
    y[9] = 500
    both = pd.concat([frame(y), frame(noise(20, 9, 5000, 10), "B", start=10)])
    assert outliers(both, 5.0)["item"].tolist() == ["A"]


def test_too_short_or_bad_limit():
    assert outliers(frame([1, 2, 300, 2, 1]), 5.0).empty
    with pytest.raises(InputError, match="limit must be above 0, got 0"):
        outliers(frame([1]), 0)
    with pytest.raises(InputError, match="lacks the columns quantity"):
        outliers(frame([1]).drop(columns="quantity"), 5)


def stockout(share, month, item="A"):
    return pd.DataFrame(
        {"item": [item], "channel": "web", "region": "DE", "period": [MONTHS[month]], "share_out": [share]}
    )


def test_stock_out_scales_sales_to_the_whole_month():
    got = stock_out_corrections(frame([100, 60, 120]), stockout(0.4, 1))
    assert got[["history", "adjustment", "reason"]].to_numpy().tolist() == [[60.0, pytest.approx(40.0), "stock-out"]]


def test_stock_out_is_capped_at_the_largest_whole_month():
    got = stock_out_corrections(frame([100, 90, 120]), stockout(0.5, 1))
    assert got["adjustment"].tolist() == [30.0]


def test_long_stock_out_takes_the_mean_of_its_neighbours():
    out = pd.concat([stockout(0.7, 1), stockout(1.0, 2)])
    got = stock_out_corrections(frame([100, 5, 0, 140]), out)
    assert (got["history"] + got["adjustment"]).tolist() == [120.0, 120.0]


def test_long_stock_out_in_the_season_takes_the_season_of_its_month():
    season = np.where(np.arange(36) % 12 == 11, 4.0, 1.0)
    y = 100 * season * np.exp(0.05 * np.random.default_rng(3).standard_normal(36))
    lost = y.copy()
    lost[[23, 28]] = [10.0, 0.0]  # a December and a May
    out = pd.concat([stockout(0.9, 23), stockout(1.0, 28)])
    got = stock_out_corrections(frame(lost), out)
    demand = (got["history"] + got["adjustment"]).to_numpy()
    assert demand[0] == pytest.approx(400, rel=0.3)  # its plain neighbours sold 100
    assert demand[1] == pytest.approx(100, rel=0.15)


def test_stock_outs_of_one_series_do_not_touch_another():
    both = pd.concat([frame([100, 5, 140]), frame([7, 8, 9], "B")])
    got = stock_out_corrections(both, stockout(0.9, 1))
    assert got[["item", "adjustment"]].to_numpy().tolist() == [["A", 115.0]]
    assert stock_out_corrections(both.iloc[:0], stockout(0.9, 1)).empty


def test_stock_out_never_lowers_and_bad_shares_are_refused():
    assert stock_out_corrections(frame([10, 90, 10]), stockout(0.9, 1)).empty
    assert stock_out_corrections(frame([10, 90, 10]), stockout(0.0, 1)).empty
    with pytest.raises(InputError, match=r"share_out of A must lie between 0 and 1, got 1\.2"):
        stock_out_corrections(frame([10]), stockout(1.2, 0))


def test_partial_month_is_scaled_by_its_days():
    history = frame([310, 280])
    got = partial_month(history, date(2018, 2, 14))
    assert (got["history"] + got["adjustment"]).tolist() == [560.0]
    assert partial_month(history, date(2018, 2, 28)).empty


def test_partial_month_by_working_days():
    history = frame([310, 280])
    got = partial_month(history, date(2018, 2, 5), MON_FRI)  # a Monday, the third of twenty working days
    assert (got["history"] + got["adjustment"]).tolist() == [pytest.approx(280 * 20 / 3)]
    assert partial_month(history, date(2018, 1, 30), MON_FRI, np.array(["2018-01-31"], dtype="datetime64[D]")).empty


def test_adjusted_leaves_the_raw_history_alone():
    raw = frame([100, 400, 90])
    before = raw.copy()
    change = raw.iloc[[1]].drop(columns="quantity").assign(adjustment=-300.0, decision="")
    assert adjusted(raw, change)["quantity"].tolist() == [100, 100, 90]
    assert adjusted(raw, change.assign(decision="accept"))["quantity"].tolist() == [100, 100, 90]
    assert adjusted(raw, change.assign(decision="reject"))["quantity"].tolist() == [100, 400, 90]
    pd.testing.assert_frame_equal(raw, before)


def test_a_level_shift_waits_for_a_person():
    raw = frame([100, 400, 90])
    change = raw.drop(columns="quantity").assign(adjustment=50.0, reason="level shift")
    assert adjusted(raw, change.assign(decision=""))["quantity"].tolist() == [100, 400, 90]
    assert adjusted(raw, change.assign(decision=["accept", "", "reject"]))["quantity"].tolist() == [150, 400, 90]
    assert adjusted(raw, change.assign(decision="", reason="outlier"))["quantity"].tolist() == [150, 450, 140]
    assert adjusted(raw, change)["quantity"].tolist() == [150, 450, 140]  # nobody was asked


def test_adjusted_stays_at_zero_adds_rows_and_sums_reasons():
    raw = frame([10, np.nan, -5])
    change = pd.concat([frame([-30, 7, -5, 4]), frame([1], start=3)]).rename(columns={"quantity": "adjustment"})
    assert adjusted(raw, change)["quantity"].tolist() == [0, 7, -10, 5]
    unknown = adjusted(raw, change.iloc[:1])["quantity"]
    assert np.isnan(unknown[1])
