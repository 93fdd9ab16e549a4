"""What a planner changes between two balances: the same tables with a cell, a line or all demand other than before."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from benchmarks.supply.instance import Tables

ONE_CELL, LINE_DOWN, ALL_DEMAND = "one demand cell, +50 %", "a line loses 40 % for a month", "all demand +2 %"

MORE = 1.02
"""What all demand is multiplied by."""

MONTH = 6
"""The month changed, counted from 0: midsummer, before the shutdown."""


def one_cell(tables: Tables) -> Tables:
    """The largest demand of the month is half as much again."""
    demand = tables["demand"]
    there = demand["period"].eq(_month(tables))
    cell = demand.loc[there, "quantity"].idxmax()
    return {
        **tables,
        "demand": demand.assign(quantity=demand["quantity"].where(demand.index != cell, demand["quantity"] * 1.5)),
    }


def line_down(tables: Tables) -> Tables:
    """The fourth line of the first plant has 40 % fewer regular hours in the month."""
    capacity = tables["capacity"]
    lost = capacity["resource"].eq("P1-L4") & capacity["period"].eq(_month(tables)) & capacity["measure"].eq("regular")
    return {**tables, "capacity": capacity.assign(hours=capacity["hours"].where(~lost, capacity["hours"] * 0.6))}


def all_demand(tables: Tables) -> Tables:
    """All demand is 2 % higher."""
    demand = tables["demand"]
    return {**tables, "demand": demand.assign(quantity=demand["quantity"] * MORE)}


def cells(before: Tables, after: Tables, name: str) -> pd.DataFrame:
    """The rows of a table that a change has given another number."""
    number = before[name].columns[-1]
    return after[name][after[name][number].ne(before[name][number])]


CHANGES: dict[str, Callable[[Tables], Tables]] = {
    ONE_CELL: one_cell,
    LINE_DOWN: line_down,
    ALL_DEMAND: all_demand,
}
"""What is changed, each from the first plan."""


def _month(tables: Tables) -> pd.Timestamp:
    months = sorted(tables["demand"]["period"].unique())
    return pd.Timestamp(months[min(MONTH, len(months) - 1)])
