"""Workforce planning: whom to recruit, retrain, downgrade, make redundant or put on short time, by skill and period.

A linear programme over skills and periods. People leave of themselves (natural wastage), more of them in their first
period; what is needed is met by full-time people, and who is not needed is overmanned. Nothing makes it infeasible:
people who cannot be found are *missing*, people who cannot be let go are *beyond* the limit of overmanning, both are
kept least before anything else, and each is said with the limits that stand in the way.

References
----------
[1] H. P. Williams, Model Building in Mathematical Programming, 5th ed., sections 12.5, 13.5, 14.5: Manpower planning.

"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sop_xl.supply.columns import named
from sop_xl.supply.programme.blocks import Array, Programme
from sop_xl.supply.programme.solver import Solved, Solver
from sop_xl.supply.workforce.model import staff_programme
from sop_xl.supply.workforce.staff import Staff, WorkforceSettings, read_staff

_TINY = 1e-6
_PRICED = 1e-7
_COSTS = ("recruitment", "retraining", "redundancy", "short time", "overmanning", "wages")


@dataclass(frozen=True)
class WorkforcePlan:
    """A workforce plan.

    `people`: columns `skill`, `period`, `required`, `workforce`, `recruited`, `redundant`, `short_time`, `overmanning`,
    `missing` [people].
    `moves`: columns `skill`, `to_skill`, `period`, `people`: retraining and downgrading [people].
    `costs`: columns `kind`, `cost` [currency].
    `unmet`: columns `kind` (missing or beyond), `skill` (blank for beyond), `period`, `people`, `says`; empty where all
    limits hold.
    """

    people: pd.DataFrame
    moves: pd.DataFrame
    costs: pd.DataFrame
    unmet: pd.DataFrame

    @property
    def cost(self) -> float:
        """Cost of the plan [currency]."""
        return float(self.costs["cost"].sum())

    @property
    def redundancy(self) -> float:
        """People made redundant over all periods [people]."""
        return float(self.people["redundant"].sum())


def least_cost_workforce(
    tables: Mapping[str, pd.DataFrame], settings: WorkforceSettings | None = None
) -> WorkforcePlan:
    """The workforce plan of least cost, the second aim of [1].

    Parameters
    ----------
    tables
        `skills`: `skill`, `people` (there at the start, all beyond their first period) [people], `wastage`,
        `first_wastage` (in the period of recruitment) [share/period]; and where it costs or is limited
        `recruitment_cost`, `redundancy_cost` [currency/person], `short_time_cost`, `overmanning_cost`, `wage`
        [currency/person/period], `max_short_time`, `max_redundancy` [people/period].
        `required`: `skill`, `period`, `people` [people].
        `recruitment`: `skill`, `period` (or no such column: every period), `maximum` [people]; nobody is recruited
        where there is no row. May be missing.
        `moves`: `skill`, `to_skill`, and `cost` [currency/person], `wastage` (share that leaves over it, by default
        that of `to_skill`), `maximum` [people/period], `maximum_share` (of the people of `to_skill` in the period).
        Retraining upward and downgrading are both moves. May be missing.
    settings
        Overmanning and short time.

    Returns
    -------
    WorkforcePlan
        Fewest people missing first, then least cost.

    Raises
    ------
    InputError
        If a table lacks a column, or a row has an unknown skill, a share outside 0 to 1 or a negative number.

    Ten welders of whom a tenth leaves, twelve needed; recruits cost 5 each and a quarter of them does not stay:

    >>> skills = {"skill": ["welder"], "people": [10], "wastage": [0.1], "first_wastage": [0.25]}
    >>> tables = {
    ...     "skills": pd.DataFrame(skills | {"recruitment_cost": [5]}),
    ...     "required": pd.DataFrame({"skill": ["welder"], "period": [1], "people": [12]}),
    ...     "recruitment": pd.DataFrame({"skill": ["welder"], "maximum": [3]}),
    ... }
    >>> plan = least_cost_workforce(tables)
    >>> round(plan.cost, 6)
    15.0
    >>> plan.unmet["says"].item()
    'in 1, 0.75 of 12 welder are missing: recruitment is at its limit of 3'

    """
    return _planned(tables, settings or WorkforceSettings(), ("unmet", "cost"))


def least_redundancy_workforce(
    tables: Mapping[str, pd.DataFrame], settings: WorkforceSettings | None = None
) -> WorkforcePlan:
    """The workforce plan with fewest people made redundant, and of those the cheapest: the first aim of [1].

    Parameters
    ----------
    tables, settings
        As for `least_cost_workforce`.

    Returns
    -------
    WorkforcePlan
        Fewest people missing first, then fewest redundant, then least cost.

    Raises
    ------
    InputError
        As for `least_cost_workforce`.

    One fitter too many, and room to keep one more than needed, which costs more than to let them go:

    >>> skills = {"skill": ["fitter"], "people": [5], "wastage": [0], "first_wastage": [0], "overmanning_cost": [9]}
    >>> required = pd.DataFrame({"skill": ["fitter"], "period": [1], "people": [4]})
    >>> plan = least_redundancy_workforce({"skills": pd.DataFrame(skills), "required": required})
    >>> plan.redundancy, plan.cost
    (0.0, 9.0)

    """
    return _planned(tables, settings or WorkforceSettings(), ("unmet", "redundancy", "cost"))


def _planned(tables: Mapping[str, pd.DataFrame], settings: WorkforceSettings, aims: tuple[str, ...]) -> WorkforcePlan:
    """One aim after the other, each sought among the plans that are best for those before it."""
    staff = read_staff(tables)
    programme = staff_programme(staff, settings)
    counted = {"unmet": ("missing", "beyond"), "redundancy": ("redundant",)}
    current, solver = programme, None
    for aim in aims:
        cost = programme.cost
        if aim in counted:
            cost = np.zeros(programme.shape[1])
            for kind in counted[aim]:
                cost[programme.columns[kind].number] = 1.0
        current = replace(current, cost=cost)
        solver = solver or Solver(current)
        solver.change(current)
        solved = solver.solve()
        current = _optima(current, solved)
    return _report(staff, settings, programme, solved.values)


def _optima(programme: Programme, solved: Solved) -> Programme:
    """The programme with all its optimal plans and no others: what has a price is held at its bound."""
    lower, upper = _held(programme.lower, programme.upper, solved.reduced)
    row_lower, row_upper = _held(programme.row_lower, programme.row_upper, solved.prices)
    return replace(programme, lower=lower, upper=upper, row_lower=row_lower, row_upper=row_upper)


def _held(lower: Array, upper: Array, price: Array) -> tuple[Array, Array]:
    return np.where(price < -_PRICED, upper, lower), np.where(price > _PRICED, lower, upper)


def _report(staff: Staff, settings: WorkforceSettings, programme: Programme, values: Array) -> WorkforcePlan:
    found = {kind: values[block.number] for kind, block in programme.columns.items()}
    found = {kind: np.where(np.abs(value) < _TINY, 0.0, value) for kind, value in found.items()}
    keys = pd.MultiIndex.from_product([staff.skills["skill"], staff.periods], names=["skill", "period"])
    kinds = ("workforce", "recruited", "redundant", "short_time", "overmanning", "missing")
    people = pd.DataFrame(
        {"required": staff.required.ravel(), **{kind: found[kind].ravel() for kind in kinds}}, index=keys
    ).reset_index()
    moves = staff.moves[["skill", "to_skill"]].merge(pd.DataFrame({"period": staff.periods}), how="cross")
    moves["people"] = found["move"].ravel()
    paid = {kind: programme.cost[block.number] * found[kind] for kind, block in programme.columns.items()}
    of_kind = ("recruited", "move", "redundant", "short_time", "overmanning", "workforce")
    costs = pd.DataFrame({"kind": _COSTS, "cost": [float(paid[kind].sum()) for kind in of_kind]})
    return WorkforcePlan(people, moves, costs, _unmet(staff, settings, found))


def _unmet(staff: Staff, settings: WorkforceSettings, found: Mapping[str, Array]) -> pd.DataFrame:
    """What no plan can meet, each with the limits that stand in the way."""
    rows: list[tuple[str, object, object, float, str]] = []
    for s, t in zip(*np.nonzero(found["missing"] > _TINY), strict=True):
        skill, period, short = staff.skills["skill"][s], staff.periods[t], float(found["missing"][s, t])
        says = (
            f"in {named(period)}, {short:.6g} of {staff.required[s, t]:.6g} {skill} are missing: "
            f"{'; '.join(_ways_in(staff, s, t))}"
        )
        rows.append(("missing", skill, period, short, says))
    for t in map(int, np.flatnonzero(found["beyond"] > _TINY)):
        period, many = staff.periods[t], float(found["beyond"][t])
        kept = [f"{staff.skills['skill'][s]}" for s in np.flatnonzero(found["overmanning"][:, t] > _TINY)]
        says = (
            f"in {named(period)}, {many:.6g} people are kept beyond the {settings.max_overmanning:.6g} that "
            f"overmanning allows, among {', '.join(kept)}: redundancy is at its limit"
        )
        rows.append(("beyond", "", period, many, says))
    return pd.DataFrame(rows, columns=["kind", "skill", "period", "people", "says"])


def _ways_in(staff: Staff, s: int, t: int) -> list[str]:
    """The ways people come into a skill, with their limits."""
    most = staff.recruits[s, t]
    ways = [f"recruitment is at its limit of {most:.6g}" if most > 0 else "nobody can be recruited"]
    for m in np.flatnonzero(staff.target == s):
        row = staff.moves.iloc[m]
        limits = [f"{row['maximum']:.6g}"] if np.isfinite(row["maximum"]) else []
        limits += [f"{row['maximum_share']:.6g} of those there"] if np.isfinite(row["maximum_share"]) else []
        limit = f" up to {' and '.join(limits)}" if limits else " as far as they are there"
        ways.append(f"{row['skill']} move to it{limit}")
    return ways
