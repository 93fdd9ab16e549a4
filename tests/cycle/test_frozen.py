"""What a cycle keeps to be judged by: drafted while planning, frozen at sign-off, judged when the month is over."""

import company
import numpy as np
import pandas as pd
import pytest
from books import MemoryBook

from sop_xl.cycle import frozen, sign, undoing
from sop_xl.cycle.keeping import shaped
from sop_xl.cycle.run import run
from sop_xl.workbook.tables import TABLES

SIGNED = {"VP Sales": "S", "VP Operations": "O", "CFO": "F", "General manager": "G"}
SOLD = {item + channel: level for item, channel, _, level in company.SERIES}
KEPT = ("snapshots", "frozen_changes")


def with_inputs(frames):
    """The small company where sales, whose weight is blank, expects 150 bikes a month in the shops of the South."""
    rows = [
        {"department": "sales", "family": "Bikes", "channel": "shop", "region": "South", "owner": "Bo", "period": month,
         "quantity": 150.0}
        for month in company.PLANNED
    ]  # fmt: skip
    frames["inputs"] = shaped(TABLES["inputs"], pd.DataFrame(rows))
    frames["departments"].loc[frames["departments"]["department"].eq("sales"), "weight"] = np.nan
    more = pd.concat([frames["actual_demand"].assign(period=month) for month in company.PLANNED[:2]])
    frames["actual_demand"] = more.reset_index(drop=True)
    hours = frames["capacity"]
    later = hours[hours["period"].isin(company.PLANNED[:3])]
    later = later.assign(period=later["period"] + pd.DateOffset(months=6))
    frames["capacity"] = pd.concat([hours, later], ignore_index=True)
    return frames


def sold_in(history, month):
    return history[history["period"].eq(pd.Timestamp(month))].groupby("item")["quantity"].sum()


def closed(book):
    sign.sign(book, SIGNED, now=company.NOW)
    run(book, ["executive_sop"], now=company.NOW)
    sign.roll_book(book, now=company.NOW)


@pytest.fixture(scope="module")
def second_cycle():
    """The tables of the second cycle after its demand planning."""
    book = MemoryBook(with_inputs(company.frames()))
    run(book, now=company.NOW)
    closed(book)
    run(book, ["data_gathering", "demand_planning"], now=company.NOW)
    return book.frames


@pytest.fixture
def second(second_cycle):
    return MemoryBook({name: frame.copy() for name, frame in second_cycle.items()})


def test_planning_drafts_and_signing_freezes(planned):
    assert {name: set(planned.frames[name]["status"]) for name in KEPT} == {name: {"draft"} for name in KEPT}
    before = planned.frames["snapshots"].drop(columns="status")
    sign.sign(planned, SIGNED, now=company.NOW)
    run(planned, ["executive_sop"], now=company.NOW)
    assert {name: set(planned.frames[name]["status"]) for name in KEPT} == {name: {"frozen"} for name in KEPT}
    pd.testing.assert_frame_equal(planned.frames["snapshots"].drop(columns="status"), before)


def test_a_plan_is_kept_by_item_at_its_lags(planned):
    kept = planned.frames["snapshots"]
    assert sorted(kept["period"].unique()) == [company.PLANNED[k] for k in (0, 2, 5)]
    plan = planned.frames["consensus"].groupby(["item", "period"])["quantity"].sum()
    mine = kept.set_index(["item", "period"])
    pd.testing.assert_series_equal(mine["consensus"], plan.reindex(mine.index), check_names=False)
    last = sold_in(planned.frames["demand_history"], "2026-06-01")
    assert kept["naive"].tolist() == last.reindex(kept["item"]).tolist()
    assert (kept["low"].lt(kept["statistical"]) & kept["statistical"].lt(kept["high"])).all()


def test_a_draft_follows_the_plan_and_what_is_frozen_does_not(planned):
    planned.frames["overrides"].loc[0, "value"] = 0.5
    run(planned, ["demand_planning"], now=company.NOW)
    drafted = planned.frames["frozen_changes"].iloc[0]
    assert drafted["after"] == pytest.approx(1.5 * drafted["before"], abs=0.02)
    run(planned, now=company.NOW)
    sign.sign(planned, SIGNED, now=company.NOW)
    run(planned, ["executive_sop"], now=company.NOW)
    signed = {name: planned.frames[name].copy() for name in KEPT}
    run(planned, now=company.NOW)  # the same plan again
    for name, frame in signed.items():
        pd.testing.assert_frame_equal(planned.frames[name], frame)
    planned.frames["overrides"].loc[0, "value"] = 0.9
    sign.reopen_book(planned, "more of it", now=company.NOW)
    run(planned, now=company.NOW)
    redrafted = planned.frames["frozen_changes"].iloc[0]
    assert redrafted["after"] == pytest.approx(1.9 * redrafted["before"], abs=0.02)


def test_undo_thaws_what_was_frozen(planned):
    sign.sign(planned, SIGNED, now=company.NOW)
    run(planned, ["executive_sop"], now=company.NOW)
    assert undoing.undo_book(planned).startswith("run executive_sop")
    assert {name: set(planned.frames[name]["status"]) for name in KEPT} == {name: {"draft"} for name in KEPT}


def test_a_closed_month_is_judged_by_what_was_frozen(second):
    table = second.frames["accuracy_lags"]
    assert set(table["lag"]) == {1.0}
    plan = second.frames["snapshots"]
    plan = plan[plan["cycle"].eq("2026-07") & plan["period"].eq(company.PLANNED[0])].set_index("item")
    sold = sold_in(second.frames["demand_history"], "2026-07-01")
    total = table[table["level"].eq("total")].set_index("step")
    assert set(total.index) == set(frozen.STEPS)
    for step, row in total.iterrows():
        wmape = (plan[frozen.STEPS[step]] - sold).abs().sum() / sold.sum()
        assert row["wmape"] == pytest.approx(wmape)
        assert (row["months"], row["forecasts"]) == (1.0, 3.0)
    assert set(table.loc[table["level"].eq("item"), "step"]) == {"statistical", "consensus"}


def test_what_nobody_signed_is_not_judged(planned):
    assert planned.frames["accuracy_lags"].empty
    assert set(planned.frames["fva"]["basis"]) == {"rolling origins"}
    assert frozen.frozen_plans(planned.frames["snapshots"]).empty


def test_value_added_is_told_by_step_and_department(second):
    told = second.frames["fva"].query("basis == 'frozen plans'")
    assert list(told.query("told_by == 'step' and name == 'Total'")["step"]) == [
        "naive", "statistical", "events", "inputs", "overrides", "consensus", "whole process",
    ]  # fmt: skip
    sales = told.query("told_by == 'department'").iloc[0]
    sold = round(SOLD["BIKE-1shop"] * 1.1, 6)
    assert (sales["name"], sales["step"], sales["verdict"]) == ("sales", "inputs", "too few months")
    assert sales["error_after"] == pytest.approx((150 - sold) / sold)


def test_an_override_is_judged_on_what_it_changed(second):
    run(second, now=company.NOW)
    closed(second)
    run(second, ["data_gathering", "demand_planning"], now=company.NOW)
    told = second.frames["fva"].query("basis == 'frozen plans' and step == 'overrides'")
    people = told[told["told_by"].ne("step")]
    assert people.groupby("told_by")["name"].first().to_dict() == {
        "person": "Ann", "reason": "Promotion", "size and direction": "large up",
    }  # fmt: skip
    made = second.frames["frozen_changes"].query("cycle == '2026-08' and kind == 'override'")
    made = made[made["period"].eq(company.PLANNED[1])]
    sold = SOLD["BIKE-2shop"] * 1.1
    after = people.loc[people["told_by"].eq("person"), "error_after"].iloc[0]
    assert after == pytest.approx(abs(made["after"].iloc[0] - sold) / sold, abs=1e-3)
    assert sorted(second.frames["snapshots"]["cycle"].unique()) == ["2026-07", "2026-08", "2026-09"]


def test_an_input_is_kept_beside_what_the_department_was_shown(second):
    asked = second.frames["frozen_changes"].query("kind == 'input' and cycle == '2026-07'")
    first = asked[asked["period"].eq(company.PLANNED[0])].iloc[0]
    assert (first["name"], first["family"], first["channel"], first["after"]) == ("sales", "Bikes", "shop", 150.0)
    assert 40 < first["before"] < 80  # only BIKE-1 sells in the shops of the South


def test_a_blank_weight_is_earned(second):
    table = second.frames["department_weights"].set_index("department")
    assert table.loc["statistical", "says"] == "typed"
    sales = table.loc["sales"]
    assert sales["mae"] == pytest.approx(150 - SOLD["BIKE-1shop"] * 1.1)
    assert sales["weight"] == sales["earned"] < 1.0
    assert sales["says"].startswith("missed by 84 units a month")
    assert np.isnan(second.frames["departments"].set_index("department").loc["sales", "weight"])
    before = second.frames["consensus"].copy()
    second.frames["departments"].loc[second.frames["departments"]["department"].eq("sales"), "weight"] = 5.0
    run(second, ["demand_planning"], now=company.NOW)
    assert second.frames["consensus"]["quantity"].sum() > before["quantity"].sum()
    assert second.frames["department_weights"].set_index("department").loc["sales", "weight"] == 5.0


def test_running_the_second_cycle_again_gives_the_same(second):
    before = {name: second.frames[name].copy() for name in (*KEPT, "fva", "anomalies", "accuracy_lags", "consensus")}
    run(second, ["demand_planning"], now=company.NOW)
    for name, frame in before.items():
        pd.testing.assert_frame_equal(second.frames[name], frame)


def test_what_is_said_of_an_anomaly_stays(second):
    second.frames["overrides"].loc[0, "value"] = 1.5
    run(second, ["demand_planning"], now=company.NOW)
    odd = second.frames["anomalies"]
    jump = odd.query("item == 'BIKE-2' and kind == 'jump from last plan'")
    assert len(jump) == 1
    assert jump["says"].iloc[0].startswith("plan for 2026-0")
    assert odd["money"].is_monotonic_decreasing
    second.frames["anomalies"].loc[jump.index, ["seen_by", "decision"]] = ["Ann", "right as it is"]
    run(second, ["demand_planning"], now=company.NOW)
    kept = second.frames["anomalies"].loc[jump.index[0]]
    assert (kept["seen_by"], kept["decision"], kept["kind"]) == ("Ann", "right as it is", "jump from last plan")


def test_a_series_of_zeros_is_overridden_by_last_year(memory):
    history = memory.frames["demand_history"]
    bike = history["item"].eq("BIKE-1")
    old = bike & (history["period"] < pd.Timestamp("2025-12-01"))
    history.loc[bike & ~old, "quantity"] = 0.0
    history.loc[old & history["channel"].eq("web"), "quantity"] = 30.0
    history.loc[old & history["channel"].eq("shop"), "quantity"] = 10.0
    rows = [
        {"override": "O-0", "item": "BIKE-1", "first_period": company.PLANNED[0], "kind": "absolute", "value": 0.0,
         "reason": "Data error", "owner": "Ann", "entered": pd.Timestamp("2026-01-01")},
        {"override": "O-9", "item": "BIKE-1", "first_period": company.PLANNED[0], "kind": "absolute", "value": 80.0,
         "reason": "Tender", "owner": "Ann", "entered": pd.Timestamp("2026-02-01")},
    ]  # fmt: skip
    memory.frames["overrides"] = shaped(TABLES["overrides"], pd.DataFrame(rows))
    run(memory, ["demand_planning"], now=company.NOW)
    plan = memory.frames["consensus"].query("item == 'BIKE-1'")
    plan = plan[plan["period"].eq(company.PLANNED[0])].set_index("channel")
    assert plan["quantity"].to_dict() == {"web": 60.0, "shop": 20.0}


def test_the_oldest_cycles_leave_whole():
    cycles = pd.DataFrame(
        {
            "cycle": np.repeat(["a", "b", "c"], 3),
            "as_of": np.repeat(pd.date_range("2020-01-01", periods=3, freq="MS"), 3),
        }
    )
    assert sorted(frozen.capped(cycles, rows=7)["cycle"].unique()) == ["b", "c"]
    assert sorted(frozen.capped(cycles, rows=1)["cycle"].unique()) == ["c"]
    assert sorted(frozen.capped(cycles, cycles=2)["cycle"].unique()) == ["b", "c"]
    assert len(frozen.capped(cycles.iloc[:0])) == 0


def test_execution_judges_the_months_that_have_come_in(planned):
    sign.sign(planned, SIGNED, now=company.NOW)
    replayed = planned.frames["fva"].copy()
    run(planned, ["executive_sop", "execution"], now=company.NOW)
    sold = planned.frames["actual_demand"].groupby("item")["quantity"].sum()
    plan = planned.frames["snapshots"]
    plan = plan[plan["period"].eq(company.PLANNED[0])].set_index("item")["consensus"]
    told = planned.frames["fva"]
    row = told.query("basis == 'frozen plans' and name == 'Total' and step == 'consensus'").iloc[0]
    assert row["error_after"] == pytest.approx((plan - sold).abs().sum() / sold.sum())
    rest = told[told["basis"].eq("rolling origins")].reset_index(drop=True)
    pd.testing.assert_frame_equal(rest, replayed)
    assert set(planned.frames["accuracy_lags"]["months"]) == {1.0}


def test_an_input_for_a_month_gone_by_is_not_called_lost(second):
    assert (second.frames["inputs"]["period"] < pd.Timestamp("2026-08-01")).any()
    said = run(second, ["demand_planning"], now=company.NOW).says["demand_planning"]
    assert "match no series" not in said
    second.frames["inputs"].loc[second.frames["inputs"].index[-1], "channel"] = "web"
    said = run(second, ["demand_planning"], now=company.NOW).says["demand_planning"]
    assert "match no series" in said


def test_a_company_without_overrides_and_orders_plans_and_keeps_its_plan(memory):
    for name in ("overrides", "open_orders", "adjustments"):
        memory.frames[name] = memory.frames[name].iloc[:0]
    run(memory, now=company.NOW)
    closed(memory)
    run(memory, ["demand_planning"], now=company.NOW)
    assert memory.frames["frozen_changes"].empty
    assert memory.frames["consumption"].empty
    told = memory.frames["fva"]
    assert set(told.loc[told["basis"].eq("frozen plans"), "told_by"]) == {"step"}
