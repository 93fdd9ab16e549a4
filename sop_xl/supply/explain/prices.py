"""What one more hour or unit of each limit is worth: the table `constraint_prices`."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sop_xl.periods import label
from sop_xl.supply.explain.words import amount
from sop_xl.supply.model.solution import Solution
from sop_xl.supply.network import Network


def price_constraints(network: Network, solution: Solution) -> pd.DataFrame:
    """What one more hour or unit of each binding limit is worth: the table `constraint_prices`.

    A price holds at the margin: it tells what the next unit is worth, not the hundredth.
    """
    places, sources = network.places, network.sources
    resources = [r.name for r in network.resources]
    binding = solution.source_price.any(axis=1)
    lanes = {
        s: f"{sources.supplier[s] or places.location[sources.place[s]]}: {places[int(sources.place[s])]}"
        for s in np.flatnonzero(binding).tolist()
    }
    crews = [resources[r] for r in network.crews.resource.tolist()]
    limits = (
        ("capacity", resources, solution.regular_price, "hour", "regular hour at"),
        ("capacity", crews, solution.crew_price, "hour", "hour of the crew of"),
        ("overtime", resources, solution.overtime_price, "hour", "overtime hour at"),
        ("supplier limit", lanes, solution.source_price, "unit", "unit from"),
        ("supplier limit", network.suppliers.name, solution.supplier_price, "unit", "unit from"),
        ("lane limit", network.lanes.name, solution.lane_price, "unit", "load on"),
        ("storage", list(network.locations), solution.storage_price, "unit", "unit of storage at"),
        ("budget", network.budgets.kind, solution.budget_price, network.settings.currency, "of budget for"),
    )
    currency = network.settings.currency
    rows = [
        (
            kind,
            names[int(thing)],
            network.periods[month],
            float(price[thing, month]),
            unit,
            f"One more {words} {names[int(thing)]} in {label(network.periods[month])} is worth "
            f"{amount(float(price[thing, month]), currency)}",
        )
        for kind, names, price, unit, words in limits
        for thing, month in zip(*np.nonzero(price), strict=True)
    ]
    frame = pd.DataFrame(rows, columns=["kind", "name", "period", "price", "unit", "says"])
    text = {name: frame[name].astype("str") for name in ("kind", "name", "unit", "says")}
    return frame.assign(
        **text, period=frame["period"].astype("datetime64[ns]"), price=frame["price"].astype("float64")
    ).sort_values(["kind", "name", "period"], kind="stable", ignore_index=True)
