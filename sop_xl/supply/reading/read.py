"""From the tables of the workbook to a checked supply network."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from sop_xl.errors import InputError
from sop_xl.periods import DAYS_PER_MONTH
from sop_xl.supply.network import Array, Item, Mask, Network, Places
from sop_xl.supply.reading import demands, limits
from sop_xl.supply.reading.codes import Codes, Rows, check_codes
from sop_xl.supply.reading.sources import (
    all_sources,
    bill_of_materials,
    of_sources,
    read_hours,
    read_sources,
    read_uses,
)
from sop_xl.supply.reading.tables import FORMS, check_numbers, read_table, row_name
from sop_xl.supply.settings import PlanSettings


def read_network(tables: Mapping[str, pd.DataFrame], settings: PlanSettings) -> Network:
    """The supply network the tables describe.

    Parameters
    ----------
    tables
        Tables by name (`reading.tables.FORMS`): `items`, `sources` and `demand` are needed, the others may be missing.
        Demand stands at the location that serves it [units].
    settings
        Settings of the plan.

    Raises
    ------
    InputError
        Naming the row: unknown item, location or resource; a negative or missing number; hours missing for a month
        of the horizon; a bill of materials that runs in a circle; limits that contradict each other.

    """
    rows = {name: read_table(tables, name) for name in FORMS}
    check_codes(rows, has_locations="locations" in tables, has_classes="customer_classes" in tables)
    periods = demands.planned_months(rows["demand"], settings)
    notes: list[str] = []
    frame = all_sources(rows)
    parts = of_sources(frame, bill_of_materials(rows))
    items = pd.Index(rows["items"]["item"].astype(object))
    locations = _locations(rows)
    names = demands.place_numbers(rows, items, locations, _drawn(frame, parts))
    codes = Codes(items, locations, pd.Index(rows["resources"]["resource"].astype(object)), periods, names)
    places = _places(rows["items"], codes)
    sources = read_sources(frame, rows, codes)
    hours = limits.read_hours_there(rows, codes, settings)
    least, most = demands.read_stock_limits(rows, codes)
    lanes, trucks = limits.read_lanes(rows, frame, places.volume[sources.place], codes)
    return Network(
        settings=settings,
        periods=periods,
        items=_items(rows["items"]),
        places=places,
        sources=sources,
        hours=read_hours(frame, rows, codes, notes),
        uses=read_uses(frame, parts, codes),
        resources=limits.read_resources(rows["resources"], settings),
        locations=tuple(locations),
        demands=demands.read_demands(rows, codes, settings, notes),
        opening=demands.read_opening(rows, codes),
        receipts=demands.read_receipts(rows, codes, notes),
        target=demands.read_targets(rows, codes),
        least=least,
        most=most,
        storage=_storage(rows["locations"], locations),
        suppliers=limits.read_supplier_limits(rows, frame, codes),
        lanes=lanes,
        trucks=trucks,
        crews=limits.read_crews(rows, codes, settings),
        budgets=limits.read_budgets(rows, codes),
        locks=limits.read_locks(rows, frame, codes, sources.lead),
        blends=limits.read_blends(rows, frame, parts, codes),
        last=limits.read_last_plan(rows, frame, codes),
        notes=tuple(notes),
        regular=hours["regular"],
        overtime=hours["overtime"],
        shift=hours["shift"],
        shifts=hours["shifts"],
    )


def _locations(rows: Rows) -> pd.Index:
    """Every location, sorted: those of their own table, and where there is none, those that are named."""
    named = [rows["locations"]["location"]]
    named += [
        rows[n]["location"] for n in ("sources", "demand", "stock", "receipts", "inventory_targets", "stock_limits")
    ]
    named += [rows["resources"]["location"], rows["blends"]["location"]]
    moved = rows["sources"].loc[rows["sources"]["kind"].eq("transfer"), "supplier"]
    names: set[str] = set().union(*(set(n) for n in [*named, moved]))
    return pd.Index(sorted(names), dtype=object)


def _drawn(frame: pd.DataFrame, parts: pd.DataFrame) -> pd.DataFrame:
    """Every item at a location that a source draws on."""
    stands_in = frame.loc[frame["kind"].eq("substitute"), ["item", "supplier", "location"]]
    drawn = stands_in.rename(columns={"supplier": "component"})
    return pd.concat([parts[["item", "component", "location"]], drawn], ignore_index=True)


def _items(rows: pd.DataFrame) -> dict[str, Item]:
    cost = check_numbers(rows, "items", "standard_cost", blank=True)
    price = check_numbers(rows, "items", "list_price", blank=True)
    columns = zip(rows["item"], rows["family"], cost, price, strict=True)
    return {item: Item(item, family, float(c), float(p)) for item, family, c, p in columns}


def _places(rows: pd.DataFrame, codes: Codes) -> Places:
    item, location = np.divmod(codes.places, max(len(codes.locations), 1))
    volume = check_numbers(rows, "items", "volume", blank=True).fillna(1.0).to_numpy()
    days = check_numbers(rows, "items", "shelf_life_days", blank=True)
    return Places(
        item=codes.items.to_numpy(dtype=object)[item],
        location=codes.locations.to_numpy(dtype=object)[location],
        location_number=location.astype(np.int64),
        volume=volume[item],
        shelf_life=_whole_months(rows, days)[item],
        standard_cost=check_numbers(rows, "items", "standard_cost", blank=True).to_numpy()[item],
        list_price=check_numbers(rows, "items", "list_price", blank=True).to_numpy()[item],
    )


def _whole_months(rows: pd.DataFrame, days: pd.Series) -> Array:
    """Shelf life in whole months: a unit that lives shorter than a month cannot be planned in months."""
    short: Mask = (days < DAYS_PER_MONTH * 0.5).to_numpy()
    if short.any():
        row = rows[short].iloc[0]
        raise InputError(
            f"{row_name('items', row)}: a shelf life of {days[short].iloc[0]:g} days is too short for a plan in months"
        )
    return np.round(days.fillna(np.inf).to_numpy() / DAYS_PER_MONTH)


def _storage(rows: pd.DataFrame, locations: pd.Index) -> Array:
    limit = check_numbers(rows, "locations", "storage_limit", blank=True).fillna(np.inf)
    known = dict(zip(rows["location"], limit, strict=True))
    return np.array([float(known.get(name, np.inf)) for name in locations], dtype="float64")
