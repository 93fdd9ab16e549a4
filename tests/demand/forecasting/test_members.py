"""The members of the automatic forecast against their papers, and against other libraries."""

import numpy as np
import pytest
from blocks import block_of

from sop_xl.demand.forecasting import aggregation, complex_smoothing, exponential, members, theta
from sop_xl.demand.forecasting.kernels.search import Search
from sop_xl.demand.forecasting.seasonality import phase_effects, seasonally_adjusted
from sop_xl.demand.forecasting.smoothing import Block


def noisy(n, seed, trend=0.0, spread=3.0):
    return 50 + trend * np.arange(n) + spread * np.random.default_rng(seed).standard_normal(n)


def plain_dynamic_theta(y, alpha, theta, horizon):
    """Equations 12 to 16 of Fiorucci et al. (2016), one period after the other."""
    level, mean, a, b = y[0], 0.0, 0.0, 0.0
    out = []
    for t, value in enumerate([*y, *[None] * horizon]):
        decay = (1 - alpha) ** t
        mu = level + (1 - 1 / theta) * (decay * a + (1 - (1 - alpha) ** (t + 1)) / alpha * b)
        seen = mu if value is None else value
        out.append(mu)
        level = alpha * seen + (1 - alpha) * level
        n = t + 1
        b = 0.0 if n == 1 else ((n - 2) * b + 6 / n * (seen - mean)) / (n + 1)
        mean = ((n - 1) * mean + seen) / n
        a = mean - (n + 1) / 2 * b
    return out[len(y) :]


def test_dynamic_theta_is_the_paper_s_recursion(monkeypatch):
    fixed = Search.over(((0.0,), (0.3,), (0.5,), (0.0,)), ((0, 0), (0.3, 0.3), (0.5, 0.5), (0, 0)), (0, 0.1, 0, 0), 0)
    monkeypatch.setattr(theta, "SEARCH", fixed)
    y = noisy(25, 11, trend=2.0)
    short = y[5:]
    got = theta.dynamic_theta(block_of(y, short), 6).mean
    assert got[:, 0] == pytest.approx(plain_dynamic_theta(y, 0.3, 2.0, 6))
    assert got[:, 1] == pytest.approx(plain_dynamic_theta(short, 0.3, 2.0, 6))


def test_running_regression_is_least_squares():
    y = noisy(12, 5, trend=3.0)
    slope = intercept = mean = np.zeros(1)
    for n, value in enumerate(y, start=1):
        slope, intercept, mean = theta.regression(slope, mean, np.array([value]), np.array([float(n)]))
    b, a = np.polyfit(np.arange(1, 13), y, 1)
    assert (slope[0], intercept[0], mean[0]) == pytest.approx((b, a, y.mean()))


def test_aggregation_follows_a_line_and_needs_four_buckets():
    line = block_of(np.arange(48) * 2.0 + 10, np.full(11, 3.0))
    got = aggregation.aggregated(line, 6, (3,))
    assert got[:, 0] == pytest.approx(106 + 2 * np.arange(6), rel=0.03)
    assert np.isnan(got[:, 1]).all()


@pytest.mark.parametrize("form", exponential.candidates(12), ids=lambda form: form.name)
def test_exponential_smoothing_fits_as_well_as_statsmodels(form):
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    t = np.arange(72)
    rng = np.random.default_rng(4)
    y = (60 + 0.5 * t) * (1 + 0.2 * np.sin(t * np.pi / 6)) * (1 + 0.03 * rng.standard_normal(72))
    block = block_of(y / 128)
    effects = phase_effects(block, 12) if form.season else None
    season = 12 if form.season else 1
    fit = exponential.fitted(block, form, season, effects)
    n = np.array([72.0])
    mine = n * np.log(fit.sse / n) + 2 * fit.logs
    model = ETSModel(
        y / 128,
        error=("add", "mul")[form.error],
        trend=(None, "add", "add")[form.trend],
        damped_trend=form.trend == 2,
        seasonal=(None, "add", "mul")[form.season],
        seasonal_periods=12 if form.season else None,
    )
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = model.fit(disp=False, maxiter=500)
    # -2 log likelihood up to the constants: theirs searches the first states too, ours reaches them by backcasting
    reference = -2 * theirs.llf - 72 * (np.log(2 * np.pi) + 1)
    assert mine[0] < reference + 12


def test_variance_of_damped_smoothing_is_that_of_the_book():
    block = block_of(noisy(60, 1, trend=0.4))
    form = exponential.PLAIN[2]
    fit = exponential.fitted(block, form, 1, None)
    ahead = exponential.predicted(fit, form, np.array([60.0]), 1, 4)
    alpha, beta, phi = fit.x[0, 0], fit.x[0, 0] * fit.x[1, 0], fit.x[3, 0]
    c = [alpha + beta * sum(phi**i for i in range(1, j + 1)) for j in range(1, 4)]
    growth = [1 + sum(x**2 for x in c[:j]) for j in range(4)]
    assert ahead.variance[:, 0] / ahead.variance[0, 0] == pytest.approx(growth)


def plain_complex(y, a0, a1, level, horizon):
    """Complex exponential smoothing without season as in Svetunkov et al., in complex numbers."""
    state = complex(level, level / 1.1)
    weight = complex(a0, a1)

    def run(values, state):
        for value in values:
            error = value - state.real
            level, hidden = state.real, state.imag
            new_l = level - (1 - weight.imag) * hidden + (weight.real - weight.imag) * error
            new_c = level + (1 - weight.real) * hidden + (weight.real + weight.imag) * error
            state = complex(new_l, new_c)
        return state

    state = run(y, run(y[::-1], run(y, state)))
    out = []
    for _ in range(horizon):
        out.append(state.real)
        state = complex(state.real - (1 - a1) * state.imag, state.real + (1 - a0) * state.imag)
    return out


def test_complex_smoothing_is_the_paper_s_recursion():
    y = noisy(40, 3, trend=0.3)
    block = block_of(y)
    fit = complex_smoothing.fitted(block, 0, 1, None)
    a0, a1 = fit.x[:2, 0]
    got = complex_smoothing.predicted(fit, 0, 1, 5)[:, 0]
    assert got == pytest.approx(plain_complex(y, a0, a1, y[0], 5))


@pytest.mark.parametrize("kind", range(4))
def test_seasonal_complex_smoothing_goes_on_with_the_season(kind):
    y = 50 + 10 * np.sin(np.arange(72) * np.pi / 6)
    block = block_of(y)
    fit = complex_smoothing.fitted(block, kind, 12, phase_effects(block, 12))
    got = complex_smoothing.predicted(fit, kind, 12, 12)[:, 0]
    error = np.abs(got - (50 + 10 * np.sin(np.arange(72, 84) * np.pi / 6))).mean()
    assert error < (20 if kind == 0 else 2.0)  # the wave is 6.4 from its mean, on average
    assert np.isfinite(complex_smoothing.criterion(fit, kind, np.array([72.0]), 12)).all()


def test_no_member_leaves_the_ceiling_or_breaks_down():
    rockets = block_of(1.5 ** np.arange(40), np.r_[np.full(39, 1.0), 1e6], np.r_[1e6, np.full(39, 1e-3)])
    scaled = Block(rockets.y / rockets.y.max(axis=0), rockets.lengths)
    known = seasonally_adjusted(scaled, 600, (12,))
    said = members.members(scaled, known, 600, 12)
    assert np.isfinite(said.mean).all()
    assert np.isfinite(said.variance).all()
    assert (said.mean <= scaled.y.max() * (1 + members.CEILING)).all()


def test_weights_of_members_shape_the_mean():
    block = block_of(noisy(48, 9, trend=0.5))
    known = seasonally_adjusted(block, 6, (12,))
    said = members.members(block, known, 6, 12)
    only_first = np.zeros((len(members.WEIGHTS), 1))
    only_first[0] = 1.0
    assert said.combined(only_first).mean == pytest.approx(said.mean[0])
    weights = np.array(list(members.WEIGHTS.values()))
    assert said.combined().mean[:, 0] == pytest.approx(weights @ said.mean[:, :, 0] / weights.sum())
