"""A plan's programme kept alive, to try small changes of it: what the explanations that re-solve stand on.

It is the programme of the plan in rates: lots, setups and workers need not be whole, and service counts by its price
also where the plan put it first. Each trial changes limits only, and goes on from the last basis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sop_xl.supply.model.constraints import STRATEGY_CONSTRAINTS
from sop_xl.supply.model.model import build_model
from sop_xl.supply.model.prices import Prices, unit_prices
from sop_xl.supply.model.solution import Solution, read_solution
from sop_xl.supply.model.whole import setups_by_the_unit
from sop_xl.supply.network import Array, Network, Numbers
from sop_xl.supply.programme.blocks import Programme
from sop_xl.supply.programme.solver import Solved, Solver

if TYPE_CHECKING:
    from sop_xl.supply.plan import Plan

PARTS = ("lower", "upper", "row_lower", "row_upper")
"""What a trial may change of a programme."""


@dataclass(frozen=True)
class Change:
    """A change of limits: the part of the programme, which of its variables or rows, and by how much each."""

    part: str
    at: Numbers
    by: Array


@dataclass(frozen=True)
class Kept:
    """The programme of a plan, solved, with its solver; `solution` are its quantities and prices."""

    network: Network
    prices: Prices
    programme: Programme
    solver: Solver
    base: Solved
    solution: Solution

    def money(self, solved: Solved) -> float:
        """What a trial costs with every penalty [currency]."""
        return solved.objective * self.prices.scale

    def trial(self, changes: Sequence[Change]) -> Solved:
        """The programme solved with other limits.

        Raises
        ------
        PlanningError
            If nothing satisfies the changed limits.

        """
        parts = {name: getattr(self.programme, name) for name in {change.part for change in changes}}
        parts = {name: values.copy() for name, values in parts.items()}
        for change in changes:
            np.add.at(parts[change.part], change.at, change.by)
        for name in ("upper", "row_upper"):  # a limit is never below nothing
            low = parts.get(name.replace("upper", "lower"), getattr(self.programme, name.replace("upper", "lower")))
            if name in parts:
                parts[name] = np.maximum(parts[name], low)
        self.solver.change(replace(self.programme, **parts))
        return self.solver.solve()

    def number(self, block: str, thing: Numbers | int, month: Numbers | int, *, row: bool = False) -> Numbers:
        """Numbers of variables (or rows) of a kind in the programme; those that do not exist are left out."""
        blocks = self.programme.rows if row else self.programme.columns
        if block not in blocks:
            return np.empty(0, dtype=np.int64)
        found = np.atleast_1d(blocks[block].number[thing, month])
        return np.asarray(found[found >= 0], dtype=np.int64)


def keep(plan: Plan) -> Kept:
    """Solve the programme of a plan in rates and keep it; what explains by re-solving takes it, to solve it only once.

    Raises
    ------
    PlanningError
        If the solver gives up.

    """
    network = _in_rates(plan)
    prices = unit_prices(network) if plan.settings.exact_lots else plan.prices
    programme = build_model(network, prices, STRATEGY_CONSTRAINTS[plan.strategy])
    solver = Solver(programme)
    base = solver.solve()
    return Kept(network, prices, programme, solver, base, read_solution(network, prices, programme, base))


def _in_rates(plan: Plan) -> Network:
    """The network of a plan before its lots are whole."""
    if not plan.settings.exact_lots:
        return plan.planned
    return setups_by_the_unit(replace(plan.planned, settings=replace(plan.settings, lots="after")))
