"""What a plan says beside its orders: costs, overloads, promises, worth of limits, remedies, cost to serve."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sop_xl.cycle.keeping import plain
from sop_xl.cycle.step import Context, Frames
from sop_xl.inventory.cover import pre_build
from sop_xl.supply.atp import available_to_promise
from sop_xl.supply.costs import plan_costs
from sop_xl.supply.explain import cost_to_serve as serving
from sop_xl.supply.explain.gave_way import gave_way
from sop_xl.supply.explain.kept import keep
from sop_xl.supply.explain.pegging import late_demand as late_orders
from sop_xl.supply.explain.ranges import price_ranges
from sop_xl.supply.explain.remedies import remedies
from sop_xl.supply.flows import delayed, hours_there
from sop_xl.supply.plan import Plan
from sop_xl.supply.promising import allocate
from sop_xl.supply.rough_cut.report import LoadBands, overloads
from sop_xl.supply.rough_cut.unlimited import unlimited_orders

TOTAL = "total"
PLACE = ["item", "location"]
_TINY = 1e-6


@dataclass(frozen=True)
class Explained:
    """Tables that say what limits a plan: worth of one more of each limit, ways out of shortages, limits that gave."""

    constraint_prices: pd.DataFrame
    remedies: pd.DataFrame
    gave_way: pd.DataFrame


def explained(plan: Plan) -> Explained:
    """What limits a plan, found by balancing it again with each limit and remedy changed a little."""
    kept = keep(plan)
    prices = price_ranges(plan, kept=kept).drop(columns="followed")
    return Explained(prices, remedies(plan, kept=kept), gave_way(plan))


def costs_by_month(plan: Plan) -> pd.DataFrame:
    """Table `plan_costs`: the costs of a plan by kind and month; they add up to its costs by kind."""
    periods, factor = plan.network.periods, plan.prices.factor
    months = []
    for month in range(len(periods)):
        alone = np.where(np.arange(len(periods)) == month, factor, 0.0)
        costs = plan_costs(plan.network, replace(plan.prices, factor=alone), plan.final, plan.solution)
        months.append(pd.Series(costs))
    wide = pd.concat(months, axis=1).set_axis(periods, axis=1)
    wide = wide[wide.abs().sum(axis=1) > 0]
    wide.loc[TOTAL] = wide.sum()
    kinds = wide.rename_axis("kind").reset_index()
    return kinds.melt("kind", var_name="period", value_name="money")


def rough_cut_overloads(plan: Plan, context: Context) -> pd.DataFrame:
    """Table `overloads`: where the unlimited plan asks for more hours than the red band allows, and which items do."""
    network, hours = plan.network, plan.network.hours
    there = np.asarray(np.isfinite(network.regular).all(axis=1))
    order = unlimited_orders(network, plan.prices)
    needed = delayed(order[hours.source] * hours.amount[:, None], hours.offset)
    rows, months = np.nonzero(np.where(there[hours.of][:, None], needed, 0.0) > _TINY)
    names = np.array([r.name for r in network.resources], dtype=object)
    load = pd.DataFrame(
        {
            "resource": names[hours.of[rows]],
            "period": network.periods[months],
            "item": network.places.item[network.sources.place[hours.source[rows]]],
            "hours": needed[rows, months],
        }
    )
    shape = (int(there.sum()), network.months)
    available = pd.DataFrame(
        {
            "resource": np.repeat(names[there], network.months),
            "period": np.tile(network.periods, shape[0]),
            "hours": network.regular[there].reshape(-1),
        }
    )
    if load.empty:
        return pd.DataFrame(columns=["resource", "period", "over", "load", "items", "says"])
    bands = LoadBands(min(context.settings.load_amber, context.settings.load_red), context.settings.load_red)
    load = load.groupby(["resource", "period", "item"])["hours"].sum().reset_index()
    found = overloads(load, available, bands)
    return found.assign(load=found["load"].replace(np.inf, np.nan))


def load_with_pre_build(plan: Plan) -> pd.DataFrame:
    """Table `resource_load`, with the hours that must be worked by the end of each month for months that lack them."""
    load = plan.resource_load
    regular, more = hours_there(plan.network)
    required = load[load["measure"].eq("required")]
    there = np.where(np.isfinite(regular + more), regular + more, 1e15)
    ahead = pre_build(np.maximum(required["hours"].to_numpy().reshape(there.shape), 0.0), there)
    built = required.assign(measure="to build ahead", hours=ahead.reshape(-1))
    both = pd.concat([load, built], ignore_index=True)
    rank = both["resource"].map({name: n for n, name in enumerate(dict.fromkeys(both["resource"]))})
    return both.assign(_rank=rank).sort_values("_rank", kind="stable", ignore_index=True).drop(columns="_rank")


def promises(plan: Plan, planned: pd.DataFrame, frames: Frames) -> pd.DataFrame:
    """Table `atp`: what customers can still be promised of stock and plan, and what of it is kept for each channel.

    Customers' open orders are booked, and so is what goes into other items and to other locations. A channel is kept
    what it forecast and has not ordered, in the order of priorities.
    """
    served = plain(frames["regions"]).set_index("region")["served_from"]
    planned = planned.assign(location=planned["region"].map(served))
    planned["booked"] = planned[["orders", "abnormal", "overdue"]].sum(axis=1)
    wanted = planned[planned["total"] > 0]
    names = wanted[PLACE].drop_duplicates().sort_values(PLACE, ignore_index=True)
    if names.empty:
        return pd.DataFrame(columns=[*PLACE, "channel", "measure", "period", "quantity"])
    number = pd.Series(np.arange(len(names)), index=pd.MultiIndex.from_frame(names))
    balance = plan.projected_balance
    balance = balance.assign(item=_numbered(balance, number)).dropna(subset=["item"])

    def measured(name: str) -> pd.DataFrame:
        rows = balance.loc[balance["measure"].eq(name), ["item", "period", "quantity"]]
        return rows.assign(quantity=rows["quantity"].clip(lower=0.0))

    orders = planned.assign(item=_numbered(planned, number), quantity=planned["booked"]).dropna(subset=["item"])
    booked = pd.concat([orders[["item", "period", "quantity"]], measured("issues")], ignore_index=True)
    opening = measured("opening")
    opening = opening[opening["period"].eq(plan.network.periods[0])][["item", "quantity"]]
    atp = available_to_promise(measured("receipts"), booked, opening, periods=list(plan.network.periods))
    classes = plain(frames["channels"]).sort_values(["priority", "channel"])["channel"].tolist()
    quotas = planned.assign(item=_numbered(planned, number), quantity=planned["net"].clip(lower=0.0))
    quotas = quotas.dropna(subset=["item"]).groupby(["item", "period", "channel"])["quantity"].sum().reset_index()
    kept = allocate(atp, quotas.rename(columns={"channel": "customer_class"}), classes)
    long = pd.concat(
        [
            atp.assign(channel="", measure="to promise", quantity=atp["discrete"]),
            atp.assign(channel="", measure="cumulative", quantity=atp["cumulative"]),
            kept.assign(
                channel=kept["customer_class"], measure=np.where(kept["customer_class"].eq(""), "free", "kept")
            ),
        ],
        ignore_index=True,
    )
    used = long.groupby(["item", "channel", "measure"])["quantity"].transform(lambda part: part.abs().max()) > _TINY
    long = long[used | long["measure"].eq("cumulative")]
    at = names.loc[long["item"].astype(int)].reset_index(drop=True)
    found = pd.concat([at, long[["channel", "measure", "period", "quantity"]].reset_index(drop=True)], axis=1)
    rank = found["measure"].map({name: n for n, name in enumerate(("to promise", "cumulative", "kept", "free"))})
    found = found.assign(_rank=rank).sort_values([*PLACE, "_rank", "channel", "period"], ignore_index=True)
    return found.drop(columns="_rank")


def _numbered(rows: pd.DataFrame, number: pd.Series) -> pd.Series:
    """The number of the item at its location, NaN where customers want none."""
    return pd.Series(number.reindex(pd.MultiIndex.from_frame(rows[PLACE])).to_numpy(), index=rows.index)


def cost_to_serve(plan: Plan) -> pd.DataFrame:
    """Table `cost_to_serve`: what each family costs by location and channel, all of it adding up to the plan."""
    told = serving.cost_to_serve(plan, ("family", "location", "class")).rename(columns={"class": "channel"})
    told["margin"] = (told["revenue"] - told["total"]).where(told["serves"].eq(serving.CUSTOMER))
    return told.sort_values(["serves", "total"], ascending=[True, False], kind="stable", ignore_index=True)


def late_demand(plan: Plan) -> pd.DataFrame:
    """Table `late_demand`: which demand is late, by how much, and the order that brings it in the end."""
    return late_orders(plan).rename(columns={"class": "channel"})
