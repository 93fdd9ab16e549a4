"""How far the price of a limit holds: the range in which one more hour or unit is worth what it says.

The least cost of a plan falls ever more slowly as a limit grows: it is convex and made of straight pieces, and a price
is the slope of one [1]. The basis of the solution tells a range in which the price surely holds, at no cost, but where
several bases give the same plan it may be far too short, even 0, and in a large plan the pieces are many and short: the
price falls by a thousandth every hour. So the prices worth most are followed by solving again, to where what more of
the limit is worth on average has fallen by 5% (or any share, 0 finds the end of the piece): from a plan farther off,
the straight line through its cost leads back to where the two meet, in a few steps [2]. At a corner, one more is worth
less than one less would cost: then both are told.

References
----------
[1] Bertsimas & Tsitsiklis, Introduction to Linear Optimization, sections 5.1-5.3: global dependence on a limit.
[2] Eisner & Severance, Mathematical techniques for efficient record segmentation in large shared databases, J. ACM 23
    (1976): the breakpoints of a piecewise linear convex function from few evaluations.

"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sop_xl.errors import PlanningError
from sop_xl.supply.explain.kept import Change, Kept, keep
from sop_xl.supply.explain.prices import Limit, binding_limits
from sop_xl.supply.explain.words import amount, units
from sop_xl.supply.network import Array

if TYPE_CHECKING:
    from sop_xl.supply.plan import Plan

_STEPS = 20
"""Most solves to follow a price to one side."""

_LEAST = 1.0
"""How far a price is followed upward at the least [units of the limit]."""

_SAME = 1e-7
"""Costs that differ by less, as a share, are the same."""


@dataclass(frozen=True)
class Reach:
    """How far a price holds to one side [units of the limit], and the price there: beyond the end, or at the corner.

    `ended` is False where it holds as far as was looked.
    """

    far: float
    beyond: float
    ended: bool


def price_ranges(
    plan: Plan, top: int = 10, *, within: float = 0.05, reach: float = 0.25, kept: Kept | None = None
) -> pd.DataFrame:
    """What one more of each binding limit is worth, and for how many more and fewer that holds.

    Parameters
    ----------
    plan
        The plan.
    top
        Limits whose prices are followed by solving again, those worth most first (price times the limit); the others
        have the range of the basis, which is never too long.
    within
        A price holds while what more is worth on average, or fewer would cost, differs by no more than this [share].
    reach
        How far a price is followed, as a share of its limit [share].
    kept
        The programme of the plan, if it is kept already (`keep`).

    Returns
    -------
    DataFrame
        `kind`, `name`, `period`, `limit` (its size in the plan), `unit`, `price` [currency/unit], `more` and `fewer`
        (how many more or fewer the price holds for) [units of the limit], `followed` (whether it was), `next_price`
        (what one more is worth at the end of `more`) [currency/unit], `says`. By kind, name and period. `more` 0 where
        it was followed is a corner: one more is worth `next_price`, one less would cost `price`.

    Raises
    ------
    PlanningError
        If the solver gives up.

    """
    held = kept or keep(plan)
    limits = binding_limits(held.network, held.solution)
    sizes = [_size(held, limit) for limit in limits]
    worth = np.array([limit.price * size for limit, size in zip(limits, sizes, strict=True)])
    chosen = set(np.argsort(-worth, kind="stable")[:top].tolist())
    held.trial([])
    basis = _basis_ranges(held)
    rows = []
    for number, (limit, size) in enumerate(zip(limits, sizes, strict=True)):
        up, down = _of_basis(held, limit, basis)
        followed = number in chosen
        if followed:
            up = follow(held, limit, max(reach * size, _LEAST), within, 1)
            down = follow(held, limit, reach * size, within, -1)
        rows.append((
            limit.kind, limit.name, held.network.periods[limit.month], size, limit.unit, limit.price, up.far, down.far,
            followed, up.beyond, _sentence(held, limit, up, followed=followed),
        ))  # fmt: skip
    columns = ["kind", "name", "period", "limit", "unit", "price", "more", "fewer", "followed", "next_price", "says"]
    kinds = dict.fromkeys(("limit", "price", "more", "fewer", "next_price"), "float64")
    text = dict.fromkeys(("kind", "name", "unit", "says"), "str")
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype({**kinds, **text, "followed": "bool", "period": "datetime64[ns]"})


def follow(kept: Kept, limit: Limit, reach: float, within: float, side: int) -> Reach:
    """Follow the price of a limit to where it holds no longer, by solving again: upward (1) or downward (-1).

    Parameters
    ----------
    kept
        The programme of the plan.
    limit
        The limit.
    reach
        How far to look [units of the limit].
    within
        Share by which what more is worth on average may differ.
    side
        1 for more of it, -1 for fewer.

    """
    start, slope = kept.money(kept.base), -limit.price * (side - within)
    close = max(_SAME, within / 50) * abs(slope)
    far, beyond, ended = reach, limit.price, False
    for _ in range(_STEPS):
        if far <= _SAME * reach:
            return Reach(0.0, beyond, ended)
        tried = _tried(kept, limit, far * side)
        if tried is None:  # nothing satisfies so small a limit: look half as far
            far, ended = far / 2, True
            continue
        cost, there = tried
        over = cost - start - slope * far
        beyond = there
        if over <= close * far + _SAME * _SAME * max(1.0, abs(start)):
            return Reach(far, beyond, ended)
        ended = True
        steeper = -there * side - slope
        if steeper <= _SAME * abs(slope):
            return Reach(far, beyond, ended)
        far = max(0.0, far - over / steeper)
    return Reach(far, beyond, ended)


def _tried(kept: Kept, limit: Limit, by: float) -> tuple[float, float] | None:
    """Cost of the plan with more (or less) of a limit, and its price there; None where there is no plan."""
    at = kept.number(limit.block, limit.thing, limit.month, row=limit.row)
    try:
        solved = kept.trial([Change("row_upper" if limit.row else "upper", at, np.full(len(at), by))])
    except PlanningError:
        return None
    price = -(solved.prices if limit.row else solved.reduced)[at[0]] * kept.prices.scale
    return kept.money(solved), max(0.0, float(price))


def _size(kept: Kept, limit: Limit) -> float:
    """How large a limit is in the plan: hours, units, money; what the people give for hours of theirs."""
    if limit.block == "crew_hours":
        crews = kept.network.crews
        return float(kept.solution.workers[limit.thing, limit.month] * crews.hours[limit.thing, limit.month])
    part = kept.programme.row_upper if limit.row else kept.programme.upper
    return float(part[kept.number(limit.block, limit.thing, limit.month, row=limit.row)[0]])


def _basis_ranges(kept: Kept) -> dict[bool, tuple[Array, Array]]:
    """Ranges of limits in which the basis of the solution stays the best, from HiGHS."""
    found = kept.solver.ranging()
    return {False: (found.column_down, found.column_up), True: (found.row_down, found.row_up)}


def _of_basis(kept: Kept, limit: Limit, basis: dict[bool, tuple[Array, Array]]) -> tuple[Reach, Reach]:
    at = int(kept.number(limit.block, limit.thing, limit.month, row=limit.row)[0])
    here = float((kept.programme.row_upper if limit.row else kept.programme.upper)[at])
    down, up = (float(side[at]) for side in basis[limit.row])
    return (
        Reach(max(0.0, up - here) if np.isfinite(up) else np.inf, np.nan, ended=True),
        Reach(max(0.0, here - down) if np.isfinite(down) else np.inf, np.nan, ended=True),
    )


def _sentence(kept: Kept, limit: Limit, up: Reach, *, followed: bool) -> str:
    """What one more of a limit is worth, and for how many."""
    currency, unit = kept.network.settings.currency, limit.unit
    says, price = f"{limit.called(kept.network)} is worth", amount(limit.price, currency)
    of = f"{unit}s" if unit in {"hour", "unit"} else unit
    if followed and up.far == 0.0:
        less = "nothing more" if up.beyond <= 0 else amount(up.beyond, currency)
        return f"{says} {less}, though one less would cost {price}"
    if not followed:
        if up.far == 0.0:
            return f"{says} up to {price}; how far that holds was not followed"
        reach = "however many" if np.isinf(up.far) else f"at least {_counted(up.far, unit, of)}"
        return f"{says} {price}, for {reach}"
    if not up.ended:
        return f"{says} {price}, for at least {_counted(up.far, unit, of)}"
    then = "nothing" if up.beyond <= 0 else amount(up.beyond, currency)
    return f"{says} {price}, for up to {_counted(up.far, unit, of)}, then {then}"


def _counted(number: float, unit: str, many: str) -> str:
    shown = units(number)
    return f"{shown} {unit if shown == '1' else many}"
