"""A published problem told in the tables of a plan, row by row.

Two conventions let a problem's own numbers stand in the tables as they are. Holding costs a share of standard cost, so
the standard cost is what holding a unit for a month costs and the rate is 12 a year. Falling short costs a share of the
price, so where the problem gives an amount, the price is 1 and the rate is the amount.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

import sop_xl
from sop_xl.supply.plan import Plan
from sop_xl.supply.settings import PlanSettings

Inputs = Mapping[str, Any]
Keyed = dict[tuple[str, ...], float]

NEVER = 1e5
"""What a unit short costs where the problem leaves no choice, in units of its dearest price."""

_GAVE_WAY = ("under", "surplus", "over", "overspent", "unlocked")
_UNITS = 1e-5


class Told:
    """The tables of a problem of some months."""

    def __init__(self, months: int) -> None:
        self.months = pd.date_range("2020-01-01", periods=months, freq="MS", unit="ns")
        self._rows: dict[str, list[dict[str, Any]]] = {}

    def add(self, table: str, **row: Any) -> None:
        """Add a row."""
        self._rows.setdefault(table, []).append(row)

    def across(self, table: str, column: str, values: Any, **key: Any) -> None:
        """Add a row a month; one number holds in every month."""
        for month, value in zip(self.months, by_month(values, len(self.months)), strict=True):
            self.add(table, **key, period=month, **{column: value})

    def source(self, item: str, location: str, kind: str, **row: Any) -> None:
        """Add a source without lead time; `cost` may be one number, or one a month."""
        cost = row.pop("cost", 0.0)
        self.add("sources", item=item, location=location, kind=kind, lead_time_days=0.0, **row)
        key = {name: row[name] for name in ("supplier", "mode") if name in row}
        self.across("source_prices", "cost", cost, item=item, location=location, kind=kind, **key)

    def limits_first(self, price: float) -> None:
        """Limits hold before any sale: they are charged by the dearest unit wanted, which is one that is there."""
        self.add("items", item="first", standard_cost=0.0, list_price=price)
        self.add("stock", item="first", location="first", status="usable", quantity=1.0)
        self.add("customer_classes", **{"class": "first", "lost_rate": NEVER})
        month = self.months[0]
        self.add("demand", item="first", location="first", period=month, quantity=1.0, **{"class": "first"})

    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables as frames."""
        frames = {name: pd.DataFrame(rows) for name, rows in self._rows.items()}
        needed = {"demand": ["item", "location", "period", "quantity"]}
        return {name: pd.DataFrame(columns=columns) for name, columns in needed.items()} | frames

    def plan(self, *, all_served: bool = False, **settings: Any) -> Plan:
        """Balance; a limit that gave way, or demand unserved where all of it must be, is an error and not an answer."""
        rules = {
            "periods": self.months, "frozen_months": 0, "holding_rate": 12.0, "overtime_share": 0.0, "gap": 0.0,
        }  # fmt: skip
        plan = sop_xl.balance(self.tables(), settings=PlanSettings(**(rules | settings)))
        wrong = [name for name in _GAVE_WAY if abs(getattr(plan.solution, name)).max(initial=0.0) > _UNITS]
        if wrong or (all_served and plan.final.lost.sum() + plan.final.late[:, -1].sum() > _UNITS):
            raise ValueError(f"no plan keeps to the limits: {'; '.join(plan.notes) or 'demand is not served'}")
        return plan


def by_month(values: Any, months: int) -> list[float]:
    """A number a month: as given, or the same in each."""
    found = [float(v) for v in values] if isinstance(values, Iterable) else [float(values)] * months
    if len(found) != months:
        raise ValueError(f"{months} months are planned, but {len(found)} numbers are given")
    return found


def keyed(given: Any) -> Keyed:
    """Numbers by tuples of names, from keys like `a|b` or mappings inside of one another."""
    found: Keyed = {}
    for name, value in given.items():
        key = tuple(str(name).split("|"))
        inner = keyed(value) if isinstance(value, Mapping) else {(): float(value)}
        found.update({key + rest: number for rest, number in inner.items()})
    return found


def of(given: Any, name: str, blank: Any = 0.0) -> Any:
    """The entry of a name where entries are given by name, else the same for all; `blank` where there is none."""
    found = given.get(name, blank) if isinstance(given, Mapping) else given
    return blank if found is None else found


def first_of(i: Inputs, *names: str, blank: Any = None) -> Any:
    """The first input there is of several names for the same thing."""
    return next((i[name] for name in names if i.get(name) is not None), blank)
