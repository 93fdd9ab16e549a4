"""Trend, season and remainder of a history."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sop_xl.demand.cleansing.decomposition import decomposed
from sop_xl.errors import InputError

MONTHS = pd.date_range("2015-01-01", periods=60, freq="MS")
SEASON = 1.0 + 0.4 * np.sin(np.arange(60) * np.pi / 6)


def frame(values):
    values = np.asarray(values, dtype=float)
    columns = {"item": "A", "channel": "web", "region": "DE", "period": MONTHS[: len(values)], "quantity": values}
    return pd.DataFrame(columns)


def noisy(n, seed, noise):
    return np.exp(noise * np.random.default_rng(seed).standard_normal((n, 1)))


def test_decomposition_sums_to_the_history_and_shrugs_off_an_outlier():
    y = 200 * SEASON[:60] * noisy(60, 10, 0.03)[:, 0]
    spoilt = y.copy()
    spoilt[30] *= 4
    parts = decomposed(frame(spoilt))
    total = parts["trend"] + parts["season"] + parts["remainder"]
    np.testing.assert_allclose(total, parts["quantity"])
    assert parts["remainder"].abs().idxmax() == 30
    assert parts.loc[30, "trend"] + parts.loc[30, "season"] == pytest.approx(y[30], rel=0.1)
    assert decomposed(frame(np.where(np.arange(48) % 4 == 0, 5.0, 0.0))).empty


def test_trend_and_season_are_what_they_were():
    trend = np.linspace(100, 200, 60)
    parts = decomposed(frame(trend * SEASON))
    assert parts["trend"].to_numpy() == pytest.approx(trend, rel=0.1)
    assert (parts["season"] / parts["trend"] + 1).to_numpy() == pytest.approx(SEASON, abs=0.12)


def test_unknown_months_and_short_or_empty_histories():
    y = 100 * SEASON
    y[20] = np.nan
    parts = decomposed(frame(y))
    assert len(parts) == 60
    assert parts["trend"].notna().all()
    assert decomposed(frame(y[:20])).empty
    with pytest.raises(InputError, match="season must be at least 2 months, got 1"):
        decomposed(frame(y), 1)
