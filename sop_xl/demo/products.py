"""What the demo company plans: items, their prices and costs, routings and the hours of its work centers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from sop_xl import periods
from sop_xl.demo.extracts import Extracts, last_months

PLANT = "PLANT"
PACK_PIECES: Mapping[str, int] = {"EA": 1, "DZ": 12, "PAK": 400, "CTN": 100, "CS": 100, "CAN": 100, "GAL": 128}
"""Pieces in a vendor's unit, in the unit of the bill of materials: a dozen is 12 and a gallon is 128 ounces; that a
carton, case or can holds 100 small parts, and a pack of grip tape 10 strips of 40 inches, is assumed."""

OVERTIME_SHARE = 0.20


def planned_items(extracts: Extracts, as_of: pd.Timestamp) -> list[str]:
    """Items sold in the last 12 months and still on sale, and every item that goes into them."""
    ended = extracts.items["sell_end"].notna()
    sold = last_months(extracts.order_lines, as_of, 12)["item"].unique()
    planned = {item for item in sold if not ended[item]}
    newly = planned
    while newly:
        newly = set(extracts.bom.loc[extracts.bom["assembly"].isin(newly), "component"]) - planned
        planned |= newly
    return sorted(planned)


def per_assembly(extracts: Extracts, planned: list[str]) -> npt.NDArray[np.float64]:
    """The bill of materials as a matrix: units of each planned item (columns) in one of each planned item (rows)."""
    bom = extracts.bom[extracts.bom["assembly"].isin(planned)]
    place = pd.Series(range(len(planned)), index=planned)
    quantities = np.zeros((len(planned), len(planned)))
    np.add.at(quantities, (place[bom["assembly"]], place[bom["component"]]), bom["quantity"])
    return quantities


def requirements(extracts: Extracts, planned: list[str], as_of: pd.Timestamp, count: int) -> pd.DataFrame:
    """Units of each planned item that the last `count` [months] needed, its own demand and its parents', by month.

    The bill of materials is exploded at once: needs x (I - quantities per assembly) = demand.
    """
    lines = last_months(extracts.order_lines, as_of, count)
    demand = lines[lines["item"].isin(planned)].pivot_table(
        index="period", columns="item", values="quantity", aggfunc="sum", fill_value=0
    )
    demand = demand.reindex(columns=planned, fill_value=0)
    own = np.eye(len(planned)) - per_assembly(extracts, planned)
    needs = np.linalg.solve(own.T, demand.to_numpy(dtype=float).T).T
    return pd.DataFrame(needs.round(6), index=demand.index, columns=planned)


def routings(extracts: Extracts, planned: list[str], as_of: pd.Timestamp) -> pd.DataFrame:
    """Hours of each work center for one unit of each made item: hours recorded per order / mean units per order."""
    started = extracts.work_orders[extracts.work_orders["start"] <= as_of]
    mean_order = started.groupby("item")["quantity"].mean()
    recorded = extracts.routings
    donors = {item: _routing_donor(item, recorded["item"]) for item in planned if extracts.items["make"][item]}
    pairs = pd.DataFrame([(item, donor) for item, donor in donors.items() if donor], columns=["item", "donor"])
    rows = pairs.merge(recorded.rename(columns={"item": "donor"}), on="donor")
    rows["hours_per_unit"] = (rows["hours_per_order"] / rows["item"].map(mean_order)).round(4)
    rows = rows.rename(columns={"work_center": "resource"}).sort_values(["item", "resource"])
    return rows[["item", "resource", "hours_per_unit"]].reset_index(drop=True)


def _routing_donor(item: str, recorded: pd.Series) -> str:
    """The item whose recorded operations an item takes: its own, or for a frame those of the frame most like it.

    Only one size of some frames has recorded operations; likeness is the length of the common beginning of the item
    numbers (FR-M21B-42 takes FR-M21B-40), the first by number where several are alike.
    """
    if item in set(recorded):
        return item
    if not item.startswith("FR-"):
        return ""
    frames = sorted({str(other) for other in recorded if other.startswith("FR-")})
    return max(frames, key=lambda other: _common(item, other))


def _common(one: str, other: str) -> int:
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def active_vendors(extracts: Extracts, planned: list[str]) -> pd.DataFrame:
    """Active vendors of bought items, the preferred one first, with quantities in pieces and `price` per piece.

    The price of an item with a standard cost is that cost, times what the vendor asks over what the preferred vendor
    asks: vendors' prices are per unknown pack (a tire costs more to buy than to sell). Others are price / pieces.
    """
    standard = extracts.items["standard_cost"]
    rows = extracts.vendor_items
    rows = rows[rows["active"] & rows["item"].isin(planned) & ~rows["item"].map(extracts.items["make"])]
    rows = rows.sort_values(["item", "preferred", "vendor"], ascending=[True, False, True]).reset_index(drop=True)
    pieces = rows["unit"].map(PACK_PIECES)
    known = rows["item"].map(standard)
    over_preferred = rows["price"] / rows.groupby("item")["price"].transform("first")
    return rows.assign(
        pieces=pieces,
        price=(known * over_preferred).where(known > 0, rows["price"] / pieces),
        min_order=rows["min_order"] * pieces,
        on_order=rows["on_order"].fillna(0.0) * pieces,
    )


@dataclass(frozen=True)
class Costs:
    """Standard cost of each item, price of each row of `active_vendors`, and the factor on the price of parts."""

    standard: pd.Series
    purchase: pd.Series
    part_factor: float


def costs(extracts: Extracts, planned: list[str], hours: pd.DataFrame, vendors: pd.DataFrame) -> Costs:
    """Standard costs and purchase prices that roll up.

    The extracts' do not: the components of a Mountain-500 have standard costs of 742, the bike one of 295. So parts
    that go into an assembly are bought at their price x a factor, the largest multiple of 0.05 at which no made item's
    bought components and hours cost more than its standard cost. An item whose standard cost is 0 gets what its
    components and hours (or its purchase) cost.
    """
    given = extracts.items["standard_cost"].reindex(planned)
    made = extracts.items["make"].reindex(planned)
    rate = hours["resource"].map(extracts.work_centers["cost_per_hour"])
    labour = (hours["hours_per_unit"] * rate).groupby(hours["item"]).sum()
    preferred = vendors.groupby("item")["price"].first()
    bought, worked = (
        pd.Series(_rolled_up(extracts, planned, own.reindex(planned).fillna(0.0)), index=planned)
        for own in (preferred, labour)
    )
    room = ((given - worked) / bought)[made & (given > 0)].min()
    factor = round(int(room / 0.05) * 0.05, 2)
    is_part = vendors["item"].isin(extracts.bom.loc[extracts.bom["assembly"].isin(planned), "component"])
    return Costs(
        standard=extracts.items["standard_cost"]
        .where(extracts.items["standard_cost"] > 0, bought * factor + worked)
        .round(4),
        purchase=(vendors["price"] * is_part.map({True: factor, False: 1.0})).round(4),
        part_factor=factor,
    )


def _rolled_up(extracts: Extracts, planned: list[str], own: pd.Series) -> npt.NDArray[np.float64]:
    """What one of each planned item costs, its components included, when each adds `own`."""
    return np.linalg.solve(np.eye(len(planned)) - per_assembly(extracts, planned), own.to_numpy(dtype=float))


def items(extracts: Extracts, planned: list[str], standard: pd.Series, as_of: pd.Timestamp) -> pd.DataFrame:
    """Every planned item, and every item sold before that no longer is (with its `end`), so that history ties.

    Sell dates are widened where an order lies a day outside of them.
    """
    lines = extracts.order_lines[extracts.order_lines["order_date"] <= as_of]
    chosen = extracts.items.loc[sorted({*planned, *lines["item"]})]
    ordered = lines.groupby("item")["order_date"].agg(["min", "max"]).reindex(chosen.index)
    late = ordered["max"] > chosen["sell_end"]
    number = chosen.index.to_series()
    parts_unit = extracts.bom.groupby("component")["unit"].first()
    return pd.DataFrame(
        {
            "item": number,
            "description": chosen["description"],
            "family": chosen["subcategory"].fillna("Parts"),
            "category": chosen["category"].fillna("Components"),
            "make_or_buy": chosen["make"].map({True: "make", False: "buy"}),
            "sold": number.isin(lines["item"]).map({True: "TRUE", False: "FALSE"}),
            "unit": number.map(parts_unit).fillna("EA"),
            "standard_cost": standard[chosen.index],
            "list_price": net_prices(lines, as_of).reindex(chosen.index),
            "launch": chosen["sell_start"].where(~(ordered["min"] < chosen["sell_start"]), ordered["min"]),
            "end": chosen["sell_end"].where(~late, ordered["max"]),
        }
    ).reset_index(drop=True)


def net_prices(lines: pd.DataFrame, as_of: pd.Timestamp) -> pd.Series:
    """Mean price paid in the last 12 months; of all time for an item not sold in them."""
    totals = [part.groupby("item")[["amount", "quantity"]].sum() for part in (last_months(lines, as_of, 12), lines)]
    recent, ever = (total["amount"] / total["quantity"] for total in totals)
    return recent.combine_first(ever).round(2)


def capacity(extracts: Extracts, hours: pd.DataFrame, needs: pd.DataFrame, working_days: pd.Series) -> pd.DataFrame:
    """Hours of each work center by month, for the months of `working_days` [days].

    Stations are there for the mean month's need; a month has the share of its working days.
    """
    mean_need = hours["hours_per_unit"] * hours["item"].map(needs.mean())
    mean_hours = mean_need.groupby(hours["resource"]).sum()
    available = extracts.work_centers["hours_available"]
    stations = np.ceil(mean_hours / available[mean_hours.index])
    regular = pd.DataFrame(
        np.outer(stations * available[mean_hours.index], working_days / working_days.mean()),
        index=pd.Index(mean_hours.index, name="resource"),
        columns=pd.Index(working_days.index, name="period"),
    )
    rows = regular.reset_index().melt("resource", var_name="period", value_name="hours")
    rows["period"] = pd.to_datetime(rows["period"])
    both = pd.concat(
        [rows.assign(measure="regular"), rows.assign(measure="overtime", hours=rows["hours"] * OVERTIME_SHARE)]
    )
    both["hours"] = both["hours"].round(1)
    both = both.sort_values(["resource", "measure", "period"])
    return pd.DataFrame(both[["resource", "measure", "period", "hours"]])


def working_days(first: pd.Timestamp, last: pd.Timestamp) -> pd.Series:
    """Mondays to Fridays that are no federal holiday of the United States, by month [days]."""
    from pandas.tseries.holiday import USFederalHolidayCalendar

    months = pd.date_range(first, last, freq="MS")
    end = months[-1] + pd.offsets.MonthEnd()
    holidays = pd.DatetimeIndex(USFederalHolidayCalendar().holidays(months[0], end))
    on_weekdays = holidays[holidays.day_of_week < 5].to_period("M").to_timestamp().value_counts()
    weekdays = pd.Series([periods.working_days(month) for month in months], index=months)
    return weekdays - on_weekdays.reindex(months, fill_value=0)
