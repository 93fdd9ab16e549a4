"""Kinds of change that move demand: by a share, by an event, from one channel to another, by a later launch."""

from __future__ import annotations

import pandas as pd

from sop_xl import periods
from sop_xl.errors import InputError
from sop_xl.supply.scenarios import Tables, scaled, scope

SERIES = ["item", "channel", "region"]
ARROW = ">"


def demand(tables: Tables, target: str, months: pd.DatetimeIndex, share: float) -> Tables:
    """Demand of an item, family, channel, region or class changes by a share."""
    plan = tables["consensus"]
    hit = scope(plan, tables["items"], target, tuple(SERIES)) & plan["period"].isin(months)
    return {**tables, "consensus": scaled(plan, "quantity", hit, share)}


def event(tables: Tables, target: str, months: pd.DatetimeIndex, units: float) -> Tables:
    """Units a month come to an item, family, channel, region or class, spread as its demand of the month is.

    A month without demand is spread as the whole horizon is, and a thing nobody wants yet in even parts.
    """
    plan = tables["consensus"]
    mine = plan[scope(plan, tables["items"], target, tuple(SERIES))]
    usual = mine.groupby(SERIES)["quantity"].sum()
    parts = [plan]
    for month in months:
        there = mine[mine["period"].eq(month)].groupby(SERIES)["quantity"].sum().reindex(usual.index).fillna(0.0)
        weight = next((w for w in (there, usual) if w.sum() > 0), usual * 0.0 + 1.0)
        more = max(units, -float(there.sum())) * weight / weight.sum()
        parts.append(more.rename("quantity").reset_index().assign(period=month))
    return {**tables, "consensus": _summed(parts)}


def channel_shift(tables: Tables, target: str, months: pd.DatetimeIndex, share: float) -> Tables:
    """A share of the demand of one channel goes to another, item by item and region by region; the total stays."""
    here, there = pair(target, "channel shift", "from channel > to channel")
    known = set(tables["channels"]["channel"])
    for name in (here, there):
        if name not in known:
            raise InputError(f"there is no channel {name!r}; the channels are {', '.join(sorted(known))}")
    if not 0 <= share <= 1:
        raise InputError(f"the share of demand that moves must lie between 0 and 1, got {share:g}")
    plan = tables["consensus"]
    moved = plan[plan["channel"].eq(here) & plan["period"].isin(months)]
    moved = moved.assign(quantity=moved["quantity"] * share)
    less = moved.assign(quantity=-moved["quantity"])
    return {**tables, "consensus": _summed([plan, less, moved.assign(channel=there)])}


def launch_delay(tables: Tables, target: str, _months: pd.DatetimeIndex, later: float) -> Tables:
    """Items launched within the horizon come some whole months later, and their demand with them."""
    if later < 0 or later != int(later):
        raise InputError(f"a launch is delayed by whole months, got {later:g}")
    plan, new = tables["consensus"], launched(tables)
    if target and not new.eq(target).any():
        family = tables["items"].drop_duplicates("item").set_index("item")["family"]
        new = new[new.map(family).eq(target)]
    elif target:
        new = new[new.eq(target)]
    if new.empty:
        raise InputError(f"no item{f' of {target!r}' if target else ''} is launched in the months planned")
    hit = plan["item"].isin(new)
    last = plan["period"].max()
    moved = plan[hit].assign(period=plan.loc[hit, "period"] + pd.DateOffset(months=int(later)))
    delayed = {"consensus": _summed([plan[~hit], moved[moved["period"] <= last]])}
    for name in ("items", "launches"):
        days = tables[name]["launch"]
        late = tables[name]["item"].isin(new) & days.notna()
        delayed[name] = tables[name].assign(launch=days.where(~late, days + pd.DateOffset(months=int(later))))
    return {**tables, **delayed}


def launched(tables: Tables) -> pd.Series:
    """The items that start to sell within the months planned."""
    plan, launches = tables["consensus"], tables["launches"]
    own = tables["items"].drop_duplicates("item").set_index("item")["launch"]
    started = launches.assign(launch=launches["launch"].fillna(_of_items(launches, own)))[["item", "launch"]]
    both = pd.concat([started, own.rename_axis("item").reset_index()], ignore_index=True).dropna()
    both = both[both["item"].isin(plan["item"])]
    month = both["launch"].map(periods.month_of)
    return both.loc[month.between(plan["period"].min(), plan["period"].max()), "item"].drop_duplicates()


def _of_items(rows: pd.DataFrame, values: pd.Series) -> pd.Series:
    """What items have, for rows of items; also where there is no item at all."""
    return pd.Series(values.reindex(rows["item"]).to_numpy(), index=rows.index, dtype=values.dtype)


def pair(target: str, kind: str, form: str) -> tuple[str, str]:
    """The two names of a target such as `shop > web`.

    >>> pair("shop > web", "channel shift", "from channel > to channel")
    ('shop', 'web')
    """
    here, arrow, there = (part.strip() for part in target.partition(ARROW))
    if not arrow or not here or not there or here == there:
        raise InputError(f"the target of a {kind} is written {form!r}, got {target!r}")
    return here, there


def _summed(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Demand of all parts by series and month, never below 0, in the order of its keys."""
    columns = list(parts[0].columns)
    both = pd.concat([part[columns] for part in parts if len(part)], ignore_index=True)
    found: pd.DataFrame = both.groupby([*SERIES, "period"])["quantity"].sum().reset_index()
    return found.assign(quantity=found["quantity"].clip(lower=0.0))[columns]
