"""The cell's door: one series of numbers, the same answer as through a frame, and nothing heavy loaded for it."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_xl.demand.baseline import forecast
from sop_xl.demand.forecasting.methods import METHODS
from sop_xl.demand.series import forecast_series
from sop_xl.errors import InputError


def wave(n, seed=0):
    t = np.arange(n)
    return 80 + 0.4 * t + 15 * np.sin(t * np.pi / 6) + 4 * np.random.default_rng(seed).standard_normal(n)


@pytest.mark.parametrize("n", [1, 2, 5, 13, 30, 90])
@pytest.mark.parametrize("method", ["auto", "naive", "ses", "theta", "holt"])
def test_a_cell_says_what_the_frame_says(n, method):
    y = wave(n)
    frame = pd.DataFrame({"unique_id": "A", "ds": pd.date_range("2015-01-01", periods=n, freq="MS"), "y": y})
    whole, one = forecast(frame, 7, method=method), forecast_series(y, 7, method=method)
    assert one.forecast.tolist() == whole["forecast"].tolist()
    assert one.low[95].tolist() == whole["lo_95"].tolist()
    assert one.high[80].tolist() == whole["hi_80"].tolist()
    assert one.method == whole["method"].iloc[0]


def test_unknown_values_inside_are_bridged_and_those_at_the_end_are_waited_out():
    y = wave(60)
    gap = y.copy()
    gap[20] = np.nan
    bridged = y.copy()
    bridged[20] = (y[19] + y[21]) / 2
    assert forecast_series(gap, 5).forecast == pytest.approx(forecast_series(bridged, 5).forecast)
    late = np.r_[y, np.nan, np.nan]
    assert forecast_series(late, 3).forecast == pytest.approx(forecast_series(y, 5).forecast[2:])
    assert forecast_series(np.r_[np.nan, y], 3).forecast == pytest.approx(forecast_series(y, 3).forecast)


def test_a_row_and_a_column_are_the_same_series():
    y = wave(40)
    assert forecast_series(y[:, None], 3).forecast.tolist() == forecast_series(y[None, :], 3).forecast.tolist()


@pytest.mark.parametrize(
    ("values", "given", "says"),
    [
        ([np.nan, np.nan], {}, "no value at all"),
        ([], {}, "no value at all"),
        ([1.0, np.inf], {}, "infinite"),
        (["a", 1], {}, "must hold numbers"),
        ([1.0, 2.0], {"horizon": 0}, "between 1 and 600"),
        ([1.0, 2.0], {"season": 0}, "season must be"),
        ([1.0, 2.0], {"season": (12, 0)}, "season must be"),
        ([1.0, 2.0], {"level": (100,)}, "level of an interval"),
        ([1.0, 2.0], {"method": "magic"}, "no method 'magic'; the methods are auto, combination, naive"),
    ],
)
def test_what_cannot_be_forecast_is_refused_in_a_sentence(values, given, says):
    with pytest.raises(InputError, match=says):
        forecast_series(values, **{"horizon": 3, **given})


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(st.just(0.0), st.just(np.nan), st.floats(-1e9, 1e9)), min_size=1, max_size=70),
    st.integers(1, 40),
    st.sampled_from([None, 1, 4, 7, 52]),
)
def test_any_series_has_a_finite_ordered_forecast(values, horizon, season):
    if np.isnan(values).all():
        return
    got = forecast_series(values, horizon, season=season)
    bounds = np.array([got.low[95], got.low[80], got.forecast, got.high[80], got.high[95]])
    assert np.isfinite(bounds).all()
    slack = 1e-9 * np.nanmax(np.abs(values)) + 1e-300
    assert (np.diff(bounds, axis=0) >= -slack).all()


@pytest.mark.parametrize("method", list(METHODS))
def test_every_named_method_answers_a_cell(method):
    got = forecast_series(np.abs(wave(48)), 4, method=method)
    assert np.isfinite(got.forecast).all()
    assert method in got.method


def test_a_cell_loads_neither_pandas_nor_statsmodels_nor_sklearn():
    script = (
        "import sys; from sop_xl.demand.series import forecast_series; forecast_series([3, 4, 5, 4] * 12, 6); "
        "print(sorted({'pandas', 'statsmodels', 'sklearn', 'scipy.stats', 'numba'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
