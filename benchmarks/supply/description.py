"""The plan as the peers are told it: plain arrays, one group a physical thing, from the same tables as ours.

Makes no use of the product but for its prices, so that every peer states the model in words of its own. The model:

    least    cost of makes, buys, moves and subcontracting + holding stock + stock below target + units late
             + overtime + load above storage
    stock at the end of a month = stock before + what arrives - components used - units moved on - units shipped
    shipped = demand + late before - late now
    hours of the makes <= regular + overtime          a month and line
    units bought <= most                              a month and supplier, over all its items
    volume in stock <= storage + over                 a month and distribution center
    late <= all demand so far

Stock is written as `target - below + above` with `below <= target`, which needs no row of its own. Regular hours are
charged with the make; an hour of overtime costs its premium on top.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

PLACE = ["item", "location"]
SOURCE = [*PLACE, "kind", "supplier"]
DAYS = 30.4


@dataclass(frozen=True)
class Prices:
    """What everything costs [currency], by the names in the tables.

    `order`: a unit of a source beside its hours, holding on the way included, by (item, location, kind, supplier).
    `holding`: a unit in stock for a month, by (item, location). `below`, `late`: a unit below target or late at the
    end of a month, by (item, location), a column a month. `over`: a unit of load above storage, by location.
    """

    order: pd.Series
    holding: pd.Series
    below: pd.DataFrame
    late: pd.DataFrame
    over: pd.Series


@dataclass(frozen=True)
class Description:
    """The arrays; `*_place` are numbers of places, and so on. Shapes: (things,) or (things, months)."""

    holding: Array
    opening: Array
    target: Array
    below: Array
    volume: Array
    center: Codes
    make_place: Codes
    make_line: Codes
    make_hours: Array
    make_cost: Array
    part_make: Codes
    part_place: Codes
    part_units: Array
    buy_place: Codes
    buy_supplier: Codes
    buy_lead: Codes
    buy_cost: Array
    move_from: Codes
    move_to: Codes
    move_lead: Codes
    move_cost: Array
    sub_place: Codes
    sub_lead: Codes
    sub_cost: Array
    sub_most: Array
    demand_place: Codes
    demand: Array
    late: Array
    regular: Array
    overtime: Array
    overtime_premium: Array
    storage: Array
    over: Array
    supplier_most: Array

    @property
    def months(self) -> int:
        """Length of the horizon [months]."""
        return int(self.demand.shape[1])

    @property
    def late_most(self) -> Array:
        """Units that can be late: all demand so far, shape (demands, months)."""
        return np.cumsum(self.demand, axis=1)

    @property
    def given(self) -> float:
        """Cost of holding every target in full, which no decision changes [currency]."""
        return float((self.holding[:, None] * self.target).sum())

    def save(self, path: Path) -> None:
        """Write the arrays for a process of another environment."""
        np.savez(path, **asdict(self))


def load(path: Path) -> Description:
    """The arrays as written."""
    with np.load(path) as arrays:
        return Description(**arrays)


def describe(tables: dict[str, pd.DataFrame], prices: Prices) -> Description:
    """The arrays of a network whose tables came from `instance.make`.

    Parameters
    ----------
    tables
        Tables by name.
    prices
        What everything costs.

    """
    sources, demand = tables["sources"], tables["demand"]
    months = pd.DatetimeIndex(sorted(demand["period"].unique()))
    parts = tables["bom"].merge(sources.loc[sources["kind"].eq("make"), PLACE], left_on="assembly", right_on="item")
    places = pd.MultiIndex.from_frame(
        pd.concat(
            [sources[PLACE], demand[PLACE], parts[["component", "location"]].set_axis(PLACE, axis=1)]
        ).drop_duplicates()
    ).sort_values()
    item, location = (places.get_level_values(name) for name in PLACE)
    room = tables["locations"].dropna(subset="storage_limit").set_index("location")["storage_limit"]
    ways = {kind: _priced(rows, prices.order, places) for kind, rows in sources.groupby("kind")}
    made, bought, moved, subbed = (ways[kind] for kind in ("make", "buy", "transfer", "subcontract"))
    resources = tables["resources"].set_index("resource")
    routed = tables["routings"].assign(location=tables["routings"]["resource"].map(resources["location"]))
    hour = resources["cost_per_hour"]
    run = made[PLACE].merge(routed, on=PLACE, how="left")
    taken = made[PLACE].reset_index().merge(tables["bom"], left_on="item", right_on="assembly")
    target = _spread(tables["inventory_targets"], "target", places, months)
    wanted = _spread(demand, "quantity", places, months)
    served = np.flatnonzero(wanted.any(axis=1))
    hours = {
        measure: rows.pivot(index="resource", columns="period", values="hours").reindex(resources.index, columns=months)
        for measure, rows in tables["capacity"].groupby("measure")
    }
    limits = tables["supplier_limits"].pivot(index="supplier", columns="period", values="quantity")
    limits = limits.reindex(sorted(bought["supplier"].unique()), columns=months).fillna(np.inf)
    return Description(
        holding=prices.holding.reindex(places).to_numpy(),
        opening=tables["stock"].groupby(PLACE)["quantity"].sum().reindex(places).fillna(0.0).to_numpy(),
        target=target,
        below=prices.below.reindex(places).to_numpy(),
        volume=item.map(tables["items"].set_index("item")["volume"].to_dict()).to_numpy(dtype="float64"),
        center=room.index.get_indexer(location),
        make_place=made["number"].to_numpy(),
        make_line=resources.index.get_indexer(pd.Index(run["resource"])),
        make_hours=run["hours_per_unit"].to_numpy(),
        make_cost=made["price"].to_numpy() + (run["hours_per_unit"] * run["resource"].map(hour)).to_numpy(),
        part_make=taken["index"].to_numpy(),
        part_place=places.get_indexer(pd.MultiIndex.from_frame(taken[["component", "location"]])),
        part_units=taken["quantity"].to_numpy(),
        buy_place=bought["number"].to_numpy(),
        buy_supplier=limits.index.get_indexer(pd.Index(bought["supplier"])),
        buy_lead=bought["lead"].to_numpy(),
        buy_cost=bought["price"].to_numpy(),
        move_from=places.get_indexer(pd.MultiIndex.from_frame(moved[["item", "supplier"]])),
        move_to=moved["number"].to_numpy(),
        move_lead=moved["lead"].to_numpy(),
        move_cost=moved["price"].to_numpy(),
        sub_place=subbed["number"].to_numpy(),
        sub_lead=subbed["lead"].to_numpy(),
        sub_cost=subbed["price"].to_numpy(),
        sub_most=subbed["maximum"].to_numpy(),
        demand_place=served,
        demand=wanted[served],
        late=prices.late.reindex(places[served]).to_numpy(),
        regular=hours["regular"].to_numpy(),
        overtime=hours["overtime"].to_numpy(),
        overtime_premium=(resources["overtime_cost_per_hour"] - hour).to_numpy(),
        storage=room.to_numpy(),
        over=prices.over.reindex(room.index).to_numpy(),
        supplier_most=limits.to_numpy(),
    )  # fmt: skip


def _priced(rows: pd.DataFrame, order: pd.Series, places: pd.MultiIndex) -> pd.DataFrame:
    """Sources of one kind with the number of their place, their lead time [months] and their price."""
    return rows.assign(
        number=places.get_indexer(pd.MultiIndex.from_frame(rows[PLACE])),
        lead=(rows["lead_time_days"] / DAYS + 0.5).astype("int64"),
        price=order.reindex(pd.MultiIndex.from_frame(rows[SOURCE])).to_numpy(),
    ).reset_index(drop=True)


def _spread(frame: pd.DataFrame, column: str, places: pd.MultiIndex, months: pd.DatetimeIndex) -> Array:
    """A column by place and month, 0 where nothing is said."""
    found = np.zeros((len(places), len(months)))
    row = places.get_indexer(pd.MultiIndex.from_frame(frame[PLACE]))
    np.add.at(found, (row, months.get_indexer(pd.Index(frame["period"]))), frame[column].to_numpy(dtype="float64"))
    return found
