"""Scenarios of a book: templates added, scenarios removed and promoted, and all of it undone."""

import company
import pandas as pd
import pytest
from books import MemoryBook

from sop_xl.cycle import disruptions, scenario
from sop_xl.cycle.desk import context_of
from sop_xl.cycle.keeping import shaped
from sop_xl.cycle.run import run
from sop_xl.cycle.scenario_desk import (
    add_flagged,
    add_scenarios,
    promote_scenario,
    remove_scenario,
)
from sop_xl.cycle.undoing import undo_book
from sop_xl.errors import InputError, PlanningError
from sop_xl.workbook.tables import TABLES

STEPS = ("demand_planning", "supply_planning", "pre_sop")
DEMAND_KINDS = ("demand", "event", "channel shift", "launch delay")
TYPED = [t.name for t in TABLES.values() if not t.is_result]


@pytest.fixture(scope="session")
def tried_frames():
    """The small company after its first steps, with a currency, a launch, and lanes worth a delay."""
    frames = company.frames()
    items = frames["items"]
    new = items[items["item"].eq("007")].assign(item="008", launch=pd.Timestamp("2026-09-01"))
    frames["items"] = pd.concat([items, new], ignore_index=True)
    frames["launches"] = shaped(
        TABLES["launches"],
        pd.DataFrame([{"item": "008", "channel": "web", "region": "South", "volume": 600.0, "ramp": 1.0}]),
    )
    sources = frames["sources"]
    like = sources[sources["item"].eq("007")].assign(item="008")
    frames["sources"] = pd.concat([sources, like], ignore_index=True)
    weavers = frames["sources"]["supplier"].eq("Weavers")
    frames["sources"]["currency"] = frames["sources"]["currency"].where(~weavers, "EUR")
    frames["currencies"] = shaped(TABLES["currencies"], pd.DataFrame({"currency": ["EUR"], "rate": [1.1]}))
    frames["scenarios"] = frames["scenarios"].query("scenario == 'Base'")
    frames["scenario_changes"] = frames["scenario_changes"].iloc[:0]
    book = MemoryBook(frames)
    run(book, ("data_gathering", *STEPS), now=company.NOW)
    return book.frames


@pytest.fixture
def tried(tried_frames):
    return MemoryBook({name: frame.copy() for name, frame in tried_frames.items()})


def with_scenario(book, name, *changes):
    """A scenario with changes given as (kind, target, value, first, last)."""
    frames = book.frames
    row = pd.DataFrame([{"scenario": name, "active": True}])
    rows = [
        {
            "scenario": name,
            "number": n,
            "kind": kind,
            "target": target,
            "value": value,
            "first_period": first,
            "last_period": last,
        }
        for n, (kind, target, value, first, last) in enumerate(changes, start=1)
    ]
    for table, new in (("scenarios", row), ("scenario_changes", pd.DataFrame(rows))):
        frames[table] = pd.concat([frames[table], shaped(TABLES[table], new)], ignore_index=True)
    return book


def kpis(book, name):
    rows = book.frames["scenario_kpis"]
    return rows[rows["scenario"].eq(name)].set_index("kpi")["value"]


def test_the_library_is_told_on_its_sheet(tried):
    rows = tried.frames["scenario_library"]
    assert list(rows["template"]) == [t.name for t in disruptions.LIBRARY]
    assert len(rows) >= 12
    says = rows.set_index("template")["would_change"]
    assert not says[says.str.startswith("not here")].to_dict()
    assert says["Largest supplier out"] == "supplier out of Steelco, months 2 to 3"
    assert says["Strike"] == "capacity of Assembly -100 %, month 3"
    assert says["Shift to online"] == "channel shift of shop > web +10 %, from month 2"


def test_a_company_without_currencies_launches_and_lanes_hears_why(planned):
    frames = planned.frames
    frames["supply_plan"] = frames["supply_plan"].query("kind != 'transfer'")
    says = disruptions.library(frames).set_index("template")["would_change"]
    assert says["Currency +10 %"].startswith("not here: nothing is paid in a foreign currency")
    assert says["Launch delayed"] == "not here: no item is launched in the months planned"
    assert says["Port closure"] == "not here: nothing is moved between locations"
    with pytest.raises(InputError, match=r"Currency \+10 % cannot be tried here: nothing is paid"):
        add_scenarios(planned, {"Currency +10 %": ""}, now=company.NOW)
    assert planned.writes == 0


def test_every_template_adds_and_computes(tried):
    says = add_scenarios(tried, {t.name: "" for t in disruptions.LIBRARY}, now=company.NOW)
    assert "scenarios are active; page PreSOP shows 5" in says
    run(tried, ("pre_sop",), now=company.NOW)
    rows = tried.frames["scenario_kpis"]
    assert set(rows["scenario"]) == {"Base", *(t.name for t in disruptions.LIBRARY)}
    assert rows["value"].notna().all()
    moved = (rows["value"] - rows["base"]).abs().groupby(rows["scenario"]).sum()
    still = set(moved[moved < 1e-9].index) - {"Base"}
    assert still <= {"Tail not served", "Overtime agreed", "Shift to online"}, f"{still} change nothing"
    cost = rows[rows["kpi"].eq("Total cost")].set_index("scenario")["value"]
    for dearer in ("Largest supplier out", "Late deliveries", "Currency +10 %", "Materials +15 %", "Freight +25 %"):
        assert cost[dearer] > cost["Base"], dearer
    assert cost["Overtime agreed"] <= cost["Base"] * (1 + 1e-9)
    assert kpis(tried, "Demand surge")["Revenue"] > kpis(tried, "Base")["Revenue"]


def test_flagged_templates_are_added_and_the_flags_go_back(tried):
    rows = tried.frames["scenario_library"]
    rows["add"] = rows["template"].isin(["Machine down", "Strike"])
    rows.loc[rows["template"].eq("Strike"), "add_as"] = "Walk-out"
    says = add_flagged(tried, now=company.NOW)
    assert says.splitlines()[0] == "Machine down: capacity of Assembly -40 %, months 2 to 4"
    assert list(tried.frames["scenarios"]["scenario"]) == ["Base", "Machine down", "Walk-out"]
    assert not tried.frames["scenario_library"]["add"].any()
    with pytest.raises(PlanningError, match="set Add to TRUE"):
        add_flagged(tried, now=company.NOW)
    undo_book(tried)
    assert list(tried.frames["scenarios"]["scenario"]) == ["Base"]


def test_names_are_taken_once_and_base_stays(tried):
    add_scenarios(tried, {"Strike": "Walk-out"}, now=company.NOW)
    with pytest.raises(InputError, match="there is a scenario 'walk-out' already"):
        add_scenarios(tried, {"Strike": "walk-out"}, now=company.NOW)
    with pytest.raises(InputError, match="there is no template 'Flood'; the library has Largest supplier out"):
        add_scenarios(tried, {"Flood": ""}, now=company.NOW)
    with pytest.raises(InputError, match="Base is the plan itself"):
        remove_scenario(tried, "Base", now=company.NOW)
    with pytest.raises(InputError, match="there is no scenario 'Flood'; sheet Scenarios has Base, Walk-out"):
        remove_scenario(tried, "Flood", now=company.NOW)
    remove_scenario(tried, "Walk-out", now=company.NOW)
    assert tried.frames["scenario_changes"].empty


@pytest.mark.parametrize(
    ("change", "table", "where"),
    [
        (("demand", "Bikes", 0.15, 2.0, 4.0), "overrides", "sheet Overrides (1 row)"),
        (("demand", "class A", -0.1, 1.0, 6.0), "overrides", "sheet Overrides (2 rows)"),
        (("event", "BIKE-1", 40.0, 2.0, 2.0), "overrides", "sheet Overrides (1 row)"),
        (("channel shift", "shop > web", 0.2, 2.0, 6.0), "channel_shifts", "sheet Lifecycle, table channel_shifts"),
        (("capacity", "busiest", -0.2, 2.0, 4.0), "capacity", "sheet Capacity"),
        (("overtime", "Assembly", 0.2, 1.0, 6.0), "capacity", "sheet Capacity"),
        (("supplier", "Steelco", -0.4, 1.0, 6.0), "sources", "sheets Sources, SupplyLimits and Receipts"),
        (("supplier limit", "Weavers", 150.0, 1.0, 6.0), "supplier_limits", "sheet SupplyLimits"),
        (("supplier out", "Steelco", 1.0, 2.0, 3.0), "supplier_limits", "sheets SupplyLimits and Receipts"),
        (("outside purchase", "Bikes", 30.0, 2.0, 3.0), "sources", "sheets Sources and SupplyLimits"),
        (("lead time", "Steelco", -20.0, 1.0, 6.0), "sources", "sheet Sources"),
        (("lane delay", "SOUTH-DC", 30.0, 1.0, 2.0), "sources", "sheets Sources and Receipts"),
        (("cost", "buy", 0.15, 1.0, 6.0), "sources", "sheet Sources"),
        (("currency", "", 0.1, 1.0, 6.0), "currencies", "sheet Sourcing, table currencies"),
        (("price", "Gloves", 0.05, 1.0, 6.0), "items", "sheet Items"),
        (("service level", "A", 0.99, 1.0, 6.0), "inventory_policy", "sheet Policy"),
        (("service first", "", 1.0, 1.0, 6.0), "control", "setting objective on sheet Control"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_promoted_and_run_again_base_is_what_the_scenario_was(tried, change, table, where):
    with_scenario(tried, "Plan B", change)
    before = {name: tried.frames[name].copy() for name in TYPED}
    run(tried, ("pre_sop",), now=company.NOW)
    wanted = kpis(tried, "Plan B")
    says = promote_scenario(tried, "Plan B", now=company.NOW)
    assert f"-> {where}" in says
    assert not tried.frames[table].equals(before[table])
    listed = tried.frames["scenarios"].set_index("scenario")
    assert listed.loc["Plan B", "promoted"].startswith("2026-07, 2026-07-03")
    assert not listed.loc["Plan B", "active"]
    run(tried, STEPS if change[0] in DEMAND_KINDS else ("pre_sop",), now=company.NOW)
    got = kpis(tried, "Base")
    # demand is rounded to whole units again; all else is the same to the cent
    close = {"rel": 0.02, "abs": 3.0} if table in ("overrides", "channel_shifts") else {"rel": 1e-6, "abs": 1e-6}
    for kpi in ("Service level", "Revenue", "Total cost", "Margin", "Stock value"):
        assert got[kpi] == pytest.approx(wanted[kpi], **close), kpi


def test_undo_takes_a_promotion_back(tried):
    with_scenario(tried, "Plan B", ("demand", "Bikes", 0.15, 2.0, 4.0), ("capacity", "Assembly", 0.2, 1.0, 6.0))
    before = {name: tried.frames[name].copy() for name in TYPED}
    promote_scenario(tried, "Plan B", now=company.NOW)
    made = tried.frames["overrides"].iloc[-1]
    assert (made["override"], made["family"], made["kind"], made["value"]) == ("Plan B-1", "Bikes", "percent", 0.15)
    assert (made["reason"], made["note"]) == ("Management", "scenario Plan B")
    assert undo_book(tried).startswith("promote scenario Plan B")
    for name, frame in before.items():
        pd.testing.assert_frame_equal(
            tried.frames[name].reset_index(drop=True), frame.reset_index(drop=True), check_dtype=False, obj=name
        )


@pytest.mark.parametrize(
    ("name", "changes", "says"),
    [
        ("Base", [], "Base is the plan already"),
        ("Moon", [], "there is no scenario 'Moon'"),
        ("Empty", [], "scenario 'Empty' changes nothing"),
        ("Late", [("demand", "Bikes", 0.1, 9.0, 9.0)], "month 9 lies after the 6 months planned"),
        ("Class", [("event", "class A", 10.0, 1.0, 1.0)], "an event of 'class A' is no override"),
        ("Gone", [("capacity", "Oven", 0.1, 1.0, 1.0)], "'Oven' names nothing"),
    ],
)
def test_what_cannot_be_promoted_is_named(tried, name, changes, says):
    if name not in ("Base", "Moon"):
        with_scenario(tried, name, *changes)
    with pytest.raises(InputError, match=says):
        promote_scenario(tried, name, now=company.NOW)
    assert tried.writes == 0


def test_a_scenario_is_promoted_once_and_the_flag_names_it(tried):
    with_scenario(tried, "Plan B", ("demand", "", 0.1, 1.0, 6.0))
    with_scenario(tried, "Plan C", ("demand", "", 0.2, 1.0, 6.0))
    with pytest.raises(PlanningError, match="no scenario is flagged"):
        promote_scenario(tried, now=company.NOW)
    listed = tried.frames["scenarios"]
    listed["promote"] = listed["scenario"].ne("Base")
    with pytest.raises(
        PlanningError, match="one scenario at a time can become the plan; Promote is TRUE for Plan B, Plan C"
    ):
        promote_scenario(tried, now=company.NOW)
    listed["promote"] = listed["scenario"].eq("Plan C")
    assert promote_scenario(tried, now=company.NOW).startswith("scenario Plan C is the plan now")
    assert not tried.frames["scenarios"]["promote"].any()
    with pytest.raises(InputError, match=r"has been promoted already \(2026-07, 2026-07-03"):
        promote_scenario(tried, "Plan C", now=company.NOW)


def test_locked_and_absolute_overrides_are_named(tried):
    overrides = tried.frames["overrides"]
    tried.frames["overrides"] = overrides.assign(locked=True)
    with_scenario(tried, "Plan B", ("demand", "", 0.1, 1.0, 6.0))
    assert "stay as they are (O-1)" in promote_scenario(tried, "Plan B", now=company.NOW)


def test_changes_are_told_in_words(tried):
    context = context_of(tried.frames["control"], now=company.NOW)
    for each in disruptions.LIBRARY:
        rows = disruptions.changes(each, tried.frames, "X")
        scenario.apply(tried.frames, rows, context)
        assert "nan" not in scenario.told(rows)


def test_what_was_left_blank_stays_blank_and_is_blank_after_undo(tried):
    with_scenario(tried, "Slow", ("demand", "", -0.1, float("nan"), float("nan")))
    before = tried.frames["scenario_changes"].copy()
    add_scenarios(tried, {"Strike": ""}, now=company.NOW)
    after = tried.frames["scenario_changes"]
    assert after.loc[after["scenario"].eq("Slow"), "first_period"].isna().all()
    assert after.loc[after["scenario"].eq("Strike"), "first_period"].notna().all()
    undo_book(tried, now=company.NOW)
    pd.testing.assert_frame_equal(tried.frames["scenario_changes"], before, check_dtype=False)
