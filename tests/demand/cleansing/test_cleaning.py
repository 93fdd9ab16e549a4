"""Level shifts, temporary changes and outliers: what is found, what must not be, and how a history is cleaned."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_xl.demand.cleansing.cleaning import (
    CHANGES,
    changes,
    cleaned_history,
    correction_rows,
    level_shifts,
)
from sop_xl.demand.cleansing.history import CORRECTION, adjusted, outliers
from sop_xl.errors import InputError

MONTHS = pd.date_range("2015-01-01", periods=72, freq="MS")
SEASON = 1.0 + 0.4 * np.sin(np.arange(72) * np.pi / 6)


def frame(values, item="A"):
    values = np.asarray(values, dtype=float)
    columns = {"item": item, "channel": "web", "region": "DE", "period": MONTHS[-len(values) :], "quantity": values}
    return pd.DataFrame(columns)


def panel(values):
    """One item a column."""
    return pd.concat([frame(column, f"{i:04d}") for i, column in enumerate(np.asarray(values).T)], ignore_index=True)


def noisy(n, seed, noise=0.08, series=1):
    return np.exp(noise * np.random.default_rng(seed).standard_normal((n, series)))


def test_a_shift_in_a_seasonal_series_is_found_where_it_is_and_as_large_as_it_is():
    y = 200 * SEASON[:48] * noisy(48, 1)[:, 0] * np.where(np.arange(48) < 30, 1.0, 1.6)
    got = changes(frame(y))
    assert list(got.columns) == list(CHANGES)
    assert got[["period", "kind"]].to_numpy().tolist() == [[MONTHS[-18], "level shift"]]
    assert got["factor"].iloc[0] == pytest.approx(1.6, abs=0.2)
    assert got["size"].iloc[0] == pytest.approx(200 * 0.6, rel=0.4)
    assert got["t_value"].iloc[0] > 4


def test_the_three_kinds_are_told_apart():
    n, after = 60, np.arange(60) - 30
    effects = {
        "outlier": 0.9 * (after == 0),
        "temporary change": 0.9 * np.where(after >= 0, 0.7 ** np.maximum(after, 0), 0),
        "level shift": 0.9 * (after >= 0),
    }
    for kind, effect in effects.items():
        y = 300 * SEASON[:n, None] * noisy(n, 2, 0.06, 25) * np.exp(effect)[:, None]
        got = changes(panel(y))
        there = got[got["period"].eq(MONTHS[-30])]
        assert (there["kind"] == kind).sum() >= 23, kind


def test_both_signs_and_two_changes_in_one_series():
    y = 500 * noisy(60, 3, 0.05)[:, 0] * np.where(np.arange(60) < 25, 1.0, 0.6)
    y[45] *= 2.5
    got = changes(frame(y))
    assert got[["period", "kind"]].to_numpy().tolist() == [
        [MONTHS[-35], "level shift"],
        [MONTHS[-15], "outlier"],
    ]
    assert (np.sign(got["t_value"]) == [-1, 1]).all()


@pytest.mark.parametrize("n", [36, 60])
@pytest.mark.parametrize("kind", ["level", "season and trend", "walk", "counts"])
def test_false_alarms_on_clean_series_are_few(n, kind):
    rng = np.random.default_rng(11)
    steps = 0.03 * rng.standard_normal((n, 300)).cumsum(axis=0)
    y = {
        "level": 100 * noisy(n, 4, 0.15, 300),
        "season and trend": 100 * SEASON[:n, None] * 1.01 ** np.arange(n)[:, None] * noisy(n, 5, 0.1, 300),
        "walk": 100 * np.exp(steps) * noisy(n, 6, 0.1, 300),
        "counts": rng.poisson(4.0, (n, 300)).astype(float),
    }[kind]
    got = changes(panel(y))
    assert got["item"].nunique() <= 0.06 * 300
    assert got.loc[got["kind"].eq("level shift"), "item"].nunique() <= 0.05 * 300


@pytest.mark.parametrize(
    "y",
    [
        np.full(48, 50.0),
        np.linspace(10, 500, 48),
        60 * 1.05 ** np.arange(48),
        np.where(np.arange(48) % 12 == 11, 400.0, 100.0) + np.round(6 * np.sin(np.arange(48) * 2.0)),
        np.where(np.arange(48) % 4 == 0, 60.0, 0.0) * np.where(np.arange(48) < 24, 1, 5),
        np.r_[np.full(20, 100.0), np.full(9, 300.0)],
        np.r_[np.full(46, 100.0) + 5 * np.sin(np.arange(46) * 2.0), 300.0, 300.0],
    ],
    ids=["flat", "line", "growth", "december", "intermittent", "short", "the end"],
)
def test_what_is_no_change(y):
    assert changes(frame(y)).empty


def test_corrections_bring_the_old_level_to_the_new_one():
    y = 200 * SEASON[:48] * noisy(48, 1)[:, 0] * np.where(np.arange(48) < 30, 1.0, 1.6)
    rows = level_shifts(frame(y))
    assert list(rows.columns) == list(CORRECTION)
    assert rows["reason"].unique().tolist() == ["level shift"]
    assert rows["period"].tolist() == list(MONTHS[-48:-18])
    clean = adjusted(frame(y), rows)["quantity"].to_numpy()
    np.testing.assert_array_equal(clean[30:], y[30:])
    assert (clean[:30] / SEASON[:30]).mean() == pytest.approx((y[30:] / SEASON[30:48]).mean(), rel=0.1)
    assert changes(frame(clean)).empty  # nothing is left to find
    assert level_shifts(frame(y), corrections=rows).empty


def test_a_series_with_zeros_and_returns_is_shifted_in_units():
    y = 5 + np.round(2 * np.sin(np.arange(48) * 2.0)) + 20.0 * (np.arange(48) >= 24)
    y[[3, 9]] = [-2, 0]
    found = changes(frame(y))
    assert found["kind"].tolist() == ["level shift"]
    assert np.isnan(found["factor"].iloc[0])
    assert found["size"].iloc[0] == pytest.approx(20, abs=2)
    rows = level_shifts(frame(y))
    assert rows["adjustment"].to_numpy() == pytest.approx(found["size"].iloc[0])
    assert len(rows) == 24


def test_a_shift_downwards_never_leads_below_zero():
    y = np.r_[np.full(24, 30.0), np.full(24, 5.0)] + np.round(2 * np.sin(np.arange(48) * 2.0))
    y[5] = 0
    rows = level_shifts(frame(y))
    assert (rows["history"] + rows["adjustment"] >= -1e-9).all()


def test_other_corrections_come_first_and_history_stays_raw():
    y = 100 * noisy(48, 7, 0.05)[:, 0] * np.where(np.arange(48) < 30, 1.0, 1.8)
    spoilt = y.copy()
    spoilt[12] = 900.0
    spikes = outliers(frame(spoilt), 5.0)
    assert spikes["period"].tolist() == [MONTHS[-36]]
    rows = level_shifts(frame(spoilt), corrections=spikes)
    assert rows.loc[rows["period"].eq(MONTHS[-36]), "history"].tolist() == [900.0]
    both = adjusted(frame(spoilt), pd.concat([spikes, rows], ignore_index=True))["quantity"]
    assert both.iloc[12] == pytest.approx(180, rel=0.15)


def test_outlier_and_shift_rows_of_one_history_add_up_in_the_same_month():
    y = 500 * noisy(60, 3, 0.05)[:, 0] * np.where(np.arange(60) < 35, 1.0, 0.6)
    y[15] *= 2.5
    found = changes(frame(y))
    rows = correction_rows(frame(y), found)
    month = rows[rows["period"].eq(MONTHS[-45])]
    assert month["reason"].tolist() == ["outlier", "level shift"]
    f = found.set_index("kind")["factor"]
    total = month["adjustment"].sum() + y[15]
    assert total == pytest.approx(y[15] / f["outlier"] * f["level shift"])


def test_a_temporary_change_is_undone_until_it_has_faded():
    found = changes(frame(np.full(48, 10.0))).reindex(range(1))
    found = found.assign(
        item="A", channel="web", region="DE", period=MONTHS[-20], kind="temporary change", size=50.0, factor=1.5
    )
    rows = correction_rows(frame(np.full(48, 100.0)), found)
    assert len(rows) == 9  # 0.7 ** 8 = 0.058, 0.7 ** 9 = 0.040
    assert (rows["history"] + rows["adjustment"]).iloc[0] == pytest.approx(100 / 1.5)
    assert rows["adjustment"].is_monotonic_increasing


def test_unknown_months_and_series_of_different_length_are_judged_by_themselves():
    y = 100 * noisy(48, 8, 0.05)[:, 0] * np.where(np.arange(48) < 30, 1.0, 2.0)
    alone = changes(frame(y))
    y2 = y.copy()
    y2[[4, 40]] = np.nan
    both = pd.concat([frame(y), frame(1000 * noisy(36, 9)[:, 0], "B"), frame(y2, "C")], ignore_index=True)
    got = changes(both.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(got[got["item"].eq("A")].reset_index(drop=True), alone)
    assert got.loc[got["item"].eq("C"), ["period", "kind"]].to_numpy().tolist() == [[MONTHS[-18], "level shift"]]
    assert "B" not in set(got["item"])


def test_bad_input_is_named():
    with pytest.raises(InputError, match="limit of level shifts must be above 0, got -1"):
        changes(frame([1.0]), -1)
    with pytest.raises(InputError, match="history lacks the columns quantity"):
        changes(frame([1.0]).drop(columns="quantity"))
    with pytest.raises(InputError, match="list of changes lacks the columns kind"):
        correction_rows(frame([1.0]), changes(frame([1.0])).drop(columns="kind"))
    assert level_shifts(frame([1.0])).empty
    assert list(level_shifts(frame([1.0])).columns) == list(CORRECTION)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6) | st.just(float("nan")) | st.just(0.0), min_size=1, max_size=50))
def test_any_history_gives_finite_corrections(values):
    rows = correction_rows(frame(values), changes(frame(values), 3.0))
    assert np.isfinite(rows["adjustment"]).all()


def test_cleaned_history_shows_raw_adjustment_and_cleaned():
    raw = frame([100.0, 400.0, np.nan, 90.0])
    change = raw.iloc[[1, 2]].drop(columns="quantity").assign(adjustment=[-300.0, 80.0], decision="")
    got = cleaned_history(raw, change)
    assert got[["history", "adjustment", "cleaned"]].fillna(-1).to_numpy().tolist() == [
        [100, 0, 100],
        [400, -300, 100],
        [-1, 80, 80],
        [90, 0, 90],
    ]
    assert cleaned_history(raw, change.assign(decision="reject"))["adjustment"].eq(0).all()
