"""Executive S&OP: scorecard, money against budget, and the approval that freezes a version."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sop_xl.cycle import frozen, plan_causes, signed, versions
from sop_xl.cycle.grid import TOTAL
from sop_xl.cycle.keeping import plain
from sop_xl.cycle.money import bridge, capital, capital_table
from sop_xl.cycle.must_be_true import must_be_true
from sop_xl.cycle.step import Context, Frames, Outcome, Step
from sop_xl.errors import PlanningError
from sop_xl.finance.value import financials
from sop_xl.finance.working_capital import WorkingCapital
from sop_xl.inventory.excess import excess

GOOD, WATCH, BAD, NONE = "good", "watch", "bad", "-"


def status(value: float, target: float, *, more_is_better: bool = True, slack: float = 0.05) -> str:
    """How a figure stands against its target: good, watch (within `slack` [share of the target]) or bad.

    >>> status(0.98, 0.97), status(0.95, 0.97), status(0.80, 0.97), status(0.5, float("nan"))
    ('good', 'watch', 'bad', '-')
    """
    if np.isnan(target) or np.isnan(value):
        return NONE
    short = (target - value) if more_is_better else (value - target)
    if short <= 0:
        return GOOD
    return WATCH if short <= slack * max(abs(target), 1e-9) else BAD


def scorecard(frames: Frames, context: Context, money: pd.DataFrame, bound: WorkingCapital) -> pd.DataFrame:
    """Table `scorecard`: the figures the executive page shows, each with target, status and how it is measured."""
    settings, currency = context.settings, context.settings.currency
    base = plain(frames["scenario_kpis"])
    kpi = base[base["scenario"].eq("Base")].set_index("kpi")["value"]
    quality = plain(frames["accuracy"])
    total = quality[quality["level"].eq("total")].set_index("step")
    wmape, bias = total["wmape"].to_dict(), total["bias"].to_dict()
    naive, ours = float(wmape["naive"]), float(wmape["statistical"])
    grid = plain(frames["sop_grid"])
    whole = grid[grid["family"].eq(TOTAL) & grid["period"].isin(context.periods)]

    def summed(block: str, measure: str) -> float:
        return float(whole.loc[whole["block"].eq(block) & whole["measure"].eq(measure), "value"].sum())

    days = whole.loc[whole["measure"].eq("days of supply"), "value"].mean()
    revenue = money[money["family"].eq(TOTAL)].groupby("measure")["money"].sum()
    checks = plain(frames["checks"])
    still_open = checks.loc[checks["waived_by"].eq("") & checks["severity"].ne("notes"), "found"].sum()
    targets = plain(frames["inventory_targets"])
    wanted = float(targets["value"].sum())
    nan = float("nan")
    lag = settings.accuracy_lag
    budget = float(revenue.get("budget revenue", nan))
    rows = [
        ("Forecast accuracy", "share", max(0.0, 1 - ours), max(0.0, 1 - naive), True,
         f"1 - WMAPE at lag {lag}, item by channel and region; target: that of naive"),
        ("Forecast bias", "share", float(bias["statistical"]), nan, True,
         "sum of (forecast - actual) / sum of actuals; positive is too much"),
        ("Forecast value added", "share", naive - ours, 0.0, True,
         "WMAPE of naive - ours; positive adds value"),
        ("Service level", "share", float(kpi["Service level"]), settings.service_target, True,
         "share of demand delivered in its month over the horizon"),
        ("Stock value", currency, float(kpi["Stock value"]), wanted, False,
         "mean stock at standard cost over the horizon; target: value of the inventory targets"),
        ("Excess and obsolete", currency, excess_value(frames), 0.0, False,
         "stock and receipts beyond the need of the whole horizon and safety stock, at standard cost"),
        ("Days of supply", "days", float(days), nan, True, "stock against the month to come, mean over the horizon"),
        ("Peak load", "share", float(kpi["Peak load"]), settings.load_red, False,
         "highest hours used / regular hours of any work center and month"),
        ("Production plan units", "units", summed("supply", "production"), nan, True,
         "items on sale made in the horizon, those used in other items included"),
        ("Purchases plan units", "units", summed("supply", "purchases"), nan, True,
         "items on sale bought in the horizon, those used in other items included"),
        ("Used in assembly units", "units", summed("supply", "used in assembly"), nan, True,
         "items on sale that go into other items in the horizon"),
        ("Revenue against budget", "share", float(revenue["revenue"]) / budget if budget else nan, 1.0, True,
         "revenue of the deliverable plan / budget, over the horizon"),
        ("Margin", currency, float(revenue["margin"]), float(revenue.get("budget margin", nan)), True,
         "revenue - goods at standard cost; target: budget margin"),
        ("Working capital", currency, float(bound.months["working capital"].mean()), nan, False,
         "mean of stock + what customers owe - what we owe suppliers, at the days on Control"),
        ("Cash conversion", "days", bound.cash_conversion_days, nan, False,
         "days of stock + customer days - supplier days"),
        ("Data issues open", "issues", float(still_open), 0.0, False, "stopping issues and warnings nobody has waived"),
    ]  # fmt: skip
    return pd.DataFrame(
        [
            (name, unit, value, target, status(value, target, more_is_better=more), says)
            for name, unit, value, target, more, says in rows
        ],
        columns=["kpi", "unit", "value", "target", "status", "says"],
    )


def excess_value(frames: Frames) -> float:
    """Stock and receipts beyond all need of the horizon and the safety stock, at standard cost [currency]."""
    balance = plain(frames["projected_balance"])
    supply = plain(frames["supply_plan"])
    moved = (
        supply[supply["kind"].isin(["transfer", "substitute"]) & supply["measure"].eq("receipt")]
        .groupby("item")["quantity"]
        .sum()
    )
    by_item = balance.pivot_table(index="item", columns="measure", values="quantity", aggfunc="sum")
    used = by_item["issues"] - moved.reindex(by_item.index).fillna(0.0)
    need = by_item["demand"] + used.clip(lower=0)
    stock = plain(frames["stock"])
    on_hand = stock[stock["status"].eq("usable")].groupby("item")["quantity"].sum()
    on_order = plain(frames["receipts"]).groupby("item")["quantity"].sum()
    safety = plain(frames["inventory_targets"]).groupby("item")["safety_stock"].sum()
    every = on_hand.index.union(on_order.index)
    parts = [s.reindex(every).fillna(0.0) for s in (on_hand, on_order, need, safety)]
    cost = plain(frames["items"]).drop_duplicates("item").set_index("item")["standard_cost"].reindex(every).fillna(0.0)
    return float((excess(*parts) * cost.to_numpy()).sum())


def roles(context: Context) -> list[str]:
    """Who must approve, as typed in the control table."""
    return [r.strip() for r in context.settings.approvers.split(",") if r.strip()]


def executive_sop(frames: Frames, context: Context) -> Outcome:
    """Put the plan into money, score it, name its version, and freeze it once every role has approved."""
    broken = signed.altered(frames)
    if broken:
        more = f" and {len(broken) - 1:,} more" if len(broken) > 1 else ""
        raise PlanningError(
            f"the approved plan on sheet ApprovedPlan was changed after it was signed: {broken[0]}{more}; "
            "put it back (sop-xl undo) or take the version out of sheet Versions before planning on"
        )
    money = financials(
        plain(frames["items"]), plain(frames["projected_balance"]), plain(frames["budget"]), context.periods
    )
    bound = capital(frames, context, money)
    plan = versions.snapshot(frames)
    total = money[money["family"].eq(TOTAL)].groupby("measure")["money"].sum()
    listed, name = versions.version_rows(frames, context, plan, float(total["revenue"]))
    approvals = versions.approval_rows(plain(frames["approvals"]), name, roles(context))
    stored = plain(frames["approved_plan"])
    kept = {table: plain(frames[table]) for table in ("snapshots", "frozen_changes", "plan_causes")}
    state = "waits for approval"
    if versions.is_approved(approvals, name, roles(context)):
        listed, stored = versions.freeze(frames, listed, name, signed.sealed(plan))
        made_of = plan_causes.signed_off(kept.pop("plan_causes"), context.settings.cycle)
        kept = {table: frozen.signed_off(rows, context.settings.cycle) for table, rows in kept.items()}
        kept["plan_causes"] = made_of
        state = "is approved and frozen"
    elif approvals.loc[approvals["version"].eq(name), "decision"].eq("reject").any():
        state = "was rejected"
    gap = float(total["revenue"] - total.get("budget revenue", 0.0))
    currency = context.settings.currency
    return Outcome(
        {
            "scorecard": scorecard(frames, context, money, bound),
            "financials": money,
            "bridge": bridge(frames, context),
            "must_be_true": must_be_true(frames, context, money),
            "working_capital": capital_table(bound),
            "versions": listed,
            "approvals": approvals,
            "approved_plan": stored,
            **kept,
        },
        f"version {name} {state}; revenue {total['revenue']:,.0f} {currency}, {gap:+,.0f} against budget",
    )


STEP = Step(
    "executive_sop",
    "Executive S&OP",
    reads=(
        "items", "regions", "stock", "receipts", "budget", "consensus", "supply_plan", "projected_balance",
        "plan_costs", "inventory_targets", "accuracy", "checks", "scenario_kpis", "sop_grid", "versions", "approvals",
        "approved_plan", "snapshots", "frozen_changes", "plan_causes", "baseline", "late_demand", "remedies", "risks",
    ),
    needs={"scenario_kpis": "pre_sop", "sop_grid": "pre_sop", "supply_plan": "supply_planning"},
    writes=(
        "scorecard", "financials", "bridge", "working_capital", "versions", "approvals", "approved_plan", "snapshots",
        "frozen_changes", "plan_causes", "must_be_true",
    ),
    run=executive_sop,
)  # fmt: skip
