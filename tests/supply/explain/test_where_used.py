"""The where-used list, and where a scarce item goes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_xl.errors import InputError
from sop_xl.supply.explain.where_used import where_goes, where_used
from sop_xl.supply.plan import PlanSettings, balance, planned_network


def test_units_multiply_down_the_bill_with_scrap_and_yield(drawn):
    network = planned_network(drawn(0), PlanSettings())
    steel = where_used(network, "STEEL").set_index("item")
    assert steel["level"].to_dict() == {"STEEL": 0, "PART": 1, "A": 2, "B": 2}
    part = 1.5 / 0.9
    expected = {"STEEL": 1.0, "PART": part, "A": part * 2 / 0.95, "B": part}
    assert steel["units_per_unit"].to_dict() == pytest.approx(expected)
    assert steel["sold"].to_dict() == {"STEEL": False, "PART": False, "A": True, "B": True}
    assert steel.loc["B", "says"] == "1 B takes 1.67 STEEL, and is sold"


def test_of_two_ways_to_make_it_the_one_that_takes_most_counts(drawn):
    tables = drawn(0)
    other = tables["sources"].query("item == 'B' and kind == 'make'").assign(mode="hand")
    tables = tables | {
        "sources": pd.concat([tables["sources"], other], ignore_index=True),
        "bom": pd.concat([tables["bom"], pd.DataFrame([("B", "BOLT", 3.0, 0.0, "hand")],
            columns=["assembly", "component", "quantity", "scrap", "mode"])], ignore_index=True),
        "routings": pd.concat([tables["routings"], pd.DataFrame([("B", "LINE", 1.0, "hand")],
            columns=["item", "resource", "hours_per_unit", "mode"])], ignore_index=True),
    }  # fmt: skip
    network = planned_network(tables, PlanSettings())
    assert where_used(network, "BOLT").set_index("item")["units_per_unit"].to_dict() == {
        "BOLT": 1.0,
        "A": 8.0,
        "B": 3.0,
    }


def test_a_substitute_is_used_where_it_stands_in(drawn):
    tables = drawn(0) | {
        "substitutes": pd.DataFrame(
            {"item": ["STEEL"], "substitute": ["BOLT"], "location": ["PLANT"], "quantity": [2.0]}
        )
    }
    network = planned_network(tables, PlanSettings())
    found = where_used(network, "BOLT").set_index("item")["units_per_unit"]
    assert found["STEEL"] == 2.0


@given(seed=st.integers(0, 10_000), item=st.sampled_from(["STEEL", "PART", "A"]))
@settings(max_examples=15, deadline=None)
def test_what_goes_somewhere_is_what_its_users_took(drawn, seed, item):
    """Component units with customers = units shipped x units per unit, unless finished goods were in stock before."""
    tables = drawn(seed)
    tables = tables | {
        "stock": tables["stock"].query("item == 'STEEL'"),
        "receipts": tables["receipts"].query("item == 'STEEL'"),
        "sources": tables["sources"].query("not (item == 'B' and kind == 'buy')"),
    }
    plan = balance(tables, settings=PlanSettings(short_policy="lost"))
    goes = where_goes(plan, item).set_index(["item", "location"])
    shipped = pd.Series(plan.final.ship.sum(axis=1), index=pd.MultiIndex.from_arrays(
        [plan.network.places.item[plan.network.demands.place], plan.network.places.location[plan.network.demands.place]]
    ))  # fmt: skip
    for key, row in goes.iterrows():
        assert row["quantity"] == pytest.approx(shipped[key] * row["units_per_unit"], abs=1e-4)
    assert goes["quantity_short"].le(goes["quantity"] + 1e-6).all()


def test_the_scarce_unit_earns_most_where_it_is_put_first(tables, across, months):
    """One frame makes a bike that earns 600, or half a tandem that earns 900: by the frame the bike earns more."""
    plan = balance(
        tables(
            items=[("BIKE", "", 90.0, 700.0), ("TANDEM", "", 200.0, 1100.0), ("FRAME", "", 90.0, np.nan)],
            locations=[("P", np.nan)],
            sources=[
                {"item": "BIKE", "location": "P", "kind": "make", "cost": 10.0},
                {"item": "TANDEM", "location": "P", "kind": "make", "cost": 20.0},
                {"item": "FRAME", "location": "P", "kind": "buy", "supplier": "W", "cost": 90.0, "maximum": 10.0},
            ],
            bom=[("BIKE", "FRAME", 1.0, 0.0), ("TANDEM", "FRAME", 2.0, 0.0)],
            demand=[*across(months(1), "BIKE", "P", values=[8]), *across(months(1), "TANDEM", "P", values=[8])],
        ),
        settings=PlanSettings(frozen_months=0, short_policy="lost"),
    )
    goes = where_goes(plan, "FRAME")
    assert goes["item"].tolist() == ["BIKE", "TANDEM"]
    assert goes["margin_per_unit"].tolist() == pytest.approx([600.0, 450.0])
    assert goes[["quantity", "short", "short_months", "share_short"]].values.tolist() == [
        [8, 0, 1, 0.8],
        [2, 7, 1, 0.2],
    ]
    assert goes["says"].iloc[1] == (
        "TANDEM at P gets 2 FRAME, 2 of them (20%) in the 1 month it is short, and earns USD 450 with each; "
        "7 units stay short"
    )


def test_an_item_that_does_not_exist(drawn):
    plan = balance(drawn(0))
    for told, of in ((where_used, plan.network), (where_goes, plan)):
        with pytest.raises(InputError, match="there is no item 'NAIL'"):
            told(of, "NAIL")
