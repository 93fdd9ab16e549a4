"""From the tables of the workbook to a checked supply network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sop_xl.errors import InputError
from sop_xl.periods import label, lead_time_periods, month_of
from sop_xl.supply.network import Array, Demand, Item, Network, Place, Resource, Source
from sop_xl.supply.settings import PlanSettings
from sop_xl.supply.tables import (
    COLUMNS,
    check_bom,
    check_choice,
    check_known,
    check_numbers,
    read_table,
    row_name,
)

PRIORITY_STEP = 0.9
"""Weight of a unit one priority lower: priority 1 counts in full, 2 counts 0.9, 3 counts 0.81 ..."""


def read_network(tables: Mapping[str, pd.DataFrame], settings: PlanSettings) -> Network:
    """The supply network the tables describe.

    Parameters
    ----------
    tables
        Tables by name: `items`, `sources` and `demand` are needed; `locations`, `routings`, `bom`, `resources`,
        `capacity`, `stock`, `receipts` and `inventory_targets` may be missing. Demand stands at the location that
        serves it [units].
    settings
        Settings of the plan.

    Raises
    ------
    InputError
        Naming the row: unknown item, location or resource; a negative or missing number; hours missing for a month
        of the horizon; a bill of materials that runs in a circle.

    """
    rows = {name: read_table(tables, name) for name in COLUMNS}
    _check_codes(rows, has_locations="locations" in tables)
    periods = _periods(rows["demand"], settings)
    items = _items(rows["items"])
    uses = _components(rows["bom"])
    resources = _resources(rows["resources"], settings)
    regular, overtime = _hours(rows["capacity"], resources, rows["routings"], periods, settings)
    places = _places(rows, uses)
    locations = tuple(sorted({p.location for p in places} | set(rows["locations"]["location"])))
    notes: list[str] = []
    sources = _sources(rows, items, places, resources, uses, notes)
    return Network(
        settings=settings,
        periods=periods,
        items=items,
        places=places,
        sources=sources,
        resources=resources,
        locations=locations,
        demands=_demands(rows["demand"], places, periods, notes),
        opening=_opening(rows["stock"], places),
        receipts=_receipts(rows["receipts"], places, periods, notes),
        target=_target(rows["inventory_targets"], places, len(periods)),
        regular=regular,
        overtime=overtime,
        storage=_storage(rows["locations"], locations),
        notes=tuple(notes),
    )


@dataclass(frozen=True)
class _Code:
    table: str
    column: str
    refers: str


_CODES = (
    _Code("sources", "item", "item"),
    _Code("sources", "location", "location"),
    _Code("routings", "item", "item"),
    _Code("routings", "resource", "resource"),
    _Code("bom", "assembly", "item"),
    _Code("bom", "component", "item"),
    _Code("resources", "location", "location"),
    _Code("capacity", "resource", "resource"),
    _Code("stock", "item", "item"),
    _Code("stock", "location", "location"),
    _Code("receipts", "item", "item"),
    _Code("receipts", "location", "location"),
    _Code("inventory_targets", "item", "item"),
    _Code("inventory_targets", "location", "location"),
    _Code("demand", "item", "item"),
    _Code("demand", "location", "location"),
)


def _check_codes(rows: Mapping[str, pd.DataFrame], *, has_locations: bool) -> None:
    """Refuse codes their own table does not have, and kinds that do not exist."""
    known = {
        "item": set(rows["items"]["item"]),
        "location": set(rows["locations"]["location"]),
        "resource": set(rows["resources"]["resource"]),
    }
    for code in _CODES:
        if code.refers != "location" or has_locations:
            check_known(rows[code.table], code.table, code.column, known[code.refers], code.refers)
    sources = rows["sources"]
    check_choice(sources, "sources", "kind", ("make", "buy", "transfer"))
    check_choice(rows["capacity"], "capacity", "measure", ("regular", "overtime"))
    moved = sources[sources["kind"].eq("transfer")]
    if has_locations:
        check_known(moved, "sources", "supplier", known["location"], "location")
    nowhere = moved[moved["supplier"].eq("") | moved["supplier"].eq(moved["location"])]
    if len(nowhere):
        raise InputError(f"{row_name('sources', nowhere.iloc[0])}: a transfer names another location it comes from")


def _periods(demand: pd.DataFrame, settings: PlanSettings) -> pd.DatetimeIndex:
    """The months planned: as given, else from the as-of date (or the first demand) to the last demand."""
    if settings.periods is not None:
        return pd.DatetimeIndex(settings.periods).as_unit("ns")
    if demand.empty:
        raise InputError("the demand table is empty and the settings name no months: there is nothing to plan")
    first = demand["period"].min()
    if settings.as_of is not None:
        first = month_of(settings.as_of) + pd.DateOffset(months=1)
    last = demand["period"].max()
    if last < first:
        raise InputError(f"the last demand, {label(last)}, lies before the first planned month, {label(first)}")
    return pd.date_range(first, last, freq="MS", unit="ns")


def _items(rows: pd.DataFrame) -> dict[str, Item]:
    cost = check_numbers(rows, "items", "standard_cost", blank=True)
    price = check_numbers(rows, "items", "list_price", blank=True)
    families = rows["family"].astype(object).where(rows["family"].notna(), "").astype(str)
    columns = zip(rows["item"], families, cost, price, strict=True)
    return {item: Item(item, family, float(c), float(p)) for item, family, c, p in columns}


def _components(rows: pd.DataFrame) -> dict[str, tuple[tuple[str, float], ...]]:
    """Components of each assembly and the units one assembly takes from stock, scrap included."""
    quantity = check_numbers(rows, "bom", "quantity")
    scrap = check_numbers(rows, "bom", "scrap", blank=True, high=0.99).fillna(0.0)
    found: dict[str, list[tuple[str, float]]] = {}
    for assembly, component, units in zip(rows["assembly"], rows["component"], quantity / (1 - scrap), strict=True):
        if units > 0:
            found.setdefault(assembly, []).append((component, float(units)))
    uses = {assembly: tuple(parts) for assembly, parts in found.items()}
    check_bom({assembly: tuple(component for component, _ in parts) for assembly, parts in uses.items()})
    return uses


def _resources(rows: pd.DataFrame, settings: PlanSettings) -> tuple[Resource, ...]:
    cost = check_numbers(rows, "resources", "cost_per_hour")
    overtime = check_numbers(rows, "resources", "overtime_cost_per_hour", blank=True)
    overtime = overtime.fillna(cost * (1 + settings.overtime_premium))
    columns = zip(rows["resource"], rows["location"], cost, overtime, strict=True)
    return tuple(Resource(name, location, float(c), float(o)) for name, location, c, o in columns)


def _hours(
    rows: pd.DataFrame,
    resources: tuple[Resource, ...],
    routings: pd.DataFrame,
    periods: pd.DatetimeIndex,
    settings: PlanSettings,
) -> tuple[Array, Array]:
    """Regular and overtime hours of each resource, shape (resources, months)."""
    names = [r.name for r in resources]
    hours = rows.assign(hours=check_numbers(rows, "capacity", "hours", blank=True))
    regular, overtime = (
        hours[hours["measure"].eq(measure)]
        .pivot(index="resource", columns="period", values="hours")
        .reindex(index=names, columns=periods)
        .to_numpy(dtype="float64")
        for measure in ("regular", "overtime")
    )
    used = set(routings["resource"])
    for number, name in enumerate(names):
        gaps = np.flatnonzero(np.isnan(regular[number]))
        if name in used and len(gaps):
            raise InputError(f"capacity: {name} has no regular hours for {label(periods[gaps[0]])}")
    regular = np.nan_to_num(regular)
    return regular, np.where(np.isnan(overtime), settings.overtime_share * regular, overtime)


def _places(rows: Mapping[str, pd.DataFrame], uses: Mapping[str, tuple[tuple[str, float], ...]]) -> tuple[Place, ...]:
    """Every item at a location that anything is said about, and the components and donors they draw on."""
    found: set[tuple[str, str]] = set()
    for name in ("demand", "sources", "receipts", "inventory_targets", "stock"):
        found.update(zip(rows[name]["item"], rows[name]["location"], strict=True))
    sources = rows["sources"]
    moved = sources[sources["kind"].eq("transfer")]
    found.update(zip(moved["item"], moved["supplier"], strict=True))
    made = sources[sources["kind"].eq("make")]
    for item, location in zip(made["item"], made["location"], strict=True):
        found.update((component, location) for component, _ in uses.get(item, ()))
    return tuple(Place(item, location) for item, location in sorted(found))


def _sources(
    rows: Mapping[str, pd.DataFrame],
    items: Mapping[str, Item],
    places: tuple[Place, ...],
    resources: tuple[Resource, ...],
    uses: Mapping[str, tuple[tuple[str, float], ...]],
    notes: list[str],
) -> tuple[Source, ...]:
    frame = rows["sources"]
    days = check_numbers(frame, "sources", "lead_time_days", high=3650)
    minimum, multiple = (check_numbers(frame, "sources", c, blank=True).fillna(0.0) for c in ("minimum", "multiple"))
    maximum = check_numbers(frame, "sources", "maximum", blank=True).fillna(np.inf)
    cost = _source_cost(frame, items)
    share = check_numbers(frame, "sources", "share", blank=True, high=1)
    number_of = {(p.item, p.location): n for n, p in enumerate(places)}
    routed = _routed(rows["routings"], resources)
    timed = set(rows["routings"]["item"])
    found = []
    for i, row in enumerate(frame.itertuples(index=False)):
        item, location = str(row.item), str(row.location)
        hours: tuple[tuple[int, float], ...] = ()
        takes: tuple[tuple[int, float], ...] = ()
        if row.kind == "transfer":
            takes = ((number_of[item, str(row.supplier)], 1.0),)
        elif row.kind == "make":
            hours = routed.get((item, location), ())
            takes = tuple((number_of[component, location], units) for component, units in uses.get(item, ()))
            if not hours and item in timed:
                notes.append(f"{item} is made at {location} without hours: none of its work centers stands there")
        found.append(
            Source(
                place=number_of[item, location],
                kind=str(row.kind),
                supplier="" if row.kind == "make" else str(row.supplier),
                lead=lead_time_periods(float(days[i])),
                lead_days=float(days[i]),
                cost=float(cost[i]),
                minimum=float(minimum[i]),
                multiple=float(multiple[i]),
                maximum=float(maximum[i]),
                share=float(share[i]),
                hours=hours,
                uses=takes,
            )
        )
    return tuple(found)


def _source_cost(frame: pd.DataFrame, items: Mapping[str, Item]) -> pd.Series:
    """Cost of one unit: a purchase without a price costs the standard cost, other kinds cost nothing beside it."""
    cost = check_numbers(frame, "sources", "cost", blank=True)
    standard = frame["item"].map({name: item.standard_cost for name, item in items.items()}).astype("float64")
    bought = frame["kind"].eq("buy")
    unknown = bought & cost.isna() & standard.isna()
    if unknown.any():
        raise InputError(f"{row_name('sources', frame[unknown].iloc[0])}: cost is missing, and so is a standard cost")
    return cost.where(~(bought & cost.fillna(0.0).eq(0.0)), standard).fillna(0.0)


def _routed(
    routings: pd.DataFrame, resources: tuple[Resource, ...]
) -> dict[tuple[str, str], tuple[tuple[int, float], ...]]:
    """Hours one unit of an item takes, by item and the location its work centers stand at."""
    hours = check_numbers(routings, "routings", "hours_per_unit")
    number_of = {r.name: n for n, r in enumerate(resources)}
    found: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for item, name, per_unit in zip(routings["item"], routings["resource"], hours, strict=True):
        number = number_of[name]
        if per_unit > 0:
            found.setdefault((item, resources[number].location), []).append((number, float(per_unit)))
    return {key: tuple(value) for key, value in found.items()}


def _demands(
    rows: pd.DataFrame, places: tuple[Place, ...], periods: pd.DatetimeIndex, notes: list[str]
) -> tuple[Demand, ...]:
    quantity = check_numbers(rows, "demand", "quantity")
    priority = check_numbers(rows, "demand", "priority", blank=True) if "priority" in rows else quantity * np.nan
    frame = rows[["item", "location", "period"]].assign(quantity=quantity, priority=priority.fillna(1.0))
    outside = ~frame["period"].isin(periods)
    if frame.loc[outside, "quantity"].sum() > 0:
        notes.append(
            f"{frame.loc[outside, 'quantity'].sum():,.0f} units of demand lie outside "
            f"{label(periods[0])} to {label(periods[-1])} and are not planned"
        )
    inside = frame[~outside]
    if inside.empty:
        return ()
    table = inside.pivot_table(
        index=["item", "location", "priority"], columns="period", values="quantity", aggfunc="sum", fill_value=0.0
    ).reindex(columns=periods, fill_value=0.0)
    number_of = {(p.item, p.location): n for n, p in enumerate(places)}
    values = table.to_numpy(dtype="float64")
    return tuple(
        Demand(number_of[item, location], PRIORITY_STEP ** (float(level) - 1), values[row])
        for row, (item, location, level) in enumerate(table.index)
        if values[row].any()
    )


def _by_place(frame: pd.DataFrame, quantity: pd.Series, places: tuple[Place, ...]) -> Array:
    """Sum of a quantity over each place, shape (places,)."""
    total = quantity.groupby([frame["item"], frame["location"]]).sum()
    index = pd.MultiIndex.from_tuples([(p.item, p.location) for p in places], names=["item", "location"])
    return np.asarray(total.reindex(index).fillna(0.0), dtype="float64")


def _opening(rows: pd.DataFrame, places: tuple[Place, ...]) -> Array:
    usable = rows[rows["status"].eq("usable")].reset_index(drop=True)
    return _by_place(usable, check_numbers(usable, "stock", "quantity"), places)


def _receipts(rows: pd.DataFrame, places: tuple[Place, ...], periods: pd.DatetimeIndex, notes: list[str]) -> Array:
    """Receipts under way by month of arrival; what is overdue arrives in the first month."""
    quantity = check_numbers(rows, "receipts", "quantity")
    due = pd.to_datetime(rows["due"])
    if due.isna().any():
        raise InputError(f"{row_name('receipts', rows[due.isna()].iloc[0])}: due is missing")
    month = due.where(due >= periods[0], periods[0]).dt.to_period("M").dt.start_time
    late = quantity[month > periods[-1]].sum()
    if late > 0:
        notes.append(f"{late:,.0f} units under way arrive after {label(periods[-1])} and are not planned")
    found = np.zeros((len(places), len(periods)))
    for number, period in enumerate(periods):
        arrives = month.eq(period)
        if arrives.any():
            found[:, number] = _by_place(rows[arrives], quantity[arrives], places)
    return found


def _target(rows: pd.DataFrame, places: tuple[Place, ...], months: int) -> Array:
    target = check_numbers(rows, "inventory_targets", "target", blank=True).fillna(0.0)
    return np.repeat(_by_place(rows, target, places)[:, None], months, axis=1)


def _storage(rows: pd.DataFrame, locations: tuple[str, ...]) -> Array:
    limit = check_numbers(rows, "locations", "storage_limit", blank=True).fillna(np.inf)
    known = dict(zip(rows["location"], limit, strict=True))
    return np.array([float(known.get(name, np.inf)) for name in locations], dtype="float64")
