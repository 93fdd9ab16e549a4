"""The hours behind the S&OP grid: the work centers each family needs, and how full they are."""

from __future__ import annotations

import pandas as pd

from sop_xl.cycle.keeping import plain
from sop_xl.cycle.step import Frames

TOTAL = "Total"
_USED = ("regular used", "overtime used")


def capacity_rows(frames: Frames) -> pd.DataFrame:
    """Hours of the work centers on the routings of each family, and of all of them for the total.

    Columns family, block, measure, period, value: `capacity` their regular hours [h], `overtime used` by whatever
    family [h], `highest load` of the busiest of them: hours used / regular hours [share].
    A work center counts whole in every family that needs it, so families do not add up to the total.
    """
    load = plain(frames["resource_load"])
    wide = load.pivot_table(index=["resource", "period"], columns="measure", values="hours", aggfunc="sum")
    wide = wide.reindex(columns=["regular capacity", *_USED]).fillna(0.0).reset_index()
    wide["used"] = wide[[*_USED]].sum(axis=1)
    wide["load"] = (wide["used"] / wide["regular capacity"].where(wide["regular capacity"] > 0)).fillna(0.0)
    pairs = pd.concat([_needed(frames), wide[["resource"]].drop_duplicates().assign(family=TOTAL)])
    both = pairs.merge(wide, on="resource").groupby(["family", "period"])
    rows = pd.DataFrame(
        {
            "capacity": both["regular capacity"].sum(),
            "overtime used": both["overtime used"].sum(),
            "highest load": both["load"].max(),
        }
    )
    long = rows.reset_index().melt(["family", "period"], var_name="measure", value_name="value")
    return long.assign(block="supply")[["family", "block", "measure", "period", "value"]]


def _needed(frames: Frames) -> pd.DataFrame:
    """The work centers on the routings of each family's sold items: family, resource."""
    items = plain(frames["items"]).drop_duplicates("item").set_index("item")
    routings = plain(frames["routings"])
    routings = routings[routings["item"].isin(items.index[items["sold"]])]
    pairs = routings[["resource"]].assign(family=routings["item"].map(items["family"]))
    return pairs[pairs["family"].ne("")].drop_duplicates()
