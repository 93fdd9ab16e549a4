"""Forecast and open orders together: on top of each other, or the one consuming the other."""

import company
import pandas as pd
import pytest

from sop_xl.cycle.balancing import demand_by_location
from sop_xl.cycle.consumption import consumption_table, planned
from sop_xl.cycle.desk import context_of
from sop_xl.cycle.keeping import shaped
from sop_xl.cycle.run import run
from sop_xl.workbook.tables import TABLES

FIRST, SECOND = company.PLANNED[:2]
BIKE = {"item": "BIKE-1", "channel": "shop", "region": "South"}


def ordered(*rows):
    listed = [
        {"order": f"SO-{n}", **BIKE, "due": due, "quantity": q, "abnormal": a} for n, (due, q, a) in enumerate(rows)
    ]
    return shaped(TABLES["open_orders"], pd.DataFrame(listed))


def setting(frames, name, value):
    frames["control"].loc[frames["control"]["setting"].eq(name), "value"] = value


@pytest.fixture
def frames(planned):
    """The planned company with a flat plan of 100 a month in the shops of the South."""
    plan = planned.frames["consensus"]
    plan.loc[plan["item"].eq("BIKE-1") & plan["channel"].eq("shop"), "quantity"] = 100.0
    return planned.frames


def bike(frames):
    table = planned(frames, context_of(frames["control"], now=company.NOW))
    mine = table[table["item"].eq("BIKE-1") & table["channel"].eq("shop")]
    return mine.set_index("period")


def test_orders_come_on_top_of_a_forecast_of_new_orders(frames):
    frames["open_orders"] = ordered((pd.Timestamp("2026-08-20"), 30.0, False))
    row = bike(frames).loc[SECOND]
    assert (row["orders"], row["consumed"], row["net"], row["total"]) == (30.0, 0.0, 100.0, 130.0)


def test_orders_consume_a_forecast_of_deliveries(frames):
    setting(frames, "history_month", "due date")
    frames["open_orders"] = ordered((pd.Timestamp("2026-08-20"), 130.0, False))
    table = bike(frames)
    assert table.loc[SECOND, ["consumed", "net", "total"]].tolist() == [100.0, 0.0, 130.0]
    assert table.loc[FIRST, ["consumed", "net", "total"]].tolist() == [30.0, 70.0, 70.0]
    setting(frames, "consume_early", "0")
    setting(frames, "consume_late", "0")
    table = bike(frames)
    assert table.loc[FIRST, "total"] == 100.0
    assert table.loc[SECOND, ["unmatched", "total"]].tolist() == [30.0, 130.0]


def test_an_abnormal_order_consumes_nothing(frames):
    setting(frames, "history_month", "due date")
    frames["open_orders"] = ordered((SECOND, 500.0, True), (SECOND, 20.0, False))
    row = bike(frames).loc[SECOND]
    assert row[["orders", "abnormal", "consumed", "total"]].tolist() == [20.0, 500.0, 20.0, 600.0]


@pytest.mark.parametrize("month", ["order date", "due date"])
def test_what_is_overdue_is_owed_in_the_first_month_and_what_is_far_is_left_out(frames, month):
    setting(frames, "history_month", month)
    frames["open_orders"] = ordered((pd.Timestamp("2026-05-02"), 7.0, False), (pd.Timestamp("2027-05-02"), 9.0, False))
    table = bike(frames)
    assert table.loc[FIRST, ["overdue", "total"]].tolist() == [7.0, 107.0]
    assert table["total"].sum() == 607.0


@pytest.mark.parametrize("month", ["order date", "due date"])
def test_supply_must_deliver_what_is_planned(frames, month):
    setting(frames, "history_month", month)
    frames["open_orders"] = ordered((SECOND, 130.0, False), (FIRST, 20.0, True))
    context = context_of(frames["control"], now=company.NOW)
    whole = planned(frames, context)
    parts = whole["orders"] + whole["abnormal"] + whole["overdue"] + whole["net"]
    pd.testing.assert_series_equal(whole["total"], parts, check_names=False)
    assert demand_by_location(frames, context)["quantity"].sum() == pytest.approx(whole["total"].sum())


def test_without_orders_the_plan_is_the_consensus(frames):
    frames["open_orders"] = frames["open_orders"].iloc[:0]
    context = context_of(frames["control"], now=company.NOW)
    assert planned(frames, context)["total"].sum() == frames["consensus"]["quantity"].sum()
    assert consumption_table(planned(frames, context)).empty


def test_the_step_lists_where_orders_are(planned):
    run(planned, ["supply_planning"], now=company.NOW)
    listed = planned.frames["consumption"]
    assert listed[["item", "channel", "region", "orders"]].values.tolist() == [["BIKE-1", "shop", "South", 5.0]]
