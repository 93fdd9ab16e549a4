"""Pre-S&OP: the grid by family, the gaps by money, and scenarios side by side."""

from __future__ import annotations

import pandas as pd

from sop_xl.cycle import scenario
from sop_xl.cycle.balancing import READS as PLAN_READS
from sop_xl.cycle.balancing import balance_all, job, plan_settings
from sop_xl.cycle.disruptions import library
from sop_xl.cycle.gap_options import options_of
from sop_xl.cycle.grid import gaps, sop_grid
from sop_xl.cycle.keeping import plain
from sop_xl.cycle.plan_bridge import plan_bridges
from sop_xl.cycle.step import Context, Frames, Outcome, Step
from sop_xl.errors import InputError
from sop_xl.supply.plan import Plan

UNITS = {
    "Service level": "share",
    "Revenue": "{currency}",
    "Total cost": "{currency}",
    "Margin": "{currency}",
    "Stock value": "{currency}",
    "Peak load": "share",
    "Late units": "units",
    "Lost units": "units",
    "Overtime": "h",
    "Gap to budget": "{currency}",
}
"""The figures every scenario is judged by, and their units."""


def kpis(plan: Plan, items: pd.DataFrame, budget: float | None = None) -> dict[str, float]:
    """The figures of one plan; margin is revenue at price less goods at standard cost, as on sheet Financials.

    `budget` is the revenue of the budget in the months planned; the gap to it is told where there is one.
    """
    master = items.drop_duplicates("item").set_index("item")
    balance = plan.projected_balance
    shipped = balance[balance["measure"].eq("shipped")].groupby("item")["quantity"].sum()
    revenue = float((shipped * master["list_price"].reindex(shipped.index).fillna(0.0)).sum())
    goods = float((shipped * master["standard_cost"].reindex(shipped.index).fillna(0.0)).sum())
    load = plan.resource_load
    found = {
        "Service level": plan.kpis.service_share,
        "Revenue": revenue,
        "Total cost": plan.kpis.total_cost,
        "Margin": revenue - goods,
        "Stock value": plan.kpis.mean_stock_value,
        "Peak load": plan.kpis.peak_load,
        "Late units": plan.kpis.late_units,
        "Lost units": plan.kpis.lost_units,
        "Overtime": float(load.loc[load["measure"].eq("overtime used"), "hours"].sum()),
    }
    return found if budget is None else found | {"Gap to budget": revenue - budget}


def budget_revenue(budget: pd.DataFrame, months: pd.DatetimeIndex) -> float | None:
    """Revenue of the budget in the months planned; none where a month has no budget."""
    rows = budget[budget["measure"].eq("revenue") & budget["period"].isin(months)]
    return float(rows["value"].sum()) if rows["period"].nunique() == len(months) else None


def pre_sop(frames: Frames, context: Context) -> Outcome:
    """Lay out the grid and the gaps, and compute every active scenario (or the one asked for)."""
    listed = plain(frames["scenarios"])
    names = list(listed.loc[listed["active"] & listed["scenario"].ne(scenario.BASE), "scenario"])
    if context.scenario:
        if context.scenario not in set(listed["scenario"]):
            raise InputError(
                f"there is no scenario {context.scenario!r}; sheet Scenarios has {', '.join(listed['scenario'])}"
            )
        names = [context.scenario] if context.scenario != scenario.BASE else []
    changes = plain(frames["scenario_changes"])
    wanted = [scenario.BASE, *names]
    mine = [changes[changes["scenario"].eq(name)] for name in wanted]
    tables = [scenario.apply(frames, change, context) for change in mine]
    rules = [scenario.settings_of(change, plan_settings(context)) for change in mine]
    jobs = [(job(t, context, r), "optimal") for t, r in zip(tables, rules, strict=True)]
    plans = balance_all(jobs, lambda doing, share: context.progress(doing, 0.9 * share))
    budget = budget_revenue(frames["budget"], context.periods)
    found = {name: kpis(b.plan, t["items"], budget) for name, b, t in zip(wanted, plans, tables, strict=True)}
    table = _table(found, context.settings.currency)
    if context.scenario:
        table = _with_the_others(table, plain(frames["scenario_kpis"]))
    context.progress("laying out the grid", 0.95)
    options, gap = options_of(plans[0].plan, frames, gaps(frames), context)
    worst = f"; largest: {gap.iloc[0]['says'].partition(', or ')[0]}" if len(gap) else ""
    way = plan_bridges(frames, context)
    return Outcome(
        {"gap_options": options, "sop_grid": sop_grid(frames, context), "gaps": gap, "scenario_kpis": table}
        | {"scenario_library": library(frames)}
        | {"plan_bridge": way.steps, "plan_bridge_rows": way.rows},
        f"{len(found)} scenarios compared; {len(gap)} gaps{worst}" + (f"; {way.says}" if way.says else ""),
    )


def _table(found: dict[str, dict[str, float]], currency: str) -> pd.DataFrame:
    base = found[scenario.BASE]
    rows = [
        (name, kpi, UNITS[kpi].format(currency=currency), value, base[kpi])
        for name, values in found.items()
        for kpi, value in values.items()
    ]
    return pd.DataFrame(rows, columns=["scenario", "kpi", "unit", "value", "base"])


def _with_the_others(table: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """One scenario computed anew, the others as they stood, measured against today's base."""
    base = table[table["scenario"].eq(scenario.BASE)].set_index("kpi")["value"]
    others = before[~before["scenario"].isin(table["scenario"])]
    others = others.assign(base=others["kpi"].map(base))[table.columns]
    return pd.concat([table, others], ignore_index=True) if len(others) else table


STEP = Step(
    "pre_sop",
    "Pre-S&OP",
    reads=(
        *PLAN_READS, "demand_history", "launches", "baseline", "budget", "actual_demand", "inventory_targets",
        "supply_plan", "projected_balance", "resource_load", "shortages", "remedies", "scenarios", "scenario_changes",
        "versions", "events", "event_effects",
        "approved_plan", "actual_production", "plan_causes",
    ),
    needs={"projected_balance": "supply_planning", "supply_plan": "supply_planning", "consensus": "demand_planning"},
    writes=("sop_grid", "gaps", "gap_options", "scenario_kpis", "scenario_library", "plan_bridge", "plan_bridge_rows"),
    run=pre_sop,
)  # fmt: skip
