"""Where the demo company's items come from, what it has and what is under way."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sop_xl import periods
from sop_xl.demo.extracts import Extracts, last_months, months
from sop_xl.demo.products import PACK_PIECES, PLANT

WAREHOUSES: dict[str, tuple[str, ...]] = {
    "DC-EU": ("United Kingdom", "France", "Germany"),
    "DC-AU": ("Australia",),
}
"""Distribution centres and the countries they serve; the others are served from the plant."""

TRANSFER_DAYS = {"DC-EU": 35.0, "DC-AU": 40.0}
FREIGHT_SHARE = {"DC-EU": 0.03, "DC-AU": 0.04}
"""Freight of a unit, share of its standard cost."""

LEAD_TIME_CV = 0.20
"""Standard deviation of a lead time, share of it: the extracts know no receipts to measure one from."""

_SOURCE_COLUMNS = ["item", "location", "kind", "supplier", "lead_time_days", "minimum", "multiple", "cost"]


def sources(
    extracts: Extracts, planned: list[str], vendors: pd.DataFrame, purchase: pd.Series, standard: pd.Series
) -> pd.DataFrame:
    """Make at the plant, buy to the plant, move what is sold from the plant to both distribution centres."""
    made = [item for item in planned if extracts.items["make"][item]]
    days = extracts.items["days_to_manufacture"]
    make = pd.DataFrame({"item": made, "location": PLANT, "kind": "make", "lead_time_days": days[made].to_numpy()})
    buy = pd.DataFrame(
        {
            "item": vendors["item"],
            "location": PLANT,
            "kind": "buy",
            "supplier": vendors["vendor"],
            "lead_time_days": vendors["lead_time_days"],
            "minimum": vendors["min_order"],
            "multiple": vendors["pieces"].where(vendors["pieces"] > 1, 0),
            "cost": purchase,
        }
    )
    sold = _sold(extracts, planned)
    transfers = [
        pd.DataFrame(
            {
                "item": sold,
                "location": warehouse,
                "kind": "transfer",
                "supplier": PLANT,
                "lead_time_days": TRANSFER_DAYS[warehouse],
                "cost": (standard[sold] * FREIGHT_SHARE[warehouse]).round(4).to_numpy(),
            }
        )
        for warehouse in WAREHOUSES
    ]
    rows = pd.concat([make, buy, *transfers], ignore_index=True)[_SOURCE_COLUMNS]
    rows["supplier"] = rows["supplier"].fillna("")
    rows[["minimum", "multiple", "cost"]] = rows[["minimum", "multiple", "cost"]].fillna(0.0)
    rows.insert(5, "lead_time_sd_days", (rows["lead_time_days"] * LEAD_TIME_CV).round(2))
    return rows.sort_values(["item", "location", "kind", "supplier"]).reset_index(drop=True)


def _sold(extracts: Extracts, planned: list[str]) -> list[str]:
    """The planned items that are still on sale."""
    ended = extracts.items["sell_end"].notna()
    ordered = set(extracts.order_lines["item"])
    return [item for item in planned if item in ordered and not ended[item]]


def stock(extracts: Extracts, items: pd.DataFrame, planned: list[str], as_of: pd.Timestamp) -> pd.DataFrame:
    """Stock by location: the real inventory summed over its places, in pieces.

    A part bought by the pack that has no standard cost is counted in packs. Of an item on sale each distribution centre
    has its share of the last 12 months' demand, in whole units; the plant has the rest.
    """
    counted = extracts.inventory.groupby("item")["quantity"].sum()
    counted = counted[counted.index.isin(items["item"])]
    counted = counted * _pieces_counted(extracts).reindex(counted.index).fillna(1)
    lines = last_months(extracts.order_lines, as_of, 12)
    lines = lines[lines["item"].isin(_sold(extracts, planned))]
    total = lines.groupby("item")["quantity"].sum()
    held = {}
    for warehouse, countries in WAREHOUSES.items():
        share = lines[lines["country"].isin(countries)].groupby("item")["quantity"].sum() / total
        held[warehouse] = np.floor(counted * share.reindex(counted.index).fillna(0.0))
    held[PLANT] = counted - sum(held.values())
    rows = pd.DataFrame(held).rename_axis("item").reset_index().melt("item", var_name="location", value_name="quantity")
    rows = rows[rows["quantity"] > 0].sort_values(["item", "location"])
    return rows.assign(status="usable")[["item", "location", "status", "quantity"]].reset_index(drop=True)


def _pieces_counted(extracts: Extracts) -> pd.Series:
    """Pieces in one of what inventory counts, for the parts it counts in packs."""
    unit = extracts.vendor_items.groupby("item")["unit"].first()
    packed = extracts.items["standard_cost"].reindex(unit.index) == 0
    return unit[packed].map(PACK_PIECES)


def receipts(
    extracts: Extracts,
    planned: list[str],
    vendors: pd.DataFrame,
    needs: pd.DataFrame,
    stocks: pd.DataFrame,
    as_of: pd.Timestamp,
    frozen_months: int,
) -> pd.DataFrame:
    """Orders under way: work orders in process, what vendors have on order, and the pipeline that is missing."""
    real = pd.concat([_work_in_process(extracts, planned, as_of), _on_order(vendors, as_of)], ignore_index=True)
    lanes = pd.concat(
        [_vendor_lanes(vendors, needs), _transfer_lanes(extracts, planned, as_of, len(needs))], ignore_index=True
    )
    missing = _missing_pipeline(lanes, real, stocks, as_of, frozen_months)
    return pd.concat([real, missing], ignore_index=True).sort_values("receipt").reset_index(drop=True)


def _work_in_process(extracts: Extracts, planned: list[str], as_of: pd.Timestamp) -> pd.DataFrame:
    orders = extracts.work_orders
    orders = orders[orders["item"].isin(planned) & (orders["start"] <= as_of) & (orders["due"] > as_of)]
    return pd.DataFrame(
        {
            "receipt": "WO-" + orders["work_order"].astype(str),
            "item": orders["item"],
            "location": PLANT,
            "due": orders["due"],
            "quantity": orders["quantity"].astype(float),
            "supplier": "",
        }
    )


def _on_order(vendors: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """What vendors have on order, due a lead time after the as-of date: the extract has no due dates."""
    rows = vendors[vendors["on_order"] > 0]
    number = rows.groupby("item").cumcount() + 1
    return pd.DataFrame(
        {
            "receipt": "PO-" + rows["item"] + "-" + number.astype(str),
            "item": rows["item"],
            "location": PLANT,
            "due": as_of + pd.to_timedelta(rows["lead_time_days"], unit="D"),
            "quantity": rows["on_order"],
            "supplier": rows["vendor"],
        }
    )


def _vendor_lanes(vendors: pd.DataFrame, needs: pd.DataFrame) -> pd.DataFrame:
    """The preferred vendor of each bought item and the units a month that flow from it."""
    rows = vendors.groupby("item", as_index=False).first()
    return pd.DataFrame(
        {
            "item": rows["item"],
            "location": PLANT,
            "supplier": rows["vendor"],
            "days": rows["lead_time_days"].astype(float),
            "multiple": rows["pieces"],
            "rate": rows["item"].map(needs.mean()),
        }
    )


def _transfer_lanes(extracts: Extracts, planned: list[str], as_of: pd.Timestamp, count: int) -> pd.DataFrame:
    """The lanes to the distribution centres and the units a month that flow on them."""
    lines = last_months(extracts.order_lines, as_of, count)
    lines = lines[lines["item"].isin(_sold(extracts, planned))]
    rows = []
    for warehouse, countries in WAREHOUSES.items():
        rate = lines[lines["country"].isin(countries)].groupby("item")["quantity"].sum() / count
        lane = pd.DataFrame({"item": rate.index, "location": warehouse, "supplier": PLANT, "rate": rate.to_numpy()})
        rows.append(lane.assign(days=TRANSFER_DAYS[warehouse], multiple=1))
    return pd.concat(rows, ignore_index=True)


def _missing_pipeline(
    lanes: pd.DataFrame, real: pd.DataFrame, stocks: pd.DataFrame, as_of: pd.Timestamp, frozen_months: int
) -> pd.DataFrame:
    """Orders a running company would have placed: what the months need that no new order can reach any more.

    Little's law: on a lane flow the mean monthly need x the months of lead time (and of the frozen fence). Stock and
    real orders count first; the rest is due in the middle of those months, in equal parts rounded up to the multiple.
    """
    place = ["item", "location"]
    there = pd.concat([stocks, real]).groupby(place)["quantity"].sum()
    months_closed = lanes["days"].map(periods.lead_time_periods) + frozen_months
    have = there.reindex(pd.MultiIndex.from_frame(lanes[place])).fillna(0.0).to_numpy()
    short = (lanes["rate"] * months_closed - have).clip(lower=0.0)
    part = short / months_closed.where(months_closed > 0, 1)
    lots = np.ceil((part / lanes["multiple"]).round(9)) * lanes["multiple"]
    rows = lanes.assign(quantity=lots, closed=months_closed)[lots > 0]
    rows = rows.loc[rows.index.repeat(rows["closed"])]
    number = rows.groupby(place).cumcount() + 1
    middle = pd.Series(
        [month + pd.Timedelta(days=14) for month in periods.horizon(as_of, int(number.max()))],
        index=range(1, int(number.max()) + 1),
    )
    return pd.DataFrame(
        {
            "receipt": "PIPE-" + rows["location"] + "-" + rows["item"] + "-" + number.astype(str),
            "item": rows["item"],
            "location": rows["location"],
            "due": number.map(middle),
            "quantity": rows["quantity"],
            "supplier": rows["supplier"],
        }
    )


def production(extracts: Extracts, planned: list[str], first: pd.Timestamp, count: int) -> pd.DataFrame:
    """Good units made by item and month, for `count` [months] from `first`; 0 where none were."""
    orders = extracts.work_orders[extracts.work_orders["item"].isin(planned)]
    good = (orders["quantity"] - orders["scrapped"]).groupby([orders["item"], months(orders["end"])]).sum()
    every = pd.MultiIndex.from_product(
        [
            [item for item in planned if extracts.items["make"][item]],
            pd.date_range(first, periods=count, freq="MS"),
        ],
        names=["item", "period"],
    )
    return good.reindex(every, fill_value=0).rename("quantity").reset_index().assign(location=PLANT)
