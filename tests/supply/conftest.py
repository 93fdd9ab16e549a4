"""Small supply networks for the tests of this room."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pandas as pd
import pytest

COLUMNS = {
    "items": ["item", "family", "standard_cost", "list_price"],
    "locations": ["location", "storage_limit"],
    "sources": [
        "item",
        "location",
        "kind",
        "supplier",
        "lead_time_days",
        "minimum",
        "multiple",
        "maximum",
        "cost",
        "share",
    ],
    "routings": ["item", "resource", "hours_per_unit"],
    "bom": ["assembly", "component", "quantity", "scrap"],
    "resources": ["resource", "location", "cost_per_hour", "overtime_cost_per_hour"],
    "capacity": ["resource", "measure", "period", "hours"],
    "stock": ["item", "location", "status", "quantity"],
    "receipts": ["receipt", "item", "location", "due", "quantity"],
    "inventory_targets": ["item", "location", "target"],
    "demand": ["item", "location", "period", "quantity"],
}

SOURCE = {"supplier": "", "lead_time_days": 0.0, "minimum": 0.0, "multiple": 0.0, "cost": 0.0}

Rows = Iterable[tuple[object, ...]]
Tables = dict[str, pd.DataFrame]


def build_tables(**rows: Rows) -> Tables:
    """Tables from rows; a source may be a dict, the rest of its columns take what a blank means."""
    tables = {}
    for name, columns in COLUMNS.items():
        given = [
            tuple({**SOURCE, **row}.get(c, float("nan")) for c in columns) if isinstance(row, Mapping) else row
            for row in rows.get(name, ())
        ]
        tables[name] = pd.DataFrame(given, columns=columns)
    return tables


def month_rows(periods: pd.DatetimeIndex, *key: object, values: Iterable[float]) -> list[tuple[object, ...]]:
    """One row a month: the key, the month and its number."""
    return [(*key, period, float(value)) for period, value in zip(periods, values, strict=True)]


@pytest.fixture(scope="session")
def tables() -> Callable[..., Tables]:
    return build_tables


@pytest.fixture(scope="session")
def across() -> Callable[..., list[tuple[object, ...]]]:
    return month_rows


@pytest.fixture(scope="session")
def months() -> Callable[[int], pd.DatetimeIndex]:
    return lambda count: pd.date_range("2020-03-01", periods=count, freq="MS", unit="ns")


def draw_tables(seed: int, *, count: int = 5, lots: bool = False, storage: bool = True) -> Tables:
    """A random network: two sold items at a plant and a warehouse, a made part, two bought ones, all a little tight."""
    draw = np.random.default_rng(seed)
    periods = pd.date_range("2020-03-01", periods=count, freq="MS", unit="ns")
    price = draw.integers(20, 90, 2).astype(float)
    sources: list[object] = [
        {"item": "A", "location": "PLANT", "kind": "make", "lead_time_days": float(draw.choice([0, 20])), "cost": 1.0},
        {"item": "B", "location": "PLANT", "kind": "make", "lead_time_days": 0.0},
        {
            "item": "B",
            "location": "PLANT",
            "kind": "buy",
            "supplier": "S2",
            "cost": 25.0,
            "lead_time_days": 30.0,
            "maximum": float(draw.integers(0, 40)),
            "share": float(draw.choice([np.nan, 0.3])),
        },
        {
            "item": "PART",
            "location": "PLANT",
            "kind": "make",
            "lead_time_days": float(draw.choice([0, 30])),
            "cost": 0.2,
        },
        {
            "item": "STEEL",
            "location": "PLANT",
            "kind": "buy",
            "supplier": "S1",
            "lead_time_days": float(draw.choice([5, 40])),
            "cost": 1.5,
            "maximum": float(draw.choice([np.nan, 150.0])),
            "minimum": 30.0 * lots,
            "multiple": float(draw.choice([0, 10, 25])) * lots,
        },
        {"item": "BOLT", "location": "PLANT", "kind": "buy", "supplier": "S1", "cost": 0.1, "multiple": 100.0 * lots},
    ]
    sources += [
        {
            "item": item,
            "location": "DC",
            "kind": "transfer",
            "supplier": "PLANT",
            "lead_time_days": float(draw.choice([3, 30])),
            "cost": 0.5,
            "multiple": 6.0 * lots,
        }
        for item in "AB"
    ]
    demand = [
        (item, place, period, float(draw.integers(0, 60)))
        for item in "AB"
        for place in ("PLANT", "DC")
        for period in periods
    ]
    capacity = [("LINE", "regular", period, float(draw.integers(20, 120))) for period in periods]
    capacity += [("SHOP", "regular", period, float(draw.integers(5, 60))) for period in periods]
    return build_tables(
        items=[
            ("A", "Bikes", price[0] / 2, price[0]),
            ("B", "Bikes", price[1] / 2, price[1]),
            ("PART", "Parts", 4.0, np.nan),
            ("STEEL", "Parts", np.nan, np.nan),
            ("BOLT", "Parts", 0.1, np.nan),
        ],
        locations=[("PLANT", np.nan), ("DC", float(draw.integers(20, 90)) if storage else np.nan)],
        sources=sources,
        routings=[("A", "LINE", 1.0), ("B", "LINE", 0.7), ("PART", "SHOP", 0.25)],
        bom=[("A", "PART", 2.0, 0.05), ("B", "PART", 1.0, 0.0), ("A", "BOLT", 8.0, 0.0), ("PART", "STEEL", 1.5, 0.1)],
        resources=[("LINE", "PLANT", 12.0, np.nan), ("SHOP", "PLANT", 9.0, 20.0)],
        capacity=capacity,
        stock=[
            (item, place, "usable", float(draw.integers(0, 80)))
            for item, place in [("A", "PLANT"), ("A", "DC"), ("B", "DC"), ("PART", "PLANT"), ("STEEL", "PLANT")]
        ]
        + [("A", "PLANT", "blocked", 500.0)],
        receipts=[
            ("R1", "A", "DC", periods[0] - pd.Timedelta(days=9), 12.0),
            ("R2", "STEEL", "PLANT", periods[1] + pd.Timedelta(days=9), 30.0),
        ],
        inventory_targets=[("A", "DC", 15.0), ("B", "DC", 10.0), ("B", "PLANT", 5.0), ("PART", "PLANT", 20.0)],
        demand=demand,
    )


@pytest.fixture(scope="session")
def drawn() -> Callable[..., Tables]:
    return draw_tables
