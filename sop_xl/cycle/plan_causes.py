"""What a plan is made of, item by item: drafted while planning, frozen at sign-off, read by the next cycle's bridge.

Of the demand plan: the statistical forecast, what events, inputs and each reason of an override added, and the plan
itself. Of the supply plan: what the signed plan does not already hold (it holds demand, receipts and stock): what
assemblies use, what is on order, orders of customers beyond the forecast, what is late or lost, and the target stock.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from sop_xl import periods
from sop_xl.cycle.frozen import DRAFT, FROZEN
from sop_xl.cycle.keeping import plain
from sop_xl.cycle.statistical import as_of_then
from sop_xl.cycle.step import Context, Frames

DEMAND, SUPPLY = "demand", "supply"
RESTATED = "restated"
STATISTICAL, EVENTS, INPUTS, CONSENSUS = "statistical", "events", "inputs", "consensus"
OVERRIDE = "override: "
"""Before the reason of an override."""
NO_REASON = "no reason given"
USED, ON_ORDER, ORDERS, LATE, LOST = "used in assembly", "on order", "customer orders", "late", "lost"
TARGET, BELOW = "inventory target", "below target"
COLUMNS = ["cycle", "status", "part", "item", "cause", "as_of", "period", "quantity"]
_BY = ["item", "cause", "period"]


def demand_causes(stages: Mapping[str, pd.DataFrame], changes: pd.DataFrame) -> pd.DataFrame:
    """What each step put into the demand plan: item, cause, period, quantity [units]; `consensus` is the plan itself.

    `stages` are the plans after each step, `changes` what each override did (`overrides.Overridden.changes`).

    >>> month = pd.Timestamp("2020-03-01")
    >>> plan = pd.DataFrame({"item": ["A"], "period": [month], "quantity": [10.0]})
    >>> stages = {"statistical": plan, "events": plan, "inputs": plan, "consensus": plan.assign(quantity=12.0)}
    >>> done = pd.DataFrame({"item": ["A"], "period": [month], "reason": ["Tender"], "before": [10.0], "after": [12.0]})
    >>> demand_causes(stages, done)[["cause", "quantity"]].values.tolist()
    [['consensus', 12.0], ['override: Tender', 2.0], ['statistical', 10.0]]
    """
    sums = {n: plan.groupby(["item", "period"])["quantity"].sum() for n, plan in stages.items()}
    parts = {
        STATISTICAL: sums[STATISTICAL],
        EVENTS: sums[EVENTS].sub(sums[STATISTICAL], fill_value=0.0),
        INPUTS: sums[INPUTS].sub(sums[EVENTS], fill_value=0.0),
        CONSENSUS: sums[CONSENSUS],
    }
    long = [part.rename("quantity").reset_index().assign(cause=cause) for cause, part in parts.items()]
    if len(changes):
        reason = OVERRIDE + changes["reason"].replace("", NO_REASON)
        long.append(changes.assign(cause=reason, quantity=changes["after"] - changes["before"]))
    return _summed(pd.concat([part[[*_BY, "quantity"]] for part in long], ignore_index=True))


def supply_causes(consensus: pd.DataFrame, supply_plan: pd.DataFrame, balance: pd.DataFrame) -> pd.DataFrame:
    """What a signed supply plan does not say of itself: item, cause, period, quantity [units], all locations together.

    `consensus`, `supply_plan` and `balance` are the tables `consensus`, `supply_plan` and `projected_balance`.
    """
    keys = ["item", "period"]
    wide = balance[balance["measure"].ne("days of supply")].pivot_table(
        index=[*keys, "location"], columns="measure", values="quantity", aggfunc="sum"
    )
    below = (wide["target"] - wide["closing"]).clip(lower=0.0).groupby(keys).sum()
    by_item = wide.groupby(keys).sum()
    planned = supply_plan[supply_plan["measure"].eq("receipt")].groupby(keys)["quantity"].sum()
    gone = supply_plan[supply_plan["measure"].eq("order")]
    moved = gone[gone["kind"].eq("transfer")]
    stood_in = gone[gone["kind"].eq("substitute")].assign(item=gone["supplier"])
    away = pd.concat([moved, stood_in]).groupby(keys)["quantity"].sum()
    agreed = consensus.groupby(keys)["quantity"].sum()
    parts = {
        USED: by_item["issues"].sub(away, fill_value=0.0),
        ON_ORDER: by_item["receipts"].sub(planned, fill_value=0.0),
        ORDERS: by_item["demand"].sub(agreed, fill_value=0.0),
        LATE: by_item["late"],
        LOST: by_item["lost"],
        TARGET: by_item["target"],
        BELOW: below,
    }
    long = [part.rename("quantity").reset_index().assign(cause=cause) for cause, part in parts.items()]
    return _summed(pd.concat(long, ignore_index=True))


def _summed(long: pd.DataFrame) -> pd.DataFrame:
    """Rows that say something: hundredths of units, an item and cause only where any month of it is not 0."""
    sums = long.groupby(_BY, as_index=False)[["quantity"]].sum().round({"quantity": 2})
    said = sums["quantity"].ne(0).groupby([sums["item"], sums["cause"]]).transform("any")
    return sums[said & sums["quantity"].ne(0)].reset_index(drop=True)


def drafted(before: pd.DataFrame, fresh: pd.DataFrame, part: str, context: Context) -> pd.DataFrame:
    """Table `plan_causes` with this part of this cycle as its draft; what is frozen stays, of two cycles."""
    stored = plain(before)
    cycle = context.settings.cycle
    old = stored["part"].eq(part) & (stored["status"].eq(RESTATED) | stored["cycle"].eq(cycle))
    kept = stored[~(old & stored["status"].ne(FROZEN))]
    earlier = last_signed(kept, context)
    kept = kept[kept["cycle"].isin([cycle, earlier])]
    mine = fresh.assign(cycle=cycle, status=DRAFT, part=part, as_of=periods.month_of(context.settings.as_of))
    return pd.concat([f[COLUMNS] for f in (kept, mine) if len(f)] or [mine[COLUMNS]], ignore_index=True)


def with_restated(table: pd.DataFrame, clean: pd.DataFrame, frames: Frames, context: Context) -> pd.DataFrame:
    """Table `plan_causes` with the history of the last signed plan forecast again by the settings of today."""
    cycle = last_signed(table, context)
    if not cycle:
        return table
    theirs = table[table["cycle"].eq(cycle) & table["status"].eq(FROZEN) & table["part"].eq(DEMAND)]
    months = theirs.loc[theirs["period"].isin(context.periods), "period"]
    if months.empty:
        return table
    then = periods.month_of(theirs["as_of"].iloc[0])
    ahead = (months.max().year - then.year) * 12 + months.max().month - then.month
    again = as_of_then(clean, frames, context, then, ahead)
    again = again[again["period"].isin(months)].round({"quantity": 2})
    again = again.assign(cycle=cycle, status=RESTATED, part=DEMAND, cause=STATISTICAL, as_of=then)
    return pd.concat([table, again[again["quantity"].ne(0)][COLUMNS]], ignore_index=True)


def signed_off(before: pd.DataFrame, cycle: str) -> pd.DataFrame:
    """Table `plan_causes` with the draft of a cycle frozen, in the place of what was frozen of it before."""
    stored = plain(before)
    drafts = stored["cycle"].eq(cycle) & stored["status"].eq(DRAFT)
    redone = stored["part"].isin(stored.loc[drafts, "part"].unique())
    kept = stored[~(stored["cycle"].eq(cycle) & stored["status"].eq(FROZEN) & redone)]
    return kept.assign(status=kept["status"].mask(kept["cycle"].eq(cycle), FROZEN)).reset_index(drop=True)


def last_signed(table: pd.DataFrame, context: Context) -> str:
    """The cycle before this one whose plan was signed last; blank where there is none."""
    signed = table[table["status"].eq(FROZEN) & table["as_of"].lt(periods.month_of(context.settings.as_of))]
    return str(signed.sort_values("as_of", kind="stable")["cycle"].iloc[-1]) if len(signed) else ""


def of(table: pd.DataFrame, part: str, cycle: str, *statuses: str) -> pd.DataFrame:
    """The rows of a part of a plan, of the first of these statuses that it has."""
    mine = table[table["part"].eq(part) & table["cycle"].eq(cycle)]
    found = [mine[mine["status"].eq(status)] for status in statuses]
    return next((rows for rows in found if len(rows)), mine.iloc[:0])


def demand(
    stages: Mapping[str, pd.DataFrame], changes: pd.DataFrame, clean: pd.DataFrame, frames: Frames, context: Context
) -> pd.DataFrame:
    """Table `plan_causes` after Demand Planning; `clean` is the corrected history."""
    table = drafted(frames["plan_causes"], demand_causes(stages, changes), DEMAND, context)
    return with_restated(table, clean, frames, context)


def supply(frames: Frames, supply_plan: pd.DataFrame, balance: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Table `plan_causes` after Supply Planning; of the target stock its last month, where the next bridge will end."""
    fresh = supply_causes(plain(frames["consensus"]), supply_plan, balance)
    at_end = fresh["period"].eq(context.periods[-1])
    kept = fresh[at_end | ~fresh["cause"].isin([TARGET, BELOW])]
    return drafted(frames["plan_causes"], kept, SUPPLY, context)
