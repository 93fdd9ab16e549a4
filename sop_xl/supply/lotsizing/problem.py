"""A lot-sizing problem as arrays, and what follows from it before anything is solved: needs, largest lots.

Items i = 1..I, periods t = 1..T, resources r = 1..R. An item may go into others (`uses`), so that a made-to-stock item
on one machine and an assembly tree are the same problem.

References
----------
[1] Y. Pochet, L. Wolsey (2006): Production Planning by Mixed Integer Programming, sections 4.5, 7.2 and 13.2.

"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Problem:
    """Lots to be sized.

    `demand` (I, T) of customers [units]; `uses` (I, I), units of the first in one of the second; `lead_time` (I,) whole
    [periods]: a lot of period t took what it is made of lead_time periods earlier. `stock` (I,) at the start [units],
    `setup_cost` (I,) [money], `holding_cost` (I,) of a unit at the end of a period [money/unit], `minimum` (I,), the
    smallest lot [units]. `unit_time` (R, I) [h/unit], `setup_time` (R, I) [h], `capacity` (R, T) and `overtime` (R, T),
    the most [h], `overtime_cost` (R,) [money/h]. `shortage_cost` (I,) of a unit never delivered [money/unit], None
    where all demand must be met. `periods` are labels of any kind.
    """

    items: tuple[str, ...]
    periods: tuple[Any, ...]
    resources: tuple[str, ...]
    demand: Floats
    uses: Floats
    lead_time: npt.NDArray[np.int64]
    stock: Floats
    setup_cost: Floats
    holding_cost: Floats
    minimum: Floats
    unit_time: Floats
    setup_time: Floats
    capacity: Floats
    overtime: Floats
    overtime_cost: Floats
    shortage_cost: Floats | None = None

    def measured_in(self, units: float, hours: float) -> Problem:
        """The same problem with quantities in so many units and times in so many hours."""
        return replace(
            self,
            demand=self.demand / units,
            stock=self.stock / units,
            minimum=self.minimum / units,
            holding_cost=self.holding_cost * units,
            unit_time=self.unit_time * units / hours,
            setup_time=self.setup_time / hours,
            capacity=self.capacity / hours,
            overtime=self.overtime / hours,
            overtime_cost=self.overtime_cost * hours,
            shortage_cost=None if self.shortage_cost is None else self.shortage_cost * units,
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Items and periods."""
        return len(self.items), len(self.periods)

    @cached_property
    def order(self) -> list[int]:
        """The items, each after those it goes into."""
        lacking = (self.uses > 0).sum(axis=1)
        ready = [int(i) for i in np.flatnonzero(lacking == 0)]
        found: list[int] = []
        while ready:
            i = ready.pop()
            found.append(i)
            for part in np.flatnonzero(self.uses[:, i] > 0):
                lacking[part] -= 1
                if lacking[part] == 0:
                    ready.append(int(part))
        return found

    @cached_property
    def needs(self) -> Floats:
        """P (I, T): no plan has made less of an item by the end of a period [units].

        P_i(t) = max(0, D_i(1..t) + sum over j of uses_ij P_j(t + lead_j) - stock_i), echelon demand net of stock as in
        [1], section 13.2, taken level by level. Without shortages.
        """
        ahead = np.cumsum(self.demand, axis=1)
        found = np.zeros(self.shape)
        for i in self.order:
            wanted = ahead[i].copy()
            for j in np.flatnonzero(self.uses[i] > 0):
                wanted += self.uses[i, j] * _later(found[j], int(self.lead_time[j]), found[j, -1])
            found[i] = np.maximum.accumulate(np.maximum(wanted - self.stock[i], 0.0))
        return found

    @cached_property
    def largest(self) -> Floats:
        """M (I, T): no best plan has a larger lot [units]; 0 where none is possible.

        What is still wanted from the period on, at least the smallest lot, at most what the hours allow; what a
        smallest lot makes too many passes down to what it is made of.
        """
        items, periods = self.shape
        to_come = np.zeros(self.shape)
        for i in self.order:
            wanted = np.cumsum(self.demand[i, ::-1])[::-1]
            for j in np.flatnonzero(self.uses[i] > 0):
                wanted = wanted + self.uses[i, j] * _later(to_come[j], int(self.lead_time[j]), 0.0)
            wanted = np.minimum(wanted, max(wanted[0] - self.stock[i], 0.0))
            to_come[i] = np.where(wanted > 0, wanted + self.minimum[i], 0.0)
        most = np.where(to_come > 0, np.maximum(to_come - self.minimum[:, None], self.minimum[:, None]), 0.0)
        for r in range(len(self.resources)):
            hours = (self.capacity[r] + self.overtime[r])[None, :] - self.setup_time[r][:, None]
            time = np.broadcast_to(self.unit_time[r][:, None], (items, periods))
            fits = np.divide(hours, time, out=np.full(self.shape, np.inf), where=time > 0)
            uses_it = (self.unit_time[r] + self.setup_time[r] > 0)[:, None]
            most = np.where(uses_it, np.where(hours < 0, 0.0, np.minimum(most, np.maximum(fits, 0.0))), most)
        first = np.where((self.uses > 0).any(axis=0), self.lead_time, 0)
        too_soon = np.arange(periods) < first[:, None]
        return np.where(too_soon | (most < self.minimum[:, None]), 0.0, most)

    @cached_property
    def reach(self) -> tuple[Floats, npt.NDArray[np.int64]]:
        """Units of each item in one of each other (itself 1), and the periods between on the longest way; (I, I)."""
        items = len(self.items)
        units, longest = np.eye(items), np.zeros((items, items), dtype=np.int64)
        for i in self.order:
            for j in np.flatnonzero(self.uses[i] > 0):
                units[i] += self.uses[i, j] * units[j]
                longest[i] = np.where(units[j] > 0, np.maximum(longest[i], longest[j] + self.lead_time[j]), longest[i])
        return units, longest


def _later(row: Floats, periods: int, then: float) -> Floats:
    """The row moved so many periods to the front; `then` fills its end."""
    return np.concatenate([row[periods:], np.full(min(periods, len(row)), then)])


def named_period(value: Any) -> str:
    """A period in a sentence: a day as a date, all else as it is."""
    return f"{value:%Y-%m-%d}" if hasattr(value, "strftime") else str(value)
