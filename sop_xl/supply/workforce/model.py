"""The workforce plan as a linear programme over skills and periods.

References
----------
[1] H. P. Williams, Model Building in Mathematical Programming, 5th ed., section 13.5: Manpower planning.

"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from sop_xl.supply.columns import named
from sop_xl.supply.programme.blocks import Blocks, Programme
from sop_xl.supply.workforce.staff import Staff, WorkforceSettings, read_staff


def workforce_programme(
    tables: Mapping[str, pd.DataFrame], settings: WorkforceSettings | None = None
) -> tuple[Programme, dict[str, tuple[str, ...]]]:
    """The programme of a workforce plan with the aim of least cost, and the names `readable` shows it with.

    With s a skill, t a period, w wastage, f that of the first period and m a move from s to another skill:

        balance:            workforce[s,t] = (1 - w[s]) workforce[s,t-1] + (1 - f[s]) recruited[s,t]
                            + sum over m into s of (1 - w[m]) move[m,t]
                            - sum over m out of s of move[m,t] - redundant[s,t]
        required:           workforce[s,t] - (1 - output) short_time[s,t] - overmanning[s,t] + missing[s,t]
                            = required[s,t]
        overmanning_limit:  sum over s of overmanning[s,t] - beyond[t] <= max_overmanning
        move_share:         move[m,t] <= maximum_share[m] workforce[to m,t]
        short_time_limit:   short_time[s,t] <= workforce[s,t]
        total_redundant:    sum over s, t of redundant[s,t] <= max_redundancy

    Parameters
    ----------
    tables, settings
        As for `least_cost_workforce`.

    Returns
    -------
    (Programme, dict)
        The programme, and names by what its blocks are of.

    Raises
    ------
    InputError
        As for `least_cost_workforce`.

    >>> skills = {"skill": ["fitter"], "people": [5], "wastage": [0.2], "first_wastage": [0.2]}
    >>> required = pd.DataFrame({"skill": ["fitter"], "period": [1], "people": [4]})
    >>> workforce_programme({"skills": pd.DataFrame(skills), "required": required})[0].shape
    (5, 7)

    """
    staff = read_staff(tables)
    names = {
        "skill": tuple(map(named, staff.skills["skill"])),
        "move": tuple(f"{a},{b}" for a, b in zip(staff.moves["skill"], staff.moves["to_skill"], strict=True)),
        "month": tuple(map(named, staff.periods)),
        "period": tuple(map(named, staff.periods)),
        "total": ("all",),
    }
    return staff_programme(staff, settings or WorkforceSettings()), names


def staff_programme(staff: Staff, settings: WorkforceSettings) -> Programme:
    """The programme of `workforce_programme` from checked tables."""
    skills, moves = staff.skills, staff.moves
    shape, move_shape, periods = staff.required.shape, (len(moves), len(staff.periods)), len(staff.periods)
    of = {name: skills[name].to_numpy()[:, None] for name in skills.columns if name != "skill"}
    b = Blocks()
    workforce = b.add_columns("workforce", "skill", shape, cost=of["wage"])
    recruited = b.add_columns("recruited", "skill", shape, cost=of["recruitment_cost"], upper=staff.recruits)
    redundant = b.add_columns("redundant", "skill", shape, cost=of["redundancy_cost"], upper=of["max_redundancy"])
    short = b.add_columns("short_time", "skill", shape, cost=of["short_time_cost"], upper=of["max_short_time"])
    over = b.add_columns("overmanning", "skill", shape, cost=of["overmanning_cost"])
    missing = b.add_columns("missing", "skill", shape)
    most, cost = (moves[name].to_numpy()[:, None] for name in ("maximum", "cost"))
    move = b.add_columns("move", "move", move_shape, cost=cost, upper=most)
    beyond = b.add_columns("beyond", "period", (periods,))

    stays = 1 - of["wastage"]
    at_start = np.zeros(shape)
    at_start[:, 0] = stays[:, 0] * of["people"][:, 0]
    balance = b.add_rows("balance", "skill", shape, lower=at_start, upper=at_start)
    b.add_terms(balance, 1.0, workforce)
    b.add_terms(balance[:, 1:], -stays, workforce[:, :-1])
    b.add_terms(balance, of["first_wastage"] - 1, recruited)
    b.add_terms(balance, 1.0, redundant)
    b.add_terms(balance[staff.target], moves["wastage"].to_numpy()[:, None] - 1, move)
    b.add_terms(balance[staff.source], 1.0, move)

    required = b.add_rows("required", "skill", shape, lower=staff.required, upper=staff.required)
    b.add_terms(required, 1.0, workforce)
    b.add_terms(required, settings.short_time_output - 1, short)
    b.add_terms(required, -1.0, over)
    b.add_terms(required, 1.0, missing)

    limit = b.add_rows("overmanning_limit", "period", (periods,), upper=settings.max_overmanning)
    b.add_terms(limit, 1.0, over)
    b.add_terms(limit, -1.0, beyond)
    share = moves["maximum_share"].to_numpy()[:, None]
    shared = b.add_rows("move_share", "move", move_shape, upper=0.0, where=np.isfinite(share))
    b.add_terms(shared, 1.0, move)
    b.add_terms(shared, np.where(np.isfinite(share), -share, 0.0), workforce[staff.target])
    present = b.add_rows("short_time_limit", "skill", shape, upper=0.0)
    b.add_terms(present, 1.0, short)
    b.add_terms(present, -1.0, workforce)

    b.add_terms(b.add_rows("total_redundant", "total", (1,), upper=settings.max_redundancy), 1.0, redundant)
    return b.programme()
