"""The model in linopy: labelled arrays of variables, sums by group, shifts along the months."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import linopy  # type: ignore[import-not-found]  # in the peers' environment only
import numpy as np
import pandas as pd
import xarray as xr  # type: ignore[import-not-found]

from benchmarks.supply.description import Codes, Description
from benchmarks.supply.measure import Found


@dataclass(frozen=True)
class Model:
    """The linopy model and what no decision changes [currency]."""

    model: Any
    given: float


@dataclass(frozen=True)
class Axes:
    """What is counted: an index a dimension; `aimed` are the places with a target."""

    month: pd.Index
    place: pd.Index
    line: pd.Index
    center: pd.Index
    supplier: pd.Index
    served: pd.Index
    makes: pd.Index
    buys: pd.Index
    moves: pd.Index
    subs: pd.Index
    aimed: pd.Index


def build(d: Description) -> Model:
    """The whole model."""
    m, a = linopy.Model(), axes(d)
    add_variables(m, d, a)
    add_cost(m, d, a)
    add_balance(m, d, a)
    add_limits(m, d, a)
    return Model(m, d.given)


def axes(d: Description) -> Axes:
    """The dimensions."""
    counts = {
        "month": d.months, "place": len(d.holding), "line": len(d.regular), "center": len(d.storage),
        "supplier": len(d.supplier_most), "served": len(d.demand), "makes": len(d.make_place),
        "buys": len(d.buy_place), "moves": len(d.move_to), "subs": len(d.sub_place),
    }  # fmt: skip
    aimed = pd.Index(np.flatnonzero(d.target.any(axis=1)), name="aimed")
    return Axes(**{name: pd.RangeIndex(n, name=name) for name, n in counts.items()}, aimed=aimed)


def add_variables(m: Any, d: Description, a: Axes) -> None:
    """The decisions; what would arrive after the horizon is 0."""

    def arriving(lead: Codes, orders: pd.Index, most: Any = np.inf) -> xr.DataArray:
        return table(np.where(a.month.to_numpy() + lead[:, None] < d.months, most, 0.0), orders, a.month)

    m.add_variables(lower=0, coords=[a.makes, a.month], name="make")
    m.add_variables(lower=0, upper=arriving(d.buy_lead, a.buys), name="buy")
    m.add_variables(lower=0, upper=arriving(d.move_lead, a.moves), name="move")
    m.add_variables(lower=0, upper=arriving(d.sub_lead, a.subs, d.sub_most[:, None]), name="sub")
    m.add_variables(lower=0, upper=table(d.target[a.aimed], a.aimed, a.month), name="below")
    m.add_variables(lower=0, coords=[a.place, a.month], name="above")
    m.add_variables(lower=0, upper=table(d.late_most, a.served, a.month), name="late")
    m.add_variables(lower=0, upper=table(d.overtime, a.line, a.month), name="overtime")
    m.add_variables(lower=0, coords=[a.center, a.month], name="over")


def add_cost(m: Any, d: Description, a: Axes) -> None:
    """What is minimised."""
    v = m.variables
    m.add_objective(
        (table(d.make_cost, a.makes) * v["make"]).sum()
        + (table(d.buy_cost, a.buys) * v["buy"]).sum()
        + (table(d.move_cost, a.moves) * v["move"]).sum()
        + (table(d.sub_cost, a.subs) * v["sub"]).sum()
        + (table((d.below - d.holding[:, None])[a.aimed], a.aimed, a.month) * v["below"]).sum()
        + (table(d.holding, a.place) * v["above"]).sum()
        + (table(d.late, a.served, a.month) * v["late"]).sum()
        + (table(d.overtime_premium, a.line) * v["overtime"]).sum()
        + (table(d.over, a.center) * v["over"]).sum()
    )


def add_balance(m: Any, d: Description, a: Axes) -> None:
    """Stock = stock before + arrivals - components - moved on - shipped, in every place and month."""
    v = m.variables
    used = pd.RangeIndex(len(d.part_make), name="used")
    taking = (1 * v["make"]).sel(makes=xr.DataArray(d.part_make, dims="used", coords={"used": used}))
    components = (taking * table(d.part_units, used)).drop_vars("makes")
    short = summed(1 * v["below"], a.aimed.to_numpy(), a.aimed, a.place)
    behind = summed(1 * v["late"], d.demand_place, a.served, a.place)
    balance = linopy.merge(
        [
            summed(1 * v["make"], d.make_place, a.makes, a.place),
            -summed(components, d.part_place, used, a.place),
            arrivals(v["buy"], d.buy_lead, d.buy_place, a.buys, a.place),
            arrivals(v["move"], d.move_lead, d.move_to, a.moves, a.place),
            -summed(1 * v["move"], d.move_from, a.moves, a.place),
            arrivals(v["sub"], d.sub_lead, d.sub_place, a.subs, a.place),
            short - short.shift(month=1),
            behind - behind.shift(month=1),
            -1 * v["above"] + v["above"].shift(month=1),
        ]
    )
    wanted = np.diff(d.target, axis=1, prepend=0.0)
    wanted[:, 0] -= d.opening
    np.add.at(wanted, d.demand_place, d.demand)
    m.add_constraints(balance == table(wanted, a.place, a.month), name="balance")


def add_limits(m: Any, d: Description, a: Axes) -> None:
    """Hours of a line, units of a supplier, volume in a center."""
    v = m.variables
    hours = summed(table(d.make_hours, a.makes) * v["make"], d.make_line, a.makes, a.line)
    m.add_constraints(hours - v["overtime"] <= table(d.regular, a.line, a.month), name="hours")
    units = summed(1 * v["buy"], d.buy_supplier, a.buys, a.supplier)
    m.add_constraints(units <= table(d.supplier_most, a.supplier, a.month), name="supplier")
    load = summed(table(d.volume, a.place) * v["above"], d.center, a.place, a.center)
    load -= summed(table(d.volume[a.aimed], a.aimed) * v["below"], d.center[a.aimed], a.aimed, a.center)
    full = np.zeros((len(d.storage), d.months))
    np.add.at(full, d.center[a.aimed], (d.volume[:, None] * d.target)[a.aimed])
    m.add_constraints(load - v["over"] <= table(d.storage[:, None] - full, a.center, a.month), name="storage")


def table(values: Any, *coords: pd.Index) -> xr.DataArray:
    """Numbers with the names of their axes."""
    return xr.DataArray(values, coords=list(coords))


def summed(terms: Any, numbers: Codes, things: pd.Index, every: pd.Index) -> Any:
    """Terms of things summed over the places, lines or suppliers they belong to; number -1 belongs to none."""
    kept = np.flatnonzero(numbers >= 0)
    if len(kept) < len(numbers):
        terms, numbers, things = terms.isel({things.name: kept}), numbers[kept], things[kept]
    grouped = terms.groupby(table(numbers, things).rename(every.name)).sum()
    return grouped.reindex({every.name: every})


def arrivals(order: Any, lead: Codes, place: Codes, orders: pd.Index, every: pd.Index) -> Any:
    """What orders bring to places, so many months after release."""
    parts = []
    for months in np.unique(lead):
        some = np.flatnonzero(lead == months)
        moved = (1 * order.isel({orders.name: some})).shift(month=int(months))
        parts.append(summed(moved, place[some], orders[some], every))
    return linopy.merge(parts)


def solve(model: Model) -> Found:
    """HiGHS, given the matrix directly."""
    m = model.model
    status, condition = m.solve("highs", io_api="direct", output_flag=False, threads=1)
    if condition != "optimal":
        raise SystemExit(f"linopy: {status}, {condition}")
    inside = m.solver_model
    seconds = float(inside.getRunTime()) if inside is not None else np.nan
    return Found(float(m.objective.value) + model.given, int(m.nvars), int(m.ncons), seconds)
