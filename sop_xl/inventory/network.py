"""Where demand at a stocking point comes to bear: customers' demand carried up transfers and down bills of materials.

A stocking point is an item at a location. Each is supplied by one *usual source*; what it needs becomes demand of the
point its source draws on: the same item at another location (transfer), or the components at its own (make).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sop_xl.errors import PlanningError

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from sop_xl.inventory.bounds import Floats

PLACE = ["item", "location"]


@dataclass(frozen=True)
class Network:
    """Stocking points (`item`, `location`, in order) and the units each needs of others.

    `needs[i, j]` are the units of point j that one unit of point i takes [units/unit].
    """

    points: pd.MultiIndex
    needs: csr_array


def usual_sources(sources: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """One row of `sources` for each item and location: where a unit usually comes from.

    The largest agreed share; then make or buy as the item says; then the lowest cost, the shortest lead time and the
    first supplier by name.
    """
    usual_kind = items.drop_duplicates("item").set_index("item")["make_or_buy"]
    ranked = sources.assign(
        _share=-sources["share"].fillna(0.0),
        _unusual=sources["kind"] != sources["item"].map(usual_kind),
        _cost=sources["cost"].fillna(0.0),
    )
    order = [*PLACE, "_share", "_unusual", "_cost", "lead_time_days", "supplier", "kind"]
    return ranked.sort_values(order).drop_duplicates(PLACE)[list(sources.columns)].reset_index(drop=True)


def network(usual: pd.DataFrame, bom: pd.DataFrame, others: pd.MultiIndex) -> Network:
    """The network of the usual sources; `others` are points that must be in it though nothing supplies them."""
    from scipy.sparse import csr_array

    made = usual.loc[usual["kind"] == "make", PLACE]
    parts = made.merge(bom.rename(columns={"assembly": "item"}), on="item")
    scrap = parts["scrap"].fillna(0.0) if "scrap" in parts else 0.0
    moved = usual.loc[usual["kind"] == "transfer", [*PLACE, "supplier"]]
    links = pd.concat(
        [
            pd.DataFrame(
                {
                    "item": parts["item"],
                    "location": parts["location"],
                    "to_item": parts["component"],
                    "to_location": parts["location"],
                    "units": parts["quantity"] / (1.0 - scrap),
                }
            ),
            pd.DataFrame(
                {
                    "item": moved["item"],
                    "location": moved["location"],
                    "to_item": moved["item"],
                    "to_location": moved["supplier"],
                    "units": 1.0,
                }
            ),
        ],
        ignore_index=True,
    )
    source = pd.MultiIndex.from_frame(links[PLACE])
    target = pd.MultiIndex.from_frame(links[["to_item", "to_location"]], names=PLACE)
    every = [pd.MultiIndex.from_frame(usual[PLACE]), source, target, others.set_names(PLACE)]
    points = pd.MultiIndex.from_frame(
        pd.concat([e.to_frame(index=False) for e in every]).drop_duplicates()
    ).sort_values()
    size = (len(points), len(points))
    at = (points.get_indexer(source), points.get_indexer(target))
    return Network(points, csr_array((links["units"].to_numpy(dtype=float), at), shape=size))


def carried(net: Network, own: Floats, power: int = 1) -> Floats:
    """Own demand of each point and what the points it supplies take from it, through every level.

    With `power` 1 the means add: d_j = own_j + sum of needs_ij d_i. With `power` 2 variances of independent errors do:
    v_j = own_j + sum of needs_ij^2 v_i.

    Raises PlanningError where a bill of materials or a lane comes back to its start.
    """
    weights = net.needs.power(power).T.tocsr()
    total = level = np.asarray(own, dtype=float)
    for _ in range(len(net.points) + 1):
        level = weights @ level
        if not np.any(level):
            return total
        total = total + level
    item, location = net.points[int(np.argmax(level))]
    raise PlanningError(
        f"item {item} at {location} goes into itself: its bill of materials or lanes go round in a circle"
    )


def best_class(net: Network, own: Floats) -> Floats:
    """The best rank (0 is best) of each point and of all points it supplies, through every level."""
    links = net.needs.tocoo()
    rank = np.array(own, dtype=float)
    for _ in range(len(net.points) + 1):
        before = rank.copy()
        np.minimum.at(rank, links.col, rank[links.row])
        if np.array_equal(before, rank):
            break
    return rank
