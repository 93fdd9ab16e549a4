"""Cost of a plan by kind, priced as the programme prices it."""

from __future__ import annotations

import numpy as np

from sop_xl.supply.flows import RUNS, Flows
from sop_xl.supply.model.prices import Prices
from sop_xl.supply.model.solution import Solution
from sop_xl.supply.network import Array, Network

KINDS = ("make", "buy", "move", "hold", "late", "lost", "safety", "overtime", "subcontract", "people", "scrap")
"""Kinds of cost, in the order they are told."""


def plan_costs(network: Network, prices: Prices, flows: Flows, solution: Solution) -> dict[str, float]:
    """Cost of the plan by kind [currency], today's money where a discount rate is set.

    Regular hours, setups and substitutes stand in make, trucks in move, extra shifts in overtime, contracts not taken
    in buy. Units on the way and components in work are held like stock. `late` and `safety` hold what the last month
    adds for backlog and missing stock that the horizon leaves behind.
    """
    today = prices.factor
    sources = network.sources
    ordered = flows.order * prices.order + np.where(flows.order > RUNS, sources.setup_cost[:, None], 0.0)
    of_kind = {kind: float((ordered[sources.of_kind(kind)] * today).sum()) for kind in np.unique(sources.kind)}
    rates = np.array([(r.cost_per_hour, r.overtime_cost_per_hour, r.shift_cost) for r in network.resources])
    regular, overtime, shift = rates.reshape(-1, 3).T[:, :, None]
    in_shifts = np.minimum(flows.overtime, network.shift * solution.shifts)
    crews = network.crews
    people = solution.workers * crews.wage + solution.hired * crews.hiring[:, None]
    people = people + solution.laid_off * crews.layoff[:, None]
    missing = np.maximum(network.target - flows.closing, 0.0)
    waiting = prices.pipeline[:, None] * flows.order
    return {
        "make": _sum(of_kind, "make", "substitute") + float((flows.regular * regular * today).sum()),
        "buy": _sum(of_kind, "buy") + float((solution.untaken * prices.untaken[:, None] * today).sum()),
        "move": _sum(of_kind, "transfer") + float((solution.trucks * network.trucks.cost[:, None] * today).sum()),
        "hold": float((prices.holding @ flows.closing) @ today + (waiting * today).sum()),
        "late": float((flows.late * prices.late * today).sum()),
        "lost": float((flows.lost * prices.lost * today).sum()),
        "safety": float((missing * prices.below * today).sum()),
        "overtime": float((((flows.overtime - in_shifts) * overtime + solution.shifts * shift) * today).sum()),
        "subcontract": _sum(of_kind, "subcontract"),
        "people": float((people * today).sum()),
        "scrap": float((prices.scrap @ flows.scrapped) @ today),
    }


def _sum(of_kind: dict[str, float], *kinds: str) -> float:
    return sum(of_kind.get(kind, 0.0) for kind in kinds)


def stock_value(prices: Prices, closing: Array) -> Array:
    """Closing stock at standard cost, by month [currency]."""
    return np.asarray(prices.stock_value @ closing)
