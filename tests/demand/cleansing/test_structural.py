"""The regression behind level shifts against textbook least squares, and its state space form against the regression."""

from __future__ import annotations

import numpy as np
import pytest

from sop_xl.demand.cleansing import structural
from sop_xl.demand.cleansing.structural import fitted, frame_of, scan


def data(n=48, series=5, seed=1):
    rng = np.random.default_rng(seed)
    season = np.sin(np.arange(n) * np.pi / 6)[:, None]
    return 3 + season + 0.2 * rng.standard_normal((n, series)) + 0.8 * (np.arange(n)[:, None] >= 20)


def test_without_a_walk_it_is_ordinary_least_squares(monkeypatch):
    monkeypatch.setattr(structural, "WALKS", (0.0,))
    y, step = data(), (np.arange(48)[:, None] >= 20).astype(float)
    frame = frame_of(np.arange(48))
    found = scan(y, frame, step, np.ones((1, 5), dtype=bool))
    design = np.hstack([frame, step])
    beta, rss, _, _ = np.linalg.lstsq(design, y)
    error = np.sqrt(np.linalg.inv(design.T @ design)[-1, -1] * rss / (48 - design.shape[1]))
    np.testing.assert_allclose(found.effect, beta[-1])
    np.testing.assert_allclose(found.t_value, beta[-1] / error)


def test_both_forms_agree():
    y, months = data(), np.arange(48)
    step = (months[:, None] >= 20).astype(float)
    regression = scan(y, frame_of(months), step, np.ones((1, 5), dtype=bool))
    normal = structural._normalised(regression.t_value, 48 - 14)
    for series in range(5):
        state_space = fitted(y[:, series], months, step)
        assert state_space.effect[0] == pytest.approx(regression.effect[series], rel=0.15)
        assert state_space.t_value[0] == pytest.approx(normal[series], rel=0.25)


def test_the_order_of_the_months_and_the_scale_do_not_matter():
    y, months = data(seed=2), np.arange(48)
    step = (months[:, None] >= 20).astype(float)
    allowed = np.ones((1, 5), dtype=bool)
    one = scan(y, frame_of(months), step, allowed)
    other = scan(1000 * y, frame_of(months + 7), step, allowed)
    np.testing.assert_allclose(other.effect, 1000 * one.effect, rtol=1e-6)
    np.testing.assert_allclose(other.z_value, one.z_value, rtol=1e-6)
    first = fitted(y[:, 0], months, step)
    second = fitted(1000 * y[:, 0], months + 7, step)
    assert second.effect[0] == pytest.approx(1000 * first.effect[0], rel=1e-3)
    assert second.t_value[0] == pytest.approx(first.t_value[0], rel=1e-3)


def test_a_candidate_that_is_not_allowed_or_not_seen_is_never_found():
    y, months = data(), np.arange(48)
    step = (months[:, None] >= 20).astype(float)
    none = scan(y, frame_of(months), step, np.zeros((1, 5), dtype=bool))
    assert (none.z_value == 0).all()
    line = scan(y, frame_of(months), months[:, None].astype(float), np.ones((1, 5), dtype=bool))  # it is in the frame
    assert (line.z_value == 0).all()


def test_unknown_values_and_no_regressors():
    y, months = data(series=1)[:, 0], np.arange(48)
    step = (months[:, None] >= 20).astype(float)
    gaps = y.copy()
    gaps[[3, 30, 31]] = np.nan
    assert fitted(gaps, months, step).effect[0] == pytest.approx(fitted(y, months, step).effect[0], rel=0.2)
    assert fitted(y, months, step[:, :0]).effect.size == 0
