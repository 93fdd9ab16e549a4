"""The model given to `scipy.optimize.linprog`, which solves it by HiGHS."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog

from benchmarks.supply.description import Description
from benchmarks.supply.measure import Found
from benchmarks.supply.sparse_blocks import Arrays, arrays


def build(description: Description) -> Arrays:
    """The arrays `linprog` takes."""
    return arrays(description)


def solve(model: Arrays) -> Found:
    """Dual simplex."""
    bounds = np.column_stack([np.zeros(len(model.upper)), model.upper])
    answer = linprog(model.cost, model.most, model.limit, model.equal, model.demand, bounds, method="highs-ds")
    if answer.status != 0:
        raise SystemExit(f"linprog: {answer.message}")
    return Found(float(answer.fun) + model.given, len(model.cost), len(model.limit) + len(model.demand))
