"""Small supply networks, by hand and drawn at random, with any of the features a plan may have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pandas as pd

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
"""Columns of the tables that every network has; the other tables are given as dicts."""

SOURCE = {"supplier": "", "lead_time_days": 0.0, "minimum": 0.0, "multiple": 0.0, "cost": 0.0}

Rows = Iterable[tuple[object, ...] | Mapping[str, object]]
Tables = dict[str, pd.DataFrame]
Draw = np.random.Generator


def build_tables(**rows: Rows) -> Tables:
    """Tables from rows; a row may be a dict, the rest of its columns are blank (of sources: what a blank means)."""
    return {name: _table(name, list(rows.get(name, ()))) for name in [*COLUMNS, *(n for n in rows if n not in COLUMNS)]}


def _table(name: str, rows: list[tuple[object, ...] | Mapping[str, object]]) -> pd.DataFrame:
    given = [r if isinstance(r, Mapping) else dict(zip(COLUMNS[name], r, strict=True)) for r in rows]
    columns = list(dict.fromkeys([*COLUMNS.get(name, []), *(c for row in given for c in row)]))
    blank = SOURCE if name == "sources" else {}
    return pd.DataFrame([[{**blank, **row}.get(c, np.nan) for c in columns] for row in given], columns=columns)


def month_rows(periods: pd.DatetimeIndex, *key: object, values: Iterable[float]) -> list[tuple[object, ...]]:
    """One row a month: the key, the month and its number."""
    return [(*key, period, float(value)) for period, value in zip(periods, values, strict=True)]


def month_range(count: int) -> pd.DatetimeIndex:
    """Months from March 2020 on."""
    return pd.date_range("2020-03-01", periods=count, freq="MS", unit="ns")


def draw_tables(seed: int, *, count: int = 5, lots: bool = False, storage: bool = True) -> Tables:
    """A random network: two sold items at a plant and a warehouse, a made part, two bought ones, all a little tight."""
    draw = np.random.default_rng(seed)
    periods = month_range(count)
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


Feature = Callable[[Tables, Draw, pd.DatetimeIndex], None]


def modes(tables: Tables, draw: Draw, _periods: pd.DatetimeIndex) -> None:
    """A may be made fast and dear, on fewer hours and with a part more."""
    add(tables, "sources", item="A", location="PLANT", kind="make", mode="fast", cost=4.0, lead_time_days=0.0)
    add(tables, "routings", item="A", resource="LINE", mode="fast", hours_per_unit=float(draw.choice([0.5, 0.8])))
    add(tables, "bom", assembly="A", component="PART", mode="fast", quantity=2.5)


def yields(tables: Tables, draw: Draw, _periods: pd.DatetimeIndex) -> None:
    """Some of what is made is bad."""
    make = tables["sources"]["kind"].eq("make")
    tables["sources"] = tables["sources"].assign(
        **{"yield": np.where(make, draw.choice([0.8, 0.9, 1.0], len(make)), np.nan)}
    )


def subcontract(tables: Tables, draw: Draw, _periods: pd.DatetimeIndex) -> None:
    """Another company makes A and parts."""
    add(tables, "sources", item="A", location="PLANT", kind="subcontract", supplier="X", cost=30.0, lead_time_days=30.0,
        maximum=float(draw.integers(0, 30)))  # fmt: skip
    add(tables, "sources", item="PART", location="PLANT", kind="subcontract", supplier="X", cost=5.0)


def substitutes(tables: Tables, draw: Draw, _periods: pd.DatetimeIndex) -> None:
    """A serves for B anywhere, B for A in the warehouse."""
    tables["substitutes"] = pd.DataFrame(
        {
            "item": ["B", "A"],
            "substitute": ["A", "B"],
            "location": ["", "DC"],
            "quantity": [1.0, 1.2],
            "cost": [2.0, 0.5],
        }
    ).iloc[: int(draw.integers(1, 3))]


def suppliers(tables: Tables, draw: Draw, periods: pd.DatetimeIndex) -> None:
    """What S1 delivers is limited, and S2 has a contract."""
    tables["supplier_limits"] = pd.DataFrame(
        [
            {"supplier": "S1", "measure": "maximum", "quantity": float(draw.integers(100, 900))},
            {"supplier": "S1", "measure": "maximum", "period": periods[2], "quantity": float(draw.integers(0, 300))},
            {"supplier": "S2", "measure": "contract", "quantity": float(draw.integers(0, 60))},
        ]
    )


def lanes(tables: Tables, draw: Draw, _periods: pd.DatetimeIndex) -> None:
    """The lane to the warehouse carries so much, in trucks; A takes more room than B."""
    tables["items"] = tables["items"].assign(volume=tables["items"]["item"].map({"A": 2.0}))
    tables["lanes"] = pd.DataFrame(
        [{"supplier": "PLANT", "location": "DC", "maximum": float(draw.integers(20, 150)), "truck_load": 25.0,
          "cost_per_truck": float(draw.integers(5, 40))}]
    )  # fmt: skip


def crews(tables: Tables, draw: Draw, _periods: pd.DatetimeIndex) -> None:
    """People run the line."""
    tables["workforce"] = pd.DataFrame(
        [{"resource": "LINE", "workers": float(draw.integers(1, 8)), "hours_per_worker": 12.0, "wage": 60.0,
          "hiring_cost": 30.0, "layoff_cost": 50.0, "overtime_hours_per_worker": float(draw.choice([np.nan, 3.0])),
          "minimum": 1.0, "maximum": float(draw.choice([np.nan, 6.0]))}]
    )  # fmt: skip


def budgets(tables: Tables, draw: Draw, periods: pd.DatetimeIndex) -> None:
    """Money for buying and for stock is limited."""
    tables["spend_limits"] = pd.DataFrame(
        [
            {"kind": "buy", "amount": float(draw.integers(50, 800))},
            {"kind": "stock", "period": periods[1], "amount": float(draw.integers(300, 3000))},
        ]
    )


def locks(tables: Tables, draw: Draw, periods: pd.DatetimeIndex) -> None:
    """A person fixed an order, inside of the frozen fence and after it."""
    tables["locks"] = pd.DataFrame(
        [
            {"item": "A", "location": "PLANT", "kind": "make", "period": periods[1], "quantity": float(draw.integers(0, 90))},
            {"item": "BOLT", "location": "PLANT", "kind": "buy", "supplier": "S1", "period": periods[0],
             "quantity": float(draw.integers(0, 200))},
        ]
    )  # fmt: skip


def shelf_life(tables: Tables, draw: Draw, _periods: pd.DatetimeIndex) -> None:
    """A, parts and bolts perish."""
    tables["items"] = tables["items"].assign(
        shelf_life_days=tables["items"]["item"].map(
            {"A": float(draw.choice([30, 60])), "PART": float(draw.choice([30, 90])), "BOLT": 60.0}
        )
    )


def stock_limits(tables: Tables, draw: Draw, periods: pd.DatetimeIndex) -> None:
    """Stock has a least and a most."""
    tables["stock_limits"] = pd.DataFrame(
        [
            {"item": "A", "location": "DC", "measure": "minimum", "quantity": 5.0},
            {"item": "A", "location": "DC", "measure": "maximum", "quantity": float(draw.integers(10, 60))},
            {"item": "PART", "location": "PLANT", "measure": "maximum", "period": periods[3], "quantity": 15.0},
        ]
    )


def classes(tables: Tables, draw: Draw, _periods: pd.DatetimeIndex) -> None:
    """Key accounts wait, walk-in customers do not and pay less."""
    given = tables["demand"]
    share = float(draw.choice([0.3, 0.5]))
    tables["demand"] = pd.concat(
        [
            given.assign(**{"class": "KEY", "quantity": given["quantity"] * share}),
            given.assign(**{"class": "WALK", "quantity": given["quantity"] * (1 - share), "price": 40.0}),
        ],
        ignore_index=True,
    )
    tables["customer_classes"] = pd.DataFrame(
        {
            "class": ["KEY", "WALK"],
            "priority": [1.0, 3.0],
            "short_policy": ["backlog", "lost"],
            "lost_rate": [np.nan, 0.8],
        }
    )


def currencies(tables: Tables, draw: Draw, _periods: pd.DatetimeIndex) -> None:
    """S1 is paid in euros."""
    tables["currencies"] = pd.DataFrame({"currency": ["EUR"], "rate": [float(draw.choice([0.8, 1.1]))]})
    tables["sources"] = tables["sources"].assign(currency=np.where(tables["sources"]["supplier"].eq("S1"), "EUR", ""))


def source_prices(tables: Tables, draw: Draw, periods: pd.DatetimeIndex) -> None:
    """The price of steel changes."""
    tables["source_prices"] = pd.DataFrame(
        [
            {
                "item": "STEEL",
                "location": "PLANT",
                "kind": "buy",
                "supplier": "S1",
                "period": p,
                "cost": float(draw.integers(1, 9)),
            }
            for p in periods[2:4]
        ]
    )


def shifts(tables: Tables, draw: Draw, periods: pd.DatetimeIndex) -> None:
    """The shop may run extra shifts."""
    add(tables, "capacity", resource="SHOP", measure="shift", period=periods[2], hours=15.0)
    add(tables, "capacity", resource="SHOP", measure="shift", period=periods[3], hours=15.0)
    add(tables, "capacity", resource="SHOP", measure="shifts", period=periods[3], hours=float(draw.integers(0, 3)))
    tables["resources"] = tables["resources"].assign(shift_cost=[0.0, float(draw.integers(150, 320))])


def setups(tables: Tables, _draw: Draw, _periods: pd.DatetimeIndex) -> None:
    """The line is set up for A, and a make of parts costs a setup."""
    tables["routings"] = tables["routings"].assign(setup_hours=tables["routings"]["item"].map({"A": 6.0}))
    part = tables["sources"]["item"].eq("PART") & tables["sources"]["kind"].eq("make")
    tables["sources"] = tables["sources"].assign(setup_cost=np.where(part, 25.0, 0.0))


def offsets(tables: Tables, _draw: Draw, _periods: pd.DatetimeIndex) -> None:
    """B needs its part and the line a month after its release."""
    make = tables["sources"]["item"].eq("B") & tables["sources"]["kind"].eq("make")
    tables["sources"] = tables["sources"].assign(lead_time_days=tables["sources"]["lead_time_days"].where(~make, 35.0))
    for name, item in (("routings", "item"), ("bom", "assembly")):
        tables[name] = tables[name].assign(offset_days=np.where(tables[name][item].eq("B"), 30.0, 0.0))


def blends(tables: Tables, draw: Draw, periods: pd.DatetimeIndex) -> None:
    """A paint is mixed of a strong and a weak one."""
    add(tables, "items", item="MIX", standard_cost=3.0, list_price=20.0)
    for name, strength in (("STRONG", 80.0), ("WEAK", 20.0)):
        add(tables, "items", item=name, standard_cost=strength / 20)
        add(tables, "sources", item="MIX", location="PLANT", kind="make", mode=name.lower(), cost=0.1)
        add(
            tables,
            "sources",
            item=name,
            location="PLANT",
            kind="buy",
            supplier="S3",
            maximum=float(draw.integers(10, 60)),
        )
        add(tables, "bom", assembly="MIX", component=name, mode=name.lower(), quantity=1.0)
    for period in periods:
        add(tables, "demand", item="MIX", location="PLANT", period=period, quantity=float(draw.integers(0, 60)))
    tables["qualities"] = pd.DataFrame({"item": ["STRONG", "WEAK"], "quality": "strength", "value": [80.0, 20.0]})
    tables["blends"] = pd.DataFrame(
        [
            {
                "item": "MIX",
                "location": "PLANT",
                "quality": "strength",
                "minimum": 40.0,
                "maximum": float(draw.choice([np.nan, 60.0])),
            }
        ]
    )


def last_plan(tables: Tables, draw: Draw, periods: pd.DatetimeIndex) -> None:
    """There is a plan of last month."""
    made = tables["sources"].loc[tables["sources"]["kind"].isin(["make", "transfer"])]
    keys = [c for c in ("item", "location", "kind", "supplier", "mode") if c in made]
    tables["last_plan"] = made[keys].merge(pd.DataFrame({"period": periods}), how="cross")
    tables["last_plan"]["quantity"] = draw.integers(0, 60, len(tables["last_plan"])).astype(float)


FEATURES: dict[str, Feature] = {
    f.__name__: f
    for f in (
        modes, yields, subcontract, substitutes, suppliers, lanes, crews, budgets, locks, shelf_life, stock_limits, classes,
        currencies, source_prices, shifts, setups, offsets, blends, last_plan,
    )
}  # fmt: skip
"""What a drawn network may have, by name; in this order they go well together."""


def add(tables: Tables, name: str, **row: object) -> None:
    """Add a row to a table; columns it does not have yet are blank in the other rows."""
    values = {**(SOURCE if name == "sources" else {}), **row}
    frame = tables[name]
    columns = [*frame.columns, *(c for c in values if c not in frame)]
    rows = [*frame.to_dict("records"), values]
    tables[name] = pd.DataFrame([[r.get(c, np.nan) for c in columns] for r in rows], columns=columns)


def draw_network(seed: int, features: Iterable[str], **options: object) -> Tables:
    """A random network (`draw_tables`) with some of the `FEATURES`."""
    tables = draw_tables(seed, **options)
    periods = pd.DatetimeIndex(sorted(tables["demand"]["period"].unique()))
    draw = np.random.default_rng(seed + 1)
    chosen = set(features)
    for name, feature in FEATURES.items():
        if name in chosen:
            feature(tables, draw, periods)
    return tables
