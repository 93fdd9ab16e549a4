"""The S&OP grid: its identities, computed again from the tables it is made of."""

import company
import pandas as pd
import pytest

from sop_xl.cycle.desk import context_of
from sop_xl.cycle.grid import TOTAL, gaps, sop_grid
from sop_xl.cycle.grid_rows import order
from sop_xl.cycle.supply_planning import supply_planning

CAPACITY = ("capacity", "overtime used", "highest load")


@pytest.fixture
def grid(planned):
    return planned.frames["sop_grid"]


def row(grid, family, block, measure):
    mine = grid[grid["family"].eq(family) & grid["block"].eq(block) & grid["measure"].eq(measure)]
    return mine.set_index("period")["value"]


def families(grid):
    return list(grid["family"].unique())


def test_opening_and_receipts_less_shipments_is_closing(grid):
    checks = grid[grid["measure"].eq("check")]
    assert len(checks) == 2 * 3 * len(company.PLANNED)
    assert checks["value"].abs().max() < 0.01
    for family in ("Bikes", "Gloves", TOTAL):
        opening, receipts, shipments, closing = (
            row(grid, family, "inventory", m) for m in ("opening", "receipts", "shipments", "closing")
        )
        pd.testing.assert_series_equal(opening + receipts - shipments, closing, check_names=False, atol=0.03)
        pd.testing.assert_series_equal(opening.iloc[1:], closing.shift().iloc[1:], check_names=False, atol=0.03)


def test_backlog_is_what_was_wanted_and_neither_shipped_nor_lost(short_grid):
    assert row(short_grid, TOTAL, "backlog", "late").max() > 1
    for family in ("Bikes", "Gloves", TOTAL):
        opening, wanted, shipped, lost, late = (
            row(short_grid, family, "backlog", m) for m in ("opening", "wanted", "shipped", "lost", "late")
        )
        pd.testing.assert_series_equal(opening + wanted - shipped - lost, late, check_names=False, atol=0.03)
        pd.testing.assert_series_equal(opening.iloc[1:], late.shift().iloc[1:], check_names=False, atol=0.03)
        assert opening.iloc[0] == 0.0


@pytest.fixture
def short_grid(planned):
    """The grid of the small company with a third of its hours: some demand is late."""
    frames = dict(planned.frames)
    frames["capacity"] = frames["capacity"].assign(hours=frames["capacity"]["hours"] * 0.3)
    context = context_of(frames["control"], now=company.NOW)
    frames |= supply_planning(frames, context).frames
    return sop_grid(frames, context)


NOT_ADDED = ["days of supply", "check", "variance share", "year on year", *CAPACITY]


def test_families_add_up_to_the_total(grid):
    added = grid[~grid["measure"].isin(NOT_ADDED)]
    parts = added[added["family"].ne(TOTAL)].groupby(["block", "measure", "period"])["value"].sum()
    total = added[added["family"].eq(TOTAL)].set_index(["block", "measure", "period"])["value"]
    shared = total.index.intersection(parts.index)
    pd.testing.assert_series_equal(parts[shared].sort_index(), total[shared].sort_index(), check_names=False, atol=0.02)
    assert total[total.index.difference(parts.index)].abs().sum() == 0.0  # rows of nothing stand for the total only


def test_the_rows_in_money_are_units_times_price_or_cost(grid):
    prices = {"demand": 25.0, "supply": 25.0, "inventory": 10.0, "backlog": 25.0}
    seen = 0
    for (block, measure), worth in grid[grid["family"].eq("Gloves")].groupby(["block", "measure"]):
        of, _, value = block.partition(" ")
        if value and measure != "budget":
            units = row(grid, "Gloves", of, measure)
            pd.testing.assert_series_equal(
                worth.set_index("period")["value"], units * prices[of], check_names=False, atol=0.01
            )
            seen += 1
    assert seen > 15
    assert set(grid.loc[grid["block"].str.endswith(" value"), "unit"]) == {"USD"}


def test_variance_is_actual_less_plan_and_adds_up(planned):
    frames, context = dict(planned.frames), context_of(planned.frames["control"], now=company.NOW)
    plan = frames["consensus"].query("item == '007'").groupby("period")["quantity"].sum()
    month = company.PLANNED[:2]
    frames["actual_demand"] = pd.DataFrame(
        {"item": "007", "channel": "web", "region": "South", "period": month, "quantity": [230.0, 150.0]}
    )
    made = {"item": "BIKE-1", "location": "PLANT", "period": month[:1], "quantity": [120.0]}
    frames["actual_production"] = pd.DataFrame(made)
    grid = sop_grid(frames, context)
    variance = row(grid, "Gloves", "demand", "variance")
    assert list(variance.index) == list(month)
    assert variance.tolist() == pytest.approx([230.0 - plan[month[0]], 150.0 - plan[month[1]]], abs=0.01)
    running = row(grid, "Gloves", "demand", "cumulative variance")
    assert running.tolist() == pytest.approx(variance.cumsum().tolist(), abs=0.01)
    share = row(grid, "Gloves", "demand", "variance share")
    assert share.iloc[0] == pytest.approx(variance.iloc[0] / plan[month[0]], abs=1e-4)
    produced = row(grid, "Bikes", "supply", "production")
    assert row(grid, "Bikes", "supply", "variance")[month[0]] == pytest.approx(120.0 - produced[month[0]], abs=0.01)


def test_a_month_that_is_over_is_held_against_the_plan_of_its_own_cycle(planned):
    frames, context = dict(planned.frames), context_of(planned.frames["control"], now=company.NOW)
    months = pd.date_range("2026-05-01", periods=3, freq="MS")
    created = pd.to_datetime(["2026-05-02", "2026-06-02"])
    frames["versions"] = pd.DataFrame(
        {
            "version": ["a", "b"],
            "cycle": ["2026-05", "2026-06"],
            "status": ["superseded", "approved"],
            "created": created,
        }
    )
    frames["approved_plan"] = pd.DataFrame(
        [("a", "demand", "007", m, 10.0) for m in months] + [("b", "demand", "007", m, 20.0) for m in months[1:]],
        columns=["version", "measure", "item", "period", "quantity"],
    )
    grid = sop_grid(frames, context)
    assert row(grid, "Gloves", "demand", "last plan").tolist() == [10.0, 20.0, 20.0]
    history = row(grid, "Gloves", "demand", "history")
    expected = history[months[:2]] - [10.0, 20.0]
    assert row(grid, "Gloves", "demand", "variance")[months[:2]].tolist() == pytest.approx(expected.tolist())


def test_growth_and_gaps_follow_from_the_rows_above(grid):
    for family in families(grid):
        sold = row(grid, family, "demand", "history")
        for later in ("actual", "consensus"):
            sold = sold.combine_first(row(grid, family, "demand", later))
        growth = row(grid, family, "demand", "year on year")
        before = row(grid, family, "demand", "last year").reindex(growth.index)
        assert growth.tolist() == pytest.approx((sold.reindex(growth.index) / before - 1).tolist(), abs=0.01)
        gap = row(grid, family, "money", "gap to budget")
        revenue, budget = (row(grid, family, "money", m).reindex(gap.index) for m in ("revenue", "budget revenue"))
        assert gap.tolist() == pytest.approx((revenue - budget).tolist(), abs=0.02)
        change, value = row(grid, family, "money", "change of stock"), row(grid, family, "inventory", "stock value")
        assert change.tolist() == pytest.approx(value.diff().dropna().tolist(), abs=0.03)


def test_the_stock_counted_is_where_the_plan_begins(grid):
    month = pd.Timestamp("2026-06-01")
    for family in ("Bikes", "Gloves", TOTAL):
        assert row(grid, family, "inventory", "actual")[month] == row(grid, family, "inventory", "opening").iloc[0]
    assert row(grid, "Bikes", "inventory", "actual")[month] == 60 + 80 + 40


def test_hours_are_those_of_the_work_centers_a_family_needs(grid, planned):
    load = planned.frames["resource_load"].set_index(["measure", "period"])["hours"]
    used = load["regular used"] + load["overtime used"]
    for family in ("Bikes", TOTAL):
        assert row(grid, family, "supply", "capacity").tolist() == load["regular capacity"].tolist()
        highest = row(grid, family, "supply", "highest load")
        assert highest.tolist() == pytest.approx((used / load["regular capacity"]).tolist(), abs=0.01)
    assert row(grid, "Gloves", "supply", "capacity").empty  # gloves are bought


def test_open_orders_and_what_is_left_of_the_forecast_are_what_is_wanted(grid):
    for family in ("Bikes", "Gloves", TOTAL):
        wanted = row(grid, family, "backlog", "wanted")
        orders = row(grid, family, "demand", "open orders").reindex(wanted.index).fillna(0.0)
        left = row(grid, family, "demand", "net forecast")
        assert wanted.tolist() == pytest.approx((orders + left).tolist(), abs=0.01)


def test_excess_is_stock_above_target_item_by_item(grid, planned):
    balance = planned.frames["projected_balance"]
    wide = balance[balance["item"].str.startswith("BIKE")].pivot_table(
        index=["item", "location", "period"], columns="measure", values="quantity"
    )
    expected = (wide["closing"] - wide["target"]).clip(lower=0).groupby("period").sum()
    assert row(grid, "Bikes", "inventory", "excess").tolist() == pytest.approx(expected.tolist(), abs=0.01)


def test_units_times_price_is_revenue(grid, planned):
    delivered = row(grid, "Gloves", "supply", "delivered")
    revenue = row(grid, "Gloves", "money", "revenue").reindex(delivered.index)
    pd.testing.assert_series_equal(revenue, delivered * 25.0, check_names=False)


def test_history_is_shown_as_it_was(grid, planned):
    history = planned.frames["demand_history"].query("item == '007'").set_index("period")["quantity"]
    shown = row(grid, "Gloves", "demand", "history")
    assert len(shown) == 12
    pd.testing.assert_series_equal(shown, history.reindex(shown.index), check_names=False)
    last_year = row(grid, "Gloves", "demand", "last year")
    assert last_year[company.PLANNED[0]] == history[company.PLANNED[0] - pd.DateOffset(years=1)]


def test_the_interval_holds_the_forecast(grid):
    for family in ("Bikes", "Gloves", TOTAL):
        low, mid, high = (row(grid, family, "demand", m) for m in ("low", "statistical", "high"))
        assert (low <= mid + 1e-6).all()
        assert (mid <= high + 1e-6).all()


def test_rows_stand_in_the_order_they_are_read(grid):
    ranks_of = order()
    first = grid[grid["family"].eq(TOTAL)].drop_duplicates(["block", "measure"])
    ranks = [ranks_of[key][0] for key in zip(first["block"], first["measure"], strict=True)]
    assert ranks == sorted(ranks)
    assert grid.iloc[0]["family"] == TOTAL
    assert set(grid["unit"]) <= {"units", "days", "USD", "share", "h"}


def test_the_sentence_of_a_gap_ends_with_the_best_remedy(planned):
    frames = dict(planned.frames)
    hours = frames["capacity"]
    frames["capacity"] = hours.assign(hours=hours["hours"] * 0.3)
    context = context_of(frames["control"], now=company.NOW)
    frames |= supply_planning(frames, context).frames
    found = gaps(frames)
    best = frames["remedies"].query("rank == 1").iloc[0]
    worst = found[found["cause"].eq(f"{best['cause']}: {best['culprit']}")].iloc[0]
    assert f"best remedy for {best['culprit']} as a whole: {best['remedy']}" in worst["says"]
