"""Ramp-down, last buy and run-out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from sop_xl.demand.lifecycles.phase_out import critical_ratio, last_buy, ramped_down, run_out
from sop_xl.errors import InputError

MONTHS = pd.date_range("2021-01-01", periods=24, freq="MS")


def plan(item="A", quantity=100.0, months=12, sigma=0.0):
    return pd.DataFrame({"item": item, "period": MONTHS[:months], "quantity": quantity, "sigma": sigma})


def ends(day, item="A"):
    return pd.DataFrame({"item": [item], "end": [pd.Timestamp(day)]})


def stock(units, item="A"):
    return pd.DataFrame({"item": [item], "stock": [units]})


def supply(*rows):
    return pd.DataFrame(rows, columns=["item", "period", "quantity"]).astype(
        {"item": "str", "period": "datetime64[ns]", "quantity": float}
    )


def test_a_sudden_end_counts_the_days_of_its_month():
    got = ramped_down(plan(months=4), ends("2021-02-14"), months=0)
    assert got["quantity"].to_numpy() == pytest.approx([100, 50, 0, 0])


def test_the_ramp_is_a_line_and_items_without_an_end_stay():
    both = pd.concat([plan(months=12), plan("B", months=12)], ignore_index=True)
    got = ramped_down(both, ends("2021-12-31").assign(ramp_months=[12.0]))
    mine = got[got["item"].eq("A")]["quantity"].to_numpy()
    assert mine == pytest.approx(100 - (np.arange(12) + 0.5) * 100 / 12, abs=0.6)
    assert got[got["item"].eq("B")]["quantity"].eq(100).all()
    none = ramped_down(both, pd.DataFrame({"item": ["A"], "end": [pd.NaT]}))
    assert none["quantity"].eq(100).all()
    with pytest.raises(InputError, match="ramp of A must be 0 months or more, got -2"):
        ramped_down(both, ends("2021-12-31").assign(ramp_months=[-2.0]))


@given(st.integers(0, 800), st.floats(0, 12))
def test_a_ramp_never_rises_and_sells_half_of_what_it_lasts(day, ramp):
    end = MONTHS[0] + pd.Timedelta(days=day)
    got = ramped_down(plan(months=24, quantity=1.0), ends(end), ramp)["quantity"].to_numpy()
    assert (np.diff(got) <= 1e-9).all()
    assert ((got >= -1e-12) & (got <= 1 + 1e-12)).all()
    if ramp * 31 < day < 700:
        sold = (got * MONTHS.days_in_month.to_numpy()).sum()
        assert sold == pytest.approx(day + 1 - ramp * 365.25 / 24, abs=1e-6)


def test_last_buy_of_a_certain_demand_is_what_lacks():
    got = last_buy(plan(), stock(300.0), supply(("A", MONTHS[0], 150.0)), ends("2021-12-31"), level=0.5)
    assert got[["demand", "stock", "supply", "last_buy"]].to_numpy().tolist() == [[1200, 300, 150, 750]]
    enough = last_buy(plan(), stock(5000.0), supply(), ends("2021-12-31"))
    assert enough["last_buy"].tolist() == [0]


def test_last_buy_of_a_large_demand_is_the_normal_quantile():
    many = plan(quantity=10_000.0, sigma=1500.0)
    none = last_buy(many, stock(0.0), supply(), ends("2021-12-31"), level=0.9, correlation=0.0)
    assert none["sigma"].iloc[0] == pytest.approx(1500 * np.sqrt(12))
    assert none["needed"].iloc[0] == pytest.approx(120_000 + norm.ppf(0.9) * 1500 * np.sqrt(12), rel=2e-3)
    full = last_buy(many, stock(0.0), supply(), ends("2021-12-31"), level=0.9, correlation=1.0)
    assert full["sigma"].iloc[0] == pytest.approx(1500 * 12)


def test_service_beyond_the_forecast_goes_on_and_falls():
    got = last_buy(plan(), stock(0.0), supply(), ends("2023-12-31"), level=0.5, decline=0.0)
    assert got["demand"].iloc[0] == pytest.approx(3600)
    falling = last_buy(plan(), stock(0.0), supply(), ends("2023-12-31"), level=0.5, decline=0.5)
    assert falling["demand"].iloc[0] == pytest.approx(1200 + (100 * 0.5 ** (np.arange(1, 25) / 12)).sum())
    half = last_buy(plan(), stock(0.0), supply(), ends("2021-02-14"), level=0.5)
    assert half["demand"].iloc[0] == pytest.approx(150)


@settings(deadline=None, max_examples=30)
@given(st.floats(0, 500), st.floats(0, 300), st.floats(0, 2000), st.floats(0.5, 0.99))
def test_more_stock_never_buys_more_and_a_higher_level_never_less(mean, sigma, on_hand, level):
    forecast = plan(quantity=mean, sigma=sigma)
    base = last_buy(forecast, stock(on_hand), supply(), ends("2021-12-31"), level=level)["last_buy"].iloc[0]
    more = last_buy(forecast, stock(on_hand + 10), supply(), ends("2021-12-31"), level=level)["last_buy"].iloc[0]
    safer = last_buy(forecast, stock(on_hand), supply(), ends("2021-12-31"), level=0.995)["last_buy"].iloc[0]
    assert np.isfinite([base, more, safer]).all()
    assert 0 <= more <= base <= safer
    assert base == round(base)


def test_last_buy_refuses_what_it_cannot_answer():
    with pytest.raises(InputError, match="service of A ends on 2020-06-30, before its forecast begins in 2021-01"):
        last_buy(plan(), stock(0.0), supply(), ends("2020-06-30"))
    with pytest.raises(InputError, match="B has an end of service but no forecast"):
        last_buy(plan(), stock(0.0), supply(), ends("2021-06-30", "B"))
    with pytest.raises(InputError, match="level of a last buy must lie between 0 and 1, got 1"):
        last_buy(plan(), stock(0.0), supply(), ends("2021-06-30"), level=1.0)
    with pytest.raises(InputError, match="decline a year must be 0 or more and below 1, got 1"):
        last_buy(plan(), stock(0.0), supply(), ends("2021-06-30"), decline=1.0)
    with pytest.raises(InputError, match="costs of shortage and surplus"):
        critical_ratio(0, 1)
    assert last_buy(plan(), stock(0.0), supply(), ends("2021-06-30").iloc[:0]).empty


def test_run_out_is_the_first_month_that_falls_short():
    got = run_out(plan(months=12), stock(250.0), supply(("A", MONTHS[1], 100.0), ("A", MONTHS[8], 900.0)))
    assert got["run_out"].tolist() == [MONTHS[3]]
    assert got["day"].tolist() == [pd.Timestamp("2021-04-16")]
    assert got["left"].tolist() == [250 + 1000 - 1200]


def test_run_out_counts_overdue_supply_and_items_that_last():
    both = pd.concat([plan(months=3), plan("B", months=3), plan("C", months=3)])
    held = pd.concat([stock(150.0), stock(1000.0, "B")])
    got = run_out(both, held, supply(("A", pd.Timestamp("2020-11-15"), 150.0))).set_index("item")
    assert got["run_out"].isna().tolist() == [True, True, False]  # 300 of A are just enough
    assert got.loc["C", "day"] == MONTHS[0]
    assert got["left"].tolist() == [0, 700, -300]
    assert run_out(plan(months=0), stock(1.0), supply()).empty


@given(st.lists(st.floats(0, 100), min_size=1, max_size=12), st.floats(0, 1000))
def test_up_to_the_run_out_the_stock_covers(quantities, on_hand):
    frame = plan(months=len(quantities)).assign(quantity=quantities)
    got = run_out(frame, stock(on_hand), supply()).iloc[0]
    left = on_hand - np.cumsum(quantities)
    if pd.isna(got["run_out"]):
        assert (left >= -1e-6).all()
    else:
        at = MONTHS.get_loc(got["run_out"])
        assert left[at] < 0
        assert (left[:at] >= -1e-6).all()
        assert got["run_out"] <= got["day"] < got["run_out"] + pd.DateOffset(months=1)
    assert got["left"] == pytest.approx(left[-1], abs=1e-6)
