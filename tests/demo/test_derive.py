"""The demo company's data: derived as described, whole, and the same from files and from a database."""

import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sop_xl import demo, periods
from sop_xl.demo.derive import derive, write
from sop_xl.demo.extracts import last_months, read_extracts
from sop_xl.demo.products import per_assembly, planned_items, requirements
from sop_xl.store.files import load_files, source_files
from sop_xl.store.sources import empty_tables, gather
from sop_xl.workbook.tables import SETTINGS, TABLES

AS_OF = pd.Timestamp(demo.SETTINGS["as_of"])
HORIZON = periods.horizon(AS_OF, demo.SETTINGS["horizon"])
PARAMETERS = {"as_of": AS_OF, "first_day": HORIZON[0], "horizon_end": HORIZON[-1] + pd.offsets.MonthEnd()}
WANTED = [
    "items", "locations", "channels", "regions", "resources", "capacity", "routings", "bom", "sources", "calendar",
    "demand_history", "finance_totals", "actual_demand", "actual_production", "open_orders", "stock", "receipts", "events",
    "budget", "inputs", "overrides", "risks", "assumptions",
]  # fmt: skip


@pytest.fixture(scope="module")
def raw():
    return gather(demo.folder(), parameters=PARAMETERS, known_tables=TABLES)


@pytest.fixture(scope="module")
def frames(raw):
    """The raw frames with numbers and dates typed as declared."""
    typed = {}
    for name, frame in raw.items():
        columns = {}
        for column in frame:
            kind = TABLES[name].column(column).kind
            convert = (
                pd.to_numeric
                if kind.is_number
                else pd.to_datetime
                if kind.is_time
                else lambda values: values.fillna("")
            )
            columns[column] = convert(frame[column])
        typed[name] = pd.DataFrame(columns)
    return typed


@pytest.fixture(scope="module")
def extracts():
    return read_extracts(demo.folder())


def test_the_committed_files_are_what_the_rules_make(tmp_path):
    write(derive(demo.folder()), tmp_path)
    made = sorted(path.name for path in tmp_path.iterdir())
    assert made == sorted(path.name for path in demo.folder().glob("plan_*.csv"))
    for name in made:
        assert (tmp_path / name).read_bytes() == (demo.folder() / name).read_bytes(), (
            f"run python -m sop_xl.demo.derive: {name}"
        )


def test_every_table_is_filled(raw):
    assert sorted(raw) == sorted(WANTED)
    assert empty_tables(raw) == ()


def test_settings_are_declared():
    assert set(demo.SETTINGS) <= {setting.name for setting in SETTINGS}


def test_columns_are_declared_and_required_ones_are_there(frames):
    for name, frame in frames.items():
        table = TABLES[name]
        assert set(frame) <= {column.name for column in table.frame_columns}, name
        for column in table.frame_columns:
            if column.required:
                assert column.name in frame, f"{name}.{column.name}"
                assert frame[column.name].notna().all()
                assert frame[column.name].ne("").all(), f"{name}.{column.name}"


def test_keys_are_unique(frames):
    for name, frame in frames.items():
        keys = [key for key in TABLES[name].keys if key in frame]
        assert not frame.duplicated(keys).any(), name


def test_references_resolve_and_choices_hold(frames):
    for name, frame in frames.items():
        for column in TABLES[name].frame_columns:
            if column.name not in frame or not column.kind.is_text:
                continue
            values = set(frame[column.name]) - {""}
            if column.refers:
                table, other = column.refers.split(".")
                allowed = set(frames[table][other]) if table in frames else {row[other] for row in TABLES[table].starts}
                assert values <= allowed, f"{name}.{column.name}: {sorted(values - allowed)[:3]}"
            if column.choices:
                assert values <= set(column.choices), f"{name}.{column.name}"


def test_numbers_lie_in_their_bounds(frames):
    for name, frame in frames.items():
        for column in TABLES[name].frame_columns:
            if column.name in frame and column.kind.is_number:
                values = frame[column.name].dropna()
                assert values.ge(column.low if column.low is not None else 0).all(), f"{name}.{column.name}"
                assert values.le(column.high if column.high is not None else np.inf).all(), f"{name}.{column.name}"


def test_history_and_actuals_tie_to_the_order_lines(frames, extracts):
    lines = extracts.order_lines
    history, actual = frames["demand_history"], frames["actual_demand"]
    assert history["quantity"].sum() == lines.loc[lines["order_date"] <= AS_OF, "quantity"].sum()
    after = (lines["order_date"] > AS_OF) & (lines["order_date"] < "2020-06-01")
    assert actual["quantity"].sum() == lines.loc[after, "quantity"].sum()
    totals = frames["finance_totals"].set_index("period")["quantity"]
    assert (history.groupby("period")["quantity"].sum() == totals).all()
    assert list(totals.index) == list(pd.date_range("2017-07-01", "2020-02-01", freq="MS"))
    assert sorted(actual["period"].unique()) == list(HORIZON[:3])


def test_a_series_has_every_month_from_its_first_order_on(frames):
    series = frames["demand_history"].sort_values("period").groupby(["item", "channel", "region"])
    first = series["period"].min()
    expected = (AS_OF.year - first.dt.year) * 12 + AS_OF.month - first.dt.month + 1
    assert (series.size() == expected).all()
    assert (series["quantity"].first() > 0).all()


def test_capacity_budget_and_calendar_cover_the_horizon(frames):
    for table, keys in (("capacity", ["resource", "measure"]), ("budget", ["family", "measure"])):
        months = frames[table].groupby(keys)["period"].agg(lambda column: sorted(column) == list(HORIZON))
        assert months.all(), table
    assert set(HORIZON) < set(frames["calendar"]["period"])
    assert frames["calendar"]["period"].max() == HORIZON[-1]


def test_longer_horizons_have_data_too():
    longer = PARAMETERS | {"horizon_end": pd.Timestamp("2021-08-31")}
    months = gather(demo.folder(), parameters=longer)["capacity"]["period"].nunique()
    assert months == 18


def test_every_planned_item_can_be_had(frames):
    items, sources = frames["items"], frames["sources"]
    kinds = sources[sources["location"] == "PLANT"].groupby("item")["kind"].first()
    active = set(frames["bom"]["component"]) | set(items.loc[items["end"].isna(), "item"])
    assert active == set(kinds.index)
    assert (items.set_index("item")["make_or_buy"].loc[kinds.index] == kinds).all()
    on_sale = items[items["end"].isna() & (items["sold"] == "TRUE")]["item"]
    for warehouse in ("DC-EU", "DC-AU"):
        assert set(on_sale) == set(sources.loc[sources["location"] == warehouse, "item"])
    made = set(kinds[kinds == "make"].index)
    assert made == set(frames["bom"]["assembly"])
    assert set(frames["routings"]["item"]) <= made


def test_no_item_goes_into_itself(frames):
    bom = frames["bom"]
    level = set(bom["assembly"])
    for _ in range(10):
        level = set(bom.loc[bom["assembly"].isin(level), "component"]) & set(bom["assembly"])
    assert not level


def test_stock_ties_to_the_inventory(frames, extracts):
    stock = frames["stock"].groupby("item")["quantity"].sum()
    counted = extracts.inventory.groupby("item")["quantity"].sum()
    bikes = [item for item in stock.index if item.startswith("BK-")]
    assert len(bikes) > 80
    assert (stock[bikes] == counted[bikes]).all()
    assert (stock % 1 == 0).all()


def test_requirements_explode_the_bill_of_materials_level_by_level(extracts):
    planned = planned_items(extracts, AS_OF)
    own = last_months(extracts.order_lines, AS_OF, 6)
    level = own[own["item"].isin(planned)].groupby("item")["quantity"].sum().reindex(planned).fillna(0.0).to_numpy()
    total = level.copy()
    quantities = per_assembly(extracts, planned)
    while level.any():
        level = level @ quantities
        total += level
    assert np.allclose(requirements(extracts, planned, AS_OF, 6).sum(), total)


def test_what_is_bought_for_an_item_costs_less_than_it(frames):
    items = frames["items"].set_index("item")
    rate = frames["resources"].set_index("resource")["cost_per_hour"]
    routings, bom = frames["routings"], frames["bom"]
    cost = frames["sources"].query("kind == 'buy'").groupby("item")["cost"].min()
    hours = (routings["hours_per_unit"] * routings["resource"].map(rate)).groupby(routings["item"]).sum()
    made = pd.Series(hours, index=sorted(set(bom["assembly"]))).fillna(0.0)
    while len(made):
        rows = bom[bom["assembly"].isin(made.index)]
        ready = rows["component"].isin(cost.index).groupby(rows["assembly"]).all()
        done = ready[ready].index
        material = (rows["quantity"] * rows["component"].map(cost)).groupby(rows["assembly"]).sum()
        cost = pd.concat([cost, made[done] + material[done]])
        made = made.drop(done)
    assemblies = sorted(set(bom["assembly"]))
    assert (cost[assemblies] <= items["standard_cost"][assemblies] + 0.01).all()


def test_the_plants_hours_are_near_what_demand_needs(frames, extracts):
    planned = planned_items(extracts, AS_OF)
    needs = requirements(extracts, planned, AS_OF, 6)
    routings = frames["routings"]
    load = pd.DataFrame({item: needs[item] for item in routings["item"].unique()})
    hours = routings.assign(mean=routings["item"].map(load.mean()) * routings["hours_per_unit"])
    need = hours.groupby("resource")["mean"].sum()
    regular = frames["capacity"].query("measure == 'regular'").groupby("resource")["hours"].mean()
    assert ((regular / need) > 0.98).all()
    assert ((regular / need) < 1.3).all()


def test_receipts_are_due_after_the_as_of_date_and_within_the_horizon(frames):
    assert frames["receipts"]["due"].between(AS_OF + pd.Timedelta(days=1), PARAMETERS["horizon_end"]).all()


def test_the_budget_is_near_the_months_it_did_not_know(frames):
    budget = frames["budget"].query("measure == 'units'").groupby("period")["value"].sum()
    actual = frames["actual_demand"].groupby("period")["quantity"].sum()
    ratio = budget[actual.index].sum() / actual.sum()
    assert 0.8 < ratio < 1.25
    assert ratio != 1


def test_a_database_with_the_same_extracts_gives_the_same_frames(raw, tmp_path):
    files = source_files(demo.folder())
    engine = load_files(files, list(files))
    path = tmp_path / "erp.db"
    target = sqlite3.connect(path)
    with engine.connect() as connection:
        connection.connection.backup(target)
    target.close()
    engine.dispose()
    again = gather(f"sqlite:///{path}", Path(demo.folder()) / "mapping.toml", PARAMETERS)
    assert list(again) == list(raw)
    for name, frame in raw.items():
        pd.testing.assert_frame_equal(again[name], frame)


def test_the_notice_travels_with_the_data():
    text = (demo.folder() / "NOTICE.md").read_text(encoding="utf-8")
    assert "Copyright (c) Microsoft Corporation" in text
    assert "THE SOFTWARE IS PROVIDED" in text
