"""Recursions against published numbers, hand arithmetic and statsmodels."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from blocks import block_of

from sop_xl.demand.forecasting import intermittent, smoothing
from sop_xl.demand.forecasting.smoothing import Grid, smooth

# Hyndman, Athanasopoulos (2018), Forecasting: Principles and Practice, 2nd ed., tables 7.1 and 7.2
OIL = [445.36, 453.20, 454.41, 422.38, 456.04, 440.39, 425.19, 486.21, 500.43]
OIL += [521.28, 508.95, 488.89, 509.87, 456.72, 473.82, 525.95, 549.83, 542.34]
AIR = [17.55, 21.86, 23.89, 26.93, 26.89, 28.83, 30.08, 30.95, 30.19, 31.58, 32.58, 33.48, 39.02, 41.39]
AIR += [41.60, 44.66, 46.95, 48.73, 51.49, 50.03, 60.64, 63.36, 66.36, 68.20, 68.12, 69.78, 72.60]


def one_point(alpha, beta=0.0, phi=0.0):
    return Grid(np.array([alpha]), np.array([beta]), np.array([phi]))


def noisy(n, seed, level=100.0, trend=0.0, spread=8.0):
    rng = np.random.default_rng(seed)
    return level + trend * np.arange(n) + spread * rng.standard_normal(n)


def test_simple_smoothing_gives_the_published_oil_forecast():
    fit = smooth(block_of(OIL), one_point(0.8339), start=(446.5868, 0.0))
    assert fit.predict(1).mean[0, 0] == pytest.approx(542.68, abs=0.01)


def test_holt_gives_the_published_air_passenger_forecasts():
    fit = smooth(block_of(AIR), one_point(0.8321, 0.8321 * 0.0001, 1.0), start=(15.57, 2.102))
    assert fit.predict(5).mean[:, 0] == pytest.approx([74.60, 76.70, 78.80, 80.91, 83.01], abs=0.02)


@pytest.mark.parametrize(("trend", "damp"), [(None, False), ("add", False), ("add", True)])
def test_recursion_and_variance_are_those_of_statsmodels(trend, damp):
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    y = noisy(40, 3, trend=1.5)
    start = (y[0], 1.0 if trend else 0.0)
    alpha, beta, phi = 0.4, 0.1 if trend else 0.0, (0.9 if damp else 1.0) if trend else 0.0
    names = {"smoothing_level": alpha, "smoothing_trend": beta, "damping_trend": phi}
    model = ETSModel(
        pd.Series(y), trend=trend, damped_trend=damp, initialization_method="known", initial_level=start[0],
        initial_trend=start[1] if trend else None,
    )  # fmt: skip
    values = [names[n] for n in model.param_names if n in names]
    states = {"initial_level": start[0], "initial_trend": start[1]}
    result = model.smooth([*values, *(states[n] for n in model.param_names if n in states)])
    ahead = result.get_prediction(start=40, end=47)
    fit = smooth(block_of(y), one_point(alpha, beta, phi), start=start, parameters=0)
    mine = fit.predict(8)
    assert mine.mean[:, 0] == pytest.approx(np.asarray(ahead.predicted_mean), rel=1e-9)
    assert mine.variance[:, 0] == pytest.approx(np.asarray(ahead.forecast_variance), rel=1e-6)


@pytest.mark.parametrize("grid", [smoothing.SIMPLE, smoothing.HOLT, smoothing.DAMPED])
def test_series_side_by_side_are_as_each_alone(grid):
    series = [noisy(n, n) for n in (30, 17, 30, 5)]
    together = smooth(block_of(*series), grid).predict(3).mean
    for column, values in enumerate(sorted(series, key=len, reverse=True)):
        assert together[:, column] == pytest.approx(smooth(block_of(values), grid).predict(3).mean[:, 0])


def test_grid_fits_about_as_well_as_an_optimiser():
    from statsmodels.tsa.holtwinters import SimpleExpSmoothing

    for seed in range(4):
        y = np.cumsum(noisy(60, seed, level=0.0, spread=3.0)) + 200
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sse = SimpleExpSmoothing(y, initialization_method="estimated").fit().sse
        assert smooth(block_of(y), smoothing.SIMPLE, parameters=0).mse[0] * 60 < 1.05 * sse


def test_theta_is_close_to_statsmodels():
    from statsmodels.tsa.forecasting.theta import ThetaModel

    for seed in range(3):
        y = noisy(60, seed, trend=1.0, spread=5.0)
        index = pd.Series(y, index=pd.date_range("2015-01-01", periods=60, freq="MS"))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            reference = ThetaModel(index, deseasonalize=False).fit().forecast(12).to_numpy()
        assert smoothing.standard_theta(block_of(y), 12).mean[:, 0] == pytest.approx(reference, rel=0.02)


def test_croston_by_hand():
    # demands 4, 6, 3 after gaps 2 and 3; alpha 0.2: size 4, 4.4, 4.12; interval 2, 2.2
    y = [4, 0, 6, 0, 0, 3, 0]
    assert intermittent.croston(block_of(y), alpha=0.2)[0] == pytest.approx(4.12 / 2.2)
    assert intermittent.sba(block_of(y), alpha=0.2)[0] == pytest.approx(0.9 * 4.12 / 2.2)


def test_croston_of_one_demand_and_of_none():
    assert intermittent.croston(block_of([6, 0, 0], [0, 0, 0])).tolist() == [2.0, 0.0]


def test_tsb_by_hand_and_it_fades():
    # size 5 and chance 1/2 at first; after 5: 5 and 0.6; after 0: 5 and 0.48
    assert intermittent.tsb(block_of([5, 0]), alphas=(0.3,), betas=(0.2,))[0] == pytest.approx(5 * 0.48)
    longer = [5.0, 0, 5, 5, 0, 5] + [0.0] * 12
    assert intermittent.tsb(block_of(longer))[0] < intermittent.tsb(block_of(longer[:6]))[0] / 2


def test_adida_smooths_buckets_of_the_usual_interval():
    y = [0, 4, 0, 8, 0, 6, 0, 6]
    buckets = block_of([2, 4, 3, 3])
    assert intermittent.adida(block_of(y))[0] == pytest.approx(smooth(buckets, smoothing.SIMPLE).level[0])


def test_buckets_count_from_the_end():
    assert smoothing.bucketed(block_of([9, 1, 3, 5, 7]), 2).y[:, 0].tolist() == [2.0, 6.0]
