"""Supply Planning: inventory targets, the balanced plan, and why it falls short."""

from __future__ import annotations

from sop_xl.workbook.schema import Group, Kind, Table
from sop_xl.workbook.tables.build import PLACE, UNITS, key, result, typed

SUPPLY = (
    Table(
        "inventory_policy",
        "Policy",
        Group.SUPPLY,
        "Service and cover by ABC class.",
        (
            key("abc", "Class", choices=("A", "B", "C")),
            typed(
                "service_level",
                Kind.SHARE,
                "Cycle service level: chance of no stock-out in a cycle",
                unit="share",
                low=0,
                high=0.9999,
                required=True,
            ),
            typed("min_days", Kind.NUMBER, "Least cover", unit="days", low=0, default=0.0),
            typed("max_days", Kind.NUMBER, "Most cover; blank is no limit", unit="days", low=0),
        ),
        starts=(
            {"abc": "A", "service_level": 0.98, "min_days": 0.0, "max_days": 60.0},
            {"abc": "B", "service_level": 0.95, "min_days": 0.0, "max_days": 90.0},
            {"abc": "C", "service_level": 0.90, "min_days": 0.0, "max_days": 120.0},
        ),
    ),
    Table(
        "inventory_targets",
        "Targets",
        Group.SUPPLY,
        "Stock to hold: safety stock from the forecast error over the lead time, and what follows from it.",
        (
            *PLACE,
            result("abc", Kind.CODE, "Class"),
            result("service_level", Kind.SHARE, "Cycle service level asked", unit="share"),
            result("demand", Kind.NUMBER, "Mean demand", unit="units/month"),
            result("sigma", Kind.NUMBER, "Standard deviation of the monthly forecast error", unit="units"),
            result("lead_time", Kind.NUMBER, "Lead time", unit="months"),
            result("lead_time_sd", Kind.NUMBER, "Standard deviation of the lead time", unit="months"),
            result("safety_stock", Kind.NUMBER, "Safety stock", unit=UNITS),
            result("cycle_stock", Kind.NUMBER, "Half a usual order", unit=UNITS),
            result("target", Kind.NUMBER, "Safety + cycle stock", unit=UNITS),
            result("reorder_point", Kind.NUMBER, "Order when stock on hand and on order falls to this", unit=UNITS),
            result("order_up_to", Kind.NUMBER, "Order up to this", unit=UNITS),
            result("days_of_cover", Kind.NUMBER, "Safety stock in days of mean demand", unit="days"),
            result("limited_by", Kind.TEXT, "blank, min days or max days"),
            result("value", Kind.MONEY, "Value of the target at standard cost", unit="{currency}"),
        ),
    ),
    Table(
        "supply_plan",
        "SupplyPlan",
        Group.SUPPLY,
        "What to make, buy and move. `order` stands in the month it is released, `receipt` in the month it arrives.",
        (
            *PLACE,
            key("kind", "make, buy or transfer"),
            key("supplier", "Supplier, or location it is moved from", required=False),
            key("measure", "order or receipt", choices=("order", "receipt")),
        ),
        across=result("quantity", Kind.NUMBER, "Units", unit=UNITS),
    ),
    Table(
        "projected_balance",
        "Balance",
        Group.SUPPLY,
        "Stock month by month: closing = opening + receipts - issues - shipped.",
        (
            *PLACE,
            key(
                "measure",
                "opening, demand, receipts, issues, shipped, late, lost, closing, target or days of supply (blank in the last month)",
            ),
        ),
        across=result("quantity", Kind.NUMBER, "Units (days for days of supply)", unit=UNITS),
    ),
    Table(
        "resource_load",
        "Load",
        Group.SUPPLY,
        "Hours needed against hours there. `required` is the rough-cut load of the unlimited plan (RCCP).",
        (
            key("resource", "Work center", refers="resources.resource"),
            key("measure", "regular capacity, overtime capacity, required, regular used, overtime used or load"),
        ),
        across=result("hours", Kind.NUMBER, "Hours (share for load)", unit="h"),
    ),
    Table(
        "shortages",
        "Shortages",
        Group.SUPPLY,
        "Every unit that cannot be delivered on time: how many, how much money, and the constraint that caused it. Late is what is owed at the end of the month: a unit late for three months stands in three rows.",
        (
            *PLACE,
            key("period", "Month", Kind.PERIOD),
            key("kind", "late or lost", choices=("late", "lost")),
            result("family", Kind.CODE, "Family"),
            result("quantity", Kind.NUMBER, "Units", unit=UNITS),
            result("money", Kind.MONEY, "Revenue late or lost", unit="{currency}"),
            result("cause", Kind.TEXT, "capacity, component, lead time, supplier limit, storage or no source"),
            result("culprit", Kind.CODE, "The resource, component, supplier or location"),
            result("culprit_period", Kind.PERIOD, "Month in which it binds"),
            result("says", Kind.TEXT, "In a sentence, with what one more unit of the culprit is worth"),
        ),
    ),
    Table(
        "constraint_prices",
        "Strategies",
        Group.SUPPLY,
        "What one more hour or unit of a binding limit is worth.",
        (
            key("kind", "capacity, overtime, supplier limit or storage"),
            key("name", "Which"),
            key("period", "Month", Kind.PERIOD),
            result("price", Kind.MONEY, "Worth of one more", unit="{currency}"),
            result("unit", Kind.TEXT, "hour or unit"),
            result("says", Kind.TEXT, "In a sentence"),
        ),
    ),
    Table(
        "strategies",
        "Strategies",
        Group.SUPPLY,
        "The optimal plan beside level and chase.",
        (
            key("strategy", "optimal, level or chase"),
            key("measure", "Cost, stock, service or load"),
            result("unit", Kind.TEXT, "Unit"),
            result("value", Kind.NUMBER, "Value"),
        ),
    ),
)
