"""Frozen plans: what each cycle forecast, changed and expected, kept so that it can be judged when the month is over."""

from __future__ import annotations

from sop_xl.workbook.schema import Group, Kind, Table
from sop_xl.workbook.tables.build import UNITS, key, result

_STATUS = result("status", Kind.TEXT, "draft until the plan of the cycle is signed, then frozen")
_AS_OF = result("as_of", Kind.PERIOD, "Last month of history when it was forecast")

FROZEN = (
    Table(
        "snapshots",
        "Snapshots",
        Group.LOG,
        "The demand plan after each step, as each cycle signed it: by item, 1, 3 and 6 months ahead (and at the lag on Control). The cycle being planned stands as draft; what is frozen never changes. The last 18 cycles are kept.",
        (
            key("cycle", "Planning cycle"),
            key("item", "Item"),
            key("period", "Month forecast", Kind.PERIOD),
            _STATUS,
            _AS_OF,
            result("naive", Kind.NUMBER, "The last month of history, repeated", unit=UNITS),
            result("seasonal_naive", Kind.NUMBER, "The same month a year before", unit=UNITS),
            result("statistical", Kind.NUMBER, "Statistical forecast", unit=UNITS),
            result("low", Kind.NUMBER, "Low end of its interval", unit=UNITS),
            result("high", Kind.NUMBER, "High end of its interval", unit=UNITS),
            result("events", Kind.NUMBER, "After events", unit=UNITS),
            result("inputs", Kind.NUMBER, "After department inputs", unit=UNITS),
            result("overrides", Kind.NUMBER, "After overrides", unit=UNITS),
            result("consensus", Kind.NUMBER, "Agreed", unit=UNITS),
        ),
    ),
    Table(
        "frozen_changes",
        "FrozenChanges",
        Group.LOG,
        "What each override and each department made of the plan, kept with the snapshots: who is judged by what they changed.",
        (
            key("cycle", "Planning cycle"),
            key("kind", "override or input", choices=("override", "input")),
            key("name", "Override, or department"),
            key("item", "Item; blank is all", required=False),
            key("family", "Family; blank is all", required=False),
            key("channel", "Channel; blank is all", required=False),
            key("region", "Region; blank is all", required=False),
            key("period", "Month changed", Kind.PERIOD),
            _STATUS,
            _AS_OF,
            result("owner", Kind.TEXT, "Who"),
            result("reason", Kind.TEXT, "Why"),
            result("before", Kind.NUMBER, "What they found", unit=UNITS),
            result("after", Kind.NUMBER, "What they made of it, or expected", unit=UNITS),
        ),
    ),
)
