"""Scenarios: each kind of change does what its name says and nothing else."""

import company
import pandas as pd
import pytest

from sop_xl.cycle import scenario
from sop_xl.cycle.desk import context_of
from sop_xl.errors import InputError


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
        ({"kind": "weather", "value": 0.1}, "changes 'weather'; it can change demand, capacity"),
        ({"kind": "service level", "value": 1.5}, "a service level must lie between 0 and 1, got 1.5"),
    ],
)
def test_a_change_that_cannot_be_made_is_named(planned, context, row, says):
    with pytest.raises(InputError, match=says):
        scenario.apply(planned.frames, changes(**row), context)
