"""What could be done about each of the largest gaps: options costed by balancing the plan again with each."""

from __future__ import annotations

from sop_xl.workbook.schema import Group, Kind, Table
from sop_xl.workbook.tables.build import UNITS, key, result, typed

_MONEY = "{currency}"

GAP_OPTIONS = (
    Table(
        "gap_options",
        "GapOptions",
        Group.PRE_SOP,
        "The options of the largest gaps, each computed by balancing the plan again with it. Set Take to TRUE and press Take options: the option becomes changes of the scenario Agreed options, which the next Pre-S&OP computes.",
        (
            key("family", "Family of the gap"),
            key("period", "Month of the gap", Kind.PERIOD),
            key("option", "What is done", Kind.TEXT),
            result("recommended", Kind.FLAG, "The best that can still be started in time", default=False),
            typed("take", Kind.FLAG, "TRUE: the button makes it part of the scenario", default=False),
            result("rank", Kind.INTEGER, "Place among the options of the gap"),
            result("target", Kind.TEXT, "What it is done to"),
            result("first_month", Kind.PERIOD, "First month it is done in"),
            result("last_month", Kind.PERIOD, "Last month it is done in"),
            result("amount", Kind.NUMBER, "How much of it"),
            result("unit", Kind.TEXT, "Unit of the amount"),
            result("cost", Kind.MONEY, "Money the plan then spends more, premiums included", unit=_MONEY),
            result(
                "margin_saved", Kind.MONEY, "Margin of units then on time, less that of demand given up", unit=_MONEY
            ),
            result("net_worth", Kind.MONEY, "What all of it saves, less its cost and revenue given up", unit=_MONEY),
            result("recovered", Kind.NUMBER, "Units of the gap then on time", unit=UNITS),
            result("service", Kind.SHARE, "Demand of the whole plan then met on time", unit="share"),
            result("stock_change", Kind.MONEY, "Change of the mean stock value", unit=_MONEY),
            result("peak_load", Kind.SHARE, "Highest load of a work center then", unit="share"),
            result("days_to_act", Kind.INTEGER, "From the decision until it works", unit="days"),
            result("decide_by", Kind.DATE, "Latest day to decide", unit="date"),
            result("basis", Kind.TEXT, "What its cost rests on"),
            result("says", Kind.TEXT, "In a sentence"),
            typed("by", Kind.TEXT, "Who took it"),
            result("changes", Kind.TEXT, "The changes of a scenario that make it; blank where no kind of change can"),
        ),
        optional=True,
    ),
)
