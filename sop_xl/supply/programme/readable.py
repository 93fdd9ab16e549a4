"""The readable face of a programme: the same blocks as a PuLP problem, with a name on every variable and row.

For reading, for teaching and for small balances in cells; the plan itself goes to the solver as arrays (`solver`). Both
faces are made from one declaration and have the same optimum.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from sop_xl.supply.programme.blocks import Block, Programme

Names = Mapping[str, Sequence[str]]
"""Names of the things a block counts, by what they are: `{"place": ["A,PLANT"], "month": ["2020_03"]}`."""


def readable(programme: Programme, names: Names, title: str = "supply_plan") -> Any:
    """The programme as a PuLP problem.

    Parameters
    ----------
    programme
        The programme.
    names
        Names by what a block is of; `month` names its second axis.
    title
        Name of the problem.

    Returns
    -------
    pulp.LpProblem
        Variables such as `order(make,A,PLANT,2020_03)`, rows such as `stock_balance(A,PLANT,2020_03)`.

    """
    from pulp import LpAffineExpression, LpConstraint, LpMinimize, LpProblem

    problem = LpProblem(title, LpMinimize)
    plain = {of: unique(given) for of, given in names.items()}
    column_names, row_names = _labels(programme.columns, plain), _labels(programme.rows, plain)
    variables = []
    for number, name in enumerate(column_names):
        category = "Integer" if programme.whole[number] else "Continuous"
        low, high = (_limit(bounds[number]) for bounds in (programme.lower, programme.upper))
        variables.append(problem.add_variable(name, low, high, category))
    problem.setObjective(
        LpAffineExpression({variables[n]: float(programme.cost[n]) for n in np.flatnonzero(programme.cost)})
    )
    problem.objective.constant = programme.offset
    rows = programme.matrix.tocsr()
    for number, name in enumerate(row_names):
        span = slice(rows.indptr[number], rows.indptr[number + 1])
        terms = {variables[c]: float(w) for c, w in zip(rows.indices[span], rows.data[span], strict=True)}
        low, high = programme.row_lower[number], programme.row_upper[number]
        if low == high:
            problem.addConstraint(LpConstraint(LpAffineExpression(terms), 0, name, float(low)))
            continue
        both = np.isfinite(low) and np.isfinite(high)
        if np.isfinite(low):
            problem.addConstraint(
                LpConstraint(LpAffineExpression(terms), 1, f"{name}#low" if both else name, float(low))
            )
        if np.isfinite(high):
            problem.addConstraint(LpConstraint(LpAffineExpression(terms), -1, name, float(high)))
    return problem


def unique(names: Iterable[str]) -> tuple[str, ...]:
    """Names a solver takes, with a number where two would be read as one.

    >>> unique(["A-1", "A 1", "B"])
    ('A_1', 'A_1#2', 'B')
    """
    seen: dict[str, int] = {}
    found = []
    for name in names:
        plain = re.sub(r"[^A-Za-z0-9_.,]", "_", name)
        seen[plain] = seen.get(plain, 0) + 1
        found.append(plain if seen[plain] == 1 else f"{plain}#{seen[plain]}")
    return tuple(found)


def _labels(blocks: Mapping[str, Block], names: Names) -> list[str]:
    """The name of every column or row, in the order of their numbers."""
    found: dict[int, str] = {}
    for kind, block in blocks.items():
        for at in zip(*np.nonzero(block.number >= 0), strict=True):
            keys = [names[block.of][int(at[0])], *(names["month"][int(m)] for m in at[1:])]
            found[int(block.number[at])] = f"{kind}({','.join(keys)})"
    return [found[number] for number in range(len(found))]


def _limit(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
