"""The tables of a plan: from quantities by (thing, month) to the long frames of the workbook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sop_xl.supply.flows import Flows, by_place, delayed, hours_there
from sop_xl.supply.network import Array, Network, Words

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TINY = 1e-6


def long_frame(keys: Mapping[str, Words], values: Array, periods: pd.DatetimeIndex, value: str) -> pd.DataFrame:
    """Rows of keys with one number a month, as a long frame: keys, `period`, and the number.

    Parameters
    ----------
    keys
        Keys of each row, by column.
    values
        Numbers, shape (rows, months).
    periods
        The months.
    value
        Name of the column of numbers.

    """
    months = len(periods)
    frame = {name: pd.Series(np.repeat(given, months), dtype="str") for name, given in keys.items()}
    period = np.tile(periods.to_numpy(dtype="datetime64[ns]"), len(values))
    return pd.DataFrame({**frame, "period": period, value: np.asarray(values, dtype="float64").reshape(-1)})


def supply_plan(network: Network, flows: Flows) -> pd.DataFrame:
    """Orders in their month of release, and their receipts: the table `supply_plan`; idle sources are left out."""
    sources, places = network.sources, network.places
    busy = np.flatnonzero(flows.order.max(axis=1, initial=0.0) > _TINY)
    receipt = delayed(flows.order[busy], sources.lead[busy]) * sources.output[busy][:, None]
    stacked = np.stack([flows.order[busy], receipt], axis=1).reshape(-1, network.months)
    place = sources.place[busy]
    names = {
        "item": places.item[place],
        "location": places.location[place],
        "kind": sources.kind[busy],
        "supplier": sources.supplier[busy],
        "mode": sources.mode[busy],
    }
    keys = {name: np.repeat(values, 2) for name, values in names.items()}
    keys["measure"] = np.tile(np.array(["order", "receipt"], dtype=object), len(busy))
    return long_frame(keys, stacked, network.periods, "quantity")


def projected_balance(network: Network, flows: Flows) -> pd.DataFrame:
    """Every place month by month: the table `projected_balance`. Days of supply are blank in the last month."""
    opening = np.column_stack([network.opening, flows.closing[:, :-1]])
    demand = network.demand
    measures = {
        "opening": opening,
        "demand": demand,
        "receipts": flows.receipts,
        "issues": flows.issues,
        "shipped": flows.shipped,
        "late": by_place(network, flows.late),
        "lost": by_place(network, flows.lost),
        "closing": flows.closing,
        "target": network.target,
        "days of supply": days_of_supply(flows.closing, demand + flows.issues, month_days(network.periods)),
    }
    stacked = np.stack(list(measures.values()), axis=1).reshape(-1, network.months)
    keys = {"item": network.places.item, "location": network.places.location}
    return long_frame(_with_measure(keys, measures), stacked, network.periods, "quantity")


def _with_measure(keys: Mapping[str, Words], measures: Mapping[str, Array]) -> dict[str, Words]:
    """Keys once for each measure, and the measure beside them."""
    count = len(next(iter(keys.values())))
    return {name: np.repeat(given, len(measures)) for name, given in keys.items()} | {
        "measure": np.tile(np.array(list(measures), dtype=object), count)
    }


def month_days(periods: pd.DatetimeIndex) -> Array:
    """Calendar days of each month."""
    return np.asarray(periods.days_in_month, dtype="float64")


def days_of_supply(closing: Array, need: Array, days: Array) -> Array:
    """Forward days of supply: days of the coming months that the closing stock covers.

    The last month reached counts in proportion. A stock that outlasts the horizon shows the days that remain of it;
    in the last month nothing is known of what comes, and the figure is NaN.

    Parameters
    ----------
    closing
        Stock at the end of each month [units], shape (places, months).
    need
        Demand and issues of each month [units], same shape.
    days
        Length of each month [days].

    >>> days_of_supply(np.array([[50.0, 10.0, 0.0]]), np.array([[0.0, 40.0, 40.0]]), np.array([31.0, 30.0, 31.0]))
    array([[37.75,  7.75,   nan]])

    """
    found = np.full(closing.shape, np.nan)
    for month in range(closing.shape[1] - 1):
        left = np.maximum(closing[:, month], 0.0)
        covered = np.zeros(len(closing))
        open_still: NDArray[np.bool_] = np.ones(len(closing), dtype=bool)
        for later in range(month + 1, closing.shape[1]):
            coming = need[:, later]
            share = np.where(coming > left, left / np.where(coming > 0, coming, 1.0), 1.0)
            covered += np.where(open_still, share * days[later], 0.0)
            left = np.maximum(left - coming, 0.0)
            open_still &= share >= 1.0
        found[:, month] = covered
    return found


def outlasting(network: Network, flows: Flows) -> int:
    """How many places end the first month with more stock than the rest of the horizon needs."""
    need = (network.demand + flows.issues)[:, 1:].sum(axis=1)
    return int(((flows.closing[:, 0] > need + _TINY) & (need > 0)).sum())


def resource_load(network: Network, flows: Flows, required: Array) -> pd.DataFrame:
    """Hours needed against hours there: the table `resource_load`.

    Parameters
    ----------
    network, flows
        The plan.
    required
        Hours of the unlimited plan, by (resource, month) [h].

    """
    regular, overtime = hours_there(network)
    measures = {
        "regular capacity": regular,
        "overtime capacity": overtime,
        "required": required,
        "regular used": flows.regular,
        "overtime used": flows.overtime,
        "load": load_share(network, flows),
    }
    stacked = np.stack(list(measures.values()), axis=1).reshape(-1, network.months)
    names = np.array([r.name for r in network.resources], dtype=object)
    return long_frame(_with_measure({"resource": names}, measures), stacked, network.periods, "hours")


def load_share(network: Network, flows: Flows) -> Array:
    """Hours used, overtime included, as a share of regular capacity; NaN where only overtime is there and used."""
    used = flows.regular + flows.overtime
    there = network.regular > 0
    return np.where(there, used / np.where(there, network.regular, 1.0), np.where(used > 0, np.nan, 0.0))


def held_load(network: Network, flows: Flows) -> Array:
    """Load held at each location at the end of each month, (locations, months)."""
    held = np.zeros((len(network.locations), network.months))
    np.add.at(held, network.places.location_number, flows.closing * network.places.volume[:, None])
    return held


def over_storage(network: Network, flows: Flows) -> Array:
    """Load above the storage limit, by (location, month)."""
    return np.maximum(held_load(network, flows) - network.storage[:, None], 0.0)


def outliving(network: Network, flows: Flows) -> Array:
    """Units older than their shelf life at the end of each month, first in, first out: (places, months)."""
    came = np.cumsum(flows.receipts, axis=1) + network.opening[:, None]
    gone = np.cumsum(flows.issues + flows.shipped, axis=1)
    month = np.arange(network.months)
    perish = np.isfinite(network.places.shelf_life)
    before = month - np.where(perish, network.places.shelf_life, network.months)[:, None].astype(np.int64)
    old = np.where(before >= 0, np.take_along_axis(came, np.maximum(before, 0), axis=1), 0.0)
    return np.where(perish[:, None], np.maximum(old - gone, 0.0), 0.0)
