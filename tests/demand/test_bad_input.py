"""Nasty histories: always a finite, ordered forecast, or a sentence that names series and value; never a warning."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_xl.demand.baseline import forecast
from sop_xl.demand.forecasting.methods import METHODS
from sop_xl.errors import InputError, PlanningError

ORDERED = ["lo_95", "lo_80", "forecast", "hi_80", "hi_95"]
QUICK = [name for name in METHODS if name not in ("ets", "arima", "holt_winters")]
FREQUENCIES = ("MS", "ME", "QS", "QE-JAN", "W-MON", "W-SAT", "D", "B", "h", "YS", "2MS", "28D", None)

sizes = st.sampled_from([1e-300, 1e-12, 1.0, 1e3, 1e12, 1e97])
one_value = st.one_of(st.just(0.0), st.just(np.nan), st.integers(-3, 90).map(float), st.floats(-1e3, 1e3))
shapes = st.one_of(
    st.lists(one_value, min_size=1, max_size=40),
    st.tuples(st.floats(-50, 50), st.integers(1, 40)).map(lambda t: [t[0]] * t[1]),
    st.tuples(st.integers(0, 30), st.integers(0, 14)).map(lambda t: [5.0, 9.0, 0.0] * 4 + [0.0] * t[0] + [7.0] * t[1]),
    st.integers(2, 40).map(lambda n: [1.5**k for k in range(n)]),
)
ids = st.sampled_from(["A", "B", "007", "7", 7, 7.5, "ä", " ", "=1+1"])


def dates(frequency, n, start=0):
    if frequency is None:
        return list(range(start + 1, start + n + 1))
    return list(pd.date_range("2015-01-01", periods=start + n, freq=frequency)[start:])


def frame(values, name="A", ds=None, frequency="MS"):
    ds = dates(frequency, len(values)) if ds is None else ds
    return pd.DataFrame({"unique_id": [name] * len(values), "ds": ds, "y": np.asarray(values, dtype=float)})


@st.composite
def series(draw, frequency, name):
    values = np.asarray(draw(shapes)) * draw(sizes)
    whole = frame(values, name, dates(frequency, len(values), draw(st.integers(0, 5))))
    kept = draw(st.lists(st.booleans(), min_size=len(whole), max_size=len(whole)))
    return whole if draw(st.booleans()) else whole[np.array(kept)]


@st.composite
def histories(draw):
    """Series of one frequency (mostly), of every size, with gaps, blanks, and rows in any order."""
    frequency = draw(st.sampled_from(FREQUENCIES))
    other = draw(st.sampled_from([frequency] * 9 + ["MS"]))
    names = draw(st.lists(ids, min_size=1, max_size=4, unique_by=lambda name: (type(name), name)))
    parts = [draw(series(other if n else frequency, name)) for n, name in enumerate(names)]
    parts = [part.astype({"unique_id": object, "ds": object} if other is not frequency else {}) for part in parts]
    rows = pd.concat([p for p in parts if len(p)] or [parts[0]], ignore_index=True)
    return rows.sample(frac=1, random_state=draw(st.integers(0, 9))) if draw(st.booleans()) else rows


def finite_and_ordered(got, history, horizon):
    numbers = got[ORDERED].to_numpy()
    assert np.isfinite(numbers).all()
    slack = 1e-9 * np.abs(numbers).max(axis=1, keepdims=True)
    assert (np.diff(numbers, axis=1) >= -slack).all()
    assert len(got) == horizon * len({(type(n), n) for n in history["unique_id"]})
    assert not got.duplicated(["unique_id", "ds"]).any()
    for _, part in got.groupby("unique_id", sort=False):
        assert part["ds"].is_monotonic_increasing
    assert got["unique_id"].ne(got["unique_id"].shift()).sum() == got["unique_id"].nunique()
    assert got["method"].notna().all()


@settings(max_examples=150, deadline=None)
@given(histories(), st.sampled_from([1, 3, 12, 40]), st.sampled_from([None, 1, 4, 12, 500]))
def test_any_history_is_forecast_or_refused_in_a_sentence(history, horizon, season):
    before = history.copy(deep=True)
    try:
        got = forecast(history, horizon, season=season)
    except PlanningError as error:
        assert any(repr(name) in str(error) for name in history["unique_id"]) or not len(history), str(error)
    else:
        finite_and_ordered(got, history, horizon)
    pd.testing.assert_frame_equal(history, before)


@settings(max_examples=60, deadline=None)
@given(histories(), st.sampled_from(QUICK))
def test_any_history_is_forecast_by_any_method_or_refused(history, method):
    try:
        got = forecast(history, 3, method=method)
    except PlanningError as error:
        assert any(repr(name) in str(error) for name in history["unique_id"]) or not len(history), str(error)
    else:
        finite_and_ordered(got, history, 3)


cells = st.one_of(
    st.floats(),
    st.integers(),
    st.text(max_size=4),
    st.booleans(),
    st.none(),
    st.sampled_from(
        [np.inf, -np.inf, 1e200, "1,5", "#N/A", "2020-01-01", pd.NaT, pd.NA, 1j, "12", " 3 ", "inf", "nan"]
    ),
)
moments = st.one_of(
    cells,
    st.sampled_from(["2020-01", "2020-01-31", "31/12/2019", "2020-02-30", "2020", "20200101", "2020-01-01T00:00Z"]),
    st.dates(),
    st.datetimes(),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(ids, moments, cells), max_size=8), st.booleans())
def test_cells_of_any_kind_are_read_or_refused_in_a_sentence(rows, regular):
    history = pd.DataFrame(rows, columns=["unique_id", "ds", "y"], dtype=object)
    if regular:
        history["ds"] = dates("MS", len(history))
    try:
        got = forecast(history, 2)
    except InputError as error:
        assert str(error)
    else:
        finite_and_ordered(got, history, 2)


@settings(max_examples=40, deadline=None)
@given(histories(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(history, random):
    order = list(range(len(history)))
    random.shuffle(order)

    def told(given):
        try:
            return forecast(given, 4)
        except PlanningError as error:
            return str(error).split(" (rows ")[0]

    one, other = told(history), told(history.iloc[order])
    if isinstance(one, str):
        assert isinstance(other, str)
    else:
        pd.testing.assert_frame_equal(one, other)


@settings(max_examples=40, deadline=None)
@given(st.lists(shapes, min_size=1, max_size=3), st.integers(-40, 40), st.sampled_from(["auto", *QUICK]))
def test_powers_of_2_scale_the_forecast_exactly(parts, power, method):
    history = pd.concat([frame(values, f"S{n}") for n, values in enumerate(parts)])
    history = history.groupby("unique_id").filter(lambda part: part["y"].notna().any())
    if history.empty:
        return
    factor = 2.0**power
    tiny = history["y"].abs().between(0, 1e-200, inclusive="neither")
    history = history.assign(y=history["y"].mask(tiny, 0.0))
    base = forecast(history, 5, method=method)
    scaled = forecast(history.assign(y=history["y"] * factor), 5, method=method)
    np.testing.assert_array_equal(scaled[ORDERED].to_numpy(), base[ORDERED].to_numpy() * factor)
    assert scaled["method"].tolist() == base["method"].tolist()


@settings(max_examples=40, deadline=None)
@given(st.lists(shapes, min_size=2, max_size=4), st.sampled_from(QUICK))
def test_a_pinned_series_does_not_see_the_others(parts, method):
    history = pd.concat([frame(values, f"S{n}") for n, values in enumerate(parts)])
    history = history.groupby("unique_id").filter(lambda part: part["y"].notna().any())
    if history.empty:
        return
    whole = forecast(history, 3, method=method)
    for name, part in history.groupby("unique_id"):
        alone = forecast(part, 3, method=method)
        pd.testing.assert_frame_equal(alone, whole[whole["unique_id"].eq(name)].reset_index(drop=True))


def test_text_and_numbers_that_look_alike_are_two_series():
    history = pd.concat([frame([1.0, 1, 1], "007"), frame([7.0, 7, 7], 7), frame([9.0, 9, 9], "7")])
    got = forecast(history, 1)
    by_name = {(type(n).__name__, n): f for n, f in zip(got["unique_id"], got["forecast"], strict=True)}
    assert by_name == {("str", "007"): 1.0, ("int", 7): 7.0, ("str", "7"): 9.0}


STEADY = frame([4.0, 6, 5, 4, 6, 5, 4, 6])


@pytest.mark.parametrize("horizon", [0, -1, 601, 2.5, True, None, "3", np.nan, [3]])
def test_horizons_that_are_none(horizon):
    with pytest.raises(InputError, match="horizon must"):
        forecast(STEADY, horizon)


@pytest.mark.parametrize("season", [0, -12, 2.5, True, "12", np.nan])
def test_seasons_that_are_none(season):
    with pytest.raises(InputError, match="season must"):
        forecast(STEADY, 2, season=season)


@pytest.mark.parametrize("horizon", [1, 600, np.int64(7)])
@pytest.mark.parametrize("season", [None, 1, 2, 4, 9, 5000])
def test_the_longest_horizon_and_a_season_longer_than_the_history(horizon, season):
    finite_and_ordered(forecast(STEADY, horizon, season=season), STEADY, horizon)


@pytest.mark.parametrize("level", [[0], [100], [-5], [80, 101], [np.nan]])
def test_levels_outside_0_to_100(level):
    with pytest.raises(InputError, match="level of an interval"):
        forecast(STEADY, 2, level=level)


def test_levels_said_twice_and_none():
    assert list(forecast(STEADY, 1, level=[80, 80]).columns) == [
        "unique_id",
        "ds",
        "forecast",
        "lo_80",
        "hi_80",
        "method",
    ]
    assert list(forecast(STEADY, 1, level=[]).columns) == ["unique_id", "ds", "forecast", "method"]


def test_unknown_methods_are_named():
    with pytest.raises(InputError, match="there is no method 'Prophet'; the methods are auto"):
        forecast(STEADY, 1, method="Prophet")
    with pytest.raises(InputError, match="'A' is pinned to 'Prophet'"):
        forecast(STEADY, 1, method={"A": "Prophet"})


@pytest.mark.parametrize("shape", ["steady", "seasonal", "zeros", "negative"])
@pytest.mark.parametrize("season", [None, 4, 52])
def test_series_of_every_length_side_by_side(shape, season):
    rng = np.random.default_rng(9)
    t = np.arange(80)
    whole = {
        "steady": rng.poisson(50, 80) + 1.0,
        "seasonal": (100 + t) * (1 + 0.5 * np.sin(t * np.pi / 6)) * rng.lognormal(0, 0.05, 80),
        "zeros": np.where(rng.random(80) < 0.4, 0.0, rng.poisson(9, 80)),
        "negative": rng.normal(0, 5, 80),
    }[shape]
    history = pd.concat([frame(whole[:n], f"S{n:02d}") for n in range(1, 80)])
    finite_and_ordered(forecast(history, 13, season=season), history, 13)
