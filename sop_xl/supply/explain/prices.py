"""What one more hour or unit of each limit is worth: the table `constraint_prices`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sop_xl.periods import label
from sop_xl.supply.explain.words import amount
from sop_xl.supply.model.solution import Solution
from sop_xl.supply.network import Array, Network


@dataclass(frozen=True)
class Limit:
    """One binding limit of a month: what it is of, its price [currency/unit], and where it stands in the programme.

    `words` names one unit of it; `block` is its kind of variable or row there, `row` tells which of the two, and
    `thing` its number.
    """

    kind: str
    name: str
    month: int
    price: float
    unit: str
    words: str
    block: str
    row: bool
    thing: int

    def called(self, network: Network) -> str:
        """One more unit of the limit, as a sentence begins."""
        return f"One more {self.words} {self.name} in {label(network.periods[self.month])}"


def binding_limits(network: Network, solution: Solution) -> list[Limit]:
    """Every limit with a price, by kind, name and month."""
    places, sources = network.places, network.sources
    resources = [r.name for r in network.resources]
    lanes = {
        s: f"{sources.supplier[s] or places.location[sources.place[s]]}: {places[int(sources.place[s])]}"
        for s in np.flatnonzero(solution.source_price.any(axis=1)).tolist()
    }
    crews = [resources[r] for r in network.crews.resource.tolist()]
    currency = network.settings.currency
    spent, suppliers = f"{currency} of budget for", network.suppliers.name
    kinds: tuple[tuple[str, Sequence[str] | Mapping[int, str], Array, str, str, str, bool], ...] = (
        ("capacity", resources, solution.regular_price, "hour", "regular hour at", "regular", False),
        ("capacity", crews, solution.crew_price, "hour", "hour of the crew of", "crew_hours", True),
        ("overtime", resources, solution.overtime_price, "hour", "overtime hour at", "overtime", False),
        ("supplier limit", lanes, solution.source_price, "unit", "unit from", "order", False),
        ("supplier limit", suppliers, solution.supplier_price, "unit", "unit from", "supplier_limit", True),
        ("lane limit", network.lanes.name, solution.lane_price, "unit", "load on", "lane_limit", True),
        ("storage", network.locations, solution.storage_price, "unit", "unit of storage at", "storage_limit", True),
        ("budget", network.budgets.kind, solution.budget_price, currency, spent, "budget_limit", True),
    )  # fmt: skip
    found = [
        Limit(kind, names[thing], month, float(price[thing, month]), unit, words, block, row, thing)
        for kind, names, price, unit, words, block, row in kinds
        for thing, month in zip(*(side.tolist() for side in np.nonzero(price)), strict=True)
    ]
    return sorted(found, key=lambda limit: (limit.kind, limit.name, limit.month))


def price_constraints(network: Network, solution: Solution) -> pd.DataFrame:
    """What one more hour or unit of each binding limit is worth: the table `constraint_prices`.

    A price holds at the margin: it tells what the next unit is worth, not the hundredth. `ranges.price_ranges` tells
    how far it holds.
    """
    currency = network.settings.currency
    rows = [
        (
            limit.kind, limit.name, network.periods[limit.month], limit.price, limit.unit,
            f"{limit.called(network)} is worth {amount(limit.price, currency)}",
        )
        for limit in binding_limits(network, solution)
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["kind", "name", "period", "price", "unit", "says"])
    text = {name: frame[name].astype("str") for name in ("kind", "name", "unit", "says")}
    return frame.assign(
        **text, period=frame["period"].astype("datetime64[ns]"), price=frame["price"].astype("float64")
    ).sort_values(["kind", "name", "period"], kind="stable", ignore_index=True)
