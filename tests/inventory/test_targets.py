"""Targets over a small network worked by hand: two bikes of one frame, a plant and a distribution centre."""

import numpy as np
import pandas as pd
import pytest

from sop_xl.errors import InputError, PlanningError
from sop_xl.inventory.network import carried, network, usual_sources
from sop_xl.inventory.safety_stock import safety_stock, z_value
from sop_xl.inventory.targets import COLUMNS, targets
from sop_xl.periods import DAYS_PER_MONTH
from sop_xl.workbook.tables import table

MONTH = DAYS_PER_MONTH
PERIODS = pd.date_range("2026-07-01", periods=2, freq="MS")


@pytest.fixture
def tables():
    return {
        "items": pd.DataFrame(
            {
                "item": ["RED", "BLUE", "FRAME", "TUBE"],
                "make_or_buy": ["make", "make", "make", "buy"],
                "abc": "",
                "standard_cost": [300.0, 200.0, 50.0, 5.0],
                "service_level": np.nan,
            }
        ),
        "segments": pd.DataFrame({"item": ["RED", "BLUE"], "abc": ["B", "A"]}),
        "forecast_error": pd.DataFrame(
            {"item": ["RED", "RED", "BLUE"], "location": ["PLANT", "DC", "PLANT"], "sigma": [3.0, 4.0, 12.0]}
        ),
        "demand": pd.DataFrame(
            {
                "item": ["RED", "RED", "RED", "RED", "BLUE"],
                "location": ["PLANT", "PLANT", "DC", "DC", "PLANT"],
                "period": [*PERIODS, *PERIODS, PERIODS[1]],
                "quantity": [10.0, 30.0, 5.0, 15.0, 60.0],
            }
        ),
        "sources": pd.DataFrame(
            [
                ("RED", "PLANT", "make", "", 0.5 * MONTH, 0.0),
                ("BLUE", "PLANT", "make", "", 0.5 * MONTH, 0.0),
                ("FRAME", "PLANT", "make", "", 0.0, 0.0),
                ("TUBE", "PLANT", "buy", "Steelco", 2 * MONTH, 0.25 * MONTH),
                ("TUBE", "PLANT", "buy", "Ironco", 1 * MONTH, 0.1 * MONTH),
                ("RED", "DC", "transfer", "PLANT", 1 * MONTH, 0.2 * MONTH),
            ],
            columns=["item", "location", "kind", "supplier", "lead_time_days", "lead_time_sd_days"],
        ).assign(minimum=[0.0, 0, 0, 500, 0, 0], multiple=[0.0, 0, 0, 100, 0, 0], cost=[0.0, 0, 0, 4, 6, 1], share=np.nan),
        "bom": pd.DataFrame(
            {"assembly": ["RED", "BLUE", "FRAME"], "component": ["FRAME", "FRAME", "TUBE"], "quantity": [1.0, 1, 4], "scrap": [0.0, 0, 0.2]}
        ),
        "inventory_policy": pd.DataFrame(
            {"abc": ["A", "B", "C"], "service_level": [0.98, 0.95, 0.9], "min_days": 0.0, "max_days": np.nan}
        ),
    }  # fmt: skip


def rows(tables, review=1.0):
    return targets(**tables, review=review).set_index(["item", "location"])


def test_the_columns_are_those_of_the_table(tables):
    assert [c.name for c in table("inventory_targets").columns] == COLUMNS
    assert list(targets(**tables, review=1.0).columns) == COLUMNS


def test_demand_goes_up_lanes_and_down_bills_of_materials(tables):
    found = rows(tables)["demand"]
    assert found[("RED", "DC")] == 10
    assert found[("RED", "PLANT")] == 20 + 10
    assert found[("FRAME", "PLANT")] == 30 + 30
    assert found[("TUBE", "PLANT")] == pytest.approx(60 * 4 / 0.8)


def test_variances_of_independent_errors_add(tables):
    found = rows(tables)["sigma"]
    assert found[("RED", "PLANT")] == pytest.approx(5.0)
    assert found[("FRAME", "PLANT")] == pytest.approx(13.0)
    assert found[("TUBE", "PLANT")] == pytest.approx(13.0 * 5)


def test_a_point_without_measured_error_is_poisson(tables):
    tables["forecast_error"] = tables["forecast_error"].iloc[1:]
    assert rows(tables)["sigma"][("RED", "PLANT")] == pytest.approx(np.sqrt(20 + 16))


def test_safety_stock_covers_lead_time_review_and_their_spread(tables):
    found = rows(tables)
    assert found.loc[("RED", "DC"), "safety_stock"] == pytest.approx(safety_stock(4, 1, 1, 0.95, 10, 0.2))
    tube = found.loc[("TUBE", "PLANT")]
    assert tube["safety_stock"] == pytest.approx(z_value(0.98) * np.sqrt(3 * 65**2 + 300**2 * 0.25**2))
    assert tube["reorder_point"] == pytest.approx(300 * 2 + tube["safety_stock"])
    assert tube["order_up_to"] == pytest.approx(300 * 3 + tube["safety_stock"])
    assert tube["days_of_cover"] == pytest.approx(tube["safety_stock"] / 300 * MONTH)


def test_cycle_stock_is_half_a_usual_order(tables):
    found = rows(tables)
    assert found.loc[("RED", "PLANT"), "cycle_stock"] == 15
    assert found.loc[("TUBE", "PLANT"), "cycle_stock"] == 250
    assert found.loc[("TUBE", "PLANT"), "value"] == pytest.approx(5 * found.loc[("TUBE", "PLANT"), "target"])


def test_a_component_has_the_best_class_of_what_it_goes_into(tables):
    assert rows(tables)["abc"].to_dict() == {
        ("BLUE", "PLANT"): "A", ("FRAME", "PLANT"): "A", ("RED", "DC"): "B", ("RED", "PLANT"): "B", ("TUBE", "PLANT"): "A",
    }  # fmt: skip


def test_a_class_or_service_level_typed_by_a_person_stands(tables):
    tables["items"] = tables["items"].assign(abc=["", "", "C", ""], service_level=[0.99, np.nan, np.nan, np.nan])
    found = rows(tables)
    assert found.loc[("FRAME", "PLANT"), "abc"] == "C"
    assert found.loc[("FRAME", "PLANT"), "service_level"] == 0.9
    assert (found.loc["RED", "service_level"] == 0.99).all()


def test_days_of_cover_limit_the_safety_stock(tables):
    tables["inventory_policy"] = tables["inventory_policy"].assign(
        min_days=[0.0, 60, 0], max_days=[5.0, np.nan, np.nan]
    )
    found = rows(tables)
    assert found.loc[("RED", "DC"), "safety_stock"] == pytest.approx(10 / MONTH * 60)
    assert found.loc[("RED", "DC"), "limited_by"] == "min days"
    assert found.loc[("TUBE", "PLANT"), "days_of_cover"] == pytest.approx(5)
    assert found.loc[("TUBE", "PLANT"), "limited_by"] == "max days"


def test_an_item_nobody_wants_is_not_held(tables):
    tables["demand"] = tables["demand"].assign(quantity=0.0)
    tables["forecast_error"] = tables["forecast_error"].assign(sigma=0.0)
    found = rows(tables)
    assert (found["target"] == 0).all()
    assert found["days_of_cover"].isna().all()


def test_demand_without_a_source_is_still_planned_for(tables):
    extra = pd.DataFrame({"item": ["BLUE"], "location": ["DC"], "period": PERIODS[:1], "quantity": [8.0]})
    tables["demand"] = pd.concat([tables["demand"], extra])
    assert rows(tables).loc[("BLUE", "DC"), ["demand", "lead_time"]].tolist() == [4, 0]


def test_the_order_of_rows_does_not_matter(tables):
    shuffled = {name: frame.sample(frac=1, random_state=3) for name, frame in tables.items()}
    pd.testing.assert_frame_equal(targets(**tables, review=1.0), targets(**shuffled, review=1.0))


def test_the_usual_source_has_the_agreed_share_then_the_lowest_cost(tables):
    sources, items = tables["sources"], tables["items"]
    assert usual_sources(sources, items).set_index("item")["supplier"]["TUBE"] == "Steelco"
    shared = sources.assign(share=[np.nan, np.nan, np.nan, 0.3, 0.7, np.nan])
    assert usual_sources(shared, items).set_index("item")["supplier"]["TUBE"] == "Ironco"
    bought = pd.concat([sources, sources.iloc[:1].assign(kind="buy", supplier="Other", cost=-1.0)])
    assert set(usual_sources(bought, items).query("item == 'RED' and location == 'PLANT'")["kind"]) == {"make"}


def test_a_circle_is_named(tables):
    tables["bom"] = pd.concat(
        [tables["bom"], pd.DataFrame({"assembly": ["FRAME"], "component": ["RED"], "quantity": [1.0], "scrap": [0.0]})]
    )
    with pytest.raises(PlanningError, match="goes into itself"):
        targets(**tables, review=1.0)


def test_a_class_without_policy_is_named(tables):
    tables["inventory_policy"] = tables["inventory_policy"].iloc[:1]
    with pytest.raises(InputError, match="no row for class B"):
        targets(**tables, review=1.0)


def test_what_is_carried_solves_the_balance_of_demand(tables):
    usual = usual_sources(tables["sources"], tables["items"])
    net = network(usual, tables["bom"], pd.MultiIndex.from_tuples([("RED", "DC")], names=["item", "location"]))
    own = np.arange(1.0, len(net.points) + 1)
    total = carried(net, own)
    assert np.allclose(total, own + net.needs.T @ total)
