"""Published safety stocks, and what must hold for all of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop_xl.errors import InputError
from sop_xl.inventory.safety_stock import (
    cycle_service_level,
    error_over_risk,
    fill_rate,
    safety_stock,
    safety_stock_for_fill_rate,
    unit_normal_loss,
    z_for_loss,
    z_value,
)

shares = st.floats(0.5, 0.9999)
positive = st.floats(0.1, 1e4)


def test_lego_at_walmart():
    """Chopra and Meindl: 500 a week, lead time 2 weeks, cycle service level 90 %."""
    assert safety_stock(500, 2, 0, 0.90) == pytest.approx(906, rel=0.002)


def test_bm_computer_world():
    """Chopra and Meindl: reorder point 6000, lots of 10,000, demand 2500 +- 500 a week, lead time 2 weeks."""
    spread = error_over_risk(500, 2)
    assert cycle_service_level(1000, spread) == pytest.approx(0.921, abs=0.001)
    assert spread * unit_normal_loss(1000 / spread) == pytest.approx(25, abs=0.5)
    assert fill_rate(1000, spread, 10_000) == pytest.approx(0.9975, abs=0.0001)


def test_aggregation_of_four_dealerships():
    """Chopra and Meindl: BMW dealers with 5 a week, lead time 2 weeks, 90 %: 36.24 apart, 18.12 pooled."""
    assert 4 * safety_stock(5, 2, 0, 0.90) == pytest.approx(36.24, abs=0.02)
    assert safety_stock(np.sqrt(4) * 5, 2, 0, 0.90) == pytest.approx(18.12, abs=0.02)


def test_harveys_specialty_shop():
    """Nahmias, Example 5.6: lead time demand 100 +- 25, type 1 service 98 %: reorder point 151."""
    assert 100 + safety_stock(25, 1, 0, 0.98) == pytest.approx(151, abs=0.5)


def test_dell_with_an_uncertain_lead_time():
    """Chopra and Meindl: 2500 a day +- 500, lead time 7 days +- 7, 90 %: 17,550 x 1.28 = 22,491."""
    assert safety_stock(500, 7, 0, 0.90, demand=2500, lead_time_sd=7) == pytest.approx(22_491, rel=0.001)


@given(z=st.floats(-6, 6))
def test_the_loss_function_and_its_inverse(z):
    assert z_for_loss(unit_normal_loss(z)) == pytest.approx(z, abs=1e-6)


@given(z=st.floats(-6, 6))
def test_the_loss_on_both_sides_differs_by_z(z):
    assert unit_normal_loss(-z) - unit_normal_loss(z) == pytest.approx(z, abs=1e-9)


@given(sigma=positive, lead_time=st.floats(0, 12), review=st.floats(0.1, 3), level=shares)
def test_the_stock_gives_the_service_asked(sigma, lead_time, review, level):
    stock = safety_stock(sigma, lead_time, review, level)
    assert cycle_service_level(stock, error_over_risk(sigma, lead_time, review)) == pytest.approx(level, abs=1e-9)


@given(sigma=positive, lead_time=st.floats(0, 12), share=shares, lot=positive)
def test_the_stock_gives_the_fill_rate_asked_or_is_zero(sigma, lead_time, share, lot):
    stock = safety_stock_for_fill_rate(sigma, lead_time, 1, share, lot)
    met = fill_rate(stock, error_over_risk(sigma, lead_time, 1), lot)
    assert met == pytest.approx(share, abs=1e-7) if stock > 0 else met >= share - 1e-9


@given(factor=st.floats(0.01, 100), level=shares)
def test_stock_is_in_the_units_of_its_sigma(factor, level):
    assert safety_stock(factor * 20, 2, 1, level, factor * 50, 0.3) == pytest.approx(
        factor * safety_stock(20, 2, 1, level, 50, 0.3)
    )


def test_arrays_and_numbers_agree():
    levels = np.array([0.9, 0.95, 0.98])
    together = safety_stock([10, 20, 30], 2, 1, levels)
    assert together == pytest.approx(
        [float(safety_stock(s, 2, 1, p)) for s, p in zip((10, 20, 30), levels, strict=True)]
    )
    assert isinstance(safety_stock(10, 2, 1, 0.9), float)


def test_no_error_needs_no_stock():
    assert safety_stock(0, 2, 1, 0.99) == 0
    assert safety_stock_for_fill_rate(0, 2, 1, 0.99, 0) == 0
    assert safety_stock(10, 2, 1, 0.4) == 0


@pytest.mark.parametrize("level", [0, 1, 2, -0.1, float("nan")])
def test_a_service_level_out_of_bounds_is_refused(level):
    with pytest.raises(InputError, match="service level must lie between 0 and 1, got"):
        z_value(level)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((-1, 2), "sigma"),
        ((1, -2), "lead time"),
        ((1, 2, -1), "review"),
        ((1, 2, 0, -5), "demand"),
        ((1, 2, 0, 5, -1), "standard deviation"),
    ],
)
def test_negative_arguments_are_refused(arguments, says):
    with pytest.raises(InputError, match=f"{says}.* must be 0 or more"):
        error_over_risk(*arguments)


def test_a_fill_rate_needs_a_lot():
    with pytest.raises(InputError, match="order quantity above 0"):
        safety_stock_for_fill_rate(10, 2, 1, 0.95, 0)
    with pytest.raises(InputError, match="must be above 0, got 0"):
        z_for_loss(0)
