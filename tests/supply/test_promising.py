"""Promising: allocation by class of customer, dates of new orders, capacity as a reserve."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from sop_xl.errors import InputError
from sop_xl.supply.promising import UNALLOCATED, allocate, capable_to_promise, promise_orders

CLASSES = ["gold", "silver", "bronze"]
PERIODS = 5


def draw(seed):
    """Available to promise, quotas and orders of two items."""
    random = np.random.default_rng(seed)
    keys = pd.MultiIndex.from_product([["A", "B"], range(PERIODS)], names=["item", "period"]).to_frame(index=False)
    arrives = random.integers(0, 30, (2, PERIODS)) * random.integers(0, 2, (2, PERIODS))
    atp = keys.assign(cumulative=arrives.cumsum(axis=1).ravel().astype(float))
    quotas = keys.merge(pd.DataFrame({"customer_class": CLASSES}), how="cross")
    quotas = quotas.assign(quantity=random.integers(0, 12, len(quotas)).astype(float)).sample(
        frac=0.6, random_state=seed
    )
    orders = pd.DataFrame(
        {
            "order": range(20),
            "item": random.choice(["A", "B"], 20),
            "customer_class": random.choice(CLASSES, 20),
            "period": random.integers(0, PERIODS, 20),
            "quantity": random.integers(1, 15, 20).astype(float),
        }
    )
    return atp, quotas, orders


def total(atp):
    return atp.groupby("item")["cumulative"].last()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_allocations_add_up_and_the_first_class_has_the_most_it_can(seed):
    atp, quotas, _ = draw(seed)
    shared = allocate(atp, quotas, CLASSES)
    assert (shared["quantity"] >= 0).all()
    assert shared.groupby("item")["quantity"].sum().to_dict() == pytest.approx(total(atp).to_dict())
    joined = shared[shared["customer_class"] != UNALLOCATED].merge(
        quotas, on=["item", "period", "customer_class"], how="left", suffixes=("", "_asked")
    )
    assert (joined["quantity"] <= joined["quantity_asked"].fillna(0) + 1e-9).all()
    for item, of in atp.groupby("item"):
        by_then = shared[shared["item"] == item].groupby("period")["quantity"].sum().cumsum()
        assert (by_then.to_numpy() <= of["cumulative"].to_numpy() + 1e-9).all()
        # a linear programme for each class in turn, those above held at their most
        asked = quotas[quotas["item"] == item].pivot(index="customer_class", columns="period", values="quantity")
        asked = asked.reindex(index=CLASSES, columns=range(PERIODS)).fillna(0).to_numpy()
        until = np.tile(np.tril(np.ones((PERIODS, PERIODS))), len(CLASSES))
        least = np.zeros(len(CLASSES))
        member = np.kron(np.eye(len(CLASSES)), np.ones(PERIODS))
        for rank, name in enumerate(CLASSES):
            best = linprog(-member[rank], np.vstack([until, -member]), np.concatenate([of["cumulative"], -least]), bounds=[(0, most) for most in asked.ravel()])  # fmt: skip
            least[rank] = -best.fun - 1e-9
            got = shared[(shared["item"] == item) & (shared["customer_class"] == name)]["quantity"].sum()
            assert got == pytest.approx(-best.fun, abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), partial=st.booleans(), fence=st.sampled_from([None, -1, 1, 4]))
def test_no_promise_beyond_supply_nor_from_a_class_above(seed, partial, fence):
    atp, quotas, orders = draw(seed)
    found = promise_orders(orders, atp, quotas, classes=CLASSES, released_until=fence, partial=partial)
    given_ = found.deliveries.groupby("item")["quantity"].sum().reindex(["A", "B"], fill_value=0)
    left = found.left.groupby("item")["quantity"].sum()
    assert (given_ + left).to_dict() == pytest.approx(total(atp).to_dict())
    assert (found.left["quantity"] >= -1e-9).all()
    for item, of in atp.groupby("item"):
        promised = found.deliveries[found.deliveries["item"] == item].groupby("period")["quantity"].sum()
        kept = found.left[found.left["item"] == item].groupby("period")["quantity"].sum()
        by_then = (promised.reindex(range(PERIODS), fill_value=0) + kept).cumsum()
        assert (by_then.to_numpy() <= of["cumulative"].to_numpy() + 1e-9).all()
    rank = {name: n for n, name in enumerate([*CLASSES, UNALLOCATED])}
    assert (found.deliveries["taken_from"].map(rank) >= found.deliveries["customer_class"].map(rank)).all()
    made = found.deliveries.merge(orders, on="order", suffixes=("", "_asked"))
    assert (made["period"] >= made["period_asked"]).all()
    met = found.deliveries.groupby("order")["quantity"].sum().reindex(orders["order"], fill_value=0)
    short = found.short.set_index("order")["quantity"].reindex(orders["order"], fill_value=0)
    assert np.allclose(met + short, orders.set_index("order")["quantity"])
    if not partial:
        assert (found.deliveries.groupby("order")["period"].nunique() == 1).all()
        assert np.allclose(found.short["quantity"], orders.set_index("order").loc[found.short["order"], "quantity"])
    if fence == PERIODS - 1:
        assert (found.left[found.left["customer_class"] != UNALLOCATED]["quantity"] == 0).all()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_orders_of_lower_classes_leave_what_is_kept_above(seed):
    atp, quotas, orders = draw(seed)
    kept = allocate(atp, quotas, CLASSES).query("customer_class == 'gold'")["quantity"].tolist()
    lower = promise_orders(orders[orders["customer_class"] != "gold"], atp, quotas, classes=CLASSES)
    assert lower.left.query("customer_class == 'gold'")["quantity"].tolist() == pytest.approx(kept)
    free = (
        promise_orders(orders.assign(quantity=1e9).iloc[:1], atp, quotas, classes=CLASSES).deliveries["quantity"].sum()
    )
    open_ = promise_orders(orders.assign(quantity=1e9).iloc[:1], atp).deliveries["quantity"].sum()
    item = orders["item"].iloc[0]
    assert open_ == pytest.approx(total(atp)[item])  # without quotas a boundless order gets all there is
    assert free <= open_ + 1e-9


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_date_of_one_order_is_the_first_that_cumulative_atp_allows(seed):
    atp, _, orders = draw(seed)
    order = orders.iloc[:1]
    of = atp[atp["item"] == order["item"].item()].set_index("period")["cumulative"]
    due, wanted = order["period"].item(), order["quantity"].item()
    parts = (
        promise_orders(order, atp)
        .deliveries.set_index("period")["quantity"]
        .reindex(range(PERIODS), fill_value=0)
        .cumsum()
    )
    assert np.allclose(parts.loc[due:], np.minimum(of.loc[due:], wanted))
    whole = promise_orders(order, atp, partial=False).deliveries
    enough = of.loc[due:][of.loc[due:] >= wanted]
    assert whole["period"].tolist() == enough.index[:1].tolist()


def test_own_quota_then_free_units_then_the_lowest_class():
    atp = pd.DataFrame({"item": "A", "period": [1, 2], "cumulative": [10.0, 20.0]})
    quotas = pd.DataFrame(
        [("A", 1, "gold", 2.0), ("A", 1, "silver", 3.0), ("A", 1, "bronze", 4.0)],
        columns=["item", "period", "customer_class", "quantity"],
    )
    orders = pd.DataFrame(
        {"order": [1, 2], "item": "A", "customer_class": ["gold", "bronze"], "period": 1, "quantity": [9.0, 3.0]}
    )
    found = promise_orders(orders, atp, quotas, classes=CLASSES)
    assert found.deliveries[["order", "period", "quantity", "taken_from"]].to_numpy().tolist() == [
        [1, 1, 2.0, "gold"],
        [1, 1, 1.0, ""],
        [1, 1, 4.0, "bronze"],
        [1, 1, 2.0, "silver"],
        [2, 2, 3.0, ""],
    ]
    released = promise_orders(orders.iloc[1:], atp, quotas, classes=CLASSES, released_until=1)
    assert released.deliveries[["period", "quantity", "taken_from"]].to_numpy().tolist() == [[1, 3.0, ""]]


def test_what_cannot_be_promised_is_said():
    atp = pd.DataFrame({"item": "A", "period": pd.to_datetime(["2020-03-01", "2020-04-01"]), "cumulative": [-3.0, 4.0]})
    orders = pd.DataFrame(
        {
            "order": ["x", "y"],
            "item": ["A", "B"],
            "period": pd.to_datetime(["2020-01-01", "2020-04-01"]),
            "quantity": [7.0, 1.0],
        }
    )
    found = promise_orders(orders, atp)
    assert found.deliveries[["order", "quantity"]].to_numpy().tolist() == [["x", 4.0]]
    assert found.short["says"].tolist() == [
        "3 of 7 A of order x cannot be promised by 2020-04",
        "1 of 1 B of order y cannot be promised by 2020-04",
    ]


def test_free_hours_are_used_once():
    """Two operations on one press, one a period before the other: the hours of a period serve both."""
    atp = pd.DataFrame({"item": ["A"] * 4 + ["B"] * 4, "period": [*range(4)] * 2, "cumulative": 1.0})
    profile = pd.DataFrame({"item": "A", "resource": "press", "offset": [0, 1], "hours_per_unit": [1.0, 2.0]})
    free = pd.DataFrame({"resource": "press", "period": range(4), "hours": [10.0, 8.0, 3.0, 9.0]})
    found = capable_to_promise(atp, profile, free)
    of_a, of_b = (found[found["item"] == item] for item in "AB")
    made = of_a["makeable"].diff().fillna(of_a["makeable"]).tolist()
    assert made == [0.0, 5.0, 1.5, 0.75]  # 10/2; least of (8-5)/2 and 3; least of (3-1.5)/2 and 9
    assert of_a["cumulative"].tolist() == [1.0, 6.0, 7.5, 8.25]
    assert of_b["makeable"].tolist() == [0.0] * 4  # no profile: cannot be made
    assert capable_to_promise(atp, profile, free.iloc[:0])["makeable"].sum() == 0
    order = pd.DataFrame({"order": [1], "item": "A", "period": 0, "quantity": 7.0})
    assert promise_orders(order, found[["item", "period", "cumulative"]], partial=False).deliveries[
        "period"
    ].tolist() == [2]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"quantity": -1.0}, "orders, row 1 / A / 1 / gold: quantity must be 0 or more, got -1"),
        ({"customer_class": "tin"}, "orders: there is no customer class tin"),
        ({"period": 3}, "order 1 is due in 3, after the last period planned"),
    ],
)
def test_bad_orders_are_refused(change, says):
    atp = pd.DataFrame({"item": "A", "period": [1, 2], "cumulative": [10.0, 20.0]})
    orders = pd.DataFrame({"order": [1], "item": "A", "customer_class": "gold", "period": 1, "quantity": 5.0})
    with pytest.raises(InputError, match=f"^{says}$"):
        promise_orders(orders.assign(**change), atp, classes=CLASSES)


def test_bad_quotas_are_refused():
    atp = pd.DataFrame({"item": "A", "period": [1, 2], "cumulative": [10.0, 20.0]})
    quotas = pd.DataFrame({"item": ["A"], "period": [1], "customer_class": ["tin"], "quantity": [1.0]})
    with pytest.raises(InputError, match="quotas: there is no customer class tin"):
        allocate(atp, quotas, CLASSES)
    with pytest.raises(InputError, match="quotas: the row of A in 9 lies outside the periods"):
        allocate(atp, quotas.assign(customer_class="gold", period=9), CLASSES)
    with pytest.raises(InputError, match="quotas: there is no item Z"):
        allocate(atp, quotas.assign(customer_class="gold", item="Z"), CLASSES)
    with pytest.raises(InputError, match="every customer class needs a name of its own"):
        allocate(atp, quotas, ["gold", "gold"])
    with pytest.raises(InputError, match="quotas need the classes of customers"):
        promise_orders(pd.DataFrame({"order": [], "item": [], "period": [], "quantity": []}), atp, quotas)
    with pytest.raises(InputError, match="at least 1 period"):
        allocate(atp.iloc[:0], quotas, CLASSES)
