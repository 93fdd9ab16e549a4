"""Answers in cells against books, other programmes of the same maths, and sums done by hand here."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import sop_xl
import udfs.functions  # noqa: F401 (declares them)
from udfs import small_plan
from udfs.cells import CellError
from udfs.lines import Lines
from udfs.registry import FUNCTIONS, answer, call


def line(name, *arguments):
    """The only row of a result."""
    rows = call(name, arguments)
    assert len(rows) == 1
    return rows[0]


def one(name, *arguments):
    """The only cell of a result."""
    return line(name, *arguments)[0]


SALES = [
    112,
    118,
    132,
    129,
    121,
    135,
    148,
    148,
    136,
    119,
    104,
    118,
    115,
    126,
    141,
    135,
    125,
    149,
    170,
    170,
    158,
    133,
    114,
    140,
]


def test_forecast_is_that_of_the_package():
    months = pd.date_range("2020-01-01", periods=len(SALES), freq="MS")
    frame = sop_xl.forecast(pd.DataFrame({"unique_id": "A", "ds": months, "y": SALES}), 6)
    assert line("FORECAST", SALES, 6) == pytest.approx(frame["forecast"].tolist())
    _, low, high = call("FORECAST_INTERVAL", (SALES, 6))
    assert low == pytest.approx(frame["lo_80"].tolist())
    assert high == pytest.approx(frame["hi_80"].tolist())
    assert one("FORECAST_MODEL", SALES) == frame["method"].iloc[0]


def test_pinned_methods_are_those_of_the_books():
    assert line("FORECAST", SALES, 2, None, "naive") == [140.0, 140.0]
    assert line("FORECAST", SALES, 2, 12, "seasonal_naive") == [115.0, 126.0]
    assert one("FORECAST", SALES, 1, None, "moving_average") == pytest.approx((133 + 114 + 140) / 3)


def test_wider_intervals_hold_narrower_ones():
    (_, low, high), (_, lower, higher) = (
        call("FORECAST_INTERVAL", (SALES, 4, 50)),
        call("FORECAST_INTERVAL", (SALES, 4, 95)),
    )
    assert all(a < b < c < d for a, b, c, d in zip(lower, low, high, higher, strict=True))


def test_trailing_blanks_are_not_demand_and_do_not_move_the_forecast():
    assert call("FORECAST", ([*SALES, None, "", None], 3)) == call("FORECAST", (SALES, 3))
    assert call("FORECAST", ([None, None, *SALES], 3)) == call("FORECAST", (SALES, 3))
    with pytest.raises(AssertionError):
        assert line("FORECAST", [*SALES, 0, 0, 0], 3) == pytest.approx(line("FORECAST", SALES, 3))


def test_croston_by_hand():
    """Sizes 4, 6, 5 after intervals 3, 2, 4: smoothed by 0.1 from the first ones on."""
    demand = [0, 0, 4, 0, 6, 0, 0, 0, 5]
    rates = {a: one("INTERMITTENT_FORECAST", demand, 1, a) for a in ("croston", "sba")}
    assert rates["sba"] < rates["croston"] < 2.0
    assert rates["sba"] / rates["croston"] == pytest.approx(0.95), "1 - alpha / 2 with alpha = 0.1"


def test_safety_stock_of_chopra_and_meindl():
    assert one("SAFETY_STOCK", 2500, 500, 2, 0.90) == pytest.approx(906.2, abs=0.1)  # Lego at Walmart
    assert one("SAFETY_STOCK", 2500, 500, 7, 0.90, 0) == pytest.approx(1695.3, abs=0.1)  # no spread of lead time
    assert one("CYCLE_SERVICE", 1000, 2500, 500, 2) == pytest.approx(stats.norm.cdf(1000 / (500 * 2**0.5)))
    loss = stats.norm(0, 500 * 2**0.5).expect(lambda x: x - 1000, lb=1000)
    assert one("FILL_RATE", 1000, 2500, 500, 2, 10_000) == pytest.approx(1 - loss / 10_000, abs=1e-6)


def test_what_a_safety_stock_is_sized_for_is_what_it_gives():
    stock = one("SAFETY_STOCK_FILL_RATE", 100, 40, 3, 150, 0.98)
    assert one("FILL_RATE", stock, 100, 40, 3, 150) == pytest.approx(0.98, abs=1e-9)
    stock = one("SAFETY_STOCK", 100, 40, 3, 0.98, 0.5)
    assert one("CYCLE_SERVICE", stock, 100, 40, 3, 0.5) == pytest.approx(0.98, abs=1e-9)


def test_newsvendor_of_each_distribution():
    ratio = 0.7 / 0.88
    gamma = stats.gamma((50 / 8) ** 2, scale=64 / 50)
    assert one("NEWSVENDOR", 50, 8, 0.18, 0.70, "gamma") == pytest.approx(gamma.ppf(ratio))
    sigma = np.sqrt(np.log1p((8 / 50) ** 2))
    lognormal = stats.lognorm(sigma, scale=50 / np.exp(sigma**2 / 2))
    assert one("NEWSVENDOR", 50, 8, 0.18, 0.70, "lognormal") == pytest.approx(lognormal.ppf(ratio))
    assert one("NEWSVENDOR", 50, 0, 0.18, 0.70, "gamma") == 50.0, "demand that is sure is stocked"
    assert one("NEWSVENDOR_POISSON", 6, 1, 4) == stats.poisson.ppf(0.8, 6)


def test_eoq_balances_ordering_and_holding():
    lot = one("EOQ", 1200, 50, 2)
    assert 1200 / lot * 50 == pytest.approx(lot / 2 * 2)
    assert one("PRODUCTION_LOT", 1200, 1e12, 50, 2) == pytest.approx(lot)
    assert "68.4105 a year" in answer("EOQ", (1300, 8, 0.225)).says[0]  # Snyder and Shen, Example 3.1


def test_days_of_supply_counts_forward():
    assert one("DAYS_OF_SUPPLY", 50, [40, 30, 20], 30) == 40.0
    assert one("DAYS_OF_SUPPLY", 90, [40, 30, 20], 30) == pytest.approx(90.0)
    assert one("DAYS_OF_SUPPLY", 120, [40, 30, 20], 30) == pytest.approx(120.0), "beyond the horizon its mean goes on"
    assert one("DAYS_OF_SUPPLY", 40, [40, 30], [31, 28]) == pytest.approx(31.0)
    assert one("DAYS_OF_SUPPLY", 0, [40, 30]) == 0.0
    assert [row[0] for row in call("DAYS_OF_SUPPLY", ([[40], [30]], [[40, 30], [60, 30]], 30))] == pytest.approx(
        [30, 15]
    )
    found = one("DAYS_OF_SUPPLY", 5, [0, 0])
    assert isinstance(found, CellError)
    assert found.kind == "#NUM!"


def test_mrp_of_a_lead_time():
    net, receipts, releases, available = call("MRP", ([30, 40, 0, 90], 50, [0, 0, 20, 0], 10, 1, 50, 10))
    assert net == [0, 30, 0, 70]
    assert receipts == [0, 50, 0, 50]
    assert releases == [50, 0, 50, 0]
    assert available == [20, 30, 50, 10]


@settings(max_examples=60, deadline=None)
@given(
    demand=st.lists(st.integers(0, 90), min_size=1, max_size=8),
    opening=st.integers(0, 120),
    safety=st.integers(0, 30),
    lead=st.integers(0, 3),
    minimum=st.integers(0, 60),
    multiple=st.integers(0, 25),
)
def test_mrp_never_runs_out_and_releases_what_it_receives(demand, opening, safety, lead, minimum, multiple):
    _, receipts, releases, available = call("MRP", (demand, opening, None, safety, lead, minimum, multiple))
    assert sum(releases) == pytest.approx(sum(receipts))
    assert min(available) >= min(safety, opening) - 1e-6
    assert all(lot == 0 or (lot >= minimum - 1e-6 and (not multiple or lot % multiple < 1e-6)) for lot in receipts)
    steps = np.cumsum(np.array(receipts) - demand) + opening
    assert available == pytest.approx(list(steps))


def test_lot_rules_cost_at_least_the_cheapest():
    year = [10, 62, 12, 130, 154, 129, 88, 52, 124, 160, 238, 41]  # Silver, Pyke and Thomas, chapter 5

    def cost(rule):
        lots = np.array(line("LOT_SIZES", year, 54, 0.4, rule))
        return 54 * (lots > 0).sum() + 0.4 * np.cumsum(lots - year).sum()

    assert cost("wagner_whitin") == pytest.approx(501.2)
    assert cost("silver_meal") == pytest.approx(501.2)
    assert all(cost(rule) >= 501.2 - 1e-9 for rule in ("least_unit_cost", "part_period", "lot_for_lot"))


def case(*arguments):
    """The case of a balance from its arguments as cells."""
    from udfs.registry import taken

    return small_plan._case(*taken(FUNCTIONS["BALANCE"], arguments))


def cost_of(demand, made, opening, holding, shortage, unit=0.0):
    net = opening + np.cumsum(np.array(made) - demand)
    return float(holding * np.maximum(net, 0).sum() + shortage * np.maximum(-net, 0).sum() + unit * np.sum(made))


@settings(max_examples=12, deadline=None)
@given(
    demand=st.lists(st.integers(0, 9), min_size=2, max_size=4),
    capacity=st.integers(2, 6),
    opening=st.integers(0, 5),
    holding=st.sampled_from([1, 2]),
    shortage=st.sampled_from([3, 10]),
)
def test_balance_is_the_cheapest_of_all_whole_plans(demand, capacity, opening, holding, shortage):
    """Totally unimodular: with whole demand and capacity a whole plan is among the cheapest, so all can be tried."""
    import itertools

    made, stock, short = call("BALANCE", (demand, capacity, holding, shortage, opening))
    every = itertools.product(range(capacity + 1), repeat=len(demand))
    cheapest = min(cost_of(demand, plan, opening, holding, shortage) for plan in every)
    assert cost_of(demand, made, opening, holding, shortage) == pytest.approx(cheapest)
    net = opening + np.cumsum(np.array(made) - demand)
    assert stock == pytest.approx(list(np.maximum(net, 0)))
    assert short == pytest.approx(list(np.maximum(-net, 0)))


@pytest.mark.parametrize(
    "arguments",
    [
        ([80, 90, 150, 80], 100, 1, 20),
        ([80, 90, 150, 80], [100, 100, 90, 100], 1, 20, 10, 3, 25, 4),
        ([80, 90, 150, 80], 100, 1, 20, 0, 2, 10, None, True),
        ([80, 90, 150, 80], 100, 1, 20, 0, 2, 0, None, False, 30, 30),
    ],
)
def test_the_readable_programme_has_the_same_optimum(arguments):
    """PuLP solves what SOP_BALANCE_MODEL writes; its optimum is the cost of the plan in cells."""
    import pulp

    given_case = case(*arguments)
    problem = given_case.readable()
    problem.solve(pulp.HiGHS(msg=False))
    plan = given_case.plan()
    assert pulp.LpStatus[problem.status] == "Optimal"
    assert pulp.value(problem.objective) == pytest.approx(plan.costs.sum(), rel=1e-4)
    text = [row[0] for row in call("BALANCE_MODEL", arguments)]
    assert any(row.startswith("OBJ:") for row in text)
    assert any("stock_balance" in row for row in text)


def test_balance_tells_its_cost_and_what_capacity_is_worth():
    says = " | ".join(answer("BALANCE", ([80, 90, 150, 80], 100, 1, 20)).says)
    assert "the plan costs 450 (hold 50, late 400)" in says
    assert "one more unit of capacity in period 3 would save 20" in says


def test_reconcile_projects_by_least_squares():
    """OLS reconciliation is S (S'S)^-1 S' y: equation 11.9 in Hyndman and Athanasopoulos, 3rd ed."""
    keys = [["", ""], ["A", ""], ["B", ""], ["A", "x"], ["A", "y"], ["B", "z"]]
    base = np.array([100.0, 60, 30, 25, 30, 35])
    sums = np.array([[1, 1, 1], [1, 1, 0], [0, 0, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]])
    expected = sums @ np.linalg.solve(sums.T @ sums, sums.T @ base)
    found = [row[0] for row in call("RECONCILE", (keys, [[b] for b in base], "ols"))]
    assert found == pytest.approx(list(expected))
    shuffled = [4, 0, 3, 5, 2, 1]
    again = call("RECONCILE", ([keys[n] for n in shuffled], [[base[n]] for n in shuffled], "ols"))
    assert [row[0] for row in again] == pytest.approx([expected[n] for n in shuffled]), "rows may stand in any order"
    down = call("RECONCILE", (keys, [[b, 2 * b] for b in base], "top_down"))
    assert down[0] == pytest.approx([100, 200])
    assert down[3][0] + down[4][0] == pytest.approx(down[1][0])


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ([["A"], ["B"], ["C"]], "keys need rows with a blank as well"),
        ([[""], ["A"], ["A"]], "the last level does not tell the series apart"),
        ([["", ""], ["A", ""], ["B", "z"]], "keys have no row for B / (all)"),
        ([["", ""], ["A", "x"]], "keys and forecasts must have as many rows, got 2 and 3"),
    ],
)  # fmt: skip
def test_keys_that_do_not_add_up_are_refused(keys, says):
    with pytest.raises(CellError) as caught:
        call("RECONCILE", (keys, [[10], [6], [4]]))
    assert says in caught.value.says


def test_disaggregate_by_column():
    assert call("DISAGGREGATE", ([100, 60], [[1, 2], [3, 1]])) == [[25, 40], [75, 20]]
    assert call("DISAGGREGATE", ([100, 60], [[10, 20], [30, 10]], [True, False])) == [[10, 20], [90, 40]]


def test_promotion_uplift_with_a_trend():
    trend = [100 + 2 * n for n in range(24)]
    sold = [*trend]
    sold[20] = 210
    marks = [n == 20 for n in range(24)]
    assert one("PROMOTION_UPLIFT", sold, marks) == pytest.approx(0.5, abs=0.01)
    assert line("PROMOTION_BASELINE", sold, marks) == pytest.approx(trend, abs=1.5)


def test_a_seasonal_item_is_steady():
    year = [20, 22, 31, 40, 52, 60, 58, 49, 37, 30, 24, 21]
    wave = [v + (n % 5) * 0.4 for n, v in enumerate(year * 4)]
    assert one("XYZ", wave) == "X"
    assert one("VARIATION", wave) < 0.1 < one("VARIATION", year)


def test_demand_classes_of_syntetos_and_boylan():
    assert [row[0] for row in call("DEMAND_CLASS", ([[5] * 6, [1, 9, 1, 9, 1, 30], [0, 5, 0, 5, 0, 5], [0, 1, 0, 0, 30, 2]],))] == [
        "smooth", "erratic", "intermittent", "lumpy",
    ]  # fmt: skip


def test_like_items_begin_at_their_launch():
    launched = [None, None, 20, 50, 30]
    assert line("LIKE_ITEM_PROFILE", [launched, [0, 40, 100, 60, 10]], 3) == pytest.approx([0.2, 0.5, 0.3])


def test_abc_leaves_blanks_without_a_class():
    assert call("ABC", ([[70], [None], [20], [10]],)) == [["A"], [""], ["A"], ["B"]]


def test_stock_outs_at_most_the_best_month():
    assert line("STOCKOUT_DEMAND", [100, 80, 60, 90], [0, 0, 0.5, 0]) == [100, 80, 100, 90]


def test_split_adds_up_to_the_cent_whatever_the_numbers():
    table = call("VOLUME_MIX_PRICE", ([3, 7, 11], [1.11, 2.22, 3.33], [4, 6, 13], [1.17, 2.19, 3.41]))
    heading, *rows = table
    assert heading[0] == "base"
    for row in rows:
        assert round(sum(row[:-1]) - row[-1], 6) == 0
    for column in range(len(heading)):
        assert round(sum(row[column] for row in rows[:-1]) - rows[-1][column], 6) == 0


def test_backtest_names_the_methods_asked_for():
    table = call("BACKTEST", (SALES, 1, 4))
    assert [row[0] for row in table] == ["method", "naive", "seasonal_naive", "auto"]
    errors = [abs(a - b) for a, b in zip(SALES[-4:], SALES[-5:-1], strict=True)]
    assert table[1][1] == pytest.approx(sum(errors) / sum(SALES[-4:]))


def test_every_series_argument_says_its_direction():
    for name, spec in FUNCTIONS.items():
        for argument in spec.arguments:
            if isinstance(argument.kind, Lines) and argument.kind.unit:
                assert argument.kind.help.endswith("]"), name
