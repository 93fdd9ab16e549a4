"""The model in PuLP: dictionaries of variables, one loop a constraint, as its documentation teaches."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pulp

from benchmarks.supply.description import Codes, Description
from benchmarks.supply.measure import Found

Terms = dict[tuple[int, int], Any]
"""Variables by (thing, month)."""


@dataclass(frozen=True)
class Model:
    """The problem and what no decision changes [currency]."""

    problem: Any
    given: float


@dataclass(frozen=True)
class Variables:
    """The decisions of a plan."""

    make: Terms
    buy: Terms
    move: Terms
    sub: Terms
    below: Terms
    above: Terms
    late: Terms
    overtime: Terms
    over: Terms

    def stock(self, p: int, t: int) -> Any:
        """What is in stock above target less what is missing from it."""
        return self.above[p, t] - self.below[p, t] if (p, t) in self.below else self.above[p, t]


def build(d: Description) -> Model:
    """The whole model."""
    problem = pulp.LpProblem("supply_plan", pulp.LpMinimize)
    v = variables(problem, d)
    problem += cost(d, v)
    add_balance(problem, d, v)
    add_hours(problem, d, v)
    add_suppliers(problem, d, v)
    add_storage(problem, d, v)
    return Model(problem, d.given)


def variables(problem: Any, d: Description) -> Variables:
    """A variable a thing and month; orders only where they arrive within the horizon."""
    months, variable = range(d.months), problem.add_variable

    def every(name: str, things: int) -> Terms:
        return {(n, t): variable(f"{name}_{n}_{t}", 0) for n, t in product(range(things), months)}

    def limited(name: str, most: Any, things: list[int]) -> Terms:
        return {(n, t): variable(f"{name}_{n}_{t}", 0, float(most[n, t])) for n, t in product(things, months)}

    def orders(name: str, lead: Codes) -> Terms:
        return {
            (n, t): variable(f"{name}_{n}_{t}", 0)
            for n, late in enumerate(lead.tolist())
            for t in range(d.months - late)
        }

    sub = orders("sub", d.sub_lead)
    for (n, _), x in sub.items():
        x.upBound = float(d.sub_most[n])
    return Variables(
        make=every("make", len(d.make_place)),
        buy=orders("buy", d.buy_lead),
        move=orders("move", d.move_lead),
        sub=sub,
        below=limited("below", d.target, np.flatnonzero(d.target.any(axis=1)).tolist()),
        above=every("above", len(d.holding)),
        late=limited("late", d.late_most, list(range(len(d.demand)))),
        overtime=limited("overtime", d.overtime, list(range(len(d.regular)))),
        over=every("over", len(d.storage)),
    )


def cost(d: Description, v: Variables) -> Any:
    """What is minimised."""
    return pulp.lpSum(
        [d.make_cost[n] * x for (n, _), x in v.make.items()]
        + [d.buy_cost[n] * x for (n, _), x in v.buy.items()]
        + [d.move_cost[n] * x for (n, _), x in v.move.items()]
        + [d.sub_cost[n] * x for (n, _), x in v.sub.items()]
        + [(d.below[p, t] - d.holding[p]) * x for (p, t), x in v.below.items()]
        + [d.holding[p] * x for (p, _), x in v.above.items()]
        + [d.late[n, t] * x for (n, t), x in v.late.items()]
        + [d.overtime_premium[r] * x for (r, _), x in v.overtime.items()]
        + [d.over[c] * x for (c, _), x in v.over.items()]
    )


def add_balance(problem: Any, d: Description, v: Variables) -> None:
    """Stock = stock before + arrivals - components - moved on - shipped, in every place and month."""
    arrives, leaves = _flows(d, v)
    demand_of = {p: n for n, p in enumerate(d.demand_place.tolist())}
    for p, t in product(range(len(d.holding)), range(d.months)):
        wanted = d.target[p, t] - (d.target[p, t - 1] if t else d.opening[p])
        terms = [*arrives[p, t], *(-x for x in leaves[p, t]), -v.stock(p, t)]
        if t:
            terms.append(v.stock(p, t - 1))
        if p in demand_of:
            n = demand_of[p]
            wanted += d.demand[n, t]
            terms.append(v.late[n, t])
            if t:
                terms.append(-v.late[n, t - 1])
        problem += pulp.lpSum(terms) == wanted, f"balance_{p}_{t}"


def _flows(d: Description, v: Variables) -> tuple[dict[tuple[int, int], list[Any]], dict[tuple[int, int], list[Any]]]:
    """What arrives in every place and month, and what leaves beside shipments."""
    arrives, leaves = defaultdict(list), defaultdict(list)
    for (n, t), x in v.make.items():
        arrives[int(d.make_place[n]), t].append(x)
    for n, part, units in zip(d.part_make.tolist(), d.part_place.tolist(), d.part_units.tolist(), strict=True):
        for t in range(d.months):
            leaves[part, t].append(units * v.make[n, t])
    for (n, t), x in v.buy.items():
        arrives[int(d.buy_place[n]), t + int(d.buy_lead[n])].append(x)
    for (n, t), x in v.move.items():
        leaves[int(d.move_from[n]), t].append(x)
        arrives[int(d.move_to[n]), t + int(d.move_lead[n])].append(x)
    for (n, t), x in v.sub.items():
        arrives[int(d.sub_place[n]), t + int(d.sub_lead[n])].append(x)
    return arrives, leaves


def add_hours(problem: Any, d: Description, v: Variables) -> None:
    """Hours of the makes on a line are at most regular and overtime hours."""
    made_on = _members(d.make_line)
    for line, t in product(range(len(d.regular)), range(d.months)):
        hours = pulp.lpSum(d.make_hours[n] * v.make[n, t] for n in made_on[line])
        problem += hours - v.overtime[line, t] <= d.regular[line, t], f"hours_{line}_{t}"


def add_suppliers(problem: Any, d: Description, v: Variables) -> None:
    """Units of all items from a supplier are at most what it delivers."""
    bought_from = _members(d.buy_supplier)
    for supplier, t in product(range(len(d.supplier_most)), range(d.months)):
        units = pulp.lpSum(v.buy[n, t] for n in bought_from[supplier] if (n, t) in v.buy)
        problem += units <= d.supplier_most[supplier, t], f"supplier_{supplier}_{t}"


def add_storage(problem: Any, d: Description, v: Variables) -> None:
    """Volume in stock at a center, less what is over, is at most its storage."""
    kept_at = _members(d.center)
    for center, t in product(range(len(d.storage)), range(d.months)):
        load = pulp.lpSum(d.volume[p] * v.stock(p, t) for p in kept_at[center])
        full = sum(d.volume[p] * d.target[p, t] for p in kept_at[center])
        problem += load - v.over[center, t] <= d.storage[center] - full, f"storage_{center}_{t}"


def _members(group: Codes) -> dict[int, list[int]]:
    members = defaultdict(list)
    for n, of in enumerate(group.tolist()):
        members[of].append(n)
    return members


def solve_by_cbc(model: Model) -> Found:
    """The solver that comes with PuLP, through a file."""
    return _solved(model, pulp.PULP_CBC_CMD(msg=False, threads=1))


def solve_by_highs(model: Model) -> Found:
    """HiGHS through highspy."""
    return _solved(model, pulp.HiGHS(msg=False, threads=1))


def _solved(model: Model, solver: Any) -> Found:
    problem = model.problem
    status = problem.solve(solver)
    if status != pulp.LpStatusOptimal:
        raise SystemExit(f"PuLP: {pulp.LpStatus[status]}")
    values = {v.name: v.varValue for v in problem.variables()}
    inside = getattr(problem, "solverModel", None)
    seconds = float(inside.getRunTime()) if inside is not None and hasattr(inside, "getRunTime") else np.nan
    return Found(float(pulp.value(problem.objective)) + model.given, len(values), problem.numConstraints(), seconds)
