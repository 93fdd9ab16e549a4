"""Returns, their lag, shifts between channels, and peaks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_xl.demand.channels import (
    event_peaks,
    expected_returns,
    monthly_peaks,
    net_demand,
    return_lags,
    returns_rates,
    shifted_channels,
    split_returns,
)
from sop_xl.errors import InputError

MONTHS = pd.date_range("2018-01-01", periods=48, freq="MS")
ITEMS = pd.DataFrame({"item": ["A", "B"], "family": ["F", "G"]})


def rows(values, item="A", channel="shop", region="DE"):
    columns = {"item": item, "channel": channel, "region": region, "period": MONTHS[: len(values)]}
    return pd.DataFrame(columns | {"quantity": np.asarray(values, dtype=float)})


def test_lines_split_into_sales_and_returns():
    lines = pd.concat([rows([5.0, -1.0]), rows([-3.0, 7.0])])
    got = split_returns(lines)
    assert got[["sales", "returns"]].to_numpy().tolist() == [[5, 3], [7, 1]]
    assert (got["sales"] - got["returns"]).sum() == lines["quantity"].sum()


def sold(n, rate, channel="web"):
    columns = {"channel": channel, "item": [f"{i:03d}" for i in range(len(n))], "sales": n, "returns": n * rate}
    return pd.DataFrame(columns)


def test_rates_are_recovered_better_than_raw_and_than_the_channel():
    rng = np.random.default_rng(1)
    true = rng.beta(4, 16, 400)
    n = rng.integers(1, 120, 400).astype(float)
    table = sold(n, 0).assign(returns=rng.binomial(n.astype(int), true).astype(float))
    got = returns_rates(table)
    raw = table["returns"] / table["sales"]
    error = np.abs(got["rate"] - true).mean()
    assert error < 0.9 * np.abs(raw - true).mean()
    assert error < 0.9 * np.abs(got["channel_rate"] - true).mean()
    prior = (n * (1 - got["weight"]) / got["weight"]).median()
    assert prior == pytest.approx(20, rel=0.3)  # alpha + beta of the beta distribution


def test_items_that_are_alike_take_the_rate_of_the_channel():
    rng = np.random.default_rng(2)
    n = np.full(200, 50.0)
    table = sold(n, 0).assign(returns=rng.binomial(50, 0.2, 200).astype(float))
    got = returns_rates(table)
    assert got["rate"].std() < 0.2 * (table["returns"] / n).std()
    alone = returns_rates(sold(np.array([10.0]), 0.5))
    assert alone["rate"].tolist() == [0.5]


@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)), min_size=1, max_size=12))
def test_rates_are_shares_whatever_is_sold(values):
    n, back = (np.array(v) for v in zip(*values, strict=True))
    got = returns_rates(sold(n, 0).assign(returns=back))
    assert got["rate"].between(0, 1).all()
    assert got["weight"].between(0, 1).all()


def test_channels_have_rates_of_their_own():
    both = pd.concat([sold(np.array([100.0, 0.0]), 0.3), sold(np.array([100.0]), 0.02, "shop")])
    got = returns_rates(both).set_index(["channel", "item"])["rate"]
    assert got["web", "001"] == pytest.approx(0.3)
    assert got["shop", "000"] == pytest.approx(0.02)
    with pytest.raises(InputError, match="returns of 000 in web must be 0 or more, got -1"):
        returns_rates(sold(np.array([1.0]), -1.0))


def test_lags_are_recovered_from_noisy_returns():
    rng = np.random.default_rng(3)
    y = rng.gamma(4, 50, 48)
    true = np.array([0.05, 0.12, 0.03, 0.0])
    back = sum(c * np.append(np.zeros(lag), y[: len(y) - lag]) for lag, c in enumerate(true))
    table = pd.DataFrame({"channel": "web", "period": MONTHS, "sales": y, "returns": rng.poisson(back)})
    got = return_lags(table, 3)
    assert got["rate"].iloc[0] == pytest.approx(0.2, abs=0.02)
    assert got["share"].to_numpy() == pytest.approx(true / 0.2, abs=0.12)
    assert got["share"].sum() == pytest.approx(1)
    with pytest.raises(InputError, match="channel 'web' has 8 months of returns; a lag up to 3 months needs 12"):
        return_lags(table.iloc[:8], 3)
    none = return_lags(table.assign(returns=0.0), 3)
    assert none[["share", "rate"]].to_numpy().tolist() == [[1, 0], [0, 0], [0, 0], [0, 0]]


RATES = pd.DataFrame({"channel": "web", "item": ["A"], "channel_rate": 0.2, "rate": 0.3})
LAGS = pd.DataFrame({"channel": "web", "lag": [0, 1, 2], "share": [0.5, 0.3, 0.2]})


@settings(deadline=None)
@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=24))
def test_in_the_end_what_comes_back_is_the_rate_of_what_was_shipped(values):
    gross = rows(values, channel="web")
    back = expected_returns(gross, RATES, LAGS)
    assert back["returns"].sum() == pytest.approx(0.3 * sum(values))
    net = net_demand(gross, RATES)["quantity"].sum()
    assert net + back["returns"].sum() == pytest.approx(sum(values))
    np.testing.assert_allclose(
        back["returns"], np.convolve(0.3 * np.array(values), [0.5, 0.3, 0.2]), rtol=1e-9, atol=1e-9
    )


def test_items_and_channels_without_rates():
    gross = pd.concat([rows([100.0], "B", "web"), rows([100.0], "A", "shop")])
    assert net_demand(gross, RATES)["quantity"].tolist() == [80, 100]
    back = expected_returns(gross, RATES, LAGS[LAGS["channel"].eq("none")])
    assert back["returns"].tolist() == [0, 20]


def shift(**values):
    rule = {"from_channel": "shop", "to_channel": "web", "share": 0.2, "first_period": MONTHS[1], "last_period": pd.NaT}
    return pd.DataFrame([rule | values])


def test_a_shift_within_its_months_and_scope():
    plan = pd.concat([rows([100.0] * 4), rows([10.0] * 4, channel="web"), rows([50.0] * 4, "B")])
    got = shifted_channels(plan, shift(last_period=MONTHS[2], family="F"), ITEMS)
    wide = got.pivot_table(index="period", columns=["item", "channel"], values="quantity", dropna=False)
    assert wide["A", "shop"].tolist() == [100, 80, 80, 100]
    assert wide["A", "web"].tolist() == [10, 30, 30, 10]
    assert wide["B", "shop"].tolist() == [50] * 4
    everything = shifted_channels(plan, shift(share=1.0), ITEMS)
    new = everything[everything["item"].eq("B") & everything["channel"].eq("web")]
    assert new["quantity"].tolist() == [50] * 3


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.floats(0, 1e5), min_size=6, max_size=6),
    st.lists(
        st.tuples(
            st.sampled_from([("shop", "web"), ("web", "shop"), ("web", "b2b")]), st.floats(0, 1), st.integers(0, 5)
        ),
        max_size=4,
    ),
)
def test_the_total_of_item_region_and_month_stays(values, moves):
    plan = pd.concat([rows(values), rows(values[::-1], channel="web"), rows(values, "B", region="FR")])
    rules = [shift(from_channel=a, to_channel=b, share=s, first_period=MONTHS[m]) for (a, b), s, m in moves]
    got = shifted_channels(plan, pd.concat(rules) if rules else shift().iloc[:0], ITEMS)
    where = ["item", "region", "period"]
    np.testing.assert_allclose(
        got.groupby(where)["quantity"].sum(), plan.groupby(where)["quantity"].sum(), rtol=1e-9, atol=1e-9
    )
    assert got["quantity"].min() >= 0


def test_bad_shifts_are_named():
    for change, says in (
        ({"share": 1.5}, "share moved from shop to web must lie between 0 and 1, got 1.5"),
        ({"first_period": pd.NaT}, "shift from shop to web needs two channels and a first month"),
        ({"to_channel": "shop"}, "shift from shop to shop needs two channels"),
    ):
        with pytest.raises(InputError, match=says):
            shifted_channels(rows([1.0]), shift(**change), ITEMS)


def test_monthly_peaks_over_whole_years_only():
    y = np.where(MONTHS.month == 11, 30.0, 10.0)
    y[:12] *= 2
    both = pd.concat([rows(y[:30], channel="web"), rows(y[:24], "B", "web"), rows([5.0] * 48)])
    got = monthly_peaks(both).set_index(["channel", "month"])
    assert got.loc[("web", 11), "share"] == pytest.approx(30 / 140)
    assert got.loc[("web", 11), "lift"] == pytest.approx(12 * 30 / 140)
    assert got.loc["web", "years"].eq(2).all()
    assert got.loc["shop", "lift"].to_numpy() == pytest.approx(1)
    assert got.groupby("channel")["share"].sum().to_numpy() == pytest.approx(1)


def test_event_peaks_by_channel():
    days = pd.date_range("2018-01-01", "2020-12-31")
    events = pd.DataFrame(
        {
            "event": ["Black Week"] * 3 + ["Later"],
            "start": pd.to_datetime(["2018-11-23", "2019-11-29", "2020-11-27", "2021-03-01"]),
            "end": pd.to_datetime(["2018-11-26", "2019-12-02", "2020-11-30", "2021-03-02"]),
        }
    )
    inside = np.zeros(len(days), dtype=bool)
    for start, end in zip(events["start"], events["end"], strict=True):
        inside |= (days >= start) & (days <= end)
    web = pd.DataFrame({"channel": "web", "date": days, "quantity": np.where(inside, 80.0, 10.0)})
    shop = pd.DataFrame({"channel": "shop", "date": days, "quantity": 7.0})
    got = event_peaks(pd.concat([web, shop]), events).set_index("channel")
    assert got["event"].unique().tolist() == ["Black Week"]
    assert got["times"].tolist() == [3, 3]
    assert got.loc["web", "lift"] == pytest.approx(8)
    assert got.loc["shop", "lift"] == pytest.approx(1)
    assert got.loc["web", "share"] == pytest.approx(np.mean([320 / (320 + 10 * (n - 4)) for n in (365, 365, 366)]))
    with pytest.raises(InputError, match="event 'X' must start on or before"):
        event_peaks(web, pd.DataFrame([{"event": "X", "start": days[9], "end": days[8]}]))
