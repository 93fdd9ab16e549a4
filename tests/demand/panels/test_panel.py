"""From frames of every kind to a block: the periods that are recognised, the cells that are read, the sentences."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from sop_xl.demand.baseline import forecast
from sop_xl.demand.panels.panel import checked, panel_of
from sop_xl.errors import InputError


def frame(values, name="A", start="2018-01-01", freq="MS"):
    ds = pd.date_range(start, periods=len(values), freq=freq)
    return pd.DataFrame({"unique_id": name, "ds": ds, "y": np.asarray(values, dtype=float)})


def on(*ds, name="A"):
    return pd.DataFrame({"unique_id": name, "ds": list(ds), "y": np.arange(1.0, len(ds) + 1)})


def then(history, horizon=3):
    """The periods that follow."""
    return forecast(history, horizon)["ds"].tolist()


def days(*texts):
    return [pd.Timestamp(text) for text in texts]


def fiscal(pattern, periods, start="2024-01-01"):
    weeks = np.tile(pattern, periods)[: periods - 1]
    return pd.Timestamp(start) + pd.to_timedelta(np.r_[0, np.cumsum(weeks)] * 7, unit="D")


@pytest.mark.parametrize(
    ("freq", "following", "seasons"),
    [
        ("MS", ["2020-07-01", "2020-08-01", "2020-09-01"], (12, 3)),
        ("ME", ["2020-07-31", "2020-08-31", "2020-09-30"], (12, 3)),
        ("2MS", ["2023-01-01", "2023-03-01", "2023-05-01"], (6,)),
        ("QS-JAN", ["2025-07-01", "2025-10-01", "2026-01-01"], (4,)),
        ("QS-FEB", ["2025-08-01", "2025-11-01", "2026-02-01"], (4,)),
        ("QE", ["2025-09-30", "2025-12-31", "2026-03-31"], (4,)),
        ("YS", ["2048-01-01", "2049-01-01", "2050-01-01"], (1,)),
        ("W-MON", ["2018-07-30", "2018-08-06", "2018-08-13"], (52,)),
        ("W-THU", ["2018-08-02", "2018-08-09", "2018-08-16"], (52,)),
        ("28D", ["2020-04-20", "2020-05-18", "2020-06-15"], (13,)),
        ("D", ["2018-01-31", "2018-02-01", "2018-02-02"], (7,)),
        ("B", ["2018-02-12", "2018-02-13", "2018-02-14"], (5,)),
        ("h", ["2018-01-02 06:00", "2018-01-02 07:00", "2018-01-02 08:00"], (24,)),
    ],
)  # fmt: skip
def test_periods_and_their_usual_seasons(freq, following, seasons):
    history = frame(np.arange(30.0), freq=freq)
    assert panel_of(history).calendar.seasons == seasons
    assert then(history) == days(*following)


def test_months_on_any_day_up_to_the_28th():
    assert then(
        frame(np.arange(30.0), start="2020-01-01").assign(ds=lambda f: f["ds"] + pd.Timedelta(14, "D"))
    ) == days("2022-07-15", "2022-08-15", "2022-09-15")


def test_a_missing_quarter_leaves_quarters():
    quarters = frame(np.arange(12.0), freq="QS").drop(index=5)
    assert panel_of(quarters).calendar.seasons == (4,)
    assert panel_of(quarters).block.y.shape == (12, 1)


def test_quarters_that_start_in_different_months_are_refused():
    both = pd.concat([frame([1, 2, 3, 4], "A", freq="QS-JAN"), frame([1, 2, 3, 4], "B", freq="QS-FEB")])
    with pytest.raises(InputError, match="mixes frequencies: series 'B' has ds = 2018-02-01"):
        panel_of(both)


@pytest.mark.parametrize("pattern", [(4, 4, 5), (4, 5, 4), (5, 4, 4)])
def test_fiscal_periods_go_on_as_the_quarters_did(pattern):
    starts = fiscal(pattern, 30)
    got = panel_of(on(*starts[:24]))
    assert got.calendar.seasons == (12, 3)
    assert got.block.y.shape == (24, 1)
    assert then(on(*starts[:24]), 6) == list(starts[24:])


@pytest.mark.parametrize("freq", ["MS", "ME", "QS", "W-MON", "D", "B", "h", "445", "number"])
def test_times_to_come_have_the_numbers_of_their_stamps(freq):
    known = {"445": list(fiscal((4, 4, 5), 14)), "number": list(range(3, 17))}
    ds = known.get(freq) or list(pd.date_range("2022-01-01", periods=14, freq=freq))
    got = panel_of(on(*ds))
    numbers = got.last[0] + np.arange(-13, 30)
    stamps = got.calendar.stamp(numbers)
    times = stamps.asi8 if isinstance(stamps, pd.DatetimeIndex) else stamps
    assert got.calendar.number(times).tolist() == numbers.tolist()


def test_a_53rd_week_does_not_shift_the_pattern():
    weeks = np.tile([4, 4, 5], 8)
    weeks[11] = 6 - 1  # the usual long period
    weeks[10] = 5  # and the leap week in the one before it
    starts = pd.Timestamp("2023-01-02") + pd.to_timedelta(np.r_[0, np.cumsum(weeks)] * 7, unit="D")
    assert then(on(*starts)) == [starts[-1] + pd.Timedelta(n, "W") for n in (4, 8, 13)]


def test_thirteen_periods_with_a_leap_week_go_on_in_four_weeks():
    weeks = np.full(26, 4)
    weeks[12] = 5
    starts = pd.Timestamp("2023-01-02") + pd.to_timedelta(np.r_[0, np.cumsum(weeks)] * 7, unit="D")
    assert panel_of(on(*starts)).calendar.seasons == (13,)
    assert then(on(*starts)) == [starts[-1] + pd.Timedelta(n, "W") for n in (4, 8, 12)]


def test_series_of_a_fiscal_calendar_may_start_late_and_miss_a_period():
    starts = fiscal((4, 4, 5), 24)
    both = pd.concat([on(*starts, name="A"), on(*starts[10:13], *starts[14:20], name="B")])
    got = forecast(both, 2)
    assert got.loc[got["unique_id"].eq("B"), "ds"].tolist() == list(starts[20:22])


def test_business_days_leave_weekends_out_and_holidays_unknown():
    history = frame(np.full(30, 7.0), freq="B").drop(index=[8])
    got = panel_of(history)
    assert got.block.y.shape == (30, 1)
    assert then(history, 2) == days("2018-02-12", "2018-02-13")


def test_period_numbers_stay_whole_numbers():
    got = forecast(on(*range(1, 151)), 3)
    assert got["ds"].tolist() == [151, 152, 153]
    assert got["ds"].dtype == np.int64
    assert set(forecast(on(*range(1, 151)), 3)["method"]) == {"combination"}


def test_period_numbers_take_a_season_that_is_asked_for():
    wave = on(*range(1, 61)).assign(y=np.tile([5.0, 9, 30, 2, 1], 12))
    assert forecast(wave, 5, season=5)["forecast"].to_numpy() == pytest.approx([5, 9, 30, 2, 1], rel=0.05)


@pytest.mark.parametrize(
    ("numbers", "following"),
    [((1, 2, 3, 5), [6, 7]), ((0, 5, 10), [15, 20]), ((2019.0, 2020.0), [2021, 2022]), ((-3, -2), [-1, 0]), ((4,), [5, 6]),
     (("1", "2", "3"), [4, 5]), ((np.uint8(1), np.uint8(2)), [3, 4])],
)  # fmt: skip
def test_period_numbers(numbers, following):
    assert then(on(*numbers), 2) == following


def test_a_period_number_that_is_absent_is_unknown():
    assert panel_of(on(1, 2, 4).assign(y=[1.0, 2, 4])).block.y.ravel().tolist() == [0.125, 0.25, 0.375, 0.5]


@pytest.mark.parametrize(
    ("texts", "following"),
    [
        (("2020-01", "2020-02"), ["2020-03-01"]),
        (("2020-01-15", "2020-01-16"), ["2020-01-17"]),
        (("2020-01-31", "2020-02-29"), ["2020-03-31"]),
        (("2020/01/01", "2020/02/01"), ["2020-03-01"]),
        (("2019", "2020", "2021", "2022"), ["2023-01-01"]),
        (("202011", "202012"), ["2021-01-01"]),
        (("20200101", "20200102"), ["2020-01-03"]),
        ((" 2020-01-01", "2020-02-01 "), ["2020-03-01"]),
        (("2020-01-01 06:00", "2020-01-01 07:00"), ["2020-01-01 08:00"]),
        (("2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z"), ["2020-01-03"]),
        ((dt.date(2020, 1, 1), dt.date(2020, 2, 1)), ["2020-03-01"]),
        ((pd.Timestamp("2020-01-01"), "2020-02-01"), ["2020-03-01"]),
    ],
)
def test_dates_as_text_and_objects(texts, following):
    history = on(*texts)
    history["ds"] = history["ds"].astype(object)
    assert then(history, 1) == days(*following)


@pytest.mark.parametrize(
    ("freq", "following"), [("M", "2020-07-01"), ("Q", "2025-07-01"), ("W-SUN", "2018-07-30"), ("D", "2018-01-31")]
)
def test_period_dtype_is_dated_by_its_first_day(freq, following):
    history = on(*pd.period_range("2018-01-01", periods=30, freq=freq))
    assert isinstance(history["ds"].dtype, pd.PeriodDtype)
    assert then(history, 1) == days(following)


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kolkata"])
def test_time_zones_keep_the_local_time(zone):
    got = forecast(frame(np.arange(20.0)).assign(ds=lambda f: f["ds"].dt.tz_localize(zone)), 1)
    assert got["ds"].tolist() == days("2019-09-01")
    assert got["ds"].dtype == "datetime64[ns]"


def test_an_hour_that_comes_twice_asks_for_utc():
    hours = pd.date_range("2024-10-26 22:00", periods=8, freq="h", tz="UTC").tz_convert("Europe/Berlin")
    with pytest.raises(InputError, match=r"'A' has two rows for 2024-10-27 02:00:00 .*give ds in UTC"):
        panel_of(on(*hours))


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_every_resolution_of_dates(unit):
    assert then(frame([1, 2, 3]).assign(ds=lambda f: f["ds"].dt.as_unit(unit)), 1) == days("2018-04-01")


PLAIN = frame([3.0, 1.0, 4.0, 1.0, 5.0, 9.0])


@pytest.mark.parametrize(
    "change",
    [
        lambda f: f.astype({"y": "Int32"}),
        lambda f: f.astype({"y": "Float64"}),
        lambda f: f.astype({"y": "float32"}),
        lambda f: f.astype({"y": "uint8"}),
        lambda f: f.astype({"y": "object"}),
        lambda f: f.astype({"y": "str"}),
        lambda f: f.astype({"y": "category"}),
        lambda f: f.astype({"y": "str"}).astype({"y": "category"}),
        lambda f: f.assign(y=[Decimal(int(v)) for v in f["y"]]),
        lambda f: f.astype({"y": "double[pyarrow]"}),
        lambda f: f.astype({"y": "int64[pyarrow]"}),
        lambda f: f.astype({"unique_id": "string[pyarrow]"}),
        lambda f: f.astype({"unique_id": "object"}),
        lambda f: f.astype({"unique_id": "category"}),
        lambda f: f.astype({"ds": "timestamp[us][pyarrow]"}),
        lambda f: f.astype({"ds": "date32[pyarrow]"}),
        lambda f: f.astype({"ds": "str"}),
        lambda f: f.astype({"ds": "str"}).astype({"ds": "category"}),
        lambda f: f.astype({"ds": "category"}),
        lambda f: f.set_index(pd.Index([9, 9, 2, 2, 1, 1])),
        lambda f: f.assign(other="x")[["y", "other", "ds", "unique_id"]],
        lambda f: f.iloc[::-1],
    ],
)
def test_kinds_of_cells_give_the_same_forecast(change):
    given = change(PLAIN)
    before = given.copy(deep=True)
    got = forecast(given, 3)
    pd.testing.assert_frame_equal(got, forecast(PLAIN, 3), check_dtype=False)
    pd.testing.assert_frame_equal(given, before)


def test_truths_count_as_0_and_1():
    for kind in ("bool", "boolean"):
        got = forecast(frame([1, 0, 1, 1]).astype({"y": kind}), 1, method="mean")
        assert got["forecast"].tolist() == [0.75]


def test_missing_nullable_values_are_unknown():
    holes = frame([1.0, np.nan, 3.0, 4.0])
    expected = forecast(holes, 2)
    for kind in ("Float64", "Int64", "double[pyarrow]", "object"):
        pd.testing.assert_frame_equal(forecast(holes.astype({"y": kind}), 2), expected)


def test_codes_keep_their_kind_and_order():
    parts = [frame([1, 2], name) for name in ("007", 7, "7", 10, "A", 2.5)]
    both = pd.concat(parts, ignore_index=True)
    got = forecast(both, 1)["unique_id"].tolist()
    assert got == forecast(both.iloc[::-1], 1)["unique_id"].tolist()
    assert sorted(map(repr, got)) == sorted(map(repr, ("007", 7, "7", 10, "A", 2.5)))
    assert forecast(pd.concat([frame([1, 2], name) for name in (10, 9, 100)]), 1)["unique_id"].tolist() == [9, 10, 100]


def test_categories_are_sorted_by_name_not_by_their_own_order():
    both = pd.concat([frame([1, 2], "B"), frame([3, 4], "A")], ignore_index=True)
    both["unique_id"] = pd.Categorical(both["unique_id"], categories=["C", "B", "A"])
    assert forecast(both, 1)["unique_id"].tolist() == ["A", "B"]


@pytest.mark.parametrize(
    ("history", "says"),
    [
        (on("2020-01-01", None), "'A' has ds = nan, which is not a date"),
        (on("01/02/2020", "01/03/2020"), r"'A' has ds = 01/02/2020, which is not a date; .*year first"),
        (on("31.01.2020"), r"'A' has ds = 31\.01\.2020"),
        (on("2020-13-01"), "'A' has ds = 2020-13-01"),
        (on("today"), "'A' has ds = today, which is not a date"),
        (on("now"), "'A' has ds = now, which is not a date"),
        (on(""), "'A' has ds = blank text, which is not a date"),
        (on(True, False), "'A' has ds = True, which is not a date"),
        (on(1 + 2j), "has ds = .*which is not a date"),
        (on(1, 2.5), "'A' has ds = 2.5, which is neither a whole period number nor a date"),
        (on(1.0, np.inf), "'A' has ds = inf"),
        (on(202001, 202002), "'A' has ds = 202001, which looks like a year and month"),
        (on(20200101, 20200201), "'A' has ds = 20200101, which is no period number; write dates as 2020-01-31"),
        (on(43831, 43862, 43891), "mixes frequencies: series 'A' has ds = 43862"),
        (on("2020", "2020-02"), "'A' has ds = 2020, a number among dates"),
        (on("1066-10-14"), "'A' has ds = 1066-10-14, outside the years 1700 to 2200"),
        (on(dt.datetime(9999, 12, 31)), "'A' has ds = 9999-12-31, outside"),
        (on("2020-01-01T00:00+01:00", "2020-02-01T00:00+02:00"), "mixes time zones"),
        (on("2020-01-01", "2020-02-01", "2020-02-15", "2020-03-01"), "mixes frequencies: series 'A' has ds = 2020-02-15"),
        (on("2020-01-07", "2020-01-14", "2020-01-22"), "mixes frequencies: series 'A' has ds = 2020-01-22"),
        (PLAIN.assign(y=pd.Timestamp("2020-01-01")), "'A' has y = 2020-01-01, which is not a number"),
        (PLAIN.assign(y=pd.Timedelta(1, "D")), "'A' has y = 1 days, which is not a number"),
        (PLAIN.assign(y=1 + 2j), "'A' has y = .*which is not a number"),
        (PLAIN.assign(y=["1", "2", "1,5", "3", "4", "5"]), "'A' has y = 1,5, which is not a number"),
        (PLAIN.assign(y=["1", "2", "", "3", "4", "5"]), "'A' has y = blank text, which is not a number"),
        (PLAIN.assign(y=pd.Series([1, 2, 10**400, 3, 4, 5], dtype=object)), "'A' has y = 1000.*beyond 1e"),
        (PLAIN.assign(y=[1, 2, -np.inf, 3, 4, 5]), "'A' has y = -inf, which is infinite"),
        (PLAIN.assign(y=[[1]] * 6), r"'A' has y = \[1\], which is not a number"),
        (pd.concat([PLAIN, frame([np.nan, np.nan], "B")]), "'B' has no value at all"),
        (pd.concat([PLAIN.iloc[::-1], PLAIN.iloc[2:3]]), r"'A' has two rows for 2018-03-01 \(rows 4 and 7 of history\)"),
        (pd.concat([PLAIN, PLAIN], axis=1), "two columns called 'unique_id'"),
        (PLAIN.assign(unique_id=[["A"]] * 6), r"must be text or a number, got \['A'\]"),
        (PLAIN.assign(unique_id=[("A", 1)] * 6), r"must be text or a number, got \('A', 1\)"),
        (PLAIN.rename(columns={"y": "sales"}), "missing: y"),
        (pd.DataFrame(), "missing: unique_id, ds, y"),
        (PLAIN.iloc[:0], "history has no rows"),
        (PLAIN["y"], r"must be a pandas DataFrame, got pandas\.Series"),
        ([1, 2, 3], "must be a pandas DataFrame, got builtins.list"),
        (frame([1.0, 2, 3, 4], start="2190-01-01", freq="YS"), "would reach the year"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named(history, says):
    with pytest.raises(InputError, match=says):
        forecast(history, 100)


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda f: f.assign(y=np.inf),
        lambda f: f.assign(y=np.nan),
        lambda f: f.assign(ds="soon"),
        lambda f: pd.concat([f, f]),
        lambda f: f.assign(ds=[1, 2, 30_000]),
    ],
)
def test_numbers_as_names_stand_plain_in_sentences(spoilt):
    with pytest.raises(InputError, match=r"series 7 (has|spans)"):
        panel_of(spoilt(frame([1.0, 2.0, 3.0], 7)))


def test_one_endless_series_beside_many_is_refused(monkeypatch):
    monkeypatch.setattr("sop_xl.demand.panels.panel.MOST_CELLS", 50)
    with pytest.raises(InputError, match="series 'A' spans 40 periods, too many beside 2 series"):
        panel_of(pd.concat([frame(np.ones(40), "A"), frame(np.ones(3), "B")]))


def test_a_frame_of_another_library_is_told_the_way():
    class DataFrame:
        __module__ = "polars.dataframe.frame"

        def to_pandas(self):
            """Nothing calls it unasked."""

    with pytest.raises(InputError, match=r"got polars\.DataFrame; convert it with \.to_pandas\(\)"):
        forecast(DataFrame(), 1)


def test_gaps_are_filled_by_straight_lines_series_by_series():
    a = frame([1.0, np.nan, np.nan, 4.0, 5.0], "A")
    b = frame([10.0, np.nan, 20.0, np.nan], "B")
    got = panel_of(pd.concat([a, b]))
    assert (got.block.y * got.scale).tolist() == [[1, 0], [2, 0], [3, 10], [4, 15], [5, 20]]
    assert got.waiting.tolist() == [0, 1]


def test_checked_leaves_rows_where_they_stand():
    back = PLAIN.iloc[::-1].assign(ds=lambda f: f["ds"].astype(str))
    got = checked(back)
    pd.testing.assert_frame_equal(got, PLAIN.iloc[::-1].reset_index(drop=True), check_dtype=False)
