"""Adapters of the workforce cases: field by field to the functions of `sop_xl.supply.workforce`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.cases.case import Adapters
from sop_xl.supply.workforce.plan import least_cost_workforce, least_redundancy_workforce
from sop_xl.supply.workforce.staff import WorkforceSettings

Inputs = Mapping[str, Any]
ADAPTERS = Adapters()


@ADAPTERS.kind("manpower", "manpower_planning", "workforce")
def _manpower(i: Inputs) -> dict[str, Any]:
    """Williams: one skill up by retraining (the first limited in people, the rest by share), any down by downgrading."""
    names = list(i["skills"])
    skills = pd.DataFrame({"skill": names, "people": _by_skill(i["start"], names)}).assign(
        wastage=_by_skill(i["veteran_attrition"], names),
        first_wastage=_by_skill(i["rookie_attrition"], names),
        redundancy_cost=_by_skill(i.get("layoff_cost", 0), names),
        short_time_cost=_by_skill(i.get("parttime_cost", 0), names),
        overmanning_cost=_by_skill(i.get("overmanning_cost", 0), names),
        max_short_time=_by_skill(i.get("max_parttime", 0), names),
    )
    tables = {
        "skills": skills,
        "required": _by_period(i["demand"], "people"),
        "recruitment": _by_period(i["max_hiring"], "maximum"),
        "moves": pd.DataFrame(_moves(i, names)),
    }
    settings = WorkforceSettings(float(i.get("max_overmanning", np.inf)), 1.0 - float(i.get("parttime_cap", 0.5)))
    least = {"redundancy": least_redundancy_workforce, "layoffs": least_redundancy_workforce}
    plan = least.get(str(i.get("objective", "cost")), least_cost_workforce)(tables, settings)
    return {"redundancy": plan.redundancy, "layoffs": plan.redundancy, "cost": plan.cost}


def _by_skill(given: Any, names: list[str]) -> list[float]:
    return [float(given.get(name, 0.0) if isinstance(given, Mapping) else given) for name in names]


def _by_period(given: Mapping[str, float], column: str) -> pd.DataFrame:
    rows = [(key.split("|")[1], int(key.split("|")[0]), float(value)) for key, value in given.items()]
    return pd.DataFrame(rows, columns=["skill", "period", column])


def _moves(i: Inputs, names: list[str]) -> list[dict[str, Any]]:
    up = [
        {
            "skill": skill,
            "to_skill": names[n + 1],
            "cost": float(i.get("training_cost", {}).get(skill, 0.0)),
            "maximum": i.get("max_train_unskilled") if n == 0 else None,
            "maximum_share": i.get("max_train_semiskilled") if n > 0 else None,
        }
        for n, skill in enumerate(names[:-1])
    ]
    down = [
        {"skill": names[n], "to_skill": names[to], "wastage": float(i.get("demoted_attrition", 0.0))}
        for n in range(len(names))
        for to in range(n)
    ]
    return up + down
