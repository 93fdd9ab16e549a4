"""Coherent forecasts: bottom-up, top-down, middle-out, MinT, without negatives, in whole units."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_xl.demand.levels.mint import (
    MINT,
    mint_ols,
    mint_shrink,
    mint_structural,
    mint_variance,
    mint_weighted,
    shrinkage,
)
from sop_xl.demand.levels.reconcile import (
    average_historical_proportions,
    bottom_up,
    forecast_proportions,
    middle_out,
    negatives_spread,
    negatives_to_zero,
    node_frame,
    node_values,
    proportions_of_averages,
    rounded,
    structure,
    summed,
    top_down,
)
from sop_xl.errors import InputError

# the hierarchy of figure 11.1 in Hyndman, Athanasopoulos (2021), Forecasting: Principles and Practice, 3rd ed.
FPP3 = structure(
    pd.DataFrame({"family": list("AAABB"), "item": ["AA", "AB", "AC", "BA", "BB"]}), [(), ("family",), ("item",)]
)
# and its grouped structure of figure 11.6: A, B crossed with X, Y
CROSSED = structure(
    pd.DataFrame({"state": list("AABB"), "purpose": list("XYXY")}),
    [(), ("state",), ("purpose",), ("state", "purpose")],
)

BASE = st.lists(st.floats(0, 1e4, allow_subnormal=False), min_size=8, max_size=8).map(np.array)


def matrix(tree):
    return np.array([summed(tree, row) for row in np.eye(tree.bottom)]).T


def dense(tree, base, covariance):
    """The MinT estimator of section 11.3 of FPP3 as it stands: S (S' W^-1 S)^-1 S' W^-1 y."""
    s, inverse = matrix(tree), np.linalg.inv(covariance)
    return s @ np.linalg.solve(s.T @ inverse @ s, s.T @ inverse @ base)


def is_coherent(tree, values):
    return np.allclose(values, summed(tree, values[-tree.bottom :]), rtol=1e-9, atol=1e-6)


def test_summing_matrices_of_the_textbook():
    assert matrix(FPP3).astype(int).tolist() == [
        [1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [0, 0, 0, 1, 1],
        [1, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 0, 1],
    ]  # fmt: skip
    assert matrix(CROSSED).astype(int).tolist() == [
        [1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1],
        [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1],
    ]  # fmt: skip
    assert CROSSED.levels == ("total", "state", "purpose", "state x purpose")


@given(BASE)
def test_each_way_keeps_the_level_it_starts_from(base):
    assert bottom_up(FPP3, base)[3:].tolist() == base[3:].tolist()
    shares = forecast_proportions(FPP3, base)
    down = top_down(FPP3, base, shares)
    middle = middle_out(FPP3, base, "family")
    assert down[0] == pytest.approx(base[0])
    assert middle[1:3] == pytest.approx(base[1:3])
    assert middle_out(FPP3, base, "total") == pytest.approx(down)
    assert middle_out(FPP3, base, "item") == pytest.approx(bottom_up(FPP3, base))
    for got in (bottom_up(FPP3, base), down, middle):
        assert is_coherent(FPP3, got)
        assert (got >= 0).all()


def test_forecast_proportions_of_the_textbook():
    # FPP3, section 11.2: p_AA = (y_AA / S_A) (y_A / S_total), S the sum of the siblings' base forecasts
    base = np.array([100.0, 50, 30, 10, 20, 20, 15, 5])
    assert forecast_proportions(FPP3, base)[0] == pytest.approx((10 / 50) * (50 / 80))
    assert forecast_proportions(FPP3, base)[4] == pytest.approx((5 / 20) * (30 / 80))


def test_gross_and_sohl_proportions():
    history = np.array([[1.0, 8, 0], [3, 2, 0]])  # a month without any sale says nothing
    tree = structure(pd.DataFrame({"item": ["A", "B"]}), [(), ("item",)])
    assert average_historical_proportions(tree, history) == pytest.approx([(0.25 + 0.8) / 2, (0.75 + 0.2) / 2])
    assert proportions_of_averages(tree, history) == pytest.approx([9 / 14, 5 / 14])
    assert average_historical_proportions(tree, history * 0).tolist() == [0.5, 0.5]
    got = top_down(tree, [[100.0, 50], [0, 0], [0, 0]], proportions_of_averages(tree, history))
    assert got[1] == pytest.approx([900 / 14, 450 / 14])


def test_all_zero_siblings_share_equally():
    assert top_down(FPP3, [10.0] + [0] * 7, forecast_proportions(FPP3, np.zeros(8)))[3:].tolist() == pytest.approx(
        [5 / 3, 5 / 3, 5 / 3, 2.5, 2.5]
    )


def test_mint_solved_by_hand():
    tree = structure(pd.DataFrame({"item": ["A", "B"]}), [(), ("item",)])
    base = [20.0, 8.0, 6.0]  # the total is 6 more than its items
    assert mint_ols(tree, base).tolist() == pytest.approx([18, 10, 8])  # each bears a third
    assert mint_structural(tree, base).tolist() == pytest.approx([17, 9.5, 7.5])  # the total, of two, a half
    assert mint_weighted(tree, base, [1, 4, 1]).tolist() == pytest.approx([19, 12, 7])  # as the variances are
    assert mint_weighted(tree, base, [0, 1, 1]).tolist() == pytest.approx([20, 11, 9])  # the total is certain


@pytest.mark.parametrize("tree", [FPP3, CROSSED])
def test_sparse_mint_is_the_textbook_formula(tree):
    rng = np.random.default_rng(0)
    nodes = len(tree.nodes)
    base = rng.uniform(0, 100, (nodes, 3))
    errors = rng.normal(0, rng.uniform(1, 20, nodes)[:, None], (nodes, 7)) + rng.normal(0, 20, 7)
    square = errors @ errors.T / 7
    weight = max(shrinkage(errors), 0.01)
    covariances = {
        "ols": np.eye(nodes),
        "structural": np.diag(matrix(tree).sum(axis=1)),
        "variance": np.diag(np.diag(square)),
        "shrink": weight * np.diag(np.diag(square)) + (1 - weight) * square,
    }
    assert 0.01 < weight < 1
    for name, covariance in covariances.items():
        got = MINT[name](tree, base, errors) if name in ("variance", "shrink") else MINT[name](tree, base)
        assert got == pytest.approx(dense(tree, base, covariance))
        assert is_coherent(tree, got)
        again = MINT[name](tree, got, errors) if name in ("variance", "shrink") else MINT[name](tree, got)
        assert again == pytest.approx(got)  # what is coherent stays


def test_unknown_errors_count_for_nothing():
    base = np.random.default_rng(4).uniform(0, 100, 8)
    errors = np.random.default_rng(5).normal(0, 20, (8, 6))
    known = errors[:, :4]
    gaps = np.hstack([known, np.full((8, 3), np.nan)])
    assert mint_variance(FPP3, base, gaps) == pytest.approx(mint_variance(FPP3, base, known))
    errors[3] = np.nan  # a young item: as unsure as the others are for each series
    usual = np.median((errors[np.arange(8) != 3] ** 2).mean(axis=1) / matrix(FPP3).sum(axis=1)[np.arange(8) != 3])
    assert mint_variance(FPP3, base, errors) == pytest.approx(
        mint_weighted(FPP3, base, np.where(np.arange(8) == 3, usual, (np.nan_to_num(errors) ** 2).mean(axis=1)))
    )
    got = mint_shrink(FPP3, base, errors)
    square = np.nan_to_num(errors) @ np.nan_to_num(errors).T / 6
    weight = max(shrinkage(np.nan_to_num(errors)), 0.01)
    whole = np.diag(np.where(np.arange(8) == 3, usual, np.diag(square)))
    expected = dense(FPP3, base, whole + (1 - weight) * (square - np.diag(np.diag(square))))
    assert got == pytest.approx(expected)
    nothing = np.full((8, 2), np.nan)
    assert mint_shrink(FPP3, base, nothing) == pytest.approx(mint_structural(FPP3, base))


def test_shrinkage_is_that_of_schafer_and_strimmer():
    # their estimator written out pair by pair
    errors = np.random.default_rng(3).normal(size=(5, 9)) + np.linspace(-2, 2, 9)
    x = errors / np.sqrt((errors**2).mean(axis=1))[:, None]
    months, above, below = 9, 0.0, 0.0
    for i in range(5):
        for j in range(5):
            if i != j:
                w = x[i] * x[j]
                above += ((w - w.mean()) ** 2).sum() / (months * (months - 1))
                below += w.mean() ** 2
    assert shrinkage(errors) == pytest.approx(above / below)


def test_ols_takes_away_three_eighths_of_the_squared_errors():
    # independent errors of variance 1 at every node: projecting them on 5 dimensions leaves 5 of 8
    rng = np.random.default_rng(1)
    truth = summed(FPP3, np.array([40.0, 30, 20, 50, 10]))
    base = truth[:, None] + rng.normal(size=(8, 4000))
    gain = ((mint_ols(FPP3, base) - truth[:, None]) ** 2).sum() / ((base - truth[:, None]) ** 2).sum()
    assert gain == pytest.approx(5 / 8, abs=0.01)


@settings(max_examples=50)
@given(st.lists(st.floats(-100, 1000), min_size=5, max_size=5).map(np.array))
def test_no_negatives_stay_and_totals_hold_where_asked(bottom):
    coherent = summed(FPP3, bottom)
    zero, spread = negatives_to_zero(FPP3, coherent), negatives_spread(FPP3, coherent)
    for got in (zero, spread):
        assert (got >= 0).all()
        assert is_coherent(FPP3, got)
    assert spread[0] == pytest.approx(max(coherent[0], 0))
    if (bottom >= 0).all():
        assert zero == pytest.approx(coherent)
        assert spread == pytest.approx(coherent)


@given(st.lists(st.floats(0, 1e4), min_size=10, max_size=10))
def test_whole_units_at_every_level_and_month(bottom):
    coherent = summed(FPP3, np.array(bottom).reshape(5, 2))
    got = rounded(FPP3, coherent)
    assert (got == np.round(got)).all()
    assert is_coherent(FPP3, got)
    assert (np.abs(got - coherent) < 1 + 1e-6).all()
    assert (np.abs(got[0] - coherent[0]) <= 0.5 + 1e-6).all()


def test_frames_go_in_and_come_out_in_any_order():
    months = pd.date_range("2020-03-01", periods=2, freq="MS")
    values = summed(CROSSED, np.arange(8.0).reshape(4, 2))
    frame = node_frame(CROSSED, values, months).sample(frac=1, random_state=0)
    assert list(frame.columns) == ["level", "state", "purpose", "period", "quantity"]
    back, periods = node_values(CROSSED, frame)
    assert (back == values).all()
    assert periods.equals(pd.DatetimeIndex(months))
    with pytest.raises(InputError, match="no node for state"):
        node_values(CROSSED, frame.assign(state=frame["state"].replace("A", "C")))
    with pytest.raises(InputError, match="2 periods cannot be laid out over 1"):
        node_frame(CROSSED, values, months[:1])


def test_any_key_columns_make_a_hierarchy_at_scale():
    rng = np.random.default_rng(2)
    keys = pd.DataFrame(
        {"item": np.repeat([f"I{n:03}" for n in range(300)], 6), "location": np.tile(list("UVWXYZ"), 300)}
    )
    keys["family"] = "F" + keys["item"].str[1:2]
    tree = structure(keys, [(), ("family",), ("item",), ("family", "location"), ("item", "location")])
    base = rng.uniform(0, 50, (len(tree.nodes), 3))
    assert is_coherent(tree, mint_structural(tree, base))
    assert is_coherent(tree, mint_shrink(tree, base, rng.normal(size=(len(tree.nodes), 12))))
    with pytest.raises(InputError, match="family x location is not nested in item"):
        middle_out(tree, base, "family")


def test_what_cannot_be_reconciled_is_said():
    keys = pd.DataFrame({"item": ["A", "A"], "region": ["DE", "FR"]})
    with pytest.raises(InputError, match="A is there twice"):
        structure(keys, [(), ("item",)])
    with pytest.raises(InputError, match="no column channel"):
        structure(keys, [("channel",)])
    with pytest.raises(InputError, match="at least one series"):
        structure(keys.iloc[:0], [("item",)])
    with pytest.raises(InputError, match="the forecast of family B is not a finite number"):
        mint_ols(FPP3, [1, 2, np.nan, 1, 1, 1, 1, 1])
    with pytest.raises(InputError, match="there are 8 nodes, but values for 2"):
        bottom_up(FPP3, [1, 2])
    with pytest.raises(InputError, match="no level 'brand'"):
        middle_out(FPP3, np.ones(8), "brand")
    with pytest.raises(InputError, match="summing to 1"):
        top_down(FPP3, np.ones(8), np.ones(5))
    with pytest.raises(InputError, match="0 or more"):
        forecast_proportions(FPP3, -np.ones(8))
    with pytest.raises(InputError, match="2 or more months"):
        mint_shrink(FPP3, np.ones(8), np.ones((8, 1)))
    with pytest.raises(InputError, match="error variance"):
        mint_weighted(FPP3, np.ones(8), -np.ones(8))
    with pytest.raises(InputError, match="shape"):
        mint_variance(FPP3, np.ones(8), np.ones((7, 3)))


def test_a_hierarchy_of_one_level_is_coherent_as_it_is():
    tree = structure(pd.DataFrame({"item": ["A", "B"]}), [("item",)])
    assert mint_ols(tree, [6.0, 4.0]).tolist() == [6.0, 4.0]
