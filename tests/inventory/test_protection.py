"""Safety stock of many points by measure and distribution: against the closed forms, and against simulation."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_xl.errors import InputError
from sop_xl.inventory.distributions import Empirical, NegativeBinomial
from sop_xl.inventory.protection import Exposure, Scaled, chosen, expected_service, protection
from sop_xl.inventory.safety_stock import safety_stock, safety_stock_for_fill_rate
from sop_xl.inventory.service import fill_rate_of
from sop_xl.inventory.targets import stock_targets


def words(*given_words):
    return np.array(given_words, dtype=object)


def exposure(mean, sd, distribution, shapes=None, shape=""):
    count = len(mean)
    return Exposure(
        np.array(mean, dtype=float), np.array(sd, dtype=float), words(*[distribution] * count),
        words(*[shape] * count), shapes or {},
    )  # fmt: skip


def test_normal_cycle_service_is_the_textbook_formula():
    found = protection(
        exposure([1000.0], [500 * 2**0.5], "normal"), np.array([1.0]), words("cycle service"), np.array([0.9])
    )
    assert found == pytest.approx([safety_stock(500, 2, 0, 0.9)])


def test_normal_fill_rate_is_the_textbook_formula_where_lots_are_large():
    """Chopra & Meindl's Lego: 500 a week, lead time 2 weeks, lots of 10,000, 97.5 %: 67 units."""
    found = protection(
        exposure([5000.0], [500 * 2**0.5], "normal"), np.array([10_000.0]), words("fill rate"), np.array([0.975])
    )
    assert found == pytest.approx([safety_stock_for_fill_rate(500, 2, 0, 0.975, 10_000)], abs=0.5)


@settings(deadline=None)
@given(
    mean=st.floats(1, 1e4),
    cv=st.floats(0.05, 1.5),
    level=st.floats(0.6, 0.995),
    distribution=st.sampled_from(["normal", "gamma", "negative binomial"]),
    measure=st.sampled_from(["cycle service", "fill rate"]),
)
def test_the_stock_gives_at_least_the_service_asked(mean, cv, level, distribution, measure):
    exposed = exposure([mean], [mean * cv], distribution)
    lot = np.array([mean / 2])
    stock = protection(exposed, lot, words(measure), np.array([level]))
    cycle, fill = expected_service(exposed, lot, stock)
    assert stock[0] >= 0
    assert (cycle if measure == "cycle service" else fill)[0] >= level - 1e-6


def test_a_mixed_table_is_its_rows_one_by_one():
    mean, sd = np.array([40.0, 40.0, 3.0, 900.0]), np.array([10.0, 30.0, 4.0, 90.0])
    distribution = words("normal", "gamma", "negative binomial", "gamma")
    measure, level = (
        words("cycle service", "fill rate", "cycle service", "fill rate"),
        np.array([0.98, 0.95, 0.9, 0.99]),
    )
    lot, none = np.array([20.0, 20.0, 2.0, 450.0]), words("", "", "", "")
    whole = protection(Exposure(mean, sd, distribution, none, {}), lot, measure, level)
    for k in range(4):
        at = slice(k, k + 1)
        alone = Exposure(mean[at], sd[at], distribution[at], none[at], {})
        assert protection(alone, lot[at], measure[at], level[at]) == pytest.approx(whole[at])


def test_negative_binomial_is_whole_and_meets_its_level():
    stock = protection(
        exposure([4.0], [4.0], "negative binomial"), np.array([2.0]), words("cycle service"), np.array([0.95])
    )
    assert stock[0] == NegativeBinomial(4, 4).quantile(0.95) - 4


def test_empirical_errors_are_scaled_and_simulated_alike():
    rng = np.random.default_rng(3)
    seen = Empirical(np.quantile(rng.standard_t(5, 4000), (np.arange(200) + 0.5) / 200))
    found = Scaled(np.array([100.0]), np.array([20.0]), seen)
    draws = 100.0 + 20.0 * rng.choice(np.asarray(seen.values), 200_000)
    assert found.quantile(0.95)[0] == pytest.approx(np.quantile(draws, 0.95), rel=0.02)
    assert found.loss(np.array([120.0]))[0] == pytest.approx(np.maximum(draws - 120.0, 0).mean(), rel=0.03)
    assert 0.9 < fill_rate_of(found, np.array([140.0]), np.array([100.0]))[0] < 1.0


def test_auto_goes_by_class_and_few_units_are_counted():
    kinds = words("smooth", "erratic", "lumpy", "smooth", "")
    found, _ = chosen(words(*["auto"] * 5), kinds, np.array([50.0, 50.0, 50.0, 2.0, 0.0]), {})
    assert found.tolist() == ["normal", "gamma", "negative binomial", "negative binomial", "normal"]


def test_an_empirical_class_takes_its_errors_or_those_of_all():
    shapes = {"": Empirical([-1.0, 1.0]), "smooth": Empirical([-2.0, 2.0])}
    found, shape = chosen(words("empirical", "empirical"), words("smooth", "lumpy"), np.array([50.0, 50.0]), shapes)
    assert (found.tolist(), shape.tolist()) == (["empirical", "empirical"], ["smooth", ""])


def test_measures_are_never_mixed():
    with pytest.raises(InputError, match="a service type is cycle service or fill rate, got 'both'"):
        protection(exposure([1.0], [1.0], "normal"), np.array([1.0]), words("both"), np.array([0.9]))


MONTHS = pd.date_range("2026-01-01", periods=12, freq="MS")


def made(quantity, **policy):
    tables = {
        "items": pd.DataFrame({"item": ["A"], "make_or_buy": "buy", "abc": "A", "standard_cost": 2.0,
                               "service_level": np.nan, "shelf_life_days": policy.pop("life", np.nan)}),
        "segments": pd.DataFrame({"item": ["A"], "abc": ["A"], "demand_class": "smooth"}),
        "forecast_error": pd.DataFrame({"item": ["A"], "location": "P", "sigma": 20.0}),
        "demand": pd.DataFrame({"item": "A", "location": "P", "period": MONTHS, "quantity": quantity}),
        "sources": pd.DataFrame({"item": ["A"], "location": "P", "kind": "buy", "supplier": "S", "lead_time_days": 30.4,
                                 "lead_time_sd_days": 0.0, "minimum": 0.0, "multiple": 0.0, "cost": 1.0, "share": np.nan}),
        "bom": pd.DataFrame({"assembly": pd.Series(dtype="str"), "component": pd.Series(dtype="str"),
                             "quantity": [], "scrap": []}),
        "inventory_policy": pd.DataFrame({"abc": ["A"], "service_level": 0.95, "min_days": 0.0, "max_days": np.nan} | policy),
    }  # fmt: skip
    return stock_targets(**tables, review=1.0, periods=MONTHS)


def test_targets_follow_a_season_and_stand_still_without_one():
    level = made(np.full(12, 100.0))
    assert level.by_month["target"].to_numpy() == pytest.approx(level.table["target"].iloc[0])
    season = made(100.0 * (1 + 0.8 * np.sin(np.arange(12) / 12 * 2 * np.pi)))
    peak = season.by_month.set_index("period")["target"]
    assert peak.idxmax() < pd.Timestamp("2026-04-01")  # stands there before the peak of April
    assert peak.max() == pytest.approx(season.table["peak_target"].iloc[0])
    assert peak.mean() == pytest.approx(season.table["target"].iloc[0], rel=0.1)


def test_fill_rate_asks_for_less_than_cycle_service_of_the_same_level():
    cycle, fill = (made(np.full(12, 100.0), service_type=name).table.iloc[0] for name in ("cycle service", "fill rate"))
    assert fill["safety_stock"] < cycle["safety_stock"]
    assert fill["fill_rate"] == pytest.approx(0.95, abs=1e-6)
    assert cycle["cycle_service"] == pytest.approx(0.95, abs=1e-9)


def test_shelf_life_caps_the_target():
    kept = made(np.full(12, 100.0), life=20.0).table.iloc[0]
    assert kept["limited_by"] == "shelf life"
    assert kept["target"] == pytest.approx(100.0 * 20 / 30.4375, rel=0.01)
