"""What must hold of a plan with any of the features, told from its tables alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from networks import FEATURES, draw_network
from plans import KEYS, OUTSIDE, make, orders_of

from sop_xl.periods import lead_time_periods
from sop_xl.supply.model.constraints import STRATEGY_CONSTRAINTS
from sop_xl.supply.plan import PlanSettings, balance

SEEDS = st.integers(0, 10_000)
SETS = st.sets(st.sampled_from(sorted(FEATURES)))
STRATEGIES = st.sampled_from(sorted(STRATEGY_CONSTRAINTS))
RULES = st.fixed_dictionaries(
    {
        "short_policy": st.sampled_from(["backlog", "lost"]),
        "objective": st.sampled_from(["priced", "priced", "service first"]),
        "fair_sharing": st.booleans(),
        "discount_rate": st.sampled_from([0.0, 0.2]),
        "change_rate": st.sampled_from([0.0, 0.05]),
    }
)
EVERY = frozenset(FEATURES)


def rows_for(orders, table, item) -> pd.DataFrame:
    """Orders of made items with the rows of `bom` or `routings` that hold for their mode."""
    made = orders[orders["kind"].eq("make")].drop(columns="item").assign(**{item: orders["item"]})
    table = table.assign(mode=table["mode"].fillna("") if "mode" in table else "")
    table = table.assign(offset_days=table["offset_days"].fillna(0.0) if "offset_days" in table else 0.0)
    own = made.merge(table[[item, "mode"]].drop_duplicates(), on=[item, "mode"], how="left", indicator=True)
    use = np.where(own["_merge"].eq("both"), own["mode"], "")
    joined = made.assign(mode=use).merge(table, on=[item, "mode"], suffixes=("", "_each"))
    return joined.assign(at=joined["month"] + joined["offset_days"].map(lead_time_periods))


def sums(rows, item, location, month, quantity, books) -> np.ndarray:
    """Sum of a quantity over the places and months of the books."""
    months = {m: n for n, m in enumerate(sorted(books.index.get_level_values("period").unique()))}
    wanted = pd.MultiIndex.from_arrays(
        [books.index.get_level_values(0), books.index.get_level_values(1), books.index.get_level_values(2).map(months)]
    )
    if not len(rows):
        return np.zeros(len(books))
    total = quantity.groupby([rows[item], rows[location], rows[month]]).sum()
    return total.reindex(wanted, fill_value=0.0).to_numpy()


def books_of(plan) -> pd.DataFrame:
    return plan.projected_balance.pivot(index=["item", "location", "period"], columns="measure", values="quantity")


@given(seed=SEEDS, features=SETS, strategy=STRATEGIES, rules=RULES, lots=st.booleans())
@example(seed=3, features=EVERY, strategy="optimal", rules={"fair_sharing": True, "change_rate": 0.05}, lots=True)
@settings(max_examples=7, deadline=None)
def test_every_unit_is_accounted_for(seed, features, strategy, rules, lots):
    """Receipts, issues and stock of every place follow from the orders by the tables' lead times, yields and recipes."""
    tables = draw_network(seed, features, lots=lots)
    plan = balance(tables, settings=PlanSettings(**rules), strategy=strategy)
    books, orders = books_of(plan), orders_of(tables, plan)
    assert books[["opening", "receipts", "issues", "shipped", "closing", "late", "lost"]].min().min() >= 0
    gap = books["opening"] + books["receipts"] - books["issues"] - books["shipped"] - books["closing"]
    assert gap.abs().max() < 1e-6
    by_place = books.groupby(level=["item", "location"])
    assert np.allclose(books["opening"], by_place["closing"].shift().fillna(books["opening"]), atol=1e-9)

    orders["arrives"] = orders["month"] + orders["lead"]
    arrived = sums(orders, "item", "location", "arrives", orders["quantity"] * orders["yield"], books)
    due = tables["receipts"]["due"].clip(lower=books.index.get_level_values("period").min())
    coming = tables["receipts"].assign(period=due.dt.to_period("M").dt.to_timestamp())
    under_way = coming.groupby(["item", "location", "period"])["quantity"].sum().reindex(books.index, fill_value=0.0)
    assert np.allclose(books["receipts"], arrived + under_way, atol=1e-6)

    parts = rows_for(orders, tables["bom"], "assembly")
    taken = parts["quantity"] * parts["quantity_each"] / (1 - parts["scrap"].fillna(0.0))
    used = sums(parts, "component", "location", "at", taken, books)
    moved = orders[orders["kind"].eq("transfer")]
    used = used + sums(moved, "item", "supplier", "month", moved["quantity"], books)
    if "substitutes" in tables:
        stands_in = orders[orders["kind"].eq("substitute")].merge(
            tables["substitutes"].drop(columns="location"), left_on=["item", "supplier"],
            right_on=["item", "substitute"], suffixes=("", "_each"),
        )  # fmt: skip
        used = used + sums(
            stands_in, "supplier", "location", "month", stands_in["quantity"] * stands_in["quantity_each"], books
        )
    scrapped = plan.final.scrapped.reshape(-1)
    assert np.allclose(books["issues"], used + scrapped, atol=1e-5)


@given(seed=SEEDS, features=SETS, strategy=STRATEGIES, rules=RULES, lots=st.booleans())
@example(seed=3, features=EVERY, strategy="optimal", rules={"fair_sharing": True, "change_rate": 0.05}, lots=True)
@settings(max_examples=7, deadline=None)
def test_nothing_is_used_beyond_its_limit(seed, features, strategy, rules, lots):
    tables = draw_network(seed, features, lots=lots)
    made = make(tables, strategy, **rules)
    plan, network = made.plan, made.network
    orders = orders_of(tables, plan)
    # hours, by the tables; setups counted by the unit are in the network only
    hours = plan.resource_load.pivot(index=["resource", "period"], columns="measure", values="hours")
    assert (hours["regular used"] <= hours["regular capacity"] + 1e-6).all()
    assert (hours["overtime used"] <= hours["overtime capacity"] + 1e-6).all()
    used = (hours["regular used"] + hours["overtime used"]).to_numpy().reshape(len(network.resources), -1)
    routed = rows_for(orders, tables["routings"], "item")
    for number, resource in enumerate(network.resources):
        mine = routed[routed["resource"].eq(resource.name)]
        worked = (
            (mine["quantity"] * mine["hours_per_unit"])
            .groupby(mine["at"])
            .sum()
            .reindex(range(network.months), fill_value=0.0)
        )
        assert (worked <= used[number] + 1e-5).all()
        if "setups" not in features:
            assert np.allclose(worked, used[number], atol=1e-5)
    there = tables["capacity"].pivot_table(index="resource", columns=["measure", "period"], values="hours")
    if "crews" not in features:
        assert np.allclose(hours["regular capacity"].unstack().loc["LINE"], there.loc["LINE", "regular"])
    # sources, suppliers, lanes
    limit = tables["sources"].assign(mode=tables["sources"].get("mode", ""))
    limit[["supplier", "mode"]] = limit[["supplier", "mode"]].fillna("")
    capped = orders.merge(limit.dropna(subset=["maximum"])[[*KEYS, "maximum"]], on=KEYS)
    assert (capped["quantity"] <= capped["maximum"] + 1e-6).all()
    if "suppliers" in features:
        bought = plan.final.order
        for number in range(len(network.suppliers.name)):
            total = bought[network.suppliers.number == number].sum(axis=0)
            assert (total <= network.suppliers.most[number] + 1e-6).all()
            owed = np.where(
                network.open[network.suppliers.number == number].any(axis=0), network.suppliers.least[number], 0
            )
            untaken = made.value("untaken")[number] if "untaken" in made.programme.columns else 0.0
            assert (total + untaken >= owed - 1e-6).all()
    if "lanes" in features:
        load = orders[orders["kind"].eq("transfer")].assign(
            load=lambda f: f["quantity"] * f["item"].map({"A": 2.0}).fillna(1.0)
        ).groupby("month")["load"].sum()  # fmt: skip
        assert (load <= tables["lanes"]["maximum"].item() + 1e-6).all()
        if not lots:
            trucks = made.solution.trucks[0]
            assert (load.reindex(range(network.months), fill_value=0.0) <= 25.0 * trucks + 1e-6).all()
    # limits that give way are named
    closing = plan.final.closing
    held = np.zeros((len(network.locations), network.months))
    np.add.at(held, network.places.location_number, closing * network.places.volume[:, None])
    bought = (plan.final.order * network.sources.cost)[network.sources.of_kind("buy")].sum(axis=0)
    allowed = network.budgets.amount[list(network.budgets.kind).index("buy")] if "budgets" in features else np.inf
    for beyond, words in (
        (held - network.storage[:, None], "more than its storage limit"),
        (closing - network.most, "more than its most stock"),
        (network.least - closing, "below its least stock"),
        (bought - allowed, "the buy budget is exceeded"),
        (made.value("overspent"), "budget is exceeded"),
        (made.value("untaken"), "are paid for but not taken"),
    ):
        assert (beyond.max() > 1e-6) == any(words in note for note in plan.notes) or words == "budget is exceeded"
    if not lots:
        assert (held <= network.storage[:, None] + made.solution.over + 1e-5).all()
        assert (closing <= network.most + made.solution.surplus + 1e-6).all()
        assert (closing >= network.least - made.solution.under - 1e-6).all()


@given(seed=SEEDS, features=SETS, strategy=STRATEGIES, rules=RULES)
@example(
    seed=3, features=EVERY, strategy="optimal", rules={"fair_sharing": True, "change_rate": 0.05, "discount_rate": 0.2}
)
@settings(max_examples=7, deadline=None)
def test_money_adds_up(seed, features, strategy, rules):
    """Costs by kind and the prices of what gave way are what was minimised."""
    made = make(draw_network(seed, features), strategy, **rules)
    steering = sum(map(made.charged, OUTSIDE))
    assert made.plan.costs.sum() + steering == pytest.approx(made.plan.objective, rel=1e-6, abs=1e-4)
    assert made.plan.kpis.total_cost == pytest.approx(made.plan.costs.sum())
    assert made.plan.bound <= made.plan.objective + 1e-6 * abs(made.plan.objective)
