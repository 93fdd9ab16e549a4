"""Seasons: found where there are some and seldom elsewhere, their indices recovered and kept in bounds."""

from __future__ import annotations

import company
import numpy as np
import pandas as pd
import pytest
from blocks import block_of

from sop_xl.demand.baseline import forecast
from sop_xl.demand.forecasting.seasonality import (
    LEVEL,
    RECENT,
    Seasons,
    decompose,
    deseasonalised,
    seasonal_indices,
    seasonal_regression,
)
from sop_xl.demand.forecasting.smoothing import SIMPLE, Block, smooth
from sop_xl.demand.review.accuracy import backtest, wmape

SERIES = 400
MONTHS = (24, 30, 36, 48)


def panel_of(y):
    return Block(y, np.full(y.shape[1], len(y)))


def found(block, season=12):
    return seasonal_regression(block, season).p_value < LEVEL


def wave(n, swing=0.4, additive=False):
    index = 1 + swing * np.sin(2 * np.pi * np.arange(n) / 12)
    return 100 * (index - 1) if additive else 100 * index


def noisy_waves(n, swing, seed=5, noise=0.1):
    """Waves of any phase with multiplicative noise, shape (n, SERIES), and their true indices by phase ahead."""
    rng = np.random.default_rng(seed)
    shift = rng.uniform(0, 2 * np.pi, SERIES)
    truth = 1 + swing * np.sin(2 * np.pi * np.arange(n)[:, None] / 12 + shift)
    phases = 1 + swing * np.sin(2 * np.pi * (n - np.arange(12))[:, None] / 12 + shift)
    return 100 * truth * rng.normal(1, noise, (n, SERIES)), phases


def frame(y, name="A", start="2022-01-01", freq="MS"):
    ds = pd.date_range(start, periods=len(y), freq=freq)
    return pd.DataFrame({"unique_id": name, "ds": ds, "y": np.asarray(y, dtype=float)})


@pytest.mark.parametrize("additive", [False, True])
@pytest.mark.parametrize("n", [24, 29, 36, 60, 150])
def test_season_is_found_taken_out_and_put_back(n, additive):
    y = wave(n, additive=additive)
    block = block_of(y)
    assert found(block).tolist() == [True]
    ahead, seasonal = deseasonalised(lambda b, h: smooth(b, SIMPLE).predict(h), block, 24, [12])
    assert seasonal.all()
    assert ahead.mean[:, 0] == pytest.approx(wave(n + 24, additive=additive)[n:], abs=1e-3)


@pytest.mark.parametrize("additive", [False, True])
def test_classical_indices_leave_a_level(additive):
    block = block_of(wave(60, additive=additive))
    level = 0 if additive else 100
    assert decompose(block, 12).removed(block).y[:, 0] == pytest.approx(np.full(60, level), abs=1e-6)


def test_decomposition_is_that_of_statsmodels():
    from statsmodels.tsa.seasonal import seasonal_decompose

    y = wave(50) + 0.8 * np.arange(50) + 2 * np.random.default_rng(2).standard_normal(50)
    reference = seasonal_decompose(y, model="multiplicative", period=12).seasonal
    assert decompose(block_of(y), 12).removed(block_of(y)).y[:, 0] == pytest.approx(y / reference)


def test_f_is_that_of_nested_least_squares(monkeypatch):
    import statsmodels.api as sm

    monkeypatch.setattr("sop_xl.demand.forecasting.seasonality.AUTOCORRELATIONS", (0.0,))
    y = np.random.default_rng(3).normal(100, 10, 30)
    phases = np.eye(12)[np.arange(30) % 12]
    line = np.arange(30.0)
    full = sm.OLS(np.log(y), np.column_stack([line, phases])).fit()
    f, p, _ = full.compare_f_test(sm.OLS(np.log(y), sm.add_constant(line)).fit())
    fit = seasonal_regression(block_of(y), 12)
    assert (fit.f[0], fit.p_value[0], fit.freedom[0]) == pytest.approx((f, p, full.df_resid))
    effects = np.exp(full.params[1:])[(30 - np.arange(12)) % 12]
    assert fit.indices.factor[:, 0] == pytest.approx(effects / effects.mean())


def test_autocorrelated_errors_are_fitted_as_by_generalised_least_squares(monkeypatch):
    import statsmodels.api as sm

    monkeypatch.setattr("sop_xl.demand.forecasting.seasonality.AUTOCORRELATIONS", (0.8,))
    y = np.random.default_rng(4).normal(0, 10, 28)  # negative too: no logarithms
    design = np.column_stack([np.arange(28.0), np.eye(12)[np.arange(28) % 12]])
    sigma = 0.8 ** np.abs(np.subtract.outer(np.arange(28), np.arange(28)))
    reference = sm.GLS(y, design, sigma=sigma).fit()
    contrast = np.column_stack([np.zeros(11), np.eye(12)[1:] - np.eye(12)[:-1]])
    fit = seasonal_regression(block_of(y), 12)
    assert fit.f[0] == pytest.approx(float(reference.f_test(contrast).fvalue))
    effects = (reference.params[1:] - reference.params[1:].mean())[(28 - np.arange(12)) % 12]
    assert fit.indices.additive[:, 0] == pytest.approx(effects)


@pytest.mark.parametrize(
    ("n", "swing", "power"), [(24, 0.2, 0.75), (24, 0.3, 0.95), (30, 0.2, 0.93), (30, 0.3, 0.98), (36, 0.2, 0.97)]
)
def test_power_for_a_season_with_a_tenth_noise(n, swing, power):
    y, _ = noisy_waves(n, swing)
    assert found(panel_of(y)).mean() > power
    assert found(panel_of(y + 2 * np.arange(n)[:, None])).mean() > power - 0.15  # growing over a weaker season


@pytest.mark.parametrize("n", MONTHS)
@pytest.mark.parametrize("kind", ["noise", "trend", "growth", "random walk", "autoregression", "shift", "counts"])
def test_few_false_positives(kind, n):
    rng = np.random.default_rng(11)
    t = np.arange(n)[:, None]
    noise = rng.standard_normal((n, SERIES))
    near = np.zeros((n, SERIES))
    for row in range(n):
        near[row] = 0.5 * near[row - 1] * (row > 0) + noise[row]
    y = {
        "noise": 100 + 10 * noise,
        "trend": 100 + 3 * t + 10 * noise,
        "growth": 100 * 1.03**t * np.exp(0.1 * noise),
        "random walk": 300 + 10 * np.cumsum(noise, axis=0),
        "autoregression": 100 + 10 * near,
        "shift": 100 + 60 * (t > n // 2) + 10 * noise,
        "counts": rng.poisson(3, (n, SERIES)),
    }[kind]
    assert found(panel_of(y.astype(float))).mean() < 0.15  # 0.03 to 0.09, 0.12 for a shift between two years


@pytest.mark.parametrize("y", [np.full(30, 7.0), np.zeros(30), np.arange(30.0), -np.arange(30.0), 1.1 ** np.arange(30)])
def test_a_constant_or_a_line_is_no_season(y):
    fit = seasonal_regression(block_of(y), 12)
    assert fit.f[0] < 1.0
    assert fit.weight.tolist() == [0.0]


@pytest.mark.parametrize(("season", "freq"), [(3, "MS"), (4, "QS"), (7, "D"), (52, "W-MON")])
def test_two_seasons_are_enough_and_less_are_not(season, freq):
    index = np.random.default_rng(1).uniform(0.6, 1.4, season)
    n = max(2 * season, 12)
    y = 100 * np.resize(index, n) * (1 + 0.005 * np.random.default_rng(2).standard_normal(n))
    assert found(block_of(y), season).tolist() == [True]
    short = seasonal_regression(block_of(y[: 2 * season - 1]), season)
    assert (short.f[0], short.p_value[0], short.weight[0]) == (0.0, 1.0, 0.0)
    assert short.indices.factor.tolist() == np.ones((season, 1)).tolist()
    got = forecast(frame(y, freq=freq), season, season=season)
    assert got["method"].unique().tolist() == ["seasonal combination"]
    assert got["forecast"].to_numpy() == pytest.approx(100 * np.resize(np.roll(index, -n), season), rel=0.05)


def test_series_side_by_side_are_as_each_alone():
    series = [noisy_waves(n, 0.3, seed=n)[0][:, 0] for n in (47, 36, 30, 24, 17)]
    together = seasonal_regression(block_of(*series), 12)
    indices = seasonal_indices(block_of(*series), together)
    for column, values in enumerate(series):
        alone = seasonal_regression(block_of(values), 12)
        assert together.f[column] == pytest.approx(alone.f[0])
        mine = seasonal_indices(block_of(values), alone)
        assert indices.factor[:, column] == pytest.approx(mine.factor[:, 0])


def test_old_seasons_are_forgotten_by_the_test():
    recent = noisy_waves(12 * RECENT, 0.3)[0][:, 0]
    before = np.random.default_rng(9).uniform(50, 400, 60)
    fits = [seasonal_regression(block_of(y), 12) for y in (recent, np.r_[before, recent])]
    assert fits[0].f[0] == pytest.approx(fits[1].f[0])


@pytest.mark.parametrize("n", MONTHS)
def test_known_indices_are_recovered(n):
    y, truth = noisy_waves(n, 0.3)
    block = panel_of(y)
    indices = seasonal_indices(block, seasonal_regression(block, 12)).factor
    error = np.sqrt(np.mean((indices - truth) ** 2))
    assert error < 1.25 * 0.1 * np.sqrt(12 / n)  # the standard error of a mean of n / 12 values, and the trend's
    assert indices.mean(axis=0) == pytest.approx(np.ones(SERIES))


@pytest.mark.parametrize("n", MONTHS)
@pytest.mark.parametrize(("swing", "noise"), [(0.0, 0.2), (0.1, 0.2), (0.2, 0.2)])
def test_shrinkage_brings_indices_nearer_to_the_truth(swing, noise, n):
    y, truth = noisy_waves(n, swing, noise=noise)
    block = panel_of(y)
    fit = seasonal_regression(block, 12)
    raw = decompose(block, 12) if n >= 36 else fit.indices
    shrunk = seasonal_indices(block, fit)
    assert np.mean((shrunk.factor - truth) ** 2) < 0.95 * np.mean((raw.factor - truth) ** 2)
    assert (np.ptp(shrunk.factor, axis=0) <= np.ptp(raw.factor, axis=0) + 1e-12).all()


def test_shrinking_by_all_is_neutral_and_by_nothing_is_the_same():
    seasons = Seasons(np.array([[3.0, 3.0], [-3.0, -3.0]]), np.array([[1.2, 1.2], [0.8, 0.8]]))
    got = seasons.shrunk(np.array([0.0, 1.0]))
    assert got.additive.tolist() == [[0.0, 3.0], [0.0, -3.0]]
    assert got.factor == pytest.approx(np.array([[1.0, 1.2], [1.0, 0.8]]))


def test_two_years_are_followed():
    swing = 1 + 0.3 * np.sin(2 * np.pi * np.arange(36) / 12)
    y = 200 * swing[:24] * np.random.default_rng(7).normal(1, 0.05, 24)
    got = forecast(frame(y), 12)
    assert got["method"].unique().tolist() == ["seasonal combination"]
    assert np.corrcoef(got["forecast"], swing[24:])[0, 1] > 0.9
    assert 0.3 < np.ptp(got["forecast"]) / got["forecast"].mean() < 0.8
    assert wmape(200 * swing[24:], got["forecast"]) < 0.1


def test_months_with_no_demand_do_not_hide_a_season():
    y = np.tile([0.0, 0, 10, 30, 60, 80, 90, 80, 60, 30, 20, 15], 2) + np.random.default_rng(3).poisson(4, 24)
    got = forecast(frame(np.where(np.arange(24) % 12 < 2, 0.0, y)), 12)
    assert got["method"].iloc[0] == "seasonal combination"
    assert got["forecast"].iloc[6] > 4 * got["forecast"].iloc[1]
    assert (got["lo_95"] >= 0).all()


@pytest.mark.parametrize("n", [24, 30, 36])
def test_intervals_of_short_seasonal_series_cover_what_they_say(n):
    y, _ = noisy_waves(n + 6, 0.3)
    past = pd.concat([frame(y[:n, k], f"S{k:03d}") for k in range(SERIES)])
    got = forecast(past, 6)
    assert got["method"].str.startswith("seasonal combination").mean() > 0.95
    new = y[n:].T.ravel()
    inside = {w: np.mean((new >= got[f"lo_{w}"]) & (new <= got[f"hi_{w}"])) for w in (80, 95)}
    assert 0.74 < inside[80] < 0.93
    assert 0.90 < inside[95] < 0.995


def test_backtest_of_two_and_a_half_years_beats_the_naive_methods():
    y, _ = noisy_waves(36, 0.3)
    history = pd.concat([frame(y[:, k], f"S{k:03d}") for k in range(40)])
    judged = backtest(history)  # origins from 30 to 35 months
    error = {step: wmape(part["actual"], part["forecast"]) for step, part in judged.groupby("step")}
    assert error["statistical"] < 0.9 * error["seasonal naive"]
    assert error["statistical"] < 0.75 * error["naive"]


@pytest.fixture(scope="module")
def small_company():
    """Its history without the one-off order, which the planner takes out."""
    history = company.history().rename(columns={"period": "ds", "quantity": "y"})
    history.loc[history["y"].eq(170), "y"] = np.nan
    return history.assign(unique_id=history["item"] + "|" + history["channel"])


@pytest.mark.parametrize("n", [24, 30, 36])
def test_the_small_company_is_seasonal(small_company, n):
    recent = small_company.groupby("unique_id").tail(n)
    assert forecast(recent, 1)["method"].tolist() == ["seasonal combination"] * 4


@pytest.mark.parametrize("lag", [1, 3])
def test_the_small_company_beats_the_same_month_last_year(small_company, lag):
    judged = backtest(small_company, lag=lag)
    error = {step: wmape(part["actual"], part["forecast"]) for step, part in judged.groupby("step")}
    assert error["statistical"] < 0.8 * error["seasonal naive"]
