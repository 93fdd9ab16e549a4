"""What a planner decides before the plan is balanced: fences, policies and the price of falling short."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from sop_xl.errors import InputError

_CHOICES = {
    "short_policy": ("backlog", "lost"),
    "objective": ("priced", "service first"),
    "lots": ("after", "exact"),
}
_RATES = (
    "holding_rate",
    "backlog_rate",
    "lost_rate",
    "safety_rate",
    "overtime_share",
    "overtime_premium",
    "discount_rate",
    "change_rate",
    "slushy_rate",
)


@dataclass(frozen=True)
class PlanSettings:
    """The settings of a supply plan; names and meaning are those of the control table.

    `as_of`: last day of history; the plan starts in the month after it [date].
    `periods`: the months planned; by default the months from `as_of` (or the first demand) to the last demand.
    `frozen_months`: no new order is released inside the frozen fence [months].
    `short_policy`: what happens to demand that cannot be met, `"backlog"` or `"lost"`.
    `holding_rate`: cost of holding stock, share of its value [share/year].
    `backlog_rate`: cost of a late unit, share of its price [share/month].
    `lost_rate`: cost of a lost unit, or of one still late when the horizon ends, share of its price [share].
    `safety_rate`: cost of a unit below target stock, share of its price [share/month].
    `overtime_share`: overtime allowed where capacity does not say, share of regular hours [share].
    `overtime_premium`: premium of an overtime hour over a regular one [share].
    `currency`: currency of every amount, for sentences.
    `objective`: `"priced"` weighs a unit short against what it costs to serve it; `"service first"` finds the least
    value short, then the cheapest plan that keeps it.
    `lots`: `"after"` rounds minimum and multiple after the linear programme, and counts setups, trucks, shifts and
    workers in fractions; `"exact"` plans all of them in whole numbers, as far as `seconds` [s] allow (to a proven gap
    of `gap` [share]).
    `exact_up_to`: a linear programme of more variables is not solved to the last digit but to a proven gap of
    `large_gap` [share], within `seconds`.
    `fair_sharing`: what is short of an item is shared alike among its customers.
    `discount_rate`: what money costs, so that later costs weigh less [share/year].
    `change_rate`: cost of a unit ordered otherwise than in the last plan, share of its value; `slushy_rate` is that of
    the `slushy_months` after the frozen fence [share], [months].

    >>> PlanSettings(short_policy="wait")
    Traceback (most recent call last):
        ...
    sop_xl.errors.InputError: the short policy must be backlog or lost, got 'wait'
    """

    as_of: date | None = None
    periods: pd.DatetimeIndex | None = None
    frozen_months: int = 1
    short_policy: str = "backlog"
    holding_rate: float = 0.24
    backlog_rate: float = 0.10
    lost_rate: float = 1.5
    safety_rate: float = 0.03
    overtime_share: float = 0.20
    overtime_premium: float = 0.50
    currency: str = "USD"
    objective: str = "priced"
    lots: str = "after"
    seconds: float = 60.0
    gap: float = 1e-4
    exact_up_to: int = 300_000
    large_gap: float = 5e-4
    fair_sharing: bool = False
    discount_rate: float = 0.0
    change_rate: float = 0.0
    slushy_months: int = 0
    slushy_rate: float = 0.0

    @property
    def exact_lots(self) -> bool:
        """Whether lots, setups, trucks, shifts and workers are whole numbers."""
        return self.lots == "exact"

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                words = name.replace("_", " ")
                raise InputError(f"the {words} must be {' or '.join(choices)}, got {getattr(self, name)!r}")
        for fence in ("frozen", "slushy"):
            months = getattr(self, f"{fence}_months")
            if months < 0:
                raise InputError(f"the {fence} fence cannot be negative, got {months} months")
        if not self.seconds > 0:
            raise InputError(f"the seconds a plan may take must be more than 0, got {self.seconds:g}")
        for name in _RATES:
            value = float(getattr(self, name))
            if not (np.isfinite(value) and value >= 0):
                raise InputError(f"the {name.replace('_', ' ')} must be 0 or more, got {value:g}")
        if self.periods is not None:
            _check_months(self.periods)


def _check_months(periods: pd.DatetimeIndex) -> None:
    """Refuse anything but successive first days of months."""
    if len(periods) == 0:
        raise InputError("the plan needs at least 1 month, got none")
    expected = pd.date_range(periods[0], periods=len(periods), freq="MS")
    if periods[0].day != 1 or not periods.equals(expected.as_unit(periods.unit)):
        raise InputError(
            f"the planned months must follow each other without a gap, each as its first day; got "
            f"{', '.join(f'{p:%Y-%m-%d}' for p in periods[:4])}{' ...' if len(periods) > 4 else ''}"
        )
