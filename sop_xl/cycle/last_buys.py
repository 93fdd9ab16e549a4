"""Table `last_buy`: what to order the last time of an item that ends, and when its stock runs out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sop_xl.cycle.keeping import plain, records
from sop_xl.cycle.step import Context, Frames
from sop_xl.demand.lifecycles import phase_out

BEYOND = 12
"""Items are told that end within the months planned, or so many months after them [months]."""

COLUMNS = ["item", "end", "demand", "sigma", "needed", "stock", "supply", "last_buy", "run_out", "says"]


def last_buys(demand: pd.DataFrame, frames: Frames, context: Context) -> pd.DataFrame:
    """The last buys.

    `demand` has item, period and quantity [units]: forecast and orders owed. The error of a month is that of the
    item's forecast, in proportion to its demand where that is below its mean, as at the end of an item's life.
    """
    items = plain(frames["items"])
    latest = context.periods[-1] + pd.DateOffset(months=BEYOND + 1)
    ends = items.loc[items["sold"] & items["end"].gt(context.as_of) & items["end"].lt(latest), ["item", "end"]]
    ends = ends[ends["item"].isin(demand["item"])].drop_duplicates("item")
    if ends.empty:
        return pd.DataFrame(columns=COLUMNS)
    plan = demand[demand["item"].isin(ends["item"])].groupby(["item", "period"])["quantity"].sum().reset_index()
    stock = plain(frames["stock"])
    stock = stock[stock["status"].eq("usable")].rename(columns={"quantity": "stock"})[["item", "stock"]]
    receipts = plain(frames["receipts"])[["item", "due", "quantity"]]
    receipts = receipts[receipts["item"].isin(ends["item"])]
    supply = receipts.assign(period=receipts["due"].dt.to_period("M").dt.to_timestamp())
    level = context.settings.last_buy_level
    buys = phase_out.last_buy(_with_sigma(plan, frames), stock, supply[["item", "quantity"]], ends, level=level)
    out = buys.merge(phase_out.run_out(plan, stock, supply)[["item", "run_out"]], on="item", how="left")
    out["says"] = [_says(row, level) for row in records(out)]
    return out[COLUMNS].round({"demand": 1, "sigma": 1})


def said(ending: pd.DataFrame) -> str:
    """How many items end, for the sentence of the step."""
    count = len(ending)
    return f"; {count} item{'s end' if count > 1 else ' ends'}, see sheet LastBuy" if count else ""


def _with_sigma(plan: pd.DataFrame, frames: Frames) -> pd.DataFrame:
    errors = plain(frames["forecast_error"])
    sigma = np.sqrt((errors["sigma"] ** 2).groupby(errors["item"]).sum())
    mean = plan.groupby("item")["quantity"].transform("mean")
    near_its_mean = (plan["quantity"] / mean.where(mean > 0)).clip(0.0, 1.0).fillna(0.0)
    return plan.assign(sigma=plan["item"].map(sigma).fillna(0.0) * near_its_mean)


def _says(row: dict[str, object], level: float) -> str:
    demand, needed, stock, supply, buy = (
        float(str(row[c])) for c in ("demand", "needed", "stock", "supply", "last_buy")
    )
    end = pd.Timestamp(str(row["end"]))
    text = (
        f"{row['item']} ends on {end:%Y-%m-%d}: {demand:,.0f} units to come, {needed:,.0f} are enough with a chance of "
    )
    text += f"{level:.0%}".replace("%", " %") + f"; {stock:,.0f} in stock and {supply:,.0f} under way, "
    if buy > 0:
        return text + f"so the last buy is {buy:,.0f}"
    spare = stock + supply - demand
    return text + f"so nothing is to be bought; {max(spare, 0.0):,.0f} are likely to be left over"
