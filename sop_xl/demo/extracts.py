"""The extracts of the demo company, read and put on one calendar."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

CALENDAR_SHIFT = pd.Timedelta(days=155)
"""What work orders and sell dates are ahead of the order lines [days]: 6 years 6 months 3 days against 6 years 1 month
1 day. Taken off them, each month's bikes made are that month's bikes ordered, and items start and end as they sell."""


@dataclass(frozen=True)
class Extracts:
    """The raw extracts, dates as timestamps; nothing else about them is changed."""

    order_lines: pd.DataFrame
    items: pd.DataFrame
    bom: pd.DataFrame
    routings: pd.DataFrame
    work_centers: pd.DataFrame
    work_orders: pd.DataFrame
    vendor_items: pd.DataFrame
    inventory: pd.DataFrame
    promotions: pd.DataFrame


def read_extracts(folder: Path) -> Extracts:
    """The extracts in a folder, work orders and sell dates moved to the calendar of the order lines."""
    items = pd.read_csv(folder / "items.csv", parse_dates=["sell_start", "sell_end"]).set_index("item")
    work_orders = pd.read_csv(folder / "work_orders.csv.gz", parse_dates=["start", "due", "end"])
    vendor_items = pd.read_csv(folder / "vendor_items.csv")
    vendor_items["unit"] = vendor_items["unit"].str.strip()
    for column in ("sell_start", "sell_end"):
        items[column] -= CALENDAR_SHIFT
    for column in ("start", "due", "end"):
        work_orders[column] -= CALENDAR_SHIFT
    return Extracts(
        order_lines=pd.read_csv(folder / "order_lines.csv.gz", parse_dates=["order_date"]),
        items=items,
        bom=pd.read_csv(folder / "bill_of_materials.csv"),
        routings=pd.read_csv(folder / "routings.csv"),
        work_centers=pd.read_csv(folder / "work_centers.csv").set_index("work_center"),
        work_orders=work_orders,
        vendor_items=vendor_items,
        inventory=pd.read_csv(folder / "inventory.csv"),
        promotions=pd.read_csv(folder / "promotions.csv", parse_dates=["start", "end"]),
    )


def months(dates: pd.Series) -> pd.Series:
    """The first day of the month of each date."""
    return pd.Series(dates.dt.to_period("M").dt.to_timestamp())


def last_months(order_lines: pd.DataFrame, as_of: pd.Timestamp, count: int) -> pd.DataFrame:
    """The order lines of the `count` [months] up to and including that of `as_of`, with their `period`."""
    last = as_of.to_period("M").to_timestamp()
    lines = order_lines[order_lines["order_date"] <= as_of]
    periods = months(lines["order_date"])
    return lines.assign(period=periods)[periods > last - pd.DateOffset(months=count)]
