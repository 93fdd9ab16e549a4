"""Balancing again while the planner waits: a plan kept alive, brought up to date from where it stands.

The programme is built anew with what has changed, which takes a moment, and only the numbers that differ go to the
solver, which goes on from its last basis. Where the same things get other limits, such as a locked order, it starts
from what both have in common; new sources or places are solved from nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from sop_xl.errors import InputError
from sop_xl.periods import label
from sop_xl.supply.model.aims import gave_way, limits_first, solve_plan
from sop_xl.supply.model.constraints import STRATEGY_CONSTRAINTS
from sop_xl.supply.model.model import build_model
from sop_xl.supply.model.prices import unit_prices
from sop_xl.supply.model.solution import read_solution
from sop_xl.supply.network import Locks, Network
from sop_xl.supply.plan import Plan, check_strategy, plan_of, planned_network
from sop_xl.supply.programme.blocks import Programme
from sop_xl.supply.programme.solver import Solved, Solver
from sop_xl.supply.settings import PlanSettings


class LivePlan:
    """A plan that is balanced again after each change, from its last basis.

    Every method returns the new plan; a change that is refused leaves the plan as it was. Numbers are kept by cell, as
    a planner types them: units of demand, hours of a resource, units of an order.

    Parameters
    ----------
    tables, settings, strategy
        As for `balance`. Plans in whole numbers, and service first, are solved anew at each change.

    One month, 8 units wanted, 5 hours there; then two hours more:

    >>> month = pd.Timestamp("2020-03-01")
    >>> tables = {
    ...     "items": pd.DataFrame({"item": ["A"], "standard_cost": [10.0], "list_price": [30.0]}),
    ...     "sources": pd.DataFrame({"item": ["A"], "location": ["P"], "kind": ["make"], "lead_time_days": [0.0]}),
    ...     "routings": pd.DataFrame({"item": ["A"], "resource": ["Line"], "hours_per_unit": [1.0]}),
    ...     "resources": pd.DataFrame({"resource": ["Line"], "location": ["P"], "cost_per_hour": [8.0]}),
    ...     "capacity": pd.DataFrame({"resource": ["Line"], "measure": "regular", "period": month, "hours": [5.0]}),
    ...     "demand": pd.DataFrame({"item": ["A"], "location": ["P"], "period": [month], "quantity": [8.0]}),
    ... }
    >>> live = LivePlan(tables, settings=PlanSettings(frozen_months=0, overtime_share=0.0))
    >>> live.plan.kpis.late_units
    3.0
    >>> hours = pd.DataFrame({"resource": ["Line"], "period": [month], "hours": [7.0]})
    >>> live.set_capacity(hours).kpis.late_units
    1.0

    """

    def __init__(
        self,
        tables: Mapping[str, pd.DataFrame],
        *,
        settings: PlanSettings | None = None,
        strategy: str = "optimal",
    ) -> None:
        check_strategy(strategy)
        self.settings = settings or PlanSettings()
        self.strategy = strategy
        self._solver: Solver | None = None
        self._locked: dict[tuple[int, int], float] = {}
        self.plan = self._balanced(planned_network(tables, self.settings), {})

    def set_tables(self, tables: Mapping[str, pd.DataFrame]) -> Plan:
        """Balance new tables; locked cells are given up."""
        return self._take(planned_network(tables, self.settings), {})

    def set_demand(self, cells: pd.DataFrame) -> Plan:
        """Give demand other quantities.

        Parameters
        ----------
        cells
            Columns `item`, `location`, `period`, `quantity` [units] and, where there are any, `class`.

        Raises
        ------
        InputError
            If a cell names no demand of the plan, or its quantity is not 0 or more.

        """
        network, demands = self._read, self._read.demands
        quantity = demands.quantity.copy()
        where = {
            (str(network.places.item[p]), str(network.places.location[p]), str(name)): number
            for number, (p, name) in enumerate(zip(demands.place, demands.name, strict=True))
        }
        classes = cells["class"] if "class" in cells else pd.Series("", index=cells.index)
        rows = zip(cells["item"], cells["location"], classes, cells["period"], cells["quantity"], strict=True)
        for item, location, name, period, units in rows:
            number = where.get((str(item), str(location), str(name)))
            if number is None:
                raise InputError(f"the plan has no demand for {item} at {location}{f' of {name}' if name else ''}")
            quantity[number, self._month(period)] = _checked(units, f"demand of {item} at {location}")
        return self._take(replace(network, demands=replace(demands, quantity=quantity)), self._locked)

    def scale_demand(self, factor: float) -> Plan:
        """Multiply all demand by a factor.

        Raises
        ------
        InputError
            If the factor is not 0 or more.

        """
        demands = self._read.demands
        quantity = demands.quantity * _checked(factor, "the factor of demand")
        return self._take(replace(self._read, demands=replace(demands, quantity=quantity)), self._locked)

    def set_capacity(self, cells: pd.DataFrame) -> Plan:
        """Give resources other hours.

        Parameters
        ----------
        cells
            Columns `resource`, `period`, `hours` [h] and, if wanted, `measure` (regular, the default, or overtime).

        Raises
        ------
        InputError
            If a cell names no resource of the plan, or its hours are not 0 or more.

        """
        network = self._read
        number = {resource.name: n for n, resource in enumerate(network.resources)}
        regular, overtime = network.regular.copy(), network.overtime.copy()
        hours = {"regular": regular, "overtime": overtime}
        measures = cells["measure"] if "measure" in cells else pd.Series("regular", index=cells.index)
        rows = zip(cells["resource"], measures, cells["period"], cells["hours"], strict=True)
        for name, measure, period, there in rows:
            if name not in number or measure not in hours:
                raise InputError(f"the plan has no {measure} hours of a resource {name!r}")
            hours[measure][number[name], self._month(period)] = _checked(there, f"{measure} hours of {name}")
        return self._take(replace(network, regular=regular, overtime=overtime), self._locked)

    def lock(self, cells: pd.DataFrame) -> Plan:
        """Fix orders at quantities; where limits forbid one, the plan comes as near as it can and says so.

        Parameters
        ----------
        cells
            Columns `item`, `location`, `kind`, `period` (month of release), `quantity` [units] and, where sources have
            any, `supplier` and `mode`.

        Raises
        ------
        InputError
            If a cell names no source of the plan, or no month in which it can release an order.

        """
        network, sources = self._read, self._read.sources
        columns = {c: cells[c] if c in cells else pd.Series("", index=cells.index) for c in ("supplier", "mode")}
        names = zip(
            network.places.item[sources.place], network.places.location[sources.place],
            sources.kind, sources.supplier, sources.mode, strict=True,
        )  # fmt: skip
        where = {tuple(map(str, name)): number for number, name in enumerate(names)}
        locked = dict(self._locked)
        keys = zip(cells["item"], cells["location"], cells["kind"], columns["supplier"], columns["mode"], strict=True)
        for key, period, units in zip(keys, cells["period"], cells["quantity"], strict=True):
            number, month = where.get(tuple(map(str, key))), self._month(period)
            what = f"{key[2]} {key[0]} at {key[1]}"
            if number is None:
                raise InputError(f"the plan has no source {what}{f' from {key[3]}' if key[3] else ''}")
            if not network.open[number, month]:
                raise InputError(
                    f"{what} releases no order in {label(network.periods[month])} that arrives in the plan"
                )
            locked[number, month] = _checked(units, what)
        return self._take(network, locked)

    def unlock(self) -> Plan:
        """Give up all locked cells."""
        return self._take(self._read, dict.fromkeys(self._locked, np.nan))

    def _month(self, period: pd.Timestamp) -> int:
        at = np.flatnonzero(self._read.periods == pd.Timestamp(period))
        if not len(at):
            raise InputError(f"{label(pd.Timestamp(period))} is no month of the plan")
        return int(at[0])

    def _take(self, network: Network, locked: dict[tuple[int, int], float]) -> Plan:
        self.plan = self._balanced(network, locked)
        return self.plan

    def _balanced(self, network: Network, locked: dict[tuple[int, int], float]) -> Plan:
        held = _with_locks(network, locked)
        prices = unit_prices(held)
        programme = build_model(held, prices, STRATEGY_CONSTRAINTS[self.strategy])
        if programme.whole.any() or self.settings.objective == "service first":
            solved = solve_plan(held, prices, programme)
        else:
            solved = self._solved(programme)
            solved = limits_first(programme, {}) if gave_way(programme, solved) else solved
        self._read, self._locked = network, dict(locked)
        return plan_of(held, prices, read_solution(held, prices, programme, solved), self.strategy)

    def _solved(self, programme: Programme) -> Solved:
        """Solve from the last basis: of the same programme with other numbers, or of what two shapes have in common."""
        last = self._solver
        if last is not None and last.fits(programme):
            last.change(programme)
            return last.solve()
        self._solver = Solver(programme)
        if last is not None and last.resembles(programme):
            self._solver.start_from(last)
        return self._solver.solve()


def _with_locks(network: Network, locked: Mapping[tuple[int, int], float]) -> Network:
    """The network with cells locked beside those of its tables."""
    if not locked:
        return network
    own = {
        (int(s), int(t)): float(q)
        for s, t, q in zip(network.locks.source, network.locks.month, network.locks.quantity, strict=True)
    }
    both = own | dict(locked)
    cells = sorted(both)
    source, month = np.array(cells, dtype=np.int64).T
    return replace(network, locks=Locks(source, month, np.array([both[cell] for cell in cells])))


def _checked(value: object, what: str) -> float:
    number = float(pd.to_numeric(value, errors="coerce"))  # type: ignore[call-overload]
    if not (np.isfinite(number) and number >= 0):
        raise InputError(f"{what} must be 0 or more, got {value}")
    return number
