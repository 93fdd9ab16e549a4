"""Whether an override still makes sense: the plan it was typed against, the plan there now, and who typed it.

An override is typed against what the plan said that day. Forecasts move on: what was a correction then may be double
counting now, or may be what the plan says by itself. And not every hand is lucky: what a person's and a reason's past
changes did to the error stands beside the next one.

Reference: Fildes, Goodwin, Lawrence, Nikolopoulos (2009), Effective forecasting and judgmental adjustments, IJF 25,
3-23 (changes upwards and downwards fare differently, so they are told apart).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from sop_xl.demand.forecasting.smoothing import Floats
from sop_xl.errors import InputError

STALE = 0.10
"""Share by which the plan below an override may move before it is called stale [share]."""

AGREES = 0.2
"""Share of the change asked for that may be missing while the plan is said to agree [share]."""

ENOUGH = 4
"""Changes from which a record is told [changes]."""

LATEST = 12
"""Changes a record looks back over [changes]."""

_WHOLE_FROM = 10
"""Whole values from here on are scaled to whole values [units]."""


@dataclass(frozen=True)
class Move:
    """The plan below an override: when it was typed, now, what the override asks for, and what that means.

    against, now, wanted [units] are sums over the months that are compared; share is the move of the sum [share], NaN
    from 0; `moved` says that the months moved by more than the limit, `agrees` that the plan now says what was asked.
    """

    against: float
    now: float
    wanted: float
    share: float
    moved: bool
    agrees: bool


def wanted(kind: str, value: float, against: ArrayLike) -> Floats:
    """What an override asked for in each month, seen from the plan it was typed against.

    Parameters
    ----------
    kind, value
        absolute [units], units [units] or percent [share]
    against
        the plan of its scope when it was typed, by month, shape (months,) [units]

    >>> wanted("percent", 0.1, [100.0, 50.0]), wanted("units", -60.0, [100.0, 50.0]), wanted("absolute", 80.0, [100.0])
    (array([110.,  55.]), array([40.,  0.]), array([80.]))

    """
    plan = np.asarray(against, dtype=float)
    match kind:
        case "percent":
            return np.asarray(plan * max(1.0 + value, 0.0))
        case "units":
            return np.asarray(np.maximum(plan + value, 0.0))
        case "absolute":
            return np.full(plan.shape, float(value))
        case _:
            raise InputError(f"an override is absolute, units or percent, got {kind!r}")


def compared(kind: str, value: float, against: ArrayLike, now: ArrayLike, limit: float = STALE) -> Move:
    """An override against the plan that it changes now.

    Parameters
    ----------
    kind, value
        as in `wanted`
    against, now
        the plan of its scope before it, when it was typed and now, by month, shape (months,) [units]
    limit
        move of the months from which the baseline has moved [share]

    Months are compared one by one, so that a rise and a fall do not make up for each other. The plan agrees where it
    is nearer to what was asked for than `AGREES` of the change asked.

    >>> move = compared("percent", 0.2, [100.0, 100.0], [119.0, 121.0])
    >>> round(move.share, 2), move.moved, move.agrees
    (0.2, True, True)
    >>> compared("percent", 0.2, [100.0, 100.0], [80.0, 120.0]).moved
    True

    """
    old, new = np.asarray(against, dtype=float), np.asarray(now, dtype=float)
    goal = wanted(kind, value, old)
    before, change = float(old.sum()), float(np.abs(new - old).sum())
    asked, missing = float(np.abs(goal - old).sum()), float(np.abs(goal - new).sum())
    share = float(new.sum() - before) / before if before > 0 else (0.0 if change == 0 else np.nan)
    agrees = len(new) > 0 and missing <= AGREES * asked
    return Move(before, float(new.sum()), float(goal.sum()), share, change > limit * before, agrees)


def rebased(kind: str, value: float, against: float, now: float) -> float:
    """The value that is the same share of the plan now as `value` was of the plan it was typed against.

    Parameters
    ----------
    kind, value
        as in `wanted`
    against, now
        sums of the plan of its scope over the same months, when it was typed and now [units]

    A percentage is a share already and stays. Whole values from 10 on stay whole, others get two decimals.

    Raises
    ------
    InputError
        Where the plan it was typed against was 0: there is no share to keep.

    >>> rebased("units", 40.0, 200.0, 250.0), rebased("absolute", 3.5, 7.0, 9.0), rebased("percent", 0.1, 7.0, 9.0)
    (50.0, 4.5, 0.1)

    """
    if kind == "percent":
        return float(value)
    if not against > 0:
        raise InputError("it was typed against a plan of 0 units, so it has no share of it to keep")
    scaled = value * now / against
    whole = float(value).is_integer() and abs(value) >= _WHOLE_FROM
    return float(round(scaled) if whole and round(scaled) != 0 else round(scaled, 2))


@dataclass(frozen=True)
class Record:
    """How past changes fared: whose or what for, how many, and the error they took away [share of what was sold]."""

    of: str
    changes: int
    fva: float

    @property
    def says(self) -> str:
        """In words.

        >>> Record("Ann's {} upward changes for Promotion", 8, -0.031).says
        "Ann's last 8 upward changes for Promotion cost 3.1 pp"
        """
        points = f"{abs(self.fva) * 100:.1f} pp"
        done = "changed nothing" if points == "0.0 pp" else f"{'gained' if self.fva > 0 else 'cost'} {points}"
        return f"{self.of.format(f'last {self.changes}')} {done}"


def records(decisions: pd.DataFrame, owner: str, reason: str, *, up: bool) -> tuple[Record, ...]:
    """How the past changes of an owner, and those made for a reason, fared: at most one of each.

    Parameters
    ----------
    decisions
        owner, reason, period, before, after, actual [units]: result of `decisions.changes_at_lag`
    owner, reason
        of the override that is looked at
    up
        whether it raises the plan

    The narrowest set with `ENOUGH` changes is told: this owner for this reason in this direction, in either direction,
    for any reason. Then the same for the reason whoever made them, unless these are the same changes.

    >>> made = pd.DataFrame({"owner": "Ann", "reason": "Promotion", "period": pd.date_range("2020-01-01", periods=4),
    ...                      "before": 100.0, "after": 120.0, "actual": 105.0})
    >>> [record.says for record in records(made, "Ann", "Promotion", up=True)]
    ["Ann's last 4 upward changes for Promotion cost 9.5 pp"]

    """
    if decisions.empty:
        return ()
    moved = decisions[decisions["after"].ne(decisions["before"])].sort_values("period", kind="stable")
    mine, same = moved["owner"].eq(owner), moved["reason"].eq(reason)
    way, named = moved["after"].gt(moved["before"]).eq(up), "upward" if up else "downward"
    whose = f"{owner}'s"
    found: list[tuple[str, pd.Series[bool]]] = []
    for sets in (
        (
            (f"{whose} {{}} {named} changes for {reason}", mine & same & way),
            (f"{whose} {{}} changes for {reason}", mine & same),
            (f"{whose} {{}} {named} changes", mine & way),
            (f"{whose} {{}} changes", mine),
        ),
        (
            (f"everybody's {{}} {named} changes for {reason}", same & way),
            (f"everybody's {{}} changes for {reason}", same),
        ),
    ):
        enough = next(((of, rows) for of, rows in sets if rows.sum() >= ENOUGH), None)
        if enough is not None and not any(enough[1].equals(rows) for _, rows in found):
            found.append(enough)
    return tuple(_judged(of, moved[rows].tail(LATEST)) for of, rows in found)


def counted(decisions: pd.DataFrame, owner: str) -> int:
    """How many changes of an owner have been judged so far."""
    return (
        0 if decisions.empty else int((decisions["owner"].eq(owner) & decisions["after"].ne(decisions["before"])).sum())
    )


def _judged(of: str, made: pd.DataFrame) -> Record:
    gain = (made["actual"] - made["before"]).abs().sum() - (made["actual"] - made["after"]).abs().sum()
    sold = float(made["actual"].abs().sum())
    # where nothing was sold, in shares of what was forecast before
    of_what = sold if sold > 0 else float(made["before"].abs().sum()) or 1.0
    return Record(of, len(made), float(gain) / of_what)
