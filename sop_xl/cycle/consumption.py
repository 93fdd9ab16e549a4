"""What is planned of forecast and open orders together.

Where the history counts a sale when it is *ordered*, the forecast is of orders still to come, and what is owed comes on
top of it. Where it counts a sale when it is *due*, open orders are part of the forecast and consume it.
"""

from __future__ import annotations

import pandas as pd

from sop_xl import periods
from sop_xl.cycle.keeping import plain
from sop_xl.cycle.step import Context, Frames
from sop_xl.demand.agreement import consumption

DUE_DATE = "due date"
SERIES = ["item", "channel", "region"]


def planned(frames: Frames, context: Context) -> pd.DataFrame:
    """Every series and month with forecast, open orders and what is planned of both: columns of `consumption.consume`.

    Orders due before the first planned month stand in it; those due after the last are left out.
    """
    settings = context.settings
    plan = plain(frames["consensus"])
    plan = plan.assign(quantity=plan["quantity"].clip(lower=0.0))
    orders = plain(frames["open_orders"])
    due = orders["due"].map(periods.month_of) if len(orders) else orders["due"]
    owed = orders.assign(period=due)[[*SERIES, "period", "quantity", "abnormal"]]
    owed = owed[owed["period"] <= context.periods[-1]]
    if settings.history_month == DUE_DATE:
        return consumption.consume(plan, owed, early=settings.consume_early, late=settings.consume_late)
    on_top = consumption.consume(plan, owed.assign(abnormal=True), early=0, late=0)
    odd = consumption.consume(plan, owed, early=0, late=0)[[*SERIES, "period", "abnormal"]]
    both = (
        on_top.drop(columns="abnormal").assign(orders=on_top["abnormal"]).merge(odd, on=[*SERIES, "period"], how="left")
    )
    odd_orders = both["abnormal"].fillna(0.0)
    return both.assign(abnormal=odd_orders, orders=both["orders"] - odd_orders)[list(on_top.columns)]


def consumption_table(planned: pd.DataFrame) -> pd.DataFrame:
    """Table `consumption`: the series and months in which there are orders, or forecast used up by them."""
    moved = planned[["orders", "abnormal", "overdue", "consumed"]].gt(0).any(axis=1)
    return planned[moved].reset_index(drop=True)
