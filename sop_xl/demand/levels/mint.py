"""Minimum trace reconciliation: forecasts of all levels made coherent, the surer ones changed least.

With the constraints C y = 0 (every aggregate minus its bottom series) and W the covariance of the base errors,
y~ = y^ - W C' (C W C')^-1 C y^. Only the aggregates' sparse system is solved: no dense matrix of all nodes is made.

References: [1] Wickramasuriya, Athanasopoulos, Hyndman (2019), Optimal forecast reconciliation for hierarchical and
grouped time series through trace minimization, JASA 114, 804-819; [2] Hyndman, Ahmed, Athanasopoulos, Shang (2011),
Optimal combination forecasts for hierarchical time series, CSDA 55, 2579-2589; [3] Schafer, Strimmer (2005), A
shrinkage approach to large-scale covariance matrix estimation, Stat. Appl. in Genetics and Molecular Biology 4, 32;
[4] Athanasopoulos, Hyndman, Kourentzes, Petropoulos (2017), Forecasting with temporal hierarchies, EJOR 262, 60-74.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from sop_xl.demand.forecasting.smoothing import Floats
from sop_xl.demand.levels.reconcile import Structure, checked_base, summed
from sop_xl.errors import InputError

LEAST_SHRINKAGE = 0.01
"""Weight of the diagonal below which the covariance of few errors could not be inverted [share]."""


def mint_ols(tree: Structure, base: ArrayLike) -> Floats:
    """Reconciled forecasts, every node's error alike: ordinary least squares, W = I: [2].

    Parameters
    ----------
    tree
        the structure, nested or crossed
    base
        base forecasts of every node, shape (nodes,) or (nodes, periods) [units]

    Returns coherent forecasts of the same shape; they may be negative (`reconcile.negatives_to_zero`).

    >>> from sop_xl.demand.levels.reconcile import structure
    >>> import pandas as pd
    >>> mint_ols(structure(pd.DataFrame({"item": ["A", "B"]}), [(), ("item",)]), [13.0, 6.0, 4.0])
    array([12.,  7.,  5.])

    """
    return mint_weighted(tree, base, np.ones(len(tree.nodes)))


def mint_structural(tree: Structure, base: ArrayLike) -> Floats:
    """Reconciled forecasts, a node's error variance in proportion to how many series it sums: [4], no history needed.

    Parameters as in `mint_ols`.

    >>> from sop_xl.demand.levels.reconcile import structure
    >>> import pandas as pd
    >>> mint_structural(structure(pd.DataFrame({"item": ["A", "B"]}), [(), ("item",)]), [14.0, 6.0, 4.0])
    array([12.,  7.,  5.])

    """
    return mint_weighted(tree, base, summed(tree, np.ones(tree.bottom)))


def mint_variance(tree: Structure, base: ArrayLike, residuals: ArrayLike) -> Floats:
    """Reconciled forecasts by the variances of the base errors (WLS): W is their diagonal: [1].

    Parameters
    ----------
    tree, base
        as in `mint_ols`
    residuals
        one-step errors of every node's base forecast, shape (nodes, months) [units]; NaN is unknown, and a node of
        which nothing is known takes the median, over the others, of the variance for each series summed

    A node that never erred keeps its forecast as far as the sums allow.

    >>> from sop_xl.demand.levels.reconcile import structure
    >>> import pandas as pd
    >>> tree = structure(pd.DataFrame({"item": ["A", "B"]}), [(), ("item",)])
    >>> mint_variance(tree, [14.0, 6.0, 4.0], [[1, -1], [1, -1], [2**0.5, -(2**0.5)]])
    array([13.,  7.,  6.])

    """
    return mint_weighted(tree, base, _variances(tree, _residuals(tree, residuals)))


def mint_weighted(tree: Structure, base: ArrayLike, variance: ArrayLike) -> Floats:
    """Reconciled forecasts by any error variance of each node: what the other diagonal methods call.

    Parameters
    ----------
    tree, base
        as in `mint_ols`
    variance
        of each node's base error, 0 or more, shape (nodes,) [units^2]; only their proportions count

    """
    value = checked_base(tree, base)
    spread = _positive(tree, variance)
    if len(tree.nodes) == tree.bottom or not value.size:
        return value.copy()
    constraints = _constraints(tree)
    weighted = constraints.multiply(spread[None, :]).tocsr()
    gap = _columns(constraints @ value.reshape(len(value), -1))
    solved = _solver(weighted @ constraints.T)(gap)
    return _coherent(tree, value.reshape(len(value), -1) - _columns(weighted.T @ solved)).reshape(value.shape)


def mint_shrink(tree: Structure, base: ArrayLike, residuals: ArrayLike) -> Floats:
    """Reconciled forecasts by the covariance of the base errors, shrunk to its diagonal: MinT(Shrink) of [1].

    Parameters
    ----------
    tree, base
        as in `mint_ols`
    residuals
        one-step errors of every node's base forecast, shape (nodes, 2 or more months) [units]; NaN is unknown: it
        counts neither for the node's variance (see `mint_variance`) nor for a correlation

    The shrinkage is that of [3], at least 1%. The covariance is never formed: W = s D + (1 - s) E E' / T is sparse plus
    a rank of at most the number of months, and is inverted as such (Woodbury).

    >>> from sop_xl.demand.levels.reconcile import structure
    >>> import pandas as pd
    >>> tree = structure(pd.DataFrame({"item": ["A", "B"]}), [(), ("item",)])
    >>> errors = [[1, -1, 1, -1], [1, -1, -1, 1], [1, 1, -1, -1]]
    >>> mint_shrink(tree, [13.0, 6.0, 4.0], errors).round(6)  # errors that have nothing to do with one another
    array([12.,  7.,  5.])

    """
    value, errors = checked_base(tree, base), _residuals(tree, residuals)
    months = errors.shape[1]
    if months < 2:
        raise InputError("the covariance of forecast errors needs 2 or more months of errors")
    variance = _variances(tree, errors)
    largest = float(variance.max())
    spread = _positive(tree, variance)
    count = (~np.isnan(errors)).sum(axis=1)
    # a node with gaps has its known errors enlarged, so that their mean square over all months is its variance
    errors = np.nan_to_num(errors) * np.sqrt(months / np.maximum(count, 1) / (largest if largest > 0 else 1.0))[:, None]
    share = max(shrinkage(errors), LEAST_SHRINKAGE)
    own = np.maximum(spread - (1.0 - share) * (errors**2).mean(axis=1), LEAST_SHRINKAGE * spread)
    constraints = _constraints(tree)
    flat = value.reshape(len(value), -1)
    gap = _columns(constraints @ flat)
    if not gap.size:
        return value.copy()
    weighted = constraints.multiply(own[None, :]).tocsr()
    solve = _solver(weighted @ constraints.T)
    low_rank = _columns(constraints @ errors) * np.sqrt((1.0 - share) / months)
    inner = np.eye(months) + low_rank.T @ solve(low_rank)
    first = solve(gap)
    solved = first - solve(low_rank @ np.linalg.solve(inner, low_rank.T @ first))
    step = _columns(weighted.T @ solved) + (1.0 - share) / months * errors @ (errors.T @ (constraints.T @ solved))
    return _coherent(tree, flat - step).reshape(value.shape)


def shrinkage(residuals: ArrayLike) -> float:
    """Best weight of the diagonal against the correlations of few errors [share]: after [3].

    Parameters
    ----------
    residuals
        errors taken about 0, shape (nodes, months) [units]

    The sums over all pairs of nodes come from products over months, so that no matrix of nodes is made.

    >>> shrinkage([[1, -1, 1, -1], [2, -2, 2, -2]]), shrinkage([[1, -1, 1, -1], [1, -1, -1, 1]])
    (0.0, 1.0)

    """
    errors = np.asarray(residuals, dtype=float)
    months = errors.shape[1]
    size = np.sqrt((errors**2).mean(axis=1))
    x = (errors / np.where(size > 0, size, 1.0)[:, None])[size > 0].T
    if not x.size or months < 2:
        return 1.0
    squares = float((((x @ x.T) / months) ** 2).sum())  # of all correlations
    own = float(((x**2).mean(axis=0) ** 2).sum())
    fourth = float(((x**2).sum(axis=1) ** 2).sum() - (x**4).sum())
    off = squares - own
    variance = (fourth - months * off) / (months * (months - 1))
    # a pair without any correlation leaves nothing to weigh against the diagonal
    return float(np.clip(variance / off, 0.0, 1.0)) if off > 1e-12 * max(squares, 1.0) else 1.0


MINT = {"ols": mint_ols, "structural": mint_structural, "variance": mint_variance, "shrink": mint_shrink}
"""The rival estimates of the covariance, by name; `variance` and `shrink` need residuals."""


def _constraints(tree: Structure) -> Any:
    """C = [I, -A]: a row per aggregate, which is 0 where it equals the sum of its bottom series."""
    from scipy import sparse

    aggregates = len(tree.nodes) - tree.bottom
    above = tree.member[:-1]
    rows = np.concatenate([np.arange(aggregates), above.ravel()])
    columns = np.concatenate([np.arange(aggregates), np.tile(tree.member[-1], len(above))])
    data = np.concatenate([np.ones(aggregates), -np.ones(above.size)])
    return sparse.csr_array((data, (rows, columns)), shape=(aggregates, len(tree.nodes)))


def _solver(matrix: Any) -> Any:
    from scipy.sparse.linalg import splu

    return splu(matrix.tocsc()).solve


def _coherent(tree: Structure, values: Floats) -> Floats:
    """The same values with their sums exact to the last digit."""
    return summed(tree, values[tree.member[-1]])


def _columns(values: Any) -> Floats:
    array = np.asarray(values, dtype=float)
    return np.ascontiguousarray(array.reshape(array.shape[0], -1) if array.ndim else array.reshape(1, 1))


def _positive(tree: Structure, variance: ArrayLike) -> Floats:
    spread = np.asarray(variance, dtype=float)
    if spread.shape != (len(tree.nodes),) or not np.isfinite(spread).all() or (spread < 0).any():
        raise InputError(f"each of the {len(tree.nodes)} nodes needs an error variance of 0 or more")
    largest = spread.max()
    return np.asarray(np.maximum(spread / largest, 1e-9)) if largest > 0 else np.ones_like(spread)


def _variances(tree: Structure, errors: Floats) -> Floats:
    """Mean squares of each node's errors; one without any takes the usual one of the series it sums."""
    count = (~np.isnan(errors)).sum(axis=1)
    variance = np.nansum(errors**2, axis=1) / np.maximum(count, 1)
    series = summed(tree, np.ones(tree.bottom))
    known = count > 0
    usual = float(np.median(variance[known] / series[known])) if known.any() else 1.0
    return np.asarray(np.where(known, variance, usual * series))


def _residuals(tree: Structure, residuals: ArrayLike) -> Floats:
    errors = np.asarray(residuals, dtype=float)
    if errors.ndim != 2 or errors.shape[0] != len(tree.nodes) or not errors.shape[1]:
        raise InputError(f"errors must have the shape ({len(tree.nodes)} nodes, months), got {errors.shape}")
    if np.isinf(errors).any():
        raise InputError("errors of base forecasts must be finite")
    return errors
