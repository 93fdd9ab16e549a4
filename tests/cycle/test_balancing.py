"""What the cycle hands to the engine: channels as classes, locks, settings, the last plan; and what it lays out."""

import company
import numpy as np
import pandas as pd
import pytest

from sop_xl.cycle import consumption, scenario
from sop_xl.cycle import supply_tables as told
from sop_xl.cycle.balancing import job, plan_settings
from sop_xl.cycle.desk import context_of
from sop_xl.cycle.keeping import shaped
from sop_xl.cycle.versions import content, last_orders, snapshot
from sop_xl.workbook.tables import TABLES

LOCK = {
    "item": "FRAME", "location": "PLANT", "kind": "buy", "supplier": "Steelco", "mode": "",
    "period": company.PLANNED[1], "quantity": 70.0, "owner": "Ann", "reason": "agreed",
}  # fmt: skip


def context(frames, **settings):
    control = frames["control"].copy()
    for name, value in settings.items():
        control.loc[control["setting"].eq(name), "value"] = str(value)
    return context_of(control, now=company.NOW)


def rows(name, *given):
    return shaped(TABLES[name], pd.DataFrame(list(given)))


@pytest.fixture
def frames(planned):
    return planned.frames


@pytest.fixture(scope="module")
def tight(planned_frames):
    """The small company with a third of its hours."""
    frames = dict(planned_frames)
    hours = frames["capacity"]
    frames["capacity"] = hours.assign(hours=hours["hours"] * 0.35)
    return frames, job(frames, context(frames)).balanced("optimal").plan


def orders(plan, item):
    mine = plan.supply_plan
    mine = mine[mine["item"].eq(item) & mine["measure"].eq("order")]
    return mine.groupby("period")["quantity"].sum()


def test_a_locked_order_survives_the_run(frames):
    frames["locks"] = rows("locks", LOCK)
    found = orders(job(frames, context(frames)).balanced("optimal").plan, "FRAME")
    assert found[company.PLANNED[1]] == pytest.approx(70.0)


def test_an_expired_lock_no_longer_counts(frames):
    frames["locks"] = rows("locks", LOCK | {"expires": pd.Timestamp(company.AS_OF)})
    assert job(frames, context(frames)).tables["locks"].empty


def test_channels_are_the_classes_of_customers(frames):
    channels = frames["channels"]
    frames["channels"] = channels.assign(short_policy=["lost", "backlog"])
    work = job(frames, context(frames))
    assert set(work.tables["demand"]["class"]) == {"web", "shop"}
    assert work.tables["customer_classes"].set_index("class")["short_policy"].to_dict() == {
        "web": "lost",
        "shop": "backlog",
    }
    frames["capacity"] = frames["capacity"].assign(hours=0.0)
    plan = job(frames, context(frames)).balanced("optimal").plan
    lost = plan.network.demands.name[plan.final.lost.sum(axis=1) > 1e-6]
    assert set(lost) == {"web"}


def test_settings_reach_the_engine(frames):
    rules = plan_settings(
        context(frames, objective="service first", lots="exact", seconds=7, fair_sharing="yes", discount_rate=0.1,
                change_rate=0.2, slushy_rate=0.3, slushy_months=1)
    )  # fmt: skip
    assert (rules.objective, rules.lots, rules.seconds, rules.fair_sharing) == ("service first", "exact", 7.0, True)
    assert (rules.discount_rate, rules.change_rate, rules.slushy_rate, rules.slushy_months) == (0.1, 0.2, 0.3, 1)


def approved(frames):
    plan = snapshot(frames)
    name = "2026-06 v1"
    frames["approved_plan"] = shaped(TABLES["approved_plan"], plan.assign(version=name))
    frames["versions"] = rows(
        "versions",
        {"version": name, "cycle": "2026-06", "status": "approved", "created": company.NOW, "hash": content(plan)},
    )


def test_a_plan_stays_near_the_one_approved_last(frames):
    approved(frames)
    before = last_orders(frames, context(frames))
    assert set(before["kind"]) <= {"make", "buy", "transfer"}
    frames["consensus"] = frames["consensus"].assign(quantity=frames["consensus"]["quantity"] * 1.1)
    key = ["item", "location", "kind", "supplier", "mode", "period"]

    def changed(rate):
        plan = job(frames, context(frames, change_rate=rate)).balanced("optimal").plan.supply_plan
        now = plan[plan["measure"].eq("order")].set_index(key)["quantity"]
        return float(now.sub(before.set_index(key)["quantity"], fill_value=0.0).abs().sum())

    assert changed(5.0) < changed(0.0)


def test_the_last_plan_only_counts_where_it_is_asked_for(frames):
    approved(frames)
    assert "last_plan" not in job(frames, context(frames)).tables
    assert len(job(frames, context(frames, slushy_rate=0.5)).tables["last_plan"])


def test_a_supplier_limit_holds_in_its_months(frames):
    change = pd.DataFrame(
        [{"scenario": "S", "number": 1.0, "kind": "supplier limit", "target": "Steelco", "value": 20.0,
          "first_period": 2.0, "last_period": 3.0}]
    )  # fmt: skip
    tables = scenario.apply(frames, change, context(frames))
    found = orders(job(tables, context(frames)).balanced("optimal").plan, "FRAME")
    assert found.reindex(company.PLANNED[1:3]).fillna(0.0).max() <= 20.0 + 1e-6


def test_service_first_changes_the_objective_only(frames):
    change = pd.DataFrame([{"scenario": "S", "number": 1.0, "kind": "service first", "target": "", "value": 1.0,
                            "first_period": np.nan, "last_period": np.nan}])  # fmt: skip
    rules = scenario.settings_of(change, plan_settings(context(frames)))
    assert rules.objective == "service first"


def test_costs_by_month_add_up_to_the_costs_of_the_plan(tight):
    _, plan = tight
    found = told.costs_by_month(plan).groupby("kind")["money"].sum()
    for kind, cost in plan.costs.items():
        assert found.get(kind, 0.0) == pytest.approx(cost, abs=1e-6)
    assert found["total"] == pytest.approx(plan.costs.sum())


def test_overloads_are_the_hours_beyond_the_red_band(tight):
    frames, plan = tight
    over = told.rough_cut_overloads(plan, context(frames))
    load = plan.resource_load.pivot_table(index="period", columns="measure", values="hours")
    beyond = (load["required"] - load["regular capacity"]).clip(lower=0.0)
    assert over.set_index("period")["over"].sort_index().to_numpy() == pytest.approx(beyond[beyond > 1e-6].to_numpy())
    assert over["says"].str.startswith("Assembly in 2026-").all()


def test_hours_to_build_ahead_cover_what_later_months_lack(tight):
    _, plan = tight
    load = told.load_with_pre_build(plan).pivot_table(index="period", columns="measure", values="hours")
    there = load["regular capacity"] + load["overtime capacity"]
    lacking = (load["required"] - there).to_numpy()
    ahead = load["to build ahead"].to_numpy()
    for month in range(len(ahead) - 1):
        assert ahead[month] == pytest.approx(max(0.0, ahead[month + 1] + lacking[month + 1]))


def test_promises_are_what_is_there_and_comes_less_what_is_booked(tight):
    frames, plan = tight
    planned = consumption.planned(frames, context(frames))
    atp = told.promises(plan, planned, frames)
    balance = plan.projected_balance.groupby(["item", "location", "measure"])["quantity"]
    total, first = balance.sum(), balance.first()
    sums = atp[atp["measure"].eq("to promise")].groupby(["item", "location"])["quantity"].sum()
    booked = planned.assign(location=planned["region"].map({"North": "PLANT", "South": "SOUTH-DC"}))
    booked["quantity"] = booked[["orders", "abnormal", "overdue"]].sum(axis=1)
    booked = booked.groupby(["item", "location"])["quantity"].sum()
    for place, quantity in sums.items():
        there = first[(*place, "opening")] + total[(*place, "receipts")]
        assert quantity == pytest.approx(there - total[(*place, "issues")] - booked[place])


def test_what_is_kept_for_channels_and_free_is_what_can_be_promised(tight):
    frames, plan = tight
    atp = told.promises(plan, consumption.planned(frames, context(frames)), frames)
    sums = atp.groupby(["item", "location", "measure"])["quantity"].sum().unstack(fill_value=0.0)
    able = sums["to promise"] >= 0
    assert (sums["kept"] + sums["free"])[able].to_numpy() == pytest.approx(sums["to promise"][able].to_numpy())


def test_cost_to_serve_adds_up_to_the_plan(tight):
    _, plan = tight
    assert told.cost_to_serve(plan)["total"].sum() == pytest.approx(plan.kpis.total_cost)


def test_a_limit_that_gives_way_is_named_with_its_reason(frames):
    frames["stock_limits"] = rows(
        "stock_limits", {"item": "FRAME", "location": "PLANT", "measure": "minimum", "quantity": 900.0}
    )
    gave = told.explained(job(frames, context(frames)).balanced("optimal").plan).gave_way
    first = gave.sort_values("period").iloc[0]
    assert (first["kind"], first["name"]) == ("least stock", "FRAME at PLANT")
    assert "below its least stock of 900" in first["says"]


def test_limits_are_priced_with_their_range_and_shortages_have_remedies(tight):
    _, plan = tight
    why = told.explained(plan)
    hours = why.constraint_prices
    assert {"limit", "more", "fewer", "next_price"} <= set(hours.columns)
    assert (hours["price"] > 0).all()
    assert len(why.remedies)
    assert why.gave_way.empty
