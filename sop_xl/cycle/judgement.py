"""Was it worth it? Accuracy of what was frozen, value added by step and person, earned weights, and anomalies."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from sop_xl.cycle import frozen
from sop_xl.cycle.keeping import plain
from sop_xl.cycle.step import Context, Frames
from sop_xl.cycle.versions import APPROVED
from sop_xl.demand.agreement import consensus
from sop_xl.demand.review import anomalies as checks
from sop_xl.demand.review import snapshots, value_added
from sop_xl.demand.review.evidence import Evidence

FROZEN_PLANS, ROLLING_ORIGINS = "frozen plans", "rolling origins"
ANOMALIES_SHOWN = 200
"""Most anomalies that are listed [rows]."""

_REPLAYED = ("naive", "seasonal naive", "statistical")
"""The stairs of a backtest."""
_PEOPLE = {"owner": "person", "reason": "reason", "size and direction": "size and direction"}
_AGAINST_LAST_CYCLE = ("jump from last plan", "outside last interval", "actual outside interval")


@dataclass(frozen=True)
class Past:
    """What is known of earlier cycles: frozen plans, decisions on them, and the demand that judges them."""

    plans: pd.DataFrame
    overrides: pd.DataFrame
    inputs: pd.DataFrame
    actuals: pd.DataFrame
    lag: int

    @classmethod
    def of(cls, frames: Frames, context: Context, actuals: pd.DataFrame) -> Past:
        """The past as the tables of a book hold it; `actuals` is the demand up to the as-of month."""
        lag, items = context.settings.accuracy_lag, plain(frames["items"])
        changes = frames["frozen_changes"]
        return cls(
            frozen.frozen_plans(frames["snapshots"]),
            frozen.override_decisions(changes, actuals, lag),
            frozen.input_decisions(changes, actuals, items, lag),
            actuals,
            lag,
        )

    @property
    def records(self) -> pd.DataFrame:
        """The frozen plans judged at the lag on Control."""
        return snapshots.records_at_lag(self.plans, self.actuals, self.lag)


def weights(departments: pd.DataFrame, past: Past) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The departments with the weights used, and table `department_weights` that tells where they come from."""
    earned = consensus.earned_weights(past.inputs, past.lag)
    used = consensus.with_earned_weights(departments, earned)
    known = earned.set_index("department")
    name = used["department"]
    table = pd.DataFrame(
        {
            "department": name,
            "weight": used["weight"].fillna(1.0),
            "earned": name.map(known["weight"]),
            "mae": name.map(known["mae"]),
            "months": name.map(known["months"]),
            "says": used["says"],
        }
    )
    return used.drop(columns="says"), table


def accuracy_lags(past: Past, items: pd.DataFrame, lags: tuple[int, ...]) -> pd.DataFrame:
    """Table `accuracy_lags`: the frozen plans against what was sold, by lag and step."""
    if past.plans.empty:
        return snapshots.accuracy_at_lag(past.plans, past.actuals, items, ())
    table = snapshots.accuracy_at_lag(past.plans, past.actuals, items, lags)
    told = table["level"].ne("item") | table["step"].isin(["statistical", "consensus"])
    return table[told].reset_index(drop=True)


def fva(past: Past, backtest: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """Table `fva`: value added by step, person, reason, kind of change and department.

    Frozen plans are told first, once a month of them is closed; then the statistical steps over rolling origins. The
    families come after everything that is told of the total.
    """
    replayed = _replayed(backtest, items, past.lag).assign(basis=ROLLING_ORIGINS, told_by="step")
    return with_frozen_fva(replayed, past, items)


def with_frozen_fva(table: pd.DataFrame, past: Past, items: pd.DataFrame) -> pd.DataFrame:
    """Table `fva` with what is told of frozen plans anew, and what it tells of rolling origins as it is."""
    parts = []
    records = past.records if len(past.plans) else past.plans
    if len(records):
        parts.append(value_added.stair_step(records, items).assign(basis=FROZEN_PLANS, told_by="step"))
        by_person = value_added.decision_value(past.overrides, tuple(_PEOPLE))
        parts.append(by_person.assign(basis=FROZEN_PLANS, told_by=by_person["level"].map(_PEOPLE)))
        by_department = value_added.decision_value(past.inputs, "department", step="inputs")
        parts.append(by_department.assign(basis=FROZEN_PLANS, told_by="department"))
    parts.append(table[table["basis"].eq(ROLLING_ORIGINS)])
    columns = ["basis", "told_by", *(column for column in value_added.COLUMNS if column != "level")]
    rows = pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)[columns]
    families = rows["told_by"].eq("step") & rows["name"].ne("Total")
    return pd.concat([rows[~families], rows[families]], ignore_index=True)


def _replayed(backtest: pd.DataFrame, items: pd.DataFrame, lag: int) -> pd.DataFrame:
    """The stairs naive, seasonal naive, statistical of a backtest."""
    return value_added.stair_step(backtest.assign(lag=lag), items, stairs=_REPLAYED)


def anomalies(
    plan: pd.DataFrame,
    history: pd.DataFrame,
    changes: pd.DataFrame,
    backtest: pd.DataFrame,
    past: Past,
    frames: Frames,
    context: Context,
) -> pd.DataFrame:
    """Every anomaly of the agreed plan, most money first.

    Series are held against their own past; items against the plan and interval of the last cycle. Accuracy is that of
    the frozen consensus, or of the rolling origins while nothing is frozen.
    """
    items = plain(frames["items"])
    judged = past.records if len(past.plans) else past.plans
    usable = len(judged) > 0 and judged["ds"].nunique() >= context.settings.backtest_origins
    by_series = checks.anomalies(
        Evidence(
            plan,
            history,
            items,
            changes=changes,
            records=judged if usable else backtest,
            step="consensus" if usable else "statistical",
        )
    )
    before = Evidence(
        frozen.by_item(plan),
        frozen.by_item(history),
        items,
        last_plan=last_plan(frames, context),
        last_baseline=last_baseline(frames["snapshots"], context),
    )
    since = (
        checks.anomalies(before) if before.last_plan is not None or before.last_baseline is not None else by_series[:0]
    )
    since = since[since["kind"].isin(_AGAINST_LAST_CYCLE)]
    both = [part for part in (by_series, since) if len(part)]
    rows = pd.concat(both, ignore_index=True) if both else by_series
    rows = rows.assign(unit=rows["kind"].eq("accuracy worse").map({True: "share", False: "units"}))
    order = ["money", "item", "channel", "region", "kind"]
    return rows.sort_values(order, ascending=[False, True, True, True, True], ignore_index=True)


def last_plan(frames: Frames, context: Context) -> pd.DataFrame | None:
    """The demand plan by item that was signed in the cycle before, or none."""
    versions = plain(frames["versions"])
    earlier = versions[versions["status"].eq(APPROVED) & versions["cycle"].ne(context.settings.cycle)]
    if earlier.empty:
        return None
    name = earlier.sort_values("created").iloc[-1]["version"]
    plan = plain(frames["approved_plan"])
    plan = plan[plan["version"].eq(name) & plan["measure"].eq("demand")]
    return frozen.by_item(plan)


def last_baseline(table: pd.DataFrame, context: Context) -> pd.DataFrame | None:
    """Statistical forecast and interval by item of the last cycle that is frozen, or none."""
    signed = plain(table)
    signed = signed[signed["status"].eq(frozen.FROZEN) & signed["cycle"].ne(context.settings.cycle)]
    if signed.empty:
        return None
    last = signed[signed["as_of"].eq(signed["as_of"].max()) & signed["low"].notna()]
    return last.rename(columns={"statistical": "forecast"}).assign(channel="", region="")


def counted(found: pd.DataFrame, currency: str) -> str:
    """How many anomalies there are, in a few words."""
    if found.empty:
        return "no anomalies"
    noun = "anomaly" if len(found) == 1 else "anomalies"
    listed = f" ({ANOMALIES_SHOWN} listed)" if len(found) > ANOMALIES_SHOWN else ""
    return f"{len(found):,} {noun}{listed}, {found['money'].sum():,.0f} {currency} at list price"
