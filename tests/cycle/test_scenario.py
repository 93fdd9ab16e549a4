"""Scenarios: each kind of change does what its name says and nothing else."""

import company
import pandas as pd
import pytest

from sop_xl.cycle import scenario
from sop_xl.cycle.balancing import TARGETED, job
from sop_xl.cycle.desk import context_of
from sop_xl.cycle.keeping import shaped
from sop_xl.errors import InputError
from sop_xl.supply.plan import balance
from sop_xl.workbook.tables import TABLES


@pytest.fixture
def context(planned):
    return context_of(planned.frames["control"], now=company.NOW)


def changes(**row):
    base = {
        "scenario": "What if",
        "number": 1.0,
        "target": "",
        "first_period": float("nan"),
        "last_period": float("nan"),
    }
    return pd.DataFrame([base | row])


def test_no_changes_change_nothing(planned, context):
    after = scenario.apply(planned.frames, changes(kind="demand", value=0.0).iloc[:0], context)
    for name, frame in planned.frames.items():
        pd.testing.assert_frame_equal(after[name], frame.reset_index(drop=True))


@pytest.mark.parametrize("target", ["", "Bikes", "BIKE-2", "web", "South"])
def test_demand_moves_only_what_it_names(planned, context, target):
    before = planned.frames["consensus"]
    after = scenario.apply(planned.frames, changes(kind="demand", value=0.5, target=target), context)["consensus"]
    named = before["item"].str.startswith("BIKE") if target == "Bikes" else pd.Series(target == "", index=before.index)
    for column in ("item", "channel", "region"):
        named |= before[column].eq(target)
    assert named.any()
    pd.testing.assert_series_equal(after.loc[named, "quantity"], before.loc[named, "quantity"] * 1.5)
    pd.testing.assert_series_equal(after.loc[~named, "quantity"], before.loc[~named, "quantity"])


def test_a_change_touches_its_months_only(planned, context):
    change = changes(kind="capacity", target="Assembly", value=-0.4, first_period=2.0, last_period=3.0)
    after = scenario.apply(planned.frames, change, context)["capacity"].query("measure == 'regular'")
    assert after.set_index("period")["hours"].tolist() == [300.0, 180.0, 180.0, 300.0, 300.0, 300.0]


def test_without_a_resource_the_busiest_changes_nothing_and_without_a_load_it_is_named(small, context):
    change = changes(kind="capacity", target="busiest", value=-0.4)
    with pytest.raises(InputError, match=r"scenario '.*', change 1: no resource has a load yet"):
        scenario.apply(small, change, context)
    small["resources"] = small["resources"].iloc[:0]
    after = scenario.apply(small, change, context)
    pd.testing.assert_frame_equal(after["capacity"], small["capacity"].reset_index(drop=True))


def test_busiest_is_the_most_loaded_resource(planned, context):
    after = scenario.apply(planned.frames, changes(kind="capacity", target="busiest", value=-1.0), context)["capacity"]
    assert after["hours"].eq(0).all()


def test_a_supplier_out_delivers_nothing(planned, context):
    after = scenario.apply(planned.frames, changes(kind="supplier", target="Steelco", value=-1.0), context)
    steel = after["sources"].query("supplier == 'Steelco'").iloc[0]
    assert (steel["maximum"], steel["minimum"]) == (0.0, 0.0)
    assert after["receipts"].query("supplier == 'Steelco'")["quantity"].tolist() == [0.0]


def test_lead_time_cost_price_and_service_level(planned, context):
    tables = planned.frames
    after = scenario.apply(tables, changes(kind="lead time", target="Weavers", value=20.0), context)["sources"]
    assert after.query("supplier == 'Weavers'")["lead_time_days"].tolist() == [50.0]
    after = scenario.apply(tables, changes(kind="cost", target="Steelco", value=0.1), context)["sources"]
    assert after.query("supplier == 'Steelco'")["cost"].tolist() == pytest.approx([132.0])
    after = scenario.apply(tables, changes(kind="price", target="Gloves", value=-0.2), context)["items"]
    assert after.query("item == '007'")["list_price"].tolist() == [20.0]
    after = scenario.apply(tables, changes(kind="service level", target="A", value=0.5), context)["inventory_policy"]
    assert after.set_index("abc")["service_level"].to_dict() == {"A": 0.5, "B": 0.95, "C": 0.9}


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"kind": "demand", "target": "Boats", "value": 0.1}, "scenario 'What if', change 1: 'Boats' names nothing"),
        ({"kind": "weather", "value": 0.1}, "changes 'weather'; it can change demand, event"),
        ({"kind": "service level", "value": 1.5}, "a service level must lie between 0 and 1, got 1.5"),
    ],
)
def test_a_change_that_cannot_be_made_is_named(planned, context, row, says):
    with pytest.raises(InputError, match=says):
        scenario.apply(planned.frames, changes(**row), context)


def test_every_kind_is_told_in_the_drop_down():
    assert list(TABLES["scenario_changes"].column("kind").choices) == list(scenario.KINDS)


def test_demand_of_a_class(planned, context):
    segments = planned.frames["segments"].set_index("item")["abc"]
    before = planned.frames["consensus"]
    after = scenario.apply(planned.frames, changes(kind="demand", target="class A", value=-0.5), context)
    named = before["item"].map(segments).eq("A")
    assert 0 < named.sum() < len(before)
    pd.testing.assert_series_equal(
        after["consensus"]["quantity"], before["quantity"].where(~named, before["quantity"] / 2)
    )
    assert list(after["items"].columns) == list(planned.frames["items"].columns)


def test_an_event_adds_its_units_to_its_months(planned, context):
    before = planned.frames["consensus"]
    change = changes(kind="event", target="Bikes", value=90.0, first_period=2.0, last_period=3.0)
    after = scenario.apply(planned.frames, change, context)["consensus"]
    more = after.groupby(["item", "period"])["quantity"].sum() - before.groupby(["item", "period"])["quantity"].sum()
    by_month = more.groupby("period").sum()
    assert by_month.tolist() == pytest.approx([0, 90, 90, 0, 0, 0])
    assert more["007"].abs().max() == 0
    wanted = before[before["item"].str.startswith("BIKE") & before["period"].eq(company.PLANNED[1])]
    share = wanted.groupby("item")["quantity"].sum() / wanted["quantity"].sum()
    assert more.xs(company.PLANNED[1], level="period")["BIKE-1"] == pytest.approx(90 * share["BIKE-1"])
    gone = scenario.apply(planned.frames, changes(kind="event", target="Gloves", value=-1e9), context)["consensus"]
    assert gone.query("item == '007'")["quantity"].eq(0).all()


def test_an_event_finds_months_without_demand(planned, context):
    frames = dict(planned.frames)
    frames["consensus"] = frames["consensus"].query("item != '007' or period > '2026-08-01'")
    after = scenario.apply(frames, changes(kind="event", target="Gloves", value=50.0, last_period=1.0), context)
    gloves = after["consensus"].query("item == '007'").set_index("period")["quantity"]
    assert gloves[company.PLANNED[0]] == 50.0


def test_a_channel_shift_keeps_the_total(planned, context):
    before = planned.frames["consensus"]
    after = scenario.apply(planned.frames, changes(kind="channel shift", target="shop > web", value=0.25), context)
    keys = ["item", "region", "period"]
    moved = after["consensus"].groupby(keys)["quantity"].sum() - before.groupby(keys)["quantity"].sum()
    assert moved.abs().max() < 1e-9
    of = {
        name: frame.groupby("channel")["quantity"].sum() for name, frame in (("b", before), ("a", after["consensus"]))
    }
    assert of["a"]["shop"] == pytest.approx(0.75 * of["b"]["shop"])


def test_a_launch_comes_later(planned, context):
    frames = dict(planned.frames)
    items = frames["items"]
    frames["items"] = items.assign(launch=items["launch"].where(items["item"].ne("007"), pd.Timestamp("2026-08-10")))
    before = frames["consensus"].query("item == '007'")
    frames["consensus"] = frames["consensus"].query("item != '007' or period >= '2026-08-01'")
    after = scenario.apply(frames, changes(kind="launch delay", value=2.0), context)
    late = after["consensus"].query("item == '007'")
    assert late["period"].min() == pd.Timestamp("2026-10-01")
    assert late["quantity"].tolist() == before["quantity"].tolist()[1:4]
    assert after["items"].set_index("item")["launch"]["007"] == pd.Timestamp("2026-10-10")


def test_overtime_is_a_share_of_the_regular_hours(planned, context):
    change = changes(kind="overtime", target="busiest", value=0.1, first_period=2.0, last_period=2.0)
    after = scenario.apply(planned.frames, change, context)["capacity"].query("measure == 'overtime'")
    assert after.sort_values("period")["hours"].tolist() == [60.0, 90.0, 60.0, 60.0, 60.0, 60.0]
    frames = planned.frames | {"capacity": planned.frames["capacity"].query("measure == 'regular'")}
    after = scenario.apply(frames, change, context)["capacity"].query("measure == 'overtime'")
    usual = 300.0 * context.settings.overtime_share
    assert after.sort_values("period")["hours"].tolist() == pytest.approx([usual, usual + 30, *[usual] * 4])


def test_outside_purchase_opens_a_dear_source_in_its_months(planned, context):
    change = changes(kind="outside purchase", target="Bikes", value=40.0, first_period=2.0, last_period=3.0)
    after = scenario.apply(planned.frames, change, context)
    new = after["sources"].query("supplier == 'Outside Bikes'").set_index("item")
    assert new["cost"].to_dict() == pytest.approx({"BIKE-1": 390.0, "BIKE-2": 520.0})
    limits = after["supplier_limits"].query("supplier == 'Outside Bikes'")
    assert limits["quantity"].tolist() == [0.0, 40.0, 40.0]
    assert limits["period"].isna().tolist() == [True, False, False]


def test_a_supplier_out_delivers_after_its_months(planned, context):
    frames = planned.frames | {
        "supplier_limits": shaped(
            TABLES["supplier_limits"],
            pd.DataFrame({"supplier": ["Steelco"], "measure": "contract", "period": pd.NaT, "quantity": 20.0}),
        )
    }
    change = changes(kind="supplier out", target="Steelco", value=1.0, first_period=1.0, last_period=2.0)
    after = scenario.apply(frames, change, context)
    assert after["receipts"].set_index("receipt")["due"]["PO-1"] == pd.Timestamp("2026-09-01")
    assert after["receipts"].set_index("receipt")["due"]["PO-2"] == pd.Timestamp("2026-07-12")
    limits = after["supplier_limits"].dropna(subset=["period"])
    assert limits.groupby("measure")["quantity"].sum().to_dict() == {"contract": 0.0, "maximum": 0.0}
    assert limits["period"].max() == pd.Timestamp(
        "2026-07-01"
    )  # a month under way: an order of August comes in September


def test_a_lane_delay_moves_transfers_and_what_is_under_way(planned, context):
    receipts = planned.frames["receipts"]
    under_way = receipts.iloc[:1].assign(receipt="TO-1", location="SOUTH-DC", supplier="PLANT")
    frames = planned.frames | {"receipts": pd.concat([receipts, under_way], ignore_index=True)}
    for target in ("SOUTH-DC", "PLANT > SOUTH-DC", ""):
        change = changes(kind="lane delay", target=target, value=21.0, first_period=1.0, last_period=2.0)
        after = scenario.apply(frames, change, context)
        assert after["sources"].query("kind == 'transfer'")["lead_time_days"].tolist() == [24.0, 24.0]
        assert after["sources"].query("kind != 'transfer'")["lead_time_days"].max() == 30.0
        due = after["receipts"].set_index("receipt")["due"]
        assert (due["TO-1"], due["PO-1"]) == (pd.Timestamp("2026-07-31"), pd.Timestamp("2026-07-10"))


def test_a_dearer_currency(planned, context):
    rates = shaped(TABLES["currencies"], pd.DataFrame({"currency": ["EUR", "JPY"], "rate": [1.1, 0.01]}))
    after = scenario.apply(
        planned.frames | {"currencies": rates}, changes(kind="currency", target="EUR", value=0.1), context
    )
    assert after["currencies"]["rate"].tolist() == pytest.approx([1.21, 0.01])


def test_an_expedited_supplier(planned, context):
    after = scenario.apply(planned.frames, changes(kind="lead time", target="Steelco", value=-40.0), context)
    assert after["sources"].query("supplier == 'Steelco'")["lead_time_days"].tolist() == [0.0]


@pytest.mark.parametrize(
    ("kind", "target", "value", "says"),
    [
        ("supplier out", "Acme", 1.0, "nothing is bought from 'Acme'"),
        ("channel shift", "shop", 0.1, "written 'from channel > to channel', got 'shop'"),
        ("channel shift", "shop > phone", 0.1, "there is no channel 'phone'; the channels are shop, web"),
        ("channel shift", "shop > web", 1.5, "must lie between 0 and 1, got 1.5"),
        ("lane delay", "Moon", 5.0, "nothing is moved on the lane or to the location 'Moon'"),
        ("currency", "", 0.1, "table Currencies on sheet Sourcing is empty"),
        ("launch delay", "", 1.0, "no item is launched in the months planned"),
        ("launch delay", "", 0.5, "delayed by whole months, got 0.5"),
        ("outside purchase", "", 5.0, "names the item, family or class"),
        ("outside purchase", "Bikes", -5.0, "cannot be below 0, got -5"),
        ("overtime", "Oven", 0.1, "'Oven' names nothing"),
        ("demand", "class D", 0.1, "'class D' names nothing"),
    ],
)
def test_new_kinds_refuse_what_they_cannot_change(planned, context, kind, target, value, says):
    with pytest.raises(InputError, match=f"change 1: .*{says}"):
        scenario.apply(planned.frames, changes(kind=kind, target=target, value=value), context)


CHEAPER, DEARER = -1, 1


@pytest.mark.parametrize(
    ("kind", "target", "value", "way"),
    [
        ("capacity", "Assembly", 0.3, CHEAPER),
        ("overtime", "Assembly", 0.3, CHEAPER),
        ("outside purchase", "Bikes", 50.0, CHEAPER),
        ("lead time", "Weavers", 60.0, DEARER),
        ("capacity", "Assembly", -0.3, DEARER),
        ("supplier out", "Steelco", 1.0, DEARER),
        ("supplier out", "Weavers", 1.0, DEARER),
        ("supplier limit", "Weavers", 20.0, DEARER),
        ("cost", "Steelco", 0.2, DEARER),
    ],
)
def test_more_never_costs_more_and_less_never_less(planned, context, kind, target, value, way):
    tight = planned.frames | {
        "capacity": planned.frames["capacity"].assign(hours=planned.frames["capacity"]["hours"] * 0.5)
    }
    held = context_of(tight["control"], now=company.NOW)
    given = changes(kind=kind, target=target, value=value, first_period=2.0, last_period=3.0)
    jobs = [job(scenario.apply(tight, change, held), held) for change in (given.iloc[:0], given)]
    targets = jobs[0].targets.by_month  # the stock to hold stays: it is the plan that is compared
    costs = [
        balance(
            {n: f for n, f in j.tables.items() if n not in TARGETED} | {"inventory_targets": targets},
            settings=j.settings,
        ).kpis.total_cost
        for j in jobs
    ]
    assert way * (costs[1] - costs[0]) >= -1e-6 * abs(costs[0])
    assert abs(costs[1] - costs[0]) > 1e-6 * abs(costs[0]), "the change changes nothing"
