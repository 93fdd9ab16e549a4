"""Pegs add up, keep the order of time, and name the orders that serve a demand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_xl.supply.explain.pegging import late_demand, pegging
from sop_xl.supply.explain.pegs import LEFT, SHIPPED, STOCK, overlap, peg
from sop_xl.supply.flows import plan_flows
from sop_xl.supply.plan import PlanSettings, balance, planned_network

SEEDS = st.integers(0, 10_000)
POLICIES = st.sampled_from(["backlog", "lost"])
DEMAND = ["item", "location", "class", "priority", "period"]


def with_classes(tables, seed):
    """The same demand in two classes, the second of lower priority and lost when it waits."""
    draw = np.random.default_rng(seed)
    share = draw.choice([0.0, 0.3, 0.6], len(tables["demand"]))
    rows = tables["demand"]
    parts = [
        rows.assign(quantity=rows["quantity"] * s, **{"class": name})
        for name, s in (("KEY", 1 - share), ("WEB", share))
    ]
    classes = pd.DataFrame({"class": ["KEY", "WEB"], "priority": [1, 3], "short_policy": ["", "lost"]})
    return {**tables, "demand": pd.concat(parts, ignore_index=True), "customer_classes": classes}


@given(seed=SEEDS, policy=POLICIES, lots=st.booleans())
@settings(max_examples=20, deadline=None)
def test_pegs_of_a_demand_make_it_up_and_those_of_an_order_are_no_more_than_it(drawn, seed, policy, lots):
    plan = balance(with_classes(drawn(seed, lots=lots), seed), settings=PlanSettings(short_policy=policy))
    network, flows, rows = plan.network, plan.final, pegging(plan)
    shipped = rows[rows["level"].eq(1) & rows["supply"].ne("")]
    assert shipped["quantity"].sum() == pytest.approx(flows.ship.sum(), abs=1e-4)
    by_demand = rows[rows["level"].eq(1)].groupby(DEMAND)["quantity"].sum()
    names = zip(network.demands.place, network.demands.name, strict=True)
    wanted = {
        (str(network.places.item[p]), str(network.places.location[p]), name, month): quantity
        for (p, name), of_month in zip(names, network.demands.quantity, strict=True)
        for month, quantity in zip(network.periods, of_month, strict=True)
        if quantity > 1e-6
    }
    found = by_demand.groupby(["item", "location", "class", "period"]).sum().to_dict()
    assert found == pytest.approx(wanted, abs=1e-4)
    orders = rows[rows["released"].notna()]
    key = ["supply_item", "supply_location", "supply", "supplier", "released"]
    taken = orders.groupby(key)["quantity"].sum()
    sources, places = network.sources, network.places
    for number in range(len(sources)):
        at = int(sources.place[number])
        for month, units in zip(network.periods, flows.order[number] * sources.output[number], strict=True):
            who = (places.item[at], places.location[at], sources.kind[number], sources.supplier[number], month)
            assert taken.get(who, 0.0) <= units + 1e-4


@given(seed=SEEDS, policy=POLICIES, lots=st.booleans())
@settings(max_examples=20, deadline=None)
def test_every_lot_is_used_up_or_left_and_nothing_is_used_before_it_comes(drawn, seed, policy, lots):
    plan = balance(drawn(seed, lots=lots), settings=PlanSettings(short_policy=policy))
    pegs = peg(plan.network, plan.final)
    assert np.bincount(pegs.lot, pegs.units, len(pegs.lots)) == pytest.approx(pegs.lots.units, abs=1e-5)
    assert np.bincount(pegs.out, pegs.units, len(pegs.outs.place)) == pytest.approx(pegs.outs.units, abs=1e-5)
    early = pegs.lots.month[pegs.lot] > pegs.outs.month[pegs.out]
    assert pegs.units[early].sum() < 1e-5
    left = np.zeros(len(plan.network.places))
    np.add.at(left, pegs.outs.place[pegs.outs.kind == LEFT], pegs.outs.units[pegs.outs.kind == LEFT])
    assert left == pytest.approx(plan.final.closing[:, -1], abs=1e-4)
    # Followed to the end, every unit of every lot is with a customer or left.
    one_each = np.diag(pegs.lots.units)
    assert pegs.forward(one_each).sum(axis=0) == pytest.approx(pegs.lots.units, rel=1e-6, abs=1e-6)
    shipped = np.flatnonzero(pegs.outs.kind == SHIPPED)
    chained = sum(pegs.chains(shipped)).toarray()
    assert pytest.approx(pegs.forward(one_each)[shipped], abs=1e-5) == chained.T


@given(
    first=st.lists(st.tuples(st.integers(0, 3), st.floats(0.01, 100)), max_size=12),
    second=st.lists(st.tuples(st.integers(0, 3), st.floats(0.01, 100)), max_size=12),
)
@settings(max_examples=60, deadline=None)
def test_an_overlap_is_what_queues_served_one_by_one_give(first, second):
    first, second = sorted(first, key=lambda e: e[0]), sorted(second, key=lambda e: e[0])
    sides = [
        (np.array([g for g, _ in s], dtype=int), np.array([u for _, u in s], dtype=float)) for s in (first, second)
    ]
    of, to, units = overlap(*sides)
    expected = {}
    for group in range(4):
        queue = [[n, u] for n, (g, u) in enumerate(first) if g == group]
        for m, (g, wanted) in enumerate(second):
            need = wanted
            while g == group and need > 1e-9 and queue:
                piece = min(need, queue[0][1])
                expected[queue[0][0], m] = expected.get((queue[0][0], m), 0.0) + piece
                need -= piece
                queue[0][1] -= piece
                if queue[0][1] <= 1e-9:
                    queue.pop(0)
    found = dict(zip(zip(of.tolist(), to.tolist(), strict=True), units.tolist(), strict=True))
    keys = {k for k, u in {**expected, **found}.items() if u > 1e-6}
    assert {k: found.get(k, 0.0) for k in keys} == pytest.approx({k: expected.get(k, 0.0) for k in keys}, abs=1e-6)


@pytest.fixture
def late_bikes(tables, across, months):
    """Ten bikes wanted in March, the frame for them comes in April: two levels, one month late."""
    return tables(
        items=[("BIKE", "", 400.0, 700.0), ("FRAME", "", 90.0, np.nan)],
        locations=[("PLANT", np.nan)],
        sources=[
            {"item": "BIKE", "location": "PLANT", "kind": "make"},
            {
                "item": "FRAME",
                "location": "PLANT",
                "kind": "buy",
                "supplier": "WELDCO",
                "cost": 90.0,
                "lead_time_days": 30.0,
            },
        ],
        bom=[("BIKE", "FRAME", 2.0, 0.0)],
        stock=[("BIKE", "PLANT", "usable", 4.0)],
        demand=across(months(3), "BIKE", "PLANT", values=[10, 0, 3]),
    )


def test_a_late_demand_is_pegged_to_its_orders_through_the_bill_of_materials(late_bikes):
    plan = balance(late_bikes, settings=PlanSettings(frozen_months=0))
    rows = pegging(plan)
    assert rows[["period", "level", "supply", "supply_item", "quantity", "months_late", "fate"]].values.tolist() == [
        [pd.Timestamp("2020-03-01"), 1, "opening stock", "BIKE", 4.0, 0, "on time"],
        [pd.Timestamp("2020-03-01"), 1, "make", "BIKE", 6.0, 1, "late"],
        [pd.Timestamp("2020-03-01"), 2, "buy", "FRAME", 12.0, 1, "late"],
        [pd.Timestamp("2020-05-01"), 1, "make", "BIKE", 3.0, 0, "on time"],
        [pd.Timestamp("2020-05-01"), 2, "buy", "FRAME", 6.0, 0, "on time"],
    ]
    assert rows["says"].iloc[2] == (
        "12 units of FRAME from the buy order of 2020-03 at PLANT serve BIKE at PLANT in 2020-03, 1 month late"
    )
    assert pegging(plan, most_levels=1)["level"].eq(1).all()
    late = late_demand(plan)
    assert late[["quantity", "months_late", "money", "served_by", "cause", "culprit"]].values.tolist() == [
        [6.0, 1, 4200.0, "make order of 2020-04 at PLANT", "component", "FRAME"]
    ]
    assert late["says"].tolist() == [
        "6 units of BIKE at PLANT in 2020-03 (USD 4,200) come 1 month late, in 2020-04, with the make order of 2020-04 at "
        "PLANT: component, FRAME"
    ]


def test_what_is_never_served_is_told(late_bikes):
    without = {**late_bikes, "sources": late_bikes["sources"].iloc[:1]}
    waits = late_demand(balance(without, settings=PlanSettings(frozen_months=0)))
    assert waits[["fate", "quantity", "months_late"]].values.tolist() == [["not yet", 6.0, 3], ["not yet", 3.0, 1]]
    assert "are not served by the end of the plan: component, FRAME" in waits["says"].iloc[0]
    lost = late_demand(balance(without, settings=PlanSettings(frozen_months=0, short_policy="lost")))
    assert lost[["fate", "quantity"]].values.tolist() == [["lost", 6.0], ["lost", 3.0]]
    assert lost["shipped"].isna().all()


def test_a_plan_without_orders_or_demand_has_frames_of_the_same_columns(late_bikes):
    empty = {**late_bikes, "demand": late_bikes["demand"].assign(quantity=0.0)}
    plan = balance(empty, settings=PlanSettings(frozen_months=0))
    full = balance(late_bikes, settings=PlanSettings(frozen_months=0))
    for told in (pegging, late_demand):
        assert told(plan).empty
        assert told(plan).dtypes.to_dict() == told(full).dtypes.to_dict()


def test_stock_sent_to_and_fro_is_pegged_to_its_end(tables, across, months):
    """Three go out and five come back in the same month, as a degenerate plan may: the three are served from stock."""
    both_ways = [
        {"item": "A", "location": to, "kind": "transfer", "supplier": of, "cost": 1.0} for of, to in ("PQ", "QP")
    ]
    given_tables = tables(
        items=[("A", "", 1.0, 9.0)],
        locations=[("P", np.nan), ("Q", np.nan)],
        sources=both_ways,
        stock=[("A", "P", "usable", 3.0)],
        demand=across(months(1), "A", "Q", values=[3.0]),
    )
    network = planned_network(given_tables, PlanSettings(frozen_months=0))
    to_q = network.places.location[network.sources.place] == "Q"
    order = np.where(to_q, 8.0, 5.0)[:, None]
    pegs = peg(network, plan_flows(network, order, np.array([[3.0]])))
    served = sum(pegs.chains(np.flatnonzero(pegs.outs.kind == SHIPPED))).toarray().ravel()
    assert served[pegs.lots.kind == STOCK] == pytest.approx([3.0], abs=1e-6)
