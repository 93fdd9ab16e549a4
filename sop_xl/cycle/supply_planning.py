"""Supply Planning: inventory targets, the constrained plan, its shortages explained, level and chase beside it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from sop_xl import periods
from sop_xl.cycle.keeping import plain
from sop_xl.cycle.step import Context, Frames, Outcome, Step
from sop_xl.inventory.targets import targets
from sop_xl.supply.plan import Plan, balance
from sop_xl.supply.settings import PlanSettings
from sop_xl.supply.strategies import compare

MASTER = ("items", "locations", "sources", "routings", "bom", "resources", "capacity", "stock", "receipts")
READS = (
    *MASTER, "channels", "regions", "open_orders", "segments", "consensus", "forecast_error", "inventory_policy",
)  # fmt: skip
"""What a supply plan depends on."""


@dataclass(frozen=True)
class Balanced:
    """Inventory targets and the plan that holds them."""

    targets: pd.DataFrame
    plan: Plan


def demand_by_location(frames: Frames, context: Context) -> pd.DataFrame:
    """What each location must deliver [units]: the consensus, and orders already taken but not yet shipped.

    History counts orders when they are taken, so the forecast is of *new* orders; what is owed comes on top.
    """
    served = plain(frames["regions"]).set_index("region")["served_from"]
    plan = plain(frames["consensus"])
    orders = plain(frames["open_orders"])
    first = context.periods[0]
    due = orders["due"].map(periods.month_of).where(orders["due"] >= first, first) if len(orders) else orders["due"]
    owed = orders.assign(period=due)
    owed = owed[owed["period"].isin(context.periods)]
    columns = ["item", "channel", "region", "period", "quantity"]
    both = pd.concat([f[columns] for f in (plan, owed) if len(f)] or [plan[columns]], ignore_index=True)
    both["location"] = both["region"].map(served)
    first_served = plain(frames["channels"]).set_index("channel")["priority"]
    both["priority"] = both["channel"].map(first_served).fillna(1.0)
    keys = ["item", "location", "period", "priority"]
    return both.groupby(keys)["quantity"].sum().reset_index()


def plan_settings(context: Context) -> PlanSettings:
    """The settings of the cycle that the plan uses."""
    s = context.settings
    return PlanSettings(
        as_of=context.as_of,
        periods=context.periods,
        frozen_months=s.frozen_months,
        short_policy=s.short_policy,
        holding_rate=s.holding_rate,
        backlog_rate=s.backlog_rate,
        lost_rate=s.lost_rate,
        safety_rate=s.safety_rate,
        overtime_share=s.overtime_share,
        overtime_premium=s.overtime_premium,
        currency=s.currency,
    )


def balanced(frames: Frames, context: Context, strategy: str = "optimal") -> Balanced:
    """Targets and plan for these tables; a scenario calls it with its own."""
    tables = {name: plain(frames[name]) for name in MASTER}
    demand = demand_by_location(frames, context)
    wanted = targets(
        tables["items"],
        plain(frames["segments"]),
        plain(frames["forecast_error"]),
        demand,
        tables["sources"],
        tables["bom"],
        plain(frames["inventory_policy"]),
        review=context.settings.review_months,
    )
    tables |= {"inventory_targets": wanted, "demand": demand}
    return Balanced(wanted, balance(tables, settings=plan_settings(context), strategy=strategy))


def supply_planning(frames: Frames, context: Context) -> Outcome:
    """Set targets and balance the plan, optimal first, level and chase for comparison."""
    context.progress("balancing the optimal plan", 0.05)
    best = balanced(frames, context)
    context.progress("level plan, for comparison", 0.6)
    level = balanced(frames, context, "level")
    context.progress("chase plan, for comparison", 0.8)
    chase = balanced(frames, context, "chase")
    plan = best.plan
    short = plan.shortages
    worst = "nothing is short"
    if not short.empty:
        worst = f"{len(short)} shortages, worst: {short.sort_values('money', ascending=False).iloc[0]['says']}"
    return Outcome(
        {
            "inventory_targets": best.targets,
            "supply_plan": plan.supply_plan,
            "projected_balance": plan.projected_balance,
            "resource_load": plan.resource_load,
            "shortages": short,
            "constraint_prices": plan.constraint_prices,
            "strategies": compare([plan, level.plan, chase.plan]),
        },
        f"{plan.kpis.service_share:.1%} on time at a cost of {plan.kpis.total_cost:,.0f} {context.settings.currency}; "
        f"{worst}",
    )


STEP = Step(
    "supply_planning",
    "Supply Planning",
    reads=READS,
    needs={"consensus": "demand_planning", "segments": "demand_planning", "forecast_error": "demand_planning"},
    writes=(
        "inventory_targets", "supply_plan", "projected_balance", "resource_load", "shortages", "constraint_prices",
        "strategies",
    ),
    run=supply_planning,
)  # fmt: skip
