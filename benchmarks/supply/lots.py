"""Lot sizing against its peers: `python -m benchmarks.supply.lots`, one line per instance and method.

    python -m benchmarks.supply.lots --seconds 60
    python -m benchmarks.supply.lots --cases FOLDER --seconds 60 --no-peers

Without --cases the instances are made after the design of Trigeiro, Thomas and McClain (1989): demand normal around 100,
a quarter of the first four periods without any, setup times 10 to 50 hours, setup costs 200 to 1000, holding costs 1 to 5,
hours for 1.213 of mean demand (tight 1.18, loose 1.35). The peers solve the textbook formulation (a setup allows any lot
up to all demand to come) as HiGHS and as PuLP with CBC take it, in the same time. A gap is that of a method's own bound.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import highspy
import numpy as np
import pulp

from benchmarks.cases.case import read
from benchmarks.cases.lots import tables
from benchmarks.machine import described
from benchmarks.supply.measure import timed
from sop_xl.supply.lotsizing.plan import capacitated_lots

Inputs = Mapping[str, Any]
Answer = tuple[float, float]
"""Cost and bound."""

MADE = {
    "6x15": (6, 15, 121.3),
    "6x30": (6, 30, 121.3),
    "12x15": (12, 15, 121.3),
    "12x30": (12, 30, 121.3),
    "24x15": (24, 15, 121.3),
    "24x30": (24, 30, 121.3),
    "24x30 tight": (24, 30, 118.0),
    "24x30 loose": (24, 30, 135.0),
}
"""Items, periods and hours an item."""


def made(items: int, periods: int, hours: float, seed: int = 1) -> dict[str, Any]:
    """An instance after the published design; drawn again while the first period alone is too much."""
    rng = np.random.default_rng(seed)
    setup_time, capacity = 10.0 * rng.integers(1, 6, items), float(round(hours * items))
    while True:
        demand = np.maximum(np.round(rng.normal(100.0, 13.0, (items, periods))), 0.0)
        demand[:, :4][rng.random((items, min(4, periods))) < 0.25] = 0.0
        at_once = demand[:, 0] + setup_time * (demand[:, 0] > 0)
        if at_once.sum() <= capacity:
            break
    return {
        "demand": demand.tolist(),
        "hold": rng.integers(1, 6, items).tolist(),
        "setup_time": setup_time.tolist(),
        "setup_cost": (200.0 * rng.integers(1, 6, items)).tolist(),
        "unit_time": [1.0] * items,
        "capacity": capacity,
    }


def ours(inputs: Inputs, seconds: float) -> Answer:
    """The function of the product."""
    plan = capacitated_lots(*tables(inputs), seconds=seconds)
    return plan.cost, plan.bound


def textbook(inputs: Inputs) -> Any:
    """The textbook formulation as a PuLP problem."""
    demand = np.asarray(inputs["demand"], dtype=float)
    items, periods = range(demand.shape[0]), range(demand.shape[1])
    to_come = np.cumsum(demand[:, ::-1], axis=1)[:, ::-1]
    problem = pulp.LpProblem("lots", pulp.LpMinimize)
    keys = [(i, t) for i in items for t in periods]
    lot, stock = pulp.LpVariable.dicts("lot", keys, 0), pulp.LpVariable.dicts("stock", keys, 0)
    setup = pulp.LpVariable.dicts("setup", keys, cat="Binary")
    hold, fixed = inputs["hold"], inputs["setup_cost"]
    problem += pulp.lpSum(hold[i] * stock[i, t] + fixed[i] * setup[i, t] for i, t in keys)
    for i, t in keys:
        before = stock[i, t - 1] if t else 0
        problem += before + lot[i, t] == demand[i, t] + stock[i, t]
        problem += lot[i, t] <= float(to_come[i, t]) * setup[i, t]
    for t in periods:
        hours = (inputs["unit_time"][i] * lot[i, t] + inputs["setup_time"][i] * setup[i, t] for i in items)
        problem += pulp.lpSum(hours) <= float(np.broadcast_to(inputs["capacity"], demand.shape[1])[t])
    return problem


def plain_highs(inputs: Inputs, seconds: float) -> Answer:
    """HiGHS on the textbook formulation."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lots.mps"
        textbook(inputs).writeMPS(str(path))
        new: Any = highspy.Highs
        highs: Any = new()
        for name, value in {
            "output_flag": False,
            "threads": 1,
            "parallel": "off",
            "time_limit": seconds,
            "mip_rel_gap": 0.0,
        }.items():
            highs.setOptionValue(name, value)
        highs.readModel(str(path))
        highs.run()
    info = highs.getInfo()
    return float(info.objective_function_value), float(info.mip_dual_bound)


def pulp_cbc(inputs: Inputs, seconds: float) -> Answer:
    """PuLP with CBC on the textbook formulation; the bound is read from its log."""
    problem = textbook(inputs)
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "cbc.log"
        problem.solve(pulp.PULP_CBC_CMD(msg=False, timeLimit=seconds, threads=1, logPath=str(log)))
        text = log.read_text(encoding="utf-8", errors="replace")
    cost = float(pulp.value(problem.objective)) if problem.sol_status > 0 else np.inf
    bounds = re.findall(r"Lower bound:\s+([-\d.]+)", text)
    return cost, float(bounds[-1]) if bounds else cost


METHODS: dict[str, Callable[[Inputs, float], Answer]] = {
    "sop_xl": ours,
    "HiGHS, textbook": plain_highs,
    "PuLP + CBC, textbook": pulp_cbc,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.supply.lots", description=__doc__)
    parser.add_argument("--cases", type=Path, nargs="+", help="folders or files of cases of kind clsp")
    parser.add_argument("--made", nargs="+", choices=MADE, default=list(MADE), help="instances to make")
    parser.add_argument("--seed", type=int, default=1, help="seed of the instances made")
    parser.add_argument("--seconds", type=float, default=60.0, help="time for each instance and method [s]")
    parser.add_argument("--no-peers", action="store_true", help="only the product")
    chosen = parser.parse_args(arguments)
    instances: dict[str, tuple[Inputs, Any]] = {}
    if chosen.cases:
        paths = [p for place in chosen.cases for p in ([place] if place.is_file() else sorted(place.glob("*.json")))]
        cases = [case for case in map(read, paths) if case.kind == "clsp"]
        instances = {case.name: (case.inputs, case.published.get("cost")) for case in cases}
    else:
        instances = {name: (made(*MADE[name], chosen.seed), None) for name in chosen.made}
    methods = dict(list(METHODS.items())[: 1 if chosen.no_peers else None])
    print(f"{described()}\n\n| instance | method | cost | bound | gap | published | seconds | CPU s |", flush=True)
    print("|---|---|--:|--:|--:|--:|--:|--:|")
    for name, (inputs, published) in instances.items():
        for method, solve in methods.items():
            (cost, bound), spent = timed(partial(solve, inputs, chosen.seconds))
            gap = f"{(cost - bound) / cost:.2%}" if np.isfinite(cost) else "no plan"
            print(
                f"| {name} | {method} | {cost:,.2f} | {bound:,.2f} | {gap} | {published or ''} | {spent.wall:.1f} | {spent.cpu:.1f} |",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
