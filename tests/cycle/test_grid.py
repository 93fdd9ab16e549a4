"""The S&OP grid: its identities, computed again from the tables it is made of."""

import company
import pandas as pd
import pytest

from sop_xl.cycle.desk import context_of
from sop_xl.cycle.grid import ROWS, TOTAL, gaps
from sop_xl.cycle.supply_planning import supply_planning


@pytest.fixture
def grid(planned):
    return planned.frames["sop_grid"]


def row(grid, family, block, measure):
    mine = grid[grid["family"].eq(family) & grid["block"].eq(block) & grid["measure"].eq(measure)]
    return mine.set_index("period")["value"]


def test_opening_and_receipts_less_shipments_is_closing(grid):
    checks = grid[grid["measure"].eq("check")]
    assert len(checks) == 3 * len(company.PLANNED)
    assert checks["value"].abs().max() < 1e-3


def test_families_add_up_to_the_total(grid):
    added = grid[~grid["measure"].isin(["days of supply", "check"])]
    parts = added[added["family"].ne(TOTAL)].groupby(["block", "measure", "period"])["value"].sum()
    total = added[added["family"].eq(TOTAL)].set_index(["block", "measure", "period"])["value"]
    pd.testing.assert_series_equal(parts.sort_index(), total.sort_index(), check_names=False, atol=1e-3)


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
    order = {(b, m): n for n, (b, m, _) in enumerate(ROWS)}
    first = grid[grid["family"].eq(TOTAL)].drop_duplicates(["block", "measure"])
    ranks = [order[key] for key in zip(first["block"], first["measure"], strict=True)]
    assert ranks == sorted(ranks)
    assert grid.iloc[0]["family"] == TOTAL
    assert set(grid["unit"]) <= {"units", "days", "USD"}


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
