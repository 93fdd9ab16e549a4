"""Forecasts with known causes: effects are found, borrowed, bounded; what is missing is named."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_xl.demand.causes.regressor_learner import large_enough, learnt
from sop_xl.demand.causes.regressor_panel import causes_of, design
from sop_xl.demand.causes.regressor_ridge import ridge, shrunk_ridge
from sop_xl.demand.causes.regressors import (
    elasticities,
    forecast_with_learner,
    forecast_with_regressors,
    forecast_with_ridge,
    forecast_with_shrunk_ridge,
)
from sop_xl.errors import InputError

NAMES = ["price", "deal"]
DOORS = (forecast_with_ridge, forecast_with_shrunk_ridge, forecast_with_regressors)


def sales(series=6, periods=60, horizon=8, noise=0.2, elasticity=-2.0, lift=0.6, seed=0, first="2020-01-06"):
    """Weekly sales of a log-linear law, split into history and known future; the future keeps its true y."""
    rng = np.random.default_rng(seed)
    weeks = pd.date_range(first, periods=periods + horizon, freq="W-MON")
    parts = []
    for n in range(series):
        deal = (rng.random(len(weeks)) < 0.25).astype(float)
        price = 3.0 * np.where(deal > 0, 0.8, 1.0) * np.exp(rng.normal(0, 0.05, len(weeks)))
        law = 100.0 * (n + 1) * (price / 3.0) ** elasticity * np.exp(lift * deal)
        y = law * np.exp(rng.normal(0, noise, len(weeks)))
        parts.append(pd.DataFrame({"unique_id": f"S{n:02d}", "ds": weeks, "y": y, "price": price, "deal": deal}))
    frame = pd.concat(parts, ignore_index=True)
    ahead = frame["ds"] >= weeks[periods]
    return frame[~ahead].reset_index(drop=True), frame[ahead].reset_index(drop=True)


def wape(got, future):
    both = got.merge(future, on=["unique_id", "ds"])
    assert len(both) == len(future)
    return (both["forecast"] - both["y"]).abs().sum() / both["y"].sum()


@pytest.mark.parametrize("door", DOORS)
def test_a_known_law_is_followed(door):
    history, future = sales(noise=0.02)
    got = door(history, future, NAMES, 8)
    assert wape(got, future) < 0.08
    assert list(got.columns) == ["unique_id", "ds", "forecast", "variance", "method"]
    assert (got[["unique_id", "ds"]] == future[["unique_id", "ds"]]).all(axis=None)


def test_the_law_s_elasticity_is_found():
    history, _ = sales(series=20, periods=100, noise=0.2)
    found = elasticities(history, NAMES).pivot(index="unique_id", columns="regressor", values="effect")
    assert found["price"].mean() == pytest.approx(-2.0, abs=0.2)
    assert found["deal"].mean() == pytest.approx(0.6, abs=0.1)
    assert found["price"].std() < 0.3


def test_shrinking_to_the_group_helps_the_short_and_noisy():
    history, future = sales(series=30, periods=14, noise=0.5, seed=3)
    assert wape(forecast_with_shrunk_ridge(history, future, NAMES, 8), future) < wape(
        forecast_with_ridge(history, future, NAMES, 8), future
    )


def test_groups_keep_apart_what_differs():
    one, one_ahead = sales(series=10, noise=0.1, elasticity=-4.0, seed=1)
    two, two_ahead = sales(series=10, noise=0.1, elasticity=-0.5, seed=2)
    two, two_ahead = (frame.assign(unique_id="T" + frame["unique_id"]) for frame in (two, two_ahead))
    history, future = pd.concat([one, two]), pd.concat([one_ahead, two_ahead])
    brands = {name: name[0] for name in history["unique_id"].unique()}
    apart = elasticities(history, NAMES, groups=brands)
    apart = apart[apart["regressor"].eq("price")].set_index("unique_id")["effect"]
    assert apart[apart.index.str.startswith("S")].mean() < -3.3
    assert apart[apart.index.str.startswith("T")].mean() > -1.2
    drawn = forecast_with_shrunk_ridge(history, future, NAMES, 8, groups=brands)
    assert wape(drawn, future) < wape(forecast_with_shrunk_ridge(history, future, NAMES, 8), future)


def test_a_series_that_never_had_a_deal_borrows_the_effect():
    history, future = sales(series=12, noise=0.05)
    quiet = history["unique_id"].eq("S00")
    history["y"] = history["y"].mask(quiet & history["deal"].eq(1))
    one = future["unique_id"].eq("S00") & future["ds"].eq(future["ds"].min())
    future.loc[one, ["price", "deal"]] = [2.4, 1.0]
    got = forecast_with_shrunk_ridge(history, future, NAMES, 8)
    on_deal = got[one]["forecast"].item()
    assert on_deal == pytest.approx(100 * 0.8**-2 * np.exp(0.6), rel=0.25)


def test_a_regressor_that_never_moved_has_no_effect():
    history, future = sales()
    got = forecast_with_regressors(history.assign(sun=0.0), future.assign(sun=1.0), [*NAMES, "sun"], 8)
    pd.testing.assert_frame_equal(got, forecast_with_regressors(history, future, NAMES, 8))


def test_a_regressor_given_twice_changes_little():
    history, future = sales(noise=0.05)
    history, future = history.assign(again=history["deal"]), future.assign(again=future["deal"])
    got = forecast_with_regressors(history, future, [*NAMES, "again"], 8)
    plain = forecast_with_regressors(history, future, NAMES, 8)
    assert np.isfinite(got["forecast"]).all()
    assert got["forecast"].to_numpy() == pytest.approx(plain["forecast"].to_numpy(), rel=0.1)


def test_an_effect_ahead_is_bounded_by_what_was_seen():
    history, future = sales(noise=0.05)
    got = forecast_with_regressors(history, future.assign(price=0.01), NAMES, 8)
    highest = history.groupby("unique_id")["y"].max()
    assert (got.groupby("unique_id")["forecast"].max() < 6 * highest).all()


def test_a_price_in_other_units_is_refused():
    history, future = sales()
    with pytest.raises(InputError, match=r"future has price = .* for series 'S00' in .*, far outside"):
        forecast_with_regressors(history, future.assign(price=future["price"] * 1e4), NAMES, 8)


def test_fewer_than_three_points_have_their_mean():
    history, future = sales(series=4)
    short = history["unique_id"].eq("S00") & (history["ds"] < history["ds"].max() - pd.Timedelta(days=8))
    history = history[~short]
    got = forecast_with_regressors(history, future, NAMES, 8)
    mean = history.loc[history["unique_id"].eq("S00"), "y"].mean()
    first = got[got["unique_id"].eq("S00")]
    assert first["forecast"].to_numpy() == pytest.approx(mean)
    assert set(first["method"]) == {"mean (below 3 periods)"}


def test_three_points_use_the_group_s_coefficients():
    history, future = sales(series=12, noise=0.05)
    cut = history["unique_id"].eq("S00") & (history["ds"] < history["ds"].max() - pd.Timedelta(days=15))
    got = forecast_with_regressors(history[~cut], future, NAMES, 8)
    one = future[future["unique_id"].eq("S00")]
    assert wape(got[got["unique_id"].eq("S00")], one) < 0.2


def test_zeros_and_returns_are_planned_with():
    history, future = sales(series=4, noise=0.3)
    history.loc[history.index % 7 == 0, "y"] = 0.0
    got = forecast_with_regressors(history, future, NAMES, 8)
    assert (got["forecast"] >= 0).all()
    assert wape(got, future) < 0.6
    returned = history.assign(y=np.where(history.index % 11 == 0, -5.0, history["y"]))
    got = forecast_with_regressors(returned, future, NAMES, 8)
    assert np.isfinite(got[["forecast", "variance"]].to_numpy()).all()


def test_all_zero_stays_zero():
    history, future = sales(series=2)
    got = forecast_with_regressors(history.assign(y=0.0), future, NAMES, 8)
    assert got["forecast"].tolist() == [0.0] * 16


def test_totals_are_not_far_off_on_skewed_demand():
    history, future = sales(series=40, noise=0.6, seed=5)
    got = forecast_with_regressors(history, future, NAMES, 8)
    assert got["forecast"].sum() == pytest.approx(future["y"].sum(), rel=0.15)


def test_variance_covers():
    history, future = sales(series=40, noise=0.3, seed=6)
    both = forecast_with_regressors(history, future, NAMES, 8).merge(future, on=["unique_id", "ds"])
    inside = (both["forecast"] - both["y"]).abs() <= 1.96 * np.sqrt(both["variance"])
    assert 0.9 < inside.mean() <= 1.0


def test_period_numbers_serve_as_dates():
    history, future = sales()
    number = {day: n for n, day in enumerate(sorted(pd.concat([history, future])["ds"].unique()))}
    got = forecast_with_regressors(
        history.assign(ds=history["ds"].map(number)), future.assign(ds=future["ds"].map(number)), NAMES, 8
    )
    assert got["ds"].tolist() == list(range(60, 68)) * 6
    dated = forecast_with_regressors(history, future, NAMES, 8)
    assert got["forecast"].to_numpy() == pytest.approx(dated["forecast"].to_numpy(), rel=1e-6)


def test_order_of_rows_and_extra_rows_do_not_matter():
    history, future = sales()
    later = future.assign(ds=future["ds"] + pd.Timedelta(weeks=8))
    other = future.assign(unique_id="never sold")
    mixed = pd.concat([later, future, other]).sample(frac=1, random_state=1)
    got = forecast_with_regressors(history.sample(frac=1, random_state=2), mixed, NAMES, 8)
    pd.testing.assert_frame_equal(got, forecast_with_regressors(history, future, NAMES, 8))


def test_inputs_stay_as_they_were():
    history, future = sales()
    before = history.copy(), future.copy()
    forecast_with_regressors(history, future, NAMES, 8)
    pd.testing.assert_frame_equal(history, before[0])
    pd.testing.assert_frame_equal(future, before[1])


def test_a_season_beside_the_promotions_is_found():
    months = pd.date_range("2017-01-01", periods=66, freq="MS")
    rng = np.random.default_rng(0)
    parts = []
    for n in range(4):
        deal = (rng.random(66) < 0.3).astype(float)
        wave = 1.0 + 0.5 * np.sin(np.arange(66) * np.pi / 6)
        y = 200 * wave * np.exp(0.5 * deal) * np.exp(rng.normal(0, 0.05, 66))
        parts.append(pd.DataFrame({"unique_id": f"S{n}", "ds": months, "y": y, "deal": deal, "wave": wave}))
    frame = pd.concat(parts)
    ahead = frame["ds"] >= months[60]
    got = forecast_with_regressors(frame[~ahead], frame[ahead], ["deal"], 6)
    assert wape(got, frame[ahead]) < 0.12


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda h, f: (h, f.drop(f.index[3])), r"no row for series 'S00' in 2021-03-22.*horizon is 8"),
        (lambda h, f: (h, f.iloc[:0]), "no row for series 'S00' in 2021-03-01"),
        (lambda h, f: (h, f.assign(price=f["price"].mask(f.index == 9))), "no price for series 'S01' in 2021-03-08"),
        (lambda h, f: (h, f.assign(deal="yes")), "series 'S00' has deal = yes in 2021-03-01 00:00:00 of future"),
        (lambda h, f: (h.assign(price=np.inf), f), "series 'S00' has price = inf"),
        (lambda h, f: (h, pd.concat([f, f.tail(1)])), "two rows for series 'S05' in 2021-04-19"),
        (lambda h, f: (h.drop(columns="deal"), f), "history lacks the columns deal"),
        (lambda h, f: (h, f.drop(columns=["deal", "ds"])), "future lacks the columns ds, deal"),
        (lambda h, f: (h.assign(deal=np.nan), f), "regressor 'deal' has no value in history"),
    ],
)
def test_what_is_missing_is_named(change, says):
    history, future = change(*sales())
    with pytest.raises(InputError, match=says):
        forecast_with_regressors(history, future, NAMES, 8)


def test_arguments_are_checked():
    history, future = sales(series=2)
    for names in ([], "price", ["price", "price"], ["y"]):
        with pytest.raises(InputError, match=r"regressors"):
            forecast_with_regressors(history, future, names, 8)
    for horizon in (0, -1, 2.5, True):
        with pytest.raises(InputError, match="whole number of periods from 1"):
            forecast_with_regressors(history, future, NAMES, horizon)
    with pytest.raises(InputError, match="group is given to 'ghost'"):
        forecast_with_regressors(history, future, NAMES, 8, groups={"ghost": "brand"})
    with pytest.raises(InputError, match="a learner needs 50 series"):
        forecast_with_learner(history, future, NAMES, 8)


def test_rows_without_a_price_are_left_out():
    history, future = sales(noise=0.02)
    holes = history.assign(price=history["price"].mask(history.index % 5 == 0))
    assert wape(forecast_with_regressors(holes, future, NAMES, 8), future) < 0.1


def test_products_of_price_and_deal_are_columns_of_the_design():
    causes, _ = causes_of(*sales(), NAMES, 8)
    x = design(causes)
    assert x.shape == (68, 6, 3)
    assert causes.logs.tolist() == [True, False]
    past = x[:60]
    assert past.mean(axis=0) == pytest.approx(0.0, abs=1e-9)
    assert (past**2).mean(axis=(0, 1)) == pytest.approx(1.0)


def test_strong_shrinkage_is_pooled_regression(monkeypatch):
    from sop_xl.demand.causes import regressor_ridge

    causes, _ = causes_of(*sales(noise=0.3), NAMES, 8)
    free = ridge(causes).beta
    monkeypatch.setattr(regressor_ridge, "STRENGTH", 1e9)
    pooled = shrunk_ridge(causes).beta
    assert np.ptp(pooled, axis=0) == pytest.approx(0.0, abs=1e-6)
    assert np.ptp(free, axis=0).max() > 0.01


# --- the learner ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def portfolio():
    """Where a deal works only below a price: what no log-linear law says."""
    history, future = sales(series=60, periods=100, noise=0.1, elasticity=0.0, lift=0.0, seed=4)
    jump = [np.where((f["price"] < 2.35) & f["deal"].eq(1), 4.0, 1.0) for f in (history, future)]
    return history.assign(y=history["y"] * jump[0]), future.assign(y=future["y"] * jump[1])


def test_the_learner_finds_what_the_regression_misses(portfolio):
    history, future = portfolio
    got = forecast_with_regressors(history, future, NAMES, 8)
    assert got["method"].str.endswith("with gradient boosting").all()
    alone = wape(forecast_with_shrunk_ridge(history, future, NAMES, 8), future)
    assert wape(got, future) < 0.85 * alone


def test_the_learner_is_the_same_every_time(portfolio):
    causes, _ = causes_of(*portfolio, NAMES, 8)
    assert large_enough(causes)
    first = learnt(causes, seed=1)
    assert (first == learnt(causes, seed=1)).all()
    assert np.isfinite(first).all()


def test_the_learner_knows_nothing_of_the_horizon(portfolio):
    history, future = portfolio
    causes, _ = causes_of(history, future, NAMES, 8)
    before = causes.cut(8, 8)
    assert np.shares_memory(before.y, causes.y)
    changed = causes.y.copy()
    changed[-8:] *= 100.0
    from dataclasses import replace

    assert (learnt(before) == learnt(replace(causes, y=changed).cut(8, 8))).all()


# --- identities -----------------------------------------------------------------------------------------------------


@settings(max_examples=20, deadline=None)
@given(st.floats(1e-3, 1e6), st.integers(0, 10))
def test_units_of_demand_and_money_do_not_matter(scale, seed):
    history, future = sales(series=3, periods=20, seed=seed)
    plain = forecast_with_regressors(history, future, NAMES, 8)
    got = forecast_with_regressors(
        history.assign(y=history["y"] * scale, price=history["price"] * 7),
        future.assign(price=future["price"] * 7),
        NAMES,
        8,
    )
    assert got["forecast"].to_numpy() == pytest.approx(plain["forecast"].to_numpy() * scale, rel=1e-6)
    assert got["variance"].to_numpy() == pytest.approx(plain["variance"].to_numpy() * scale**2, rel=1e-6)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_history_gives_a_finite_answer(data):
    periods = data.draw(st.integers(2, 15))
    number = st.one_of(st.just(0.0), st.floats(-1e6, 1e6))
    rows = []
    for name in ("A", "B"):
        y = data.draw(st.lists(number, min_size=periods, max_size=periods))
        price = data.draw(st.lists(st.floats(0, 100), min_size=periods + 2, max_size=periods + 2))
        rows.append(pd.DataFrame({"unique_id": name, "ds": range(periods + 2), "y": [*y, 0, 0], "price": price}))
    frame = pd.concat(rows)
    ahead = frame["ds"] >= periods
    try:
        got = forecast_with_regressors(frame[~ahead], frame[ahead], ["price"], 2)
    except InputError as refused:
        assert "far outside" in str(refused)
        return
    assert np.isfinite(got[["forecast", "variance"]].to_numpy()).all()
    assert (got["variance"] >= 0).all()
    if (frame["y"] >= 0).all():
        assert (got["forecast"] >= 0).all()
