"""Every check of the data, provoked on the small company: the rule, the place and the sentence."""

from datetime import datetime

import company
import pandas as pd
import pytest

from sop_xl.cycle.checks import CHECKS
from sop_xl.cycle.data_gathering import check_data, checks_table, issues_table, unwaived
from sop_xl.cycle.desk import context_of
from sop_xl.cycle.keeping import shaped
from sop_xl.workbook.tables import TABLES

NOW = datetime(2026, 7, 3)


def found(frames):
    numbered = {n: f.set_axis(pd.RangeIndex(6, 6 + len(f)), axis=0) for n, f in frames.items()}
    return check_data(numbered, context_of(numbered["control"], now=NOW))


def put(table, column, value, row=0):
    def change(frames):
        frame = frames[table].copy()
        if isinstance(value, pd.Timestamp):
            frame[column] = frame[column].astype("datetime64[ns]")
        frame.loc[row, column] = value
        frames[table] = frame

    return change


def add(table, *rows, **values):
    def change(frames):
        row = shaped(TABLES[table], pd.DataFrame([*rows, values] if values else [*rows]))
        frames[table] = pd.concat([f for f in (frames[table], row) if len(f)], ignore_index=True)

    return change


def drop(table, keep):
    def change(frames):
        frame = frames[table]
        frames[table] = frame[keep(frame)].reset_index(drop=True)

    return change


def day(text):
    return pd.Timestamp(text)


HISTORY = {"item": "BIKE-1", "channel": "web", "region": "North"}
LOCK = {
    "item": "FRAME", "location": "PLANT", "kind": "buy", "supplier": "Steelco", "mode": "", "quantity": 50.0,
    "owner": "Ann", "reason": "agreed",
}  # fmt: skip
PROVOKED = [
    (
        "lock without source",
        add("locks", **LOCK | {"supplier": "Ironco", "period": day("2026-08-01")}),
        'sheet Locks, row 6, column "Item": the locked buy order of FRAME at PLANT has no source',
    ),
    (
        "lock out of reach",
        add("locks", **LOCK | {"period": day("2026-12-01")}),
        "the locked order of FRAME in 2026-12 arrives after 2026-12",
    ),
    (
        "lock expired",
        add("locks", **LOCK | {"period": day("2026-08-01"), "expires": day("2026-06-30")}),
        "the lock of FRAME at PLANT no longer counts",
    ),
    ("unknown currency", put("sources", "currency", "CHF"), "there is no rate from CHF to USD"),
    (
        "limit without source",
        add("supplier_limits", supplier="Ironco", measure="maximum", quantity=5.0),
        "nothing is bought from 'Ironco'",
    ),
    (
        "limit without source",
        add("lanes", supplier="SOUTH-DC", location="PLANT", maximum=5.0),
        "nothing is moved from 'SOUTH-DC' to 'PLANT'",
    ),
    (
        "limit without source",
        add("source_prices", item="007", location="PLANT", kind="make", period=day("2026-08-01"), cost=5.0),
        "item 007 has no such source at PLANT",
    ),
    (
        "least above most",
        add(
            "stock_limits",
            {"item": "007", "location": "PLANT", "measure": "minimum", "quantity": 9.0},
            {"item": "007", "location": "PLANT", "measure": "maximum", "quantity": 5.0},
        ),
        "007 at PLANT must hold 9, more than its most",
    ),
    ("substitute of itself", add("substitutes", item="007", substitute="007"), "007 is no substitute of itself"),
    ("no items", drop("locations", lambda f: f["location"].eq("")), "there are no locations"),
    (
        "unknown item",
        put("stock", "item", "BIKE-9"),
        "sheet Stock, row 6, column \"Item\": 'BIKE-9' is not on sheet Items",
    ),
    ("unknown location", put("stock", "location", "MOON"), "'MOON' is not on sheet Lists"),
    (
        "unknown channel or region",
        put("demand_history", "region", "West", 5),
        "row 11, column \"Region\": 'West' is not",
    ),
    ("unknown resource", put("routings", "resource", "Paint"), "'Paint' is not on sheet Resources"),
    (
        "unknown department or scenario",
        add("scenario_changes", scenario="Flood", number=1.0, kind="demand", value=0.1),
        "'Flood'",
    ),
    ("unknown family", put("budget", "family", "Boats"), "'Boats' is not the family of any item"),
    (
        "supplier is not a location",
        put("sources", "supplier", "MOON", 4),
        "item BIKE-1 is moved from 'MOON', which is not",
    ),
    (
        "lost leading zeros",
        add("items", item="7", family="Gloves", make_or_buy="buy", sold=False, standard_cost=1.0),
        "'007' also",
    ),
    ("empty history", drop("demand_history", lambda f: f["item"].eq("")), "there is no demand history"),
    (
        "future-dated history",
        add("demand_history", **HISTORY, period=day("2026-08-01"), quantity=3.0),
        "demand after the as-of date 2026-06-30",
    ),
    (
        "history out of date",
        drop("demand_history", lambda f: f["period"] < "2026-05-01"),
        "the last month with data is 2026-04",
    ),
    (
        "gap in the calendar",
        drop("demand_history", lambda f: f["period"] != "2025-02-01"),
        "no item has any data in 2025-02",
    ),
    ("negative demand", put("demand_history", "quantity", -4.0, 3), "item BIKE-1 has negative demand -4 in 2023-10"),
    ("fractional demand", put("demand_history", "quantity", 4.5, 3), "item BIKE-1 has 4.5 units in 2023-10"),
    (
        "item without history",
        add("items", item="NEW", family="Bikes", make_or_buy="buy", sold=True, standard_cost=1.0, list_price=2.0),
        "item NEW is sold but has neither",
    ),
    (
        "only zeros",
        lambda f: f.update(
            demand_history=f["demand_history"].assign(
                quantity=f["demand_history"]["quantity"].where(f["demand_history"]["item"].ne("BIKE-2"), 0.0)
            )
        ),
        "every month of its history is zero",
    ),
    (
        "dead item",
        lambda f: f.update(
            demand_history=f["demand_history"].assign(
                quantity=f["demand_history"]["quantity"].where(
                    f["demand_history"]["item"].ne("BIKE-2") | (f["demand_history"]["period"] < "2025-12-01"), 0.0
                )
            )
        ),
        "item BIKE-2 has had no demand for 6 months",
    ),
    (
        "short history",
        drop("demand_history", lambda f: f["item"].ne("BIKE-2") | (f["period"] >= "2025-07-01")),
        "item BIKE-2 has 12 months of history, fewer than 24",
    ),
    (
        "unknown method",
        put("items", "method", "magic"),
        "no method is called 'magic'; known: auto, combination, naive",
    ),
    (
        "demand outside the item's life",
        put("items", "launch", day("2024-01-15")),
        "item BIKE-1 has demand in 2023-07, outside its life",
    ),
    (
        "unit jump",
        lambda f: f.update(
            demand_history=f["demand_history"].assign(
                quantity=[
                    120.0 if (i, p) == ("BIKE-2", day("2025-03-01")) else 10.0
                    for i, p in zip(f["demand_history"]["item"], f["demand_history"]["period"], strict=True)
                ]
            )
        ),
        "item BIKE-2 jumps to 120 in 2025-03, 12 times its neighbours",
    ),
    (
        "finance tie-out",
        add("finance_totals", period=day("2026-06-01"), quantity=1.0),
        "finance has 1 units in 2026-06",
    ),
    ("overdue order", put("open_orders", "due", day("2026-06-01")), "order SO-1 was due 2026-06-01 and is still open"),
    (
        "item ended, demand planned",
        put("items", "end", day("2026-01-31"), 1),
        'sheet Overrides, row 6, column "Item": item BIKE-2 has ended',
    ),
    (
        "budget incomplete",
        drop("budget", lambda f: f["period"] < "2026-10-01"),
        "not budgeted in whole for Bikes, Gloves",
    ),
    ("price missing", put("items", "list_price", 0.0), "item BIKE-1 is sold but has no price"),
    ("cost missing", put("items", "standard_cost", float("nan")), "item BIKE-1 has no standard cost"),
    ("price below cost", put("items", "list_price", 299.0), "item BIKE-1 sells at 299.00, below its cost 300.00"),
    (
        "negative stock",
        put("stock", "quantity", -5.0),
        'sheet Stock, row 6, column "Quantity": stock of item BIKE-1 at PLANT is -5',
    ),
    ("overdue receipt", put("receipts", "due", day("2026-06-02")), "receipt PO-1 of item FRAME was due 2026-06-02"),
    ("long lead time", put("sources", "lead_time_days", 400.0), "item BIKE-1 takes 400 days"),
    ("minimum above maximum", put("sources", "maximum", 10.0, 2), "item FRAME has minimum 50 above maximum 10"),
    ("shares do not add up", put("sources", "share", 0.7, 2), "the shares of item FRAME at PLANT add up to 70%"),
    ("item without source", drop("sources", lambda f: f["item"].ne("BIKE-2")), "item BIKE-2 has no source at PLANT"),
    ("component without source", drop("sources", lambda f: f["item"].ne("FRAME")), "component FRAME has no source"),
    (
        "BOM cycle",
        add("bom", assembly="FRAME", component="BIKE-1", quantity=1.0, scrap=0.0),
        "the bill of materials runs in a circle: BIKE-1 -> FRAME -> BIKE-1",
    ),
    (
        "made item without routing",
        drop("routings", lambda f: f["item"].ne("BIKE-2")),
        "item BIKE-2 is made but has no routing",
    ),
    (
        "capacity missing",
        drop("capacity", lambda f: f["period"] < "2026-11-01"),
        "Assembly (sheet Resources, row 6) has no regular hours in 2026-11, 2026-12",
    ),
    ("policy missing", drop("inventory_policy", lambda f: f["abc"].ne("B")), "there is no policy for class B"),
    (
        "ends before it starts",
        put("overrides", "last_period", day("2026-01-01")),
        "it ends (2026-01-01) before it starts (2026-08-01)",
    ),
    ("override expired", put("overrides", "expires", day("2026-06-30")), "override O-1 expired on 2026-06-30"),
    (
        "successor of itself",
        add("succession", old="BIKE-1", new="BIKE-1", share=1.0, **{"from": day("2026-07-01")}),
        "item BIKE-1 is replaced by itself",
    ),
    (
        "more than all goes over",
        add(
            "succession",
            {"old": "BIKE-1", "new": "BIKE-2", "share": 0.7, "from": day("2026-07-01")},
            {"old": "BIKE-1", "new": "007", "share": 0.7, "from": day("2026-07-01")},
        ),
        "the successors of item BIKE-1 take more than all of its demand",
    ),
    (
        "items in a circle",
        add(
            "succession",
            {"old": "BIKE-1", "new": "BIKE-2", "share": 1.0, "from": day("2026-07-01")},
            {"old": "BIKE-2", "new": "BIKE-1", "share": 1.0, "from": day("2026-07-01")},
        ),
        "items replace each other in a circle, BIKE-1 among them",
    ),
    (
        "successor not on sale",
        add("launches", item="FRAME", volume=100.0, launch=day("2026-09-01")),
        "item FRAME is not on sale",
    ),
    (
        "launch without a date",
        add("launches", item="BIKE-2", volume=100.0),
        "the launch of item BIKE-2 has no first day",
    ),
    (
        "waiver without reason",
        add("checks", rule="negative stock", waived_by="Ann"),
        "Ann waived 'negative stock' without a reason",
    ),
]


@pytest.mark.parametrize(("rule", "change", "says"), PROVOKED, ids=[p[0] for p in PROVOKED])
def test_each_check_finds_what_breaks_it(rule, change, says):
    frames = company.frames()
    assert not [i for i in found(frames) if i.rule == rule], "the small company is clean"
    change(frames)
    mine = [i for i in found(frames) if i.rule == rule]
    assert mine, f"{rule} found nothing"
    assert any(says in i.says for i in mine), mine[0].says
    assert mine[0].says.startswith("sheet ")


def test_every_check_is_provoked():
    assert {c.rule for c in CHECKS} == {p[0] for p in PROVOKED}
    assert len(CHECKS) >= 20


def test_the_small_company_has_nothing_that_stops():
    issues = found(company.frames())
    assert unwaived(issues, company.frames()["checks"]) == []


def test_tables_of_checks_and_issues_agree():
    frames = company.frames()
    put("stock", "quantity", -5.0)(frames)
    put("stock", "quantity", -6.0, 1)(frames)
    issues = found(frames)
    checks, rows = checks_table(issues), issues_table(issues)
    assert checks.set_index("rule").loc["negative stock", "found"] == 2
    assert (rows["rule"].eq("negative stock")).sum() == 2
    assert rows.iloc[0]["severity"] == "stops"
    assert len(issues_table(issues, most=1)) == 1


def test_checks_do_not_depend_on_the_order_of_rows():
    frames = company.frames()
    put("stock", "quantity", -5.0)(frames)
    one = {(i.rule, i.value, i.column) for i in found(frames)}
    mixed = {n: f.sample(frac=1, random_state=3) if n != "control" else f for n, f in frames.items()}
    numbered = {n: f.rename_axis("row") for n, f in mixed.items()}
    two = {(i.rule, i.value, i.column) for i in check_data(numbered, context_of(numbered["control"], now=NOW))}
    assert one == two
