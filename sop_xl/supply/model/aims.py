"""Aims one after the other: limits that must hold, then service, then cost (a lexicographic plan).

Each step is held to the optima of the step before exactly: by complementary slackness every optimum leaves a variable
with a reduced cost at its bound, and a row with a price at its limit [1]. In whole numbers, where there are no prices,
the aims are weighed instead.

References
----------
[1] Ehrgott, Multicriteria Optimization, 2nd ed., section 5.1: lexicographic optimality.

"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from sop_xl.supply.model.coupling import coupling_rows
from sop_xl.supply.model.prices import Prices
from sop_xl.supply.network import Array, Network
from sop_xl.supply.programme.blocks import Programme
from sop_xl.supply.programme.solver import Solved, Solver

FIRST = 1e4
"""How much more an aim weighs than the next one, where numbers are whole."""

_PRICED = 1e-7

_GIVES_WAY = 1e-6

_SMALL = 20_000
"""Variables up to which it is not worth looking for independent groups."""

HARD = ("over", "under", "surplus", "overspent", "unlocked_less", "unlocked_more")
"""Slacks of limits that must hold before service."""

LIMITS = (*HARD, "ahead")
"""Slacks of the first aim: chase, too, comes before service, though stock that is there already often breaks it."""


def solve_plan(network: Network, prices: Prices, programme: Programme) -> Solved:
    """Solve a plan: at least cost, or service first where the settings say so; limits hold before both if they can.

    A limit that must hold is charged more than any unit short, which is enough unless the units it displaces take far
    fewer hours than its own; where one gave way, the plan is made again with the limits as the first aim.
    """
    settings = network.settings
    options: dict[str, float] = {}
    if programme.whole.any():
        options = {"time_limit": settings.seconds, "mip_rel_gap": settings.gap}
    if settings.objective == "service first":
        aims = [broken_limits(programme), value_short(network, prices, programme), programme.cost]
        return solve_in_order(programme, aims, options)
    solved = least_cost(network, programme, options)
    worth_it = programme.shape[1] <= settings.exact_up_to and gave_way(programme, solved)
    return limits_first(programme, options) if worth_it else solved


def least_cost(network: Network, programme: Programme, options: Mapping[str, float]) -> Solved:
    """The cheapest plan: exact, or where it is very large, within a proven gap; independent groups by themselves."""
    settings = network.settings
    if programme.whole.any() or programme.shape[1] <= _SMALL:
        return Solver(programme, **options).solve()
    from sop_xl.supply.programme.large import solve_by_groups, solve_large

    if programme.shape[1] > settings.exact_up_to:
        return solve_large(
            programme, coupling_rows(network, programme), gap=settings.large_gap, seconds=settings.seconds
        )
    return solve_by_groups(programme)


def limits_first(programme: Programme, options: Mapping[str, float]) -> Solved:
    """The cheapest plan among those in which the limits that must hold give way least."""
    return solve_in_order(programme, [broken_limits(programme), programme.cost], options)


def gave_way(programme: Programme, solved: Solved) -> bool:
    """Whether a limit that must hold gave way."""
    return bool((solved.values[broken_limits(programme, HARD) > 0] > _GIVES_WAY).any())


def solve_in_order(programme: Programme, aims: Sequence[Array], options: Mapping[str, float]) -> Solved:
    """The optimum of the last aim among the optima of those before it.

    Parameters
    ----------
    programme
        The programme; its own costs are not used.
    aims
        Costs of each aim, the foremost first; the last keeps the offset of the programme.
    options
        Options of the solver.

    """
    aims = [aim for aim in aims[:-1] if aim.any()] + [aims[-1]]
    if programme.whole.any():
        weighed = np.sum([FIRST ** (len(aims) - 1 - at) * aim for at, aim in enumerate(aims)], axis=0)
        found = Solver(replace(programme, cost=weighed), **options).solve()
        return replace(found, objective=float(aims[-1] @ found.values) + programme.offset, bound=-np.inf)
    held = replace(programme, cost=aims[0], offset=0.0 if len(aims) > 1 else programme.offset)
    solver = Solver(held, **options)
    for at, aim in enumerate(aims[1:], start=2):
        held = replace(held_to(held, solver.solve()), cost=aim, offset=programme.offset if at == len(aims) else 0.0)
        solver.change(held)
    return solver.solve()


def broken_limits(programme: Programme, kinds: Sequence[str] = LIMITS) -> Array:
    """What the first aim counts of each variable: the price of a limit that gives way."""
    found = np.zeros(len(programme.cost))
    for kind in kinds:
        if kind in programme.columns:
            number = programme.columns[kind].number
            found[number[number >= 0]] = programme.cost[number[number >= 0]]
    return found


def value_short(network: Network, prices: Prices, programme: Programme) -> Array:
    """What service counts of each variable: the value of a unit late or lost."""
    short = np.zeros(len(programme.cost))
    value = prices.value[network.demands.place] * network.demands.weight / prices.scale
    for kind in ("late", "lost"):
        number = programme.columns[kind].number
        there = number >= 0
        short[number[there]] = np.broadcast_to(value[:, None], number.shape)[there]
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
