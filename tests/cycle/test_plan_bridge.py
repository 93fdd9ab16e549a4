"""From the plan signed last to this one over two cycles of the small company, and what a plan is made of."""

import company
import pandas as pd
import pytest
from books import MemoryBook

from sop_xl.cycle import plan_bridge, plan_causes, sign
from sop_xl.cycle.keeping import shaped
from sop_xl.cycle.run import run
from sop_xl.workbook.tables import TABLES

SIGNED = {"VP Sales": "S", "VP Operations": "O", "CFO": "F", "General manager": "G"}
MONTHS = company.PLANNED[1:]
PLACES = {"demand": (1, 99), "supply": (101, 199), "parts": (201, 299)}


def first_cycle():
    """The small company planned, signed and rolled, with the hours of the months that follow."""
    frames = company.frames()
    hours = frames["capacity"]
    later = hours[hours["period"].isin(company.PLANNED[:3])]
    frames["capacity"] = pd.concat([hours, later.assign(period=later["period"] + pd.DateOffset(months=6))])
    book = MemoryBook(frames)
    run(book, now=company.NOW)
    sign.sign(book, SIGNED, now=company.NOW)
    run(book, ["executive_sop"], now=company.NOW)
    sign.roll_book(book, now=company.NOW)
    return book


@pytest.fixture(scope="module")
def rolled():
    return first_cycle().frames


def again(
    rolled, change=lambda frames: None, steps=("data_gathering", "demand_planning", "supply_planning", "pre_sop")
):
    book = MemoryBook({name: frame.copy() for name, frame in rolled.items()})
    change(book.frames)
    run(book, list(steps), now=company.NOW)
    return book.frames


def with_an_override(frames):
    """Another reason, a standing inventory that grew, and bikes that take more hours."""
    row = {"override": "O-2", "item": "BIKE-1", "first_period": MONTHS[1], "last_period": MONTHS[3], "kind": "percent",
           "value": -0.5, "reason": "Competitor", "owner": "Bo"}  # fmt: skip
    frames["overrides"] = shaped(TABLES["overrides"], pd.concat([frames["overrides"], pd.DataFrame([row])]))
    frames["stock"].loc[frames["stock"]["item"].eq("007"), "quantity"] += 500.0


@pytest.fixture(scope="module")
def second(rolled):
    return again(rolled, with_an_override)


def bar(frames, step, part="demand", family="Total"):
    table = frames["plan_bridge"].query("part == @part and family == @family").set_index("step")
    return float(table.loc[step, "units"])


def test_the_first_cycle_says_that_there_is_nothing_to_compare(planned):
    (row,) = planned.frames["plan_bridge"].to_dict("records")
    assert (row["step"], row["number"]) == (plan_bridge.NONE, 0)
    assert row["says"].startswith("No plan of an earlier cycle was signed")
    assert planned.frames["plan_bridge_rows"].empty


@pytest.mark.parametrize("part", PLACES)
def test_the_bars_add_up_in_every_family(second, part):
    first, last = PLACES[part]
    table = second["plan_bridge"].query("part == @part")
    assert len(table["family"].unique()) >= 2
    for family, rows in table.groupby("family"):
        for column in ("units", "money"):
            values = rows.set_index("number")[column]
            assert values.drop(last).sum() == pytest.approx(values[last], abs=1e-6), (family, column)
    total = table.pivot_table(index="number", columns=table["family"].eq("Total"), values="money", aggfunc="sum")
    assert total[False].to_numpy() == pytest.approx(total[True].to_numpy(), abs=1e-6)
    rows = second["plan_bridge_rows"].query("part == @part").groupby("number")["units"].sum()
    bars = table[table["family"].eq("Total")].set_index("number")["units"].drop([first, last])
    assert rows.reindex(bars.index).fillna(0.0).to_numpy() == pytest.approx(bars.to_numpy(), abs=1e-6)


def test_both_ends_are_the_plans(second):
    plan = second["approved_plan"].query("period in @MONTHS")
    assert bar(second, "last plan") == plan.query("measure == 'demand'")["quantity"].sum()
    assert bar(second, "this plan") == second["consensus"].query("period in @MONTHS")["quantity"].sum()
    made = plan.query("measure in ('production', 'purchases')")["quantity"].sum()
    assert bar(second, "last plan", "supply") + bar(second, "last plan", "parts") == pytest.approx(made, abs=0.02)
    receipts = second["supply_plan"].query("measure == 'receipt' and kind != 'transfer' and period in @MONTHS")
    both = bar(second, "this plan", "supply") + bar(second, "this plan", "parts")
    assert both == pytest.approx(receipts["quantity"].sum(), abs=0.02)
    parts = receipts[receipts["item"].eq("FRAME")]["quantity"].sum()
    assert bar(second, "this plan", "parts") == pytest.approx(parts, abs=0.02)


def test_what_did_not_change_has_no_bar(second):
    assert bar(second, "model") == 0
    assert bar(second, "events") == 0
    assert bar(second, "under way and substitutes", "supply") == pytest.approx(0, abs=0.05)
    assert bar(second, "actuals") != 0


def test_a_reason_has_its_own_bar_and_names_its_item(second):
    effect = second["override_effects"].set_index("override").loc["O-2"]
    assert bar(second, "override: Competitor") == pytest.approx(effect["after"] - effect["before"], abs=0.02)
    row = second["plan_bridge"].query("step == 'override: Competitor' and family == 'Total'").iloc[0]
    assert row["number"] == 11, "the reason that moves most stands first"
    assert "BIKE-1 -" in row["says"]


def test_more_stock_than_expected_means_less_is_made_and_bought(second, rolled):
    without = again(rolled)
    gloves = bar(second, "opening stock", "supply", "Gloves") - bar(without, "opening stock", "supply", "Gloves")
    assert gloves == -500


def test_another_method_stands_with_the_model_and_not_with_the_actuals(rolled):
    def pinned(frames):
        frames["items"].loc[frames["items"]["item"].eq("007"), "method"] = "naive"

    found = again(rolled, pinned)
    assert bar(found, "model", family="Gloves") != 0
    assert bar(found, "model", family="Bikes") == 0
    # a naive forecast on a longer history repeats another month: all series of 007 together
    sold = found["demand_history"].query("item == '007'").groupby("period")["quantity"].sum()
    moved = (sold[company.PLANNED[0]] - sold[company.PLANNED[0] - pd.DateOffset(months=1)]) * len(MONTHS)
    assert bar(found, "actuals", family="Gloves") == pytest.approx(moved, abs=0.5)


def test_signing_freezes_what_the_plan_is_made_of_and_two_cycles_are_kept(second):
    kept = second["plan_causes"]
    states = set(kept[["cycle", "status"]].drop_duplicates().itertuples(index=False, name=None))
    assert states == {("2026-07", "frozen"), ("2026-07", "restated"), ("2026-08", "draft")}
    frozen = plan_causes.signed_off(kept, "2026-08")
    assert set(frozen.query("cycle == '2026-08'")["status"]) == {"frozen"}
    redrafted = pd.concat([frozen, kept.query("status == 'draft' and part == 'demand'")])
    once_more = plan_causes.signed_off(redrafted, "2026-08")
    keys = ["cycle", "status", "part", "item", "cause", "period"]
    assert not once_more.duplicated(keys).any()
    assert len(once_more) == len(frozen)


def test_running_again_gives_the_same_bridge(second):
    book = MemoryBook({name: frame.copy() for name, frame in second.items()})
    run(book, ["demand_planning", "supply_planning", "pre_sop"], now=company.NOW)
    for name in ("plan_bridge", "plan_bridge_rows"):
        pd.testing.assert_frame_equal(book.frames[name], second[name])
    assert len(book.frames["plan_causes"]) == len(second["plan_causes"])


def test_a_plan_that_ends_earlier_is_compared_over_what_both_cover(rolled):
    def shorter(frames):
        frames["control"].loc[frames["control"]["setting"].eq("horizon"), "value"] = "4"

    found = again(rolled, shorter)
    assert "over the 4 months both cover: 2026-08 to 2026-11" in found["plan_bridge"].iloc[-1]["says"]
    assert bar(found, "inventory target", "supply") == 0
    supply = found["plan_bridge"].query("part == 'supply' and family == 'Total'").set_index("number")["units"]
    assert supply.drop(199).sum() == pytest.approx(supply[199], abs=1e-6)
    plan = found["approved_plan"]
    made = plan[plan["measure"].isin(["production", "purchases"]) & plan["period"].isin(MONTHS[:4])]
    assert supply[101] == pytest.approx(made.loc[made["item"].ne("FRAME"), "quantity"].sum(), abs=0.02)


def test_supply_by_hand():
    """100 wanted, 5 more ordered, 10 used, 30 there, 20 on order, 25 to stand at the end; 8 lost and 4 late, 40 at the end.

    Made and bought: 100 + 5 + 10 - 30 - 20 - 12 + 40 = 93.
    """
    month, before = pd.Timestamp("2020-03-01"), pd.Timestamp("2020-02-01")
    plan = pd.DataFrame(
        [("demand", 100.0), ("production", 60.0), ("purchases", 33.0), ("stock", 40.0)], columns=["measure", "quantity"]
    ).assign(item="A", period=month)
    kept = {"customer orders": 5.0, "used in assembly": 10.0, "on order": 20.0, "lost": 8.0, "late": 4.0,
            "inventory target": 25.0}  # fmt: skip
    rows = pd.DataFrame(
        [("A", cause, month, q) for cause, q in kept.items()], columns=["item", "cause", "period", "quantity"]
    )
    rows.loc[len(rows)] = ["A", "late", before, 0.0]
    parts = plan_bridge.supply_parts(plan, rows, pd.Series({"A": 30.0}), pd.DatetimeIndex([month]))
    assert parts.set_index("cause")["quantity"].to_dict() == {
        "demand": 100.0, "customer orders": 5.0, "used in assembly": 10.0, "opening stock": -30.0, "on order": -20.0,
        "inventory target": 25.0, "late and lost": -12.0, "stock above target": 15.0,
    }  # fmt: skip
