"""The model as arrays passed whole to HiGHS: the solver with no modelling layer in between."""

from __future__ import annotations

from typing import Any

import highspy
import numpy as np
from scipy import sparse

from benchmarks.supply.description import Description
from benchmarks.supply.measure import Array, Found, violation
from benchmarks.supply.sparse_blocks import Arrays, arrays


def build(description: Description) -> Arrays:
    """The arrays HiGHS takes."""
    return arrays(description)


def solve(model: Arrays, **options: Any) -> Found:
    """Simplex unless `options` of HiGHS say otherwise."""
    return read(run(solver(model, **options)), model)


def solver(model: Arrays, **options: Any) -> Any:
    """HiGHS with the model in it."""
    matrix = sparse.vstack([model.equal, model.most], format="csc")
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = matrix.shape
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = model.cost, np.zeros(len(model.cost)), model.upper
    lp.row_lower_ = np.concatenate([model.demand, np.full(len(model.limit), -np.inf)])
    lp.row_upper_ = np.concatenate([model.demand, model.limit])
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    new: Any = highspy.Highs
    highs = new()
    for name, value in {"output_flag": False, "solver": "simplex", "threads": 1, **options}.items():
        highs.setOptionValue(name, value)
    highs.passModel(lp)
    return highs


def run(highs: Any) -> Any:
    """Solve, from the last basis where there is one."""
    highs.run()
    return highs


def read(highs: Any, model: Arrays) -> Found:
    """Values and objective."""
    status = highs.modelStatusToString(highs.getModelStatus())
    values = np.array(highs.getSolution().col_value)
    objective = float(model.cost @ values) + model.given
    rows = len(model.limit) + len(model.demand)
    return Found(objective, len(model.cost), rows, float(highs.getRunTime()), status)


def bounded(model: Arrays, **options: Any) -> tuple[Found, Array]:
    """As `solve`, with the values, whose violations may be counted afterwards."""
    highs = run(solver(model, **options))
    return read(highs, model), np.array(highs.getSolution().col_value)


def broken(model: Arrays, values: Array) -> float:
    """The largest violation of a row or bound, relative to it."""
    nothing = np.full(len(model.limit), -np.inf)
    return max(
        violation(model.demand, model.equal @ values, model.demand),
        violation(nothing, model.most @ values, model.limit),
        violation(np.zeros(len(values)), values, model.upper),
    )
