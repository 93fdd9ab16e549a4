"""Minimum and multiple of orders."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_xl.supply.lots import largest_lot, next_lot, round_up
from sop_xl.supply.plan import PlanSettings, balance

UNITS = st.floats(0, 500).map(lambda x: round(x, 2))


def free(count):
    return np.full(count, np.inf)


@given(need=UNITS, minimum=UNITS, multiple=st.sampled_from([0.0, 1.0, 6.0, 25.0]))
def test_a_lot_covers_its_need_and_is_the_smallest(need, minimum, multiple):
    lot = next_lot(need, minimum, multiple)
    if need <= 1e-6:
        assert lot == 0
        return
    assert lot >= max(need, minimum) - 1e-6
    if multiple:
        assert lot / multiple == pytest.approx(round(lot / multiple))
        assert lot - multiple < max(need, minimum)


@given(
    order=st.lists(UNITS, min_size=1, max_size=12),
    minimum=st.sampled_from([0.0, 40.0]),
    multiple=st.sampled_from([0.0, 1.0, 25.0]),
)
def test_rounded_orders_never_fall_behind_nor_run_more_than_a_lot_ahead(order, minimum, multiple):
    wanted = np.array(order)
    rounded = round_up(wanted, minimum, multiple, np.inf, free(len(wanted)), free(len(wanted)))
    ahead = np.cumsum(rounded) - np.cumsum(wanted)
    assert ahead.min() >= -1e-5
    assert ahead.max() <= next_lot(0.01, minimum, multiple) + 1e-5
    placed = rounded[rounded > 0]
    assert (placed >= minimum - 1e-6).all()
    if multiple:
        assert np.allclose(placed / multiple, np.round(placed / multiple))


@given(order=st.lists(st.floats(0, 100), min_size=2, max_size=8), maximum=st.sampled_from([100.0, 130.0]))
def test_a_maximum_is_kept_by_ordering_earlier(order, maximum):
    wanted = np.array([0.0, *order])
    rounded = round_up(wanted, 0.0, 30.0, maximum, free(len(wanted)), free(len(wanted)))
    if rounded is not None:
        assert rounded.max() <= largest_lot(maximum, 0.0, 30.0)
        assert (np.cumsum(rounded) >= np.cumsum(wanted) - 1e-5).all()


def test_a_full_month_moves_what_does_not_fit_to_the_month_before():
    wanted = np.array([10.0, 100.0])
    assert round_up(wanted, 0.0, 30.0, 100.0, free(2), free(2)).tolist() == [30.0, 90.0]


def test_lots_that_a_maximum_forbids_are_left_alone():
    assert round_up(np.array([100.0, 20.0]), 0.0, 30.0, 100.0, free(2), free(2)) is None
    assert round_up(np.array([10.0]), 50.0, 0.0, 40.0, free(1), free(1)) is None


def test_room_of_the_donor_limits_a_lot():
    wanted = np.array([10.0, 10.0, 10.0])
    tight = np.array([0.0, 0.0, 5.0])
    assert round_up(wanted, 0.0, 7.0, np.inf, tight, free(3)).tolist() == [10.0, 10.0, 14.0]


@pytest.fixture
def lotted(tables, across, months):
    """A bought item with a minimum and a multiple, moved on in boxes of 8."""

    def make(stock, **more):
        return tables(
            items=[("A", "", 10.0, 30.0)],
            locations=[("HUB", np.nan), ("SHOP", np.nan)],
            sources=[
                {
                    "item": "A",
                    "location": "HUB",
                    "kind": "buy",
                    "supplier": "S",
                    "cost": 9.0,
                    "minimum": 50.0,
                    "multiple": 20.0,
                }
                | more,
                {"item": "A", "location": "SHOP", "kind": "transfer", "supplier": "HUB", "multiple": 8.0},
            ],
            stock=[("A", "HUB", "usable", stock)],
            demand=across(months(4), "A", "SHOP", values=[0.0, 13.0, 20.0, 10.0]),
        )

    return make


def orders(plan, kind):
    return plan.supply_plan.query(f"kind == '{kind}' and measure == 'order'")["quantity"].tolist()


def test_bought_and_moved_in_lots(lotted):
    plan = balance(lotted(stock=0.0))
    assert plan.status == "rounded"
    assert orders(plan, "buy") == [0.0, 60.0, 0.0, 0.0]
    assert orders(plan, "transfer") == [0.0, 16.0, 24.0, 8.0]
    assert plan.shortages.empty
    assert plan.costs["buy"] == 60 * 9.0


def test_without_lots_the_plan_is_the_programmes(lotted):
    tables = lotted(stock=0.0)
    tables["sources"] = tables["sources"].assign(minimum=0.0, multiple=0.0)
    plan = balance(tables)
    assert plan.status == "optimal"
    assert orders(plan, "transfer") == pytest.approx([0.0, 13.0, 20.0, 10.0])


def test_a_lot_its_donor_cannot_fill_is_left_and_told(lotted):
    tables = lotted(stock=43.0)
    tables["sources"] = tables["sources"].query("kind == 'transfer'")
    plan = balance(tables)
    assert sum(orders(plan, "transfer")) == pytest.approx(43.0)
    assert "1 source could not keep minimum or multiple in every month" in plan.notes[-1]
    assert plan.projected_balance.query("measure == 'closing'")["quantity"].min() >= 0


def test_surplus_of_a_lot_serves_what_was_late(tables, across, months):
    """The supplier's box holds more than the month the programme could pay for: nobody waits beside a full shelf."""
    periods = months(3)
    late = tables(
        items=[("A", "", 10.0, 30.0)],
        locations=[("P", np.nan)],
        sources=[
            {"item": "A", "location": "P", "kind": "buy", "supplier": "S", "cost": 9.0, "maximum": 10.0},
            {"item": "A", "location": "P", "kind": "buy", "supplier": "T", "cost": 12.0, "minimum": 40.0},
        ],
        demand=across(periods, "A", "P", values=[0.0, 30.0, 0.0]),
    )
    patient = PlanSettings(backlog_rate=0.01)
    plan = balance(late, settings=patient)
    unlotted = balance(late | {"sources": late["sources"].assign(minimum=0.0)}, settings=patient)
    assert unlotted.kpis.late_units == pytest.approx(10.0)  # waits for the cheap supplier
    assert plan.kpis.late_units == pytest.approx(0.0)
    closing = plan.projected_balance.query("measure == 'closing'")["quantity"].tolist()
    assert closing == pytest.approx([0.0, 10 + 40 - 30, 10 + 40 - 30 + 10])


@given(seed=st.integers(0, 10_000))
@settings(max_examples=5, deadline=None)
def test_lots_only_add_stock_where_nothing_feeds_on_it(drawn, seed):
    """Receipts up to any month are never fewer than the programme's."""
    tables = drawn(seed, lots=True)
    plain = tables | {"sources": tables["sources"].assign(minimum=0.0, multiple=0.0)}
    keys = ["item", "location", "kind", "supplier", "period"]

    def placed(plan):
        received = plan.supply_plan.query("measure == 'receipt'").set_index(keys)["quantity"]
        return received.groupby(level=keys[:4]).cumsum()

    lots, exact = placed(balance(tables)), placed(balance(plain))
    assert (lots.reindex(exact.index, fill_value=0.0) >= exact - 1e-5).all()
