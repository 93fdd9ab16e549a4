"""Substitution: a successor inherits the history of the item it replaces, so that it is forecast like an old one."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from sop_xl.demand.cleansing.history import KEYS
from sop_xl.errors import InputError


def with_succession(history: pd.DataFrame, succession: pd.DataFrame) -> pd.DataFrame:
    """The history with what replaced items sold moved to their successors; the total stays.

    Parameters
    ----------
    history
        item, channel, region, period, quantity [units]
    succession
        `old`, `new`, `share` of the demand that goes over [share], blank is 1; `from`, the month from which the new
        item sells: history before it moves

    A successor of a successor inherits from both. What the old item sells after that month stays with it.

    Raises
    ------
    InputError : shares of an item above 1, items that replace each other in a circle, an item without a month.

    >>> months = pd.date_range("2020-01-01", periods=3, freq="MS")
    >>> sold = pd.DataFrame({"item": "OLD", "channel": "", "region": "", "period": months, "quantity": [10.0, 20, 6]})
    >>> row = {"old": "OLD", "new": "NEW", "share": 0.5, "from": months[2]}
    >>> with_succession(sold, pd.DataFrame([row])).groupby("item")["quantity"].sum().to_dict()
    {'NEW': 15.0, 'OLD': 21.0}

    """
    where = [*KEYS, "period"]
    for name, frame, needed in (
        ("history", history, (*where, "quantity")),
        ("succession", succession, ("old", "new", "share", "from")),
    ):
        missing = [c for c in needed if c not in frame.columns]
        if missing:
            raise InputError(f"{name} lacks the columns {', '.join(missing)}")
    rows = succession.assign(share=succession["share"].fillna(1.0), since=pd.to_datetime(succession["from"]))
    bad = rows[~rows["share"].between(0, 1) | rows["since"].isna() | rows["old"].eq(rows["new"])]
    if len(bad):
        raise InputError(
            f"succession of {bad['old'].iloc[0]} by {bad['new'].iloc[0]} needs a month, a share from 0 to 1 "
            "and two items"
        )
    total = rows.groupby("old")["share"].sum()
    if (total > 1 + 1e-9).any():
        raise InputError(f"successors of {total.idxmax()} take {total.max():.0%} of its demand, more than there is")
    columns = list(history.columns)
    out = history
    for old in _in_order(rows):
        mine = rows[rows["old"].eq(old)]
        gone = out[out["item"].eq(old)].reset_index(drop=True)
        lent = gone.merge(mine[["old", "new", "share", "since"]], left_on="item", right_on="old", how="inner")
        lent = lent[lent["period"] < lent["since"].dt.to_period("M").dt.to_timestamp()]
        lent = lent.assign(quantity=lent["quantity"] * lent["share"])
        taken = lent.assign(quantity=-lent["quantity"])[columns]
        out = pd.concat([out, taken, lent.assign(item=lent["new"])[columns]], ignore_index=True)
    by_month = out.groupby(where, dropna=False)
    whole = by_month["quantity"].sum(min_count=1).to_frame()
    for column in columns:
        if column not in {*where, "quantity"}:
            whole[column] = by_month[column].first()
    return whole.reset_index()[columns]


def handed_over(plan: pd.DataFrame, succession: pd.DataFrame, columns: Sequence[str] = ("quantity",)) -> pd.DataFrame:
    """The plan with what replaced items would sell moved to their successors from the month these sell; totals stay.

    Parameters
    ----------
    plan
        item, channel, region, period and the columns to move [units]; whatever else names the series is kept, and is
        that of the replaced item where the successor has no row yet
    succession
        `old`, `new`, `share` [share], blank is 1; `from`: successions still ahead
    columns
        what moves

    >>> months = pd.date_range("2020-01-01", periods=2, freq="MS")
    >>> plan = pd.DataFrame({"item": "OLD", "channel": "", "region": "", "period": months, "quantity": 10.0})
    >>> row = {"old": "OLD", "new": "NEW", "share": 0.75, "from": months[1]}
    >>> handed_over(plan, pd.DataFrame([row]))[["item", "quantity"]].to_numpy().tolist()
    [['NEW', 7.5], ['OLD', 10.0], ['OLD', 2.5]]

    """
    out = plan
    where = [*KEYS, "period"]
    kept = [c for c in plan.columns if c not in {*where, *columns}]
    for old in _in_order(succession):
        parts, left = [], 1.0
        mine = out["item"].eq(old)
        for row in succession[succession["old"].eq(old)].to_dict("records"):
            share = 1.0 if pd.isna(row["share"]) else float(row["share"])
            moves = out[mine & (out["period"] >= pd.Timestamp(row["from"]).to_period("M").to_timestamp())]
            gone = moves.assign(**{c: moves[c] * share for c in columns})
            parts += [gone.assign(item=row["new"]), gone.assign(**{c: -gone[c] for c in columns})]
            left -= share
        if left < -1e-9:
            raise InputError(f"successors of {old} take {1 - left:.0%} of its demand, more than there is")
        both = pd.concat([out, *parts], ignore_index=True)
        how = dict.fromkeys(columns, "sum") | dict.fromkeys(kept, "first")
        out = both.groupby(where, as_index=False).agg(how)[[*plan.columns]]
    return out


def _in_order(rows: pd.DataFrame) -> list[str]:
    """The replaced items, each after those it replaces."""
    from graphlib import CycleError, TopologicalSorter

    before: dict[str, set[str]] = {}
    for old, new in zip(rows["old"], rows["new"], strict=True):
        before.setdefault(new, set()).add(old)
        before.setdefault(old, set())
    try:
        order = [*TopologicalSorter(before).static_order()]
    except CycleError as error:
        raise InputError(f"items replace each other in a circle: {', '.join(map(str, error.args[1]))}") from None
    replaced = set(rows["old"])
    return [item for item in order if item in replaced]
