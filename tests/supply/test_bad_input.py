"""Whatever stands in the tables: a sentence that names the row, or a plan that names what is short."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import FEATURES, build_tables, draw_network, month_range, month_rows

from sop_xl.errors import InputError, PlanningError
from sop_xl.supply.plan import PlanSettings, balance

MONTHS = month_range(3)
OPEN = PlanSettings(frozen_months=0)
EXACT = PlanSettings(frozen_months=0, lots="exact")

MAKE = {"item": "A", "location": "P", "kind": "make"}
BUY = {"item": "B", "location": "P", "kind": "buy", "supplier": "S", "cost": 2.0}
MOVE = {"item": "A", "location": "Q", "kind": "transfer", "supplier": "P"}


def base(**more):
    """A of two B, made at P on a line, sold there and at Q."""
    rows = {
        "items": [("A", "", 10.0, 30.0), ("B", "", 2.0, np.nan)],
        "locations": [("P", np.nan), ("Q", np.nan)],
        "sources": [MAKE, BUY, MOVE],
        "bom": [("A", "B", 2.0, 0.0)],
        "resources": [("LINE", "P", 5.0, np.nan)],
        "routings": [("A", "LINE", 1.0)],
        "capacity": month_rows(MONTHS, "LINE", "regular", values=[50, 50, 50]),
        "stock": [("A", "P", "usable", 5.0)],
        "demand": [*month_rows(MONTHS, "A", "P", values=[10, 20, 30]), *month_rows(MONTHS, "A", "Q", values=[5, 5, 5])],
    }
    return build_tables(**(rows | more))


def told(plan):
    """Every table of the plan is there; its sentences."""
    for name in ("supply_plan", "projected_balance", "resource_load", "constraint_prices"):
        assert (
            not getattr(plan, name).isna().drop(columns="quantity", errors="ignore")["period"].any()
            if len(getattr(plan, name))
            else True
        )
    return [*plan.shortages["says"], *plan.notes]


def cell(name, column, value, row=0):
    tables = base()
    frame = tables[name].copy()
    frame[column] = frame[column].astype(object)
    frame.loc[row, column] = value
    return tables | {name: frame}


REFUSED = {
    "bom cycle": (lambda: base(bom=[("A", "B", 2.0, 0.0), ("B", "A", 1.0, 0.0)]), "the bill of materials runs in a circle: A -> B -> A"),
    "negative capacity": (lambda: cell("capacity", "hours", -5.0), "capacity, row LINE / regular / 2020-03: hours must be 0 or more, got -5"),
    "endless lead time": (lambda: cell("sources", "lead_time_days", 5000.0), "sources, row A / P / make: lead time days must be between 0 and 3650, got 5000"),
    "missing cost": (
        lambda: base(items=[("A", "", 10.0, 30.0), ("B", "", np.nan, np.nan)], sources=[MAKE, {**BUY, "cost": np.nan}]),
        "sources, row B / P / buy / S: cost is missing, and so is a standard cost",
    ),
    "minimum above maximum": (lambda: base(sources=[MAKE, {**BUY, "minimum": 80.0, "maximum": 20.0}]), "sources, row B / P / buy / S: the smallest order, 80, is above the most a month, 20"),
    "no currency": (lambda: base(sources=[MAKE, {**BUY, "currency": "EUR"}]), "sources, row B / P / buy / S: there is no currency 'EUR'"),
    "rate of nothing": (lambda: base(currencies=[{"currency": "EUR", "rate": 0.0}]), "currencies, row EUR: rate must be above 0, got 0"),
    "text number": (lambda: cell("demand", "quantity", "12 pcs"), "demand, row A / P / 2020-03: quantity must be a number, got '12 pcs'"),
    "complex number": (lambda: base() | {"demand": base()["demand"].assign(quantity=1 + 2j)}, "demand, row A / P / 2020-03: quantity must be a number"),
    "NaN": (lambda: cell("demand", "quantity", np.nan), "demand, row A / P / 2020-03: quantity is missing"),
    "infinite": (lambda: cell("demand", "quantity", np.inf), "demand, row A / P / 2020-03: quantity must be 0 or more, got inf"),
    "no item": (lambda: cell("items", "item", np.nan), "items, row 1: item is missing"),
    "no item in demand": (lambda: cell("demand", "item", None), "demand, row P / 2020-03: item is missing"),
    "no month": (lambda: cell("demand", "period", pd.NaT), "demand, row A / P: period is missing"),
    "no location": (lambda: cell("sources", "location", ""), "sources, row A / make: location is missing"),
    "word for a date": (lambda: cell("demand", "period", "soon"), "the table demand has a period that is no date: 'soon' in row A / P"),
    "number for a date": (lambda: cell("demand", "period", 20200301), "the table demand has a period that is no date: 20200301 in row A / P"),
    "13th month": (lambda: cell("capacity", "period", "2020-13-01"), "the table capacity has a period that is no date: '2020-13-01' in row LINE / regular"),
    "far date": (lambda: cell("demand", "period", date(9999, 1, 1)), "the table demand has a period that is no date"),
    "date of another age": (lambda: cell("demand", "period", pd.Timestamp("1920-03-01")), "demand from 1920-03 to 2020-05 makes a plan of 1203 months"),
    "zero horizon": (lambda: base(demand=[]), "the demand table is empty and the settings name no months: there is nothing to plan"),
    "no rows": (lambda: base(items=[]), "sources, row A / P / make: there is no item 'A'"),
    "not a table": (lambda: base() | {"stock": [1, 2]}, "the table stock must be a frame, got list"),
    "no columns": (lambda: base() | {"demand": pd.DataFrame()}, "the table demand has no column item"),
    "two columns": (lambda: base() | {"demand": pd.concat([base()["demand"]] * 2, axis=1)}, "the table demand has the column item twice"),
    "locked twice": (lambda: base(locks=[{**MAKE, "period": MONTHS[0], "quantity": q} for q in (5.0, 9.0)]), "locks, row A / P / make / 2020-03 stands twice"),
    "locked nowhere": (lambda: base(locks=[{**BUY, "supplier": "Z", "period": MONTHS[0], "quantity": 5.0}]), "locks, row B / P / buy / Z / 2020-03: the table sources has no such source"),
    "locked for never": (lambda: base(locks=[{**MAKE, "period": pd.Timestamp("2030-01-01"), "quantity": 5.0}]), "locks, row A / P / make / 2030-01: an order of this month does not arrive between 2020-03 and 2020-05"),
    "least above most": (
        lambda: base(stock_limits=[{"item": "A", "location": "P", "measure": "minimum", "quantity": 9.0},
                                   {"item": "A", "location": "P", "measure": "maximum", "period": MONTHS[1], "quantity": 4.0}]),
        "stock_limits: A at P must hold at least 9 and at most 4 in 2020-04, which contradict each other",
    ),
    "contract above capacity": (
        lambda: base(supplier_limits=[{"supplier": "S", "measure": m, "quantity": q} for m, q in (("maximum", 9.0), ("contract", 20.0))]),
        "supplier_limits: the contract with S asks for 20 units in 2020-03, more than the 9 it can deliver",
    ),
    "contract with nobody": (lambda: base(supplier_limits=[{"supplier": "Z", "measure": "contract", "quantity": 2.0}]), "supplier_limits, row Z / contract: nothing is bought from this supplier"),
    "shares above all": (lambda: base(sources=[MAKE, {**BUY, "share": 0.8}, {**BUY, "supplier": "T", "share": 0.8}]), "sources: the agreed shares of B at P add up to 1.6, more than all of it"),
    "yield of nothing": (lambda: base(sources=[MAKE, {**BUY, "yield": 0.0}]), "sources, row B / P / buy / S: yield must be above 0, got 0"),
    "people": (lambda: base(workforce=[{"resource": "LINE", "workers": 3.0, "hours_per_worker": 8.0, "minimum": 9.0, "maximum": 2.0}]), "workforce, row LINE"),
    "itself as substitute": (lambda: base(substitutes=[{"item": "A", "substitute": "A"}]), "substitutes, row A / A: an item is no substitute of itself"),
    "transfer to itself": (lambda: base(sources=[{**MOVE, "supplier": "Q"}]), "sources, row A / Q / transfer / Q: a transfer names another location it comes from"),
    "empty truck": (lambda: base(lanes=[{"supplier": "P", "location": "Q", "truck_load": 0.0}]), "lanes, row P / Q: truck load must be above 0, got 0"),
    "gone by tomorrow": (lambda: base() | {"items": base()["items"].assign(shelf_life_days=3.0)}, "items, row A: a shelf life of 3 days is too short for a plan in months"),
    "unknown class": (lambda: base(customer_classes=[{"class": "KEY"}]) | {"demand": base()["demand"].assign(**{"class": "VIP"})}, "demand, row A / P / 2020-03: there is no customer class 'VIP'"),
    "quality nobody knows": (lambda: base(blends=[{"item": "A", "location": "P", "quality": "octane", "minimum": 5.0}]), "qualities: B has no octane, which A is bound by"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_planned_with_is_refused_by_name(name):
    tables, says = REFUSED[name]
    with pytest.raises(InputError) as refused:
        balance(tables(), settings=OPEN)
    assert says in str(refused.value)


@pytest.mark.parametrize(
    "name", ["items", "locations", "sources", "routings", "bom", "resources", "capacity", "stock", "demand"]
)
def test_a_row_that_stands_twice(name):
    """It is refused where a table has one row a thing; stock and demand are sums."""
    tables = base()
    tables[name] = pd.concat([tables[name], tables[name].iloc[:1]], ignore_index=True)
    if name in ("stock", "demand"):
        assert balance(tables, settings=OPEN).shortages.empty
        return
    with pytest.raises(InputError, match=f"^{name}, row .* stands twice$"):
        balance(tables, settings=OPEN)


def lock(source, quantity, month=0):
    return {
        **{k: source[k] for k in ("item", "location", "kind", "supplier") if k in source},
        "period": MONTHS[month],
        "quantity": quantity,
    }


NAMED = {
    "lead time beyond the horizon": (lambda: base(sources=[{**MAKE, "lead_time_days": 400.0}, BUY]), OPEN, "make orders of A take 400 days, and nothing new arrives before 2021-04"),
    "no source": (lambda: base(sources=[BUY]), OPEN, "A has no source at P"),
    "minimum above capacity": (
        lambda: base(sources=[{**MAKE, "minimum": 80.0}, BUY]), OPEN,
        "the smallest order of make A at P, 80 units, takes 80 hours: no month at LINE has more than 60",
    ),
    "minimum above capacity, exact": (
        lambda: base(sources=[{**MAKE, "minimum": 80.0}, BUY]), EXACT,
        "the smallest order of make A at P, 80 units, takes 80 hours: no month at LINE has more than 60",
    ),
    "lot above the most a month": (
        lambda: base(sources=[MAKE, {**BUY, "multiple": 80.0, "maximum": 20.0}]), EXACT,
        "the smallest order of buy B at P, 80 units, is above the most a month, 20",
    ),
    "locked beyond the hours": (lambda: base(locks=[lock(MAKE, 500.0)]), OPEN, "the locked make order of A at P in 2020-03 is 60 units, not 500: its limits allow no more"),
    "locks that contradict each other": (
        # 40 made and 5 there are not 90 to be sent
        lambda: base(locks=[lock(MAKE, 40.0), lock(MOVE, 90.0)]), OPEN,
        "the locked transfer order of A at Q in 2020-03 is 45 units, not 90: its limits allow no more",
    ),
    "locked below the smallest lot": (lambda: base(sources=[MAKE, {**BUY, "minimum": 30.0}], locks=[lock(BUY, 4.0)]), EXACT, "the locked buy order of B at P in 2020-03"),
    "target above storage": (
        lambda: base(locations=[("P", 10.0), ("Q", np.nan)], inventory_targets=[("A", "P", 50.0)]), OPEN,
        "the stock targets at P need 40 units of room beyond its storage limit, most in 2020-03",
    ),
    "target above most stock": (
        lambda: base(inventory_targets=[("A", "P", 50.0)], stock_limits=[{"item": "A", "location": "P", "measure": "maximum", "quantity": 20.0}]), OPEN,
        "the target of A at P is 30 units above its most stock, most in 2020-03",
    ),
    "least above storage": (
        lambda: base(locations=[("P", 5.0), ("Q", np.nan)], stock_limits=[{"item": "A", "location": "P", "measure": "minimum", "quantity": 9.0}]), OPEN,
        "A at P falls up to 4 units below its least stock",
    ),
    "contract above the sources": (
        lambda: base(sources=[MAKE, {**BUY, "maximum": 50.0}], supplier_limits=[{"supplier": "S", "measure": "contract", "quantity": 70.0}]), OPEN,
        "units of the contract with S are paid for but not taken",
    ),
    "ring of transfers": (
        lambda: base(sources=[MOVE, {**MOVE, "location": "P", "supplier": "Q"}], stock=[]), OPEN,
        "A only goes round between locations, none has a source",
    ),
    "ring of transfers in lots": (
        lambda: base(sources=[{**MOVE, "minimum": 3.0}, {**MOVE, "location": "P", "supplier": "Q", "multiple": 4.0}], stock=[]), EXACT,
        "A only goes round between locations, none has a source",
    ),
    "substitutes of each other": (
        lambda: base(items=[("A", "", 10.0, 30.0), ("B", "", 10.0, 30.0)], bom=[], sources=[], stock=[],
                     substitutes=[{"item": "A", "substitute": "B"}, {"item": "B", "substitute": "A"}]), OPEN,
        "has no source at P",
    ),
    "nobody at work": (lambda: base(workforce=[{"resource": "LINE", "workers": 0.0, "hours_per_worker": 8.0, "maximum": 0.0}]), OPEN, "the 0 people at LINE are all at work"),
    "all frozen": (base, PlanSettings(frozen_months=99), "with 99 months frozen"),
    "dearer than its loss": (lambda: base(sources=[MAKE, {**BUY, "yield": 1e-9}]), OPEN, "the cheapest plan leaves it short"),
    "a demand of 10^12": (lambda: cell("demand", "quantity", 1e12), OPEN, "A at P is 999,999,999,9"),
}  # fmt: skip


@pytest.mark.parametrize("name", NAMED)
def test_what_cannot_be_met_is_named(name):
    tables, rules, says = NAMED[name]
    assert any(says in sentence for sentence in told(balance(tables(), settings=rules)))


def test_classes_without_a_table_are_apart_and_at_their_place():
    """Two classes nobody described: the units stay where they are wanted, one demand a class."""
    tables = base()
    tables["demand"] = tables["demand"].assign(**{"class": ["VIP", "VIP", "VIP", "OEM", "OEM", "OEM"]})
    plan, plain = balance(tables, settings=OPEN), balance(base(), settings=OPEN)
    pd.testing.assert_frame_equal(plan.projected_balance, plain.projected_balance)
    assert sorted(plan.network.demands.name) == ["OEM", "VIP"]


def test_dates_as_they_come():
    """As text, as days, with a time zone, in the middle of a month: a month is a month."""
    plain = balance(base(), settings=OPEN)
    day = base()["demand"]["period"]
    for given_ in (
        day.dt.strftime("%Y-%m-%d"),
        day.dt.strftime("%B %Y"),
        day.dt.date,
        day.dt.tz_localize("UTC"),
        day + pd.Timedelta(days=13),
    ):
        tables = base()
        tables["demand"]["period"] = given_
        pd.testing.assert_frame_equal(balance(tables, settings=OPEN).supply_plan, plain.supply_plan)


def test_codes_that_came_as_numbers():
    """A column of numbers with a gap is read as 7.0; the code is 7."""
    tables = build_tables(
        items=[(7, "", 1.0, 3.0)],
        locations=[(10.0, np.nan)],
        sources=[{"item": 7.0, "location": 10, "kind": "buy", "supplier": 5}],
        demand=[(7.0, 10, MONTHS[0], 3.0)],
    )
    assert balance(tables, settings=OPEN).supply_plan[["item", "location", "supplier"]].iloc[0].tolist() == [
        "7",
        "10",
        "5",
    ]


@pytest.mark.parametrize("times", [1e-6, 1e3, 1e9, 1e12])
def test_quantities_of_any_size(times):
    """All quantities times a number: the plan times that number."""
    tables = draw_network(4, {"modes", "yields", "suppliers", "lanes", "budgets", "stock_limits", "shelf_life"})
    scaled = dict(tables)
    for name, column in (
        ("demand", "quantity"), ("capacity", "hours"), ("stock", "quantity"), ("receipts", "quantity"), ("sources", "maximum"),
        ("inventory_targets", "target"), ("locations", "storage_limit"), ("supplier_limits", "quantity"),
        ("lanes", "maximum"), ("lanes", "truck_load"), ("lanes", "cost_per_truck"), ("spend_limits", "amount"), ("stock_limits", "quantity"),
    ):  # fmt: skip
        scaled[name] = scaled[name].assign(**{column: scaled[name][column] * times})
    plan, large = balance(tables), balance(scaled)
    assert large.objective == pytest.approx(plan.objective * times, rel=1e-6)
    assert large.kpis.late_units == pytest.approx(plan.kpis.late_units * times, rel=1e-4, abs=1e-6 * times + 1e-6)
    books = large.projected_balance.pivot(index=["item", "location", "period"], columns="measure", values="quantity")
    gap = books["opening"] + books["receipts"] - books["issues"] - books["shipped"] - books["closing"]
    assert gap.abs().max() <= 1e-6 * max(1.0, times)


def test_prices_of_any_size():
    for times in (1e-6, 1e6, 1e12):
        tables = base()
        for name, column in (
            ("items", "standard_cost"),
            ("items", "list_price"),
            ("sources", "cost"),
            ("resources", "cost_per_hour"),
        ):
            tables[name] = tables[name].assign(**{column: tables[name][column] * times})
        assert balance(tables, settings=OPEN).objective == pytest.approx(
            balance(base(), settings=OPEN).objective * times
        )


WRONG = (np.nan, -1.0, np.inf, 1e12, 1e-6, 0.0, "x", "", None, pd.NaT, True, pd.Timestamp("2020-04-01"))


@given(
    seed=st.integers(0, 10_000),
    features=st.sets(st.sampled_from(sorted(FEATURES))),
    where=st.tuples(st.floats(0, 0.999), st.floats(0, 0.999), st.floats(0, 0.999)),
    value=st.sampled_from(WRONG),
)
@settings(max_examples=20, deadline=None)
def test_any_cell_may_be_wrong(seed, features, where, value):
    """Whatever one cell holds: a plan with its sentences, or a sentence; no other error and no warning."""
    tables = draw_network(seed, features)
    name = sorted(tables)[int(where[0] * len(tables))]
    frame = tables[name].copy()
    row, column = int(where[1] * len(frame)), frame.columns[int(where[2] * len(frame.columns))]
    frame[column] = frame[column].astype(object)
    frame.loc[frame.index[row], column] = value
    try:
        plan = balance(tables | {name: frame})
    except PlanningError as refused:
        assert str(refused)
        assert "\n" not in str(refused)
    else:
        assert np.isfinite(plan.objective)
        told(plan)
