"""Which orders serve which demand, on time or late: the pegs of a plan as tables.

References
----------
[1] Vollmann, Berry, Whybark & Jacobs, Manufacturing Planning and Control for Supply Chain Management, 5th ed.,
    chapter 7: pegging, single level and full.

"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import sparse

from sop_xl.periods import label
from sop_xl.supply.explain.pegs import ORDER, SHIPPED, Pegs, peg, shipments
from sop_xl.supply.explain.words import amount, month_count, units
from sop_xl.supply.network import Array, Network, Numbers, Words
from sop_xl.supply.reading.demands import PRIORITY_STEP

if TYPE_CHECKING:
    from sop_xl.supply.plan import Plan

_TINY = 1e-6

_NAMED = 3

_GOODS = np.array(["opening stock", "receipt under way"], dtype=object)

ON_TIME, LATE, NOT_YET, LOST = "on time", "late", "not yet", "lost"
"""What becomes of a unit of demand."""


def pegging(plan: Plan, most_levels: int | None = None) -> pd.DataFrame:
    """Which supply serves each demand: full pegging, first in, first out, through bills of materials and transfers.

    Parameters
    ----------
    plan
        The plan.
    most_levels
        Levels of supply told: 1 is single-level pegging, what is shipped itself; 2 adds what that is made or moved
        from, and so on. None tells all of them.

    Returns
    -------
    DataFrame
        One row a piece of demand and supply: `item`, `location`, `class`, `priority`, `period` (wanted), `shipped`
        (blank where it is not), `months_late`, `fate` (on time, late, not yet, lost), `level` (1 is what is shipped),
        `supply` (opening stock, receipt under way, or the kind of order; blank where there is none), `supply_item`,
        `supply_location`, `supplier`, `mode`, `released`, `arrived`, `quantity` [units of the supply item], `says`. At
        level 1 the quantities of a demand add up to it; those of an order over all levels to no more than its units.

    Five in stock, three wanted now and six next month; one order brings the rest:

    >>> from sop_xl.supply.plan import PlanSettings, balance
    >>> months = pd.date_range("2020-03-01", periods=2, freq="MS")
    >>> tables = {
    ...     "items": pd.DataFrame({"item": ["A"], "standard_cost": [10.0], "list_price": [30.0]}),
    ...     "sources": pd.DataFrame({"item": ["A"], "location": ["P"], "kind": ["buy"], "supplier": ["S"],
    ...         "lead_time_days": [0.0]}),
    ...     "stock": pd.DataFrame({"item": ["A"], "location": ["P"], "quantity": [5.0]}),
    ...     "demand": pd.DataFrame({"item": "A", "location": "P", "period": months, "quantity": [3.0, 6.0]}),
    ... }
    >>> pegging(balance(tables, settings=PlanSettings(frozen_months=0)))[["supply", "quantity", "fate"]].values.tolist()
    [['opening stock', 3.0, 'on time'], ['opening stock', 2.0, 'on time'], ['buy', 4.0, 'on time']]

    """
    network, pegs = plan.network, peg(plan.network, plan.final)
    out = np.flatnonzero(pegs.outs.kind == SHIPPED)
    levels = pegs.chains(out)
    parts = [_pieces(level, number) for number, level in enumerate(levels[:most_levels], start=1)]
    lot, piece, level, quantity = (np.concatenate(column) for column in zip(*parts, strict=True))
    served = _demand_columns(
        network, pegs.outs.into[out[piece]], pegs.outs.wanted[out[piece]], pegs.outs.month[out[piece]]
    )
    rows = served | {"level": level} | _supply_columns(pegs, lot) | {"quantity": quantity}
    return _told(network, pd.concat([_typed(rows), _unserved(plan)], ignore_index=True))


def late_demand(plan: Plan) -> pd.DataFrame:
    """Which demand is served late or not at all, by how many months, with which order finally, and why.

    Returns
    -------
    DataFrame
        One row a demand and the month it is shipped: `item`, `location`, `class`, `priority`, `period` (wanted),
        `shipped` (blank where it is not), `months_late` (to the end of the plan where it is not), `fate` (late, not
        yet, lost), `quantity` [units], `money` (at the price of the item) [currency], `served_by` (the orders that
        bring it in the end), `cause` and `culprit` of the shortage in the month it was wanted, `says`. The dearest
        first.

    """
    pegged = pegging(plan, most_levels=1)
    short = pegged[pegged["fate"].ne(ON_TIME)].reset_index(drop=True)
    key = ["item", "location", "class", "priority", "period", "shipped", "months_late", "fate"]
    short["served_by"] = [
        _order(*row) for row in zip(*(short[c] for c in ("supply", "supply_location", "released")), strict=True)
    ]
    largest = short.sort_values("quantity", ascending=False, kind="stable")
    found = largest.groupby(key, dropna=False, sort=True).agg(
        quantity=("quantity", "sum"), served_by=("served_by", lambda names: ", ".join(names.drop_duplicates()[:_NAMED]))
    )
    found = found.reset_index()
    places = plan.network.places
    value = pd.Series(plan.prices.value, index=pd.MultiIndex.from_arrays([places.item, places.location]))
    found["money"] = found["quantity"] * value.reindex(pd.MultiIndex.from_frame(found[["item", "location"]])).to_numpy()
    causes = plan.shortages.drop_duplicates(["item", "location", "period"])
    found = found.merge(causes[["item", "location", "period", "cause", "culprit"]], how="left")
    found[["cause", "culprit"]] = found[["cause", "culprit"]].fillna("").astype("str")
    found["served_by"] = found["served_by"].astype("str")
    found["says"] = [_lateness(plan, row) for row in found.to_dict("records")]
    found = found.astype({"says": "str"}).sort_values("money", ascending=False, kind="stable", ignore_index=True)
    return found[[*key, "quantity", "money", "served_by", "cause", "culprit", "says"]]


def priorities(network: Network) -> Array:
    """The priority of each demand, from its weight; 1 counts most."""
    return np.asarray(np.round(1.0 + np.log(network.demands.weight) / np.log(PRIORITY_STEP), 6))


def _pieces(level: sparse.csr_array, number: int) -> tuple[Numbers, Numbers, Numbers, Array]:
    """Lot, piece of demand, level and units of the pegs of one level."""
    entries = level.tocoo()
    quantity = entries.data
    some = quantity > _TINY
    lot, piece = (side[some].astype(np.int64) for side in (entries.row, entries.col))
    return lot, piece, np.full(len(lot), number), quantity[some]


def _demand_columns(network: Network, demand: Numbers, wanted: Numbers, shipped: Numbers) -> dict[str, object]:
    places, place = network.places, network.demands.place[demand]
    late = shipped - wanted
    return {
        "item": places.item[place],
        "location": places.location[place],
        "class": network.demands.name[demand],
        "priority": priorities(network)[demand],
        "period": network.periods[wanted],
        "shipped": network.periods[shipped],
        "months_late": late,
        "fate": np.where(late > 0, LATE, ON_TIME).astype(object),
    }


def _supply_columns(pegs: Pegs, lot: Numbers) -> dict[str, object]:
    network, lots = pegs.network, pegs.lots
    sources, places, place = network.sources, network.places, lots.place[lot]
    ordered, source = lots.kind[lot] == ORDER, lots.source[lot]
    periods = network.periods
    goods = _GOODS[np.where(ordered, 0, lots.kind[lot])]

    def named(words: Words) -> Words:
        return np.where(ordered, words[source], "") if len(words) else np.full(len(lot), "", dtype=object)

    released = periods[np.where(ordered, lots.release[lot], 0)].to_series(index=pd.RangeIndex(len(lot)))
    return {
        "supply": np.where(ordered, named(sources.kind), goods),
        "supply_item": places.item[place],
        "supply_location": places.location[place],
        "supplier": named(sources.supplier),
        "mode": named(sources.mode),
        "released": released.where(ordered),
        "arrived": periods[lots.month[lot]].to_series(index=pd.RangeIndex(len(lot))).where(lots.kind[lot] > 0),
    }


def _unserved(plan: Plan) -> pd.DataFrame:
    """Demand that nothing serves by the end of the plan."""
    network, flows = plan.network, plan.final
    demands, months = network.demands, network.months
    d, wanted, _, quantity = shipments(network, flows)
    left = demands.quantity.copy()
    np.subtract.at(left, (d, wanted), quantity)
    d, wanted = np.nonzero(left > _TINY * np.maximum(1.0, demands.quantity))
    backlog = demands.backlog[d]
    served = _demand_columns(network, d, wanted, wanted) | {
        "shipped": pd.DatetimeIndex([pd.NaT] * len(d)),
        "months_late": np.where(backlog, months - wanted, 0),
        "fate": np.where(backlog, NOT_YET, LOST).astype(object),
    }
    blank = dict.fromkeys(("supply", "supply_item", "supply_location", "supplier", "mode"), "")
    none = dict.fromkeys(("released", "arrived"), pd.NaT)
    return _typed(served | {"level": 1} | blank | none | {"quantity": left[d, wanted]})


def _typed(rows: dict[str, object]) -> pd.DataFrame:
    frame = pd.DataFrame(rows)
    text = ("item", "location", "class", "fate", "supply", "supply_item", "supply_location", "supplier", "mode")
    kinds = dict.fromkeys(text, "str") | dict.fromkeys(("period", "shipped", "released", "arrived"), "datetime64[ns]")
    return frame.astype(
        kinds | {"months_late": "int64", "level": "int64", "priority": "float64", "quantity": "float64"}
    )


def _told(network: Network, frame: pd.DataFrame) -> pd.DataFrame:
    """The rows in order, each with its sentence."""
    keys = ["item", "location", "class", "priority", "period", "level", "months_late", "released", "supply_item"]
    frame = frame.sort_values([*keys, "supply"], kind="stable", ignore_index=True, na_position="first")
    month = {period: label(period) for period in network.periods} | {pd.NaT: ""}
    columns = (
        frame["quantity"], frame["supply_item"], frame["supply_location"], frame["supply"], frame["released"],
        frame["item"], frame["location"], frame["class"], frame["period"], frame["fate"], frame["months_late"],
    )  # fmt: skip
    says = [_sentence(month, *row) for row in zip(*(column.tolist() for column in columns), strict=True)]
    return frame.assign(says=pd.Series(says, index=frame.index, dtype="str"))


def _sentence(
    month: Mapping[Any, str], quantity: float, of: str, at: str, supply: str, released: pd.Timestamp, item: str,
    where: str, name: str, wanted: pd.Timestamp, fate: str, late: int,
) -> str:  # fmt: skip
    whose = f"{item} at {where}{f' for {name}' if name else ''} in {month[wanted]}"
    if fate == LOST:
        return f"{units(quantity)} units of {whose} are lost"
    if fate == NOT_YET:
        return f"{units(quantity)} units of {whose} are not served by the end of the plan"
    when = fate if fate == ON_TIME else f"{month_count(late)} late"
    order = f"{'' if supply == _GOODS[0] else 'the '}{_order(supply, at, released)}"
    return f"{units(quantity)} units of {of} from {order} serve {whose}, {when}"


def _order(supply: str, where: str, released: pd.Timestamp) -> str:
    """An order, or what else serves, in words.

    >>> _order("make", "P", pd.Timestamp("2020-03-01"))
    'make order of 2020-03 at P'
    """
    if pd.isna(released):
        return f"{supply} at {where}" if supply else ""
    return f"{supply} order of {label(released)} at {where}"


def _lateness(plan: Plan, row: Mapping[Hashable, Any]) -> str:
    """A late demand in a sentence."""
    name, wanted, shipped = str(row["class"]), pd.Timestamp(row["period"]), row["shipped"]
    whose = f"{row['item']} at {row['location']}{f' for {name}' if name else ''} in {label(wanted)}"
    money = amount(float(row["money"]), plan.settings.currency)
    says = f"{units(float(row['quantity']))} units of {whose} ({money}) "
    if row["fate"] == LOST:
        says += "are lost"
    elif row["fate"] == NOT_YET:
        says += "are not served by the end of the plan"
    else:
        late = month_count(int(row["months_late"]))
        says += f"come {late} late, in {label(pd.Timestamp(shipped))}, with the {row['served_by']}"
    return says + (f": {row['cause']}, {row['culprit']}" if row["cause"] else "")
