"""Dates of moving feasts as published, and the shares of their windows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop_xl.demand.calendars.feasts import (
    FEASTS,
    black_friday,
    chinese_new_year,
    easter,
    eid_al_fitr,
    feast_regressor,
    feast_regressors,
    feast_share,
    orthodox_easter,
    ramadan,
    thanksgiving,
)
from sop_xl.errors import InputError


def texts(days):
    return days.astype(str).tolist()


def test_easter():
    # Meeus, page 68: the earliest (1818, 2285) and latest (1886, 2038) Easters, and 1954, 1991, 1992, 1993, 2000
    known = {
        1818: "03-22", 2285: "03-22", 1886: "04-25", 2038: "04-25",
        1943: "04-25", 1954: "04-18", 1991: "03-31", 1992: "04-19", 1993: "04-11", 2000: "04-23",
    }  # fmt: skip
    assert texts(easter(known)) == [f"{year}-{day}" for year, day in known.items()]
    every = easter(range(1583, 4099))
    assert ((every.astype(np.int64) + 3) % 7 == 6).all()
    after_march_21 = (every - every.astype("datetime64[Y]").astype("datetime64[D]")).astype(int)
    assert after_march_21.min() >= 80
    assert after_march_21.max() <= 115


def test_orthodox_easter():
    known = {2008: "04-27", 2010: "04-04", 2013: "05-05", 2016: "05-01", 2023: "04-16", 2024: "05-05"}
    assert texts(orthodox_easter(known)) == [f"{year}-{day}" for year, day in known.items()]
    assert texts(easter([2010])) == texts(orthodox_easter([2010]))  # both on one day


def test_ramadan_is_within_a_day_of_the_moon_seen():
    # as announced in Saudi Arabia
    seen = ["2019-05-06", "2020-04-24", "2021-04-13", "2022-04-02", "2023-03-23", "2024-03-11", "2025-03-01"]
    off = (ramadan(range(2019, 2026)) - np.array(seen, dtype="datetime64[D]")).astype(int)
    assert np.abs(off).max() <= 1
    assert len(ramadan([2030])) == 2  # twice in a solar year
    assert len(ramadan(range(1990, 2056))) == 68  # 66 solar years are 68 lunar ones
    assert set((eid_al_fitr(range(2001, 2030)) - ramadan(range(2001, 2030))).astype(int)) == {30}
    assert ramadan([]).size == 0


def test_chinese_new_year():
    # Hong Kong Observatory
    known = {
        1985: "02-20", 2000: "02-05", 2007: "02-18", 2012: "01-23", 2015: "02-19", 2017: "01-28", 2018: "02-16",
        2019: "02-05", 2020: "01-25", 2021: "02-12", 2022: "02-01", 2023: "01-22", 2024: "02-10", 2025: "01-29",
        2026: "02-17", 2034: "02-19",
    }  # fmt: skip
    assert texts(chinese_new_year(known)) == [f"{year}-{day}" for year, day in known.items()]
    gaps = set(np.diff(chinese_new_year(range(1970, 2071))).astype(int).tolist())
    assert gaps <= {353, 354, 355, 383, 384, 385}  # twelve or thirteen moons
    with pytest.raises(InputError, match="from 1970 to 2070, not for 1969"):
        chinese_new_year([1969])


def test_thanksgiving_and_black_friday():
    assert texts(thanksgiving([2018, 2019, 2020, 2021])) == ["2018-11-22", "2019-11-28", "2020-11-26", "2021-11-25"]
    assert texts(black_friday([2018, 2020])) == ["2018-11-23", "2020-11-27"]


def test_years_before_the_calendar_are_refused():
    with pytest.raises(InputError, match="got 1500"):
        easter([1500])


@given(st.sampled_from(sorted(FEASTS)), st.integers(0, 40), st.integers(0, 30))
def test_shares_of_the_window_sum_to_the_feasts(feast, before, after):
    months = pd.date_range("1999-01-01", "2030-12-01", freq="MS")
    if before + after == 0:
        return
    share = feast_share(months, feast, before, after)
    assert ((share >= 0) & (share <= 1 + 1e-12)).all()
    inside = FEASTS[feast](range(2000, 2030))
    assert share["2000-02":"2029-10"].sum() == pytest.approx(len(inside), abs=2.01)
    assert share.sum() == pytest.approx(len(FEASTS[feast](range(1999, 2031))), abs=1.01)


def test_the_window_before_easter_lies_where_it_should():
    months = pd.date_range("2018-01-01", periods=48, freq="MS")
    share = feast_share(months, "Easter", before=8)
    assert share[share > 0].round(3).to_dict() == {
        pd.Timestamp("2018-03-01"): 1.0,  # 1 April
        pd.Timestamp("2019-04-01"): 1.0,
        pd.Timestamp("2020-04-01"): 1.0,
        pd.Timestamp("2021-03-01"): 0.625,  # 4 April: 27 to 31 March, 1 to 3 April
        pd.Timestamp("2021-04-01"): 0.375,
    }
    assert feast_share(months, "Black Friday", 0, 4)["2018-11-01"] == 1.0
    across = feast_share(pd.DatetimeIndex(["2021-12-01"]), "Chinese New Year", before=40)  # of 1 February 2022
    assert across.tolist() == [pytest.approx(9 / 40)]


def test_the_regressor_has_no_season():
    months = pd.date_range("1980-01-01", "2060-12-01", freq="MS")
    got = feast_regressor(months, "Easter", 10)
    assert got.groupby(got.index.month).mean().abs().max() < 1e-12
    both = feast_regressors(months, {"Easter": (10, 0)}, feast_regressor)
    assert both["Easter"].to_numpy() == pytest.approx(got.to_numpy())


def test_bad_windows_and_names_are_refused():
    months = pd.date_range("2020-01-01", periods=2, freq="MS")
    with pytest.raises(InputError, match="no moving feast is named 'Yule'"):
        feast_share(months, "Yule")
    with pytest.raises(InputError, match="0 to 180 days before and after it, got 0 and 0"):
        feast_share(months, "Easter", 0, 0)
    assert feast_share(months[:0], "Easter").empty
    late = pd.date_range("2070-12-01", periods=1, freq="MS")
    assert feast_share(late, "Chinese New Year").tolist() == [0.0]
