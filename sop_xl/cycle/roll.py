"""Roll to the next cycle: the plan becomes the last plan, a month of actuals becomes history, nothing typed is lost."""

from __future__ import annotations

import pandas as pd

from sop_xl import periods
from sop_xl.cycle.execution import current_plan
from sop_xl.cycle.keeping import plain
from sop_xl.cycle.step import Context, Frames
from sop_xl.errors import PlanningError

CARRIED, EXPIRED, KEPT = "carried", "expired", "kept"
_COLUMNS = ["object", "name", "outcome", "says"]


def roll(frames: Frames, context: Context) -> tuple[dict[str, pd.DataFrame], str]:
    """The tables of the next cycle, with a report of what was carried, what expired, and what a sentence says of it.

    The first planned month must have actuals; the plan of this cycle must be approved.
    """
    plan = current_plan(frames, context)
    month = context.periods[0]
    as_of = month + pd.offsets.MonthEnd(0)
    actual = plain(frames["actual_demand"])
    closed = actual["period"].eq(month)
    if not closed.any():
        raise PlanningError(
            f"cycle {context.settings.cycle} cannot be closed: "
            f"sheet ActualDemand has no demand of {periods.label(month)}"
        )
    history = plain(frames["demand_history"])
    history = pd.concat([history[history["period"].ne(month)], actual[closed][history.columns]], ignore_index=True)
    cycle = periods.label(context.periods[1])
    version = plan.iloc[0]["version"]
    overrides, about_overrides = _expiring(plain(frames["overrides"]), "override", as_of, fill=True)
    _, about_assumptions = _expiring(plain(frames["assumptions"]), "assumption", as_of, fill=False)
    report = [
        ("plan", version, KEPT, f"version {version} is the last plan of cycle {cycle}"),
        (
            "history",
            periods.label(month),
            KEPT,
            f"{actual[closed]['quantity'].sum():,.0f} units of actuals are history now",
        ),
        *about_overrides,
        *about_assumptions,
        *_still_open(frames),
    ]
    steps = plain(frames["steps"])
    return {
        "demand_history": history,
        "actual_demand": actual[~closed].reset_index(drop=True),
        "control": _control(plain(frames["control"]), {"as_of": f"{as_of:%Y-%m-%d}", "cycle": cycle}),
        "overrides": overrides,
        "steps": steps.assign(status="open", says="", inputs_hash=""),
        "rollover": pd.DataFrame(report, columns=_COLUMNS),
    }, (
        f"cycle {cycle} is open, as of {as_of:%Y-%m-%d}: {_count(report, CARRIED)} things carried, "
        f"{_count(report, EXPIRED)} expired; gather the new cycle's stock, orders and capacity before planning"
    )


def _expiring(
    frame: pd.DataFrame, name: str, as_of: pd.Timestamp, *, fill: bool
) -> tuple[pd.DataFrame, list[tuple[str, str, str, str]]]:
    """What of a table of typed rows lives on; with `fill` a blank last day becomes the end of the cycle closed."""
    ends = frame["expires"].fillna(as_of) if fill else frame["expires"]
    gone = ends.notna() & (ends <= as_of)
    said = [
        (name, str(row[name]), EXPIRED if out else CARRIED, _about(row, end, out=out))
        for (_, row), end, out in zip(frame.iterrows(), ends, gone, strict=True)
    ]
    return frame.assign(expires=ends), said


def _about(row: pd.Series, end: pd.Timestamp, *, out: bool) -> str:
    who = f" ({row['owner']})" if row.get("owner") else ""
    if pd.isna(end):
        return f"holds until someone ends it{who}"
    return f"{'ended' if out else 'holds until'} {end:%Y-%m-%d}{who}"


def _still_open(frames: Frames) -> list[tuple[str, str, str, str]]:
    rows = []
    kinds = (("decisions", "decision", "decided"), ("risks", "risk", "kind"), ("actions", "action", "says"))
    for table, name, about in kinds:
        frame = plain(frames[table])
        alive = frame[frame["status"].ne("closed")]
        rows += [(name, str(r[name]), CARRIED, f"{r[about]}; {r['status'] or 'open'}") for _, r in alive.iterrows()]
    return rows


def _control(control: pd.DataFrame, values: dict[str, str]) -> pd.DataFrame:
    return control.assign(value=control["setting"].map(values).fillna(control["value"]))


def _count(report: list[tuple[str, str, str, str]], outcome: str) -> int:
    return sum(row[2] == outcome for row in report)
