"""The rehearsal: how past cycles would have gone with the settings of today."""

from __future__ import annotations

from sop_xl.workbook.schema import Group, Kind, Table
from sop_xl.workbook.tables.build import UNITS, key, result

REPLAY = (
    Table(
        "replay",
        "Replay",
        Group.EXECUTION,
        "Past cycles planned again with the settings of today, as far as was known then, and held against what was sold. Written by sop-xl replay and button Rehearse only.",
        (
            key("cycle", "First month planned; all is every cycle together"),
            key("plan", "today's settings, as planned then, naive or seasonal naive", Kind.TEXT),
            result("month", Kind.PERIOD, "Month judged, at the lag on Control"),
            result("items_judged", Kind.INTEGER, "Items judged"),
            result("wmape", Kind.SHARE, "Sum of absolute errors / sum of actuals", unit="share"),
            result("bias", Kind.SHARE, "Sum of (forecast - actual) / sum of actuals", unit="share"),
            result("demand", Kind.NUMBER, "Units asked for in the first month of the cycle", unit=UNITS),
            result("service", Kind.SHARE, "Share of them stock would have served on time", unit="share"),
            result("stock", Kind.MONEY, "Mean stock at standard cost", unit="{currency}"),
            result("says", Kind.TEXT, "What it rests on; of all cycles what came of it"),
        ),
        optional=True,
    ),
)
