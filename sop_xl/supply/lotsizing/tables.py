"""Reading what lots are sized from: every check, in the planner's words."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sop_xl.errors import InputError
from sop_xl.supply.lotsizing.problem import Floats, Problem, named_period

RESOURCE = "capacity"
"""The resource of items that name none."""


def read_problem(
    items: pd.DataFrame,
    demand: pd.DataFrame | npt.ArrayLike,
    capacity: pd.DataFrame | npt.ArrayLike | None,
    *,
    bom: pd.DataFrame | None = None,
    routings: pd.DataFrame | None = None,
    overtime_cost: float | None = None,
    shortage_cost: float | None = None,
) -> Problem:
    """The problem of these tables; InputError names the row and the value that cannot be planned with."""
    names = _names(items)
    wanted, periods = _demand(demand, names, capacity)
    _check_size(names, periods)
    uses = _uses(bom, names)
    lead = _column(items, "lead_time", 0.0)
    for name, value in zip(names, lead, strict=True):
        if value != round(value):
            raise InputError(f"items, row {name}: lead time must be a whole number of periods, got {value:g}")
    resources, unit_time, setup_time = _times(items, routings, names)
    hours, overtime, own_cost = _capacity(capacity, resources, periods, overtime_cost)
    if shortage_cost is not None:
        _check_price(shortage_cost, "shortage cost")
    problem = Problem(
        items=names,
        periods=periods,
        resources=resources,
        demand=wanted,
        uses=uses,
        lead_time=lead.astype(np.int64),
        stock=_column(items, "stock", 0.0),
        setup_cost=_column(items, "setup_cost"),
        holding_cost=_column(items, "holding_cost"),
        minimum=_column(items, "minimum", 0.0),
        unit_time=unit_time,
        setup_time=setup_time,
        capacity=hours,
        overtime=overtime,
        overtime_cost=own_cost,
        shortage_cost=None if shortage_cost is None else np.full(len(names), float(shortage_cost)),
    )
    if len(problem.order) < len(names):
        stuck = next(name for k, name in enumerate(names) if k not in problem.order)
        raise InputError(f"the bill of materials runs in a circle through {stuck}")
    return problem


def _names(items: pd.DataFrame) -> tuple[str, ...]:
    for column in ("item", "setup_cost", "holding_cost"):
        if column not in items.columns:
            raise InputError(f"the table items has no column {column}")
    names = tuple(str(name) for name in items["item"])
    if not names:
        raise InputError("lot sizing needs at least 1 item, got none")
    twice = items["item"].astype(str)[items["item"].astype(str).duplicated()]
    if len(twice):
        raise InputError(f"items, row {twice.iloc[0]} stands twice")
    return names


def _check_size(names: tuple[str, ...], periods: tuple[Any, ...]) -> None:
    if not periods:
        raise InputError("lot sizing needs at least 1 period, got none")
    if len(names) * len(periods) > 200_000:
        raise InputError(f"{len(names)} items in {len(periods)} periods are too many for one search of lots")


def _column(items: pd.DataFrame, name: str, missing: float | None = None) -> Floats:
    """A column of the items, 0 or more; blanks stand for `missing` where that is given."""
    if name not in items.columns:
        return np.full(len(items), missing, dtype=float)
    values = pd.to_numeric(items[name], errors="coerce").astype("float64")
    if missing is not None:
        values = values.where(items[name].notna(), missing)
    return _checked(values.to_numpy(), [f"items, row {k}" for k in items["item"]], name.replace("_", " "))


def _checked(values: npt.NDArray[Any], rows: list[str], what: str) -> Floats:
    for k in np.flatnonzero(~(np.isfinite(values) & (values >= 0)))[:1]:
        got = "is missing" if np.isnan(values[k]) else f"must be 0 or more, got {values[k]:g}"
        raise InputError(f"{rows[k]}: {what} {got}")
    return np.array(values, dtype=float)


def _check_price(value: float, what: str) -> None:
    if not (np.isfinite(value) and value >= 0):
        raise InputError(f"the {what} must be 0 or more, got {value:g}")


def _demand(
    demand: pd.DataFrame | npt.ArrayLike, names: tuple[str, ...], capacity: pd.DataFrame | npt.ArrayLike | None
) -> tuple[Floats, tuple[Any, ...]]:
    """Demand (I, T) and the periods, in order: those of the demand and, where both are tables, of the capacity."""
    if isinstance(demand, pd.DataFrame):
        _columns(demand, "demand", "item", "period", "quantity")
        labels = demand["item"].astype(str)
        _known(labels, names, "demand", "item")
        rows = [f"demand, row {i} / {named_period(t)}" for i, t in zip(labels, demand["period"], strict=True)]
        quantity = pd.to_numeric(demand["quantity"], errors="coerce").astype("float64").to_numpy()
        found = pd.Index(demand["period"].unique())
        if isinstance(capacity, pd.DataFrame) and "period" in capacity.columns:
            found = found.union(pd.Index(capacity["period"].unique()))
        found = found.sort_values()
        wanted = np.zeros((len(names), len(found)))
        at = pd.Index(names).get_indexer(pd.Index(labels)), found.get_indexer(pd.Index(demand["period"]))
        np.add.at(wanted, at, _checked(quantity, rows, "quantity"))
        return wanted, tuple(found)
    table = np.asarray(demand, dtype=float)
    if table.ndim != 2 or len(table) != len(names):
        raise InputError(
            f"demand must have one row for each of the {len(names)} items and one column a period, got {table.shape}"
        )
    periods = tuple(range(1, table.shape[1] + 1))
    rows = [f"demand, row {name} / {t}" for name in names for t in periods]
    return _checked(table.ravel(), rows, "quantity").reshape(table.shape), periods


def _columns(frame: pd.DataFrame, table: str, *columns: str) -> None:
    for column in columns:
        if column not in frame.columns:
            raise InputError(f"the table {table} has no column {column}")


def _known(labels: pd.Series, names: tuple[str, ...], table: str, what: str) -> None:
    unknown = labels[~labels.isin(list(names))]
    if len(unknown):
        raise InputError(f"{table}, row {unknown.iloc[0]}: there is no {what} {unknown.iloc[0]!r}")


def _uses(bom: pd.DataFrame | None, names: tuple[str, ...]) -> Floats:
    """Units of each component in one of each assembly (I, I)."""
    uses = np.zeros((len(names), len(names)))
    if bom is None or bom.empty:
        return uses
    _columns(bom, "bom", "assembly", "component", "quantity")
    parts, wholes = bom["component"].astype(str), bom["assembly"].astype(str)
    _known(parts, names, "bom", "item")
    _known(wholes, names, "bom", "item")
    rows = [f"bom, row {w} / {p}" for w, p in zip(wholes, parts, strict=True)]
    quantity = pd.to_numeric(bom["quantity"], errors="coerce").astype("float64").to_numpy()
    at = pd.Index(names).get_indexer(pd.Index(parts)), pd.Index(names).get_indexer(pd.Index(wholes))
    np.add.at(uses, at, _checked(quantity, rows, "quantity"))
    return uses


def _times(
    items: pd.DataFrame, routings: pd.DataFrame | None, names: tuple[str, ...]
) -> tuple[tuple[str, ...], Floats, Floats]:
    """The resources, and the hours of a unit and of a setup on each (R, I)."""
    if routings is None:
        given = [c for c in ("unit_time", "setup_time") if c in items.columns]
        if not given:
            return (), np.zeros((0, len(names))), np.zeros((0, len(names)))
        filled = items.assign(**{"resource": RESOURCE} if "resource" not in items.columns else {})
        routings = filled[["item", "resource", *given]].assign(
            **{c: 0.0 for c in ("unit_time", "setup_time") if c not in given}
        )
    _columns(routings, "routings", "item", "resource", "unit_time", "setup_time")
    labels, places = routings["item"].astype(str), routings["resource"].astype(str)
    _known(labels, names, "routings", "item")
    twice = pd.DataFrame({"item": labels, "resource": places}).duplicated()
    if twice.any():
        raise InputError(f"routings, row {labels[twice].iloc[0]} / {places[twice].iloc[0]} stands twice")
    resources = tuple(sorted(set(places)))
    rows = [f"routings, row {i} / {r}" for i, r in zip(labels, places, strict=True)]
    at = pd.Index(resources).get_indexer(pd.Index(places)), pd.Index(names).get_indexer(pd.Index(labels))
    times = []
    for column in ("unit_time", "setup_time"):
        values = pd.to_numeric(routings[column], errors="coerce").astype("float64").to_numpy()
        table = np.zeros((len(resources), len(names)))
        table[at] = _checked(values, rows, column.replace("_", " "))
        times.append(table)
    return resources, times[0], times[1]


def _capacity(
    capacity: pd.DataFrame | npt.ArrayLike | None,
    resources: tuple[str, ...],
    periods: tuple[Any, ...],
    overtime_cost: float | None,
) -> tuple[Floats, Floats, Floats]:
    """Hours (R, T), the most overtime (R, T) [h] and its price (R,) [money/h]; no hours given is no limit."""
    shape = (len(resources), len(periods))
    if overtime_cost is not None:
        _check_price(overtime_cost, "overtime cost")
    price = np.full(len(resources), overtime_cost or 0.0)
    if capacity is None:
        return np.full(shape, np.inf), np.zeros(shape), price
    if isinstance(capacity, pd.DataFrame):
        hours, overtime = _hours(capacity, resources, periods)
    else:
        given = np.asarray(capacity, dtype=float)
        try:
            hours = np.array(np.broadcast_to(given, shape))
        except ValueError as wrong:
            raise InputError(
                f"capacity must be one number or one for each of the {len(periods)} periods, got {given.shape}"
            ) from wrong
        overtime = np.full(shape, np.nan)
    rows = [f"capacity, row {r} / {named_period(t)}" for r in resources for t in periods]
    _checked(np.where(np.isposinf(hours), 0.0, hours).ravel(), rows, "hours")
    if overtime_cost is None:
        return hours, np.zeros(shape), price
    overtime = np.where(np.isnan(overtime), np.inf, overtime)
    _checked(np.where(np.isposinf(overtime), 0.0, overtime).ravel(), rows, "overtime hours")
    return hours, np.where(np.isfinite(hours), overtime, 0.0), price


def _hours(capacity: pd.DataFrame, resources: tuple[str, ...], periods: tuple[Any, ...]) -> tuple[Floats, Floats]:
    """Hours and most overtime of a table; a period that is not in it has no hours."""
    _columns(capacity, "capacity", "resource", "period", "hours")
    names = capacity["resource"].astype(str)
    _known(names, resources, "capacity", "resource with a routing")
    at = pd.Index(resources).get_indexer(pd.Index(names)), pd.Index(periods).get_indexer(pd.Index(capacity["period"]))
    within = at[1] >= 0
    hours, overtime = np.zeros((len(resources), len(periods))), np.full((len(resources), len(periods)), np.nan)
    hours[at[0][within], at[1][within]] = pd.to_numeric(capacity["hours"], errors="coerce")[within]
    if "overtime" in capacity.columns:
        overtime[at[0][within], at[1][within]] = pd.to_numeric(capacity["overtime"], errors="coerce")[within]
    return hours, overtime
