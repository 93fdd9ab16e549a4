"""Cases of lot sizing: many items on one machine with setup times (`clsp`), assembly trees (`mlls`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.cases.case import Adapters
from sop_xl.supply.lotsizing.plan import LotSchedule, capacitated_lots, multi_level_lots

Inputs = Mapping[str, Any]
ADAPTERS = Adapters()
SECONDS = 60.0


@ADAPTERS.kind("clsp", "capacitated_lot_sizing")
def _clsp(i: Inputs) -> dict[str, Any]:
    return _answer(capacitated_lots(*tables(i), seconds=SECONDS))


def tables(i: Inputs) -> tuple[pd.DataFrame, Any, Any]:
    """Items, demand and capacity of a case on one machine."""
    names = [str(k + 1) for k in range(len(i["demand"]))]
    items = pd.DataFrame(
        {
            "item": names,
            "unit_time": i.get("unit_time", 1.0),
            "setup_time": i.get("setup_time", 0.0),
            "setup_cost": i["setup_cost"],
            "holding_cost": i["hold"],
            "stock": i.get("stock", i.get("initial_stock", 0.0)),
        }
    )
    return items, np.asarray(i["demand"], dtype=float), i["capacity"]


@ADAPTERS.kind("mlls", "multi_level_lot_sizing")
def _mlls(i: Inputs) -> dict[str, Any]:
    items = pd.DataFrame(
        {
            "item": i["items"],
            "setup_cost": [i["setup"][k] for k in i["items"]],
            "holding_cost": [i["hold"][k] for k in i["items"]],
            "lead_time": [(i.get("lead_time") or {}).get(k, 0) for k in i["items"]],
            "stock": [(i.get("stock") or {}).get(k, 0.0) for k in i["items"]],
        }
    )
    goes_into = [(into, part, units) for part, uses in i["used_in"].items() for into, units in uses]
    bom = pd.DataFrame(goes_into, columns=["assembly", "component", "quantity"])
    demand = np.array([i["demand"].get(k, np.zeros(i["periods"])) for k in i["items"]], dtype=float)
    return _answer(multi_level_lots(items, bom, demand, seconds=SECONDS))


def _answer(found: LotSchedule) -> dict[str, Any]:
    return {"cost": found.cost, "bound": found.bound, "gap": found.gap, "proved": found.proved}
