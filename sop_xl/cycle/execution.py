"""Execution: actuals against the approved plan, alerts, and what should trigger a new plan."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sop_xl import periods
from sop_xl.cycle import frozen, judgement
from sop_xl.cycle.grid import TOTAL
from sop_xl.cycle.keeping import plain, records
from sop_xl.cycle.step import Context, Frames, Outcome, Step
from sop_xl.cycle.versions import approved_version
from sop_xl.errors import PlanningError

IN_BAND, WATCH, OUT = "in band", "watch", "out of band"
_COLUMNS = ["kind", "name", "period", "value", "limit", "replan", "says"]


def current_plan(frames: Frames, context: Context) -> pd.DataFrame:
    """The plan approved in this cycle: measure, item, location, period, quantity."""
    version = approved_version(frames["versions"], context.settings.cycle)
    if not version:
        raise PlanningError(
            f"no plan of cycle {context.settings.cycle} is approved yet; fill sheet Decisions (or `sop-xl approve`), "
            "then run Executive S&OP"
        )
    stored = plain(frames["approved_plan"])
    return stored[stored["version"].eq(version)]


def monitor(plan: pd.DataFrame, actual: pd.DataFrame, items: pd.DataFrame, tolerance: float) -> pd.DataFrame:
    """Table `monitor` for one measure: plan against actual by family and month, and for their total.

    `plan` and `actual` are frames item, period, quantity [units]. Adherence = max(0, 1 - sum |actual - plan| / sum
    plan) over the items of a family sees a wrong mix; attainment = sum actual / sum plan does not. A family is out of
    band when two of its last three months leave the `tolerance` [share], or one leaves twice the tolerance.
    """
    family = items.drop_duplicates("item").set_index("item")["family"]
    wide = plan.groupby(["item", "period"])["quantity"].sum().rename("plan").to_frame()
    wide = wide.join(actual.groupby(["item", "period"])["quantity"].sum().rename("actual"), how="outer").fillna(0.0)
    wide = wide.reset_index()
    wide["family"] = wide["item"].map(family)
    wide["miss"] = (wide["actual"] - wide["plan"]).abs()
    both = pd.concat([wide, wide.assign(family=TOTAL)])
    rows = both.groupby(["family", "period"], as_index=False)[["plan", "actual", "miss"]].sum()
    planned = rows["plan"].where(rows["plan"] > 0)
    rows["adherence"] = (1 - rows["miss"] / planned).clip(lower=0)
    rows["attainment"] = rows["actual"] / planned
    rows["cumulative"] = (rows["actual"] - rows["plan"]).groupby(rows["family"]).cumsum()
    off = (rows["attainment"] - 1).abs().fillna(np.inf).where(rows["plan"].gt(0) | rows["actual"].gt(0), 0.0)
    outside = off.gt(tolerance).astype(float)
    recent = outside.groupby(rows["family"]).transform(lambda s: s.rolling(3, min_periods=1).sum())
    bad = off.gt(2 * tolerance) | (outside.gt(0) & recent.ge(2))
    rows["status"] = np.where(bad, OUT, np.where(outside.gt(0), WATCH, IN_BAND))
    rows["last"] = rows["family"].ne(TOTAL)
    return rows.sort_values(["last", "family", "period"], ignore_index=True).drop(columns=["miss", "last"])


def execution(frames: Frames, context: Context) -> Outcome:
    """Hold the actuals against the approved plan and list what needs a person."""
    plan = current_plan(frames, context)
    items, settings = plain(frames["items"]), context.settings
    parts = []
    for measure, table in (("demand", "actual_demand"), ("production", "actual_production")):
        actual = plain(frames[table])
        actual = actual[actual["period"].isin(context.periods)]
        if actual.empty:
            continue
        mine = plan[plan["measure"].eq(measure) & plan["period"].isin(actual["period"].unique())]
        if measure == "production":
            actual = actual[actual["item"].isin(items.loc[items["sold"], "item"])]
            mine = mine[mine["item"].isin(items.loc[items["sold"], "item"])]
        parts.append(monitor(mine, actual, items, settings.tolerance).assign(measure=measure))
    columns = ["measure", "family", "period", "plan", "actual", "cumulative", "adherence", "attainment", "status"]
    watched = pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)
    alerts = _alerts(frames, context, watched)
    whole = watched[watched["family"].eq(TOTAL) & watched["measure"].eq("demand")]
    said = "no actuals yet"
    if len(whole):
        said = (
            f"{len(whole)} months of actuals: attainment {whole['actual'].sum() / whole['plan'].sum():.1%}, "
            f"mean adherence {whole['adherence'].mean():.1%}"
        )
    again = int(alerts["replan"].sum()) if len(alerts) else 0
    return Outcome(
        {"monitor": watched, "alerts": alerts, **judged(frames, context)},
        f"{said}; {len(alerts)} alerts, {again} call for a new plan",
    )


def judged(frames: Frames, context: Context) -> dict[str, pd.DataFrame]:
    """Tables `accuracy_lags` and `fva` with the months that have come in since the as-of day."""
    items = plain(frames["items"])
    columns = ["item", "channel", "region", "period", "quantity"]
    history, since = plain(frames["demand_history"])[columns], plain(frames["actual_demand"])[columns]
    parts = [history[history["period"] <= context.as_of], since[since["period"].isin(context.periods)]]
    past = judgement.Past.of(frames, context, pd.concat([part for part in parts if len(part)], ignore_index=True))
    return {
        "accuracy_lags": judgement.accuracy_lags(past, items, frozen.lags(context)),
        "fva": judgement.with_frozen_fva(plain(frames["fva"]), past, items),
    }


def _alerts(frames: Frames, context: Context, watched: pd.DataFrame) -> pd.DataFrame:
    parts = [
        _variance(watched, context),
        _cumulative(watched, context),
        _bias(frames, context),
        _stock(frames, context),
        _expiring(frames, context),
        _risks(frames, context),
    ]
    parts = [p for p in parts if len(p)]
    if not parts:
        return pd.DataFrame(columns=_COLUMNS)
    rows = pd.concat(parts, ignore_index=True)
    return rows.drop_duplicates(["kind", "name", "period"]).sort_values(
        ["replan", "kind", "name", "period"], ascending=[False, True, True, True], ignore_index=True
    )


def _variance(watched: pd.DataFrame, context: Context) -> pd.DataFrame:
    out = watched[watched["status"].eq(OUT) & watched["family"].ne(TOTAL)]
    rows = [
        ("variance", f"{r['family']} {r['measure']}", r['period'], r['attainment'], context.settings.tolerance, False,
         f"{r['measure']} of {r['family']} in {periods.label(r['period'])} is {r['actual']:,.0f} "
         f"against {r['plan']:,.0f} planned")
        for r in records(out)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=_COLUMNS)


def _cumulative(watched: pd.DataFrame, context: Context) -> pd.DataFrame:
    demand = watched[watched["measure"].eq("demand") & watched["family"].ne(TOTAL)]
    last = demand.sort_values("period").groupby("family", as_index=False).last()
    a_day = demand.groupby("family")["plan"].mean() / periods.DAYS_PER_MONTH
    last["days"] = last["cumulative"] / last["family"].map(a_day).replace(0, np.nan)
    limit = context.settings.replan_days
    rows = [
        ("cumulative variance", r['family'], r['period'], r['days'], limit, True,
         f"demand of {r['family']} has run {r['days']:+.0f} days of demand away from plan "
         f"({r['cumulative']:+,.0f} units)")
        for r in records(last[last["days"].abs() > limit])
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=_COLUMNS)


def _bias(frames: Frames, context: Context) -> pd.DataFrame:
    table, limit = plain(frames["accuracy"]), context.settings.tracking_limit
    off = table[
        table["level"].eq("family") & table["step"].eq("statistical") & table["tracking_signal"].abs().gt(limit)
    ]
    rows = [
        ("bias", r['name'], context.periods[0], r['tracking_signal'], limit, True,
         f"the forecast of {r['name']} is biased: tracking signal {r['tracking_signal']:+.1f} beyond {limit:g}, "
         f"bias {r['bias']:+.0%}")
        for r in records(off)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=_COLUMNS)


def _stock(frames: Frames, context: Context) -> pd.DataFrame:
    """Families whose planned stock falls below half of its target within three months."""
    grid = plain(frames["sop_grid"])
    near = grid[grid["block"].eq("inventory") & grid["period"].isin(context.periods[:3]) & grid["family"].ne(TOTAL)]
    wide = near.pivot_table(index=["family", "period"], columns="measure", values="value").reset_index()
    if not {"closing", "target"} <= set(wide.columns):
        return pd.DataFrame(columns=_COLUMNS)
    low = wide[wide["closing"] < 0.5 * wide["target"]].drop_duplicates("family")
    rows = [
        ("stock", r['family'], r['period'], r['closing'], r['target'], False,
         f"planned stock of {r['family']} at the end of {periods.label(r['period'])} is {r['closing']:,.0f}, "
         f"less than half of its target {r['target']:,.0f}")
        for r in records(low)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=_COLUMNS)


def _expiring(frames: Frames, context: Context) -> pd.DataFrame:
    soon = context.periods[0] + pd.offsets.MonthEnd(0)
    rows = []
    for table, name in (("overrides", "override"), ("assumptions", "assumption")):
        frame = plain(frames[table])
        due = frame[frame["expires"].notna() & (frame["expires"] <= soon)]
        rows += [
            ("expiry", f"{name} {r[name]}", periods.month_of(r['expires']), float("nan"), float("nan"), False,
             f"{name} {r[name]} expires on {r['expires']:%Y-%m-%d}: confirm it or let it go")
            for r in records(due)
        ]  # fmt: skip
    return pd.DataFrame(rows, columns=_COLUMNS)


def _risks(frames: Frames, context: Context) -> pd.DataFrame:
    risks = plain(frames["risks"])
    soon = context.periods[min(2, len(context.periods) - 1)] + pd.offsets.MonthEnd(0)
    due = risks[risks["trigger"].notna() & (risks["trigger"] <= soon) & risks["status"].ne("closed")]
    rows = [
        ("risk", r['risk'], periods.month_of(r['trigger']), r['impact'], float("nan"), False,
         f"{r['kind']} {r['risk']}: we know by {r['trigger']:%Y-%m-%d}; "
         f"{r['impact']:,.0f} {context.settings.currency} at stake")
        for r in records(due)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=_COLUMNS)


STEP = Step(
    "execution",
    "Execution",
    reads=(
        "items", "versions", "approved_plan", "actual_demand", "actual_production", "accuracy", "sop_grid", "overrides",
        "assumptions", "risks", "demand_history", "snapshots", "frozen_changes",
    ),
    needs={"versions": "executive_sop", "sop_grid": "pre_sop", "accuracy": "demand_planning"},
    writes=("monitor", "alerts", "accuracy_lags", "fva"),
    run=execution,
)  # fmt: skip
