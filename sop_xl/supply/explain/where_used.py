"""Where an item is used: up the bills of materials to what is sold, and what a scarce unit of it earns there.

References
----------
[1] Orlicky, Material Requirements Planning, 1975, chapter 4: the where-used list (implosion).
[2] Goldratt & Cox, The Goal; Noreen, Smith & Mackey, The Theory of Constraints and its Implications for Management
    Accounting, 1995: what the scarce earns by the unit decides who gets it.

"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sop_xl.errors import InputError
from sop_xl.supply.explain.pegs import SHIPPED, TAKEN, Pegs, peg
from sop_xl.supply.explain.words import amount, month_count, units
from sop_xl.supply.flows import by_place
from sop_xl.supply.network import Array, Mask, Network, Numbers

if TYPE_CHECKING:
    from sop_xl.supply.plan import Plan

_TINY = 1e-6

_CLOSE = 1e-9


def where_used(network: Network, item: str) -> pd.DataFrame:
    """Everything an item goes into, at any depth, and how much of it one unit takes.

    Parameters
    ----------
    network
        The supply network, such as `plan.network`.
    item
        A component, an assembly, or a sold item, which is used by itself.

    Returns
    -------
    DataFrame
        One row an item it goes into: `item`, `level` (0 is itself, 1 what it goes into directly), `units_per_unit` (by
        the way to make it that takes most, scrap and yield counted) [units/unit], `sold` (whether customers buy it),
        `says`. By level and name.

    Raises
    ------
    InputError
        If there is no such item.

    >>> from sop_xl.supply.plan import PlanSettings, planned_network
    >>> tables = {
    ...     "items": pd.DataFrame({"item": ["BIKE", "WHEEL", "SPOKE"]}),
    ...     "sources": pd.DataFrame({"item": ["BIKE", "WHEEL"], "location": "P", "kind": "make",
    ...         "lead_time_days": 0.0}),
    ...     "bom": pd.DataFrame({"assembly": ["BIKE", "WHEEL"], "component": ["WHEEL", "SPOKE"],
    ...         "quantity": [2.0, 36.0]}),
    ...     "demand": pd.DataFrame({"item": ["BIKE"], "location": ["P"], "period": [pd.Timestamp("2020-03-01")],
    ...         "quantity": [1.0]}),
    ... }
    >>> where_used(planned_network(tables, PlanSettings()), "SPOKE")["says"].tolist()
    ['SPOKE itself', '1 WHEEL takes 36 SPOKE', '1 BIKE takes 72 SPOKE, and is sold']

    """
    names = np.array(list(network.items), dtype=object)
    if item not in network.items:
        raise InputError(f"there is no item {item!r} to look up where it is used")
    per_unit, level = _usage(network, item)
    sold = np.zeros(len(names), dtype=bool)
    sold[_item_numbers(network)[network.demands.place]] = True
    rows = sorted(np.flatnonzero(per_unit > 0).tolist(), key=lambda n: (level[n], names[n]))
    says = [
        ("itself" if names[n] == item else f"1 {names[n]} takes {units(float(per_unit[n]))} {item}")
        + (", and is sold" if sold[n] else "")
        for n in rows
    ]
    says = [f"{item} {said}" if said.startswith("itself") else said for said in says]
    frame = pd.DataFrame(
        {"item": names[rows], "level": level[rows], "units_per_unit": per_unit[rows], "sold": sold[rows]}
    )
    return frame.assign(says=says).astype({"item": "str", "says": "str"})


def where_goes(plan: Plan, item: str) -> pd.DataFrame:
    """Where the plan sends an item: the sold items and customers that get it, in all months and in the short ones.

    A month is short where none of the item is left at its end in any place that has it, and something that uses it is
    late or lost.

    Returns
    -------
    DataFrame
        One row a sold item, location and class: `item`, `location`, `class`, `units_per_unit` [units/unit], `quantity`
        of the item that goes there, `short_months` (how many there are), `quantity_short` in them [units],
        `share_short` of all that goes out in them [share], `short` (units of the sold item late or lost at the end)
        [units], `margin` (price less what supplying a unit costs), `margin_per_unit` of the scarce item [currency],
        `says`. What earns most by the scarce unit comes first.

    Raises
    ------
    InputError
        If there is no such item.

    """
    network, pegs = plan.network, peg(plan.network, plan.final)
    if item not in network.items:
        raise InputError(f"there is no item {item!r} to look up where it goes")
    per_unit, _ = _usage(network, item)
    numbers, demands = _item_numbers(network), network.demands
    scarce = _short_months(plan, item, per_unit[numbers] > 0)
    every, tight = _to_demands(pegs, item, scarce)
    lacking = plan.final.late[:, -1] + plan.final.lost.sum(axis=1)
    users = per_unit[numbers[demands.place]] > 0
    kept = np.flatnonzero(users & ((every > _TINY) | (lacking > _TINY)))
    place = demands.place[kept]
    price = np.where(np.isnan(demands.price), plan.prices.value[demands.place][:, None], demands.price).mean(axis=1)[
        kept
    ]
    margin = price - plan.prices.landed[place]
    each = per_unit[numbers[place]]
    total = float(tight.sum())
    frame = pd.DataFrame(
        {
            "item": network.places.item[place],
            "location": network.places.location[place],
            "class": demands.name[kept],
            "units_per_unit": each,
            "quantity": every[kept],
            "short_months": int(scarce.sum()),
            "quantity_short": tight[kept],
            "share_short": tight[kept] / total if total > 0 else 0.0,
            "short": lacking[kept],
            "margin": margin,
            "margin_per_unit": margin / each,
        }
    )
    frame["says"] = [_sentence(plan, item, row) for row in frame.to_dict("records")]
    frame = frame.astype(dict.fromkeys(("item", "location", "class", "says"), "str"))
    order = ["margin_per_unit", "item", "location", "class"]
    return frame.sort_values(order, ascending=[False, True, True, True], kind="stable", ignore_index=True)


def _item_numbers(network: Network) -> Numbers:
    """The number of the item of each place."""
    number = {name: n for n, name in enumerate(network.items)}
    return np.array([number[str(name)] for name in network.places.item], dtype=np.int64)


def _usage(network: Network, item: str) -> tuple[Array, Numbers]:
    """Units of an item in one unit of every other, and how many levels lie between; 0 where it does not go in.

    Bills of materials have no circles. Substitutes may, so they count once, after the bills.
    """
    sources, uses, numbers = network.sources, network.uses, _item_numbers(network)
    into, of = numbers[sources.place[uses.source]], numbers[uses.of]
    amount = uses.amount / sources.output[uses.source]
    swapped = sources.of_kind("substitute")[uses.source]
    made = ~swapped & (into != of)
    count = len(network.items)
    level = np.zeros(count, dtype=np.int64)
    own = (np.array(list(network.items), dtype=object) == item).astype("float64")
    per_unit = own

    def through(links: Mask) -> Array:
        """Units in one of each item by the source that takes most."""
        of_source = np.bincount(uses.source[links], amount[links] * per_unit[of[links]], len(sources))
        found = np.zeros(count)
        np.maximum.at(found, numbers[sources.place], of_source)
        return found

    for _ in range(count):
        more, deeper = np.maximum(own, through(made)), level.copy()
        reached = made & (per_unit[of] > 0)
        np.maximum.at(deeper, into[reached], level[of[reached]] + 1)
        if np.array_equal(more, per_unit) and np.array_equal(deeper, level):
            break
        per_unit, level = more, deeper
    stands_in = through(swapped)
    extra = (per_unit == 0) & (stands_in > 0)
    return np.where(extra, stands_in, per_unit), np.where(extra, level.max(initial=0) + 1, level)


def _short_months(plan: Plan, item: str, users: Mask) -> Mask:
    """Months that end without any of an item while something that uses it is late or lost."""
    network, flows = plan.network, plan.final
    left = flows.closing[network.places.item == item].sum(axis=0)
    lacking = by_place(network, flows.late + flows.lost)[users].sum(axis=0)
    return np.asarray((left <= _TINY) & (lacking > _TINY))


def _to_demands(pegs: Pegs, item: str, scarce: Mask) -> tuple[Array, Array]:
    """Units of an item that reach each demand in the end, and of these the ones that left their place in short months.

    A unit moved on to another place is counted where it leaves for good: into another item, or to a customer.
    """
    network, lots, outs = pegs.network, pegs.lots, pegs.outs
    mine = network.places.item[lots.place[pegs.lot]] == item
    kind, into = outs.kind[pegs.out], outs.into[pegs.out]
    becomes = np.where(kind == TAKEN, lots.place[np.where(kind == TAKEN, into, 0)], 0)
    moved = (kind == TAKEN) & (network.places.item[becomes] == item)
    leaves = mine & ~moved & ((kind == TAKEN) | (kind == SHIPPED))
    month = np.minimum(outs.month[pegs.out], network.months - 1)
    weights = np.stack([leaves * pegs.units, leaves * pegs.units * scarce[month]], axis=1)
    found = np.zeros((len(network.demands), 2))
    at_once = leaves & (kind == SHIPPED)
    np.add.at(found, into[at_once], weights[at_once])
    at_lots = np.zeros((len(lots), 2))
    later = leaves & (kind == TAKEN)
    np.add.at(at_lots, into[later], weights[later])
    shipped = outs.kind == SHIPPED
    np.add.at(found, outs.into[shipped], pegs.forward(at_lots)[shipped])
    found[np.abs(found) < _CLOSE] = 0.0
    return found[:, 0], found[:, 1]


def _sentence(plan: Plan, item: str, row: Mapping[Hashable, Any]) -> str:
    """Where an item goes, in words."""
    name = f" for {row['class']}" if row["class"] else ""
    earns = amount(float(row["margin_per_unit"]), plan.settings.currency)
    says = f"{row['item']} at {row['location']}{name} gets {units(float(row['quantity']))} {item}"
    months = int(row["short_months"])
    if months:
        tight = units(float(row["quantity_short"]))
        says += f", {tight} of them ({row['share_short']:.0%}) in the {month_count(months)} it is short"
    says += f", and earns {earns} with each"
    lacking = float(row["short"])
    return says + (f"; {units(lacking)} units stay short" if lacking > _TINY else "")
