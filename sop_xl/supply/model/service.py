"""Service first: the least value short, then the cheapest plan that keeps it (a lexicographic plan).

The second step is held to the optima of the first exactly: by complementary slackness every optimum leaves a variable
with a reduced cost at its bound, and a row with a price at its limit [1]. In whole numbers, where there are no prices,
the two aims are weighed instead.

References
----------
[1] Ehrgott, Multicriteria Optimization, 2nd ed., section 5.1: lexicographic optimality.

"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from sop_xl.supply.model.prices import Prices
from sop_xl.supply.network import Array, Network
from sop_xl.supply.programme.blocks import Programme
from sop_xl.supply.programme.solver import Solved, Solver

FIRST = 1e4
"""How much more value short weighs than cost, where numbers are whole."""

_PRICED = 1e-7

LIMITS = ("over", "under", "surplus", "overspent", "unlocked_less", "unlocked_more", "ahead")
"""Slacks of limits that must hold before service."""


def service_first(network: Network, prices: Prices, programme: Programme, options: Mapping[str, float]) -> Solved:
    """The cheapest plan among those with the least value late and lost.

    Parameters
    ----------
    network, prices
        The plan.
    programme
        Its programme; limits that must hold before service keep their price in both steps.
    options
        Options of the solver.

    """
    short = value_short(network, prices, programme)
    if programme.whole.any():
        found = Solver(replace(programme, cost=FIRST * short + programme.cost), **options).solve()
        cost = float(programme.cost @ found.values) + programme.offset
        return replace(found, objective=cost, bound=-np.inf)
    solver = Solver(replace(programme, cost=short, offset=0.0), **options)
    least = solver.solve()
    solver.change(held_to(programme, least))
    return solver.solve()


def value_short(network: Network, prices: Prices, programme: Programme) -> Array:
    """What the first aim counts of each variable: the value of a unit late or lost, the price of a limit that gives."""
    short = np.zeros(len(programme.cost))
    value = prices.value[network.demands.place] * network.demands.weight / prices.scale
    for kind in ("late", "lost"):
        number = programme.columns[kind].number
        there = number >= 0
        short[number[there]] = np.broadcast_to(value[:, None], number.shape)[there]
    for kind in LIMITS:
        if kind in programme.columns:
            number = programme.columns[kind].number
            short[number[number >= 0]] = programme.cost[number[number >= 0]]
    return short


def held_to(programme: Programme, optimum: Solved) -> Programme:
    """The programme among the optima of another aim: what has a price there stays at its bound."""
    fixed = np.abs(optimum.reduced) > _PRICED
    at_upper = fixed & (optimum.reduced < 0)
    lower = np.where(at_upper, programme.upper, programme.lower)
    upper = np.where(fixed & ~at_upper, programme.lower, programme.upper)
    tight = np.abs(optimum.prices) > _PRICED
    at_most = tight & (optimum.prices < 0)
    row_lower = np.where(at_most, programme.row_upper, programme.row_lower)
    row_upper = np.where(tight & ~at_most, programme.row_lower, programme.row_upper)
    return replace(programme, lower=lower, upper=upper, row_lower=row_lower, row_upper=row_upper)
