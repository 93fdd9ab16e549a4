"""How the golden files were made: the rows each constraint writes for two items, as a solver reads them.

A bike is made at the plant from 2 frames (a tenth of them scrap) and half an hour, bought from a dealer who delivers
at most 30 a month and has an agreed share of a quarter, and moved to a warehouse a month away that holds 40. Three
months, the first one frozen. Run this file to write the golden files again, then read the difference.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from sop_xl.supply.model import constraints
from sop_xl.supply.model.model import Model, build_model, names_of
from sop_xl.supply.model.prices import unit_prices
from sop_xl.supply.programme.readable import readable
from sop_xl.supply.reading.read import read_network
from sop_xl.supply.settings import PlanSettings

HERE = Path(__file__).parent

CONSTRAINTS: dict[str, Callable[[Model], None]] = {
    c.__name__: c for c in dict.fromkeys(c for kinds in constraints.STRATEGY_CONSTRAINTS.values() for c in kinds)
}

MONTHS = pd.date_range("2020-03-01", periods=3, freq="MS", unit="ns")


def tables() -> dict[str, pd.DataFrame]:
    """The two items."""
    nan = np.nan
    return {
        "items": pd.DataFrame(
            [("BIKE", "Bikes", 200.0, 400.0), ("FRAME", "Parts", 50.0, nan)],
            columns=["item", "family", "standard_cost", "list_price"],
        ),
        "locations": pd.DataFrame({"location": ["PLANT", "DC"], "storage_limit": [nan, 40.0]}),
        "sources": pd.DataFrame(
            [
                ("BIKE", "PLANT", "make", "", 0.0, nan, 20.0, nan),
                ("BIKE", "PLANT", "buy", "DEALER", 30.0, 30.0, 260.0, 0.25),
                ("BIKE", "DC", "transfer", "PLANT", 30.0, nan, 5.0, nan),
                ("FRAME", "PLANT", "buy", "WELDCO", 0.0, nan, 50.0, nan),
            ],
            columns=["item", "location", "kind", "supplier", "lead_time_days", "maximum", "cost", "share"],
        ),
        "bom": pd.DataFrame({"assembly": ["BIKE"], "component": ["FRAME"], "quantity": [1.8], "scrap": [0.1]}),
        "resources": pd.DataFrame({"resource": ["LINE"], "location": ["PLANT"], "cost_per_hour": [24.0]}),
        "routings": pd.DataFrame({"item": ["BIKE"], "resource": ["LINE"], "hours_per_unit": [0.5]}),
        "capacity": pd.DataFrame(
            {"resource": "LINE", "measure": "regular", "period": MONTHS, "hours": [16.0, 20.0, 24.0]}
        ),
        "stock": pd.DataFrame({"item": ["BIKE"], "location": ["DC"], "quantity": [35.0]}),
        "receipts": pd.DataFrame(
            {"item": ["FRAME"], "location": ["PLANT"], "due": [MONTHS[1] + pd.Timedelta(days=9)], "quantity": [60.0]}
        ),
        "inventory_targets": pd.DataFrame({"item": ["BIKE"], "location": ["DC"], "target": [10.0]}),
        "demand": pd.DataFrame(
            {"item": "BIKE", "location": "DC", "period": MONTHS, "quantity": [30.0, 32.0, 34.0]},
        ),
    }


def programme(kinds: tuple[Callable[[Model], None], ...], policy: str = "backlog") -> str:
    """The programme with some of the constraints, as a solver reads it."""
    network = read_network(tables(), PlanSettings(short_policy=policy))
    model = build_model(network, unit_prices(network), kinds)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plan.lp"
        model.problem.writeLP(str(path), max_length=300)
        return path.read_text(encoding="utf-8")


def rows(text: str) -> str:
    """The rows of a programme."""
    return text.partition("Subject To\n")[2].partition("End")[0].partition("Bounds")[0]


def goldens() -> dict[str, str]:
    """Every golden file by name: the rows of each constraint, and what the whole programme minimises."""
    found = {name: rows(programme((constraint,))) for name, constraint in CONSTRAINTS.items()}
    found["demand_balance_lost"] = rows(programme((CONSTRAINTS["demand_balance"],), policy="lost"))
    found["objective"] = programme(constraints.CORE).partition("Subject To\n")[0]
    return found


if __name__ == "__main__":
    for name, text in goldens().items():
        (HERE / f"{name}.lp").write_text(text, encoding="utf-8")
