"""What a plan of the cycle is balanced from, and the plans that have been: the door from the workbook to the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from sop_xl.cycle import consumption
from sop_xl.cycle.keeping import plain
from sop_xl.cycle.step import Context, Frames, Progress
from sop_xl.cycle.versions import fingerprint, last_orders
from sop_xl.inventory.targets import Targets, stock_targets
from sop_xl.supply.model.constraints import STRATEGY_CONSTRAINTS
from sop_xl.supply.plan import Plan, balance
from sop_xl.supply.settings import PlanSettings

MASTER = (
    "items", "locations", "sources", "routings", "bom", "resources", "workforce", "capacity", "currencies",
    "substitutes", "source_prices", "supplier_limits", "lanes", "stock_limits", "spend_limits", "stock", "receipts",
)  # fmt: skip
"""Tables a plan reads as they stand."""
TARGETED = ("segments", "forecast_error", "error_shape", "inventory_policy")
READS = (*MASTER, *TARGETED, "locks", "channels", "regions", "open_orders", "consensus", "versions", "approved_plan")
"""What a supply plan depends on."""
STRATEGIES = tuple(STRATEGY_CONSTRAINTS)


@dataclass(frozen=True)
class Balanced:
    """Inventory targets and the plan that holds them."""

    targets: pd.DataFrame
    plan: Plan


@dataclass(frozen=True)
class Job:
    """What plans are made from: tables of the engine, and those the targets need."""

    tables: dict[str, pd.DataFrame]
    settings: PlanSettings
    review: float

    @property
    def key(self) -> tuple[object, ...]:
        """The same for the same inputs."""
        prints = [fingerprint(self.tables[name]) for name in sorted(self.tables)]
        return (repr(self.settings), self.review, *prints)

    @cached_property
    def targets(self) -> Targets:
        """Stock to hold, item by location, and by month."""
        names = ("items", "segments", "forecast_error", "demand", "sources", "bom", "inventory_policy")
        given = (self.tables[name] for name in names)
        shape = self.tables["error_shape"]
        return stock_targets(*given, review=self.review, error_shape=shape, periods=self.settings.periods)

    def balanced(self, strategy: str) -> Balanced:
        """The targets, and the plan of a strategy."""
        given = {name: frame for name, frame in self.tables.items() if name not in TARGETED}
        given["inventory_targets"] = self.targets.by_month
        return Balanced(self.targets.table, balance(given, settings=self.settings, strategy=strategy))


_Key = tuple[object, ...]
_MADE: dict[_Key, Balanced] = {}
_REMEMBERED = 6


def demand_by_location(frames: Frames, context: Context) -> pd.DataFrame:
    """What each location must deliver [units]: what is planned of forecast and open orders (`consumption.planned`)."""
    return by_location(consumption.planned(frames, context), frames)


def by_location(planned: pd.DataFrame, frames: Frames) -> pd.DataFrame:
    """Planned units of each item by the location that serves it, month and channel, the class of its customers."""
    served = plain(frames["regions"]).set_index("region")["served_from"]
    both = planned[["item", "channel", "region", "period"]].assign(quantity=planned["total"])
    both["location"] = both["region"].map(served)
    keys = ["item", "location", "period", "channel"]
    return both.groupby(keys)["quantity"].sum().reset_index().rename(columns={"channel": "class"})


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
        objective=s.objective,
        lots=s.lots,
        seconds=s.seconds,
        fair_sharing=s.fair_sharing == "yes",
        discount_rate=s.discount_rate,
        change_rate=s.change_rate,
        slushy_months=s.slushy_months,
        slushy_rate=s.slushy_rate,
    )


def job(frames: Frames, context: Context, settings: PlanSettings | None = None) -> Job:
    """The plans to make from these tables; a scenario gives its own, and settings of its own where it changes them."""
    rules = settings or plan_settings(context)
    tables = {name: plain(frames[name]) for name in (*MASTER, *TARGETED)}
    tables["demand"] = demand_by_location(frames, context)
    classes = ["channel", "priority", "short_policy", "backlog_rate", "lost_rate"]
    tables["customer_classes"] = plain(frames["channels"])[classes].rename(columns={"channel": "class"})
    tables["locks"] = locks(frames, context)
    if rules.change_rate or rules.slushy_rate:
        tables["last_plan"] = last_orders(frames, context)
    return Job(tables, rules, context.settings.review_months)


def locks(frames: Frames, context: Context) -> pd.DataFrame:
    """Orders people fixed that count today: not expired, of a month that is planned."""
    rows = plain(frames["locks"])
    counts = (rows["expires"].isna() | (rows["expires"] > context.as_of)) & rows["period"].isin(context.periods)
    return rows.loc[counts, ["item", "location", "kind", "supplier", "mode", "period", "quantity"]]


def balance_all(jobs: Sequence[tuple[Job, str]], progress: Progress) -> list[Balanced]:
    """The plans of several jobs and strategies.

    The last plans are remembered by their inputs: Pre-S&OP's base is the plan Supply Planning has just made.
    """
    found = []
    for done, (made, strategy) in enumerate(jobs):
        progress(f"balancing plan {done + 1} of {len(jobs)}", done / len(jobs))
        key = (strategy, *made.key)
        plan = _MADE.pop(key, None) or made.balanced(strategy)
        _MADE[key] = plan
        found.append(plan)
        while len(_MADE) > _REMEMBERED:
            del _MADE[next(iter(_MADE))]
    return found
