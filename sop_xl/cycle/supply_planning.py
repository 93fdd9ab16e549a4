"""Supply Planning: inventory targets, the constrained plan, its shortages explained, other strategies beside it."""

from __future__ import annotations

from sop_xl.cycle import consumption
from sop_xl.cycle.balancing import READS, STRATEGIES, balance_all, job
from sop_xl.cycle.last_buys import last_buys, said
from sop_xl.cycle.step import Context, Frames, Outcome, Step
from sop_xl.supply.strategies import compare


def supply_planning(frames: Frames, context: Context) -> Outcome:
    """Set targets and balance the plan, optimal first, level, chase and hybrid for comparison."""
    work = job(frames, context)
    best, *others = balance_all(
        [(work, strategy) for strategy in STRATEGIES], lambda doing, share: context.progress(doing, 0.8 * share)
    )
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
            "strategies": compare([plan, *(other.plan for other in others)]),
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
