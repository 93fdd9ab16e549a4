"""The split of two plans: textbook variances, and identities to the cent whatever the plans."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_xl.errors import InputError
from sop_xl.finance.split import margin_split, margin_split_shapley, revenue_split, revenue_split_shapley

SPLITS = [revenue_split, margin_split, revenue_split_shapley, margin_split_shapley]
FAMILY = {"A": "F", "B": "F", "C": "G", "D": "G"}
RATES = pd.DataFrame({"currency": ["EUR", "USD"], "budget_rate": [1.0, 0.9], "actual_rate": [1.0, 0.83]})


def product_lines(rows):
    frame = pd.DataFrame(rows, columns=["item", "units", "price", "cost"])
    return frame.assign(revenue=frame["units"] * frame["price"], cost=frame["units"] * frame["cost"]).drop(
        columns="price"
    )


def test_horngren_soda_king_by_product():
    base = product_lines([("Kola", 400_000, 6, 4), ("Limor", 600_000, 4, 2.8), ("Orlem", 1_500_000, 7, 4.5)])
    plan = product_lines([("Kola", 480_000, 6, 4), ("Limor", 900_000, 4, 2.8), ("Orlem", 1_620_000, 7, 4.5)])
    found = margin_split(base, plan).at("item").pivot(index="item", columns="step", values="money")
    assert found["volume"].tolist() == [160_000, 144_000, 750_000]
    assert found["mix"].tolist() == [0, 216_000, -450_000]


def test_horngren_flexible_budget_with_price_and_cost():
    # two cartons: budget 13.00/8.40 x 132,000 and 18.00/11.15 x 88,000; actual 13.40/9.05 x 138,600, 19.20/11.15 x 59,400
    base = product_lines([("Kostor", 132_000, 13.0, 8.4), ("Limba", 88_000, 18.0, 11.15)])
    plan = product_lines([("Kostor", 138_600, 13.4, 9.05), ("Limba", 59_400, 19.2, 11.15)])
    total = margin_split(base, plan).total
    assert total["base"] == 1_210_000
    assert total["volume"] == -121_000
    assert total["mix"] == -44_550
    assert total["price"] == 55_440 + 71_280
    assert total["cost"] == -90_090
    assert total["plan"] == 1_081_080


def test_drury_milano_mix_outweighs_quantity():
    # the Milano Company of Drury, Management and Cost Accounting: quantity 28,900 F, mix 32,900 A, together 4,000 A
    base = product_lines([("X", 8000, 20, 0), ("Y", 7000, 12, 0), ("Z", 5000, 9, 0)])
    plan = product_lines([("X", 6000, 20, 0), ("Y", 7000, 12, 0), ("Z", 9000, 9, 0)])
    assert margin_split(base, plan).total[["volume", "mix"]].tolist() == [28_900, -32_900]


def test_currency_stands_apart_from_price():
    base = pd.DataFrame({"item": ["A"], "currency": "USD", "units": [10.0], "revenue": [100.0]})
    found = revenue_split(base, base.assign(revenue=110.0), RATES).total
    assert found[["base", "price", "currency", "plan"]].tolist() == [90.0, 9.0, round(110 * -0.07, 2), 91.3]


def test_rates_may_differ_by_month():
    months = pd.date_range("2020-01-01", periods=2, freq="MS")
    base = pd.DataFrame({"item": "A", "period": months, "currency": "USD", "units": [10.0, 10.0], "revenue": 100.0})
    rates = pd.DataFrame({"currency": "USD", "period": months, "budget_rate": 1.0, "actual_rate": [1.1, 0.8]})
    found = revenue_split(base, base, rates).at("period").query("step == 'currency'")
    assert found["money"].tolist() == [10.0, -20.0]


def test_new_and_ended_products_stand_apart():
    base = product_lines([("A", 10, 5, 3), ("Old", 4, 10, 6)])
    plan = product_lines([("A", 10, 5, 3), ("New", 7, 8, 2)])
    total = margin_split(base, plan).total
    assert total[["ended", "new"]].tolist() == [-16, 42]
    assert (total[["volume", "mix", "price", "cost"]] == 0).all()


def test_a_product_moved_to_another_region_is_mix_not_new():
    base = pd.DataFrame({"item": ["A", "B"], "region": "North", "units": [10.0, 10.0], "revenue": [100.0, 50.0]})
    plan = base.assign(region=["South", "North"], revenue=[120.0, 50.0])
    by_line = revenue_split(base, plan).total
    assert by_line[["ended", "new"]].tolist() == [-100.0, 120.0]
    by_item = revenue_split(base, plan, product=["item"]).total
    assert by_item[["ended", "new", "volume", "mix", "price"]].tolist() == [0, 0, 0, 0, 20.0]


def test_mix_of_families_and_within_them():
    base = product_lines([("A", 10, 10, 0), ("B", 10, 20, 0), ("C", 20, 5, 0)]).assign(family=["F", "F", "G"])
    plan = base.assign(units=[25.0, 5.0, 10.0], revenue=[250.0, 100.0, 50.0])
    found = revenue_split(base, plan, levels=["family"]).total
    assert found["volume"] == 0
    assert found["mix of family"] == (30 - 20) * 15 + (10 - 20) * 5
    assert found["mix"] == (25 - 15) * 10 + (5 - 15) * 20


def test_one_change_alone_is_one_step_by_any_method():
    base = product_lines([("A", 10, 10, 6), ("B", 30, 20, 9)])
    dearer = product_lines([("A", 10, 11, 6), ("B", 30, 22, 9)])
    more = product_lines([("A", 20, 10, 6), ("B", 60, 20, 9)])
    for split in SPLITS:
        assert split(base, dearer).total["price"] == 70
        assert (
            abs(split(base, more).total["volume"] - (split(base, more).total["plan"] - split(base, base).total["plan"]))
            == 0
        )


def test_shapley_is_the_midpoint_of_bennet_for_price_and_quantity():
    base, plan = product_lines([("A", 10, 10, 0)]), product_lines([("A", 13, 12, 0)])
    found = revenue_split_shapley(base, plan).total
    assert found["volume"] == (13 - 10) * (10 + 12) / 2
    assert found["price"] == (12 - 10) * (10 + 13) / 2


line = st.tuples(
    st.sampled_from("ABCD"),
    st.sampled_from(["North", "South"]),
    st.sampled_from(["EUR", "USD"]),
    st.one_of(st.just(0.0), st.floats(0.01, 1e5), st.integers(0, 1000).map(float)),
    st.floats(0, 5e6),
    st.floats(0, 5e6),
)
plans = st.lists(line, max_size=12).map(
    lambda rows: pd.DataFrame(rows, columns=["item", "region", "currency", "units", "revenue", "cost"]).astype(
        {"units": float, "revenue": float, "cost": float}
    )
)
rates = st.tuples(st.floats(0.1, 10), st.floats(0.1, 10)).map(
    lambda r: RATES.assign(budget_rate=[1.0, r[0]], actual_rate=[1.0, r[1]])
)


def with_family(frame):
    return frame.assign(family=frame["item"].map(FAMILY).astype("str"))


@pytest.mark.parametrize("split", SPLITS)
@settings(deadline=None, max_examples=40)
@given(plans, plans, rates, st.sampled_from([(), ("family",), ("region", "family")]), st.sampled_from([(), ("item",)]))
def test_steps_add_up_to_the_cent_at_every_level(split, base, plan, rate, levels, product):
    base, plan = with_family(base), with_family(plan)
    found = split(base, plan, rate, levels=levels, product=product)
    steps = found.cents[:, 1:-1]
    assert (found.cents[:, 0] + steps.sum(axis=1) == found.cents[:, -1]).all()
    total = (found.total * 100).round().astype("int64")
    assert total.drop("plan").sum() == total["plan"]
    for level in (("family",), ("family", "item"), ("currency", "region")):
        shown = found.at(*level)
        again = (shown.groupby("step")["money"].sum() * 100).round().astype("int64")
        if len(shown):
            assert again.reindex(total.index).tolist() == total.tolist()
    worth = {"budget_rate": base, "actual_rate": plan}
    for (column, frame), step in zip(worth.items(), ("base", "plan"), strict=True):
        each = frame["currency"].map(rate.set_index("currency")[column]).astype(float)
        money = frame["revenue"] - (frame["cost"] if "cost" in found.steps else 0.0)
        assert abs((money * each).sum() - found.total[step]) <= 0.005 * max(len(found.keys), 1) + 1e-6


@settings(deadline=None, max_examples=40)
@given(plans, plans, rates)
def test_the_symmetric_split_turns_round_with_the_plans(base, plan, rate):
    there = margin_split_shapley(base, plan, rate, levels=["region"])
    back = rate.rename(columns={"budget_rate": "actual_rate", "actual_rate": "budget_rate"})
    again = margin_split_shapley(plan, base, back, levels=["region"])
    turned = again.total.rename({"new": "ended", "ended": "new"})
    for step in there.steps[1:-1]:
        assert abs(there.total[step] + turned[step]) <= 0.02 * max(len(there.keys), 1)


@pytest.mark.parametrize("split", SPLITS)
@settings(deadline=None, max_examples=25)
@given(plans, rates)
def test_a_plan_against_itself_differs_by_currency_alone(split, plan, rate):
    found = split(plan, plan, rate, levels=["region"], product=["item"])
    quiet = [step for step in found.steps if step not in ("base", "plan", "currency")]
    assert (found.total[quiet].abs() <= 0.01 * max(len(found.keys), 1)).all()
    same = split(plan, plan, rate.assign(actual_rate=rate["budget_rate"]), levels=["region"])
    assert (same.cents[:, 1:-1] == 0).all()


@settings(deadline=None, max_examples=25)
@given(plans, plans, st.randoms())
def test_the_order_of_rows_changes_nothing(base, plan, random):
    # whole amounts, so that sums do not depend on their order
    base, plan = (f.assign(**f[["units", "revenue", "cost"]].round()) for f in (base, plan))
    shuffled = base.sample(frac=1.0, random_state=random.randrange(1000))
    first, second = margin_split(base, plan, RATES), margin_split(shuffled, plan, RATES)
    assert (first.cents == second.cents).all()


def test_amounts_without_units_change_by_price_and_cost():
    base = pd.DataFrame({"item": ["Service"], "units": [0.0], "revenue": [100.0], "cost": [40.0]})
    for split in (margin_split, margin_split_shapley):
        total = split(base, base.assign(revenue=130.0, cost=50.0)).total
        assert total[["price", "cost", "plan"]].tolist() == [30.0, -10.0, 80.0]


def test_nothing_against_nothing_is_nothing():
    empty = pd.DataFrame({"item": pd.Series(dtype=str), "units": [], "revenue": [], "cost": []}).astype(
        {"units": float}
    )
    for split in SPLITS:
        assert (split(empty, empty).total == 0).all()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"units": -1.0}, "the plan, line A / USD: units must be 0 or more, got -1"),
        ({"revenue": np.nan}, "line A / USD: revenue must be a number"),
        ({"currency": "XXX"}, "XXX needs a budget and an actual rate above 0"),
        ({"item": None}, "a line has no item"),
        ({"region": "North"}, "only one has 'region'"),
    ],
)
def test_what_cannot_be_split_is_named(change, says):
    base = pd.DataFrame({"item": ["A"], "currency": "USD", "units": [10.0], "revenue": [100.0]})
    with pytest.raises(InputError, match=says):
        revenue_split(base, base.assign(**change), RATES)


def test_levels_products_and_rates_must_be_there():
    base = pd.DataFrame({"item": ["A", "B"], "currency": ["USD", "EUR"], "units": 10.0, "revenue": 100.0})
    with pytest.raises(InputError, match="EUR, USD need exchange rates"):
        revenue_split(base, base)
    with pytest.raises(InputError, match="no column 'family'"):
        revenue_split(base, base, RATES, levels=["family"])
    with pytest.raises(InputError, match="no column 'family'"):
        revenue_split(base, base, RATES, product=["family"])
    with pytest.raises(InputError, match="no column 'family'"):
        revenue_split(base, base, RATES).at("family")
    with pytest.raises(InputError, match="stands twice"):
        revenue_split(base, base, pd.concat([RATES, RATES]))
