"""ABC, XYZ and classes of demand."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop_xl.demand.segments import POLICIES, abc, demand_class, segment_matrix, segments, xyz
from sop_xl.errors import InputError

MONTHS = pd.date_range("2016-01-01", periods=48, freq="MS")


def test_abc_by_cumulative_share():
    value = pd.Series({"p": 500.0, "q": 300.0, "r": 100.0, "s": 60.0, "t": 40.0, "u": 0.0, "v": -3.0})
    assert abc(value).to_dict() == {"p": "A", "q": "A", "r": "B", "s": "B", "t": "C", "u": "C", "v": "C"}


def test_abc_without_value_or_with_bad_limits():
    assert abc(pd.Series([0.0, np.nan])).tolist() == ["C", "C"]
    with pytest.raises(InputError, match=r"a = 0\.9 and b = 0\.8"):
        abc(pd.Series([1.0]), 0.9, 0.8)


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=30))
def test_abc_never_puts_less_value_in_a_better_class(values):
    series = pd.Series(values, dtype=float)
    by_value = abc(series).to_numpy()[np.argsort(-series.to_numpy(), kind="stable")]
    assert (np.diff([ord(c) for c in by_value]) >= 0).all()
    top = series[abc(series).eq("A")].sum()
    assert top >= 0.8 * series.sum() - 1e-6


def test_limits_belong_to_the_better_class():
    assert xyz(pd.Series([0.5, 0.51, 1.0, 1.01])).tolist() == ["X", "Y", "Y", "Z"]
    assert demand_class(pd.Series([1.32, 1.33, np.nan]), pd.Series([0.49, 0.5, 1.0])).tolist() == [
        "smooth",
        "lumpy",
        "",
    ]
    with pytest.raises(InputError, match="XYZ limits"):
        xyz(pd.Series([1.0]), 2.0, 1.0)


def rows(item, values):
    values = np.asarray(values, dtype=float)
    return pd.DataFrame(
        {"item": item, "channel": "web", "region": "DE", "period": MONTHS[-len(values) :], "quantity": values}
    )


def test_table_of_segments():
    history = pd.concat(
        [
            rows("steady", np.full(24, 50.0)),
            rows("lumpy", np.where(np.arange(24) % 4 == 0, [1.0, 60, 2, 90] * 6, 0)),
            rows("young", [5.0, 6, 7]),
            rows("gone", np.r_[np.full(10, 9.0), np.zeros(14)]),
            rows("closed", np.full(24, 1.0)),
        ]
    )
    items = pd.DataFrame(
        {
            "item": ["steady", "lumpy", "young", "gone", "closed", "idea", "bolt"],
            "list_price": [10.0, 1, 2, 3, 1, 9, np.nan],
            "abc": ["", "A", "", "", "", "", ""],
            "sold": [True] * 6 + [False],
            "end": [pd.NaT] * 4 + [pd.Timestamp("2019-06-30")] + [pd.NaT] * 2,
        }
    )
    got = segments(history, items, date(2019, 12, 31)).set_index("item")
    assert list(got.columns) == ["abc", "xyz", "demand_class", "adi", "cv2", "revenue"]
    kinds = {"steady": "smooth", "lumpy": "intermittent", "young": "new", "gone": "ended", "closed": "ended"}
    assert got["demand_class"].to_dict() == kinds | {"idea": "new", "bolt": ""}
    assert got.loc["steady", ["abc", "xyz", "adi", "cv2", "revenue"]].tolist() == ["A", "X", 1.0, 0.0, 6000.0]
    assert got.loc["lumpy", "abc"] == "A"  # typed by a person
    assert got.loc["lumpy", "adi"] == 4.0
    assert got.loc["young", "adi"] == 1.0
    assert got["revenue"].isna().sum() == 0
    again = segments(history.sample(frac=1, random_state=1), items.iloc[::-1], date(2019, 12, 31)).set_index("item")
    pd.testing.assert_frame_equal(got, again)


def test_no_history_at_all():
    items = pd.DataFrame({"item": ["a"], "list_price": [1.0]})
    got = segments(rows("a", [1.0]).iloc[:0], items, date(2019, 12, 31))
    assert got[["abc", "xyz", "demand_class"]].to_numpy().tolist() == [["C", "Z", "new"]]


def test_a_season_is_no_variation():
    rng = np.random.default_rng(1)
    noise = np.exp(0.05 * rng.standard_normal(48))
    season = np.where(np.arange(48) % 12 >= 9, 5.0, 1.0)
    wild = np.where(np.arange(48) % 5 == 2, 9.0, 0.2)
    history = pd.concat([rows("season", 100 * season * noise), rows("wild", 100 * wild), rows("flat", 100 * noise)])
    items = pd.DataFrame({"item": ["season", "wild", "flat"], "list_price": 1.0})
    got = segments(history, items, date(2019, 12, 31)).set_index("item")["xyz"]
    assert got.to_dict() == {"season": "X", "wild": "Z", "flat": "X"}


def test_fitting_a_season_to_noise_does_not_make_an_item_steady():
    rng = np.random.default_rng(2)
    noise = rng.gamma(1 / 0.6**2, 100 * 0.6**2, (36, 200))  # coefficient of variation 0.6
    history = pd.concat([rows(f"{i}", column) for i, column in enumerate(noise.T)])
    items = pd.DataFrame({"item": [f"{i}" for i in range(200)], "list_price": 1.0})
    got = segments(history, items, date(2019, 12, 31))
    plain = noise[-12:].std(axis=0) / noise[-12:].mean(axis=0)  # of twelve months, some are steady by chance
    assert got["xyz"].eq("X").mean() < (plain <= 0.5).mean() + 0.05


def test_matrix_counts_every_item_once_and_names_the_policy():
    table = pd.DataFrame(
        {"item": list("pqrs"), "abc": list("AACB"), "xyz": list("XXZY"), "revenue": [50.0, 30.0, 0.0, 20.0]}
    )
    got = segment_matrix(table)
    assert len(got) == 9
    assert got["items"].sum() == 4
    assert got["share"].sum() == pytest.approx(1)
    assert got.loc[0, ["items", "revenue", "share"]].tolist() == [2, 80.0, 0.8]
    assert segment_matrix(table.iloc[:0])["items"].sum() == 0
    with pytest.raises(InputError, match="cell AX has two policies"):
        segment_matrix(table, pd.concat([POLICIES, POLICIES.iloc[:1]]))
    with pytest.raises(InputError, match="service level of the cell AX must lie between 0 and 1, got 98"):
        segment_matrix(table, POLICIES.assign(service_level=98.0))
