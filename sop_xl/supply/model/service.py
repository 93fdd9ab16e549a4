"""Service first: the least value short, then the cheapest plan that keeps it (a lexicographic plan)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from scipy import sparse

from sop_xl.supply.model.prices import Prices
from sop_xl.supply.network import Network
from sop_xl.supply.programme.blocks import Block, Programme
from sop_xl.supply.programme.solver import Solved, Solver

_KEPT = 1e-7
"""How much of the least shortage a cheaper plan may add [share]."""


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
    short = np.zeros(len(programme.cost))
    value = prices.value[network.demands.place] * network.demands.weight / prices.scale
    for kind in ("late", "lost"):
        number = programme.columns[kind].number
        there = number >= 0
        short[number[there]] = np.broadcast_to(value[:, None], number.shape)[there]
    for kind in ("over", "under", "surplus", "overspent", "unlocked_less", "unlocked_more", "ahead"):
        if kind in programme.columns:
            number = programme.columns[kind].number
            short[number[number >= 0]] = programme.cost[number[number >= 0]]
    rows, _ = programme.shape
    both = replace(
        programme,
        matrix=sparse.vstack([programme.matrix, sparse.csr_array(short[None, :])]).tocsc(),
        row_lower=np.append(programme.row_lower, -np.inf),
        row_upper=np.append(programme.row_upper, np.inf),
        lazy=np.append(programme.lazy, False),
        rows={**programme.rows, "least_short": Block("plan", np.array([[rows]], dtype=np.int32))},
    )
    solver = Solver(replace(both, cost=short, offset=0.0), **options)
    least = solver.solve().objective
    limit = both.row_upper.copy()
    limit[-1] = least + _KEPT * max(1.0, abs(least))
    solver.change(replace(both, row_upper=limit))
    found = solver.solve()
    return replace(found, prices=found.prices[:-1])
