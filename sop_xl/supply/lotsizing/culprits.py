"""What cannot be made in time, in a sentence: from the plan with the fewest units short."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sop_xl.supply.lotsizing.model import lot_model
from sop_xl.supply.lotsizing.problem import Problem, named_period
from sop_xl.supply.lotsizing.search import search

_LIST = 3
_DUST = 1e-6


def unmet(problem: Problem, seconds: float, units: float = 1.0, hours: float = 1.0) -> str:
    """Which demand the plan with the fewest units short leaves unmet; empty where it leaves none.

    Parameters
    ----------
    problem
        What cannot be planned.
    seconds
        Time for the search [s].
    units, hours
        What the problem counts in [units], [h].

    """
    model = lot_model(problem, may_fall_short=True)
    found = search(problem, model, seconds)
    if found.solution is None:
        return "the stock at the start and the smallest lots leave no plan at all"
    short = np.where(model.short >= 0, found.solution[model.short], 0.0)
    if found.bound <= _DUST:
        return ""
    worst = np.argwhere(short > _DUST)
    named = [
        f"{short[i, t] * units:,.6g} of the {problem.demand[i, t] * units:,.6g} units of {problem.items[i]} "
        f"wanted in period {named_period(problem.periods[t])}"
        for i, t in worst[:_LIST]
    ]
    more = f" and {len(worst) - _LIST} more" if len(worst) > _LIST else ""
    return f"{', '.join(named)}{more} cannot be made in time: {_reason(problem, worst, hours)}"


def _reason(problem: Problem, worst: npt.NDArray[np.int64], hours: float) -> str:
    """What stands in the way: a setup longer than any period, too few hours, or lead times."""
    most = (problem.capacity + problem.overtime).max(axis=1, initial=0.0)
    parts = (problem.reach[0][:, np.unique(worst[:, 0])] > 0).any(axis=1)
    for r, part in np.argwhere((problem.setup_time > most[:, None]) & parts):
        return (
            f"a setup of {problem.items[part]} takes {problem.setup_time[r, part] * hours:g} hours and "
            f"{problem.resources[r]} has at most {most[r] * hours:g} in a period"
        )
    until = int(worst[0, 1]) + 1
    limited = [name for r, name in enumerate(problem.resources) if np.isfinite(problem.capacity[r, :until]).any()]
    if limited:
        return (
            f"{' and '.join(limited)} has too few hours up to then; give overtime, a shortage cost, stock or more hours"
        )
    return "the lead times of what goes into it are longer than the periods before it; give stock or a shortage cost"
