"""A supply plan with everything on the way to it, and its orders joined with the tables they came from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sop_xl.periods import lead_time_periods
from sop_xl.supply.model.aims import solve_plan
from sop_xl.supply.model.constraints import STRATEGY_CONSTRAINTS
from sop_xl.supply.model.model import build_model
from sop_xl.supply.model.prices import Prices, unit_prices
from sop_xl.supply.model.solution import Solution, read_solution
from sop_xl.supply.network import Network
from sop_xl.supply.plan import Plan, PlanSettings, plan_of, planned_network
from sop_xl.supply.programme.blocks import Programme
from sop_xl.supply.programme.solver import Solved

OUTSIDE = ("over", "under", "surplus", "missed", "overspent", "unlocked_less", "unlocked_more", "more", "fewer", "worst", "ahead")  # fmt: skip
"""Variables whose price steers a plan and is no cost of it."""


@dataclass(frozen=True)
class Made:
    """A plan with everything on the way to it."""

    network: Network
    prices: Prices
    programme: Programme
    solved: Solved
    solution: Solution
    plan: Plan

    def value(self, kind: str) -> np.ndarray:
        """Values of the variables of a kind, 0 where there is none."""
        if kind not in self.programme.columns:
            return np.zeros(1)
        return np.append(self.solved.values, 0.0)[self.programme.columns[kind].number]

    def charged(self, kind: str) -> float:
        """What the variables of a kind cost in the programme [currency]."""
        if kind not in self.programme.columns:
            return 0.0
        number = self.programme.columns[kind].number
        number = number[number >= 0]
        return float(self.programme.cost[number] @ self.solved.values[number]) * self.prices.scale


def make(tables, strategy="optimal", **rules) -> Made:
    """What `balance` does, step by step."""
    network = planned_network(tables, PlanSettings(**rules))
    prices = unit_prices(network)
    programme = build_model(network, prices, STRATEGY_CONSTRAINTS[strategy])
    solved = solve_plan(network, prices, programme)
    solution = read_solution(network, prices, programme, solved)
    return Made(network, prices, programme, solved, solution, plan_of(network, prices, solution, strategy))


KEYS = ["item", "location", "kind", "supplier", "mode"]


def orders_of(tables, plan) -> pd.DataFrame:
    """Orders with their month as a number, and the yield and lead time their row of `sources` says."""
    found = plan.supply_plan.query("measure == 'order'").reset_index(drop=True)
    months = sorted(plan.projected_balance["period"].unique())
    found["month"] = found["period"].map({m: n for n, m in enumerate(months)})
    sources = tables["sources"].assign(**{c: "" for c in ("supplier", "mode") if c not in tables["sources"]})
    sources = sources.assign(**{"yield": sources.get("yield", 1.0)})
    sources[["supplier", "mode"]] = sources[["supplier", "mode"]].fillna("")
    made = found.merge(sources[[*KEYS, "yield", "lead_time_days"]], on=KEYS, how="left")
    assert (made["lead_time_days"].notna() | made["kind"].eq("substitute")).all()
    made["lead"] = made["lead_time_days"].fillna(0.0).map(lead_time_periods)
    return made.assign(**{"yield": made["yield"].fillna(1.0)})
