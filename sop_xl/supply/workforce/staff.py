"""The tables of a workforce plan as arrays, every row checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sop_xl.errors import InputError
from sop_xl.supply.columns import Number, check_codes, read_columns
from sop_xl.supply.programme.blocks import Array, Numbers

_SHARE = Number(high=1.0)


@dataclass(frozen=True)
class WorkforceSettings:
    """What holds for all skills.

    `max_overmanning`: people more than needed that may be kept, all skills of a period together [people].
    `short_time_output`: what a person on short time gets done, share of a full day [share].
    `max_redundancy`: people made redundant in all periods together [people].

    >>> WorkforceSettings(short_time_output=2)
    Traceback (most recent call last):
        ...
    sop_xl.errors.InputError: the output of a person on short time must lie between 0 and 1, got 2
    """

    max_overmanning: float = np.inf
    short_time_output: float = 0.5
    max_redundancy: float = np.inf

    def __post_init__(self) -> None:
        for name, most in (("overmanning", self.max_overmanning), ("redundancy", self.max_redundancy)):
            if not most >= 0:
                raise InputError(f"the limit of {name} must be 0 or more, got {most:g}")
        if not 0 <= self.short_time_output <= 1:
            raise InputError(
                f"the output of a person on short time must lie between 0 and 1, got {self.short_time_output:g}"
            )


@dataclass(frozen=True)
class Staff:
    """The tables as arrays: a row a skill or move, a column a period."""

    skills: pd.DataFrame
    moves: pd.DataFrame
    periods: pd.Index
    required: Array
    recruits: Array
    source: Numbers
    target: Numbers


def read_staff(tables: Mapping[str, pd.DataFrame]) -> Staff:
    """Check the tables of `least_cost_workforce` and lay them out by skill and period."""
    for needed in ("skills", "required"):
        if needed not in tables:
            raise InputError(f"a workforce plan needs the table {needed}")
    free, endless = Number(blank=0.0), Number(blank=np.inf)
    costs = ("recruitment_cost", "redundancy_cost", "short_time_cost", "overmanning_cost", "wage")
    skills = read_columns(
        tables["skills"], "skills", ["skill"],
        {"people": Number(), "wastage": _SHARE, "first_wastage": _SHARE, **dict.fromkeys(costs, free),
         "max_short_time": free, "max_redundancy": endless},
    )  # fmt: skip
    if skills.empty:
        raise InputError("a workforce plan needs at least 1 skill, got none")
    known = skills["skill"].tolist()
    required = read_columns(tables["required"], "required", ["skill", "period"], {"people": Number()})
    check_codes(required, "required", "skill", known, "skill")
    if required.empty:
        raise InputError("a workforce plan needs at least 1 period, got none")
    periods = pd.Index(sorted(required["period"].unique()))
    number = pd.Series(range(len(known)), index=known)
    need = np.zeros((len(known), len(periods)))
    need[number[required["skill"]], periods.get_indexer(pd.Index(required["period"]))] = required["people"]
    moves = read_columns(
        tables.get("moves", pd.DataFrame(columns=["skill", "to_skill"])), "moves", ["skill", "to_skill"],
        {"cost": free, "wastage": Number(high=1.0, blank=np.nan), "maximum": endless, "maximum_share": endless},
    )  # fmt: skip
    for column in ("skill", "to_skill"):
        check_codes(moves, "moves", column, known, "skill")
    if (moves["skill"] == moves["to_skill"]).any():
        row = moves[moves["skill"] == moves["to_skill"]].iloc[0]
        raise InputError(f"moves, row {row['skill']} / {row['to_skill']}: a move leads to another skill")
    source, target = (np.asarray(number[moves[c]], dtype=np.int32) for c in ("skill", "to_skill"))
    moves["wastage"] = moves["wastage"].fillna(pd.Series(skills["wastage"].to_numpy()[target]))
    return Staff(skills, moves, periods, need, _recruits(tables, number, periods), source, target)


def _recruits(tables: Mapping[str, pd.DataFrame], number: pd.Series, periods: pd.Index) -> Array:
    """The most that can be recruited by skill and period; nobody where the table says nothing."""
    most = np.zeros((len(number), len(periods)))
    given = tables.get("recruitment")
    if given is None:
        return most
    dated = "period" in given.columns
    keys = ["skill", "period"] if dated else ["skill"]
    read = read_columns(given, "recruitment", keys, {"maximum": Number()})
    check_codes(read, "recruitment", "skill", number.index.tolist(), "skill")
    rows = number[read["skill"]].to_numpy()
    if not dated:
        most[rows] = read["maximum"].to_numpy()[:, None]
        return most
    at = periods.get_indexer(pd.Index(read["period"]))
    most[rows[at >= 0], at[at >= 0]] = read["maximum"][at >= 0]
    return most
