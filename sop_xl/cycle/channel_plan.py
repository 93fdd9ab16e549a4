"""Channels in the demand plan: what moves from one to another, and what of it stays sold."""

from __future__ import annotations

import pandas as pd

from sop_xl.cycle.keeping import plain
from sop_xl.cycle.step import Frames
from sop_xl.demand import channels


def shifted(plan: pd.DataFrame, frames: Frames) -> pd.DataFrame:
    """The plan with the shifts of sheet Lifecycle made, in the order of their names."""
    shifts = plain(frames["channel_shifts"])
    if shifts.empty:
        return plan
    return channels.shifted_channels(plan, shifts.sort_values("shift", kind="stable"), plain(frames["items"]))


def net_demand_table(plan: pd.DataFrame, frames: Frames) -> pd.DataFrame:
    """Table `net_demand`: what is shipped, what comes back and what stays sold, by channel and month.

    The rates are those typed in the list of channels; goods that come back are told in the month of their sale.
    """
    rates = plain(frames["channels"]).dropna(subset="returns_rate")
    typed = pd.DataFrame(
        {"channel": rates["channel"], "item": "", "channel_rate": rates["returns_rate"], "rate": rates["returns_rate"]}
    )
    keys = ["channel", "period"]
    gross = plan.groupby(keys)["quantity"].sum()
    net = channels.net_demand(plan, typed).groupby(keys)["quantity"].sum()
    parts = {"gross": gross, "returns": gross - net, "net": net}
    long = pd.concat([part.reset_index().assign(measure=name) for name, part in parts.items()], ignore_index=True)
    rank = long["measure"].map({name: n for n, name in enumerate(parts)})
    ordered = long.assign(rank=rank).sort_values(["channel", "rank", "period"], ignore_index=True)
    return ordered[["channel", "measure", "period", "quantity"]].round({"quantity": 2})
