"""Control: the cycle, its settings, its calendar and the state of its steps."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any

from sop_xl.workbook.schema import Group, Kind, Table
from sop_xl.workbook.tables.build import key, result, typed


def _setting(default: Any, kind: Kind, unit: str, says: str, **bounds: Any) -> Any:
    return field(default=default, metadata={"kind": kind, "unit": unit, "says": says, **bounds})


@dataclass(frozen=True)
class Settings:
    """The settings of a cycle, one row of the control table each."""

    cycle: str = _setting("2020-03", Kind.CODE, "", "Name of this planning cycle: its first planned month")
    as_of: date = _setting(date(2020, 2, 29), Kind.DATE, "date", "Last day of history; everything after it is planned")
    horizon: int = _setting(12, Kind.INTEGER, "months", "How many months are planned", low=3, high=18)
    company: str = _setting("", Kind.TEXT, "", "Name on the cover")
    owner: str = _setting("", Kind.TEXT, "", "Who leads this cycle")
    currency: str = _setting("USD", Kind.CODE, "", "Currency of every amount")
    frozen_months: int = _setting(
        1, Kind.INTEGER, "months", "Frozen fence: no new make, buy or transfer order inside it", low=0, high=6
    )
    slushy_months: int = _setting(
        2, Kind.INTEGER, "months", "Slushy fence: changes inside it need approval", low=0, high=12
    )
    interval_level: int = _setting(80, Kind.INTEGER, "%", "Width of the forecast interval", low=50, high=99)
    abc_a: float = _setting(
        0.80, Kind.SHARE, "share", "Items up to this cumulative share of revenue are A", low=0, high=1
    )
    abc_b: float = _setting(
        0.95, Kind.SHARE, "share", "Items up to this cumulative share of revenue are B", low=0, high=1
    )
    outlier_limit: float = _setting(
        5.0, Kind.NUMBER, "robust sd", "A month further than this from its neighbours is an outlier", low=2, high=20
    )
    level_shift_limit: float = _setting(
        4.0, Kind.NUMBER, "sd", "Evidence from which a new level of demand is proposed", low=2, high=20
    )
    working_day_rule: str = _setting(
        "auto",
        Kind.CODE,
        "",
        "Forecast per working day: where a test of the channel says it helps, never, or always",
        choices=("auto", "never", "always"),
    )
    ramp_months: float = _setting(
        3.0, Kind.NUMBER, "months", "Months over which demand falls before the end of an item", low=0, high=18
    )
    min_history: int = _setting(24, Kind.INTEGER, "months", "Shorter histories are reported", low=2, high=120)
    history_shown: int = _setting(12, Kind.INTEGER, "months", "Past months on the S&OP grid", low=1, high=24)
    finance_tolerance: float = _setting(
        0.005, Kind.SHARE, "share", "Allowed difference of history to finance totals", low=0, high=1
    )
    backtest_origins: int = _setting(
        6, Kind.INTEGER, "months", "Rolling origins that accuracy and FVA are measured over", low=1, high=24
    )
    accuracy_lag: int = _setting(1, Kind.INTEGER, "months", "Lag at which accuracy is judged", low=1, high=12)
    stale_override: float = _setting(
        0.10, Kind.SHARE, "share", "Move of the plan below an override from which it is called stale", low=0, high=10
    )
    history_month: str = _setting(
        "order date",
        Kind.CODE,
        "",
        "Month the history counts a sale in; by due date, open orders consume the forecast",
        choices=("order date", "due date"),
    )
    consume_early: int = _setting(
        1, Kind.INTEGER, "months", "How many months before its due month an order may use forecast", low=0, high=6
    )
    consume_late: int = _setting(
        1, Kind.INTEGER, "months", "How many months after its due month an order may use forecast", low=0, high=6
    )
    short_policy: str = _setting(
        "backlog", Kind.CODE, "", "What happens to demand that cannot be met", choices=("backlog", "lost")
    )
    holding_rate: float = _setting(
        0.24, Kind.SHARE, "share/year", "Cost of holding stock a year, share of its value", low=0, high=2
    )
    backlog_rate: float = _setting(
        0.10, Kind.SHARE, "share/month", "Cost of a late unit a month, share of its price", low=0, high=10
    )
    lost_rate: float = _setting(1.5, Kind.SHARE, "share", "Cost of a lost unit, share of its price", low=0, high=100)
    safety_rate: float = _setting(
        0.03, Kind.SHARE, "share/month", "Cost of a unit below target stock a month, share of its price", low=0, high=10
    )
    overtime_share: float = _setting(
        0.20, Kind.SHARE, "share", "Overtime allowed where capacity does not say, share of regular hours", low=0, high=1
    )
    overtime_premium: float = _setting(
        0.50, Kind.SHARE, "share", "Premium of an overtime hour over a regular one", low=0, high=5
    )
    objective: str = _setting(
        "priced",
        Kind.CODE,
        "",
        "A late unit is weighed against what it costs to avoid it, or service comes first whatever it costs",
        choices=("priced", "service first"),
    )
    lots: str = _setting(
        "after",
        Kind.CODE,
        "",
        "Minimum orders and multiples: kept by rounding after the plan is balanced, or exactly in whole numbers",
        choices=("after", "exact"),
    )
    seconds: float = _setting(60.0, Kind.NUMBER, "s", "Longest time for a plan in whole numbers", low=1, high=3600)
    fair_sharing: str = _setting(
        "no", Kind.CODE, "", "What is short of an item is shared alike by its channels", choices=("no", "yes")
    )
    discount_rate: float = _setting(
        0.0, Kind.SHARE, "share/year", "What money costs: later costs weigh less", low=0, high=1
    )
    change_rate: float = _setting(
        0.0,
        Kind.SHARE,
        "share",
        "Cost of ordering otherwise than the last approved plan, share of the value",
        low=0,
        high=10,
    )
    slushy_rate: float = _setting(
        0.0,
        Kind.SHARE,
        "share",
        "The same within the slushy fence, so that near months stay as they are",
        low=0,
        high=10,
    )
    last_buy_level: float = _setting(
        0.95, Kind.SHARE, "share", "Chance that a last buy lasts until the end of the item", low=0.5, high=0.999
    )
    gaps_with_options: int = _setting(
        8, Kind.INTEGER, "gaps", "How many of the largest gaps get costed options", low=0, high=30
    )
    expedite_rate: float = _setting(
        0.15, Kind.SHARE, "share", "What hurrying a unit costs, share of its standard cost", low=0, high=5
    )
    price_elasticity: float = _setting(
        -1.5, Kind.NUMBER, "% / %", "Change of demand for each % of price; 0 offers no higher price", low=-10, high=0
    )
    review_months: float = _setting(1.0, Kind.NUMBER, "months", "Time between two plans", low=0, high=6)
    load_amber: float = _setting(0.85, Kind.SHARE, "share", "Resource load shown amber from here", low=0, high=2)
    load_red: float = _setting(1.00, Kind.SHARE, "share", "Resource load shown red above this", low=0, high=3)
    customer_days: float = _setting(
        45.0, Kind.NUMBER, "days", "Days until customers pay, for working capital", low=0, high=365
    )
    supplier_days: float = _setting(
        30.0, Kind.NUMBER, "days", "Days until we pay suppliers, for working capital", low=0, high=365
    )
    tolerance: float = _setting(
        0.20, Kind.SHARE, "share", "Band of plan against actual that needs no action", low=0, high=1
    )
    tracking_limit: float = _setting(
        4.0, Kind.NUMBER, "MAD", "Tracking signal beyond which a forecast is biased", low=1, high=20
    )
    replan_days: float = _setting(
        10.0, Kind.NUMBER, "days", "Cumulative variance, in days of demand, that triggers a re-plan", low=1, high=90
    )
    service_target: float = _setting(
        0.97, Kind.SHARE, "share", "Share of demand to be met on time, for the scorecard", low=0, high=1
    )
    approvers: str = _setting(
        "VP Sales, VP Operations, CFO, General manager",
        Kind.TEXT,
        "",
        "Roles that must approve before a version is frozen",
    )


@dataclass(frozen=True)
class Setting:
    """One setting as declared: its name, kind, default, unit and bounds."""

    name: str
    kind: Kind
    default: Any
    unit: str
    says: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()


SETTINGS = tuple(Setting(f.name, default=f.default, **f.metadata) for f in fields(Settings))
"""Every setting, as the control table, its checks and its help need it."""

CONTROL = (
    Table(
        "control",
        "Control",
        Group.CONTROL,
        "The cycle and its settings: one value a row. Every run reads them; no setting hides in code.",
        (
            key("setting", "Name of the setting"),
            typed("value", Kind.TEXT, "Its value"),
            typed("unit", Kind.TEXT, "Unit of the value"),
            typed("says", Kind.TEXT, "What it does"),
        ),
        starts=tuple({"setting": s.name, "value": str(s.default), "unit": s.unit, "says": s.says} for s in SETTINGS),
    ),
    Table(
        "calendar",
        "Control",
        Group.CONTROL,
        "Months of history and plan, their working days and the fence they lie in.",
        (
            key("period", "First day of the month", Kind.PERIOD),
            typed("working_days", Kind.NUMBER, "Working days in the month", unit="days", low=0, high=31),
            result("fence", Kind.TEXT, "history, frozen, slushy or liquid"),
        ),
    ),
    Table(
        "steps",
        "Cover",
        Group.CONTROL,
        "State of each step of this cycle.",
        (
            key("step", "Step of the cycle", Kind.TEXT),
            result("status", Kind.TEXT, "open, done, done with warnings, or out of date"),
            result("finished", Kind.MOMENT, "When it last finished"),
            result("seconds", Kind.NUMBER, "How long it took", unit="s"),
            result("stops", Kind.INTEGER, "Stopping issues"),
            result("warnings", Kind.INTEGER, "Warnings"),
            result("says", Kind.TEXT, "What it found, in a sentence"),
            result("inputs_hash", Kind.TEXT, "Fingerprint of everything it read"),
        ),
        starts=tuple({"step": g.value, "status": "open"} for g in Group if g not in (Group.CONTROL, Group.LOG)),
    ),
)
