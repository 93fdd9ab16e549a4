"""What a portfolio teaches: only from the past, only where it is large enough, the same for everyone."""

import numpy as np
import pandas as pd
import pytest

from sop_xl.demand.baseline import forecast
from sop_xl.demand.forecasting import portfolio
from sop_xl.demand.forecasting.calibration import NORMAL, SHIPPED, WIDTHS, learnt
from sop_xl.demand.forecasting.prediction import predict
from sop_xl.demand.forecasting.smoothing import Block

SERIES, MONTHS = 120, 66


def company(months=MONTHS, series=SERIES, turn=0.0):
    """Items whose growth stops `turn` a year: a habit that one series alone cannot show."""
    rng = np.random.default_rng(12)
    t = np.arange(months)[:, None]
    season = 1 + 0.2 * np.sin((t + rng.integers(0, 12, series)) * np.pi / 6)
    level = rng.uniform(50, 500, series) * np.exp(np.cumsum(0.02 * rng.standard_normal((months, series)), axis=0))
    return level * season * (1 + turn * ((t % 24) < 6)) * np.exp(0.05 * rng.standard_normal((months, series)))


def frame(y, start="2015-01-01"):
    ds = pd.date_range(start, periods=len(y), freq="MS")
    return pd.DataFrame(
        {
            "unique_id": np.repeat([f"S{k:03d}" for k in range(y.shape[1])], len(y)),
            "ds": np.tile(ds, y.shape[1]),
            "y": y.T.ravel(),
        }
    )


@pytest.fixture(scope="module")
def turning():
    """Demand that steps up for half a year every other year: members lag behind, the portfolio knows better."""
    return company(turn=0.5)


def test_a_large_portfolio_learns_and_says_so(turning):
    got = forecast(frame(turning), 6)
    assert got["method"].str.endswith(", learnt").all()
    small = forecast(frame(turning[:, :50]), 6)
    assert not small["method"].str.contains("learnt").any()


def test_what_is_learnt_lowers_the_error_where_there_is_something_to_learn(turning, monkeypatch):
    past, actual = turning[:-6], turning[-6:]
    with_it = forecast(frame(past), 6)["forecast"].to_numpy().reshape(SERIES, 6).T
    monkeypatch.setattr(portfolio, "FEWEST_SERIES", SERIES + 1)
    without = forecast(frame(past), 6)["forecast"].to_numpy().reshape(SERIES, 6).T
    assert np.abs(with_it - actual).mean() < 0.97 * np.abs(without - actual).mean()


def test_the_same_portfolio_teaches_the_same_twice_and_in_any_order(turning):
    rows = frame(turning)
    first = forecast(rows, 4)
    pd.testing.assert_frame_equal(first, forecast(rows.sample(frac=1.0, random_state=1), 4))


def test_series_that_ended_before_the_others_are_not_corrected(turning):
    whole = frame(turning)
    ended = whole[(whole["unique_id"] != "S007") | (whole["ds"] < "2019-01-01")]
    got = forecast(ended, 4).set_index("unique_id")["method"]
    assert "learnt" not in got["S007"].iloc[0]
    assert "learnt" in got["S008"].iloc[0]


def test_one_series_with_a_month_more_does_not_stop_the_lesson(turning):
    whole = frame(turning)
    late = pd.concat([whole, frame(turning[-12:, :1], "2019-08-01").assign(unique_id="late")])
    got = forecast(late, 4)
    assert got.loc[got["unique_id"] != "late", "method"].str.endswith(", learnt").all()


def test_nothing_after_the_end_is_used(monkeypatch):
    seen = []
    original = portfolio.features

    def spy(block, parts, mean, season):
        seen.append(block.y.copy())
        return original(block, parts, mean, season)

    monkeypatch.setattr(portfolio, "features", spy)
    monkeypatch.setattr(portfolio, "_fitted", lambda x, y, seed: None)
    y = company()
    block = Block(y / 1024, np.full(SERIES, MONTHS))
    portfolio.lesson(block, (12, 3), 0, lambda doing, share: None)
    assert [len(part) for part in seen] == [MONTHS - origin for origin in portfolio.ORIGINS]
    for part in seen:
        assert np.array_equal(part, block.y[: len(part)])


def test_later_steps_take_the_correction_of_the_last_one_learnt(turning):
    y = turning / 1024
    block = Block(y, np.full(SERIES, MONTHS))
    everyone = np.full(SERIES, MONTHS)
    far = predict(block, 30, (12, 3), ["auto"] * SERIES, ends=everyone).mean
    alone = predict(block, 30, (12, 3), ["auto"] * SERIES).mean
    factor = far / alone
    assert factor[18:] == pytest.approx(np.repeat(factor[17:18], 12, axis=0))
    assert np.abs(np.log(factor)).max() <= portfolio.SHARE * portfolio.LARGEST + 1e-9


def test_features_of_short_histories_are_unknown_not_wrong():
    block = Block(np.abs(company(26, 3)) / 1024, np.array([26, 26, 26]))
    from sop_xl.demand.forecasting.members import members
    from sop_xl.demand.forecasting.seasonality import seasonally_adjusted

    parts = members(block, seasonally_adjusted(block, 4, (12, 3)), 4, 12)
    rows = portfolio.features(block, parts, parts.combined().mean, 12)
    assert rows.shape[:2] == (4, 3)
    assert np.isfinite(rows).mean() > 0.9
    assert rows[:, 0, 0].tolist() == [1, 2, 3, 4]


def test_the_shipped_spread_grows_with_the_width_and_is_wider_above():
    lower, upper = zip(*(SHIPPED.reach(w) for w in (10, 50, 80, 90, 95, 99, 99.9)), strict=True)
    assert (np.diff(lower) > 0).all()
    assert (np.diff(upper) > 0).all()
    assert all(above >= below for below, above in zip(lower, upper, strict=True))


def test_the_normal_spread_is_the_normal_curve_at_its_knots():
    assert NORMAL.reach(95) == pytest.approx((1.95996, 1.95996), abs=1e-4)
    assert NORMAL.reach(60)[0] == pytest.approx(0.8416, abs=1e-3)


def test_a_learnt_spread_covers_what_it_says():
    errors = np.random.default_rng(0).gamma(2.0, 1.0, 20_000) - 2.0
    spread = learnt(errors, 1.0)
    for width in WIDTHS[1:]:
        below, above = spread.reach(width)
        assert np.mean((errors >= -below) & (errors <= above)) == pytest.approx(width / 100, abs=0.006)
