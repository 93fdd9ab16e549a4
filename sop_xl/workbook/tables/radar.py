"""The radar of overrides: which still make sense, what to do about the others, and how their owners' changes fared."""

from __future__ import annotations

from sop_xl.workbook.schema import Group, Kind, Table
from sop_xl.workbook.tables.build import UNITS, key, result, typed

RADAR = (
    Table(
        "override_months",
        "Overrides",
        Group.DEMAND,
        "Each override by month, at its own level: the plan it was typed against, the plan now before it, and with it.",
        (
            key("override", "Override", refers="overrides.override"),
            key("measure", "typed against, now or with it", choices=("typed against", "now", "with it")),
        ),
        across=result("quantity", Kind.NUMBER, "Units", unit=UNITS),
        optional=True,
    ),
    Table(
        "override_radar",
        "OverrideRadar",
        Group.DEMAND,
        "Does each override still make sense? It was typed against a plan that moves with every forecast. Choose keep (today's plan is the new reference), re-base (the same share of today's plan) or drop, then press Override choices.",
        (
            key("override", "Override", refers="overrides.override"),
            result("asks", Kind.TEXT, "What it asks for, where and when"),
            result(
                "status",
                Kind.TEXT,
                "new in this cycle, kept, baseline moved (more than stale_override on Control), now agrees, expires this cycle, expired",
            ),
            result("typed_against", Kind.NUMBER, "Plan it was typed against, or kept or re-based on since", unit=UNITS),
            result("now", Kind.NUMBER, "Plan of the same months now, before it", unit=UNITS),
            result("move", Kind.SHARE, "How far the plan below it has moved", unit="share"),
            result("with_it", Kind.NUMBER, "What it makes of the plan now", unit=UNITS),
            result("ends", Kind.DATE, "Last day it counts", unit="date"),
            result("says", Kind.TEXT, "In a sentence"),
            typed("action", Kind.CODE, "What to do about it", choices=("keep", "re-base", "drop")),
            typed("by", Kind.TEXT, "Who says so"),
            result("record", Kind.TEXT, "How past changes of this owner and for this reason fared"),
            result("evidence", Kind.TEXT, "evidence asked: such changes have cost accuracy and its note is blank"),
            result("since", Kind.CODE, "Cycle in which it was first planned with as it is"),
            result("chosen", Kind.TEXT, "What was chosen last"),
        ),
        optional=True,
    ),
)
