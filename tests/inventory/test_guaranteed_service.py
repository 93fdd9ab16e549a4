"""Service times of networks: published examples are in test_cases; here the optimum against trying every plan."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sop_xl.errors import InputError, PlanningError
from sop_xl.inventory.guaranteed_service import STAGE_COLUMNS, guaranteed_service


def brute_force(stages, arcs):
    """Least cost over all whole-number service times; lead times must be whole."""
    names, size = stages["stage"].tolist(), len(stages)
    place = {name: k for k, name in enumerate(names)}
    links = [(place[a], place[b]) for a, b in zip(arcs["supplier"], arcs["customer"], strict=True)]
    lead, holding = stages["lead_time"].to_numpy(), stages["holding_cost"].to_numpy()
    promised = stages["max_service_time"].to_numpy()
    own = np.where(stages["sd"].notna(), stages["sd"].fillna(0.0), 0.0)
    units = np.diag(np.ones(size))
    for j in range(size - 1, -1, -1):
        for a, b in links:
            if a == j:
                units[j] += units[b]
    sigma = np.sqrt((units**2) @ own**2)
    longest = int(lead.sum() + stages["inbound_time"].max())
    best = np.inf
    for times in product(range(longest + 1), repeat=size):
        quoted = np.array(times, dtype=float)
        waits = stages["inbound_time"].to_numpy(dtype=float).copy()
        for a, b in links:
            waits[b] = max(waits[b], quoted[a])
        net = waits + lead - quoted
        if np.any(net < 0) or np.any(quoted > promised):
            continue
        best = min(best, float(holding @ (sigma * np.sqrt(net))))
    return best


@st.composite
def networks(draw, most=4, longest=2):
    """A small network: arcs only from earlier to later stages, and demand at every end."""
    size = draw(st.integers(1, most))
    arcs = [(i, j) for j in range(size) for i in range(j) if draw(st.booleans())]
    lead = draw(st.lists(st.integers(0, longest), min_size=size, max_size=size))
    holding = draw(st.lists(st.integers(1, 9), min_size=size, max_size=size))
    inbound = draw(st.lists(st.sampled_from([0, 0, 1]), min_size=size, max_size=size))
    has_customers = {i for i, _ in arcs}
    sd = [
        draw(st.integers(1, 5)) if k not in has_customers or draw(st.integers(0, 3)) == 0 else None for k in range(size)
    ]
    promised = [draw(st.integers(0, 2)) if s is not None else draw(st.sampled_from([np.inf, np.inf, 1])) for s in sd]
    stages = pd.DataFrame({
        "stage": [f"s{k}" for k in range(size)], "lead_time": np.array(lead, dtype=float), "holding_cost": np.array(holding, dtype=float),
        "inbound_time": np.array(inbound, dtype=float), "max_service_time": np.array(promised, dtype=float),
        "sd": pd.Series(sd, dtype=float),
    })  # fmt: skip
    return stages, pd.DataFrame([(f"s{i}", f"s{j}") for i, j in arcs], columns=["supplier", "customer"])


@settings(max_examples=150, deadline=None)
@given(networks())
def test_no_plan_of_a_small_network_is_cheaper(network):
    stages, arcs = network
    found = guaranteed_service(stages, arcs)
    assert found.proved
    assert found.cost == pytest.approx(brute_force(stages, arcs), rel=1e-9, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(networks(most=12, longest=9), st.integers(0, 2**31))
def test_the_plan_holds_and_no_random_plan_is_cheaper(network, seed):
    stages, arcs = network
    found = guaranteed_service(stages, arcs)
    plan = found.stages.set_index("stage")
    assert found.proved
    assert found.cost == pytest.approx(plan["cost"].sum())
    assert (plan["net_time"] >= 0).all()
    assert (plan["service_time"].to_numpy() <= stages["max_service_time"].to_numpy() + 1e-9).all()
    for a, b in zip(arcs["supplier"], arcs["customer"], strict=True):
        assert plan.loc[b, "inbound_time"] >= plan.loc[a, "service_time"] - 1e-9
    net = plan["inbound_time"] + stages.set_index("stage")["lead_time"] - plan["service_time"]
    assert np.allclose(net, plan["net_time"])
    rng = np.random.default_rng(seed)
    for _ in range(30):
        cost, quoted = 0.0, {}
        for row in stages.itertuples():
            waits = max(
                [
                    row.inbound_time,
                    *(quoted[a] for a, b in zip(arcs["supplier"], arcs["customer"], strict=True) if b == row.stage),
                ]
            )
            quoted[row.stage] = min(
                row.max_service_time, waits + row.lead_time, rng.choice([0, np.inf, rng.uniform(0, 20)])
            )
            cost += (
                plan.loc[row.stage, "unit_cost"]
                * plan.loc[row.stage, "sigma"]
                * np.sqrt(waits + row.lead_time - quoted[row.stage])
            )
        assert cost >= found.cost - 1e-6


@settings(max_examples=40, deadline=None)
@given(networks(most=8, longest=6), st.sampled_from([0.1, 0.37, 7.0]))
def test_time_and_money_are_in_their_own_units(network, factor):
    stages, arcs = network
    base = guaranteed_service(stages, arcs).cost
    times = ["lead_time", "inbound_time", "max_service_time"]
    scaled = stages.assign(**{name: stages[name] * factor for name in times})
    assert guaranteed_service(scaled, arcs).cost == pytest.approx(base * np.sqrt(factor), rel=1e-6, abs=1e-9)
    assert guaranteed_service(
        stages.sample(frac=1, random_state=1), arcs.sample(frac=1, random_state=2)
    ).cost == pytest.approx(base)


def test_a_wide_network_without_any_tree_is_proved():
    """Thirty parts in eight products each: treewidth as large as it gets, no help from elimination."""
    rng = np.random.default_rng(5)
    parts, products = [f"p{k}" for k in range(30)], [f"f{k}" for k in range(8)]
    stages = pd.DataFrame({
        "stage": parts + products, "lead_time": [*rng.integers(5, 60, 30), *rng.integers(1, 9, 8)],
        "added_cost": [*rng.uniform(1, 50, 30), *rng.uniform(5, 80, 8)], "sd": [None] * 30 + list(rng.uniform(1, 20, 8)),
        "max_service_time": [None] * 30 + [2.0] * 8, "z": 1.645,
    })  # fmt: skip
    arcs = pd.DataFrame(
        [(p, f) for p in parts for f in products if rng.random() < 0.4], columns=["supplier", "customer"]
    )
    stages = stages[stages["stage"].isin(set(arcs["supplier"])) | stages["sd"].notna()]
    found = guaranteed_service(stages, arcs, holding_rate=0.25)
    assert found.proved
    assert found.stages.columns.tolist() == STAGE_COLUMNS


def test_demand_that_comes_by_two_ways_is_added_before_it_is_pooled():
    """A part in both halves of a product: two units of it per product, so sigma is 2, not the root of 2."""
    stages = pd.DataFrame(
        {"stage": list("PABF"), "lead_time": [3, 1, 1, 1], "added_cost": 1.0, "sd": [None, None, None, 1.0]}
    )
    arcs = pd.DataFrame({"supplier": list("PPAB"), "customer": list("ABFF")})
    assert guaranteed_service(stages, arcs).stages.set_index("stage")["sigma"].to_dict() == {
        "P": 2,
        "A": 1,
        "B": 1,
        "F": 1,
    }
    assert guaranteed_service(stages, arcs).stages.set_index("stage")["unit_cost"].to_dict() == {
        "P": 1,
        "A": 2,
        "B": 2,
        "F": 5,
    }


def test_the_bound_is_told_when_time_runs_out():
    stages = pd.DataFrame({"stage": ["a", "b"], "lead_time": [3, 1], "added_cost": 1.0, "sd": [None, 1.0]})
    found = guaranteed_service(stages, pd.DataFrame({"supplier": ["a"], "customer": ["b"]}), seconds=0.0)
    assert found.bound <= found.cost


GOOD = pd.DataFrame({"stage": ["a", "b"], "lead_time": [3.0, 1.0], "added_cost": 1.0, "sd": [None, 1.0]})
ARC = pd.DataFrame({"supplier": ["a"], "customer": ["b"]})


@pytest.mark.parametrize(
    ("stages", "arcs", "says"),
    [
        (GOOD.assign(stage="a"), ARC, "stage a is there twice"),
        (GOOD.assign(lead_time=[-1.0, 1]), ARC, "lead_time of stage a must be 0 or more, got -1"),
        (GOOD.assign(lead_time=[np.nan, 1]), ARC, "lead_time of stage a must be 0 or more, got nan"),
        (GOOD.drop(columns="added_cost"), ARC, "added_cost of stage a must be 0 or more, got nan"),
        (GOOD.assign(sd=np.nan), ARC, "stage b supplies no other stage and has no demand"),
        (GOOD, ARC.assign(customer="c"), "names stage c, which is not among the stages"),
        (GOOD, ARC.assign(quantity=0.0), "quantity of the arc from a to b must be above 0"),
        (GOOD, pd.DataFrame({"supplier": ["a", "b"], "customer": ["b", "a"]}), "supplies itself"),
        (GOOD.iloc[:0], ARC.iloc[:0], "a network needs a stage"),
    ],
)
def test_what_cannot_be_planned_is_named(stages, arcs, says):
    with pytest.raises((InputError, PlanningError), match=says):
        guaranteed_service(stages, arcs)
