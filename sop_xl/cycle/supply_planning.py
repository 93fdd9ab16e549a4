"""Supply Planning: inventory targets, the constrained plan, its shortages explained, other strategies beside it."""

from __future__ import annotations

from sop_xl.cycle import consumption, plan_causes
from sop_xl.cycle import supply_tables as told
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
    context.progress("pricing limits and looking for remedies", 0.85)
    why = told.explained(plan)
    planned = consumption.planned(frames, context)
    ending = last_buys(planned.assign(quantity=planned["total"]), frames, context)
    return Outcome(
        {
            "consumption": consumption.consumption_table(planned),
            "inventory_targets": best.targets,
            "supply_plan": plan.supply_plan,
            "projected_balance": plan.projected_balance,
            "resource_load": told.load_with_pre_build(plan),
            "shortages": short,
            "constraint_prices": why.constraint_prices,
            "strategies": compare([plan, *(other.plan for other in others)]),
            "plan_costs": told.costs_by_month(plan),
            "gave_way": why.gave_way,
            "remedies": why.remedies,
            "overloads": told.rough_cut_overloads(plan, context),
            "atp": told.promises(plan, planned, frames),
            "late_demand": told.late_demand(plan),
            "cost_to_serve": told.cost_to_serve(plan),
            "last_buy": ending,
            "plan_causes": plan_causes.supply(frames, plan.supply_plan, plan.projected_balance, context),
        },
        f"{plan.kpis.service_share:.1%} on time at a cost of {plan.kpis.total_cost:,.0f} {context.settings.currency}; "
        f"{worst}" + _gave(len(why.gave_way)) + said(ending),
    )


def _gave(count: int) -> str:
    """How many limits gave way, for the sentence of the step."""
    return f"; {count} limit{'s' if count > 1 else ''} gave way, see sheet GaveWay" if count else ""


STEP = Step(
    "supply_planning",
    "Supply Planning",
    reads=READS,
    needs={"consensus": "demand_planning", "segments": "demand_planning", "forecast_error": "demand_planning"},
    writes=(
        "consumption", "inventory_targets", "supply_plan", "projected_balance", "resource_load", "shortages",
        "constraint_prices", "strategies", "plan_costs", "gave_way", "remedies", "overloads", "atp", "late_demand",
        "cost_to_serve", "last_buy", "plan_causes",
    ),
    run=supply_planning,
)  # fmt: skip
