"""Supply Planning: inventory targets, the constrained plan, its shortages explained, level and chase beside it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context

import pandas as pd

from sop_xl.cycle import consumption
from sop_xl.cycle.keeping import plain
from sop_xl.cycle.last_buys import last_buys, said
from sop_xl.cycle.step import Context, Frames, Outcome, Progress, Step
from sop_xl.cycle.versions import fingerprint
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


_Key = tuple[object, ...]
_MADE: dict[_Key, Balanced] = {}
_REMEMBERED = 4
_WORTH_A_PROCESS = 3_000
"""Columns from which a plan takes longer than starting a process for it."""


def demand_by_location(frames: Frames, context: Context) -> pd.DataFrame:
    """What each location must deliver [units]: what is planned of forecast and open orders (`consumption.planned`)."""
    return by_location(consumption.planned(frames, context), frames)


def by_location(planned: pd.DataFrame, frames: Frames) -> pd.DataFrame:
    """Planned units of each item by the location that serves it, month and priority of the channel."""
    served = plain(frames["regions"]).set_index("region")["served_from"]
    first_served = plain(frames["channels"]).set_index("channel")["priority"]
    both = planned[["item", "channel", "region", "period"]].assign(quantity=planned["total"])
    both["location"] = both["region"].map(served)
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


@dataclass(frozen=True)
class Job:
    """One plan to make: its tables, and how."""

    tables: dict[str, pd.DataFrame]
    settings: PlanSettings
    review: float
    strategy: str

    @property
    def key(self) -> tuple[object, ...]:
        """The same for the same inputs."""
        prints = [fingerprint(self.tables[name]) for name in sorted(self.tables)]
        return (self.strategy, repr(self.settings), self.review, *prints)

    @property
    def size(self) -> int:
        """Roughly the columns of its linear programme."""
        months = 0 if self.settings.periods is None else len(self.settings.periods)
        return len(self.tables["sources"]) * months


def job(frames: Frames, context: Context, strategy: str = "optimal") -> Job:
    """The plan to make from these tables; a scenario gives its own."""
    tables = {name: plain(frames[name]) for name in (*MASTER, "segments", "forecast_error", "inventory_policy")}
    tables["demand"] = demand_by_location(frames, context)
    return Job(tables, plan_settings(context), context.settings.review_months, strategy)


def balanced(made: Job) -> Balanced:
    """Targets and plan of one job."""
    t = made.tables
    wanted = targets(
        t["items"],
        t["segments"],
        t["forecast_error"],
        t["demand"],
        t["sources"],
        t["bom"],
        t["inventory_policy"],
        review=made.review,
    )
    tables = {name: t[name] for name in (*MASTER, "demand")} | {"inventory_targets": wanted}
    return Balanced(wanted, balance(tables, settings=made.settings, strategy=made.strategy))


def balance_all(jobs: Sequence[Job], progress: Progress) -> list[Balanced]:
    """The plans of several jobs, large ones side by side on the machine's cores.

    The last plans are remembered by their inputs: Pre-S&OP's base is the plan Supply Planning has just made.
    """
    keys = [j.key for j in jobs]
    missing = {key: j for key, j in zip(keys, jobs, strict=True) if key not in _MADE}
    found = {key: _MADE[key] for key in keys if key in _MADE}
    for done, (key, plan) in enumerate(_solved(missing), start=1):
        found[key] = plan
        progress(f"{done} of {len(missing)} plans balanced", done / len(missing))
    for key in keys:
        _MADE.pop(key, None)
        _MADE[key] = found[key]
    while len(_MADE) > _REMEMBERED:
        del _MADE[next(iter(_MADE))]
    return [found[key] for key in keys]


def _leave_interrupts_to_the_parent() -> None:
    """Ctrl-C is answered once, by the process the user started."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _solved(jobs: Mapping[_Key, Job]) -> Iterator[tuple[_Key, Balanced]]:
    workers = min(len(jobs), os.cpu_count() or 1)
    if workers < 2 or max(j.size for j in jobs.values()) < _WORTH_A_PROCESS:
        yield from ((key, balanced(j)) for key, j in jobs.items())
        return
    try:
        with ProcessPoolExecutor(workers, get_context("spawn"), _leave_interrupts_to_the_parent) as pool:
            tasks = {pool.submit(balanced, j): key for key, j in jobs.items()}
            for task in as_completed(tasks):
                made = task.result()  # before the job is crossed off: it may have to be done again below
                yield tasks.pop(task), made
    except BrokenProcessPool:  # a host that cannot start processes, such as a script without a main guard
        yield from ((key, balanced(jobs[key])) for key in tasks.values())


def supply_planning(frames: Frames, context: Context) -> Outcome:
    """Set targets and balance the plan, optimal first, level and chase for comparison."""
    context.progress("balancing the plan, and level and chase beside it", 0.02)
    jobs = [job(frames, context, strategy) for strategy in ("optimal", "level", "chase")]
    best, level, chase = balance_all(jobs, context.progress)
    plan = best.plan
    short = plan.shortages
    worst = "nothing is short"
    if not short.empty:
        first = short.sort_values("money", ascending=False).iloc[0]
        worst = f"{len(short)} shortages, most money: {first['item']} at {first['location']}, {first['cause']}"
    planned = consumption.planned(frames, context)
    ending = last_buys(planned.assign(quantity=planned["total"]), frames, context)
    return Outcome(
        {
            "consumption": consumption.consumption_table(planned),
            "inventory_targets": best.targets,
            "supply_plan": plan.supply_plan,
            "projected_balance": plan.projected_balance,
            "resource_load": plan.resource_load,
            "shortages": short,
            "constraint_prices": plan.constraint_prices,
            "strategies": compare([plan, level.plan, chase.plan]),
            "last_buy": ending,
        },
        f"{plan.kpis.service_share:.1%} on time at a cost of {plan.kpis.total_cost:,.0f} {context.settings.currency}; "
        f"{worst}" + said(ending),
    )


STEP = Step(
    "supply_planning",
    "Supply Planning",
    reads=READS,
    needs={"consensus": "demand_planning", "segments": "demand_planning", "forecast_error": "demand_planning"},
    writes=(
        "consumption", "inventory_targets", "supply_plan", "projected_balance", "resource_load", "shortages",
        "constraint_prices", "strategies", "last_buy",
    ),
    run=supply_planning,
)  # fmt: skip
