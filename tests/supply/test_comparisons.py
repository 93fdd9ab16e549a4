"""What must hold between two plans of the same tables, with any of the features."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from networks import FEATURES, draw_network
from plans import make

from sop_xl.supply.model.aims import LIMITS
from sop_xl.supply.plan import PlanSettings, balance

SEEDS = st.integers(0, 10_000)
SETS = st.sets(st.sampled_from(sorted(FEATURES)))
EVERY = frozenset(FEATURES)
FRAMES = ("supply_plan", "projected_balance", "resource_load", "shortages", "constraint_prices")


def not_above(one, other):
    return one <= other + 1e-6 * max(1.0, abs(other))


def broken(made):
    """What limits that must hold and gave way are charged [currency]."""
    return sum(map(made.charged, LIMITS))


def not_worse(one, other):
    """A plan keeps the limits that must hold as well as another, and where it keeps them no better it costs no more."""
    better = broken(one) < broken(other) - 1e-6 * max(1.0, broken(other))
    return better or (
        not_above(broken(one), broken(other)) and not_above(one.solution.objective, other.solution.objective)
    )


def raised(tables):
    """The tables with every limit further out."""
    more = {"capacity": ("hours", 10.0, lambda f: f["measure"].ne("shift"))}
    more |= {
        "sources": ("maximum", 20.0, None),
        "locations": ("storage_limit", 25.0, None),
        "lanes": ("maximum", 30.0, None),
    }
    more |= {"workforce": ("maximum", 2.0, None), "spend_limits": ("amount", 200.0, None)}
    for name in ("stock_limits", "supplier_limits"):
        more[name] = ("quantity", 15.0, lambda f: f["measure"].eq("maximum"))
    found = dict(tables)
    for name, (column, by, rows) in more.items():
        if name in tables:
            frame = tables[name]
            hit = True if rows is None else rows(frame)
            found[name] = frame.assign(**{column: frame[column] + by * np.where(hit, 1.0, 0.0)})
    return found


@given(seed=SEEDS, features=SETS, strategy=st.sampled_from(["optimal", "level", "chase", "hybrid"]))
@example(seed=5, features=EVERY, strategy="optimal")
@settings(max_examples=4, deadline=None)
def test_more_of_any_limit_never_costs_more(seed, features, strategy):
    tables = draw_network(seed, features)
    rules = {"fair_sharing": True, "change_rate": 0.05, "discount_rate": 0.1}
    assert not_worse(make(raised(tables), strategy, **rules), make(tables, strategy, **rules))


def same(plan, other):
    for name in FRAMES:
        pd.testing.assert_frame_equal(getattr(plan, name), getattr(other, name))
    assert plan.costs.equals(other.costs)
    assert plan.notes == other.notes


@given(seed=SEEDS, features=SETS, lots=st.booleans())
@example(seed=5, features=EVERY, lots=True)
@settings(max_examples=3, deadline=None)
def test_the_order_of_rows_changes_nothing(seed, features, lots):
    tables = draw_network(seed, features, lots=lots)
    shuffled = {name: frame.sample(frac=1, random_state=seed) for name, frame in tables.items()}
    same(*(balance(t, settings=PlanSettings(change_rate=0.05)) for t in (tables, shuffled)))


@given(seed=SEEDS, features=SETS)
@example(seed=5, features=EVERY)
@settings(max_examples=4, deadline=None)
def test_a_scenario_without_changes_is_the_base_plan(seed, features):
    tables = draw_network(seed, features)
    none = pd.DataFrame(columns=["kind", "target", "value"])
    nothing = pd.DataFrame({"kind": ["demand", "capacity", "cost", "price", "lead time"], "target": "", "value": 0.0})
    base = balance(tables)
    same(base, balance(tables, scenario=none))
    same(base, balance(tables, scenario=nothing))


def value_short(made):
    """Value late and lost [currency]."""
    demands = made.network.demands
    value = (made.prices.value[demands.place] * demands.weight)[:, None]
    return float((value * (made.solution.late + made.solution.lost)).sum())


@given(seed=SEEDS, features=SETS, policy=st.sampled_from(["backlog", "lost"]))
@example(seed=5, features=EVERY, policy="backlog")
@settings(max_examples=4, deadline=None)
def test_service_first_is_never_shorter_and_never_cheaper(seed, features, policy):
    tables = draw_network(seed, features)
    first, priced = (make(tables, short_policy=policy, objective=o) for o in ("service first", "priced"))
    assert broken(first) == pytest.approx(broken(priced), rel=1e-6, abs=1e-4)
    assert not_above(value_short(first), value_short(priced))
    assert not_above(priced.solution.objective, first.solution.objective)


@given(seed=SEEDS, features=SETS, policy=st.sampled_from(["backlog", "lost"]))
@example(seed=5, features=EVERY, policy="backlog")
@settings(max_examples=4, deadline=None)
def test_fair_sharing_lowers_the_worst_share(seed, features, policy):
    tables = draw_network(seed, features)
    fair, free = (make(tables, short_policy=policy, fair_sharing=on) for on in (True, False))
    demands = fair.network.demands
    items = list(fair.network.items)
    item = np.array([items.index(i) for i in fair.network.places.item[demands.place]])
    number = fair.programme.columns["worst"].number
    price = np.where(number >= 0, np.append(fair.programme.cost, 0.0)[number], 0.0)
    worst = []
    for made in (fair, free):
        share = (made.solution.late + made.solution.lost) / demands.quantity.mean(axis=1, keepdims=True)
        most = np.zeros(price.shape)
        np.maximum.at(most, item, share)
        worst.append(float((price * most).sum()))
    assert not_above(*worst)


@given(seed=SEEDS, features=SETS, rate=st.sampled_from([0.02, 0.3]), slushy=st.booleans())
@example(seed=5, features=EVERY, rate=0.3, slushy=False)
@settings(max_examples=4, deadline=None)
def test_a_steady_plan_changes_less(seed, features, rate, slushy):
    tables = draw_network(seed, {*features, "last_plan"})
    rules = {"slushy_rate": rate, "slushy_months": 2} if slushy else {"change_rate": rate}
    near, free = make(tables, **rules), make(tables)
    network = near.network
    month = np.arange(network.months)
    counts = network.open & ((month < 1 + 2) if slushy else True)
    value = near.prices.value[network.sources.place][:, None] * counts
    changes = [float((value * np.abs(made.solution.order - network.last)).sum()) for made in (near, free)]
    assert not_above(*changes)
    told = near.value("more") + near.value("fewer")
    assert np.allclose((told - np.abs(near.solution.order - network.last))[counts], 0.0, atol=1e-6)


@given(seed=SEEDS, features=SETS)
@example(seed=5, features=EVERY)
@settings(max_examples=3, deadline=None)
def test_strategies_are_special_cases(seed, features):
    """Level binds every month, hybrid the months of a quarter, optimal none: each costs no more than the one before."""
    tables = draw_network(seed, features, count=6)
    network = make(tables).network
    level, hybrid, optimal, chase = (make(tables, s) for s in ("level", "hybrid", "optimal", "chase"))
    assert not_worse(optimal, hybrid)
    assert not_worse(hybrid, level)
    assert not_worse(optimal, chase)
    both = network.open[:, 1:] & network.open[:, :-1] & network.sources.of_kind("make")[:, None]
    quarter = np.asarray((network.periods.month[1:] - 1) % 3 == 0)
    assert np.abs(np.where(both, np.diff(level.solution.order, axis=1), 0.0)).max() < 1e-6
    assert np.abs(np.where(both & ~quarter, np.diff(hybrid.solution.order, axis=1), 0.0)).max() < 1e-6


@given(seed=SEEDS, features=SETS, lots=st.booleans())
@example(seed=5, features=EVERY, lots=True)
@settings(max_examples=4, deadline=None)
def test_locks_are_kept_or_named(seed, features, lots):
    plan = balance(draw_network(seed, {*features, "locks"}, lots=lots))
    locks = plan.network.locks
    kept = np.isclose(plan.final.order[locks.source, locks.month], locks.quantity, atol=1e-6)
    assert sum("the locked" in note for note in plan.notes) == (~kept).sum()


def oldest_left(network, flows):
    """Units left at the end of each month that are older than they may be: what came first goes first."""
    beyond = 0.0
    for place in np.flatnonzero(np.isfinite(network.places.shelf_life)).tolist():
        life = int(network.places.shelf_life[place])
        came = flows.receipts[place].copy()
        came[0] += network.opening[place]
        gone = np.cumsum(flows.issues[place] + flows.shipped[place])
        for month in range(life, network.months):
            beyond = max(beyond, came[: month - life + 1].sum() - gone[month])
    return beyond


@given(seed=SEEDS, features=SETS, policy=st.sampled_from(["backlog", "lost"]))
@example(seed=5, features=EVERY, policy="backlog")
@settings(max_examples=4, deadline=None)
def test_nothing_outlives_its_shelf_life(seed, features, policy):
    """First in, first out: what came by month m has gone by the end of month m + life."""
    made = make(draw_network(seed, {*features, "shelf_life"}), short_policy=policy)
    assert oldest_left(made.plan.network, made.plan.final) < 1e-5


WHOLE = ("modes", "yields", "subcontract", "suppliers", "lanes", "crews", "shifts", "setups", "locks", "last_plan")


@given(seed=SEEDS, features=st.sets(st.sampled_from(WHOLE), max_size=4))
@example(seed=5, features=frozenset({"setups", "lanes", "crews", "shifts"}))
@settings(max_examples=3, deadline=None)
def test_exact_lots_are_lots(seed, features):
    tables = draw_network(seed, features, count=4, lots=True)
    made = make(tables, lots="exact", gap=1e-3, seconds=20.0)
    sources, order = made.network.sources, made.plan.final.order
    placed = order > 1e-6
    assert (order >= np.where(placed, sources.minimum[:, None], 0.0) - 1e-5).all()
    lots = np.where(placed & (sources.multiple > 0)[:, None], order / np.maximum(sources.multiple, 1e-9)[:, None], 0.0)
    assert np.allclose(lots, np.round(lots), atol=1e-5)
    for kind in ("trucks", "shifts", "workers"):
        value = made.value(kind)
        assert np.allclose(value, np.round(value), atol=1e-6)
    assert not_above(made.plan.bound, made.plan.objective)
    assert made.plan.status == "optimal"
    free = {"minimum": 0.0, "multiple": 0.0, "setup_cost": 0.0}
    rates = tables | {
        "sources": tables["sources"].assign(**free),
        "routings": tables["routings"].assign(setup_hours=0.0),
    }
    assert not_worse(make(rates), made)
    used = made.plan.resource_load.pivot(index=["resource", "period"], columns="measure", values="hours")
    needed = np.zeros((len(made.network.resources), made.network.months))
    for link in range(len(made.network.hours.source)):
        h = made.network.hours
        worked = order[h.source[link]] * h.amount[link] + placed[h.source[link]] * h.setup[link]
        needed[h.of[link], h.offset[link] :] += worked[: made.network.months - h.offset[link]]
    assert np.allclose((used["regular used"] + used["overtime used"]).to_numpy(), needed.reshape(-1), atol=1e-5)
