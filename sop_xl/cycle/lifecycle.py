"""What launches, successors still ahead and end dates make of the statistical forecast."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
import pandas as pd

from sop_xl.cycle.keeping import plain, records
from sop_xl.cycle.step import Context, Frames
from sop_xl.demand.lifecycles import lifecycle, phase_out, succession
from sop_xl.errors import InputError

SERIES = ["item", "channel", "region"]
FIRST_YEAR = 12
"""Length of a launch profile [months]."""
LAUNCH_ERROR = 0.46
"""Standard deviation of the demand of a launch, of its forecast [share]: line extensions miss by 37 % on average, which
is 0.8 standard deviations. Source: Kahn (2002), An exploratory investigation of new product forecasting practices,
Journal of Product Innovation Management 19, 133-143."""


def through_life(forecast: pd.DataFrame, clean: pd.DataFrame, frames: Frames, context: Context) -> pd.DataFrame:
    """The statistical forecast with launches, successors still ahead, and items ending.

    `forecast` has item, channel, region, method, period, `forecast` and its limits [units]: pairs of columns that
    begin with low and high, `low` and `high` at the width on Control, `low 95` and `high 95` at that.
    """
    columns = [c for c in forecast.columns if c.startswith(("forecast", "low", "high"))]
    out = _launched(forecast, clean, frames, context)
    ahead = plain(frames["succession"])
    ahead = ahead[ahead["from"].gt(context.periods[0]) & ahead["from"].le(context.periods[-1])]
    if len(ahead):
        out = succession.handed_over(out, ahead, columns)
    return _ended(out, columns, frames, context)


def undecided(plan: pd.DataFrame, frames: Frames, context: Context) -> pd.DataFrame:
    """The rows of a plan that no launch, successor or end date explains: where something odd would be news."""
    items, replaced = plain(frames["items"]), plain(frames["succession"])
    last = items.drop_duplicates("item").set_index("item")["end"]
    ending = last.reindex(plan["item"]).to_numpy()
    ramp = pd.Timedelta(days=context.settings.ramp_months * 365.25 / 12)
    odd = plan["item"].isin(frames["launches"]["item"]) | (plan["period"] > ending - ramp)
    for column in ("old", "new"):
        mine = replaced.sort_values("from").drop_duplicates(column).set_index(column)["from"]
        odd |= plan["period"] >= mine.reindex(plan["item"]).to_numpy()
    return plan[~odd] if not odd.all() else plan


def _ended(forecast: pd.DataFrame, columns: Sequence[str], frames: Frames, context: Context) -> pd.DataFrame:
    """Items led to nothing by their end dates; one that has a successor sells until its last day."""
    ends = plain(frames["items"]).loc[lambda f: f["end"] > context.as_of, ["item", "end"]]
    if ends.empty:
        return forecast
    replaced = ends["item"].isin(frames["succession"]["old"])
    ends = ends.assign(ramp_months=np.where(replaced, 0.0, context.settings.ramp_months))
    share = phase_out.ramped_down(forecast.assign(quantity=1.0), ends)["quantity"]
    return forecast.assign(**{c: forecast[c] * share for c in columns})


def _launched(forecast: pd.DataFrame, clean: pd.DataFrame, frames: Frames, context: Context) -> pd.DataFrame:
    """The forecast with that of each launch, which passes over to the item's own as months come in."""
    items = plain(frames["items"]).drop_duplicates("item").set_index("item")
    typed = plain(frames["launches"])
    typed = typed[typed["item"].isin(context.on_sale(items.reset_index())["item"])]
    if typed.empty:
        return forecast
    typed = typed.assign(launch=typed["launch"].fillna(typed["item"].map(items["launch"])))
    profiles, parts = {}, []
    for row in records(typed):
        likes = [row[c] for c in ("like_1", "like_2", "like_3") if row[c]]
        name = f"{row['item']} | {row['channel']} | {row['region']}"
        profiles[name] = lifecycle.launch_profile(clean, likes, FIRST_YEAR) if likes else _even()
        parts.append(_placed(row, likes, clean, items["family"]).assign(profile=name))
    rows = pd.concat(parts, ignore_index=True)
    plan = lifecycle.profile_forecast(rows, profiles, context.periods)
    plan = plan.groupby([*SERIES, "period"])["quantity"].sum().reset_index()
    sold = clean[clean["quantity"] > 0].groupby("item")["period"].min()
    last = context.periods[0]
    months = ((last.year - sold.dt.year) * 12 + last.month - sold.dt.month).reindex(plan["item"].unique()).fillna(0.0)
    own = forecast[forecast["item"].isin(plan["item"])]
    mixed = lifecycle.hand_over(plan, own.assign(quantity=own["forecast"]), months.astype(float))
    both = mixed.merge(own, on=[*SERIES, "period"], how="left")
    profile = both[[*SERIES, "period"]].merge(plan, on=[*SERIES, "period"], how="left")["quantity"].fillna(0.0)
    made = both[[*SERIES, "period"]].assign(forecast=both["quantity"])
    for column in [c for c in forecast.columns if c.startswith(("low", "high"))]:
        width = float(column.split()[-1]) if " " in column else float(context.settings.interval_level)
        reach = NormalDist().inv_cdf(0.5 + width / 200.0) * LAUNCH_ERROR * profile
        own_reach = (both[column] - both["forecast"]).abs().fillna(0.0)
        half = (1.0 - both["weight"]) * reach + both["weight"] * own_reach
        low = column.startswith("low")
        made[column] = (both["quantity"] - half).clip(lower=0.0) if low else both["quantity"] + half
    made["method"] = np.where(
        both["weight"] > 0, "launch profile and " + both["method"].fillna("").astype(str), "launch profile"
    )
    kept = forecast[~forecast["item"].isin(plan["item"])]
    return pd.concat([kept, made.reindex(columns=forecast.columns)], ignore_index=True).sort_values(
        [*SERIES, "period"], ignore_index=True
    )


def _even() -> pd.DataFrame:
    return pd.DataFrame({"age": np.arange(FIRST_YEAR), "share": 1.0 / FIRST_YEAR})


def _placed(row: dict[str, object], likes: list[str], clean: pd.DataFrame, family: pd.Series) -> pd.DataFrame:
    """A launch by channel and region: as typed, else the volume split as its like-items, or its family, sell."""
    alike = clean["item"].isin(likes) if likes else clean["item"].map(family).eq(family.get(row["item"], ""))
    recent = clean[alike & (clean["period"] > clean["period"].max() - pd.DateOffset(years=1))]
    for key in ("channel", "region"):
        if row[key]:
            recent = recent.assign(**{key: row[key]})
    sums = recent.groupby(["channel", "region"], as_index=False)["quantity"].sum()
    sums = sums[sums["quantity"] > 0]
    if row["channel"] and row["region"]:
        sums = pd.DataFrame({"channel": [row["channel"]], "region": [row["region"]], "quantity": [1.0]})
    if sums.empty:
        raise InputError(
            f"the launch of {row['item']} on sheet Lifecycle needs a channel and a region: nothing like it sold "
            "within the last year"
        )
    share = sums["quantity"] / sums["quantity"].sum()
    places = sums[["channel", "region"]].assign(item=row["item"], launch=row["launch"], ramp=row["ramp"])
    split: pd.DataFrame = places.assign(volume=share * float(str(row["volume"])))
    return split
