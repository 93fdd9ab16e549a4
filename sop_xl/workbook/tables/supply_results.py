"""What a supply plan says beyond its orders: costs, overloads, promises, and whom it serves at what cost."""

from __future__ import annotations

from sop_xl.workbook.schema import Group, Kind, Table
from sop_xl.workbook.tables.build import PLACE, UNITS, key, result

_MONEY = "{currency}"

SUPPLY_RESULTS = (
    Table(
        "plan_costs",
        "PlanCosts",
        Group.SUPPLY,
        "What the plan costs by kind and month. Late, lost and safety are what falling short is held to cost: reckoned, not paid.",
        (key("kind", "make, buy, move, hold, late, lost, safety, overtime, subcontract, people, scrap or total"),),
        across=result("money", Kind.MONEY, "Cost", unit=_MONEY),
    ),
    Table(
        "overloads",
        "Overloads",
        Group.SUPPLY,
        "Rough-cut capacity: where demand, if nothing limited it, asks for more regular hours than there are, worst first.",
        (
            key("resource", "Work center", refers="resources.resource"),
            key("period", "Month", Kind.PERIOD),
            result("over", Kind.NUMBER, "Hours above the red band of Control", unit="h"),
            result("load", Kind.SHARE, "Hours needed / regular hours", unit="share"),
            result("items", Kind.TEXT, "Items that take most of them"),
            result("says", Kind.TEXT, "In a sentence"),
        ),
    ),
    Table(
        "remedies",
        "Remedies",
        Group.SUPPLY,
        "Ways out of the worst shortages, each computed by balancing again with it. Where nobody knows what a remedy costs, it may cost up to its net worth.",
        (
            key("shortage", "1 is the worst", Kind.INTEGER),
            key("rank", "1 is the best remedy", Kind.INTEGER),
            result("cause", Kind.TEXT, "Cause"),
            result("culprit", Kind.CODE, "What is short"),
            result("period", Kind.PERIOD, "Month of the culprit"),
            result("short", Kind.NUMBER, "Units short in the worst month", unit=UNITS),
            result("money", Kind.MONEY, "Late or lost, all months", unit=_MONEY),
            result("remedy", Kind.TEXT, "What helps; blank is nothing"),
            result("amount", Kind.NUMBER, "How much of it"),
            result("unit", Kind.TEXT, "Unit of the amount"),
            result("recovered", Kind.NUMBER, "Units then in time", unit=UNITS),
            result("cost", Kind.MONEY, "Money the plan then spends more", unit=_MONEY),
            result("known", Kind.FLAG, "The tables say what the remedy itself costs", default=False),
            result("net_worth", Kind.MONEY, "What it saves, less its cost", unit=_MONEY),
            result("says", Kind.TEXT, "In a sentence"),
        ),
    ),
    Table(
        "gave_way",
        "GaveWay",
        Group.SUPPLY,
        "Limits that contradict each other or what is there: which gave way, by how much, and why. Empty where every limit holds.",
        (
            key("kind", "storage, least stock, most stock, contract, budget, lock, source share or chase"),
            key("name", "Which limit"),
            key("period", "Month", Kind.PERIOD),
            result("limit", Kind.NUMBER, "The limit"),
            result("got", Kind.NUMBER, "What it got in the plan"),
            result("beyond", Kind.NUMBER, "How much beyond"),
            result("unit", Kind.TEXT, "Unit of the three"),
            result("money", Kind.MONEY, "What it counted", unit=_MONEY),
            result("says", Kind.TEXT, "In a sentence, with the reason"),
        ),
    ),
    Table(
        "atp",
        "ATP",
        Group.SUPPLY,
        "Available to promise: what new orders may still ask for without breaking a promise. `kept` is held for what a channel forecast, by priority; `free` is for anyone.",
        (
            *PLACE,
            key("channel", "Channel it is kept for; blank is all", refers="channels.channel", required=False),
            key("measure", "to promise, cumulative, kept or free"),
        ),
        across=result("quantity", Kind.NUMBER, "Units", unit=UNITS),
    ),
    Table(
        "late_demand",
        "LateDemand",
        Group.SUPPLY,
        "Demand that is served late or not at all, with the order that brings it in the end, dearest first.",
        (
            *PLACE,
            key("channel", "Sales channel"),
            key("period", "Month it was wanted", Kind.PERIOD),
            key("shipped", "Month it is shipped; blank where it is not", Kind.PERIOD, required=False),
            key("fate", "late, not yet or lost"),
            result(
                "months_late", Kind.INTEGER, "How late; to the end of the plan where it is not shipped", unit="months"
            ),
            result("quantity", Kind.NUMBER, "Units", unit=UNITS),
            result("money", Kind.MONEY, "At list price", unit=_MONEY),
            result("served_by", Kind.TEXT, "Orders that bring it"),
            result("cause", Kind.TEXT, "Cause of the shortage"),
            result("culprit", Kind.CODE, "What is short"),
            result("says", Kind.TEXT, "In a sentence"),
        ),
    ),
    Table(
        "cost_to_serve",
        "CostToServe",
        Group.SUPPLY,
        "What it costs to serve each family, location and channel, with all that its units need on the way. The rows add up to the cost of the plan.",
        (
            key("family", "Family", required=False),
            key("location", "Location", required=False),
            key("channel", "Sales channel", required=False),
            key("serves", "customer, stock at the end, scrap or nobody"),
            result("quantity", Kind.NUMBER, "Units shipped", unit=UNITS),
            result("unit_cost", Kind.MONEY, "Cost of a unit", unit="{currency}/unit"),
            result("revenue", Kind.MONEY, "Revenue", unit=_MONEY),
            result("total", Kind.MONEY, "Cost", unit=_MONEY),
            result("margin", Kind.MONEY, "Revenue - cost", unit=_MONEY),
            result("make", Kind.MONEY, "Of it: made", unit=_MONEY),
            result("buy", Kind.MONEY, "Bought", unit=_MONEY),
            result("move", Kind.MONEY, "Moved", unit=_MONEY),
            result("hold", Kind.MONEY, "Held in stock", unit=_MONEY),
            result("overtime", Kind.MONEY, "Overtime", unit=_MONEY),
            result("late", Kind.MONEY, "Late", unit=_MONEY),
            result("lost", Kind.MONEY, "Lost", unit=_MONEY),
            result("says", Kind.TEXT, "In a sentence"),
        ),
    ),
)
