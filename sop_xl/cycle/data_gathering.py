"""Data Gathering: check everything, propose corrections beside the raw history, sort the months into fences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from sop_xl import periods
from sop_xl.cycle.checks import CHECKS
from sop_xl.cycle.keeping import plain
from sop_xl.cycle.step import Context, Frames, Outcome, Step
from sop_xl.demand.causes.events import touched
from sop_xl.demand.cleansing import cleaning
from sop_xl.demand.cleansing import history as demand_history
from sop_xl.demand.cleansing.history import LEVEL_SHIFT
from sop_xl.workbook.schema import Group, Issue, Role, Severity
from sop_xl.workbook.tables import TABLES

PLANNED_FROM = (Group.CONTROL, Group.DATA, Group.DEMAND, Group.SUPPLY)
READS = tuple(
    t.name
    for t in TABLES.values()
    if any(c.role is Role.INPUT for c in t.frame_columns) and t.group in PLANNED_FROM and t.name != "control"
)
"""Every table a person or a data source fills and a plan is made from; what a meeting writes down is none of them."""

KEYS = ["item", "channel", "region", "period", "reason"]
"""What a correction is known by."""

_ORDER = {Severity.STOPS: 0, Severity.WARNS: 1, Severity.NOTES: 2}


def check_data(frames: Frames, context: Context, found: Iterable[Issue] = ()) -> list[Issue]:
    """Every issue of the data: what reading the cells `found`, and what the checks find; the worst first."""
    issues = [*found]
    for check in CHECKS:
        issues += check.issues(frames, context)
    rank = {c.rule: i for i, c in enumerate(CHECKS)}
    return sorted(issues, key=lambda i: (_ORDER[i.severity], rank.get(i.rule, -1), i.table, i.row, i.column, i.value))


def unwaived(issues: Iterable[Issue], checks: pd.DataFrame) -> list[Issue]:
    """The stopping issues nobody has taken responsibility for."""
    waived = set(checks.loc[checks["waived_by"].ne(""), "rule"])
    return [i for i in issues if i.severity is Severity.STOPS and i.rule not in waived]


def checks_table(issues: Sequence[Issue]) -> pd.DataFrame:
    """Table `checks`: one row a rule, with how many rows break it and the first of them."""
    rules = {c.rule: (c.severity, c.says) for c in CHECKS}
    for issue in issues:
        rules.setdefault(issue.rule, (issue.severity, f"No cell has: {issue.rule}"))
    rows = []
    for rule, (severity, says) in rules.items():
        mine = [i for i in issues if i.rule == rule]
        worst = min((i.severity for i in mine), key=_ORDER.__getitem__, default=severity)
        rows.append(
            {"rule": rule, "severity": str(worst), "says": says, "found": float(len(mine)),
             "example": mine[0].says if mine else ""}
        )  # fmt: skip
    return pd.DataFrame(rows, columns=["rule", "severity", "says", "found", "example"])


def issues_table(issues: Sequence[Issue], most: int = 2000) -> pd.DataFrame:
    """Table `issues`: the rows behind the checks, at most `most` of them."""
    columns = ["number", "severity", "rule", "table", "row", "column", "value", "says"]
    rows = [
        (float(n), str(i.severity), i.rule, i.table, float(i.row), i.column, i.value, i.says)
        for n, i in enumerate(issues[:most], start=1)
    ]
    return pd.DataFrame(rows, columns=columns)


def data_gathering(frames: Frames, context: Context) -> Outcome:
    """Propose corrections of the history and sort the months into fences; the checks themselves are run before."""
    history = plain(frames["demand_history"])
    settings = context.settings
    context.progress("looking for outliers", 0.3)
    complete = demand_history.complete(history, periods.since(history["period"].min(), context.as_of))
    outliers = demand_history.outliers(complete, settings.outlier_limit)
    # what an event did is measured in Demand Planning; it is no outlier
    outliers = outliers[~touched(outliers, plain(frames["events"]), plain(frames["items"]))]
    proposals = [
        outliers,
        demand_history.stock_out_corrections(complete, plain(frames["stockouts"])),
        demand_history.partial_month(complete, context.as_of),
    ]
    adjustments = pd.concat([p for p in proposals if not p.empty] or proposals[:1], ignore_index=True)
    before = plain(frames["adjustments"])
    adjustments = _with_manual(adjustments, before)
    context.progress("looking for level shifts", 0.5)
    shifts = _level_shifts(complete, adjustments, before, settings.level_shift_limit)
    moved = len(shifts[["item", "channel", "region"]].drop_duplicates())
    calendar = fences(plain(frames["calendar"]), history, context)
    counts = adjustments["reason"].value_counts()
    said = ", ".join(f"{n} {reason}" for reason, n in counts.items()) or "no corrections"
    said += f", a level shift in {moved} series for you to accept" if moved else ""
    adjustments = pd.concat([f for f in (adjustments, shifts) if len(f)] or [adjustments], ignore_index=True)
    adjustments = adjustments.sort_values(KEYS, ignore_index=True)
    series = history[["item", "channel", "region"]].drop_duplicates()
    return Outcome(
        {"adjustments": adjustments, "calendar": calendar},
        f"{len(series):,} series over {history['period'].nunique()} months; proposed beside the history: {said}",
    )


def _with_manual(proposed: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """The proposals and the corrections a person typed."""
    manual = before[before["reason"].isin(["manual", "promotion"])]
    both = [frame for frame in (proposed, manual[[*KEYS, "history", "adjustment"]]) if not frame.empty]
    rows = pd.concat(both, ignore_index=True) if both else proposed
    return rows.drop_duplicates(KEYS, keep="last").sort_values(KEYS, ignore_index=True)


def _level_shifts(complete: pd.DataFrame, others: pd.DataFrame, before: pd.DataFrame, limit: float) -> pd.DataFrame:
    """The level shifts proposed, looked for after the other corrections, and those accepted earlier."""
    decided = before.drop_duplicates(KEYS)[[*KEYS, "decision"]]
    found = cleaning.level_shifts(complete, limit, others.merge(decided, on=KEYS, how="left"))
    accepted = before[before["reason"].eq(LEVEL_SHIFT) & before["decision"].eq("accept") & before["adjustment"].notna()]
    both = [f for f in (accepted[[*KEYS, "history", "adjustment"]], found) if len(f)]
    return pd.concat(both, ignore_index=True).drop_duplicates(KEYS, keep="last") if both else found


def fences(calendar: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Table `calendar` for every month of history and plan: working days and the fence each lies in."""
    months = pd.DatetimeIndex(sorted({*history["period"], *context.periods}))
    typed = calendar.drop_duplicates("period").set_index("period")["working_days"]
    settings = context.settings
    frozen = context.periods[: settings.frozen_months]
    slushy = context.periods[settings.frozen_months : settings.frozen_months + settings.slushy_months]
    days = [float(typed.get(m, float("nan"))) for m in months]
    return pd.DataFrame(
        {
            "period": months,
            "working_days": [
                float(periods.working_days(m)) if pd.isna(d) else d for m, d in zip(months, days, strict=True)
            ],
            "fence": [
                "history" if m <= context.as_of else "frozen" if m in frozen else "slushy" if m in slushy else "liquid"
                for m in months
            ],
        }
    )


STEP = Step(
    "data_gathering",
    "Data Gathering",
    reads=READS,
    writes=("adjustments", "calendar"),
    run=data_gathering,
)
