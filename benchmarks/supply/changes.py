"""What a planner changes between two balances: the same tables with a cell, a line or all demand other than before."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from benchmarks.supply.instance import Tables

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
    return {**tables, "demand": demand.assign(quantity=demand["quantity"] * 1.02)}


CHANGES: dict[str, Callable[[Tables], Tables]] = {
    "one demand cell, +50 %": one_cell,
    "a line loses 40 % for a month": line_down,
    "all demand +2 %": all_demand,
}
"""What is changed, each from the first plan."""


def _month(tables: Tables) -> pd.Timestamp:
    months = sorted(tables["demand"]["period"].unique())
    return pd.Timestamp(months[min(MONTH, len(months) - 1)])
