"""Demand, stock, receipts and targets: what the plan starts from and must serve."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sop_xl.errors import InputError
from sop_xl.periods import label
from sop_xl.supply.network import Array, Demands, Numbers
from sop_xl.supply.reading.codes import Codes, Rows, month_words
from sop_xl.supply.reading.tables import check_numbers, row_name
from sop_xl.supply.settings import PlanSettings

LONGEST = 120
"""Months a plan may have where nobody named them: a demand further off is a slip of the pen."""

PRIORITY_STEP = 0.9
"""Weight of a unit one priority lower: priority 1 counts in full, 2 counts 0.9, 3 counts 0.81 ..."""


def planned_months(demand: pd.DataFrame, settings: PlanSettings) -> pd.DatetimeIndex:
    """The months planned: as given, else from the as-of date (or the first demand) to the last demand."""
    if settings.periods is not None:
        return pd.DatetimeIndex(settings.periods).as_unit("ns")
    if demand.empty:
        raise InputError("the demand table is empty and the settings name no months: there is nothing to plan")
    first = demand["period"].min().to_period("M").to_timestamp()
    if settings.as_of is not None:
        first = pd.Timestamp(settings.as_of).to_period("M").to_timestamp() + pd.DateOffset(months=1)
    last = demand["period"].max()
    if last < first:
        raise InputError(f"the last demand, {label(last)}, lies before the first planned month, {label(first)}")
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    if months > LONGEST:
        raise InputError(
            f"demand from {label(first)} to {label(last)} makes a plan of {months} months; name the months to plan, or "
            f"mend the date: more than {LONGEST} are not planned unasked"
        )
    return pd.date_range(first, last, freq="MS", unit="ns")


def read_demands(rows: Rows, codes: Codes, settings: PlanSettings, notes: list[str]) -> Demands:
    """Demand by place, class and priority; what lies outside of the horizon is left out, with a note."""
    frame = rows["demand"]
    quantity = check_numbers(frame, "demand", "quantity").to_numpy()
    month = codes.month(frame["period"])
    outside = quantity[month < 0].sum()
    if outside > 0:
        notes.append(f"{outside:,.0f} units of demand lie outside {month_words(codes.periods)} and are not planned")
    classes = rows["customer_classes"].set_index("class")
    priority = _priority(frame, classes)
    price = check_numbers(frame, "demand", "price", blank=True).to_numpy()
    place = codes.place(frame["item"], frame["location"])
    inside = month >= 0
    known = pd.Index(["", *sorted({*classes.index, *frame["class"]} - {""})], dtype=object)
    level, levels = pd.factorize(priority, sort=True)
    group = (place * len(known) + known.get_indexer(pd.Index(frame["class"]))) * max(len(levels), 1) + level
    keys, number = np.unique(group[inside], return_inverse=True)
    table = np.zeros((len(keys), len(codes.periods)))
    np.add.at(table, (number, month[inside]), quantity[inside])
    prices = np.full_like(table, np.nan)
    priced = inside & ~np.isnan(price)
    prices[number[priced[inside]], month[priced]] = price[priced]
    wanted = table.any(axis=1)
    keys, table, prices = keys[wanted], table[wanted], prices[wanted]
    level, keys = keys % max(len(levels), 1), keys // max(len(levels), 1)
    name = known.to_numpy(dtype=object)[keys % len(known)]
    rates = [_class_column(rows, classes, name, c, settings) for c in ("backlog_rate", "lost_rate")]
    policy = classes["short_policy"].reindex(name).fillna("").to_numpy(dtype=object)
    return Demands(
        place=keys // len(known),
        weight=PRIORITY_STEP ** (np.asarray(levels, dtype="float64")[level] - 1) if len(levels) else np.empty(0),
        quantity=table,
        price=prices,
        backlog=np.where(policy == "", settings.short_policy, policy) == "backlog",
        backlog_rate=rates[0],
        lost_rate=rates[1],
        name=name,
    )


def _priority(frame: pd.DataFrame, classes: pd.DataFrame) -> Array:
    """Priority of each row: its own, else that of its class, else 1."""
    check_numbers(classes.reset_index(), "customer_classes", "priority", blank=True)
    own = check_numbers(frame, "demand", "priority", blank=True)
    of_class = pd.to_numeric(frame["class"].map(classes["priority"]), errors="coerce")
    return np.asarray(own.fillna(of_class).fillna(1.0), dtype="float64")


def _class_column(rows: Rows, classes: pd.DataFrame, name: Array, column: str, settings: PlanSettings) -> Array:
    numbers = check_numbers(rows["customer_classes"], "customer_classes", column, blank=True)
    found = pd.Series(numbers.to_numpy(), index=classes.index).reindex(name).fillna(getattr(settings, column))
    return np.asarray(found, dtype="float64")


def sum_by_place(frame: pd.DataFrame, quantity: Array, codes: Codes) -> Array:
    """Sum of a quantity over each place, shape (places,)."""
    total = np.zeros(len(codes.places))
    np.add.at(total, codes.place(frame["item"], frame["location"]), quantity)
    return total


def read_opening(rows: Rows, codes: Codes) -> Array:
    """Usable stock of each place at the start [units]."""
    usable = rows["stock"][rows["stock"]["status"].eq("usable")].reset_index(drop=True)
    return sum_by_place(usable, check_numbers(usable, "stock", "quantity").to_numpy(), codes)


def read_receipts(rows: Rows, codes: Codes, notes: list[str]) -> Array:
    """Receipts under way by month of arrival; what is overdue arrives in the first month."""
    frame = rows["receipts"]
    quantity = check_numbers(frame, "receipts", "quantity").to_numpy()
    due = frame["due"]
    if due.isna().any():
        raise InputError(f"{row_name('receipts', frame[due.isna()].iloc[0])}: due is missing")
    periods = codes.periods
    month = codes.month(due.where(due >= periods[0], periods[0]))
    late = quantity[month < 0].sum()
    if late > 0:
        notes.append(f"{late:,.0f} units under way arrive after {label(periods[-1])} and are not planned")
    found = np.zeros((len(codes.places), len(periods)))
    inside = month >= 0
    np.add.at(found, (codes.place(frame["item"], frame["location"])[inside], month[inside]), quantity[inside])
    return found


def read_targets(rows: Rows, codes: Codes) -> Array:
    """Stock to hold, by place and month [units]."""
    frame = rows["inventory_targets"]
    target = check_numbers(frame, "inventory_targets", "target", blank=True).fillna(0.0).to_numpy()
    return codes.by_month(frame, codes.place(frame["item"], frame["location"]), target, len(codes.places), 0.0)


def read_stock_limits(rows: Rows, codes: Codes) -> tuple[Array, Array]:
    """Least and most stock, by place and month [units]; a least above the most is refused."""
    frame = rows["stock_limits"]
    check_numbers(frame, "stock_limits", "quantity")
    found = []
    for measure, blank in (("minimum", 0.0), ("maximum", np.inf)):
        part = frame[frame["measure"].eq(measure)]
        values = check_numbers(part, "stock_limits", "quantity").to_numpy()
        number = codes.place(part["item"], part["location"])
        found.append(codes.by_month(part, number, values, len(codes.places), blank))
    least, most = found
    if (least > most).any():
        p, t = (int(x[0]) for x in np.nonzero(least > most))
        item = codes.items[codes.places[p] // max(len(codes.locations), 1)]
        where = codes.locations[codes.places[p] % max(len(codes.locations), 1)]
        raise InputError(
            f"stock_limits: {item} at {where} must hold at least {least[p, t]:g} and at most {most[p, t]:g} in "
            f"{label(codes.periods[t])}, which contradict each other"
        )
    return least, most


def place_numbers(rows: Rows, items: pd.Index, locations: pd.Index, components: pd.DataFrame) -> Numbers:
    """Keys of every item at a location anything is said about, and of the components and donors they draw on."""
    from sop_xl.supply.reading.codes import place_keys

    named = ("demand", "sources", "receipts", "inventory_targets", "stock", "stock_limits", "blends")
    keys = [place_keys(items, locations, rows[name]["item"], rows[name]["location"]) for name in named]
    sources = rows["sources"]
    moved = sources[sources["kind"].eq("transfer")]
    keys.append(place_keys(items, locations, moved["item"], moved["supplier"]))
    keys.append(place_keys(items, locations, components["component"], components["location"]))
    keys.append(place_keys(items, locations, components["item"], components["location"]))
    return np.unique(np.concatenate(keys))
