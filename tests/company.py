"""A small company for the tests of cycle and command line: two families, a component, two places, three years.

Numbers are simple on purpose: a test may compute by hand what it expects.
"""

from datetime import datetime

import numpy as np
import pandas as pd

from sop_xl.cycle.keeping import shaped
from sop_xl.workbook.tables import TABLES
from sop_xl.workbook.template.build import starting_frames

AS_OF = "2026-06-30"
NOW = datetime(2026, 7, 3, 9, 0)
MONTHS = pd.date_range("2023-07-01", "2026-06-01", freq="MS")
PLANNED = pd.date_range("2026-07-01", periods=6, freq="MS")
SERIES = [
    ("BIKE-1", "web", "North", 40.0),
    ("BIKE-1", "shop", "South", 60.0),
    ("BIKE-2", "shop", "North", 30.0),
    ("007", "web", "South", 200.0),
]


def frames() -> dict[str, pd.DataFrame]:
    """Every table of the small company, shaped as the catalogue says."""
    rows: dict[str, list[dict]] = {
        "items": [
            {"item": "BIKE-1", "family": "Bikes", "category": "Sport", "make_or_buy": "make", "sold": True,
             "standard_cost": 300.0, "list_price": 500.0, "unit": "EA"},
            {"item": "BIKE-2", "family": "Bikes", "category": "Sport", "make_or_buy": "make", "sold": True,
             "standard_cost": 400.0, "list_price": 800.0, "unit": "EA"},
            {"item": "007", "family": "Gloves", "category": "Wear", "make_or_buy": "buy", "sold": True,
             "standard_cost": 10.0, "list_price": 25.0, "unit": "EA"},
            {"item": "FRAME", "family": "Parts", "category": "Parts", "make_or_buy": "buy", "sold": False,
             "standard_cost": 120.0, "list_price": 0.0, "unit": "EA"},
        ],
        "locations": [{"location": "PLANT"}, {"location": "SOUTH-DC"}],
        "channels": [{"channel": "web", "priority": 1}, {"channel": "shop", "priority": 2}],
        "regions": [{"region": "North", "served_from": "PLANT"}, {"region": "South", "served_from": "SOUTH-DC"}],
        "resources": [{"resource": "Assembly", "location": "PLANT", "cost_per_hour": 20.0}],
        "capacity": [
            {"resource": "Assembly", "measure": measure, "period": month, "hours": hours}
            for measure, hours in (("regular", 300.0), ("overtime", 60.0))
            for month in PLANNED
        ],
        "routings": [
            {"item": "BIKE-1", "resource": "Assembly", "hours_per_unit": 2.0},
            {"item": "BIKE-2", "resource": "Assembly", "hours_per_unit": 3.0},
        ],
        "bom": [
            {"assembly": "BIKE-1", "component": "FRAME", "quantity": 1.0, "scrap": 0.0},
            {"assembly": "BIKE-2", "component": "FRAME", "quantity": 1.0, "scrap": 0.0},
        ],
        "sources": [
            {"item": "BIKE-1", "location": "PLANT", "kind": "make", "supplier": "", "lead_time_days": 5.0},
            {"item": "BIKE-2", "location": "PLANT", "kind": "make", "supplier": "", "lead_time_days": 5.0},
            {"item": "FRAME", "location": "PLANT", "kind": "buy", "supplier": "Steelco", "lead_time_days": 30.0,
             "lead_time_sd_days": 6.0, "cost": 120.0, "minimum": 50.0, "multiple": 10.0},
            {"item": "007", "location": "PLANT", "kind": "buy", "supplier": "Weavers", "lead_time_days": 30.0,
             "lead_time_sd_days": 3.0, "cost": 10.0},
            {"item": "BIKE-1", "location": "SOUTH-DC", "kind": "transfer", "supplier": "PLANT", "lead_time_days": 3.0,
             "cost": 4.0},
            {"item": "007", "location": "SOUTH-DC", "kind": "transfer", "supplier": "PLANT", "lead_time_days": 3.0,
             "cost": 0.2},
        ],
        "demand_history": history(),
        "stock": [
            {"item": "BIKE-1", "location": "PLANT", "status": "usable", "quantity": 60.0},
            {"item": "BIKE-1", "location": "SOUTH-DC", "status": "usable", "quantity": 80.0},
            {"item": "BIKE-2", "location": "PLANT", "status": "usable", "quantity": 40.0},
            {"item": "007", "location": "SOUTH-DC", "status": "usable", "quantity": 300.0},
            {"item": "FRAME", "location": "PLANT", "status": "usable", "quantity": 150.0},
        ],
        "receipts": [
            {"receipt": "PO-1", "item": "FRAME", "location": "PLANT", "due": pd.Timestamp("2026-07-10"),
             "quantity": 150.0, "supplier": "Steelco"},
            {"receipt": "PO-2", "item": "007", "location": "PLANT", "due": pd.Timestamp("2026-07-12"),
             "quantity": 250.0, "supplier": "Weavers"},
        ],
        "open_orders": [
            {"order": "SO-1", "item": "BIKE-1", "channel": "shop", "region": "South", "due": pd.Timestamp("2026-07-05"),
             "quantity": 5.0}
        ],
        "budget": [
            {"family": family, "measure": measure, "period": month, "value": value}
            for family, units, price, cost in (("Bikes", 130.0, 570.0, 330.0), ("Gloves", 200.0, 25.0, 10.0))
            for measure, value in (("units", units), ("revenue", units * price), ("cost", units * cost))
            for month in PLANNED
        ],
        "actual_demand": [
            {"item": i, "channel": c, "region": r, "period": PLANNED[0], "quantity": q * 1.1} for i, c, r, q in SERIES
        ],
        "actual_production": [{"item": "BIKE-1", "location": "PLANT", "period": PLANNED[0], "quantity": 90.0}],
        "overrides": [
            {"override": "O-1", "item": "BIKE-2", "first_period": PLANNED[1], "last_period": PLANNED[2],
             "kind": "percent", "value": 0.2, "reason": "Promotion", "owner": "Ann",
             "expires": pd.Timestamp("2026-12-31")}
        ],
        "risks": [
            {"risk": "Tender", "kind": "opportunity", "family": "Bikes", "probability": 0.4, "impact": 20000.0,
             "trigger": pd.Timestamp("2026-08-15"), "owner": "Ann", "status": "open"}
        ],
    }  # fmt: skip
    made = starting_frames(
        {"as_of": AS_OF, "cycle": "2026-07", "horizon": "6", "company": "Small", "frozen_months": "0"}
    )
    return made | {
        name: shaped(TABLES[name], given if isinstance(given, pd.DataFrame) else pd.DataFrame(given))
        for name, given in rows.items()
    }


def history() -> pd.DataFrame:
    """Three years of demand with a season and noise, the same on every machine."""
    noise = np.random.default_rng(7)
    season = 1 + 0.3 * np.sin(2 * np.pi * (np.arange(len(MONTHS)) % 12) / 12)
    parts = [
        pd.DataFrame(
            {"item": item, "channel": channel, "region": region, "period": MONTHS,
             "quantity": np.round(level * season * noise.normal(1, 0.1, len(MONTHS)))}
        )
        for item, channel, region, level in SERIES
    ]  # fmt: skip
    parts[2].loc[20, "quantity"] = 170.0  # a one-off order: Data Gathering must find it
    return pd.concat(parts, ignore_index=True)
