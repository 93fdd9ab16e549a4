"""Names of items, locations and resources as numbers, and the codes every table may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sop_xl.errors import InputError
from sop_xl.periods import label
from sop_xl.supply.network import KINDS, Array, Numbers
from sop_xl.supply.reading.tables import check_choice, check_known, row_name

Rows = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class Codes:
    """Numbers of names; a place is numbered among `places`, the sorted keys item x location of the plan."""

    items: pd.Index
    locations: pd.Index
    resources: pd.Index
    periods: pd.DatetimeIndex
    places: Numbers

    def key(self, item: pd.Series, location: pd.Series) -> Numbers:
        """The key of an item at a location."""
        return place_keys(self.items, self.locations, item, location)

    def place(self, item: pd.Series, location: pd.Series) -> Numbers:
        """Numbers of places; -1 for a place the plan does not have."""
        key = self.key(item, location)
        if not len(self.places):
            return np.full(len(key), -1)
        at = np.minimum(np.searchsorted(self.places, key), len(self.places) - 1)
        return np.where(self.places[at] == key, at, -1)

    def month(self, period: pd.Series) -> Numbers:
        """Numbers of the months of days, -1 where they lie outside of the plan."""
        first = self.periods[0]
        month = (period.dt.year.to_numpy() - first.year) * 12 + period.dt.month.to_numpy() - first.month
        found = np.nan_to_num(month, nan=-1.0).astype(int)
        return np.where((found >= 0) & (found < len(self.periods)), found, -1)

    def by_month(self, frame: pd.DataFrame, number: Numbers, values: Array, count: int, blank: float) -> Array:
        """Numbers by (thing, month): a row without a month holds in every month that has none of its own."""
        found = np.full((count, len(self.periods)), blank)
        every = frame["period"].isna().to_numpy()
        found[number[every]] = values[every][:, None]
        month = self.month(frame["period"])
        inside = ~every & (month >= 0)
        found[number[inside], month[inside]] = values[inside]
        return found


def place_keys(items: pd.Index, locations: pd.Index, item: pd.Series, location: pd.Series) -> Numbers:
    """Items at locations as one number each, in the order of their names."""
    at = items.get_indexer(pd.Index(item)).astype(np.int64)
    return at * max(len(locations), 1) + locations.get_indexer(pd.Index(location))


@dataclass(frozen=True)
class _Code:
    table: str
    column: str
    refers: str


_CODES = tuple(
    _Code(table, column, refers)
    for table, columns in {
        "sources": {"item": "item", "location": "location", "currency": "currency"},
        "routings": {"item": "item", "resource": "resource"},
        "bom": {"assembly": "item", "component": "item"},
        "substitutes": {"item": "item", "substitute": "item", "location": "location"},
        "resources": {"location": "location"},
        "capacity": {"resource": "resource"},
        "workforce": {"resource": "resource"},
        "stock": {"item": "item", "location": "location"},
        "receipts": {"item": "item", "location": "location"},
        "inventory_targets": {"item": "item", "location": "location"},
        "stock_limits": {"item": "item", "location": "location"},
        "qualities": {"item": "item"},
        "blends": {"item": "item", "location": "location"},
        "demand": {"item": "item", "location": "location", "class": "customer class"},
    }.items()
    for column, refers in columns.items()
)

_BLANK_ALLOWED = {("sources", "currency"), ("substitutes", "location"), ("demand", "class")}

_CHOICES = {
    ("sources", "kind"): tuple(kind for kind in KINDS if kind != "substitute"),
    ("capacity", "measure"): ("regular", "overtime", "shift", "shifts", "worker"),
    ("stock_limits", "measure"): ("minimum", "maximum"),
    ("supplier_limits", "measure"): ("maximum", "contract"),
    ("spend_limits", "kind"): ("make", "buy", "transfer", "subcontract", "stock"),
}


def check_codes(rows: Rows, *, has_locations: bool, has_classes: bool) -> None:
    """Refuse codes their own table does not have, and kinds that do not exist."""
    known = {
        "item": set(rows["items"]["item"]),
        "location": set(rows["locations"]["location"]),
        "resource": set(rows["resources"]["resource"]),
        "currency": set(rows["currencies"]["currency"]),
        "customer class": set(rows["customer_classes"]["class"]),
    }
    for code in _CODES:
        if (code.refers == "location" and not has_locations) or (code.refers == "customer class" and not has_classes):
            continue
        frame = rows[code.table]
        if (code.table, code.column) in _BLANK_ALLOWED:
            frame = frame[frame[code.column].ne("")]
        check_known(frame, code.table, code.column, known[code.refers], code.refers)
    for (table, column), choices in _CHOICES.items():
        check_choice(rows[table], table, column, choices)
    policies = rows["customer_classes"]
    check_choice(policies[policies["short_policy"].ne("")], "customer_classes", "short_policy", ("backlog", "lost"))
    sources = rows["sources"]
    moved = sources[sources["kind"].eq("transfer")]
    if has_locations:
        check_known(moved, "sources", "supplier", known["location"], "location")
    nowhere = moved[moved["supplier"].eq("") | moved["supplier"].eq(moved["location"])]
    if len(nowhere):
        raise InputError(f"{row_name('sources', nowhere.iloc[0])}: a transfer names another location it comes from")


def month_words(periods: pd.DatetimeIndex) -> str:
    """The horizon in words."""
    return f"{label(periods[0])} to {label(periods[-1])}"
